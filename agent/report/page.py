"""The lines of a text for a person: how they are wrapped, indented and coloured."""

from __future__ import annotations

import re

from agent.report.layout import BOLD, DIM, GREEN, cells, columns, hang, paint, wrap

LABEL = 7
"""Columns of the word before a text: ``seen   ``."""

_PROSE = re.compile(
    r"(?:or: |then: )?"
    r"(?:[A-Z][a-z']+\s|[A-Z]\s"
    r"|(?:add|append|put|remove|restart|recreate|upgrade|where|see|let|give|wait|ask|keep)\s"
    r"|(?:switch|start) (?:on|off|it|Docker)\s"
    r"|(?:set|pin|take|use|change|raise|lower|replace|re-create|carry|bring|exempt|or|in)\s(?!-)"
    r"|[a-z]+ (?:the|a|an|your|its|that|it)\s"
    r"|[^=]*[a-z)]\.$)"
)
"""How a sentence among commands begins, or ends. Anything else is kept whole, as a command is."""


class Page:
    """The lines written so far, and how to write one more."""

    def __init__(self, width: int, *, colour: bool, verbose: bool = False) -> None:
        self.width = columns(width)
        self.colour = colour
        self.verbose = verbose
        self.lines: list[str] = []

    def add(self, *lines: str) -> None:
        """Lines as they are."""
        self.lines.extend(lines)

    def gap(self) -> None:
        """One empty line, never two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def paint(self, text: str, style: str) -> str:
        """The text in that style where colour is wanted."""
        return paint(text, style, self.colour)

    def dim(self, text: str) -> str:
        """The text, less loud where colour is wanted."""
        return self.paint(text, DIM)

    def paragraph(self, text: str, indent: int) -> None:
        """A wrapped paragraph."""
        self.add(*(" " * indent + line for line in wrap(text, self.width - indent)))

    def labelled(self, label: str, text: str, *, at: int, style: str = DIM) -> None:
        """A wrapped paragraph with a word before it: ``seen   ...``."""
        lines = hang(" " * at + label, text, self.width, at + LABEL)
        head = " " * at + label
        lines[0] = " " * at + self.paint(label, style) + lines[0][len(head) :]
        self.add(*lines)

    def step(self, label: str, step: str, *, at: int) -> None:
        """A step for a person, with a word before it.

        A sentence is wrapped; a command stays on one line, so that it can be pasted whole.
        """
        if _PROSE.match(step):
            self.labelled(label, step, at=at, style=GREEN)
            return
        head = " " * at + self.paint(label, GREEN) + " " * (LABEL - len(label))
        if at + LABEL + cells(step) <= self.width:
            self.add(head + self.paint(step, BOLD))
            return
        # Too long to stand beside the label: a line of its own, which the terminal folds.
        before, _, command = (
            step.rpartition(": ") if step.startswith(("or: ", "then: ")) else ("", "", step)
        )
        if label or before:
            self.add((head + (f"{before}:" if before else "")).rstrip())
        self.add(" " * at + self.paint(command, BOLD))
