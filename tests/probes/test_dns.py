from __future__ import annotations

from typing import Any

import pytest

from probes.daemon_control import Control
from probes.dns import TOPIC, DnsFacts
from probes.engine_network import Resolver
from probes.host.questions import Denied
from probes.model import Missing, judge
from tests.probes.network_host import DOWN, ELSEWHERE, network_host, outcome
from tests.records import replace

FINE = DnsFacts(
    site=Control(
        "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
    ),
    version=(28, 5, 2),
    resolver=Resolver("file", "", ("192.0.2.53",), None),
    dns=(),
    dns_where="",
)
ABSENT = Missing("/run/systemd/resolve/resolv.conf does not exist", "absent")


def test_a_fine_host_has_no_finding() -> None:
    for facts in (FINE, TOPIC.look(network_host())):
        for check in TOPIC.checks:
            assert [x.outcome for x in judge(check, facts)] == ["pass"], check.id


@pytest.mark.parametrize(
    ("state", "version", "dns", "result"),
    [
        ("absent", (28, 5, 2), (), "error"),
        ("dangling", (29, 0), (), "error"),
        ("file", (28, 5, 2), (), "warning"),
        ("absent", (27, 5), (), "warning"),
        ("absent", (28, 5, 2), ("1.1.1.1",), "pass"),
        ("absent", DOWN, (), "unknown"),
    ],
)
def test_resolv_conf_missing(state: str, version: Any, dns: Any, result: str) -> None:
    facts = replace(FINE, resolver=Resolver(state, "../run/x", (), None), version=version, dns=dns)
    assert outcome(TOPIC, facts, "resolv-conf-missing") == result


@pytest.mark.parametrize(
    ("servers", "upstream", "version", "dns", "result"),
    [
        (("127.0.0.53",), ("192.0.2.53",), (20, 10, 24), (), "pass"),
        (("127.0.0.53",), ("127.0.0.1",), (28, 5, 2), (), "note"),
        (("127.0.0.53",), ABSENT, (25, 0), (), "warning"),
        (("127.0.0.53",), DOWN._replace(kind="denied"), (25, 0), (), "unknown"),
        (("127.0.0.1",), None, (20, 10, 24), (), "warning"),
        (("127.0.0.1", "::1"), None, (25, 0, 3), (), "warning"),
        (("127.0.1.1",), None, (26, 0, 0), (), "note"),
        (("127.0.0.1", "192.0.2.1"), None, (20, 10), (), "pass"),
        (("127.0.0.1",), None, (20, 10), ("192.0.2.1",), "pass"),
        (("127.0.0.1",), None, DOWN, (), "unknown"),
        ((), None, (28, 5, 2), (), "skip"),
    ],
)
def test_only_loopback(servers: Any, upstream: Any, version: Any, dns: Any, result: str) -> None:
    facts = replace(
        FINE, resolver=Resolver("file", "", servers, upstream), version=version, dns=dns
    )
    assert outcome(TOPIC, facts, "host-dns-only-loopback") == result


@pytest.mark.parametrize(
    ("dns", "result"),
    [
        ((), "pass"),
        (("192.0.2.53",), "pass"),
        (("127.0.0.53",), "error"),
        (("::1",), "error"),
        (("127.0.0.1", "192.0.2.53"), "warning"),
        (DOWN, "unknown"),
        (ELSEWHERE, "skip"),
    ],
)
def test_daemon_dns(dns: Any, result: str) -> None:
    assert outcome(TOPIC, replace(FINE, dns=dns), "daemon-dns-loopback") == result


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_missing_facts(check: Any) -> None:
    for why, result in ((DOWN, "unknown"), (ELSEWHERE, "skip")):
        facts = replace(FINE, site=why, version=why, resolver=why, dns=why)
        assert [x.outcome for x in judge(check, facts)] == [result]


def test_looking() -> None:
    dangling = network_host(
        links={"/etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf"},
        failures={},
    )
    assert TOPIC.look(dangling).resolver == Resolver(
        "dangling", "../run/systemd/resolve/stub-resolv.conf", (), None
    )
    stub = network_host(
        files={
            "/etc/resolv.conf": "nameserver 127.0.0.53\noptions edns0\nsearch lan\n",
            "/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nnameserver fe80::1%eth0\n",
            "/etc/docker/daemon.json": '{"dns": ["127.0.0.53"]}',
        }
    )
    facts = TOPIC.look(stub)
    assert facts.resolver == Resolver("file", "", ("127.0.0.53",), ("192.0.2.1", "fe80::1"))
    assert facts.dns == ("127.0.0.53",)
    assert facts.dns_where == "/etc/docker/daemon.json line 1"
    assert outcome(TOPIC, facts, "daemon-dns-loopback") == "error"
    shut = network_host(failures={("read", "/etc/resolv.conf"): Denied("not for you")})
    assert outcome(TOPIC, TOPIC.look(shut), "resolv-conf-missing") == "unknown"
