from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probes import daemon_security, model
from probes.daemon_security import (
    Certificate,
    DaemonSecurity,
    Listener,
    Owned,
    Registry,
    host_of,
    insecure,
    is_local_name,
    option,
    profile_of,
    scope_of,
    tcp_address,
    warned_listeners,
)
from probes.formats.proc_net_tcp import parse_listeners
from probes.formats.x509 import parse_certificates
from probes.host.questions import Denied, Refused
from probes.model import Missing
from tests.fake_host import fake_host
from tests.records import replace

DATA = Path(__file__).parents[1] / "data" / "daemon-security"
NOW = 1_795_566_000.0
SOCKET = "/var/run/docker.sock"
CHECKS = {c.id: c for c in daemon_security.TOPIC.checks}
UNREAD = Missing("it was not recorded", "unrecorded", "look --here")
ELSEWHERE = Missing("the engine is on another machine", "inapplicable")

BUILTIN = ("name=seccomp,profile=builtin", "name=cgroupns")
HEALTHY = DaemonSecurity(
    rootless=False,
    exposed=(),
    metrics=None,
    options=("name=apparmor", *BUILTIN),
    provider="docker-engine",
    apparmor_kernel=True,
    apparmor_parser=True,
    container="",
    selinux_enforcing=False,
    seccomp_file=Missing("the seccomp profile is no file", "inapplicable"),
    insecure_registries=(),
    mirrors=(),
    certificates=Missing("the daemon uses no TLS", "inapplicable"),
    keys=(),
    now=NOW,
    files=(Owned("/etc/docker/daemon.json", "file", 0o644, 0, "root", "root"),),
    daemon_uid=0,
    daemon_config="/etc/docker/daemon.json",
    daemon_socket=Owned("/run/docker.sock", "socket", 0o660, 0, "root", "docker"),
    containerd_socket=Owned("/run/containerd/containerd.sock", "socket", 0o660, 0, "root", "root"),
    group_members=(),
    user_namespace=False,
    no_new_privileges=False,
    icc=True,
    bridge_containers=0,
    live_restore=False,
    swarm=False,
    audit_rules=None,
    content_trust="",
)
OPEN = Listener("0.0.0.0:2375", "network", "none", "engine GET /info", "Warnings", "API is ...")
NEAR = OPEN._replace(address="127.0.0.1:2375", scope="loopback")
SOCKET_UNIT = OPEN._replace(source="systemctl list-sockets", locator="docker-tcp.socket")
UNVERIFIED = OPEN._replace(address="0.0.0.0:2376", protection="encrypted")
DAY = 86400.0
SERVER = Certificate("/etc/docker/server.pem", "tlscert", "docker.example", NOW + 300 * DAY)
KEY = Owned("/etc/docker/key.pem", "file", 0o600, 0, "root", "root")
FILE = Owned("/etc/docker/daemon.json", "file", 0o644, 0, "root", "root")
METRICS = Listener("127.0.0.1:9323", "loopback", "none", "d.json line 2", "metrics-addr", "x")


def judged(name: str, **changes: Any) -> list[model.Finding]:
    return model.judge(CHECKS[name], replace(HEALTHY, **changes))


def outcomes(name: str, **changes: Any) -> list[str]:
    return [
        f"fail {f.severity}" if f.outcome == "fail" else f.outcome for f in judged(name, **changes)
    ]


CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("api-tcp-unprotected", {}, ["pass"]),
    ("api-tcp-unprotected", {"exposed": (OPEN,)}, ["fail error"]),
    ("api-tcp-unprotected", {"exposed": (NEAR,)}, ["fail warning"]),
    ("api-tcp-unprotected", {"exposed": (OPEN, NEAR)}, ["fail error", "fail warning"]),
    ("api-tcp-unprotected", {"exposed": (SOCKET_UNIT,)}, ["fail error"]),
    ("api-tcp-unprotected", {"exposed": (UNVERIFIED,)}, ["pass"]),
    ("api-tcp-unprotected", {"exposed": UNREAD}, ["unknown"]),
    ("api-tcp-unprotected", {"exposed": ELSEWHERE}, ["skip"]),
    ("api-tls-clients-unverified", {}, ["pass"]),
    ("api-tls-clients-unverified", {"exposed": (UNVERIFIED,)}, ["fail error"]),
    ("api-tls-clients-unverified", {"exposed": UNREAD}, ["unknown"]),
    ("api-tls-clients-unverified", {"exposed": ELSEWHERE}, ["skip"]),
    ("metrics-open-to-network", {}, ["pass"]),
    ("metrics-open-to-network", {"metrics": METRICS}, ["pass"]),
    ("metrics-open-to-network", {"metrics": METRICS._replace(address="10.0.0.5:9323", scope="network")}, ["pass"]),
    ("metrics-open-to-network", {"metrics": METRICS._replace(address="0.0.0.0:9323", scope="network")}, ["fail warning"]),
    ("metrics-open-to-network", {"metrics": METRICS._replace(address="[::]:9323", scope="network")}, ["fail warning"]),
    ("metrics-open-to-network", {"metrics": METRICS._replace(address="8.8.8.8:9323", scope="network")}, ["fail warning"]),
    ("metrics-open-to-network", {"metrics": UNREAD}, ["unknown"]),
    ("metrics-open-to-network", {"metrics": ELSEWHERE}, ["skip"]),
    ("daemon-certificate-expiring", {}, ["skip"]),
    ("daemon-certificate-expiring", {"certificates": ()}, ["pass"]),
    ("daemon-certificate-expiring", {"certificates": (SERVER,)}, ["pass"]),
    ("daemon-certificate-expiring", {"certificates": (SERVER._replace(not_after=NOW + 29 * DAY),)}, ["fail warning"]),
    ("daemon-certificate-expiring", {"certificates": (SERVER._replace(not_after=NOW - DAY), SERVER)}, ["fail error", "pass"]),
    ("daemon-certificate-expiring", {"certificates": (UNREAD,)}, ["unknown"]),
    ("tls-key-readable", {}, ["skip"]),
    ("tls-key-readable", {"keys": (KEY,)}, ["pass"]),
    ("tls-key-readable", {"keys": (KEY._replace(mode=0o640),)}, ["pass"]),
    ("tls-key-readable", {"keys": (KEY._replace(mode=0o640, group="staff"),)}, ["fail warning"]),
    ("tls-key-readable", {"keys": (KEY._replace(mode=0o644),)}, ["fail error"]),
    ("tls-key-readable", {"keys": UNREAD}, ["unknown"]),
    ("daemon-file-writable", {}, ["pass"]),
    ("daemon-file-writable", {"files": (FILE._replace(mode=0o666),)}, ["fail error"]),
    ("daemon-file-writable", {"files": (FILE._replace(mode=0o664),)}, ["pass"]),
    ("daemon-file-writable", {"files": (FILE._replace(mode=0o664, group="staff"),)}, ["fail warning"]),
    ("daemon-file-writable", {"files": (FILE._replace(uid=1000, owner="bob"),)}, ["fail warning"]),
    ("daemon-file-writable", {"files": (FILE._replace(uid=1000, owner="bob"),), "daemon_uid": 1000}, ["pass"]),
    ("daemon-file-writable", {"files": (FILE._replace(kind="directory", mode=0o1777),)}, ["pass"]),
    ("daemon-file-writable", {"files": UNREAD}, ["unknown"]),
    ("daemon-file-writable", {"files": ELSEWHERE}, ["skip"]),
    ("docker-socket-group-wide", {}, ["pass"]),
    ("docker-socket-group-wide", {"daemon_socket": KEY._replace(mode=0o660, group="users")}, ["fail error"]),
    ("docker-socket-group-wide", {"daemon_socket": KEY._replace(mode=0o600, group="users")}, ["pass"]),
    ("docker-socket-group-wide", {"daemon_socket": None}, ["skip"]),
    ("docker-socket-group-wide", {"daemon_socket": UNREAD}, ["unknown"]),
    ("containerd-socket-open", {}, ["pass"]),
    ("containerd-socket-open", {"containerd_socket": None}, ["skip"]),
    ("containerd-socket-open", {"containerd_socket": KEY._replace(mode=0o666)}, ["fail error"]),
    ("containerd-socket-open", {"containerd_socket": KEY._replace(mode=0o660, group="dev")}, ["fail warning"]),
    ("containerd-socket-open", {"containerd_socket": UNREAD}, ["unknown"]),
    ("apparmor-unused", {}, ["pass"]),
    ("apparmor-unused", {"options": BUILTIN}, ["fail warning"]),
    ("apparmor-unused", {"options": BUILTIN, "apparmor_parser": False}, ["fail warning"]),
    ("apparmor-unused", {"options": BUILTIN, "rootless": True}, ["skip"]),
    ("apparmor-unused", {"options": BUILTIN, "provider": "snap"}, ["skip"]),
    ("apparmor-unused", {"options": BUILTIN, "apparmor_kernel": False}, ["skip"]),
    ("apparmor-unused", {"options": BUILTIN, "apparmor_kernel": ELSEWHERE}, ["skip"]),
    ("apparmor-unused", {"options": BUILTIN, "container": "lxc"}, ["skip"]),
    ("apparmor-unused", {"options": UNREAD}, ["unknown"]),
    ("selinux-unused", {}, ["skip"]),
    ("selinux-unused", {"selinux_enforcing": True}, ["fail note"]),
    ("selinux-unused", {"selinux_enforcing": True, "options": ("name=selinux",)}, ["pass"]),
    ("selinux-unused", {"selinux_enforcing": True, "rootless": True}, ["skip"]),
    ("selinux-unused", {"selinux_enforcing": True, "container": "docker"}, ["skip"]),
    ("selinux-unused", {"selinux_enforcing": UNREAD}, ["unknown"]),
    ("seccomp-off", {}, ["pass"]),
    ("seccomp-off", {"options": ("name=seccomp,profile=default",)}, ["pass"]),
    ("seccomp-off", {"options": ("name=seccomp,profile=unconfined",)}, ["fail error"]),
    ("seccomp-off", {"options": ()}, ["fail note"]),
    ("seccomp-off", {"options": UNREAD}, ["unknown"]),
    ("seccomp-profile-missing", {}, ["skip"]),
    ("seccomp-profile-missing", {"seccomp_file": True, "options": ("name=seccomp,profile=/s",)}, ["pass"]),
    ("seccomp-profile-missing", {"seccomp_file": False, "options": ("name=seccomp,profile=/s",)}, ["fail error"]),
    ("seccomp-profile-missing", {"seccomp_file": UNREAD}, ["unknown"]),
    ("registry-insecure", {}, ["pass"]),
    ("registry-insecure", {"insecure_registries": (Registry("0.0.0.0/0", "all"),)}, ["fail error"]),
    ("registry-insecure", {"insecure_registries": (Registry("r.example.com", "public"), Registry("10.0.0.0/8", "private"))}, ["fail warning", "fail note"]),
    ("registry-insecure", {"insecure_registries": UNREAD}, ["unknown"]),
    ("mirror-plain-http", {}, ["skip"]),
    ("mirror-plain-http", {"mirrors": ("https://m.example.com/", "http://127.0.0.1:5000/")}, ["pass", "pass"]),
    ("mirror-plain-http", {"mirrors": ("http://m.example.com/",)}, ["fail warning"]),
    ("mirror-plain-http", {"mirrors": ("http://mirror.lan:5000/",)}, ["fail note"]),
    ("mirror-plain-http", {"mirrors": UNREAD}, ["unknown"]),
    ("mirror-closed", {}, ["skip"]),
    ("mirror-closed", {"mirrors": ("https://mirror.gcr.io/",)}, ["pass"]),
    ("mirror-closed", {"mirrors": ("https://registry.docker-cn.com/", "https://mirror.gcr.io/")}, ["fail warning"]),
    ("mirror-closed", {"mirrors": UNREAD}, ["unknown"]),
    ("docker-group-members", {}, ["pass"]),
    ("docker-group-members", {"group_members": ("ann", "bob")}, ["fail note"]),
    ("docker-group-members", {"rootless": True}, ["skip"]),
    ("docker-group-members", {"group_members": UNREAD}, ["unknown"]),
    ("userns-remap-off", {}, ["fail note"]),
    ("userns-remap-off", {"user_namespace": True}, ["pass"]),
    ("userns-remap-off", {"rootless": True}, ["skip"]),
    ("userns-remap-off", {"user_namespace": UNREAD}, ["unknown"]),
    ("no-new-privileges-off", {}, ["fail note"]),
    ("no-new-privileges-off", {"no_new_privileges": True}, ["pass"]),
    ("no-new-privileges-off", {"no_new_privileges": ELSEWHERE}, ["skip"]),
    ("no-new-privileges-off", {"no_new_privileges": UNREAD}, ["unknown"]),
    ("default-bridge-icc-on", {}, ["pass"]),
    ("default-bridge-icc-on", {"bridge_containers": 2}, ["fail note"]),
    ("default-bridge-icc-on", {"bridge_containers": 2, "icc": False}, ["pass"]),
    ("default-bridge-icc-on", {"icc": ELSEWHERE}, ["skip"]),
    ("default-bridge-icc-on", {"icc": UNREAD}, ["unknown"]),
    ("live-restore-off", {}, ["fail note"]),
    ("live-restore-off", {"live_restore": True}, ["pass"]),
    ("live-restore-off", {"swarm": True}, ["skip"]),
    ("live-restore-off", {"swarm": UNREAD}, ["unknown"]),
    ("audit-rules-missing", {}, ["skip"]),
    ("audit-rules-missing", {"audit_rules": ""}, ["fail note"]),
    ("audit-rules-missing", {"audit_rules": "-w /usr/bin/dockerd -k d\n-w /etc/docker\n-w /var/lib/docker"}, ["pass"]),
    ("audit-rules-missing", {"rootless": True}, ["skip"]),
    ("audit-rules-missing", {"audit_rules": UNREAD}, ["unknown"]),
    ("content-trust-off", {}, ["fail note"]),
    ("content-trust-off", {"content_trust": "1"}, ["pass"]),
    ("content-trust-off", {"provider": ELSEWHERE}, ["skip"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "wanted"), CASES)
