"""The journal for programs: ``hullcheck.history/1``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.report.json_report import dump, moment
from agent.report.plan_text import action_words
from agent.version import __version__
from fixes.journal import in_force
from fixes.transaction import describe

if TYPE_CHECKING:
    from fixes.journal import Entry

SCHEMA = "hullcheck.history/1"


def render(shown: list[Entry], entries: list[Entry]) -> str:
    """The transactions, oldest first, as one document."""
    return dump(
        {
            "schema": SCHEMA,
            "tool": {"name": "hullcheck", "version": __version__},
            "transactions": [_entry(entry, entries) for entry in shown],
        }
    )


def _entry(entry: Entry, entries: list[Entry]) -> dict[str, Any]:
    record = entry.record
    undone = [
        other.record.id
        for other in entries
        if other.record.undoes == record.id and in_force(other, entries)
    ]
    ended = next((e for e in reversed(entry.events) if e["event"] == entry.state), None)
    committed = entry.last("committed") or {}
    return {
        "id": record.id,
        "started": moment(record.started),
        "ended": moment(ended["at"]) if ended else None,
        "state": entry.state,
        "in_force": in_force(entry, entries),
        "status": describe(entry, entries),
        "undoes": record.undoes or None,
        "undone_by": undone[-1] if undone else None,
        "who": record.who,
        "hullcheck": record.version,
        "fixes": list(record.fixes),
        "summary": record.summary,
        "files": [
            {
                "path": file.path,
                "target": file.target,
                "existed": file.before is not None,
                "exists": file.after is not None,
            }
            for file in record.files
        ],
        "actions": [action_words(action)[0] for action in record.actions],
        "effects": [{"kind": e.kind, "command": " ".join(e.argv)} for e in record.effects],
        "reason": (ended or {}).get("reason"),
        "findings_before": list(record.findings),
        "findings_after": committed.get("findings"),
    }
