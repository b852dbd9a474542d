"""hullcheck lint, as a user runs it."""

from __future__ import annotations

import json

import pytest

from agent import lint
from tests.agent.cli_runner import hullcheck


def run(path, *more, **kwargs):
    return hullcheck("lint", "--engine", "28.5.2", *more, str(path), **kwargs)


def document(path, *more, **kwargs):
    result = run(path, "--format", "json", *more, **kwargs)
    return result.code, json.loads(result.out)


@pytest.fixture
def file(tmp_path):
    def write(data, name="daemon.json"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def test_a_good_file(file):
    result = run(file('{"log-driver": "local"}'))
    assert result.code == 0
    assert "no problem found" in result.out


def test_a_refused_file(file):
    path = file('{\n  "log-drivr": "local"\n}')
    code, told = document(path)
    assert code == 1
    assert told["schema"] == "hullcheck.lint/1"
    (found,) = told["findings"]
    assert (found["id"], found["line"], found["column"]) == ("daemon-json-unknown-key", 2, 3)
    assert found["refused_by_engine"] is True
    assert found["suggestion"] == "log-driver"
    assert run(path, "--fail-on", "never").code == 1


def test_what_the_engine_lets_through(file):
    path = file('{"host": ["tcp://127.0.0.1:2375"]}')
    code, told = document(path)
    assert (code, told["findings"][0]["refused_by_engine"]) == (0, False)
    assert told["findings"][0]["suggestion"] == "hosts"
    assert run(path, "--fail-on", "warning").code == 1


def test_text_is_what_an_editor_jumps_to(file):
    path = file('{\n  "log-drivr": "local"\n}')
    first = run(path).out.splitlines()[0]
    assert first == f"{path}:2:3: error [daemon-json-unknown-key]"


@pytest.mark.parametrize("what", ["directory", "loop", "huge"])
def test_what_is_no_file_is_a_finding(tmp_path, what):
    path = tmp_path / "daemon.json"
    if what == "directory":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    else:
        with path.open("wb") as file:
            file.truncate(50 << 20)
    code, told = document(path)
    assert code == 1
    assert [(f["id"], f["line"], f["column"]) for f in told["findings"]] == [
        ("daemon-json-unreadable", 1, 1)
    ]


def test_a_missing_file_is_wrong_usage_and_the_others_are_judged(file, tmp_path):
    good = file("{}")
    result = hullcheck("lint", str(tmp_path / "none.json"), str(good))
    assert result.code == 2
    assert "none.json: cannot be read: No such file" in result.err
    assert "1 file judged" in result.out


def test_standard_input():
    result = hullcheck("lint", "--kind", "daemon.json", "--engine", "new", "-", stdin=b"{}")
    assert result.code == 2
    result = hullcheck("lint", "--kind", "daemon.json", "--engine", "28", "-", stdin=b"{,}")
    assert result.code == 1
    assert "standard input:1:2" in result.out


def test_secrets_do_not_reach_the_output(file):
    path = file('{"log-driver": "splunk", "log-opts": {"splunk-tokn": "hunter2", "x": 1}}')
    for form in ("text", "json"):
        result = run(path, "--format", form)
        assert "hunter2" not in result.out + result.err
    path = file('{"registry-mirrors": ["https://user:hunter2@mirror"]}')
    result = run(path)
    assert result.code == 1
    assert "hunter2" not in result.out


def test_hostile_keys_are_shown_escaped(file):
    path = file(b'{"\\u001b[2Jevil": 1, "\xe2\x80\xaeevil": 2}')
    for form in ("text", "json"):
        out = run(path, "--format", form).out
        assert "\x1b" not in out
        assert chr(0x202E) not in out


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("daemon.json", "", "daemon.json"),
        ("daemon.json.bak", "", "daemon.json"),
        ("dockerd.json", "", "daemon.json"),
        ("x.json", '{"log-driver": "local"}', "daemon.json"),
        ("x.conf", '{"registry-mirrors": []', "daemon.json"),
        ("package.json", '{"labels": []}', None),
        ("x.txt", "hello", None),
    ],
)
def test_kind(name, data, kind):
    assert lint.kind_of(name, data.encode()) == kind


def test_every_finding_has_a_page(file):
    _, told = document(file('{"a": 1, "host": [], "debug": "x", "debug": true}'))
    for found in told["findings"]:
        assert hullcheck("explain", found["id"]).code == 0
