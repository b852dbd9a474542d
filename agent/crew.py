"""Threads that take turns.

Python runs one thread at a time. Twenty threads that all compute only hand the interpreter to and
fro, which costs a third of the work itself; twenty that all wait for the host must not wait for
one another. So jobs are done in turn, and beside one that waits another thread takes the next.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 0.008
"""Seconds after which a job is thought to wait. Most jobs compute for 1 to 4 ms."""


class Crew:
    """Does jobs, which raise nothing, in the order in which they are added."""

    def __init__(self) -> None:
        self._jobs: deque[Callable[[], None]] = deque()
        self._added = self._done = 0
        self._last_begun = 0.0
        self._finished = threading.Event()
        self._lock = threading.Lock()

    def add(self, job: Callable[[], None], *, at_once: bool = False) -> None:
        """Add a job; ``at_once`` for one that mostly waits, and is to begin waiting now."""
        with self._lock:
            self._added += 1
            self._finished.clear()
        if at_once:
            self._jobs.appendleft(job)
            self._hire()
        else:
            self._jobs.append(job)

    def wait(self, seconds: float) -> bool:
        """Whether all jobs are done within that time; those that are not go on nevertheless."""
        ends = time.monotonic() + seconds
        while self._jobs and (left := ends - time.monotonic()) > 0:
            if time.monotonic() - self._last_begun >= PATIENCE:
                self._hire()
            self._finished.wait(min(PATIENCE, left))
        return self._added == self._done or self._finished.wait(max(ends - time.monotonic(), 0.0))

    def _hire(self) -> None:
        self._last_begun = time.monotonic()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.popleft()
            except IndexError:
                return
            self._last_begun = time.monotonic()
            job()
            with self._lock:
                self._done += 1
                if self._done == self._added:
                    self._finished.set()
