"""Starts an engine, fills it with containers, and keeps it until interrupted.

    python -m tests.engines.populate --version 28 --running 20 --stopped 20

The first line it prints is DOCKER_HOST=unix://..., once everything is there.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.engines import packages
from tests.engines.daemon import IMAGE, Engine
from tests.engines.packages import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORKERS = 4


def populate(engine: Engine, *, running: int, stopped: int, images: int = 1) -> None:
    """Fill an engine: containers that run, containers that ended, and images."""
    engine.import_image()
    for number in range(2, images + 1):
        engine.docker("tag", IMAGE, f"hullcheck-test:{number}")

    def add(number: int) -> None:
        ends = number >= running
        command = ("true",) if ends else ("sleep", "1000000")
        name = f"stopped-{number - running}" if ends else f"running-{number}"
        engine.run_container(name, "--label", f"number={number}", image=IMAGE, command=command)

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(add, range(running + stopped)))
    for number in range(stopped):
        engine.docker("wait", f"stopped-{number}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--version", default="28", choices=packages.VERSIONS)
    parser.add_argument("--running", type=int, default=20, metavar="N")
    parser.add_argument("--stopped", type=int, default=20, metavar="N")
    parser.add_argument("--images", type=int, default=1, metavar="N")
    options = parser.parse_args(argv)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: done.set())
    try:
        with Engine(options.version) as engine:
            populate(
                engine, running=options.running, stopped=options.stopped, images=options.images
            )
            sys.stdout.write(f"DOCKER_HOST={engine.host}\n")
            sys.stdout.flush()
            done.wait()
    except EngineUnavailable as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
