from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixes import FIXES, load
from fixes.model import (
    BY_HAND,
    CHANGES,
    NOTHING,
    SECTIONS,
    WSL_CONF,
    WSL_SHUTDOWN,
    WSL_TERMINATE,
    WSLCONFIG,
    EditFile,
    Effect,
)
from probes.desktop_host import _HARDWARE as POWERSHELL
from probes.formats.wsl_config import effective, parse_wsl
from probes.formats.wsl_keys import KEYS, WITHDRAWN, deciding, elsewhere, is_valid, meant, name_of
from probes.host import Absent, Denied, Garbled, Slow, Unreadable
from tests.fixes.remedies.desktop_hosts import (
    DENIED,
    PROFILE,
    SEEN,
    VERSION,
    again,
    asked,
    inside_wsl,
    linux_desktop,
    mac,
    result,
    settings_of,
    utf16,
    windows,
)

DATA = Path(__file__).parents[2] / "data"
GIB = 1 << 30
IDS = [id_ for id_, entry in FIXES.items() if entry.module == "wsl"]
IN_WSLCONFIG = [id_ for id_ in IDS if id_ not in {"wsl-systemd", "wsl-automount"}]
IN_WSL_CONF = ["wsl-systemd", "wsl-automount"]
HOSTS = {"windows": windows, "wsl": inside_wsl}
BEFORE_SPARSE_WAS_STOPPED = "2.4.13.0"

SHUTDOWN = (Effect(WSL_SHUTDOWN, command="wsl --shutdown"),)


# -- wsl-memory ----------------------------------------------------------------------------------

UNLIMITED = {
    ("wsl2", "memory"): "8GB",
    ("wsl2", "processors"): "6",
    ("wsl2", "swap"): "2GB",
}


@pytest.mark.parametrize("where", HOSTS)
def test_limits_come_from_the_computer_not_from_the_vm(where):
    proposal = asked(load("wsl-memory"), HOSTS[where]())
    assert settings_of(proposal) == UNLIMITED
    (change,) = proposal.changes
    path = rf"{PROFILE}\.wslconfig" if where == "windows" else f"{SEEN}/.wslconfig"
    assert (change.path, change.format) == (path, WSLCONFIG)
    assert proposal.effects == SHUTDOWN
    assert "8 GiB of memory of this computer's 16 GiB" in proposal.reason
    assert "Ubuntu-24.04, docker-desktop" in proposal.notes[-1]


@pytest.mark.parametrize(
    ("gib", "cpus", "expected"),
    [
        (4, 2, ("2GB", None, "1GB")),
        (6, 4, ("2GB", "3", "1GB")),
        (8, 4, ("4GB", "3", "1GB")),
        (15.7, 12, ("8GB", "10", "2GB")),
        (64, 32, ("32GB", "30", "8GB")),
    ],
)
def test_limits_of_small_and_large_computers(gib, cpus, expected):
    settings = settings_of(asked(load("wsl-memory"), windows(memory=int(gib * GIB), cpus=cpus)))
    told = tuple(settings.get(("wsl2", key)) for key in ("memory", "processors", "swap"))
    assert told == expected


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("memory=8GB", {}),
        ("memory=12GB", {}),  # leaves Windows 4 GB
        ("memory=2GB", {}),
        ("memory=8388608000", {}),  # as WSL Settings writes it
        ("memory=13GB", {"memory": "8GB"}),
        ("memory=8", {"memory": "8GB"}),
        ("memory=8gb", {"memory": "8GB"}),
        ("memory=8 GB", {"memory": "8GB"}),
        ("memory=0.5GB", {"memory": "8GB"}),
        ("memory=0", {"memory": "8GB"}),
        ("memory=8GB\nMEMORY=1GB", {}),
        ("memory=8GB\nprocessors=16", {"processors": "6"}),
        ("memory=8GB\nprocessors=0x4", {}),
        ("memory=8GB\nswap=0", {}),
        ("memory=8GB\nswap=4", {"swap": "2GB"}),
        ("memory=8GB\nswap=4 GB", {"swap": "2GB"}),
    ],
)
def test_a_limit_that_is_fit_stays(line, changed):
    lines = [line, *(x for x in ("processors=6", "swap=2GB") if x.partition("=")[0] not in line)]
    proposal = asked(load("wsl-memory"), windows("[wsl2]\n" + "\n".join(lines) + "\n"))
    if changed:
        assert settings_of(proposal) == {("wsl2", key): value for key, value in changed.items()}
    else:
        assert proposal.outcome == NOTHING


