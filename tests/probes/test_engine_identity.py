"""Whose engine it is, what carries it and on which computer, from its answers alone."""

from __future__ import annotations

import pytest

from probes.engine_identity import (
    WINDOWS_PIPE,
    backend_of,
    host_platform_of,
    provider_at,
    provider_named,
    provider_of,
)

DESKTOP = {"OperatingSystem": "Docker Desktop", "Name": "docker-desktop", "OSType": "linux"}
LINUXKIT = {**DESKTOP, "KernelVersion": "6.10.14-linuxkit", "Architecture": "x86_64"}
ON_WSL = {**DESKTOP, "KernelVersion": "6.6.87.2-microsoft-standard-WSL2", "Architecture": "x86_64"}
LABEL = "com.docker.desktop.address="
MAC_SOCKET = "unix:///Users/ann/Library/Containers/com.docker.docker/Data/docker-cli.sock"
DESKTOP_SOCKET = "unix:///home/ann/.docker/desktop/docker-cli.sock"
SERVER = {
    "OperatingSystem": "Ubuntu 24.04.3 LTS",
    "Name": "web-07",
    "OSType": "linux",
    "KernelVersion": "6.8.0-64-generic",
    "Architecture": "x86_64",
}
IN_WSL = {**SERVER, "KernelVersion": "6.6.87.2-microsoft-standard-WSL2"}
ORBSTACK = {"OperatingSystem": "OrbStack", "KernelVersion": "6.12.15-orbstack-00304-g0f2e"}
WINDOWS_ENGINE = {"OSType": "windows", "OperatingSystem": "Windows Server 2022", "Name": "WIN-1"}
PODMAN = {"Components": [{"Name": "Podman Engine"}]}


def labelled(info, address):
    return {**info, "Labels": [LABEL + address]}


@pytest.mark.parametrize(
    ("endpoint", "certificates", "provider"),
    [
        ("unix:///var/run/docker.sock", "", None),
        (WINDOWS_PIPE, "", None),
        ("tcp://build.example.com:2376", "/root/.docker", None),
        ("unix:///Users/ann/.colima/default/docker.sock", "", "colima"),
        ("unix:///Users/ann/.config/colima/dev/docker.sock", "", "colima"),
        ("unix:///Users/ann/.colima/docker.sock", "", "colima"),
        ("unix:///Users/ann/.lima/docker/sock/docker.sock", "", "lima"),
        ("unix:///Users/ann/.orbstack/run/docker.sock", "", "orbstack"),
        ("unix:///Users/ann/.rd/docker.sock", "", "rancher-desktop"),
        ("unix:///Users/ann/.docker/run/docker.sock", "", "docker-desktop"),
        ("unix:///home/ann/.docker/desktop/docker.sock", "", "docker-desktop"),
        ("npipe:////./pipe/dockerDesktopLinuxEngine", "", "docker-desktop"),
        ("npipe:////./pipe/dockerDesktopWindowsEngine", "", "docker-desktop"),
        (r"npipe:\\.\pipe\dockerDesktopLinuxEngine", "", "docker-desktop"),
        ("npipe:////./pipe/podman-machine-default", "", "podman"),
        (
            "unix:///var/folders/xy/abc123/T/podman/podman-machine-default-api.sock",
            "",
            "podman",
        ),
        ("unix:///run/user/1000/podman/podman.sock", "", "podman"),
        ("tcp://192.168.49.2:2376", "/home/ann/.minikube/certs", "minikube"),
        ("tcp://127.0.0.1:52000", r"C:\Users\ann\.minikube\certs", "minikube"),
        ("unix:///Users/ann/.colima/default/docker.sock", "/x/.minikube/certs", "colima"),
    ],
)
def test_whose_engine_listens_at_an_endpoint(endpoint, certificates, provider):
    assert provider_at(endpoint, certificates) == provider


@pytest.mark.parametrize(
    ("context", "provider"),
    [
        ("default", None),
        ("colima", "colima"),
        ("colima-dev", "colima"),
        ("colimax", None),
        ("orbstack", "orbstack"),
        ("rancher-desktop", "rancher-desktop"),
    ],
)
def test_whose_a_context_is_by_its_name(context, provider):
    assert provider_named(context) == provider


