"""The journal: what was done to this machine, by whom, and everything that takes it back.

One folder a transaction, below the state folder (root's in /var/lib/hullcheck, a user's where
platformdirs puts state)::

    transactions/20261125-015031-3f2a/
        record.json     who, when, what, the findings before; written whole before anything else
        before-0, ...   the bytes of each file before
        after-0, ...    and after
        events.jsonl    what has happened since: one JSON object a line, each flushed to the disk

The folder appears by rename, complete: a transaction is either not in the journal, and has done
nothing, or everything that is needed to take it back is. Nothing is ever changed in it but the
events, which are only appended to; a line that a kill tore is not counted.
"""

from __future__ import annotations

import base64
import json
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fixes import machine
from fixes.machine import Failed, FileState
from fixes.model import KINDS, Command, EmptyFile, EngineCall, SetSysctl
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixes.model import Change

SCHEMA = "hullcheck.transaction/1"

STATE_VARIABLE = "HULLCHECK_STATE_DIR"
"""Names another state folder: for tests, and for machines whose /var/lib is not kept."""

ROOT_STATE = "/var/lib/hullcheck"

PREPARED, APPLIED, EFFECTIVE = "prepared", "applied", "effective"
ROLLING_BACK = "rolling-back"
COMMITTED, ROLLED_BACK, STUCK = "committed", "rolled-back", "stuck"
"""States: nothing of it is sure to be done; every change is made; what makes them count has been
done; it is being taken back; all is verified; everything is as before; neither could be reached
and a person is needed."""

FINAL = frozenset({COMMITTED, ROLLED_BACK, STUCK})

ACTIONS: dict[str, Any] = {KINDS[cls]: cls for cls in (SetSysctl, Command, EngineCall, EmptyFile)}
"""The kinds of change that are no file's content, by name."""


class FileChange(NamedTuple):
    """One file of a transaction: what it was, what it becomes."""

    path: str
    """As its reader names it."""
    target: str
    """Where the links of the path lead: what is written."""
    before: FileState | None
    after: FileState | None
    aside: str
    """The name under which the new file is prepared, in the target's folder."""
    folders: tuple[str, ...] = ()
    """Folders that are made for it, outermost first."""

    def inverse(self, aside: str) -> FileChange:
        """The change that takes this one back."""
        return FileChange(self.path, self.target, self.after, self.before, aside)


class Done(NamedTuple):
    """An effect that the transaction brings about: the command, and how it is known to be done."""

    kind: str
    argv: tuple[str, ...]
    subject: str = ""


class Record(NamedTuple):
    """What a transaction sets out to do."""

    id: str
    started: float
    who: dict[str, Any]
    """uid, name, and the user behind sudo."""
    version: str
    """Of hullcheck."""
    fixes: tuple[str, ...]
    summary: str
    files: tuple[FileChange, ...]
    actions: tuple[Change, ...]
    effects: tuple[Done, ...]
    findings: tuple[dict[str, Any], ...]
    """The failing findings before: id, subject, severity, summary."""
    undoes: str = ""
    """The transaction that this one takes back."""
    options: dict[str, Any] = {}  # noqa: RUF012 - a named tuple's default, never changed
    """What recovery must know to go on: the endpoint, the consents."""


class Entry(NamedTuple):
    """A transaction as the journal has it."""

    record: Record
    events: tuple[dict[str, Any], ...]

    @property
    def state(self) -> str:
        """The last state that an event says, else prepared."""
        states = [e["event"] for e in self.events if e["event"] in _STATES]
        return states[-1] if states else PREPARED

    def last(self, event: str) -> dict[str, Any] | None:
        """The last event of that name."""
        return next((e for e in reversed(self.events) if e["event"] == event), None)

    def has(self, event: str, number: int) -> bool:
        """Whether that event was written for the change of that number."""
        return any(e["event"] == event and e.get("n") == number for e in self.events)


_STATES = frozenset({APPLIED, EFFECTIVE, ROLLING_BACK, *FINAL})


def state_folder() -> str:
    """Where the journal of this user is."""
    given = os.environ.get(STATE_VARIABLE)
    if given:
        return os.path.abspath(given)
    if os.name == "posix" and machine.is_root():
        return ROOT_STATE
    import platformdirs

    return platformdirs.user_state_dir("hullcheck", appauthor=False)


