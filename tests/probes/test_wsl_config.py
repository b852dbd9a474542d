"""WSL's own files on a host: found on Windows and from inside WSL, judged, or unknown."""

from __future__ import annotations

from typing import Any

import pytest

from fixes import by_check
from fixes.remedies.wsl import FAMILY
from probes.host import Absent, Garbled
from probes.model import judge
from probes.wsl_config import POLICIES, TOPIC, look
from tests.fixes.remedies.desktop_hosts import (
    DENIED,
    PROFILE,
    SEEN,
    asked,
    inside_wsl,
    linux_desktop,
    mac,
    windows,
)
from tests.probes.linux_host import linux_host

FILE = f"{SEEN}/.wslconfig"
UPTIME = {"/proc/uptime": "3600.00 1.00\n"}
NOW = 1_800_000_000.0
GOOD = "[wsl2]\nmemory=8GB\nprocessors=6\nswap=2GB\n[experimental]\nautoMemoryReclaim=dropCache\n"
GOOD_CONF = '[boot]\nsystemd=true\n[automount]\noptions="metadata"\n'


def findings(host: Any) -> list[Any]:
    facts = look(host)
    return [finding for check in TOPIC.checks for finding in judge(check, facts)]


def loud(host: Any) -> list[str]:
    return [
        f"{f.outcome} {f.severity} {f.id}"
        for f in findings(host)
        if f.outcome not in {"pass", "skip"}
    ]


def outcome(host: Any, check: str) -> str:
    return ",".join(f.outcome for f in findings(host) if f.id == check)


def inside(wslconfig: Any = None, **changes: Any) -> Any:
    changes["files"] = {**UPTIME, **changes.get("files", {})}
    return inside_wsl(wslconfig, **changes)


@pytest.mark.parametrize(
    "host",
    [
        windows(GOOD.replace("\n", "\r\n")),
        windows(None),
        inside(GOOD, wsl_conf=GOOD_CONF),
        inside(None),
        inside(GOOD, wsl="2.0.0.0"),
    ],
)
def test_a_host_in_a_good_state_has_no_findings(host):
    assert loud(host) == []


@pytest.mark.parametrize("host", [linux_host(), mac(), linux_desktop()])
def test_without_wsl_nothing_is_read_and_all_is_skipped(host):
    assert {f.outcome for f in findings(host)} == {"skip"}
    assert all(q[0] in {"gauge", "env"} for q in host.source.asked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[wsl2]\nmemory=8\n", "fail warning wslconfig-size-too-small"),
        ("[wsl2]\nmemory=64GB\n", "fail warning wslconfig-larger-than-host"),
        ("[wsl2]\nprocessors=16\n", "fail warning wslconfig-larger-than-host"),
        ("[wsl2]\nsparseVhd=true\n", "fail warning wslconfig-wrong-section"),
        ("[experimental]\nsparseVhd=true\n", "fail warning wslconfig-ignored-here"),
        ("; x\n", "fail note wslconfig-invalid-line"),
    ],
)
@pytest.mark.parametrize("host", [windows, inside])
def test_wslconfig_is_judged_for_the_computer_and_the_version(host, text, expected):
    assert loud(host(text)) == [expected]


def test_the_finding_names_the_file_and_the_place():
    (finding,) = [f for f in findings(windows("[wsl2]\nmemory=8\n")) if f.outcome == "fail"]
    assert finding.subject == rf"{PROFILE}\.wslconfig"
    assert (finding.line, finding.column) == (2, 8)
    assert finding.mend == (rf"{PROFILE}\.wslconfig, line 2, column 8: write 8GB",)


def test_what_the_computer_has_is_not_asked_without_need():
    host = inside("[wsl2]\nguiApplications=false\n")
    assert loud(host) == []
    assert not [q for q in host.source.asked if "powershell.exe" in " ".join(q)]


def test_hardware_that_is_not_told_is_not_judged():
    host = inside("[wsl2]\nmemory=64GB\n", interop=False)
    assert loud(host) == []


def test_a_kernel_that_is_not_there():
    text = "[wsl2]\nkernel=C:\\\\k\\\\bzImage\n"
    there = {"/mnt/c/k/bzImage": ""}
    assert loud(inside(text)) == ["fail error wslconfig-path-missing"]
    assert loud(inside(text, files=there)) == []
    # Its drive is not mounted here: who can tell?
    assert loud(inside(text.replace("C:", "Z:"))) == []
    assert loud(windows(text, files={"C:\\": ""})) == ["fail error wslconfig-path-missing"]
    assert loud(windows(text, files={"C:\\": "", "C:\\k\\bzImage": ""})) == []


def test_a_policy_that_forbids_a_setting():
    key = POLICIES.replace("HKLM", "HKEY_LOCAL_MACHINE")
    answer = f"\r\n{key}\r\n    AllowNestedVirtualization    REG_DWORD    0x0\r\n\r\n"
    runs = {("reg.exe", "query", POLICIES): (0, answer, "")}
    text = "[wsl2]\nnestedVirtualization=true\n"
    assert loud(inside(text, runs=runs)) == ["fail warning wslconfig-overridden-by-policy"]
    assert loud(inside(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[boot]\n; x\nsystemd=true\n", "fail error wsl-conf-invalid-line"),
        ("\ufeff[boot]\nsystemd=true\n", "fail error wsl-conf-byte-order-mark"),
        ("[boot]\nsystemd=yes\n", "fail warning wsl-conf-value-misspelt"),
        ("[wsl2]\nmemory=8GB\n", "fail warning wsl-conf-key-of-wslconfig"),
    ],
)
def test_wsl_conf_is_judged(text, expected):
    assert loud(inside(wsl_conf=text)) == [expected]


