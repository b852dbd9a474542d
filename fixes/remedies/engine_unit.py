"""The units that run the engine: drop-ins of ours, and starting what does not run."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from fixes import by_check
from fixes.judged import fact, judged
from fixes.model import (
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    UNIT,
    Change,
    Command,
    EditFile,
    Effect,
    Family,
    Parameter,
    Proposal,
    Request,
    by_hand,
    nothing,
    propose,
)
from fixes.remedies.daemon_file import edit
from fixes.remedies.daemon_settings import by_flag, setting_here, waiting
from probes import configuration, daemon_config, engine, reachability, systemd_unit
from probes.daemon_control import control
from probes.formats.daemon_json import judge
from probes.formats.daemon_json import keys as daemon_keys
from probes.formats.json_edit import REMOVED
from probes.formats.systemd_show import effective
from probes.host.questions import Absent, Unreadable
from probes.host.redaction import PLACEHOLDER
from probes.model import ERROR, Missing, absent_as, have, known

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.formats.systemd_show import Directive
    from probes.host import Host
    from probes.model import Verdict
    from probes.reachability import Service
    from probes.systemd_unit import Unit, Units

FAMILY = Family()

OWN = "zz-hullcheck.conf"
"""The name of our drop-ins: systemd reads those of a unit by name, and the last one wins."""

HEADER = "Settings that hullcheck has made for {unit}; hullcheck undo takes them back."

SYSTEM, USER = "/etc/systemd/system", ".config/systemd/user"
"""Where units and drop-ins of a host's or a user's owner lie, systemd.unit(5)."""

SYSTEMD_HOSTS = "hosts where systemd runs the engine"

NEEDS_RESTART = (
    "ExecStart",
    "Environment",
    "EnvironmentFile",
    "OOMScoreAdjust",
    "Delegate",
    "MountFlags",
    "PrivateTmp",
    "PrivateMounts",
    "User",
    "Group",
    "Type",
)
"""Settings that a running service took at its start, and Limit*= with them. Those of control groups
and dependencies count from a daemon-reload on (systemd src/core/unit-serialize.c: what is reloaded
is realised again)."""

PROXIES_SINCE = (23, 0)
"""Engine from which daemon.json has ``proxies`` (moby daemon/config/config.go, Proxies)."""


# -- drop-ins ------------------------------------------------------------------------------------


def _folder(host: Host, facts: Units) -> str:
    """Where the owner's unit files lie: the host's, or the user's who runs a rootless engine."""
    if facts.user_manager:
        return posixpath.join(engine.home_of(host, engine.daemon(host).uid), USER)
    return SYSTEM


def own_file(host: Host, unit: str) -> str:
    """Our drop-in for a unit of the engine: all of our settings for it lie there.

    Raises: Unreadable; inapplicable where systemd does not run the engine, or somebody else makes
    the unit.
    """
    facts = systemd_unit.TOPIC.look(host)
    fact(facts.units)
    if unit.startswith(systemd_unit.SHELLS_OUT):
        raise engine.NotHere(f"{unit} is generated, and cannot be changed")
    return f"{_folder(host, facts)}/{unit}.d/{OWN}"


def _edit(path: str, unit: str, section: str, key: str, *values: str) -> EditFile:
    return EditFile(path, UNIT, {(section, key): values}, header=HEADER.format(unit=unit))


def _lines(facts: Units, unit: str, section: str, key: str) -> list[Directive]:
    """The assignments of one setting of a unit, in the order in which systemd reads them."""
    directives = fact(facts.directives).get(unit, ())
    return [d for d in directives if (d.section, d.key) == (section, key)]


def drop_in(host: Host, unit: str, section: str, key: str, value: str) -> EditFile:
    """The edit that gives a setting of a unit this value.

    Where a drop-in of the owner's has the last word on the setting, that one is edited, else ours.

    Raises: Unreadable, as :func:`own_file` does.
    """
    path, facts = own_file(host, unit), systemd_unit.TOPIC.look(host)
    lines = _lines(facts, unit, section, key)
    if lines and _is_drop_in(lines[-1].path, _folder(host, facts)):
        path = lines[-1].path
    return _edit(path, unit, section, key, value)


def _added(host: Host, unit: str, section: str, key: str, *values: str) -> EditFile:
    """The edit that adds to a list setting of a unit, in our drop-in."""
    path, facts = own_file(host, unit), systemd_unit.TOPIC.look(host)
    kept = [d.value for d in _lines(facts, unit, section, key) if d.path == path]
    return _edit(path, unit, section, key, *kept, *(v for v in values if v not in kept))


