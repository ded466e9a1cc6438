# The same steps as CI, by the same script. `just` comes as a package: pip install rust-just.

# Everything that CI checks but the browser, the mutants, the fuzzing, the demo and the power cuts.
check:
    .ci/run format clippy docs proto test

# Exactly what CI runs.
ci:
    .ci/run

# Are all files laid out by rustfmt? (`cargo fmt --all` does it.)
fmt:
    .ci/run format

# No warning of the compiler or clippy.
clippy:
    .ci/run clippy

# The documentation builds without a broken link.
doc:
    .ci/run docs

# The wire format keeps its style.
proto:
    .ci/run proto

# All tests, on the real Temporal server.
test:
    .ci/run test

# Roles killed at random moments of running cases, by another seed than the tests' own.
storm seed:
    MUSTER_SEED={{seed}} cargo test -p integration-tests --test all -- killed:: --nocapture --test-threads 1

# The bus is broken on purpose for so many minutes: kills, torn writes, a clock that jumps, a full disk.
chaos seed minutes="1.5":
    cargo run -p integration-tests --bin chaos -- --seed {{seed}} --minutes {{minutes}}

# The tests can fail: what keeps each promise is taken out, and a test turns red. `just mutants sync` for some.
mutants *words:
    python3 integration-tests/mutants/run.py {{words}}

# Feeds every decoder that faces strangers, for so many seconds each.
fuzz seconds="60":
    FUZZ_SECONDS={{seconds}} .ci/run fuzz

# The whole system once, end to end.
demo:
    .ci/run demo

# The console in a real browser, as people use it; screenshots are left in target/browser.
browser:
    .ci/run browser

# The power is cut under a bus and a unit, 50 times. Needs root and loop devices.
power-cut:
    .ci/run power_cut

# Licences, bans and sources of what we depend on. Not in CI, it takes long to build: cargo install cargo-deny.
deny:
    cargo deny check licenses bans sources
