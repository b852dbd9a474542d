"""The units that run the engine under systemd: as shipped, as changed, as they are now."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from probes import engine
from probes.engine_host import CONTAINERS, container_of, containers, engine_host, name_of
from probes.formats.fstab import FstabEntry, parse_fstab
from probes.formats.mountinfo import NETWORK_FILE_SYSTEMS, mount_of
from probes.formats.systemd_show import (
    Directive,
    effective,
    parse_show,
    parse_unit_file,
    unit_of_cgroup,
)
from probes.host.questions import Absent, Refused, Unreadable
from probes.host.redaction import PLACEHOLDER
from probes.model import (
    ERROR,
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

PROPERTIES = (
    "Id,LoadState,LoadError,ActiveState,SubState,Result,NRestarts,FragmentPath,DropInPaths,"
    "NeedDaemonReload,UnitFileState,TasksMax,TasksCurrent,Delegate,KillMode,LimitNOFILE,"
    "LimitNOFILESoft,RequiresMountsFor,WantsMountsFor,After,MainPID,PrivateTmp,PrivateMounts"
)
"""All that this topic and others want to know of a unit, so that one question serves all."""

OOM_DOCKERD = -500
"""OOMScoreAdjust= of moby contrib/init/systemd/docker.service. dockerd before 25.0 set it itself."""

OOM_CONTAINERD = -999
"""OOMScoreAdjust= of containerd.service (containerd repository)."""

TASKS_NEARLY = 0.8
"""Share of a unit's TasksMax beyond which the next container may be the one that fails."""

LOOKED_AT = 20
"""Containers whose restart policy is asked for, when it matters: 20 requests of 1 ms each."""

EARLY_MOUNTS = frozenset({"/", "/usr", "/var", "/var/lib"})
"""Mounted before any ordinary service starts, or no service starts at all (bootup(7),
systemd.special(7) local-fs.target)."""

LATE_OPTIONS = frozenset({"nofail", "_netdev", "noauto"})
"""fstab options that take a mount out of local-fs.target, which all services wait for
(systemd.mount(5))."""

OPTION_FILES = {
    "/etc/default/docker": "DOCKER_OPTS",
    "/etc/sysconfig/docker": "OPTIONS",
    "/etc/conf.d/docker": "DOCKER_OPTS",
}
"""Option files of init scripts, with the variable that held the daemon's flags."""

SHELLS_OUT = ("snap.", "pkg-ContainerManager", "pkg-Docker")
"""Units that snapd and Synology's DSM generate: their owner cannot change them."""

TOPIC = Topic["Units"]("systemd-unit", "systemd units", engine=(CONTAINERS,))


class Unit(NamedTuple):
    """One loaded unit."""

    name: str
    load: str
    """loaded, not-found, bad-setting, masked."""
    active: str
    sub: str
    result: str
    restarts: int
    fragment: str
    drop_ins: tuple[str, ...]
    needs_reload: bool
    enabled: str
    """enabled, disabled, static, masked, generated, indirect; empty where systemd cannot tell."""
    tasks_max: int | None
    """None for infinity."""
    tasks: int | None
    delegate: bool
    kill_mode: str
    mounts_for: tuple[str, ...]
    after: tuple[str, ...]
    main_pid: int


class Dumped(NamedTuple):
    """A unit file whose checksum is not the one its package shipped."""

    path: str
    package: str
    kind: str = "md5"
    """md5 in dpkg's lists, sha256 in rpm's database."""


class Units(NamedTuple):
    """The engine's units, their files, and what around them decides whether they work."""

    here: bool | Missing
    user_manager: bool
    """Whether these are units of a user's own service manager (rootless)."""
    unit: str
    """The unit that runs the daemon, docker.service unless it told otherwise."""
    units: dict[str, Unit] | Missing
    directives: dict[str, tuple[Directive, ...]] | Missing
    """By unit: all assignments of its file and drop-ins, in the order they are read."""
    changed: tuple[Dumped, ...] | Missing
    """Unit files that are not as their packages shipped them."""
    shadowed: tuple[tuple[str, str], ...]
    """Unit files in /etc/systemd/system with the packaged file that they hide."""
    oom: dict[str, int] | Missing
    """oom_score_adj of dockerd and of a containerd of its own unit."""
    container: str | Missing
    restarting: tuple[str, ...] | Missing
    """Containers that are meant to come back after a boot; asked for only if the unit is off."""
    swarm: bool | Missing
    data_root: str | Missing
    """Resolved."""
    data_mount: tuple[str, str] | Missing
    """Mount point and file system type that the data-root lies on."""
    fstab: tuple[FstabEntry, ...] | Missing
    option_files: tuple[tuple[str, str, int], ...]
    """Path, assignment and line of old option files that set flags."""
    pid: int | Missing
    cgroup_driver: str = ""
    """systemd, cgroupfs, or empty where it is not told."""
    mount_unit: str = ""
    """The unit file, not made of fstab, that mounts what the data root lies on."""


# -- looking -------------------------------------------------------------------------------------


def managed(host: Host) -> bool:
    """True where systemd is the service manager, sd_booted(3). Raises inapplicable else."""
    if not host.exists("/run/systemd/system"):
        raise engine.NotHere("systemd does not run this host")
    return True


def daemon_unit(host: Host) -> str:
    """The unit that runs the daemon, by its control group."""
    try:
        daemon = engine.daemon(host)
        unit = unit_of_cgroup(host.read_text(f"/proc/{daemon.pid}/cgroup"))
    except Unreadable as error:
        if error.kind == "inapplicable":
            raise
        return "docker.service"
    return unit or ""


def shown(host: Host) -> dict[str, dict[str, str]]:
    """The properties of the daemon's unit, of docker.service, docker.socket and containerd.service.

    Raises: an Unreadable, inapplicable where systemd does not run this host or the daemon.
    """
    return host.derive(_shown)


