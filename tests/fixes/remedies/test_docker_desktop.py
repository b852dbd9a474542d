from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixes import FIXES, load
from fixes.model import BY_HAND, CHANGES, JSON, NOTHING, SECTIONS, START_DESKTOP, Effect
from probes.desktop_settings import Settings, is_running, locked, read, uses_wsl
from probes.host import Absent, Denied, Garbled, Refused, Unreadable
from tests.fake_host import DIRECTORY
from tests.fixes.remedies.desktop_hosts import (
    DENIED,
    OLD,
    PGREP,
    PROFILE,
    RAW,
    SEEN,
    STORE,
    TASK,
    TASKS,
    again,
    asked,
    inside_wsl,
    linux_desktop,
    mac,
    result,
    settings_of,
    windows,
)

DATA = Path(__file__).parents[2] / "data/docker-settings"
GIB = 1 << 30
IDS = [id_ for id_, entry in FIXES.items() if entry.module == "docker_desktop"]
HYPER_V = '{"WslEngineEnabled": false}'
START = (Effect(START_DESKTOP, command="docker desktop start"),)
ADMIN = "/Library/Application Support/com.docker.docker/admin-settings.json"
OFF = {
    "desktop-resources": '{"Cpus": 99}',
    "desktop-file-sharing": '{"UseVirtualizationFrameworkVirtioFS": false}',
    "desktop-resource-saver": '{"UseResourceSaver": false}',
}
"""Settings that each fix mends."""


# -- desktop-resources ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        (mac(), STORE, {"Cpus": 6, "SwapMiB": 2048}),
        (mac(machine="x86_64", memory=8 * GIB, cpus=4), STORE, {"Cpus": 3, "SwapMiB": 1024}),
        (
            linux_desktop(),
            "/home/ann/.docker/desktop/settings-store.json",
            {"Cpus": 14, "SwapMiB": 4096},
        ),
        (
            windows(settings=HYPER_V, memory=32 * GIB),
            rf"{PROFILE}\AppData\Roaming\Docker\settings-store.json",
            {"Cpus": 6, "SwapMiB": 4096},
        ),
        (
            inside_wsl(settings=HYPER_V),
            f"{SEEN}/AppData/Roaming/Docker/settings-store.json",
            {"Cpus": 6, "SwapMiB": 2048},
        ),
    ],
)
def test_resources_come_from_the_computer(host, path, expected):
    proposal = asked(load("desktop-resources"), host)
    assert settings_of(proposal) == {(name,): value for name, value in expected.items()}
    (change,) = proposal.changes
    assert (change.path, change.format) == (path, JSON)
    assert proposal.effects == START


FIT = '{"MemoryMiB": 8192, "Cpus": 6, "SwapMiB": 2048, "DiskSizeMiB": 61035}'


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"MemoryMiB": 2048, "Cpus": 2, "SwapMiB": 0}, {}),
        ({"MemoryMiB": 12288}, {}),
        ({"MemoryMiB": 14336}, {"MemoryMiB": 8192}),
        ({"MemoryMiB": 512}, {"MemoryMiB": 8192}),
        ({"MemoryMiB": "8192"}, {}),  # no number: the default, half, holds
        ({"Cpus": 12}, {"Cpus": 6}),
        ({"Cpus": 0}, {"Cpus": 6}),
        ({"Cpus": True}, {"Cpus": 6}),
    ],
)
def test_what_is_fit_stays(changes, expected):
    host = mac(json.dumps(json.loads(FIT) | changes))
    proposal = asked(load("desktop-resources"), host)
    if expected:
        assert settings_of(proposal) == {(name,): value for name, value in expected.items()}
        result(host, proposal)
    else:
        assert proposal.outcome == NOTHING
    assert asked(load("desktop-resources"), again(host)).outcome == NOTHING


def test_the_default_of_a_small_mac_leaves_it_enough():
    assert settings_of(asked(load("desktop-resources"), mac(memory=4 * GIB, cpus=2))) == {
        ("SwapMiB",): 1024
    }
    assert asked(load("desktop-resources"), mac(memory=2 * GIB)).outcome == BY_HAND


