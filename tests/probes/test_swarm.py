from __future__ import annotations

import base64
from typing import Any

import pytest

from probes.daemon_control import Control
from probes.formats.networks import Network
from probes.formats.routes import Route
from probes.formats.sizes import GIB, MIB
from probes.formats.x509 import Certificate, parse_certificates
from probes.host.questions import Denied, Refused
from probes.model import Missing, judge
from probes.swarm import DAY, TOPIC, Membership, Node, SwarmFacts
from tests.probes.network_host import (
    DOWN,
    ELSEWHERE,
    finding,
    interface,
    load,
    network_host,
    outcome,
    outcomes,
)
from tests.records import replace

NOW = 1_795_562_351.0
CERTIFICATE = "/var/lib/docker/swarm/certificates/swarm-node.crt"
RAFT = "/var/lib/docker/swarm/raft"


def net(name: str, subnet: str, driver: str = "overlay", **options: str) -> Network:
    named = {key.replace("_", "."): value for key, value in options.items()}
    return Network(
        name=name,
        id=name,
        driver=driver,
        scope="swarm" if driver == "overlay" else "local",
        internal=False,
        ingress=name == "ingress",
        ipv6=False,
        subnets=(subnet,),
        gateways=(),
        options=named,
        bridge="docker_gwbridge" if driver == "bridge" else "",
    )


def node(name: str, role: str = "manager", **changes: str) -> Node:
    values = {
        "hostname": name,
        "id": f"id-{name}",
        "role": role,
        "availability": "active",
        "state": "ready",
        "reachability": "reachable" if role == "manager" else "",
        "address": "10.5.0.1",
        **changes,
    }
    return Node(**values)


def route(destination: str, device: str, *, on_link: bool = True) -> Route:
    return Route(destination, device, "main", "unicast", "", on_link, 0, 0)


MEMBER = Membership("active", True, "10.5.0.1", "", 4, 3, True, "", False, False)
WORKER = MEMBER._replace(manager=False, nodes=0, managers=0, autolock=None)
OVERLAY = net("web", "10.0.1.0/24", encrypted="")
FINE = SwarmFacts(
    member=MEMBER,
    nodes=(node("m1"), node("m2"), node("m3"), node("w1", "worker")),
    services=3,
    networks=(net("ingress", "10.0.0.0/24"), OVERLAY, net("gw", "172.18.0.0/16", "bridge")),
    live_restore=False,
    live_restore_where="",
    root=Certificate("swarm", NOW - 100 * DAY, NOW + 7200 * DAY),
    certificate=Certificate("swarm", NOW - 30 * DAY, NOW + 60 * DAY),
    certificate_path=CERTIFICATE,
    now=NOW,
    addresses=("10.5.0.1", "127.0.0.1", "fe80::1"),
    underlay=("eth0", 1500),
    routes=(
        route("0.0.0.0/0", "eth0"),
        route("10.5.0.0/24", "eth0"),
        route("172.18.0.0/16", "docker_gwbridge"),
    ),
    listens_on=("10.5.0.1",),
    raft_bytes=128 * MIB,
    site=Control(
        "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
    ),
)
DEFAULT = [x for x in TOPIC.checks if not x.tags]


def test_a_fine_cluster_has_no_finding() -> None:
    for check in TOPIC.checks:
        assert [x.outcome for x in judge(check, FINE)] == ["pass"], check.id


