"""Edits of JSON files: only the keys that are named change, in whatever style the file is."""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probes.formats.json_document import JsonDocumentError, JsonEncodingError, decode
from probes.formats.json_edit import (
    REMOVED,
    EditError,
    RepairedAt,
    _verify,
    edit_json,
    repair_json,
    value_at,
)

DATA = Path(__file__).parents[1] / "data"
CORPUS = sorted(
    [*(DATA / "daemon-json").glob("*.json"), *(DATA / "docker-settings").glob("*.json")]
)
BROKEN = {
    "daemon-json/005.json": ["a trailing comma"],
    "daemon-json/007.json": ["a comment"] * 3,
    "daemon-json/081.json": None,  # two elements of an array on one line
    "daemon-json/086.json": ["a comment"] * 6,
    "daemon-json/092.json": ["a comment"] * 3,
    "daemon-json/096.json": ["a comment"] * 3,
    "daemon-json/149.json": None,  # two documents
    "daemon-json/207.json": None,  # a command before it
    "docker-settings/013.json": ["a comment"],
}
VALID = [path for path in CORPUS if "/".join(path.parts[-2:]) not in BROKEN]
ENCODINGS = {
    "utf-8": b"",
    "utf-8 with mark": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
}


def encode(text, encoding="utf-8"):
    return ENCODINGS[encoding] + text.encode(encoding.split()[0])


