"""Control groups: whether limits and statistics of containers work on this host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probes import engine
from probes.engine_host import container_of, engine_host, is_rootless
from probes.formats.versions import major_minor
from probes.host.questions import Absent, Garbled, Unreadable
from probes.model import (
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    absent_as,
    fail,
    have,
    known,
    need,
    ok,
    skip,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host

ROOT = "/sys/fs/cgroup"

V1_NEEDED = ("cpu", "cpuset", "devices", "freezer")
"""Version 1 controllers that runc joins for every container (runc, libcontainer/cgroups/fs). Memory
and pids have checks of their own; blkio is optional."""

V2_NEEDED = ("cpu", "cpuset", "io")
"""Version 2 controllers that Docker's limits use (moby contrib/check-config.sh), less memory and
pids, which have checks of their own."""

MOVABLE = frozenset({"cpu", "cpuset", "io", "memory", "pids", "hugetlb", "rdma"})
"""Controllers that exist in both versions and serve only one at a time, cgroups(7)."""

V2_KERNEL = (5, 2)
"""The first kernel with the version 2 freezer, which runc uses to pause containers
(runc docs/cgroup-v2.md)."""

V2_SYSTEMD = 239
"""The systemd of RHEL 8, the oldest with which a vendor supports version 2 (RHEL 8 documentation,
"Mounting cgroups-v2")."""

V1_DEPRECATED = 29
"""Docker Engine 29 warns of cgroup v1 and supports it until May 2029 (docker/cli
docs/deprecated.md)."""

FIRMWARE_CMDLINES = ("/boot/firmware/cmdline.txt", "/boot/cmdline.txt")
"""Where Raspberry Pi OS keeps the kernel's command line, newer place first."""

TOPIC = Topic["Cgroups"]("cgroups", "Control groups")


class Cgroups(NamedTuple):
    """What the kernel offers, what the engine makes of it."""

    here: bool | Missing
    """Whether the engine runs on this host's kernel."""
    reachable: bool
    version: str | Missing
    """1 or 2, by the engine, else by what is mounted at /sys/fs/cgroup."""
    driver: str | Missing
    """The engine's: cgroupfs, systemd or none."""
    engine_version: str | Missing
    rootless: bool | Missing
    uid: int | Missing
    """Whose daemon it is."""
    memory_limit: bool | Missing
    swap_limit: bool | Missing
    cpu_quota: bool | Missing
    pids_limit: bool | Missing
    systemd: bool | Missing
    """Whether systemd is the service manager."""
    systemd_version: int | Missing
    """Only asked where version 1 is in use."""
    container: str | Missing
    kernel: str | Missing
    command_line: str | Missing
    """The kernel's."""
    firmware_cmdline: str
    """The Raspberry Pi file that sets it; empty on other machines."""
    controllers: tuple[str, ...] | Missing
    """Version 2: what the root group offers. Version 1: what is mounted."""
    delegated: tuple[str, ...] | Missing
    """Version 2, rootless: what systemd gives to the user's own service manager."""
    split: tuple[str, ...] | Missing
    """Controllers that are on the other version's hierarchy than the one in use."""
    swap_total: int | Missing
    kubelet_driver: str | Missing
    """cgroupDriver of a kubelet that uses this engine; empty for none."""
    synology: bool | Missing


