"""Kernel settings below /proc/sys that containers depend on, and the files that set them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes import engine, engine_network
from probes.engine_host import CONTAINERS, containers, engine_host, image_of, is_rootless, name_of
from probes.formats.sysctl_files import FOLDERS, SysctlLine, order, parse_sysctl, winner
from probes.formats.versions import major_minor
from probes.host.questions import Absent, Garbled, Unreadable
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
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.host import Host

WATCHES = Threshold(
    "inotify-watches",
    524288,
    "watches",
    "What the makers of code-server, Visual Studio Code, kind and Jellyfin ask for.",
)

INSTANCES = Threshold(
    "inotify-instances",
    512,
    "instances",
    "What kind's known issues ask for; the kernel's default is 128 for all of one user "
    "(linux fs/notify/inotify/inotify_user.c).",
)

INSTANCES_EACH = 3
"""inotify instances that a container takes, at a guess: .NET and Node programs open one to three,
most others none (dotnet/aspnetcore issue 7531)."""

MAP_COUNT = Threshold(
    "max-map-count",
    262144,
    "mappings",
    "The bootstrap check of Elasticsearch and OpenSearch refuses to start below it; SonarQube "
    "contains Elasticsearch.",
)

BACKLOG = 4096
"""SOMAXCONN of Linux 5.4 and later; 128 before (linux include/linux/socket.h)."""

PIDS_MOST = 4194304
"""The most process numbers of 64-bit kernels, and what systemd sets (linux include/linux/threads.h,
systemd sysctl.d/50-pid-max.conf)."""

PIDS_LOW = 65536
PIDS_CONTAINERS = 50
"""32768 process numbers, the kernel's default on small machines, are few for this many containers:
each has some dozens of threads. systemd raises the limit to 4194304."""

TASKS_USED = Threshold(
    "process-numbers-used",
    75,
    "%",
    "Shared by all containers; a quarter left is one Java service that restarts.",
)

ROOT_KEYS = Threshold(
    "root-keyring-quota",
    10000,
    "keys",
    "moby contrib/check-config.sh calls 10000 and less bad; the kernel's default has been 1000000 "
    "since 3.19.",
)

KEYS_USED = Threshold(
    "keyring-used",
    80,
    "%",
    "Each container of a user takes one session keyring (runc); the default quota of a plain user "
    "is 200.",
)

CONNTRACK_ENTRY = 320
"""Bytes that a tracked connection takes (struct nf_conn, linux net/netfilter)."""

CONNTRACK_MEMORY = 16
"""The table may take this part of the memory when it is full."""

CONNTRACK_USED = Threshold(
    "conntrack-used",
    75,
    "%",
    "Entries live for minutes to days, so a burst adds to what is there.",
)

CONNTRACK_FULL = Threshold("conntrack-full", 90, "%", "The next burst drops packets.")

FILES_USED = Threshold("open-files-used", 80, "%", "At 100 % no process can open a file.")

COMMIT_USED = Threshold(
    "committed-memory-used",
    85,
    "%",
    "With strict accounting the next fork of a big process needs its whole size to be free.",
)

USER_NAMESPACES = 28633
"""What docs.docker.com/engine/security/rootless sets where it is too low or off."""

PING_ALL = "0 2147483647"
"""All groups, docs.docker.com/engine/security/rootless."""

WATCHERS = frozenset(
    "code-server openvscode-server jellyfin plex pms-docker emby embyserver syncthing photoprism "
    "nextcloud home-assistant crashplan-pro node k3s".split()
)
"""Images whose programs watch many files, by the last part of their name. kindest/node is the node
of kind; vsc-... are dev containers of Visual Studio Code."""

SEARCHERS = frozenset({"elasticsearch", "opensearch", "sonarqube"})
"""Images that hold Elasticsearch or OpenSearch."""

LISTENERS = frozenset("nginx haproxy redis valkey traefik httpd caddy rabbitmq".split())

FORWARD = ("net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding")
"""Two names of one setting: writing either sets all interfaces (linux ip-sysctl documentation)."""

TOPIC = Topic["Sysctls"]("sysctls", "Kernel settings", engine=(CONTAINERS, engine_network.NETWORKS))


class Usage(NamedTuple):
    """How much of something there is in use."""

    used: int
    limit: int


class KeyUser(NamedTuple):
    """A user's share of kernel keys, /proc/key-users."""

    uid: int
    keys: Usage


WAY_OUT = "the way out"
"""The role of the interface by which packets leave this host."""


class Interface(NamedTuple):
    """Whether packets that come in by an interface are passed on."""

    name: str
    role: str
    """:data:`WAY_OUT`, or the network whose bridge it is."""
    forwarding: int


class Sysctls(NamedTuple):
    """Settings as they are now, and the lines of files that set them at boot."""

    here: bool | Missing
    same_network: bool | Missing
    """Whether the engine's networks are in our network namespace."""
    values: dict[str, int]
    """By path below /proc/sys; what could not be read is left out."""
    unread: dict[str, Missing]
    winners: dict[str, SysctlLine]
    """The line that decides at boot, for settings that a file sets."""
    files_read: bool
    """Whether all sysctl files could be read."""
    other_setters: tuple[SysctlLine, ...]
    """Lines of ufw's and networkd's files that switch forwarding off."""
    interfaces: tuple[Interface, ...] | Missing
    has_networks: bool | Missing
    """Whether there is any bridge network."""
    ipv6_networks: tuple[str, ...] | Missing
    manages_forwarding: bool | Missing
    """ip-forward of the daemon: whether it switches forwarding on by itself."""
    advertised_route: str | Missing
    """Interface whose IPv6 default route came from a router advertisement; empty for none."""
    rootless: bool | Missing
    remapped: bool | Missing
    """Whether userns-remap is on."""
    reachable: bool
    images: dict[str, str] | Missing
    """Container name -> last part of its image's name."""
    full_images: dict[str, str] | Missing
    """Container name -> its image as it was named."""
    running: int | Missing
    kernel: str | Missing
    tasks: Usage | Missing
    key_users: tuple[KeyUser, ...] | Missing
    conntrack: Usage | Missing
    open_files: Usage | Missing
    commit: Usage | Missing
    """Committed_AS and CommitLimit, KiB."""
    memory: int | Missing
    """Bytes of the machine."""
    low_ports: tuple[str, ...] | Missing
    """Containers of a rootless engine that never started and ask for a low port: name:port."""
    rootlesskit_profile: bool | Missing
    """Whether AppArmor has a profile that lets rootlesskit make user namespaces."""
    swappiness: int | Missing


PLAIN = (
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/ipv6/conf/default/forwarding",
    "fs/inotify/max_user_watches",
    "fs/inotify/max_user_instances",
    "vm/max_map_count",
    "net/core/somaxconn",
    "kernel/pid_max",
    "kernel/threads-max",
    "kernel/keys/root_maxkeys",
    "kernel/keys/maxkeys",
    "vm/overcommit_memory",
    "vm/swappiness",
    "net/ipv4/ip_unprivileged_port_start",
    "user/max_user_namespaces",
    "kernel/unprivileged_userns_clone",
    "kernel/apparmor_restrict_unprivileged_userns",
)
"""Read on every host: one small file each."""


