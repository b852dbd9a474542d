"""Reachability: whether the user's docker reaches an engine, which one, and if not, why not."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from probes import desktop_host, engine, products
from probes.daemon_control import control
from probes.engine_identity import IN_A_VM, provider_at
from probes.formats.json_document import JsonDocumentError, decode
from probes.formats.proc_net_tcp import parse_listeners
from probes.formats.systemd_show import parse_show, unit_of_cgroup
from probes.host.questions import Absent, Endpoint, Garbled
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
    from probes.host import Host, Process, Stat

SLOW_PING = Threshold(
    "engine-ping-slow",
    1000.0,
    "ms",
    "A daemon answers /_ping from memory within 1 to 5 ms, under full load within 100. Clients "
    "such as health checks and load balancers give up after 1 s.",
)

DEFAULTS = ("unix:///var/run/docker.sock", "unix:///run/docker.sock")
"""Both names of the default socket: /var/run is a link to /run."""

UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
"""Where an installed engine's unit lies, systemd.unit(5)."""

STARTING_SECONDS = 60.0
"""A daemon with many containers needs this long from its start to its first answer."""

WORDS = 300
"""Characters quoted of a log line."""

ANSWERS = "answers"
NO_ENGINE = "no engine"
NO_CONTEXT = "no such context"
NO_SOCKET = "no socket"
NOT_A_SOCKET = "not a socket"
LEFT_OVER = "left over"
ELSEWHERE = "listens elsewhere"
DENIED = "denied"
HUNG = "hung"
NOT_HTTP = "not HTTP"
REFUSED = "refused"
REMOTE = "remote"
DEAD = "dead choice"
UNSEEN = "unseen"

PROBLEMS = {
    NO_CONTEXT: "the selected docker context does not exist",
    NO_SOCKET: "the engine is not running",
    NOT_A_SOCKET: "something else lies where the socket should be",
    LEFT_OVER: "the socket was left over by an engine that is gone",
    ELSEWHERE: "the engine listens somewhere else",
    DENIED: "this user may not open the socket",
    HUNG: "the engine does not answer",
    NOT_HTTP: "what listens is no engine",
    REFUSED: "the engine answers with an error",
    REMOTE: "the engine on another machine does not answer",
    DEAD: "another engine is selected, which is not there",
}
"""Each kind of failure in a clause, for the checks of the others."""

INSTALL = "https://docs.docker.com/engine/install/"

TOPIC = Topic["Reachability"]("reachability", "Reaching the engine")


class Socket(NamedTuple):
    """What lies at the path of a unix socket."""

    path: str
    kind: str
    """socket, directory, file, or link for a symbolic link that leads nowhere."""
    mode: int
    owner: str
    group: str
    gid: int
    exposed: bool | Missing
    """Whether other users can get to its folder."""
    leads_to: str = ""


class Session(NamedTuple):
    """Who asks."""

    uid: int
    name: str
    groups: tuple[str, ...]
    group_ids: tuple[int, ...]
    granted_ids: tuple[int, ...]
    """The groups that a new login would have, by /etc/group."""


class Service(NamedTuple):
    """What keeps the engine running on this host."""

    manager: str
    """systemd, user (systemd's per-user instance), snap, openrc, sysv, product (unit is then the
    provider whose program starts the engine's VM), or nothing."""
    unit: str = ""
    loaded: str = ""
    active: str = ""
    result: str = ""
    enabled: str = ""
    socket_active: str = ""
    last_words: str = ""
    """The last error in the daemon's log."""
    instance: str = ""
    """Which VM of the product, where the endpoint names one that is not its default."""


class Other(NamedTuple):
    """Another engine's socket on this host."""

    path: str
    what: str
    answers: bool
    """Whether this user gets an answer there."""
    context: str = ""
    """The docker context that leads there; empty for none."""


class Listening(NamedTuple):
    """A dockerd of this host and where it listens."""

    pid: int
    hosts: tuple[str, ...]
    age: float
    unit: str
    """The service that it belongs to; empty for one that was started by hand."""


class Helper(NamedTuple):
    """A credential helper named in config.json."""

    name: str
    key: str
    """credsStore, or credHelpers with its registry."""
    found: bool
    trouble: str = ""
    """Why it cannot work although it is there."""


class CliConfig(NamedTuple):
    """The docker CLI's config.json and the folder it lies in."""

    path: str
    there: bool
    broken: str
    """What is wrong with its JSON; empty where nothing is."""
    line: int | None = None
    column: int | None = None
    helpers: tuple[Helper, ...] = ()
    plain_logins: tuple[str, ...] = ()
    """Registries whose password or token is in the file itself."""
    readers: str = ""
    """Who else can read it: everyone, a group's name, or nobody."""
    mode: int = 0
    context: str = ""
    text: str = ""


_NO_CONFIG = CliConfig("~/.docker/config.json", there=False, broken="")


class Proxy(NamedTuple):
    """A proxy that the daemon uses."""

    key: str
    url: str
    host: str
    port: int | None
    wrong: str
    """What is wrong with the address itself; empty where nothing is."""


class Reachability(NamedTuple):
    """The way from the user's docker to an engine."""

    endpoint: str
    context: str
    chosen_by: str
    problem: str
    answer: str | Missing
    """The engine's version, or why there is none."""
    socket: Socket | Missing
    session: Session | Missing
    service: Service | Missing
    daemons: tuple[Listening, ...]
    installed: bool
    others: tuple[Other, ...]
    ping_ms: float | Missing
    docker_host: str
    named_context: str
    """What DOCKER_CONTEXT or currentContext name; empty for the default."""
    named_endpoint: str | Missing
    config: CliConfig | Missing
    foreign: tuple[str, ...] | Missing
    """Paths of the CLI's configuration that belong to somebody else and cannot be written."""
    proxies: tuple[Proxy, ...] | Missing
    listeners: tuple[tuple[str, int], ...] | Missing
    """Scope (all, loopback, one) and port, in the daemon's own network namespace."""
    restart: str = "restart the Docker daemon"
    platform: str = ""
    """As desktop_host.platform tells it; empty where it does not."""
    product: Service = Service("")
    """The product whose program keeps the engine in a VM, or Windows' own service; its manager is
    empty where this host's service manager starts the engine, or it is on another machine."""


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> Reachability:
    """Follow the way that the docker CLI takes, and see where it ends."""
    where = known(lambda: engine.target(host))
    session = known(lambda: _session(host))
    answer = known(lambda: engine.version(host))
    docker_host = host.env("DOCKER_HOST") or ""
    config = known(lambda: _config(host))
    named = host.env("DOCKER_CONTEXT") or have(config, _NO_CONFIG).context
    if isinstance(where, Missing):
        by_env = bool(host.env("DOCKER_CONTEXT"))
        endpoint, context = "", named
        chosen_by = "DOCKER_CONTEXT" if by_env else "currentContext"
    else:
        endpoint, context, chosen_by = where.endpoint.url, where.context, where.chosen_by
    socket: Socket | Missing = Missing("the engine is not reached through a socket", "inapplicable")
    if endpoint.startswith("unix://"):
        socket = known(lambda: _socket(host, endpoint.removeprefix("unix://")))
    daemons = _daemons(host)
    problem = _problem(host, where, answer, socket, daemons)
    others = _others(host, endpoint, session)
    if problem in {NO_SOCKET, LEFT_OVER, REMOTE, NOT_A_SOCKET} and chosen_by != "default":
        problem = DEAD if any(other.answers for other in others) else problem
    down = problem in {NO_SOCKET, LEFT_OVER, HUNG, NOT_HTTP, REFUSED}
    product = have(known(lambda: _product(host, endpoint)), Service(""))
    pinged = (
        answer  # one that does not answer is not waited for a second time
        if isinstance(answer, Missing)
        else known(lambda: host.ping(engine.target(host).endpoint))
    )
    return Reachability(
        endpoint=endpoint,
        context=context,
        chosen_by=chosen_by,
        problem=problem,
        answer=answer if isinstance(answer, Missing) else str(answer.get("Version") or "unknown"),
        socket=socket,
        session=session,
        service=known(lambda: _service(host, endpoint, product))
        if down
        else Missing("it was not needed"),
        daemons=daemons,
        installed=host.derive(engine.installed),
        others=others,
        ping_ms=pinged if isinstance(pinged, Missing) else float(pinged["milliseconds"]),
        docker_host=docker_host,
        named_context="" if named == "default" else named,
        named_endpoint=known(lambda: engine.context_endpoint(host, named).url)
        if named and named != "default"
        else Missing("no context is named", "inapplicable"),
        config=config,
        foreign=known(lambda: _foreign(host, session)),
        proxies=known(lambda: _proxies(host)),
        listeners=known(lambda: _listeners(host)),
        restart=have(known(lambda: _restart(host)), "restart the Docker daemon"),
        platform=have(known(lambda: desktop_host.platform(host)), ""),
        product=product,
    )


def _restart(host: Host) -> str:
    """The command that gives the socket its owner and group anew."""
    if any(engine.is_there(host, f"{folder}/docker.socket") for folder in UNITS):
        return "sudo systemctl restart docker.socket docker"
    return control(host).restart


def _session(host: Host) -> Session:
    told = host.gauge("session")
    return Session(
        uid=int(told["uid"]),
        name=str(told["name"]),
        groups=tuple(str(name) for _, name in told["groups"]),
        group_ids=tuple(int(gid) for gid, _ in told["groups"]),
        granted_ids=tuple(int(gid) for gid, _ in told["granted_groups"]),
    )


def _socket(host: Host, path: str) -> Socket:
    try:
        seen, leads_to = host.stat(path), ""
    except Absent:
        seen = host.lstat(path)  # raises Absent again where nothing is there at all
        leads_to = host.readlink(path)
    return Socket(
        path=path,
        kind=seen.kind,
        mode=seen.mode,
        owner=seen.owner,
        group=seen.group,
        gid=seen.gid,
        exposed=known(lambda: not leads_to and _open_to_others(host, host.realpath(path))),
        leads_to=leads_to,
    )


def _folders(path: str) -> list[str]:
    folders = []
    while path != "/":
        path = posixpath.dirname(path) or "/"
        folders.append(path)
    return folders


def _open_to_others(host: Host, path: str) -> bool:
    """Whether every folder above lets other users through."""
    return all(host.stat(folder).mode & 0o001 for folder in _folders(path))


