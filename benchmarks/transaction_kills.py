"""Kills transactions at each of their system calls that write, or has these fail, with strace.

    python -m benchmarks.transaction_kills [--scenario edit ...]

Needs Linux, strace and leave to trace other processes (root). The transactions and what must be
true of them are those of `tests/fixes/kill_campaign.py`; here they are stopped where the kernel
begins: strace holds the process on entry to the n-th call of a kind and sends it a signal, or has
the call fail. Each kind of call is counted for itself, so each call is hit.

- Killed at each call. Then a recovery is killed at its first call of a kind, the next one at its
  second, until one gets through; once for every kind of call that a recovery makes from there.
- Failing once: each call with each error, and interrupted as by Ctrl-C. The transaction must end
  by itself: committed, taken back, or not begun.
- Failing for good: each call with each error, and all of its kind after it. Then taking back may
  be impossible; the next start must put right what was left undecided.

Then all of `tests/fixes/kill_campaign.py`, of which the tests try a part: what strace cannot do.
Prints Markdown, as in docs/reliability.md; exits with 1 where something was wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probes.record import NamedTuple
from tests.fixes import kill_campaign
from tests.fixes.kill_campaign import (
    ERRORS,
    SCENARIOS,
    Scenario,
    copy,
    end,
    failed,
    journal_state,
    look,
    settled,
    start,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KINDS = (
    "write pwrite64 fsync fdatasync rename renameat renameat2 link linkat unlink unlinkat mkdir "
    "mkdirat rmdir truncate ftruncate fallocate fchmod fchmodat chmod fchown fchownat chown lchown "
    "setxattr lsetxattr fsetxattr symlink symlinkat flock open openat"
).split()
"""System calls that change something, or may: opening is what makes a file, and mostly reads."""

READS = frozenset({"open", "openat"})
"""Kinds that mostly read: each is hit, but not in every combination."""

NOT_FAILED = frozenset({"flock"})
"""Kinds that know none of the errors: flock(2)."""

STRACE = shutil.which("strace") or "strace"


class Run(NamedTuple):
    """One traced process."""

    ended: str
    """``killed``, or how it ended by itself."""
    made: Counter[str]
    """The traced calls, by kind: of the thread or process that made most of it."""
    elsewhere: bool
    """Whether a command that it ran was hit: that one is hit again when it is run again."""


def traced(
    scenario: Scenario,
    work: Callable[[], Any],
    *,
    kinds: Iterable[str] = KINDS,
    fault: str = "",
) -> Run:
    """Run ``work`` in a process of its own, under strace from its beginning on.

    ``fault`` is what strace injects into the only kind of ``kinds``: ``signal=SIGKILL:when=3``.
    """
    ready, child_ready = os.pipe()
    child_go, go = os.pipe()

    def await_strace() -> None:
        # In the background of a shell it would be ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.write(child_ready, b"r")
        os.read(child_go, 1)

    pid = start(scenario, work, await_strace)
    os.close(child_ready)
    os.close(child_go)
    log = scenario.folder.with_suffix(".strace")
    calls = ",".join(f"?{kind}" for kind in kinds)
    inject = [f"--inject={calls}:{fault}"] if fault else []
    os.read(ready, 1)
    with subprocess.Popen(
        [STRACE, "-f", "-o", str(log), f"--trace={calls}", *inject, "-p", str(pid)],
        stderr=subprocess.PIPE,
        text=True,
    ) as strace:
        assert strace.stderr is not None
        # It says so when it holds the process; until then the process waits.
        first = strace.stderr.readline()
        if "attached" not in first:
            raise SystemExit(f"strace cannot trace here: {first}")
        os.write(go, b"g")
        ended = end(pid)
        strace.communicate()
    os.close(ready)
    os.close(go)
    return _read(log.read_text(errors="replace"), pid, ended)


_CALL = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)
_HIT = re.compile(r"^(\d+) .*(?:\(INJECTED\)|killed by SIGKILL)", re.MULTILINE)
_THREAD = re.compile(r"^(\d+) ", re.MULTILINE)


def _read(log: str, pid: int, ended: str) -> Run:
    per_process: dict[str, Counter[str]] = {}
    for process, kind in _CALL.findall(log):
        per_process.setdefault(process, Counter())[kind] += 1
    most: Counter[str] = Counter()
    for counted in per_process.values():
        most |= counted
    # With the process itself all of its threads are killed.
    elsewhere = ended != "killed" and any(hit != str(pid) for hit in _HIT.findall(log))
    return Run(ended, most, elsewhere)


class Campaign:
    """Everything that is tried with one scenario."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.scenario = SCENARIOS[name](folder / name)
        self.kept = folder / f"{name}.kept"
        self.kills: Counter[str] = Counter()
        """Kills of the transaction, by kind of call."""
        self.before: Counter[str] = Counter()
        """What was there after these kills."""
        self.recovery_kills: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        """How the transaction ended, by the journal, once for each recovery that got through."""
        self.failing: dict[str, Counter[str]] = {}
        """What the journal said at the end of a process that was not killed, by what befell it."""
        self.inside: dict[str, int] = {}
        """What was tried without strace, and how often."""
        self.wrong: list[str] = []

    def run(self) -> dict[str, Any]:
        """All of it; the figures."""
        self.scenario.get_ready()
        self.scenario.prepare()
        made = traced(self.scenario, self.scenario.act).made
        for kind in (kind for kind in KINDS if made[kind]):
            self._kill(kind, made[kind])
            self._fail(kind, made[kind])
        self.scenario.close()
        self.inside = kill_campaign.Campaign(self.name, self.scenario.folder, every=1).run()
        self.wrong += self.inside.pop("wrong")
        kept = ("kills", "before", "recovery_kills", "after", "failing", "inside", "wrong")
        return {name: getattr(self, name) for name in kept}

    def _act(self, kind: str, fault: str) -> Run:
        self.scenario.prepare()
        return traced(self.scenario, self.scenario.act, kinds=(kind,), fault=fault)

    def _recover(self, kind: str, number: int) -> Run:
        fault = f"signal=SIGKILL:when={number}"
        return traced(self.scenario, self.scenario.recover, kinds=(kind,), fault=fault)

    # -- killed -----------------------------------------------------------------------------------

    def _kill(self, kind: str, made: int) -> None:
        for number in itertools.count(1):
            label = f"killed at {kind} {number}"
            ran = self._act(kind, f"signal=SIGKILL:when={number}")
            if ran.ended != "killed":
                self._not_killed(ran, label)
                if number > made:
                    return
                continue
            self.kills[kind] += 1
            self.before[self.scenario.seen()] += 1
            self.wrong += look(self.scenario, label)
            with self._kept():
                recovery = traced(self.scenario, self.scenario.recover)
                self._recovered(recovery, label)
            for other in recovery.made if kind not in READS else ():
                if other not in READS:
                    with self._kept():
                        self._kill_recovery(other, label)

    def _kill_recovery(self, kind: str, label: str) -> None:
        for number in itertools.count(1):
            ran = self._recover(kind, number)
            if ran.ended != "killed":
                self._recovered(ran, f"{label}, recovery before {kind} {number}")
                return
            self.recovery_kills[kind] += 1
            self.wrong += look(self.scenario, f"{label}, recovery killed at {kind} {number}")

    def _recovered(self, ran: Run, label: str) -> None:
        if ran.elsewhere and ran.ended != "traceback":
            return  # what takes a command back was killed: nobody knows what is left of it
        if ran.ended not in {"committed", "rolled-back", "nothing"}:
            self.wrong.append(f"{label}: recovery {ran.ended}")
        self.after[journal_state(self.scenario) or "never begun"] += 1
        self.wrong += settled(self.scenario, label)

    def _not_killed(self, ran: Run, label: str) -> None:
        """The kill was not reached, or hit a command, which then fails however often it is run."""
        if ran.ended == "traceback" or (ran.ended == "stuck" and not ran.elsewhere):
            self.wrong.append(f"{label}: {ran.ended}")
        if ran.ended != "stuck":
            self.wrong += settled(self.scenario, f"{label}: {ran.ended}")

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """Bring the folder back afterwards as it is now."""
        copy(self.scenario.folder, self.kept)
        try:
            yield
        finally:
            shutil.rmtree(self.scenario.folder)
            self.kept.rename(self.scenario.folder)

    # -- failing ----------------------------------------------------------------------------------

    def _fail(self, kind: str, made: int) -> None:
        for number in range(1, made + 1):
            # Of an open, one error is like the other.
            for error in ERRORS if kind not in READS else (errno.EIO,):
                if kind not in NOT_FAILED:
                    name = errno.errorcode[error]
                    self._fail_once(kind, number, f"error={name}", name)
                    self._fail_for_good(kind, number, name)
            if kind not in READS:
                self._fail_once(kind, number, "signal=SIGINT", "SIGINT")

    def _fail_once(self, kind: str, number: int, fault: str, name: str) -> None:
        ran = self._act(kind, f"{fault}:when={number}")
        self._count(name)
        # A command that was hit is hit again when it is run to take it back.
        if not (ran.ended == "stuck" and ran.elsewhere):
            self.wrong += failed(self.scenario, f"{kind} {number}, {name}", ran.ended)

    def _fail_for_good(self, kind: str, number: int, name: str) -> None:
        label = f"{kind} {number} and all after it, {name}"
        ran = self._act(kind, f"error={name}:when={number}+")
        self._count(f"{name} for good")
        if ran.ended == "traceback":
            self.wrong.append(f"{label}: {ran.ended}")
        self.wrong += look(self.scenario, label)
        if journal_state(self.scenario) == "stuck":
            return
        ended = end(start(self.scenario, self.scenario.recover))
        if ended not in {"committed", "rolled-back", "nothing"}:
            self.wrong.append(f"{label}: then recovery {ended}")
        self.wrong += settled(self.scenario, label, after_error=True)

    def _count(self, name: str) -> None:
        state = journal_state(self.scenario) or "never begun"
        final = {"committed", "rolled-back", "stuck", "never begun"}
        counted = self.failing.setdefault(name, Counter())
        counted[state if state in final else "left to the next start"] += 1


