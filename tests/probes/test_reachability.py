from __future__ import annotations

import hashlib
import json
import re
from importlib import import_module
from typing import Any

import pytest

from probes import model, reachability
from probes.host import Absent, Denied, Host
from probes.host.questions import Garbled, Refused, Slow
from probes.model import Missing, have
from probes.reachability import (
    CliConfig,
    Helper,
    Listening,
    Other,
    Proxy,
    Reachability,
    Service,
    Session,
    Socket,
)
from tests.fake_host import SESSION, FakeSource, fake_host
from tests.hosts.desktop_machine import DESKTOP_APP, PROFILE, inner
from tests.records import replace

SOCK = "/var/run/docker.sock"
GONE = Missing("it was not recorded", "unrecorded", "look --here")
ELSEWHERE = Missing("the engine is elsewhere", "inapplicable")
CHECKS = {check.id: check for check in reachability.TOPIC.checks}

HEALTHY = Reachability(
    endpoint=f"unix://{SOCK}",
    context="default",
    chosen_by="default",
    problem=reachability.ANSWERS,
    answer="28.5.2",
    socket=Socket(SOCK, "socket", 0o660, "root", "docker", 998, exposed=True),
    session=Session(1000, "ana", ("ana", "docker"), (1000, 998), (998, 1000)),
    service=Missing("it was not needed"),
    daemons=(),
    installed=True,
    others=(),
    ping_ms=1.2,
    docker_host="",
    named_context="",
    named_endpoint=Missing("no context is named", "inapplicable"),
    config=CliConfig("/home/ana/.docker/config.json", there=True, broken=""),
    foreign=(),
    proxies=(),
    listeners=(),
)
DOWN = Missing("the engine is not running: there is no socket", "absent", "ls -l")
CONFIG = CliConfig("/home/ana/.docker/config.json", there=True, broken="", mode=0o644)
OUTSIDER = Session(1000, "ana", ("ana",), (1000,), (1000,))
STALE = Session(1000, "ana", ("ana",), (1000,), (998, 1000))
STOPPED = Service("systemd", "docker.service", "loaded", "inactive", "success", "disabled")
FAILED = Service(
    "systemd",
    "docker.service",
    "loaded",
    "failed",
    "start-limit-hit",
    "enabled",
    "failed",
    "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character",
)
DESKTOP = Other("/var/run/docker.sock", "Docker Engine of this host", answers=True)


def judge(check: str, **changes: object) -> list[model.Finding]:
    return model.judge(CHECKS[check], replace(HEALTHY, **changes))


def down(problem: str, **changes: object) -> dict[str, object]:
    return {"problem": problem, "answer": DOWN, "service": STOPPED, "ping_ms": DOWN, **changes}


def test_a_healthy_host_hears_nothing():
    for check in reachability.TOPIC.checks:
        for finding in model.judge(check, HEALTHY):
            assert finding.outcome in {"pass", "skip"}, finding


NO_SOCKET = Missing(f"{SOCK} does not exist", "absent")
FAILING = [
    ("engine-not-running", down(reachability.NO_SOCKET, socket=NO_SOCKET)),
    (
        "engine-listens-elsewhere",
        down(
            reachability.ELSEWHERE,
            socket=NO_SOCKET,
            daemons=(Listening(9, ("tcp://127.0.0.1:2375",), 900.0, "docker.service"),),
        ),
    ),
    ("docker-socket-left-over", down(reachability.LEFT_OVER)),
    (
        "docker-socket-not-a-socket",
        down(
            reachability.NOT_A_SOCKET,
            socket=Socket(SOCK, "directory", 0o755, "root", "root", 0, exposed=True),
        ),
    ),
    ("user-not-in-docker-group", down(reachability.DENIED, session=OUTSIDER)),
    ("docker-group-not-in-session", down(reachability.DENIED, session=STALE)),
    (
        "docker-socket-denied",
        down(reachability.DENIED, session=OUTSIDER, socket=Missing("closed", "denied")),
    ),
    ("engine-hangs", down(reachability.HUNG)),
    ("docker-socket-not-an-engine", down(reachability.NOT_HTTP)),
    ("engine-answers-with-error", down(reachability.REFUSED)),
    (
        "remote-engine-unreachable",
        down(reachability.REMOTE, endpoint="ssh://ops@db-01:2222", chosen_by="DOCKER_HOST"),
    ),
    (
        "docker-context-missing",
        down(
            reachability.NO_CONTEXT,
            named_context="desktop-linux",
            context="desktop-linux",
            chosen_by="currentContext",
        ),
    ),
    (
        "docker-context-dead",
        down(
            reachability.DEAD,
            endpoint="unix:///home/ana/.docker/desktop/docker.sock",
            context="desktop-linux",
            chosen_by="currentContext of /home/ana/.docker/config.json",
            others=(DESKTOP,),
        ),
    ),
]


