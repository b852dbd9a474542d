"""Whether this host's kernel is the one that the engine's containers run on."""

from __future__ import annotations

import pytest

from probes import engine
from probes.engine_host import engine_host
from probes.host import Unreadable
from probes.model import Missing
from tests.fake_host import SESSION, SYSTEM, fake_host

WSL = "6.6.87.2-microsoft-standard-WSL2"
DOCKERD = [812, 1, 0, "dockerd", ["/usr/bin/dockerd", "-H", "fd://"], 1_799_000_000.0, False]
CE = {"Version": "28.5.2", "ApiVersion": "1.51", "Platform": {"Name": "Docker Engine - Community"}}
MAC = {**SYSTEM, "platform": "darwin", "release": "24.6.0", "machine": "arm64", "hostname": "mac"}
PC = {**SYSTEM, "platform": "windows", "release": "10.0.26100.6899", "hostname": "DESKTOP-4F2"}
STORE = "/Users/ann/Library/Group Containers/group.com.docker/settings-store.json"


def answers(name="web-07", kernel=SYSTEM["release"], system="Debian GNU/Linux 12", **version):
    info = {"Name": name, "OperatingSystem": system, "KernelVersion": kernel, "OSType": "linux"}
    return {"/version": {**CE, **version}, "/info": info}


def linux(release=SYSTEM["release"], processes=(DOCKERD,), **more):
    gauges = {"processes": list(processes), "system": {**SYSTEM, "release": release}}
    return fake_host(
        **{"peers": {"/var/run/docker.sock": 1} if processes else {}, "gauges": gauges, **more}
    )


def other(system, home, **more):
    return fake_host(
        gauges={"system": system, "session": {**SESSION, "uid": 501, "home": home}}, **more
    )


@pytest.mark.parametrize(
    ("host", "provider", "backend", "local"),
    [
        (linux(engine=answers()), "docker-engine", "native", True),
        # A dockerd of a WSL distribution: this distribution's files are its files.
        (linux(WSL, engine=answers(kernel=WSL)), "docker-engine", "wsl2", True),
    ],
    ids=["a server", "in a WSL distribution"],
)
def test_an_engine_on_this_kernel(host, provider, backend, local):
    seen = engine.look(host)
    assert (seen.provider, seen.backend, seen.local) == (provider, backend, local)
    assert engine_host(host) is True


@pytest.mark.parametrize(
    ("host", "provider", "backend"),
    [
        (
            linux(WSL, processes=(), engine=answers("docker-desktop", WSL, "Docker Desktop")),
            "docker-desktop",
            "wsl2",
        ),
        (
            linux(
                processes=(),
                env={"DOCKER_HOST": "unix:///root/.docker/desktop/docker.sock"},
                files={"/opt/docker-desktop/bin/com.docker.backend": ""},
                engine=answers("docker-desktop", "6.10.14-linuxkit", "Docker Desktop"),
            ),
            "docker-desktop",
            "qemu",
        ),
        (
            other(
                MAC,
                "/Users/ann",
                files={STORE: '{"UseVirtualizationFramework": true}'},
                engine=answers("docker-desktop", "6.10.14-linuxkit", "Docker Desktop"),
            ),
            "docker-desktop",
            "vz",
        ),
        (
            other(
                PC,
                r"C:\Users\ann",
                engine=answers("docker-desktop", "6.10.14-linuxkit", "Docker Desktop"),
            ),
            "docker-desktop",
            "hyper-v",
        ),
        (
            other(
                MAC,
                "/Users/ann",
                env={"DOCKER_HOST": "unix:///T/podman/podman-machine-default-api.sock"},
                files={"/Users/ann/.config/containers/podman/machine/applehv/default.json": "{}"},
                engine=answers(
                    "localhost", "6.12.7-200.fc41", Components=[{"Name": "Podman Engine"}]
                ),
            ),
            "podman",
            "vz",
        ),
    ],
    ids=[
        "Desktop seen from WSL",
        "Desktop for Linux without settings",
        "Desktop on macOS",
        "Desktop on Hyper-V without settings",
        "a podman machine on macOS",
    ],
)
def test_an_engine_in_a_vm_is_not_local(host, provider, backend):
    seen = engine.look(host)
    assert (seen.provider, seen.backend, seen.local) == (provider, backend, False)
    with pytest.raises(Unreadable) as caught:
        engine_host(host)
    assert caught.value.kind == "inapplicable"


