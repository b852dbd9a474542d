"""The kernel: what it can do for containers, and what it says in its log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes import engine, engine_network, kernel_log
from probes.cgroups import cgroup_version
from probes.engine_host import (
    CONTAINERS,
    container_of,
    containers,
    engine_host,
    is_rootless,
    name_of,
)
from probes.engine_identity import items
from probes.formats.kernel_config import parse_kernel_config, unpack
from probes.formats.timestamps import parse_stamp
from probes.formats.versions import major_minor, parse_version
from probes.host.questions import Absent, Garbled
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
    from probes.formats.kernel_log import KernelLine
    from probes.host import Host

OLDEST = (4, 18)
"""Kernel of RHEL 8, the oldest that a distribution with a supported Docker still maintains
(docs.docker.com/engine/install)."""

V2_OLDEST = (5, 2)
"""The first with the freezer of cgroup version 2, which runc needs to pause a container
(runc docs/cgroup-v2.md)."""

ROOTLESS_OVERLAY = (5, 11)
"""The first that lets a plain user mount overlay (kernelnewbies.org/Linux_5.11)."""

RECENT = 24 * 3600.0
"""Seconds: what the kernel's log says of an earlier day is history, not a finding."""

STUCK_TIMES = 3
"""The kernel prints "waiting for X to become free" every 10 s (net/core/dev.c). One or two are a
slow teardown, three are a leak."""

MEMORY_PRESSURE = Threshold(
    "memory-pressure",
    10,
    "%",
    "Share of the last minute in which some task waited for memory (docs.kernel.org accounting/psi). "
    "A host with enough memory shows 0; systemd-oomd acts at 60 %.",
)

IO_PRESSURE = Threshold(
    "io-pressure",
    20,
    "%",
    "Share of the last minute in which all runnable tasks waited for disks.",
)

RUNC_REOPENS = {(1, 2): 8, (1, 3): 3}
"""runc releases by series, from which on sysctl files are opened anew through /proc (the mending of
CVE-2025-52881), which AppArmor profiles of LXC forbid (opencontainers/runc issue 4968)."""

ENGINE_TASKS = frozenset(
    "dockerd containerd containerd-shim runc docker-proxy runc:[2:INIT] runc:[1:CHILD]".split()
)

TOPIC = Topic["Kernel"]("kernel", "Kernel", engine=(CONTAINERS, engine_network.NETWORKS))


class Pressure(NamedTuple):
    """One line of a /proc/pressure file: the share of the last 10 and 60 s."""

    avg10: float
    avg60: float


class Kernel(NamedTuple):
    """What this kernel was built with, has loaded, and has to say."""

    here: bool | Missing
    release: str | Missing
    machine: str | Missing
    config: dict[str, str] | Missing
    """Options by name without CONFIG_, as far as anything asks for them: y, m or a value."""
    config_from: str
    cgroup_version: str | Missing
    driver: str | Missing
    """The storage driver."""
    engine_version: str | Missing
    rootless: bool | Missing
    reachable: bool
    container: str | Missing
    wsl: bool | Missing
    synology: bool | Missing
    iptables: str | Missing
    """nft, legacy or empty where there is no iptables."""
    iptables_used: bool | Missing
    """Whether the daemon drives iptables."""
    raw_switched_off: bool | Missing
    """Whether DOCKER_INSECURE_NO_IPTABLES_RAW is set for the daemon."""
    icc_off: bool | Missing
    swarm: bool | Missing
    network_drivers: tuple[str, ...] | Missing
    encrypted: bool | Missing
    """Whether an overlay network is encrypted."""
    ipv6: bool | Missing
    modules: dict[str, str]
    """Module -> loaded, built-in, available, absent; a module that cannot be told is left out."""
    module_folder: str | Missing
    """there, gone (modules of other kernels are there), none."""
    other_kernels: tuple[str, ...]
    bridge_filtering: int | Missing
    """bridge-nf-call-iptables; 0 where br_netfilter is not loaded."""
    log: tuple[KernelLine, ...] | Missing
    """Lines of the last day that concern containers."""
    uptime: float | Missing
    memory_pressure: Pressure | Missing
    io_pressure: Pressure | Missing
    runc: str | Missing
    apparmor: str | Missing
    """The profile that this process is confined by; unconfined or empty for none."""
    proven_since_runc: bool | Missing
    """Whether a container runs that was made with the runc of today."""
    thp: str | Missing
    """Transparent huge pages: always, madvise or never."""
    old_mongo: tuple[str, ...] | Missing
    """Containers of MongoDB before 8.0, which asks for huge pages to be off."""


# -- what is asked -------------------------------------------------------------------------------

ESSENTIAL = (
    "NAMESPACES NET_NS PID_NS IPC_NS UTS_NS CGROUPS CGROUP_SCHED KEYS VETH BRIDGE POSIX_MQUEUE"
).split()
"""Without these no container starts (moby contrib/check-config.sh)."""

ESSENTIAL_V1 = "CGROUP_FREEZER CGROUP_DEVICE CPUSETS CGROUP_CPUACCT".split()
ESSENTIAL_V2 = ["CGROUP_BPF"]
FIREWALL = "NETFILTER_XT_MATCH_ADDRTYPE NETFILTER_XT_MATCH_CONNTRACK NF_NAT".split()
LEGACY = "IP_NF_FILTER IP_NF_NAT".split()
NFT = "NF_TABLES NFT_COMPAT".split()

MASQUERADE = ("IP_NF_TARGET_MASQUERADE", "NETFILTER_XT_TARGET_MASQUERADE")
"""The first is but another name of the second since Linux 5.2."""


class Group(NamedTuple):
    """Options that one feature needs, and for whom."""

    feature: str
    options: tuple[str, ...]
    lost: str
    severity: str = ""


GROUPS = (
    Group("seccomp", ("SECCOMP", "SECCOMP_FILTER"), "containers run without a system call filter"),
    Group("user namespaces", ("USER_NS",), "rootless engines and userns-remap do not work"),
    Group("CPU limits", ("CFS_BANDWIDTH", "FAIR_GROUP_SCHED"), "--cpus has no effect", NOTE),
    Group("overlay2", ("OVERLAY_FS",), "the storage driver overlay2 does not work"),
    Group(
        "swarm",
        (
            "VXLAN", "BRIDGE_VLAN_FILTERING", "IP_VS", "NETFILTER_XT_MATCH_IPVS", "IP_VS_NFCT",
            "IP_VS_PROTO_TCP", "IP_VS_PROTO_UDP", "IP_VS_RR",
        ),
        "services on overlay networks do not answer",
    ),
    Group(
        "encrypted overlay networks",
        (
            "CRYPTO", "CRYPTO_AEAD", "CRYPTO_GCM", "CRYPTO_SEQIV", "CRYPTO_GHASH", "XFRM",
            "XFRM_USER", "XFRM_ALGO", "INET_ESP", "NETFILTER_XT_MATCH_BPF",
        ),
        "nodes do not reach each other on encrypted networks",
    ),
    Group("ipvlan networks", ("IPVLAN",), "networks of the driver ipvlan do not work"),
    Group("macvlan networks", ("MACVLAN", "DUMMY"), "networks of the driver macvlan do not work"),
    Group(
        "IPv6 networks",
        ("IPV6", "IP6_NF_FILTER", "IP6_NF_NAT"),
        "IPv6 of containers is neither filtered nor translated",
    ),
)  # fmt: skip