STYLES = [
    # A file that is not there, or has nothing in it.
    (None, {("a",): 1}, '{\n  "a": 1\n}\n'),
    (None, {("a",): REMOVED}, ""),
    ("", {("a", "b"): [1, 2]}, '{\n  "a": {\n    "b": [\n      1,\n      2\n    ]\n  }\n}\n'),
    (" \r\n\t", {("a",): {}}, '{\n  "a": {}\n}\n'),
    (" \r\n\t", {("a",): REMOVED}, " \r\n\t"),
    ("null", {("a",): None}, '{\n  "a": null\n}'),
    ("null\n", {("a",): REMOVED}, "null\n"),
    # One line, and how wide it is set.
    ('{"a": 1, "b": 2}', {("c",): [1, {"x": 2}]}, '{"a": 1, "b": 2, "c": [1, {"x": 2}]}'),
    ('{"a":1,"b":2}\n', {("c", "x"): [1, 2]}, '{"a":1,"b":2,"c":{"x":[1,2]}}\n'),
    ('{ "a": [ 1, 2 ] }', {("c", "x"): [3, 4]}, '{ "a": [ 1, 2 ], "c": { "x": [ 3, 4 ] } }'),
    ('{"a" :1}', {("b",): 2}, '{"a" :1,"b" :2}'),
    ('{"a": {}, "b": 1}', {("a", "x"): 2}, '{"a": {"x": 2}, "b": 1}'),
    ('{"a": 1}', {("a",): {"x": [1]}}, '{"a": {"x": [1]}}'),
    # The siblings' indentation, line ends and spacing; as here with CRLF and without a last one.
    ('{\r\n\t"a" :1\r\n}', {("b", "c"): 2}, '{\r\n\t"a" :1,\r\n\t"b" :{\r\n\t\t"c" :2\r\n\t}\r\n}'),
    ('{\n"a": 1\n}', {("b", "c"): 2}, '{\n"a": 1,\n"b": {\n"c": 2\n}\n}'),
    (
        '{\n   "a": {\n      "b": 1}}',
        {("a", "c"): 2},
        '{\n   "a": {\n      "b": 1,\n      "c": 2}}',
    ),
    ("{}", {("a", "b"): 1}, '{\n  "a": {\n    "b": 1\n  }\n}'),
    ('{\n    "a": {}\n}\n', {("a", "b"): 1}, '{\n    "a": {\n        "b": 1\n    }\n}\n'),
    (
        '{\n  "a": 1,\n\n  "b": 2 \n\n}\n',
        {("c",): 3},
        '{\n  "a": 1,\n\n  "b": 2,\n  "c": 3 \n\n}\n',
    ),
    ('{\n  "a": 1, "b": 2\n}', {("c",): 3}, '{\n  "a": 1, "b": 2, "c": 3\n}'),
    ('{ "a": 1\n, "b": 2\n}', {("c", "d"): 3}, '{ "a": 1\n, "b": 2\n, "c": {\n"d": 3\n}\n}'),
    ('{\n  "a": 1,\r\n  "b": 2\r\n}', {("c",): 3}, '{\n  "a": 1,\r\n  "b": 2,\r\n  "c": 3\r\n}'),
    ('{\r\t"a": 1\r}\r', {("b", "c"): 2}, '{\r\t"a": 1,\r\t"b": {\r\t\t"c": 2\r\t}\r}\r'),
    ("{}\r\n", {("a",): 1}, '{\r\n  "a": 1\r\n}\r\n'),
    ('{"a":\n 1}', {("b",): 2}, '{"a":\n 1, "b": 2}'),
    # Siblings that differ: most of them, else the last one.
    (
        '{\n  "a": 1,\n    "b": 2,\n  "c": 3\n}',
        {("d",): 4},
        '{\n  "a": 1,\n    "b": 2,\n  "c": 3,\n  "d": 4\n}',
    ),
    (
        '{\n    "a": {\n  "x": 1\n    }\n}',
        {("a", "y"): [2]},
        '{\n    "a": {\n  "x": 1,\n  "y": [\n      2\n  ]\n    }\n}',
    ),
    # Objects in different styles: the nearest one is the pattern.
    (
        '{\n  "a": {\n      "x": 1\n  },\n  "b": 2\n}',
        {("a", "y"): {"z": 1}, ("c",): {"z": 1}},
        (
            '{\n  "a": {\n      "x": 1,\n      "y": {\n          "z": 1\n      }\n  },\n'
            '  "b": 2,\n  "c": {\n    "z": 1\n  }\n}'
        ),
    ),
    # Arrays: as the one that was there, as others of the file, else on lines.
    ('{\n  "a": ["x"]\n}', {("a",): ["x", "y"]}, '{\n  "a": ["x", "y"]\n}'),
    ('{\n  "a": ["x"]\n}', {("b",): ["y"]}, '{\n  "a": ["x"],\n  "b": ["y"]\n}'),
    ('{\n  "a": ["x"]\n}', {("b",): [["y"]]}, '{\n  "a": ["x"],\n  "b": [\n    ["y"]\n  ]\n}'),
    ('{\n  "a": [{"x": 1}]\n}', {("a",): [{"x": 2}]}, '{\n  "a": [{"x": 2}]\n}'),
    (
        '{\n  "a": ["x"],\n  "b": [\n    1\n  ]\n}',
        {("b",): [1, 2]},
        '{\n  "a": ["x"],\n  "b": [\n    1,\n    2\n  ]\n}',
    ),
    (
        '{\n  "a": ["x"]\n}',
        {("a",): ["x" * 60, "y" * 60]},
        '{\n  "a": [\n    "' + "x" * 60 + '",\n    "' + "y" * 60 + '"\n  ]\n}',
    ),
    # Values that are there already.
    ('{"a" : 1.0, "b": {"x": 1, "y": 2}}', {("a",): 1, ("b",): {"y": 2, "x": 1e0}}, None),
    ('{"a": "\\u00e9\\/"}', {("a",): "é/"}, None),
    ('{"a": true}', {("a",): 1}, '{"a": 1}'),
    ('{"a": [1]}', {("a",): [True]}, '{"a": [true]}'),
    ('{"a": null}', {("a",): REMOVED, ("b",): REMOVED, ("a-b", "c"): REMOVED}, "{}"),
    ('{"a": "x"}', {("a", "b"): REMOVED}, None),
    # Duplicates: the last one counts, and a removal takes them all, in every parent.
    ('{"a": 1, "b": 2, "a": 3}', {("a",): 1}, '{"a": 1, "b": 2, "a": 1}'),
    ('{"a": 1, "b": 2, "a": 3}', {("a",): 3}, None),
    ('{"a": 1, "b": 2, "a": 3}', {("a",): REMOVED}, '{"b": 2}'),
    ('{"a": {"x": 1}, "a": {"y": 2}}', {("a", "x"): 3}, '{"a": {"x": 1}, "a": {"y": 2, "x": 3}}'),
    ('{"a": {"x": 1}, "a": {"y": 2}}', {("a", "x"): REMOVED}, '{"a": {}, "a": {"y": 2}}'),
    ('{"\\u0061": 1}', {("a",): 2}, '{"\\u0061": 2}'),
    # Removals.
    ('{\n  "a": 1,\n  "b": 2\n}', {("a",): REMOVED}, '{\n  "b": 2\n}'),
    ('{\n  "a": 1,\n  "b": 2\n}', {("b",): REMOVED}, '{\n  "a": 1\n}'),
    ('{\r\n  "a": 1,\r\n\r\n  "b": [\r\n  ]\r\n}', {("b",): REMOVED}, '{\r\n  "a": 1\r\n\r\n}'),
    ('{\n  "a": 1,\n\n  "b": 2\n}', {("a",): REMOVED}, '{\n\n  "b": 2\n}'),
    ('{\n  "a": {\n    "x": 1\n  }\n}', {("a", "x"): REMOVED}, '{\n  "a": {}\n}'),
    ('{ "a": 1 , "b": 2 }', {("b",): REMOVED}, '{ "a": 1 }'),
    ('{ "a": 1 , "b": 2 }', {("a",): REMOVED}, '{ "b": 2 }'),
    ('{"a": 1,\n "b": 2}', {("b",): REMOVED}, '{"a": 1}'),
    ('{"a": 1,\n "b": 2}', {("a",): REMOVED}, '{\n "b": 2}'),
    ('{\n"a": 1, "b": 2,\n"c": 3}', {("b",): REMOVED}, '{\n"a": 1,\n"c": 3}'),
    ('{ "a": 1\n, "b": 2\n, "c": 3\n}', {("b",): REMOVED}, '{ "a": 1\n, "c": 3\n}'),
    ('{ "a": 1\n, "b": 2\n, "c": 3 }', {("c",): REMOVED}, '{ "a": 1\n, "b": 2 }'),
    ('{\n "a": 1\n ,\n "b": 2\n}', {("b",): REMOVED}, '{\n "a": 1\n}'),
    ('{"a": 1}', {("a",): REMOVED, ("b",): 2}, '{"b": 2}'),
    # Texts.
    ("{}", {("ä\n",): '"\\\x00\x7f\ud800'}, '{\n  "ä\\n": "\\"\\\\\\u0000\x7f\\ud800"\n}'),
    ('{"a": "\\ud800"}', {("a",): "\ufffd"}, None),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("before", "changes", "after"), STYLES)
