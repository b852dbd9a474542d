"""The computer that Docker Desktop and WSL run on: which it is, where its files lie, what it has.

Seen from Windows, macOS and Linux, and from inside a WSL distribution, where the files and the
hardware that are meant belong to the Windows around it. What cannot be told for certain from in
there raises an Unreadable that says how to tell it: a guess would edit the file of another user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes.engine_host import container_of
from probes.host.questions import Absent, Garbled, Refused, RegistryKey, Service, Unreadable
from probes.model import Missing, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host

WINDOWS, MACOS, LINUX, WSL1, WSL2 = "windows", "macos", "linux", "wsl1", "wsl2"

WSL_CONF_PATH = "/etc/wsl.conf"

DESKTOP_ON_LINUX = "/opt/docker-desktop"
"""Where its packages put Docker Desktop for Linux (docker/docs
content/manuals/desktop/setup/install/linux)."""

SYSTEM_DRIVE = "C:"
"""Where Windows is looked for from inside WSL. Another letter is possible, and then nothing is
found there."""

_FOLDERS = {
    "powershell.exe": r"\Windows\System32\WindowsPowerShell\v1.0",
    "cmd.exe": r"\Windows\System32",
    "tasklist.exe": r"\Windows\System32",
    "wsl.exe": r"\Windows\System32",
    "reg.exe": r"\Windows\System32",
    "sc.exe": r"\Windows\System32",
    "netsh.exe": r"\Windows\System32",
}
"""Where a program lies on the system drive, for distributions whose PATH has no Windows folders
(interop.appendWindowsPath=false, sudo)."""

_APPS = "/appdata/local/microsoft/windowsapps"
"""Part of every Windows user's own PATH, which WSL appends to that of its shells."""

_NO_PERSON = frozenset({"public", "default", "default user", "all users", "defaultuser0"})
"""Folders below C:\\Users that are nobody's profile."""

_HARDWARE = (
    "powershell.exe",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    (
        "Get-CimInstance Win32_ComputerSystem"
        " | ForEach-Object { $_.TotalPhysicalMemory; $_.NumberOfLogicalProcessors }"
    ),
)

_VERSION = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,3}(?![\d.])")
_DRIVE = re.compile(r"[A-Za-z]:(?:\\|$)")
_OCTAL = re.compile(r"\\([0-7]{3})")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
"""What a distribution may be called (microsoft/WSL src/windows/service/exe/LxssUserSession.cpp), and
is no option of a command."""

_PROFILE_UNKNOWN = (
    "which Windows user's folder is meant cannot be told from inside WSL: name it with "
    "--set profile=FOLDER, e.g. /mnt/c/Users/ann"
)


class OtherPlatform(Unreadable):
    """What was asked for does not exist on this kind of host."""

    kind = "inapplicable"


class Versions(NamedTuple):
    """What ``wsl --version`` tells."""

    wsl: tuple[int, ...]
    """E.g. (2, 6, 1, 0); empty for the WSL that is part of Windows and knows no ``--version``."""
    windows: tuple[int, ...]
    """E.g. (10, 0, 26100, 6899); empty where only the distribution could be asked."""


class Hardware(NamedTuple):
    """What the computer itself has, not a VM on it."""

    memory: int
    """Bytes."""
    cpus: int
    """Logical processors."""


# -- which platform ------------------------------------------------------------------------------


def platform(host: Host) -> str:
    """WINDOWS, MACOS, LINUX, WSL1 or WSL2; other systems by the name that they give themselves."""
    return host.derive(_platform)


def _platform(host: Host) -> str:
    system = host.gauge("system")
    name, release = system["platform"], system["release"]
    if name in {"windows", "win32"}:
        return WINDOWS
    if name in {"darwin", "macos"}:
        return MACOS
    if name != "linux":
        return str(name)
    # Kernels: 4.4.0-19041-Microsoft, 6.6.87.2-microsoft-standard-WSL2; one that was built by its
    # user may have no such suffix.
    if "microsoft" in release.lower():
        return WSL1 if release.endswith("-Microsoft") else WSL2
    named = known(lambda: host.env("WSL_DISTRO_NAME"))
    return WSL2 if isinstance(named, str) and named else LINUX


def require_wsl(host: Host) -> str:
    """WINDOWS, WSL1 or WSL2.

    Raises: OtherPlatform elsewhere, and in a container on WSL's kernel.
    """
    found = platform(host)
    if found not in {WINDOWS, WSL1, WSL2}:
        raise OtherPlatform("there is no WSL on this host")
    if found != WINDOWS and container_of(host):
        raise OtherPlatform("this is a container on WSL's kernel, not a WSL distribution")
    return found


