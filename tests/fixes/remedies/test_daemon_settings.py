from __future__ import annotations

import json

import pytest

from fixes import FIXES, load
from fixes.model import BY_HAND, CHANGES, NOTHING, SECTIONS
from probes.host import Unreadable
from tests.fixes.remedies.mending import apply, comes_to, edits, outcomes, proposal
from tests.hosts import (
    desktop_beside_native,
    podman_fedora,
    remote_ssh,
    rootless_ubuntu,
    snap_ubuntu,
    swarm_manager,
    ubuntu_2404,
)
from tests.hosts.machine import NOW

FILE = "/etc/docker/daemon.json"
DOCKER = "unix:///var/run/docker.sock"
IDS = [id_ for id_, entry in FIXES.items() if entry.module in {"daemon_settings", "open_files"}]
REAL = b"""{
\t"log-driver": "local",
\t"data-root": "/srv/docker",
\t"debug": true
}
"""


def machine(text=None, *, mtime=0.0, **info):
    """An Ubuntu 24.04 with Docker's own engine 29.10, and what its daemon.json and /info say."""
    made = ubuntu_2404.machine()
    if text is not None:
        made.files[FILE] = text if isinstance(text, bytes) else json.dumps(text).encode()
        made.stats[FILE] = {"mtime": mtime}
    made.engines[DOCKER]["/info"] |= info
    return made


def flagged(flag):
    """The same, with a flag on its command line."""
    made = machine()
    row = next(p for p in made.gauges["processes"] if p[3] == "dockerd")
    row[4].append(flag)
    path = "/usr/lib/systemd/system/docker.service"
    made.files[path] = made.files[path].replace(b" -H fd://", b" -H fd:// " + flag.encode())
    return made


def crowd(made, *names):
    """Running containers on the default bridge."""
    engine = made.engines[DOCKER]
    engine["/containers/json?all=1"] = [
        {"Id": f"{n}0123456789ab", "Names": [f"/{n}"], "Image": n, "State": "running", "Ports": []}
        for n in names
    ]
    bridge = dict(engine["/networks/bridge"])
    bridge["Containers"] = {f"{n}0123456789ab": {"Name": n} for n in names}
    engine["/networks/bridge"] = bridge
    return made


# -- what is proposed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fix", "made", "expected"),
    [
        ("live-restore", machine(), {("live-restore",): True}),
        ("live-restore", machine(REAL), {("live-restore",): True}),
        ("live-restore", machine({"live-restore": False}), {("live-restore",): True}),
        ("daemon-debug", machine(REAL, Debug=True), {("debug",): False}),
        ("daemon-debug", machine(Debug=True), {("debug",): False}),
        ("userland-proxy", machine(), {("userland-proxy",): False}),
        ("no-new-privileges", machine(), {("no-new-privileges",): True}),
        ("icc", crowd(machine(), "db", "web"), {("icc",): False}),
        ("icc", machine(), {("icc",): False}),
    ],
)
def test_a_switch_is_set(fix, made, expected):
    found = proposal(made, fix)
    assert found.outcome == CHANGES
    assert edits(found) == {FILE: expected}
    assert found.effects == ()  # the plan knows the reload class of each key


@pytest.mark.parametrize(
    ("fix", "made"),
    [
        ("live-restore", machine({"live-restore": True}, LiveRestoreEnabled=True)),
        ("daemon-debug", machine()),
        ("daemon-debug", machine({"debug": False})),
        ("userland-proxy", machine({"userland-proxy": False})),
        ("userland-proxy", machine({"iptables": False})),
        ("no-new-privileges", machine({"no-new-privileges": True},
                                      SecurityOptions=["name=no-new-privileges"])),
        ("icc", machine({"bridge": "none"})),
        ("icc", machine({"iptables": False})),
        ("live-restore", swarm_manager.machine()),
        ("live-restore-in-swarm", machine({"live-restore": True}, LiveRestoreEnabled=True)),
        ("live-restore-in-swarm", swarm_manager.machine()),
        ("builder-gc", machine()),
        ("builder-gc", machine({"builder": {"gc": {"enabled": True}}})),
        ("default-ulimits", machine()),
        ("live-restore", rootless_ubuntu.machine()),
        ("userland-proxy", rootless_ubuntu.machine()),
    ],
)  # fmt: skip
def test_nothing_is_to_be_done(fix, made):
    found = proposal(made, fix)
    assert found.outcome == NOTHING
    assert found.reason


