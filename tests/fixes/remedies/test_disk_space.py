from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from fixes import load
from fixes.machine import ENGINE_ACTIONS
from fixes.model import BY_HAND, CHANGES, DESTRUCTIVE, NOTHING, EmptyFile, EngineCall
from fixes.remedies.disk_space import FAMILY
from probes import container_logging, disk, network
from probes.formats.sizes import GIB, MIB
from probes.host.questions import Denied, Unreadable
from tests.fake_host import fake_host
from tests.fixes.remedies.applying import applied, findings, outcomes, planned

DATA = Path(__file__).parents[2] / "data"
NOW = 1_800_000_000
DAY = 86400
ROOT = "/var/lib/docker/containers"


def answer(name: str) -> Any:
    return json.loads((DATA / name).read_text())


USAGE = answer("disk/df-28.json")


def host(usage: dict[str, Any] | None = None, **other: Any) -> Any:
    """The recorded engine 28.5.2 on a disk of 250 GiB, with another GET /system/df."""
    engine = {
        "/info": answer("storage/info-28.json"),
        "/version": answer("storage/version-28.json"),
        disk.USAGE_PATH: copy.deepcopy({**USAGE, **(usage or {})}),
        "/networks": answer("network/networks-28.json"),
        "/containers/json?all=1": answer("network/containers-28.json"),
        **other.pop("engine", {}),
    }
    files = {
        "/proc/self/mountinfo": "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n",
        "/var/lib/docker/x": "",
        **other.pop("files", {}),
    }
    return fake_host(
        engine=engine,
        files=files,
        vfs={"/": (250 * GIB, 80 * GIB, 70 * GIB, 16_000_000, 15_000_000)},
        peers={"/var/run/docker.sock": 12},
        gauges={"processes": [[12, 1, 0, "dockerd", ["dockerd", "-H", "fd://"], 1.0, False]]},
        **other,
    )


def hexed(number: int) -> str:
    return f"{number:064x}"


def image(number: int, *tags: str, days: float = 30, size: int = GIB, **other: Any) -> Any:
    return {
        "Id": f"sha256:{hexed(number)}",
        "RepoTags": list(tags) or None,
        "Containers": 0,
        "Created": NOW - int(days * DAY),
        "Size": size,
        "SharedSize": size // 4,
        **other,
    }


def stopped(number: int, *, days: float = 30, size: int = GIB, **other: Any) -> Any:
    return {
        "Id": hexed(number),
        "Names": [f"/job-{number}"],
        "State": "exited",
        "Created": NOW - int(days * DAY),
        "SizeRw": size,
        "Labels": {},
        **other,
    }


def volume(name: str, *, size: int = GIB, count: int = 0, **other: Any) -> Any:
    used = {"Size": size, "RefCount": count}
    return {"Name": name, "Driver": "local", "Labels": None, "UsageData": used, **other}


def record(name: str, *, day: int = 1, size: int = 40 * GIB, **other: Any) -> Any:
    """A record of the build cache, used last on a day of January 2027; now is the 15th."""
    used = f"2027-01-{day:02}T08:00:00.5Z"
    return {
        "ID": name, "InUse": False, "Shared": False, "Size": size, "LastUsedAt": used, **other
    }  # fmt: skip


def network_of(number: int, name: str, **other: Any) -> Any:
    return {"Name": name, "Id": hexed(number), "Driver": "bridge", "Scope": "local",
            "IPAM": {"Config": [{"Subnet": f"172.{number}.0.0/16"}]}, "Options": {}, **other}  # fmt: skip


def subjects(proposal: Any) -> list[str]:
    return [change.subject for change in proposal.changes]


def frees(proposal: Any) -> int:
    return sum(change.frees or 0 for change in proposal.changes)


# -- each fix: what it proposes, and that the check is content afterwards --------------------------

