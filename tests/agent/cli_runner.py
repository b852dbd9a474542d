"""Runs the command line as a user does: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Result(NamedTuple):
    code: int
    out: str
    err: str


def hullcheck(*arguments: str, env=None, cwd=None, stdin=None, timeout=60, python=sys.executable):
    """``hullcheck ARGUMENTS``, with a home of nobody unless ``env`` says otherwise."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        **(env or {}),
    }
    done = subprocess.run(
        [python, "-m", "agent", *arguments],
        env=environment,
        cwd=cwd or "/",
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
