"""Shows that the tests can fail: takes out what keeps a promise, and says which test turns red.

`mutants.toml` has one entry for each piece of code that keeps a promise: exact text, what is put in
its place, and the tests that should notice. They are tried in as many lanes as there are cores. Each
lane has a copy of the tree and a build of its own under `target/mutants`, which begins with what
the workspace has built of others, so that only the crate that changed is built anew. They lie in
one row, sorted by package, and the lanes take them from both ends: each lane meets few packages, and
all of them end together. An argument picks the entries that contain it. With `MUTANTS_MINUTES=8` none
is begun after that time, and the row begins at another place for another commit, so that the gate has
its limit on any machine and many commits try all; the texts of all are looked for.

It promises: the tree of the caller is not touched; every test named is green before anything of its
package is taken out. It fails when a mutant survives; when a text is no longer in its file exactly once, for
the code has moved and nothing would be shown; when a mutant does not compile or its tests do not
end, for that is red for the wrong reason.

Why not cargo-mutants: it replaces whole functions by a default and swaps operators. A commit that
does nothing turns everything red and shows nothing about the sync inside it; one statement out of
five, a wall behind a wall, a step that comes too early can't be said to it. Needs python 3.11.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections import deque
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
LANES_MAX = 4
# More than any of these tests takes on a busy machine.
PATIENCE_S = 300
LOCKED = ["--locked"] if os.environ.get("CI") else []
MINUTES = float(os.environ.get("MUTANTS_MINUTES") or "inf")


def main(words):
    began = time.monotonic()
    mutants = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
    mutants = [one for one in mutants if all(word in str(one) for word in words)]
    faults = [fault for one in mutants for fault in misplaced(one)]
    if faults or not mutants:
        sys.exit("\n".join(faults) or "no mutant is of that name")
    count = min(os.cpu_count() or 1, LANES_MAX, len(mutants))
    row = deque(sorted(mutants, key=lambda one: one["package"]))
    row.rotate(-place_of_commit(len(row)))
    lanes = [Lane(at, mutants, row, began + 60 * MINUTES) for at in range(count)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    tried = [one for one in mutants if "red" in one]
    table(tried)
    minutes = (time.monotonic() - began) / 60
    print(f"{len(tried)} of {len(mutants)} mutants in {minutes:.1f} min, {count} at once")
    faults = [fault for lane in lanes for fault in lane.faults]
    sys.exit("\n".join(faults) or (0 if tried else "no mutant was tried"))


def place_of_commit(count):
    """Where the row begins for this commit; at its beginning when there is time for all."""
    if MINUTES == float("inf"):
        return 0
    command = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return int(commit, 16) % count


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


class Lane(threading.Thread):
    """A copy of the tree with a build of its own, and the mutants that are tried there."""

    def __init__(self, at, mutants, row, end):
        super().__init__(daemon=True)
        self.end = end
        self.mutants = mutants
        self.take = row.pop if at % 2 else row.popleft
        self.is_green = {}
        self.tree = TARGET / "mutants" / str(at) / "tree"
        self.build = TARGET / "mutants" / str(at) / "build"
        self.faults = []
        self.env = {**os.environ, "CARGO_TARGET_DIR": str(self.build), "CARGO_INCREMENTAL": "1",
                    "CARGO_TERM_COLOR": "never"}

    def run(self):
        try:
            self.copy()
            while one := self.next():
                self.show(one)
        except Exception as fault:
            self.faults.append(f"the lane has ended: {fault!r}")

    def next(self):
        """One of a package whose tests are green, while there is time; the others show nothing."""
        while time.monotonic() < self.end:
            try:
                one = self.take()
            except IndexError:
                return None
            package = one["package"]
            if package not in self.is_green:
                fault = self.not_green(package)
                self.is_green[package] = fault is None
                self.faults += [fault] * bool(fault)
            if self.is_green[package]:
                return one

    def show(self, one):
        since = time.monotonic()
        one["red"], fault = self.tried(one)
        self.faults += [f"{title(one)}: {fault}"] * bool(fault)
        said = (fault or one["red"][0]).splitlines()[0]
        print(f"{title(one)}: {said}, {time.monotonic() - since:.0f} s\n", end="", flush=True)

    def copy(self):
        """The files as git sees them, new ones included; what has not changed keeps its time."""
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        names = {name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()}
        for path in [path for path in self.tree.rglob("*") if path.is_file()]:
            if str(path.relative_to(self.tree)) not in names:
                path.unlink()
        for name in names:
            put(self.tree / name, (ROOT / name).read_bytes())
        # What others have written is built already, when the tests were: it is the same here. Ours
        # is not: cargo writes to it where it stands.
        ours = {Path(name).parent.name for name in names if name.endswith("/Cargo.toml")}
        ours = {part.replace("-", "_") for part in ours} | {"integration_tests"}

        def mine(_, entries):
            stems = {entry: entry.rpartition("-")[0].replace("-", "_") for entry in entries}
            return [entry for entry, stem in stems.items() if stem.removeprefix("lib") in ours]

        for folder in ["deps", "build", ".fingerprint"]:
            there, here = TARGET / "debug" / folder, self.build / "debug" / folder
            if there.is_dir() and not here.exists():
                shutil.copytree(there, here, copy_function=os.link, symlinks=True, ignore=mine)

    def not_green(self, package):
        """Before anything is taken out: each name is that of a test, and all of them are green."""
        print(f"    {package}: its tests are built, green as they must be\n", end="", flush=True)
        tests, error = self.built(package)
        if error:
            return error
        names = {name for one in self.mutants if one["package"] == package for name in one["tests"]}
        ended, output = self.tested(tests, names)
        ran = re.findall(r"^test (\S+) \.\.\. ok", output, re.M)
        missing = [name for name in names if not any(name in test for test in ran)]
        if ended != 0 or missing:
            return f"{output}\nnot green, or no such test: {missing}"
        return None

    def tried(self, one):
        """The tests that turned red; or why that shows nothing."""
        try:
            for edit in edits(one):
                text = (self.tree / edit["file"]).read_text()
                put(self.tree / edit["file"], text.replace(edit["old"], edit["new"]).encode())
            tests, error = self.built(one["package"])
            if error:
                return [], f"does not compile\n{error}"
            ended, output = self.tested(tests, one["tests"])
        finally:
            for edit in edits(one):
                put(self.tree / edit["file"], (ROOT / edit["file"]).read_bytes())
        red = re.findall(r"^test (\S+) \.\.\. FAILED", output, re.M)
        if ended is None:
            return red, f"its tests did not end\n{output}"
        return red, None if red else "SURVIVED: " + ", ".join(one["tests"]) + " stay green"

    def built(self, package):
        """Builds the tests of a package: their program and its folder; or the errors.

        The integration tests are named beside it for the features that the workspace is built
        with; nothing of theirs is built.
        """
        packages = ["--package", "integration-tests", "--package", package, "--lib", "--no-run"]
        command = ["cargo", "test", *LOCKED, *packages, "--message-format=json-render-diagnostics"]
        built = subprocess.run(command, cwd=self.tree, env=self.env, text=True,
                               stdin=subprocess.DEVNULL, capture_output=True)
        if built.returncode != 0:
            return None, built.stderr
        for line in built.stdout.splitlines():
            made = json.loads(line) if line.startswith("{") else {}
            name = made.get("target", {}).get("name", "").replace("-", "_")
            if made.get("executable") and name == package.replace("-", "_"):
                return (made["executable"], Path(made["manifest_path"]).parent), None
        return None, f"{package} has no tests of its own"

    def tested(self, tests, names):
        """The status and all that was said; no status when it took too long. None outlives it."""
        program, folder = tests
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                 "stderr": subprocess.STDOUT}
        env = {**self.env, "CARGO_MANIFEST_DIR": str(folder)}
        run = subprocess.Popen([program, *names], cwd=folder, env=env, text=True,
                               start_new_session=True, **pipes)
        try:
            output, _ = run.communicate(timeout=PATIENCE_S)
            return run.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            return None, run.communicate()[0]
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)


def put(path, content):
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


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