@pytest.mark.parametrize(("check", "changes"), FAILING)
def test_one_failure_is_one_error(check: str, changes: dict[str, object]):
    facts = replace(HEALTHY, **changes)
    failed = [f for c in reachability.TOPIC.checks for f in model.judge(c, facts)]
    errors = [f for f in failed if f.outcome == "fail"]
    assert [f.id for f in errors] == [check]
    assert errors[0].severity == "error"
    assert errors[0].mend
    assert errors[0].evidence
    assert not [f for f in failed if f.outcome in {"crash", "unknown"}]


def test_without_an_engine_everything_is_skipped_with_a_way_to_get_one():
    why = Missing("there is no container engine on this host", "inapplicable")
    facts = replace(
        HEALTHY,
        problem=reachability.NO_ENGINE,
        answer=why,
        ping_ms=why,
        socket=NO_SOCKET,
        proxies=why,
    )
    found = [f for c in reachability.TOPIC.checks for f in model.judge(c, facts)]
    assert {f.outcome for f in found} <= {"skip", "pass"}
    assert reachability.INSTALL in next(f for f in found if f.id == "engine-not-running").summary


def test_what_was_not_recorded_is_unknown():
    facts = replace(HEALTHY, problem=reachability.UNSEEN, answer=GONE, socket=GONE, ping_ms=GONE)
    for check in ("engine-not-running", "engine-hangs", "docker-socket-world-writable"):
        (finding,) = model.judge(CHECKS[check], facts)
        assert (finding.outcome, finding.look) == ("unknown", "look --here")


def test_a_failed_service_brings_its_reason_and_its_reset():
    (finding,) = judge(
        "engine-not-running", **down(reachability.NO_SOCKET, socket=NO_SOCKET, service=FAILED)
    )
    assert "invalid character" in finding.summary
    assert "start-limit-hit" in finding.summary
    assert "sudo systemctl reset-failed docker.service docker.socket" in finding.mend
    assert finding.mend[-1] == "sudo systemctl start docker.service"


@pytest.mark.parametrize(
    ("service", "command"),
    [
        (STOPPED, "sudo systemctl enable --now docker.service"),
        (STOPPED._replace(loaded="masked"), "sudo systemctl unmask docker.service docker.socket"),
        (Service("snap", "snap.docker.dockerd.service"), "sudo snap start docker"),
        (
            Service("user", "docker-desktop.service"),
            "systemctl --user start docker-desktop.service",
        ),
        (Service("openrc", "docker"), "sudo rc-service docker start"),
        (Service("sysv", "docker"), "sudo service docker start"),
        (Service(""), "Start dockerd the way this machine starts its services."),
    ],
)
def test_every_service_manager_has_its_command(service: Service, command: str):
    (finding,) = judge(
        "engine-not-running", **down(reachability.NO_SOCKET, socket=NO_SOCKET, service=service)
    )
    assert command in finding.mend


