"""The one module that writes: files in one step, commands, kernel settings, the engine's API.

Everything a transaction does to a machine is done here, and nothing here decides what to do.
Every function either does the whole of it or raises :class:`Failed` and has done nothing, with two
exceptions that are said where they are: writing through a file that cannot be replaced, and a
command that fails half-way.

Files are written aside, in the folder of their target, flushed to the disk and renamed over it:
rename(2) is atomic, so a reader and a power cut see the old file or the new one. On POSIX every
step goes through a descriptor of the folder that was opened without following links, so that a
folder swapped for a link to another place is found out instead of written to.
"""

from __future__ import annotations

import errno
import os
import stat as stat_bits
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.host.questions import Endpoint

FILE_LIMIT = 1 << 20
"""Bytes of a configuration file at most; the same as what the Host reads."""

COMMAND_SECONDS = 180.0
"""Seconds a changing command may take: systemctl restart waits for TimeoutStopSec and for the
engine to be ready, systemd.service(5)."""

_POSIX = os.open in os.supports_dir_fd
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


class Failed(Exception):  # noqa: N818 - a fact about the machine, told in one clause
    """Something could not be written or done. The text says what, why and the remedy."""


class Denied(Failed):
    """This user may not."""


class NoProgram(Failed):
    """There is no such command here."""


class FileState(NamedTuple):
    """A file as it is: what undo brings back."""

    data: bytes
    mode: int
    """Permission bits."""
    uid: int
    gid: int
    attributes: tuple[tuple[str, bytes], ...] = ()
    """Extended attributes, SELinux label and access control lists among them, xattr(7)."""
    link: str = ""
    """For a symbolic link: where it points; ``data`` is then empty."""


class Ran(NamedTuple):
    """A command that was run."""

    code: int
    out: str
    err: str


# -- reading, raw --------------------------------------------------------------------------------


def is_root() -> bool:
    """Whether this process may change the system's files."""
    return not hasattr(os, "geteuid") or os.geteuid() == 0