def _daemons(host: Host) -> tuple[Listening, ...]:
    processes: tuple[Process, ...] = have(known(host.processes), ())
    now = have(known(host.now), 0.0)
    return tuple(
        Listening(
            p.pid,
            tuple(engine.listening_on(p.argv)),
            max(now - p.started, 0.0),
            unit_of_cgroup(have(known(lambda p=p: host.read_text(f"/proc/{p.pid}/cgroup")), "")),  # type: ignore[misc]
        )
        for p in processes
        if p.name == "dockerd" and not p.nested
    )


def _problem(
    host: Host,
    where: engine.Target | Missing,
    answer: dict[str, Any] | Missing,
    socket: Socket | Missing,
    daemons: tuple[Listening, ...],
) -> str:
    if isinstance(where, Missing):
        return NO_CONTEXT if where.kind == "garbled" and "context" in where.reason else UNSEEN
    if not isinstance(answer, Missing):
        return ANSWERS
    if answer.kind == "denied" and not _by_file(where.endpoint.url):
        return REMOTE  # a certificate that may not be read, or a firewall's refusal
    if answer.kind in {"inapplicable", "refused", "denied", "unrecorded"}:
        return {
            "inapplicable": NO_ENGINE,
            "refused": REFUSED,
            "denied": DENIED,
            "unrecorded": UNSEEN,
        }[answer.kind]
    if "run's time was over" in answer.reason:
        return UNSEEN  # we gave up, not the engine
    if not _by_file(where.endpoint.url):
        return REMOTE
    if answer.kind == "slow":
        return HUNG
    if where.endpoint.url.startswith("npipe://"):
        return NO_SOCKET if answer.kind == "absent" else NOT_HTTP
    if isinstance(socket, Missing):
        if socket.kind != "absent":
            return UNSEEN
        found = where.chosen_by == "default" and _elsewhere(host, daemons)
        return ELSEWHERE if found else NO_SOCKET
    if socket.kind == "link":
        return NO_SOCKET
    if socket.kind != "socket":
        return NOT_A_SOCKET
    if answer.kind == "absent":
        return LEFT_OVER
    # systemd holds the socket and its service ends before it answers.
    held_by_systemd = known(lambda: host.peer(socket.path)) == 1
    return NO_SOCKET if held_by_systemd else NOT_HTTP


def _by_file(endpoint: str) -> bool:
    """Whether an endpoint is a socket or pipe of this host."""
    return endpoint.startswith(("unix://", "npipe://"))


def _elsewhere(host: Host, daemons: tuple[Listening, ...]) -> bool:
    """Whether the engine of this host runs, with orders to listen on other places only."""
    # One that just starts makes its socket late.
    told = [d for d in daemons if d.hosts and d.age > STARTING_SECONDS]
    if any(h.startswith(("fd://", *DEFAULTS)) for d in told for h in d.hosts):
        return False
    if any(d.unit == "docker.service" for d in told):
        return True
    # Somebody's private dockerd says nothing about a service that is stopped.
    return bool(told) and not any(
        engine.is_there(host, f"{folder}/docker.service") for folder in UNITS
    )


def _service(host: Host, endpoint: str, product: Service) -> Service:
    """Who should start the engine behind a socket, and how that went."""
    path = endpoint.removeprefix("unix://")
    if product.manager:
        return product
    if "/snap.docker" in path or engine.is_there(host, "/var/snap/docker/current"):
        return _systemd(host, "snap", "snap.docker.dockerd.service")
    if path.startswith("/run/user/"):
        return Service("user", "docker.service")
    if engine.is_there(host, "/run/systemd/system"):
        return _systemd(host, "systemd", "docker.service")
    words = _last_error(have(known(lambda: host.read_tail("/var/log/docker.log")), ""))
    if engine.is_there(host, "/run/openrc"):
        return Service("openrc", "docker", last_words=words)
    if engine.is_there(host, "/etc/init.d/docker"):
        return Service("sysv", "docker", last_words=words)
    return Service("")


_INSTANCE = re.compile(
    r"/\.?(?:colima|lima)/([\w.-]+)/(?:sock/)?[^/]+$|/podman/([\w.-]+)-api\.sock$"
)
"""The part of an endpoint that names one VM of several (abiosoft/colima docs/FAQ.md, lima-vm/lima
templates/docker.yaml, containers/podman pkg/machine)."""

_DEFAULT_INSTANCES = frozenset({"default", "podman-machine-default"})

_INTEGRATION = "/mnt/wsl/docker-desktop/docker-desktop-user-distro"
"""The program that holds the socket of a distribution for Docker Desktop."""


def _product(host: Host, endpoint: str) -> Service:
    """What starts the engine of an endpoint where no service manager of this host does."""
    named = _INSTANCE.search(endpoint)
    instance = (named[1] or named[2]) if named else ""
    unit = _product_of(host, endpoint)
    if not unit:
        return Service("")
    if unit == "docker-desktop" and desktop_host.platform(host) == desktop_host.LINUX:
        return Service("user", "docker-desktop.service")
    return Service("product", unit, instance="" if instance in _DEFAULT_INSTANCES else instance)


def _product_of(host: Host, endpoint: str) -> str:
    """The product whose VM has the engine of an endpoint; empty for a daemon of this host."""
    if not _by_file(endpoint):
        return "minikube" if host.env("MINIKUBE_ACTIVE_DOCKERD") else ""
    where = desktop_host.platform(host)
    provider = provider_at(endpoint) or ""
    if where in {desktop_host.MACOS, desktop_host.WINDOWS}:
        likely = (*products.AT_THE_DEFAULT, "docker-engine")
        installed = (product for product in likely if products.installed_at(host, product))
        return provider or next(installed, "docker-desktop")
    if where == desktop_host.WSL2 and endpoint in DEFAULTS and not _daemons(host):
        return "docker-desktop" if engine.is_there(host, _INTEGRATION) else ""
    # podman's socket on Linux is its own.
    return provider if provider in IN_A_VM else ""


def _systemd(host: Host, manager: str, unit: str) -> Service:
    properties = "Id,LoadState,ActiveState,Result,UnitFileState,ExecMainStatus"
    text = host.output("systemctl", "show", unit, "docker.socket", f"--property={properties}")
    shown = parse_show(text)
    of, socket = shown.get(unit, {}), shown.get("docker.socket", {})
    failed = of.get("ActiveState") in {"failed", "activating"} or of.get("ExecMainStatus") not in {
        "0",
        None,
    }
    words = ""
    if failed:
        argv = ("journalctl", "-u", unit, "-b", "-n", "60", "-o", "cat", "--no-pager", "-q")
        words = _last_error(have(known(lambda: host.output(*argv)), ""))
    return Service(
        manager,
        unit,
        of.get("LoadState", ""),
        of.get("ActiveState", ""),
        of.get("Result", ""),
        of.get("UnitFileState", ""),
        socket.get("ActiveState", ""),
        words,
    )


_FATAL = re.compile(r"(?i)failed to start daemon|unable to configure|level=fatal|cannot start")
_ERROR = re.compile(r"(?i)level=error|\berror\b|failed")


def _last_error(log: str) -> str:
    """The line of a daemon's log that says why it ended; empty where none does."""
    lines = [line.strip() for line in log.splitlines() if not line.startswith("docker.service:")]
    for pattern in (_FATAL, _ERROR):
        for line in reversed(lines):
            if pattern.search(line):
                return line[:WORDS]
    return ""


def _others(host: Host, endpoint: str, session: Session | Missing) -> tuple[Other, ...]:
    """The sockets of other engines on this host.

    They are only spoken to where such an engine runs: a request to a socket that systemd holds
    would start one.
    """
    home = known(lambda: str(host.gauge("session")["home"]))
    processes = [p for p in have(known(host.processes), ()) if not p.nested]
    running = {p.name for p in processes}
    candidates = [(engine.DEFAULT_SOCKET, "Docker Engine of this host", {"dockerd"})]
    if not isinstance(session, Missing):
        candidates.append(
            (f"/run/user/{session.uid}/docker.sock", "rootless Docker Engine", {"dockerd"})
        )
    if isinstance(home, str) and home:
        candidates += [
            # Linux cuts the name of a process after 15 letters.
            (f"{home}/.docker/desktop/docker.sock", "Docker Desktop", {"com.docker.back"}),
            (f"{home}/.docker/run/docker.sock", "Docker Desktop", {"com.docker.backend"}),
            (f"{home}/.rd/docker.sock", "Rancher Desktop", {"limactl"}),
            (f"{home}/.colima/default/docker.sock", "Colima", {"colima", "limactl"}),
            (f"{home}/.orbstack/run/docker.sock", "OrbStack", {"OrbStack", "OrbStack Helper"}),
        ]
    for process in processes:
        if process.name == "dockerd":
            candidates += [
                (word.removeprefix("unix://"), f"dockerd {process.pid}", {"dockerd"})
                for word in engine.listening_on(process.argv)
                if word.startswith("unix:///")
            ]
    named = {c.endpoint: c for c in have(known(lambda: products.contexts(host)), ())}
    works = products.running(processes)
    for url, context in named.items():  # other profiles and instances than the usual one
        if url.startswith("unix://") and context.provider in works:
            candidates.append(
                (url.removeprefix("unix://"), f"engine of {context.provider}", running)
            )
    mine = endpoint.removeprefix("unix://")
    seen = {mine, have(known(lambda: host.realpath(mine)), mine) if mine.startswith("/") else mine}
    others = []
    for path, what, programs in candidates:
        real = known(lambda path=path: host.realpath(path))  # type: ignore[misc]
        if isinstance(real, Missing) or real in seen or not _is_socket(host, path):
            continue
        seen.add(real)
        if programs & running:
            asked = known(lambda path=path: host.ping(Endpoint(f"unix://{path}")))  # type: ignore[misc]
            leads = named.get(f"unix://{path}")
            others.append(
                Other(path, what, not isinstance(asked, Missing), leads.name if leads else "")
            )
    return tuple(others)


def _is_socket(host: Host, path: str) -> bool:
    seen: Stat | Missing = known(lambda: host.stat(path))
    return not isinstance(seen, Missing) and seen.kind == "socket"