def _shown(host: Host) -> dict[str, dict[str, str]]:
    managed(host)
    unit = daemon_unit(host)
    if not unit:
        raise engine.NotHere("the daemon was not started by systemd")
    uid = known(lambda: engine.daemon(host).uid)
    argv = ["systemctl"]
    if isinstance(uid, int) and uid != 0:
        if host.gauge("session")["uid"] != uid:
            raise engine.NotHere(
                f"the rootless daemon runs under the service manager of user {uid}, "
                "which only that user may ask"
            )
        argv.append("--user")
    names = dict.fromkeys((unit, "docker.service", "docker.socket", "containerd.service"))
    ran = host.run(*argv, "show", f"--property={PROPERTIES}", *names)
    if ran.code != 0:
        said = (ran.err.strip() or "no message").splitlines()[0]
        raise Refused(
            f"systemd does not answer: {said}", look="systemctl show docker", status=ran.code
        )
    return parse_show(ran.out)


@TOPIC.probe
def look(host: Host) -> Units:
    """One systemctl call for all units; their files are read as they lie."""
    properties = known(lambda: shown(host))
    units = (
        properties
        if isinstance(properties, Missing)
        else {name: _unit(p) for name, p in properties.items()}
    )
    unit = have(known(lambda: daemon_unit(host)), "docker.service") or "docker.service"
    data_root = known(lambda: _data_root(host))
    return Units(
        here=known(lambda: engine_host(host)),
        user_manager=isinstance(uid := known(lambda: engine.daemon(host).uid), int) and uid != 0,
        unit=unit,
        units=units,
        directives=units
        if isinstance(units, Missing)
        else known(lambda: {name: _directives(host, u) for name, u in units.items()}),
        changed=units if isinstance(units, Missing) else known(lambda: _changed(host, units)),
        shadowed=() if isinstance(units, Missing) else _shadowed(host, units),
        oom=units if isinstance(units, Missing) else known(lambda: _oom(host, units)),
        container=known(lambda: container_of(host)),
        restarting=units
        if isinstance(units, Missing)
        else known(lambda: _restarting(host, units, unit)),
        swarm=known(lambda: _in_swarm(host)),
        data_root=data_root,
        data_mount=data_root
        if isinstance(data_root, Missing)
        else known(lambda: _data_mount(host, data_root)),
        fstab=absent_as(lambda: tuple(parse_fstab(host.read_text("/etc/fstab"))), ()),
        option_files=_option_files(host),
        pid=known(lambda: engine.daemon(host).pid),
        cgroup_driver=have(known(lambda: _cgroup_driver(host)), ""),
        mount_unit=have(known(lambda: _mounted_by(host, data_root)), ""),
    )


def _cgroup_driver(host: Host) -> str:
    from probes import configuration

    try:
        return str(engine.info(host).get("CgroupDriver") or "")
    except Unreadable:
        options = configuration.setting(host, "exec-opts").value
    for option in options if isinstance(options, list) else ():
        name, _, value = str(option).partition("=")
        if name == "native.cgroupdriver":
            return value
    return ""


def _mounted_by(host: Host, data_root: str | Missing) -> str:
    """A .mount unit that is ordered before local-fs.target by default (systemd.mount(5))."""
    if isinstance(data_root, Missing):
        return ""
    target, _ = _data_mount(host, data_root)
    for folder in ("/etc/systemd/system", "/run/systemd/generator", "/usr/lib/systemd/system"):
        path = f"{folder}/{_mount_unit(target)}"
        if known(lambda path=path: host.exists(path)) is True:  # type: ignore[misc]
            return path
    return ""


def _number(text: str | None) -> int | None:
    """A property that is a number; infinity and [not set] are None."""
    if text is None or not text.lstrip("-").isdigit():
        return None
    value = int(text)
    return None if value >= (1 << 64) - 1 else value  # infinity, before systemd 235


def _unit(told: dict[str, str]) -> Unit:
    return Unit(
        name=told.get("Id", ""),
        load=told.get("LoadState", ""),
        active=told.get("ActiveState", ""),
        sub=told.get("SubState", ""),
        result=told.get("Result", ""),
        restarts=_number(told.get("NRestarts")) or 0,
        fragment=told.get("FragmentPath", ""),
        drop_ins=tuple(told.get("DropInPaths", "").split()),
        needs_reload=told.get("NeedDaemonReload") == "yes",
        enabled=told.get("UnitFileState", ""),
        tasks_max=_number(told.get("TasksMax")),
        tasks=_number(told.get("TasksCurrent")),
        delegate=told.get("Delegate", "yes") != "no",
        kill_mode=told.get("KillMode", ""),
        mounts_for=tuple(
            f"{told.get('RequiresMountsFor', '')} {told.get('WantsMountsFor', '')}".split()
        ),
        after=tuple(told.get("After", "").split()),
        main_pid=_number(told.get("MainPID")) or 0,
    )


def _directives(host: Host, unit: Unit) -> tuple[Directive, ...]:
    found: list[Directive] = []
    for path in (unit.fragment, *unit.drop_ins):
        if path.startswith("/"):
            found += parse_unit_file(host.read_text(path), path)
    return tuple(found)


def _changed(host: Host, units: dict[str, Unit]) -> tuple[Dumped, ...]:
    """Unit files below /lib and /usr/lib that differ from what their package shipped."""
    import hashlib

    paths = [u.fragment for u in units.values() if u.fragment.startswith(("/lib/", "/usr/lib/"))]
    if not paths:
        raise engine.NotHere("no unit of the engine was installed by a package")
    shipped = _checksums(host, paths)
    found, hidden = [], []
    for path in paths:
        package, kind, wanted = shipped.get(_merged(path), ("", "", ""))
        if not wanted or kind not in {"md5", "sha256"}:
            continue
        data = host.read_bytes(path)
        if PLACEHOLDER.encode() in data:
            hidden.append(path)
            continue
        digest = hashlib.new(kind, data, usedforsecurity=False).hexdigest()
        if digest != wanted:
            found.append(Dumped(path, package, kind))
    if not any(_merged(path) in shipped for path in paths):
        raise engine.NotHere("this host's package manager keeps no checksums of these files")
    if hidden and not found:
        raise engine.NotHere(f"{hidden[0]} sets variables, whose values hullcheck does not read")
    return tuple(found)


