"""Shows that the tests can fail: takes out what keeps a promise, and says which test turns red.

`mutants.toml` has one entry for each piece of code that keeps a promise: exact text, what is put in
its place, and the tests that should notice. They are tried one at a time on a copy of the tree
under `target/mutants`, which has its own build, so that only the crate that changed is built anew.
An argument picks the entries that contain it.

It promises: the tree of the caller is not touched; every test named is green before anything is
taken out. It fails when a mutant survives; when a text is no longer in its file exactly once, for
the code has moved and nothing would be shown; when a mutant does not compile or its tests do not
end, for that is red for the wrong reason.

Why not cargo-mutants: it replaces whole functions by a default and swaps operators. A commit that
does nothing turns everything red and shows nothing about the sync inside it; one statement out of
five, a wall behind a wall, a step that comes too early can't be said to it. Needs python 3.11.
"""

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "mutants"
TREE = WORK / "tree"
# More than any of these tests takes on a busy machine.
PATIENCE_S = 300
BUILD = {**os.environ, "CARGO_TARGET_DIR": str(WORK / "build"), "CARGO_INCREMENTAL": "1",
         "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_TERM_COLOR": "never"}
LOCKED = ["--locked"] if os.environ.get("CI") else []


def main(words):
    began = time.monotonic()
    mutants = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
    mutants = [one for one in mutants if all(word in str(one) for word in words)]
    faults = [fault for one in mutants for fault in misplaced(one)]
    if faults or not mutants:
        sys.exit("\n".join(faults) or "no mutant is of that name")
    copy()
    check_green(mutants)
    for at, one in enumerate(mutants, 1):
        since = time.monotonic()
        one["red"], fault = tried(one)
        faults += [f"{title(one)}: {fault}"] * bool(fault)
        took = time.monotonic() - since
        said = (fault or one["red"][0]).splitlines()[0]
        print(f"{at:>3}/{len(mutants)} {title(one)}: {said}, {took:.0f} s", flush=True)
    table(mutants)
    print(f"{len(mutants)} mutants in {(time.monotonic() - began) / 60:.1f} min")
    sys.exit("\n".join(faults) or 0)


def title(one):
    return f"{one['promise']}: {one['out']}"


def edits(one):
    return [one, *one.get("also", [])]


def misplaced(one):
    """Every text must be in its file once, or nothing would be shown."""
    for edit in edits(one):
        found = (ROOT / edit["file"]).read_text().count(edit["old"])
        if found != 1:
            yield f"{title(one)}: its text is {found} times in {edit['file']}, not once"


def copy():
    """The files as git sees them, new ones included; what has not changed keeps its time."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    names = {name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()}
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(path.relative_to(TREE)) not in names:
            path.unlink()
    for name in names:
        put(TREE / name, (ROOT / name).read_bytes())


def put(path, content):
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def check_green(mutants):
    """Before anything is taken out: each name is that of a test, and all of them are green."""
    for package in dict.fromkeys(one["package"] for one in mutants):
        print(f"    {package}: building its tests, green as they must be", flush=True)
        if error := built(package):
            sys.exit(error)
        names = {name for one in mutants if one["package"] == package for name in one["tests"]}
        ended, output = cargo(package, *names)
        ran = re.findall(r"^test (\S+) \.\.\. ok", output, re.M)
        missing = [name for name in names if not any(name in test for test in ran)]
        if ended != 0 or missing:
            sys.exit(f"{output}\nnot green, or no such test: {missing}")


def tried(one):
    """The tests that turned red; or why that shows nothing."""
    try:
        for edit in edits(one):
            text = (TREE / edit["file"]).read_text()
            put(TREE / edit["file"], text.replace(edit["old"], edit["new"]).encode())
        if error := built(one["package"]):
            return [], f"does not compile\n{error}"
        ended, output = cargo(one["package"], *one["tests"])
    finally:
        for edit in edits(one):
            put(TREE / edit["file"], (ROOT / edit["file"]).read_bytes())
    red = re.findall(r"^test (\S+) \.\.\. FAILED", output, re.M)
    if ended is None:
        return red, f"its tests did not end\n{output}"
    return red, None if red else "SURVIVED: " + ", ".join(one["tests"]) + " stay green"


def built(package):
    """Builds the tests; the errors if it can't."""
    ended, output = cargo(package, flags=["--no-run"])
    return None if ended == 0 else output


def cargo(package, *tests, flags=()):
    """The status and all that was said; no status when it took too long. Nothing outlives it."""
    command = ["cargo", "test", *LOCKED, "--package", package, "--lib", *flags]
    command += ["--", *tests] if tests else []
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    run = subprocess.Popen(command, cwd=TREE, env=BUILD, text=True, start_new_session=True, **pipes)
    try:
        output, _ = run.communicate(timeout=None if flags else PATIENCE_S)
        return run.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        return None, run.communicate()[0]
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)


def table(mutants):
    rows = [("promise", "taken out", "turns red")]
    for one in mutants:
        tests = [test.removeprefix("tests::") for test in one["red"]]
        more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        where = f"{one['out']} ({one['file'].removeprefix('services/')})"
        rows.append((one["promise"], where, (tests[0] + more) if tests else "NOTHING"))
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    rows.insert(1, tuple("-" * width for width in widths))
    print()
    for row in rows:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    main(sys.argv[1:])
