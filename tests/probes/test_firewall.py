from __future__ import annotations

from typing import Any

import pytest

from probes.daemon_control import Control
from probes.firewall import TOPIC, Chains, FirewallFacts, digest
from probes.formats.iptables_save import parse_iptables_save, parse_nft
from probes.formats.networks import Network
from probes.host.questions import Denied
from probes.model import Missing, judge
from tests.probes.network_host import (
    APP,
    DOWN,
    ELSEWHERE,
    finding,
    interface,
    load,
    network_host,
    outcome,
)
from tests.records import replace


def net(subnets: tuple[str, ...] = ("172.17.0.0/16",), *, ipv6: bool = False) -> Network:
    return Network(
        "bridge",
        "1",
        "bridge",
        "local",
        False,
        False,
        ipv6,
        subnets,
        ("172.17.0.1",),
        {},
        "docker0",
    )


WHOLE = Chains("iptables-save", "nf_tables", True, True, True, True, "DROP", (), ())
NONE = Chains("iptables-save", "nf_tables", False, False, False, False, "ACCEPT", (), ())
FINE = FirewallFacts(
    site=Control(
        "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
    ),
    version=(28, 5, 2),
    networks=(net(("172.17.0.0/16", "fd00:1::/64"), ipv6=True),),
    iptables=True,
    iptables_where="",
    ip6tables=True,
    backend="iptables",
    chains=WHOLE,
    other=None,
    nft_table=Missing("the engine does not use its nftables backend", "inapplicable"),
    zones={"docker0": "docker", "eth0": "public"},
    guests=(),
    raw_off=False,
    ipv6=True,
)
NFTABLES = replace(FINE, backend="nftables", nft_table=True, chains=NONE)


def test_a_fine_host_has_no_finding() -> None:
    for facts in (FINE, NFTABLES, TOPIC.look(network_host())):
        for check in TOPIC.checks:
            assert {x.outcome for x in judge(check, facts)} <= {"pass", "skip"}, check.id


@pytest.mark.parametrize(
    ("id", "change", "result"),
    [
        ("docker-chains-missing", {"chains": NONE}, "error"),
        ("docker-chains-missing", {"chains": WHOLE._replace(nat_jump=False)}, "error"),
        ("docker-chains-missing", {"chains": NONE, "other": WHOLE}, "pass"),
        ("docker-chains-missing", {"chains": NONE, "other": DOWN}, "unknown"),
        ("docker-chains-missing", {"chains": NONE, "iptables": False}, "skip"),
        ("docker-chains-missing", {"chains": NONE, "networks": ()}, "skip"),
        ("docker-chains-missing", {"chains": DOWN}, "unknown"),
        ("iptables-rules-split", {"other": WHOLE}, "warning"),
        ("iptables-rules-split", {"other": NONE}, "pass"),
        ("iptables-rules-split", {"iptables": False}, "skip"),
        ("iptables-rules-split", {"other": DOWN}, "unknown"),
        ("iptables-off", {"iptables": False}, "warning"),
        ("iptables-off", {"iptables": False, "networks": ()}, "skip"),
        ("iptables-off", {"iptables": DOWN}, "unknown"),
        ("ip6tables-off", {"ip6tables": False}, "note"),
        (
            "ip6tables-off",
            {"ip6tables": False, "networks": (net(("2a00:1:2::/64",), ipv6=True),)},
            "warning",
        ),
        ("ip6tables-off", {"ip6tables": False, "networks": (net(),)}, "skip"),
        ("ip6tables-off", {"ip6tables": DOWN}, "unknown"),
        ("ipv6-network-without-kernel-ipv6", {"ipv6": False}, "warning"),
        ("ipv6-network-without-kernel-ipv6", {"ipv6": False, "networks": (net(),)}, "skip"),
        ("ipv6-network-without-kernel-ipv6", {"ipv6": DOWN}, "unknown"),
        ("firewalld-zone-lost", {"zones": {"eth0": "public"}}, "warning"),
        ("firewalld-zone-lost", {"zones": {"docker0": "public"}}, "warning"),
        ("firewalld-zone-lost", {"zones": {"docker0": "trusted"}}, "pass"),
        ("firewalld-zone-lost", {"zones": None}, "skip"),
        ("firewalld-zone-lost", {"zones": {}, "version": (19, 3)}, "skip"),
        ("firewalld-zone-lost", {"zones": {}, "iptables": False}, "skip"),
        ("firewalld-zone-lost", {"zones": DOWN}, "unknown"),
        ("forward-policy-blocks-guests", {"guests": ("lxdbr0",)}, "warning"),
        (
            "forward-policy-blocks-guests",
            {"guests": ("virbr0",), "chains": WHOLE._replace(guests_admitted=("virbr0",))},
            "pass",
        ),
        (
            "forward-policy-blocks-guests",
            {"guests": ("lxdbr0",), "chains": WHOLE._replace(forward_policy="ACCEPT")},
            "pass",
        ),
        ("forward-policy-blocks-guests", {"guests": ("lxdbr0",), "chains": DOWN}, "unknown"),
        ("raw-rules-off", {"raw_off": True}, "warning"),
        ("raw-rules-off", {"raw_off": True, "version": (27, 5)}, "skip"),
        ("raw-rules-off", {"raw_off": True, "iptables": False}, "skip"),
        ("raw-rules-off", {"raw_off": DOWN}, "unknown"),
    ],
)
def test_outcomes(id: str, change: dict[str, Any], result: str) -> None:  # noqa: A002
    assert outcome(TOPIC, replace(FINE, **change), id) == result


