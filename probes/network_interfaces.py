"""Interfaces: which network managers touch Docker's, and on which of the host's Docker builds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes import engine, engine_network
from probes.engine_network import here_or, names_of
from probes.formats import network_unit
from probes.model import (
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    absent_as,
    fail,
    have,
    known,
    need,
    ok,
    skip,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.daemon_control import Control
    from probes.host import Host

NETWORKD_DIRS = (
    "/etc/systemd/network",
    "/run/systemd/network",
    "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network",
    "/lib/systemd/network",
)
"""In the order in which a name in one hides the same name in the next, systemd.network(5)."""


TOPIC = Topic["InterfaceFacts"](
    "network-interfaces", "Network interfaces", engine=(engine_network.NETWORKS,)
)


class Parent(NamedTuple):
    """The interface under a macvlan network."""

    network: str
    interface: str
    state: str
    """wired, wifi or missing."""


class Taken(NamedTuple):
    """An interface of Docker's kind that a network manager takes."""

    interface: str
    by: str
    """The file, or the state that nmcli shows."""


class InterfaceFacts(NamedTuple):
    """What else works on Docker's interfaces."""

    site: Control | Missing
    parents: tuple[Parent, ...] | Missing
    """The interfaces under the macvlan networks."""
    networkd: tuple[Taken, ...] | Missing
    network_manager: tuple[Taken, ...] | Missing


@TOPIC.probe
def look(host: Host) -> InterfaceFacts:
    """Ask the engine for its networks, and the network managers what they take."""
    where = known(lambda: engine_network.site(host))
    return InterfaceFacts(
        site=where,
        parents=here_or(where, lambda: _parents(host)),
        networkd=here_or(where, lambda: _networkd(host)),
        network_manager=here_or(where, lambda: _network_manager(host)),
    )


def _parents(host: Host) -> tuple[Parent, ...]:
    found = []
    for network in engine_network.networks(host):
        parent = network.options.get("parent", "")
        if network.driver != "macvlan" or not parent or network.scope != "local":
            continue
        # eth0.50 is a VLAN that the driver makes itself when it is needed.
        base = parent.partition(".")[0]
        if not (host.exists(f"/sys/class/net/{parent}") or host.exists(f"/sys/class/net/{base}")):
            state = "missing"
        elif any(host.exists(f"/sys/class/net/{base}/{x}") for x in ("wireless", "phy80211")):
            state = "wifi"
        else:
            state = "wired"
        found.append(Parent(network.name, parent, state))
    return tuple(found)


def _networkd(host: Host) -> tuple[Taken, ...]:
    """What systemd-networkd takes: the first file by name that matches decides."""
    if "systemd-networkd.service" not in engine_network.active_units(host):
        raise engine.NotHere("systemd-networkd does not run here")
    files: dict[str, str] = {}
    for folder in NETWORKD_DIRS:
        for name in absent_as(lambda folder=folder: host.list(folder), ()) or ():  # type: ignore[misc]
            if str(name).endswith(".network"):
                files.setdefault(str(name), f"{folder}/{name}")
    units = []
    for name in sorted(files):
        text = have(known(lambda path=files[name]: host.read_text(path)), "")  # type: ignore[misc]
        units.append((files[name], network_unit.parse_network_unit(text)))
    taken = []
    for interface in _docker_interfaces(host):
        for path, unit in units:
            if network_unit.unit_matches(unit, interface):
                if not unit.unmanaged:
                    taken.append(Taken(interface["Name"], path))
                break
    return tuple(taken)


def _docker_interfaces(host: Host) -> Iterator[dict[str, str]]:
    names = [x.bridge for x in have(known(lambda: engine_network.networks(host)), ()) if x.bridge]
    for name in sorted({*names, "docker0"}):
        yield {"Name": name, "Type": "bridge", "Kind": "bridge", "Driver": "bridge"}
    # What every container's end on the host is called (libnetwork netutils.GenerateIfaceName).
    yield {"Name": "veth0a1b2c3", "Type": "ether", "Kind": "veth", "Driver": "veth"}


