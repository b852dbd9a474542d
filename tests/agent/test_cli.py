"""The command line as scripts and hostile surroundings use it: streams, arguments, exit codes."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from agent import output
from tests.agent.cli_runner import ROOT, hullcheck
from tests.engines.sockets import HungSocket

pytestmark = pytest.mark.skipif(os.name != "posix", reason="shells and signals of a Unix")

LIST = "list probes"


def shell(script, **env):
    """A shell script in which $H is hullcheck."""
    done = subprocess.run(
        ["bash", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "PYTHONPATH": str(ROOT),
            "H": shlex.join([sys.executable, "-m", "agent"]),
            **env,
        },
        cwd="/",
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


# -- wrong usage is one line that names the remedy -------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--bogus", "--bogus: no such option or argument (see hullcheck --help)"),
        ("docter", "no such command: docter: did you mean doctor? (see hullcheck --help)"),
        ("doctor extra", "extra: no such option or argument (see hullcheck doctor --help)"),
        ("doctor --only nope", "--only nope: no such check, topic or tag"),
        ("doctor --only ,", "--only names nothing"),
        ("doctor --timeout nan", "not a number of seconds"),
        ("doctor --format jsn", "--format: no such choice: jsn: did you mean json?"),
        ("doctor --project /nope", "--project /nope: there is no such folder"),
        ("doctor --from /nope", "/nope: there is no such file or directory"),
        ("doctor --from ''", "'': there is no such file or directory"),
        ("bundle save --timeout -1", "not a number of seconds"),
        ("bundle show /dev/zero", "/dev/zero: is no regular file"),
        ("bundle show .", ".: not a hullcheck bundle: it has no manifest.json"),
        ("explain nope", "nope: no such check"),
        ("list checkz", "no such list: checkz: did you mean checks?"),
        ("lint .", ".: This is no configuration file: a directory"),
        ("lint /proc/self/mem", "/proc/self/mem: cannot be read"),
        ("effective log-drivr", "did you mean log-driver?"),
        (f"{LIST} -o /", "/: is a directory: name a file with -o"),
        (f"{LIST} -o ''", "-o needs the name of a file"),
        (f"{LIST} -o /dev/full", "/dev/full: cannot be written: No space left"),
        (f"{LIST} -o /nope/x", "/nope/x: cannot be written: No such file"),
    ],
)
def test_wrong_usage(words, says):
    result = hullcheck(*shlex.split(words))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("hullcheck: ")
    assert says in result.err
    assert result.err.count("\n") == 1


def test_arguments_are_quoted_without_what_commands_a_terminal():
    hostile = "a\x1b[31m\n\u202eb"
    for words in (["lint", hostile], ["explain", hostile], ["doctor", hostile], [hostile]):
        err = hullcheck(*words).err
        assert r"a\x1b[31m\n\u202eb" in err
        assert err.count("\n") == 1


def test_no_command_shows_the_help_and_is_wrong_usage():
    result = hullcheck()
    assert result.code == 2
    assert "exit codes" in result.out


# -- where results go ------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [LIST, "--version", "--help", "list --help"])
@pytest.mark.parametrize("to", [">/dev/full", ">&-"])
def test_a_result_that_cannot_be_written_is_no_success(words, to):
    code, _, err = shell(f"$H {words} {to}")
    assert code == 2
    assert err.startswith("hullcheck: standard output: cannot be written: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [LIST, "--version", "--help"])
def test_who_has_seen_enough_gets_no_complaint(words):
    code, out, err = shell(f"set -o pipefail; $H {words} | true; echo ${{PIPESTATUS[0]}}")
    assert (code, out, err) == (0, "0\n", "")


def test_a_closed_pipe_does_not_hide_the_verdict(tmp_path):
    (tmp_path / "daemon.json").write_text("{,}")
    _, out, _ = shell(f"$H lint --engine 28 {tmp_path}/daemon.json | true; echo ${{PIPESTATUS[0]}}")
    assert out == "1\n"


def test_nobody_to_hear_the_words():
    assert shell(f"$H {LIST} 2>&- >/dev/null")[0] == 0
    assert shell("$H doctor --bogus 2>/dev/full")[0] == 2
    assert shell("$H lint --kind daemon.json --engine 28 - <&-")[0] == 0


def test_a_pipe_of_the_shell_is_read(tmp_path):
    code, out, _ = shell("$H lint --engine 28 --kind daemon.json <(echo '{,}')")
    assert (code, "daemon-json-syntax" in out) == (1, True)


def test_a_link_is_written_through_and_permissions_stay(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    output.write("new\n", str(link))
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new\n", 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_new_file_obeys_the_umask(tmp_path):
    old = os.umask(0o077)
    try:
        output.write("x", str(tmp_path / "x"))
    finally:
        os.umask(old)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_columns_that_are_no_number(monkeypatch):
    for text in ("\u00b2", "9" * 5000, "-5", "0", "abc", ""):
        monkeypatch.setenv("COLUMNS", text)
        assert 40 <= output.width() <= 200
    monkeypatch.setenv("COLUMNS", "1")
    assert output.width() == 40


def test_dash_o_without_colour_unless_asked_for(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert output.wants_colour("auto", sys.stdout)
    assert not output.wants_colour("auto", sys.stdout, "file")
    assert output.wants_colour("always", sys.stdout, "file")


# -- ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["doctor", "facts", "effective"])
def test_an_interrupt_ends_at_once_without_a_traceback(command):
    with HungSocket() as hung:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent", command],
            env={**os.environ, "PYTHONPATH": str(ROOT), "DOCKER_HOST": hung.host},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        while not hung.connections and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=3)
    assert (process.returncode, err) == (130, b"hullcheck: interrupted\n")


def test_a_fault_of_ours_is_incomplete_and_its_words_are_safe(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import agent.cli\n"
        "def run(arguments):\n"
        "    raise RuntimeError('quoted \\x1b[31m')\n"
        "agent.cli.run = run\n"
    )
    result = hullcheck("list", env={"PYTHONPATH": f"{ROOT}:{tmp_path}"})
    assert result.code == 3
    assert "this is a fault of hullcheck" in result.err
    assert "\x1b" not in result.err


def test_time_that_runs_out_is_told():
    with HungSocket() as hung:
        begun = time.monotonic()
        result = hullcheck(
            "facts", "--timeout", "0.6", "--topic", "disk", env={"DOCKER_HOST": hung.host}
        )
        assert time.monotonic() - begun < 3
    assert result.code == 3
    assert "the time was over" in result.out


def test_nothing_is_run_out_of_the_folder_we_are_in(tmp_path):
    for name in ("ip", "systemctl", "docker", "nft", "dockerd"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (tmp_path / name).chmod(0o755)
    python = sys.executable
    for path in ("", ".", f":{os.environ['PATH']}"):
        result = hullcheck("doctor", cwd=tmp_path, env={"PATH": path}, python=python)
        assert result.code in {0, 1}
    assert not (tmp_path / "ran").exists()
