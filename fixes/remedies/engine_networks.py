"""The engine's networks: address ranges, packet size, name servers."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from fixes.judged import fact
from fixes.model import RECREATE, Effect, Family, Parameter, by_hand, nothing, propose
from fixes.remedies import daemon_file
from fixes.remedies.recreation import NAME, PROJECT, compose
from probes import (
    configuration,
    daemon_config,
    daemon_control,
    dns,
    engine,
    engine_network,
    network,
)
from probes.engine_host import containers, name_of
from probes.engine_network import names_of
from probes.formats import resolv_conf, routes
from probes.formats.networks import DRIVER_MTU, mapping
from probes.host.questions import Absent
from probes.model import have, known
from probes.network import POOL_SIZE
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fixes.model import Proposal, Request
    from probes.formats.networks import Network
    from probes.formats.routes import IPNetwork
    from probes.host import Host
    from probes.network import NetworkFacts, Overlap

FAMILY = Family()

POOLS, BIP, DNS = "default-address-pools", "bip", "dns"

LONGEST = {4: 30, 6: 126}
"""Prefix lengths above these leave no room for a gateway and a container."""

ROOMY = {4: POOL_SIZE, 6: 64}
"""Prefix lengths of the networks that a pool without a usable size is cut into."""

FEW_NETWORKS = 4
"""Pools with fewer subnets are soon used up: one goes to docker0, one to each Compose project."""

NETWORKS_PER_POOL = 128
"""Networks here for which one pool of 256 subnets is proposed; with more of them, one more each."""

LEAST_MTU, MOST_MTU = 576, 65535
"""RFC 791: every host takes 576 bytes, and no IPv4 packet is longer than 65535."""

RUNNING = frozenset({"running", "paused", "restarting"})


# -- address ranges ------------------------------------------------------------------------------


@FAMILY.fix(
    "address-pools",
    "Give Docker's networks addresses that nobody else uses",
    parameters=(
        Parameter(
            "base",
            "private ranges that no route, interface, name server or network of this host touches",
            "ranges for Docker, CIDR, separated by commas",
        ),
        Parameter("size", str(POOL_SIZE), "the prefix length of each network cut out of a range"),
    ),
)
def address_pools(host: Host, request: Request) -> Proposal:
    """Docker takes the addresses of new networks, and of docker0, from ranges that are free here.

    Networks that exist keep their subnet: which of them collide, and how each is made anew, is
    listed. A range that the owner has chosen for Docker, as a part of a broad route, stays.

    ## What it changes
    `default-address-pools` in the daemon's configuration file, and `bip` where docker0 itself
    collides. Pools of the owner that do not collide stay; pools that the engine cannot use are
    corrected.

    ## Where the values come from
    The private ranges (RFC 1918): the first that no route in any table, no interface, no name
    server and no Docker network of this host touches; 172.16.0.0/12 from 172.30 down, then 10.x
    from 10.213 up, then 192.168. Networks of /24 hold 254 containers each, and a /16 has 256 of
    them. A VPN that is down has no routes: with one, choose the range by `--set base=`.

    ## What it costs
    Pools replace the built-in ones. The daemon must be restarted, and the networks that collide
    have to be made anew with their containers, whose addresses change.

    ## How it is verified
    The pools are judged as `hullcheck lint` does, and against the routes of this host; after the
    networks were made anew, docker-network-hides-route passes.

    ## How it is undone
    The file's bytes of before are put back; networks that were made meanwhile keep their subnet.
    """
    engine_network.made_by_docker(host)
    configuration.file_path(host)
    given, size = _given_bases(request), _given_size(request)
    broken = [
        p
        for p in have(daemon_config.TOPIC.look(host).problems, ())
        if p.code.startswith("daemon-json-pool-") or (p.key or "").startswith(POOLS)
    ]
    if broken and not given:
        return _corrected_pools(host, [p.message for p in broken])
    engine_network.site(host)
    facts = network.TOPIC.look(host)
    nets, known_routes = fact(facts.networks), fact(facts.routes)
    fact(facts.resolver)
    fact(facts.containers)
    hits = [*network.overlaps(nets, known_routes), *network.hidden_servers(facts)]
    foreign = [x for x in hits if network.ENGINE_BRIDGE.match(x.route.device)]
    hits = [x for x in hits if x not in foreign]
    use = network.pool_use(_pools(facts), nets, network.reserved_ranges(facts))
    short = use.total > 0 and network.nearly_used(use)
    if not hits and not short and not given:
        if foreign:
            return _foreign_bridges(foreign)
        return nothing(
            "no Docker network has addresses that the host reaches elsewhere, and "
            f"{use.free} of {use.total} subnets are free for new ones"
        )
    chosen = [] if given else [x for x in hits if _is_chosen(facts, x)]
    if chosen == hits and not short and not given:
        return by_hand(
            f"{POOLS} of {configuration.file_path(host)} chooses {names_of(x.subnet for x in hits)} "
            f"for Docker, a part of {names_of(x.route.destination for x in hits)}: on purpose, it "
            "seems",
            "hullcheck fix address-pools --set base=A.B.0.0/16   # with a range that is free",
        )
    hits = [x for x in hits if x not in chosen]
    return _moved(host, facts, hits, given, size, short=short)


def _given_bases(request: Request) -> tuple[ipaddress.IPv4Network, ...]:
    found = []
    for text in filter(None, request.given.get("base", "").split(",")):
        try:
            found.append(ipaddress.IPv4Network(text.strip()))
        except ValueError as error:
            raise ValueError(f"base: {error}") from None
    return tuple(found)


def _given_size(request: Request) -> int:
    text = request.given.get("size", str(POOL_SIZE))
    longest = LONGEST[4]
    if not text.isdecimal() or not 8 <= int(text) <= longest:  # noqa: PLR2004 - a class A network
        raise ValueError(f"size: {text} is no prefix length from 8 to {longest}")
    return int(text)


def _pools(facts: NetworkFacts) -> tuple[tuple[str, int], ...]:
    return fact(facts.pools) or network.DEFAULT_POOLS


def _is_chosen(facts: NetworkFacts, hit: Overlap) -> bool:
    """Whether the owner gave Docker a part of a broad route."""
    return hit.relation == network.BROADER and network.in_pools(hit.subnet, fact(facts.pools))


def _moved(
    host: Host,
    facts: NetworkFacts,
    hits: Sequence[Overlap],
    given: tuple[ipaddress.IPv4Network, ...],
    size: int,
    *,
    short: bool,
) -> Proposal:
    """New pools, and a new place for docker0, away from what collides."""
    nets = list({x.network.id: x.network for x in hits}.values())
    own = fact(facts.pools)
    lost = [base for base, _ in _pools(facts) if any(_loses(base, x, bool(own)) for x in hits)]
    bridge = any(x.name == "bridge" for x in nets)
    steps = _remade(host, nets, "--subnet A.B.C.0/24")
    if not (lost or short or given or bridge):
        return by_hand(
            "new networks get other addresses already; "
            f"{_kept(x.name for x in nets)} subnet until made anew",
            *steps,
        )
    settings: dict[tuple[str, ...], Any] = {}
    bases = _bases(facts, given, size)
    if not bases:
        return by_hand(
            "every private range has a route on this host: which part of them nobody uses is for "
            "a person to say",
            "hullcheck fix address-pools --set base=A.B.0.0/16",
        )
    if lost or short or given:
        kept = [] if given else [{"base": b, "size": s} for b, s in own if b not in lost]
        settings[(POOLS,)] = [*kept, *network.pools_of(bases, size)]
    if bridge:
        settings[(BIP,)] = network.bridge_address(bases[0], size)
    why_not = daemon_file.obstacle(host, *(pointer[0] for pointer in settings))
    why_not = why_not or (_pinned(host) if bridge else "")
    if why_not:
        return by_hand(
            why_not,
            f"set there: {_shown(settings)}",
            fact(facts.site).restart,
            *steps,
        )
    return propose(
        _why(facts, hits, bases, short=short),
        daemon_file.edit(host, settings),
        effects=_effects(host, nets),
        notes=_pool_notes(host, nets, bridge=bridge, replaces=not own),
        steps=steps,
    )


def _touches(base: str, target: IPNetwork | None) -> bool:
    pool = routes.network_of(base)
    if pool is None or target is None or pool.version != target.version:
        return False
    return pool.overlaps(target)


def _loses(base: str, hit: Overlap, own: bool) -> bool:  # noqa: FBT001 - a fact, not a switch
    """Whether a pool has addresses that collide; an owner's may be a part of a broad route."""
    pool, target = routes.network_of(base), routes.network_of(hit.route.destination)
    if pool is None or target is None or not _touches(base, target):
        return False
    return not own or target.prefixlen >= pool.prefixlen


