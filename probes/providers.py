"""The products whose VM has the engine, or that compete for its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from probes import (
    desktop_host,
    desktop_settings,
    engine,
    products,
    reachability,
    vm_config,
    vm_share,
)
from probes.desktop_host import LINUX, MACOS, WINDOWS, WSL1, WSL2, Hardware, OtherPlatform
from probes.engine_identity import IN_A_VM, provider_at
from probes.formats.sizes import GIB, human_size
from probes.host.questions import FAILURES, Absent, Garbled
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
    from probes.products import Context, Installed

TOPIC = Topic["Providers"]("providers", "Engines in VMs")

WITH_VZ = (22,)
"""Darwin of macOS 13, where Lima's VMs can be carried by Apple's framework with VirtioFS
(lima-vm/lima website/content/en/docs/config/vmtype/vz.md)."""

SMALL_MEMORY, SMALL_CPUS = 2 * GIB, 2
"""What `colima start` gives its VM unless told otherwise (abiosoft/colima
embedded/defaults/colima.yaml); podman machine init gives 2 GiB as well."""

ROOMY_MEMORY, ROOMY_CPUS = 8 * GIB, 4
"""From here on a computer can spare more than those."""

LIMA_MEMORY, LARGE_MEMORY = 4 * GIB, 32 * GIB
"""What Lima gives a VM of which nothing is said (lima-vm/lima website/content/en/docs/config), and
from which memory of the computer on that is worth a word."""

_SLOW_MOUNTS = frozenset({"sshfs", "9p"})


class DefaultLink(NamedTuple):
    """The link /var/run/docker.sock that a product on macOS makes to its own socket."""

    leads_to: str
    there: bool


class Minikube(NamedTuple):
    """What ``minikube docker-env`` has put into the environment."""

    profile: str
    in_use: bool
    """Whether DOCKER_HOST is still what chooses the engine, and is a network address."""
    address: str | Missing
    """Where the profile's machine is now, by minikube's own file."""


class Providers(NamedTuple):
    """What provides engines on this host."""

    where: str | Missing
    provider: str | Missing
    endpoint: str
    vm: VmConfig | Missing
    """The configuration of the VM that docker's engine is in."""
    hardware: Hardware | Missing
    darwin: tuple[int, ...] | Missing
    arm: bool | Missing
    own_dockerd: bool | Missing
    """Whether a dockerd of this distribution runs that listens at the default socket."""
    integrated: bool | Missing
    """Whether Docker Desktop's integration is on for this distribution."""
    distribution: str | Missing
    minikube: Minikube | Missing
    """The docker-env that this shell has; Absent for none."""
    problem: str | Missing
    """What keeps docker from an engine, in reachability's words, where a check here wants it."""
    systemd: bool
    default_link: DefaultLink | Missing
    """Absent where a Mac has no such link."""
    installed: tuple[Installed, ...] | Missing
    """The products that this host has."""
    contexts: tuple[Context, ...] | Missing
    vms: tuple[VmConfig, ...] | Missing
    """Every VM that is configured here, of whichever product."""


@TOPIC.probe
def look(host: Host) -> Providers:
    """Read the VM's configuration, and whether two engines want one socket."""
    where = known(lambda: desktop_host.platform(host))
    seen = engine.look(host)
    vm: VmConfig | Missing = Missing("the engine has no VM that a file configures", "inapplicable")
    if isinstance(seen.provider, str) and seen.provider in vm_config.BY_FILE:
        vm = known(lambda: vm_config.named(host, str(seen.provider), seen.endpoint, seen.context))
    inside = where == WSL2
    minikube = known(lambda: _minikube(host, seen))
    link = known(lambda: _default_link(host))
    # A server is spared the look at what only people's computers have.
    plain = where == LINUX and seen.provider not in IN_A_VM
    asked = where == WSL1 or isinstance(minikube, Minikube) or isinstance(link, DefaultLink)
    return Providers(
        where=where,
        provider=seen.provider,
        endpoint=seen.endpoint,
        vm=vm,
        hardware=known(lambda: desktop_host.hardware(host))
        if isinstance(vm, VmConfig)
        else _NOT_ASKED,
        darwin=known(lambda: _darwin(host)),
        arm=known(lambda: desktop_settings.is_apple_silicon(host)),
        own_dockerd=known(lambda: _own_dockerd(host, inside=inside)),
        integrated=known(lambda: _integrated(host, inside=inside)),
        distribution=known(lambda: desktop_host.distribution(host))
        if where in {WSL1, WSL2}
        else _NOT_WSL,
        minikube=minikube,
        problem=known(lambda: _problem(host)) if asked else _NOT_ASKED,
        systemd=inside and engine.is_there(host, "/run/systemd/system"),
        default_link=link,
        installed=_PLAIN if plain else known(lambda: products.inventory(host)),
        contexts=_PLAIN if plain else known(lambda: products.contexts(host)),
        vms=_PLAIN if plain else known(lambda: tuple(vm_config.configs(host))),
    )