OPTIONS = frozenset(
    [
        *ESSENTIAL, *ESSENTIAL_V1, *ESSENTIAL_V2, *FIREWALL, *LEGACY, *NFT, *MASQUERADE,
        *(option for group in GROUPS for option in group.options),
        "BRIDGE_NETFILTER", "IP_NF_RAW", "IP_NF_IPTABLES", "MODULES", "PSI", "NFT_FIB_IPV6",
    ]
)  # fmt: skip
"""All that a check asks for: the rest of a kernel's ten thousand options is not kept."""

MODULES = {
    "overlay": ("fs/overlayfs", "OVERLAY_FS"),
    "br_netfilter": ("net/bridge", "BRIDGE_NETFILTER"),
    "iptable_raw": ("net/ipv4/netfilter", "IP_NF_RAW"),
    "ip_tables": ("net/ipv4/netfilter", "IP_NF_IPTABLES"),
    "veth": ("drivers/net", "VETH"),
    "bridge": ("net/bridge", "BRIDGE"),
}
"""Module -> its folder below /lib/modules/RELEASE/kernel, and its option."""


@TOPIC.probe
def look(host: Host) -> Kernel:
    """The kernel's configuration, /proc and /sys, its log, and the engine for what is wanted."""
    seen = engine.look(host)
    release = known(host.kernel_release)
    config, config_from = _config(host)
    rows = known(lambda: containers(host))
    networks = known(lambda: engine_network.networks(host))
    told = known(lambda: engine.info(host))
    return Kernel(
        here=known(lambda: engine_host(host)),
        release=release,
        machine=known(lambda: str(host.gauge("system")["machine"])),
        config=config,
        config_from=config_from,
        cgroup_version=known(lambda: cgroup_version(host, told)),
        driver=seen.storage_driver,
        engine_version=seen.version,
        rootless=known(lambda: is_rootless(host)),
        reachable=seen.reachable,
        container=known(lambda: container_of(host)),
        wsl=release if isinstance(release, Missing) else "microsoft" in release.lower(),
        synology=known(lambda: host.exists("/etc/synoinfo.conf")),
        iptables=known(lambda: _iptables(host)),
        iptables_used=known(lambda: _iptables_used(host)),
        raw_switched_off=known(lambda: _raw_switched_off(host)),
        icc_off=known(lambda: engine_network.setting(host, "icc") is False),
        swarm=told
        if isinstance(told, Missing)
        else (told.get("Swarm") or {}).get("LocalNodeState") == "active"
        if isinstance(told.get("Swarm") or {}, dict)
        else False,
        network_drivers=networks
        if isinstance(networks, Missing)
        else tuple(sorted({n.driver for n in networks})),
        encrypted=networks
        if isinstance(networks, Missing)
        else any(n.driver == "overlay" and "encrypted" in n.options for n in networks),
        ipv6=networks if isinstance(networks, Missing) else any(n.ipv6 for n in networks),
        modules={} if isinstance(release, Missing) else _modules(host, release, config),
        module_folder=release
        if isinstance(release, Missing)
        else known(lambda: _module_folder(host, release)),
        other_kernels=tuple(
            x for x in have(known(lambda: host.list("/lib/modules")), ()) if x != release
        ),
        bridge_filtering=absent_as(lambda: _bridge_filtering(host), 0),
        log=known(lambda: _concerning(kernel_log.lines(host, KEYWORDS), _uptime(host))),
        uptime=known(lambda: _uptime(host)),
        memory_pressure=known(lambda: _pressure(host, "memory", "some")),
        io_pressure=known(lambda: _pressure(host, "io", "full")),
        runc=known(lambda: _runc(host)),
        apparmor=absent_as(lambda: host.read_text("/proc/self/attr/current").strip("\0\n "), ""),
        proven_since_runc=known(lambda: _proven(host)),
        thp=absent_as(lambda: _thp(host), "never"),
        old_mongo=rows
        if isinstance(rows, Missing)
        else tuple(
            name_of(r)
            for r in rows
            if re.search(r"(?:^|/)mongo(?:db)?:[1-7](?:\.|$|-)", str(r.get("Image") or ""))
        ),
    )


def _config(host: Host) -> tuple[dict[str, str] | Missing, str]:
    """The first configuration that can be read, and where it was."""
    release = host.kernel_release()
    elsewhere = ""
    if known(lambda: host.exists("/etc/synoinfo.conf")) is True:
        elsewhere = "Synology does not ship the configuration of its kernel"
    elif inside := have(known(lambda: container_of(host)), ""):
        elsewhere = f"the kernel's configuration is not shown to this {inside} container"
    paths = (
        "/proc/config.gz",
        f"/boot/config-{release}",
        f"/usr/lib/modules/{release}/config",
        f"/lib/modules/{release}/config",
        f"/lib/modules/{release}/build/.config",
        f"/usr/src/linux-headers-{release}/.config",
    )
    denied: Missing | None = None
    for path in paths:
        data = known(lambda path=path: host.read_bytes(path))  # type: ignore[misc]
        if isinstance(data, Missing):
            if data.kind != "absent":
                denied = data
            continue
        try:
            every = parse_kernel_config(unpack(data))
        except ValueError as error:
            denied = Missing(f"{path}: {error}", "garbled", f"zcat -f {path} | head")
            continue
        if every:
            return {name: every[name] for name in sorted(OPTIONS & every.keys())}, path
    if elsewhere and denied is None:
        return Missing(elsewhere, "inapplicable"), ""
    return (
        denied
        or Missing(
            "this host keeps no kernel configuration where it could be read (/proc/config.gz, "
            f"/boot/config-{release})",
            "absent",
            "ls /proc/config.gz /boot/config-*",
        ),
        "",
    )


def _iptables(host: Host) -> str:
    """Which kernel interface the iptables command speaks to: nft, legacy, or nothing there."""
    for folder in ("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin"):
        target = absent_as(lambda folder=folder: host.realpath(f"{folder}/iptables"), "")  # type: ignore[misc]
        if isinstance(target, str) and target:
            if target.endswith(("xtables-nft-multi", "iptables-nft")):
                return "nft"
            if target.endswith(("xtables-legacy-multi", "iptables-legacy")):
                return "legacy"
            break
    else:
        if not host.exists("/run/current-system/sw/bin/iptables"):
            return ""
    # iptables before 1.8 has no such names and no brackets in its version: it is the legacy one.
    text = host.output("iptables", "--version")
    return "nft" if "nf_tables" in text else "legacy"


