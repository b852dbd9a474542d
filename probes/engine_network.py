"""The engine's place in this host's network: whose networks these are, and what is around them.

The topics about networks, DNS, published ports and the firewall ask here, each question once.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, TypeVar

from probes import configuration, engine
from probes.daemon_control import Control, control
from probes.formats import resolv_conf, routes
from probes.formats.networks import parse_containers, parse_networks
from probes.formats.versions import parse_version
from probes.host.questions import Absent, Garbled, Refused, Unreadable
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probes.formats.networks import Container, Network
    from probes.formats.routes import Route
    from probes.host import Host

T = TypeVar("T")

NETWORKS, CONTAINERS = "/networks", "/containers/json?all=1"
"""The Engine API paths that are asked here."""

PUBLIC_ADDRESS = "1.1.1.1"
"""Stands for "out there" when the kernel is asked for its route; nothing is sent."""

STUB = "127.0.0.53"
SYSTEMD_RESOLV_CONF = "/run/systemd/resolve/resolv.conf"
RESOLV_CONF = "/etc/resolv.conf"

UNITS = ("NetworkManager.service", "systemd-networkd.service", "firewalld.service")


class Egress(NamedTuple):
    """The way out of this host."""

    device: str
    mtu: int
    route_mtu: bool
    """Whether the route sets it and not the interface."""


class Resolver(NamedTuple):
    """The host's resolv.conf, and the one that the engine takes its place."""

    state: str
    """file, absent or dangling."""
    target: str
    """Where a symbolic link points; empty for a plain file."""
    servers: tuple[str, ...]
    upstream: tuple[str, ...] | Missing | None
    """Servers behind systemd-resolved's stub; None where the file does not name the stub."""


def site(host: Host) -> Control:
    """How the daemon is controlled, if its networks are this host's networks.

    Raises: NotHere for an engine on another machine, in a VM, in another network namespace or
    without root; NoEngine; another Unreadable where it cannot be told.
    """
    return host.derive(_site)


def _site(host: Host) -> Control:
    try:
        daemon = engine.daemon(host)
    except Absent:
        if engine.look(host).rootless is True:
            raise engine.NotHere(
                "a rootless engine keeps its networks in a namespace of its own"
            ) from None
        # Not running: what concerns its networks is unknown by itself, the host's files are not.
        return control(host)
    if daemon.name != "dockerd":
        raise engine.NotHere(f"the networks of {daemon.name} are not made by Docker Engine")
    if daemon.uid != 0:
        raise engine.NotHere("a rootless engine keeps its networks in a namespace of its own")
    if not _same_network(host, daemon.pid):
        raise engine.NotHere("the daemon runs in a network namespace of its own")
    return control(host)


def _same_network(host: Host, pid: int) -> bool:
    """Whether a process shares our network namespace, namespaces(7)."""
    try:
        return host.readlink(f"/proc/{pid}/ns/net") == host.readlink("/proc/self/ns/net")
    except Unreadable:
        # The links are for root; the list of interfaces is for everybody, and tells as much.
        theirs = _interface_names(host, f"/proc/{pid}/net/dev")
        return theirs == _interface_names(host, "/proc/self/net/dev")


def _interface_names(host: Host, path: str) -> tuple[str, ...]:
    lines = host.read_text(path).splitlines()
    return tuple(sorted(x.partition(":")[0].strip() for x in lines if ":" in x))


def networks(host: Host) -> tuple[Network, ...]:
    """GET /networks. Raises NotHere for podman, whose networks follow other rules."""
    return host.derive(_networks)


def _networks(host: Host) -> tuple[Network, ...]:
    made_by_docker(host)
    answer = engine.get(host, NETWORKS)
    if not isinstance(answer, list):
        raise Garbled("GET /networks answered with something that is no list")
    return parse_networks(answer)


def containers(host: Host) -> tuple[Container, ...]:
    """GET /containers/json?all=1."""
    return host.derive(_containers)


def _containers(host: Host) -> tuple[Container, ...]:
    made_by_docker(host)
    answer = engine.get(host, CONTAINERS)
    if not isinstance(answer, list):
        raise Garbled("GET /containers/json answered with something that is no list")
    return parse_containers(answer)


def made_by_docker(host: Host) -> None:
    """Raises NotHere for podman, whose networks follow rules of their own."""
    if engine.look(host).provider == "podman":
        raise engine.NotHere("podman's networks follow rules of their own")


def engine_version(host: Host) -> tuple[int, ...]:
    """The engine's version as numbers."""
    numbers = parse_version(str(engine.version(host).get("Version") or ""))
    if not numbers:
        raise Garbled("the engine does not tell its version", look="docker version")
    return numbers


