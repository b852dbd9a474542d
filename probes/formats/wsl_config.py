r""".wslconfig and wsl.conf: read as WSL reads them, edited without touching anything else.

One parser of WSL reads both files, in two dialects. In .wslconfig (`WSLCONFIG`, for the virtual
machine, opened by Windows) an invalid line is skipped. In /etc/wsl.conf (`WSL_CONF`, for one
distribution, opened by its Linux init) the first invalid line ends the reading.

- ``[section]`` and ``key = value``: names are a letter, then letters and digits, all ASCII, in
  any case. The first of several lines for a key decides, across all parts of a section.
- ``#`` starts a comment, after a value as well. Nothing else does.
- In a value, ``"`` is dropped and protects blanks and ``#``. ``\\ \" \b \n \t`` are the escapes;
  a backslash before a line end joins the next line. Any other backslash, and a quotation mark
  that is not closed, make the whole line invalid.
- A line ends at a line feed. A lone carriage return ends one too, but not a comment or an invalid
  line.
- A header that breaks off after its name leaves WSL with that name, cut or filled up with NUL to
  the length of the section before. So below ``[wsl2]``, ``[wsl2 ]`` changes nothing, and
  ``[experimental ]`` makes the section ``expe``, of which WSL knows no key.

Sources: microsoft/WSL (2026-08) ``src/shared/configfile/configfile.cpp`` (``ParseConfigFile``) and
``src/shared/inc/stringshared.h`` (``ParseMemorySize``); for the dialects
``src/windows/common/WslCoreConfig.cpp`` and ``src/linux/init/WslDistributionConfig.cpp``.

Lines and columns count from 1, columns in characters; here every CR LF, CR and LF ends a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from probes.formats.json_document import quote_char
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

WSLCONFIG, WSL_CONF = "wslconfig", "wsl.conf"
"""The dialects: an invalid line is skipped, or ends the reading."""

SECTION, ENTRY, INVALID = "section", "entry", "invalid"
"""Kinds of `Written`."""

_MARK = "\ufeff"
_ENCODINGS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MEANING = {"\\": "\\", '"': '"', "b": "\b", "n": "\n", "t": "\t", "\n": "", "\r": "", "\r\n": ""}
# Windows turns CR LF into LF before the parser sees it. On Linux the backslash takes only the CR
# away, and the LF ends the line.
_ESCAPE = {
    WSLCONFIG: re.compile(r'\\(\r\n|[\\"bnt\n\r])'),
    WSL_CONF: re.compile(r'\\([\\"bnt\n\r])'),
}
_WRITTEN = str.maketrans({"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t"})
_NEW_FILE = {WSLCONFIG: "\r\n", WSL_CONF: "\n"}

_MEMORY = re.compile(r"[ \t-\r]*([+-]?)([0-9]+)(?:([BKMGT])|([KMGT])B)?")
_UNITS = "BKMGT"
_MEMORY_END = 1 << 64
_ENOUGH = 25  # digits that are more than 64 bits, and few enough for int()


class Entry(NamedTuple):
    """One valid ``key = value``."""

    section: str
    """The section as WSL has it at this line, case as written; "" before the first header."""
    key: str
    """As written."""
    value: str
    """Without its quotes and escapes, as text.

    WSL cuts each character of .wslconfig to 8 bits, so what is not ASCII arrives damaged.
    """
    line: int
    """Where the key stands."""
    column: int
    counts: bool
    """False for a later line of the same section and key, and where reading had ended.

    WSL may know one setting under two sections (``wsl2.firewall``, ``experimental.firewall``);
    such pairs count as two here.
    """


class Problem(NamedTuple):
    """One invalid line: WSL takes nothing from it."""

    line: int
    column: int
    what: str
    """What is wrong at that place, as a clause: "expected '=' after the key, not ':'"."""


class WslConfig(NamedTuple):
    """A file in reading order. In wsl.conf the first problem is where reading ends."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