@pytest.mark.parametrize(
    ("id", "change", "result"),
    [
        ("swarm-node-out-of-service", {"member": MEMBER._replace(state="locked")}, "error"),
        ("swarm-node-out-of-service", {"member": MEMBER._replace(error="no route")}, "error"),
        ("swarm-with-live-restore", {"live_restore": True}, "error"),
        ("swarm-with-live-restore", {"live_restore": DOWN}, "unknown"),
        (
            "swarm-mode-unused",
            {"member": MEMBER._replace(nodes=1), "services": 0, "networks": FINE.networks[:1]},  # type: ignore[index]
            "note",
        ),
        ("swarm-mode-unused", {"member": MEMBER._replace(nodes=1), "services": 0}, "pass"),
        ("swarm-mode-unused", {"services": DOWN}, "unknown"),
        ("swarm-with-nftables", {"member": MEMBER._replace(nftables=True)}, "warning"),
        (
            "swarm-quorum-at-risk",
            {"nodes": (node("a"), node("b"), node("c", reachability="unreachable"))},
            "error",
        ),
        (
            "swarm-quorum-at-risk",
            {"nodes": (*map(node, "abcd"), node("e", reachability="unreachable"))},
            "pass",
        ),
        (
            "swarm-quorum-at-risk",
            {"nodes": Missing("the swarm does not have a leader", "refused")},
            "error",
        ),
        ("swarm-quorum-at-risk", {"nodes": DOWN}, "unknown"),
        ("swarm-managers-even", {"nodes": (node("a"), node("b"))}, "warning"),
        ("swarm-managers-even", {"nodes": tuple(map(node, "abcd"))}, "note"),
        ("swarm-managers-even", {"nodes": (node("a"),)}, "pass"),
        ("swarm-managers-even", {"nodes": ()}, "skip"),
        ("swarm-managers-even", {"nodes": DOWN}, "unknown"),
        ("swarm-node-down", {"nodes": (node("a"), node("w", "worker", state="down"))}, "warning"),
        (
            "swarm-node-down",
            {"nodes": (node("w", "worker", state="down", availability="drain"),)},
            "note",
        ),
        (
            "swarm-certificate-ending",
            {"certificate": Certificate("swarm", NOW - 85 * DAY, NOW + 5 * DAY)},
            "error",
        ),
        (
            "swarm-certificate-ending",
            {"certificate": Certificate("swarm", NOW - 95 * DAY, NOW - DAY)},
            "error",
        ),
        # Certificates of an hour, as an owner may choose: nothing is late yet.
        (
            "swarm-certificate-ending",
            {"certificate": Certificate("swarm", NOW - 1800, NOW + 1800)},
            "pass",
        ),
        ("swarm-certificate-ending", {"certificate": DOWN}, "unknown"),
        ("swarm-ca-ending", {"root": Certificate("swarm", 0, NOW + 90 * DAY)}, "warning"),
        ("swarm-ca-ending", {"root": Certificate("swarm", 0, NOW - DAY)}, "error"),
        ("swarm-ca-ending", {"now": DOWN}, "unknown"),
        ("swarm-address-changed", {"addresses": ("10.5.0.9",)}, "error"),
        (
            "swarm-address-changed",
            {"addresses": ("10.5.0.9",), "member": MEMBER._replace(nodes=1)},
            "note",
        ),
        ("swarm-address-changed", {"member": MEMBER._replace(address="8.8.8.8")}, "pass"),
        ("swarm-address-changed", {"member": MEMBER._replace(address="127.0.0.1")}, "pass"),
        ("swarm-address-changed", {"member": MEMBER._replace(address="")}, "skip"),
        ("swarm-address-changed", {"addresses": DOWN}, "unknown"),
        ("swarm-overlay-mtu-above-underlay", {"underlay": ("wg0", 1420)}, "warning"),
        (
            "swarm-overlay-mtu-above-underlay",
            {
                "underlay": ("wg0", 1420),
                "networks": (net("web", "10.0.1.0/24", com_docker_network_driver_mtu="1420"),),
            },
            "pass",
        ),
        (
            "swarm-overlay-mtu-above-underlay",
            {
                "underlay": ("eth0", 1500),
                "networks": (net("web", "10.0.1.0/24", com_docker_network_driver_mtu="9000"),),
            },
            "warning",
        ),
        (
            "swarm-overlay-mtu-above-underlay",
            {"underlay": ("wg0", 1420), "member": MEMBER._replace(nodes=1)},
            "skip",
        ),
        ("swarm-overlay-mtu-above-underlay", {"underlay": DOWN}, "unknown"),
        ("swarm-network-hides-route", {"routes": (route("10.0.0.0/24", "eth0"),)}, "warning"),
        ("swarm-network-hides-route", {"routes": (route("10.0.0.0/16", "eth0"),)}, None),
        (
            "swarm-network-hides-route",
            {"routes": (route("10.0.0.0/8", "tun0", on_link=False),)},
            "pass",
        ),
        ("swarm-network-hides-route", {"routes": DOWN}, "unknown"),
        ("swarm-raft-large", {"raft_bytes": 2 * GIB}, "warning"),
        ("swarm-raft-large", {"raft_bytes": DOWN}, "unknown"),
        ("swarm-autolock-off", {"member": MEMBER._replace(autolock=False)}, "note"),
        ("swarm-autolock-off", {"member": WORKER}, "skip"),
        ("swarm-overlay-unencrypted", {"networks": (net("x", "10.0.2.0/24"),)}, "note"),
        ("swarm-overlay-unencrypted", {"networks": ()}, "skip"),
        ("swarm-overlay-unencrypted", {"networks": DOWN}, "unknown"),
        ("swarm-listens-everywhere", {"listens_on": ("all addresses",)}, "note"),
        ("swarm-listens-everywhere", {"listens_on": ()}, "skip"),
        ("swarm-listens-everywhere", {"member": WORKER}, "skip"),
        ("swarm-listens-everywhere", {"listens_on": DOWN}, "unknown"),
    ],
)
def test_outcomes(id: str, change: dict[str, Any], result: str | None) -> None:  # noqa: A002
    facts = replace(FINE, **change)
    if result is None:  # a LAN that covers several overlay networks: one finding for each
        assert [x[:2] for x in outcomes(TOPIC, facts, id)] == [("fail", "warning")] * 2
    else:
        assert outcome(TOPIC, facts, id) == result


