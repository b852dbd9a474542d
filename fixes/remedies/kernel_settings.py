"""Kernel settings: set now, and in the file that decides over them at boot.

There is one file of ours for all of them, :data:`OURS`. A line of the administrator's that is read
after it, or that decides today, is changed where it stands; what a package brings is overridden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixes.judged import Judged, fact, judged
from fixes.model import (
    ADVICE,
    NAMES,
    SYSCTL,
    Change,
    EditFile,
    Family,
    Parameter,
    Proposal,
    Request,
    SetSysctl,
    by_hand,
    nothing,
    propose,
)
from probes import engine, engine_network, network_interfaces, sysctls
from probes.engine_host import container_of, engine_host
from probes.formats.sysctl_files import SysctlLine, parse_sysctl, winner
from probes.host.questions import Absent, Denied
from probes.model import have, known
from probes.record import NamedTuple
from probes.sysctls import FORWARD, dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.host import Host

FAMILY = Family()

OURS = "/etc/sysctl.d/zz-hullcheck.conf"
"""Files are read in the order of their names, whatever their folder (sysctl.d(5)): this one comes
after all whose names begin with a number."""

HEADER = "Kernel settings for containers, set by hullcheck."

LAST = "/etc/sysctl.conf"
"""procps' ``sysctl --system`` reads it after all others; systemd only where a link leads to it."""

MODULES = "/etc/modules-load.d/hullcheck.conf"
"""modules-load.d(5): these are loaded before the sysctl files are read."""

AT_LEAST, AT_MOST, EXACTLY = "at least", "at most", "exactly"

MOST = 2**31 - 1
"""The largest value of settings that are an int of the kernel's."""

SMALL_MACHINES = ("armv", "i386", "i486", "i586", "i686")
"""Machines (uname -m) of 32-bit kernels, whose process numbers end at 32768."""

NAMESPACED = ("net/ipv4/", "net/ipv6/")
"""Settings that each network namespace has for itself, linux net/ipv4/devinet.c and others."""

NO_SYSCTLS = ("docker", "podman")
"""Containers in which /proc/sys is read-only."""

BUCKETS_LEAST = 8192
"""The kernel rounds the size of the hash table up to whole pages of memory: 64 KiB on some
machines, 8 bytes a bucket (linux net/netfilter/nf_conntrack_core.c)."""

STRICT = 2
"""Of vm.overcommit_memory: no more is promised than there is (kernel overcommit-accounting
documentation)."""

_RELOAD = "sudo networkctl reload"


class Wanted(NamedTuple):
    """A value that a kernel setting is to have."""

    key: str
    """As below /proc/sys, with slashes."""
    value: str
    rule: str = AT_LEAST
    """What satisfies: a value at least, at most or exactly this."""
    names: tuple[str, ...] = ()
    """All names of the setting where it has several, ``key`` among them."""
    late: bool = False
    """Whether it may be missing because its kernel module is not loaded yet."""

    def satisfied_by(self, value: str) -> bool:
        """Whether a value, of the kernel or of a file, will do."""
        value = " ".join(value.split())
        if self.rule == EXACTLY or not value.lstrip("-").isdigit():
            return value == self.value
        if self.rule == AT_MOST:
            return int(value) <= int(self.value)
        return int(value) >= int(self.value)


# -- how any setting is set ----------------------------------------------------------------------


def arrange(
    host: Host,
    reason: str,
    wanted: Sequence[Wanted],
    *,
    before: tuple[Change, ...] = (),
    notes: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
) -> Proposal:
    """The proposal that gives the settings their values, now and at every boot.

    ``before`` are changes that go first and count on their own. Raises: Unreadable, Denied where a
    sysctl file may not be read: it may be the one that decides.
    """
    lines, complete = sysctls.sysctl_lines(host)
    if not complete:
        raise Denied("not all sysctl files may be read", look="sudo sysctl --system -N")
    edits: dict[str, dict[str, str]] = {}
    settings: list[SetSysctl] = []
    told = list(notes)
    short: dict[Wanted, None] = {}
    """What has not its value, in the kernel or in a file."""
    for want in wanted:
        value = _live(host, want)
        live = value is not None and want.satisfied_by(value)
        deciding = _deciding(host, lines, want)
        for line in deciding:
            if line is None:
                if not live:
                    edits.setdefault(OURS, {})[dotted(want.key)] = want.value
                continue
            if want.satisfied_by(line.value):
                continue
            where = _place(host, line, want)
            if where is None:
                return _pattern(line, want)
            path, key = where
            edits.setdefault(path, {})[key] = want.value
            told += _told_of(line, path)
            short[want] = None
        if live:
            continue
        short[want] = None
        by_file = [line for line in deciding if line and want.satisfied_by(line.value)]
        kept = len(by_file) == len(deciding)
        if kept:
            told += [_changed_since(want, line) for line in by_file]
        if value is not None:
            now = " ".join(by_file[0].value.split()) if kept else want.value
            settings.append(SetSysctl(dotted(want.key), now, value))
    if not short and not before:
        return nothing(_already(host, wanted))
    left = _not_from_here(host, tuple(short))
    if left:
        return left
    files = (EditFile(path, SYSCTL, lines_of, HEADER) for path, lines_of in edits.items())
    told += _platform_notes(host)
    return propose(
        reason, *before, *files, *settings, notes=tuple(dict.fromkeys(told)), steps=steps
    )


