"""Edits of limits.conf(5): what is asked for comes into effect, and nothing else moves."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.formats.limits_edit import edit_limits

SOFT, HARD, BOTH = ("*", "soft", "nofile"), ("*", "hard", "nofile"), ("*", "-", "nofile")
DEBIAN = b"""\
# /etc/security/limits.conf
#
#Each line describes a limit for a user in the form:
#
#<domain>        <type>  <item>  <value>
#
#*               soft    core            0
*               soft    nofile          1024
*               hard    nofile          524288
root            hard    core            100000
#@student        hard    nproc           20

# End of file
"""
ELASTIC = b"elasticsearch  -  nofile  65535\nelasticsearch\t-\tmemlock\tunlimited  # lock\n"

TABLE = [
    (b"", {SOFT: "65536"}, b"*               soft    nofile          65536\n"),
    (DEBIAN, {SOFT: "65536"}, DEBIAN.replace(b"1024", b"65536")),
    (DEBIAN, {SOFT: None}, DEBIAN.replace(b"*               soft    nofile          1024\n", b"")),
    (
        DEBIAN,
        {("*", "soft", "core"): "0"},
        DEBIAN + b"*               soft    core            0\n",
    ),
    (
        ELASTIC,
        {("elasticsearch", "-", "memlock"): "1024", ("elasticsearch", "-", "nofile"): None},
        b"elasticsearch\t-\tmemlock\t1024  # lock\n",
    ),
    (
        b"",
        {("a-very-long-user-name", "hard", "sigpending-and-more"): "1"},
        b"a-very-long-user-name hard    sigpending-and-more 1\n",
    ),
    # Case, glued comments, and what follows the value.
    (b" *\tSoft NOFILE 1#2\n", {SOFT: "3"}, b" *\tSoft NOFILE 3#2\n"),
    (b"* soft nofile 1 2 3\n", {("*", "SOFT", "Nofile"): "4"}, b"* soft nofile 4 2 3\n"),
    (b"* soft nofile #1\n", {SOFT: "2"}, None),
    (b"* soft nofile\nroot -\n", {SOFT: "2"}, None),
    (b"* soft nofile 1\n", {("*", "soft", "chroot"): "/a\\1"}, None),
    # The last line decides, over soft and hard alike.
    (b"* soft nofile 1\n* soft nofile 2\n", {SOFT: "3"}, b"* soft nofile 1\n* soft nofile 3\n"),
    (b"* soft nofile 1\n* soft nofile 2\n", {SOFT: None}, b""),
    (b"* soft nofile 1\n* - nofile 2\n", {SOFT: "2"}, b"* soft nofile 2\n* - nofile 2\n"),
    (
        b"* soft nofile 1\n* - nofile 2\n",
        {SOFT: "3"},
        b"* - nofile 2\n*               soft    nofile          3\n",
    ),
    (
        b"* - nofile 1\n* hard nofile 2\n",
        {BOTH: "3"},
        b"* hard nofile 2\n*               -       nofile          3\n",
    ),
    (b"* - nofile 1\n* soft nofile 2\n", {SOFT: "3"}, b"* - nofile 1\n* soft nofile 3\n"),
    (b"* - nofile 1\n* soft core 2\n", {BOTH: "3"}, b"* - nofile 3\n* soft core 2\n"),
    (b"* - nofile 1\n@a soft nofile 2\n", {BOTH: "3"}, b"* - nofile 3\n@a soft nofile 2\n"),
    (b"* - nofile 1\n* soft nofile 2\n", {BOTH: "3", SOFT: None}, b"* - nofile 3\n"),
    (b"* sofd nofile 1\n", {SOFT: "3"}, None),
    # Line ends, marks and bytes of others.
    (b"#\r\n* soft nofile 1\r\n", {SOFT: "2"}, b"#\r\n* soft nofile 2\r\n"),
    (b"#\r\n* soft nofile 1", {SOFT: None}, b"#"),
    (b"#\r\n* soft nofile 1", {SOFT: "2"}, b"#\r\n* soft nofile 2"),
    (b"\xef\xbb\xbf* soft nofile 1\n", {SOFT: "2"}, None),
    (
        b"# gr\xfc\xdfe\n\xfc - core 1\n",
        {("\u00fc", "-", "core"): None},
        b"# gr\xfc\xdfe\n\xfc - core 1\n",
    ),
    ("\u00fc - core 1\n".encode(), {("\u00fc", "-", "core"): "2"}, "\u00fc - core 2\n".encode()),
    ("* soft\u2028nofile 1\n".encode(), {SOFT: None}, "* soft\u2028nofile 1\n".encode()),
]


@pytest.mark.parametrize(("data", "changes", "expected"), TABLE)
def test_edits(data, changes, expected):
    """Where the table has None, the line goes to the end."""
    if expected is None:
        [((domain, kind, item), value)] = changes.items()
        expected = data + f"{domain:<15} {kind:<7} {item:<15} {value}\n".encode()
    assert edit_limits(data, changes) == expected
    assert edit_limits(expected, changes) == expected


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (DEBIAN, {SOFT: "1024", HARD: "524288", ("root", "hard", "core"): "100000"}),
        (ELASTIC, {("elasticsearch", "-", "memlock"): "unlimited", SOFT: None}),
        (b"* soft nofile 1\n* - nofile 1", {SOFT: "1"}),
        (b"*\tSOFT nofile 1#\r\n", {SOFT: "1"}),
    ],
)
def test_what_holds_already_changes_nothing(data, changes):
    assert edit_limits(data, changes) == data


def test_a_new_file_has_its_header():
    assert edit_limits(None, {BOTH: "1"}, header="By hullcheck.") == (
        b"# By hullcheck.\n*               -       nofile          1\n"
    )
    assert edit_limits(None, {BOTH: None}, header="By hullcheck.") == b""


@pytest.mark.parametrize(
    "changes",
    [
        {SOFT: "1\n* hard nofile 2"},
        {SOFT: "1\r* hard nofile 2"},
        {SOFT: "1 2"},
        {SOFT: "1#"},
        {SOFT: ""},
        {SOFT: " 1"},
        {("a b", "soft", "nofile"): "1"},
        {("a\nb", "soft", "nofile"): None},
        {("#a", "soft", "nofile"): "1"},
        {("", "soft", "nofile"): "1"},
        {("*", "both", "nofile"): "1"},
        {SOFT: "1", ("*", "SOFT", "nofile"): "2"},
        {SOFT: "1", BOTH: "2"},
        {BOTH: "2", HARD: "1"},
    ],
)
def test_what_cannot_be_written_is_refused(changes):
    with pytest.raises(ValueError):
        edit_limits(b"* soft nproc 1\n", changes)


@pytest.mark.parametrize(
    "data", [b"* soft nofile 1\r* hard nofile 1\n", b"*\fsoft core 1\n", b"\0"]
)
def test_a_file_that_its_readers_disagree_on_is_refused(data):
    with pytest.raises(ValueError, match="control character"):
        edit_limits(data, {SOFT: "2"})


DOMAINS, KINDS, ITEMS = ("*", "root", "@docker"), ("soft", "hard", "-"), ("nofile", "core")
KEYS = st.tuples(*map(st.sampled_from, (DOMAINS, KINDS, ITEMS)))
VALUES = st.sampled_from(["0", "1024", "unlimited"])
BLANKS = st.sampled_from([" ", "\t", "     "])


@st.composite
def limit_lines(draw):
    domain, kind, item = draw(KEYS)
    gaps = [draw(BLANKS) for _ in range(3)]
    case = draw(st.sampled_from([str, str.upper]))
    start, end = draw(st.sampled_from(["", " "])), draw(st.sampled_from(["", " ", "#x", " # * x"]))
    return f"{start}{domain}{gaps[0]}{case(kind)}{gaps[1]}{item}{gaps[2]}{draw(VALUES)}{end}"


LINES = limit_lines() | st.sampled_from(
    ["", "# gr\u00fc\u00dfe", "root -", "* soft nofile", "#* - core 1"]
)
FILES = st.builds(
    lambda lines, end, final: (end.join(lines) + (end if final else "")).encode(),
    st.lists(LINES, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


def rows(data):
    """Each line with the limit it sets, by the words before a comment."""
    found = []
    for line in data.decode().replace("\r\n", "\n").split("\n"):
        words = line.partition("#")[0].split()
        key = (words[0], words[1].lower(), words[2]) if len(words) > 3 else None
        found.append((key, words[3] if key else None, line))
    return found


def in_effect(data):
    found = {}
    for key, value, _ in rows(data):
        if key:
            domain, kind, item = key
            found |= {
                (domain, k, item): value for k in (("soft", "hard") if kind == "-" else (kind,))
            }
    return found


def unnamed(data, changes):
    return [line for key, _, line in rows(data) if line.strip() and key not in changes]


def agree(changes):
    """No limit is asked for twice, by its own type and by ``-``."""
    asked = [key for key, value in changes.items() if value is not None]
    return not any((key[0], "-", key[2]) in asked for key in asked if key[1] != "-")


@settings(max_examples=250, deadline=None)
@given(FILES, st.dictionaries(KEYS, st.none() | VALUES, max_size=3).filter(agree))
def test_only_named_limits_change(data, changes):
    edited = edit_limits(data, changes, header="never")
    assert unnamed(edited, changes) == unnamed(data, changes)
    effect = in_effect(edited)
    for (domain, kind, item), value in changes.items():
        if value is None:
            assert (domain, kind, item) not in [key for key, _, _ in rows(edited)]
        else:
            for part in ("soft", "hard") if kind == "-" else (kind,):
                assert effect[domain, part, item] == value
    assert edit_limits(edited, changes) == edited


@settings(max_examples=100, deadline=None)
@given(FILES, KEYS, VALUES)
def test_setting_the_old_value_restores_the_bytes(data, key, value):
    old = [was for found, was, _ in rows(data) if found == key]
    undone = edit_limits(edit_limits(data, {key: value}), {key: old[-1] if old else None})
    crossed = [k for k, _, _ in rows(data) if k and k != key and (k[0], k[2]) == (key[0], key[2])]
    if not old or not crossed:
        assert undone == data


PAM = """
import ctypes, json, pwd, os, resource, sys

