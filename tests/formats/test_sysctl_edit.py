"""Edits of sysctl.d(5) files: what is asked for comes into effect, and nothing else moves."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probes.formats.sysctl_edit import edit_sysctl
from probes.formats.sysctl_files import parse_sysctl

FORWARD = "net.ipv4.ip_forward"
DEBIAN = b"""\
#
# /etc/sysctl.conf - Configuration file for setting system variables
# See /etc/sysctl.d/ for additional system variables.
#

#kernel.domainname = example.com

# Uncomment the next line to enable packet forwarding for IPv4
#net.ipv4.ip_forward=1

net.ipv4.ip_forward=0
# Magic system request Key
kernel.sysrq=438
"""
UBUNTU_PTRACE = b"# The PTRACE system is used for debugging.\n\nkernel.yama.ptrace_scope = 1\n"

TABLE = [
    (b"", {FORWARD: "1"}, b"net.ipv4.ip_forward = 1\n"),
    (
        DEBIAN,
        {FORWARD: "1"},
        DEBIAN.replace(b"\nnet.ipv4.ip_forward=0", b"\nnet.ipv4.ip_forward=1"),
    ),
    (DEBIAN, {FORWARD: None}, DEBIAN.replace(b"\nnet.ipv4.ip_forward=0", b"")),
    (DEBIAN, {"kernel.domainname": "a.b"}, DEBIAN + b"kernel.domainname = a.b\n"),
    (
        UBUNTU_PTRACE,
        {"kernel.yama.ptrace_scope": "0", "vm.swappiness": "10"},
        UBUNTU_PTRACE.replace(b"= 1", b"= 0") + b"vm.swappiness = 10\n",
    ),
    # Every spelling of a key, and its style.
    (b"-net.ipv4.ip_forward=0\n", {FORWARD: "1"}, b"-net.ipv4.ip_forward=1\n"),
    (b" - net/ipv4/ip_forward =\t0 \n", {FORWARD: "1"}, b" - net/ipv4/ip_forward =\t1 \n"),
    (b"net/ipv4/ip_forward=0", {"net/ipv4/ip_forward": "1"}, b"net/ipv4/ip_forward=1"),
    (
        b"net.ipv4.conf.eth0/100.forwarding=0\n",
        {"net/ipv4/conf/eth0.100/forwarding": "1"},
        b"net.ipv4.conf.eth0/100.forwarding=1\n",
    ),
    (b"", {"net/ipv4/conf/eth0.100/a": "1"}, b"net.ipv4.conf.eth0/100.a = 1\n"),
    # The last line decides.
    (b"vm.a=1\nvm.a = 2\n", {"vm.a": "3"}, b"vm.a=1\nvm.a = 3\n"),
    (b"vm.a=1\nvm.a = 2\n", {"vm.a": "1"}, b"vm.a=1\nvm.a = 1\n"),
    (b"vm.a=1\nvm.b=1\n-vm/a = 2\n", {"vm.a": None}, b"vm.b=1\n"),
    # To systemd a line without = undoes those above it; a glob never beats a key.
    (b"vm.a=1\n-vm.a\nvm.b=1\n", {"vm.a": "1"}, b"vm.a=1\n-vm.a\nvm.a = 1\nvm.b=1\n"),
    (b"vm.a=1\n-vm.a\nvm.b=1\n", {"vm.a": None}, b"-vm.a\nvm.b=1\n"),
    (b"-vm.a\n", {"vm.a": None}, b"-vm.a\n"),
    (b"vm.*=1\n", {"vm.a": "1"}, b"vm.*=1\nvm.a = 1\n"),
    # Values with blanks and signs, and without anything.
    (b"kernel.printk = 4\t4\t1\t7\n", {"kernel.printk": "3 4 1 3"}, b"kernel.printk = 3 4 1 3\n"),
    (b"a.p = |/x %p = # \\1\n", {"a.p": r"\1 = ; \g<0>"}, b"a.p = \\1 = ; \\g<0>\n"),
    (b"a.p = \n", {"a.p": "x"}, b"a.p = x\n"),
    (b"a.p = x\n", {"a.p": ""}, b"a.p = \n"),
    (b"a.p=x\n", {"a.p": "\u00e9\u2028"}, "a.p=\u00e9\u2028\n".encode()),
    # Line ends, marks and bytes of others.
    (b"# x\r\nvm.a=1\r\n", {"vm.a": "2", "vm.b": "3"}, b"# x\r\nvm.a=2\r\nvm.b = 3\r\n"),
    (b"# x\r\nvm.a=1", {"vm.b": "3"}, b"# x\r\nvm.a=1\r\nvm.b = 3"),
    (b"vm.a=1", {"vm.b": "3"}, b"vm.a=1\nvm.b = 3"),
    (b"vm.b=1\nvm.a=1", {"vm.a": None}, b"vm.b=1"),
    (b"\xef\xbb\xbfvm.a=1\nvm.b=1\n", {"vm.a": "2"}, b"\xef\xbb\xbfvm.a=1\nvm.b=1\nvm.a = 2\n"),
    (b"# gr\xfc\xdfe \x85 vm.a=0\nvm.a=1\n", {"vm.a": "2"}, b"# gr\xfc\xdfe \x85 vm.a=0\nvm.a=2\n"),
    ("# \u2028vm.a=3\n".encode(), {"vm.a": "2"}, "# \u2028vm.a=3\nvm.a = 2\n".encode()),
    (b"garbage\nvm.a = 1\n=2\n", {"vm.a": "2"}, b"garbage\nvm.a = 2\n=2\n"),
]


@pytest.mark.parametrize(("data", "changes", "expected"), TABLE)
def test_edits(data, changes, expected):
    assert edit_sysctl(data, changes) == expected
    assert edit_sysctl(expected, changes) == expected


@pytest.mark.parametrize("data", [row[0] for row in TABLE])
def test_what_holds_already_changes_nothing(data):
    text = data.decode("ascii", "surrogateescape")
    values = {line.key: line.value for line in parse_sysctl(text, "") if line.key != "vm/a"}
    assert edit_sysctl(data, {**values, "vm.not.here": None}) == data


def test_a_new_file_has_its_header():
    assert edit_sysctl(None, {"vm.a": "1"}, header="By hullcheck.\n\nDo not edit.") == (
        b"# By hullcheck.\n#\n# Do not edit.\nvm.a = 1\n"
    )
    assert edit_sysctl(None, {"vm.a": "1"}) == b"vm.a = 1\n"
    assert edit_sysctl(None, {"vm.a": None}, header="By hullcheck.") == b""
    assert edit_sysctl(b"", {"vm.a": "1"}, header="By hullcheck.") == b"vm.a = 1\n"


@pytest.mark.parametrize(
    "changes",
    [
        {"vm.a": "1\nvm.b=2"},
        {"vm.a": "1\rvm.b=2"},
        {"vm.a": "1\0"},
        {"vm.a": "1\n"},
        {"vm.a\nvm.b": "1"},
        {"vm.a": " 1"},
        {"vm.a": "1\t"},
        {"": "1"},
        {"-vm.a": "1"},
        {"#vm.a": "1"},
        {";vm.a": None},
        {"vm.a=1": "1"},
        {" vm.a": "1", "vm.a": "2"},
        {"vm.a": "1", "vm/a": "1"},
    ],
)
def test_what_cannot_be_written_is_refused(changes):
    with pytest.raises(ValueError):
        edit_sysctl(b"vm.c=1\n", changes)


@pytest.mark.parametrize("data", [b"vm.a=1\rvm.b=2\n", b"vm.a=1\n\0\0\0", b"\fvm.a=1\n", b"\v\n"])
def test_a_file_that_its_readers_disagree_on_is_refused(data):
    with pytest.raises(ValueError, match="control character"):
        edit_sysctl(data, {"vm.a": "2"})


def test_a_header_cannot_smuggle_settings_in():
    data = edit_sysctl(None, {"vm.a": "1"}, header="x\nvm.a=2\rvm.a=3\x85vm.a=4")
    assert [line.value for line in parse_sysctl(data.decode(), "")] == ["1"]
    with pytest.raises(ValueError):
        edit_sysctl(None, {"vm.a": "1"}, header="x\0vm.a=2")


# Each key is recognised by its last word, which stands in no other line.
WORDS = ("alpha", "beta", "gamma", "delta")
VALUES = st.sampled_from(["0", "1", "4096 87380", "|/bin/x %p=1", ""])


@st.composite
def assignments(draw):
    word = draw(st.sampled_from(WORDS))
    key = draw(st.sampled_from(["", "-", " - "])) + draw(
        st.sampled_from([f"net.ipv4.{word}", f"net/ipv4/{word}", f"\tnet.ipv4.{word} "])
    )
    equals = draw(st.sampled_from(["=", " = ", "\t=  "]))
    return f"{key}{equals}{draw(VALUES)}{draw(st.sampled_from(['', ' ']))}".encode()


COMMENTS = st.tuples(st.sampled_from([b"#", b" ;"]), st.binary(max_size=8)).map(b"".join)
LINES = st.one_of(
    assignments(),
    st.sampled_from(WORDS).map(lambda word: f"-net.ipv4.{word}".encode()),
    COMMENTS.filter(lambda line: not set(line) & set(b"\0\n\v\f\r\x1c\x1d\x1e\x1f")),
    st.sampled_from([b"", b"  ", b"garbage", b"net.*.x = 1", b"=1"]),
)
FILES = st.builds(
    lambda mark, lines, end, final: mark + end.join(lines) + (end if final else b""),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(LINES, max_size=8),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
)
KEYS = st.sampled_from([f"net.ipv4.{word}" for word in WORDS])
CHANGES = st.dictionaries(KEYS, st.none() | VALUES, max_size=3)


def unnamed(data, changes):
    words = [key.rpartition(".")[2].encode() for key in changes]
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [
        line.removesuffix(b"\r")
        for number, line in enumerate(lines)
        if not any(word in line for word in words) or (data[:1] == b"\xef" and number == 0)
        if line.strip()
    ]


def in_effect(data):
    text = data.decode("ascii", "surrogateescape")
    found = {line.key.replace("/", "."): line.value for line in parse_sysctl(text, "")}
    return {key: value for key, value in found.items() if key in {f"net.ipv4.{w}" for w in WORDS}}


@settings(max_examples=200, deadline=None)
@given(FILES, CHANGES)
def test_only_named_keys_change(data, changes):
    edited = edit_sysctl(data, changes, header="never")
    assert unnamed(edited, changes) == unnamed(data, changes)
    expected = {key: value for key, value in in_effect(data).items() if key not in changes}
    expected |= {key: value for key, value in changes.items() if value is not None}
    assert in_effect(edited) == expected
    assert edit_sysctl(edited, changes) == edited
    assert edited.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")


@settings(max_examples=100, deadline=None)
@given(FILES, KEYS, VALUES.filter(bool))
def test_setting_the_old_value_restores_the_bytes(data, key, value):
    old = in_effect(data).get(key)
    # Below a line -key the value is not in effect, and setting it adds a line.
    assume(old is None or f"-{key}".encode() not in data.split())
    assert edit_sysctl(edit_sysctl(data, {key: value}), {key: old}) == data


@pytest.mark.parametrize(
    "data",
    [b"", DEBIAN, b"-vm.swappiness=1\nvm/swappiness = 2 \n", b"vm.swappiness=1\r\n-vm.swappiness"],
)
def test_sysctl_reads_what_was_asked_for(data, tmp_path):
    sysctl = shutil.which("sysctl", path="/usr/sbin:/sbin:/usr/bin:/bin")
    file = tmp_path / "a.conf"
    file.write_bytes(b"")
    command = [sysctl, "--dry-run", "-p", file]
    if not sysctl or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no sysctl of procps-ng 4 here, which has --dry-run")
    file.write_bytes(edit_sysctl(data, {"vm.swappiness": "13", FORWARD: "1"}))
    # Its exit status also tells of keys that this kernel does not have.
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    values = dict(line.split(" = ") for line in said.splitlines())
    assert (values["vm.swappiness"], values[FORWARD]) == ("13", "1")