def test_the_nftables_backend() -> None:
    gone = replace(NFTABLES, nft_table=False)
    assert outcome(TOPIC, NFTABLES, "docker-chains-missing") == "pass"
    assert outcome(TOPIC, gone, "docker-chains-missing") == "error"
    rules = WHOLE._replace(user_rules=("-s 203.0.113.0/24 -j DROP",))
    assert outcome(TOPIC, replace(NFTABLES, chains=rules), "docker-user-rules-ignored") == "warning"
    assert outcome(TOPIC, NFTABLES, "docker-user-rules-ignored") == "pass"
    assert outcome(TOPIC, replace(FINE, chains=rules), "docker-user-rules-ignored") == "skip"
    assert outcome(TOPIC, replace(NFTABLES, chains=DOWN), "docker-user-rules-ignored") == "unknown"


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_missing_facts(check: Any) -> None:
    for why, result in ((DOWN, "unknown"), (ELSEWHERE, "skip")):
        facts = FirewallFacts(
            **{x: why if x != "iptables_where" else "" for x in FirewallFacts._fields}
        )
        assert [x.outcome for x in judge(check, facts)] == [result]


@pytest.mark.parametrize("release", ["20", "28"])
def test_the_rules_that_engines_write(release: str) -> None:
    ruleset = parse_iptables_save(load(f"network/iptables-save-{release}.txt"))
    found = digest("iptables-save", ruleset, ("virbr0", APP))
    assert found.whole
    assert found.flavour == "nf_tables"
    assert found.forward_policy == "ACCEPT"
    assert found.user_rules == ()
    assert found.guests_admitted == ((APP,) if release == "28" else ())


def test_a_flush_takes_the_jumps_and_leaves_the_chains() -> None:
    text = load("network/iptables-save-28.txt")
    flushed = "\n".join(x for x in text.splitlines() if not x.startswith("-A"))
    host = network_host(runs={("iptables-save",): (0, flushed, "")})
    said = finding(TOPIC, TOPIC.look(host), "docker-chains-missing")
    assert said.severity == "error"
    assert "the jump to it from PREROUTING" in said.summary
    assert said.mend[0].startswith("sudo systemctl restart docker")


def test_both_flavours() -> None:
    text = load("network/iptables-save-28.txt")
    legacy = text.replace("(nf_tables)", "(legacy)")
    host = network_host(
        files={"/proc/net/ip_tables_names": "filter\nnat\n"},
        runs={("iptables-legacy-save",): (0, legacy, "")},
    )
    assert outcome(TOPIC, TOPIC.look(host), "iptables-rules-split") == "warning"
    # Nothing in the kernel's legacy tables: the command that would load them is not run.
    assert TOPIC.look(network_host()).other is None
    # The host's iptables is the legacy one, and there is none for nft.
    host = network_host(runs={("iptables-save",): (0, legacy, "")})
    assert outcome(TOPIC, TOPIC.look(host), "iptables-rules-split") == "pass"


