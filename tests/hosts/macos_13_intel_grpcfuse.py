"""macOS 13 on Intel: Apple's framework, and files shared by gRPC FUSE."""

from __future__ import annotations

from tests.hosts.desktop_machine import GIB, STORE, Mac, mac_info
from tests.hosts.macos_14_arm_good import configured

FAILS = {"desktop-file-sharing-slow": "warning"}


def machine() -> Mac:
    mac = configured(Mac("13", machine="x86_64", memory=16 * GIB, cpus=8))
    mac.desktop(
        STORE | {
            "Cpus": 6, "MemoryMiB": 8192, "SwapMiB": 2048, "UseVirtualizationFramework": True,
            "UseVirtualizationFrameworkVirtioFS": False, "UseGrpcfuse": True,
        }
    )  # fmt: skip
    mac.desktop_answers(mac_info(arm=False, cpus=6, memory=8 * GIB))
    return mac