def user_id() -> int:
    """The uid this runs as; 0 where the platform has none."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def target_of(path: str) -> str:
    """Where a write to the path ends up: all symbolic links resolved.

    Raises: Failed for a loop of links.
    """
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Failed(f"{path} is a loop of symbolic links") from None
    return os.path.realpath(path)


def file_state(path: str, *, follow: bool = True) -> FileState | None:
    """The file as it is, unredacted; None where there is none.

    Raises: Failed for what is no regular file (or link, where links are not followed), is too
    large, or cannot be read; Denied where only the user's rights are missing.
    """
    try:
        found = os.stat(path, follow_symlinks=follow)
        if stat_bits.S_ISLNK(found.st_mode):
            return FileState(b"", 0o777, found.st_uid, found.st_gid, link=os.readlink(path))
        if not stat_bits.S_ISREG(found.st_mode):
            raise Failed(f"{path} is no regular file")
        descriptor = os.open(path, os.O_RDONLY | _CLOEXEC | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(FILE_LIMIT + 1)
            attributes = _attributes(file.fileno())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(error, path, "read") from None
    if len(data) > FILE_LIMIT:
        raise Failed(f"{path} is larger than {FILE_LIMIT} bytes: that is no configuration file")
    return FileState(data, stat_bits.S_IMODE(found.st_mode), found.st_uid, found.st_gid, attributes)


def _attributes(descriptor: int) -> tuple[tuple[str, bytes], ...]:
    if not hasattr(os, "listxattr"):
        return ()
    found = []
    try:
        names = os.listxattr(descriptor)
    except OSError:  # a file system without them has none to keep
        return ()
    for name in sorted(names):
        # An attribute that may not be read (security.* of others) cannot be carried over by us;
        # the kernel sets its own on the new file.
        with suppress(OSError):
            found.append((name, os.getxattr(descriptor, name)))
    return tuple(found)


def may_write(path: str) -> bool:
    """Whether this user may replace, or make, the file: a guess before trying, never the proof."""
    folder = os.path.dirname(target_of(path)) or "."
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.access(folder, os.W_OK | os.X_OK)


def owns(path: str) -> bool:
    """Whether the path is there and belongs to this user."""
    try:
        return os.stat(path).st_uid == user_id()
    except OSError:
        return False


def new_owner(path: str) -> tuple[int, int]:
    """Who is to own a file that is made new: the folder's owner, which is the file's reader too."""
    folder = os.path.dirname(path) or "."
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    found = os.stat(folder)
    return found.st_uid, found.st_gid


# -- writing files -------------------------------------------------------------------------------


class _Folder(NamedTuple):
    """An open folder: names in it, and the keyword that os functions take for it."""

    descriptor: int | None
    path: str

    def at(self, name: str) -> str:
        return name if self.descriptor is not None else os.path.join(self.path, name)

    @property
    def within(self) -> dict[str, Any]:
        return {} if self.descriptor is None else {"dir_fd": self.descriptor}


@contextmanager
def _folder(path: str) -> Iterator[_Folder]:
    """The folder, opened component by component without following a link."""
    if not _POSIX:
        yield _Folder(None, path)
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | _NOFOLLOW | _CLOEXEC
    descriptor = os.open("/", flags)
    try:
        for part in os.path.abspath(path).split("/"):
            if part:
                inner = os.open(part, flags, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
        yield _Folder(descriptor, path)
    finally:
        os.close(descriptor)


def missing_folders(path: str) -> tuple[str, ...]:
    """The folders that must be made before the file can be, outermost first."""
    missing: list[str] = []
    folder = os.path.dirname(path)
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return tuple(reversed(missing))


def make_folder(path: str, mode: int = 0o755) -> None:
    """Make one folder, owned by its parent's owner; one that is there is left as it is.

    Raises: Failed.
    """
    try:
        parent = os.stat(os.path.dirname(path) or ".")
        with _folder(os.path.dirname(path)) as inside:
            name = inside.at(os.path.basename(path))
            try:
                os.mkdir(name, mode, **inside.within)
            except FileExistsError:
                return
            if _POSIX and (parent.st_uid, parent.st_gid) != (user_id(), os.getegid()):
                with suppress(PermissionError):
                    os.chown(
                        name, parent.st_uid, parent.st_gid, follow_symlinks=False, **inside.within
                    )
            _flush_folder(inside)
    except OSError as error:
        raise _failed(error, path, "made") from None


def remove_folder(path: str) -> None:
    """Remove a folder if it is empty; one that is not, or is gone, is left alone."""
    with suppress(OSError), _folder(os.path.dirname(path)) as inside:
        os.rmdir(inside.at(os.path.basename(path)), **inside.within)
        _flush_folder(inside)


def put_file(path: str, state: FileState | None, *, aside: str) -> None:
    """Make the path what ``state`` says, in one step; None removes it.

    ``path`` has its links resolved (:func:`target_of`), ``aside`` is the name, in the same folder,
    under which the new file is prepared: what a kill leaves there is removed by recovery.

    A file that is a mount point of its own (bind-mounted into a container) or has other names
    (hard links) cannot be replaced without losing that: it is written through. Then a kill can
    leave it written in part, until the next start completes or takes back the transaction.

    Raises: Failed, Denied: the path is as it was before.
    """
    folder, name = os.path.split(path)
    try:
        with _folder(folder) as inside:
            if state is None:
                with suppress(FileNotFoundError):
                    os.unlink(inside.at(name), **inside.within)
                _flush_folder(inside)
            elif not state.link and writes_through(path):
                _write_through(inside.at(name), state, inside)
            else:
                try:
                    _prepare(inside, aside, state)
                    # src and dst are named apart in os.replace, dir_fd is not.
                    here = inside.descriptor
                    os.replace(inside.at(aside), inside.at(name), src_dir_fd=here, dst_dir_fd=here)
                except BaseException:
                    with suppress(OSError):
                        os.unlink(inside.at(aside), **inside.within)
                    raise
                _flush_folder(inside)
    except OSError as error:
        raise _failed(error, path, "written") from None


def remove_aside(folder: str, name: str) -> None:
    """Remove what a kill left of a file that was being prepared."""
    with suppress(OSError), _folder(folder) as inside:
        os.unlink(inside.at(name), **inside.within)


def _prepare(inside: _Folder, aside: str, state: FileState) -> None:
    with suppress(FileNotFoundError):
        os.unlink(inside.at(aside), **inside.within)
    if state.link:
        os.symlink(state.link, inside.at(aside), **inside.within)
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC
    flags |= getattr(os, "O_BINARY", 0)
    descriptor = os.open(inside.at(aside), flags, 0o600, **inside.within)
    try:
        write_all(descriptor, state.data)
        if _POSIX:
            if (state.uid, state.gid) != _owner(descriptor):
                os.fchown(descriptor, state.uid, state.gid)
            os.fchmod(descriptor, state.mode)
            for name, value in state.attributes:
                _set_attribute(descriptor, name, value)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _owner(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_uid, found.st_gid


def _set_attribute(descriptor: int, name: str, value: bytes) -> None:
    try:
        if os.getxattr(descriptor, name) == value:
            return
    except OSError:
        pass  # not set yet
    os.setxattr(descriptor, name, value)


def writes_through(path: str) -> bool:
    """Whether the file can only be written through: it has other names, or is a mount point."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    if not stat_bits.S_ISREG(found.st_mode):
        return False
    return found.st_nlink > 1 or _is_mount_point(path)


