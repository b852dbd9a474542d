"""Edits of a JSON file that leave every byte alone but those of the keys they are about.

A configuration file belongs to its administrator: order, indentation, line ends and byte order
mark stay, and what is added looks like what stands beside it. JSON is what Go's ``encoding/json``
takes for it (`probes.formats.json_document`); of a key that is there twice the last one counts.

`edit_json` sets and removes keys of a valid document. `repair_json` makes a valid document of one
with comments, trailing commas and their like.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from probes.formats.json_document import (
    Document,
    JsonDocumentError,
    JsonSyntaxError,
    Member,
    Node,
    decode,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

Pointer: TypeAlias = tuple[str, ...]
"""Keys from the root to a value: ``("log-opts", "max-size")``. Never an index of an array."""


class Removed:
    """The type of `REMOVED`, which stands for a key that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = Removed()
"""As a value to set: take the key out. As a value that was found: the key is not there."""


class EditError(RuntimeError):
    """The edited file does not read as it was asked to: a defect of this module."""


class RepairedAt(NamedTuple):
    """One repair, with its line and column in the file as it was, both from 1.

    ``what`` is a noun phrase: "a trailing comma", "a comment: // why". A missing comma is missed
    right behind the value before it.
    """

    line: int
    column: int
    what: str


class Repair(NamedTuple):
    """A repaired file, and what was repaired, first to last."""

    data: bytes
    changes: tuple[RepairedAt, ...]


class _Splice(NamedTuple):
    """``text[start:end]`` becomes ``new``."""

    start: int
    end: int
    new: str


class _Style(NamedTuple):
    """How a file is written, for what is added to it."""

    line_end: str
    unit: str
    """One step of indentation."""
    colon: str
    comma: str
    """Between two items on one line."""
    padding: dict[str, str]
    """Inside the brackets of an object or array on one line."""
    flat_arrays: bool
    """Short arrays of plain values stand on one line."""


_Made = TypeVar("_Made")

