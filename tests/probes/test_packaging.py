from __future__ import annotations

from typing import Any

import pytest

from probes import model, packaging
from probes.formats import advisories, distribution_support
from probes.formats.os_release import MANAGERS
from probes.formats.package_databases import DPKG_FORMAT, RPM_FORMAT, Package
from probes.model import Missing
from probes.packaging import Cli, ComposeV1, Packaging, Plugin, Running
from tests.fake_host import SESSION, fake_host
from tests.records import replace

TODAY = "2026-11-24"
CLOCK = 1_795_521_600.0
GONE = Missing("it was not recorded", "unrecorded", "look --here")
NO_ENGINE = Missing("there is no container engine on this host", "inapplicable")
CHECKS = {check.id: check for check in packaging.TOPIC.checks}
SOCK = "/var/run/docker.sock"


def life(name: str, version: str) -> distribution_support.Life:
    return distribution_support.life_of({"ID": name, "VERSION_ID": version}, TODAY)


def installed(*names: str, version: str = "1.0") -> tuple[Package, ...]:
    return tuple(Package(name, version, "dpkg") for name in names)


def components(**versions: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", "-"), version) for name, version in versions.items())


CE = installed(
    "docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin"
)
FOLDER = "/usr/libexec/docker/cli-plugins"
PLUGINS = (
    Plugin("docker-buildx", f"{FOLDER}/docker-buildx", "", dangling=False),
    Plugin("docker-compose", f"{FOLDER}/docker-compose", "", dangling=False),
)
CURRENT = components(containerd="v2.3.7", runc="1.5.0", docker_init="0.19.0")
HEALTHY = Packaging(
    flavour="docker-ce",
    provider="docker-engine",
    here=True,
    version="29.10.0",
    platform="Docker Engine - Community",
    builder="docker",
    api="1.54",
    min_api="1.40",
    components=CURRENT,
    packages=CE,
    snap=False,
    ubuntu_core=False,
    nodocker=False,
    daemons=(Running(812, 0, "/usr/bin/dockerd", "/var/lib/docker", ""),),
    cli=Cli("docker", "29.10.0", "/usr/bin/docker"),
    plugins=PLUGINS,
    compose_v1=None,
    compose_v2=False,
    init_wanted=False,
    init_path="",
    init_there=True,
    conditions=(),
    socket_clients=(),
    life=life("debian", "12"),
    distribution="Debian GNU/Linux 12 (bookworm)",
    today=TODAY,
    manager=MANAGERS["apt"],
)
# Debian 12's own: what GET /version of its docker.io says.
DEBIAN = replace(
    HEALTHY,
    flavour="docker.io",
    version="20.10.24+dfsg1",
    platform="",
    builder="distribution",
    api="1.41",
    min_api="1.12",
    components=components(containerd="1.6.20~ds1", runc="1.1.5+ds1", docker_init="0.19.0"),
    packages=installed("docker.io", "containerd", "runc"),
    cli=Cli("docker", "20.10.24+dfsg1", "/usr/bin/docker"),
)


def judge(check: str, base: Packaging = HEALTHY, **changes: object) -> list[model.Finding]:
    return model.judge(CHECKS[check], replace(base, **changes))


@pytest.mark.parametrize("facts", [HEALTHY, DEBIAN])
def test_a_healthy_host_hears_nothing(facts: Packaging):
    for check in packaging.TOPIC.checks:
        for finding in model.judge(check, facts):
            assert finding.outcome in {"pass", "skip"}, finding


def test_every_check_is_explained():
    for check in packaging.TOPIC.checks:
        for section in model.SECTIONS:
            assert f"## {section}" in check.explanation, check.id


SNAP_DAEMON = Running(9, 0, "/snap/docker/2915/bin/dockerd", "/var/snap/docker/common", "/x.json")
TWINS = (
    Running(8, 0, "/usr/bin/dockerd", "/var/lib/docker", ""),
    Running(9, 0, "/opt/dockerd", "/var/lib/docker", ""),
)
PRIVATE = (TWINS[0], Running(9, 0, "/opt/dockerd", "/tmp/data", "/tmp/daemon.json"))
ROOTLESS = (TWINS[0], Running(9, 1000, "/usr/bin/dockerd", "/var/lib/docker", ""))
OLD_CONTAINERD = components(containerd="1.5.11", runc="1.5.0")
BROKEN = Plugin(
    "docker-compose", "/root/.docker/cli-plugins/docker-compose", "cut off", dangling=False
)
LINK = BROKEN._replace(trouble="it leads to /opt/docker-desktop, which is gone", dangling=True)
V1 = ComposeV1("/usr/local/bin/docker-compose", packaged=False)
BARE: dict[str, object] = {"plugins": ()}

CASES: list[tuple[str, dict[str, object], str, str]] = [
    ("two-engines-installed", {"snap": True}, "fail", "warning"),
    ("two-engines-installed", {"snap": True, "daemons": (TWINS[0], SNAP_DAEMON)}, "fail", "error"),
    ("two-engines-installed", {"daemons": TWINS}, "fail", "error"),
    ("two-engines-installed", {"daemons": PRIVATE}, "pass", ""),
    ("two-engines-installed", {"daemons": ROOTLESS}, "pass", ""),
    ("two-engines-installed", {"snap": True, "packages": ()}, "pass", ""),
    ("two-engines-installed", {"snap": GONE}, "unknown", ""),
    ("engine-snap", {"flavour": "snap"}, "fail", "warning"),
    ("engine-snap", {"flavour": "snap", "ubuntu_core": True}, "skip", ""),
    ("engine-snap", {}, "skip", ""),
    ("docker-is-podman", {"cli": Cli("podman", "4.9.3", "/usr/bin/podman")}, "fail", "note"),
    (
        "docker-is-podman",
        {"cli": Cli("podman", "4.9.3", "/usr/bin/podman"), "nodocker": True},
        "pass",
        "",
    ),
    ("docker-is-podman", {}, "pass", ""),
    ("docker-is-podman", {"cli": Missing("no docker", "inapplicable")}, "skip", ""),
    ("docker-is-podman", {"cli": GONE}, "unknown", ""),
    ("conflicting-packages", {"packages": installed("docker-ce", "docker.io")}, "fail", "warning"),
    (
        "conflicting-packages",
        {"packages": installed("containerd.io", "containerd")},
        "fail",
        "warning",
    ),
    (
        "conflicting-packages",
        {"packages": installed("docker-ce-cli", "podman-docker")},
        "fail",
        "warning",
    ),
    ("conflicting-packages", {"packages": installed("docker", "docker.io")}, "pass", ""),
    ("conflicting-packages", {"packages": installed("podman", "podman-docker")}, "pass", ""),
    ("conflicting-packages", {"packages": GONE}, "unknown", ""),
    ("engine-end-of-life", {"version": "28.5.2"}, "fail", "warning"),
    ("engine-end-of-life", {"version": "27.5.1"}, "fail", "error"),
    ("engine-end-of-life", {"version": "17.12.1-ce"}, "fail", "error"),
    ("engine-end-of-life", {"version": "25.0.13"}, "pass", ""),
    ("engine-end-of-life", {"version": "25.0.13", "today": "2026-12-05"}, "fail", "warning"),
    ("engine-end-of-life", {"version": "30.0.0"}, "skip", ""),
    ("engine-end-of-life", {"version": "20.10.24", "builder": "distribution"}, "skip", ""),
    ("engine-end-of-life", {"version": GONE}, "unknown", ""),
    ("engine-end-of-life", {"builder": NO_ENGINE, "version": NO_ENGINE}, "skip", ""),
    ("engine-behind", {"version": "29.6.2"}, "fail", "note"),
    ("engine-behind", {"version": "29.8.0"}, "pass", ""),
    ("engine-behind", {"version": "28.5.2"}, "skip", ""),
    ("engine-behind", {"version": "29.1.0", "builder": "distribution"}, "skip", ""),
    ("engine-behind", {"version": GONE}, "unknown", ""),
    ("containerd-end-of-life", {"components": OLD_CONTAINERD}, "fail", "warning"),
    ("containerd-end-of-life", {"components": components(containerd="v2.2.4")}, "fail", "note"),
    ("containerd-end-of-life", {"components": components(containerd="2.9.0")}, "skip", ""),
    ("containerd-end-of-life", {"components": components(containerd="1.6.20~ds1")}, "skip", ""),
    (
        "containerd-end-of-life",
        {"components": OLD_CONTAINERD, "packages": installed("containerd")},
        "skip",
        "",
    ),
    ("containerd-end-of-life", {"components": ()}, "skip", ""),
    ("containerd-end-of-life", {"components": GONE}, "unknown", ""),
    (
        "client-engine-incompatible",
        {"cli": Cli("docker", "20.10.7", "/usr/bin/docker"), "min_api": "1.44"},
        "fail",
        "error",
    ),
    ("client-engine-incompatible", {"api": "1.38", "min_api": "1.12"}, "fail", "error"),
    ("client-engine-incompatible", {}, "pass", ""),
    ("client-engine-incompatible", {"cli": Cli("podman", "5.0", "/x")}, "skip", ""),
    ("client-engine-incompatible", {"api": GONE}, "unknown", ""),
    ("client-engine-far-apart", {"version": "24.0.9"}, "fail", "note"),
    ("client-engine-far-apart", {"version": "27.0.0"}, "pass", ""),
    ("client-engine-far-apart", {"version": "dev"}, "skip", ""),
    ("client-engine-far-apart", {"version": GONE}, "unknown", ""),
    (
        "api-floor-raised",
        {"min_api": "1.44", "socket_clients": ("traefik (traefik:v2.10)",)},
        "fail",
        "warning",
    ),
    ("api-floor-raised", {"min_api": "1.44"}, "pass", ""),
    ("api-floor-raised", {}, "pass", ""),
    ("api-floor-raised", {"provider": "podman"}, "skip", ""),
    ("api-floor-raised", {"min_api": "1.44", "socket_clients": GONE}, "unknown", ""),
    ("buildx-missing", BARE, "fail", "note"),
    ("buildx-missing", {"plugins": (BROKEN._replace(name="docker-buildx"),)}, "fail", "note"),
    ("buildx-missing", {**BARE, "cli": Cli("docker", "20.10.24", "/usr/bin/docker")}, "skip", ""),
    ("buildx-missing", {**BARE, "cli": Cli("docker", "28.5.2", "/nix/store/x/docker")}, "skip", ""),
    ("buildx-missing", {**BARE, "cli": Cli("podman", "4.9.3", "/usr/bin/podman")}, "skip", ""),
    ("buildx-missing", {"cli": GONE}, "unknown", ""),
    ("compose-missing", BARE, "fail", "note"),
    ("compose-missing", {**BARE, "compose_v2": True}, "pass", ""),
    ("compose-missing", {**BARE, "compose_v1": V1}, "skip", ""),
    ("compose-missing", {"cli": GONE}, "unknown", ""),
    ("compose-v1", {**BARE, "compose_v1": V1}, "fail", "warning"),
    ("compose-v1", {**BARE, "compose_v1": V1._replace(packaged=True)}, "fail", "note"),
    ("compose-v1", {"compose_v1": V1}, "fail", "note"),
    ("compose-v1", {}, "skip", ""),
    ("cli-plugin-broken", {"plugins": (BROKEN,)}, "fail", "warning"),
    ("cli-plugin-broken", {"plugins": (LINK,)}, "fail", "note"),
    ("cli-plugin-broken", {}, "pass", ""),
    ("cli-plugin-broken", BARE, "skip", ""),
    (
        "docker-init-missing",
        {"init_wanted": True, "init_there": False, "components": components(runc="1.5.0")},
        "fail",
        "warning",
    ),
    ("docker-init-missing", {"init_wanted": True}, "pass", ""),
    ("docker-init-missing", {"init_wanted": True, "components": ()}, "pass", ""),
    ("docker-init-missing", {}, "skip", ""),
    ("docker-init-missing", {"init_wanted": GONE}, "unknown", ""),
    ("runc-vulnerable", {"components": components(runc="1.1.11")}, "fail", "error"),
    ("runc-vulnerable", {"components": components(runc="1.3.5")}, "fail", "warning"),
    ("runc-vulnerable", {"components": components(runc="1.1.5+ds1")}, "pass", ""),
    ("runc-vulnerable", {"components": components(runc="1.3.6")}, "pass", ""),
    ("runc-vulnerable", {"components": components(runc="unknown")}, "skip", ""),
    ("runc-vulnerable", {"components": ()}, "skip", ""),
    ("runc-vulnerable", {"components": GONE}, "unknown", ""),
    ("containerd-vulnerable", {"components": components(containerd="1.7.20")}, "fail", "warning"),
    ("containerd-vulnerable", {"components": components(containerd="1.3.4")}, "fail", "error"),
    ("containerd-vulnerable", {}, "pass", ""),
    ("containerd-vulnerable", {"components": GONE}, "unknown", ""),
    ("engine-vulnerable", {"version": "24.0.7"}, "fail", "error"),
    ("engine-vulnerable", {"version": "29.4.0"}, "fail", "error"),
    ("engine-vulnerable", {"version": "29.6.0"}, "pass", ""),
    (
        "engine-vulnerable",
        {"version": "29.6.0", "conditions": (advisories.TCP,)},
        "fail",
        "warning",
    ),
    (
        "engine-vulnerable",
        {"version": "29.3.0", "conditions": (advisories.AUTHZ,)},
        "fail",
        "error",
    ),
    ("engine-vulnerable", {"version": "24.0.7", "builder": "distribution"}, "pass", ""),
    ("engine-vulnerable", {"version": GONE}, "unknown", ""),
]


@pytest.mark.parametrize(("check", "changes", "outcome", "severity"), CASES)
def test_check(check: str, changes: dict[str, object], outcome: str, severity: str):
    (finding,) = judge(check, **changes)
    assert finding.outcome == outcome, finding
    if outcome == "fail":
        assert finding.severity == severity
        assert finding.mend
    if outcome == "unknown":
        assert finding.look == "look --here"


def test_a_distribution_that_ended_backports_no_more():
    ended = {"life": life("raspbian", "10"), "distribution": "Raspbian 10"}
    (finding,) = judge("runc-vulnerable", DEBIAN, **ended)
    assert (finding.outcome, finding.severity) == ("fail", "note")


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "sudo apt-get install docker-compose-plugin"),
        (
            {"packages": installed("docker.io"), "life": life("ubuntu", "24.04")},
            "docker-compose-v2",
        ),
        ({"packages": installed("docker.io"), "life": life("debian", "12")}, "github.com"),
        ({"packages": installed("docker.io"), "life": life("debian", "13")}, "docker-compose"),
        (
            {"packages": installed("docker"), "manager": MANAGERS["apk"]},
            "sudo apk add docker-cli-compose",
        ),
        ({"packages": installed("docker"), "life": life("amzn", "2023")}, "github.com"),
        ({"packages": (), "manager": None}, "github.com"),
    ],
)
def test_the_plugins_package_is_that_of_the_host(changes: dict[str, object], command: str):
    (finding,) = judge("compose-missing", plugins=(), **changes)
    assert command in finding.mend[0]


