"""Ubuntu in WSL 2 while Docker Desktop runs with its integration off for this distribution."""

from __future__ import annotations

from tests.hosts import wsl2_desktop_integration
from tests.hosts.desktop_machine import STORE, InsideWsl

FAILS = {"desktop-integration-off": "error"}
DENIED = True


def machine() -> InsideWsl:
    settings = STORE | {"EnableIntegrationWithDefaultWslDistro": False,
                        "IntegratedWslDistros": []}  # fmt: skip
    machine = InsideWsl(wsl2_desktop_integration.around(settings=settings))
    # What the integration has left: a link into a folder that is only there while it is on.
    machine.links["/usr/bin/docker"] = "/mnt/wsl/docker-desktop/cli-tools/usr/bin/docker"
    machine.home_config(credsStore="desktop.exe")
    return machine
