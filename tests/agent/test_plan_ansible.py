"""Plans as playbooks: their structure, and, where Ansible is to be had, what they really do.

Ansible is looked for on PATH; HULLCHECK_ANSIBLE names another ansible-playbook. It runs over files
in a folder of the test's own, with stubs first on PATH for what would touch the machine itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report import plan_ansible
from agent.report.yaml_text import Plain
from fixes.machine import FileState
from fixes.model import (
    DAEMON_JSON,
    JSON_REPAIR,
    LIMITS,
    NAMES,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    SYSCTL,
    UNIT,
    WSL_CONF,
    Command,
    Effect,
    EmptyFile,
    EngineCall,
    Proposal,
    RemoveFile,
    SetSysctl,
)
from fixes.plan import Plan, PlannedFile, PlannedFix
from probes.formats.json_edit import REMOVED
from tests.fixes.workbench import edit, fix_of, plan_of

ANSIBLE = os.environ.get("HULLCHECK_ANSIBLE") or shutil.which("ansible-playbook")

STUB = """#!/bin/sh
printf '%s' "${{0##*/}}" >>"{log}"
for word; do printf ' %s' "$word" >>"{log}"; done
echo >>"{log}"
{body}
"""

SYSTEMCTL = """\
case "$*" in
*show*) echo LoadState=loaded; echo ActiveState=active; echo CanReload=yes ;;
*is-enabled*) echo enabled ;;
esac"""
SYSCTL_STUB = """\
case $1 in
-n) cat "{values}/$2" 2>/dev/null || echo 0 ;;
-w) echo "${{2#*=}}" >"{values}/${{2%%=*}}" ;;
esac"""


class Ansible:
    """A host whose files lie in a folder, and a playbook to run against it."""

    def __init__(self, folder):
        self.folder = folder / "etc"
        self.folder.mkdir()
        self.home = folder / "home"
        self.home.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"
        values = folder / "values"
        values.mkdir()
        self.stub("systemctl", SYSTEMCTL)
        self.stub("sysctl", SYSCTL_STUB.format(values=values))
        self.stub("docker", 'case "$*" in *inspect*gone) exit 1 ;; *prune*) echo Total: 0B ;; esac')
        for name in ("dockerd", "modprobe", "usermod"):
            self.stub(name)

    def stub(self, name, body=""):
        path = self.bin / name
        path.write_text(STUB.format(log=self.log, body=body))
        path.chmod(0o755)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, playbook, *arguments):
        """Run it; how many tasks had changed something, and all that was said."""
        path = self.home / "plan.yml"
        path.write_text(playbook, encoding="utf-8")
        environment = {
            "PATH": f"{self.bin}:{Path(str(ANSIBLE)).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_REMOTE_TEMP": str(self.home / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
        }
        variables = json.dumps({
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
        })  # fmt: skip
        ran = subprocess.run(
            [str(ANSIBLE), "-i", "localhost,", "-c", "local", "-e", variables, *arguments, str(path)],
            env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        told = re.search(r"changed=(\d+) .*failed=(\d+)", ran.stdout)
        assert told, ran.stdout + ran.stderr
        said = ran.stdout + ran.stderr
        return (int(told[1]) if told[2] == "0" else "failed"), said

    def applied(self, playbook, *arguments):
        changed, said = self.run(playbook, *arguments)
        assert changed != "failed", said
        return changed

    def called(self, *programs):
        """The calls of these programs since the last time this was asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line for line in lines if line.split()[0] in programs]

    def tree(self):
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def ansible(tmp_path):
    if not ANSIBLE:
        pytest.skip("no ansible-playbook on PATH, and HULLCHECK_ANSIBLE names none")
    return Ansible(tmp_path)


def planned(fix="a-fix", *, before=None, after=None, path="/etc/f", format=SYSCTL):  # noqa: A002
    """A file of a plan without the change that made it: it is replaced as a whole."""

    def state(data):
        return None if data is None else FileState(data, 0o644, 0, 0)

    return PlannedFile(str(path), str(path), format, state(before), state(after), (fix,))


def plan_with(*files, **more):
    taken = PlannedFix(fix_of(id="a-fix"), "changes", "why", (), Proposal("changes"))
    return Plan((taken,), files, **more)


def render(plan):
    return plan_ansible.render(plan)