def _is_drop_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") and posixpath.dirname(path).endswith(".d")


def restarts(host: Host, unit: str) -> tuple[Effect, ...]:
    """What a restart of one of the engine's units takes along.

    A daemon that is bound to containerd.service (``BindsTo=`` or ``Requires=``, systemd.unit(5)),
    as that of docker-ce 18.09 to 19.03 is, goes down with it.
    """
    facts = systemd_unit.TOPIC.look(host)
    if unit == facts.unit:
        return (Effect(RESTART_ENGINE),)
    own = have(facts.directives, {}).get(facts.unit, ())
    bound = any(d.key in {"BindsTo", "Requires"} and unit in d.value.split() for d in own)
    restart = Effect(RESTART_UNIT, unit)
    return (restart, Effect(RESTART_ENGINE)) if bound else (restart,)


def _mended(
    host: Host,
    request: Request,
    check: str,
    setting: tuple[str, str],
    line: Callable[[Verdict], tuple[str, str]],
    *,
    reason: str,
    restart: bool,
    notes: tuple[str, ...] = (),
) -> Proposal:
    """One setting in each unit that a check of systemd_unit finds wrong.

    ``line`` says for a verdict which unit gets which value; ``reason`` takes both.
    """
    found = judged(host, request, systemd_unit.TOPIC, check)
    if not found.failing:
        return nothing(found.otherwise)
    lines = [line(verdict) for verdict in found.failing]
    effects = [Effect(RELOAD_UNITS)]
    if restart:
        effects += [effect for unit, _ in lines for effect in restarts(host, unit)]
    return propose(
        "; ".join(reason.format(unit=unit, value=value) for unit, value in lines),
        *(drop_in(host, unit, *setting, value) for unit, value in lines),
        effects=tuple(dict.fromkeys(effects)),
        notes=notes,
    )


@FAMILY.fix("engine-tasks-max", "Lift the limit of the engine's threads", applies=SYSTEMD_HOSTS)
def engine_tasks_max(host: Host, request: Request) -> Proposal:
    """Lets the engine's units have any number of tasks, as their makers ship them.

    ## What it changes
    `TasksMax=infinity` in a drop-in of each unit that has a limit.

    ## Where the values come from
    The engine's own unit (moby contrib/init/systemd/docker.service): shims, proxies and builds of
    all containers count as tasks of the unit, and no number fits all hosts.

    ## What it costs
    Nothing restarts: a limit of a control group counts as soon as systemd has read it. Containers
    keep their own limits (`--pids-limit`).

    ## How it is verified
    `systemctl show` tells TasksMax=infinity.

    ## How it is undone
    The drop-in goes away, or gets its old bytes back, and systemd reads its units again.
    """
    return _mended(
        host,
        request,
        "unit-tasks-limited",
        ("Service", "TasksMax"),
        lambda verdict: (verdict.subject, "infinity"),
        reason="{unit} may have any number of tasks (TasksMax={value}), as the engine's own unit says.",
        restart=False,
    )


@FAMILY.fix(
    "engine-oom-score",
    "Protect the engine when memory runs out",
    applies="rootful engines under systemd, not inside a container",
)
def engine_oom_score(host: Host, request: Request) -> Proposal:
    """Has the kernel kill the program that took the memory and not the engine.

    ## What it changes
    `OOMScoreAdjust=` in a drop-in of each unit whose daemon is not protected.

    ## Where the values come from
    The units that the makers ship: -500 for the daemon (moby
    contrib/init/systemd/docker.service), -999 for containerd (containerd.service).

    ## What it costs
    The units must be restarted. Containers are not protected by it: they have scores of their own.

    ## How it is verified
    /proc/PID/oom_score_adj of the daemons after their restart.

    ## How it is undone
    The drop-in goes away, or gets its old bytes back; it takes another restart.
    """
    facts = systemd_unit.TOPIC.look(host)

    def line(verdict: Verdict) -> tuple[str, str]:
        unit, score = systemd_unit.protection(facts, verdict.subject)
        return unit, str(score)

    return _mended(
        host,
        request,
        "engine-oom-unprotected",
        ("Service", "OOMScoreAdjust"),
        line,
        reason="{unit} gets OOMScoreAdjust={value}, which its maker ships.",
        restart=True,
    )