def test_edits_in_the_style_of_the_file(before, changes, after, encoding):
    data = None if before is None else encode(before, encoding)
    if before is None and encoding != "utf-8":
        return
    edited = edit_json(data, changes)
    assert edited == encode(before if after is None else after, encoding)
    assert edit_json(edited, changes) == edited


@pytest.mark.parametrize(
    ("data", "changes", "error", "words"),
    [
        (b"[]", {("a",): 1}, ValueError, "not an object but of kind array"),
        (b'{"a": 1}', {("a", "b/c"): 1}, ValueError, "/a/b~1c: /a is not an object"),
        (b'{"a": [{}]}', {("a", "0"): 1}, ValueError, "/a is not an object but of kind array"),
        (b"{}", {(): 1}, ValueError, "empty"),
        (b"{}", {("a",): 1, ("a-b",): 2, ("a", "b"): 3}, ValueError, "/a/b leads into /a"),
        (b"{}", {("\ud800",): 1, ("\ufffd", "b"): 2}, ValueError, "leads into"),
        (b"{}", {("a",): math.nan}, ValueError, "not JSON compliant"),
        (b"{}", {("a",): [b"x"]}, TypeError, "bytes"),
        (b"{}", {("a",): [REMOVED]}, TypeError, "Removed"),
        (b'{"a": 1,}', {("a",): 1}, JsonDocumentError, "line 1, column 9"),
        (b'{"a": 1', {}, JsonDocumentError, "end of JSON"),
        (b'{"a": "\xe9"}', {("a",): REMOVED}, JsonEncodingError, "invalid UTF-8"),
    ],
)
def test_refuses_what_it_cannot_edit(data, changes, error, words):
    with pytest.raises(error, match=words.replace("/", "\\/")):
        edit_json(data, changes)


