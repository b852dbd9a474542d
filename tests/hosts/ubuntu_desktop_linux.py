"""Docker Desktop for Linux on Ubuntu, the only engine there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts import ubuntu_2404
from tests.hosts.desktop_machine import GIB, LINUXKIT, STORE, desktop_info, version_of

if TYPE_CHECKING:
    from tests.hosts.machine import Machine

FAILS: dict[str, str] = {}
HOME = "/home/ann"
BASE = f"{HOME}/.docker/desktop"


def machine() -> Machine:
    machine = ubuntu_2404.base("ann-laptop")
    machine.gauges["interfaces"].pop("docker0")
    machine.network("wlp3s0", docker0=False)
    machine.gauges["interfaces"].pop("enp1s0")
    machine.sysctls({"net/ipv4/ip_forward": "0", "net/ipv4/conf/all/forwarding": "0"})
    machine.user("ann", groups=("adm", "sudo"))
    machine.files["/etc/group"] = b"root:x:0:\nsudo:x:27:ann\nkvm:x:993:ann\n"
    machine.unreadable |= {"/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/etc/ufw/after.rules"}
    own = {"uid": 1000, "gid": 1000, "owner": "ann", "group": "ann"}
    digest = hashlib.sha256(b"desktop-linux").hexdigest()
    meta = {"Name": "desktop-linux", "Metadata": {"Description": "Docker Desktop"},
            "Endpoints": {"docker": {"Host": f"unix://{BASE}/docker.sock",
                                     "SkipTLSVerify": False}}}  # fmt: skip
    settings = STORE | {"Cpus": 6, "MemoryMiB": 8192, "SwapMiB": 2048}
    for path, text in {
        f"{HOME}/.docker/config.json": json.dumps(
            {"auths": {}, "credsStore": "desktop", "currentContext": "desktop-linux"}),
        f"{HOME}/.docker/contexts/meta/{digest}/meta.json": json.dumps(meta),
        f"{HOME}/.docker/daemon.json": json.dumps(
            {"builder": {"gc": {"defaultKeepStorage": "20GB", "enabled": True}}}),
        f"{BASE}/settings-store.json": json.dumps(settings),
    }.items():  # fmt: skip
        machine.files[path] = text.encode()
        machine.stats[path] = {"mode": 0o600, **own}
    for path in (f"{HOME}/.docker", f"{HOME}/.docker/contexts", BASE):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o700, **own}
    machine.stats[f"{BASE}/docker.sock"] = {"kind": SOCKET, "mode": 0o755, **own}
    raw = f"{BASE}/vms/0/data/Docker.raw"
    machine.stats[raw] = {"size": 1024 * GIB, **own}
    machine.allocated[raw] = 2 * GIB
    machine.files["/usr/bin/docker"] = b"\x7fELF"
    machine.files["/usr/bin/docker-credential-desktop"] = b"\x7fELF"
    machine.files["/opt/docker-desktop/bin/com.docker.backend"] = b"\x7fELF"
    machine.plugins("/usr/lib/docker/cli-plugins")
    machine.process(4100, "com.docker.back", "/opt/docker-desktop/bin/com.docker.backend", "run",
                    uid=1000, cgroup="0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
                    "docker-desktop.service\n")  # fmt: skip
    machine.peers[f"{BASE}/docker.sock"] = 4100
    machine.run_answers("pgrep", "-f", "com.docker.backend", out="4100\n")
    info = desktop_info(LINUXKIT, label=f"unix://{BASE}/docker-cli.sock", cpus=6,
                        memory=8 * GIB - 170_000_000)  # fmt: skip
    machine.answers(f"unix://{BASE}/docker.sock", info, version_of(info))
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 0000000\n")
    machine.dpkg(
        docker_desktop="4.90.0-240112", docker_ce_cli="5:29.10.0-1~ubuntu.24.04~noble",
        docker_buildx_plugin="0.36.0-1", docker_compose_plugin="5.3.1-1",
    )  # fmt: skip
    return machine
