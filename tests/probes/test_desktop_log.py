from __future__ import annotations

from typing import Any

import pytest

from probes import desktop_log
from probes.desktop_log import DesktopLog, Source, look
from probes.formats.desktop_log_patterns import DESKTOP_PATTERNS
from probes.formats.timestamps import format_time
from probes.host import Denied, Host
from probes.model import Missing, judge
from tests.fake_host import DIRECTORY, FakeSource, fake_host
from tests.fixes.remedies.desktop_hosts import GIB, gauges, inside_wsl, mac, system, windows
from tests.probes.linux_host import data, said, verdicts

TOPIC = desktop_log.TOPIC
NOW = 1_800_000_000.0
HOUR = 3600.0


class WindowsSource(FakeSource):
    """Lists folders by backslashes, as Windows does."""

    def _children(self, path: str) -> list[str]:
        prefix = path.rstrip("\\") + "\\"
        known = [*self.files, *self.stats]
        return sorted({p[len(prefix) :].split("\\")[0] for p in known if p.startswith(prefix)})


def stamp(hours_ago: float) -> str:
    return format_time(NOW - hours_ago * HOUR).replace(" UTC", "Z").replace(" ", "T")


CRASH = (
    "[com.docker.backend.exe][E] Wsl/Service/RegisterDistro/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED"
)
LOCAL = r"C:\Users\ann\AppData\Local"
BACKEND = rf"{LOCAL}\Docker\log\host\com.docker.backend.exe.log"
SEEN_BACKEND = "/mnt/c/Users/ann/AppData/Local/Docker/log/host/com.docker.backend.exe.log"
MAC_LOG = "/Users/ann/Library/Containers/com.docker.docker/Data/log"
VERSION = {
    **data("network/version-28.json"),
    "Platform": {"Name": "Docker Desktop 4.49.0 (208700)"},
}
INFO = {**data("network/info-28.json"), "OperatingSystem": "Docker Desktop"}
ANSWERS = {"/version": VERSION, "/info": INFO}


def on_windows(files: dict[str, str], mtimes: dict[str, float] | None = None, **more: Any) -> Host:
    base: Any = windows(**more).source
    source = WindowsSource(
        files={**base.files, **files},
        stats={**base.stats, **{p: {"mtime": t} for p, t in (mtimes or {}).items()}},
        gauges=base.gauges, env=base.env, runs=base.runs, engine=base.engine,
    )  # fmt: skip
    return Host(source)


def fresh(*paths: str) -> dict[str, dict[str, float]]:
    return {path: {"mtime": NOW - 60} for path in paths}


def outcome(host: Host, check: str) -> str:
    return said(TOPIC, look(host), check)


def test_a_failure_in_the_log_on_windows():
    host = on_windows(
        {BACKEND: f"[{stamp(2)}]{CRASH}\n[{stamp(1)}]{CRASH}\nhello\n"}, {BACKEND: NOW - HOUR}
    )
    facts = look(host)
    assert said(TOPIC, facts, "desktop-log-virtualization-off") == "fail error"
    (found,) = verdicts(TOPIC, facts, "desktop-log-virtualization-off")
    assert "2 lines in the logs of the last 24 h" in found.summary
    assert format_time(NOW - HOUR) in found.summary
    (seen,) = found.evidence
    assert seen.source == BACKEND
    assert "HCS_E_HYPERV_NOT_INSTALLED" in seen.value
    assert said(TOPIC, facts, "desktop-log-unreadable") == "pass"
    loud = [c.id for c in TOPIC.checks for f in judge(c, facts) if f.outcome == "fail"]
    assert loud == ["desktop-log-virtualization-off"]


def test_the_same_from_inside_wsl():
    host = inside_wsl(files={SEEN_BACKEND: f"[{stamp(1)}]{CRASH}\n"}, stats=fresh(SEEN_BACKEND))
    assert outcome(host, "desktop-log-virtualization-off") == "fail error"


def test_localappdata_of_the_session_counts():
    path = r"D:\Local\Docker\log\host\com.docker.backend.exe.log"
    host = on_windows({path: f"[{stamp(1)}]{CRASH}\n"}, {path: NOW})
    host.source.env["LOCALAPPDATA"] = r"D:\Local"  # type: ignore[attr-defined]
    assert outcome(host, "desktop-log-virtualization-off") == "fail error"


