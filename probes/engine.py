"""The engine that the user's docker talks to: where it is, who provides it, which daemon it is.

Every other topic asks the engine through :func:`info`, :func:`version` and :func:`get`, and asks
about the daemon's process and files through :func:`daemon`: so no topic ever judges the files of
a daemon that is not the one that answers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes.engine_identity import (
    IN_A_VM,
    WINDOWS_PIPE,
    backend_of,
    items,
    platform_name,
    provider_at,
    provider_of,
)
from probes.host.questions import FAILURES, Absent, Denied, Endpoint, Garbled, Unreadable
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.host import Host, Process

DEFAULT_SOCKET = "/var/run/docker.sock"
DEFAULT_CONFIG = "/etc/docker/daemon.json"

ENGINE_PATHS = ("/version", "/info")
"""Asked of every engine, before anything else is read."""

DAEMONS = frozenset({"dockerd", "podman"})
"""Processes that are an engine themselves. Others (com.docker.backend, limactl) hold a socket and
forward it into a VM."""

INSTALLED_AT = {
    "linux": (
        "/usr/bin/dockerd",
        "/usr/local/bin/dockerd",
        "/usr/sbin/dockerd",
        "/snap/bin/docker",
        "/usr/bin/podman",
        "/opt/docker-desktop/bin/com.docker.backend",
        "/lib/systemd/system/docker.service",
        "/usr/lib/systemd/system/docker.service",
        "/etc/systemd/system/docker.service",
    ),
    "macos": (
        "/Applications/Docker.app",
        "/Applications/OrbStack.app",
        "/Applications/Rancher Desktop.app",
        "/Applications/Podman Desktop.app",
        "/opt/podman/bin/podman",
        *(
            f"{folder}/{program}"
            for folder in ("/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin")
            for program in ("colima", "podman")
        ),
    ),
    "windows": (
        r"C:\Program Files\Docker\Docker\Docker Desktop.exe",
        r"C:\Program Files\Docker\dockerd.exe",
        r"C:\Windows\System32\dockerd.exe",
        r"C:\Program Files\Rancher Desktop\Rancher Desktop.exe",
        r"C:\Program Files\RedHat\Podman\podman.exe",
    ),
}
"""What an installed engine leaves on a host even when it is not running, by platform."""

INSTALLED_FOR_ONE = {
    "macos": (
        "HOME",
        (
            "Applications/Docker.app",
            "Applications/OrbStack.app",
            "Applications/Rancher Desktop.app",
        ),
    ),
    "windows": ("LOCALAPPDATA", (r"Programs\DockerDesktop\Docker Desktop.exe",)),
}
"""The same for one user only, below the folder that a variable names."""

_ENGINES = frozenset(
    {
        "dockerd",
        "podman",
        "rootlesskit",
        "com.docker.backend",
        "com.docker.back",  # as Linux cuts it, proc(5)
        "OrbStack",
        "OrbStack Helper",
        "rancher-desktop",
        "Rancher Desktop",
    }
)
"""Processes of an engine that runs."""


class NoEngine(Unreadable):
    """There is no container engine here: checks about one do not apply."""

    kind = "inapplicable"


class NotHere(Unreadable):
    """The engine runs on another machine, in a VM or namespace: its files are not ours to judge."""

    kind = "inapplicable"


class Target(NamedTuple):
    """The endpoint that the docker CLI would use, and why."""

    endpoint: Endpoint
    context: str
    chosen_by: str
    """DOCKER_HOST, DOCKER_CONTEXT, currentContext of a config.json, or default."""


class Daemon(NamedTuple):
    """The process behind the endpoint, when it runs on this host."""

    pid: int
    name: str
    """dockerd, podman..."""
    argv: tuple[str, ...]
    uid: int
    started: float
    """Seconds since the epoch."""
    config_file: str
    """The configuration file that *this* daemon reads."""
    config_file_named: bool
    """Whether its command line names that file (then its absence is fatal)."""


class Engine(NamedTuple):
    """What the engine is. ``Missing`` where it, or the host, does not tell."""

    endpoint: str
    context: str
    chosen_by: str
    reachable: bool
    unreachable_because: str
    provider: str | Missing
    """A word of the design's vocabulary: docker-engine, docker-desktop, podman, snap..."""
    backend: str | Missing
    """native, or what carries the engine's VM where that can be told."""
    local: bool | Missing
    """Whether its daemon runs on this very host, so that this host's files are its files."""
    version: str | Missing
    api_version: str | Missing
    min_api_version: str | Missing
    platform_name: str | Missing
    """/version Platform.Name: "Docker Engine - Community" is Docker's own build, empty a
    distribution's."""
    storage_driver: str | Missing
    data_root: str | Missing
    rootless: bool | Missing
    cgroup_version: str | Missing
    daemon: Daemon | Missing


