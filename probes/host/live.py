"""The live host: this machine, asked with the standard library, psutil and the docker package."""

from __future__ import annotations

import os
import stat as stat_bits
import sys
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from probes.host.questions import (
    FILE_LIMIT,
    OUTPUT_LIMIT,
    TAIL_LIMIT,
    Absent,
    Answer,
    Denied,
    Endpoint,
    Garbled,
    Question,
    Slow,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LIST_LIMIT = 10_000
"""Names of one directory that are of interest; a data-root with more is not walked anyway."""

SYSTEM_PATHS = ("/proc/", "/sys/", "/etc/", "/run/", "/usr/", "/boot/", "/lib/", "/var/lib/dpkg/")
"""Read in the asking thread. Everything else may lie on a network mount whose server is gone and
is read in a thread of its own that can be left behind."""

# The question reads these and nothing else of the machine's process table.
ENGINE_PROCESSES = frozenset(
    "dockerd containerd docker-containe podman rootlesskit docker-proxy com.docker.back "
    "docker-init buildkitd nerdctl colima limactl dockerd-rootles conmon k3s-server kubelet "
    "slirp4netns vpnkit".split()
)
"""Names as the kernel cuts them, 15 bytes (TASK_COMM_LEN, proc(5))."""

RENAMED = {"dockerd-current": "dockerd", "dockerd-latest": "dockerd"}
"""What RHEL 7 and CentOS 7 call dockerd in their packages docker and docker-latest."""

SBIN = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin")
"""Searched after PATH: a plain user's PATH has no sbin, and the tools there answer reads."""


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


def _as_unreadable(error: OSError, path: str) -> Unreadable:
    """The kind of failure that an errno means, with the command to look by hand."""
    import errno

    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENODEV}:
        return Absent(f"{path} does not exist")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return Denied(f"{path} may not be read by this user", look=f"sudo cat {path}")
    if error.errno == errno.ELOOP:
        return Garbled(f"{path} is a loop of symbolic links", look=f"namei -l {path}")
    if error.errno == errno.EISDIR:
        return Garbled(f"{path} is a directory", look=f"ls -la {path}")
    if error.errno in {errno.ETIMEDOUT, errno.EHOSTDOWN}:
        return Slow(f"{path}: {error.strerror}")
    return Garbled(f"{path}: {error.strerror or error}")


def guarded(work: Callable[[], T], timeout: float, what: str) -> T:
    """``work()`` in a thread that is left behind after ``timeout`` seconds with :class:`Slow`."""
    result: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - handed to the asking thread
            failure.append(error)

    try:
        reader = _IDLE.pop()
    except IndexError:
        reader = _Reader()
    if not reader.take(body).acquire(timeout=timeout):
        raise Slow(f"{what} did not answer within {timeout:.1f} s")
    if failure:
        raise failure[0]
    return result[0]


class _Reader:
    """A thread that reads one thing after the other: starting one costs more than most reads.

    One that is left behind is free again when its read ends after all.
    """

    def __init__(self) -> None:
        self._wanted = threading.Lock()
        self._wanted.acquire()
        threading.Thread(target=self._serve, daemon=True, name="reader").start()

    def take(self, work: Callable[[], None]) -> threading.Lock:
        """Begin ``work``, which raises nothing; the lock returned is released when it is done."""
        self._work = work
        self._done = threading.Lock()
        self._done.acquire()
        done = self._done
        self._wanted.release()
        return done

    def _serve(self) -> None:
        while True:
            self._wanted.acquire()
            self._work()
            done = self._done
            _IDLE.append(self)
            done.release()


_IDLE: list[_Reader] = []
"""Readers without work. Taking from a list and adding to it are atomic."""


def _open_and_read(path: str, *, tail: bool) -> bytes:
    # O_NONBLOCK: a FIFO in the place of a file must not hang us, open(2).
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
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
def _group(gid: int) -> str:
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
        _group(found.st_gid),
    ]


