from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probes import configuration, storage
from probes.daemon_control import Control
from probes.host.questions import Denied
from probes.model import Missing, judge
from probes.storage import Directory, IdleStore, LayerCount, Storage
from tests.fake_host import fake_host
from tests.records import replace

CONTROL = Control(
    "/etc/docker/daemon.json",
    "sudo systemctl restart docker",
    "sudo systemctl reload docker",
    ("systemctl", "restart", "docker"),
    ("systemctl", "reload", "docker"),
)

DATA = Path(__file__).parents[1] / "data" / "storage"
ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n"
SDB = "40 27 8:16 / /mnt/big rw,relatime - xfs /dev/sdb rw\n"
DOCKERD = [1200, 1, 0, "dockerd", ["/usr/bin/dockerd", "-H", "fd://"], 1_799_990_000.0, False]
CONTAINERD = [900, 1, 0, "containerd", ["/usr/bin/containerd"], 1_799_980_000.0, False]


def setting(key: str, value: Any, source: str = "default", where: str = "") -> Any:
    return configuration.Setting(key, value, source, where, "live", value, "R+data")


def place(fstype: str = "ext4", path: str = "/var/lib/docker", **other: str) -> Directory:
    values = {
        "role": "data root",
        "path": path,
        "source": "engine GET /info",
        "mount": "/",
        "fstype": fstype,
        "filesystem": "254:0",
        **other,
    }
    return Directory(**values)


FINE = Storage(
    driver="overlay2",
    driver_status={"Supports d_type": "true", "Native Overlay Diff": "true", "userxattr": "false"},
    rootless=False,
    kernel="6.1.0-28-amd64",
    configured_driver=setting("storage-driver", "overlay2"),
    synology=False,
    data_root=place(mount="/var/lib/docker", filesystem="8:16"),
    root=place(path="/"),
    containerd_root=place(path="/var/lib/containerd", role="containerd root"),
    containerd_store=False,
    overlay_options={"redirect_dir": "N", "metacopy": "N"},
    idle_store=None,
    layers=LayerCount("/var/lib/docker/overlay2", 40, 44),
    site=CONTROL,
)
GONE = Missing("there is no container engine on this host", "inapplicable")
SHUT = Missing("may not be read by this user", "denied", "sudo ls")
CHECKS = {check.id: check for check in storage.TOPIC.checks}
STORE = {
    "driver": "overlayfs",
    "driver_status": {"driver-type": "io.containerd.snapshotter.v1"},
    "containerd_store": True,
}
BY_FILE = setting("storage-driver", "fuse-overlayfs", "file", "/etc/docker/daemon.json line 3")

CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("storage-driver-vfs", "fail", {"driver": "vfs", "driver_status": {}}, "no better driver"),
    (
        "storage-driver-vfs",
        "fail",
        {"driver": "vfs", "data_root": place("overlay")},
        "/var/lib/docker lies on overlay",
    ),
    (
        "storage-driver-vfs",
        "fail",
        {
            "driver": "vfs",
            "configured_driver": setting(
                "storage-driver", "vfs", "flag", "dockerd --storage-driver"
            ),
        },
        "dockerd --storage-driver asks for it",
    ),
    ("storage-driver-vfs", "unknown", {"driver": SHUT}, "may not be read"),
    ("storage-driver-removed", "fail", {"driver": "aufs"}, "24.0"),
    ("storage-driver-removed", "fail", {"driver": "devicemapper"}, "25.0"),
    ("storage-driver-removed", "skip", {"driver": "aufs", "synology": True}, "Synology"),
    ("storage-driver-removed", "pass", {"driver": "zfs"}, "zfs"),
    ("storage-driver-btrfs", "fail", {"driver": "btrfs"}, "subvolumes"),
    ("storage-driver-btrfs", "skip", {"driver": "btrfs", "synology": True}, "Synology"),
    (
        "storage-driver-fuse-overlayfs",
        "fail",
        {"driver": "fuse-overlayfs", "rootless": True, "configured_driver": BY_FILE},
        "overlay2 works here",
    ),
    (
        "storage-driver-fuse-overlayfs",
        "pass",
        {"driver": "fuse-overlayfs", "configured_driver": BY_FILE, "kernel": "5.10.0-30-amd64"},
        "5.10",
    ),
    (
        "storage-driver-fuse-overlayfs",
        "pass",
        {
            "driver": "fuse-overlayfs",
            "configured_driver": setting("storage-driver", "fuse-overlayfs"),
        },
        "chose",
    ),
    (
        "storage-driver-fuse-overlayfs",
        "pass",
        {
            "driver": "fuse-overlayfs",
            "configured_driver": BY_FILE,
            "data_root": place("nfs4", "/home/u/.local/share/docker"),
        },
        "nfs4",
    ),
    (
        "storage-driver-fuse-overlayfs",
        "unknown",
        {"driver": "fuse-overlayfs", "configured_driver": SHUT},
        "may not",
    ),
    (
        "overlay-diff-not-native",
        "fail",
        {
            "driver_status": {"Native Overlay Diff": "false"},
            "overlay_options": {"redirect_dir": "Y", "metacopy": "N"},
        },
        "redirect_dir on",
    ),
    (
        "overlay-diff-not-native",
        "skip",
        {"driver_status": {"Native Overlay Diff": "false", "userxattr": "true"}},
        "user namespace",
    ),
    (
        "overlay-diff-not-native",
        "skip",
        {"driver_status": {"Native Overlay Diff": "false"}},
        "are off",
    ),
    (
        "overlay-diff-not-native",
        "unknown",
        {"driver_status": {"Native Overlay Diff": "false"}, "overlay_options": SHUT},
        "may not",
    ),
    ("overlay-diff-not-native", "skip", STORE, "overlayfs"),
    ("data-root-no-d-type", "fail", {"driver_status": {"Supports d_type": "false"}}, "ftype=0"),
    ("data-root-no-d-type", "skip", STORE, "d_type"),
    ("data-root-no-d-type", "unknown", {"driver_status": SHUT}, "may not"),
    ("data-root-on-network", "fail", {"data_root": place("nfs4")}, "nfs4"),
    ("data-root-on-network", "unknown", {"data_root": SHUT}, "may not"),
    ("data-root-in-memory", "fail", {"data_root": place("tmpfs")}, "next boot"),
    ("data-root-in-memory", "unknown", {"data_root": SHUT}, "may not"),
    ("data-root-unsuitable-file-system", "fail", {"data_root": place("overlay")}, "overlay"),
    ("data-root-unsuitable-file-system", "fail", {"data_root": place("fuse.mergerfs")}, "FUSE"),
    (
        "data-root-unsuitable-file-system",
        "skip",
        {"data_root": place("overlay"), "driver": "vfs"},
        "storage-driver-vfs",
    ),
    ("data-root-unsuitable-file-system", "skip", {"data_root": place("cifs")}, "on-network"),
    ("data-root-unsuitable-file-system", "unknown", {"data_root": SHUT}, "may not"),
    ("data-root-shares-root-partition", "fail", {"data_root": place()}, "shares"),
    ("data-root-shares-root-partition", "unknown", {"data_root": SHUT}, "may not"),
    (
        "containerd-store-not-on-data-root",
        "fail",
        {**STORE, "data_root": place(path="/mnt/big/docker", mount="/mnt/big", filesystem="8:16")},
        "/var/lib/containerd on /",
    ),
    ("containerd-store-not-on-data-root", "pass", {**STORE, "data_root": place()}, "share one"),
    (
        "containerd-store-not-on-data-root",
        "pass",
        {
            **STORE,
            "containerd_root": place(path="/mnt/nvme/containerd", mount="/mnt/nvme"),
        },
        "place of their own",
    ),
    ("containerd-store-not-on-data-root", "skip", {}, "does not use"),
    (
        "containerd-store-not-on-data-root",
        "unknown",
        {**STORE, "containerd_root": SHUT},
        "may not",
    ),
    (
        "image-store-left-behind",
        "fail",
        {"idle_store": IdleStore("overlay2", "/var/lib/docker/overlay2", 12, 80)},
        "12 images (80 layers)",
    ),
    ("image-store-left-behind", "unknown", {"idle_store": SHUT}, "may not"),
    (
        "overlay-layers-orphaned",
        "fail",
        {"layers": LayerCount("/var/lib/docker/overlay2", 140, 44)},
        "At least 96 of 140",
    ),
    ("overlay-layers-orphaned", "unknown", {"layers": SHUT}, "may not"),
]