@pytest.mark.parametrize(
    ("info", "how", "provider"),
    [
        # What the engine says itself counts more than how it was reached.
        (DESKTOP, {"endpoint": "unix:///Users/ann/.colima/default/docker.sock"}, "docker-desktop"),
        (SERVER, {"context": "colima"}, "docker-engine"),
        (labelled({"ServerVersion": ""}, "npipe://x"), {}, "docker-desktop"),
        ({"OperatingSystem": "Docker for Mac"}, {}, "docker-desktop"),
        ({"OperatingSystem": "Docker for Windows"}, {}, "docker-desktop"),
        # It says nothing of whose it is.
        ({}, {"context": "colima-dev"}, "colima"),
        (SERVER, {"endpoint": "unix:///Users/ann/.lima/docker/sock/docker.sock"}, "lima"),
        ({**SERVER, "Name": "dev"}, {"certificates": "/home/ann/.minikube/certs"}, "minikube"),
        ({**SERVER, "Name": "dev"}, {"certificates": "/home/ann/.docker"}, "docker-engine"),
        ({"SecurityOptions": ["name=seccomp,profile=/etc/rancher-desktop/seccomp.json"]}, {},
         "rancher-desktop"),
        ({"Name": "colimata"}, {}, "docker-engine"),
        ({"Name": "minikube-m02"}, {}, "docker-engine"),
    ],
)  # fmt: skip
def test_provider_of_what_the_engine_tells_and_how_it_was_reached(info, how, provider):
    assert provider_of({}, info, **how) == provider


@pytest.mark.parametrize(
    ("info", "endpoint", "backend"),
    [
        (ON_WSL, "", "wsl2"),
        (IN_WSL, "unix:///var/run/docker.sock", "wsl2"),
        (WINDOWS_ENGINE, WINDOWS_PIPE, "native"),
        (LINUXKIT, "npipe:////./pipe/dockerDesktopLinuxEngine", "hyper-v"),
        (labelled(LINUXKIT, r"npipe://\\.\pipe\docker_cli"), "", "hyper-v"),
        # The same kernel on macOS and Linux, and where nothing else is told.
        (LINUXKIT, "", None),
        (labelled(LINUXKIT, MAC_SOCKET), "", None),
        (labelled(LINUXKIT, DESKTOP_SOCKET), "", None),
        (SERVER, "unix:///var/run/docker.sock", None),
        ({"KernelVersion": 7}, "", None),
    ],
)
def test_what_carries_an_engine_as_far_as_it_says(info, endpoint, backend):
    assert backend_of({}, info, endpoint=endpoint) == backend


@pytest.mark.parametrize(
    ("version", "info", "how", "platform"),
    [
        ({}, SERVER, {}, "linux"),
        ({}, IN_WSL, {}, "wsl2"),
        ({}, ON_WSL, {}, "windows"),
        ({}, WINDOWS_ENGINE, {}, "windows"),
        ({}, ORBSTACK, {}, "macos"),
        ({}, labelled(LINUXKIT, MAC_SOCKET), {}, "macos"),
        ({}, labelled(LINUXKIT, DESKTOP_SOCKET), {}, "linux"),
        ({}, labelled(LINUXKIT, r"npipe://\\.\pipe\docker_cli"), {}, "windows"),
        ({}, LINUXKIT, {}, None),
        ({}, {**LINUXKIT, "Architecture": "aarch64"}, {}, "macos"),
        ({}, LINUXKIT, {"client_os": "darwin"}, "macos"),
        ({}, LINUXKIT, {"client_os": "windows"}, "windows"),
        ({}, LINUXKIT, {"client_os": "linux"}, "linux"),
        ({}, {**SERVER, "Name": "colima"}, {}, None),
        ({}, {**SERVER, "Name": "colima", "Architecture": "aarch64"}, {}, "macos"),
        # A podman machine is a distribution of WSL as well.
        (PODMAN, IN_WSL, {}, None),
        ({}, {}, {}, None),
    ],
)
def test_which_computer_an_engine_runs_on(version, info, how, platform):
    assert host_platform_of(version, info, **how) == platform