@pytest.mark.parametrize(
    ("line_age", "file_age", "expected"),
    [(1, 1, "fail error"), (30, 1, "pass"), (30, 30, "skip")],
)
def test_only_the_window_counts(line_age, file_age, expected):
    host = on_windows({BACKEND: f"[{stamp(line_age)}]{CRASH}\n"}, {BACKEND: NOW - file_age * HOUR})
    assert outcome(host, "desktop-log-virtualization-off") == expected


def test_an_old_log_without_dates_is_as_old_as_its_file():
    text = "[23:02:49.770][GUI ][Info ] Starting...\n[23:02:50.102][GUI ][Error] Failed to deploy distro docker-desktop to C:\\x: exit code: -1\n"
    path = rf"{LOCAL}\Docker\log\host\Docker Desktop.exe.log"
    assert outcome(on_windows({path: text}, {path: NOW - HOUR}), "desktop-log-wsl-command-failed") == "fail error"  # fmt: skip
    assert outcome(on_windows({path: text}, {path: NOW - 48 * HOUR}), "desktop-log-wsl-command-failed") == "skip"  # fmt: skip


def test_a_start_that_went_well_ends_it():
    host = on_windows({BACKEND: f"[{stamp(1)}]{CRASH}\n"}, {BACKEND: NOW - HOUR})
    host.source.engine.update(ANSWERS)  # type: ignore[attr-defined]
    (found,) = verdicts(TOPIC, look(host), "desktop-log-virtualization-off")
    assert found.outcome == "pass"
    assert "the engine answers now" in found.summary


def test_another_engine_that_answers_ends_nothing():
    host = inside_wsl(
        files={SEEN_BACKEND: f"[{stamp(1)}]{CRASH}\n"}, stats=fresh(SEEN_BACKEND),
        engine={"/version": data("network/version-28.json"), "/info": data("network/info-28.json")},
    )  # fmt: skip
    assert outcome(host, "desktop-log-virtualization-off") == "fail error"


def test_what_an_answering_engine_does_not_end():
    path = f"{MAC_LOG}/vm/console.log"
    text = f"[{stamp(1)}][kmsg] Out of memory: Killed process 2211 (python3)\n"
    host = mac(files={path: text}, stats=fresh(path), engine=ANSWERS)
    assert outcome(host, "desktop-log-out-of-memory") == "fail error"


@pytest.mark.parametrize(
    ("ago", "expected"),
    # Its last line was written when the file was changed last: 40 h after the other.
    [(100.0, "fail error"), (40 * HOUR, "pass")],
)
def test_kernel_logs_count_from_the_start_of_the_vm(ago, expected):
    path = f"{MAC_LOG}/vm/kmsg.log"
    start = 1000.0
    text = (
        f"<3>[ {start:.6f}] Out of memory: Killed process 2211 (python3)\n"
        f"<6>[{start + ago:.6f}] eth0: link up\n"
    )
    host = mac(files={path: text}, stats=fresh(path))
    assert outcome(host, "desktop-log-out-of-memory") == expected


def test_fewer_lines_than_mean_something():
    path = f"{MAC_LOG}/host/com.docker.backend.log"
    line = f"[{stamp(1)}][com.docker.backend] dialing 192.168.65.7:2376: no route to host\n"
    two = mac(files={path: 2 * line}, stats=fresh(path))
    (found,) = verdicts(TOPIC, look(two), "desktop-log-vm-unreachable")
    assert (found.outcome, "fewer than" in found.summary) == ("pass", True)
    three = mac(files={path: 3 * line}, stats=fresh(path))
    assert outcome(three, "desktop-log-vm-unreachable") == "fail warning"


def test_lines_of_several_logs_are_one_finding():
    one, two = f"{MAC_LOG}/host/a.log", f"{MAC_LOG}/vm/b.log"
    line = "[com.docker.backend][E] write /var/lib/docker/tmp/x: no space left on device"
    host = mac(
        files={one: f"[{stamp(5)}]{line}\n", two: f"[{stamp(3)}]{line}\n"}, stats=fresh(one, two)
    )
    (found,) = verdicts(TOPIC, look(host), "desktop-log-vm-disk-full")
    assert "2 lines" in found.summary
    assert found.evidence[0].source == two


