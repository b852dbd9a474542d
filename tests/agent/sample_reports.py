"""Hand-made reports for the tests of the renderers: each as a host could produce it."""

from __future__ import annotations

from typing import Any

from agent.report.model import EngineSummary, HostSummary, Report, Timing
from probes.model import Evidence, Finding
from tests.records import replace

HOST = HostSummary(
    id="b1946ac92492d234",
    hostname="web-07",
    platform="linux",
    os_name="Debian GNU/Linux",
    os_version="12",
    kernel="6.1.0-28-amd64",
    arch="x86_64",
    cpus=2,
    memory_bytes=4 << 30,
)
ENGINE = EngineSummary(
    provider="docker-engine",
    flavour="docker-ce",
    backend="native",
    reachable=True,
    version="28.5.2",
    api_version="1.51",
    storage_driver="overlay2",
    rootless=False,
    context="default",
    endpoint="unix:///var/run/docker.sock",
)
UNREACHED = EngineSummary(
    provider=None,
    flavour=None,
    backend=None,
    reachable=False,
    version=None,
    api_version=None,
    storage_driver=None,
    rootless=None,
    context="default",
    endpoint="unix:///var/run/docker.sock",
)
NO_HOST = HostSummary(
    id=None,
    hostname=None,
    platform=None,
    os_name=None,
    os_version=None,
    kernel=None,
    arch=None,
    cpus=None,
    memory_bytes=None,
)
TIMINGS = (
    Timing(topic="clock", look_ms=0.42, judge_ms=0.03),
    Timing(topic="disk", look_ms=61.5, judge_ms=0.9),
    Timing(topic="logging", look_ms=12.25, judge_ms=1.25),
)


def finding(id_: str, outcome: str, summary: str, *evidence: Evidence, **more: Any) -> Finding:
    """A finding with what a test does not care about filled in."""
    values: dict[str, Any] = {
        "id": id_,
        "topic": "logging",
        "title": f"Title of {id}",
        "outcome": outcome,
        "severity": "warning",
        "subject": "",
        "summary": summary,
        "reason": None if outcome in {"pass", "fail"} else summary,
        "evidence": evidence,
        "mend": (),
        "fixes": (),
        "references": (),
    }
    return Finding(**(values | more))


def report(*findings: Finding, **more: Any) -> Report:
    """A report of a complete run."""
    values: dict[str, Any] = {
        "host": HOST,
        "engine": ENGINE,
        "started": 1_760_000_000.5,
        "duration_ms": 214,
        "findings": findings,
        "incomplete": (),
        "timings": TIMINGS,
    }
    return Report(**(values | more))


def passes(count: int) -> tuple[Finding, ...]:
    return tuple(
        finding(
            f"well-{n}",
            "pass",
            f"number {n} is as it should be",
            Evidence("/etc/docker/daemon.json", f"key-{n}", str(n)),
            topic=("clock", "disk", "kernel")[n % 3],
        )
        for n in range(count)
    )


SKIPPED = finding(
    "swarm-certificate-expired", "skip", "this engine is not part of a swarm", topic="swarm"
)

HEALTHY = report(*passes(104), SKIPPED)

LOGS = finding(
    "log-rotation-unbounded",
    "fail",
    "web-1's log is 38 GB and grows 1.2 GB a day: /var is full in 3 days.",
    Evidence("engine GET /info", "LoggingDriver", "json-file", "local"),
    Evidence("/etc/docker/daemon.json", "log-opts.max-size", "not set", "10m"),
    title="Container logs grow without limit",
    severity="error",
    fixes=("log-rotation",),
    mend=(
        "Containers that exist keep their old settings: recreate them to gain from it.",
        "docker compose up -d --force-recreate",
    ),
    references=("https://docs.docker.com/engine/logging/configure/",),
)
MTU = finding(
    "bridge-mtu-above-egress",
    "fail",
    "docker0 sends packets of 1500 bytes into a way out that carries 1450: downloads inside of "
    "containers hang.",
    Evidence("ip link", "docker0 mtu", "1500", "1450 or less"),
    title="docker0 is larger than the way out, and nothing tells senders to send smaller packets",
    topic="network",
    mend=(
        (
            "sudo sh -c 'printf %s {\\\"mtu\\\":1450} > /etc/docker/daemon.json' && sudo systemctl "
            "restart docker && docker network prune"
        ),
        "or: sudo ip link set docker0 mtu 1450",
    ),
)


def memory(name: str) -> Finding:
    return finding(
        "memory-unlimited",
        "fail",
        "it may take all of the host's memory.",
        Evidence("engine GET /containers/json", f"{name} HostConfig.Memory", "0", "a limit"),
        subject=name,
        title="A container may take all memory",
        severity="note",
        topic="requirements",
        mend=("docker update --memory 1g --memory-swap 1g NAME",),
    )


