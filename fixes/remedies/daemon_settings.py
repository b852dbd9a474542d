"""Keys of daemon.json that change how the engine treats containers, builds and its own log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixes.judged import fact
from fixes.model import Family, Parameter, Proposal, Request, by_hand, nothing, propose
from fixes.remedies.daemon_file import edit, obstacle
from probes import configuration, engine, engine_host
from probes.daemon_control import control
from probes.formats.daemon_json import keys as daemon_keys
from probes.model import known

if TYPE_CHECKING:
    from probes.configuration import Setting
    from probes.host import Host

FAMILY = Family()

OVERRULE = Parameter(
    "overrule",
    "no",
    "yes to change a value that the configuration file already sets on purpose",
)

RESERVED_SPACE_SINCE = (28, 0)
"""Engine from which builder.gc has defaultReservedSpace; defaultKeepStorage is its old name there
(moby v28.5.2 daemon/config/builder.go, BuilderGCConfig)."""

PROXY_NEEDS_FILTER_SINCE = (27, 4)
"""Engine from which the bridge driver, without docker-proxy, refuses to start where br_netfilter
cannot be loaded (moby v27.4.0 libnetwork/drivers/bridge/bridge_linux.go, enableBrNfCallIptables);
with icc off every version does."""

NAMED_AT_MOST = 5
"""Names that are listed in a sentence."""


# -- one key of the daemon's file ----------------------------------------------------------------


def setting_here(host: Host, key: str) -> Setting:
    """A key as it applies to the daemon of this host, whose file can be read and edited.

    Raises: Unreadable; Garbled for a file that is no JSON, inapplicable where the daemon is
    elsewhere, reads no daemon.json, or has no such key in its version.
    """
    configuration.look(host)
    return configuration.setting(host, key)


def overruled(request: Request) -> bool:
    """Whether the user said ``--set overrule=yes``. Raises: ValueError for another word."""
    word = request.given.get("overrule", OVERRULE.default)
    if word not in {"yes", "no"}:
        raise ValueError(f"overrule is yes or no, not {word!r}")
    return word == "yes"


def by_flag(host: Host, key: str) -> Proposal | None:
    """What is left to a person where the daemon's file cannot set a key; None where it can.

    Raises: Unreadable, as :func:`fixes.remedies.daemon_file.obstacle` does.
    """
    reason = obstacle(host, key)
    if not reason:
        return None
    return by_hand(reason, "change it there, or take it out and try again", control(host).restart)


def by_owner(now: Setting) -> Proposal:
    """What is said where the owner of the file has decided otherwise, and nobody overruled it."""
    return by_hand(
        f"{now.where} sets {now.key} on purpose, it seems: hullcheck does not overrule that by "
        "itself",
        "say --set overrule=yes to change it",
    )


def waiting(host: Host, now: Setting) -> Proposal:
    """What is said of a value that is already as it should be, live or not yet."""
    if now.source == "file" and now.state != configuration.LIVE:
        how = control(host).reload if now.reload == "H" else control(host).restart
        return by_hand(
            f"{now.where} already sets {now.key} so, and the daemon has not read it since: it "
            f"counts after a {'reload' if now.reload == 'H' else 'restart'}",
            how,
        )
    return nothing(f"{now.key} is already as it should be ({now.where or 'the default'})")


def _words(value: Any) -> str:  # noqa: ANN401 - any JSON
    return str(value).lower() if isinstance(value, bool) else str(value)


def _switch(
    host: Host,
    key: str,
    value: bool,  # noqa: FBT001 - the value, not a switch
    reason: str,
    *notes: str,
) -> Proposal:
    """Set a boolean key in the daemon's file, unless it is so already or a flag sets it."""
    now = setting_here(host, key)
    if now.value is value:
        return waiting(host, now)
    blocked = by_flag(host, key)
    if blocked:
        return blocked
    if now.source == "file":
        notes = (*notes, f"{now.where} sets it to {_words(now.value)} now; that is overruled.")
    return propose(reason, edit(host, {(key,): value}), notes=notes)


def listed(names: list[str]) -> str:
    """Names in a sentence, the first few of many."""
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


# -- live-restore --------------------------------------------------------------------------------


