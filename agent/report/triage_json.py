"""What a triage found, for programs: a report with the pieces and what is needed beside it.

Its schema is that of a report, ``agent/schemas/report-1.json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.report import json_report
from probes.pasted.recognition import gist

if TYPE_CHECKING:
    from agent.triage import Triage


def document(found: Triage) -> dict[str, Any]:
    """The triage as a tree of plain values."""
    out = json_report.document(found.report)
    out["pieces"] = [
        {
            "kind": piece.kind,
            "first_line": piece.first,
            "last_line": piece.last,
            "gist": gist(piece),
        }
        for piece in found.pieces
    ]
    out["needed"] = [
        {"command": item.command, "checks": item.checks, "why": item.why} for item in found.needed
    ]
    out["is_cut"] = found.is_cut
    return out


def render(found: Triage) -> str:
    """One JSON document that ends with a newline."""
    return json_report.dump(document(found))
