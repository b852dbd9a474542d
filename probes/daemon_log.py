"""The daemon's log: known failures in what the engine wrote during the last day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes import engine, engine_host
from probes.daemon_control import advice
from probes.formats.daemon_log import LogLine, parse_file_log, parse_journal, sample
from probes.formats.daemon_log_patterns import PATTERNS, knows
from probes.formats.systemd_show import unit_of_cgroup
from probes.formats.timestamps import format_time
from probes.host.questions import Absent, Denied, Garbled, Unreadable
from probes.model import (
    NOTE,
    WARNING,
    Check,
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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.formats.daemon_log_patterns import Pattern
    from probes.host import Host

WINDOW_HOURS = 24
"""Hours that count as recent: long enough for what happened last night, short enough that what was
mended yesterday is not told again tomorrow."""

JOURNAL_LINES = 2000
"""Newest entries read: about 1 MB and 50 ms. A daemon at level info writes 100 a start and few
after it."""

KERNEL_LINES = 300
"""The same for the kernel's errors."""

JUMP_SECONDS = 60.0
"""Seconds by which a log may go back in time: lines of threads and processes are never further out
of order than a few; a time service steps larger errors (chrony makestep, 1 s by default)."""

STARTED = "daemon has completed initialization"
RELOADED = "reloaded configuration:"

LOG_FILES = (
    "/var/log/docker.log",
    "/var/log/upstart/docker.log",
    "/var/log/docker/docker.log",
    "/var/log/docker",
)
"""Where init scripts send it: OpenRC and sysvinit (moby contrib/init), upstart, Slackware."""

SYSLOG_FILES = ("/var/log/daemon.log", "/var/log/messages", "/var/log/syslog")
"""Where a syslog daemon puts it, among the lines of others."""

_OF_USER = re.compile(r"unix:///run/user/(\d+)/")

UNITS = ("docker.service", "snap.docker.dockerd.service")

TOPIC = Topic["DaemonLog"]("daemon-log", "The daemon's log")


class Seen(NamedTuple):
    """One known failure in the log."""

    pattern: str
    times: int
    first: float
    last: float
    sample: str
    cured: float
    """When the daemon started (or reloaded) well after the last of them; 0 when it did not."""


class Read(NamedTuple):
    """What was read of one log."""

    source: str
    """A path or a command line."""
    lines: int
    oldest: float
    """Time of the oldest line in the window; 0 without any."""
    seen: tuple[Seen, ...]
    jump: float
    """Seconds of the furthest step back in time between two lines; 0 for none."""
    jumped: float
    """The time that was written before it."""


class DaemonLog(NamedTuple):
    """The logs of the engine and the kernel, reduced to what is known in them."""

    log: Read | Missing
    kernel: Read | Missing
    sink: str | Missing
    """Where the daemon's standard error goes: a path, ``journal``, a pipe or socket."""
    now: float
    unit: str
    restart: str
    """The command that restarts the daemon here."""
    look: str
    """The command that shows its log here."""
    config_file: str


# -- looking -------------------------------------------------------------------------------------


@TOPIC.probe
def look(host: Host) -> DaemonLog:
    """Find the log of the daemon behind the endpoint and look for what is known in it."""
    daemon = _daemon(host)
    unit = _unit(host, daemon)
    owner = _owner(host, daemon)
    rootless = owner != 0
    sink = (
        daemon._replace(kind="inapplicable" if daemon.kind == "absent" else daemon.kind)
        if isinstance(daemon, Missing)
        else known(lambda: _sink(host, daemon.pid))
    )
    now = have(known(host.now), 0.0)
    read = known(lambda: _read(host, daemon, unit, sink, now))
    return DaemonLog(
        log=read,
        kernel=known(lambda: _kernel(host, now)),
        sink=sink,
        now=now,
        unit=unit,
        restart=advice(host).restart,
        look=_by_hand(read, unit, rootless=rootless),
        config_file="/etc/docker/daemon.json"
        if isinstance(daemon, Missing)
        else daemon.config_file,
    )


def _daemon(host: Host) -> engine.Daemon | Missing:
    """The daemon; absent where no dockerd runs at all, whatever its socket says."""
    daemon = known(lambda: engine.daemon(host))
    if isinstance(daemon, Missing) and daemon.kind not in {"absent", "inapplicable"}:
        running = known(host.processes)
        if not isinstance(running, Missing) and all(p.name != "dockerd" for p in running):
            return daemon._replace(kind="absent")
    return daemon


