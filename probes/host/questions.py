"""The questions a Host can be asked, the shapes of their answers, and the ways an answer fails.

Every question is a plain tuple of strings and every answer is plain JSON (file contents apart,
which are bytes), so that whatever was read on one machine can be written down, carried to another
and asked again there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Question: TypeAlias = tuple[str, ...]
"""The kind of question first, then its arguments, e.g. ``("read", "/etc/os-release")``."""

Answer: TypeAlias = Any
"""JSON, or bytes for a file's content."""

FILE_LIMIT = 1 << 20
"""Bytes read of one file. No configuration file comes near it; the 50 MB accident is reported."""

TAIL_LIMIT = 256 << 10
"""Bytes read from the end of a log file."""

OUTPUT_LIMIT = 4 << 20
"""Bytes kept of a command's output."""

BODY_LIMIT = 64 << 20
"""Bytes accepted in one answer of the Engine API (1,000 containers need about 2 MB)."""


class Unreadable(Exception):  # noqa: N818 - not an error of ours: a fact about the host
    """A question that got no usable answer. ``reason`` is one clause fit for a report."""

    kind = "unreadable"

    def __init__(self, reason: str, *, look: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.look = look
        """The command with which a person can look by hand, where there is one."""


class Absent(Unreadable):
    """What was asked for does not exist."""

    kind = "absent"


class Denied(Unreadable):
    """It exists, and this user may not read it."""

    kind = "denied"


class Slow(Unreadable):
    """It did not answer in time."""

    kind = "slow"


class Garbled(Unreadable):
    """It answered with something that is not what was asked for."""

    kind = "garbled"


class Refused(Unreadable):
    """The engine or a command answered with an error; ``status`` is the HTTP or exit status."""

    kind = "refused"

    def __init__(self, reason: str, *, look: str = "", status: int = 0) -> None:
        super().__init__(reason, look=look)
        self.status = status


class Unrecorded(Unreadable):
    """A recorded host was asked something that was not asked when it was recorded."""

    kind = "unrecorded"


FAILURES: dict[str, type[Unreadable]] = {
    cls.kind: cls for cls in (Absent, Denied, Slow, Garbled, Refused, Unrecorded)
}


class Stat(NamedTuple):
    """What stat(2) says of a path. Times are seconds since the epoch."""

    kind: str
    """file, directory, link, socket, fifo, block, character."""
    mode: int
    """Permission bits only, e.g. 0o660."""
    uid: int
    gid: int
    size: int
    mtime: float
    device: int
    inode: int
    owner: str
    """User name, or the uid as text where it has no name."""
    group: str


class StatVfs(NamedTuple):
    """What statvfs(3) says of the file system that holds a path, in bytes and inodes."""

    total: int
    free: int
    """Free to root."""
    available: int
    """Free to everyone else: what a container engine should count with."""
    inodes: int
    """0 where the file system makes inodes as needed (btrfs, some xfs)."""
    inodes_available: int


class Mount(NamedTuple):
    """One line of /proc/self/mountinfo, proc(5)."""

    device: str
    """major:minor, equal to st_dev of what lies on it."""
    root: str
    target: str
    options: tuple[str, ...]
    fstype: str
    source: str
    super_options: tuple[str, ...]


class Ran(NamedTuple):
    """A command that was run, with LC_ALL=C and without a shell."""

    code: int
    out: str
    err: str


class RegistryKey(NamedTuple):
    """A key of the Windows registry."""

    values: Mapping[str, Any]
    """Name -> text, number or list of texts; the unnamed one under ""."""
    keys: tuple[str, ...]
    """The names of the keys below it."""


class Service(NamedTuple):
    """A service of Windows or macOS, in psutil's words."""

    status: str
    """running, stopped, start_pending, stop_pending, paused..."""
    start: str
    """automatic, manual or disabled."""


class Endpoint(NamedTuple):
    """Where an engine listens: what the docker CLI calls a context's endpoint."""

    url: str
    """unix://, npipe://, tcp:// or ssh://."""
    tls_dir: str = ""
    """Directory with ca.pem, cert.pem and key.pem, or nothing."""
    verify: bool = True
    """Whether the server's certificate is checked."""


class Process(NamedTuple):
    """A running process that belongs to a container engine."""

    pid: int
    ppid: int
    uid: int
    name: str
    argv: tuple[str, ...]
    started: float
    """Seconds since the epoch."""
    nested: bool = False
    """Whether it lives in a pid namespace below ours: an engine inside a container (kind, DinD)."""
