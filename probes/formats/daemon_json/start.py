"""What passes the parser and stops the engine at start, or its containers later.

Sources: moby v26.1.5 and v28.5.2 ``daemon/daemon_unix.go`` (``verifyDaemonSettings``,
``verifyCgroupDriver``), ``daemon/runtime_unix.go`` (``setupRuntimes``), ``daemon/graphdriver``,
``daemon/logger/factory.go``, ``registry/config.go``; docker-v29.7.2
``daemon/image_store_choice.go``; docker/go-units ``ulimit.go``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.formats.daemon_json import build_cache, chosen_drivers, go_urls, go_values, listening

if TYPE_CHECKING:
    from probes.formats.daemon_json.host_facts import HostFacts
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Settings

_ULIMITS = (
    "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack"
).split()
# name: (first release, first release in which it is the default or means nothing, or None)
_FEATURES: dict[str, tuple[tuple[int, int], tuple[int, int] | None]] = {
    "buildkit": ((18, 9), (23, 0)),
    "containerd-snapshotter": ((23, 0), (29, 0)),
    "containerd-migration": ((29, 0), None),
    "cdi": ((25, 0), (28, 2)),
    "time-namespaces": ((29, 5), None),
    "swarm-nftables": ((29, 0), None),
    "embedded-containerd": ((29, 7), None),
    "windows-dns-proxy": ((26, 0), (28, 0)),
}
_SLICE = 6  # ".slice"
_LOOPBACK = ("127.", "localhost", "[::1]", "unix:", "fd:")


def judge_start(report: Report, settings: Settings, host: HostFacts) -> None:
    """Report what the engine only notices after it has accepted the file."""
    chosen_drivers.judge_drivers(report, settings, host)
    _cgroups(report, settings, host)
    _bridge(report, settings)
    _namespaces(report, settings)
    _registries(report, settings)
    _ulimits(report, settings)
    _features(report, settings)
    build_cache.judge_build_cache(report, settings)
    _hosts(report, settings)
    _seccomp(report, settings, host)


def _cgroups(report: Report, settings: Settings, host: HostFacts) -> None:
    driver = ""
    for text, node in settings.texts("exec-opts"):
        name, equals, value = text.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name != "native.cgroupdriver":
            if settings.engine < (28, 0):
                wrong = "is no option" if equals else "must have the form option=value"
                report.add(
                    "daemon-json-cgroup-driver-invalid",
                    f'The exec-opt "{text}" {wrong}; the only one is '
                    "native.cgroupdriver, and the engine does not start.",
                    node,
                    key="exec-opts",
                )
            continue
        driver = value
        if value not in {"systemd", "cgroupfs"} and equals:
            report.add(
                "daemon-json-cgroup-driver-invalid",
                f'There is no cgroup driver "{value}" (systemd or cgroupfs), so the engine does '
                "not start.",
                node,
                key="exec-opts",
                text=f"native.cgroupdriver option {value} not supported",
                suggestion='"native.cgroupdriver=systemd"',
            )
    found = settings.text("cgroup-parent")
    systemd = driver == "systemd" or (not driver and host.cgroup_v2 is True)
    bad_slice = found and (len(found[0]) <= _SLICE or not found[0].endswith(".slice"))
    if found and systemd and bad_slice:
        report.add(
            "daemon-json-cgroup-parent-invalid",
            "With the systemd cgroup driver cgroup-parent must be the name of a slice such as "
            '"containers.slice"; the engine does not start.',
            found[1],
            key="cgroup-parent",
            text='cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"',
        )
    if driver == "systemd" and settings.flag("rootless", default=host.rootless or False):
        listed = settings.node("exec-opts", "array")
        if listed is not None and host.cgroup_v2 is False:
            report.add(
                "daemon-json-cgroup-driver-invalid",
                "A rootless engine can use the systemd cgroup driver on cgroup version 2 only, "
                "so it does not start here.",
                listed,
                key="exec-opts",
                text="exec-opt native.cgroupdriver=systemd requires cgroup v2 for rootless mode",
                machine=True,
            )


def _bridge(report: Report, settings: Settings) -> None:
    bridge = settings.text("bridge")
    for name, since in (("bip", (0, 0)), ("bip6", (28, 0))):
        found = settings.text(name)
        if bridge and found and settings.engine >= since:
            report.add(
                "daemon-json-exclusive-keys",
                f"bridge and {name} exclude each other: the address of a bridge of your own is "
                "set on the bridge; the engine does not start with both.",
                found[1],
                key=name,
                text=f"You specified -b & --{name}, mutually exclusive options. Please specify "
                "only one",
            )
    six = settings.engine >= (27, 0)
    iptables = settings.flag("iptables", default=True)
    ip6tables = settings.flag("ip6tables", default=six)
    if not settings.flag("icc", default=True):
        node = settings.node("icc", "bool")
        for name, off in (
            ("iptables", not iptables),
            ("ip6tables", six and settings.flag("ipv6", default=False) and not ip6tables),
        ):
            at = settings.node(name, "bool") or node
            if off and at is not None:
                report.add(
                    "daemon-json-exclusive-keys",
                    f"icc: false is enforced by {name}, so the engine does not start with both "
                    "turned off.",
                    at,
                    key=name,
                    text=f"You specified --{name}=false with --icc=false. ICC=false uses {name} "
                    f"to function. Please set --icc or --{name} to true",
                )
                break
    found6 = settings.node("ip6tables", "bool")
    if not six and ip6tables and found6 and not settings.flag("experimental", default=False):
        report.add(
            "daemon-json-needs-experimental",
            "Before 27.0 ip6tables works with experimental: true only; the engine does not start.",
            found6,
            key="ip6tables",
            text="ip6tables rules are only available if experimental features are enabled",
        )


def _namespaces(report: Report, settings: Settings) -> None:
    found = settings.text("containerd-namespace")
    if found and found[0] == "plugins.moby":
        report.add(
            "daemon-json-exclusive-keys",
            "containerd-namespace must differ from the namespace of plugins, plugins.moby; the "
            "engine does not start.",
            found[1],
            key="containerd-namespace",
            text="containers namespace and plugins namespace cannot be the same",
            suggestion='"moby"',
        )
    remap = settings.text("userns-remap")
    member = settings.map_members("features").get("containerd-snapshotter")
    explicit = member is not None and member.value.value is True
    if remap and member and explicit and (24, 0) <= settings.engine < (29, 0):
        report.add(
            "daemon-json-exclusive-keys",
            "userns-remap and the containerd image store do not work together (builds fail), and "
            "engines from 29.0 on do not start with both.",
            member,
            key="features.containerd-snapshotter",
            level="warning",
        )


def _registries(report: Report, settings: Settings) -> None:
    if settings.engine < (28, 3):
        for fault in listening.mirror_faults(settings):
            report.add(
                "daemon-json-mirror-invalid",
                f"registry-mirrors: {fault.wrong}; the engine accepts the file and then does not "
                "start.",
                fault.node,
                key="registry-mirrors",
                text=fault.text,
                suggestion=fault.suggestion or None,
            )
    for text, node in settings.texts("insecure-registries"):
        with_scheme = text.lower().startswith(("http://", "https://"))
        bare = text.partition("://")[2] if with_scheme else text
        if with_scheme:
            report.add(
                "daemon-json-insecure-registry-invalid",
                "insecure-registries lists hosts, not URLs: the scheme is cut off with a warning.",
                node,
                key="insecure-registries",
                suggestion=f'"{bare}"',
                level="note",
            )
        wrong = _registry_fault(bare)
        if wrong:
            report.add(
                "daemon-json-insecure-registry-invalid",
                f'insecure-registries: "{text}" {wrong}; the engine does not start.',
                node,
                key="insecure-registries",
            )


_HOST_PORT = (
    r"(?a)(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[0-9a-fA-F:.]+\])"
    r"(?::([0-9]+))?/?\Z"
)
_HIGHEST_PORT = 65535


def _registry_fault(text: str) -> str:
    if not go_values.cidr_error(text) or go_values.parse_address(text):
        return ""
    if "://" in text:
        return "has a scheme that is neither http nor https"
    if text.startswith("-") or text.endswith("-"):
        return "begins or ends with a hyphen"
    match = re.match(_HOST_PORT, text)
    if not match:
        return "is neither host, host:port nor a subnet"
    if match[1] and int(match[1][:9]) > _HIGHEST_PORT:
        return "has a port above 65535"
    return ""


def _ulimits(report: Report, settings: Settings) -> None:
    for name, member in settings.map_members("default-ulimits").items():
        if member.value.kind != "object":
            continue
        values = {item.key.lower(): item.value for item in member.value.value}
        inner = values.get("name")
        limit = inner.value if inner is not None and inner.kind == "string" else name
        if limit and limit not in _ULIMITS:
            from difflib import get_close_matches

            near = get_close_matches(limit.lower(), _ULIMITS, n=1, cutoff=0.6)
            report.add(
                "daemon-json-ulimit-invalid",
                f'There is no limit "{limit}"; containers do not start with it.',
                member,
                key=f"default-ulimits.{name}",
                suggestion=near[0] if near else None,
            )
        numbers = [
            int(values[field].value)
            if field in values
            and values[field].kind == "number"
            and go_values.fits_integer(values[field].value, "int64")
            else 0
            for field in ("soft", "hard")
        ]
        soft, hard = numbers
        if hard != -1 and (soft > hard or soft == -1):
            report.add(
                "daemon-json-ulimit-invalid",
                f"The soft limit of {limit} ({soft}) is above its hard limit ({hard}); containers "
                "do not start.",
                member,
                key=f"default-ulimits.{name}",
                text=f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}",
            )


def _features(report: Report, settings: Settings) -> None:
    for name, member in settings.map_members("features").items():
        known = _FEATURES.get(name)
        if known is None:
            from difflib import get_close_matches

            near = get_close_matches(name.lower().replace("_", "-"), _FEATURES, n=1, cutoff=0.6)
            report.add(
                "daemon-json-feature-unknown",
                f"No engine knows a feature {name}; it is accepted and does nothing.",
                member,
                key=f"features.{name}",
                suggestion=near[0] if near else None,
            )
            continue
        since, settled = known
        if settings.engine[:2] < since:
            report.add(
                "daemon-json-feature-unknown",
                f"The feature {name} exists from {since[0]}.{since[1]} on; this engine accepts "
                "and ignores it.",
                member,
                key=f"features.{name}",
                known_in=f"{since[0]}.{since[1]} and later",
            )
        elif settled and settings.engine[:2] >= settled and member.value.value is True:
            report.add(
                "daemon-json-feature-settled",
                f"The feature {name} has been the default since {settled[0]}.{settled[1]}; the "
                "line does no harm and no good.",
                member,
                key=f"features.{name}",
            )


def _hosts(report: Report, settings: Settings) -> None:
    tls = settings.node("tls", "bool")
    encrypted = "tlsverify" in settings.flat or (tls is not None and bool(tls.value))
    for text, node in settings.texts("hosts"):
        address = text.strip()
        open_tcp = address.startswith("tcp://") or "://" not in address
        host = address.partition("://")[2] or address
        if not address or not open_tcp or listening.host_fault(text, settings.engine):
            continue
        port = go_values.atoi(go_urls.host_and_port(host)[1]) or 0
        if port > _HIGHEST_PORT:
            report.add(
                "daemon-json-host-port-invalid",
                f"The port of {address} is above 65535; the engine does not start.",
                node,
                key="hosts",
            )
        if not encrypted and not host.startswith(_LOOPBACK):
            report.add(
                "daemon-json-tcp-without-tls",
                f"{address} gives everyone who reaches it root on this machine: it has neither "
                "encryption nor authentication.",
                node,
                key="hosts",
            )


def _seccomp(report: Report, settings: Settings, host: HostFacts) -> None:
    found = settings.text("seccomp-profile")
    if not found or found[0] in {"unconfined", "builtin", "default"}:
        return
    if host.lacks_file(found[0]):
        report.add(
            "daemon-json-seccomp-profile-missing",
            f"The seccomp profile {found[0]} is not on this machine, so the engine does not start "
            "here.",
            found[1],
            key="seccomp-profile",
            text=f"opening seccomp profile ({found[0]}) failed: open {found[0]}: no such file or "
            "directory",
            machine=True,
        )