def test_the_users_own_resources():
    proposal = asked(load("desktop-resources"), mac(FIT), memory="6g", cpus="4", swap="0")
    assert settings_of(proposal) == {("MemoryMiB",): 6144, ("Cpus",): 4, ("SwapMiB",): 0}
    assert asked(load("desktop-resources"), mac(FIT), memory="8GB").outcome == NOTHING


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("memory", "much", "like 8GB"),
        ("memory", "-1", "like 8GB"),
        ("memory", "8", "like 8GB"),
        ("memory", "512MB", "less than 1 GiB"),
        ("memory", "32GB", "more than this computer's 16 GiB"),
        ("cpus", "0", "from 1 to the 8"),
        ("cpus", "9", "from 1 to the 8"),
        ("cpus", "two", "from 1 to the 8"),
        ("swap", "x", "like 8GB"),
        ("disk", "8", "like 8GB"),
        ("disk", "50GB", "delete the disk"),
    ],
)
def test_resources_that_cannot_be_are_refused(name, value, says):
    with pytest.raises(ValueError, match=says):
        asked(load("desktop-resources"), mac(FIT), **{name: value})


def test_with_wsl_2_its_own_limits_count():
    for host in (windows(settings="{}"), inside_wsl(settings='{"WslEngineEnabled": true}')):
        proposal = asked(load("desktop-resources"), host)
        assert (proposal.outcome, proposal.steps) == (BY_HAND, ("hullcheck fix wsl-memory",))


# -- the disk: a lower limit deletes it ----------------------------------------------------------

FOLDER = RAW.rpartition("/")[0]
SPACE = (500 * GIB, 300 * GIB, 300 * GIB, 0, 0)


@pytest.mark.parametrize(
    ("settings", "raw", "space", "expected"),
    [
        ('{"DiskSizeMiB": 61035}', None, SPACE, 250 * 1024),
        ('{"DiskSizeMiB": 262144}', None, SPACE, None),
        ('{"DiskSizeMiB": 1048576}', None, SPACE, None),
        ('{"DiskSizeMiB": 61035}', None, (500 * GIB, 0, 200 * GIB, 0, 0), None),
        ("{}", 64 * GIB, SPACE, 250 * 1024),
        ("{}", 994 * GIB, SPACE, None),
        ("{}", None, SPACE, None),
        ('{"DiskSizeMiB": 61035}', 64 * GIB, None, None),
    ],
)
def test_the_disk_is_raised_where_there_is_room_and_never_lowered(settings, raw, space, expected):
    host = mac(
        json.dumps(
            {**json.loads(FIT.replace(', "DiskSizeMiB": 61035', "")), **json.loads(settings)}
        ),
        stats={RAW: {"size": raw}} if raw else {},
        vfs={FOLDER: space} if space else {},
    )
    proposal = asked(load("desktop-resources"), host)
    if expected is None:
        assert proposal.outcome == NOTHING
    else:
        assert settings_of(proposal) == {("DiskSizeMiB",): expected}


def test_a_disk_that_is_asked_for():
    fix = load("desktop-resources")
    assert settings_of(asked(fix, mac(FIT), disk="256GB")) == {("DiskSizeMiB",): 262144}
    # The sparse file is as large as its limit.
    unset = FIT.replace(', "DiskSizeMiB": 61035', "")
    host = mac(unset, stats={RAW: {"size": 512 * GIB}})
    with pytest.raises(ValueError, match="delete the disk"):
        asked(fix, host, disk="256GB")
    assert asked(fix, host, disk="512GB").outcome == NOTHING
    for unknown in (mac(unset), windows(settings=HYPER_V)):
        with pytest.raises(Absent, match="lower one would delete"):
            asked(fix, unknown, disk="256GB")
    moved = json.dumps({**json.loads(unset), "DataFolder": "/Volumes/big"})
    host = mac(moved, stats={"/Volumes/big/Docker.raw": {"size": 64 * GIB}})
    assert settings_of(asked(fix, host, disk="256GB")) == {("DiskSizeMiB",): 262144}


