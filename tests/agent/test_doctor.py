"""The run: one deadline, every failure contained, and what the exit code says."""

from __future__ import annotations

import json
import time

import pytest

from agent import doctor
from agent.report.model import Report
from agent.settings import Settings
from probes import PROBES
from probes.host import Host, Slow
from probes.model import CRASH, FAIL, NOTE, PASS, UNKNOWN, WARNING, Topic, ok
from tests.agent.cli_runner import hullcheck
from tests.engines.sockets import AnswerSocket, DeadSocket, GarbageSocket, HungSocket
from tests.fake_host import FakeSource, fake_host


def run(host, **kwargs):
    return doctor.run(host, doctor.Selection(**kwargs), Settings())


@pytest.fixture
def topic(monkeypatch):
    """One made-up topic in the place of all others."""

    def make(look, *checks):
        made = Topic("made-up", "Made up")
        made.probe(look)
        for name, judge in checks:
            made.check(name, WARNING, "It is so")(judge)
        monkeypatch.setattr(doctor, "load_topic", lambda _: made)
        monkeypatch.setattr(doctor, "PROBES", {"made-up": "x"})
        monkeypatch.setattr(doctor, "relevant", lambda _: ["made-up"])
        return made

    return make


def test_every_topic_on_a_host_that_tells_nothing():
    report = doctor.run(fake_host(), doctor.EVERYTHING._replace(only=frozenset(PROBES)), Settings())
    assert {f.topic for f in report.findings} == set(PROBES)
    assert [f for f in report.findings if f.outcome == CRASH] == []
    assert report.incomplete == ()


class Failing(FakeSource):
    """Every answer fails in one way; only what a process knows of itself is told."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def answer(self, question, timeout):
        if question[0] == "gauge" and question[1] in {"clock", "session", "system"}:
            return super().answer(question, timeout)
        raise self.error(f"{question} failed")


class Nonsense(FakeSource):
    """Every engine answer, file and command is of the wrong shape."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def answer(self, question, timeout):
        kind = question[0]
        if kind in {"engine", "ping"}:
            return self.value
        if kind in {"read", "tail"}:
            return b"\x00\xff[nonsense\n=\n:\n,\n"
        if kind == "run":
            return [0, "\x00nonsense\n=\n\n:", ""]
        return super().answer(question, timeout)


@pytest.mark.parametrize("kind", ["absent", "denied", "slow", "garbled", "refused", "unrecorded"])
def test_every_read_failing_in_every_way(kind):
    from probes.host.questions import FAILURES

    report = run(Host(Failing(FAILURES[kind])), optional=True)
    assert [f for f in report.findings if f.outcome == CRASH] == []
    assert [f for f in report.findings if f.outcome == PASS and not f.evidence] == []


@pytest.mark.parametrize("value", [None, [], {}, 7, "text", [None], {"Warnings": 3}, [[]], True])
def test_every_answer_being_nonsense(value):
    report = run(Host(Nonsense(value)), optional=True)
    assert [(f.id, f.summary) for f in report.findings if f.outcome == CRASH] == []


def test_a_topic_that_hangs_costs_itself_alone(topic):
    def look(host):
        time.sleep(5)

    topic(look, ("never-judged", lambda _: ok("x")))
    report = run(Host(FakeSource(), seconds=0.8))
    (found,) = report.findings
    assert (found.outcome, found.id) == (UNKNOWN, "never-judged")
    assert report.incomplete
    assert doctor.exit_code(report, "error") == 3


def test_a_probe_that_crashes_is_reported_as_ours(topic):
    def look(host):
        raise ZeroDivisionError("division by zero")

    topic(look, ("a", lambda _: ok("x")), ("b", lambda _: ok("x")))
    report = run(fake_host())
    assert [f.outcome for f in report.findings] == [CRASH, CRASH]
    assert "ZeroDivisionError" in report.findings[0].summary
    assert doctor.exit_code(report, "error") == 3


def test_a_check_that_crashes_takes_no_other_with_it(topic):
    topic(lambda host: 1, ("a", lambda facts: facts.nothing), ("b", lambda _: ok("fine")))
    outcomes = {f.id: f.outcome for f in run(fake_host()).findings}
    assert outcomes == {"a": CRASH, "b": PASS}


def test_a_probe_that_raises_unreadable_makes_its_checks_unknown(topic):
    def look(host):
        raise Slow("too slow", look="look")

    topic(look, ("a", lambda _: ok("x")))
    (found,) = run(fake_host()).findings
    assert (found.outcome, found.reason, found.look) == (UNKNOWN, "too slow", "look")


