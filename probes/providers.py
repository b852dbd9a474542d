"""The products whose VM has the engine, or that compete for its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import desktop_host, desktop_settings, engine, vm_config, vm_share
from probes.desktop_host import MACOS, WSL1, WSL2, Hardware, OtherPlatform
from probes.formats.sizes import GIB, human_size
from probes.host.questions import Absent
from probes.model import (
    ERROR,
    NOTE,
    WARNING,
    Evidence,
    Missing,
    Topic,
    Verdict,
    fail,
    have,
    known,
    need,
    ok,
    skip,
)
from probes.record import NamedTuple
from probes.vm_config import VmConfig

if TYPE_CHECKING:
    from probes.host import Host

TOPIC = Topic["Providers"]("providers", "Engines in VMs")

WITH_VZ = (22,)
"""Darwin of macOS 13, where Lima's VMs can be carried by Apple's framework with VirtioFS
(lima-vm/lima website/content/en/docs/config/vmtype/vz.md)."""

SMALL_MEMORY, SMALL_CPUS = 2 * GIB, 2
"""What `colima start` gives its VM unless told otherwise (abiosoft/colima
embedded/defaults/colima.yaml); podman machine init gives 2 GiB as well."""

ROOMY_MEMORY, ROOMY_CPUS = 8 * GIB, 4
"""From here on a computer can spare more than those."""

_SLOW_MOUNTS = frozenset({"sshfs", "9p"})


class Providers(NamedTuple):
    """What provides engines on this host."""

    where: str | Missing
    provider: str | Missing
    endpoint: str
    reachable: bool
    vm: VmConfig | Missing
    """The configuration of the VM that docker's engine is in."""
    hardware: Hardware | Missing
    darwin: tuple[int, ...] | Missing
    arm: bool | Missing
    own_dockerd: bool | Missing
    """Whether a dockerd of this distribution runs."""
    integrated: bool | Missing
    """Whether Docker Desktop's integration is on for this distribution."""
    distribution: str | Missing
    minikube: str | Missing
    """The profile whose docker-env this shell has; Absent for none."""


@TOPIC.probe
def look(host: Host) -> Providers:
    """Read the VM's configuration, and whether two engines want one socket."""
    where = known(lambda: desktop_host.platform(host))
    seen = engine.look(host)
    vm: VmConfig | Missing = Missing("the engine has no VM that a file configures", "inapplicable")
    if isinstance(seen.provider, str) and seen.provider in vm_config.BY_FILE:
        vm = known(lambda: vm_config.named(host, str(seen.provider), seen.endpoint, seen.context))
    inside = where == WSL2
    return Providers(
        where=where,
        provider=seen.provider,
        endpoint=seen.endpoint,
        reachable=seen.reachable,
        vm=vm,
        hardware=known(lambda: desktop_host.hardware(host))
        if isinstance(vm, VmConfig)
        else Missing("it was not asked for", "inapplicable"),
        darwin=known(lambda: _darwin(host)),
        arm=known(lambda: desktop_settings.is_apple_silicon(host)),
        own_dockerd=known(lambda: _own_dockerd(host, inside=inside)),
        integrated=known(lambda: _integrated(host, inside=inside)),
        distribution=known(lambda: desktop_host.distribution(host)) if inside else _NOT_WSL,
        minikube=known(lambda: _minikube(host)),
    )


_NOT_WSL = Missing("this is no WSL 2 distribution", "inapplicable")


def _darwin(host: Host) -> tuple[int, ...]:
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform("this is not macOS")
    return tuple(
        int(word) for word in str(host.gauge("system")["release"]).split(".") if word.isdigit()
    )


def _own_dockerd(host: Host, *, inside: bool) -> bool:
    if not inside:
        raise OtherPlatform(_NOT_WSL.reason)
    return bool(engine.dockerds(host.processes()))


def _integrated(host: Host, *, inside: bool) -> bool:
    """Settings of Docker Desktop: IntegratedWslDistros, and the default distribution's own switch."""
    if not inside:
        raise OtherPlatform(_NOT_WSL.reason)
    if not desktop_settings.installed(host):
        return False
    # It is there while the integration runs, whatever the settings say (see the topic desktop).
    if host.exists("/mnt/wsl/docker-desktop/docker-desktop-user-distro"):
        name = desktop_host.distribution(host)
        settings = desktop_settings.read(host)
        listed = settings.get("IntegratedWslDistros")
        return (isinstance(listed, list) and name in listed) or (
            settings.get("EnableIntegrationWithDefaultWslDistro") is not False
        )
    return False


