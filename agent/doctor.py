"""The doctor: every topic looks and is judged, side by side, under one deadline."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agent.crew import Crew
from agent.report.model import EngineSummary, HostSummary, Report, Timing
from fixes import by_check
from probes import PROBES, load_topic
from probes.model import (
    CRASH,
    FAIL,
    PASS,
    SEVERITIES,
    SKIP,
    UNKNOWN,
    WAIVED,
    Check,
    Finding,
    Missing,
    Verdict,
    finding,
    judge,
    known,
    missing,
    of_missing,
)
from probes.overlaps import merge
from probes.record import NamedTuple
from probes.relevance import relevant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agent.settings import Settings
    from probes.host import Host
    from probes.model import Topic

DEADLINE = 10.0
"""Seconds a run may take by default."""

LAST_LOOK = 0.25
"""Seconds before the deadline at which topics that are still looking are given up, so that the
report itself is out in time."""

FIRST = frozenset({"packaging"})
"""Topics that wait for a slow program (docker, where no package tells its version): they start
before the others, which work in the meantime."""

CUT_SHORT = "the time was over before everything was looked at: see --timeout"

OPTIONAL_TAG = "hardening"
"""Checks with this tag judge choices that well-run hosts make either way; they run when asked."""


class Selection(NamedTuple):
    """Which checks a run is about: ids, topics or tags; empty means the default set."""

    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    optional: bool = False
    """Whether optional checks are part of the default set."""

    def wants(self, check: Check) -> bool:
        """Whether the check is to be judged."""
        names = {check.id, check.topic, *check.tags}
        if names & self.skip:
            return False
        if self.only:
            return bool(names & self.only)
        return self.optional or OPTIONAL_TAG not in check.tags


EVERYTHING = Selection(optional=True)


class _Looked(NamedTuple):
    topic: Topic[Any]
    findings: list[Finding]
    timing: Timing
    crash: str


def run(
    host: Host,
    selection: Selection,
    settings: Settings,
    *,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Look at the host with all wanted topics and judge what they saw.

    Never raises for anything the host does: a topic that hangs, is denied or crashes is reported
    as such and the others go on. ``host.ends`` is the deadline.
    """
    begun = time.monotonic()
    requests = _Requests(host)
    done: dict[str, _Looked] = {}
    crew = Crew()
    topics = {}
    # A topic that is asked for by name says itself why it does not apply.
    wanted = list(PROBES) if selection.only else relevant(host)
    for name in sorted(wanted, key=lambda name: name not in FIRST):
        topic = load_topic(name)
        checks = [check for check in topic.checks if selection.wants(check)]
        if checks:
            requests.send(topic.engine)
            topics[name] = (topic, checks)
            crew.add(_job(topic, checks, host, done, progress), at_once=name in FIRST)
    summaries: list[tuple[HostSummary, EngineSummary, str]] = []
    crew.add(lambda: summaries.append(_describe(host)))
    crew.wait(max(host.remaining() - LAST_LOOK, 0.01))
    findings: list[Finding] = []
    incomplete: list[str] = []
    timings: list[Timing] = []
    for topic, checks in (topics[name] for name in PROBES if name in topics):
        looked = done.get(topic.id)
        if looked is None:
            reason = f"{topic.title} was still being looked at when the time was over"
            incomplete.append(f"{topic.id}: {reason}")
            findings.extend(finding(c, Verdict(UNKNOWN, reason)) for c in checks)
            continue
        if looked.crash:
            incomplete.append(f"{topic.id}: {looked.crash}")
        findings.extend(looked.findings)
        timings.append(looked.timing)
    incomplete.extend(
        f"{f.id}: {f.summary}" for f in findings if f.outcome == CRASH and f.topic in done
    )
    if host.cut_short and not incomplete:
        incomplete.append(CUT_SHORT)
    about = summaries[0] if summaries else (_NO_HOST, _NO_ENGINE, "")
    if about[2]:
        incomplete.append(about[2])
    mending = by_check()
    findings = [
        f._replace(fixes=mending[f.id]) if f.outcome == FAIL and f.id in mending else f
        for f in findings
    ]
    now = known(host.now)
    return Report(
        host=about[0],
        engine=about[1],
        started=0.0 if isinstance(now, Missing) else now,
        duration_ms=round((time.monotonic() - begun) * 1000),
        findings=tuple(sort(settings.waive(merge(findings), now))),
        incomplete=tuple(dict.fromkeys(incomplete)),
        timings=tuple(timings),
    )


