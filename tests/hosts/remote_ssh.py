"""A laptop without any engine of its own whose context leads to a server over ssh."""

from __future__ import annotations

import hashlib
import json

from tests.fake_host import DIRECTORY
from tests.hosts import ubuntu_2404
from tests.hosts.docker_info import version_answer
from tests.hosts.machine import Machine, told

FAILS: dict[str, str] = {}
HOME = "/home/ann"
URL = "ssh://deploy@build.example.com"


def machine(url: str = URL, tls: bool = False) -> Machine:
    machine = ubuntu_2404.base("ann-laptop")
    machine.network("wlp3s0", "172.17.3.20", "172.17.3.1", docker0=False)
    for name in ("docker0", "enp1s0"):
        machine.gauges["interfaces"].pop(name, None)
    machine.sysctls({"net/ipv4/ip_forward": "0", "net/ipv4/conf/all/forwarding": "0"})
    machine.user("ann", groups=("adm", "sudo"))
    own = {"uid": 1000, "gid": 1000, "owner": "ann", "group": "ann"}
    digest = hashlib.sha256(b"build").hexdigest()
    base = f"{HOME}/.docker/contexts"
    meta = {"Name": "build", "Metadata": {},
            "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}}}  # fmt: skip
    texts = {f"{HOME}/.docker/config.json": json.dumps({"currentContext": "build"}),
             f"{base}/meta/{digest}/meta.json": json.dumps(meta)}  # fmt: skip
    if tls:
        for name in ("ca.pem", "cert.pem", "key.pem"):
            texts[f"{base}/tls/{digest}/docker/{name}"] = "-----BEGIN CERTIFICATE-----\n"
    for path, text in texts.items():
        machine.files[path] = text.encode()
        machine.stats[path] = {"mode": 0o600, **own}
    for path in (f"{HOME}/.docker", base):
        machine.stats[path] = {"kind": DIRECTORY, "mode": 0o700, **own}
    machine.files["/usr/bin/docker"] = b"\x7fELF"
    machine.files["/usr/bin/ssh"] = b"\x7fELF"
    machine.plugins()
    info = told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "Name": "build", "KernelVersion": "6.1.0-41-amd64",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "SystemTime": "2026-11-24T06:00:00.123456789Z",
    }  # fmt: skip
    answer = version_answer("29.10.0", platform="Docker Engine - Community",
                            kernel="6.1.0-41-amd64")  # fmt: skip
    answer["Components"] += [{"Name": "containerd", "Version": "v2.4.2", "Details": {}},
                             {"Name": "runc", "Version": "1.4.3", "Details": {}}]  # fmt: skip
    machine.answers(url, info, answer)
    machine.run_answers("docker", "--version", out="Docker version 29.10.0, build 1\n")
    machine.dpkg(docker_ce_cli="5:29.10.0-1~ubuntu.24.04~noble", docker_buildx_plugin="0.36.0-1")
    return machine