def _is_mount_point(path: str) -> bool:
    """Whether the file itself is a mount's target, proc_pid_mountinfo(5)."""
    from probes.formats.mountinfo import parse_mountinfo

    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return any(mount.target == path for mount in parse_mountinfo(file.read()))
    except OSError:
        return False


def _write_through(name: str, state: FileState, inside: _Folder) -> None:
    """Write into the file that is there: at no point is a part of the new text missing its rest.

    One write(2) covers the longer of both texts (the new one is filled up with line feeds, which
    every format here takes for nothing), then the rest is cut off.
    """
    flags = os.O_WRONLY | _NOFOLLOW | _CLOEXEC
    descriptor = os.open(name, flags, **inside.within)
    try:
        size = os.fstat(descriptor).st_size
        filled = state.data + b"\n" * max(0, size - len(state.data))
        # Space for all of it first: a full disk is found out before a byte is changed.
        if len(filled) > size and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(descriptor, 0, len(filled))
            except OSError:
                # Where the file system cannot do it, libc has written zeros as far as it came.
                os.ftruncate(descriptor, size)
                raise
        write_all(descriptor, filled)
        os.ftruncate(descriptor, len(state.data))
        os.fchmod(descriptor, state.mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, however little one write(2) takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _flush_folder(inside: _Folder) -> None:
    """A rename is on the disk when its folder is, fsync(2)."""
    if inside.descriptor is not None:
        # Some file systems (9p, FUSE) cannot; then there is nothing more that can be done.
        with suppress(OSError):
            os.fsync(inside.descriptor)


def empty_file(path: str) -> None:
    """Cut a file to nothing without replacing it: its writer has it open. Raises: Failed."""
    try:
        with _folder(os.path.dirname(path)) as inside:
            descriptor = os.open(
                inside.at(os.path.basename(path)),
                os.O_WRONLY | _NOFOLLOW | _CLOEXEC,
                **inside.within,
            )
            try:
                if not stat_bits.S_ISREG(os.fstat(descriptor).st_mode):
                    raise Failed(f"{path} is no regular file")
                os.ftruncate(descriptor, 0)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise _failed(error, path, "emptied") from None


_REASONS = {
    errno.ENOSPC: "no space is left on its disk: free some, hullcheck changed nothing",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "its file system is read-only",
    errno.EBUSY: "it is in use as a mount point",
    errno.ELOOP: "a folder on the way was replaced by a symbolic link",
    errno.ENOTDIR: "a folder on the way was replaced by a symbolic link, or by a file",
}


def _failed(error: OSError, path: str, done: str) -> Failed:
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    if error.errno in {errno.EACCES, errno.EPERM}:
        if not is_root():
            return Denied(f"{path} may not be {done} by this user")
        held = _immutable(path)
        reason = f"{held} is immutable: chattr -i {held}" if held else "not even root may"
    return Failed(f"{path} cannot be {done}: {reason}")


_GET_FLAGS = 0x80086601
"""FS_IOC_GETFLAGS of ioctl_iflags(2) on 64-bit Linux."""
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20


def _immutable(path: str) -> str:
    """The path or its folder, whichever has chattr's i or a; empty where neither has."""
    try:
        import fcntl
        import struct
    except ImportError:
        return ""
    for place in (path, os.path.dirname(path)):
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | _CLOEXEC)
        except OSError:
            continue
        try:
            answer = fcntl.ioctl(descriptor, _GET_FLAGS, b"\0" * 8)
        except OSError:
            continue
        finally:
            os.close(descriptor)
        if struct.unpack("l", answer)[0] & (_IMMUTABLE | _APPEND_ONLY):
            return place
    return ""


