"""Resource limits: what containers inherit from the daemons that start them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import configuration, engine, systemd_unit
from probes.engine_host import CONTAINERS, containers, engine_host, image_of, is_rootless, name_of
from probes.formats.proc_limits import Limit, parse_limits
from probes.host.questions import Absent, Garbled
from probes.model import (
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
)
from probes.record import NamedTuple
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from probes.host import Host, Process

NOFILE_HIGH = Threshold(
    "nofile-high",
    1 << 20,
    "files",
    "The value that Docker's unit shipped from 2016 to 2021 and the kernel's own ceiling by default "
    "(fs.nr_open, linux fs/file.c). Above it, programs that walk all possible descriptors take "
    "minutes and gigabytes (containerd issue 6707, docker-library/mysql issue 579).",
)

NOFILE_LOW = Threshold(
    "nofile-low",
    65536,
    "files",
    "What Elasticsearch demands at start (65535) and MongoDB, MySQL and HAProxy recommend (64000 "
    "and more).",
)

NOFILE = (1024, 524288)
"""Soft and hard limit of open files that containers should have: systemd's own default
(systemd-system.conf(5), DefaultLimitNOFILE=), which the units of Docker 25 and containerd 2.0 leave
in force."""

DAEMON_NOFILE = 1 << 20
"""LimitNOFILE= for a daemon that runs out of descriptors, as Docker's unit had it."""

DAEMON_FDS = Threshold(
    "daemon-descriptors",
    80,
    "%",
    "A dockerd opens about ten descriptors for each running container; a fifth left is room for "
    "the next start of them all.",
)

HUNGRY = frozenset(
    "elasticsearch opensearch mongo mongodb mysql mariadb postgres cassandra scylla clickhouse-server "
    "kafka cp-kafka solr haproxy nginx traefik envoy redis valkey rabbitmq sonarqube couchbase "
    "influxdb neo4j".split()
)
"""Images whose programs hold thousands of files or connections, by the last part of their name."""

TOPIC = Topic["Ulimits"]("ulimits", "Resource limits", engine=(CONTAINERS,))


class DaemonLimits(NamedTuple):
    """One daemon and what it passes on to its children."""

    name: str
    pid: int
    files: Limit
    core: Limit
    memlock: Limit


class Ulimits(NamedTuple):
    """Limits of the daemons, and what the daemon's configuration sets over them."""

    here: bool | Missing
    dockerd: DaemonLimits | Missing
    containerd: DaemonLimits | Missing
    """The one that starts this engine's containers: their limits are its limits."""
    supervised: bool | Missing
    """Whether dockerd started that containerd itself."""
    unit_soft: int | Missing | None
    """LimitNOFILESoft of the unit that containerd runs in; None for infinity. A Go program raises
    its own soft limit (Go 1.19), and gives its children back what it was started with."""
    systemd: bool | Missing
    unit: str
    """The unit whose LimitNOFILE= decides."""
    default_nofile: tuple[int, int] | Missing | None
    """Soft and hard nofile of default-ulimits; None where it sets none."""
    default_core: int | Missing | None
    """Soft core of default-ulimits."""
    open_files: int | Missing
    """Descriptors that the daemon has open (/info NFd)."""
    core_pattern: str | Missing
    hungry: tuple[str, ...] | Missing
    """Names of containers whose images want many files."""
    rootless: bool | Missing


@TOPIC.probe
def look(host: Host) -> Ulimits:
    """Read /proc/PID/limits, which every user may, of dockerd and of its containerd."""
    daemon = known(lambda: engine.daemon(host))
    parent = known(lambda: _containerd(host))
    defaults = known(lambda: _default_ulimits(host))
    supervised = (
        daemon
        if isinstance(daemon, Missing)
        else parent
        if isinstance(parent, Missing)
        else parent.ppid == daemon.pid
    )
    return Ulimits(
        here=known(lambda: engine_host(host)),
        dockerd=known(lambda: _limits(host, "dockerd", engine.daemon(host).pid)),
        containerd=known(lambda: _limits(host, "containerd", _containerd(host).pid)),
        supervised=supervised,
        unit_soft=known(lambda: _unit_soft(host)),
        systemd=known(lambda: host.exists("/run/systemd/system")),
        unit="docker.service" if supervised is True else "containerd.service",
        default_nofile=defaults if isinstance(defaults, Missing) else _pair(defaults.get("nofile")),
        default_core=defaults
        if isinstance(defaults, Missing)
        else (_pair(defaults.get("core")) or (None,))[0],
        open_files=known(lambda: _open_files(host)),
        core_pattern=known(lambda: host.read_text("/proc/sys/kernel/core_pattern").strip()),
        hungry=known(lambda: tuple(name_of(r) for r in containers(host) if image_of(r) in HUNGRY)),
        rootless=known(lambda: is_rootless(host)),
    )


