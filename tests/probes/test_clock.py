from __future__ import annotations

from typing import Any

import pytest

from probes.clock import TOPIC, look
from probes.model import Missing
from tests.probes.linux_host import data, linux_host, loud, said, verdicts
from tests.records import replace

ELSEWHERE = Missing("there is no container engine on this host", "inapplicable")
UNREAD = Missing("it could not be read", "denied")
NOW = "2026-11-24T23:15:10.514898467Z"
EPOCH = 1795562110.0
VERSION = {**data("network/version-28.json"), "BuildTime": "2025-11-05T14:43:25.000000000+00:00"}
INFO = {**data("network/info-28.json"), "SystemTime": NOW}
UNSYNC = {"state": 5, "status": 64, "offset": 0, "maxerror": 16_000_000, "esterror": 16_000_000}


def clock_host(**changes: Any) -> Any:
    gauges = {"clock": EPOCH, **changes.pop("gauges", {})}
    return linux_host(engine={"/version": VERSION, "/info": INFO}, gauges=gauges, **changes)


FINE = look(clock_host())

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("clock-unsynchronised", {}, "pass"),
    ("clock-unsynchronised", {"synchronised": False}, "fail warning"),
    ("clock-unsynchronised", {"synchronised": False, "clocksource": "kvm-clock"}, "fail note"),
    ("clock-unsynchronised", {"synchronised": False, "systemd": False}, "fail warning"),
    ("clock-unsynchronised", {"synchronised": False, "container": "lxc"}, "skip"),
    (
        "clock-unsynchronised",
        {"synchronised": False, "steered_by": "Hyper-V's time service"},
        "skip",
    ),
    ("clock-unsynchronised", {"synchronised": False, "uptime": 90.0}, "skip"),
    ("clock-unsynchronised", {"synchronised": UNREAD}, "unknown"),
    ("clock-error-large", {}, "pass"),
    ("clock-error-large", {"error_seconds": 7.5}, "fail warning"),
    # systemd-timesyncd polls every 2048 s: the bound comes to 1 s between two polls.
    ("clock-error-large", {"error_seconds": 1.1}, "pass"),
    ("clock-error-large", {"synchronised": False, "error_seconds": 16.0}, "skip"),
    ("clock-error-large", {"container": "docker"}, "skip"),
    ("clock-error-large", {"error_seconds": UNREAD}, "unknown"),
    ("engine-clock-apart", {}, "skip"),
    ("engine-clock-apart", {"local": False}, "pass"),
    ("engine-clock-apart", {"local": False, "engine_now": EPOCH - 4000}, "fail warning"),
    ("engine-clock-apart", {"local": False, "engine_now": EPOCH + 4000}, "fail warning"),
    ("engine-clock-apart", {"local": False, "engine_now": UNREAD}, "unknown"),
    ("engine-clock-apart", {"local": ELSEWHERE}, "skip"),
    ("clock-before-engine-build", {}, "pass"),
    ("clock-before-engine-build", {"now": 1.0}, "fail error"),
    ("clock-before-engine-build", {"engine_built": ELSEWHERE}, "skip"),
    ("clock-before-engine-build", {"engine_built": UNREAD}, "unknown"),
]


@pytest.mark.parametrize(("check", "changes", "expected"), TABLE)
def test_judgement(check, changes, expected):
    assert said(TOPIC, replace(FINE, **changes), check) == expected


def test_every_check_is_in_the_table():
    assert {c.id for c in TOPIC.checks} == {row[0] for row in TABLE}


def test_a_kept_clock_is_silent():
    assert loud(TOPIC, FINE) == []
    assert FINE.engine_now == EPOCH + 0.514899
    assert FINE.now == EPOCH
    assert FINE.local is True


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "fail warning"),
        ({"/sys/module/hv_utils/version": "3.1"}, "skip"),
        ({"/sys/module/vboxguest/version": "7"}, "skip"),
        ({"/run/systemd/container": "lxc\n"}, "skip"),
        ({"/.dockerenv": "", "/proc/2/comm": None}, "skip"),
        # A machine that was made from an image has the mark, and the kernel's threads as well.
        ({"/.dockerenv": ""}, "fail warning"),
    ],
)
def test_where_nobody_tells_the_kernel(files, expected):
    facts = look(clock_host(gauges={"adjtimex": UNSYNC}, files=files))
    assert said(TOPIC, facts, "clock-unsynchronised") == expected


def test_wsl_is_steered_by_windows():
    system = {
        "platform": "linux",
        "machine": "x86_64",
        "release": "5.15.167.4-microsoft-standard-WSL2",
        "kernel_version": "#1",
        "hostname": "pc",
    }
    facts = look(clock_host(gauges={"adjtimex": UNSYNC, "system": system}))
    assert said(TOPIC, facts, "clock-unsynchronised") == "skip"
    (found,) = verdicts(TOPIC, facts, "clock-unsynchronised")
    assert "Hyper-V" in found.summary


@pytest.mark.parametrize("odd", [None, "", "yesterday", 5, "2026-99-99T00:00:00Z"])
def test_odd_times_are_unknown(odd):
    host = linux_host(engine={"/info": {**INFO, "SystemTime": odd}, "/version": VERSION})
    facts = replace(look(host), local=False)
    assert said(TOPIC, facts, "engine-clock-apart") == "unknown"


def test_without_adjtimex():
    facts = look(clock_host(gauges={"adjtimex": None}))
    assert said(TOPIC, facts, "clock-unsynchronised") == "unknown"
