"""Topics that were made for Linux servers, on hosts whose engine is in a VM or is not Linux'."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from agent import doctor
from agent.doctor import Selection
from agent.settings import Settings
from probes.daemon_control import advice
from probes.host import Host
from tests.hosts.desktop_machine import PROFILE, inner
from tests.hosts.trouble import VERSION

if TYPE_CHECKING:
    from probes.model import Finding

OTHERS = ["windows_11_wsl2_desktop", "macos_14_arm_good"]


def built(name: str) -> Any:
    return import_module(f"tests.hosts.{name}").machine()


def found(machine: Any, check: str) -> list[Finding]:
    told = doctor.run(Host(machine), Selection(only=frozenset({check})), Settings())
    return [f for f in told.findings if f.id == check]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        ("cpu-not-64-bit", "pass"),
        ("userland-32-bit", "pass"),
        ("memory-below-minimum", "pass"),
        ("disk-below-minimum", "skip"),
        ("distribution-end-of-life", "skip"),
        ("distribution-support-ending", "skip"),
        ("clock-unsynchronised", "skip"),
        ("clock-error-large", "skip"),
        ("engine-clock-apart", "pass"),
        ("buildx-missing", "skip"),
        ("cli-plugin-broken", "pass"),
        ("images-unused", "pass"),
        ("registry-insecure", "pass"),
        ("daemon-debug-on", "pass"),
    ],
)
def test_what_a_linux_topic_says_elsewhere(name: str, check: str, outcome: str) -> None:
    assert {f.outcome for f in found(built(name), check)} == {outcome}


def test_a_plugin_on_windows_is_looked_for_where_the_cli_does() -> None:
    machine = built("windows_remote_ssh")
    assert found(machine, "buildx-missing")[0].outcome == "pass"
    folder = rf"{PROFILE}\.docker\cli-plugins"
    del machine.files[inner(rf"{folder}\docker-buildx.exe")]
    (missing,) = found(machine, "buildx-missing")
    assert missing.outcome == "fail"
    assert rf"{folder}\docker-buildx.exe" in missing.mend[0]
    machine.files[inner(r"C:\Program Files\Docker\cli-plugins\docker-buildx.exe")] = b"MZ"
    assert found(machine, "buildx-missing")[0].outcome == "pass"


def test_a_link_of_a_plugin_into_an_app_that_is_gone() -> None:
    machine = built("macos_14_arm_good")
    link = "/Users/ann/.docker/cli-plugins/docker-compose"
    machine.links[link] = "/Applications/Gone.app/docker-compose"
    (broken,) = found(machine, "cli-plugin-broken")
    assert (broken.outcome, broken.subject) == ("fail", link)


@pytest.mark.parametrize("check", ["seccomp-off", "address-pool-exhausted", "userns-remap-off"])
def test_what_windows_containers_do_not_have(check: str) -> None:
    assert [f.outcome for f in found(built("windows_11_windows_containers"), check)] == ["skip"]


def test_the_registries_that_minikube_trusts_by_itself() -> None:
    machine = built("macos_minikube_docker_env")
    assert [f.outcome for f in found(machine, "registry-insecure")] == ["pass"]
    (answers,) = machine.engines.values()
    answers["/info"]["RegistryConfig"]["InsecureRegistryCIDRs"].append("10.0.0.0/8")
    (other,) = found(machine, "registry-insecure")
    assert (other.outcome, other.subject) == ("fail", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("macos_14_arm_good", "sudo sntp -sS time.apple.com"),
        ("windows_11_wsl2_desktop", "w32tm /resync"),
        ("wsl2_desktop_integration", "sudo hwclock -s"),
        ("ubuntu_2404", "sudo timedatectl set-ntp true"),
    ],
)
def test_a_clock_is_set_as_this_platform_sets_it(name: str, step: str) -> None:
    machine = built(name)
    for answers in machine.engines.values():
        answers["/version"] |= VERSION
    (behind,) = found(machine, "clock-before-engine-build")
    assert behind.outcome == "fail"
    assert any(line.startswith(step) for line in behind.mend)


def test_a_small_wsl_gets_its_memory_from_wslconfig() -> None:
    from tests.hosts import wsl2_own_dockerd

    machine = wsl2_own_dockerd.machine(vm_memory=2_054_000_000)
    (small,) = found(machine, "memory-below-minimum")
    assert small.outcome == "fail"
    assert ".wslconfig" in small.mend[0]


@pytest.mark.parametrize(
    ("name", "file", "restart"),
    [
        ("macos_14_arm_good", "Docker Desktop's Settings > Docker Engine", "Apply & restart"),
        ("windows_10_hyper_v", "Docker Desktop's Settings > Docker Engine", "Apply & restart"),
        ("wsl2_desktop_integration", "Docker Desktop's Settings > Docker Engine", "Apply"),
        ("ubuntu_desktop_linux", "Docker Desktop's Settings > Docker Engine", "Apply & restart"),
        ("macos_orbstack", "OrbStack's Settings", "orb restart docker"),
        ("macos_colima_default", "colima.yaml", "colima restart"),
        ("macos_lima", "limactl shell", "limactl stop"),
        ("macos_rancher_desktop", "in the VM", "Rancher Desktop"),
        ("macos_minikube_docker_env", "--docker-opt", "minikube start"),
        ("macos_podman", "/etc/containers", "podman reads it"),
        ("windows_remote_ssh", "of the engine's own machine", "there"),
        ("wsl2_own_dockerd", "/etc/docker/daemon.json", "sudo systemctl restart docker"),
    ],
)
def test_where_the_engine_is_configured(name: str, file: str, restart: str) -> None:
    told = advice(Host(built(name)))
    assert file in told.config_file
    assert restart in told.restart