class Written(NamedTuple):
    """A header, a setting or an invalid line, as it stands in the file."""

    kind: str
    """SECTION, ENTRY or INVALID."""
    line: int
    """As in `Entry` and `Problem`; for a header where its bracket stands."""
    column: int
    header: int
    """The line of the last header before it, a broken one too; 0 where there is none."""
    text: str
    """The whole line, and those that a backslash joins to it."""
    value: str = ""
    """An entry's value with its quotes and escapes."""
    value_column: int = 0
    value_end: int | None = None
    """The first column behind the value; None where it goes on in another line."""


class WslEncodingError(ValueError):
    """The bytes are not text in an encoding that WSL understands."""


class WslUnreachable(ValueError):  # noqa: N818 - the file is at fault, not the call
    """WSL would not read what the edit would add, because of an invalid line before it.

    ``line`` says where, ``what`` what is wrong there, as in `Problem`.
    """

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line} hides what follows it: {what}")
        self.line = line
        self.what = what


class _Line(NamedTuple):
    """What WSL takes as one line: several lines of text where a value goes on."""

    kind: str
    """blank, comment, section, entry or invalid."""
    start: int
    stop: int
    """Before the line end."""
    end: int
    section: str
    """The section after this line."""
    at: int = 0
    """The key; or what is wrong."""
    key: str = ""
    value: str = ""
    value_start: int = 0
    value_stop: int = 0
    what: str = ""


class _Change(NamedTuple):
    section: str
    key: str
    value: str | None


_Name = tuple[str, str]


def parse_wsl(data: bytes, dialect: str) -> WslConfig:
    r"""Read a file as WSL reads it.

    >>> config = parse_wsl(b"[wsl2]\nmemory = 8GB # why\n; swap\nMemory=1GB\n", WSLCONFIG)
    >>> [(e.section, e.key, e.value, e.line, e.column, e.counts) for e in config.entries]
    [('wsl2', 'memory', '8GB', 2, 1, True), ('wsl2', 'Memory', '1GB', 4, 1, False)]
    >>> config.problems
    (Problem(line=3, column=1, what="expected a key, '[' or '#', not ';'"),)

    Raises:
        WslEncodingError: the bytes are UTF-16 without its mark, or no text.
    """
    text, _ = _decode(data, dialect)
    lines = list(_lines(text, dialect))
    deciding = _deciding(lines, dialect)
    starts = _starts(text, dialect)
    entries = (
        Entry(
            line.section,
            line.key,
            line.value,
            *_position(starts, line.at),
            deciding.get(_name(line)) == index,
        )
        for index, line in enumerate(lines)
        if line.kind == "entry"
    )
    problems = (
        Problem(*_position(starts, line.at), line.what) for line in lines if line.kind == "invalid"
    )
    return WslConfig(tuple(entries), tuple(problems))


def written(data: bytes, dialect: str) -> tuple[Written, ...]:
    r"""How the lines that `parse_wsl` tells of are written, and the headers, in reading order.

    >>> [(w.kind, w.line, w.header, w.value) for w in written(b'[wsl2]\nswap="0" # no\n', WSLCONFIG)]
    [('section', 1, 0, ''), ('entry', 2, 1, '"0"')]

    Raises:
        WslEncodingError: as `parse_wsl`.
    """
    text, _ = _decode(data, dialect)
    starts = _starts(text, dialect)
    found: list[Written] = []
    header = 0
    for line in _lines(text, dialect):
        if line.kind not in {SECTION, ENTRY, INVALID}:
            continue
        at = _past_blanks(text, line.start) if line.kind == SECTION else line.at
        number, column = _position(starts, at)
        first, value_column = _position(starts, line.value_start or at)
        last, value_end = _position(starts, line.value_stop or at)
        found.append(
            Written(
                line.kind,
                number,
                column,
                header,
                text[line.start : line.stop],
                text[line.value_start : line.value_stop],
                value_column,
                value_end if first == last else None,
            )
        )
        if text.startswith("[", _past_blanks(text, line.start)):
            header = number
    return tuple(found)


def effective(config: WslConfig) -> dict[str, str]:
    r"""What counts: "section.key" in lower case to its value; ".key" before the first header.

    >>> effective(parse_wsl(b"[boot]\nSystemd=true\nsystemd=false\n", WSL_CONF))
    {'boot.systemd': 'true'}
    """
    return {
        f"{entry.section}.{entry.key}".lower(): entry.value
        for entry in config.entries
        if entry.counts
    }


