"""modules-load.d(5) files, one name a line, edited without touching anything else.

A line is a name as a whole, without the blanks around it; ``#`` and ``;`` start a comment only at
its beginning. In names of kernel modules ``-`` and ``_`` are the same, modprobe(8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.line_edit import Entry, drop, edit, insert, literal

if TYPE_CHECKING:
    from collections.abc import Sequence


def edit_names(
    data: bytes | None, add: Sequence[str] = (), remove: Sequence[str] = (), *, header: str = ""
) -> bytes:
    r"""A list with each name of ``add`` and without any line for those of ``remove``.

    New names go to the end, in their order. ``data`` is None for a file that is not there, and
    ``header`` the text for its top, without ``#``.

    Raises:
        ValueError: a name cannot be written in this format (line breaks, blanks around it, empty,
            a comment), it is in both lists, or the file holds control characters.

    >>> edit_names(b"# containers\noverlay\n", ["overlay", "br_netfilter"])
    b'# containers\noverlay\nbr_netfilter\n'
    """
    spelled: dict[str, str] = {}
    for name in (*add, *remove):
        text = literal(name)
        entries = _read([text])
        if [entry.value for entry in entries] != [text]:
            raise ValueError(f"no line of modules-load.d(5) says {name!r}")
        spelled.setdefault(entries[0].key, text)
    wanted: dict[str, bool | None] = {_same(literal(name)): True for name in add}
    for name in remove:
        if wanted.setdefault(_same(literal(name)), None):
            raise ValueError(f"{name!r} is to be added and removed")

    def write(lines: list[str], key: str, value: bool | None) -> None:  # noqa: FBT001
        own = [entry for entry in _read(lines) if entry.key == key]
        if not value:
            drop(lines, own)
        elif not own:
            insert(lines, len(lines), spelled[key])

    return edit(data, wanted, header=header, read=_read, write=write, value_of=_value_of)


def _same(name: str) -> str:
    return name.replace("-", "_")


def _read(lines: Sequence[str]) -> list[Entry]:
    found = []
    for number, line in enumerate(lines):
        name = line.strip()
        if name and name[0] not in "#;":
            found.append(Entry(_same(name), name, number, number + 1))
    return found


def _value_of(entries: Sequence[Entry], key: str) -> bool | None:
    return any(entry.key == key for entry in entries) or None