def _config(host: Host) -> CliConfig:
    folder = engine.docker_config_dir(host)
    path = desktop_host.join(host, folder, "config.json")
    try:
        text = host.read_text(path)
    except Absent:
        return CliConfig(path, there=False, broken="")
    if not text.strip():
        return CliConfig(path, there=True, broken="")
    try:
        # The CLI is a Go program: what Go's decoder says, and where, is what its user sees.
        decode(host.read_bytes(path))
        value = json.loads(text)
    except JsonDocumentError as error:
        return CliConfig(path, True, error.message, error.line, error.column, text=text)  # noqa: FBT003
    except (ValueError, RecursionError):
        return CliConfig(path, True, "it is nested too deeply", text=text)  # noqa: FBT003
    if not isinstance(value, dict):
        return CliConfig(path, True, "it is no JSON object", text=text)  # noqa: FBT003
    stat = host.stat(path)
    return CliConfig(
        path,
        there=True,
        broken=_wrong_types(value),
        helpers=tuple(_helpers(host, value)),
        plain_logins=_plain_logins(value),
        readers=_readers(host, path, stat),
        mode=stat.mode,
        context=str(value.get("currentContext") or ""),
        text=text,
    )


def _wrong_types(value: dict[str, Any]) -> str:
    """What the CLI's Go structure refuses to take (docker/cli cli/config/configfile)."""
    for key, type_, words in (
        ("auths", dict, "an object"),
        ("credHelpers", dict, "an object"),
        ("credsStore", str, "a string"),
        ("currentContext", str, "a string"),
        ("HttpHeaders", dict, "an object"),
        ("proxies", dict, "an object"),
    ):
        if value.get(key) is not None and not isinstance(value[key], type_):
            return f"{key} must be {words}"
    return ""


def helpers_named(value: dict[str, Any]) -> list[tuple[str, str]]:
    """(key, NAME of docker-credential-NAME) of each helper that a config.json names."""
    store, per_registry = value.get("credsStore"), value.get("credHelpers")
    named = [("credsStore", store)] if isinstance(store, str) and store else []
    if isinstance(per_registry, dict):
        named += [(f"credHelpers {k}", v) for k, v in per_registry.items() if isinstance(v, str)]
    return named


def program_folders(host: Host) -> list[str]:
    """Where the docker CLI finds programs: the folders of PATH, and those of any shell's."""
    if desktop_host.platform(host) == desktop_host.WINDOWS:
        # Windows' own separator, as a folder's name may have any other.
        # Either slash is good, and a folder may stand in quotation marks.
        named = (f.strip('"').replace("/", "\\") for f in (host.env("PATH") or "").split(";"))
        return [f.rstrip("\\") for f in named if f[1:3] == ":\\"]
    folders = [f for f in (host.env("PATH") or "").split(":") if f.startswith("/")]
    return [*folders, "/usr/local/bin", "/usr/bin", "/bin", "/snap/bin"]


def is_program(host: Host, folders: list[str], name: str) -> bool:
    """Whether a program of that name lies in one of the folders, spelt as the platform does."""
    if desktop_host.platform(host) == desktop_host.WINDOWS and not name.endswith(".exe"):
        name += ".exe"
    return any(engine.is_there(host, desktop_host.join(host, f, name)) for f in folders)


def _helpers(host: Host, value: dict[str, Any]) -> list[Helper]:
    folders = program_folders(host)
    found = []
    for key, name in helpers_named(value):
        there = is_program(host, folders, f"docker-credential-{name}")
        trouble = _pass_trouble(host, folders) if there and name == "pass" else ""
        found.append(Helper(name, key, there, trouble))
    return found


def _pass_trouble(host: Host, folders: list[str]) -> str:
    """The helper "pass" is a wrapper around a program that must be there and initialised."""
    if not is_program(host, folders, "pass"):
        return "the program pass, which it calls, is not installed"
    home = known(lambda: str(host.gauge("session")["home"]))
    store = host.env("PASSWORD_STORE_DIR") or f"{have(home, '')}/.password-store"
    if known(lambda: host.exists(f"{store}/.gpg-id")) is False:
        return f"pass has no store yet ({store}/.gpg-id is missing)"
    return ""


def _plain_logins(value: dict[str, Any]) -> tuple[str, ...]:
    auths = value.get("auths")
    if not isinstance(auths, dict):
        return ()
    secrets = ("auth", "password", "identitytoken", "registrytoken")
    return tuple(
        str(registry)
        for registry, login in auths.items()
        if isinstance(login, dict) and any(login.get(key) for key in secrets)
    )


def _readers(host: Host, path: str, stat: Stat) -> str:
    """Who besides its owner can read a file, folders above it included."""
    folders = have(known(lambda: [host.stat(f) for f in _folders(host.realpath(path))]), [])
    if stat.mode & 0o004 and all(f.mode & 0o001 for f in folders):
        return "everyone"
    # A group of the owner's own name has no other members (useradd's default).
    shared = stat.group not in {stat.owner, "root", "wheel"}
    if stat.mode & 0o040 and shared:
        through = all(f.mode & 0o001 or (f.gid == stat.gid and f.mode & 0o010) for f in folders)
        return f"the group {stat.group}" if through else ""
    return ""


def _foreign(host: Host, session: Session | Missing) -> tuple[str, ...]:
    if desktop_host.platform(host) == desktop_host.WINDOWS:
        raise desktop_host.OtherPlatform("Windows has no sudo that leaves files of another user")
    if isinstance(session, Missing):
        raise Garbled(session.reason, look=session.look)
    if session.uid == 0:
        return ()
    folder = engine.docker_config_dir(host)
    found = []
    for path in (folder, f"{folder}/config.json", f"{folder}/contexts", f"{folder}/buildx"):
        seen = absent_as(lambda path=path: host.lstat(path), None)  # type: ignore[misc]
        if seen is None or isinstance(seen, Missing) or seen.uid == session.uid:
            continue
        if known(lambda path=path: host.access(path, "w")) is not True:  # type: ignore[misc]
            found.append(path)
    return tuple(found)


def _proxies(host: Host) -> tuple[Proxy, ...]:
    told = engine.info(host)
    found = []
    for key in ("HttpProxy", "HttpsProxy"):
        url = told.get(key)
        if isinstance(url, str) and url.strip():
            found.append(proxy_of(key, url.strip()))
    return tuple(found)


def proxy_of(key: str, url: str) -> Proxy:
    """An address as the daemon takes it for a proxy, with what is wrong about it."""
    from urllib.parse import urlsplit

    try:
        # Go takes an address without a scheme for http:// (golang.org/x/net/http/httpproxy).
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return Proxy(key, url, "", None, str(error))
    if parts.scheme not in {"http", "https", "socks5", "socks5h"}:
        return Proxy(key, url, host, port, f"there is no proxy scheme {parts.scheme}")
    if not host:
        return Proxy(key, url, host, port, "it names no host")
    ports = {"http": 80, "https": 443}
    return Proxy(key, url, host, port or ports.get(parts.scheme, 1080), "")


def _listeners(host: Host) -> tuple[tuple[str, int], ...]:
    base = f"/proc/{engine.daemon(host).pid}/net"
    found = parse_listeners(host.read_text(f"{base}/tcp"))
    v6 = have(known(lambda: host.read_text(f"{base}/tcp6")), "")
    return (*found, *parse_listeners(v6))


# -- judging: the engine that cannot be reached --------------------------------------------------


def _unless(facts: Reachability, *problems: str) -> Verdict | None:
    """None where one of these problems is the one; else what a check says of it."""
    if facts.problem in problems:
        return None
    if facts.problem == ANSWERS:
        return ok(f"the engine answers at {facts.endpoint}")
    if facts.problem == NO_ENGINE:
        why = _why(facts) or "there is no container engine on this host"
        return skip(f"{why}; how to install one: {INSTALL}")
    if facts.problem == UNSEEN:
        need(facts.answer)
        return skip("what is wrong with the way to the engine was not recorded")
    return skip(f"the engine cannot be reached for another reason: {PROBLEMS[facts.problem]}")


STARTS = {
    "docker-desktop": (
        "docker desktop start   # 4.37 and later; or start Docker Desktop by its icon",
        "docker desktop logs   # where it does not come up",
    ),
    "orbstack": ("orb start",),
    "rancher-desktop": ("rdctl start   # or start Rancher Desktop by its icon",),
    "colima": ("colima start {}",),
    "lima": ("limactl list", "limactl start {}"),
    "finch": ("finch vm start",),
    "podman": ("podman machine start {}",),
    "minikube": ("minikube start",),
    "docker-engine": ("Start-Service docker   # in a PowerShell of an administrator",),
}
"""How the VM of each product is started, {} being one of several VMs. ``docker desktop``:
docker/docs content/manuals/desktop/features/desktop-cli.md."""

RESTARTS = {
    # Its proxy answers 500 while the VM behind it is down (docker/for-win#14312).
    "docker-desktop": (
        "docker desktop restart   # 4.37 and later; or Restart in the menu of its icon",
        "docker desktop logs   # where it does not come up",
    ),
    "orbstack": ("orb restart docker",),
    "rancher-desktop": ("rdctl shutdown", "rdctl start"),
    "colima": ("colima restart {}",),
    "lima": ("limactl list", "limactl stop {}", "limactl start {}"),
    "finch": ("finch vm stop", "finch vm start"),
    "podman": ("podman machine stop {}", "podman machine start {}"),
    "minikube": ("minikube stop", "minikube start"),
    "docker-engine": ("Restart-Service docker   # in a PowerShell of an administrator",),
}
"""The same for a VM that runs, and does not answer as it should."""


def _steps(table: dict[str, tuple[str, ...]], product: Service) -> tuple[str, ...]:
    steps = table.get(product.unit, ("Start the program that the engine belongs to.",))
    name = product.instance or ("NAME" if product.unit == "lima" else "")
    return tuple(step.format(name).rstrip() for step in steps)


def _again(facts: Reachability) -> tuple[str, ...]:
    """The commands that start the engine afresh; it stops its containers."""
    if facts.product.manager == "user":
        return (f"systemctl --user restart {facts.product.unit}",)
    if not facts.product.manager:
        return (f"{facts.restart}   # stops containers unless live-restore is on",)
    steps = _steps(RESTARTS, facts.product)
    if facts.platform == desktop_host.WSL2:  # Docker Desktop's command line is Windows'
        return tuple(step.replace("docker desktop", "docker.exe desktop") for step in steps)
    return steps


