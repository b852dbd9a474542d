from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probes import daemon_log, model
from probes.daemon_log import DaemonLog, Read, Seen, recognise
from probes.formats.daemon_log import (
    SAMPLE_LIMIT,
    LogLine,
    parse_file_log,
    parse_journal,
    sample,
)
from probes.formats.daemon_log_patterns import PATTERNS, knows
from probes.formats.timestamps import format_time, parse_stamp
from probes.host.questions import Denied
from probes.model import Missing
from tests.fake_host import fake_host

DATA = Path(__file__).parents[1] / "data" / "daemon-log"
NOW = 1_795_566_000.0
SOCKET = "/var/run/docker.sock"
BY_ID = {p.id: p for p in PATTERNS}
CHECKS = {c.id: c for c in daemon_log.TOPIC.checks}

JOURNAL = (
    "journalctl", "--no-pager", "-o", "json", "--since=-24h", "-n", "2000",
    "--output-fields=MESSAGE",
)  # fmt: skip
SYSTEM = (
    "_SYSTEMD_UNIT=docker.service", "_TRANSPORT=stdout", "+", "UNIT=docker.service", "_PID=1", "+",
)  # fmt: skip
SNAP = (
    "_SYSTEMD_UNIT=snap.docker.dockerd.service", "_TRANSPORT=stdout", "+",
    "UNIT=snap.docker.dockerd.service", "_PID=1", "+",
)  # fmt: skip
CONTAINERD = ("_SYSTEMD_UNIT=containerd.service", "_TRANSPORT=stdout")
KERNEL = (
    "journalctl", "--no-pager", "-o", "json", "--since=-24h", "-n", "300",
    "--output-fields=MESSAGE", "-p", "3", "_TRANSPORT=kernel",
)  # fmt: skip