def test_checks(name: str, changes: dict[str, Any], wanted: list[str]) -> None:
    assert outcomes(name, **changes) == wanted


def test_every_check_has_its_cases_and_a_whole_explanation() -> None:
    assert {case[0] for case in CASES} == set(CHECKS)
    for check in CHECKS.values():
        assert all(f"## {s}" in check.explanation for s in model.SECTIONS), check.id
        assert check.references, check.id


def test_a_healthy_engine_hears_nothing_without_hardening() -> None:
    for name, check in CHECKS.items():
        if "hardening" not in check.tags:
            assert outcomes(name) in (["pass"], ["skip"]), name


def test_a_socket_unit_is_mended_as_one() -> None:
    (found,) = judged("api-tcp-unprotected", exposed=(SOCKET_UNIT,))
    assert found.mend[0] == "sudo systemctl disable --now docker-tcp.socket"
    assert "root on the host" in found.summary
    (mine,) = judged("api-tcp-unprotected", exposed=(OPEN,), rootless=True)
    assert "user account" in mine.summary


# -- small parts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:///var/run/docker.sock", None),
        ("fd://", None),
        ("npipe:////./pipe/x", None),
        ("tcp://0.0.0.0:2375", "0.0.0.0:2375"),
        ("0.0.0.0:2375", "0.0.0.0:2375"),
        (":2375", "localhost:2375"),
        ("tcp://", "localhost:2375"),
        ("tcp://10.0.0.1", "10.0.0.1:2375"),
        ("tcp://[::]:2376/", "[::]:2376"),
        ("tcp://[::1]", "[::1]:2375"),
    ],
)
def test_addresses_of_hosts(text: str, address: str | None) -> None:
    assert tcp_address(text, 2375) == address


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("127.0.0.1:2375", "loopback"),
        ("127.5.5.5:1", "loopback"),
        ("[::1]:2375", "loopback"),
        ("localhost:2375", "loopback"),
        ("0.0.0.0:2375", "network"),
        ("[::]:2375", "network"),
        ("[fe80::1%eth0]:2375", "network"),
        ("myhost:2375", "network"),
    ],
)
def test_scopes(address: str, scope: str) -> None:
    assert scope_of(address) == scope


