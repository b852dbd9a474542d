"""hullcheck fix, undo and history on real engines that no service manager runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest

from probes.configuration import START_SLACK
from tests.agent.cli_runner import ROOT, as_nobody, hullcheck

pytestmark = pytest.mark.engine

CONFIG = b'{\r\n\t"debug": false,\r\n\t"labels": ["team=web"]\r\n}'
"""A file with a hand of its own: line ends of Windows, tabs, no last line end."""

SMALL = ("--set", "log-rotation.max-size=100k", "--set", "log-rotation.max-file=2")


@pytest.fixture
def run(tmp_path):
    """Runs the command line against an engine, with a journal of the test's own."""

    def command(engine, *arguments, **more):
        env = {
            "DOCKER_HOST": engine.host,
            "HULLCHECK_STATE_DIR": str(tmp_path / "state"),
            "COLUMNS": "100",
        }
        result = hullcheck(*arguments, env=env, timeout=120, **more)
        assert "Traceback" not in result.err, result.err
        return result

    return command


@pytest.fixture
def restarter(tmp_path):
    """A command that restarts an engine the way its owner would, for ``--restart-with``."""
    ends = threading.Event()
    threads = []

    def make(engine, *, works=lambda: True):
        wanted, failed = tmp_path / "wanted", tmp_path / "failed"

        def serve():
            while not ends.is_set():
                if wanted.exists():
                    failed.unlink(missing_ok=True)
                    engine.stop()
                    if works():
                        engine.start()
                    else:
                        failed.touch()
                    wanted.unlink()
                time.sleep(0.02)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        script = tmp_path / "restart"
        script.write_text(
            f"#!/bin/sh\ntouch {wanted}\nwhile [ -e {wanted} ]; do sleep 0.05; done\n"
            f"[ ! -e {failed} ]\n"
        )
        script.chmod(0o755)
        return str(script)

    yield make
    ends.set()
    for thread in threads:
        thread.join()


def failing(run, engine):
    told = json.loads(run(engine, "doctor", "--format", "json").out)
    return {f["id"]: f for f in told["findings"] if f["outcome"] == "fail"}


def log_files(engine, name):
    """How many log files a container has that has written 3 MB."""
    engine.run_container(
        name, command=("sh", "-c", "yes 0123456789abcdef0123456789abcdef | head -c 3000000")
    )
    for _ in range(200):
        state = engine.docker("inspect", "-f", "{{.State.Status}}", name).stdout.strip()
        if state == "exited":
            break
        time.sleep(0.1)
    identity = engine.docker("inspect", "-f", "{{.Id}}", name).stdout.strip()
    return len(list((engine.data_root / "containers" / identity).glob("*-json.log*")))


# -- without a service manager: written, and what to run is said -----------------------------------


@pytest.mark.parametrize("release", ["20", "26", "28"])
def test_log_rotation_from_the_finding_to_the_undo(release, start_engine, run):
    engine = start_engine(release, config=CONFIG)
    before = engine.config_file.stat()
    assert failing(run, engine)["log-rotation-unbounded"]["fixes"] == ["log-rotation"]
    assert log_files(engine, "unlimited") == 1

    plan = run(engine, "fix", "log-rotation", *SMALL)
    assert plan.code == 0
    time.sleep(START_SLACK + 0.5)  # only then is the file known to be newer than the daemon
    assert engine.config_file.read_bytes() == CONFIG
    assert '+\t\t"max-size": "100k",' in plan.out
    assert "a restart of the engine: restart dockerd the way it was started" in plan.out
    assert "apply   hullcheck fix log-rotation" in plan.out
    assert not plan.out.rstrip().endswith("--restart")

    done = run(
        engine, "fix", "log-rotation", *SMALL, "--apply", "--yes", "--restart",
        "--detailed-exitcode",
    )  # fmt: skip
    assert done.code == 6
    assert "restart dockerd the way it was started" in done.out
    assert engine.config_file.read_bytes() == (
        CONFIG[:-3] + b',\r\n\t"log-opts": {\r\n\t\t"max-size": "100k",\r\n\t\t"max-file": "2"'
        b"\r\n\t}\r\n}"
    )
    waiting = json.loads(run(engine, "doctor", "--format", "json").out)["findings"]
    (rotation,) = [f for f in waiting if f["id"] == "log-rotation-unbounded"]
    assert rotation["outcome"] == "unknown"
    assert "changed after the daemon started" in rotation["reason"]
    engine.restart()
    assert not {"log-rotation-unbounded", "daemon-config-pending"} & failing(run, engine).keys()
    assert log_files(engine, "limited") == 2

    undone = run(engine, "undo", "--yes")
    assert undone.code == 0
    after = engine.config_file.stat()
    assert engine.config_file.read_bytes() == CONFIG
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    engine.restart()
    assert "log-rotation-unbounded" in failing(run, engine)
    assert log_files(engine, "unlimited-again") == 1