@TOPIC.probe
def look(host: Host) -> Sysctls:
    """The settings themselves, the files of sysctl.d(5) in their order, the engine for context."""
    values: dict[str, int] = {}
    unread: dict[str, Missing] = {}
    for key in PLAIN:
        value = known(lambda key=key: _integer(host, key))  # type: ignore[misc]
        if isinstance(value, int):
            values[key] = value
        else:
            unread[key] = value
    for name in (known(lambda: _ping_range(host)),):
        if isinstance(name, int):
            values["net/ipv4/ping_group_range"] = name
        else:
            unread["net/ipv4/ping_group_range"] = name
    lines, complete = sysctl_lines(host)
    seen = engine.look(host)
    rows = known(lambda: containers(host))
    site = known(lambda: engine_network.site(host))
    networks = site if isinstance(site, Missing) else known(lambda: engine_network.networks(host))
    if isinstance(networks, Missing):
        ipv6: tuple[str, ...] | Missing = networks
        bridged: bool | Missing = networks
    else:
        ipv6 = tuple(n.name for n in networks if n.ipv6 and n.bridge)
        bridged = any(n.bridge for n in networks)
    return Sysctls(
        here=known(lambda: engine_host(host)),
        same_network=site if isinstance(site, Missing) else True,
        values=values,
        unread=unread,
        winners={
            key: line
            for key in (*PLAIN, "net/ipv4/ping_group_range", "net/ipv4/conf/default/forwarding")
            if (line := winner(lines, *(FORWARD if key in FORWARD else (key,))))
        },
        files_read=complete,
        other_setters=_other_setters(host),
        interfaces=site if isinstance(site, Missing) else known(lambda: _interfaces(host)),
        has_networks=bridged,
        ipv6_networks=ipv6,
        manages_forwarding=known(lambda: engine_network.setting(host, "ip-forward") is not False),
        advertised_route=known(lambda: _advertised_route(host)),
        rootless=known(lambda: is_rootless(host)),
        remapped=known(lambda: _remapped(host)),
        reachable=seen.reachable,
        images=rows if isinstance(rows, Missing) else {name_of(r): image_of(r) for r in rows},
        full_images=rows
        if isinstance(rows, Missing)
        else {name_of(r): str(r.get("Image") or "") for r in rows},
        running=rows
        if isinstance(rows, Missing)
        else sum(1 for r in rows if r.get("State") == "running"),
        kernel=known(lambda: str(host.gauge("system")["release"])),
        tasks=known(lambda: _tasks(host)),
        key_users=known(lambda: _key_users(host)),
        conntrack=known(lambda: _conntrack(host)),
        open_files=known(lambda: _open_files(host)),
        commit=known(lambda: _commit(host)),
        memory=known(lambda: _meminfo(host, "MemTotal")["MemTotal"] * 1024),
        low_ports=known(lambda: _low_ports(host)),
        rootlesskit_profile=known(lambda: _rootlesskit_profile(host)),
        swappiness=known(lambda: _integer(host, "vm/swappiness")),
    )


def _remapped(host: Host) -> bool:
    try:
        return "userns" in engine.security_options(engine.info(host))
    except Unreadable:
        return bool(engine_network.setting(host, "userns-remap"))


def _integer(host: Host, key: str) -> int:
    path = f"/proc/sys/{key}"
    text = host.read_text(path).strip()
    if not text.lstrip("-").isdigit():
        raise Garbled(f"{path} holds no number", look=f"cat {path}")
    return int(text)


def _ping_range(host: Host) -> int:
    """How many groups may ping without privilege; 0 for the range "1 0"."""
    words = host.read_text("/proc/sys/net/ipv4/ping_group_range").split()
    if len(words) != 2 or not all(w.isdigit() for w in words):  # noqa: PLR2004 - two numbers
        raise Garbled("/proc/sys/net/ipv4/ping_group_range holds no range")
    return max(int(words[1]) - int(words[0]) + 1, 0)


def sysctl_lines(host: Host) -> tuple[list[SysctlLine], bool]:
    """All assignments in the order they are made at boot, and whether every file was read."""
    complete = True
    names: dict[str, tuple[str, ...]] = {}
    for folder in FOLDERS:
        found = absent_as(lambda folder=folder: host.list(folder), ())  # type: ignore[misc]
        if isinstance(found, Missing):
            complete = False
        else:
            names[folder] = found
    paths = order(names)
    # procps' `sysctl --system`, which hosts without systemd run, reads this one last. systemd does
    # not read it: Debian's 99-sysctl.conf is a link to it.
    linked = any(_leads_to(host, path, "/etc/sysctl.conf") for path in paths)
    if not linked and known(lambda: host.exists("/run/systemd/system")) is False:
        paths.append("/etc/sysctl.conf")
    lines: list[SysctlLine] = []
    for path in paths:
        text = absent_as(lambda path=path: host.read_text(path), "")  # type: ignore[misc]
        if isinstance(text, Missing):
            # A link to /dev/null masks the file of that name: no file, and nothing to read.
            complete = complete and known(lambda path=path: host.realpath(path)) == "/dev/null"  # type: ignore[misc]
            continue
        lines += parse_sysctl(text, path)
    return lines, complete


def _leads_to(host: Host, path: str, target: str) -> bool:
    return path.endswith("/99-sysctl.conf") and known(lambda: host.realpath(path)) == target


def _other_setters(host: Host) -> tuple[SysctlLine, ...]:
    """What else switches forwarding off: ufw's own sysctl file, and networkd's networks."""
    found: list[SysctlLine] = []
    ufw = absent_as(lambda: host.read_text("/etc/ufw/ufw.conf"), "")
    if isinstance(ufw, str) and "ENABLED=yes" in ufw.replace(" ", ""):
        text = absent_as(lambda: host.read_text("/etc/ufw/sysctl.conf"), "")
        if isinstance(text, str):
            line = winner(parse_sysctl(text, "/etc/ufw/sysctl.conf"), *FORWARD)
            if line and line.value == "0":
                found.append(line)
    names = absent_as(lambda: host.list("/etc/systemd/network"), ())
    for name in () if isinstance(names, Missing) else names:
        if not name.endswith(".network"):
            continue
        path = f"/etc/systemd/network/{name}"
        text = absent_as(lambda path=path: host.read_text(path), "")  # type: ignore[misc]
        for number, raw in enumerate(text.splitlines() if isinstance(text, str) else (), start=1):
            key, _, value = raw.partition("=")
            if key.strip() == "IPv4Forwarding" and value.strip() in {"no", "false", "0", "off"}:
                found.append(SysctlLine("IPv4Forwarding", value.strip(), path, number))
    return tuple(found)


def _interfaces(host: Host) -> tuple[Interface, ...]:
    """The way out and the bridges: the interfaces by which packets of containers come in."""
    roles: dict[str, str] = {}
    out = known(lambda: engine_network.egress(host))
    if not isinstance(out, Missing) and out is not None:
        roles[out.device] = WAY_OUT
    networks = known(lambda: engine_network.networks(host))
    if isinstance(networks, Missing):
        # The engine may not be asked; its bridges show by their names.
        for name in host.list("/sys/class/net"):
            if name == "docker0" or re.fullmatch(r"br-[0-9a-f]{12}", name):
                roles.setdefault(name, "a network of containers")
    else:
        for network in networks:
            if network.bridge and not network.internal:
                roles.setdefault(network.bridge, f"network {network.name}")
    found = []
    for name, role in roles.items():
        try:
            value = _integer(host, f"net/ipv4/conf/{name}/forwarding")
        except Absent:  # a network without containers may have no bridge yet
            continue
        found.append(Interface(name, role, value))
    return tuple(found)


RTF_DEFAULT, RTF_ADDRCONF = 0x00010000, 0x00040000
"""Flags of a route that the kernel learnt from a router, linux/ipv6_route.h."""


def _advertised_route(host: Host) -> str:
    for name in learnt_routes(host):
        if _integer(host, f"net/ipv6/conf/{name}/forwarding") != 0:
            return name
    return ""


