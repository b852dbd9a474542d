from __future__ import annotations

from typing import Any

import pytest

from probes.cgroups import TOPIC, look
from probes.host.questions import Denied
from probes.model import Missing
from tests.probes.linux_host import CONTAINER, MOUNTINFO_V1, data, linux_host, loud, said, verdicts
from tests.records import replace

ELSEWHERE = Missing("the engine is on another machine", "inapplicable")
UNREAD = Missing("it could not be read", "denied")
FINE = look(linux_host())
V1 = {"version": "1", "driver": "cgroupfs", "controllers": tuple("cpu cpuset devices freezer memory pids".split())}  # fmt: skip
ROOTLESS = {"rootless": True, "uid": 1000, "delegated": ("memory", "pids")}

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("cgroup-v1", {}, "pass"),
    ("cgroup-v1", {**V1, "systemd_version": 252}, "fail note"),
    ("cgroup-v1", {**V1, "engine_version": "29.1.0", "systemd_version": 252}, "fail warning"),
    ("cgroup-v1", {**V1, "container": "lxc"}, "skip"),
    ("cgroup-v1", {**V1, "systemd": False}, "skip"),
    ("cgroup-v1", {**V1, "systemd_version": 219}, "skip"),
    ("cgroup-v1", {**V1, "synology": True}, "skip"),
    ("cgroup-v1", {**V1, "kernel": "4.19.0-20-amd64"}, "skip"),
    ("cgroup-v1", {"version": UNREAD}, "unknown"),
    ("cgroup-v1", {"here": ELSEWHERE}, "skip"),
    ("cgroup-controllers-split", {}, "pass"),
    ("cgroup-controllers-split", {"split": ("memory",)}, "fail warning"),
    ("cgroup-controllers-split", {"split": UNREAD}, "unknown"),
    ("cgroup-controllers-split", {"here": ELSEWHERE}, "skip"),
    ("cgroup-driver-mismatch", {}, "pass"),
    ("cgroup-driver-mismatch", {"driver": "cgroupfs"}, "fail warning"),
    ("cgroup-driver-mismatch", {"driver": "cgroupfs", "systemd": False}, "pass"),
    ("cgroup-driver-mismatch", {"driver": "cgroupfs", "container": "lxc"}, "skip"),
    ("cgroup-driver-mismatch", {"kubelet_driver": "cgroupfs"}, "fail warning"),
    ("cgroup-driver-mismatch", {**V1, "kubelet_driver": "systemd"}, "fail warning"),
    ("cgroup-driver-mismatch", V1, "skip"),
    ("cgroup-driver-mismatch", {"driver": UNREAD}, "unknown"),
    ("cgroup-driver-none", {}, "skip"),
    ("cgroup-driver-none", ROOTLESS, "pass"),
    ("cgroup-driver-none", {**ROOTLESS, "driver": "none"}, "fail warning"),
    ("cgroup-driver-none", {**ROOTLESS, "driver": "none", "version": "1"}, "fail warning"),
    ("cgroup-driver-none", {**ROOTLESS, "driver": UNREAD}, "unknown"),
    ("cgroup-controllers-missing", {}, "pass"),
    ("cgroup-controllers-missing", {"controllers": ("cpu", "memory", "pids")}, "fail warning"),
    (
        "cgroup-controllers-missing",
        {"controllers": ("cpu", "memory", "pids"), "container": "lxc"},
        "fail note",
    ),
    ("cgroup-controllers-missing", V1, "pass"),
    ("cgroup-controllers-missing", {**V1, "controllers": ("cpu", "memory")}, "fail warning"),
    ("cgroup-controllers-missing", {**V1, **ROOTLESS}, "skip"),
    ("cgroup-controllers-missing", ROOTLESS, "fail note"),
    (
        "cgroup-controllers-missing",
        {**ROOTLESS, "delegated": ("cpuset", "cpu", "io", "memory", "pids")},
        "pass",
    ),
    ("cgroup-controllers-missing", {"controllers": UNREAD}, "unknown"),
    ("memory-cgroup-off", {}, "pass"),
    ("memory-cgroup-off", {"memory_limit": False}, "fail warning"),
    ("memory-cgroup-off", {"memory_limit": UNREAD}, "pass"),
    ("memory-cgroup-off", {"memory_limit": UNREAD, "controllers": ("cpu",)}, "fail warning"),
    ("memory-cgroup-off", {"memory_limit": UNREAD, "controllers": UNREAD}, "unknown"),
    ("memory-cgroup-off", {"memory_limit": False, "driver": "none"}, "skip"),
    ("swap-limit-off", {}, "pass"),
    ("swap-limit-off", {"swap_limit": False}, "fail note"),
    ("swap-limit-off", {**V1, "swap_limit": False}, "fail note"),
    ("swap-limit-off", {"swap_limit": False, "swap_total": 0}, "skip"),
    ("swap-limit-off", {"swap_limit": False, "memory_limit": False}, "skip"),
    ("swap-limit-off", {"swap_limit": UNREAD}, "unknown"),
    ("cpu-quota-off", {}, "pass"),
    ("cpu-quota-off", {"cpu_quota": False}, "fail warning"),
    ("cpu-quota-off", {"cpu_quota": False, "rootless": True}, "skip"),
    ("cpu-quota-off", {"cpu_quota": UNREAD, "controllers": UNREAD}, "unknown"),
    ("pids-limit-off", {}, "pass"),
    ("pids-limit-off", {"pids_limit": False}, "fail warning"),
    ("pids-limit-off", {"here": ELSEWHERE}, "skip"),
    ("pids-limit-off", {"pids_limit": UNREAD, "controllers": UNREAD}, "unknown"),
]


