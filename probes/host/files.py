"""How the live host reads files: bounded in size, whatever stands in their place."""

from __future__ import annotations

import os
import stat as stat_bits
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from probes.host.questions import (
    FILE_LIMIT,
    TAIL_LIMIT,
    Absent,
    Answer,
    Denied,
    Garbled,
    Slow,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LIST_LIMIT = 10_000
"""Names of one directory that are of interest; a data-root with more is not walked anyway."""

SYSTEM_PATHS = ("/proc/", "/sys/", "/etc/", "/run/", "/usr/", "/boot/", "/lib/", "/var/lib/dpkg/")
"""Read in the asking thread. Everything else may lie on a network mount whose server is gone and
is read in a thread of its own that can be left behind."""


IN_USE = frozenset({32, 33})
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows (winerror.h)."""


def _kind(mode: int) -> str:
    return {
        stat_bits.S_IFREG: "file",
        stat_bits.S_IFDIR: "directory",
        stat_bits.S_IFLNK: "link",
        stat_bits.S_IFSOCK: "socket",
        stat_bits.S_IFIFO: "fifo",
        stat_bits.S_IFBLK: "block",
        stat_bits.S_IFCHR: "character",
    }.get(stat_bits.S_IFMT(mode), "unknown")


def as_unreadable(error: OSError, path: str) -> Unreadable:
    """The kind of failure that an errno means, with the command to look by hand."""
    import errno

    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENODEV}:
        return Absent(f"{path} does not exist")
    if getattr(error, "winerror", None) in IN_USE:
        return Garbled(f"{path} is open in another program, which lets nobody else read it")
    if error.errno in {errno.EACCES, errno.EPERM}:
        look = f'type "{path}"' if os.name == "nt" else f"sudo cat {path}"
        return Denied(f"{path} may not be read by this user", look=look)
    if error.errno == errno.ELOOP:
        return Garbled(f"{path} is a loop of symbolic links", look=f"namei -l {path}")
    if error.errno == errno.EISDIR:
        return Garbled(f"{path} is a directory", look=f"ls -la {path}")
    if error.errno in {errno.ETIMEDOUT, errno.EHOSTDOWN}:
        return Slow(f"{path}: {error.strerror}")
    return Garbled(f"{path}: {error.strerror or error}")


# O_NONBLOCK: a FIFO in the place of a file must not hang us, open(2). O_BINARY: Windows would turn
# CR LF into LF.
_READING = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NONBLOCK", "O_BINARY", "O_NOINHERIT")
)


def open_and_read(path: str, *, tail: bool) -> bytes:
    """A regular file's content, or the last part of it, from the first whole line.

    Raises: OSError, Garbled for what is no file or holds more than a file of its kind needs.
    """
    try:
        descriptor = os.open(path, _READING)
    except PermissionError:
        if os.name == "nt" and os.path.isdir(path):  # Windows opens no folder as a file
            raise Garbled(f"{path} is a directory, not a file", look=f'dir "{path}"') from None
        raise
    try:
        found = os.fstat(descriptor)
        if not stat_bits.S_ISREG(found.st_mode):
            raise Garbled(f"{path} is a {_kind(found.st_mode)}, not a file", look=f"ls -la {path}")
        if tail and found.st_size > TAIL_LIMIT:
            os.lseek(descriptor, -TAIL_LIMIT, os.SEEK_END)
        elif found.st_size > FILE_LIMIT:
            raise Garbled(
                f"{path} holds {found.st_size} bytes, more than any file of its kind needs",
                look=f"head -c 400 {path}",
            )
        chunks, size, limit = [], 0, TAIL_LIMIT if tail else FILE_LIMIT
        while chunk := os.read(descriptor, 1 << 16):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                if tail:
                    break
                raise Garbled(f"{path} holds more than {limit} bytes", look=f"head -c 400 {path}")
        data = b"".join(chunks)
        if tail and found.st_size > TAIL_LIMIT:
            data = data.partition(b"\n")[2]
        return data
    finally:
        os.close(descriptor)


def _names(path: str) -> list[str]:
    names = []
    with os.scandir(path) as entries:
        for entry in entries:
            names.append(entry.name)
            if len(names) > LIST_LIMIT:
                raise Garbled(f"{path} holds more than {LIST_LIMIT} names")
    return sorted(names)


@lru_cache(maxsize=256)
def _owner(uid: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return str(uid)


@lru_cache(maxsize=256)
def group_name(gid: int) -> str:
    """The name of a group, or its number as text."""
    try:
        import grp

        return grp.getgrgid(gid).gr_name
    except (ImportError, KeyError):
        return str(gid)


def _stat(path: str, *, follow: bool) -> list[Any]:
    found = os.stat(path, follow_symlinks=follow)
    mode = stat_bits.S_IMODE(found.st_mode)
    return [
        _kind(found.st_mode),
        mode,
        found.st_uid,
        found.st_gid,
        found.st_size,
        found.st_mtime,
        found.st_dev,
        found.st_ino,
        _owner(found.st_uid),
        group_name(found.st_gid),
    ]


def _statvfs(path: str) -> list[int]:
    if not hasattr(os, "statvfs"):
        import shutil

        total, _, free = shutil.disk_usage(path)
        return [total, free, free, 0, 0]
    found = os.statvfs(path)
    unit = found.f_frsize
    return [
        found.f_blocks * unit,
        found.f_bfree * unit,
        found.f_bavail * unit,
        found.f_files,
        found.f_favail,
    ]


def _allocated(path: str) -> int:
    if os.name == "nt":
        from probes.host import windows

        return windows.allocated(path)
    return os.stat(path).st_blocks * 512  # in units of 512 bytes on every system, stat(2)


def _access(path: str, mode: str) -> bool:
    os.stat(path)  # absent is not the same as forbidden
    bits = {"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}[mode]
    return os.access(path, bits, effective_ids=os.access in os.supports_effective_ids)


FILE_QUESTIONS: dict[str, Callable[..., Answer]] = {
    "read": lambda path: open_and_read(path, tail=False),
    "tail": lambda path: open_and_read(path, tail=True),
    "list": _names,
    "stat": lambda path: _stat(path, follow=True),
    "lstat": lambda path: _stat(path, follow=False),
    "readlink": os.readlink,
    "realpath": lambda path: os.path.realpath(path, strict=True),
    "statvfs": _statvfs,
    "allocated": _allocated,
    "access": _access,
}
