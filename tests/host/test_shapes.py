"""Answers of any shape: what a record holds is never believed to be what was asked for."""

from __future__ import annotations

import pytest

from probes.host import Garbled, Host
from probes.host.shapes import GAUGES
from tests.fake_host import FakeSource

WRONG = [None, True, 3, "x", [], {}, [1], {"a": 1}, [[]], float("inf"), float("nan"), 1e300]


class Answers:
    def __init__(self, answer):
        self.value = answer

    def answer(self, question, timeout):
        return self.value


QUESTIONS = {
    "read": lambda host: host.read_text("/x"),
    "list": lambda host: host.list("/x"),
    "stat": lambda host: host.stat("/x").mode & 1,
    "statvfs": lambda host: host.statvfs("/x").total + 1,
    "run": lambda host: host.output("x").splitlines(),
    "env": lambda host: (host.env("X") or "").encode(),
    "ping": lambda host: host.ping(_endpoint())["headers"].items(),
    "peer": lambda host: host.peer("/x") + 1,
    "clock": lambda host: int(host.now()),
    "processes": lambda host: [p.argv for p in host.processes()],
    **{name: lambda host, name=name: host.gauge(name) for name in GAUGES},
}


def _endpoint():
    from probes.host import Endpoint

    return Endpoint("unix:///x")


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_strange_answer_is_garbled_and_no_crash(name):
    refused = 0
    for answer in WRONG:
        try:
            QUESTIONS[name](Host(Answers(answer)))
        except Garbled:
            refused += 1
    assert refused >= 3


def test_a_row_within_an_answer_counts_too():
    for broken in ([[0, "root"], [0]], [[0, 1]], [3], "ab"):
        answer = {"uid": 0, "name": "a", "home": "/", "groups": broken, "granted_groups": []}
        with pytest.raises(Garbled, match="strange shape"):
            Host(Answers(answer)).gauge("session")


def test_a_good_answer_is_itself():
    assert Host(FakeSource()).env("X") is None
    row = ["file", 0o600, 0, 0, 1, 1.5, 1, 1, "root", "root"]
    assert Host(Answers(row)).stat("/x").owner == "root"