def test_an_upgrade_is_asked_of_whom_it_concerns():
    def mend(**changes: object) -> str:
        (finding,) = judge("engine-end-of-life", version="27.5.1", **changes)
        return finding.mend[0]

    assert "apt-get install --only-upgrade docker-ce docker-ce-cli containerd.io" in mend()
    assert mend(here=False).startswith("On the engine's own host")
    assert mend(provider="docker-desktop").startswith("Update Docker Desktop")
    assert mend(packages=()).startswith("Replace the binaries")


# -- looking -------------------------------------------------------------------------------------

OS = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
# GET /version of Debian 12's docker.io.
VERSION: dict[str, Any] = {
    "Platform": {"Name": ""},
    "Components": [
        {"Name": "Engine", "Version": "20.10.24+dfsg1", "Details": {"ApiVersion": "1.41"}},
        {"Name": "containerd", "Version": "1.6.20~ds1", "Details": {}},
        {"Name": "runc", "Version": "1.1.5+ds1", "Details": {}},
        {"Name": "docker-init", "Version": "0.19.0", "Details": {"GitCommit": ""}},
    ],
    "Version": "20.10.24+dfsg1",
    "ApiVersion": "1.41",
    "MinAPIVersion": "1.12",
}
COMMUNITY = {**VERSION, "Platform": {"Name": "Docker Engine - Community"}, "Version": "29.1.0"}
INFO = {"DockerRootDir": "/var/lib/docker", "Name": "web-07", "KernelVersion": "6.1.0-28-amd64"}
PROCESS = [812, 1, 0, "dockerd", ["/usr/sbin/dockerd", "-H", "fd://"], 1_790_000_000.0, False]
DPKG_NAMES = ("docker.io", "containerd", "runc")
DPKG = ("dpkg-query", "-W", "-f", DPKG_FORMAT)
DPKG_OUT = (
    "containerd\tii \t1.6.20~ds1-1+deb12u3\ndocker.io\tii \t20.10.24+dfsg1-1+deb12u1+b6\n"
    "runc\tii \t1.1.5+ds1-1+deb12u1\n"
)


