from __future__ import annotations

from typing import Any

import pytest

from probes.formats.fstab import FstabEntry
from probes.formats.systemd_show import Directive, parse_unit_file, unit_of_cgroup
from probes.host.questions import Denied
from probes.model import Missing
from probes.systemd_unit import TOPIC, Dumped, look
from tests.probes.linux_host import (
    CONTAINER,
    SHOW,
    container,
    data,
    linux_host,
    loud,
    said,
    verdicts,
)
from tests.records import replace

ELSEWHERE = Missing("systemd does not run this host", "inapplicable")
UNREAD = Missing("it could not be read", "denied")
FINE = look(linux_host())
SHOWN = data("systemd-unit/show-debian-12.txt")


def unit(name: str = "docker.service", **changes: Any) -> dict[str, Any]:
    return {"units": {**FINE.units, name: FINE.units[name]._replace(**changes)}}


def lines(name: str, *more: Directive) -> dict[str, Any]:
    return {"directives": {**FINE.directives, name: (*FINE.directives[name], *more)}}


def in_drop_in(key: str, value: str) -> Directive:
    return Directive("Service", key, value, "/etc/systemd/system/docker.service.d/a.conf", 2)


def mount(target: str, fstype: str = "ext4", *entries: FstabEntry) -> dict[str, Any]:
    return {
        "data_root": f"{target}/docker",
        "data_mount": (target, fstype),
        "fstab": entries,
    }


def line(target: str, *options: str, fstype: str = "ext4") -> FstabEntry:
    return FstabEntry("UUID=1", target, fstype, options or ("defaults",), 3)