def _containerd(host: Host) -> Process:
    """The containerd behind this dockerd: its own child, else the machine's."""
    daemon = engine.daemon(host)
    if daemon.name != "dockerd":
        raise engine.NotHere(f"{daemon.name} starts containers without containerd")
    every = [p for p in host.processes() if p.name in {"containerd", "docker-containe"}]
    # The shims are called containerd-shim..., which the kernel cuts to containerd-shim.
    own = [p for p in every if p.ppid == daemon.pid]
    if len(own) == 1:
        return own[0]
    dockerds = {p.pid for p in host.processes() if p.name == "dockerd"}
    others = [p for p in every if p.ppid not in dockerds and p.uid == daemon.uid]
    if len(others) == 1:
        return others[0]
    if not others:
        raise Absent("no containerd is running for this engine", look="pgrep -a containerd")
    pids = ", ".join(str(p.pid) for p in others)
    raise Garbled(f"several containerd run here ({pids}) and none can be told to be the engine's")


def _limits(host: Host, name: str, pid: int) -> DaemonLimits:
    path = f"/proc/{pid}/limits"
    found = parse_limits(host.read_text(path))
    try:
        return DaemonLimits(
            name,
            pid,
            found["open files"],
            found["core file size"],
            found["locked memory"],
        )
    except KeyError as error:
        raise Garbled(f"{path} has no line for {error}", look=f"cat {path}") from None


def _unit_soft(host: Host) -> int | None:
    units = systemd_unit.shown(host)
    parent = _containerd(host)
    for unit in units.values():
        if unit.get("MainPID") in {str(parent.pid), str(parent.ppid)} and unit["MainPID"] != "1":
            text = unit.get("LimitNOFILESoft", "")
            if text == "infinity":
                return None
            if text.isdigit():
                return int(text)
    raise engine.NotHere("no unit of systemd runs this containerd")


def _default_ulimits(host: Host) -> dict[str, object]:
    value = configuration.setting(host, "default-ulimits").value
    return value if isinstance(value, dict) else {}


def _pair(value: object) -> tuple[int, int] | None:
    """Soft and hard of one default ulimit; Go reads its keys in any case."""
    if not isinstance(value, dict):
        return None
    folded = {str(key).lower(): number for key, number in value.items()}
    soft, hard = folded.get("soft", 0), folded.get("hard", 0)
    return (soft, hard) if isinstance(soft, int) and isinstance(hard, int) else None


def _open_files(host: Host) -> int:
    daemon = engine.daemon(host)
    if daemon.name != "dockerd":
        raise engine.NotHere(f"{daemon.name} is no dockerd")
    value = engine.info(host).get("NFd")
    if isinstance(value, int) and value > 0:
        return value
    # Before 23.0 it is only told in debug mode; root can count.
    return len(host.list(f"/proc/{daemon.pid}/fd"))


_WANTED = f"{NOFILE[0]}:{NOFILE[1]}"


def _shown(limit: int | None) -> str:
    return "unlimited" if limit is None else str(limit)


def _above(limit: int | None, bound: float) -> bool:
    return limit is None or limit > bound


def _drop_in(facts: Ulimits, unit: str, line: str) -> tuple[str, ...]:
    if facts.systemd is False:
        return (
            (
                f'add "default-ulimits": {{"nofile": {{"Name": "nofile", "Soft": {NOFILE[0]}, "Hard": '
                f"{NOFILE[1]}}}}} to daemon.json"
            ),
            "restart the daemon, and re-create the containers",
        )
    folder = f"/etc/systemd/system/{unit}.d"
    return (
        f"sudo mkdir -p {folder}",
        f"printf '[Service]\\n{line}\\n' | sudo tee {folder}/zz-hullcheck-nofile.conf",
        "sudo systemctl daemon-reload",
        f"sudo systemctl restart {unit}"
        + ("   # stops containers unless live-restore is on" if unit == "docker.service" else ""),
        "re-create or restart the containers: running ones keep what they have",
    )