def _statvfs(path: str) -> list[int]:
    found = os.statvfs(path)
    unit = found.f_frsize
    return [
        found.f_blocks * unit,
        found.f_bfree * unit,
        found.f_bavail * unit,
        found.f_files,
        found.f_favail,
    ]


def _access(path: str, mode: str) -> bool:
    os.stat(path)  # absent is not the same as forbidden
    bits = {"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}[mode]
    return os.access(path, bits, effective_ids=os.access in os.supports_effective_ids)


_FILE_QUESTIONS: dict[str, Callable[..., Answer]] = {
    "read": lambda path: _open_and_read(path, tail=False),
    "tail": lambda path: _open_and_read(path, tail=True),
    "list": _names,
    "stat": lambda path: _stat(path, follow=True),
    "lstat": lambda path: _stat(path, follow=False),
    "readlink": os.readlink,
    "realpath": lambda path: os.path.realpath(path, strict=True),
    "statvfs": _statvfs,
    "access": _access,
}


# -- gauges: readings that are no file -----------------------------------------------------------


def _clock() -> float:
    return time.time()


def _system() -> dict[str, str]:
    uname = os.uname()
    return {
        "platform": "linux" if sys.platform.startswith("linux") else sys.platform,
        "machine": uname.machine,
        "release": uname.release,
        "kernel_version": uname.version,
        "hostname": uname.nodename,
    }


def _session() -> dict[str, Any]:
    """Who asks: the user, and the groups that this session really has."""
    import pwd

    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
        name, home, primary = entry.pw_name, entry.pw_dir, entry.pw_gid
    except KeyError:
        name, home, primary = str(uid), "", os.getegid()
    groups = sorted({*os.getgroups(), os.getegid()})
    return {
        "uid": uid,
        "name": name,
        "home": os.environ.get("HOME") or home,
        "groups": [[gid, _group(gid)] for gid in groups],
        "granted_groups": [[gid, _group(gid)] for gid in sorted(os.getgrouplist(name, primary))]
        if not name.isdigit()
        else [],
    }


def _identity() -> str:
    """A stable pseudonym of this machine; the machine id itself never leaves this function.

    machine-id(5) asks applications to publish only a keyed hash of it.
    """
    import hashlib
    import hmac

    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            raw = _open_and_read(path, tail=False).strip()
        except OSError:
            continue
        if raw and raw != b"uninitialized":
            return hmac.new(b"hullcheck host id 1", raw, hashlib.sha256).hexdigest()[:32]
    raise Absent("this machine has no /etc/machine-id", look="systemd-machine-id-setup")


def _processes() -> list[list[Any]]:
    _see_others()
    ticks, boot = os.sysconf("SC_CLK_TCK"), _boot_time()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/comm", "rb") as file:
                comm = file.read().strip().decode("utf-8", "replace")
            comm = RENAMED.get(comm, comm)
            if comm not in ENGINE_PROCESSES:
                continue
            with open(f"/proc/{name}/cmdline", "rb") as file:
                argv = file.read(1 << 16).rstrip(b"\0").decode("utf-8", "replace").split("\0")
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            with open(f"/proc/{name}/status", "rb") as file:
                nested = b"\t" in file.read().partition(b"NSpid:\t")[2].partition(b"\n")[0]
            uid = os.stat(f"/proc/{name}").st_uid
        except OSError:  # it ended while we looked, or is not ours to see: then it is not listed
            continue
        if argv == [""]:  # a zombie
            continue
        started = boot + int(fields[19]) / ticks
        found.append([int(name), int(fields[1]), uid, comm, argv, round(started, 2), nested])
    return sorted(found)


def _see_others() -> None:
    """Process 1 is always there: where it cannot be seen, not seeing an engine means nothing."""
    try:
        with open("/proc/1/comm", "rb") as file:
            file.read()
    except OSError:
        if not os.path.exists("/proc/self"):
            raise Garbled("/proc is not mounted here", look="ls /proc") from None
        raise Denied(
            "/proc hides the processes of others from this user (hidepid)",
            look="sudo pgrep -a dockerd",
        ) from None


def _boot_time() -> float:
    for line in _open_and_read("/proc/stat", tail=False).splitlines():
        if line.startswith(b"btime "):
            return float(line.split()[1])
    raise Garbled("/proc/stat names no btime")


def _interfaces() -> dict[str, dict[str, Any]]:
    """Network interfaces: up, MTU, addresses with prefix length where the kernel tells it."""
    import psutil

    stats = psutil.net_if_stats()
    out: dict[str, dict[str, Any]] = {}
    for name, addresses in psutil.net_if_addrs().items():
        state = stats.get(name)
        out[name] = {
            "up": bool(state.isup) if state else None,
            "mtu": int(state.mtu) if state else None,
            "addresses": [
                {"family": int(a.family), "address": a.address, "netmask": a.netmask}
                for a in addresses
            ],
        }
    return out


def _memory() -> dict[str, int]:
    """Bytes of memory and swap, as psutil counts them on every platform."""
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "total": memory.total,
        "available": memory.available,
        "swap_total": swap.total,
        "swap_free": swap.free,
    }