def _iptables_used(host: Host) -> bool:
    if engine_network.setting(host, "iptables") is False:
        return False
    return bool(engine_network.setting(host, "firewall-backend") != "nftables")


def _raw_switched_off(host: Host) -> bool:
    pid = engine.daemon(host).pid
    for item in host.read_bytes(f"/proc/{pid}/environ").split(b"\0"):
        if item.startswith(b"DOCKER_INSECURE_NO_IPTABLES_RAW="):
            return item.partition(b"=")[2] == b"1"
    return False


def _modules(host: Host, release: str, config: dict[str, str] | Missing) -> dict[str, str]:
    loaded = {
        line.partition(" ")[0]
        for line in have(absent_as(lambda: host.read_text("/proc/modules"), ""), "").splitlines()
    }
    base = f"/lib/modules/{release}"
    builtin = have(absent_as(lambda: host.read_text(f"{base}/modules.builtin"), ""), "")
    file_systems = have(known(lambda: host.read_text("/proc/filesystems")), "")
    folder_there = known(lambda: host.exists(f"{base}/kernel")) is True
    found = {}
    for name, (folder, option) in MODULES.items():
        built = None if isinstance(config, Missing) else config.get(option, "")
        if name in loaded or known(lambda name=name: host.exists(f"/sys/module/{name}")) is True:  # type: ignore[misc]
            found[name] = "loaded"
        elif (
            f"/{name}.ko" in builtin
            or built == "y"
            or (name == "overlay" and re.search(r"\boverlay$", file_systems, re.MULTILINE))
        ):
            found[name] = "built-in"
        elif folder_there:
            names = absent_as(lambda folder=folder: host.list(f"{base}/kernel/{folder}"), ())  # type: ignore[misc]
            if not isinstance(names, Missing):
                there = any(item.startswith(f"{name}.ko") for item in names)
                found[name] = "available" if there else "absent"
        elif built == "":
            found[name] = "absent"
    return found


def _module_folder(host: Host, release: str) -> str:
    if host.exists(f"/lib/modules/{release}"):
        return "there"
    # NixOS keeps the modules of the kernel it booted elsewhere.
    if host.exists("/run/booted-system/kernel-modules"):
        return "there"
    others = [x for x in absent_as_names(host, "/lib/modules") if x[:1].isdigit()]
    return "gone" if others else "none"


def absent_as_names(host: Host, path: str) -> tuple[str, ...]:
    """The names in a folder, none where it does not exist."""
    try:
        return host.list(path)
    except Absent:
        return ()


def _bridge_filtering(host: Host) -> int:
    path = "/proc/sys/net/bridge/bridge-nf-call-iptables"
    text = host.read_text(path).strip()
    if not text.isdigit():
        raise Garbled(f"{path} holds no number", look=f"cat {path}")
    return int(text)


def _uptime(host: Host) -> float:
    words = host.read_text("/proc/uptime").split()
    try:
        return float(words[0])
    except (ValueError, IndexError):
        raise Garbled("/proc/uptime holds no number", look="cat /proc/uptime") from None


KEYWORDS = ("unregister_netdevice", "INFO: task", "BUG: soft lockup", "nf_conntrack")
"""One of these stands in every line that one of the patterns fits."""
PATTERNS = {
    "device": r"unregister_netdevice: waiting for (\S+) to become free",
    "hung": r"INFO: task (.+?):(\d+) blocked for more than (\d+) seconds",
    "lockup": r"BUG: soft lockup - CPU#(\d+) stuck for (\S+)",
    "conntrack": r"nf_conntrack: (?:nf_conntrack: )?table full, dropping packet",
}


def _concerning(lines: list[KernelLine], uptime: float) -> tuple[KernelLine, ...]:
    return tuple(
        line
        for line in lines
        if line.seconds >= uptime - RECENT
        and any(re.search(pattern, line.text) for pattern in PATTERNS.values())
    )[-500:]


def _pressure(host: Host, what: str, kind: str) -> Pressure:
    path = f"/proc/pressure/{what}"
    try:
        text = host.read_text(path)
    except Absent:
        raise engine.NotHere("this kernel keeps no pressure figures (CONFIG_PSI)") from None
    except Garbled:
        # EOPNOTSUPP: built in, and off unless booted with psi=1 (RHEL).
        raise engine.NotHere("pressure figures are off on this host (boot with psi=1)") from None
    match = re.search(rf"^{kind} avg10=([\d.]+) avg60=([\d.]+)", text, re.MULTILINE)
    if not match:
        raise engine.NotHere(f"{path} tells no {kind!r} figure")
    return Pressure(float(match[1]), float(match[2]))


def _runc(host: Host) -> str:
    for component in items(engine.version(host), "Components"):
        if isinstance(component, dict) and component.get("Name") == "runc":
            return str(component.get("Version") or "")
    raise Absent("the engine does not tell its runc", look="runc --version")


def _proven(host: Host) -> bool:
    """Whether a container runs that was started with the runc program as it is now."""
    if container_of(host) != "lxc":
        raise engine.NotHere("this host is no LXC container")
    times = []
    for path in ("/usr/bin/runc", "/usr/sbin/runc", "/usr/local/bin/runc"):
        found = known(lambda path=path: host.stat(path).mtime)  # type: ignore[misc]
        if isinstance(found, float | int):
            times.append(float(found))
    if not times:
        return False
    running = [r for r in containers(host) if r.get("State") == "running"]
    if any(isinstance(r.get("Created"), int) and r["Created"] > max(times) for r in running):
        return True
    return any(_started(host, str(r.get("Id"))) > max(times) for r in running[:STARTS_ASKED])


STARTS_ASKED = 20
"""Containers that are asked when they were started."""


def _started(host: Host, container: str) -> float:
    """When a container was started, seconds since the epoch; 0 where that is not told."""
    answer = known(lambda: engine.get(host, f"/containers/{container}/json"))
    state = answer.get("State") if isinstance(answer, dict) else None
    text = str(state.get("StartedAt") or "") if isinstance(state, dict) else ""
    return parse_stamp(text) or 0.0


def _thp(host: Host) -> str:
    text = host.read_text("/sys/kernel/mm/transparent_hugepage/enabled")
    match = re.search(r"\[(\w+)\]", text)
    return match[1] if match else text.strip()


# -- checks --------------------------------------------------------------------------------------


def _missing_options(config: dict[str, str], options: list[str] | tuple[str, ...]) -> list[str]:
    """Options that are neither built in nor a module."""
    return [name for name in options if config.get(name) not in {"y", "m"}]


