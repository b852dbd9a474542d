"""Computers with WSL and Docker Desktop: Windows 10 and 11, inside WSL 2, macOS, Linux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixes.editing import edited
from fixes.model import CHANGES, EditFile, Request
from probes.desktop_host import _HARDWARE as POWERSHELL
from probes.host import Denied, Garbled
from tests.fake_host import DIRECTORY, SESSION, SYSTEM, fake_host

if TYPE_CHECKING:
    from fixes.model import Fix, Proposal
    from probes.host import Host

GIB = 1 << 30

PROFILE = r"C:\Users\ann"
SEEN = "/mnt/c/Users/ann"
"""The same folder from inside WSL."""

TASKS = ("/FI", "IMAGENAME eq com.docker.backend.exe", "/FO", "CSV", "/NH")
NO_TASK = "INFO: No tasks are running which match the specified criteria.\r\n"
TASK = '"com.docker.backend.exe","11804","Console","1","124,808 K"\r\n'
PGREP = ("pgrep", "-f", "com.docker.backend")

VERSION = """\
WSL version: {wsl}
Kernel version: 6.6.87.2-1
WSLg version: 1.0.66
MSRDC version: 1.2.6074
Direct3D version: 1.611.1-81528511
DXCore version: 10.0.26100.1-240331-1435.ge-release
Windows version: 10.0.{build}
"""
MOUNTS = r"""
73 60 8:48 / / rw,relatime - ext4 /dev/sdd rw,discard,errors=remount-ro,data=ordered
85 73 0:36 / /usr/lib/wsl/drivers ro,nosuid,nodev,noatime - 9p drivers ro,dirsync,aname=drivers;fmask=222
131 73 0:71 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap
132 73 0:72 / /mnt/d rw,noatime - 9p D:\134 rw,dirsync,aname=drvfs;path=D:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap
"""
LINUX_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/wsl/lib"
WINDOWS_PATH = f"{LINUX_PATH}:/mnt/c/Windows/system32:/mnt/c/Windows:{SEEN}/AppData/Local/Microsoft/WindowsApps"


def utf16(text: str) -> str:
    """What a live host makes of wsl.exe's UTF-16LE: bytes that are not UTF-8 come as U+FFFD."""
    return text.replace("\n", "\r\n").encode("utf-16-le").decode("utf-8", "replace")


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> Host:
    """A None takes an answer away."""
    for key, value in changes.items():
        given = {**base.get(key, {}), **value}
        base[key] = {name: answer for name, answer in given.items() if answer is not None}
    return fake_host(**base)


def system(name: str, release: str, machine: str = "x86_64") -> dict[str, str]:
    return {**SYSTEM, "platform": name, "release": release, "machine": machine}