@TOPIC.probe
def look(host: Host) -> Cgroups:
    """Ask the engine first, which says what it could make use of; then the kernel's own files."""
    told = known(lambda: engine.info(host))
    seen = engine.look(host)
    version = known(lambda: cgroup_version(host, told))
    two = version == "2"
    return Cgroups(
        here=known(lambda: engine_host(host)),
        reachable=seen.reachable,
        version=version,
        driver=_text(told, "CgroupDriver"),
        engine_version=seen.version,
        rootless=known(lambda: is_rootless(host)),
        uid=seen.daemon if isinstance(seen.daemon, Missing) else seen.daemon.uid,
        memory_limit=_flag(told, "MemoryLimit"),
        swap_limit=_flag(told, "SwapLimit"),
        cpu_quota=_flag(told, "CpuCfsQuota"),
        pids_limit=_flag(told, "PidsLimit"),
        systemd=known(lambda: host.exists("/run/systemd/system")),
        systemd_version=known(lambda: _systemd_version(host))
        if version == "1"
        else Missing("it decides nothing on cgroup version 2", "inapplicable"),
        container=known(lambda: container_of(host)),
        kernel=known(host.kernel_release),
        command_line=known(lambda: host.read_text("/proc/cmdline").strip()),
        firmware_cmdline=_first_there(host, FIRMWARE_CMDLINES),
        controllers=known(lambda: _v2_controllers(host, ROOT) if two else _v1_controllers(host)),
        delegated=known(lambda: _delegated(host, seen.daemon)) if two else _not_v2(),
        split=known(lambda: _split(host, two=two)),
        swap_total=known(lambda: int(host.gauge("memory")["swap_total"])),
        kubelet_driver=absent_as(lambda: _kubelet_driver(host), ""),
        synology=known(lambda: host.exists("/etc/synoinfo.conf")),
    )


def _not_v2() -> Missing:
    return Missing("this host uses cgroup version 1", "inapplicable")


def _text(told: dict[str, Any] | Missing, key: str) -> str | Missing:
    if isinstance(told, Missing):
        return told
    value = told.get(key)
    return str(value) if value else Missing(f"the engine does not tell {key}", "absent")


def _flag(told: dict[str, Any] | Missing, key: str) -> bool | Missing:
    if isinstance(told, Missing):
        return told
    value = told.get(key)
    if not isinstance(value, bool):
        return Missing(f"the engine does not tell {key}", "absent", "docker info")
    return value


def cgroup_version(host: Host, told: dict[str, Any] | Missing) -> str:
    """1 or 2: as the engine says, else by what is mounted."""
    if not isinstance(told, Missing) and str(told.get("CgroupVersion")) in {"1", "2"}:
        return str(told["CgroupVersion"])
    kinds = {m.target: m.fstype for m in host.mounts() if m.target.startswith(ROOT)}
    if kinds.get(ROOT) == "cgroup2":
        return "2"
    if "cgroup" in kinds.values():
        return "1"
    raise Absent(f"no cgroup file system is mounted under {ROOT}", look="mount -t cgroup,cgroup2")


def _v2_controllers(host: Host, folder: str) -> tuple[str, ...]:
    return tuple(host.read_text(f"{folder}/cgroup.controllers").split())


def _v1_controllers(host: Host) -> tuple[str, ...]:
    mounted: set[str] = set()
    for mount in host.mounts():
        if mount.fstype == "cgroup":
            mounted.update(mount.super_options)
    return tuple(sorted(mounted - {"rw", "ro", "xattr"}))


def _delegated(host: Host, daemon: engine.Daemon | Missing) -> tuple[str, ...]:
    if isinstance(daemon, Missing) or daemon.uid == 0:
        reason = daemon.reason if isinstance(daemon, Missing) else "the engine is not rootless"
        raise engine.NotHere(reason)
    slice_ = f"{ROOT}/user.slice/user-{daemon.uid}.slice/user@{daemon.uid}.service"
    return _v2_controllers(host, slice_)


def _split(host: Host, *, two: bool) -> tuple[str, ...]:
    if two:
        return tuple(x for x in _v1_controllers(host) if x in MOVABLE or x == "blkio")
    unified = [m.target for m in host.mounts() if m.fstype == "cgroup2"]
    if not unified:
        return ()
    on_two = _v2_controllers(host, unified[-1])
    return tuple(x for x in on_two if x in MOVABLE)


def _kubelet_driver(host: Host) -> str:
    text = host.read_text("/var/lib/kubelet/config.yaml")
    # kubelet 1.24 and later speaks to Docker only through cri-dockerd.
    host.stat("/run/cri-dockerd.sock")
    match = re.search(r"(?m)^cgroupDriver:\s*[\"']?(\w+)", text)
    return match[1] if match else ""


