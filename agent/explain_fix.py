"""Everything that is said about a fix: at a terminal, as JSON, and as its page in docs/fixes/.

All three come from the fix itself; its docstring is the Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.explain import heading, markdown, spaced
from agent.report.layout import columns
from fixes import FIXES
from fixes.model import ADVICE, DESTRUCTIVE, INTERRUPTS, SAFE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fixes.model import Fix

_RISKS = {
    SAFE: "safe: it changes settings, and can be undone",
    INTERRUPTS: "interrupts: it ends something that runs",
    DESTRUCTIVE: "destructive: it deletes what cannot be brought back",
    ADVICE: "advice: it explains what a person has to do",
}


def explain(fix: Fix, *, width: int, colour: bool) -> str:
    """The explanation for a person; ends with a newline."""
    room = columns(width)
    rows = [("risk", _RISKS[fix.risk]), ("applies to", fix.applies)]
    if fix.mends:
        rows.append(("mends", ", ".join(fix.mends)))
    if fix.on_request:
        rows.append(("planned", "only when it is named"))
    lines = heading(fix.title, fix.id, rows, room, colour=colour)
    return "\n".join([*lines, "", *markdown(_body(fix), room, colour)]) + "\n"


def _body(fix: Fix) -> str:
    """Its explanation, what may be chosen, and the commands, as Markdown."""
    text = fix.explanation
    if fix.parameters:
        text += "\n\n## What you may choose\n"
        for item in fix.parameters:
            doc, default = item.doc.removesuffix("."), item.default.removesuffix(".")
            text += f"\n- `--set {item.name}=VALUE`: {doc}. Default: {default}."
    lines = "\n".join(_commands(fix))
    return f"{text}\n\n## How to run it\n\n```sh\n{lines}\n```"


def _commands(fix: Fix) -> list[str]:
    """The command lines that plan and apply it, each with what it does."""
    plan = f"hullcheck fix {fix.id}"
    if fix.risk == ADVICE:
        return [f"{plan}   # the steps for this host"]
    if fix.risk == DESTRUCTIVE:
        plan += " --allow-destructive"
    apply = f"{plan} --apply"
    return [f"{plan:<{len(apply)}}   # the plan", f"{apply}   # carries it out"]


def page(fix: Fix) -> str:
    """The page ``docs/fixes/<id>.md``."""
    about = f"`{fix.id}` · Risk: {_RISKS[fix.risk]} · Applies to: {fix.applies}"
    lines = [f"# {fix.title}", "", about, ""]
    if fix.mends:
        links = ", ".join(f"[`{id_}`](../checks/{id_}.md)" for id_ in fix.mends)
        lines += [f"Mends: {links}", ""]
    if fix.on_request:
        lines += ["It is only planned when it is named.", ""]
    return "\n".join(spaced("\n".join([*lines, _body(fix)]).split("\n"))) + "\n"


def families(fixes: Iterable[Fix]) -> dict[str, list[Fix]]:
    """The fixes by what they are about, in the order in which they come."""
    found: dict[str, list[Fix]] = {}
    for fix in fixes:
        found.setdefault(_family(fix), []).append(fix)
    return found


def _family(fix: Fix) -> str:
    return FIXES[fix.id].module.replace("_", "-")


def index(fixes: Iterable[Fix]) -> str:
    """The page ``docs/fixes/README.md``: every fix by what it is about."""
    lines = [
        "# The fixes",
        "",
        "Made by `make docs` from the fixes themselves: change those. How fixing and undoing works:",
        "[fixing and undoing](../fixes.md). `hullcheck explain ID` shows the same at a terminal.",
    ]
    for family, found in families(fixes).items():
        lines += ["", f"## {family}", "", "| id | risk | what it does |", "| --- | --- | --- |"]
        lines += [
            f"| [`{x.id}`]({x.id}.md) | {x.risk}{', named' * x.on_request} | {x.title} |"
            for x in found
        ]
    named = "named: only planned when it is named, `hullcheck fix ID`."
    return "\n".join([*lines, "", named]) + "\n"


def pages(fixes: Iterable[Fix]) -> dict[str, str]:
    """Every file of ``docs/fixes/`` by its name."""
    found = list(fixes)
    return {"README.md": index(found), **{f"{fix.id}.md": page(fix) for fix in found}}


def entries(fixes: Iterable[Fix]) -> list[dict[str, Any]]:
    """What a list says of the fixes, family by family."""
    return [entry(fix) for found in families(fixes).values() for fix in found]


def entry(fix: Fix) -> dict[str, Any]:
    """What a list says of a fix."""
    return {
        "id": fix.id,
        "family": _family(fix),
        "risk": fix.risk,
        "title": fix.title,
        "mends": list(fix.mends),
        "applies": fix.applies,
        "on_request": fix.on_request,
        "parameters": [item._asdict() for item in fix.parameters],
    }
