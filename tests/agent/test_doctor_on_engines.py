"""What the doctor says of real engines: good ones, bad ones, and ones it may not ask."""

from __future__ import annotations

import json

import pytest

from tests.agent.cli_runner import as_nobody, hullcheck

pytestmark = pytest.mark.engine

ESCAPES = "\x1b[2J\x1b]0;owned\x07\u202e"


def doctor(engine, *arguments, env=None):
    result = hullcheck(
        "doctor", "--format", "json", *arguments, env={"DOCKER_HOST": engine.host, **(env or {})}
    )
    assert "Traceback" not in result.err
    return result.code, json.loads(result.out)


def by_id(told, *outcomes):
    return {f["id"]: f for f in told["findings"] if f["outcome"] in outcomes}


def timeless(told):
    """The report without what differs from run to run by its nature."""
    return {k: v for k, v in told.items() if k not in {"started", "duration_ms", "timings"}}


# -- an engine as it comes -------------------------------------------------------------------------


def test_an_engine_as_it_comes(any_engine):
    _, told = doctor(any_engine)
    assert told["engine"]["provider"] == "docker-engine"
    assert told["engine"]["backend"] == "native"
    assert told["engine"]["version"] == any_engine.info()["ServerVersion"]
    assert told["engine"]["storage_driver"] == any_engine.info()["Driver"]
    assert told["engine"]["rootless"] is False
    failing = by_id(told, "fail")
    assert failing["log-rotation-unbounded"]["severity"] == "warning"
    assert "error" not in {f["severity"] for f in failing.values()}
    judged = by_id(told, "pass", "fail")
    assert len(judged) >= 80
    assert by_id(told, "unknown", "crash") == {}
    assert told["incomplete"] == []


def test_looking_changes_nothing(any_engine):
    any_engine.import_image()
    any_engine.run_container("still-here")
    try:
        before = _state(any_engine)
        doctor(any_engine)
        assert _state(any_engine) == before
    finally:
        any_engine.remove_all()


def _state(engine):
    info = engine.info()
    return (
        engine.docker("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Status}}").stdout.split()[
            0
        ],
        engine.docker("images", "-q").stdout,
        engine.docker("network", "ls", "-q").stdout,
        engine.config_file.read_bytes(),
        info["NEventsListener"],
        info["Containers"],
    )


# -- settings, good and bad ------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["20", "26", "28"])
def test_rotated_logs_are_fine(start_engine, release):
    config = {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}
    _, told = doctor(start_engine(release, config=config))
    assert "log-rotation-unbounded" in by_id(told, "pass")


@pytest.mark.parametrize("release", ["20", "26", "28"])
def test_vfs(start_engine, release):
    code, told = doctor(start_engine(release, config={"storage-driver": "vfs"}))
    assert told["engine"]["storage_driver"] == "vfs"
    assert by_id(told, "fail")["storage-driver-vfs"]["severity"] == "error"
    assert code == 1


@pytest.mark.parametrize("release", ["26", "28"])
def test_tcp_without_tls_on_loopback(start_engine, release):
    port = {"26": 23761, "28": 23762}[release]
    engine = start_engine(release, args=["--host", f"tcp://127.0.0.1:{port}", "--tls=false"])
    _, told = doctor(engine)
    found = by_id(told, "fail")["api-tcp-unprotected"]
    assert found["severity"] == "warning"
    assert str(port) in json.dumps(found)
    # The same engine through that endpoint: the docker package's way in, the same daemon behind.
    _, remote = doctor(engine, env={"DOCKER_HOST": f"tcp://127.0.0.1:{port}"})
    assert remote["engine"]["version"] == told["engine"]["version"]
    assert remote["engine"]["endpoint"] == f"tcp://127.0.0.1:{port}"


@pytest.mark.parametrize("release", ["20", "26", "28"])
def test_effective_settings_of_file_and_flags(start_engine, release):
    ulimits = {"nofile": {"Name": "nofile", "Hard": 64000, "Soft": 64000}}
    engine = start_engine(
        release,
        config={"live-restore": True, "default-ulimits": ulimits},
        args=["--log-opt", "max-size=5m"],
    )
    result = hullcheck("effective", "--format", "json", env={"DOCKER_HOST": engine.host})
    assert result.code == 0
    told = json.loads(result.out)
    settings = {s["key"]: s for s in told["settings"]}
    assert told["file"]["path"] == str(engine.config_file)
    assert told["engine"]["version"] == engine.info()["ServerVersion"]
    assert (settings["live-restore"]["value"], settings["live-restore"]["source"]) == (True, "file")
    assert settings["live-restore"]["state"] == "live"
    assert settings["default-ulimits"]["value"] == ulimits
    assert settings["log-opts"]["value"] == {"max-size": "5m"}
    assert settings["log-opts"]["source"] == "flag"
    assert settings["log-driver"]["source"] == "default"
    assert settings["log-driver"]["value"] == "json-file"


