"""The lines of a text for a person: how they are wrapped, indented and coloured."""

from __future__ import annotations

from agent.report.layout import DIM, columns, hang, paint, wrap


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
        lines = hang(" " * at + label, text, self.width, at + 7)
        head = " " * at + label
        lines[0] = " " * at + self.paint(label, style) + lines[0][len(head) :]
        self.add(*lines)
