"""hullcheck fix on a host with systemd as PID 1 and its own Docker: restarted, verified, undone."""

from __future__ import annotations

import io
import json
import sysconfig
import tarfile
import time
from pathlib import Path

import pytest

from tests.agent.cli_runner import ROOT
from tests.engines.daemon import _busybox_tar

pytestmark = [pytest.mark.engine, pytest.mark.slow]

DAEMON_JSON = "/etc/docker/daemon.json"
OWN = b'{\n   "debug" : false ,\n   "labels": [ "team=web" ]\n}\n'
SMALL = ("--set", "max-size=100k", "--set", "max-file=2")
TRAP = "/etc/systemd/system/docker.service.d/trap.conf"


def _packed():
    """The program and what it imports as root on Linux, for the host's own Python."""
    site = Path(sysconfig.get_paths()["purelib"])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folders = [ROOT / name for name in ("agent", "probes", "fixes")]
        folders += [site / name for name in ("psutil", "filelock", "platformdirs", "rich")]
        for folder in folders:
            archive.add(
                folder,
                f"hullcheck/{folder.name}",
                filter=lambda entry: None if "__pycache__" in entry.name else entry,
            )
    return buffer.getvalue()


@pytest.fixture(scope="module")
def host(systemd_host):
    """The host with hullcheck installed and an image to run."""
    systemd_host.run("tar", "-C", "/opt", "--no-same-owner", "-xf", "-", input=_packed())
    systemd_host.write(
        "/usr/local/bin/hullcheck",
        '#!/bin/sh\nPYTHONPATH=/opt/hullcheck exec python3 -m agent "$@"\n',
    )
    systemd_host.run("chmod", "755", "/usr/local/bin/hullcheck")
    systemd_host.run("docker", "import", "-", "busybox:1", input=_busybox_tar())
    yield systemd_host
    systemd_host.run("rm", "-rf", "/opt/hullcheck", "/usr/local/bin/hullcheck", "/root/plan.sh")


@pytest.fixture(autouse=True)
def as_it_was(host):
    """Every test begins with a host as it comes, and leaves one."""
    yield
    script = (
        f"rm -rf {DAEMON_JSON} /etc/systemd/system/docker.service.d /var/lib/hullcheck; "
        "docker ps -aq | xargs -r docker rm -f >/dev/null; systemctl daemon-reload; "
        "systemctl stop docker.service docker.socket; "
        "systemctl reset-failed docker.service docker.socket; "
        "systemctl start docker.socket docker.service"
    )
    host.run("/bin/sh", "-c", script)


def hullcheck(host, *arguments, check=None, env=None):
    done = host.run(
        "hullcheck", *arguments, check=False, timeout=180, env={"COLUMNS": "80", **(env or {})}
    )
    assert "Traceback" not in done.stderr, done.stderr
    if check is not None:
        assert done.returncode == check, done.stdout + done.stderr
    return done


def told(host, *arguments, check=None):
    return json.loads(hullcheck(host, *arguments, "--format", "json", check=check).stdout)


def failing(host):
    return {f["id"] for f in told(host, "doctor")["findings"] if f["outcome"] == "fail"}


def log_files(host, name):
    """How many log files a container has that has written 3 MB."""
    loud = "yes 0123456789abcdef0123456789abcdef | head -c 3000000"
    identity = host.run(
        "docker", "run", "-d", "--name", name, "busybox:1", "/bin/sh", "-c", loud
    ).stdout.strip()
    host.run("docker", "wait", name)
    folder = f"/var/lib/docker/containers/{identity}"
    return host.run("/bin/sh", "-c", f"ls {folder} | grep -c json.log").stdout.strip()


def identity(host, path):
    return (
        host.run("stat", "-c", "%a %u %g %s", path).stdout,
        host.run("base64", path).stdout,
    )


def is_active(host):
    return host.run("systemctl", "is-active", "docker", check=False).stdout.strip()


# -- the whole way ---------------------------------------------------------------------------------