def _owner(host: Host, daemon: engine.Daemon | Missing) -> int:
    """Whose daemon it is, also when it does not run: a rootless socket lies in /run/user/UID."""
    if not isinstance(daemon, Missing):
        return daemon.uid
    where = known(lambda: engine.target(host))
    found = None if isinstance(where, Missing) else _OF_USER.match(where.endpoint.url)
    return int(found[1]) if found else 0


def _unit(host: Host, daemon: engine.Daemon | Missing) -> str:
    """The service the daemon runs in, else the one it would run in; empty without systemd."""
    if isinstance(daemon, Missing):
        return UNITS[0] if known(lambda: host.exists("/run/systemd/system")) is True else ""
    groups = known(lambda: host.read_text(f"/proc/{daemon.pid}/cgroup"))
    return "" if isinstance(groups, Missing) else unit_of_cgroup(groups)


def _by_hand(read: Read | Missing, unit: str, *, rootless: bool) -> str:
    if isinstance(read, Read) and read.source.startswith("/"):
        return f"sudo tail -n 200 {read.source}"
    if rootless:
        return f"journalctl --user -u {unit or 'docker.service'} --since=-24h --no-pager"
    return f"sudo journalctl -u {unit or 'docker.service'} --since=-24h --no-pager"


def _sink(host: Host, pid: int) -> str:
    """Where the daemon writes: dockerd logs to standard error, proc(5) /proc/PID/fd."""
    path = f"/proc/{pid}/fd/2"
    try:
        return host.readlink(path)
    except Denied:
        reason = "where the daemon writes its log may not be read by this user"
        raise Denied(reason, look=f"sudo readlink {path}") from None


def _read(
    host: Host, daemon: engine.Daemon | Missing, unit: str, sink: str | Missing, now: float
) -> Read:
    if isinstance(daemon, Missing):
        if daemon.kind == "inapplicable":
            raise engine.NotHere(daemon.reason)
        if daemon.kind != "absent":
            raise Garbled(f"which daemon's log to read cannot be told: {daemon.reason}")
    elif daemon.name != "dockerd":
        raise engine.NotHere(f"{daemon.name} keeps no daemon log of this kind")
    since = now - WINDOW_HOURS * 3600
    started = _answering_since(host, daemon)
    if isinstance(sink, str) and sink.startswith("/") and not sink.startswith("/dev/"):
        path = sink.removesuffix(" (deleted)")
        if path != sink:
            raise Absent(f"the daemon writes to {path}, which was deleted", look=_fd_look(daemon))
        return _from_file(host, path, since, started)
    if sink == "/dev/null":
        raise engine.NotHere("the daemon's log is thrown away: its standard error is /dev/null")
    return _search(host, daemon, unit, sink, since=since, started=started)


def _fd_look(daemon: engine.Daemon | Missing) -> str:
    return "" if isinstance(daemon, Missing) else f"sudo tail -n 200 /proc/{daemon.pid}/fd/2"


def _answering_since(host: Host, daemon: engine.Daemon | Missing) -> float:
    """When the daemon that answers now was started; 0 when none answers."""
    if isinstance(daemon, Missing) or not engine.look(host).reachable:
        return 0.0
    return daemon.started


def _search(
    host: Host,
    daemon: engine.Daemon | Missing,
    unit: str,
    sink: str | Missing,
    *,
    since: float,
    started: float,
) -> Read:
    """The journal where there is systemd, else the files where init scripts put it."""
    failure: Unreadable | None = None
    if unit:
        try:
            return _from_journal(host, daemon, unit, since, started)
        except Unreadable as error:
            failure = error
    for path in LOG_FILES:
        try:
            return _from_file(host, path, since, started)
        except Unreadable as error:
            failure = _worse(failure, error)
    for path in SYSLOG_FILES:
        try:
            return _from_file(host, path, since, started, only="dockerd")
        except Unreadable as error:
            failure = _worse(failure, error)
    inside = have(known(lambda: engine_host.container_of(host)), "")
    if inside and isinstance(sink, str) and sink.startswith("pipe:"):
        raise engine.NotHere(
            f"the daemon writes to the output of this {inside} container, which the outer engine keeps"
        )
    if failure is None or failure.kind == "absent":
        if isinstance(sink, Missing) and sink.kind == "denied":
            raise Denied(sink.reason, look=_fd_look(daemon))
        # A pipe is not read to look: its reader would lose what we take.
        piped = isinstance(sink, str) and sink.startswith("pipe:")
        raise Absent(
            "the daemon's log is in no journal and none of the usual files",
            look="ls /var/log"
            if piped
            else _fd_look(daemon) or "journalctl -u docker --no-pager; ls /var/log",
        )
    raise failure