def tasks_of(plan):
    """Module and arguments of every task."""
    return [
        (module.removeprefix("ansible.builtin."), task[module], task)
        for task in plan_ansible._Playbook(plan).tasks()
        for module in task
        if module.startswith("ansible.builtin.")
    ]


def modules_of(plan):
    return [module for module, _, _ in tasks_of(plan)]


# -- really run ----------------------------------------------------------------------------------

DAEMON = """\
{
\t"zeta": "{{ 7 * 7 }}", "debug": 1,
\t"log-opts": {"max-size": "1k", "labels": "a"},
\t"default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1, "odd": {"deep": true}}},
\t"gone": null, "icc": true
}
"""


@pytest.mark.slow
def test_it_is_what_the_plan_does_and_does_it_once(ansible):
    daemon = ansible.file("daemon.json", DAEMON)
    foreign = ansible.file("99-cis.conf", "# CIS {{ no }}\n-net/ipv4/ip_forward = 0 \nvm.x=1\n")
    modules = ansible.file("modules.conf", "# ours\nip_tables\n")
    limits = ansible.file("limits.conf", "*  soft  nofile  1024  # low\n")
    kernel = ansible.folder / "sysctl.d" / "zz-hullcheck.conf"
    unit = ansible.folder / "docker.service.d" / "hullcheck.conf"
    plan = plan_of(fix_of(
        edit(daemon, {
            ("log-opts", "max-size"): "10m {{ 1 / 0 }}",
            ("log-opts", "labels"): REMOVED,
            ("default-ulimits", "nofile"): {"Name": "nofile", "Hard": 524288, "Soft": 1024},
            ("debug",): True,
            ("gone",): REMOVED,
            ("new", "{{ key }}", "on"): [1, 2.5, "{% x %}"],
        }, DAEMON_JSON),
        edit(foreign, {"net.ipv4.ip_forward": "1", "vm.max_map_count": "262144"}, SYSCTL),
        edit(modules, {"br-netfilter": True, "ip-tables": False}, NAMES),
        edit(limits, {("*", "soft", "nofile"): "65536", ("*", "hard", "nofile"): "65536"}, LIMITS),
        edit(kernel, {"vm.max_map_count": "262144"}, SYSCTL, header="Set by hullcheck."),
        edit(unit, {("Service", "TasksMax"): ("infinity",)}, UNIT, header="Set by hullcheck."),
        Command(("systemctl", "enable", "docker.service")),
        SetSysctl("net.ipv4.ping_group_range", "0 2147483647", "1 0"),
        effects=(Effect(RELOAD_UNITS), Effect(RESTART_UNIT, "containerd.service")),
    ))  # fmt: skip
    text = render(plan)
    before = ansible.tree()

    _, said = ansible.run(text, "--check", "--diff")
    assert ansible.tree() == before
    assert '+    "max-size": "10m {{ 1 / 0 }}"' in said
    assert "+-net/ipv4/ip_forward = 1" in said
    assert ansible.called("sysctl") == ["sysctl -n net.ipv4.ping_group_range"]

    assert ansible.applied(text) > 0
    for file in plan.files:
        made = Path(file.path).read_bytes()
        if file.format == DAEMON_JSON:
            assert json.dumps(json.loads(made)) == json.dumps(json.loads(file.after.data))
        else:
            assert made == file.after.data
        assert Path(file.path).stat().st_mode & 0o777 == 0o644
    assert ansible.called("sysctl", "systemctl") == [
        "systemctl show docker.service",
        "systemctl is-enabled docker.service -l",
        "sysctl -n net.ipv4.ping_group_range",
        "sysctl -w net.ipv4.ping_group_range=0 2147483647",
        "systemctl daemon-reload",
    ]

    after = ansible.tree()
    assert ansible.applied(text) == 0
    assert ansible.tree() == after


