"""limits.conf(5) and files of limits.d, edited without touching anything else.

As pam_limits reads them (``parse_config_file()`` in Linux-PAM's
``modules/pam_limits/pam_limits.c``): ``#`` starts a comment anywhere, four fields make a limit,
what follows them is ignored, type and item are compared without case, and of several lines for
one domain the last one decides. A line with the type ``-`` counts for both ``soft`` and ``hard``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from probes.formats.line_edit import Entry, drop, edit, insert, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Key: TypeAlias = tuple[str, str, str]

_LINE = re.compile(r"(\s*([^\s#]+)\s+([^\s#]+)\s+([^\s#]+)\s+)([^\s#]+)")
_PARTS = {"soft": ("soft",), "hard": ("hard",), "-": ("soft", "hard")}


def edit_limits(
    data: bytes | None, changes: Mapping[tuple[str, str, str], str | None], *, header: str = ""
) -> bytes:
    r"""A file of limits in which each ``(domain, type, item)`` has its value, None for no line.

    Of the lines for a limit the last one gets the new value and keeps everything else. Where a
    line below would still override it (``-`` after ``soft``, or ``soft`` after ``-``), it moves to
    the end, where new lines go. ``data`` is None for a file that is not there, and ``header`` the
    text for its top, without ``#``.

    Raises:
        ValueError: a field cannot be written in this format (blanks, line breaks, ``#``, empty),
            the type is none of soft, hard and ``-``, a limit is given in two spellings, what is
            asked for ``-`` and for soft or hard of one item differs, or the file holds control
            characters.

    >>> edit_limits(b"*  soft  nofile  1024  # low\n", {("*", "soft", "nofile"): "65536"})
    b'*  soft  nofile  65536  # low\n'
    """
    wanted: dict[_Key, str | None] = {}
    for (domain, kind, item), value in changes.items():
        key = literal(domain), literal(kind).lower(), literal(item).lower()
        text = None if value is None else literal(value)
        # Any value will do to see whether the rest can be written.
        fields = (*key, "0" if text is None else text)
        line = _LINE.fullmatch(" ".join(fields))
        if not line or line.group(2, 3, 4, 5) != fields or key[1] not in _PARTS:
            raise ValueError(f"no line of limits.conf(5) says {(domain, kind, item)!r}, {value!r}")
        if key in wanted:
            raise ValueError(f"{(domain, kind, item)!r} is given twice")
        wanted[key] = text
    return edit(data, wanted, header=header, read=_read, write=_write, value_of=_value_of)


def _read(lines: Sequence[str]) -> list[Entry]:
    found = []
    for number, line in enumerate(lines):
        limit = _LINE.match(line)
        if limit:
            key = limit[2], limit[3].lower(), limit[4].lower()
            found.append(Entry(key, limit[5], number, number + 1))
    return found


def _value_of(entries: Sequence[Entry], key: _Key) -> str | None:
    """What the lines for a limit say, if it decides for its domain; "" if it does not."""
    own = [entry.value for entry in entries if entry.key == key]
    if not own:
        return None
    domain, kind, item = key
    decided = {
        part: entry.value
        for entry in entries
        if (entry.key[0], entry.key[2]) == (domain, item)
        for part in _PARTS.get(entry.key[1], ())
    }
    return own[-1] if {decided[part] for part in _PARTS[kind]} == {own[-1]} else ""


def _write(lines: list[str], key: _Key, value: str | None) -> None:
    entries = _read(lines)
    own = [entry for entry in entries if entry.key == key]
    if value is None:
        drop(lines, own)
        return
    if _value_of(entries, key) == value:
        return
    if own:
        at = own[-1].start
        lines[at] = _LINE.sub(lambda limit: limit[1] + value, lines[at], count=1)
        if _value_of(_read(lines), key) == value:
            return
        del lines[at]
    domain, kind, item = key
    # The columns of the file that Linux-PAM ships.
    insert(lines, len(lines), f"{domain:<15} {kind:<7} {item:<15} {value}")