def _essential(facts: Kernel) -> list[str]:
    options = list(ESSENTIAL)
    version = have(facts.cgroup_version, "2")
    release = major_minor(have(facts.release, "6"))
    if version == "1":
        options += ESSENTIAL_V1
    elif release >= (4, 15):  # BPF_CGROUP_DEVICE
        options += ESSENTIAL_V2
    return options


def _firewall(facts: Kernel, config: dict[str, str]) -> list[str]:
    """Options for the firewall that this host's iptables speaks to."""
    if have(facts.iptables_used, otherwise=True) is False:
        return []
    flavour = have(facts.iptables, "")
    if not flavour:
        flavour = "nft" if config.get("NF_TABLES") in {"y", "m"} else "legacy"
    return [*FIREWALL, *(NFT if flavour == "nft" else LEGACY)]


@TOPIC.check(
    "kernel-options-missing",
    ERROR,
    "The kernel was built without what containers need",
    references=(
        "https://github.com/moby/moby/blob/master/contrib/check-config.sh",
        "https://docs.docker.com/engine/daemon/troubleshoot/#kernel-compatibility",
    ),
)
def kernel_options_missing(facts: Kernel) -> Verdict:
    """Options that containers or their networks cannot do without are not in this kernel.

    ## What it reads
    The kernel's configuration: /proc/config.gz, /boot/config-RELEASE, or the one beside the
    modules. Built in (y) and module (m) both count. Options that only the other cgroup version or
    the other iptables needs are not asked for: kernels of RHEL 9 and 10 have none of the old
    iptables, and rightly so.

    ## Why it matters
    Without namespaces, control groups, veth or bridge no container starts or none has a network;
    without the NAT options no port is published. Boards, NAS boxes and self-built kernels miss them.

    ## How to mend it
    Take a kernel of the distribution, or build one with these options on. On Ubuntu and Debian
    cloud kernels look for a package linux-modules-extra-RELEASE first.

    ## What could go wrong
    Another kernel needs a reboot; keep the old one in the boot menu.

    ## Why this severity
    An error: something that every container uses does not work.
    """
    need(facts.here)
    config = need(facts.config)
    wanted = [*_essential(facts), *_firewall(facts, config)]
    lacking = _missing_options(config, wanted)
    if _firewall(facts, config) and len(_missing_options(config, MASQUERADE)) == len(MASQUERADE):
        lacking.append(MASQUERADE[1])
    if not lacking:
        return ok(f"the kernel has all {len(wanted)} options that containers need")
    names = ", ".join(f"CONFIG_{name}" for name in lacking)
    return fail(
        f"The kernel lacks {names}: containers, or their networks, cannot work without.",
        *(Evidence(facts.config_from, f"CONFIG_{n}", "not set", "y or m") for n in lacking),
        mend=(
            "boot a kernel of your distribution, or build this one with the options named",
            (
                f"sudo apt-get install linux-modules-extra-{have(facts.release, '$(uname -r)')}   "
                "# Ubuntu, where modules come in two packages"
            ),
        ),
    )


def _relevant(facts: Kernel, group: Group) -> bool:
    """Whether this host uses the feature of a group."""
    drivers = have(facts.network_drivers, ())
    rootless = have(facts.rootless, otherwise=False)
    return {
        "seccomp": True,
        "user namespaces": rootless,
        # The engine tells it of itself (cpu-quota-off).
        "CPU limits": not facts.reachable,
        "overlay2": have(facts.driver, "") in {"overlay2", "overlayfs", "vfs"},
        "swarm": have(facts.swarm, otherwise=False),
        "encrypted overlay networks": have(facts.encrypted, otherwise=False),
        "ipvlan networks": "ipvlan" in drivers,
        "macvlan networks": "macvlan" in drivers,
        "IPv6 networks": have(facts.ipv6, otherwise=False)
        and have(facts.iptables, "") == "legacy"
        and have(facts.iptables_used, otherwise=True),
    }[group.feature]


@TOPIC.check(
    "kernel-feature-missing",
    WARNING,
    "The kernel was built without a feature that is used here",
    references=("https://github.com/moby/moby/blob/master/contrib/check-config.sh",),
)
def kernel_feature_missing(facts: Kernel) -> list[Verdict]:
    """The kernel lacks options for a feature that this host's engine or networks use.

    ## What it reads
    The kernel's configuration, by groups of options: seccomp, user namespaces, CPU
    limits, overlay2, swarm services, encrypted overlay, ipvlan, macvlan and IPv6
    networks. A group is only judged where the feature is in use: nobody without a swarm hears of
    IPVS.

    ## Why it matters
    The feature is accepted and then fails or silently does nothing. Without seccomp, containers
    may use all system calls.

    ## How to mend it
    Boot a kernel with these options, or do without the feature.

    ## What could go wrong
    Another kernel needs a reboot; keep the old one in the boot menu.

    ## Why this severity
    A warning: one feature does not work. A note for limits, which only some containers set.
    """
    need(facts.here)
    config = need(facts.config)
    found = []
    for group in GROUPS:
        if not _relevant(facts, group):
            continue
        lacking = _missing_options(config, group.options)
        if not lacking:
            found.append(ok(f"the kernel has what {group.feature} needs", subject=group.feature))
            continue
        names = ", ".join(f"CONFIG_{name}" for name in lacking)
        found.append(
            fail(
                f"The kernel lacks {names}: {group.lost}.",
                *(Evidence(facts.config_from, f"CONFIG_{n}", "not set", "y or m") for n in lacking),
                subject=group.feature,
                mend=("boot a kernel that has these options, or do without the feature",),
                severity=group.severity,
            )
        )
    return found or [skip("no feature that needs more than the essentials is in use")]


@TOPIC.check(
    "kernel-too-old",
    WARNING,
    "The kernel is older than any that is still maintained",
    references=("https://docs.docker.com/engine/install/", "https://www.kernel.org/"),
    applies="hosts whose kernel can be changed: not containers, WSL or Synology",
)
def kernel_too_old(facts: Kernel) -> Verdict:
    """The kernel predates those of all distributions that Docker supports.

    ## What it reads
    The kernel's release.

    ## Why it matters
    Such kernels have known ways out of containers, leak memory in their control groups, lose
    network devices ("unregister_netdevice"), and newer images fail on missing system calls.

    ## How to mend it
    Upgrade the distribution; on a board, take its maker's newest system.

    ## What could go wrong
    A new kernel needs a reboot, and drivers outside of it must be built again.

    ## Why this severity
    A warning: containers run, with known holes.
    """
    need(facts.here)
    release = need(facts.release)
    if major_minor(release) >= OLDEST:
        return ok(f"kernel {release} is one that Docker's platforms use")
    if have(facts.container, "") or have(facts.wsl, otherwise=False):
        return skip("the kernel is not this system's to choose")
    if have(facts.synology, otherwise=False):
        return skip("Synology decides on the kernel of its systems")
    return fail(
        f"Kernel {release} is older than 4.18, the oldest that a platform of Docker's still "
        "maintains: known ways out of containers stay open.",
        Evidence("uname -r", "", release, "4.18 or later"),
        mend=("upgrade the distribution to a release that is still maintained",),
    )


