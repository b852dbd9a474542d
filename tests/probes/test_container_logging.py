from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probes import configuration, container_logging
from probes.container_logging import Journald, LogFile, LogFiles, Logging
from probes.daemon_control import Control
from probes.disk import Place
from probes.formats.sizes import GIB, MIB
from probes.host.questions import Denied
from probes.model import Missing, judge
from tests.fake_host import fake_host
from tests.records import replace

CONTROL = Control(
    "/etc/docker/daemon.json", "sudo systemctl restart docker", "sudo systemctl reload docker"
)

DATA = Path(__file__).parents[1] / "data"
GONE = Missing("there is no container engine on this host", "inapplicable")
SHUT = Missing("may not be read by this user", "denied", "sudo cat")
BUILT_IN = ("awslogs", "fluentd", "gelf", "journald", "json-file", "local", "splunk", "syslog")
FILE = "/etc/docker/daemon.json line 3"


def setting(key: str, value: Any, source: str = "default", where: str = "") -> Any:
    running = value if key == "log-driver" else None
    return configuration.Setting(key, value, source, where, "live", running, "R+new")


def driver(name: str) -> dict[str, Any]:
    return {"driver": setting("log-driver", name, "file", FILE)}


def options(source: str = "file", **values: str) -> dict[str, Any]:
    where = "dockerd --log-opt" if source == "flag" else FILE
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return {"options": setting("log-opts", named, source, where)}


def log(size: float, *, age: float | None = None, running: bool = True, name: str = "web-1") -> Any:
    return LogFile(name, f"/var/lib/docker/containers/{name}.log", int(size * GIB), age, running)


def logs(*found: LogFile) -> dict[str, Any]:
    return {"files": LogFiles(len(found), sum(f.size for f in found), found, complete=True)}


FINE = Logging(
    driver=setting("log-driver", "json-file"),
    options=setting("log-opts", {"max-size": "10m", "max-file": "3"}, "file", FILE),
    registered=BUILT_IN,
    plugins=GONE,
    version="28.5.2",
    containers=12,
    running=9,
    live_restore=False,
    config_exists=True,
    site=CONTROL,
    logrotate="",
    place=Place("/var/lib/docker", "/", "ext4", "254:0", 250 * GIB, 76 * GIB, 0, 0),
    files=LogFiles(1, MIB, (log(0.001),), complete=True),
    journald=Journald("auto", "", persistent=True, burst=10_000, interval=30.0, limit_from=""),
)
CHECKS = {check.id: check for check in container_logging.TOPIC.checks}
NO_OPTIONS = {"options": setting("log-opts", {})}
DAY = 86400.0


def journal(**values: Any) -> dict[str, Any]:
    assert isinstance(FINE.journald, Journald)
    return {**driver("journald"), "journald": FINE.journald._replace(**values)}


