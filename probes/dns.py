"""DNS: which name servers containers get, and whether they can reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import configuration, engine_network
from probes.engine_network import RESOLV_CONF, SYSTEMD_RESOLV_CONF, here_or
from probes.formats import resolv_conf
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

if TYPE_CHECKING:
    from probes.daemon_control import Control
    from probes.engine_network import Resolver
    from probes.host import Host

INTERNAL_DNS_READS_LOOPBACK = (26, 0)
"""From here on the resolver of user-made networks asks the host's loopback servers from the
host's side (moby libnetwork/internal/resolvconf, ``HostLoopback``)."""


NO_FALLBACK_DNS = (28, 0)
"""From here on user-made networks no longer fall back to 8.8.8.8 (moby/moby#48290)."""


TOPIC = Topic["DnsFacts"]("dns", "DNS")


class DnsFacts(NamedTuple):
    """The name servers of the host and of the daemon."""

    site: Control | Missing
    version: tuple[int, ...] | Missing
    resolver: Resolver | Missing
    dns: tuple[str, ...] | Missing
    """The daemon's own."""
    dns_where: str


@TOPIC.probe
def look(host: Host) -> DnsFacts:
    """Read resolv.conf as the engine does, and the daemon's own ``dns``."""
    where = known(lambda: engine_network.site(host))
    told = known(lambda: configuration.setting(host, "dns"))
    return DnsFacts(
        site=where,
        version=known(lambda: engine_network.engine_version(host)),
        resolver=here_or(where, lambda: engine_network.resolver(host)),
        dns=known(lambda: engine_network.daemon_dns(host)),
        dns_where="" if isinstance(told, Missing) else told.where,
    )


@TOPIC.check(
    "resolv-conf-missing",
    ERROR,
    "The host has no usable resolv.conf",
    references=(
        "https://github.com/moby/moby/issues/49665",
        "https://docs.docker.com/engine/release-notes/28/",
        "man:resolv.conf(5)",
    ),
    applies="rootful engines on this host",
)
def resolv_conf_missing(facts: DnsFacts) -> Verdict:
    """/etc/resolv.conf is missing, points nowhere, or names no server.

    ## What it reads
    /etc/resolv.conf and, where it is a symbolic link, what it points to; and the daemon's own
    `dns`, which would stand in for it.

    ## Why it matters
    Containers get their name servers from this file. From Engine 28 on user-made networks have
    no DNS at all without it; earlier engines silently asked Google's servers, which many networks
    block. The host itself may still resolve names, through nss-resolve.

    ## How to mend it
    With systemd-resolved, link the file to its stub. Otherwise write the servers into it, or set
    `dns` in the daemon's configuration.

    ## What could go wrong
    A network manager may replace the file again at the next connection. Running containers keep
    the old state until they are restarted.

    ## Why this severity
    An error where containers have no DNS; a warning where an older engine falls back to 8.8.8.8,
    or where the file is there and names no server.
    """
    need(facts.site)
    resolver = need(facts.resolver)
    seen = Evidence(
        RESOLV_CONF,
        f"link to {resolver.target}" if resolver.target else "",
        {"absent": "missing", "dangling": "points nowhere"}.get(
            resolver.state, f"nameserver {', '.join(resolver.servers) or 'none'}"
        ),
        "a name server",
    )
    if resolver.servers:
        return ok(f"{RESOLV_CONF} names {len(resolver.servers)} servers", seen)
    dns = need(facts.dns)
    if dns:
        return ok(f"the daemon's own dns ({', '.join(dns)}) stands in for {RESOLV_CONF}", seen)
    version = need(facts.version)
    what = {
        "absent": "does not exist",
        "dangling": f"points to {resolver.target}, which does not exist",
    }.get(resolver.state, "names no server")
    then = (
        "containers in networks of their own have no DNS"
        if version >= NO_FALLBACK_DNS
        else "containers ask 8.8.8.8 instead"
    )
    broken = version >= NO_FALLBACK_DNS and resolver.state != "file"
    return fail(
        f"{RESOLV_CONF} {what}: {then}.",
        seen,
        severity=ERROR if broken else WARNING,
        mend=(
            (
                "with systemd-resolved: sudo ln -sf ../run/systemd/resolve/stub-resolv.conf "
                f"{RESOLV_CONF}"
            ),
            f"or write `nameserver ADDRESS` into {RESOLV_CONF}",
            "then restart the containers",
        ),
    )


def inherited(resolver: Resolver) -> tuple[str, ...] | Missing:
    """The host's name servers as the engine takes them over where it has no ``dns`` of its own.

    Behind systemd-resolved's stub they are those of the stub.
    """
    upstream = resolver.upstream
    if upstream is None:
        return resolver.servers
    if isinstance(upstream, Missing) and upstream.kind == "absent":
        return ()
    return upstream


