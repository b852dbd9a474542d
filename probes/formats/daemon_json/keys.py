"""Every key of daemon.json: the one table behind ``lint``, ``effective`` and the fixes.

Engine versions covered: 20.10 to 29.x. A key with ``since=None`` is older than 20.10.

Sources: moby v20.10.24, v23.0.18, v24.0.9, v25.0.17, v26.1.5, v27.5.1, v28.5.2 and
docker-v29.7.2, ``daemon/config/config.go`` and ``config_linux.go`` (fields and types),
``cmd/dockerd/config*.go`` and ``options.go``, later ``daemon/command`` (flags and defaults),
``daemon/reload.go`` and ``reload_unix.go`` (what SIGHUP applies). Which names the parser lets
through was asked of the real ``dockerd --validate`` of 26.1.5 and 28.5.2.
"""

from __future__ import annotations

import re
from typing import Final

from probes.record import NamedTuple

Release = tuple[int, int]
"""Major and minor version of an engine, e.g. ``(28, 2)``."""

NEWEST: Final[tuple[int, int, int]] = (29, 10, 0)
"""What an engine that does not tell its version is taken for."""

COMMON: Final = "CommonConfig"
BRIDGE: Final = "CommonConfig.BridgeConfig"
DEFAULT_BRIDGE: Final = "CommonConfig.BridgeConfig.DefaultBridgeConfig"
NETWORK: Final = "CommonConfig.NetworkConfig"
DNS: Final = "CommonConfig.DNSConfig"
TLS: Final = "CommonConfig.TLSOptions"
LOGS: Final = "CommonConfig.LogConfig"
REGISTRY: Final = "CommonConfig.ServiceOptions"
PLATFORM: Final = ""


class Key(NamedTuple):
    """One key as the engine knows it.

    Attributes:
        name: the key, as written in the file.
        type: name of its shape in `probes.formats.daemon_json.go_types`, e.g. ``list of string``.
        default: the value without the key, as a person would write it; "" for none.
        reload: ``H`` SIGHUP applies it; ``R`` restart; ``R+new`` restart, and only containers or
            networks made later have it; ``R+data`` restart, and data is hidden or moves.
        doc: one sentence.
        since: first release that has it, None when older than 20.10.
        removed: first release in which it cannot be used any more, None while it lives.
        parsed_until: first release whose parser does not know the name, when that is later than
            ``removed``: in between a value is refused with a text of its own.
        ignored_since: first release that accepts it without any effect.
        flag: the dockerd flag it must not be given together with, without the dashes.
        info: the field of ``GET /info`` that shows it live, "" for none.
        go_path: the embedded structs of Go it sits in, seen in messages of engines up to 27.
        parent: the object it must be inside of ("proxies"), "" for the top level.
    """

    name: str
    type: str
    default: str
    reload: str
    doc: str
    since: Release | None = None
    removed: Release | None = None
    parsed_until: Release | None = None
    ignored_since: Release | None = None
    flag: str = ""
    info: str = ""
    go_path: str = COMMON
    parent: str = ""

    @property
    def known_in(self) -> str:
        """The releases that accept the key, e.g. ``28.2 and later`` or ``up to 27.x``."""
        return _span(self.since, self.removed)

    def parses_in(self, engine: tuple[int, ...]) -> bool:
        """Whether the parser of an engine of this version knows the name."""
        until = self.parsed_until or self.removed
        return (self.since is None or engine[:2] >= self.since) and (
            until is None or engine[:2] < until
        )

    def exists_in(self, engine: tuple[int, ...]) -> bool:
        """Whether the key can be used in an engine of this version."""
        return (self.since is None or engine[:2] >= self.since) and (
            self.removed is None or engine[:2] < self.removed
        )


def _span(since: Release | None, removed: Release | None) -> str:
    first = f"{since[0]}.{since[1]}" if since else ""
    if removed is None:
        return f"{first} and later" if first else "all versions"
    # A release x.0 ends the line before it: "up to 27.x" reads better than "before 28.0".
    last = f"{removed[0] - 1}.x" if removed[1] == 0 else f"{removed[0]}.{removed[1] - 1}"
    if removed == (23, 0):
        last = "20.10"
    return f"{first} to {last}" if first else f"up to {last}"


