"""The engines themselves: they are real, they differ, and they leave nothing behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines import packages
from tests.engines.daemon import (
    EngineError,
    alive,
    as_user,
    link_exists,
    mounts_of,
    processes_of,
    request,
)
from tests.engines.packages import AptSource, EngineUnavailable, _deb822_sources, _one_line_sources
from tests.engines.sockets import (
    AnswerSocket,
    DeadSocket,
    EndlessSocket,
    GarbageSocket,
    HungSocket,
    SlowSocket,
)

ROOT = Path(__file__).parents[2]


def test_each_engine_says_its_version(any_engine, engine_versions):
    info = any_engine.info()
    assert info["ServerVersion"].startswith(engine_versions[any_engine.release])
    assert info["DockerRootDir"] == str(any_engine.data_root)
    assert any_engine.docker("version", "--format", "{{.Client.Version}}").stdout.startswith(
        any_engine.version
    )


def test_each_engine_runs_a_container(any_engine):
    any_engine.run_container("proof", "--label", "a=b", "--memory", "64m")
    try:
        assert "uid=0(root)" in any_engine.docker("exec", "proof", "id").stdout
        [listed] = any_engine.api("GET", "/containers/json").json()
        assert listed["Labels"] == {"a": "b"}
        # The store survives a restart of the daemon.
        any_engine.restart()
        shown = any_engine.docker("inspect", "-f", "{{.State.Status}}", "proof").stdout
        assert shown == "exited\n"
    finally:
        any_engine.remove_all()
    assert any_engine.api("GET", "/containers/json?all=1").json() == []


def test_each_cli_has_its_plugins(any_engine):
    assert "buildx" in any_engine.docker("buildx", "version").stdout
    assert "Compose version" in any_engine.docker("compose", "version").stdout


@pytest.mark.parametrize("release", packages.VERSIONS)
def test_reload_reads_the_config_again(start_engine, release):
    engine = start_engine(release, config={"labels": ["old=1"]})
    assert engine.info()["Labels"] == ["old=1"]
    engine.write_config({"labels": ["new=1"]})
    assert "Reloaded configuration" in engine.reload()
    assert engine.info()["Labels"] == ["new=1"]
    engine.write_config(b"{ not json")
    assert "level=error" in engine.reload()
    assert engine.info()["Labels"] == ["new=1"]


@pytest.mark.parametrize("release", packages.VERSIONS)
def test_a_broken_config_fails_with_its_reason(start_engine, release):
    engine = start_engine(release, config={"no-such-key": 1}, start=False)
    assert "no-such-key" in engine.start(expect_failure=True)
    engine.write_config({"hosts": [f"unix://{engine.folder}/own.sock"]})
    engine.start()
    assert engine.socket.name == "own.sock"
    assert engine.info()["ServerVersion"]


@pytest.mark.parametrize("release", packages.VERSIONS)
def test_a_key_given_twice_is_refused(start_engine, release):
    engine = start_engine(
        release,
        config={"hosts": ["tcp://127.0.0.1:2375"]},
        args=["--host=unix:///nowhere.sock"],
        start=False,
    )
    assert "specified both as a flag and in the configuration file: hosts" in engine.start(
        expect_failure=True
    )


@pytest.mark.parametrize("release", packages.VERSIONS)
def test_own_network_namespace_keeps_the_stock_network(start_engine, release):
    engine = start_engine(release, config=lambda self: {"bip": "10.9.0.1/24", "pidfile": f"{self.folder}/x.pid"})  # fmt: skip
    assert engine.own_netns
    engine.run_container("web", "-p", "8080:80")
    [network] = engine.api("GET", "/networks/bridge").json()["IPAM"]["Config"]
    assert network["Subnet"] == "10.9.0.0/24"
    assert not link_exists("docker0") or Path("/run/docker.pid").exists()
    assert int((engine.folder / "x.pid").read_text()) == engine.pid


def test_live_restore_keeps_the_container(start_engine):
    engine = start_engine("28", config={"live-restore": True})
    engine.run_container("kept")
    show = ("inspect", "-f", "{{.State.Pid}}", "kept")
    before = engine.docker(*show).stdout
    engine.restart()
    assert engine.docker(*show).stdout == before


def test_leaving_removes_every_trace(start_engine):
    key_there = Path("/etc/docker/key.json").exists()
    sockets = _shim_sockets()
    engine = start_engine("20")
    folder, bridge = engine.folder, engine.bridge
    identity = engine.run_container("running", "--restart", "always")
    assert list(Path("/sys/fs/cgroup").glob(f"**/{identity}"))
    network = engine.docker("network", "create", "extra").stdout[:12]
    assert processes_of(folder)
    assert mounts_of(folder)
    assert link_exists(bridge)
    assert link_exists(f"br-{network}")
    container = int(engine.docker("inspect", "-f", "{{.State.Pid}}", "running").stdout)
    engine.close()
    assert processes_of(folder) == []
    assert mounts_of(folder) == []
    assert not folder.exists()
    assert not link_exists(bridge)
    assert not link_exists(f"br-{network}")
    assert not alive(container)
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{identity}"))
    assert _shim_sockets() <= sockets
    assert Path("/etc/docker/key.json").exists() == key_there


def _shim_sockets() -> set[Path]:
    return set(Path("/run/containerd/s").glob("*"))


def test_a_killed_run_is_swept_by_the_next(engine28, start_engine):
    killed = subprocess.Popen(
        [sys.executable, "-m", "tests.engines.populate", "--running=1", "--stopped=1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with killed:
        assert killed.stdout is not None
        line = killed.stdout.readline().strip()
        folder = Path(line.removeprefix("DOCKER_HOST=unix://")).parent
        assert request(folder / "docker.sock", "GET", "/info").json()["ContainersRunning"] == 1
        killed.kill()
    left = processes_of(folder)
    assert left
    start_engine("28")
    assert set(left).isdisjoint(processes_of(folder))


def test_populate_ends_cleanly_when_interrupted(engine28):
    with subprocess.Popen(
        [sys.executable, "-m", "tests.engines.populate", "--running=2", "--stopped=3"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        folder = Path(line.removeprefix("DOCKER_HOST=unix://")).parent
        info = request(folder / "docker.sock", "GET", "/info").json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (info["ContainersRunning"], info["ContainersStopped"]) == (2, 3)
    assert processes_of(folder) == []


@pytest.mark.parametrize("release", ["26", "28"])
def test_validate_is_the_real_judge_and_touches_nothing(validate, tmp_path, release):
    file = tmp_path / "daemon.json"
    file.write_text('{"debug": true}')
    assert validate(release, file) == (0, "configuration OK")
    file.write_text('{"foo": {"bar": 1}}')
    code, said = validate(release, file)
    assert code == 1
    assert "bar" in said
    watched = [Path("/etc") / name for name in ("passwd", "group", "subuid", "subgid", "shadow")]
    before = [path.read_bytes() if path.exists() else None for path in watched]
    file.write_text('{"userns-remap": "default"}')
    code, said = validate(release, file)
    assert code == 0
    assert "dockremap" in said  # it made that user, in a world of its own
    assert [path.read_bytes() if path.exists() else None for path in watched] == before


@pytest.mark.engine
def test_as_user_is_unprivileged():
    done = as_user(["/bin/sh", "-c", "id -u; id -G; echo $HOME; cat /etc/shadow"])
    assert done.stdout.split() == ["65534", "65534", "/nonexistent"]
    assert "denied" in done.stderr


def test_hung_socket_hangs():
    with HungSocket() as hung:
        with pytest.raises(TimeoutError):
            request(hung.path, "GET", "/info", timeout=0.3)
        assert hung.connections == 1
    assert not hung.path.exists()


def test_slow_socket_outlasts_a_timeout_of_each_read():
    with SlowSocket(pause=0.001, body=b'{"a": 1}') as slow:
        assert request(slow.path, "GET", "/info", timeout=5).json() == {"a": 1}


def test_wrong_answers():
    with GarbageSocket() as garbage, pytest.raises(http.client.HTTPException):
        request(garbage.path, "GET", "/info")
    with AnswerSocket(500, b"oops") as failing:
        answer = request(failing.path, "GET", "/info")
        assert (answer.status, answer.body) == (500, b"oops")
        assert failing.received[0].startswith(b"GET /info HTTP/1.1\r\n")


def test_endless_socket_never_ends():
    with (
        EndlessSocket() as endless,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        client.settimeout(5)
        client.connect(str(endless.path))
        client.sendall(b"GET /info HTTP/1.1\r\n\r\n")
        got = 0
        while got < 4_000_000:
            got += len(client.recv(65536))


def test_dead_socket_refuses():
    with DeadSocket() as dead, pytest.raises(ConnectionRefusedError):
        request(dead.path, "GET", "/info")


def test_apt_sources_are_read_in_both_forms():
    deb822 = """
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian http://other.example/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
"""
    assert list(_deb822_sources(deb822)) == [
        AptSource("http://mirror.example/debian", "/usr/share/keyrings/debian-archive-keyring.gpg")
    ]
    one_line = """