def _unset(facts: Reachability, name: str) -> str:
    """The command that takes a variable out of this shell."""
    return f"Remove-Item Env:{name}" if facts.platform == desktop_host.WINDOWS else f"unset {name}"


def _profile(facts: Reachability) -> str:
    """Where a variable that every shell has is set."""
    return {
        desktop_host.WINDOWS: "Windows' environment variables",
        desktop_host.MACOS: "~/.zprofile and ~/.zshrc",
    }.get(facts.platform, "~/.profile and ~/.bashrc")


def starts(service: Service | Missing) -> tuple[str, ...]:
    """The commands that bring the engine up on this host."""
    if isinstance(service, Missing):
        return ("sudo systemctl start docker",)
    if service.manager == "systemd":
        steps: list[str] = []
        if service.loaded == "masked" or service.enabled == "masked":
            steps.append("sudo systemctl unmask docker.service docker.socket")
        if service.active == "failed" or service.result not in {"", "success"}:
            steps += [
                "journalctl -u docker.service -b -n 50 --no-pager   # why it ended",
                "sudo systemctl reset-failed docker.service docker.socket",
            ]
        now = "enable --now" if service.enabled == "disabled" else "start"
        return (*steps, f"sudo systemctl {now} docker.service")
    if service.manager == "product":
        return _steps(STARTS, service)
    return {
        "snap": ("sudo snap start docker", "sudo snap logs docker -n 50   # if it does not stay"),
        "user": (f"systemctl --user start {service.unit}",),
        "openrc": ("sudo rc-service docker start", "sudo rc-update add docker default"),
        "sysv": ("sudo service docker start",),
    }.get(service.manager, ("Start dockerd the way this machine starts its services.",))


def _service_words(service: Service | Missing) -> str:
    if isinstance(service, Missing) or not service.active:
        return ""
    if service.loaded == "masked":
        return f"; {service.unit} is masked, so that nothing may start it"
    how = f" ({service.result})" if service.result not in {"", "success"} else ""
    enabled = " and not enabled at boot" if service.enabled == "disabled" else ""
    return f"; {service.unit} is {service.active}{how}{enabled}"


def _service_seen(service: Service | Missing) -> tuple[Evidence, ...]:
    if isinstance(service, Missing) or not service.active:
        return ()
    seen = [
        Evidence(
            f"systemctl show {service.unit}",
            "ActiveState",
            f"{service.active} ({service.result})" if service.result else service.active,
            "active",
        )
    ]
    if service.last_words:
        seen.append(Evidence(f"journalctl -u {service.unit}", "last error", service.last_words))
    return tuple(seen)


@TOPIC.check(
    "engine-not-running",
    ERROR,
    "The engine is not running",
    references=(
        "https://docs.docker.com/engine/daemon/start/",
        "https://docs.docker.com/engine/daemon/troubleshoot/",
    ),
    applies="hosts with an engine that is reached through a unix socket or a named pipe",
)
def engine_not_running(facts: Reachability) -> Verdict:
    """An engine is installed here, and the socket that docker would connect to does not exist.

    ## What it reads
    The path of the socket, by the CLI's own rules (DOCKER_HOST, then the context, then
    /var/run/docker.sock), and, because it is missing, the state of the service that should hold it
    and the last error in its log.

    ## Why it matters
    Nothing that needs docker works: "failed to connect to the docker API at unix:///var/run/
    docker.sock" (CLI 29), or "Cannot connect to the Docker daemon" (older ones).

    ## How to mend it
    Start the service. If it was started and ended again, its log names the reason in the last lines:
    mend that first (most often a key in daemon.json; `hullcheck lint /etc/docker/daemon.json` finds
    it), then `sudo systemctl reset-failed docker.service docker.socket`, then start it.

    ## What could go wrong
    Starting the engine also starts every container with a restart policy.

    ## Why this severity
    An error: there is an engine, and nobody can use it.
    """
    verdict = _unless(facts, NO_SOCKET)
    if verdict is not None:
        return verdict
    path = _path(facts)
    socket = facts.socket
    if isinstance(socket, Socket) and socket.kind == "link":
        seen = Evidence(path, "leads to", f"{socket.leads_to}, which does not exist", "a socket")
        what = f"{path} is a link to {socket.leads_to}, where no engine listens"
    elif isinstance(socket, Socket):
        seen = Evidence(path, "answer", "the connection was closed", "an answer to GET /version")
        what = f"systemd holds {path}, but the service behind it ends without an answer"
    else:
        seen = Evidence(path, "", "does not exist", f"the {_word(facts)} of a running engine")
        what = f"The engine is not running: {path}{_chosen(facts)} does not exist"
    starting = [
        d
        for d in facts.daemons
        if d.age <= STARTING_SECONDS
        and facts.chosen_by == "default"
        and (not d.hosts or any(h.startswith(("fd://", *DEFAULTS)) for h in d.hosts))
    ]
    if starting:
        what += f"; dockerd ({starting[0].pid}) was started {starting[0].age:.0f} s ago"
    words = have(facts.service, Service("")).last_words
    return fail(
        f"{what}{_service_words(facts.service)}." + (f" Its log says: {words}" if words else ""),
        seen,
        *_service_seen(facts.service),
        mend=(*starts(facts.service), *choose_default(facts))
        if have(facts.service, Service("")).manager == "product"
        else (*choose_default(facts), *starts(facts.service)),
    )


def choose_default(facts: Reachability) -> tuple[str, ...]:
    """How to go back to the engine of this host, where another one was chosen."""
    if facts.chosen_by == "DOCKER_HOST":
        return (f"{_unset(facts, 'DOCKER_HOST')}   # if {facts.endpoint} is not what you mean",)
    if facts.chosen_by == "DOCKER_CONTEXT":
        return (f"{_unset(facts, 'DOCKER_CONTEXT')}   # if {facts.context} is not what you mean",)
    if facts.chosen_by != "default":
        return (f"docker context use default   # if {facts.context} is not what you mean",)
    return ()


def _path(facts: Reachability) -> str:
    """Where the socket or pipe is, as its platform writes it."""
    scheme, _, path = facts.endpoint.partition("://")
    return path.replace("/", "\\") if scheme == "npipe" else path


def _word(facts: Reachability) -> str:
    return "pipe" if facts.endpoint.startswith("npipe://") else "socket"


def _chosen(facts: Reachability) -> str:
    return "" if facts.chosen_by == "default" else f" (chosen by {facts.chosen_by})"


_ERRNO = r"\[Errno -?\d+\] ([A-Za-z ]+)"


def _why(facts: Reachability) -> str:
    """Why there was no answer, without the Python around it."""
    if not isinstance(facts.answer, Missing):
        return ""
    found = re.search(_ERRNO, facts.answer.reason)
    return found[1].strip().lower() if found else facts.answer.reason


@TOPIC.check(
    "engine-listens-elsewhere",
    ERROR,
    "The engine runs, but not where docker looks for it",
    references=(
        "https://docs.docker.com/engine/daemon/remote-access/",
        "https://docs.docker.com/engine/manage-resources/contexts/",
    ),
    applies="hosts whose dockerd was told where to listen",
)
def engine_listens_elsewhere(facts: Reachability) -> Verdict:
    """A dockerd runs on this host with -H options that leave out the socket docker looks for.

    ## What it reads
    The default socket, which is missing, and the command lines of the dockerd processes outside of
    containers.

    ## Why it matters
    Whoever types `docker` here gets "Cannot connect to the Docker daemon", although it runs: it
    listens on a TCP port or another socket only.

    ## How to mend it
    Point docker there with a context, or let the daemon listen on the default socket as well (one
    more `-H unix:///var/run/docker.sock`, or `-H fd://` with docker.socket enabled).

    ## What could go wrong
    Adding a listener needs a restart of the engine, which stops containers without live-restore. A
    TCP listener without TLS gives root to everyone who can reach the port.

    ## Why this severity
    An error: docker does not work for whoever does not know the other address.
    """
    verdict = _unless(facts, ELSEWHERE)
    if verdict is not None:
        return verdict
    path = facts.endpoint.removeprefix("unix://")
    told = sorted((d for d in facts.daemons if d.hosts), key=lambda d: d.unit != "docker.service")
    hosts = ", ".join(told[0].hosts)
    return fail(
        f"dockerd ({told[0].pid}) runs, but listens on {hosts} and not on {path}, where docker "
        "looks for it.",
        *(
            Evidence(f"/proc/{d.pid}/cmdline", "-H", ", ".join(d.hosts), f"unix://{path}")
            for d in told
        ),
        mend=(
            f"docker context create local --docker host={told[0].hosts[0]}",
            "docker context use local",
        ),
    )


@TOPIC.check(
    "docker-socket-left-over",
    ERROR,
    "The socket is there, and nothing listens on it",
    references=("https://docs.docker.com/engine/daemon/troubleshoot/",),
    applies="hosts with an engine that is reached through a unix socket",
)
def docker_socket_left_over(facts: Reachability) -> Verdict:
    """The socket file exists, but a connection to it is refused: its engine is gone.

    ## What it reads
    A connection to the socket, which the kernel refuses (ECONNREFUSED, connect(2)) when no process
    has it open, then the state of the service and the last error in its log.

    ## Why it matters
    The engine crashed, was killed (often by the kernel for lack of memory) or was stopped without
    its socket unit. docker says "Is the docker daemon running?" although the file is there.

    ## How to mend it
    Start the engine: it replaces the file by itself. Look at its log first: what killed it will do
    so again.

    ## What could go wrong
    Starting the engine also starts every container with a restart policy.

    ## Why this severity
    An error: there is an engine, and nobody can use it.
    """
    verdict = _unless(facts, LEFT_OVER)
    if verdict is not None:
        return verdict
    path = facts.endpoint.removeprefix("unix://")
    words = have(facts.service, Service("")).last_words
    service = facts.service
    restart = isinstance(service, Service) and service.manager == "systemd"
    return fail(
        f"{path} is left over from an engine that no longer runs: the connection is refused"
        f"{_service_words(service)}." + (f" Its log says: {words}" if words else ""),
        Evidence(path, "connect(2)", "ECONNREFUSED", "a listening engine"),
        *_service_seen(service),
        mend=(*starts(service), *choose_default(facts))
        if facts.product.manager
        else (
            *choose_default(facts),
            *(("sudo systemctl restart docker.socket",) if restart and _has_unit(service) else ()),
            *starts(service),
        ),
    )