def _first_there(host: Host, paths: tuple[str, ...]) -> str:
    for path in paths:
        try:
            if host.exists(path):
                return path
        except Unreadable:  # then it is not offered as the file to edit
            continue
    return ""


def _systemd_version(host: Host) -> int:
    match = re.match(r"systemd (\d+)", host.output("systemctl", "--version"))
    if not match:
        raise Garbled("systemctl tells no version", look="systemctl --version")
    return int(match[1])


# -- checks --------------------------------------------------------------------------------------


def _boot_option(facts: Cgroups, option: str) -> tuple[str, ...]:
    """How the kernel's command line is changed on this host."""
    if facts.firmware_cmdline:
        return (
            f"sudo cp {facts.firmware_cmdline} {facts.firmware_cmdline}.before",
            f"sudo sed -i '1 s/$/ {option}/' {facts.firmware_cmdline}   # it must stay one line",
            "sudo reboot",
        )
    return (
        f"append {option} to GRUB_CMDLINE_LINUX in /etc/default/grub",
        (
            "sudo update-grub   # Fedora and RHEL: sudo grubby --update-kernel=ALL --args="
            f'"{option}"; others: grub-mkconfig -o /boot/grub/grub.cfg'
        ),
        "sudo reboot",
    )


def _delegate(controllers: str = "cpu cpuset io memory pids") -> tuple[str, ...]:
    return (
        "sudo mkdir -p /etc/systemd/system/user@.service.d",
        (
            f"printf '[Service]\\nDelegate={controllers}\\n' | "
            "sudo tee /etc/systemd/system/user@.service.d/delegate.conf"
        ),
        "sudo systemctl daemon-reload",
        "log out and in again, then: systemctl --user restart docker",
    )


@TOPIC.check(
    "cgroup-v1",
    NOTE,
    "The host still uses cgroup version 1",
    references=(
        "https://docs.docker.com/engine/deprecated/",
        "https://github.com/moby/moby/blob/master/daemon/info_unix.go",
    ),
    applies="hosts that could change to version 2: systemd, kernel 5.2 or later, no container",
)
def cgroup_v1(facts: Cgroups) -> Verdict:
    """The kernel's limits are driven through the old interface, which is being retired.

    ## What it reads
    CgroupVersion of `docker info`, else what is mounted at /sys/fs/cgroup.

    ## Why it matters
    Docker 29 calls version 1 deprecated and promises to support it until May 2029; systemd 258 has
    dropped it, and Kubernetes is about to. Limits on buffered disk writes, rootless limits and
    pressure figures per container only exist in version 2.

    ## How to mend it
    Boot with `systemd.unified_cgroup_hierarchy=1`. Nothing in images or compose files changes.

    ## What could go wrong
    Software in containers that reads /sys/fs/cgroup/memory itself (Java before 8u372 and 11.0.16,
    old monitoring agents) no longer finds its limit and sizes itself by the whole machine.

    ## Why this severity
    A note up to Docker 28: everything works. From Docker 29 on a warning: the end has a date.
    """
    need(facts.here)
    version = need(facts.version)
    seen = Evidence(
        "engine GET /info" if facts.reachable else "/proc/self/mountinfo",
        "CgroupVersion" if facts.reachable else ROOT,
        version,
        "2",
    )
    if version == "2":
        return ok("the host uses cgroup version 2", seen)
    if container := have(facts.container, ""):
        return skip(f"this is a {container} container: the version is its host's choice")
    if have(facts.synology, otherwise=False):
        return skip("Synology's system offers version 1 only")
    kernel = need(facts.kernel)
    if major_minor(kernel) < V2_KERNEL:
        return skip(f"kernel {kernel} has no complete version 2 (5.2 and later have)")
    if not need(facts.systemd):
        return skip("systemd does not run this host: how cgroups are mounted is its init's choice")
    systemd = have(facts.systemd_version, V2_SYSTEMD)
    if systemd < V2_SYSTEMD:
        return skip(
            f"systemd {systemd} does not support version 2 well ({V2_SYSTEMD} and later do)"
        )
    major = major_minor(have(facts.engine_version, "0"))[0]
    return fail(
        "This host uses cgroup version 1, which Docker 29 deprecates and supports until May 2029.",
        seen,
        mend=_boot_option(facts, "systemd.unified_cgroup_hierarchy=1"),
        severity=WARNING if major >= V1_DEPRECATED else "",
    )


