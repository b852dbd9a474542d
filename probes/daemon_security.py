"""The daemon's security: who can command it, what it trusts, and how it confines containers."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from typing import TYPE_CHECKING, Any, TypeVar

from probes import configuration, engine, engine_host, requirements
from probes.daemon_control import IN_A_VM, UNKNOWN, Control, advice
from probes.formats.proc_net_tcp import parse_listeners
from probes.formats.timestamps import format_time
from probes.formats.x509 import parse_certificates
from probes.host.questions import Garbled, Unreadable
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
    unknown,
)
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probes.formats.os_release import PackageManager
    from probes.host import Host
    from probes.host.questions import Stat

T = TypeVar("T")

CERTIFICATE_DAYS = Threshold(
    "daemon-certificate-days",
    30,
    "days",
    "what Let's Encrypt and most monitoring take as the time to renew: long enough for a change "
    "request, short enough not to nag (https://letsencrypt.org/docs/integration-guide/)",
)

DEFAULT_BRIDGE = "/networks/bridge"

GROUP_IS_EVERYBODY = frozenset({"users", "nogroup", "nobody", "everyone"})
"""Groups that every account of a distribution is in by default."""

ROOT_EQUIVALENT_GROUPS = frozenset({"root", "wheel", "docker", "sudo"})
"""Groups whose members are root anyway: that they may write a file tells nothing new."""

CLOSED_MIRRORS = {
    "registry.docker-cn.com": "closed in 2019 (https://github.com/docker/docs/issues/8793)",
    "reg-mirror.qiniu.com": (
        "closed on 2020-05-30 "
        "(https://github.com/docker-practice/docker-registry-cn-mirror-test/issues/3)"
    ),
    "docker.mirrors.ustc.edu.cn": (
        "refuses all addresses outside its university since 2022 "
        "(https://github.com/docker-practice/docker-registry-cn-mirror-test/issues/1)"
    ),
}
"""Mirrors of Docker Hub that were widely used and no longer serve the public."""

LOCAL_SUFFIXES = (".local", ".lan", ".internal", ".localdomain", ".home", ".corp", ".test", ".svc")
"""Names that no public DNS has: RFC 6762 appendix G, RFC 6761, ICANN's .internal."""

LIST_AT_MOST = 64
"""Folders and files of certs.d that are looked at; a host talks to a handful of registries."""

TOPIC = Topic["DaemonSecurity"](
    "daemon-security", "The daemon's security", engine=(DEFAULT_BRIDGE,)
)


class Listener(NamedTuple):
    """One TCP address on which the API is served."""

    address: str
    scope: str
    """loopback or network."""
    protection: str
    """none, encrypted (no client certificate wanted) or verified."""
    source: str
    locator: str
    value: str


class Certificate(NamedTuple):
    """One certificate file of the daemon."""

    path: str
    use: str
    """tlscert or tlscacert."""
    name: str
    not_after: float
    """The earliest of the file."""


class Owned(NamedTuple):
    """A file that decides about the daemon, with who may change it."""

    path: str
    kind: str
    mode: int
    uid: int
    owner: str
    group: str


class Registry(NamedTuple):
    """A registry whose certificate is not checked."""

    name: str
    reach: str
    """all (every address), public or private."""


class DaemonSecurity(NamedTuple):
    """What decides about who commands the daemon and how it confines containers."""

    rootless: bool | Missing
    exposed: tuple[Listener, ...] | Missing
    """TCP addresses on which the API is served without client certificates."""
    metrics: Listener | Missing | None
    options: tuple[str, ...] | Missing
    """/info SecurityOptions, as they are."""
    provider: str | Missing
    apparmor_kernel: bool | Missing
    apparmor_parser: bool | Missing
    container: str | Missing
    selinux_enforcing: bool | Missing
    seccomp_file: bool | Missing
    """Whether the profile that the options name by its path is there."""
    insecure_registries: tuple[Registry, ...] | Missing
    mirrors: tuple[str, ...] | Missing
    certificates: tuple[Certificate | Missing, ...] | Missing
    keys: tuple[Owned, ...] | Missing
    now: float
    files: tuple[Owned | Missing, ...] | Missing
    daemon_uid: int | Missing
    daemon_config: str | Missing
    daemon_socket: Owned | Missing | None
    containerd_socket: Owned | Missing | None
    group_members: tuple[str, ...] | Missing
    user_namespace: bool | Missing
    no_new_privileges: bool | Missing
    icc: bool | Missing
    bridge_containers: int | Missing
    live_restore: bool | Missing
    swarm: bool | Missing
    audit_rules: str | Missing | None
    """The audit rules as text; None where there is no auditd."""
    content_trust: str
    synology: bool | Missing = False
    manager: PackageManager | None = None
    site: Control = UNKNOWN
    os_type: str = "linux"
    """What the engine's containers run on: linux or windows."""


# -- looking: the API's addresses ----------------------------------------------------------------

_WARNING = r"API is accessible on (https?)://(\S+) without (encryption|TLS client verification)"


def scope_of(address: str) -> str:
    """Whether an address is reachable from the host alone: loopback or network.

    >>> scope_of("127.0.0.1:2375"), scope_of("[::]:2375"), scope_of("localhost:2375")
    ('loopback', 'network', 'loopback')
    """
    host = host_of(address)
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    try:
        return "loopback" if ipaddress.ip_address(host.partition("%")[0]).is_loopback else "network"
    except ValueError:
        return "network"


def host_of(address: str) -> str:
    """The host part of ``host:port``, brackets taken off.

    >>> host_of("[fe80::1]:2375"), host_of("10.0.0.1:5000"), host_of("registry.example")
    ('fe80::1', '10.0.0.1', 'registry.example')
    """
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, colon, port = address.rpartition(":")
    return host if colon and port.isdigit() and ":" not in host else address


def tcp_address(text: str, port: int) -> str | None:
    """Host and port of one of dockerd's ``hosts``; None for a socket that is no TCP.

    An empty host means localhost there (moby opts/hosts.go, ``ParseTCPAddr``).

    >>> tcp_address("tcp://:2375", 2375), tcp_address("0.0.0.0", 2376), tcp_address("fd://", 1)
    ('localhost:2375', '0.0.0.0:2376', None)
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "tcp", scheme
    if scheme != "tcp":
        return None
    rest = rest.split("/")[0]
    host = host_of(rest)
    if host == rest.strip("[]"):
        rest = f"{rest}:{port}" if rest else f"localhost:{port}"
    return f"localhost{rest}" if rest.startswith(":") else rest


def warned_listeners(info: dict[str, Any]) -> tuple[Listener, ...]:
    """The unprotected addresses that the engine itself warns of (18.09 and later)."""
    found = []
    for warning in _texts(info.get("Warnings")):
        match = re.search(_WARNING, warning)
        if match:
            protection = "none" if match[3] == "encryption" else "encrypted"
            line = warning.strip().splitlines()[0]
            found.append(
                Listener(
                    match[2], scope_of(match[2]), protection, "engine GET /info", "Warnings", line
                )
            )
    return tuple(found)


def _protection(host: Host) -> str:
    """By dockerd's rule: tlsverify set, whatever to, means TLS; tls alone means verified TLS too
    (moby cmd/dockerd/daemon.go, ``loadDaemonCliConfig``).
    """  # noqa: D205 - one sentence
    tls = configuration.setting(host, "tls")
    verify = configuration.setting(host, "tlsverify")
    if verify.source != "default":
        return "verified" if verify.value is True else "encrypted"
    return "verified" if tls.value is True else "none"


def _configured(host: Host) -> tuple[Listener, ...]:
    """The TCP addresses of the settings and of the socket units that start the daemon."""
    hosts = configuration.setting(host, "hosts")
    protection = _protection(host)
    port = 2375 if protection == "none" else 2376
    values = hosts.value if isinstance(hosts.value, list) else []
    found = []
    for value in values:
        address = tcp_address(str(value), port)
        if address is not None:
            where = hosts.where or "default"
            found.append(
                Listener(address, _scope(host, address), protection, where, "hosts", str(value))
            )
    if any(str(value).startswith("fd:") for value in values):
        found += _activated(host, protection)
    return tuple(found)


def _scope(host: Host, address: str) -> str:
    """By the address; a name is looked up in what the kernel says listens on that port."""
    scope, name = scope_of(address), host_of(address)
    if scope == "loopback" or re.fullmatch(r"[0-9.]+|.*:.*", name):
        return scope
    port = address.rpartition(":")[2]
    seen = have(known(lambda: _listening(host)), ())
    scopes = {where for where, number in seen if str(number) == port}
    return "loopback" if scopes == {"loopback"} else "network"


def _listening(host: Host) -> tuple[tuple[str, int], ...]:
    pid = engine.daemon(host).pid
    four = parse_listeners(host.read_text(f"/proc/{pid}/net/tcp"))
    six = absent_as(lambda: parse_listeners(host.read_text(f"/proc/{pid}/net/tcp6")), [])
    return (*four, *have(six, []))


def _activated(host: Host, protection: str) -> list[Listener]:
    """TCP sockets that systemd opened for the daemon: /info does not warn of these."""
    argv = ("systemctl", "list-sockets", "--no-legend", "--no-pager", "--full")
    found = []
    for line in host.output(*argv).splitlines():
        words = line.split()
        if len(words) < 3 or words[-1] != "docker.service":  # noqa: PLR2004 - listen unit activates
            continue
        address = words[0]
        if re.fullmatch(r"(?:\[[0-9a-fA-F:.%]+\]|[0-9.]+):\d+", address):
            source = " ".join(argv[:2])
            found.append(
                Listener(address, scope_of(address), protection, source, words[-2], line.strip())
            )
    return found


def _exposed(host: Host) -> tuple[Listener, ...]:
    """What is open, by the engine's own word where it answers, else by its settings."""
    configured = known(lambda: _configured(host))
    try:
        warned = warned_listeners(engine.info(host))
    except Unreadable:
        if isinstance(configured, Missing):
            raise
        # Without the engine's word: what is configured and is really listened on.
        ports = {number for _, number in _listening(host)}
        return tuple(
            item
            for item in configured
            if item.protection != "verified"
            and item.address.rpartition(":")[2].isdigit()
            and int(item.address.rpartition(":")[2]) in ports
        )
    if isinstance(configured, Missing):
        if configured.kind == "inapplicable" and engine.look(host).provider == "podman":
            raise engine.NotHere("podman does not tell on which addresses its API is served")
        return warned
    units = (
        i for i in configured if i.source.startswith("systemctl") and i.protection != "verified"
    )
    return (*warned, *units)