def test_hosts_of_addresses() -> None:
    assert host_of("::1") == "::1"
    assert host_of("hub.example.com:5000") == "hub.example.com"
    assert is_local_name("registry.lan")
    assert not is_local_name("8.8.8.8")


def test_the_warnings_of_engines() -> None:
    """Texts of 20.10 and of 26 and later."""
    info = {
        "Warnings": [
            "WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n  Access",
            (
                "[DEPRECATION NOTICE]: API is accessible on https://127.0.0.1:2376 without TLS "
                "client verification.\n  Access to the remote API"
            ),
            "WARNING: No swap limit support",
            None,
        ]
    }
    found = warned_listeners(info)
    assert [(i.address, i.scope, i.protection) for i in found] == [
        ("0.0.0.0:2375", "network", "none"),
        ("127.0.0.1:2376", "loopback", "encrypted"),
    ]
    assert warned_listeners({"Warnings": None}) == ()


def test_registries() -> None:
    found = insecure(
        {
            "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8", "0.0.0.0/0", "10.0.0.0/8", "1.2.3.0/24", 7],
            "IndexConfigs": {
                "docker.io": {"Secure": True},
                "localhost:5000": {"Secure": False},
                "registry.example.com:5000": {"Secure": False},
                "10.1.1.1:5000": {"Secure": False},
                "odd": None,
            },
        }
    )  # fmt: skip
    assert [(r.name, r.reach) for r in found] == [
        ("0.0.0.0/0", "all"),
        ("10.0.0.0/8", "private"),
        ("1.2.3.0/24", "public"),
        ("registry.example.com:5000", "public"),
        ("10.1.1.1:5000", "private"),
    ]
    assert insecure({"InsecureRegistryCIDRs": None, "IndexConfigs": []}) == ()


