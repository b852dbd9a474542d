"""A recorded host with Docker Engine 28.5.2, one network and one container: real outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from probes.model import Missing, judge
from tests.fake_host import fake_host

DATA = Path(__file__).parents[1] / "data"
ELSEWHERE = Missing("the engine is on another machine", "inapplicable")
DOWN = Missing("the engine is not running", "absent")
APP = "br-333728075ef9"
PORTS = {"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}}}


def load(name: str) -> Any:
    text = (DATA / name).read_text()
    return json.loads(text) if name.endswith(".json") else text


def interface(mtu: int, address: str = "", up: bool = True) -> dict[str, Any]:
    addresses = [{"family": 2, "address": address, "netmask": None}] if address else []
    return {"up": up, "mtu": mtu, "addresses": addresses}


def network_host(**changes: Any) -> Any:
    """The host; ``files``, ``links``, ``runs``, ``engine`` and ``gauges`` add to what it has."""
    containers = load("network/containers-28.json")
    answers: dict[str, Any] = {
        "engine": {
            "/version": load("network/version-28.json"),
            "/info": load("network/info-28.json"),
            "/networks": load("network/networks-28.json"),
            "/containers/json?all=1": containers,
            f"/containers/{containers[0]['Id']}/json": PORTS,
        },
        "files": {
            "/etc/resolv.conf": "nameserver 192.0.2.53\n",
            "/proc/100/cgroup": "0::/system.slice/docker.service\n",
            "/proc/100/environ": b"PATH=/usr/bin\0",
            "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
            "/proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
            "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n",
            "/usr/bin/dockerd": "",
        },
        "links": {"/proc/100/ns/net": "net:[1]", "/proc/self/ns/net": "net:[1]"},
        "runs": {
            ("ip", "-j", "route", "show", "table", "all"): (
                0,
                (DATA / "network/routes-28.json").read_text(),
                "",
            ),
            ("ip", "-4", "route", "get", "1.1.1.1"): (
                0,
                "1.1.1.1 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0 \n    cache \n",
                "",
            ),
            ("iptables-save",): (0, load("network/iptables-save-28.txt"), ""),
        },
        "peers": {"/var/run/docker.sock": 100},
        "gauges": {
            "processes": [[100, 1, 0, "dockerd", ["/usr/bin/dockerd", "-H", "fd://"], 1.7e9]],
            "interfaces": {
                "lo": interface(65536, "127.0.0.1"),
                "eth0": interface(1500, "192.0.2.2"),
                "docker0": interface(1500, "172.17.0.1"),
                APP: interface(1400, "172.18.0.1"),
            },
        },
    }
    for key, value in changes.items():
        answers[key] = {**answers.get(key, {}), **value}
    return fake_host(**answers)


def outcomes(topic: Any, facts: Any, check_id: str) -> list[tuple[str, str, str]]:
    """Outcome, severity and subject of everything that one check says."""
    check = next(x for x in topic.checks if x.id == check_id)
    return [
        (x.outcome, x.severity if x.outcome == "fail" else "", x.subject)
        for x in judge(check, facts)
    ]


def outcome(topic: Any, facts: Any, check_id: str) -> str:
    """The one outcome of a check: pass, skip, unknown, or the severity of its failure."""
    said = outcomes(topic, facts, check_id)
    assert len(said) == 1, said
    return said[0][1] or said[0][0]


def finding(topic: Any, facts: Any, check_id: str) -> Any:
    return judge(next(x for x in topic.checks if x.id == check_id), facts)[0]
