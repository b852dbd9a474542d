"""Ubuntu in WSL 2 with Docker Desktop, whose containers have folders of C: mounted."""

from __future__ import annotations

from tests.hosts import wsl2_desktop_integration
from tests.hosts.desktop_machine import InsideWsl, container

FAILS = {"bind-mount-across-vm": "warning"}

DRIVE = "/run/desktop/mnt/host/c/Users/ann/shop"


def machine() -> InsideWsl:
    machine = wsl2_desktop_integration.machine()
    rows = [
        container("shop-web-1", "node:22", (DRIVE, "/app")),
        container("shop-db-1", "postgres:17", (f"{DRIVE}/data", "/var/lib/postgresql/data")),
    ]
    answers = machine.engines["unix:///var/run/docker.sock"]
    answers["/containers/json?all=1"] = rows
    answers["/info"] |= {"Containers": 2, "ContainersRunning": 2, "Images": 2}
    return machine
