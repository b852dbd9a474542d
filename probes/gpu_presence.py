"""Whether this host has GPUs, and whose: what can be told in a millisecond, without a driver.

Everything else about GPUs asks here first: a host without one is spared all of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes import desktop_host
from probes.engine import is_there
from probes.host.questions import Absent, Unreadable
from probes.model import Missing, absent_as, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host

NVIDIA, AMD, INTEL = "nvidia", "amd", "intel"

VENDORS = {"10de": NVIDIA, "1002": AMD, "8086": INTEL}
"""PCI vendor ids, pci.ids."""

PCI, WSL, TEGRA, WINDOWS = "pci", "wsl", "tegra", "windows"
"""How GPUs of this host are reached: as PCI devices, through WSL's /dev/dxg, as part of a Jetson's
chip, by the driver of Windows."""

DISPLAY_CLASSES = ("0300", "0302", "0380", "1200")
"""PCI classes of GPUs: VGA, 3D controller, other display controller, processing accelerator
(PCI Code and ID Assignment Specification; AMD Instinct uses the last two). 0403 is the HDMI audio
of the same card."""

SWITCH_CLASS = "0680"
"""Class of an NVSwitch, "other bridge"."""

DATA_CENTRE_CLASS = "0302"
"""A GPU without outputs: NVIDIA's data-centre boards."""

INDEX = "/proc/bus/pci/devices"
"""One line for each PCI device: bus and function, vendor and device, resources, driver
(linux drivers/pci/proc.c, show_device). One read instead of hundreds below /sys."""

DEVICES = "/sys/bus/pci/devices"

DXG = "/dev/dxg"
"""The GPU of Windows in WSL 2 (microsoft/WSL2-Linux-Kernel drivers/hv/dxgkrnl)."""

WSL_LIBRARIES = "/usr/lib/wsl/lib"
"""Where WSL mounts the libraries of the Windows driver."""

_GRAPHICS_DRIVERS = frozenset({"i915", "xe"})

DISPLAY_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
"""Display adapters (Microsoft, "System-Defined Device Setup Classes")."""


class NoGpu(Unreadable):
    """This host has no GPU, or none of that maker."""

    kind = "inapplicable"


class Adapter(NamedTuple):
    """One GPU, or one NVSwitch, as the bus or Windows tells of it."""

    bus: str
    """0000:01:00.0; empty where there is no PCI address."""
    vendor: str
    """nvidia, amd or intel."""
    device: str
    """PCI device id, 20b0; empty where it is not told."""
    kind: str
    """display, compute (without outputs) or switch."""
    driver: str
    """Kernel driver that holds it: nvidia, nouveau, vfio-pci, amdgpu...; empty for none."""
    model: str = ""
    """As Windows calls it; PCI devices have no name of their own."""


class Presence(NamedTuple):
    """The GPUs of a host."""

    way: str
    """pci, wsl, tegra or windows; empty where there is none."""
    adapters: tuple[Adapter, ...]
    """Empty for WSL and Jetson, where a driver has to be asked."""

    def of(self, vendor: str) -> tuple[Adapter, ...]:
        """The GPUs of one maker, switches apart."""
        return tuple(a for a in self.adapters if a.vendor == vendor and a.kind != "switch")


NOTHING = Presence("", ())


def presence(host: Host) -> Presence:
    """The GPUs of this host.

    Raises: an Unreadable where it cannot be told.
    """
    return host.derive(_presence)


def has_nvidia(host: Host) -> bool:
    """Whether there is an NVIDIA GPU, or what stands for one (a Jetson, WSL with its libraries).

    Raises: an Unreadable where it cannot be told.
    """
    return is_nvidia(presence(host))


def is_nvidia(seen: Presence) -> bool:
    """The same of what was seen."""
    return bool(seen.of(NVIDIA)) or seen.way in {TEGRA, WSL}


def require_nvidia(host: Host) -> Presence:
    """The GPUs, of which one is NVIDIA's. Raises: NoGpu, else an Unreadable."""
    seen = presence(host)
    if not is_nvidia(seen):
        others = sorted({name_of(a.vendor) for a in seen.adapters})
        raise NoGpu(
            f"this host has no NVIDIA GPU (but one of {' and '.join(others)})"
            if others
            else "this host has no GPU"
        )
    return seen


def name_of(vendor: str) -> str:
    """A maker's name as people write it."""
    return {NVIDIA: "NVIDIA", AMD: "AMD", INTEL: "Intel"}.get(vendor, vendor)


