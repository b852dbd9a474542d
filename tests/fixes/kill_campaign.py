"""Kills a transaction at each call that writes, or has it fail, and looks at what is left.

Run as a program: ``python -m tests.fixes.kill_campaign SCENARIO FOLDER [EVERY]``. Every
transaction runs in a process of its own, forked from this one, that ends itself with SIGKILL just
before the n-th of ``CALLS``, or in the middle of the n-th write. Then another process recovers; in
every so many cases, that is killed at its first call, the next one at its second, until one gets
through. After each kill it is checked that every file holds the old or the new bytes and that the
journal can be read, and at the end that both agree and nothing is left over. The same calls then
fail or are interrupted, and in every so many cases a kill comes soon after; and the power goes off
at each of them. Prints one line of JSON: what was tried, what was wrong.

`benchmarks/transaction_kills.py` does the same to real system calls.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import itertools
import json
import os
import pickle
import shutil
import signal
import stat
import subprocess
import sys
import traceback
from collections import Counter
from pathlib import Path

from fixes import machine, model
from fixes.model import Command, Effect, RemoveFile
from probes.formats.json_edit import REMOVED
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

ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)

OLD = b'{\n  "debug": false,\n  "labels": ["a", "b"]\n}\n'
NEW = b'{\n  "debug": false,\n  "labels": ["a", "b"],\n  "log-driver": "local"\n}\n'
SHORT = b'{\n  "debug": false\n}\n'
MADE = b'{\n  "log-driver": "local"\n}\n'

ATTRIBUTE = "user.origin"

EMPTY = "an empty folder is left"


class Scenario:
    """One transaction: how its folder is made, what it does, what may be there afterwards."""

    new = NEW
    between = frozenset({"old", "new"})
    """What may be there before recovery."""
    on_disk = True
    """Whether all that counts is: not so where a process has read it, which ends with the power."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "etc" / "daemon.json"
        self.programs = folder / "programs"
        """Found before those of the machine."""
        self.commanded = folder / "commanded"
        """Where commands do their work, whose own care it is that it is flushed."""

    def prepare(self) -> None:
        """Make the folder anew, as it is before the transaction."""
        self.lay_out()

    def lay_out(self) -> None:
        """Make the folder anew, with its files."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.file.parent.mkdir(parents=True)
        self.file.write_bytes(OLD)
        self.file.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(self.file, 4711, 4712)
        with contextlib.suppress(OSError):  # not every file system keeps them
            os.setxattr(self.file, ATTRIBUTE, b"mother")
        self.identity = identity(self.file)

    def fix(self):
        return workbench.fix_of(workbench.edit(self.file))

    def get_ready(self) -> None:
        """Plan and import once for all processes to come, in one of their kind.

        A plan writes nothing, so no kill is of interest in it. It holds for every folder that
        :meth:`prepare` makes.
        """
        self.lay_out()
        self.planned = told(self, lambda: without_functions(workbench.plan_of(self.fix())))
        self.prepare()
        for name in told(self, lambda: (self.act(), self.recover(), [*sys.modules])[-1]):
            with contextlib.suppress(Exception):  # aliases: they are imported by another name
                importlib.import_module(name)
        gc.freeze()
        gc.disable()

    def act(self):
        """The transaction; its outcomes."""
        return [workbench.apply(self.planned, self.context())]

    def recover(self):
        """What the next start does; its outcomes."""
        return workbench.recover(self.context())

    def context(self):
        return workbench.context(self.folder / "state")

    def seen(self) -> str:
        """``old``, ``new`` or what else is there."""
        if identity(self.file) != self.identity:
            return "of another mode or owner"
        return {OLD: "old", self.new: "new"}.get(self.file.read_bytes(), "torn")

    def complaint(self, state: str) -> str:
        """What else is wrong in the end."""
        return ""

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def copy(source: Path, target: Path) -> None:
    """Make ``target`` a copy, owners, attributes and hard links included."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", "--", source, target], check=True)


def without_functions(plan):
    """The plan as it can be handed to another process."""
    bare = [fix._replace(fix=fix.fix._replace(plan=None)) for fix in plan.fixes]
    return plan._replace(fixes=tuple(bare))


