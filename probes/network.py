"""Networks: their address ranges, how many there can be, and the size of their packets."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from probes import engine, engine_network
from probes.engine_network import PUBLIC_ADDRESS, RESOLV_CONF, here_or, made_by_docker, names_of
from probes.formats import routes
from probes.formats.networks import DRIVER_MTU
from probes.model import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    fail,
    have,
    known,
    need,
    ok,
    skip,
)
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.daemon_control import Control
    from probes.engine_network import Egress, Resolver
    from probes.formats.networks import Container, Network
    from probes.formats.routes import IPNetwork, Route
    from probes.host import Host

DEFAULT_POOLS = (
    ("172.17.0.0/16", 16),
    ("172.18.0.0/16", 16),
    ("172.19.0.0/16", 16),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
)
"""31 subnets, when daemon.json names no pools (moby daemon/libnetwork/ipamutils/utils.go)."""

POOL_LEFT_PERCENT = Threshold(
    "address-pool-left",
    20,
    "%",
    "6 of the 31 subnets of the default pools: a compose project or two before the end",
)
POOL_LEFT_NETWORKS = 8
"""However few percent are left, this many subnets (or more) are enough for a while: our choice,
so that a pool of 256 does not warn with 50 left."""

UNUSED_NETWORKS = Threshold(
    "unused-networks",
    10,
    "networks",
    "a third of the 31 subnets of the default pools, and a firewall rule set for each of them",
)


DEFAULT_MTU = 1500
"""Bytes; what a bridge network gets when nothing sets com.docker.network.driver.mtu."""

BROADEST = {4: 8, 6: 16}
"""Prefix lengths below these are a default route in pieces (OpenVPN's ``def1`` sets 0.0.0.0/1 and
128.0.0.0/1; WireGuard's AllowedIPs are split likewise): they say nothing of what is where."""


ENGINE_BRIDGE = re.compile(r"^(?:docker0|docker_gwbridge|br-[0-9a-f]{12})$")
"""How Docker names bridges: of this engine, of another one, or left behind by one."""


TOPIC = Topic["NetworkFacts"](
    "network", "Networks", engine=(engine_network.NETWORKS, engine_network.CONTAINERS)
)


class NetworkFacts(NamedTuple):
    """The engine's networks, and the host's around them."""

    site: Control | Missing
    version: tuple[int, ...] | Missing
    networks: tuple[Network, ...] | Missing
    containers: tuple[Container, ...] | Missing
    pools: tuple[tuple[str, int], ...] | Missing
    """The configured address pools; empty for the default ones."""
    routes: tuple[Route, ...] | Missing
    egress: Egress | Missing | None
    """None where there is no way out."""
    mtus: dict[str, int] | Missing
    """Interface -> MTU, of all interfaces of the host."""
    resolver: Resolver | Missing
    dns: tuple[str, ...] | Missing
    """The name servers of the daemon's own configuration."""
    addresses: tuple[str, ...] | Missing = ()
    """What the host's interfaces have: CIDR, also where no route tells it (WireGuard's /32)."""


@TOPIC.probe
def look(host: Host) -> NetworkFacts:
    """Ask the engine for its networks, and the host for its routes and name servers."""
    where = known(lambda: engine_network.site(host))

    return NetworkFacts(
        site=where,
        version=known(lambda: engine_network.engine_version(host)),
        networks=known(lambda: engine_network.networks(host)),
        containers=known(lambda: engine_network.containers(host)),
        pools=known(lambda: _pools(host)),
        routes=here_or(where, lambda: engine_network.host_routes(host)),
        egress=here_or(where, lambda: engine_network.egress(host)),
        mtus=here_or(where, lambda: engine_network.interface_mtus(host)),
        resolver=here_or(where, lambda: engine_network.resolver(host)),
        dns=known(lambda: engine_network.daemon_dns(host)),
        addresses=here_or(where, lambda: _addresses(host)),
    )


def _addresses(host: Host) -> tuple[str, ...]:
    return tuple(
        f"{item['address'].partition('%')[0]}/{item.get('netmask') or ''}".rstrip("/")
        for about in host.gauge("interfaces").values()
        for item in about.get("addresses") or ()
    )


def _pools(host: Host) -> tuple[tuple[str, int], ...]:
    """The configured pools: the engine tells them since 19.03, its configuration always."""
    made_by_docker(host)
    info = engine.info(host)
    if info.get("OSType") == "windows":
        raise engine.NotHere("Windows' own network service gives the subnets of its containers")
    told = info.get("DefaultAddressPools")
    if isinstance(told, list) and told:
        return tuple(_pool(x, "Base", "Size") for x in told if isinstance(x, dict))
    value = known(lambda: engine_network.setting(host, "default-address-pools"))
    if isinstance(value, Missing):
        # An engine elsewhere that tells none has the default ones.
        return ()
    return tuple(
        _pool(x, "base", "size")
        for x in (value if isinstance(value, list) else ())
        if isinstance(x, dict)
    )


def _pool(value: dict[str, Any], base: str, size: str) -> tuple[str, int]:
    number = value.get(size)
    return str(value.get(base) or ""), number if isinstance(number, int) else 0


# -- address ranges ------------------------------------------------------------------------------


SAME, INSIDE, BROADER = "same", "inside", "broader"
"""How a route lies to a subnet: equal, more specific (it wins), less specific (it loses)."""


class Overlap(NamedTuple):
    """A route of the host that a Docker network's subnet collides with."""

    route: Route
    network: Network
    subnet: str
    relation: str
    gateway: str
    """The default gateway, where the subnet takes it away from the host."""


def overlaps(nets: Iterable[Network], known_routes: Iterable[Route]) -> tuple[Overlap, ...]:
    """Routes of the host that compete with those of Docker's bridges."""
    all_routes = tuple(known_routes)
    local = [x for x in nets if x.driver == "bridge" and x.scope == "local"]
    bridges = {x.bridge for x in local}
    gateways = [
        r.gateway
        for r in all_routes
        if r.destination.endswith("/0") and r.gateway and r.device not in bridges
    ]
    found = []
    for network in local:
        own = [r for r in all_routes if r.device == network.bridge]
        for text in network.subnets:
            subnet = routes.network_of(text)
            if subnet is None or not any(_overlap(subnet, r.destination) for r in own):
                continue  # no route of its own: nothing of the host's is hidden
            for route in all_routes:
                other = routes.network_of(route.destination)
                if other is None or not _competes(route, other, bridges):
                    continue
                if _overlap(subnet, route.destination):
                    longer = other.prefixlen - subnet.prefixlen
                    relation = SAME if longer == 0 else INSIDE if longer > 0 else BROADER
                    lost = next((g for g in gateways if _overlap(subnet, g)), "")
                    found.append(
                        Overlap(route, network, text, relation, lost if longer <= 0 else "")
                    )
    return tuple(found)


def _overlap(subnet: IPNetwork, destination: str) -> bool:
    other = routes.network_of(destination)
    return other is not None and other.version == subnet.version and subnet.overlaps(other)


def _competes(route: Route, destination: IPNetwork, bridges: set[str]) -> bool:
    """Whether a route is one that a person would miss."""
    return (
        route.kind == "unicast"
        and route.device not in bridges
        and route.device not in {"", "lo"}
        and destination.prefixlen >= BROADEST[destination.version]
        and not destination.is_link_local
        and not destination.is_multicast
    )


@TOPIC.check(
    "docker-network-hides-route",
    ERROR,
    "A Docker network covers addresses that the host reaches elsewhere",
    references=(
        "https://github.com/moby/moby/issues/37823",
        "https://github.com/docker/for-linux/issues/1110",
        "https://docs.docker.com/engine/network/#automatic-subnet-allocation",
    ),
    applies="rootful engines on this host",
)
def docker_network_hides_route(facts: NetworkFacts) -> Verdict | list[Verdict]:
    """A Docker network uses addresses that this host also reaches through another interface.

    Docker picks free ranges when a network is made. A VPN or an office network that comes later
    may use the same ones, and then the kernel sends the packets to the bridge.

    ## What it reads
    The subnets of all bridge networks (GET /networks) and the host's routes in all tables
    (`ip -j route show table all`). Default routes, also in pieces such as 0.0.0.0/1, routes of
    Docker's own bridges, blackholes and link-local routes are left out.

    ## Why it matters
    Machines behind the covered route cannot be reached from the host, or from containers, or
    both. It looks like a broken VPN, or like a server that is down for this one host only.

    ## How to mend it
    Give Docker ranges that nobody else uses: `default-address-pools` (and `bip` for docker0) in
    its daemon.json, restart, then remove and re-create the networks that collide. Pools replace
    the built-in ones, they do not add to them.

    ## What could go wrong
    Networks keep the subnet they were made with, so the change alone mends nothing. Containers
    must be stopped for it, and whoever wrote down their addresses must be told.

    ## Why this severity
    An error where both have the same range, or where the host's gateway is in it; a warning where
    only a part is hidden, or only from containers; a note where it is a part of a broad route and
    the owner chose the range for Docker.
    """
    need(facts.site)
    nets, known_routes = need(facts.networks), need(facts.routes)
    found = overlaps(nets, known_routes)
    if not found:
        return ok(
            f"no Docker network collides with the host's {len(known_routes)} routes",
            Evidence("ip route show table all", "", f"{len(known_routes)} routes"),
        )
    by_route: dict[Route, list[Overlap]] = {}
    for item in found:
        by_route.setdefault(item.route, []).append(item)
    return [_hides(facts, route, items) for route, items in by_route.items()]


def _hides(facts: NetworkFacts, route: Route, items: list[Overlap]) -> Verdict:
    names = names_of([x.network.name for x in items])
    first = items[0]
    target, device = route.destination, route.device
    relations = {x.relation for x in items}
    gateway = next((x.gateway for x in items if x.gateway), "")
    if ENGINE_BRIDGE.match(device):
        severity = WARNING
        what = (
            f"and so does the bridge {device}, which belongs to another engine or was left "
            "behind: published ports of one of them lead nowhere"
        )
    elif gateway:
        severity = ERROR
        what = f"and this host's gateway {gateway} is in it: the way out is cut off"
    elif SAME in relations:
        severity = ERROR
        what = f"and {device} leads to the same addresses: one of the two is out of reach"
    elif INSIDE in relations:
        severity = WARNING
        what = f"so its containers cannot reach {target}, which is behind {device}"
    else:
        chosen = all(in_pools(x.subnet, have(facts.pools, ())) for x in items)
        severity = NOTE if chosen else WARNING
        what = (
            f"a part of {target} behind {device}: machines there with such addresses are out "
            "of reach"
        )
    table = "" if route.table == "main" else f", table {route.table}"
    return fail(
        f"The Docker network {names} uses {first.subnet}, {what}.",
        Evidence("engine GET /networks", f"{first.network.name}: IPAM.Config.Subnet", first.subnet),
        Evidence(
            "ip route show table all",
            f"dev {route.device}{table}",
            route.destination,
            "no route within Docker's subnets",
        ),
        subject=f"{route.destination} dev {route.device}",
        severity=severity,
        mend=_move_mend(facts, items),
    )


def in_pools(subnet: str, pools: Iterable[tuple[str, int]]) -> bool:
    """Whether a subnet was cut out of one of these pools."""
    network = routes.network_of(subnet)
    if network is None:
        return False
    for base, _ in pools:
        pool = routes.network_of(base)
        if pool is not None and _overlap(pool, subnet) and pool.prefixlen <= network.prefixlen:
            return True
    return False


def _move_mend(facts: NetworkFacts, items: list[Overlap]) -> tuple[str, ...]:
    where = need(facts.site)
    steps = []
    device = items[0].route.device
    if ENGINE_BRIDGE.match(device):
        steps.append(
            f"if no engine uses {device} any more (look: ip -br address show {device}): "
            f"sudo ip link delete {device}"
        )
    free = free_ranges(facts)
    steps.append(f"add to {where.config_file}: {_pools_text(free)}")
    if free and any(x.network.name == "bridge" for x in items):
        steps.append(f'and for docker0: "bip": "{bridge_address(free[0], POOL_SIZE)}"')
    steps.append(f"{where.restart}  # stops containers unless live-restore is on")
    steps += [
        f"re-create the network: docker compose down && docker compose up -d in its project, "
        f"or docker network rm {x.network.name}"
        for x in items[:3]
        if x.network.user_made
    ]
    return tuple(steps)


def _pools_text(bases: tuple[str, ...]) -> str:
    import json

    if not bases:
        return (
            '"default-address-pools" with a range that nobody uses (all private ones have routes)'
        )
    return f'"default-address-pools": {json.dumps(pools_of(bases[:1], POOL_SIZE))}'


POOL_SIZE = 24
"""Prefix length of the networks to propose: 254 containers each, and 256 networks in a /16."""

PRIVATE_RANGES = (
    *(f"172.{second}.0.0/16" for second in (*range(30, 17, -1), 31, 17, 16)),
    *(f"10.{second}.0.0/16" for second in (*range(213, 256), *range(212, -1, -1))),
    *(f"192.168.{third}.0/18" for third in (192, 128, 64, 0)),
)
"""Private ranges (RFC 1918) to propose, in this order. 172.16.0.0/12 first, where Docker is at home:
from 172.30 down, for 172.31 is what AWS gives a default VPC and 172.16 the first that people take.
10.0.0.0/8 from 10.213 up, far from the low numbers of offices, VPNs and clusters. 192.168.0.0/16
last, the far end first, for home routers have its beginning."""


def taken_ranges(facts: NetworkFacts) -> list[IPNetwork]:
    """What Docker's addresses must keep away from: every route, interface, name server, network.

    Default routes are left out, also in pieces (:data:`BROADEST`): all addresses are behind them.
    """
    resolver = have(facts.resolver, None)
    upstream = resolver.upstream if resolver else ()
    texts = [
        *(route.destination for route in have(facts.routes, ())),
        *(subnet for network in have(facts.networks, ()) for subnet in network.subnets),
        *have(facts.addresses, ()),
        *(resolver.servers if resolver else ()),
        *(upstream if isinstance(upstream, tuple) else ()),
        *have(facts.dns, ()),
    ]
    found = (routes.network_of(text) for text in dict.fromkeys(texts))
    return [x for x in found if x is not None and x.prefixlen >= BROADEST[x.version]]


def free_ranges(facts: NetworkFacts, count: int = 1) -> tuple[str, ...]:
    """The first of :data:`PRIVATE_RANGES` that nothing on this host touches.

    Fewer than ``count``, or none, where so much is taken.
    """
    busy = taken_ranges(facts)
    found: list[str] = []
    for text in PRIVATE_RANGES:
        if len(found) == count:
            break
        candidate = ipaddress.ip_network(text)
        if not any(candidate.overlaps(x) for x in busy if x.version == candidate.version):
            found.append(text)
    return tuple(found)


def pools_of(bases: Iterable[str], size: int) -> list[dict[str, Any]]:
    """``default-address-pools`` of these ranges, cut into networks of this prefix length.

    >>> pools_of(["172.30.0.0/16", "192.168.192.0/18"], 17)
    [{'base': '172.30.0.0/16', 'size': 17}, {'base': '192.168.192.0/18', 'size': 18}]
    """
    return [{"base": x, "size": max(size, ipaddress.ip_network(x).prefixlen)} for x in bases]


def bridge_address(base: str, size: int) -> str:
    """``bip``: the first address of a range, with the prefix length of its networks.

    >>> bridge_address("172.30.0.0/16", 24)
    '172.30.0.1/24'
    """
    network = ipaddress.ip_network(base)
    return f"{network[1]}/{max(size, network.prefixlen)}"


@TOPIC.check(
    "docker-network-hides-dns",
    ERROR,
    "A Docker network covers the address of a name server",
    references=(
        "https://github.com/moby/moby/issues/27818",
        "https://docs.docker.com/engine/network/#automatic-subnet-allocation",
    ),
    applies="rootful engines on this host",
)
def docker_network_hides_dns(facts: NetworkFacts) -> Verdict | list[Verdict]:
    """A name server of this host lies in the subnet of a Docker network.

    ## What it reads
    The name servers of /etc/resolv.conf, those behind systemd-resolved's stub, the daemon's own
    `dns`, and the subnets of the bridge networks. A server that is the bridge's own address, or
    a container there, is meant to be where it is.

    ## Why it matters
    Questions for names go to the bridge instead of the name server, where nobody answers. The
    host, or all containers, can reach addresses but no names, mostly since a VPN came up.

    ## How to mend it
    Move Docker's networks: `default-address-pools` and `bip` in daemon.json, restart, re-create
    the network that collides.

    ## What could go wrong
    A name server that runs in a container which is stopped just now looks the same: then start
    the container, and leave the network alone.

    ## Why this severity
    An error: without names hardly anything works.
    """
    need(facts.site)
    servers = _servers(facts)
    found = [
        fail(
            f"The name server {item.route.destination} lies in {item.subnet}, the subnet of the "
            f"Docker network {item.network.name}, where nobody answers for it.",
            Evidence(RESOLV_CONF, "nameserver", item.route.destination, "outside Docker's subnets"),
            Evidence(
                "engine GET /networks", f"{item.network.name}: IPAM.Config.Subnet", item.subnet
            ),
            subject=item.route.destination,
            mend=_move_mend(facts, [item]),
        )
        for item in hidden_servers(facts)
    ]
    return found or ok(
        "no name server lies in a Docker network",
        Evidence(RESOLV_CONF, "nameserver", ", ".join(sorted(servers)) or "none"),
    )


def _servers(facts: NetworkFacts) -> set[str]:
    """The name servers of the host and of the daemon."""
    resolver = need(facts.resolver)
    upstream = resolver.upstream if isinstance(resolver.upstream, tuple) else ()
    return {*resolver.servers, *upstream, *have(facts.dns, ())}


def hidden_servers(facts: NetworkFacts) -> tuple[Overlap, ...]:
    """Name servers in the subnets of Docker's networks; each stands as the destination of a route.

    The bridge's own address, and those of containers, are left out: they are meant to be there.
    """
    inhabited = {a for c in need(facts.containers) for a in c.addresses}
    found = []
    for network in need(facts.networks):
        if network.driver != "bridge" or network.scope != "local":
            continue
        for text in network.subnets:
            subnet = routes.network_of(text)
            for server in sorted(_servers(facts) - inhabited - {*network.gateways}):
                if subnet is not None and _overlap(subnet, server):
                    route = _NOWHERE._replace(destination=server)
                    found.append(Overlap(route, network, text, SAME, ""))
    return tuple(found)


_NOWHERE = routes.Route("", "", "main", "unicast", "", on_link=False, metric=0, mtu=0)


class PoolUse(NamedTuple):
    """How many subnets the address pools still have."""

    total: int
    free: int
    shadowed: int
    """Subnets lost to routes and name servers of the host, not to Docker's networks."""


def pool_use(
    pools: Iterable[tuple[str, int]],
    nets: Iterable[Network],
    reserved: Iterable[str],
) -> PoolUse:
    """Count the subnets of the IPv4 pools that a new network could still get."""
    used = [s for n in nets if n.scope == "local" for s in n.subnets]
    total = by_networks = by_both = 0
    for base, size in pools:
        pool = routes.network_of(base)
        if pool is None or pool.version != 4 or not pool.prefixlen <= size <= 32:  # noqa: PLR2004
            continue
        total += 1 << (size - pool.prefixlen)
        by_networks += _blocks(pool, size, used)
        by_both += _blocks(pool, size, [*used, *reserved])
    return PoolUse(total, total - by_both, by_both - by_networks)


def nearly_used(use: PoolUse) -> bool:
    """Whether few or no subnets are left."""
    few = use.free * 100 <= use.total * POOL_LEFT_PERCENT.value
    return few and use.free < POOL_LEFT_NETWORKS


def _blocks(pool: IPNetwork, size: int, taken: Iterable[str]) -> int:
    """How many blocks of a pool these networks touch: by their numbers, pools can be huge."""
    start, shift = int(pool.network_address), 32 - size
    spans = []
    for text in taken:
        network = routes.network_of(text)
        if network is not None and network.version == pool.version and network.overlaps(pool):
            first = max(int(network.network_address), start)
            last = min(int(network.broadcast_address), int(pool.broadcast_address))
            spans.append(((first - start) >> shift, (last - start) >> shift))
    count, reached = 0, -1
    for first, last in sorted(spans):
        count += max(0, last - max(first, reached + 1) + 1)
        reached = max(reached, last)
    return count


ON_LINK_ONLY = (23, 0)
"""From here on only routes of directly attached networks keep Docker from using a range
(moby/moby#42598); before, every route but the default one did."""


def reserved_ranges(facts: NetworkFacts) -> list[str]:
    """What the engine keeps its pools away from on this host."""
    nets = have(facts.networks, ())
    bridges = {x.bridge for x in nets if x.bridge}
    only_attached = have(facts.version, ON_LINK_ONLY) >= ON_LINK_ONLY
    found = [
        route.destination
        for route in have(facts.routes, ())
        if route.kind == "unicast"
        and route.table == "main"
        and route.device not in bridges
        and not route.destination.endswith("/0")
        and (route.on_link or not only_attached)
    ]
    resolver = have(facts.resolver, None)
    return [*found, *(resolver.servers if resolver else ())]


@TOPIC.check(
    "address-pool-exhausted",
    WARNING,
    "Docker runs out of addresses for new networks",
    references=(
        "https://github.com/docker/for-linux/issues/599",
        "https://docs.docker.com/engine/network/#automatic-subnet-allocation",
    ),
    applies="engines that allocate from address pools",
)
def address_pool_exhausted(facts: NetworkFacts) -> Verdict:
    """Few or no subnets are left in the pools from which Docker gives each network its own.

    The built-in pools hold 31 subnets: 15 of 65,536 addresses and 16 of 4,096. Every compose
    project takes at least one, and so do docker0 and, with swarm, docker_gwbridge.

    ## What it reads
    The pools (GET /info DefaultAddressPools, else the daemon's configuration), the subnets of all
    local networks (GET /networks), and what the engine avoids on this host: routes of attached
    networks and the name servers.

    ## Why it matters
    The next `docker compose up` fails with "could not find an available, non-overlapping IPv4
    address pool" or "all predefined address pools have been fully subnetted".

    ## How to mend it
    Remove networks that nothing uses, or give Docker smaller subnets: one /16 cut into /24 makes
    256 networks of 254 containers each.

    ## What could go wrong
    Pools replace the built-in ones. Choose a range that neither your VPN nor your office uses;
    networks that exist keep their subnet.

    ## Why this severity
    An error when no subnet is left, for then nothing new starts; a warning when few are.
    """
    nets = need(facts.networks)
    pools = need(facts.pools) or DEFAULT_POOLS
    use = pool_use(pools, nets, reserved_ranges(facts))
    if use.total == 0:
        return skip("the engine allocates IPv4 subnets from no pool")
    seen = Evidence(
        "engine GET /networks",
        "IPAM.Config.Subnet",
        f"{use.free} of {use.total} subnets free",
        f"more than {POOL_LEFT_PERCENT.value:.0f} %",
    )
    if not nearly_used(use):
        return ok(f"{use.free} of {use.total} subnets are free for new networks", seen)
    lost = f" ({use.shadowed} of them to routes of this host)" if use.shadowed else ""
    taken = use.total - use.free
    told = (
        f"All {use.total} subnets for Docker networks are taken{lost}: the next network cannot "
        "be made."
        if use.free == 0
        else f"{taken} of {use.total} subnets for Docker networks are taken{lost}: "
        f"{use.free} more and no network can be made."
    )
    return fail(
        told,
        seen,
        severity=ERROR if use.free == 0 else WARNING,
        mend=_pool_mend(facts),
    )


def _pool_mend(facts: NetworkFacts) -> tuple[str, ...]:
    first = "docker network prune  # stopped containers whose network goes will not start again"
    where = have(facts.site, None)
    if where is None:
        return (first, "or set smaller default-address-pools in the daemon's configuration")
    return (
        first,
        f"or add to {where.config_file}: {_pools_text(free_ranges(facts))}  (256 networks)",
        f"{where.restart}  # stops containers unless live-restore is on",
    )


def unused_of(networks: Iterable[Network], containers: Iterable[Container]) -> list[Network]:
    """The bridge networks of this engine that no container names, running or not."""
    in_use = {name for box in containers for name in box.networks}
    return [
        x
        for x in networks
        if x.user_made
        and x.scope == "local"
        and x.driver == "bridge"
        and x.name not in in_use
        and x.id not in in_use
    ]


@TOPIC.check(
    "unused-networks",
    NOTE,
    "Many networks have no container",
    references=(
        "https://github.com/lando/lando/issues/274",
        "https://docs.docker.com/reference/cli/docker/network/prune/",
    ),
)
def unused_networks(facts: NetworkFacts) -> Verdict:
    """Many networks belong to no container, not even to a stopped one.

    ## What it reads
    GET /networks and GET /containers/json: a network counts as unused when no container, running
    or not, names it. The engine's own networks and swarm's are not counted.

    ## Why it matters
    Each takes one of the 31 subnets of the built-in pools, a bridge, and firewall rules. They
    pile up when compose projects are deleted without `docker compose down`.

    ## How to mend it
    `docker network prune` after a look at the list.

    ## What could go wrong
    Prune asks only for running containers: a stopped container whose network it takes does not
    start again until the network is made anew.

    ## Why this severity
    A note: they cost little until the pools run out.
    """
    nets, boxes = need(facts.networks), need(facts.containers)
    unused = [network.name for network in unused_of(nets, boxes)]
    seen = Evidence(
        "engine GET /networks",
        "networks of no container",
        f"{len(unused)}" + (f": {names_of(unused)}" if unused else ""),
        f"at most {UNUSED_NETWORKS.value:.0f}",
    )
    if len(unused) <= UNUSED_NETWORKS.value:
        return ok(f"{len(unused)} networks have no container", seen)
    return fail(
        f"{len(unused)} networks belong to no container, and each holds a subnet, a bridge and "
        "firewall rules.",
        seen,
        mend=("docker network ls", "docker network prune"),
    )


@TOPIC.check(
    "network-bridge-missing",
    ERROR,
    "A network's bridge is gone from the host",
    references=("https://docs.docker.com/engine/daemon/troubleshoot/",),
    applies="rootful engines on this host",
)
def network_bridge_missing(facts: NetworkFacts) -> Verdict | list[Verdict]:
    """The engine has a bridge network whose Linux bridge (docker0, br-...) does not exist.

    ## What it reads
    GET /networks for the bridges that there should be, and the host's list of interfaces.

    ## Why it matters
    Containers of that network do not start, or start without a way out, until the bridge is made
    again. Somebody removed it by hand, or a network manager cleaned up.

    ## How to mend it
    A restart of the daemon makes the bridges of all its networks anew.

    ## What could go wrong
    The restart stops all containers unless live-restore is on. If a network manager removes the
    bridge, it does so again: see the checks for NetworkManager and systemd-networkd.

    ## Why this severity
    An error: the network does not work.
    """
    where, nets, sizes = need(facts.site), need(facts.networks), need(facts.mtus)
    local = [x for x in nets if x.bridge and x.scope == "local"]
    if not local:
        return skip("the engine has no bridge network")
    gone = [
        fail(
            f"The network {x.name} has lost its bridge {x.bridge}: its containers do not start.",
            Evidence("engine GET /networks", x.name, x.bridge),
            Evidence("the host's interfaces", x.bridge, "missing", "there"),
            subject=x.name,
            mend=(f"{where.restart}  # stops containers unless live-restore is on",),
        )
        for x in local
        if x.bridge not in sizes
    ]
    return gone or ok(
        f"the bridges of all {len(local)} bridge networks are there",
        Evidence("the host's interfaces", "", names_of(x.bridge for x in local)),
    )


# -- packet size ---------------------------------------------------------------------------------


def outward(nets: Iterable[Network]) -> list[Network]:
    """The bridge networks whose packets leave the host."""
    return [x for x in nets if x.bridge and x.scope == "local" and not x.internal]


def network_mtu(network: Network, sizes: dict[str, int]) -> int:
    """The packet size that containers of a bridge network start with."""
    option = network.options.get(DRIVER_MTU, "")
    if option.isdigit() and int(option):
        return int(option)
    return min(DEFAULT_MTU, sizes.get(network.bridge, DEFAULT_MTU))


@TOPIC.check(
    "bridge-mtu-above-egress",
    WARNING,
    "Docker's packets are larger than the way out",
    references=(
        "https://github.com/moby/moby/issues/24220",
        "https://docs.docker.com/engine/network/drivers/bridge/",
    ),
    applies="rootful engines on this host",
)
def bridge_mtu_above_egress(facts: NetworkFacts) -> Verdict:
    """Containers build larger packets than the interface to the outside carries.

    Docker gives its networks an MTU of 1500 whatever the host's own interface has. Clouds
    (1460, 1450), VPNs (1420, 1400) and PPPoE (1492) carry less.

    ## What it reads
    The MTU option of each bridge network (GET /networks), the bridges' own MTU, and that of the
    interface on the way to a public address (`ip route get`, which sends nothing).

    ## Why it matters
    Connections from containers open and then hang once a full-sized answer comes back: TLS
    handshakes, image layers, package downloads. Small requests work, so it looks like anything
    but the network.

    ## How to mend it
    Set `mtu` (for docker0) and, from Engine 24 on, `default-network-opts` (for networks made
    from now on) in daemon.json, restart, and re-create the networks that exist.

    ## What could go wrong
    `mtu` alone leaves compose networks at 1500. An older engine needs the option in each compose
    file: `driver_opts: com.docker.network.driver.mtu`.

    ## Why this severity
    A warning: many connections survive it, and those that do not cost days.
    """
    where, nets, sizes = need(facts.site), need(facts.networks), need(facts.mtus)
    egress = need(facts.egress)
    if egress is None:
        return skip("this host has no route to the outside")
    bridges = outward(nets)
    if not bridges:
        return skip("the engine has no bridge network that leads outside")
    if egress.device in {x.bridge for x in bridges}:
        return skip(f"the way out is the Docker bridge {egress.device} itself")
    large = [(x, network_mtu(x, sizes)) for x in bridges if network_mtu(x, sizes) > egress.mtu]
    way_out = Evidence(
        f"ip route get {PUBLIC_ADDRESS}",
        f"MTU of {'the route by ' if egress.route_mtu else ''}{egress.device}",
        str(egress.mtu),
    )
    if not large:
        return ok(f"no bridge network exceeds the {egress.mtu} bytes of {egress.device}", way_out)
    most = max(size for _, size in large)
    return fail(
        f"Containers of {names_of(x.name for x, _ in large)} build packets of up to {most} bytes, "
        f"{egress.device} carries {egress.mtu}: large answers from outside get lost.",
        way_out,
        *(
            Evidence(
                "engine GET /networks",
                f"{x.name}: {DRIVER_MTU}",
                x.options.get(DRIVER_MTU) or f"not set, so {size}",
                f"at most {egress.mtu}",
            )
            for x, size in large[:5]
        ),
        mend=_mtu_mend(where, egress.mtu, [x for x, _ in large], facts.version),
    )


DEFAULT_OPTIONS_SINCE = (24, 0)
"""The first release with default-network-opts (moby v24.0.9 daemon/config/config.go)."""


def mtu_settings(mtu: int, version: tuple[int, ...]) -> dict[str, Any]:
    """The keys of daemon.json that set the packet size of docker0 and of new bridge networks."""
    if version < DEFAULT_OPTIONS_SINCE:
        return {"mtu": mtu}
    return {"mtu": mtu, "default-network-opts": {"bridge": {DRIVER_MTU: str(mtu)}}}


def _mtu_mend(
    where: Control, mtu: int, large: list[Network], version: tuple[int, ...] | Missing
) -> tuple[str, ...]:
    import json

    has_default_opts = have(version, DEFAULT_OPTIONS_SINCE) >= DEFAULT_OPTIONS_SINCE
    keys = json.dumps(mtu_settings(mtu, have(version, DEFAULT_OPTIONS_SINCE)))[1:-1]
    steps = [
        f"add to {where.config_file}: {keys}",
        f"{where.restart}  # stops containers unless live-restore is on",
    ]
    if any(x.name == "docker_gwbridge" for x in large):
        steps.append(
            "docker_gwbridge: drain the node, docker network rm docker_gwbridge, then make it with "
            f"docker network create -o {DRIVER_MTU}={mtu} ... docker_gwbridge"
        )
    made = [x.name for x in large if x.user_made]
    if made and not has_default_opts:
        steps.append(f'in each compose file: driver_opts: {{"{DRIVER_MTU}": "{mtu}"}}')
    if made:
        steps.append(
            f"re-create {names_of(made)}: docker compose down && docker compose up -d in its project"
        )
    return tuple(steps)
