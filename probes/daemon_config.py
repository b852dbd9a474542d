"""The daemon's configuration file: what the engine refuses, chokes on or ignores in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import configuration, engine
from probes.daemon_control import Control, advice
from probes.formats.daemon_json import CODES, HostFacts, judge
from probes.judged_file import Judged, JudgedKind
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.configuration import Setting
    from probes.formats.problems import Problem
    from probes.host import Host

DEBUG_SECONDS = 24 * 3600
"""How long a daemon may run with debug on before it looks forgotten: a day of searching a fault is
normal, and a debug log of a busy daemon grows by gigabytes a week."""

TOPIC = Topic["DaemonConfig"]("daemon-config", "The daemon's configuration")


class DaemonConfig(NamedTuple):
    """The file, the judge's opinion of it, and how it compares with what runs."""

    path: str | Missing
    named: bool
    """Whether the command line names it."""
    present: bool | Missing
    """False where there is none; Missing where it is there and cannot be read as a file."""
    version: str
    """The engine version it was judged for; empty where that is not known."""
    problems: tuple[Problem, ...] | Missing
    pending: tuple[Setting, ...] | Missing
    """Keys of the file that the running daemon does not have yet."""
    debug: bool | Missing
    experimental: bool | Missing
    running_seconds: float | Missing
    default_file_present: bool | Missing
    """Whether /etc/docker/daemon.json is there, whichever file the daemon reads."""
    control: Control


@TOPIC.probe
def look(host: Host) -> DaemonConfig:
    """Read the file the daemon itself reads, and what this engine version makes of it.

    What the engine refuses, chokes on or ignores is a fact about the file, asked of a model of the
    engine instead of the engine; whether it is a finding, and how grave, is for the checks.
    """
    path = known(lambda: configuration.file_path(host))
    desktop = path if isinstance(path, str) else known(lambda: configuration.desktop_file(host))
    of_desktop = isinstance(path, Missing) and isinstance(desktop, str)
    if of_desktop:
        path = desktop
    daemon = known(lambda: configuration.dockerd(host))
    data = path if isinstance(path, Missing) else known(lambda: host.read_bytes(path))
    present = (
        False
        if isinstance(data, Missing) and data.kind == "absent" and not isinstance(path, Missing)
        else data
        if isinstance(data, Missing)
        else True
    )
    version = configuration.engine_version(host)
    told = known(lambda: configuration.look(host))
    return DaemonConfig(
        path=path,
        named=not isinstance(daemon, Missing) and daemon.config_file_named,
        present=present,
        version=version,
        problems=data
        if isinstance(data, Missing)
        else _of_desktop(host, data, version, str(path))
        if of_desktop
        else tuple(judge(data, engine=version, host=host_facts(host), path=str(path))),
        pending=told
        if isinstance(told, Missing)
        else tuple(s for s in told.settings if s.state == configuration.PENDING),
        debug=known(lambda: bool(engine.info(host).get("Debug"))),
        experimental=known(lambda: bool(engine.info(host).get("ExperimentalBuild"))),
        running_seconds=daemon
        if isinstance(daemon, Missing)
        else known(lambda: host.now() - daemon.started),
        default_file_present=_IN_A_VM
        if of_desktop
        else known(lambda: host.exists(engine.DEFAULT_CONFIG)),
        control=advice(host),
    )


_IN_A_VM = Missing("Docker Desktop's engine runs in a VM, with files of its own", "inapplicable")

_WRITTEN_BY_DESKTOP = frozenset({("daemon-json-feature-settled", "features.buildkit")})
"""What Docker Desktop itself writes into a new file, and nobody needs to be told of."""

_OTHERWISE_IN_DESKTOP = frozenset({"hosts", "data-root"})
"""Keys that mean something else in Docker Desktop: the topic of its settings judges them."""


def _of_desktop(host: Host, data: bytes, version: str, path: str) -> tuple[Problem, ...]:
    """The judge's opinion of the file of Docker Desktop, whose engine lives in a VM.

    What the file names is not on this host: no path, user or command line of it is asked for.
    """
    info = have(known(lambda: engine.info(host)), {})
    facts = HostFacts(
        log_drivers=_log_drivers(info), runtimes=_runtimes(info), cgroup_v2=_cgroup_v2(info)
    )
    return tuple(
        problem
        for problem in judge(data, engine=version, host=facts, path=path)
        if (problem.code, problem.key) not in _WRITTEN_BY_DESKTOP
        and (problem.refused_by_engine or problem.key not in _OTHERWISE_IN_DESKTOP)
    )