@FAMILY.fix(
    "engine-delegate",
    "Leave the containers' control groups to the engine",
    applies=SYSTEMD_HOSTS,
)
def engine_delegate(host: Host, request: Request) -> Proposal:
    """Tells systemd that the engine manages the control groups below its units.

    ## What it changes
    `Delegate=yes` in a drop-in of each unit that has none.

    ## Where the values come from
    The engine's own unit (moby contrib/init/systemd/docker.service).

    ## What it costs
    It counts from the unit's next start on, so the units are restarted.

    ## How it is verified
    `systemctl show` tells Delegate=yes.

    ## How it is undone
    The drop-in goes away, or gets its old bytes back, and systemd reads its units again.
    """
    return _mended(
        host,
        request,
        "cgroups-not-delegated",
        ("Service", "Delegate"),
        lambda verdict: (verdict.subject, "yes"),
        reason="{unit} gets Delegate={value}, so that systemd leaves the containers' groups alone.",
        restart=True,
        notes=(
            (
                "Where a daemon-reload takes devices away from running containers (GPUs, cgroup v1), "
                "restart those containers afterwards."
            ),
        ),
    )


@FAMILY.fix(
    "engine-kill-mode",
    "Let containers survive the end of a daemon",
    applies="rootful engines under systemd",
)
def engine_kill_mode(host: Host, request: Request) -> Proposal:
    """Has systemd end the daemon alone, and not the shims that hold the containers.

    ## What it changes
    `KillMode=process` in a drop-in of each unit that ends its whole control group.

    ## Where the values come from
    The engine's own unit and containerd's (moby contrib/init/systemd/docker.service).

    ## What it costs
    Nothing restarts: systemd goes by it as soon as it has read the file.

    ## How it is verified
    `systemctl show` tells KillMode=process.

    ## How it is undone
    The drop-in goes away, or gets its old bytes back, and systemd reads its units again.
    """
    return _mended(
        host,
        request,
        "kill-mode-not-process",
        ("Service", "KillMode"),
        lambda verdict: (verdict.subject, "process"),
        reason="{unit} gets KillMode={value}: its restart no longer ends the containers' shims.",
        restart=False,
    )


@FAMILY.fix(
    "engine-after-mount",
    "Start the daemon after its data is mounted",
    applies="systemd hosts whose data-root is on a mount of its own",
)
def engine_after_mount(host: Host, request: Request) -> Proposal:
    """Makes the daemon wait for the file system that holds its data, and fail without it.

    ## What it changes
    `RequiresMountsFor=` with the data-root, in a drop-in of the daemon's unit.

    ## Where the values come from
    The data-root that the engine tells, symbolic links resolved.

    ## What it costs
    Nothing restarts. If the mount fails at a boot, the daemon does not start; without this it would
    start on the empty folder below the mount point.

    ## How it is verified
    `systemctl show` tells the path in RequiresMountsFor. It counts at the next boot.

    ## How it is undone
    The drop-in goes away, or gets its old bytes back, and systemd reads its units again.
    """
    found = judged(host, request, systemd_unit.TOPIC, "data-root-mount-unordered")
    if not found.failing:
        return nothing(found.otherwise)
    facts = systemd_unit.TOPIC.look(host)
    root = fact(facts.data_root)
    if any(not char.isprintable() or char in " \"'\\" for char in root):
        return by_hand(
            f"the data-root {root} holds characters that a unit file has to quote",
            f"sudo systemctl edit {facts.unit}   # [Unit] RequiresMountsFor=",
        )
    target, _ = fact(facts.data_mount)
    path = root.replace("%", "%%")  # a specifier, systemd.unit(5)
    return propose(
        f"{facts.unit} waits for {target}, which holds its data-root {root}",
        _added(host, facts.unit, "Unit", "RequiresMountsFor", path),
        effects=(Effect(RELOAD_UNITS),),
        notes=(f"If {target} cannot be mounted at a boot, the daemon does not start.",),
    )


# -- the daemon's proxy --------------------------------------------------------------------------

_PARAMETERS = tuple(
    Parameter(
        name,
        f"{upper} of the environment, where the daemon has none",
        f"{what}; none takes it away",
    )
    for name, upper, what in (
        ("http-proxy", "HTTP_PROXY", "the address of the proxy for http, e.g. http://proxy:3128"),
        ("https-proxy", "HTTPS_PROXY", "the address of the proxy for https"),
        ("no-proxy", "NO_PROXY", "names and networks that are reached without it, with commas"),
    )
)