def edit_wsl(
    data: bytes | None, changes: Mapping[tuple[str, str], str | None], dialect: str
) -> bytes:
    r"""The file with some keys set (text) or removed (None), every other byte as it was.

    ``changes`` maps (section, key) to the value that WSL shall read; names compare in any case,
    and are written as given where they are new. ``data`` is None for a file that does not exist;
    a new .wslconfig has CR LF, a new wsl.conf LF.

    - A line that counts and has the value already stays as it is; else its value is replaced.
    - A new key goes below the last line of its section that WSL reads, in the spacing and line
      end most used; a new section goes to the end of the file, behind an empty line.
    - A key is removed with all its lines, continued ones whole; invalid lines stay. The key of a
      line before the first header is ("", key), and can only be removed.

    >>> edit_wsl(b"[wsl2]\nmemory = 8 # GB\n", {("wsl2", "memory"): "8GB"}, WSLCONFIG)
    b'[wsl2]\nmemory = 8GB # GB\n'
    >>> edit_wsl(None, {("wsl2", "kernel"): "C:\\k", ("wsl2", "swap"): "0"}, WSLCONFIG)
    b'[wsl2]\r\nkernel=C:\\\\k\r\nswap=0\r\n'

    Raises:
        WslEncodingError: as `parse_wsl`.
        WslUnreachable: WSL would not read the new section at the end of the file.
        ValueError: a name is none for WSL or is given twice, or a value is one that WSL cannot
            read back: line breaks, other control characters, and in .wslconfig what is not ASCII.
        RuntimeError: the result would differ in more than was asked for (a fault of this module).
    """
    text, codec = _decode(data or b"", dialect)
    lines = list(_lines(text, dialect))
    wanted = _wanted(changes)
    deciding = _deciding(lines, dialect)
    newline = _newline(text, lines, dialect)
    below, sections = _additions(text, lines, wanted, dialect)

    output: list[tuple[str, str]] = []
    for index, line in enumerate(lines):
        body: str | None = text[line.start : line.stop]
        if line.kind == "entry" and (change := wanted.get(_name(line))):
            if change.value is None:
                body = None
            elif deciding.get(_name(line)) == index and change.value != line.value:
                body = _replaced(text, line, change.value, dialect)
        if body is not None:
            output.append((body, text[line.stop : line.end]))
        output += [(new, newline) for new in below.get(index, ())]
    for bodies in sections:
        if output and output[-1][0].strip(" \t"):
            output.append(("", newline))
        output += [(new, newline) for new in bodies]

    ended = not lines or lines[-1].end > lines[-1].stop
    result = text[: _first(text, dialect)] + _joined(output, newline, ended=ended)
    edited = result.encode(*codec)
    _check(text, lines, _decode(edited, dialect)[0], wanted, dialect)
    return edited


def parse_memory(text: str) -> int | None:
    """Bytes of a size as WSL reads ``memory``, ``swap`` and the like; None where it is invalid.

    A whole number, with B, K, KB and so on up to TB in upper case and without a blank before it.
    It is read by C's strtoull(3): blanks and a sign before it pass, and 64 bits wrap around. A
    zero has one digit.

    >>> parse_memory("8GB"), parse_memory("8"), parse_memory("0")
    (8589934592, 8, 0)
    >>> [parse_memory(text) for text in ("8gb", "8 GB", "8GiB", "0.5GB", "50%", "")]
    [None, None, None, None, None, None]
    """
    match = _MEMORY.fullmatch(text)
    if not match:
        return None
    sign, digits, *units = match.groups()
    number = int(digits.lstrip("0")[:_ENOUGH] or "0")
    if number == 0 and (sign or digits != "0" or not text.startswith("0")):
        return None
    if number >= _MEMORY_END:
        number = _MEMORY_END - 1
    elif sign == "-":
        number = _MEMORY_END - number
    unit = next(filter(None, units), "B")
    return (number << 10 * _UNITS.index(unit)) % _MEMORY_END


