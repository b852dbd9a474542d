"""Reads that may never end, in threads that can be left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from probes.host.questions import Slow

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def guarded(work: Callable[[], T], timeout: float, what: str) -> T:
    """``work()`` in a thread that is left behind after ``timeout`` seconds with :class:`Slow`."""
    result: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - handed to the asking thread
            failure.append(error)

    try:
        reader = _IDLE.pop()
    except IndexError:
        reader = _Reader()
    if not reader.take(body).acquire(timeout=timeout):
        raise Slow(f"{what} did not answer within {timeout:.1f} s")
    if failure:
        raise failure[0]
    return result[0]


class _Reader:
    """A thread that reads one thing after the other: starting one costs more than most reads.

    One that is left behind is free again when its read ends after all.
    """

    def __init__(self) -> None:
        self._wanted = threading.Lock()
        self._wanted.acquire()
        threading.Thread(target=self._serve, daemon=True, name="reader").start()

    def take(self, work: Callable[[], None]) -> threading.Lock:
        """Begin ``work``, which raises nothing; the lock returned is released when it is done."""
        self._work = work
        self._done = threading.Lock()
        self._done.acquire()
        done = self._done
        self._wanted.release()
        return done

    def _serve(self) -> None:
        while True:
            self._wanted.acquire()
            self._work()
            done = self._done
            _IDLE.append(self)
            done.release()


_IDLE: list[_Reader] = []
"""Readers without work. Taking from a list and adding to it are atomic."""