@TOPIC.check(
    "nofile-infinite",
    WARNING,
    "Containers may open a billion files",
    references=(
        "https://github.com/containerd/containerd/issues/6707",
        "https://github.com/docker-library/mysql/issues/579",
        "https://github.com/docker/for-linux/issues/73",
        "https://github.com/moby/moby/issues/44547",
    ),
    applies="engines of dockerd and containerd",
)
def nofile_infinite(facts: Ulimits) -> Verdict:
    """The limit of open files that containers inherit is so high that some programs choke on it.

    ## What it reads
    "Max open files" in /proc/PID/limits of the containerd that starts this engine's containers: a
    container has the limits of containerd, not of dockerd. default-ulimits of the daemon's
    configuration goes over it.

    ## Why it matters
    Old habits loop over all descriptors a process could have. With a billion of them MySQL 5.7 and
    old Java eat gigabytes at start, and yum, cron, sshd, rpm and Python 2 hang for minutes at full
    CPU. Docker 25 and containerd 2.0 removed `LimitNOFILE=infinity` from their units for this.

    ## How to mend it
    A drop-in for containerd's unit with `LimitNOFILE=1024:524288`, systemd's own default; or
    `"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 524288}}` in
    daemon.json.

    ## What could go wrong
    A program that needs more than 1024 files and does not raise its soft limit itself now fails
    with "too many open files": give that container `--ulimit nofile=65536:524288`.

    ## Why this severity
    A warning where the soft limit is that high. A note where only the hard one is: then only
    programs that raise their own limit (Java does) come to feel it.
    """
    need(facts.here)
    own = have(facts.default_nofile, None)
    if own:
        soft: int | None = None if own[0] < 0 else own[0]
        hard: int | None = None if own[1] < 0 else own[1]
        source, locator = "daemon configuration", "default-ulimits nofile"
    else:
        limits = need(facts.containerd)
        # The process shows its own limit, raised by Go; what it was started with is the unit's,
        # where that was not capped by what the host allows.
        soft, hard = limits.files
        asked = have(facts.unit_soft, soft)
        if asked is not None and _above(soft, asked):
            soft = asked
        source, locator = f"/proc/{limits.pid}/limits", "Max open files of containerd"
    seen = Evidence(source, locator, f"{_shown(soft)}:{_shown(hard)}", _WANTED)
    bound = NOFILE_HIGH.value
    if not _above(soft, bound) and not _above(hard, bound):
        return ok(f"containers may open {_shown(soft)} files (at most {_shown(hard)})", seen)
    only_hard = not _above(soft, bound)
    which = "hard limit" if only_hard else "limit"
    value = _shown(hard if only_hard else soft)
    mend = (
        ('lower "default-ulimits" nofile in daemon.json and restart the engine',)
        if own
        else _drop_in(facts, facts.unit, f"LimitNOFILE={_WANTED}")
    )
    return fail(
        f"The {which} of open files in containers is {value}: programs that walk all of them "
        "(MySQL 5.7, old Java, yum, sshd) take minutes and gigabytes to start.",
        seen,
        mend=mend,
        severity=NOTE if only_hard else "",
    )


@TOPIC.check(
    "nofile-low",
    WARNING,
    "Databases and proxies may not open enough files",
    references=(
        "https://github.com/containerd/containerd/issues/7566",
        "https://www.elastic.co/docs/deploy-manage/deploy/self-managed/file-descriptors",
        "https://www.mongodb.com/docs/manual/reference/ulimit/",
    ),
    applies="hosts with containers of databases, search engines or proxies",
)
def nofile_low(facts: Ulimits) -> Verdict:
    """The most files a container may ever open is less than the programs in it are known to need.

    ## What it reads
    The hard limit in /proc/PID/limits of containerd, or default-ulimits of the daemon, and the
    image names of the containers. A low soft limit (1024) alone is normal: these programs raise
    it themselves.

    ## Why it matters
    Elasticsearch refuses to start, MySQL and MongoDB refuse connections at their busiest time,
    proxies drop them with "too many open files".

    ## How to mend it
    A drop-in for containerd's unit with `LimitNOFILE=1024:524288`, or `--ulimit
    nofile=65536:65536` (compose: `ulimits:`) for the containers that need it.

    ## What could go wrong
    containerd must be restarted (its containers keep running) and the containers re-created.

    ## Why this severity
    A warning: it works until the load comes.
    """
    need(facts.here)
    hungry = need(facts.hungry)
    if not hungry:
        return skip("no container here is known to need many files")
    own = have(facts.default_nofile, None)
    if own:
        hard: int | None = None if own[1] < 0 else own[1]
        source, locator = "daemon configuration", "default-ulimits nofile"
    else:
        limits = need(facts.containerd)
        hard = limits.files.hard
        source, locator = f"/proc/{limits.pid}/limits", "Max open files of containerd, hard"
    bound = int(NOFILE_LOW.value)
    seen = Evidence(source, locator, _shown(hard), f"at least {bound}")
    if hard is None or hard >= bound - 1:  # Elasticsearch counts to 65535
        return ok(f"containers may open up to {_shown(hard)} files", seen)
    named = ", ".join(hungry[:3]) + (" and others" if len(hungry) > 3 else "")  # noqa: PLR2004
    return fail(
        f"Containers may open at most {hard} files; {named} may need more under load.",
        seen,
        mend=(
            ('raise "default-ulimits" nofile in daemon.json and restart the engine',)
            if own
            else _drop_in(facts, facts.unit, f"LimitNOFILE={_WANTED}")
        ),
    )