def test_wsl_conf_is_of_no_windows():
    host = windows(GOOD)
    assert outcome(host, "wsl-conf-unreadable") == "skip"
    assert outcome(host, "wsl-conf-invalid-line") == "skip"


READ = ("read", FILE)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Garbled(f"{FILE} is a directory, not a file"), "fail"),
        (DENIED, "unknown"),
        (Absent("it does not exist"), "skip"),
    ],
)
def test_unreadable(failure, expected):
    host = inside(GOOD, failures={READ: failure})
    assert outcome(host, "wslconfig-unreadable") == expected
    assert outcome(host, "wslconfig-invalid-line") == "skip"
    host = inside(GOOD, wsl_conf=GOOD_CONF, failures={("read", "/etc/wsl.conf"): failure})
    assert outcome(host, "wsl-conf-unreadable") == expected


def test_whose_file_it_is_may_not_be_told():
    host = inside(
        GOOD, interop=False, env={"PATH": None}, files={"/mnt/c/Users/bob/NTUSER.DAT": ""}
    )
    found = {f.id: f for f in findings(host)}
    assert found["wslconfig-unreadable"].outcome == "unknown"
    assert found["wslconfig-unreadable"].look
    assert found["wslconfig-invalid-line"].outcome == "skip"
    assert found["wslconfig-wrong-name"].outcome == "unknown"


@pytest.mark.parametrize(
    ("name", "wslconfig", "expected"),
    [
        (".wslconfig.txt", None, "fail"),
        ("_wslconfig", None, "fail"),
        ("WSL.config", None, "fail"),
        ("wsl.conf", None, "fail"),
        (".wslconfig.txt", GOOD, "pass"),
        (".bashrc", None, "pass"),
    ],
)
def test_wrong_name(name, wslconfig, expected):
    host = inside(wslconfig, files={f"{SEEN}/{name}": "[wsl2]\nmemory=8GB\n"})
    assert outcome(host, "wslconfig-wrong-name") == expected


def test_a_wrong_name_on_windows():
    host = windows(failures={("list", PROFILE): DENIED})
    assert outcome(host, "wslconfig-wrong-name") == "unknown"


@pytest.mark.parametrize(
    ("written", "expected"),
    [(NOW - 7200, "pass"), (NOW - 3600 + 30, "pass"), (NOW - 60, "fail")],
)
def test_not_in_effect_inside(written, expected):
    host = inside(GOOD, stats={FILE: {"mtime": written}})
    assert outcome(host, "wslconfig-not-in-effect") == expected


@pytest.mark.parametrize(
    ("processes", "expected"),
    [
        ([], "pass"),
        ([["vmmemWSL", NOW - 3600]], "fail"),
        ([["vmmem", NOW - 60]], "pass"),
        ([["dockerd", NOW - 3600]], "pass"),
    ],
)
def test_not_in_effect_on_windows(processes, expected):
    rows = [[4, 0, 0, name, [], started] for name, started in processes]
    host = windows(
        GOOD,
        stats={rf"{PROFILE}\.wslconfig": {"mtime": NOW - 600}},
        gauges={"processes": rows},
    )
    assert outcome(host, "wslconfig-not-in-effect") == expected


def test_not_in_effect_cannot_be_told():
    assert outcome(inside_wsl(GOOD), "wslconfig-not-in-effect") == "unknown"
    assert outcome(inside(None), "wslconfig-not-in-effect") == "skip"
    wsl1 = {"platform": "linux", "machine": "x86_64", "release": "4.4.0-19041-Microsoft",
            "kernel_version": "", "hostname": "x"}  # fmt: skip
    host = inside(GOOD, gauges={"system": wsl1})
    assert outcome(host, "wslconfig-not-in-effect") == "skip"


# -- the fix ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[wsl2]\nautoMemoryReclaim=dropCache\n",
        "[wsl2]\npageReporting=true\n",
        "[wsl2]\nmemory=8 GB\n",
        "[wsl2]\nmemory=8\n",
        "[wsl2]\nmemory=8192\n",
        "[wsl2]\nguiApplications=enabled\n",
        "[wsl2]\nswap='2gb'\n",
    ],
)
def test_the_cleanup_mends_what_it_is_said_to(text):
    from tests.fixes.remedies.desktop_hosts import again, result

    fix = next(f for f in FAMILY.fixes if f.id == "wslconfig-cleanup")
    host = windows(text)
    (before,) = loud(host)
    assert "wslconfig-cleanup" in by_check()[before.split()[2]]
    result(host, asked(fix, host))
    assert loud(again(host)) == []


def test_every_hand_written_check_is_seen():
    own = {c.id for c in TOPIC.checks if "lint" not in c.tags}
    assert own == {
        "wslconfig-unreadable",
        "wsl-conf-unreadable",
        "wslconfig-wrong-name",
        "wslconfig-not-in-effect",
    }