def _metrics(host: Host) -> Listener | None:
    setting = configuration.setting(host, "metrics-addr")
    address = str(setting.value or "")
    if not address:
        return None
    if address.startswith(":"):
        address = f"0.0.0.0{address}"  # noqa: S104 - said, not bound
    return Listener(address, scope_of(address), "none", setting.where, "metrics-addr", address)


# -- looking: files ------------------------------------------------------------------------------


def _owned(host: Host, path: str) -> Owned | None:
    """Who may change a path; None where it is not there."""
    try:
        stat = host.stat(path)
    except Unreadable as error:
        if error.kind == "absent":
            return None
        raise
    return _of_stat(path, stat)


def _of_stat(path: str, stat: Stat) -> Owned:
    return Owned(path, stat.kind, stat.mode, stat.uid, stat.owner, stat.group)


SYSTEM_FILES = (
    "/etc/docker",
    "/etc/docker/certs.d",
    "/etc/default/docker",
    "/etc/sysconfig/docker",
    "/etc/conf.d/docker",
    "/lib/systemd/system/docker.service",
    "/lib/systemd/system/docker.socket",
    "/usr/lib/systemd/system/docker.service",
    "/usr/lib/systemd/system/docker.socket",
    "/etc/systemd/system/docker.service",
    "/etc/systemd/system/docker.socket",
    "/etc/systemd/system/docker.service.d",
    "/etc/systemd/system/docker.socket.d",
    "/etc/containerd/config.toml",
)
"""Who may write one of these decides what root runs (CIS Docker Benchmark 3.1 to 3.22)."""


def _files(host: Host, daemon: engine.Daemon | Missing) -> tuple[Owned | Missing, ...]:
    """The files of this daemon; where none runs, those of the one that would start.

    Those that do not exist are left out, those that cannot be looked at are Missing.
    """
    config = "/etc/docker/daemon.json" if isinstance(daemon, Missing) else daemon.config_file
    paths = {config: None, posixpath.dirname(config): None}
    if isinstance(daemon, Missing) or daemon.uid == 0:
        paths.update(dict.fromkeys(SYSTEM_FILES))
        for folder in ("/etc/systemd/system/docker.service.d", "/etc/docker/certs.d"):
            names = have(known(lambda folder=folder: host.list(folder)), ())  # type: ignore[misc]
            paths.update(dict.fromkeys(f"{folder}/{name}" for name in names[:LIST_AT_MOST]))
    found: list[Owned | Missing] = []
    real: set[str] = set()
    for path in paths:
        item = known(lambda path=path: _owned(host, path))  # type: ignore[misc]
        if isinstance(item, Missing) and item.kind != "absent":
            found.append(item)
        where = known(lambda path=path: host.realpath(path))  # type: ignore[misc]
        if isinstance(item, Owned) and where not in real:
            real.add(where if isinstance(where, str) else path)
            found.append(item)
    return tuple(found)


def _tls_file(host: Host, key: str, name: str) -> str:
    """The path of a TLS file: as set, else where dockerd looks by itself when it uses TLS."""
    value = str(configuration.setting(host, key).value or "")
    if value:
        return value
    home = engine.home_of(host, engine.daemon(host).uid)
    return f"{home}/.docker/{name}"


def _certificates(host: Host) -> tuple[Certificate | Missing, ...]:
    if _protection(host) == "none":
        raise engine.NotHere("the daemon uses no TLS")
    found: list[Certificate | Missing] = []
    for key, name in (("tlscert", "cert.pem"), ("tlscacert", "ca.pem")):
        path = _tls_file(host, key, name)
        item = absent_as(lambda path=path, key=key: _certificate(host, path, key), None)  # type: ignore[misc]
        if item is not None:
            found.append(item)
    return tuple(found)


def _certificate(host: Host, path: str, use: str) -> Certificate:
    look = f"sudo openssl x509 -noout -enddate -in {path}"
    try:
        parsed = parse_certificates(host.read_text(path))
    except ValueError as error:
        raise Garbled(f"{path}: {error}", look=look) from None
    soonest = min(parsed, key=lambda c: c.not_after)
    return Certificate(path, use, soonest.name, soonest.not_after)


def _keys(host: Host) -> tuple[Owned, ...]:
    """The daemon's TLS key and the client keys for registries."""
    found = []
    if _protection(host) != "none":
        key = _owned(host, _tls_file(host, "tlskey", "key.pem"))
        if key is not None:
            found.append(key)
    base = "/etc/docker/certs.d"
    for folder in have(known(lambda: host.list(base)), ())[:LIST_AT_MOST]:
        names = have(known(lambda folder=folder: host.list(f"{base}/{folder}")), ())  # type: ignore[misc]
        for name in names[:LIST_AT_MOST]:
            if name.endswith(".key"):
                item = known(lambda path=f"{base}/{folder}/{name}": _owned(host, path))  # type: ignore[misc]
                if isinstance(item, Owned):
                    found.append(item)
    return tuple(found)


def _members(host: Host, group: str) -> tuple[str, ...]:
    """The members of a group: listed, or by their primary group (group(5), passwd(5))."""
    fields = next((f for f in _table(host, "/etc/group", 4) if f[0] == group), None)
    if fields is None:
        return ()
    names = [name for name in fields[3].split(",") if name]
    names += [f[0] for f in _table(host, "/etc/passwd", 7) if f[3] == fields[2]]
    return tuple(dict.fromkeys(name for name in names if name != "root"))


def _table(host: Host, path: str, width: int) -> Iterable[list[str]]:
    for line in host.read_text(path).splitlines():
        fields = line.split(":")
        if len(fields) >= width:
            yield fields


def _audit(host: Host) -> str | None:
    if not host.exists("/etc/audit"):
        return None
    texts = [absent_as(lambda: host.read_text("/etc/audit/audit.rules"), "")]
    names = have(absent_as(lambda: host.list("/etc/audit/rules.d"), ()), ())
    for name in names[:LIST_AT_MOST]:
        if name.endswith(".rules"):
            texts.append(known(lambda name=name: host.read_text(f"/etc/audit/rules.d/{name}")))  # type: ignore[misc]  # noqa: PERF401 - reads
    read = [text for text in texts if isinstance(text, str)]
    for text in texts:
        if isinstance(text, Missing) and not any(read):
            raise Garbled(text.reason, look="sudo auditctl -l")
    return "\n".join(read)


