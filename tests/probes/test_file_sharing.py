from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from probes.file_sharing import TOPIC, Bind, crosses, look, shown
from probes.host import Host
from probes.host.questions import Unrecorded
from probes.model import SECTIONS, Missing
from tests.fake_host import DIRECTORY
from tests.hosts.desktop_machine import container
from tests.hosts.machine import HOSTS
from tests.probes.linux_host import loud, said, verdicts
from tests.records import replace

UNREAD = Missing("it could not be read", "denied")
CONTAINERS = "/containers/json?all=1"
C = "/run/desktop/mnt/host/c/Users/ann/shop"


def facts_of(name: str, *rows: dict[str, Any], folder: str = "", **changes: Any) -> Any:
    """What is seen on a recorded host with these containers, started in that folder."""
    machine = import_module(f"tests.hosts.{name}").machine()
    for answers in machine.engines.values():
        answers[CONTAINERS] = list(rows)
    if folder:
        machine.env["PWD"] = folder
    for path in changes.pop("marks", ()):
        machine.files[f"{folder}/{path}"] = b"x"
    for path, text in changes.items():
        machine.files[path] = text
    return look(Host(machine))


def bind(source: str, target: str, mode: str = "", way: str = "folder", name: str = "web") -> Bind:
    return Bind(name, source, target, mode, way)


MAC = facts_of("macos_14_arm_good", folder="/Users/ann/shop")
WSL = facts_of("wsl2_desktop_integration", folder="/home/ann/shop")
HYPER_V = facts_of("windows_10_hyper_v")
LINUX = facts_of("ubuntu_desktop_linux")
SERVER = facts_of("ubuntu_2404")
DATABASE = bind("/Users/ann/shop/data", "/var/lib/postgresql/data", name="db")
CODE = bind("/Users/ann/shop", "/app")
ON_C = bind(C, "/app", way="drive")
OUTSIDE = replace(MAC, folder="/opt/shop", is_project=True)
ON_DRIVE = replace(WSL, folder="/mnt/c/Users/ann/shop", folder_on="9p", is_project=True)

TABLE: list[tuple[str, Any, str]] = [
    ("bind-mount-across-vm", MAC, "pass"),
    ("bind-mount-across-vm", replace(MAC, binds=(CODE,)), "pass"),
    ("bind-mount-across-vm", replace(MAC, binds=(CODE, DATABASE)), "fail warning"),
    ("bind-mount-across-vm", replace(LINUX, binds=(DATABASE,)), "fail warning"),
    ("bind-mount-across-vm", replace(MAC, binds=(DATABASE._replace(crosses=""),)), "pass"),
    (
        "bind-mount-across-vm",
        replace(MAC, binds=(bind("/Users/ann/shop/node_modules", "/app/node_modules/"),)),
        "fail warning",
    ),
    ("bind-mount-across-vm", replace(WSL, binds=(ON_C,)), "fail warning"),
    (
        "bind-mount-across-vm",
        replace(WSL, binds=(bind(f"{C}/nginx.conf", "/etc/nginx/nginx.conf", way="drive"),)),
        "pass",
    ),
    # With Hyper-V code can be nowhere else; data can.
    ("bind-mount-across-vm", replace(HYPER_V, binds=(ON_C,)), "pass"),
    (
        "bind-mount-across-vm",
        replace(HYPER_V, binds=(bind(C, "/var/lib/mysql", way="drive"),)),
        "fail warning",
    ),
    ("bind-mount-across-vm", replace(MAC, binds=UNREAD), "unknown"),
    ("bind-mount-across-vm", SERVER, "skip"),
    ("project-on-windows-drive", WSL, "pass"),
    ("project-on-windows-drive", ON_DRIVE, "fail warning"),
    ("project-on-windows-drive", replace(ON_DRIVE, is_project=False), "skip"),
    ("project-on-windows-drive", replace(ON_DRIVE, is_project=UNREAD), "unknown"),
    ("project-on-windows-drive", MAC, "skip"),
    ("project-not-shared", MAC, "pass"),
    ("project-not-shared", OUTSIDE, "fail warning"),
    ("project-not-shared", replace(OUTSIDE, shared=("/Users", "/opt/shop")), "pass"),
    ("project-not-shared", replace(OUTSIDE, shared=("/opt/sh",)), "fail warning"),
    ("project-not-shared", replace(OUTSIDE, is_project=False), "skip"),
    ("project-not-shared", replace(OUTSIDE, shared=UNREAD), "unknown"),
    ("project-not-shared", WSL, "skip"),
    ("mount-consistency-ignored", MAC, "pass"),
    ("mount-consistency-ignored", replace(MAC, binds=(bind("/Users/a", "/a", "rw"),)), "pass"),
    (
        "mount-consistency-ignored",
        replace(MAC, binds=(bind("/Users/a", "/a", "rw,cached"),)),
        "fail note",
    ),
    (
        "mount-consistency-ignored",
        replace(MAC, binds=(bind("/Users/a", "/a", "delegated"),), sharing="osxfs"),
        "skip",
    ),
    ("mount-consistency-ignored", replace(MAC, binds=UNREAD), "unknown"),
]


