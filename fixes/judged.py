"""What a topic's facts and checks say, for remedies: a fact or why it cannot be had, and verdicts.

A check says ``unknown`` where it cannot judge; a remedy raises the
:class:`~probes.host.Unreadable` behind it, so that the plan can say what could not be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from probes.engine import NotHere
from probes.host.questions import FAILURES, Garbled
from probes.model import FAIL, UNKNOWN, Missing, Unjudgeable, Verdict
from probes.record import NamedTuple

if TYPE_CHECKING:
    from fixes.model import Request
    from probes.host import Host
    from probes.model import Topic

T = TypeVar("T")


class Judged(NamedTuple):
    """What one check says of this host."""

    failing: tuple[Verdict, ...]
    """What a fix is to mend: of the findings it was asked for, where it was asked for some."""
    otherwise: str
    """Where nothing fails: what was seen instead, or why the check does not apply."""


def fact(value: T | Missing) -> T:
    """The fact, in a remedy that cannot propose without it.

    Raises: Unreadable, of the kind for which the fact is missing.
    """
    if isinstance(value, Missing):
        kind = {**FAILURES, NotHere.kind: NotHere}.get(value.kind, Garbled)
        raise kind(value.reason, look=value.look)
    return value


def judged(host: Host, request: Request, topic: Topic[Any], check: str) -> Judged:
    """The verdicts of a topic's check on this host.

    A request that names findings is about these alone: of the check's verdicts those with their
    subjects, and none where its findings are other checks'.

    Raises: Unreadable where the check cannot judge, of kind inapplicable where it does not apply
    because there is no such engine here.
    """
    asked = {finding.subject for finding in request.findings if finding.id == check}
    if request.findings and not asked:
        return Judged((), f"{check} was not asked for")
    judge = next(item.judge for item in topic.checks if item.id == check)
    try:
        said = judge(topic.look(host))
        verdicts = [said] if isinstance(said, Verdict) else list(said)
    except Unjudgeable as error:
        fact(error.fact)
        raise
    failing = tuple(verdict for verdict in verdicts if verdict.outcome == FAIL)
    if request.findings:
        failing = tuple(verdict for verdict in failing if verdict.subject in asked)
    unseen = next((verdict for verdict in verdicts if verdict.outcome == UNKNOWN), None)
    if unseen is not None and not failing:
        raise Garbled(unseen.summary, look=unseen.look)
    return Judged(failing, verdicts[0].summary)