def learnt_routes(host: Host) -> tuple[str, ...]:
    """Interfaces whose IPv6 default route the kernel takes from a router as long as none forwards.

    That is what accept_ra = 1 means (linux ip-sysctl documentation). Raises: Unreadable.
    """
    found = []
    for line in absent_text(host, "/proc/net/ipv6_route").splitlines():
        fields = line.split()
        if len(fields) != 10 or fields[0] != "0" * 32 or fields[1] != "00":  # noqa: PLR2004
            continue
        flags = int(fields[8], 16)
        learnt = flags & RTF_DEFAULT and flags & RTF_ADDRCONF and fields[9] != "lo"
        if learnt and _integer(host, f"net/ipv6/conf/{fields[9]}/accept_ra") == 1:
            found.append(fields[9])
    return tuple(dict.fromkeys(found))


def absent_text(host: Host, path: str) -> str:
    """A file's text, nothing for one that is not there."""
    try:
        return host.read_text(path)
    except Absent:
        return ""


def _tasks(host: Host) -> Usage:
    """Threads on this machine (/proc/loadavg, fourth field) of those it can have."""
    fields = host.read_text("/proc/loadavg").split()
    try:
        used = int(fields[3].partition("/")[2])
    except (IndexError, ValueError):
        raise Garbled("/proc/loadavg tells no number of tasks", look="cat /proc/loadavg") from None
    return Usage(used, min(_integer(host, "kernel/pid_max"), _integer(host, "kernel/threads-max")))


def _key_users(host: Host) -> tuple[KeyUser, ...]:
    """proc(5) key-users: ``uid: usage nkeys/nikeys qnkeys/maxkeys qnbytes/maxbytes``."""
    found = []
    for line in host.read_text("/proc/key-users").splitlines():
        uid, _, rest = line.partition(":")
        fields = rest.split()
        if len(fields) != 4 or not uid.strip().lstrip("-").isdigit():  # noqa: PLR2004 - proc(5)
            continue
        used, _, limit = fields[2].partition("/")
        if used.isdigit() and limit.isdigit():
            found.append(KeyUser(int(uid), Usage(int(used), int(limit))))
    return tuple(found)


def _conntrack(host: Host) -> Usage:
    folder = "net/netfilter/nf_conntrack"
    try:
        return Usage(_integer(host, f"{folder}_count"), _integer(host, f"{folder}_max"))
    except Absent:
        raise engine.NotHere("connection tracking is not in use on this host") from None


def _open_files(host: Host) -> Usage:
    fields = host.read_text("/proc/sys/fs/file-nr").split()
    if len(fields) != 3 or not all(f.isdigit() for f in fields):  # noqa: PLR2004 - proc(5)
        raise Garbled("/proc/sys/fs/file-nr is not as proc(5) has it", look="sysctl fs.file-nr")
    return Usage(int(fields[0]), int(fields[2]))


def _commit(host: Host) -> Usage:
    values = _meminfo(host, "Committed_AS", "CommitLimit")
    return Usage(values["Committed_AS"], values["CommitLimit"])


