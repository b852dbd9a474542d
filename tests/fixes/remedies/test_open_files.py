from __future__ import annotations

import json

import pytest

from fixes import load
from fixes.model import (
    BY_HAND,
    NOTHING,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    Request,
)
from probes.host import Host
from tests.fixes.remedies.mending import apply, comes_to, edits, findings, kinds, outcomes, proposal
from tests.hosts import alpine, lxc_proxmox, rootless_ubuntu, ubuntu_2204_upgraded, ubuntu_2404
from tests.hosts.machine import LIMITS

FILE = "/etc/docker/daemon.json"
DOCKER = "unix:///var/run/docker.sock"
NOFILE = ("default-ulimits", "nofile")
DROP_IN = "/etc/systemd/system/docker.service.d/limits.conf"


def machine(
    soft="1073741816", hard="1073741816", nr_open="1073741816", text=None, base=ubuntu_2404
):
    """A machine whose containerd may open that many files."""
    made = base.machine()
    for pid in [p[0] for p in made.gauges["processes"] if p[3] in {"containerd", "dockerd"}]:
        limits = LIMITS.format(soft=soft, hard=hard, core="unlimited", nproc="unlimited")
        made.files[f"/proc/{pid}/limits"] = limits.encode()
    for name in ("containerd.service", "docker.service"):
        if name in made.units:
            made.units[name] |= {"LimitNOFILE": "infinity", "LimitNOFILESoft": "infinity"}
    made.files["/proc/sys/fs/nr_open"] = f"{nr_open}\n".encode()
    if text is not None:
        made.files[FILE] = json.dumps(text).encode()
        made.stats[FILE] = {"mtime": 0.0}
    return made


def limit(soft, hard):
    return {"Name": "nofile", "Soft": soft, "Hard": hard}


def database(made):
    row = {"Id": "db0123456789ab", "Names": ["/db"], "Image": "mysql:8", "State": "running"}
    made.engines[DOCKER]["/containers/json?all=1"] = [row]
    return made


# -- default-ulimits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "check", "given", "expected"),
    [
        (machine(), "nofile-infinite", {}, limit(1024, 524288)),
        (machine(nr_open="131072"), "nofile-infinite", {}, limit(1024, 131072)),
        (
            machine(
                text={"default-ulimits": {"nofile": {"name": "nofile", "soft": -1, "Hard": -1}}}
            ),
            "nofile-infinite",
            {"overrule": "yes"},
            limit(1024, 524288),
        ),
        (database(machine("1024", "4096")), "nofile-low", {}, limit(1024, 524288)),
    ],
)
def test_containers_get_limits_that_suit(made, check, given, expected):
    assert outcomes(made, check) == {"fail"}
    found = proposal(made, "default-ulimits", **given)
    assert edits(found) == {FILE: {NOFILE: expected}}
    assert found.effects == ()
    apply(made, found)
    assert outcomes(made, check) == {"pass"}
    assert proposal(made, "default-ulimits").outcome == NOTHING


def test_other_limits_stay():
    made = machine(text={"default-ulimits": {"core": {"Name": "core", "Soft": 0, "Hard": 0}}})
    apply(made, proposal(made, "default-ulimits"))
    assert json.loads(made.files[FILE])["default-ulimits"] == {
        "core": {"Name": "core", "Soft": 0, "Hard": 0},
        "nofile": limit(1024, 524288),
    }


def test_a_limit_that_the_owner_has_set_stays():
    made = machine(text={"default-ulimits": {"nofile": limit(-1, -1)}})
    found = proposal(made, "default-ulimits")
    assert found.outcome == BY_HAND
    assert f"{FILE} line 1" in found.reason


def test_containers_that_are_known_to_raise_their_limit():
    notes = proposal(database(machine()), "default-ulimits").notes
    assert any("db are known to raise it" in note for note in notes)


@pytest.mark.parametrize(
    ("base", "hard", "expected"),
    [
        (rootless_ubuntu, "2097152", limit(1024, 524288)),
        (lxc_proxmox, "2097152", limit(1024, 524288)),
    ],
)
def test_where_limits_cannot_be_raised_containerd_decides(base, hard, expected):
    made = machine("1048577", hard, base=base)
    (settings,) = edits(proposal(made, "default-ulimits")).values()
    assert settings == {NOFILE: expected}


