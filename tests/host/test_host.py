"""The Host over any source: asked once, shared between threads, failures kept."""

from __future__ import annotations

import threading

import pytest

from probes.host import Absent, Denied, Garbled, Host, Refused, Slow, Unreadable
from probes.host.host import failure_from_json, failure_to_json
from tests.fake_host import FakeSource, fake_host


def test_a_failure_is_asked_once_and_raised_again():
    source = FakeSource()
    host = Host(source)
    for _ in range(2):
        with pytest.raises(Absent):
            host.read_text("/nothing")
    assert source.asked == [("read", "/nothing")]


def test_many_threads_ask_once():
    class Counting:
        asked = 0

        def answer(self, question, timeout):
            Counting.asked += 1
            gate.wait(5)
            return b"answer"

    gate = threading.Event()
    host = Host(Counting())
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(host.read_bytes("/x"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (Counting.asked, answers) == (1, [b"answer"] * 8)


def test_who_waits_for_a_hung_read_ends_with_the_run():
    class Hanging:
        def answer(self, question, timeout):
            gate.wait(10)
            return b""

    gate = threading.Event()
    host = Host(Hanging(), seconds=0.8)
    first = threading.Thread(target=lambda: host.read_bytes("/x"), daemon=True)
    first.start()
    with pytest.raises(Slow):
        host.read_bytes("/x")
    gate.set()
    first.join()


def test_a_bug_of_ours_is_raised_where_it_happened_and_unblocks_the_others():
    class Broken:
        def answer(self, question, timeout):
            raise ZeroDivisionError

    host = Host(Broken())
    with pytest.raises(ZeroDivisionError):
        host.read_bytes("/x")
    with pytest.raises(Garbled, match="hullcheck failed"):
        host.read_bytes("/x")


def test_derived_facts_are_computed_once():
    calls = []

    def look(host):
        calls.append(1)
        return host.read_text("/a")

    host = fake_host(files={"/a": "text"})
    assert host.derive(look) == host.derive(look) == "text"
    assert calls == [1]


def test_answers_are_redacted_before_anybody_sees_them():
    host = fake_host(
        files={"/etc/x": "password=hunter2\n", "/proc/7/environ": b"PATH=/bin\0KEY=hunter2\0"},
        engine={"/info": {"HttpProxy": "http://u:hunter2@p"}},
        env={"DOCKER_HOST": "tcp://u:hunter2@h:2375"},
        runs={("docker", "x"): (0, "token=hunter2", "")},
    )
    from probes.host import Endpoint

    seen = [
        host.read_text("/etc/x"),
        host.read_text("/proc/7/environ"),
        str(host.engine(Endpoint("unix:///s"), "/info")),
        host.env("DOCKER_HOST"),
        host.run("docker", "x").out,
    ]
    assert not [text for text in seen if text is None or "hunter2" in text]


@pytest.mark.parametrize(
    "error",
    [
        Absent("a"),
        Denied("b", look="sudo cat b"),
        Slow("c"),
        Garbled("d"),
        Refused("e", status=503),
    ],
)
def test_failures_survive_being_written_down(error):
    back = failure_from_json(failure_to_json(error))
    assert (type(back), back.reason, back.look) == (type(error), error.reason, error.look)
    if isinstance(error, Refused):
        assert isinstance(back, Refused)
        assert back.status == error.status


def test_a_failure_of_a_later_version_is_still_one():
    assert isinstance(failure_from_json({"failure": "haunted", "reason": "r"}), Unreadable)