def _has_unit(service: Service | Missing) -> bool:
    return isinstance(service, Service) and service.socket_active == "active"


@TOPIC.check(
    "docker-socket-not-a-socket",
    ERROR,
    "Something else lies where the socket should be",
    references=("https://docs.docker.com/engine/storage/bind-mounts/",),
    applies="hosts where docker is reached through a unix socket",
)
def docker_socket_not_a_socket(facts: Reachability) -> Verdict:
    """The path of the socket is a directory, or a file.

    ## What it reads
    The kind of what lies at the path of the socket, stat(2).

    ## Why it matters
    A container with `-v /var/run/docker.sock:/var/run/docker.sock` that was started while the
    engine had no socket made an empty directory there. The engine can then not make its socket and
    does not start, or listens for nobody.

    ## How to mend it
    Stop what mounts it, remove the directory (rmdir refuses when it is not empty, and that is as it
    should be), and restart socket and service.

    ## What could go wrong
    Restarting the engine stops containers without live-restore.

    ## Why this severity
    An error: docker cannot be reached, and a restart alone does not help.
    """
    verdict = _unless(facts, NOT_A_SOCKET)
    if verdict is not None:
        return verdict
    socket = need(facts.socket)
    remove = f"sudo rmdir {socket.path}" if socket.kind == "directory" else f"ls -l {socket.path}"
    return fail(
        f"{socket.path} is a {socket.kind}, not a socket: a bind mount made it while the engine "
        "was down, and the engine cannot listen there."
        if socket.kind == "directory"
        else f"{socket.path} is a {socket.kind}, not a socket: no engine can listen there.",
        Evidence(socket.path, "kind", socket.kind, "socket"),
        mend=(remove.replace("sudo ", ""), *_again(facts))
        if facts.product.manager
        else (
            "sudo systemctl stop docker.service docker.socket",
            remove
            if socket.kind == "directory"
            else f"{remove}   # see whose it is, then move it away",
            "sudo systemctl start docker.socket docker.service",
        ),
    )


@TOPIC.check(
    "user-not-in-docker-group",
    ERROR,
    "This user may not talk to the engine",
    references=(
        "https://docs.docker.com/engine/install/linux-postinstall/",
        "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        "https://github.com/docker/for-linux/issues/1020",
    ),
    applies="users other than root",
)
def user_not_in_docker_group(facts: Reachability) -> Verdict:
    """The socket is open to root and one group, and this user is not in it.

    ## What it reads
    The group of the socket, the groups of this session, and those that /etc/group grants.

    ## Why it matters
    docker says "permission denied while trying to connect" to the daemon's socket or API, and this
    report cannot see most of what it would look at.

    ## How to mend it
    Use sudo, or add the user to the group and log in again. For a person who should not be root on
    this host, a rootless engine of their own is the safe way.

    ## What could go wrong
    Whoever may talk to the engine is root on this host: `docker run -v /:/host` needs no password.
    Do not open the socket to everyone instead (`chmod 666`).

    ## Why this severity
    An error for whoever asked; for the host it may well be as its owner wants it.
    """
    verdict = _unless(facts, DENIED)
    if verdict is not None:
        return verdict
    if isinstance(facts.socket, Missing):
        return skip("it is a folder above the socket that keeps this user out")
    socket, session = facts.socket, need(facts.session)
    if not socket.mode & 0o020 or session.uid == 0 or socket.gid in session.group_ids:
        return skip("it is not the group that keeps this user out")
    if socket.gid in session.granted_ids:
        return skip("the user is in the group, but this session is not")
    seen = (
        Evidence(
            socket.path,
            "owner and mode",
            f"{socket.owner}:{socket.group} {socket.mode:04o}",
            f"a group of {session.name}",
        ),
        Evidence("this session", "groups", ", ".join(session.groups), socket.group),
    )
    if socket.gid == 0:
        return fail(
            f"{socket.path} belongs to root alone ({socket.owner}:{socket.group}): {session.name} "
            "needs sudo to use docker.",
            *seen,
            mend=(
                "sudo hullcheck doctor   # to see the rest of this report",
                "sudo groupadd --force docker",
                f"{facts.restart}   # restarts the engine, which gives its socket to the group",
                f"sudo usermod -aG docker {session.name}   # then log out and in again",
            ),
        )
    return fail(
        f"{session.name} is not in the group {socket.group}, which {socket.path} is open to.",
        *seen,
        mend=(
            "sudo hullcheck doctor   # to see the rest of this report",
            (
                f"sudo usermod -aG {socket.group} {session.name}   # makes {session.name} as good as "
                "root on this host"
            ),
            f"Log out and in again, or for this terminal only: newgrp {socket.group}",
        ),
    )


@TOPIC.check(
    "docker-group-not-in-session",
    ERROR,
    "The group was granted after this session began",
    references=(
        "https://docs.docker.com/engine/install/linux-postinstall/",
        "https://github.com/kata-containers/tests/issues/3847",
    ),
    applies="users other than root",
)
def docker_group_not_in_session(facts: Reachability) -> Verdict:
    """The user is in the socket's group by /etc/group, but this session started before that.

    ## What it reads
    The groups that this process really has (getgroups(2)) and those that a new login would have
    (getgrouplist(3)).

    ## Why it matters
    Groups are handed out at login. After `usermod -aG docker` every running session, terminal,
    tmux, IDE and CI runner still has the old ones, and docker still says "permission denied": the
    commonest reason why "the fix did not work".

    ## How to mend it
    Log out of the desktop or the SSH connection completely and in again; a service must be
    restarted. `newgrp docker` helps for one terminal. On WSL: `wsl --terminate` the distribution.

    ## What could go wrong
    Nothing. A tmux or screen session that stays keeps its old groups.

    ## Why this severity
    An error for whoever asked: docker does not work in this session.
    """
    verdict = _unless(facts, DENIED)
    if verdict is not None:
        return verdict
    if isinstance(facts.socket, Missing):
        return skip("it is a folder above the socket that keeps this user out")
    socket, session = facts.socket, need(facts.session)
    if socket.gid not in session.granted_ids or socket.gid in session.group_ids:
        return skip("the groups of this session are those that /etc/group grants")
    return fail(
        f"{session.name} is in the group {socket.group}, but this session began before that and "
        "does not have it.",
        Evidence("this session", "groups", ", ".join(session.groups), socket.group),
        Evidence("/etc/group", socket.group, f"{session.name} is a member"),
        mend=(
            f"Log out and in again (restart a service); for this terminal: newgrp {socket.group}",
        ),
    )


@TOPIC.check(
    "docker-socket-denied",
    ERROR,
    "The socket may not be opened, whatever the group",
    references=("https://docs.docker.com/engine/security/rootless/",),
    applies="every user",
)
def docker_socket_denied(facts: Reachability) -> Verdict:
    """The socket may not be opened, and it is not for want of a group.

    ## What it reads
    Mode, owner and group of the socket where they can be seen, and the groups of this session.

    ## Why it matters
    A folder above the socket is closed (the rootless engine of another user, whose /run/user is
    private), the mode lacks the group's write bit, or a security module (AppArmor, SELinux, the
    confinement of a snap or flatpak) stands between.

    ## How to mend it
    For somebody else's rootless engine: start one of your own, and unset DOCKER_HOST. For a mode
    that was changed: restart the socket unit, which sets it again. For a confined terminal, use
    one outside of it.

    ## What could go wrong
    Do not open the socket to everyone (`chmod 666`): that makes every user root.

    ## Why this severity
    An error for whoever asked: docker does not work.
    """
    verdict = _unless(facts, DENIED)
    if verdict is not None:
        return verdict
    session, socket = need(facts.session), facts.socket
    if facts.endpoint.startswith("npipe://"):
        return _pipe_denied(facts, session)
    path = _path(facts)
    if isinstance(socket, Missing):
        return fail(
            f"{session.name} may not enter the folder of {path}: it is another user's engine.",
            Evidence(path, "stat(2)", socket.reason, f"a socket that {session.name} may open"),
            mend=(
                *choose_default(facts),
                *(f"{step}   # of your own" for step in _steps(STARTS, facts.product)[:1]),
            )
            if facts.product.manager == "product"
            else (
                *choose_default(facts),
                (
                    f'sudo -u "#$(sudo stat -c %u {path})" env DOCKER_HOST={facts.endpoint} docker info'
                    "   # ask as the user whose it is"
                ),
            ),
        )
    if session.uid != 0 and socket.mode & 0o020 and socket.gid not in session.group_ids:
        return skip("it is the group that keeps this user out")
    return fail(
        f"{session.name} may not open {path} ({socket.owner}:{socket.group} {socket.mode:04o}), "
        "and it is not for want of the group.",
        Evidence(
            path,
            "owner and mode",
            f"{socket.owner}:{socket.group} {socket.mode:04o}",
            "root:docker 0660",
        ),
        mend=(*_again(facts), *choose_default(facts))
        if facts.product.manager
        else (
            "sudo systemctl restart docker.socket   # sets owner and mode again"
            if not socket.mode & 0o020
            else "sudo journalctl -k -g 'apparmor.*DENIED|avc.*denied' -n 20   # what a security "
            "module refused",
        ),
    )


def _pipe_denied(facts: Reachability, session: Session) -> Verdict:
    """Windows' pipes are open to administrators and the group that the engine was told.

    docker/docs content/manuals/desktop/setup/install/windows-permission-requirements.md; ``group``
    in dockerd's daemon.json.
    """
    pipe = _path(facts)
    mend = {
        "docker-desktop": f'net localgroup docker-users "{session.name}" /add   # as an '
        "administrator; then log out and in again",
        "docker-engine": "Use docker in a terminal of an administrator, or give a group to `group` "
        "in daemon.json.",
    }.get(facts.product.unit, "Use docker as the user who started the engine's program.")
    return fail(
        f"{session.name} may not open the pipe {pipe}.",
        Evidence(pipe, "open", _why(facts), f"a pipe that {session.name} may open"),
        mend=(mend, *choose_default(facts)),
    )


