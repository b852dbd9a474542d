"""Named readings of the live host that are no file: see :data:`GAUGES`."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from probes.host.files import as_unreadable, group_name, open_and_read
from probes.host.questions import Absent, Answer, Denied, Garbled

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOWS = os.name == "nt"

# The question reads these and nothing else of the machine's process table.
ENGINE_PROCESSES = frozenset(
    "dockerd containerd docker-containe podman rootlesskit docker-proxy com.docker.back "
    "docker-init buildkitd nerdctl colima limactl dockerd-rootles conmon k3s-server kubelet "
    "slirp4netns vpnkit".split()
)
"""Names on Linux, as the kernel cuts them: 15 bytes (TASK_COMM_LEN, proc(5))."""

RENAMED = {"dockerd-current": "dockerd", "dockerd-latest": "dockerd"}
"""What RHEL 7 and CentOS 7 call dockerd in their packages docker and docker-latest."""

DESKTOP_PROCESSES = frozenset(
    "docker desktop,dockerd,containerd,podman,gvproxy,vfkit,krunkit,colima,limactl,finch,minikube,"
    "orbstack,orbstack helper,rancher desktop,vmmem,vmmemwsl,wslservice,vmwp,vmcompute,"
    "win-sshproxy".split(",")
)
"""Names on Windows (without .exe) and macOS, in lower case."""

DESKTOP_PREFIXES = ("com.docker.", "com.apple.virtualization", "qemu-system-", "wslhost")


def _clock() -> float:
    return time.time()


def _system() -> dict[str, str]:
    if WINDOWS:
        from probes.host import windows

        return windows.system()
    uname = os.uname()
    names = {"linux": "linux", "darwin": "macos"}
    return {
        "platform": names.get(sys.platform, sys.platform),
        "machine": _machine(uname.machine),
        "release": uname.release,
        "kernel_version": uname.version,
        "hostname": uname.nodename,
    }


def _machine(told: str) -> str:
    """The processor's own architecture: a Python made for Intel is told x86_64 by Rosetta."""
    if sys.platform == "darwin" and told == "x86_64":
        from probes.host import macos

        return "arm64" if macos.sysctl_number("hw.optional.arm64") == 1 else told
    return told


def _session() -> dict[str, Any]:
    """Who asks: the user, and the groups that this session really has."""
    if WINDOWS:
        from probes.host import windows

        return windows.session()
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
        "groups": [[gid, group_name(gid)] for gid in groups],
        "granted_groups": [[gid, group_name(gid)] for gid in sorted(os.getgrouplist(name, primary))]
        if not name.isdigit()
        else [],
    }


def _identity() -> str:
    """A stable pseudonym of this machine; the machine's own id never leaves this function.

    machine-id(5) asks applications to publish only a keyed hash of it. Windows has MachineGuid in
    the registry, macOS the platform's UUID.
    """
    import hashlib
    import hmac

    raw = _machine_id()
    return hmac.new(b"hullcheck host id 1", raw, hashlib.sha256).hexdigest()[:32]


def _machine_id() -> bytes:
    if WINDOWS:
        from probes.host import windows

        return windows.machine_guid().encode()
    if sys.platform == "darwin":
        from probes.host import macos

        return macos.platform_uuid().encode()
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            raw = open_and_read(path, tail=False).strip()
        except OSError:
            continue
        if raw and raw != b"uninitialized":
            return raw
    raise Absent("this machine has no /etc/machine-id", look="systemd-machine-id-setup")


def _processes() -> list[list[Any]]:
    if not sys.platform.startswith("linux"):
        return _processes_by_psutil()
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


def _processes_by_psutil() -> list[list[Any]]:
    """The same on Windows and macOS; the arguments of another user's process may stay empty."""
    import psutil

    found = []
    for process in psutil.process_iter(["pid", "ppid", "name", "create_time"]):
        told = process.info
        name = str(told["name"] or "").removesuffix(".exe")
        if not is_desktop_process(name):
            continue
        try:
            argv = process.cmdline()
            uid = 0 if WINDOWS else process.uids().effective
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            argv, uid = [], 0
        started = round(told["create_time"] or 0.0, 2)
        found.append([told["pid"], told["ppid"] or 0, uid, name, argv or [name], started, False])
    return sorted(found)


def is_desktop_process(name: str) -> bool:
    """Whether a process of Windows or macOS belongs to an engine or to the VM of one.

    >>> is_desktop_process("com.docker.backend"), is_desktop_process("chrome")
    (True, False)
    """
    lower = name.lower()
    return lower in DESKTOP_PROCESSES or lower.startswith(DESKTOP_PREFIXES)


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
    for line in open_and_read("/proc/stat", tail=False).splitlines():
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

    if not sys.platform.startswith("linux"):
        raise Absent("this platform does not tell how its clock is disciplined")

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
        raise as_unreadable(OSError(ctypes.get_errno(), "adjtimex"), "the kernel clock")
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
