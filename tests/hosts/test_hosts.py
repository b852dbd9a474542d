"""The doctor on whole recorded hosts: each hears exactly what its owner should hear."""

from __future__ import annotations

import re
import zlib
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from agent import doctor
from agent.doctor import Selection
from agent.settings import Settings
from probes import engine
from probes.host import Absent, Host, bundle
from probes.host.questions import Denied, Garbled, Refused, Slow
from probes.model import Missing
from tests.hosts.docker_info import parse
from tests.hosts.machine import DATA, HOSTS, Machine, os_release
from tests.hosts.trouble import trouble

if TYPE_CHECKING:
    from pathlib import Path

    from probes.host.questions import Answer, Question

DESKTOP = [
    name
    for name in HOSTS
    if name.startswith(("windows_", "wsl", "macos_", "ubuntu_desktop", "desktop_"))
]
"""Hosts of Windows, WSL and macOS, and those of Docker Desktop for Linux."""
WITHOUT_LINUX = [name for name in DESKTOP if name.startswith(("windows_", "macos_"))]


def report(machine: Machine) -> doctor.Report:
    return doctor.run(Host(machine), Selection(), Settings())


@pytest.mark.parametrize("name", HOSTS)
def test_each_host_hears_what_it_should(name: str) -> None:
    module = import_module(f"tests.hosts.{name}")
    told = report(module.machine())
    assert told.incomplete == ()
    assert [f for f in told.findings if f.outcome == "crash"] == []
    fails = {f.id: f.severity for f in told.findings if f.outcome == "fail"}
    assert fails == module.FAILS, "\n".join(f.summary for f in told.findings if f.id in fails)
    unknown = {f.id for f in told.findings if f.outcome == "unknown"}
    if getattr(module, "DENIED", False):
        return  # the engine cannot be asked: most is unknown
    assert unknown == getattr(module, "UNKNOWN", set())


@pytest.mark.parametrize("name", HOSTS)
def test_every_failure_says_what_was_seen_and_how_to_mend_it(name: str) -> None:
    told = report(import_module(f"tests.hosts.{name}").machine())
    for found in told.findings:
        if found.outcome == "fail":
            assert found.evidence, found.id
            assert found.mend, found.id


def test_there_are_many_kinds_of_hosts() -> None:
    assert len(HOSTS) - len(DESKTOP) >= 14
    assert len(DESKTOP) >= 24


LINUX_WORDS = re.compile(
    r"systemctl|journalctl|apt-get|timedatectl|\bsudo (?!sntp)|\bxargs\b|/proc/|/sys/|(?<![a-z])/run/"
)
"""What only a Linux has that runs the engine itself, in commands and sentences for its owner."""


@pytest.mark.parametrize("name", [n for n in WITHOUT_LINUX if "remote" not in n])
def test_no_advice_for_a_linux_where_there_is_none(name: str) -> None:
    machine = import_module(f"tests.hosts.{name}").machine()
    told = doctor.run(Host(trouble(machine)), Selection(optional=True), Settings())
    assert [f for f in told.findings if f.outcome == "crash"] == []
    wrong = {
        f.id: [step for step in f.mend if LINUX_WORDS.search(step)]
        for f in told.findings
        if f.outcome == "fail"
    }
    assert {check: steps for check, steps in wrong.items() if steps} == {}
    if told.engine.reachable:
        assert len(wrong) > 8, "the engine's own troubles are no longer seen"


ENGINES_FILE = ("log-opts", "registry-mirrors", "insecure-registries", '"debug"')


@pytest.mark.parametrize(
    "name", ["macos_14_arm_good", "windows_11_wsl2_desktop", "wsl2_desktop_integration"]
)
def test_docker_desktop_is_configured_in_its_settings(name: str) -> None:
    machine = import_module(f"tests.hosts.{name}").machine()
    told = doctor.run(Host(trouble(machine)), Selection(), Settings())
    steps = [step for f in told.findings if f.outcome == "fail" for step in f.mend]
    about = [step for step in steps if any(word in step for word in ENGINES_FILE)]
    assert about
    assert [s for s in about if "Settings > Docker Engine" not in s and ".wslconfig" not in s] == []


# -- the same host out of a bundle ----------------------------------------------------------------


@pytest.mark.parametrize("name", DESKTOP)
def test_a_recorded_host_tells_the_same(name: str, tmp_path: Path) -> None:
    host = Host(import_module(f"tests.hosts.{name}").machine())
    live = doctor.run(host, Selection(), Settings())
    path = tmp_path / "host.tar.gz"
    path.write_bytes(bundle.pack(bundle.contents(host, tool="0"), host.now()))
    again = doctor.run(
        Host(bundle.RecordedSource(bundle.Bundle(str(path)))), Selection(), Settings()
    )
    assert again.findings == live.findings
    assert (again.host, again.engine) == (live.host, live.engine)


@pytest.mark.parametrize("name", WITHOUT_LINUX)
def test_what_is_not_known_is_so_because_the_engine_is_down(name: str) -> None:
    module = import_module(f"tests.hosts.{name}")
    told = report(module.machine())
    unknown = {f.id: f.summary for f in told.findings if f.outcome == "unknown"}
    other = {check for check, why in unknown.items() if "the engine is not running" not in why}
    assert other <= getattr(module, "UNKNOWN", set())
    assert not told.engine.reachable or not unknown.keys() - other


