"""Columns on a terminal: how wide text is, how it is wrapped, how it is coloured.

Plain strings and the handful of SGR sequences every terminal knows. rich is asked only for the
width of characters beyond ASCII: importing its console costs more than a whole run may take.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BOLD, DIM, RED, YELLOW, CYAN, GREEN, MAGENTA = "1", "2", "31", "33", "36", "32", "35"
"""SGR parameters; combine with ``;``."""

MEASURE = 120
"""Columns used at most: longer lines of prose are hard to read back to their next one."""

NARROWEST = 40

_WORDS = re.compile(r"`[^`]{1,50}`\S*|\S+")


def columns(width: int) -> int:
    """The columns a text of ours uses on a terminal of that width."""
    return max(NARROWEST, min(width, MEASURE))


def paint(text: str, style: str, colour: bool) -> str:  # noqa: FBT001 - passed along everywhere
    """The text in that style, or the text."""
    return f"\x1b[{style}m{text}\x1b[0m" if colour and text else text


def cells(text: str) -> int:
    """How many columns the text takes: two for a wide character, none for a combining mark."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, width: int) -> str:
    """The text with spaces up to that many columns; a wider text as it is."""
    return text + " " * (width - cells(text))


def _pieces(word: str, room: int) -> list[str]:
    """A word that is wider than a line, cut where its script allows it: between wide characters.

    Anything else (a path, a digest) stays whole, so that it can be copied.
    """
    if word.isascii() or cells(word) <= room:
        return [word]
    parts = re.findall(
        r"[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|[^\u2e80-\uffff]+|.", word
    )
    lines, line, used = [], "", 0
    for part in parts:
        wide = cells(part)
        if line and used + wide > room:
            lines.append(line)
            line, used = "", 0
        line += part
        used += wide
    return [*lines, line]


def wrap(text: str, room: int) -> list[str]:
    """The lines of a paragraph, none wider than ``room`` unless one word is.

    A short command in `backquotes` is one word: it can be copied off one line.
    """
    lines: list[str] = []
    line, used = "", 0
    for word in _WORDS.findall(text):
        for index, piece in enumerate(_pieces(word, room)):
            wide = cells(piece)
            glue = 1 if line and index == 0 else 0
            if line and used + glue + wide > room:
                lines.append(line)
                line, used, glue = "", 0, 0
            line += " " * glue + piece
            used += glue + wide
    return [*lines, line] if line else lines


def hang(first: str, text: str, width: int, indent: int) -> list[str]:
    """A wrapped paragraph with ``first`` before its first line, the rest indented under it."""
    lines = wrap(text, max(width - indent, 20)) or [""]
    head = pad(first, indent)
    return [(head if index == 0 else " " * indent) + line for index, line in enumerate(lines)]


def both_ends(left: str, right: str, width: int, paint_right: Callable[[str], str]) -> list[str]:
    """Left text, wrapped, and right text at the right edge: on the same line where it fits."""
    lines = wrap(left, width) or [""]
    room = width - cells(lines[-1]) - cells(right)
    if room >= 2:  # noqa: PLR2004 - what keeps two words apart to the eye
        lines[-1] += " " * room + paint_right(right)
    else:
        lines.append(" " * max(width - cells(right), 0) + paint_right(right))
    return lines
