"""macOS 15 on Apple silicon with Docker VMM, which has VirtioFS and no Rosetta: a good state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import macos_14_arm_good

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import Mac

FAILS: dict[str, str] = {}


def machine() -> Mac:
    settings = macos_14_arm_good.SETTINGS | {
        "UseLibkrun": True, "UseVirtualizationFrameworkRosetta": False,
    }  # fmt: skip
    return macos_14_arm_good.machine("15", settings, vm="krunkit")