@TOPIC.check(
    "kernel-too-old-for-cgroup-v2",
    WARNING,
    "The kernel's cgroup version 2 is incomplete",
    references=("https://github.com/opencontainers/runc/blob/main/docs/cgroup-v2.md",),
    applies="hosts with cgroup version 2",
)
def kernel_too_old_for_cgroup_v2(facts: Kernel) -> Verdict:
    """The host uses cgroup version 2 on a kernel that lacks parts of it.

    ## What it reads
    The kernel's release and CgroupVersion of `docker info`.

    ## Why it matters
    Before 5.2 there is no freezer: `docker pause` fails, and checkpoints and some stops hang.

    ## How to mend it
    A newer kernel, or version 1 again (`systemd.unified_cgroup_hierarchy=0`).

    ## What could go wrong
    Both need a reboot.

    ## Why this severity
    A warning: most things work, pausing does not.
    """
    need(facts.here)
    version = need(facts.cgroup_version)
    if version != "2":
        return skip("the host uses cgroup version 1")
    release = need(facts.release)
    if major_minor(release) >= V2_OLDEST:
        return ok(f"kernel {release} has a complete cgroup version 2")
    return fail(
        f"Kernel {release} has cgroup version 2 without a freezer: docker pause fails.",
        Evidence("uname -r", "", release, "5.2 or later"),
        mend=("boot a kernel of 5.2 or later, or with systemd.unified_cgroup_hierarchy=0",),
    )


@TOPIC.check(
    "kernel-too-old-for-rootless-overlay",
    NOTE,
    "The rootless engine copies whole images",
    references=(
        "https://docs.docker.com/engine/security/rootless/troubleshoot/#known-limitations",
    ),
    applies="rootless engines that use the storage driver vfs",
)
def kernel_too_old_for_rootless_overlay(facts: Kernel) -> Verdict:
    """Plain users may not mount overlay on this kernel, so the engine fell back to vfs.

    ## What it reads
    The kernel's release and the storage driver.

    ## Why it matters
    vfs copies the whole image for each container and layer: slow, and many times the space.

    ## How to mend it
    A kernel of 5.11 or later, or the package fuse-overlayfs.

    ## What could go wrong
    Another storage driver does not see the images and containers of the old one: pull anew.

    ## Why this severity
    A note: it works, slowly.
    """
    need(facts.here)
    if not need(facts.rootless):
        return skip("the engine is not rootless")
    driver, release = need(facts.driver), need(facts.release)
    if driver != "vfs" or major_minor(release) >= ROOTLESS_OVERLAY:
        return ok(f"the rootless engine uses {driver}")
    return fail(
        f"On kernel {release} the rootless engine may not mount overlay and copies whole images "
        "(vfs).",
        Evidence("engine GET /info", "Driver", driver, "overlay2 or fuse-overlayfs"),
        Evidence("uname -r", "", release, "5.11 or later"),
        mend=(
            "sudo apt-get install fuse-overlayfs   # Fedora, RHEL: sudo dnf install fuse-overlayfs",
            "systemctl --user restart docker",
        ),
    )


@TOPIC.check(
    "kernel-modules-gone",
    ERROR,
    "The modules of the running kernel have been removed",
    references=("https://github.com/moby/moby/issues/41725",),
    applies="hosts with a kernel of their own that loads modules",
)
def kernel_modules_gone(facts: Kernel) -> Verdict:
    """A kernel upgrade took the running kernel's modules away, and nobody has rebooted.

    ## What it reads
    Whether /lib/modules/RELEASE exists, whether modules of other kernels do, and which of the
    modules that containers need are loaded already.

    ## Why it matters
    What is not loaded now cannot be loaded: overlay, br_netfilter, xt_* and nf_nat are asked for
    when a network or container needs them, with errors that do not mention a reboot.

    ## How to mend it
    Reboot into the new kernel.

    ## What could go wrong
    A reboot stops all containers; those without a restart policy stay down.

    ## Why this severity
    An error while a module that containers need is not loaded, else a warning.
    """
    need(facts.here)
    if have(facts.container, "") or have(facts.wsl, otherwise=False):
        return skip("the modules are those of a host outside of this system")
    state = need(facts.module_folder)
    release = need(facts.release)
    if state == "there":
        return ok(f"the modules of kernel {release} are there")
    if state == "none":
        return skip("this host has no folder of modules: its kernel has all built in")
    lacking = [m for m in ("overlay", "veth", "bridge") if facts.modules.get(m) not in _THERE]
    return fail(
        f"/lib/modules/{release} is gone and kernel {release} still runs: "
        + (f"{', '.join(lacking)} cannot be loaded any more." if lacking else "what it has not "
           "loaded yet, it cannot load any more."),
        Evidence(
            "/lib/modules", "", ", ".join(facts.other_kernels) or "nothing for this kernel", release
        ),
        mend=("sudo reboot   # stops all containers for that time",),
        severity="" if lacking else WARNING,
    )  # fmt: skip


_THERE = {"loaded", "built-in"}


@TOPIC.check(
    "overlay-unavailable",
    ERROR,
    "The kernel has no overlay file system",
    references=(
        "https://docs.docker.com/engine/storage/drivers/overlayfs-driver/",
        "https://github.com/amazonlinux/container-images/issues/41",
    ),
)
def overlay_unavailable(facts: Kernel) -> Verdict:
    """The file system that images are put together with is neither in the kernel nor loadable.

    ## What it reads
    /proc/filesystems, the loaded and built-in modules, and the modules on disk.

    ## Why it matters
    The engine falls back to vfs, which copies the whole image for each container, or does not
    start where overlay2 is demanded.

    ## How to mend it
    Load the module `overlay` at boot, or boot a kernel that has it.

    ## What could go wrong
    A change of the storage driver hides images and containers of the old one.

    ## Why this severity
    An error: no engine works well without it.
    """
    need(facts.here)
    driver = have(facts.driver, "")
    if driver in {"overlay2", "overlayfs", "stargz"}:
        return ok(f"the engine uses {driver}")
    if driver and driver != "vfs":
        return skip(f"the engine uses {driver} and needs no overlay")
    state = facts.modules.get("overlay")
    if state is None:
        need(Missing("whether overlay can be loaded is not told", "absent", "modinfo overlay"))
    if state in {*_THERE, "available"}:
        return ok(f"the kernel's overlay file system is {state}")
    return fail(
        "The kernel has no overlay file system: the engine copies whole images (vfs) or does not "
        "start.",
        Evidence("/proc/filesystems", "overlay", "missing", "overlay"),
        mend=(
            "sudo modprobe overlay && echo overlay | sudo tee /etc/modules-load.d/overlay.conf",
            "where there is no such module, boot a kernel of your distribution",
        ),
    )


