"""What a restart of the engine ends, before it is done: containers, sessions, how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import engine, engine_host
from probes.host.questions import Unreadable
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from fixes.plan import PlannedFile
    from probes.host import Host

STOP_SECONDS = 10
"""Seconds a container gets to stop unless it says otherwise (moby container/container.go,
defaultStopTimeout)."""

SHUTDOWN_SECONDS = 15
"""Seconds the daemon waits for all of them, unless shutdown-timeout says otherwise
(moby daemon/config/config.go, DefaultShutdownTimeout)."""

START_SECONDS = 2
"""Seconds a daemon with a few containers takes to answer again, as seen with 20.10 to 28.5."""

INSPECTED_AT_MOST = 1000
"""Containers that are asked for their restart policy: 2 ms each."""

RETURNING = {"always": True, "unless-stopped": True, "on-failure": None}
"""Restart policies with which the daemon starts a container again when it starts itself. With
on-failure that hangs on how it ends when it is told to: only one that exits with an error is
started (moby daemon/daemon.go restore; restartmanager ShouldRestart)."""


class Interrupted(NamedTuple):
    """One running container."""

    name: str
    returns: bool | None
    """Whether the engine starts it again; None where that could not be told."""
    because: str
    """The restart policy, or why it is gone: one clause."""


class Interruption(NamedTuple):
    """What a restart of the engine means for what runs now."""

    running: int | Missing
    """Containers that run now; Missing where the engine does not tell."""
    stops: tuple[Interrupted, ...] = ()
    """Those that stop; empty under live-restore."""
    live_restore: bool = False
    seconds: int = START_SECONDS
    """About how long containers that stop, and the API, are away."""
    sessions: tuple[str, ...] = ()
    """What else ends, a clause each."""


ALWAYS_END = (
    "docker exec, attach and logs -f sessions end",
    "builds and pulls that run now fail",
)


def interruption(host: Host, files: tuple[PlannedFile, ...] = ()) -> Interruption:
    """What a restart would end. Never raises: what cannot be told is Missing."""
    from fixes.plan import enables_live_restore

    told = have(known(lambda: engine.info(host)), {})
    try:
        running = [row for row in engine_host.containers(host) if row.get("State") == "running"]
    except Unreadable as error:
        # An engine that is down interrupts nobody when it starts.
        return Interruption(0 if error.kind == "absent" else Missing(error.reason, error.kind))
    swarm = told.get("Swarm")
    in_swarm = isinstance(swarm, dict) and swarm.get("LocalNodeState") not in {None, "", "inactive"}
    # The daemon that goes down decides: its own setting counts, or one it is told before.
    if (told.get("LiveRestoreEnabled") or enables_live_restore(files)) and not in_swarm:
        return Interruption(len(running), live_restore=True, sessions=ALWAYS_END)
    stops = _inspected(host, running[:INSPECTED_AT_MOST])
    stops += [
        Interrupted(engine_host.name_of(row), None, "not asked for")
        for row in running[INSPECTED_AT_MOST:]
    ]
    wait = min(SHUTDOWN_SECONDS, STOP_SECONDS) if running else 0
    return Interruption(
        len(running), tuple(stops), seconds=wait + START_SECONDS, sessions=ALWAYS_END
    )


def _inspected(host: Host, rows: list[dict[str, Any]]) -> list[Interrupted]:
    """Their restart policies, asked for side by side."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(lambda row: _interrupted(host, row), rows))


def _interrupted(host: Host, row: dict[str, Any]) -> Interrupted:
    name = engine_host.name_of(row)
    labels = row.get("Labels")
    if isinstance(labels, dict) and "com.docker.swarm.service.name" in labels:
        return Interrupted(name, returns=True, because="swarm starts its task again")
    identity = str(row.get("Id") or "")
    answer = known(lambda: engine.get(host, f"/containers/{identity}/json"))
    config = answer.get("HostConfig") if isinstance(answer, dict) else None
    if not isinstance(config, dict):
        return Interrupted(name, None, "its restart policy could not be read")
    if config.get("AutoRemove"):
        return Interrupted(name, returns=False, because="it was run with --rm and is gone then")
    policy = config.get("RestartPolicy")
    word = str(policy.get("Name") or "no") if isinstance(policy, dict) else "no"
    return Interrupted(name, RETURNING.get(word, False), f"restart policy {word}")