def test_a_plain_user_is_told_how_to_see_the_certificate() -> None:
    facts = replace(FINE, certificate=Missing("not for you", "denied"))
    said = finding(TOPIC, facts, "swarm-certificate-ending")
    assert said.look == f"sudo openssl x509 -in {CERTIFICATE} -noout -enddate"


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_outside_a_swarm_everything_is_skipped_for_one_reason(check: Any) -> None:
    said = judge(check, TOPIC.look(network_host()))
    assert [(x.outcome, x.reason) for x in said] == [("skip", "this engine is in no swarm")]


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_missing_facts(check: Any) -> None:
    for why, result in ((DOWN, "unknown"), (ELSEWHERE, "skip")):
        values: dict[str, Any] = dict.fromkeys(SwarmFacts._fields, why)
        values |= {"live_restore_where": "", "certificate_path": ""}
        assert [x.outcome for x in judge(check, SwarmFacts(**values))] == [result]


@pytest.mark.parametrize("state", ["locked", "pending", "error"])
def test_a_node_out_of_service_has_one_finding(state: str) -> None:
    facts = replace(FINE, member=MEMBER._replace(state=state))
    failed = [c.id for c in DEFAULT for x in judge(c, facts) if x.outcome == "fail"]
    assert failed == ["swarm-node-out-of-service"]


# -- looking -------------------------------------------------------------------------------------


def swarm_host(**changes: Any) -> Any:
    info = load("swarm/info-28.json")
    info["DockerRootDir"] = "/var/lib/docker"
    engine = {
        "/info": info,
        "/nodes": load("swarm/nodes-28.json"),
        "/services": [],
        "/networks": load("swarm/networks-28.json"),
        **changes.pop("engine", {}),
    }
    files = {
        CERTIFICATE: info["Swarm"]["Cluster"]["TLSInfo"]["TrustRoot"],
        f"{RAFT}/wal-v3-encrypted/0.wal": b"x" * 1000,
        f"{RAFT}/snap-v3-encrypted/1.snap": b"x" * 24,
        "/proc/self/net/tcp6": "  sl  local_address remote_address st\n"
        "   0: 00000000000000000000000000000000:0949 0000:0000 0A 0 0\n",
        **changes.pop("files", {}),
    }
    gauges = {
        "clock": NOW,
        "processes": [[100, 1, 0, "dockerd", ["/usr/bin/dockerd"], 1.7e9]],
        "interfaces": {
            "lo": interface(65536, "127.0.0.1"),
            "eth0": interface(1500, "192.0.2.2"),
            "docker0": interface(1500, "172.17.0.1"),
        },
        **changes.pop("gauges", {}),
    }
    return network_host(engine=engine, files=files, gauges=gauges, **changes)