_TEXT = "string"
_LIST = "list of string"
_BOOL = "bool"
_INT = "int"
_IP = "ip"

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "allow-direct-routing",
        _BOOL,
        "false",
        "R",
        "Lets other hosts reach published ports on the containers' own addresses.",
        since=(28, 2),
        go_path=BRIDGE,
    ),
    Key(
        "allow-nondistributable-artifacts",
        _LIST,
        "[]",
        "H",
        "Registries to which non-distributable layers may be pushed.",
        ignored_since=(28, 1),
        go_path=REGISTRY,
    ),
    Key(
        "api-cors-header",
        _TEXT,
        "",
        "R",
        "CORS headers of the API.",
        removed=(28, 0),
        parsed_until=(29, 0),
    ),
    Key(
        "authorization-plugins",
        _LIST,
        "[]",
        "H",
        "Plugins that allow or deny each API request.",
        flag="authorization-plugin",
        info="Plugins.Authorization",
    ),
    Key(
        "bip",
        _TEXT,
        "",
        "R",
        "IPv4 address and prefix of docker0, e.g. 172.17.0.1/16.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "bip6",
        _TEXT,
        "",
        "R",
        "IPv6 address and prefix of docker0.",
        since=(28, 0),
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "bridge",
        _TEXT,
        "docker0",
        "R",
        'Bridge of the default network; "none" turns it off.',
        go_path=f"{DEFAULT_BRIDGE}.commonBridgeConfig",
    ),
    Key(
        "bridge-accept-fwmark",
        _TEXT,
        "",
        "R",
        "Firewall mark, or mark/mask, of packets that bridge networks accept.",
        since=(29, 0),
        go_path=BRIDGE,
    ),
    Key(
        "builder",
        "builder",
        "cache garbage collection on since 28.2, off before",
        "R",
        "BuildKit of the engine: cache garbage collection, entitlements, history.",
        flag="",
    ),
    Key(
        "cdi-spec-dirs",
        _LIST,
        '["/etc/cdi", "/var/run/cdi"]',
        "R",
        "Directories with Container Device Interface specifications.",
        since=(25, 0),
        flag="cdi-spec-dir",
        info="CDISpecDirs",
    ),
    Key(
        "cgroup-parent",
        _TEXT,
        "",
        "R+new",
        "Parent cgroup of all containers.",
        go_path=PLATFORM,
    ),
    Key(
        "cluster-advertise",
        _TEXT,
        "",
        "R",
        "Address of the classic Swarm.",
        removed=(23, 0),
        parsed_until=(24, 0),
    ),
    Key(
        "cluster-store",
        _TEXT,
        "",
        "R",
        "Key-value store of the classic Swarm.",
        removed=(23, 0),
        parsed_until=(24, 0),
    ),
    Key(
        "cluster-store-opts",
        "map of string",
        "{}",
        "R",
        "Options of the classic Swarm's key-value store.",
        removed=(23, 0),
        parsed_until=(24, 0),
        flag="cluster-store-opt",
    ),
    Key(
        "containerd",
        _TEXT,
        "",
        "R",
        "Socket of containerd; without it the engine starts its own.",
        info="Containerd.Address",
    ),
    Key(
        "containerd-namespace",
        _TEXT,
        "moby",
        "R",
        "containerd namespace of the containers.",
        info="Containerd.Namespaces.Containers",
    ),
    Key(
        "cpu-rt-period",
        "int64",
        "0",
        "R",
        "Real-time CPU period in microseconds; cgroup v1 only.",
        go_path=PLATFORM,
    ),
    Key(
        "cpu-rt-runtime",
        "int64",
        "0",
        "R",
        "Real-time CPU runtime in microseconds; cgroup v1 only.",
        go_path=PLATFORM,
    ),
    Key(
        "cri-containerd",
        _BOOL,
        "false",
        "R",
        "Turns on the CRI plugin of the containerd that the engine starts.",
    ),
    Key(
        "data-root",
        _TEXT,
        "/var/lib/docker",
        "R+data",
        "Directory of images, containers and volumes.",
        info="DockerRootDir",
    ),
    Key(
        "debug",
        _BOOL,
        "false",
        "H",
        "Debug messages in the engine's log.",
        info="Debug",
    ),
    Key(
        "default-address-pools",
        "pools",
        "172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 by /20",
        "R+new",
        "Ranges from which networks without a subnet get one; replaces the built-in ranges.",
        flag="default-address-pool",
        info="DefaultAddressPools",
        go_path=NETWORK,
    ),
    Key(
        "default-cgroupns-mode",
        _TEXT,
        "private on cgroup v2, host on v1",
        "H",
        "Cgroup namespace of containers: host or private.",
        go_path=PLATFORM,
    ),
    Key(
        "default-gateway",
        _IP,
        "",
        "R",
        "IPv4 gateway of the default bridge network.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "default-gateway-v6",
        _IP,
        "",
        "R",
        "IPv6 gateway of the default bridge network.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "default-ipc-mode",
        _TEXT,
        "private",
        "H",
        "IPC namespace of containers: private or shareable.",
        go_path=PLATFORM,
    ),
    Key(
        "default-network-opts",
        "map of map of string",
        "{}",
        "R+new",
        "Driver options of networks made without any, per driver.",
        since=(24, 0),
        flag="default-network-opt",
        go_path=NETWORK,
    ),
    Key(
        "default-runtime",
        _TEXT,
        "runc",
        "H",
        "Runtime of containers that name none.",
        info="DefaultRuntime",
    ),
    Key(
        "default-shm-size",
        "size",
        "64MiB",
        "H",
        'Size of /dev/shm, as a text such as "128M".',
        go_path=PLATFORM,
    ),
    Key(
        "default-stop-timeout",
        _INT,
        "10",
        "H",
        "Seconds a container has to stop when it has no timeout of its own.",
        since=(29, 7),
        go_path=f"{COMMON}.ContainerDefaults",
    ),
    Key(
        "default-ulimits",
        "ulimits",
        "{}",
        "R+new",
        "Resource limits of containers that set none.",
        flag="default-ulimit",
        go_path=PLATFORM,
    ),
    Key(
        "deprecated-key-path",
        _TEXT,
        "",
        "R",
        "Key file of the engine's old identity.",
        ignored_since=(24, 0),
    ),
    Key(
        "dns",
        "list of ip",
        "the host's resolv.conf",
        "R+new",
        "DNS servers of containers.",
        go_path=DNS,
    ),
    Key(
        "dns-opts",
        _LIST,
        "[]",
        "R+new",
        "Resolver options of containers.",
        flag="dns-opt",
        go_path=DNS,
    ),
    Key(
        "dns-search",
        _LIST,
        "[]",
        "R+new",
        "Search domains of containers.",
        go_path=DNS,
    ),
    Key(
        "exec-opts",
        _LIST,
        "[]",
        "R",
        "Options of the runtime: native.cgroupdriver=systemd or cgroupfs.",
        flag="exec-opt",
        info="CgroupDriver",
    ),
    Key(
        "exec-root",
        _TEXT,
        "/var/run/docker",
        "R",
        "Directory of the engine's run-time state.",
    ),
    Key(
        "experimental",
        _BOOL,
        "false",
        "R",
        "Turns on experimental features.",
        info="ExperimentalBuild",
    ),
    Key(
        "features",
        "map of bool",
        "{}",
        "H",
        "Named features, each true or false.",
        flag="feature",
    ),
    Key(
        "firewall-backend",
        _TEXT,
        "iptables",
        "R",
        "Tool for the firewall rules: iptables or nftables.",
        since=(29, 0),
        info="FirewallBackend.Driver",
        go_path=NETWORK,
    ),
    Key(
        "fixed-cidr",
        _TEXT,
        "",
        "R",
        "IPv4 range inside docker0's subnet from which containers get addresses.",
        go_path=f"{DEFAULT_BRIDGE}.commonBridgeConfig",
    ),
    Key(
        "fixed-cidr-v6",
        _TEXT,
        "",
        "R",
        "IPv6 range of the default bridge network.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "graph",
        _TEXT,
        "",
        "R+data",
        "The old name of data-root.",
        removed=(23, 0),
        parsed_until=(24, 0),
    ),
    Key(
        "group",
        _TEXT,
        "docker",
        "R",
        "Group of the Unix socket; without effect when systemd owns the socket.",
    ),
    Key(
        "host-gateway-ip",
        _IP,
        "the default bridge",
        "R",
        "Address behind host-gateway in --add-host.",
        go_path=DNS,
    ),
    Key(
        "host-gateway-ips",
        "list of address",
        "the default bridge",
        "R",
        "Addresses behind host-gateway in --add-host: one IPv4, one IPv6.",
        since=(28, 0),
        flag="host-gateway-ip",
        go_path=DNS,
    ),
    Key(
        "hosts",
        _LIST,
        '["unix:///var/run/docker.sock"]',
        "R",
        "Sockets on which the API listens.",
        flag="host",
    ),
    Key(
        "http-proxy",
        _TEXT,
        "HTTP_PROXY of the engine's environment",
        "R",
        "Proxy for the engine's own http requests.",
        since=(23, 0),
        info="HttpProxy",
        go_path=f"{COMMON}.proxies",
        parent="proxies",
    ),
    Key(
        "https-proxy",
        _TEXT,
        "HTTPS_PROXY of the engine's environment",
        "R",
        "Proxy for the engine's own https requests.",
        since=(23, 0),
        info="HttpsProxy",
        go_path=f"{COMMON}.proxies",
        parent="proxies",
    ),
    Key(
        "icc",
        _BOOL,
        "true",
        "R",
        "Lets containers on the default bridge network reach each other.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "init",
        _BOOL,
        "false",
        "R+new",
        "Runs a small init as process 1 of each container.",
        go_path=PLATFORM,
    ),
    Key(
        "init-path",
        _TEXT,
        "docker-init",
        "R+new",
        "Program of that init.",
        info="InitBinary",
        go_path=PLATFORM,
    ),
    Key(
        "insecure-registries",
        _LIST,
        "[]",
        "H",
        "Registries (host, host:port or CIDR) reached without valid TLS.",
        flag="insecure-registry",
        info="RegistryConfig",
        go_path=REGISTRY,
    ),
    Key(
        "ip",
        _IP,
        "0.0.0.0",  # noqa: S104 - a default told, not bound
        "R+new",
        "Host address on which ports of the default bridge network are published.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "ip-forward",
        _BOOL,
        "true",
        "R",
        "Turns on IP forwarding of the host.",
        info="IPv4Forwarding",
        go_path=BRIDGE,
    ),
    Key(
        "ip-forward-no-drop",
        _BOOL,
        "false",
        "R",
        "Keeps the FORWARD policy at ACCEPT when forwarding is turned on.",
        since=(28, 0),
        go_path=BRIDGE,
    ),
    Key(
        "ip-masq",
        _BOOL,
        "true",
        "R",
        "Masquerades traffic that leaves the default bridge network.",
        go_path=BRIDGE,
    ),
    Key(
        "ip6tables",
        _BOOL,
        "true since 27, false before",
        "R",
        "Lets the engine write IPv6 firewall rules.",
        go_path=BRIDGE,
    ),
    Key(
        "iptables",
        _BOOL,
        "true",
        "R",
        "Lets the engine write IPv4 firewall rules.",
        go_path=BRIDGE,
    ),
    Key(
        "ipv6",
        _BOOL,
        "false",
        "R",
        "IPv6 on the default bridge network.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "labels",
        _LIST,
        "[]",
        "H",
        "Labels of the engine, each key=value.",
        flag="label",
        info="Labels",
    ),
    Key(
        "live-restore",
        _BOOL,
        "false",
        "H",
        "Keeps containers running while the engine is down; not with swarm.",
        info="LiveRestoreEnabled",
    ),
    Key(
        "log-driver",
        _TEXT,
        "json-file",
        "R+new",
        "Log driver of containers that name none.",
        info="LoggingDriver",
        go_path=LOGS,
    ),
    Key(
        "log-format",
        "log format",
        "text",
        "R",
        "Format of the engine's own log: text or json.",
        since=(25, 0),
    ),
    Key(
        "log-level",
        _TEXT,
        "info",
        "R",
        "Level of the engine's own log: debug, info, warn, error or fatal.",
    ),
    Key(
        "log-opts",
        "map of string",
        "{}",
        "R+new",
        "Options of the default log driver; every value is a text.",
        flag="log-opt",
        go_path=LOGS,
    ),
    Key(
        "max-concurrent-downloads",
        _INT,
        "3",
        "H",
        "Layers pulled at the same time.",
    ),
    Key(
        "max-concurrent-uploads",
        _INT,
        "5",
        "H",
        "Layers pushed at the same time.",
    ),
    Key(
        "max-download-attempts",
        _INT,
        "5",
        "H",
        "Attempts at each layer of a pull.",
    ),
    Key(
        "metrics-addr",
        _TEXT,
        "",
        "R",
        "Address of the Prometheus metrics; they are served without authentication.",
    ),
    Key(
        "min-api-version",
        _TEXT,
        "1.44, from 29.3 on 1.40",
        "R",
        "Oldest API version that clients may use.",
        since=(29, 0),
    ),
    Key(
        "mtu",
        _INT,
        "1500",
        "R",
        "MTU of the default bridge network, and of no other.",
        go_path=DEFAULT_BRIDGE,
    ),
    Key(
        "network-control-plane-mtu",
        _INT,
        "1500",
        "R",
        "MTU of the swarm control plane.",
        go_path=NETWORK,
    ),
    Key(
        "network-diagnostic-port",
        _INT,
        "0",
        "H",
        "Port of the network diagnostic server; 0 is off.",
    ),
    Key(
        "no-new-privileges",
        _BOOL,
        "false",
        "R+new",
        "Forbids processes in containers to gain privileges.",
        info="SecurityOptions",
        go_path=PLATFORM,
    ),
    Key(
        "no-proxy",
        _TEXT,
        "NO_PROXY of the engine's environment",
        "R",
        "Hosts that the engine reaches without its proxy.",
        since=(23, 0),
        info="NoProxy",
        go_path=f"{COMMON}.proxies",
        parent="proxies",
    ),
    Key(
        "node-generic-resources",
        _LIST,
        "[]",
        "R",
        "Resources that the swarm node advertises, each name=value.",
        flag="node-generic-resource",
        info="GenericResources",
    ),
    Key(
        "nri-opts",
        "nri",
        "off",
        "H",
        "Node Resource Interface plugins.",
        since=(29, 2),
    ),
    Key(
        "oom-score-adjust",
        _INT,
        "0",
        "R",
        "oom_score_adj of the engine; the systemd unit sets it today.",
        removed=(25, 0),
        parsed_until=(26, 0),
        go_path=PLATFORM,
    ),
    Key(
        "pidfile",
        _TEXT,
        "/var/run/docker.pid",
        "R",
        "File with the engine's process id.",
    ),
    Key(
        "raw-logs",
        _BOOL,
        "false",
        "R",
        "The engine's own log without colours.",
    ),
    Key(
        "registry-mirrors",
        _LIST,
        "[]",
        "H",
        "Mirrors of Docker Hub, each a URL.",
        flag="registry-mirror",
        info="RegistryConfig.Mirrors",
        go_path=REGISTRY,
    ),
    Key(
        "rootless",
        _BOOL,
        "false",
        "R",
        "Set by the rootless start script; never by hand.",
        info="SecurityOptions",
        go_path=PLATFORM,
    ),
    Key(
        "runtimes",
        "runtimes",
        "{}",
        "H",
        "Further runtimes, each with a path or a runtimeType.",
        # Flag and file are merged: no conflict (skipDuplicates in moby).
        info="Runtimes",
        go_path=PLATFORM,
    ),
    Key(
        "seccomp-profile",
        _TEXT,
        "builtin",
        "R+new",
        'File of the seccomp profile; "unconfined" turns seccomp off.',
        info="SecurityOptions",
        go_path=PLATFORM,
    ),
    Key(
        "selinux-enabled",
        _BOOL,
        "false",
        "R+new",
        "SELinux labels for containers.",
        info="SecurityOptions",
        go_path=PLATFORM,
    ),
    Key(
        "shutdown-timeout",
        _INT,
        "15",
        "H",
        "Seconds the engine waits for containers when it stops.",
    ),
    Key(
        "storage-driver",
        _TEXT,
        "overlay2, or the containerd image store on a fresh 29",
        "R+data",
        "Driver that stores image layers.",
        info="Driver",
    ),
    Key(
        "storage-opts",
        _LIST,
        "[]",
        "R+data",
        "Options of the storage driver.",
        flag="storage-opt",
    ),
    Key(
        "swarm-default-advertise-addr",
        _TEXT,
        "",
        "R",
        "Address or interface that docker swarm init advertises.",
    ),
    Key("tls", _BOOL, "false", "R", "TLS on the API's TCP sockets."),
    Key(
        "tlscacert",
        _TEXT,
        "",
        "R",
        "CA that clients' certificates must come from.",
        go_path=TLS,
    ),
    Key("tlscert", _TEXT, "", "R", "The API's certificate.", go_path=TLS),
    Key("tlskey", _TEXT, "", "R", "The API's private key.", go_path=TLS),
    Key(
        "tlsverify",
        _BOOL,
        "false",
        "R",
        "TLS with clients' certificates; even false turns TLS on.",
    ),
    Key(
        "userland-proxy",
        _BOOL,
        "true",
        "R",
        "docker-proxy for published ports.",
        go_path=BRIDGE,
    ),
    Key(
        "userland-proxy-path",
        _TEXT,
        "docker-proxy",
        "R",
        "Absolute path of docker-proxy.",
        go_path=BRIDGE,
    ),
    Key(
        "userns-remap",
        _TEXT,
        "",
        "R+data",
        "User whose subordinate ids containers run with; data moves to a directory of its own.",
        info="SecurityOptions",
        go_path=PLATFORM,
    ),
)