def host_facts(host: Host) -> HostFacts:
    """What the judge of daemon.json wants to know of the host that the file is for."""
    info = have(known(lambda: engine.info(host)), {})
    drivers = _log_drivers(info)
    users = known(lambda: host.read_text("/etc/passwd"))
    groups = known(lambda: host.read_text("/etc/group"))
    return HostFacts(
        file_exists=lambda path: known(lambda: host.exists(path)) is not False,
        user_exists=None if isinstance(users, Missing) else _named_in(users),
        group_exists=None if isinstance(groups, Missing) else _named_in(groups),
        has_subordinate_ids=_subordinate_ids(host),
        flags=printed_flags(command_line(host)),
        log_drivers=_drivers_of_makers(host) if drivers is None else drivers,
        runtimes=_runtimes(info),
        cgroup_v2=_cgroup_v2(info),
        rootless="rootless" in engine.security_options(info) if info else None,
    )


def _log_drivers(info: Mapping[str, Any]) -> frozenset[str] | None:
    plugins = info.get("Plugins")
    drivers = plugins.get("Log") if isinstance(plugins, dict) else None
    return frozenset(map(str, drivers)) if isinstance(drivers, list) else None


def _runtimes(info: Mapping[str, Any]) -> frozenset[str] | None:
    runtimes = info.get("Runtimes")
    return frozenset(map(str, runtimes)) if isinstance(runtimes, dict) else None


def _cgroup_v2(info: Mapping[str, Any]) -> bool | None:
    cgroup = info.get("CgroupVersion")
    return str(cgroup) == "2" if cgroup else None


def _drivers_of_makers(host: Host) -> frozenset[str] | None:
    """Log drivers that a maker built in: Synology's engine writes to a database of DSM's."""
    synology = known(lambda: host.exists("/etc/synoinfo.conf"))
    return frozenset({"db"}) if synology is True else None


def command_line(host: Host) -> tuple[str, ...]:
    """The words of the dockerd that runs, or of the one that its unit will start.

    Empty where neither can be told.
    """
    daemon = known(lambda: configuration.dockerd(host))
    if not isinstance(daemon, Missing):
        return daemon.argv
    if daemon.kind != "absent":
        return ()
    return have(known(lambda: configuration.unit_command(host)), ())


def _subordinate_ids(host: Host) -> Callable[[str], bool] | None:
    """Whether subuid(5) and subgid(5) have ranges for a user; None where that is not readable."""
    tables = [_lines_of(host, path) for path in ("/etc/subuid", "/etc/subgid")]
    if any(isinstance(table, Missing) for table in tables):
        return None
    names = [{line.partition(":")[0] for line in str(table).splitlines()} for table in tables]
    return lambda user: all(user in table for table in names)


def _lines_of(host: Host, path: str) -> str | Missing:
    return absent_as(lambda: host.read_text(path), "")


def _named_in(table: str) -> Callable[[str], bool]:
    """Whether passwd(5) or group(5) has an entry of that name or id."""
    names: set[str] = set()
    for line in table.splitlines():
        fields = line.split(":")
        names.update((fields[0], *fields[2:3]))
    return names.__contains__


def printed_flags(argv: tuple[str, ...]) -> dict[str, str]:
    """The command line's flags as dockerd prints them in a conflict: long name to value."""
    printed = {}
    for key, (value, written) in configuration.flag_settings(argv).items():
        name = written.rpartition(" ")[2]
        flag = configuration.SHORT_FLAGS.get(name, name.lstrip("-"))
        if isinstance(value, bool):
            printed[flag] = str(value).lower()
        elif isinstance(value, list):
            printed[flag] = f"[{' '.join(map(str, value))}]"
        elif isinstance(value, dict):
            printed[flag] = f"map[{' '.join(f'{k}:{v}' for k, v in value.items())}]"
        else:
            printed[flag] = str(value)
        del key
    return printed


# -- one check for every code of the judge ---------------------------------------------------------


def _files(config: DaemonConfig) -> tuple[Judged, ...]:
    if config.present is False and not isinstance(config.path, Missing):
        return (Judged(config.path, Missing(f"there is no {config.path}", "absent")),)
    return (Judged(config.path, config.problems),)


KIND = JudgedKind(
    "daemon.json",
    CODES,
    _files,
    applies="hosts whose engine reads a daemon.json",
    unreadable="daemon-json-unreadable",
)
KIND.add_to(TOPIC)