@TOPIC.check(
    "cgroup-controllers-split",
    WARNING,
    "Controllers are split between both cgroup versions",
    references=("man:cgroups(7)", "https://docs.kernel.org/admin-guide/cgroup-v2.html"),
)
def cgroup_controllers_split(facts: Cgroups) -> Verdict:
    """Both cgroup versions are mounted, and the one that Docker does not use holds controllers.

    ## What it reads
    The mount table and cgroup.controllers. A controller serves one version at a time: mounted in
    one, it is gone from the other. A hybrid host, where version 2 is mounted beside version 1 and
    holds no controllers, is fine and passes.

    ## Why it matters
    Limits that need the missing controller are refused or silently not applied, and runc may fail
    with "cannot find cgroup mount destination".

    ## How to mend it
    Find what mounts it: old container or VPN software, an fstab line, a boot option such as
    cgroup_no_v1. Unmount it, or remove that option and reboot.

    ## What could go wrong
    The software that mounted it may need it: stop that first. A controller that is in use can
    only be moved by a reboot.

    ## Why this severity
    A warning: containers start, and one kind of limit does not work.
    """
    need(facts.here)
    version, split = need(facts.version), need(facts.split)
    if not split:
        return ok(f"all controllers are on cgroup version {version}, which the engine uses")
    other = "1" if version == "2" else "2"
    names = ", ".join(split)
    return fail(
        f"The engine uses cgroup version {version}, and {names} is held by version {other}: limits "
        "that need it do not work.",
        Evidence("/proc/self/mountinfo", f"cgroup version {other}", names, "no controllers"),
        mend=("mount -t cgroup,cgroup2   # shows where they are mounted", "cat /proc/cmdline"),
    )


@TOPIC.check(
    "cgroup-driver-mismatch",
    WARNING,
    "The engine and another manager both drive the cgroups",
    references=(
        "https://kubernetes.io/docs/setup/production-environment/container-runtimes/#cgroup-drivers",
        "https://docs.docker.com/reference/cli/dockerd/#configure-cgroup-driver",
    ),
    applies="cgroup version 2 under systemd, and hosts with a kubelet on this engine",
)
def cgroup_driver_mismatch(facts: Cgroups) -> Verdict:
    """Two managers write to one cgroup tree: systemd (or a kubelet using it) and the engine.

    ## What it reads
    CgroupDriver and CgroupVersion of `docker info`, whether systemd runs this host, and
    cgroupDriver of /var/lib/kubelet/config.yaml where cri-dockerd serves a kubelet.

    ## Why it matters
    On version 2 each part of the tree must have a single writer, and systemd is the one of the
    root. With cgroupfs beside it, resource settings may be undone at a daemon-reload, and a kubelet
    with the other driver counts the node's memory twice and evicts pods, or does not start.

    ## How to mend it
    Remove `native.cgroupdriver=cgroupfs` from exec-opts, or set `native.cgroupdriver=systemd`, and
    restart the engine. systemd is the default on such hosts since Docker 20.10.

    ## What could go wrong
    Existing containers keep the groups they were made with and must be re-created. Under a kubelet,
    drain the node first.

    ## Why this severity
    A warning: it works until load or a daemon-reload shows the two views.
    """
    need(facts.here)
    version = need(facts.version)
    if version == "1" and facts.kubelet_driver == "":
        return skip("on cgroup version 1 several managers may share the tree")
    driver = need(facts.driver)
    if driver == "none":
        return skip("the engine drives no cgroups: see cgroup-driver-none")
    seen = Evidence("engine GET /info", "CgroupDriver", driver, "systemd")
    kubelet = have(facts.kubelet_driver, "")
    if kubelet and kubelet != driver:
        return fail(
            f"The kubelet drives cgroups through {kubelet}, the engine through {driver}: the node "
            "counts its resources twice.",
            Evidence("engine GET /info", "CgroupDriver", driver, kubelet),
            Evidence("/var/lib/kubelet/config.yaml", "cgroupDriver", kubelet, driver),
            mend=_driver_mend(kubelet),
        )
    if version != "2" or not need(facts.systemd):
        return ok(f"the engine drives the cgroups through {driver}", seen)
    if have(facts.container, ""):
        # Engines in containers without a systemd of their own come here only with one.
        return skip("this is a container: the tree above it belongs to its host")
    if driver == "cgroupfs":
        return fail(
            "systemd owns this host's cgroup v2 tree and the engine writes to it as well "
            "(cgroupfs): limits can be undone at a daemon-reload.",
            seen,
            mend=_driver_mend("systemd"),
        )
    return ok("the engine lets systemd drive the cgroups", seen)


