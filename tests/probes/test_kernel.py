from __future__ import annotations

import gzip
from typing import Any

import pytest

from probes.formats.kernel_config import parse_kernel_config, unpack
from probes.formats.kernel_log import KernelLine
from probes.host.questions import Denied, Garbled
from probes.kernel import TOPIC, Pressure, look
from probes.model import Missing
from tests.probes.linux_host import (
    CONFIG,
    CONTAINER,
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
FINE = look(linux_host())
BUILT = parse_kernel_config(CONFIG.decode())


def without(*names: str) -> dict[str, str]:
    return {k: v for k, v in BUILT.items() if k not in names}


def log(*texts: str) -> tuple[KernelLine, ...]:
    return tuple(KernelLine(86000.0 + 10 * n, text) for n, text in enumerate(texts))


LEAK = "unregister_netdevice: waiting for lo to become free. Usage count = 1"
HUNG = "INFO: task dockerd:812 blocked for more than 120 seconds."
LOCKUP = "watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [kworker/1:2:123]"
FULL = "nf_conntrack: nf_conntrack: table full, dropping packet"
LEGACY = {"iptables": "legacy"}
LXC = {
    "container": "lxc",
    "runc": "1.3.3",
    "apparmor": "lxc-container-default-cgns (enforce)",
    "proven_since_runc": False,
}

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("kernel-options-missing", {}, "pass"),
    ("kernel-options-missing", {"config": without("VETH")}, "fail error"),
    ("kernel-options-missing", {"config": without("NF_TABLES")}, "fail error"),
    # Kernels of RHEL 10 have nothing of the old iptables, and nothing misses it.
    (
        "kernel-options-missing",
        {"config": without("IP_NF_FILTER", "IP_NF_NAT", "IP_NF_IPTABLES", "IP_NF_RAW")},
        "pass",
    ),
    ("kernel-options-missing", {"config": without("IP_NF_NAT"), **LEGACY}, "fail error"),
    ("kernel-options-missing", {"config": without("NF_NAT"), "iptables_used": False}, "pass"),
    # Options of the other cgroup version are not asked for.
    ("kernel-options-missing", {"config": without("CGROUP_DEVICE", "CGROUP_CPUACCT")}, "pass"),
    (
        "kernel-options-missing",
        {"config": without("CGROUP_DEVICE"), "cgroup_version": "1"},
        "fail error",
    ),
    ("kernel-options-missing", {"config": UNREAD}, "unknown"),
    ("kernel-options-missing", {"here": ELSEWHERE}, "skip"),
    ("kernel-feature-missing", {}, "pass"),
    ("kernel-feature-missing", {"config": without("SECCOMP_FILTER")}, "fail warning"),
    ("kernel-feature-missing", {"swarm": True, "config": without("IP_VS")}, "fail warning"),
    ("kernel-feature-missing", {"config": without("IP_VS", "VXLAN", "XFRM")}, "pass"),
    (
        "kernel-feature-missing",
        {"network_drivers": ("macvlan",), "config": without("MACVLAN")},
        "fail warning",
    ),
    ("kernel-feature-missing", {"rootless": True, "config": without("USER_NS")}, "fail warning"),
    ("kernel-feature-missing", {"config": UNREAD}, "unknown"),
    ("kernel-feature-missing", {"here": ELSEWHERE}, "skip"),
    ("kernel-too-old", {}, "pass"),
    ("kernel-too-old", {"release": "3.10.0-1160.el7.x86_64"}, "fail warning"),
    ("kernel-too-old", {"release": "4.4.302+", "synology": True}, "skip"),
    ("kernel-too-old", {"release": "4.4.0-1", "container": "lxc"}, "skip"),
    ("kernel-too-old", {"release": UNREAD}, "unknown"),
    ("kernel-too-old-for-cgroup-v2", {}, "pass"),
    ("kernel-too-old-for-cgroup-v2", {"release": "4.19.0-5"}, "fail warning"),
    ("kernel-too-old-for-cgroup-v2", {"cgroup_version": "1"}, "skip"),
    ("kernel-too-old-for-cgroup-v2", {"cgroup_version": UNREAD}, "unknown"),
    ("kernel-too-old-for-rootless-overlay", {}, "skip"),
    ("kernel-too-old-for-rootless-overlay", {"rootless": True}, "pass"),
    (
        "kernel-too-old-for-rootless-overlay",
        {"rootless": True, "driver": "vfs", "release": "5.10.0"},
        "fail note",
    ),
    ("kernel-too-old-for-rootless-overlay", {"rootless": UNREAD}, "unknown"),
    ("kernel-modules-gone", {}, "pass"),
    (
        "kernel-modules-gone",
        {"module_folder": "gone", "other_kernels": ("6.12.1-arch1-1",), "modules": {}},
        "fail error",
    ),
    (
        "kernel-modules-gone",
        {
            "module_folder": "gone",
            "other_kernels": ("6.12.1-arch1-1",),
            "modules": dict.fromkeys(("overlay", "veth", "bridge"), "loaded"),
        },
        "fail warning",
    ),
    ("kernel-modules-gone", {"module_folder": "none"}, "skip"),
    ("kernel-modules-gone", {"module_folder": "gone", "wsl": True}, "skip"),
    ("kernel-modules-gone", {"module_folder": UNREAD}, "unknown"),
    ("overlay-unavailable", {}, "pass"),
    ("overlay-unavailable", {"driver": "vfs", "modules": {"overlay": "absent"}}, "fail error"),
    ("overlay-unavailable", {"driver": UNREAD, "modules": {"overlay": "available"}}, "pass"),
    ("overlay-unavailable", {"driver": "btrfs", "modules": {}}, "skip"),
    ("overlay-unavailable", {"driver": UNREAD, "modules": {}}, "unknown"),
    ("iptable-raw-missing", {}, "skip"),
    ("iptable-raw-missing", {**LEGACY, "modules": {"iptable_raw": "absent"}}, "fail error"),
    ("iptable-raw-missing", {**LEGACY, "modules": {"iptable_raw": "available"}}, "pass"),
    ("iptable-raw-missing", {**LEGACY, "modules": {}}, "unknown"),
    (
        "iptable-raw-missing",
        {**LEGACY, "modules": {"iptable_raw": "absent"}, "engine_version": "27.5.1"},
        "skip",
    ),
    (
        "iptable-raw-missing",
        {**LEGACY, "modules": {"iptable_raw": "absent"}, "raw_switched_off": True},
        "pass",
    ),
    ("iptables-legacy-unsupported", {}, "skip"),
    ("iptables-legacy-unsupported", {**LEGACY, "modules": {"ip_tables": "absent"}}, "fail error"),
    ("iptables-legacy-unsupported", {**LEGACY, "modules": {"ip_tables": "loaded"}}, "pass"),
    ("iptables-legacy-unsupported", {"iptables": UNREAD}, "unknown"),
    ("bridge-filtering-off", {}, "pass"),
    ("bridge-filtering-off", {"bridge_filtering": 0}, "skip"),
    ("bridge-filtering-off", {"bridge_filtering": 0, "engine_version": "26.1.5"}, "fail note"),
    ("bridge-filtering-off", {"bridge_filtering": 0, "icc_off": True}, "fail warning"),
    ("bridge-filtering-off", {"bridge_filtering": 0, "rootless": True}, "skip"),
    ("bridge-filtering-off", {"bridge_filtering": UNREAD}, "unknown"),
    ("network-device-leaked", {}, "pass"),
    ("network-device-leaked", {"log": log(LEAK, LEAK, LEAK)}, "fail warning"),
    ("network-device-leaked", {"log": log(LEAK)}, "pass"),
    ("network-device-leaked", {"log": UNREAD}, "unknown"),
    ("network-device-leaked", {"here": ELSEWHERE}, "skip"),
    ("engine-task-hung", {}, "pass"),
    ("engine-task-hung", {"log": log(HUNG)}, "fail warning"),
    ("engine-task-hung", {"log": log(LOCKUP)}, "fail warning"),
    ("engine-task-hung", {"log": log(HUNG.replace("dockerd", "nfsd"))}, "pass"),
    ("engine-task-hung", {"log": UNREAD}, "unknown"),
    ("engine-task-hung", {"here": ELSEWHERE}, "skip"),
    ("conntrack-overflowed", {}, "pass"),
    ("conntrack-overflowed", {"log": log(FULL)}, "fail warning"),
    ("conntrack-overflowed", {"log": UNREAD}, "unknown"),
    ("conntrack-overflowed", {"log": ELSEWHERE}, "skip"),
    ("memory-pressure-high", {}, "pass"),
    ("memory-pressure-high", {"memory_pressure": Pressure(30, 25)}, "fail warning"),
    ("memory-pressure-high", {"memory_pressure": ELSEWHERE}, "skip"),
    ("memory-pressure-high", {"memory_pressure": UNREAD}, "unknown"),
    ("io-pressure-high", {}, "pass"),
    ("io-pressure-high", {"io_pressure": Pressure(30, 25)}, "fail warning"),
    ("io-pressure-high", {"io_pressure": ELSEWHERE}, "skip"),
    ("io-pressure-high", {"io_pressure": UNREAD}, "unknown"),
    ("lxc-blocks-runc", {}, "skip"),
    ("lxc-blocks-runc", LXC, "fail warning"),
    ("lxc-blocks-runc", {**LXC, "runc": "1.2.8"}, "fail warning"),
    ("lxc-blocks-runc", {**LXC, "runc": "1.1.12"}, "pass"),
    ("lxc-blocks-runc", {**LXC, "apparmor": "unconfined"}, "skip"),
    ("lxc-blocks-runc", {**LXC, "proven_since_runc": True}, "pass"),
    ("lxc-blocks-runc", {**LXC, "runc": UNREAD}, "unknown"),
    ("huge-pages-always-with-mongodb", {}, "skip"),
    ("huge-pages-always-with-mongodb", {"old_mongo": ("db",), "thp": "always"}, "fail note"),
    ("huge-pages-always-with-mongodb", {"old_mongo": ("db",), "thp": "madvise"}, "pass"),
    ("huge-pages-always-with-mongodb", {"old_mongo": UNREAD}, "unknown"),
]