PASS_HELPER = Helper("pass", "credsStore", found=True, trouble="pass has no store yet")
PROXY = Proxy("HttpProxy", "http://127.0.0.1:3128", "127.0.0.1", 3128, "")
OPEN = Socket(SOCK, "socket", 0o666, "root", "docker", 998, exposed=True)
CASES: list[tuple[str, dict[str, object], str, str]] = [
    (
        "docker-host-overrides-context",
        {"docker_host": "tcp://a:1", "named_context": "prod", "named_endpoint": "ssh://b"},
        "fail",
        "warning",
    ),
    (
        "docker-host-overrides-context",
        {
            "docker_host": "unix:///run/user/1000/docker.sock",
            "named_context": "rootless",
            "named_endpoint": "unix:///run/user/1000/docker.sock",
        },
        "pass",
        "",
    ),
    ("docker-host-overrides-context", {"docker_host": "tcp://a:1"}, "pass", ""),
    ("docker-host-overrides-context", {}, "skip", ""),
    ("several-engines", {"others": (DESKTOP,)}, "fail", "note"),
    ("several-engines", {"others": (DESKTOP._replace(answers=False),)}, "pass", ""),
    ("several-engines", down(reachability.HUNG), "skip", ""),
    ("engine-slow", {"ping_ms": 2400.0}, "fail", "warning"),
    ("engine-slow", {"ping_ms": 900.0}, "pass", ""),
    ("engine-slow", {"ping_ms": 2400.0, "endpoint": "ssh://a"}, "skip", ""),
    ("engine-slow", {"ping_ms": GONE}, "unknown", ""),
    ("engine-slow", down(reachability.HUNG), "skip", ""),
    ("docker-socket-world-writable", {"socket": OPEN}, "fail", "error"),
    ("docker-socket-world-writable", {"socket": OPEN._replace(exposed=False)}, "pass", ""),
    ("docker-socket-world-writable", {"socket": OPEN._replace(mode=0o664)}, "pass", ""),
    ("docker-socket-world-writable", {"socket": OPEN._replace(exposed=GONE)}, "unknown", ""),
    ("docker-socket-world-writable", {"socket": ELSEWHERE}, "skip", ""),
    (
        "docker-cli-config-broken",
        {"config": CONFIG._replace(broken="x", line=3)},
        "fail",
        "warning",
    ),
    ("docker-cli-config-broken", {"config": CONFIG}, "pass", ""),
    ("docker-cli-config-broken", {"config": CONFIG._replace(there=False)}, "skip", ""),
    ("docker-cli-config-broken", {"config": GONE}, "unknown", ""),
    (
        "credential-helper-missing",
        {"config": CONFIG._replace(helpers=(Helper("desktop", "credsStore", found=False),))},
        "fail",
        "error",
    ),
    (
        "credential-helper-missing",
        {"config": CONFIG._replace(helpers=(Helper("ecr", "credHelpers x.io", found=False),))},
        "fail",
        "warning",
    ),
    (
        "credential-helper-missing",
        {"config": CONFIG._replace(helpers=(PASS_HELPER,))},
        "fail",
        "warning",
    ),
    (
        "credential-helper-missing",
        {"config": CONFIG._replace(helpers=(PASS_HELPER._replace(trouble=""),))},
        "pass",
        "",
    ),
    ("credential-helper-missing", {"config": CONFIG}, "skip", ""),
    ("credential-helper-missing", {"config": GONE}, "unknown", ""),
    ("docker-config-foreign-owner", {"foreign": ("/home/ana/.docker",)}, "fail", "warning"),
    ("docker-config-foreign-owner", {}, "pass", ""),
    ("docker-config-foreign-owner", {"session": Session(0, "root", (), (), ())}, "skip", ""),
    ("docker-config-foreign-owner", {"foreign": GONE}, "unknown", ""),
    (
        "registry-login-readable",
        {"config": CONFIG._replace(plain_logins=("ghcr.io",), readers="everyone")},
        "fail",
        "warning",
    ),
    ("registry-login-readable", {"config": CONFIG._replace(plain_logins=("ghcr.io",))}, "pass", ""),
    ("registry-login-readable", {"config": CONFIG}, "skip", ""),
    ("registry-login-readable", {"config": GONE}, "unknown", ""),
    ("daemon-proxy-dead", {"proxies": (PROXY,)}, "fail", "warning"),
    ("daemon-proxy-dead", {"proxies": (PROXY._replace(wrong="bad port"),)}, "fail", "warning"),
    ("daemon-proxy-dead", {"proxies": (PROXY,), "listeners": (("loopback", 3128),)}, "pass", ""),
    ("daemon-proxy-dead", {"proxies": (PROXY,), "listeners": (("one", 3128),)}, "fail", "warning"),
    ("daemon-proxy-dead", {"proxies": (PROXY,), "listeners": GONE}, "unknown", ""),
    ("daemon-proxy-dead", {"proxies": (PROXY._replace(host="proxy.corp"),)}, "skip", ""),
    ("daemon-proxy-dead", {}, "skip", ""),
]