def test_nft_stands_in_for_iptables_save() -> None:
    text = (
        "table ip nat {\n\tchain DOCKER {\n\t}\n\n\tchain PREROUTING {\n"
        "\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
        '\t\txt match "addrtype" counter packets 0 bytes 0 jump DOCKER\n\t}\n}\n'
        "table ip filter {\n\tchain DOCKER {\n\t}\n\n\tchain FORWARD {\n"
        "\t\ttype filter hook forward priority filter; policy drop;\n"
        "\t\tcounter packets 0 bytes 0 jump DOCKER-USER\n\t}\n}\n"
        "table inet other {\n\tchain FORWARD {\n\t}\n}\n"
    )
    found = digest("nft", parse_nft(text), ())
    assert found.whole
    assert found.forward_policy == "DROP"
    host = network_host(
        runs={("nft", "list", "ruleset"): (0, text, "")},
        failures={("run", "iptables-save"): absent("iptables-save")},
    )
    assert outcome(TOPIC, TOPIC.look(host), "docker-chains-missing") == "pass"
    neither = network_host(failures={("run", "iptables-save"): absent("iptables-save")})
    assert outcome(TOPIC, TOPIC.look(neither), "docker-chains-missing") == "unknown"


def absent(name: str) -> Exception:
    from probes.host.questions import Absent

    return Absent(f"there is no command {name}")


def test_a_plain_user_is_told_what_to_type() -> None:
    session = {"uid": 1000, "name": "me", "home": "/home/me", "groups": [], "granted_groups": []}
    gauges = {
        "session": session,
        "processes": [[100, 1, 0, "dockerd", ["/usr/bin/dockerd"], 1.7e9]],
        "interfaces": {"docker0": interface(1500), "virbr0": interface(1500)},
    }
    facts = TOPIC.look(network_host(gauges=gauges))
    said = finding(TOPIC, facts, "docker-chains-missing")
    assert (said.outcome, said.look) == ("unknown", "sudo iptables-save")
    assert facts.guests == ("virbr0",)
    assert outcome(TOPIC, facts, "forward-policy-blocks-guests") == "unknown"


def test_firewalld() -> None:
    show = (
        "systemctl", "show", "NetworkManager.service", "systemd-networkd.service",
        "firewalld.service", "-p", "Id,ActiveState",
    )  # fmt: skip
    on = {
        show: (0, "Id=firewalld.service\nActiveState=active\n", ""),
        ("firewall-cmd", "--get-active-zones"): (
            0,
            f"docker\n  interfaces: docker0 {APP}\npublic\n  interfaces: eth0\n",
            "",
        ),
    }
    assert outcome(TOPIC, TOPIC.look(network_host(runs=on)), "firewalld-zone-lost") == "pass"
    on[("firewall-cmd", "--get-active-zones")] = (0, "public\n  interfaces: eth0\n", "")
    assert outcome(TOPIC, TOPIC.look(network_host(runs=on)), "firewalld-zone-lost") == "warning"
    on[("firewall-cmd", "--get-active-zones")] = (253, "", "Authorization failed.\n")
    assert outcome(TOPIC, TOPIC.look(network_host(runs=on)), "firewalld-zone-lost") == "unknown"


def test_switches_are_read_from_the_daemon() -> None:
    config = '{"iptables": false, "ip6tables": true}'
    facts = TOPIC.look(network_host(files={"/etc/docker/daemon.json": config}))
    assert facts.iptables is False
    said = finding(TOPIC, facts, "iptables-off")
    assert said.evidence[0].source == "/etc/docker/daemon.json line 1"
    old = {"Version": "20.10.24", "ApiVersion": "1.41"}
    assert TOPIC.look(network_host(engine={"/version": old})).ip6tables is False
    assert TOPIC.look(network_host()).ip6tables is True


def test_the_raw_table_by_warning_and_by_environment() -> None:
    info = load("network/info-28.json")
    info["Warnings"] = ["WARNING: DOCKER_INSECURE_NO_IPTABLES_RAW is set"]
    assert TOPIC.look(network_host(engine={"/info": info})).raw_off is True
    variable = b"PATH=/usr/bin\0DOCKER_INSECURE_NO_IPTABLES_RAW=1\0"
    assert TOPIC.look(network_host(files={"/proc/100/environ": variable})).raw_off is True
    shut = {("read", "/proc/100/environ"): Denied("not yours")}
    assert TOPIC.look(network_host(failures=shut)).raw_off is False


def test_the_nftables_backend_is_told_by_info() -> None:
    info = load("network/info-28.json")
    info["FirewallBackend"] = {"Driver": "nftables+firewalld"}
    table = ("nft", "-t", "list", "table", "ip", "docker-bridges")
    host = network_host(engine={"/info": info}, runs={table: (1, "", "No such file")})
    facts = TOPIC.look(host)
    assert (facts.backend, facts.nft_table) == ("nftables", False)
    there = network_host(engine={"/info": info}, runs={table: (0, "table ip docker-bridges", "")})
    assert TOPIC.look(there).nft_table is True