def host(**changes: Any):
    answers: dict[str, Any] = {
        "files": {
            "/etc/os-release": OS,
            "/usr/sbin/dockerd": "x",
            "/usr/bin/docker": "x",
            **{f"/var/lib/dpkg/info/{name}.list": "" for name in DPKG_NAMES},
        },
        "runs": {
            (*DPKG, *DPKG_NAMES): (0, DPKG_OUT, ""),
            ("docker", "--version"): (0, "Docker version 20.10.24+dfsg1, build 297e128\n", ""),
        },
        "gauges": {"clock": CLOCK, "session": SESSION, "processes": [PROCESS]},
        "engine": {"/version": VERSION, "/info": INFO},
        "ping": {"milliseconds": 1.0, "headers": {}},
        "peers": {SOCK: 812},
        **changes,
    }
    return fake_host(**answers)


def test_look_at_debians_engine():
    facts = packaging.look(host())
    assert facts.flavour == "docker.io"
    assert facts.builder == "distribution"
    assert {p.name for p in facts.packages} == set(DPKG_NAMES)
    assert facts.cli == Cli("docker", "20.10.24+dfsg1", "/usr/bin/docker")
    found = [f for c in packaging.TOPIC.checks for f in model.judge(c, facts)]
    assert {f.id for f in found if f.outcome == "fail"} == {"compose-missing"}
    assert not {f.outcome for f in found} & {"unknown", "crash"}