@pytest.mark.parametrize(("check", "changes", "expected"), TABLE)
def test_judgement(check, changes, expected):
    assert said(TOPIC, replace(FINE, **changes), check) == expected


def test_every_check_is_in_the_table():
    assert {c.id for c in TOPIC.checks} == {row[0] for row in TABLE}


def test_a_stock_debian_host_hears_nothing():
    assert loud(TOPIC, FINE) == []
    assert FINE.iptables == "nft"
    assert FINE.config_from == "/proc/config.gz"
    assert FINE.modules["overlay"] == "loaded"


@pytest.mark.parametrize(
    "path",
    [
        "/boot/config-6.1.0-28-amd64",
        "/lib/modules/6.1.0-28-amd64/build/.config",
        "/usr/lib/modules/6.1.0-28-amd64/config",
    ],
)
def test_other_places_of_the_configuration(path):
    facts = look(linux_host(files={"/proc/config.gz": None, path: CONFIG}))
    assert facts.config_from == path
    assert facts.config["VETH"] == "y"


def test_no_configuration_is_unknown_and_never_failed():
    facts = look(linux_host(files={"/proc/config.gz": None}))
    assert said(TOPIC, facts, "kernel-options-missing") == "unknown"
    (found,) = verdicts(TOPIC, facts, "kernel-options-missing")
    assert found.look