@pytest.mark.parametrize(("check", "facts", "expected"), TABLE)
def test_judgement(check, facts, expected):
    assert said(TOPIC, facts, check) == expected


def test_every_check_is_seen_to_fail_to_pass_and_not_to_know():
    seen = {(check, expected.split(maxsplit=1)[0]) for check, _, expected in TABLE}
    for check in TOPIC.checks:
        for outcome in ("fail", "pass", "skip", "unknown"):
            assert (check.id, outcome) in seen


def test_every_check_is_explained():
    for check in TOPIC.checks:
        assert [f"## {s}" in check.explanation for s in SECTIONS] == [True] * len(SECTIONS), (
            check.id
        )


@pytest.mark.parametrize(
    ("source", "where", "provider", "expected"),
    [
        (C, "wsl2", "docker-desktop", "drive"),
        ("/run/desktop/mnt/host/c", "windows", "docker-desktop", "drive"),
        ("/host_mnt/c/Users/ann", "windows", "docker-desktop", "drive"),
        (r"C:\Users\ann\shop", "windows", "docker-desktop", "drive"),
        ("D:/shop", "windows", "docker-desktop", "drive"),
        ("/run/desktop/mnt/host/wsl/docker-desktop-bind-mounts/Ubuntu/4f0", "wsl2",
         "docker-desktop", ""),
        ("/home/ann/shop", "wsl2", "docker-desktop", ""),
        ("/mnt/c/Users/ann", "windows", "rancher-desktop", "drive"),
        ("/mnt/c/Users/ann", "windows", "podman", "drive"),
        ("/mnt/data/c", "windows", "podman", ""),
        ("/host_mnt/Users/ann/shop", "macos", "docker-desktop", "folder"),
        ("/Users/ann/shop", "macos", "colima", "folder"),
        ("/Volumes/work", "macos", "orbstack", "folder"),
        ("/private/tmp/x", "macos", "docker-desktop", "folder"),
        ("/var/run/docker.sock", "macos", "docker-desktop", ""),
        ("/run/host-services/ssh-auth.sock", "macos", "docker-desktop", ""),
        ("/Userspace", "macos", "docker-desktop", ""),
        ("/host_mnt/home/ann/shop", "linux", "docker-desktop", "folder"),
        ("/etc/localtime", "linux", "docker-desktop", ""),
        ("", "macos", "docker-desktop", ""),
    ],
)  # fmt: skip
def test_which_sources_cross_the_border(source, where, provider, expected):
    assert crosses(source, where, provider) == expected


def test_a_drive_of_the_distribution_itself():
    rows = [container("web", "node:22", ("/mnt/c/Users/ann/shop", "/app"), ("/srv/shop", "/srv"))]
    facts = facts_of("wsl2_own_dockerd", *rows)
    assert [b.crosses for b in facts.binds] == ["drive", ""]
    assert said(TOPIC, facts, "bind-mount-across-vm") == "fail warning"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (C, "C:/Users/ann/shop"),
        ("/host_mnt/Users/ann", "/Users/ann"),
        (r"C:\Users\ann", r"C:\Users\ann"),
        ("/mnt/c/x", "/mnt/c/x"),
    ],
)
def test_a_source_as_its_owner_wrote_it(source, expected):
    assert shown(source) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/var/lib/postgresql/data", "PostgreSQL's data"),
        ("/var/lib/postgresql", "PostgreSQL's data"),
        ("/var/lib/postgresql-backup", ""),
        ("/var/lib/mysql/", "MySQL's data"),
        ("/data/db", "MongoDB's data"),
        ("/app/node_modules", "a folder node_modules"),
        ("/app/vendor", "a folder vendor"),
        ("/app", ""),
        ("", ""),
    ],
)
def test_what_suffers(target, expected):
    assert bind("/Users/a", target).data == expected


# -- looking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTS)
def test_each_host_hears_what_it_should(name):
    module = import_module(f"tests.hosts.{name}")
    ids = {check.id for check in TOPIC.checks}
    found = loud(TOPIC, look(Host(module.machine())))
    assert {id_ for id_, outcome, _ in found if outcome == "fail"} == ids & set(module.FAILS), found
    for id_, outcome, why in found:
        assert outcome == "fail" or "the engine is not running" in why, id_


