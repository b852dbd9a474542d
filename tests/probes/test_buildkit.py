from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probes import buildkit, configuration, disk
from probes.buildkit import Builder, BuilderContainer, BuildKit, CacheVolume, Handler, Node
from probes.daemon_control import Control
from probes.disk import Kind, Place
from probes.formats.sizes import GIB
from probes.model import Missing, judge
from tests.fake_host import fake_host
from tests.records import replace

CONTROL = Control(
    "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
)

DATA = Path(__file__).parents[1] / "data"
GONE = Missing("there is no container engine on this host", "inapplicable")
SHUT = Missing("may not be read by this user", "denied", "sudo cat")
NOT_MOUNTED = Missing("binfmt_misc is not mounted: emulators cannot be seen", "absent", "ls")
FILE = "/etc/docker/daemon.json line 2"


def setting(key: str, value: Any, where: str = "") -> Any:
    source = "file" if where else "default"
    return configuration.Setting(key, value, source, where, "live", None, "R")


def builder(
    name: str = "cross",
    *,
    architectures: tuple[str, ...] = (),
    endpoint: str = "unix:///var/run/docker.sock",
    exists: bool | None = None,
    limits: bool = False,
) -> Builder:
    node = Node(f"{name}0", endpoint, exists, architectures, limits)
    return Builder(name, f"/root/.docker/buildx/instances/{name}", "docker-container", (node,))


def volume(size: float, *, node: str = "cross0", used: bool = True) -> CacheVolume:
    return CacheVolume(f"buildx_buildkit_{node}_state", node, int(size * GIB), used)


QEMU = Handler(
    "qemu-aarch64", enabled=True, interpreter="/usr/bin/qemu-aarch64-static", flags="OCF"
)
FINE = BuildKit(
    version="28.5.2",
    os_type="linux",
    buildkit_variable=("", ""),
    features=setting("features", {}),
    builder=setting("builder", "garbage collection on"),
    cache=Kind(30, 5 * GIB, 10, 4 * GIB),
    place=Place("/var/lib/docker", "/", "ext4", "254:0", 250 * GIB, 76 * GIB, 0, 0),
    builders=(builder(architectures=("arm64", "amd64")),),
    unreadable=(),
    volumes=(volume(3),),
    containers=(
        BuilderContainer("buildx_buildkit_cross0", "moby/buildkit:buildx-stable-1", 1_790_000_000),
    ),
    machine="amd64",
    handlers=(QEMU,),
    local=True,
    site=CONTROL,
)
CHECKS = {check.id: check for check in buildkit.TOPIC.checks}

CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("buildkit-disabled", "fail", {"buildkit_variable": ("0", "the environment")}, "=0"),
    (
        "buildkit-disabled",
        "fail",
        {"buildkit_variable": ("false", "/etc/environment line 3")},
        "/etc/environment line 3",
    ),
    (
        "buildkit-disabled",
        "fail",
        {"features": setting("features", {"buildkit": False}, FILE)},
        "turns BuildKit off",
    ),
    ("buildkit-disabled", "pass", {"buildkit_variable": ("1", "the environment")}, "nothing"),
    (
        "buildkit-disabled",
        "skip",
        {"version": "20.10.24", "buildkit_variable": ("0", "the environment")},
        "not the default",
    ),
    ("buildkit-disabled", "unknown", {"version": SHUT}, "may not"),
    ("build-cache-gc-off", "fail", {"version": "26.1.5"}, "only when it is told to"),
    (
        "build-cache-gc-off",
        "fail",
        {"builder": setting("builder", {"gc": {"enabled": False}}, FILE)},
        f"{FILE} turns it off",
    ),
    (
        "build-cache-gc-off",
        "fail",
        {
            "version": "26.1.5",
            "builder": setting("builder", {"gc": {"defaultKeepStorage": "20GB"}}, FILE),
        },
        "only when it is told to",
    ),
    (
        "build-cache-gc-off",
        "pass",
        {"version": "26.1.5", "builder": setting("builder", {"GC": {"Enabled": True}}, FILE)},
        "collects",
    ),
    ("build-cache-gc-off", "skip", {"version": "26.1.5", "cache": Kind(0, 0, 0, 0)}, "built here"),
    ("build-cache-gc-off", "unknown", {"builder": SHUT}, "may not"),
    ("build-cache-gc-off", "unknown", {"version": "26.1.5", "cache": SHUT}, "may not"),
    ("builder-volume-large", "fail", {"volumes": (volume(60),)}, "cross keeps 60 GiB"),
    (
        "builder-volume-large",
        "fail",
        {"volumes": (volume(60),), "builders": (builder(limits=True),)},
        "within the limits",
    ),
    ("builder-volume-large", "skip", {"volumes": ()}, "no builder"),
    ("builder-volume-large", "unknown", {"volumes": SHUT}, "may not"),
    (
        "builder-volume-orphaned",
        "fail",
        {"volumes": (volume(9, node="old0", used=False),)},
        "holds 9 GiB",
    ),
    ("builder-volume-orphaned", "pass", {"volumes": (volume(9, used=False),)}, "no cache"),
    ("builder-volume-orphaned", "unknown", {"builders": SHUT}, "may not"),
    (
        "builder-endpoint-gone",
        "fail",
        {"builders": (builder(endpoint="desktop-linux", exists=False),)},
        "desktop-linux, which does not exist",
    ),
    (
        "builder-endpoint-gone",
        "fail",
        {"unreadable": ("/root/.docker/buildx/instances/x",)},
        "describes no builder",
    ),
    ("builder-endpoint-gone", "unknown", {"builders": SHUT}, "may not"),
    (
        "builder-outdated",
        "fail",
        {
            "containers": (
                BuilderContainer("buildx_buildkit_cross0", "moby/buildkit", 1_650_000_000),
            )
        },
        "2022-04-15",
    ),
    ("builder-outdated", "skip", {"containers": ()}, "no builder"),
    ("builder-outdated", "unknown", {"containers": SHUT}, "may not"),
    ("emulator-not-fixed", "fail", {"handlers": (QEMU._replace(flags="OC"),)}, "qemu-aarch64"),
    ("emulator-not-fixed", "skip", {"handlers": ()}, "no emulator"),
    ("emulator-not-fixed", "skip", {"handlers": NOT_MOUNTED, "builders": ()}, "not even mounted"),
    ("emulator-not-fixed", "skip", {"local": GONE}, "no container engine"),
    ("emulator-not-fixed", "unknown", {"handlers": NOT_MOUNTED}, "not mounted"),
    ("builder-platform-without-emulator", "fail", {"handlers": ()}, "arm64"),
    ("builder-platform-without-emulator", "skip", {"builders": (builder(),)}, "another CPU"),
    (
        "builder-platform-without-emulator",
        "skip",
        {"builders": (builder(architectures=("386", "amd64")),)},
        "another CPU",
    ),
    (
        "builder-platform-without-emulator",
        "skip",
        {"builders": (builder(architectures=("arm64",), endpoint="ssh://arm-box"),)},
        "another CPU",
    ),
    ("builder-platform-without-emulator", "unknown", {"handlers": NOT_MOUNTED}, "not mounted"),
]


@pytest.mark.parametrize(("check", "outcome", "facts", "words"), CASES)
def test_verdicts(check: str, outcome: str, facts: dict[str, Any], words: str) -> None:
    found = judge(CHECKS[check], replace(FINE, **facts))
    assert [f.outcome for f in found] == [outcome]
    assert words in found[0].summary
    if outcome == "fail":
        assert found[0].mend


@pytest.mark.parametrize("check", CHECKS)
def test_a_fine_engine_hears_nothing(check: str) -> None:
    assert {f.outcome for f in judge(CHECKS[check], FINE)} <= {"pass", "skip"}


def test_the_table_fires_every_check() -> None:
    assert {case[0] for case in CASES if case[1] == "fail"} == set(CHECKS)


def test_the_suggested_limit_is_a_tenth_of_the_file_system() -> None:
    found = judge(CHECKS["build-cache-gc-off"], replace(FINE, version="24.0.7"))[0]
    assert '"defaultKeepStorage": "25GB"' in found.mend[0]


# -- looking -------------------------------------------------------------------------------------

BUILDX = "/root/.docker/buildx"
ARM = """enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POC
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
"""