@pytest.mark.parametrize(("check", "changes", "outcome", "severity"), CASES)
def test_check(check: str, changes: dict[str, object], outcome: str, severity: str):
    (finding,) = judge(check, **changes)
    assert finding.outcome == outcome, finding
    if outcome == "fail":
        assert finding.severity == severity
        assert finding.mend


def test_every_check_is_explained():
    for check in reachability.TOPIC.checks:
        for section in model.SECTIONS:
            assert f"## {section}" in check.explanation, check.id


# -- looking -------------------------------------------------------------------------------------

VERSION = {"Platform": {"Name": "Docker Engine - Community"}, "Version": "28.5.2"}
DOCKERD = [812, 1, 0, "dockerd", ["/usr/bin/dockerd", "-H", "fd://"], 1_700_000_000.0, False]
ANA = {
    "uid": 1000,
    "name": "ana",
    "home": "/home/ana",
    "groups": [[1000, "ana"], [998, "docker"]],
    "granted_groups": [[998, "docker"], [1000, "ana"]],
}
SOCKET_STAT = {"kind": "socket", "mode": 0o660, "uid": 0, "gid": 998, "group": "docker"}
STAT = dict(
    zip(
        ("kind", "mode", "uid", "gid", "size", "mtime", "device", "inode", "owner", "group"),
        ("socket", 0o660, 0, 998, 0, 1.7e9, 1, 1, "root", "docker"),
        strict=True,
    )
)
UNIT = "/lib/systemd/system/docker.service"


def engine_question(path: str, url: str = f"unix://{SOCK}") -> tuple[str, ...]:
    return ("engine", url, "", "1", path)


def failing(error: Exception, url: str = f"unix://{SOCK}") -> dict[Any, Any]:
    return {engine_question(path, url): error for path in ("/version", "/info")}


def look(**answers: Any) -> Reachability:
    given: dict[str, Any] = {"gauges": {"session": ANA}, **answers}
    return reachability.look(fake_host(**given))


def running(**answers: Any) -> dict[str, Any]:
    return {
        "engine": {"/version": VERSION, "/info": {}},
        "ping": {"milliseconds": 1.5, "headers": {}},
        "peers": {SOCK: 812},
        "stats": {SOCK: STAT},
        "gauges": {"session": ANA, "processes": [DOCKERD]},
        **answers,
    }


def findings(facts: Reachability) -> set[str]:
    found = [f for c in reachability.TOPIC.checks for f in model.judge(c, facts)]
    assert not [f for f in found if f.outcome == "crash"]
    return {f.id for f in found if f.outcome == "fail"}


def test_an_engine_that_answers():
    facts = look(**running())
    assert (facts.problem, facts.ping_ms) == (reachability.ANSWERS, 1.5)
    assert findings(facts) == set()


def test_no_engine_at_all():
    facts = look()
    assert facts.problem == reachability.NO_ENGINE
    assert findings(facts) == set()


SHOW = (
    "systemctl",
    "show",
    "docker.service",
    "docker.socket",
    "--property=Id,LoadState,ActiveState,Result,UnitFileState,ExecMainStatus",
)
JOURNAL = ("journalctl", "-u", "docker.service", "-b", "-n", "60", "-o", "cat", "--no-pager", "-q")
# systemctl 252 and dockerd 28 on Debian, a comma too many in daemon.json.
FAILED_SHOW = (
    "Result=exit-code\nExecMainStatus=1\nId=docker.service\nLoadState=loaded\n"
    "ActiveState=failed\nUnitFileState=enabled\n\n"
    "Result=service-start-limit-hit\nId=docker.socket\nLoadState=loaded\nActiveState=failed\n"
    "UnitFileState=enabled\n"
)
FAILED_LOG = (
    "Starting docker.service - Docker Application Container Engine...\n"
    "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid JSON: "
    "invalid character '}' looking for beginning of object key string\n"
    "docker.service: Main process exited, code=exited, status=1/FAILURE\n"
    "docker.service: Failed with result 'exit-code'.\n"
    "Failed to start docker.service - Docker Application Container Engine.\n"
)