def _merged(path: str) -> str:
    """The path with /lib taken for /usr/lib, which are one folder on merged systems."""
    return f"/usr{path}" if path.startswith("/lib/") else path


def _checksums(host: Host, paths: list[str]) -> dict[str, tuple[str, str, str]]:
    """Package, kind and checksum by path: dpkg's own lists, else what rpm remembers."""
    found: dict[str, tuple[str, str, str]] = {}
    for package in ("docker.io", "docker-ce", "containerd", "containerd.io", "moby-engine"):
        try:
            text = host.read_text(f"/var/lib/dpkg/info/{package}.md5sums")
        except Absent:
            continue
        for line in text.splitlines():
            digest, _, path = line.partition("  ")
            found[_merged(f"/{path}")] = (package, "md5", digest)
    if found:
        return found
    folders = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
    if not any(known(lambda f=f: host.exists(f)) is True for f in folders):  # type: ignore[misc]
        return {}
    query = "[%{FILENAMES}\\t%{NAME}\\t%{FILEDIGESTS}\\n]"
    for line in host.run("rpm", "-qf", "--qf", query, *paths).out.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and len(fields[2]) == 64:  # noqa: PLR2004 - sha256, three fields
            found[_merged(fields[0])] = (fields[1], "sha256", fields[2])
    return found


def _shadowed(host: Host, units: dict[str, Unit]) -> tuple[tuple[str, str], ...]:
    found = []
    for unit in units.values():
        if not unit.fragment.startswith("/etc/systemd/system/"):
            continue
        for folder in ("/usr/lib/systemd/system", "/lib/systemd/system"):
            path = f"{folder}/{unit.name}"
            if known(lambda path=path: host.exists(path)) is True:  # type: ignore[misc]
                found.append((unit.fragment, path))
                break
    return tuple(found)


def _oom(host: Host, units: dict[str, Unit]) -> dict[str, int]:
    found = {}
    daemon = engine.daemon(host)
    if daemon.name != "dockerd":
        raise engine.NotHere(f"containers of {daemon.name} do not depend on its service")
    pids = {daemon.name: daemon.pid}
    containerd = units.get("containerd.service")
    if containerd and containerd.main_pid:
        pids["containerd"] = containerd.main_pid
    for name, pid in pids.items():
        text = host.read_text(f"/proc/{pid}/oom_score_adj").strip()
        found[name] = int(text)
    return found


def _restarting(host: Host, units: dict[str, Unit], unit: str) -> tuple[str, ...]:
    """Containers that are meant to run again after a boot, asked only where that is in doubt."""
    told = units.get(unit)
    if told is None or told.enabled != "disabled":
        return ()
    running = [r for r in containers(host) if r.get("State") == "running"][:LOOKED_AT]
    found = []
    for row in running:
        answer = engine.get(host, f"/containers/{row.get('Id')}/json")
        config = answer.get("HostConfig") if isinstance(answer, dict) else None
        policy = config.get("RestartPolicy") if isinstance(config, dict) else None
        if isinstance(policy, dict) and policy.get("Name") in {"always", "unless-stopped"}:
            found.append(name_of(row))
    return tuple(found)


def _in_swarm(host: Host) -> bool:
    swarm = engine.info(host).get("Swarm")
    return isinstance(swarm, dict) and swarm.get("LocalNodeState") == "active"


def _data_root(host: Host) -> str:
    path = engine.look(host).data_root
    if not isinstance(path, Missing):
        return host.realpath(path)
    from probes import configuration

    return host.realpath(str(configuration.setting(host, "data-root").value))


def _data_mount(host: Host, path: str) -> tuple[str, str]:
    mount = mount_of(path, host.mounts())
    if mount is None:
        raise Absent(f"no mount holds {path}", look=f"findmnt -T {path}")
    return mount.target, mount.fstype


def _option_files(host: Host) -> tuple[tuple[str, str, int], ...]:
    found = []
    for path, variable in OPTION_FILES.items():
        text = absent_as(lambda path=path: host.read_text(path), "")  # type: ignore[misc]
        if isinstance(text, Missing):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            name, equals, value = line.strip().removeprefix("export ").partition("=")
            if equals and name == variable and value.strip().strip("\"'"):
                found.append((path, line.strip(), number))
    return tuple(found)


# -- judging -------------------------------------------------------------------------------------


def _loaded(facts: Units, *, changeable: bool = True) -> list[Unit]:
    """The engine's units that exist here; skips where there are none."""
    need(facts.here)
    return [
        u
        for u in need(facts.units).values()
        if u.load not in {"not-found", "masked", ""}
        and not (changeable and u.name.startswith(SHELLS_OUT))
    ]


def _services(facts: Units) -> list[Unit]:
    """The daemon's own unit, and containerd's where the daemon does not start it itself."""
    names = {facts.unit, "containerd.service"}
    return [u for u in _loaded(facts) if u.name in names and u.active == "active"]


def systemctl(facts: Units) -> str:
    """The command that speaks to the manager of these units."""
    return "systemctl --user" if facts.user_manager else "sudo systemctl"


def _drop_in(facts: Units, unit: str, *lines: str) -> tuple[str, ...]:
    folder = (
        f"~/.config/systemd/user/{unit}.d"
        if facts.user_manager
        else (f"/etc/systemd/system/{unit}.d")
    )
    sudo = "" if facts.user_manager else "sudo "
    text, key = "\\n".join(lines), lines[-1].partition("=")[0].lower()
    return (
        f"{sudo}mkdir -p {folder}",
        f"printf '{text}\\n' | {sudo}tee {folder}/zz-hullcheck-{key}.conf",
        f"{systemctl(facts)} daemon-reload",
        f"{systemctl(facts)} restart {unit}   # stops containers unless live-restore is on"
        if unit != "containerd.service"
        else f"{systemctl(facts)} restart {unit}   # containers keep running",
    )


def _nothing(facts: Units) -> Verdict:
    if facts.unit.startswith(SHELLS_OUT):
        maker = "the snap" if facts.unit.startswith("snap.") else "Synology's package"
        return skip(f"{maker} generates its own unit, which cannot be changed")
    return skip("no unit of the engine is loaded")


