"""Published ports: how they are passed on, who else may take them, and who may reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import engine, engine_network
from probes.engine_network import here_or, names_of
from probes.formats import ufw_rules
from probes.host.questions import Garbled
from probes.model import (
    ERROR,
    NOTE,
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
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from probes.daemon_control import Control
    from probes.formats.networks import Container, Published
    from probes.formats.ufw_rules import UfwRule
    from probes.host import Host

MANY_PROXIES = Threshold(
    "userland-proxies",
    1000,
    "processes",
    "one process per published port and address family; at a thousand they are the host's load",
)


INSPECTED_AT_MOST = 20
"""Containers that are inspected for how they ask for their ports: 2 ms each."""


TOPIC = Topic["PortFacts"](
    "published-ports", "Published ports", engine=(engine_network.CONTAINERS,)
)


class Ufw(NamedTuple):
    """ufw, where it is enabled and keeps things out."""

    admits: tuple[UfwRule, ...]
    """The rules that its owner made."""
    guards_docker: bool
    """Whether its files have rules for DOCKER-USER, as ufw-docker and the like write them."""


class Ports(NamedTuple):
    """Ports the kernel hands out by itself, and those published among them on purpose."""

    first: int
    last: int
    reserved: str
    asked_for: tuple[Published, ...]


class PortFacts(NamedTuple):
    """The ports of running containers, and what the host has to say to them."""

    site: Control | Missing
    containers: tuple[Container, ...] | Missing
    userland_proxy: bool | Missing
    ports: Ports | Missing
    iptables: bool | Missing
    ufw: Ufw | Missing | None
    """None where ufw is not installed, not enabled, or lets everything in."""


@TOPIC.probe
def look(host: Host) -> PortFacts:
    """Ask the engine for the published ports, and the host for its port range and ufw."""
    where = known(lambda: engine_network.site(host))
    return PortFacts(
        site=where,
        containers=known(lambda: engine_network.containers(host)),
        userland_proxy=known(lambda: engine_network.setting(host, "userland-proxy") is not False),
        ports=here_or(where, lambda: _ports(host)),
        iptables=known(lambda: engine_network.setting(host, "iptables") is not False),
        ufw=here_or(where, lambda: _ufw(host)),
    )


def _ufw(host: Host) -> Ufw | None:
    """Files only: `ufw status` needs root, and its configuration tells as much."""
    enabled = absent_as(lambda: host.read_text("/etc/ufw/ufw.conf"), "")
    defaults = absent_as(lambda: host.read_text("/etc/default/ufw"), "")
    if isinstance(enabled, Missing) or isinstance(defaults, Missing):
        raise Garbled("ufw's configuration cannot be read", look="sudo ufw status verbose")
    if _value(enabled, "ENABLED").lower() != "yes":
        return None
    if _value(defaults, "DEFAULT_INPUT_POLICY").upper() == "ACCEPT":
        return None
    after = have(known(lambda: host.read_text("/etc/ufw/after.rules")), "")
    if "DOCKER-USER" in after:
        return Ufw((), guards_docker=True)
    text = "\n".join(host.read_text(f"/etc/ufw/{name}") for name in ("user.rules", "user6.rules"))
    return Ufw(ufw_rules.parse_ufw_rules(text), guards_docker=False)


def _value(text: str, key: str) -> str:
    """A variable of a shell-like file, the last one."""
    found = ""
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name == key:
            found = value.strip().strip("\"'")
    return found


def _ports(host: Host) -> Ports:
    text = host.read_text("/proc/sys/net/ipv4/ip_local_port_range").split()
    if len(text) != 2 or not all(x.isdigit() for x in text):  # noqa: PLR2004 - first and last
        raise Garbled("net.ipv4.ip_local_port_range holds no two numbers")
    first, last = int(text[0]), int(text[1])
    reserved = have(
        known(lambda: host.read_text("/proc/sys/net/ipv4/ip_local_reserved_ports").strip()), ""
    )
    inside = [
        container
        for container in engine_network.containers(host)
        if any(
            first <= p.port <= last and not is_reserved(p.port, reserved)
            for p in container.published
        )
    ]
    asked: dict[tuple[str, int], Published] = {}
    for container in inside[:INSPECTED_AT_MOST]:
        bindings = _bindings(host, container.id)
        for p in container.published:
            if p.port in bindings and first <= p.port <= last and not is_reserved(p.port, reserved):
                asked.setdefault((p.container, p.port), p)
    return Ports(first, last, reserved, tuple(asked.values()))


def _bindings(host: Host, identity: str) -> frozenset[int]:
    """The host ports that a container names itself; those left to Docker have none."""
    answer = known(lambda: engine.get(host, f"/containers/{identity}/json"))
    config = answer.get("HostConfig") if isinstance(answer, dict) else None
    bindings = config.get("PortBindings") if isinstance(config, dict) else None
    found = set()
    for entries in (bindings if isinstance(bindings, dict) else {}).values():
        for entry in entries if isinstance(entries, list) else ():
            port = str(entry.get("HostPort") or "") if isinstance(entry, dict) else ""
            if port.isdigit():
                found.add(int(port))
    return frozenset(found)


def is_reserved(port: int, reserved: str) -> bool:
    """Whether ip_local_reserved_ports keeps a port out of the kernel's hands.

    >>> is_reserved(40000, "8080,39999-40001"), is_reserved(50000, "")
    (True, False)
    """
    for part in reserved.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first):
            return True
    return False


@TOPIC.check(
    "published-port-in-ephemeral-range",
    NOTE,
    "A published port may be taken by an outgoing connection",
    references=("https://docs.kernel.org/networking/ip-sysctl.html",),
    applies="rootful engines on this host",
)
def published_port_in_ephemeral_range(facts: PortFacts) -> Verdict:
    """A container asks for a host port that the kernel also hands out to outgoing connections.

    ## What it reads
    net.ipv4.ip_local_port_range and ip_local_reserved_ports, the published ports (GET
    /containers/json), and for those within the range whether the container names the port
    itself. Ports that are left to Docker to choose are fine.

    ## Why it matters
    If an outgoing connection has the port when the container starts, the start fails with
    "address already in use". It happens after a reboot, once in a hundred times.

    ## How to mend it
    Reserve the ports: the kernel then never hands them out. Or publish on a port below the range.

    ## What could go wrong
    ip_local_reserved_ports is one list: setting it replaces what another file put there.

    ## Why this severity
    A note: it is rare, and a second start mostly succeeds.
    """
    need(facts.site)
    ports = need(facts.ports)
    seen = Evidence("/proc/sys/net/ipv4/ip_local_port_range", "", f"{ports.first} to {ports.last}")
    if not ports.asked_for:
        return ok("no container insists on a port of the kernel's own range", seen)
    numbers = sorted({p.port for p in ports.asked_for})
    listed = ",".join(str(x) for x in numbers)
    whole = f"{ports.reserved},{listed}" if ports.reserved else listed
    return fail(
        f"Port {names_of((str(x) for x in numbers), 8)} of {names_of(p.container for p in ports.asked_for)} "
        f"lies in the range {ports.first} to {ports.last} of outgoing connections, one of which "
        "may have it when the container starts.",
        seen,
        *(
            Evidence(
                "engine GET /containers/json",
                p.container,
                f"{p.address}:{p.port}",
                f"below {ports.first}, or reserved",
            )
            for p in ports.asked_for[:5]
        ),
        mend=(
            (
                f"echo 'net.ipv4.ip_local_reserved_ports = {whole}' | "
                "sudo tee /etc/sysctl.d/60-docker-ports.conf"
            ),
            "sudo sysctl -p /etc/sysctl.d/60-docker-ports.conf",
        ),
    )


@TOPIC.check(
    "userland-proxies-many",
    NOTE,
    "Published ports keep thousands of processes",
    references=("https://docs.docker.com/reference/cli/dockerd/",),
)
def userland_proxies_many(facts: PortFacts) -> Verdict:
    """So many ports are published that docker-proxy, one process for each, is a load by itself.

    ## What it reads
    The published ports of the running containers (GET /containers/json), and `userland-proxy` of
    the daemon's configuration. Each port and address is one process.

    ## Why it matters
    A range such as 10000-11000 starts two thousand processes, slows the container's start by
    minutes, and costs memory as long as it runs.

    ## How to mend it
    Publish fewer ports, give the container the host's network, or set `userland-proxy: false`:
    the firewall rules alone then pass the packets on.

    ## What could go wrong
    Without the proxy, `[::1]` on the host does not reach published ports, and on old kernels
    neither does a container that calls its own host's address.

    ## Why this severity
    A note: it works, at a price.
    """
    if not need(facts.userland_proxy):
        return skip("userland-proxy is off")
    boxes = need(facts.containers)
    count = sum(len(x.published) for x in boxes)
    seen = Evidence(
        "engine GET /containers/json",
        "Ports",
        f"{count} published ports",
        f"at most {MANY_PROXIES.value:.0f}",
    )
    if count <= MANY_PROXIES.value:
        return ok(f"{count} ports are published", seen)
    most = sorted(boxes, key=lambda x: -len(x.published))[:3]
    return fail(
        f"{count} published ports keep as many docker-proxy processes, most of them for "
        f"{names_of(x.name for x in most)}.",
        seen,
        mend=("publish fewer ports, or run that container with network_mode: host",),
    )


@TOPIC.check(
    "userland-proxy-on",
    NOTE,
    "docker-proxy runs for every published port",
    references=(
        "CIS Docker Benchmark 2.16",
        "https://docs.docker.com/reference/cli/dockerd/",
    ),
    applies="engines on this host",
    tags=("hardening",),
)
def userland_proxy_on(facts: PortFacts) -> Verdict:
    """Each published port has a process of the daemon's that could pass it on in user space.

    ## What it reads
    `userland-proxy` of the daemon's effective configuration.

    ## Why it matters
    The firewall's rules do the work in nearly all cases; the proxies are processes of root's that
    listen to the outside.

    ## How to mend it
    `"userland-proxy": false` in daemon.json, and a restart.

    ## What could go wrong
    `[::1]` on the host no longer reaches published ports, and with `iptables: false` nothing does.

    ## Why this severity
    A note, and only with the hardening checks: it is the default and harmless on most hosts.
    """
    on = need(facts.userland_proxy)
    seen = Evidence("daemon configuration", "userland-proxy", "true" if on else "false", "false")
    if not on:
        return ok("userland-proxy is off", seen)
    if not have(facts.iptables, True):  # noqa: FBT003 - the value, not a switch
        return skip("with iptables off, only docker-proxy passes published ports on")
    where = have(facts.site, None)
    return fail(
        "docker-proxy runs as root for every published port, and the firewall's rules would do.",
        seen,
        mend=(
            f'add to {where.config_file if where else "daemon.json"}: "userland-proxy": false',
            (
                f"{where.restart if where else 'restart the daemon'}  # stops containers unless "
                "live-restore is on"
            ),
        ),
    )


@TOPIC.check(
    "ufw-bypassed",
    ERROR,
    "Published ports pass by ufw",
    references=(
        "https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-and-ufw",
        "https://github.com/moby/moby/issues/4737",
        "https://github.com/docker/for-linux/issues/690",
    ),
    applies="hosts with ufw, rootful engines",
)
def ufw_bypassed(facts: PortFacts) -> Verdict | list[Verdict]:
    """A container publishes a port to everybody that ufw does not let in.

    Docker forwards published ports before ufw's rules are asked: `ufw deny 5432` changes nothing
    for a container.

    ## What it reads
    ufw's configuration (enabled, default policy, the rules that its owner made, and whether they
    include rules for DOCKER-USER) and the ports that running containers publish on all addresses
    (GET /containers/json). Ports that ufw lets in from everywhere anyway are fine.

    ## Why it matters
    Databases, admin pages and caches are open to whoever can reach this host, while `ufw status`
    says that they are not.

    ## How to mend it
    Publish on the loopback address where only this host needs the port: `127.0.0.1:5432:5432`.
    Where others need it, allow it in ufw as well, so that both say the same, or filter in the
    DOCKER-USER chain.

    ## What could go wrong
    The container must be made anew for another binding. `iptables: false` is no way out: it takes
    the network of all containers with it. A firewall in front of the host may close the port,
    which cannot be seen from here.

    ## Why this severity
    An error: a door that its owner believes to be shut is open.
    """
    need(facts.site)
    ufw = need(facts.ufw)
    if ufw is None:
        return skip("ufw is not in force on this host")
    if not need(facts.iptables):
        return skip("the daemon leaves the firewall alone (iptables is off)")
    if ufw.guards_docker:
        return ok(
            "ufw's own files filter what is forwarded to containers",
            Evidence("/etc/ufw/after.rules", "DOCKER-USER", "present"),
        )
    open_ports: dict[tuple[str, int, str], Published] = {}
    for container in need(facts.containers):
        for port in container.published:
            admitted = any(x.admits(port.port, port.protocol) for x in ufw.admits)
            if port.address in _EVERYWHERE and not admitted:
                open_ports.setdefault((port.container, port.port, port.protocol), port)
    if not open_ports:
        return ok(
            "no container publishes a port to everybody that ufw keeps shut",
            Evidence("/etc/ufw/user.rules", "", f"{len(ufw.admits)} rules"),
        )
    return [
        fail(
            f"{port.container} publishes port {port.port}/{port.protocol} to everybody, although "
            "ufw does not let it in: Docker's rules come before ufw's.",
            Evidence(
                "engine GET /containers/json",
                f"{port.container}: Ports",
                f"{port.address}:{port.port} to {port.inner}/{port.protocol}",
                "127.0.0.1, or a port that ufw lets in",
            ),
            Evidence("/etc/ufw/user.rules", f"{port.port}/{port.protocol}", "not let in"),
            subject=f"{port.container} {port.port}/{port.protocol}",
            mend=(
                f"publish it as 127.0.0.1:{port.port}:{port.inner} if only this host needs it",
                f"or, if it is meant to be open: sudo ufw allow {port.port}/{port.protocol}",
            ),
        )
        for port in open_ports.values()
    ]


_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what the engine calls "everywhere"