def new_id(now: float) -> str:
    """A name that reads as a time and sorts by it: seconds, and 65536ths of the next one.

    Under the lock no two transactions begin in the same.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return f"{stamp}-{int(now % 1 * 0x10000):04x}"


class Busy(Failed):
    """Another hullcheck is changing this machine."""


class Journal:
    """The journal in one state folder."""

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder or state_folder()
        self._transactions = os.path.join(self.folder, "transactions")

    def exists(self) -> bool:
        """Whether anything was ever done from here."""
        return os.path.isdir(self._transactions)

    # -- the lock -------------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process changes the machine at a time; a killed one holds nothing.

        Raises: Busy at once when another has it; Failed when the folder cannot be made.
        """
        import filelock

        self._make()
        lock = filelock.FileLock(os.path.join(self.folder, "lock"), mode=0o600)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise Busy("another hullcheck is changing this machine: wait for it to end") from None
        except OSError as error:
            raise Failed(f"{self.folder}/lock cannot be made: {error.strerror}") from None
        try:
            yield
        finally:
            # It ends with the process in any case.
            with suppress(OSError):
                lock.release()

    def _make(self) -> None:
        made = machine.missing_folders(os.path.join(self._transactions, "any"))
        try:
            os.makedirs(self._transactions, mode=0o700, exist_ok=True)
            for folder in made:
                # Else a power cut may keep what was changed and lose the journal of it.
                _flush(os.path.dirname(folder))
            if os.name == "posix":
                found = os.lstat(self.folder)
                if found.st_uid not in {machine.user_id(), 0}:
                    raise Failed(
                        f"{self.folder} belongs to another user: the journal holds what undo "
                        "writes back, so nobody else may own it"
                    )
                os.chmod(self._transactions, 0o700)
        except OSError as error:
            raise Failed(
                f"the journal cannot be kept in {self.folder}: {error.strerror}. Nothing is "
                f"changed without it; {STATE_VARIABLE} names another folder"
            ) from None

    # -- writing --------------------------------------------------------------------------------

    def begin(self, record: Record) -> None:
        """Write down, whole and flushed, what is about to be done.

        Raises: Failed; then nothing is in the journal.
        """
        self._make()
        aside = os.path.join(self._transactions, f".new-{record.id}")
        try:
            os.mkdir(aside, 0o700)
            for number, change in enumerate(record.files):
                for name, state in (("before", change.before), ("after", change.after)):
                    if state is not None:
                        _write(os.path.join(aside, f"{name}-{number}"), state.data)
            text = json.dumps(_to_json(record), indent=1, ensure_ascii=True)
            _write(os.path.join(aside, "record.json"), text.encode() + b"\n")
            _write(os.path.join(aside, "events.jsonl"), b"")
            _flush(aside)
            os.rename(aside, self.place(record.id))
            _flush(self._transactions)
        except OSError as error:
            self._withdraw(record.id, aside)
            raise Failed(
                f"the journal cannot be written in {self.folder}: {error.strerror}. Nothing was "
                "changed"
            ) from None
        except BaseException:
            self._withdraw(record.id, aside)
            raise

    def add(self, id_: str, event: str, **more: Any) -> None:  # noqa: ANN401 - any JSON
        """Append an event, flushed to the disk. Raises: Failed."""
        line = json.dumps({"at": round(time.time(), 3), "event": event, **more}) + "\n"
        path = os.path.join(self.place(id_), "events.jsonl")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
            try:
                size = os.fstat(descriptor).st_size
                # A line that a kill tore must not swallow the next one.
                if size:
                    os.lseek(descriptor, size - 1, os.SEEK_SET)
                    if os.read(descriptor, 1) != b"\n":
                        line = "\n" + line
                machine.write_all(descriptor, line.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Failed(f"the journal cannot be written: {path}: {error.strerror}") from None

    def place(self, id_: str) -> str:
        """The folder of a transaction."""
        return os.path.join(self._transactions, id_)

    def _withdraw(self, id_: str, aside: str) -> None:
        """Take a transaction that was not begun out of the journal: in one step, then its files."""
        with suppress(OSError):
            os.rename(self.place(id_), aside)
        self._discard(aside)

    def _discard(self, folder: str) -> None:
        with suppress(OSError):
            for name in os.listdir(folder):
                os.unlink(os.path.join(folder, name))
            os.rmdir(folder)

    def clean(self) -> None:
        """Remove what a kill left of a transaction that was never begun. Needs the lock."""
        with suppress(FileNotFoundError):
            for name in os.listdir(self._transactions):
                if name.startswith(".new-"):
                    self._discard(os.path.join(self._transactions, name))

    # -- reading --------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """Every transaction, oldest first. Raises: Failed where the journal may not be read."""
        try:
            names = sorted(n for n in os.listdir(self._transactions) if not n.startswith("."))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Failed(f"the journal in {self.folder} cannot be read: {error.strerror}") from None
        return [self.entry(name) for name in names]

    def entry(self, id_: str) -> Entry:
        """One transaction. Raises: KeyError for one that is not there, Failed for a broken one."""
        if not id_ or "/" in id_ or os.sep in id_ or id_.startswith("."):
            raise KeyError(id_)
        place = self.place(id_)
        try:
            with open(os.path.join(place, "record.json"), encoding="utf-8") as file:
                record = _of_json(json.load(file), place)
            with open(os.path.join(place, "events.jsonl"), encoding="utf-8") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            if not os.path.isdir(place):
                raise KeyError(id_) from None
            raise Failed(f"{place}: a part of this transaction's record is gone") from None
        except OSError as error:
            raise Failed(f"{place} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failed(f"{place}: the record is damaged: {error}") from None
        return Entry(record, tuple(e for e in map(_event, lines) if e is not None))

    def unfinished(self) -> list[Entry]:
        """Transactions that a kill has cut short, oldest first."""
        return [entry for entry in self.entries() if entry.state not in FINAL]


def in_force(entry: Entry, entries: list[Entry]) -> bool:
    """Whether what a transaction did still counts: committed, and not undone by one that counts."""
    if entry.state != COMMITTED:
        return False
    undone_by = [other for other in entries if other.record.undoes == entry.record.id]
    return not any(in_force(other, entries) for other in undone_by)


def _event(line: str) -> dict[str, Any] | None:
    """One line of the events; None for what a kill has torn."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        machine.write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(folder: str) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- JSON ----------------------------------------------------------------------------------------


def _to_json(record: Record) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        **{k: v for k, v in record._asdict().items() if k not in {"files", "actions", "effects"}},
        "files": [
            {
                "path": f.path,
                "target": f.target,
                "before": _state_to_json(f.before),
                "after": _state_to_json(f.after),
                "aside": f.aside,
                "folders": list(f.folders),
            }
            for f in record.files
        ],
        "actions": [{"kind": KINDS[type(a)], **a._asdict()} for a in record.actions],
        "effects": [e._asdict() for e in record.effects],
    }


def _state_to_json(state: FileState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "mode": state.mode,
        "uid": state.uid,
        "gid": state.gid,
        "attributes": [[n, base64.b64encode(v).decode()] for n, v in state.attributes],
        "link": state.link,
    }


def _of_json(value: dict[str, Any], place: str) -> Record:
    if value["schema"] != SCHEMA:
        raise ValueError(f"it is of another version of hullcheck: {value['schema']}")
    files = []
    for number, item in enumerate(value["files"]):
        states = []
        for name in ("before", "after"):
            path = os.path.join(place, f"{name}-{number}")
            states.append(_state_of_json(item[name], path))
        files.append(
            FileChange(
                item["path"],
                item["target"],
                states[0],
                states[1],
                item["aside"],
                tuple(item["folders"]),
            )
        )
    return Record(
        id=value["id"],
        started=value["started"],
        who=value["who"],
        version=value["version"],
        fixes=tuple(value["fixes"]),
        summary=value["summary"],
        files=tuple(files),
        actions=tuple(_action_of_json(item) for item in value["actions"]),
        effects=tuple(
            Done(item["kind"], tuple(item["argv"]), item["subject"]) for item in value["effects"]
        ),
        findings=tuple(value["findings"]),
        undoes=value["undoes"],
        options=value["options"],
    )


def _state_of_json(value: dict[str, Any] | None, path: str) -> FileState | None:
    if value is None:
        return None
    with open(path, "rb") as file:
        data = file.read()
    return FileState(
        data,
        value["mode"],
        value["uid"],
        value["gid"],
        tuple((n, base64.b64decode(v)) for n, v in value["attributes"]),
        value["link"],
    )


def _action_of_json(value: dict[str, Any]) -> Any:  # noqa: ANN401 - one of ACTIONS
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items() if k != "kind"}
    return ACTIONS[value["kind"]](**fields)