@FAMILY.fix(
    "engine-proxy",
    "Set or remove the proxy that the engine pulls through",
    applies="Docker Engines on this host",
    parameters=_PARAMETERS,
)
def engine_proxy(host: Host, request: Request) -> Proposal:
    """Gives the daemon the proxy it is to use for pulls, pushes and logins, or takes it away.

    ## What it changes
    `proxies` in the daemon's configuration file from engine 23.0 on; `Environment=` in a drop-in of
    the daemon's unit before. A proxy that a unit sets is taken away by a drop-in that empties the
    variable.

    ## Where the values come from
    What was given with `--set http-proxy=ADDRESS` (and https-proxy, no-proxy; `none` takes one
    away); where nothing was given and the daemon has none, the variables of the environment that
    hullcheck was started with. A proxy that does not answer is not replaced by a guess.

    ## What it costs
    The daemon must be restarted. A password in the address can then be read by whoever may read the
    file or ask the engine (`docker info`).

    ## How it is verified
    HttpProxy, HttpsProxy and NoProxy of GET /info after the restart.

    ## How it is undone
    The file gets its old bytes back; it takes another restart.
    """
    given = _given_proxies(request)
    try:
        wanted = given or _inherited_proxies(host, request)
    except ValueError as error:
        return by_hand(str(error), "hullcheck fix engine-proxy --set http-proxy=ADDRESS")
    if not wanted:
        return _proxy_left_alone(host, request)
    places = {name: _place_of(host, name, address) for name, address in wanted.items()}
    in_file: dict[tuple[str, ...], Any] = {
        ("proxies", name): address or REMOVED
        for name, address in wanted.items()
        if places[name][0] == "file"
    }
    in_unit = {name: a for name, a in wanted.items() if places[name][0] == "unit"}
    if not (in_file or in_unit):
        kept = next((now for _, now in places.values() if now and now.source == "file"), None)
        return waiting(host, kept) if kept else nothing("the daemon's proxies are so already")
    changes: list[Change] = []
    if in_file:
        blocked = next(filter(None, (by_flag(host, name) for _, name in in_file)), None)
        if blocked:
            return blocked
        changes.append(edit(host, in_file))
    if in_unit:
        environment = _environment(host, in_unit)
        if isinstance(environment, Proposal):
            return environment
        changes.append(environment)
    words = [
        f"{name} is {wanted[name]}" if wanted[name] else f"{name} is taken away"
        for name in (*(key for _, key in in_file), *in_unit)
    ]
    return propose(
        f"the daemon's {' and '.join(words)}",
        *changes,
        effects=(Effect(RELOAD_UNITS), Effect(RESTART_ENGINE)) if in_unit else (),
        notes=_proxy_notes(wanted),
    )


def _given_proxies(request: Request) -> dict[str, str]:
    """What the user gave, by name; empty for a proxy to take away. Raises: ValueError."""
    given = {}
    for name in configuration.PROXY_VARIABLES:
        text = request.given.get(name, "").strip()
        if text:
            given[name] = "" if text.lower() == "none" else _checked(name, text)
    return given


def _inherited_proxies(host: Host, request: Request) -> dict[str, str]:
    """The proxies of the user's own environment that the daemon lacks. Raises: ValueError.

    None where a proxy of the daemon's is to be mended: a guess is no proxy.
    """
    found: dict[str, str] = {}
    for name, variables in configuration.PROXY_VARIABLES.items():
        text = next(filter(None, map(host.env, variables)), "").strip()
        if text and not request.findings and not _in_force(host, name):
            found[name] = _checked(name, text)
    return found


def _place_of(host: Host, name: str, address: str) -> tuple[str, configuration.Setting | None]:
    """Where a proxy is set or taken away, and its key as it is now, on engines that have it.

    file, unit, or empty for one that is as it was asked for already.
    """
    version = daemon_keys.engine_version(configuration.engine_version(host))
    if version[:2] < PROXIES_SINCE:
        now = _in_force(host, name)
        return ("" if (now or "") == address else "unit"), None
    setting = setting_here(host, name)
    if (_of(setting) or "") == address:
        return "", setting
    # Without a flag and without a key in the file, it can only come from the environment.
    return ("file" if address or setting.source in {"file", "flag"} else "unit"), setting


def _checked(name: str, text: str) -> str:
    """An address or list that the daemon takes. Raises: ValueError with one sentence."""
    if PLACEHOLDER in text:
        raise ValueError(
            f"the address for {name} holds a password, which hullcheck does not read from the "
            f"environment: give it with --set {name}=ADDRESS"
        )
    if not text.isprintable() or any(char in " \"'\\" for char in text):
        raise ValueError(f"{name} holds blanks, quotes or control characters: {text!r}")
    wrong = "" if name == "no-proxy" else reachability.proxy_of(name, text).wrong
    if wrong:
        raise ValueError(f"{name}: {text} is no address of a proxy: {wrong}")
    return text