@TOPIC.check(
    "daemon-descriptors-nearly-used",
    WARNING,
    "The daemon is about to run out of file descriptors",
    references=("https://github.com/moby/moby/issues/35961", "man:getrlimit(2)"),
)
def daemon_descriptors_nearly_used(facts: Ulimits) -> Verdict:
    """Dockerd has opened nearly as many files as it may.

    ## What it reads
    NFd of `docker info` and "Max open files" in /proc/PID/limits of dockerd.

    ## Why it matters
    At the limit it can start no container, answer no client and read no log: "accept4: too many
    open files". Either the limit is low for the number of containers, or a client leaks
    connections (log followers, monitoring agents).

    ## How to mend it
    Raise `LimitNOFILE` of docker.service in a drop-in. See who is connected with
    `ss -xp | grep docker.sock | wc -l`.

    ## What could go wrong
    The daemon must be restarted, and without live-restore its containers with it.

    ## Why this severity
    A warning: it still works; at 100 % it is an outage.
    """
    need(facts.here)
    used, limit = need(facts.open_files), need(facts.dockerd).files.soft
    if limit is None:
        return ok(f"dockerd has {used} files open and no limit")
    percent = 100 * used / limit
    seen = Evidence(
        "engine GET /info", "NFd", f"{used} of {limit}", f"under {DAEMON_FDS.value:g} %"
    )
    if percent < DAEMON_FDS.value:
        return ok(f"dockerd has {percent:.0f} % of the files open that it may", seen)
    return fail(
        f"dockerd has {used} of the {limit} files open that it may ({percent:.0f} %): at the limit "
        "it answers nobody.",
        seen,
        mend=_drop_in(facts, "docker.service", f"LimitNOFILE={DAEMON_NOFILE}")[:4],
    )


@TOPIC.check(
    "core-dumps-into-containers",
    NOTE,
    "Crashing programs leave core files in their containers",
    references=(
        "man:core(5)",
        "https://github.com/moby/moby/blob/master/contrib/init/systemd/docker.service",
    ),
    applies="hosts whose core_pattern is a file name, not a program",
    tags=("hardening",),
)
def core_dumps_into_containers(facts: Ulimits) -> Verdict:
    """Core dumps are unlimited and go to files in the container's own file system.

    ## What it reads
    "Max core file size" in /proc/PID/limits of containerd, kernel.core_pattern, and core of
    default-ulimits. Where core_pattern names a program (systemd-coredump, apport), that program
    looks after size and number, and the check passes.

    ## Why it matters
    A program that crashes in a loop writes its whole memory into the writable layer or a volume
    each time. Core files also hold whatever secrets were in memory.

    ## How to mend it
    `"default-ulimits": {"core": {"Name": "core", "Soft": 0, "Hard": 0}}` in daemon.json, or a
    program in core_pattern (install systemd-coredump).

    ## What could go wrong
    Whoever debugs crashes by core files must ask for them: `--ulimit core=-1`.

    ## Why this severity
    A note, and not part of the default run: it is the state of most Debian hosts, and few suffer.
    """
    need(facts.here)
    pattern = need(facts.core_pattern)
    if pattern.startswith("|"):
        return ok("core dumps go to a program that looks after them")
    if not pattern:
        return ok("the kernel writes no core dumps")
    core = have(facts.default_core, None)
    if core is None:
        core = need(facts.containerd).core.soft
        core = -1 if core is None else core
    if core == 0:
        return ok("containers write no core dumps")
    size = "unlimited" if core < 0 else f"{core} bytes"
    return fail(
        f"A crash in a container writes a core file ({size}) into its own file system.",
        Evidence("/proc/sys/kernel/core_pattern", "", pattern, "a program, |..."),
        Evidence("/proc/PID/limits", "Max core file size of containerd", size, "0"),
        mend=(
            (
                'add "default-ulimits": {"core": {"Name": "core", "Soft": 0, "Hard": 0}} to '
                "daemon.json and restart the engine"
            ),
        ),
    )
