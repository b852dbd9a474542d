"""A transaction on real files: applied whole, undone to the byte, refused, taken back."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fixes import machine, transaction
from fixes.journal import Busy, in_force
from fixes.model import NAMES, SYSCTL, WHOLE, Command, RemoveFile, SetSysctl
from tests.fixes.workbench import (
    apply,
    context,
    edit,
    fix_of,
    left_overs,
    plan_of,
    recover,
    undo,
)

BEFORE = b'{\r\n\t"debug": false,\r\n\t"labels": ["a=b"]\r\n}'
AFTER = b'{\r\n\t"debug": false,\r\n\t"labels": ["a=b"],\r\n\t"log-driver": "local"\r\n}'

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, owners and links of a Unix")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "etc" / "daemon.json"
    path.parent.mkdir()
    path.write_bytes(BEFORE)
    path.chmod(0o640)
    return path


@pytest.fixture
def made(tmp_path):
    return context(tmp_path / "state")


def identity(path):
    found = path.stat()
    return path.read_bytes(), stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid


# -- applied and undone ----------------------------------------------------------------------------


def test_apply_writes_what_the_plan_shows_and_undo_brings_it_all_back(file, made):
    if os.geteuid() == 0:
        os.chown(file, 4711, 4712)
    before = identity(file)
    plan = plan_of(fix_of(edit(file)))
    outcome = apply(plan, made)
    assert outcome.state == "committed"
    assert identity(file) == (AFTER, *before[1:])
    assert undo(outcome.id, made).state == "committed"
    assert identity(file) == before
    assert left_overs(file.parent, made.journal.folder) == []


def test_applying_twice_is_applying_once(file, made):
    apply(plan_of(fix_of(edit(file))), made)
    again = plan_of(fix_of(edit(file)))
    assert not again.changes
    assert again.fixes[0].outcome == "nothing"


def test_an_undo_can_be_undone_and_undone_again(file, made):
    first = apply(plan_of(fix_of(edit(file))), made)
    second = undo(first.id, made)
    assert file.read_bytes() == BEFORE
    third = undo(second.id, made)
    assert file.read_bytes() == AFTER
    entries = made.journal.entries()
    assert [in_force(entry, entries) for entry in entries] == [True, False, True]
    undo(third.id, made)
    assert file.read_bytes() == BEFORE


def test_what_is_undone_is_not_undone_twice(file, made):
    first = apply(plan_of(fix_of(edit(file))), made)
    second = undo(first.id, made)
    with pytest.raises(transaction.Refused, match=f"undone by {second.id}"):
        undo(first.id, made)


def test_a_new_file_and_its_folders_go_away_again(tmp_path, made):
    path = tmp_path / "etc" / "docker" / "daemon.json"
    outcome = apply(plan_of(fix_of(edit(path, mode=0o600))), made)
    assert path.read_bytes() == b'{\n  "log-driver": "local"\n}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    back = undo(outcome.id, made)
    assert not (tmp_path / "etc").exists()
    undo(back.id, made)
    assert path.exists()


def test_a_removed_file_and_a_removed_link_come_back(tmp_path, file, made):
    link = tmp_path / "plugin"
    link.symlink_to("/nowhere/docker-compose")
    before = identity(file)
    outcome = apply(plan_of(fix_of(RemoveFile(str(file)), RemoveFile(str(link)))), made)
    assert not file.exists()
    assert not link.is_symlink()
    undo(outcome.id, made)
    assert identity(file) == before
    assert str(link.readlink()) == "/nowhere/docker-compose"


def test_two_fixes_of_one_file_are_one_write(file, made):
    other = edit(file, {("debug",): True})
    plan = plan_of(fix_of(edit(file), id="one"), fix_of(other, id="two"))
    assert [f.fixes for f in plan.files] == [("one", "two")]
    apply(plan, made)
    assert file.read_bytes() == AFTER.replace(b"false", b"true")


def test_extended_attributes_survive(file, made):
    try:
        os.setxattr(file, "user.origin", b"mother")
    except OSError:
        pytest.skip("this file system keeps no extended attributes")
    outcome = apply(plan_of(fix_of(edit(file))), made)
    assert os.getxattr(file, "user.origin") == b"mother"
    undo(outcome.id, made)
    assert os.getxattr(file, "user.origin") == b"mother"


def test_commands_run_in_order_and_are_taken_back_in_reverse(tmp_path, made):
    one, two = tmp_path / "one", tmp_path / "two"
    plan = plan_of(
        fix_of(
            Command(("mkdir", str(one)), undo=("rmdir", str(one))),
            Command(("mkdir", str(one / "in")), undo=("rmdir", str(one / "in"))),
            Command(("mkdir", str(two)), undo=("rmdir", str(two))),
        )
    )
    outcome = apply(plan, made)
    assert (one / "in").is_dir()
    assert two.is_dir()
    undo(outcome.id, made)
    assert not one.exists()
    assert not two.exists()


def test_a_command_that_fails_takes_everything_back(file, tmp_path, made):
    done = tmp_path / "done"
    plan = plan_of(
        fix_of(
            edit(file),
            Command(("mkdir", str(done)), undo=("rmdir", str(done))),
            Command(("ls", "/nonexistent-folder")),
        )
    )
    outcome = apply(plan, made)
    assert outcome.state == "rolled-back"
    assert "/nonexistent-folder" in outcome.reason
    assert file.read_bytes() == BEFORE
    assert not done.exists()


# -- links, mounts, links of the other kind --------------------------------------------------------


def test_a_symbolic_link_stays_one(file, tmp_path, made):
    link = tmp_path / "daemon.json"
    link.symlink_to("etc/daemon.json")
    outcome = apply(plan_of(fix_of(edit(link))), made)
    assert link.is_symlink()
    assert file.read_bytes() == AFTER
    undo(outcome.id, made)
    assert link.is_symlink()
    assert file.read_bytes() == BEFORE


def test_a_hard_link_stays_one(file, tmp_path, made):
    other = tmp_path / "other-name"
    os.link(file, other)
    outcome = apply(plan_of(fix_of(edit(file))), made)
    assert other.read_bytes() == AFTER
    assert file.stat().st_ino == other.stat().st_ino
    undo(outcome.id, made)
    assert other.read_bytes() == BEFORE


def test_a_loop_of_links_is_told(tmp_path):
    path = tmp_path / "loop"
    path.symlink_to("loop")
    planned = plan_of(fix_of(edit(path)))
    assert planned.fixes[0].outcome == "by-hand"
    assert "loop of symbolic links" in planned.fixes[0].reason


def test_a_folder_swapped_for_a_link_is_not_written_through(file, tmp_path, made):
    plan = plan_of(fix_of(edit(file)))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "daemon.json").write_bytes(BEFORE)
    (elsewhere / "daemon.json").chmod(0o640)
    file.parent.rename(tmp_path / "moved")
    (tmp_path / "etc").symlink_to("elsewhere")
    outcome = apply(plan, made)
    assert outcome.state != "committed"
    assert "replaced by a symbolic link" in outcome.reason
    assert (elsewhere / "daemon.json").read_bytes() == BEFORE


# -- refused ---------------------------------------------------------------------------------------


def test_a_file_that_changed_since_the_plan_is_not_touched(file, made):
    plan = plan_of(fix_of(edit(file)))
    file.write_bytes(b'{"debug": true}')
    with pytest.raises(transaction.Changed, match="changed since this plan was made"):
        apply(plan, made)
    assert file.read_bytes() == b'{"debug": true}'
    assert made.journal.entries() == []


def test_undo_leaves_what_somebody_else_has_changed_and_shows_both_sides(file, made):
    outcome = apply(plan_of(fix_of(edit(file))), made)
    theirs = AFTER.replace(b"false", b"true")
    file.write_bytes(theirs)
    with pytest.raises(transaction.Changed, match="changed by somebody else") as caught:
        undo(outcome.id, made)
    assert file.read_bytes() == theirs
    diff = "\n".join(caught.value.diff)
    assert '-\t"log-driver": "local"' in diff
    assert '+\t"debug": true,' in diff
    assert f"+++ {file} (before)" in diff
    assert f"+++ {file} (now)" in diff


def test_undo_names_the_later_transaction_of_ours(file, made):
    first = apply(plan_of(fix_of(edit(file))), made)
    later = apply(plan_of(fix_of(edit(file, {("debug",): True}))), made)
    with pytest.raises(transaction.Changed, match=f"undo that first .hullcheck undo {later.id}"):
        undo(first.id, made)
    undo(later.id, made)
    undo(first.id, made)
    assert file.read_bytes() == BEFORE


def test_only_one_at_a_time(file, tmp_path, made):
    plan = plan_of(fix_of(edit(file)))
    with made.journal.locked(), pytest.raises(Busy, match="another hullcheck"):
        apply(plan, context(tmp_path / "state"))
    assert file.read_bytes() == BEFORE


def test_a_file_that_is_no_json_is_left_alone(file, made):
    file.write_bytes(b"{ broken")
    plan = plan_of(fix_of(edit(file)))
    assert plan.fixes[0].outcome == "by-hand"
    assert not plan.changes


@pytest.mark.parametrize(
    ("header", "owner"),
    [
        ("# Ansible managed: do not edit", "Ansible"),
        ("# This file is managed by Puppet. DO NOT EDIT.", "Puppet"),
        ("# Generated by Chef for web-07", "Chef"),
        ("; managed by acme-config-tool 3", "acme-config-tool"),
        ("# do not modify by hand", "another tool"),
    ],
)
def test_a_file_of_another_tool_is_left_to_it(tmp_path, made, header, owner):
    path = tmp_path / "90-net.conf"
    path.write_text(f"{header}\nnet.ipv4.ip_forward = 0\n")
    change = edit(path, {"net.ipv4.ip_forward": "1"}, SYSCTL)
    plan = plan_of(fix_of(change))
    assert plan.fixes[0].outcome == "by-hand"
    assert [item.name for _, item in plan.fixes[0].owners] == [owner]
    assert not plan.changes
    from fixes.plan import Consents

    consented = Consents(take_over=True)
    assert apply(plan_of(fix_of(change), consents=consented), made).state == "committed"
    assert path.read_text() == f"{header}\nnet.ipv4.ip_forward = 1\n"


def test_a_file_of_our_own_has_no_other_owner(tmp_path, made):
    path = tmp_path / "hullcheck.conf"
    change = edit(path, {"overlay": True}, NAMES, header="Made by hullcheck fix. Do not edit.")
    apply(plan_of(fix_of(change)), made)
    more = edit(path, {"br_netfilter": True}, NAMES)
    assert plan_of(fix_of(more)).fixes[0].outcome == "changes"


def test_a_whole_file_never_replaces_another(tmp_path):
    path = tmp_path / "there.conf"
    path.write_text("of somebody\n")
    plan = plan_of(fix_of(edit(path, {"": "ours\n"}, WHOLE)))
    assert plan.fixes[0].outcome == "by-hand"


# -- the machine says no ---------------------------------------------------------------------------


@pytest.fixture
def mounted(tmp_path):
    """Mounts a file system of its own at tmp_path/mnt; unmounted at the end."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    done = []

    def mount(*arguments):
        target = tmp_path / f"mnt{len(done)}"
        target.mkdir()
        ran = subprocess.run(["mount", *arguments, str(target)], capture_output=True, check=False)
        if ran.returncode:
            pytest.skip(f"mount {arguments[0]} is not possible here: {ran.stderr.decode()}")
        done.append(target)
        return target

    yield mount
    for target in reversed(done):
        subprocess.run(["umount", "-l", str(target)], check=True)