def _minikube(host: Host) -> str:
    profile = host.env("MINIKUBE_ACTIVE_DOCKERD")
    if not profile:
        raise Absent("this shell has no docker-env of minikube")
    return profile


@TOPIC.check(
    "engines-competing-for-socket",
    WARNING,
    "Two engines want the same socket in this distribution",
    references=("https://docs.docker.com/desktop/features/wsl/",),
    applies="WSL distributions",
)
def engines_competing_for_socket(facts: Providers) -> Verdict:
    """This distribution has a dockerd that runs, and Docker Desktop's integration is on as well.

    ## What it reads
    The processes of the distribution, and Docker Desktop's list of integrated distributions.

    ## Why it matters
    Both put their socket at /var/run/docker.sock: whichever starts last has it. Containers and images
    seem to vanish and come back with each start of the computer.

    ## How to mend it
    Docker Desktop: Settings > Resources > WSL integration, switch this distribution off. Or keep
    Docker Desktop's engine: `sudo systemctl disable --now docker.service docker.socket`.

    ## What could go wrong
    Each engine has its own containers, images and volumes: export what is needed from the one that
    goes.

    ## Why this severity
    A warning: it works until the next start.
    """
    own, integrated = need(facts.own_dockerd), need(facts.integrated)
    name = have(facts.distribution, "this distribution")
    seen = (
        Evidence("processes", "dockerd", "runs" if own else "none"),
        Evidence("Docker Desktop", "IntegratedWslDistros", name if integrated else "off", "off"),
    )
    if not (own and integrated):
        return ok("one engine at most wants the socket", *seen)
    return fail(
        f"A dockerd of its own runs in {name}, and Docker Desktop's integration is on for it: both "
        f"want {engine.DEFAULT_SOCKET}.",
        *seen,
        mend=(
            f"Docker Desktop: Settings > Resources > WSL integration, switch {name} off",
            "or: sudo systemctl disable --now docker.service docker.socket",
        ),
    )