def _in_swarm(host: Host) -> bool:
    swarm = engine.info(host).get("Swarm")
    state = swarm.get("LocalNodeState") if isinstance(swarm, dict) else None
    return state not in {None, "", "inactive"}


@FAMILY.fix(
    "live-restore",
    "Keep containers running while the daemon restarts",
    applies="rootful Docker Engines on this host that are in no swarm",
    on_request=True,
)
def live_restore(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Turns live-restore on, so that a restart or upgrade of the daemon leaves containers running.

    ## What it changes
    `"live-restore": true` in the daemon's configuration file.

    ## Where the values come from
    There is only on and off. It is refused where the engine is a member of a swarm, since the two
    exclude each other (moby daemon/config/config_linux.go, IsSwarmCompatible).

    ## What it costs
    Nothing stops: the daemon takes this key over by a reload. From then on a container that writes
    more than 64 KiB to its output while the daemon is away waits for it, changed bridge and storage
    settings wait for a restart without running containers, and the engine cannot join a swarm.

    ## How it is verified
    LiveRestoreEnabled of GET /info is true after the reload.

    ## How it is undone
    The file gets its old bytes back. A reload does not turn live-restore off where the file no
    longer names it: the running daemon keeps it until it restarts.
    """
    setting_here(host, "live-restore")  # first of all: is there a file of this engine's
    if _in_swarm(host):
        return nothing("live-restore and swarm exclude each other, and this engine is in a swarm")
    if engine_host.is_rootless(host):
        return nothing(
            "the unit of a rootless engine ends all of its processes when it stops: live-restore "
            "cannot keep containers running there"
        )
    return _switch(
        host,
        "live-restore",
        True,  # noqa: FBT003 - the value
        "live-restore keeps containers running while the daemon restarts; the daemon takes it over "
        "without one",
        "While the daemon is away, a container that writes more than 64 KiB to its output waits.",
        "With containers running through it, a restart no longer applies changes of the bridge or "
        "of storage.",
        "The engine cannot join a swarm while it is on.",
        *_ended_by_the_unit(host),
    )


def _ended_by_the_unit(host: Host) -> tuple[str, ...]:
    """A note where systemd ends the containers' shims along with a daemon."""
    from probes import systemd_unit
    from probes.model import have

    units = have(systemd_unit.TOPIC.look(host).units, {})
    return tuple(
        f"{unit.name} has KillMode={unit.kill_mode}: its restart ends the containers all the same "
        "until that is mended (hullcheck fix engine-kill-mode)."
        for unit in units.values()
        if unit.name.endswith(".service")
        and unit.active == "active"
        and unit.kill_mode in {"control-group", "mixed"}
    )


@FAMILY.fix(
    "live-restore-in-swarm",
    "Turn live-restore off on a swarm node",
    applies="members of a swarm",
)
def live_restore_in_swarm(host: Host, request: Request) -> Proposal:  # noqa: ARG001
    """Turns live-restore off where the engine is in a swarm and could not start again with it.

    ## What it changes
    `"live-restore": false` in the daemon's configuration file.

    ## Where the values come from
    A daemon in a swarm exits at its start when live-restore is on (moby
    daemon/config/config_linux.go, IsSwarmCompatible). It is set to false and not taken out: a
    reload only looks at the key where the file names it (moby daemon/reload.go).

    ## What it costs
    Nothing stops. A later restart of the daemon stops the containers of this node; swarm starts its
    tasks again.

    ## How it is verified
    The file is judged as this engine reads it, and LiveRestoreEnabled of GET /info is false.

    ## How it is undone
    The file gets its old bytes back, with which the daemon would not start again.
    """
    now = setting_here(host, "live-restore")
    if now.value is True and not _in_swarm(host):
        return nothing("this engine is in no swarm: live-restore may stay on")
    return _switch(
        host,
        "live-restore",
        False,  # noqa: FBT003 - the value
        "a daemon in a swarm refuses to start with live-restore, so it is turned off",
        "A restart of the daemon stops the containers of this node; swarm starts its tasks again.",
    )


# -- builds --------------------------------------------------------------------------------------


@FAMILY.fix(
    "builder-gc",
    "Limit the build cache",
    applies="Docker Engines on this host",
    parameters=(
        Parameter(
            "keep",
            "a tenth of the file system that holds the cache, 5 GB at least",
            "how much of the build cache to keep, e.g. 20GB",
        ),
        OVERRULE,
    ),
)
def builder_gc(host: Host, request: Request) -> Proposal:
    """Has the engine collect its build cache, and says how much of it to keep.

    ## What it changes
    `builder.gc.enabled` in the daemon's configuration file, and the size to keep where neither a
    size nor a policy is there: `defaultKeepStorage` up to engine 27, `defaultReservedSpace` from
    28.0 on.

    ## Where the values come from
    A tenth of the file system that holds the cache, which is what the engine itself takes for its
    default (moby builder/builder-next/worker/gc.go), and 5 GB at least; or `--set keep=20GB`.

    ## What it costs
    The daemon must be restarted. Builds whose cache has been collected take longer once.

    ## How it is verified
    The daemon's new file is judged, and the daemon starts with it. BuildKit collects some minutes
    after a build; `docker builder du` shows it.

    ## How it is undone
    The file gets its old bytes back. Cache that was collected is built again when it is needed.
    """
    from probes import buildkit
    from probes.formats.daemon_json.go_values import ram_in_bytes

    now = setting_here(host, "builder")
    facts = buildkit.TOPIC.look(host)
    gc_name = _as_spelled(now.value, "gc")
    gc = now.value.get(gc_name) if isinstance(now.value, dict) else None
    told = buildkit.lower_keys(gc)
    version = daemon_keys.engine_version(fact(facts.version))
    by_default = version[:2] >= buildkit.GC_DEFAULT_SINCE
    keep = request.given.get("keep", "")
    if keep and ram_in_bytes(keep).error:
        raise ValueError(f"keep is a size such as 20GB, not {keep!r}")
    if not keep and (told.get("enabled") is True or (told.get("enabled") is None and by_default)):
        if now.source == "file":
            return waiting(host, now)
        return nothing(f"engine {fact(facts.version)} collects its build cache by itself")
    if told.get("enabled") is False and not overruled(request):
        return by_owner(now)
    sized = {"policy", "defaultkeepstorage", "defaultreservedspace", "defaultmaxusedspace"}
    settings: dict[tuple[str, ...], Any] = {("builder", gc_name, _as_spelled(gc, "enabled")): True}
    reason = "the engine collects its build cache, and keeps what the file already says"
    if keep or sized.isdisjoint(told):
        if not keep:
            fact(facts.place)
        size = (
            "defaultReservedSpace" if version[:2] >= RESERVED_SPACE_SINCE else "defaultKeepStorage"
        )
        wanted = keep or buildkit.keep_storage(facts)
        settings["builder", gc_name, _as_spelled(gc, size)] = wanted
        why = "as was asked for" if keep else "a tenth of the file system that holds it"
        reason = f"the engine collects its build cache and keeps {wanted} of it ({why})"
    return propose(
        f"{reason}",
        edit(host, settings),
        notes=("Builds whose cache has been collected take longer once.",),
    )


def _as_spelled(value: object, key: str) -> str:
    """A key as an object has it already: Go reads the names in ``builder`` in any case."""
    names = value if isinstance(value, dict) else {}
    return next((str(name) for name in names if str(name).lower() == key.lower()), key)


# -- the daemon's log ----------------------------------------------------------------------------


@FAMILY.fix(
    "daemon-debug", "Turn the daemon's debug log off", applies="Docker Engines on this host"
)
def daemon_debug(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Has the daemon stop logging several lines for every call of its API.

    ## What it changes
    `"debug": false` in the daemon's configuration file.

    ## Where the values come from
    There is only on and off. The key is set and not taken out, since a reload leaves debug as it is
    where the file does not name it (moby daemon/reload.go).

    ## What it costs
    Nothing stops: a reload is enough.

    ## How it is verified
    Debug of GET /info is false after the reload.

    ## How it is undone
    The file gets its old bytes back, and the daemon reads it again.
    """
    return _switch(
        host,
        "debug",
        False,  # noqa: FBT003 - the value
        "debug is set to false, which a reload takes over; without the key it would stay on",
    )


# -- hardening -----------------------------------------------------------------------------------


def _running(host: Host) -> list[str]:
    rows = engine_host.containers(host)
    return [engine_host.name_of(row) for row in rows if row.get("State") == "running"]


def _bridge_filter(host: Host) -> Proposal | None:
    """Why the kernel of this host rules a fix out: br_netfilter cannot be loaded there."""
    from probes import kernel

    facts = kernel.TOPIC.look(host)
    state = facts.modules.get("br_netfilter")
    if state == "absent":
        return by_hand(
            "this host's kernel has no module br_netfilter, without which the daemon would not "
            "start with this setting",
            "build or install br_netfilter (CONFIG_BRIDGE_NETFILTER) first",
        )
    if state not in {"loaded", "built-in"} and engine_host.is_rootless(host):
        return by_hand(
            "the module br_netfilter is not loaded, without which the daemon would not start with "
            "this setting, and a rootless daemon may not load it",
            "echo br_netfilter | sudo tee /etc/modules-load.d/br_netfilter.conf",
            "sudo modprobe br_netfilter",
        )
    if state not in {"loaded", "built-in"} and facts.module_folder == "gone":
        return by_hand(
            "the modules of the running kernel are gone, br_netfilter among them: the daemon would "
            "not start with this setting",
            "sudo reboot   # into the kernel that is installed",
        )
    return None


def _filtered_bridges(host: Host) -> tuple[str, ...]:
    """A note where the daemon will begin to filter what other bridges of the host carry."""
    from probes import kernel

    if kernel.TOPIC.look(host).bridge_filtering == 1:
        return ()
    return (
        (
            "The daemon then sets net.bridge.bridge-nf-call-iptables to 1: what other bridges of "
            "this host carry (virtual machines) goes through its firewall rules as well."
        ),
    )


@FAMILY.fix(
    "userland-proxy",
    "Publish ports without docker-proxy",
    applies="rootful Docker Engines on this host that keep the firewall's rules",
    on_request=True,
)
def userland_proxy(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Turns docker-proxy off: published ports are passed on by the firewall's rules alone.

    ## What it changes
    `"userland-proxy": false` in the daemon's configuration file.

    ## Where the values come from
    There is only on and off. It is not done where iptables is off for the daemon (then docker-proxy
    is the only way in), for a rootless engine, and where the module br_netfilter, which the daemon
    then needs, cannot be loaded (moby daemon/libnetwork/drivers/bridge/bridge_linux.go).

    ## What it costs
    The daemon must be restarted. Afterwards published ports are no longer reached at `[::1]`, nor at
    this host's IPv6 addresses where the container has no IPv6 itself. To make 127.0.0.1 work the
    daemon turns route_localnet on for its bridges, and hairpin NAT carries what a container sends to
    a published port of this host: a firewall that drops forwarded packets breaks that.

    ## How it is verified
    The daemon starts with its new file, and no docker-proxy process runs for a container that is
    started afterwards.

    ## How it is undone
    The file gets its old bytes back; it takes another restart.
    """
    if engine_host.is_rootless(host):
        return nothing(
            "a rootless engine passes published ports on by RootlessKit, whose port driver decides "
            "whether docker-proxy may be left out"
        )
    if configuration.setting(host, "iptables").value is False:
        return nothing(
            "with iptables off for the daemon, docker-proxy alone passes published ports on"
        )
    version = daemon_keys.engine_version(configuration.engine_version(host))
    needs_filter = version[:2] >= PROXY_NEEDS_FILTER_SINCE
    if needs_filter and (blocked := _bridge_filter(host)):
        return blocked
    return _switch(
        host,
        "userland-proxy",
        False,  # noqa: FBT003 - the value
        "published ports are passed on by the firewall's rules alone, without a process for each",
        "Published ports are no longer reached at [::1], nor at IPv6 addresses of this host where "
        "the container has no IPv6 itself; 127.0.0.1 still works, by route_localnet, which the "
        "daemon turns on for its bridges.",
        "A container that calls a published port at this host's own address depends on hairpin NAT: "
        "try that before you rely on it.",
        *(_filtered_bridges(host) if needs_filter else ()),
    )


@FAMILY.fix(
    "no-new-privileges",
    "Keep programs in new containers from gaining privileges",
    applies="Docker Engines on this host",
    on_request=True,
)
def no_new_privileges(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Set-user-ID programs in containers that are made from now on no longer raise privileges.

    ## What it changes
    `"no-new-privileges": true` in the daemon's configuration file.

    ## Where the values come from
    There is only on and off. A container takes it over when it is made (moby daemon/daemon_unix.go,
    parseSecurityOpt); `--security-opt no-new-privileges=false` makes an exception for one.

    ## What it costs
    The daemon must be restarted. Containers that exist keep what they have until they are made
    again; then sudo, su, ping and other set-user-ID programs, and files with capabilities, no longer
    raise privileges in them. Which images need that cannot be seen from outside.

    ## How it is verified
    SecurityOptions of GET /info names no-new-privileges after the restart.

    ## How it is undone
    The file gets its old bytes back; containers made meanwhile keep the flag until they are made
    again.
    """
    running = known(lambda: _running(host))
    names = listed(running) if isinstance(running, list) and running else ""
    return _switch(
        host,
        "no-new-privileges",
        True,  # noqa: FBT003 - the value
        "programs in containers that are made from now on cannot gain privileges by set-user-ID",
        "Which images need sudo, su or another set-user-ID program cannot be seen from outside: "
        "images that start as a user and use one break when they are made again"
        + (f". Running now: {names}." if names else "."),
        "An exception for one container: --security-opt no-new-privileges=false.",
    )


@FAMILY.fix(
    "icc",
    "Keep containers on the default bridge apart",
    applies="Docker Engines on this host with a default bridge",
    on_request=True,
)
def icc(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Containers on the default bridge can no longer open connections to each other.

    ## What it changes
    `"icc": false` in the daemon's configuration file.

    ## Where the values come from
    There is only on and off, and it concerns the default bridge alone: networks of one's own, as
    compose makes them, keep their containers together. It is not done where iptables is off for the
    daemon, which refuses the two together, and where the module br_netfilter, which it needs, cannot
    be loaded.

    ## What it costs
    The daemon must be restarted. Containers that find each other on the default bridge by address no
    longer do; links (`--link`) go on working. Containers that belong together are better put on a
    network of their own first.

    ## How it is verified
    The option enable_icc of the network bridge is false after the restart. With live-restore and
    running containers the daemon leaves its networks as they are until it starts without any
    (moby daemon/daemon_unix.go, initNetworkController).

    ## How it is undone
    The file gets its old bytes back; it takes another restart.
    """
    from probes import daemon_security

    if configuration.setting(host, "bridge").value == "none":
        return nothing("there is no default bridge: the daemon's setting bridge is none")
    if configuration.setting(host, "iptables").value is False:
        return nothing("with iptables off, the daemon refuses to start with icc off")
    blocked = _bridge_filter(host)
    if blocked:
        return blocked
    now, security = setting_here(host, "icc"), daemon_security.TOPIC.look(host)
    if now.value is False and security.icc is True:
        return by_hand(
            f"{now.where} turns icc off, and the bridge has not taken it over: the daemon leaves "
            "its networks as they are while containers run through its restart",
            "docker stop $(docker ps -q)",
            control(host).restart,
        )
    apart = _on_the_bridge(host)
    notes = [
        f"{listed(apart)} are on the default bridge now, and lose each other unless they are "
        "linked or put on a network of their own (docker network create)."
        if len(apart) > 1
        else "No two containers are on the default bridge now."
    ]
    if configuration.setting(host, "live-restore").value is True and _running(host):
        notes.append(
            "With live-restore the daemon leaves its networks as they are while containers run "
            "through its restart: it counts after a restart with all of them stopped."
        )
    return _switch(
        host,
        "icc",
        False,  # noqa: FBT003 - the value
        "containers on the default bridge can no longer connect to each other",
        *notes,
        *_filtered_bridges(host),
    )


def _on_the_bridge(host: Host) -> list[str]:
    """Names of the containers that are on the default bridge."""
    from probes import daemon_security

    attached = daemon_security.default_bridge(host).get("Containers")
    rows = attached.values() if isinstance(attached, dict) else ()
    return sorted(str(row.get("Name") or "") for row in rows if isinstance(row, dict))