@pytest.mark.parametrize(
    ("fix", "flag"),
    [
        ("live-restore", "--live-restore=false"),
        ("userland-proxy", "--userland-proxy"),
        ("icc", "--icc"),
        ("no-new-privileges", "--no-new-privileges=false"),
        ("daemon-debug", "-D"),
    ],
)
def test_a_flag_is_left_to_a_person(fix, flag):
    made = flagged(flag)
    made.engines[DOCKER]["/info"]["Debug"] = fix == "daemon-debug"
    found = proposal(made, fix)
    assert found.outcome == BY_HAND
    assert "/usr/lib/systemd/system/docker.service line 15" in found.reason
    assert "sudo systemctl restart docker" in found.steps


@pytest.mark.parametrize("id_", [id_ for id_ in IDS if id_ != "engine-nofile"])
def test_a_file_that_is_no_json_is_not_planned_for(id_):
    made = machine(b'{"debug": true,}')
    assert comes_to(made, id_) == "garbled"


@pytest.mark.parametrize("id_", [id_ for id_ in IDS if id_ != "engine-nofile"])
@pytest.mark.parametrize(
    "made", [podman_fedora.machine(), remote_ssh.machine(), desktop_beside_native.machine()]
)
def test_engines_without_a_file_here(id_, made):
    assert comes_to(made, id_) == "inapplicable"


@pytest.mark.parametrize("id_", IDS)
def test_a_silent_engine(id_):
    made = machine()
    made.engines[DOCKER].clear()
    made.gauges["processes"] = [p for p in made.gauges["processes"] if p[3] != "dockerd"]
    made.peers.clear()
    with pytest.raises(Unreadable):
        proposal(made, id_)


def test_the_snap_has_its_own_file():
    found = proposal(snap_ubuntu.machine(), "live-restore")
    assert edits(found) == {f"{snap_ubuntu.CURRENT}/config/daemon.json": {("live-restore",): True}}


def test_a_rootless_engine_has_its_own_file():
    found = proposal(rootless_ubuntu.machine(), "no-new-privileges")
    assert edits(found) == {"/home/ann/.config/docker/daemon.json": {("no-new-privileges",): True}}


# -- live-restore --------------------------------------------------------------------------------


def test_the_check_passes_once_live_restore_is_on():
    made = machine(REAL)
    assert outcomes(made, "live-restore-off") == {"fail"}
    apply(made, proposal(made, "live-restore"))
    assert made.files[FILE] == REAL.replace(b"true\n", b'true,\n\t"live-restore": true\n')
    made.engines[DOCKER]["/info"]["LiveRestoreEnabled"] = True  # it was reloaded
    assert outcomes(made, "live-restore-off") == {"pass"}
    assert proposal(made, "live-restore").outcome == NOTHING


def test_what_the_file_says_and_the_daemon_has_not_read():
    made = machine({"live-restore": True}, mtime=NOW, LiveRestoreEnabled=False)
    found = proposal(made, "live-restore")
    assert found.outcome == BY_HAND
    assert found.steps == ("sudo systemctl reload docker",)


def test_a_unit_that_ends_containers_is_mentioned():
    made = machine()
    made.units["containerd.service"]["KillMode"] = "control-group"
    assert any("engine-kill-mode" in note for note in proposal(made, "live-restore").notes)
    made.units["containerd.service"]["KillMode"] = "process"
    assert not any("engine-kill-mode" in note for note in proposal(made, "live-restore").notes)