@TOPIC.check(
    "vm-resources-default",
    WARNING,
    "The engine's VM has the little that it is made with",
    references=("https://github.com/abiosoft/colima/blob/main/docs/FAQ.md",),
    applies="Colima, Lima, Finch, Rancher Desktop, Podman machine",
)
def vm_resources_default(facts: Providers) -> Verdict:
    """The VM has 2 GiB of memory or less, or 2 processors, on a computer with much more.

    ## What it reads
    The product's own file (colima.yaml, lima.yaml, settings.json, the machine's JSON), and the
    computer's memory and processors.

    ## Why it matters
    Builds are slow and are killed when memory is out; databases end with exit code 137.

    ## How to mend it
    Start the VM with more: `colima start --cpu N --memory N` keeps it for later starts as well.

    ## What could go wrong
    The VM has to be stopped for it, with its containers.

    ## Why this severity
    A warning: small things run.
    """
    vm, hardware = need(facts.vm), need(facts.hardware)
    total = vm_share.nominal(hardware.memory)
    wanted = vm_share.memory(total)
    cpus = vm_share.processors(hardware.cpus)
    little = vm.memory is not None and vm.memory <= SMALL_MEMORY and total >= ROOMY_MEMORY
    few = vm.cpus is not None and vm.cpus <= SMALL_CPUS and hardware.cpus > ROOMY_CPUS
    seen = (
        Evidence(
            vm.path, "memory", human_size(vm.memory) if vm.memory else "default", human_size(wanted)
        ),
        Evidence(vm.path, "cpus", str(vm.cpus or "default"), str(cpus)),
    )
    if not (little or few):
        return ok(f"{vm.provider}'s VM has its share of the computer", *seen)
    have_words = ", ".join(
        words
        for words, fits in (
            (f"{human_size(vm.memory or 0)} of {human_size(total)} memory", little),
            (f"{vm.cpus} of {hardware.cpus} processors", few),
        )
        if fits
    )
    return fail(
        f"{vm.provider}'s VM {vm.name} has {have_words}: half of the memory and all but "
        f"{hardware.cpus - cpus} processors would be {human_size(wanted)} and {cpus}.",
        *seen,
        mend=_resize(vm, cpus, wanted // GIB),
    )


def _resize(vm: VmConfig, cpus: int, memory: int) -> tuple[str, ...]:
    """How the VM gets more; memory in GiB."""
    profile = "" if vm.name == "default" else f" --profile {vm.name}"
    return {
        "colima": (
            f"colima stop{profile}",
            f"colima start{profile} --cpu {cpus} --memory {memory}   # its containers start anew",
        ),
        "lima": (
            f"limactl stop {vm.name}",
            f"limactl edit {vm.name} --cpus {cpus} --memory {memory}",
            f"limactl start {vm.name}",
        ),
        "finch": (
            f"cpus: {cpus} and memory: {memory}GiB in ~/.finch/finch.yaml",
            "finch vm stop && finch vm start",
        ),
        "rancher-desktop": (
            (
                f"rdctl set --virtual-machine.number-cpus={cpus} "
                f"--virtual-machine.memory-in-gb={memory}"
            ),
        ),
        "podman": (
            f"podman machine stop {vm.name}",
            f"podman machine set --cpus {cpus} --memory {memory * 1024} {vm.name}",
            f"podman machine start {vm.name}",
        ),
    }[vm.provider]


@TOPIC.check(
    "vm-mount-type-slow",
    WARNING,
    "Folders of the computer are mounted into the VM in a slow way",
    references=("https://lima-vm.io/docs/config/mount/",),
    applies="Colima, Lima, Finch and Rancher Desktop on macOS",
)
def vm_mount_type_slow(facts: Providers) -> Verdict:
    """The VM mounts folders by sshfs or 9p where VirtioFS is to be had.

    ## What it reads
    mountType of the product's own file, and the version of macOS: from 13 on Apple's framework has
    VirtioFS.

    ## Why it matters
    Every look at a file in a bind mount goes through a second program: `npm install` and watchers
    take several times as long, and sshfs loses changes of ownership.

    ## How to mend it
    A new VM with `--vm-type vz --mount-type virtiofs`; both are fixed when a VM is made.

    ## What could go wrong
    Making the VM anew deletes its containers, images and volumes.

    ## Why this severity
    A warning: it works, slowly.
    """
    vm, darwin = need(facts.vm), need(facts.darwin)
    seen = Evidence(vm.path, "mountType", vm.mount_type or "default", "virtiofs")
    if vm.mount_type not in _SLOW_MOUNTS:
        return ok(f"{vm.provider} mounts folders by {vm.mount_type or 'its default'}", seen)
    if darwin < WITH_VZ:
        return skip("this macOS has no VirtioFS")
    return fail(
        f"{vm.provider}'s VM {vm.name} mounts folders of this Mac by {vm.mount_type}, several times "
        "slower than VirtioFS.",
        seen,
        mend=_anew(vm),
    )


@TOPIC.check(
    "vm-type-outdated",
    NOTE,
    "The VM is emulated by QEMU where macOS has a framework of its own",
    references=("https://lima-vm.io/docs/config/vmtype/",),
    applies="Colima, Lima, Finch and Rancher Desktop on macOS",
)
def vm_type_outdated(facts: Providers) -> Verdict:
    """VmType is qemu on macOS 13 or later.

    ## What it reads
    vmType of the product's own file, and the version of macOS.

    ## Why it matters
    Apple's framework starts faster, has VirtioFS, and Rosetta for amd64 images on Apple silicon; it is
    Lima's own default since 1.0.

    ## How to mend it
    A new VM with `--vm-type vz`; the type is fixed when a VM is made.

    ## What could go wrong
    Making the VM anew deletes its containers, images and volumes.

    ## Why this severity
    A note: QEMU works.
    """
    vm, darwin = need(facts.vm), need(facts.darwin)
    seen = Evidence(vm.path, "vmType", vm.backend or "default", "vz")
    if vm.backend != "qemu":
        return ok(f"the VM is carried by {vm.backend or 'the default'}", seen)
    if darwin < WITH_VZ:
        return skip("this macOS has no such framework for it")
    return fail(
        f"{vm.provider}'s VM {vm.name} is carried by QEMU; Apple's framework is faster and has "
        "VirtioFS" + (" and Rosetta." if have(facts.arm, False) else "."),  # noqa: FBT003
        seen,
        mend=_anew(vm),
    )


def _anew(vm: VmConfig) -> tuple[str, ...]:
    profile = "" if vm.name == "default" else f" --profile {vm.name}"
    steps = {
        "colima": (
            f"colima delete{profile}   # deletes its containers, images and volumes: save them before",
            f"colima start{profile} --vm-type vz --mount-type virtiofs",
        ),
        "rancher-desktop": (
            "rdctl set --virtual-machine.type=vz --virtual-machine.mount.type=virtiofs",
        ),
        "lima": (
            f"limactl delete {vm.name}   # deletes its containers, images and volumes: save them before",
            f"limactl start --name {vm.name} --vm-type vz --mount-type virtiofs template:docker",
        ),
        "finch": ("vmType: vz in ~/.finch/finch.yaml", "finch vm remove && finch vm init"),
    }
    return steps.get(vm.provider, ())


@TOPIC.check(
    "minikube-docker-env-stale",
    ERROR,
    "This shell points docker to a minikube that does not answer",
    references=("https://minikube.sigs.k8s.io/docs/commands/docker-env/",),
)
def minikube_docker_env_stale(facts: Providers) -> Verdict:
    """`minikube docker-env` has been evaluated in this shell, and its engine does not answer.

    ## What it reads
    MINIKUBE_ACTIVE_DOCKERD and DOCKER_HOST of the environment, and whether the engine answers.

    ## Why it matters
    The variables name the address that minikube had then. After `minikube stop`, or with another
    address, every docker command fails.

    ## How to mend it
    `minikube start`, then `eval $(minikube docker-env)` again; or go back to the usual engine:
    `eval $(minikube docker-env --unset)`.

    ## What could go wrong
    Nothing; only this shell changes.

    ## Why this severity
    An error: docker does not work in this shell.
    """
    if isinstance(facts.minikube, Missing) and facts.minikube.kind == "absent":
        return skip(facts.minikube.reason)
    profile = need(facts.minikube)
    seen = Evidence("environment", "MINIKUBE_ACTIVE_DOCKERD", profile)
    if facts.reachable:
        return ok(f"minikube's engine answers at {facts.endpoint}", seen)
    return fail(
        f"This shell points docker to minikube's engine ({facts.endpoint}), which does not answer.",
        seen,
        mend=(
            f"minikube start -p {profile} && eval $(minikube -p {profile} docker-env)",
            "or: eval $(minikube docker-env --unset)   # back to the usual engine",
        ),
    )


@TOPIC.check(
    "wsl1-no-engine",
    ERROR,
    "No engine can run in a WSL 1 distribution",
    references=("https://learn.microsoft.com/windows/wsl/compare-versions",),
    applies="WSL 1 distributions",
)
def wsl1_no_engine(facts: Providers) -> Verdict:
    """This distribution is one of WSL 1, which has no Linux kernel, and docker reaches no engine.

    ## What it reads
    The kernel's name, and whether an engine answers.

    ## Why it matters
    dockerd needs namespaces, cgroups and netfilter, which WSL 1 does not have. Docker Desktop cannot
    be integrated either.

    ## How to mend it
    `wsl --set-version NAME 2` in a Windows terminal.

    ## What could go wrong
    The conversion takes minutes and space; export the distribution before. Files on Windows drives
    become slower.

    ## Why this severity
    An error: nothing that needs docker works; with an engine elsewhere, all is well.
    """
    if need(facts.where) != WSL1:
        return skip("this is no WSL 1 distribution")
    seen = Evidence("kernel", "", "WSL 1", "WSL 2")
    if facts.reachable:
        return ok(f"docker talks to the engine at {facts.endpoint}", seen)
    return fail(
        "This is a WSL 1 distribution: it has no Linux kernel, and no engine can run in it.",
        seen,
        mend=(
            "in a Windows terminal: wsl --list --verbose",
            "in a Windows terminal: wsl --set-version NAME 2",
        ),
    )