# -- the file as a whole -------------------------------------------------------------------------


@TOPIC.check(
    "daemon-json-unreadable",
    ERROR,
    "The daemon's configuration file is no readable file",
    references=("https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file",),
    applies="hosts whose engine reads a daemon.json",
)
def daemon_json_unreadable(config: DaemonConfig) -> Verdict:
    """Where daemon.json should be there is a directory, a loop of links or something huge.

    ## What it reads
    The path that this daemon reads (`--config-file`, else the default of a rootful, rootless or
    snap engine): what kind of thing it is, its size, and whether it can be read.

    ## Why it matters
    A daemon that is running does not notice. At its next start, perhaps after an update or at
    the next reboot in a month, it stops at this path and no container comes up.

    ## How to mend it
    Look at it with `ls -la`. A directory is usually what a bind mount of a file that did not exist
    has made: remove it (`rmdir`) and write the file. A loop of links: remove the links. A huge
    file: something else was copied there; restore the right one from your configuration
    management or a backup.

    ## What could go wrong
    Nothing while the daemon runs: it reads the file only at its start and on reload.

    ## Why this severity
    An error: the next start fails. A file that only this user may not read is reported as
    unknown, not as an error.
    """
    path = need(config.path)
    if config.present is False:
        if config.named:
            return fail(
                f"The daemon was started with --config-file {path}, and that file is gone: its "
                "next start fails.",
                Evidence(path, "", "does not exist", "the file the command line names"),
                subject=path,
                mend=(f"restore {path}, or write an empty one: echo '{{}}' | sudo tee {path}",),
                line=1,
                column=1,
            )
        return skip(f"there is no {path}, and none is needed")
    if isinstance(config.present, Missing):
        if config.present.kind != "garbled":
            return unknown(config.present.reason, look=config.present.look)
        return fail(
            f"{config.present.reason}: the daemon's next start fails.",
            Evidence(path, "", config.present.reason, "a small JSON file"),
            subject=path,
            mend=(f"ls -la {path}",),
            line=1,
            column=1,
        )
    return ok(f"{path} can be read", Evidence(path, "", "a regular file"))


@TOPIC.check(
    "daemon-config-pending",
    WARNING,
    "The configuration file says what the running daemon does not do",
    references=("https://docs.docker.com/reference/cli/dockerd/#configuration-reload-behavior",),
    applies="a running engine whose daemon.json was changed after its start",
)
def daemon_config_pending(config: DaemonConfig) -> Verdict:
    """daemon.json was edited and the daemon has neither been restarted nor reloaded since.

    ## What it reads
    The file's time of change against the daemon's start, and, key by key, what the file says
    against what GET /info tells of the running daemon. Keys that the engine does not tell are
    left out: nothing is guessed.

    ## Why it matters
    What you think you have changed is not in force: the log rotation that should save the disk,
    the mirror, the proxy. It will be in force after the next restart, whenever that happens, and
    so will any mistake in it.

    ## How to mend it
    Keys marked "reload" in `hullcheck effective`: `sudo systemctl reload docker`. All others:
    `sudo systemctl restart docker`; without live-restore that stops the running containers.

    ## What could go wrong
    A restart stops containers without a restart policy for good. Run `hullcheck lint` on the file
    first: a file that the engine refuses leaves you without an engine.

    ## Why this severity
    A warning: the host runs, but not with the settings its owner wrote down.
    """
    pending = need(config.pending)
    path = need(config.path)
    if not pending:
        return ok("the running daemon has what its file says", Evidence(path, "", "in force"))
    reloadable = all(item.reload == "H" for item in pending)
    keys = ", ".join(item.key for item in pending)
    verb = "reload" if reloadable else "restart"
    return fail(
        f"{len(pending)} setting{'s' if len(pending) > 1 else ''} of {path} wait for a {verb} of "
        f"the daemon: {keys}.",
        *(
            Evidence(path, f"line {s.line}: {s.key}", str(s.value), f"running: {s.running}")
            for s in pending
        ),
        subject=path,
        mend=(
            f"hullcheck lint {path}",
            config.control.reload
            if reloadable
            else f"{config.control.restart}   # stops running containers unless live-restore is on",
        ),
    )


