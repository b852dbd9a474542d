"""Ubuntu 24.04 whose dockerd does not start: hosts in daemon.json and -H fd:// in the unit."""

from __future__ import annotations

from tests.hosts import ubuntu_2404
from tests.hosts.machine import NOW, Machine

DENIED = True
FAILS = {
    "daemon-json-flag-conflict": "error", "docker-socket-left-over": "error",
    "unit-start-limit-hit": "error",
}  # fmt: skip


def machine() -> Machine:
    machine = ubuntu_2404.machine()
    machine.engines.clear()
    machine.gauges["processes"] = [p for p in machine.gauges["processes"] if p[3] != "dockerd"]
    for path in [p for p in machine.files if p.startswith("/proc/1210/")]:
        del machine.files[path]
    for path in [p for p in machine.links if p.startswith("/proc/1210/")]:
        del machine.links[path]
    machine.peers.clear()
    machine.files["/etc/docker/daemon.json"] = (
        b'{\n  "hosts": ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375"]\n}\n'
    )
    machine.stats["/etc/docker/daemon.json"] = {"mtime": NOW - 600}
    machine.units["docker.service"] |= {
        "ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "MainPID": "0",
        "NRestarts": "3", "ExecMainStatus": "1", "TasksCurrent": "[not set]",
    }  # fmt: skip
    machine.units["docker.socket"] |= {
        "ActiveState": "failed", "SubState": "failed", "Result": "service-start-limit-hit",
    }  # fmt: skip
    words = (
        "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following "
        "directives are specified both as a flag and in the configuration file: hosts: (from flag: "
        "[fd://], from file: [unix:///var/run/docker.sock tcp://127.0.0.1:2375])\n"
    )
    machine.run_answers("journalctl", "-u", "docker.service", "-b", "-n", "60", "-o", "cat",
                        "--no-pager", "-q", out=words)  # fmt: skip
    return machine