def identity(path: Path):
    """Everything of a file but its bytes."""
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_gid, attribute(path)


def attribute(path: Path) -> bytes:
    """The extended attribute of the scenarios; empty where there is none."""
    try:
        return os.getxattr(path, ATTRIBUTE)
    except OSError:
        return b""


class HardLink(Scenario):
    """A file that is written through: a longer text."""

    between = frozenset({"old", "new", "torn"})  # until the next start

    def lay_out(self) -> None:
        super().lay_out()
        os.link(self.file, self.folder / "other-name")

    def complaint(self, state):
        return "" if self.file.stat().st_nlink == 2 else "the hard link is gone"


class Shorter(HardLink):
    """The same with a text that becomes shorter."""

    new = SHORT

    def fix(self):
        return workbench.fix_of(workbench.edit(self.file, {("labels",): REMOVED}))


class NewFile(Scenario):
    """A file that was not there, nor its folder."""

    new = MADE

    def lay_out(self) -> None:
        super().lay_out()
        shutil.rmtree(self.file.parent)

    def seen(self) -> str:
        if not self.file.exists():
            return "old"
        return "new" if self.file.read_bytes() == self.new else "torn"

    def complaint(self, state):
        made = self.file.parent.exists() and not self.file.exists()
        return EMPTY if made else ""


class Several(Scenario):
    """Two files, a link that goes, a command with its way back."""

    between = frozenset({"old", "new", "mixed"})  # each file by itself is old or new

    def lay_out(self) -> None:
        super().lay_out()
        self.second, self.link = self.folder / "second.json", self.folder / "link"
        self.second.write_bytes(OLD)
        self.link.symlink_to("/nowhere")
        self.commanded.mkdir()
        self.made = self.commanded / "made"

    def fix(self):
        return workbench.fix_of(
            workbench.edit(self.file),
            workbench.edit(self.second),
            RemoveFile(str(self.link)),
            Command(("mkdir", "-p", str(self.made)), undo=("rm", "-d", "-f", str(self.made))),
        )

    def seen(self) -> str:
        second = {OLD: "old", NEW: "new"}.get(self.second.read_bytes(), "torn")
        link = "old" if self.link.is_symlink() else "new"
        made = "new" if self.made.exists() else "old"
        parts = {super().seen(), second, link, made}
        wrong = parts - {"old", "new"}
        return wrong.pop() if wrong else "mixed" if len(parts) > 1 else parts.pop()


class Reload(Scenario):
    """A file that its reader is told to read again."""

    on_disk = False

    def lay_out(self) -> None:
        super().lay_out()
        self.loaded = self.folder / "loaded"
        self.programs.mkdir()
        systemctl = self.programs / "systemctl"
        systemctl.write_text(f"#!/bin/sh\nexec /bin/cp {self.file} {self.loaded}\n")
        systemctl.chmod(0o755)

    def fix(self):
        return workbench.fix_of(workbench.edit(self.file), effects=(Effect(model.RELOAD_UNITS),))

    def complaint(self, state):
        if not self.loaded.exists():
            return "" if state == "old" else "it was never read"
        same = self.loaded.read_bytes() == self.file.read_bytes()
        return "" if same else "its reader has another text"


class Undo(Scenario):
    """Taking a transaction back."""

    def prepare(self) -> None:
        kept = self.folder.with_suffix(".undone")
        if kept.exists():
            copy(kept, self.folder)
            return
        self.lay_out()
        ended = end(start(self, super().act))
        assert ended == "committed", ended
        self.first = self.context().journal.entries()[0].record.id
        copy(self.folder, kept)

    def act(self):
        return [workbench.undo(self.first, self.context())]

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.folder.with_suffix(".undone"))

    def seen(self) -> str:
        seen = super().seen()
        return {"old": "new", "new": "old"}.get(seen, seen)


class UndoNewFile(Undo, NewFile):
    """Taking back a file that was made, and its folder."""


class UndoSeveral(Undo, Several):
    """Taking back changes of several kinds."""


SCENARIOS = {
    "edit": Scenario,
    "hard-link": HardLink,
    "shorter": Shorter,
    "new-file": NewFile,
    "several": Several,
    "reload": Reload,
    "undo": Undo,
    "undo-new-file": UndoNewFile,
    "undo-several": UndoSeveral,
}


