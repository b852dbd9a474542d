"""Ubuntu 24.04 in WSL 2 with docker-ce of its own, asked by root through sudo.

sudo loses the variables of WSL and the Windows folders of PATH. Docker Desktop is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_host import SESSION
from tests.hosts import wsl2_own_dockerd

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import InsideWsl

FAILS = {"log-rotation-unbounded": "warning"}


def machine() -> InsideWsl:
    machine = wsl2_own_dockerd.machine(windows_path=False)
    machine.gauges["session"] = dict(SESSION)
    for name in ("WSL_DISTRO_NAME", "WSL_INTEROP", "NAME"):
        del machine.env[name]
    machine.env["HOME"] = "/root"
    del machine.files["/etc/docker/daemon.json"]
    answers = machine.engines["unix:///var/run/docker.sock"]
    answers["/info"]["LoggingDriver"] = "json-file"
    return machine
