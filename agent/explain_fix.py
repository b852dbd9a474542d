"""Everything that is said about a fix: at a terminal, as JSON, and as its page in docs/fixes/.

All three come from the fix itself; its docstring is the Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.explain import markdown, spaced
from agent.report.layout import BOLD, DIM, both_ends, columns, hang, paint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fixes.model import Fix


def explain(fix: Fix, *, width: int, colour: bool) -> str:
    """The explanation for a person; ends with a newline."""
    room = columns(width)
    head = both_ends(fix.title, fix.id, room, lambda text: paint(text, DIM, colour))
    lines = [paint(line, BOLD, colour) if index == 0 else line for index, line in enumerate(head)]
    for label, value in _particulars(fix):
        lines.extend(hang(f"{label:<12}", value, room, 12))
    lines += ["", *markdown(fix.explanation, room, colour)]
    if fix.parameters:
        lines += ["", paint("What you may choose", BOLD, colour)]
        for item in fix.parameters:
            lines += ["", f"  --set {item.name}=VALUE   default: {item.default}"]
            lines += hang("    ", item.doc, room, 4)
    lines += ["", paint("plan", BOLD, colour) + f"    hullcheck fix {fix.id}"]
    lines.append(paint("apply", BOLD, colour) + f"   hullcheck fix {fix.id} --apply{_consent(fix)}")
    return "\n".join(lines) + "\n"


def _consent(fix: Fix) -> str:
    return " --allow-destructive" if fix.risk == "destructive" else ""


def _particulars(fix: Fix) -> list[tuple[str, str]]:
    rows = [("risk", _RISKS[fix.risk]), ("applies to", fix.applies)]
    if fix.mends:
        rows.append(("mends", ", ".join(fix.mends)))
    if fix.on_request:
        rows.append(("planned", "only when it is named"))
    return rows


_RISKS = {
    "safe": "safe: it changes settings, and can be undone",
    "interrupts": "interrupts: it ends something that runs",
    "destructive": "destructive: it deletes what cannot be brought back",
    "advice": "advice: it explains what a person has to do",
}


def page(fix: Fix) -> str:
    """The page ``docs/fixes/<id>.md``."""
    about = f"`{fix.id}` · Risk: {_RISKS[fix.risk]} · Applies to: {fix.applies}"
    lines = [f"# {fix.title}", "", about, ""]
    if fix.mends:
        links = ", ".join(f"[`{id_}`](../checks/{id_}.md)" for id_ in fix.mends)
        lines += [f"Mends: {links}", ""]
    if fix.on_request:
        lines += ["It is only planned when it is named.", ""]
    text = "\n".join(spaced("\n".join([*lines, fix.explanation]).split("\n")))
    if fix.parameters:
        text += "\n\n## What you may choose\n"
        for item in fix.parameters:
            text += f"\n- `--set {item.name}=VALUE` (default: {item.default}): {item.doc}"
    command = f"hullcheck fix {fix.id}"
    return f"{text}\n\n## How to run it\n\n```\n{command}\n{command} --apply{_consent(fix)}\n```\n"


def index(fixes: Iterable[Fix]) -> str:
    """The page ``docs/fixes/README.md``: every fix."""
    lines = [
        "# The fixes",
        "",
        "Made by `make docs` from the fixes themselves: change those. How fixing and undoing works:",
        "[fixing and undoing](../fixes.md). `hullcheck explain ID` shows the same at a terminal.",
        "",
        "| id | risk | what it does |",
        "| --- | --- | --- |",
    ]
    lines += [f"| [`{x.id}`]({x.id}.md) | {x.risk} | {x.title} |" for x in fixes]
    return "\n".join(lines) + "\n"


def pages(fixes: Iterable[Fix]) -> dict[str, str]:
    """Every file of ``docs/fixes/`` by its name."""
    found = list(fixes)
    return {"README.md": index(found), **{f"{fix.id}.md": page(fix) for fix in found}}


def entry(fix: Fix) -> dict[str, Any]:
    """What a list says of a fix."""
    return {
        "id": fix.id,
        "risk": fix.risk,
        "title": fix.title,
        "mends": list(fix.mends),
        "applies": fix.applies,
        "on_request": fix.on_request,
        "parameters": [item._asdict() for item in fix.parameters],
    }
