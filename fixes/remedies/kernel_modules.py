"""Kernel modules that containers need: loaded now, and at every boot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixes.judged import fact, judged
from fixes.model import (
    Change,
    Command,
    Family,
    Parameter,
    Proposal,
    Request,
    by_hand,
    nothing,
    propose,
)
from fixes.remedies.kernel_settings import Wanted, arrange, loaded_at_boot
from probes import engine, kernel, requirements
from probes.engine_host import container_of, engine_host
from probes.host.questions import Absent
from probes.model import have, known

if TYPE_CHECKING:
    from fixes.judged import Judged
    from probes.host import Host
    from probes.kernel import Kernel

FAMILY = Family()

OF_CHECK = {
    "overlay-unavailable": "overlay",
    "iptable-raw-missing": "iptable_raw",
    "bridge-filtering-off": "br_netfilter",
}
"""Which module a check asks for."""

EVERY_ENGINE = ("overlay", "veth", "bridge")
"""What is loaded on demand by every engine, where loading on demand works."""

AVAILABLE = "available"
"""What the kernel topic says of a module that is on disk and not loaded."""

BRIDGE_FILTERING = Wanted("net/bridge/bridge-nf-call-iptables", "1", late=True)

MODPROBE_FOLDERS = (
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
)
"""modprobe.d(5)."""


@FAMILY.fix(
    "kernel-modules",
    "Load the kernel modules that containers need",
    applies="hosts with a kernel of their own that loads modules",
    parameters=(
        Parameter(
            "modules",
            "what the checks miss, and what every engine needs",
            "Module names with commas between: overlay, br_netfilter, iptable_raw, ip_tables, veth, "
            "bridge.",
        ),
    ),
)
def kernel_modules(host: Host, request: Request) -> Proposal:
    """Loads modules that are on disk and not in the kernel, now and at every boot.

    ## What it changes
    Their names go into /etc/modules-load.d/hullcheck.conf, and modprobe loads them. With
    br_netfilter, net.bridge.bridge-nf-call-iptables becomes 1. A module that this kernel does not
    have on disk takes another package, another kernel or a reboot: that is left to a person.

    ## Where the values come from
    overlay-unavailable, iptable-raw-missing and bridge-filtering-off name the module they miss. When
    the fix is asked for by name, also overlay, veth and bridge, where they are on disk only.

    ## What it costs
    With br_netfilter, packets inside all bridges of this host go through iptables, those of virtual
    machines too: under a FORWARD policy of DROP these may go silent.

    ## How it is verified
    modprobe fails for a module that cannot be loaded; the checks are asked again.

    ## How it is undone
    The file becomes what it was, and modprobe -r takes out what was not loaded before, unless it is
    in use by then.
    """
    engine_host(host)
    facts = kernel.TOPIC.look(host)
    gone = _judged(host, request, "kernel-modules-gone")
    if gone.failing:
        return by_hand(gone.failing[0].summary, *gone.failing[0].mend)
    names = _chosen(request) or _missed(host, request, facts)
    if not names:
        return nothing("The modules that this engine needs are in the kernel, or load on demand.")
    states = {name: _state(facts, name) for name in names}
    load = [name for name, state in states.items() if state == AVAILABLE]
    absent = [name for name, state in states.items() if state == "absent"]
    left = _not_from_here(host, load)
    if left:
        return left
    steps = tuple(_for_absent(host, fact(facts.release), name) for name in absent)
    if absent and not load:
        return by_hand(
            f"This kernel has no {', '.join(absent)}, neither built in nor as a module on disk.",
            *steps,
        )
    before: tuple[Change, ...] = (
        loaded_at_boot(*load),
        *(
            Command(("modprobe", name), ("modprobe", "-r", name), f"loads the module {name}")
            for name in load
        ),
    )
    if "br_netfilter" in names:
        return arrange(
            host,
            "Sends packets inside bridges through iptables: br_netfilter is loaded, now and at "
            "every boot.",
            (BRIDGE_FILTERING,),
            before=before if load else (),
            notes=(
                (
                    "Bridges of virtual machines on this host are then filtered too: under a FORWARD "
                    "policy of DROP they may go silent."
                ),
            ),
            steps=steps,
        )
    if not load:
        told = ", ".join(f"{name} is {state}" for name, state in states.items())
        return nothing(f"{told} already.")
    return propose(f"Loads {', '.join(load)}, now and at every boot.", *before, steps=steps)


def _judged(host: Host, request: Request, check: str) -> Judged:
    return judged(host, request, kernel.TOPIC, check)


def _chosen(request: Request) -> list[str]:
    """The modules that the user names. Raises: ValueError for one that no engine needs."""
    names = [name.strip() for name in request.given.get("modules", "").split(",") if name.strip()]
    for name in names:
        if name not in kernel.MODULES:
            raise ValueError(f"modules are {', '.join(kernel.MODULES)}; {name!r} is none of them")
    return list(dict.fromkeys(names))


def _missed(host: Host, request: Request, facts: Kernel) -> list[str]:
    """The modules whose checks fail; asked for by name also those that no check complains of."""
    found = [name for check, name in OF_CHECK.items() if _judged(host, request, check).failing]
    if not request.findings:
        found += [name for name in EVERY_ENGINE if facts.modules.get(name) == AVAILABLE]
    return found


def _state(facts: Kernel, name: str) -> str:
    """loaded, built-in, available or absent. Raises: Absent where it is not told."""
    if name not in facts.modules:
        raise Absent(f"whether {name} can be loaded is not told", look=f"modinfo {name}")
    return facts.modules[name]


def _not_from_here(host: Host, load: list[str]) -> Proposal | None:
    """For hosts whose modules are somebody else's to load."""
    if not load:
        return None
    inside = container_of(host)
    if inside:
        return by_hand(
            f"This host is a container ({inside}): modules are loaded on the host of it.",
            *(f"there: sudo modprobe {name}" for name in load),
            f"and for good: a file in /etc/modules-load.d there with {', '.join(load)}, each in a "
            "line of its own",
        )
    rules = {name: rule for name in load if (rule := _forbidden(host, name))}
    if rules:
        return by_hand(
            f"{', '.join(rules.values())} keeps {', '.join(rules)} from being loaded: somebody "
            "decided so.",
            "take that out where it is not meant for this host, then: hullcheck fix kernel-modules",
        )
    if engine.is_there(host, "/run/current-system"):
        listed = " ".join(f'"{name}"' for name in load)
        return by_hand(
            "NixOS makes the files in /etc from its configuration.",
            f"boot.kernelModules = [ {listed} ];",
            "sudo nixos-rebuild switch",
        )
    if engine.is_there(host, "/etc/synoinfo.conf"):
        return by_hand(
            "DSM loads its modules by itself, and writes its system files anew at updates.",
            *(f"sudo insmod /lib/modules/{name}.ko   # for now" for name in load),
            "for good: Control Panel, Task Scheduler, a task of root's at boot-up with the same",
        )
    return None


