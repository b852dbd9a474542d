from __future__ import annotations

import struct

import pytest

from probes import model, requirements
from probes.formats import distribution_support as support
from probes.formats.os_release import MANAGERS
from probes.formats.sizes import GIB
from probes.host import Absent, Denied
from probes.model import Missing
from probes.requirements import Cpus, Disk, Memory, Requirements
from tests.fake_host import fake_host
from tests.records import replace

TODAY = "2026-11-24"
CLOCK = 1_795_521_600.0
GONE = Missing("it was not recorded", "unrecorded", "look --here")
NOT_HERE = Missing("the engine runs elsewhere", "inapplicable")
CHECKS = {check.id: check for check in requirements.TOPIC.checks}


def life(name: str, version: str, today: str = TODAY) -> support.Life:
    return support.life_of({"ID": name, "VERSION_ID": version, "NAME": name}, today)


HEALTHY = Requirements(
    machine="x86_64",
    userland_bits=64,
    engine_arch="amd64",
    memory=Memory(16 * GIB, None, "/proc/meminfo", "MemTotal"),
    cpus=Cpus(4, "this host", "CPUs"),
    container="",
    disks=(Disk("/var/lib/docker", "/var/lib/docker", 80_000_000_000, 200_000_000_000),),
    images=12,
    engine_version="28.5.2",
    engine_version_source="engine GET /version",
    distribution_build=False,
    distribution=life("debian", "12"),
    distribution_source="/etc/os-release",
    today=TODAY,
    manager=MANAGERS["apt"],
)


def memory(gib: float, limit: float | None = None) -> Memory:
    bound = None if limit is None else int(limit * GIB)
    return Memory(int(gib * GIB), bound, "/proc/meminfo", "MemTotal")


def disk(gigabytes: float) -> tuple[Disk, ...]:
    size = int(gigabytes * 1e9)
    return (Disk("/var/lib/docker", "/var/lib", size, 200_000_000_000),)


def judge(check: str, **changes: object) -> model.Finding:
    (finding,) = model.judge(CHECKS[check], replace(HEALTHY, **changes))
    return finding


def test_a_healthy_host_hears_nothing():
    for check in requirements.TOPIC.checks:
        for finding in model.judge(check, HEALTHY):
            assert finding.outcome in {"pass", "skip"}, finding