# -- Windows from inside WSL ---------------------------------------------------------------------


def as_read_here(host: Host, path: str) -> str:
    r"""A Windows path (``C:\Users\ann``) as this host opens it (``/mnt/c/Users/ann``).

    By the mount table, as automount.root may have any value; where it does not tell (virtiofs),
    by wslpath.

    Raises: Absent where the path's drive is not mounted in this distribution.
    """
    if platform(host) == WINDOWS:
        return path
    path = path.replace("/", "\\")
    best: tuple[str, str] | None = None
    for mount in host.mounts():
        prefix = _windows_folder(mount.fstype, mount.source, mount.super_options).rstrip("\\")
        inside = path.lower() == prefix.lower() or path.lower().startswith(prefix.lower() + "\\")
        if prefix and inside and mount.root == "/" and len(prefix) >= len(best[0] if best else ""):
            best = (prefix, mount.target)
    if best is not None:
        rest = path[len(best[0]) :].replace("\\", "/")
        return best[1].rstrip("/") + rest.rstrip("/") or "/"
    told = known(lambda: host.output("wslpath", "-u", path).strip())
    if isinstance(told, str) and told.startswith("/"):
        return told.rstrip("/") or "/"
    raise Absent(
        f"{path} cannot be reached from this WSL distribution: its drive is not mounted",
        look="findmnt -t 9p,drvfs,virtiofs",
    )


def _windows_folder(fstype: str, source: str, options: tuple[str, ...]) -> str:
    r"""Which Windows folder a mount shows; empty for other mounts.

    WSL 1 mounts drvfs from ``C:``; WSL 2 mounts 9p from ``C:\`` with the option
    ``aname=drvfs;path=C:\;uid=1000`` (microsoft/WSL src/linux/init/drvfs.cpp).
    """
    if fstype not in {"drvfs", "9p"}:
        return ""
    if _DRIVE.match(source):
        return source
    for option in options:
        if option.startswith("aname=drvfs"):
            for part in _OCTAL.sub(lambda match: chr(int(match[1], 8)), option).split(";"):
                if part.startswith("path=") and _DRIVE.match(part[5:]):
                    return part[5:]
    return ""


def windows_output(host: Host, program: str, *words: str) -> str:
    """Standard output of a Windows program that must succeed, from Windows or through interop.

    NULs are dropped: wsl.exe prints UTF-16, of which then all that is ASCII is left as it was.

    Raises: Absent where there is no such program, Garbled where interop is off, Refused, Slow.
    """
    try:
        text = host.output(program, *words)
    except Absent:
        if platform(host) == WINDOWS or program not in _FOLDERS:
            raise
        path = as_read_here(host, f"{SYSTEM_DRIVE}{_FOLDERS[program]}\\{program}")
        text = host.output(path, *words)
    return text.replace("\0", "")


def windows_profile(host: Host, given: str = "") -> str:
    """The folder of the Windows user whose WSL this is, as this host opens it.

    ``given`` is the user's own word for it, as a Windows path or one of this host.

    Raises: ValueError where ``given`` is no folder; Absent where it cannot be told for certain;
    OtherPlatform on a host without Windows.
    """
    where = require_wsl(host)
    if given:
        windows_path = _DRIVE.match(given)
        path = as_read_here(host, given) if windows_path else given.rstrip("/")
        if not (windows_path or (given.startswith("/") and where != WINDOWS)):
            raise ValueError(f"profile: {given} is not the whole path of a folder")
        if not _is_folder(host, path):
            raise ValueError(f"profile: there is no folder {given}")
        return path
    if where == WINDOWS:
        found = host.env("USERPROFILE") or host.gauge("session")["home"]
        return str(found).rstrip("\\")
    return host.derive(_profile_from_inside)


def local_app_data(host: Host) -> str:
    r"""%LOCALAPPDATA% as Windows names it.

    Raises: as windows_profile; Absent where a path of this distribution has no Windows name.
    """
    if platform(host) == WINDOWS:
        told = host.env("LOCALAPPDATA")
        return told or f"{windows_profile(host)}\\AppData\\Local"
    profile = windows_profile(host)
    users = as_read_here(host, f"{SYSTEM_DRIVE}\\Users")
    if not profile.startswith(f"{users}/"):
        raise Absent(f"{profile} is not on drive {SYSTEM_DRIVE}")
    below = profile[len(users) + 1 :].replace("/", "\\")
    return f"{SYSTEM_DRIVE}\\Users\\{below}\\AppData\\Local"