def test_look_at_a_host_without_an_engine():
    empty = {"/etc/os-release": OS, "/var/lib/dpkg/info/base-files.list": ""}
    facts = packaging.look(
        host(files=empty, runs={}, engine={}, ping=None, peers={}, gauges={"clock": CLOCK})
    )
    assert facts.flavour == "none"
    assert facts.packages == ()
    found = [f for c in packaging.TOPIC.checks for f in model.judge(c, facts)]
    assert {f.outcome for f in found} == {"pass", "skip"}


def flavour(**changes: Any) -> str:
    return packaging.flavour(host(**changes))


def test_flavours():
    community = {"/version": COMMUNITY, "/info": INFO}
    ours = {**VERSION, "Version": "28.3.2"}
    snap_info = {**INFO, "DockerRootDir": "/var/snap/docker/common/var-lib-docker"}
    podman = {**VERSION, "Components": [{"Name": "Podman Engine", "Version": "4.9.3"}]}
    desktop = {**VERSION, "Platform": {"Name": "Docker Desktop 4.44.0 (1)"}}
    none: dict[str, Any] = {"files": {"/usr/bin/dockerd": "x"}, "runs": {}}
    assert flavour() == "docker.io"
    assert flavour(engine=community) == "static"
    ce = {
        "files": {"/usr/bin/dockerd": "x", "/var/lib/dpkg/info/docker-ce.list": ""},
        "runs": {(*DPKG, "docker-ce"): (0, "docker-ce\tii \t5:29.1.0-1~debian.12\n", "")},
    }
    assert flavour(engine=community, **ce) == "docker-ce"
    assert flavour(engine={"/version": ours, "/info": INFO}, **none) == "static"
    assert flavour(**none) == "docker.io"  # its version says so
    assert flavour(engine={"/version": VERSION, "/info": snap_info}) == "snap"
    assert flavour(engine={"/version": podman, "/info": INFO}) == "podman"
    assert flavour(engine={"/version": desktop, "/info": INFO}) == "docker-desktop"
    mirantis = {**VERSION, "Platform": {"Name": "Mirantis Container Runtime"}}
    assert flavour(engine={"/version": mirantis, "/info": INFO}) == "mirantis"
    nix = {"links": {"/usr/bin/dockerd": "/nix/store/a/bin/dockerd"}, "runs": {}}
    there = {"/nix/store/a/bin/dockerd": "x"}
    assert flavour(engine={"/version": ours, "/info": INFO}, files=there, **nix) == "nix"