CASES = [
    ("cpu-not-64-bit", {"machine": "armv7l"}, "fail", "warning"),
    ("cpu-not-64-bit", {"machine": "i686"}, "fail", "warning"),
    *(("cpu-not-64-bit", {"machine": m}, "pass", "") for m in requirements.BITS_64),
    ("cpu-not-64-bit", {"machine": "alpha"}, "skip", ""),
    ("cpu-not-64-bit", {"machine": GONE}, "unknown", ""),
    ("userland-32-bit", {"machine": "aarch64", "engine_arch": "arm"}, "fail", "warning"),
    (
        "userland-32-bit",
        {"machine": "aarch64", "engine_arch": GONE, "userland_bits": 32},
        "fail",
        "warning",
    ),
    ("userland-32-bit", {"userland_bits": 32}, "pass", ""),
    ("userland-32-bit", {"userland_bits": GONE}, "pass", ""),
    ("userland-32-bit", {"userland_bits": GONE, "engine_arch": GONE}, "unknown", ""),
    ("userland-32-bit", {"machine": "armv7l"}, "skip", ""),
    ("memory-below-minimum", {"memory": memory(2)}, "fail", "warning"),
    ("memory-below-minimum", {"memory": memory(3.7)}, "pass", ""),
    ("memory-below-minimum", {"memory": memory(3.5)}, "pass", ""),
    ("memory-below-minimum", {"memory": memory(64, 2), "container": "lxc"}, "fail", "warning"),
    ("memory-below-minimum", {"memory": memory(64, 8), "container": "lxc"}, "pass", ""),
    ("memory-below-minimum", {"memory": GONE}, "unknown", ""),
    ("memory-below-minimum", {"memory": NOT_HERE}, "skip", ""),
    ("memory-below-recommended", {"memory": memory(3.7)}, "fail", "note"),
    ("memory-below-recommended", {"memory": memory(6.9)}, "pass", ""),
    ("memory-below-recommended", {"memory": memory(7.6)}, "pass", ""),
    ("memory-below-recommended", {"memory": memory(15.6)}, "pass", ""),
    ("memory-below-recommended", {"memory": memory(2)}, "skip", ""),
    ("memory-below-recommended", {"memory": GONE}, "unknown", ""),
    ("single-cpu", {"cpus": Cpus(1, "this host", "CPUs")}, "fail", "note"),
    ("single-cpu", {"cpus": Cpus(2, "this host", "CPUs")}, "pass", ""),
    ("single-cpu", {"cpus": GONE}, "unknown", ""),
    ("single-cpu", {"cpus": NOT_HERE}, "skip", ""),
    ("disk-below-minimum", {"disks": disk(8), "images": 0}, "fail", "warning"),
    ("disk-below-minimum", {"disks": disk(8), "images": 12}, "fail", "note"),
    ("disk-below-minimum", {"disks": disk(20)}, "pass", ""),
    ("disk-below-minimum", {"disks": GONE}, "unknown", ""),
    ("disk-below-minimum", {"disks": NOT_HERE}, "skip", ""),
    ("engine-below-minimum", {"engine_version": "20.10.24"}, "fail", "warning"),
    (
        "engine-below-minimum",
        {"engine_version": "20.10.24+dfsg1", "distribution_build": True},
        "fail",
        "note",
    ),
    (
        "engine-below-minimum",
        {
            "engine_version": "20.10.5+dfsg1",
            "distribution_build": True,
            "distribution": life("debian", "11"),
        },
        "fail",
        "warning",
    ),
    ("engine-below-minimum", {"engine_version": "24.0.0"}, "pass", ""),
    ("engine-below-minimum", {"engine_version": "dev"}, "skip", ""),
    ("engine-below-minimum", {"engine_version": GONE}, "unknown", ""),
    ("distribution-end-of-life", {"distribution": life("debian", "11")}, "fail", "note"),
    ("distribution-end-of-life", {"distribution": life("raspbian", "11")}, "fail", "warning"),
    ("distribution-end-of-life", {"distribution": life("centos", "7")}, "fail", "warning"),
    ("distribution-end-of-life", {"distribution": life("ubuntu", "20.04")}, "fail", "note"),
    ("distribution-end-of-life", {"distribution": life("ubuntu", "25.10")}, "fail", "warning"),
    ("distribution-end-of-life", {"distribution": life("alpine", "3.20.3")}, "fail", "warning"),
    ("distribution-end-of-life", {"distribution": life("ubuntu", "24.04")}, "pass", ""),
    ("distribution-end-of-life", {"distribution": life("rocky", "9.4")}, "pass", ""),
    ("distribution-end-of-life", {"distribution": life("arch", "")}, "pass", ""),
    ("distribution-end-of-life", {"distribution": life("debian", "")}, "pass", ""),
    ("distribution-end-of-life", {"distribution": life("fedora", "46")}, "pass", ""),
    ("distribution-end-of-life", {"distribution": life("plamo", "8")}, "skip", ""),
    ("distribution-end-of-life", {"distribution": GONE}, "unknown", ""),
    ("distribution-support-ending", {"distribution": life("fedora", "43")}, "fail", "note"),
    ("distribution-support-ending", {"distribution": life("nixos", "26.05")}, "pass", ""),
    ("distribution-support-ending", {"distribution": life("debian", "13")}, "pass", ""),
    ("distribution-support-ending", {"distribution": life("debian", "10")}, "skip", ""),
    ("distribution-support-ending", {"distribution": GONE}, "unknown", ""),
]


@pytest.mark.parametrize(("check", "changes", "outcome", "severity"), CASES)
def test_check(check: str, changes: dict[str, object], outcome: str, severity: str):
    finding = judge(check, **changes)
    assert finding.outcome == outcome, finding
    if outcome == "fail":
        assert finding.severity == severity
        assert finding.mend
    if outcome == "unknown":
        assert finding.look == "look --here"


