"""Reads that may hang: in threads that are used again, and left behind when they must be."""

from __future__ import annotations

import threading

import pytest

from probes.host import Slow
from probes.host.readers import guarded


def test_a_reader_is_used_again():
    first = guarded(threading.get_ident, 5, "a")
    assert any(guarded(threading.get_ident, 5, "b") == first for _ in range(20))


def test_a_read_that_hangs_is_left_behind_and_its_late_answer_goes_nowhere():
    go = threading.Event()
    with pytest.raises(Slow):
        guarded(go.wait, 0.05, "a dead mount")
    assert guarded(lambda: "answer", 5, "a file") == "answer"
    go.set()
    assert guarded(lambda: "other", 5, "a file") == "other"


def test_what_a_read_raises_is_raised_here():
    def read():
        raise FileNotFoundError("x")

    with pytest.raises(FileNotFoundError):
        guarded(read, 5, "a file")
    assert guarded(lambda: 1, 5, "a file") == 1


def test_reads_at_once_do_not_share_a_reader():
    barrier = threading.Barrier(4)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(guarded(lambda: barrier.wait(5), 6, "x")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