# -- looking: what the engine says ---------------------------------------------------------------


def _options(info: dict[str, Any]) -> tuple[str, ...]:
    if not isinstance(info.get("SecurityOptions"), list):
        raise Garbled("the engine does not tell its security options")
    return _texts(info["SecurityOptions"])


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """The texts of a JSON list; none of anything else."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _in_swarm(info: dict[str, Any]) -> bool:
    swarm = info.get("Swarm")
    return isinstance(swarm, dict) and swarm.get("LocalNodeState") == "active"


def option(options: tuple[str, ...], name: str) -> str | None:
    """A security option by its name, as ``name=seccomp,profile=builtin``; None without it.

    >>> option(("name=seccomp,profile=builtin",), "seccomp"), option((), "apparmor")
    ('name=seccomp,profile=builtin', None)
    """
    return next((o for o in options if f"name={name}" in o.split(",") or o == name), None)


def _registry_config(info: dict[str, Any]) -> dict[str, Any]:
    value = info.get("RegistryConfig")
    if not isinstance(value, dict):
        raise Garbled("the engine does not tell its registry settings")
    return value


def insecure(config: dict[str, Any]) -> tuple[Registry, ...]:
    """Registries beyond loopback whose certificate is not checked."""
    found = []
    for text in _texts(config.get("InsecureRegistryCIDRs")):
        try:
            net = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        if net.is_loopback:
            continue
        reach = "all" if net.prefixlen == 0 else "private" if net.is_private else "public"
        found.append(Registry(text, reach))
    indexes = config.get("IndexConfigs")
    for name, index in indexes.items() if isinstance(indexes, dict) else ():
        if isinstance(index, dict) and index.get("Secure") is False:
            host = host_of(str(name))
            # Docker Desktop's own proxy for Docker Hub, which comes with it.
            if scope_of(host) != "loopback" and host != "hubproxy.docker.internal":
                found.append(Registry(str(name), "private" if is_local_name(host) else "public"))
    return tuple(dict.fromkeys(found))


MINIKUBE_SERVICES = "10.96.0.0/12"
"""The range of Kubernetes' services: minikube has its engine trust what is served there
(kubernetes/minikube pkg/minikube/constants, DefaultServiceCIDR)."""


def _chosen_insecure(provider: str | Missing, info: dict[str, Any]) -> tuple[Registry, ...]:
    """The insecure registries that somebody chose, without those that come with a provider."""
    found = insecure(_registry_config(info))
    usual = {MINIKUBE_SERVICES} if provider == "minikube" else set()
    return tuple(item for item in found if item.name not in usual)


def is_local_name(host: str) -> bool:
    """Whether a name or address can only be one of the own network.

    >>> is_local_name("192.168.1.5"), is_local_name("registry"), is_local_name("hub.example.com")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)


def _seccomp_file(host: Host) -> bool:
    profile = profile_of(_options(engine.info(host)))
    if not profile.startswith("/"):
        raise engine.NotHere("the seccomp profile is no file")
    engine.daemon(host)
    return host.exists(profile)


def profile_of(options: tuple[str, ...]) -> str:
    """The seccomp profile; empty where the engine uses none.

    >>> profile_of(("name=seccomp,profile=/etc/s.json",))
    '/etc/s.json'
    """
    value = option(options, "seccomp")
    if value is None:
        return ""
    return next(
        (p.partition("=")[2] for p in value.split(",") if p.startswith("profile=")), "default"
    )


def default_bridge(host: Host) -> dict[str, Any]:
    """GET /networks/bridge. Raises: Unreadable, inapplicable where there is no default bridge."""
    try:
        answer = engine.get(host, DEFAULT_BRIDGE)
    except Unreadable as error:
        if getattr(error, "status", 0) == 404:  # noqa: PLR2004 - HTTP
            raise engine.NotHere("there is no default bridge") from None
        raise
    if not isinstance(answer, dict):
        raise Garbled(f"GET {DEFAULT_BRIDGE} answered with something that is no JSON object")
    return answer


def _count(value: Any) -> int:  # noqa: ANN401 - any JSON
    return len(value) if isinstance(value, dict) else 0


def _icc(host: Host) -> bool:
    options = default_bridge(host).get("Options")
    value = (
        options.get("com.docker.network.bridge.enable_icc") if isinstance(options, dict) else None
    )
    # Not told means on, as in the driver (libnetwork drivers/bridge).
    return str(value or "true").lower() == "true"


def _selinux(host: Host) -> bool:
    engine_host.engine_host(host)
    value = absent_as(lambda: host.read_text("/sys/fs/selinux/enforce"), "")
    if isinstance(value, Missing):
        raise Garbled(value.reason, look="getenforce")
    return value.strip() == "1"


def _apparmor(host: Host) -> bool:
    engine_host.engine_host(host)
    value = absent_as(lambda: host.read_text("/sys/module/apparmor/parameters/enabled"), "")
    if isinstance(value, Missing):
        raise Garbled(value.reason, look="sudo aa-status")
    return value.strip() == "Y"


def _parser(host: Host) -> bool:
    return any(
        host.exists(path)
        for path in (
            "/sbin/apparmor_parser",
            "/usr/sbin/apparmor_parser",
            "/run/current-system/sw/bin/apparmor_parser",
        )
    )


def _socket(host: Host) -> Owned | None:
    daemon = engine.daemon(host)
    where = engine.target(host).endpoint.url
    path = where.removeprefix("unix://") if where.startswith("unix://") else engine.DEFAULT_SOCKET
    return None if daemon.uid != 0 else _owned(host, path)


def _here(daemon: engine.Daemon | Missing, question: Callable[[], T]) -> T | Missing:
    """A fact of this host, where it is the daemon's host, whether or not the daemon runs."""
    if isinstance(daemon, Missing) and daemon.kind == "inapplicable":
        return daemon
    return known(question)


def _from(told: dict[str, Any] | Missing, pick: Any) -> Any:  # noqa: ANN401 - any fact
    """A fact out of /info, or why there is none."""
    return told if isinstance(told, Missing) else known(lambda: pick(told))


@TOPIC.probe
def look(host: Host) -> DaemonSecurity:
    """Ask the engine, its settings, its files and the kernel."""
    about = engine.look(host)
    told = known(lambda: engine.info(host))
    daemon = known(lambda: engine.daemon(host))
    socket = known(lambda: _socket(host))
    group = socket.group if isinstance(socket, Owned) else "docker"
    return DaemonSecurity(
        rootless=about.rootless if isinstance(daemon, Missing) else daemon.uid != 0,
        exposed=known(lambda: _exposed(host)),
        metrics=known(lambda: _metrics(host)),
        options=_from(told, _options),
        provider=about.provider,
        apparmor_kernel=_here(daemon, lambda: _apparmor(host)),
        apparmor_parser=known(lambda: _parser(host)),
        container=known(lambda: engine_host.container_of(host)),
        selinux_enforcing=_here(daemon, lambda: _selinux(host)),
        seccomp_file=known(lambda: _seccomp_file(host)),
        insecure_registries=_from(told, lambda i: _chosen_insecure(about.provider, i)),
        mirrors=_from(told, lambda i: _texts(_registry_config(i).get("Mirrors"))),
        certificates=known(lambda: _certificates(host)),
        keys=known(lambda: _keys(host)),
        now=have(known(host.now), 0.0),
        files=_here(daemon, lambda: _files(host, daemon)),
        daemon_uid=0 if isinstance(daemon, Missing) else daemon.uid,
        daemon_config=daemon if isinstance(daemon, Missing) else daemon.config_file,
        daemon_socket=socket,
        containerd_socket=_here(daemon, lambda: _owned(host, "/run/containerd/containerd.sock")),
        group_members=_here(daemon, lambda: _members(host, group)),
        user_namespace=_from(told, lambda i: option(_options(i), "userns") is not None),
        no_new_privileges=_from(
            told, lambda _: configuration.setting(host, "no-new-privileges").value is True
        ),
        icc=known(lambda: _icc(host)),
        bridge_containers=known(lambda: _count(default_bridge(host).get("Containers"))),
        live_restore=_from(told, lambda i: i.get("LiveRestoreEnabled") is True),
        swarm=_from(told, _in_swarm),
        audit_rules=_here(daemon, lambda: _audit(host)),
        content_trust=have(known(lambda: host.env("DOCKER_CONTENT_TRUST")), None) or "",
        manager=requirements.package_manager(host),
        site=advice(host),
        os_type=str(have(told, {}).get("OSType") or "linux"),
        synology=_here(daemon, lambda: host.exists("/etc/synoinfo.conf")),
    )


