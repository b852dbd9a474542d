"""Windows 10 22H2 in German with Docker Desktop on WSL 2; .wslconfig asks for mirrored networking."""

from __future__ import annotations

from tests.hosts.desktop_machine import GIB, Windows
from tests.hosts.windows_11_wsl2_desktop import answering, surroundings, wsl_info

FAILS = {"wslconfig-ignored-here": "warning"}

TEXT = """\
[wsl2]
memory=8GB
processors=6
swap=2GB
networkingMode=mirrored
[experimental]
autoMemoryReclaim=dropCache
"""


def machine() -> Windows:
    around = surroundings(TEXT, build="19045.6456", locale="de-DE", memory=16_890_728_448, cpus=8)
    around.desktop()
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    return answering(Windows(around), wsl_info(cpus=6, memory=8 * GIB))
