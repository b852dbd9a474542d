"""Edits of modules-load.d(5) files: names come and go, and nothing else moves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.formats.line_edit import Entry, edit
from probes.formats.name_list_edit import edit_names

DEBIAN = b"""\
# /etc/modules: kernel modules to load at boot time.
#
# This file contains the names of kernel modules that should be loaded
# at boot time, one per line. Lines beginning with "#" are ignored.

"""
K8S = b"overlay\nbr_netfilter\n"

TABLE = [
    (b"", ["overlay"], [], b"overlay\n"),
    (DEBIAN, ["overlay", "br_netfilter", "overlay"], [], DEBIAN + K8S),
    (K8S, ["br_netfilter"], [], K8S),
    (K8S, ["ip_vs"], ["overlay"], b"br_netfilter\nip_vs\n"),
    (K8S, [], ["ip_vs"], K8S),
    (K8S, [], ["overlay", "br_netfilter"], b""),
    # Kernel modules: a dash is an underscore.
    (b"br-netfilter\n", ["br_netfilter"], [], b"br-netfilter\n"),
    (b"br-netfilter\n", [], ["br_netfilter"], b""),
    (b"", ["br-netfilter", "br_netfilter"], [], b"br-netfilter\n"),
    # Blanks around a name, comments, the whole line as one name, every line of it.
    (b"  overlay\t\n", ["overlay"], [], b"  overlay\t\n"),
    (b"a\n overlay \noverlay\nb\n", [], ["overlay"], b"a\nb\n"),
    (b"#overlay\n;overlay\n", ["overlay"], [], b"#overlay\n;overlay\noverlay\n"),
    (b"overlay # old\n", ["overlay"], [], b"overlay # old\noverlay\n"),
    # Line ends, marks and bytes of others.
    (b"a\r\nb\r\n", ["c"], ["a"], b"b\r\nc\r\n"),
    (b"a\r\nb", ["c"], [], b"a\r\nb\r\nc"),
    (b"a\nb", [], ["b"], b"a"),
    (b"\xef\xbb\xbfa\nb\n", ["a"], ["b"], b"\xef\xbb\xbfa\na\n"),
    (b"# gr\xfc\xdfe\xe2\x80\xa8a\n", ["a"], [], b"# gr\xfc\xdfe\xe2\x80\xa8a\na\n"),
]


@pytest.mark.parametrize(("data", "add", "remove", "expected"), TABLE)
def test_edits(data, add, remove, expected):
    assert edit_names(data, add, remove) == expected
    assert edit_names(expected, add, remove) == expected


def test_a_new_file_has_its_header():
    assert edit_names(None, ["a", "b"], header="By hullcheck.") == b"# By hullcheck.\na\nb\n"
    assert edit_names(None, [], ["a"], header="By hullcheck.") == b""
    assert edit_names(b"", ["a"], header="By hullcheck.") == b"a\n"


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b", "a\n", " a", "", "#a", ";a", "\x1fa"])
def test_what_cannot_be_written_is_refused(name):
    with pytest.raises(ValueError):
        edit_names(K8S, [name])
    with pytest.raises(ValueError):
        edit_names(K8S, [], [name])


def test_a_name_cannot_come_and_go():
    with pytest.raises(ValueError, match="added and removed"):
        edit_names(K8S, ["br_netfilter"], ["br-netfilter"])


@pytest.mark.parametrize("data", [b"a\rb\n", b"a\0b\n", b"a\f\n"])
def test_a_file_that_its_readers_disagree_on_is_refused(data):
    with pytest.raises(ValueError, match="control character"):
        edit_names(data, ["c"])


def test_an_edit_that_takes_more_with_it_is_not_let_out():
    def read(lines):
        return [Entry(line.strip(), None, at, at + 1) for at, line in enumerate(lines)]

    def clear(lines, key, value):
        lines.clear()

    with pytest.raises(ValueError, match="not named"):
        edit(b"a\nb\n", {"a": None}, header="", read=read, write=clear, value_of=lambda *_: None)


NAMES = st.sampled_from(["overlay", "br_netfilter", "br-netfilter", "ip_vs", "gr\u00fc\u00dfe"])
LINES = NAMES | st.sampled_from([" overlay ", "", "  ", "#overlay", "; ip_vs", "ip_vs debug=1"])
FILES = st.builds(
    lambda lines, end, final: (end.join(lines) + (end if final else "")).encode(),
    st.lists(LINES, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


def names(data):
    lines = [line.strip().replace("-", "_") for line in data.decode().split("\n")]
    return [line for line in lines if line and line[0] not in "#;"]


@settings(max_examples=150, deadline=None)
@given(FILES, st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3))
def test_only_named_names_change(data, add, remove):
    added = [name.replace("-", "_") for name in add]
    removed = [name.replace("-", "_") for name in remove]
    if set(added) & set(removed):
        with pytest.raises(ValueError):
            edit_names(data, add, remove)
        return
    edited = edit_names(data, add, remove, header="never")
    new = [name for name in dict.fromkeys(added) if name not in names(data)]
    assert names(edited) == [name for name in names(data) if name not in removed] + new
    kept = [
        line.strip(b"\r")
        for line in data.split(b"\n")
        if line.strip().decode().replace("-", "_") not in removed and line.strip()
    ]
    lines = [line.strip(b"\r") for line in edited.split(b"\n") if line.strip()]
    assert lines[: len(kept)] == kept
    assert len(lines) == len(kept) + len(new)
    assert edit_names(edited, add, remove) == edited
    if not set(removed) & set(names(data)):
        assert edit_names(edited, [], new) == data