def test_an_engine_whose_service_failed():
    facts = look(
        files={"/usr/bin/dockerd": "x", "/run/systemd/system/x": "", UNIT: ""},
        runs={SHOW: (0, FAILED_SHOW, ""), JOURNAL: (0, FAILED_LOG, "")},
    )
    assert facts.problem == reachability.NO_SOCKET
    assert facts.service.active == "failed"
    assert facts.service.last_words.startswith("unable to configure the Docker daemon")
    assert findings(facts) == {"engine-not-running"}


def test_a_service_behind_systemds_socket_that_ends_at_once():
    facts = look(
        stats={SOCK: STAT},
        files={"/usr/bin/dockerd": "x"},
        peers={SOCK: 1},
        failures=failing(Garbled("it closed the connection")),
    )
    assert facts.problem == reachability.NO_SOCKET
    assert findings(facts) == {"engine-not-running"}


def test_a_daemon_that_was_told_to_listen_elsewhere():
    tcp = [9, 1, 0, "dockerd", ["dockerd", "-H", "tcp://127.0.0.1:2375"], 1_700_000_000.0, False]
    files = {"/usr/bin/dockerd": "x", UNIT: ""}
    gauges = {"session": ANA, "processes": [tcp]}
    private = look(files=files, gauges=gauges)
    assert private.problem == reachability.NO_SOCKET
    files["/proc/9/cgroup"] = "0::/system.slice/docker.service\n"
    assert findings(look(files=files, gauges=gauges)) == {"engine-listens-elsewhere"}
    late = [*tcp[:5], 1_800_000_000.0 - 5, False]
    starting = look(files=files, gauges={"session": ANA, "processes": [late]})
    assert starting.problem == reachability.NO_SOCKET


@pytest.mark.parametrize(
    ("stat", "error", "check"),
    [
        (STAT, Absent("nothing listens"), "docker-socket-left-over"),
        ({**STAT, "kind": "directory"}, Absent("no socket"), "docker-socket-not-a-socket"),
        ({**STAT, "kind": "file"}, Absent("no socket"), "docker-socket-not-a-socket"),
        (STAT, Slow("did not answer GET /version within 4.0 s"), "engine-hangs"),
        (STAT, Garbled("it does not speak HTTP"), "docker-socket-not-an-engine"),
        (
            STAT,
            Refused("GET /version was refused with 403", status=403),
            "engine-answers-with-error",
        ),
    ],
)
def test_what_is_wrong_with_the_socket(stat: dict[str, Any], error: Exception, check: str):
    facts = look(stats={SOCK: stat}, files={"/usr/bin/dockerd": "x"}, failures=failing(error))
    assert findings(facts) == {check}


@pytest.mark.parametrize(
    ("session", "check"),
    [
        (
            {**ANA, "groups": [[1000, "ana"]], "granted_groups": [[1000, "ana"]]},
            "user-not-in-docker-group",
        ),
        ({**ANA, "groups": [[1000, "ana"]]}, "docker-group-not-in-session"),
        (ANA, "docker-socket-denied"),
    ],
)
def test_who_may_not_open_the_socket(session: dict[str, Any], check: str):
    facts = look(
        stats={SOCK: STAT},
        files={"/usr/bin/dockerd": "x"},
        gauges={"session": session},
        failures=failing(Denied("may not be opened")),
    )
    assert findings(facts) == {check}


def test_a_question_that_came_too_late_blames_nobody():
    late = Slow("the run's time was over before this was read")
    facts = look(stats={SOCK: STAT}, files={"/usr/bin/dockerd": "x"}, failures=failing(late))
    assert facts.problem == reachability.UNSEEN
    assert findings(facts) == set()