def _driver_mend(driver: str) -> tuple[str, ...]:
    return (
        f'set "exec-opts": ["native.cgroupdriver={driver}"] in daemon.json',
        "sudo systemctl restart docker   # restarts containers, unless live-restore is on",
        "re-create the existing containers",
    )


@TOPIC.check(
    "cgroup-driver-none",
    WARNING,
    "Limits of containers are silently ignored",
    references=(
        "https://docs.docker.com/engine/security/rootless/tips/#limiting-resources",
        "https://github.com/moby/moby/issues/42910",
    ),
    applies="rootless engines",
)
def cgroup_driver_none(facts: Cgroups) -> Verdict:
    """The rootless engine has no way to its cgroups, so it applies no limits at all.

    ## What it reads
    CgroupDriver of `docker info`. "none" means that the engine found no delegated cgroup v2 tree
    or no way to the user's own systemd.

    ## Why it matters
    `--memory`, `--cpus` and `--pids-limit` are accepted and do nothing: one container can take all
    memory of the machine. `docker stats` shows zeros.

    ## How to mend it
    Rootless limits need cgroup version 2, systemd, and a user session with its own D-Bus. Start
    the daemon through `systemctl --user start docker`, not from a shell or over `su`.

    ## What could go wrong
    The daemon must be restarted and its containers with it.

    ## Why this severity
    A warning: containers run, and the limits that somebody has set are not there.
    """
    need(facts.here)
    if facts.rootless is False:
        return skip("the engine is not rootless")
    driver = need(facts.driver)
    seen = Evidence("engine GET /info", "CgroupDriver", driver, "systemd")
    if driver != "none":
        return ok(f"the engine drives the cgroups through {driver}", seen)
    if need(facts.version) == "1":
        return fail(
            "The rootless engine applies no limits: on cgroup version 1 it has no access to them.",
            seen,
            Evidence("engine GET /info", "CgroupVersion", "1", "2"),
            mend=_boot_option(facts, "systemd.unified_cgroup_hierarchy=1"),
        )
    return fail(
        "The rootless engine applies no limits: memory, CPU and pids limits of its containers are "
        "silently ignored.",
        seen,
        mend=(
            "sudo apt-get install dbus-user-session   # where it is missing; Fedora, RHEL: dbus-daemon",
            "systemctl --user restart docker   # from a login session, not through su",
            *_delegate()[:3],
        ),
    )