# -- processes -------------------------------------------------------------------------------------

ENDINGS = (
    "committed", "rolled-back", "stuck", "refused", "nothing", "interrupted", "traceback"
)  # fmt: skip
"""How a process ends that is not killed; its exit status is the place in here.

Refused is an error told in a sentence, nothing a recovery that finds nothing to do."""


def start(scenario: Scenario, work, armed=lambda: None) -> int:
    """Run ``work`` in a forked process, and ``armed`` just before it; its id.

    The parent never asks the machine anything: its threads would not live on in the child.
    """
    pid = os.fork()
    if pid:
        return pid
    ending = "traceback"
    try:
        os.environ["PATH"] = f"{scenario.programs}:/usr/bin:/bin"
        armed()
        outcomes = work()
        ending = outcomes[-1].state if outcomes else "nothing"
    except machine.Failed:
        ending = "refused"
    except KeyboardInterrupt:
        ending = "interrupted"
    except BaseException:  # noqa: BLE001 - told by the exit status
        traceback.print_exc()
    finally:
        # Nothing else: where calls are counted or fail, no more are made.
        os._exit(ENDINGS.index(ending))


def end(pid: int) -> str:
    """Wait for the process; ``killed`` or one of :data:`ENDINGS`."""
    _, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else ENDINGS[os.WEXITSTATUS(status)]


def told(scenario: Scenario, work):
    """What ``work`` returns in a process of its own."""
    reader, writer = os.pipe()

    def tell():
        answer = pickle.dumps(work())
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(answer)
        return []

    pid = start(scenario, tell)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    assert end(pid) == "nothing"
    return pickle.loads(answer)