def gauges(system: dict[str, str], *, home: str, memory: int, cpus: int) -> dict[str, Any]:
    return {
        "system": system,
        "session": {**SESSION, "uid": 1000, "name": "ann", "home": home},
        "memory": {"total": memory, "available": memory // 2, "swap_total": 0, "swap_free": 0},
        "cpus": {"logical": cpus, "physical": cpus, "usable": cpus},
    }


def windows(
    wslconfig: str | bytes | None = None,
    *,
    wsl: str = "2.6.1.0",
    build: str = "26100.6899",
    memory: int = 16_890_728_448,
    cpus: int = 8,
    settings: str | bytes | None = None,
    **changes: Any,
) -> Host:
    """Windows 11 24H2 by default; build 19045 is Windows 10 22H2."""
    roaming = rf"{PROFILE}\AppData\Roaming"
    return _merged(
        {
            "gauges": gauges(
                system("windows", f"10.0.{build}", "AMD64"), home=PROFILE, memory=memory, cpus=cpus
            ),
            "env": {
                "USERPROFILE": PROFILE, "APPDATA": roaming, "ProgramData": r"C:\ProgramData",
            },
            "files": {rf"{PROFILE}\.wslconfig": wslconfig,
                      rf"{roaming}\Docker\settings-store.json": settings},
            "stats": {PROFILE: {"kind": DIRECTORY}},
            "runs": {
                ("wsl.exe", "--version"): (0, utf16(VERSION.format(wsl=wsl, build=build)), ""),
                ("wsl.exe", "--list", "--running", "--quiet"): (
                    0, utf16("Ubuntu-24.04\ndocker-desktop\n"), "",
                ),
                ("tasklist.exe", *TASKS): (0, NO_TASK, ""),
            },
        },
        {"files": {}, **changes},
    )  # fmt: skip


def inside_wsl(
    wslconfig: str | bytes | None = None,
    *,
    wsl_conf: str | bytes | None = None,
    wsl: str = "2.6.1.0",
    build: str = "26100.6899",
    memory: int = 16_890_728_448,
    cpus: int = 8,
    interop: bool = True,
    sudo: bool = False,
    dockerd: bool = False,
    settings: str | bytes | None = None,
    **changes: Any,
) -> Host:
    """Ubuntu in WSL 2. The VM has half of the memory, and a dockerd of its own where asked for."""
    programs = {
        "wsl.exe --version": (0, utf16(VERSION.format(wsl=wsl, build=build)), ""),
        "wsl.exe --list --running --quiet": (0, utf16("Ubuntu-24.04\ndocker-desktop\n"), ""),
        "cmd.exe /d /c set USERPROFILE": (0, f"USERPROFILE={PROFILE}\r\n", ""),
    }
    runs = {tuple(line.split()): answer for line, answer in programs.items()}
    runs[POWERSHELL] = (0, f"{memory}\r\n{cpus}\r\n", "")
    runs |= {("tasklist.exe", *TASKS): (0, NO_TASK, "")}
    system32 = "/mnt/c/Windows/System32"
    if sudo:  # Windows' folders are not in its PATH
        folder = {"powershell.exe": f"{system32}/WindowsPowerShell/v1.0"}
        runs = {
            (f"{folder.get(argv[0], system32)}/{argv[0]}", *argv[1:]): answer
            for argv, answer in runs.items()
        }
    failures = {}
    if not interop:
        failures = {("run", *argv): Garbled(f"{argv[0]}: Exec format error") for argv in runs}
    runs["wslinfo", "--version"] = (0, f"{wsl}\n", "")
    runs["wslpath", "-w", "/"] = (0, "\\\\wsl.localhost\\Ubuntu-24.04\\\n", "")
    release = "6.6.87.2-microsoft-standard-WSL2"
    return _merged(
        {
            "gauges": gauges(
                system("linux", release), home="/home/ann", memory=memory // 2, cpus=cpus - 1
            ),
            "env": {} if sudo else {"WSL_DISTRO_NAME": "Ubuntu-24.04", "PATH": WINDOWS_PATH},
            "files": {
                "/proc/self/mountinfo": MOUNTS.lstrip(),
                "/run/systemd/container": "wsl\n",
                f"{SEEN}/.wslconfig": wslconfig,
                f"{SEEN}/AppData/Roaming/Docker/settings-store.json": settings,
                "/mnt/c/Users/Public/desktop.ini": "",
                f"{SEEN}/NTUSER.DAT": "",
                "/etc/wsl.conf": wsl_conf,
                "/usr/lib/systemd/systemd": "",
                **({"/usr/bin/dockerd": "", "/run/systemd/system/x": ""} if dockerd else {}),
            },
            "links": {"/sbin/init": "/usr/lib/systemd/systemd"},
            "runs": runs,
            "failures": failures,
        },
        {"files": {}, **changes},
    )


STORE = "/Users/ann/Library/Group Containers/group.com.docker/settings-store.json"
OLD = STORE.replace("-store", "")
RAW = "/Users/ann/Library/Containers/com.docker.docker/Data/vms/0/data/Docker.raw"


def mac(
    settings: str | bytes | None = "{}",
    *,
    release: str = "24.6.0",
    machine: str = "arm64",
    memory: int = 16 * GIB,
    cpus: int = 8,
    running: bool = False,
    **changes: Any,
) -> Host:
    """A Mac whose Docker Desktop is stopped; Apple silicon by default, x86_64 is Intel's."""
    return _merged(
        {
            "gauges": gauges(
                system("darwin", release, machine), home="/Users/ann", memory=memory, cpus=cpus
            ),
            "files": {STORE: settings},
            "runs": {PGREP: (0, "4711\n", "") if running else (1, "", "")},
        },
        {"files": {}, **changes},
    )


def linux_desktop(settings: str | None = "{}", *, running: bool = False, **changes: Any) -> Host:
    """Docker Desktop on Ubuntu."""
    return _merged(
        {
            "gauges": gauges(
                system("linux", "6.8.0-60-generic"), home="/home/ann", memory=32 * GIB, cpus=16
            ),
            "files": {"/home/ann/.docker/desktop/settings-store.json": settings},
            "runs": {PGREP: (0, "4100\n", "") if running else (1, "", "")},
        },
        {"files": {}, **changes},
    )


def asked(fix: Fix, host: Host, **given: str) -> Proposal:
    return fix.plan(host, Request(given=given))


def settings_of(proposal: Proposal) -> Any:
    """The settings of a proposal that edits one file."""
    assert proposal.outcome == CHANGES, proposal
    (change,) = proposal.changes
    assert isinstance(change, EditFile)
    return change.settings


def result(host: Host, proposal: Proposal) -> bytes:
    """The file's bytes afterwards; the host has them from then on."""
    (change,) = proposal.changes
    assert isinstance(change, EditFile)
    files = host.source.files  # type: ignore[attr-defined]
    data = edited(files.get(change.path), change)
    files[change.path] = data
    return data


def again(host: Host) -> Host:
    """The same machine, asked anew."""
    from probes.host import Host as NewHost

    return NewHost(host.source)


DENIED = Denied("it may not be read by this user")