FAILED = {"active": "failed", "sub": "failed"}
OPTS = ("/etc/default/docker", 'DOCKER_OPTS="--dns 1.1.1.1"', 13)

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("unit-file-edited", {}, "pass"),
    (
        "unit-file-edited",
        {"changed": (Dumped("/lib/systemd/system/docker.service", "docker.io"),)},
        "fail warning",
    ),
    ("unit-file-edited", {"changed": ELSEWHERE}, "skip"),
    ("unit-file-edited", {"changed": UNREAD}, "unknown"),
    ("unit-shadows-packaged", {}, "pass"),
    (
        "unit-shadows-packaged",
        {
            "shadowed": (
                ("/etc/systemd/system/docker.service", "/lib/systemd/system/docker.service"),
            )
        },
        "fail note",
    ),
    ("unit-shadows-packaged", {"units": ELSEWHERE}, "skip"),
    ("unit-shadows-packaged", {"units": UNREAD}, "unknown"),
    ("exec-start-not-reset", {}, "pass"),
    (
        "exec-start-not-reset",
        lines("docker.service", in_drop_in("ExecStart", "/usr/sbin/dockerd -D")),
        "fail error",
    ),
    (
        "exec-start-not-reset",
        lines(
            "docker.service",
            in_drop_in("ExecStart", ""),
            in_drop_in("ExecStart", "/usr/sbin/dockerd -D"),
        ),
        "pass",
    ),
    ("exec-start-not-reset", {"directives": UNREAD}, "unknown"),
    ("exec-start-not-reset", {"units": ELSEWHERE}, "skip"),
    ("unit-tasks-limited", {}, "pass"),
    ("unit-tasks-limited", unit(tasks_max=4915, tasks=60), "fail warning"),
    ("unit-tasks-limited", unit(tasks_max=100, tasks=95), "fail error"),
    ("unit-tasks-limited", {"units": UNREAD}, "unknown"),
    ("unit-tasks-limited", {"units": ELSEWHERE}, "skip"),
    ("engine-oom-unprotected", {}, "pass"),
    ("engine-oom-unprotected", {"oom": {"dockerd": 0}}, "fail warning"),
    ("engine-oom-unprotected", {"oom": {"dockerd": 0}, "container": "lxc"}, "skip"),
    ("engine-oom-unprotected", {"oom": {"dockerd": 0}, "user_manager": True}, "skip"),
    (
        "engine-oom-unprotected",
        {"oom": {"dockerd": 0}, "unit": "snap.docker.dockerd.service"},
        "skip",
    ),
    ("engine-oom-unprotected", {"oom": UNREAD}, "unknown"),
    ("cgroups-not-delegated", {}, "pass"),
    (
        "cgroups-not-delegated",
        {**unit(delegate=False), "cgroup_driver": "cgroupfs"},
        "fail warning",
    ),
    (
        "cgroups-not-delegated",
        {**unit("containerd.service", delegate=False), "cgroup_driver": ""},
        "fail warning",
    ),
    ("cgroups-not-delegated", unit(delegate=False), "pass"),
    ("cgroups-not-delegated", {"units": UNREAD}, "unknown"),
    ("cgroups-not-delegated", {"units": ELSEWHERE}, "skip"),
    ("kill-mode-not-process", {}, "pass"),
    ("kill-mode-not-process", unit(kill_mode="control-group"), "fail warning"),
    ("kill-mode-not-process", {"units": UNREAD}, "unknown"),
    ("kill-mode-not-process", {"units": ELSEWHERE}, "skip"),
    ("unit-start-limit-hit", {}, "pass"),
    ("unit-start-limit-hit", unit(**FAILED, result="start-limit-hit"), "fail error"),
    (
        "unit-start-limit-hit",
        unit("docker.socket", **FAILED, result="service-start-limit-hit"),
        "fail error",
    ),
    ("unit-start-limit-hit", {"units": UNREAD}, "unknown"),
    ("unit-start-limit-hit", {"units": ELSEWHERE}, "skip"),
    ("unit-restart-loop", {}, "pass"),
    (
        "unit-restart-loop",
        unit(active="activating", sub="auto-restart", result="exit-code", restarts=2),
        "fail error",
    ),
    ("unit-restart-loop", {"units": UNREAD}, "unknown"),
    ("unit-restart-loop", {"units": ELSEWHERE}, "skip"),
    ("unit-disabled-at-boot", {}, "pass"),
    ("unit-disabled-at-boot", {**unit(enabled="disabled"), "restarting": ("web",)}, "fail warning"),
    ("unit-disabled-at-boot", {**unit(enabled="disabled"), "swarm": True}, "fail warning"),
    ("unit-disabled-at-boot", unit(enabled="disabled"), "pass"),
    ("unit-disabled-at-boot", unit(enabled="disabled", active="inactive"), "skip"),
    ("unit-disabled-at-boot", {**unit(enabled="disabled"), "restarting": UNREAD}, "unknown"),
    ("data-root-mount-unordered", {}, "pass"),
    ("data-root-mount-unordered", mount("/data", "ext4", line("/data", "nofail")), "fail warning"),
    ("data-root-mount-unordered", mount("/data", "ext4", line("/data")), "pass"),
    ("data-root-mount-unordered", mount("/data"), "fail warning"),
    ("data-root-mount-unordered", mount("/var"), "pass"),
    ("data-root-mount-unordered", mount("/tank", "zfs"), "pass"),
    (
        "data-root-mount-unordered",
        mount("/data", "nfs4", line("/data", fstype="nfs4")),
        "fail warning",
    ),
    (
        "data-root-mount-unordered",
        mount("/data", "ext4", line("/data", "noauto", "x-systemd.automount")),
        "pass",
    ),
    (
        "data-root-mount-unordered",
        {**mount("/data"), **unit(mounts_for=("/data/docker",))},
        "pass",
    ),
    ("data-root-mount-unordered", {**mount("/data"), **unit(after=("data.mount",))}, "pass"),
    ("data-root-mount-unordered", {**mount("/data"), "container": "docker"}, "skip"),
    ("data-root-mount-unordered", {"data_mount": UNREAD}, "unknown"),
    ("unit-private-mounts", {}, "pass"),
    (
        "unit-private-mounts",
        lines("docker.service", in_drop_in("MountFlags", "slave")),
        "fail note",
    ),
    ("unit-private-mounts", lines("docker.service", in_drop_in("PrivateTmp", "yes")), "fail note"),
    ("unit-private-mounts", lines("docker.service", in_drop_in("MountFlags", "shared")), "pass"),
    ("unit-private-mounts", {"directives": UNREAD}, "unknown"),
    ("unit-private-mounts", {"units": ELSEWHERE}, "skip"),
    ("unit-reload-pending", {}, "pass"),
    ("unit-reload-pending", unit(needs_reload=True), "fail warning"),
    ("unit-reload-pending", {"units": UNREAD}, "unknown"),
    ("unit-reload-pending", {"units": ELSEWHERE}, "skip"),
    ("docker-opts-ignored", {}, "pass"),
    # Debian's own unit reads the file.
    ("docker-opts-ignored", {"option_files": (OPTS,)}, "pass"),
    (
        "docker-opts-ignored",
        {"option_files": (OPTS,), "directives": {"docker.service": ()}},
        "fail warning",
    ),
    ("docker-opts-ignored", {"directives": UNREAD}, "unknown"),
    ("docker-opts-ignored", {"units": ELSEWHERE}, "skip"),
    ("nofile-set-on-docker-only", {}, "pass"),
    (
        "nofile-set-on-docker-only",
        lines("docker.service", in_drop_in("LimitNOFILE", "65536")),
        "fail note",
    ),
    ("nofile-set-on-docker-only", unit("containerd.service", active="inactive"), "skip"),
    ("nofile-set-on-docker-only", {"directives": UNREAD}, "unknown"),
]