deb http://mirror.example/debian bookworm main contrib # all
deb [arch=amd64 signed-by=/k.gpg] http://other.example/debian trixie main
deb http://mirror.example/debian bookworm-updates main
#deb http://off.example/debian bookworm main
deb https://tool.example/apt bookworm stable
"""
    assert list(_one_line_sources(one_line)) == [
        AptSource("http://mirror.example/debian"),
        AptSource("http://other.example/debian", "/k.gpg"),
    ]


def test_an_unknown_engine_is_a_mistake_and_a_missing_one_is_not(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="no engine '19'"):
        packages.engine("19")
    monkeypatch.setenv("HULLCHECK_TEST_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(packages, "_failures", {})
    packages._obtain.cache_clear()
    try:
        with pytest.raises(EngineUnavailable, match="there is no apt-get"):
            packages.engine("28")
    finally:
        packages._obtain.cache_clear()


def test_a_failing_command_says_why(engine28):
    with pytest.raises(EngineError, match="no-such-thing"):
        engine28.docker("inspect", "no-such-thing")


@pytest.mark.slow
def test_systemd_host_has_its_own_docker(systemd_host):
    assert systemd_host.run("systemctl", "is-active", "docker").stdout == "active\n"
    assert systemd_host.run("systemctl", "is-active", "ssh").stdout == "active\n"
    assert systemd_host.run("cat", "/proc/1/comm").stdout == "systemd\n"
    info = systemd_host.run("docker", "info", "-f", "{{.ServerVersion}} {{.Driver}}").stdout
    assert info.startswith("20.10.")
    assert info.split()[1] == "overlay2"
    systemd_host.run("systemctl", "restart", "docker")
    assert systemd_host.run("systemctl", "is-active", "docker").stdout == "active\n"


@pytest.mark.slow
def test_systemd_host_takes_files_and_runs_containers(systemd_host, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/busybox").write_bytes(packages.busybox().read_bytes())
    (tmp_path / "bin/busybox").chmod(0o755)
    systemd_host.copy_in(tmp_path / "bin", "/tmp/image/bin")
    systemd_host.write("/tmp/image/note", "hello\n")
    systemd_host.run("/bin/sh", "-c", "tar -C /tmp/image -c . | docker import - inner:1")
    shown = systemd_host.run("docker", "run", "--rm", "inner:1", "/bin/busybox", "cat", "/note")
    assert shown.stdout == "hello\n"
