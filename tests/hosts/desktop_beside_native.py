"""Docker Desktop for Linux beside a native engine on Ubuntu; the context is desktop-linux."""

from __future__ import annotations

import hashlib
import json

from tests.fake_host import DIRECTORY, SOCKET
from tests.hosts import ubuntu_2404
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, told

FAILS = {"engine-vulnerable": "error", "several-engines": "note", "engine-behind": "note"}
HOME = "/home/ann"


def machine() -> Machine:
    machine = ubuntu_2404.machine()
    machine.user("ann", groups=("adm", "sudo", "docker"))
    machine.deny_docker_files()
    machine.files["/etc/group"] = b"root:x:0:\nsudo:x:27:ann\ndocker:x:999:ann\n"
    machine.unreadable |= {"/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/etc/ufw/after.rules"}
    own = {"uid": 1000, "gid": 1000, "owner": "ann", "group": "ann"}
    sock = f"{HOME}/.docker/desktop/docker.sock"
    digest = hashlib.sha256(b"desktop-linux").hexdigest()
    meta = {"Name": "desktop-linux", "Metadata": {"Description": "Docker Desktop"},
            "Endpoints": {"docker": {"Host": f"unix://{sock}", "SkipTLSVerify": False}}}  # fmt: skip
    for path, text in {
        f"{HOME}/.docker/config.json": json.dumps(
            {"auths": {}, "credsStore": "desktop", "currentContext": "desktop-linux"}),
        f"{HOME}/.docker/contexts/meta/{digest}/meta.json": json.dumps(meta),
    }.items():  # fmt: skip
        machine.files[path] = text.encode()
        machine.stats[path] = {"mode": 0o600, **own}
    for path in (f"{HOME}/.docker", f"{HOME}/.docker/contexts"):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o700, **own}
    machine.stats[sock] = {"kind": SOCKET, "mode": 0o755, **own}
    machine.files["/usr/bin/docker-credential-desktop"] = b"\x7fELF"
    machine.files["/opt/docker-desktop/bin/com.docker.backend"] = b"\x7fELF"
    machine.process(4100, "com.docker.back", "/opt/docker-desktop/bin/com.docker.backend", "run",
                    uid=1000, cgroup="0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
                    "docker-desktop.service\n")  # fmt: skip
    machine.peers[sock] = 4100
    info, _ = told("desktop/014.txt")
    info["Swarm"] = {"LocalNodeState": "inactive", "ControlAvailable": False}
    answer = version_answer(
        info["ServerVersion"], platform="Docker Desktop 4.78.0 (211500)",
        kernel=info["KernelVersion"],
    )  # fmt: skip
    machine.answers(f"unix://{sock}", info | {"SystemTime": "2026-11-24T06:00:00.12Z"}, answer)
    machine.packages["docker-desktop"] = "4.78.0-211500"
    machine.files["/var/lib/dpkg/info/docker-desktop.list"] = b"/.\n"
    return machine