def test_the_recorded_swarm() -> None:
    facts = TOPIC.look(swarm_host())
    assert isinstance(facts.member, Membership)
    assert facts.member[:7] == ("active", True, "127.0.0.1", "", 1, 1, False)
    assert facts.nodes == (
        Node(
            "vm",
            "yihspjuv3xhp54al3v5ijoen6",
            "manager",
            "active",
            "ready",
            "reachable",
            "127.0.0.1",
        ),
    )
    assert facts.services == 0
    assert facts.raft_bytes == 1024
    assert facts.listens_on == ("all addresses",)
    assert isinstance(facts.root, Certificate)
    assert facts.root == facts.certificate
    assert round((facts.root.not_after - facts.root.not_before) / DAY) == 7300
    failed = [c.id for c in DEFAULT for x in judge(c, facts) if x.outcome == "fail"]
    assert failed == ["swarm-mode-unused"]


def test_a_worker_skips_what_only_managers_know() -> None:
    info = load("swarm/info-28.json")
    for key in ("Cluster", "Nodes", "Managers"):
        info["Swarm"].pop(key)
    info["Swarm"]["ControlAvailable"] = False
    no = Refused("This node is not a swarm manager", status=503)
    facts = TOPIC.look(swarm_host(engine={"/info": info, "/nodes": no, "/services": no}))
    for name in ("swarm-quorum-at-risk", "swarm-node-down", "swarm-mode-unused", "swarm-ca-ending"):
        assert outcome(TOPIC, facts, name) == "skip"
    assert outcome(TOPIC, facts, "swarm-raft-large") == "skip"
    assert outcome(TOPIC, facts, "swarm-autolock-off") == "skip"


def test_a_swarm_without_a_leader() -> None:
    no = Refused(
        "GET /nodes: rpc error: code = Unknown desc = The swarm does not have a leader. It's "
        "possible that too few managers are online.",
        status=500,
    )
    facts = TOPIC.look(swarm_host(engine={"/nodes": no}))
    assert outcome(TOPIC, facts, "swarm-quorum-at-risk") == "error"


def test_what_a_plain_user_cannot_read_is_unknown() -> None:
    shut = {
        ("read", CERTIFICATE): Denied("not for you"),
        ("list", RAFT): Denied("not for you"),
    }
    facts = TOPIC.look(swarm_host(failures=shut))
    assert outcome(TOPIC, facts, "swarm-certificate-ending") == "unknown"
    assert outcome(TOPIC, facts, "swarm-raft-large") == "unknown"
    assert outcome(TOPIC, facts, "swarm-ca-ending") == "pass"


def test_live_restore_in_the_file_counts_before_it_is_live() -> None:
    host = swarm_host(files={"/etc/docker/daemon.json": '{"live-restore": true}'})
    said = finding(TOPIC, TOPIC.look(host), "swarm-with-live-restore")
    assert said.severity == "error"
    assert said.evidence[0].source == "/etc/docker/daemon.json line 1"


@pytest.mark.parametrize("swarm", [None, [], {}, {"LocalNodeState": None}, "x"])
def test_odd_answers_are_no_swarm(swarm: Any) -> None:
    facts = TOPIC.look(network_host(engine={"/info": {"Swarm": swarm}}))
    assert {x.outcome for c in TOPIC.checks for x in judge(c, facts)} == {"skip"}


def test_no_token_is_asked_for() -> None:
    host = swarm_host()
    TOPIC.look(host)
    assert "/swarm" not in [x.question[-1] for x in host.answered()]


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x03\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff", b"\x04\x01a"]
)
def test_what_is_no_certificate(data: bytes) -> None:
    body = base64.b64encode(data).decode()
    if body:
        with pytest.raises(ValueError):
            parse_certificates(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
