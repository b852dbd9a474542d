"""Runs the command line as a user does: a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.engines.daemon import as_user

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


def as_nobody(folder, *arguments, docker_host, gid=65534, env=None):
    """``hullcheck ARGUMENTS`` of the copy in ``folder``, as a user without any rights."""
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("the system has no Python that another user may run")
    done = as_user(
        [python, "-m", "agent", *arguments],
        gid=gid,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent",
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            **({"DOCKER_HOST": docker_host} if docker_host else {}),
            **(env or {}),
        },
    )
    assert "Traceback" not in done.stderr
    return done