NEEDED = [
    (
        "build-cache",
        disk.TOPIC,
        "build-cache-large",
        {"BuildCache": [record("a", size=60 * GIB), record("b", size=0, InUse=True)]},
        [
            EngineCall(
                "prune-build-cache",
                "",
                {"filters": {"until": "168h"}},
                ("docker", "builder", "prune", "--force", "--filter", "until=168h"),
                60 * GIB,
            )
        ],
    ),
    (
        "dangling-images",
        disk.TOPIC,
        "images-dangling",
        {"Images": [image(1, size=40 * GIB), image(2, "app:1"), image(3, Containers=1)]},
        [
            EngineCall(
                "remove-image",
                f"sha256:{hexed(1)}",
                {},
                ("docker", "image", "rm", f"sha256:{hexed(1)}"),
                30 * GIB,
            )
        ],
    ),
    (
        "unused-images",
        disk.TOPIC,
        "images-unused",
        {
            "LayersSize": 80 * GIB,
            "Images": [
                image(1, "app:1", "registry.local:5000/app:1", size=60 * GIB),
                image(2, size=GIB),
                image(3, "used:1", Containers=2, size=GIB),
                image(4, "new:1", days=2, size=GIB),
            ],
        },
        [
            EngineCall("remove-image", "app:1", {}, ("docker", "image", "rm", "app:1"), 0),
            EngineCall(
                "remove-image",
                "registry.local:5000/app:1",
                {},
                ("docker", "image", "rm", "registry.local:5000/app:1"),
                45 * GIB,
            ),
        ],
    ),
    (
        "stopped-containers",
        disk.TOPIC,
        "containers-stopped",
        {
            "Containers": [
                stopped(1, size=20 * GIB),
                stopped(2, State="running"),
                stopped(3, State="dead", size=0),
                stopped(4, days=1, size=0),
            ]
        },
        [
            EngineCall(
                "remove-container",
                hexed(1),
                {},
                ("docker", "container", "rm", hexed(1)),
                20 * GIB,
            )
        ],
    ),
    (
        "unused-volumes",
        disk.TOPIC,
        "volumes-orphaned",
        {
            "Volumes": [
                volume(hexed(1), size=30 * GIB),
                volume(hexed(2), count=1),
                volume("db-data"),
            ]
        },
        [EngineCall("remove-volume", hexed(1), {}, ("docker", "volume", "rm", hexed(1)), 30 * GIB)],
    ),
]


@pytest.mark.parametrize(("fix", "topic", "check", "usage", "calls"), NEEDED)
def test_what_is_proposed_mends_the_check(fix, topic, check, usage, calls):
    full = host(usage)
    assert outcomes(topic, full, check) == {"fail"}
    proposal = planned(fix, full)
    assert proposal.outcome == CHANGES
    assert list(proposal.changes) == calls
    assert "at most" in proposal.reason
    assert any("cannot be brought back" in note for note in proposal.notes)
    after = applied(full, proposal)
    assert outcomes(topic, after, check) == {"pass"}
    assert planned(fix, after).outcome == NOTHING
    assert planned(fix, full, *findings(topic, full, check)).changes == proposal.changes


def test_networks_of_no_container_are_removed_by_their_ids():
    many = [network_of(number, f"old-{number}") for number in range(20, 32)]
    kept = [
        network_of(40, "bridge"),
        network_of(41, "spread", Driver="overlay", Scope="swarm"),
        network_of(42, "lan", Driver="macvlan"),
    ]
    used = network_of(43, "app")
    box = {
        "Id": hexed(9), "Names": ["/web"], "State": "exited",
        "NetworkSettings": {"Networks": {"app": {"NetworkID": used["Id"]}}},
    }  # fmt: skip
    full = host(engine={"/networks": [*many, *kept, used], "/containers/json?all=1": [box]})
    assert outcomes(network.TOPIC, full, "unused-networks") == {"fail"}
    proposal = planned("idle-networks", full)
    assert subjects(proposal) == [hexed(number) for number in range(20, 32)]
    assert proposal.changes[0] == EngineCall(
        "remove-network", hexed(20), {}, ("docker", "network", "rm", hexed(20)), None
    )
    assert "old-20 (172.20.0.0/16)" in proposal.notes[0]
    after = applied(full, proposal)
    assert outcomes(network.TOPIC, after, "unused-networks") == {"pass"}
    assert planned("idle-networks", after).outcome == NOTHING


def test_all_that_is_here_deletes_and_names_its_actions():
    assert {fix.risk for fix in FAMILY.fixes} == {DESTRUCTIVE}
    for fix, *_, usage, _ in NEEDED:
        for change in planned(fix, host(usage)).changes:
            assert change.action in ENGINE_ACTIONS
            assert change.command[0] == "docker"
            assert not any(word.startswith("-f") for word in change.command)


EMPTY = {"LayersSize": 0, "Images": [], "Containers": None, "Volumes": [], "BuildCache": None}


@pytest.mark.parametrize("fix", [fix.id for fix in FAMILY.fixes])
def test_an_engine_with_nothing_to_spare_is_left_alone(fix):
    bare = host(EMPTY, engine={"/networks": [], "/containers/json?all=1": []})
    proposal = planned(fix, bare)
    assert proposal.outcome == NOTHING
    assert proposal.reason.endswith(".")