# -- where ---------------------------------------------------------------------------------------


def docker_config_dir(host: Host) -> str:
    """The docker CLI's configuration folder: DOCKER_CONFIG, else ~/.docker."""
    chosen = host.env("DOCKER_CONFIG")
    return chosen or _join(host, str(host.gauge("session")["home"] or "/").rstrip("/"), ".docker")


def _join(host: Host, *names: str) -> str:
    """A path in the spelling of this host."""
    return ("\\" if _system(host) == "windows" else "/").join(names)


def _system(host: Host) -> str:
    """Linux (WSL as well), macos or windows; as the host calls itself where it is another one."""
    told = known(lambda: host.gauge("system")["platform"])
    name = "linux" if isinstance(told, Missing) else str(told)
    return {"darwin": "macos", "win32": "windows"}.get(name, name)


def cli_config(host: Host) -> dict[str, Any]:
    """The docker CLI's config.json; empty where there is none."""
    path = _join(host, docker_config_dir(host), "config.json")
    try:
        text = host.read_text(path)
    except Absent:
        return {}
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise Garbled(f"{path} is not JSON: {error}", look=f"cat {path}") from None
    if not isinstance(value, dict):
        raise Garbled(f"{path} is not a JSON object", look=f"cat {path}")
    return value


def target(host: Host) -> Target:
    """Where the user's docker would connect, by the CLI's own rules.

    DOCKER_HOST wins over DOCKER_CONTEXT wins over currentContext (docker/cli cli/command/cli.go,
    ``resolveContextName``). Raises Garbled for a context that does not exist.
    """
    return host.derive(_target)