CASES: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("log-rotation-unbounded", "fail", "warning", NO_OPTIONS, "76 GiB are free"),
    ("log-rotation-unbounded", "fail", "warning", options(max_file="3"), "without max-size"),
    ("log-rotation-unbounded", "pass", "warning", {**NO_OPTIONS, **driver("local")}, "local"),
    ("log-rotation-unbounded", "pass", "warning", {**NO_OPTIONS, **driver("journald")}, "journald"),
    (
        "log-rotation-unbounded",
        "pass",
        "warning",
        {**NO_OPTIONS, "logrotate": "/etc/logrotate.d/docker-containers"},
        "from outside",
    ),
    ("log-rotation-unbounded", "skip", "warning", {"driver": GONE}, "no container engine"),
    ("log-rotation-unbounded", "unknown", "warning", {"options": SHUT}, "may not"),
    ("container-log-large", "fail", "warning", logs(log(2)), "web-1's log holds 2 GiB"),
    ("container-log-large", "fail", "error", logs(log(80)), "80 GiB"),
    ("container-log-large", "fail", "error", logs(log(38, age=2 * DAY)), "full in 4 days"),
    ("container-log-large", "fail", "warning", logs(log(38, age=300 * DAY)), "600 days"),
    ("container-log-large", "fail", "warning", logs(log(38, age=DAY, running=False)), "38 GiB"),
    ("container-log-large", "pass", "warning", logs(), "no container"),
    ("container-log-large", "unknown", "warning", {"files": SHUT}, "may not"),
    ("container-log-large", "skip", "warning", {"files": GONE}, "no container engine"),
    (
        "log-driver-unregistered",
        "fail",
        "error",
        {**driver("loki"), "plugins": ()},
        "no such driver",
    ),
    (
        "log-driver-unregistered",
        "pass",
        "error",
        {**driver("loki"), "plugins": ("loki:latest",)},
        "enabled plugin",
    ),
    ("log-driver-unregistered", "pass", "error", driver("none"), "none"),
    ("log-driver-unregistered", "unknown", "error", {"registered": SHUT}, "may not"),
    ("log-driver-unregistered", "skip", "error", {"driver": GONE}, "no container engine"),
    ("log-option-invalid", "fail", "error", options("flag", max_size="10 megs"), "10 megs"),
    ("log-option-invalid", "fail", "error", options("flag", compress="true"), "max-size"),
    ("log-option-invalid", "pass", "error", options("flag", max_size="10m"), "suit"),
    ("log-option-invalid", "skip", "error", options(max_size="10 megs"), "no log options"),
    ("log-option-invalid", "unknown", "error", {"options": SHUT}, "may not"),
    ("log-delivery-blocking", "fail", "note", {**NO_OPTIONS, **driver("fluentd")}, "fluentd"),
    ("log-delivery-blocking", "fail", "note", {**NO_OPTIONS, **driver("awslogs")}, "awslogs"),
    (
        "log-delivery-blocking",
        "fail",
        "note",
        {**driver("syslog"), **options(syslog_address="tcp+tls://logs:6514")},
        "syslog over TCP",
    ),
    (
        "log-delivery-blocking",
        "pass",
        "note",
        {**driver("gelf"), **options(gelf_address="udp://graylog:12201")},
        "do not wait",
    ),
    (
        "log-delivery-blocking",
        "pass",
        "note",
        {**driver("fluentd"), **options(fluentd_async="true")},
        "do not wait",
    ),
    (
        "log-delivery-blocking",
        "pass",
        "note",
        {**driver("splunk"), **options(mode="non-blocking")},
        "do not wait",
    ),
    ("log-delivery-blocking", "unknown", "note", {"options": SHUT}, "may not"),
    ("log-delivery-blocking", "skip", "note", {"driver": GONE}, "no container engine"),
    (
        "journald-logs-volatile",
        "fail",
        "note",
        journal(storage="volatile", storage_from="/etc/systemd/journald.conf line 2"),
        "in memory only",
    ),
    ("journald-logs-volatile", "fail", "note", journal(persistent=False), "in memory only"),
    ("journald-logs-volatile", "fail", "warning", journal(storage="none"), "throws every line"),
    ("journald-logs-volatile", "pass", "note", journal(storage="persistent"), "on disk"),
    ("journald-logs-volatile", "skip", "note", {"journald": GONE}, "no container engine"),
    ("journald-logs-volatile", "unknown", "note", {"journald": SHUT}, "may not"),
    ("journald-rate-limit-lowered", "fail", "note", journal(burst=200), "200 lines in 30 s"),
    ("journald-rate-limit-lowered", "pass", "note", journal(interval=0.0), "not below"),
    ("journald-rate-limit-lowered", "skip", "note", {"journald": GONE}, "no container engine"),
    ("journald-rate-limit-lowered", "unknown", "note", {"journald": SHUT}, "may not"),
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
    assert {f.outcome for f in judge(CHECKS[check], FINE)} <= {"pass", "skip"}
    none = Logging(**dict.fromkeys(Logging._fields, GONE))
    assert [f.outcome for f in judge(CHECKS[check], none)] == ["skip"]


def test_the_table_fires_every_check() -> None:
    assert {case[0] for case in CASES if case[1] == "fail"} == set(CHECKS)


def mend(**facts: Any) -> tuple[str, ...]:
    return judge(CHECKS["log-rotation-unbounded"], replace(FINE, **(NO_OPTIONS | facts)))[0].mend


def test_the_limit_goes_where_this_daemon_takes_its_options_from() -> None:
    assert mend()[0].startswith('Put "log-opts": {"max-size": "100m", "max-file": "3"} into /etc')
    assert mend(config_exists=False)[0] == (
        'echo \'{"log-opts": {"max-size": "100m", "max-file": "3"}}\' | sudo tee '
        "/etc/docker/daemon.json"
    )
    assert "--log-opt max-size=100m" in mend(**options("flag", max_file="2"))[0]
    assert "stops the 9 running" in mend()[1]
    assert "run on" in mend(live_restore=True)[1]
    assert "12 containers" in mend()[2]
    assert len(mend(containers=0)) == 2


def test_the_size_follows_the_free_space() -> None:
    assert isinstance(FINE.place, Place)
    small = FINE.place._replace(available=2 * GIB)
    assert '"max-size": "5m"' in mend(place=small)[0]


# -- looking -------------------------------------------------------------------------------------

ID = "403b626e56fe66038c53ad887185cb51669d5d9b5fece96330d7fb5868a671c0"
LOG = f"/var/lib/docker/containers/{ID}/{ID}-json.log"


def host(files: dict[str, str] | None = None, **other: Any) -> Any:
    info = json.loads((DATA / "storage" / "info-28.json").read_text()) | other.pop("info", {})
    df = json.loads((DATA / "disk" / "df-28.json").read_text())
    return fake_host(
        engine={
            "/info": info,
            "/version": json.loads((DATA / "storage" / "version-28.json").read_text()),
            "/containers/json?all=1": df["Containers"],
            **other.pop("engine", {}),
        },
        files={
            "/proc/self/mountinfo": "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n",
            "/run/systemd/system/x": "",
            LOG: "x",
            **(files or {}),
        },
        stats={LOG: {"size": 3 * GIB}},
        vfs={"/": (250 * GIB, 80 * GIB, 70 * GIB, 16_000_000, 15_000_000)},
        peers={"/var/run/docker.sock": 1},
        gauges={"processes": [[12, 1, 0, "dockerd", ["dockerd", "-H", "fd://"], 1.8e9, False]]},
        **other,
    )