@pytest.mark.slow
def test_other_hosts_keep_what_is_theirs(ansible):
    daemon = ansible.file("daemon.json", "{}\n")
    kernel = ansible.folder / "zz-hullcheck.conf"
    unit = ansible.folder / "hullcheck.conf"
    plan = plan_of(fix_of(
        edit(daemon, {("log-opts", "max-size"): "10m"}, DAEMON_JSON),
        edit(kernel, {"vm.max_map_count": "262144"}, SYSCTL),
        edit(unit, {("Service", "TasksMax"): ("infinity",)}, UNIT),
    ))  # fmt: skip
    daemon.write_bytes(b'\xef\xbb\xbf{"log-opts": {"max-file": "3"}, "b": 1, "a": 2}')
    kernel.write_text("vm.max_map_count = 65530\nvm.x = 1\n")
    unit.write_text("[Service]\nOOMScoreAdjust=-500\n")
    assert ansible.applied(render(plan)) == 3
    assert daemon.read_text() == (
        '{\n  "log-opts": {\n    "max-file": "3",\n    "max-size": "10m"\n  },\n'
        '  "b": 1,\n  "a": 2\n}\n'
    )
    assert kernel.read_text() == "vm.max_map_count = 262144\nvm.x = 1\n"
    assert unit.read_text() == "[Service]\nTasksMax=infinity\nOOMScoreAdjust=-500\n"
    assert ansible.applied(render(plan)) == 0


@pytest.mark.slow
def test_whole_files_are_written_only_over_the_one_that_was_seen(ansible):
    broken = ansible.file("daemon.json", '{"debug": true,} // {{ x }}\n')
    dos = ansible.file("dos.conf", "vm.x = 0\r\n")
    old = ansible.file("old.conf", "{{ old }}\n")
    link = ansible.folder / "plugin"
    link.symlink_to("/nowhere/{{ x }}")
    plan = plan_of(fix_of(
        edit(broken, {}, JSON_REPAIR),
        edit(dos, {"vm.x": "1"}, SYSCTL),
        RemoveFile(str(old)),
        RemoveFile(str(link)),
    ))._replace(effects=())  # fmt: skip
    text = render(plan)
    assert ansible.applied(text) == 4
    assert broken.read_text() == '{"debug": true}\n'
    assert dos.read_bytes() == b"vm.x = 1\r\n"
    assert not old.exists()
    assert not link.is_symlink()
    assert ansible.applied(text) == 0
    dos.write_text("vm.x = 5\n")
    changed, said = ansible.run(text)
    assert changed == "failed"
    assert "dos.conf is another file here: it is left as it is" in said
    assert dos.read_text() == "vm.x = 5\n"


@pytest.mark.slow
def test_what_dockerd_refuses_is_not_written(ansible):
    daemon = ansible.file("daemon.json", "{}\n")
    plan = plan_of(fix_of(edit(daemon, {("icc",): False}, DAEMON_JSON)))._replace(effects=())
    ansible.stub("dockerd", "echo --validate; case $1 in --validate) exit 1 ;; esac")
    changed, _ = ansible.run(render(plan))
    assert changed == "failed"
    assert daemon.read_text() == "{}\n"
    daemon.write_text('{"userns-remap": "default"}\n')
    assert ansible.applied(render(plan)) == 1


@pytest.mark.slow
def test_what_deletes_has_to_be_allowed(ansible):
    log = ansible.file("c-json.log", "lines\n")
    volumes = [
        EngineCall("remove-volume", name, {}, ("docker", "volume", "rm", name))
        for name in ("{{ 1 / 0 }}", "gone")
    ]
    prune = EngineCall("prune-build-cache", "", {}, ("docker", "builder", "prune", "--force"))
    changes = [*volumes, prune, EmptyFile(str(log), 6)]
    text = render(plan_with(actions=tuple(("a-fix", change) for change in changes)))
    assert ansible.applied(text) == 0
    assert [line for line in ansible.called("docker") if "inspect" not in line] == []
    assert log.read_text() == "lines\n"
    allowed = ("-e", "hullcheck_allow_destructive=true")
    ansible.applied(text, "--check", *allowed)
    assert [line for line in ansible.called("docker") if "inspect" not in line] == []
    assert log.read_text() == "lines\n"
    assert ansible.applied(text, *allowed) == 2
    assert [line for line in ansible.called("docker") if "inspect" not in line] == [
        "docker volume rm {{ 1 / 0 }}",
        "docker builder prune --force",
    ]
    assert log.read_text() == ""


@pytest.mark.slow
def test_what_restarts_has_to_be_asked_for(ansible):
    daemon = ansible.file("daemon.json", "{}\n")
    plan = plan_of(fix_of(edit(daemon, {("icc",): False}, DAEMON_JSON)))
    plan = plan._replace(effects=(Effect(RELOAD_ENGINE), Effect(RESTART_ENGINE)))
    _, said = ansible.run(render(plan))
    assert "still needed: systemctl restart docker.service" in said
    assert ansible.called("systemctl") == [
        "systemctl show --property ActiveState --property CanReload docker.service",
        "systemctl reload docker.service",
    ]
    daemon.write_text("{}\n")
    ansible.stub("systemctl", SYSTEMCTL.replace("CanReload=yes", "CanReload=no"))
    ansible.applied(render(plan), "-e", "hullcheck_restart=true")
    assert ansible.called("systemctl") == [
        "systemctl show --property ActiveState --property CanReload docker.service",
        "systemctl show docker.service",
        "systemctl restart docker.service",
    ]


