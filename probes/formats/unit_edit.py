"""systemd unit files and drop-ins, edited without touching anything else, systemd.syntax(7).

`probes.formats.systemd_show` reads them; here is added where its assignments end, and what of the
syntax it does not tell apart. As systemd 252 does (``config_parse()`` in
``src/shared/conf-parser.c``): only a backslash that is the very last character of a line and not
itself escaped joins the next line; the end of the file ends a line that waits for more; a UTF-8
byte order mark is skipped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from probes.formats.line_edit import Entry, drop, edit, insert, literal
from probes.formats.systemd_show import parse_unit_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Key: TypeAlias = tuple[str, str]

_MARK = literal("\ufeff")
_NOT_JOINED = re.compile(r"(\\[ \t]+|(?<!\\)(?:\\\\)+)(?=\r?\n)")
_ASSIGNED = re.compile(r"[^=\\]*=[ \t]*")


def edit_unit(
    data: bytes | None,
    changes: Mapping[tuple[str, str], tuple[str, ...] | None],
    *,
    header: str = "",
) -> bytes:
    r"""A unit file or drop-in in which each setting has exactly the lines asked for.

    Settings are as ``("Service", "LimitNOFILE")``, values as the texts of its lines in their
    order: ``("", "/usr/bin/dockerd")`` resets a list and adds to it. None or ``()`` removes. All
    lines of a setting, with the lines they go on in and in all parts of its section, give way to
    the new ones at the place of the first; where they say the same already, nothing changes. A
    new setting goes below the last one of its section, a new section to the end. ``data`` is None
    for a file that is not there, and ``header`` the text for its top, without ``#``.

    Raises:
        ValueError: a setting or value cannot be written in this format (line breaks, a backslash
            at the end, blanks around it), or the file cannot be edited: it holds control
            characters, or a line without ``=`` that swallows the section's header.

    >>> edit_unit(b"[Service]\nLimitNOFILE=infinity\n", {("Service", "LimitNOFILE"): ("1024",)})
    b'[Service]\nLimitNOFILE=1024\n'
    """
    wanted: dict[_Key, tuple[str, ...] | None] = {}
    for (section, name), values in changes.items():
        key = literal(section), literal(name)
        texts = tuple(map(literal, values or ()))
        for text in texts or ("",):
            lines = parse_unit_file(f"[{key[0]}]\n{key[1]}={text}\n", "")
            if not all(key) or [(d.section, d.key, d.value) for d in lines] != [(*key, text)]:
                raise ValueError(f"no line of a unit file says {section!r}, {name!r}, {text!r}")
        wanted[key] = texts or None
    return edit(data, wanted, header=header, read=_read, write=_write, value_of=_value_of)


def _plain(lines: Sequence[str]) -> list[str]:
    """The lines as `parse_unit_file` must see them, so that it joins those that systemd joins.

    A NUL, which no file that is edited holds, hides the backslashes that join nothing.
    """
    plain = [_NOT_JOINED.sub(lambda found: found[1] + "\0", line) for line in lines]
    plain[:1] = [line.removeprefix(_MARK) for line in plain[:1]]
    return plain


def _read(lines: Sequence[str]) -> list[Entry]:
    plain = _plain(lines)
    found = []
    # The empty line ends an assignment that the end of the file would leave open.
    for directive in parse_unit_file("".join(plain) + "\n", ""):
        start = directive.line - 1
        end = start + 1
        while end < len(plain) and not _complete(plain[start:end]):
            end += 1
        found.append(Entry((directive.section, directive.key), directive.value, start, end))
    return found


def _complete(lines: Sequence[str]) -> bool:
    """Whether an assignment ends within these lines that begin with it."""
    return bool(parse_unit_file("".join(lines), ""))


def _value_of(entries: Sequence[Entry], key: _Key) -> tuple[str, ...] | None:
    return tuple(entry.value or "" for entry in entries if entry.key == key) or None


def _write(lines: list[str], key: _Key, values: tuple[str, ...] | None) -> None:
    entries = _read(lines)
    own = [entry for entry in entries if entry.key == key]
    if values is None:
        drop(lines, own)
    elif not own:
        at = _end_of_section(lines, entries, key[0])
        insert(lines, at, *(f"{key[1]}={value}" for value in values))
    elif _value_of(own, key) != values:
        at = own[0].start
        assigned = _ASSIGNED.match(lines[at])
        style = assigned.group() if assigned else f"{key[1]}="
        drop(lines, own)
        insert(lines, at, *((style + value).rstrip() for value in values))


def _end_of_section(lines: list[str], entries: Sequence[Entry], section: str) -> int:
    """Where a new line of a section goes; a section that is not there is begun."""
    plain = _plain(lines)
    peers = [entry for entry in entries if entry.key[0] == section]
    if peers:
        last = peers[-1]
        # Below an assignment that still waits for more, a line would become part of it.
        return last.end if _complete(plain[last.start : last.end]) else last.start
    taken = {number for entry in entries for number in range(entry.start, entry.end)}
    heads = [n for n, line in enumerate(plain) if line.strip() == f"[{section}]"]
    heads = [number for number in heads if number not in taken]
    if heads:
        return heads[-1] + 1
    if lines and lines[-1].strip():
        insert(lines, len(lines), "")
    insert(lines, len(lines), f"[{section}]")
    return len(lines)