def _legacy_iptables(facts: Kernel) -> Verdict | None:
    """A skip for hosts on which the old iptables interface does not matter."""
    need(facts.here)
    if have(facts.iptables_used, otherwise=True) is False:
        return skip("the daemon does not drive iptables")
    flavour = need(facts.iptables)
    if flavour != "legacy":
        return skip(
            "iptables speaks to nf_tables and needs no module of the old interface"
            if flavour
            else "there is no iptables on this host"
        )
    return None


@TOPIC.check(
    "iptable-raw-missing",
    ERROR,
    "Docker 28 cannot publish ports on this kernel",
    references=("https://github.com/moby/moby/issues/49557",),
    applies="engines 28 and later with the legacy iptables",
)
def iptable_raw_missing(facts: Kernel) -> Verdict:
    """Since 28.0 the engine writes to iptables' raw table, which this kernel lacks.

    ## What it reads
    Which interface the iptables command speaks to, and whether iptable_raw is loaded, built in or
    on disk. Jetson boards, old Raspberry Pi systems and slim kernels miss it.

    ## Why it matters
    "Unable to enable DIRECT ACCESS FILTERING - DROP rule: can't initialize iptables table `raw'":
    no container with a published port starts.

    ## How to mend it
    Load the module, or take a kernel with CONFIG_IP_NF_RAW.

    ## What could go wrong
    `DOCKER_INSECURE_NO_IPTABLES_RAW=1` in the daemon's environment lets it go without, and with
    that opens ports that are published on 127.0.0.1 to the local network: a last resort.

    ## Why this severity
    An error: publishing ports does not work.
    """
    other = _legacy_iptables(facts)
    if other:
        return other
    version = need(facts.engine_version)
    if major_minor(version) < (28, 0):
        return skip(f"engine {version} does not use the raw table")
    if have(facts.raw_switched_off, otherwise=False):
        return ok("the daemon was told to do without the raw table")
    state = facts.modules.get("iptable_raw")
    if state is None:
        need(
            Missing(
                "whether iptable_raw can be loaded is not told", "absent", "modinfo iptable_raw"
            )
        )
    if state != "absent":
        return ok(f"iptable_raw is {state}")
    return fail(
        f"This kernel has no iptable_raw, which engine {version} needs: containers with published "
        "ports do not start.",
        Evidence("/lib/modules", "iptable_raw", "missing", "a module, or built in"),
        mend=(
            (
                "sudo modprobe iptable_raw   # then: echo iptable_raw | sudo tee "
                "/etc/modules-load.d/iptable_raw.conf"
            ),
            "where there is no such module: boot a kernel with CONFIG_IP_NF_RAW",
        ),
    )


@TOPIC.check(
    "iptables-legacy-unsupported",
    ERROR,
    "iptables speaks to an interface that this kernel lacks",
    references=(
        "https://github.com/linuxserver/docker-wps-office/issues/8",
        "https://access.redhat.com/solutions/6739041",
    ),
    applies="hosts with the legacy iptables",
)
def iptables_legacy_unsupported(facts: Kernel) -> Verdict:
    """The legacy iptables command is in use on a kernel without the legacy iptables.

    ## What it reads
    Which interface the iptables command speaks to, and whether ip_tables is loaded, built in or on
    disk. RHEL 9 and 10 and slim kernels come without.

    ## Why it matters
    "can't initialize iptables table `nat': Table does not exist": the daemon does not start.

    ## How to mend it
    Switch the command to its nf_tables variant.

    ## What could go wrong
    Rules that some other tool has made in the other interface are not seen any more: reboot after
    the switch, so that all start from nothing.

    ## Why this severity
    An error: the daemon does not start.
    """
    other = _legacy_iptables(facts)
    if other:
        return other
    state = facts.modules.get("ip_tables")
    if state is None:
        need(Missing("whether ip_tables can be loaded is not told", "absent", "modinfo ip_tables"))
    if state != "absent":
        return ok(f"ip_tables is {state}")
    return fail(
        "iptables is the legacy one and this kernel has no ip_tables: the daemon cannot set up its "
        "networks.",
        Evidence("/lib/modules", "ip_tables", "missing", "a module, or iptables-nft"),
        mend=(
            (
                "sudo update-alternatives --set iptables /usr/sbin/iptables-nft   # Debian, Ubuntu; "
                "RHEL: sudo dnf install iptables-nft"
            ),
            "sudo reboot",
        ),
    )


@TOPIC.check(
    "bridge-filtering-off",
    NOTE,
    "Traffic inside a bridge passes by the firewall",
    references=(
        "https://github.com/moby/moby/blob/master/daemon/libnetwork/drivers/bridge/setup_bridgenetfiltering.go",
        "https://docs.docker.com/reference/cli/docker/system/info/",
    ),
    applies="rootful engines with bridge networks and iptables",
)
def bridge_filtering_off(facts: Kernel) -> Verdict:
    """Packets between containers of one network do not go through iptables.

    ## What it reads
    /proc/sys/net/bridge/bridge-nf-call-iptables (there once br_netfilter is loaded), icc of the
    daemon's configuration and the engine's version. From 28.0 on the daemon loads it itself when it
    needs it, and `docker info` no longer warns.

    ## Why it matters
    `icc: false` is not enforced: containers of the default network still reach each other. And a
    port that is published on the host is not reached from a container of the same network without
    the userland proxy.

    ## How to mend it
    Load br_netfilter at boot and set bridge-nf-call-iptables to 1.

    ## What could go wrong
    Bridges of virtual machines on this host (libvirt) are then filtered as well, and may go silent
    under a FORWARD policy of DROP.

    ## Why this severity
    A note. A warning where icc is off, which then does nothing.
    """
    need(facts.here)
    if have(facts.rootless, otherwise=False):
        return skip("a rootless engine has bridges in a namespace of its own")
    if have(facts.iptables_used, otherwise=True) is False:
        return skip("the daemon does not drive iptables")
    if isinstance(facts.network_drivers, Missing) and facts.network_drivers.kind == "inapplicable":
        return skip(facts.network_drivers.reason)
    value = need(facts.bridge_filtering)
    if value == 1:
        return ok("packets inside bridges go through iptables")
    version = need(facts.engine_version)
    isolated = have(facts.icc_off, otherwise=False)
    if major_minor(version) >= (28, 0) and not isolated:
        return skip(f"engine {version} switches it on when it needs it")
    seen = Evidence("/proc/sys/net/bridge/bridge-nf-call-iptables", "", str(value), "1")
    mend = (
        "echo br_netfilter | sudo tee /etc/modules-load.d/br_netfilter.conf",
        "sudo modprobe br_netfilter",
        (
            "echo 'net.bridge.bridge-nf-call-iptables = 1' | sudo tee "
            "/etc/sysctl.d/zz-hullcheck-bridge.conf"
        ),
        "sudo sysctl -w net.bridge.bridge-nf-call-iptables=1",
    )
    if isolated:
        return fail(
            "icc is off, and packets inside bridges pass by the firewall: containers of the default "
            "network still reach each other.",
            seen,
            mend=mend,
            severity=WARNING,
        )
    return fail(
        "Packets between containers of one network pass by iptables: rules for them have no effect.",
        seen,
        mend=mend,
    )