@contextmanager
def private_copy(data: bytes) -> Iterator[str]:
    """A file of ours that only we can read, for a program that wants a path; removed after.

    Raises: Failed.
    """
    import tempfile

    try:
        folder = tempfile.mkdtemp(prefix="hullcheck-")
    except OSError as error:
        raise _failed(error, tempfile.gettempdir(), "written") from None
    path = os.path.join(folder, "daemon.json")
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC, 0o600)
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _failed(error, path, "written") from None
        yield path
    finally:
        with suppress(OSError):
            os.unlink(path)
        with suppress(OSError):
            os.rmdir(folder)


# -- everything that is no file ------------------------------------------------------------------


def run(argv: tuple[str, ...], seconds: float = COMMAND_SECONDS) -> Ran:
    """Run a command without a shell and wait for it.

    Raises: NoProgram; Failed when it does not end: it may then have done a part.
    """
    from probes.host.commands import run_command
    from probes.host.questions import Absent, Unreadable

    try:
        return Ran(*run_command(list(argv), seconds))
    except Absent as error:
        raise NoProgram(error.reason) from None
    except Unreadable as error:
        raise Failed(error.reason) from None


def hang_up(pid: int) -> None:
    """Send SIGHUP, at which dockerd reads its file again. Raises: Failed, Denied."""
    import signal

    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        raise Denied(f"process {pid} may not be signalled by this user") from None
    except OSError as error:
        raise Failed(f"process {pid} cannot be signalled: {error.strerror}") from None


def sysctl_path(key: str) -> str:
    """The file of a kernel setting below /proc/sys.

    Dots and slashes trade places unless the first separator is a slash, sysctl.d(5).

    Raises: Failed for a key that leads elsewhere.
    """
    first = next((c for c in key if c in "./"), "")
    parts = key.replace("/", "\0").replace(".", "/").replace("\0", ".") if first == "." else key
    if not parts or any(part in {"", ".", ".."} for part in parts.split("/")):
        raise Failed(f"{key!r} is no kernel setting")
    return f"/proc/sys/{parts}"


def read_sysctl(key: str) -> str:
    """The live value, white space between numbers made one blank. Raises: Failed."""
    path = sysctl_path(key)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return " ".join(file.read().split())
    except OSError as error:
        raise _failed(error, path, "read") from None


def set_sysctl(key: str, value: str) -> None:
    """Set a kernel setting and read it back.

    Raises: Failed where the kernel refuses or has another value afterwards.
    """
    path = sysctl_path(key)
    try:
        descriptor = os.open(path, os.O_WRONLY | _CLOEXEC)
        try:
            os.write(descriptor, value.encode() + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno == errno.EROFS:
            raise Failed(
                f"{key} cannot be set: /proc/sys is read-only here (a container?)"
            ) from None
        if error.errno == errno.EINVAL:
            raise Failed(f"the kernel refuses {value!r} for {key}") from None
        raise _failed(error, path, "set") from None
    now = read_sysctl(key)
    if now != " ".join(value.split()):
        raise Failed(f"{key} is {now!r} after {value!r} was written to it")


# -- the engine ----------------------------------------------------------------------------------

ENGINE_ACTIONS = {
    "prune-build-cache": "prune_builds",
    "remove-image": "remove_image",
    "remove-container": "remove_container",
    "remove-volume": "remove_volume",
    "remove-network": "remove_network",
}
"""What may be asked of the engine: the names of docker.APIClient's methods. None is ever told to
force: the engine refuses what is in use."""


def call_engine(
    endpoint: Endpoint,
    action: str,
    subject: str,
    arguments: Mapping[str, Any],
    seconds: float = 300.0,
) -> Any:  # noqa: ANN401 - the engine's answer
    """Have the engine do it. Raises: Failed with the engine's own words."""
    import docker.errors

    from probes.host.engine_api import docker_client

    client = None
    try:
        client = docker_client(endpoint, seconds)
        method = getattr(client, ENGINE_ACTIONS[action])
        return method(subject, **arguments) if subject else method(**arguments)
    except docker.errors.APIError as error:
        raise Failed(str(error.explanation or error)) from None
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise Failed(f"the engine could not be asked: {error}") from None
    finally:
        if client is not None:
            client.close()


# -- who and what we are -------------------------------------------------------------------------


def who() -> dict[str, Any]:
    """Who runs this, for the journal: uid, name, and the user behind sudo."""
    try:
        import pwd

        name = pwd.getpwuid(user_id()).pw_name
    except (ImportError, KeyError):
        name = os.environ.get("USERNAME") or str(user_id())
    return {"uid": user_id(), "name": name, "sudo_user": os.environ.get("SUDO_USER")}


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and a polite kill wait until the end of the block: going back is not to be cut off."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            kept[number] = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
