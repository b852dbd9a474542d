from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probes import disk
from probes.disk import Disk, Kind, Place, Usage
from probes.formats.sizes import GIB
from probes.host.questions import Refused, Slow
from probes.model import Missing, judge
from tests.fake_host import fake_host
from tests.records import replace

DATA = Path(__file__).parents[1] / "data"
GONE = Missing("there is no container engine on this host", "inapplicable")
SLOW = Missing("GET /system/df was still being answered after 8.0 s", "slow")
SHUT = Missing("/mnt/x may not be read by this user", "denied")
NONE = Missing("the engine does not use the containerd image store", "inapplicable")


def place(
    total: float = 250, free: float = 100, *, path: str = "/var/lib/docker", inodes: int = 1000
) -> Place:
    return Place(path, "/", "ext4", "254:0", int(total * GIB), int(free * GIB), 1000, inodes)


EMPTY = Kind(0, 0, 0, 0)
USAGE = Usage(
    images=Kind(9, 12 * GIB, 2, GIB),
    dangling=Kind(1, GIB // 2, 1, GIB // 2),
    containers=Kind(12, GIB, 3, 0),
    dead=(),
    anonymous=Kind(2, GIB, 1, GIB // 4),
    named=Kind(4, 40 * GIB, 1, 30 * GIB),
    cache=Kind(30, 5 * GIB, 10, 4 * GIB),
)
FINE = Disk(data_root=place(), containerd_root=NONE, usage=USAGE, version="28.5.2")
CHECKS = {check.id: check for check in disk.TOPIC.checks}


def used(**kinds: Any) -> dict[str, Any]:
    return {"usage": USAGE._replace(**kinds)}


CASES: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("disk-space-low", "fail", "warning", {"data_root": place(250, 15)}, "15 GiB of 250 GiB"),
    ("disk-space-low", "fail", "error", {"data_root": place(250, 0.5)}, "512 MiB"),
    ("disk-space-low", "fail", "warning", {"data_root": place(40, 4.5)}, "4.5 GiB"),
    ("disk-space-low", "pass", "warning", {"data_root": place(16, 3.5)}, "3.5 GiB"),
    ("disk-space-low", "pass", "warning", {"data_root": place(8000, 100)}, "100 GiB"),
    ("disk-space-low", "unknown", "warning", {"data_root": SHUT}, "may not"),
    ("inodes-low", "fail", "warning", {"data_root": place(inodes=80)}, "80 of 1,000 (8 %)"),
    ("inodes-low", "fail", "error", {"data_root": place(inodes=10)}, "10 of 1,000"),
    ("inodes-low", "skip", "warning", {"data_root": place()._replace(inodes=0)}, "as it needs"),
    ("inodes-low", "unknown", "warning", {"data_root": SHUT}, "may not"),
    (
        "images-dangling",
        "fail",
        "note",
        used(dangling=Kind(14, 20 * GIB, 14, 20 * GIB)),
        "14 images have neither",
    ),
    (
        "images-dangling",
        "pass",
        "note",
        {"data_root": place(4000, 2000), **used(dangling=Kind(14, 20 * GIB, 14, 20 * GIB))},
        "20 GiB",
    ),
    ("images-dangling", "unknown", "note", {"usage": SLOW}, "still being answered"),
    ("images-unused", "fail", "note", used(images=Kind(60, 90 * GIB, 41, 50 * GIB)), "40 of 60"),
    ("images-unused", "unknown", "note", used(images=SLOW), "still"),
    (
        "build-cache-large",
        "fail",
        "note",
        used(cache=Kind(900, 60 * GIB, 900, 55 * GIB)),
        "60 GiB, 24 % of /",
    ),
    (
        "build-cache-large",
        "fail",
        "warning",
        {"data_root": place(250, 9), **used(cache=Kind(900, 60 * GIB, 900, 55 * GIB))},
        "55 GiB",
    ),
    ("build-cache-large", "pass", "note", used(cache=Kind(9, 30 * GIB, 9, 30 * GIB)), "30 GiB"),
    (
        "build-cache-large",
        "fail",
        "note",
        {"data_root": GONE, **used(cache=Kind(9, 30 * GIB, 9, 30 * GIB))},
        "30 GiB in 9",
    ),
    ("build-cache-large", "unknown", "note", {"usage": SLOW}, "still"),
    (
        "volumes-orphaned",
        "fail",
        "note",
        used(anonymous=Kind(40, 30 * GIB, 33, 28 * GIB)),
        "33 anonymous",
    ),
    ("volumes-orphaned", "unknown", "note", used(anonymous=SLOW), "still"),
    ("containers-stopped", "fail", "note", used(containers=Kind(50, GIB, 31, 0)), "31 of 50"),
    (
        "containers-stopped",
        "fail",
        "note",
        used(containers=Kind(5, 20 * GIB, 2, 18 * GIB)),
        "18 GiB",
    ),
    ("containers-stopped", "unknown", "note", {"usage": SLOW}, "still"),
    ("container-removal-failed", "fail", "warning", used(dead=("db-1",)), "db-1"),
    ("container-removal-failed", "unknown", "warning", used(dead=SLOW), "still"),
]


@pytest.mark.parametrize(("check", "outcome", "severity", "facts", "words"), CASES)
def test_verdicts(
    check: str, outcome: str, severity: str, facts: dict[str, Any], words: str
) -> None:
    found = judge(CHECKS[check], replace(FINE, **facts))
    assert [(f.outcome, f.severity) for f in found] == [(outcome, severity)]
    assert words in found[0].summary
    if outcome == "fail":
        assert found[0].mend


@pytest.mark.parametrize("check", CHECKS)
def test_a_fine_engine_hears_nothing_and_no_engine_skips(check: str) -> None:
    assert {f.outcome for f in judge(CHECKS[check], FINE)} == {"pass"}
    none = Disk(data_root=GONE, containerd_root=GONE, usage=GONE, version=GONE)
    assert [f.outcome for f in judge(CHECKS[check], none)] == ["skip"]


def test_the_table_fires_every_check() -> None:
    assert {case[0] for case in CASES if case[1] == "fail"} == set(CHECKS)


def test_each_file_system_is_judged_once() -> None:
    store = place(path="/var/lib/containerd")
    assert len(judge(CHECKS["disk-space-low"], replace(FINE, containerd_root=store))) == 1
    other = store._replace(filesystem="8:16", available=GIB)
    found = judge(CHECKS["disk-space-low"], replace(FINE, containerd_root=other))
    assert [(f.subject, f.outcome) for f in found] == [
        ("/var/lib/docker", "pass"),
        ("/var/lib/containerd", "fail"),
    ]


def test_a_full_disk_says_what_can_be_had_back_the_most_first() -> None:
    full = replace(FINE, data_root=place(250, 5))
    found = judge(CHECKS["disk-space-low"], full)[0]
    assert "up to 4 GiB of build cache" in found.summary
    assert found.mend[0].startswith("docker builder prune")
    assert any("docker volume prune" in step for step in found.mend)
    old = judge(CHECKS["disk-space-low"], replace(full, version="20.10.24"))[0]
    assert not any("docker volume prune   #" in step for step in old.mend)
    assert any("docker volume rm" in step for step in old.mend)
    blind = judge(CHECKS["disk-space-low"], replace(full, usage=SLOW))[0]
    assert blind.mend == ("docker system df   # what takes the space",)


# -- docker system df ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["20", "28"])
def test_real_answers(version: str) -> None:
    usage = disk.parse_usage(json.loads((DATA / "disk" / f"df-{version}.json").read_text()))
    assert isinstance(usage.images, Kind)
    assert isinstance(usage.containers, Kind)
    assert (usage.containers.number, usage.containers.unused, usage.dead) == (5, 2, ())
    if version == "28":
        # Seen beside it: docker system df said 41.98MB of images and 20MB of build cache.
        assert usage.images == Kind(3, 41984220, 2, 41984220)
        assert usage.dangling == Kind(1, 20000000, 1, 20000000)
        assert usage.cache == Kind(8, 20000041, 3, 20000041)
        assert usage.anonymous == Kind(1, 0, 1, 0)
        assert usage.named == Kind(1, 0, 1, 0)


def test_engine_29_answers_with_sums_and_items() -> None:
    usage = disk.parse_usage(
        {
            "ImageUsage": {
                "ActiveCount": 1,
                "TotalCount": 2,
                "TotalSize": 9 * GIB,
                "Reclaimable": 3 * GIB,
                "Items": [
                    {"RepoTags": ["a:1"], "Containers": 1, "Size": 6 * GIB, "SharedSize": 0},
                    {"RepoTags": [], "Containers": 0, "Size": 3 * GIB, "SharedSize": 0},
                ],
            },
            "ContainerUsage": {"TotalCount": 0},
            "VolumeUsage": {
                "TotalCount": 1,
                "Items": [{"Name": "db", "UsageData": {"Size": 5, "RefCount": 1}}],
            },
            "BuildCacheUsage": {"TotalCount": 4, "TotalSize": 70, "Reclaimable": 60},
        }
    )
    assert usage.images == Kind(2, 9 * GIB, 1, 3 * GIB)
    assert usage.dangling == Kind(1, 3 * GIB, 1, 3 * GIB)
    assert usage.containers == EMPTY
    assert usage.named == Kind(1, 5, 0, 0)
    assert usage.cache == Kind(4, 70, 0, 60)


def test_shared_layers_of_used_images_are_not_free() -> None:
    usage = disk.parse_usage(
        {
            "LayersSize": 20 * GIB,
            "Images": [
                {"RepoTags": ["a:1"], "Containers": 1, "Size": 20 * GIB, "SharedSize": 20 * GIB},
                {"RepoTags": ["b:1"], "Containers": 0, "Size": 100, "SharedSize": 0},
            ],
        }
    )
    assert usage.images == Kind(2, 20 * GIB, 1, 100)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {},
        {"Images": None, "Containers": None, "Volumes": None, "BuildCache": None},
        {"Images": [None, {}], "Containers": [{"SizeRw": "x"}], "Volumes": [{"UsageData": 3}]},
        {"Images": [{"Size": -1, "SharedSize": -1, "Containers": -1, "RepoTags": None}]},
        {"ImageUsage": 4, "VolumeUsage": {"Items": 3}},
    ],
)
def test_odd_answers(odd: Any) -> None:
    facts = replace(FINE, usage=disk.parse_usage(odd))
    for check in disk.TOPIC.checks:
        assert all(f.outcome != "crash" for f in judge(check, facts))