@TOPIC.check(
    "cgroup-controllers-missing",
    WARNING,
    "Some limits of containers cannot work",
    references=(
        "https://github.com/moby/moby/blob/master/contrib/check-config.sh",
        "https://docs.docker.com/engine/security/rootless/tips/#limiting-resources",
        "https://github.com/docker/for-linux/issues/219",
    ),
)
def cgroup_controllers_missing(facts: Cgroups) -> Verdict:
    """Controllers that limits of containers are made of are not available to the engine.

    ## What it reads
    Version 2: cgroup.controllers of the root, and for a rootless engine that of the user's own
    service manager, to which systemd delegates memory and pids only unless told otherwise.
    Version 1: which controllers are mounted. Memory and pids have checks of their own.

    ## Why it matters
    Without cpu, `--cpus` and `--cpu-shares` do nothing or are refused; without cpuset,
    `--cpuset-cpus`; without io, `--blkio-weight` and the device limits. On version 1 a missing
    devices or freezer controller keeps containers from starting.

    ## How to mend it
    Rootless: delegate the controllers to user@.service. Else: a boot option such as
    cgroup_disable= is in the way, or the kernel was built without, or (version 1, no systemd) the
    package cgroupfs-mount is missing.

    ## What could go wrong
    A delegation takes effect at the next login of that user; running containers keep their groups.

    ## Why this severity
    A warning for the machine's own groups. A note for a rootless engine: its distribution chose
    to delegate less, and only those who set such limits miss them.
    """
    need(facts.here)
    version = need(facts.version)
    if version == "1":
        if have(facts.rootless, otherwise=False):
            return skip("a rootless engine uses no cgroups of version 1: see cgroup-driver-none")
        lacking = [name for name in V1_NEEDED if name not in need(facts.controllers)]
        seen = Evidence(
            "/proc/self/mountinfo", "cgroup", " ".join(need(facts.controllers)), " ".join(V1_NEEDED)
        )
        if not lacking:
            return ok("all controllers that containers need are mounted", seen)
        return fail(
            f"The cgroup controllers {', '.join(lacking)} are not mounted: containers that need "
            "them do not start.",
            seen,
            mend=(
                (
                    "sudo apt-get install cgroupfs-mount   # without systemd; Alpine: "
                    "rc-update add cgroups"
                ),
                "cat /proc/cmdline   # look for cgroup_disable=",
            ),
        )
    if have(facts.rootless, otherwise=False) and have(facts.driver, "") != "none":
        delegated = need(facts.delegated)
        uid = need(facts.uid)
        lacking = [name for name in V2_NEEDED if name not in delegated]
        seen = Evidence(
            f"{ROOT}/user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers",
            "",
            " ".join(delegated),
            " ".join((*V2_NEEDED, "memory", "pids")),
        )
        if not lacking:
            return ok("systemd delegates all controllers to the rootless engine", seen)
        return fail(
            f"systemd does not delegate {', '.join(lacking)} to the rootless engine: limits of "
            "that kind are ignored.",
            seen,
            mend=_delegate(),
            severity=NOTE,
        )
    found = need(facts.controllers)
    lacking = [name for name in V2_NEEDED if name not in found]
    seen = Evidence(f"{ROOT}/cgroup.controllers", "", " ".join(found), " ".join(V2_NEEDED))
    if not lacking:
        return ok("all controllers that containers need are there", seen)
    if container := have(facts.container, ""):
        return fail(
            f"The {container} container that is this host was not given the cgroup controllers "
            f"{', '.join(lacking)}: limits of that kind do not work inside it.",
            seen,
            mend=("delegate them to this container on its own host",),
            severity=NOTE,
        )
    return fail(
        f"The kernel offers no cgroup controller {', '.join(lacking)}: limits of that kind do not "
        "work.",
        seen,
        mend=("cat /proc/cmdline   # look for cgroup_disable= and cgroup_no_v1=",),
    )


def _engine_flag(
    facts: Cgroups, key: str, controller: str, *, value: bool | Missing
) -> tuple[bool, Evidence]:
    """Whether something can be limited, by the engine, else by the kernel's own files."""
    if isinstance(value, Missing):
        found = controller in need(facts.controllers)
        source = f"{ROOT}/cgroup.controllers" if facts.version == "2" else "/proc/self/mountinfo"
        return found, Evidence(source, controller, "there" if found else "missing", "there")
    return value, Evidence("engine GET /info", key, str(value).lower(), "true")


