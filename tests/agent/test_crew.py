"""Threads that take turns: in order, never in each other's way for long."""

from __future__ import annotations

import threading

from agent.crew import Crew


def test_jobs_are_done_in_turn_by_one_thread():
    crew, done = Crew(), []
    for number in range(20):
        crew.add(lambda number=number: done.append((number, threading.get_ident())))
    assert crew.wait(5)
    assert [number for number, _ in done] == list(range(20))


def test_a_job_that_waits_holds_nobody_up():
    crew, go, done = Crew(), threading.Event(), []
    crew.add(go.wait, at_once=True)
    for _ in range(3):
        crew.add(go.wait)
    crew.add(lambda: done.append("last"))
    assert not crew.wait(1)
    assert done == ["last"]
    go.set()
    assert crew.wait(5)


def test_jobs_that_wait_for_later_ones_come_to_their_end():
    crew, later = Crew(), threading.Event()
    crew.add(lambda: later.wait(5))
    crew.add(later.set)
    assert crew.wait(5)


def test_more_jobs_may_come_when_all_were_done():
    crew, done = Crew(), []
    crew.add(lambda: done.append(1), at_once=True)
    assert crew.wait(5)
    crew.add(lambda: done.append(2))
    assert crew.wait(5)
    assert done == [1, 2]


def test_without_jobs_there_is_nothing_to_wait_for():
    assert Crew().wait(0)