@pytest.mark.parametrize(("check", "outcome", "facts", "words"), CASES)
def test_verdicts(check: str, outcome: str, facts: dict[str, Any], words: str) -> None:
    found = judge(CHECKS[check], replace(FINE, **facts))
    assert [f.outcome for f in found] == [outcome]
    assert words in found[0].summary
    if outcome == "fail":
        assert found[0].mend


@pytest.mark.parametrize("check", CHECKS)
def test_a_fine_engine_hears_nothing_and_no_engine_skips(check: str) -> None:
    assert {f.outcome for f in judge(CHECKS[check], FINE)} <= {"pass", "skip"}
    none = Storage(**dict.fromkeys(Storage._fields, GONE))
    assert [f.outcome for f in judge(CHECKS[check], none)] == ["skip"]


def test_the_fixture_fires_every_check() -> None:
    assert {case[0] for case in CASES if case[1] == "fail"} == set(CHECKS)


# -- looking -------------------------------------------------------------------------------------


def host(version: str = "28", *, info: dict[str, Any] | None = None, **other: Any) -> Any:
    told = json.loads((DATA / f"info-{version}.json").read_text()) | (info or {})
    answers: dict[str, Any] = {
        "engine": {
            "/info": told,
            "/version": json.loads((DATA / f"version-{version}.json").read_text()),
        },
        "peers": {"/var/run/docker.sock": 1},
        "gauges": {"processes": [DOCKERD, CONTAINERD]},
        **other,
    }
    answers["files"] = {
        "/proc/self/mountinfo": ROOT + SDB,
        "/sys/module/overlay/parameters/redirect_dir": "N\n",
        "/sys/module/overlay/parameters/metacopy": "N\n",
        "/run/systemd/system/x": "",
        "/var/lib/docker/x": "",
        "/var/lib/containerd/x": "",
        **other.get("files", {}),
    }
    return fake_host(**answers)


def layers(root: str, folders: int, known: int) -> dict[str, str]:
    ids = [f"{n:064x}" for n in range(folders)]
    return {
        **{f"{root}/overlay2/{i}/diff": "" for i in ids},
        f"{root}/overlay2/l/AB": "",
        f"{root}/overlay2/{ids[0]}-init/diff": "",
        f"{root}/overlay2/wmpell88dv380pjcp81jjr78q/diff": "",
        **{f"{root}/image/overlay2/layerdb/sha256/{i}/cache-id": "" for i in ids[: known - 1]},
        f"{root}/image/overlay2/layerdb/mounts/{ids[0]}/init-id": "",
    }


def test_a_debian_host() -> None:
    facts = storage.look(host(files=layers("/var/lib/docker", 30, 30)))
    assert facts.driver == "overlay2"
    assert facts.containerd_store is False
    assert facts.data_root == place()
    assert facts.containerd_root == Directory(
        "containerd root", "/var/lib/containerd", "the default", "/", "ext4", "254:0"
    )
    assert facts.overlay_options == {"redirect_dir": "N", "metacopy": "N"}
    assert facts.layers == LayerCount("/var/lib/docker/overlay2", 30, 30)
    assert facts.idle_store is None
    assert facts.site == CONTROL
    outcomes = {f.outcome for c in storage.TOPIC.checks for f in judge(c, facts)}
    assert "unknown" not in outcomes


def test_orphaned_layers_are_counted() -> None:
    facts = storage.look(host("20", files=layers("/var/lib/docker", 90, 30)))
    assert facts.layers == LayerCount("/var/lib/docker/overlay2", 90, 30)


def test_the_containerd_store_of_engine_29() -> None:
    info = {
        "Driver": "overlayfs",
        "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
        "DockerRootDir": "/mnt/big/docker",
    }
    files = {
        "/mnt/big/docker/x": "",
        "/mnt/big/docker/image/overlay2/imagedb/content/sha256/abc": "{}",
        "/mnt/big/docker/overlay2/abc/diff": "",
        "/mnt/big/docker/overlay2/abd/diff": "",
    }
    facts = storage.look(host(info=info, files=files))
    assert facts.containerd_store is True
    assert facts.idle_store == IdleStore("overlay2", "/mnt/big/docker/overlay2", 1, 2)
    assert isinstance(facts.layers, Missing)
    assert facts.layers.kind == "inapplicable"
    found = judge(CHECKS["containerd-store-not-on-data-root"], facts)
    assert found[0].outcome == "fail"
    assert "/mnt/big/containerd" in found[0].mend[2]
    moved = {**files, "/etc/containerd/config.toml": 'version = 3\nroot = "/mnt/big/containerd"\n'}
    facts = storage.look(host(info=info, files={**moved, "/mnt/big/containerd/x": ""}))
    assert judge(CHECKS["containerd-store-not-on-data-root"], facts)[0].outcome == "pass"


