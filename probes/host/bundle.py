"""The bundle: everything that was read of a host, redacted, in files a person can look into.

Layout (``hullcheck.bundle/1``), as a .tar.gz or as a directory::

    manifest.json   schema, tool, time, host id, platform, counts
    answers.json    every question with its answer or with why there was none
    files/...       the content of each file that was read, under its own path

Nothing of a bundle is ever unpacked onto the disk of the machine that reads it.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import stat
import tarfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from probes.host.host import failure_from_json, failure_to_json
from probes.host.questions import Answer, Question, Unreadable, Unrecorded

if TYPE_CHECKING:
    from probes.host.host import Host

SCHEMA = "hullcheck.bundle/1"
MEMBER_LIMIT = 64 << 20
"""Bytes of one member; more is refused before it is read (decompression bombs)."""
TOTAL_LIMIT = 512 << 20
MEMBERS_LIMIT = 20_000
_FILE_KINDS = {"read": "files", "tail": "tails"}


class BundleError(Exception):
    """A bundle that cannot be used; the message is one line naming the file and the remedy."""


def member_name(question: Question) -> str:
    """Where a file's content lies in a bundle: its own path, odd characters percent-encoded."""
    parts = [quote(part, safe=" +,;=@~!()[]:&$'") for part in question[1].split("/") if part]
    # A name can only be . or .. when the asked path was; encode it so that it names a file.
    parts = [part.replace(".", "%2E") if part in {".", ".."} else part for part in parts]
    return "/".join([_FILE_KINDS[question[0]], *parts])


def contents(host: Host, *, tool: str) -> dict[str, bytes]:
    """The members of the bundle of what this host has been asked so far."""
    created = host.now()  # first: the clock is one of the answers
    members: dict[str, bytes] = {}
    answers = []
    failures = 0
    for question, value, error in host.answered():
        entry: dict[str, Any] = {"ask": list(question)}
        if error is not None:
            entry.update(failure_to_json(error))
            failures += 1
        elif isinstance(value, bytes):
            name = entry["member"] = member_name(question)
            members[name] = value
        else:
            entry["answer"] = value
        answers.append(entry)
    manifest = {
        "schema": SCHEMA,
        "tool": {"name": "hullcheck", "version": tool},
        "created": created,
        "host": _answer_or_none(answers, ("gauge", "identity")),
        "system": _answer_or_none(answers, ("gauge", "system")),
        "questions": len(answers),
        "unanswered": failures,
        "redacted": "secrets are replaced by REDACTED before anything is written down",
    }
    return {
        "manifest.json": _document(manifest),
        "answers.json": _document(answers),
        **members,
    }


def _answer_or_none(answers: list[dict[str, Any]], question: Question) -> Answer:
    return next((a.get("answer") for a in answers if a["ask"] == list(question)), None)


