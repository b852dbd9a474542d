"""Who an engine is, from what it says of itself and from where it listens: nothing is asked here.

The words for providers, backends and platforms are those of a report. What an answer does not tell
is None, never a guess: of an engine in a VM the same kernel is used on macOS, Linux and Hyper-V.
"""

from __future__ import annotations

from typing import Any

IN_A_VM = frozenset(
    {"docker-desktop", "orbstack", "rancher-desktop", "colima", "lima", "finch", "minikube"}
)
"""Providers whose engine has a VM, with a kernel and files of its own."""

_LIMA = frozenset({"colima", "lima", "finch", "rancher-desktop"})
"""Providers whose VM on macOS and Linux is made by Lima."""

_DESKTOP_ADDRESS = "com.docker.desktop.address="
"""The label with which Docker Desktop's engine names the socket on the computer itself."""

WINDOWS_PIPE = "npipe:////./pipe/docker_engine"
"""Where the docker CLI looks on Windows (docker/docs reference/cli/docker/context/). Docker Desktop,
Rancher Desktop and Windows' own engine all listen there."""

_SOCKETS = (
    ("/.colima/", "colima"),
    ("/colima/", "colima"),
    ("/.orbstack/", "orbstack"),
    ("/.rd/", "rancher-desktop"),
    ("/.finch/", "finch"),
    ("/finch/", "finch"),
    ("/.lima/", "lima"),
    ("/.docker/run/docker.sock", "docker-desktop"),
    ("/.docker/desktop/", "docker-desktop"),
    ("/com.docker.docker/", "docker-desktop"),
    ("pipe/dockerdesktop", "docker-desktop"),
    ("pipe/docker_cli", "docker-desktop"),
    ("/podman/", "podman"),
    ("/podman.sock", "podman"),
    ("pipe/podman", "podman"),
)
"""Parts of endpoints that belong to one provider. Sources: abiosoft/colima docs/FAQ.md,
lima-vm/lima templates/docker.yaml, rancher-sandbox/rancher-desktop utils/dockerDirManager.ts,
docker/compose#11242 (OrbStack), docker/for-mac#6536 (Docker Desktop), containers/podman
pkg/machine."""

_CONTEXTS = (("colima", "colima"), ("orbstack", "orbstack"), ("rancher-desktop", "rancher-desktop"))
"""Contexts that the providers make themselves. Anybody may use such a name, so it only counts where
nothing else is told."""


def provider_at(endpoint: str, certificates: str = "") -> str | None:
    """Whose engine listens at an endpoint; None where any may.

    ``certificates`` is the folder of the client's TLS certificates: minikube's docker-env names a
    plain TCP address, with certificates in minikube's own folder (kubernetes/minikube
    cmd/minikube/cmd/docker-env.go).

    >>> provider_at("unix:///Users/ann/.colima/default/docker.sock"), provider_at(WINDOWS_PIPE)
    ('colima', None)
    >>> provider_at("tcp://192.168.49.2:2376", "/home/ann/.minikube/certs")
    'minikube'
    """
    where = endpoint.lower().replace("\\", "/")
    told = next((provider for part, provider in _SOCKETS if part in where), None)
    if told is None and "/.minikube/" in certificates.lower().replace("\\", "/"):
        return "minikube"
    return told


def provider_named(context: str) -> str | None:
    """Whose engine a context of that name is made for; None for other names.

    >>> provider_named("colima-dev"), provider_named("default")
    ('colima', None)
    """
    for prefix, provider in _CONTEXTS:
        if context == prefix or context.startswith(f"{prefix}-"):
            return provider
    return None


def provider_of(
    version: dict[str, Any],
    info: dict[str, Any],
    *,
    endpoint: str = "",
    context: str = "",
    certificates: str = "",
) -> str:
    """Who provides an engine that answers.

    ``endpoint``, ``context`` and ``certificates`` are how it was reached: some engines say nothing
    of whose they are.
    Sources: outputs of ``docker info`` of the providers' users; /version Platform.Name is set by
    Docker's own builds only (docker-ce-packaging).
    """
    platform = platform_name(version)
    system = str(info.get("OperatingSystem") or "")
    kernel = str(info.get("KernelVersion") or "")
    name = str(info.get("Name") or "")
    components = {str(c.get("Name")) for c in items(version, "Components") if isinstance(c, dict)}
    labels = [str(label) for label in items(info, "Labels")]
    if "Podman Engine" in components:
        return "podman"
    # Old releases: "Docker for Mac", "Docker for Windows".
    if "Docker Desktop" in platform or system.startswith(("Docker Desktop", "Docker for ")):
        return "docker-desktop"
    if any(label.startswith(_DESKTOP_ADDRESS) for label in labels):
        return "docker-desktop"
    if "orbstack" in kernel.lower() or system == "OrbStack":
        return "orbstack"
    if _is_rancher(name, system, info):
        return "rancher-desktop"
    if name == "colima" or name.startswith("colima-"):
        return "colima"
    if name == "minikube" or (
        name.startswith("minikube") and any(label.startswith("provider=") for label in labels)
    ):
        return "minikube"
    if name.startswith("lima-finch"):
        return "finch"
    if name.startswith("lima-"):
        return "lima"
    if str(info.get("DockerRootDir") or "").startswith("/var/snap/"):
        return "snap"
    told = provider_at(endpoint, certificates)
    told = told or ("" if system and name else provider_named(context))
    return told or "docker-engine"