def _target(host: Host) -> Target:
    from_env = host.env("DOCKER_HOST")
    if from_env:
        tls = bool(host.env("DOCKER_TLS_VERIFY") or host.env("DOCKER_TLS"))
        folder = host.env("DOCKER_CERT_PATH") or docker_config_dir(host)
        verify = bool(host.env("DOCKER_TLS_VERIFY"))
        url = from_env if "://" in from_env else f"tcp://{from_env}"
        return Target(
            Endpoint(url, folder if tls else "", verify or not tls), "default", "DOCKER_HOST"
        )
    name, chosen_by = host.env("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
    if not name:
        try:
            name = str(cli_config(host).get("currentContext") or "")
        except Unreadable:
            # The CLI itself warns and goes on with the default; a check reports the file.
            name = ""
        chosen_by = f"currentContext of {_join(host, docker_config_dir(host), 'config.json')}"
    if not name or name == "default":
        return Target(Endpoint(default_endpoint(host)), "default", "default")
    return Target(context_endpoint(host, name), name, chosen_by)


def default_endpoint(host: Host) -> str:
    """Where the docker CLI looks when nothing tells it another place (docker/cli opts/hosts.go)."""
    return WINDOWS_PIPE if _system(host) == "windows" else f"unix://{DEFAULT_SOCKET}"


def context_endpoint(host: Host, name: str) -> Endpoint:
    """The endpoint of a named context, docker/cli cli/context/store (meta/<sha256>/meta.json)."""
    import hashlib

    base = _join(host, docker_config_dir(host), "contexts")
    digest = hashlib.sha256(name.encode()).hexdigest()
    path = _join(host, base, "meta", digest, "meta.json")
    try:
        meta = json.loads(host.read_text(path))
        docker = meta["Endpoints"]["docker"]
        url = str(docker["Host"])
    except Absent:
        raise Garbled(
            f"the docker context {name!r} is selected but does not exist",
            look="docker context ls",
        ) from None
    except (ValueError, KeyError, TypeError):
        raise Garbled(f"{path} describes no docker endpoint", look=f"cat {path}") from None
    tls_dir = _join(host, base, "tls", digest, "docker")
    has_tls = known(
        lambda: any(host.exists(_join(host, tls_dir, file)) for file in ("ca.pem", "cert.pem"))
    )
    return Endpoint(url, tls_dir if has_tls is True else "", not docker.get("SkipTLSVerify"))


# -- asking --------------------------------------------------------------------------------------


def get(host: Host, path: str) -> Any:  # noqa: ANN401 - any JSON
    """``GET path`` of the user's engine; :class:`NoEngine` where this host has none at all."""
    where = target(host)
    try:
        if path != "/version":
            # The cheapest answer first: an engine that is dead or hangs is found out once.
            host.engine(where.endpoint, "/version")
        return host.engine(where.endpoint, path)
    except Absent as error:
        if where.chosen_by == "default" and has_none(host):
            raise NoEngine("there is no container engine on this host") from None
        raise Absent(f"the engine is not running: {error.reason}", look=error.look) from None


def info(host: Host) -> dict[str, Any]:
    """GET /info of the user's engine."""
    return _object(get(host, "/info"), "/info")


def version(host: Host) -> dict[str, Any]:
    """GET /version of the user's engine."""
    return _object(get(host, "/version"), "/version")


def _object(value: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        raise Garbled(f"GET {path} answered with something that is no JSON object")
    return value


def version_here(host: Host) -> str:
    """The engine's version: what it says itself, else what the dockerd that is installed says.

    Raises: Unreadable; inapplicable where there is no engine or it is elsewhere and silent.
    """
    seen = look(host)
    if isinstance(seen.version, str):
        return seen.version
    silent = FAILURES.get(seen.version.kind, Garbled)(seen.version.reason, look=seen.version.look)
    if not seen.endpoint.startswith("unix://"):
        raise silent
    if has_none(host):
        raise NoEngine("there is no container engine on this host")
    try:
        printed = host.output("dockerd", "--version")
    except Absent:
        raise silent from None
    # "Docker version 28.5.2+dfsg4, build ecc6942"
    named = printed.partition("version ")[2].partition(",")[0].strip()
    if not named:
        raise Garbled("dockerd --version names no version", look="dockerd --version")
    return named


def installed(host: Host) -> bool:
    """Whether an engine has been installed or runs here, whoever its provider is."""
    system = _system(host)
    running = have(known(host.processes), ())
    if any(p.name in _ENGINES and not p.nested for p in running):
        return True
    if any(is_there(host, path) for path in INSTALLED_AT.get(system, ())):
        return True
    variable, paths = INSTALLED_FOR_ONE.get(system, ("", ()))
    folder = known(lambda: host.env(variable)) if variable else None
    if not isinstance(folder, str) or not folder:
        return False
    return any(is_there(host, _join(host, folder, path)) for path in paths)


def has_none(host: Host) -> bool:
    """Whether it is certain that no engine is here.

    Not of a host whose processes nobody could look at, as pasted text is.
    """
    looked = not isinstance(known(host.processes), Missing)
    return looked and not host.derive(installed)


def is_there(host: Host, path: str) -> bool:
    """Whether a path is known to exist; False where that cannot be told."""
    return known(lambda: host.exists(path)) is True


# -- which daemon --------------------------------------------------------------------------------


def daemon(host: Host) -> Daemon:
    """The daemon's process on this host.

    Raises: NotHere when it runs elsewhere, NoEngine, or another Unreadable when it cannot be told.
    """
    return host.derive(_daemon)


def _daemon(host: Host) -> Daemon:
    if _system(host) in {"macos", "windows"}:
        raise NotHere("on this host engines run in a VM")
    where = target(host)
    processes = host.processes()
    socket = ""
    if where.endpoint.url.startswith("unix://"):
        path = where.endpoint.url.removeprefix("unix://")
        try:
            pid = host.peer(path)
        except (Absent, Denied):
            # Not running, or not for this user: the process table may still tell which it is.
            pid = 1
        if pid == 0:
            raise NotHere("the daemon runs outside this container's process namespace")
        process = next((p for p in processes if p.pid == pid), None)
        if process is not None and process.name in DAEMONS:
            return _described(host, process)
        if process is not None:
            raise NotHere(f"{path} is held by {process.name}, whose engine runs elsewhere")
        if _says_podman(host):
            # systemd holds the socket, and the service ends when nobody asks.
            serving = [p for p in processes if p.name == "podman" and "service" in p.argv]
            if len(serving) == 1:
                return _described(host, serving[0])
            raise NotHere("podman has no daemon: it is started when somebody asks")
        if pid == 1:
            socket = path
        elif not _same_kernel(host):
            # A process that forwards (ssh, socat, a proxy), and not to an engine of this host.
            raise NotHere(f"{path} is held by process {pid}, which forwards to an engine elsewhere")
    elif not _on_this_machine(host, where.endpoint.url):
        raise NotHere(f"the engine is on another machine ({where.endpoint.url})")
    daemons = [p for p in dockerds(processes) if _may_listen(p.argv, socket)]
    if len(daemons) > 1:
        activated = [p for p in daemons if any("fd://" in word for word in p.argv)]
        daemons = activated if len(activated) == 1 else daemons
    if not daemons:
        if where.chosen_by == "default" and has_none(host):
            raise NoEngine("there is no container engine on this host")
        raise Absent("no dockerd is running on this host", look="pgrep -a dockerd")
    if len(daemons) > 1:
        pids = ", ".join(str(p.pid) for p in daemons)
        raise Garbled(f"several dockerd run here ({pids}) and none can be told to be the one")
    return _described(host, daemons[0])


def _on_this_machine(host: Host, url: str) -> bool:
    """Whether the engine behind an address is here; one that is down is where its address says."""
    try:
        return _same_kernel(host)
    except Absent:
        if not _is_elsewhere(url):
            raise
        return False


def _is_elsewhere(url: str) -> bool:
    """Whether an address is that of another machine, or of a VM with an address of its own.

    >>> _is_elsewhere("ssh://ann@mac.example.com"), _is_elsewhere("ssh://core@127.0.0.1:50312")
    (True, False)
    """
    scheme, _, rest = url.partition("://")
    name = rest.rpartition("@")[2].partition("/")[0]
    return scheme not in {"unix", "npipe", "fd"} and not name.startswith(
        ("localhost", "127.", "[::1]")
    )


def _says_podman(host: Host) -> bool:
    """Whether the engine that answers is podman."""
    told = known(lambda: version(host))
    return not isinstance(told, Missing) and provider_of(told, {}) == "podman"


def dockerds(processes: Iterable[Process]) -> list[Process]:
    """The daemons among the processes, those of containers apart.

    One that prints something and ends is none, nor is the child of one: between fork and exec of
    whatever the daemon runs it bears the daemon's name and arguments.
    """
    found = [p for p in processes if p.name == "dockerd" and not p.nested]
    pids = {p.pid for p in found}
    prints = {"--validate", "--version", "-v", "--help"}
    return [p for p in found if p.ppid not in pids and not prints & set(p.argv)]


def _may_listen(argv: tuple[str, ...], socket: str) -> bool:
    """Whether a dockerd with this command line can be the one behind a socket.

    Without -H it takes its socket from its file or the default; fd:// is systemd's. An empty
    ``socket`` stands for an endpoint that says nothing of it (TCP, a proxy).
    """
    if not socket:
        return True
    listening = listening_on(argv)
    wanted = f"unix://{socket}".replace("unix:///run/", "unix:///var/run/")
    return not listening or any(
        word.startswith("fd://") or word.replace("unix:///run/", "unix:///var/run/") == wanted
        for word in listening
    )


def _same_kernel(host: Host) -> bool:
    """Whether the engine that answers says it is this machine (a TCP endpoint of our own)."""
    answer, system = info(host), host.gauge("system")
    return bool(
        answer.get("Name") == system["hostname"]
        and answer.get("KernelVersion") == system["release"]
    )


def _described(host: Host, process: Process) -> Daemon:
    named = flag_values(process.argv, "config-file")
    if named:
        path = named[-1]
    elif process.uid != 0:
        path = f"{home_of(host, process.uid)}/.config/docker/daemon.json"
    else:
        path = DEFAULT_CONFIG
    return Daemon(
        pid=process.pid,
        name=process.name,
        argv=process.argv,
        uid=process.uid,
        started=process.started,
        config_file=path,
        config_file_named=bool(named),
    )


def flag_values(argv: tuple[str, ...], name: str, *, dashes: str = "--") -> list[str]:
    """The values of a flag that takes one, in order, written ``--x=v`` or ``--x v``."""
    values = []
    for index, word in enumerate(argv):
        if word == dashes + name and index + 1 < len(argv):
            values.append(argv[index + 1])
        elif word.startswith(f"{dashes}{name}="):
            values.append(word.partition("=")[2])
    return values


def listening_on(argv: tuple[str, ...]) -> list[str]:
    """Where a dockerd's command line tells it to listen: its -H options."""
    return [*flag_values(argv, "host"), *flag_values(argv, "H", dashes="-")]


def home_of(host: Host, uid: int) -> str:
    """A user's home directory by /etc/passwd, passwd(5)."""
    for line in host.read_text("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) >= 7 and fields[2] == str(uid):  # noqa: PLR2004 - passwd(5)
            return fields[5]
    raise Absent(f"/etc/passwd has no user {uid}")


# -- who -----------------------------------------------------------------------------------------


def security_options(info: dict[str, Any]) -> tuple[str, ...]:
    """The names of /info SecurityOptions: seccomp, apparmor, rootless, userns, cgroupns..."""
    names = []
    for option in items(info, "SecurityOptions"):
        for part in str(option).split(","):
            key, _, value = part.partition("=")
            if key == "name":
                names.append(value)
    return tuple(names)


def look(host: Host) -> Engine:
    """Who and where the engine is: never raises, whatever is wrong with it."""
    return host.derive(_look)


def backend_here(host: Host) -> str:
    """What carries an engine of this computer; empty where it is another's, or not told."""
    seen = look(host)
    here = seen.endpoint.startswith(("unix://", "npipe://"))
    return seen.backend if here and isinstance(seen.backend, str) else ""


def _look(host: Host) -> Engine:
    where = known(lambda: target(host))
    if isinstance(where, Missing):
        return _unreached("", "", "", where)
    said = known(lambda: version(host))
    told = known(lambda: info(host))
    process = known(lambda: daemon(host))
    if isinstance(said, Missing):
        return _unreached(
            where.endpoint.url, where.context, where.chosen_by, said, process
        )._replace(provider=provider_at(where.endpoint.url, where.endpoint.tls_dir) or said)
    answer: dict[str, Any] = {} if isinstance(told, Missing) else told
    provider = provider_of(
        said,
        answer,
        endpoint=where.endpoint.url,
        context=where.context,
        certificates=where.endpoint.tls_dir,
    )
    return Engine(
        endpoint=where.endpoint.url,
        context=where.context,
        chosen_by=where.chosen_by,
        reachable=True,
        unreachable_because="",
        provider=provider,
        backend=backend_of(said, answer, endpoint=where.endpoint.url)
        or _backend(host, provider, where),
        local=_local(host, provider, process, told),
        version=text(said, "Version"),
        api_version=text(said, "ApiVersion"),
        min_api_version=text(said, "MinAPIVersion"),
        platform_name=_platform_name(said),
        storage_driver=told if isinstance(told, Missing) else text(told, "Driver"),
        data_root=told if isinstance(told, Missing) else text(told, "DockerRootDir"),
        rootless=told if isinstance(told, Missing) else "rootless" in security_options(answer),
        cgroup_version=told if isinstance(told, Missing) else str(told.get("CgroupVersion") or "1"),
        daemon=process,
    )


def _platform_name(said: dict[str, Any]) -> str | Missing:
    if said.get("Platform", "") is None:  # told by another answer than /version
        return Missing("the engine does not tell Platform", "unrecorded")
    return platform_name(said)


def _unreached(
    url: str, context: str, chosen_by: str, why: Missing, process: Daemon | Missing | None = None
) -> Engine:
    return Engine(
        endpoint=url,
        context=context,
        chosen_by=chosen_by,
        reachable=False,
        unreachable_because=why.reason,
        provider=why,
        backend=why,
        local=why,
        version=why,
        api_version=why,
        min_api_version=why,
        platform_name=why,
        storage_driver=why,
        data_root=why,
        rootless=why,
        cgroup_version=why,
        daemon=why if process is None else process,
    )


def _backend(host: Host, provider: str, where: Target) -> str | Missing:
    """What carries an engine that does not say so itself."""
    if provider in IN_A_VM or (provider == "podman" and _system(host) != "linux"):
        if provider != "minikube" and _is_elsewhere(where.endpoint.url):
            # This host's files are of other VMs; minikube's own has an address of its own.
            return Missing(
                "the engine is on another machine and does not tell what carries its VM",
                "inapplicable",
            )
        from probes import vm_config  # a server is spared it

        return known(lambda: vm_config.backend(host, provider, where.endpoint.url, where.context))
    return "native"


def _local(
    host: Host, provider: str, process: Daemon | Missing, told: dict[str, Any] | Missing
) -> bool | Missing:
    if not isinstance(process, Missing):
        return True
    if (
        provider in IN_A_VM
        or _system(host) in {"macos", "windows"}
        or (process.kind == "inapplicable" and provider != "podman")
    ):
        return False
    if isinstance(told, Missing):
        return told
    system = known(lambda: host.gauge("system"))
    if isinstance(system, Missing):
        return system
    return bool(told.get("KernelVersion") == system["release"])


def text(answer: dict[str, Any], key: str) -> str | Missing:
    """A text in an engine's answer; Missing where it is empty or of another type."""
    value = answer.get(key)
    if isinstance(value, str) and value:
        return value
    return Missing(f"the engine does not tell {key}")