def _matches(facts: Kernel, kind: str) -> list[tuple[KernelLine, re.Match[str]]]:
    found = []
    for line in need(facts.log):
        match = re.search(PATTERNS[kind], line.text)
        if match:
            found.append((line, match))
    return found


def _ago(facts: Kernel, line: KernelLine) -> str:
    minutes = max(have(facts.uptime, line.seconds) - line.seconds, 0) / 60
    return f"{minutes:.0f} min ago" if minutes < 120 else f"{minutes / 60:.0f} h ago"  # noqa: PLR2004


@TOPIC.check(
    "network-device-leaked",
    WARNING,
    "The kernel cannot let go of a container's network",
    references=(
        "https://github.com/moby/moby/issues/5618",
        "https://github.com/docker/for-linux/issues/842",
    ),
)
def network_device_leaked(facts: Kernel) -> list[Verdict]:
    """A network device of a container that is gone is still counted as in use.

    ## What it reads
    The kernel's log of the last day for "unregister_netdevice: waiting for ... to become free", at
    least three times for one device.

    ## Why it matters
    A fault of the kernel's reference counting. While it waits, nothing on the host can make or
    remove a network namespace: containers hang at start and stop, and so does dockerd.

    ## How to mend it
    Reboot; a newer kernel has most of these faults mended.

    ## What could go wrong
    A clean shutdown may hang on the same lock: have access to the power switch.

    ## Why this severity
    A warning: it may pass, and it may stop all changes on this host.
    """
    need(facts.here)
    times: dict[str, list[KernelLine]] = {}
    for line, match in _matches(facts, "device"):
        times.setdefault(match[1], []).append(line)
    found = [
        fail(
            f"The kernel has waited {len(lines)} times for {device} to become free (last "
            f"{_ago(facts, lines[-1])}): containers hang at start and stop while it does.",
            Evidence("kernel log", f"{lines[-1].seconds:.0f} s", lines[-1].text, "no such line"),
            subject=device,
            mend=("upgrade the kernel", "sudo reboot"),
        )
        for device, lines in times.items()
        if len(lines) >= STUCK_TIMES
    ]
    return found or [ok("no network device of a container is stuck")]


@TOPIC.check(
    "engine-task-hung",
    WARNING,
    "A process of the engine hangs in the kernel",
    references=("https://docs.kernel.org/admin-guide/sysctl/kernel.html#hung-task-timeout-secs",),
)
def engine_task_hung(facts: Kernel) -> list[Verdict]:
    """The kernel reports that dockerd, containerd or runc waited for minutes without waking.

    ## What it reads
    The kernel's log of the last day for "task ... blocked for more than ... seconds" and "soft
    lockup".

    ## Why it matters
    Such a process waits for a disk, a network mount or a lock of the kernel and cannot be killed.
    Commands to the engine hang with it.

    ## How to mend it
    The call trace below the line names what it waits for: most often storage. Check the disks and
    network mounts that it uses.

    ## What could go wrong
    A restart of the daemon hangs as well; only a reboot frees such a process.

    ## Why this severity
    A warning: it may have passed, and it comes back.
    """
    need(facts.here)
    found = []
    hung: dict[str, list[tuple[KernelLine, re.Match[str]]]] = {}
    for line, match in _matches(facts, "hung"):
        if match[1] in ENGINE_TASKS:
            hung.setdefault(match[1], []).append((line, match))
    for name, hits in hung.items():
        line, match = hits[-1]
        found.append(
            fail(
                f"{name} hung in the kernel for more than {match[3]} s, {len(hits)} times in the "
                f"last day (last {_ago(facts, line)}).",
                Evidence("kernel log", f"{line.seconds:.0f} s", line.text, "no such line"),
                subject=name,
                mend=("sudo dmesg -T | grep -A 25 'blocked for more than'   # what it waits for",),
            )
        )
    lockups = _matches(facts, "lockup")
    if lockups:
        line, match = lockups[-1]
        found.append(
            fail(
                f"CPU {match[1]} was stuck in the kernel for {match[2]} ({len(lockups)} such lines in "
                f"the last day, last {_ago(facts, line)}).",
                Evidence("kernel log", f"{line.seconds:.0f} s", line.text, "no such line"),
                subject="soft lockup",
                mend=("sudo dmesg -T | grep -A 25 'soft lockup'",),
            )
        )
    return found or [ok("no process of the engine has hung in the last day")]


@TOPIC.check(
    "conntrack-overflowed",
    WARNING,
    "The kernel has dropped connections",
    references=("https://docs.kernel.org/networking/nf_conntrack-sysctl.html",),
)
def conntrack_overflowed(facts: Kernel) -> Verdict:
    """The table of tracked connections was full within the last day.

    ## What it reads
    The kernel's log for "nf_conntrack: table full, dropping packet".

    ## Why it matters
    New connections of containers were dropped without an answer: DNS lookups and requests timed
    out at random, and may again.

    ## How to mend it
    Raise net.netfilter.nf_conntrack_max, and find what opens so many connections.

    ## What could go wrong
    An entry takes about 320 bytes.

    ## Why this severity
    A warning: it has happened, and the limit is still the same.
    """
    need(facts.here)
    hits = _matches(facts, "conntrack")
    if not hits:
        return ok("no connection was dropped for lack of room in the last day")
    line, _ = hits[-1]
    return fail(
        f"The kernel dropped connections because its table was full, last {_ago(facts, line)}.",
        Evidence("kernel log", f"{line.seconds:.0f} s", line.text, "no such line"),
        mend=(
            "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
            "sudo sysctl -w net.netfilter.nf_conntrack_max=524288   # and into /etc/sysctl.d",
        ),
    )


