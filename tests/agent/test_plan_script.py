"""Plans as scripts: the sh ones are really run, over files in a folder of the test's own.

What would touch the machine itself (systemctl, sysctl, docker, dockerd) is a stub that comes first
on PATH and writes down how it was called. So is id, so that the tests need no root.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from agent.report import plan_powershell, plan_script, plan_text
from agent.report.model import Report
from fixes.interruption import ALWAYS_END, Interrupted, Interruption
from fixes.machine import FileState
from fixes.model import (
    BY_HAND,
    DAEMON_JSON,
    JSON,
    NEW_LOGIN,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    SYSCTL,
    UNIT,
    WSL_SHUTDOWN,
    WSLCONFIG,
    Command,
    EditFile,
    Effect,
    EmptyFile,
    EngineCall,
    Fix,
    Proposal,
    RemoveFile,
    SetSysctl,
)
from fixes.ownership import Owner
from fixes.plan import Plan, PlannedFile, PlannedFix
from tests.agent.sample_reports import ENGINE, HOST
from tests.fixes.workbench import edit, fix_of, plan_of
from tests.records import replace

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs scripts of a shell")

SHELLS = [shell for shell in ("dash", "bash", "busybox", "mksh", "zsh") if shutil.which(shell)]

REPORT = Report(HOST, ENGINE, 1_800_000_000.0, 1, (), (), ())
WINDOWS = replace(REPORT, host=replace(HOST, platform="windows", hostname="DESK-1"))

STUB = """#!/bin/sh
printf '%s' "${0##*/}" >>"$LOG"
for word; do printf ' %s' "$word" >>"$LOG"; done
echo >>"$LOG"
"""


class Machine:
    """A folder with files, stubs of the commands that scripts call, and what they were called."""

    def __init__(self, folder):
        self.folder = folder / "etc"
        self.folder.mkdir()
        self.backups = folder / "backups"
        self.backups.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"
        self.stub("id", '[ "$*" = -u ] && echo 0')
        self.stub(
            "systemctl", "case $* in *show*) echo CanReload=yes; echo ActiveState=active ;; esac"
        )
        for name in ("sysctl", "docker", "usermod", "service", "rc-service"):
            self.stub(name)
        self.stub("dockerd")
        self.stub("chown", "exec " + str(shutil.which("chown")) + ' "$@"', told=False)

    def stub(self, name, body="", *, told=True):
        path = self.bin / name
        path.write_text((STUB if told else "#!/bin/sh\n") + body + "\n")
        path.chmod(0o755)

    def file(self, name, content, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    def run(self, text, *arguments, shell="dash"):
        script = self.folder.parent / "script.sh"
        script.write_text(text)
        return self.run_line([*interpreter(shell), str(script), *arguments])

    def run_line(self, argv):
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "LOG": str(self.log),
            "TMPDIR": str(self.backups),
            "TMPPREFIX": str(self.backups / "zsh"),  # where zsh keeps here-documents
            "HOME": str(self.folder),
        }
        return subprocess.run(
            argv, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def called(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line for line in lines if line not in {"id -u", "dockerd --help"}]

    def tree(self):
        """Every file and link below, with what is in it."""
        return {
            str(path.relative_to(self.folder)): (
                str(path.readlink())
                if path.is_symlink()
                else (path.read_bytes(), path.stat().st_mode & 0o7777)
            )
            for path in self.folder.rglob("*")
            if path.is_symlink() or path.is_file()
        }

    def take_back(self, result, shell="dash"):
        """Run the lines that a script printed for taking it back."""
        lines = re.findall(r"^    (.+)$", result.stdout, re.MULTILINE)
        assert lines
        return self.run_line([*interpreter(shell), "-c", "set -e\n" + "\n".join(lines)])


def interpreter(shell):
    return ("busybox", "sh") if shell == "busybox" else (shell,)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture(params=SHELLS)
def shell(request):
    return request.param


def render(plan, report=REPORT):
    return plan_script.render(plan, report)


def planned_file(path, before, after, format=SYSCTL, **more):  # noqa: A002
    """A file of a plan, without a fix that edits it."""

    def state(data):
        return None if data is None else FileState(data, 0o644, os.getuid(), os.getgid())

    return PlannedFile(
        str(path), str(path), format, state(before), state(after), ("a-fix",), **more
    )


def plan_with(*files, **more):
    taken = PlannedFix(fix_of(id="a-fix"), "changes", "why", (), Proposal("changes"))
    return Plan((taken,), files, **more)


def finished(result):
    assert result.returncode == 0, result.stderr
    return result


# -- files ---------------------------------------------------------------------------------------


def test_an_edit_is_made_once_and_taken_back(machine, shell):
    path = machine.file("my app/daemon's.json", '{\n  "debug": true\n}\n', 0o640)
    before = machine.tree()
    text = render(plan_of(fix_of(edit(path))))
    done = finished(machine.run(text, shell=shell))
    assert path.read_text() == '{\n  "debug": true,\n  "log-driver": "local"\n}\n'
    assert path.stat().st_mode & 0o7777 == 0o640
    assert f"wrote {path}" in done.stdout
    after = machine.tree()
    again = finished(machine.run(text, shell=shell))
    assert f"{path} is as it should be already" in again.stdout
    assert "takes it back" not in again.stdout
    assert machine.tree() == after
    finished(machine.take_back(done, shell))
    assert machine.tree() == before


def test_a_new_file_comes_with_its_folders_and_goes_with_them(machine, shell):
    path = machine.folder / "systemd" / "docker.service.d" / "hullcheck.conf"
    change = edit(
        path, {("Service", "TasksMax"): ("infinity",)}, UNIT, header="By a test", mode=0o600
    )
    done = finished(machine.run(render(plan_of(fix_of(change))), shell=shell))
    assert path.read_text() == "# By a test\n[Service]\nTasksMax=infinity\n"
    assert path.stat().st_mode & 0o7777 == 0o600
    assert path.parent.stat().st_mode & 0o7777 == 0o755
    finished(machine.take_back(done, shell))
    assert list(machine.folder.iterdir()) == []


def test_one_changed_file_stops_it_before_anything_is_changed(machine, shell):
    first = machine.file("a.conf", "vm.swappiness = 10\n")
    second = machine.file("b.json", "{}\n")
    text = render(plan_of(
        fix_of(edit(first, {"vm.max_map_count": "262144"}, SYSCTL), SetSysctl("vm.x", "1", "0")),
        fix_of(edit(second), id="other"),
    ))  # fmt: skip
    second.write_text('{"debug": true}\n')
    before = machine.tree()
    result = machine.run(text, shell=shell)
    assert result.returncode == 1
    assert f"stopped: {second} is no longer what it was" in result.stderr
    assert machine.tree() == before
    assert machine.called() == []
    assert list(machine.backups.iterdir()) == []


def test_a_file_that_has_come_into_being_stops_it(machine, shell):
    path = machine.folder / "x.conf"
    text = render(plan_of(fix_of(edit(path, {"vm.x": "1"}, SYSCTL))))
    path.write_text("# somebody was faster\n")
    result = machine.run(text, shell=shell)
    assert result.returncode == 1
    assert path.read_text() == "# somebody was faster\n"


def test_a_link_stays_and_its_target_is_written(machine, shell):
    target = machine.file("real/daemon.json", "{}\n")
    link = machine.folder / "daemon.json"
    link.symlink_to("real/daemon.json")
    text = render(plan_of(fix_of(edit(link))))
    finished(machine.run(text, shell=shell))
    assert str(link.readlink()) == "real/daemon.json"
    assert "local" in target.read_text()


def test_a_link_that_leads_elsewhere_now_stops_it(machine, shell):
    target = machine.file("real/daemon.json", "{}\n")
    link = machine.folder / "daemon.json"
    link.symlink_to("real/daemon.json")
    text = render(plan_of(fix_of(edit(link))))
    link.unlink()
    link.symlink_to(machine.file("other.json", "{}\n"))
    result = machine.run(text, shell=shell)
    assert result.returncode == 1
    assert "no longer leads to" in result.stderr
    assert target.read_text() == "{}\n"


def test_hard_links_are_not_torn_apart(machine):
    path = machine.file("daemon.json", "{}\n")
    os.link(path, machine.folder / "twin.json")
    result = machine.run(render(plan_of(fix_of(edit(path)))))
    assert result.returncode == 1
    assert "other names" in result.stderr
    assert path.read_text() == "{}\n"


def test_what_is_removed_is_kept(machine, shell):
    path = machine.file("old.conf", "vm.x = 1\n")
    link = machine.folder / "plug in"
    link.symlink_to("/nowhere/docker-compose")
    before = machine.tree()
    text = render(plan_of(fix_of(RemoveFile(str(path)), RemoveFile(str(link)))))
    done = finished(machine.run(text, shell=shell))
    assert machine.tree() == {}
    finished(machine.run(text, shell=shell))
    finished(machine.take_back(done, shell))
    assert machine.tree() == before


CONTENTS = [
    b"",
    b"plain\n",
    b"tab\there $HOME `id` $(id) \\ 'x' \"y\"\n",
    b"END_OF_FILE\nEND_OF_FILE_2\n",
    b"  EOF\n\n\n",
    "Gr\u00fc\u00dfe \U0001f40b\n".encode(),
    b"no final line end",
    b"dos\r\nlines\r\n",
    b"\xef\xbb\xbfwith a mark\n",
    '{"a": 1}\n'.encode("utf-16"),
    b"a\0b\n",
    b"latin \xe9\n",
    b"bell \x07 and escape \x1b[2J\n",
    "turned \u202eround\n".encode(),
    b"x" * 5000 + b"\n",
]


@pytest.mark.parametrize("content", CONTENTS)
def test_every_content_comes_through(machine, shell, content):
    path = machine.file("f", b"old\n")
    text = render(plan_with(planned_file(path, b"old\n", content)))
    finished(machine.run(text, shell=shell))
    assert path.read_bytes() == content
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)


@pytest.mark.parametrize("content", [b"two\nlines\n", "Gr\u00fc\u00dfe\n".encode()])
def test_text_is_there_to_be_read(content):
    text = render(plan_with(planned_file("/etc/f", None, content)))
    assert f"<<'END_OF_FILE'\n{content.decode()}END_OF_FILE\n" in text


def test_a_script_that_was_harmed_on_its_way_writes_nothing(machine, shell):
    path = machine.file("f", "old\n")
    text = render(plan_with(planned_file(path, b"old\n", b"new = 1\n")))
    result = machine.run(text.replace("\nnew = 1\n", "\nnew = 2\n"), shell=shell)
    assert result.returncode == 1
    assert "is not as hullcheck wrote it" in result.stderr
    assert machine.tree() == {"f": (b"old\n", 0o644)}


def test_a_failure_half_way_says_how_to_go_back(machine, shell):
    path = machine.file("f", "old\n")
    before = machine.tree()
    plan = plan_with(
        planned_file(path, b"old\n", b"new\n"),
        actions=(("a-fix", Command(("usermod", "-aG", "docker", "it's me"))),),
    )
    machine.stub("usermod", "exit 6")
    result = machine.run(render(plan), shell=shell)
    assert result.returncode == 6
    assert "It stopped half-way." in result.stdout
    finished(machine.take_back(result, shell))
    assert machine.tree() == before


EVIL = "x\n$(touch {0})\r`touch {0}`\x1b[2J\u2028touch {0}\\"


def test_nothing_from_the_host_becomes_code(machine, shell, tmp_path):
    proof = tmp_path / "proof"
    evil = EVIL.format(proof)
    path = machine.file("f", f"{evil}\n")
    seen = PlannedFix(
        Fix("a-fix", evil, "safe", (), "", (), "", lambda host, request: Proposal("changes")),
        "changes", evil, (), Proposal("changes", evil, notes=(evil,)), (evil,),
        ((evil, Owner(evil, evil, evil)),),
    )  # fmt: skip
    left = seen._replace(outcome=BY_HAND)
    plan = plan_with(
        planned_file(path, path.read_bytes(), f"{evil}\nmore\n".encode()),
        effects=(Effect(NEW_LOGIN, evil, evil),),
    )._replace(fixes=(seen, left))
    report = replace(REPORT, host=replace(HOST, hostname=evil, os_name=evil))
    result = finished(machine.run(render(plan, report), shell=shell))
    assert not proof.exists()
    assert "\x1b" not in result.stdout + result.stderr
    assert path.read_bytes().decode() == f"{evil}\nmore\n"


# -- secrets -------------------------------------------------------------------------------------

TOKEN = "ghp_0123456789abcdefghij0123"
PROXY = '{{"proxies": {{"http-proxy": "http://me:{0}@proxy:3128"}}}}\n'


@pytest.mark.parametrize(
    "content", [PROXY.format("hunter2"), PROXY.format("REDACTED"), f'{{"x": "{TOKEN}"}}\n']
)
def test_what_holds_a_secret_is_refused_whole(machine, shell, content):
    secret = machine.file("daemon.json", content)
    other = machine.file("b.json", "{}\n")
    plan = plan_of(fix_of(edit(secret), id="log-rotation"), fix_of(edit(other), id="other"))
    text = render(plan)
    assert "hunter2" not in text
    assert TOKEN not in text
    assert "IT REFUSES TO RUN" in text
    before = machine.tree()
    result = machine.run(text, shell=shell)
    assert result.returncode == 1
    assert "hullcheck fix log-rotation --apply" in result.stderr
    assert "for the others: hullcheck fix other --script" in result.stderr
    assert machine.tree() == before


def test_a_secret_in_a_command_is_refused(machine):
    command = Command(("docker", "login", "--password", "hunter2"))
    text = render(plan_with(actions=(("a-fix", command),)))
    assert "hunter2" not in text
    assert machine.run(text).returncode == 1
    assert machine.called() == []


def test_a_name_that_is_no_text_is_refused(machine):
    text = render(plan_with(planned_file("/etc/a\nb\udcff", None, b"x\n")))
    text.encode("utf-8")
    assert machine.run(text).returncode == 1


# -- actions and effects -------------------------------------------------------------------------


def test_kernel_settings_are_set_where_they_differ(machine, shell):
    machine.stub("sysctl", 'if [ "$1" = -n ]; then printf "1\\t0\\n"; fi')
    plan = plan_with(actions=(
        ("a-fix", SetSysctl("net.ipv4.ping_group_range", "0 2147483647", "1 0")),
        ("a-fix", SetSysctl("net.ipv4.conf.eth0/1.x", "1 0", "0")),
    ))  # fmt: skip
    done = finished(machine.run(render(plan), shell=shell))
    assert machine.called() == [
        "sysctl -n net.ipv4.ping_group_range",
        "sysctl -w net.ipv4.ping_group_range=0 2147483647",
        "sysctl -n net.ipv4.conf.eth0/1.x",
    ]
    finished(machine.take_back(done, shell))
    assert machine.called() == ["sysctl -w net.ipv4.ping_group_range=1 0"]


def test_commands_run_as_they_are_and_backwards(machine, shell):
    plan = plan_with(actions=(
        ("a-fix", Command(("usermod", "-aG", "docker", "it's me"), ("usermod", "-rG", "it's me"))),
        ("a-fix", Command(("systemctl", "enable", "docker"), ("systemctl", "disable", "docker"))),
    ))  # fmt: skip
    done = finished(machine.run(render(plan), shell=shell))
    assert machine.called() == ["usermod -aG docker it's me", "systemctl enable docker"]
    finished(machine.take_back(done, shell))
    assert machine.called() == ["systemctl disable docker", "usermod -rG it's me"]


def test_what_deletes(machine, shell):
    log = machine.file("c-json.log", "lines\n")
    hidden = machine.folder / "link.log"
    hidden.symlink_to(machine.file("precious", "data\n"))
    machine.stub("docker", 'case "$*" in *inspect*gone) exit 1 ;; esac')
    machine.stub("uname", "echo web-07", told=False)
    volumes = [
        EngineCall("remove-volume", name, {}, ("docker", "volume", "rm", name), 10)
        for name in ("data", "gone")
    ]
    prune = EngineCall("prune-build-cache", "", {}, ("docker", "builder", "prune", "--force"))
    changes = [*volumes, prune, EmptyFile(str(log), 6), EmptyFile(str(hidden)), EmptyFile("/no/x")]
    plan = plan_with(actions=tuple(("a-fix", change) for change in changes))
    text = render(plan)
    finished(machine.run(text, shell=shell))
    assert machine.called() == [
        "docker version",
        "docker inspect --type volume data",
        "docker volume rm data",
        "docker inspect --type volume gone",
        "docker builder prune --force",
    ]
    assert log.read_text() == ""
    assert (machine.folder / "precious").read_text() == "data\n"
    assert "# cannot be undone: docker volume rm data" in re.sub(" +", " ", text)
    machine.stub("uname", "echo web-08", told=False)
    other = machine.run(text, shell=shell)
    assert other.returncode == 1
    assert "this was written for web-07" in other.stderr
    assert machine.called() == []


EFFECTS = (
    Effect(RELOAD_UNITS),
    Effect(RELOAD_ENGINE),
    Effect(RESTART_UNIT, "containerd.service"),
    Effect(RESTART_ENGINE),
    Effect(NEW_LOGIN, "alice", "newgrp docker"),
)
ALWAYS = ["systemctl daemon-reload",
          "systemctl show --property ActiveState --property CanReload docker.service",
          "systemctl reload docker.service"]  # fmt: skip


def test_what_interrupts_waits_for_its_word(machine, shell):
    text = render(plan_with(effects=EFFECTS))
    done = finished(machine.run(text, shell=shell))
    assert machine.called() == ALWAYS
    assert (
        "--restart, or: systemctl restart containerd.service && systemctl restart docker.service"
        in done.stdout
    )
    assert "still needed: a new login of alice: newgrp docker" in done.stdout


def test_with_its_word_it_restarts(machine, shell):
    finished(machine.run(render(plan_with(effects=EFFECTS)), "--restart", shell=shell))
    assert machine.called() == [
        *ALWAYS,
        "systemctl reset-failed containerd.service",
        "systemctl restart containerd.service",
        "systemctl cat docker.service",
        "systemctl reset-failed docker.service docker.socket",
        "systemctl restart docker.service",
    ]


def test_another_word_is_a_mistake(machine, shell):
    result = machine.run(render(plan_with(effects=EFFECTS)), "--restrat", shell=shell)
    assert result.returncode == 2
    assert machine.called() == []


def test_a_user_s_engine_is_the_user_s_systemd_s(machine, shell):
    report = replace(REPORT, engine=replace(ENGINE, rootless=True))
    done = finished(machine.run(render(plan_with(effects=EFFECTS), report), shell=shell))
    assert machine.called() == [line.replace("systemctl", "systemctl --user") for line in ALWAYS]
    assert "or: systemctl --user restart containerd.service" in done.stdout
    sudo = ["env", "SUDO_USER=ann", *interpreter(shell), str(machine.folder.parent / "script.sh")]
    finished(machine.run_line(sudo))
    assert machine.called()[0] == "systemctl --user --machine ann@.host daemon-reload"


def test_a_host_without_systemd(machine, shell):
    machine.stub("systemctl", "exit 1")
    plan = plan_with(effects=(Effect(RELOAD_ENGINE), Effect(RESTART_ENGINE)))
    text = render(plan).replace("/run/docker.pid", str(machine.folder / "docker.pid"))
    done = finished(machine.run(text, "--restart", shell=shell))
    assert "no engine was found that could be reloaded" in done.stdout
    assert machine.called()[-1] == "rc-service docker restart"


def test_only_root_may_do_what_root_has_to(machine):
    machine.stub("id", "echo 1000")
    result = machine.run(render(plan_with(effects=(Effect(RELOAD_UNITS),))))
    assert result.returncode == 1
    assert "this needs root" in result.stderr
    assert machine.called() == []


def daemon_json_plan(path):
    before = path.read_bytes()
    after = before.replace(b"{", b'{"icc": false')
    return plan_with(planned_file(path, before, after, DAEMON_JSON))


def test_dockerd_is_asked_before_the_file_is_in_place(machine, shell):
    path = machine.file("daemon.json", "{}\n")
    text = render(daemon_json_plan(path))
    machine.stub("dockerd", 'echo "      --validate"; case $1 in --validate) exit 1 ;; esac')
    result = machine.run(text, shell=shell)
    assert result.returncode == 1
    assert f"dockerd --validate refuses the new {path}" in result.stderr
    assert machine.tree() == {"daemon.json": (b"{}\n", 0o644)}
    asked = machine.called()
    assert len(asked) == 1
    assert re.fullmatch(
        rf"dockerd --validate --config-file {machine.folder}/\.hullcheck-\w+", asked[0]
    )
    machine.stub("dockerd", 'echo "      --validate"')
    finished(machine.run(text, shell=shell))
    assert path.read_text() == '{"icc": false}\n'


def test_a_dockerd_that_cannot_validate_is_not_asked(machine, shell):
    path = machine.file("daemon.json", "{}\n")
    finished(machine.run(render(daemon_json_plan(path)), shell=shell))
    assert machine.called() == []


def test_validating_must_not_make_users(machine):
    path = machine.file("daemon.json", '{ "userns-remap": "default"}\n')
    text = render(daemon_json_plan(path))
    machine.stub("dockerd", 'echo "      --validate"')
    finished(machine.run(text))
    assert machine.called() == []


# -- to be read ----------------------------------------------------------------------------------


def test_the_whole_script():
    """Looked at as a reviewer does: what it says at the top, the diff, the content."""
    data = b'{\n  "debug": true\n}\n'
    file = PlannedFile(
        "/etc/docker/daemon.json", "/etc/docker/daemon.json", DAEMON_JSON,
        FileState(data, 0o644, 0, 0),
        FileState(b'{\n  "debug": true,\n  "live-restore": true\n}\n', 0o644, 0, 0),
        ("live-restore",),
    )  # fmt: skip
    taken = PlannedFix(
        fix_of(id="live-restore")._replace(title="Keep containers running"),
        "changes", "sets live-restore", (), Proposal("changes", notes=("Not with swarm.",)),
        ("look at your monitoring",),
    )  # fmt: skip
    left = PlannedFix(
        fix_of(id="icc")._replace(title="Keep containers apart"),
        BY_HAND, "somebody else keeps the file", (),
        Proposal(BY_HAND, changes=(EditFile("/etc/x", JSON, {("icc",): False}),)),
        ("hullcheck fix icc",), (("/etc/x", Owner("Ansible", "its header", "change it there")),),
    )  # fmt: skip
    told = Interruption(
        2, (Interrupted("web", True, "restart policy always"),
            Interrupted("db", False, "restart policy no")),
        seconds=12, sessions=ALWAYS_END,
    )  # fmt: skip
    plan = Plan((taken, left), (file,), (), (Effect(RELOAD_ENGINE), Effect(RESTART_ENGINE)), told)
    stops = "\n#     ".join(plan_text.interruption_words(told))
    text = render(plan)
    top, _, rest = text.partition("set -eu\n")
    assert (
        top
        == f"""\