class Fault:
    """Counts calls in this process, and lets something happen at the n-th. ``how``:

    ``kill``: SIGKILL instead of the call. An errno: the call fails with it. ``interrupt``: what
    Ctrl-C raises. Of writes alone, ``half``: SIGKILL in the middle of the n-th; ``short``: the n-th
    writes only a part and says so, write(2). ``then``: SIGKILL that many calls after.
    """

    def __init__(self, at: int, how: str | int, then: int = 0) -> None:
        self._how, self._then = how, then
        self._until = at
        """Calls until it happens; afterwards, until ``then``."""
        self._happened = False

    def install(self) -> None:
        """Put this between the process and its calls."""
        for name in CALLS:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        opened, self._open = os.open, self._wrapped("open", os.open)
        os.open = lambda path, flags, *more, **named: (
            self._open if flags & (os.O_WRONLY | os.O_RDWR) else opened
        )(path, flags, *more, **named)

    def _wrapped(self, name, call):
        def wrapped(*more, **named):
            if self._counts(name):
                self._until -= 1
                if self._until == 0 and self._happened:
                    die()
                elif self._until == 0:
                    self._happened, self._until = True, self._then
                    return self._happen(call, more, named)
            return call(*more, **named)

        return wrapped

    def _counts(self, name) -> bool:
        return self._happened or name == "write" or self._how not in {"half", "short"}

    def _happen(self, call, more, named):
        if isinstance(self._how, int):
            raise OSError(self._how, os.strerror(self._how))
        if self._how == "interrupt":
            raise KeyboardInterrupt
        if self._how in {"half", "short"}:
            descriptor, data = more
            written = call(descriptor, bytes(data)[: len(data) // 2 or 1])
            if self._how == "short":
                return written
        return die()


def die():
    """End this process as SIGKILL does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL does not return")


KEPT = ("nothing", "names", "data")


class PowerCut(Fault):
    """The machine goes off instead of the n-th call, and its file system was of no help.

    What was not flushed, by fsync(2) of the file or, for a name, of its folder, is lost, but for
    what ``kept`` says. A file whose name is there and whose data never were flushed is empty.
    """

    def __init__(self, at: int, scenario: Scenario, kept: str) -> None:
        super().__init__(at, "kill")
        self._folder, self._commanded, self._kept = scenario.folder, scenario.commanded, kept
        self._stat: dict[int, os.stat_result] = {}
        """What is known of each inode."""
        self._names: dict[int, dict[str, int]] = {}
        """Flushed, of a folder: names and their inodes."""
        self._data: dict[int, tuple] = {}
        """Flushed, of a file: bytes and attribute. Of a link: where it leads."""
        self._held: list[int] = []
        """Descriptors of all of these, so that no other file gets their inode."""

    def install(self) -> None:
        self._flush_all(names=True, data=True)
        fsync = os.fsync

        def fsync_and_note(descriptor):
            fsync(descriptor)
            self._flush(Path(f"/proc/self/fd/{descriptor}").readlink(), names=True, data=True)

        os.fsync = fsync_and_note
        super().install()

    def _flush_all(self, *, names: bool, data: bool) -> None:
        for path in (self._folder, *self._folder.rglob("*")):
            self._flush(path, names=names, data=data)

    def _flush(self, path: Path, *, names: bool, data: bool) -> int:
        """Take note of what is on the disk now; its inode."""
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW)
        self._held.append(descriptor)
        found = os.fstat(descriptor)
        self._stat[found.st_ino] = found
        if stat.S_ISLNK(found.st_mode):
            self._data[found.st_ino] = (path.readlink(),)
        elif stat.S_ISREG(found.st_mode) and data:
            self._data[found.st_ino] = (path.read_bytes(), attribute(path))
        elif stat.S_ISDIR(found.st_mode) and names:
            self._names[found.st_ino] = {
                item.name: self._flush(item, names=False, data=False) for item in path.iterdir()
            }
        return found.st_ino

    def _happen(self, call, more, named):
        self._flush_all(names=self._kept == "names", data=self._kept == "data")
        if self._commanded.exists():
            self._flush(self._commanded, names=True, data=True)
        disk = self._folder.with_suffix(".disk")
        shutil.rmtree(disk, ignore_errors=True)
        self._restore(self._folder.stat().st_ino, disk, {})
        shutil.rmtree(self._folder)
        disk.rename(self._folder)
        return super()._happen(call, more, named)

    def _restore(self, inode: int, path: Path, made: dict[int, Path]) -> None:
        found, data = self._stat[inode], self._data.get(inode, (b"", b""))
        if stat.S_ISLNK(found.st_mode):
            path.symlink_to(*data)
            return
        if stat.S_ISDIR(found.st_mode):
            path.mkdir()
            for name, inner in self._names.get(inode, {}).items():
                self._restore(inner, path / name, made)
        elif inode in made:
            os.link(made[inode], path)
        else:
            path.write_bytes(data[0])
            if data[1]:
                os.setxattr(path, ATTRIBUTE, data[1])
        made[inode] = path
        if os.geteuid() == 0:
            os.chown(path, found.st_uid, found.st_gid)
        path.chmod(stat.S_IMODE(found.st_mode))


# -- the campaign ----------------------------------------------------------------------------------

LATER = 10
"""How many calls after an error it is followed by a kill: taking one change back takes as many."""


class Campaign:
    """Everything that is tried with one scenario."""

    def __init__(self, name: str, folder: Path, every: int) -> None:
        self._scenario = SCENARIOS[name](folder)
        self._every = every
        self._number = self._turn = [*SCENARIOS].index(name)
        """Scenarios differ in what they are spared."""
        self.tried: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> dict:
        self._scenario.get_ready()
        for how in ("kill", "half"):
            for at in itertools.count(1):
                label = f"{how} at {at}"
                ended = self._act(Fault(at, how))
                if ended != "killed":
                    self.wrong += [f"{label}: {ended}"] * (ended != "committed")
                    self.wrong += settled(self._scenario, label)
                    break
                self._killed(how, label)
        for at in range(1, self.tried["kill"] + 1):
            for how in self._some((*ERRORS, "interrupt"), at):
                name = errno.errorcode.get(how, how)
                self._fails(at, how, f"{name} at {at}")
        for at in range(1, self.tried["half"] + 1):
            self._fails(at, "short", f"short write {at}")
        for at in range(1, self.tried["kill"] + 2) if self._scenario.on_disk else ():
            # The last one comes when all is done.
            for kept in self._some(KEPT, at) if at <= self.tried["kill"] else KEPT:
                label = f"power cut at {at}, {kept} kept"
                ended = self._act(PowerCut(at, self._scenario, kept), self._one_call_more)
                self.wrong += [f"{label}: {ended}"] * (ended != "killed")
                self._killed("power cut", label)
        self._scenario.close()
        return {**self.tried, "wrong": self.wrong}

    def _act(self, fault: Fault, work=None) -> str:
        self._scenario.prepare()
        return end(start(self._scenario, work or self._scenario.act, fault.install))

    def _one_call_more(self):
        outcomes = self._scenario.act()
        os.write(2, b"")
        return outcomes

    def _some(self, choice: tuple, at: int) -> tuple:
        """One of them, another one at the next call and in the next scenario; or all."""
        return (choice[(at + self._number) % len(choice)],) if self._every > 1 else choice

    def _its_turn(self) -> bool:
        self._turn += 1
        return self._turn % self._every == 0

    def _killed(self, how: str, label: str) -> None:
        """Recover from a kill; in its turn, and if nothing failed before, killed there as well."""
        self.tried[how] += 1
        self.wrong += look(self._scenario, label)
        for at in itertools.count(1) if how != "later" and self._its_turn() else ():
            pid = start(self._scenario, self._scenario.recover, Fault(at, "kill").install)
            if (ended := end(pid)) != "killed":
                break
            self.tried["recovery"] += 1
            self.wrong += look(self._scenario, f"{label}, recovery at {at}")
        else:
            ended = end(start(self._scenario, self._scenario.recover))
        wanted = {"committed", "rolled-back", "nothing"}
        self.wrong += [f"{label}: recovery {ended}"] * (ended not in wanted)
        self.wrong += settled(self._scenario, label, after_error=how == "later")

    def _fails(self, at: int, how: str | int, label: str) -> None:
        """Have one call fail; in its turn, be killed soon after."""
        ended = self._act(Fault(at, how))
        self.tried["failed"] += 1
        self.wrong += failed(self._scenario, label, ended)
        for then in range(1, LATER + 1):
            if self._its_turn() and self._act(Fault(at, how, then)) == "killed":
                self._killed("later", f"{label}, killed {then} later")


def look(scenario: Scenario, label: str) -> list[str]:
    """What is wrong at any time."""
    seen = scenario.seen()
    found = [] if seen in scenario.between else [f"{label}: the file is {seen}"]
    try:
        scenario.context().journal.entries()
    except machine.Failed as error:
        found.append(f"{label}: the journal cannot be read: {error}")
    return found


def journal_state(scenario: Scenario) -> str:
    """The state of the scenario's transaction; empty where it was never begun."""
    try:
        entries = scenario.context().journal.entries()[isinstance(scenario, Undo) :]
    except machine.Failed:
        return "unreadable"
    return entries[-1].state if entries else ""


def settled(scenario: Scenario, label: str, *, after_error: bool = False) -> list[str]:
    """After recovery: old or new as the journal says, nothing left over, nothing to recover.

    An empty folder that cannot be removed is left, and nothing else comes of it.
    """
    state, seen = journal_state(scenario), scenario.seen()
    found = []
    if seen != {"committed": "new", "rolled-back": "old", "": "old"}.get(state):
        found.append(f"the journal says {state or 'nothing'}, and the file is {seen}")
    complaint = scenario.complaint(seen)
    found += [complaint] * (complaint != "" and not (after_error and complaint == EMPTY))
    left = workbench.left_overs(scenario.folder)
    found += [f"left over: {left}"] * bool(left)
    return [f"{label}: {text}" for text in found]


def failed(scenario: Scenario, label: str, ended: str) -> list[str]:
    """After one call that failed: nothing needs a person, and nothing more has to be done."""
    label = f"{label}: {ended}"
    if ended == "interrupted" and journal_state(scenario) == "prepared":
        # Interrupted before the first change: there is nothing to take back.
        end(start(scenario, scenario.recover))
    expected = {"committed", "rolled-back", "refused", "interrupted"}
    found = [label] * (ended not in expected)
    if ended == "refused" and journal_state(scenario):
        found.append(f"{label}, and the journal says {journal_state(scenario)}")
    return found + settled(scenario, label, after_error=True)


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
    name, folder, every = [*sys.argv[1:], "1"][:3]
    sys.stdout.write(json.dumps(Campaign(name, Path(folder), int(every)).run()))
