"""JSON with positions: what Go takes, where it stops, and with which words."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.formats.json_document import (
    JsonDocumentError,
    JsonEncodingError,
    JsonSyntaxError,
    decode,
    quote_char,
    quote_text,
)


def plain(node):
    if node.kind == "object":
        return {member.key: plain(member.value) for member in node.value}
    if node.kind == "array":
        return [plain(item) for item in node.value]
    return float(node.value) if node.kind == "number" else node.value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        (b' { "a" : [ 1 , true , null , "x" ] } \r\n', {"a": [1, True, None, "x"]}),
        (b'{"a":{"b":{}}}', {"a": {"b": {}}}),
        (b"[]", []),
        (b'"\\u0000\\n\\/"', "\x00\n/"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud800"', "\ufffd"),
        (b'"\\ud800\\u0041"', "\ufffdA"),
        (b"-0", 0),
        (b"1.5e+3", 1500),
        (b"\xef\xbb\xbf{}", {}),
        (b"\xff\xfe{\x00}\x00", {}),
        (b"\xfe\xff\x00{\x00}", {}),
        ("\u00a0{}\u2003\v".encode(), {}),
    ],
)
def test_decodes(data, value):
    document = decode(data)
    assert document.root is not None
    assert plain(document.root) == value


@pytest.mark.parametrize("data", [b"", b" \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe \x00"])
def test_a_file_without_a_value_has_no_root(data):
    assert decode(data).root is None


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (
            b'{\n  // no\n  "a": 1}',
            2,
            3,
            "invalid character '/' looking for beginning of object key",
        ),
        (b'{"a": 1,\n}', 2, 1, "invalid character '}' looking for beginning of object key string"),
        (b'{"a": 1\n\t"b": 2}', 2, 2, "invalid character '\"' after object key:value pair"),
        (b"[1\r\n2]", 2, 1, "invalid character '2' after array element"),
        ('{"é": x}'.encode(), 1, 7, "invalid character 'x' looking for beginning of value"),
        (b'{"a": "b', 1, 9, "unexpected end of JSON input"),
        (b'{"a": 1}\n{', 2, 1, "invalid character '{' after top-level value"),
        (b'{"a": "x\ny"}', 1, 9, "invalid character '\\n' in string literal"),
        (b'{"a": 01}', 1, 8, "invalid character '1' after object key:value pair"),
        (b'{"a": 1.x}', 1, 9, "invalid character 'x' after decimal point in numeric literal"),
        (b'{"a": 1e}', 1, 9, "invalid character '}' in exponent of numeric literal"),
        (b'{"a": nul}', 1, 10, "invalid character '}' in literal null (expecting 'l')"),
        (b'{"a" 1}', 1, 6, "invalid character '1' after object key"),
    ],
)
def test_syntax_errors_have_a_place_and_go_s_words(data, line, column, message):
    with pytest.raises(JsonSyntaxError) as caught:
        decode(data)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.message.startswith(message)


def test_both_dialects_of_a_bad_escape():
    with pytest.raises(JsonSyntaxError) as caught:
        decode(b'{"\\x": 1}')
    assert caught.value.message == "invalid character 'x' in string escape code"
    assert caught.value.message_v2 == "invalid escape sequence `\\x` in string"


def test_bad_bytes_are_found_in_their_line():
    with pytest.raises(JsonEncodingError) as caught:
        decode('{\n "ä": "'.encode() + b"\xe9" + b'"}')
    assert (caught.value.line, caught.value.column) == (2, 8)


def test_positions_of_keys_and_values_duplicates_kept():
    document = decode(b'{\n\t"a": [1,\n 22],\n\t"a": {}\n}')
    assert document.root is not None
    first, second = document.root.value
    assert document.position(first.key_start) == (2, 2)
    assert document.position(first.value.value[1].start) == (3, 2)
    assert document.source(first.value.value[1]) == "22"
    assert document.position(second.key_start) == (4, 2)
    assert document.source(second.value) == "{}"


def test_columns_count_characters_after_a_mark():
    document = decode('\ufeff{ "ключ": 1}'.encode())
    assert document.root is not None
    assert document.position(document.root.value[0].value.start) == (1, 11)


@pytest.mark.parametrize("levels", [10000, 10001])
def test_depth_is_bounded_as_in_go_and_never_recurses(levels):
    data = b"[" * levels + b"]" * levels
    if levels > 10000:
        with pytest.raises(JsonSyntaxError) as caught:
            decode(data)
        assert caught.value.message == "invalid character '[' exceeded max depth"
        assert caught.value.message_v2 == "exceeded max depth"
    else:
        assert decode(data).root is not None


def test_numbers_beyond_a_float_are_found():
    document = decode(b'{"a": [1, {"b": 1e999}], "c": -1e999}')
    assert document.huge_number is not None
    assert document.huge_number[0] == ("a", "1", "b")
    assert decode(b'{"a": 1e-999, "b": 1e308}').huge_number is None


def test_engines_up_to_20_10_read_the_first_value_only():
    document = decode(b'{"a": 1} trailing', plain_stream=True)
    assert document.root is not None
    for data in (b"", b"\xef\xbb\xbf{}"):
        with pytest.raises(JsonSyntaxError):
            decode(data, plain_stream=True)


def test_a_megabyte_takes_less_than_a_few_seconds():
    data = json.dumps({f"k{i}": {"a": [1, 2], "b": "x\n"} for i in range(30000)}).encode()
    start = time.perf_counter()
    decode(data)
    assert time.perf_counter() - start < 5


def test_fifty_megabytes_of_one_text():
    assert decode(b'{"a":"' + b"x" * 50_000_000 + b'"}').root is not None


@pytest.mark.parametrize(
    ("char", "quoted"),
    [("'", "'\\''"), ('"', "'\"'"), ("\x00", "'\\x00'"), ("\ufeff", "'\\ufeff'"), ("é", "'é'")],
)
def test_characters_are_quoted_as_go_does(char, quoted):
    assert quote_char(char) == quoted


def test_texts_are_quoted_as_go_does():
    assert quote_text('a"\\\n\x7f\U000e0001') == '"a\\"\\\\\\n\\x7f\\U000e0001"'


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_fail_with_a_place(data):
    try:
        document = decode(data)
    except JsonDocumentError as error:
        place = (error.line, error.column)
    else:
        place = document.position(document.root.end if document.root else 0)
    assert min(place) >= 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_python_writes_is_read_back(value):
    document = decode(json.dumps(value).encode())
    assert document.root is not None
    assert plain(document.root) == json.loads(json.dumps(value).encode("utf-8"))
