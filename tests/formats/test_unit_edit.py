"""Edits of unit files: settings get exactly the lines asked for, and nothing else moves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.formats.systemd_show import parse_unit_file
from probes.formats.unit_edit import edit_unit

DOCKER = (Path(__file__).parents[1] / "data/systemd-unit/docker.service").read_bytes()
FILES_LIMIT = ("Service", "LimitNOFILE")
START = ("Service", "ExecStart")
ENV = ("Service", "Environment")
PROXY = b"""\
[Service]
Environment="HTTP_PROXY=http://proxy.example.com:3128"
Environment="HTTPS_PROXY=http://proxy.example.com:3129" # Bob's
Environment="NO_PROXY=localhost,127.0.0.1"
"""
LONG = b"""\
# Site
[Service]
ExecStart=
ExecStart=/usr/bin/dockerd -H fd:// \\
    --containerd=/run/containerd/containerd.sock \\
# --debug
; --tls
    --log-level=warn
; after it
Restart = always

[Install]
WantedBy=multi-user.target
"""
COMMANDS = (
    "",
    "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --log-level=warn",
)
MARK = b"\xef\xbb\xbf"

TABLE = [
    (b"", {FILES_LIMIT: ("1024",)}, b"[Service]\nLimitNOFILE=1024\n"),
    (b"[Service]\n", {START: ("", "/bin/d -x")}, b"[Service]\nExecStart=\nExecStart=/bin/d -x\n"),
    (
        DOCKER,
        {FILES_LIMIT: ("1024:524288",)},
        DOCKER.replace(b"LimitNOFILE=1048576", b"LimitNOFILE=1024:524288"),
    ),
    (DOCKER, {("Unit", "Documentation"): None}, re.sub(rb"Documentation=.*\n", b"", DOCKER)),
    (
        PROXY,
        {ENV: ('"NO_PROXY=localhost,.lan"',)},
        b'[Service]\nEnvironment="NO_PROXY=localhost,.lan"\n',
    ),
    (PROXY, {ENV: None}, b"[Service]\n"),
    (PROXY, {ENV: ()}, b"[Service]\n"),
    # A setting goes with its continuation lines, and with the comments between them.
    (
        LONG,
        {START: ("", "/usr/bin/dockerd")},
        re.sub(rb"=/usr/bin/dockerd(.*\n)+    --log.*", b"=/usr/bin/dockerd", LONG),
    ),
    (LONG, {START: None}, re.sub(rb"ExecStart=\n(.*\n)+    --log.*\n", b"", LONG)),
    (LONG, {("Service", "Restart"): ("no",)}, LONG.replace(b"= always", b"= no")),
    (LONG, {FILES_LIMIT: ("1",)}, LONG.replace(b"always\n", b"always\nLimitNOFILE=1\n")),
    (b"[A]\nk\\\n=1 \\\n 2\nl=\n", {("A", "k"): ("3",)}, b"[A]\nk=3\nl=\n"),
    (b"[A]\nk= \\\n 2\nl=\n", {("A", "k"): ("3",)}, b"[A]\nk= 3\nl=\n"),
    (b"[A]\nk=1 \\\n\nl=\n", {("A", "k"): ("3",)}, b"[A]\nk=3\nl=\n"),
    # Only a backslash at the very end joins lines, and only one that is not escaped.
    (b"[A]\nk=1 \\ \nl=2\n", {("A", "k"): ("3",)}, b"[A]\nk=3\nl=2\n"),
    (b"[A]\nk=1 \\ \nl=2\n", {("A", "l"): ("3",)}, b"[A]\nk=1 \\ \nl=3\n"),
    (b"[A]\nk=1\\\\\nl=2\n", {("A", "k"): ("3",)}, b"[A]\nk=3\nl=2\n"),
    (b"[A]\nk=1\\\\\\\nl=2\n", {("A", "k"): ("3",)}, b"[A]\nk=3\n"),
    (b"[A]\n# \\\nk=2\n", {("A", "k"): ("3",)}, b"[A]\n# \\\nk=3\n"),
    # The end of the file ends an assignment.
    (b"[A]\nk=1 \\\n", {("A", "k"): ("3",)}, b"[A]\nk=3\n"),
    (b"[A]\nk=1 \\", {("A", "k"): None}, b"[A]"),
    (b"[A]\nk=1 \\\n", {("A", "l"): ("3",)}, b"[A]\nl=3\nk=1 \\\n"),
    (b"[A]\nk=1 \\\n# x\n", {("A", "l"): ("3",)}, b"[A]\nl=3\nk=1 \\\n# x\n"),
    (b"[A]\nk=1 \\\n", {("B", "l"): ("3",)}, b"[A]\nk=1 \\\n\n[B]\nl=3\n"),
    # All parts of a section, and no other section.
    (
        b"[A]\nk=1\nl=1\n[B]\nk=2\n[A]\nk=3\n",
        {("A", "k"): ("4", "5")},
        b"[A]\nk=4\nk=5\nl=1\n[B]\nk=2\n[A]\n",
    ),
    (b"[B]\nk=1\n", {("A", "k"): ("2",)}, b"[B]\nk=1\n\n[A]\nk=2\n"),
    (b"[B]\nk=1\n\n", {("A", "k"): ("2",)}, b"[B]\nk=1\n\n[A]\nk=2\n"),
    (b"[A]\nk=1\n#l=1\n\n[B]\n", {("A", "l"): ("2",)}, b"[A]\nk=1\nl=2\n#l=1\n\n[B]\n"),
    (b" [A] \n#k=1\n[B]\n", {("A", "k"): ("2",)}, b" [A] \nk=2\n#k=1\n[B]\n"),
    (b"[A]\n[B]\n[A]\n#\n", {("A", "k"): ("2",)}, b"[A]\n[B]\n[A]\nk=2\n#\n"),
    (b"[A]\n k = 1\n", {("A", "k"): ("", "2")}, b"[A]\n k =\n k = 2\n"),
    (b"k=1\n[B]\n", {("A", "k"): ("2",)}, b"k=1\n[B]\n\n[A]\nk=2\n"),
    (b"[B]\nl=1 \\\n[A]\n", {("A", "k"): ("2",)}, b"[B]\nl=1 \\\n[A]\n\n[A]\nk=2\n"),
    # Line ends, marks and bytes of others.
    (
        PROXY.replace(b"\n", b"\r\n"),
        {ENV: ("A=b", "C=d")},
        b"[Service]\r\nEnvironment=A=b\r\nEnvironment=C=d\r\n",
    ),
    (
        LONG.replace(b"\n", b"\r\n"),
        {START: None, FILES_LIMIT: None},
        re.sub(rb"ExecStart=\n(.*\n)+    --log.*\n", b"", LONG).replace(b"\n", b"\r\n"),
    ),
    (b"[A]\r\nk=1", {("A", "k"): ("2", "3")}, b"[A]\r\nk=2\r\nk=3"),
    (b"[A]", {("A", "k"): ("2",)}, b"[A]\nk=2"),
    (MARK + b"[A]\nk=1\n", {("A", "k"): ("2",)}, MARK + b"[A]\nk=2\n"),
    (MARK + b"[A]\n[B]\n", {("A", "k"): ("2",)}, MARK + b"[A]\nk=2\n[B]\n"),
    (
        b"# gr\xfc\xdfe\n[A]\nk=\xfc\nl=1\n",
        {("A", "l"): ("\u00fc",)},
        b"# gr\xfc\xdfe\n[A]\nk=\xfc\nl=\xc3\xbc\n",
    ),
    (
        "# \u2028[A]\n[A]\nk=a\u0085b\n".encode(),
        {("A", "k"): ("a\u0085",)},
        "# \u2028[A]\n[A]\nk=a\u0085\n".encode(),
    ),
]


@pytest.mark.parametrize(("data", "changes", "expected"), TABLE)
def test_edits(data, changes, expected):
    edited = edit_unit(data, changes)
    assert edited == expected
    assert edit_unit(edited, changes) == edited


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (LONG, {START: COMMANDS, ("Service", "Restart"): ("always",)}),
        (LONG, {FILES_LIMIT: None, ("Install", "ExecStart"): None}),
        (DOCKER, {FILES_LIMIT: ("1048576",), ("Service", "Delegate"): ("yes",)}),
        (b"[A]\r\nk = 1 \\\r\n  2\r\n", {("A", "k"): ("1 2",)}),
        (b"[A]\nk=1\n[B]\n[A]\nk=2", {("A", "k"): ("1", "2")}),
        (b"[A]\nk=1 \\", {("A", "k"): ("1",)}),
    ],
)
def test_what_holds_already_changes_nothing(data, changes):
    for key, values in changes.items():
        found = [d.value for d in parse_unit_file(data.decode() + "\n\n", "") if d[:2] == key]
        assert tuple(found) == (values or ())
    assert edit_unit(data, dict(changes)) == data


def test_a_new_file_has_its_header():
    changes = {FILES_LIMIT: ("1024",), ("Unit", "After"): ("a", "b"), ENV: None}
    assert edit_unit(None, changes, header="By hullcheck. \\\n\nKeep.") == (
        b"# By hullcheck. \\\n#\n# Keep.\n[Service]\nLimitNOFILE=1024\n\n[Unit]\nAfter=a\nAfter=b\n"
    )
    assert edit_unit(None, {ENV: None}, header="By hullcheck.") == b""
    assert edit_unit(b"", {("A", "k"): ("1",)}, header="By hullcheck.") == b"[A]\nk=1\n"


@pytest.mark.parametrize(
    "changes",
    [
        {ENV: ("A=b\nExecStartPre=/bin/x",)},
        {ENV: ("A=b\rExecStartPre=/bin/x",)},
        {ENV: ("A=b\0ExecStartPre=/bin/x",)},
        {ENV: ("A=b", "C=d\n")},
        {ENV: ("A=b \\",)},
        {ENV: ("A=b\\\\",)},
        {ENV: (" A=b",)},
        {("Service", "Environment\nExecStartPre"): ("/bin/x",)},
        {("Service]\n[X", "k"): ("1",)},
        {("Service", "# Environment"): ("1",)},
        {("Service", "A=b"): ("1",)},
        {("Service", "[k"): None},
        {("Service", ""): ("1",)},
        {("", "k"): ("1",)},
        {("[Service", "k"): ("1",)},
    ],
)
def test_what_cannot_be_written_is_refused(changes):
    with pytest.raises(ValueError):
        edit_unit(PROXY, changes)


@pytest.mark.parametrize(
    "data", [b"[A]\rk=1\n", b"[A]\nk=1\n\0\0", b"[A]\n\fk=1\n", b"garbage \\\n[A]\n#k=1\n"]
)
def test_a_file_that_cannot_be_read_for_sure_is_refused(data):
    with pytest.raises(ValueError):
        edit_unit(data, {("A", "k"): ("2",)})


# Each setting has a name that stands in no other line.
NAMES = {"Alpha": "Unit", "Beta": "Service", "Gamma": "Service", "Delta": "Install"}
VALUES = st.sampled_from(["", "1", "a b", '"A=b c" \\x20d', "#x;", "[x]"])
BLANK = st.sampled_from(["", "", " ", "\t"])


@st.composite
def assignments(draw):
    name = draw(st.sampled_from(sorted(NAMES)))
    parts = draw(st.lists(VALUES, min_size=1, max_size=3))
    between = draw(st.sampled_from([" \\\n", "\\\n  ", " \\\n# c \\\n ;d\n  "]))
    blanks = [draw(BLANK) for _ in range(4)]
    text = between.join(f"z{part}" if at else part for at, part in enumerate(parts))
    return NAMES[name], f"{blanks[0]}{name}{blanks[1]}={blanks[2]}{text}{blanks[3]}"


@st.composite
def files(draw):
    """Parts of sections, each of them possibly several times, and what stands between."""
    texts = draw(st.lists(st.sampled_from(["# c \\", "; [Unit]", "", "nonsense"]), max_size=2))
    for section in draw(
        st.lists(st.sampled_from(["Unit", "Service", "Install", "X-Y"]), max_size=4)
    ):
        texts.append(f"[{section}]")
        for home, text in draw(st.lists(assignments(), max_size=3)):
            texts.append(text if home == section else draw(st.sampled_from(["#c", "", "Other=1"])))
    end, final = draw(st.sampled_from(["\n", "\r\n"])), draw(st.booleans())
    text = draw(st.sampled_from(["", "\ufeff"])) + "\n".join(texts) + ("\n" if final else "")
    return text.replace("\n", end).encode()


KEYS = st.sampled_from([(section, name) for name, section in NAMES.items()])
CHANGES = st.dictionaries(KEYS, st.none() | st.lists(VALUES, max_size=3).map(tuple), max_size=3)


def unnamed(data, changes):
    """The text without the named settings; the lines they go on in begin as `assignments` does."""
    names = "|".join(name for _, name in changes) or "(?!)"
    text = data.decode().replace("\r\n", "\n")
    text = re.sub(rf"(?m)^[ \t]*({names})[ \t]*=(.*\\\n([#; \t]*[#;].*\n)*)*.*(\n|\Z)", "", text)
    return [line for line in text.split("\n") if line.strip()]


def settings_of(data):
    found = {}
    for read in parse_unit_file(data.decode().removeprefix("\ufeff") + "\n", ""):
        found.setdefault((read.section, read.key), []).append(read.value)
    return found


@settings(max_examples=200, deadline=None)
@given(files(), CHANGES)
def test_only_named_settings_change(data, changes):
    edited = edit_unit(data, changes, header="never")
    left, added = unnamed(data, changes), unnamed(edited, changes)
    assert added[: len(left)] == left
    assert set(added[len(left) :]) <= {f"[{section}]" for section, _ in changes}
    expected = {key: values for key, values in settings_of(data).items() if key not in changes}
    expected |= {key: list(values) for key, values in changes.items() if values}
    assert settings_of(edited) == expected
    assert edit_unit(edited, changes) == edited


@settings(max_examples=100, deadline=None)
@given(files(), KEYS, VALUES)
def test_setting_the_old_value_restores_the_bytes(data, key, value):
    old = settings_of(data).get(key)
    undone = edit_unit(edit_unit(data, {key: (value,)}), {key: tuple(old or ())})
    plain = re.findall(rf"(?m)^{key[1]}=(?:\S(?:.*[^\s\\])?)?\r?$", data.decode())
    if old and len(old) == len(plain) == 1:
        assert undone == data
    assert settings_of(undone) == settings_of(data)


# A name that systemd does not know shows in its complaint where it took a line for a setting.
PROBE = ("Service", "HullcheckProbe")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        LONG,
        LONG.replace(b"\n", b"\r\n"),
        MARK + b"[Service]\nExecStart=/bin/true\n",
        b"[Service]\nExecStart=/bin/true",
        b"[Service]\nType=oneshot\nExecStart=/bin/true \\\n",
        b"[Service]\nType=oneshot\nExecStart=/bin/true \\\n# x",
        b"[Service]\nExecStart=/bin/true \\ \n",
        b"[Service]\nExecStart=/bin/true \\\\\n",
        b"[Service]\nHullcheckProbe=1 \\\n [Unit]\nExecStart=/bin/true\n[Unit]\nHullcheckProbe=1\n",
    ],
)
def test_systemd_sees_the_setting_in_its_section(data, tmp_path):
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("no systemd-analyze here")
    unit = tmp_path / "hullcheck-probe.service"

    def complaints(content):
        unit.write_bytes(content)
        command = [analyze, "verify", "--man=no", unit]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return re.findall(r"Unknown key.*HullcheckProbe.*Service", run.stderr)

    if not complaints(b"[Service]\nHullcheckProbe=1\n"):
        pytest.skip("this systemd-analyze does not tell of unknown keys")
    edited = edit_unit(data, {PROBE: ("1", "2")})
    assert len(complaints(edited)) == 2
    assert len(complaints(edit_unit(edited, {PROBE: None}))) == 0
