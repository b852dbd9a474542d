"""Docker Desktop's settings: which file holds them, what it says, what an administrator has locked.

Docker's manual names the files (docker/docs content/manuals/desktop/settings-and-maintenance): up
to 4.34 settings.json with keys in camelCase, since 4.35 settings-store.json with the same keys in
PascalCase. The newer one holds changed values only: a key that is missing stands for its default.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from probes import desktop_host, engine
from probes.desktop_host import DESKTOP_ON_LINUX, LINUX, MACOS, WINDOWS, WSL1, WSL2, OtherPlatform
from probes.engine_identity import platform_name
from probes.formats.plist import parse_plist, plist_text
from probes.formats.versions import major_minor
from probes.host.questions import Absent, Garbled, Refused, Unreadable
from probes.model import Missing, absent_as, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


def effective(settings: Settings, locks: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    """The value of a key in PascalCase that holds: an administrator's, else the file's, else None."""
    return locks[camel(name)] if camel(name) in locks else settings.get(name)


def _locks(host: Host) -> Mapping[str, Any]:
    return have(known(lambda: locked(host)), {})


# -- what carries the VM, and how it gets at the files of the computer ---------------------------

VZ, HYPERKIT, QEMU, VMM, WSL, HYPER_V = (
    "vz",
    "hyperkit",
    "qemu",
    "docker-vmm",
    "wsl2",
    "hyper-v",
)
"""Hypervisors, in the design's words for a backend."""

_PROCESSES = {
    "com.docker.virtualization": VZ,
    "com.docker.hyperkit": HYPERKIT,
    "com.docker.krun": VMM,
}
"""Processes that only Docker Desktop has. Others run the VMs of other engines as well
(qemu-system-aarch64 Colima's, krunkit podman's): they count where they lie in Docker's own app."""

_PROCESSES_OF_ANYBODY = {"qemu-system-": QEMU, "krunkit": VMM}
_APP = "/Docker.app/"


def hypervisor(host: Host) -> str:
    """What carries Docker Desktop's VM: VZ, HYPERKIT, QEMU, VMM, WSL or HYPER_V.

    On macOS the process that runs tells it; while none does, the settings: UseLibkrun is Docker VMM
    (on Apple silicon only), UseVirtualizationFramework turned off is QEMU on Apple silicon and
    HyperKit on Intel (docker/docs content/manuals/desktop/features/vmm.md). On Linux it is QEMU
    over KVM (docker/docs content/manuals/desktop/setup/install/linux/_index.md). The engine is not
    asked.

    Raises: OtherPlatform on a system that Docker Desktop is not made for; NoDesktop; Absent where
    the default of an old version would have to be known; Unreadable.
    """
    return host.derive(_hypervisor)


def _hypervisor(host: Host) -> str:
    where = desktop_host.platform(host)
    if where not in {MACOS, LINUX, WINDOWS, WSL1, WSL2}:
        raise OtherPlatform("there is no Docker Desktop for this system")
    if where == MACOS:
        return _runs(host) or _of_settings(host, read(host))
    settings = read(host)
    if where == LINUX:
        return QEMU
    return WSL if uses_wsl(host, settings) else HYPER_V


def _runs(host: Host) -> str:
    """The hypervisor whose process is there; empty for none."""
    for process in have(known(host.processes), ()):
        if process.name in _PROCESSES:
            return _PROCESSES[process.name]
        if process.argv and _APP in process.argv[0]:
            for name, found in _PROCESSES_OF_ANYBODY.items():
                if process.name.startswith(name):
                    return found
    return ""


def _of_settings(host: Host, settings: Settings) -> str:
    """The hypervisor that the settings of a Mac ask for. Raises: Absent, Unreadable."""
    arm, locks = is_apple_silicon(host), _locks(host)
    if arm and effective(settings, locks, "UseLibkrun") is True:
        return VMM
    framework = effective(settings, locks, "UseVirtualizationFramework")
    if framework is True or (framework is None and settings.is_store):
        return VZ
    if framework is None:
        raise Absent(
            f"{settings.path} does not tell the virtual machine manager, whose default depends on "
            "the version of Docker Desktop",
            look="Docker Desktop: Settings > General > Virtual Machine Manager",
        )
    return QEMU if arm else HYPERKIT