def already(judged: Judged) -> Proposal:
    """There is nothing to be done, for the reason that a check gives."""
    said = judged.otherwise
    return nothing(f"{said[:1].upper()}{said[1:]}.")


def loaded_at_boot(*modules: str) -> EditFile:
    """The change that has kernel modules loaded at every boot."""
    header = "Kernel modules for containers, set by hullcheck."
    return EditFile(MODULES, NAMES, dict.fromkeys(modules, True), header)


def _live(host: Host, want: Wanted) -> str | None:
    """The value of this moment; None where the setting comes with a module that is not loaded."""
    try:
        return " ".join(host.read_text(f"/proc/sys/{want.key}").split())
    except Absent:
        if want.late:
            return None
        raise engine.NotHere(f"this kernel has no {dotted(want.key)}") from None


def _deciding(
    host: Host, lines: Sequence[SysctlLine], want: Wanted
) -> tuple[SysctlLine | None, ...]:
    """The lines that decide: at boot, and when somebody runs ``sysctl --system``."""
    last = parse_sysctl(sysctls.absent_text(host, LAST), LAST)
    names = want.names or (want.key,)
    return winner(lines, *names), winner([*lines, *last], *names)


def _place(host: Host, line: SysctlLine, want: Wanted) -> tuple[str, str] | None:
    """The file and the key to write, so that they win over a line; None where none can be told."""
    if "*" in line.key:
        return None
    real = have(known(lambda: host.realpath(line.path)), line.path)
    if real.startswith("/etc/"):
        return real, dotted(line.key)
    name = line.path.rpartition("/")[2]
    return (OURS, dotted(want.key)) if name < OURS.rpartition("/")[2] else None


def _pattern(line: SysctlLine, want: Wanted) -> Proposal:
    why = (
        f"the pattern {dotted(line.key)}, which sets more than this one setting"
        if "*" in line.key
        else "a file that is read after all others"
    )
    return by_hand(
        f"{line.path} line {line.line} sets {line.value} by {why}.",
        f"change it there, so that {dotted(want.key)} is {_words(want)}",
        "sudo sysctl --system   # reads all files again",
    )


def _told_of(line: SysctlLine, path: str) -> list[str]:
    if line.path == OURS:
        return []
    if path == OURS:
        return [f"{OURS} goes over {line.path}, which sets {line.value}."]
    return [
        (
            f"{path} line {line.line} sets {line.value} and decides: it is changed there. Where a "
            "hardening role or a configuration tool wrote it, exempt this host, else it comes back."
        )
    ]


def _changed_since(want: Wanted, line: SysctlLine) -> str:
    return (
        f"{line.path} line {line.line} sets {line.value} already: something has changed "
        f"{dotted(want.key)} since (sysctl -w, a network manager, a profile of TuneD, a script) and "
        "may do so again."
    )


def _words(want: Wanted) -> str:
    return want.value if want.rule == EXACTLY else f"{want.rule} {want.value}"


def _already(host: Host, wanted: Sequence[Wanted]) -> str:
    values = ", ".join(f"{dotted(want.key)} is {_live(host, want)}" for want in wanted)
    return f"{values} already, and no file sets it otherwise."