@pytest.mark.slow
def test_no_user_is_made(ansible):
    command = Command(("usermod", "-aG", "docker", "no-such-user-{{ 1 / 0 }}"))
    assert ansible.applied(render(plan_with(actions=(("a-fix", command),)))) == 0
    assert ansible.called("usermod") == []


@pytest.mark.slow
def test_nothing_from_the_host_is_a_template(ansible, tmp_path):
    proof = tmp_path / "proof"
    evil = f"{{{{ lookup('pipe', 'touch {proof}') }}}}"
    path = ansible.folder / "{{ 1 / 0 }}" / "zz-hullcheck.conf"
    plan = plan_of(fix_of(
        edit(path, {"vm.{{ x }}": "{% y %}"}, SYSCTL, header=evil),
        Command(("modprobe", evil)),
    ))  # fmt: skip
    assert ansible.applied(render(plan)) == 3
    assert path.read_text() == f"# {evil}\nvm.{{{{ x }}}} = {{% y %}}\n"
    assert ansible.called("modprobe") == [f"modprobe {evil}"]
    assert not proof.exists()


@pytest.mark.slow
def test_what_is_refused_ends_it_before_anything_is_changed(ansible):
    first = ansible.file("99-a.conf", "vm.x = 0\n")
    daemon = ansible.file("daemon.json", "{}\n")
    plan = plan_of(
        fix_of(edit(first, {"vm.x": "1"}, SYSCTL), id="first"),
        fix_of(edit(daemon, {("proxies", "http-proxy"): "http://me:hunter2@proxy"}), id="proxy"),
    )
    text = render(plan)
    assert "hunter2" not in text
    changed, said = ansible.run(text)
    assert changed == "failed"
    assert "hullcheck fix proxy --apply; for the others: hullcheck fix first --ansible" in said
    assert first.read_text() == "vm.x = 0\n"


# -- structure -----------------------------------------------------------------------------------


GOLDEN = """\
# Written by hullcheck VERSION.
#
# Look at what it would do, then let it:
#   ansible-playbook -i INVENTORY FILE --check --diff
#   ansible-playbook -i INVENTORY FILE
#
# live-restore (safe): Change what a test wants changed
#   sets live-restore
#
# WHAT IT MEANS
#   the engine reads its configuration again (SIGHUP); nothing stops
---
- name: "What hullcheck has planned"
  hosts: "all"
  become: true
  gather_facts: false
  tasks:
    - name: "Ask dockerd whether it can validate its configuration (from 23.0 on)"
      ansible.builtin.command:
        argv:
          - "dockerd"
          - "--help"
      register: "hullcheck_dockerd"
      changed_when: false
      failed_when: false
      check_mode: false
    - name: "Look at /etc/docker/daemon.json"
      ansible.builtin.stat:
        path: "/etc/docker/daemon.json"
        follow: true
        checksum_algorithm: "sha256"
      register: "hullcheck_stat"
    - name: "Read /etc/docker/daemon.json"
      ansible.builtin.slurp:
        src: "/etc/docker/daemon.json"
      register: "hullcheck_old"
      when: "hullcheck_stat.stat.exists"
    - name: "Set in /etc/docker/daemon.json: remove debug; \\"live-restore\\": true"
      ansible.builtin.copy:
        dest: "/etc/docker/daemon.json"
        content: "{{ hullcheck_after | to_nice_json(indent=2, sort_keys=False) }}\\n"
        follow: true
        mode: "{{ hullcheck_stat.stat.mode | default('0644') }}"
        validate: "{{ 'dockerd --validate --config-file %s' if '--validate' in (hullcheck_dockerd.stdout | default('')) and 'userns-remap' not in hullcheck_after else omit }}"
      vars:
        hullcheck_gone:
          - - "debug"
        hullcheck_settings:
          "live-restore": true
        hullcheck_before: "{{ ((hullcheck_old.content | default('') | b64decode | regex_replace('^\\\\ufeff', '') | trim) or '{}') | from_json | default({}, true) }}"
        hullcheck_kept_0: "{{ (hullcheck_before | dict2items | rejectattr('key', 'equalto', hullcheck_gone[0][0]) | items2dict) }}"
        hullcheck_after: "{{ hullcheck_kept_0 | combine(hullcheck_settings, recursive=True) }}"
      when:
        - "hullcheck_after | to_json(sort_keys=True) != hullcheck_before | to_json(sort_keys=True)"
      notify:
        - "reload the engine"
  handlers:
    - name: "See whether the engine runs"
      ansible.builtin.command:
        argv:
          - "systemctl"
          - "show"
          - "--property"
          - "ActiveState"
          - "--property"
          - "CanReload"
          - "docker.service"
      register: "hullcheck_engine"
      changed_when: false
      failed_when: false
      check_mode: false
      listen: "reload the engine"
    - name: "Have the engine read its configuration again"
      ansible.builtin.command:
        argv:
          - "systemctl"
          - "reload"
          - "docker.service"
      when:
        - "'ActiveState=active' in hullcheck_engine.stdout | default('')"
        - "'CanReload=yes' in hullcheck_engine.stdout"
      listen: "reload the engine"
"""