@TOPIC.check(
    "memory-pressure-high",
    WARNING,
    "The host is short of memory",
    references=("https://docs.kernel.org/accounting/psi.html",),
    applies="kernels with pressure figures",
)
def memory_pressure_high(facts: Kernel) -> Verdict:
    """Tasks on this host spend a good part of their time waiting for memory.

    ## What it reads
    /proc/pressure/memory: the share of the last minute in which at least one task waited for memory
    to be freed or read back.

    ## Why it matters
    Free memory says little; this says that work is being held up. Soon the kernel kills something.

    ## How to mend it
    See which container takes it (`docker stats`), give it a limit, or move it.

    ## What could go wrong
    A limit that is too low kills the container instead.

    ## Why this severity
    A warning: everything is slow already.
    """
    need(facts.here)
    pressure = need(facts.memory_pressure)
    seen = Evidence(
        "/proc/pressure/memory", "some avg60", f"{pressure.avg60:g} %",
        f"under {MEMORY_PRESSURE.value:g} %",
    )  # fmt: skip
    if pressure.avg60 < MEMORY_PRESSURE.value:
        return ok(f"tasks waited for memory {pressure.avg60:g} % of the last minute", seen)
    return fail(
        f"In {pressure.avg60:g} % of the last minute tasks waited for memory: the host is slow and "
        "near to killing processes.",
        seen,
        mend=("docker stats --no-stream   # which container takes it", "give it --memory"),
    )


@TOPIC.check(
    "io-pressure-high",
    WARNING,
    "The host waits for its disks",
    references=("https://docs.kernel.org/accounting/psi.html",),
    applies="kernels with pressure figures",
)
def io_pressure_high(facts: Kernel) -> Verdict:
    """For a good part of the last minute nothing ran because all waited for disks.

    ## What it reads
    /proc/pressure/io: the share of the last minute in which all tasks that had work waited for it.

    ## Why it matters
    Engine commands hang, health checks fail, databases time out; adding CPUs changes nothing.

    ## How to mend it
    Find who reads and writes (`docker stats`, column BLOCK I/O; `sudo iotop -o`), and limit it
    (`--device-write-bps`) or give it a disk of its own.

    ## What could go wrong
    A pull, a build or a backup that is just running looks the same: look again in some minutes.

    ## Why this severity
    A warning: it may pass, and while it lasts all is slow.
    """
    need(facts.here)
    pressure = need(facts.io_pressure)
    seen = Evidence(
        "/proc/pressure/io", "full avg60", f"{pressure.avg60:g} %", f"under {IO_PRESSURE.value:g} %"
    )
    if pressure.avg60 < IO_PRESSURE.value:
        return ok(f"all tasks waited for disks {pressure.avg60:g} % of the last minute", seen)
    return fail(
        f"In {pressure.avg60:g} % of the last minute all work on this host waited for disks.",
        seen,
        mend=("docker stats --no-stream   # column BLOCK I/O", "sudo iotop -o -b -n 3"),
    )


@TOPIC.check(
    "lxc-blocks-runc",
    WARNING,
    "runc may not be able to start containers inside this LXC container",
    references=(
        "https://github.com/opencontainers/runc/issues/4968",
        "https://github.com/opencontainers/runc/issues/4972",
        "https://github.com/moby/moby/issues/51405",
        "https://github.com/lxc/lxc/issues/4606",
    ),
    applies="Docker inside LXC (Proxmox, Incus)",
)
def lxc_blocks_runc(facts: Kernel) -> Verdict:
    """The AppArmor profile of this LXC container forbids what runc does since November 2025.

    ## What it reads
    Whether this is an LXC container and confined by AppArmor, runc's version, and whether some
    container that runs was started with this runc: then the profile was mended, and all is well.

    ## Why it matters
    runc 1.2.8, 1.3.3 and 1.4 open sysctl files in a new way, which mends a way out of containers
    (CVE-2025-52881). LXC's profile denies it: "open sysctl net.ipv4.ip_unprivileged_port_start
    file: reopen fd 8: permission denied", and no container starts.

    ## How to mend it
    Update LXC and its AppArmor profiles on the outer host and restart this container there.

    ## What could go wrong
    An older runc starts containers again, with the hole open. `lxc.apparmor.profile: unconfined`
    does too, and takes a wall away between this container and its host.

    ## Why this severity
    A warning: where the outer host was not updated no container starts, and nothing in here tells
    whether it was until one runs.
    """
    need(facts.here)
    if need(facts.container) != "lxc":
        return skip("this host is no LXC container")
    version = need(facts.runc)
    numbers = parse_version(version)
    series = numbers[:2]
    affected = numbers >= (1, 4) or (
        series in RUNC_REOPENS and (*numbers, 0, 0, 0)[2] >= RUNC_REOPENS[series]
    )
    if not affected:
        return ok(f"runc {version} does not reopen sysctl files")
    profile = need(facts.apparmor)
    if profile in {"", "unconfined"}:
        return skip("AppArmor shows no profile to this LXC container")
    if need(facts.proven_since_runc):
        return ok(f"a container started with runc {version} runs")
    return fail(
        f"runc {version} inside this LXC container (AppArmor profile {profile}) is refused what it "
        "needs to start containers if the outer host's LXC was not updated, and no container runs "
        "that shows it was.",
        Evidence("engine GET /version", "Components runc", version, "a profile that allows it"),
        Evidence("/proc/self/attr/current", "", profile, "updated profile"),
        mend=(
            "docker run --rm hello-world   # 'reopen fd 8: permission denied' confirms it",
            (
                "on the outer host: update LXC to 6.0.6 or later (Proxmox: apt-get "
                "dist-upgrade), then restart this container"
            ),
        ),
    )


@TOPIC.check(
    "huge-pages-always-with-mongodb",
    NOTE,
    "MongoDB runs with transparent huge pages",
    references=("https://www.mongodb.com/docs/manual/tutorial/disable-transparent-huge-pages/",),
    applies="hosts with containers of MongoDB before 8.0",
)
def huge_pages_always_with_mongodb(facts: Kernel) -> Verdict:
    """The kernel hands out huge pages to all programs, which MongoDB up to 7 asks not to have.

    ## What it reads
    /sys/kernel/mm/transparent_hugepage/enabled and the image names of the containers. Redis 6.2 and
    later switch huge pages off for themselves; MongoDB 8.0 wants them on.

    ## Why it matters
    MongoDB's memory allocator keeps more memory than it needs, and reads become slow now and then.
    It warns of it at each start.

    ## How to mend it
    `madvise` on the host: programs that want huge pages still get them.

    ## What could go wrong
    Java and databases that profit from huge pages without asking lose a few percent.

    ## Why this severity
    A note: its own vendor asks for it, and it runs without.
    """
    need(facts.here)
    names = need(facts.old_mongo)
    if not names:
        return skip("no container of MongoDB before 8.0 is here")
    value = need(facts.thp)
    if value != "always":
        return ok(f"huge pages are handed out: {value}")
    return fail(
        f"Transparent huge pages are on for all programs, and {names[0]} is a MongoDB that asks for "
        "them to be off.",
        Evidence("/sys/kernel/mm/transparent_hugepage/enabled", "", value, "madvise or never"),
        mend=(
            "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled   # until the reboot",
            "for good: transparent_hugepage=madvise on the kernel's command line",
        ),
    )