@pytest.mark.parametrize(
    "content",
    [b"\x1f\x8bdamaged", gzip.compress(CONFIG)[:200], b"", gzip.compress(b"#\n" * 3_000_000)],
)
def test_damaged_configurations(content):
    facts = look(linux_host(files={"/proc/config.gz": content}))
    assert said(TOPIC, facts, "kernel-options-missing") == "unknown"
    other = {"/boot/config-6.1.0-28-amd64": CONFIG}
    facts = look(linux_host(files={"/proc/config.gz": content[:10], **other}))
    assert said(TOPIC, facts, "kernel-options-missing") == "pass"


def test_a_bomb_is_refused():
    with pytest.raises(ValueError, match="unpacks to more than"):
        unpack(gzip.compress(b"\0" * (8 << 20)))


def test_legacy_iptables_of_a_board():
    facts = look(
        linux_host(
            links={"/etc/alternatives/iptables": "/usr/sbin/xtables-legacy-multi"},
            files={
                "/usr/sbin/xtables-legacy-multi": "",
                "/proc/config.gz": None,
                "/lib/modules/6.1.0-28-amd64/kernel/net/ipv4/netfilter/iptable_nat.ko": "",
                "/lib/modules/6.1.0-28-amd64/kernel/net/ipv4/netfilter/ip_tables.ko.xz": "",
            },
        )
    )
    assert facts.iptables == "legacy"
    assert said(TOPIC, facts, "iptable-raw-missing") == "fail error"
    assert said(TOPIC, facts, "iptables-legacy-unsupported") == "pass"


def test_old_iptables_is_asked_for_its_version():
    host = linux_host(
        links={"/usr/sbin/iptables": "/usr/sbin/iptables-1.4"},
        files={"/usr/sbin/iptables-1.4": ""},
        runs={("iptables", "--version"): (0, "iptables v1.4.21\n", "")},
    )
    assert look(host).iptables == "legacy"