def _in_force(host: Host, name: str) -> object:
    """What the daemon has for a proxy now, from whatever source; None or empty for nothing.

    Engines before 23.0 have no such key: their environment, as GET /info tells it, is all there is.
    """
    try:
        return _of(configuration.setting(host, name))
    except Unreadable as error:
        if error.kind != "inapplicable":
            raise
    configuration.dockerd(host)
    return configuration.running_value(name, engine.info(host))


def _of(setting: configuration.Setting) -> Any:  # noqa: ANN401 - any JSON
    """The proxy that a key gives the daemon; the key's default is a sentence, and no address."""
    return setting.running if setting.source == "default" else setting.value


def _proxy_left_alone(host: Host, request: Request) -> Proposal:
    """What is said where nobody said which proxy it should be."""
    found = judged(host, request, reachability.TOPIC, "daemon-proxy-dead")
    if not found.failing:
        return nothing(
            f"{found.otherwise}; no proxy was given with --set, and none is in the environment "
            "that the daemon lacks"
        )
    places = configuration.unit_places(host)
    steps = []
    for name, variables in configuration.PROXY_VARIABLES.items():
        now = known(lambda name=name: configuration.setting(host, name))  # type: ignore[misc]
        where = "" if isinstance(now, Missing) or now.source == "default" else now.where
        place = next((places[v] for v in variables if v in places), None)
        if place:
            where = f"{place.path} line {place.line}"
        if where:
            steps.append(f"{where} sets {name}")
    return by_hand(
        f"{' '.join(verdict.summary for verdict in found.failing)} Whether it should be another "
        "one, or none, is for you to say",
        *steps,
        "hullcheck fix engine-proxy --set http-proxy=ADDRESS --set https-proxy=ADDRESS",
        "hullcheck fix engine-proxy --set http-proxy=none --set https-proxy=none   # without one",
    )


def _environment(host: Host, wanted: dict[str, str]) -> EditFile | Proposal:
    """The drop-in of ours that sets or empties variables of the daemon.

    A later Environment= overrules earlier ones, and EnvironmentFile= overrules them all,
    systemd.exec(5).
    """
    facts = systemd_unit.TOPIC.look(host)
    path = own_file(host, facts.unit)
    names = [v for name in wanted for v in configuration.PROXY_VARIABLES[name]]
    stronger = _in_environment_file(host, facts, names)
    if stronger:
        return by_hand(
            f"{stronger} sets it, which overrules what a drop-in sets",
            f"change {stronger}",
            control(host).restart,
        )
    own = _lines(facts, facts.unit, "Service", "Environment")
    kept = [d.value for d in own if d.path == path]
    if any(PLACEHOLDER in value for value in kept):
        return by_hand(
            f"{path} holds values that hullcheck does not read, and so cannot write again",
            f"change Environment= in {path}",
            control(host).restart,
        )
    kept = [value for value in kept if value.strip('"').partition("=")[0] not in names]
    return _edit(path, facts.unit, "Service", "Environment", *kept, *_variables(wanted))


def _in_environment_file(host: Host, facts: Units, names: list[str]) -> str:
    """The line of an EnvironmentFile= of the daemon's unit that sets one of these variables."""
    directives = list(fact(facts.directives).get(facts.unit, ()))
    for directive in effective(directives, "EnvironmentFile"):
        path = directive.value.removeprefix("-")
        text = absent_as(lambda path=path: host.read_text(path), "")  # type: ignore[misc]
        for number, line in enumerate(have(text, "").splitlines(), start=1):
            if line.strip().partition("=")[0].removeprefix("export ") in names:
                return f"{path} line {number}"
    return ""


def _variables(wanted: dict[str, str]) -> list[str]:
    """Lines for Environment=: the name in capitals wins in Go, so that one is enough to set it."""
    lines = []
    for name, address in wanted.items():
        upper, lower = configuration.PROXY_VARIABLES[name]
        text = address.replace("%", "%%")  # a specifier, systemd.unit(5)
        lines += [f'"{upper}={text}"'] if address else [f'"{upper}="', f'"{lower}="']
    return lines