@pytest.mark.parametrize("result", [b'{"a": 1.0}', b'{"a": 1, "a": 1}', b'{"a": true}', b"{", b""])
def test_a_wrong_result_is_never_handed_out(result):
    expected = decode(b'{"a": 1}').root
    assert expected is not None
    _verify(b'{ "a" : 1 }', expected)
    with pytest.raises(EditError):
        _verify(result, expected)


def test_bytes_that_are_no_characters_stay():
    before = b"\xff\xfe" + '{"a": "'.encode("utf-16-le") + b"\x00\xd8" + '"}'.encode("utf-16-le")
    after = edit_json(before, {("b",): "\U0001f433"})
    assert after == before[:-2] + ', "b": "\U0001f433"}'.encode("utf-16-le")


def test_documents_as_deep_as_go_reads_them():
    levels = 9998
    data = b'{"a": ' + b"[" * levels + b"]" * levels + b', "b": 1}'
    assert edit_json(data, {("b",): 2}) == data[:-2] + b"2}"
    assert edit_json(data, {("a",): REMOVED}) == b'{"b": 1}'
    value = value_at(data, ("a",))
    for _ in range(levels - 1):
        (value,) = value
    assert value == []


@pytest.mark.parametrize(
    ("data", "pointer", "value"),
    [
        (b'{"a": 1, "a": {"b": [true, null, "x", -0.5]}}', ("a", "b"), [True, None, "x", -0.5]),
        (b'{"a": {"b": 1}, "a": {}}', ("a", "b"), REMOVED),
        (b'{"a": [{"b": 1}]}', ("a", "0"), REMOVED),
        (b'{"a": null}', ("a",), None),
        (b'{"a": null}', ("a", "b"), REMOVED),
        (b'{"a": "\\ud800"}', ("a",), "\ufffd"),
        (b'{"\\ud800": 1}', ("\ud800",), 1),
        (b'{"a": 12345678901234567890}', ("a",), 12345678901234567890),
        (b'{"a": 1e999}', ("a",), math.inf),
        (b'{"a": ' + b"9" * 5000 + b"}", ("a",), math.inf),
        (b'{"a": {"x": 1, "y": {}}}', (), {"a": {"x": 1, "y": {}}}),
        (b" ", ("a",), REMOVED),
        (b" ", (), REMOVED),
        (b"[1]", ("a",), REMOVED),
        (encode('{"é": 1}', "utf-16-be"), ("é",), 1),
    ],
)
def test_finds_the_value_that_counts(data, pointer, value):
    found = value_at(data, pointer)
    assert (type(found), found) == (type(value), value)


# Any document in any style


class Pairs(list):
    """An object with its members in order, duplicates and all."""