def test_selection(topic):
    made = topic(lambda host: 1)
    made.check("a", NOTE, "T", tags=("hardening",))(lambda _: ok("x"))
    made.check("b", NOTE, "T", tags=("odd",))(lambda _: ok("x"))

    def ids(**kwargs):
        return [f.id for f in run(fake_host(), **kwargs).findings]

    assert ids() == ["b"]
    assert ids(optional=True) == ["a", "b"]
    assert ids(only=frozenset({"hardening"})) == ["a"]
    assert ids(only=frozenset({"made-up"})) == ["a", "b"]
    assert ids(skip=frozenset({"odd"})) == []


@pytest.mark.parametrize(
    ("fail_on", "code"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0)]
)
def test_exit_codes(topic, fail_on, code):
    from probes.model import Evidence, fail

    topic(lambda host: 1, ("a", lambda _: fail("bad", Evidence("s", "l", "v"))))
    report = run(fake_host())
    assert isinstance(report, Report)
    assert [f.outcome for f in report.findings] == [FAIL]
    assert doctor.exit_code(report, fail_on) == code


# -- as a process, on this machine ---------------------------------------------------------------


def document(*arguments, **kwargs):
    result = hullcheck("doctor", "--format", "json", *arguments, **kwargs)
    assert "Traceback" not in result.err
    return result.code, json.loads(result.out)


def found(told, *outcomes):
    return {f["id"]: f for f in told["findings"] if f["outcome"] in outcomes}


def test_a_socket_that_hangs_ends_within_the_deadline():
    with HungSocket() as socket:
        code, told = document(env={"DOCKER_HOST": socket.host}, timeout=20)
    assert code == 1
    assert "storage-driver-vfs" in found(told, UNKNOWN)
    assert told["engine"]["reachable"] is False
    assert any("answer" in f["summary"] for f in found(told, FAIL).values())


@pytest.mark.parametrize("server", [DeadSocket, GarbageSocket, AnswerSocket])
def test_sockets_that_are_no_engine(server):
    with server() as socket:
        code, told = document(env={"DOCKER_HOST": socket.host})
    assert code == 1
    assert [f for f in told["findings"] if f["outcome"] == CRASH] == []
    assert [f for f in told["findings"] if f["topic"] == "reachability" and f["outcome"] == FAIL]


def test_no_docker_at_all(tmp_path):
    result = hullcheck("doctor", env={"PATH": str(tmp_path), "DOCKER_HOST": "unix:///nowhere/s"})
    assert "Traceback" not in result.err
    assert "/nowhere/s" in result.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--only", "no-such-check"), "no such check, topic or tag"),
        (("--only", "clock-unsynchronized"), "did you mean clock-unsynchronised"),
        (("--from", "/nowhere.tar.gz"), "no such file"),
        (("--timeout", "soon"), "not a number of seconds"),
        (("--format", "yaml"), "no such choice"),
        (("--project", "/nowhere"), "no such folder"),
        (("-o", "/nowhere/x.json"), "cannot be written"),
        (("--no-such-flag",), "no such option"),
    ],
)
def test_wrong_usage_is_one_clear_line_and_exit_code_2(arguments, says):
    result = hullcheck("doctor", *arguments)
    assert result.code == 2
    assert says in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


def test_json_goes_to_stdout_alone_and_to_a_file(tmp_path):
    path = tmp_path / "r.json"
    result = hullcheck("doctor", "--only", "clock", "--format", "json", "-o", str(path))
    assert result.out == ""
    assert json.loads(path.read_text())["schema"] == "hullcheck.report/1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_that_goes_away_is_no_error():
    import subprocess
    import sys

    from tests.agent.cli_runner import ROOT

    done = subprocess.run(
        f"'{sys.executable}' -m agent list --format json | head -c 1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""


def test_settings_of_the_project(tmp_path):
    (tmp_path / "hullcheck.toml").write_text(
        'format = "json"\n[[suppress]]\ncheck = "clock-unsynchronised"\n'
        'reason = "the hypervisor keeps it"\nexpires = 2999-01-01\n'
    )
    result = hullcheck("doctor", "--only", "clock", "--project", str(tmp_path))
    told = json.loads(result.out)
    clock = next(f for f in told["findings"] if f["id"] == "clock-unsynchronised")
    assert clock["outcome"] in {"waived", "pass", "skip"}
    assert hullcheck("doctor", "--project", str(tmp_path), cwd=str(tmp_path)).code in {0, 1, 3}
    (tmp_path / "hullcheck.toml").write_text("formt = 1\n")
    result = hullcheck("doctor", "--project", str(tmp_path))
    assert result.code == 2
    assert "hullcheck.toml: line 1: unknown key 'formt'" in result.err


def test_a_head_that_cannot_be_made_is_told(topic, monkeypatch):
    def broken(_):
        raise ZeroDivisionError("of our own")

    topic(lambda host: 1, ("a", lambda _: ok("fine")))
    monkeypatch.setattr(doctor, "_host_summary", broken)
    report = run(fake_host())
    assert report.incomplete == (
        "hullcheck failed to describe the host: ZeroDivisionError('of our own')",
    )
    assert doctor.exit_code(report, "error") == 3
