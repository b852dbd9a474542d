"""Limits of open files: what new containers get, and what the engine's own daemons may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixes.judged import fact, judged
from fixes.model import (
    RELOAD_UNITS,
    Change,
    Effect,
    Family,
    Proposal,
    Request,
    by_hand,
    nothing,
    propose,
)
from fixes.remedies.daemon_file import edit
from fixes.remedies.daemon_settings import (
    OVERRULE,
    by_flag,
    by_owner,
    listed,
    overruled,
    setting_here,
)
from fixes.remedies.engine_unit import drop_in, restarts
from probes import systemd_unit, ulimits
from probes.engine_host import container_of
from probes.host.questions import Garbled
from probes.model import have

if TYPE_CHECKING:
    from probes.host import Host
    from probes.ulimits import Ulimits

FAMILY = Family()

NR_OPEN = "/proc/sys/fs/nr_open"


def _nr_open(host: Host) -> int:
    """The most descriptors that the kernel lets any process have, proc_sys_fs(5)."""
    text = host.read_text(NR_OPEN).strip()
    if not text.isdigit():
        raise Garbled(f"{NR_OPEN} holds no number", look=f"cat {NR_OPEN}")
    return int(text)


def _hard(host: Host, facts: Ulimits) -> tuple[int, str]:
    """The hard limit to set, and what decides over it.

    Without CAP_SYS_RESOURCE over the whole host a limit cannot be raised above the one that
    containerd was started with, getrlimit(2): that is so for rootless engines and in containers.
    """
    wanted, kernel = ulimits.NOFILE[1], _nr_open(host)
    hard, why = (kernel, "fs.nr_open") if kernel < wanted else (wanted, "systemd's own default")
    if fact(facts.rootless) or container_of(host):
        own = fact(facts.containerd).files.hard
        if own is not None and own < hard:
            return own, "what containerd itself may have here"
    return hard, why


@FAMILY.fix(
    "default-ulimits",
    "Give containers a limit of open files that suits all programs",
    applies="Docker Engines on this host",
    parameters=(OVERRULE,),
)
def default_ulimits(host: Host, request: Request) -> Proposal:
    """Sets the limit of open files that containers start with to 1024, and 524288 at most.

    ## What it changes
    `nofile` of `default-ulimits` in the daemon's configuration file; other limits there stay.

    ## Where the values come from
    They are systemd's own default, which the units of Docker 25 and containerd 2.0 leave in force:
    low enough for programs that walk all descriptors (MySQL 5.7, old Java, yum), high enough for
    databases, which raise their own soft limit. Where fs.nr_open is lower, or containerd may have
    less and cannot raise it (rootless engines, containers in LXC), that is the hard limit.

    ## What it costs
    The daemon must be restarted. A container gets its limits when it starts (moby
    daemon/oci_linux.go, withRlimits): those that run keep theirs until they are started again. A
    program that needs more than 1024 files and does not raise its limit by itself then fails with
    "too many open files": it needs `--ulimit nofile=65536:524288`.

    ## How it is verified
    The daemon's new file is judged, and the daemon starts with it. `docker run --rm alpine sh -c
    "ulimit -Sn; ulimit -Hn"` shows the new limits.

    ## How it is undone
    The file gets its old bytes back; it takes another restart of the daemon and of containers.
    """
    facts = ulimits.TOPIC.look(host)
    fact(facts.here)
    now = setting_here(host, "default-ulimits")
    overrule = overruled(request)
    infinite = judged(host, request, ulimits.TOPIC, "nofile-infinite")
    low = judged(host, request, ulimits.TOPIC, "nofile-low")
    if not (infinite.failing or low.failing):
        return nothing(infinite.otherwise)
    blocked = by_flag(host, "default-ulimits")
    if blocked:
        return blocked
    if fact(facts.default_nofile) is not None and not overrule:
        return by_owner(now)
    hard, why = _hard(host, facts)
    if hard < ulimits.NOFILE_LOW.value - 1:
        return by_hand(
            f"containers may have {hard} open files at most here ({why}), whatever the engine is "
            "told: the limit above it must be raised first",
            "sudo sysctl fs.nr_open=1048576"
            if why == "fs.nr_open"
            else "raise the hard limit of open files of whatever starts containerd (user@.service, "
            "the configuration of the surrounding container)",
        )
    soft = ulimits.NOFILE[0]
    hungry = have(facts.hungry, ())
    return propose(
        f"new containers may open {soft} files, and raise that to {hard} themselves ({why})",
        edit(
            host,
            {("default-ulimits", "nofile"): {"Name": "nofile", "Soft": soft, "Hard": hard}},
        ),
        notes=(
            (
                "Containers that run keep their limits until they are started again; those with a "
                "limit of their own (--ulimit, ulimits: in compose) keep it for good."
            ),
            f"A program that needs more than {soft} files and does not raise its limit itself needs "
            f"--ulimit nofile=65536:{hard}"
            + (f"; {listed(list(hungry))} are known to raise it." if hungry else "."),
        ),
    )


@FAMILY.fix(
    "engine-nofile",
    "Set the limit of open files of the engine's units",
    applies="hosts where systemd runs the engine",
)
def engine_nofile(host: Host, request: Request) -> Proposal:
    """Gives the engine's units the limit of open files that they or their containers need.

    ## What it changes
    `LimitNOFILE=` in a drop-in of containerd.service, where it was raised for docker.service alone;
    and in one of the daemon's own unit, where the daemon has nearly used up its descriptors.

    ## Where the values come from
    For containerd.service the value that the host's owner has set for the daemon. For the daemon
    1048576, which Docker's unit had for years, or fs.nr_open where that is lower.

    ## What it costs
    The units must be restarted. Containers go on while containerd restarts, and stop with the daemon
    unless live-restore is on. Containers that run keep their limits until they are started again.

    ## How it is verified
    systemd reads the drop-in, and `systemctl show` tells the new LimitNOFILE.

    ## How it is undone
    The drop-in goes away, or gets its old bytes back, and systemd reads its units again.
    """
    units = systemd_unit.TOPIC.look(host)
    alone = judged(host, request, systemd_unit.TOPIC, "nofile-set-on-docker-only")
    nearly = judged(host, request, ulimits.TOPIC, "daemon-descriptors-nearly-used")
    changes: list[Change] = []
    effects: list[Effect] = [Effect(RELOAD_UNITS)]
    reasons: list[str] = []
    steps: tuple[str, ...] = ()
    own = systemd_unit.own_limit(units, units.unit) if alone.failing else None
    if own is not None:
        containerd = "containerd.service"
        changes.append(drop_in(host, containerd, "Service", "LimitNOFILE", own.value))
        effects += restarts(host, containerd)
        reasons.append(
            f"{own.path} sets LimitNOFILE={own.value} for {units.unit} alone, and containers get "
            f"theirs from {containerd}, which now has the same"
        )
    if nearly.failing:
        wanted = min(ulimits.DAEMON_NOFILE, _nr_open(host))
        limit = fact(fact(ulimits.TOPIC.look(host).dockerd).files.soft)
        if limit is None or limit < wanted:
            changes.append(drop_in(host, units.unit, "Service", "LimitNOFILE", str(wanted)))
            effects += restarts(host, units.unit)
            reasons.append(
                f"{units.unit} may open {wanted} files; the daemon has nearly used up its {limit}"
            )
        else:
            reasons.append(
                f"the daemon may open {limit} files already: somebody does not close connections"
            )
            steps = ("sudo ss -xp | grep docker.sock   # who is connected",)
    reason = f"{'; '.join(reasons)}."
    if changes:
        return propose(
            reason,
            *changes,
            effects=tuple(dict.fromkeys(effects)),
            notes=("Containers that run keep their limits until they are started again.",),
            steps=steps,
        )
    return by_hand(reason, *steps) if steps else nothing(f"{nearly.otherwise}; {alone.otherwise}")
