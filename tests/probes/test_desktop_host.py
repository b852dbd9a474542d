from __future__ import annotations

import pytest

from probes.desktop_host import (
    LINUX,
    MACOS,
    WINDOWS,
    WSL1,
    WSL2,
    Hardware,
    Versions,
    as_read_here,
    distribution,
    hardware,
    platform,
    running_distributions,
    windows_profile,
    wsl_versions,
    wslconfig_path,
)
from probes.host import Absent, Garbled, Host, Unreadable, Unrecorded
from tests.fixes.remedies.desktop_hosts import (
    PROFILE,
    SEEN,
    inside_wsl,
    linux_desktop,
    mac,
    utf16,
    windows,
)
from tests.hosts import wsl2
from tests.probes.linux_host import linux_host

GIB = 1 << 30


def linux(release: str, **env: str):
    return linux_host(
        gauges={"system": {**linux_host().gauge("system"), "release": release}}, env=env
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (windows(), WINDOWS),
        (mac(), MACOS),
        (inside_wsl(), WSL2),
        (Host(wsl2.machine()), WSL2),
        (linux_desktop(), LINUX),
        (linux("4.4.0-19041-Microsoft"), WSL1),
        (linux("6.6.87.2-microsoft-standard-WSL2"), WSL2),
        (linux("6.9.0-custom", WSL_DISTRO_NAME="Ubuntu"), WSL2),
        (linux("6.1.0-28-amd64"), LINUX),
    ],
)
def test_platform(host, expected):
    assert platform(host) == expected


def test_an_old_record_of_a_linux_host_is_not_taken_for_wsl():
    host = linux_host(failures={("env", "WSL_DISTRO_NAME"): Unrecorded("it was not asked")})
    assert platform(host) == LINUX


# -- paths ---------------------------------------------------------------------------------------

ELSEWHERE = r"""
73 60 8:48 / / rw,relatime - ext4 /dev/sdd rw
131 73 0:71 / /win/c rw,noatime - 9p C:\134 rw,aname=drvfs;path=C:\;uid=1000
132 73 0:72 / /data\040disk rw,noatime - 9p drvfs rw,aname=drvfs;path=D:\134my\040data;uid=0
133 73 0:71 /Users /home/ann/users rw,noatime - 9p C:\134 rw,aname=drvfs;path=C:\;uid=1000
"""
WSL_1 = "20 2 0:14 / /mnt/c rw,noatime - drvfs C: rw,uid=1000,gid=1000\n"


@pytest.mark.parametrize(
    ("mounts", "path", "expected"),
    [
        (ELSEWHERE, r"C:\Users\ann", "/win/c/Users/ann"),
        (ELSEWHERE, "c:/users/ann/", "/win/c/users/ann"),
        (ELSEWHERE, "C:\\", "/win/c"),
        (ELSEWHERE, r"D:\my data\x", "/data disk/x"),
        (WSL_1, r"C:\Users\ann", "/mnt/c/Users/ann"),
    ],
)
def test_a_windows_path_as_the_distribution_opens_it(mounts, path, expected):
    host = inside_wsl(files={"/proc/self/mountinfo": mounts.lstrip()})
    assert as_read_here(host, path) == expected
    assert as_read_here(windows(), path) == path


def test_a_drive_that_is_not_mounted():
    host = inside_wsl(files={"/proc/self/mountinfo": WSL_1})
    for path in (r"D:\x", r"D:\my data", "E:"):
        with pytest.raises(Absent, match="not mounted"):
            as_read_here(host, path)
    told = {("wslpath", "-u", r"D:\x"): (0, "/mnt/d/x\n", "")}
    assert as_read_here(inside_wsl(files={"/proc/self/mountinfo": WSL_1}, runs=told), r"D:\x") == (
        "/mnt/d/x"
    )


# -- whose Windows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        inside_wsl(),
        inside_wsl(interop=False),  # PATH tells
        inside_wsl(sudo=True),  # cmd.exe tells, by its full path
        inside_wsl(sudo=True, interop=False),  # there is only one profile
        inside_wsl(env={"USERPROFILE": SEEN}),
        inside_wsl(env={"USERPROFILE": PROFILE, "PATH": "/usr/bin"}),
        inside_wsl(files={"/mnt/c/Users/bob/x": ""}),
        inside_wsl(files={"/mnt/c/Users/bob/x": ""}, env={"PATH": "/usr/bin"}),
        inside_wsl(
            files={"/mnt/c/Users/bob/.wslconfig": "[wsl2]\n"}, env={"USERPROFILE": f"{SEEN}/"}
        ),
    ],
)
def test_the_profile_from_inside_wsl(host):
    assert windows_profile(host) == SEEN
    assert wslconfig_path(host) == f"{SEEN}/.wslconfig"


SET = ("cmd.exe", "/d", "/c", "set", "USERPROFILE")
TWO_USERS = {"/mnt/c/Users/bob/x": "", "/mnt/c/Users/ǱǲǱ/x": ""}