def test_a_host_that_allows_too_little():
    found = proposal(database(machine("1024", "4096", nr_open="4096")), "default-ulimits")
    assert found.outcome == BY_HAND
    assert found.steps == ("sudo sysctl fs.nr_open=1048576",)
    lxc = lxc_proxmox.machine()
    url = next(iter(lxc.engines))
    lxc.engines[url]["/containers/json?all=1"] = [
        {"Id": "a", "Names": ["/es"], "Image": "elasticsearch:8", "State": "running"}
    ]
    for pid in [p[0] for p in lxc.gauges["processes"]]:
        text = LIMITS.format(soft="1024", hard="4096", core="0", nproc="unlimited")
        lxc.files[f"/proc/{pid}/limits"] = text.encode()
    lxc.files["/proc/sys/fs/nr_open"] = b"1048576\n"
    found = proposal(lxc, "default-ulimits")
    assert found.outcome == BY_HAND
    assert "containerd itself" in found.reason


def test_a_ceiling_that_cannot_be_read():
    made = machine()
    made.files["/proc/sys/fs/nr_open"] = b"many\n"
    assert comes_to(made, "default-ulimits") == "garbled"


# -- engine-nofile -------------------------------------------------------------------------------


def test_a_limit_set_for_the_daemon_alone_reaches_containers():
    made = ubuntu_2404.machine()
    made.files[DROP_IN] = b"[Service]\nLimitNOFILE=65536:1048576\n"
    made.units["docker.service"]["DropInPaths"] = DROP_IN
    assert outcomes(made, "nofile-set-on-docker-only") == {"fail"}
    found = proposal(made, "engine-nofile")
    path = "/etc/systemd/system/containerd.service.d/zz-hullcheck.conf"
    assert edits(found) == {path: {("Service", "LimitNOFILE"): ("65536:1048576",)}}
    assert kinds(found) == [(RELOAD_UNITS, ""), (RESTART_UNIT, "containerd.service")]
    apply(made, found)
    assert made.files[path] == (
        b"# Settings that hullcheck has made for containerd.service; hullcheck undo takes them "
        b"back.\n[Service]\nLimitNOFILE=65536:1048576\n"
    )
    assert outcomes(made, "nofile-set-on-docker-only") == {"pass"}
    assert proposal(made, "engine-nofile").outcome == NOTHING


def busy(files, soft):
    made = machine(soft, soft)
    made.engines[DOCKER]["/info"]["NFd"] = files
    return made


def test_a_daemon_that_runs_out_of_descriptors():
    made = busy(1000, "1024")
    assert outcomes(made, "daemon-descriptors-nearly-used") == {"fail"}
    found = proposal(made, "engine-nofile")
    path = "/etc/systemd/system/docker.service.d/zz-hullcheck.conf"
    assert edits(found) == {path: {("Service", "LimitNOFILE"): ("1048576",)}}
    assert kinds(found) == [(RELOAD_UNITS, ""), (RESTART_ENGINE, "")]
    made.files["/proc/1210/limits"] = machine("1048576", "1048576").files["/proc/1210/limits"]
    assert outcomes(made, "daemon-descriptors-nearly-used") == {"pass"}


def test_a_daemon_that_leaks_descriptors():
    found = proposal(busy(1_000_000, "1048576"), "engine-nofile")
    assert found.outcome == BY_HAND
    assert "ss -xp" in found.steps[0]


def test_one_finding_asks_for_one_change():
    made = busy(1000, "1024")
    made.files[DROP_IN] = b"[Service]\nLimitNOFILE=65536\n"
    made.units["docker.service"]["DropInPaths"] = DROP_IN
    asked = Request(tuple(findings(made, "nofile-set-on-docker-only")))
    found = load("engine-nofile").plan(Host(made), asked)
    assert list(edits(found)) == ["/etc/systemd/system/containerd.service.d/zz-hullcheck.conf"]
    # Both together: the daemon's limit is changed where its owner has set it.
    assert set(edits(proposal(made, "engine-nofile"))) == {
        "/etc/systemd/system/containerd.service.d/zz-hullcheck.conf",
        DROP_IN,
    }


def test_a_plain_user_cannot_see_the_descriptors_of_an_old_engine():
    assert comes_to(ubuntu_2204_upgraded.machine(), "engine-nofile") == "denied"


def test_hosts_without_systemd():
    assert comes_to(alpine.machine(), "engine-nofile") == "inapplicable"
