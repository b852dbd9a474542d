"""macOS 15 with Colima, after Docker Desktop was dragged into the bin: what it left is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import macos_colima_default
from tests.hosts.desktop_machine import APP, HOME

if TYPE_CHECKING:
    from tests.hosts.desktop_machine import Mac

FAILS = {
    "credential-helper-missing": "error",  # docker/for-mac#3785
    "cli-plugin-broken": "note",  # links into Docker.app, which docker passes over
}


def machine() -> Mac:
    mac = macos_colima_default.machine()
    config = mac.files[f"{HOME}/.colima/default/colima.yaml"].decode()
    mac.files[f"{HOME}/.colima/default/colima.yaml"] = (
        config.replace("cpu: 2", "cpu: 6").replace("memory: 2", "memory: 8").encode()
    )
    (answers,) = mac.engines.values()
    answers["/info"] |= {"NCPU": 6, "MemTotal": 8_320_000_000}
    mac.docker_config(
        auths={}, credsStore="desktop", currentContext="colima",
        cliPluginsExtraDirs=["/opt/homebrew/lib/docker/cli-plugins"],
    )  # fmt: skip
    for name in ("docker-buildx", "docker-compose", "docker-desktop"):
        mac.links[f"{HOME}/.docker/cli-plugins/{name}"] = f"{APP}/Resources/cli-plugins/{name}"
    return mac
