"""Swarm: whether the cluster that this engine belongs to holds, and what will break it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from probes import configuration, engine, engine_network
from probes.engine_network import here_or, names_of
from probes.formats import routes
from probes.formats.networks import DRIVER_MTU, mapping
from probes.formats.sizes import GIB, human_size
from probes.formats.x509 import Certificate, parse_certificates
from probes.host.questions import Garbled
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
    from probes.formats.networks import Network
    from probes.formats.routes import Route
    from probes.host import Host

DAY = 86_400.0

RENEWAL_LATE = 0.1
"""Part of a certificate's life below which its renewal must have failed: nodes renew theirs between
half and four fifths of it (swarmkit ca/renewer.go, ``calculateRandomExpiry``)."""

CA_DAYS = 180
"""Days before the end of the cluster's root certificate, which lives 20 years and is replaced
by hand: time enough to plan it."""

OVERLAY_MTU = 1500
"""What an overlay network takes for the MTU between the nodes unless its option says otherwise;
its containers get 50 bytes less (maxMTU in moby's drivers/overlay)."""


RAFT_LIMIT = 1 * GIB
"""Managers keep the whole state in memory and send it to each other. An empty swarm has about
128 MiB on disk, for etcd's log makes its files 64 MiB long beforehand; the log is cut every 10,000
entries, so a healthy one stays in the hundreds of MiB."""

MANAGER_PORT = 2377

WORKER = "only a manager knows that, and this node is a worker"

# /nodes and /services are asked of managers only: any other engine would log each as an error.
TOPIC = Topic["SwarmFacts"]("swarm", "Swarm", engine=(engine_network.NETWORKS,))


class NotInSwarm(engine.NotHere):
    """There is no cluster to judge."""


class Node(NamedTuple):
    """One member of the cluster."""

    hostname: str
    id: str
    role: str
    availability: str
    state: str
    reachability: str
    """Of managers: reachable, unreachable; empty for workers."""
    address: str


class Membership(NamedTuple):
    """What GET /info says of this node and its cluster."""

    state: str
    """active, inactive, locked, pending or error."""
    manager: bool
    address: str
    error: str
    nodes: int
    managers: int
    autolock: bool | None
    """None where a worker does not know."""
    root_certificate: str
    live_restore: bool
    nftables: bool


class SwarmFacts(NamedTuple):
    """The cluster as this node sees it. Everything but ``member`` is inapplicable outside one."""

    member: Membership | Missing
    nodes: tuple[Node, ...] | Missing
    services: int | Missing
    networks: tuple[Network, ...] | Missing
    live_restore: bool | Missing
    """Whether the daemon's configuration asks for it, live or not."""
    live_restore_where: str
    root: Certificate | Missing
    certificate: Certificate | Missing
    """This node's own."""
    certificate_path: str
    now: float | Missing
    addresses: tuple[str, ...] | Missing
    """All addresses of this host."""
    underlay: tuple[str, int] | Missing
    """The interface that carries the overlay networks, and its MTU."""
    routes: tuple[Route, ...] | Missing
    listens_on: tuple[str, ...] | Missing
    """Addresses on which the manager's port listens."""
    raft_bytes: int | Missing
    site: Control | Missing


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> SwarmFacts:
    """Ask GET /info first; without a cluster nothing else is asked."""
    member = known(lambda: _membership(host))
    if isinstance(member, Missing) or member.state == "inactive":
        reason = (
            member
            if isinstance(member, Missing)
            else Missing("this engine is in no swarm", "inapplicable")
        )
        return _nothing(member, reason)
    site = known(lambda: engine_network.site(host))
    told = known(lambda: configuration.setting(host, "live-restore"))
    path = _certificate_path(host)
    return SwarmFacts(
        member=member,
        nodes=known(lambda: _nodes(host, member)),
        services=known(lambda: _services(host, member)),
        networks=known(lambda: engine_network.networks(host)),
        live_restore=told if isinstance(told, Missing) else told.value is True,
        live_restore_where="" if isinstance(told, Missing) else told.where,
        root=known(lambda: _root(member)),
        certificate=here_or(
            site, lambda: _certificate(host.read_text(path), path, f"sudo head -1 {path}")
        ),
        certificate_path=path,
        now=known(host.now),
        addresses=here_or(site, lambda: tuple(sorted(_addresses(host)))),
        underlay=here_or(site, lambda: _underlay(host, member.address)),
        routes=here_or(site, lambda: engine_network.host_routes(host)),
        listens_on=here_or(site, lambda: _listens_on(host)),
        raft_bytes=here_or(site, lambda: _raft_bytes(host, member)),
        site=site,
    )


def _nothing(member: Membership | Missing, why: Missing) -> SwarmFacts:
    return SwarmFacts(
        member=member,
        nodes=why,
        services=why,
        networks=why,
        live_restore=why,
        live_restore_where="",
        root=why,
        certificate=why,
        certificate_path="",
        now=why,
        addresses=why,
        underlay=why,
        routes=why,
        listens_on=why,
        raft_bytes=why,
        site=why,
    )


def _number(value: Any) -> int:  # noqa: ANN401 - any JSON
    return value if isinstance(value, int) else 0


def _membership(host: Host) -> Membership:
    info = engine.info(host)
    swarm = mapping(info.get("Swarm"))
    cluster = mapping(swarm.get("Cluster"))
    encryption = mapping(mapping(cluster.get("Spec")).get("EncryptionConfig"))
    backend = mapping(info.get("FirewallBackend"))
    return Membership(
        state=str(swarm.get("LocalNodeState") or "inactive"),
        manager=swarm.get("ControlAvailable") is True,
        address=str(swarm.get("NodeAddr") or ""),
        error=str(swarm.get("Error") or ""),
        nodes=_number(swarm.get("Nodes")),
        managers=_number(swarm.get("Managers")),
        autolock=encryption.get("AutoLockManagers") is True if cluster else None,
        root_certificate=str(mapping(cluster.get("TLSInfo")).get("TrustRoot") or ""),
        live_restore=info.get("LiveRestoreEnabled") is True,
        nftables=str(backend.get("Driver") or "").startswith("nftables"),
    )


def _for_managers(member: Membership) -> None:
    if member.state == "active" and not member.manager:
        raise NotInSwarm(WORKER)


def _nodes(host: Host, member: Membership) -> tuple[Node, ...]:
    _for_managers(member)
    answer = engine.get(host, "/nodes")
    nodes = []
    for item in answer if isinstance(answer, list) else ():
        if not isinstance(item, dict):
            continue
        spec, status = mapping(item.get("Spec")), mapping(item.get("Status"))
        nodes.append(
            Node(
                hostname=str(mapping(item.get("Description")).get("Hostname") or "?"),
                id=str(item.get("ID") or ""),
                role=str(spec.get("Role") or ""),
                availability=str(spec.get("Availability") or ""),
                state=str(status.get("State") or ""),
                reachability=str(mapping(item.get("ManagerStatus")).get("Reachability") or ""),
                address=str(status.get("Addr") or ""),
            )
        )
    return tuple(nodes)


def _services(host: Host, member: Membership) -> int:
    _for_managers(member)
    answer = engine.get(host, "/services")
    return len(answer) if isinstance(answer, list) else 0


def _certificate_path(host: Host) -> str:
    root = engine.look(host).data_root
    folder = root if isinstance(root, str) else "/var/lib/docker"
    return f"{folder}/swarm/certificates/swarm-node.crt"


def _certificate(text: str, where: str, look: str = "") -> Certificate:
    try:
        return parse_certificates(text)[0]
    except ValueError as error:
        raise Garbled(f"{where} holds no certificate: {error}", look=look) from None


def _root(member: Membership) -> Certificate:
    """The root of the swarm's CA, which only managers are told."""
    if not member.root_certificate:
        raise NotInSwarm(WORKER)
    return _certificate(member.root_certificate, "GET /info TLSInfo.TrustRoot")


def _addresses(host: Host) -> set[str]:
    return {
        str(address.get("address") or "").partition("%")[0]
        for about in host.gauge("interfaces").values()
        for address in about.get("addresses") or ()
    }


def _underlay(host: Host, address: str) -> tuple[str, int]:
    """The interface that has the node's address, else the way out."""
    for name, about in host.gauge("interfaces").items():
        for item in about.get("addresses") or ():
            if item.get("address") == address and isinstance(about.get("mtu"), int):
                return str(name), int(about["mtu"])
    way_out = engine_network.egress(host)
    if way_out is None:
        raise engine.NotHere("this host has no route to the outside")
    return way_out.device, way_out.mtu


def _listens_on(host: Host) -> tuple[str, ...]:
    """Addresses with a listening socket on the managers' port, /proc/net/tcp (proc(5))."""
    found = set()
    for name in ("tcp", "tcp6"):
        text = have(known(lambda name=name: host.read_text(f"/proc/self/net/{name}")), "")  # type: ignore[misc]
        for line in str(text).splitlines()[1:]:
            words = line.split()
            if len(words) > 3 and words[3] == "0A":  # noqa: PLR2004 - state TCP_LISTEN
                address, _, port = words[1].partition(":")
                if port and int(port, 16) == MANAGER_PORT:
                    found.add("all addresses" if not int(address, 16) else address)
    return tuple(sorted(found))


def _raft_bytes(host: Host, member: Membership) -> int:
    """The size of a manager's log and snapshots: a few dozen files in two folders."""
    _for_managers(member)
    base = f"{_certificate_path(host).removesuffix('/certificates/swarm-node.crt')}/raft"
    total = 0
    for folder in host.list(base):
        if folder.startswith(("wal", "snap")):
            for name in host.list(f"{base}/{folder}")[:500]:
                size = known(lambda path=f"{base}/{folder}/{name}": host.stat(path).size)  # type: ignore[misc]
                total += size if isinstance(size, int) else 0
    return total


def _active(facts: SwarmFacts) -> Membership | Verdict:
    """The membership of an active node, or why there is nothing to judge."""
    member = need(facts.member)
    if member.state == "inactive":
        return skip("this engine is in no swarm")
    if member.state != "active":
        return skip(f"this node's swarm is not active ({member.state})")
    return member


# -- this node -----------------------------------------------------------------------------------


@TOPIC.check(
    "swarm-node-out-of-service",
    ERROR,
    "This node is not taking part in its swarm",
    references=("https://docs.docker.com/engine/swarm/swarm_manager_locking/",),
    applies="members of a swarm",
)
def swarm_node_out_of_service(facts: SwarmFacts) -> Verdict:
    """The engine belongs to a swarm and is locked, failed, or waiting to be let in.

    ## What it reads
    Swarm.LocalNodeState and Swarm.Error of GET /info.

    ## Why it matters
    The node runs no tasks, and as a manager it does not count for the quorum.

    ## How to mend it
    Unlock a locked manager (`docker swarm unlock`, with the key that was shown when autolock was
    turned on). For an error, read the message: mostly an address that changed, or certificates
    that ended.

    ## What could go wrong
    `docker swarm leave --force` on a manager throws its copy of the cluster's state away.

    ## Why this severity
    An error: the node is out of service.
    """
    member = need(facts.member)
    if member.state == "inactive":
        return skip("this engine is in no swarm")
    seen = Evidence("engine GET /info", "Swarm.LocalNodeState", member.state, "active")
    if member.state == "active" and not member.error:
        return ok("this node takes part in its swarm", seen)
    why = f": {member.error}" if member.error else ""
    return fail(
        f"This node is in a swarm and its state is {member.state}{why}.",
        seen,
        *([Evidence("engine GET /info", "Swarm.Error", member.error)] if member.error else []),
        mend=("docker swarm unlock",)
        if member.state == "locked"
        else (
            "docker info",
            *(
                ()
                if isinstance(facts.site, Missing)
                else ("sudo journalctl -u docker -n 200 | grep -i swarm",)
            ),
        ),
    )


@TOPIC.check(
    "swarm-with-live-restore",
    ERROR,
    "live-restore will keep this swarm node from starting",
    references=(
        "https://docs.docker.com/engine/daemon/live-restore/",
        "https://github.com/moby/moby/blob/master/daemon/config/config_linux.go",
    ),
    applies="members of a swarm",
)
def swarm_with_live_restore(facts: SwarmFacts) -> Verdict:
    """The daemon's configuration asks for live-restore, and the engine is in a swarm.

    ## What it reads
    `live-restore` of the daemon's configuration, its file included when it was changed since the
    daemon started, and Swarm.LocalNodeState of GET /info.

    ## Why it matters
    The two exclude each other. A running node refuses to take the setting over; at its next start
    the daemon exits with "--live-restore daemon configuration is incompatible with swarm mode".

    ## How to mend it
    Take live-restore out of the configuration; or leave the swarm if it was never used.

    ## What could go wrong
    Without live-restore a restart of the daemon stops the containers; swarm starts its tasks
    elsewhere meanwhile.

    ## Why this severity
    An error: the next reboot takes the engine down.
    """
    member = need(facts.member)
    if member.state == "inactive":
        return skip("this engine is in no swarm")
    seen = Evidence(
        facts.live_restore_where or "daemon configuration",
        "live-restore",
        "true" if need(facts.live_restore) else "false",
        "false in a swarm",
    )
    if not need(facts.live_restore):
        return ok("live-restore is off, as a swarm needs it", seen)
    return fail(
        "live-restore is set on a swarm node: the daemon will refuse to start next time.",
        seen,
        Evidence("engine GET /info", "Swarm.LocalNodeState", member.state),
        mend=(
            f"remove live-restore ({facts.live_restore_where or 'daemon configuration'})",
            "or, if the swarm is not used: docker swarm leave --force  # services and secrets go",
        ),
    )


@TOPIC.check(
    "swarm-mode-unused",
    NOTE,
    "Swarm mode is on and nothing uses it",
    references=("CIS Docker Benchmark 7.1",),
    applies="managers of a swarm of one node",
)
def swarm_mode_unused(facts: SwarmFacts) -> Verdict:
    """The engine is a swarm of one node without a service, a network or another member.

    ## What it reads
    GET /info (nodes), GET /services, and the overlay networks of GET /networks.

    ## Why it matters
    Somebody once typed `docker swarm init`. Since then three ports listen for other nodes, and
    live-restore, which keeps containers running while the daemon restarts, cannot be used.

    ## How to mend it
    `docker swarm leave --force`.

    ## What could go wrong
    Secrets and configs of the swarm are lost with it, and CI jobs that deploy stacks here fail.

    ## Why this severity
    A note: it works, and it stands in the way.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    services, nets = need(facts.services), need(facts.networks)
    overlays = [x.name for x in nets if x.scope == "swarm" and not x.ingress]
    seen = Evidence(
        "engine GET /info",
        "Swarm",
        f"{member.nodes} nodes, {services} services, {len(overlays)} networks of its own",
    )
    if member.nodes != 1 or services or overlays:
        return ok("the swarm is in use", seen)
    return fail(
        "This engine is a swarm of one node without any service: its ports are open for "
        "nothing, and live-restore cannot be used.",
        seen,
        mend=("docker secret ls; docker config ls", "docker swarm leave --force"),
    )


@TOPIC.check(
    "swarm-with-nftables",
    WARNING,
    "Swarm on the nftables backend is experimental",
    references=(
        "https://docs.docker.com/engine/network/firewall-nftables/",
        "https://docs.docker.com/engine/release-notes/29/",
    ),
    applies="members of a swarm, Engine 29 and later",
)
def swarm_with_nftables(facts: SwarmFacts) -> Verdict:
    """A swarm node uses the engine's nftables backend.

    ## What it reads
    FirewallBackend and Swarm.LocalNodeState of GET /info.

    ## Why it matters
    The engine refuses it unless the feature `swarm-nftables` is switched on: the routing mesh and
    overlay networks still rely on rules of iptables.

    ## How to mend it
    Set `firewall-backend` to iptables and restart the node.

    ## What could go wrong
    Drain the node first, so that its tasks move away before the restart.

    ## Why this severity
    A warning: it runs, without promise.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    seen = Evidence(
        "engine GET /info",
        "FirewallBackend.Driver",
        "nftables" if member.nftables else "iptables",
        "iptables in a swarm",
    )
    if not member.nftables:
        return ok("the swarm node uses iptables", seen)
    return fail(
        "This swarm node uses the nftables backend, which swarm supports only as an experiment.",
        seen,
        mend=('set "firewall-backend": "iptables" in the daemon\'s configuration and restart',),
    )


# -- the cluster ---------------------------------------------------------------------------------


@TOPIC.check(
    "swarm-quorum-at-risk",
    ERROR,
    "The swarm has lost its quorum, or is one failure away from it",
    references=(
        "https://docs.docker.com/engine/swarm/admin_guide/#maintain-the-quorum-of-managers",
        "CIS Docker Benchmark 7.1",
    ),
    applies="managers of a swarm",
)
def swarm_quorum_at_risk(facts: SwarmFacts) -> Verdict:
    """So many managers are out of reach that the rest cannot decide, or could not after one more.

    ## What it reads
    The managers of GET /nodes and whether each is reachable.

    ## Why it matters
    More than half of the managers must agree on every change. Below that the cluster is frozen:
    tasks run on, but nothing is started, moved or repaired.

    ## How to mend it
    Bring the managers back. One that is gone for good: demote and remove it, and promote another.
    Only if the quorum is lost for good: `docker swarm init --force-new-cluster` on one manager.

    ## What could go wrong
    --force-new-cluster on a manager with an old state loses what was decided since: take the one
    that was last the leader, and back up its data folder first.

    ## Why this severity
    An error: the cluster stands still, or the next failure makes it.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    nodes = facts.nodes
    if isinstance(nodes, Missing) and nodes.kind == "refused" and "leader" in nodes.reason:
        return fail(
            "The swarm has no leader: too many managers are out of reach, and nothing can be "
            "changed any more.",
            Evidence("engine GET /nodes", "", nodes.reason, "a list of nodes"),
            mend=(
                "bring the other managers back",
                (
                    "only if they are lost for good: docker swarm init --force-new-cluster "
                    "--advertise-addr THIS-NODE"
                ),
            ),
        )
    managers = [x for x in need(nodes) if x.role == "manager"]
    away = [x for x in managers if x.reachability != "reachable"]
    reachable, needed = len(managers) - len(away), len(managers) // 2 + 1
    seen = Evidence(
        "engine GET /nodes",
        "ManagerStatus.Reachability",
        f"{reachable} of {len(managers)} managers reachable",
        f"more than {needed}",
    )
    if not away:
        return ok(f"every manager is reachable ({len(managers)})", seen)
    if reachable > needed:
        return ok(f"{reachable} of {len(managers)} managers are reachable, {needed} decide", seen)
    gone = names_of(x.hostname for x in away)
    return fail(
        f"{reachable} of {len(managers)} swarm managers are reachable and {needed} are needed "
        f"({gone} are away): "
        + ("the cluster is frozen." if reachable < needed else "one more failure freezes it."),
        seen,
        mend=tuple(
            f"bring {x.hostname} ({x.address}) back, or: docker node demote {x.id} && "
            f"docker node rm --force {x.id}"
            for x in away[:3]
        ),
    )


@TOPIC.check(
    "swarm-managers-even",
    NOTE,
    "An even number of managers",
    references=(
        "https://docs.docker.com/engine/swarm/admin_guide/#add-manager-nodes-for-fault-tolerance",
    ),
    applies="managers of a swarm",
)
def swarm_managers_even(facts: SwarmFacts) -> Verdict:
    """The swarm has an even number of managers: the last one adds risk and no safety.

    ## What it reads
    The managers of GET /nodes.

    ## Why it matters
    With two managers the loss of either stops the cluster, which is worse than having one. With
    four, two may not be lost, just as with three.

    ## How to mend it
    Promote one more node, or demote one.

    ## What could go wrong
    Managers run tasks like other nodes unless they are drained; a promoted node also gets the
    cluster's secrets.

    ## Why this severity
    A note; a warning with two managers, where one failure is enough.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    managers = [x for x in need(facts.nodes) if x.role == "manager"]
    count = len(managers)
    seen = Evidence("engine GET /nodes", "managers", str(count), "1, 3, 5 or 7")
    if count % 2:
        return ok(f"the swarm has {count} manager{'s' if count > 1 else ''}", seen)
    if not count:
        return skip("the engine names no managers")
    return fail(
        f"The swarm has {count} managers and survives the loss of {(count - 1) // 2}, no more than "
        f"with {count - 1}.",
        seen,
        severity=WARNING if count == 2 else NOTE,  # noqa: PLR2004 - a pair
        mend=("docker node promote NODE  # or: docker node demote NODE",),
    )


@TOPIC.check(
    "swarm-node-down",
    WARNING,
    "A node of the swarm is down",
    references=("https://docs.docker.com/engine/swarm/manage-nodes/",),
    applies="managers of a swarm",
)
def swarm_node_down(facts: SwarmFacts) -> Verdict | list[Verdict]:
    """A member of the swarm does not answer.

    ## What it reads
    Status.State of GET /nodes. A node that is drained is being taken out and counts as a note.

    ## Why it matters
    Its tasks were moved to the others, which now carry more. Global services lack one instance,
    and volumes on the node are out of reach.

    ## How to mend it
    Start it, or look at ports 2377/tcp, 7946/tcp and udp, and 4789/udp between the nodes. If it
    is gone for good, remove it.

    ## What could go wrong
    A removed node that comes back must leave the swarm before it can join again.

    ## Why this severity
    A warning: the swarm works around it, with less in reserve.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    nodes = need(facts.nodes)
    down = [x for x in nodes if x.state not in {"ready", ""}]
    return [
        fail(
            f"The node {x.hostname} ({x.address or 'no address'}) is {x.state}: its share of the "
            "work is done by the others.",
            Evidence("engine GET /nodes", f"{x.hostname}: Status.State", x.state, "ready"),
            subject=x.hostname,
            severity=NOTE if x.availability == "drain" else WARNING,
            mend=(f"start {x.hostname}, or if it is gone for good: docker node rm --force {x.id}",),
        )
        for x in down
    ] or ok(
        f"every node is ready ({len(nodes)})",
        Evidence("engine GET /nodes", "Status.State", "ready", "ready"),
    )


@TOPIC.check(
    "swarm-certificate-ending",
    ERROR,
    "This node's swarm certificate ends and is not renewed",
    references=("https://docs.docker.com/engine/swarm/how-swarm-mode-works/pki/",),
    applies="members of a swarm on this host",
)
def swarm_certificate_ending(facts: SwarmFacts) -> Verdict:
    """The node's certificate has less than a tenth of its life left, or none.

    Nodes renew their certificate by themselves long before that. If this one did not, it cannot
    reach a manager, or its clock is wrong.

    ## What it reads
    The certificate in swarm/certificates of the engine's data folder, and this host's clock.

    ## Why it matters
    When it ends, the node is shut out of the cluster and its tasks are moved away. With all
    managers in that state the cluster is lost.

    ## How to mend it
    Look at the clock and at the way to the managers first. Then rotate: `docker swarm ca
    --rotate` on a manager gives all nodes new certificates.

    ## What could go wrong
    A rotation needs all nodes to be reachable to finish.

    ## Why this severity
    An error: the node drops out within days.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    path = facts.certificate_path
    if isinstance(facts.certificate, Missing) and facts.certificate.kind == "denied":
        look = f"sudo openssl x509 -in {path} -noout -enddate"
        need(facts.certificate._replace(look=look))
    life, now = need(facts.certificate), need(facts.now)
    left = (life.not_after - now) / DAY
    seen = Evidence(path, "notAfter", f"in {left:.1f} days", "renewed in time")
    if life.not_after - now > RENEWAL_LATE * (life.not_after - life.not_before):
        return ok(f"the node's certificate is good for {left:.0f} days", seen)
    told = f"ends in {left:.1f} days" if left > 0 else f"ended {-left:.1f} days ago"
    return fail(
        f"This node's swarm certificate {told} and was not renewed: the node drops out of the "
        "cluster.",
        seen,
        mend=(
            "timedatectl  # is the clock right?",
            "sudo journalctl -u docker | grep -i 'renew\\|certificate' | tail",
            "on a manager: docker swarm ca --rotate",
        ),
    )


@TOPIC.check(
    "swarm-ca-ending",
    WARNING,
    "The swarm's root certificate ends soon",
    references=(
        "https://docs.docker.com/engine/swarm/how-swarm-mode-works/pki/#rotating-the-ca-certificate",
    ),
    applies="managers of a swarm",
)
def swarm_ca_ending(facts: SwarmFacts) -> Verdict:
    """The root certificate of the cluster is near its end.

    ## What it reads
    Swarm.Cluster.TLSInfo.TrustRoot of GET /info, which is public, and this host's clock.

    ## Why it matters
    With it end the certificates of all nodes. Swarm's own lasts 20 years; one that was brought
    along may last one, and nothing replaces it by itself.

    ## How to mend it
    `docker swarm ca --rotate`, with the new certificate if it comes from elsewhere.

    ## What could go wrong
    The rotation ends only when every node has a new certificate: remove nodes that are gone.

    ## Why this severity
    A warning; an error when it has ended.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    life, now = need(facts.root), need(facts.now)
    left = (life.not_after - now) / DAY
    seen = Evidence(
        "engine GET /info",
        "Swarm.Cluster.TLSInfo.TrustRoot: notAfter",
        f"in {left:.0f} days",
        f"more than {CA_DAYS}",
    )
    if left > CA_DAYS:
        return ok(f"the swarm's root certificate is good for {left:.0f} days", seen)
    told = f"ends in {left:.0f} days" if left > 0 else f"ended {-left:.0f} days ago"
    return fail(
        f"The swarm's root certificate {told}, and with it those of all nodes.",
        seen,
        severity=WARNING if left > 0 else ERROR,
        mend=("docker swarm ca --rotate",),
    )


# -- its network ---------------------------------------------------------------------------------


@TOPIC.check(
    "swarm-address-changed",
    ERROR,
    "This node tells the others an address that it does not have",
    references=(
        "https://docs.docker.com/engine/swarm/admin_guide/#configure-the-manager-to-advertise-on-a-static-ip-address",
    ),
    applies="members of a swarm on this host",
)
def swarm_address_changed(facts: SwarmFacts) -> Verdict:
    """The address under which the node joined the swarm is on none of this host's interfaces.

    ## What it reads
    Swarm.NodeAddr of GET /info and the host's addresses. A public address may be translated on
    its way to a private one, as in clouds: then nothing is said.

    ## Why it matters
    The other nodes cannot reach this one. Managers drop out of the quorum; overlay networks lose
    their tunnels. It happens when DHCP hands out another address.

    ## How to mend it
    Give the host its old address back, for good. Or let the node leave and join again with the
    new one.

    ## What could go wrong
    A manager must be demoted before it leaves. On a single manager, `docker swarm init
    --force-new-cluster --advertise-addr NEW` keeps services and secrets.

    ## Why this severity
    An error; a note in a swarm of one, where nobody needs to find it.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    addresses = need(facts.addresses)
    seen = Evidence(
        "engine GET /info", "Swarm.NodeAddr", member.address or "none", "an address of this host"
    )
    try:
        address = ipaddress.ip_address(member.address)
    except ValueError:
        return skip("the engine does not tell this node's address as a number")
    if member.address in addresses or address.is_loopback:
        return ok("the node's address is one of this host's", seen)
    if not address.is_private:
        return ok("the node's address is a public one, translated on its way here", seen)
    alone = member.manager and member.nodes == 1
    return fail(
        f"This node told its swarm the address {member.address}, which this host does not have: "
        + ("new nodes cannot join." if alone else "the other nodes cannot reach it."),
        seen,
        Evidence("the host's interfaces", "addresses", names_of(_routable(addresses), 6) or "none"),
        severity=NOTE if alone else ERROR,
        mend=(
            f"give this host the address {member.address} again",
            "or: docker swarm init --force-new-cluster --advertise-addr NEW-ADDRESS"
            if alone
            else "or, on a worker: docker swarm leave, then docker swarm join again",
        ),
    )


def _routable(addresses: tuple[str, ...]) -> list[str]:
    found = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if not address.is_loopback and not address.is_link_local:
            found.append(text)
    return found


def _alone(member: Membership) -> bool:
    return member.manager and member.nodes == 1


@TOPIC.check(
    "swarm-overlay-mtu-above-underlay",
    WARNING,
    "Overlay packets are larger than the network between the nodes",
    references=(
        "https://github.com/docker/for-linux/issues/594",
        "https://github.com/moby/moby/issues/43673",
    ),
    applies="members of a swarm with several nodes, on this host",
)
def swarm_overlay_mtu_above_underlay(facts: SwarmFacts) -> Verdict:
    """An overlay network's packets, with VXLAN's 50 bytes around them, do not fit the interface.

    ## What it reads
    The overlay networks and their MTU option (GET /networks; 1500 where none is set), and the MTU
    of the interface that has the node's address. The option means the size between the nodes:
    containers get 50 bytes less, and less again on an encrypted network.

    ## Why it matters
    Tasks on different nodes connect and then hang as soon as they send much; published ports work
    or not, depending on the node that is asked.

    ## How to mend it
    Make the networks anew with `--opt com.docker.network.driver.mtu`, as below. For ingress:
    remove it and create it again while no service publishes a port.

    ## What could go wrong
    Services must be taken off a network before it can be replaced.

    ## Why this severity
    A warning: small packets pass, so much seems to work.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    if _alone(member):
        return skip("a swarm of one node sends nothing over its overlay networks")
    device, size = need(facts.underlay)
    overlays = [(x, _overlay_mtu(x)) for x in need(facts.networks) if x.driver == "overlay"]
    large = [(x, mtu) for x, mtu in overlays if mtu > size]
    seen = Evidence("the host's interfaces", f"MTU of {device}", str(size))
    if not large:
        return ok(f"overlay packets fit the {size} bytes of {device}", seen)
    most = max(mtu for _, mtu in large)
    return fail(
        f"Packets of the overlay networks {names_of(x.name for x, _ in large)} need "
        f"{most} bytes between the nodes, {device} carries {size}.",
        seen,
        *(
            Evidence("engine GET /networks", f"{x.name}: {DRIVER_MTU}", str(m), f"at most {size}")
            for x, m in large[:5]
        ),
        mend=(
            (
                f"docker network create -d overlay --opt {DRIVER_MTU}={size} NAME  # instead of "
                f"{names_of(x.name for x, _ in large)}"
            ),
        ),
    )


def _overlay_mtu(network: Network) -> int:
    option = network.options.get(DRIVER_MTU, "")
    return int(option) if option.isdigit() and int(option) else OVERLAY_MTU


@TOPIC.check(
    "swarm-network-hides-route",
    WARNING,
    "An overlay network has the addresses of this host's own network",
    references=(
        "https://docs.docker.com/engine/swarm/networking/#customize-ingress",
        "https://docs.docker.com/engine/swarm/swarm-mode/#configuring-default-address-pools",
    ),
    applies="members of a swarm on this host",
)
def swarm_network_hides_route(facts: SwarmFacts) -> Verdict | list[Verdict]:
    """An overlay network covers addresses that this host reaches through another interface.

    Overlay networks come from 10.0.0.0/8 in pieces of 256 addresses, beginning with ingress on
    10.0.0.0/24, whatever the hosts' own networks are.

    ## What it reads
    The subnets of the overlay networks (GET /networks) and the host's routes. Default routes and
    Docker's own bridges are left out, and routes much broader than the overlay network.

    ## Why it matters
    Tasks on that network cannot reach the covered machines: the packets stay in the overlay. For
    ingress these are the clients, whose answers get lost.

    ## How to mend it
    Make the network anew with a subnet of its own. For the whole swarm only `docker swarm init
    --default-addr-pool` decides, at its beginning.

    ## What could go wrong
    Services must be taken off the network first; ingress can be replaced only while no service
    publishes a port.

    ## Why this severity
    A warning: it concerns the addresses that are covered.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    nets, known_routes = need(facts.networks), need(facts.routes)
    bridges = {x.bridge for x in nets if x.bridge}
    found = []
    for network in nets:
        if network.driver != "overlay":
            continue
        for text in network.subnets:
            subnet = routes.network_of(text)
            for route in known_routes:
                other = routes.network_of(route.destination)
                if subnet is None or other is None or route.device in bridges:
                    continue
                near = route.on_link or other.prefixlen >= subnet.prefixlen
                if other.prefixlen and near and other.version == subnet.version:
                    if not subnet.overlaps(other):
                        continue
                    found.append(
                        fail(
                            f"The overlay network {network.name} uses {text}, and {route.device} "
                            f"leads to {route.destination}: its tasks cannot reach those machines.",
                            Evidence("engine GET /networks", f"{network.name}: IPAM.Config", text),
                            Evidence(
                                "ip route show table all", f"dev {route.device}", route.destination
                            ),
                            subject=network.name,
                            mend=(
                                "docker network create -d overlay "
                                + ("--ingress " if network.ingress else "")
                                + f"--subnet FREE-RANGE NAME  # instead of {network.name}",
                            ),
                        )
                    )
    return found or ok(
        "no overlay network has addresses of this host's networks",
        Evidence("ip route show table all", "", f"{len(known_routes)} routes"),
    )


@TOPIC.check(
    "swarm-raft-large",
    WARNING,
    "The swarm's state has grown large",
    references=("https://docs.docker.com/engine/swarm/raft/",),
    applies="managers of a swarm on this host",
)
def swarm_raft_large(facts: SwarmFacts) -> Verdict:
    """The log and snapshots of this manager take much space.

    ## What it reads
    The sizes of the files in swarm/raft of the engine's data folder.

    ## Why it matters
    The whole state is in each manager's memory, and a manager that joins or comes back gets all
    of it. With gigabytes elections time out, and the leader changes again and again.

    ## How to mend it
    Keep less history of tasks (`docker swarm update --task-history-limit`), remove unused secrets
    and configs, and look for a service that restarts all the time.

    ## What could go wrong
    Never delete files there: the manager then does not start, and its state is lost.

    ## Why this severity
    A warning: managers grow slow before they fail.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    size = need(facts.raft_bytes)
    seen = Evidence(
        facts.certificate_path.replace("certificates/swarm-node.crt", "raft"),
        "size",
        human_size(size),
        f"less than {human_size(RAFT_LIMIT)}",
    )
    if size < RAFT_LIMIT:
        return ok(f"the swarm's state takes {human_size(size)}", seen)
    return fail(
        f"The swarm's state takes {human_size(size)} on this manager: elections and joins get slow.",
        seen,
        mend=("docker swarm update --task-history-limit 2", "docker service ls"),
    )


# -- hardening -----------------------------------------------------------------------------------


@TOPIC.check(
    "swarm-autolock-off",
    NOTE,
    "Managers start without an unlock key",
    references=(
        "CIS Docker Benchmark 7.5",
        "https://docs.docker.com/engine/swarm/swarm_manager_locking/",
    ),
    applies="managers of a swarm",
    tags=("hardening",),
)
def swarm_autolock_off(facts: SwarmFacts) -> Verdict:
    """Whoever copies a manager's disk has the cluster's keys.

    ## What it reads
    Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers of GET /info.

    ## Why it matters
    The state of the cluster, its secrets included, is encrypted on disk with a key that lies
    beside it. With autolock that key is encrypted with one that only people keep.

    ## How to mend it
    `docker swarm update --autolock=true`, and keep the key that it prints in a safe place.

    ## What could go wrong
    After each restart of a manager somebody must type `docker swarm unlock`. Without the key
    the manager is lost.

    ## Why this severity
    A note, and only with the hardening checks: most clusters value restarts by themselves more.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    if member.autolock is None:
        return skip(WORKER)
    seen = Evidence(
        "engine GET /info",
        "Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers",
        "true" if member.autolock else "false",
        "true",
    )
    if member.autolock:
        return ok("managers need an unlock key after a restart", seen)
    return fail(
        "Managers start without an unlock key: a copy of one's disk gives away all secrets.",
        seen,
        mend=("docker swarm update --autolock=true  # then every restart needs the key",),
    )


@TOPIC.check(
    "swarm-overlay-unencrypted",
    NOTE,
    "Overlay networks send in the clear",
    references=(
        "CIS Docker Benchmark 7.3",
        "https://docs.docker.com/engine/network/drivers/overlay/#encrypt-traffic-on-an-overlay-network",
    ),
    applies="members of a swarm",
    tags=("hardening",),
)
def swarm_overlay_unencrypted(facts: SwarmFacts) -> Verdict:
    """Overlay networks of this swarm do not encrypt what tasks on different nodes send.

    ## What it reads
    The options of the overlay networks (GET /networks). Ingress is left out.

    ## Why it matters
    VXLAN has no protection of its own: who can listen between the nodes reads along, and who can
    send there can put packets into the network.

    ## How to mend it
    Make the network anew with `--opt encrypted`.

    ## What could go wrong
    It costs throughput, needs protocol 50 (ESP) between the nodes, and Windows nodes cannot join.

    ## Why this severity
    A note, and only with the hardening checks: inside a trusted network most do without.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    overlays = [x for x in need(facts.networks) if x.driver == "overlay" and not x.ingress]
    if not overlays:
        return skip("the swarm has no overlay network of its owner's")
    clear = [x.name for x in overlays if "encrypted" not in x.options]
    seen = Evidence(
        "engine GET /networks",
        "Options.encrypted",
        f"missing on {names_of(clear)}" if clear else "on all",
        "on all",
    )
    if not clear:
        return ok("all overlay networks are encrypted", seen)
    return fail(
        f"The overlay networks {names_of(clear)} send between the nodes in the clear.",
        seen,
        mend=("docker network create -d overlay --opt encrypted NAME",),
    )


@TOPIC.check(
    "swarm-listens-everywhere",
    NOTE,
    "The managers' port listens on all addresses",
    references=("CIS Docker Benchmark 7.2",),
    applies="managers of a swarm on this host",
    tags=("hardening",),
)
def swarm_listens_everywhere(facts: SwarmFacts) -> Verdict:
    """Port 2377 of this manager accepts connections on every interface.

    ## What it reads
    The listening sockets of this host (/proc/net/tcp, tcp6).

    ## Why it matters
    The port is guarded by certificates, but there is no reason to show it to networks where no
    node is.

    ## How to mend it
    `--listen-addr` at `docker swarm init` or `join`, or a firewall rule.

    ## What could go wrong
    The address is fixed then: if it changes, the manager does not start.

    ## Why this severity
    A note, and only with the hardening checks: it is swarm's default.
    """
    member = _active(facts)
    if isinstance(member, Verdict):
        return member
    if not member.manager:
        return skip("workers do not listen on the managers' port")
    listens = need(facts.listens_on)
    if not listens:
        return skip(f"nothing listens on port {MANAGER_PORT} here")
    seen = Evidence(
        "/proc/net/tcp", f"port {MANAGER_PORT}", names_of(listens), "the node's address only"
    )
    if "all addresses" not in listens:
        return ok("the managers' port listens on chosen addresses", seen)
    return fail(
        f"The managers' port {MANAGER_PORT} listens on all addresses of this host.",
        seen,
        mend=(f"close port {MANAGER_PORT}/tcp to networks without nodes in the host's firewall",),
    )