def test_the_users_own_limits():
    host = windows("[wsl2]\nmemory=8GB\nprocessors=6\nswap=2GB\n")
    proposal = asked(load("wsl-memory"), host, memory="6144MB", processors="4", swap="0")
    assert settings_of(proposal) == {
        ("wsl2", "memory"): "6GB",
        ("wsl2", "processors"): "4",
        ("wsl2", "swap"): "0",
    }
    assert asked(load("wsl-memory"), host, memory="8GB").outcome == NOTHING


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("memory", "8gb", "like 8GB"),
        ("memory", "8 GB", "like 8GB"),
        ("memory", "0.5GB", "like 8GB"),
        ("memory", "8", "like 8GB"),
        ("memory", "80%", "like 8GB"),
        ("memory", "0", "256 MiB that WSL needs"),
        ("memory", "128MB", "256 MiB that WSL needs"),
        ("memory", "64GB", "more than this computer's"),
        ("swap", "2 GB", "like 8GB"),
        ("swap", "-1", "like 8GB"),
        ("swap", "99999999999999999999GB", "like 8GB"),
        ("swap", "1MB", "like 8GB"),
        ("processors", "0", "from 1 up to the 8"),
        ("processors", "16", "from 1 up to the 8"),
        ("processors", "four", "from 1 up to the 8"),
        ("processors", "٣", "from 1 up to the 8"),
    ],
)
def test_limits_that_wsl_cannot_read_are_refused(name, value, says):
    with pytest.raises(ValueError, match=says):
        asked(load("wsl-memory"), windows(), **{name: value})


@pytest.mark.parametrize(
    "host",
    [
        lambda: inside_wsl(interop=False),
        lambda: inside_wsl(runs={POWERSHELL: (1, "", "Access denied")}),
        lambda: inside_wsl(runs={POWERSHELL: (0, "Ein Fehler\r\n", "")}),
        lambda: inside_wsl(failures={("run", *POWERSHELL): Slow("it took longer than 5 s")}),
    ],
)
def test_inside_wsl_the_computers_memory_is_never_guessed(host):
    with pytest.raises(Absent, match=r"--set memory=8GB"):
        asked(load("wsl-memory"), host())
    # With a limit chosen, what else is known is enough; the processors stay as they are.
    assert settings_of(asked(load("wsl-memory"), host(), memory="6GB")) == {
        ("wsl2", "memory"): "6GB",
        ("wsl2", "swap"): "2GB",
    }


def test_a_computer_too_small_for_both():
    proposal = asked(load("wsl-memory"), windows(memory=3 * GIB))
    assert proposal.outcome == BY_HAND
    assert settings_of(asked(load("wsl-memory"), windows(memory=3 * GIB), memory="1GB"))


def test_a_limit_in_the_wrong_section_goes():
    host = windows("[experimental]\nMemory=4GB\n[wsl2]\nprocessors=6\nswap=2GB\n")
    proposal = asked(load("wsl-memory"), host)
    assert settings_of(proposal) == {
        ("wsl2", "memory"): "8GB",
        ("experimental", "Memory"): None,
    }
    text = result(host, proposal)
    assert text == b"[experimental]\n[wsl2]\nprocessors=6\nswap=2GB\nmemory=8GB\n"


def test_the_file_as_it_is_written():
    commented = b"\xef\xbb\xbf# mine\r\n[wsl2]\r\nmemory=8 GB  # half\r\n"
    host = windows(commented)
    data = result(host, asked(load("wsl-memory"), host))
    assert data == (
        b"\xef\xbb\xbf# mine\r\n[wsl2]\r\nmemory=8GB  # half\r\nprocessors=6\r\nswap=2GB\r\n"
    )
    new = windows()
    assert result(new, asked(load("wsl-memory"), new)) == (
        b"[wsl2]\r\nmemory=8GB\r\nprocessors=6\r\nswap=2GB\r\n"
    )