@pytest.mark.parametrize("fix", [fix.id for fix in FAMILY.fixes])
@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"engine": dict.fromkeys(("/version", "/info", disk.USAGE_PATH, "/networks",
                                   "/containers/json?all=1"), Denied("not for this user")),
          "failures": {("list", ROOT): Denied("for root")}}, "denied"),
        ({"engine": {"/version": {"Components": [{"Name": "Podman Engine"}], "Version": "5.4.0"}}},
         "inapplicable"),
    ],
)  # fmt: skip
def test_what_may_not_be_asked_is_not_guessed(fix, other, kind):
    with pytest.raises(Unreadable) as caught:
        planned(fix, host(**other))
    assert caught.value.kind == kind


@pytest.mark.parametrize("fix", ["dangling-images", "unused-images", "unused-volumes"])
def test_an_engine_that_tells_sums_alone_is_not_guessed(fix):
    told = {"ImageUsage": {"TotalCount": 3}, "VolumeUsage": {"TotalCount": 2}}
    with pytest.raises(Unreadable) as caught:
        planned(fix, host(engine={disk.USAGE_PATH: told}))
    assert caught.value.kind == "garbled"


# -- build cache -----------------------------------------------------------------------------------


def test_cache_of_this_week_is_only_pruned_when_asked():
    lately = host({"BuildCache": [record("a", day=13)]})
    proposal = planned("build-cache", lately)
    assert proposal.outcome == BY_HAND
    assert "--set older-than=1" in proposal.steps[0]
    (call,) = planned("build-cache", lately, older_than="1").changes
    assert call.arguments == {"filters": {"until": "24h"}}
    assert call.command[-1] == "until=24h"


def test_only_what_will_go_is_counted():
    records = [
        record("old", size=3),
        record("new", day=14, size=5),
        record("used", size=7, InUse=True),
        record("shared", size=11, Shared=True),
        {**record("untold", size=13), "LastUsedAt": None},
    ]
    assert frees(planned("build-cache", host({"BuildCache": records}))) == 3 + 13


def test_an_engine_that_tells_the_sum_of_its_cache():
    sums = {"BuildCacheUsage": {"TotalCount": 4, "TotalSize": 70 * GIB, "Reclaimable": 60 * GIB}}
    proposal = planned("build-cache", host(engine={disk.USAGE_PATH: sums}))
    assert frees(proposal) == 60 * GIB


# -- images ----------------------------------------------------------------------------------------


def test_an_image_goes_with_its_last_name_only():
    usage = {"Images": [image(1, "a:1", "b:1", "c:1", size=8 * GIB)]}
    proposal = planned("unused-images", host(usage))
    assert subjects(proposal) == ["a:1", "b:1", "c:1"]
    assert [change.frees for change in proposal.changes] == [0, 0, 6 * GIB]
    assert "6 GiB that no other image has, and at most 8 GiB" in proposal.reason


@pytest.mark.parametrize("name", ["--force", "-a:1", "a b", "a;reboot", ""])
def test_a_name_that_could_be_an_option_is_never_passed_on(name):
    usage = {
        "Images": [image(1, name, "fine:1"), image(2)],
        "Volumes": [volume(name, Labels={"com.docker.volume.anonymous": ""})],
        "Containers": [stopped(1, Id=name)],
    }
    usage["Images"][1]["Id"] = name
    strange = host(usage, engine={"/networks": [network_of(30, "x", Id=name)]})
    for fix in (
        "unused-images", "dangling-images", "unused-volumes", "stopped-containers",
        "idle-networks",
    ):  # fmt: skip
        assert planned(fix, strange).outcome == NOTHING


def test_age_is_chosen_in_days():
    usage = {"Images": [image(1, "a:1", days=2)]}
    young = planned("unused-images", host(usage))
    assert young.outcome == NOTHING
    assert "more than 7 days ago" in young.reason
    assert subjects(planned("unused-images", host(usage), older_than="1")) == ["a:1"]
    assert subjects(planned("unused-images", host(usage), older_than="1d")) == ["a:1"]
    untold = {"Images": [image(1, "a:1", Created=None)]}
    assert planned("unused-images", host(untold), older_than="0").outcome == NOTHING


@pytest.mark.parametrize("text", ["-1", "week", "", "1.5", "999999", "\u0661"])
@pytest.mark.parametrize("fix", ["build-cache", "unused-images", "stopped-containers"])
def test_an_age_that_is_none_is_refused(fix, text):
    with pytest.raises(ValueError, match="whole number of days"):
        planned(fix, host(), older_than=text)


# -- containers and volumes ------------------------------------------------------------------------