# -- judging: who can command the daemon ---------------------------------------------------------

_PROTECT = "https://docs.docker.com/engine/security/protect-access/"
_ATTACK = "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"


def _config(facts: DaemonSecurity) -> str:
    """What holds the daemon's settings: its file, or where its provider keeps them."""
    if isinstance(facts.daemon_config, Missing):
        return facts.site.config_file
    return facts.daemon_config


def _power(facts: DaemonSecurity) -> str:
    """What somebody gains who commands this daemon."""
    return "the daemon's user account" if facts.rootless is True else "root on the host"


def _close(facts: DaemonSecurity, item: Listener) -> tuple[str, ...]:
    config = have(facts.daemon_config, "the daemon's configuration file")
    if item.source.startswith("systemctl"):
        return (
            f"sudo systemctl disable --now {item.locator}",
            "for remote use, reach it through ssh: docker -H ssh://USER@HOST",
        )
    return (
        (
            f"remove {item.address} from the daemon's -H flags or from hosts in {config}, "
            "then restart the daemon"
        ),
        "for remote use, reach it through ssh: docker -H ssh://USER@HOST",
        "or demand client certificates: --tlsverify with tlscacert, tlscert and tlskey",
    )


@TOPIC.check(
    "api-tcp-unprotected",
    ERROR,
    "The API is open on TCP without TLS",
    references=(_PROTECT, _ATTACK, "CIS Docker Benchmark 2.7"),
    applies="engines that tell their addresses: dockerd 18.09 and later",
)
def api_tcp_unprotected(facts: DaemonSecurity) -> list[Verdict]:
    """The engine's API is served on TCP, in plain text, to whoever connects.

    ## What it reads
    The engine's own warnings in /info, the settings hosts, tls and tlsverify of the daemon (command
    line and file), and the sockets that systemd opened for docker.service, of which the engine does
    not warn.

    ## Why it matters
    The API has no passwords. Whoever reaches the port starts a container with / mounted and is root.
    Ports 2375 on the internet are found and used for mining within hours. On loopback, every local
    user, every container with the host's network and scripts in a browser can reach it.

    ## How to mend it
    Remove the address from `-H` or `hosts` and restart the daemon. Remote use needs no port: `docker
    -H ssh://USER@HOST`, or `docker context create`. If it must be TCP, then with `--tlsverify` and
    client certificates.

    ## What could go wrong
    Tools that use the port (IDE, CI, Portainer) stop working until they are moved to ssh or TLS.
    `-H` may not be in the unit and in the file at once.

    ## Why this severity
    An error on an address of the network: that is a root shell for everybody. A warning on loopback,
    where the attacker must be on the host already. A firewall in front is not seen by this check.
    """
    return _exposures(facts, "none")


@TOPIC.check(
    "api-tls-clients-unverified",
    ERROR,
    "The API on TCP takes clients without certificates",
    references=(_PROTECT, "CIS Docker Benchmark 2.7"),
    applies="engines that tell their addresses: dockerd 18.09 and later",
)
def api_tls_clients_unverified(facts: DaemonSecurity) -> list[Verdict]:
    """The API on TCP is encrypted, and anybody may use it.

    ## What it reads
    The engine's own warnings in /info, and the settings hosts, tls and tlsverify.

    ## Why it matters
    Encryption hides what is said; it does not ask who speaks. With `tlsverify` off the daemon takes
    every client, who is then root on the host.

    ## How to mend it
    Set `"tlsverify": true` with `tlscacert`, the authority that signs your clients' certificates, and
    restart the daemon. `docker -H ssh://USER@HOST` needs neither.

    ## What could go wrong
    Clients without a certificate of that authority are locked out: hand them out first.

    ## Why this severity
    An error on an address of the network, a warning on loopback, as without TLS.
    """
    return _exposures(facts, "encrypted")


def _exposures(facts: DaemonSecurity, protection: str) -> list[Verdict]:
    found = [item for item in need(facts.exposed) if item.protection == protection]
    if not found:
        return [ok("no TCP address of the API is open in this way")]
    verdicts = []
    for item in found:
        near = item.scope == "loopback"
        how = "without TLS" if protection == "none" else "to clients without a certificate"
        who = "every local user and process" if near else "everybody who reaches that port"
        verdicts.append(
            fail(
                f"The API is served on {item.address} {how}: {who} has {_power(facts)}.",
                Evidence(item.source, item.locator, item.value, "no tcp:// host, or tlsverify"),
                subject=item.address,
                severity=WARNING if near else ERROR,
                mend=_close(facts, item),
            )
        )
    return verdicts


@TOPIC.check(
    "metrics-open-to-network",
    WARNING,
    "The daemon's metrics are open to the network",
    references=("https://docs.docker.com/engine/daemon/prometheus/",),
    applies="dockerd on this host",
)
def metrics_open_to_network(facts: DaemonSecurity) -> Verdict:
    """The metrics of the daemon are served on all interfaces, to everybody.

    ## What it reads
    The daemon's setting metrics-addr.

    ## Why it matters
    The endpoint knows no users. It tells versions, kernel, numbers of containers and failures, and
    every request costs the daemon work. Published on all interfaces it is also reachable from the
    containers and, without a firewall, from the internet.

    ## How to mend it
    Bind it to loopback, or to the one address at which Prometheus asks, and restart the daemon:
    `"metrics-addr": "127.0.0.1:9323"`.

    ## What could go wrong
    A Prometheus on another machine, or in a container, no longer gets an answer on loopback: give it
    an address that only it can reach.

    ## Why this severity
    A warning: it reveals, it does not let anybody in.
    """
    item = need(facts.metrics)
    if item is None:
        return ok("the daemon serves no metrics")
    host = host_of(item.address)
    seen = Evidence(item.source, item.locator, item.value, "127.0.0.1:9323")
    if host not in {"0.0.0.0", "::", ""} and (item.scope == "loopback" or is_local_name(host)):  # noqa: S104 - compared
        return ok(f"the metrics are served on {item.address}", seen)
    return fail(
        f"The daemon's metrics are served on {item.address}, without a password, to every network "
        "this host is in.",
        seen,
        mend=(
            (
                f'set "metrics-addr": "127.0.0.1:{item.address.rpartition(":")[2]}" in '
                f"{_config(facts)}, then restart the daemon"
            ),
        ),
    )


@TOPIC.check(
    "daemon-certificate-expiring",
    WARNING,
    "A TLS certificate of the daemon runs out",
    references=(_PROTECT, "https://www.rfc-editor.org/rfc/rfc5280"),
    applies="dockerd on this host that serves TLS",
)
def daemon_certificate_expiring(facts: DaemonSecurity) -> list[Verdict]:
    """A certificate with which the daemon serves its API, or its authority's, has run out or will.

    ## What it reads
    The files of tlscert and tlscacert, read by hullcheck itself; of a file with several certificates
    the one that runs out first.

    ## Why it matters
    From that day no client connects over TCP any more: CI, remote contexts, Portainer, swarm tools.
    It happens to all of them in the same second.

    ## How to mend it
    Make a new server certificate with the same authority, put it in the place of the old one, and
    restart the daemon. When the authority itself runs out, clients need new certificates as well.

    ## What could go wrong
    A certificate without the host's name or address among its subjectAltNames is refused by current
    clients.

    ## Why this severity
    A warning in the last 30 days, an error once it is over: then the API on TCP is dead.
    """
    found = need(facts.certificates)
    if not found:
        return [ok("the daemon has no certificate file")]
    verdicts = []
    for item in found:
        if isinstance(item, Missing):
            need(item)
            continue
        days = (item.not_after - facts.now) / 86400
        until = format_time(item.not_after)
        who = f" ({item.name})" if item.name else ""
        seen = Evidence(
            item.path, "notAfter", until, f"more than {CERTIFICATE_DAYS.value:.0f} days from now"
        )
        if days > CERTIFICATE_DAYS.value:
            verdicts.append(ok(f"{item.use} is valid until {until}", seen, subject=item.path))
            continue
        when = f"ran out {-days:.0f} days ago" if days <= 0 else f"runs out in {days:.0f} days"
        verdicts.append(
            fail(
                f"The daemon's {item.use}{who} {when}, on {until}: from then on no client connects "
                "over TCP.",
                seen,
                subject=item.path,
                severity=ERROR if days <= 0 else WARNING,
                mend=(
                    f"openssl x509 -noout -subject -enddate -ext subjectAltName -in {item.path}",
                    f"replace {item.path} with a new certificate, then restart the daemon",
                ),
            )
        )
    return verdicts