def test_packages_of_rpm():
    runs = {
        ("rpm", "-q", "--qf", RPM_FORMAT, *packaging.PACKAGES): (
            24,
            "moby-engine\t28.3.3-1.fc42\npackage docker-ce is not installed\n",
            "",
        )
    }
    found = host(files={"/usr/lib/sysimage/rpm/x": ""}, runs=runs)
    assert packaging.packages(found) == (Package("moby-engine", "28.3.3-1.fc42", "rpm"),)


def test_packages_of_apk_and_pacman():
    apk = host(files={"/lib/apk/db/installed": "P:docker\nV:28.3.3-r2\n\nP:musl\nV:1.2.5-r10\n"})
    assert packaging.packages(apk) == (Package("docker", "28.3.3-r2", "apk"),)
    arch = host(files={"/var/lib/pacman/local/docker-1:28.5.1-1/desc": ""})
    assert packaging.packages(arch) == (Package("docker", "1:28.5.1-1", "pacman"),)


ELF_AMD64 = " 127  69  76  70   2   1   1   0   0   0   0   0   0   0   0   0   2   0  62   0\n"
ELF_ARM64 = ELF_AMD64.replace("  62   0", " 183   0")
HTML = "  60  33  68  79  67  84  89  80  69  32 104 116 109 108  62  10  60 104 116 109\n"
SCRIPT = "  35  33  47  98 105 110  47 115 104  10 101 120 101  99  32 116 114 117 101  10\n"
STAT = ("kind", "mode", "uid", "gid", "size", "mtime", "device", "inode", "owner", "group")
RUNNABLE = dict(zip(STAT, ("file", 0o755, 0, 0, 9, 1.7e9, 1, 1, "root", "root"), strict=True))