@TOPIC.check(
    "daemon-config-elsewhere",
    NOTE,
    "There is a daemon.json that this engine does not read",
    references=("https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file",),
    applies="engines that read another file than /etc/docker/daemon.json",
)
def daemon_config_elsewhere(config: DaemonConfig) -> Verdict:
    """/etc/docker/daemon.json exists, but the engine you use reads another file.

    ## What it reads
    The daemon's command line (`--config-file`), whom it runs as (a rootless engine reads
    `~/.config/docker/daemon.json`, the snap one under `/var/snap/docker`), and whether
    /etc/docker/daemon.json is there as well.

    ## Why it matters
    Every guide says to edit /etc/docker/daemon.json. On this host that changes nothing, and no
    message ever says so.

    ## How to mend it
    Put the settings into the file that the report names. Keep the other one only if a second
    engine reads it.

    ## What could go wrong
    Removing /etc/docker/daemon.json takes the settings from a second, rootful engine.

    ## Why this severity
    A note: nothing is broken; it explains why an edit had no effect.
    """
    path = need(config.path)
    if path == engine.DEFAULT_CONFIG:
        return ok("the engine reads the usual file", Evidence("dockerd", "configuration", path))
    if not need(config.default_file_present):
        return ok("no other daemon.json is there", Evidence("dockerd", "configuration", path))
    return fail(
        f"This engine reads {path}; what stands in {engine.DEFAULT_CONFIG} has no effect on it.",
        Evidence("dockerd", "configuration", path, engine.DEFAULT_CONFIG),
        subject=engine.DEFAULT_CONFIG,
        mend=(f"put settings into {path}",),
    )


@TOPIC.check(
    "daemon-debug-on",
    NOTE,
    "The daemon has been logging debug messages for days",
    references=("https://docs.docker.com/engine/daemon/logs/#enable-debugging",),
    applies="a running engine",
)
def daemon_debug_on(config: DaemonConfig) -> Verdict:
    """Debug logging was turned on and has stayed on.

    ## What it reads
    `Debug` of GET /info, and how long the daemon has been running.

    ## Why it matters
    With debug on the daemon writes several lines for every API call: the journal turns over in
    hours instead of weeks, and what you will need to find a fault is gone when you look for it.

    ## How to mend it
    Write `"debug": false` into the daemon's file, then `sudo systemctl reload docker`: this key
    needs no restart. Taking the line out is not enough: a reload leaves debug as it is where the
    file does not name it. `-D` on the command line goes with a restart only.

    ## What could go wrong
    Nothing stops or restarts.

    ## Why this severity
    A note: it costs disk and noise, nothing else.
    """
    debug = need(config.debug)
    seen = Evidence("engine GET /info", "Debug", str(debug).lower(), "false")
    if not debug:
        return ok("debug logging is off", seen)
    running = have(config.running_seconds, None)
    if running is not None and running <= DEBUG_SECONDS:
        return ok("debug logging is on since less than a day", seen)
    days = 0 if running is None else int(running // 86400)
    since = "" if running is None else f" for {days} days" if days > 1 else " for more than a day"
    return fail(
        f"Debug logging has been on{since}: the daemon's log turns over in hours."
        if since
        else "Debug logging is on: the daemon's log turns over in hours.",
        seen,
        mend=(
            f'set "debug": false in {config.control.config_file}',
            config.control.reload,
        ),
    )


@TOPIC.check(
    "daemon-experimental-on",
    NOTE,
    "Experimental features of the daemon are on",
    references=("CIS Docker Benchmark 2.18", "https://docs.docker.com/engine/deprecated/"),
    applies="a running engine",
    tags=("hardening",),
)
def daemon_experimental_on(config: DaemonConfig) -> Verdict:
    """The daemon runs with `experimental: true`.

    ## What it reads
    `ExperimentalBuild` of GET /info.

    ## Why it matters
    Experimental features may change or vanish in any release, and some open interfaces that are
    not hardened yet.

    ## How to mend it
    Remove `"experimental": true` from the daemon's file and restart the daemon, unless you use one
    of the features it gates (ip6tables before 27, checkpoint).

    ## What could go wrong
    Before engine 27 ip6tables needed it: IPv6 rules vanish when it is turned off.

    ## Why this severity
    A note, and only when asked for: many hosts have it for one feature they rely on.
    """
    on = need(config.experimental)
    seen = Evidence("engine GET /info", "ExperimentalBuild", str(on).lower(), "false")
    if not on:
        return ok("experimental features are off", seen)
    return fail(
        "Experimental features are on: they may change or vanish with any update.",
        seen,
        mend=(
            f'remove "experimental": true from {config.control.config_file}',
            config.control.restart,
        ),
    )