@pytest.mark.parametrize(("check", "changes", "expected"), TABLE)
def test_judgement(check, changes, expected):
    assert said(TOPIC, replace(FINE, **changes), check) == expected


def test_every_check_is_in_the_table():
    assert {c.id for c in TOPIC.checks} == {row[0] for row in TABLE}


def test_a_stock_host_hears_nothing():
    assert loud(TOPIC, FINE) == []
    assert FINE.controllers == ("cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc")


def test_a_hybrid_host_without_controllers_on_version_2_is_fine():
    info = {**data("network/info-28.json"), "CgroupVersion": "1", "CgroupDriver": "cgroupfs"}
    files = {
        "/proc/self/mountinfo": MOUNTINFO_V1,
        "/sys/fs/cgroup/unified/cgroup.controllers": "\n",
    }
    facts = look(linux_host(engine={"/info": info}, files=files))
    assert facts.controllers == ("cpu", "cpuset", "devices", "freezer", "memory", "name=systemd", "pids")  # fmt: skip
    assert said(TOPIC, facts, "cgroup-controllers-split") == "pass"
    assert said(TOPIC, facts, "cgroup-v1") == "fail note"
    files["/sys/fs/cgroup/unified/cgroup.controllers"] = "memory\n"
    facts = look(linux_host(engine={"/info": info}, files=files))
    assert said(TOPIC, facts, "cgroup-controllers-split") == "fail warning"


def test_version_1_controllers_on_a_version_2_host():
    mounts = (
        "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        "50 31 0:51 / /sys/fs/cgroup/net_cls rw - cgroup net_cls rw,net_cls\n"
    )
    assert look(linux_host(files={"/proc/self/mountinfo": mounts})).split == ()
    mounts = mounts.replace("rw,net_cls", "rw,memory")
    assert look(linux_host(files={"/proc/self/mountinfo": mounts})).split == ("memory",)


def test_without_the_engine_the_mounts_tell_the_version():
    denied = Denied("/var/run/docker.sock may not be opened by this user")
    paths = ("/version", "/info", "/networks", CONTAINER)
    facts = look(linux_host(engine=dict.fromkeys(paths, denied)))
    assert facts.version == "2"
    assert said(TOPIC, facts, "cgroup-v1") == "pass"
    assert said(TOPIC, facts, "memory-cgroup-off") == "pass"
    assert said(TOPIC, facts, "cgroup-driver-mismatch") == "unknown"


def test_a_raspberry_pi_is_told_its_own_file():
    info = {**data("network/info-28.json"), "CgroupVersion": "2", "MemoryLimit": False}
    facts = look(
        linux_host(
            engine={"/info": info},
            files={
                "/boot/firmware/cmdline.txt": "console=tty1 root=PARTUUID=1 rootwait\n",
                "/proc/cmdline": "coherent_pool=1M cgroup_disable=memory console=tty1\n",
            },
        )
    )
    (found,) = verdicts(TOPIC, facts, "memory-cgroup-off")
    assert "/boot/firmware/cmdline.txt" in found.mend[1]
    assert "cgroup_enable=memory" in found.mend[1]
    assert found.evidence[1].source == "/proc/cmdline"


def test_a_kubelet_only_counts_with_cri_dockerd():
    files = {"/var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\ncgroupDriver: cgroupfs\n"}
    assert look(linux_host(files=files)).kubelet_driver == ""
    files["/run/cri-dockerd.sock"] = ""
    assert look(linux_host(files=files)).kubelet_driver == "cgroupfs"


@pytest.mark.parametrize("odd", [None, "yes", 1, [], {}])
def test_odd_answers_are_no_crash(odd):
    keys = ("MemoryLimit", "SwapLimit", "CpuCfsQuota", "PidsLimit", "CgroupDriver")
    info = {**data("network/info-28.json"), **dict.fromkeys(keys, odd)}
    facts = look(linux_host(engine={"/info": info}))
    assert "crash" not in {outcome for _, outcome, _ in loud(TOPIC, facts)}