def context(name: str, url: str) -> dict[str, str]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = {"Name": name, "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}}}
    return {
        "/home/ana/.docker/config.json": json.dumps({"currentContext": name}),
        f"/home/ana/.docker/contexts/meta/{digest}/meta.json": json.dumps(meta),
    }


def test_a_dead_context_while_the_local_engine_answers():
    url = "unix:///home/ana/.docker/desktop/docker.sock"
    gone = Absent("there is no socket")
    facts = look(
        files=context("desktop-linux", url),
        stats={SOCK: STAT},
        ping={"milliseconds": 1.0, "headers": {}},
        gauges={"session": ANA, "processes": [DOCKERD]},
        failures=failing(gone, url),
    )
    assert facts.problem == reachability.DEAD
    assert findings(facts) == {"docker-context-dead"}
    (finding,) = model.judge(CHECKS["docker-context-dead"], facts)
    assert finding.mend == ("docker context use default",)


def test_a_context_that_is_selected_and_gone():
    facts = look(files={"/home/ana/.docker/config.json": '{"currentContext": "colima"}'})
    assert findings(facts) == {"docker-context-missing"}


def test_docker_host_beside_a_context():
    facts = look(
        **running(files=context("prod", "ssh://ops@db-01"), env={"DOCKER_HOST": f"unix://{SOCK}"})
    )
    assert findings(facts) == {"docker-host-overrides-context"}


def test_a_socket_that_systemd_holds_is_not_woken():
    source = FakeSource(
        stats={SOCK: STAT, "/run/podman/podman.sock": STAT},
        gauges={"session": ANA},
        env={"DOCKER_HOST": "unix:///run/user/1000/docker.sock"},
    )
    reachability.look(Host(source))
    assert not [q for q in source.asked if q[0] == "ping" or (q[0] == "peer" and "podman" in q[1])]


CLI_CONFIG = """{
 "auths": {"reg.example.com": {"auth": "c2VjcmV0OnNlY3JldA=="}, "empty.example.com": {}},
 "credsStore": "desktop",
 "credHelpers": {"eu.gcr.io": "gcloud"}
}
"""


def test_the_cli_configuration():
    files = {"/home/ana/.docker/config.json": CLI_CONFIG, "/usr/bin/docker-credential-gcloud": "x"}
    facts = look(**running(files=files, env={"PATH": "/usr/bin"}))
    assert facts.config.plain_logins == ("reg.example.com",)
    assert facts.config.readers == "everyone"
    assert [(h.name, h.found) for h in facts.config.helpers] == [
        ("desktop", False),
        ("gcloud", True),
    ]
    assert findings(facts) == {"credential-helper-missing", "registry-login-readable"}
    assert "c2VjcmV0" not in repr(facts)


@pytest.mark.parametrize(
    ("stats", "readers"),
    [
        ({"/home/ana/.docker/config.json": {"mode": 0o600}}, ""),
        ({"/home/ana/.docker": {"kind": "directory", "mode": 0o700}}, ""),
    ],
)
def test_a_closed_file_or_folder_keeps_logins_private(stats: dict[str, Any], readers: str):
    order = ("kind", "mode", "uid", "gid", "size", "mtime", "device", "inode", "owner", "group")
    full = {
        path: {
            **dict(
                zip(order, ("file", 0o644, 1000, 1000, 9, 1.7e9, 1, 1, "ana", "ana"), strict=True)
            ),
            **given,
        }
        for path, given in stats.items()
    }
    files = {"/home/ana/.docker/config.json": CLI_CONFIG}
    facts = look(**running(files=files, stats={SOCK: STAT, **full}))
    assert facts.config.readers == readers


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{\n "auths": {},\n}\n', 3, 1), ("[]", None, None), ('{"auths": []}', None, None)],
)
def test_a_broken_cli_configuration(text: str, line: int | None, column: int | None):
    facts = look(**running(files={"/home/ana/.docker/config.json": text}))
    (finding,) = model.judge(CHECKS["docker-cli-config-broken"], facts)
    assert (finding.outcome, finding.line, finding.column) == ("fail", line, column)