def host(files: dict[str, str] | None = None, **other: Any) -> Any:
    return fake_host(
        engine={
            "/info": json.loads((DATA / "storage" / "info-28.json").read_text()),
            "/version": json.loads((DATA / "storage" / "version-28.json").read_text()),
            disk.USAGE_PATH: json.loads((DATA / "disk" / "df-28.json").read_text()),
            "/containers/json?all=1": [
                {"Names": ["/buildx_buildkit_cross0"], "Image": "moby/buildkit", "Created": 1.65e9},
                {"Names": ["/web"], "Image": "nginx", "Created": 1.79e9},
            ],
        },
        files={
            "/proc/self/mountinfo": "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n",
            "/var/lib/docker/x": "",
            "/proc/sys/fs/binfmt_misc/register": "",
            "/proc/sys/fs/binfmt_misc/status": "enabled\n",
            f"{BUILDX}/current": '{"Key":"unix:///var/run/docker.sock","Name":"cross"}',
            f"{BUILDX}/instances/cross": (DATA / "buildkit/instance-cross.json").read_text(),
            f"{BUILDX}/instances/plain": (DATA / "buildkit/instance-plain.json").read_text(),
            **(files or {}),
        },
        vfs={"/": (250 * GIB, 80 * GIB, 70 * GIB, 16_000_000, 15_000_000)},
        peers={"/var/run/docker.sock": 1},
        gauges={"processes": [[12, 1, 0, "dockerd", ["dockerd", "-H", "fd://"], 1.8e9, False]]},
        **other,
    )


def outcomes(of: Any) -> dict[str, str]:
    facts = buildkit.look(of)
    return {f.id: f.outcome for c in buildkit.TOPIC.checks for f in judge(c, facts)}


def test_buildx_files_as_it_writes_them() -> None:
    facts = buildkit.look(host())
    cross, plain = facts.builders  # type: ignore[misc]
    assert cross == builder(architectures=("arm64", "amd64"), limits=True)
    assert plain == builder("plain")
    assert facts.volumes == (CacheVolume("buildx_buildkit_old0_state", "old0", 0, used=False),)
    assert [c.name for c in facts.containers] == ["buildx_buildkit_cross0"]  # type: ignore[union-attr]
    assert facts.handlers == ()
    found = outcomes(host())
    assert found["builder-outdated"] == found["builder-platform-without-emulator"] == "fail"
    assert "unknown" not in found.values()
    assert "crash" not in found.values()


def test_emulators_as_the_kernel_lists_them() -> None:
    here = host({"/proc/sys/fs/binfmt_misc/qemu-aarch64": ARM})
    assert buildkit.look(here).handlers == (
        Handler("qemu-aarch64", True, "/usr/libexec/qemu-binfmt/aarch64-binfmt-P", "POC"),
    )
    assert outcomes(here)["emulator-not-fixed"] == "fail"
    assert outcomes(here)["builder-platform-without-emulator"] == "pass"


def test_a_builder_whose_context_went() -> None:
    gone = '{"Name":"desk","Driver":"docker-container","Nodes":[{"Name":"d0","Endpoint":"gone"}]}'
    facts = buildkit.look(host({f"{BUILDX}/instances/desk": gone}))
    found = judge(CHECKS["builder-endpoint-gone"], facts)
    assert [(f.outcome, f.subject) for f in found] == [("fail", "desk")]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"x"', '{"Nodes": 3}', '{"Nodes": [4]}', '{"Nodes": [{"Files": {"a": 1}}]}'],
)
def test_broken_builder_files(text: str) -> None:
    path = f"{BUILDX}/instances/broken"
    facts = buildkit.look(host({path: text}))
    assert len(facts.builders) >= 2
    found = {f.outcome for c in buildkit.TOPIC.checks for f in judge(c, facts)}
    assert "crash" not in found
    assert facts.unreadable in {(), (path,)}


def test_buildx_config_moves_the_folder() -> None:
    assert buildkit.look(host(env={"BUILDX_CONFIG": "/srv/buildx"})).builders == ()


def test_the_variable_is_found_where_it_is_set() -> None:
    env = {"DOCKER_BUILDKIT": "0"}
    assert buildkit.look(host(env=env)).buildkit_variable == ("0", "the environment")
    files = {"/etc/environment": 'PATH="/usr/bin"\nDOCKER_BUILDKIT=0\n'}
    assert buildkit.look(host(files, env=env)).buildkit_variable == (
        "0",
        "/etc/environment line 2",
    )


def test_no_engine_and_no_buildx() -> None:
    found = outcomes(fake_host())
    assert set(found.values()) <= {"skip", "pass"}
