"""Windows itself: each check fails, passes and does not know."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from probes import engine
from probes.desktop_host import WINDOWS, WSL2
from probes.host import Host
from probes.host.questions import Service
from probes.model import Missing
from probes.windows import TOPIC, Virtualization, Windows, look
from tests.probes.linux_host import said, verdicts
from tests.records import replace

GIB = 1 << 30
UNREAD = Missing("it may not be read", "denied", "type it")
GONE = Missing("there is no such service", "absent")


def facts_of(name: str) -> Windows:
    return look(Host(import_module(f"tests.hosts.{name}").machine()))


OUTSIDE = facts_of("windows_11_wsl2_desktop")
INSIDE = facts_of("wsl2_desktop_integration")
SERVICES: dict[str, Any] = OUTSIDE.services  # type: ignore[assignment]


def services(**changes: Any) -> Windows:
    return replace(OUTSIDE, services={**SERVICES, **changes})


def stopped(hypervisor: bool, firmware: bool) -> Windows:
    return replace(OUTSIDE, running=False, virtualization=Virtualization(hypervisor, firmware))


OFF = Service("stopped", "disabled")
CASES: list[tuple[str, Windows, str]] = [
    ("virtualization-off", OUTSIDE, "pass"),
    ("virtualization-off", stopped(True, False), "pass"),
    ("virtualization-off", stopped(False, False), "fail error"),
    ("virtualization-off", stopped(False, True), "fail error"),
    ("virtualization-off", replace(OUTSIDE, wants=""), "skip"),
    ("virtualization-off", INSIDE, "skip"),
    ("virtualization-off", replace(OUTSIDE, running=False, virtualization=UNREAD), "unknown"),
    ("virtual-machine-platform-missing", OUTSIDE, "pass"),
    ("virtual-machine-platform-missing", services(vmcompute=GONE), "fail error"),
    ("virtual-machine-platform-missing", services(vmcompute=UNREAD), "unknown"),
    ("virtual-machine-platform-missing", replace(services(vmcompute=GONE), wants="hyper-v"), "skip"),
    ("wsl-service-disabled", OUTSIDE, "pass"),
    ("wsl-service-disabled", services(WslService=OFF), "fail error"),
    ("wsl-service-disabled", services(hns=OFF), "fail error"),
    ("wsl-service-disabled", services(vmcompute=UNREAD), "unknown"),
    ("internet-sharing-disabled", services(SharedAccess=Service("stopped", "manual")), "pass"),
    ("internet-sharing-disabled", services(SharedAccess=OFF), "fail warning"),
    ("internet-sharing-disabled", services(SharedAccess=GONE), "skip"),
    ("internet-sharing-disabled", services(SharedAccess=UNREAD), "unknown"),
    ("windows-too-old", OUTSIDE, "pass"),
    ("windows-too-old", replace(OUTSIDE, build=18363), "fail error"),
    ("windows-too-old", replace(OUTSIDE, build=19044), "fail warning"),
    ("windows-too-old", replace(OUTSIDE, build=19044, desktop=False), "skip"),
    ("windows-too-old", replace(OUTSIDE, build=UNREAD), "unknown"),
    ("ports-reserved-by-windows", OUTSIDE, "pass"),
    ("ports-reserved-by-windows", replace(OUTSIDE, reserved=((50000, 50059),)), "pass"),
    ("ports-reserved-by-windows", replace(OUTSIDE, reserved=((2950, 3049),)), "fail warning"),
    ("ports-reserved-by-windows", replace(OUTSIDE, reserved=UNREAD), "unknown"),
    ("windows-containers-mode", OUTSIDE, "pass"),
    ("windows-containers-mode", replace(OUTSIDE, containers="windows"), "fail note"),
    ("windows-containers-mode", replace(OUTSIDE, containers=UNREAD), "unknown"),
    ("windows-drive-low", OUTSIDE, "pass"),
    ("windows-drive-low", replace(OUTSIDE, drive=(476 * GIB, 15 * GIB)), "fail warning"),
    ("windows-drive-low", replace(OUTSIDE, drive=(476 * GIB, 1 * GIB)), "fail error"),
    ("windows-drive-low", replace(OUTSIDE, drive=UNREAD), "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "facts", "expected"), CASES)
def test_a_check(check: str, facts: Windows, expected: str) -> None:
    assert said(TOPIC, facts, check) == expected


def test_every_check_is_seen_to_fail_to_pass_and_not_to_know() -> None:
    for check in TOPIC.checks:
        seen = {expected.split()[0] for id_, _, expected in CASES if id_ == check.id}
        assert seen >= {"fail", "pass", "unknown"}, check.id


def test_elsewhere_nothing_is_asked() -> None:
    facts = facts_of("ubuntu_2404")
    assert {said(TOPIC, facts, check.id) for check in TOPIC.checks} == {"skip"}


def test_what_is_seen_of_each_platform() -> None:
    assert (OUTSIDE.where, OUTSIDE.build, OUTSIDE.wants, OUTSIDE.running) == (
        WINDOWS, 26100, "wsl2", True,
    )  # fmt: skip
    assert (INSIDE.where, INSIDE.build, INSIDE.wants) == (WSL2, 26100, "wsl2")


def test_a_port_is_named_with_its_range_and_use() -> None:
    (found,) = verdicts(
        TOPIC, replace(OUTSIDE, reserved=((2950, 3049), (5357, 5357))), "ports-reserved-by-windows"
    )
    assert "3000 (Node.js, Grafana)" in found.summary
    assert found.evidence[0].value == "2950-3049"


def test_an_engine_in_the_wsl_of_another_computer_says_nothing_of_this_one() -> None:
    machine = import_module("tests.hosts.windows_remote_ssh").machine()
    for answers in machine.engines.values():
        answers["/info"] = answers["/info"] | {"KernelVersion": "6.6.87.2-microsoft-standard-WSL2"}
    host = Host(machine)
    assert (engine.look(host).backend, engine.backend_here(host)) == ("wsl2", "")