def _cpus() -> dict[str, int | None]:
    """CPUs the kernel has, cores behind them, and CPUs this process may use."""
    import psutil

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return {
        "logical": os.cpu_count(),
        "physical": psutil.cpu_count(logical=False),
        "usable": usable,
    }


def _distribution() -> dict[str, str]:
    """The distribution as the distro package works it out where there is no os-release file."""
    import distro

    return {"id": distro.id(), "version": distro.version(), "name": distro.name(pretty=True)}


def _adjtimex() -> dict[str, int]:
    """The kernel's clock discipline, adjtimex(2): state, status bits, errors in microseconds."""
    import ctypes

    class Timex(ctypes.Structure):
        _fields_ = [
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_byte * 256),
        ]

    libc = ctypes.CDLL(None, use_errno=True)
    timex = Timex()
    # modes == 0 reads and sets nothing; any user may ask.
    state = libc.adjtimex(ctypes.byref(timex))
    if state < 0:
        raise _as_unreadable(OSError(ctypes.get_errno(), "adjtimex"), "the kernel clock")
    return {
        "state": state,
        "status": timex.status,
        "offset": timex.offset,
        "maxerror": timex.maxerror,
        "esterror": timex.esterror,
    }


GAUGES: dict[str, Callable[[], Answer]] = {
    "clock": _clock,
    "system": _system,
    "session": _session,
    "identity": _identity,
    "processes": _processes,
    "interfaces": _interfaces,
    "memory": _memory,
    "cpus": _cpus,
    "distribution": _distribution,
    "adjtimex": _adjtimex,
}
"""The named readings of :meth:`probes.host.Host.gauge`."""


class LiveSource:
    """This machine. Reads only: nothing here writes, starts, pulls or changes anything."""

    def __init__(self) -> None:
        from probes.host.engine_api import EngineConnections

        self._engines = EngineConnections()

    def answer(self, question: Question, timeout: float) -> Answer:
        """One reading of this machine, bounded in time and size."""
        kind, *arguments = question
        if kind in _FILE_QUESTIONS:
            return self._file(kind, arguments, timeout)
        if kind == "env":
            return os.environ.get(arguments[0])
        if kind == "run":
            return run_command(arguments, timeout)
        if kind == "engine":
            url, tls_dir, verify, path = arguments
            return self._engines.get(Endpoint(url, tls_dir, verify == "1"), path, timeout)
        if kind == "ping":
            url, tls_dir, verify = arguments
            return self._engines.ping(Endpoint(url, tls_dir, verify == "1"), timeout)
        if kind == "peer":
            return _peer(arguments[0], timeout)
        if kind == "gauge":
            return self._gauge(arguments[0])
        raise Garbled(f"this version of hullcheck cannot ask a host for {kind!r}")

    @staticmethod
    def _file(kind: str, arguments: list[str], timeout: float) -> Answer:
        path = arguments[0]
        read = _FILE_QUESTIONS[kind]
        try:
            if path.startswith(SYSTEM_PATHS):
                return read(*arguments)
            return guarded(lambda: read(*arguments), timeout, path)
        except OSError as error:
            raise _as_unreadable(error, path) from None
        except ValueError:
            raise Garbled(f"{path!r} is not a path") from None

    @staticmethod
    def _gauge(name: str) -> Answer:
        try:
            return GAUGES[name]()
        except OSError as error:
            raise _as_unreadable(error, name) from None
        except ImportError as error:
            raise Absent(f"{name} needs a package that is missing: {error}") from None
        except (ValueError, LookupError, RuntimeError, AttributeError) as error:
            # A /proc of another kernel, or none: psutil raises what its parsing happens to.
            raise Garbled(f"{name} could not be read: {error}") from None