@TOPIC.check(
    "tls-key-readable",
    ERROR,
    "A private TLS key can be read by others",
    references=(_PROTECT, "CIS Docker Benchmark 3.13", "CIS Docker Benchmark 3.14"),
    applies="dockerd on this host with TLS keys",
)
def tls_key_readable(facts: DaemonSecurity) -> list[Verdict]:
    """A private key of the daemon, or of its registry logins, can be read by other accounts.

    ## What it reads
    The modes of the daemon's tlskey and of the client keys in /etc/docker/certs.d; never their
    content.

    ## Why it matters
    With the server's key anybody can pose as this daemon and read what clients send it. With a
    registry's client key anybody can pull and push as this host.

    ## How to mend it
    `sudo chown root:root KEY; sudo chmod 600 KEY`. When others may have read it, make a new one.

    ## What could go wrong
    Another service that reads the same key needs its own copy, or a group of its own.

    ## Why this severity
    An error when every account may read it, a warning when a group other than root's may.
    """
    keys = need(facts.keys)
    if not keys:
        return [skip("the daemon has no TLS key")]
    verdicts = []
    for key in keys:
        seen = Evidence(key.path, "mode", f"{key.mode:04o} {key.owner}:{key.group}", "0600 root")
        if key.mode & 0o004:
            severity, who = ERROR, "every account of this host"
        elif key.mode & 0o040 and key.group not in ROOT_EQUIVALENT_GROUPS:
            severity, who = WARNING, f"the group {key.group}"
        else:
            verdicts.append(ok("only its owner reads it", seen, subject=key.path))
            continue
        verdicts.append(
            fail(
                f"The private key {key.path} can be read by {who}: that is enough to pose as this "
                "daemon.",
                seen,
                subject=key.path,
                severity=severity,
                mend=(f"sudo chmod 600 {key.path}",),
            )
        )
    return verdicts


@TOPIC.check(
    "daemon-file-writable",
    ERROR,
    "Others may change the daemon's files",
    references=(
        "CIS Docker Benchmark 3.2",
        "CIS Docker Benchmark 3.6",
        "CIS Docker Benchmark 3.18",
        _ATTACK,
    ),
    applies="dockerd on this host",
)
def daemon_file_writable(facts: DaemonSecurity) -> list[Verdict]:
    """A file that decides what the daemon does can be changed by accounts that are not root.

    ## What it reads
    Owner and mode of daemon.json and its folder, docker.service, docker.socket and their drop-ins,
    the options files of the distributions, /etc/docker/certs.d and containerd's config.toml.

    ## Why it matters
    daemon.json names programs that run as root (`runtimes`), units name them outright, and certs.d
    decides whose images are trusted. Who can write one of them is root at the next restart.

    ## How to mend it
    `sudo chown root:root FILE`, and `sudo chmod go-w FILE`.

    ## What could go wrong
    A deployment tool that writes the file as its own user fails then: let it use sudo.

    ## Why this severity
    An error when everybody may write it. A warning when it is one user or group: somebody may have
    meant it, and it makes them root all the same.
    """
    files = need(facts.files)
    allowed = {0, need(facts.daemon_uid)}
    seen = [item for item in files if isinstance(item, Owned)]
    bad = [verdict for item in seen if (verdict := _writable(item, allowed))]
    if bad:
        return bad
    for item in files:
        if isinstance(item, Missing):
            return [unknown(item.reason, look=item.look)]
    if not seen:
        return [skip("none of the daemon's files is on this host")]
    return [
        ok(
            f"only root may change the daemon's {len(seen)} files and folders",
            *(Evidence(i.path, "mode", f"{i.mode:04o} {i.owner}:{i.group}") for i in seen),
        )
    ]


def _writable(item: Owned, allowed: set[int]) -> Verdict | None:
    seen = Evidence(
        item.path,
        "mode",
        f"{item.mode:04o} {item.owner}:{item.group}",
        "owner root, no write for others",
    )
    fixes = (f"sudo chmod go-w {item.path}",)
    if item.mode & 0o002 and not (item.kind == "directory" and item.mode & 0o1000):
        severity, who = ERROR, "every account of this host"
    elif item.uid not in allowed:
        severity, who = WARNING, f"the user {item.owner}"
        fixes = (f"sudo chown root:root {item.path}",)
    elif (
        item.mode & 0o020
        and item.group not in ROOT_EQUIVALENT_GROUPS
        and 0 in allowed
        and item.uid == 0
    ):
        severity, who = WARNING, f"the group {item.group}"
    else:
        return None
    return fail(
        f"{item.path} can be changed by {who}, who so becomes root when the daemon restarts.",
        seen,
        subject=item.path,
        severity=severity,
        mend=fixes,
    )


@TOPIC.check(
    "docker-socket-group-wide",
    ERROR,
    "The docker socket belongs to a group that everybody is in",
    references=(
        "https://docs.docker.com/engine/install/linux-postinstall/",
        "CIS Docker Benchmark 3.15",
    ),
    applies="rootful dockerd on this host",
)
def docker_socket_group_wide(facts: DaemonSecurity) -> Verdict:
    """The socket of the API may be used by a group that holds all accounts of the host.

    ## What it reads
    Group and mode of the socket. (Whether everybody may use it by its mode is another check.)

    ## Why it matters
    Who may use the socket is root. A group such as users is given to every new account, services
    included.

    ## How to mend it
    Give it to a group of its own: `sudo groupadd docker`, SocketGroup=docker in docker.socket or
    `"group": "docker"` in daemon.json, and restart docker.socket.

    ## What could go wrong
    People who used docker by the old group are locked out until they are put into the new one and
    have logged in again.

    ## Why this severity
    An error: all accounts are root.
    """
    item = need(facts.daemon_socket)
    if item is None:
        return skip("there is no rootful socket")
    seen = Evidence(
        item.path, "group", f"{item.mode:04o} {item.owner}:{item.group}", "group docker"
    )
    if item.mode & 0o020 and item.group in GROUP_IS_EVERYBODY:
        return fail(
            f"{item.path} may be used by the group {item.group}, which every account is in: all of "
            "them are root.",
            seen,
            mend=("sudo groupadd -f docker", f"sudo chgrp docker {item.path}"),
        )
    return ok(f"the socket belongs to {item.owner}:{item.group}", seen)


@TOPIC.check(
    "containerd-socket-open",
    ERROR,
    "containerd's socket is open to others than root",
    references=("CIS Docker Benchmark 3.23", "CIS Docker Benchmark 3.24"),
    applies="hosts with the system's containerd",
)
def containerd_socket_open(facts: DaemonSecurity) -> Verdict:
    """The socket of containerd, which starts containers for everybody who may write to it, is open.

    ## What it reads
    Owner, group and mode of /run/containerd/containerd.sock.

    ## Why it matters
    containerd asks no questions: who writes to its socket starts privileged containers and is root,
    around all of Docker's rules and logs.

    ## How to mend it
    `sudo chmod 660` and `sudo chown root:root` on it, and the settings grpc uid and gid in
    /etc/containerd/config.toml so that it stays so after a restart.

    ## What could go wrong
    Tools that use containerd as another user (nerdctl, monitoring) need sudo then.

    ## Why this severity
    An error when everybody may write to it: all accounts are root. A warning for a single group.
    """
    item = need(facts.containerd_socket)
    if item is None:
        return skip("there is no /run/containerd/containerd.sock")
    seen = Evidence(
        item.path, "mode", f"{item.mode:04o} {item.owner}:{item.group}", "0660 root:root"
    )
    if item.mode & 0o002:
        severity, who = ERROR, "every account of this host"
    elif item.mode & 0o020 and item.group not in ROOT_EQUIVALENT_GROUPS:
        severity, who = WARNING, f"the group {item.group}"
    else:
        return ok("only root may use containerd's socket", seen)
    return fail(
        f"{item.path} may be written by {who}: enough to become root.",
        seen,
        severity=severity,
        mend=(f"sudo chmod 660 {item.path}", f"sudo chown root:root {item.path}"),
    )


# -- judging: how containers are confined --------------------------------------------------------


