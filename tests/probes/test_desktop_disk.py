from __future__ import annotations

from typing import Any

import pytest

from probes import desktop_disk
from probes.desktop_disk import LXSS, answering, look
from probes.host import Denied, Garbled, Unrecorded
from probes.model import Missing, judge
from tests.fake_host import fake_host
from tests.fixes.remedies.desktop_hosts import (
    RAW,
    gauges,
    inside_wsl,
    linux_desktop,
    mac,
    system,
    windows,
)
from tests.probes.linux_host import data, loud, said, verdicts
from tests.records import replace

TOPIC = desktop_disk.TOPIC
GIB = 1 << 30
TIB = 1 << 40
USAGE = "/system/df?verbose=1"

LOCAL = r"C:\Users\ann\AppData\Local"
DATA = rf"{LOCAL}\Docker\wsl\disk\docker_data.vhdx"
OLD_DATA = rf"{LOCAL}\Docker\wsl\data\ext4.vhdx"
HYPER_V = r"C:\ProgramData\DockerDesktop\vm-data\DockerDesktop.vhdx"
SEEN = "/mnt/c/Users/ann/AppData/Local/Docker/wsl/disk/docker_data.vhdx"
APP = r"C:\Program Files\Docker\Docker\Docker Desktop.exe"
UBUNTU = r"C:\Users\ann\AppData\Local\wsl\{01}\ext4.vhdx"
SEEN_UBUNTU = "/mnt/c/Users/ann/AppData/Local/wsl/{01}/ext4.vhdx"

VERSION = {
    **data("network/version-28.json"),
    "Platform": {"Name": "Docker Desktop 4.49.0 (208700)"},
}
INFO = {
    **data("network/info-28.json"),
    "OperatingSystem": "Docker Desktop",
    "Name": "docker-desktop",
}
ROOMY = (500 * GIB, 300 * GIB, 300 * GIB, 0, 0)
FULL = (250 * GIB, 12 * GIB, 12 * GIB, 0, 0)
BURSTING = (250 * GIB, 1 * GIB, 1 * GIB, 0, 0)


def usage(gib: float) -> dict[str, Any]:
    """An engine that keeps that much, nearly all of it in images."""
    return {
        "LayersSize": int(gib * GIB) - 3, "Images": [],
        "Containers": [{"Id": "a", "SizeRw": 1, "State": "running", "Names": ["/a"]}],
        "Volumes": [{"Name": "db", "UsageData": {"Size": 1, "RefCount": 1}}],
        "BuildCache": [{"ID": "b", "Size": 1, "Shared": False, "InUse": False}],
    }  # fmt: skip


def engine(gib: float = 5, **info: Any) -> dict[str, Any]:
    return {"/version": VERSION, "/info": {**INFO, **info}, USAGE: usage(gib)}


