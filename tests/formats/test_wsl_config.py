"""The grammar of .wslconfig and wsl.conf, and edits that touch nothing but what they are asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from probes.formats.wsl_config import (
    WSL_CONF,
    WSLCONFIG,
    WslEncodingError,
    WslUnreachable,
    edit_wsl,
    effective,
    format_memory,
    parse_memory,
    parse_wsl,
)

DATA = Path(__file__).parents[1] / "data"
BOTH = (WSLCONFIG, WSL_CONF)
MARKED = {
    "utf-8": b"",
    "utf-8-sig": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
}
MEMORY, SWAP = ("wsl2", "memory"), ("wsl2", "swap")


def encoded(text, encoding):
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    return MARKED[encoding] + text.encode(codec)


def read(text, dialect=WSLCONFIG):
    return effective(parse_wsl(text.encode(), dialect))


def problems(text, dialect=WSLCONFIG):
    return [tuple(problem) for problem in parse_wsl(text.encode(), dialect).problems]


def edited(text, changes, dialect=WSLCONFIG):
    return edit_wsl(text.encode(), changes, dialect).decode()


# What WSL takes from a file, whatever the dialect: no line of these is invalid.
VALID = [
    ("", {}),
    ("[wsl2]\nmemory=8GB\n", {"wsl2.memory": "8GB"}),
    ("[wsl2]\nmemory=8GB", {"wsl2.memory": "8GB"}),
    (" \t[wsl2] \t\n \tmemory \t= \t8GB \t\n", {"wsl2.memory": "8GB"}),
    ("[wsl2]# x\n[a1] # y\nb2=c", {"a1.b2": "c"}),
    ("# [wsl2]\n#memory=8GB\n", {}),
    ('[wsl2]\nmemory=8GB # a "comment" \\q\n', {"wsl2.memory": "8GB"}),
    ("[wsl2]\nmemory=8GB#x\n", {"wsl2.memory": "8GB"}),
    ("[wsl2]\nmemory=#x\n", {"wsl2.memory": ""}),
    ("[wsl2]\nkernelCommandLine=a = b; c ' [d]\n", {"wsl2.kernelcommandline": "a = b; c ' [d]"}),
    ("[WSL2]\nswapfile=x\nLOCALHOSTforwarding=True\n",
     {"wsl2.swapfile": "x", "wsl2.localhostforwarding": "True"}),
    ("memory=8GB\n", {".memory": "8GB"}),
    ("[wsl2]\nsparseVhd=true\n[experimental]\nsparseVhd=false\n",
     {"wsl2.sparsevhd": "true", "experimental.sparsevhd": "false"}),
    ("[wsl2]\nmemory=1GB\nMemory=2GB\n", {"wsl2.memory": "1GB"}),
    ("[wsl2]\nmemory=8gb\nmemory=8GB\n", {"wsl2.memory": "8gb"}),
    ("[wsl2]\na=1\n[b]\na=2\n[Wsl2]\na=3\nc=4\n", {"wsl2.a": "1", "b.a": "2", "wsl2.c": "4"}),
    ('[a]\nb="8GB"\n', {"a.b": "8GB"}),
    ('[a]\nb=" x # y " z"w"  \n', {"a.b": " x # y  zw"}),
    ('[a]\nb=x ""\n', {"a.b": "x "}),
    ('[a]\nb=x" # "\n', {"a.b": "x # "}),
    ("[a]\nb='x #y'\n", {"a.b": "'x"}),
    ('[a]\nb=\\"x\\" \\\\ \\b\\n\\t\n', {"a.b": '"x" \\ \b\n\t'}),
    ("[a]\nb=C:\\\\Temp\\\\k\n", {"a.b": "C:\\Temp\\k"}),
    ("[a]\nb=C:\\temp\\new\n", {"a.b": "C:\temp\new"}),
    ("[a]\nb=x\\t  \nc=y  \\\n\n", {"a.b": "x\t", "a.c": "y  "}),
    ("[a]\nb=1\\\n  2 \\\n3 # x\nc=4\n", {"a.b": "1  2 3", "a.c": "4"}),
    ("[a]\nb=x\\\nc=1\n", {"a.b": "xc=1"}),
    ("[a]\nb=x\\\n", {"a.b": "x"}),
    ("[a]\nb=x\\\ry\n", {"a.b": "xy"}),
    ("[a]\nb=%UserProfile%\\\\k\n", {"a.b": "%UserProfile%\\k"}),
    ("[a]\nb=größe\n", {"a.b": "größe"}),
    ("[a]\r\nb=1 \r\n# x\r\n\r\nc=2\r\n", {"a.b": "1", "a.c": "2"}),
    ("[a]\rb=1\rc=2 # x\rd=3\ne=4\r\r\nf=5", {"a.b": "1", "a.c": "2", "a.e": "4", "a.f": "5"}),
]  # fmt: skip


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(("text", "expected"), VALID)
def test_valid_lines(text, expected, dialect):
    assert read(text, dialect) == expected
    assert problems(text, dialect) == []


# An invalid line between two good ones, the column of what is wrong, and words of the reason.
INVALID = [
    ("; x", 1, "not ';'"),
    ("  -", 3, "not '-'"),
    ("1a=1", 1, "not '1'"),
    ("é=1", 1, "not 'é'"),
    ("\ufeffk=1", 1, "not '\\ufeff'"),
    ("a_b=1", 2, "expected '='"),
    ("a-b=1", 2, "expected '='"),
    ("a.b=1", 2, "expected '='"),
    ("a", 2, "not the end of the line"),
    ("a # x", 3, "not '#'"),
    ("a: 1", 2, "not ':'"),
    ("[ wsl2 ]", 2, "expected a letter"),
    ("[]", 2, "expected a letter"),
    ("[1]", 2, "expected a letter"),
    ("[x-2]", 3, "expected ']'"),
    ("[x", 3, "expected ']'"),
    ("[x] y", 5, "expected the end of the line"),
    ('a="b', 3, "not closed"),
    ('a="b" "c # d', 7, "not closed"),
    ("a=C:\\Users", 6, "not 'U'"),
    ('a="C:\\k"', 7, "not 'k'"),
    ("a=b\\'", 5, "not '\\''"),
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("line", "column", "reason"), INVALID)
def test_an_invalid_line_is_skipped_or_ends_the_reading(line, column, reason, end):
    text = end.join(["[x]", "k=1", line, "l=2", ""])
    for dialect, expected in (
        (WSLCONFIG, {"x.k": "1", "x.l": "2"}),
        (WSL_CONF, {"x.k": "1"}),
    ):
        assert read(text, dialect) == expected
        [(number, at, what)] = problems(text, dialect)
        assert (number, at) == (3, column)
        assert reason in what
        assert [entry.key for entry in parse_wsl(text.encode(), dialect).entries] == ["k", "l"]


def test_a_lone_carriage_return_ends_no_invalid_line():
    assert read("[a]\nb\rc=1\nd=2\n") == {"a.d": "2"}


def test_after_a_broken_header_the_name_is_cut_or_filled_up():
    assert read("[wsl2]\n[wsl2 x]\nmemory=1") == {"wsl2.memory": "1"}
    assert read("[wsl2]\n[experimental ]x\nmemory=1") == {"expe.memory": "1"}
    assert read("[experimental]\n[wsl2]x\nmemory=1\n[wsl2]\nswap=0") == {
        "wsl2" + 8 * "\0" + ".memory": "1",
        "wsl2.swap": "0",
    }
    assert read("[wsl2]x\nmemory=1") == {".memory": "1"}
    assert read("[wsl2]\n[ wsl3]\nmemory=1") == {"wsl2.memory": "1"}


def test_a_joined_line_in_crlf_is_joined_on_windows_only():
    text = "[a]\r\nb=1\\\r\n2=3\r\n"
    assert read(text, WSLCONFIG) == {"a.b": "12=3"}
    assert read(text, WSL_CONF) == {"a.b": "1"}
    assert problems(text, WSL_CONF) == [(3, 1, "expected a key, '[' or '#', not '2'")]


def test_entries_keep_case_place_and_what_counts():
    text = '\ufeff[Wsl2]\r\n  Memory = "8GB"\r\nmemory=1GB\rswap=\\\r\n0\r\nb=é=\r\nC=2\r\n'
    entries = parse_wsl(text.encode(), WSLCONFIG).entries
    assert [tuple(entry) for entry in entries] == [
        ("Wsl2", "Memory", "8GB", 2, 3, True),
        ("Wsl2", "memory", "1GB", 3, 1, False),
        ("Wsl2", "swap", "0", 4, 1, True),
        ("Wsl2", "b", "é=", 6, 1, True),
        ("Wsl2", "C", "2", 7, 1, True),
    ]


def test_what_follows_the_end_of_reading_does_not_count():
    config = parse_wsl(b"a=0\n[boot]\n;\nsystemd=true\n_\n[user]\ndefault=u\n", WSL_CONF)
    assert [entry.counts for entry in config.entries] == [True, False, False]
    assert [(problem.line, problem.column) for problem in config.problems] == [(3, 1), (5, 1)]


@pytest.mark.parametrize("encoding", MARKED)
def test_encodings(encoding):
    data = encoded("[wsl2]\r\nkernel=ü\r\n", encoding)
    assert parse_wsl(data, WSLCONFIG).entries[0][2:5] == ("ü", 2, 1)
    expected = encoded("[wsl2]\r\nkernel=k\r\n", encoding)
    assert edit_wsl(data, {("wsl2", "kernel"): "k"}, WSLCONFIG) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_mark_ends_the_reading_of_wsl_conf(encoding):
    data = encoded("[boot]\nsystemd=true\n", encoding)
    config = parse_wsl(data, WSL_CONF)
    assert effective(config) == {}
    assert [(problem.line, problem.column) for problem in config.problems] == [(1, 1)]
    with pytest.raises(WslUnreachable):
        edit_wsl(data, {("boot", "systemd"): "true"}, WSL_CONF)


@pytest.mark.parametrize(
    "data",
    [
        "[wsl2]\n".encode("utf-16-le"),
        "[wsl2]\n".encode("utf-16-be"),
        "[wsl2]\n".encode("utf-32"),
        b"\xff\xfe[\0w",
        b"\x7fELF\x02\x01\x01\0",
    ],
)
@pytest.mark.parametrize("dialect", BOTH)
def test_what_is_no_text(data, dialect):
    with pytest.raises(WslEncodingError):
        parse_wsl(data, dialect)
    with pytest.raises(WslEncodingError):
        edit_wsl(data, {MEMORY: "8GB"}, dialect)


def test_ctrl_z_is_the_end_of_a_file_on_windows_only():
    with pytest.raises(WslEncodingError):
        parse_wsl(b"[wsl2]\nswap=0\n\x1a", WSLCONFIG)
    assert effective(parse_wsl(b"[boot]\na=0\n\x1a", WSL_CONF)) == {"boot.a": "0"}


def test_damaged_utf8_survives():
    before = b"# \xff\xc3\n[wsl2]\nkernel=\xe9\nmemory=1GB # \x80\n"
    after = edit_wsl(before, {MEMORY: "2GB"}, WSLCONFIG)
    assert after == before.replace(b"1GB", b"2GB")
    assert edit_wsl(before, {("wsl2", "kernel"): "k"}, WSLCONFIG) == before.replace(b"\xe9", b"k")


# Before, changes, after.
STYLE = [
    ("[wsl2]\nmemory=8GB # why\n", {MEMORY: "4GB"}, "[wsl2]\nmemory=4GB # why\n"),
    ("[wsl2]\nmemory=8GB#why\n", {MEMORY: "4GB"}, "[wsl2]\nmemory=4GB#why\n"),
    ("[wsl2]\n\t Memory =  8GB  \n", {MEMORY: "4GB"}, "[wsl2]\n\t Memory =  4GB  \n"),
    ("[wsl2]\nmemory= # why\n", {MEMORY: "4GB"}, "[wsl2]\nmemory= 4GB # why\n"),
    ("[wsl2]\nmemory=\n", {MEMORY: "4GB"}, "[wsl2]\nmemory=4GB\n"),
    ("[wsl2]\nmemory=4GB # why\n", {MEMORY: ""}, "[wsl2]\nmemory= # why\n"),
    ('[wsl2]\nmemory = "4GB"\n', {MEMORY: "4GB"}, '[wsl2]\nmemory = "4GB"\n'),
    ("[wsl2]\nmemory=4\\\nGB # x\nswap=0\n", {MEMORY: "2GB"}, "[wsl2]\nmemory=2GB # x\nswap=0\n"),
    # The first one counts, the others stay as they are.
    ("[wsl2]\nmemory=1GB\nmemory=2GB\n", {MEMORY: "2GB"}, "[wsl2]\nmemory=2GB\nmemory=2GB\n"),
    # Nothing valid to edit: a new line.
    ("[wsl2]\nmemory_x=1GB\nswap=0\n", {MEMORY: "2GB"},
     "[wsl2]\nmemory_x=1GB\nswap=0\nmemory=2GB\n"),
    # New keys: below the last line of the section, in its style.
    ("[wsl2]\n", {MEMORY: "4GB", SWAP: "0"}, "[wsl2]\nmemory=4GB\nswap=0\n"),
    ("[wsl2]", {MEMORY: "4GB"}, "[wsl2]\r\nmemory=4GB"),
    ("[wsl2]\r\nswap = 0\r\n", {MEMORY: "4GB"}, "[wsl2]\r\nswap = 0\r\nmemory = 4GB\r\n"),
    ("[wsl2]\n  swap= 0 # x\n\n# About the rest.\n[a]\nb = c\nd = e\n", {MEMORY: "4GB"},
     "[wsl2]\n  swap= 0 # x\n  memory= 4GB\n\n# About the rest.\n[a]\nb = c\nd = e\n"),
    ("[a]\nb = c\n\n[WSL2]\n# none\n", {MEMORY: "4GB"}, "[a]\nb = c\n\n[WSL2]\nmemory = 4GB\n# none\n"),
    ("[wsl2]\na=1\n[b]\nc=2\n[wsl2]\nd=3\n[b]\ne=4\n", {MEMORY: "4GB"},
     "[wsl2]\na=1\n[b]\nc=2\n[wsl2]\nd=3\nmemory=4GB\n[b]\ne=4\n"),
    ("[a]\nb=1\r\nc=2\r\n[wsl2]\n\n", {MEMORY: "4GB"}, "[a]\nb=1\r\nc=2\r\n[wsl2]\nmemory=4GB\n\n"),
    ("[wsl2]\nswap=0\\\n", {MEMORY: "4GB"}, "[wsl2]\nswap=0\\\n\nmemory=4GB"),
    ("[wsl2]\nswap=0\\\r", {MEMORY: "4GB"}, "[wsl2]\nswap=0\\\r\r\nmemory=4GB"),
    # New sections.
    ("", {MEMORY: "4GB", ("experimental", "sparseVhd"): "true", SWAP: "0"},
     "[wsl2]\r\nmemory=4GB\r\nswap=0\r\n\r\n[experimental]\r\nsparseVhd=true\r\n"),
    ("\ufeff", {MEMORY: "4GB"}, "\ufeff[wsl2]\r\nmemory=4GB\r\n"),
    ("[a]\nb = c", {MEMORY: "4GB"}, "[a]\nb = c\n\n[wsl2]\nmemory = 4GB"),
    ("[a]\nb=c\n\n", {MEMORY: "4GB"}, "[a]\nb=c\n\n[wsl2]\nmemory=4GB\n"),
    ("# x\r\n; y\r\n\n", {MEMORY: "4GB"}, "# x\r\n; y\r\n\n[wsl2]\r\nmemory=4GB\r\n"),
    ("# only a comment\n", {MEMORY: "4GB"}, "# only a comment\n\n[wsl2]\nmemory=4GB\n"),
    ("memory=1\n", {MEMORY: "4GB", ("", "memory"): None}, "[wsl2]\nmemory=4GB\n"),
    ("[experimental]\na=1\n[wsl2]x\nmemory=1\n", {MEMORY: "4GB"},
     "[experimental]\na=1\n[wsl2]x\nmemory=1\n\n[wsl2]\nmemory=4GB\n"),
    # Removals.
    ("[wsl2]\nmemory=1GB # x\n# y\n[a]\n[WSL2]\nMEMORY=\\\n2GB\nb=1\n", {MEMORY: None},
     "[wsl2]\n# y\n[a]\n[WSL2]\nb=1\n"),
    ("[wsl2]\nmemory=1GB\nswap=0", {SWAP: None}, "[wsl2]\nmemory=1GB"),
    ("[wsl2]\nmemory=1GB\n\nswap=0", {SWAP: None}, "[wsl2]\nmemory=1GB\n\n"),
    ("[wsl2]\nmemory=1GB\n", {SWAP: None}, "[wsl2]\nmemory=1GB\n"),
    ("[a]\nmemory=1GB\n", {MEMORY: None}, "[a]\nmemory=1GB\n"),
    ("[wsl2]\na=1\rswap=0\n\nb=2\n", {SWAP: None}, "[wsl2]\na=1\r\n\nb=2\n"),
    ("[wsl2]\nautoMemoryReclaim=gradual\n",
     {("wsl2", "autoMemoryReclaim"): None, ("experimental", "autoMemoryReclaim"): "dropCache"},
     "[wsl2]\n\n[experimental]\nautoMemoryReclaim=dropCache\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "changes", "after"), STYLE)
def test_edits_keep_the_style(before, changes, after):
    assert edited(before, changes) == after
    assert edited(after, changes) == after


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [(WSLCONFIG, b"[a]\r\nb=c\r\n"), (WSL_CONF, b"[a]\nb=c\n")],
)
def test_a_new_file(dialect, expected):
    assert edit_wsl(None, {("a", "b"): "c"}, dialect) == expected
    assert edit_wsl(None, {("a", "b"): None}, dialect) == b""


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        ("C:\\Temp\\k", "C:\\\\Temp\\\\k"),
        ("a # b", '"a # b"'),
        (" a ", '" a "'),
        (' "a"', '" \\"a\\""'),
        ("a\tb\b", "a\\tb\\b"),
        ("a b='c';", "a b='c';"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("dialect", BOTH)
def test_values_are_spelled_so_that_they_read_back(value, spelling, dialect):
    for before in ("[a]\n", "[a]\nk=v\n"):
        after = edited(before, {("a", "k"): value}, dialect)
        assert after == f"[a]\nk={spelling}\n"
        assert read(after, dialect) == {"a.k": value}


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\0", "\x1a", "\x7f"])
@pytest.mark.parametrize("dialect", BOTH)
def test_values_that_no_line_can_hold(value, dialect):
    with pytest.raises(ValueError):
        edit_wsl(b"", {("a", "b"): value}, dialect)


def test_only_linux_reads_other_letters_back():
    assert edited("[user]\n", {("user", "default"): "jürgen"}, WSL_CONF).endswith("=jürgen\n")
    with pytest.raises(ValueError, match="'ü'"):
        edited("[wsl2]\n", {("wsl2", "kernel"): "C:\\jürgen"}, WSLCONFIG)
    # What stands there already may stay.
    same = "[wsl2]\nkernel=C:\\\\jürgen\n"
    assert edited(same, {("wsl2", "kernel"): "C:\\jürgen", MEMORY: None}) == same


@pytest.mark.parametrize("name", [("", "a"), ("a", ""), ("a-b", "c"), ("a", "b_c"), ("a", "ü")])
def test_names_that_wsl_never_reads(name):
    with pytest.raises(ValueError):
        edit_wsl(b"", {name: "x"}, WSLCONFIG)


def test_one_key_in_two_spellings():
    with pytest.raises(ValueError, match="twice"):
        edit_wsl(b"", {("wsl2", "memory"): "1GB", ("WSL2", "Memory"): None}, WSLCONFIG)


HIDDEN = "[boot]\nsystemd=false\n[user]\n; me\ndefault=me\n[boot]\ncommand=x\n"


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({("boot", "systemd"): "true"}, HIDDEN.replace("false", "true")),
        ({("boot", "command"): "x"}, HIDDEN.replace("false\n", "false\ncommand=x\n")),
        ({("user", "default"): "me"}, HIDDEN.replace("[user]\n", "[user]\ndefault=me\n")),
        ({("user", "default"): None}, HIDDEN.replace("default=me\n", "")),
        ({("network", "hostname"): "h"}, None),
    ],
)
def test_edits_of_a_wsl_conf_that_is_not_read_to_its_end(changes, after):
    if after is not None:
        assert edited(HIDDEN, changes, WSL_CONF) == after
        return
    with pytest.raises(WslUnreachable) as caught:
        edited(HIDDEN, changes, WSL_CONF)
    assert (caught.value.line, caught.value.what) == (4, "expected a key, '[' or '#', not ';'")
    # In the other dialect the same line is in nobody's way.
    assert edited(HIDDEN, changes).endswith("\n\n[network]\nhostname=h\n")


def test_nothing_can_follow_a_backslash_that_ends_the_file():
    before = "[wsl2]\nkernel=C:\\\\k\\"
    assert problems(before) == [
        (2, 14, 'expected one of \\ " b n t after a backslash, not the end of the file')
    ]
    with pytest.raises(WslUnreachable) as caught:
        edited(before, {("experimental", "sparseVhd"): "true"})
    assert caught.value.line == 2
    assert edited(before, {MEMORY: "1GB"}) == "[wsl2]\nmemory=1GB\nkernel=C:\\\\k\\"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8GB", 8 << 30),
        ("8G", 8 << 30),
        ("512M", 512 << 20),
        ("4096K", 4 << 20),
        ("1KB", 1024),
        ("1TB", 1 << 40),
        ("7B", 7),
        ("8", 8),
        ("8388608000", 8388608000),
        ("08GB", 8 << 30),
        ("0", 0),
        ("0GB", 0),
        # What strtoull(3) lets pass.
        (" \t+8GB", 8 << 30),
        ("-1", (1 << 64) - 1),
        ("9" * 5000, (1 << 64) - 1),
        ("16777217TB", 1 << 40),
        *((bad, None) for bad in ("", "GB", "0.5GB", "8 GB", "8gb", "8Gb", "8GiB", "80%", "00")),
        *((bad, None) for bad in ("0foo", "8GBx", "8BB", "-0", " 0", "0x10", "8,5GB", "٣GB", "8 ")),
    ],
)
def test_memory_sizes(text, size):
    assert parse_memory(text) == size


@given(st.integers(0, (1 << 64) - 1) | st.integers(0, 1 << 20).map(lambda n: n << 20))
def test_a_written_size_is_exact(size):
    assert parse_memory(format_memory(size)) == size


@pytest.mark.parametrize("size", [-1, 1 << 64])
def test_no_size(size):
    with pytest.raises(ValueError):
        format_memory(size)


SECTIONS = ["wsl2", "WSL2", "experimental", "boot", "a"]
KEYS = ["memory", "Memory", "swap", "kernel", "k1"]
PIECES = [
    *(f"[{section}]" for section in SECTIONS),
    *(f"{key}=" for key in KEYS),
    *("8GB", "memory = 8GB", "swap=0 # why", "# x", "#", "; x", "[wsl2 ]", "[experimental", "[ a]"),
    *('"', '"a # b"', "\\", "\\\\", '\\"', "\\n", "\\t", "\\q", "\\\n", "\\\r\n", "\\\r"),
    *(
        "C:\\\\k",
        "é",
        "€",
        "=",
        " ",
        "\t",
        "_",
        "\v",
        "]",
        *4 * ["\n"],
        *3 * ["\r\n"],
        "\r",
        "\n\n",
    ),
]
wild_texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
encodings = st.sampled_from([*MARKED])
dialects = st.sampled_from(BOTH)
names = st.tuples(st.sampled_from(SECTIONS), st.sampled_from(KEYS))
values = st.none() | st.text(" \t\b\"#\\aZ0=[];'", max_size=6) | st.just("8GB")
change_sets = st.dictionaries(names, values, max_size=4).map(
    lambda changes: {(s.lower(), k.lower()): v for (s, k), v in changes.items()}
)


def dotted(name):
    return ".".join(name).lower()


def after_edit(data, changes, dialect):
    """The edited bytes; the example is void where nothing could be added at the end."""
    try:
        return edit_wsl(data, changes, dialect)
    except WslUnreachable as caught:
        hidden = caught
    config = parse_wsl(data, dialect)
    assert (hidden.line, hidden.what) in {(place.line, place.what) for place in config.problems}
    assert any(
        value is not None and dotted(name) not in effective(config)
        for name, value in changes.items()
    )
    return reject()


@settings(max_examples=400, deadline=None)
@given(wild_texts, encodings, dialects, change_sets)
def test_the_settings_are_the_old_ones_and_the_changes(text, encoding, dialect, changes):
    data = encoded(text, encoding)
    before = parse_wsl(data, dialect)
    result = after_edit(data, changes, dialect)
    after = parse_wsl(result, dialect)

    old = effective(before)
    expected = {key: value for key, value in old.items() if key not in map(dotted, changes)}
    expected |= {dotted(name): value for name, value in changes.items() if value is not None}
    assert effective(after) == expected
    assert result.startswith(MARKED[encoding])

    # Nothing else is said in other words or in another order.
    def others(config):
        return [
            (*entry[:3], entry.counts)
            for entry in config.entries
            if dotted(entry[:2]) not in map(dotted, changes)
        ]

    def reasons(config):
        # What was the last line may have got an end.
        return [problem.what.replace("of the file", "of the line") for problem in config.problems]

    assert others(after) == others(before)
    assert reasons(after) == reasons(before)
    # Twice is once.
    assert edit_wsl(result, changes, dialect) == result


@settings(max_examples=200, deadline=None)
@given(wild_texts, encodings, dialects, change_sets)
def test_set_and_restored(text, encoding, dialect, changes):
    data = encoded(text, encoding)
    old = effective(parse_wsl(data, dialect))
    restore = {name: old.get(dotted(name)) for name in changes}
    # A value that was joined out of escapes may be one that is not written.
    assume(all(value is None or re.fullmatch("[\t\b -~]*", value) for value in restore.values()))
    changed = after_edit(data, changes, dialect)
    assert effective(parse_wsl(after_edit(changed, restore, dialect), dialect)) == old


@settings(max_examples=100, deadline=None)
@given(wild_texts, encodings, dialects)
def test_no_change_and_equal_values_change_no_byte(text, encoding, dialect):
    data = encoded(text, encoding)
    assert edit_wsl(data, {}, dialect) == data
    same = {
        (entry.section, entry.key): entry.value
        for entry in parse_wsl(data, dialect).entries
        if entry.counts and entry.section.isalnum()
    }
    assert edit_wsl(data, same, dialect) == data


tame_lines = st.sampled_from(
    [
        *(f"[{section}]" for section in SECTIONS),
        *(
            f"{key}{equals}1{rest}"
            for key in KEYS
            for equals in ("=", " = ")
            for rest in ("", " # é")
        ),
        *("", "  ", "# memory=1", "#", "; memory=1", "memory", 'swap="1', "[x y]", "k=a\\q"),
    ]
)
tame_files = st.tuples(
    st.lists(st.tuples(tame_lines, st.sampled_from(["\n", "\r\n"])), max_size=15), st.booleans()
)


@settings(max_examples=300, deadline=None)
@given(tame_files, encodings, change_sets)
def test_all_lines_but_the_named_ones_keep_every_byte(file, encoding, changes):
    lines, ended = file
    text = "".join(line + end for line, end in lines)
    assume(ended or not lines or lines[-1][0])
    if not ended and lines:
        text = text.removesuffix(lines[-1][1])
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    result = after_edit(encoded(text, encoding), changes, WSLCONFIG)
    new = result.removeprefix(MARKED[encoding]).decode(codec)

    keys = "|".join(key for _, key in changes) or "-"
    named = re.compile(rf"(?i)\s*({keys})\s*=")
    ends = re.compile(r"[^\r\n]*(?:\r\n|\n|$)")
    kept = [line for line in ends.findall(text) if line and not named.match(line)]
    found = [line for line in ends.findall(new) if line and not named.match(line)]
    # Line ends of what was or is the last line come and go with what follows it.
    if not text.endswith("\n"):
        kept, found = ([line.rstrip("\r\n") for line in side] for side in (kept, found))
    added = found[len(kept) :]
    assert found[: len(kept)] == kept
    assert {line.strip() for line in added} <= {"", *(f"[{section}]" for section, _ in changes)}
    if new and lines:
        assert new.endswith("\n") == text.endswith("\n") or not new.strip()


FILES = [
    pytest.param(path, dialect, id=path.name)
    for dialect, folder in ((WSLCONFIG, "wslconfig"), (WSL_CONF, "wslconf"))
    for path in sorted((DATA / folder).glob(f"*.{dialect}"))
]


def test_the_real_files_are_there():
    assert len(FILES) > 80


@pytest.mark.parametrize(("path", "dialect"), FILES)
def test_real_files_are_edited_losslessly(path, dialect):
    before = path.read_bytes()
    old = parse_wsl(before, dialect)
    lines = before.splitlines(keepends=True)
    assert edit_wsl(before, {}, dialect) == before
    for entry in old.entries:
        if not entry.counts:
            continue
        name = (entry.section, entry.key)
        assert edit_wsl(before, {name: entry.value}, dialect) == before

        changed = edit_wsl(before, {name: "x # y"}, dialect)
        after = changed.splitlines(keepends=True)
        differing = [n for n, (a, b) in enumerate(zip(lines, after, strict=True), 1) if a != b]
        assert differing == [entry.line]
        restored = edit_wsl(changed, {name: entry.value}, dialect)
        assert effective(parse_wsl(restored, dialect)) == effective(old)

        same_key = {e.line for e in old.entries if dotted(e[:2]) == dotted(name)}
        rest = [line for n, line in enumerate(lines, 1) if n not in same_key]
        removed = edit_wsl(before, {name: None}, dialect)
        assert [line.rstrip() for line in removed.splitlines()] == [line.rstrip() for line in rest]

    added = edit_wsl(before, {("hullcheck", "added"): "1"}, dialect)
    assert added.startswith(before.rstrip(b"\r\n"))
    assert edit_wsl(added, {("hullcheck", "added"): None}, dialect).startswith(before)