def _is_rancher(name: str, system: str, info: dict[str, Any]) -> bool:
    """Rancher Desktop's VM, or one of its WSL distributions."""
    if "rancher-desktop" in name or "Rancher Desktop" in system:
        return True
    return any("rancher-desktop" in str(option) for option in items(info, "SecurityOptions"))


def backend_of(version: dict[str, Any], info: dict[str, Any], *, endpoint: str = "") -> str | None:
    """What carries an engine, as far as it says so itself; None where it does not.

    WSL's kernels end in ``-microsoft-standard-WSL2`` (microsoft/WSL2-Linux-Kernel). Docker Desktop's
    own kernel, LinuxKit's, is on Windows that of Hyper-V: with WSL 2 it runs on WSL's.
    """
    kernel = _kernel(version, info).lower()
    if "microsoft" in kernel:
        return "wsl2"
    if _system(version, info) == "windows":
        return "native"  # containers of Windows, on Windows' own kernel
    if kernel.endswith("-linuxkit") and _address(info, endpoint).startswith("npipe:"):
        return "hyper-v"
    return None


def _address(info: dict[str, Any], endpoint: str) -> str:
    """Where an engine listens on its computer: as Docker Desktop's label says, else ``endpoint``."""
    for label in items(info, "Labels"):
        if str(label).startswith(_DESKTOP_ADDRESS):
            return str(label)[len(_DESKTOP_ADDRESS) :]
    return endpoint


def host_platform_of(
    version: dict[str, Any],
    info: dict[str, Any],
    *,
    endpoint: str = "",
    context: str = "",
    client_os: str = "",
) -> str | None:
    """The computer that an engine runs on: windows, macos, linux, wsl2; None where it is not told.

    ``client_os`` is what the client says of itself (``OS/Arch: darwin/arm64``), of a client on the
    same computer. Sources: outputs of users; Docker Desktop for Linux has no build for ARM, and on
    Windows for ARM it uses WSL 2 (docker/docs content/manuals/desktop/setup/install).
    """
    provider = provider_of(version, info, endpoint=endpoint, context=context)
    carried = backend_of(version, info)
    address = _address(info, endpoint)
    told = {"darwin": "macos", "windows": "windows", "linux": None}.get(client_os.lower())
    if told or address.startswith("npipe:") or _system(version, info) == "windows":
        return told or "windows"
    if address.startswith("unix:///Users/") or provider == "orbstack":
        return "macos"
    if provider in IN_A_VM:
        if carried == "wsl2":
            return "windows"
        if address.startswith("unix:///home/"):
            return "linux"
        arm = str(info.get("Architecture") or version.get("Arch") or "") in {"aarch64", "arm64"}
        if arm and (provider in _LIMA or provider == "docker-desktop"):
            return "macos"
        return "linux" if client_os.lower() == "linux" and provider == "docker-desktop" else None
    if carried == "wsl2":
        return None if provider == "podman" else "wsl2"  # podman's machines are distributions too
    return "linux" if info or version else None


def _kernel(version: dict[str, Any], info: dict[str, Any]) -> str:
    return str(info.get("KernelVersion") or version.get("KernelVersion") or "")


def _system(version: dict[str, Any], info: dict[str, Any]) -> str:
    return str(info.get("OSType") or version.get("Os") or "")


def platform_name(version: dict[str, Any]) -> str:
    """/version Platform.Name; empty for a distribution's own build."""
    platform = version.get("Platform")
    return str(platform.get("Name") or "") if isinstance(platform, dict) else ""


def items(answer: dict[str, Any], key: str) -> list[Any]:
    """A list in an engine's answer; empty where it is null, missing or of another type."""
    value = answer.get(key)
    return value if isinstance(value, list) else []
