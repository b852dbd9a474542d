"""SIGKILL, an error, Ctrl-C, no power at every call that writes: the old bytes or the new.

And the next start puts it right. All of what is tried here only in part, and kills injected by
strace into real system calls, are benchmarks/transaction_kills.py; docs/reliability.md has results.
"""

from __future__ import annotations

import sys

import pytest

from tests.fixes.kill_campaign import SCENARIOS, separately

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork, xattr, cp -a")


@pytest.mark.parametrize("name", SCENARIOS)
def test_stopped_anywhere(name, tmp_path):
    result = separately(name, tmp_path / "scenario", every=14)
    assert result["wrong"] == []
    # Had it not been stopped at all, nothing would be wrong either.
    assert result["kill"] >= 30
    assert result["half"] >= 5
    assert result["recovery"] >= 10
    assert result["failed"] >= result["kill"]
    assert result["later"] >= 10
    assert name == "reload" or result["power cut"] > result["kill"]