def test_one_plan_for_all_that_is_wrong(start_engine, run, restarter):
    engine = start_engine("28", config={"log-driver": "json-file", "debug": True})
    restart = restarter(engine)
    assert "log-rotation-unbounded" in failing(run, engine)
    done = run(engine, "fix", "--apply", "--yes", "--restart-with", restart, "--format", "json")
    told = json.loads(done.out)
    assert done.code == 0, done.err
    assert told["outcome"] == "applied"
    assert "log-rotation-unbounded" in told["mended"]
    again = json.loads(run(engine, "fix", "--format", "json").out)
    assert again["files"] == []


def test_a_reload_is_enough_where_the_key_is_reloadable(any_engine, run):
    before = any_engine.config_file.read_bytes()
    pid = any_engine.pid
    done = run(any_engine, "fix", "live-restore", "--apply", "--yes")
    assert done.code == 0, done.err + done.out
    assert any_engine.info()["LiveRestoreEnabled"] is True
    undone = run(any_engine, "undo", "--yes", "--detailed-exitcode")
    assert any_engine.config_file.read_bytes() == before
    # Taking the key out is not noticed by a reload: only a restart forgets it.
    assert undone.code == 6
    any_engine.config_file.write_bytes(b'{"live-restore": false}')
    any_engine.reload()
    any_engine.config_file.write_bytes(before)
    assert any_engine.info()["LiveRestoreEnabled"] is False
    assert any_engine.pid == pid


def test_live_restore_keeps_containers_through_the_restart(start_engine, run, restarter):
    engine = start_engine("28", config={"live-restore": True})
    engine.run_container("web", "--restart=no")
    pid = engine.docker("inspect", "-f", "{{.State.Pid}}", "web").stdout
    plan = json.loads(run(engine, "fix", "log-rotation", "--format", "json").out)
    assert plan["interruption"]["live_restore"] is True
    assert plan["interruption"]["stops"] == []
    done = run(
        engine, "fix", "log-rotation", "--apply", "--yes", "--restart-with", restarter(engine)
    )
    assert done.code == 0, done.err
    assert engine.docker("inspect", "-f", "{{.State.Pid}}", "web").stdout == pid


def test_what_stops_is_said_before(start_engine, run):
    engine = start_engine("26", config={})
    engine.run_container("stays", "--restart=always")
    engine.run_container("ends", "--restart=no")
    engine.run_container("vanishes", "--rm")
    engine.run_container("depends", "--restart=on-failure")
    plan = json.loads(run(engine, "fix", "log-rotation", "--format", "json").out)
    stops = {item["name"]: item["returns"] for item in plan["interruption"]["stops"]}
    assert stops == {"stays": True, "ends": False, "vanishes": False, "depends": None}
    text = run(engine, "fix", "log-rotation").out
    assert "4 running containers" in text
    assert "perhaps down: depends (restart policy on-failure)" in text
    assert "vanishes (it was run with --rm and is gone then)" in text


def test_a_container_that_ends_well_when_told_to_is_no_reason_to_go_back(
    start_engine, run, restarter
):
    """on-failure starts only what ends with an error: this one stays down, and that is no harm."""
    engine = start_engine("28", config={})
    engine.docker(
        "run", "-d", "--name", "polite", "--restart=on-failure", engine.import_image(),
        "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done",
    )  # fmt: skip
    done = run(
        engine, "fix", "log-rotation", "--apply", "--yes", "--restart-with", restarter(engine)
    )
    assert done.code == 0, done.out + done.err
    state = engine.docker("inspect", "-f", "{{.State.Status}}", "polite").stdout.strip()
    assert state == "exited"


# -- the world disagrees ---------------------------------------------------------------------------


def test_an_engine_that_does_not_come_back_is_brought_back(start_engine, run, restarter):
    engine = start_engine("28", config=CONFIG)
    engine.run_container("web", "--restart=always")
    restart = restarter(engine, works=lambda: b"max-size" not in engine.config_file.read_bytes())
    done = run(engine, "fix", "log-rotation", "--apply", "--yes", "--restart-with", restart)
    assert done.code == 4
    assert "TAKEN BACK" in done.out
    assert engine.config_file.read_bytes() == CONFIG
    assert engine.running
    assert engine.info()["ContainersRunning"] == 1
    history = json.loads(run(engine, "history", "--format", "json").out)
    assert [t["state"] for t in history["transactions"]] == ["rolled-back"]


def test_an_engine_that_cannot_be_brought_back_is_told_with_what_to_do(
    start_engine, run, restarter
):
    engine = start_engine("28", config=CONFIG)
    restart = restarter(engine, works=lambda: False)
    done = run(engine, "fix", "log-rotation", "--apply", "--yes", "--restart-with", restart)
    assert done.code == 5
    assert "HALF DONE" in done.out
    assert restart in done.out
    assert engine.config_file.read_bytes() == CONFIG