def test_the_playbook_to_be_read():
    data = b'{\n  "debug": true\n}\n'
    fix = fix_of(
        edit(
            "/etc/docker/daemon.json", {("debug",): REMOVED, ("live-restore",): True}, DAEMON_JSON
        ),
        id="live-restore",
    )
    proposal = fix.plan(None, None)
    taken = PlannedFix(fix, "changes", "sets live-restore", (), proposal)
    file = planned(
        "live-restore", path="/etc/docker/daemon.json", format=DAEMON_JSON, before=data,
        after=b'{\n  "live-restore": true\n}\n',
    )  # fmt: skip
    text = render(Plan((taken,), (file,), (), (Effect(RELOAD_ENGINE),)))
    assert text == GOLDEN.replace("VERSION", plan_ansible.__version__)


def test_a_merge_says_what_it_sets_and_takes():
    path = "/etc/docker/daemon.json"
    fix = fix_of(edit(path, {("a", "b"): REMOVED, ("c", "d"): 1, ("e",): {"f": 2}}, DAEMON_JSON))
    taken = PlannedFix(fix, "changes", "", (), fix.plan(None, None))
    file = planned(
        "test-fix", path=path, format=DAEMON_JSON, before=b'{"a": {"b": 0}, "e": {"x": 0}}',
        after=b'{"a": {}, "e": {"f": 2}, "c": {"d": 1}}',
    )  # fmt: skip
    copies = [task for module, _, task in tasks_of(Plan((taken,), (file,))) if module == "copy"]
    assert [task["vars"]["hullcheck_gone"] for task in copies] == [[["a", "b"], ["e"]]]
    assert [task["vars"]["hullcheck_settings"] for task in copies] == [
        {"e": {"f": 2}, "c": {"d": 1}}
    ]


@pytest.mark.parametrize(
    ("file", "change", "modules"),
    [
        # One line after the other, where lineinfile makes the same file of it.
        (b"vm.x = 0\n", edit("/f", {"vm.x": "1"}, SYSCTL), ["lineinfile"]),
        (b"vm.x = 0", edit("/f", {"vm.x": "1"}, SYSCTL), ["lineinfile"]),
        (b"vm.x = 0\nvm.x = 5\n", edit("/f", {"vm.x": None}, SYSCTL), ["lineinfile"]),
        (b"", edit("/f", {"a": True, "b": True}, NAMES), ["lineinfile"] * 2),
        # Whole, where it does not.
        (b"-vm.x\nvm.y=1\n", edit("/f", {"vm.x": "1"}, SYSCTL), ["stat", "assert", "copy"]),
        (b"vm.x = 0\r\n", edit("/f", {"vm.x": "1"}, SYSCTL), ["stat", "assert", "copy"]),
        (b"* - nofile 5\n", edit("/f", {("*", "soft", "nofile"): "1"}, LIMITS), ["lineinfile"]),
        # Sections: only in a file of our own.
        (b"[boot]\n", edit("/f", {("boot", "systemd"): "true"}, WSL_CONF), ["stat", "assert", "copy"]),
        (b"[S]\nA=1\n", edit("/f", {("S", "A"): ("2",)}, UNIT), ["stat", "assert", "copy"]),
        (b"[S]\nA=1\n", edit("/hullcheck.conf", {("S", "A"): ("2",)}, UNIT), ["lineinfile"] * 2),
        (b"[S]\n", edit("/hullcheck.conf", {("S", "A"): ("", "2")}, UNIT), ["stat", "assert", "copy"]),
        # New.
        (None, edit("/hullcheck.conf", {"vm.x": "1"}, SYSCTL), ["file", "copy", "lineinfile"]),
        (None, edit("/wsl.conf", {("boot", "a"): "b"}, WSL_CONF), ["stat", "assert", "file", "copy"]),
        (None, edit("/d.json", {("a",): 1}, DAEMON_JSON),
         ["command", "file", "stat", "slurp", "copy"]),
        # A key that is there twice is one key too many for Ansible, and none for the engine.
        (b'{"a": 0, "a": 0}', edit("/d.json", {("a",): 1}, DAEMON_JSON),
         ["command", "stat", "slurp", "copy"]),
    ],
)  # fmt: skip
def test_which_way_a_file_is_changed(file, change, modules):
    from fixes.editing import edited

    fix = fix_of(change)
    taken = PlannedFix(fix, "changes", "", (), fix.plan(None, None))
    after = edited(file, change)
    there = planned("test-fix", path=change.path, format=change.format, before=file, after=after)
    assert modules_of(Plan((taken,), (there,))) == modules