def verdicts(of: Any) -> dict[str, str]:
    facts = container_logging.look(of)
    return {f.id: f.outcome for c in container_logging.TOPIC.checks for f in judge(c, facts)}


def test_a_default_install() -> None:
    facts = container_logging.look(host())
    assert facts.registered == BUILT_IN
    assert (facts.containers, facts.running, facts.config_exists) == (5, 3, False)
    assert isinstance(facts.files, LogFiles)
    assert (facts.files.number, facts.files.largest[0].container) == (1, "running-0")
    assert facts.files.largest[0].running
    found = verdicts(host())
    assert found["log-rotation-unbounded"] == found["container-log-large"] == "fail"
    assert "unknown" not in found.values()


def test_a_file_with_a_limit() -> None:
    limited = {"/etc/docker/daemon.json": '{"log-opts": {"max-size": "50m"}}'}
    assert verdicts(host(limited))["log-rotation-unbounded"] == "pass"


def test_a_rotation_from_outside() -> None:
    path, text = (
        "/etc/logrotate.d/docker-container",
        "/var/lib/docker/containers/*/*.log {\n daily\n}",
    )
    assert container_logging.look(host({path: text})).logrotate == path
    assert container_logging.look(host({path: "#" + text})).logrotate == ""


def test_a_plain_user_cannot_see_the_files() -> None:
    folder = "/var/lib/docker/containers"
    facts = container_logging.look(
        host(failures={("list", folder): Denied(f"{folder} may not be read")})
    )
    found = judge(CHECKS["container-log-large"], facts)[0]
    assert (found.outcome, found.look[:13]) == ("unknown", "sudo sh -c 'd")


JOURNALD = {"LoggingDriver": "journald"}
BY_JOURNALD = {"/etc/docker/daemon.json": '{"log-driver": "journald"}'}


def test_journald_is_read_in_its_order() -> None:
    facts = container_logging.look(
        host(
            {
                **BY_JOURNALD,
                "/usr/lib/systemd/journald.conf.d/syslog.conf": "[Journal]\nForwardToSyslog=yes\n",
                "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent\n#RateLimitBurst=5\n",
                "/etc/systemd/journald.conf.d/20.conf": "[Journal]\nRateLimitBurst=500\n",
                "/run/systemd/journald.conf.d/10.conf": "[Journal]\nRateLimitBurst=9\n"
                "Storage=volatile\nRateLimitIntervalSec=1min\n",
            },
            info=JOURNALD,
        )
    )
    assert facts.journald == Journald(
        "volatile",
        "/run/systemd/journald.conf.d/10.conf line 3",
        persistent=False,
        burst=500,
        interval=60.0,
        limit_from="/etc/systemd/journald.conf.d/20.conf line 2, "
        "/run/systemd/journald.conf.d/10.conf line 4",
    )


def test_the_units_own_limit_counts() -> None:
    argv = (
        "systemctl",
        "show",
        "docker.service",
        "--property=LogRateLimitIntervalUSec",
        "--property=LogRateLimitBurst",
    )
    low = {**BY_JOURNALD, "/etc/systemd/journald.conf": "[Journal]\nRateLimitBurst=100\n"}
    shown = "LogRateLimitIntervalUSec=30s\nLogRateLimitBurst=100000\n"
    found = verdicts(host(low, info=JOURNALD, runs={argv: (0, shown, "")}))
    assert found["journald-rate-limit-lowered"] == "pass"
    unset = "LogRateLimitIntervalUSec=0\nLogRateLimitBurst=0\n"
    found = verdicts(host(low, info=JOURNALD, runs={argv: (0, unset, "")}))
    assert found["journald-rate-limit-lowered"] == "fail"


def test_a_plugin_is_a_log_driver() -> None:
    loki = {"/etc/docker/daemon.json": '{"log-driver": "loki"}'}
    plugins = {"/plugins": [{"Name": "loki:latest", "Enabled": True}]}
    found = verdicts(host(loki, info={"LoggingDriver": "loki"}, engine=plugins))
    assert found["log-driver-unregistered"] == "pass"
    found = verdicts(host(loki, info={"LoggingDriver": "loki"}, engine={"/plugins": []}))
    assert found["log-driver-unregistered"] == "fail"


@pytest.mark.parametrize(
    "odd",
    [
        {"Plugins": None, "Containers": None, "ContainersRunning": "3"},
        {"Plugins": {"Log": None}, "LoggingDriver": None},
        {"LiveRestoreEnabled": None, "DockerRootDir": 3},
    ],
)
def test_odd_answers(odd: dict[str, Any]) -> None:
    assert "crash" not in verdicts(host(info=odd)).values()


def test_podman_and_remote_engines_are_left_alone() -> None:
    remote = fake_host(env={"DOCKER_HOST": "tcp://10.0.0.5:2376"}, engine={"/info": {}})
    assert set(verdicts(remote).values()) == {"skip"}
    assert set(verdicts(fake_host()).values()) == {"skip"}