def test_a_file_that_the_engine_refuses_is_not_made_worse(any_engine, run):
    before = any_engine.config_file.read_bytes()
    wrong = b'{"log-drivr": "local"}'
    any_engine.config_file.write_bytes(wrong)
    try:
        done = run(any_engine, "fix", "live-restore", "--apply", "--yes")
        assert done.code == 4 or "nothing for hullcheck" in done.out
        assert any_engine.config_file.read_bytes() == wrong
    finally:
        any_engine.config_file.write_bytes(before)


def test_dockerd_itself_is_asked(engine28, run):
    """Our judge does not look at the certificate's content; dockerd --validate does."""
    before = engine28.config_file.read_bytes()
    folder = engine28.folder
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (folder / name).write_text("no certificate\n")
    wrong = json.dumps(
        {
            "tls": True,
            "tlscacert": f"{folder}/ca.pem",
            "tlscert": f"{folder}/cert.pem",
            "tlskey": f"{folder}/key.pem",
        }
    ).encode()
    engine28.config_file.write_bytes(wrong)
    try:
        done = run(engine28, "fix", "live-restore", "--apply", "--yes")
        assert done.code == 4
        assert "dockerd --validate refuses the new file" in done.err
        assert engine28.config_file.read_bytes() == wrong
    finally:
        engine28.config_file.write_bytes(before)


def test_a_plain_user_is_told_which_command_to_run(engine28, everyones_copy, run):
    before = engine28.config_file.read_bytes()
    group = engine28.socket.stat().st_gid
    done = as_nobody(
        everyones_copy, "fix", "log-rotation", "--apply", "--yes",
        docker_host=engine28.host, gid=group, env={"HULLCHECK_STATE_DIR": "/nonexistent/state"},
    )  # fmt: skip
    assert done.returncode == 4, done.stdout + done.stderr
    assert "this needs root: sudo " in done.stderr
    assert "fix log-rotation --apply" in done.stderr
    assert engine28.config_file.read_bytes() == before


# -- kernel settings -------------------------------------------------------------------------------

IN_A_NAMESPACE = """
mount -t tmpfs tmpfs /etc/sysctl.d && cd / || exit 99
echo 0 > /proc/sys/net/ipv4/ip_forward
say() { echo "$@" $(cat /proc/sys/net/ipv4/ip_forward) $(ls /etc/sysctl.d); }
{python} -m agent doctor --only ip-forward-off | grep -c 'hullcheck fix ip-forward'
{python} -m agent fix ip-forward --apply --yes --format json | grep -E '^  "(outcome|mended)"'
say applied
{python} -m agent fix ip-forward --apply --yes | tail -1
{python} -m agent undo --yes > /dev/null; say undone
"""


def test_ip_forward_in_a_network_namespace_of_its_own(start_engine, tmp_path):
    engine = start_engine("28", netns=True)
    pid = (engine.folder / "docker.pid").read_text()
    script = IN_A_NAMESPACE.replace("{python}", sys.executable)
    done = subprocess.run(
        ["nsenter", f"--net=/proc/{pid}/ns/net", "unshare", "--mount", "sh", "-c", script],
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DOCKER_HOST": engine.host,
            "PYTHONPATH": str(ROOT),
            "HULLCHECK_STATE_DIR": str(tmp_path / "state"),
        },
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode == 99:
        pytest.skip("a mount namespace of one's own is not possible here")
    assert done.stdout.splitlines() == [
        "1",
        '  "outcome": "applied",',
        '  "mended": ["ip-forward-off"],',
        "applied 1 zz-hullcheck.conf",
        "There is nothing for hullcheck to change here.",
        "undone 0",
    ], done.stderr


# -- destructive -----------------------------------------------------------------------------------


def test_nothing_is_deleted_without_being_named_and_allowed(start_engine, run):
    engine = start_engine("28", config={"log-opts": {"max-size": "10m"}})
    engine.import_image()
    engine.docker("volume", "create", "named")
    engine.docker("run", "--name", "old", "-v", "/data", "hullcheck-test:1", "true", check=False)
    engine.docker("rm", "old", check=False)
    volumes = engine.docker("volume", "ls", "-q").stdout.split()
    everything = run(engine, "fix", "--apply", "--yes", "--allow-destructive", "--format", "json")
    assert engine.docker("volume", "ls", "-q").stdout.split() == volumes, everything.out
    named = run(engine, "fix", "unused-volumes", "--apply", "--yes", "--format", "json")
    assert engine.docker("volume", "ls", "-q").stdout.split() == volumes
    told = json.loads(named.out)
    assert told["fixes"][0]["outcome"] == "by-hand"
    assert "--allow-destructive" in told["fixes"][0]["steps"][0]
    done = run(
        engine, "fix", "unused-volumes", "--apply", "--yes", "--allow-destructive",
        "--format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert engine.docker("volume", "ls", "-q").stdout.split() == ["named"]
    deleted = json.loads(done.out)["transaction"]
    refused = run(engine, "undo", deleted, "--yes")
    assert refused.code == 4
    assert "cannot be brought back" in refused.err