@TOPIC.check(
    "apparmor-unused",
    WARNING,
    "AppArmor is on and the engine does not use it",
    references=("https://docs.docker.com/engine/security/apparmor/", "CIS Docker Benchmark 5.2"),
    applies="rootful engines on a host, not in a container",
)
def apparmor_unused(facts: DaemonSecurity) -> Verdict:
    """The kernel enforces AppArmor, and containers run without a profile.

    ## What it reads
    /sys/module/apparmor/parameters/enabled, the engine's security options, and whether there is an
    apparmor_parser.

    ## Why it matters
    The profile docker-default keeps containers from writing to /proc/sys and /sys, from mounting and
    from looking at other processes. The engine needs apparmor_parser to load it and goes on without
    it silently: on Debian the package is only recommended.

    ## How to mend it
    `sudo apt-get install apparmor`, restart the daemon, and start the containers again: they keep the
    profile they were started with.

    ## What could go wrong
    A container that needs mount or ptrace is refused then; `--security-opt apparmor=unconfined` is
    for that one container.

    ## Why this severity
    A warning: one of three walls between containers and host is missing, the others stand.
    """
    if need(facts.rootless):
        return skip("a rootless engine cannot load AppArmor profiles")
    if have(facts.provider, "") in {"snap", "podman"}:
        return skip(f"{have(facts.provider, '')} confines its containers in a way of its own")
    if not need(facts.apparmor_kernel):
        return skip("the kernel does not enforce AppArmor")
    inside = need(facts.container)
    if inside:
        return skip(f"this is a {inside} container: AppArmor is its host's affair")
    options = need(facts.options)
    seen = Evidence(
        "engine GET /info", "SecurityOptions", " ".join(options) or "none", "name=apparmor"
    )
    if option(options, "apparmor") is not None:
        return ok("containers run under AppArmor", seen)
    parser = facts.apparmor_parser is not False
    why = "" if parser else ", because apparmor_parser is not installed"
    return fail(
        f"The kernel enforces AppArmor and the engine does not use it{why}: containers run without "
        "a profile.",
        seen,
        Evidence("/sys/module/apparmor/parameters/enabled", "", "Y"),
        mend=(
            *(
                ()
                if parser
                else ("sudo apt-get install apparmor   # openSUSE: zypper install apparmor-parser",)
            ),
            f"{facts.site.restart}   # stops containers unless live-restore is on",
        ),
    )


@TOPIC.check(
    "selinux-unused",
    NOTE,
    "SELinux is enforcing and the engine does not use it",
    references=(
        "https://docs.docker.com/reference/cli/dockerd/",
        "https://github.com/docker/for-linux/issues/911",
        "CIS Docker Benchmark 5.3",
    ),
    applies="rootful dockerd on hosts with SELinux enforcing",
)
def selinux_unused(facts: DaemonSecurity) -> Verdict:
    """SELinux protects this host, and containers run outside of it.

    ## What it reads
    /sys/fs/selinux/enforce and the engine's security options.

    ## Why it matters
    Docker leaves its SELinux support off unless told otherwise, also on Fedora and RHEL. Containers
    then are not kept apart from each other and from the host by labels.

    ## How to mend it
    Install container-selinux, set `"selinux-enabled": true` in daemon.json, restart the daemon and
    make the containers again.

    ## What could go wrong
    Bind mounts need labels then: `:z` or `:Z` behind the path, else containers may not read them.
    Never put `:Z` behind /home, /etc or /usr: it relabels them for the container alone.

    ## Why this severity
    A note: it is the default of docker-ce, and turning it on needs care with every bind mount.
    """
    if need(facts.rootless):
        return skip("a rootless engine does not use SELinux labels")
    if not need(facts.selinux_enforcing):
        return skip("SELinux is not enforcing here")
    inside = need(facts.container)
    if inside:
        return skip(f"this is a {inside} container: SELinux is its host's affair")
    options = need(facts.options)
    seen = Evidence(
        "engine GET /info", "SecurityOptions", " ".join(options) or "none", "name=selinux"
    )
    if option(options, "selinux") is not None:
        return ok("containers run under SELinux", seen)
    return fail(
        "SELinux is enforcing on this host and the engine runs containers without labels.",
        seen,
        Evidence("/sys/fs/selinux/enforce", "", "1"),
        mend=(
            facts.manager.installing("container-selinux")
            if facts.manager
            else "install the package container-selinux",
            (
                f'set "selinux-enabled": true in {_config(facts)}, '
                "add :z or :Z to bind mounts, restart the daemon"
            ),
        ),
    )


@TOPIC.check(
    "seccomp-off",
    ERROR,
    "Containers run without a seccomp filter",
    references=("https://docs.docker.com/engine/security/seccomp/", "CIS Docker Benchmark 2.17"),
    applies="every engine that tells its security options",
)
def seccomp_off(facts: DaemonSecurity) -> Verdict:
    """The engine starts all containers with every system call of the kernel allowed.

    ## What it reads
    The engine's security options: the default profile is called `default` up to 20.10 and `builtin`
    since 23.0; `unconfined` is none, and no entry means that the kernel has no seccomp.

    ## Why it matters
    The default filter takes about 44 of 300 system calls away from containers, among them most that
    local exploits of the kernel needed.

    ## How to mend it
    Remove `seccomp-profile` from daemon.json (or the flag), restart the daemon and make the
    containers again. A program that needs one call more gets `--security-opt seccomp=FILE` for itself.

    ## What could go wrong
    A container that relied on the missing filter is refused a call and fails with EPERM: try it
    with the default filter first.

    ## Why this severity
    An error when it was switched off for all containers. A note in the VM of a desktop product,
    whose own boundary is the VM, and when the kernel cannot do it; not
    judged on a Synology NAS, where only its maker can change that.
    """
    options = need(facts.options)
    profile = profile_of(options)
    seen = Evidence(
        "engine GET /info", "SecurityOptions", " ".join(options) or "none", "seccomp, builtin"
    )
    if profile == "unconfined":
        return fail(
            "The engine's seccomp profile is unconfined: every container may use every system call.",
            seen,
            mend=(
                (
                    f"remove seccomp-profile from {_config(facts)} or dockerd's "
                    "command line, restart the daemon, make the containers again"
                ),
            ),
            severity=NOTE if facts.provider in IN_A_VM else "",
        )
    if facts.os_type == "windows":
        return skip("Windows containers have no seccomp")
    if not profile and have(facts.synology, otherwise=False):
        return skip("Synology decides on the kernel of its systems, which has no seccomp filter")
    if not profile:
        return fail(
            "The engine uses no seccomp filter: the kernel, or what dockerd runs in, does not "
            "offer it.",
            seen,
            severity=NOTE,
            mend=("grep CONFIG_SECCOMP_FILTER /boot/config-$(uname -r): it must be y",),
        )
    return ok(f"containers run with the seccomp profile {profile}", seen)


@TOPIC.check(
    "seccomp-profile-missing",
    ERROR,
    "The engine's seccomp profile is not there",
    references=("https://docs.docker.com/engine/security/seccomp/",),
    applies="engines with a seccomp profile of their own",
)
def seccomp_profile_missing(facts: DaemonSecurity) -> Verdict:
    """The file that the engine's seccomp-profile names does not exist any more.

    ## What it reads
    The profile's path in the engine's security options, and whether it exists on this host.

    ## Why it matters
    dockerd reads it when it starts and does not start without it. `dockerd --validate` does not
    notice.

    ## How to mend it
    Put the file back, or remove `seccomp-profile` to use the built-in filter.

    ## What could go wrong
    The built-in filter may refuse a call that the own profile allowed.

    ## Why this severity
    An error: the next restart of the daemon fails.
    """
    there = need(facts.seccomp_file)
    profile = profile_of(need(facts.options))
    seen = Evidence(profile, "", "there" if there else "does not exist", "a file")
    if there:
        return ok("the seccomp profile is there", seen)
    return fail(
        f"The seccomp profile {profile} does not exist: the daemon will not start again.",
        seen,
        mend=(f"restore {profile}, or remove seccomp-profile from the daemon's settings",),
    )


# -- judging: what it trusts ---------------------------------------------------------------------