BAD = report(
    LOGS,
    MTU,
    *(memory(f"web-{n}") for n in range(1, 8)),
    finding(
        "container-log-size",
        "unknown",
        "/var/lib/docker/containers may not be read by this user",
        look="sudo ls /var/lib/docker/containers",
    ),
    finding(
        "data-root-fragile",
        "unknown",
        "/var/lib/docker may not be read by this user",
        look="sudo ls /var/lib/docker",
        topic="storage",
    ),
    finding(
        "route-unknown",
        "unknown",
        "`ip route` exited with 1: RTNETLINK answers: no buffer space",
        look="ip route",
        topic="network",
    ),
    finding(
        "tcp-socket-unauthenticated",
        "waived",
        "behind the lab's firewall until the move (2026-12-31, ops)",
        subject="tcp://0.0.0.0:2375",
        topic="daemon-security",
    ),
    *passes(104),
    SKIPPED,
)

NO_ENGINE = report(
    *passes(6),
    *(
        finding(f"engine-{n}", "skip", "there is no container engine on this host", topic="storage")
        for n in range(30)
    ),
    engine=UNREACHED,
)

DENIED = report(
    finding(
        "socket-denied",
        "fail",
        "kim may not open /var/run/docker.sock: every docker command fails.",
        Evidence("/var/run/docker.sock", "mode, owner", "0660 root:docker", "a group of kim"),
        title="This user may not use the engine",
        severity="error",
        topic="reachability",
        mend=("sudo usermod -aG docker kim", "newgrp docker"),
    ),
    *(
        finding(
            f"engine-{n}",
            "unknown",
            "/var/run/docker.sock may not be opened by this user",
            look="id -nG",
        )
        for n in range(30)
    ),
    *passes(20),
    engine=UNREACHED,
)

_CRASH = "hullcheck's check failed: KeyError: 'Driver'"
INCOMPLETE = report(
    finding("storage-broken", "crash", _CRASH, topic="storage"),
    finding("disk-full", "unknown", "Disk was still being looked at when the time was over"),
    finding("inodes-full", "unknown", "Disk was still being looked at when the time was over"),
    *passes(3),
    incomplete=(
        "disk: Disk was still being looked at when the time was over",
        f"storage-broken: {_CRASH}",
    ),
    duration_ms=10_004,
)

NASTY = (
    "\x1b]0;owned\x07\x1b[2Jweb\x9b31m \u202etxt.exe\u2069 \u200b[bold red]hi[/] "
    "line\nbreak\r\ttab \ud800 \udcff \u2028 \x7f <script> "
)
HOSTILE = report(
    finding(
        "hostile-name",
        "fail",
        NASTY,
        Evidence(NASTY, NASTY, NASTY, NASTY + "!"),
        subject=NASTY,
        title=NASTY,
        mend=(NASTY, "docker rm " + NASTY),
        fixes=(NASTY,),
        severity="error",
    ),
    finding("hostile-why", "unknown", NASTY, look=NASTY, subject=NASTY),
    finding("hostile-skip", "skip", NASTY, subject=NASTY, topic=NASTY),
    finding("hostile-waiver", "waived", NASTY, subject=NASTY),
    finding("hostile-crash", "crash", NASTY),
    finding("hostile-pass", "pass", NASTY, Evidence(NASTY, NASTY, NASTY), subject=NASTY),
    host=replace(HOST, hostname=NASTY, os_name=NASTY, os_version=NASTY, kernel=NASTY),
    engine=replace(ENGINE, flavour=NASTY, version=NASTY, storage_driver=NASTY, backend=NASTY),
    incomplete=(NASTY,),
    timings=(Timing(topic=NASTY, look_ms=1.0, judge_ms=1.0),),
)

WIDE = report(
    finding(
        "log-rotation-unbounded",
        "fail",
        "컨테이너 로그가 한도 없이 커집니다: 도커 데이터 디렉터리가 사흘 안에 가득 찹니다. "
        "日志文件没有大小限制因此磁盘将在三天之内被完全填满容器会停止工作并且引擎无法再启动任何新的容器.",
        Evidence("/etc/docker/daemon.json", "로그", "무제한", "제한"),
        title="컨테이너 로그가 한도 없이 커집니다",
    ),
    finding(
        "combining",
        "fail",
        "Cafe\u0301 re\u0301sume\u0301 🐳 is one container.",
        Evidence("engine", "name", "Cafe\u0301 🐳"),
        subject="Cafe\u0301 🐳",
        title="Cafe\u0301 re\u0301sume\u0301 with combining marks",
    ),
    host=replace(HOST, hostname="웹서버"),
)

HUGE = report(
    *(memory(f"c{n:04d}") for n in range(1000)),
    finding(
        "long-value",
        "fail",
        "x" * 100_000,
        *(Evidence("file", f"line {n}", "y" * 100_000, "z") for n in range(50)),
    ),
    *passes(2000),
)


ALL = {
    "healthy": HEALTHY,
    "bad": BAD,
    "no-engine": NO_ENGINE,
    "denied": DENIED,
    "incomplete": INCOMPLETE,
    "hostile": HOSTILE,
    "wide": WIDE,
    "huge": HUGE,
    "empty": report(host=NO_HOST, engine=replace(UNREACHED, endpoint=None, context=None)),
}
