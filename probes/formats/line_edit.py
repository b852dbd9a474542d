"""Edits of configuration files that are read line by line.

A configuration file belongs to its administrator: every line that is not about a named key stays
as it is, byte for byte. So do line ends, a missing final line end, a byte order mark and bytes
that are no UTF-8.

The formats (`probes.formats.sysctl_edit`, `probes.formats.unit_edit`,
`probes.formats.limits_edit`, `probes.formats.name_list_edit`) say how a file is read and how one
key of it is set; `edit` does the rest.

Text here is ASCII, with a lone surrogate for every other byte. The readers of these formats know
no other blanks and line ends than those of ASCII: a no-break space or U+2028 is a letter to them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    Key = TypeVar("Key", bound=Hashable)
    Value = TypeVar("Value")

# Control characters where one reader sees a line end or a blank, and another a letter: systemd
# ends a line at NUL and at a lone CR (read_line_full() in src/basic/fileio.c), PAM and
# procps-ng do not.
_UNCLEAR = re.compile(r"[\0\v\f\x1c-\x1f]|\r(?!\n)")
_LINE = re.compile(r"[^\n]*\n")


class Entry(NamedTuple):
    """One setting of a file: ``lines[start:end]`` are its lines."""

    key: Any
    """As the format compares keys: two spellings of one key are equal."""
    value: str | None
    start: int
    end: int


def literal(text: str) -> str:
    r"""A key or value in the text of this module.

    Raises:
        ValueError: it holds a line break or another control character that could end a line.

    >>> literal("é")
    '\udcc3\udca9'
    """
    if "\n" in text or _UNCLEAR.search(text):
        raise ValueError(f"a line break or control character in {text!r}")
    return text.encode("utf-8", "surrogateescape").decode("ascii", "surrogateescape")


def edit(
    data: bytes | None,
    changes: Mapping[Key, Value | None],
    *,
    header: str,
    read: Callable[[Sequence[str]], list[Entry]],
    write: Callable[[list[str], Key, Value | None], None],
    value_of: Callable[[Sequence[Entry], Key], Value | None],
) -> bytes:
    """The bytes of a file in which each of ``changes`` holds; nothing else differs.

    ``data`` is None for a file that is not there; only then is ``header`` written, as comments at
    the top, and only if something follows. ``changes`` has keys as `Entry.key` has them; None
    removes. ``read`` gives the settings of lines that each have their line end, in their order.
    ``write`` sets one key in such lines, in place, and leaves them alone where it holds already.
    ``value_of`` says what is in effect for a key after all settings of a file, None for nothing.

    Raises:
        ValueError: the file holds control characters that its readers disagree on, or what was
            asked contradicts itself or cannot be had in this file.
    """
    text = (data or b"").decode("ascii", "surrogateescape")
    unclear = _UNCLEAR.search(text)
    if unclear:
        line = text.count("\n", 0, unclear.start()) + 1
        raise ValueError(f"line {line} holds the control character {unclear.group()!r}")
    # Inside, each line has its end. A file without the final one stays without it.
    final = not text or text.endswith("\n")
    lines = _LINE.findall(text if final else text + _line_end(_LINE.findall(text)))
    before = read(lines)
    # Removals first: what a line to come must outdo is then only what stays.
    for key, value in sorted(changes.items(), key=lambda change: change[1] is not None):
        write(lines, key, value)
    after = read(lines)
    if _others(before, changes) != _others(after, changes):
        raise ValueError("the edit would change settings that were not named")
    for key, value in changes.items():
        if value_of(after, key) != value:
            raise ValueError(f"{key!r} would not be {value!r} in the edited file")
    if data is None and lines:
        lines[:0] = [f"# {literal(line)}".rstrip() + "\n" for line in header.splitlines()]
    text = "".join(lines)
    if not final:
        text = text.removesuffix("\n").removesuffix("\r")
    return text.encode("ascii", "surrogateescape")


def insert(lines: list[str], at: int, *texts: str) -> None:
    """Insert lines, given without line ends, so that the first becomes ``lines[at]``."""
    lines[at:at] = [text + _line_end(lines) for text in texts]


def drop(lines: list[str], entries: Sequence[Entry]) -> None:
    """Delete the lines of some entries, given in their order."""
    for entry in reversed(entries):
        del lines[entry.start : entry.end]


def _line_end(lines: Sequence[str]) -> str:
    return "\r\n" if lines and lines[0].endswith("\r\n") else "\n"


def _others(
    entries: Sequence[Entry], changes: Mapping[Any, object]
) -> list[tuple[Any, str | None]]:
    return [(entry.key, entry.value) for entry in entries if entry.key not in changes]
