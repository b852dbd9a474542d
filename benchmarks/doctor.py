"""How long the doctor takes: whole processes, side by side, as ratios to a bare Python.

    python -m benchmarks.doctor [--rounds 15] [--running 20] [--stopped 20] [--engine 28]

Starts a private engine with that many containers (as root, on Linux; `tests/engines`), then runs
every command in turn, round after round, so that a machine that slows down slows all of them.
Ratios are taken round by round; the median of each is printed, and as JSON with --json. The bare
Python is the one that hullcheck runs on, in the same virtual environment. What docs/performance.md
says was measured with it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.engines.daemon import Engine
from tests.engines.populate import populate

ROOT = Path(__file__).resolve().parents[1]
BARE = "python3 -c pass"


def timed(argv: list[str], env: dict[str, str]) -> float:
    """Wall seconds of one process from its start to its end."""
    begun = time.perf_counter()
    subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begun


def commands(engine: Engine) -> dict[str, list[str]]:
    """What is timed: name to argv."""
    hullcheck = str(Path(sys.executable).parent / "hullcheck")
    docker = str(engine.packages.program("docker"))
    return {
        BARE: [sys.executable, "-c", "pass"],
        "docker info": [docker, "info"],
        "hullcheck --version": [hullcheck, "--version"],
        "plugin metadata": [hullcheck, "docker-cli-plugin-metadata"],
        "hullcheck list": [hullcheck, "list"],
        "doctor --format json": [hullcheck, "doctor", "--format", "json"],
        "doctor (text)": [hullcheck, "doctor"],
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--running", type=int, default=20)
    parser.add_argument("--stopped", type=int, default=20)
    parser.add_argument("--engine", default="28")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with Engine(given.engine) as engine:
        populate(engine, running=given.running, stopped=given.stopped)
        env = {**os.environ, "DOCKER_HOST": engine.host, "HOME": "/root"}
        # As installed: with compiled modules, which the first round writes.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        measured: dict[str, list[float]] = {name: [] for name in commands(engine)}
        for _ in range(given.rounds + 1):
            for name, argv in commands(engine).items():
                measured[name].append(timed(argv, env))
        timings = subprocess.run(
            [*commands(engine)["doctor --format json"], "--timings"],
            env=env,
            stdout=subprocess.PIPE,
            check=False,
        ).stdout
    return report(measured, json.loads(timings), as_json=given.json)


def report(measured: dict[str, list[float]], doctor: dict, *, as_json: bool) -> int:  # type: ignore[type-arg]
    """Medians, ratios to bare Python and to docker info, and the time of each probe."""
    rows = {}
    for name, runs in measured.items():
        counted = runs[1:]  # the first round warms the caches
        rows[name] = {
            "median_ms": statistics.median(counted) * 1000,
            "to_python": statistics.median(
                a / b for a, b in zip(counted, measured[BARE][1:], strict=True)
            ),
            "to_docker_info": statistics.median(
                a / b for a, b in zip(counted, measured["docker info"][1:], strict=True)
            ),
        }
    if as_json:
        print(json.dumps({"commands": rows, "probes": doctor["timings"]}, indent=2))
        return 0
    print(f"{'command':24}{'median':>10}{'x python':>10}{'x docker info':>15}")
    for name, row in rows.items():
        print(
            f"{name:24}{row['median_ms']:>8.1f}ms{row['to_python']:>10.1f}"
            f"{row['to_docker_info']:>15.1f}"
        )
    print("\nprobe             look    judge  (wall ms; probes run side by side)")
    for item in sorted(doctor["timings"], key=lambda item: -item["look_ms"]):
        print(f"{item['topic']:16}{item['look_ms']:>6.1f}{item['judge_ms']:>9.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
