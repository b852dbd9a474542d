"""The live host, against this machine's real files, processes and sockets."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from probes.host import Absent, Denied, Endpoint, Garbled, Host, Refused, Slow
from probes.host.live import LiveSource
from probes.host.questions import FILE_LIMIT, TAIL_LIMIT
from probes.host.readers import guarded
from tests.engines.sockets import (
    AnswerSocket,
    EndlessSocket,
    GarbageSocket,
    HungSocket,
    SlowSocket,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the live host here is a Linux one")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def host():
    return Host(LiveSource(), seconds=30)


def test_reads_a_file_and_its_stat(host, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"hello\xff\n")
    path.chmod(0o640)
    assert host.read_bytes(str(path)) == b"hello\xff\n"
    assert host.read_text(str(path)) == "hello�\n"
    found = host.stat(str(path))
    assert (found.kind, found.mode, found.size) == ("file", 0o640, 7)


def test_reads_once(host, tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    assert host.read_text(str(path)) == "one"
    path.write_text("two")
    assert host.read_text(str(path)) == "one"


def test_absent(host):
    with pytest.raises(Absent, match="/nonexistent/x does not exist"):
        host.read_text("/nonexistent/x")
    assert host.exists("/nonexistent") is False


@pytest.mark.parametrize("kind", ["directory", "fifo", "socket"])
def test_what_is_no_file_is_said_not_waited_for(host, tmp_path, kind):
    path = tmp_path / "x"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    with pytest.raises((Garbled, Absent)):
        host.read_bytes(str(path))


def test_loop_of_links(host, tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(Garbled, match="loop"):
        host.read_text(str(tmp_path / "a"))
    with pytest.raises(Garbled, match="loop"):
        host.realpath(str(tmp_path / "a"))


def test_a_huge_file_is_refused_and_its_tail_is_not(host, tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"first\n" + b"x" * FILE_LIMIT + b"\nlast\n")
    with pytest.raises(Garbled, match="bytes"):
        host.read_bytes(str(path))
    tail = host.read_tail(str(path))
    assert tail.endswith("last\n")
    assert len(tail) <= TAIL_LIMIT


def test_a_nul_in_a_path_is_no_crash(host):
    with pytest.raises(Garbled):
        host.read_text("/etc/\0/x")


def test_list_is_sorted(host, tmp_path):
    for name in "cab":
        (tmp_path / name).touch()
    assert host.list(str(tmp_path)) == ("a", "b", "c")


def test_mounts_and_statvfs(host):
    assert any(mount.target == "/" for mount in host.mounts())
    space = host.statvfs("/")
    assert 0 < space.available <= space.free <= space.total


def test_a_command_runs_without_a_shell_in_the_c_locale(host):
    assert host.run("printf", "%s", "$HOME; ls").out == "$HOME; ls"
    assert host.run("sh", "-c", "echo $LC_ALL; exit 3") == (3, "C\n", "")
    with pytest.raises(Refused, match="exited with 3"):
        host.output("sh", "-c", "exit 3")
    with pytest.raises(Absent):
        host.run("no-such-command-here")


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path):
    host = Host(LiveSource(), seconds=1.5)
    pidfile = tmp_path / "pid"
    with pytest.raises(Slow):
        host.run("sh", "-c", f"sleep 60 & echo $! > {pidfile}; wait")
    child = int(pidfile.read_text())
    for _ in range(50):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child of the hung command lives on")


def test_a_command_that_floods_is_cut(host):
    with pytest.raises(Garbled, match="more than"):
        host.run("sh", "-c", "yes")


def test_a_read_that_hangs_is_left_behind():
    release = threading.Event()
    with pytest.raises(Slow, match="a dead mount did not answer"):
        guarded(lambda: release.wait(60), 0.05, "a dead mount")
    release.set()


def test_nothing_is_asked_after_the_deadline():
    host = Host(LiveSource(), seconds=0)
    with pytest.raises(Slow, match="time was over"):
        host.read_text("/etc/hostname")


def test_gauges(host):
    system = host.gauge("system")
    assert system["platform"] == "linux"
    assert host.gauge("memory")["total"] > 1 << 28
    assert host.gauge("cpus")["logical"] >= 1
    assert "lo" in host.gauge("interfaces")
    assert abs(host.now() - time.time()) < 5
    assert set(host.gauge("adjtimex")) >= {"status", "maxerror"}
    assert host.gauge("session")["uid"] == os.geteuid()


@pytest.mark.skipif(not ROOT, reason="needs root to become another user")
def test_denied_names_the_command_to_look_by_hand(tmp_path):
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    os.seteuid(65534)
    try:
        with pytest.raises(Denied) as caught:
            Host(LiveSource()).read_text(str(path))
    finally:
        os.seteuid(0)
    assert caught.value.look == f"sudo cat {path}"


# -- the engine's socket ---------------------------------------------------------------------------


def test_no_socket(host, tmp_path):
    with pytest.raises(Absent, match="there is no socket"):
        host.engine(Endpoint(f"unix://{tmp_path}/none.sock"), "/version")


def test_a_left_over_socket_file(host, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    with pytest.raises(Absent, match="left over"):
        host.engine(Endpoint(f"unix://{path}"), "/version")


def test_a_socket_that_never_answers():
    host = Host(LiveSource(), seconds=1.2)
    with HungSocket() as hung, pytest.raises(Slow, match="accepts connections but did not answer"):
        host.engine(Endpoint(hung.host), "/version")


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        (GarbageSocket, Garbled),
        (AnswerSocket, Refused),
        (EndlessSocket, (Slow, Garbled)),
        (SlowSocket, Slow),
    ],
)
def test_a_socket_that_answers_otherwise(server, kind):
    host = Host(LiveSource(), seconds=1.5)
    with server() as listening, pytest.raises(kind) as caught:
        host.engine(Endpoint(listening.host), "/version")
    assert caught.value.reason


def test_the_listener_behind_a_socket(host, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert host.peer(str(path)) == os.getpid()


def test_a_socket_that_takes_no_more_connections(host, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(0)
        waiting = []
        for _ in range(3):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            waiting.append(client)
            try:
                client.connect(str(path))
            except BlockingIOError:
                break
        try:
            with pytest.raises(Slow, match="takes no more connections"):
                host.engine(Endpoint(f"unix://{path}"), "/version")
            with pytest.raises(Slow, match="takes no more connections"):
                host.peer(str(path))
        finally:
            for client in waiting:
                client.close()


@pytest.mark.parametrize(
    "url",
    ["unix://", "unix:///etc", "tcp://", "tcp://127.0.0.1:x", "tcp://[::1", "fd://", "npipe://x",
     "ssh://a:b:c", "ssh://-oProxyCommand=x", "http://127.0.0.1:1", "garbage", "unix:///" + "a" * 200],
)  # fmt: skip
def test_an_address_that_is_none(host, url):
    with pytest.raises((Absent, Garbled, Denied)) as caught:
        host.engine(Endpoint(url), "/version")
    assert "HTTPConnectionPool" not in caught.value.reason


def test_a_path_that_no_request_can_carry(host):
    with AnswerSocket(200, b"{}") as listening, pytest.raises(Garbled):
        host.engine(Endpoint(listening.host), "/containers/\u00e9/json")


def test_the_first_answer_is_waited_for_half_the_time_only():
    host = Host(LiveSource(), seconds=1.6)
    with HungSocket() as hung:
        with pytest.raises(Slow):
            host.engine(Endpoint(hung.host), "/version")
        assert host.read_text("/proc/self/comm")
        assert not host.cut_short
        with pytest.raises(Slow):
            host.engine(Endpoint(hung.host), "/info")
        assert host.cut_short


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
@pytest.mark.skipif(not ROOT, reason="needs root to mount")
@pytest.mark.parametrize("mount", ["-t tmpfs none", "-t proc -o hidepid=2 proc"])
def test_processes_that_cannot_be_seen_are_not_said_to_be_absent(mount):
    program = (
        "import os; from probes.host import Host; from probes.host.live import LiveSource\n"
        "host = Host(LiveSource())\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: print(host.processes())\n"
        "except Exception as error: print(error.kind)"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'mount {mount} /proc && exec "$0" -c "$1"',
         os.path.realpath(sys.executable), program],
        capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    if "mount:" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip(f"cannot mount or reach it here: {done.stderr[-100:]}")
    assert done.stdout.strip() in {"garbled", "denied"}, done.stderr