def files(sizes: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Files by apparent size and what they take, in GiB."""
    return {
        "stats": {path: {"size": int(a * GIB)} for path, (a, _) in sizes.items()},
        "allocated": {path: int(b * GIB) for path, (_, b) in sizes.items()},
    }


def space(*paths: str, vfs: tuple[int, ...] = ROOMY) -> dict[str, Any]:
    return {path.rpartition("\\" if "\\" in path else "/")[0]: vfs for path in paths}


def on_windows(
    sizes: dict[str, tuple[float, float]], gib: float | None = 5, *, vfs: Any = ROOMY,
    settings: str | None = "{}", **more: Any,
) -> Any:  # fmt: skip
    sizes = {APP: (0, 0), **sizes}
    return windows(
        settings=settings, **files(sizes), vfs=space(*sizes, vfs=vfs),
        engine={} if gib is None else engine(gib), **more,
    )  # fmt: skip


def on_mac(
    sizes: dict[str, tuple[float, float]], gib: float | None = 5, *, vfs: Any = ROOMY, **more: Any
) -> Any:
    answers = {"engine": {} if gib is None else engine(gib), **more}
    return mac(
        **files({"/Applications/Docker.app": (0, 0), **sizes}), vfs={"/Users": vfs}, **answers
    )


def outcome(host: Any, check: str) -> str:
    return said(TOPIC, look(host), check)


# -- what it takes against what is in it ---------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "used", "expected"),
    [
        (58, 12, "fail note"),
        (21, 10, "fail note"),
        # The half of it is there, or little would come back.
        (40, 21, "pass"),
        (12, 3, "pass"),
        (9, 9, "pass"),
    ],
)
@pytest.mark.parametrize("where", ["windows", "wsl", "mac"])
def test_bloated(where, taken, used, expected):
    host = {
        "windows": lambda: on_windows({DATA: (taken, taken)}, used),
        "wsl": lambda: inside_wsl(
            **files({SEEN: (taken, taken)}), vfs={"/mnt/c": ROOMY}, engine=engine(used)
        ),
        "mac": lambda: on_mac({RAW: (460, taken)}, used),
    }[where]()
    assert outcome(host, "vm-disk-bloated") == expected


def test_how_to_compact_on_windows():
    (found,) = verdicts(TOPIC, look(on_windows({DATA: (58, 58)}, 12)), "vm-disk-bloated")
    assert "58 GiB" in found.summary
    assert "46 GiB can be given back" in found.summary
    steps = "\n".join(found.mend)
    assert f"Optimize-VHD -Path '{DATA}' -Mode Full" in steps
    assert f'select vdisk file="{DATA}"' in steps
    assert steps.index("fstrim") < steps.index("wsl --shutdown") < steps.index("Optimize-VHD")


def test_the_path_inside_wsl_is_told_as_windows_names_it():
    host = inside_wsl(**files({SEEN: (58, 58)}), vfs={"/mnt/c": ROOMY}, engine=engine(12))
    (found,) = verdicts(TOPIC, look(host), "vm-disk-bloated")
    assert found.subject == DATA
    assert any(DATA in step for step in found.mend)


def test_a_sparse_file_is_no_finding():
    facts = look(on_mac({RAW: (1000, 9)}, 7))
    (found,) = verdicts(TOPIC, facts, "vm-disk-bloated")
    assert found.outcome == "pass"
    assert "it shows as 1000 GiB, which is its limit: the file is sparse" in found.summary
    assert loud(TOPIC, replace(facts, distribution=Missing("none", "inapplicable"))) == []


def test_it_is_worse_when_the_drive_is_low():
    assert outcome(on_windows({DATA: (58, 58)}, 12, vfs=FULL), "vm-disk-bloated") == "fail warning"


def test_without_an_engine_nothing_is_said_of_what_is_in_it():
    facts = look(on_windows({DATA: (58, 58)}, None))
    (found,) = verdicts(TOPIC, facts, "vm-disk-bloated")
    assert found.outcome in {"unknown", "skip"}
    for odd in ({}, [], {"LayersSize": 5, "Volumes": "x"}):
        host = on_windows({DATA: (58, 58)}, 12)
        host.source.engine[USAGE] = odd
        assert outcome(host, "vm-disk-bloated") == "unknown"


def test_another_engine_answers():
    host = on_mac({RAW: (60, 40)}, engine={
        "/version": data("network/version-28.json"), "/info": data("network/info-28.json"),
        USAGE: usage(1),
    })  # fmt: skip
    assert answering(look(host)) is None
    assert outcome(host, "vm-disk-bloated") == "skip"


def test_what_it_takes_may_be_unknown():
    host = on_mac({RAW: (60, 40)}, failures={("allocated", RAW): Denied("macOS keeps it shut")})
    assert outcome(host, "vm-disk-bloated") == "unknown"
    host = on_mac({RAW: (60, 40)}, failures={("stat", RAW): Denied("macOS keeps it shut")})
    assert outcome(host, "vm-disk-bloated") == "unknown"


# -- Colima, OrbStack ----------------------------------------------------------------------------

COLIMA_DISK = "/Users/ann/.colima/_lima/_disks/colima/datadisk"
WORK_DISK = "/Users/ann/.colima/_lima/_disks/colima-work/datadisk"
COLIMA_FILES = {"/Users/ann/.colima/_lima/colima/lima.yaml": "",
                "/Users/ann/.colima/_lima/colima-work/lima.yaml": ""}  # fmt: skip


def colima(name: str, sizes: dict[str, tuple[float, float]], gib: float) -> Any:
    answers = {
        "/version": data("network/version-28.json"),
        "/info": {**data("network/info-28.json"), "Name": name}, USAGE: usage(gib),
    }  # fmt: skip
    return mac(None, files=COLIMA_FILES, **files(sizes), vfs={"/Users": ROOMY}, engine=answers)


def test_colima_goes_by_its_profile():
    host = colima("colima-work", {COLIMA_DISK: (100, 40), WORK_DISK: (60, 57)}, 55)
    facts = look(host)
    assert said(TOPIC, facts, "vm-disk-bloated") == "pass"
    assert said(TOPIC, facts, "vm-disk-limit-near") == "fail warning"
    host = colima("colima", {COLIMA_DISK: (100, 40), WORK_DISK: (60, 55)}, 4)
    (found,) = verdicts(TOPIC, look(host), "vm-disk-bloated")
    assert (found.outcome, found.subject) == ("fail", COLIMA_DISK)
    assert found.mend == ("colima ssh -- sudo fstrim -av",)


def test_orbstack_is_never_judged_by_its_8_terabytes():
    orb = "/Users/ann/Library/Group Containers/HUAQ24HBR6.dev.orbstack/data/data.img.raw"
    answers = {
        "/version": data("network/version-28.json"),
        "/info": {**data("network/info-28.json"), "OperatingSystem": "OrbStack", "Name": "orbstack"},
        USAGE: usage(2),
    }  # fmt: skip
    facts = look(mac(None, **files({orb: (8192, 60)}), vfs={"/Users": ROOMY}, engine=answers))
    outcomes = {c.id: f.outcome for c in TOPIC.checks for f in judge(c, facts)}
    assert outcomes == {
        "vm-disk-bloated": "skip", "vm-disk-low-host": "pass", "vm-disk-limit-near": "skip",
        "vm-disk-format-old": "skip", "vm-disk-left-over": "skip",
        "distribution-disk-bloated": "skip",
    }  # fmt: skip


# -- the drive, the limit ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vfs", "expected"), [(ROOMY, "pass"), (FULL, "fail warning"), (BURSTING, "fail error")]
)
def test_low_host(vfs, expected):
    facts = look(on_mac({RAW: (460, 40)}, vfs=vfs))
    assert said(TOPIC, facts, "vm-disk-low-host") == expected
    (found,) = verdicts(TOPIC, facts, "vm-disk-low-host")
    assert ("may grow by another 420 GiB" in found.summary) == (expected != "pass")


def test_low_host_needs_no_engine():
    assert outcome(on_mac({RAW: (460, 40)}, None, vfs=FULL), "vm-disk-low-host") == "fail warning"


def test_a_drive_is_told_once():
    host = colima("colima", {COLIMA_DISK: (100, 40), WORK_DISK: (60, 55)}, 30)
    assert len(verdicts(TOPIC, look(host), "vm-disk-low-host")) == 1


def test_a_drive_that_is_not_told():
    host = on_mac({RAW: (460, 40)}, failures={("statvfs", RAW.rpartition("/")[0]): Denied("no")})
    assert outcome(host, "vm-disk-low-host") == "unknown"


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [(64, 30, "pass"), (64, 59, "fail warning"), (64, 63.5, "fail error"), (1024, 990, "pass")],
)
def test_limit_near(limit, used, expected):
    assert outcome(on_mac({RAW: (limit, used)}, used), "vm-disk-limit-near") == expected


def test_the_limit_of_hyper_v_is_a_setting():
    settings = '{"WslEngineEnabled": false, "DiskSizeMiB": 65536}'
    host = on_windows({HYPER_V: (60, 60)}, 60, settings=settings)
    assert outcome(host, "vm-disk-limit-near") == "fail warning"
    host = on_windows({HYPER_V: (60, 60)}, 60, settings='{"WslEngineEnabled": false}')
    assert outcome(host, "vm-disk-limit-near") == "skip"


def test_a_wsl_disk_has_no_limit_but_its_drive():
    assert outcome(on_windows({DATA: (200, 200)}, 190), "vm-disk-limit-near") == "skip"


# -- formats and layouts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({DATA: (20, 20)}, "pass"),
        ({OLD_DATA: (20, 20)}, "fail note"),
        ({DATA: (20, 20), OLD_DATA: (30, 30)}, "pass"),
    ],
)
def test_old_layout_on_windows(sizes, expected):
    assert outcome(on_windows(sizes), "vm-disk-format-old") == expected


def test_qcow2_on_a_mac():
    qcow2 = RAW.replace(".raw", ".qcow2")
    assert outcome(on_mac({qcow2: (20, 20)}), "vm-disk-format-old") == "fail note"
    facts = look(on_mac({qcow2: (20, 20), RAW: (64, 20)}))
    assert said(TOPIC, facts, "vm-disk-format-old") == "pass"
    (found,) = verdicts(TOPIC, facts, "vm-disk-left-over")
    assert (found.outcome, found.subject) == ("fail", qcow2)
    assert f'mv "{qcow2}" "{qcow2}.old"' in "\n".join(found.mend)


@pytest.mark.parametrize(
    ("sizes", "settings", "left"),
    [
        ({DATA: (20, 20)}, "{}", []),
        ({DATA: (20, 20), OLD_DATA: (30, 30)}, "{}", [OLD_DATA]),
        ({DATA: (20, 20), HYPER_V: (30, 30)}, "{}", [HYPER_V]),
        ({DATA: (20, 20), HYPER_V: (30, 30)}, '{"WslEngineEnabled": false}', [DATA]),
        # A disk without any image.
        ({DATA: (20, 20), OLD_DATA: (1.2, 1.2)}, "{}", []),
        # The old layout is what is in use.
        ({OLD_DATA: (30, 30)}, "{}", []),
        (
            {r"D:\vm\DockerDesktopWSL\disk\docker_data.vhdx": (20, 20), DATA: (30, 30)},
            r'{"CustomWslDistroDir": "D:\\vm"}', [DATA],
        ),
    ],
)  # fmt: skip
def test_left_over_on_windows(sizes, settings, left):
    found = verdicts(TOPIC, look(on_windows(sizes, settings=settings)), "vm-disk-left-over")
    assert [f.subject for f in found if f.outcome == "fail"] == left
    assert {f.outcome for f in found} <= {"pass", "fail"}


def test_the_disk_of_an_engine_that_runs_is_not_left_over():
    # What the engine says goes before a settings file that says nothing.
    facts = look(on_windows({DATA: (20, 20)}, 5, settings=None))
    assert said(TOPIC, facts, "vm-disk-left-over") == "pass"


def test_left_over_after_docker_desktop_has_gone():
    sizes = {DATA: (20, 20)}
    host = windows(**files(sizes), vfs=space(*sizes))
    (found,) = verdicts(TOPIC, look(host), "vm-disk-left-over")
    assert found.outcome == "fail"
    assert "neither running nor where it is installed" in found.summary
    key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Docker Desktop"
    host = windows(**files(sizes), vfs=space(*sizes), registry={key: {"DisplayVersion": "4.49.0"}})
    assert outcome(host, "vm-disk-left-over") == "pass"
    for running, expected in ((False, "fail note"), (True, "pass")):
        host = mac(None, **files({RAW: (64, 30)}), vfs={"/Users": ROOMY}, running=running)
        assert outcome(host, "vm-disk-left-over") == expected


def test_the_registry_may_not_tell():
    key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Docker Desktop"
    host = windows(
        **files({DATA: (20, 20)}), vfs=space(DATA), failures={("registry", key): Garbled("odd")}
    )
    assert outcome(host, "vm-disk-left-over") == "pass"


# -- the distribution that this is ---------------------------------------------------------------

REGISTRY = {
    ("reg.exe", "query", LXSS): (0, f"""
{LXSS.replace("HKCU", "HKEY_CURRENT_USER")}
    DefaultDistribution    REG_SZ    {{01}}

{LXSS.replace("HKCU", "HKEY_CURRENT_USER")}\\{{01}}
""", ""),
    ("reg.exe", "query", LXSS + r"\{01}"): (0, f"""
{LXSS.replace("HKCU", "HKEY_CURRENT_USER")}\\{{01}}
    DistributionName    REG_SZ    Ubuntu-24.04
    BasePath    REG_SZ    \\\\?\\C:\\Users\\ann\\AppData\\Local\\wsl\\{{01}}
    Flags    REG_DWORD    0xf
""", ""),
}  # fmt: skip


def distribution(taken: float, used: float, **more: Any) -> Any:
    root = (1000 * GIB, int((1000 - used) * GIB), 1, 0, 0)
    return inside_wsl(
        **files({SEEN_UBUNTU: (taken, taken)}), vfs={"/": root, "/mnt/c": ROOMY},
        **{"runs": REGISTRY, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "used", "expected"), [(80, 20, "fail note"), (30, 20, "pass"), (8, 1, "pass")]
)
def test_distribution(taken, used, expected):
    facts = look(distribution(taken, used))
    assert said(TOPIC, facts, "distribution-disk-bloated") == expected
    (found,) = verdicts(TOPIC, facts, "distribution-disk-bloated")
    assert found.subject == "Ubuntu-24.04"
    assert UBUNTU in found.summary


def test_distribution_without_interop():
    failures = {("run", *argv): Garbled("reg.exe: Exec format error") for argv in REGISTRY}
    host = distribution(80, 20, failures=failures)
    assert outcome(host, "distribution-disk-bloated") == "unknown"


def test_distribution_only_inside_one():
    assert outcome(on_windows({DATA: (20, 20)}), "distribution-disk-bloated") == "skip"


# -- elsewhere -----------------------------------------------------------------------------------


def test_docker_desktop_for_linux():
    raw = "/home/ann/.docker/desktop/vms/0/data/Docker.raw"
    host = linux_desktop(
        **files({raw: (64, 30), "/opt/docker-desktop": (0, 0)}), vfs={"/home": ROOMY},
        engine=engine(8),
    )  # fmt: skip
    facts = look(host)
    assert said(TOPIC, facts, "vm-disk-bloated") == "fail note"
    assert said(TOPIC, facts, "vm-disk-left-over") == "pass"


def test_data_folder_of_the_settings():
    raw = "/Volumes/Fast/docker/Docker.raw"
    host = mac(
        '{"DataFolder": "/Volumes/Fast/docker"}', **files({raw: (64, 30)}),
        vfs={"/Volumes/Fast": ROOMY}, engine=engine(8),
    )  # fmt: skip
    (found,) = verdicts(TOPIC, look(host), "vm-disk-bloated")
    assert (found.outcome, found.subject) == ("fail", raw)


def test_a_linux_server_skips_and_is_asked_little():
    host = fake_host(
        gauges=gauges(system("linux", "6.8.0-60-generic"), home="/root", memory=GIB, cpus=1)
    )
    facts = look(host)
    assert {f.outcome for c in TOPIC.checks for f in judge(c, facts)} == {"skip"}
    asked = {
        q for q in host.source.asked if q[0] in {"allocated", "statvfs", "registry", "service"}
    }  # type: ignore[attr-defined]
    assert not asked


def test_nothing_was_recorded():
    class Nothing:
        def answer(self, question: Any, timeout: float) -> Any:
            raise Unrecorded("it was not recorded")

    from probes.host import Host

    facts = look(Host(Nothing()))
    outcomes = {f.outcome for c in TOPIC.checks for f in judge(c, facts)}
    assert outcomes <= {"unknown", "skip"}


@pytest.mark.parametrize("odd", [True, "64", -5, None, 1.5])
def test_odd_settings(odd):
    settings = f'{{"WslEngineEnabled": false, "DiskSizeMiB": {str(odd).lower() if odd is not None else "null"}, "DataFolder": 5, "CustomWslDistroDir": []}}'.replace("64,", '"64",')  # fmt: skip
    host = on_windows({HYPER_V: (60, 60)}, 60, settings=settings)
    assert outcome(host, "vm-disk-limit-near") == "skip"


def test_every_check_is_explained():
    for check in TOPIC.checks:
        assert check.explanation.count("\n## ") == 5
