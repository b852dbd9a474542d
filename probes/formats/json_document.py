"""JSON with positions, read as strictly and as loosely as Go's ``encoding/json`` reads it.

The engine reads daemon.json with Go's decoder, so a file is JSON for us exactly where it is JSON
for Go: no comments, no trailing commas, duplicate keys kept (the last one wins), lone surrogates
allowed, at most 10000 levels of nesting. Python's own ``json`` differs (``NaN``, a recursion
limit, its own BOM rule) and keeps no positions.

Sources: Go 1.24 and 1.27, ``encoding/json/scanner.go`` and ``encoding/json/jsontext/decode.go``;
the bytes before that, moby v23.0.18 and v28.5.2 ``daemon/config/config.go``
(``getConflictFreeConfiguration``), moby v20.10.24 for the reading without it.

Offsets count characters of the decoded text, from 0. Lines and columns count from 1; a line ends
at a line feed; a tab is one column.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["object", "array", "string", "number", "bool", "null"]

MAX_DEPTH = 10000
"""Objects and arrays that may stand inside each other (``maxNestingDepth`` of encoding/json)."""

# What bytes.TrimSpace of Go trims; str.strip() would also take U+001C to U+001F.
_GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_WHITESPACE = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER_PREFIX = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][+-]?)?")
_HEX4 = re.compile(r"[0-9A-Fa-f]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LONGEST_SMALL_NUMBER = 300
_READ_AHEAD = 4096  # the buffer of golang.org/x/text/transform, visible in the reported offset


class Position(NamedTuple):
    """A place in the text: 1-based line and 1-based column, in characters."""

    line: int
    column: int


class Node(NamedTuple):
    """One value.

    ``value`` is a tuple of `Member` for an object, a tuple of `Node` for an array, the decoded
    text of a string, the literal text of a number, a bool, or None. ``text[start:end]`` is its
    source.
    """

    kind: Kind
    value: Any
    start: int
    end: int


class Member(NamedTuple):
    """One ``"key": value`` of an object; ``text[key_start:key_end]`` is the quoted key."""

    key: str
    key_start: int
    key_end: int
    value: Node


class Document:
    """A decoded document: its text and its root value.

    ``root`` is None for a file without a value (empty, or white space only), which the engine
    takes for an empty object from 23.0 on.
    """

    __slots__ = ("_line_starts", "huge_number", "root", "text")

    def __init__(
        self, text: str, root: Node | None, huge_number: tuple[tuple[str, ...], Node] | None = None
    ) -> None:
        self.text = text
        self.root = root
        #: The first number outside the range of a float64 with the path to it, or None.
        self.huge_number = huge_number
        self._line_starts: list[int] | None = None

    def position(self, offset: int) -> Position:
        """Line and column of an offset; O(log n) after the first call."""
        if self._line_starts is None:
            self._line_starts = _line_starts(self.text)
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def source(self, node: Node) -> str:
        """The literal text of a value, as written."""
        return self.text[node.start : node.end]


class JsonDocumentError(ValueError):
    """The bytes are not a JSON document for Go.

    ``line`` and ``column`` say where. ``message`` is Go's own text up to Go 1.26, and
    ``message_v2`` the text of the decoder that became the default in Go 1.27.
    """

    def __init__(self, message: str, message_v2: str, position: Position) -> None:
        super().__init__(f"line {position.line}, column {position.column}: {message}")
        self.message = message
        self.message_v2 = message_v2
        self.line = position.line
        self.column = position.column


class JsonEncodingError(JsonDocumentError):
    """The bytes are not valid UTF-8 (and no byte order mark announces UTF-16)."""


class JsonSyntaxError(JsonDocumentError):
    """The text is not JSON. ``found`` is the character that was not expected, or "" at the end."""

    def __init__(self, message: str, message_v2: str, position: Position, found: str) -> None:
        super().__init__(message, message_v2, position)
        self.found = found


def decode(data: bytes, *, plain_stream: bool = False) -> Document:
    """Decode the bytes of a configuration file.

    ``plain_stream`` reads as engines up to 20.10 did: no byte order mark is understood, an empty
    file is an error, and whatever follows the first value is ignored.

    Raises:
        JsonEncodingError: the bytes are not text.
        JsonSyntaxError: the text is not JSON.
    """
    if plain_stream:
        # That decoder never checked UTF-8: bad bytes inside strings pass.
        return _Parser(data.decode("utf-8", "surrogateescape"), first_value_only=True).parse()
    text = _decode_text(data)
    stripped = text.rstrip(_GO_SPACE)
    start = len(stripped) - len(stripped.lstrip(_GO_SPACE))
    if start == len(stripped):
        return Document(text, None)
    return _Parser(text, start=start, end=len(stripped)).parse()


def _decode_text(data: bytes) -> str:
    """Bytes to text by byte order mark, else UTF-8 (moby, since 23.0)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_utf16(data)
    bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    try:
        return data[bom:].decode("utf-8")
    except UnicodeDecodeError as err:
        before = data[bom : bom + err.start].decode("utf-8")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        consumed = bom + (err.start // _READ_AHEAD + 1) * _READ_AHEAD
        message = (
            f"failed to decode configuration JSON at offset {min(len(data), consumed)}: "
            "encoding: invalid UTF-8"
        )
        raise JsonEncodingError(message, message, Position(line, column)) from None


def _decode_utf16(data: bytes) -> str:
    """UTF-16 with its mark; what is not a character becomes U+FFFD, as in x/text."""
    codec = "utf-16-le" if data.startswith(b"\xff\xfe") else "utf-16-be"
    odd = len(data) % 2
    body = data[2 : len(data) - odd].decode(codec, "surrogatepass")
    text = re.sub("[\ud800-\udfff]", "\ufffd", body)
    return text + "\ufffd" * odd


def _line_starts(text: str) -> list[int]:
    starts = [0]
    starts.extend(match.end() for match in re.finditer("\n", text))
    return starts


class _Parser:
    """One pass over the text, with a stack of its own instead of recursion."""

    __slots__ = ("_end", "_first_value_only", "_huge", "_start", "_text")

    def __init__(
        self, text: str, *, start: int = 0, end: int | None = None, first_value_only: bool = False
    ) -> None:
        self._text = text
        self._start = start
        self._end = len(text) if end is None else end
        self._first_value_only = first_value_only
        self._huge: tuple[int, Node] | None = None

    def parse(self) -> Document:  # noqa: PLR0915 - one loop, for speed
        text, end = self._text, self._end
        space, plain, number = _WHITESPACE.match, _PLAIN.match, _NUMBER.match
        items: list[Any] = []
        key: tuple[str, int, int] | None = None
        is_object = False
        opened = 0
        stack: list[tuple[list[Any], tuple[str, int, int] | None, bool, int]] = []
        pos = space(text, self._start).end()  # type: ignore[union-attr]
        node: Node | None
        while True:
            # A value starts at pos.
            char = text[pos] if pos < end else ""
            if char == '"':
                stop = plain(text, pos + 1).end()  # type: ignore[union-attr]
                if stop < end and text[stop] == '"':
                    node = Node("string", text[pos + 1 : stop], pos, stop + 1)
                    pos = stop + 1
                else:
                    string, stop = self._string(pos)
                    node = Node("string", string, pos, stop)
                    pos = stop
            elif char in {"{", "["} and char:
                if len(stack) >= MAX_DEPTH:
                    self._fail(pos, "exceeded max depth", alone="exceeded max depth")
                stack.append((items, key, is_object, opened))
                items, key, is_object, opened = [], None, char == "{", pos
                pos = space(text, pos + 1).end()  # type: ignore[union-attr]
                if pos < end and text[pos] == ("}" if is_object else "]"):
                    node = None
                else:
                    if is_object:
                        key, pos = self._key(pos)
                    continue
            else:
                match = number(text, pos, end)
                node = self._number(match, pos) if match else self._literal(pos, char)
                pos = node.end
            # A value has ended, or an empty container is about to.
            while True:
                if node is not None:
                    if not stack:
                        return self._finish(node, pos)
                    items.append(Member(*key, node) if key is not None else node)
                    pos = space(text, pos).end()  # type: ignore[union-attr]
                    char = text[pos] if pos < end else ""
                    if char == ",":
                        pos = space(text, pos + 1).end()  # type: ignore[union-attr]
                        if is_object:
                            key, pos = self._key(pos)
                        break
                    if char != ("}" if is_object else "]"):
                        where = (
                            "after object key:value pair" if is_object else "after array element"
                        )
                        self._fail(pos, where)
                pos += 1
                kind: Kind = "object" if is_object else "array"
                node = Node(kind, tuple(items), opened, pos)
                items, key, is_object, opened = stack.pop()

    def _finish(self, root: Node, pos: int) -> Document:
        rest = _WHITESPACE.match(self._text, pos)
        if rest and rest.end() < self._end and not self._first_value_only:
            self._fail(rest.end(), "after top-level value")
        huge = None
        if self._huge is not None:
            huge = (_path_to(root, self._huge[0]), self._huge[1])
        return Document(self._text, root, huge)

    def _key(self, pos: int) -> tuple[tuple[str, int, int], int]:
        """Read ``"key" :`` and the white space around it; pos then stands on the value."""
        text, end = self._text, self._end
        if pos >= end or text[pos] != '"':
            self._fail(pos, "looking for beginning of object key string")
        plain = _PLAIN.match(text, pos + 1)
        stop = plain.end() if plain else pos + 1
        if stop < end and text[stop] == '"':
            name, stop = text[pos + 1 : stop], stop + 1
        else:
            name, stop = self._string(pos)
        space = _WHITESPACE.match(text, stop)
        colon = space.end() if space else stop
        if colon >= end or text[colon] != ":":
            self._fail(colon, "after object key")
        space = _WHITESPACE.match(text, colon + 1)
        return (name, pos, stop), space.end() if space else colon + 1

    def _string(self, start: int) -> tuple[str, int]:
        """A string with escapes, or a broken one; returns its text and the offset behind it."""
        text, end = self._text, self._end
        parts: list[str] = []
        pos = start + 1
        while True:
            match = _PLAIN.match(text, pos, end)
            stop = match.end() if match else pos
            parts.append(text[pos:stop])
            if stop >= end:
                self._fail_at_end()
            char = text[stop]
            if char == '"':
                return _join_surrogates("".join(parts)), stop + 1
            if char != "\\":
                self._fail(stop, "in string literal", where_v2="in string")
            escape = text[stop + 1] if stop + 1 < end else ""
            if escape in _ESCAPES:
                parts.append(_ESCAPES[escape])
                pos = stop + 2
            elif escape == "u":
                digits = _HEX4.match(text, stop + 2, end)
                if not digits:
                    self._fail_hex(stop)
                parts.append(chr(int(digits.group(), 16)))
                pos = digits.end()
            else:
                what = text[stop : stop + 2].encode("utf-8", "surrogateescape")[:2]
                self._fail(
                    stop + 1, "in string escape code", alone=_bad_escape(what) if escape else None
                )

    def _fail_hex(self, start: int) -> NoReturn:
        text, end = self._text, self._end
        pos = start + 2
        while pos < min(end, start + 6) and text[pos] in "0123456789abcdefABCDEF":
            pos += 1
        what = text[start : min(end, start + 6)].encode("utf-8", "surrogateescape")[:6]
        self._fail(
            pos,
            "in \\u hexadecimal character escape",
            alone=_bad_escape(what) if pos < end else None,
        )

    def _number(self, match: re.Match[str], pos: int) -> Node:
        text, end = self._text, self._end
        stop = match.end()
        following = text[stop] if stop < end else ""
        node = Node("number", match.group(), pos, stop)
        if following and following in ".eE":
            prefix = _NUMBER_PREFIX.match(text, pos, end)
            bad = prefix.end() if prefix else stop
            if not (following == "." and "." in match.group()) and bad > stop:
                exponent = text[stop:bad].lstrip(".").lower().startswith("e")
                if following == "." and bad > stop + 1:
                    bad, exponent = stop + 1, False
                where = (
                    "in exponent of numeric literal"
                    if exponent
                    else "after decimal point in numeric literal"
                )
                self._fail(bad, where, where_v2="in numeric literal")
        # A literal this short is below 1e308 unless it has an exponent.
        literal = match.group()
        if (
            self._huge is None
            and (len(literal) > _LONGEST_SMALL_NUMBER or "e" in literal or "E" in literal)
            and float(literal) in {float("inf"), float("-inf")}
        ):
            self._huge = (pos, node)
        return node

    def _literal(self, pos: int, char: str) -> Node:
        text, end = self._text, self._end
        if char == "-":
            self._fail(pos + 1, "in numeric literal")
        word = {"t": "true", "f": "false", "n": "null"}.get(char)
        if word is None:
            self._fail(pos, "looking for beginning of value")
        for index, expected in enumerate(word):
            at = pos + index
            if at >= end or text[at] != expected:
                self._fail(at, f"in literal {word} (expecting '{expected}')")
        stop = pos + len(word)
        if word == "null":
            return Node("null", None, pos, stop)
        return Node("bool", word == "true", pos, stop)

    def _fail(
        self, offset: int, where: str, *, where_v2: str | None = None, alone: str | None = None
    ) -> NoReturn:
        """Raise for the character at offset. ``alone`` is a Go 1.27 text without a character."""
        if offset >= self._end:
            # Go up to 1.26 feeds its scanner a space at the end, and names that space.
            inside = where.startswith("in ") or "decimal point" in where
            first = f"invalid character ' ' {where}" if inside else None
            self._fail_at_end(first)
        char = self._text[offset]
        message = f"invalid character {_quote_first_byte(char)} {where}"
        message_v2 = alone or f"invalid character {quote_char(char)} {where_v2 or where}"
        position = Document(self._text, None).position(offset)
        raise JsonSyntaxError(message, message_v2, position, char)

    def _fail_at_end(self, message: str | None = None) -> NoReturn:
        if self._first_value_only:
            nothing = not self._text.strip(" \t\r\n")
            text = "EOF" if nothing else "unexpected EOF"
        else:
            text = "unexpected end of JSON input"
        position = Document(self._text, None).position(self._end)
        raise JsonSyntaxError(message or text, text, position, "")


def _join_surrogates(text: str) -> str:
    """Pairs of escaped surrogates to their character; a lone one to U+FFFD, as Go does."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _path_to(root: Node, offset: int) -> tuple[str, ...]:
    """Keys and indexes that lead to the value at an offset."""
    path: list[str] = []
    node = root
    while node.start != offset or node.kind in {"object", "array"}:
        if node.kind == "object":
            member = next(item for item in node.value if item.value.end > offset)
            path.append(member.key)
            node = member.value
        else:
            index = next(at for at, item in enumerate(node.value) if item.end > offset)
            path.append(str(index))
            node = node.value[index]
    return tuple(path)


def quote_char(char: str) -> str:
    """A character in single quotes, as Go's ``strconv.QuoteRune`` writes it."""
    if char == "'":
        return "'\\''"
    return "'" + "".join(_escaped(char, quote="'")) + "'"


def quote_text(text: str) -> str:
    """A text in double quotes, as Go's ``strconv.Quote`` writes it (``%q``)."""
    return '"' + "".join(_escaped(text, quote='"')) + '"'


def _escaped(text: str, *, quote: str) -> Iterator[str]:
    short = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    short.update({"\v": "\\v", "\\": "\\\\", quote: "\\" + quote})
    for char in text:
        code = ord(char)
        if char in short:
            yield short[char]
        elif char.isprintable():
            yield char
        elif "\udc80" <= char <= "\udcff":  # a byte that was not UTF-8
            yield f"\\x{code & 0xFF:02x}"
        elif char < " " or char == "\x7f":
            yield f"\\x{code:02x}"
        else:
            yield f"\\u{code:04x}" if char <= "\uffff" else f"\\U{code:08x}"


def _quote_first_byte(char: str) -> str:
    """The first byte of a character, shown as Go up to 1.26 shows it: as a Latin-1 character."""
    return quote_char(chr(char.encode("utf-8", "surrogateescape")[0]))


def _bad_escape(what: bytes) -> str:
    text = what.decode("utf-8", "surrogateescape")
    odd = any(not char.isprintable() or char in "` \ufffd" for char in text)
    return f"invalid escape sequence {quote_text(text) if odd else f'`{text}`'} in string"