def test_colima_and_lima():
    colima = "/Users/ann/.colima/_lima/colima/ha.stderr.log"
    lima = "/Users/ann/.lima/default/ha.stderr.log"
    other = "/Users/ann/.lima/_config/x.log"
    line = '{"level":"info","msg":"Driver stopped due to error: \\"exit status 1\\"","time":"%s"}\n'
    host = mac(
        files={colima: line % stamp(2), lima: line % stamp(1), other: line % stamp(1)},
        stats=fresh(colima, lima, other),
    )
    (found,) = verdicts(TOPIC, look(host), "desktop-log-lima-driver-failed")
    assert found.outcome == "fail"
    assert "2 lines" in found.summary


def test_of_each_folder_the_newest_and_no_rotated_ones():
    names = [f"{MAC_LOG}/host/{n}.log" for n in "abcdef"] + [f"{MAC_LOG}/host/g.log.0"]
    stats = {name: {"mtime": NOW - 100 + number} for number, name in enumerate(names)}
    facts = look(mac(files=dict.fromkeys(names, "x\n"), stats=stats))
    assert [s.path[-5:] for s in facts.sources] == ["f.log", "e.log", "d.log", "c.log"]


def test_a_linux_server_has_none_and_is_asked_little():
    host = fake_host(
        gauges=gauges(system("linux", "6.8.0-60-generic"), home="/root", memory=GIB, cpus=1)
    )
    facts = look(host)
    assert {f.outcome for c in TOPIC.checks for f in judge(c, facts)} == {"skip"}
    asked = [q for q in host.source.asked if q[0] in {"list", "stat", "tail"}]  # type: ignore[attr-defined]
    assert len(asked) <= 5


def test_docker_desktop_for_linux():
    path = "/home/ann/.docker/desktop/log/host/monitor.log"
    host = fake_host(
        gauges=gauges(system("linux", "6.8.0-60-generic"), home="/home/ann", memory=GIB, cpus=1),
        files={path: f"[{stamp(1)}][qemu] Could not access KVM kernel module: Permission denied\n"},
        stats=fresh(path),
    )
    assert outcome(host, "desktop-log-kvm-unavailable") == "fail error"


def test_what_may_not_be_read_is_unknown():
    folder = f"{MAC_LOG}/host"
    host = mac(failures={("list", folder): Denied("macOS keeps it shut")})
    facts = look(host)
    assert said(TOPIC, facts, "desktop-log-unreadable") == "unknown"
    assert said(TOPIC, facts, "desktop-log-vm-crashed") == "skip"
    path = f"{MAC_LOG}/host/x.log"
    host = mac(
        files={path: "x"}, stats=fresh(path),
        failures={("tail", path): Denied("it may not be read")},
    )  # fmt: skip
    assert outcome(host, "desktop-log-unreadable") == "unknown"


def test_without_the_profile_of_windows():
    host = inside_wsl(sudo=True, interop=False, files={"/mnt/c/Users/ben/x": ""})
    facts = look(host)
    assert said(TOPIC, facts, "desktop-log-unreadable") == "unknown"
    assert said(TOPIC, facts, "desktop-log-vm-crashed") == "skip"


def test_no_log_of_late():
    host = mac(stats={f"{MAC_LOG}/host": {"kind": DIRECTORY}})
    facts = look(host)
    assert said(TOPIC, facts, "desktop-log-unreadable") == "pass"
    assert said(TOPIC, facts, "desktop-log-vm-crashed") == "skip"


def test_facts_that_are_missing():
    facts = DesktopLog(Missing("it was not recorded", "unrecorded", "ls"), NOW)
    assert said(TOPIC, facts, "desktop-log-unreadable") == "unknown"
    assert said(TOPIC, facts, "desktop-log-vm-crashed") == "skip"
    gone = DesktopLog((Source("x", Missing("gone", "absent")),), NOW)
    assert said(TOPIC, gone, "desktop-log-vm-crashed") == "skip"


def test_every_pattern_is_a_check():
    assert {p.id for p in DESKTOP_PATTERNS} | {"desktop-log-unreadable"} == {
        c.id for c in TOPIC.checks
    }
    for check in TOPIC.checks:
        assert check.explanation.count("\n## ") == 5
