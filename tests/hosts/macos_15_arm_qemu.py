"""macOS 15 on Apple silicon whose Docker Desktop has stayed on QEMU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import macos_14_arm_good

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import Mac

FAILS = {
    "desktop-hypervisor-removed": "warning",
    "desktop-file-sharing-slow": "warning",  # VirtioFS needs Apple's framework
    "rosetta-without-apple-framework": "warning",
}


def machine() -> Mac:
    settings = macos_14_arm_good.SETTINGS | {
        "UseVirtualizationFramework": False, "UseVirtualizationFrameworkVirtioFS": False,
        "UseGrpcfuse": True,
    }  # fmt: skip
    return macos_14_arm_good.machine("15", settings, vm="qemu-system-aarch64")