@pytest.fixture
def small_disk(mounted, tmp_path):
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(256 << 10)
    made = subprocess.run(["mke2fs", "-q", "-F", "-m", "0", str(image)], check=False)
    if made.returncode:
        pytest.skip("mke2fs is not here")
    return mounted("-o", "loop", str(image))


def fill(folder):
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 1024)
        except OSError:
            pass


def test_a_full_disk_changes_nothing(small_disk, made):
    file = small_disk / "daemon.json"
    file.write_bytes(BEFORE)
    plan = plan_of(fix_of(edit(file)))
    fill(small_disk)
    outcome = apply(plan, made)
    assert outcome.state == "rolled-back"
    assert "no space is left" in outcome.reason
    assert file.read_bytes() == BEFORE
    assert left_overs(small_disk) == []


def test_a_full_disk_changes_nothing_through_a_hard_link(small_disk, made):
    file = small_disk / "daemon.json"
    file.write_bytes(BEFORE)
    os.link(file, small_disk / "other-name")
    big = edit(file, {("labels",): ["x" * 8000]})
    plan = plan_of(fix_of(big))
    fill(small_disk)
    outcome = apply(plan, made)
    assert outcome.state == "rolled-back"
    assert file.read_bytes() == BEFORE


def test_no_room_for_the_journal_means_nothing_is_begun(small_disk, file):
    made = context(small_disk / "state")
    with made.journal.locked():
        pass
    plan = plan_of(fix_of(edit(file)))
    fill(small_disk)
    with pytest.raises(machine.Failed, match="the journal cannot be"):
        apply(plan, made)
    assert file.read_bytes() == BEFORE