def _proxy_notes(wanted: dict[str, str]) -> tuple[str, ...]:
    notes = []
    if any("@" in address for address in wanted.values()):
        notes.append(
            "The password in the address can be read by whoever may read the file or ask the engine."
        )
    sets = any(address for name, address in wanted.items() if name != "no-proxy")
    if sets and not wanted.get("no-proxy"):
        notes.append(
            "Registries in your own network are asked through the proxy as well, unless no-proxy "
            "names them."
        )
    if any(not address for address in wanted.values()):
        notes.append("Where the network allows no direct way out, pulls fail without a proxy.")
    return tuple(notes)


# -- what systemd does with the units ------------------------------------------------------------


@FAMILY.fix("exec-start-reset", "Leave the service one start command", applies=SYSTEMD_HOSTS)
def exec_start_reset(host: Host, request: Request) -> Proposal:
    """Clears the start commands before the one that a drop-in adds, so that systemd loads the unit.

    ## What it changes
    An empty `ExecStart=` before the last start command, in the drop-in that holds it.

    ## Where the values come from
    The last command is the one that was meant: ExecStart= is a list, and an empty line clears it
    (systemd.service(5)).

    ## What it costs
    Nothing restarts. The command of the drop-in counts from the next start on, with its flags.

    ## How it is verified
    systemd reads its units again and loads this one. The daemon's file is judged along with the
    command's flags beforehand.

    ## How it is undone
    The drop-in gets its old bytes back, and systemd reads its units again.
    """
    found = judged(host, request, systemd_unit.TOPIC, "exec-start-not-reset")
    if not found.failing:
        return nothing(found.otherwise)
    facts = systemd_unit.TOPIC.look(host)
    folder = _folder(host, facts)
    changes, reasons, notes = [], [], []
    for verdict in found.failing:
        commands = effective(list(fact(facts.directives)[verdict.subject]), "ExecStart")
        last = commands[-1]
        if PLACEHOLDER in last.value or not last.path.startswith(f"{folder}/"):
            return by_hand(
                f"the start command in {last.path} line {last.line} holds a secret, which hullcheck "
                "does not read and so cannot write again"
                if PLACEHOLDER in last.value
                else f"{last.path} is not a file of this host's owner",
                *verdict.mend,
            )
        edit = EditFile(last.path, UNIT, {("Service", "ExecStart"): ("", last.value)})
        changes.append(edit)
        reasons.append(
            f"{last.path} line {last.line} has the last of {len(commands)} start commands of "
            f"{verdict.subject}, and an empty ExecStart= before it clears the others"
        )
        notes += [
            f"With the flags of that command the daemon's file would be refused: {problem}"
            for problem in _refused_with(host, last)
        ]
    return propose(
        "; ".join(reasons),
        *changes,
        effects=(Effect(RELOAD_UNITS),),
        notes=(*notes, "The new command counts from the next start of the service on."),
    )


def _refused_with(host: Host, command: Directive) -> list[str]:
    """What this engine would not start with, under the flags of a command that is to come."""
    words = tuple(command.value.split())
    flags = daemon_config.printed_flags(words)
    found = known(lambda: _problems(host, _file_of_next_start(host, words), flags))
    return [problem for _, problem in have(found, [])]


def _file_of_next_start(host: Host, words: tuple[str, ...]) -> str:
    """The configuration file that a start command reads."""
    named = engine.flag_values(words, "config-file")
    return named[-1] if named else control(host).config_file


def _problems(host: Host, path: str, flags: dict[str, str] | None) -> list[tuple[str, str]]:
    """Code and sentence of each error; none for a file that is not there."""
    try:
        data = host.read_bytes(path)
    except Absent:
        return []
    facts = daemon_config.host_facts(host)
    if flags is not None:
        facts = facts._replace(flags=flags)
    version = configuration.engine_version(host)
    return [
        (problem.code, f"{path} line {problem.line}: {problem.message}")
        for problem in judge(data, engine=version, host=facts, path=path)
        if problem.level == ERROR
    ]


