"""Which engine is asked, and who it is."""

from __future__ import annotations

import hashlib
import json

import pytest

from probes import engine
from probes.engine_identity import provider_of
from probes.host import Absent, Denied, Endpoint, Garbled
from probes.model import Missing
from tests.fake_host import SESSION, SYSTEM, fake_host

CE = {"Version": "28.5.2", "ApiVersion": "1.51", "Platform": {"Name": "Docker Engine - Community"}}
INFO = {
    "Name": "web-07",
    "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
    "KernelVersion": "6.1.0-28-amd64",
    "DockerRootDir": "/var/lib/docker",
    "Driver": "overlay2",
    "CgroupVersion": "2",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
}
DOCKERD = [812, 1, 0, "dockerd", ["/usr/bin/dockerd", "-H", "fd://"], 1_799_000_000.0, False]
SOCKET = "unix:///var/run/docker.sock"


def context(name, url, **more):
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = {"Name": name, "Endpoints": {"docker": {"Host": url, **more}}}
    return {f"/root/.docker/contexts/meta/{digest}/meta.json": json.dumps(meta)}


@pytest.mark.parametrize(
    ("env", "files", "url", "context_name", "chosen_by"),
    [
        ({}, {}, SOCKET, "default", "default"),
        ({"DOCKER_HOST": "tcp://h:2375"}, {}, "tcp://h:2375", "default", "DOCKER_HOST"),
        ({"DOCKER_HOST": "h:2375"}, {}, "tcp://h:2375", "default", "DOCKER_HOST"),
        (
            {"DOCKER_CONTEXT": "build"},
            context("build", "ssh://ci@build"),
            "ssh://ci@build",
            "build",
            "DOCKER_CONTEXT",
        ),
        (
            {},
            {"/root/.docker/config.json": '{"currentContext": "rootless"}'}
            | context("rootless", "unix:///run/user/0/docker.sock"),
            "unix:///run/user/0/docker.sock",
            "rootless",
            "currentContext of /root/.docker/config.json",
        ),
        ({}, {"/root/.docker/config.json": "{broken"}, SOCKET, "default", "default"),
        (
            {"DOCKER_HOST": "unix:///x", "DOCKER_CONTEXT": "build"},
            {},
            "unix:///x",
            "default",
            "DOCKER_HOST",
        ),
    ],
)
def test_target_follows_the_clis_rules(env, files, url, context_name, chosen_by):
    found = engine.target(fake_host(env=env, files=files))
    assert (found.endpoint.url, found.context, found.chosen_by) == (url, context_name, chosen_by)


PIPE = "npipe:////./pipe/docker_engine"
PC = {**SYSTEM, "platform": "windows", "release": "10.0.26100.6899"}
ANN = {**SESSION, "home": r"C:\Users\ann"}


@pytest.mark.parametrize(
    ("files", "url", "chosen_by"),
    [
        ({}, PIPE, "default"),
        (
            {"config.json": '{"currentContext": "desktop-linux"}'},
            "npipe:////./pipe/dockerDesktopLinuxEngine",
            r"currentContext of C:\Users\ann\.docker\config.json",
        ),
    ],
)
def test_target_on_windows(files, url, chosen_by):
    digest = hashlib.sha256(b"desktop-linux").hexdigest()
    meta = {"Endpoints": {"docker": {"Host": "npipe:////./pipe/dockerDesktopLinuxEngine"}}}
    files = files | {rf"contexts\meta\{digest}\meta.json": json.dumps(meta)}
    files = {rf"C:\Users\ann\.docker\{name}": text for name, text in files.items()}
    found = engine.target(fake_host(gauges={"system": PC, "session": ANN}, files=files))
    assert (found.endpoint.url, found.chosen_by) == (url, chosen_by)


def test_a_context_that_does_not_exist():
    with pytest.raises(Garbled, match="'gone' is selected but does not exist"):
        engine.target(fake_host(env={"DOCKER_CONTEXT": "gone"}))


def test_tls_of_a_context():
    digest = hashlib.sha256(b"prod").hexdigest()
    files = context("prod", "tcp://h:2376", SkipTLSVerify=True)
    folder = f"/root/.docker/contexts/tls/{digest}/docker"
    found = engine.target(
        fake_host(env={"DOCKER_CONTEXT": "prod"}, files=files | {f"{folder}/ca.pem": "x"})
    )
    assert found.endpoint == Endpoint("tcp://h:2376", folder, verify=False)


