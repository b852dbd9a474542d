"""SIGKILL at every call that writes: the old bytes or the new, and the next start puts it right.

The whole campaign, with kills injected by strace into real system calls, is
benchmarks/transaction_kills.py; its results are in docs/reliability.md.
"""

from __future__ import annotations

import os

import pytest

from tests.fixes.kill_campaign import SCENARIOS, separately

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are made by fork")


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_anywhere(name, tmp_path):
    result = separately(name, tmp_path / "scenario", every=4)
    assert result["wrong"] == []
    assert result["calls"] >= 15
    assert result["kills"] >= result["calls"] * 3