@FAMILY.fix("units-reload", "Have systemd read its changed unit files", applies=SYSTEMD_HOSTS)
def units_reload(host: Host, request: Request) -> Proposal:
    """Runs `systemctl daemon-reload`, so that systemd goes by the unit files as they are.

    ## What it changes
    Nothing on the disk: systemd reads all of its unit files again.

    ## Where the values come from
    NeedDaemonReload of the engine's units.

    ## What it costs
    Nothing restarts. On cgroup v1 and with old runc, running containers may lose devices (GPUs).
    What a service takes at its start (command, environment, limits) counts after its next restart:
    the plan names which of these the owner's files set.

    ## How it is verified
    `systemctl show` tells NeedDaemonReload=no.

    ## How it is undone
    It is not: systemd has no way back to files that are gone. What it has read can be changed again.
    """
    found = judged(host, request, systemd_unit.TOPIC, "unit-reload-pending")
    if not found.failing:
        return nothing(found.otherwise)
    broken = judged(host, Request(), systemd_unit.TOPIC, "exec-start-not-reset")
    if broken.failing:
        return by_hand(
            f"systemd would refuse what it is to read: {broken.failing[0].summary.rstrip('.')}",
            "hullcheck fix exec-start-reset   # reads the units again as well",
        )
    facts = systemd_unit.TOPIC.look(host)
    user = ("--user",) if facts.user_manager else ()
    units = [verdict.subject for verdict in found.failing]
    return propose(
        f"systemd reads the files of {', '.join(units)} again",
        Command(
            ("systemctl", *user, "daemon-reload"),
            purpose="has systemd read its unit files again; nothing restarts",
        ),
        notes=tuple(_restart_note(host, facts, unit) for unit in units),
    )


def _restart_note(host: Host, facts: Units, unit: str) -> str:
    """Whether a restart is needed for what the owner's files of a unit set."""
    folder = _folder(host, facts)
    keys = {
        d.key
        for d in have(facts.directives, {}).get(unit, ())
        if d.path.startswith(f"{folder}/") and (d.key in NEEDS_RESTART or d.key.startswith("Limit"))
    }
    if not keys:
        return f"{unit} needs no restart for what its drop-ins set."
    return (
        f"{', '.join(sorted(keys))} of {unit} count after its next restart, if they are what was "
        "changed."
    )


@FAMILY.fix(
    "engine-at-boot",
    "Start the engine at boot",
    applies="systemd hosts with containers that are meant to come back",
)
def engine_at_boot(host: Host, request: Request) -> Proposal:
    """Enables the daemon's unit, and its socket where the daemon takes it from systemd.

    ## What it changes
    The links that `systemctl enable` makes for the daemon's unit, and for docker.socket where the
    unit's command says `-H fd://`.

    ## Where the values come from
    UnitFileState of the units, and the restart policies of the running containers.

    ## What it costs
    Nothing starts now. At the next boot the daemon starts, and with it all containers that have a
    restart policy.

    ## How it is verified
    `systemctl show` tells UnitFileState=enabled.

    ## How it is undone
    `systemctl disable` for each unit that was enabled.
    """
    found = judged(host, request, systemd_unit.TOPIC, "unit-disabled-at-boot")
    if not found.failing:
        return nothing(found.otherwise)
    facts = systemd_unit.TOPIC.look(host)
    units = fact(facts.units)
    unit = units[facts.unit]
    user = ("--user",) if facts.user_manager else ()
    if unit.name.startswith(systemd_unit.SHELLS_OUT):
        return by_hand(
            f"{unit.name} is generated: whoever made it starts it at boot",
            "sudo snap start --enable docker"
            if unit.name.startswith("snap.")
            else "start the package in DSM's package center",
        )
    if unit.enabled == "masked":
        return by_hand(
            f"{unit.name} is masked: somebody wanted nothing to start it",
            f"{systemd_unit.systemctl(facts)} unmask {unit.name}",
            "hullcheck fix engine-at-boot",
        )
    names = [unit.name]
    socket = units.get("docker.socket")
    if socket and socket.enabled == "disabled" and _takes_socket(facts, unit):
        names.append(socket.name)
    return propose(
        f"{' and '.join(names)} will be started at boot, for what has to come back by itself",
        *(
            Command(
                ("systemctl", *user, "enable", name),
                undo=("systemctl", *user, "disable", name),
                purpose=f"has {name} started at boot",
            )
            for name in names
        ),
        notes=(
            *(
                ("A user's own units start at boot only with lingering: loginctl enable-linger.",)
                if user
                else ()
            ),
            "At the next boot all containers with a restart policy start at once.",
        ),
    )


def _takes_socket(facts: Units, unit: Unit) -> bool:
    directives = list(have(facts.directives, {}).get(unit.name, ()))
    return any("fd://" in d.value for d in effective(directives, "ExecStart"))


