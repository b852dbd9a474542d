from __future__ import annotations

from typing import Any

import pytest

from probes.daemon_control import Control
from probes.formats.networks import Container, Published
from probes.formats.ufw_rules import parse_ufw_rules
from probes.host.questions import Denied
from probes.model import judge
from probes.published_ports import TOPIC, PortFacts, Ports, Ufw, is_reserved
from tests.probes.network_host import (
    DOWN,
    ELSEWHERE,
    finding,
    load,
    network_host,
    outcome,
    outcomes,
)
from tests.records import replace

USER_RULES = """\
*filter
:ufw-user-input - [0:0]
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp -m multiport --dports 80,443 -j ACCEPT

### tuple ### allow any 8000:8010 0.0.0.0/0 any 0.0.0.0/0 in_eth0
### tuple ### allow tcp 5432 0.0.0.0/0 any 10.0.0.0/8 in
### tuple ### deny tcp 6379 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### allow_log tcp 9000 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### route:allow tcp 7000 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### broken
COMMIT
"""
UFW = Ufw(parse_ufw_rules(USER_RULES), guards_docker=False)


def box(*ports: int, address: str = "0.0.0.0", name: str = "web") -> Container:
    published = tuple(Published(name, address, x, x, "tcp") for x in ports)
    return Container(name, name, "running", (), (), published)


FINE = PortFacts(
    site=Control(
        "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
    ),
    containers=(box(80, 443),),
    userland_proxy=True,
    ports=Ports(32768, 60999, "", ()),
    iptables=True,
    ufw=UFW,
)
DEFAULT = [x for x in TOPIC.checks if not x.tags]


def test_a_fine_host_has_no_finding() -> None:
    for check in DEFAULT:
        assert [x.outcome for x in judge(check, FINE)] == ["pass"], check.id
    for check in DEFAULT:
        found = {x.outcome for x in judge(check, TOPIC.look(network_host()))}
        assert found <= {"pass", "skip"}, check.id


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"containers": (box(80, 443, 22, 9000),)}, "pass"),
        ({"containers": (box(5432),)}, "error"),
        ({"containers": (box(6379),)}, "error"),
        ({"containers": (box(7000),)}, "error"),
        ({"containers": (box(8005),)}, "pass"),
        ({"containers": (box(5432, address="::"),)}, "error"),
        ({"containers": (box(5432, address="127.0.0.1"),)}, "pass"),
        ({"ufw": None, "containers": (box(5432),)}, "skip"),
        ({"ufw": Ufw((), guards_docker=True), "containers": (box(5432),)}, "pass"),
        ({"iptables": False, "containers": (box(5432),)}, "skip"),
        ({"ufw": DOWN}, "unknown"),
        ({"containers": DOWN}, "unknown"),
    ],
)
def test_ufw(change: dict[str, Any], result: str) -> None:
    assert outcome(TOPIC, replace(FINE, **change), "ufw-bypassed") == result


def test_ufw_names_each_port_once() -> None:
    both = (box(5432, name="db"), box(5432, address="::", name="db"))
    said = outcomes(TOPIC, replace(FINE, containers=both), "ufw-bypassed")
    assert said == [("fail", "error", "db 5432/tcp")]


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (
            {"ports": Ports(32768, 60999, "", (Published("web", "0.0.0.0", 40000, 80, "tcp"),))},
            "note",
        ),
        ({"ports": DOWN}, "unknown"),
        ({"site": ELSEWHERE}, "skip"),
    ],
)
def test_ephemeral(change: dict[str, Any], result: str) -> None:
    assert outcome(TOPIC, replace(FINE, **change), "published-port-in-ephemeral-range") == result


def test_the_reservation_keeps_what_is_reserved() -> None:
    ports = Ports(32768, 60999, "35000-35010", (Published("web", "0.0.0.0", 40000, 80, "tcp"),))
    said = finding(TOPIC, replace(FINE, ports=ports), "published-port-in-ephemeral-range")
    assert "ip_local_reserved_ports = 35000-35010,40000" in said.mend[0]
    assert is_reserved(35005, ports.reserved)
    assert not is_reserved(35011, ports.reserved)


def test_proxies() -> None:
    crowd = replace(FINE, containers=(box(*range(10000, 11001)),))
    assert outcome(TOPIC, crowd, "userland-proxies-many") == "note"
    assert outcome(TOPIC, replace(crowd, userland_proxy=False), "userland-proxies-many") == "skip"
    assert outcome(TOPIC, FINE, "userland-proxy-on") == "note"
    assert outcome(TOPIC, replace(FINE, userland_proxy=False), "userland-proxy-on") == "pass"
    assert outcome(TOPIC, replace(FINE, iptables=False), "userland-proxy-on") == "skip"


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_missing_facts(check: Any) -> None:
    for why, result in ((DOWN, "unknown"), (ELSEWHERE, "skip")):
        facts = PortFacts(**dict.fromkeys(PortFacts._fields, why))
        assert [x.outcome for x in judge(check, facts)] == [result]


def test_only_ports_that_a_container_insists_on() -> None:
    # 32768 was left to Docker to choose, 8080 is below the range.
    assert TOPIC.look(network_host()).ports == Ports(32768, 60999, "", ())
    identity = load("network/containers-28.json")[0]["Id"]
    asked = {"HostConfig": {"PortBindings": {"81/tcp": [{"HostIp": "", "HostPort": "32768"}]}}}
    host = network_host(engine={f"/containers/{identity}/json": asked})
    ports = TOPIC.look(host).ports
    assert isinstance(ports, Ports)
    assert [(x.container, x.port) for x in ports.asked_for] == [("web", 32768)]
    reserved = network_host(
        engine={f"/containers/{identity}/json": asked},
        files={"/proc/sys/net/ipv4/ip_local_reserved_ports": "32768\n"},
    )
    assert TOPIC.look(reserved).ports == Ports(32768, 60999, "32768", ())


def test_ufw_is_read_from_its_files() -> None:
    files = {
        "/etc/ufw/ufw.conf": "# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n",
        "/etc/default/ufw": 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n',
        "/etc/ufw/after.rules": "*filter\nCOMMIT\n",
        "/etc/ufw/user.rules": USER_RULES,
        "/etc/ufw/user6.rules": "*filter\nCOMMIT\n",
    }
    facts = TOPIC.look(network_host(files=files))
    assert facts.ufw == UFW
    assert outcomes(TOPIC, facts, "ufw-bypassed") == [
        ("fail", "error", "web 8080/tcp"),
        ("fail", "error", "web 32768/tcp"),
    ]
    off = {**files, "/etc/ufw/ufw.conf": "ENABLED=no\n"}
    assert TOPIC.look(network_host(files=off)).ufw is None
    accept = {**files, "/etc/default/ufw": 'DEFAULT_INPUT_POLICY="ACCEPT"\n'}
    assert TOPIC.look(network_host(files=accept)).ufw is None
    guarded = {**files, "/etc/ufw/after.rules": "*filter\n:DOCKER-USER - [0:0]\nCOMMIT\n"}
    assert TOPIC.look(network_host(files=guarded)).ufw == Ufw((), guards_docker=True)
    shut = {("read", "/etc/ufw/user.rules"): Denied("/etc/ufw/user.rules may not be read")}
    denied = TOPIC.look(network_host(files=files, failures=shut))
    assert outcome(TOPIC, denied, "ufw-bypassed") == "unknown"
