"""Routing tables: ``ip -j route show table all``, /proc/net/route and /proc/net/ipv6_route."""

from __future__ import annotations

import ipaddress
import json
from functools import lru_cache
from typing import Any, TypeAlias

from probes.record import NamedTuple

IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

RTF_UP, RTF_GATEWAY, RTF_REJECT = 0x0001, 0x0002, 0x0200
"""Route flags, linux/route.h."""

RTF_LOCAL, RTF_ANYCAST = 0x80000000, 0x00100000
"""Flags of the kernel's own IPv6 entries, linux/ipv6_route.h."""


class Route(NamedTuple):
    """One entry of one routing table."""

    destination: str
    """CIDR; ``0.0.0.0/0`` or ``::/0`` for a default route."""
    device: str
    """Empty for a route without one (blackhole, multipath)."""
    table: str
    """main, local, a number or a name of /etc/iproute2/rt_tables."""
    kind: str
    """unicast, local, broadcast, multicast, anycast, blackhole, unreachable, prohibit, throw."""
    gateway: str
    on_link: bool
    """Whether the destination is attached to the device itself (scope link)."""
    metric: int
    mtu: int
    """The route's own MTU, 0 where it has none."""


@lru_cache(maxsize=4096)
def network_of(text: str) -> IPNetwork | None:
    """A network in CIDR notation, host bits ignored; None for what is none.

    >>> network_of("172.17.0.1/16"), network_of("2001:db8::/64"), network_of("office")
    (IPv4Network('172.17.0.0/16'), IPv6Network('2001:db8::/64'), None)
    """
    try:
        return ipaddress.ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return None


def parse_ip_route(text: str) -> tuple[Route, ...]:
    """The answer of ``ip -j route show table all`` or ``ip -j -6 route show table all``.

    Raises: ValueError for what is no such answer (BusyBox prints text, old iproute2 nothing).

    >>> route = parse_ip_route('[{"dst":"172.17.0.0/16","dev":"docker0","protocol":"kernel",'
    ...     '"scope":"link","prefsrc":"172.17.0.1","flags":["linkdown"]}]')[0]
    >>> route[:4]
    ('172.17.0.0/16', 'docker0', 'main', 'unicast')
    """
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError("not a list of routes")  # noqa: TRY004 - one way to fail, for callers
    routes = []
    for item in value:
        route = _of_json(item) if isinstance(item, dict) else None
        if route:
            routes.append(route)
    return tuple(routes)


def _of_json(item: dict[str, Any]) -> Route | None:
    destination, gateway = str(item.get("dst") or ""), str(item.get("gateway") or "")
    via = item.get("via")
    if isinstance(via, dict):  # an IPv4 route by way of an IPv6 neighbour
        gateway = str(via.get("host") or "")
    if destination == "default":
        preferred = str(item.get("prefsrc") or gateway)
        six = ":" in preferred or "pref" in item
        destination = "::/0" if six else "0.0.0.0/0"
    network = network_of(destination)
    if network is None:
        return None
    mtu = 0
    for metrics in item.get("metrics") or ():
        if isinstance(metrics, dict) and isinstance(metrics.get("mtu"), int):
            mtu = metrics["mtu"]
    hops = item.get("nexthops")
    device = str(item.get("dev") or "")
    if not device and isinstance(hops, list) and hops and isinstance(hops[0], dict):
        device = str(hops[0].get("dev") or "")
    metric = item.get("metric")
    return Route(
        destination=str(network),
        device=device,
        table=str(item.get("table") or "main"),
        kind=str(item.get("type") or "unicast"),
        gateway=gateway,
        on_link=item.get("scope") == "link",
        metric=metric if isinstance(metric, int) else 0,
        mtu=mtu,
    )


def parse_proc_route(text: str) -> tuple[Route, ...]:
    r"""/proc/net/route: the IPv4 main table; addresses are in the machine's byte order, proc(5).

    >>> route = parse_proc_route("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
    ...     "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n")[0]
    >>> route[:4]
    ('192.0.2.0/24', 'eth0', 'main', 'unicast')
    """
    routes = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        try:
            address, gateway = _little_endian(fields[1]), _little_endian(fields[2])
            flags, metric = int(fields[3], 16), int(fields[6])
            network = ipaddress.ip_network(f"{address}/{_little_endian(fields[7])}", strict=False)
            mtu = int(fields[8])
        except (IndexError, ValueError):
            continue
        if not flags & RTF_UP:
            continue
        routes.append(
            Route(
                destination=str(network),
                device="" if fields[0] == "*" else fields[0],
                table="main",
                kind="unreachable" if flags & RTF_REJECT else "unicast",
                gateway=str(gateway) if flags & RTF_GATEWAY else "",
                on_link=not flags & RTF_GATEWAY,
                metric=metric,
                mtu=mtu,
            )
        )
    return tuple(routes)


def _little_endian(text: str) -> ipaddress.IPv4Address:
    # Every platform that Docker's Linux packages exist for but s390x is little-endian.
    return ipaddress.IPv4Address(bytes.fromhex(text)[::-1])


def parse_proc_ipv6_route(text: str) -> tuple[Route, ...]:
    """/proc/net/ipv6_route: the IPv6 routes of all tables, without the tables' names.

    >>> route = parse_proc_ipv6_route("fd000000000000000000000000000000 40 "
    ...     "00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 "
    ...     "00000001 00000000 00000001     eth0")[0]
    >>> route[:4]
    ('fd00::/64', 'eth0', 'main', 'unicast')
    """
    routes = []
    for line in text.splitlines():
        fields = line.split()
        try:
            address = ipaddress.IPv6Address(bytes.fromhex(fields[0]))
            network = ipaddress.IPv6Network(f"{address}/{int(fields[1], 16)}", strict=False)
            gateway = ipaddress.IPv6Address(bytes.fromhex(fields[4]))
            metric, flags = int(fields[5], 16), int(fields[8], 16)
            device = fields[9]
        except (IndexError, ValueError):
            continue
        if not flags & RTF_UP and not flags & RTF_REJECT:
            continue
        kind = "local" if flags & (RTF_LOCAL | RTF_ANYCAST) else "unicast"
        if network.network_address.is_multicast:
            kind = "multicast"
        routes.append(
            Route(
                destination=str(network),
                device=device,
                table="main" if kind == "unicast" else "local",
                kind="unreachable" if flags & RTF_REJECT else kind,
                gateway=str(gateway) if flags & RTF_GATEWAY else "",
                on_link=not flags & RTF_GATEWAY,
                metric=metric,
                mtu=0,
            )
        )
    return tuple(routes)