def test_a_read_only_file_system_is_told(mounted, tmp_path, made):
    target = mounted("-t", "tmpfs", "tmpfs")
    file = target / "daemon.json"
    file.write_bytes(BEFORE)
    plan = plan_of(fix_of(edit(file)))
    subprocess.run(["mount", "-o", "remount,ro", str(target)], check=True)
    outcome = apply(plan, made)
    assert outcome.state == "rolled-back"
    assert "its file system is read-only" in outcome.reason


@as_root
def test_an_immutable_file_is_told_with_the_command(file, made):
    if subprocess.run(["chattr", "+i", str(file)], capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no chattr +i")
    try:
        outcome = apply(plan_of(fix_of(edit(file))), made)
    finally:
        subprocess.run(["chattr", "-i", str(file)], check=True)
    assert outcome.state == "rolled-back"
    assert f"chattr -i {file}" in outcome.reason
    assert file.read_bytes() == BEFORE


def test_a_link_to_another_device_is_followed(mounted, tmp_path, made):
    target = mounted("-t", "tmpfs", "tmpfs")
    real = target / "real.json"
    real.write_bytes(BEFORE)
    link = tmp_path / "daemon.json"
    link.symlink_to(real)
    outcome = apply(plan_of(fix_of(edit(link))), made)
    assert outcome.state == "committed"
    assert real.read_bytes() == AFTER
    undo(outcome.id, made)
    assert real.read_bytes() == BEFORE


def test_a_bind_mounted_file_is_written_through(file, tmp_path, made):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    point = tmp_path / "point.json"
    point.write_bytes(b"")
    ran = subprocess.run(["mount", "--bind", str(file), str(point)], check=False)
    if ran.returncode:
        pytest.skip("bind mounts are not possible here")
    try:
        outcome = apply(plan_of(fix_of(edit(point))), made)
        assert outcome.state == "committed"
        assert file.read_bytes() == AFTER
        assert undo(outcome.id, made).state == "committed"
        assert file.read_bytes() == BEFORE
    finally:
        subprocess.run(["umount", str(point)], check=True)


# -- kernel settings -------------------------------------------------------------------------------

TRY = """
import sys
from tests.fixes import workbench as w
from fixes.model import SetSysctl
made = w.context(sys.argv[1])
key, value, before = sys.argv[2:5]
outcome = w.apply(w.plan_of(w.fix_of(SetSysctl(key, value, before))), made)
now = open("/proc/sys/" + key.replace(".", "/")).read().split()
print(outcome.state, *now)
if outcome.state == "committed":
    w.undo(outcome.id, made)
    print(*open("/proc/sys/" + key.replace(".", "/")).read().split())
else:
    print(outcome.reason)
"""


def in_network_namespace(*arguments):
    if os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    ran = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", TRY, *map(str, arguments)],
        capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    if "unshare failed" in ran.stderr:
        pytest.skip("network namespaces are not possible here")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_a_kernel_setting_is_set_and_set_back(tmp_path):
    lines = in_network_namespace(tmp_path / "state", "net.ipv4.ip_default_ttl", "99", "64")
    assert lines == ["committed 99", "64"]


def test_a_kernel_setting_with_several_numbers(tmp_path):
    key = "net.ipv4.ip_local_port_range"
    lines = in_network_namespace(tmp_path / "state", key, "10000 20000", "32768 60999")
    assert lines == ["committed 10000 20000", "32768 60999"]


def test_a_value_that_the_kernel_refuses_is_told(tmp_path):
    lines = in_network_namespace(tmp_path / "state", "net.ipv4.ip_default_ttl", "99999", "64")
    assert lines[0] == "rolled-back 64"
    assert "the kernel refuses '99999'" in lines[1]


@pytest.mark.parametrize("key", ["../kernel/x", "net..x", "", "net/../../x"])
def test_a_key_that_leads_elsewhere_is_refused(key):
    with pytest.raises(machine.Failed):
        machine.sysctl_path(key)


def test_the_file_of_a_key():
    assert machine.sysctl_path("net.ipv4.ip_forward") == "/proc/sys/net/ipv4/ip_forward"
    assert machine.sysctl_path("net.ipv4.conf.eth0/1.mtu") == "/proc/sys/net/ipv4/conf/eth0.1/mtu"
    assert machine.sysctl_path("net/ipv4/conf/eth0.1/mtu") == "/proc/sys/net/ipv4/conf/eth0.1/mtu"


# -- interrupted -----------------------------------------------------------------------------------


def test_an_interrupt_takes_everything_back(file, tmp_path):
    def stop(text):
        if text.startswith("ran mkdir"):
            raise KeyboardInterrupt

    made = context(tmp_path / "state", say=stop)
    done = tmp_path / "done"
    command = Command(("mkdir", str(done)), undo=("rmdir", str(done)))
    with pytest.raises(KeyboardInterrupt):
        apply(plan_of(fix_of(edit(file), command)), made)
    assert file.read_bytes() == BEFORE
    assert not done.exists()
    assert [entry.state for entry in made.journal.entries()] == ["rolled-back"]
    assert recover(made) == []


def test_what_somebody_changed_meanwhile_is_left_and_told(file, tmp_path):
    theirs = b'{"theirs": true}'

    def meddle(text):
        if text.startswith("wrote"):
            file.write_bytes(theirs)

    made = context(tmp_path / "state", say=meddle)
    outcome = apply(plan_of(fix_of(edit(file))), made)
    assert outcome.state == "stuck"
    assert file.read_bytes() == theirs
    assert any("changed by somebody else" in text for text in outcome.by_hand)
    assert any(text.startswith("cp -- ") for text in outcome.by_hand)


def test_set_sysctl_is_a_change_with_its_own_way_back():
    change = SetSysctl("vm.max_map_count", "262144", "65530")
    assert transaction._inverse(change) == SetSysctl("vm.max_map_count", "65530", "262144")


def test_a_command_that_is_not_there_is_told_apart_from_one_that_hangs():
    with pytest.raises(machine.NoProgram):
        machine.run(("no-such-program-here",))
    with pytest.raises(machine.Failed) as caught:
        machine.run(("sleep", "30"), 0.2)
    assert not isinstance(caught.value, machine.NoProgram)