TCP = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    "   0: 0100007F:0C38 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
)


@pytest.mark.parametrize(
    ("proxy", "found"),
    [
        ("http://127.0.0.1:3128", set()),
        ("localhost:3128", set()),
        ("http://127.0.0.1:3129", {"daemon-proxy-dead"}),
        ("http://proxy.corp:8080", set()),
        ("http://proxy.corp:80x80", {"daemon-proxy-dead"}),
        ("ftp://proxy.corp", {"daemon-proxy-dead"}),
        (None, set()),
        ({}, set()),
    ],
)
def test_proxies(proxy: object, found: set[str]):
    engine = {"/version": VERSION, "/info": {"HttpProxy": proxy}}
    facts = look(**running(engine=engine, files={"/proc/812/net/tcp": TCP}))
    assert findings(facts) == found


def test_root_on_a_quiet_host_leaves_nothing_unknown():
    files = {"/proc/812/net/tcp": TCP}
    facts = look(**running(files=files, gauges={"session": SESSION, "processes": [DOCKERD]}))
    found = [f for c in reachability.TOPIC.checks for f in model.judge(c, facts)]
    assert {f.outcome for f in found} == {"pass", "skip"}


# -- engines in VMs, on Windows, macOS and in WSL --------------------------------------------------

FAILURES = {
    "absent": Absent("nothing listens"),
    "slow": Slow("did not answer GET /version within 4.0 s"),
    "garbled": Garbled("it does not speak HTTP"),
    "refused": Refused("GET /version was refused with 500", status=500),
    "denied": Denied("permission denied"),
}
OF_LINUX = re.compile(
    r"systemctl|journalctl|pidof|\bss -|wchan|/proc/|stat -c|(?<!\w)sudo|chown|chmod"
)


class Silent:
    """A machine whose engine fails in one way."""

    def __init__(self, machine: Any, error: Exception) -> None:
        self.machine, self.error = machine, error

    def answer(self, question: Any, timeout: float) -> Any:
        if question[0] in {"engine", "ping"}:
            raise self.error
        return self.machine.answer(question, timeout)


def mends(name: str, failure: str) -> list[str]:
    machine = import_module(f"tests.hosts.{name}").machine()
    facts = reachability.look(Host(Silent(machine, FAILURES[failure])))
    found = [f for c in reachability.TOPIC.checks for f in model.judge(c, facts)]
    assert not [f for f in found if f.outcome == "crash"]
    return [step for f in found if f.outcome == "fail" for step in f.mend]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("macos_14_arm_good", "docker desktop "),
        ("macos_colima_default", "colima "),
        ("macos_lima", "limactl st"),
        ("macos_orbstack", "orb "),
        ("macos_podman", "podman machine st"),
        ("macos_rancher_desktop", "rdctl "),
        ("windows_11_wsl2_desktop", "docker desktop |net localgroup docker-users"),
        ("windows_rancher_desktop", "rdctl |Use docker as the user"),
        ("windows_podman", "podman machine st|Use docker as the user"),
    ],
)
def test_an_engine_in_a_vm_is_started_by_its_own_program(name: str, command: str, failure: str):
    steps = mends(name, failure)
    assert any(re.match(command, step) for step in steps), steps
    assert [step for step in steps if OF_LINUX.search(step)] == []


@pytest.mark.parametrize(
    ("endpoint", "step"),
    [
        ("unix:///Users/ann/.colima/dev/docker.sock", "colima start dev"),
        ("unix:///Users/ann/.colima/default/docker.sock", "colima start"),
        ("unix:///Users/ann/.lima/web/sock/docker.sock", "limactl start web"),
        ("unix:///Users/ann/.colima/x;rm -rf ~/docker.sock", "colima start"),
        ("unix:///var/folders/T/podman/build-api.sock", "podman machine start build"),
    ],
)
def test_the_vm_that_the_endpoint_names_is_started(endpoint: str, step: str):
    machine = import_module("tests.hosts.macos_colima_default").machine()
    machine.env["DOCKER_HOST"] = endpoint
    facts = reachability.look(Host(Silent(machine, FAILURES["absent"])))
    assert step in reachability.starts(have(facts.service, Service("")))