def test_found_planned_applied_shown_passed_and_undone(host):
    host.write(DAEMON_JSON, OWN)
    host.run("chmod", "640", DAEMON_JSON)
    host.run("chown", "4711:4712", DAEMON_JSON)
    host.run("systemctl", "restart", "docker")
    before = identity(host, DAEMON_JSON)
    host.run("docker", "run", "-d", "--name", "web", "--restart=always", "busybox:1", "sleep", "9")
    assert "log-rotation-unbounded" in failing(host)
    assert log_files(host, "unlimited") == "1"

    plan = hullcheck(host, "fix", "log-rotation", *SMALL, check=0).stdout
    assert "started again by the engine: web" in plan
    assert identity(host, DAEMON_JSON) == before

    done = told(host, "fix", "log-rotation", *SMALL, "--apply", "--restart", "--yes", check=0)
    assert done["outcome"] == "applied"
    assert done["mended"] == ["log-rotation-unbounded"]
    assert done["recreate"] == ["web"]
    assert done["pending"] == [] or {e["kind"] for e in done["pending"]} == {"recreate-containers"}
    assert "log-rotation-unbounded" not in failing(host)
    assert log_files(host, "limited") == "2"
    assert is_active(host) == "active"
    assert host.run("docker", "ps", "-q", "-f", "name=web").stdout
    assert identity(host, DAEMON_JSON)[0].split()[:3] == ["640", "4711", "4712"]

    assert told(host, "undo", "--restart", "--yes", check=0)["outcome"] == "applied"
    assert identity(host, DAEMON_JSON) == before
    assert log_files(host, "unlimited-again") == "1"
    transactions = told(host, "history", check=0)["transactions"]
    assert [t["in_force"] for t in transactions] == [False, True]
    assert transactions[0]["undone_by"] == transactions[1]["id"]


def test_several_problems_are_one_plan_and_one_restart(host):
    host.write(DAEMON_JSON, b'{"debug": false}')
    host.write("/etc/systemd/system/docker.service.d/limits.conf", "[Service]\nTasksMax=2000\n")
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "restart", "docker")
    wrong = failing(host)
    assert {"log-rotation-unbounded", "unit-tasks-limited"} <= wrong
    text = hullcheck(host, "fix", check=0).stdout
    assert "log-rotation" in text
    assert "engine-tasks-max" in text
    started = host.run("systemctl", "show", "-p", "ActiveEnterTimestampMonotonic", "docker").stdout
    done = told(host, "fix", "--apply", "--restart", "--yes", check=0)
    assert {"log-rotation-unbounded", "unit-tasks-limited"} <= set(done["mended"])
    assert not {"log-rotation-unbounded", "unit-tasks-limited"} & failing(host)
    assert (
        host.run("systemctl", "show", "-p", "ActiveEnterTimestampMonotonic", "docker").stdout
        != started
    )
    told(host, "undo", "--restart", "--yes", check=0)
    assert {"log-rotation-unbounded", "unit-tasks-limited"} <= failing(host)


def test_without_consent_nothing_restarts(host):
    pid = host.run("systemctl", "show", "-p", "MainPID", "docker").stdout
    done = told(host, "fix", "log-rotation", "--apply", "--yes", "--detailed-exitcode", check=6)
    assert [e["kind"] for e in done["pending"]] == ["restart-engine"]
    assert done["pending"][0]["command"] == "sudo systemctl restart docker"
    assert host.run("systemctl", "show", "-p", "MainPID", "docker").stdout == pid


def test_nobody_to_ask_means_nothing_is_done(host):
    done = hullcheck(host, "fix", "log-rotation", "--apply", check=2)
    assert "--yes" in done.stderr
    assert host.run("test", "-e", DAEMON_JSON, check=False).returncode == 1


def test_a_user_who_may_not_even_look_is_told_the_command(host):
    host.write(DAEMON_JSON, b'{"debug": false}')
    host.run("chmod", "600", DAEMON_JSON)
    for arguments, code in ((["--apply", "--yes"], 4), ([], 0)):
        done = host.run(
            "hullcheck", "fix", "log-rotation", *arguments, check=False, user="nobody",
            env={"HOME": "/nonexistent"},
        )  # fmt: skip
        assert done.returncode == code
        assert "sudo " in done.stdout + done.stderr
        assert "fix log-rotation" in done.stdout + done.stderr
    assert host.run("cat", DAEMON_JSON).stdout == '{"debug": false}'


# -- the world disagrees ---------------------------------------------------------------------------