@pytest.mark.parametrize(
    "answer",
    [
        (0, "USERPROFILE=C:\\Users\\\ufffd\ufffd\r\n", ""),  # CP949, say
        (0, "USERPROFILE=C:\\Users\\ǱǲǱ\r\n", ""),  # which happens to be UTF-8 of something else
        (0, "USERPROFILE=C:\\Users\\gone\r\n", ""),
        (0, "USERPROFILE=Z:\\home\r\n", ""),
        (0, "", ""),
        (1, "", "Environment variable USERPROFILE not defined"),
    ],
)
def test_a_profile_that_cannot_be_told_is_not_guessed(answer):
    host = inside_wsl(files=TWO_USERS, env={"PATH": "/usr/bin"}, runs={SET: answer})
    with pytest.raises(Absent, match="--set profile=FOLDER"):
        windows_profile(host)


def test_two_profiles_in_the_path():
    path = f"{SEEN}/AppData/Local/Microsoft/WindowsApps:/mnt/c/Users/bob/AppData/Local/Microsoft/WindowsApps"  # fmt: skip
    host = inside_wsl(files=TWO_USERS, env={"PATH": path}, runs={SET: None})
    with pytest.raises(Absent, match="--set profile=FOLDER"):
        windows_profile(host)


def test_a_profile_with_letters_of_its_own():
    folder = "/mnt/c/Users/김철수"
    host = inside_wsl(
        files={f"{folder}/x": ""},
        env={"PATH": f"/usr/bin:{folder}/AppData/Local/Microsoft/WindowsApps"},
    )
    assert windows_profile(host) == folder


def test_the_profile_on_windows():
    assert windows_profile(windows()) == PROFILE
    assert wslconfig_path(windows()) == rf"{PROFILE}\.wslconfig"
    assert windows_profile(windows(env={"USERPROFILE": None})) == PROFILE
    for host in (mac(), linux_desktop()):
        with pytest.raises(Unreadable) as told:
            windows_profile(host)
        assert told.value.kind == "inapplicable"


@pytest.mark.parametrize(
    ("host", "given"),
    [
        (windows(), r"D:\nobody"),
        (windows(), "/mnt/c/Users/ann"),
        (windows(), "ann"),
        (inside_wsl(), "/mnt/c/Users/nobody"),
        (inside_wsl(), f"{SEEN}/NTUSER.DAT"),
        (inside_wsl(), "Users/ann"),
        (inside_wsl(), "-rf"),
    ],
)
def test_a_wrong_profile(host, given):
    with pytest.raises(ValueError, match=r"^profile: "):
        windows_profile(host, given)


# -- WSL -----------------------------------------------------------------------------------------


def test_versions():
    expected = Versions((2, 6, 1, 0), (10, 0, 26100, 6899))
    assert wsl_versions(windows()) == wsl_versions(inside_wsl(sudo=True)) == expected
    # wslinfo is a program of the distribution's own and needs no interop.
    assert wsl_versions(inside_wsl(interop=False)) == Versions((2, 6, 1, 0), ())


def test_the_wsl_that_is_part_of_windows_has_no_version():
    inbox = {("wsl.exe", "--version"): (-1, utf16("Usage: wsl.exe [Argument]\n"), "")}
    assert wsl_versions(windows(runs=inbox)) == Versions((), ())


@pytest.mark.parametrize("text", ["", "WSL\n", "2.6\n", "1.2.3.4.5.6\n"])
def test_odd_versions(text):
    with pytest.raises(Garbled):
        wsl_versions(windows(runs={("wsl.exe", "--version"): (0, text, "")}))


def test_distributions():
    assert running_distributions(windows()) == ("Ubuntu-24.04", "docker-desktop")
    none = {("wsl.exe", "--list", "--running", "--quiet"): (0, "", "")}
    assert running_distributions(inside_wsl(runs=none)) == ()
    assert distribution(inside_wsl()) == distribution(inside_wsl(sudo=True)) == "Ubuntu-24.04"
    before = {("wslpath", "-w", "/"): (0, "\\\\wsl$\\Debian\\\n", "")}
    assert distribution(inside_wsl(sudo=True, runs=before)) == "Debian"
    with pytest.raises(Absent):
        distribution(inside_wsl(sudo=True, runs={("wslpath", "-w", "/"): None}))


@pytest.mark.parametrize("name", ["-d", "a b", "x;reboot", "$(id)", ""])
def test_a_distribution_with_a_strange_name_becomes_no_command(name):
    host = inside_wsl(env={"WSL_DISTRO_NAME": name}, runs={("wslpath", "-w", "/"): None})
    with pytest.raises(Absent):
        distribution(host)


# -- the computer --------------------------------------------------------------------------------


def test_hardware():
    told = Hardware(16_890_728_448, 8)
    assert hardware(windows()) == hardware(inside_wsl()) == hardware(inside_wsl(sudo=True)) == told
    assert hardware(mac()) == Hardware(16 * GIB, 8)
    assert hardware(linux_desktop()) == Hardware(32 * GIB, 16)
    with pytest.raises(Garbled):
        hardware(inside_wsl(interop=False))
    with pytest.raises(Absent):
        hardware(mac(gauges={"cpus": {"logical": None, "physical": None, "usable": None}}))