def _bases(
    facts: NetworkFacts, given: tuple[ipaddress.IPv4Network, ...], size: int
) -> tuple[str, ...]:
    """The user's ranges, checked against the host, else free ones: enough for the networks here."""
    for base in given:
        if base.prefixlen > size:
            raise ValueError(f"base: {base} is smaller than one network of size {size}")
        for taken in network.taken_ranges(facts):
            if _touches(str(base), taken):
                raise ValueError(f"base: {base} is taken, this host already has {taken}")
    if given:
        return tuple(str(base) for base in given)
    local = [x for x in fact(facts.networks) if x.scope == "local"]
    return network.free_ranges(facts, 1 + len(local) // NETWORKS_PER_POOL)


def _pinned(host: Host) -> str:
    """Why docker0 cannot be moved by ``bip``: other keys of the owner hold it where it is."""
    for key in ("bridge", "fixed-cidr", "default-gateway"):
        told = configuration.setting(host, key)
        if told.source in {"file", "flag"} and told.value:
            return f"{told.where} sets {key}, which belongs to the addresses that docker0 has now"
    return ""


def _shown(settings: dict[tuple[str, ...], Any]) -> str:
    import json

    return ", ".join(f'"{".".join(k)}": {json.dumps(v)}' for k, v in settings.items())


def _why(
    facts: NetworkFacts, hits: Sequence[Overlap], bases: tuple[str, ...], *, short: bool
) -> str:
    where = f"nothing on this host uses {', '.join(bases)}"
    if hits:
        first = hits[0]
        behind = f" behind {first.route.device}" if first.route.device else ""
        more = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
        return (
            f"{first.network.name} uses {first.subnet}, which collides with "
            f"{first.route.destination}{behind}{more}; {where}"
        )
    if short:
        use = network.pool_use(_pools(facts), fact(facts.networks), network.reserved_ranges(facts))
        return f"{use.free} of {use.total} subnets are left for new networks; {where}"
    return where


def _pool_notes(
    host: Host, nets: Sequence[Network], *, bridge: bool, replaces: bool
) -> tuple[str, ...]:
    notes = []
    if replaces:
        notes.append("Pools replace the built-in ones: new networks come from these ranges alone.")
    kept = [x.name for x in nets if x.user_made]
    if kept:
        notes.append(f"{_kept(kept)} subnet until made anew, and until then the collision stays.")
    if bridge:
        notes.append("docker0 and the containers on it get other addresses at the restart.")
    return (*notes, *_running_on(host)) if bridge else tuple(notes)


def _running_on(host: Host) -> tuple[str, ...]:
    """Under live-restore a daemon with running containers leaves its bridge as it is.

    moby daemon/daemon_unix.go, ``initNetworkController``: "there are running containers, updated
    network configuration will not take affect".
    """
    told = have(known(lambda: engine.info(host)), {})
    if not told.get("LiveRestoreEnabled") or not told.get("ContainersRunning"):
        return ()
    return (
        (
            "live-restore is on: while containers run through the restart, the daemon leaves "
            "docker0 as it is. Stop them first, or this counts from the next boot."
        ),
    )


def _foreign_bridges(hits: Sequence[Overlap]) -> Proposal:
    names = list(dict.fromkeys(x.route.device for x in hits))
    return by_hand(
        f"the addresses of {names_of(x.network.name for x in hits)} are also those of "
        f"{names_of(names)}, which belongs to another engine or was left behind by one",
        *(
            f"ip -br address show {name}; if no engine uses it: sudo ip link delete {name}"
            for name in names
        ),
    )


# -- networks that have to be made anew ----------------------------------------------------------


def _kept(names: Iterable[str]) -> str:
    listed = list(names)
    return f"{names_of(listed)} {'keeps its' if len(listed) == 1 else 'keep their'}"


def _members(host: Host, item: Network) -> list[dict[str, Any]]:
    """The containers that run and belong to a network, as the engine lists them."""
    return [
        row
        for row in have(known(lambda: containers(host)), [])
        if row.get("State") in RUNNING
        and item.name in mapping(mapping(row.get("NetworkSettings")).get("Networks"))
    ]


def _effects(host: Host, nets: Iterable[Network]) -> tuple[Effect, ...]:
    """The containers that have to be made anew together with their network."""
    return tuple(
        Effect(RECREATE, name_of(row), step)
        for item in nets
        if item.user_made and (step := _remake(host, item))
        for row in _members(host, item)
    )


def _remade(host: Host, nets: Iterable[Network], option: str) -> tuple[str, ...]:
    """How each of these networks is made anew, as far as a person made it."""
    steps = []
    for item in nets:
        if item.user_made:
            steps.append(_remake(host, item))
        elif item.name == "docker_gwbridge":
            steps.append(
                "docker_gwbridge: drain the node (docker node update --availability drain), "
                f"docker network rm docker_gwbridge, docker network create {option} ... "
                "docker_gwbridge"
            )
    return tuple(dict.fromkeys(steps))


def _remake(host: Host, item: Network) -> str:
    """Take a network away and make it again, with the containers that run in it."""
    rows = _members(host, item)
    labels = _labels(host, item)
    # Which files a project has is only told by its containers.
    own = [x for x in (mapping(row.get("Labels")) for row in rows) if x.get(PROJECT)]
    told = next((x for x in own if x[PROJECT] == labels.get(PROJECT)), labels)
    folder, _, project = compose(told).rpartition(" && ")
    if project:
        change = f"{folder} && " if folder else ""
        return f"{change}{project} down && {project} up -d"
    if not NAME.fullmatch(item.name):
        return f"make the network {item.name} anew"
    names = [name_of(row) for row in rows if NAME.fullmatch(name_of(row))]
    words = [
        *(f"docker network disconnect -f {item.name} {x}" for x in names),
        f"docker network rm {item.name}",
        f"docker network create {item.name}",
        *(f"docker network connect {item.name} {x}" for x in names),
    ]
    return f"{' && '.join(words)}   # with its options, see docker network inspect {item.name}"


def _labels(host: Host, item: Network) -> dict[str, Any]:
    answer = known(lambda: engine.get(host, engine_network.NETWORKS))
    rows = answer if isinstance(answer, list) else []
    return next(
        (mapping(x.get("Labels")) for x in rows if isinstance(x, dict) and x.get("Id") == item.id),
        {},
    )


# -- pools that the engine cannot use ------------------------------------------------------------


class _Pool(NamedTuple):
    base: IPNetwork
    size: int

    @property
    def networks(self) -> int:
        return int(2 ** (self.size - self.base.prefixlen))


def _corrected_pools(host: Host, messages: list[str]) -> Proposal:
    """The owner's own pools in a form that the engine can use, and free ones where too few stay."""
    why_not = daemon_file.obstacle(host, POOLS)
    if why_not:
        return by_hand(why_not, *messages)
    from probes.formats.daemon_json import effective_keys

    document = configuration.document(host)
    in_file = effective_keys(document, configuration.engine_version(host)) if document else {}
    rows = in_file[POOLS].value if POOLS in in_file else []
    pools, notes = _usable(rows if isinstance(rows, list) else [])
    few = sum(pool.networks for pool in pools) < FEW_NETWORKS
    value = [{"base": str(pool.base), "size": pool.size} for pool in pools]
    if few:
        engine_network.site(host)
        facts = network.TOPIC.look(host)
        fact(facts.routes)
        bases = network.free_ranges(facts)
        if not bases:
            return by_hand(
                "every private range has a route on this host: which part of them nobody uses is "
                "for a person to say",
                *messages,
            )
        value += network.pools_of(bases, POOL_SIZE)
        notes.append(f"{bases[0]} is added: nothing on this host uses it.")
    return propose(
        f"the engine cannot use {POOLS} as it stands in {configuration.file_path(host)}: "
        + "; ".join(message.rstrip(".") for message in messages),
        daemon_file.edit(host, {(POOLS,): value}),
        notes=(*notes, "Networks that exist keep the subnet they were made with."),
    )


def _usable(rows: Iterable[Any]) -> tuple[list[_Pool], list[str]]:
    """The pools that can be read, with a size that fits, none of them inside another one."""
    pools: list[_Pool] = []
    notes: list[str] = []
    for row in rows:
        told = {str(key).lower(): value for key, value in mapping(row).items()}
        text, size = str(told.get("base") or ""), told.get("size")
        base = routes.network_of(text) if "/" in text else None
        if base is None or base.prefixlen > LONGEST[base.version]:
            notes.append(
                f"The pool {text or 'without a base'} goes: it names no range for networks."
            )
            continue
        if not isinstance(size, int) or not base.prefixlen <= size <= LONGEST[base.version]:
            size = max(base.prefixlen, ROOMY[base.version])
            notes.append(f"Networks of {base} get the size {size}.")
        if text.partition("/")[0] != str(base.network_address):
            notes.append(f"{text} is written as {base}, which is what the engine takes it for.")
        inside = next((x for x in pools if _touches(str(x.base), base)), None)
        if inside and inside.base.prefixlen <= base.prefixlen:
            notes.append(f"The pool {base} goes: {inside.base} holds it.")
            continue
        for pool in [x for x in pools if _touches(str(x.base), base)]:
            notes.append(f"The pool {pool.base} goes: {base} holds it.")
            pools.remove(pool)
        pools.append(_Pool(base, size))
    return pools, notes


# -- packet size ---------------------------------------------------------------------------------


@FAMILY.fix(
    "bridge-mtu",
    "Fit Docker's packets to the way out",
    parameters=(Parameter("mtu", "that of the interface on the way out", "bytes, 576 to 65535"),),
)
def bridge_mtu(host: Host, request: Request) -> Proposal:
    """docker0 and new bridge networks get the packet size that the way out carries.

    ## What it changes
    `mtu` in the daemon's configuration file for docker0 and, from Engine 24 on,
    `default-network-opts` for the bridge networks that are made from then on.

    ## Where the values come from
    The MTU of the interface on the kernel's way to a public address, or of that route.

    ## What it costs
    The daemon must be restarted. Networks that exist keep their packet size: they are listed, and
    have to be made anew with their containers. Smaller packets cost next to nothing.

    ## How it is verified
    bridge-mtu-above-egress is looked at again; it passes when the networks have been made anew.

    ## How it is undone
    The file's bytes of before are put back; a restart makes them count.
    """
    engine_network.site(host)
    configuration.file_path(host)
    facts = network.TOPIC.look(host)
    nets, sizes, way_out = fact(facts.networks), fact(facts.mtus), fact(facts.egress)
    if way_out is None:
        return nothing("this host has no route to the outside")
    if way_out.device in {x.bridge for x in nets}:
        return nothing(f"the way out is the Docker bridge {way_out.device} itself")
    mtu = _given_mtu(request, way_out.mtu)
    large = [x for x in network.outward(nets) if network.network_mtu(x, sizes) > mtu]
    if not large:
        return nothing(
            f"no bridge network has packets of more than {mtu} bytes, and {way_out.device} carries "
            f"{way_out.mtu}"
        )
    version = fact(facts.version)
    wanted = network.mtu_settings(mtu, version)
    settings = daemon_file.unset(host, {("mtu",): mtu, **_default_options(wanted)})
    steps = (
        *_compose_options(large, mtu, version),
        *_remade(host, large, f"-o {DRIVER_MTU}={mtu}"),
    )
    if not settings:
        return by_hand(
            f"{configuration.file_path(host)} has {mtu} already; "
            f"{_kept(x.name for x in large)} packet size until made anew",
            *(() if all(x.user_made for x in large) else (fact(facts.site).restart,)),
            *steps,
        )
    why_not = daemon_file.obstacle(host, *(pointer[0] for pointer in settings))
    if why_not:
        return by_hand(why_not, f"set there: {_shown(settings)}", fact(facts.site).restart, *steps)
    made = [x.name for x in large if x.user_made]
    return propose(
        f"{way_out.device} carries packets of {mtu} bytes, and those of "
        f"{names_of(x.name for x in large)} have up to "
        f"{max(network.network_mtu(x, sizes) for x in large)}",
        daemon_file.edit(host, settings),
        effects=_effects(host, large),
        notes=(
            *([f"{_kept(made)} packet size until made anew."] if made else []),
            *_running_on(host),
        ),
        steps=steps,
    )


def _given_mtu(request: Request, otherwise: int) -> int:
    text = request.given.get("mtu", str(otherwise))
    if not text.isdecimal() or not LEAST_MTU <= int(text) <= MOST_MTU:
        raise ValueError(f"mtu: {text} is no number from {LEAST_MTU} to {MOST_MTU}")
    return int(text)


def _default_options(wanted: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """default-network-opts as single values, so that those of other drivers and names stay."""
    return {
        ("default-network-opts", driver, name): value
        for driver, options in mapping(wanted.get("default-network-opts")).items()
        for name, value in options.items()
    }


def _compose_options(
    large: Sequence[Network], mtu: int, version: tuple[int, ...]
) -> tuple[str, ...]:
    """What has to be written down elsewhere before the networks are made anew."""
    own = [x.name for x in large if x.user_made and DRIVER_MTU in x.options]
    old = version < network.DEFAULT_OPTIONS_SINCE and any(x.user_made for x in large)
    if not own and not old:
        return ()
    which = names_of(own) if own else "networks of their own"
    return (f'for {which}, in each compose file: driver_opts: {{"{DRIVER_MTU}": "{mtu}"}}',)


# -- name servers --------------------------------------------------------------------------------

UPSTREAM_FILES = (
    engine_network.SYSTEMD_RESOLV_CONF,
    "/run/NetworkManager/no-stub-resolv.conf",
    "/run/NetworkManager/resolv.conf",
)
"""Where systemd-resolved(8) and NetworkManager (NetworkManager.conf(5), rc-manager) write down the
servers that a local resolver asks."""


@FAMILY.fix(
    "daemon-dns",
    "Give containers name servers that they can reach",
    parameters=(
        Parameter(
            "servers",
            "those that the host's own resolver asks",
            "addresses of name servers, separated by commas",
        ),
    ),
)
def daemon_dns(host: Host, request: Request) -> Proposal:
    """Containers no longer get name servers on a loopback address, which is their own.

    Where the host has servers that containers reach, the daemon's own `dns` loses its loopback
    addresses, or goes, and the engine takes the host's. Where the host itself has only a local
    resolver, the daemon gets the servers that this resolver asks.

    ## What it changes
    `dns` in the daemon's configuration file.

    ## Where the values come from
    The servers that systemd-resolved or NetworkManager wrote down in /run for this connection. No
    public server is ever chosen: it would learn every name, and knows none of the office.

    ## What it costs
    `dns` in the file is fixed: a machine that moves between networks needs a server that is right
    everywhere. The daemon must be restarted, and containers keep their resolv.conf until they are
    restarted.

    ## How it is verified
    daemon-dns-loopback and host-dns-only-loopback are looked at again.

    ## How it is undone
    The file's bytes of before are put back; a restart makes them count.
    """
    path = configuration.file_path(host)
    facts = dns.TOPIC.look(host)
    own, given = fact(facts.dns), _given_servers(request)
    bad = [x for x in own if resolv_conf.is_loopback(x)]
    seen = (
        f"{', '.join(bad)} in dns of {path} is the container itself"
        if bad
        else "the host's only name servers are on its loopback"
    )
    if given:
        return _servers_are(host, "chosen", list(given), f"containers get {', '.join(given)}")
    if own and not bad:
        return nothing(f"the daemon has name servers of its own already: {', '.join(own)}")
    fine = [x for x in own if x not in bad]
    if fine:
        return _servers_are(host, seen, fine, f"{', '.join(fine)} stays")
    resolver = fact(facts.resolver)
    inherited = fact(dns.inherited(resolver))
    if not resolver.servers and not own:
        return nothing(f"{engine_network.RESOLV_CONF} names no server, and no loopback address")
    if any(not resolv_conf.is_loopback(x) for x in inherited):
        if not own:
            return nothing(f"containers get the host's name servers: {', '.join(inherited)}")
        from probes.formats.json_edit import REMOVED

        why = f"without dns the engine takes the host's {', '.join(inherited)}"
        return _servers_are(host, seen, REMOVED, why)
    source, found = _upstream(host)
    if not found:
        return by_hand(
            f"{seen}, and which servers the host's own resolver asks is not to be seen",
            "hullcheck fix daemon-dns --set servers=ADDRESS,ADDRESS",
            "or let the local resolver listen on docker0's address too, and name that address",
        )
    return _servers_are(
        host,
        seen,
        found,
        f"the host's resolver asks {', '.join(found)} ({source})",
        "dns in the daemon's file is fixed: where this machine moves between networks, let the local "
        "resolver listen on docker0's address instead, and name that.",
    )


def _servers_are(
    host: Host,
    seen: str,
    value: Any,  # noqa: ANN401 - addresses, or that the key goes
    why: str,
    *notes: str,
) -> Proposal:
    why_not = daemon_file.obstacle(host, DNS)
    if why_not:
        return by_hand(why_not, f"there: {why}", daemon_control.control(host).restart)
    return propose(
        f"{seen}; {why}",
        daemon_file.edit(host, {(DNS,): value}),
        notes=(*notes, "Containers keep the name servers they have until they are restarted."),
    )


def _given_servers(request: Request) -> tuple[str, ...]:
    found = []
    for text in filter(None, request.given.get("servers", "").split(",")):
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            raise ValueError(f"servers: {text.strip()} is no IP address") from None
        if address.is_loopback:
            raise ValueError(f"servers: {address} is a container's own loopback")
        found.append(str(address))
    return tuple(found)


def _upstream(host: Host) -> tuple[str, list[str]]:
    """The file that tells the servers behind the host's resolver, and those containers can reach."""
    for path in UPSTREAM_FILES:
        try:
            servers = resolv_conf.name_servers(host.read_text(path))
        except Absent:
            continue
        # A link-local server needs to be told the interface, and a container has another one.
        found = [
            x
            for x in servers
            if not resolv_conf.is_loopback(x) and not ipaddress.ip_address(x).is_link_local
        ]
        if found:
            return path, found
    return "", []