@TOPIC.check(
    "memory-cgroup-off",
    WARNING,
    "Memory of containers can be neither limited nor measured",
    references=(
        "https://github.com/raspberrypi/linux/issues/3387",
        "https://github.com/moby/moby/issues/46185",
        "https://github.com/docker/for-linux/issues/1112",
    ),
)
def memory_cgroup_off(facts: Cgroups) -> Verdict:
    """The kernel's memory controller is off, as on every Raspberry Pi that was not told otherwise.

    ## What it reads
    MemoryLimit of `docker info`, else the list of controllers; the kernel's command line.

    ## Why it matters
    `--memory` and `mem_limit` are accepted with a warning and do nothing. `docker stats` shows 0.
    One leaking container takes the whole machine down instead of itself.

    ## How to mend it
    Raspberry Pi: append `cgroup_enable=memory` to the single line of /boot/firmware/cmdline.txt
    (older systems: /boot/cmdline.txt) and reboot. Elsewhere remove cgroup_disable=memory from the
    boot options.

    ## What could go wrong
    A second line in cmdline.txt, or a lost first one, keeps the machine from booting: keep a copy
    of the file. Accounting costs about 1 % of memory.

    ## Why this severity
    A warning: nothing is broken until a container grows, and then everything is.
    """
    need(facts.here)
    if have(facts.driver, "") == "none":
        return skip("the engine drives no cgroups at all: see cgroup-driver-none")
    works, seen = _engine_flag(facts, "MemoryLimit", "memory", value=facts.memory_limit)
    if works:
        return ok("memory of containers can be limited", seen)
    line = have(facts.command_line, "")
    evidence = [seen]
    if "cgroup_disable=memory" in line:
        evidence.append(
            Evidence("/proc/cmdline", "cgroup_disable", "memory", "cgroup_enable=memory")
        )
    if container := have(facts.container, ""):
        mend: tuple[str, ...] = (f"give this {container} container the controller on its own host",)
    elif facts.firmware_cmdline:
        mend = _boot_option(facts, "cgroup_enable=memory cgroup_memory=1")
    elif "cgroup_disable=memory" in line:
        mend = (
            "remove cgroup_disable=memory from GRUB_CMDLINE_LINUX in /etc/default/grub",
            "sudo update-grub && sudo reboot",
        )
    else:
        mend = _boot_option(facts, "cgroup_enable=memory")
    return fail(
        "The memory controller is off: memory limits of containers are ignored and docker stats "
        "shows no memory.",
        *evidence,
        mend=mend,
    )


@TOPIC.check(
    "swap-limit-off",
    NOTE,
    "Swap of containers cannot be limited",
    references=(
        "https://docs.docker.com/engine/daemon/troubleshoot/#kernel-cgroup-swap-limit-capabilities",
        "https://github.com/docker/cli/issues/5776",
    ),
    applies="hosts with swap",
)
def swap_limit_off(facts: Cgroups) -> Verdict:
    """Containers with a memory limit may still use as much of this host's swap as they like.

    ## What it reads
    SwapLimit of `docker info` ("WARNING: No swap limit support") and how much swap there is.
    Without swap there is nothing to limit, and the check passes over it.

    ## Why it matters
    A container at its memory limit is not stopped: it swaps, and slows down every other process on
    the machine.

    ## How to mend it
    On cgroup version 1 with a kernel before 5.8, boot with `swapaccount=1`. On version 2 the kernel
    was built without it (CONFIG_SWAP, CONFIG_MEMCG) or the engine is rootless without delegation.

    ## What could go wrong
    Swap accounting costs a little memory and speed on old kernels (1 % and 10 % by Docker's own
    documentation), even while Docker does not run.

    ## Why this severity
    A note: most hosts never come there, and the memory limit itself works.
    """
    need(facts.here)
    if have(facts.driver, "") == "none":
        return skip("the engine drives no cgroups at all: see cgroup-driver-none")
    if facts.memory_limit is False:
        return skip("the memory controller is off altogether: see memory-cgroup-off")
    if facts.swap_total == 0:
        return skip("this host has no swap")
    works = need(facts.swap_limit)
    if works:
        return ok("swap of containers can be limited")
    need(facts.swap_total)
    seen = Evidence("engine GET /info", "SwapLimit", "false", "true")
    if have(facts.container, ""):
        mend: tuple[str, ...] = ("turn on swap accounting on the host of this container",)
    elif need(facts.version) == "1":
        mend = _boot_option(facts, "cgroup_enable=memory swapaccount=1")
    else:
        mend = (
            "cat /sys/fs/cgroup/system.slice/memory.swap.max   # absent: the kernel lacks it",
            "a kernel with CONFIG_SWAP and CONFIG_MEMCG is needed",
        )
    return fail(
        "Containers with a memory limit can still fill this host's swap: the kernel does not "
        "account for it.",
        seen,
        mend=mend,
    )


