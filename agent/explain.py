"""Everything that is said about a check: at a terminal, as JSON, and as its page in docs/checks/.

All three come from the check itself; its docstring is the Markdown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agent.report.escaping import visible
from agent.report.layout import BOLD, CYAN, DIM, both_ends, columns, hang, paint, wrap
from fixes import by_check
from probes.model import ERROR, Check, skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fixes.model import Fix
    from probes.model import Verdict

SCHEMA = "hullcheck.explain/1"

_HEADING = re.compile(r"(#+)\s+(.*)")
_ITEM = re.compile(r"(\s*)([-*]|\d+\.)\s+(.*)")
_LINK = re.compile(r"\[([^\]]+)\]\((\S+?)\)")
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")


def nearest(name: str, ids: Iterable[str]) -> list[str]:
    """The ids that a mistyped one may have meant, likeliest first; at most three."""
    from difflib import get_close_matches

    known = list(ids)
    within = [id_ for id_ in known if name and name in id_][:3]
    return within or get_close_matches(name, known, n=3, cutoff=0.4)


def explain(check: Check, *, width: int, colour: bool) -> str:
    """The explanation for a person; ends with a newline."""
    room = columns(width)
    lines = heading(check.title, check.id, _particulars(check), room, colour=colour)
    lines += ["", *markdown(check.explanation, room, colour)]
    if check.references:
        lines += ["", paint("References", BOLD, colour), *(f"  {x}" for x in check.references)]
    return "\n".join(lines) + "\n"


def messages() -> dict[str, Check]:
    """What triage knows of the client's error messages, by id, in the shape of checks.

    No host is asked about them: they are seen in pasted text alone.
    """
    from probes.formats.desktop_log_patterns import CLIENT_PATTERNS

    def told_by_text(_facts: object) -> Verdict:
        return skip("it is read from pasted text: hullcheck triage")

    found = {}
    for pattern in CLIENT_PATTERNS:
        parts = [
            pattern.says,
            "## What it reads\nA line that somebody has pasted (`hullcheck triage`).",
            "## How to mend it\n" + "\n".join(f"- {step}" for step in pattern.mend),
        ]
        if pattern.checks:
            names = ",".join(pattern.checks)
            parts.append(f"## What finds the cause\n`hullcheck doctor --only {names}` on the host.")
        found[pattern.id] = Check(
            id=pattern.id,
            topic="client",
            severity=ERROR,
            title=pattern.title,
            doc="\n\n".join(parts),
            references=pattern.references,
            applies="pasted text",
            tags=(),
            judge=told_by_text,
        )
    return found


def heading(
    title: str, id_: str, rows: Iterable[tuple[str, str]], width: int, *, colour: bool
) -> list[str]:
    """The title with the id at the right edge, and below it what there is to know at a glance."""
    head = both_ends(title, id_, width, lambda text: paint(text, DIM, colour))
    lines = [paint(line, BOLD, colour) if index == 0 else line for index, line in enumerate(head)]
    for label, value in rows:
        lines.extend(hang(f"{label:<12}", value, width, 12))
    return lines


def _particulars(check: Check) -> list[tuple[str, str]]:
    rows = [("severity", check.severity), ("topic", check.topic), ("applies to", check.applies)]
    if check.tags:
        rows.append(("tags", ", ".join(check.tags)))
    fixes = by_check().get(check.id, ())
    if fixes:
        rows.append(("mended by", ", ".join(f"hullcheck fix {id_}" for id_ in fixes)))
    return rows


def markdown(text: str, width: int, colour: bool) -> list[str]:  # noqa: FBT001 - like paint
    """The Markdown that docstrings use: paragraphs, headings, lists, code; tables as they are."""
    lines: list[str] = []
    for block in _blocks(text):
        first = block[0]
        heading = _HEADING.fullmatch(first)
        if heading:
            lines += ["", paint(_inline(heading[2], colour=False), BOLD, colour)]
        elif first.startswith(("```", "    ", "|")):
            lines += ["", *(visible(x) for x in block if not x.startswith("```"))]
        elif _ITEM.match(first):
            lines.append("")
            for line in _items(block):
                item = _ITEM.fullmatch(line)
                at = len(item[1]) + len(item[2]) + 1 if item else 0
                mark, body = (f"{item[1]}{item[2]}", item[3]) if item else ("", line)
                lines += [_inline(x, colour=colour) for x in hang(mark, body, width, at)]
        else:
            paragraph = " ".join(x.strip() for x in block)
            lines += ["", *(_inline(x, colour=colour) for x in wrap(_links(paragraph), width))]
    return lines[1:] if lines and not lines[0] else lines


def _blocks(text: str) -> list[list[str]]:
    """Runs of lines that belong together; a heading and a fenced block stand alone."""
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            if not fenced:
                blocks.append([])
            blocks[-1].append(line)
            if fenced:
                blocks.append([])
            fenced = not fenced
        elif fenced:
            blocks[-1].append(line)
        elif not line.strip():
            blocks.append([])
        elif _HEADING.fullmatch(line):
            blocks += [[line], []]
        elif blocks[-1] and bool(_ITEM.match(line)) and not _ITEM.match(blocks[-1][0]):
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _items(block: Sequence[str]) -> list[str]:
    items: list[str] = []
    for line in block:
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f" {line.strip()}"
    return [_links(item) for item in items]


def _links(text: str) -> str:
    return _LINK.sub(lambda m: m[2] if m[1] == m[2] else f"{m[1]} ({m[2]})", text)


def _inline(text: str, *, colour: bool) -> str:
    text = _STRONG.sub(lambda m: paint(m[1], BOLD, colour), visible(text))
    return _CODE.sub(lambda m: paint(m[1], CYAN, colour=True), text) if colour else text


def page(check: Check) -> str:
    """The page ``docs/checks/<id>.md``."""
    tags = f" · Tags: {', '.join(check.tags)}" if check.tags else ""
    about = (
        f"`{check.id}` · Severity: {check.severity} · Topic: {check.topic} · "
        f"Applies to: {check.applies}"
    )
    lines = [
        f"# {check.title}",
        "",
        f"{about}{tags}",
        "",
        check.explanation,
    ]
    text = "\n".join(spaced("\n".join(lines).split("\n")))
    fixes = by_check().get(check.id, ())
    if fixes:
        links = ", ".join(f"[`hullcheck fix {id_}`](../fixes/{id_}.md)" for id_ in fixes)
        text += f"\n\n## Mended by\n\n{links}"
    if check.references:
        text += "\n\n## References\n\n" + "\n".join(f"- {reference(x)}" for x in check.references)
    return text + "\n"


def spaced(lines: Iterable[str]) -> list[str]:
    """The lines with an empty one around each heading, as Markdown linters want it."""
    out: list[str] = []
    fenced = after_heading = False
    for line in lines:
        heading = not fenced and bool(_HEADING.fullmatch(line))
        if out and out[-1] and (heading or (after_heading and line)):
            out.append("")
        fenced ^= line.startswith("```")
        after_heading = heading
        out.append(line)
    return out


def reference(text: str) -> str:
    """A reference with its address as Markdown wants it."""
    return re.sub(r"(?<![<(])(https?://[^\s)>]+)", r"<\1>", text)


def index(checks: Iterable[Check]) -> str:
    """The page ``docs/checks/README.md``: every check by topic."""
    topics: dict[str, list[Check]] = {}
    for check in checks:
        topics.setdefault(check.topic, []).append(check)
    lines = [
        "# The checks",
        "",
        "Made by `make docs` from the checks themselves: change those.",
        "`hullcheck explain ID` shows the same at a terminal.",
    ]
    for topic, found in topics.items():
        lines += ["", f"## {topic}", "", "| id | severity | when it fails |", "| --- | --- | --- |"]
        lines += [
            f"| [`{x.id}`]({x.id}.md) | {x.severity} | {x.title.replace('|', chr(92) + '|')} |"
            for x in found
        ]
    return "\n".join(lines) + "\n"


def pages(checks: Iterable[Check]) -> dict[str, str]:
    """Every file of ``docs/checks/`` by its name."""
    found = list(checks)
    return {"README.md": index(found), **{f"{check.id}.md": page(check) for check in found}}


def entry(check: Check) -> dict[str, Any]:
    """What a list says of a check."""
    return {
        "id": check.id,
        "topic": check.topic,
        "severity": check.severity,
        "title": check.title,
        "applies": check.applies,
        "tags": list(check.tags),
        "fixes": list(by_check().get(check.id, ())),
        "references": list(check.references),
    }


def document(checks: Iterable[Check], fixes: Iterable[Fix] = ()) -> str:
    """The explanations as one JSON document."""
    from agent import explain_fix
    from agent.report.json_report import dump

    found = [{**entry(check), "explanation": check.explanation} for check in checks]
    ways = [{**explain_fix.entry(fix), "explanation": fix.explanation} for fix in fixes]
    return dump({"schema": SCHEMA, "checks": found, "fixes": ways})
