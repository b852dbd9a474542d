"""A mount whose server is gone, and a command that never ends: real ones, under a real run.

The mount is a FUSE file system whose daemon (this test) never reads a request, so that every look
at it blocks in the kernel, as on an NFS mount whose server is down.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os

import pytest

from tests.agent.cli_runner import hullcheck

pytestmark = pytest.mark.skipif(os.name != "posix", reason="mounts of Linux")

TIMEOUT = 6
DETACH = 2  # MNT_DETACH, umount2(2)


@pytest.fixture
def dead_mount(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    target = tmp_path / "dead"
    target.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no FUSE here: {error.strerror}")
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"dead", str(target).encode(), b"fuse", 0, options) != 0:
        reason = os.strerror(ctypes.get_errno())
        os.close(device)
        pytest.skip(f"FUSE cannot be mounted here: {reason}")
    try:
        yield target
    finally:
        os.close(device)  # ends the connection: whatever still waits gets an error
        with contextlib.suppress(OSError):
            libc.umount2(str(target).encode(), DETACH)


def test_a_dead_mount_costs_its_checks_and_not_the_run(dead_mount, tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "config.json").symlink_to(dead_mount / "config.json")
    result = hullcheck(
        "doctor", "--format", "json", "--timeout", str(TIMEOUT),
        env={"DOCKER_HOST": "unix:///nowhere.sock", "DOCKER_CONFIG": str(config)},
        timeout=3 * TIMEOUT,
    )  # fmt: skip
    assert "Traceback" not in result.err
    told = json.loads(result.out)
    outcomes = {f["id"]: f for f in told["findings"]}
    assert outcomes["docker-cli-config-broken"]["outcome"] == "unknown"
    assert "did not answer" in outcomes["docker-cli-config-broken"]["reason"]
    # What does not lie on the mount is judged all the same.
    assert outcomes["clock-unsynchronised"]["outcome"] in {"pass", "fail", "skip"}
    assert outcomes["memory-below-minimum"]["outcome"] in {"pass", "fail"}
    assert "crash" not in {f["outcome"] for f in told["findings"]}


def test_a_command_that_hangs_costs_its_checks_and_not_the_run(engine28, tmp_path):
    hung = tmp_path / "ip"
    hung.write_text("#!/bin/sh\nexec sleep 600\n")
    hung.chmod(0o755)
    result = hullcheck(
        "doctor", "--format", "json", "--timeout", str(TIMEOUT),
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "DOCKER_HOST": engine28.host},
        timeout=3 * TIMEOUT,
    )  # fmt: skip
    told = json.loads(result.out)
    outcomes = {f["id"]: f for f in told["findings"]}
    assert outcomes["bridge-mtu-above-egress"]["outcome"] == "unknown"
    assert "did not end within" in outcomes["bridge-mtu-above-egress"]["reason"]
    assert outcomes["log-rotation-unbounded"]["outcome"] == "fail"
    assert "crash" not in {f["outcome"] for f in told["findings"]}