_FORBIDS = re.compile(
    r"\s*(?:blacklist\s+(\S+)|install\s+(\S+)\s+(?:/usr)?/bin/(?:true|false))\s*$"
)


def _forbidden(host: Host, name: str) -> str:
    """The line by which modprobe.d(5) keeps a module out, empty for none.

    ``install NAME /bin/false`` stops modprobe; systemd-modules-load also heeds ``blacklist``.
    """
    for folder in MODPROBE_FOLDERS:
        for file in kernel.absent_as_names(host, folder):
            if not file.endswith(".conf"):
                continue
            lines = host.read_text(f"{folder}/{file}").splitlines()
            for number, line in enumerate(lines, start=1):
                found = _FORBIDS.match(line)
                if found and (found[1] or found[2]).replace("-", "_") == name:
                    return f"{folder}/{file} line {number}"
    return ""


def _for_absent(host: Host, release: str, name: str) -> str:
    """How a module that is not on disk may be had on this distribution, a command where one is."""
    told = have(known(lambda: requirements.operating_system(host)), {})
    manager = requirements.package_manager(host)
    ubuntu = "ubuntu" in f"{told.get('ID')} {told.get('ID_LIKE')}"
    packages = {
        "apt": f"linux-modules-extra-{release}" if ubuntu else "",
        "dnf": f"kernel-modules-extra-{release}",
        "zypper": "kernel-default",
        "apk": "linux-lts",
    }
    package = packages.get(manager.name, "") if manager else ""
    if not manager or not package:
        return f"boot a kernel of the distribution, up to date, that has {name}"
    reboot = "" if package.endswith(release) else ", and sudo reboot into it"
    return f"{manager.installing(package)}   # may bring {name}{reboot}"
