"""Ubuntu in WSL 2 with Docker Desktop's integration: a good state, asked by a plain user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.desktop_machine import STORE, InsideWsl
from tests.hosts.windows_11_wsl2_desktop import surroundings, wsl_info

if TYPE_CHECKING:
    from typing import Any

    from tests.hosts.desktop_machine import Surroundings

FAILS: dict[str, str] = {}


def around(**desktop: Any) -> Surroundings:
    around = surroundings()
    settings = STORE | {"EnableIntegrationWithDefaultWslDistro": True,
                        "IntegratedWslDistros": ["Ubuntu-24.04"]}  # fmt: skip
    around.desktop(**{"settings": settings, **desktop})
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    return around


def machine(**inside: Any) -> InsideWsl:
    machine = InsideWsl(around(), **inside)
    machine.integration(wsl_info())
    return machine