def test_every_check_is_explained():
    for check in requirements.TOPIC.checks:
        for section in model.SECTIONS:
            assert f"## {section}" in check.explanation, check.id


def test_the_date_of_the_table_is_shown():
    finding = judge("distribution-end-of-life", distribution=life("centos", "7"))
    assert support.TABLE_DATE in finding.evidence[0].wanted


# Read on real machines: Debian 12, a Proxmox LXC container of Ubuntu 24.04.
DEBIAN = (
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
    'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
)
MEMINFO = "MemTotal:       24684084 kB\nMemFree:        21033916 kB\nMemAvailable:   23832400 kB\n"
AUXV = struct.pack("<6Q", 33, 0x7FFC1000, 6, 4096, 0, 0)
AUXV_32 = struct.pack("<8I", 33, 0x7FFC1000, 6, 4096, 17, 100, 0, 0)
VERSION = {"Platform": {"Name": ""}, "Version": "20.10.24+dfsg1", "Arch": "amd64"}
INFO = {
    "DockerRootDir": "/srv/docker",
    "Images": 3,
    "MemTotal": 25276502016,
    "NCPU": 2,
    "Architecture": "x86_64",
    "KernelVersion": "6.1.0-28-amd64",
    "Name": "web-07",
    "Driver": "overlay2",
}
PROCESS = [812, 1, 0, "dockerd", ["/usr/sbin/dockerd", "-H", "fd://"], 1_790_000_000.0, False]
FILES = {"/etc/os-release": DEBIAN, "/proc/meminfo": MEMINFO, "/proc/self/auxv": AUXV}
VFS = {"/": (10**11, 8 * 10**10, 7 * 10**10, 0, 0), "/srv": (10**12, 10**11, 10**10, 0, 0)}
GAUGES = {
    "clock": CLOCK,
    "cpus": {"logical": 2, "physical": 1, "usable": 2},
    "processes": [PROCESS],
}


def host(**changes: object):
    answers = {
        "files": FILES,
        "vfs": VFS,
        "gauges": GAUGES,
        "engine": {"/version": VERSION, "/info": INFO},
        "ping": {"milliseconds": 1.0, "headers": {}},
        "peers": {"/var/run/docker.sock": 812},
        **changes,
    }
    return fake_host(**answers)


def test_look_at_a_debian_host_with_an_engine():
    facts = requirements.look(host())
    assert facts.memory == Memory(24684084 * 1024, None, "/proc/meminfo", "MemTotal")
    assert (facts.machine, facts.userland_bits, facts.engine_arch) == ("x86_64", 64, "amd64")
    assert facts.disks == (Disk("/srv/docker", "/srv/docker", 10**10, 10**12),)
    assert facts.distribution.status == "supported"
    assert facts.today == TODAY
    assert not any(isinstance(getattr(facts, name), Missing) for name in facts.__slots__)


def test_look_at_a_host_without_an_engine():
    facts = requirements.look(
        host(engine={}, ping=None, peers={}, gauges={**GAUGES, "processes": []})
    )
    assert facts.disks == (Disk("/var/lib", "/var/lib", 7 * 10**10, 10**11),)
    assert facts.engine_version.kind == "inapplicable"
    assert facts.userland_bits == 64


def test_an_engine_elsewhere_is_judged_by_what_it_tells():
    facts = requirements.look(
        host(
            env={"DOCKER_HOST": "tcp://db-01:2376"},
            engine={"/version": VERSION, "/info": {**INFO, "Name": "db-01", "KernelVersion": "5"}},
            gauges={**GAUGES, "processes": []},
        )
    )
    assert facts.memory == Memory(25276502016, None, "engine GET /info", "MemTotal")
    assert facts.cpus == Cpus(2, "engine GET /info", "NCPU")
    assert facts.disks.kind == facts.distribution.kind == "inapplicable"