TEXTS = st.text(max_size=6) | st.sampled_from(
    ["", "// no", "a # b", "/* x */", "it's", 'say "hi"', ",}", "\\", "“q”", "{", "a\r\nb"]
)
KEYS = st.sampled_from(["a", "b", "c", "log-opts", "é\U0001f433", "#", ""])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
OBJECTS = st.deferred(lambda: st.lists(st.tuples(KEYS, TREES), max_size=4).map(Pairs))
TREES = SCALARS | st.deferred(lambda: OBJECTS) | st.deferred(lambda: st.lists(TREES, max_size=3))
POINTERS = st.lists(KEYS, min_size=1, max_size=3).map(tuple)
CHANGES = st.dictionaries(POINTERS, VALUES | st.just(REMOVED), max_size=3).filter(
    lambda changes: not any(b[: len(a)] == a for a, b in pairwise(sorted(changes)))
)
REGULAR = st.tuples(
    st.sampled_from([None, "", " ", "  ", "    ", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([": ", ":", " : "]),
    st.sampled_from(["", "\n", "\r\n", " \n\n"]),
)


def render(tree, style):
    """A tree in a regular style; on one line without a unit."""
    unit, end, colon, last = style

    def write(value, outer):
        if not isinstance(value, list):
            return json.dumps(value, ensure_ascii=False)
        is_object = isinstance(value, Pairs)
        opening, closing = "{}" if is_object else "[]"
        if not value:
            return opening + closing
        before, after, comma = "", "", ", " if colon.endswith(" ") else ","
        if unit is not None:
            before, after = end + outer + unit, end + outer
            comma = "," + before
        inner = outer + (unit or "")
        items = [
            json.dumps(item[0], ensure_ascii=False) + colon + write(item[1], inner)
            if is_object
            else write(item, inner)
            for item in value
        ]
        return opening + before + comma.join(items) + after + closing

    return write(tree, "") + last


GAPS = ["", "", " ", "\n", "\r\n", "\n  ", "\r\n\t", " \n\n    ", "\t", "\r"]


def scatter(tree, chance, gaps=GAPS, *, trailing=0.0):
    """A tree with a gap of any kind in each place that may have one."""
    gap = lambda: chance.choice(gaps)  # noqa: E731

    def write(value):
        if not isinstance(value, list):
            return json.dumps(value, ensure_ascii=chance.random() < 0.5)
        is_object = isinstance(value, Pairs)
        items = [
            gap() + write(item[0]) + gap() + ":" + gap() + write(item[1]) + gap()
            if is_object
            else gap() + write(item) + gap()
            for item in value
        ]
        inside = ",".join(items) or gap()
        if value and chance.random() < trailing:
            inside += "," + gap()
        return "{" + inside + "}" if is_object else "[" + inside + "]"

    return gap() + write(tree) + gap()


CHAOS = st.integers(0, 2**32).map(random.Random)
DOCUMENTS = st.builds(
    encode,
    st.builds(render, OBJECTS, REGULAR) | st.builds(scatter, OBJECTS, CHAOS),
    st.sampled_from(list(ENCODINGS)),
)


def text_of(data):
    return decode(data).text


def loaded(data):
    """The document as Python's own reader has it, with true and 1 told apart."""
    return tagged(json.loads(text_of(data)))


def tagged(value):
    if isinstance(value, dict):
        return {key: tagged(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [tagged(inner) for inner in value]
    return ("bool", value) if isinstance(value, bool) else value


def changed(root, changes):
    """What must come of it; a KeyError where a parent is not an object."""
    for pointer, value in changes.items():
        *parents, key = pointer
        inside = root
        for parent in parents:
            inside = inside.get(parent) if value is REMOVED else inside.setdefault(parent, {})
            if not isinstance(inside, dict):
                break
        if isinstance(inside, dict):
            if value is REMOVED:
                inside.pop(key, None)
            else:
                inside[key] = tagged(value)
        elif value is not REMOVED:
            raise KeyError(pointer)
    return root


def sources(data, changes):
    """The text of each member that no change is about, with its path, in order."""
    document = decode(data)
    assert document.root is not None
    found = []

    def walk(node, path):
        for member in node.value:
            here = (*path, member.key)
            if any(pointer[: len(here)] == here for pointer in changes):
                if here not in changes and member.value.kind == "object":
                    walk(member.value, here)
            else:
                found.append((here, document.text[member.key_start : member.value.end]))

    walk(document.root, ())
    return found


def is_within(part, whole):
    """Whether all of a text stands in another one, in order."""
    rest = iter(whole)
    return all(char in rest for char in part)


def is_inserted(before, after):
    """Whether one text is the other one with something more in one place."""
    different = (
        at for at, pair in enumerate(zip(before, after, strict=False)) if len(set(pair)) > 1
    )
    at = next(different, len(before))
    return len(after) >= len(before) and after.endswith(before[at:])


@settings(max_examples=1000, deadline=None)
@given(DOCUMENTS, CHANGES)
def test_only_the_named_keys_change(data, changes):
    try:
        expected = changed(loaded(data), changes)
    except KeyError:
        with pytest.raises(ValueError, match="is not an object"):
            edit_json(data, changes)
        return
    edited = edit_json(data, changes)
    assert loaded(edited) == expected
    assert edit_json(edited, changes) == edited
    assert sources(edited, changes) == sources(data, changes)
    for encoding, mark in ENCODINGS.items():
        if mark and data.startswith(mark):
            assert edited.startswith(mark), encoding
    if expected == loaded(data) and REMOVED not in changes.values():
        assert edited == data
    for pointer, value in changes.items():
        found = value_at(edited, pointer)
        assert found is value if value is REMOVED else tagged(found) == tagged(value)


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, VALUES, st.data())
def test_a_new_key_is_only_inserted_and_leaves_no_trace(data, value, draw):
    parents = [path for path in [(), *paths_of(data)] if isinstance(value_at(data, path), dict)]
    parent = draw.draw(st.sampled_from(parents))
    pointer = (*parent, "new")
    added = edit_json(data, {pointer: value})
    assume(value_at(data, parent))  # an empty object changes its brackets
    assert is_inserted(text_of(data), text_of(added))
    assert edit_json(added, {pointer: REMOVED}) == data


@settings(max_examples=500, deadline=None)
@given(OBJECTS, REGULAR, POINTERS, VALUES)
def test_an_edited_file_looks_as_if_it_had_been_written_so(tree, style, pointer, value):
    data = render(tree, style).encode()
    assume(tree)  # an empty object shows no style
    try:
        changed(loaded(data), {pointer: value})
    except KeyError:
        return
    kept = tagged(value_at(data, pointer)) == tagged(value)
    expected = tree if kept else written(tree, pointer, value)
    assert edit_json(data, {pointer: value}) == render(expected, style).encode()


def written(tree, pointer, value):
    """A tree with a value set."""
    key, inside = pointer[0], pointer[1:]
    at = max((at for at, (name, _) in enumerate(tree) if name == key), default=len(tree))
    old = tree[at][1] if at < len(tree) else Pairs()
    new = written(old, inside, value) if inside else as_tree(value)
    return Pairs([*tree[:at], (key, new), *tree[at + 1 :]])


def as_tree(value):
    if isinstance(value, dict):
        return Pairs((key, as_tree(inner)) for key, inner in value.items())
    return [as_tree(inner) for inner in value] if isinstance(value, list) else value


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, VALUES, st.data())
def test_the_old_value_set_back_gives_the_old_bytes(data, new, draw):
    root = decode(data).root
    assert root is not None
    text = text_of(data)
    # How objects and arrays are laid out is a matter of style; the text of the others is one.
    values = {member.key: member.value for member in root.value}
    literals = {
        key: text[value.start : value.end]
        for key, value in values.items()
        if value.kind not in {"object", "array"}
    }
    canonical = [
        key
        for key, literal in literals.items()
        if literal == json.dumps(value_at(data, (key,)), ensure_ascii=False)
    ]
    assume(canonical)
    pointer = (draw.draw(st.sampled_from(canonical)),)
    edited = edit_json(data, {pointer: new})
    assert edit_json(edited, {pointer: value_at(data, pointer)}) == data


def paths_of(data):
    """The paths of all members, those of duplicates too."""
    todo = [((), decode(data).root)]
    paths = []
    while todo:
        path, node = todo.pop()
        if node.kind == "object":
            inside = [((*path, member.key), member.value) for member in node.value]
            paths += [here for here, _ in inside]
            todo += inside
    return paths


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, POINTERS)
def test_a_removal_only_takes_text_away(data, pointer):
    edited = edit_json(data, {pointer: REMOVED})
    assert is_within(text_of(edited), text_of(data))
    assert (edited == data) == (pointer not in paths_of(data))


# Real files


@pytest.mark.parametrize("path", VALID, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_real_file_is_edited_where_it_was_asked_to_be(path):
    data = path.read_bytes()
    root = decode(data).root
    assert root is not None
    if root.kind != "object":
        with pytest.raises(ValueError, match="not an object"):
            edit_json(data, {("log-driver",): "local"})
        return
    new = edit_json(data, {("hullcheck",): {"x": ["y"]}})
    if root.value:
        assert is_inserted(text_of(data), text_of(new))
        assert edit_json(new, {("hullcheck",): REMOVED}) == data
    if isinstance(value_at(data, ("log-opts",)), dict | type(REMOVED)):
        changes = {
            ("log-driver",): "local",
            ("log-opts", "max-size"): "20m",
            ("registry-mirrors",): REMOVED,
        }
        edited = edit_json(data, changes)
        assert loaded(edited) == changed(loaded(data), changes)
        assert sources(edited, changes) == sources(data, changes)
        assert edit_json(edited, changes) == edited
    for key, value in json.loads(text_of(data)).items():
        assert edit_json(data, {(key,): value}) == data
        without = edit_json(data, {(key,): REMOVED})
        assert sources(without, ()) == sources(data, [(key,)])


@pytest.mark.parametrize(("name", "changes"), BROKEN.items(), ids=BROKEN)
def test_a_real_broken_file_is_repaired_or_refused(name, changes):
    data = (DATA / name).read_bytes()
    with pytest.raises(JsonDocumentError):
        edit_json(data, {("debug",): True})
    if changes is None:
        with pytest.raises(JsonDocumentError) as caught:
            repair_json(data)
        with pytest.raises(JsonDocumentError) as original:
            decode(data)
        assert str(caught.value) == str(original.value)
        return
    repair = repair_json(data)
    assert [change.what.partition(":")[0] for change in repair.changes] == changes
    lines = [line for line in text_of(repair.data).splitlines() if line.strip()]
    before = [line for line in data.decode().splitlines() if line.strip()]
    kept = [line for line in before if not line.lstrip().startswith("//")]
    assert [line.rstrip(",") for line in lines] == [line.rstrip(",") for line in kept]
    assert repair_json(repair.data) == (repair.data, ())


# Repairs

REPAIRS = [
    ('{"a": 1,}', '{"a": 1}', [(1, 8, "a trailing comma")]),
    (
        '{ "a": [ 1, ], }',
        '{ "a": [ 1 ] }',
        [(1, 11, "a trailing comma"), (1, 14, "a trailing comma")],
    ),
    ('{\n  "a": 1\n  ,\n}', '{\n  "a": 1\n}', [(3, 3, "a trailing comma")]),
    (
        '{\n  "a": 1\n  , // x\n}',
        '{\n  "a": 1\n}',
        [(3, 3, "a trailing comma"), (3, 5, "a comment: // x")],
    ),
    ("// a  b\r\n{}\r\n", "{}\r\n", [(1, 1, "a comment: // a b")]),
    ("# x\n\n{}\n# y", "\n{}\n", [(1, 1, "a comment: # x"), (4, 1, "a comment: # y")]),
    (
        '{\n  /* a\n     b */ // c\n  "a": /* d */ 1, # e: "f",\n}',
        '{\n  "a": 1\n}',
        [
            (2, 3, "a comment: /* a b */"),
            (3, 11, "a comment: // c"),
            (4, 8, "a comment: /* d */"),
            (4, 17, "a trailing comma"),
            (4, 19, 'a comment: # e: "f",'),
        ],
    ),
    ('{"a": 1} // ' + "x" * 99, '{"a": 1}', [(1, 10, "a comment: // " + "x" * 46 + "...")]),
    ('{\n  "debug": true // off\n}', '{\n  "debug": true\n}', [(2, 17, "a comment: // off")]),
    ('{"a": "// no", "b": ["#", "/* */", ",]", "\'"],}', None, [(1, 46, "a trailing comma")]),
    (
        '{\n  "a": {}\n  "b": "x" // y\n\n  "c": 2\n}',
        '{\n  "a": {},\n  "b": "x",\n\n  "c": 2\n}',
        [(2, 10, "a missing comma"), (3, 11, "a missing comma"), (3, 12, "a comment: // y")],
    ),
    (
        "{'a': 'it\\'s \"x\" \\\\ \\u00e9'}",
        '{"a": "it\'s \\"x\\" \\\\ \\u00e9"}',
        [(1, 2, "a text in single quotes"), (1, 7, "a text in single quotes")],
    ),
    (
        "{“a”: \u2018it”s\u2019, „b“: ”c”}",
        '{"a": "it”s", "b": "c"}',
        [(1, column, "a text in curly quotes") for column in (2, 7, 15, 20)],
    ),
    ('{"a": "“x”"}', '{"a": "“x”"}', []),
    ("[1, 2,]", "[1, 2]", [(1, 6, "a trailing comma")]),
    ("", "", []),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("before", "after", "changes"), REPAIRS)
def test_repairs_what_is_certain(before, after, changes, encoding):
    repair = repair_json(encode(before, encoding))
    assert repair.changes == tuple(RepairedAt(*change) for change in changes)
    expected = before.replace(",}", "}") if after is None else after
    assert repair.data == encode(expected, encoding)
    assert repair_json(repair.data) == (repair.data, ())


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, // x',
        '{"a": {"b": 1,}',
        '{"a": 1,}}',
        '{"a": [1,}]',
        '{"a": 1,} {"b": 2}',
        '{"a": 1,},',
        '{"a": "x, // y\n}',
        '{"a": 1 /* x }',
        '{"a": 1 /* x /* y */ z */}',
        "// nothing but a comment",
        "{,}",
        "[1,,2]",
        "[,1]",
        '{"a": ,}',
        '{"a",}',
        '{"a": // x\n}',
        '{"a": 1 "b": 2}',
        '["a"\n"b"]',
        '{"a": 1\n"a": 2}',
        '{"a":\n"b": 1}',
        '{"a": "https:"//example.org",\n"b": 1}',
        '{"a": #fff,\n"b": 1}',
        "{'a': 'it's'}",
        "{'a\": 1, \"b': 2}",
        "{'a': 'x\ny'}",
        "{'a': '\\x'}",
        "{“a': 1}",
        '{“a": 1, "b”: 2}',
        "{a: 1}",
        '{"a": True,}',
        '{"a": 0x10,}',
        '{"a": 10m,}',
        '{"a": 1e,}',
        '{"a": "\\x",}',
        '{"a"; 1,}',
        '{"a" = 1,}',
        '{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> x\n}',
        '{"a": {{ x }},}',
        '{\n{% if x %}\n"a": 1,\n{% endif %}\n}',
        "{{ x | to_nice_json }}",
        "debug: true # x",
        "<html>",
        '{"a":\u00a01,}',
        "[" * 10001 + "]" * 10001,
        "}",
        "]",
        ",",
        "'",
        "/",
    ],
)
def test_repairs_nothing_that_is_a_guess(text):
    with pytest.raises(JsonDocumentError) as original:
        decode(text.encode())
    with pytest.raises(JsonDocumentError) as caught:
        repair_json(text.encode())
    assert str(caught.value) == str(original.value)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ('{"a": "é",}'.encode("latin-1"), JsonEncodingError),
        (b"\xff\xfe" + '{"a": 1,}'.encode("utf-16-le") + b"x", JsonDocumentError),
        (b"\xff\xfe" + '{"a": 1,}'.encode("utf-16-le") + b"\x00\xd8", JsonDocumentError),
    ],
)
def test_repairs_no_bytes_that_are_not_text(data, error):
    with pytest.raises(error):
        repair_json(data)


