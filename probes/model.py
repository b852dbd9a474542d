"""The vocabulary of a diagnosis: Missing, Evidence, Verdict, Check, Topic, Finding.

A topic file holds, in this order: its facts (a frozen record), ``look`` (asks the Host, never
judges) and its checks (judge the facts, never look). A check returns what it found with
:func:`ok`, :func:`fail` or :func:`skip`; a fact that could not be read and is needed turns the
check ``unknown`` by itself (:func:`need`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, Union

from probes.host.questions import Unreadable
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probes.host import Host

T = TypeVar("T")
F = TypeVar("F")

ERROR, WARNING, NOTE = "error", "warning", "note"
"""Severities: broken, unsafe or about to be; will hurt; worth knowing."""
SEVERITIES = (ERROR, WARNING, NOTE)

PASS, FAIL, SKIP, UNKNOWN, CRASH, WAIVED = "pass", "fail", "skip", "unknown", "crash", "waived"
"""Outcomes of a check, as DESIGN's vocabulary has them."""
OUTCOMES = (PASS, FAIL, SKIP, UNKNOWN, CRASH, WAIVED)


class Missing(NamedTuple):
    """A fact that could not be read: never a default in its place.

    ``kind`` is that of the :class:`~probes.host.Unreadable` behind it, or ``inapplicable`` for a
    fact that this host cannot have (the storage driver of no engine): the check is then skipped.
    """

    reason: str
    kind: str = "garbled"
    look: str = ""
    """The command with which a person can look by hand."""


def missing(error: Unreadable) -> Missing:
    """The fact that stands for a question without an answer."""
    return Missing(error.reason, error.kind, error.look)


def known(question: Callable[[], T]) -> T | Missing:
    """``question()``, or why it has no answer: the one way a probe asks."""
    try:
        return question()
    except Unreadable as error:
        return missing(error)


def absent_as(question: Callable[[], T], value: F) -> T | F | Missing:
    """Like :func:`known`, where "it does not exist" is itself an answer, ``value``."""
    try:
        return question()
    except Unreadable as error:
        return value if error.kind == "absent" else missing(error)


class Unjudgeable(Exception):  # noqa: N818 - control flow of a check, handled by judge()
    """A check met a fact that is missing."""

    def __init__(self, fact: Missing) -> None:
        super().__init__(fact.reason)
        self.fact = fact


def need(fact: T | Missing) -> T:
    """The fact, in a check that cannot judge without it."""
    if isinstance(fact, Missing):
        raise Unjudgeable(fact)
    return fact


def have(fact: T | Missing, otherwise: F) -> T | F:
    """The fact, in a check that can judge without it."""
    return otherwise if isinstance(fact, Missing) else fact


class Evidence(NamedTuple):
    """One thing that was seen: where it was read, where in it, what it said, what was wanted."""

    source: str
    """A path, ``engine GET /info``, or a command line."""
    locator: str
    """A key, ``line 3, column 5``, a field; may be empty."""
    value: str
    wanted: str = ""


class Verdict(NamedTuple):
    """What one check says of one subject."""

    outcome: str
    summary: str
    """One sentence: what is so on this host, with its numbers, and what follows from it."""
    evidence: tuple[Evidence, ...] = ()
    subject: str = ""
    """Which file, container, device...; empty for the host or the engine as a whole."""
    mend: tuple[str, ...] = ()
    """How to mend it on this host: commands that can be pasted, or short sentences."""
    severity: str = ""
    """Where it differs from the check's own severity."""
    fixes: tuple[str, ...] = ()
    look: str = ""
    """For unknown: how to look by hand."""
    line: int | None = None
    column: int | None = None


Verdicts = Union["Verdict", "Iterable[Verdict]"]


def ok(summary: str, *evidence: Evidence, subject: str = "") -> Verdict:
    """Looked, and it is fine. The summary says what was seen."""
    return Verdict(PASS, summary, evidence, subject)


def fail(
    summary: str,
    *evidence: Evidence,
    subject: str = "",
    mend: tuple[str, ...] = (),
    severity: str = "",
    fixes: tuple[str, ...] = (),
    line: int | None = None,
    column: int | None = None,
) -> Verdict:
    """Looked, and it is not. Evidence is required: what was seen, where, what was wanted."""
    if not evidence:
        raise ValueError(f"a finding without evidence: {summary}")
    return Verdict(
        FAIL, summary, evidence, subject, mend, severity, fixes, line=line, column=column
    )


def skip(reason: str, *, subject: str = "") -> Verdict:
    """The check does not apply to this host, and why."""
    return Verdict(SKIP, reason, (), subject)


def unknown(reason: str, *, look: str = "", subject: str = "") -> Verdict:
    """Could not look, and why. Mostly made by :func:`need` and the frame."""
    return Verdict(UNKNOWN, reason, (), subject, look=look)


