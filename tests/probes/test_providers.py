"""The products whose VM has the engine: how their VMs are configured, and what is wrong with that."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from probes import engine, vm_config
from probes.desktop_host import WSL1, Hardware
from probes.engine_identity import (
    backend_of,
    host_platform_of,
    provider_at,
    provider_named,
    provider_of,
)
from probes.host import Absent, Host
from probes.host.questions import Unrecorded
from probes.model import Missing
from probes.providers import TOPIC, DefaultLink, Minikube, Providers, look
from probes.reachability import ANSWERS, HUNG, REFUSED, REMOTE
from probes.vm_config import VmConfig
from tests.fake_host import FakeSource, fake_host
from tests.fixes.remedies.desktop_hosts import mac
from tests.probes.linux_host import said, verdicts
from tests.records import replace

GIB = 1 << 30
UNREAD = Missing("it may not be read", "denied", "type it")


def facts_of(name: str) -> Providers:
    return look(Host(import_module(f"tests.hosts.{name}").machine()))


COLIMA = replace(facts_of("macos_colima_default"), problem=ANSWERS)
LIMA = facts_of("macos_lima")
INSIDE = facts_of("wsl2_own_dockerd")
BOTH = facts_of("wsl2_both_engines")
PLAIN = facts_of("macos_14_arm_good")
LEFT = DefaultLink("/Users/ann/.docker/run/docker.sock", there=False)
WSL_1 = facts_of("wsl1")
MINIKUBE = facts_of("macos_minikube_docker_env")
assert isinstance(MINIKUBE.minikube, Minikube)
ROOMY = VmConfig("colima", "default", "/colima.yaml", "vz", "virtiofs", 6, 8 * GIB, 100 * GIB)


def vm(**changes: Any) -> Providers:
    return replace(COLIMA, vm=ROOMY._replace(**changes))


CASES: list[tuple[str, Providers, str]] = [
    ("engines-competing-for-socket", INSIDE, "pass"),
    ("engines-competing-for-socket", BOTH, "fail warning"),
    ("engines-competing-for-socket", PLAIN, "pass"),
    ("engines-competing-for-socket", facts_of("macos_orbstack"), "pass"),
    ("engines-competing-for-socket", COLIMA, "skip"),
    ("engines-competing-for-socket", replace(COLIMA, default_link=LEFT), "fail note"),
    ("engines-competing-for-socket", replace(PLAIN, default_link=LEFT, problem=HUNG), "skip"),
    ("engines-competing-for-socket", replace(COLIMA, default_link=UNREAD), "unknown"),
    ("engines-competing-for-socket", replace(BOTH, own_dockerd=UNREAD), "unknown"),
    ("vm-resources-default", COLIMA, "fail warning"),
    ("vm-resources-default", vm(), "pass"),
    ("vm-resources-default", vm(memory=2 * GIB), "fail warning"),
    ("vm-resources-default", vm(cpus=2), "fail note"),
    ("vm-resources-default", vm(provider="lima", memory=None), "fail note"),
    ("vm-resources-default", vm(provider="lima", memory=8 * GIB), "pass"),
    ("vm-resources-default",
     replace(vm(provider="lima", memory=4 * GIB), hardware=Hardware(16 * GIB, 4)), "pass"),
    ("vm-resources-default", replace(vm(memory=2 * GIB), hardware=Hardware(4 * GIB, 4)), "pass"),
    ("vm-resources-default", PLAIN, "skip"),
    ("vm-resources-default", replace(COLIMA, vm=UNREAD), "unknown"),
    ("vm-mount-type-slow", LIMA, "pass"),
    ("vm-mount-type-slow", vm(mount_type="sshfs"), "fail warning"),
    ("vm-mount-type-slow", vm(mount_type="9p"), "fail warning"),
    ("vm-mount-type-slow", replace(vm(mount_type="9p"), darwin=(21, 6)), "skip"),
    ("vm-mount-type-slow", replace(COLIMA, vm=UNREAD), "unknown"),
    ("vm-mount-type-slow", vm(mount_type="sshfs", arch="x86_64"), "skip"),
    ("vm-type-outdated", vm(backend="qemu", arch="x86_64"), "skip"),
    ("vm-type-outdated", vm(backend="qemu", arch="aarch64"), "fail note"),
    ("vm-type-outdated", vm(provider="podman", backend="qemu"), "fail note"),
    ("vm-type-outdated", vm(), "pass"),
    ("vm-type-outdated", vm(backend="qemu"), "fail note"),
    ("vm-type-outdated", replace(vm(backend="qemu"), darwin=(21, 6)), "skip"),
    ("vm-type-outdated", replace(COLIMA, vm=UNREAD), "unknown"),
    ("minikube-docker-env-stale", MINIKUBE, "pass"),
    ("minikube-docker-env-stale", replace(MINIKUBE, problem=REMOTE), "fail error"),
    ("minikube-docker-env-stale", replace(MINIKUBE, problem=REFUSED), "skip"),
    ("minikube-docker-env-stale", replace(MINIKUBE, problem=UNREAD), "unknown"),
    ("minikube-docker-env-stale",
     replace(MINIKUBE, problem=REMOTE, minikube=MINIKUBE.minikube._replace(in_use=False)), "skip"),
    ("minikube-docker-env-stale", COLIMA, "skip"),
    ("minikube-docker-env-stale", replace(COLIMA, minikube=UNREAD), "unknown"),
    ("wsl1-no-engine", WSL_1, "fail error"),
    ("wsl1-no-engine", replace(COLIMA, where=WSL1), "pass"),
    ("wsl1-no-engine", replace(WSL_1, problem=UNREAD), "unknown"),
    ("wsl1-no-engine", replace(WSL_1, problem=HUNG), "skip"),
    ("wsl1-no-engine", replace(WSL_1, endpoint="tcp://localhost:2375", problem=REMOTE), "skip"),
    ("wsl1-no-engine", COLIMA, "skip"),
    ("wsl1-no-engine", replace(COLIMA, where=UNREAD), "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "facts", "expected"), CASES)
def test_a_check(check: str, facts: Providers, expected: str) -> None:
    assert said(TOPIC, facts, check) == expected


def test_every_check_is_seen_to_fail_to_pass_and_not_to_know() -> None:
    for check in TOPIC.checks:
        seen = {expected.split()[0] for id_, _, expected in CASES if id_ == check.id}
        assert seen >= {"fail", "pass", "unknown"}, check.id


@pytest.mark.parametrize("provider", sorted(vm_config.BY_FILE))
def test_every_provider_is_told_how_its_vm_gets_more(provider: str) -> None:
    facts = replace(COLIMA, vm=ROOMY._replace(provider=provider, name="x", memory=GIB))
    (found,) = verdicts(TOPIC, facts, "vm-resources-default")
    assert any("16" in step for step in found.mend)  # half of 32 GB, in that product's unit


# -- files ---------------------------------------------------------------------------------------

HOME = "/Users/ann"
PODMAN = f"{HOME}/.config/containers/podman/machine"
FILES = {
    f"{HOME}/.colima/default/colima.yaml": "cpu: 4\nmemory: 6\ndisk: 60\nvmType: vz\n"
    "mountType: virtiofs\n",
    f"{HOME}/.colima/dev/colima.yaml": "cpu: 2 # few\nmemory: 2.5\nvmType: krunkit\n",
    f"{HOME}/.colima/_lima/colima/lima.yaml": "vmType: vz\n",
    f"{HOME}/.lima/docker/lima.yaml": 'vmType: "qemu"\ncpus: null\nmemory: "4GiB"\n'
    "mountType: reverse-sshfs\nmounts:\n- location: x\n",
    f"{HOME}/Library/Preferences/rancher-desktop/settings.json": '{"virtualMachine": {"memoryInGB": 6,'
    ' "numberCPUs": 2, "type": "vz", "mount": {"type": "virtiofs"}}}',
    f"{PODMAN}/applehv/m.json": '{"Name": "m", "Resources": {"CPUs": 5, "Memory": 2048,'
    ' "DiskSize": 100}}',
    f"{PODMAN}/qemu/bad.json": "{",
}


def test_every_file_is_read() -> None:
    found = {(c.provider, c.name): c for c in vm_config.configs(mac(files=FILES))}
    assert set(found) == {
        ("colima", "default"), ("colima", "dev"), ("lima", "docker"),
        ("rancher-desktop", "rancher-desktop"), ("podman", "m"),
    }  # fmt: skip
    told = {
        key: (c.backend, c.mount_type, c.cpus, c.memory and c.memory / GIB)
        for key, c in found.items()
    }
    assert told["colima", "default"] == ("vz", "virtiofs", 4, 6)
    assert told["colima", "dev"] == ("krunkit", None, 2, 2.5)
    assert told["lima", "docker"] == ("qemu", "sshfs", None, 4)
    assert told["rancher-desktop", "rancher-desktop"] == ("vz", "virtiofs", 2, 6)
    assert told["podman", "m"] == ("vz", None, 5, 2)


def test_a_podman_machine_in_wsl_has_wsls_resources() -> None:
    (found,) = vm_config.configs(Host(import_module("tests.hosts.windows_podman").machine()))
    assert (found.backend, found.cpus, found.memory) == ("wsl2", None, None)


@pytest.mark.parametrize(
    ("word", "arch"), [("x86_64", "x86_64"), ("aarch64", "aarch64"), ("host", None)]
)
def test_the_processor_of_a_vm(word: str, arch: str | None) -> None:
    text = f"cpu: 4\narch: {word}\nvmType: qemu\n"
    (found,) = vm_config.configs(mac(files={f"{HOME}/.colima/x/colima.yaml": text}))
    assert found.arch == arch


# -- what a host has -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("macos_two_providers",
         {"docker-desktop": (True, ["desktop-linux"]), "orbstack": (True, ["orbstack"])}),
        ("macos_colima_default", {"colima": (True, ["colima"]), "lima": (False, [])}),
        ("macos_colima_stopped", {"colima": (False, ["colima"]), "lima": (False, [])}),
        ("macos_lima", {"lima": (True, ["lima-docker"])}),
        ("macos_rancher_desktop", {"rancher-desktop": (True, ["rancher-desktop"])}),
        ("macos_podman", {"podman": (True, [])}),
        ("macos_finch", {"finch": (True, [])}),
        ("windows_podman", {"podman": (True, [])}),
        ("windows_rancher_desktop",  # the context is left over
         {"docker-desktop": (False, ["desktop-linux"]), "rancher-desktop": (True, [])}),
        ("wsl2_own_dockerd", {"docker-engine": (True, [])}),
    ],
)  # fmt: skip
def test_the_products_of_a_host(name: str, expected: dict[str, tuple[bool, list[str]]]) -> None:
    found = facts_of(name).installed
    assert not isinstance(found, Missing)
    assert {one.provider: (one.running, list(one.contexts)) for one in found} == expected


def test_a_server_is_asked_next_to_nothing() -> None:
    machine = import_module("tests.hosts.ubuntu_2404").machine()
    asked: list[Any] = []

    class Noting:
        def answer(self, question: Any, timeout: float) -> Any:
            asked.append(question)
            return machine.answer(question, timeout)

    host = Host(Noting())
    engine.look(host)
    before = len(asked)
    assert isinstance(TOPIC.look(host).installed, Missing)
    assert set(asked[before:]) == {("env", "WSL_DISTRO_NAME"), ("env", "MINIKUBE_ACTIVE_DOCKERD")}


def test_a_remote_context_is_told_as_such() -> None:
    machine = import_module("tests.hosts.macos_colima_default").machine()
    machine.context("build", "ssh://ops@build.example.com")
    machine.files[f"{HOME}/.docker/contexts/meta/0/meta.json"] = b"{"
    told = look(Host(machine)).contexts
    assert not isinstance(told, Missing)
    assert [(c.name, c.provider, c.remote) for c in told] == [
        ("build", None, True), ("colima", "colima", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "moved"),
    [
        (b'{"Driver": {"IPAddress": "192.168.105.9"}}', True),
        (b'{"Driver": {"IPAddress": "192.168.105.4"}}', False),
        (b'{"Driver": []}', False),
        (b"{", False),
    ],
)
def test_where_minikube_has_gone(file: bytes, moved: bool) -> None:
    machine = import_module("tests.hosts.macos_minikube_docker_env").machine()
    machine.files[f"{HOME}/.minikube/machines/minikube/config.json"] = file
    facts = replace(look(Host(machine)), problem=REMOTE)
    (found,) = verdicts(TOPIC, facts, "minikube-docker-env-stale")
    assert ("192.168.105.9 now" in found.summary) == moved


@pytest.mark.parametrize(
    ("argv", "wants"),
    [
        (["dockerd"], True),
        (["dockerd", "-H", "fd://"], True),
        (["dockerd", "-H", "unix:///run/docker.sock"], True),
        (["dockerd", "-H", "unix:///run/other.sock"], False),
    ],
)
def test_only_a_dockerd_at_the_default_socket_competes(argv: list[str], wants: bool) -> None:
    machine = import_module("tests.hosts.wsl2_both_engines").machine()
    for row in machine.gauges["processes"]:
        if row[3] == "dockerd":
            row[4] = argv
    assert look(Host(machine)).own_dockerd is wants


def test_nothing_is_claimed_of_a_host_that_nobody_looked_at() -> None:
    class Unasked(FakeSource):
        def answer(self, question: Any, timeout: float) -> Any:
            raise Unrecorded("it was not recorded")

    facts = look(Host(Unasked()))
    for check in TOPIC.checks:
        assert said(TOPIC, facts, check.id) in {"skip", "unknown"}, check.id


def test_which_of_several_vms_is_meant() -> None:
    host = mac(files=FILES)
    endpoint = f"unix://{HOME}/.colima/dev/docker.sock"
    assert vm_config.named(host, "colima", endpoint, "colima-dev").name == "dev"
    assert vm_config.named(host, "colima", "unix:///x", "colima").name == "default"
    with pytest.raises(Absent):
        vm_config.named(mac(), "colima", endpoint, "colima")
    with pytest.raises(Absent, match="does not tell"):  # krunkit is no word of a report
        vm_config.backend(host, "colima", endpoint, "colima-dev")


# -- who an engine is ------------------------------------------------------------------------------

WSL, LINUXKIT = "6.6.87.2-microsoft-standard-WSL2", "6.10.14-linuxkit"
DESKTOP = {"OperatingSystem": "Docker Desktop", "Name": "docker-desktop"}


@pytest.mark.parametrize(
    ("version", "info", "more", "expected"),
    [
        ({}, DESKTOP | {"KernelVersion": WSL}, {}, ("docker-desktop", "wsl2", "windows")),
        ({}, DESKTOP | {"KernelVersion": LINUXKIT}, {}, ("docker-desktop", None, None)),
        ({}, DESKTOP | {"KernelVersion": LINUXKIT, "Architecture": "aarch64"}, {},
         ("docker-desktop", None, "macos")),
        ({}, DESKTOP | {"Labels": ["com.docker.desktop.address=unix:///home/u/.docker/x"]}, {},
         ("docker-desktop", None, "linux")),
        ({"Platform": {"Name": "Docker Desktop 4.9.0"}}, {}, {"client_os": "darwin"},
         ("docker-desktop", None, "macos")),
        ({}, {"OperatingSystem": "Docker for Mac"}, {}, ("docker-desktop", None, None)),
        ({}, {"OperatingSystem": "Ubuntu 24.04 LTS", "Name": "DESKTOP-1", "KernelVersion": WSL}, {},
         ("docker-engine", "wsl2", "wsl2")),
        ({}, {"OSType": "windows", "OperatingSystem": "Microsoft Windows", "Name": "X"}, {},
         ("docker-engine", "native", "windows")),
        ({}, {"OperatingSystem": "Rancher Desktop WSL Distribution", "KernelVersion": WSL}, {},
         ("rancher-desktop", "wsl2", "windows")),
        ({}, {"OperatingSystem": "Ubuntu", "Name": "web", "KernelVersion": "6.8.0"}, {},
         ("docker-engine", None, "linux")),
        ({}, {"Architecture": "aarch64"}, {"context": "colima"}, ("colima", None, "macos")),
        ({}, {"OperatingSystem": "Ubuntu", "Name": "web"}, {"context": "colima"},
         ("docker-engine", None, "linux")),
    ],
)  # fmt: skip
def test_who_where_and_on_what(
    version: dict[str, Any], info: dict[str, Any], more: dict[str, str], expected: tuple[Any, ...]
) -> None:
    reached = {key: value for key, value in more.items() if key != "client_os"}
    found = (
        provider_of(version, info, **reached),
        backend_of(version, info),
        host_platform_of(version, info, **more),
    )
    assert found == expected


@pytest.mark.parametrize(
    ("endpoint", "provider"),
    [
        ("unix:///Users/u/.colima/dev/docker.sock", "colima"),
        ("unix:///Users/u/.config/colima/default/docker.sock", "colima"),
        ("unix:///Users/u/.orbstack/run/docker.sock", "orbstack"),
        ("unix:///Users/u/.rd/docker.sock", "rancher-desktop"),
        ("unix:///Users/u/.lima/docker/sock/docker.sock", "lima"),
        ("unix:///Users/u/.docker/run/docker.sock", "docker-desktop"),
        ("unix:///home/u/.docker/desktop/docker.sock", "docker-desktop"),
        ("npipe:////./pipe/dockerDesktopLinuxEngine", "docker-desktop"),
        (r"npipe://\\.\pipe\docker_cli", "docker-desktop"),
        ("npipe:////./pipe/podman-machine-default", "podman"),
        ("unix:///run/podman/podman.sock", "podman"),
        ("npipe:////./pipe/docker_engine", None),
        ("unix:///var/run/docker.sock", None),
        ("unix:///run/user/1000/docker.sock", None),
        ("tcp://10.0.0.2:2376", None),
    ],
)
def test_whose_endpoint_it_is(endpoint: str, provider: str | None) -> None:
    assert provider_at(endpoint) == provider


def test_names_of_contexts() -> None:
    assert [provider_named(n) for n in ("colima", "colima-x", "orbstack", "colimax", "")] == [
        "colima", "colima", "orbstack", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "provider", "backend", "local"),
    [
        ("windows_11_wsl2_desktop", "docker-desktop", "wsl2", False),
        ("windows_10_hyper_v", "docker-desktop", "hyper-v", False),
        ("macos_12_intel_hyperkit", "docker-desktop", "hyperkit", False),
        ("macos_15_arm_qemu", "docker-desktop", "qemu", False),
        ("macos_14_arm_good", "docker-desktop", "vz", False),
        ("macos_15_docker_vmm", "docker-desktop", "docker-vmm", False),
        ("ubuntu_desktop_linux", "docker-desktop", "qemu", False),
        ("macos_colima_default", "colima", "vz", False),
        ("macos_lima", "lima", "vz", False),
        ("macos_podman", "podman", "vz", False),
        ("windows_podman", "podman", "wsl2", False),
        ("windows_rancher_desktop", "rancher-desktop", "wsl2", False),
        ("wsl2_own_dockerd", "docker-engine", "wsl2", True),
        ("wsl2_desktop_integration", "docker-desktop", "wsl2", False),
        ("ubuntu_2404", "docker-engine", "native", True),
    ],
)
def test_whole_hosts(name: str, provider: str, backend: str, local: bool) -> None:
    seen = engine.look(Host(import_module(f"tests.hosts.{name}").machine()))
    assert (seen.provider, seen.backend, seen.local) == (provider, backend, local)


def test_the_default_endpoint_of_each_platform() -> None:
    assert engine.default_endpoint(fake_host()) == "unix:///var/run/docker.sock"
    machine = import_module("tests.hosts.windows_11_wsl2_desktop").machine()
    assert engine.default_endpoint(Host(machine)) == "npipe:////./pipe/docker_engine"