def is_apple_silicon(host: Host) -> bool:
    """Whether this Mac's processor is Apple's. Raises: Absent where the host does not tell it."""
    machine = str(host.gauge("system")["machine"]).lower()
    if not machine:
        raise Absent("which processor this Mac has is not told", look="uname -m")
    return machine in {"arm64", "aarch64"}


VIRTIOFS, GRPC_FUSE, OSXFS, NO_SHARING, NINE_P = "virtiofs", "grpcfuse", "osxfs", "none", "9p"
"""How the VM gets at the files of the computer."""

OSXFS_IN = (4, 37)
"""The last version that is known to have osxfs: its removal was announced with it (docker/docs pull
request 21621). Later versions do not start without another way (docker/docs configure-json-file.md)."""


def file_sharing(host: Host) -> str:
    """How containers of Docker Desktop get at the computer's files.

    VIRTIOFS, GRPC_FUSE, OSXFS or NO_SHARING on macOS; NINE_P on WSL 2, where it is the way to the
    drives of Windows alone; GRPC_FUSE on Hyper-V, VIRTIOFS on Linux.

    On macOS VirtioFS needs Apple's framework or Docker VMM, and is taken where gRPC FUSE is on as
    well; with both off it is osxfs up to 4.37 (docker/docs settings-reference.md and
    configure-json-file.md).

    Raises: as hypervisor.
    """
    return host.derive(_file_sharing)


def _file_sharing(host: Host) -> str:
    carried_by = hypervisor(host)
    where = desktop_host.platform(host)
    if where == LINUX:
        return VIRTIOFS
    if where != MACOS:
        return NINE_P if carried_by == WSL else GRPC_FUSE
    if carried_by == VMM:
        return VIRTIOFS
    settings, locks = read(host), _locks(host)
    if carried_by == VZ:
        virtiofs = effective(settings, locks, "UseVirtualizationFrameworkVirtioFS")
        if virtiofs is True or (virtiofs is None and settings.is_store):
            return VIRTIOFS
        if virtiofs is None:
            raise Absent(
                f"{settings.path} does not tell how files are shared, and the default depends on the "
                "version of Docker Desktop",
                look="Docker Desktop: Settings > General > file sharing implementation",
            )
    if effective(settings, locks, "UseGrpcfuse") is not False:
        return GRPC_FUSE
    told = have(known(lambda: version(host)), "")
    return NO_SHARING if settings.is_store and major_minor(told) > OSXFS_IN else OSXFS


# -- the application -----------------------------------------------------------------------------

INFO_PLIST = "/Applications/Docker.app/Contents/Info.plist"

_UNINSTALL = r"\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Docker Desktop"
"""Of the installer; in HKCU where one user installed it for herself (``--user``)."""

_PLATFORM_NAME = re.compile(r"Docker Desktop (\d+(?:\.\d+)+)")


def version(host: Host) -> str:
    """Docker Desktop's own version, like ``4.90.0``.

    /version Platform.Name ("Docker Desktop 4.90.0 (240112)") where it is the engine in use; else
    CFBundleShortVersionString of its app on macOS (docker/for-mac#7520), DisplayVersion of its
    installer on Windows.

    Raises: Absent where none of them tells; Unreadable.
    """
    return host.derive(_version)


def _version(host: Host) -> str:
    told = known(lambda: platform_name(engine.version(host)))
    named = _PLATFORM_NAME.search(told) if isinstance(told, str) else None
    if named:
        return named[1]
    where = desktop_host.platform(host)
    found = ""
    if where == MACOS:
        found = plist_text(host.read_bytes(INFO_PLIST), "CFBundleShortVersionString")
    elif where in {WINDOWS, WSL2}:
        found = str(_registered(host).get("DisplayVersion") or "")
    if not re.fullmatch(r"\d+(\.\d+)+", found):
        raise Absent("the version of Docker Desktop is not told", look="docker version")
    return found