def test_live_restore_leaves_a_swarm_node():
    made = swarm_manager.machine()
    made.files[FILE] = b'{"log-driver": "local", "live-restore": true}\n'
    assert outcomes(made, "swarm-with-live-restore") == {"fail"}
    found = proposal(made, "live-restore-in-swarm")
    assert edits(found) == {FILE: {("live-restore",): False}}
    apply(made, found)
    assert made.files[FILE] == b'{"log-driver": "local", "live-restore": false}\n'
    assert outcomes(made, "swarm-with-live-restore") == {"pass"}


# -- builds --------------------------------------------------------------------------------------


def builds(version, text=None):
    """An engine of a version that has built something."""
    made = machine(text)
    told = made.engines[DOCKER]
    told["/version"]["Version"] = told["/info"]["ServerVersion"] = version
    cache = [{"ID": "a1", "Size": 9 << 30, "InUse": False, "Shared": False, "UsageCount": 1}]
    told["/system/df?verbose=1"] = {"LayersSize": 0, "Images": [], "Containers": [], "Volumes": [],
                                    "BuildCache": cache}  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("version", "text", "given", "expected"),
    [
        ("26.1.5", None, {}, {"enabled": True, "defaultKeepStorage": "20GB"}),
        ("28.0.4", None, {}, {"enabled": True, "defaultReservedSpace": "20GB"}),
        ("26.1.5", {"builder": {"gc": {"defaultKeepStorage": "50GB"}}}, {}, {"enabled": True}),
        ("26.1.5", {"builder": {"gc": {"policy": []}}}, {}, {"enabled": True}),
        ("26.1.5", None, {"keep": "7GB"}, {"enabled": True, "defaultKeepStorage": "7GB"}),
        ("29.10.0", None, {"keep": "7GB"}, {"enabled": True, "defaultReservedSpace": "7GB"}),
        (
            "29.10.0",
            {"builder": {"gc": {"enabled": False}}},
            {"overrule": "yes"},
            {"enabled": True, "defaultReservedSpace": "20GB"},
        ),
    ],
)
def test_the_build_cache_is_limited(version, text, given, expected):
    made = builds(version, text)
    found = proposal(made, "builder-gc", **given)
    wanted = {("builder", "gc", key): value for key, value in expected.items()}
    assert edits(found) == {FILE: wanted}
    apply(made, found)
    assert outcomes(made, "build-cache-gc-off") == {"pass"}


def test_a_cache_that_was_left_to_grow_fails_before():
    assert outcomes(builds("26.1.5"), "build-cache-gc-off") == {"fail"}


def test_names_in_builder_are_kept_as_they_are_spelt():
    made = builds("26.1.5", {"builder": {"GC": {"DefaultKeepStorage": "9GB", "Enabled": False}}})
    found = proposal(made, "builder-gc", overrule="yes")
    assert edits(found) == {FILE: {("builder", "GC", "Enabled"): True}}


def test_who_turned_the_collecting_off_meant_it():
    made = builds("26.1.5", {"builder": {"gc": {"enabled": False}}})
    found = proposal(made, "builder-gc")
    assert found.outcome == BY_HAND
    assert f"{FILE} line 1" in found.reason
    with pytest.raises(ValueError, match="overrule is yes or no, not 'maybe'"):
        proposal(made, "builder-gc", overrule="maybe")
    with pytest.raises(ValueError, match="keep is a size such as 20GB, not 'much'"):
        proposal(made, "builder-gc", keep="much")


def test_the_size_is_not_guessed_where_the_disk_is_not_seen():
    made = builds("26.1.5")
    made.vfs.clear()
    with pytest.raises(Unreadable):
        proposal(made, "builder-gc")


# -- the others ----------------------------------------------------------------------------------


def test_debug_is_set_to_false_and_not_taken_out():
    made = machine(REAL, Debug=True)
    assert outcomes(made, "daemon-debug-on") == {"fail"}
    apply(made, proposal(made, "daemon-debug"))
    assert made.files[FILE] == REAL.replace(b'"debug": true', b'"debug": false')
    made.engines[DOCKER]["/info"]["Debug"] = False
    assert outcomes(made, "daemon-debug-on") == {"pass"}