# -- wsl-memory-reclaim --------------------------------------------------------------------------

RECLAIM = ("experimental", "autoMemoryReclaim")


@pytest.mark.parametrize(
    ("text", "dockerd", "given", "expected"),
    [
        ("", False, {}, {RECLAIM: "dropCache"}),
        ("[experimental]\nautoMemoryReclaim=disabled\n", False, {}, {RECLAIM: "dropCache"}),
        ("[experimental]\nautoMemoryReclaim=dropcache\n", True, {}, None),
        ("[experimental]\nautoMemoryReclaim=gradual\n", False, {}, None),
        ("[experimental]\nautoMemoryReclaim=gradual\n", True, {}, {RECLAIM: "dropCache"}),
        ("", False, {"mode": "GRADUAL"}, {RECLAIM: "gradual"}),
        ("", False, {"mode": "disabled"}, {RECLAIM: "disabled"}),
        (
            "[wsl2]\nautoMemoryReclaim=gradual\n",
            False,
            {},
            {RECLAIM: "dropCache", ("wsl2", "autoMemoryReclaim"): None},
        ),
    ],
)
def test_memory_reclaim(text, dockerd, given, expected):
    host = inside_wsl(text, dockerd=dockerd)
    proposal = asked(load("wsl-memory-reclaim"), host, **given)
    if expected is None:
        assert proposal.outcome == NOTHING
    else:
        assert settings_of(proposal) == expected
        assert proposal.effects == SHUTDOWN


def test_gradual_is_not_set_where_it_stops_dockerd():
    proposal = asked(load("wsl-memory-reclaim"), inside_wsl(dockerd=True), mode="gradual")
    assert proposal.outcome == BY_HAND
    assert "10497" in proposal.reason
    # From Windows the distributions cannot be seen: it is said instead.
    proposal = asked(load("wsl-memory-reclaim"), windows(), mode="gradual")
    assert settings_of(proposal) == {RECLAIM: "gradual"}
    assert "dockerd" in proposal.notes[0]


def test_an_unknown_mode():
    with pytest.raises(ValueError, match="none of"):
        asked(load("wsl-memory-reclaim"), windows(), mode="fast")


INBOX = {("wsl.exe", "--version"): (1, utf16("Copyright (c) Microsoft\nUsage: wsl.exe\n"), "")}


@pytest.mark.parametrize(
    "host", [lambda: windows(wsl="1.2.5.0"), lambda: windows(runs=INBOX, build="19045.1")]
)
@pytest.mark.parametrize("fix", ["wsl-memory-reclaim", "wsl-sparse-vhd", "wsl-networking"])
def test_an_old_wsl_is_updated_first(fix, host):
    proposal = asked(load(fix), host())
    assert (proposal.outcome, proposal.steps) == (BY_HAND, ("wsl --update",))


# -- wsl-sparse-vhd ------------------------------------------------------------------------------

SPARSE = ("experimental", "sparseVhd")


def test_sparse_disks_where_wsl_still_makes_them():
    host = windows("[wsl2]\nsparseVhd=true\n", wsl=BEFORE_SPARSE_WAS_STOPPED)
    proposal = asked(load("wsl-sparse-vhd"), host)
    assert settings_of(proposal) == {SPARSE: "true", ("wsl2", "sparseVhd"): None}
    assert "damaged" in proposal.notes[0]
    assert "--set-sparse true" in proposal.steps[0]
    fine = windows("[experimental]\nsparseVhd=True\n", wsl=BEFORE_SPARSE_WAS_STOPPED)
    assert asked(load("wsl-sparse-vhd"), fine).outcome == NOTHING


def test_sparse_disks_are_not_forced_upon_a_wsl_that_refuses_them():
    proposal = asked(load("wsl-sparse-vhd"), windows())
    assert proposal.outcome == BY_HAND
    assert not any("allow-unsafe" in step for step in proposal.steps)
    assert any("Optimize-VHD" in step for step in proposal.steps)


