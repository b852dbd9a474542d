"""macOS 15 with OrbStack in use and Docker Desktop beside it; there is no /var/run/docker.sock."""

from __future__ import annotations

from tests.hosts import macos_14_arm_good, macos_orbstack
from tests.hosts.desktop_machine import HOME, Mac

FAILS = {"several-engines": "note", "desktop-socket-missing": "note"}


def machine() -> Mac:
    mac = macos_14_arm_good.machine("15", default_socket=False)
    macos_orbstack.orbstack(mac)
    mac.docker_config(auths={}, credsStore="desktop", currentContext="orbstack")
    assert f"unix://{HOME}/.orbstack/run/docker.sock" in mac.engines
    return mac