@TOPIC.check(
    "unit-file-edited",
    WARNING,
    "A packaged unit file was edited in place",
    references=(
        "man:systemd.unit(5)",
        "https://docs.docker.com/engine/daemon/proxy/#systemd-unit-file",
    ),
    applies="systemd hosts whose engine came from a deb or rpm package",
)
def unit_file_edited(facts: Units) -> list[Verdict]:
    """Somebody changed a unit file under /lib or /usr/lib, where the package owns it.

    ## What it reads
    The checksum of each unit file of the engine, against the one its package recorded: dpkg's
    md5sums lists, or what `rpm -qf` prints. Nothing is verified that is not a unit file.

    ## Why it matters
    The next upgrade of the package puts its own file back, without asking. A changed ExecStart,
    proxy or limit is then gone, and the daemon may not start or may lose its settings, at a moment
    when nobody thinks of that edit.

    ## How to mend it
    Keep a copy, carry the difference over into a drop-in (`sudo systemctl edit docker`), and put
    the packaged file back by reinstalling the package.

    ## What could go wrong
    A drop-in that sets ExecStart needs an empty `ExecStart=` before it. Reinstalling the package
    restarts the daemon.

    ## Why this severity
    A warning: it works today and is lost at the next upgrade.
    """
    need(facts.here)
    need(facts.units)
    changed = need(facts.changed)
    if not changed:
        return [ok("the unit files are as their packages shipped them")]
    return [
        fail(
            f"{item.path} differs from what package {item.package} shipped: the next upgrade "
            "silently takes the edit away.",
            Evidence(item.path, "checksum", "changed", f"as in package {item.package}"),
            subject=item.path,
            mend=(
                f"sudo cp {item.path} /root/{posixpath.basename(item.path)}.edited",
                f"sudo systemctl edit {posixpath.basename(item.path)}   # your changes go here",
                (
                    f"sudo apt-get install --reinstall {item.package}   # restarts the daemon"
                    if item.kind == "md5"
                    else f"sudo dnf reinstall {item.package}   # openSUSE: zypper install --force; "
                    "restarts the daemon"
                ),
            ),
        )
        for item in changed
    ]


@TOPIC.check(
    "unit-shadows-packaged",
    NOTE,
    "A full copy of a unit hides the packaged one",
    references=("man:systemd.unit(5)",),
    applies="systemd hosts",
)
def unit_shadows_packaged(facts: Units) -> list[Verdict]:
    """A unit file in /etc/systemd/system takes the place of the one that the package ships.

    ## What it reads
    Where systemd loaded each unit from (FragmentPath), and whether a file of the same name lies
    below /usr/lib/systemd/system.

    ## Why it matters
    Improvements of the packaged unit never arrive: the removal of LimitNOFILE=infinity, new
    ordering, new defaults. Files written for Docker 1.13 are found like this on engines of today.

    ## How to mend it
    Compare the two, keep only the difference in a drop-in (`sudo systemctl edit`), and remove the
    copy. Or decide to own the file, and waive this note.

    ## What could go wrong
    The packaged unit may start the daemon with other flags: compare ExecStart before you restart.

    ## Why this severity
    A note: it is allowed, and only goes stale.
    """
    _loaded(facts)
    if not facts.shadowed:
        return [ok("no packaged unit is hidden by a copy")]
    return [
        fail(
            f"{mine} hides {packaged}: what the package changes there never takes effect.",
            Evidence(mine, "", "in use", packaged),
            subject=mine,
            mend=(
                f"diff {packaged} {mine}",
                f"sudo systemctl edit {posixpath.basename(mine)}   # keep what you need",
                f"sudo mv {mine} {mine}.before && sudo systemctl daemon-reload",
            ),
        )
        for mine, packaged in facts.shadowed
    ]


@TOPIC.check(
    "exec-start-not-reset",
    ERROR,
    "A drop-in adds a second ExecStart",
    references=(
        "https://github.com/moby/moby/issues/22339",
        "https://docs.docker.com/reference/cli/dockerd/",
        "man:systemd.service(5)",
    ),
    applies="systemd hosts",
)
def exec_start_not_reset(facts: Units) -> list[Verdict]:
    """A service has two start commands, which systemd refuses.

    ## What it reads
    The unit files of the engine and their drop-ins in the order systemd reads them, and LoadState.

    ## Why it matters
    ExecStart= is a list, and an assignment in a drop-in appends to it. A service that is not
    oneshot may have one: systemd says "Service has more than one ExecStart= setting" and does not
    load the unit. A running daemon runs on until it is stopped; after that nothing starts it.

    ## How to mend it
    An empty `ExecStart=` line in the drop-in, before the one with the new command.

    ## What could go wrong
    After `systemctl daemon-reload` the new command takes effect at the next restart: check its
    flags against daemon.json, where the same key must not be set.

    ## Why this severity
    An error: the engine does not start, today or at the next reboot.
    """
    _loaded(facts)
    found = []
    for name, directives in need(facts.directives).items():
        if not name.endswith(".service"):
            continue
        kinds = [d.value for d in directives if d.key == "Type"]
        commands = effective(list(directives), "ExecStart")
        if len(commands) > 1 and kinds[-1:] != ["oneshot"]:
            last = commands[-1]
            found.append(
                fail(
                    f"{name} has {len(commands)} start commands, which systemd refuses: the engine "
                    "does not start again.",
                    *(
                        Evidence(c.path, f"line {c.line}", c.value, "one ExecStart")
                        for c in commands
                    ),
                    subject=name,
                    mend=(
                        f"sudo sed -i '{last.line}i ExecStart=' {last.path}   # clears the list",
                        f"{systemctl(facts)} daemon-reload",
                        f"systemctl cat {name}",
                    ),
                    line=last.line,
                )
            )
    return found or [ok("each service has one start command")]