@pytest.mark.parametrize("url", ["ssh://ann@mac.example.com", "tcp://10.0.0.7:2376"])
def test_the_settings_of_this_mac_say_nothing_of_a_desktop_elsewhere(url):
    host = other(
        MAC,
        "/Users/ann",
        env={"DOCKER_HOST": url},
        files={STORE: '{"UseVirtualizationFramework": true}'},
        engine=answers("docker-desktop", "6.10.14-linuxkit", "Docker Desktop"),
    )
    seen = engine.look(host)
    assert (seen.provider, seen.local) == ("docker-desktop", False)
    assert isinstance(seen.backend, Missing)
    assert seen.backend.reason.startswith("the engine is on another machine")


def test_what_cannot_be_told_of_a_vm_says_how_to_look():
    host = other(
        MAC,
        "/Users/ann",
        env={"DOCKER_HOST": "unix:///Users/ann/.orbstack/run/docker.sock"},
        engine=answers("orbstack", "6.12.15-orbstack-00304", "OrbStack"),
    )
    backend = engine.look(host).backend
    assert isinstance(backend, Missing)
    assert (backend.kind, backend.look) == ("absent", "orb status")


def test_no_engine_runs_in_wsl_1():
    host = linux("4.4.0-19041-Microsoft", processes=(), files={"/usr/bin/dockerd": ""})
    with pytest.raises(Unreadable, match="WSL 1 has no kernel") as caught:
        engine_host(host)
    assert caught.value.kind == "inapplicable"


@pytest.mark.parametrize(("system", "home"), [(MAC, "/Users/ann"), (PC, r"C:\Users\ann")])
def test_windows_and_macos_are_never_the_engines_kernel(system, home):
    with pytest.raises(Unreadable) as caught:
        engine_host(other(system, home))
    assert caught.value.kind == "inapplicable"


def test_minikubes_engine_that_is_down_is_known_by_its_certificates():
    host = other(
        MAC,
        "/Users/ann",
        env={
            "DOCKER_HOST": "tcp://192.168.105.4:2376",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": "/Users/ann/.minikube/certs",
        },
    )
    seen = engine.look(host)
    assert (seen.reachable, seen.provider) == (False, "minikube")


@pytest.mark.parametrize(
    ("host", "found"),
    [
        (other(PC, r"C:\Users\ann"), False),
        (other(PC, r"C:\Users\ann",
               files={r"C:\Program Files\Docker\Docker\Docker Desktop.exe": ""}), True),
        (other(PC, r"C:\Users\ann", env={"LOCALAPPDATA": r"C:\Users\ann\AppData\Local"},
               files={r"C:\Users\ann\AppData\Local\Programs\DockerDesktop\Docker Desktop.exe": ""}),
         True),
        (other(MAC, "/Users/ann"), False),
        (other(MAC, "/Users/ann", files={"/Applications/OrbStack.app/Contents/Info.plist": ""}),
         True),
        (other(MAC, "/Users/ann", env={"HOME": "/Users/ann"},
               files={"/Users/ann/Applications/Docker.app/Contents/Info.plist": ""}), True),
        (other(MAC, "/Users/ann", files={"/opt/homebrew/bin/colima": ""}), True),
        (linux(processes=()), False),
        (linux(processes=([7, 1, 1000, "com.docker.back", ["/opt/x"], 1.0, False],)), True),
        (linux(processes=([7, 1, 1000, "dockerd", ["dockerd"], 1.0, True],)), False),
    ],
)  # fmt: skip
def test_what_an_installed_engine_leaves(host, found):
    assert engine.installed(host) is found