# -- desktop-file-sharing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"UseVirtualizationFrameworkVirtioFS": True, "UseGrpcfuse": True}, None),
        ({"UseGrpcfuse": True}, None),
        (
            {"UseVirtualizationFrameworkVirtioFS": False, "UseGrpcfuse": True},
            ["UseVirtualizationFrameworkVirtioFS"],
        ),
        (
            {"UseVirtualizationFramework": False, "UseVirtualizationFrameworkVirtioFS": False},
            ["UseVirtualizationFrameworkVirtioFS", "UseVirtualizationFramework"],
        ),
        ({"UseVirtualizationFramework": False}, ["UseVirtualizationFramework"]),
        ({"UseLibkrun": True, "UseVirtualizationFrameworkVirtioFS": False}, None),
    ],
)
@pytest.mark.parametrize("machine", ["arm64", "x86_64"])
def test_file_sharing(settings, expected, machine):
    host = mac(json.dumps(settings), machine=machine, release="21.6.0")
    proposal = asked(load("desktop-file-sharing"), host)
    if expected is None:
        assert proposal.outcome == NOTHING
        return
    assert settings_of(proposal) == {(name,): True for name in expected}
    assert "6243" in proposal.notes[0]
    result(host, proposal)
    assert asked(load("desktop-file-sharing"), again(host)).outcome == NOTHING


def test_an_old_macos_has_no_virtiofs():
    proposal = asked(
        load("desktop-file-sharing"), mac(OFF["desktop-file-sharing"], release="21.5.0")
    )
    assert proposal.outcome == BY_HAND
    assert "12.5" in proposal.reason


@pytest.mark.parametrize(
    "host", [windows(settings="{}"), inside_wsl(settings="{}"), linux_desktop()]
)
def test_other_platforms_have_no_choice_of_file_sharing(host):
    with pytest.raises(Unreadable) as told:
        asked(load("desktop-file-sharing"), host)
    assert told.value.kind == "inapplicable"


# -- desktop-resource-saver ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "given", "expected"),
    [
        ({}, {}, None),
        ({"UseResourceSaver": True, "AutoPauseTimeoutSeconds": 900}, {}, None),
        ({"UseResourceSaver": False}, {}, {"UseResourceSaver": True}),
        ({}, {"seconds": "300"}, None),
        ({}, {"seconds": "60"}, {"AutoPauseTimeoutSeconds": 60}),
        (
            {"UseResourceSaver": False, "AutoPauseTimeoutSeconds": 900},
            {"seconds": "60"},
            {"UseResourceSaver": True, "AutoPauseTimeoutSeconds": 60},
        ),
    ],
)
@pytest.mark.parametrize("where", [mac, linux_desktop])
def test_resource_saver(settings, given, expected, where):
    host = where(json.dumps(settings))
    proposal = asked(load("desktop-resource-saver"), host, **given)
    if expected is None:
        assert proposal.outcome == NOTHING
        return
    assert settings_of(proposal) == {(name,): value for name, value in expected.items()}
    assert proposal.effects == START
    result(host, proposal)
    assert asked(load("desktop-resource-saver"), again(host), **given).outcome == NOTHING


def test_with_wsl_2_the_memory_stays_taken():
    proposal = asked(
        load("desktop-resource-saver"), windows(settings=OFF["desktop-resource-saver"])
    )
    assert settings_of(proposal) == {("UseResourceSaver",): True}
    assert "wsl-memory-reclaim" in proposal.notes[0]


@pytest.mark.parametrize("seconds", ["30", "0", "-5", "soon", "1.5"])
def test_too_short_a_pause(seconds):
    with pytest.raises(ValueError, match="above 30"):
        asked(load("desktop-resource-saver"), mac(), seconds=seconds)


# -- while Docker Desktop runs -------------------------------------------------------------------


@pytest.mark.parametrize("fix", IDS)
@pytest.mark.parametrize(
    "changes",
    [
        {"running": True},
        {"runs": {PGREP: None}},
        {"runs": {PGREP: (2, "", "bad option")}},
    ],
)
def test_nothing_is_written_while_docker_desktop_runs_or_may(fix, changes):
    proposal = asked(load(fix), mac(OFF[fix], **changes))
    assert proposal.outcome == BY_HAND
    assert not proposal.changes
    assert proposal.steps[0].startswith("docker desktop stop")
    assert proposal.steps[1] == f"hullcheck fix {fix} --apply"
    assert proposal.steps[2] == "docker desktop start"