def _network_manager(host: Host) -> tuple[Taken, ...]:
    """What NetworkManager says of Docker's interfaces: "connected (externally)" is hands off."""
    if "NetworkManager.service" not in engine_network.active_units(host):
        raise engine.NotHere("NetworkManager does not run here")
    bridges = {x.bridge for x in have(known(lambda: engine_network.networks(host)), ()) if x.bridge}
    taken = []
    for line in host.output("nmcli", "-t", "-f", "DEVICE,STATE", "device").splitlines():
        device, _, state = line.replace("\\:", ":").rpartition(":")
        ours = device in bridges or device == "docker0" or re.match(r"^veth[0-9a-f]{7}$", device)
        if ours and (state == "connected" or state.startswith("connecting")):
            taken.append(Taken(device, state))
    return tuple(taken)


@TOPIC.check(
    "networkd-manages-docker",
    WARNING,
    "systemd-networkd takes Docker's interfaces",
    references=(
        "https://github.com/systemd/systemd/issues/28626",
        "https://docs.docker.com/engine/daemon/troubleshoot/",
        "man:systemd.network(5)",
    ),
    applies="hosts with systemd-networkd",
)
def networkd_manages_docker(facts: InterfaceFacts) -> Verdict:
    """A .network file matches Docker's bridges or the containers' veth interfaces.

    ## What it reads
    The [Match] sections of the .network files in /etc, /run and /usr/lib, in the order in which
    systemd-networkd takes them, against docker0, the networks' bridges and the name of a veth.
    The first file that matches decides; `Unmanaged=yes` there is what is wanted.

    ## Why it matters
    systemd-networkd then configures what Docker configures: it asks for DHCP on bridges, adds
    default routes through them, takes their addresses away, or turns forwarding off. Containers
    lose the network at random moments.

    ## How to mend it
    A file that comes first and leaves them alone, as below; or a narrower pattern (`Name=en*`)
    in the file that matches.

    ## What could go wrong
    The file's name must sort before the other's. Bridges of your own whose name starts with br-
    and goes on with digits and letters a to f are left alone as well.

    ## Why this severity
    A warning: it works until networkd and Docker meet at the wrong moment.
    """
    taken = need(facts.networkd)
    if not taken:
        return ok(
            "systemd-networkd leaves Docker's interfaces alone",
            Evidence("/etc/systemd/network", "[Match]", "no file takes docker0, bridges or veths"),
        )
    return fail(
        f"{names_of(x.by for x in taken)} makes systemd-networkd manage "
        f"{names_of(x.interface for x in taken)}, which Docker manages: containers lose their "
        "network.",
        *(Evidence(x.by, "[Match]", f"matches {x.interface}", "no match") for x in taken[:5]),
        mend=(
            (
                "printf '[Match]\\nName=docker* veth* br-[0-9a-f]*\\n\\n[Link]\\nUnmanaged=yes\\n' | "
                "sudo tee /etc/systemd/network/00-docker.network"
            ),
            "sudo networkctl reload",
        ),
    )


@TOPIC.check(
    "network-manager-manages-docker",
    WARNING,
    "NetworkManager takes Docker's interfaces",
    references=(
        "https://docs.docker.com/engine/daemon/troubleshoot/#docker-networks-disappearing",
        "https://github.com/moby/moby/issues/32460",
    ),
    applies="hosts with NetworkManager",
)
def network_manager_manages_docker(facts: InterfaceFacts) -> Verdict:
    """NetworkManager configures Docker's bridges or the containers' veth interfaces.

    ## What it reads
    `nmcli device`: the state of docker0, the networks' bridges and the veths. "connected
    (externally)" and "unmanaged" mean that NetworkManager keeps its hands off, as it does unless
    it is told otherwise (`unmanaged-devices=none`, or a connection for docker0).

    ## Why it matters
    It asks for DHCP on them, and takes the addresses away when no answer comes: containers are
    cut off a minute after they start.

    ## How to mend it
    A file in /etc/NetworkManager/conf.d that names them unmanaged, as below, and a reload.

    ## What could go wrong
    A later file there with `unmanaged-devices=` of its own replaces this one: write the names
    into that file instead.

    ## Why this severity
    A warning: some containers run well beside it, the next one does not.
    """
    taken = need(facts.network_manager)
    if not taken:
        return ok(
            "NetworkManager leaves Docker's interfaces alone",
            Evidence("nmcli device", "STATE", "none of Docker's interfaces is managed"),
        )
    return fail(
        f"NetworkManager manages {names_of(x.interface for x in taken)}, which Docker manages: "
        "containers lose their network.",
        *(
            Evidence("nmcli device", x.interface, x.by, "unmanaged or connected (externally)")
            for x in taken[:5]
        ),
        mend=(
            (
                "printf '[keyfile]\\nunmanaged-devices=interface-name:docker*;interface-name:veth*;"
                "interface-name:br-*\\n' | sudo tee /etc/NetworkManager/conf.d/90-docker.conf"
            ),
            "sudo systemctl reload NetworkManager",
        ),
    )


