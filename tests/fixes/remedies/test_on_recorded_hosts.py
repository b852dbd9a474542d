"""Fixes of the engine's settings and units, and of the CLI, on every recorded host."""

from __future__ import annotations

import contextlib
import zlib
from importlib import import_module

import pytest

from fixes import FIXES, load
from fixes.model import BY_HAND, CHANGES, Request
from fixes.plan import Consents, make
from probes.host import Absent, Denied, Garbled, Host, Refused, Slow, Unreadable
from tests.fixes.remedies.mending import comes_to
from tests.hosts.machine import HOSTS

MODULES = {"daemon_settings", "open_files", "engine_unit", "docker_cli"}
IDS = [id_ for id_, entry in FIXES.items() if entry.module in MODULES]
HARDENING = {"live-restore", "userland-proxy", "no-new-privileges", "icc"}
"""What is a matter of choice is proposed on nearly every host that is asked for it."""


def machine(name):
    return import_module(f"tests.hosts.{name}").machine()


class Failing:
    """A machine on which some questions get no answer."""

    def __init__(self, machine, seed):
        self.machine, self.seed = machine, seed

    def answer(self, question, timeout):
        kinds = [Absent, Denied, Slow, Garbled, Refused]
        at = zlib.crc32(f"{self.seed} {question}".encode())
        if at % 7 == 0 and question != ("gauge", "clock"):
            raise kinds[at // 7 % len(kinds)](f"{question[0]} has no answer")
        return self.machine.answer(question, timeout)


@pytest.mark.parametrize("name", HOSTS)
def test_hosts_as_they_are_need_little(name):
    made = machine(name)
    failing = import_module(f"tests.hosts.{name}").FAILS
    for id_ in set(IDS) - HARDENING:
        if comes_to(made, id_) in {CHANGES, BY_HAND} and id_ not in {"builder-gc", "docker-group"}:
            assert set(FIXES[id_].mends) & set(failing), id_


@pytest.mark.parametrize("name", HOSTS)
def test_all_of_them_make_one_plan(name):
    wanted = [(load(id_), Request()) for id_ in IDS]
    plan = make(Host(machine(name)), wanted, Consents(named=frozenset(IDS)))
    assert [planned.fix.id for planned in plan.fixes] == IDS
    assert all(planned.reason for planned in plan.fixes)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HOSTS)
def test_no_answer_is_no_crash(name, seed):
    host = Host(Failing(machine(name), seed))
    for id_ in IDS:
        with contextlib.suppress(Unreadable):
            assert load(id_).plan(host, Request()).reason