def run_command(argv: list[str], timeout: float) -> list[Any]:
    """Run without a shell, in a process group of its own that ends with the time limit."""
    import shutil
    import subprocess

    # An empty or relative entry means the folder we happen to be in: nothing is run out of that.
    given = [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry[:1] == "/"]
    search = os.pathsep.join([*given, *SBIN])
    program = shutil.which(argv[0], path=search)
    if program is None:
        raise Absent(f"there is no command {argv[0]}")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANGUAGE"))},
        "LC_ALL": "C",
        "PATH": search,
        "SYSTEMD_PAGER": "",
        "SYSTEMD_COLORS": "0",
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute program and a list, no shell
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise _as_unreadable(error, program) from None
    _running.add(process.pid)
    try:
        return _collect(process, argv, timeout)
    finally:
        _running.discard(process.pid)


_running: set[int] = set()


def end_commands() -> None:
    """End the commands that are still running: nobody waits for them any more."""
    import signal

    for pid in tuple(_running):
        _end(pid, signal.SIGKILL)


def _collect(process: Any, argv: list[str], timeout: float) -> list[Any]:  # noqa: ANN401 - Popen
    import selectors
    import signal
    import subprocess

    ends = time.monotonic() + timeout
    parts: dict[str, list[bytes]] = {"out": [], "err": []}
    size = 0
    with process, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "out")
        selector.register(process.stderr, selectors.EVENT_READ, "err")
        while selector.get_map():
            left = ends - time.monotonic()
            events = selector.select(left) if left > 0 else []
            if not events or size > OUTPUT_LIMIT:
                _end(process.pid, signal.SIGKILL)
                if events:
                    raise Garbled(f"`{' '.join(argv)}` printed more than {OUTPUT_LIMIT} bytes")
                raise Slow(f"`{' '.join(argv)}` did not end within {timeout:.1f} s")
            for key, _ in events:
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                size += len(chunk)
                parts[key.data].append(chunk)
        try:
            code = process.wait(max(ends - time.monotonic(), 0.05))
        except subprocess.TimeoutExpired:
            _end(process.pid, signal.SIGKILL)
            raise Slow(f"`{' '.join(argv)}` did not end within {timeout:.1f} s") from None
    return [code, *(b"".join(parts[name]).decode("utf-8", "replace") for name in ("out", "err"))]


def _end(pid: int, signal_number: int) -> None:
    try:
        os.killpg(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        return


def _peer(path: str, timeout: float) -> int:
    import socket
    import struct

    if not hasattr(socket, "SO_PEERCRED"):
        raise Absent("this platform does not tell who listens on a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(path)
        except PermissionError:
            raise Denied(f"{path} may not be opened by this user", look="id -nG") from None
        except ConnectionRefusedError:
            raise Absent(f"nothing listens on {path}: the socket file is left over") from None
        except (BlockingIOError, TimeoutError):
            raise Slow(f"what listens on {path} takes no more connections") from None
        except OSError as error:
            raise _as_unreadable(error, path) from None
        credentials = connection.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
        )
    return int(struct.unpack("3i", credentials)[0])