def _meminfo(host: Host, *names: str) -> dict[str, int]:
    """Figures of /proc/meminfo, KiB."""
    values = {}
    for line in host.read_text("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        number = rest.split()[:1]
        if name in names and number and number[0].isdigit():
            values[name] = int(number[0])
    if len(values) < len(names):
        raise Garbled(f"/proc/meminfo tells no {' or '.join(names)}", look="cat /proc/meminfo")
    return values


def _low_ports(host: Host) -> tuple[str, ...]:
    if not is_rootless(host):
        raise engine.NotHere("the engine is not rootless")
    start = _integer(host, "net/ipv4/ip_unprivileged_port_start")
    found = []
    for row in [r for r in containers(host) if r.get("State") == "created"][:5]:
        answer = engine.get(host, f"/containers/{row.get('Id')}/json")
        config = answer.get("HostConfig") if isinstance(answer, dict) else None
        bindings = config.get("PortBindings") if isinstance(config, dict) else None
        for wanted in (bindings or {}).values() if isinstance(bindings, dict) else ():
            for item in wanted if isinstance(wanted, list) else ():
                port = str(item.get("HostPort") or "") if isinstance(item, dict) else ""
                if port.isdigit() and 0 < int(port) < start:
                    found.append(f"{name_of(row)}:{port}")
    return tuple(found)


def _rootlesskit_profile(host: Host) -> bool:
    try:
        return any("rootlesskit" in name for name in host.list("/etc/apparmor.d"))
    except Absent:
        return False


# -- judging -------------------------------------------------------------------------------------


def _value(facts: Sysctls, key: str) -> int:
    """A setting's value now; unknown or skip by the reason why it could not be read."""
    need(facts.here)
    if key in facts.values:
        return facts.values[key]
    why = facts.unread.get(key, Missing(f"/proc/sys/{key} was not read", "unrecorded"))
    if why.kind == "absent":
        why = Missing(f"this kernel has no {dotted(key)}", "inapplicable")
    return need(why)


def dotted(key: str) -> str:
    """A setting's name as people write it.

    >>> dotted("net/ipv4/ip_forward")
    'net.ipv4.ip_forward'
    """
    return key.translate({ord("/"): ".", ord("."): "/"})


def _evidence(facts: Sysctls, key: str, wanted: str) -> tuple[Evidence, ...]:
    """The value now, and the line that sets it at boot where there is one."""
    found = [Evidence(f"/proc/sys/{key}", "", str(facts.values[key]), wanted)]
    line = facts.winners.get(key)
    if line:
        found.append(Evidence(line.path, f"line {line.line}", line.value, wanted))
    return tuple(found)


def _set(facts: Sysctls, key: str, value: int | str, *more: str) -> tuple[str, ...]:
    """Set it for good: in the file that decides today, else in one of our own."""
    name = dotted(key)
    line = facts.winners.get(key)
    if line and line.path.startswith(("/etc/", "/run/")):
        write = f"sudo sed -i --follow-symlinks '{line.line} s|.*|{name} = {value}|' {line.path}   # it decides today"
    else:
        write = f"echo '{name} = {value}' | sudo tee /etc/sysctl.d/zz-hullcheck-{name}.conf"
        if line:
            write += f"   # goes over {line.path}"
    return (write, f"sudo sysctl -w {name}={_quoted(value)}", *more)


def _quoted(value: int | str) -> str:
    return f"'{value}'" if " " in str(value) else str(value)


def _by(facts: Sysctls, key: str) -> str:
    line = facts.winners.get(key)
    return f" ({line.path} line {line.line} sets {line.value})" if line else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


# -- which values are wanted ---------------------------------------------------------------------


def instances_wanted() -> int:
    """How many instances of inotify each user should have: enough for some 300 containers."""
    return max(1024, int(INSTANCES.value))


def process_numbers_wanted(usage: Usage, pid_max: int) -> tuple[str, int]:
    """The setting that limits the threads of this machine, and what to set it to.

    >>> process_numbers_wanted(Usage(30000, 32768), 32768)
    ('kernel/pid_max', 4194304)
    >>> process_numbers_wanted(Usage(15000, 16000), 4194304)
    ('kernel/threads-max', 32000)
    """
    if pid_max <= usage.limit:
        return "kernel/pid_max", PIDS_MOST
    return "kernel/threads-max", usage.limit * 2


def keys_wanted(uid: int, limit: int) -> dict[str, int]:
    """Settings for a user who may hold ``limit`` kernel keys and is near it, or has few.

    The bytes grow with the keys, in the proportion of the kernel's defaults: 100 for each key of a
    plain user, 25 for one of root (linux security/keys/key.c).

    >>> keys_wanted(100000, 200)
    {'kernel/keys/maxkeys': 2000, 'kernel/keys/maxbytes': 200000}
    """
    if uid:
        keys = max(2000, limit * 10)
        return {"kernel/keys/maxkeys": keys, "kernel/keys/maxbytes": keys * 100}
    keys = max(1000000, limit * 10)
    return {"kernel/keys/root_maxkeys": keys, "kernel/keys/root_maxbytes": keys * 25}


def key_subject(uid: int) -> str:
    """What a finding about a user's kernel keys is about."""
    return f"user {uid}"


def conntrack_wanted(usage: Usage, memory: int) -> int:
    """How many connections to track: more than now, and twice what is in use.

    A power of two, as the hash table behind it has; at most a sixteenth of the memory, and then
    there may be no more than now.

    >>> conntrack_wanted(Usage(200000, 262144), 8 << 30), conntrack_wanted(Usage(60000, 65536), 256 << 20)
    (524288, 65536)
    """
    wanted = 1 << max(2 * usage.used - 1, usage.limit).bit_length()
    while wanted * CONNTRACK_ENTRY * CONNTRACK_MEMORY > memory and wanted > usage.limit:
        wanted >>= 1
    return max(wanted, usage.limit)


def open_files_wanted(limit: int) -> int:
    """fs.file-max for a host that nearly uses its limit."""
    return limit * 2


def namespaces_refused(facts: Sysctls) -> dict[str, int]:
    """Settings that forbid the user namespaces this engine needs, and what to set them to."""
    refused = {}
    if facts.values.get("user/max_user_namespaces") == 0:
        refused["user/max_user_namespaces"] = USER_NAMESPACES
    if have(facts.rootless, otherwise=False) and (
        facts.values.get("kernel/unprivileged_userns_clone") == 0
    ):
        refused["kernel/unprivileged_userns_clone"] = 1
    return refused


def lowest_port(waiting: Sequence[str]) -> int:
    """The lowest port of ``name:port`` texts."""
    return min(int(item.rpartition(":")[2]) for item in waiting)


# -- checks --------------------------------------------------------------------------------------


@TOPIC.check(
    "ip-forward-off",
    ERROR,
    "The host does not pass on packets of containers",
    references=(
        "https://docs.docker.com/engine/network/packet-filtering-firewalls/",
        "https://github.com/moby/moby/issues/47966",
        "https://github.com/NixOS/nixpkgs/issues/118656",
    ),
    applies="rootful engines with bridge networks",
)
def ip_forward_off(facts: Sysctls) -> Verdict:
    """IP forwarding is off, so no container on a bridge network reaches anything outside.

    ## What it reads
    /proc/sys/net/ipv4/ip_forward, and which sysctl file decides over it at boot.

    ## Why it matters
    dockerd switches it on when it starts. Whatever switches it off afterwards (a `sysctl --system`
    of a package upgrade or hardening role, a NetworkManager or tuned profile) cuts all containers
    off at once: no DNS, no egress, and published ports time out except from the host itself.

    ## How to mend it
    Set it to 1 now, and in the file that decides at boot, so that the next reload keeps it.

    ## What could go wrong
    The host now routes between its interfaces. Where it has several networks, see that the FORWARD
    chain's policy is DROP, as Docker sets it.

    ## Why this severity
    An error: networking of containers is down. A warning where `ip-forward: false` in daemon.json
    says that somebody else is to look after it.
    """
    need(facts.same_network)
    value = _value(facts, "net/ipv4/ip_forward")
    if value != 0:
        return ok("the host passes on packets of containers")
    if have(facts.has_networks, otherwise=True) is False:
        return skip("the engine has no bridge network")
    manages = have(facts.manages_forwarding, otherwise=True)
    return fail(
        "IP forwarding is off: containers on bridge networks reach nothing outside, and published "
        f"ports do not answer{_by(facts, 'net/ipv4/ip_forward')}.",
        *_evidence(facts, "net/ipv4/ip_forward", "1"),
        mend=_set(facts, "net/ipv4/ip_forward", 1),
        severity="" if manages else WARNING,
    )


def _shipped(path: str) -> bool:
    """Whether a package put the file there, which /etc overrides (sysctl.d(5))."""
    return path.startswith(("/usr/lib/", "/lib/"))


@TOPIC.check(
    "ip-forward-reset-by-file",
    WARNING,
    "A file switches forwarding off at its next reload",
    references=(
        "https://github.com/moby/moby/issues/47966",
        "https://github.com/geerlingguy/ansible-role-docker/issues/158",
        "man:sysctl.d(5)",
    ),
    applies="rootful engines with bridge networks",
)
def ip_forward_reset_by_file(facts: Sysctls) -> list[Verdict]:
    """Forwarding is on because dockerd switched it on, and a configuration file says off.

    ## What it reads
    All files of sysctl.d(5) in their order of precedence (sorted by name over all folders; of the
    same name, /etc goes before /run before /usr/local/lib before /usr/lib), ufw's own sysctl file
    where ufw is enabled, and IPv4Forwarding= of systemd-networkd.

    ## Why it matters
    CIS hardening (rule 3.1.1 of older versions) writes this 0. It is harmless while dockerd starts
    last, and takes all containers offline the moment somebody runs `sysctl --system`, which
    package upgrades do at night.

    ## How to mend it
    Change the line to 1, or exempt container hosts from that hardening rule, else the next run of
    the role puts it back.

    ## What could go wrong
    An auditor will ask. A container host forwards packets by its nature; the FORWARD chain is where
    it is limited.

    ## Why this severity
    A warning: it works now and breaks at a time nobody chose. A note for a file that the
    distribution ships (below /usr/lib): nobody reloads that by itself, and at boot the engine
    starts after it and switches forwarding on again.
    """
    need(facts.same_network)
    now = _value(facts, "net/ipv4/ip_forward")
    if have(facts.has_networks, otherwise=True) is False:
        return [skip("the engine has no bridge network")]
    lines = list(facts.other_setters)
    for key in ("net/ipv4/ip_forward", "net/ipv4/conf/default/forwarding"):
        line = facts.winners.get(key)
        if line and line.value == "0":
            lines.append(line)
    if not lines and not facts.files_read:
        need(Missing("not all sysctl files may be read", "denied", "sudo sysctl --system -N"))
    if not lines:
        return [ok("no file switches forwarding off")]
    if now == 0:
        return [skip("forwarding is off already: see ip-forward-off")]
    return [
        fail(
            f"{line.path} line {line.line} switches forwarding off: the next reload of that file "
            "takes all containers offline.",
            Evidence(line.path, f"line {line.line}", f"{dotted(line.key)} = {line.value}", "1"),
            subject=line.path,
            severity=NOTE if _shipped(line.path) else "",
            mend=(
                (
                    f"echo '{dotted(line.key)} = 1' | sudo tee "
                    "/etc/sysctl.d/zz-hullcheck-forward.conf"
                ),
            )
            if _shipped(line.path)
            else (
                f"sudo sed -i --follow-symlinks '{line.line} s/=.*/= "
                + ("yes" if line.key == "IPv4Forwarding" else "1")
                + f"/' {line.path}",
                "exempt this host from the hardening rule that wrote it",
            ),
            line=line.line,
        )
        for line in lines
    ]


@TOPIC.check(
    "interface-forwarding-off",
    ERROR,
    "One interface does not pass on packets of containers",
    references=(
        "https://github.com/moby/moby/issues/14185",
        "https://github.com/systemd/systemd/issues/468",
        "https://docs.kernel.org/networking/ip-sysctl.html",
    ),
    applies="rootful engines with bridge networks",
)
def interface_forwarding_off(facts: Sysctls) -> list[Verdict]:
    """Forwarding is on for the host and off for an interface that packets of containers come in by.

    ## What it reads
    /proc/sys/net/ipv4/conf/*/forwarding of the way out and of each network's bridge. The kernel
    asks the interface that a packet came in by.

    ## Why it matters
    Off on a bridge: that network's containers reach nothing. Off on the way out: answers from
    outside are dropped, which looks the same. systemd-networkd and NetworkManager set it by
    interface.

    ## How to mend it
    `IPv4Forwarding=yes` (before systemd 256: `IPForward=yes`) in the interface's .network file, or
    tell the network manager to leave Docker's bridges alone.

    ## What could go wrong
    A sysctl set by hand is undone at the next change of the link.

    ## Why this severity
    An error: containers behind it are offline.
    """
    need(facts.same_network)
    if _value(facts, "net/ipv4/ip_forward") == 0:
        # One switch for all; interfaces may still be on, and packets would pass there.
        return [skip("forwarding is off altogether: see ip-forward-off")]
    interfaces = need(facts.interfaces)
    if not interfaces:
        return [skip("there is neither a way out nor a bridge")]
    return [
        ok(f"{i.name} ({i.role}) passes packets on", subject=i.name)
        if i.forwarding
        else fail(
            f"{i.name} ({i.role}) does not pass packets on: containers that need it are offline.",
            Evidence(f"/proc/sys/net/ipv4/conf/{i.name}/forwarding", "", "0", "1"),
            subject=i.name,
            mend=(
                f"sudo sysctl -w net.ipv4.conf.{i.name.replace('.', '/')}.forwarding=1   # for now",
                "grep -r Forward /etc/systemd/network   # and set it to yes where it says no",
            ),
        )
        for i in interfaces
    ]


@TOPIC.check(
    "ipv6-forward-off",
    WARNING,
    "IPv6 packets of containers are not passed on",
    references=(
        "https://docs.docker.com/engine/daemon/ipv6/",
        "https://docs.kernel.org/networking/ip-sysctl.html",
    ),
    applies="rootful engines with an IPv6 network",
)
def ipv6_forward_off(facts: Sysctls) -> Verdict:
    """A network of containers has IPv6, and the host does not forward it.

    ## What it reads
    /proc/sys/net/ipv6/conf/all/forwarding and which networks have IPv6.

    ## Why it matters
    Containers get an IPv6 address and try it first: connections hang until they fall back to
    IPv4, if the program does that at all.

    ## How to mend it
    Set net.ipv6.conf.all.forwarding (and default) to 1 in a sysctl file.

    ## What could go wrong
    A forwarding host ignores router advertisements unless accept_ra is 2: set that on the way out
    first, or the host loses its own IPv6 route.

    ## Why this severity
    A warning: IPv4 works, and everything is slow or odd.
    """
    need(facts.same_network)
    names = need(facts.ipv6_networks)
    if not names:
        return skip("no network of containers has IPv6")
    value = _value(facts, "net/ipv6/conf/all/forwarding")
    if value != 0:
        return ok("the host passes on IPv6 packets of containers")
    return fail(
        f"IPv6 forwarding is off, and {_some(names)} has IPv6: its containers have addresses that "
        f"lead nowhere{_by(facts, 'net/ipv6/conf/all/forwarding')}.",
        *_evidence(facts, "net/ipv6/conf/all/forwarding", "1"),
        mend=_set(
            facts,
            "net/ipv6/conf/all/forwarding",
            1,
            "before that, where the host's own IPv6 route comes from its router: "
            "sudo sysctl -w net.ipv6.conf.INTERFACE.accept_ra=2",
        ),
    )


@TOPIC.check(
    "ipv6-router-advertisements-ignored",
    WARNING,
    "The host is about to lose its IPv6 route",
    references=(
        "https://docs.docker.com/engine/daemon/ipv6/",
        "https://docs.kernel.org/networking/ip-sysctl.html",
        "https://github.com/moby/moby/issues/43466",
    ),
    applies="hosts whose IPv6 default route the kernel learnt from a router",
)
def ipv6_router_advertisements_ignored(facts: Sysctls) -> Verdict:
    """Forwarding makes the kernel ignore the router that gave this host its IPv6 default route.

    ## What it reads
    /proc/net/ipv6_route for a default route that the kernel learnt itself, and accept_ra and
    forwarding of its interface. NetworkManager and systemd-networkd handle advertisements
    themselves and set accept_ra to 0: they are not affected.

    ## Why it matters
    accept_ra=1 means "unless forwarding". The route that is there runs out (within half an hour,
    mostly) and is not renewed: IPv6 goes away some time after Docker switched forwarding on.

    ## How to mend it
    Set accept_ra to 2 on that interface.

    ## What could go wrong
    Advertisements are then believed on a forwarding host: only where the network is trusted.

    ## Why this severity
    A warning: it takes IPv6 of the whole host, not of containers alone.
    """
    need(facts.here)
    name = need(facts.advertised_route)
    if not name:
        return ok("no IPv6 route depends on ignored router advertisements")
    key = f"net/ipv6/conf/{name}/accept_ra"
    return fail(
        f"{name} forwards IPv6 with accept_ra=1: the host's IPv6 default route will not be renewed.",
        Evidence(f"/proc/sys/{key}", "", "1", "2"),
        mend=(
            f"echo '{dotted(key)} = 2' | sudo tee /etc/sysctl.d/zz-hullcheck-accept-ra.conf",
            f"sudo sysctl -w {dotted(key)}=2",
        ),
    )


def _of_images(images: dict[str, str], wanted: frozenset[str]) -> list[str]:
    return [name for name, image in images.items() if image in wanted]


def _watching(facts: Sysctls) -> list[str]:
    """Containers whose programs watch many files."""
    full = need(facts.full_images)
    found = []
    for name, image in full.items():
        last = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
        if last == "node":
            # kindest/node is a Kubernetes node; the node of Docker Hub is Node.js, a runtime.
            if image.startswith("kindest/"):
                found.append(name)
        elif last in WATCHERS or last.startswith("vsc-"):
            found.append(name)
    return found


@TOPIC.check(
    "inotify-watches-low",
    WARNING,
    "Too few file watches for what runs here",
    references=(
        "https://github.com/linuxserver/docker-code-server/issues/55",
        "https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files",
        "man:inotify(7)",
    ),
    applies="hosts with containers of editors, media servers, file synchronisers or clusters",
)
def inotify_watches_low(facts: Sysctls) -> Verdict:
    """Containers here watch whole folder trees, and the kernel allows few watches per user.

    ## What it reads
    /proc/sys/fs/inotify/max_user_watches and the image names of the containers. The limit is the
    host's, for each of the host's users: all containers that run as root share root's.

    ## Why it matters
    "ENOSPC: System limit for number of file watchers reached" while the disk is half empty; files
    that change are not noticed.

    ## How to mend it
    Raise it on the host; inside a container it cannot be set.

    ## What could go wrong
    Each watch that is really used takes about 1 KiB of kernel memory: 524288 are at most 0.5 GiB.

    ## Why this severity
    A warning: it fails when a project grows, with a message that names the wrong cause.
    """
    value = _value(facts, "fs/inotify/max_user_watches")
    names = _watching(facts)
    if not names:
        return skip("no container here is known to watch many files")
    if value >= WATCHES.value:
        return ok(f"each user may watch {value} files")
    key = "fs/inotify/max_user_watches"
    return fail(
        f"Each user may watch {value} files, and {_some(names)} may need more{_by(facts, key)}.",
        *_evidence(facts, key, f"{WATCHES.value:.0f}"),
        mend=_set(facts, key, int(WATCHES.value)),
    )


@TOPIC.check(
    "inotify-instances-low",
    WARNING,
    "Too few inotify instances for so many containers",
    references=(
        "https://github.com/dotnet/aspnetcore/issues/7531",
        "https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files",
    ),
    applies="hosts with many containers, or with clusters in containers",
)
def inotify_instances_low(facts: Sysctls) -> Verdict:
    """All containers that run as root share 128 inotify instances, and there are many containers.

    ## What it reads
    /proc/sys/fs/inotify/max_user_instances, how many containers run, and whether any of them is a
    node of kind or k3s.

    ## Why it matters
    "The configured user limit (128) on the number of inotify instances has been reached", or
    "too many open files" where there are few: .NET, Node and kubelets do not start.

    ## How to mend it
    Raise it on the host to 1024.

    ## What could go wrong
    Nothing: an instance takes memory only when it is used.

    ## Why this severity
    A warning: the container that starts last is the one that fails.
    """
    key = "fs/inotify/max_user_instances"
    value = _value(facts, key)
    running, full = need(facts.running), need(facts.full_images)
    nodes = [n for n, image in full.items() if "kindest/node" in image or "rancher/k3s" in image]
    if value >= INSTANCES.value or (value >= running * INSTANCES_EACH and not nodes):
        return ok(f"each user may have {value} inotify instances, and {running} containers run")
    why = f"{_some(nodes)} is a cluster node" if nodes else f"{running} containers share them"
    return fail(
        f"Each user may have {value} inotify instances, and {why}: programs in containers fail to "
        f"start{_by(facts, key)}.",
        *_evidence(facts, key, str(instances_wanted())),
        mend=_set(facts, key, instances_wanted()),
    )


@TOPIC.check(
    "max-map-count-low",
    WARNING,
    "Search engines refuse to start",
    references=(
        "https://www.elastic.co/docs/deploy-manage/deploy/self-managed/vm-max-map-count",
        "https://docs.opensearch.org/latest/install-and-configure/install-opensearch/index/",
    ),
    applies="hosts with containers of Elasticsearch, OpenSearch or SonarQube",
)
def max_map_count_low(facts: Sysctls) -> Verdict:
    """A process may have fewer memory mappings than Elasticsearch demands.

    ## What it reads
    /proc/sys/vm/max_map_count and the image names of the containers.

    ## Why it matters
    In production mode they stop at start: "max virtual memory areas vm.max_map_count [65530] is
    too low". In development mode they run, and fail under load.

    ## How to mend it
    Raise it on the host to 262144; it cannot be set for a container.

    ## What could go wrong
    Nothing: mappings take memory only when they are made. New distributions ship 1048576.

    ## Why this severity
    A warning: one kind of container does not run.
    """
    key = "vm/max_map_count"
    value = _value(facts, key)
    names = _of_images(need(facts.images), SEARCHERS)
    if not names:
        return skip("no container here is known to need many memory mappings")
    if value >= MAP_COUNT.value:
        return ok(f"a process may have {value} memory mappings")
    return fail(
        f"A process may have {value} memory mappings, and {_some(names)} demands "
        f"{MAP_COUNT.value:.0f}{_by(facts, key)}.",
        *_evidence(facts, key, f"at least {MAP_COUNT.value:.0f}"),
        mend=_set(facts, key, int(MAP_COUNT.value)),
    )


@TOPIC.check(
    "listen-backlog-low",
    NOTE,
    "Servers in containers queue only 128 connections",
    references=("https://docs.kernel.org/networking/ip-sysctl.html", "man:listen(2)"),
    applies="kernels before 5.4 with containers of web servers, proxies or message brokers",
)
def listen_backlog_low(facts: Sysctls) -> Verdict:
    """An old kernel gives each container a listen queue of 128, whatever the host is set to.

    ## What it reads
    The kernel's version, /proc/sys/net/core/somaxconn, and the image names of the containers. The
    setting belongs to the network namespace: a container starts with the kernel's default, 128
    before Linux 5.4 and 4096 since.

    ## Why it matters
    In a burst the 129th connection is dropped and tried again a second later. Raising the host's
    value, as guides advise, changes nothing for containers.

    ## How to mend it
    `--sysctl net.core.somaxconn=4096` (compose: `sysctls:`) for those containers.

    ## What could go wrong
    The container must be re-created.

    ## Why this severity
    A note: it shows under heavy load only.
    """
    value = _value(facts, "net/core/somaxconn")
    kernel = need(facts.kernel)
    if major_minor(kernel) >= (5, 4):
        return skip(f"kernel {kernel} gives containers a queue of {BACKLOG}")
    names = _of_images(need(facts.images), LISTENERS)
    if not names:
        return skip("no container here is known to take many connections at once")
    if value >= BACKLOG and "net/core/somaxconn" not in facts.winners:
        return ok("this kernel's own default is high enough")  # a vendor's kernel
    return fail(
        f"On kernel {kernel} {_some(names)} can queue 128 connections, whatever the host's "
        f"somaxconn ({value}) says.",
        *_evidence(facts, "net/core/somaxconn", f"{BACKLOG} for each container"),
        mend=("re-create those containers with --sysctl net.core.somaxconn=4096",),
    )


@TOPIC.check(
    "process-numbers-nearly-used",
    WARNING,
    "The host runs out of process numbers",
    references=("man:proc_sys_kernel(5)",),
)
def process_numbers_nearly_used(facts: Sysctls) -> Verdict:
    """Nearly as many threads run as this machine can have.

    ## What it reads
    The number of threads (/proc/loadavg), kernel.pid_max and kernel.threads-max, and how many
    containers run. All containers share these numbers with the host.

    ## Why it matters
    At the limit nothing starts any more, on the host or in containers: "resource temporarily
    unavailable", "unable to create new native thread". Nobody can log in to mend it.

    ## How to mend it
    Raise kernel.pid_max to 4194304, as systemd does on 64-bit machines; and find the container that
    forks without end (`docker stats`, column PIDS), to give it a `--pids-limit`.

    ## What could go wrong
    Some 32-bit programs cannot read process numbers of more than five digits.

    ## Why this severity
    A warning while there is room; an error from 90 % on. A note where the limit is merely low for
    the number of containers.
    """
    need(facts.here)
    usage = need(facts.tasks)
    pid_max = _value(facts, "kernel/pid_max")
    percent = 100 * usage.used / max(usage.limit, 1)
    key, better = process_numbers_wanted(usage, pid_max)
    if percent >= TASKS_USED.value:
        return fail(
            f"{usage.used} of {usage.limit} possible threads run ({percent:.0f} %): at the limit "
            f"nothing starts on this host{_by(facts, key)}.",
            Evidence("/proc/loadavg", "threads", str(usage.used), f"under {TASKS_USED.value:g} %"),
            *_evidence(facts, key, str(better)),
            mend=_set(facts, key, better, "docker stats --no-stream   # column PIDS"),
            severity=ERROR if percent >= 90 else "",  # noqa: PLR2004 - named in the docstring
        )
    running = have(facts.running, 0)
    if pid_max < PIDS_LOW and running > PIDS_CONTAINERS:
        return fail(
            f"The {running} containers share {pid_max} process numbers with the host"
            f"{_by(facts, 'kernel/pid_max')}.",
            *_evidence(facts, "kernel/pid_max", str(PIDS_MOST)),
            mend=_set(facts, "kernel/pid_max", PIDS_MOST),
            severity=NOTE,
        )
    return ok(f"{percent:.0f} % of the {usage.limit} possible threads run")


@TOPIC.check(
    "root-keyring-quota-low",
    WARNING,
    "Root may hold few kernel keys",
    references=(
        "https://github.com/moby/moby/issues/22865",
        "https://github.com/moby/moby/blob/master/contrib/check-config.sh",
    ),
    applies="rootful engines",
)
def root_keyring_quota_low(facts: Sysctls) -> Verdict:
    """Each container takes a kernel keyring, and root may have only so many.

    ## What it reads
    /proc/sys/kernel/keys/root_maxkeys.

    ## Why it matters
    Docker's own host check calls 10000 and less bad. When they are used up, containers do not
    start: "unable to create session key: disk quota exceeded", which has nothing to do with disks.

    ## How to mend it
    Raise it to 1000000, the kernel's default for years; some file on this host has lowered it.

    ## What could go wrong
    Nothing: keys take memory only when they exist.

    ## Why this severity
    A warning: it strikes when there are many containers, with a misleading message.
    """
    key = "kernel/keys/root_maxkeys"
    value = _value(facts, key)
    if have(facts.rootless, otherwise=False):
        return skip("a rootless engine's keys count for its user")
    if value > ROOT_KEYS.value:
        return ok(f"root may hold {value} keys")
    return fail(
        f"Root may hold {value} kernel keys: with many containers the next one does not start "
        f'("disk quota exceeded"){_by(facts, key)}.',
        *_evidence(facts, key, str(keys_wanted(0, 0)[key])),
        mend=_set(facts, key, keys_wanted(0, 0)[key]),
    )


@TOPIC.check(
    "keyring-quota-nearly-used",
    WARNING,
    "A user's kernel keys are nearly used up",
    references=(
        "https://github.com/moby/moby/issues/22865",
        "https://github.com/moby/moby/issues/38454",
        "man:keyrings(7)",
    ),
)
def keyring_quota_nearly_used(facts: Sysctls) -> list[Verdict]:
    """A user holds nearly as many kernel keys as its quota allows.

    ## What it reads
    /proc/key-users: keys and quota of every user that has any. With userns-remap, rootless engines
    and unprivileged LXC the containers' keyrings count for a plain user, who may have 200.

    ## Why it matters
    At the quota the next container fails with "unable to create session key: disk quota exceeded".

    ## How to mend it
    Raise kernel.keys.maxkeys (and kernel.keys.maxbytes in proportion, 100 bytes a key) on the host.

    ## What could go wrong
    Nothing: keys take memory only when they exist.

    ## Why this severity
    A warning: a few more containers, and none starts.
    """
    need(facts.here)
    found = []
    for user in need(facts.key_users):
        used, limit = user.keys
        if limit and 100 * used / limit >= KEYS_USED.value:
            (key, keys), (size, size_wanted) = keys_wanted(user.uid, limit).items()
            found.append(
                fail(
                    f"User {user.uid} holds {used} of {limit} kernel keys: a few containers more "
                    'and the next fails with "disk quota exceeded".',
                    Evidence(
                        "/proc/key-users", f"{user.uid}:", f"{used}/{limit}",
                        f"under {KEYS_USED.value:g} %",
                    ),
                    subject=key_subject(user.uid),
                    mend=(
                        *_set(facts, key, keys),
                        f"sudo sysctl -w {dotted(size)}={size_wanted}",
                    ),
                )
            )  # fmt: skip
    return found or [ok("no user is near its quota of kernel keys")]


@TOPIC.check(
    "conntrack-nearly-full",
    WARNING,
    "The table of connections is nearly full",
    references=(
        "https://docs.kernel.org/networking/nf_conntrack-sysctl.html",
        "https://github.com/kubernetes/kubernetes/issues/71261",
    ),
    applies="hosts that track connections, which Docker's networks do",
)
def conntrack_nearly_full(facts: Sysctls) -> Verdict:
    """Nearly all entries that the kernel has for connections are taken.

    ## What it reads
    nf_conntrack_count and nf_conntrack_max below /proc/sys/net/netfilter.

    ## Why it matters
    Every connection of a container goes through this table. When it is full, the kernel drops new
    ones without an answer: DNS lookups time out at random and services "flap".

    ## How to mend it
    Double nf_conntrack_max; look for what opens so many connections, and whether it closes them.

    ## What could go wrong
    An entry takes about 320 bytes: 262144 of them are 80 MB. The hash table should grow with it
    (/sys/module/nf_conntrack/parameters/hashsize, a quarter of the maximum).

    ## Why this severity
    A warning from 75 % on, an error from 90 %: then the next burst loses packets.
    """
    need(facts.here)
    used, limit = need(facts.conntrack)
    percent = 100 * used / max(limit, 1)
    if percent < CONNTRACK_USED.value:
        return ok(f"{used} of {limit} connections are tracked")
    name = "net.netfilter.nf_conntrack_max"
    wanted = conntrack_wanted(Usage(used, limit), have(facts.memory, 1 << 62))
    raised = (
        f"echo '{name} = {wanted}' | sudo tee /etc/sysctl.d/zz-hullcheck-conntrack.conf",
        f"sudo sysctl -w {name}={wanted}",
    )
    return fail(
        f"{used} of {limit} connections are tracked ({percent:.0f} %): when the table is full, new "
        "connections are dropped without an answer.",
        Evidence(
            "/proc/sys/net/netfilter/nf_conntrack_count", "", f"{used} of {limit}",
            f"under {CONNTRACK_USED.value:g} %",
        ),
        mend=(
            *(raised if wanted > limit else ()),
            "sudo conntrack -S   # insert_failed and drop count what was lost",
        ),
        severity=ERROR if percent >= CONNTRACK_FULL.value else "",
    )  # fmt: skip


@TOPIC.check(
    "overcommit-nearly-used",
    WARNING,
    "Strict memory accounting leaves no room to fork",
    references=("https://docs.kernel.org/mm/overcommit-accounting.html",),
    applies="hosts with vm.overcommit_memory = 2",
)
def overcommit_nearly_used(facts: Sysctls) -> Verdict:
    """The kernel promises no more memory than it has, and nearly all of that is promised.

    ## What it reads
    /proc/sys/vm/overcommit_memory, Committed_AS and CommitLimit of /proc/meminfo. The mode is right
    for some database hosts, and passes while there is room.

    ## Why it matters
    Go programs (dockerd, containerd, runc) reserve far more than they use, and a fork needs the
    whole size of its parent once more: containers fail with "cannot allocate memory" while half of
    the memory is free.

    ## How to mend it
    Set vm.overcommit_memory to 0, or raise vm.overcommit_ratio, or add swap.

    ## What could go wrong
    With 0 the kernel may have to kill a process when memory really runs out.

    ## Why this severity
    A warning: the next start of a container may be the one that fails.
    """
    key = "vm/overcommit_memory"
    value = _value(facts, key)
    if value != 2:  # noqa: PLR2004 - strict accounting
        return ok(f"the kernel lends memory freely (vm.overcommit_memory = {value})")
    used, limit = need(facts.commit)
    percent = 100 * used / max(limit, 1)
    if percent < COMMIT_USED.value:
        return ok(f"{percent:.0f} % of the memory that may be promised is promised")
    return fail(
        f"vm.overcommit_memory is 2 and {percent:.0f} % of what may be promised is promised: forks "
        f"and new containers fail while memory is free{_by(facts, key)}.",
        *_evidence(facts, key, "0"),
        Evidence("/proc/meminfo", "Committed_AS", f"{used} of {limit} KiB", "less"),
        mend=_set(facts, key, 0),
    )


@TOPIC.check(
    "overcommit-off-for-redis",
    NOTE,
    "Redis may fail to save in the background",
    references=("https://redis.io/docs/latest/operate/oss_and_stack/management/admin/",),
    applies="hosts with containers of Redis or Valkey",
)
def overcommit_off_for_redis(facts: Sysctls) -> Verdict:
    """Redis asks for vm.overcommit_memory = 1, which only the host can set.

    ## What it reads
    /proc/sys/vm/overcommit_memory and the image names of the containers.

    ## Why it matters
    A background save forks. With the usual heuristic (0) the kernel may refuse that for a big Redis
    on a full host: saves and replication fail, and with the default settings writes are then
    refused as well. Redis warns of it at each start.

    ## How to mend it
    Set vm.overcommit_memory to 1 on the host.

    ## What could go wrong
    The kernel then never refuses memory beforehand; what takes too much is killed instead. Give
    containers memory limits.

    ## Why this severity
    A note: a small Redis on a roomy host never sees it.
    """
    key = "vm/overcommit_memory"
    value = _value(facts, key)
    names = _of_images(need(facts.images), frozenset({"redis", "valkey"}))
    if not names:
        return skip("no container of Redis or Valkey is here")
    if value == 1:
        return ok("the kernel lends Redis the memory for its background saves")
    return fail(
        f"vm.overcommit_memory is {value}: a background save of {_some(names)} may fail for lack of "
        f"memory{_by(facts, key)}.",
        *_evidence(facts, key, "1"),
        mend=_set(facts, key, 1),
    )


@TOPIC.check(
    "rootless-low-port-refused",
    WARNING,
    "A container waits for a port that a rootless engine may not open",
    references=(
        "https://docs.docker.com/engine/security/rootless/tips/#exposing-privileged-ports",
    ),
    applies="rootless engines",
)
def rootless_low_port_refused(facts: Sysctls) -> Verdict:
    """A container that never started asks for a port below those that plain users may open.

    ## What it reads
    /proc/sys/net/ipv4/ip_unprivileged_port_start, and the port bindings of containers that were
    created and never ran (five at most).

    ## Why it matters
    RootlessKit opens published ports as the user: "cannot expose privileged port 80".

    ## How to mend it
    Lower the first free port to the one that is wanted, or give rootlesskit the capability:
    `sudo setcap cap_net_bind_service=ep $(which rootlesskit)`, then restart the engine.

    ## What could go wrong
    Every user of this host may then open these ports.

    ## Why this severity
    A warning: that container does not run.
    """
    need(facts.here)
    if not need(facts.rootless):
        return skip("the engine is not rootless")
    waiting = need(facts.low_ports)
    if not waiting:
        return ok("no container waits for a port that it may not have")
    key = "net/ipv4/ip_unprivileged_port_start"
    lowest = lowest_port(waiting)
    return fail(
        f"{_some(waiting)} cannot be published: plain users may open ports from "
        f"{_value(facts, key)} on{_by(facts, key)}.",
        *_evidence(facts, key, f"at most {lowest}"),
        mend=_set(facts, key, lowest),
    )


@TOPIC.check(
    "rootless-ping-refused",
    NOTE,
    "Containers of a rootless engine cannot ping",
    references=("https://docs.docker.com/engine/security/rootless/tips/#routing-ping-packets",),
    applies="rootless engines",
)
def rootless_ping_refused(facts: Sysctls) -> Verdict:
    """No group of this host may send pings without privilege, and a rootless engine has none.

    ## What it reads
    /proc/sys/net/ipv4/ping_group_range; "1 0" is an empty range.

    ## Why it matters
    ping from a container outward fails. Health checks and scripts that test a network by ping
    report it down.

    ## How to mend it
    `net.ipv4.ping_group_range = 0 2147483647` in a sysctl file.

    ## What could go wrong
    All users of this host may ping; most distributions allow that anyway.

    ## Why this severity
    A note: only ping is missing.
    """
    key = "net/ipv4/ping_group_range"
    value = _value(facts, key)
    if not need(facts.rootless):
        return skip("the engine is not rootless")
    if value:
        return ok("unprivileged pings are allowed")
    return fail(
        "No group may send pings without privilege: containers of this rootless engine cannot "
        f"ping{_by(facts, key)}.",
        Evidence(f"/proc/sys/{key}", "", "1 0", PING_ALL),
        mend=_set(facts, key, PING_ALL),
    )


@TOPIC.check(
    "user-namespaces-off",
    ERROR,
    "User namespaces, which this engine needs, are switched off",
    references=(
        "https://docs.docker.com/engine/security/rootless/troubleshoot/",
        "https://docs.docker.com/engine/security/userns-remap/",
        "https://github.com/moby/moby/issues/47480",
    ),
    applies="rootless engines and engines with userns-remap",
)
def user_namespaces_off(facts: Sysctls) -> Verdict:
    """The engine keeps containers in user namespaces, and a setting forbids to make any.

    ## What it reads
    user.max_user_namespaces, and for a rootless engine kernel.unprivileged_userns_clone (Debian's
    kernels) and kernel.apparmor_restrict_unprivileged_userns (Ubuntu 23.10 and later) together with
    whether there is an AppArmor profile for rootlesskit.

    ## Why it matters
    A rootless daemon does not start; with userns-remap no container does. What runs already runs
    on, until it is restarted.

    ## How to mend it
    Allow them; on Ubuntu add the profile for rootlesskit instead of lifting the restriction for
    everybody.

    ## What could go wrong
    User namespaces have been a way to reach bugs of the kernel: hardening guides switch them off on
    purpose. Then a rootful engine without userns-remap is the one to use.

    ## Why this severity
    An error: the engine does not come up again.
    """
    need(facts.here)
    rootless = have(facts.rootless, otherwise=False)
    if not rootless and not need(facts.remapped):
        return skip("the engine uses no user namespaces")
    _value(facts, "user/max_user_namespaces")
    refused = namespaces_refused(facts)
    restricted = facts.values.get("kernel/apparmor_restrict_unprivileged_userns") == 1
    # An engine that answers has found its way around the restriction.
    if not refused and rootless and restricted and not facts.reachable:
        if need(facts.rootlesskit_profile):
            return ok("AppArmor lets rootlesskit make user namespaces")
        return fail(
            "AppArmor lets plain users make no user namespaces, and has no profile for "
            "rootlesskit: the rootless engine does not start.",
            *_evidence(facts, "kernel/apparmor_restrict_unprivileged_userns", "0, or a profile"),
            Evidence("/etc/apparmor.d", "", "no file for rootlesskit", "a profile for rootlesskit"),
            mend=(
                "sudo apt-get install docker-ce-rootless-extras   # recent ones bring the profile",
                "or follow https://docs.docker.com/engine/security/rootless/troubleshoot/",
            ),
        )
    if not refused:
        return ok("user namespaces are allowed")
    key, wanted = next(iter(refused.items()))
    return fail(
        f"{dotted(key)} is 0: this engine's user namespaces cannot be made, and it does not start "
        f"again{_by(facts, key)}.",
        *_evidence(facts, key, str(wanted)),
        mend=tuple(step for k, v in refused.items() for step in _set(facts, k, v)),
    )


@TOPIC.check(
    "open-files-nearly-used",
    WARNING,
    "The whole host runs out of open files",
    references=("man:proc_sys_fs(5)",),
)
def open_files_nearly_used(facts: Sysctls) -> Verdict:
    """Nearly as many files are open on this machine as the kernel allows.

    ## What it reads
    /proc/sys/fs/file-nr: open files and their limit, over all processes and containers.

    ## Why it matters
    At the limit every open and every connection fails on the host and in all containers: "too many
    open files in system".

    ## How to mend it
    Find who holds them (`sudo lsof -n | awk '{print $1}' | sort | uniq -c | sort -n | tail`), and
    raise fs.file-max.

    ## What could go wrong
    A leak fills the larger limit as well, only later.

    ## Why this severity
    A warning: at 100 % everything fails together.
    """
    need(facts.here)
    used, limit = need(facts.open_files)
    percent = 100 * used / max(limit, 1)
    if percent < FILES_USED.value:
        return ok(f"{percent:.0f} % of the {limit} files that can be open are")
    return fail(
        f"{used} of {limit} files are open on this host ({percent:.0f} %): at the limit nothing "
        "can open a file or connection.",
        Evidence("/proc/sys/fs/file-nr", "", f"{used} of {limit}", f"under {FILES_USED.value:g} %"),
        mend=(
            (
                f"echo 'fs.file-max = {open_files_wanted(limit)}' | sudo tee "
                "/etc/sysctl.d/zz-hullcheck-files.conf"
            ),
            f"sudo sysctl -w fs.file-max={open_files_wanted(limit)}",
        ),
    )
