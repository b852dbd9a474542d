"""WSL, seen from Windows and from inside a distribution: each check fails, passes and does not know."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from fixes import FIXES, load
from fixes.model import CHANGES
from probes import vm_share
from probes.desktop_host import WINDOWS, WSL1, WSL2, Hardware, Versions
from probes.formats.wsl_config import WSL_CONF, WSLCONFIG, parse_wsl
from probes.formats.wsl_output import Row
from probes.host import Host
from probes.model import Missing
from probes.wsl import TOPIC, Wsl, look
from tests.fixes.remedies.desktop_hosts import asked, windows
from tests.probes.linux_host import said
from tests.records import replace

GIB = 1 << 30
UNREAD = Missing("it may not be read", "denied", "type it")


def facts_of(name: str) -> Wsl:
    return look(Host(import_module(f"tests.hosts.{name}").machine()))


OUTSIDE = facts_of("windows_11_wsl2_desktop")
INSIDE = facts_of("wsl2_own_dockerd")
NEEDY = vm_share.Need("SQL Server", 2 * GIB, "https://example")


def config(text: str, **more: Any) -> Wsl:
    return replace(OUTSIDE, wslconfig=parse_wsl(text.encode(), WSLCONFIG), **more)


def conf(text: str, **more: Any) -> Wsl:
    return replace(INSIDE, wsl_conf=parse_wsl(text.encode(), WSL_CONF), **more)


def inside_config(text: str, **more: Any) -> Wsl:
    return replace(INSIDE, wslconfig=parse_wsl(text.encode(), WSLCONFIG), **more)


INBOX, WINDOWS_10 = Versions((), ()), Versions((2, 6, 1, 0), (10, 0, 19045, 1))
OLD = Versions((2, 0, 9, 0), (10, 0, 22621, 1))
SMALL = Hardware(8 * GIB, 4)

CASES: list[tuple[str, Wsl, str]] = [
    ("wsl-outdated", OUTSIDE, "pass"),
    ("wsl-outdated", replace(OUTSIDE, versions=OLD), "fail error"),
    ("wsl-outdated", replace(OUTSIDE, versions=INBOX), "fail error"),
    ("wsl-outdated", replace(OUTSIDE, versions=INBOX, desktop=False), "fail note"),
    ("wsl-outdated", replace(OUTSIDE, versions=OLD, uses=False), "skip"),
    ("wsl-outdated", replace(OUTSIDE, versions=UNREAD), "unknown"),
    ("wsl-distribution-version-1", OUTSIDE, "pass"),
    ("wsl-distribution-version-1",
     replace(OUTSIDE, distributions=(Row("U", "Stopped", 1, default=True),)), "fail warning"),
    ("wsl-distribution-version-1",
     replace(OUTSIDE, distributions=(Row("U", "Stopped", 1, default=False),)), "skip"),
    ("wsl-distribution-version-1", replace(OUTSIDE, desktop=False), "skip"),
    ("wsl-distribution-version-1", INSIDE, "skip"),
    ("wsl-distribution-version-1", replace(OUTSIDE, distributions=UNREAD), "unknown"),
    ("wsl-memory-unlimited", OUTSIDE, "pass"),
    ("wsl-memory-unlimited", config(""), "fail note"),
    ("wsl-memory-unlimited", config("[wsl2]\nmemory=8\n"), "skip"),
    ("wsl-memory-unlimited", config("", uses=False), "skip"),
    ("wsl-memory-unlimited", config("", where=WSL1), "skip"),
    ("wsl-memory-unlimited", config("", hardware=UNREAD), "unknown"),
    ("wsl-memory-too-large", OUTSIDE, "pass"),
    ("wsl-memory-too-large", config("[wsl2]\nmemory=7GB\n", hardware=SMALL), "fail warning"),
    ("wsl-memory-too-large", config("[wsl2]\nmemory=70GB\n", hardware=SMALL), "skip"),
    ("wsl-memory-too-large", config(""), "skip"),
    ("wsl-memory-too-large", config("[wsl2]\nmemory=7GB\n", hardware=UNREAD), "unknown"),
    ("wsl-memory-too-small", OUTSIDE, "pass"),
    ("wsl-memory-too-small", config("[wsl2]\nmemory=512MB\n"), "fail warning"),
    ("wsl-memory-too-small", config("[wsl2]\nmemory=1GB\n", needs=(NEEDY,)), "fail warning"),
    ("wsl-memory-too-small", config("[wsl2]\nmemory=1GB\n", needs=()), "pass"),
    ("wsl-memory-too-small", replace(OUTSIDE, wslconfig=UNREAD), "unknown"),
    ("wsl-memory-reclaim-off", OUTSIDE, "pass"),
    ("wsl-memory-reclaim-off", config("[experimental]\nautoMemoryReclaim=disabled\n"), "fail note"),
    ("wsl-memory-reclaim-off",
     config("[experimental]\nautoMemoryReclaim=disabled\n", versions=INBOX), "skip"),
    ("wsl-memory-reclaim-off", replace(OUTSIDE, versions=UNREAD), "unknown"),
    ("wsl-reclaim-gradual-breaks-dockerd", INSIDE, "pass"),
    ("wsl-reclaim-gradual-breaks-dockerd",
     inside_config("[experimental]\nautoMemoryReclaim=gradual\n"), "fail warning"),
    ("wsl-reclaim-gradual-breaks-dockerd",
     inside_config("[experimental]\nautoMemoryReclaim=gradual\n", systemd=False), "skip"),
    ("wsl-reclaim-gradual-breaks-dockerd", OUTSIDE, "skip"),
    ("wsl-reclaim-gradual-breaks-dockerd", replace(INSIDE, wslconfig=UNREAD), "unknown"),
    ("wsl-sparse-vhd-unsafe", OUTSIDE, "skip"),
    ("wsl-sparse-vhd-unsafe", config("[experimental]\nsparseVhd=true\n", versions=OLD), "fail note"),
    ("wsl-sparse-vhd-unsafe", config("", versions=OLD), "pass"),
    ("wsl-sparse-vhd-unsafe", replace(OUTSIDE, versions=UNREAD), "unknown"),
    ("wsl-custom-kernel", OUTSIDE, "pass"),
    ("wsl-custom-kernel", config("[wsl2]\nkernel=C:\\\\k\\\\vmlinux\n"), "fail note"),
    ("wsl-custom-kernel", replace(OUTSIDE, wslconfig=UNREAD), "unknown"),
    ("wsl-networking-none", OUTSIDE, "pass"),
    ("wsl-networking-none", config("[wsl2]\nnetworkingMode=none\n"), "fail error"),
    ("wsl-networking-none", replace(OUTSIDE, wslconfig=UNREAD), "unknown"),
    ("wsl-networking-mirrored-with-docker", OUTSIDE, "pass"),
    ("wsl-networking-mirrored-with-docker", config("[wsl2]\nnetworkingMode=Mirrored\n"),
     "fail note"),
    ("wsl-networking-mirrored-with-docker",
     config("[wsl2]\nnetworkingMode=mirrored\n[experimental]\nhostAddressLoopback=true\n"), "pass"),
    ("wsl-networking-mirrored-with-docker",
     config("[wsl2]\nnetworkingMode=mirrored\n", versions=WINDOWS_10), "skip"),
    ("wsl-networking-mirrored-with-docker",
     config("[wsl2]\nnetworkingMode=mirrored\n", versions=UNREAD), "unknown"),
    ("wsl-localhost-forwarding-off", INSIDE, "pass"),
    ("wsl-localhost-forwarding-off", inside_config("[wsl2]\nlocalhostForwarding=false\n"),
     "fail note"),
    ("wsl-localhost-forwarding-off",
     inside_config("[wsl2]\nlocalhostForwarding=false\nnetworkingMode=mirrored\n"), "skip"),
    ("wsl-localhost-forwarding-off", OUTSIDE, "skip"),
    ("wsl-localhost-forwarding-off", replace(INSIDE, wslconfig=UNREAD), "unknown"),
    ("wsl-dns-tunneling-off", OUTSIDE, "pass"),
    ("wsl-dns-tunneling-off", config("[wsl2]\ndnsTunneling=false\n"), "fail note"),
    ("wsl-dns-tunneling-off", config("[wsl2]\ndnsTunneling=false\n", versions=WINDOWS_10), "skip"),
    ("wsl-dns-tunneling-off", config("", versions=UNREAD), "unknown"),
    ("wsl-resolv-conf-stale", INSIDE, "skip"),
    ("wsl-resolv-conf-stale",
     conf("[network]\ngenerateResolvConf=false\n", resolv=("172.20.48.1",), gateway="172.29.112.1"),
     "fail warning"),
    ("wsl-resolv-conf-stale",
     conf("[network]\ngenerateResolvConf=false\n", resolv=("9.9.9.9",), gateway="172.29.112.1"),
     "pass"),
    ("wsl-resolv-conf-stale",
     conf("[network]\ngenerateResolvConf=false\n", resolv=("172.29.112.1",), gateway="172.29.112.1"),
     "pass"),
    ("wsl-resolv-conf-stale",
     conf("[network]\ngenerateResolvConf=false\n", resolv=UNREAD, gateway=UNREAD), "unknown"),
    ("wsl-interop-off", INSIDE, "pass"),
    ("wsl-interop-off",
     replace(INSIDE, interop="/etc/wsl.conf has enabled=false in [interop]", windows_helpers=()),
     "fail note"),
    ("wsl-interop-off",
     replace(INSIDE, interop="/proc/x has no WSLInterop", windows_helpers=("desktop.exe",)), "fail warning"),
    ("wsl-interop-off", OUTSIDE, "skip"),
    ("wsl-interop-off", replace(INSIDE, interop=UNREAD), "unknown"),
    ("wsl-windows-path-off", replace(INSIDE, windows_helpers=("desktop.exe",)), "pass"),
    ("wsl-windows-path-off",
     conf("[interop]\nappendWindowsPath=false\n", windows_helpers=("desktop.exe",)),
     "fail warning"),
    ("wsl-windows-path-off", conf("[interop]\nappendWindowsPath=false\n", windows_helpers=()),
     "skip"),
    ("wsl-windows-path-off", replace(INSIDE, windows_helpers=UNREAD), "unknown"),
    ("wsl-automount-off", INSIDE, "pass"),
    ("wsl-automount-off", conf("[automount]\nenabled=false\n"), "fail note"),
    ("wsl-automount-off", OUTSIDE, "skip"),
    ("wsl-automount-off", replace(INSIDE, wsl_conf=UNREAD), "unknown"),
    ("wsl-systemd-off", INSIDE, "pass"),
    ("wsl-systemd-off", conf("", systemd=False), "fail note"),
    ("wsl-systemd-off", conf("[boot]\nsystemd=true\n", systemd=False), "fail note"),
    ("wsl-systemd-off", conf("", systemd=False, own_dockerd=False), "skip"),
    ("wsl-systemd-off", replace(INSIDE, systemd=UNREAD), "unknown"),
    ("wsl-clock-drift", replace(INSIDE, drift=2.0), "pass"),
    ("wsl-clock-drift", replace(INSIDE, drift=-5400.0), "fail warning"),
    ("wsl-clock-drift", replace(INSIDE, drift=Missing("no clock", "absent")), "skip"),
    ("wsl-clock-drift", replace(INSIDE, drift=UNREAD), "unknown"),
    ("wsl-clock-drift", OUTSIDE, "skip"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "facts", "expected"), CASES)
def test_a_check(check: str, facts: Wsl, expected: str) -> None:
    assert said(TOPIC, facts, check) == expected


def test_every_check_is_seen_to_fail_to_pass_and_not_to_know() -> None:
    for check in TOPIC.checks:
        seen = {expected.split()[0] for id_, _, expected in CASES if id_ == check.id}
        assert seen >= {"fail", "pass", "unknown"}, check.id


def test_without_wsl_nothing_is_asked() -> None:
    host = Host(import_module("tests.hosts.ubuntu_2404").machine())
    facts = look(host)
    assert {said(TOPIC, facts, check.id) for check in TOPIC.checks} == {"skip"}


def test_what_is_seen_of_each_platform() -> None:
    assert (OUTSIDE.where, INSIDE.where) == (WINDOWS, WSL2)
    assert (OUTSIDE.uses, INSIDE.uses, INSIDE.own_dockerd, INSIDE.systemd) == (True,) * 4
    assert INSIDE.interop == ""


@pytest.mark.parametrize(
    ("fix", "text"),
    [
        ("wsl-memory", "[wsl2]\nswap=0\n"),
        ("wsl-memory-reclaim", "[experimental]\nautoMemoryReclaim=disabled\n"),
        ("wsl-networking", "[wsl2]\ndnsTunneling=false\n"),
    ],
)
def test_what_a_check_finds_its_fix_changes(fix: str, text: str) -> None:
    host = windows(text)
    facts = replace(look(host), uses=True)
    failed = [id_ for id_ in FIXES[fix].mends if said(TOPIC, facts, id_).startswith("fail")]
    hardware = replace(facts, hardware=Hardware(32 * GIB, 16))
    failed = failed or [
        id_ for id_ in FIXES[fix].mends if said(TOPIC, hardware, id_).startswith("fail")
    ]
    assert failed
    assert asked(load(fix), host).outcome == CHANGES
