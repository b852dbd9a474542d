from __future__ import annotations

from typing import Any

import pytest

from probes.formats.proc_limits import Limit, parse_limits
from probes.host.questions import Denied
from probes.model import Missing
from probes.ulimits import TOPIC, DaemonLimits, look
from tests.probes.linux_host import (
    CONTAINER,
    LIMITS,
    SHOW,
    container,
    data,
    linux_host,
    loud,
    said,
    verdicts,
)
from tests.records import replace

ELSEWHERE = Missing("the engine is on another machine", "inapplicable")
UNREAD = Missing("it could not be read", "denied")
# Real units of Debian 12 ask for infinity; this one asks for what systemd gives by itself.
SHOWN = data("systemd-unit/show-debian-12.txt")
MODERN = SHOWN.replace("=infinity\nLimitNOFILESoft=infinity", "=524288\nLimitNOFILESoft=1024")
FINE = look(linux_host(runs={SHOW: (0, MODERN, "")}))


def limits(soft: int | None, hard: int | None, core: int | None = 0) -> DaemonLimits:
    return DaemonLimits("containerd", 57, Limit(soft, hard), Limit(core, None), Limit(8, 8))


BILLION = limits(1073741816, 1073741816)

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("nofile-infinite", {}, "pass"),
    ("nofile-infinite", {"containerd": BILLION, "unit_soft": None}, "fail warning"),
    ("nofile-infinite", {"containerd": BILLION, "unit_soft": ELSEWHERE}, "fail warning"),
    # Go has raised its own limit; its children get back what the unit says.
    ("nofile-infinite", {"containerd": BILLION, "unit_soft": 1024}, "fail note"),
    ("nofile-infinite", {"containerd": limits(1048576, 1048576), "unit_soft": UNREAD}, "pass"),
    ("nofile-infinite", {"containerd": BILLION, "default_nofile": (1024, 524288)}, "pass"),
    ("nofile-infinite", {"default_nofile": (-1, -1)}, "fail warning"),
    ("nofile-infinite", {"containerd": UNREAD}, "unknown"),
    ("nofile-infinite", {"here": ELSEWHERE}, "skip"),
    ("nofile-low", {}, "skip"),
    ("nofile-low", {"hungry": ("db",)}, "fail warning"),
    ("nofile-low", {"hungry": ("db",), "containerd": limits(1024, 524288)}, "pass"),
    ("nofile-low", {"hungry": ("db",), "default_nofile": (1024, 4096)}, "fail warning"),
    ("nofile-low", {"hungry": UNREAD}, "unknown"),
    ("daemon-descriptors-nearly-used", {}, "pass"),
    ("daemon-descriptors-nearly-used", {"open_files": 19000}, "fail warning"),
    ("daemon-descriptors-nearly-used", {"open_files": UNREAD}, "unknown"),
    ("daemon-descriptors-nearly-used", {"here": ELSEWHERE}, "skip"),
    ("core-dumps-into-containers", {"containerd": limits(1024, 4096)}, "pass"),
    ("core-dumps-into-containers", {"containerd": limits(1024, 4096, None)}, "fail note"),
    ("core-dumps-into-containers", {"core_pattern": "|/usr/lib/systemd/systemd-coredump"}, "pass"),
    ("core-dumps-into-containers", {"default_core": 0}, "pass"),
    ("core-dumps-into-containers", {"core_pattern": UNREAD}, "unknown"),
    ("core-dumps-into-containers", {"here": ELSEWHERE}, "skip"),
]


@pytest.mark.parametrize(("check", "changes", "expected"), TABLE)
def test_judgement(check, changes, expected):
    assert said(TOPIC, replace(FINE, **changes), check) == expected


def test_every_check_is_in_the_table():
    assert {c.id for c in TOPIC.checks} == {row[0] for row in TABLE}


def test_the_default_run_says_nothing_of_a_stock_host():
    hardening = {c.id for c in TOPIC.checks if c.tags}
    assert {check for check, _, _ in loud(TOPIC, FINE)} <= hardening


