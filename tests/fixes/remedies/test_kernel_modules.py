from __future__ import annotations

import gzip
from typing import Any

import pytest

from fixes.editing import edited
from fixes.model import BY_HAND, CHANGES, NOTHING, Command
from fixes.remedies.kernel_modules import FAMILY
from fixes.remedies.kernel_settings import MODULES, OURS
from probes import kernel
from probes.host.questions import Unreadable
from tests.fixes.remedies.applying import applied, edits, findings, kinds, only, outcomes, planned
from tests.hosts.machine import MODULAR_CONFIG
from tests.probes.linux_host import data
from tests.probes.linux_host import linux_host as recorded

RELEASE = "6.1.0-28-amd64"
ON_DISK = f"/lib/modules/{RELEASE}/kernel"
NO_FILTER = {"/proc/sys/net/bridge/bridge-nf-call-iptables": None}
LEGACY = {
    "/usr/sbin/iptables": "/usr/sbin/xtables-legacy-multi",
    "/etc/alternatives/iptables": None,
}


MODULAR = {"/proc/config.gz": gzip.compress(MODULAR_CONFIG.encode())}


def linux_host(**changes: Any) -> Any:
    """The recorded host, with a kernel that has as modules what can be one."""
    return recorded(files={**MODULAR, **changes.pop("files", {})}, **changes)


def loaded(*names: str) -> dict[str, str]:
    return {"/proc/modules": "".join(f"{name} 16384 0 - Live 0x0\n" for name in names)}


def on_disk(**folders: str) -> dict[str, str]:
    return {f"{ON_DISK}/{folder}/{name}.ko": "" for name, folder in folders.items()}


BRIDGE = on_disk(br_netfilter="net/bridge", veth="drivers/net", bridge="net/bridge")


def filtering(**changes: Any) -> Any:
    """An engine 27 on a host without br_netfilter, for which the check speaks up."""
    version = {**data("network/version-28.json"), "Version": "27.5.1"}
    files = {**NO_FILTER, **loaded("overlay", "veth", "bridge"), **BRIDGE}
    return linux_host(
        engine={"/version": version}, files={**files, **changes.pop("files", {})}, **changes
    )


def test_bridge_filtering_comes_with_its_module():
    host = filtering()
    assert outcomes(kernel.TOPIC, host, "bridge-filtering-off") == {"fail"}
    proposal = planned("kernel-modules", host)
    assert proposal.outcome == CHANGES
    assert edits(proposal) == {
        MODULES: {"br_netfilter": True},
        OURS: {"net.bridge.bridge-nf-call-iptables": "1"},
    }
    assert only(proposal, "command") == [
        Command(
            ("modprobe", "br_netfilter"),
            ("modprobe", "-r", "br_netfilter"),
            "loads the module br_netfilter",
        )
    ]
    assert any("FORWARD" in note for note in proposal.notes)
    assert edited(None, proposal.changes[0]) == (
        b"# Kernel modules for containers, set by hullcheck.\nbr_netfilter\n"
    )
    after = applied(host, proposal)
    assert outcomes(kernel.TOPIC, after, "bridge-filtering-off") == {"pass"}
    assert planned("kernel-modules", after).outcome == NOTHING
    found = findings(kernel.TOPIC, host, "bridge-filtering-off")
    assert planned("kernel-modules", host, *found).changes == proposal.changes


def test_a_loaded_module_whose_setting_is_off_needs_the_setting_alone():
    host = filtering(
        files={
            "/proc/sys/net/bridge/bridge-nf-call-iptables": "0\n",
            **loaded("overlay", "veth", "bridge", "br_netfilter"),
        }
    )
    proposal = planned("kernel-modules", host)
    assert kinds(proposal) == ["edit", "sysctl"]
    assert outcomes(kernel.TOPIC, applied(host, proposal), "bridge-filtering-off") == {"pass"}


def test_asked_for_by_name_it_loads_what_every_engine_needs():
    files = {
        **loaded(),
        **on_disk(veth="drivers/net", bridge="net/bridge"),
        f"{ON_DISK}/fs/overlayfs/overlay.ko": None,
        f"/lib/modules/{RELEASE}/modules.builtin": "kernel/fs/overlayfs/overlay.ko\n",
    }
    host = linux_host(files=files)
    proposal = planned("kernel-modules", host)
    assert edits(proposal) == {MODULES: {"veth": True, "bridge": True}}
    assert [c.argv for c in only(proposal, "command")] == [
        ("modprobe", "veth"),
        ("modprobe", "bridge"),
    ]
    assert planned("kernel-modules", applied(host, proposal)).outcome == NOTHING


def test_the_user_may_name_modules():
    host = linux_host(
        files={
            **loaded("overlay"),
            **on_disk(iptable_raw="net/ipv4/netfilter", veth="drivers/net"),
        }
    )
    proposal = planned("kernel-modules", host, modules="iptable_raw, overlay")
    assert [c.argv for c in only(proposal, "command")] == [("modprobe", "iptable_raw")]
    assert planned("kernel-modules", host, modules="overlay").reason == "overlay is loaded already."
    for bad in ("--remove", "overlay;reboot", "zfs"):
        with pytest.raises(ValueError, match="none of them"):
            planned("kernel-modules", host, modules=bad)