@pytest.mark.parametrize(
    ("fix", "check"),
    [
        ("userland-proxy", "userland-proxy-on"),
        ("no-new-privileges", "no-new-privileges-off"),
        ("icc", "default-bridge-icc-on"),
    ],
)
def test_the_check_passes_once_it_is_set(fix, check):
    made = crowd(machine(REAL), "db", "web")
    assert outcomes(made, check) == {"fail"}
    found = proposal(made, fix)
    apply(made, found)
    # The daemon was restarted.
    made.engines[DOCKER]["/info"]["SecurityOptions"] = ["name=no-new-privileges"]
    bridge = made.engines[DOCKER]["/networks/bridge"]
    bridge["Options"] = {"com.docker.network.bridge.enable_icc": "false"}
    passing = {"pass", "skip"} if fix == "userland-proxy" else {"pass"}
    assert outcomes(made, check) <= passing


def test_so_many_proxies_are_none_any_more():
    made = crowd(machine(), "game")
    ports = [{"IP": "0.0.0.0", "PrivatePort": p, "PublicPort": p, "Type": "udp"}
             for p in range(10_000, 11_100)]  # fmt: skip
    made.engines[DOCKER]["/containers/json?all=1"][0]["Ports"] = ports
    assert outcomes(made, "userland-proxies-many") == {"fail"}
    found = proposal(made, "userland-proxy")
    apply(made, found)
    assert outcomes(made, "userland-proxies-many") == {"skip"}


def test_who_loses_whom_on_the_bridge():
    notes = proposal(crowd(machine(), "db", "web"), "icc").notes
    assert notes[0].startswith("db, web are on the default bridge now")
    both = crowd(machine({"live-restore": True}, LiveRestoreEnabled=True), "db", "web")
    assert any("stopped" in note for note in proposal(both, "icc").notes)


def test_a_bridge_that_did_not_take_icc_over():
    made = crowd(machine({"icc": False}), "db", "web")
    found = proposal(made, "icc")
    assert found.outcome == BY_HAND
    assert found.steps[-1] == "sudo systemctl restart docker"


@pytest.mark.parametrize("fix", ["icc", "userland-proxy"])
def test_without_br_netfilter_the_daemon_would_not_start(fix):
    made = machine()
    del made.files[f"/usr/lib/modules/{made.release}/kernel/net/bridge/br_netfilter.ko.zst"]
    made.files[f"/boot/config-{made.release}"] = b"CONFIG_MODULES=y\n"
    found = proposal(made, fix)
    assert found.outcome == BY_HAND
    assert "br_netfilter" in found.reason


def test_an_old_engine_does_without_br_netfilter():
    made = builds("26.1.5")
    del made.files[f"/usr/lib/modules/{made.release}/kernel/net/bridge/br_netfilter.ko.zst"]
    made.files[f"/boot/config-{made.release}"] = b"CONFIG_MODULES=y\n"
    assert proposal(made, "userland-proxy").outcome == CHANGES


def test_bridges_of_virtual_machines_are_mentioned():
    made = machine()
    assert any("bridge-nf-call-iptables" in note for note in proposal(made, "icc").notes)
    made.files["/proc/sys/net/bridge/bridge-nf-call-iptables"] = b"1\n"
    assert not any("bridge-nf-call-iptables" in note for note in proposal(made, "icc").notes)


# -- the pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "id_",
    [id_ for id_, e in FIXES.items() if e.module in {"daemon_settings", "open_files",
                                                      "engine_unit", "docker_cli"}],
)  # fmt: skip
def test_every_fix_says_all_there_is_to_say(id_):
    fix = load(id_)
    heads = [line[3:] for line in fix.explanation.splitlines() if line.startswith("## ")]
    assert heads == list(SECTIONS)
    assert fix.title[0].isupper()
    assert not fix.title.endswith(".")