@TOPIC.check(
    "engine-hangs",
    ERROR,
    "The engine accepts connections and does not answer",
    references=(
        "https://docs.docker.com/engine/daemon/troubleshoot/",
        "https://docs.docker.com/engine/daemon/logs/#view-stack-traces",
        "https://github.com/moby/moby/issues/43072",
    ),
    applies="engines behind a unix socket",
)
def engine_hangs(facts: Reachability) -> Verdict:
    """The socket accepts the connection, and GET /version is not answered within seconds.

    ## What it reads
    The time that the engine takes for the first and cheapest answer it has, and the state of its
    service.

    ## Why it matters
    Every `docker` command hangs with it. The daemon is stuck: on a lock, on a dead NFS volume or
    log driver, on a full or failing disk, or while it starts with a damaged database (local-kv.db,
    containerd's meta.db) after a power cut.

    ## How to mend it
    An engine in a VM: restart the product, as the finding says. Otherwise see whether the daemon
    waits for a disk (state D in `ps`). SIGUSR1 makes dockerd write all its stacks to
    a file that its log names: keep it, it is what a bug report needs. Then restart the service.

    ## What could go wrong
    A restart stops all containers unless live-restore is on. A daemon that waits for a dead disk
    cannot be restarted before the disk is back.

    ## Why this severity
    An error: nothing that needs docker works.
    """
    verdict = _unless(facts, HUNG)
    if verdict is not None:
        return verdict
    why = _why(facts)
    pids = [d.pid for d in facts.daemons]
    pid = str(pids[0]) if len(pids) == 1 else "$(pidof dockerd)"
    first = (
        f"ps -o pid,stat,wchan:32,etime,args -p {pid}   # D: it waits for a disk or mount",
        f"sudo kill -USR1 {pid}   # writes its stacks to a file that its log names",
    )
    return fail(
        f"The engine at {facts.endpoint} accepts connections and does not answer"
        f"{_service_words(facts.service)}.",
        Evidence(f"engine {facts.endpoint}", "GET /version", why, "an answer within milliseconds"),
        *_service_seen(facts.service),
        # The daemon of a VM cannot be looked at from here.
        mend=(*(() if facts.product.manager else first), *_again(facts)),
    )


@TOPIC.check(
    "docker-socket-not-an-engine",
    ERROR,
    "What listens on the socket is no engine",
    references=("https://docs.docker.com/reference/cli/docker/#environment-variables",),
    applies="engines behind a unix socket",
)
def docker_socket_not_an_engine(facts: Reachability) -> Verdict:
    """Something listens on the socket, and what it answers is not the Engine API.

    ## What it reads
    The answer to GET /version: it was no HTTP, or not JSON.

    ## Why it matters
    DOCKER_HOST or a context leads to the wrong socket (containerd's, an SSH agent's), or a proxy in
    front of the socket (socket proxies, tunnels) is up while the engine behind it is not.

    ## How to mend it
    See which process has the socket open, and point docker to the right one.

    ## What could go wrong
    Nothing: this only looks.

    ## Why this severity
    An error: docker cannot work this way.
    """
    verdict = _unless(facts, NOT_HTTP)
    if verdict is not None:
        return verdict
    path = _path(facts)
    why = _why(facts)
    return fail(
        f"{path} is not the {_word(facts)} of a container engine: {why}.",
        Evidence(f"engine {facts.endpoint}", "GET /version", why, "a JSON object"),
        mend=(*_holder(facts, path), *choose_default(facts)),
    )


def _holder(facts: Reachability, path: str) -> tuple[str, ...]:
    """How to see which process listens, and what to do about it."""
    if facts.platform == desktop_host.WINDOWS:  # there is no program of Windows' own that tells
        return _again(facts)
    if facts.platform == desktop_host.MACOS:
        return (f"lsof -U | grep {path}   # which process it is", *_again(facts))
    return (
        f"sudo ss -xlpn | grep {path}   # which process it is",
        *(_again(facts) if facts.product.manager else ()),
    )


@TOPIC.check(
    "engine-answers-with-error",
    ERROR,
    "The engine answers every request with an error",
    references=(
        "https://docs.docker.com/engine/extend/plugins_authorization/",
        "https://docs.docker.com/engine/security/protect-access/",
    ),
)
def engine_answers_with_error(facts: Reachability) -> Verdict:
    """GET /version, which needs no rights, was answered with an HTTP error.

    ## What it reads
    The status and message of the engine's answer to GET /version.

    ## Why it matters
    An authorization plugin refuses, a socket proxy does not let the request through, TLS is missing
    ("client sent an HTTP request to an HTTPS server"), or the daemon is broken inside (500).

    ## How to mend it
    The message mostly names it. 400 with HTTPS in it: use `DOCKER_TLS_VERIFY=1` and the
    certificates. 403: allow the request in the plugin or proxy. 500: look at the daemon's log; from
    Docker Desktop it means that its VM is down: restart Docker Desktop.

    ## What could go wrong
    Do not switch an authorization plugin off to get through: it is there on purpose.

    ## Why this severity
    An error: docker does not work this way.
    """
    verdict = _unless(facts, REFUSED)
    if verdict is not None:
        return verdict
    why = _why(facts)
    https = "HTTPS" in why
    return fail(
        f"The engine at {facts.endpoint} answers with an error: {why}.",
        Evidence(f"engine {facts.endpoint}", "GET /version", why, "200"),
        mend=("export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=~/.docker   # it wants TLS",)
        if https
        else _after_error(facts),
    )


def _after_error(facts: Reachability) -> tuple[str, ...]:
    if facts.product.manager:
        return _again(facts)
    return ("sudo journalctl -u docker.service -n 50 --no-pager   # on the engine's host",)


@TOPIC.check(
    "remote-engine-unreachable",
    ERROR,
    "The engine on another machine does not answer",
    references=(
        "https://docs.docker.com/engine/security/protect-access/",
        "https://docs.docker.com/engine/manage-resources/contexts/",
    ),
    applies="engines behind tcp:// or ssh://",
)
def remote_engine_unreachable(facts: Reachability) -> Verdict:
    """Docker is pointed at another machine by DOCKER_HOST or a context, and gets no answer there.

    ## What it reads
    The endpoint by the CLI's own rules, and one request to it.

    ## Why it matters
    Every `docker` command here fails or hangs until its own time limit.

    ## How to mend it
    Try the connection by hand: for ssh:// log in with ssh without a password prompt; for tcp://
    test the port. Or go back to the engine of this machine.

    ## What could go wrong
    An engine on plain tcp:// gives root to whoever reaches the port: prefer ssh://.

    ## Why this severity
    An error: docker does not work here.
    """
    verdict = _unless(facts, REMOTE)
    if verdict is not None:
        return verdict
    why = _why(facts)
    return fail(
        f"The engine at {facts.endpoint}, chosen by {facts.chosen_by}, does not answer: {why}.",
        Evidence(facts.chosen_by, facts.context, facts.endpoint, "an engine that answers"),
        mend=(_try_by_hand(facts.endpoint), *choose_default(facts)[:1]),
    )


def _try_by_hand(endpoint: str) -> str:
    scheme, _, rest = endpoint.partition("://")
    address = rest.partition("/")[0]
    if scheme == "ssh":
        name, _, port = address.partition(":")
        return f"ssh {f'-p {port} ' if port else ''}{name} docker version"
    if address.endswith(":2376"):
        # The port for TLS (IANA docker-s); a server that asks for our certificate says so.
        return f"curl -m 5 -k https://{address}/_ping   # any answer shows that the way is open"
    return f"curl -m 5 {'http' if scheme == 'tcp' else scheme}://{address}/_ping"


@TOPIC.check(
    "docker-context-missing",
    ERROR,
    "The selected docker context does not exist",
    references=("https://docs.docker.com/engine/manage-resources/contexts/",),
    applies="users of docker contexts",
)
def docker_context_missing(facts: Reachability) -> Verdict:
    """DOCKER_CONTEXT or currentContext name a context that is not in ~/.docker/contexts.

    ## What it reads
    DOCKER_CONTEXT, currentContext of config.json, and the context's own file.

    ## Why it matters
    docker refuses every command: "context ... does not exist". This is what is left when Docker
    Desktop, Colima or Rancher Desktop was removed.

    ## How to mend it
    Go back to the default context, and unset DOCKER_CONTEXT where it is set (see the shell's
    profile).

    ## What could go wrong
    Nothing is lost: the other engine's data is not touched.

    ## Why this severity
    An error: docker does not work at all for this user.
    """
    if facts.problem != NO_CONTEXT:
        return ok(f"docker uses the context {facts.context}")
    by_env = facts.chosen_by == "DOCKER_CONTEXT"
    source = "environment" if by_env else have(facts.config, _NO_CONFIG).path
    return fail(
        f"The docker context {facts.named_context!r} is selected and does not exist: docker "
        "refuses every command.",
        Evidence(source, facts.chosen_by, facts.named_context, "a context that exists"),
        mend=(
            f"{_unset(facts, 'DOCKER_CONTEXT')}   # and see {_profile(facts)}"
            if facts.chosen_by == "DOCKER_CONTEXT"
            else "docker context use default",
        ),
    )


@TOPIC.check(
    "docker-context-dead",
    ERROR,
    "docker is pointed at an engine that is not there",
    references=(
        "https://docs.docker.com/engine/manage-resources/contexts/",
        "https://docs.docker.com/desktop/setup/install/linux/",
    ),
    applies="hosts where DOCKER_HOST or a context chooses the engine",
)
def docker_context_dead(facts: Reachability) -> Verdict:
    """The chosen engine does not answer, while another one on this very host does.

    ## What it reads
    The endpoint that DOCKER_HOST, DOCKER_CONTEXT or currentContext choose, and the sockets of the
    engines that run on this host.

    ## Why it matters
    docker says that no daemon is running, while one is: mostly the context desktop-linux that stays
    after Docker Desktop was stopped or removed, or a DOCKER_HOST in a shell profile.

    ## How to mend it
    Choose the engine that runs, or start the other one.

    ## What could go wrong
    Each engine has its own containers, images and volumes: they are not lost, only elsewhere.

    ## Why this severity
    An error: docker does not work for this user although an engine runs.
    """
    verdict = _unless(facts, DEAD)
    if verdict is not None:
        return verdict
    other = next(o for o in facts.others if o.answers)
    if facts.chosen_by == "DOCKER_HOST":
        mend: tuple[str, ...] = (f"{_unset(facts, 'DOCKER_HOST')}   # and see {_profile(facts)}",)
    elif facts.chosen_by == "DOCKER_CONTEXT":
        mend = (f"{_unset(facts, 'DOCKER_CONTEXT')}   # and see {_profile(facts)}",)
    else:
        mend = ("docker context use default",)
    if other.context and facts.chosen_by.startswith("currentContext"):
        mend = (f"docker context use {other.context}   # the engine that runs",)
    elif other.context:
        mend = (*mend, f"docker context use {other.context}   # the engine that runs")
    elif other.path != engine.DEFAULT_SOCKET:
        mend = (f"export DOCKER_HOST=unix://{other.path}   # the engine that runs",)
    return fail(
        f"docker talks to {facts.endpoint} (chosen by {facts.chosen_by}), where nothing answers, "
        f"while the {other.what} runs at {other.path}.",
        Evidence(facts.chosen_by, facts.context, facts.endpoint, "an engine that answers"),
        Evidence(other.path, "GET /_ping", "answers"),
        mend=mend,
    )