def _profile_from_inside(host: Host) -> str:
    # The cheapest way first. Each of them is certain where it gives an answer.
    for way in (_profile_by_variable, _profile_by_path, _profile_by_interop, _profile_by_folder):
        found = known(lambda way=way: way(host))  # type: ignore[misc]
        if isinstance(found, str) and found and _is_folder(host, found):
            return found
    raise Absent(_PROFILE_UNKNOWN, look="cmd.exe /d /c set USERPROFILE")


def _profile_by_variable(host: Host) -> str:
    """USERPROFILE, where the user passes it on in WSLENV."""
    told = host.env("USERPROFILE") or ""
    return told.rstrip("/") if told.startswith("/") else as_read_here(host, told) if told else ""


def _profile_by_path(host: Host) -> str:
    """The user's own folder in the PATH that WSL has taken over from Windows."""
    entries = [entry.rstrip("/") for entry in (host.env("PATH") or "").split(":")]
    found = {entry[: -len(_APPS)] for entry in entries if entry.lower().endswith(_APPS)}
    return found.pop() if len(found) == 1 else ""


def _profile_by_interop(host: Host) -> str:
    for line in windows_output(host, "cmd.exe", "/d", "/c", "set", "USERPROFILE").splitlines():
        name, _, value = line.strip().partition("=")
        # Other characters come in the code page of the console: not to be told apart here.
        if name.upper() == "USERPROFILE" and value.isascii():
            return as_read_here(host, value)
    return ""


def _profile_by_folder(host: Host) -> str:
    """The one profile of this computer, where there is only one."""
    users = as_read_here(host, f"{SYSTEM_DRIVE}\\Users")
    names = [name for name in host.list(users) if name.lower() not in _NO_PERSON]
    found = [name for name in names if _is_folder(host, f"{users}/{name}")]
    return f"{users}/{found[0]}" if len(found) == 1 else ""


def _is_folder(host: Host, path: str) -> bool:
    told = known(lambda: host.stat(path))
    return not isinstance(told, Missing) and told.kind == "directory"


def join(host: Host, folder: str, *names: str) -> str:
    """A path below a folder, in the spelling of this host."""
    return ("\\" if platform(host) == WINDOWS else "/").join((folder, *names))


def wslconfig_path(host: Host, profile: str = "") -> str:
    """Where .wslconfig is or would be, as this host opens it. Raises: as windows_profile."""
    return join(host, windows_profile(host, profile), ".wslconfig")


def registry(host: Host, key: str) -> RegistryKey:
    r"""A key of Windows' registry; from inside WSL through reg.exe and interop.

    Raises: OtherPlatform on a host without Windows; Absent; Garbled where interop is off.
    """
    if require_wsl(host) == WINDOWS:
        return host.registry(key)
    try:
        text = windows_output(host, "reg.exe", "query", key)
    except Refused as error:
        if error.status == 1:  # "The system was unable to find...", in the language of Windows
            raise Absent(f"the registry has no {key}") from None
        raise
    return parse_registry(text, key)


def service(host: Host, name: str) -> Service:
    """A service of Windows; from inside WSL through sc.exe and interop.

    Raises: OtherPlatform on a host without Windows; Absent; Garbled where interop is off.
    """
    if require_wsl(host) == WINDOWS:
        return host.service(name)
    try:
        state = windows_output(host, "sc.exe", "query", name)
        start = windows_output(host, "sc.exe", "qc", name)
    except Refused as error:
        if error.status == _NO_SUCH_SERVICE:
            raise Absent(f"there is no service {name}") from None
        raise
    # "        STATE              : 4  RUNNING": labels are translated, numbers and order are not.
    numbers = [re.findall(r":\s+([0-9a-f]+)(?:\s|$)", text) for text in (state, start)]
    if len(numbers[0]) < 2 or len(numbers[1]) < 2:  # noqa: PLR2004 - the type, then the state
        raise Garbled(f"sc.exe tells nothing of {name}", look=f"sc.exe query {name}")
    return Service(
        _STATES.get(numbers[0][1], numbers[0][1]), _STARTS.get(numbers[1][1], numbers[1][1])
    )


_NO_SUCH_SERVICE = 1060 & 0xFF
"""ERROR_SERVICE_DOES_NOT_EXIST (winerror.h), as an exit status that interop cuts to 8 bits."""

_STATES = {
    "1": "stopped",
    "2": "start_pending",
    "3": "stop_pending",
    "4": "running",
    "5": "continue_pending",
    "6": "pause_pending",
    "7": "paused",
}
"""SERVICE_STATUS, Microsoft's documentation of winsvc.h."""

_STARTS = {"2": "automatic", "3": "manual", "4": "disabled"}
"""QUERY_SERVICE_CONFIGW, the same."""

_VALUE = re.compile(r"^ {4}(.*?) {4}(REG_[A-Z_]+) {4}(.*)$")