def test_a_change_that_waits_for_a_reload(start_engine):
    engine = start_engine("28", config={})
    engine.write_config({"live-restore": True, "labels": ["tier=web"]})
    _touch_later(engine)
    _, told = doctor(engine)
    found = by_id(told, "fail")["daemon-config-pending"]
    assert "live-restore" in found["summary"]
    assert any("HUP" in line for line in found["mend"])
    engine.reload()
    _, told = doctor(engine)
    assert "daemon-config-pending" in by_id(told, "pass")


def test_a_broken_file_under_a_running_daemon(start_engine):
    engine = start_engine("26", config={})
    engine.write_config(b'{\n  "debug": true,\n  "log-drivr": "local",\n}\n')
    code, told = doctor(engine)
    found = by_id(told, "fail")["daemon-json-syntax"]
    assert (found["line"], found["column"], found["subject"]) == (4, 1, str(engine.config_file))
    assert code == 1
    engine.write_config(b'{\n  "debug": true,\n  "log-drivr": "local"\n}\n')
    _, told = doctor(engine)
    found = by_id(told, "fail")["daemon-json-unknown-key"]
    assert (found["line"], found["column"]) == (3, 3)
    assert any("log-driver" in line for line in found["mend"])


def _touch_later(engine):
    """As if the file had been edited a while after the daemon's start."""
    import os
    import time

    later = time.time() + 60
    os.utime(engine.config_file, (later, later))


# -- engines that cannot be asked ------------------------------------------------------------------


def test_a_stopped_engine(start_engine):
    engine = start_engine("28")
    host = engine.host
    engine.stop()
    result = hullcheck("doctor", "--format", "json", env={"DOCKER_HOST": host})
    told = json.loads(result.out)
    assert result.code == 1
    failing = {f["id"] for f in told["findings"] if f["topic"] == "reachability"}
    assert failing & {"engine-not-running", "docker-socket-left-over", "engine-listens-elsewhere"}
    assert "storage-driver-vfs" in by_id(told, "unknown")


def test_a_user_without_permission(any_engine, everyones_copy):
    done = as_nobody(everyones_copy, "doctor", "--format", "json", docker_host=any_engine.host)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    reach = [f for f in told["findings"] if f["topic"] == "reachability" and f["outcome"] == "fail"]
    assert [f["severity"] for f in reach] == ["error"]
    assert reach[0]["mend"]
    unknown = by_id(told, "unknown")
    assert "storage-driver-vfs" in unknown
    assert all(f["reason"] for f in unknown.values())
    assert not [f for f in told["findings"] if f["outcome"] == "crash"]


def test_the_same_report_from_a_bundle_for_another_user_without_docker(
    any_engine, everyones_copy, tmp_path_factory
):
    any_engine.import_image()
    any_engine.run_container("recorded", "--label", f"note={ESCAPES}")
    try:
        path = everyones_copy / f"{any_engine.version}.tar.gz"
        saved = hullcheck("bundle", "save", "-o", str(path), env={"DOCKER_HOST": any_engine.host})
        assert saved.code == 0, saved.err
        path.chmod(0o644)
        here = hullcheck("doctor", "--from", str(path), "--format", "json")
        there = as_nobody(
            everyones_copy, "doctor", "--from", str(path), "--format", "json", docker_host=None
        )
        assert there.returncode == here.code
        replayed = timeless(json.loads(there.stdout))
        assert replayed == timeless(json.loads(here.out))
        # A bundle of the very run gives the very report, figures and all.
        same = everyones_copy / f"{any_engine.version}-same.tar.gz"
        _, live = doctor(any_engine, "--record", str(same))
        same.chmod(0o644)
        again = as_nobody(
            everyones_copy, "doctor", "--from", str(same), "--format", "json", docker_host=None
        )
        assert timeless(json.loads(again.stdout)) == timeless(live)
        assert _steady(timeless(live)) == _steady(replayed)
        text = as_nobody(everyones_copy, "doctor", "--from", str(path), docker_host=None)
        assert "log-rotation-unbounded" in text.stdout
    finally:
        any_engine.remove_all()


def _steady(told):
    """Findings by what they say; figures that move by the second (space, pressure) left out."""
    return [(f["id"], f["outcome"], f["severity"], f["subject"]) for f in told["findings"]]


# -- hostile names ---------------------------------------------------------------------------------


def test_terminal_escapes_in_names_and_labels_are_shown_escaped(start_engine):
    engine = start_engine("28", config={"labels": [f"owner={ESCAPES}"]})
    engine.import_image()
    engine.run_container("hostile", "--label", f"note={ESCAPES}")
    engine.docker("network", "create", "--label", f"note={ESCAPES}", "hostile-net")
    env = {"DOCKER_HOST": engine.host, "COLUMNS": "200"}
    outputs = [
        hullcheck("doctor", "-v", env=env),
        hullcheck("doctor", "--format", "json", env=env),
        hullcheck("effective", "-a", env=env),
        hullcheck("facts", env=env),
    ]
    for result in outputs:
        assert "Traceback" not in result.err
        assert not set(result.out) & {"\x1b", "\x07", "\u202e"}
    assert r"\u001b[2J" in outputs[2].out