@TOPIC.check(
    "unit-tasks-limited",
    WARNING,
    "systemd limits the daemon's number of threads",
    references=(
        "https://github.com/moby/moby/blob/master/contrib/init/systemd/docker.service",
        "man:systemd.resource-control(5)",
    ),
    applies="systemd hosts",
)
def unit_tasks_limited(facts: Units) -> list[Verdict]:
    """The daemon's unit may only have so many tasks, and shims, proxies and builds count as them.

    ## What it reads
    TasksMax and TasksCurrent of the daemon's unit and of containerd's.

    ## Why it matters
    systemd's default is 15 % of the machine's process numbers. A host with many containers comes
    to it one day: "fork/exec: resource temporarily unavailable", and no container starts any more.
    With the cgroupfs driver, or on old engines, the containers' own processes may count as well.

    ## How to mend it
    A drop-in with `TasksMax=infinity`, as the engine's own unit has it.

    ## What could go wrong
    Nothing is lost: containers should have `--pids-limit` of their own, which stays.

    ## Why this severity
    A warning: it shows under load and looks like anything else.
    """
    services = _services(facts)
    if not services:
        return [_nothing(facts)]
    found = []
    for unit in services:
        if unit.tasks_max is None:
            found.append(ok(f"{unit.name} may have any number of tasks", subject=unit.name))
            continue
        now = "an unknown number" if unit.tasks is None else str(unit.tasks)
        found.append(
            fail(
                f"{unit.name} may have {unit.tasks_max} tasks at most and has {now}: at the limit "
                "no container starts.",
                Evidence(
                    f"systemctl show {unit.name}", "TasksMax", str(unit.tasks_max), "infinity"
                ),
                subject=unit.name,
                mend=(
                    (
                        f"sudo systemctl set-property {unit.name} TasksMax=infinity   "
                        "# at once, nothing restarts"
                    ),
                ),
                severity=ERROR
                if unit.tasks is not None and unit.tasks >= TASKS_NEARLY * unit.tasks_max
                else "",
            )
        )
    return found


def protection(facts: Units, daemon: str) -> tuple[str, int]:
    """The unit of dockerd or containerd, and the OOMScoreAdjust= it should have."""
    if daemon == "containerd":
        return "containerd.service", OOM_CONTAINERD
    return facts.unit, OOM_DOCKERD


@TOPIC.check(
    "engine-oom-unprotected",
    WARNING,
    "The kernel may kill the engine before its containers",
    references=(
        "https://github.com/moby/moby/blob/master/contrib/init/systemd/docker.service",
        "https://github.com/containerd/containerd/blob/main/containerd.service",
        "man:proc_pid_oom_score_adj(5)",
    ),
    applies="rootful engines under systemd, not inside a container",
)
def engine_oom_unprotected(facts: Units) -> list[Verdict]:
    """When memory runs out, the daemons are as likely to be killed as the program that took it.

    ## What it reads
    /proc/PID/oom_score_adj of dockerd and of containerd. The engine's own units set -500 and -999;
    dockerd set it itself up to version 24. Since 25.0 only the unit does, and copied or old units
    do not.

    ## Why it matters
    A killed containerd or dockerd restarts without its attached clients and builds, and without
    live-restore takes all containers along, all because of one of them.

    ## How to mend it
    A drop-in with `OOMScoreAdjust=-500` for docker.service (-999 for containerd.service).

    ## What could go wrong
    The daemon must be restarted. The protection does not pass on to containers, which get their
    own score.

    ## Why this severity
    A warning: it matters on the worst day only, and then to everybody.
    """
    need(facts.here)
    need(facts.units)
    if facts.user_manager:
        return [skip("a user's own daemon may not protect itself from the OOM killer")]
    if container := have(facts.container, ""):
        return [skip(f"a {container} container may not be allowed to protect its processes")]
    if facts.unit.startswith(SHELLS_OUT):
        return [_nothing(facts)]
    found = []
    for name, score in need(facts.oom).items():
        unit, wanted = protection(facts, name)
        seen = Evidence(f"/proc/PID/oom_score_adj of {name}", "", str(score), str(wanted))
        if score <= OOM_DOCKERD:
            found.append(ok(f"{name} is protected from the OOM killer", seen, subject=name))
        else:
            found.append(
                fail(
                    f"{name} has an OOM score adjustment of {score}: when memory runs out the "
                    "kernel may kill it instead of the container that took it.",
                    seen,
                    subject=name,
                    mend=_drop_in(facts, unit, "[Service]", f"OOMScoreAdjust={wanted}"),
                )
            )
    return found


@TOPIC.check(
    "cgroups-not-delegated",
    WARNING,
    "systemd may reset the limits of containers",
    references=(
        "https://github.com/moby/moby/blob/master/contrib/init/systemd/docker.service",
        "https://systemd.io/CGROUP_DELEGATION/",
    ),
    applies="systemd hosts",
)
def cgroups_not_delegated(facts: Units) -> list[Verdict]:
    """The unit does not say that its daemon manages control groups of its own.

    ## What it reads
    Delegate= of the daemon's unit and of containerd's, as systemd has it loaded, and the engine's
    cgroup driver: with the driver systemd the groups are systemd's own and nothing is delegated.

    ## Why it matters
    Without it systemd takes the groups below the unit for its own: at a daemon-reload it may move
    processes and put device and memory settings back. Containers then lose limits or devices
    ("Failed to initialize NVML") while they run.

    ## How to mend it
    A drop-in with `Delegate=yes`, as the engine's own unit has it.

    ## What could go wrong
    It counts from the daemon's next start on; running containers are not touched.

    ## Why this severity
    A warning: it strikes at the next daemon-reload, which package upgrades do.
    """
    services = _services(facts)
    if not services:
        return [_nothing(facts)]
    if facts.cgroup_driver == "systemd":
        return [ok("systemd itself makes the containers' control groups, as scopes of their own")]
    return [
        ok(f"{unit.name} has its control groups delegated", subject=unit.name)
        if unit.delegate
        else fail(
            f"{unit.name} has Delegate=no: systemd may undo limits and devices of running "
            "containers at a daemon-reload.",
            Evidence(f"systemctl show {unit.name}", "Delegate", "no", "yes"),
            subject=unit.name,
            mend=_drop_in(facts, unit.name, "[Service]", "Delegate=yes"),
        )
        for unit in services
    ]