def format_memory(size: int) -> str:
    """A size of ``size`` bytes for WSL, exact: in the largest unit up to GB that divides it.

    >>> format_memory(8 << 30), format_memory(1536 << 20), format_memory(1000), format_memory(0)
    ('8GB', '1536MB', '1000B', '0')

    Raises:
        ValueError: the size is negative or needs more than 64 bits.
    """
    if not 0 <= size < _MEMORY_END:
        raise ValueError(f"{size} bytes is no size for WSL")
    if size == 0:
        return "0"
    # MB and GB are the units of Microsoft's page on .wslconfig; TB is for the parser alone.
    unit = next(power for power in (3, 2, 1, 0) if size % (1 << 10 * power) == 0)
    return f"{size >> 10 * unit}{('B', 'KB', 'MB', 'GB')[unit]}"


def _decode(data: bytes, dialect: str) -> tuple[str, tuple[str, str]]:
    """The text with its byte order mark, and the codec and error handler that give it back."""
    name = next((name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "utf-8")
    codec = (name, "surrogateescape" if name == "utf-8" else "surrogatepass")
    try:
        text = data.decode(*codec)
    except UnicodeDecodeError:
        raise WslEncodingError("the file ends in the middle of a UTF-16 character") from None
    if "\0" in text:
        raise WslEncodingError("there is a NUL: binary, or UTF-16 without a byte order mark")
    if dialect == WSLCONFIG and "\x1a" in text:
        # fopen() of the Microsoft C runtime: in text mode, CTRL+Z is the end of the file.
        raise WslEncodingError("there is a Ctrl-Z, at which Windows stops reading")
    return text, codec


def _starts(text: str, dialect: str) -> list[int]:
    return [_first(text, dialect), *(end.end() for end in _LINE_END.finditer(text))]


def _position(starts: Sequence[int], offset: int) -> tuple[int, int]:
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def _first(text: str, dialect: str) -> int:
    # Windows takes the mark away; Linux does not, and WSL then finds it where a key should start.
    return 1 if dialect == WSLCONFIG and text.startswith(_MARK) else 0


def _lines(text: str, dialect: str) -> Iterator[_Line]:
    """The text in pieces that follow each other without a gap."""
    section, pos = "", _first(text, dialect)
    while pos < len(text):
        line = _line(text, pos, section, dialect)
        yield line
        section, pos = line.section, line.end


def _line(text: str, start: int, section: str, dialect: str) -> _Line:
    at = _past_blanks(text, start)
    if _is_end(text, at):
        kind = "comment" if text.startswith("#", at) else "blank"
        return _Line(kind, start, *_end(text, at), section)
    if text[at] == "[":
        return _header(text, start, at, section)
    name = _NAME.match(text, at)
    if not name:
        return _invalid(text, start, at, section, "expected a key, '[' or '#'")
    equals = _past_blanks(text, name.end())
    if not text.startswith("=", equals):
        return _invalid(text, start, equals, section, "expected '=' after the key")
    return _entry(text, start, name, equals, section=section, dialect=dialect)


def _header(text: str, start: int, bracket: int, section: str) -> _Line:
    name = _NAME.match(text, bracket + 1)
    if not name:
        return _invalid(text, start, bracket + 1, section, "expected a letter after '['")
    # The parser has overwritten the old name, but goes on with its length.
    mixed = name[0][: len(section)].ljust(len(section), "\0")
    if not text.startswith("]", name.end()):
        return _invalid(text, start, name.end(), mixed, "expected ']' after the section's name")
    at = _past_blanks(text, name.end() + 1)
    if not _is_end(text, at):
        return _invalid(text, start, at, mixed, "expected the end of the line after ']'")
    return _Line("section", start, *_end(text, at), name[0])


def _entry(
    text: str, start: int, name: re.Match[str], equals: int, *, section: str, dialect: str
) -> _Line:
    pos = value_start = value_stop = _past_blanks(text, equals + 1)
    value, kept = "", 0
    quote: int | None = None
    while not _is_end(text, pos) or (quote is not None and text.startswith("#", pos)):
        char, step = text[pos], 1
        if char == '"':
            quote = pos if quote is None else None
        elif char == "\\":
            escape = _ESCAPE[dialect].match(text, pos)
            if not escape:
                what = 'expected one of \\ " b n t after a backslash'
                return _invalid(text, start, pos + 1, section, what)
            value += _MEANING[escape[1]]
            step = len(escape[0])
        else:
            value += char
        pos += step
        if char not in " \t":
            kept, value_stop = len(value), pos
    if quote is not None:
        what = "this quotation mark is not closed"
        return _Line("invalid", start, *_end_at_feed(text, pos), section, quote, what=what)
    value = value[:kept]
    return _Line(
        "entry",
        start,
        *_end(text, pos),
        section,
        name.start(),
        name[0],
        value,
        value_start,
        value_stop,
    )


def _invalid(text: str, start: int, at: int, section: str, expected: str) -> _Line:
    if at == len(text):
        found = "the end of the file"
    else:
        found = "the end of the line" if text[at] in "\r\n" else quote_char(text[at])
    what = f"{expected}, not {found}"
    return _Line("invalid", start, *_end_at_feed(text, at), section, at, what=what)


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _is_end(text: str, at: int) -> bool:
    return at == len(text) or text[at] in "\r\n#"


def _end(text: str, at: int) -> tuple[int, int]:
    """Where the line stops that has only a comment or nothing left, and where its end is over."""
    if text.startswith("#", at):
        return _end_at_feed(text, at)
    end = _LINE_END.match(text, at)
    return at, end.end() if end else at


def _end_at_feed(text: str, at: int) -> tuple[int, int]:
    feed = text.find("\n", at)
    if feed < 0:
        return len(text), len(text)
    return feed - text.endswith("\r", at, feed), feed + 1


def _name(line: _Line | _Change) -> _Name:
    return line.section.lower(), line.key.lower()


def _read(lines: Sequence[_Line], dialect: str) -> Sequence[_Line]:
    """The lines before the one that ends the reading."""
    if dialect == WSL_CONF:
        for index, line in enumerate(lines):
            if line.kind == "invalid":
                return lines[:index]
    return lines


def _deciding(lines: Sequence[_Line], dialect: str) -> dict[_Name, int]:
    """Which line decides over each key: the first, if it is read."""
    deciding: dict[_Name, int] = {}
    for index, line in enumerate(_read(lines, dialect)):
        if line.kind == "entry":
            deciding.setdefault(_name(line), index)
    return deciding


def _wanted(changes: Mapping[tuple[str, str], str | None]) -> dict[_Name, _Change]:
    wanted: dict[_Name, _Change] = {}
    for (section, key), value in changes.items():
        change = _Change(section, key, value)
        if value is not None and not (_NAME.fullmatch(section) and _NAME.fullmatch(key)):
            raise ValueError(f"WSL reads no key called {section}.{key}")
        if _name(change) in wanted:
            raise ValueError(f"{section}.{key} is given twice")
        wanted[_name(change)] = change
    return wanted


def _additions(
    text: str, lines: Sequence[_Line], wanted: Mapping[_Name, _Change], dialect: str
) -> tuple[dict[int, list[str]], list[list[str]]]:
    """New lines by the index of the line they go below, and whole new sections."""
    read, deciding = _read(lines, dialect), _deciding(lines, dialect)
    last = {
        line.section.lower(): index
        for index, line in enumerate(read)
        if line.kind in {"section", "entry"}
    }
    below: dict[int, list[str]] = {}
    sections: dict[str, list[str]] = {}
    for name, change in wanted.items():
        if change.value is None or name in deciding:
            continue
        section = name[0]
        indent, equals = _spacing(text, lines, section)
        body = f"{indent}{change.key}{equals}{_written(change.value, dialect)}"
        if section in last:
            below.setdefault(last[section], []).append(body)
        else:
            sections.setdefault(section, [f"[{change.section}]"]).append(body)
    if sections and (hidden_by := _hides(text, lines, dialect)):
        line, _ = _position(_starts(text, dialect), hidden_by.at)
        raise WslUnreachable(line, hidden_by.what)
    return below, list(sections.values())


def _hides(text: str, lines: Sequence[_Line], dialect: str) -> _Line | None:
    """The invalid line behind which WSL would not find a new line at the end of the file."""
    read = _read(lines, dialect)
    if len(read) < len(lines):
        return lines[len(read)]
    # A backslash that ends the file would join to its line whatever comes after it.
    if text.endswith("\\") and lines[-1].at == len(text):
        return lines[-1]
    return None


def _spacing(text: str, lines: Sequence[_Line], section: str) -> tuple[str, str]:
    """The indent, and the equals sign with its blanks, as most lines of the section have them."""
    entries = [line for line in lines if line.kind == "entry"]
    entries = [line for line in entries if line.section.lower() == section] or entries
    styles = Counter(
        (text[line.start : line.at], text[line.at + len(line.key) : line.value_start])
        for line in entries
    )
    return max(styles, key=styles.__getitem__, default=("", "="))


def _newline(text: str, lines: Iterable[_Line], dialect: str) -> str:
    """The line end most used; a lone CR is none to write, as it ends no comment."""
    ends = Counter(text[line.stop : line.end] for line in lines)
    return max(("\n", "\r\n"), key=lambda end: (ends[end], end == _NEW_FILE[dialect]))


def _written(value: str, dialect: str) -> str:
    """A value in the spelling that WSL reads back as that value."""
    for char in value:
        control = (char < " " and char not in "\b\t") or char == "\x7f"
        if control or (dialect == WSLCONFIG and char > "\x7f"):
            raise ValueError(f"WSL cannot read {quote_char(char)} in a value")
    spelling = value.translate(_WRITTEN)
    return f'"{spelling}"' if "#" in spelling or spelling != spelling.strip(" ") else spelling


def _replaced(text: str, line: _Line, value: str, dialect: str) -> str:
    spelling = _written(value, dialect)
    before, after = text[line.start : line.value_start], text[line.value_stop : line.stop]
    # Where there was no value, its place is right before the comment.
    empty = line.value_start == line.value_stop
    gap = " " if empty and after.startswith("#") else ""
    return f"{before}{spelling}{gap}{after}"


def _joined(lines: Sequence[tuple[str, str]], newline: str, *, ended: bool) -> str:
    """The lines as a text, each but the last with a line end; ``ended``: the last one, too."""
    result = ""
    for index, (body, end) in enumerate(lines, start=1):
        # A CR must not merge with a line feed that did not stand behind it: see the escapes.
        if index < len(lines):
            stop = end or ("\r\n" if body.endswith("\r") else newline)
        else:
            stop = end if ended or not body else ""
        apart = "\n" if result.endswith("\r") and (body + stop).startswith("\n") else ""
        result += apart + body + stop
    return result


def _check(
    text: str, lines: Sequence[_Line], result: str, wanted: Mapping[_Name, _Change], dialect: str
) -> None:
    """Read the result again: the settings are as wanted, and all other lines as they were."""
    after = list(_lines(result, dialect))

    def settings(lines: Sequence[_Line]) -> dict[_Name, str]:
        return {name: lines[index].value for name, index in _deciding(lines, dialect).items()}

    def others(text: str, lines: Sequence[_Line]) -> list[str]:
        deciding = _deciding(lines, dialect)
        return [
            text[line.start : line.stop].rstrip("\r\n")
            for index, line in enumerate(lines)
            if line.kind != "entry"
            or (change := wanted.get(_name(line))) is None
            or (change.value is not None and deciding.get(_name(line)) != index)
        ]

    expected = {name: value for name, value in settings(lines).items() if name not in wanted}
    expected |= {name: c.value for name, c in wanted.items() if c.value is not None}
    old, new = others(text, lines), others(result, after)
    added = {"", *(f"[{change.section}]" for change in wanted.values())}
    if (
        settings(after) != expected
        or new[: len(old)] != old
        or not added.issuperset(new[len(old) :])
    ):
        raise RuntimeError("the edit would change more of the file than was asked for")
