"""What NVIDIA's kernel module says of itself, and how the driver and the toolkit are installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = re.compile(r"Kernel Module(?: for \S+)?\s+(\d+\.\d+(?:\.\d+)*)")


class Module(NamedTuple):
    """The kernel module that is loaded."""

    version: str
    """550.135, 580.95.05."""
    is_open: bool
    """Whether it is the open kernel module."""


def parse_proc_version(text: str) -> Module | None:
    """/proc/driver/nvidia/version; None where its first line is of another form.

    >>> parse_proc_version("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release")
    Module(version='580.95.05', is_open=True)
    >>> parse_proc_version("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.135  Thu Nov 14")
    Module(version='550.135', is_open=False)
    """
    first = text.partition("\n")[0]
    match = _VERSION.search(first)
    return Module(match[1], "Open Kernel Module" in first) if match else None


def parse_modinfo(text: str) -> dict[str, str]:
    r"""The first value of each field that ``modinfo nvidia`` prints.

    >>> parse_modinfo("filename:       /lib/modules/6.8/nvidia.ko\nversion:        570.133.20\n")
    {'filename': '/lib/modules/6.8/nvidia.ko', 'version': '570.133.20'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() and not name[0].isspace():
            found.setdefault(name.strip(), value.strip())
    return found


def library_version(path: str) -> str:
    """The driver's version out of the name of one of its libraries; empty where it has none.

    >>> library_version("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.570.133.20")
    '570.133.20'
    >>> library_version("/usr/lib/wsl/lib/libnvidia-ml.so.1")
    ''
    """
    match = re.search(r"\.so\.(\d{2,}\.\d+(?:\.\d+)*)$", path)
    return match[1] if match else ""


DRIVER_GUIDE = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/"
TOOLKIT_GUIDE = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
)

_APT_SOURCE = (
    (
        "curl -fsSL https://nvidia.github.io/libnvidia-container/gpgkey | sudo gpg --dearmor -o "
        "/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg"
    ),
    (
        "curl -s -L https://nvidia.github.io/libnvidia-container/stable/deb/"
        "nvidia-container-toolkit.list | sed "
        "'s#deb https://#deb [signed-by=/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg] "
        "https://#g' | sudo tee /etc/apt/sources.list.d/nvidia-container-toolkit.list"
    ),
    "sudo apt-get update",
)
_RPM_REPOSITORY = (
    "https://nvidia.github.io/libnvidia-container/stable/rpm/nvidia-container-toolkit.repo"
)


def driver_commands(release: Mapping[str, str], manager: str) -> tuple[str, ...]:
    """How the driver is installed on a distribution; a guide where its way is not known.

    Sources: help.ubuntu.com "NVIDIA drivers installation", wiki.debian.org NvidiaGraphicsDrivers,
    rpmfusion.org Howto/NVIDIA, wiki.archlinux.org NVIDIA, NVIDIA's driver installation guide.
    """
    names = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if "ubuntu" in names:
        return ("sudo ubuntu-drivers install   # then: sudo reboot",)
    if "debian" in names:
        return (
            "add contrib non-free non-free-firmware to the sources of apt, then:",
            "sudo apt-get update && sudo apt-get install linux-headers-$(uname -r) nvidia-driver",
            "sudo reboot",
        )
    if release.get("ID") == "fedora":
        return (
            "sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda   # from RPM Fusion nonfree",
            "sudo reboot   # after the module is built: modinfo -F version nvidia",
        )
    if release.get("ID") == "nixos":
        return ('set services.xserver.videoDrivers = [ "nvidia" ]; and hardware.nvidia.open',)
    if manager == "pacman":
        return ("sudo pacman -S nvidia-open nvidia-utils", "sudo reboot")
    return (f"Install the driver by NVIDIA's guide: {DRIVER_GUIDE}",)


def toolkit_commands(release: Mapping[str, str], manager: str) -> tuple[str, ...]:
    """How the container toolkit is installed: NVIDIA's install guide, by package manager."""
    if release.get("ID") == "nixos":
        return ("set hardware.nvidia-container-toolkit.enable = true;",)
    if manager == "apt":
        return (*_APT_SOURCE, "sudo apt-get install -y nvidia-container-toolkit")
    if manager in {"dnf", "yum"}:
        return (
            (
                f"curl -s -L {_RPM_REPOSITORY} | sudo tee "
                "/etc/yum.repos.d/nvidia-container-toolkit.repo"
            ),
            f"sudo {manager} install -y nvidia-container-toolkit",
        )
    if manager == "zypper":
        return (
            f"sudo zypper ar {_RPM_REPOSITORY}",
            "sudo zypper --gpg-auto-import-keys install -y nvidia-container-toolkit",
        )
    if manager == "pacman":
        return ("sudo pacman -S nvidia-container-toolkit",)
    return (f"Install it by NVIDIA's guide: {TOOLKIT_GUIDE}",)