#!/bin/sh
# Written by hullcheck {plan_script.__version__} on 2027-01-15 08:00 UTC
# for the host web-07 (Debian GNU/Linux 12).
#
# Read it, then run it there: sh FILE [--restart], as root
# It restarts something only with --restart.
# It changes nothing where a file is no longer the one that it was written for, and
# does nothing twice.
#
# live-restore (safe): Keep containers running
#   sets live-restore
#   note: Not with swarm.
#
# WHAT IT MEANS
#   the engine reads its configuration again (SIGHUP); nothing stops
#   a restart of the engine (only when it is asked for)
#     it stops: {stops}
#
# LEFT TO A PERSON
#   look at your monitoring
#   icc: Keep containers apart
#     somebody else keeps the file
#     /etc/x is kept by Ansible: its header
#     change it there
#       set /etc/x: "icc": false
#       hullcheck fix icc

"""
    )
    assert (
        """\
# live-restore
#  --- /etc/docker/daemon.json
#  +++ /etc/docker/daemon.json
#  @@ -1,3 +1,4 @@
#   {
#  -  "debug": true
#  +  "debug": true,
#  +  "live-restore": true
#   }
if [ "$todo_1" = yes ]; then
    prepare /etc/docker/daemon.json \\
        5e7e6cadcc5ab0081d1380f09c406ec7a87231c91ebdafa7d715e7bd62ebaf71 \\
        0644 0:0 cat <<'END_OF_FILE'
{
  "debug": true,
  "live-restore": true
}
END_OF_FILE
    validate /etc/docker/daemon.json
    place /etc/docker/daemon.json 1-daemon.json
