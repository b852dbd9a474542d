"""Ubuntu in WSL 2 with docker-ce under systemd and no Docker Desktop: a good state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts.desktop_machine import InsideWsl
from tests.hosts.machine import told
from tests.hosts.windows_11_wsl2_desktop import WSLCONFIG, surroundings

if TYPE_CHECKING:
    from typing import Any

    from tests.hosts.desktop_machine import Surroundings

FAILS: dict[str, str] = {}
UNKNOWN = {
    "docker-chains-missing", "iptables-rules-split", "daemon-log-discarded",
    "daemon-descriptors-nearly-used",
}  # fmt: skip
"""What only root may see."""

DAEMON_JSON = b'{\n  "log-driver": "local"\n}\n'


def around(wslconfig: str = WSLCONFIG) -> Surroundings:
    around = surroundings(wslconfig)
    del around.services["com.docker.service"]
    return around


def own_engine(machine: InsideWsl) -> InsideWsl:
    """docker-ce as Docker's repository installs it; logs are limited."""
    machine.gauges["interfaces"].pop("docker0", None)
    machine.network("eth0", "172.29.112.5", "172.29.112.1")
    machine.files["/etc/docker/daemon.json"] = DAEMON_JSON
    machine.files["/sys/module/overlay/parameters/metacopy"] = b"N\n"
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "Containers": 0, "ContainersStopped": 0,
        "LoggingDriver": "local",
        "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
    }  # fmt: skip
    machine.docker_ce(info, "29.10.0")
    machine.dpkg(
        docker_ce="5:29.10.0-1~ubuntu.24.04~noble", docker_ce_cli="5:29.10.0-1~ubuntu.24.04~noble",
        containerd__io="2.4.2-1~ubuntu.24.04~noble", docker_buildx_plugin="0.36.0-1",
        docker_compose_plugin="5.3.1-1",
    )  # fmt: skip
    return machine


def machine(wslconfig: str = WSLCONFIG, **inside: Any) -> InsideWsl:
    return own_engine(InsideWsl(around(wslconfig), **inside))