def test_the_choices_are_kept_for_afterwards():
    proposal = asked(load("desktop-resources"), mac("{}", running=True), memory="6GB", cpus="4")
    assert proposal.steps[1] == (
        'hullcheck fix desktop-resources --apply --set "memory=6GB" --set "cpus=4"'
    )


def test_what_is_fine_is_fine_while_docker_desktop_runs():
    assert asked(load("desktop-resource-saver"), mac(running=True)).outcome == NOTHING


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (windows(settings="{}"), False),
        (windows(settings="{}", runs={("tasklist.exe", *TASKS): (0, TASK, "")}), True),
        (inside_wsl(), False),
        (inside_wsl(sudo=True), False),
        (inside_wsl(runs={("tasklist.exe", *TASKS): (0, TASK, "")}), True),
        (mac(), False),
        (mac(running=True), True),
        (linux_desktop(running=True), True),
    ],
)
def test_whether_it_runs(host, expected):
    assert is_running(host) is expected


def test_whether_it_runs_cannot_be_told():
    denied = {("tasklist.exe", *TASKS): (1, "", "ERROR: Access denied\r\n")}
    for host in (windows(runs=denied), inside_wsl(runs=denied)):
        with pytest.raises(Refused):
            is_running(host)
        settings = host.source.files  # type: ignore[attr-defined]
        settings[f"{SEEN}/AppData/Roaming/Docker/settings-store.json"] = (
            b'{"UseResourceSaver": false}'
        )
        settings[rf"{PROFILE}\AppData\Roaming\Docker\settings-store.json"] = b'{"UseResourceSaver": false}'  # fmt: skip
        assert asked(load("desktop-resource-saver"), again(host)).outcome == BY_HAND


# -- what an administrator has locked ------------------------------------------------------------


def lock(value: object, *names: str) -> str:
    return json.dumps(
        {"configurationFileVersion": 2, **{n: {"locked": True, "value": value} for n in names}}
    )


@pytest.mark.parametrize(
    ("fix", "name"),
    [
        ("desktop-resources", "cpus"),
        ("desktop-file-sharing", "useVirtualizationFrameworkVirtioFS"),
        ("desktop-resource-saver", "useResourceSaver"),
    ],
)
def test_a_lock_is_not_fought(fix, name):
    own = {ADMIN: {"owner": "root", "mode": 0o644}}
    host = mac(OFF[fix], files={ADMIN: lock(1, name)}, stats=own)
    proposal = asked(load(fix), host)
    assert proposal.outcome == BY_HAND
    assert name in proposal.reason
    assert ADMIN in proposal.reason
    assert "root" in proposal.reason
    # A default that may be changed is no lock.
    open_ = lock(1, name).replace('"locked": true', '"locked": false')
    assert asked(load(fix), mac(OFF[fix], files={ADMIN: open_})).outcome == CHANGES


@pytest.mark.parametrize("fix", IDS)
def test_locks_that_cannot_be_read(fix):
    with pytest.raises(Denied):
        asked(load(fix), mac(OFF[fix], failures={("read", ADMIN): DENIED}))
    with pytest.raises(Garbled):
        asked(load(fix), mac(OFF[fix], files={ADMIN: "{"}))


def test_the_backend_that_is_locked_is_the_one_in_use():
    for path, host in {
        r"C:\ProgramData\DockerDesktop\admin-settings.json": windows(settings="{}"),
        "/mnt/c/ProgramData/DockerDesktop/admin-settings.json": inside_wsl(settings="{}"),
    }.items():
        assert uses_wsl(host, read(host))
        told = json.dumps({"linuxVM": {"wslEngineEnabled": {"locked": True, "value": False}}})
        host.source.files[path] = told.encode()  # type: ignore[attr-defined]
        other = again(host)
        assert locked(other) == {"wslEngineEnabled": False}
        assert not uses_wsl(other, read(other))


# -- the files -----------------------------------------------------------------------------------