@pytest.mark.parametrize(
    ("version", "info", "provider"),
    [
        (CE, INFO, "docker-engine"),
        ({"Platform": {"Name": ""}}, INFO, "docker-engine"),
        ({"Platform": {"Name": "Docker Desktop 4.37.1 (178610)"}}, {}, "docker-desktop"),
        ({}, {"OperatingSystem": "Docker Desktop"}, "docker-desktop"),
        ({"Components": [{"Name": "Podman Engine"}]}, {}, "podman"),
        ({}, {"DockerRootDir": "/var/snap/docker/common/var-lib-docker"}, "snap"),
        ({}, {"Name": "colima"}, "colima"),
        ({}, {"Name": "lima-default"}, "lima"),
        ({}, {"Name": "lima-finch"}, "finch"),
        ({}, {"Name": "lima-rancher-desktop"}, "rancher-desktop"),
        ({}, {"OperatingSystem": "OrbStack"}, "orbstack"),
        ({}, {"Name": "minikube", "Labels": ["provider=docker"]}, "minikube"),
        ({"Components": [None, 7]}, {"Labels": None}, "docker-engine"),
    ],
)
def test_provider(version, info, provider):
    assert provider_of(version, info) == provider


def host(**more):
    answers = {
        "engine": {"/version": CE, "/info": INFO},
        "peers": {"/var/run/docker.sock": 1},
        "gauges": {"processes": [DOCKERD]},
    }
    return fake_host(**{**answers, **more})


def test_look_at_a_usual_host():
    found = engine.look(host())
    assert (found.reachable, found.provider, found.backend) == (True, "docker-engine", "native")
    assert (found.local, found.rootless, found.storage_driver) == (True, False, "overlay2")
    assert isinstance(found.daemon, engine.Daemon)
    assert found.daemon.config_file == "/etc/docker/daemon.json"


def test_the_daemon_is_the_one_behind_the_socket():
    other = [900, 1, 0, "dockerd", ["dockerd", "--config-file=/srv/b.json"], 1.0, False]
    found = engine.daemon(
        host(peers={"/var/run/docker.sock": 900}, gauges={"processes": [DOCKERD, other]})
    )
    assert (found.pid, found.config_file, found.config_file_named) == (900, "/srv/b.json", True)


def test_a_rootless_daemon_reads_its_owners_file():
    process = [900, 1, 1000, "dockerd", ["dockerd"], 1.0, False]
    found = engine.daemon(
        host(
            peers={"/var/run/docker.sock": 900},
            gauges={"processes": [process]},
            files={"/etc/passwd": "ann:x:1000:1000::/home/ann:/bin/sh\n"},
        )
    )
    assert found.config_file == "/home/ann/.config/docker/daemon.json"


@pytest.mark.parametrize(
    ("process", "why"),
    [
        ([9, 1, 0, "dockerd", ["dockerd", "-H", "unix:///srv/other.sock"], 1.0, False], "another"),
        ([9, 1, 0, "dockerd", ["dockerd", "--validate"], 1.0, False], "a validator"),
        ([9, 1, 0, "dockerd", ["dockerd"], 1.0, True], "in a container"),
    ],
)
def test_a_dockerd_that_cannot_be_the_one_is_not(process, why):
    with pytest.raises(Absent):
        engine.daemon(host(gauges={"processes": [process]}, files={"/usr/bin/dockerd": ""}))


def test_a_remote_engine_is_not_this_host():
    told = {**INFO, "Name": "elsewhere"}
    found = engine.look(
        host(env={"DOCKER_HOST": "tcp://h:2375"}, engine={"/version": CE, "/info": told})
    )
    assert found.reachable
    assert found.local is False
    assert isinstance(found.daemon, Missing)
    assert found.daemon.kind == "inapplicable"


def test_no_engine_at_all():
    found = engine.look(fake_host())
    assert not found.reachable
    assert isinstance(found.version, Missing)
    assert found.version.kind == "inapplicable"


def test_an_installed_engine_that_is_down_is_not_no_engine():
    found = engine.look(fake_host(files={"/usr/bin/dockerd": ""}))
    assert isinstance(found.version, Missing)
    assert found.version.kind == "absent"


def test_no_permission():
    question = ("engine", SOCKET, "", "1", "/version")
    found = engine.look(fake_host(failures={question: Denied("no", look="id -nG")}))
    assert isinstance(found.version, Missing)
    assert (found.version.kind, found.version.look) == ("denied", "id -nG")


@pytest.mark.parametrize("answer", [[], "text", None, 7])
def test_an_engine_that_answers_nonsense(answer):
    found = engine.look(host(engine={"/version": answer, "/info": answer}))
    assert not found.reachable