def _not_from_here(host: Host, wanted: Sequence[Wanted]) -> Proposal | None:
    """For hosts on which the kernel, or its files, are not this system's to set."""
    if not wanted:
        return None
    commands = [f"sysctl -w {_assignment(want)}" for want in wanted]
    inside = container_of(host)
    own = all(want.key.startswith(NAMESPACED) for want in wanted)
    if inside and (inside in NO_SYSCTLS or not own):
        options = " ".join(f"--sysctl {_assignment(want)}" for want in wanted)
        return by_hand(
            f"This host is a container ({inside}), whose kernel settings are made outside of it.",
            *(f"on the host of this container: sudo {command}" for command in commands),
            *((f"or make it anew with {options}",) if own and inside in NO_SYSCTLS else ()),
        )
    if engine.is_there(host, "/run/current-system"):
        return by_hand(
            "NixOS makes the files in /etc from its configuration.",
            *(f'boot.kernel.sysctl."{dotted(w.key)}" = {_nix(w.value)};' for w in wanted),
            "sudo nixos-rebuild switch",
        )
    if engine.is_there(host, "/etc/synoinfo.conf"):
        return by_hand(
            "DSM writes its system files anew at updates.",
            *(f"sudo {command}   # for now" for command in commands),
            "for good: Control Panel, Task Scheduler, a task of root's at boot-up with "
            + "; ".join(commands),
        )
    return None


def _assignment(want: Wanted) -> str:
    value = f"'{want.value}'" if " " in want.value else want.value
    return f"{dotted(want.key)}={value}"


def _nix(value: str) -> str:
    return value if value.isdigit() else f'"{value}"'


def _platform_notes(host: Host) -> list[str]:
    found = []
    inside = container_of(host)
    if inside:
        found.append(
            f"This host is a container ({inside}): these settings are those of its own network "
            "namespace."
        )
    release = have(known(lambda: str(host.gauge("system")["release"])), "")
    if "microsoft" not in release.lower():
        return found
    found.append("All distributions of WSL share one kernel, and so does Docker Desktop.")
    if not engine.is_there(host, "/run/systemd/system"):
        found.append(
            "WSL without systemd reads no sysctl files when it starts: let command= below [boot] in "
            "/etc/wsl.conf run sysctl --system, or switch systemd on there."
        )
    return found


def _given(request: Request, name: str, otherwise: int, least: int, most: int = MOST) -> int:
    """A number that the user may choose. Raises: ValueError for what is none in the range."""
    text = request.given.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _about(request: Request, check: str) -> bool:
    """Whether the request is about a check: one of its findings, or nothing in particular."""
    return not request.findings or any(finding.id == check for finding in request.findings)


def _judged(host: Host, request: Request, check: str) -> Judged:
    return judged(host, request, sysctls.TOPIC, check)


# -- networks ------------------------------------------------------------------------------------