@pytest.mark.parametrize(("check", "changes", "expected"), TABLE)
def test_judgement(check, changes, expected):
    assert said(TOPIC, replace(FINE, **changes), check) == expected


def test_every_check_is_in_the_table():
    assert {c.id for c in TOPIC.checks} == {row[0] for row in TABLE}


def test_a_stock_debian_host_hears_nothing():
    assert loud(TOPIC, FINE) == []
    assert FINE.units["docker.service"].main_pid == 1449
    assert FINE.units["containerd.service"].tasks_max is None


def test_without_systemd_everything_is_skipped():
    facts = look(linux_host(files={"/run/systemd/system/x": None}))
    assert {said(TOPIC, facts, c.id) for c in TOPIC.checks} == {"skip"}


def test_systemd_that_does_not_answer_is_unknown():
    refused = (1, "", "Failed to connect to bus: Permission denied\n")
    facts = look(linux_host(runs={SHOW: refused}))
    assert said(TOPIC, facts, "unit-tasks-limited") == "unknown"
    (found,) = verdicts(TOPIC, facts, "unit-tasks-limited")
    assert "Permission denied" in found.summary


def test_an_edited_unit_is_told_by_its_checksum():
    path = "/lib/systemd/system/docker.service"
    edited = data("systemd-unit/docker.service").replace("KillMode=process", "KillMode=mixed")
    facts = look(linux_host(files={path: edited}))
    assert facts.changed == (Dumped(path, "docker.io"),)


def test_an_edited_unit_of_an_rpm():
    path = "/lib/systemd/system/docker.service"
    query = ("rpm", "-qf", "--qf", "[%{FILENAMES}\\t%{NAME}\\t%{FILEDIGESTS}\\n]")
    paths = [f"/lib/systemd/system/{n}" for n in ("docker.service", "docker.socket", "containerd.service")]  # fmt: skip
    out = f"/usr{path}\tdocker-ce\t{'0' * 64}\n/usr/bin/dockerd\tdocker-ce\t{'1' * 64}\n"
    facts = look(
        linux_host(
            files={
                "/var/lib/dpkg/info/docker.io.md5sums": None,
                "/var/lib/dpkg/info/containerd.md5sums": None,
                "/var/lib/rpm/rpmdb.sqlite": "",
            },
            runs={(*query, *paths): (0, out, "")},
        )
    )
    assert facts.changed == (Dumped(path, "docker-ce", "sha256"),)


def test_no_package_manager_with_checksums():
    facts = look(
        linux_host(
            files={
                "/var/lib/dpkg/info/docker.io.md5sums": None,
                "/var/lib/dpkg/info/containerd.md5sums": None,
            }
        )
    )
    assert said(TOPIC, facts, "unit-file-edited") == "skip"


