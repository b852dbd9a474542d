"""The values that the engine checks after decoding, in the order in which it checks them.

Each check yields a `Fault`: the node at fault, the key, what is wrong in plain words, and the
engine's own text. The engine stops at the first; we go on.

Source: moby v20.10.24 to docker-v29.7.2, ``daemon/config/config.go`` (``Validate``),
``config_linux.go`` or ``config_unix.go`` (``ValidatePlatformConfig``), ``opts/opts.go``,
``opts/hosts.go``, ``registry/config.go``, ``libnetwork/drivers/bridge/bridge_linux.go``,
swarmkit ``api/genericresource/parse.go``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.formats.daemon_json import go_values, listening
from probes.formats.daemon_json.listening import Fault
from probes.formats.json_document import quote_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.formats.daemon_json.host_facts import HostFacts
    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Node


_LEVELS = ("panic", "fatal", "error", "warn", "info", "debug", "trace")
_LEVEL_ALIASES = {"warning": "warn", "err": "error", "critical": "fatal", "verbose": "debug"}
_LETTER = r"[a-zA-Z]"
_LABEL = r"(?::?(?::?[a-zA-Z0-9]|(?::?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])))"
_DOMAIN = (
    r"((?::?(?::?[a-zA-Z0-9]|(?::?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))"
    r"(?::?\.(?::?[a-zA-Z0-9]|(?::?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])))*))\.?[\t\n\f\r ]*\Z"
)
_LONGEST_DOMAIN = 255
_RESERVED_LABELS = ("com.docker.", "io.docker.", "org.dockerproject.")
_HIGHEST_PORT = 65535
_V6 = 6


def faults(settings: Settings, host: HostFacts) -> Iterator[Fault]:
    """Every value that ``Validate`` refuses in this engine, in its order."""
    engine = settings.engine
    if engine >= (23, 0):
        yield from _graph(settings)
        yield from _log_level(settings)
    yield from _dns_old(settings)
    if engine >= (25, 0):
        yield from _log_format(settings)
    if engine >= (29, 7):
        yield from _embedded_containerd(settings)
    yield from _dns_search(settings)
    if engine >= (28, 0):
        yield from _host_gateway(settings)
    yield from _labels(settings)
    yield from _numbers(settings)
    if engine < (25, 0):
        yield from _runtimes_old(settings)
    yield from _generic_resources(settings)
    if engine >= (23, 0):
        yield from listening.host_faults(settings)
    if engine >= (28, 3):
        yield from listening.mirror_faults(settings)
    if (28, 0) <= engine < (29, 0):
        yield from _cors(settings)
    if engine >= (28, 0):
        yield from _exec_opts(settings)
    yield from _platform(settings, host)


def _graph(settings: Settings) -> Iterator[Fault]:
    if settings.engine < (24, 0) and (found := settings.text("graph")):
        yield Fault(
            found[1],
            "graph",
            "was replaced by data-root",
            'the "graph" config file option is deprecated; use "data-root" instead',
        )


def cluster_fault(settings: Settings) -> Fault | None:
    """The options of classic Swarm, which 23.0 reads in order to refuse them."""
    if not (23, 0) <= settings.engine < (24, 0):
        return None
    for name in ("cluster-advertise", "cluster-store-opts", "cluster-store"):
        found = settings.text(name)
        node = found[1] if found else settings.node(name, "object")
        if node is not None and node.value:
            return Fault(
                node,
                name,
                "was removed together with classic Swarm",
                "Host-discovery and overlay networks with external k/v stores are deprecated. The "
                "'cluster-advertise', 'cluster-store', and 'cluster-store-opt' options have been "
                "removed",
            )
    return None


def _log_level(settings: Settings) -> Iterator[Fault]:
    found = settings.text("log-level")
    if found is None:
        return
    level = found[0].lower()
    if settings.engine < (25, 0) and level == "warning":
        return  # logrus knew it
    if level not in _LEVELS:
        nearest = _LEVEL_ALIASES.get(level, "info")
        yield Fault(
            found[1],
            "log-level",
            f'"{found[0]}" is no level; the levels are debug, info, warn, error and fatal',
            f"invalid logging level: {found[0]}",
            f'"{nearest}"',
        )


def _log_format(settings: Settings) -> Iterator[Fault]:
    found = settings.text("log-format")
    if found and found[0] not in {"text", "json"}:
        yield Fault(
            found[1],
            "log-format",
            'must be "text" or "json"',
            f"invalid log format: {found[0]}",
            '"json"' if "json" in found[0].lower() else '"text"',
        )


def _dns_old(settings: Settings) -> Iterator[Fault]:
    """Up to 24 addresses were texts, checked after blanks were cut off."""
    if settings.engine >= (25, 0):
        return
    for text, node in settings.texts("dns"):
        stripped = text.strip()
        if not stripped or go_values.ip_error(stripped):
            yield Fault(
                node,
                "dns",
                f'"{text}" is no IP address',
                f"IP address is not correctly formatted: {text}",
            )


def _embedded_containerd(settings: Settings) -> Iterator[Fault]:
    member = settings.map_members("features").get("embedded-containerd")
    node = settings.node("cri-containerd", "bool")
    if member and member.value.value is True and settings.flag("cri-containerd", default=False):
        yield Fault(
            node or member.value,
            "cri-containerd",
            "cannot be used together with the embedded-containerd feature",
            'conflicting options: cannot use the "embedded-containerd" feature and CRI support '
            "(--cri-containerd) at the same time",
        )


def _dns_search(settings: Settings) -> Iterator[Fault]:
    for text, node in settings.texts("dns-search"):
        domain = text.strip(" ")
        if domain == ".":
            continue
        match = re.match(_DOMAIN, domain) if re.search(_LETTER, domain) else None
        if not match or len(match[1]) >= _LONGEST_DOMAIN:
            yield Fault(
                node,
                "dns-search",
                f'"{text}" is no domain name',
                f"{domain} is not a valid domain",
            )


def _host_gateway(settings: Settings) -> Iterator[Fault]:
    if settings.nodes("host-gateway-ip"):
        # The old key replaces the list.
        return
    seen = set()
    for text, node in settings.texts("host-gateway-ips"):
        family = "IPv4" if text and go_values.is_ipv4(text) else "IPv6"
        if family in seen:
            yield Fault(
                node,
                "host-gateway-ips",
                f"has more than one {family} address",
                f"only one {family} host gateway IP address can be specified",
            )
        seen.add(family)


def _labels(settings: Settings) -> Iterator[Fault]:
    for text, node in settings.texts("labels"):
        if "=" not in text:
            yield Fault(
                node,
                "labels",
                f'"{text}" must have the form key=value',
                f"bad attribute format: {text}",
            )
        elif text.lower().startswith(_RESERVED_LABELS):
            yield Fault(
                node,
                "labels",
                f'"{text}" is in a namespace that Docker keeps to itself',
                f"label {text} is not allowed: the namespaces com.docker.*, io.docker.*, and "
                "org.dockerproject.* are reserved for internal use",
            )


_POSITIVE = (
    ("mtu", "invalid default MTU: {}", (23, 0)),
    ("max-concurrent-downloads", "invalid max concurrent downloads: {}", (0, 0)),
    ("max-concurrent-uploads", "invalid max concurrent uploads: {}", (0, 0)),
    ("max-download-attempts", "invalid max download attempts: {}", (0, 0)),
    ("default-stop-timeout", "invalid default stop timeout: {}", (29, 7)),
)


def _numbers(settings: Settings) -> Iterator[Fault]:
    for name, text, since in _POSITIVE:
        found = settings.number(name)
        if found and found[0] < 0 and settings.engine >= since:
            yield Fault(found[1], name, "must not be negative", text.format(found[0]))
    found = settings.number("network-diagnostic-port")
    if found and settings.engine >= (28, 0) and not 0 <= found[0] <= _HIGHEST_PORT:
        yield Fault(
            found[1],
            "network-diagnostic-port",
            "must be between 0 and 65535",
            f"invalid network-diagnostic-port ({found[0]}): value must be between 0 and 65535",
        )


def _runtimes_old(settings: Settings) -> Iterator[Fault]:
    """Up to 24 the parser itself checked runtimes; since then the start does."""
    runtimes = settings.map_members("runtimes")
    if "runc" in runtimes:
        node = runtimes["runc"].value
        yield Fault(
            node, "runtimes", "may not name a runtime runc", "runtime name 'runc' is reserved"
        )
    found = settings.text("default-runtime")
    if not found or found[0] in runtimes or found[0] in {"runc", "io.containerd.runc.v2"}:
        return
    if settings.engine < (23, 0) and found[0] == "io.containerd.runtime.v1.linux":
        return
    if settings.engine >= (23, 0) and found[0].startswith("io.containerd."):
        return
    yield Fault(
        found[1],
        "default-runtime",
        f'"{found[0]}" is not under runtimes',
        f"specified default runtime '{found[0]}' does not exist",
    )


def _generic_resources(settings: Settings) -> Iterator[Fault]:
    start = "could not parse GenericResource: "
    values: dict[str, list[tuple[str, Node]]] = {}
    for text, node in settings.texts("node-generic-resources"):
        name, equals, value = text.partition("=")
        if not equals or "=" in value:
            yield Fault(
                node,
                "node-generic-resources",
                f'"{text}" must have the form name=value',
                f"{start}incorrect term {text}, missing '=' or malformed expression",
            )
            return
        values.setdefault(name.strip(), []).append((value.strip(), node))
    for name, found in values.items():
        numbers = [go_values.atoi(value) for value, _ in found]
        if len(found) == 1 and numbers[0] is not None:
            if numbers[0] < 0:
                yield Fault(
                    found[0][1],
                    "node-generic-resources",
                    f"{name} must not be negative",
                    f"{start}cannot ask for negative resource {name}",
                )
        elif any(number is not None for number in numbers):
            shown = " ".join(value for value, _ in found)
            yield Fault(
                found[-1][1],
                "node-generic-resources",
                f"{name} mixes a number with names",
                f"{start}mixed discrete and named resources in expression '{name}=[{shown}]'",
            )


def _cors(settings: Settings) -> Iterator[Fault]:
    if found := settings.text("api-cors-header"):
        yield Fault(
            found[1],
            "api-cors-header",
            "was removed; use a reverse proxy for CORS headers",
            'DEPRECATED: The "api-cors-header" config parameter and the dockerd '
            '"--api-cors-header" option have been removed; use a reverse proxy if you need CORS '
            "headers",
        )


def _exec_opts(settings: Settings) -> Iterator[Fault]:
    for text, node in settings.texts("exec-opts"):
        name, equals, value = text.partition("=")
        name = name.strip().lower()
        start = f"invalid exec-opt ({text}): "
        if not equals or not name or not value.strip():
            yield Fault(
                node,
                "exec-opts",
                f'"{text}" must have the form option=value',
                start + "must be formatted 'opt=value'",
            )
        elif name == "isolation":
            yield Fault(
                node,
                "exec-opts",
                "isolation exists on Windows only",
                start + "option 'isolation' is only supported on windows",
            )
        elif name != "native.cgroupdriver":
            yield Fault(
                node,
                "exec-opts",
                f'"{name}" is no option; the only one is native.cgroupdriver',
                start + f"unknown option: '{name}'",
            )


def _platform(settings: Settings, host: HostFacts) -> Iterator[Fault]:
    engine = settings.engine
    number = settings.number("oom-score-adjust")
    if number and number[0] and (25, 0) <= engine < (26, 0):
        yield Fault(
            number[1],
            "oom-score-adjust",
            "was removed; set OOMScoreAdjust= in docker.service",
            'DEPRECATED: The "oom-score-adjust" config parameter and the dockerd '
            '"--oom-score-adjust" options have been removed.',
        )
    if engine >= (25, 0) and settings.flag("userland-proxy", default=True):
        found = settings.text("userland-proxy-path")
        if found and not found[0].startswith("/"):
            yield Fault(
                found[1],
                "userland-proxy-path",
                "must be an absolute path",
                f"invalid userland-proxy-path: must be an absolute path: {found[0]}",
            )
        elif found and host.lacks_file(found[0]):
            yield Fault(
                found[1],
                "userland-proxy-path",
                f"the program {found[0]} is not on this machine",
                f"invalid userland-proxy-path: exec: {quote_text(found[0])}: stat {found[0]}: "
                "no such file or directory",
                code="daemon-json-proxy-path-missing",
            )
    yield from _ipc_mode(settings)
    if engine >= (25, 0):
        yield from listening.fixed_cidr_v6_faults(settings)
    if (26, 0) <= engine < (28, 0):
        member = settings.map_members("features").get("windows-dns-proxy")
        if member:
            yield Fault(
                member.value,
                "features.windows-dns-proxy",
                "exists on Windows only",
                "feature option 'windows-dns-proxy' is only available on Windows",
            )
    if engine >= (29, 0):
        yield from _firewall(settings)
    if (found := settings.text("default-cgroupns-mode")) and found[0] not in {"private", "host"}:
        text = (
            f'invalid default cgroup namespace ({found[0]}): use "host" or "private"'
            if engine >= (28, 0)
            else f'default cgroup namespace mode ({found[0]}) is invalid; use "host" or "private"'
        )
        yield Fault(found[1], "default-cgroupns-mode", 'must be "host" or "private"', text)


def _ipc_mode(settings: Settings) -> Iterator[Fault]:
    found = settings.text("default-ipc-mode")
    if not found or found[0] in {"private", "shareable"}:
        return
    mode = found[0]
    hint = 'use "shareable" or "private"'
    if mode in {"none", "host"} or mode.startswith("container:"):
        text = f'IPC mode "{mode}" is not supported as default value; {hint}'
    else:
        text = f"default IPC mode setting ({mode}) is invalid; {hint}"
    yield Fault(found[1], "default-ipc-mode", 'must be "private" or "shareable"', text, '"private"')


_MARK = r"(?a)(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)\Z"


def _firewall(settings: Settings) -> Iterator[Fault]:
    found = settings.text("firewall-backend")
    if found and found[0] not in {"iptables", "nftables"}:
        yield Fault(
            found[1],
            "firewall-backend",
            'must be "iptables" or "nftables"',
            'invalid firewall-backend: allowed values are "iptables" and "nftables"',
        )
    found = settings.text("bridge-accept-fwmark")
    if found:
        for part, name in zip(found[0].split("/", 1), ("mark", "mask"), strict=False):
            if not re.match(_MARK, part):
                yield Fault(
                    found[1],
                    "bridge-accept-fwmark",
                    "must be a number, or number/mask",
                    f"invalid bridge-accept-fwmark: invalid firewall {name} "
                    f"{quote_text(found[0])}: strconv.ParseUint: parsing {quote_text(part)}: "
                    "invalid syntax",
                )
                break


def label_conflict(settings: Settings) -> Fault | None:
    """Two labels with one key and different values (``GetConflictFreeLabels``)."""
    seen: dict[str, str] = {}
    for text, node in settings.texts("labels"):
        name, equals, value = text.partition("=")
        if equals and seen.setdefault(name, value) != value:
            old = seen[name]
            return Fault(
                node,
                "labels",
                f'"{name}" has two values, {old} and {value}',
                f"conflict labels for {name}={value} and {name}={old}",
            )
        seen[name] = value
    return None