@pytest.mark.parametrize(
    ("failure", "check"),
    [("refused", "engine-answers-with-error"), ("denied", "remote-engine-unreachable")],
)
def test_an_engine_elsewhere_is_not_this_computers_product(failure: str, check: str):
    machine = import_module("tests.hosts.macos_14_arm_good").machine()
    machine.env["DOCKER_HOST"] = "tcp://build.example.com:2376"
    facts = reachability.look(Host(Silent(machine, FAILURES[failure])))
    (found,) = model.judge(CHECKS[check], facts)
    assert found.outcome == "fail"
    assert [step for step in found.mend if "desktop" in step] == []


def test_docker_desktop_in_wsl_is_restarted_from_windows():
    assert mends("wsl2_desktop_integration", "slow")[0].startswith("docker.exe desktop restart")


def test_docker_desktop_for_linux_is_a_unit_of_the_user():
    steps = mends("ubuntu_desktop_linux", "slow")
    assert steps == ["systemctl --user restart docker-desktop.service"]


def test_windows_own_service_is_told_as_such():
    facts = replace(
        HEALTHY,
        **down(reachability.HUNG, endpoint="npipe:////./pipe/docker_engine"),
        platform="windows",
        product=Service("product", "docker-engine"),
    )
    (found,) = model.judge(CHECKS["engine-hangs"], facts)
    assert found.mend[0].startswith("Restart-Service docker")


def test_the_context_of_the_engine_that_runs_is_named():
    dead = {
        **down(reachability.DEAD, endpoint="unix:///Users/ann/.colima/default/docker.sock"),
        "chosen_by": "currentContext of config.json",
        "others": (Other("/Users/ann/.orbstack/run/docker.sock", "OrbStack", True, "orbstack"),),
    }
    (found,) = judge("docker-context-dead", **dead)
    assert found.mend == ("docker context use orbstack   # the engine that runs",)
    (found,) = judge("docker-context-dead", **dead | {"chosen_by": "DOCKER_HOST"})
    assert found.mend[0].startswith("unset DOCKER_HOST")
    (found,) = judge("docker-context-dead", **dead, platform="windows")
    assert "unset" not in found.mend[0]


def on_windows(config: dict[str, Any], path: str = "") -> dict[str, model.Finding]:
    machine = import_module("tests.hosts.windows_11_wsl2_desktop").machine()
    file = inner(rf"{PROFILE}\.docker\config.json")
    machine.files[file] = json.dumps(config).encode()
    machine.stats[file] = {"mode": 0o666}
    machine.env["PATH"] = path or machine.env["PATH"]
    facts = reachability.look(Host(machine))
    return {f.id: f for c in reachability.TOPIC.checks for f in model.judge(c, facts)}


def test_the_files_of_the_cli_on_windows():
    found = on_windows({"auths": {"r.example": {"auth": "YTpi"}}, "credsStore": "desktop"})
    assert found["registry-login-readable"].outcome == "skip"
    assert found["docker-config-foreign-owner"].outcome == "skip"
    assert found["credential-helper-missing"].outcome == "pass"
    gone = on_windows({"credsStore": "gone"})["credential-helper-missing"]
    assert gone.outcome == "fail"
    assert gone.mend[0].startswith(rf'copy "{PROFILE}\.docker\config.json"')


BIN = rf"{DESKTOP_APP}\resources\bin"


@pytest.mark.parametrize("written", [BIN, BIN + "\\", f'"{BIN}"', BIN.replace("\\", "/")])
def test_a_folder_of_windows_path_however_it_is_written(written: str):
    found = on_windows({"credsStore": "desktop"}, rf"C:\Windows;{written}")
    assert found["credential-helper-missing"].outcome == "pass"
    found = on_windows({"credsStore": "desktop"}, r"C:\Windows")
    assert found["credential-helper-missing"].outcome == "fail"