@TOPIC.check(
    "registry-insecure",
    WARNING,
    "Images are taken from registries without proof of who they are",
    references=(
        "https://docs.docker.com/reference/cli/dockerd/#insecure-registries",
        "CIS Docker Benchmark 2.5",
    ),
    applies="every engine that tells its registry settings",
)
def registry_insecure(facts: DaemonSecurity) -> list[Verdict]:
    """The engine pulls from registries by plain HTTP or without checking their certificate.

    ## What it reads
    RegistryConfig of /info: the address ranges and names that are insecure, beyond loopback, which
    always is.

    ## Why it matters
    Whoever sits in between hands out another image under the same tag, and reads the password of
    `docker login`. 0.0.0.0/0 turns the check off for every registry that is named by address or
    resolves to one.

    ## How to mend it
    Give the registry a certificate; one of an authority of your own goes to
    /etc/docker/certs.d/REGISTRY:PORT/ca.crt, without any restart. Then take it out of
    insecure-registries and reload the daemon.

    ## What could go wrong
    Pulls from it fail when it is taken out before its certificate is in place.

    ## Why this severity
    An error for all addresses, a warning for a public one, a note for one in your own network, where
    only your own people and machines are in between.
    """
    found = need(facts.insecure_registries)
    if not found:
        return [ok("every registry beyond loopback must prove who it is")]
    texts = {
        "all": (ERROR, "Registries at every address of the internet are taken without a check"),
        "public": (WARNING, "A registry on the internet is taken without a check"),
        "private": (NOTE, "A registry in your network is taken without a check"),
    }
    return [
        fail(
            f"{texts[item.reach][1]} of its certificate, or over plain HTTP: {item.name}.",
            Evidence(
                "engine GET /info", "RegistryConfig", item.name, "only 127.0.0.0/8 and ::1/128"
            ),
            subject=item.name,
            severity=texts[item.reach][0],
            mend=(
                f"put its authority's certificate at {facts.site.certificates}/{item.name}/ca.crt"
                if item.reach != "all"
                else "name the registries that need it, one by one",
                (
                    f"remove {item.name} from insecure-registries in "
                    f"{_config(facts)}, then: {facts.site.reload}"
                ),
            ),
        )
        for item in found
    ]


def _mirror_host(mirror: str) -> str:
    return host_of(mirror.partition("://")[2].split("/")[0].rpartition("@")[2]).lower()


@TOPIC.check(
    "mirror-plain-http",
    WARNING,
    "A mirror of Docker Hub is used over plain HTTP",
    references=("https://docs.docker.com/docker-hub/image-library/mirror/",),
    applies="engines with registry mirrors",
)
def mirror_plain_http(facts: DaemonSecurity) -> list[Verdict]:
    """Images of Docker Hub come through a mirror whose answers anybody on the way can change.

    ## What it reads
    RegistryConfig.Mirrors of /info. Mirrors on loopback are left out.

    ## Why it matters
    Layers are checked by their digest; which digest a tag stands for is taken from the mirror. Who
    sits in between answers with an image of their own.

    ## How to mend it
    Use the mirror by https://, then reload the daemon: `sudo systemctl reload docker`.

    ## What could go wrong
    A mirror without a certificate is skipped and pulls go to Docker Hub, with its pull limit.

    ## Why this severity
    A warning on the internet, a note inside your own network.
    """
    mirrors = need(facts.mirrors)
    if not mirrors:
        return [skip("no mirror is set")]
    verdicts = []
    for mirror in mirrors:
        seen = Evidence("engine GET /info", "RegistryConfig.Mirrors", mirror, "https://")
        host = _mirror_host(mirror)
        if not mirror.lower().startswith("http://") or scope_of(host) == "loopback":
            verdicts.append(ok("it is used over TLS or loopback", seen, subject=mirror))
            continue
        verdicts.append(
            fail(
                f"Images come through {mirror} in plain text: whoever is in between chooses which "
                "image a tag stands for.",
                seen,
                subject=mirror,
                severity=NOTE if is_local_name(host) else WARNING,
                mend=(
                    (f"use https:// for it in registry-mirrors of {_config(facts)}"),
                    facts.site.reload,
                ),
            )
        )
    return verdicts


@TOPIC.check(
    "mirror-closed",
    WARNING,
    "A mirror is set that no longer serves anybody",
    references=("https://docs.docker.com/docker-hub/image-library/mirror/",),
    applies="engines with registry mirrors",
)
def mirror_closed(facts: DaemonSecurity) -> list[Verdict]:
    """A mirror of Docker Hub in the settings was shut down, or closed to the public.

    ## What it reads
    RegistryConfig.Mirrors of /info, compared with a short list of mirrors that were widely copied
    into daemon.json and whose end is documented. Nothing is connected to.

    ## Why it matters
    Every pull asks the mirror first and waits for its refusal or its timeout, up to half a minute,
    before it asks the next. Whoever gets the name one day serves your images.

    ## How to mend it
    Remove it from registry-mirrors, then `sudo systemctl reload docker`.

    ## What could go wrong
    Without any mirror pulls go to Docker Hub, with its pull limit, and slowly where it is far.

    ## Why this severity
    A warning: pulls work in the end, slowly.
    """
    mirrors = need(facts.mirrors)
    if not mirrors:
        return [skip("no mirror is set")]
    verdicts = [
        fail(
            f"The mirror {mirror} {CLOSED_MIRRORS[_mirror_host(mirror)]}: every pull waits for it "
            "first.",
            Evidence("engine GET /info", "RegistryConfig.Mirrors", mirror, "a mirror that answers"),
            subject=mirror,
            mend=(
                f"remove it from registry-mirrors in {_config(facts)}",
                facts.site.reload,
            ),
        )
        for mirror in mirrors
        if _mirror_host(mirror) in CLOSED_MIRRORS
    ]
    return verdicts or [ok(f"none of the {len(mirrors)} mirrors is known to be closed")]


# -- judging: hardening --------------------------------------------------------------------------

HARDENING = ("hardening",)


@TOPIC.check(
    "docker-group-members",
    NOTE,
    "Users are root by way of the docker group",
    references=(_ATTACK, "CIS Docker Benchmark 1.1.2"),
    applies="rootful dockerd on this host",
    tags=HARDENING,
)
def docker_group_members(facts: DaemonSecurity) -> Verdict:
    """The members of the socket's group may do whatever root may.

    ## What it reads
    The group of the docker socket in /etc/group, and the accounts in /etc/passwd whose own group it
    is. Groups from LDAP and the like are not seen.

    ## Why it matters
    `docker run -v /:/host` is root, without a password and without a line in sudo's log.

    ## How to mend it
    Take out who does not need it: `sudo gpasswd -d USER docker`. Rootless Docker, or `sudo docker`
    with a log, are the alternatives.

    ## What could go wrong
    CI runners and deployment users stop working when they are taken out; sessions that are open keep
    the group until they end.

    ## Why this severity
    A note for a hardening review: on most machines these people are its administrators anyway.
    """
    if need(facts.rootless):
        return skip("a rootless engine has no such group")
    members = need(facts.group_members)
    socket = have(facts.daemon_socket, None)
    group = socket.group if socket else "docker"
    seen = Evidence("/etc/group", group, ", ".join(members) or "no member", "administrators only")
    if not members or group == "root":
        return ok("nobody but root may use the socket by its group", seen)
    return fail(
        f"{len(members)} account{'s are' if len(members) > 1 else ' is'} root by way of the group "
        f"{group}: {', '.join(members[:10])}{'...' if len(members) > 10 else ''}.",  # noqa: PLR2004 - to be read
        seen,
        mend=(f"sudo gpasswd -d USER {group}",),
    )


@TOPIC.check(
    "userns-remap-off",
    NOTE,
    "Root in containers is root on the host",
    references=(
        "https://docs.docker.com/engine/security/userns-remap/",
        "CIS Docker Benchmark 2.9",
    ),
    applies="rootful engines",
    tags=HARDENING,
)
def userns_remap_off(facts: DaemonSecurity) -> Verdict:
    """Containers use the host's user numbers: their root is the host's, held back by other means.

    ## What it reads
    The engine's security options (`name=userns`).

    ## Why it matters
    Who breaks out of a container as root is root. With a user namespace it is an account without
    rights.

    ## How to mend it
    `"userns-remap": "default"` in daemon.json and a restart; or a rootless engine.

    ## What could go wrong
    All images and containers disappear from view (they stay in the old folder), bind mounts get
    other owners, `--privileged` and `--network host` are refused, and the containerd image store of
    29 cannot be used.

    ## Why this severity
    A note for a hardening review: few hosts can carry its side effects.
    """
    if need(facts.rootless):
        return skip("a rootless engine runs in a user namespace as a whole")
    if facts.provider in IN_A_VM:
        return skip("the engine runs in a VM, whose root is not this host's")
    if facts.os_type == "windows":
        return skip("Windows containers have no user numbers")
    seen = Evidence(
        "engine GET /info", "SecurityOptions", " ".join(need(facts.options)), "name=userns"
    )
    if need(facts.user_namespace):
        return ok("containers have user numbers of their own", seen)
    return fail(
        "Root in a container has the user number of the host's root.",
        seen,
        mend=(
            (
                f'set "userns-remap": "default" in {_config(facts)} on a host '
                "without containers to keep, then restart the daemon"
            ),
        ),
    )