def trap(host):
    """Let the engine refuse to start with the new file, whatever the judges say."""
    refuse = (
        f'! grep -q max-size {DAEMON_JSON} || {{ echo "failed to start daemon: trap"; false; }}'
    )
    host.write(TRAP, f"[Service]\nExecStartPre=/bin/sh -c '{refuse}'\n")
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "restart", "docker")


def test_an_engine_that_does_not_come_back_is_brought_back(host):
    trap(host)
    host.run("docker", "run", "-d", "--name", "web", "--restart=always", "busybox:1", "sleep", "9")
    done = told(host, "fix", "log-rotation", "--apply", "--restart", "--yes", check=4)
    assert done["outcome"] == "rolled-back"
    assert "failed to start daemon: trap" in done["reason"]
    assert is_active(host) == "active"
    assert host.run("test", "-e", DAEMON_JSON, check=False).returncode == 1
    for _ in range(50):
        if host.run("docker", "ps", "-q", "-f", "name=web").stdout:
            break
        time.sleep(0.2)
    assert host.run("docker", "ps", "-q", "-f", "name=web").stdout


@pytest.mark.parametrize("seconds", ["0.4", "1.2", "2.5", "5"])
def test_killed_while_it_restarts_the_next_start_puts_it_right(host, seconds):
    host.run(
        "timeout", "-s", "KILL", seconds, "hullcheck", "fix", "log-rotation", "--apply",
        "--restart", "--yes", check=False,
    )  # fmt: skip
    transactions = told(host, "history", check=0)["transactions"]
    there = host.run("test", "-e", DAEMON_JSON, check=False).returncode == 0
    if transactions:
        assert transactions[-1]["state"] in {"committed", "rolled-back"}
        assert there == (transactions[-1]["state"] == "committed")
    else:
        assert not there
    assert is_active(host) == "active"


def test_an_engine_that_is_down_for_a_broken_file_is_mended_and_started(host):
    host.write(DAEMON_JSON, b'{\n  "debug": false, // why\n  "labels": ["a=b"],\n}\n')
    host.run("systemctl", "restart", "docker", check=False)
    assert is_active(host) != "active"
    assert "daemon-json-syntax" in failing(host)
    assert "not done by this plan" in hullcheck(host, "fix", check=0).stdout
    done = told(host, "fix", "daemon-json-repair", "--apply", "--restart", "--yes", check=0)
    assert "daemon-json-syntax" in done["mended"]
    assert is_active(host) == "active"
    assert host.run("cat", DAEMON_JSON).stdout == '{\n  "debug": false,\n  "labels": ["a=b"]\n}\n'


def test_hosts_given_twice_is_mended(host):
    host.write(DAEMON_JSON, b'{"hosts": ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2399"]}')
    host.run("systemctl", "restart", "docker", check=False)
    assert is_active(host) != "active"
    assert "daemon-json-flag-conflict" in failing(host)
    done = told(host, "fix", "daemon-json-flags", "--apply", "--restart", "--yes", check=0)
    assert "daemon-json-flag-conflict" in done["mended"]
    assert is_active(host) == "active"
    assert host.run("docker", "-H", "tcp://127.0.0.1:2399", "version").returncode == 0
    assert '"hosts": ["fd://", "tcp://127.0.0.1:2399"]' in host.run("cat", DAEMON_JSON).stdout
    told(host, "undo", "--yes", check=0)
    assert host.run("test", "-e", TRAP.replace("trap", "zz-hullcheck"), check=False).returncode == 1


def test_a_script_of_the_plan_does_the_same(host):
    script = hullcheck(host, "fix", "log-rotation", *SMALL, "--script", check=0).stdout
    host.write("/root/plan.sh", script)
    host.run("sh", "/root/plan.sh", "--restart", timeout=120)
    assert "log-rotation-unbounded" not in failing(host)
    assert log_files(host, "limited-by-script") == "2"
    host.run("sh", "/root/plan.sh", "--restart", timeout=120)


def test_nothing_of_ours_is_left_behind(host):
    told(host, "fix", "log-rotation", "--apply", "--restart", "--yes", check=0)
    told(host, "undo", "--restart", "--yes", check=0)
    found = host.run(
        "find", "/etc/docker", "/etc/systemd/system", "/tmp", "-name", "*hullcheck*"
    ).stdout
    assert found == ""