def _presence(host: Host) -> Presence:
    on = desktop_host.platform(host)
    if on == desktop_host.WINDOWS:
        found = _of_windows(host)
        return Presence(WINDOWS, found) if found else NOTHING
    if on == desktop_host.WSL2:
        # /dev/dxg is there with any GPU; the libraries of NVIDIA only with its driver in Windows.
        there = host.exists(DXG) and host.exists(f"{WSL_LIBRARIES}/libnvidia-ml.so.1")
        return Presence(WSL, ()) if there else NOTHING
    if on != desktop_host.LINUX:
        return NOTHING
    found = _of_pci(host)
    if any(a.vendor == NVIDIA for a in found):
        return Presence(PCI, found)
    if is_tegra(host):
        return Presence(TEGRA, found)
    return Presence(PCI, found) if found else NOTHING


def is_tegra(host: Host) -> bool:
    """Whether this is a Jetson: its GPU is part of the chip and on no bus."""
    if is_there(host, "/etc/nv_tegra_release"):
        return True
    compatible = absent_as(lambda: host.read_text("/proc/device-tree/compatible"), "")
    return isinstance(compatible, str) and "nvidia,tegra" in compatible


# -- PCI -----------------------------------------------------------------------------------------


def _of_pci(host: Host) -> tuple[Adapter, ...]:
    index = absent_as(lambda: host.read_text(INDEX), None)
    if isinstance(index, Missing) and index.kind == "unrecorded":
        return tuple(_adapters(host, _names(host)))
    interesting = None if not isinstance(index, str) else _interesting(index)
    if interesting is not None and not interesting:
        return ()
    names = _names(host)
    if interesting is not None:
        # The index knows no domains: 0001:00:00.0 is found by 00:00.0.
        names = [name for name in names if name.partition(":")[2] in interesting]
    return tuple(_adapters(host, names))


def _names(host: Host) -> list[str]:
    names = absent_as(lambda: host.list(DEVICES), ())
    if isinstance(names, Missing):
        host.list(DEVICES)  # says why
        return []
    return [
        name for name in names if re.fullmatch(r"[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.\d", name)
    ]


def _interesting(index: str) -> set[str]:
    r"""The addresses, without domain, of what may be a GPU.

    >>> sorted(_interesting("0100\t10de20b0\t0\n0010\t80863e98\t0\ti915\n00f8\t8086a305\t0\n"))
    ['00:02.0', '01:00.0']
    """
    found = set()
    for line in index.splitlines():
        words = line.split("\t")
        if len(words) < 2 or not re.fullmatch(r"[0-9a-f]{4}", words[0]):  # noqa: PLR2004
            continue
        vendor = VENDORS.get(words[1][:4])
        if vendor is None or (vendor == INTEL and words[-1].strip() not in _GRAPHICS_DRIVERS):
            # Nearly every part of an Intel machine is Intel's: its GPU is known by its driver.
            continue
        function = int(words[0], 16) & 0xFF
        found.add(f"{words[0][:2]}:{function >> 3:02x}.{function & 7}")
    return found


def _adapters(host: Host, names: list[str]) -> list[Adapter]:
    found = []
    for name in names:
        folder = f"{DEVICES}/{name}"
        vendor = VENDORS.get(_word(host, f"{folder}/vendor"))
        if vendor is None:
            continue
        number = _word(host, f"{folder}/class")[:4]
        if number == SWITCH_CLASS and vendor == NVIDIA:
            kind = "switch"
        elif number in DISPLAY_CLASSES:
            kind = "display" if number == "0300" else "compute"
        else:
            continue
        found.append(
            Adapter(name, vendor, _word(host, f"{folder}/device"), kind, _driver(host, folder))
        )
    return found


def _word(host: Host, path: str) -> str:
    """A number as sysfs writes it, without its 0x; empty where it is gone meanwhile."""
    try:
        return host.read_text(path).strip().removeprefix("0x")
    except Absent:
        return ""


def _driver(host: Host, folder: str) -> str:
    target = absent_as(lambda: host.readlink(f"{folder}/driver"), "")
    return target.rpartition("/")[2] if isinstance(target, str) else ""


# -- Windows -------------------------------------------------------------------------------------


def _of_windows(host: Host) -> tuple[Adapter, ...]:
    """The display adapters whose drivers are installed, by the registry."""
    try:
        names = host.registry(DISPLAY_KEY).keys
    except Absent:
        return ()
    found = []
    for name in names:
        if not name.isdigit():
            continue
        values = known(lambda name=name: host.registry(rf"{DISPLAY_KEY}\{name}").values)  # type: ignore[misc]
        if isinstance(values, Missing):
            continue
        told = re.search(
            r"ven_([0-9a-f]{4})&dev_([0-9a-f]{4})", str(values.get("MatchingDeviceId", "")).lower()
        )
        vendor = VENDORS.get(told[1]) if told else None
        if told and vendor:
            model = str(values.get("DriverDesc") or "")
            found.append(Adapter("", vendor, told[2], "display", "", model))
    return tuple(found)