def test_no_command_of_another_service_manager() -> None:
    for name in ("alpine",):
        told = report(import_module(f"tests.hosts.{name}").machine())
        mends = [step for f in told.findings for step in f.mend]
        assert [step for step in mends if "systemctl" in step or "apt-get" in step] == []


# -- what a host may be like besides --------------------------------------------------------------


class Failing:
    """A machine on which some questions get no answer, for the reasons that a host has."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine, self.seed = machine, seed

    def answer(self, question: Question, timeout: float) -> Answer:
        kinds = [Absent, Denied, Slow, Garbled, Refused]
        at = zlib.crc32(f"{self.seed} {question}".encode())
        if at % 7 == 0 and question != ("gauge", "clock"):
            raise kinds[at // 7 % len(kinds)](f"{question[0]} has no answer", look="look by hand")
        return self.machine.answer(question, timeout)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", HOSTS)
def test_no_answer_is_no_crash(name: str, seed: int) -> None:
    machine = import_module(f"tests.hosts.{name}").machine()
    told = doctor.run(Host(Failing(machine, seed)), Selection(), Settings())
    crashes = [f"{f.id}: {f.summary}" for f in told.findings if f.outcome == "crash"]
    assert crashes == []
    assert told.incomplete == ()


def outcomes(machine: Machine) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in report(machine).findings:
        found.setdefault(item.id, set()).add(item.outcome)
    return found


def test_podman_that_waits_for_somebody_to_ask() -> None:
    machine = import_module("tests.hosts.podman_fedora").machine()
    machine.gauges["processes"] = []
    found = outcomes(machine)
    assert {name for name, said in found.items() if "unknown" in said} == set()
    assert found["cgroup-v1"] == {"pass"}  # it is this host's kernel all the same
    assert found["engine-below-minimum"] == {"skip"}


def test_podman_beside_dockerd_is_not_taken_for_it() -> None:
    machine = import_module("tests.hosts.podman_fedora").machine()
    machine.gauges["processes"] = []
    machine.process(1210, "dockerd", "/usr/bin/dockerd", "-H", "fd://", "--icc=false")
    seen = engine.look(Host(machine))
    assert seen.provider == "podman"
    assert isinstance(seen.daemon, Missing)


def test_a_distribution_whose_versions_end_in_ce() -> None:
    found = outcomes(import_module("tests.hosts.opensuse").machine())
    assert found["engine-end-of-life"] == {"skip"}
    machine = import_module("tests.hosts.centos7_denied").machine(user=False)
    version = machine.engines["unix:///var/run/docker.sock"]["/version"]
    version["Version"] = "18.06.2-ce"
    assert outcomes(machine)["engine-end-of-life"] == {"fail"}


# -- real outputs of docker info -----------------------------------------------------------------

INDEX = [
    (folder, row[0], row)
    for folder in ("desktop", "linux")
    for line in (DATA / "docker-info" / folder / "index.tsv").read_text().splitlines()[1:]
    if (row := line.split("\t"))
]
TOLD = [
    (folder, name, row)
    for folder, name, row in INDEX
    if parse((DATA / "docker-info" / folder / name).read_text()) is not None
]


def machine_of(folder: str, name: str) -> Machine:
    """A plain machine on which an engine answers what the text tells."""
    found = parse((DATA / "docker-info" / folder / name).read_text())
    assert found is not None
    info, version = found
    native = folder == "linux"
    machine = Machine(
        str(info.get("Name") or "some-host") if native else "laptop",
        str(info.get("KernelVersion") or "6.8.0") if native else "6.8.0-136-generic",
        os=os_release(ID="debian", VERSION_ID="12", NAME="Debian GNU/Linux"),
        cgroup=str(info.get("CgroupVersion") or "1") if native else "2",
    )
    machine.network()
    machine.docker_files()
    machine.peers["/var/run/docker.sock"] = machine.peers["/run/docker.sock"] = 1210
    program = "/usr/bin/dockerd" if native else "/opt/docker-desktop/bin/com.docker.backend"
    machine.process(1210, "dockerd" if native else "com.docker.back", program)
    machine.answers("unix:///var/run/docker.sock", info, version)
    return machine


def test_most_texts_can_be_turned_into_answers() -> None:
    left = {name for _, name, _ in INDEX} - {name for _, name, _ in TOLD}
    # Two engines that were down, and podman's own info, which is no answer of the Engine API.
    assert left == {"004.txt", "020.txt", "fedora39-podman-info-4.7.txt"}


@pytest.mark.parametrize(("folder", "name", "row"), TOLD, ids=[f"{f}-{n}" for f, n, _ in TOLD])
def test_real_engines_are_told_right(folder: str, name: str, row: list[str]) -> None:
    told = report(machine_of(folder, name))
    assert [f for f in told.findings if f.outcome == "crash"] == []
    assert told.incomplete == ()
    seen = engine.look(Host(machine_of(folder, name)))
    if folder == "desktop":
        # Cut texts of Colima lack the machine's name, which alone tells it from other engines.
        named = row[3] != "colima"
        assert told.engine.provider == (row[3] if named else "docker-engine")
        return
    assert told.engine.provider == ("snap" if "snap" in name else "docker-engine")
    wanted = row[3].partition(" ")[0]
    assert told.engine.storage_driver == wanted
    if row[4] in {"1", "2"}:
        assert seen.cgroup_version == row[4]
    assert told.engine.rootless is ("rootless" in name)