@pytest.mark.parametrize(
    ("od", "trouble"),
    [
        (ELF_AMD64, ""),
        (SCRIPT, ""),
        (ELF_ARM64, "it was built for aarch64, this is x86_64"),
        (HTML, "it is no program (a web page that was downloaded in its place?)"),
        (" 127  69\n", "it is cut off"),
    ],
)
def test_plugins_without_a_package_are_looked_into(od: str, trouble: str):
    path = "/usr/local/lib/docker/cli-plugins/docker-compose"
    runs = {("od", "-An", "-v", "-tu1", "-N20", path): (0, od, "")}
    facts = packaging.look(host(stats={path: RUNNABLE}, runs=runs))
    assert facts.plugins == (Plugin("docker-compose", path, trouble, dangling=False),)


def test_a_plugin_that_leads_nowhere_or_may_not_be_run():
    link, plain = "/root/.docker/cli-plugins/docker-scan", f"{FOLDER}/docker-compose"
    facts = packaging.look(
        host(
            links={link: "/opt/docker-desktop/scan"},
            stats={plain: {**RUNNABLE, "mode": 0o644}},
        )
    )
    found = {p.path: p for p in facts.plugins}
    assert found[link].dangling
    assert "not executable" in found[plain].trouble


V1_SCRIPT = "#!/usr/bin/python3\nfrom compose.cli.main import main\n"


