"""Docker Desktop's files on a host: found on every system, judged, or unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixes import by_check
from probes import daemon_config
from probes.desktop_settings_file import (
    ADMIN_KIND,
    JUDGED_WITH_THE_COMPUTER,
    SETTINGS_KIND,
    TOPIC,
    desktop_facts,
    look,
)
from probes.host import Absent, Garbled
from probes.model import SECTIONS, judge
from tests.fixes.remedies.desktop_hosts import (
    DENIED,
    GIB,
    OLD,
    PROFILE,
    SEEN,
    STORE,
    inside_wsl,
    linux_desktop,
    mac,
    windows,
)
from tests.probes.linux_host import linux_host

UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Docker Desktop"
REGISTERED = {UNINSTALL: {"DisplayVersion": "4.90.0"}}
IN_WINDOWS = rf"{PROFILE}\AppData\Roaming\Docker\settings-store.json"
IN_WSL = f"{SEEN}/AppData/Roaming/Docker/settings-store.json"
IN_LINUX = "/home/ann/.docker/desktop/settings-store.json"
APP = {"/Applications/Docker.app/Contents/Info.plist": ""}
ADMIN = "/Library/Application Support/com.docker.docker/admin-settings.json"
ADMIN_IN_WINDOWS = r"C:\ProgramData\DockerDesktop\admin-settings.json"
DAEMON = "/Users/ann/.docker/daemon.json"
GOOD = '{"AutoStart": false, "DisplayedOnboarding": true, "SettingsVersion": 46}'
BAD = '{"AutoStart": "no"}'
GOOD_ADMIN = '{"configurationFileVersion": 2, "disableUpdate": {"locked": true, "value": true}}'
BAD_ADMIN = '{"configurationFileVersion": 2, "disableUpdate": true}'
DEFAULT_ENGINE = json.dumps(
    {
        "builder": {"gc": {"defaultKeepStorage": "20GB", "enabled": True}},
        "experimental": False,
        "features": {"buildkit": True},
    }
)
ANSWERS = {
    "/version": {"Version": "29.4.1", "Platform": {"Name": "Docker Desktop 4.90.0 (240112)"}},
    "/info": {"OperatingSystem": "Docker Desktop", "Name": "docker-desktop"},
}
NATIVE = {
    "/version": {"Version": "29.4.1"},
    "/info": {"OperatingSystem": "Alpine", "Name": "colima"},
}


def on_mac(settings: Any = GOOD, **changes: Any) -> Any:
    changes["files"] = {**APP, **changes.get("files", {})}
    return mac(settings, **changes)


def on_windows(settings: Any = GOOD, **changes: Any) -> Any:
    return windows(settings=settings, **{"registry": REGISTERED, **changes})


def on_linux(settings: Any = GOOD, **changes: Any) -> Any:
    changes["files"] = {"/opt/docker-desktop/bin/x": "", **changes.get("files", {})}
    return linux_desktop(settings, **changes)


def in_wsl(settings: Any = GOOD, **changes: Any) -> Any:
    told = (0, f"\r\n{UNINSTALL}\r\n    DisplayVersion    REG_SZ    4.90.0\r\n\r\n", "")
    runs = {("reg.exe", "query", UNINSTALL): told, **changes.pop("runs", {})}
    return inside_wsl(settings=settings, runs=runs, **changes)


def findings(host: Any, topic: Any = TOPIC) -> list[Any]:
    facts = topic.look(host)
    return [finding for check in topic.checks for finding in judge(check, facts)]


def loud(host: Any, topic: Any = TOPIC) -> list[str]:
    return [
        f"{f.outcome} {f.severity} {f.id}"
        for f in findings(host, topic)
        if f.outcome not in {"pass", "skip"}
    ]


def found(host: Any, check: str) -> Any:
    (one,) = (f for f in findings(host) if f.id == check)
    return one


# -- where the files are -------------------------------------------------------------------------

EVERYWHERE = {"mac": on_mac, "windows": on_windows, "linux": on_linux, "wsl": in_wsl}
PATHS = {"mac": STORE, "windows": IN_WINDOWS, "linux": IN_LINUX, "wsl": IN_WSL}


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_host_in_a_good_state_has_no_findings(where):
    host = EVERYWHERE[where]()
    assert loud(host) == []
    assert found(host, "desktop-settings-wrong-type").outcome == "pass"


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_bad_file_is_found_with_its_place(where):
    host = EVERYWHERE[where](BAD)
    assert loud(host) == ["fail error desktop-settings-wrong-type"]
    problem = found(host, "desktop-settings-wrong-type")
    assert (problem.subject, problem.line, problem.column) == (PATHS[where], 1, 15)
    assert "false" in problem.mend[0]


def test_the_older_file_is_judged_where_the_newer_one_is_not():
    host = on_mac(None, files={OLD: '{"memoryMiB": "8192"}'})
    assert found(host, "desktop-settings-wrong-type").subject == OLD
    # Its spelling is camelCase.
    assert loud(on_mac(None, files={OLD: '{"memoryMiB": 8192}'})) == []
    assert loud(on_mac('{"memoryMiB": 8192}')) == ["fail note desktop-settings-wrong-spelling"]


@pytest.mark.parametrize(
    "host",
    [
        linux_host(),
        linux_desktop(BAD),
        mac(BAD),
        windows(settings=BAD),
        mac(None),
        windows(),
        inside_wsl(),
    ],
)
def test_without_docker_desktop_all_is_skipped(host):
    assert {f.outcome for f in findings(host)} == {"skip"}


def test_a_linux_server_is_hardly_asked():
    host = linux_host()
    look(host)
    looked = [q for q in host.source.asked if q[0] in {"read", "list", "run", "engine", "stat"}]
    assert looked in ([], [("stat", "/opt/docker-desktop")])


def test_what_docker_desktop_left_behind_is_not_judged():
    # Its settings stay when it is removed.
    host = mac(BAD)
    assert {f.outcome for f in findings(host)} == {"skip"}
    assert "not installed" in found(host, "desktop-settings-wrong-type").summary


@pytest.mark.parametrize(
    ("host", "path"),
    [
        (on_mac(files={ADMIN: BAD_ADMIN}), ADMIN),
        (on_windows(files={ADMIN_IN_WINDOWS: BAD_ADMIN}), ADMIN_IN_WINDOWS),
        (
            on_linux(files={"/usr/share/docker-desktop/admin-settings.json": BAD_ADMIN}),
            "/usr/share/docker-desktop/admin-settings.json",
        ),
        (
            in_wsl(files={"/mnt/c/ProgramData/DockerDesktop/admin-settings.json": BAD_ADMIN}),
            "/mnt/c/ProgramData/DockerDesktop/admin-settings.json",
        ),
    ],
)
def test_the_administrator_s_file(host, path):
    assert loud(host) == ["fail error admin-settings-no-entry"]
    assert found(host, "admin-settings-no-entry").subject == path


def test_a_good_file_of_the_administrator():
    assert loud(on_mac(files={ADMIN: GOOD_ADMIN})) == []
    assert found(on_mac(files={ADMIN: GOOD_ADMIN}), "admin-settings-no-entry").outcome == "pass"
    # Before the user has ever started Docker Desktop.
    assert loud(on_mac(None, files={ADMIN: BAD_ADMIN})) == ["fail error admin-settings-no-entry"]


# -- files that are none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Garbled("it is a directory, not a file"), "fail error desktop-settings-unreadable"),
        (DENIED, "unknown error desktop-settings-unreadable"),
    ],
)
def test_settings_that_cannot_be_read(reason, expected):
    host = on_mac(failures={("read", STORE): reason})
    assert loud(host) == [expected]
    assert found(host, "desktop-settings-wrong-type").outcome == "skip"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Garbled("it is a directory, not a file"), "fail error admin-settings-unreadable"),
        (DENIED, "unknown error admin-settings-unreadable"),
    ],
)
def test_an_administrator_s_file_that_cannot_be_read(reason, expected):
    assert loud(on_mac(failures={("read", ADMIN): reason})) == [expected]


def test_inside_wsl_nobody_guesses_whose_settings_are_meant():
    no = {
        ("run", "cmd.exe", "/d", "/c", "set", "USERPROFILE"): Garbled("Exec format error"),
    }
    host = in_wsl(
        BAD,
        env={"PATH": "/usr/bin"},
        failures=no,
        files={"/mnt/c/Users/bob/NTUSER.DAT": ""},
    )
    assert loud(host) == ["unknown error desktop-settings-unreadable"]


# -- what other checks judge with the computer ---------------------------------------------------

OVERLAPPING = json.dumps(
    {
        "Cpus": 99,
        "MemoryMiB": 99999,
        "UseGrpcfuse": False,
        "UseVirtualizationFrameworkVirtioFS": False,
        "UseVirtualizationFramework": False,
        "UseVirtualizationFrameworkRosetta": True,
        "ExposeDockerAPIOnTCP2375": True,
    }
)


@pytest.mark.parametrize("host", [on_mac(OVERLAPPING), on_windows(OVERLAPPING)])
def test_nothing_is_said_twice(host):
    assert [line for line in loud(host) if "ignored-here" not in line] == []
    for check in JUDGED_WITH_THE_COMPUTER:
        assert found(host, check).outcome == "skip"


def test_the_checks_that_are_left_to_others_exist():
    from probes import load_checks

    checks = load_checks()
    for others in JUDGED_WITH_THE_COMPUTER.values():
        for name in others.replace(" and ", ", ").split(", "):
            assert name in checks


def test_limits_that_wsl_ignores():
    assert loud(on_windows('{"MemoryMiB": 4096}')) == ["fail note desktop-settings-ignored-here"]
    assert loud(on_windows('{"MemoryMiB": 4096, "WslEngineEnabled": false}')) == []
    assert loud(in_wsl('{"MemoryMiB": 4096}')) == ["fail note desktop-settings-ignored-here"]


def test_a_disk_that_is_not_there():
    settings = '{"DataFolder": "/Volumes/SSD/docker"}'
    check = "fail warning desktop-settings-path-missing"
    assert loud(on_mac(settings)) == [check]
    assert loud(on_mac(settings, files={"/Volumes/SSD/docker/Docker.raw": ""})) == []
    windows_path = '{"CustomWslDistroDir": "D:\\\\wsl"}'
    assert loud(on_windows(windows_path)) == [check]
    assert loud(in_wsl(windows_path)) == [check]
    assert loud(in_wsl(windows_path, files={"/mnt/d/wsl/disk/docker_data.vhdx": ""})) == []
    # A drive that is not mounted in this distribution may be there all the same.
    assert loud(in_wsl('{"CustomWslDistroDir": "X:\\\\wsl"}')) == []


# -- what hullcheck lint asks --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "platform", "machine"),
    [
        (on_mac(), "macos", "arm64"),
        (on_windows(), "windows", "AMD64"),
        (in_wsl(), "windows", "x86_64"),
        (on_linux(), "linux", "x86_64"),
    ],
)
def test_what_is_known_of_the_computer(host, platform, machine):
    facts = desktop_facts(host, b'{"Cpus": 4}')
    assert (facts.platform, facts.machine) == (platform, machine)
    assert facts.cpus in {8, 16}
    assert facts.memory >= 15 * GIB


def test_the_hardware_is_asked_for_only_where_it_matters():
    host = in_wsl()
    assert desktop_facts(host, b'{"AutoStart": true}').memory is None
    assert not [q for q in host.source.asked if "powershell.exe" in str(q)]


@pytest.mark.parametrize("host", [linux_host(), linux_desktop()])
def test_elsewhere_nothing_is_known_of_the_computer(host):
    facts = desktop_facts(host, b'{"Cpus": 4}')
    assert facts == type(facts)()


def test_the_version_is_known():
    assert desktop_facts(on_windows(), b"{}").version == (4, 90, 0)


# -- a file that is not read any more ------------------------------------------------------------

OLDER = '{"memoryMiB": 4096, "overrideProxyHttp": "http://a:secret@b"}'
NEWER = '{"MemoryMiB": 8192, "OverrideProxyHTTP": ""}'


@pytest.mark.parametrize(
    ("old", "times", "expected"),
    [
        (OLDER, (100.0, 200.0), ["fail note desktop-settings-left-over"]),
        (OLDER, (200.0, 100.0), []),
        (OLDER, (100.0, 101.0), []),
        ('{"memoryMiB": 8192}', (100.0, 200.0), []),
        ('{"cpus": 4}', (100.0, 200.0), []),
        ("no JSON", (100.0, 200.0), []),
        ("[]", (100.0, 200.0), []),
    ],
)
def test_a_later_change_of_the_older_file(old, times, expected):
    stats = {STORE: {"mtime": times[0]}, OLD: {"mtime": times[1]}}
    host = on_mac(NEWER, files={OLD: old}, stats=stats)
    assert loud(host) == expected
    seen = found(host, "desktop-settings-left-over")
    assert "secret" not in str(seen)
    if expected:
        assert seen.subject == OLD
        assert [(e.locator, e.value) for e in seen.evidence] == [("memoryMiB", "4096")]


def test_without_an_older_file_none_is_left_over():
    assert found(on_mac(), "desktop-settings-left-over").outcome == "skip"
    denied = on_mac(files={OLD: OLDER}, failures={("stat", OLD): DENIED})
    assert found(denied, "desktop-settings-left-over").outcome == "unknown"


# -- the engine's file ---------------------------------------------------------------------------


def engine(text: Any, **changes: Any) -> Any:
    changes["files"] = {DAEMON: text, **changes.get("files", {})}
    return on_mac(**{"engine": ANSWERS, **changes})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (engine(DEFAULT_ENGINE), []),
        (engine('{"hosts": ["tcp://0.0.0.0:2375"]}'), ["fail warning desktop-daemon-json-hosts"]),
        (engine('{"data-root": "/data"}'), ["fail warning desktop-daemon-json-data-root"]),
        (engine('{"data-root": "D:\\\\docker"}'), ["fail error desktop-daemon-json-data-root"]),
        (
            on_windows(files={rf"{PROFILE}\.docker\daemon.json": '{"hosts": []}'}, engine=ANSWERS),
            ["fail warning desktop-daemon-json-hosts"],
        ),
        (
            in_wsl(files={f"{SEEN}/.docker/daemon.json": '{"hosts": []}'}, engine=ANSWERS),
            ["fail warning desktop-daemon-json-hosts"],
        ),
        (
            on_linux(files={"/home/ann/.docker/daemon.json": '{"hosts": []}'}, engine=ANSWERS),
            [],
        ),
        # It does not answer, perhaps because of this file.
        (engine('{"hosts": []}', engine={}), ["fail warning desktop-daemon-json-hosts"]),
        # Another engine's users have Docker Desktop's file left over.
        (engine('{"hosts": []}', engine=NATIVE), []),
        (engine('{"hosts": []}', env={"DOCKER_HOST": "tcp://mac-2:2375"}), []),
        (engine("no JSON"), []),
        (engine(None), []),
    ],
)
def test_what_docker_desktop_does_not_want_in_its_engine_s_file(host, expected):
    assert loud(host) == expected


def test_the_outcomes_without_a_defect():
    good = engine(DEFAULT_ENGINE)
    names = ("desktop-daemon-json-hosts", "desktop-daemon-json-data-root")
    assert {found(good, name).outcome for name in names} == {"pass"}
    assert {found(engine(None), name).outcome for name in names} == {"skip"}
    denied = engine("", failures={("read", DAEMON): DENIED})
    assert {found(denied, name).outcome for name in names} == {"unknown"}


@pytest.mark.parametrize(
    ("host", "path"),
    [
        (engine('{"debugg": true}'), DAEMON),
        (
            on_windows(
                files={rf"{PROFILE}\.docker\daemon.json": '{"debugg": true}'}, engine=ANSWERS
            ),
            rf"{PROFILE}\.docker\daemon.json",
        ),
        (
            in_wsl(files={f"{SEEN}/.docker/daemon.json": '{"debugg": true}'}, engine=ANSWERS),
            f"{SEEN}/.docker/daemon.json",
        ),
        (
            on_linux(files={"/home/ann/.docker/daemon.json": '{"debugg": true}'}, engine=ANSWERS),
            "/home/ann/.docker/daemon.json",
        ),
        (engine('{"debugg": true}', engine={}), DAEMON),
    ],
)
def test_the_engine_s_file_is_judged_like_every_daemon_json(host, path):
    told = findings(host, daemon_config.TOPIC)
    (problem,) = (f for f in told if f.id == "daemon-json-unknown-key")
    assert (problem.outcome, problem.subject, problem.line) == ("fail", path, 1)
    (elsewhere,) = (f for f in told if f.id == "daemon-config-elsewhere")
    assert elsewhere.outcome == "skip"


def test_what_the_engine_s_file_names_is_not_looked_for_on_this_host():
    text = json.dumps(
        {"seccomp-profile": "/x/seccomp.json", "tlscert": "/x/cert.pem", "group": "nobody-here"}
    )
    host = engine(text)
    assert [line for line in loud(host, daemon_config.TOPIC) if "daemon-json" in line] == []
    assert not [q for q in host.source.asked if "/x/" in str(q)]


@pytest.mark.parametrize(
    "host",
    [
        engine(DEFAULT_ENGINE),
        engine('{"hosts": ["tcp://0.0.0.0:2375"], "data-root": "/x"}'),
        engine(None),
        engine('{"debugg": true}', engine=NATIVE),
    ],
)
def test_nothing_is_said_of_the_engine_s_file_that_is_not_so(host):
    assert [line for line in loud(host, daemon_config.TOPIC) if "daemon-json" in line] == []


# -- the checks ----------------------------------------------------------------------------------


def test_every_check_has_its_page():
    ids = [check.id for check in TOPIC.checks]
    assert len(ids) == len(set(ids))
    assert set(SETTINGS_KIND.codes) | set(ADMIN_KIND.codes) <= set(ids)
    for check in TOPIC.checks:
        places = [check.explanation.index(f"## {title}") for title in SECTIONS]
        assert places == sorted(places)
        assert check.references
        assert check.id.startswith(("desktop-settings-", "admin-settings-", "desktop-daemon-json-"))


def test_no_fix_is_named_that_does_not_exist():
    assert not set(by_check()) & {check.id for check in TOPIC.checks}


def test_a_host_of_which_nothing_was_recorded():
    from tests.fake_host import fake_host

    host = fake_host(failures={("gauge", "system"): Absent("it was not recorded")})
    assert {f.outcome for f in findings(host)} == {"unknown"} or loud(host)
    assert not [f for f in findings(host) if f.outcome == "crash"]