def test_what_a_real_debian_host_inherits():
    facts = look(linux_host())
    assert facts.containerd.files == Limit(20000, 20000)
    assert facts.supervised is False
    assert facts.unit_soft is None
    assert facts.unit == "containerd.service"
    # The unit asks for infinity and the host has capped it.
    assert said(TOPIC, facts, "nofile-infinite") == "pass"
    raised = LIMITS.replace("20000  ", "1073741816")
    facts = look(linux_host(files={"/proc/57/limits": raised}))
    assert said(TOPIC, facts, "nofile-infinite") == "fail warning"
    (found,) = verdicts(TOPIC, facts, "nofile-infinite")
    assert "containerd.service.d" in found.mend[0]


def test_without_systemd_the_daemon_configuration_is_mended():
    raised = LIMITS.replace("20000  ", "1073741816")
    facts = look(linux_host(files={"/proc/57/limits": raised, "/run/systemd/system/x": None}))
    (found,) = verdicts(TOPIC, facts, "nofile-infinite")
    assert "default-ulimits" in found.mend[0]


def test_a_supervised_containerd_is_told_by_its_parent():
    processes = [
        [57, 1, 0, "containerd", ["/usr/bin/containerd"], 1.7e9],
        [1449, 1, 0, "dockerd", ["/usr/sbin/dockerd"], 1.7e9],
        [1460, 1449, 0, "containerd", ["containerd", "--config", "x"], 1.7e9],
    ]
    host = linux_host(gauges={"processes": processes}, files={"/proc/1460/limits": LIMITS})
    facts = look(host)
    assert facts.containerd.pid == 1460
    assert facts.supervised is True
    assert facts.unit == "docker.service"


def test_several_containerds_are_not_guessed_at():
    processes = [
        [57, 1, 0, "containerd", ["/usr/bin/containerd"], 1.7e9],
        [58, 1, 0, "containerd", ["/usr/local/bin/containerd"], 1.7e9],
        [1449, 1, 0, "dockerd", ["/usr/sbin/dockerd"], 1.7e9],
    ]
    facts = look(linux_host(gauges={"processes": processes}))
    assert said(TOPIC, facts, "nofile-infinite") == "unknown"


def test_podman_has_no_containerd():
    host = linux_host(
        gauges={"processes": [[1449, 1, 0, "podman", ["/usr/bin/podman", "system"], 1.7e9]]}
    )
    assert said(TOPIC, look(host), "nofile-infinite") == "skip"


def test_default_ulimits_are_read_in_any_case():
    text = '{"default-ulimits": {"nofile": {"name": "nofile", "hard": 4096, "Soft": 1024}}}'
    facts = look(linux_host(files={"/etc/docker/daemon.json": text}))
    assert facts.default_nofile == (1024, 4096)


def test_hungry_images():
    rows = [container("db", "mysql:8"), container("web", "ghcr.io/acme/web:1")]
    assert look(linux_host(engine={CONTAINER: rows})).hungry == ("db",)


def test_open_files_of_an_old_engine_are_counted_by_root():
    info = {**data("network/info-28.json"), "NFd": -1}
    files = {f"/proc/1449/fd/{n}": "" for n in range(7)}
    assert look(linux_host(engine={"/info": info}, files=files)).open_files == 7
    facts = look(
        linux_host(
            engine={"/info": info},
            failures={("list", "/proc/1449/fd"): Denied("/proc/1449/fd may not be read")},
        )
    )
    assert said(TOPIC, facts, "daemon-descriptors-nearly-used") == "unknown"


@pytest.mark.parametrize("text", ["", "Max open files", "nonsense\n" * 3])
def test_odd_limits_are_unknown(text):
    facts = look(linux_host(files={"/proc/57/limits": text}))
    assert said(TOPIC, facts, "nofile-infinite") == "unknown"


def test_no_containerd_yet():
    gauges = {"processes": [[1449, 1, 0, "dockerd", ["/usr/sbin/dockerd"], 1.7e9]]}
    assert said(TOPIC, look(linux_host(gauges=gauges)), "nofile-infinite") == "unknown"


def test_real_limits():
    found = parse_limits(LIMITS)
    assert found["open files"] == Limit(20000, 20000)
    assert found["core file size"] == Limit(None, None)