def test_the_newer_file_wins():
    both = {OLD: '{"useResourceSaver": true}', STORE: '{"UseResourceSaver": false}'}
    host = mac(files=both)
    proposal = asked(load("desktop-resource-saver"), host)
    assert proposal.changes[0].path == STORE
    host = mac(settings=None, files={OLD: '{\n\t"useResourceSaver": false\n}\n'})
    proposal = asked(load("desktop-resource-saver"), host)
    assert settings_of(proposal) == {("useResourceSaver",): True}
    assert result(host, proposal) == b'{\n\t"useResourceSaver": true\n}\n'


@pytest.mark.parametrize(
    ("values", "is_store", "expected"),
    [
        ({}, True, "MemoryMiB"),
        ({}, False, "memoryMiB"),
        ({"memoryMiB": 1}, True, "memoryMiB"),
        ({"MemoryMiB": 1}, False, "MemoryMiB"),
        ({"memoryMiB": 1, "MemoryMiB": 2}, True, "MemoryMiB"),
        ({"memorymib": 1}, True, "MemoryMiB"),
    ],
)
def test_a_key_is_spelled_as_the_file_does(values, is_store, expected):
    assert Settings("x", values, is_store).key("MemoryMiB") == expected


@pytest.mark.parametrize("fix", IDS)
def test_where_docker_desktop_never_ran(fix):
    hosts = [mac(settings=None)]
    if fix != "desktop-file-sharing":
        hosts += [windows(), inside_wsl(), linux_desktop(settings=None)]
    for host in hosts:
        with pytest.raises(Unreadable) as told:
            asked(load(fix), host)
        assert told.value.kind == "inapplicable"


@pytest.mark.parametrize("fix", IDS)
@pytest.mark.parametrize("text", ["", "[]", "{", "// note\n{}", '{"Cpus": }'])
def test_settings_that_are_no_json(fix, text):
    with pytest.raises(Garbled):
        asked(load(fix), mac(text))


@pytest.mark.parametrize("fix", IDS)
def test_settings_that_cannot_be_read(fix):
    with pytest.raises(Denied):
        asked(load(fix), mac("{}", failures={("read", STORE): DENIED}))


def test_a_byte_order_mark_stays():
    host = mac(b'\xef\xbb\xbf{\r\n  "UseResourceSaver": false\r\n}\r\n')
    data = result(host, asked(load("desktop-resource-saver"), host))
    assert data == b'\xef\xbb\xbf{\r\n  "UseResourceSaver": true\r\n}\r\n'


def test_the_roaming_folder_of_windows():
    elsewhere = r"\\server\home\ann\AppData"
    host = windows(
        env={"APPDATA": elsewhere},
        files={rf"{elsewhere}\Docker\settings-store.json": OFF["desktop-resource-saver"]},
    )
    assert read(host).path == rf"{elsewhere}\Docker\settings-store.json"
    named = windows(
        stats={r"D:\bob": {"kind": DIRECTORY}},
        files={r"D:\bob\AppData\Roaming\Docker\settings-store.json": "{}"},
    )
    assert read(named, r"D:\bob").path == r"D:\bob\AppData\Roaming\Docker\settings-store.json"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda p: p.name)
@pytest.mark.parametrize("fix", IDS)
def test_real_settings(fix, path):
    """Only the keys of the plan change, and then there is nothing left to do."""
    data = path.read_bytes()
    old = b'"cpus"' in data or b'"settingsVersion"' in data or b'"wslEngineEnabled"' in data
    host = mac(None if old else data, files={OLD: data} if old else {})
    if not data.lstrip().startswith(b"{"):
        with pytest.raises(Garbled):
            asked(load(fix), host)
        return
    proposal = asked(load(fix), host)
    assert proposal.outcome in {CHANGES, NOTHING}
    if proposal.outcome == NOTHING:
        return
    settings = settings_of(proposal)
    before, after = json.loads(data), json.loads(result(host, proposal))
    assert after == {**before, **{name: value for (name,), value in settings.items()}}
    spelled_small = {name[:1].islower() for (name,) in settings}
    assert spelled_small == {old}
    assert asked(load(fix), again(host)).outcome == NOTHING


@pytest.mark.parametrize("id_", IDS)
def test_every_fix_is_explained(id_):
    fix = load(id_)
    headings = [line[3:] for line in fix.explanation.splitlines() if line.startswith("## ")]
    assert tuple(headings) == SECTIONS
