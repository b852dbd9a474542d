"""The effective configuration: value, source, and whether it is in force."""

from __future__ import annotations

import pytest

from probes import configuration
from probes.host import Garbled, Unreadable
from tests.fake_host import fake_host
from tests.probes.test_engine import CE, INFO

STARTED = 1_799_000_000.0
PATH = "/etc/docker/daemon.json"


def host(
    text=None, *, argv=("/usr/bin/dockerd", "-H", "fd://"), mtime=STARTED - 60, info=None, **more
):
    files = {"/proc/812/environ": "PATH=/bin\0", **more.pop("files", {})}
    if text is not None:
        files[PATH] = text
    return fake_host(
        engine={"/version": CE, "/info": {**INFO, **(info or {})}},
        peers={"/var/run/docker.sock": 1},
        gauges={"processes": [[812, 1, 0, "dockerd", list(argv), STARTED, False]]},
        files=files,
        stats={PATH: {"mtime": mtime}} if text is not None else {},
        **more,
    )


def get(key, *args, **more):
    return configuration.setting(host(*args, **more), key)


def test_default():
    found = get("log-driver")
    assert (found.value, found.source, found.state) == ("json-file", "default", "live")


def test_from_the_file_with_its_line():
    found = get("log-driver", '{\n  "log-driver": "local"\n}', info={"LoggingDriver": "local"})
    assert (found.value, found.source, found.line, found.state) == ("local", "file", 2, "live")


def test_from_a_flag():
    found = get(
        "live-restore", argv=("dockerd", "--live-restore"), info={"LiveRestoreEnabled": True}
    )
    assert (found.value, found.source, found.where) == (True, "flag", "dockerd --live-restore")


@pytest.mark.parametrize(
    ("argv", "key", "value"),
    [
        (("dockerd", "-H", "fd://", "-H=tcp://0.0.0.0:2375"), "hosts", ["fd://", "tcp://0.0.0.0:2375"]),
        (("dockerd", "--log-opt", "max-size=10m", "--log-opt=max-file=3"), "log-opts", {"max-size": "10m", "max-file": "3"}),
        (("dockerd", "--iptables=false"), "iptables", False),
        (("dockerd", "-D", "--mtu", "1400"), "mtu", 1400),
        (("dockerd", "-D", "--mtu", "1400"), "debug", True),
        (("dockerd", "-s", "vfs"), "storage-driver", "vfs"),
        (("dockerd", "--default-address-pool", "base=10.0.0.0/16,size=24"), "default-address-pools", [{"base": "10.0.0.0/16", "size": "24"}]),
    ],
)  # fmt: skip
def test_flags(argv, key, value):
    assert configuration.flag_settings(argv)[key][0] == value


@pytest.mark.parametrize(
    ("mtime", "running", "state"),
    [
        (STARTED - 60, "json-file", "live"),  # the daemon read this file: it knows better than we
        (STARTED + 60, "local", "live"),  # changed and reloaded, or changed back
        (STARTED + 60, "json-file", "pending"),
    ],
)
def test_pending(mtime, running, state):
    found = get(
        "log-driver", '{"log-driver": "local"}', mtime=mtime, info={"LoggingDriver": running}
    )
    assert found.state == state


def test_a_changed_key_that_the_engine_does_not_tell_is_unknown():
    found = get("userland-proxy", '{"userland-proxy": false}', mtime=STARTED + 60)
    assert found.state == "unknown"


def test_proxies_come_from_the_environment_as_well():
    found = get("https-proxy", files={"/proc/812/environ": "HTTPS_PROXY=http://p:3128\0"})
    assert (found.value, found.source, found.where) == (
        "http://p:3128",
        "environment",
        "HTTPS_PROXY",
    )


def test_a_broken_file_is_said_with_its_place():
    with pytest.raises(Garbled, match="line 2, column 1"):
        configuration.look(host('{"debug": true,\n}'))


def test_what_the_engine_tells_counts_where_its_files_cannot_be_read():
    found = get("log-driver", "{", info={"LoggingDriver": "local"})
    assert (found.value, found.source) == ("local", "engine")


def test_a_remote_engine_has_no_configuration_here():
    with pytest.raises(Unreadable) as caught:
        configuration.look(
            fake_host(
                env={"DOCKER_HOST": "tcp://h:2375"},
                engine={"/version": CE, "/info": {**INFO, "Name": "elsewhere"}},
            )
        )
    assert caught.value.kind == "inapplicable"


def test_a_key_of_another_version_is_not_there():
    with pytest.raises(Unreadable, match="no setting firewall-backend"):
        get("firewall-backend")


@pytest.mark.parametrize(
    ("key", "value", "running", "same"),
    [
        ("registry-mirrors", ["https://m"], ["https://m/"], True),
        ("registry-mirrors", ["https://m"], [], False),
        ("data-root", "/srv/d/", "/srv/d/165536.165536", True),
        ("data-root", "/srv/d", "/var/lib/docker", False),
        ("runtimes", {"nvidia": {}}, ["io.containerd.runc.v2", "nvidia", "runc"], True),
        ("labels", ["b=1", "a=1"], ["a=1", "b=1"], True),
        ("userns-remap", "default", True, True),
    ],
)
def test_what_means_the_same(key, value, running, same):
    assert configuration.agrees(key, value, running) is same


def test_hostile_info_is_survived():
    for value in (None, 7, [], {}, "x"):
        junk = dict.fromkeys(
            ["RegistryConfig", "SecurityOptions", "Runtimes", "DefaultAddressPools", "Containerd", "Labels"],
            value,
        )  # fmt: skip
        for key in configuration._RUNNING:
            configuration.running_value(key, junk)


def test_a_ulimit_flag_is_read_as_the_engine_reads_it():
    argv = ("dockerd", "--default-ulimit", "nofile=1024:2048", "--default-ulimit=core=0")
    value, _ = configuration.flag_settings(argv)["default-ulimits"]
    assert value == {
        "nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048},
        "core": {"Name": "core", "Soft": 0, "Hard": 0},
    }