def test_images_left_in_containerd_count_only_in_dockers_namespace() -> None:
    path = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
    files = {f"{path}/{n}/fs": "" for n in range(3)}
    ctr = ("ctr", "--namespace", "moby", "images", "list", "--quiet")
    left = host(files=files, runs={ctr: (0, "docker.io/library/a:1\ndocker.io/library/b:1\n", "")})
    assert storage.look(left).idle_store == IdleStore("containerd", path, 2, 3)
    assert storage.look(host(files=files, runs={ctr: (0, "", "")})).idle_store is None


def test_a_plain_user() -> None:
    path = "/var/lib/docker/overlay2"
    facts = storage.look(
        host(failures={("list", path): Denied(f"{path} may not be read", look="x")})
    )
    assert facts.layers == Missing(f"{path} may not be read", "denied", f"sudo ls {path} | wc -l")
    assert facts.data_root == place()


def test_the_data_root_is_known_with_the_engine_down() -> None:
    down = fake_host(
        files={
            "/proc/self/mountinfo": ROOT + SDB,
            "/usr/bin/dockerd": "",
            "/etc/docker/daemon.json": '{"data-root": "/mnt/big/docker"}',
            "/mnt/big/docker/x": "",
        },
    )
    assert storage.data_root(down) == ("/mnt/big/docker", "/etc/docker/daemon.json")
    facts = storage.look(down)
    assert isinstance(facts.data_root, Directory)
    assert facts.data_root.mount == "/mnt/big"


def test_the_data_root_is_known_to_users_without_the_socket() -> None:
    denied = Denied("/var/run/docker.sock may not be opened by this user", look="id -nG")
    engine = {"/info": denied, "/version": denied}
    shut = host(
        engine=engine,
        failures={("peer", "/var/run/docker.sock"): denied},
        gauges={
            "processes": [
                [1200, 1, 0, "dockerd", ["dockerd", "--data-root=/mnt/big/d"], 1.0, False]
            ]
        },
    )
    assert storage.data_root(shut) == ("/mnt/big/d", "dockerd --data-root")


def test_podman_and_remote_engines_are_left_alone() -> None:
    podman = host(
        info={"Driver": "overlay"},
        engine={
            "/info": {"Driver": "overlay"},
            "/version": {"Components": [{"Name": "Podman Engine"}], "Version": "5.2.2"},
        },
        gauges={"processes": [[50, 1, 0, "podman", ["podman", "system", "service"], 1.0, False]]},
    )
    remote = fake_host(env={"DOCKER_HOST": "tcp://10.0.0.5:2376"}, engine={"/info": {}})
    for other in (podman, remote, fake_host()):
        facts = storage.look(other)
        assert {f.outcome for c in storage.TOPIC.checks for f in judge(c, facts)} == {"skip"}


@pytest.mark.parametrize(
    "odd",
    [
        {"DriverStatus": None},
        {"DriverStatus": {"a": 1}},
        {"DriverStatus": [["x"], 3, None]},
        {"Driver": 7, "DockerRootDir": 5, "Containerd": []},
        {"DockerRootDir": None, "Driver": ""},
    ],
)
def test_odd_answers(odd: dict[str, Any]) -> None:
    facts = storage.look(host(info=odd))
    outcomes = {f.outcome for c in storage.TOPIC.checks for f in judge(c, facts)}
    assert "crash" not in outcomes


def test_file_systems_that_share_their_space() -> None:
    mounts = (
        "27 1 0:30 /@ / rw - btrfs /dev/sda2 rw\n"
        "41 27 0:31 /@docker /var/lib/docker rw - btrfs /dev/sda2 rw\n"
    )
    facts = storage.look(host(files={"/proc/self/mountinfo": mounts}))
    assert judge(CHECKS["data-root-shares-root-partition"], facts)[0].outcome == "fail"
