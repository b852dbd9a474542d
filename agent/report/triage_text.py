"""What a triage found, for a person: the pieces, the findings as the doctor tells them, what next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.report import text
from agent.report.escaping import visible
from agent.report.layout import BOLD
from agent.report.page import Page
from probes.model import UNKNOWN
from probes.pasted.recognition import gist

if TYPE_CHECKING:
    from agent.triage import Triage


def render(found: Triage, *, width: int, colour: bool, verbose: bool) -> str:
    """The triage as text that ends with a newline."""
    page = Page(width, colour=colour, verbose=verbose)
    text.header(page, found.report)
    page.gap()
    for piece in found.pieces:
        words = [piece.kind, lines_of(piece.first, piece.last), gist(piece)]
        page.labelled("read", ", ".join(word for word in words if word), at=0)
    if found.is_cut:
        page.labelled("cut", "only the beginning of the text was looked at", at=0)
    shown = text.failures(page, found.report)
    if not shown:
        page.gap()
        page.paragraph("Nothing that was pasted shows anything wrong.", 0)
    page.gap()
    unknown = found.report.number(UNKNOWN)
    page.add(page.paint(visible(counts(found)), BOLD))
    if found.needed and unknown:
        page.gap()
        page.add("to know more, ask for:")
        for item in found.needed:
            page.step("", item.command, at=0)
            checks = (
                f" ({item.checks} check{'' if item.checks == 1 else 's'})" if item.checks else ""
            )
            page.labelled("", f"{item.why}{checks}", at=2)
    return "\n".join(page.lines) + "\n"


def lines_of(first: int, last: int) -> str:
    """Where a piece stands.

    >>> lines_of(3, 3), lines_of(3, 9)
    ('line 3', 'lines 3 to 9')
    """
    return f"line {first}" if first == last else f"lines {first} to {last}"


def counts(found: Triage) -> str:
    """How many checks could be told, and how many could not."""
    report = found.report
    failures = report.failures()
    words = [
        f"{number} {severity}{'' if number == 1 else 's'}"
        for severity, number in failures.items()
        if number
    ]
    told = sum(failures.values()) + report.number("pass")
    return (
        f"{', '.join(words) or 'no finding'}; {told} checks could be told from this, "
        f"{report.number(UNKNOWN)} could not"
    )