_LONGEST_FLAT = 100
_LINE_END = re.compile(r"\r\n|\r|\n")
# Blank lines, and blanks at the end of a line, before the line end that counts. A CRLF is one.
_LINE_ENDS = re.compile(r"[ \t]*(?:(?:\r\n|\r(?!\n)|\n)[ \t]*)*((?:\r\n|\r(?!\n)|\n)[ \t]*)")
_BLANKS = re.compile(r"[ \t]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTAINERS = frozenset({"object", "array"})


def value_at(data: bytes, pointer: Pointer) -> Any:  # noqa: ANN401 - any JSON
    """The value at a pointer in Python's own types, or `REMOVED` when it is not there.

    Of duplicate keys the last one counts. A file without a value has no keys. A number is an int
    when it is written as one, else a float.

    Raises:
        JsonDocumentError: the bytes are not JSON.

    >>> value_at(b'{"log-opts": {"max-file": "3"}, "debug": true}', ("log-opts", "max-file"))
    '3'
    >>> value_at(b'{"debug": true}', ("log-opts", "max-file"))
    REMOVED
    """
    node = decode(data).root
    for key in _as_read(pointer):
        at = _index(node, key) if node is not None else None
        node = node.value[at].value if node is not None and at is not None else None
    return REMOVED if node is None else _fold(node, _plain)


def edit_json(data: bytes | None, changes: Mapping[Pointer, Any]) -> bytes:
    r"""The file with each pointer's value set, or its key removed where the value is `REMOVED`.

    ``data`` is None for a file that does not exist. Parents that are missing are created. A
    removal takes every duplicate of the key, and leaves ``{}`` where it took the last member. A
    file without a value, and one that holds ``null``, are empty objects, as they are to Go. Where
    there is nothing to change the same bytes come back, none for a file that does not exist.

    Raises:
        JsonDocumentError: the bytes are not JSON.
        TypeError: a value has no form in JSON.
        ValueError: the document, or a parent of a key to set, is not an object; a pointer is empty
            or leads into another one; a number is not finite.

    >>> edit_json(b'{"debug": true}\n', {("log-driver",): "local", ("debug",): REMOVED})
    b'{"log-driver": "local"}\n'
    """
    original = b"" if data is None else data
    empty = edited = _with_object(original)
    expected = _root(decode(empty))
    # Removals come last, so that no object looks empty in between.
    for pointer, value in sorted(_checked(changes), key=lambda change: change[1] is REMOVED):
        if value is REMOVED:
            edited = _without(edited, pointer)
            expected = _expected_without(expected, pointer)
        else:
            edited = _with(edited, pointer, value)
            expected = _expected_with(expected, pointer, _root(_written(value)))
    if edited == empty:
        return original
    _verify(edited, expected)
    return edited


def repair_json(data: bytes) -> Repair:
    r"""The file as JSON, if it is JSON but for what a writer of JSON5, YAML or Python adds.

    Repaired are comments (``//``, ``/* */``, ``#``), commas before a closing bracket, commas
    missing between members on separate lines, and texts in single or curly quotes. Texts keep what
    they say. A file that is JSON comes back as it is.

    Raises:
        JsonDocumentError: as `decode` raised it, for a file that is broken in another way; what
            was meant by a file cut short or with two halves of a merge in it is a guess.

    >>> repair_json(b'{\n  // why\n  "debug": true,\n}\n')  # doctest: +NORMALIZE_WHITESPACE
    Repair(data=b'{\n  "debug": true\n}\n',
        changes=(RepairedAt(line=2, column=3, what='a comment: // why'),
            RepairedAt(line=3, column=16, what='a trailing comma')))
    """
    try:
        decode(data)
    except JsonSyntaxError as error:
        repair = _repaired(data)
        if repair is None:
            raise error from None
        return repair
    return Repair(data, ())


# Reading


def _root(document: Document) -> Node:
    if document.root is None:
        raise EditError("the document has no value")
    return document.root


def _index(node: Node, key: str) -> int | None:
    """Where in an object the member stands that counts: the last one of its key."""
    if node.kind != "object":
        return None
    members: Sequence[Member] = node.value
    return next((at for at in reversed(range(len(members))) if members[at].key == key), None)


def _written(value: Any) -> Document:  # noqa: ANN401 - any JSON
    """A Python value in compact JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    text = _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return decode(text.encode())


def _as_read(pointer: Pointer) -> Pointer:
    """A pointer with its keys as Go reads them back: a lone surrogate is U+FFFD."""
    return tuple(_root(_written(key)).value for key in pointer)


def _checked(changes: Mapping[Pointer, Any]) -> list[tuple[Pointer, Any]]:
    """The changes by pointer, none of which leads into another one."""
    checked = [
        (_as_read(pointer), REMOVED if isinstance(value, Removed) else value)
        for pointer, value in changes.items()
    ]
    if any(not pointer for pointer, _ in checked):
        raise ValueError("a pointer is empty")
    # Sorted, a pointer stands right before the first of those that lead into it.
    pointers = sorted(pointer for pointer, _ in checked)
    for outer, inner in pairwise(pointers):
        if inner[: len(outer)] == outer:
            raise ValueError(f"{_spelled(inner)} leads into {_spelled(outer)}")
    return checked


def _spelled(pointer: Pointer) -> str:
    """A pointer in the notation of RFC 6901."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in pointer)


def _children(node: Node) -> Sequence[Node]:
    if node.kind == "object":
        return [member.value for member in node.value]
    return node.value if node.kind == "array" else ()


def _fold(root: Node, make: Callable[[Node, list[_Made]], _Made]) -> _Made:
    """What ``make`` makes of a value and of what it made of the values inside, at any depth."""
    made: list[_Made] = []
    todo = [(root, False)]
    while todo:
        node, ready = todo.pop()
        children = _children(node)
        if children and not ready:
            todo.append((node, True))
            todo.extend((child, False) for child in reversed(children))
        else:
            first = len(made) - len(children)
            made[first:] = [make(node, made[first:])]
    return made[0]


def _plain(node: Node, inside: list[Any]) -> Any:  # noqa: ANN401 - any JSON
    if node.kind == "object":
        return dict(zip((member.key for member in node.value), inside, strict=True))
    if node.kind == "array":
        return inside
    return _number(node.value) if node.kind == "number" else node.value


def _number(literal: str) -> int | float:
    try:
        return int(literal)
    except ValueError:  # a fraction, an exponent, or more digits than Python converts
        return float(literal)


def _equal(left: Node, right: Node, *, exact: bool = False) -> bool:
    """Whether two values are equal as JSON: 1 is 1.0, and the order of members does not matter.

    ``exact`` tells these apart, and duplicates of a key too.
    """
    numbers: dict[Any, int] = {}

    def number(node: Node, inside: list[int]) -> int:
        """The same number for equal values: deep ones cannot be compared as such."""
        content: Any = tuple(inside)
        if node.kind == "object":
            pairs = tuple(zip((member.key for member in node.value), inside, strict=True))
            content = pairs if exact else frozenset(dict(pairs).items())
        elif node.kind == "number":
            content = node.value if exact else _number(node.value)
        elif node.kind != "array":
            content = node.value
        return numbers.setdefault((node.kind, content), len(numbers))

    return _fold(left, number) == _fold(right, number)


# What an edit must come to


def _expected_with(node: Node, pointer: Pointer, value: Node) -> Node:
    key, inside = pointer[0], pointer[1:]
    members = list(node.value)
    at = _index(node, key)
    if at is None:
        for missing in reversed(inside):
            value = Node("object", (Member(missing, 0, 0, value),), 0, 0)
        members.append(Member(key, 0, 0, value))
    else:
        old = members[at].value
        if inside:
            value = _expected_with(old, inside, value)
        elif _equal(old, value):
            value = old
        members[at] = members[at]._replace(value=value)
    return node._replace(value=tuple(members))


def _expected_without(node: Node, pointer: Pointer) -> Node:
    if node.kind != "object":
        return node
    key, inside = pointer[0], pointer[1:]
    return node._replace(
        value=tuple(
            member._replace(value=_expected_without(member.value, inside))
            if member.key == key
            else member
            for member in node.value
            if inside or member.key != key
        )
    )


def _verify(data: bytes, expected: Node) -> None:
    """Nothing but what was asked may have changed: no order, no duplicate, no digit."""
    try:
        same = _equal(_root(decode(data)), expected, exact=True)
    except JsonDocumentError as error:
        raise EditError(f"the edited file is not JSON: {error}") from error
    if not same:
        raise EditError("the edited file does not read as it was asked to")


# Edits of the text


def _encoding(data: bytes) -> tuple[int, str]:
    """The length of the byte order mark, and the codec of what follows it."""
    if data.startswith(b"\xff\xfe"):
        return 2, "utf-16-le"
    if data.startswith(b"\xfe\xff"):
        return 2, "utf-16-be"
    return 3 if data.startswith(b"\xef\xbb\xbf") else 0, "utf-8"


def _spliced(data: bytes, text: str, splices: Iterable[_Splice]) -> bytes:
    """The file with splices of its text. What is removed may overlap.

    The bytes between them are copied and not encoded anew: a lone surrogate of UTF-16 reads as
    U+FFFD, and must not become one.
    """
    mark, codec = _encoding(data)
    parts = [data[:mark]]
    done, at = 0, mark
    for start, end, new in sorted(splices):
        begin = max(start, done)
        stop = at + len(text[done:begin].encode(codec))
        parts += [data[at:stop], new.encode(codec)]
        done = max(end, begin)
        at = stop + len(text[begin:done].encode(codec))
    return b"".join([*parts, data[at:]])


def _with_object(data: bytes) -> bytes:
    """The file with ``{}`` in place of no value and of null."""
    document = decode(data)
    root = document.root
    if root is None:
        mark, codec = _encoding(data)
        return data[:mark] + "{}\n".encode(codec)
    if root.kind == "null":
        return _spliced(data, document.text, [_Splice(root.start, root.end, "{}")])
    if root.kind != "object":
        raise ValueError(f"the document is not an object but of kind {root.kind}")
    return data


def _with(data: bytes, pointer: Pointer, value: Any) -> bytes:  # noqa: ANN401 - any JSON
    document = decode(data)
    text, node = document.text, _root(document)
    parent: Node | None = None
    missing = pointer
    while missing:
        if node.kind != "object":
            place = _spelled(pointer[: -len(missing)])
            raise ValueError(
                f"{_spelled(pointer)}: {place} is not an object but of kind {node.kind}"
            )
        at = _index(node, missing[0])
        if at is None:
            break
        parent, node, missing = node, node.value[at].value, missing[1:]
    for key in reversed(missing):
        value = {key: value}
    wanted = _written(value)
    if not missing and _equal(node, _root(wanted)):
        return data
    style = _style(document, [node] if parent is None else [node, parent])
    if missing and node.value:
        splice = _appended(text, node, wanted, style)
    else:
        splice = _replaced(text, node, parent, wanted, style)
    return _spliced(data, text, [splice])


def _appended(text: str, node: Node, wanted: Document, style: _Style) -> _Splice:
    """The member of ``wanted`` behind the last one of an object."""
    first, *between = _gaps(text, node)
    broken = [_LINE_ENDS.sub(r"\1", gap) for gap in between if _LINE_END.search(gap)]
    if broken:
        gap = _most_common(broken[::-1])
    elif between:
        gap = between[-1]
    elif _LINE_END.search(first):
        gap = "," + _LINE_ENDS.sub(r"\1", first)
    else:
        gap = style.comma
    (member,) = _root(wanted).value
    key = wanted.text[member.key_start : member.key_end]
    value = _layout(member.value, wanted, style, _last_indentation(gap))
    end = node.value[-1].value.end
    return _Splice(end, end, gap + key + style.colon + value)


def _replaced(
    text: str, node: Node, parent: Node | None, wanted: Document, style: _Style
) -> _Splice:
    """The value of ``wanted`` in place of another one."""
    root = _root(wanted)
    flat = _layout(root, wanted, style, None)
    broken = _LINE_END.search(text, node.start, node.end) is not None
    beside = parent is not None and not any(map(_LINE_END.search, _gaps(text, parent)))
    was_flat = root.kind == node.kind and bool(node.value) and len(flat) <= _LONGEST_FLAT
    if not broken and (beside or was_flat):
        return _Splice(node.start, node.end, flat)
    indentation = _indentation(text, node.start)
    return _Splice(node.start, node.end, _layout(root, wanted, style, indentation))


def _layout(node: Node, wanted: Document, style: _Style, indentation: str | None) -> str:
    """A value in the style of the file, on one line where ``indentation`` is None."""
    if node.kind not in _CONTAINERS or not node.value:
        return wanted.source(node)
    if indentation is not None and node.kind == "array" and style.flat_arrays:
        flat = _layout(node, wanted, style, None)
        if len(flat) <= _LONGEST_FLAT and not any(map(_children, node.value)):
            return flat
    inner = None if indentation is None else indentation + style.unit
    items = [_layout(child, wanted, style, inner) for child in _children(node)]
    if node.kind == "object":
        keys = [wanted.text[member.key_start : member.key_end] for member in node.value]
        items = [key + style.colon + item for key, item in zip(keys, items, strict=True)]
    before = after = style.padding[node.kind]
    comma = style.comma
    if inner is not None:
        before, after = style.line_end + inner, f"{style.line_end}{indentation}"
        comma = "," + before
    opening, closing = "{}" if node.kind == "object" else "[]"
    return opening + before + comma.join(items) + after + closing


def _style(document: Document, near: Iterable[Node]) -> _Style:
    """The style of the first value that shows it, of those near the edit, then of the file."""
    text = document.text
    everything = _samples(text, _containers(_root(document)))
    everything["line end"] = _LINE_END.findall(text)
    samples = [*(_samples(text, [node]) for node in near), everything]

    def shown(trait: str, default: str) -> str:
        return next((_most_common(seen[trait]) for seen in samples if seen[trait]), default)

    colon = shown("colon", ": ")
    return _Style(
        line_end=shown("line end", "\n"),
        unit=shown("unit", "  "),
        colon=colon,
        comma=shown("comma", ", " if colon.endswith(" ") else ","),
        padding={kind: shown(f"{kind} padding", "") for kind in _CONTAINERS},
        flat_arrays=shown("plain array", "broken") == "flat",
    )


def _samples(text: str, nodes: Iterable[Node]) -> dict[str, list[str]]:
    """What objects and arrays show of the style they are written in, by trait."""
    seen: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        if node.kind not in _CONTAINERS or not node.value:
            continue
        gaps = _gaps(text, node)
        broken = [gap for gap in gaps if _LINE_END.search(gap)]
        if broken:
            seen["line end"] += [end for gap in broken for end in _LINE_END.findall(gap)]
            outer = _indentation(text, node.start)
            inner = _last_indentation(broken[0]) or ""
            if inner.startswith(outer):
                seen["unit"].append(inner.removeprefix(outer))
        else:
            seen[f"{node.kind} padding"].append(gaps[0])
            seen["comma"] += gaps[1:]
        if node.kind == "object":
            colons = [text[member.key_end : member.value.start] for member in node.value]
            seen["colon"] += [colon for colon in colons if not _LINE_END.search(colon)]
        elif not any(map(_children, node.value)):
            seen["plain array"].append("broken" if broken else "flat")
    return seen


def _containers(root: Node) -> Iterator[Node]:
    todo = [root]
    while todo:
        node = todo.pop()
        if node.kind in _CONTAINERS:
            yield node
            todo.extend(reversed(_children(node)))


def _most_common(samples: Sequence[str]) -> str:
    return Counter(samples).most_common(1)[0][0]


def _gaps(text: str, node: Node) -> list[str]:
    """What stands before each item of an object or array: white space and commas."""
    starts = [item.key_start if isinstance(item, Member) else item.start for item in node.value]
    ends = [node.start + 1, *(child.end for child in _children(node))]
    return [text[end:start] for end, start in zip(ends, starts, strict=False)]


def _indentation(text: str, offset: int) -> str:
    """The blanks at the beginning of the line of an offset."""
    return _blanks(text, _line_start(text, offset))


def _last_indentation(gap: str) -> str | None:
    """The blanks behind the last line end of a gap, or None where it has no line end."""
    start = _line_start(gap, len(gap))
    return _blanks(gap, start) if start else None


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _blanks(text: str, start: int) -> str:
    match = _BLANKS.match(text, start)
    return match.group() if match else ""


def _without(data: bytes, pointer: Pointer) -> bytes:
    while True:
        document = decode(data)
        place = _place(_root(document), pointer)
        if place is None:
            return data
        data = _spliced(data, document.text, _removed(document.text, *place))


def _place(node: Node, pointer: Pointer) -> tuple[Node, int] | None:
    """An object with a member of the pointer and its index, whichever duplicates lead there."""
    if node.kind != "object":
        return None
    for at, member in enumerate(node.value):
        if member.key == pointer[0]:
            place = _place(member.value, pointer[1:]) if pointer[1:] else (node, at)
            if place is not None:
                return place
    return None


def _removed(text: str, node: Node, at: int) -> list[_Splice]:
    """The cuts that take a member out, with the comma behind it or, for the last, before it."""
    members: Sequence[Member] = node.value
    if len(members) == 1:
        return [_Splice(node.start + 1, node.end - 1, "")]
    start, end = members[at].key_start, members[at].value.end
    commas = [text.index(",", member.value.end) for member in members[:-1]]
    if at == len(commas):
        comma = commas[-1]
        stretches = [(comma, comma + 1), (start, end)]
        if not _LINE_END.search(text, comma, start):
            stretches = [(comma, end)]
        # What follows the last member, it follows the one before: this undoes `_appended`.
        return [_Splice(_end_before(text, first), stop, "") for first, stop in stretches]
    comma = commas[at]
    if not _LINE_END.search(text, end, comma):
        return [_cut(text, start, comma + 1)]
    # Commas begin the lines, or stand on lines of their own.
    if at and not _LINE_END.search(text, commas[at - 1], start):
        return [_cut(text, commas[at - 1], end)]
    return [_cut(text, start, end), _cut(text, comma, comma + 1)]


def _end_before(text: str, start: int) -> int:
    """Where what stands before an offset ends: on its line, or else on the line before."""
    before = text[:start].rstrip(" \t")
    line_end = "\r\n" if before.endswith("\r\n") else before[-1:]
    if line_end in {"\r\n", "\r", "\n"}:
        before = before.removesuffix(line_end)
    return len(before.rstrip(" \t"))


def _cut(text: str, start: int, end: int, *, closed: bool = False) -> _Splice:
    """Removes a stretch with its line if it has one to itself, else with blanks beside it.

    ``closed`` says that a bracket follows: the blanks before that one stay.
    """
    line = _line_start(text, start)
    before = line + len(text[line:start].rstrip(" \t"))
    after = end + len(_blanks(text, end))
    line_end = _LINE_END.match(text, after)
    if before == line and line_end:
        return _Splice(before, line_end.end(), "")
    if line_end or after == len(text):
        return _Splice(before, after, "")
    return _Splice(before, end, "") if closed else _Splice(start, after, "")


# Repairs


class _Token(NamedTuple):
    """A piece of the text: the group of `_TOKEN` that took it, or the mark itself."""

    kind: str
    start: int
    end: int


# Curly quotes as they are typed in any language, the low ones of German too.
_TOKEN = re.compile(
    r"""
    (?P<blank> [ \t\r\n]+ )
    | (?P<comment> //[^\r\n]* | \#[^\r\n]* | /\*[\s\S]*?\*/ )
    | (?P<string> " [^"\\\x00-\x1f]* (?: \\. [^"\\\x00-\x1f]* )* " )
    | (?P<single> ' [^'\\\x00-\x1f]* (?: \\. [^'\\\x00-\x1f]* )* ' )
    | (?P<curly>
        [\u201c-\u201f] [^"\u201c-\u201f\\\x00-\x1f]* (?: \\. [^"\u201c-\u201f\\\x00-\x1f]* )*
        [\u201c-\u201f]
        | [\u2018-\u201b] [^"\u2018-\u201b\\\x00-\x1f]* (?: \\. [^"\u2018-\u201b\\\x00-\x1f]* )*
        [\u2018-\u201b]
    )
    | (?P<mark> [][{}:,] )
    | (?P<word> [-+.0-9A-Za-z]+ )
    """,
    re.VERBOSE,
)
_STRINGS = {
    "string": "",
    "single": "a text in single quotes",
    "curly": "a text in curly quotes",
}
_VALUE_ENDS = frozenset({*_STRINGS, "word", "}", "]"})
_IN_STRING = re.compile(r'\\.|"')
# In single quotes, this may be JSON whose quotes were mixed up.
_QUOTED_JSON = re.compile(r'"\s*[:,\]}]|[:,\[{]\s*"')
_LONGEST_COMMENT = 60
_MISSING = "a missing comma"


def _repaired(data: bytes) -> Repair | None:
    """The repaired file, or None where it is not certain that it says what was meant."""
    mark, codec = _encoding(data)
    try:
        text = data[mark:].decode(codec)
    except UnicodeDecodeError:  # UTF-16 cut in a character
        return None
    tokens = _tokens(text)
    repairs = None if tokens is None else _repairs(text, tokens)
    if repairs is None:
        return None
    repaired = _spliced(data, text, [splice for splice, _, _ in repairs])
    try:
        # The repairs looked at neighbours only: here the whole is judged.
        root = decode(repaired).root
    except JsonDocumentError:
        return None
    if root is None:
        return None
    if any(what == _MISSING for _, _, what in repairs) and any(
        map(_has_duplicates, _containers(root))
    ):
        # Both halves of a merge: which one was meant?
        return None
    position = Document(text, None).position
    changes = sorted(RepairedAt(*position(place), what) for _, place, what in repairs)
    return Repair(repaired, tuple(changes))


def _has_duplicates(node: Node) -> bool:
    return node.kind == "object" and len({member.key for member in node.value}) < len(node.value)


def _tokens(text: str) -> list[_Token] | None:
    """All of a text but blanks, or None where something stands that is in no such file."""
    tokens = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        kind = match.lastgroup or ""
        if kind != "blank":
            tokens.append(_Token(match.group() if kind == "mark" else kind, at, match.end()))
        at = match.end()
    return tokens


def _repairs(text: str, tokens: Sequence[_Token]) -> list[tuple[_Splice, int, str]] | None:
    """Each repair as a splice, the place it is about, and its name."""
    if _has_glued_comment(text, tokens):
        return None
    trailing, missing = _commas(text, [token for token in tokens if token.kind != "comment"])
    repairs = [(_Splice(place, place, ","), place, _MISSING) for place in missing]
    for kind, start, end in tokens:
        name = _STRINGS.get(kind)
        if name:
            quoted = text[start + 1 : end - 1]
            if _QUOTED_JSON.search(quoted):
                return None
            quoted = _IN_STRING.sub(_double_quoted, quoted)
            repairs.append((_Splice(start, end, f'"{quoted}"'), start, name))
    # A line is empty without all that is removed from it, so each cut is made without the others.
    removed = [token for token in tokens if token.kind == "comment"] + trailing
    kept = list(text)
    for _, start, end in removed:
        kept[start:end] = " " * (end - start)
    bare = "".join(kept)
    for kind, start, end in removed:
        name = "a trailing comma"
        if kind == "comment":
            name = "a comment: " + " ".join(text[start:end].split())
            name = name if len(name) <= _LONGEST_COMMENT else name[:_LONGEST_COMMENT] + "..."
        repairs.append((_cut(bare, start, end, closed=kind == ","), start, name))
    return repairs


def _double_quoted(match: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(match.group(), match.group())


def _has_glued_comment(text: str, tokens: Sequence[_Token]) -> bool:
    """Whether a text may go on in a comment: ``"https:"//example.org",`` has a quote too many."""
    return any(
        token.kind == "comment"
        and before.kind in _STRINGS
        and before.end == token.start
        and '"' in text[token.start : token.end]
        for before, token in pairwise(tokens)
    )


def _commas(text: str, tokens: Sequence[_Token]) -> tuple[list[_Token], list[int]]:
    """The trailing commas, and the places of commas missing before a key on another line.

    Only what stands beside each other is looked at: whether it all makes a document is for
    `decode` to say.
    """
    trailing: list[_Token] = []
    missing: list[int] = []
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before.kind not in _VALUE_ENDS:
            continue
        apart = _LINE_END.search(text, before.end, token.start)
        if token.kind == "," and after.kind in {"}", "]"}:
            trailing.append(token)
        elif token.kind in _STRINGS and after.kind == ":" and apart:
            missing.append(before.end)
    return trailing, missing