def test_generations_of_docker_compose():
    path = "/usr/local/bin/docker-compose"
    assert packaging.look(host(files={path: V1_SCRIPT})).compose_v1 == V1
    wrapper = packaging.look(host(files={path: '#!/bin/sh\nexec docker compose "$@"\n'}))
    assert (wrapper.compose_v1, wrapper.compose_v2) == (None, True)


def test_conditions_of_advisories():
    info = {
        **INFO,
        "Plugins": {"Authorization": ["opa"]},
        "Warnings": ["WARNING: API is accessible on http://0.0.0.0:2375 without encryption."],
    }
    facts = packaging.look(host(engine={"/version": COMMUNITY, "/info": info}))
    assert set(facts.conditions) == {advisories.AUTHZ, advisories.TCP}
    firewalld = {**INFO, "FirewallBackend": {"Driver": "iptables+firewalld"}}
    old = {**COMMUNITY, "Version": "28.3.0"}
    facts = packaging.look(host(engine={"/version": old, "/info": firewalld}))
    assert facts.conditions == (advisories.FIREWALLD,)


def test_clients_of_the_socket_are_asked_for_where_the_floor_is_high():
    rows = [
        {
            "Names": ["/traefik"],
            "Image": "traefik:v2.10",
            "Mounts": [{"Source": "/var/run/docker.sock"}],
        },
        {"Names": ["/web"], "Image": "nginx", "Mounts": None},
    ]
    engine = {
        "/version": {**COMMUNITY, "MinAPIVersion": "1.44"},
        "/info": INFO,
        "/containers/json?all=1": rows,
    }
    assert packaging.look(host(engine=engine)).socket_clients == ("traefik (traefik:v2.10)",)


@pytest.mark.parametrize("value", [None, "x", [], {"a": 1}, 5, True, [None, 3]])
def test_odd_answers_of_an_engine_do_not_crash(value: object):
    odd = {
        "/version": {**COMMUNITY, "Components": value, "Version": "25.0.0"},
        "/info": {
            **INFO,
            **dict.fromkeys(("Plugins", "Swarm", "Warnings", "FirewallBackend"), value),
        },
        "/networks": value,
        "/containers/json?all=1": value,
    }
    if not isinstance(value, list):
        odd["/version"] = {**COMMUNITY, "Components": None, "Version": "25.0.0"}
    facts = packaging.look(host(engine=odd))
    for check in packaging.TOPIC.checks:
        assert all(f.outcome != "crash" for f in model.judge(check, facts)), check.id
