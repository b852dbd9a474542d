"""Kills a transaction at each system call that writes, and looks at what is left.

Run as a program: ``python -m tests.fixes.kill_campaign SCENARIO FOLDER [EVERY]``. Every kill is a
process of its own, forked from this one, that ends itself with SIGKILL just before, in the middle
of, or just after the n-th call of those in ``CALLS``. Then a second process recovers, and is
killed at each of its own calls in turn; then a third recovers for good. After each it is checked
that the file holds the old or the new bytes, that the journal can be read, and at the end that
both agree and nothing is left over. Prints one line of JSON: the kills made, what was wrong.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from fixes.model import Command, RemoveFile
from tests.fixes import workbench

CALLS = (
    "write",
    "fsync",
    "replace",
    "rename",
    "unlink",
    "mkdir",
    "rmdir",
    "ftruncate",
    "posix_fallocate",
    "fchmod",
    "fchown",
    "chmod",
    "chown",
    "setxattr",
    "symlink",
)
"""Functions of os that change something; opening a file to write counts as well."""

OLD = b'{\n  "debug": false,\n  "labels": ["a", "b"]\n}\n'
NEW = b'{\n  "debug": false,\n  "labels": ["a", "b"],\n  "log-driver": "local"\n}\n'
SHORT = b'{\n  "debug": false\n}\n'


class Scenario:
    """One transaction: how its folder is made, what it does, what may be there afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "etc" / "daemon.json"

    def prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.file.parent.mkdir(parents=True)
        self.file.write_bytes(OLD)
        self.file.chmod(0o640)

    def plan(self):
        return workbench.plan_of(workbench.fix_of(workbench.edit(self.file)))

    def get_ready(self) -> None:
        """Make the plan, which writes nothing: no kill is of interest in it."""
        self.planned = self.plan()

    def act(self) -> None:
        workbench.apply(self.planned, self.context())

    def context(self):
        return workbench.context(self.folder / "state")

    def seen(self) -> str:
        """``old``, ``new`` or what else is there."""
        if self.file.stat().st_mode & 0o777 != 0o640:
            return "mode"
        return {OLD: "old", NEW: "new"}.get(self.file.read_bytes(), "other")

    between = ("old", "new")
    """What may be there before recovery."""

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class HardLink(Scenario):
    """A file that is written through: a longer text."""

    def prepare(self) -> None:
        super().prepare()
        os.link(self.file, self.folder / "other-name")

    between = ("old", "new", "other")  # completed or taken back by the next start


class Shorter(HardLink):
    """The same with a text that becomes shorter."""

    def plan(self):
        from probes.formats.json_edit import REMOVED

        change = workbench.edit(self.file, {("labels",): REMOVED})
        return workbench.plan_of(workbench.fix_of(change))

    def seen(self) -> str:
        return {OLD: "old", SHORT: "new"}.get(self.file.read_bytes(), "other")


class NewFile(Scenario):
    """A file that was not there, nor its folder."""

    def prepare(self) -> None:
        super().prepare()
        shutil.rmtree(self.file.parent)

    def seen(self) -> str:
        if not self.file.exists():
            return "old"
        return "new" if self.file.read_bytes() == b'{\n  "log-driver": "local"\n}\n' else "other"


class Several(Scenario):
    """Two files, a link that goes, a command with its way back."""

    def prepare(self) -> None:
        super().prepare()
        self.second, self.link = self.folder / "second.json", self.folder / "link"
        self.second.write_bytes(OLD)
        self.link.symlink_to("/nowhere")
        self.made = self.folder / "made"

    def plan(self):
        return workbench.plan_of(
            workbench.fix_of(
                workbench.edit(self.file),
                workbench.edit(self.second),
                RemoveFile(str(self.link)),
                Command(("mkdir", "-p", str(self.made)), undo=("rm", "-d", "-f", str(self.made))),
            )
        )

    def parts(self) -> list[str]:
        names = {OLD: "old", NEW: "new"}
        return [
            names.get(self.file.read_bytes(), "other"),
            names.get(self.second.read_bytes(), "other"),
            "old" if self.link.is_symlink() else "new",
            "new" if self.made.exists() else "old",
        ]

    def seen(self) -> str:
        parts = set(self.parts())
        return parts.pop() if len(parts) == 1 else "other" if "other" in parts else "mixed"

    between = ("old", "new", "mixed")  # each file by itself is old or new


class Undo(Scenario):
    """Taking a transaction back."""

    def prepare(self) -> None:
        super().prepare()
        ended, _ = in_child(lambda: workbench.apply(self.plan(), self.context()), 0, "")
        assert ended == "done"
        self.first = self.context().journal.entries()[0].record.id

    def get_ready(self) -> None:
        self.entry = self.context().journal.entry(self.first)

    def act(self) -> None:
        workbench.undo(self.first, self.context())

    def seen(self) -> str:
        return {"old": "new", "new": "old"}.get(super().seen(), "other")


SCENARIOS = {
    "edit": Scenario,
    "hard-link": HardLink,
    "shorter": Shorter,
    "new-file": NewFile,
    "several": Several,
    "undo": Undo,
}


