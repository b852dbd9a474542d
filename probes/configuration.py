"""The daemon's effective configuration: defaults, its file, its flags, its environment.

Other topics ask :func:`setting` for one key; ``hullcheck effective`` shows them all. Whether a
setting is live is only said where the engine tells its value, or where nothing that could have
changed it has changed since the daemon started.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes import engine
from probes.formats.daemon_json import keys as daemon_keys
from probes.formats.daemon_json.settings import effective_keys
from probes.formats.json_document import JsonDocumentError, decode
from probes.host.questions import Absent, Garbled, Unreadable
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.formats.daemon_json import settings
    from probes.formats.json_document import Document
    from probes.formats.systemd_show import Directive
    from probes.host import Host

SHORT_FLAGS = {
    "-H": "host",
    "-D": "debug",
    "-l": "log-level",
    "-s": "storage-driver",
    "-b": "bridge",
    "-G": "group",
    "-g": "data-root",
    "-p": "pidfile",
}
"""dockerd's one-letter flags (moby cmd/dockerd/config.go, options.go)."""

PROXY_VARIABLES = {
    "http-proxy": ("HTTP_PROXY", "http_proxy"),
    "https-proxy": ("HTTPS_PROXY", "https_proxy"),
    "no-proxy": ("NO_PROXY", "no_proxy"),
}
"""Read by the daemon when the key is not set (Go net/http ``ProxyFromEnvironment``)."""

START_SLACK = 2.0
"""Seconds: a process's start is known from the boot time, which the kernel tells in whole seconds
(proc(5), btime)."""

LIVE, PENDING, UNKNOWN = "live", "pending", "unknown"

CHANGES = {
    "H": "reload",
    "R": "restart",
    "R+new": "restart, then new containers",
    "R+data": "restart, and data is left behind",
}
"""What it takes for a changed key to count, by the key table's reload class."""


class Setting(NamedTuple):
    """One key of daemon.json as it applies to the daemon."""

    key: str
    value: Any
    """JSON; the default of this engine version where nobody set it."""
    source: str
    """default, file, flag or environment."""
    where: str
    """``/etc/docker/daemon.json line 4``, ``dockerd --icc``, or empty for defaults."""
    state: str
    """live, pending (set, and the running daemon does not have it yet) or unknown."""
    running: Any
    """What the engine says it has, JSON; None where it does not tell."""
    reload: str
    """H, R, R+new or R+data, as the key table has it."""
    line: int | None = None
    column: int | None = None


class Configuration(NamedTuple):
    """The whole of it."""

    version: str
    """The engine's version; empty where it is not known (then the newest is assumed)."""
    file: str
    file_exists: bool
    file_newer: bool | Missing
    """Whether the file was changed after the daemon started."""
    settings: tuple[Setting, ...]


# -- the parts -----------------------------------------------------------------------------------


def flag_settings(argv: tuple[str, ...]) -> dict[str, tuple[Any, str]]:
    """daemon.json keys that the command line sets: value, and the flag as it was written."""
    found: dict[str, tuple[Any, str]] = {}
    words = iter(argv[1:])
    for word in words:
        name, equals, text = word.partition("=")
        if name in SHORT_FLAGS:
            flag = SHORT_FLAGS[name]
        elif name.startswith("--"):
            flag = name[2:]
        else:
            continue
        key = daemon_keys.BY_NAME.get(daemon_keys.SINGULAR.get(flag, flag))
        if key is None:
            continue
        if not equals:
            # pflag: a bool flag never takes the next word, every other flag always does.
            text = "true" if key.type == "bool" else next(words, "")
        value = _flag_value(key.type, text)
        before = found.get(key.name)
        if before and isinstance(value, list):
            value = [*before[0], *value]
        elif before and isinstance(value, dict):
            value = {**before[0], **value}
        found[key.name] = (value, f"{argv[0].rpartition('/')[2]} {name}")
    return found


def _flag_value(type: str, text: str) -> Any:  # noqa: A002, ANN401 - any JSON
    if type == "bool":
        # strconv.ParseBool
        return text in {"1", "t", "T", "true", "TRUE", "True"}
    if type.startswith("list"):
        return [text]
    if type in {"int", "int64", "uint32"}:
        return int(text) if text.lstrip("-").isdigit() else text
    if type == "ulimits":
        # docker/go-units ParseUlimit: NAME=SOFT[:HARD]
        name, _, limits = text.partition("=")
        soft, _, hard = limits.partition(":")
        if not soft.lstrip("-").isdigit() or not (hard or soft).lstrip("-").isdigit():
            return {name: limits}
        return {name: {"Name": name, "Soft": int(soft), "Hard": int(hard or soft)}}
    if type.startswith("map"):
        name, _, value = text.partition("=")
        return {name: value == "true" if type == "map of bool" else value}
    if type == "pools":
        return [dict(part.split("=", 1) for part in text.split(",") if "=" in part)]
    return text