class Check(NamedTuple):
    """One judgement: a pure function of a topic's facts, with all that is said about it."""

    id: str
    topic: str
    severity: str
    title: str
    """What is wrong when it fails, in a few words; reads well as a headline."""
    doc: str
    """The explanation as it was written, indentation and all."""
    references: tuple[str, ...]
    applies: str
    """To which hosts, in prose."""
    tags: tuple[str, ...]
    judge: Callable[[Any], Verdicts]

    @property
    def explanation(self) -> str:
        """Markdown: an opening paragraph, then the sections of :data:`SECTIONS`."""
        return dedent(self.doc)


class Finding(NamedTuple):
    """A verdict together with its check: one entry of a report."""

    id: str
    topic: str
    title: str
    outcome: str
    severity: str
    subject: str
    summary: str
    reason: str | None
    """For skip, unknown, crash and waived: why."""
    evidence: tuple[Evidence, ...]
    mend: tuple[str, ...]
    fixes: tuple[str, ...]
    references: tuple[str, ...]
    look: str = ""
    line: int | None = None
    column: int | None = None


SECTIONS = (
    "What it reads",
    "Why it matters",
    "How to mend it",
    "What could go wrong",
    "Why this severity",
)
"""The headings that every explanation has, after its first paragraph."""


class Topic(Generic[F]):
    """One topic: how it looks, and the checks that judge what was seen.

    ``engine`` names the Engine API paths it will ask for, so that a run can send all requests
    before it does anything else.
    """

    def __init__(self, id: str, title: str, *, engine: tuple[str, ...] = ()) -> None:  # noqa: A002
        self.id = id
        self.title = title
        self.engine = engine
        self.checks: list[Check] = []
        self._look: Callable[[Host], F] | None = None

    def probe(self, look: Callable[[Host], F]) -> Callable[[Host], F]:
        """Mark the function that asks the Host and returns the facts."""
        self._look = look
        return look

    def look(self, host: Host) -> F:
        """The facts of this topic, computed once per run."""
        if self._look is None:
            raise TypeError(f"topic {self.id} has no probe")
        return host.derive(self._look)

    def check(
        self,
        id: str,  # noqa: A002
        severity: str,
        title: str,
        *,
        references: tuple[str, ...] = (),
        applies: str = "every host",
        tags: tuple[str, ...] = (),
    ) -> Callable[[Callable[[F], Verdicts]], Callable[[F], Verdicts]]:
        """Register a check; its docstring is its explanation, page and ``explain`` text."""
        if severity not in SEVERITIES:
            raise ValueError(f"{id}: no such severity: {severity}")

        def register(judge: Callable[[F], Verdicts]) -> Callable[[F], Verdicts]:
            self.add(
                Check(
                    id,
                    self.id,
                    severity,
                    title,
                    judge.__doc__ or "",
                    references,
                    applies,
                    tags,
                    judge,
                )
            )
            return judge

        return register

    def add(self, check: Check) -> None:
        """Register a check that was made from a table instead of a function."""
        self.checks.append(check)


def dedent(text: str) -> str:
    """A docstring without its indentation: inspect.cleandoc without importing inspect (15 ms)."""
    lines = text.expandtabs().splitlines()
    margin = min((len(x) - len(x.lstrip()) for x in lines[1:] if x.strip()), default=0)
    return "\n".join([lines[0].strip(), *(x[margin:] for x in lines[1:])]).strip() if lines else ""


def judge(check: Check, facts: Any) -> list[Finding]:  # noqa: ANN401 - any topic's facts
    """Run one check and dress its verdicts as findings; a crash of ours becomes one too."""
    try:
        verdicts = check.judge(facts)
        found = [verdicts] if isinstance(verdicts, Verdict) else list(verdicts)
        if not found:
            raise ValueError("it returned no verdict")
    except Unjudgeable as error:
        found = [of_missing(error.fact)]
    except Exception as error:  # noqa: BLE001 - one broken check must not take the run with it
        found = [Verdict(CRASH, f"hullcheck's check failed: {type(error).__name__}: {error}")]
    return [finding(check, verdict) for verdict in found]


def of_missing(fact: Missing) -> Verdict:
    """Skip for a fact this host cannot have, unknown for one that could not be read."""
    if fact.kind == "inapplicable":
        return skip(fact.reason)
    return unknown(fact.reason, look=fact.look)


def finding(check: Check, verdict: Verdict) -> Finding:
    """A verdict with what its check says about it."""
    explained = verdict.outcome in {PASS, FAIL}
    return Finding(
        id=check.id,
        topic=check.topic,
        title=check.title,
        outcome=verdict.outcome,
        severity=verdict.severity or check.severity,
        subject=verdict.subject,
        summary=verdict.summary,
        reason=None if explained else verdict.summary,
        evidence=verdict.evidence,
        mend=verdict.mend,
        fixes=verdict.fixes,
        references=check.references,
        look=verdict.look,
        line=verdict.line,
        column=verdict.column,
    )
