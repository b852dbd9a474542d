"""How the VMs of Colima, Lima, Finch, Rancher Desktop and Podman are configured, by their files.

Docker Desktop's settings have a module of their own; OrbStack and minikube keep none that tells.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from probes import desktop_host
from probes.desktop_host import LINUX, MACOS, WINDOWS
from probes.formats.flat_yaml import top_scalars
from probes.formats.sizes import GIB, MIB
from probes.host.questions import Absent, Garbled, Unreadable
from probes.model import known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.host import Host


class VmConfig(NamedTuple):
    """The configuration of one VM; None for what its file leaves to a default."""

    provider: str
    """colima, lima, finch, rancher-desktop or podman."""
    name: str
    """Of the profile, instance or machine."""
    path: str
    backend: str | None
    """vz, qemu, hyper-v, wsl2; another word of the product (krunkit) as it is."""
    mount_type: str | None
    """virtiofs, 9p, sshfs (Lima's reverse-sshfs as well)."""
    cpus: int | None
    memory: int | None
    """Bytes."""
    disk: int | None
    """Bytes."""
    arch: str | None = None
    """x86_64 or aarch64, where the file names one."""


_BACKENDS = {
    "vz": "vz",
    "applehv": "vz",
    "qemu": "qemu",
    "wsl": "wsl2",
    "wsl2": "wsl2",
    "hyperv": "hyper-v",
}
"""Lima's vmType, and the folders of podman's machine providers (containers/podman pkg/machine/define),
in the words of a report."""

_SIZE = re.compile(r"(?i)([\d.]+)\s*(B|[KMGT]i?B?)?")
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": MIB, "g": GIB, "t": GIB << 10}


def configs(host: Host) -> list[VmConfig]:
    """Every VM that is configured on this host; a file that cannot be read or parsed is left out."""
    return host.derive(_configs)


def _configs(host: Host) -> list[VmConfig]:
    found: list[VmConfig] = []
    for path, parse in _places(host):
        told = known(lambda path=path, parse=parse: parse(path, host.read_text(path)))  # type: ignore[misc]
        if isinstance(told, VmConfig):
            by_lima = told.backend is None and path.endswith("/lima.yaml")
            found.append(told._replace(backend=_of_instance(host, path)) if by_lima else told)
    return found


def _of_instance(host: Host, path: str) -> str | None:
    """What carries an instance of Lima whose file leaves it to a default.

    Apple's framework where it has left its identifier, which is Lima's own rule for an instance that
    exists (lima-vm/lima pkg/limayaml/defaults.go, ResolveVMType); QEMU while that runs
    (docs/internal.md).
    """
    folder = path.rpartition("/")[0]
    for name, told in (("vz-identifier", "vz"), ("qemu.pid", "qemu")):
        if known(lambda name=name: host.exists(f"{folder}/{name}")) is True:  # type: ignore[misc]
            return told
    return None


def named(host: Host, provider: str, endpoint: str, context: str) -> VmConfig:
    """The VM of a provider behind an endpoint.

    Raises: Absent where it keeps no such file, or several VMs could be meant; Unreadable.
    """
    mine = [config for config in configs(host) if config.provider == provider]
    if len(mine) > 1:
        wanted = {_instance_in(endpoint), context.partition("-")[2] or "default"}
        mine = [config for config in mine if config.name in wanted] or mine
    if len(mine) != 1:
        what = "no configuration" if not mine else "several configurations"
        raise Absent(f"{what} of {provider}'s VM can be seen", look=LOOK.get(provider, ""))
    return mine[0]


_FINCH = "/Applications/Finch/lima/data"
"""Where Finch keeps its VM on macOS (runfinch/finch pkg/path/finch.go, LimaHomePath)."""

BY_FILE = frozenset({"colima", "lima", "finch", "rancher-desktop", "podman"})
"""Providers whose files are read here."""

LOOK = {
    "colima": "colima status",
    "lima": "limactl list",
    "finch": "finch vm status",
    "rancher-desktop": "rdctl list-settings",
    "podman": "podman machine list",
    "minikube": "minikube profile list",
    "orbstack": "orb status",
}
"""What a person runs to see the VM."""


def _instance_in(endpoint: str) -> str:
    """The profile or instance whose folder holds the socket: ~/.colima/dev/docker.sock."""
    found = re.search(r"/\.?(?:colima|lima)/([^/]+)/(?:sock/)?[^/]+$", endpoint)
    return found[1] if found else ""


WORDS = frozenset({"wsl2", "hyper-v", "hyperkit", "qemu", "vz", "docker-vmm"})
"""What may carry a VM, in the words of a report."""


def backend(host: Host, provider: str, endpoint: str, context: str) -> str:
    """What carries the VM of an engine that does not say so itself: one of WORDS.

    Raises: Absent where the product tells none; Unreadable.
    """
    if provider == "docker-desktop":
        from probes import desktop_settings

        if desktop_host.platform(host) == LINUX and desktop_settings.installed(host):
            return (
                desktop_settings.QEMU
            )  # it has no other, and writes no settings until some change
        return desktop_settings.hypervisor(host)
    if provider == "rancher-desktop" and desktop_host.platform(host) == WINDOWS:
        return "wsl2"  # on Windows it has no other
    found = named(host, provider, endpoint, context).backend
    if found not in WORDS:
        raise Absent(f"{provider} does not tell what carries its VM", look=LOOK.get(provider, ""))
    return str(found)


# -- where they are ------------------------------------------------------------------------------


def _places(host: Host) -> Iterator[tuple[str, Callable[[str, str], VmConfig]]]:
    """Files and how each is read.

    Sources: abiosoft/colima config/profile.go and embedded/defaults/colima.yaml, lima-vm/lima
    website/content/en/docs/config, rancher-sandbox/rancher-desktop
    pkg/rancher-desktop/utils/paths.ts, containers/podman pkg/machine/env/dir.go.
    """
    where = desktop_host.platform(host)
    home = str(host.gauge("session")["home"])
    if where in {MACOS, LINUX}:
        for folder in _colima_folders(host, home):
            for name in _folders_in(host, folder):
                if not name.startswith("_"):
                    yield f"{folder}/{name}/colima.yaml", _of_colima
        lima = host.env("LIMA_HOME") or f"{home}/.lima"
        for folder, parse in (
            (lima, _of_lima),
            (f"{home}/.finch/lima/data", _of_finch),
            (_FINCH, _of_finch),
        ):
            for name in _folders_in(host, folder):
                if not name.startswith("_"):
                    yield f"{folder}/{name}/lima.yaml", parse
    if where == MACOS:
        yield f"{home}/Library/Preferences/rancher-desktop/settings.json", _of_rancher
    elif where == LINUX:
        yield f"{home}/.config/rancher-desktop/settings.json", _of_rancher
    elif where == WINDOWS:
        roaming = host.env("APPDATA") or f"{home}\\AppData\\Roaming"
        yield f"{roaming}\\rancher-desktop\\settings.json", _of_rancher_on_windows
    machines = desktop_host.join(host, home, ".config", "containers", "podman", "machine")
    for kind in ("applehv", "libkrun", "qemu", "wsl", "hyperv"):
        folder = desktop_host.join(host, machines, kind)
        for name in _folders_in(host, folder):
            if name.endswith(".json"):
                yield desktop_host.join(host, folder, name), _of_podman


def _colima_folders(host: Host, home: str) -> tuple[str, ...]:
    chosen = host.env("COLIMA_HOME")
    if chosen:
        return (chosen,)
    config = host.env("XDG_CONFIG_HOME") or f"{home}/.config"
    return (f"{home}/.colima", f"{config}/colima")


def _folders_in(host: Host, folder: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(host.list(folder)))
    except Unreadable:
        return ()


# -- how they are read ---------------------------------------------------------------------------


def _of_colima(path: str, text: str) -> VmConfig:
    told = top_scalars(text)
    return VmConfig(
        "colima",
        path.split("/")[-2],
        path,
        backend=_backend(told.get("vmType")),
        mount_type=told.get("mountType"),
        cpus=_number(told.get("cpu")),
        memory=_size(told.get("memory"), GIB),
        disk=_size(told.get("disk"), GIB),
        arch=_arch(told.get("arch")),
    )


def _of_lima(path: str, text: str) -> VmConfig:
    told = top_scalars(text)
    mount = told.get("mountType")
    return VmConfig(
        "lima",
        path.split("/")[-2],
        path,
        backend=_backend(told.get("vmType")),
        mount_type="sshfs" if mount == "reverse-sshfs" else mount,
        cpus=_number(told.get("cpus")),
        memory=_size(told.get("memory"), 1),
        disk=_size(told.get("disk"), 1),
        arch=_arch(told.get("arch")),
    )


def _of_finch(path: str, text: str) -> VmConfig:
    return _of_lima(path, text)._replace(provider="finch")


def _of_rancher(path: str, text: str) -> VmConfig:
    told = _object(path, text)
    machine = {**_part(told, "experimental", "virtualMachine"), **_part(told, "virtualMachine")}
    mount = machine.get("mount")
    kind = mount.get("type") if isinstance(mount, dict) else None
    return VmConfig(
        "rancher-desktop",
        "rancher-desktop",
        path,
        backend=_backend(machine.get("type")),
        mount_type="sshfs" if kind == "reverse-sshfs" else kind,
        cpus=_number(machine.get("numberCPUs")),
        memory=_size(machine.get("memoryInGB"), GIB),
        disk=None,
    )


def _of_rancher_on_windows(path: str, text: str) -> VmConfig:
    return _of_rancher(path, text)._replace(backend="wsl2", cpus=None, memory=None)


def _of_podman(path: str, text: str) -> VmConfig:
    told = _object(path, text)
    kind, file = re.split(r"[\\/]", path)[-2:]
    # A machine in WSL shares WSL's own VM: what stands here is not in effect
    # (containers/podman#20175).
    resources = {} if kind == "wsl" else _part(told, "Resources") or told
    return VmConfig(
        "podman",
        str(told.get("Name") or file.removesuffix(".json")),
        path,
        backend=_backend(kind),
        mount_type=None,
        cpus=_number(resources.get("CPUs")),
        memory=_size(resources.get("Memory"), MIB),
        disk=_size(resources.get("DiskSize"), GIB),
    )


def _object(path: str, text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise Garbled(f"{path} is not JSON: {error}") from None
    if not isinstance(told, dict):
        raise Garbled(f"{path} is no JSON object")
    return told


def _part(told: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        value = told.get(key)
        if not isinstance(value, dict):
            return {}
        told = value
    return told


def _backend(word: object) -> str | None:
    return _BACKENDS.get(word, word) if isinstance(word, str) and word else None


def _arch(word: str | None) -> str | None:
    return word if word in {"x86_64", "aarch64"} else None  # "host", "default": the computer's own


def _number(value: object) -> int | None:
    try:
        return int(str(value)) or None
    except ValueError:
        return None


def _size(value: object, unit: int) -> int | None:
    """Bytes of a plain number of units, or of a text with its own unit (Lima's "4GiB")."""
    found = _SIZE.fullmatch(str(value).strip()) if value is not None else None
    if found is None:
        return None
    try:
        number = float(found[1])
    except ValueError:
        return None
    factor = _UNITS[found[2][0].lower()] if found[2] else unit
    return int(number * factor) or None
