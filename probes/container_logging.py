"""Logs of containers: whether they are limited, how large they are, and whether they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import configuration, disk, engine, engine_host, storage
from probes.daemon_control import UNKNOWN, Control, control
from probes.formats.daemon_json import log_options
from probes.formats.sizes import GIB, MIB, human_size
from probes.formats.systemd_show import parse_unit_file
from probes.formats.versions import parse_version
from probes.host.questions import Absent, Denied
from probes.model import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
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
    from probes.formats.systemd_show import Directive
    from probes.host import Host

INFO = "engine GET /info"

LOG_SHARE_PERCENT = 10
"""Part of the free space that all logs together may take at most, for the suggested max-size."""
LOG_FILES = 3
"""Files per container: enough to look back past one rotation."""
CONTAINERS_AT_LEAST = 10
"""Hosts are planned for more containers than they start with."""
MAX_SIZES = (100, 50, 20, 10, 5, 2, 1)
"""MB. Above 100 MB a log is no longer read but searched, and belongs into a log system."""

LARGE_GIB = Threshold(
    "container-log-large",
    1,
    "GiB",
    "`docker logs` without --tail reads it all; ten times what a 100 MB rotation leaves",
)
DAYS_LEFT = 7
"""A log that fills the disk within a week at its own pace is about to break the host."""
YOUNG_SECONDS = 3600
"""A container younger than this has no pace yet."""
SECONDS_A_DAY = 86400

FILES_AT_MOST = 2000
"""Log files that are looked at: 0.1 ms each."""
NAMED = 5
"""Files that are named in a finding."""

JOURNALD_BURST, JOURNALD_INTERVAL = 10_000, 30.0
"""Messages and seconds; the defaults of journald.conf(5)."""

JOURNALD_FOLDERS = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
"""A file in a later one hides the file of the same name in those before, journald.conf(5)."""

SECOND_DRIVER_FOLDERS = ("/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins")
"""Where plugins of the first kind are found (docs.docker.com/engine/extend/plugin_api)."""

TOPIC = Topic["Logging"]("logging", "Container logs", engine=(engine_host.CONTAINERS,))


class LogFile(NamedTuple):
    """The log of one container."""

    container: str
    path: str
    size: int
    age: float | None
    """Seconds since the container was made, where the engine knows it."""
    running: bool


class LogFiles(NamedTuple):
    """The json-file logs under the data root."""

    number: int
    total: int
    largest: tuple[LogFile, ...]
    """The few largest, largest first."""
    complete: bool


class Journald(NamedTuple):
    """What journald.conf and its drop-ins say together."""

    storage: str
    storage_from: str
    persistent: bool
    """Whether /var/log/journal exists, which "auto" goes by."""
    burst: int
    interval: float
    """Seconds; 0 turns the limit off."""
    limit_from: str
    """Empty where the limit is the default."""


class Logging(NamedTuple):
    """How this engine logs its containers."""

    driver: configuration.Setting | Missing
    options: configuration.Setting | Missing
    registered: tuple[str, ...] | Missing
    """The log drivers that the engine lists."""
    plugins: tuple[str, ...] | Missing
    """Enabled plugins; only asked where the driver is none of those."""
    version: str | Missing
    containers: int | Missing
    running: int | Missing
    live_restore: bool | Missing
    config_exists: bool | Missing
    site: Control | Missing
    logrotate: str | Missing
    """A logrotate file that rotates container logs from outside; empty for none."""
    place: disk.Place | Missing
    files: LogFiles | Missing
    journald: Journald | Missing
    folder_exists: bool | Missing = True
    """Whether the folder of the configuration file is there."""


@TOPIC.probe
def look(host: Host) -> Logging:
    """Ask the configuration, the engine, and (as root) the files."""
    here = known(lambda: storage.docker_engine(host))
    if isinstance(here, Missing):
        return Logging(**dict.fromkeys(Logging._fields, here))
    told = known(lambda: engine.info(host))
    driver = known(lambda: configuration.setting(host, "log-driver"))
    where = known(lambda: control(host))
    return Logging(
        driver=driver,
        options=known(lambda: configuration.setting(host, "log-opts")),
        registered=told if isinstance(told, Missing) else _registered(told),
        plugins=known(lambda: _plugins(host, driver)),
        version=engine.look(host).version,
        containers=_whole(told, "Containers"),
        running=_whole(told, "ContainersRunning"),
        live_restore=told if isinstance(told, Missing) else bool(told.get("LiveRestoreEnabled")),
        config_exists=where
        if isinstance(where, Missing)
        else known(lambda: host.exists(where.config_file)),
        site=where,
        folder_exists=where
        if isinstance(where, Missing)
        else known(lambda: host.exists(where.config_file.rpartition("/")[0] or "/")),
        logrotate=known(lambda: _logrotate(host)),
        place=known(lambda: disk.place(host, *storage.data_root(host))),
        files=known(lambda: _files(host)),
        journald=known(lambda: _journald(host, driver)),
    )


def _whole(told: dict[str, Any] | Missing, key: str) -> int | Missing:
    if isinstance(told, Missing):
        return told
    value = told.get(key)
    return value if isinstance(value, int) else Missing(f"the engine does not tell {key}")


def _registered(told: dict[str, Any]) -> tuple[str, ...] | Missing:
    plugins = told.get("Plugins")
    names = plugins.get("Log") if isinstance(plugins, dict) else None
    if not isinstance(names, list):
        return Missing("the engine does not list its log drivers", look="docker info")
    return tuple(str(name) for name in names)


def _plugins(host: Host, driver: configuration.Setting | Missing) -> tuple[str, ...]:
    """Names of enabled plugins, if the driver can only be one."""
    listed = _registered(engine.info(host))
    if isinstance(driver, Missing) or driver.value in {"none", *have(listed, ())}:
        raise engine.NotHere("the log driver is one of the engine's own")
    answer = engine.get(host, "/plugins")
    names = [
        str(row.get("Name"))
        for row in (answer if isinstance(answer, list) else [])
        if isinstance(row, dict) and row.get("Enabled")
    ]
    for folder in SECOND_DRIVER_FOLDERS:
        found = have(known(lambda folder=folder: host.list(folder)), ())  # type: ignore[misc]
        names.extend(name.rpartition(".")[0] or name for name in found)
    return tuple(names)


def _logrotate(host: Host) -> str:
    folder = "/etc/logrotate.d"
    try:
        names = host.list(folder)
    except Absent:
        return ""
    for name in names:
        if "docker" in name or "container" in name:
            text = have(known(lambda name=name: host.read_text(f"{folder}/{name}")), "")  # type: ignore[misc]
            lines = [x for x in text.splitlines() if not x.lstrip().startswith("#")]
            if any("/containers/" in line and "log" in line for line in lines):
                return f"{folder}/{name}"
    return ""


def _files(host: Host) -> LogFiles:
    found, complete = log_files(host)
    total = sum(file.size for file in found)
    return LogFiles(len(found), total, tuple(found[:NAMED]), complete)


def log_files(host: Host) -> tuple[list[LogFile], bool]:
    """The json-file logs below the data root, largest first, and whether all were looked at.

    Raises: Unreadable, Denied for anybody but root.
    """
    folder = f"{storage.data_root(host)[0]}/containers"
    by_hand = f"sudo sh -c 'du -h {folder}/*/*-json.log | sort -h | tail'"
    try:
        names = host.list(folder)
    except Absent:
        return [], True
    except Denied as error:
        raise Denied(error.reason, look=by_hand) from None
    rows = {
        str(row.get("Id")): row for row in have(known(lambda: engine_host.containers(host)), [])
    }
    now = have(known(host.now), 0.0)
    found = []
    for name in names[:FILES_AT_MOST]:
        path = f"{folder}/{name}/{name}-json.log"
        try:
            size = host.stat(path).size
        except Absent:
            continue
        except Denied as error:
            raise Denied(error.reason, look=by_hand) from None
        row = rows.get(name, {})
        created = row.get("Created")
        age = now - created if isinstance(created, (int, float)) and now > created > 0 else None
        found.append(
            LogFile(
                engine_host.name_of(row) if row else name[:12],
                path,
                size,
                age,
                row.get("State") == "running",
            )
        )
    found.sort(key=lambda file: -file.size)
    return found, len(names) <= FILES_AT_MOST


def _journald(host: Host, driver: configuration.Setting | Missing) -> Journald:
    if isinstance(driver, Missing) or driver.value != "journald":
        raise engine.NotHere("the log driver is not journald")
    values: dict[str, Directive] = {}
    for path in _journald_files(host):
        for directive in parse_unit_file(host.read_text(path), path):
            if directive.section == "Journal":
                values[directive.key] = directive
    burst, interval = values.get("RateLimitBurst"), values.get("RateLimitIntervalSec")
    seconds = _seconds(interval.value) if interval else None
    kept = values.get("Storage")
    limit = (
        int(burst.value) if burst and burst.value.isdigit() else JOURNALD_BURST,
        JOURNALD_INTERVAL if seconds is None else seconds,
    )
    limit_from = ", ".join(f"{d.path} line {d.line}" for d in (burst, interval) if d)
    own = known(lambda: _unit_limit(host)) if limit_from else None
    if isinstance(own, tuple) and not isinstance(own, Missing):
        limit, limit_from = own, "docker.service"
    return Journald(
        storage=kept.value.lower() if kept and kept.value else "auto",
        storage_from=f"{kept.path} line {kept.line}" if kept else "",
        persistent=host.exists("/var/log/journal"),
        burst=limit[0],
        interval=limit[1],
        limit_from=limit_from,
    )


def _unit_limit(host: Host) -> tuple[int, float] | None:
    """The limit that docker.service sets for itself; 0, the default, leaves it to journald."""
    names = ("LogRateLimitIntervalUSec", "LogRateLimitBurst")
    shown = host.output("systemctl", "show", "docker.service", *(f"--property={n}" for n in names))
    values = dict(line.partition("=")[::2] for line in shown.splitlines())
    interval, burst = (values.get(name, "0") for name in names)
    seconds = _seconds(interval)
    return (int(burst), seconds) if seconds and burst.isdigit() and int(burst) else None


def _journald_files(host: Host) -> list[str]:
    main, drop_ins = "", {}
    for folder in JOURNALD_FOLDERS:
        if host.exists(f"{folder}/journald.conf"):
            main = f"{folder}/journald.conf"
        try:
            names = host.list(f"{folder}/journald.conf.d")
        except Absent:
            continue
        drop_ins.update({n: f"{folder}/journald.conf.d/{n}" for n in names if n.endswith(".conf")})
    return [*([main] if main else []), *(drop_ins[name] for name in sorted(drop_ins))]


def _seconds(text: str) -> float | None:
    """A time span of systemd.time(7), as far as people write one here.

    >>> _seconds("30s"), _seconds("1min"), _seconds("0"), _seconds("x")
    (30.0, 60.0, 0.0, None)
    """
    import re

    units = {"": 1, "s": 1, "sec": 1, "ms": 0.001, "m": 60, "min": 60, "h": 3600, "hr": 3600}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip())
    return float(match[1]) * units[match[2]] if match and match[2] in units else None


# -- what is said of several ---------------------------------------------------------------------


def max_size(available: int, containers: int, files: int = LOG_FILES) -> str:
    """The max-size to suggest, so that all logs together take 10 % of the free space at most.

    Free space, by the number of containers (10 at least) and of files for each, rounded down to a
    plain number between 1 and 100 MB.

    >>> max_size(76 * GIB, 12), max_size(4 * GIB, 12), max_size(300 * MIB, 40)
    ('100m', '10m', '1m')
    """
    each = available * LOG_SHARE_PERCENT / 100 / max(containers, CONTAINERS_AT_LEAST) / files
    return f"{next((size for size in MAX_SIZES if size * MIB <= each), MAX_SIZES[-1])}m"


def rotation(facts: Logging, max_file: str = "") -> dict[str, str]:
    """The log options that this host lacks for its logs to be limited: max-size, max-file.

    What the owner has set stays: max-size is worked out for the owner's own max-file, or for the
    one that is given. Where the free space is not known, 1 GiB stands for it.
    """
    present = {} if isinstance(facts.options, Missing) else _options(facts)
    kept = max_file or present.get("max-file", "")
    files = int(kept) if kept.isdigit() and int(kept) else LOG_FILES
    available = facts.place.available if isinstance(facts.place, disk.Place) else GIB
    wanted = {
        "max-size": max_size(available, have(facts.containers, 0), files),
        "max-file": str(files),
    }
    return {name: value for name, value in wanted.items() if present.get(name) in {None, ""}}


def _options(facts: Logging) -> dict[str, str]:
    value = need(facts.options).value
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _driver(facts: Logging) -> str:
    return str(need(facts.driver).value)


def _seen_driver(facts: Logging, wanted: str) -> Evidence:
    driver = need(facts.driver)
    if driver.running is not None:
        return Evidence(INFO, "LoggingDriver", str(driver.running), wanted)
    return Evidence(driver.where or "default", "log-driver", str(driver.value), wanted)


def _seen_option(facts: Logging, name: str, wanted: str) -> Evidence:
    options = need(facts.options)
    file = have(facts.site, UNKNOWN).config_file
    value = _options(facts).get(name)
    return Evidence(
        options.where or file, f"log-opts {name}", "not set" if value is None else value, wanted
    )


def set_options(facts: Logging, values: dict[str, str]) -> str:
    """Where this daemon takes log options from, and what to write there."""
    import json

    where = have(facts.site, UNKNOWN)
    if need(facts.options).source == "flag":
        flags = " ".join(f"--log-opt {name}={value}" for name, value in values.items())
        return f"Add {flags} to dockerd's command line, where the other options are"
    text = json.dumps({"log-opts": values})
    if facts.config_exists is False:
        sudo = "" if "--user" in where.restart else "sudo "
        folder = where.config_file.rpartition("/")[0]
        made = f"{sudo}mkdir -p {folder} && " if facts.folder_exists is False else ""
        return f"{made}echo '{text}' | {sudo}tee {where.config_file}"
    return f"Put {text[1:-1]} into {where.config_file} (merge it with what is there)"


def restart(facts: Logging) -> str:
    """The command that restarts the engine, and what that stops."""
    where = have(facts.site, UNKNOWN)
    if have(facts.live_restore, otherwise=False):
        return f"{where.restart}   # live-restore is on: the containers run on"
    if isinstance(facts.live_restore, Missing):
        return f"{where.restart}   # stops containers unless live-restore is on"
    running = have(facts.running, -1)
    if running == 0:
        return f"{where.restart}   # no container runs that it could stop"
    which = {-1: "the", 1: "the one"}.get(running, f"the {running}")
    noun = "container" if running == 1 else "containers"
    return f"{where.restart}   # stops {which} running {noun}: live-restore is off"


RECREATE = (
    "Re-create the containers (docker compose up -d --force-recreate, or docker rm and docker run): "
    "log settings are fixed when a container is made, a restart does not change them"
)


# -- checks --------------------------------------------------------------------------------------


@TOPIC.check(
    "log-rotation-unbounded",
    WARNING,
    "Container logs grow without limit",
    references=(
        "https://docs.docker.com/engine/logging/drivers/json-file/",
        "https://docs.docker.com/engine/logging/configure/",
        "https://github.com/moby/moby/issues/27957",
        "https://github.com/docker/cli/issues/1148",
    ),
    applies="Docker Engines on this host",
)
def log_rotation_unbounded(facts: Logging) -> Verdict:
    """New containers write their logs into one file each, which nothing ever limits.

    ## What it reads
    GET /info: the default log driver and the number of containers; log-opts of the daemon's
    configuration; /etc/logrotate.d for a rotation from outside; as root the log files themselves.

    ## Why it matters
    The default driver json-file has no limit unless max-size is set. One chatty container writes
    gigabytes, the disk fills up at night, and every container and the daemon stop together. It is
    the most common way in which Docker hosts die.

    ## How to mend it
    Set max-size and max-file in log-opts of daemon.json, restart the daemon, then re-create the
    containers. The size that is suggested lets all logs together take a tenth of the space that is
    free now: free space / containers (10 at least) / 3 files, between 1 and 100 MB. The driver
    `local` is limited by itself (5 files of 20 MB, compressed), if nothing reads the files.

    ## What could go wrong
    Older lines are deleted when a log rotates: whatever collects the files has to keep up. The
    restart stops containers unless live-restore is on. Existing containers keep their old setting
    until they are re-created; a restart of them is not enough.

    ## Why this severity
    A warning: it always ends the same way, but not today. container-log-large looks at today.
    """
    driver = _driver(facts)
    seen = _seen_driver(facts, "json-file with max-size, or local")
    if driver != "json-file":
        return ok(f"the log driver {driver} does not write unlimited files", seen)
    size = _options(facts).get("max-size")
    if size and need(facts.options).state == configuration.UNKNOWN:
        return unknown(
            f"logs of new containers are to rotate at {size}, but the file that says so was "
            "changed after the daemon started, and the engine does not tell whether it has read "
            "it",
            look=restart(facts),
        )
    if size:
        return ok(
            f"logs of new containers rotate at {size}", seen, _seen_option(facts, "max-size", "")
        )
    outside = have(facts.logrotate, "")
    if outside:
        return ok(
            f"{outside} rotates the logs from outside",
            seen,
            Evidence(outside, "", "rotates the container logs"),
        )
    number = have(facts.containers, 0)
    values = rotation(facts)
    return fail(
        f"Nothing limits the logs of containers (json-file without max-size){_so_far(facts)}: "
        "one chatty container fills the disk.",
        seen,
        _seen_option(facts, "max-size", f"{values['max-size']} for this host"),
        mend=(
            set_options(facts, values),
            restart(facts),
            *([f"{_those(number)} made with. {RECREATE}"] if number else []),
        ),
    )


def _those(number: int) -> str:
    if number == 1:
        return "The container that is here keeps what it was"
    return f"The {number} containers that are here keep what they were"


def _so_far(facts: Logging) -> str:
    """What the unlimited logs take now, as a clause."""
    files, place = facts.files, facts.place
    parts = []
    number = have(facts.containers, 0)
    if isinstance(files, LogFiles) and files.number:
        hold = f"{files.number} logs hold" if files.number > 1 else "1 log holds"
        parts.append(f"{hold} {human_size(files.total)} now")
    elif number:
        parts.append(f"{number} containers are here" if number > 1 else "1 container is here")
    if isinstance(place, disk.Place):
        parts.append(f"{human_size(place.available)} are free")
    return "; " + ", ".join(parts) if parts else ""


@TOPIC.check(
    "container-log-large",
    WARNING,
    "A container's log is very large",
    references=(
        "https://docs.docker.com/engine/logging/configure/",
        "https://github.com/moby/moby/issues/35185",
    ),
    applies="Docker Engines on this host; needs root, or the user of a rootless engine",
)
def container_log_large(facts: Logging) -> Verdict:
    """A log file of a container has grown beyond what anybody reads.

    ## What it reads
    As root: the size of each CONTAINER/*-json.log under the data root, at most 2,000 of them;
    GET /containers/json: names and ages, from which the pace; statvfs(3): the free space.

    ## Why it matters
    It takes the space that everything else needs, `docker logs` without `--tail` reads all of it,
    and it goes on growing. `docker system df` does not count it, and no prune touches it.

    ## How to mend it
    `truncate -s 0 FILE` frees the space at once, with the container running. Then limit it:
    max-size in log-opts (log-rotation-unbounded), and re-create the container.

    ## What could go wrong
    The log lines are gone: copy them first if they are needed. Never `rm` the file: the engine
    keeps it open, the space stays taken, and further lines are lost until the container restarts.

    ## Why this severity
    A warning; an error when the log holds more than what is left free, or fills it within a week at
    its pace so far.
    """
    files = need(facts.files)
    line = LARGE_GIB.value * GIB
    if not files.number:
        return ok("no container has a json-file log")
    biggest = files.largest[0]
    seen = Evidence(
        f"stat({biggest.path})", "size", human_size(biggest.size), f"at most {human_size(line)}"
    )
    if biggest.size < line:
        return ok(
            f"the largest of {files.number} logs is {biggest.container}'s, "
            f"{human_size(biggest.size)}; together they hold {human_size(files.total)}",
            seen,
        )
    large = [file for file in files.largest if file.size >= line]
    place = facts.place
    free = place.available if isinstance(place, disk.Place) else None
    pace = (
        biggest.size / biggest.age * SECONDS_A_DAY
        if biggest.running and biggest.age is not None and biggest.age > YOUNG_SECONDS
        else None
    )
    words = f"{biggest.container}'s log holds {human_size(biggest.size)}"
    if pace is not None:
        words += f", on average {human_size(pace)} a day"
    if free is not None:
        words += f", with {human_size(free)} free"
    if pace and free is not None:
        words += f": at that pace full in {free / pace:.0f} days"
    soon = free is not None and (
        biggest.size > free or (pace is not None and free / pace < DAYS_LEFT)
    )
    return fail(
        f"{words}; all {files.number} logs together hold {human_size(files.total)}.",
        seen,
        *(
            Evidence(f"stat({f.path})", f"size, {f.container}", human_size(f.size))
            for f in large[1:]
        ),
        severity=ERROR if soon else "",
        mend=(
            *(
                f"sudo truncate -s 0 {f.path}   # deletes the log of {f.container}; copy it first "
                "if you need it, and never rm it"
                for f in large
            ),
            f"Limit it: log-opts max-size (log-rotation-unbounded). {RECREATE}",
        ),
    )


@TOPIC.check(
    "log-driver-unregistered",
    ERROR,
    "The engine has no such log driver",
    references=(
        "https://docs.docker.com/engine/logging/configure/",
        "https://docs.docker.com/engine/deprecated/",
        "https://github.com/markdumay/synology-docker/issues/48",
    ),
    applies="Docker Engines on this host",
)
def log_driver_unregistered(facts: Logging) -> Verdict:
    """The configured log driver is neither one of the engine's nor an enabled plugin.

    ## What it reads
    The daemon's configuration: log-driver; GET /info: the log drivers it has; if it is none of
    them, GET /plugins and the folders of older plugins.

    ## Why it matters
    No new container starts ("no log driver named ... is registered"), and the daemon itself refuses
    to start the next time. Drivers go away with upgrades (logentries in 25), with a plugin that was
    disabled, and with a package from somebody else (Synology's "db").

    ## How to mend it
    Enable or install the plugin, or choose another driver in daemon.json and restart.

    ## What could go wrong
    Containers that were made with the missing driver cannot start either: re-create them.

    ## Why this severity
    An error: nothing new starts, and a reboot stops it all.
    """
    driver, names = _driver(facts), need(facts.registered)
    wanted = ", ".join(names)
    seen = Evidence(need(facts.driver).where or "default", "log-driver", driver, f"one of {wanted}")
    if driver in {*names, "none"}:
        return ok(f"the engine has the log driver {driver}", seen)
    plugins = need(facts.plugins)
    name = driver if ":" in driver.rpartition("/")[2] else f"{driver}:latest"
    if driver in plugins or name in plugins:
        return ok(f"the log driver {driver} is an enabled plugin", seen)
    return fail(
        f"The log driver {driver} is configured, but the engine has no such driver and no enabled "
        "plugin of that name: new containers do not start, nor does the daemon next time.",
        seen,
        Evidence("engine GET /plugins", "enabled", ", ".join(plugins) or "none", driver),
        mend=(
            f"docker plugin ls; docker plugin enable {driver}   # if it is there and disabled",
            (
                "or set another log-driver (local, json-file) in "
                f"{have(facts.site, UNKNOWN).config_file}"
            ),
            restart(facts),
        ),
    )


@TOPIC.check(
    "log-option-invalid",
    ERROR,
    "A log option on the daemon's command line is wrong",
    references=(
        "https://docs.docker.com/engine/logging/configure/",
        "https://docs.docker.com/engine/logging/drivers/json-file/",
    ),
    applies="Docker Engines on this host with --log-opt on the command line",
)
def log_option_invalid(facts: Logging) -> Verdict | list[Verdict]:
    """The command line of dockerd has a log option that the driver cannot use.

    ## What it reads
    `--log-driver` and `--log-opt` of the running dockerd, and the options of that driver in this
    version. Options in daemon.json are judged with that file (daemon-json-log-opt-value and
    daemon-json-log-opt-unknown).

    ## Why it matters
    Names are checked when the daemon starts, which then refuses. Most values are only looked at
    when a container is made: with `max-size=10 megs` the daemon runs, and every new container fails.
    So does `compress=true` without max-size and a max-file of 2 or more.

    ## How to mend it
    Correct the option in the unit's drop-in or wherever dockerd gets its flags, and restart.

    ## What could go wrong
    The restart stops containers unless live-restore is on. Containers that were made before keep
    their own settings.

    ## Why this severity
    An error: new containers, or the daemon, do not start.
    """
    options = need(facts.options)
    if options.source != "flag":
        return skip("dockerd's command line has no log options")
    driver, values = _driver(facts), _options(facts)
    version = parse_version(need(facts.version))
    faults = log_options.faults(driver, values, version)
    if not faults:
        return ok(f"the log options on dockerd's command line suit {driver}")
    return [
        fail(
            f"--log-opt {fault.name}={values.get(fault.name, '')} {fault.wrong}: "
            + (
                "the daemon does not start with it."
                if fault.when == "start"
                else "no new container starts."
            ),
            Evidence(
                "dockerd command line", f"--log-opt {fault.name}", values.get(fault.name, "not set")
            ),
            subject=fault.name,
            mend=(
                f"Correct --log-opt {fault.name} where dockerd gets its flags: systemctl cat docker",
                restart(facts),
            ),
        )
        for fault in faults
    ]


def _blocking(driver: str, options: dict[str, str]) -> str:
    """Why a full or absent log server stops the containers, or nothing where it does not."""
    if options.get("mode") == "non-blocking":
        return ""
    if driver == "fluentd":
        on = {options.get("fluentd-async"), options.get("fluentd-async-connect")}
        return "" if on & {"true", "1", "t", "T", "TRUE", "True"} else "fluentd"
    if driver == "gelf":
        return "gelf over TCP" if options.get("gelf-address", "").startswith("tcp:") else ""
    if driver == "syslog":
        return "syslog over TCP" if options.get("syslog-address", "").startswith("tcp") else ""
    return {"splunk": "splunk", "awslogs": "awslogs"}.get(driver, "")


BUFFER = "4m"
"""Bytes of log lines kept per container while the server does not take them: the default of 1 MB
holds some seconds of a chatty container."""


@TOPIC.check(
    "log-delivery-blocking",
    NOTE,
    "Containers wait for the log server",
    references=(
        "https://docs.docker.com/engine/logging/configure/#configure-the-delivery-mode-of-log-messages-from-container-to-log-driver",
    ),
    applies="Docker Engines on this host with a remote log driver",
)
def log_delivery_blocking(facts: Logging) -> Verdict:
    """Log lines go to another machine, and containers stand still while it does not take them.

    ## What it reads
    The daemon's default log driver and its options.

    ## Why it matters
    In mode blocking, the default, a container's write to standard output waits until the driver has
    passed the line on. If the log server is slow or gone, buffers fill within seconds and the
    applications hang in the middle of a print. gelf over UDP and a local syslog do not wait.

    ## How to mend it
    `mode: non-blocking` with a `max-buffer-size` in log-opts; then restart and re-create.

    ## What could go wrong
    Lines are dropped without a word when the buffer is full. The buffer is memory of the daemon,
    that much for each container. Where no line may be lost, blocking is right: accept the finding.

    ## Why this severity
    A note: it is a choice between standing still and losing lines, and somebody should make it.
    """
    driver, options = _driver(facts), _options(facts)
    why = _blocking(driver, options)
    seen = _seen_driver(facts, "")
    mode = _seen_option(facts, "mode", "non-blocking")
    if not why:
        return ok(f"containers do not wait for the log driver {driver}", seen)
    memory = human_size(max(have(facts.containers, 0), 1) * 4 * MIB)
    return fail(
        f"Containers log through {why} in mode blocking: when the log server does not answer, they "
        "stand still.",
        seen,
        mode,
        mend=(
            set_options(facts, {"mode": "non-blocking", "max-buffer-size": BUFFER})
            + f"   # up to {memory} of memory for the containers that are here; drops lines when "
            "it is full",
            restart(facts),
            RECREATE,
        ),
    )


@TOPIC.check(
    "journald-logs-volatile",
    NOTE,
    "Container logs are lost at the next boot",
    references=(
        "https://docs.docker.com/engine/logging/drivers/journald/",
        "man:journald.conf(5)",
    ),
    applies="Docker Engines on this host with the log driver journald",
)
def journald_logs_volatile(facts: Logging) -> Verdict:
    """Containers log to the journal, and the journal is not kept on disk.

    ## What it reads
    The default log driver; Storage in journald.conf and its drop-ins; whether /var/log/journal
    exists, by which the default "auto" goes.

    ## Why it matters
    The journal in /run is small and gone after a boot or a crash: just when somebody asks what
    happened. With Storage=none nothing is kept at all, and `docker logs` is empty.

    ## How to mend it
    Make /var/log/journal, or set Storage=persistent.

    ## What could go wrong
    The journal then takes up to 10 % of the file system (SystemMaxUse), and writes wear SD cards:
    there volatile may be meant.

    ## Why this severity
    A note; a warning with Storage=none, where every line is thrown away.
    """
    journald = need(facts.journald)
    seen = Evidence(
        journald.storage_from or "journald.conf(5) default",
        "Storage",
        journald.storage,
        "persistent, or auto with /var/log/journal",
    )
    folder = Evidence("/var/log/journal", "", "there" if journald.persistent else "not there")
    if journald.storage == "none":
        return fail(
            "Containers log to the journal, and Storage=none throws every line away.",
            seen,
            severity=WARNING,
            mend=(
                f"Set Storage=persistent ({journald.storage_from})",
                "sudo systemctl restart systemd-journald",
            ),
        )
    if journald.storage == "persistent" or (journald.storage == "auto" and journald.persistent):
        return ok("the journal is kept on disk", seen, folder)
    return fail(
        "Containers log to the journal, which is kept in memory only: their logs are gone after "
        "the next boot.",
        seen,
        folder,
        mend=(
            "sudo mkdir -p /var/log/journal && sudo systemd-tmpfiles --create --prefix "
            "/var/log/journal"
            if journald.storage == "auto"
            else f"Set Storage=persistent ({journald.storage_from})",
            "sudo systemctl restart systemd-journald",
        ),
    )


@TOPIC.check(
    "journald-rate-limit-lowered",
    NOTE,
    "The journal drops lines of chatty containers",
    references=("man:journald.conf(5)", "https://docs.docker.com/engine/logging/drivers/journald/"),
    applies="Docker Engines on this host with the log driver journald",
)
def journald_rate_limit_lowered(facts: Logging) -> Verdict:
    """The journal's rate limit was set below its default, and all containers share it.

    ## What it reads
    The default log driver; RateLimitBurst and RateLimitIntervalSec in journald.conf and its
    drop-ins; if they are set there, what docker.service itself sets (`systemctl show`).

    ## Why it matters
    journald counts by service, and all containers of the engine are one: docker.service. One chatty
    container uses up what all may write, and the lines of the others are dropped too. The default
    is 10,000 lines in 30 seconds; less is little for a host full of containers.

    ## How to mend it
    `LogRateLimitIntervalSec` and `LogRateLimitBurst` in a drop-in of docker.service set a limit of
    its own for the containers. It takes a restart of the daemon.

    ## What could go wrong
    With a high limit one container can flood the journal: SystemMaxUse bounds its size.

    ## Why this severity
    A note: somebody lowered it on purpose, perhaps without thinking of containers.
    """
    journald = need(facts.journald)
    seen = Evidence(
        journald.limit_from or "journald.conf(5) default",
        "RateLimitBurst / RateLimitIntervalSec",
        f"{journald.burst} in {journald.interval:g} s",
        f"{JOURNALD_BURST} in {JOURNALD_INTERVAL:g} s",
    )
    if (
        not journald.interval
        or not journald.burst
        or journald.burst / journald.interval >= JOURNALD_BURST / JOURNALD_INTERVAL
    ):
        return ok("the journal's rate limit is not below its default", seen)
    return fail(
        f"The journal takes {journald.burst} lines in {journald.interval:g} s from all containers "
        "together and drops the rest.",
        seen,
        mend=(
            (
                "sudo systemctl edit docker.service   # add under [Service]: "
                "LogRateLimitIntervalSec=30s and LogRateLimitBurst=100000"
            ),
            restart(facts),
        ),
    )
