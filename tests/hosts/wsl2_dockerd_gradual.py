"""Ubuntu in WSL 2 with docker-ce under systemd and autoMemoryReclaim=gradual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import wsl2_own_dockerd
from tests.hosts.windows_11_wsl2_desktop import WSLCONFIG

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import InsideWsl

FAILS = {"wsl-reclaim-gradual-breaks-dockerd": "warning"}
UNKNOWN = wsl2_own_dockerd.UNKNOWN


def machine() -> InsideWsl:
    return wsl2_own_dockerd.machine(WSLCONFIG.replace("dropCache", "gradual"))