def test_sparse_disks_need_a_known_version():
    gone = {("wsl.exe", "--version"): None, ("wslinfo", "--version"): None}
    for host in (windows(runs=gone), inside_wsl(runs=gone)):
        with pytest.raises(Absent):
            asked(load("wsl-sparse-vhd"), host)


# -- wsl-networking ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("", {}, {"dnsTunneling": "true", "autoProxy": "true"}),
        ("[wsl2]\ndnsTunneling=true\nautoProxy=1\n", {}, None),
        ("[wsl2]\ndnsTunneling=true\nautoProxy=false\n", {}, {"autoProxy": "true"}),
        ("[wsl2]\nnetworkingMode=Mirrored\ndnsTunneling=true\nautoProxy=true\n", {}, None),
        ("[wsl2]\nnetworkingMode=bridged\n", {}, None),
        (
            "[wsl2]\nnetworkingMode=bridged\ndnsTunneling=true\nautoProxy=true\n",
            {"mode": "mirrored"},
            {"networkingMode": "mirrored"},
        ),
        (
            "[wsl2]\ndnsTunneling=true\nautoProxy=true\n",
            {"mode": "mirrored"},
            {"networkingMode": "mirrored"},
        ),
        ("[wsl2]\nnetworkingMode=mirrored\n", {"mode": "nat"}, {"networkingMode": "nat"}),
    ],
)
def test_networking(text, given, expected):
    proposal = asked(load("wsl-networking"), windows(text), **given)
    if expected is None:
        assert proposal.outcome == NOTHING
    else:
        assert settings_of(proposal) == {("wsl2", k): v for k, v in expected.items()}
    mirrored = expected is not None and expected.get("networkingMode") == "mirrored"
    assert any("networks that Windows is in" in note for note in proposal.notes) == mirrored


def test_the_former_place_of_a_network_setting_would_win():
    text = "[experimental]\nnetworkingMode=nat\ndnsTunneling=true\nautoProxy=true\n"
    host = windows(text)
    proposal = asked(load("wsl-networking"), host, mode="mirrored")
    assert settings_of(proposal) == {
        ("wsl2", "networkingMode"): "mirrored",
        ("experimental", "networkingMode"): None,
    }
    assert effective(parse_wsl(result(host, proposal), WSLCONFIG)) == {
        "wsl2.networkingmode": "mirrored",
        "experimental.dnstunneling": "true",
        "experimental.autoproxy": "true",
    }


def test_windows_10_has_only_nat():
    ten = windows(build="19045.5011")
    for given in ({}, {"mode": "mirrored"}):
        proposal = asked(load("wsl-networking"), ten, **given)
        assert proposal.outcome == BY_HAND
        assert "Windows build 19045" in proposal.reason
    back = windows("[wsl2]\nnetworkingMode=mirrored\n", build="19045.5011")
    assert settings_of(asked(load("wsl-networking"), back, mode="nat")) == {
        ("wsl2", "networkingMode"): "nat"
    }


def test_networking_needs_a_known_windows():
    with pytest.raises(Absent, match="which Windows"):
        asked(load("wsl-networking"), inside_wsl(interop=False))


@pytest.mark.parametrize("mode", ["bridged", "NAT", ""])
def test_other_modes_are_refused(mode):
    with pytest.raises(ValueError, match="neither nat nor mirrored"):
        asked(load("wsl-networking"), windows(), mode=mode)