def test_a_host_that_is_fine_is_left_alone():
    host = linux_host(files=loaded("overlay", "veth", "bridge", "br_netfilter"))
    assert planned("kernel-modules", host).outcome == NOTHING


@pytest.mark.parametrize(
    ("os_release", "words"),
    [
        ("ID=ubuntu\nVERSION_ID=24.04\n", f"sudo apt-get install linux-modules-extra-{RELEASE}"),
        ('ID=rocky\nID_LIKE="rhel fedora"\nVERSION_ID=9\n', f"kernel-modules-extra-{RELEASE}"),
        ("ID=alpine\n", "sudo apk add linux-lts"),
        ("ID=debian\n", "boot a kernel of the distribution"),
        ("ID=gentoo\n", "boot a kernel of the distribution"),
    ],
)  # fmt: skip
def test_a_module_that_is_not_on_disk_takes_a_package(os_release, words):
    host = linux_host(
        links=LEGACY,
        files={
            "/etc/os-release": os_release,
            "/usr/sbin/xtables-legacy-multi": "",
            **on_disk(ip_tables="net/ipv4/netfilter", veth="drivers/net"),
            **loaded("overlay", "veth", "bridge", "br_netfilter", "ip_tables"),
        },
        runs={("iptables", "--version"): (0, "iptables v1.8.9 (legacy)\n", "")},
    )
    assert outcomes(kernel.TOPIC, host, "iptable-raw-missing") == {"fail"}
    proposal = planned("kernel-modules", host)
    assert proposal.outcome == BY_HAND
    assert "iptable_raw" in proposal.reason
    assert words in proposal.steps[0]


def test_overlay_that_is_nowhere():
    info = {**data("network/info-28.json"), "Driver": "vfs", "CgroupVersion": "2"}
    host = linux_host(
        engine={"/info": info},
        files={
            "/proc/filesystems": "\text4\n",
            f"{ON_DISK}/fs/overlayfs/overlay.ko": None,
            f"{ON_DISK}/fs/ext4/ext4.ko": "",
            **loaded("veth", "bridge", "br_netfilter"),
        },
    )
    (found,) = findings(kernel.TOPIC, host, "overlay-unavailable")
    assert found.outcome == "fail"
    assert planned("kernel-modules", host, found).outcome == BY_HAND


def test_modules_of_a_kernel_that_was_upgraded_take_a_reboot():
    host = linux_host(
        files={
            f"{ON_DISK}/fs/overlayfs/overlay.ko": None,
            f"/lib/modules/{RELEASE}/modules.builtin": None,
            "/lib/modules/6.1.0-30-amd64/modules.builtin": "",
        }
    )
    assert outcomes(kernel.TOPIC, host, "kernel-modules-gone") == {"fail"}
    proposal = planned("kernel-modules", host)
    assert proposal.outcome == BY_HAND
    assert proposal.steps[0].startswith("sudo reboot")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"/run/systemd/container": "lxc"}, "sudo modprobe br_netfilter"),
        ({"/run/current-system/nixos-version": "25.11"}, 'boot.kernelModules = [ "br_netfilter" ];'),
        ({"/etc/synoinfo.conf": ""}, "insmod"),
    ],
)  # fmt: skip
def test_modules_that_are_somebody_elses_to_load(files, words):
    proposal = planned("kernel-modules", filtering(files=files))
    assert proposal.outcome == BY_HAND
    assert any(words in step for step in proposal.steps)


@pytest.mark.parametrize(
    ("line", "forbids"),
    [
        ("install br_netfilter /bin/false", True),
        ("install br-netfilter /usr/bin/true", True),
        ("blacklist br_netfilter", True),
        ("# blacklist br_netfilter", False),
        ("install br_netfilter /sbin/modprobe --ignore-install br_netfilter", False),
        ("blacklist br_netfilter2", False),
        ("options br_netfilter x=1", False),
    ],
)
def test_a_module_that_somebody_has_forbidden_is_not_loaded(line, forbids):
    host = filtering(files={"/etc/modprobe.d/cis.conf": f"# CIS\n{line}\n"})
    proposal = planned("kernel-modules", host)
    assert (proposal.outcome == BY_HAND) is forbids
    assert ("/etc/modprobe.d/cis.conf line 2" in proposal.reason) is forbids


@pytest.mark.parametrize(
    ("kind", "changes", "given"),
    [
        ("inapplicable", {"env": {"DOCKER_HOST": "tcp://192.0.2.9:2376"}}, {}),
        ("absent", {"files": {f"{ON_DISK}/fs/overlayfs/overlay.ko": None, **loaded()}},
         {"modules": "veth"}),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_not_guessed(kind, changes, given):
    if given:
        changes["files"]["/proc/config.gz"] = None
    with pytest.raises(Unreadable) as caught:
        planned("kernel-modules", linux_host(**changes), **given)
    assert caught.value.kind == kind


def test_the_family_holds_the_one_fix():
    assert [fix.id for fix in FAMILY.fixes] == ["kernel-modules"]