def test_files_that_hold_secrets_are_not_shown():
    path = "/etc/docker/daemon.json"
    fix = fix_of(edit(path, {("icc",): False}, DAEMON_JSON))
    taken = PlannedFix(fix, "changes", "", (), fix.plan(None, None))
    secret = '"proxies": {"http-proxy": "http://me:hunter2@proxy"}'
    file = planned(
        "test-fix", path=path, format=DAEMON_JSON, before=f"{{{secret}}}".encode(),
        after=f'{{{secret}, "icc": false}}'.encode(),
    )  # fmt: skip
    plan = Plan((taken,), (file,))
    assert "hunter2" not in render(plan)
    assert [task.get("no_log") for _, _, task in tasks_of(plan)] == [None, True, True, True]


SECRET = b'{"http-proxy": "http://me:hunter2@proxy"}\n'


@pytest.mark.parametrize(
    "plan",
    [
        plan_with(planned(before=b"x\n", after=SECRET)),
        plan_with(planned(before=SECRET, after=b"x\n")),
        plan_with(planned(after=SECRET.replace(b"me:hunter2", b"REDACTED"))),
        plan_with(planned(after=b"latin \xe9\n")),
        plan_with(planned(path="C:\\x", after=b"x\n")),
        plan_with(planned(path="/etc/a\nb", after=b"x\n")),
        plan_with(planned(path="/etc/\udcff", after=b"x\n")),
        plan_with(actions=(("a-fix", Command(("x", "--password", "hunter2"))),)),
    ],
)
def test_refusals(plan):
    text = render(plan)
    assert "hunter2" not in text
    text.encode()
    assert modules_of(plan) == ["fail"]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("usermod", "-aG", "docker", "al"), {"user": {"name": "al", "groups": ["docker"], "append": True}}),
        (("addgroup", "al", "docker"), {"user": {"name": "al", "groups": ["docker"], "append": True}}),
        (("systemctl", "daemon-reload"), {"systemd_service": {"daemon_reload": True}}),
        (("systemctl", "enable", "x"), {"systemd_service": {"name": "x", "enabled": True}}),
        (("systemctl", "--user", "start", "x"),
         {"systemd_service": {"name": "x", "state": "started", "scope": "user"}, "become": False}),
        (("systemctl", "reset-failed", "x", "y"),
         {"command": {"argv": ["systemctl", "reset-failed", "x", "y"]}, "changed_when": False}),
        (("systemctl", "enable", "--now", "x"), {"command": {"argv": ["systemctl", "enable", "--now", "x"]}}),
        (("systemctl", "mask", "x"), {"command": {"argv": ["systemctl", "mask", "x"]}}),
        (("modprobe", "br-netfilter"),
         {"command": {"argv": ["modprobe", "br-netfilter"], "creates": "/sys/module/br_netfilter"}}),
        (("chmod", "600", "/x"), {"file": {"path": "/x", "mode": "0600"}}),
        (("chown", "-h", "5:6", "/x"), {"file": {"path": "/x", "owner": "5", "group": "6", "follow": False}}),
        (("chmod", "u+x", "/x"), {"command": {"argv": ["chmod", "u+x", "/x"]}}),
    ],
)  # fmt: skip
def test_commands_as_modules(argv, expected):
    task = plan_ansible._command(Command(argv))[-1]
    ignored = {"name", "vars", "when"}
    found = {key.removeprefix("ansible.builtin."): value for key, value in task.items()}
    assert {key: value for key, value in found.items() if key not in ignored} == expected