class _Killer:
    """Counts the calls, and ends the process at the n-th in the given way."""

    def __init__(self, at: int, how: str) -> None:
        self.at, self.how, self.count = at, how, 0

    def install(self) -> None:
        for name in CALLS:
            if hasattr(os, name):
                setattr(os, name, self._wrapped(name, getattr(os, name)))
        self._open = os.open
        os.open = self._opened

    def _opened(self, path, flags, *more, **named):
        if flags & (os.O_WRONLY | os.O_RDWR):
            return self._call("open", self._open, path, flags, *more, **named)
        return self._open(path, flags, *more, **named)

    def _wrapped(self, name, call):
        return lambda *more, **named: self._call(name, call, *more, **named)

    def _call(self, name, call, *more, **named):
        self.count += 1
        if self.count != self.at:
            return call(*more, **named)
        with contextlib.suppress(OSError):
            if self.how == "half" and name == "write":
                call(more[0], bytes(more[1])[: len(more[1]) // 2])
            elif self.how == "after":
                call(*more, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("SIGKILL does not return")


def in_child(work, at: int, how: str, get_ready=lambda: None) -> tuple[str, int]:
    """Run ``work`` in a forked process that is killed at call ``at`` (0: never).

    The parent never asks the machine anything: its threads would not live on in the child.

    Returns how it ended (``killed``, ``done`` or ``failed``) and how many calls it made.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        killer = _Killer(at, how)
        say = os.write  # of before it is wrapped
        code = 1
        try:
            get_ready()
            killer.install()
            work()
            code = 0
        except BaseException as error:  # noqa: BLE001 - told to the parent
            say(2, f"{type(error).__name__}: {error}\n".encode())
        say(writer, str(killer.count).encode())
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        count = int(pipe.read() or 0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "killed", count
    return ("done" if os.WEXITSTATUS(status) == 0 else "failed"), count


def campaign(name: str, folder: Path, every: int = 1) -> dict:
    """All kills of a scenario; ``every`` takes each n-th of the kills during recovery."""
    scenario = SCENARIOS[name](folder)
    scenario.prepare()
    ended, calls = in_child(scenario.act, 0, "", scenario.get_ready)
    wrong = [] if ended == "done" and scenario.seen() == "new" else [f"without a kill: {ended}"]
    kills = 0
    turn = 0
    for at in range(1, calls + 1):
        for how in ("before", "half", "after"):
            second = 0
            while True:
                scenario.prepare()
                ended, _ = in_child(scenario.act, at, how, scenario.get_ready)
                kills += 1
                if ended != "killed":
                    wrong.append(f"call {at} {how}: the transaction {ended}")
                    break
                label = f"call {at} {how}"
                wrong += _look(scenario, label, scenario.between)
                if second:
                    ended, _ = in_child(
                        lambda: workbench.recover(scenario.context()), second, "half"
                    )
                    kills += ended == "killed"
                    label += f", recovery call {second}"
                    wrong += _look(scenario, label, scenario.between)
                again = "done" if second and ended == "done" else ""
                ended, recovery_calls = in_child(
                    lambda: workbench.recover(scenario.context()), 0, ""
                )
                if ended != "done":
                    wrong.append(f"{label}: recovery {ended}")
                wrong += _settled(scenario, label)
                turn += 1
                # One kill of the recovery for each kill of the transaction, at ever other calls.
                if second or again or not recovery_calls or turn % every:
                    break
                second = turn % recovery_calls + 1
    scenario.close()
    return {"scenario": name, "calls": calls, "kills": kills, "wrong": wrong}


def _look(scenario, label, allowed) -> list[str]:
    seen = scenario.seen()
    found = [] if seen in allowed else [f"{label}: the file is {seen}"]
    try:
        scenario.context().journal.entries()
    except Exception as error:  # noqa: BLE001 - any failure is the finding
        found.append(f"{label}: the journal cannot be read: {error}")
    return found


def _settled(scenario, label) -> list[str]:
    """After recovery: old or new as the journal says, nothing left over, nothing to recover."""
    found = []
    entries = scenario.context().journal.entries()
    state = entries[-1].state if entries else "rolled-back"
    if isinstance(scenario, Undo) and len(entries) == 1:
        state = "rolled-back"  # the undo was never begun
    wanted = {"committed": "new", "rolled-back": "old"}.get(state, "")
    if scenario.seen() != wanted:
        found.append(f"{label}: {state}, and the file is {scenario.seen()}")
    if scenario.context().journal.unfinished():
        found.append(f"{label}: still unfinished")
    left = workbench.left_overs(scenario.folder)
    return found + [f"{label}: left over: {left}"] * bool(left)


def separately(name: str, folder: Path, every: int = 1) -> dict:
    """The campaign in a process of its own, which has no threads when it forks."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fixes.kill_campaign", name, str(folder), str(every)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if ran.returncode:
        raise AssertionError(ran.stderr)
    return json.loads(ran.stdout)


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps(campaign(sys.argv[1], Path(sys.argv[2]), int((sys.argv[3:] or ["1"])[0])))
    )