# -- looking -------------------------------------------------------------------------------------


def host(**other: Any) -> Any:
    answers = {
        "/info": json.loads((DATA / "storage" / "info-28.json").read_text()),
        "/version": json.loads((DATA / "storage" / "version-28.json").read_text()),
        disk.USAGE_PATH: json.loads((DATA / "disk" / "df-28.json").read_text()),
    }
    return fake_host(
        engine={**answers, **other.pop("engine", {})},
        files={
            "/proc/self/mountinfo": "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n",
            "/var/lib/docker/x": "",
        },
        vfs={"/": (250 * GIB, 80 * GIB, 70 * GIB, 16_000_000, 15_000_000)},
        peers={"/var/run/docker.sock": 1},
        gauges={"processes": [[12, 1, 0, "dockerd", ["dockerd", "-H", "fd://"], 1.0, False]]},
        **other,
    )


def test_a_debian_host() -> None:
    facts = disk.look(host())
    assert facts.data_root == Place(
        "/var/lib/docker", "/", "ext4", "254:0", 250 * GIB, 70 * GIB, 16_000_000, 15_000_000
    )
    assert {f.outcome for c in disk.TOPIC.checks for f in judge(c, facts)} == {"pass"}


@pytest.mark.parametrize(
    "error",
    [
        Slow("GET /system/df was still being answered"),
        Refused("a disk usage operation", status=500),
    ],
)
def test_a_slow_df_costs_only_its_own_checks(error: Exception) -> None:
    facts = disk.look(host(engine={disk.USAGE_PATH: error}))
    assert isinstance(facts.usage, Missing)
    assert judge(CHECKS["disk-space-low"], facts)[0].outcome == "pass"
    assert judge(CHECKS["images-unused"], facts)[0].outcome == "unknown"


def test_a_remote_engine_tells_its_usage_and_its_disk_is_not_ours() -> None:
    info = json.loads((DATA / "storage" / "info-28.json").read_text()) | {"Name": "db-01"}
    facts = disk.look(host(env={"DOCKER_HOST": "tcp://10.0.0.5:2376"}, engine={"/info": info}))
    assert judge(CHECKS["disk-space-low"], facts)[0].outcome == "skip"
    assert judge(CHECKS["images-unused"], facts)[0].outcome == "pass"