def _registered(host: Host) -> Mapping[str, Any]:
    """What the installer has left in the registry. Raises: Absent, Unreadable."""
    try:
        return desktop_host.registry(host, "HKLM" + _UNINSTALL).values
    except Absent:
        return desktop_host.registry(host, "HKCU" + _UNINSTALL).values


def installed(host: Host) -> bool:
    """Whether Docker Desktop is installed; settings alone are what a removed one has left.

    Raises: Unreadable where it cannot be told.
    """
    return host.derive(_installed)


def _installed(host: Host) -> bool:
    where = desktop_host.platform(host)
    if where == LINUX:
        return host.exists(DESKTOP_ON_LINUX)
    if engine.look(host).provider == "docker-desktop":
        return True
    if known(lambda: is_running(host)) is True:
        return True
    if where == MACOS:
        home = host.gauge("session")["home"]
        return any(
            host.exists(f"{place}/Docker.app")
            for place in ("/Applications", f"{home}/Applications")
        )
    if where not in {WINDOWS, WSL1, WSL2}:
        return False
    # Its installer takes any folder (--installation-dir), so the registry is asked first.
    registered = absent_as(lambda: bool(_registered(host)), value=False)
    if registered is True:
        return True
    if any(host.exists(desktop_host.as_read_here(host, path)) for path in _programs(host)):
        return True
    if isinstance(registered, Missing):
        raise Garbled(
            f"whether Docker Desktop is installed cannot be told: {registered.reason}",
            look="winget list Docker.DockerDesktop",
        )
    return False


def _programs(host: Host) -> Iterator[str]:
    """Where installers put it, for all users and for one, as Windows names the files."""
    drive = desktop_host.SYSTEM_DRIVE
    yield f"{drive}\\Program Files\\Docker\\Docker\\Docker Desktop.exe"
    folder = desktop_host.local_app_data(host)
    yield f"{folder}\\Programs\\DockerDesktop\\Docker Desktop.exe"


# -- who must sign in ----------------------------------------------------------------------------

POLICY = r"HKLM\SOFTWARE\Policies\Docker\Docker Desktop"

_PROFILE_OF_MAC = "/Library/Managed Preferences/com.docker.config.plist"
"""Where macOS keeps the payload com.docker.config of a configuration profile."""


class SignIn(NamedTuple):
    """Who has to sign in before Docker Desktop starts its engine."""

    organisations: tuple[str, ...]
    """Whose member one must be; empty where nobody must sign in."""
    source: str
    """The file or registry key that says so."""


def sign_in(host: Host) -> SignIn:
    """Whether a company enforces a sign-in, by the first of the places that Docker Desktop heeds.

    Those of docker/docs content/manuals/enterprise/security/enforce-sign-in/methods.md, in its
    order: the registry on Windows; a configuration profile and desktop.plist on macOS; registry.json
    everywhere.

    Raises: Garbled for one that cannot be understood; Unreadable.
    """
    for source, ask in _enforcers(host):
        try:
            told = ask()
        except Absent:
            continue
        names = told.split(";") if isinstance(told, str) else told
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            found = tuple(name.strip() for name in names if name.strip())
            if found:
                return SignIn(found, source)
    return SignIn((), "")


def _enforcers(host: Host) -> list[tuple[str, Callable[[], Any]]]:
    where = desktop_host.platform(host)
    found: list[tuple[str, Callable[[], Any]]] = []
    folder = admin_path(host).rpartition("\\" if where == WINDOWS else "/")[0]
    if where in {WINDOWS, WSL2}:
        found.append(
            (POLICY, lambda: desktop_host.registry(host, POLICY).values.get("allowedOrgs"))
        )
    if where == MACOS:
        for plist in (_PROFILE_OF_MAC, f"{folder}/desktop.plist"):
            found.append((plist, partial(_of_plist, host, plist)))  # noqa: PERF401 - it grows on
    if where == LINUX:
        folder = f"{folder}/registry"
    path = desktop_host.join(host, folder, "registry.json")
    found.append((path, lambda: _object(host, path).get("allowedOrgs")))
    return found


def _of_plist(host: Host, path: str) -> Any:  # noqa: ANN401 - any JSON
    return parse_plist(host.read_bytes(path)).get("allowedOrgs")


# -- whether it runs -----------------------------------------------------------------------------


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