def test_the_limit_of_a_container_counts_and_that_of_a_session_does_not():
    files = {**FILES, "/sys/fs/cgroup/memory.max": f"{2 * GIB}\n"}
    assert requirements.look(host(files=files)).memory.limit is None
    inside = {**files, "/run/systemd/container": "lxc\n"}
    found = requirements.look(host(files=inside))
    assert (found.memory.limit, found.container) == (2 * GIB, "lxc")
    unlimited = {**inside, "/sys/fs/cgroup/memory.max": "max\n"}
    assert requirements.look(host(files=unlimited)).memory.limit is None


def test_images_in_containerd_are_looked_for_there():
    told = {
        **INFO,
        "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
        "Containerd": {"Address": "/run/containerd/containerd.sock"},
    }
    facts = requirements.look(host(engine={"/version": VERSION, "/info": told}))
    assert [d.path for d in facts.disks] == ["/srv/docker", "/var/lib/containerd"]


def test_a_folder_that_may_not_be_entered_is_measured_from_its_mount():
    failures = {("statvfs", "/srv/docker"): Denied("/srv/docker may not be read")}
    mounts = "36 35 98:0 / / rw - ext4 /dev/a rw\n37 35 98:1 / /srv rw - ext4 /dev/b rw\n"
    files = {**FILES, "/proc/self/mountinfo": mounts}
    facts = requirements.look(host(failures=failures, files=files))
    assert facts.disks == (Disk("/srv/docker", "/srv", 10**10, 10**12),)
    assert isinstance(requirements.look(host(failures=failures)).disks, Missing)


def test_word_width_without_an_auxiliary_vector_is_asked_of_getconf():
    files = {k: v for k, v in FILES.items() if k != "/proc/self/auxv"}
    runs = {("getconf", "LONG_BIT"): (0, "32\n", "")}
    assert requirements.look(host(files=files, runs=runs)).userland_bits == 32
    assert isinstance(requirements.look(host(files=files)).userland_bits, Missing)
    assert requirements.look(host(files={**FILES, "/proc/self/auxv": AUXV_32})).userland_bits == 32


def test_the_gauge_is_asked_only_where_there_is_no_os_release():
    files = {"/proc/meminfo": MEMINFO}
    told = {"id": "fedora", "version": "41", "name": "Fedora Linux 41"}
    facts = requirements.look(host(files=files, gauges={**GAUGES, "distribution": told}))
    assert facts.distribution.status == "ended"
    assert facts.distribution_source == "the host"
    empty = {"id": "", "version": "", "name": ""}
    facts = requirements.look(host(files=files, gauges={**GAUGES, "distribution": empty}))
    assert isinstance(facts.distribution, Missing)


@pytest.mark.parametrize("value", [None, "x", [], {"a": 1}, -5, True])
def test_odd_answers_of_an_engine_do_not_crash(value: object):
    told = {**INFO, **dict.fromkeys(("Images", "MemTotal", "NCPU", "Architecture"), value)}
    told |= {"DriverStatus": value, "Containerd": value}
    for env in ({}, {"DOCKER_HOST": "tcp://db-01:2376"}):
        facts = requirements.look(
            host(env=env, engine={"/version": {**VERSION, "Arch": value}, "/info": told})
        )
        for check in requirements.TOPIC.checks:
            assert all(f.outcome != "crash" for f in model.judge(check, facts))


def test_a_stopped_engine_is_asked_for_its_version_on_the_command_line():
    runs = {("dockerd", "--version"): (0, "Docker version 20.10.24+dfsg1, build 5d6db84\n", "")}
    files = {**FILES, "/usr/sbin/dockerd": "x"}
    found = host(files=files, runs=runs, engine={}, peers={}, gauges={**GAUGES, "processes": []})
    assert requirements.look(found).engine_version == "20.10.24+dfsg1"


def test_os_release_of_usr_lib_is_read_where_etc_has_none():
    files = {"/usr/lib/os-release": DEBIAN}
    assert requirements.operating_system(host(files=files))["ID"] == "debian"
    with pytest.raises(Absent):
        requirements.operating_system(host(files={}))