# -- telling -------------------------------------------------------------------------------------


def table(head: list[str], rows: Iterable[list[Any]]) -> str:
    """Markdown; the first column is text and the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def report(results: dict[str, dict[str, Any]]) -> str:
    """The tables of docs/reliability.md."""

    def count(name: str, what: str, *keys: str) -> list[int]:
        return [results[name][what].get(key, 0) for key in keys]

    def with_sum(rows: list[list[Any]]) -> list[list[Any]]:
        total = [sum(row[n] for row in rows) for n in range(1, len(rows[0]))]
        return [*rows, ["all", *total]]

    scenarios = [
        [
            f"`{name}`",
            sum(result["kills"].values()),
            *count(name, "before", "old", "new", "mixed", "torn"),
            sum(result["recovery_kills"].values()),
            *count(name, "after", "never begun", "rolled-back", "committed"),
            len(result["wrong"]),
        ]
        for name, result in results.items()
    ]
    kinds = []
    for kind in KINDS:
        made = [count(name, "kills", kind)[0] for name in results]
        recovering = sum(count(name, "recovery_kills", kind)[0] for name in results)
        if sum(made) + recovering:
            kinds.append([f"`{kind}`", *made, sum(made), recovering])
    faults: dict[str, Counter[str]] = {}
    for result in results.values():
        for name, counted in result["failing"].items():
            faults.setdefault(name, Counter()).update(counted)
    states = ("never begun", "rolled-back", "committed", "left to the next start", "stuck")
    failing = [
        [name, sum(counted.values()), *(counted[state] for state in states)]
        for name, counted in sorted(faults.items(), key=lambda item: item[0].split()[1:])
    ]
    inside = ("kill", "half", "recovery", "failed", "later", "power cut")
    others = [[f"`{name}`", *count(name, "inside", *inside)] for name in results]
    return "\n\n".join(
        [
            table(
                ["scenario", "kills", "old", "new", "mixed", "torn", "kills of recoveries",
                 "never begun", "rolled back", "committed", "wrong"],
                with_sum(scenarios),
            ),
            table(["system call", *results, "all", "in recoveries"], with_sum(kinds)),
            table(["what happens", "times", *states], with_sum(failing)),
            table(["scenario", *inside], with_sum(others)),
        ]
    )  # fmt: skip


def main() -> int:
    """Run the campaigns side by side, one a core, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", nargs="+", choices=[*SCENARIOS], default=[*SCENARIOS])
    parser.add_argument("--one", metavar="FOLDER", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        # A process of its own for each: it must have no threads when it forks.
        print(json.dumps(Campaign(options.scenario[0], options.one).run()))
        return 0
    begun = time.monotonic()
    shared_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="hullcheck-kills-", dir=shared_memory if shared_memory.is_dir() else None
    ) as folder:

        def run(name: str) -> dict[str, Any]:
            argv = [sys.executable, "-m", "benchmarks.transaction_kills"]
            ran = subprocess.run(
                [*argv, "--one", folder, "--scenario", name], stdout=subprocess.PIPE, check=True
            )
            result: dict[str, Any] = json.loads(ran.stdout)
            print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
            return result

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            results = dict(zip(options.scenario, pool.map(run, options.scenario), strict=True))
    print(report(results))
    wrong = [f"{name}: {text}" for name, result in results.items() for text in result["wrong"]]
    print(f"\n{time.monotonic() - begun:.0f} s", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