@FAMILY.fix(
    "ip-forward",
    "Let the host pass on packets of containers",
    applies="rootful engines with bridge networks",
)
def ip_forward(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - the facts decide
    """Switches IP forwarding on, now and in the file that decides over it at boot.

    ## What it changes
    net.ipv4.ip_forward becomes 1. The line that decides at boot is changed where it stands if it is
    the administrator's (also ufw's own sysctl file); else /etc/sysctl.d/zz-hullcheck.conf sets it.
    An interface for which it is off gets its own line, unless systemd-networkd or NetworkManager
    sets that interface: then the file to change is named.

    ## Where the values come from
    The engine's bridge networks need it: without, their containers reach nothing outside.

    ## What it costs
    The host routes between all its interfaces. dockerd sets the policy of the FORWARD chain to DROP
    only when it switches forwarding on itself; with a file that does it at boot, a firewall of the
    host has to see to that.

    ## How it is verified
    The value is read back, and ip-forward-off, ip-forward-reset-by-file and
    interface-forwarding-off are asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_network.site(host)
    facts = sysctls.TOPIC.look(host)
    if have(facts.has_networks, otherwise=True) is False:
        return nothing("The engine has no bridge network, so no packets are to be passed on.")
    wanted = [Wanted(FORWARD[0], "1", names=FORWARD)]
    # New interfaces start with it. Forwarding itself sets it too; a file may unset it after that.
    default = "net/ipv4/conf/default/forwarding"
    line = facts.winners.get(default)
    if line and line.value == "0":
        wanted.append(Wanted(default, "1"))
    steps: list[str] = []
    if facts.values.get(FORWARD[0]) != 0:
        for interface in have(facts.interfaces, ()):
            if interface.forwarding:
                continue
            key = f"net/ipv4/conf/{interface.name}/forwarding"
            by = _manager(host, interface)
            if by:
                steps += _forward_by(by, interface.name)
            else:
                wanted.append(Wanted(key, "1"))
    before: list[Change] = []
    for line in facts.other_setters:
        if line.path.startswith("/etc/ufw/"):
            before.append(EditFile(line.path, SYSCTL, {dotted(line.key): "1"}))
        else:
            steps.append(f"set {line.key}=yes in line {line.line} of {line.path}, then: {_RELOAD}")
    notes = (
        (
            "The host then routes between all its interfaces, and dockerd sets the policy of the FORWARD "
            "chain to DROP only when it switches forwarding on itself: see to it that a firewall does "
            "where the host has more than one network."
        ),
        *(
            ("daemon.json says ip-forward: false: somebody meant to look after forwarding.",)
            if have(facts.manages_forwarding, otherwise=True) is False
            else ()
        ),
    )
    proposal = arrange(
        host,
        "Passes packets of containers on: net.ipv4.ip_forward becomes 1, now and at every boot.",
        wanted,
        before=tuple(before),
        notes=notes,
        steps=tuple(steps),
    )
    if proposal.changes or proposal.steps:
        return proposal
    if steps:
        return by_hand("A network manager switches forwarding off, by files of its own.", *steps)
    fact(facts.interfaces)
    return proposal


def _manager(host: Host, interface: sysctls.Interface) -> str:
    """Who sets an interface's forwarding: a file of systemd-networkd, a manager, or nobody."""
    facts = network_interfaces.TOPIC.look(host)
    for taken in have(facts.networkd, ()):
        if taken.interface == interface.name:
            return taken.by
    if any(taken.interface == interface.name for taken in have(facts.network_manager, ())):
        return "NetworkManager"
    if interface.role == sysctls.WAY_OUT:
        running = engine_network.active_units(host)
        for unit, name in (
            ("systemd-networkd.service", "systemd-networkd"),
            ("NetworkManager.service", "NetworkManager"),
        ):
            if unit in running:
                return name
    return ""


def _forward_by(manager: str, interface: str) -> tuple[str, ...]:
    key = dotted(f"net/ipv4/conf/{interface}/forwarding")
    for_now = f"sudo sysctl -w {key}=1   # until {interface} is set up anew"
    if manager == "NetworkManager":
        return (
            for_now,
            (
                f"nmcli -g GENERAL.CONNECTION device show {interface}   # the connection's name; then, "
                "from NetworkManager 1.54 on: nmcli connection modify NAME ipv4.forwarding yes"
            ),
        )
    file = manager if manager.startswith("/") else f"the .network file of {interface}"
    return (
        for_now,
        (
            f"networkctl status {interface}   # names its file; below [Network] in {file} set "
            "IPv4Forwarding=yes (before systemd 256: IPForward=yes)"
        ),
        f"{_RELOAD} && sudo networkctl reconfigure {interface}",
    )


@FAMILY.fix(
    "ipv6-forward",
    "Let the host pass on IPv6 packets of containers, and keep its own route",
    applies="rootful engines with an IPv6 network, and hosts about to lose their IPv6 route",
)
def ipv6_forward(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - the facts decide
    """Switches IPv6 forwarding on where a network has IPv6, without losing the host's own route.

    ## What it changes
    On an interface whose default route comes from a router, accept_ra becomes 2, first of all. Then
    net.ipv6.conf.all.forwarding and net.ipv6.conf.default.forwarding become 1, if a network of
    containers has IPv6. Each now, and in the file that decides at boot.

    ## Where the values come from
    The routes of /proc/net/ipv6_route that the kernel learnt, and the engine's networks. With
    accept_ra = 1 a host that forwards takes no more advertisements (kernel ip-sysctl
    documentation).

    ## What it costs
    The host routes IPv6 between its interfaces and goes on believing the router: only where that
    network is trusted.

    ## How it is verified
    The values are read back, and ipv6-forward-off and ipv6-router-advertisements-ignored are asked
    again.

    ## How it is undone
    The values and the files become what they were before.
    """
    engine_network.site(host)
    facts = sysctls.TOPIC.look(host)
    names = fact(facts.ipv6_networks)
    ignored = fact(facts.advertised_route)
    routes = sysctls.learnt_routes(host) if names or ignored else ()
    wanted = [Wanted(f"net/ipv6/conf/{name}/accept_ra", "2") for name in routes]
    notes = [
        f"{name} takes its route from router advertisements also while the host forwards: only "
        "where that network is trusted."
        for name in routes
    ]
    if names:
        wanted += [Wanted(f"net/ipv6/conf/{name}/forwarding", "1") for name in ("all", "default")]
        notes.append(
            "The host then routes IPv6 between all its interfaces: see to it that its firewall "
            "knows IPv6."
        )
    if not wanted:
        return nothing(
            "No network of containers has IPv6, and no IPv6 route depends on ignored router "
            "advertisements."
        )
    reason = (
        f"Passes IPv6 packets of {engine_network.names_of(names)} on"
        if names
        else f"Keeps the IPv6 route of {', '.join(routes)}"
    )
    return arrange(host, f"{reason}: now and at every boot.", tuple(wanted), notes=tuple(notes))


@FAMILY.fix(
    "listen-backlog",
    "Give servers in containers a longer listen queue",
    risk=ADVICE,
    applies="kernels before 5.4",
)
def listen_backlog(host: Host, request: Request) -> Proposal:
    """Says how containers on an old kernel get a longer listen queue: the host's value is not theirs.

    ## What it changes
    Nothing. A container has a network namespace of its own, which starts with the kernel's default.

    ## Where the values come from
    4096, the default of Linux 5.4 and later.

    ## What it costs
    Each container has to be made anew with its sysctl.

    ## How it is verified
    `docker exec NAME cat /proc/sys/net/core/somaxconn` tells it.

    ## How it is undone
    Make the container anew without the option.
    """
    engine_host(host)
    low = _judged(host, request, "listen-backlog-low")
    if not low.failing:
        return already(low)
    return by_hand(low.failing[0].summary, *low.failing[0].mend)


@FAMILY.fix(
    "conntrack",
    "Make room for more tracked connections",
    applies="hosts that track connections, which Docker's networks do",
    parameters=(
        Parameter(
            "value",
            "twice what is in use, and more than now, up to a sixteenth of the memory",
            "Connections to track at most.",
        ),
    ),
)
def conntrack(host: Host, request: Request) -> Proposal:
    """Raises the number of connections that the kernel can track.

    ## What it changes
    net.netfilter.nf_conntrack_max, and net.netfilter.nf_conntrack_buckets where the hash table
    behind it would be smaller than a quarter of that. As both are there only once the module
    nf_conntrack is loaded, /etc/modules-load.d/hullcheck.conf loads it before sysctl files are read.

    ## Where the values come from
    Twice the connections of now, more than the limit of now, as a power of two; an entry takes
    about 320 bytes, and all together may take a sixteenth of the memory.

    ## What it costs
    Memory for entries in use, and 8 bytes for each bucket at once. Something that never closes its
    connections fills the larger table too, only later.

    ## How it is verified
    The values are read back, and conntrack-nearly-full is asked again.

    ## How it is undone
    The values and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    nearly = _judged(host, request, "conntrack-nearly-full")
    usage = fact(facts.conntrack)
    if "value" in request.given:
        value = _given(request, "value", 0, BUCKETS_LEAST * 4, 1 << 27)
    elif not nearly.failing:
        return already(nearly)
    else:
        value = sysctls.conntrack_wanted(usage, fact(facts.memory))
        if value <= usage.limit:
            return by_hand(
                f"{usage.limit} connections may take a sixteenth of the memory already.",
                "sudo conntrack -L | grep -o 'src=[^ ]*' | sort | uniq -c | sort -n | tail   "
                "# which addresses have so many",
                "or choose a number: hullcheck fix conntrack --set value=NUMBER",
            )
    folder = "net/netfilter/nf_conntrack"
    buckets = max(1 << (value // 4 - 1).bit_length(), BUCKETS_LEAST)
    # A module that is built in has no state of loading, linux kernel/module.
    modular = engine.is_there(host, "/sys/module/nf_conntrack/initstate")
    return arrange(
        host,
        f"Tracks up to {value} connections instead of {usage.limit}: {usage.used} are tracked now.",
        (Wanted(f"{folder}_max", str(value)), Wanted(f"{folder}_buckets", str(buckets))),
        before=(loaded_at_boot("nf_conntrack"),) if modular else (),
        notes=("Look for what opens so many connections, and whether it closes them.",),
    )


# -- what users and processes may have ------------------------------------------------------------


@FAMILY.fix(
    "inotify",
    "Let programs in containers watch more files",
    parameters=(
        Parameter("watches", "524288, or the threshold inotify-watches", "Files of each user."),
        Parameter(
            "instances", "1024, or the threshold inotify-instances", "Instances of each user."
        ),
    ),
)
def inotify(host: Host, request: Request) -> Proposal:
    """Raises the number of files that may be watched, and of the instances that watch them.

    ## What it changes
    fs.inotify.max_user_watches and fs.inotify.max_user_instances, whichever is too low, now and in
    the file that decides at boot. All containers that run as root share root's.

    ## Where the values come from
    524288 watches is what the makers of code-server, kind and Jellyfin ask for; 1024 instances are
    enough for some 300 containers. What is higher already stays.

    ## What it costs
    A watch takes about 1 KiB of kernel memory when it is used: 524288 are at most 0.5 GiB.

    ## How it is verified
    The values are read back, and inotify-watches-low and inotify-instances-low are asked again.

    ## How it is undone
    The values and the files become what they were before.
    """
    engine_host(host)
    watches = _given(request, "watches", int(sysctls.WATCHES.value), 1)
    instances = _given(request, "instances", sysctls.instances_wanted(), 1)
    wanted = []
    if _about(request, "inotify-watches-low") or "watches" in request.given:
        wanted.append(Wanted("fs/inotify/max_user_watches", str(watches)))
    if _about(request, "inotify-instances-low") or "instances" in request.given:
        wanted.append(Wanted("fs/inotify/max_user_instances", str(instances)))
    return arrange(
        host,
        "Raises what each user may have of inotify: at least "
        + " and ".join(f"{w.value} {w.key.rpartition('max_user_')[2]}" for w in wanted)
        + ".",
        wanted,
    )


@FAMILY.fix(
    "max-map-count",
    "Allow the memory mappings that search engines demand",
    parameters=(
        Parameter("value", "262144, or the threshold max-map-count", "Mappings of each process."),
    ),
)
def max_map_count(host: Host, request: Request) -> Proposal:
    """Raises the number of memory mappings that a process may have.

    ## What it changes
    vm.max_map_count, now and in the file that decides at boot. It cannot be set for a container.

    ## Where the values come from
    262144 is what the bootstrap checks of Elasticsearch and OpenSearch demand; what is higher
    already stays.

    ## What it costs
    Nothing: a mapping takes memory only when it is made.

    ## How it is verified
    The value is read back, and max-map-count-low is asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_host(host)
    value = _given(request, "value", int(sysctls.MAP_COUNT.value), 1)
    return arrange(
        host,
        f"Lets each process have at least {value} memory mappings, as search engines demand.",
        (Wanted("vm/max_map_count", str(value)),),
    )


@FAMILY.fix("process-numbers", "Allow more processes and threads")
def process_numbers(host: Host, request: Request) -> Proposal:
    """Raises the limit that the threads of this machine come up against.

    ## What it changes
    kernel.pid_max, or kernel.threads-max where that one is the lower, now and in the file that
    decides at boot.

    ## Where the values come from
    4194304 process numbers is the most of 64-bit kernels and what systemd sets. threads-max is
    doubled: the kernel's own value lets threads take an eighth of the memory for their stacks.

    ## What it costs
    A container that forks without end goes on for longer: give containers a --pids-limit. Some
    32-bit programs cannot read process numbers of more than five digits.

    ## How it is verified
    The value is read back, and process-numbers-nearly-used is asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    nearly = _judged(host, request, "process-numbers-nearly-used")
    if not nearly.failing:
        return already(nearly)
    usage = fact(facts.tasks)
    key, value = sysctls.process_numbers_wanted(usage, facts.values["kernel/pid_max"])
    machine = str(host.gauge("system")["machine"])
    if key == "kernel/pid_max" and machine.startswith(SMALL_MACHINES):
        return by_hand(
            f"A 32-bit kernel ({machine}) has at most 32768 process numbers.",
            "docker stats --no-stream   # column PIDS: which container has so many",
            "docker update --pids-limit 500 NAME",
        )
    return arrange(
        host,
        f"Raises {dotted(key)} to {value}: {usage.used} threads run, {usage.limit} are possible.",
        (Wanted(key, str(value)),),
        notes=("Find what has so many: docker stats, column PIDS. A --pids-limit contains it.",),
    )


@FAMILY.fix("keyring-quota", "Allow the kernel keys that containers take")
def keyring_quota(host: Host, request: Request) -> Proposal:
    """Raises the number of kernel keys that root, or a plain user, may hold.

    ## What it changes
    kernel.keys.root_maxkeys and root_maxbytes for root; kernel.keys.maxkeys and maxbytes for all
    others (userns-remap, rootless engines, unprivileged LXC). Now, and in the file that decides at
    boot.

    ## Where the values come from
    1000000 keys for root, the kernel's default; for others ten times what they may have now, 2000
    at least. Bytes in the proportion of the kernel's defaults.

    ## What it costs
    Nothing: a key takes memory only when it exists.

    ## How it is verified
    The values are read back, and root-keyring-quota-low and keyring-quota-nearly-used are asked
    again.

    ## How it is undone
    The values and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    settings: dict[str, int] = {}
    if _judged(host, request, "root-keyring-quota-low").failing:
        settings |= sysctls.keys_wanted(0, 0)
    nearly = _judged(host, request, "keyring-quota-nearly-used")
    near = {verdict.subject for verdict in nearly.failing}
    for user in fact(facts.key_users) if near else ():
        if sysctls.key_subject(user.uid) in near:
            for key, value in sysctls.keys_wanted(user.uid, user.keys.limit).items():
                settings[key] = max(value, settings.get(key, 0))
    if not settings:
        return nothing("Root and all users may hold more kernel keys than they do.")
    return arrange(
        host,
        "Raises the quota of kernel keys, of which each container takes one.",
        tuple(Wanted(key, str(value)) for key, value in settings.items()),
    )


@FAMILY.fix(
    "open-files",
    "Allow more open files on the whole host",
    parameters=(
        Parameter("value", "twice the limit of now", "Files that all processes have together."),
    ),
)
def open_files(host: Host, request: Request) -> Proposal:
    """Raises the number of files that all processes of the machine may have open together.

    ## What it changes
    fs.file-max, now and in the file that decides at boot. The limits of single processes are others.

    ## Where the values come from
    Twice the limit of now, as nearly all of it is in use.

    ## What it costs
    About 1 KiB of kernel memory for each open file. A program that never closes its files uses the
    larger limit up as well.

    ## How it is verified
    The value is read back, and open-files-nearly-used is asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    nearly = _judged(host, request, "open-files-nearly-used")
    if not nearly.failing and "value" not in request.given:
        return already(nearly)
    usage = fact(facts.open_files)
    value = _given(request, "value", sysctls.open_files_wanted(usage.limit), 8192, 2**63 - 1)
    return arrange(
        host,
        f"Lets {value} files be open on this host: {usage.used} of {usage.limit} are.",
        (Wanted("fs/file-max", str(value)),),
        notes=("Find who holds them: sudo lsof -n | awk '{print $1}' | sort | uniq -c | sort -n.",),
    )


@FAMILY.fix(
    "overcommit",
    "Let the kernel lend the memory that forks need",
    parameters=(
        Parameter(
            "value",
            "1 where Redis or Valkey is here, else 0",
            "0 lends by estimate, 1 always, 2 never more than there is.",
        ),
    ),
)
def overcommit(host: Host, request: Request) -> Proposal:
    """Sets how freely the kernel promises memory that it may not have.

    ## What it changes
    vm.overcommit_memory, now and in the file that decides at boot.

    ## Where the values come from
    1 where containers of Redis or Valkey are here, which ask for it; else 0, the kernel's default,
    where strict accounting (2) has nearly no room left. Strict accounting that has room was chosen
    by somebody and stays, unless a value is asked for.

    ## What it costs
    What takes too much memory is killed later instead of being refused at once: give containers
    memory limits.

    ## How it is verified
    The value is read back, and overcommit-nearly-used and overcommit-off-for-redis are asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    key = "vm/overcommit_memory"
    now = facts.values.get(key)
    if "value" in request.given:
        value = _given(request, "value", 0, 0, 2)
    else:
        full = _judged(host, request, "overcommit-nearly-used").failing
        redis = _judged(host, request, "overcommit-off-for-redis").failing
        value = 1 if redis else 0
        if not full and not redis:
            return nothing(f"Nothing here asks for another vm.overcommit_memory than {now}.")
        if not full and now == STRICT:
            return by_hand(
                "vm.overcommit_memory is 2, which somebody chose, and there is room yet.",
                f"to overrule it: hullcheck fix overcommit --set value={value}",
            )
    return arrange(
        host,
        f"Sets vm.overcommit_memory, which is {now}, to {value}.",
        (Wanted(key, str(value), EXACTLY),),
        notes=(
            (
                "With 0 and 1 a process that takes too much is killed when memory runs out: give "
                "containers memory limits."
            ),
        )
        if value != STRICT
        else ("With 2, starts of containers fail when all memory has been promised.",),
    )


# -- rootless engines -----------------------------------------------------------------------------


@FAMILY.fix(
    "user-namespaces",
    "Allow the user namespaces that this engine needs",
    on_request=True,
    applies="rootless engines and engines with userns-remap",
)
def user_namespaces(host: Host, request: Request) -> Proposal:
    """Lets user namespaces be made again, which this engine cannot start without.

    ## What it changes
    user.max_user_namespaces, and for a rootless engine kernel.unprivileged_userns_clone, where they
    are 0. Now, and in the file that decides at boot. A restriction by AppArmor (Ubuntu 23.10 and
    later) is left alone: a profile for rootlesskit is what is missing there.

    ## Where the values come from
    28633 namespaces is what Docker's documentation sets; the other setting is a switch.

    ## What it costs
    User namespaces have been a way to reach bugs of the kernel, and hardening guides switch them
    off on purpose. The other way is a rootful engine without userns-remap.

    ## How it is verified
    The values are read back, and user-namespaces-off is asked again.

    ## How it is undone
    The values and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    off = _judged(host, request, "user-namespaces-off")
    if not off.failing:
        return already(off)
    refused = sysctls.namespaces_refused(facts)
    if not refused:
        return by_hand(off.failing[0].summary, *off.failing[0].mend)
    rootless = have(facts.rootless, otherwise=False)
    start = "systemctl --user restart docker" if rootless else "sudo systemctl restart docker"
    return arrange(
        host,
        "Allows user namespaces, without which this engine does not start again.",
        tuple(Wanted(key, str(value)) for key, value in refused.items()),
        notes=(
            (
                "User namespaces have been a way to reach bugs of the kernel: where a hardening guide "
                "switched them off, a rootful engine without userns-remap is the other way."
            ),
        ),
        steps=(f"{start}   # if the engine does not run",),
    )


@FAMILY.fix(
    "rootless-low-ports",
    "Let a rootless engine publish low ports",
    on_request=True,
    applies="rootless engines",
    parameters=(
        Parameter(
            "port",
            "the lowest port that a container waits for",
            "The first port that plain users may open, 1 to 1023.",
        ),
    ),
)
def rootless_low_ports(host: Host, request: Request) -> Proposal:
    """Lowers the first port that plain users may open.

    ## What it changes
    net.ipv4.ip_unprivileged_port_start, now and in the file that decides at boot.

    ## Where the values come from
    The lowest port that containers which never started ask for.

    ## What it costs
    Every user of this host may then open these ports. The other way gives the right to rootlesskit
    alone: sudo setcap cap_net_bind_service=ep $(which rootlesskit).

    ## How it is verified
    The value is read back, and rootless-low-port-refused is asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_host(host)
    facts = sysctls.TOPIC.look(host)
    refused = _judged(host, request, "rootless-low-port-refused")
    if "port" in request.given:
        waiting: tuple[str, ...] = ()
        port = _given(request, "port", 0, 1, 1023)
    elif not refused.failing:
        return already(refused)
    else:
        waiting = fact(facts.low_ports)
        port = sysctls.lowest_port(waiting)
    return arrange(
        host,
        f"Lets plain users, and with them this rootless engine, open ports from {port} on.",
        (Wanted("net/ipv4/ip_unprivileged_port_start", str(port), AT_MOST),),
        notes=(
            (
                f"Every user of this host may then open ports from {port} on. To give that to rootlesskit "
                "alone: sudo setcap cap_net_bind_service=ep $(which rootlesskit)."
            ),
        ),
        steps=tuple(f"docker start {item.partition(':')[0]}" for item in waiting),
    )


@FAMILY.fix("rootless-ping", "Let containers of a rootless engine ping", applies="rootless engines")
def rootless_ping(host: Host, request: Request) -> Proposal:
    """Lets all groups send pings without privilege, as most distributions do.

    ## What it changes
    net.ipv4.ping_group_range, now and in the file that decides at boot.

    ## Where the values come from
    0 to 2147483647, all groups: what Docker's documentation sets.

    ## What it costs
    All users of this host may ping.

    ## How it is verified
    The value is read back, and rootless-ping-refused is asked again.

    ## How it is undone
    The value and the files become what they were before.
    """
    engine_host(host)
    refused = _judged(host, request, "rootless-ping-refused")
    if not refused.failing:
        return already(refused)
    return arrange(
        host,
        "Lets all groups ping, and with them the containers of this rootless engine.",
        (Wanted("net/ipv4/ping_group_range", sysctls.PING_ALL, EXACTLY),),
        notes=("All users of this host may then ping.",),
    )