@FAMILY.fix(
    "engine-start",
    "Start the engine",
    applies="hosts with an engine that is reached through a unix socket",
)
def engine_start(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Starts the engine's service, after a look at whether it could start at all.

    ## What it changes
    The service runs. Where systemd has given up on it, its state is reset first.

    ## Where the values come from
    The service manager that this host has. The daemon's configuration file is judged first: where
    the engine would refuse it, nothing is started and the fix for the file is named.

    ## What it costs
    Every container with a restart policy starts with the engine.

    ## How it is verified
    The engine answers at its socket.

    ## How it is undone
    The service is stopped again.
    """
    facts = reachability.TOPIC.look(host)
    if facts.problem == reachability.ANSWERS:
        return nothing(f"the engine answers at {facts.endpoint}")
    if facts.problem not in {reachability.NO_SOCKET, reachability.LEFT_OVER}:
        found = judged(host, Request(), reachability.TOPIC, "engine-not-running")
        return nothing(found.otherwise)
    service = fact(facts.service)
    if service.manager == "product":
        return by_hand(
            f"the engine runs in the VM of {service.unit}, which its own program starts",
            *reachability.starts(service),
            *reachability.choose_default(facts),
        )
    if facts.chosen_by != "default" and service.manager not in {"user", "snap"}:
        return by_hand(
            f"docker is told to use {facts.endpoint} ({facts.chosen_by}), which the service of this "
            "host does not make",
            *reachability.choose_default(facts),
        )
    blocked = _blocked(host, service)
    if blocked:
        return blocked
    notes = ["Every container with a restart policy starts with the engine."]
    if service.last_words:
        notes.append(f"The last error in its log: {service.last_words}")
    if service.enabled == "disabled":
        notes.append(f"{service.unit} is not started at boot.")
    changes = _start(host, service)
    if not changes:
        return by_hand(
            "no service of this host is known to start the engine",
            "start dockerd the way this machine starts its services",
        )
    return propose(f"{service.unit or 'docker'} is started", *changes, notes=tuple(notes))


def _blocked(host: Host, service: Service) -> Proposal | None:
    """Why a start would fail: a unit or a file that systemd or the daemon refuses."""
    if service.unit == "docker-desktop.service":
        return by_hand("Docker Desktop is not running", "systemctl --user start docker-desktop")
    if "masked" in {service.loaded, service.enabled}:
        return by_hand(
            f"{service.unit} is masked: somebody wanted nothing to start it",
            f"sudo systemctl unmask {service.unit}",
            "hullcheck fix engine-start",
        )
    if service.manager == "systemd":
        broken = known(lambda: judged(host, Request(), systemd_unit.TOPIC, "exec-start-not-reset"))
        if not isinstance(broken, Missing) and broken.failing:
            return by_hand(broken.failing[0].summary.rstrip("."), "hullcheck fix exec-start-reset")
    words = daemon_config.command_line(host) if service.manager == "systemd" else ()
    path = SNAP_CONFIG if service.manager == "snap" else _file_of_next_start(host, words)
    problems = _problems(host, path, None)
    if not problems:
        return None
    fixes = dict.fromkeys(fix for code, _ in problems for fix in by_check().get(code, ()))
    return by_hand(
        f"the engine would refuse its configuration and end again: {problems[0][1]}",
        *(f"hullcheck fix {fix}" for fix in fixes),
        f"hullcheck lint {path}",
    )


SNAP_CONFIG = "/var/snap/docker/current/config/daemon.json"
"""What the snap's daemon reads (its wrapper passes --config-file)."""


def _start(host: Host, service: Service) -> list[Change]:
    """The commands by which this host's service manager starts the engine."""
    if service.manager in {"systemd", "user"}:
        user = ("--user",) if service.manager == "user" else ()
        changes: list[Change] = []
        # What systemd_unit knows of a daemon that is down are the system's units.
        units = {} if user else have(systemd_unit.TOPIC.look(host).units, {})
        failed = [unit for unit in units.values() if unit.active == "failed"]
        if any(unit.result.endswith("start-limit-hit") for unit in failed):
            changes.append(
                Command(
                    ("systemctl", *user, "reset-failed", *(unit.name for unit in failed)),
                    purpose="has systemd try again: it had given up",
                )
            )
        start = ("systemctl", *user, "start", service.unit)
        stop = ("systemctl", *user, "stop", service.unit)
    elif service.manager in _STARTS:
        changes = []
        start, stop = _STARTS[service.manager]
    else:
        return []
    return [*changes, Command(start, undo=stop, purpose="starts the engine")]


_STARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "snap": (("snap", "start", "docker"), ("snap", "stop", "docker")),
    "openrc": (("rc-service", "docker", "start"), ("rc-service", "docker", "stop")),
    "sysv": (("service", "docker", "start"), ("service", "docker", "stop")),
}
"""Service managers without units: their command to start the engine, and to stop it."""