# -- wslconfig-cleanup ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"[wsl2]\nmemory=8gb\nswap=0.5GB\n", b"[wsl2]\nmemory=8GB\nswap=512MB\n"),
        (b"[wsl2]\nmemory=8 GB # x\n", b"[wsl2]\nmemory=8GB # x\n"),
        (b"[wsl2]\nmemory=8\nswap=2\n", b"[wsl2]\nmemory=8GB\nswap=2GB\n"),
        (b"[wsl2]\nguiApplications=no\n", b"[wsl2]\nguiApplications=false\n"),
        (b"[wsl2]\npageReporting=true\nmemory=4GB\n", b"[wsl2]\nmemory=4GB\n"),
        (
            b"[wsl2]\r\nautoMemoryReclaim=gradual\r\nmemory=4GB\r\n",
            b"[wsl2]\r\nmemory=4GB\r\n\r\n[experimental]\r\nautoMemoryReclaim=gradual\r\n",
        ),
        (b"memory=4gb\n[wsl2]\nswap=0\n", b"[wsl2]\nswap=0\nmemory=4GB\n"),
        (b"[wsl]\nmemory=4GB\n", b"[wsl]\n\n[wsl2]\nmemory=4GB\n"),
        (
            b"[wsl2]\nhostAddressLoopback=true\n[experimental]\nhostAddressLoopback=false\n",
            b"[wsl2]\n[experimental]\nhostAddressLoopback=false\n",
        ),
        (
            b"[wsl2]\nfirewall=true\n[experimental]\nfirewall=false\n",
            b"[wsl2]\nfirewall=true\n[experimental]\n",
        ),
    ],
)
def test_lines_with_a_certain_meaning_come_to_count(text, expected):
    host = windows(text)
    proposal = asked(load("wslconfig-cleanup"), host)
    assert proposal.effects == SHUTDOWN
    assert result(host, proposal) == expected
    assert asked(load("wslconfig-cleanup"), again(host)).outcome == NOTHING


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[wsl2]\nmemory=80%\n", "line 2: WSL cannot use 80% for [wsl2] memory"),
        ("[wsl2]\nmemroy=8GB\n", "line 2: [wsl2] memroy is unknown to WSL"),
        ("[wsl2]\n; memory\n", "line 2 is no setting"),
        ("[boot]\nsystemd=true\n", "line 2: [boot] systemd belongs to /etc/wsl.conf"),
        ("[wsl2]\nmemory=4GB\nmemory=8GB\n", "line 3 repeats [wsl2] memory: WSL takes line 2"),
        ("[wsl2]\nmemory=4gb\nmemory=8GB\n", "line 2: WSL cannot use 4gb"),
        ("[wsl2]\nswap=512\nsparseVhd=true\n", "sparse disks may be damaged"),
        ("[wsl2]\nautoMemoryReclaim=often\n", "with a value that WSL cannot read: often"),
        ("[wsl2]\nnetworkingMode=host\n", "line 2: WSL cannot use host"),
    ],
)
def test_what_is_not_certain_is_left_and_told(text, says):
    proposal = asked(load("wslconfig-cleanup"), windows(text))
    assert proposal.outcome == BY_HAND
    assert any(says in step for step in proposal.steps), proposal.steps


def test_what_is_left_is_told_beside_what_is_done():
    proposal = asked(load("wslconfig-cleanup"), windows("[wsl2]\nmemory=8gb\n; x\nmemroy=1\n"))
    assert settings_of(proposal) == {("wsl2", "memory"): "8GB"}
    left = [note for note in proposal.notes if note.startswith("Left alone")]
    assert len(left) == 2


def test_a_setting_that_would_stop_dockerd_is_not_made_to_count():
    text = "[wsl2]\nautoMemoryReclaim=gradual\n"
    assert asked(load("wslconfig-cleanup"), inside_wsl(text)).outcome == CHANGES
    proposal = asked(load("wslconfig-cleanup"), inside_wsl(text, dockerd=True))
    assert proposal.outcome == BY_HAND
    assert "10497" in proposal.steps[0]


def test_a_blanked_value_is_never_written_back():
    text = "[experimental]\nkernelCommandLine=token=abcdef0123456789\n"
    proposal = asked(load("wslconfig-cleanup"), windows(text))
    assert proposal.outcome in {NOTHING, BY_HAND}