@TOPIC.check(
    "no-new-privileges-off",
    NOTE,
    "Programs in containers may gain privileges",
    references=("https://docs.docker.com/reference/cli/dockerd/", "CIS Docker Benchmark 2.14"),
    applies="dockerd on this host",
    tags=HARDENING,
)
def no_new_privileges_off(facts: DaemonSecurity) -> Verdict:
    """Set-user-ID programs work in containers, so a process in one can become its root.

    ## What it reads
    The daemon's setting no-new-privileges.

    ## Why it matters
    A web application that runs as an ordinary user can use sudo, su or a set-user-ID program in the
    image to become root in the container.

    ## How to mend it
    `"no-new-privileges": true` in daemon.json, a restart, and new containers; or for one container
    `--security-opt no-new-privileges`.

    ## What could go wrong
    Images that start as a user and need sudo or ping break.

    ## Why this severity
    A note for a hardening review.
    """
    on = need(facts.no_new_privileges)
    seen = Evidence("dockerd", "no-new-privileges", str(on).lower(), "true")
    if on:
        return ok("new containers may not gain privileges", seen)
    return fail(
        "Programs in containers may gain privileges by set-user-ID files.",
        seen,
        mend=(
            (
                f'set "no-new-privileges": true in {_config(facts)}, restart the '
                "daemon, make the containers again"
            ),
        ),
    )


@TOPIC.check(
    "default-bridge-icc-on",
    NOTE,
    "Containers on the default bridge can reach each other",
    references=(
        "https://docs.docker.com/engine/network/drivers/bridge/",
        "CIS Docker Benchmark 2.2",
    ),
    applies="engines with a default bridge",
    tags=HARDENING,
)
def default_bridge_icc_on(facts: DaemonSecurity) -> Verdict:
    """Several containers share the default bridge, where all ports of each are open to the others.

    ## What it reads
    The option enable_icc of the network bridge, and how many containers are on it.

    ## Why it matters
    A container that was broken into reaches the databases of unrelated ones.

    ## How to mend it
    Put containers that belong together on a network of their own (compose does it by itself). Or
    `"icc": false` in daemon.json and a restart.

    ## What could go wrong
    Containers that found each other on the default bridge by address no longer do.

    ## Why this severity
    A note for a hardening review.
    """
    icc, count = need(facts.icc), need(facts.bridge_containers)
    seen = Evidence(
        f"engine GET {DEFAULT_BRIDGE}",
        "com.docker.network.bridge.enable_icc",
        f"{str(icc).lower()}, {count} containers",
        "false, or at most one container",
    )
    if not icc or count < 2:  # noqa: PLR2004 - alone it has nobody to reach
        return ok("no containers can reach each other over the default bridge", seen)
    return fail(
        f"{count} containers on the default bridge can reach all ports of each other.",
        seen,
        mend=(
            "docker network create NAME; docker run --network NAME ...",
            f'or "icc": false in {_config(facts)}, then restart the daemon',
        ),
    )


@TOPIC.check(
    "live-restore-off",
    NOTE,
    "Containers stop when the daemon does",
    references=("https://docs.docker.com/engine/daemon/live-restore/", "CIS Docker Benchmark 2.15"),
    applies="engines outside a swarm",
    tags=HARDENING,
)
def live_restore_off(facts: DaemonSecurity) -> Verdict:
    """A restart or upgrade of the daemon stops all containers.

    ## What it reads
    LiveRestoreEnabled and Swarm of /info.

    ## Why it matters
    Security fixes of the engine are put off because each costs an outage.

    ## How to mend it
    `"live-restore": true` in daemon.json and `sudo systemctl reload docker`: it needs no restart.

    ## What could go wrong
    It excludes swarm. While the daemon is away, a container that logs more than 64 KiB blocks, and
    after changes to the bridge or storage settings containers may not be taken over.

    ## Why this severity
    A note for a hardening review: many hosts prefer the plain behaviour.
    """
    if need(facts.swarm):
        return skip("live-restore and swarm exclude each other")
    if facts.provider in IN_A_VM:
        return skip("the engine stops with its VM, and its containers with both")
    if facts.os_type == "windows":
        return skip("Windows containers do not outlive their engine")
    on = need(facts.live_restore)
    seen = Evidence("engine GET /info", "LiveRestoreEnabled", str(on).lower(), "true")
    if on:
        return ok("containers go on while the daemon restarts", seen)
    return fail(
        "All containers stop whenever the daemon restarts.",
        seen,
        mend=(
            f'set "live-restore": true in {_config(facts)}',
            facts.site.reload,
        ),
    )


AUDITED = ("/usr/bin/dockerd", "/etc/docker", "/var/lib/docker")
"""The first of the paths that CIS 1.1.3 to 1.1.18 wants watched; the rest follows from a rule file."""


@TOPIC.check(
    "audit-rules-missing",
    NOTE,
    "auditd does not watch Docker",
    references=("CIS Docker Benchmark 1.1.3", "man:auditctl(8)"),
    applies="hosts with auditd and a rootful dockerd",
    tags=HARDENING,
)
def audit_rules_missing(facts: DaemonSecurity) -> Verdict:
    """The audit service runs on this host, and changes to Docker's files leave no trace in its log.

    ## What it reads
    /etc/audit/audit.rules and /etc/audit/rules.d/*.rules, for the paths of dockerd, /etc/docker and
    /var/lib/docker.

    ## Why it matters
    Who changed daemon.json, or ran dockerd by hand, cannot be told afterwards.

    ## How to mend it
    A file /etc/audit/rules.d/docker.rules with lines `-w PATH -p rwxa -k docker`, then `sudo augenrules
    --load`.

    ## What could go wrong
    A watch on /var/lib/docker writes very much on a busy host: watch /etc/docker and the program
    first.

    ## Why this severity
    A note for a hardening review.
    """
    if need(facts.rootless):
        return skip("a rootless engine has no such files")
    rules = need(facts.audit_rules)
    if rules is None:
        return skip("there is no auditd on this host")
    missing = [path for path in AUDITED if path not in rules]
    seen = Evidence(
        "/etc/audit",
        "rules",
        ", ".join(p for p in AUDITED if p in rules) or "none",
        ", ".join(AUDITED),
    )
    if not missing:
        return ok("auditd watches Docker", seen)
    return fail(
        f"auditd does not watch {', '.join(missing)}.",
        seen,
        mend=(
            *(
                f"echo '-w {path} -p rwxa -k docker' | sudo tee -a /etc/audit/rules.d/docker.rules"
                for path in missing
            ),
            "sudo augenrules --load",
        ),
    )


@TOPIC.check(
    "content-trust-off",
    NOTE,
    "Signatures of images are not asked for",
    references=(
        "https://docs.docker.com/engine/security/trust/",
        "https://docs.docker.com/engine/release-notes/29/",
        "CIS Docker Benchmark 4.5",
    ),
    applies="the docker CLI of this user",
    tags=HARDENING,
)
def content_trust_off(facts: DaemonSecurity) -> Verdict:
    """The docker CLI of this user takes images without a signature.

    ## What it reads
    The variable DOCKER_CONTENT_TRUST in the environment hullcheck was started with.

    ## Why it matters
    A tag can be moved to another image by whoever gets hold of the registry account.

    ## How to mend it
    Pin images by digest (`image@sha256:...`), or check signatures with cosign in CI. Up to CLI 28
    `export DOCKER_CONTENT_TRUST=1` does it too; the CLI of 29 no longer has content trust and
    ignores the variable.

    ## What could go wrong
    With the variable, images without a signature cannot be pulled; most on Docker Hub have none. A
    digest that is pinned gets no updates until somebody writes a new one.

    ## Why this severity
    A note for a hardening review.
    """
    if isinstance(facts.provider, Missing) and facts.provider.kind == "inapplicable":
        return skip(facts.provider.reason)
    seen = Evidence("environment", "DOCKER_CONTENT_TRUST", facts.content_trust or "not set", "1")
    if facts.content_trust in {"1", "true"}:
        return ok("signatures are asked for, unless the CLI is of 29 or later", seen)
    return fail(
        "docker pulls images of this user without asking for a signature.",
        seen,
        mend=("pin images by digest; up to CLI 28 also: export DOCKER_CONTENT_TRUST=1",),
    )