def _document(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    return (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode()


def pack(members: dict[str, bytes], when: float) -> bytes:
    """The members as one .tar.gz; the same members give the same bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=int(when)) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), int(when), 0o600
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _checked_name(name: str, source: str) -> str:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise BundleError(
            f"{source}: refused: it holds the path {name!r}, which climbs out of the bundle"
        )
    return "/".join(part for part in parts if part not in {"", "."})


class _Limited(io.RawIOBase):
    """An unpacked stream that ends with an error where no bundle goes on: also within a header."""

    def __init__(self, stream: Any, path: str) -> None:  # noqa: ANN401 - any binary stream
        self._stream = stream
        self._left = TOTAL_LIMIT
        self._path = path

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as tarfile asks for them: by blocks."""
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_much(self._path)
        return data


def _too_much(path: str) -> BundleError:
    return BundleError(f"{path}: refused: it holds more than a bundle ever does")


def _opened(path: str) -> Any:  # noqa: ANN401 - any binary stream
    """The file, or the pipe that a shell made: - and /dev/fd/N. No other thing is waited for."""
    if path in {"-", "/dev/stdin"} or path.startswith(("/dev/fd/", "/proc/self/fd/")):
        with open(0 if path == "-" else path, "rb", closefd=path != "-") as stream:
            data = stream.read(TOTAL_LIMIT + 1)
        if len(data) > TOTAL_LIMIT:
            raise _too_much(path)
        return io.BytesIO(data)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    file = open(descriptor, "rb")  # noqa: SIM115 - closed by whoever asked
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise BundleError(f"{path}: is no regular file: name a bundle, or - for standard input")
    return file


def _read_archive(path: str) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    entries = 0
    try:
        with _opened(path) as packed:
            zipped = packed.read(2) == b"\x1f\x8b"
            packed.seek(0)
            stream = _Limited(gzip.GzipFile(fileobj=packed) if zipped else packed, path)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for info in archive:
                    entries += 1
                    name = _checked_name(info.name, path)
                    if info.isdir():
                        continue
                    if not info.isreg():
                        raise BundleError(f"{path}: refused: {info.name!r} is a link or device")
                    if info.size > MEMBER_LIMIT or entries > MEMBERS_LIMIT:
                        raise _too_much(path)
                    if name in members:
                        raise BundleError(f"{path}: refused: it holds {info.name!r} twice")
                    file = archive.extractfile(info)
                    members[name] = file.read() if file else b""
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError) as error:
        raise BundleError(
            f"{path}: not a bundle, or a broken one ({error}): save it again with "
            "`hullcheck bundle save`"
        ) from None
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from None
    except Exception as error:
        import zlib

        if isinstance(error, zlib.error):
            raise BundleError(f"{path}: a broken bundle ({error}): copy it again") from None
        raise
    return members


def _read_directory(path: str) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    total = 0
    if not os.path.exists(os.path.join(path, "manifest.json")):  # before a whole home is read
        raise BundleError(f"{path}: not a hullcheck bundle: it has no manifest.json")
    for folder, folders, names in os.walk(path, followlinks=False):
        for name in [*folders, *names]:
            full = os.path.join(folder, name)
            if os.path.islink(full):
                raise BundleError(f"{path}: refused: {full!r} is a symbolic link")
        for name in names:
            full = os.path.join(folder, name)
            if not os.path.isfile(full):
                raise BundleError(f"{path}: refused: {full!r} is no regular file")
            try:
                with open(full, "rb") as file:
                    data = file.read(MEMBER_LIMIT + 1)
            except OSError as error:
                raise BundleError(f"{full}: cannot be read: {error.strerror}") from None
            total += len(data)
            if len(data) > MEMBER_LIMIT or total > TOTAL_LIMIT or len(members) > MEMBERS_LIMIT:
                raise _too_much(path)
            members[os.path.relpath(full, path).replace(os.sep, "/")] = data
    return members


def _is_question(ask: object) -> bool:
    return isinstance(ask, list) and bool(ask) and all(isinstance(part, str) for part in ask)


class Bundle:
    """A bundle read into memory and checked.

    Raises: BundleError when it is absent, broken, of another kind, or holds paths that climb out.
    """

    def __init__(self, path: str) -> None:
        if path != "-" and not os.path.lexists(path):
            raise BundleError(f"{path or repr(path)}: there is no such file or directory")
        self.path = path
        self.members = _read_directory(path) if os.path.isdir(path) else _read_archive(path)
        self.manifest: dict[str, Any] = self._json("manifest.json", dict)
        schema = str(self.manifest.get("schema"))
        if not re.fullmatch(r"hullcheck\.bundle/\d+", schema):
            raise BundleError(f"{path}: not a hullcheck bundle: its manifest says {schema!r}")
        if schema != SCHEMA:
            raise BundleError(
                f"{path}: {schema} was written by a later hullcheck than this one: upgrade to read it"
            )
        self.answers: list[dict[str, Any]] = self._json("answers.json", list)
        for entry in self.answers:
            if not isinstance(entry, dict) or not _is_question(entry.get("ask")):
                raise BundleError(f"{path}: broken: answers.json holds an entry that is no answer")
            member = entry.get("member")
            if member is not None and str(member) not in self.members:
                raise BundleError(f"{path}: broken: {member!r} is named but not in the bundle")

    def _json(self, name: str, kind: type) -> Any:  # noqa: ANN401 - any JSON
        if name not in self.members:
            raise BundleError(f"{self.path}: not a hullcheck bundle: it has no {name}")
        try:
            value = json.loads(self.members[name])
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{self.path}: broken: {name} is not JSON: {error}") from None
        if not isinstance(value, kind):
            raise BundleError(f"{self.path}: broken: {name} is not a JSON {kind.__name__}")
        return value


class RecordedSource:
    """A host that answers out of a bundle, the same on any machine and for any user."""

    def __init__(self, bundle: Bundle) -> None:
        self._answers: dict[Question, Answer | Unreadable] = {}
        for entry in bundle.answers:
            question = tuple(entry["ask"])
            if "failure" in entry:
                self._answers[question] = failure_from_json(entry)
            elif "member" in entry:
                self._answers[question] = bundle.members[str(entry["member"])]
            else:
                self._answers[question] = entry.get("answer")

    def answer(self, question: Question, timeout: float) -> Answer:  # noqa: ARG002 - Source
        """The recorded answer, or the recorded failure raised again."""
        if question not in self._answers:
            raise Unrecorded(f"the record does not hold it ({' '.join(question)})")
        value = self._answers[question]
        if isinstance(value, Unreadable):
            raise failure_from_json(failure_to_json(value))
        return value
