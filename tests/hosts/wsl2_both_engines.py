"""Ubuntu in WSL 2 with a dockerd of its own, for which Docker Desktop's integration is on as well."""

from __future__ import annotations

from tests.hosts import wsl2_desktop_integration, wsl2_own_dockerd
from tests.hosts.desktop_machine import InsideWsl

FAILS = {"engines-competing-for-socket": "warning"}
UNKNOWN = wsl2_own_dockerd.UNKNOWN


def machine() -> InsideWsl:
    machine = InsideWsl(wsl2_desktop_integration.around())
    wsl2_own_dockerd.own_engine(machine)
    base = "/mnt/wsl/docker-desktop"
    machine.files[f"{base}/cli-tools/usr/bin/docker"] = b"\x7fELF"
    machine.files[f"{base}/docker-desktop-user-distro"] = b"\x7fELF"
    return machine
