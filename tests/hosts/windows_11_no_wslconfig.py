"""Windows 11 with Docker Desktop on WSL 2 and no .wslconfig: WSL takes up to half of the memory."""

from __future__ import annotations

from tests.hosts.desktop_machine import Windows
from tests.hosts.windows_11_wsl2_desktop import answering, surroundings, wsl_info

FAILS = {"wsl-memory-unlimited": "note"}


def machine() -> Windows:
    around = surroundings(None)
    around.desktop()
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    return answering(Windows(around), wsl_info(cpus=16))