@pytest.mark.parametrize(
    "path", sorted((DATA / "wslconfig").glob("*.wslconfig")), ids=lambda p: p.name
)
def test_real_files(path):
    """What the cleanup leaves is told; what it changes counts; nothing that counted is lost."""
    data = path.read_bytes()
    host = windows(data)
    before = parse_wsl(data, WSLCONFIG)
    proposal = asked(load("wslconfig-cleanup"), host)
    ignored = [
        entry
        for entry in before.entries
        for key in [KEYS[WSLCONFIG].get(name_of(entry))]
        if key is None
        or not is_valid(key, entry.value)
        or meant(key, entry.value)
        or deciding(before, key) is not entry
    ]
    if not ignored and not before.problems:
        assert proposal.outcome == NOTHING
        return
    if proposal.outcome == BY_HAND:
        assert len(proposal.steps) == len(ignored) + len(before.problems)
        return
    settings = settings_of(proposal)
    after = parse_wsl(result(host, proposal), WSLCONFIG)
    for (section, key), value in settings.items():
        assert effective(after).get(f"{section}.{key}".lower()) == value
    touched = {f"{section}.{key}".lower() for section, key in settings}
    for name, value in effective(before).items():
        if name not in touched:
            assert effective(after)[name] == value
    rest = asked(load("wslconfig-cleanup"), again(host))
    assert rest.outcome in {NOTHING, BY_HAND}
    limits = asked(load("wsl-memory"), again(host))
    if limits.outcome == CHANGES:
        result(host, limits)
        assert asked(load("wsl-memory"), again(host)).outcome == NOTHING


def test_the_real_files_hold_lines_that_wsl_ignores():
    outcomes = [
        asked(load("wslconfig-cleanup"), windows(path.read_bytes())).outcome
        for path in (DATA / "wslconfig").glob("*.wslconfig")
    ]
    assert outcomes.count(CHANGES) >= 5
    assert outcomes.count(NOTHING) >= 40


# -- which file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fix", IN_WSLCONFIG)
def test_a_profile_that_is_named(fix):
    host = inside_wsl("[wsl2]\nmemory=1\n", wsl=BEFORE_SPARSE_WAS_STOPPED,
                      files={"/mnt/d/profiles/bob/x": ""})  # fmt: skip
    for named in ("/mnt/d/profiles/bob", "/mnt/d/profiles/bob/", r"D:\profiles\bob"):
        proposal = asked(load(fix), host, profile=named)
        for change in proposal.changes:
            assert isinstance(change, EditFile)
            assert change.path == "/mnt/d/profiles/bob/.wslconfig"
    for wrong in ("/mnt/d/nobody", "bob", "-x", r"E:\bob"):
        with pytest.raises((ValueError, Absent)):
            asked(load(fix), host, profile=wrong)


@pytest.mark.parametrize("fix", IN_WSLCONFIG)
def test_an_unknown_profile_is_never_guessed(fix):
    """Two people on this computer, and nothing tells whose WSL this is."""
    host = inside_wsl(
        interop=False, sudo=True, files={"/mnt/c/Users/bob/x": ""}, env={"PATH": "/usr/bin"}
    )
    with pytest.raises(Absent, match="--set profile="):
        asked(load(fix), host)


@pytest.mark.parametrize("fix", IN_WSLCONFIG)
@pytest.mark.parametrize("where", HOSTS)
def test_a_file_that_cannot_be_read(fix, where):
    path = rf"{PROFILE}\.wslconfig" if where == "windows" else f"{SEEN}/.wslconfig"
    with pytest.raises(Denied):
        asked(load(fix), HOSTS[where](failures={("read", path): DENIED}))
    utf16_without_mark = "[wsl2]\nmemory=8GB\n".encode("utf-16-le")
    with pytest.raises(Garbled, match="UTF-8"):
        asked(load(fix), HOSTS[where](utf16_without_mark))


@pytest.mark.parametrize("fix", IDS)
def test_hosts_without_wsl(fix):
    for host in (mac(), mac(machine="x86_64", release="21.6.0"), linux_desktop()):
        with pytest.raises(Unreadable) as told:
            asked(load(fix), host)
        assert told.value.kind == "inapplicable"


@pytest.mark.parametrize("fix", IDS)
def test_a_container_on_wsls_kernel_is_no_distribution(fix):
    host = inside_wsl(files={"/run/systemd/container": None, "/.dockerenv": ""})
    with pytest.raises(Unreadable) as told:
        asked(load(fix), host)
    assert told.value.kind == "inapplicable"


# -- wsl.conf ------------------------------------------------------------------------------------

TERMINATE = (Effect(WSL_TERMINATE, "Ubuntu-24.04", "wsl --terminate Ubuntu-24.04"),)


