"""What a triage found, as Markdown: a reply that can be pasted into an issue.

The text that was pasted is a stranger's: whatever of it is quoted stands in code, where neither HTML
nor links, mentions and pictures have a meaning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.report.escaping import clipped, visible
from agent.report.triage_text import counts, lines_of
from probes.model import FAIL, UNKNOWN

if TYPE_CHECKING:
    from agent.triage import Triage
    from probes.model import Finding

HOME = "https://github.com/hullcheck/hullcheck"
VALUE = 200
"""Characters of one quoted value."""

SHOWN = 12
"""Findings in full; the rest is counted."""

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~!&@]")


def render(found: Triage) -> str:
    """The reply; ends with a newline."""
    failures = [f for f in found.report.findings if f.outcome == FAIL]
    lines = [_about(found), ""]
    if not failures:
        lines += ["Nothing that was pasted shows anything wrong.", ""]
    for finding in failures[:SHOWN]:
        lines += _finding(finding)
    if len(failures) > SHOWN:
        lines += [f"… and {len(failures) - SHOWN} more.", ""]
    if found.needed and found.report.number(UNKNOWN):
        lines += ["**To know more**, please paste the output of:", ""]
        lines += [f"- {code(item.command)}: {item.why}" for item in found.needed]
        lines += [""]
    lines += [f"<sub>{prose(counts(found))}. Told by [hullcheck]({HOME}).</sub>"]
    return "\n".join(lines) + "\n"


def _about(found: Triage) -> str:
    report = found.report
    engine, host = report.engine, report.host
    words = [word for word in (engine.provider, engine.version, engine.backend) if word]
    if host.platform:
        words.append(f"on {host.platform}")
    pieces = ", ".join(
        f"{code(piece.kind)} ({lines_of(piece.first, piece.last)})" for piece in found.pieces
    )
    return f"**{prose(' '.join(words)) or 'What was pasted'}**, read from {pieces}."


def _finding(finding: Finding) -> list[str]:
    # One of a log or of the client has no page of its own here.
    lines = [
        f"### {prose(finding.title)}",
        "",
        f"**{finding.severity}** {code(finding.id)}: {prose(finding.summary)}",
        "",
    ]
    for evidence in finding.evidence[:3]:
        where = ", ".join(part for part in (evidence.source, evidence.locator) if part)
        wanted = f", wanted {code(evidence.wanted)}" if evidence.wanted else ""
        lines.append(f"- seen in {prose(where)}: {code(evidence.value)}{wanted}")
    if finding.mend:
        lines += ["", "How to mend it:", ""]
        lines += [f"- {code(step)}" for step in finding.mend]
    if finding.references:
        links = [ref for ref in finding.references if ref.startswith("https://")]
        lines += ["", "See " + ", ".join(f"<{link}>" for link in links)] if links else []
    return [*lines, ""]


def code(text: str) -> str:
    """A text as inline code, whatever it holds.

    >>> code("a `b` @all"), code("")
    ('``a `b` @all``', '')
    """
    text = clipped(visible(text), VALUE).replace("\n", " ").strip()
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    gap = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{gap}{text}{gap}{fence}"


def prose(text: str) -> str:
    """A text in which nothing is markup, a mention or a link to another issue."""
    text = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", visible(text).replace("\n", " "))
    return re.sub(r"(?i)\b(https?|ftp):(?=//)", r"\1&#58;", text)
