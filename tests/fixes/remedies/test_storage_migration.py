from __future__ import annotations

from typing import Any

import pytest

from fixes import FIXES, load
from fixes.model import ADVICE, BY_HAND, NOTHING
from probes import storage
from probes.host import Host
from probes.host.questions import Unreadable
from probes.model import FAIL, judge
from tests.fake_host import DIRECTORY
from tests.fixes.remedies.applying import planned
from tests.hosts import (
    alpine,
    desktop_beside_native,
    podman_fedora,
    rocky_9,
    rootless_ubuntu,
    ubuntu_2404,
)
from tests.hosts.machine import SOCKET_PATH, Machine, space

OVERLAY = {"Driver": "overlay2", "DriverStatus": [["Supports d_type", "true"]], "Images": 14}


def machine(*, module: Any = ubuntu_2404, **info: Any) -> Machine:
    found: Machine = module.machine()
    engine = found.engines[f"unix://{SOCKET_PATH}"]
    engine["/info"] = engine["/info"] | OVERLAY | info
    return found


def disk(found: Machine, target: str, fstype: str, free: int, options: str = "rw") -> Machine:
    found.mounts_of(target, f"/dev/{target[1:]}", fstype, options)
    found.vfs[target] = space(free * 2, free)
    found.stats[target] = {"kind": DIRECTORY}
    return found


def steps(found: Machine, **given: str) -> tuple[str, ...]:
    proposal = planned("storage-migration", Host(found), **given)
    assert proposal.outcome == BY_HAND
    assert proposal.changes == ()
    return proposal.steps


def places(words: tuple[str, ...], *parts: str) -> list[int]:
    """At which step each of these commands stands; each is there once."""
    found = []
    for part in parts:
        (at,) = [n for n, step in enumerate(words) if part in step]
        found.append(at)
    return found


def test_another_driver_in_the_same_place() -> None:
    found = machine(Driver="vfs", DriverStatus=[])
    words = steps(found)
    order = places(
        words,
        "du -sxh /var/lib/docker",
        "docker save | sudo tee /srv/docker-backup/images.tar >/dev/null   # 14 images",
        "docker diff",
        "sudo systemctl stop docker.socket docker",
        "sudo tar -C /var/lib/docker --xattrs --acls --numeric-owner -cpf",
        'set "storage-driver": "overlay2" in /etc/docker/daemon.json',
        "sudo systemctl start docker",
        "docker load -i /srv/docker-backup/images.tar",
        "docker compose up -d",
        "keep /var/lib/docker as it is",
    )
    assert order == sorted(order)
    assert not any("rsync" in step or "data-root" in step for step in words)


@pytest.mark.parametrize("fstype", ["nfs4", "exfat", "tmpfs"])
def test_the_same_driver_in_another_place(fstype: str) -> None:
    found = disk(machine(), "/var/lib/docker", fstype, 900)
    disk(found, "/data", "xfs", 800)
    disk(found, "/small", "ext4", 300)
    disk(found, "/ro", "ext4", 950, "ro")
    found.stats["/var/lib/docker"] = {"kind": DIRECTORY}
    words = steps(found)
    order = places(
        words,
        "df -h /data/docker",
        "sudo systemctl stop docker.socket docker",
        "sudo rsync -aHAX --numeric-ids /var/lib/docker/ /data/docker/",
        'set "data-root": "/data/docker" in /etc/docker/daemon.json',
        "sudo systemctl start docker",
        "keep /var/lib/docker as it is",
    )
    assert order == sorted(order)
    assert any("/big/docker" in step for step in steps(found, target="/big/docker"))
    with pytest.raises(ValueError, match="target: big is no absolute path"):
        steps(found, target="big")


def test_layers_that_are_wrong_are_not_copied() -> None:
    found = machine(DriverStatus=[["Supports d_type", "false"]])
    words = steps(found)
    assert "mkfs.xfs -n ftype=1" in words[0]  # nothing else here fits
    assert any("-xpf /srv/docker-backup/volumes.tar" in step for step in words)
    disk(found, "/data", "ext4", 100)
    words = steps(found)
    assert "mkfs" not in words[0]
    assert any('"data-root": "/data/docker"' in step for step in words)
    assert not any("rsync" in step for step in words)


def test_a_driver_that_needs_another_place_as_well() -> None:
    found = disk(machine(Driver="vfs", DriverStatus=[]), "/var/lib/docker", "nfs4", 900)
    found.stats["/var/lib/docker"] = {"kind": DIRECTORY}
    disk(found, "/data", "ext4", 800)
    words = steps(found)
    assert any('"data-root": "/data/docker"' in step for step in words)
    assert any("docker load" in step for step in words)


def test_a_path_with_a_blank_is_quoted() -> None:
    words = steps(machine(Driver="vfs", DriverStatus=[]), target="/my data/docker")
    assert not any(" /my data" in step for step in words)
    found = disk(machine(), "/var/lib/docker", "nfs4", 900)
    found.stats["/var/lib/docker"] = {"kind": DIRECTORY}
    assert any(
        "/var/lib/docker/ '/my data/docker'/" in x for x in steps(found, target="/my data/docker")
    )


def test_images_of_the_containerd_store() -> None:
    found = ubuntu_2404.machine()
    disk(found, "/data", "ext4", 100)
    found.stats["/data/docker"] = {"kind": DIRECTORY}
    engine = found.engines[f"unix://{SOCKET_PATH}"]
    engine["/info"] = engine["/info"] | {"DockerRootDir": "/data/docker"}
    failing = [
        f
        for check in storage.TOPIC.checks
        for f in judge(check, storage.TOPIC.look(Host(found)))
        if f.outcome == FAIL and f.id == "containerd-store-not-on-data-root"
    ]
    assert failing
    words = planned("storage-migration", Host(found), *failing).steps
    assert any('set root = "' in step and "config.toml" in step for step in words)
    assert any("rsync -aHAX --numeric-ids /var/lib/containerd/" in step for step in words)


def test_selinux_labels_follow() -> None:
    found = machine(module=rocky_9, Driver="vfs", DriverStatus=[["Supports d_type", "false"]])
    assert any("restorecon -R" in step for step in steps(found))


def test_how_other_hosts_stop_their_engine() -> None:
    words = steps(machine(module=alpine, Driver="vfs", DriverStatus=[]))
    assert "sudo rc-service docker stop" in words
    assert "sudo rc-service docker start" in words


def test_data_that_is_well_kept() -> None:
    for found in (ubuntu_2404.machine(), rootless_ubuntu.machine()):
        assert planned("storage-migration", Host(found)).outcome == NOTHING


@pytest.mark.parametrize("module", [desktop_beside_native, podman_fedora])
def test_data_of_engines_elsewhere(module: Any) -> None:
    with pytest.raises(Unreadable) as error:
        planned("storage-migration", Host(module.machine()))
    assert error.value.kind == "inapplicable"


def test_it_only_explains() -> None:
    assert load("storage-migration").risk == ADVICE
    known = {check.id for check in storage.TOPIC.checks}
    assert set(FIXES["storage-migration"].mends) <= known