def active_units(host: Host) -> frozenset[str]:
    """Which of :data:`UNITS` run; none on a host without systemd."""
    return host.derive(_active_units)


def _active_units(host: Host) -> frozenset[str]:
    try:
        text = host.output("systemctl", "show", *UNITS, "-p", "Id,ActiveState")
    except (Absent, Refused):
        return frozenset()
    active = set()
    for block in text.split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        if values.get("ActiveState") == "active":
            active.add(values.get("Id", ""))
    return frozenset(active)


def setting(host: Host, key: str) -> Any:  # noqa: ANN401 - any JSON
    """One value of the daemon's effective configuration."""
    return configuration.setting(host, key).value


def host_routes(host: Host) -> tuple[Route, ...]:
    """The routes that lead somewhere: of all tables where iproute2 is there, else of the main one.

    The kernel's own entries (local, broadcast, multicast, link-local) and refusals (blackhole,
    unreachable, prohibit, throw) are left out.
    """
    try:
        found = routes.parse_ip_route(host.output("ip", "-j", "route", "show", "table", "all"))
    except (Absent, Refused, ValueError):
        # BusyBox's ip prints no JSON. The kernel's files hold the main table, and every IPv6 one.
        four = routes.parse_proc_route(host.read_text("/proc/self/net/route"))
        six = have(known(lambda: host.read_text("/proc/self/net/ipv6_route")), "")
        found = (*four, *routes.parse_proc_ipv6_route(six))
    return tuple(
        r
        for r in found
        if r.kind == "unicast"
        and r.device not in {"", "lo"}
        and not r.destination.startswith(("169.254.", "fe80:", "ff00:"))
    )


def interface_mtus(host: Host) -> dict[str, int]:
    """Interface -> MTU, of all interfaces of this host."""
    return {
        str(name): int(about["mtu"])
        for name, about in host.gauge("interfaces").items()
        if isinstance(about.get("mtu"), int)
    }


def egress(host: Host) -> Egress | None:
    """The way out, None where there is none.

    By the kernel's own choice, policy rules included; else the main table's longest match.
    """
    device, mtu = "", 0
    try:
        ran = host.run("ip", "-4", "route", "get", PUBLIC_ADDRESS)
    except Absent:
        route = best_route(host_routes(host), PUBLIC_ADDRESS)
        if route:
            device, mtu = route.device, route.mtu
    else:
        match = re.search(r"\bdev (\S+)", ran.out)
        device = match[1] if ran.code == 0 and match else ""
        own = re.search(r"\bmtu (?:lock )?(\d+)", ran.out)
        # "expires" marks a size learnt on the way to this one address.
        mtu = int(own[1]) if own and "expires" not in ran.out else 0
    sizes = interface_mtus(host)
    if device in {"", "lo"} or device not in sizes:
        return None
    return Egress(device, mtu or sizes[device], bool(mtu))


def best_route(known_routes: Iterable[Route], address: str) -> Route | None:
    """The main table's route to an address: longest prefix, then lowest metric."""
    wanted = ipaddress.ip_address(address)
    best: tuple[int, int] | None = None
    found = None
    for route in known_routes:
        network = routes.network_of(route.destination)
        if route.table != "main" or route.kind != "unicast" or network is None:
            continue
        if network.version == wanted.version and wanted in network:
            rank = (network.prefixlen, -route.metric)
            if best is None or rank > best:
                best, found = rank, route
    return found


def resolver(host: Host) -> Resolver:
    """The host's name servers, as the engine would read them."""
    target = have(known(lambda: host.readlink(RESOLV_CONF)), "")
    try:
        servers = resolv_conf.name_servers(host.read_text(RESOLV_CONF))
    except Absent:
        return Resolver("dangling" if target else "absent", target, (), None)
    if servers != (STUB,):
        return Resolver("file", target, servers, None)
    behind = known(lambda: resolv_conf.name_servers(host.read_text(SYSTEMD_RESOLV_CONF)))
    return Resolver("file", target, servers, behind)


def names_of(names: Iterable[str], limit: int = 4) -> str:
    """Names for a sentence, the first few of many.

    >>> names_of(["a", "b", "a"]), names_of("abcdefg")
    ('a, b', 'a, b, c, d and 3 more')
    """
    unique = list(dict.fromkeys(names))
    more = len(unique) - limit
    return ", ".join(unique[:limit]) + (f" and {more} more" if more > 0 else "")


def daemon_dns(host: Host) -> tuple[str, ...]:
    """``dns`` of the daemon's effective configuration."""
    value = setting(host, "dns")
    return tuple(str(x) for x in value) if isinstance(value, list) else ()


def here_or(where: Control | Missing, question: Callable[[], T]) -> T | Missing:
    """``question()``, or why the engine's networks are not this host's."""
    return where if isinstance(where, Missing) else known(question)