@TOPIC.check(
    "kill-mode-not-process",
    WARNING,
    "Stopping the daemon kills the containers' processes",
    references=(
        "https://github.com/moby/moby/blob/master/contrib/init/systemd/docker.service",
        "man:systemd.kill(5)",
    ),
    applies="systemd hosts",
)
def kill_mode_not_process(facts: Units) -> list[Verdict]:
    """Systemd ends everything in the unit's control group when it stops or restarts the daemon.

    ## What it reads
    KillMode= of the daemon's unit and of containerd's. "process" and "none" leave the children
    alone; control-group (systemd's default) and mixed do not.

    ## Why it matters
    The shims that hold the containers live in that group. A restart or upgrade of containerd then
    kills all containers at once and without a stop signal: databases recover, data may be lost,
    and live-restore is of no use.

    ## How to mend it
    A drop-in with `KillMode=process`.

    ## What could go wrong
    It takes effect with `daemon-reload`; do not restart before that.

    ## Why this severity
    A warning: all is well until the daemon restarts.
    """
    services = _services(facts)
    if not services:
        return [_nothing(facts)]
    if facts.user_manager:
        return [skip("rootless engines come with KillMode=mixed: live-restore is not for them")]
    return [
        ok(f"stopping {unit.name} leaves its children alone", subject=unit.name)
        if unit.kill_mode in {"process", "none"}
        else fail(
            f"{unit.name} has KillMode={unit.kill_mode}: its restart kills the shims, and with "
            "them all containers.",
            Evidence(f"systemctl show {unit.name}", "KillMode", unit.kill_mode, "process"),
            subject=unit.name,
            mend=_drop_in(facts, unit.name, "[Service]", "KillMode=process")[:3],
        )
        for unit in services
    ]


@TOPIC.check(
    "unit-start-limit-hit",
    ERROR,
    "systemd has given up starting the engine",
    references=(
        "https://github.com/moby/moby/issues/41461",
        "https://github.com/moby/moby/issues/33931",
    ),
    applies="systemd hosts",
)
def unit_start_limit_hit(facts: Units) -> list[Verdict]:
    """The engine failed three times within a minute, and systemd does not try again.

    ## What it reads
    Result and ActiveState of docker.service and docker.socket. When the service hits its start
    limit, the socket fails with it ("service-start-limit-hit").

    ## Why it matters
    Clients see "Cannot connect to the Docker daemon", and no later start helps until the state is
    reset, even after the cause is mended.

    ## How to mend it
    Read why it failed (most often daemon.json), mend that, then reset both units and start.

    ## What could go wrong
    A reset without a mended cause only uses up the next three tries.

    ## Why this severity
    An error: the engine is down and stays down.
    """
    units = _loaded(facts, changeable=False)
    found = [
        fail(
            f"{unit.name} failed with {unit.result}: systemd will not start it again by itself.",
            Evidence(f"systemctl show {unit.name}", "Result", unit.result, "success"),
            subject=unit.name,
            mend=(
                f"journalctl -u {facts.unit} -b -n 50 --no-pager   # the first error is the cause",
                "mend what it names",
                f"{systemctl(facts)} reset-failed docker.service docker.socket",
                f"{systemctl(facts)} start docker.service",
            ),
        )
        for unit in units
        if unit.active == "failed" and unit.result.endswith("start-limit-hit")
    ]
    return found or [ok("systemd has not given up on the engine")]


@TOPIC.check(
    "unit-restart-loop",
    ERROR,
    "The engine fails and is restarted over and over",
    references=("https://github.com/moby/moby/issues/41461", "man:systemd.service(5)"),
    applies="systemd hosts",
)
def unit_restart_loop(facts: Units) -> list[Verdict]:
    """The daemon is between two tries to start, after having failed.

    ## What it reads
    ActiveState, SubState, NRestarts and Result of the daemon's unit and of containerd's.

    ## Why it matters
    "activating (auto-restart)" means: it died, systemd waits two seconds and tries again. With
    three failures in a minute it stops trying.

    ## How to mend it
    The journal of the unit names the cause, mostly in the last lines before "Main process exited".

    ## What could go wrong
    Nothing is changed by reading it.

    ## Why this severity
    An error: the engine is not serving.
    """
    found = [
        fail(
            f"{unit.name} failed ({unit.result}) and waits for its restart number "
            f"{unit.restarts + 1}.",
            Evidence(f"systemctl show {unit.name}", "SubState", unit.sub, "running"),
            subject=unit.name,
            mend=(f"journalctl -u {unit.name} -b -n 50 --no-pager",),
        )
        for unit in _loaded(facts, changeable=False)
        if unit.name.endswith(".service") and unit.sub == "auto-restart"
    ]
    return found or [ok("no service of the engine is restarting")]


@TOPIC.check(
    "unit-disabled-at-boot",
    WARNING,
    "The engine does not start at boot",
    references=("https://docs.docker.com/engine/install/linux-postinstall/",),
    applies="systemd hosts with containers that are meant to come back",
)
def unit_disabled_at_boot(facts: Units) -> Verdict:
    """Containers with a restart policy will not come back after a reboot.

    ## What it reads
    UnitFileState of the daemon's unit. Where it is disabled: the restart policies of running
    containers (20 at most), and whether this is a swarm node.

    ## Why it matters
    A policy of `always` or `unless-stopped` is carried out by the daemon. A socket unit that is
    enabled starts the daemon only when the first client calls, which may be days after the boot.

    ## How to mend it
    `sudo systemctl enable docker.service containerd.service`.

    ## What could go wrong
    At the next boot all those containers start at once.

    ## Why this severity
    A warning: nothing is wrong until the reboot.
    """
    need(facts.here)
    unit = need(facts.units).get(facts.unit)
    if unit is None or unit.load == "not-found":
        return skip("the daemon has no unit of its own")
    if unit.enabled not in {"disabled", "masked"}:
        return ok(f"{unit.name} is {unit.enabled or 'started by another unit'}")
    if unit.active != "active":
        return skip(f"{unit.name} is {unit.enabled} and not running: the engine is switched off")
    names = need(facts.restarting)
    if not names and not have(facts.swarm, otherwise=False):
        return ok(f"{unit.name} is {unit.enabled}, and no running container has to come back")
    who = f"{', '.join(names[:3])}" + (f" and {len(names) - 3} others" if names[3:] else "")
    return fail(
        f"{unit.name} is not started at boot: "
        + (f"{who} will be down after a reboot." if names else "this swarm node will be down."),
        Evidence(f"systemctl show {unit.name}", "UnitFileState", unit.enabled, "enabled"),
        mend=(f"{systemctl(facts)} enable {unit.name}",),
    )