def _worse(one: Unreadable | None, other: Unreadable) -> Unreadable:
    """The failure that says more: what exists and may not be read, over what is not there."""
    return other if one is None or one.kind == "absent" else one


def _matches(unit: str, owner: int, *, running: bool) -> list[str]:
    """Journal matches for what dockerd, containerd and systemd say of them.

    Only what came through standard output: the journald logging driver writes the containers' own
    lines with the unit of dockerd, and those are not the daemon's (systemd.journal-fields(7)).
    """
    if owner:
        of_user, about = f"_SYSTEMD_USER_UNIT={unit}", f"USER_UNIT={unit}"
        return [f"_UID={owner}", of_user, "_TRANSPORT=stdout", "+", f"_UID={owner}", about]
    words: list[str] = []
    for name in dict.fromkeys((unit, *(() if running else UNITS))):
        words += [f"_SYSTEMD_UNIT={name}", "_TRANSPORT=stdout", "+", f"UNIT={name}", "_PID=1", "+"]
    return [*words, "_SYSTEMD_UNIT=containerd.service", "_TRANSPORT=stdout"]


def _journal(host: Host, lines: int, *matches: str) -> list[LogLine]:
    """Newest entries of the window, oldest first."""
    common = ("journalctl", "--no-pager", "-o", "json", f"--since=-{WINDOW_HOURS}h")
    argv = (*common, "-n", str(lines), "--output-fields=MESSAGE", *matches)
    ran = host.run(*argv)
    if ran.code != 0 and "output-fields" in ran.err:
        # Before systemd 236 all fields come.
        argv = (*common, "-n", str(lines // 4), *matches)
        ran = host.run(*argv)
    command = " ".join(argv)
    if "insufficient permissions" in ran.err or "not seeing messages from other users" in ran.err:
        raise Denied("this user may not read the system's journal", look=f"sudo {command}")
    if "No journal files were found" in ran.err:
        raise Absent("there is no journal on this host", look=command)
    if ran.code != 0:
        first = (ran.err.strip() or "no message").splitlines()[0]
        raise Garbled(f"journalctl exited with {ran.code}: {sample(first)}", look=f"sudo {command}")
    return parse_journal(ran.out)


def _from_journal(
    host: Host, daemon: engine.Daemon | Missing, unit: str, since: float, started: float
) -> Read:
    owner = _owner(host, daemon)
    matches = _matches(unit, owner, running=not isinstance(daemon, Missing))
    try:
        lines = _journal(host, JOURNAL_LINES, *matches)
    except Denied:
        if not owner or owner != host.gauge("session")["uid"]:
            raise
        # A user may always read the own journal, and the hint about the others' does not matter.
        lines = _journal(host, JOURNAL_LINES, "--user", *matches)
    except Garbled:
        lines = _journal(host, JOURNAL_LINES // 10, *matches)
    shown = f"journalctl -u {unit} --since=-{WINDOW_HOURS}h"
    return recognise(lines, shown, since, started, PATTERNS)


def _from_file(host: Host, path: str, since: float, started: float, *, only: str = "") -> Read:
    text = host.read_tail(path)
    lines = parse_file_log(text, host.stat(path).mtime)
    if only:
        lines = [line for line in lines if only in line.text[:200]]
        if not lines:
            raise Absent(f"{path} has no line of {only}")
    return recognise(lines, path, since, started, PATTERNS)


def _kernel(host: Host, now: float) -> Read:
    engine_host.engine_host(host)
    inside = engine_host.container_of(host)
    if inside:
        raise engine_host.OtherKernel(f"the kernel's log is not shown to this {inside} container")
    if known(lambda: host.exists("/run/systemd/system")) is not True:
        raise engine_host.OtherKernel("without systemd no journal keeps the kernel's log")
    lines = _journal(host, KERNEL_LINES, "-p", "3", "_TRANSPORT=kernel")
    shown = f"journalctl -k -p 3 --since=-{WINDOW_HOURS}h"
    return recognise(lines, shown, now - WINDOW_HOURS * 3600, 0.0, PATTERNS, kernel=True)


_QUIET = frozenset({"info", "debug", "trace"})
_ANSWERED = ("returned error: ", "error response for ")
"""Of the API's refusals (status below 500) dockerd tells at level debug only (moby
daemon/server/httputils); they are failures all the same."""


def recognise(
    lines: Iterable[LogLine],
    source: str,
    since: float,
    started: float,
    patterns: tuple[Pattern, ...],
    *,
    kernel: bool = False,
) -> Read:
    """What is known in these lines: each belongs to the first pattern that knows it."""
    wanted = [p for p in patterns if p.kernel == kernel]
    found: dict[str, Seen] = {}
    at: dict[str, int] = {}
    starts, reloads = (-1, 0.0), (-1, 0.0)
    count, oldest, newest, jump, jumped = 0, 0.0, 0.0, 0.0, 0.0
    telling: list[tuple[int, float, str, LogLine]] = []
    for index, line in enumerate(lines):
        time = line.time if line.time is not None else newest
        if line.time is not None:
            if newest and newest - time > max(jump, JUMP_SECONDS) and time >= since:
                jump, jumped = newest - time, newest
            newest = time
        if time < since:
            continue
        count += 1
        oldest = oldest or time
        text = line.text.lower()
        if line.level in _QUIET:
            if STARTED in text:
                starts = (index, time)
            elif RELOADED in text:
                reloads = (index, time)
            if not any(words in text for words in _ANSWERED):
                continue
        telling.append((index, time, text, line))
    # Nearly no pattern knows any line: those without a needle in all of them are left out first.
    everything = "\n".join([text for _, _, text, _ in telling])
    possible = [p for p in wanted if any(needle in everything for needle in p.needles)]
    for index, time, text, line in telling:
        name = next((p.id for p in possible if knows(p, text)), "")
        if name:
            before = found.get(name)
            found[name] = Seen(
                name,
                before.times + 1 if before else 1,
                min(before.first, time) if before else time,
                time,
                line.text,
                0.0,
            )
            at[name] = index
    cures = {p.id: p.cured_by for p in wanted}
    seen = []
    for name, item in found.items():
        cured = 0.0
        if cures[name] and starts[0] > at[name]:
            cured = starts[1]
        elif cures[name] == "reload" and reloads[0] > at[name]:
            cured = reloads[1]
        elif cures[name] and started > item.last:
            cured = started
        seen.append(item._replace(cured=cured, sample=sample(item.sample)))
    return Read(source, count, oldest, tuple(seen), jump, jumped)


# -- judging -------------------------------------------------------------------------------------


def _ago(seconds: float) -> str:
    """How long ago, in the unit that a person would use."""
    if seconds < 90:  # noqa: PLR2004 - seconds a person still counts
        return "just now"
    if seconds < 5400:  # noqa: PLR2004 - likewise minutes
        return f"{seconds / 60:.0f} minutes ago"
    return f"{seconds / 3600:.0f} hours ago"


def _filled(text: str, facts: DaemonLog) -> str:
    for name, value in (
        ("{restart}", facts.restart),
        ("{log}", facts.look),
        ("{config}", facts.config_file),
        ("{unit}", facts.unit or "docker.service"),
    ):
        text = text.replace(name, value)
    return text


def judge_pattern(pattern: Pattern, facts: DaemonLog) -> Verdict:
    """What the log says of one known failure."""
    read = facts.kernel if pattern.kernel else facts.log
    if isinstance(read, Missing):
        if read.kind == "inapplicable":
            return skip(read.reason)
        which = "kernel-log-unreadable" if pattern.kernel else "daemon-log-unreadable"
        return skip(f"the log could not be read, see {which}: {read.reason}")
    item = next((s for s in read.seen if s.pattern == pattern.id), None)
    if item is None:
        return ok(f"none in the last {WINDOW_HOURS} h ({read.lines} lines of {read.source})")
    span = format_time(item.first)
    if item.times > 1:
        span += f" to {format_time(item.last)}"
    seen = Evidence(read.source, f"{_times(item.times)}, {span}", item.sample, "no such line")
    if item.cured:
        return ok(
            f"it was so {_ago(facts.now - item.last)}, and the daemon has started or reloaded "
            f"well since ({format_time(item.cured)})",
            seen,
        )
    if item.times < pattern.at_least:
        return ok(
            f"{_times(item.times)}: fewer than the {pattern.at_least} that mean something", seen
        )
    return fail(
        f"{pattern.title}: {_times(item.times)} in the last {WINDOW_HOURS} h, last "
        f"{_ago(facts.now - item.last)}.",
        seen,
        mend=tuple(_filled(step, facts) for step in pattern.mend),
    )


def _times(count: int) -> str:
    return f"{count} line" + ("" if count == 1 else "s")


def explanation(pattern: Pattern) -> str:
    """The explanation of a check that was made from a pattern."""
    where = (
        f"The kernel's errors of the last {WINDOW_HOURS} hours, from the journal."
        if pattern.kernel
        else f"What dockerd, containerd and systemd wrote in the last {WINDOW_HOURS} hours: the "
        "journal, or the file that the daemon's standard error goes to. Lines at level info and "
        "below are not judged."
    )
    texts = ", ".join(f"`{needle.strip()}`" for needle in pattern.needles)
    count = (
        f" Fewer than {pattern.at_least} lines are taken for everyday noise."
        if pattern.at_least > 1
        else ""
    )
    cured = {
        "start": " A later successful start of the daemon ends it: then it is not told as current.",
        "reload": " A later successful start or reload ends it: then it is not told as current.",
        "": "",
    }[pattern.cured_by]
    steps = "\n".join(f"{number}. {_generic(step)}" for number, step in enumerate(pattern.mend, 1))
    return (
        f"{pattern.says}\n\n## What it reads\n{where} It looks for {texts}.{count}{cured}\n\n"
        f"## Why it matters\n{pattern.why}\n\n## How to mend it\n{steps}\n\n"
        f"## What could go wrong\n{_generic(pattern.risk)}\n\n"
        f"## Why this severity\n{pattern.grade}"
    )


def _generic(text: str) -> str:
    for name, value in (
        ("{restart}", "sudo systemctl restart docker"),
        ("{log}", "sudo journalctl -u docker.service --since=-24h --no-pager"),
        ("{config}", "/etc/docker/daemon.json"),
        ("{unit}", "docker.service"),
    ):
        text = text.replace(name, value)
    return text


def _check_of(pattern: Pattern) -> Check:
    def judge(facts: Any) -> Verdict:  # noqa: ANN401 - as Check has it
        return judge_pattern(pattern, facts)

    return Check(
        pattern.id,
        TOPIC.id,
        pattern.severity,
        pattern.title,
        explanation(pattern),
        pattern.references,
        "hosts whose kernel log is in a journal" if pattern.kernel else "hosts with a dockerd",
        (),
        judge,
    )


@TOPIC.check(
    "daemon-log-unreadable",
    NOTE,
    "The daemon's log could not be read",
    references=("man:journalctl(1)", "https://docs.docker.com/engine/daemon/logs/"),
    applies="hosts with a dockerd",
)
def daemon_log_unreadable(facts: DaemonLog) -> Verdict:
    """The log of the daemon tells what failed, and this run could not look into it.

    ## What it reads
    The file that the daemon's standard error goes to, the journal of its unit, or the files where
    init scripts and syslog put it, in this order.

    ## Why it matters
    All checks of known failures in the log are skipped without it; their silence then means
    nothing.

    ## How to mend it
    Run as root, or let the user read the journal: `sudo usermod -aG systemd-journal USER` and a new
    login.

    ## What could go wrong
    Members of the group systemd-journal can read the logs of all services of the host, with
    whatever those write into them.

    ## Why this severity
    It is never a finding: it is passed or unknown.
    """
    read = need(facts.log)
    return ok(f"{read.lines} lines of the last {WINDOW_HOURS} h in {read.source}")


@TOPIC.check(
    "kernel-log-unreadable",
    NOTE,
    "The kernel's log could not be read",
    references=("man:journalctl(1)",),
    applies="hosts whose kernel log is in a journal",
)
def kernel_log_unreadable(facts: DaemonLog) -> Verdict:
    """The kernel's log tells which processes it killed and what hung, and could not be read.

    ## What it reads
    The journal's entries of the kernel, priority err and worse.

    ## Why it matters
    The checks for killed and hung processes are skipped without it.

    ## How to mend it
    Run as root, or let the user read the journal: `sudo usermod -aG systemd-journal USER` and a new
    login. By hand: `sudo dmesg --level=emerg,alert,crit,err`.

    ## What could go wrong
    Members of that group can read the logs of all services of the host.

    ## Why this severity
    It is never a finding: it is passed or unknown.
    """
    read = need(facts.kernel)
    return ok(f"{read.lines} errors of the kernel in the last {WINDOW_HOURS} h")


@TOPIC.check(
    "daemon-log-discarded",
    WARNING,
    "The daemon's log goes nowhere",
    references=("https://docs.docker.com/engine/daemon/logs/", "man:logrotate(8)"),
    applies="hosts with a dockerd",
)
def daemon_log_discarded(facts: DaemonLog) -> Verdict:
    """What the daemon writes is thrown away, or goes to a file that somebody has deleted.

    ## What it reads
    Where the standard error of dockerd leads, in /proc/PID/fd/2.

    ## Why it matters
    When the engine fails, its log is the one place that says why. Into a deleted file it goes on
    writing: the space is used, grows, and no `du` shows it until the daemon ends.

    ## How to mend it
    Let the service manager keep the log: start dockerd by its unit or init script, without
    `>/dev/null`. Where logrotate renames or deletes the file, give its rule `copytruncate`.

    ## What could go wrong
    Starting the daemon anew stops all containers unless live-restore is on.

    ## Why this severity
    A warning: nothing is broken, and the next fault cannot be explained.
    """
    sink = need(facts.sink)
    seen = Evidence("/proc/PID/fd/2 of dockerd", "", sink, "a journal, a pipe or a file")
    if sink == "/dev/null":
        return fail(
            "dockerd writes its log to /dev/null: no failure of it leaves a trace.",
            seen,
            mend=("start dockerd without >/dev/null", facts.restart),
        )
    if sink.startswith("/") and sink.endswith(" (deleted)"):
        return fail(
            f"dockerd writes its log to {sink.removesuffix(' (deleted)')}, which was deleted: "
            "nobody can read it, and it takes space until the daemon ends.",
            seen,
            mend=("put copytruncate into the logrotate rule of that file", facts.restart),
        )
    return ok("the daemon's log is kept", seen)


@TOPIC.check(
    "daemon-log-time-jumped",
    WARNING,
    "The clock was set back while the daemon ran",
    references=("https://chrony-project.org/doc/latest/chrony.conf.html",),
    applies="hosts with a dockerd",
)
def daemon_log_time_jumped(facts: DaemonLog) -> Verdict:
    """Lines of the daemon's log are older than the lines before them: the clock was set back.

    ## What it reads
    The times in the log of the last 24 hours, in the order in which the lines were written.

    ## Why it matters
    Timers, health checks, log rotation and certificates of containers saw the jump too: tokens
    were not yet valid, `docker logs --since` and `docker events` show the wrong lines.

    ## How to mend it
    Keep the clock right from the start of the machine: a time service with a step at boot, and the
    RTC in UTC. `timedatectl` and `chronyc tracking` show the state.

    ## What could go wrong
    A time service that steps a clock that is far off makes such a jump itself, once.

    ## Why this severity
    A warning: it is over, and its traces are confusing.
    """
    read = facts.log
    if isinstance(read, Missing):
        if read.kind == "inapplicable":
            return skip(read.reason)
        return skip(f"the log could not be read, see daemon-log-unreadable: {read.reason}")
    if not read.lines:
        return ok(f"no line in the last {WINDOW_HOURS} h")
    if not read.jump:
        return ok(f"the times of {read.lines} lines go forward")
    return fail(
        f"The clock went back by {read.jump:.0f} s while the daemon ran, at "
        f"{format_time(read.jumped)} by the old time.",
        Evidence(read.source, format_time(read.jumped), f"-{read.jump:.0f} s", "only forward"),
        mend=("timedatectl", "sudo timedatectl set-ntp true"),
    )


for _pattern in PATTERNS:
    TOPIC.add(_check_of(_pattern))