def test_drop_ins_are_read_in_their_order():
    folder = "/etc/systemd/system/docker.service.d"
    shown = SHOWN.replace("DropInPaths=\n", f"DropInPaths={folder}/a.conf {folder}/b.conf\n", 1)
    host = linux_host(
        runs={SHOW: (0, shown, "")},
        files={
            f"{folder}/a.conf": "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd\n",
            f"{folder}/b.conf": "[Service]\nExecStart=/usr/sbin/dockerd -D\n",
        },
    )
    (found,) = verdicts(TOPIC, look(host), "exec-start-not-reset")
    assert found.outcome == "fail"
    assert [e.source for e in found.evidence] == [f"{folder}/a.conf", f"{folder}/b.conf"]
    assert found.mend[0].startswith("sudo sed -i '2i ExecStart='")


def test_a_full_copy_shadows_the_packaged_unit():
    mine = "/etc/systemd/system/docker.service"
    shown = SHOWN.replace("FragmentPath=/lib/systemd/system/docker.service", f"FragmentPath={mine}")
    host = linux_host(
        runs={SHOW: (0, shown, "")}, files={mine: data("systemd-unit/docker.service")}
    )
    assert look(host).shadowed == ((mine, "/lib/systemd/system/docker.service"),)


def test_restart_policies_are_asked_for_only_where_it_matters():
    rows = [container("web", "nginx"), container("job", "busybox")]
    policies = {
        f"/containers/{rows[0]['Id']}/json": {"HostConfig": {"RestartPolicy": {"Name": "always"}}},
        f"/containers/{rows[1]['Id']}/json": {"HostConfig": {"RestartPolicy": {"Name": "no"}}},
    }
    host = linux_host(engine={CONTAINER: rows, **policies})
    assert look(host).restarting == ()
    assert not [q for q in host.source.asked if q[-1] in policies]
    shown = SHOWN.replace("UnitFileState=enabled", "UnitFileState=disabled", 1)
    host = linux_host(engine={CONTAINER: rows, **policies}, runs={SHOW: (0, shown, "")})
    assert look(host).restarting == ("web",)


def test_a_rootless_daemon_of_somebody_else_is_skipped():
    host = linux_host(
        gauges={"processes": [[1449, 1, 1000, "dockerd", ["dockerd"], 1.7e9]]},
        files={
            "/proc/1449/cgroup": "0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service\n",
            "/etc/passwd": "app:x:1000:1000::/home/app:/bin/sh\n",
        },
    )
    assert said(TOPIC, look(host), "kill-mode-not-process") == "skip"


def test_a_daemon_that_no_unit_runs_is_skipped():
    facts = look(linux_host(files={"/proc/1449/cgroup": "0::/user.slice/session-3.scope\n"}))
    assert said(TOPIC, facts, "unit-tasks-limited") == "skip"


def test_old_option_files():
    host = linux_host(
        files={
            "/etc/default/docker": '# DOCKER_OPTS="--dns 8.8.8.8"\nexport DOCKER_OPTS="-D"\n',
            "/etc/sysconfig/docker": "OPTIONS=\n",
        }
    )
    assert look(host).option_files == (("/etc/default/docker", 'export DOCKER_OPTS="-D"', 2),)


def test_oom_scores_that_may_not_be_read():
    question = ("read", "/proc/1449/oom_score_adj")
    facts = look(linux_host(failures={question: Denied("it may not be read")}))
    assert said(TOPIC, facts, "engine-oom-unprotected") == "unknown"


def test_unit_files_with_joined_lines_and_comments():
    text = (
        "[Service]\n# c\nExecStart=/usr/bin/dockerd \\\n  # between\n  -H fd://\n; d\nType=notify\n"
    )
    found = parse_unit_file(text, "f")
    assert [(d.key, d.value, d.line) for d in found] == [
        ("ExecStart", "/usr/bin/dockerd -H fd://", 3),
        ("Type", "notify", 7),
    ]


@pytest.mark.parametrize(
    ("text", "unit_name"),
    [
        ("0::/system.slice/snap.docker.dockerd.service\n", "snap.docker.dockerd.service"),
        ("9:name=systemd:/docker/1f/system.slice/docker.service\n0::/\n", "docker.service"),
        ("4:memory:/x.service\n", ""),
        ("", ""),
    ],
)
def test_units_of_control_groups(text, unit_name):
    assert unit_of_cgroup(text) == unit_name