# Each text was written by a real dockerd, containerd, systemd or kernel; those of engines 20.10.24,
# 26.1.5 and 28.5.2 by ones that were made to fail for it.
LINES = [
    ("log-config-unknown-key", "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives don't match any configuration option: log-size"),
    ("log-config-flag-conflict", "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives are specified both as a flag and in the configuration file: log-level: (from flag: debug, from file: info)"),
    ("log-config-not-json", "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character '}' looking for beginning of object key string"),
    ("log-config-not-json", 'time="2026-11-24T23:18:59.838962640Z" level=error msg="Error reloading configuration" error="unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid JSON: invalid character \'}\' in literal true (expecting \'e\')"'),
    ("log-config-refused", "unable to configure the Docker daemon with file /etc/docker/daemon.json: merged configuration validation from file and command line flags failed: invalid logging level: warning"),
    ("log-config-refused", 'time="2026-11-24T23:18:59Z" level=error msg="Error reconfiguring the daemon: bad"'),
    ("log-default-runtime-missing", "failed to start daemon: specified default runtime 'nvidia' does not exist"),
    ("log-config-contradiction", "failed to start daemon: native.cgroupdriver option foo not supported"),
    ("log-logging-driver-unknown", "failed to start daemon: failed to set log opts: failed to set log opts: unknown log opt 'max-sise' for json-file log driver"),
    ("log-seccomp-profile-refused", "failed to start daemon: opening seccomp profile (unconfined) failed: open unconfined: no such file or directory"),
    ("log-tls-files-refused", 'invalid TLS configuration: Could not load X509 key pair (cert: "/nonexistent/c", key: "/nonexistent/k"): open /nonexistent/c: no such file or directory'),
    ("log-userns-user-missing", 'Error during uid lookup for "nosuchuser": getent unable to find entry "nosuchuser" in passwd database'),
    ("log-dtype-missing", "failed to start daemon: error initializing graphdriver: overlay2: the backing xfs filesystem is formatted without d_type support, which leads to incorrect behavior. Reformat the filesystem with ftype=1 to enable d_type support."),
    ("log-second-daemon", "failed to start daemon: pid file found, ensure docker is not running or delete /var/run/docker.pid"),
    ("log-second-daemon", "failed to start daemon: error while opening volume store metadata database: timeout"),
    ("log-storage-driver-refused", "failed to start daemon: error initializing graphdriver: driver not supported: zfs"),
    ("log-storage-driver-refused", "failed to start daemon: error initializing graphdriver: /var/lib/docker contains several valid graphdrivers: overlay2, vfs; cleanup or explicitly choose storage driver (-s <DRIVER>)"),
    ("log-overlay-mount-failed", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for POST /v1.45/containers/create returned error: error creating overlay mount to /var/lib/docker/overlay2/x-init/merged: invalid argument"'),
    ("log-layer-corrupt", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for POST /v1.45/containers/create returned error: layer does not exist"'),
    ("log-database-corrupt", "unexpected fault address 0x7f2b3a1c5000"),
    ("log-database-corrupt", "panic: freelist: invalid page"),
    ("log-inotify-exhausted", 'time="2026-11-24T23:18:59Z" level=error msg="failed to create fsnotify watcher: too many open files"'),
    ("log-keyring-quota", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for POST /start returned error: OCI runtime create failed: unable to join session keyring: unable to create session key: disk quota exceeded: unknown"'),
    ("log-disk-full", 'time="2026-11-24T23:18:59Z" level=error msg="Download failed: write /var/lib/docker/tmp/GetImageBlob1: no space left on device"'),
    ("log-disk-quota-exceeded", 'time="2026-11-24T23:18:59Z" level=error msg="write /home/u/.local/share/docker/x: disk quota exceeded"'),
    ("log-bind-source-refused", 'time="2026-11-25T00:04:50.441576563Z" level=error msg="Handler for POST /v1.51/containers/360a/start returned error: error while creating mount source path \'/proc/nope/x\': mkdir /proc/nope: no such file or directory"'),
    ("log-read-only-file-system", 'time="2026-11-24T23:18:59Z" level=error msg="mkdir /var/lib/docker/overlay2/x: read-only file system"'),
    ("log-io-error", 'time="2026-11-24T23:18:59Z" level=error msg="read /var/lib/docker/x: input/output error"'),
    ("log-device-busy", 'time="2026-11-24T23:18:59Z" level=error msg="unlinkat /var/lib/docker/overlay2/x/merged: device or resource busy"'),
    ("log-pool-exhausted", "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"),
    ("log-pool-exhausted", 'time="2026-11-24T23:18:59Z" level=warning msg="all predefined address pools have been fully subnetted"'),
    ("log-default-bridge-failed", 'failed to start daemon: Error initializing network controller: Error creating default "bridge" network: list bridge addresses failed: no available network'),
    ("log-iptables-unusable", "failed to start daemon: Error initializing network controller: error obtaining controller instance: failed to register \"bridge\" driver: failed to create NAT chain DOCKER: iptables failed: iptables -t nat -N DOCKER: iptables v1.8.9 (legacy): can't initialize iptables table `nat': Table does not exist (do you need to insmod?)"),
    ("log-iptables-mixed", "iptables v1.8.7 (nf_tables): Chain 'DOCKER' does not exist"),
    ("log-iptables-chain-missing", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for POST /start returned error: driver failed programming external connectivity on endpoint web: (iptables failed: iptables --wait -t nat -A DOCKER -p tcp --dport 80 -j DNAT: iptables: No chain/target/match by that name.)"'),
    ("log-firewalld-conflict", "failed to start daemon: ZONE_CONFLICT: 'docker0' already bound to a zone"),
    ("log-xtables-lock", 'time="2026-11-24T23:18:59Z" level=warning msg="Another app is currently holding the xtables lock; still 9s 0us time ahead to have a chance to grab the lock..."'),
    ("log-published-port-taken", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for POST /start returned error: driver failed programming external connectivity on endpoint web: failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use"'),
    ("log-listener-refused", "failed to load listeners: listen tcp 0.0.0.0:12375: bind: address already in use"),
    ("log-listener-refused", "failed to load listeners: no sockets found via socket activation: make sure the service was started by systemd"),
    ("log-veth-refused", 'time="2026-11-24T23:18:59Z" level=error msg="failed to add the host (veth2df6899) <=> sandbox (veth5480d98) pair interfaces: operation not supported"'),
    ("log-stale-endpoint", 'time="2026-11-24T23:18:59Z" level=error msg="endpoint with name web already exists in network app_default"'),
    ("log-container-dns-failing", 'time="2026-11-24T23:18:59Z" level=error msg="[resolver] failed to query external DNS server" error="read udp 172.18.0.2:53->10.0.0.1:53: i/o timeout"'),
    ("log-pull-rate-limit", 'time="2026-11-24T23:18:59Z" level=error msg="Not continuing with pull after error: toomanyrequests: You have reached your pull rate limit."'),
    ("log-certificate-expired", 'time="2026-11-24T23:18:59Z" level=warning msg="Error getting v2 registry: Get \\"https://r/v2/\\": x509: certificate has expired or is not yet valid: current time is after"'),
    ("log-certificate-unknown", 'time="2026-11-24T23:18:59Z" level=warning msg="Error getting v2 registry: Get \\"https://r/v2/\\": x509: certificate signed by unknown authority"'),
    ("log-registry-plain-http", 'time="2026-11-24T23:18:59Z" level=warning msg="Error getting v2 registry: Get \\"https://r:5000/v2/\\": http: server gave HTTP response to HTTPS client"'),
    ("log-registry-name-unresolved", 'time="2026-11-24T23:18:59.383160485Z" level=warning msg="Error getting v2 registry: Get \\"https://nosuch.invalid/v2/\\": dial tcp: lookup nosuch.invalid on 10.255.255.53:53: no such host"'),
    ("log-registry-timeout", 'time="2026-11-24T23:18:59Z" level=warning msg="Error getting v2 registry: Get \\"https://registry-1.docker.io/v2/\\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"'),
    ("log-registry-login-refused", 'time="2026-11-24T23:18:59Z" level=error msg="Not continuing with pull after error: denied: requested access to the resource is denied"'),
    ("log-image-schema-too-old", 'time="2026-11-24T23:18:59Z" level=error msg="[DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 support is disabled by default"'),
    ("log-client-too-old", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for GET /v1.24/containers/json returned error: client version 1.24 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version"'),
    ("log-client-too-new", 'time="2026-11-24T23:18:59Z" level=error msg="client version 1.52 is too new. Maximum supported API version is 1.41"'),
    ("log-tls-handshake-failing", "http: TLS handshake error from 203.0.113.5:4711: remote error: tls: bad certificate"),
    ("log-sysctl-reopen-denied", 'time="2026-11-24T23:18:59Z" level=error msg="OCI runtime create failed: open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd 8: permission denied: unknown"'),
    ("log-apparmor-refused", 'time="2026-11-24T23:18:59Z" level=error msg="AppArmor enabled on system but the docker-default profile could not be loaded: running apparmor_parser failed"'),
    ("log-kill-refused", 'time="2026-11-24T23:18:59Z" level=error msg="Handler for POST /stop returned error: cannot stop container: 0a: tried to kill container, but did not receive an exit event"'),
    ("log-nvidia-runtime-failed", 'time="2026-11-25T00:04:50.722388136Z" level=error msg="Handler for POST /v1.51/containers/fac9/start returned error: could not select device driver \\"\\" with capabilities: [[gpu]]"'),
    ("log-runtime-binary-missing", 'time="2026-11-24T23:18:59Z" level=error msg="failed to start shim: exec: \\"containerd-shim-runc-v2\\": executable file not found in $PATH"'),
    ("log-runtime-binary-missing", "fork/exec /usr/bin/nvidia-container-runtime: no such file or directory"),
    ("log-tasks-exhausted", "runtime: failed to create new OS thread (have 11 already; errno=11)"),
    ("log-files-exhausted", 'time="2026-11-24T23:18:59Z" level=error msg="accept unix /run/docker.sock: accept4: too many open files"'),
    ("log-memory-exhausted", 'time="2026-11-24T23:18:59Z" level=error msg="fork/exec /usr/bin/tini: cannot allocate memory"'),
    ("log-limit-not-applied", 'time="2026-11-24T23:18:59Z" level=warning msg="Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded."'),
    ("log-cgroup-missing", "failed to start daemon: Devices cgroup isn't mounted"),
    ("log-logging-driver-failed", 'time="2026-11-24T23:18:59.530769244Z" level=error msg="Handler for POST /v1.51/containers/4ffa/start returned error: failed to create task for container: failed to initialize logging driver: dial tcp 127.0.0.1:24224: connect: connection refused"'),
    ("log-container-logs-lost", 'time="2026-11-24T23:18:59Z" level=error msg="Failed to log message for logger" driver=fluentd error="fluent#send: can\'t send"'),
    ("log-shim-lost", 'time="2026-11-24T23:18:59Z" level=error msg="failed to delete task" error="ttrpc: closed: unknown"'),
    ("log-container-not-restored", 'time="2026-11-24T23:18:59Z" level=error msg="failed to start container" container=0a error="bind: no such thing"'),
    ("log-runtime-create-failed", 'time="2026-11-24T23:18:59Z" level=error msg="OCI runtime create failed: runc create failed: error mounting \\"proc\\": not a directory: unknown"'),
    ("log-stop-by-force", 'time="2026-11-24T23:18:59Z" level=warning msg="Container failed to exit within 10s of signal 15 - using the force" container=0a'),
    ("log-swarm-locked", 'time="2026-11-24T23:18:59Z" level=error msg="swarm component could not be started: Swarm is encrypted and needs to be unlocked before it can be used"'),
    ("log-swarm-certificate-expired", "Swarm certificates have expired. To replace them, leave the swarm and join again."),
    ("log-swarm-no-leader", 'time="2026-11-24T23:18:59Z" level=error msg="rpc error: code = Unknown desc = The swarm does not have a leader."'),
    ("log-swarm-node-lost", 'time="2026-11-24T23:18:59Z" level=error msg="agent: session failed" error="rpc error: code = Unavailable" module=node/agent'),
    ("log-plugin-missing", 'time="2026-11-24T23:18:59Z" level=warning msg="Unable to locate plugin: rexray, retrying in 2s"'),
    ("log-deprecated-feature", 'time="2026-11-24T23:18:59Z" level=warning msg="[DEPRECATION NOTICE]: Support for cgroup v1 is deprecated and planned to be removed by no later than May 2029"'),
    ("log-containerd-unreachable", 'failed to start daemon: failed to dial "/run/containerd/containerd.sock": context deadline exceeded'),
    ("log-start-limit", "docker.service: Start request repeated too quickly."),
    ("log-start-limit", "docker.service: Failed with result 'start-limit-hit'."),
    ("log-not-permitted", "dockerd needs to be started with root privileges. To run dockerd in rootless mode as an unprivileged user, see"),
    ("log-daemon-start-failed", "failed to start daemon: something that nobody has seen before"),
    ("log-daemon-killed-for-memory", "docker.service: A process of this unit has been killed by the OOM killer."),
    ("log-daemon-crashed", "docker.service: Main process exited, code=killed, status=9/KILL"),
    ("log-daemon-crashed", "panic: runtime error: invalid memory address or nil pointer dereference"),
    ("log-oom-container", "Memory cgroup out of memory: Killed process 4242 (java) total-vm:9000000kB, anon-rss:1000000kB"),
    ("log-oom-host", "Out of memory: Killed process 4242 (postgres) total-vm:9000000kB, anon-rss:8000000kB"),
]  # fmt: skip

# Real lines that healthy engines write, and lines that only look like a failure.
EVERYDAY = [
    'level=warning msg="could not change group /var/run/docker.sock to docker: group docker not found"',
    'level=warning msg="failed to load plugin io.containerd.snapshotter.v1.devmapper" error="devmapper not configured"',
    'level=warning msg="containerd config version `1` has been deprecated and will be removed in containerd v2.0, please switch to version `2`"',
    'level=warning msg="Your kernel does not support cgroup blkio weight"',
    'level=error msg="loading cgroup for 21511" error="cgroups: cannot find cgroup mount destination" runtime=io.containerd.runc.v2',
    'level=warning msg="unable to disable IPv6 router advertisement" error="open /proc/sys/net/ipv6/conf/docker0/accept_ra: read-only file system"',
    'level=warning msg="cleaning up after shim disconnected" id=4f43 namespace=moby',
    'level=error msg="copy shim log" error="read /proc/self/fd/14: file already closed"',
    'level=error msg="stream copy error: reading from a closed fifo"',
    'level=warning msg="[core] grpc: addrConn.createTransport failed to connect to {unix:///run/containerd/containerd.sock}. Err: connection refused. Reconnecting..." module=grpc',
    'level=error msg="OCI runtime create failed: exec: \\"nosuchprog\\": executable file not found in $PATH: unknown"',
    'level=info msg="[graphdriver] using prior storage driver: overlay2"',
    'level=info msg="skip loading plugin" error="no space left on device"',
    "Started docker.service - Docker Application Container Engine.",
    "docker.service: Main process exited, code=exited, status=0/SUCCESS",
]


def facts(**changes: Any) -> DaemonLog:
    values: dict[str, Any] = {
        "log": Read("/var/log/docker.log", 3, NOW - 60, (), 0.0, 0.0),
        "kernel": Read("journalctl -k", 0, 0.0, (), 0.0, 0.0),
        "sink": "socket:[1]",
        "now": NOW,
        "unit": "docker.service",
        "restart": "sudo systemctl restart docker",
        "look": "sudo journalctl -u docker",
        "config_file": "/etc/docker/daemon.json",
        **changes,
    }
    return DaemonLog(**values)


def judged(name: str, of: DaemonLog) -> model.Finding:
    (found,) = model.judge(CHECKS[name], of)
    return found


def of_seen(name: str, times: int, **changes: Any) -> DaemonLog:
    seen = Seen(name, times, NOW - 7200, NOW - 3600, "the line", 0.0)._replace(**changes)
    read = Read("/var/log/docker.log", times, NOW - 7200, (seen,), 0.0, 0.0)
    return facts(**{"kernel" if BY_ID[name].kernel else "log": read})


@pytest.mark.parametrize(
    ("name", "line"), LINES, ids=[f"{n}-{i}" for n, (i, _) in enumerate(LINES)]
)
def test_a_line_belongs_to_its_pattern(name: str, line: str) -> None:
    kernel = BY_ID[name].kernel
    times = BY_ID[name].at_least
    lines = [LogLine(NOW - 60, daemon_level(line), line)] * times
    read = recognise(lines, "log", NOW - 86400, 0.0, PATTERNS, kernel=kernel)
    assert [(s.pattern, s.times) for s in read.seen] == [(name, times)]
    finding = judged(name, facts(**{"kernel" if kernel else "log": read}))
    assert (finding.outcome, finding.severity) == ("fail", BY_ID[name].severity)
    assert "just now" in finding.summary
    assert "{" not in "".join(finding.mend).replace("{{", "").replace("{.", "").replace(
        '{"base"', ""
    ).replace("{http_code", "")


def daemon_level(line: str) -> str:
    return parse_file_log(line, 0.0)[0].level


def test_every_pattern_has_a_line() -> None:
    assert {name for name, _ in LINES} == set(BY_ID)


@pytest.mark.parametrize("line", EVERYDAY)
def test_everyday_lines_belong_to_none(line: str) -> None:
    lines = [LogLine(NOW, daemon_level(line), line)] * 30
    assert recognise(lines, "log", NOW - 86400, 0.0, PATTERNS).seen == ()


@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "28.5.2"])
def test_a_real_log_of_a_healthy_engine(version: str) -> None:
    """It pulled twice from registries that do not exist, and failed to log in two containers."""
    text = (DATA / f"{version}.log").read_text()
    read = recognise(parse_file_log(text, NOW), "log", 0.0, 0.0, PATTERNS)
    assert {s.pattern: s.times for s in read.seen} == {
        "log-registry-name-unresolved": 2,
        "log-logging-driver-failed": 2,
    }
    of = facts(log=read)
    assert judged("log-registry-name-unresolved", of).outcome == "pass"
    assert judged("log-logging-driver-failed", of).outcome == "fail"
    assert read.jump == 0


@pytest.mark.parametrize("name", sorted(BY_ID))
def test_every_check_of_a_pattern(name: str) -> None:
    pattern = BY_ID[name]
    assert judged(name, of_seen(name, pattern.at_least)).outcome == "fail"
    if pattern.at_least > 1:
        assert judged(name, of_seen(name, pattern.at_least - 1)).outcome == "pass"
    assert judged(name, of_seen(name, 99, cured=NOW - 60)).outcome == "pass"
    assert judged(name, facts()).outcome == "pass"
    which = "kernel" if pattern.kernel else "log"
    assert judged(name, facts(**{which: Missing("elsewhere", "inapplicable")})).outcome == "skip"
    unread = judged(name, facts(**{which: Missing("denied", "denied")}))
    assert unread.outcome == "skip"
    assert "unreadable" in unread.summary


def test_every_explanation_is_whole() -> None:
    assert len(PATTERNS) == len(BY_ID) >= 40
    for check in daemon_log.TOPIC.checks:
        for section in model.SECTIONS:
            assert f"## {section}" in check.explanation, check.id
        assert check.references, check.id
        assert "{restart}" not in check.explanation


@pytest.mark.parametrize(
    ("name", "of", "outcome"),
    [
        ("daemon-log-unreadable", facts(), "pass"),
        ("daemon-log-unreadable", facts(log=Missing("denied", "denied", "sudo x")), "unknown"),
        ("daemon-log-unreadable", facts(log=Missing("remote", "inapplicable")), "skip"),
        ("kernel-log-unreadable", facts(), "pass"),
        ("kernel-log-unreadable", facts(kernel=Missing("denied", "denied")), "unknown"),
        ("kernel-log-unreadable", facts(kernel=Missing("lxc", "inapplicable")), "skip"),
        ("daemon-log-discarded", facts(), "pass"),
        ("daemon-log-discarded", facts(sink="/dev/null"), "fail"),
        ("daemon-log-discarded", facts(sink="/var/log/docker.log (deleted)"), "fail"),
        ("daemon-log-discarded", facts(sink=Missing("denied", "denied")), "unknown"),
        ("daemon-log-discarded", facts(sink=Missing("remote", "inapplicable")), "skip"),
        ("daemon-log-time-jumped", facts(), "pass"),
        ("daemon-log-time-jumped", facts(log=Read("f", 0, 0.0, (), 0.0, 0.0)), "pass"),
        ("daemon-log-time-jumped", facts(log=Read("f", 9, NOW, (), 7200.0, NOW)), "fail"),
        ("daemon-log-time-jumped", facts(log=Missing("denied", "denied")), "skip"),
        ("daemon-log-time-jumped", facts(log=Missing("remote", "inapplicable")), "skip"),
    ],
)
def test_the_checks_of_the_log_itself(name: str, of: DaemonLog, outcome: str) -> None:
    assert judged(name, of).outcome == outcome


# -- recognising ---------------------------------------------------------------------------------

DONE = LogLine(NOW - 50, "info", 'level=info msg="Daemon has completed initialization"')
BROKEN = LogLine(
    NOW - 60, "", "failed to start daemon: unknown log opt 'x' for json-file log driver"
)


@pytest.mark.parametrize(
    ("lines", "started", "cured"),
    [
        ([BROKEN, DONE], 0.0, True),
        ([DONE._replace(time=NOW - 70), BROKEN], 0.0, False),
        ([BROKEN], NOW - 30, True),
        ([BROKEN], NOW - 90, False),
        ([BROKEN, DONE._replace(text="Reloaded configuration: {}")], 0.0, False),
    ],
    ids=[
        "started after",
        "failed after",
        "answers since",
        "answered before",
        "reload is not enough",
    ],
)
def test_a_later_start_cures(lines: list[LogLine], started: float, cured: bool) -> None:
    read = recognise(lines, "log", NOW - 86400, started, PATTERNS)
    assert [bool(s.cured) for s in read.seen] == [cured]


def test_a_later_reload_cures_a_bad_reload() -> None:
    bad = LogLine(NOW - 60, "error", LINES[3][1])
    good = LogLine(NOW - 50, "info", 'msg="Reloaded configuration: {}"')
    assert recognise([bad, good], "log", 0.0, 0.0, PATTERNS).seen[0].cured == NOW - 50


def test_what_is_older_than_a_day_does_not_count() -> None:
    old = BROKEN._replace(time=NOW - 86500)
    assert recognise([old], "log", NOW - 86400, 0.0, PATTERNS) == Read("log", 0, 0.0, (), 0.0, 0.0)


def test_a_step_back_of_the_clock() -> None:
    lines = [LogLine(NOW - 100, "info", "a"), LogLine(NOW - 3700, "info", "b")]
    read = recognise(lines, "log", NOW - 86400, 0.0, PATTERNS)
    assert (read.jump, read.jumped) == (3600.0, NOW - 100)
    near = [LogLine(NOW - 100, "info", "a"), LogLine(NOW - 110, "info", "b")]
    assert recognise(near, "log", NOW - 86400, 0.0, PATTERNS).jump == 0


def test_the_refusals_that_only_a_debugging_daemon_tells() -> None:
    text = 'level=debug msg="error response for POST request" error="all predefined address pools have been fully subnetted"'
    read = recognise([LogLine(NOW, "debug", text)], "log", 0.0, 0.0, PATTERNS)
    assert [s.pattern for s in read.seen] == ["log-pool-exhausted"]


@pytest.mark.parametrize(
    "line",
    [
        "\x00" * 1000,
        "\x1b]0;title\x07\x1b[2Jno space left on device\r",
        "no space left on device " + "x" * 1_000_000,
        "no space left on device \udcff\ufffd\u202e",
        "level=" * 100_000,
        "{" * 100_000,
    ],
    ids=["nul", "escapes", "a megabyte", "no utf-8", "levels", "braces"],
)
def test_hostile_lines(line: str) -> None:
    for lines in (
        parse_file_log(line, NOW),
        parse_journal(json.dumps({"MESSAGE": line, "__REALTIME_TIMESTAMP": "1795565999000000"})),
        parse_journal(line),
    ):
        for seen in recognise(lines, "log", 0.0, 0.0, PATTERNS).seen:
            assert len(seen.sample) <= SAMPLE_LIMIT
            assert not any(ord(c) < 32 or c in "\x7f\u202e" for c in seen.sample)


def test_journal_entries_of_odd_shapes() -> None:
    entries = [
        '{"MESSAGE":[110,111],"__REALTIME_TIMESTAMP":"x"}',
        '{"MESSAGE":[1000,-1,null],"__REALTIME_TIMESTAMP":17}',
        '{"MESSAGE":null}',
        '{"MESSAGE":{"a":1}}',
        "[]",
        "{not json",
        "-- No entries --",
    ]
    text = "\n".join(entries)
    assert parse_journal(text) == [LogLine(None, "", "no")]


def test_times() -> None:
    assert parse_stamp("2026-13-01T00:00:00Z") is None
    for text in ("1970-01-01 00:00:00 UTC", "2000-02-29 12:34:56 UTC", "2026-11-24 23:18:58 UTC"):
        stamp = parse_stamp(text.replace(" ", "T", 1).replace(" UTC", "Z"))
        assert stamp is not None
        assert format_time(stamp) == text


def test_a_sample_is_short() -> None:
    assert len(sample("x" * 5000)) == SAMPLE_LIMIT


def test_knows_asks_for_all_three() -> None:
    pattern = BY_ID["log-iptables-chain-missing"]
    assert knows(pattern, "no chain/target/match by that name")
    assert not knows(pattern, "iptables -d x: no chain/target/match by that name")
    assert not knows(pattern, "chain already exists")


# -- looking -------------------------------------------------------------------------------------


def dockerd(uid: int = 0) -> dict[str, Any]:
    return {
        "clock": NOW,
        "processes": [[69, 1, uid, "dockerd", ["dockerd", "-H", "fd://"], NOW - 5000, False]],
    }


def entry(text: str) -> str:
    return json.dumps({"MESSAGE": text, "__REALTIME_TIMESTAMP": str(int((NOW - 60) * 1e6))})


FULL = 'time="2026-11-25T00:19:00Z" level=error msg="write x: no space left on device"'


def test_the_file_that_stderr_goes_to() -> None:
    host = fake_host(
        files={"/tmp/e/dockerd.log": FULL},
        links={"/proc/69/fd/2": "/tmp/e/dockerd.log"},
        peers={SOCKET: 69},
        gauges=dockerd(),
    )
    of = daemon_log.look(host)
    assert isinstance(of.log, Read)
    assert of.log.source == "/tmp/e/dockerd.log"
    assert judged("log-disk-full", of).outcome == "fail"
    assert of.look == "sudo tail -n 200 /tmp/e/dockerd.log"


def test_the_journal_of_the_unit() -> None:
    host = fake_host(
        files={
            "/proc/69/cgroup": "0::/system.slice/docker.service\n",
            "/run/systemd/system/x": "",
        },
        links={"/proc/69/fd/2": "socket:[566259]"},
        peers={SOCKET: 69},
        runs={
            (*JOURNAL, *SYSTEM, *CONTAINERD): (0, entry(FULL) + "\n", ""),
            KERNEL: (0, entry("Out of memory: Killed process 1 (x)"), ""),
        },
        gauges=dockerd(),
    )
    of = daemon_log.look(host)
    assert judged("log-disk-full", of).evidence[0].source.startswith("journalctl -u docker.service")
    assert judged("log-oom-host", of).outcome == "fail"
    assert of.restart == "sudo systemctl restart docker"


def test_the_journal_when_no_daemon_runs() -> None:
    host = fake_host(
        files={"/run/systemd/system/x": "", "/usr/bin/dockerd": ""},
        runs={(*JOURNAL, *SYSTEM, *SNAP, *CONTAINERD): (0, entry(LINES[0][1]), "")},
        gauges={"clock": NOW},
    )
    of = daemon_log.look(host)
    assert judged("log-config-unknown-key", of).outcome == "fail"
    assert judged("daemon-log-discarded", of).outcome == "skip"


def test_a_journal_before_output_fields() -> None:
    old = tuple(w for w in JOURNAL if w != "--output-fields=MESSAGE")
    old = tuple("500" if w == "2000" else w for w in old)
    host = fake_host(
        files={"/proc/69/cgroup": "1:name=systemd:/system.slice/docker.service\n"},
        links={"/proc/69/fd/2": "socket:[566259]"},
        peers={SOCKET: 69},
        runs={
            (*JOURNAL, *SYSTEM, *CONTAINERD): (1, "", "journalctl: unrecognized option '--output-fields=MESSAGE'\n"),
            (*old, *SYSTEM, *CONTAINERD): (0, entry(FULL), ""),
        },
        gauges=dockerd(),
    )  # fmt: skip
    assert judged("log-disk-full", daemon_log.look(host)).outcome == "fail"


HINT = (
    "Hint: You are currently not seeing messages from other users and the system.\n"
    "      Users in groups 'adm', 'systemd-journal' can see all messages.\n"
    "No journal files were opened due to insufficient permissions.\n"
)


def test_a_plain_user_is_told_how_to_look() -> None:
    host = fake_host(
        files={"/proc/69/cgroup": "0::/system.slice/docker.service\n"},
        failures={("readlink", "/proc/69/fd/2"): Denied("no")},
        peers={SOCKET: 69},
        runs={(*JOURNAL, *SYSTEM, *CONTAINERD): (1, "", HINT)},
        gauges=dockerd(),
    )
    finding = judged("daemon-log-unreadable", daemon_log.look(host))
    assert finding.outcome == "unknown"
    assert finding.look.startswith("sudo journalctl")


def test_the_journal_of_a_rootless_daemon() -> None:
    mine = (
        "_UID=1000", "_SYSTEMD_USER_UNIT=docker.service", "_TRANSPORT=stdout", "+",
        "_UID=1000", "USER_UNIT=docker.service",
    )  # fmt: skip
    session = {"uid": 1000, "name": "u", "home": "/home/u", "groups": [], "granted_groups": []}
    path = "/run/user/1000/docker.sock"
    host = fake_host(
        files={
            "/etc/passwd": "u:x:1000:1000::/home/u:/bin/sh\n",
            "/proc/69/cgroup": "0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service\n",
        },
        links={"/proc/69/fd/2": "socket:[9]"},
        env={"DOCKER_HOST": f"unix://{path}"},
        peers={path: 69},
        runs={
            (*JOURNAL, *mine): (1, "", HINT),
            (*JOURNAL, "--user", *mine): (0, entry(FULL), ""),
        },
        gauges={**dockerd(1000), "session": session},
    )  # fmt: skip
    of = daemon_log.look(host)
    assert judged("log-disk-full", of).outcome == "fail"
    assert of.restart == "systemctl --user restart docker"


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ({"/var/log/docker.log": FULL}, "fail"),
        ({"/var/log/messages": "Nov 25 00:19:00 nas dockerd[69]: " + FULL}, "fail"),
        ({"/var/log/messages": "Nov 25 00:19:00 nas kernel: no space left on device"}, "skip"),
        ({}, "skip"),
    ],
)
def test_hosts_without_systemd(files: dict[str, str], outcome: str) -> None:
    host = fake_host(
        files={"/proc/69/cgroup": "0::/docker\n", **files},
        links={"/proc/69/fd/2": "pipe:[1]"},
        stats={path: {"mtime": NOW - 60} for path in files},
        peers={SOCKET: 69},
        gauges=dockerd(),
    )
    of = daemon_log.look(host)
    assert judged("log-disk-full", of).outcome == outcome
    if outcome == "skip":
        assert judged("daemon-log-unreadable", of).outcome == "unknown"


def test_a_deleted_file_and_no_file() -> None:
    for sink, unread in (("/var/log/d.log (deleted)", "unknown"), ("/dev/null", "skip")):
        host = fake_host(links={"/proc/69/fd/2": sink}, peers={SOCKET: 69}, gauges=dockerd())
        of = daemon_log.look(host)
        assert judged("daemon-log-discarded", of).outcome == "fail"
        assert judged("daemon-log-unreadable", of).outcome == unread


def test_an_engine_elsewhere_and_no_engine() -> None:
    for host in (
        fake_host(env={"DOCKER_HOST": "tcp://10.0.0.9:2376"}, engine={
            "/version": {}, "/info": {"Name": "other", "KernelVersion": "1"}}),
        fake_host(),
    ):  # fmt: skip
        of = daemon_log.look(host)
        assert {judged(name, of).outcome for name in CHECKS} == {"skip"}


def test_podman_has_no_such_log() -> None:
    podman = {"processes": [[7, 1, 0, "podman", ["podman", "system", "service"], NOW, False]]}
    host = fake_host(peers={SOCKET: 7}, gauges={"clock": NOW, **podman})
    assert judged("log-disk-full", daemon_log.look(host)).outcome == "skip"
