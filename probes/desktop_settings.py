"""Docker Desktop's settings: which file holds them, what it says, what an administrator has locked.

Docker's manual names the files (docker/docs content/manuals/desktop/settings-and-maintenance): up
to 4.34 settings.json with keys in camelCase, since 4.35 settings-store.json with the same keys in
PascalCase. The newer one holds changed values only: a key that is missing stands for its default.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes import desktop_host
from probes.desktop_host import MACOS, WINDOWS, WSL1, WSL2
from probes.host.questions import Absent, Garbled, Refused, Unreadable
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.host import Host

STORE, OLD = "settings-store.json", "settings.json"

BACKEND = "com.docker.backend"
"""The process that reads the settings when it starts and writes them when it ends."""

_ADMIN = {
    MACOS: "/Library/Application Support/com.docker.docker/admin-settings.json",
    "linux": "/usr/share/docker-desktop/admin-settings.json",
}
_ADMIN_BELOW = ("DockerDesktop", "admin-settings.json")


class NoDesktop(Unreadable):
    """Docker Desktop has never run here for this user."""

    kind = "inapplicable"


class Settings(NamedTuple):
    """One settings file."""

    path: str
    """As this host opens it."""
    values: Mapping[str, Any]
    is_store: bool
    """Whether it is the newer one, with keys in PascalCase."""

    def key(self, name: str) -> str:
        """How the file spells a key that is given in PascalCase: as it does, else as it would."""
        for spelling in (name, camel(name)) if self.is_store else (camel(name), name):
            if spelling in self.values:
                return spelling
        return name if self.is_store else camel(name)

    def get(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """The value of a key given in PascalCase; None where the default holds."""
        return self.values.get(self.key(name))


def camel(name: str) -> str:
    """A key as settings.json and admin-settings.json spell it.

    >>> camel("MemoryMiB"), camel("UseGrpcfuse")
    ('memoryMiB', 'useGrpcfuse')
    """
    return name[:1].lower() + name[1:]


def folder(host: Host, profile: str = "") -> str:
    """The folder of the settings on this platform. Raises: as desktop_host.windows_profile."""
    where = desktop_host.platform(host)
    if where == WINDOWS:
        roaming = host.env("APPDATA") if not profile else ""
        if roaming:
            return desktop_host.join(host, roaming, "Docker")
    if where in {WINDOWS, WSL1, WSL2}:
        profile = desktop_host.windows_profile(host, profile)
        return desktop_host.join(host, profile, "AppData", "Roaming", "Docker")
    home = host.gauge("session")["home"]
    if where == MACOS:
        return f"{home}/Library/Group Containers/group.com.docker"
    return f"{home}/.docker/desktop"


def read(host: Host, profile: str = "") -> Settings:
    """The settings of this user's Docker Desktop: of both files the newer one, where it is there.

    Raises: NoDesktop where there is neither, Garbled for what is no JSON object, Unreadable.
    """
    place = folder(host, profile)
    for name in (STORE, OLD):
        path = desktop_host.join(host, place, name)
        try:
            return Settings(path, _object(host, path), name == STORE)
        except Absent:
            continue
    raise NoDesktop(f"there are no settings of Docker Desktop in {place}")


def locked(host: Host) -> Mapping[str, Any]:
    """What an administrator has locked: key in camelCase -> the value that holds.

    Only top-level keys and those of the group ``linuxVM`` have a lock of their own here. Docker
    Desktop heeds the file only for members of a Business organisation who are signed in, which
    cannot be seen from outside: what is locked is taken for locked.

    Raises: Garbled, Unreadable.
    """
    try:
        told = _object(host, admin_path(host))
    except Absent:
        return {}
    found = {}
    group = told.get("linuxVM")
    for name, entry in (*told.items(), *(group.items() if isinstance(group, dict) else ())):
        if isinstance(entry, dict) and entry.get("locked") is True:
            found[name] = entry.get("value")
    return found


def admin_path(host: Host) -> str:
    """Where admin-settings.json is or would be (docker/docs configure-json-file.md).

    Raises: Absent inside WSL where the drive of Windows is not mounted.
    """
    where = desktop_host.platform(host)
    if where in {WINDOWS, WSL1, WSL2}:
        data = host.env("ProgramData") if where == WINDOWS else None
        data = data or f"{desktop_host.SYSTEM_DRIVE}\\ProgramData"
        return desktop_host.join(host, desktop_host.as_read_here(host, data), *_ADMIN_BELOW)
    return _ADMIN.get(where, _ADMIN["linux"])


def uses_wsl(host: Host, settings: Settings) -> bool:
    """Whether Docker Desktop's VM is that of WSL 2, the default on Windows, and not Hyper-V's."""
    if desktop_host.platform(host) not in {WINDOWS, WSL1, WSL2}:
        return False
    forced = locked(host).get("wslEngineEnabled")
    return (settings.get("WslEngineEnabled") if forced is None else forced) is not False


def is_running(host: Host) -> bool:
    """Whether Docker Desktop runs, and would write over its settings when it ends.

    Raises: Unreadable where the processes cannot be asked.
    """
    if desktop_host.platform(host) in {WINDOWS, WSL1, WSL2}:
        # Without a match tasklist prints a sentence, in the language of Windows.
        return BACKEND in desktop_host.windows_output(
            host, "tasklist.exe", "/FI", f"IMAGENAME eq {BACKEND}.exe", "/FO", "CSV", "/NH"
        )
    # -f: macOS cuts the names that pgrep would compare with otherwise to 16 characters.
    ran = host.run("pgrep", "-f", BACKEND)
    if ran.code not in {0, 1}:
        raise Refused(f"pgrep exited with {ran.code}", look=f"pgrep -fl {BACKEND}", status=ran.code)
    return ran.code == 0


def _object(host: Host, path: str) -> dict[str, Any]:
    # PowerShell writes a byte order mark, which Python's decoder does not take.
    text = host.read_text(path).removeprefix("\ufeff")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Garbled(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Garbled(f"{path} is not a JSON object")
    return value