@settings(max_examples=500, deadline=None)
@given(OBJECTS, CHAOS, st.sampled_from(list(ENCODINGS)))
def test_comments_and_trailing_commas_go_and_nothing_else(tree, chance, encoding):
    gaps = [*GAPS, "// x, y\n", ' # "z": 1\r\n', "/* } */", "/*\n*/ ", "\n  // {\n  "]
    data = encode(scatter(tree, chance, gaps, trailing=0.3), encoding)
    repair = repair_json(data)
    assert loaded(repair.data) == tagged(json.loads(render(tree, (None, "", ": ", ""))))
    body = repair.data.removeprefix(ENCODINGS[encoding]).decode(encoding.split()[0])
    assert is_within(body, data.removeprefix(ENCODINGS[encoding]).decode(encoding.split()[0]))
    assert repair_json(repair.data) == (repair.data, ())


@settings(max_examples=500, deadline=None)
@given(OBJECTS, REGULAR, st.data())
def test_a_file_cut_short_is_never_repaired(tree, style, data):
    text = render(tree, style).rstrip()
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    with pytest.raises(JsonDocumentError):
        repair_json(cut.encode())


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="{}[]:,\"'“”/*#\n a1\\", max_size=20))
def test_whatever_is_repaired_is_json(text):
    try:
        repair = repair_json(text.encode())
    except JsonDocumentError:
        return
    decode(repair.data)
    assert bool(repair.changes) == (repair.data != text.encode())