@TOPIC.check(
    "host-dns-only-loopback",
    WARNING,
    "The host's name servers are out of containers' reach",
    references=(
        "https://github.com/moby/moby/issues/38243",
        "https://github.com/moby/moby/issues/41022",
        "https://docs.docker.com/engine/network/#dns-services",
    ),
    applies="rootful engines on this host",
)
def host_dns_only_loopback(facts: DnsFacts) -> Verdict:
    """Every name server of the host is on its loopback, which in a container is the container.

    ## What it reads
    /etc/resolv.conf. If its only server is 127.0.0.53, systemd-resolved is behind it, and the
    engine (18.09 and later) takes /run/systemd/resolve/resolv.conf instead: then that file is
    judged. And the daemon's `dns`, which overrules both.

    ## Why it matters
    The engine drops such servers for the default bridge and for builds, and puts 8.8.8.8 and
    8.8.4.4 in their place: names of the office or the VPN do not resolve there, and nothing does
    where a firewall keeps 8.8.8.8 out. Before Engine 26 that is so for all networks.

    ## How to mend it
    Tell the daemon a server that containers can reach: `dns` in daemon.json. A local dnsmasq can
    also listen on docker0's address.

    ## What could go wrong
    A `dns` in daemon.json is fixed: a laptop that moves between networks needs a server that is
    right everywhere, best the one on docker0.

    ## Why this severity
    A warning before Engine 26. A note from then on, because only the default bridge and builds
    are concerned.
    """
    where, resolver = need(facts.site), need(facts.resolver)
    source = RESOLV_CONF if resolver.upstream is None else SYSTEMD_RESOLV_CONF
    servers = need(inherited(resolver))
    if not resolver.servers:
        return skip(f"{RESOLV_CONF} names no server")
    seen = Evidence(
        source, "nameserver", ", ".join(servers) or "none", "a server that containers can reach"
    )
    if any(not resolv_conf.is_loopback(x) for x in servers):
        return ok("containers can reach the host's name servers", seen)
    dns = need(facts.dns)
    if dns:
        return ok(f"the daemon has name servers of its own: {', '.join(dns)}", seen)
    late = need(facts.version) >= INTERNAL_DNS_READS_LOOPBACK
    who = "builds and containers on the default bridge" if late else "all containers"
    named = ", ".join(resolver.servers)
    return fail(
        f"The host's only name servers ({named}) are on its loopback, so {who} ask 8.8.8.8 "
        "instead.",
        seen,
        severity=NOTE if late else WARNING,
        mend=(
            f'add to {where.config_file}: "dns": ["ADDRESS"]  (a server that containers can reach)',
            f"{where.restart}  # stops containers unless live-restore is on",
        ),
    )


@TOPIC.check(
    "daemon-dns-loopback",
    ERROR,
    "The daemon's dns points at the containers themselves",
    references=(
        "https://github.com/debops/debops/issues/1929",
        "https://docs.docker.com/engine/daemon/troubleshoot/",
    ),
    applies="engines on this host",
)
def daemon_dns_loopback(facts: DnsFacts) -> Verdict:
    """The daemon is told to give containers a name server on 127.0.0.0/8 or ::1.

    ## What it reads
    `dns` of the daemon's effective configuration: its file and its command line.

    ## Why it matters
    Inside a container, loopback is the container. Such a server is passed on as it is (only
    servers inherited from the host are filtered), and every name lookup runs into a timeout.

    ## How to mend it
    Remove the address: without `dns` the engine takes the host's servers, also those behind
    systemd-resolved. Or name a server that containers can reach.

    ## What could go wrong
    It takes a restart of the daemon, and containers keep their resolv.conf until they are
    restarted.

    ## Why this severity
    An error when no other server is named; a warning when one of several is.
    """
    dns = need(facts.dns)
    if not dns:
        return ok("the daemon names no name servers of its own", Evidence("daemon", "dns", "[]"))
    bad = [x for x in dns if resolv_conf.is_loopback(x)]
    seen = Evidence(
        facts.dns_where or "daemon configuration", "dns", ", ".join(dns), "no loopback address"
    )
    if not bad:
        return ok("the daemon's name servers are no loopback addresses", seen)
    where = have(facts.site, None)
    file = where.config_file if where else "the daemon's configuration"
    return fail(
        f"The daemon gives containers {', '.join(bad)} as name server, which inside a container "
        "is the container itself.",
        seen,
        severity=ERROR if len(bad) == len(dns) else WARNING,
        mend=(
            f'remove {", ".join(bad)} from "dns" in {file}',
            (
                f"{where.restart if where else 'restart the daemon'}  # stops containers unless "
                "live-restore is on"
            ),
        ),
    )
