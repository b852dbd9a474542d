"""The firewall: whether Docker's rules are there, and what else on the host works against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import configuration, engine, engine_network
from probes.engine_network import here_or, names_of
from probes.formats.iptables_save import Ruleset, parse_iptables_save, parse_nft
from probes.formats.routes import network_of
from probes.host.questions import Absent, Denied, Refused
from probes.model import (
    ERROR,
    NOTE,
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
    from probes.daemon_control import Control
    from probes.formats.networks import Network
    from probes.host import Host

GUEST_BRIDGES = ("virbr", "lxdbr", "lxcbr", "incusbr")
"""How libvirt, LXD, LXC and Incus name the bridges of their guests, whose packets are forwarded."""

FORWARD_TARGETS = ("DOCKER-USER", "DOCKER-FORWARD", "DOCKER-ISOLATION-STAGE-1", "DOCKER")
"""Chains of which FORWARD must lead into one (libnetwork firewall_linux.go, of any version)."""

IP6TABLES_DEFAULT = (27, 0)
"""From here on the daemon writes IPv6 rules unless told otherwise (docker/cli docs/deprecated.md)."""

RAW_RULES = (28, 0)
"""From here on published ports are also guarded in the raw table (moby/moby#49557)."""

ZONES_SINCE = (20, 10)
"""From here on the daemon puts its bridges into firewalld's zone ``docker``."""

RAW_VARIABLE = "DOCKER_INSECURE_NO_IPTABLES_RAW"

NFT_TABLE = "docker-bridges"
"""The table of the nftables backend, Engine 29 (moby libnetwork/drivers/bridge/internal)."""

TOPIC = Topic["FirewallFacts"]("firewall", "Firewall", engine=(engine_network.NETWORKS,))


class Chains(NamedTuple):
    """What one flavour of iptables has of Docker's, distilled from all its rules."""

    source: str
    """The command that told it."""
    flavour: str
    nat_chain: bool
    nat_jump: bool
    """Whether PREROUTING leads into it."""
    filter_chain: bool
    forward_jump: bool
    forward_policy: str
    user_rules: tuple[str, ...]
    """Rules in DOCKER-USER beyond its final RETURN."""
    guests_admitted: tuple[str, ...]
    """Bridges of other guests that some rule names."""

    @property
    def whole(self) -> bool:
        """Whether nothing of Docker's is missing."""
        return self.nat_chain and self.nat_jump and self.filter_chain and self.forward_jump

    @property
    def any_docker(self) -> bool:
        """Whether Docker's chains are there at all."""
        return self.nat_chain or self.filter_chain


class FirewallFacts(NamedTuple):
    """The rules, and who else writes some."""

    site: Control | Missing
    version: tuple[int, ...] | Missing
    networks: tuple[Network, ...] | Missing
    iptables: bool | Missing
    iptables_where: str
    ip6tables: bool | Missing
    backend: str | Missing
    """iptables or nftables."""
    chains: Chains | Missing
    """Of the iptables that this host's command is."""
    other: Chains | Missing | None
    """Of the other flavour; None where it holds nothing."""
    nft_table: bool | Missing
    zones: dict[str, str] | Missing | None
    """Interface -> firewalld zone; None where firewalld does not run."""
    guests: tuple[str, ...] | Missing
    raw_off: bool | Missing
    ipv6: bool | Missing
    """Whether the kernel speaks IPv6."""


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> FirewallFacts:
    """Read the rules with iptables-save, which loads no module and makes no table."""
    where = known(lambda: engine_network.site(host))
    switch = known(lambda: configuration.setting(host, "iptables"))
    return FirewallFacts(
        site=where,
        version=known(lambda: engine_network.engine_version(host)),
        networks=known(lambda: engine_network.networks(host)),
        iptables=switch if isinstance(switch, Missing) else switch.value is not False,
        iptables_where="" if isinstance(switch, Missing) else switch.where,
        ip6tables=known(lambda: _ip6tables(host)),
        backend=known(lambda: _backend(host)),
        chains=here_or(where, lambda: _chains(host)),
        other=here_or(where, lambda: _other(host)),
        nft_table=here_or(where, lambda: _nft_table(host)),
        zones=here_or(where, lambda: _zones(host)),
        guests=here_or(where, lambda: _guests(host)),
        raw_off=here_or(where, lambda: _raw_off(host)),
        ipv6=here_or(where, lambda: host.exists("/proc/sys/net/ipv6")),
    )


def _ip6tables(host: Host) -> bool:
    told = configuration.setting(host, "ip6tables")
    if told.source == "default":
        return engine_network.engine_version(host) >= IP6TABLES_DEFAULT
    return told.value is True


def _backend(host: Host) -> str:
    """GET /info tells it since Engine 28.2; before there was one only."""
    told = engine.info(host).get("FirewallBackend")
    driver = str(told.get("Driver") or "") if isinstance(told, dict) else ""
    return "nftables" if driver.startswith("nftables") else "iptables"


def _root_only(host: Host, command: str) -> None:
    if host.gauge("session")["uid"] != 0:
        raise Denied("only root may read the firewall's rules", look=f"sudo {command}")


def _ruleset(host: Host) -> tuple[str, Ruleset]:
    return host.derive(_read_ruleset)


def _read_ruleset(host: Host) -> tuple[str, Ruleset]:
    _root_only(host, "iptables-save")
    try:
        return "iptables-save", parse_iptables_save(host.output("iptables-save"))
    except Absent as error:
        try:
            text = host.output("nft", "list", "ruleset")
        except Absent:
            raise Absent(
                "there is neither iptables-save nor nft on this host", look="sudo iptables-save"
            ) from error
        return "nft list ruleset", parse_nft(text)


def _chains(host: Host) -> Chains:
    source, ruleset = _ruleset(host)
    return digest(source, ruleset, have(known(lambda: _guests(host)), ()))


def _other(host: Host) -> Chains | None:
    """The flavour that the host's iptables is not; asked only where it holds something.

    Listing an empty legacy table would load its module, so the kernel is asked first.
    """
    source, ruleset = _ruleset(host)
    legacy = absent_as(lambda: host.read_text("/proc/net/ip_tables_names").split(), [])
    names = have(legacy, [])
    if ruleset.flavour == "legacy":
        command = "iptables-nft-save"
    elif names and (ruleset.flavour or source.startswith("nft")):
        command = "iptables-legacy-save"
    else:
        return None  # nothing there, or an iptables older than the split
    try:
        found = parse_iptables_save(host.output(command))
    except Absent:
        if command == "iptables-nft-save":
            return None  # no command, no rules
        raise
    return digest(command, found, have(known(lambda: _guests(host)), ()))


def digest(source: str, ruleset: Ruleset, guests: tuple[str, ...]) -> Chains:
    """What of a rule set concerns Docker."""
    return Chains(
        source=source,
        flavour=ruleset.flavour,
        nat_chain=ruleset.has("nat", "DOCKER"),
        nat_jump=ruleset.jumps("nat", "PREROUTING", "DOCKER"),
        filter_chain=ruleset.has("filter", "DOCKER"),
        forward_jump=any(ruleset.jumps("filter", "FORWARD", x) for x in FORWARD_TARGETS),
        forward_policy=ruleset.chains.get("filter", {}).get("FORWARD", ""),
        user_rules=tuple(
            x.text
            for x in ruleset.rules
            if x.table == "filter" and x.chain == "DOCKER-USER" and x.text != "-j RETURN"
        )[:20],
        guests_admitted=tuple(
            guest
            for guest in guests
            if any(x.table == "filter" and guest in x.text.split() for x in ruleset.rules)
        ),
    )


def _nft_table(host: Host) -> bool:
    if _backend(host) != "nftables":
        raise engine.NotHere("the engine does not use its nftables backend")
    _root_only(host, f"nft list table ip {NFT_TABLE}")
    return host.run("nft", "-t", "list", "table", "ip", NFT_TABLE).code == 0


def _zones(host: Host) -> dict[str, str] | None:
    if "firewalld.service" not in engine_network.active_units(host):
        return None
    argv = ("firewall-cmd", "--get-active-zones")
    try:
        return parse_zones(host.output(*argv))
    except Refused as error:
        if host.gauge("session")["uid"] == 0:
            raise
        raise Denied(error.reason, look=f"sudo {' '.join(argv)}") from None


def parse_zones(text: str) -> dict[str, str]:
    r"""Interface -> zone, of ``firewall-cmd --get-active-zones``.

    >>> parse_zones("docker\n  interfaces: docker0 br-1\npublic (default)\n  interfaces: eth0\n")
    {'docker0': 'docker', 'br-1': 'docker', 'eth0': 'public'}
    """
    zone, found = "", {}
    for line in text.splitlines():
        if line and not line[0].isspace():
            zone = line.split()[0]
        elif line.strip().startswith("interfaces:"):
            for name in line.split()[1:]:
                found[name] = zone
    return found


def _guests(host: Host) -> tuple[str, ...]:
    names = engine_network.interface_mtus(host)
    return tuple(sorted(x for x in names if x.startswith(GUEST_BRIDGES) and "-nic" not in x))


def _raw_off(host: Host) -> bool:
    """The engine warns of it itself, so nobody needs to read the daemon's environment."""
    warnings = engine.info(host).get("Warnings")
    if any(RAW_VARIABLE in str(x) for x in (warnings if isinstance(warnings, list) else ())):
        return True
    environment = have(known(lambda: configuration.daemon_environment(host)), {})
    return environment.get(RAW_VARIABLE, "").lower() in {"1", "t", "true"}


# -- Docker's own rules --------------------------------------------------------------------------


def _bridged(facts: FirewallFacts) -> list[Network]:
    """The networks for which Docker writes rules."""
    return [x for x in need(facts.networks) if x.bridge and x.scope == "local"]


@TOPIC.check(
    "docker-chains-missing",
    ERROR,
    "Docker's firewall rules are gone",
    references=(
        "https://github.com/moby/moby/issues/16816",
        "https://github.com/moby/moby/issues/15948",
        "https://docs.docker.com/engine/network/packet-filtering-firewalls/",
    ),
    applies="running rootful engines that write iptables rules",
)
def docker_chains_missing(facts: FirewallFacts) -> Verdict:
    """The engine runs, and the firewall chains it made are no longer there, or lead nowhere.

    Docker writes its rules when it starts and when containers come and go; it does not notice
    when somebody else removes them.

    ## What it reads
    `iptables-save` (where the host has none: `nft list ruleset`), in both flavours where both
    hold rules: chain DOCKER in nat and filter, the jump from PREROUTING, and one of the jumps
    from FORWARD. With the nftables backend of Engine 29: its table docker-bridges.

    ## Why it matters
    Published ports are not reached, containers have no way out, and the next start fails with
    "iptables: No chain/target/match by that name".

    ## How to mend it
    Restart the daemon: it writes all its rules anew. Then find out what flushed them: a firewall
    script with `iptables -F`, `ufw reset`, a reload of another firewall, iptables-restore at boot.

    ## What could go wrong
    The restart stops all containers unless live-restore is on. While it lasts, nothing filters
    between containers and the outside.

    ## Why this severity
    An error: the network of containers is broken, or about to be at the next start.
    """
    where = need(facts.site)
    if not need(facts.iptables):
        return skip("the daemon is told to write no firewall rules (iptables is off)")
    if not _bridged(facts):
        return skip("the engine has no bridge network to write rules for")
    restart = (
        f"{where.restart}  # stops containers unless live-restore is on",
        (
            "then look for what flushes the firewall: sudo grep -rlE 'iptables.*(-F|--flush)|"
            "iptables-restore' /etc 2>/dev/null"
        ),
    )
    if need(facts.backend) == "nftables":
        seen = Evidence(f"nft list table ip {NFT_TABLE}", "", "present", "present")
        if need(facts.nft_table):
            return ok("Docker's nftables table is there", seen)
        return fail(
            f"Docker's nftables table {NFT_TABLE} is gone while the engine runs: containers have "
            "no network and published ports lead nowhere.",
            seen._replace(value="missing"),
            mend=restart,
        )
    chains = need(facts.chains)
    if chains.whole:
        return ok(
            "Docker's chains are there and in use",
            Evidence(chains.source, "nat DOCKER, filter DOCKER", "present, with jumps"),
        )
    other = need(facts.other)
    if other is not None and other.whole:
        return ok(
            "Docker's chains are there and in use",
            Evidence(other.source, "nat DOCKER, filter DOCKER", "present, with jumps"),
        )
    missing = [
        text
        for there, text in (
            (chains.nat_chain, "chain DOCKER in nat"),
            (chains.nat_jump, "the jump to it from PREROUTING"),
            (chains.filter_chain, "chain DOCKER in filter"),
            (chains.forward_jump, "the jump to Docker's chains from FORWARD"),
        )
        if not there
    ]
    return fail(
        f"Somebody removed Docker's firewall rules while it runs ({', '.join(missing)}): published "
        "ports lead nowhere, and containers are not started any more.",
        *(Evidence(chains.source, x, "missing", "present") for x in missing),
        mend=restart,
    )


@TOPIC.check(
    "iptables-rules-split",
    WARNING,
    "Docker's rules are in two firewalls at once",
    references=(
        "https://github.com/firewalld/firewalld/issues/503",
        "https://wiki.nftables.org/wiki-nftables/index.php/Legacy_xtables_tools",
    ),
    applies="running rootful engines that write iptables rules",
)
def iptables_rules_split(facts: FirewallFacts) -> Verdict:
    """Both flavours of iptables, legacy and nf_tables, hold chains of Docker.

    ## What it reads
    `iptables-save`, and the other flavour's save command where the kernel says that it holds
    anything (/proc/net/ip_tables_names).

    ## Why it matters
    The kernel asks both. Rules that an earlier start left in one of them still drop or redirect
    packets, and no tool shows them together with the present ones.

    ## How to mend it
    Let all use one flavour (`update-alternatives --config iptables` on Debian and Ubuntu), then
    reboot: that empties both, and Docker writes its rules once.

    ## What could go wrong
    A firewall of your own (scripts, fail2ban, kube-proxy) that uses the other flavour must change
    with it. Two engines on one host may have one flavour each: then this is what you see.

    ## Why this severity
    A warning: it works until the old rules disagree with the new ones.
    """
    need(facts.site)
    if not need(facts.iptables):
        return skip("the daemon is told to write no firewall rules (iptables is off)")
    chains, other = need(facts.chains), need(facts.other)
    if other is None or not (chains.any_docker and other.any_docker):
        return ok(
            "Docker's chains are in one flavour of iptables only",
            Evidence(chains.source, "flavour", chains.flavour or "the only one"),
        )
    return fail(
        f"Both iptables flavours ({chains.flavour} and {other.flavour or 'legacy'}) hold chains of "
        "Docker, and the kernel obeys both: old rules drop or redirect packets unseen.",
        Evidence(chains.source, "chain DOCKER", "present"),
        Evidence(other.source, "chain DOCKER", "present", "no Docker chains"),
        mend=(
            "sudo update-alternatives --config iptables  # on Debian and Ubuntu: choose one flavour",
            "sudo reboot",
        ),
    )


@TOPIC.check(
    "iptables-off",
    WARNING,
    "Docker is told to write no firewall rules",
    references=(
        "CIS Docker Benchmark 2.4",
        (
            "https://docs.docker.com/engine/network/packet-filtering-firewalls/"
            "#prevent-docker-from-manipulating-firewall-rules"
        ),
    ),
    applies="rootful engines on this host",
)
def iptables_off(facts: FirewallFacts) -> Verdict:
    """The daemon runs with `iptables: false`: all of its networks' rules are up to the owner.

    ## What it reads
    `iptables` of the daemon's effective configuration: its file and its command line.

    ## Why it matters
    Without the rules containers have no address translation to the outside, networks are not kept
    apart from each other, and published ports pass through docker-proxy, which hides the
    clients' addresses. Mostly it was meant to stop Docker from passing by ufw.

    ## How to mend it
    Remove the setting and filter in the DOCKER-USER chain instead, or publish ports on 127.0.0.1.

    ## What could go wrong
    Where your own rules do all this (masquerading, forwarding, isolation), Docker's come on top:
    look at both before the restart. Then ignore this finding.

    ## Why this severity
    A warning: some hosts do it on purpose and know how, most do not.
    """
    need(facts.site)
    seen = Evidence(
        facts.iptables_where or "daemon configuration",
        "iptables",
        "true" if need(facts.iptables) else "false",
        "true",
    )
    if facts.iptables is True:
        return ok("the daemon writes its firewall rules", seen)
    bridged = have(facts.networks, None)
    if bridged is not None and not [x for x in bridged if x.bridge]:
        return skip("the engine has no bridge network to write rules for")
    where = need(facts.site)
    return fail(
        "The daemon writes no firewall rules: containers have no way out but through rules of "
        "your own, and networks are not kept apart.",
        seen,
        mend=(
            "take --iptables=false off the daemon's command line"
            if facts.iptables_where.startswith("dockerd")
            else f'remove "iptables": false from {where.config_file}',
            f"{where.restart}  # stops containers unless live-restore is on",
        ),
    )


# -- IPv6 ----------------------------------------------------------------------------------------


@TOPIC.check(
    "ip6tables-off",
    WARNING,
    "IPv6 networks have no firewall rules",
    references=(
        "https://docs.docker.com/engine/daemon/ipv6/",
        "https://docs.docker.com/engine/network/packet-filtering-firewalls/",
    ),
    applies="rootful engines with IPv6 networks",
)
def ip6tables_off(facts: FirewallFacts) -> Verdict:
    """A network gives its containers IPv6 addresses, and the daemon writes no IPv6 rules.

    ## What it reads
    The bridge networks with IPv6 (GET /networks), and `ip6tables` of the daemon's effective
    configuration: off by default before Engine 27, where it needed `experimental` as well.

    ## Why it matters
    With public addresses every port of every container can be reached from outside, published or
    not. With private ones (fd...) containers have no way out over IPv6 and publish nothing there.

    ## How to mend it
    Set `ip6tables: true` in daemon.json (before Engine 27 also `experimental: true`) and restart.

    ## What could go wrong
    What relied on reaching unpublished ports over IPv6 stops working.

    ## Why this severity
    A warning with public addresses; a note with private ones.
    """
    where = need(facts.site)
    nets = [x for x in need(facts.networks) if x.bridge and x.ipv6 and not x.internal]
    if not nets:
        return skip("no bridge network has IPv6")
    if not need(facts.iptables):
        return skip("the daemon is told to write no firewall rules (iptables is off)")
    if need(facts.ip6tables):
        return ok(
            "the daemon writes IPv6 rules", Evidence("daemon configuration", "ip6tables", "true")
        )
    six = [s for n in nets for s in n.subnets if ":" in s]
    public = [s for s in six if (net := network_of(s)) is not None and net.is_global]
    old = have(facts.version, IP6TABLES_DEFAULT) < IP6TABLES_DEFAULT
    keys = '"ip6tables": true' + (', "experimental": true' if old else "")
    named = names_of(x.name for x in nets)
    return fail(
        f"Containers of {named} have IPv6 addresses without firewall rules: "
        + (
            "all their ports are open to the outside."
            if public
            else "they have no way out over IPv6 and publish nothing there."
        ),
        Evidence("daemon configuration", "ip6tables", "false", "true"),
        Evidence("engine GET /networks", named, names_of(six) or "EnableIPv6"),
        severity=WARNING if public else NOTE,
        mend=(
            f"add to {where.config_file}: {keys}",
            f"{where.restart}  # stops containers unless live-restore is on",
        ),
    )


@TOPIC.check(
    "ipv6-network-without-kernel-ipv6",
    WARNING,
    "A network wants IPv6 that the kernel does not speak",
    references=("https://docs.docker.com/engine/daemon/ipv6/",),
    applies="rootful engines with IPv6 networks",
)
def ipv6_network_without_kernel_ipv6(facts: FirewallFacts) -> Verdict:
    """A network is made with IPv6, and the kernel was started with ipv6.disable=1.

    ## What it reads
    GET /networks (EnableIPv6), and whether /proc/sys/net/ipv6 exists.

    ## Why it matters
    Containers of that network fail to start, or come up without the addresses they expect.

    ## How to mend it
    Remove `ipv6.disable=1` from the kernel's command line and reboot, or make the network anew
    without IPv6.

    ## What could go wrong
    A kernel that speaks IPv6 again makes services listen there too: look at the firewall for it.

    ## Why this severity
    A warning: it is about these networks only.
    """
    need(facts.site)
    nets = [x for x in need(facts.networks) if x.bridge and x.ipv6]
    if not nets:
        return skip("no bridge network has IPv6")
    named = names_of(x.name for x in nets)
    if need(facts.ipv6):
        return ok("the kernel speaks IPv6", Evidence("/proc/sys/net/ipv6", "", "present"))
    return fail(
        f"The networks {named} want IPv6, which this kernel does not speak: their containers fail "
        "to start.",
        Evidence("/proc/sys/net/ipv6", "", "missing", "present"),
        Evidence("engine GET /networks", f"{named}: EnableIPv6", "true"),
        mend=(
            "remove ipv6.disable=1 from the kernel command line (look: cat /proc/cmdline), reboot",
            "or make the networks anew without IPv6",
        ),
    )


# -- other firewalls -----------------------------------------------------------------------------


@TOPIC.check(
    "firewalld-zone-lost",
    WARNING,
    "firewalld does not treat Docker's bridges as Docker's",
    references=(
        "https://github.com/moby/moby/issues/51731",
        (
            "https://docs.docker.com/engine/network/packet-filtering-firewalls/"
            "#integration-with-firewalld"
        ),
    ),
    applies="hosts with firewalld, Engine 20.10 and later",
)
def firewalld_zone_lost(facts: FirewallFacts) -> Verdict:
    """A bridge of Docker is not in firewalld's zone `docker`.

    The daemon puts its bridges there when it starts, if firewalld runs already, and when
    firewalld is reloaded.

    ## What it reads
    `firewall-cmd --get-active-zones`, and the bridges of the engine's networks.

    ## Why it matters
    In the default zone firewalld rejects what comes from the bridge: containers do not reach
    the host, sometimes not even the outside. "No route to host" is what they see.

    ## How to mend it
    Restart the daemon after firewalld. If the bridge was put into another zone for good, remove
    it from there first.

    ## What could go wrong
    The restart stops all containers unless live-restore is on.

    ## Why this severity
    A warning: much still works through Docker's own rules.
    """
    where, zones = need(facts.site), need(facts.zones)
    if zones is None:
        return skip("firewalld does not run here")
    if not need(facts.iptables):
        return skip("the daemon is told to write no firewall rules (iptables is off)")
    if need(facts.version) < ZONES_SINCE:
        return skip("this engine does not know firewalld's zones")
    wrong = [
        (x.bridge, zones.get(x.bridge, ""))
        for x in _bridged(facts)
        if zones.get(x.bridge, "") not in {"docker", "trusted"}
    ]
    if not wrong:
        return ok(
            "firewalld knows Docker's bridges",
            Evidence("firewall-cmd --get-active-zones", "docker", "holds Docker's bridges"),
        )
    return fail(
        f"firewalld has {names_of(b for b, _ in wrong)} in "
        f"{names_of(z or 'no zone, so the default one' for _, z in wrong)} instead of zone docker: "
        "containers cannot reach this host.",
        *(
            Evidence("firewall-cmd --get-active-zones", bridge, zone or "in no zone", "docker")
            for bridge, zone in wrong[:5]
        ),
        mend=(
            *(
                f"sudo firewall-cmd --permanent --zone={zone} --remove-interface={bridge}"
                for bridge, zone in wrong[:5]
                if zone
            ),
            f"{where.restart}  # stops containers unless live-restore is on",
        ),
    )


@TOPIC.check(
    "forward-policy-blocks-guests",
    WARNING,
    "Docker's FORWARD policy cuts off virtual machines",
    references=(
        "https://documentation.ubuntu.com/lxd/latest/howto/network_bridge_firewalld/",
        "https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-on-a-router",
    ),
    applies="hosts with libvirt, LXD, LXC or Incus bridges",
)
def forward_policy_blocks_guests(facts: FirewallFacts) -> Verdict:
    """Forwarding is dropped by default, and no rule lets the bridge of other guests through.

    Docker sets the policy of FORWARD to DROP when it turns on forwarding itself, so that the host
    does not become a router for everybody.

    ## What it reads
    The policy of FORWARD (`iptables-save`), the host's bridges of libvirt, LXD, LXC and Incus, and
    whether any filter rule names such a bridge.

    ## Why it matters
    Virtual machines and system containers lose their way out as soon as Docker starts, although
    their own firewall rules (often in nftables) let them through: a drop anywhere is final.

    ## How to mend it
    Let the bridge through in DOCKER-USER, as below, and make the rules permanent; or, from Engine
    28 on, set `ip-forward-no-drop` in daemon.json and restart the host.

    ## What could go wrong
    With a policy of ACCEPT the host forwards for anybody on its networks who sends it packets.

    ## Why this severity
    A warning: Docker itself is fine, its neighbours are not.
    """
    need(facts.site)
    guests = need(facts.guests)
    if not guests:
        return skip("this host has no bridges of other guests")
    chains = need(facts.chains)
    seen = Evidence(chains.source, "filter FORWARD policy", chains.forward_policy or "none")
    blocked = [x for x in guests if x not in chains.guests_admitted]
    if chains.forward_policy != "DROP" or not blocked:
        return ok("other guests' packets are forwarded", seen)
    first = blocked[0]
    return fail(
        f"The FORWARD policy is DROP and no rule lets {names_of(blocked)} through: guests there "
        "have no way out.",
        seen._replace(wanted="ACCEPT, or rules for the bridge"),
        Evidence(chains.source, f"rules that name {names_of(blocked)}", "none", "some"),
        mend=(
            f"sudo iptables -I DOCKER-USER -i {first} -j ACCEPT",
            (
                f"sudo iptables -I DOCKER-USER -o {first} -m conntrack --ctstate RELATED,ESTABLISHED "
                "-j ACCEPT"
            ),
            "make them permanent (iptables-persistent, or a unit that runs after docker.service)",
        ),
    )


@TOPIC.check(
    "docker-user-rules-ignored",
    WARNING,
    "Your DOCKER-USER rules no longer count",
    references=(
        "https://docs.docker.com/engine/network/firewall-nftables/",
        "https://docs.docker.com/engine/release-notes/29/",
    ),
    applies="Engine 29 and later with the nftables backend",
)
def docker_user_rules_ignored(facts: FirewallFacts) -> Verdict:
    """Rules stand in iptables' DOCKER-USER chain, and the engine uses its nftables backend.

    ## What it reads
    FirewallBackend of GET /info, and the chain DOCKER-USER (`iptables-save`).

    ## Why it matters
    With the nftables backend nothing leads into DOCKER-USER: what these rules kept out is let in,
    and nothing says so.

    ## How to mend it
    Write the rules into a table of your own, in a chain on the forward hook with a priority below
    Docker's, or go back to `firewall-backend: iptables`.

    ## What could go wrong
    A drop in any table is final, an accept is not: rules that only accept need a mark
    (`bridge-accept-fwmark`) as well.

    ## Why this severity
    A warning: a filter that its owner counts on is not in force.
    """
    where = need(facts.site)
    if need(facts.backend) != "nftables":
        return skip("the engine uses iptables")
    chains = need(facts.chains)
    if not chains.user_rules:
        return ok(
            "no rules are left in DOCKER-USER", Evidence(chains.source, "DOCKER-USER", "empty")
        )
    return fail(
        f"{len(chains.user_rules)} rules in DOCKER-USER do nothing since the engine uses its "
        "nftables backend: what they kept out is let in.",
        *(Evidence(chains.source, "DOCKER-USER", x) for x in chains.user_rules[:5]),
        mend=(
            "move the rules to an nftables chain of your own with hook forward",
            f'or set "firewall-backend": "iptables" in {where.config_file} and {where.restart}',
        ),
    )


@TOPIC.check(
    "raw-rules-off",
    WARNING,
    "Published ports lack their guard in the raw table",
    references=(
        "https://github.com/moby/moby/issues/49557",
        "https://docs.docker.com/engine/release-notes/28/",
    ),
    applies="Engine 28 and later, rootful, on this host",
)
def raw_rules_off(facts: FirewallFacts) -> Verdict:
    """The daemon runs with DOCKER_INSECURE_NO_IPTABLES_RAW=1.

    ## What it reads
    The warnings of GET /info, and the daemon's environment where it may be read.

    ## Why it matters
    From Engine 28 on, rules in the raw table keep machines on the same network from reaching
    containers directly, also ports that are published on 127.0.0.1 only. The variable leaves them
    out; it was meant for kernels without that table.

    ## How to mend it
    Load the module iptable_raw (or use a kernel that has it), take the variable out of the
    service's environment, and restart the daemon.

    ## What could go wrong
    Without the module the daemon then fails to publish ports: try `modprobe iptable_raw` first.

    ## Why this severity
    A warning: ports that are meant for this host alone are open to its neighbours.
    """
    where = need(facts.site)
    if need(facts.version) < RAW_RULES:
        return skip("engines before 28 write no rules in the raw table")
    if not need(facts.iptables):
        return skip("the daemon is told to write no firewall rules (iptables is off)")
    if not need(facts.raw_off):
        return ok(
            "the rules in the raw table are not left out",
            Evidence("engine GET /info", "Warnings", f"none about {RAW_VARIABLE}"),
        )
    return fail(
        f"The daemon runs with {RAW_VARIABLE}: ports published on 127.0.0.1 can be reached from "
        "the local network.",
        Evidence("engine GET /info", "Warnings", f"{RAW_VARIABLE} is set", "not set"),
        mend=(
            "sudo modprobe iptable_raw",
            f"remove {RAW_VARIABLE} from the daemon's environment (look: systemctl cat docker)",
            f"{where.restart}  # stops containers unless live-restore is on",
        ),
    )
