"""The journal for a person: a line a transaction, or everything about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.report.escaping import visible
from agent.report.layout import BOLD
from agent.report.page import Page
from agent.report.plan_text import action_words, diff
from fixes.plan import PlannedFile, unified_diff
from fixes.transaction import describe
from probes.formats.timestamps import format_time

if TYPE_CHECKING:
    from fixes.journal import Entry


def render(entries: list[Entry], folder: str, *, width: int, colour: bool) -> str:
    """Every transaction, newest first; ends with a newline."""
    if not entries:
        return f"Nothing was changed by hullcheck here (the journal is {visible(folder)}).\n"
    page = Page(width, colour=colour)
    for entry in reversed(entries):
        _line(page, entry, entries)
    page.gap()
    page.add(
        page.dim("everything about one: hullcheck history TX   take one back: hullcheck undo TX")
    )
    return "\n".join(page.lines) + "\n"


def _line(page: Page, entry: Entry, entries: list[Entry]) -> None:
    record = entry.record
    page.add(
        f"{page.paint(record.id, BOLD)}  {describe(entry, entries)}   "
        f"{page.dim(visible(f'{format_time(record.started)} by {who(entry)}'))}"
    )
    page.paragraph(visible(what(entry)), 2)


def what(entry: Entry) -> str:
    """What a transaction was about, in one line."""
    fixes = ", ".join(entry.record.fixes)
    return f"undo of {entry.record.undoes} ({fixes})" if entry.record.undoes else fixes


def who(entry: Entry) -> str:
    """Who ran it, and who was behind sudo."""
    told = entry.record.who
    behind = told.get("sudo_user")
    return f"{behind} as {told.get('name')}" if behind else str(told.get("name"))


def one(entry: Entry, entries: list[Entry], *, width: int, colour: bool) -> str:
    """Everything about one transaction; ends with a newline."""
    page = Page(width, colour=colour)
    _line(page, entry, entries)
    record = entry.record
    page.paragraph(visible(record.summary), 2)
    ended = entry.last(entry.state) or {}
    if ended.get("reason"):
        page.labelled("why", visible(str(ended["reason"])), at=2)
    for problem in ended.get("problems") or ():
        page.labelled("left", visible(str(problem)), at=2)
    for file in record.files:
        page.gap()
        page.add(page.paint(visible(file.path), BOLD))
        planned = PlannedFile(file.path, file.target, "", file.before, file.after, ())
        page.add(*diff(unified_diff(planned)[2:], colour=colour).splitlines())
    if record.actions or record.effects:
        page.gap()
    page.add(*(f"  {visible(action_words(action)[0])}" for action in record.actions))
    page.add(*(f"  {visible(' '.join(e.argv) or e.kind)}" for e in record.effects))
    return "\n".join(page.lines) + "\n"
