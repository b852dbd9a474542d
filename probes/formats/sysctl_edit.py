"""sysctl.d(5) files, edited without touching anything else.

Read by ``systemd-sysctl`` and by ``sysctl --system``; `probes.formats.sysctl_files` reads them as
these do. Of several lines for a key in one file the last one decides. A line ``-key`` without
``=`` keeps the key from globs, and to systemd also undoes the lines for it above
(``parse_line()`` in systemd's ``src/sysctl/sysctl.c``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.formats.line_edit import Entry, drop, edit, insert, literal
from probes.formats.sysctl_files import normal_key, parse_sysctl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ASSIGNMENT = re.compile(r"([^=]*=[ \t]*).*?([ \t]*\r?\n)")
_SWAP = str.maketrans("./", "/.")


def edit_sysctl(
    data: bytes | None, changes: Mapping[str, str | None], *, header: str = ""
) -> bytes:
    r"""A sysctl.d file in which each key has its value, None for no line with a value.

    Keys are as ``net.ipv4.ip_forward``, or with slashes. Of the lines for a key, in any spelling,
    the last one gets the new value and keeps everything else; a new line goes to the end, or
    below a line ``-key``. ``data`` is None for a file that is not there, and ``header`` the text
    for its top, without ``#``. Only one file is looked at: whether another one overrides it, and
    other names of the same setting, are the caller's matter.

    Raises:
        ValueError: a key or value cannot be written in this format (line breaks, blanks around
            it, ``=`` in a key), a key is given in two spellings, or the file holds control
            characters that its readers disagree on.

    >>> edit_sysctl(b"# CIS\n-net/ipv4/ip_forward=0 \n", {"net.ipv4.ip_forward": "1"})
    b'# CIS\n-net/ipv4/ip_forward=1 \n'
    >>> edit_sysctl(None, {"vm.max_map_count": "262144"}, header="Elasticsearch")
    b'# Elasticsearch\nvm.max_map_count = 262144\n'
    """
    wanted: dict[str, str | None] = {}
    for spelling, value in changes.items():
        key = normal_key(literal(spelling))
        text = None if value is None else literal(value)
        line = f"{literal(spelling)}={text or ''}"
        if [(read.key, read.value) for read in parse_sysctl(line, "")] != [(key, text or "")]:
            raise ValueError(f"no line of sysctl.d(5) says {spelling!r}, {value!r}")
        if key in wanted:
            raise ValueError(f"{spelling!r} is given twice")
        wanted[key] = text
    return edit(data, wanted, header=header, read=_read, write=_write, value_of=_value_of)


def _read(lines: Sequence[str]) -> list[Entry]:
    """Every line with a key; ``-key`` without a value has the value None."""
    found: list[Entry] = []
    for number, line in enumerate(lines):
        shield = line.lstrip().startswith("-") and "=" not in line
        found += [
            Entry(read.key, None if shield else read.value, number, number + 1)
            for read in parse_sysctl(line.rstrip() + "=" if shield else line, "")
        ]
    return found


def _value_of(entries: Sequence[Entry], key: str) -> str | None:
    own = [entry for entry in entries if entry.key == key]
    return own[-1].value if own else None


def _write(lines: list[str], key: str, value: str | None) -> None:
    own = [entry for entry in _read(lines) if entry.key == key]
    if value is None:
        drop(lines, [entry for entry in own if entry.value is not None])
    elif own and own[-1].value is not None:
        if own[-1].value != value:
            at = own[-1].start
            lines[at] = _ASSIGNMENT.sub(lambda found: found[1] + value + found[2], lines[at])
    else:
        at = own[-1].end if own else len(lines)
        insert(lines, at, f"{key.translate(_SWAP)} = {value}")