# -- judging: the choice of the engine -----------------------------------------------------------


@TOPIC.check(
    "docker-host-overrides-context",
    WARNING,
    "DOCKER_HOST overrides the selected context",
    references=(
        "https://docs.docker.com/engine/manage-resources/contexts/",
        "https://docs.docker.com/reference/cli/docker/#environment-variables",
    ),
    applies="users who set DOCKER_HOST",
)
def docker_host_overrides_context(facts: Reachability) -> Verdict:
    """DOCKER_HOST is set, and a context is selected that leads to another engine.

    ## What it reads
    DOCKER_HOST, DOCKER_CONTEXT, and currentContext of the CLI's config.json with its endpoint.

    ## Why it matters
    The variable wins without a word in scripts: `docker context use production` changes nothing
    where it is set, and the same command reaches different engines in different terminals. That is
    how the wrong host gets pruned.

    ## How to mend it
    Keep one of the two: unset the variable (and take it out of the profile), or go back to the
    default context.

    ## What could go wrong
    Scripts that rely on the variable then reach the context's engine: look where it is set first.

    ## Why this severity
    A warning: everything works, on an engine that may not be the one that is meant.
    """
    if not facts.docker_host:
        return skip("DOCKER_HOST is not set")
    if not facts.named_context:
        return ok("no context is selected beside DOCKER_HOST")
    named = facts.named_endpoint
    same = {facts.docker_host, facts.docker_host.replace("unix:///run/", "unix:///var/run/")}
    if isinstance(named, str) and named.replace("unix:///run/", "unix:///var/run/") in same | {
        s.replace("unix:///run/", "unix:///var/run/") for s in same
    }:
        return ok(f"DOCKER_HOST and the context {facts.named_context} lead to the same engine")
    leads = named if isinstance(named, str) else "an endpoint that is not there"
    return fail(
        f"DOCKER_HOST={facts.docker_host} overrides the selected context {facts.named_context} "
        f"({leads}): docker does not talk to the engine that `docker context use` chose.",
        Evidence("environment", "DOCKER_HOST", facts.docker_host, "unset"),
        Evidence("docker context", facts.named_context, leads),
        mend=(
            f"{_unset(facts, 'DOCKER_HOST')}   # to use the context; {_profile(facts)} may set it",
            "docker context use default   # to use DOCKER_HOST",
        ),
    )


@TOPIC.check(
    "several-engines",
    NOTE,
    "More than one engine runs on this host",
    references=("https://docs.docker.com/desktop/setup/install/linux/#context",),
    applies="hosts with several engines",
)
def several_engines(facts: Reachability) -> Verdict:
    """Another engine answers on this host besides the one that docker talks to.

    ## What it reads
    The well-known sockets of Docker Engine, rootless engines, Docker Desktop, Rancher Desktop and
    Colima. They are only asked where such an engine runs already.

    ## Why it matters
    Each has its own images, containers, volumes and networks. "My containers are gone" and "the
    port is already allocated" mostly mean that the other engine has them.

    ## How to mend it
    Nothing needs to be mended if both are meant. `docker context ls` shows what there is; stop the
    one that is not needed.

    ## What could go wrong
    Stopping an engine stops its containers.

    ## Why this severity
    A note: it is allowed, and good to know.
    """
    others = [other for other in facts.others if other.answers]
    if facts.problem != ANSWERS:
        return skip("the engine that docker talks to does not answer")
    if not others:
        return ok(f"no other engine was found beside the one at {facts.endpoint}")
    names = ", ".join(f"{other.what} ({other.path})" for other in others)
    return fail(
        f"docker talks to {facts.endpoint} (chosen by {facts.chosen_by}); this host also runs: "
        f"{names}. Each has its own containers and images.",
        *(Evidence(other.path, "GET /_ping", "answers") for other in others),
        mend=(
            "docker context ls   # which one is used",
            f"docker -H unix://{others[0].path} ps -a   # what the other one has",
        ),
    )


@TOPIC.check(
    "engine-slow",
    WARNING,
    "The engine takes long to answer",
    references=(
        "https://docs.docker.com/engine/daemon/troubleshoot/",
        "https://docs.docker.com/engine/daemon/logs/#view-stack-traces",
    ),
    applies="engines that answer",
)
def engine_slow(facts: Reachability) -> Verdict:
    """GET /_ping, which costs the engine nothing, took longer than a second.

    ## What it reads
    The time from the connection to the answer of GET /_ping.

    ## Why it matters
    The daemon is short of CPU or memory, its disk is overloaded, or something holds one of its
    locks. Health checks run late, deployments time out, and it tends to get worse.

    ## How to mend it
    Look at the machine first: `top`, `iostat -x 1`, memory pressure. Then at what the daemon does:
    many health checks, containers that log megabytes per second, `docker system df` in a loop.

    ## What could go wrong
    Restarting the engine hides the cause and stops containers without live-restore.

    ## Why this severity
    A warning: it still works.
    """
    if facts.problem != ANSWERS:
        return skip("there is no engine that answers")
    if isinstance(facts.ping_ms, Missing) and facts.ping_ms.kind == "refused":
        return skip(f"GET /_ping is not allowed: {facts.ping_ms.reason}")
    took = need(facts.ping_ms)
    remote = not facts.endpoint.startswith(("unix://", "npipe://"))
    seen = Evidence(
        f"engine {facts.endpoint}", "GET /_ping", f"{took:.0f} ms", f"{SLOW_PING.value:g} ms"
    )
    if took <= SLOW_PING.value:
        return ok(f"GET /_ping took less than {SLOW_PING.value:g} ms", seen)
    if remote:
        return skip(f"GET /_ping took {took:.0f} ms, the network and the login included")
    return fail(
        f"The engine took {took / 1000:.1f} s for GET /_ping, which it answers from memory: the "
        "machine or the daemon is overloaded.",
        seen,
        mend=(
            "docker stats --no-stream   # what takes the VM's processors and memory",
            *_again(facts),
        )
        if facts.product.manager
        else (
            "top -b -n 1 | head -20",
            "cat /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory",
            "sudo kill -USR1 $(pidof dockerd)   # writes its stacks to a file that its log names",
        ),
    )


@TOPIC.check(
    "docker-socket-world-writable",
    ERROR,
    "Every user may talk to the engine",
    references=(
        "CIS Docker Benchmark 3.16",
        "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        "https://github.com/docker/compose/issues/1214",
    ),
    applies="engines behind a unix socket",
)
def docker_socket_world_writable(facts: Reachability) -> Verdict:
    """The mode of the socket lets every user of this host connect to the engine.

    ## What it reads
    The mode of the socket, and whether the folders above it let other users through.

    ## Why it matters
    Whoever can connect is root: `docker run -v /:/host` needs no password. Every service account, a
    hacked web server among them, then owns the host. It mostly comes from the advice to
    `chmod 666 /var/run/docker.sock`.

    ## How to mend it
    Set the mode back, and give the group docker to those who need it. Systemd sets 0660 again
    whenever it makes the socket: where it does not, look for SocketMode= in a drop-in of
    docker.socket, or for a boot script that changes it.

    ## What could go wrong
    Users and services that relied on it need the group, and a new login.

    ## Why this severity
    An error: it is a way to root for anybody on the machine.
    """
    path = facts.endpoint.removeprefix("unix://")
    if isinstance(facts.socket, Missing) and facts.socket.kind == "absent":
        return skip(f"there is no socket {path}")
    if isinstance(facts.socket, Missing) and facts.socket.kind == "denied":
        return ok(f"{path} lies in a folder that is closed to other users")
    socket = need(facts.socket)
    if socket.kind != "socket":
        return skip(f"{socket.path} is not a socket")
    seen = Evidence(socket.path, "mode", f"{socket.mode:04o}", "0660")
    if not socket.mode & 0o002:
        return ok(f"{socket.path} is closed to other users ({socket.mode:04o})", seen)
    if not need(socket.exposed):
        return ok(f"{socket.path} lies in a folder that is closed to other users", seen)
    return fail(
        f"{socket.path} has mode {socket.mode:04o}: every user and service of this host can be "
        "root through it.",
        seen,
        mend=(
            f"sudo chmod 660 {socket.path}",
            "systemctl cat docker.socket | grep -i SocketMode   # should say 0660",
        ),
    )


# -- judging: the CLI's own files ----------------------------------------------------------------


@TOPIC.check(
    "docker-cli-config-broken",
    WARNING,
    "The docker CLI cannot read its config.json",
    references=(
        "https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties",
    ),
    applies="users with a ~/.docker/config.json",
)
def docker_cli_config_broken(facts: Reachability) -> Verdict:
    """The docker CLI's config.json is not valid JSON, or a key in it has the wrong type.

    ## What it reads
    config.json in DOCKER_CONFIG, or else in ~/.docker.

    ## Why it matters
    docker prints "Error loading config file" and goes on without it: logins, the selected context,
    credential helpers and proxies are ignored, so that pulls of private images are refused and the
    wrong engine may be used.

    ## How to mend it
    Correct the place that is named (most often a comma too many or too few). If it was cut off by a
    full disk, move it away and log in again.

    ## What could go wrong
    Moving the file away loses stored logins and settings: keep the copy.

    ## Why this severity
    A warning: docker still runs, without what is in the file.
    """
    config = need(facts.config)
    if not config.there:
        return skip(f"there is no {config.path}")
    if not config.broken:
        return ok(f"{config.path} is well-formed")
    at = f"line {config.line}, column {config.column}" if config.line else ""
    return fail(
        f"{config.path} is broken ({', '.join(filter(None, (at, config.broken)))}): docker ignores "
        "the logins, context and proxies in it.",
        Evidence(config.path, at, _line_of(config), "valid JSON"),
        line=config.line,
        column=config.column,
        mend=(
            f"python3 -m json.tool {config.path}   # shows the place; correct it with an editor",
            f"or: mv {config.path} {config.path}.broken && docker login",
        ),
    )