def test_containers_of_compose_projects_are_named():
    usage = {"Containers": [stopped(1), stopped(2, Labels={"com.docker.compose.project": "shop"})]}
    notes = planned("stopped-containers", host(usage)).notes
    assert "job-1 (1 GiB), job-2 (1 GiB)" in notes[0]
    assert notes[1].startswith("Of a compose project: job-2.")


def test_named_volumes_only_when_asked_and_each_is_listed():
    volumes = [volume(f"data-{number:02}", size=MIB) for number in range(30)]
    full = host({"Volumes": [*volumes, volume("used", count=1)]})
    assert planned("unused-volumes", full).outcome == NOTHING
    proposal = planned("unused-volumes", full, named="true")
    assert subjects(proposal) == [item["Name"] for item in volumes]
    assert all(f"{item['Name']} (1 MiB)" in proposal.notes[0] for item in volumes)
    with pytest.raises(ValueError, match="true or false"):
        planned("unused-volumes", full, named="yes please")


def test_volumes_of_other_drivers_are_left_alone():
    far = volume(hexed(1), Driver="rclone")
    untold = volume(hexed(2), UsageData=None)
    proposal = planned("unused-volumes", host({"Volumes": [far, untold]}))
    assert proposal.outcome == NOTHING
    assert hexed(1) in proposal.notes[0]
    assert hexed(2) not in proposal.notes[0]


# -- logs ------------------------------------------------------------------------------------------


def logs(**sizes: int) -> dict[str, Any]:
    """Files and their sizes; the number in a name is the container's."""
    paths = {
        f"{ROOT}/{hexed(int(n[1:]))}/{hexed(int(n[1:]))}-json.log": s for n, s in sizes.items()
    }
    return {"files": dict.fromkeys(paths, ""), "stats": {p: {"size": s} for p, s in paths.items()}}


def log(number: int) -> str:
    return f"{ROOT}/{hexed(number)}/{hexed(number)}-json.log"


def test_large_logs_are_emptied_however_many():
    sizes = {f"c{number}": (number + 2) * GIB for number in range(8)}
    full = host(**logs(**sizes, c20=MIB))
    assert outcomes(container_logging.TOPIC, full, "container-log-large") == {"fail"}
    proposal = planned("container-log", full)
    assert set(proposal.changes) == {
        EmptyFile(log(number), (number + 2) * GIB) for number in range(8)
    }
    assert any("lost" in note for note in proposal.notes)
    assert proposal.steps[0].startswith("hullcheck fix log-rotation")
    after = applied(full, proposal)
    assert outcomes(container_logging.TOPIC, after, "container-log-large") == {"pass"}
    assert planned("container-log", after).outcome == NOTHING


def test_rotated_and_strange_files_are_left_alone():
    own = logs(c1=2 * GIB, c2=2 * GIB, c3=2 * GIB)
    files = {
        **own["files"],
        f"{log(1)}.1": "",
        f"{ROOT}/{hexed(4)}/local-logs/container.log": "",
        f"{ROOT}/other/other-json.log": "",
        "/srv/mail.log": "",
    }
    stats = {**own["stats"], f"{log(1)}.1": {"size": 9 * GIB},
             f"{ROOT}/other/other-json.log": {"size": 9 * GIB},
             "/srv/mail.log": {"size": 9 * GIB}}  # fmt: skip
    del files[log(2)], stats[log(2)]
    full = host(files=files, stats=stats, links={log(2): "/srv/mail.log"})
    assert {change.path for change in planned("container-log", full).changes} == {log(1), log(3)}


def test_the_size_is_chosen():
    full = host(**logs(c1=200 * MIB))
    assert planned("container-log", full).outcome == NOTHING
    assert planned("container-log", full, larger_than="100m").changes == (
        EmptyFile(log(1), 200 * MIB),
    )
    with pytest.raises(ValueError, match="a size such as"):
        planned("container-log", full, larger_than="big")


def test_an_empty_log_is_never_among_them():
    assert planned("container-log", host(**logs(c1=0)), larger_than="0").outcome == NOTHING


def test_the_logs_of_an_engine_elsewhere_are_not_ours():
    info = answer("storage/info-28.json") | {"Name": "db-01"}
    far = host(env={"DOCKER_HOST": "tcp://10.0.0.5:2376"}, engine={"/info": info})
    with pytest.raises(Unreadable) as caught:
        planned("container-log", far)
    assert caught.value.kind == "inapplicable"
    # What its API does is done through its API.
    assert planned("unused-images", far).outcome == CHANGES


def test_every_fix_is_in_the_table():
    mended = {check for fix in FAMILY.fixes for check in load(fix.id).mends}
    assert mended == {row[2] for row in NEEDED} | {"unused-networks", "container-log-large"}
