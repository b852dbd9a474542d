from __future__ import annotations

from typing import Any

import pytest

from probes.daemon_control import Control
from probes.formats.network_unit import parse_network_unit, unit_matches
from probes.model import judge
from probes.network_interfaces import TOPIC, InterfaceFacts, Parent, Taken
from tests.probes.network_host import APP, DOWN, ELSEWHERE, load, network_host, outcome, outcomes
from tests.records import replace

FINE = InterfaceFacts(
    site=Control(
        "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
    ),
    parents=(Parent("lan", "eth0", "wired"),),
    networkd=(),
    network_manager=(),
)
SHOW = (
    "systemctl",
    "show",
    "NetworkManager.service",
    "systemd-networkd.service",
    "firewalld.service",
    "-p",
    "Id,ActiveState",
)
NMCLI = ("nmcli", "-t", "-f", "DEVICE,STATE", "device")
VETH = {"Name": "veth0a1b2c3", "Type": "ether", "Kind": "veth", "Driver": "veth"}
BRIDGE = {"Name": "docker0", "Type": "bridge", "Kind": "bridge", "Driver": "bridge"}


def running(*active: str) -> dict[tuple[str, ...], tuple[int, str, str]]:
    units = [x for x in SHOW if x.endswith(".service")]
    text = "\n\n".join(
        f"Id={x}\nActiveState={'active' if x in active else 'inactive'}" for x in units
    )
    return {SHOW: (0, text + "\n", "")}


def test_outcomes() -> None:
    for check in TOPIC.checks:
        assert [x.outcome for x in judge(check, FINE)] == ["pass"], check.id
    parents = (Parent("a", "wlan0", "wifi"), Parent("b", "eth9", "missing"))
    facts = replace(
        FINE,
        parents=parents,
        networkd=(Taken("docker0", "/etc/systemd/network/99-all.network"),),
        network_manager=(Taken("docker0", "connected"),),
    )
    assert outcomes(TOPIC, facts, "macvlan-on-wifi") == [("fail", "warning", "a")]
    assert outcomes(TOPIC, facts, "macvlan-parent-missing") == [("fail", "warning", "b")]
    assert outcome(TOPIC, facts, "networkd-manages-docker") == "warning"
    assert outcome(TOPIC, facts, "network-manager-manages-docker") == "warning"
    none = replace(FINE, parents=())
    assert outcome(TOPIC, none, "macvlan-on-wifi") == "skip"
    assert outcome(TOPIC, none, "macvlan-parent-missing") == "skip"


@pytest.mark.parametrize("check", TOPIC.checks, ids=lambda x: x.id)
def test_missing_facts(check: Any) -> None:
    for why, result in ((DOWN, "unknown"), (ELSEWHERE, "skip")):
        facts = InterfaceFacts(site=why, parents=why, networkd=why, network_manager=why)
        assert [x.outcome for x in judge(check, facts)] == [result]


@pytest.mark.parametrize(
    ("text", "veth", "bridge"),
    [
        ("[Match]\nName=*\n", True, True),
        ("[Match]\nName=en* eth*\n", False, False),
        ("[Match]\nType=ether\n", True, False),
        ("[Match]\nType=ether\nKind=!*\n", False, False),
        ("[Match]\nName=!docker* veth*\n", False, False),
        ("[Match]\nName=veth*\nMACAddress=00:00:5e:00:53:01\n", False, False),
        ("[Match]\nName=docker0\nName=veth*\n", True, True),
        ("[Match]\n", False, False),
        ("[Network]\nDHCP=yes\n", False, False),
        ("[Match]\nName=veth[^0]*\n", False, False),
        ("# [Match]\n[Match]\n;Name=*\nDriver=bridge\n", False, True),
    ],
)
def test_network_files(text: str, veth: bool, bridge: bool) -> None:
    unit = parse_network_unit(text)
    assert unit_matches(unit, VETH) is veth
    assert unit_matches(unit, BRIDGE) is bridge


def test_networkd_takes_the_first_file_that_matches() -> None:
    files = {
        "/etc/systemd/network/50-all.network": "[Match]\nName=*\n[Network]\nDHCP=yes\n",
        "/usr/lib/systemd/network/80-container-ve.network": "[Match]\nKind=veth\nName=ve-*\n",
        "/etc/systemd/network/50-x.link": "[Match]\nOriginalName=*\n",
    }
    runs = running("systemd-networkd.service")
    facts = TOPIC.look(network_host(files=files, runs=runs))
    assert facts.networkd == (
        Taken(APP, "/etc/systemd/network/50-all.network"),
        Taken("docker0", "/etc/systemd/network/50-all.network"),
        Taken("veth0a1b2c3", "/etc/systemd/network/50-all.network"),
    )
    mended = {
        **files,
        "/etc/systemd/network/00-docker.network": "[Match]\nName=docker* veth* br-[0-9a-f]*\n\n"
        "[Link]\nUnmanaged=yes\n",
    }
    assert TOPIC.look(network_host(files=mended, runs=runs)).networkd == ()
    stopped = TOPIC.look(network_host(files=files, runs=running()))
    assert outcome(TOPIC, stopped, "networkd-manages-docker") == "skip"
    no_systemd = TOPIC.look(network_host(files=files))
    assert outcome(TOPIC, no_systemd, "networkd-manages-docker") == "skip"


@pytest.mark.parametrize(
    ("state", "result"),
    [
        ("connected (externally)", "pass"),
        ("unmanaged", "pass"),
        ("disconnected", "pass"),
        ("connected", "warning"),
        ("connecting (getting IP configuration)", "warning"),
    ],
)
def test_network_manager(state: str, result: str) -> None:
    text = f"eth0:connected\n{APP}:connected (externally)\ndocker0:{state}\nlo:unmanaged\n"
    runs = {**running("NetworkManager.service"), NMCLI: (0, text, "")}
    facts = TOPIC.look(network_host(runs=runs))
    assert outcome(TOPIC, facts, "network-manager-manages-docker") == result


def test_network_manager_without_nmcli_is_unknown() -> None:
    facts = TOPIC.look(network_host(runs=running("NetworkManager.service")))
    assert outcome(TOPIC, facts, "network-manager-manages-docker") == "unknown"


def test_parents() -> None:
    nets = load("network/networks-28.json")
    for name, parent in (("a", "eth0.50"), ("b", "wlan0"), ("c", "enp9s0"), ("d", "")):
        nets.append(
            {
                "Name": name,
                "Id": name,
                "Driver": "macvlan",
                "Scope": "local",
                "Options": {"parent": parent} if parent else {},
            }
        )
    files = {"/sys/class/net/eth0/mtu": "1500\n", "/sys/class/net/wlan0/wireless/x": ""}
    facts = TOPIC.look(network_host(engine={"/networks": nets}, files=files))
    assert facts.parents == (
        Parent("a", "eth0.50", "wired"),
        Parent("b", "wlan0", "wifi"),
        Parent("c", "enp9s0", "missing"),
    )