def _line_of(config: CliConfig) -> str:
    """The line with the mistake, without whatever value stands on it."""
    lines = config.text.splitlines()
    if not config.line or config.line > len(lines):
        return config.broken
    # A login may stand on this line: the redaction of the seam knows well-formed JSON only.
    key = re.match(r'\s*"([A-Za-z]+)"\s*:', lines[config.line - 1])
    return f"{config.broken}, at the key {key[1]}" if key else config.broken


@TOPIC.check(
    "credential-helper-missing",
    ERROR,
    "config.json names a credential helper that is not there",
    references=(
        "https://docs.docker.com/reference/cli/docker/login/#credential-stores",
        "https://github.com/docker/desktop-linux/issues/5",
        "https://github.com/docker/docker-credential-helpers/issues/296",
    ),
    applies="users whose config.json names a credential helper",
)
def credential_helper_missing(facts: Reachability) -> list[Verdict] | Verdict:
    """CredsStore or credHelpers name a program that is not installed, or cannot work.

    ## What it reads
    credsStore and credHelpers of config.json, the folders of PATH for docker-credential-NAME, and
    for "pass" whether that program is there and initialised. No helper is run.

    ## Why it matters
    Pulls fail with "error getting credentials: exec: docker-credential-desktop: executable file not
    found", those of public images as well, since docker asks the helper before every pull. Docker
    Desktop leaves this behind when it is removed.

    ## How to mend it
    Take the key out of config.json (keep a copy), then `docker login` stores the login in the file;
    or install the helper.

    ## What could go wrong
    Without a helper, `docker login` writes the password to config.json in plain base64: use an
    access token, and keep the file's mode at 600.

    ## Why this severity
    An error for credsStore, which every pull needs; a warning for a helper of a single registry and
    for one that is merely not initialised.
    """
    config = need(facts.config)
    if not config.helpers:
        return skip("config.json names no credential helper")
    return [_judge_helper(facts.platform, config, helper) for helper in config.helpers]


def _judge_helper(platform: str, config: CliConfig, helper: Helper) -> Verdict:
    program = f"docker-credential-{helper.name}"
    if helper.found and not helper.trouble:
        return ok(f"{program} is installed", subject=helper.key)
    store = helper.key == "credsStore"
    line = next(
        (n for n, text in enumerate(config.text.splitlines(), 1) if f'"{helper.name}"' in text),
        None,
    )
    key = helper.key.partition(" ")[0]
    where = f"{config.path} line {line}" if line else config.path
    copy = (
        f'copy "{config.path}" "{config.path}.bak"'
        if platform == desktop_host.WINDOWS
        else f"cp -p {config.path} {config.path}.bak"
    )
    take_out = f"{copy}, then take {helper.name} out of {key} in {where}"
    if helper.found:
        return fail(
            f"{program} is there, but {helper.trouble}: logins cannot be stored or read.",
            Evidence(config.path, helper.key, helper.name, "a helper that works"),
            subject=helper.key,
            severity=WARNING,
            line=line,
            mend=(
                "sudo apt-get install pass gpg && gpg --full-generate-key && pass init <key id>"
                if "not installed" in helper.trouble
                else "pass init <key id>   # gpg --list-keys shows it",
                f"or: {take_out}",
            ),
        )
    return fail(
        f"{config.path} names the credential helper {helper.name} ({helper.key}), and {program} "
        "is not installed: "
        + ("every pull and login fails." if store else "that registry cannot be used."),
        Evidence(config.path, helper.key, helper.name, f"{program} in PATH"),
        subject=helper.key,
        severity="" if store else WARNING,
        line=line,
        mend=(take_out, "docker login   # again, for private registries"),
    )


@TOPIC.check(
    "docker-config-foreign-owner",
    WARNING,
    "The docker CLI's folder belongs to somebody else",
    references=("https://docs.docker.com/engine/install/linux-postinstall/",),
    applies="users other than root",
)
def docker_config_foreign_owner(facts: Reachability) -> Verdict:
    """~/.docker, or what lies in it, belongs to another user and cannot be written.

    ## What it reads
    Owner of ~/.docker, config.json, contexts and buildx (DOCKER_CONFIG instead of ~/.docker where
    it is set), and whether this user may write them.

    ## Why it matters
    `sudo docker login` or a build with sudo made them as root. docker then says "Error loading
    config file: permission denied", cannot store a login, and buildx cannot keep its state.

    ## How to mend it
    Give the folder back to its user.

    ## What could go wrong
    Logins that were made with sudo become the user's: that is mostly what was meant.

    ## Why this severity
    A warning: docker runs, but logins and builders do not stay.
    """
    session = need(facts.session)
    if session.uid == 0:
        return skip("root may write everything")
    foreign = need(facts.foreign)
    if not foreign:
        return ok("the docker CLI's folder is this user's own")
    folder = posixpath.dirname(foreign[0]) if foreign[0].endswith(".json") else foreign[0]
    return fail(
        f"{', '.join(foreign)} cannot be written by {session.name}, whose docker keeps its logins "
        "there: it was made with sudo.",
        *(Evidence(path, "owner", "another user", session.name) for path in foreign),
        mend=(f'sudo chown -R "$(id -u):$(id -g)" {folder}',),
    )


@TOPIC.check(
    "registry-login-readable",
    WARNING,
    "Registry passwords can be read by other users",
    references=("https://docs.docker.com/reference/cli/docker/login/#credential-stores",),
    applies="users whose config.json holds logins",
)
def registry_login_readable(facts: Reachability) -> Verdict:
    """config.json holds registry logins, and other users of this host can read it.

    ## What it reads
    Which registries in `auths` of config.json have a login (never the login itself), the mode of
    the file, and whether the folders above it let other users through.

    ## Why it matters
    A login there is base64, not encrypted. Whoever reads it can pull private images and, mostly,
    push changed ones.

    ## How to mend it
    Set the mode to 600. If the host has users you do not trust, change the passwords; an access
    token that can only pull is better in any case.

    ## What could go wrong
    A CI user that read the file of another one needs a login of its own.

    ## Why this severity
    A warning: it takes somebody on this host to use it.
    """
    config = need(facts.config)
    if facts.platform == desktop_host.WINDOWS:
        return skip("Windows keeps who may read a file in access lists: its mode tells nothing")
    if not config.there or not config.plain_logins:
        return skip("no registry login is stored in config.json")
    seen = Evidence(config.path, "mode", f"{config.mode:04o}", "0600")
    if not config.readers:
        return ok(f"only its owner can read {config.path}", seen)
    names = ", ".join(config.plain_logins)
    return fail(
        f"{config.path} ({config.mode:04o}) holds logins for {names} and can be read by "
        f"{config.readers}.",
        seen,
        mend=(f"chmod 600 {config.path}",),
    )


@TOPIC.check(
    "daemon-proxy-dead",
    WARNING,
    "The proxy that the engine pulls through is not there",
    references=(
        "https://docs.docker.com/engine/daemon/proxy/",
        "https://pkg.go.dev/golang.org/x/net/http/httpproxy",
    ),
    applies="engines with a proxy",
)
def daemon_proxy_dead(facts: Reachability) -> list[Verdict] | Verdict:
    """The engine is told to use a proxy whose address is wrong, or that does not run.

    ## What it reads
    HttpProxy and HttpsProxy of GET /info. A proxy on this machine is looked for among the listening
    ports of the daemon's own network namespace (/proc/PID/net/tcp); one on another machine is not
    contacted.

    ## Why it matters
    Every pull, push and login goes through it: "proxyconnect tcp: dial tcp 127.0.0.1:3128: connect:
    connection refused". A rootless engine has a loopback of its own, where the host's proxy is not.

    ## How to mend it
    Start the proxy, or take it out: `proxies` in daemon.json, or Environment=HTTP_PROXY in a
    drop-in of docker.service (`systemctl cat docker`). Then restart the engine.

    ## What could go wrong
    A restart stops containers without live-restore. Where the network allows no direct way out,
    pulls need the proxy.

    ## Why this severity
    A warning: what runs goes on, but nothing can be pulled.
    """
    if facts.problem != ANSWERS:
        return skip("there is no engine that answers")
    proxies = need(facts.proxies)
    if not proxies:
        return skip("the engine uses no proxy")
    return [_judge_proxy(facts, proxy) for proxy in proxies]


def _judge_proxy(facts: Reachability, proxy: Proxy) -> Verdict:
    seen = Evidence("engine GET /info", proxy.key, proxy.url, "a proxy that answers")
    mend = (
        "systemctl show docker --property=Environment   # is it set here",
        "grep -n prox /etc/docker/daemon.json   # or here",
        (
            ("sudo systemctl daemon-reload && " if "sudo systemctl" in facts.restart else "")
            + f"{facts.restart}   # after it was changed; stops containers unless live-restore is on"
        ),
    )
    if proxy.wrong:
        return fail(
            f"The engine's proxy {proxy.url} is no valid address ({proxy.wrong}): pulls fail.",
            seen,
            subject=proxy.key,
            mend=mend,
        )
    local = proxy.host == "localhost" or proxy.host.startswith("127.") or proxy.host == "::1"
    if not local:
        return skip(f"{proxy.host} is another machine: it is not contacted", subject=proxy.key)
    listening = any(
        port == proxy.port and scope in {"all", "loopback"} for scope, port in need(facts.listeners)
    )
    if listening:
        return ok(f"something listens on {proxy.host}:{proxy.port}", subject=proxy.key)
    return fail(
        f"The engine pulls through {proxy.host}:{proxy.port}, and nothing listens there: pulls and "
        "logins fail.",
        seen,
        Evidence("/proc/PID/net/tcp of dockerd", f"port {proxy.port}", "nobody listens", "LISTEN"),
        subject=proxy.key,
        mend=(f"sudo ss -ltnp 'sport = :{proxy.port}'   # is the proxy running", *mend),
    )
