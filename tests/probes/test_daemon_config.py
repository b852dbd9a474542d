"""daemon.json as the doctor judges it."""

from __future__ import annotations

import pytest

from probes import daemon_config
from probes.formats.daemon_json import CODES
from probes.host import Denied, Garbled
from probes.model import judge
from tests.probes.test_configuration import PATH, STARTED, host


def judged(on):
    facts = daemon_config.TOPIC.look(on)
    return {f.id: f for check in daemon_config.TOPIC.checks for f in judge(check, facts)}


def failing(on):
    return {name: f for name, f in judged(on).items() if f.outcome not in {"pass", "skip"}}


def test_a_good_file():
    found = judged(host('{"log-driver": "local"}', info={"LoggingDriver": "local"}))
    assert {f.outcome for f in found.values()} <= {"pass"}
    assert len(found) >= len(CODES)


def test_no_file():
    assert failing(host()) == {}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ('{"debug": true,\n}', "daemon-json-syntax", 2, 1),
        ('{\n  // why\n  "debug": true\n}', "daemon-json-syntax", 2, 3),
        ('{"log-opts": {"max-size": 10}}', "daemon-json-wrong-type", 1, 27),
        ('{\n  "log-drivers": "local"\n}', "daemon-json-unknown-key", 2, 3),
        ('{"host": ["tcp://127.0.0.1:2375"]}', "daemon-json-singular-key", 1, 2),
        ('{"debug": true, "debug": false}', "daemon-json-duplicate-key", 1, 17),
        (b'{"labels": ["a=\xe9"]}', "daemon-json-encoding", 1, 16),
        (b"\x00\x01\x02", "daemon-json-syntax", 1, 1),
        ("[]", "daemon-json-not-an-object", 1, 1),
    ],
)
def test_bad_files_are_found_with_line_and_column(text, code, line, column):
    found = failing(host(text))[code]
    assert (found.outcome, found.line, found.column) == ("fail", line, column)
    assert found.evidence[0].source == PATH


def test_an_empty_file_and_a_byte_order_mark_are_fine():
    assert failing(host("")) == {}
    assert failing(host(b"\xef\xbb\xbf{}")) == {}


@pytest.mark.parametrize(
    "reason", ["is a directory, not a file", "is a loop of symbolic links", "holds 52428800 bytes"]
)
def test_what_is_no_file(reason):
    on = host("x", failures={("read", PATH): Garbled(f"{PATH} {reason}")})
    found = failing(on)
    assert found["daemon-json-unreadable"].outcome == "fail"
    assert found["daemon-json-unreadable"].line == 1
    assert set(found) <= {"daemon-json-unreadable", "daemon-config-pending"}


def test_denied_is_unknown_once():
    on = host("x", failures={("read", PATH): Denied("denied", look=f"sudo cat {PATH}")})
    found = failing(on)
    assert found["daemon-json-unreadable"].outcome == "unknown"
    assert found["daemon-json-unreadable"].look == f"sudo cat {PATH}"
    assert [f.id for f in found.values() if f.id in CODES] == []


def test_a_named_file_that_is_gone():
    on = host(argv=("dockerd", "--config-file", "/srv/d.json"))
    assert failing(on)["daemon-json-unreadable"].severity == "error"


def test_pending():
    on = host('{"live-restore": true}', mtime=STARTED + 60, info={"LiveRestoreEnabled": False})
    found = failing(on)["daemon-config-pending"]
    assert "live-restore" in found.summary
    assert any("kill -HUP 812" in line for line in found.mend)


def test_another_file_than_the_usual():
    on = host("{}", argv=("dockerd", "--config-file", "/srv/d.json"), files={"/srv/d.json": "{}"})
    assert failing(on)["daemon-config-elsewhere"].subject == PATH


def test_debug_left_on():
    assert "daemon-debug-on" in failing(host(info={"Debug": True}))
    assert "daemon-debug-on" not in failing(host(info={"Debug": False}))


def test_flags_as_dockerd_prints_them():
    argv = ("dockerd", "-H", "fd://", "--label=a=b", "--debug", "--log-opt", "max-size=1m")
    assert daemon_config.printed_flags(argv) == {
        "host": "[fd://]",
        "label": "[a=b]",
        "debug": "true",
        "log-opt": "map[max-size:1m]",
    }


def test_a_key_that_is_a_flag_as_well():
    found = failing(host('{"hosts": ["unix:///var/run/docker.sock"]}'))
    text = found["daemon-json-flag-conflict"].evidence[-1].value
    assert "from flag: [fd://]" in text