def _covers(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def _mount_unit(path: str) -> str:
    """The name of a mount's unit, systemd-escape --path."""
    out = []
    for char in path.strip("/"):
        if char == "/":
            out.append("-")
        elif char.isalnum() or char in ":_.":
            out.append(char)
        else:
            out += [f"\\x{byte:02x}" for byte in char.encode()]
    return "".join(out) + ".mount"


@TOPIC.check(
    "data-root-mount-unordered",
    WARNING,
    "The daemon may start before its data is mounted",
    references=(
        "https://github.com/moby/moby/issues/41461",
        "man:systemd.unit(5)",
        "man:systemd.mount(5)",
    ),
    applies="systemd hosts whose data-root is on a mount of its own",
)
def data_root_mount_unordered(facts: Units) -> Verdict:
    """Nothing makes the daemon wait for the file system that holds its data.

    ## What it reads
    The mount that the data-root lies on, its line in /etc/fstab, and RequiresMountsFor= and After=
    of the daemon's unit. A plain fstab line is fine: all services wait for local file systems. Not
    so with `nofail`, `noauto`, network file systems, and what somebody mounts by hand or script.

    ## Why it matters
    The daemon then starts on the empty folder below the mount point: all images, containers and
    volumes are "gone", restart policies find nothing, and new data lands on the root file system
    where the mount later hides it.

    ## How to mend it
    A drop-in with `RequiresMountsFor=` and the data-root.

    ## What could go wrong
    If the mount fails at boot, the daemon now does not start at all, which is what one wants.

    ## Why this severity
    A warning: it is a race at every boot, and losing it looks like losing all data.
    """
    need(facts.here)
    units = need(facts.units)
    unit = units.get(facts.unit)
    if unit is None or facts.unit.startswith(SHELLS_OUT):
        return _nothing(facts)
    if container := have(facts.container, ""):
        return skip(f"the mounts of a {container} container are there before it starts")
    root = need(facts.data_root)
    target, fstype = need(facts.data_mount)
    if target in EARLY_MOUNTS or fstype in {"tmpfs", "overlay", "zfs"}:
        # zfs-mount.service runs before local-fs.target (OpenZFS etc/systemd/system).
        return ok(f"the data-root {root} lies on {target}, which is there before any service")
    if any(_covers(path, root) and _covers(target, path) for path in unit.mounts_for) or any(
        _covers(root, path) for path in unit.mounts_for
    ):
        return ok(f"{unit.name} waits for {target} (RequiresMountsFor)")
    if _mount_unit(target) in unit.after:
        return ok(f"{unit.name} starts after {_mount_unit(target)}")
    network = fstype in NETWORK_FILE_SYSTEMS
    if network and "remote-fs.target" in unit.after:
        return ok(f"{unit.name} starts after the network file systems")
    entry = next((e for e in need(facts.fstab) if e.target == target), None)
    if entry is None and facts.mount_unit and not network:
        return ok(f"{facts.mount_unit} mounts {target} before any service starts")
    if entry is None:
        why = f"{target} is not in /etc/fstab"
        seen = Evidence("/etc/fstab", target, "no line", "a line, or RequiresMountsFor")
    else:
        late = sorted(LATE_OPTIONS & set(entry.options))
        if "x-systemd.automount" in entry.options:
            return ok(f"{target} is mounted by whoever comes first (x-systemd.automount)")
        if not late and not network:
            return ok(f"{target} is mounted from /etc/fstab before any service starts")
        why = f"{target} is mounted with {', '.join(late)}" if late else f"{target} is on {fstype}"
        seen = Evidence(
            "/etc/fstab", f"line {entry.line}", ",".join(entry.options), "RequiresMountsFor"
        )
    return fail(
        f"Nothing makes {unit.name} wait for {target}, where its data-root {root} lies ({why}): at "
        "a boot it may start on the empty folder below.",
        seen,
        Evidence(
            f"systemctl show {unit.name}",
            "RequiresMountsFor",
            " ".join(unit.mounts_for) or "empty",
            root,
        ),
        mend=_drop_in(facts, unit.name, "[Unit]", f"RequiresMountsFor={root}")[:3],
    )


@TOPIC.check(
    "unit-private-mounts",
    NOTE,
    "The daemon's mounts are cut off from the host's",
    references=("https://github.com/moby/moby/issues/20317", "man:systemd.exec(5)"),
    applies="systemd hosts",
)
def unit_private_mounts(facts: Units) -> list[Verdict]:
    """The daemon runs in a mount namespace of its own.

    ## What it reads
    MountFlags=, PrivateTmp= and PrivateMounts= in the unit's file and drop-ins.

    ## Why it matters
    Units of Docker 1.x had `MountFlags=slave`. What containers mount is then not seen on the host:
    `:shared` binds fail ("not a shared mount"), storage plug-ins and kubelets do not find their
    mounts, and with PrivateTmp a bind of /tmp shows another /tmp.

    ## How to mend it
    Remove the line, or set it empty in a drop-in, and restart the daemon.

    ## What could go wrong
    Very old kernels (RHEL 7 before 7.4) may then show "device or resource busy" at removals.

    ## Why this severity
    A note: most containers never notice.
    """
    services = _services(facts)
    if not services:
        return [_nothing(facts)]
    directives = need(facts.directives)
    found = []
    for unit in services:
        last = {d.key: d for d in directives.get(unit.name, ()) if d.section == "Service"}
        for key, bad in (
            ("MountFlags", {"slave", "private"}),
            ("PrivateTmp", {"yes", "true", "on", "1"}),
            ("PrivateMounts", {"yes", "true", "on", "1"}),
        ):
            line = last.get(key)
            if line and line.value.lower() in bad:
                found.append(
                    fail(
                        f"{unit.name} has {key}={line.value}: mounts made by containers stay "
                        "hidden from the host and from each other.",
                        Evidence(line.path, f"line {line.line}", line.value, "not set"),
                        subject=unit.name,
                        mend=_drop_in(
                            facts,
                            unit.name,
                            "[Service]",
                            f"{key}={'' if key == 'MountFlags' else 'no'}",
                        ),
                        line=line.line,
                    )
                )
    return found or [ok("the daemon shares the host's mounts")]


@TOPIC.check(
    "unit-reload-pending",
    WARNING,
    "A changed unit file has not been loaded",
    references=("man:systemctl(1)",),
    applies="systemd hosts",
)
def unit_reload_pending(facts: Units) -> list[Verdict]:
    """A unit file or drop-in of the engine is newer than what systemd has in memory.

    ## What it reads
    NeedDaemonReload of the engine's units, which systemd works out from the files' times.

    ## Why it matters
    The change has no effect, whatever the file says, until a daemon-reload; then it comes with the
    next restart, which may be a reboot that nobody connects with it.

    ## How to mend it
    `sudo systemctl daemon-reload`, then restart the daemon when it suits.

    ## What could go wrong
    On cgroup v1 and with old runc, a daemon-reload can take GPUs away from running containers
    ("Failed to initialize NVML"); restart those afterwards.

    ## Why this severity
    A warning: what is written is not what runs.
    """
    found = [
        fail(
            f"The files of {unit.name} have changed since systemd read them: the change is not in "
            "effect.",
            Evidence(f"systemctl show {unit.name}", "NeedDaemonReload", "yes", "no"),
            subject=unit.name,
            mend=(
                f"systemctl cat {unit.name}   # what the files say now",
                f"{systemctl(facts)} daemon-reload",
            ),
        )
        for unit in _loaded(facts, changeable=False)
        if unit.needs_reload
    ]
    return found or [ok("systemd has read the units as they are")]


@TOPIC.check(
    "docker-opts-ignored",
    WARNING,
    "Flags in an old options file have no effect",
    references=(
        "https://github.com/moby/moby/issues/22339",
        "https://docs.docker.com/engine/daemon/",
    ),
    applies="systemd hosts with /etc/default/docker or /etc/sysconfig/docker",
)
def docker_opts_ignored(facts: Units) -> list[Verdict]:
    """Somebody set daemon flags in a file that the unit never reads.

    ## What it reads
    DOCKER_OPTS in /etc/default/docker (OPTIONS in /etc/sysconfig/docker), and EnvironmentFile= and
    ExecStart= of the unit. Debian's docker.io does read that file; Docker's own packages do not.

    ## Why it matters
    The settings look as if they were made: registries, DNS, data-root, TLS. None of them is.

    ## How to mend it
    Put them into /etc/docker/daemon.json, which every installation reads, and empty the file.

    ## What could go wrong
    Settings that were dead for years come to life: check each before you carry it over.

    ## Why this severity
    A warning: the daemon does not run the way its owner believes.
    """
    _loaded(facts)
    directives = need(facts.directives).get(facts.unit, ())
    read = [d.value.removeprefix("-") for d in effective(list(directives), "EnvironmentFile")]
    commands = " ".join(d.value for d in effective(list(directives), "ExecStart"))
    found = []
    for path, line, number in facts.option_files:
        variable = line.removeprefix("export ").partition("=")[0].strip()
        used = path in read and (f"${variable}" in commands or f"${{{variable}}}" in commands)
        if used:
            found.append(ok(f"{facts.unit} reads {path}", subject=path))
            continue
        found.append(
            fail(
                f"{path} sets {variable}, and {facts.unit} does not use it: those flags have no "
                "effect.",
                Evidence(path, f"line {number}", line, "settings in daemon.json"),
                subject=path,
                mend=(
                    f"carry what is still wanted from {path} over into daemon.json",
                    f"sudo sed -i '{number} s/^/# /' {path}",
                ),
                line=number,
            )
        )
    return found or [ok("no old options file sets flags")]


def own_limit(facts: Units, unit: str) -> Directive | None:
    """The LimitNOFILE= that counts for a unit, where the owner of the host has set it."""
    lines = [d for d in need(facts.directives).get(unit, ()) if d.key == "LimitNOFILE"]
    return lines[-1] if lines and lines[-1].path.startswith(("/etc/", "/run/")) else None


@TOPIC.check(
    "nofile-set-on-docker-only",
    NOTE,
    "The raised file limit does not reach containers",
    references=("https://github.com/moby/moby/issues/44547",),
    applies="systemd hosts where containerd has a unit of its own",
)
def nofile_set_on_docker_only(facts: Units) -> Verdict:
    """A drop-in sets LimitNOFILE for docker.service, and containers get theirs from containerd.

    ## What it reads
    LimitNOFILE= in drop-ins of docker.service and containerd.service, and whether containerd runs
    under its own unit.

    ## Why it matters
    Containers are children of containerd's shims. Whoever raised the limit on docker.service to
    mend "too many open files" in a container has changed nothing for it.

    ## How to mend it
    Set the same line in a drop-in for containerd.service, or nofile in default-ulimits of
    daemon.json; then re-create the containers.

    ## What could go wrong
    Restarting containerd leaves containers running with the limits they have.

    ## Why this severity
    A note: the limit may have been meant for the daemon itself.
    """
    _loaded(facts)
    need(facts.directives)
    containerd = need(facts.units).get("containerd.service")
    if containerd is None or containerd.active != "active":
        return skip("containerd has no unit of its own here")

    docker = own_limit(facts, facts.unit)
    if docker is None or own_limit(facts, "containerd.service"):
        return ok("no file limit is set for the daemon alone")
    return fail(
        f"LimitNOFILE={docker.value} is set for {facts.unit} only: containers get theirs from "
        "containerd.service.",
        Evidence(docker.path, f"line {docker.line}", docker.value, "also in containerd.service"),
        mend=_drop_in(facts, "containerd.service", "[Service]", f"LimitNOFILE={docker.value}"),
        line=docker.line,
    )