fi

# -- make it count -----------------------------------------------------------------------------
reload_engine
if [ "$restart" = yes ]; then
    restart_engine
else
    printf 'still needed: sh %s --restart, or: %s\\n' "$0" 'systemctl restart docker.service'
fi
"""
        in rest
    )


def test_nothing_to_change(machine, shell):
    nothing = PlannedFix(fix_of(), "nothing", "it is so already", (), Proposal("nothing"))
    result = finished(machine.run(render(Plan((nothing,))), shell=shell))
    assert result.stdout == "there is nothing to change here\n"
    assert "Write-Host 'there is nothing to change here'\nexit 0\n" in render(Plan(()), WINDOWS)


# -- PowerShell ----------------------------------------------------------------------------------

PROFILE = "C:\\Users\\J\u00fcrgen O'Hara\\.wslconfig"


def test_a_windows_host_gets_powershell():
    before, after = b"[wsl2]\r\nmemory=8\r\n", b"[wsl2]\r\nmemory=8GB\r\n"
    plan = plan_with(
        planned_file(PROFILE, before, after, WSLCONFIG),
        effects=(Effect(WSL_SHUTDOWN, command="wsl --shutdown"),),
    )
    text = render(plan, WINDOWS)
    assert text.isascii()
    assert "for the host DESK-1" in text
    assert "#  -memory=8\n#  +memory=8GB\n" in text
    assert "    $text = @'\n[wsl2]\nmemory=8GB\n\n'@\n" in text
    assert '    $bytes = ConvertTo-Bytes $text "`r`n"\n' in text
    assert "$todo1 = Test-Todo ('C:\\Users\\J' + [char]0xFC + 'rgen O''Hara\\.wslconfig') '" in text
    assert (
        "still needed: stopping WSL: all distributions and what runs in them: wsl --shutdown"
        in text
    )


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        (b"one\ntwo\n", True),
        (b"one\r\ntwo\r\n", True),
        (b"it's $here `too`\n", True),
        (b"mixed\r\nends\n", False),
        (b"no end", False),
        (b"x\n'@ ; Remove-Item C:\\\n", False),
        (b"x\n  '@\n", False),
        ("\u00fc\n".encode(), False),
        (b"\xef\xbb\xbfmark\n", False),
        (b"lone\rreturn\n", False),
    ],
)
def test_here_strings_hold_only_what_they_can(content, plain):
    text = render(plan_with(planned_file("C:\\f", b"old\n", content)), WINDOWS)
    assert ("= @'\n" in text) is plain
    assert ("FromBase64String" in text) is not plain
    assert text.isascii()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "''"),
        ("a b", "'a b'"),
        ("it's", "'it''s'"),
        ("\u2019; calc", "('' + [char]0x2019 + '; calc')"),
        ("x\U0001f40b", "('x' + [char]0xD83D + [char]0xDC0B)"),
        ("$(x)`n", "'$(x)`n'"),
        ("\n", "('' + [char]0xA)"),
    ],
)
def test_quoting_for_powershell(text, expected):
    assert plan_powershell._ps(text) == expected


def test_powershell_s_actions_and_effects():
    plan = plan_with(
        planned_file("C:\\old", b"x\n", None),
        actions=(
            ("a-fix", Command(("docker", "context", "use", "it's"), ("docker", "context", "use", "x"))),
            ("a-fix", EngineCall("remove-volume", "v", {}, ("docker", "volume", "rm", "v"))),
        ),
        effects=(Effect(RESTART_ENGINE),),
    )  # fmt: skip
    text = render(plan, WINDOWS)
    assert "\nInvoke-Program 'docker' @('context', 'use', 'it''s')\n" in text
    assert "$script:Undo = @('& ''docker'' ''context'' ''use'' ''x''') + $script:Undo\n" in text
    assert (
        "if (Test-Program 'docker' @('inspect', '--type', 'volume', 'v')) "
        "{ Invoke-Program 'docker' @('volume', 'rm', 'v') }\n"
    ) in text
    assert "if ([Net.Dns]::GetHostName() -ne 'DESK-1')" in text
    assert "    Remove-Old 'C:\\old' '1-old'\n" in text
    assert "if ($Restart) {\n    Restart-Engine\n} else {\n" in text
    # Nothing is changed before everything has been looked at.
    assert text.index("\n$todo1 = Test-Todo") < text.index("\ntry {")


def test_powershell_refuses_secrets():
    content = PROXY.format("hunter2").encode()
    text = render(plan_with(planned_file("C:\\d.json", b"{}\n", content, JSON)), WINDOWS)
    assert "hunter2" not in text
    assert "\nthrow 'C:\\d.json holds secrets" in text
