"""What passes the parser and stops the engine at start, or its containers later.

Sources: moby v26.1.5 and v28.5.2 ``daemon/daemon_unix.go`` (``verifyDaemonSettings``,
``verifyCgroupDriver``), ``daemon/runtime_unix.go`` (``setupRuntimes``), ``daemon/graphdriver``,
``daemon/logger/factory.go``, ``registry/config.go``; docker-v29.7.2
``daemon/image_store_choice.go``; docker/go-units ``ulimit.go``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.formats.daemon_json import go_values, log_options, validation

if TYPE_CHECKING:
    from probes.formats.daemon_json.problems import HostFacts
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Member, Node

_STORAGE_REMOVED = {"aufs": (24, 0), "overlay": (24, 0), "devicemapper": (25, 0)}
_STORAGE = ("overlay2", "fuse-overlayfs", "btrfs", "zfs", "vfs")
_STORAGE_OPTIONS = {
    "overlay2": ("overlay2.size",),
    "btrfs": ("btrfs.min_space",),
    "zfs": ("zfs.fsname",),
    "vfs": ("size",),
}
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
_BUILDER_KEYS = ("gc", "entitlements", "history")
_GC_KEYS = ("enabled", "policy", "defaultkeepstorage")
_GC_KEYS_28 = ("defaultreservedspace", "defaultmaxusedspace", "defaultminfreespace")
_SIZE_OR_SHARE = re.compile(r"[0-9]+(?:\.[0-9]+)?\s*%\Z")
_SLICE = 6  # ".slice"
_LOOPBACK = ("127.", "localhost", "[::1]", "unix:", "fd:")


def judge_start(report: Report, settings: Settings, host: HostFacts) -> None:
    """Report what the engine only notices after it has accepted the file."""
    _log_driver(report, settings, host)
    _storage(report, settings)
    _runtimes(report, settings, host)
    _cgroups(report, settings, host)
    _bridge(report, settings)
    _namespaces(report, settings)
    _registries(report, settings)
    _ulimits(report, settings)
    _features(report, settings)
    _builder(report, settings)
    _hosts(report, settings)
    _seccomp(report, settings, host)


def _log_driver(report: Report, settings: Settings, host: HostFacts) -> None:
    found = settings.text("log-driver")
    driver = found[0] if found else "json-file"
    known = log_options.drivers(settings.engine)
    members = settings.map_members("log-opts")
    registered = host.log_drivers or frozenset()
    if found and driver not in known and driver not in registered:
        if "/" in driver or ":" in driver:
            report.add(
                "daemon-json-log-driver-unknown",
                f"{driver} must be an installed and enabled plugin, or the engine does not start.",
                found[1],
                key="log-driver",
                machine=True,
                level="note",
            )
            return
        from difflib import get_close_matches

        near = get_close_matches(driver.replace("_", "-"), known, n=1, cutoff=0.6)
        report.add(
            "daemon-json-log-driver-unknown",
            f'There is no log driver "{driver}", and the engine does not start unless a plugin '
            "has that name.",
            found[1],
            key="log-driver",
            text=f"failed to set log opts: logger: no log driver named '{driver}' is registered",
            suggestion=f'"{near[0]}"' if near else None,
        )
        return
    texts = {
        name: member.value.value
        for name, member in members.items()
        if member.value.kind == "string"
    }
    for fault in log_options.faults(driver, texts, settings.engine):
        unknown = fault.name in texts and fault.name not in log_options.options_of(
            driver, settings.engine
        )
        code = "daemon-json-log-opt-unknown" if unknown else "daemon-json-log-opt-value"
        at: Member | Node | None = members.get(fault.name)
        if at is None:
            at = found[1] if found else settings.node("log-opts", "object")
        elif not unknown:
            at = members[fault.name].value
        if at is None:
            continue
        effect = (
            "the engine does not start"
            if fault.when == "start"
            else "the engine starts, but no new container does"
        )
        report.add(
            code,
            f"log-opts.{fault.name} {fault.wrong}; {effect}.",
            at,
            key=f"log-opts.{fault.name}",
            text=f"failed to set log opts: {fault.text}"
            if fault.text and fault.when == "start"
            else fault.text or None,
            suggestion=fault.suggestion or None,
        )


def _storage(report: Report, settings: Settings) -> None:
    found = settings.text("storage-driver")
    if found:
        driver, node = found
        removed = _STORAGE_REMOVED.get(driver)
        if removed and settings.engine[:2] >= removed:
            report.add(
                "daemon-json-storage-driver-removed",
                f"The storage driver {driver} was removed in {removed[0]}.{removed[1]}, so the "
                "engine does not start.",
                node,
                key="storage-driver",
                text=f"[graphdriver] ERROR: the {driver} storage-driver has been deprecated and "
                "removed; visit https://docs.docker.com/go/storage-driver/ for more information",
                suggestion='"overlay2"',
            )
        elif removed:
            report.add(
                "daemon-json-removed-next",
                f"The storage driver {driver} works in this engine, but was removed in "
                f"{removed[0]}.{removed[1]}; its images must be saved before that upgrade.",
                node,
                key="storage-driver",
            )
        elif driver not in _STORAGE and not _is_snapshotter(settings):
            from difflib import get_close_matches

            near = get_close_matches(driver.lower(), _STORAGE, n=1, cutoff=0.6)
            report.add(
                "daemon-json-storage-driver-unknown",
                f'There is no storage driver "{driver}", so the engine does not start.',
                node,
                key="storage-driver",
                text="error initializing graphdriver: driver not supported",
                suggestion=f'"{near[0]}"' if near else None,
            )
            return
    _storage_options(report, settings, found[0] if found else "")


def _is_snapshotter(settings: Settings) -> bool:
    """Whether images may be in containerd, where other names are valid."""
    member = settings.map_members("features").get("containerd-snapshotter")
    if member is not None and member.value.kind == "bool":
        return bool(member.value.value)
    return settings.engine >= (29, 0)


def _storage_options(report: Report, settings: Settings, driver: str) -> None:
    for text, node in settings.texts("storage-opts"):
        name, equals, value = text.partition("=")
        name = name.strip().lower()
        if not equals:
            report.add(
                "daemon-json-storage-opt-unknown",
                f'The storage option "{text}" must have the form name=value; the engine does not '
                "start.",
                node,
                key="storage-opts",
                text=f"unable to parse storage-opt key/value: {text}",
            )
            continue
        if name == "overlay2.override_kernel_check" and settings.engine >= (24, 0):
            report.add(
                "daemon-json-storage-opt-unknown",
                "overlay2.override_kernel_check was removed in 24.0, so the engine does not start.",
                node,
                key="storage-opts",
                text="overlay2: unknown option overlay2.override_kernel_check",
            )
            continue
        allowed = _STORAGE_OPTIONS.get(driver)
        if allowed and name not in allowed and name != "overlay2.override_kernel_check":
            report.add(
                "daemon-json-storage-opt-unknown",
                f"{name} is no option of the storage driver {driver} (it has "
                f"{', '.join(allowed)}), so the engine does not start.",
                node,
                key="storage-opts",
                suggestion=f'"{allowed[0]}={value}"' if len(allowed) == 1 else None,
            )
        elif (
            name in {"overlay2.size", "btrfs.min_space", "size"}
            and go_values.ram_in_bytes(value.strip()).error
        ):
            report.add(
                "daemon-json-storage-opt-unknown",
                f'{name} must be a size such as "20G"; the engine does not start.',
                node,
                key="storage-opts",
            )


def _runtimes(report: Report, settings: Settings, host: HostFacts) -> None:
    runtimes = settings.map_members("runtimes")
    if settings.engine >= (25, 0):
        found = settings.text("default-runtime")
        listed = host.runtimes or frozenset()
        if (
            found
            and found[0] not in runtimes
            and found[0] not in {"runc", "io.containerd.runc.v2", *listed}
            and not found[0].startswith("io.containerd.")
        ):
            report.add(
                "daemon-json-default-runtime-missing",
                f'The default runtime "{found[0]}" is not under runtimes, so the engine does not '
                "start unless a flag adds it.",
                found[1],
                key="default-runtime",
                text=f"specified default runtime '{found[0]}' does not exist",
            )
        if "runc" in runtimes:
            report.add(
                "daemon-json-runtime-invalid",
                "The name runc is reserved for the engine's own runtime, so the engine does not "
                "start.",
                runtimes["runc"],
                key="runtimes.runc",
                text="runtime name 'runc' is reserved",
            )
    for name, member in runtimes.items():
        if member.value.kind in {"object", "null"}:
            _runtime(report, settings, host, name, member)


def _runtime(
    report: Report, settings: Settings, host: HostFacts, name: str, member: Member
) -> None:
    values = {item.key.lower(): item.value for item in member.value.value or ()}
    path, kind = (
        values[field].value if field in values and values[field].kind == "string" else ""
        for field in ("path", "runtimetype")
    )
    arguments = values.get("runtimeargs")
    options = values.get("options")
    has_arguments = arguments is not None and arguments.kind == "array" and arguments.value
    has_options = options is not None and options.kind == "object" and options.value
    wrong = ""
    if not path and not kind:
        wrong = "either a runtimeType or a path must be configured"
    elif path and kind:
        wrong = "cannot configure both path and runtimeType for the same runtime"
    elif path and has_options:
        wrong = "options cannot be used with a path runtime"
    elif kind and has_arguments:
        wrong = "args cannot be used with a runtimeType runtime"
    if wrong and settings.engine >= (23, 0):
        report.add(
            "daemon-json-runtime-invalid",
            f"The runtime {name} is wrong ({wrong}), so the engine does not start.",
            member,
            key=f"runtimes.{name}",
            text=f"runtime {name}: {wrong}",
        )
    elif path.startswith("/") and host.file_exists is not None and not host.file_exists(path):
        report.add(
            "daemon-json-runtime-invalid",
            f"The program {path} of the runtime {name} is not on this machine, so containers "
            "with that runtime do not start.",
            values["path"],
            key=f"runtimes.{name}.path",
            machine=True,
            level="warning",
        )


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
    if remap and member and member.value.value is True and settings.engine >= (24, 0):
        report.add(
            "daemon-json-exclusive-keys",
            "userns-remap and the containerd image store exclude each other; the engine does not "
            "start with both.",
            member,
            key="features.containerd-snapshotter",
        )


def _registries(report: Report, settings: Settings) -> None:
    if settings.engine < (28, 3):
        for fault in validation.mirror_faults(settings):
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
        lowered = text.lower()
        if lowered.startswith(("http://", "https://")):
            plain = text.partition("://")[2]
            report.add(
                "daemon-json-insecure-registry-invalid",
                "insecure-registries lists hosts, not URLs: the scheme is cut off with a warning.",
                node,
                key="insecure-registries",
                suggestion=f'"{plain}"',
                level="note",
            )
            text = plain
        wrong = _registry_fault(text)
        if wrong:
            report.add(
                "daemon-json-insecure-registry-invalid",
                f'insecure-registries: "{text}" {wrong}; the engine does not start.',
                node,
                key="insecure-registries",
            )


_HOST_PORT = re.compile(
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[0-9a-fA-F:.]+\])"
    r"(?::([0-9]+))?/?\Z",
    re.ASCII,
)
_HIGHEST_PORT = 65535


def _registry_fault(text: str) -> str:
    if not go_values.cidr_error(text) or go_values.parse_address(text):
        return ""
    if "://" in text:
        return "has a scheme that is neither http nor https"
    if text.startswith("-") or text.endswith("-"):
        return "begins or ends with a hyphen"
    match = _HOST_PORT.match(text)
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
    from difflib import get_close_matches

    for name, member in settings.map_members("features").items():
        known = _FEATURES.get(name)
        if known is None:
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


def _builder(report: Report, settings: Settings) -> None:
    node = settings.node("builder", "object")
    for member in node.value if node is not None else ():
        if member.key.lower() not in _BUILDER_KEYS:
            _builder_key(report, member, "builder", "gc, entitlements and history")
        elif member.key.lower() == "gc" and member.value.kind == "object":
            _builder_gc(report, settings, member.value)


def _builder_key(report: Report, member: Member, around: str, known: str) -> None:
    report.add(
        "daemon-json-builder-key-unknown",
        f"{around} has {known}; {member.key} is ignored without a word.",
        member,
        key=f"{around}.{member.key}",
    )


def _builder_gc(report: Report, settings: Settings, gc: Node) -> None:
    newer = settings.engine >= (28, 0)
    for member in gc.value:
        name = member.key.lower()
        if name not in _GC_KEYS and not (newer and name in _GC_KEYS_28):
            _builder_key(report, member, "builder.gc", "enabled, policy and defaultKeepStorage")
        elif name.startswith("default"):
            _builder_space(report, settings, member, "builder.gc")
        elif name == "policy" and member.value.kind == "array":
            for rule in member.value.value:
                for item in rule.value if rule.kind == "object" else ():
                    _builder_rule(report, settings, item, newer=newer)


def _builder_rule(report: Report, settings: Settings, item: Member, *, newer: bool) -> None:
    name = item.key.lower()
    spaces = ("keepstorage", *(("reservedspace", "maxusedspace", "minfreespace") if newer else ()))
    if name in spaces:
        _builder_space(report, settings, item, "builder.gc.policy")
    elif name not in {"all", "filter"}:
        _builder_key(report, item, "builder.gc.policy", "all, filter and keepStorage")


def _builder_space(report: Report, settings: Settings, member: Member, around: str) -> None:
    value = member.value.value
    if member.value.kind != "string" or not value:
        return
    share = settings.engine >= (28, 0) and _SIZE_OR_SHARE.match(value)
    if share or not go_values.ram_in_bytes(value).error:
        return
    report.add(
        "daemon-json-builder-gc-value",
        f'{around}.{member.key} must be a size such as "20GB"; the engine does not start its '
        "builder.",
        member.value,
        key=f"{around}.{member.key}",
    )


def _hosts(report: Report, settings: Settings) -> None:
    tls = settings.node("tls", "bool")
    encrypted = "tlsverify" in settings.flat or (tls is not None and bool(tls.value))
    for text, node in settings.texts("hosts"):
        address = text.strip()
        open_tcp = address.startswith("tcp://") or "://" not in address
        host = address.partition("://")[2] or address
        if not address or not open_tcp or validation.host_fault(text):
            continue
        port = go_values.atoi(validation.url_port(host)) or 0
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
    if host.file_exists is not None and not host.file_exists(found[0]):
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