def test_security_options() -> None:
    assert option(("seccomp", "name=apparmor"), "seccomp") == "seccomp"
    assert profile_of(("name=seccomp",)) == "default"
    assert profile_of(()) == ""


def test_listeners_of_the_kernel() -> None:
    text = (
        "  sl  local_address                         remote_address                        st\n"
        "   0: 00000000000000000000000000000000:0947 00000000000000000000000000000000:0000 0A\n"
        "   1: 00000000000000000000000001000000:0948 00000000000000000000000000000000:0000 0A\n"
        "   2: 0000000000000000FFFF00000100007F:0949 00000000000000000000000000000000:0000 0A\n"
        "   3: 0501A8C0:094A 00000000:0000 0A\n   4: zz:xx 0 0A\n"
    )
    assert parse_listeners(text) == [
        ("all", 2375),
        ("loopback", 2376),
        ("loopback", 2377),
        ("one", 2378),
    ]


# -- certificates --------------------------------------------------------------------------------

PEM = (DATA / "server.pem").read_text()


def test_a_certificate_of_openssl() -> None:
    (found,) = parse_certificates("text before\n" + PEM)
    # `openssl x509 -noout -enddate`: Dec 14 23:58:29 2026 GMT
    assert (found.name, found.not_after) == ("docker.example", 1797292709.0)


@pytest.mark.parametrize("cut", range(0, 1100, 37))
def test_a_broken_certificate_is_an_error_and_no_crash(cut: int) -> None:
    body = PEM.split("\n")
    broken = "\n".join([body[0], "\n".join(body[1:-2])[:cut], body[-2]])
    with pytest.raises(ValueError, match=r".+"):
        parse_certificates(broken)