@TOPIC.check(
    "macvlan-on-wifi",
    WARNING,
    "A macvlan network sits on a wireless interface",
    references=("https://docs.docker.com/engine/network/drivers/macvlan/",),
    applies="rootful engines on this host",
)
def macvlan_on_wifi(facts: InterfaceFacts) -> Verdict | list[Verdict]:
    """A macvlan network uses a Wi-Fi interface as its parent.

    ## What it reads
    The `parent` option of the macvlan networks (GET /networks) and whether the kernel knows that
    interface as wireless (/sys/class/net).

    ## Why it matters
    Access points accept one hardware address for each station. Containers of a macvlan network
    have addresses of their own, so their packets are dropped.

    ## How to mend it
    Use `ipvlan` instead, whose containers share the parent's hardware address, or a wired
    interface.

    ## What could go wrong
    The network must be made anew, and with ipvlan a DHCP server cannot tell the containers apart.

    ## Why this severity
    A warning: the network does not work on nearly all access points.
    """
    need(facts.site)
    parents = need(facts.parents)
    if not parents:
        return skip("the engine has no macvlan network")
    return [
        fail(
            f"The macvlan network {x.network} sits on the wireless interface {x.interface}, and "
            "access points drop the packets of its containers.",
            Evidence("engine GET /networks", f"{x.network}: parent", x.interface, "no Wi-Fi"),
            subject=x.network,
            mend=(
                f"docker network rm {x.network}",
                f"docker network create -d ipvlan -o parent={x.interface} --subnet ... {x.network}",
            ),
        )
        for x in parents
        if x.state == "wifi"
    ] or ok(
        "no macvlan network sits on Wi-Fi",
        Evidence("engine GET /networks", "parent", names_of(x.interface for x in parents)),
    )


@TOPIC.check(
    "macvlan-parent-missing",
    WARNING,
    "A macvlan network's interface does not exist",
    references=("https://docs.docker.com/engine/network/drivers/macvlan/",),
    applies="rootful engines on this host",
)
def macvlan_parent_missing(facts: InterfaceFacts) -> Verdict | list[Verdict]:
    """A macvlan network names a parent interface that this host does not have (any more).

    ## What it reads
    The `parent` option of the macvlan networks (GET /networks) and /sys/class/net. For a VLAN
    such as eth0.50 it is enough that eth0 exists: Docker makes the VLAN itself.

    ## Why it matters
    Containers of the network do not start: "parent interface was not found". Interfaces change
    their names with new hardware, new kernels and new hypervisors.

    ## How to mend it
    Make the network anew with the interface's present name (`ip -br link`).

    ## What could go wrong
    Containers must leave the network first, and come back with the same addresses only where
    these are written down.

    ## Why this severity
    A warning: what runs goes on until its next start.
    """
    need(facts.site)
    parents = need(facts.parents)
    if not parents:
        return skip("the engine has no macvlan network")
    return [
        fail(
            f"The macvlan network {x.network} sits on {x.interface}, which this host does not "
            "have: its containers do not start.",
            Evidence("engine GET /networks", f"{x.network}: parent", x.interface),
            Evidence("/sys/class/net", x.interface, "missing", "there"),
            subject=x.network,
            mend=("ip -br link", f"docker network rm {x.network}, and create it with that parent"),
        )
        for x in parents
        if x.state == "missing"
    ] or ok(
        "the interfaces of all macvlan networks exist",
        Evidence("/sys/class/net", "", names_of(x.interface for x in parents)),
    )