pam = ctypes.CDLL("libpam.so.0")
conv = ctypes.create_string_buffer(16)
handle = ctypes.c_void_p()
user = pwd.getpwuid(os.getuid()).pw_name.encode()
if pam.pam_start_confdir(b"hullcheck", user, conv, sys.argv[1].encode(), ctypes.byref(handle)):
    raise OSError("pam_start_confdir")
if pam.pam_open_session(handle, 0):
    raise OSError("pam_open_session")
print(json.dumps([resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE)]))
"""


@pytest.mark.parametrize(
    ("before", "changes", "expected"),
    [
        (b"", {"soft": "100", "hard": "200"}, [100, 200]),
        (b"USER soft nofile 50\nUSER - nofile 60\n", {"soft": "70"}, [70, 60]),
        (b"USER soft nofile 50\nUSER - nofile 90\n", {"soft": "70"}, [70, 90]),
        (b"USER - nofile 50\r\nUSER HARD nofile 90 # x\r\n", {"-": "70"}, [70, 70]),
        (b"USER - nofile 80\nUSER SOFT nofile 90 # x", {"-": "95", "soft": None}, [95, 95]),
        (b"USER\tHard\tNoFile\t80#90\nUSER soft nofile 60 1 2\n", {"hard": "99"}, [60, 99]),
    ],
)
def test_pam_sets_what_was_asked_for(before, changes, expected, tmp_path):
    pwd = pytest.importorskip("pwd", reason="no Unix")
    os = pytest.importorskip("os")
    user = pwd.getpwuid(os.getuid()).pw_name
    limits = tmp_path / "limits.conf"
    (tmp_path / "pam.d").mkdir()
    (tmp_path / "pam.d" / "hullcheck").write_text(f"session required pam_limits.so conf={limits}\n")

    def in_a_session(data):
        limits.write_bytes(data)
        command = [sys.executable, "-c", PAM, tmp_path / "pam.d"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(run.stdout)[0] if run.returncode == 0 else None

    if in_a_session(f"{user} - nofile 123\n".encode()) != [123, 123]:
        pytest.skip("no pam_limits of Linux-PAM 1.4 that sets limits here")
    edited = edit_limits(
        before.replace(b"USER", user.encode()),
        {(user, kind, "nofile"): value for kind, value in changes.items()},
    )
    soft, hard = expected
    assert in_a_session(edited) == [min(soft, hard), hard]
