"""hullcheck.toml: what it may say, and the one clear line when it is wrong."""

from __future__ import annotations

import os
import threading

import pytest

from agent import settings
from agent.settings import SettingsError, Suppression
from probes.model import FAIL, NOTE, WAIVED, Check, Evidence, fail, finding

NOW = 1_800_000_000.0  # 2027-01-15


def write(tmp_path, text):
    path = tmp_path / "hullcheck.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return tmp_path


def load(tmp_path, text):
    return settings.load(str(write(tmp_path, text)), user=False)


def test_a_whole_file(tmp_path):
    read = load(
        tmp_path,
        """
format = "json"
fail-on = "warning"
timeout = 20

[[suppress]]
check = "clock-unsynchronised"
reason = "the lab's clock is kept by the hypervisor"
owner = "ops@example.com"
expires = 2027-03-31
""",
    )
    assert (read.format, read.fail_on, read.timeout) == ("json", "warning", 20.0)
    assert read.suppressions[0].expires == "2027-03-31"
    assert read.sources == (str(tmp_path / "hullcheck.toml"),)


def test_no_file_is_fine(tmp_path):
    assert settings.load(str(tmp_path), user=False) == settings.Settings()


def test_the_users_file_is_where_the_platform_wants_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "hullcheck").mkdir()
    write(tmp_path / "hullcheck", 'format = "json"\n')
    assert settings.load(None).format == "json"


def test_the_project_wins_over_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "hullcheck").mkdir()
    write(tmp_path / "hullcheck", 'format = "json"\nfail-on = "note"\n')
    project = tmp_path / "project"
    project.mkdir()
    write(project, 'format = "text"\n')
    read = settings.load(str(project))
    assert (read.format, read.fail_on) == ("text", "note")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = 'jsn'", "line 1: format must be one of text, json"),
        ("\n\nfromat = 'json'", "line 3: unknown key 'fromat': did you mean 'format'"),
        ("timeout = 'soon'", "line 1: timeout must be a number of seconds"),
        ("timeout = -1", "timeout must be"),
        ("timeout = true", "timeout must be"),
        ("fail-on = 7", "fail-on must be one of"),
        ("format = ", "not valid TOML"),
        (b'format = "\xff"', "line 1: not UTF-8"),
        ("suppress = 3", "array of tables"),
        ("[[suppress]]\nreason = 'x'", "names no check"),
        (
            "[[suppress]]\ncheck = 'clock-unsynchronized'\nreason = 'x'\nexpires = 2027-01-01",
            "line 2: .*did you mean 'clock-unsynchronised'",
        ),
        ("[[suppress]]\ncheck = 'clock-unsynchronised'\nexpires = 2027-01-01", "needs a reason"),
        ("[[suppress]]\ncheck = 'clock-unsynchronised'\nreason = 'x'", "needs a date"),
        (
            "[[suppress]]\ncheck = 'clock-unsynchronised'\nreason = 'x'\nexpires = 'soon'",
            "needs a date",
        ),
        ("[[suppress]]\ncheck = 'clock-unsynchronised'\nreson = 'x'", "did you mean 'reason'"),
        ("[thresholds]\nno-such = 3", "no such threshold"),
        ("thresholds = 3", "must be a table"),
        ("[thresholds]\ndisk-space-low = nan", "line 2: threshold disk-space-low must be a number"),
        ("[thresholds]\ndisk-space-low = inf", "must be a number"),
        ("[thresholds]\ndisk-space-low = " + "9" * 400, "must be a number"),
        ("timeout = " + "9" * 5000, "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path, text, says):
    with pytest.raises(SettingsError, match=says) as caught:
        load(tmp_path, text)
    assert str(tmp_path / "hullcheck.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_directory_in_its_place_is_one_clear_line(tmp_path):
    (tmp_path / "hullcheck.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(str(tmp_path), user=False)


@pytest.mark.skipif(os.name != "posix", reason="named pipes of a Unix")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "hullcheck.toml")
    with pytest.raises(SettingsError, match="no regular file"):
        settings.load(str(tmp_path), user=False)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    assert load(tmp_path, b'\xef\xbb\xbfformat = "json"\r\n').format == "json"


def test_a_home_that_is_not_ours_to_read_is_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(settings, "_read_file", denied)
    assert settings.load(None) == settings.Settings()
    assert "hullcheck.toml: Permission denied" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(str(tmp_path), user=False)


def test_a_home_on_a_server_that_is_gone_is_left_out(tmp_path, monkeypatch, capsys):
    release = threading.Event()
    monkeypatch.setattr(settings, "PATIENCE", 0.05)
    monkeypatch.setattr(settings, "_read_file", lambda path: release.wait(30))
    assert settings.load(None) == settings.Settings()
    assert "did not answer" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="a dead mount"):
        settings.load(str(tmp_path), user=False)
    release.set()


def test_a_clock_that_no_calendar_holds_waives_by_ours():
    suppression = Suppression("some-check", "known", "2999-12-31", "", "", "f")
    read = settings.Settings(suppressions=(suppression,))
    for now in (1e300, float("nan")):
        assert read.waive([FOUND], now)[0].outcome == WAIVED


CHECK = Check("some-check", "t", NOTE, "T", "", (), "", (), lambda _: ())
FOUND = finding(CHECK, fail("It is so.", Evidence("a", "b", "c"), subject="web-1"))


@pytest.mark.parametrize(
    ("suppression", "outcome"),
    [
        (Suppression("some-check", "known", "2027-01-15", "", "", "f"), WAIVED),
        (Suppression("some-check", "known", "2027-01-14", "", "", "f"), FAIL),
        (Suppression("some-check", "known", "2027-12-31", "web-1", "", "f"), WAIVED),
        (Suppression("some-check", "known", "2027-12-31", "web-2", "", "f"), FAIL),
        (Suppression("other", "known", "2027-12-31", "", "", "f"), FAIL),
    ],
)
def test_waiving(suppression, outcome):
    read = settings.Settings(suppressions=(suppression,))
    item = read.waive([FOUND], NOW)[0]
    assert item.outcome == outcome
    if outcome == WAIVED:
        assert item.reason is not None
        assert "known" in item.reason
    elif suppression.expires < "2027-01-15":
        assert "that time is over" in item.summary
