"""Windows 11 21H2 with the WSL that is part of Windows: wsl.exe knows no --version."""

from __future__ import annotations

from tests.hosts.desktop_machine import Windows
from tests.hosts.windows_11_wsl2_desktop import WSLCONFIG, answering, surroundings, wsl_info

FAILS = {
    "wsl-outdated": "error",  # Docker Desktop asks for 2.1.5
    "wslconfig-ignored-here": "warning",  # autoMemoryReclaim came with the WSL of the Store
}


def machine() -> Windows:
    around = surroundings(WSLCONFIG.replace("dropCache", "gradual"), build="22000.2538", wsl=None)
    around.services["LxssManager"] = around.services.pop("WslService")
    around.tasks["vmmem"] = 8812
    around.desktop()
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    info = wsl_info(KernelVersion="5.10.102.1-microsoft-standard-WSL2", CgroupVersion="1")
    return answering(Windows(around), info)