@pytest.mark.parametrize(
    "body",
    ["MA==", "MIA=", "MIX/////", "MAMwATA=", "!", "", "MIIBCgIBAA==", "MAowCAIBAjAAMAAwAA=="],
)
def test_no_certificate(body: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_certificates(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----")


# -- looking -------------------------------------------------------------------------------------


def info_of(version: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads((DATA / f"info-{version}.json").read_text()), **changes}


def host_with(
    config: dict[str, Any] | None = None,
    *,
    argv: tuple[str, ...] = ("dockerd", "-H", "fd://"),
    info: dict[str, Any] | None = None,
    uid: int = 0,
    **answers: Any,
) -> Any:
    files: dict[str, Any] = {
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbot:x:1001:999::/:/\n",
        "/etc/group": "root:x:0:\ndocker:x:999:ann,bob\n",
        **({} if config is None else {"/etc/docker/daemon.json": json.dumps(config)}),
        **answers.pop("files", {}),
    }  # fmt: skip
    return fake_host(
        files=files,
        stats={
            SOCKET: {"kind": "socket", "mode": 0o660, "group": "docker"},
            **answers.pop("stats", {}),
        },
        peers={SOCKET: 69},
        engine={
            "/version": {"Version": "28.5.2", "Platform": {"Name": ""}},
            "/info": info or info_of("28"),
            "/networks/bridge": {"Options": {}, "Containers": {"a": {}, "b": {}}},
            **answers.pop("engine", {}),
        },
        runs={
            ("systemctl", "list-sockets", "--no-legend", "--no-pager", "--full"): (0, LISTED, ""),
            **answers.pop("runs", {}),
        },
        gauges={
            "clock": NOW,
            "processes": [[69, 1, uid, "dockerd", list(argv), NOW - 5000, False]],
        },
        **answers,
    )


LISTED = """\
/run/dbus/system_bus_socket  dbus.socket                     dbus.service
/run/docker.sock             docker.socket                   docker.service
[::]:22                      ssh.socket                      ssh.service
audit 1                      systemd-journald-audit.socket   systemd-journald.service
"""


def findings(host: Any) -> dict[str, list[model.Finding]]:
    facts = daemon_security.look(host)
    return {name: model.judge(check, facts) for name, check in CHECKS.items()}


def of(host: Any, name: str) -> list[tuple[str, str, str]]:
    return [(f.outcome, f.severity, f.subject) for f in findings(host)[name]]


@pytest.mark.parametrize("version", ["20", "28"])
def test_a_plain_engine(version: str) -> None:
    host = host_with({}, info=info_of(version))
    for name, found in findings(host).items():
        if "hardening" not in CHECKS[name].tags:
            assert {f.outcome for f in found} <= {"pass", "skip"}, name
    (group,) = findings(host)["docker-group-members"]
    assert "ann, bob, bot" in group.summary
    assert of(host, "default-bridge-icc-on") == [("fail", "note", "")]


def test_a_socket_that_systemd_opened_on_tcp() -> None:
    listed = LISTED + "[::]:2375  docker-tcp.socket docker.service\n"
    argv = ("systemctl", "list-sockets", "--no-legend", "--no-pager", "--full")
    host = host_with({}, runs={argv: (0, listed, "")})
    assert of(host, "api-tcp-unprotected") == [("fail", "error", "[::]:2375")]
    tls = host_with({"tlsverify": True}, runs={argv: (0, listed, "")})
    assert of(tls, "api-tcp-unprotected") == [("pass", "error", "")]


def test_the_engines_warnings_count_before_the_settings() -> None:
    warning = "WARNING: API is accessible on http://0.0.0.0:2375 without encryption."
    host = host_with(
        {}, argv=("dockerd", "-H", "tcp://0.0.0.0:2375"), info=info_of("20", Warnings=[warning])
    )
    assert of(host, "api-tcp-unprotected") == [("fail", "error", "0.0.0.0:2375")]


@pytest.mark.parametrize(
    ("argv", "config", "name", "wanted"),
    [
        (("-H", "tcp://0.0.0.0:2375"), {}, "api-tcp-unprotected", ("fail", "error")),
        (("-H", "tcp://127.0.0.1:2375"), {}, "api-tcp-unprotected", ("fail", "warning")),
        (("-H", "tcp://docker-host:2375"), {}, "api-tcp-unprotected", ("fail", "error")),
        ((), {"hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"]}, "api-tcp-unprotected", ("fail", "error")),
        (("-H", "tcp://0.0.0.0:2375", "--tls"), {}, "api-tcp-unprotected", ("pass", "error")),
        (("-H", "tcp://0.0.0.0:2375", "--tls"), {}, "api-tls-clients-unverified", ("pass", "error")),
        (("-H", "tcp://0.0.0.0:2375"), {"tlsverify": False}, "api-tls-clients-unverified", ("fail", "error")),
        (("-H", "tcp://0.0.0.0:4444"), {}, "api-tcp-unprotected", ("pass", "error")),
    ],
)  # fmt: skip
def test_a_user_who_may_not_ask_the_engine(
    argv: tuple[str, ...], config: dict[str, Any], name: str, wanted: tuple[str, str]
) -> None:
    """The command line and the file are readable; what listens is told by the kernel."""
    tcp = "sl\n 0: 00000000:0947 00000000:0000 0A\n"
    denied = Denied("may not be opened")
    host = host_with(
        config,
        argv=("dockerd", *argv),
        files={"/proc/69/net/tcp": tcp},
        engine={"/version": denied, "/info": denied},
    )
    assert [f[:2] for f in of(host, name)] == [wanted]


def test_tls_files() -> None:
    config = {
        "tls": True,
        "tlscert": "/etc/docker/server.pem",
        "tlscacert": "/etc/docker/ca.pem",
        "tlskey": "/etc/docker/key.pem",
    }
    files = {
        "/etc/docker/server.pem": PEM,
        "/etc/docker/ca.pem": "nothing",
        "/etc/docker/key.pem": "",
        "/etc/docker/certs.d/r:5000/client.key": "",
    }
    host = host_with(config, files=files, stats={"/etc/docker/key.pem": {"mode": 0o644}})
    facts = daemon_security.look(host)
    assert isinstance(facts.certificates, tuple)
    assert facts.certificates[0] == Certificate(
        "/etc/docker/server.pem", "tlscert", "docker.example", 1797292709.0
    )
    assert isinstance(facts.certificates[1], Missing)
    assert [f.outcome for f in model.judge(CHECKS["daemon-certificate-expiring"], facts)] == [
        "unknown"
    ]
    assert of(host, "tls-key-readable") == [
        ("fail", "error", "/etc/docker/key.pem"),
        ("fail", "error", "/etc/docker/certs.d/r:5000/client.key"),
    ]


def test_files_that_others_may_write() -> None:
    host = host_with(
        {},
        files={"/etc/systemd/system/docker.service.d/x.conf": ""},
        stats={
            "/etc/docker/daemon.json": {"mode": 0o666},
            "/etc/systemd/system/docker.service.d/x.conf": {"uid": 1000, "owner": "ann"},
        },
    )
    assert of(host, "daemon-file-writable") == [
        ("fail", "error", "/etc/docker/daemon.json"),
        ("fail", "warning", "/etc/systemd/system/docker.service.d/x.conf"),
    ]


def test_apparmor_and_selinux_of_the_kernel() -> None:
    host = host_with(
        {},
        files={
            "/sys/module/apparmor/parameters/enabled": "Y\n",
            "/sys/fs/selinux/enforce": "1",
        },
    )
    (found,) = findings(host)["apparmor-unused"]
    assert "apparmor_parser is not installed" in found.summary
    assert of(host, "selinux-unused") == [("fail", "note", "")]


def test_a_profile_that_is_gone() -> None:
    options = ["name=seccomp,profile=/etc/docker/seccomp.json"]
    host = host_with({}, info=info_of("28", SecurityOptions=options))
    assert of(host, "seccomp-profile-missing") == [("fail", "error", "")]


def test_a_host_without_a_default_bridge() -> None:
    gone = Refused("network bridge not found", status=404)
    host = host_with({}, engine={"/networks/bridge": gone})
    assert of(host, "default-bridge-icc-on") == [("skip", "note", "")]


def test_audit_rules() -> None:
    host = host_with({}, files={"/etc/audit/rules.d/docker.rules": "-w /etc/docker -k docker\n"})
    (found,) = findings(host)["audit-rules-missing"]
    assert "/usr/bin/dockerd, /var/lib/docker" in found.summary
    assert of(
        host_with(
            {},
            files={"/etc/audit/rules.d/docker.rules": ""},
            failures={
                ("list", "/etc/audit/rules.d"): Denied("no"),
                ("read", "/etc/audit/audit.rules"): Denied("no"),
            },
        ),
        "audit-rules-missing",
    ) == [("unknown", "note", "")]


def test_an_engine_elsewhere() -> None:
    """What the engine tells is judged; this host's files are not."""
    info = info_of(
        "28", Name="other", KernelVersion="1", SecurityOptions=["name=seccomp,profile=unconfined"]
    )
    host = host_with({}, info=info, env={"DOCKER_HOST": "tcp://10.0.0.9:2376"})
    assert of(host, "seccomp-off") == [("fail", "error", "")]
    for name in (
        "daemon-file-writable", "apparmor-unused", "containerd-socket-open", "metrics-open-to-network",
        "tls-key-readable", "docker-socket-group-wide", "docker-group-members", "audit-rules-missing",
    ):  # fmt: skip
        assert of(host, name)[0][0] == "skip", name


def test_no_engine() -> None:
    found = findings(fake_host())
    assert {f.outcome for group in found.values() for f in group} == {"skip"}


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"SecurityOptions": None, "RegistryConfig": None, "Warnings": None, "Plugins": None, "Swarm": None},
        {"SecurityOptions": "x", "RegistryConfig": [], "Warnings": "x", "Plugins": [], "Swarm": 7},
        {"RegistryConfig": {"Mirrors": "http://x", "IndexConfigs": 3, "InsecureRegistryCIDRs": {"a": 1}}},
    ],
)  # fmt: skip
def test_odd_answers_crash_nothing(info: dict[str, Any]) -> None:
    host = host_with({}, info=info or {"x": 1})
    for found in findings(host).values():
        assert all(f.outcome != "crash" for f in found)