FIELDS_WITHOUT_FLAG: Final[tuple[Key, ...]] = (
    # The struct has these fields, but no flag has their name: as a value that is not an object
    # every engine refuses them as unknown; as an object the type is refused.
    Key("containerd-plugin-namespace", _TEXT, "plugins.moby", "R", ""),
    Key("default-init", _TEXT, "docker-init", "R", "", go_path=PLATFORM),
    Key("resolv-conf", _TEXT, "", "R", "", go_path=PLATFORM),
    Key("swarm-raft-election-tick", "uint32", "", "R", ""),
    Key("swarm-raft-heartbeat-tick", "uint32", "", "R", ""),
)

FLAT: Final[frozenset[str]] = frozenset(
    {
        "builder",
        "cluster-store-opts",
        "default-network-opts",
        "default-ulimits",
        "features",
        "log-opts",
        "nri-opts",
        "runtimes",
    }
)
"""Objects that are one value; every other object is flattened into the top level
(``flatOptions`` in moby's daemon/config/config.go)."""

_FLAT_SINCE: Final[dict[str, Release]] = {"default-network-opts": (24, 0), "nri-opts": (29, 2)}

SINGULAR: Final[dict[str, str]] = {
    "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins",
    "cdi-spec-dir": "cdi-spec-dirs",
    "cluster-store-opt": "cluster-store-opts",
    "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "dns-opt": "dns-opts",
    "exec-opt": "exec-opts",
    "feature": "features",
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
"""Names of dockerd flags whose key is spelt otherwise: accepted in the file, and ignored."""

_SINGULAR_SINCE: Final[dict[str, Release]] = {
    "cdi-spec-dir": (25, 0),
    "default-network-opt": (24, 0),
    "feature": (27, 3),
}
_SINGULAR_REMOVED: Final[dict[str, Release]] = {"cluster-store-opt": (24, 0)}

FLAG_ONLY: Final[dict[str, str]] = {
    "config-file": "names the configuration file itself",
    "containerd-plugins-namespace": "is only read from the command line",
    "help": "only prints the help text",
    "restart": "was replaced by restart policies of containers",
    "validate": "only checks the file",
    "version": "only prints the version",
}
"""Flags that the file's parser accepts as a key and nothing reads."""

BY_NAME: Final[dict[str, Key]] = {key.name: key for key in KEYS}

LONG_GONE: Final[dict[str, str]] = {"disable-legacy-registry": "19.03"}
"""Keys that engines before 20.10 had, and when they went."""

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def engine_version(text: str) -> tuple[int, int, int]:
    """``28.5.2+dfsg4`` to ``(28, 5, 2)``; what is no version counts as the newest known."""
    match = _VERSION.search(text)
    if not match:
        return NEWEST
    return int(match[1]), int(match[2]), int(match[3] or 0)


def is_flat(name: str, engine: tuple[int, ...]) -> bool:
    """Whether an object under this key stays whole in an engine of this version."""
    return name in FLAT and engine[:2] >= _FLAT_SINCE.get(name, (0, 0))


def singular_exists(name: str, engine: tuple[int, ...]) -> bool:
    """Whether this engine has the flag of that name, so that its parser accepts the key."""
    if name not in SINGULAR:
        return False
    since = _SINGULAR_SINCE.get(name, (0, 0))
    removed = _SINGULAR_REMOVED.get(name, (999, 0))
    return since <= engine[:2] < removed


def is_accepted(name: str, engine: tuple[int, ...]) -> bool:
    """Whether the parser of this engine lets a (flattened) key of this name through."""
    key = BY_NAME.get(name)
    if key is not None and key.parses_in(engine):
        return True
    if name in FLAG_ONLY:
        return name != "validate" or engine >= (23, 0)
    return singular_exists(name, engine)


def field_names(engine: tuple[int, ...]) -> tuple[Key, ...]:
    """The keys that an engine of this version decodes into a typed field.

    Keys it accepts and ignores have no field any more, so their values have no type.
    """
    return tuple(
        key
        for key in KEYS + FIELDS_WITHOUT_FLAG
        if not key.parent
        and key.parses_in(engine)
        and (key.ignored_since is None or engine[:2] < key.ignored_since)
    )