@TOPIC.check(
    "cpu-quota-off",
    WARNING,
    "CPU limits of containers are ignored",
    references=(
        "https://github.com/raspberrypi/linux/issues/3387",
        "https://docs.docker.com/engine/containers/resource_constraints/#cpu",
    ),
    applies="rootful engines",
)
def cpu_quota_off(facts: Cgroups) -> Verdict:
    """The kernel cannot cap the CPU time of a group, so `--cpus` has no effect.

    ## What it reads
    CpuCfsQuota of `docker info` ("WARNING: No cpu cfs quota support"), else whether there is a cpu
    controller. Without it the kernel was built without CONFIG_CFS_BANDWIDTH.

    ## Why it matters
    `--cpus` and compose's `cpus:` are refused or ignored: a busy container takes all cores.
    `--cpu-shares` still shares them out when all are busy.

    ## How to mend it
    Only another kernel helps: one from the distribution, or one that is built with
    CONFIG_CFS_BANDWIDTH=y.

    ## What could go wrong
    A new kernel needs a reboot; keep the old one in the boot menu.

    ## Why this severity
    A warning: limits that somebody has set are not there.
    """
    need(facts.here)
    if have(facts.rootless, otherwise=False) or have(facts.driver, "") == "none":
        return skip("a rootless engine's controllers are those that systemd delegates to it")
    works, seen = _engine_flag(facts, "CpuCfsQuota", "cpu", value=facts.cpu_quota)
    if works:
        return ok("CPU time of containers can be limited", seen)
    if have(facts.synology, otherwise=False):
        return skip("Synology decides on the kernel of its systems, which cannot limit CPU time")
    return fail(
        "This kernel cannot limit CPU time: --cpus has no effect on this host.",
        seen,
        mend=(
            "zgrep CFS_BANDWIDTH /proc/config.gz /boot/config-$(uname -r)",
            "boot a kernel with CONFIG_CFS_BANDWIDTH=y",
        ),
    )


@TOPIC.check(
    "pids-limit-off",
    WARNING,
    "The number of processes in a container cannot be limited",
    references=(
        "https://docs.docker.com/reference/cli/docker/container/run/",
        "CIS Docker Benchmark 5.28",
    ),
)
def pids_limit_off(facts: Cgroups) -> Verdict:
    """The kernel's pids controller is missing, so a fork bomb in a container is one on the host.

    ## What it reads
    PidsLimit of `docker info`, else the list of controllers.

    ## Why it matters
    `--pids-limit` is ignored with a warning. A container that forks without end uses up the
    machine's process numbers, and then nobody can log in to stop it.

    ## How to mend it
    Boot a kernel with CONFIG_CGROUP_PIDS=y (all distribution kernels since 4.3 have it), and see
    that no boot option switches it off.

    ## What could go wrong
    A new kernel needs a reboot; keep the old one in the boot menu.

    ## Why this severity
    A warning: it takes a bug or an attacker, and then takes the whole machine.
    """
    need(facts.here)
    if have(facts.driver, "") == "none":
        return skip("the engine drives no cgroups at all: see cgroup-driver-none")
    works, seen = _engine_flag(facts, "PidsLimit", "pids", value=facts.pids_limit)
    if works:
        return ok("the number of processes in a container can be limited", seen)
    if have(facts.synology, otherwise=False):
        return skip("Synology decides on the kernel of its systems, which has no pids controller")
    return fail(
        "The pids controller is missing: --pids-limit has no effect, and one container can use up "
        "all process numbers of this host.",
        seen,
        mend=("cat /proc/cmdline   # look for cgroup_disable=pids", "boot a kernel that has it"),
    )