def default_value(key: daemon_keys.Key) -> Any:  # noqa: ANN401 - any JSON
    """The default as JSON where it is one, else the words that describe it."""
    try:
        return json.loads(key.default)
    except ValueError:
        return key.default or None


def running_value(key: str, info: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """What GET /info says the daemon has for a key; None where it does not tell.

    The field names are moby's api/types/system.Info.
    """
    read = _RUNNING.get(key)
    try:
        return read(info) if read else None
    except (KeyError, TypeError, AttributeError, IndexError):
        return None


def _security_option(name: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda info: name in engine.security_options(dict(info))


def _seccomp_profile(info: Mapping[str, Any]) -> str | None:
    for option in info["SecurityOptions"]:
        parts = dict(part.partition("=")[::2] for part in option.split(","))
        if parts.get("name") == "seccomp":
            return str(parts.get("profile", "builtin"))
    return None


_RUNNING: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "log-driver": lambda info: info["LoggingDriver"],
    "live-restore": lambda info: info["LiveRestoreEnabled"],
    "data-root": lambda info: info["DockerRootDir"],
    "debug": lambda info: info["Debug"],
    "experimental": lambda info: info["ExperimentalBuild"],
    "storage-driver": lambda info: info["Driver"],
    "default-runtime": lambda info: info["DefaultRuntime"],
    "labels": lambda info: info["Labels"] or [],
    "registry-mirrors": lambda info: info["RegistryConfig"]["Mirrors"] or [],
    "http-proxy": lambda info: info["HttpProxy"] or None,
    "https-proxy": lambda info: info["HttpsProxy"] or None,
    "no-proxy": lambda info: info["NoProxy"] or None,
    "containerd": lambda info: info["Containerd"]["Address"],
    "default-address-pools": lambda info: [
        {"base": pool["Base"], "size": pool["Size"]} for pool in info["DefaultAddressPools"]
    ],
    "runtimes": lambda info: sorted(info["Runtimes"]),
    "insecure-registries": lambda info: [
        *info["RegistryConfig"]["InsecureRegistryCIDRs"],
        *(
            name
            for name, index in info["RegistryConfig"]["IndexConfigs"].items()
            if not index["Secure"]
        ),
    ],
    "seccomp-profile": _seccomp_profile,
    "selinux-enabled": _security_option("selinux"),
    "no-new-privileges": _security_option("no-new-privileges"),
    "userns-remap": lambda info: True if _security_option("userns")(info) else None,
    "firewall-backend": lambda info: info["FirewallBackend"]["Driver"].split("+")[0],
    "cdi-spec-dirs": lambda info: info["CDISpecDirs"],
    "exec-opts": lambda info: [f"native.cgroupdriver={info['CgroupDriver']}"],
}


def agrees(key: str, value: Any, running: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a value that is set and the one the engine tells mean the same."""
    if key == "registry-mirrors":
        return [str(m).rstrip("/") for m in value] == [str(m).rstrip("/") for m in running]
    if key in {"runtimes", "insecure-registries", "exec-opts"}:
        return set(value) <= set(running)
    if key == "data-root":
        # userns-remap appends /UID.GID to it.
        wanted, has = str(value).rstrip("/"), str(running)
        return has == wanted or has.startswith(wanted + "/")
    if key == "userns-remap":
        return bool(value) == bool(running)
    if key == "labels":
        return sorted(value) == sorted(running)
    if key == "default-runtime":
        return bool(value == running)
    return bool(value == running)


# -- the whole -----------------------------------------------------------------------------------


def look(host: Host) -> Configuration:
    """The configuration of the daemon behind the user's endpoint.

    Raises: Unreadable: inapplicable when the daemon runs elsewhere or there is none, and for a
    file that cannot be read or is no JSON.
    """
    return host.derive(_look)


def dockerd(host: Host) -> engine.Daemon:
    """The daemon, when it is one that reads a daemon.json. Raises NotHere for podman."""
    daemon = engine.daemon(host)
    if daemon.name != "dockerd":
        raise engine.NotHere(f"{daemon.name} reads no daemon.json")
    return daemon


def engine_version(host: Host) -> str:
    """The version that runs, else that of the dockerd that would; empty where neither tells."""
    return host.derive(_engine_version)


def _engine_version(host: Host) -> str:
    return have(known(lambda: engine.version_here(host)), "")


def file_path(host: Host) -> str:
    """The configuration file of the daemon, or of the one that would start here.

    Raises: Unreadable; inapplicable where the daemon is elsewhere, reads none or is not there.
    """
    try:
        return dockerd(host).config_file
    except Unreadable as error:
        # "It is not running" leaves a file to look at, that of the next start; and where nobody could
        # look at processes (pasted text), the default one is meant.
        if error.kind not in {"absent", "unrecorded"} or not engine.target(
            host
        ).chosen_by.startswith("default"):
            raise
        return engine.DEFAULT_CONFIG


def desktop_file(host: Host) -> str:
    """The configuration file of Docker Desktop's engine, as this host opens it.

    ``.docker/daemon.json`` of the user who runs Docker Desktop, that of Windows where this is a WSL
    distribution (docker/docs content/manuals/desktop/settings-and-maintenance/settings.md, "Docker
    Engine"). It is no file of :func:`file_path`: its paths, users and kernel are those of the VM.

    Raises: NotHere where docker talks to another engine or there is no Docker Desktop; Unreadable.
    """
    return host.derive(_desktop_file)


def _desktop_file(host: Host) -> str:
    from probes import desktop_host

    seen, where = engine.look(host), desktop_host.platform(host)
    if seen.reachable and seen.provider != "docker-desktop":
        raise engine.NotHere("docker talks to another engine than Docker Desktop's")
    if not seen.endpoint.startswith(("unix://", "npipe://")):
        raise engine.NotHere("docker talks to an engine on another machine")
    inside = where in {desktop_host.WSL1, desktop_host.WSL2}
    if inside:
        desktop_host.require_wsl(host)
    elif where not in {desktop_host.WINDOWS, desktop_host.MACOS, desktop_host.LINUX}:
        raise engine.NotHere("Docker Desktop does not run on this kind of host")
    # An engine that answers is proof enough, but for a socket that was handed into a container.
    if where == desktop_host.LINUX:
        there = host.exists(desktop_host.DESKTOP_ON_LINUX)
    else:
        there = seen.reachable or _desktop_is_installed(host)
    if not there:
        raise engine.NotHere("Docker Desktop is not installed on this host")
    if inside or where == desktop_host.WINDOWS:
        home = desktop_host.windows_profile(host)
    else:
        home = host.gauge("session")["home"]
    return desktop_host.join(host, home, ".docker", "daemon.json")


def _desktop_is_installed(host: Host) -> bool:
    from probes import desktop_settings  # a server is spared it

    settings = known(lambda: desktop_settings.read(host))  # cheaper than what follows
    if isinstance(settings, Missing) and settings.kind == "inapplicable":
        raise engine.NotHere(settings.reason)
    return desktop_settings.installed(host)


def document(host: Host) -> Document | None:
    """The daemon's configuration file, parsed; None where there is none.

    Raises: Unreadable; Garbled for what is no JSON, with line and column.
    """
    return host.derive(_document)


def _document(host: Host) -> Document | None:
    path = file_path(host)
    try:
        data = host.read_bytes(path)
    except Absent:
        return None
    try:
        return decode(data)
    except JsonDocumentError as error:
        raise Garbled(
            f"{path} is not valid JSON ({error})",
            look=f"hullcheck lint {path}",
        ) from None


def _look(host: Host) -> Configuration:
    daemon = dockerd(host)
    told = have(known(lambda: engine.info(host)), {})
    text = engine_version(host)
    version = daemon_keys.engine_version(text)
    parsed = document(host)
    in_file = effective_keys(parsed, text) if parsed else {}
    flags = flag_settings(daemon.argv)
    environment = known(lambda: daemon_environment(host))
    newer = _newer(host, daemon)
    found = []
    for key in daemon_keys.KEYS:
        if not key.exists_in(version):
            continue
        set_here = _set_somewhere(key, in_file, flags, have(environment, {}), daemon)
        running = running_value(key.name, told)
        found.append(_setting(key, set_here, running, newer))
    return Configuration(
        version=text,
        file=daemon.config_file,
        file_exists=parsed is not None,
        file_newer=newer,
        settings=tuple(found),
    )


def _newer(host: Host, daemon: engine.Daemon) -> bool | Missing:
    changed = known(lambda: host.stat(daemon.config_file).mtime)
    if isinstance(changed, Missing):
        # A file that is not there cannot have been changed; it may have been removed, which
        # nothing on the host tells.
        return False if changed.kind == "absent" else changed
    return changed > daemon.started + START_SLACK


class _Found(NamedTuple):
    value: Any
    source: str
    where: str
    line: int | None = None
    column: int | None = None


def _set_somewhere(
    key: daemon_keys.Key,
    in_file: Mapping[str, settings.Setting],
    flags: Mapping[str, tuple[Any, str]],
    environment: Mapping[str, str],
    daemon: engine.Daemon,
) -> _Found | None:
    if key.name in flags:
        value, flag = flags[key.name]
        return _Found(value, "flag", flag)
    if key.name in in_file:
        found = in_file[key.name]
        return _Found(
            found.value,
            "file",
            f"{daemon.config_file} line {found.line}",
            found.line,
            found.column,
        )
    for name in PROXY_VARIABLES.get(key.name, ()):
        if environment.get(name):
            return _Found(environment[name], "environment", name)
    if key.name == "min-api-version" and environment.get("DOCKER_MIN_API_VERSION"):
        return _Found(
            environment["DOCKER_MIN_API_VERSION"], "environment", "DOCKER_MIN_API_VERSION"
        )
    return None


def _setting(
    key: daemon_keys.Key,
    found: _Found | None,
    running: Any,  # noqa: ANN401 - any JSON
    newer: bool | Missing,  # noqa: FBT001 - a fact, not a switch
) -> Setting:
    if found is None:
        # Nobody sets it now. If the file changed since, it may have set it when the daemon
        # started: then only the engine's own word counts.
        value = default_value(key) if running is None else running
        state = LIVE if running is not None or newer is False else UNKNOWN
        return Setting(key.name, value, "default", "", state, running, key.reload)
    if found.source != "file" or newer is False:
        state = LIVE
    elif running is None:
        state = UNKNOWN
    else:
        state = LIVE if agrees(key.name, found.value, running) else PENDING
    return Setting(
        key.name,
        found.value,
        found.source,
        found.where,
        state,
        running,
        key.reload,
        found.line,
        found.column,
    )


def daemon_environment(host: Host) -> dict[str, str]:
    """The variables with which the daemon was started, redacted where they do not configure it.

    Raises: Denied for other users than root and the daemon's own.
    """
    daemon = engine.daemon(host)
    raw = host.read_text(f"/proc/{daemon.pid}/environ")
    return dict(item.partition("=")[::2] for item in raw.split("\0") if "=" in item)


class UnitPlace(NamedTuple):
    """Where systemd's configuration sets something for the daemon."""

    kind: str
    """systemd unit or systemd drop-in."""
    path: str
    line: int


def unit_places(host: Host) -> dict[str, UnitPlace]:
    """Which unit file or drop-in the flags and variables of the daemon come from.

    Keys are daemon.json keys for flags, names for environment variables. Only the ExecStart and
    Environment lines that count are looked at, systemd.service(5). Empty without systemd.
    """
    from probes import systemd_unit
    from probes.formats.systemd_show import effective

    facts = systemd_unit.TOPIC.look(host)
    directives = list(have(facts.directives, {}).get(facts.unit, ()))
    places: dict[str, UnitPlace] = {}
    for directive in effective(directives, "Environment"):
        for word in unit_words(directive.value):
            places[word.partition("=")[0]] = _unit_place(directive)
    for directive in effective(directives, "ExecStart"):
        # A drop-in's ExecStart may take flags from a variable ($DOCKER_OPTS): those are left to
        # "flag", for the line that sets them is another file's.
        for key in flag_settings(tuple(unit_words(directive.value))):
            places[key] = _unit_place(directive)
    return places


def unit_command(host: Host) -> tuple[str, ...]:
    """The command that systemd will start the daemon with; variables stay as they are written."""
    from probes import systemd_unit
    from probes.formats.systemd_show import effective

    facts = systemd_unit.TOPIC.look(host)
    directives = list(have(facts.directives, {}).get(facts.unit, ()))
    for directive in effective(directives, "ExecStart"):
        words = tuple(unit_words(directive.value))
        if words and words[0].rpartition("/")[2].startswith("dockerd"):
            return words
    raise Absent("no unit starts dockerd here")


def unit_words(text: str) -> list[str]:
    """The words of a unit's command line, systemd.service(5); variables stay as written."""
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _unit_place(directive: Directive) -> UnitPlace:
    drop_in = directive.path.rpartition("/")[0].endswith(".d")
    kind = "systemd drop-in" if drop_in else "systemd unit"
    return UnitPlace(kind, directive.path, directive.line)


def setting(host: Host, key: str) -> Setting:
    """The effective value of a daemon.json key for the daemon behind the user's endpoint.

    Where the daemon's own files cannot be read, what the engine tells of the key still counts.

    Raises: Unreadable; inapplicable when the daemon runs elsewhere, there is none, or this engine
    version has no such key.
    """
    try:
        configuration = look(host)
    except Unreadable:
        told = known(lambda: engine.info(host))
        running = None if isinstance(told, Missing) else running_value(key, told)
        if running is None:
            raise
        reload = daemon_keys.BY_NAME[key].reload
        return Setting(key, running, "engine", "GET /info", LIVE, running, reload)
    for item in configuration.settings:
        if item.key == key:
            return item
    raise engine.NotHere(f"engine {configuration.version} has no setting {key}")