def look(host: Host, topics: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """The facts of some topics, side by side, and what was not there in time: one line each."""
    requests = _Requests(host)
    facts: dict[str, Any] = {}
    broken: dict[str, str] = {}
    threads = {}
    for name in topics:
        topic = load_topic(name)
        requests.send(topic.engine)

        def body(topic: Topic[Any] = topic) -> None:
            try:
                facts[topic.id] = known(lambda: topic.look(host))
            except Exception as error:  # noqa: BLE001 - one broken probe, the others go on
                broken[topic.id] = f"hullcheck's probe failed: {type(error).__name__}: {error}"

        threads[name] = threading.Thread(target=body, daemon=True)
        threads[name].start()
    for thread in threads.values():
        thread.join(max(host.remaining() - LAST_LOOK, 0.01))
    late = "was still being looked at when the time was over"
    left = [f"{name}: {broken.get(name, late)}" for name in threads if name not in facts]
    return facts, left or ([CUT_SHORT] if host.cut_short else [])


class _Requests:
    """The requests to the engine: sent early, so that files are read while it answers."""

    def __init__(self, host: Host) -> None:
        from probes import engine

        self._host = host
        self._sent: set[str] = set()
        self.send(engine.ENGINE_PATHS)

    def send(self, paths: Iterable[str]) -> None:
        """Send those that have not been sent yet."""
        from probes import engine

        for path in sorted({*paths} - self._sent):
            self._sent.add(path)

            def ask(path: str = path) -> None:
                with suppress(Exception):  # whoever needs the answer asks again, and is told
                    engine.get(self._host, path)

            threading.Thread(target=ask, daemon=True).start()


def _job(
    topic: Topic[Any],
    checks: list[Check],
    host: Host,
    done: dict[str, _Looked],
    progress: Callable[[str], None] | None,
) -> Callable[[], None]:
    def look_and_judge() -> None:
        done[topic.id] = _look_and_judge(topic, checks, host)
        if progress:
            progress(topic.title)

    return look_and_judge


def _look_and_judge(topic: Topic[Any], checks: list[Check], host: Host) -> _Looked:
    from probes.host import Unreadable

    begun = time.monotonic()
    crash = ""
    judged = begun
    try:
        facts = topic.look(host)
        judged = time.monotonic()
        findings = [item for check in checks for item in judge(check, facts)]
    except Unreadable as error:
        verdict = of_missing(missing(error))
        findings = [finding(check, verdict) for check in checks]
    except Exception as error:  # noqa: BLE001 - one broken probe must not take the run with it
        crash = f"hullcheck's probe failed: {type(error).__name__}: {error}"
        findings = [finding(check, Verdict(CRASH, crash)) for check in checks]
    ended = time.monotonic()
    return _Looked(
        topic,
        findings,
        Timing(
            topic=topic.id,
            look_ms=round((judged - begun) * 1000, 2),
            judge_ms=round((ended - judged) * 1000, 2),
        ),
        crash,
    )


_OUTCOME_ORDER = (FAIL, CRASH, UNKNOWN, WAIVED, PASS, SKIP)


def sort(findings: Iterable[Finding]) -> list[Finding]:
    """Most important first: failures by severity, then the rest; within that the topics' order."""
    topics = {topic: position for position, topic in enumerate(PROBES)}
    return sorted(
        findings,
        key=lambda f: (
            _OUTCOME_ORDER.index(f.outcome),
            SEVERITIES.index(f.severity) if f.outcome == FAIL else 0,
            topics.get(f.topic, len(topics)),
        ),
    )


def exit_code(report: Report, fail_on: str) -> int:
    """The exit code of a run: 3 incomplete, 1 findings at or above ``fail_on``, else 0.

    Findings win over incompleteness when there are any at that level: what was seen is certain.
    """
    levels = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    failures = report.failures()
    if any(failures[level] for level in levels):
        return 1
    return 3 if report.incomplete else 0


# -- whose report it is --------------------------------------------------------------------------

_NO_HOST = HostSummary(
    id=None,
    hostname=None,
    platform=None,
    os_name=None,
    os_version=None,
    kernel=None,
    arch=None,
    cpus=None,
    memory_bytes=None,
)
_NO_ENGINE = EngineSummary(
    provider=None,
    flavour=None,
    backend=None,
    reachable=False,
    version=None,
    api_version=None,
    storage_driver=None,
    rootless=None,
    context=None,
    endpoint=None,
)


def _describe(host: Host) -> tuple[HostSummary, EngineSummary, str]:
    """The head of the report, and what was wrong in making it: a fault of ours is told as one."""
    try:
        return _host_summary(host), _engine_summary(host), ""
    except Exception as error:  # noqa: BLE001 - a header must not take the report with it
        return _NO_HOST, _NO_ENGINE, f"hullcheck failed to describe the host: {error!r}"


def _host_summary(host: Host) -> HostSummary:
    from probes import desktop_host, requirements

    machine = requirements.TOPIC.look(host)
    system = known(lambda: host.gauge("system"))
    name = known(lambda: requirements.system_name(host))
    told: dict[str, Any] = {} if isinstance(system, Missing) else system
    memory, cpus = _or_none(machine.memory), _or_none(machine.cpus)
    return HostSummary(
        id=_or_none(known(lambda: host.gauge("identity"))),
        hostname=told.get("hostname"),
        platform=_or_none(known(lambda: desktop_host.platform(host))),
        os_name=None if isinstance(name, Missing) else name[0] or None,
        os_version=None if isinstance(name, Missing) else name[1] or None,
        kernel=told.get("release"),
        arch=told.get("machine"),
        cpus=cpus and cpus.number,
        memory_bytes=memory and memory.total,
    )


def _engine_summary(host: Host) -> EngineSummary:
    from probes import engine, packaging

    found = engine.look(host)
    return EngineSummary(
        provider=_or_none(found.provider),
        flavour=_or_none(known(lambda: packaging.flavour(host))),
        backend=_or_none(found.backend),
        reachable=found.reachable,
        version=_or_none(found.version),
        api_version=_or_none(found.api_version),
        storage_driver=_or_none(found.storage_driver),
        rootless=_or_none(found.rootless),
        context=found.context or None,
        endpoint=found.endpoint or None,
    )


def _or_none(fact: Any) -> Any:  # noqa: ANN401 - any fact
    return None if isinstance(fact, Missing) else fact