_NOT_WSL = Missing("this is no WSL 2 distribution", "inapplicable")
_NOT_ASKED = Missing("it was not asked for", "inapplicable")
_PLAIN = Missing(
    "docker's engine is Linux' own: packaging tells what else is there", "inapplicable"
)


def _problem(host: Host) -> str:
    told = reachability.TOPIC.look(host)
    if told.problem == reachability.UNSEEN and isinstance(told.answer, Missing):
        why = told.answer
        raise FAILURES.get(why.kind, Garbled)(why.reason, look=why.look)
    return told.problem


def _default_link(host: Host) -> DefaultLink:
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform("this is not macOS")
    leads_to = host.readlink("/private" + engine.DEFAULT_SOCKET)  # /var is a link on macOS
    return DefaultLink(leads_to, host.exists(leads_to))


def _darwin(host: Host) -> tuple[int, ...]:
    if desktop_host.platform(host) != MACOS:
        raise OtherPlatform("this is not macOS")
    return tuple(
        int(word) for word in str(host.gauge("system")["release"]).split(".") if word.isdigit()
    )


def _own_dockerd(host: Host, *, inside: bool) -> bool:
    if not inside:
        raise OtherPlatform(_NOT_WSL.reason)
    told = (engine.listening_on(p.argv) for p in engine.dockerds(host.processes()))
    return any(
        not at or any(word.startswith(("fd://", *reachability.DEFAULTS)) for word in at)
        for at in told
    )


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


def _minikube(host: Host, seen: engine.Engine) -> Minikube:
    profile = host.env("MINIKUBE_ACTIVE_DOCKERD")
    if not profile:
        raise Absent("this shell has no docker-env of minikube")
    # ssh:// with --ssh-host (minikube.sigs.k8s.io/docs/commands/docker-env).
    by_network = seen.endpoint.startswith(("tcp://", "ssh://"))
    return Minikube(
        profile,
        seen.chosen_by == "DOCKER_HOST" and by_network,
        known(lambda: _machine_address(host, profile)),
    )


def _machine_address(host: Host, profile: str) -> str:
    """Driver.IPAddress of a profile's machine (kubernetes/minikube pkg/minikube/localpath)."""
    folder = host.env("MINIKUBE_HOME") or str(host.gauge("session")["home"])
    if not folder.replace("\\", "/").rstrip("/").endswith("/.minikube"):
        folder = desktop_host.join(host, folder, ".minikube")
    path = desktop_host.join(host, folder, "machines", profile, "config.json")
    try:
        address = json.loads(host.read_text(path))["Driver"]["IPAddress"]
    except (ValueError, KeyError, TypeError):
        address = None
    if not isinstance(address, str) or not address:
        raise Garbled(f"{path} names no address", look="minikube ip")
    return address