@pytest.mark.parametrize("sudo", [False, True])
def test_systemd(sudo):
    host = inside_wsl(sudo=sudo)
    proposal = asked(load("wsl-systemd"), host)
    assert settings_of(proposal) == {("boot", "systemd"): "true"}
    (change,) = proposal.changes
    assert (change.path, change.format) == ("/etc/wsl.conf", WSL_CONF)
    assert proposal.effects == TERMINATE
    assert result(host, proposal) == b"[boot]\nsystemd=true\n"
    assert asked(load("wsl-systemd"), again(host)).outcome == NOTHING


def test_the_name_of_the_distribution_cannot_be_told():
    host = inside_wsl(sudo=True, runs={("wslpath", "-w", "/"): (0, "\\\\wsl$\\my distro\\\n", "")})
    assert asked(load("wsl-systemd"), host).effects == SHUTDOWN


@pytest.mark.parametrize(
    ("changes", "outcome", "says"),
    [
        ({"wsl_conf": "[boot]\nsystemd=TRUE\n"}, NOTHING, "next start"),
        ({"wsl_conf": "[boot]\nsystemd=true\n", "dockerd": True}, NOTHING, "already"),
        ({"links": {"/sbin/init": "/bin/busybox"}, "files": {"/bin/busybox": ""}}, BY_HAND, "init"),
        ({"links": {"/sbin/init": None}}, BY_HAND, "/sbin/init"),
        ({"wsl": "0.60.0.0"}, BY_HAND, "0.67.6"),
    ],
)
def test_systemd_is_there_or_cannot_be(changes, outcome, says):
    proposal = asked(load("wsl-systemd"), inside_wsl(**changes))
    assert proposal.outcome == outcome
    assert says in proposal.reason


def test_a_docker_that_the_boot_command_starts():
    host = inside_wsl(wsl_conf='[boot]\ncommand = "service docker start"\n')
    proposal = asked(load("wsl-systemd"), host)
    assert "two daemons" in proposal.notes[0]


def test_wsl_1_has_no_systemd():
    old = inside_wsl(gauges={"system": {**linux_system(), "release": "4.4.0-19041-Microsoft"}})
    with pytest.raises(Unreadable, match="set-version"):
        asked(load("wsl-systemd"), old)
    assert asked(load("wsl-automount"), old).outcome == CHANGES


def linux_system() -> dict[str, Any]:
    return dict(inside_wsl().gauge("system"))


def test_what_wsl_would_not_read_is_not_written():
    """The parser of wsl.conf stops at its first invalid line."""
    from fixes.editing import Unedited

    host = inside_wsl(wsl_conf="; comment\n[boot]\nsystemd=true\n")
    proposal = asked(load("wsl-systemd"), host)
    assert proposal.outcome == CHANGES  # it does not count as it is
    with pytest.raises(Unedited, match="line 1"):
        result(host, proposal)


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("", {}, {"options": "metadata"}),
        ('[automount]\noptions = "metadata,umask=22"\n', {}, None),
        (
            "[automount]\noptions = umask=22,fmask=11\n",
            {},
            {"options": "metadata,umask=22,fmask=11"},
        ),
        (
            "[automount]\nenabled=false\n",
            {},
            {"enabled": "true", "options": "metadata"},
        ),
        (
            "[automount]\noptions=metadata\n",
            {"options": "metadata,umask=077,case=off"},
            {"options": "metadata,umask=077,case=off"},
        ),
    ],
)
def test_automount(text, given, expected):
    host = inside_wsl(wsl_conf=text or None)
    proposal = asked(load("wsl-automount"), host, **given)
    if expected is None:
        assert proposal.outcome == NOTHING
        return
    assert settings_of(proposal) == {("automount", k): v for k, v in expected.items()}
    assert proposal.effects == TERMINATE
    result(host, proposal)
    assert asked(load("wsl-automount"), again(host)).outcome == NOTHING


@pytest.mark.parametrize("options", ["exec", "metadata,,umask=22", "umask=9", "uid=x", "", "a b"])
def test_options_that_drvfs_does_not_know(options):
    with pytest.raises(ValueError, match="no option of a Windows drive"):
        asked(load("wsl-automount"), inside_wsl(), options=options)


