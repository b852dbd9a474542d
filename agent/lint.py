"""Judging configuration files alone: what the engine refuses, chokes on or ignores in them."""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import TYPE_CHECKING

from probes import daemon_config
from probes.formats.daemon_json import BY_NAME, HostFacts, Problem, judge
from probes.formats.daemon_json.keys import NEWEST
from probes.host import redaction
from probes.model import ERROR, finding
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.model import Finding

KINDS = ("daemon.json",)
"""Kinds of file that this version judges."""

SIZE_LIMIT = 4 << 20
"""Bytes of one file. The largest real daemon.json seen has 6 KB."""

_OTHER_KINDS = {
    "package.json",
    "package-lock.json",
    "devcontainer.json",
    "settings.json",
    "settings-store.json",
    "admin-settings.json",
    "config.json",
    "tsconfig.json",
}


class LintError(Exception):
    """A file that cannot be judged: one line naming it and the remedy."""


class Linted(NamedTuple):
    """One judged file."""

    path: str
    kind: str
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> bool:
        """Whether the engine does not start with it."""
        return any(problem.refused_by_engine for problem in self.problems)

    def findings(self) -> list[Finding]:
        """The problems as the doctor reports them, one for each."""
        checks = {check.id: check for check in daemon_config.TOPIC.checks}
        return [
            finding(checks[problem.code], daemon_config.KIND.verdict(problem, self.path))
            for problem in self.problems
        ]


def lint(path: str, *, kind: str | None, engine: str) -> Linted:
    """Judge one file (``-`` for standard input) for an engine version.

    Raises: LintError for a file that is absent, unreadable or of no known kind.
    """
    name = "standard input" if path == "-" else path
    data = _read(path)
    if isinstance(data, Problem):
        if kind is None and kind_of(path, b"") is None:
            raise LintError(f"{name}: {data.message}")
        return Linted(name, kind or KINDS[0], (data,))
    chosen = kind or kind_of(path, data)
    if chosen is None:
        raise LintError(f"{name}: cannot tell what kind of file this is: say so with --kind")
    problems = judge(data, engine=engine, host=this_machine(), path=name)
    return Linted(name, chosen, tuple(_redacted(problem) for problem in problems))


def kind_of(path: str, data: bytes) -> str | None:
    """The kind that a file's name, else its content, tells."""
    name = os.path.basename(path).lower()
    if re.fullmatch(r"(docker[-_.]?)?daemon.*\.json([.~].*)?|dockerd.*\.json", name):
        return "daemon.json"
    if name in _OTHER_KINDS:
        return None
    keys = re.findall(rb'"([a-z0-9][a-z0-9-]{1,40})"\s*:', data[:65536])
    if any(key.decode() in BY_NAME for key in keys):
        return "daemon.json"
    return "daemon.json" if name.endswith(".json") and not data.strip(b" \t\r\n{}") else None


def _read(path: str) -> bytes | Problem:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(SIZE_LIMIT + 1) if sys.stdin else b""
        elif path == "/dev/stdin" or path.startswith(("/dev/fd/", "/proc/self/fd/")):
            # The pipe of a shell's <(...): it is waited for, as nothing else is.
            with open(path, "rb") as file:
                data = file.read(SIZE_LIMIT + 1)
        else:
            data = _read_file(path)
    except OSError as error:
        import errno

        if error.errno == errno.ELOOP:
            return _unreadable("a loop of symbolic links", refused=True)
        if error.errno == errno.EISDIR:
            return _unreadable("a directory stands where the file should be", refused=True)
        raise LintError(f"{path or repr(path)}: cannot be read: {error.strerror}") from None
    if len(data) > SIZE_LIMIT:
        size = os.path.getsize(path) if os.path.isfile(path) else len(data)
        return _unreadable(f"{size} bytes: something else was written there", refused=False)
    return data


def _read_file(path: str) -> bytes:
    import errno

    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, "is a directory")
        if not stat.S_ISREG(mode):
            raise LintError(f"{path}: is no regular file: name a file, or - for standard input")
        return file.read(SIZE_LIMIT + 1)


def _unreadable(what: str, *, refused: bool) -> Problem:
    return Problem(
        "daemon-json-unreadable",
        ERROR,
        f"This is no configuration file: {what}.",
        line=1,
        column=1,
        refused_by_engine=refused,
    )


def this_machine() -> HostFacts:
    """What this machine tells of files, users and groups that a daemon.json may name."""
    return HostFacts(
        file_exists=os.path.exists,
        user_exists=_user_exists,
        group_exists=_group_exists,
        has_subordinate_ids=_has_subordinate_ids,
    )


def _user_exists(name: str) -> bool:
    import pwd

    try:
        pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except (KeyError, OverflowError):
        return False
    return True


def _group_exists(name: str) -> bool:
    import grp

    try:
        grp.getgrgid(int(name)) if name.isdigit() else grp.getgrnam(name)
    except (KeyError, OverflowError):
        return False
    return True


def _has_subordinate_ids(name: str) -> bool:
    """Whether subuid(5) and subgid(5) have ranges for a user; true where that cannot be told."""
    for path in ("/etc/subuid", "/etc/subgid"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                if not any(line.partition(":")[0] == name for line in file):
                    return False
        except FileNotFoundError:
            return False
        except OSError:
            return True
    return True


def _redacted(problem: Problem) -> Problem:
    """The problem without secrets: its words quote the file."""
    clean = redaction.redact_text
    return problem._replace(
        message=clean(problem.message),
        engine_text=problem.engine_text and clean(problem.engine_text),
        suggestion=problem.suggestion and clean(problem.suggestion),
    )


def newest_engine() -> str:
    """The version assumed where no engine tells its own."""
    return ".".join(str(part) for part in NEWEST)