@TOPIC.check(
    "engines-competing-for-socket",
    WARNING,
    "Engines compete for /var/run/docker.sock",
    references=(
        "https://docs.docker.com/desktop/features/wsl/",
        "https://github.com/docker/for-mac/issues/6532",
    ),
    applies="WSL distributions and macOS",
)
def engines_competing_for_socket(facts: Providers) -> Verdict:
    """A WSL distribution has two engines for one socket, or a Mac's socket is of one that is gone.

    ## What it reads
    In WSL the processes of the distribution, and Docker Desktop's list of integrated distributions.
    On macOS where the link /var/run/docker.sock leads, and which engine docker uses.

    ## Why it matters
    In WSL both put their socket at /var/run/docker.sock: whichever starts last has it. Containers and
    images seem to vanish and come back with each start of the computer. On macOS docker itself
    follows its context, while tools that know no contexts find nobody behind the link.

    ## How to mend it
    WSL: Docker Desktop's Settings > Resources > WSL integration, switch this distribution off. Or keep
    Docker Desktop's engine: `sudo systemctl disable --now docker.service docker.socket`. macOS: let
    the link lead to the engine that is used.

    ## What could go wrong
    Each engine has its own containers, images and volumes: export what is needed from the one that
    goes.

    ## Why this severity
    A warning: it works until the next start. On macOS a note: docker itself works.
    """
    if need(facts.where) == MACOS:
        return _link_left_over(facts)
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
            "or: sudo systemctl disable --now docker.service docker.socket"
            if facts.systemd
            else "or: sudo service docker stop   # and take its start out of wsl.conf and ~/.profile",
        ),
    )