def test_what_notifies_what():
    units = fix_of(edit("/hullcheck.conf", {("S", "A"): ("1",)}, UNIT),
                   id="units", effects=(Effect(RELOAD_UNITS),))  # fmt: skip
    other = fix_of(edit("/f", {"vm.x": "1"}, SYSCTL), id="other")
    keys = fix_of(edit("/d.json", {("a",): 1}, DAEMON_JSON), id="keys")
    plan = Plan(
        tuple(PlannedFix(f, "changes", "", (), f.plan(None, None)) for f in (units, other, keys)),
        (
            planned("units", path="/hullcheck.conf", format=UNIT, before=b"[S]\nA=0\n", after=b"[S]\nA=1\n"),
            planned("other", path="/f", before=b"vm.x=0\n", after=b"vm.x=1\n"),
            planned("keys", path="/d.json", format=DAEMON_JSON, before=b"{}", after=b'{"a": 1}'),
        ),
        effects=(Effect(RELOAD_UNITS), Effect(RESTART_ENGINE), Effect("new-login", "al")),
    )  # fmt: skip
    notified = [
        task.get("notify") for module, _, task in tasks_of(plan) if module in {"copy", "lineinfile"}
    ]
    assert notified == [["reload the units"], ["reload the units"], None, ["restart the engine"]]
    handlers = plan_ansible._Playbook(plan).handlers()
    assert [task.get("listen", task["name"]) for task in handlers] == [
        "reload the units", "restart the engine", "restart the engine"
    ]  # fmt: skip
    assert "#   a new login of al\n" in render(plan)


def test_a_user_s_engine_is_the_user_s_systemd_s():
    file = planned(path="/home/al/.config/docker/daemon.json", format=DAEMON_JSON, after=b"{}\n")
    plan = plan_with(file, effects=(Effect(RELOAD_UNITS), Effect(RESTART_ENGINE)))
    reload, restart, say = plan_ansible._Playbook(plan).handlers()
    assert reload["ansible.builtin.systemd_service"] == {"daemon_reload": True, "scope": "user"}
    assert restart["ansible.builtin.systemd_service"]["scope"] == "user"
    assert (reload["become"], restart["become"]) == (False, False)
    assert "systemctl --user restart docker.service" in say["ansible.builtin.debug"]["msg"]


def test_nothing_to_change():
    text = render(Plan(()))
    assert "# There is nothing to change.\n" in text
    assert text.endswith("  tasks: []\n")


# -- YAML ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [], "b": {}, "c": None, "d": True}, ["a: []", "b: {}", "c: null", "d: true"]),
        ({"a": [{"b": 1, "c": [2, [3]]}]}, ["a:", "  - b: 1", "    c:", "      - 2", "      - - 3"]),
        ({Plain("on"): "no"}, ['"on": "no"']),
        ({"a": "{{ ours }}"}, ['a: "{{ ours }}"']),
        ({"a": Plain("{{ theirs }}")}, ['a: !unsafe "{{ theirs }}"']),
        ({"a": Plain("plain")}, ['a: "plain"']),
        ({"a": "one\n"}, ['a: "one\\n"']),
        ({"a": "one\n  two\n"}, ['a: "one\\n\\', "  \\  two\\n\\", '  "']),
        ({"a": 'q"\\\t\x85\u202e\u00fc\U0001f40b\U000e0041'},
         ['a: "q\\"\\\\\\t\\u0085\\u202e\u00fc\U0001f40b\\U000e0041"']),
    ],
)  # fmt: skip
def test_yaml(value, expected):
    assert "\n".join(plan_ansible.emit(value)).split("\n") == expected


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text().map(Plain),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().map(Plain), inner),
    max_leaves=12,
)


@given(TREES)
def test_yaml_is_read_back_as_it_was(value):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not there to read it back")

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", Loader.construct_yaml_str)
    assert yaml.load("\n".join(plan_ansible.emit([value])), Loader) == [value]
