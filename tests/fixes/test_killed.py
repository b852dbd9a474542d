"""SIGKILL, an error, Ctrl-C at every call that writes: the old bytes or the new, and the next start
puts it right.

All kills of recoveries, and kills injected by strace into real system calls, are those of
benchmarks/transaction_kills.py; its results are in docs/reliability.md.
"""

from __future__ import annotations

import os

import pytest

from tests.fixes.kill_campaign import SCENARIOS, separately

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are made by fork")


@pytest.mark.parametrize("name", SCENARIOS)
def test_stopped_anywhere(name, tmp_path):
    result = separately(name, tmp_path / "scenario", every=16)
    assert result["wrong"] == []
    # Had it not been stopped at all, nothing would be wrong either.
    assert result["kill"] >= 30
    assert result["half"] >= 5
    assert result["recovery"] >= 10
    assert result["failed"] >= 2 * result["kill"]
    assert result["later"] >= 20