def test_each_container_is_named():
    facts = look(Host(import_module("tests.hosts.wsl2_project_on_windows_drive").machine()))
    web, db = verdicts(TOPIC, facts, "bind-mount-across-vm")
    assert web.subject == "shop-web-1"
    assert "C:/Users/ann/shop mounted through 9p" in web.summary
    assert "move the project" in web.mend[0]
    assert "PostgreSQL's data" in db.summary
    assert "named volume" in db.mend[0]


def test_containers_that_do_not_run_are_left_alone():
    row = container("db", "postgres:17", (C, "/var/lib/postgresql/data")) | {"State": "exited"}
    assert facts_of("wsl2_desktop_integration", row).binds == ()


@pytest.mark.parametrize("mounts", [None, 5, [None], [{"Type": "volume"}], [{"Type": "bind"}]])
def test_odd_mounts(mounts):
    facts = facts_of("macos_14_arm_good", {"State": "running", "Id": "4f", "Mounts": mounts})
    assert said(TOPIC, facts, "bind-mount-across-vm") == "pass"


def test_docker_vmm_and_its_databases():
    row = container("db", "mongo:8", ("/Users/ann/data", "/data/db"))
    (found,) = verdicts(TOPIC, facts_of("macos_15_docker_vmm", row), "bind-mount-across-vm")
    assert "may fail with Docker VMM" in found.summary
    (found,) = verdicts(TOPIC, facts_of("macos_14_arm_good", row), "bind-mount-across-vm")
    assert "Docker VMM" not in found.summary


@pytest.mark.parametrize(
    ("folder", "marks", "expected"),
    [
        ("/mnt/c/Users/ann/shop", ("package.json",), "fail warning"),
        ("/mnt/c/Users/ann/it's", (".git/HEAD",), "fail warning"),
        ("/mnt/c", ("pagefile.sys",), "skip"),
        ("/mnt/cc/shop", ("package.json",), "pass"),
        ("/home/ann/shop", ("package.json",), "pass"),
    ],
)
def test_a_project_on_a_drive(folder, marks, expected):
    facts = facts_of("wsl2_desktop_integration", folder=folder, marks=marks)
    assert said(TOPIC, facts, "project-on-windows-drive") == expected


def test_a_folder_is_quoted():
    facts = replace(ON_DRIVE, folder="/mnt/c/it's")
    (found,) = verdicts(TOPIC, facts, "project-on-windows-drive")
    assert """'/mnt/c/it'"'"'s'""" in found.mend[0]


def test_without_a_folder():
    facts = facts_of("wsl2_desktop_integration")
    assert said(TOPIC, facts, "project-on-windows-drive") == "skip"


@pytest.mark.parametrize(
    ("settings", "folder", "expected"),
    [
        ({}, "/opt/shop", "fail warning"),
        ({}, "/Users/ann/shop", "pass"),
        ({"FilesharingDirectories": ["/opt/shop"]}, "/opt/shop/web", "pass"),
        ({"FilesharingDirectories": ["/opt/shop"]}, "/Users/ann/shop", "fail warning"),
        ({"SynchronizedDirectories": ["x"], "FilesharingDirectories": ["/opt"]},
         "/Users/ann/shop", "pass"),
    ],
)  # fmt: skip
def test_what_docker_desktop_shares(settings, folder, expected):
    path = "/Users/ann/Library/Group Containers/group.com.docker/settings-store.json"
    facts = facts_of(
        "macos_14_arm_good",
        folder=folder,
        marks=("compose.yaml",),
        **{path: json.dumps(settings).encode()},
    )
    assert said(TOPIC, facts, "project-not-shared") == expected


def test_an_engine_elsewhere():
    facts = look(Host(import_module("tests.hosts.windows_remote_ssh").machine()))
    assert isinstance(facts.platform, Missing)
    assert facts.platform.kind == "inapplicable"


def test_what_nobody_told_is_not_known():
    class Silent:
        def answer(self, question: Any, timeout: float) -> Any:
            raise Unrecorded("nobody asked that")

    found = loud(TOPIC, look(Host(Silent())))
    assert {outcome for _, outcome, _ in found} == {"unknown"}


def test_a_folder_that_may_not_be_listed():
    machine = import_module("tests.hosts.wsl2_desktop_integration").machine()
    machine.env["PWD"] = "/mnt/c/gone"
    machine.stats["/mnt/c/gone-too"] = {"kind": DIRECTORY}
    assert said(TOPIC, look(Host(machine)), "project-on-windows-drive") == "unknown"