def parse_registry(text: str, key: str) -> RegistryKey:
    r"""What ``reg query KEY`` prints: the key's values, then the keys below it by their whole path.

    The names of the types are not translated; the unnamed value's name is (it is kept as ``""``
    only where it stands in parentheses).

    >>> told = parse_registry("\nHKEY_CURRENT_USER\\A\n    N    REG_DWORD    0x2\n", "HKCU\\A")
    >>> told.values
    {'N': 2}
    """
    values: dict[str, Any] = {}
    keys = []
    own = key.partition("\\")[2].rstrip("\\").lower()
    for line in text.splitlines():
        found = _VALUE.match(line.rstrip("\r"))
        if found:
            name, kind, value = found.groups()
            named = "" if name.startswith("(") and name.endswith(")") else name
            values[named] = _registry_value(kind, value.strip())
        elif line.startswith("HKEY_"):
            path = line.strip().partition("\\")[2]
            if path.lower() != own:
                keys.append(path.rpartition("\\")[2])
    return RegistryKey(values, tuple(sorted(keys)))


def _registry_value(kind: str, value: str) -> Any:  # noqa: ANN401 - text, number or texts
    if kind in {"REG_DWORD", "REG_QWORD"}:
        return int(value, 16) if re.fullmatch(r"0x[0-9a-fA-F]+", value) else 0
    if kind == "REG_MULTI_SZ":
        return [part for part in value.split("\\0") if part]
    return value


# -- WSL itself ----------------------------------------------------------------------------------


def wsl_versions(host: Host) -> Versions:
    """The versions of WSL and Windows.

    Raises: OtherPlatform; Unreadable where neither wsl.exe nor wslinfo can be asked.
    """
    from probes.formats.wsl_output import parse_version  # its patterns cost a server 1 ms

    where = require_wsl(host)
    try:
        told = parse_version(windows_output(host, "wsl.exe", "--version"))
        if told is None:
            raise Garbled("wsl --version names no version", look="wsl --version")
        return Versions(_numbers(told.wsl), _numbers(told.windows) if told.windows else ())
    except Refused:
        return Versions((), ())
    except Unreadable as error:
        if where == WINDOWS:
            raise
        printed = known(lambda: host.output("wslinfo", "--version"))
        found = [] if isinstance(printed, Missing) else _VERSION.findall(printed)
        if not found:
            raise error from None
        return Versions(_numbers(found[0]), ())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def running_distributions(host: Host) -> tuple[str, ...]:
    """The WSL distributions that run now, Docker Desktop's own among them.

    Raises: Unreadable where wsl.exe cannot be asked.
    """
    lines = windows_output(host, "wsl.exe", "--list", "--running", "--quiet").splitlines()
    return tuple(line.strip() for line in lines if _DISTRIBUTION.fullmatch(line.strip()))


def distribution(host: Host) -> str:
    r"""The name of the WSL distribution that this is.

    WSL_DISTRO_NAME, which sudo and ssh lose; else out of ``wslpath -w /``, which answers
    ``\\wsl.localhost\Ubuntu\`` (``\\wsl$\`` before Windows 11).

    Raises: Absent where neither tells.
    """
    told = [known(lambda: host.env("WSL_DISTRO_NAME") or "")]
    told.append(known(lambda: host.output("wslpath", "-w", "/").strip().strip("\\")))
    for answer in told:
        if isinstance(answer, str):
            name = answer.rpartition("\\")[2]
            if _DISTRIBUTION.fullmatch(name):
                return name
    raise Absent(
        "the name of this WSL distribution cannot be told", look="wsl.exe --list --running"
    )


# -- the computer --------------------------------------------------------------------------------


def hardware(host: Host) -> Hardware:
    """Memory and processors of the computer; inside WSL those of Windows, not of WSL's VM.

    /proc/meminfo of a WSL distribution tells what the VM was given, from which the computer's
    memory cannot be worked out; so Windows is asked through PowerShell (wmic is gone since Windows
    11 24H2).

    Raises: Unreadable where the computer cannot be asked.
    """
    if platform(host) not in {WSL1, WSL2}:
        memory, cpus = host.gauge("memory")["total"], host.gauge("cpus")["logical"]
        if not cpus:
            raise Absent("the number of processors is not told")
        return Hardware(memory, cpus)
    lines = windows_output(host, *_HARDWARE).split()
    if len(lines) < 2 or not (lines[0].isdigit() and lines[1].isdigit()):  # noqa: PLR2004
        raise Garbled("PowerShell did not tell this computer's memory and processors")
    return Hardware(int(lines[0]), int(lines[1]))