def _link_left_over(facts: Providers) -> Verdict:
    path = engine.DEFAULT_SOCKET
    if isinstance(facts.default_link, Missing) and facts.default_link.kind == "absent":
        return skip(f"there is no link {path}")
    link = need(facts.default_link)
    seen = Evidence(path, "leads to", link.leads_to, facts.endpoint)
    if link.there:
        return ok(f"{path} leads to a socket that is there", seen)
    if facts.endpoint in reachability.DEFAULTS or need(facts.problem) != reachability.ANSWERS:
        return skip("docker itself reaches no engine, which other checks judge")
    if not facts.endpoint.startswith("unix://"):
        return skip(f"docker uses an engine elsewhere ({facts.endpoint})")
    own = facts.endpoint.removeprefix("unix://")
    gone = provider_at(f"unix://{link.leads_to}") or "another engine"
    return fail(
        f"{path} leads to {link.leads_to} ({gone}), which is not there, while docker uses {own}: "
        "tools that know no docker contexts find no engine.",
        seen,
        severity=NOTE,
        mend=(
            f"sudo ln -sf {own} {path}   # until the Mac is started anew",
            f"or for one shell: export DOCKER_HOST={facts.endpoint}",
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
    """The VM has no more than it is made with: 2 GiB of memory (Lima: 4), or 2 processors.

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
    A warning: small things run. A note where only the processors are few, or where Lima's own 4 GiB
    stand against 32 GiB or more.
    """
    vm, hardware = need(facts.vm), need(facts.hardware)
    total = vm_share.nominal(hardware.memory)
    wanted = vm_share.memory(total)
    cpus = vm_share.processors(hardware.cpus)
    little = vm.memory is not None and vm.memory <= SMALL_MEMORY and total >= ROOMY_MEMORY
    lean = (
        vm.provider == "lima"
        and (vm.memory or LIMA_MEMORY) <= LIMA_MEMORY
        and total >= LARGE_MEMORY
    )
    few = vm.cpus is not None and vm.cpus <= SMALL_CPUS and hardware.cpus > ROOMY_CPUS
    seen = (
        Evidence(
            vm.path, "memory", human_size(vm.memory) if vm.memory else "default", human_size(wanted)
        ),
        Evidence(vm.path, "cpus", str(vm.cpus or "default"), str(cpus)),
    )
    if not (little or lean or few):
        return ok(f"{vm.provider}'s VM has its share of the computer", *seen)
    have_words = ", ".join(
        words
        for words, fits in (
            (
                f"{human_size(vm.memory or LIMA_MEMORY)} of {human_size(total)} memory",
                little or lean,
            ),
            (f"{vm.cpus} of {hardware.cpus} processors", few),
        )
        if fits
    )
    return fail(
        f"{vm.provider}'s VM {vm.name} has {have_words}: half of the memory and all but "
        f"{hardware.cpus - cpus} processors would be {human_size(wanted)} and {cpus}.",
        *seen,
        severity="" if little else NOTE,
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
    if _emulated(vm, facts):
        return skip(f"the VM emulates {vm.arch}, for which there is only QEMU, and no VirtioFS")
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
    if _emulated(vm, facts):
        return skip(f"the VM emulates {vm.arch}, which Apple's framework cannot")
    return fail(
        f"{vm.provider}'s VM {vm.name} is carried by QEMU; Apple's framework is faster and has "
        "VirtioFS" + (" and Rosetta." if have(facts.arm, False) else "."),  # noqa: FBT003
        seen,
        mend=_anew(vm),
    )


def _emulated(vm: VmConfig, facts: Providers) -> bool:
    """Whether the VM has another processor than the Mac (lima-vm/lima docs/config/vmtype/vz.md)."""
    if vm.arch is None:
        return False
    return vm.arch != ("aarch64" if need(facts.arm) else "x86_64")


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
        "finch": (
            "vmType: vz in ~/.finch/finch.yaml",
            "finch vm stop && finch vm remove   # deletes its containers, images and volumes",
            "finch vm init",
        ),
        "podman": (
            f"podman machine rm {vm.name}   # deletes its containers, images and volumes",
            "podman machine init --now   # Podman 5 has Apple's framework only",
        ),
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
    MINIKUBE_ACTIVE_DOCKERD and DOCKER_HOST of the environment, whether the engine answers, and the
    address in minikube's own file of the machine.

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
    told = need(facts.minikube)
    profile = told.profile
    seen = Evidence("environment", "MINIKUBE_ACTIVE_DOCKERD", profile)
    if not told.in_use:
        return skip("DOCKER_HOST does not lead to minikube any more")
    problem = need(facts.problem)
    if problem == reachability.ANSWERS:
        return ok(f"minikube's engine answers at {facts.endpoint}", seen)
    if problem not in {reachability.REMOTE, reachability.DEAD}:
        return skip(reachability.PROBLEMS.get(problem, problem))
    # With the drivers docker and podman the address is this computer's own, and the port differs.
    moved = isinstance(told.address, str) and told.address not in facts.endpoint
    now = f" minikube's machine is at {told.address} now." if moved else ""
    if facts.where == WINDOWS:
        setting = f"minikube -p {profile} docker-env --shell powershell | Invoke-Expression"
        back = "minikube docker-env --unset --shell powershell | Invoke-Expression"
    else:
        setting = f"eval $(minikube -p {profile} docker-env)"
        back = "eval $(minikube docker-env --unset)"
    return fail(
        f"This shell points docker to minikube's engine ({facts.endpoint}), which does not answer."
        + now,
        seen,
        Evidence("environment", "DOCKER_HOST", facts.endpoint, "an engine that answers"),
        mend=(
            f"minikube start -p {profile}",
            setting,
            f"or: {back}   # back to the usual engine",
        ),
    )


_NOTHING_THERE = frozenset(
    {
        reachability.NO_ENGINE,
        reachability.NO_SOCKET,
        reachability.LEFT_OVER,
        reachability.NOT_A_SOCKET,
    }
)
"""What is seen of the default socket where no engine has ever listened."""


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
    problem = need(facts.problem)
    if problem == reachability.ANSWERS:
        return ok(f"docker talks to the engine at {facts.endpoint}", seen)
    if facts.endpoint not in reachability.DEFAULTS or problem not in _NOTHING_THERE:
        return skip(f"docker is to use the engine at {facts.endpoint}, which is not in here")
    return fail(
        "This is a WSL 1 distribution: it has no Linux kernel, and no engine can run in it.",
        seen,
        mend=(
            "in a Windows terminal: wsl --list --verbose",
            f"in a Windows terminal: wsl --set-version {have(facts.distribution, 'NAME')} 2",
        ),
    )
