"""A plan of fixes, and what came of it, for programs: ``hullcheck.plan/1``, ``hullcheck.applied/1``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.report import json_report
from agent.version import __version__
from fixes.model import KINDS, RECREATE
from fixes.plan import NEEDS_CONSENT, unified_diff
from probes.host.redaction import redact_text
from probes.model import Missing

if TYPE_CHECKING:
    from agent.mending import Planned
    from fixes.interruption import Interruption
    from fixes.machine import FileState
    from fixes.model import Effect
    from fixes.plan import Plan, PlannedFile, PlannedFix
    from fixes.transaction import Outcome

SCHEMA = "hullcheck.plan/1"
APPLIED_SCHEMA = "hullcheck.applied/1"

OUTCOMES = {"committed": "applied", "rolled-back": "rolled-back", "stuck": "stuck"}


def render(planned: Planned, command: str) -> str:
    """The plan as one document."""
    return json_report.dump(document(planned, command))


def document(planned: Planned, command: str = "") -> dict[str, Any]:
    """The plan as a tree of plain values; secrets in files are blanked in the diffs."""
    plan, report = planned.plan, planned.report
    told = json_report.document(report)
    return {
        "schema": SCHEMA,
        "tool": {"name": "hullcheck", "version": __version__},
        "host": told["host"],
        "engine": told["engine"],
        "fixes": [_fix(item, plan) for item in plan.fixes],
        "files": [_file(file) for file in plan.files],
        "actions": [_action(fix, change) for fix, change in plan.actions],
        "effects": [_effect(effect) for effect in plan.effects],
        "interruption": plan.interruption and _interruption(plan.interruption),
        "reversible": not plan.irreversible,
        "irreversible": [redact_text(text) for text in plan.irreversible],
        "needs_root": plan.needs_root,
        "recorded": plan.recorded,
        "apply": redact_text(command) if plan.changes and not plan.recorded else None,
        "incomplete": list(report.incomplete),
    }


def _fix(planned: PlannedFix, plan: Plan) -> dict[str, Any]:
    fix = planned.fix
    return {
        "id": fix.id,
        "title": fix.title,
        "risk": fix.risk,
        "outcome": planned.outcome,
        "reason": planned.reason,
        "findings": [
            {"id": f.id, "subject": f.subject, "severity": f.severity, "summary": f.summary}
            for f in planned.findings
        ],
        "files": [file.path for file in plan.files if fix.id in file.fixes],
        "notes": list(planned.proposal.notes),
        "steps": list(planned.steps),
        "owners": [{"path": path, **owner._asdict()} for path, owner in planned.owners],
        "changes": [text for change in planned.proposal.changes for text in _words(change)],
    }


def _words(change: Any) -> list[str]:  # noqa: ANN401 - one of the kinds of Change
    from agent.report.plan_text import change_words

    return [redact_text(text) for text in change_words(change)]


def _file(file: PlannedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "target": file.target,
        "format": file.format,
        "fixes": list(file.fixes),
        "before": _state(file.before),
        "after": _state(file.after),
        "diff": "".join(f"{line}\n" for line in unified_diff(file)),
    }


def _state(state: FileState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    import hashlib

    return {
        "sha256": hashlib.sha256(state.data).hexdigest(),
        "size": len(state.data),
        "mode": f"{state.mode:04o}",
        "uid": state.uid,
        "gid": state.gid,
    }


def _action(fix: str, change: Any) -> dict[str, Any]:  # noqa: ANN401 - one of the kinds of Change
    from agent.report.plan_text import action_words

    values = change._asdict()
    return {
        "fix": fix,
        "kind": KINDS[type(change)],
        "command": redact_text(action_words(change)[0]),
        "reversible": bool(values.get("undo") or values.get("before")),
        "frees_bytes": values.get("frees"),
    }


def _effect(effect: Effect) -> dict[str, Any]:
    by_hand = effect.kind not in {"reload-engine", "reload-units", *NEEDS_CONSENT}
    return {
        "kind": effect.kind,
        "subject": effect.subject or None,
        "by": "person" if by_hand else "hullcheck",
        "consent": "--restart" if effect.kind in NEEDS_CONSENT else None,
        "command": effect.command or None,
    }


def _interruption(told: Interruption) -> dict[str, Any]:
    from agent.report.plan_text import interruption_words

    return {
        "running": None if isinstance(told.running, Missing) else told.running,
        "live_restore": told.live_restore,
        "stops": [item._asdict() for item in told.stops],
        "seconds": told.seconds,
        "sessions": list(told.sessions),
        "text": interruption_words(told),
    }


def applied(outcome: Outcome, planned: Planned | None) -> str:
    """What came of a transaction."""
    return json_report.dump(
        {
            **_head(planned),
            "outcome": OUTCOMES[outcome.state],
            "transaction": outcome.id,
            "undoes": outcome.undoes or None,
            "reason": outcome.reason or None,
            "done": list(outcome.said),
            "pending": [_effect(effect) for effect in outcome.pending],
            "recreate": [e.subject for e in outcome.pending if e.kind == RECREATE],
            "mended": list(outcome.mended),
            "remaining": list(outcome.remaining),
            "by_hand": list(outcome.by_hand),
            "diff": [],
        }
    )


def refused(reason: str, planned: Planned | None = None, *, diff: tuple[str, ...] = ()) -> str:
    """That nothing was begun, and why."""
    return json_report.dump(
        {
            **_head(planned),
            "outcome": "refused",
            "transaction": None,
            "undoes": None,
            "reason": reason,
            "done": [],
            "pending": [],
            "recreate": [],
            "mended": [],
            "remaining": [],
            "by_hand": [],
            "diff": list(diff),
        }
    )


def _head(planned: Planned | None) -> dict[str, Any]:
    return {
        "schema": APPLIED_SCHEMA,
        "tool": {"name": "hullcheck", "version": __version__},
        "plan": None if planned is None else document(planned),
    }