@pytest.mark.parametrize("fix", IN_WSL_CONF)
def test_from_windows_a_distribution_is_entered_first(fix):
    proposal = asked(load(fix), windows())
    assert proposal.outcome == BY_HAND
    assert proposal.steps == ("wsl -d NAME", f"sudo hullcheck fix {fix} --apply")


@pytest.mark.parametrize("fix", IN_WSL_CONF)
def test_a_wsl_conf_that_cannot_be_read(fix):
    with pytest.raises(Denied):
        asked(load(fix), inside_wsl(failures={("read", "/etc/wsl.conf"): DENIED}))


@pytest.mark.parametrize(
    "path", sorted((DATA / "wslconf").glob("*.wsl.conf")), ids=lambda p: p.name
)
@pytest.mark.parametrize("fix", IN_WSL_CONF)
def test_real_wsl_conf(fix, path):
    from fixes.editing import Unedited

    host = inside_wsl(wsl_conf=path.read_bytes())
    proposal = asked(load(fix), host)
    if proposal.outcome != CHANGES:
        assert proposal.outcome == NOTHING
        return
    try:
        result(host, proposal)
    except Unedited:
        assert parse_wsl(path.read_bytes(), WSL_CONF).problems
    else:
        assert asked(load(fix), again(host)).outcome == NOTHING


# -- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", IDS)
def test_every_fix_is_explained(id_):
    fix = load(id_)
    headings = [line[3:] for line in fix.explanation.splitlines() if line.startswith("## ")]
    assert tuple(headings) == SECTIONS
    assert fix.title.split()[0][0].isupper()


@pytest.mark.parametrize("where", HOSTS)
@pytest.mark.parametrize("id_", IN_WSLCONFIG)
def test_what_was_mended_is_not_mended_again(id_, where):
    text = "[wsl2]\nmemory=8 GB\nautoMemoryReclaim=dropCache\nsparseVhd=true\n"
    host = HOSTS[where](text, wsl=BEFORE_SPARSE_WAS_STOPPED)
    proposal = asked(load(id_), host)
    assert proposal.outcome == CHANGES
    result(host, proposal)
    rest = asked(load(id_), again(host))
    assert rest.outcome in {NOTHING, BY_HAND}


def test_running_distributions_that_cannot_be_told():
    host = windows(runs={("wsl.exe", "--list", "--running", "--quiet"): None})
    assert "every distribution," in asked(load("wsl-memory"), host).notes[-1]


# -- the table of WSL's settings -----------------------------------------------------------------


def test_every_name_of_the_table_is_one_that_wsl_can_read():
    for dialect, keys in KEYS.items():
        for name, key in keys.items():
            (entry,) = parse_wsl(f"[{'] '.join(name.split('.')[:1])}]\n{name.split('.')[1]}=x".encode(), dialect).entries  # fmt: skip
            assert name_of(entry) == name
            assert name in {spelled.lower() for spelled in key.names}
    assert not WITHDRAWN & set(KEYS[WSLCONFIG])


def test_where_a_misplaced_setting_belongs():
    assert elsewhere("experimental.memory", WSLCONFIG).names == ("wsl2.memory",)
    assert elsewhere("network.networkingMode", WSLCONFIG).names[0] == "wsl2.networkingMode"
    assert elsewhere("wsl2.nonsense", WSLCONFIG) is None


def test_a_translated_version_is_read_by_position():
    from probes.desktop_host import Versions, wsl_versions

    labels = ["WSL バージョン", "カーネル バージョン", "WSLg バージョン", "MSRDC バージョン",
              "Direct3D バージョン", "DXCore バージョン", "Windows バージョン"]  # fmt: skip
    lines = VERSION.format(wsl="2.6.1.0", build="26100.6899").splitlines()
    text = "\n".join(
        f"{label}: {line.partition(': ')[2]}" for label, line in zip(labels, lines, strict=True)
    )
    host = windows(runs={("wsl.exe", "--version"): (0, utf16(text + "\n"), "")})
    assert wsl_versions(host) == Versions((2, 6, 1, 0), (10, 0, 26100, 6899))