def test_the_journal_stands_in_for_dmesg():
    command = ("journalctl", "-k", "-b", "-q", "--no-pager", "-n", "3000", "-o", "short-monotonic")
    host = linux_host(
        runs={
            ("dmesg",): (1, "", "dmesg: read kernel buffer failed: Operation not permitted\n"),
            command: (0, f"[86400.123456] web-07 kernel: {FULL}\n", ""),
        }
    )
    assert look(host).log == (KernelLine(86400.123456, FULL),)


def test_neither_dmesg_nor_journal_nor_file():
    host = linux_host(runs={("dmesg",): (1, "", "dmesg: read kernel buffer failed\n")})
    facts = look(host)
    (found,) = verdicts(TOPIC, facts, "network-device-leaked")
    assert found.outcome == "unknown"
    assert found.look.startswith("sudo dmesg")


def test_yesterday_is_history():
    lines = "".join(f"[ {n}.000000] {LEAK}\n" for n in (10, 20, 30))
    facts = look(linux_host(runs={("dmesg",): (0, lines, "")}, files={"/proc/uptime": "900000 1"}))
    assert facts.log == ()


def test_pressure_that_is_off_is_skipped():
    question = ("read", "/proc/pressure/memory")
    off = Garbled("/proc/pressure/memory: Operation not supported")
    facts = look(linux_host(failures={question: off}, files={"/proc/pressure/io": None}))
    assert said(TOPIC, facts, "memory-pressure-high") == "skip"
    assert said(TOPIC, facts, "io-pressure-high") == "skip"


def test_arch_after_an_upgrade():
    gone = {
        "/lib/modules/6.1.0-28-amd64/kernel/fs/overlayfs/overlay.ko": None,
        "/lib/modules/6.1.0-28-amd64/modules.builtin": None,
        "/lib/modules/6.12.1-arch1-1/modules.dep": "",
    }
    facts = look(linux_host(files={**gone, "/proc/config.gz": None}))
    (found,) = verdicts(TOPIC, facts, "kernel-modules-gone")
    assert found.outcome == "fail"
    assert "6.12.1-arch1-1" in found.evidence[0].value


def test_lxc_with_a_container_that_proves_it_works():
    files = {
        "/run/systemd/container": "lxc\n",
        "/proc/self/attr/current": "lxc-container-default-cgns (enforce)\n",
        "/usr/bin/runc": "",
    }
    version = data("network/version-28.json")
    version["Components"] = [{"Name": "runc", "Version": "1.3.3"}]
    young = container("web", "nginx", created=1_750_000_000)
    engine = {"/version": version, CONTAINER: [young]}
    facts = look(linux_host(files=files, engine=engine))
    assert said(TOPIC, facts, "lxc-blocks-runc") == "pass"
    assert said(TOPIC, facts, "network-device-leaked") == "skip"
    old = container("web", "nginx", created=1_600_000_000)
    engine[CONTAINER] = [old]
    facts = look(linux_host(files=files, engine=engine))
    assert said(TOPIC, facts, "lxc-blocks-runc") == "fail warning"
    # An old container that was started again since shows it as well.
    started = {"State": {"StartedAt": "2026-11-20T10:00:00.123456789Z"}}
    engine[f"/containers/{old['Id']}/json"] = started
    facts = look(linux_host(files=files, engine=engine))
    assert said(TOPIC, facts, "lxc-blocks-runc") == "pass"


@pytest.mark.parametrize(
    ("image", "old"),
    [("mongo:7.0", True), ("mongo:8.0", False), ("mongo", False), ("acme/mongo:4", True)],
)
def test_mongo(image, old):
    facts = look(linux_host(engine={CONTAINER: [container("db", image)]}))
    assert bool(facts.old_mongo) is old


def test_a_plain_user_without_the_engine():
    denied = Denied("/var/run/docker.sock may not be opened by this user")
    paths = ("/version", "/info", "/networks", CONTAINER)
    facts = look(linux_host(engine=dict.fromkeys(paths, denied)))
    assert said(TOPIC, facts, "kernel-options-missing") == "pass"
    assert said(TOPIC, facts, "kernel-too-old-for-cgroup-v2") == "pass"
    assert {check for check, _, _ in loud(TOPIC, facts)} == {"huge-pages-always-with-mongodb"}


@pytest.mark.parametrize("odd", [None, "x", 1, [1], {"LocalNodeState": 4}])
def test_odd_answers_are_no_crash(odd):
    info = {**data("network/info-28.json"), "Swarm": odd, "Driver": odd, "CgroupVersion": odd}
    version = {**data("network/version-28.json"), "Components": [odd, {"Name": "runc"}]}
    facts = look(linux_host(engine={"/info": info, "/version": version}))
    assert "crash" not in {outcome for _, outcome, _ in loud(TOPIC, facts)}
