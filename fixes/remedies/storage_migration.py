"""Where and how the engine keeps its data: advice for moving it, never the move itself."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING

from fixes.model import ADVICE, Family, Parameter, by_hand, nothing
from probes import configuration, daemon_control, engine, storage
from probes.model import FAIL, have, judge, known

if TYPE_CHECKING:
    from fixes.model import Proposal, Request
    from probes.host import Host
    from probes.model import Finding

FAMILY = Family()

_OTHER_LAYERS = frozenset(
    {
        "storage-driver-vfs",
        "storage-driver-removed",
        "storage-driver-btrfs",
        "storage-driver-fuse-overlayfs",
        "data-root-no-d-type",
    }
)
"""Checks whose layers are of no use afterwards: another driver cannot read them, or they are
wrong. Images are saved and loaded instead of being copied."""

_FITTING = frozenset({"ext4", "xfs", "btrfs"})
"""Local file systems that carry overlay2 (docs.docker.com/engine/storage/drivers)."""


@FAMILY.fix(
    "storage-migration",
    "Move the engine's data to another storage driver or place",
    risk=ADVICE,
    applies="Docker Engines on this host",
    parameters=(
        Parameter(
            "target",
            "a folder on the local file system with the most free space",
            "the absolute path of the new data root",
        ),
    ),
)
def storage_migration(host: Host, request: Request) -> Proposal:
    """How the images, containers and volumes of this host move to where or how they should be.

    hullcheck never does this: a storage driver does not see what another one has stored, and a new
    data root is empty. It takes a person who knows which data matters, and who checks it before the
    old is removed.

    ## What it changes
    Nothing. The steps below are for this host: its paths, its service, its number of images.

    ## Where the values come from
    GET /info for the driver and the data root; the mount table and statvfs(3) for a file system
    with room.

    ## What it costs
    The engine and all containers are down from the stop to the start. Until the old folder is
    removed, everything takes its space twice.

    ## How it is verified
    `docker info` names the new driver and data root, `docker volume ls` the old volumes, and the
    containers run, before anything old is removed.

    ## How it is undone
    Stop the engine, put the old setting back, start it: the old folder is as it was left.
    """
    storage.docker_engine(host)
    facts = storage.TOPIC.look(host)
    found = request.findings or _storage_findings(facts)
    if not found:
        return nothing("the storage driver and the data root fit this host")
    place = _Move(host, facts, request.given.get("target", ""))
    ids = {finding.id for finding in found}
    if "containerd-store-not-on-data-root" in ids or any(
        f.subject == _containerd_path(facts) for f in found if f.subject
    ):
        steps = _containerd_steps(facts, place)
    elif ids & _OTHER_LAYERS or have(facts.driver, "") == "vfs":
        steps = _new_layers_steps(host, facts, place)
    else:
        steps = _copy_steps(host, place)
    return by_hand(
        f"hullcheck never moves data: {found[0].summary}",
        *steps,
        notes=("The containers are down from the stop to the start.",),
    )


def _storage_findings(facts: storage.Storage) -> tuple[Finding, ...]:
    from fixes import FIXES

    wanted = set(FIXES["storage-migration"].mends)
    return tuple(
        finding
        for check in storage.TOPIC.checks
        if check.id in wanted and not check.tags
        for finding in judge(check, facts)
        if finding.outcome == FAIL
    )


def _containerd_path(facts: storage.Storage) -> str:
    place = facts.containerd_root
    return place.path if isinstance(place, storage.Directory) else ""


class _Move:
    """From which folder to which, with room for a copy of what matters."""

    def __init__(self, host: Host, facts: storage.Storage, given: str) -> None:
        if given and not given.startswith("/"):
            raise ValueError(f"target: {given} is no absolute path")
        self.root = storage.data_root(host)[0]
        now = facts.data_root
        here = now.mount if isinstance(now, storage.Directory) else ""
        other = _roomiest(host, self.root, without=here)
        self.target = given or f"{other or '/NEW'}/docker"
        self.backup = f"{_roomiest(host, self.root) or '/NEW'}/docker-backup"
        self.first: tuple[str, ...] = ()
        """What has to be done before all else."""
        if not given and not other:
            self.first = (
                (
                    "make a file system for it, ext4 or XFS (mkfs.xfs -n ftype=1), and mount it at "
                    "/NEW; none of those that are here fits"
                ),
            )

    def room(self, folder: str, size_of: str) -> str:
        new, old = _quoted(folder), _quoted(size_of)
        return f"sudo mkdir -p {new} && df -h {new} && sudo du -sxh {old}   # is there room?"


def _roomiest(host: Host, root: str, *, without: str = "") -> str:
    """Where the local file system with the most free space is mounted, /srv for the root's own."""
    best, most = "", -1
    for mount in host.mounts():
        system = mount.target.startswith((f"{root}/", "/boot", "/snap", "/var/snap"))
        if system or mount.target in {without, root} or mount.fstype not in _FITTING:
            continue
        space = known(lambda path=mount.target: host.statvfs(path).available)  # type: ignore[misc]
        read_only = "ro" in (*mount.options, *mount.super_options)
        if not read_only and isinstance(space, int) and space > most:
            best, most = mount.target, space
    return "/srv" if best == "/" else best


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)


def _stop_and_start(host: Host) -> tuple[str, str]:
    restart = have(known(lambda: daemon_control.control(host)), daemon_control.UNKNOWN).restart
    stop = restart.replace("restart", "stop", 1)
    if stop == "sudo systemctl stop docker":
        stop = "sudo systemctl stop docker.socket docker   # the socket would start it again"
    return stop, restart.replace("restart", "start", 1)


def _set_here(host: Host, name: str, value: str) -> str:
    """How a person sets a key: where it is set now, else in the file."""
    told = known(lambda: configuration.setting(host, name))
    if isinstance(told, configuration.Setting) and told.source == "flag":
        return f"replace {told.where} by --{name}={value} where dockerd gets its flags"
    path = have(known(lambda: configuration.file_path(host)), engine.DEFAULT_CONFIG)
    return f'set "{name}": {json.dumps(value)} in {path}; hullcheck lint {path}'


def _new_layers_steps(host: Host, facts: storage.Storage, move: _Move) -> tuple[str, ...]:
    """Save, let the engine begin anew, load: layers of one driver are nothing to another."""
    root, backup, new = map(_quoted, (move.root, move.backup, move.target))
    stop, start = _stop_and_start(host)
    images = have(known(lambda: engine.info(host)), {}).get("Images")
    number = f"   # {images} images; a registry may have some of them" if images else ""
    copies = "--xattrs --acls --numeric-owner"
    moves = not _fits(facts)
    put = (
        (
            f"sudo mkdir -p {new} && sudo tar -C {new} {copies} -xpf {backup}/volumes.tar",
            _set_here(host, "data-root", move.target),
        )
        if moves
        else (_set_here(host, "storage-driver", "overlay2"),)
    )
    return (
        *(move.first if moves else ()),
        move.room(move.backup, move.root),
        (
            "docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>' | xargs docker "
            f"save | sudo tee {backup}/images.tar >/dev/null{number}"
        ),
        (
            'for c in $(docker ps -aq); do docker diff "$c" | grep -q . && docker inspect -f '
            "'{{.Name}}' \"$c\"; done   # containers with files of their own: docker commit what "
            "matters, and save it too"
        ),
        stop,
        (
            f"sudo tar -C {root} {copies} -cpf {backup}/volumes.tar volumes   # with the engine "
            "stopped, so that databases are whole"
        ),
        *put,
        *_labels_step(host, new if moves else ""),
        start,
        f"docker load -i {backup}/images.tar",
        "docker info --format '{{.Driver}} {{.DockerRootDir}}' && docker volume ls",
        "make the containers anew: docker compose up -d in each project, or their docker run command",
        _keep(root),
    )


def _fits(facts: storage.Storage) -> bool:
    """Whether overlay2 can lie on the file system of the data root."""
    place = facts.data_root
    if have(facts.driver_status, {}).get("Supports d_type") == "false":
        return False
    return isinstance(place, storage.Directory) and place.fstype in _FITTING


def _copy_steps(host: Host, move: _Move) -> tuple[str, ...]:
    """Copy the data root as it is to another file system."""
    root, new = _quoted(move.root), _quoted(move.target)
    stop, start = _stop_and_start(host)
    return (
        *move.first,
        move.room(move.target, move.root),
        stop,
        f"sudo rsync -aHAX --numeric-ids {root}/ {new}/",
        _set_here(host, "data-root", move.target),
        *_labels_step(host, new),
        start,
        "docker info --format '{{.Driver}} {{.DockerRootDir}}' && docker volume ls && docker ps -a",
        _keep(root),
    )


def _containerd_steps(facts: storage.Storage, move: _Move) -> tuple[str, ...]:
    """With the containerd image store images lie in containerd's root, whatever data-root says."""
    path = _containerd_path(facts) or storage.DEFAULT_CONTAINERD_ROOT
    folder = f"{posixpath.dirname(move.target).rstrip('/')}/containerd"
    old, new = _quoted(path), _quoted(folder)
    return (
        *move.first,
        move.room(folder, path),
        "sudo systemctl stop docker.socket docker containerd   # stops all containers",
        f"sudo rsync -aHAX --numeric-ids {old}/ {new}/",
        f'set root = "{folder}" at the top of /etc/containerd/config.toml',
        "sudo systemctl start containerd docker",
        "docker image ls && docker ps -a",
        _keep(old),
    )


def _keep(old: str) -> str:
    return f"keep {old} as it is until everything runs and is checked; only then remove what is old"


def _labels_step(host: Host, new: str) -> tuple[str, ...]:
    """SELinux takes the labels of files by their path."""
    if not new or known(lambda: host.exists("/sys/fs/selinux/enforce")) is not True:
        return ()
    like = storage.DEFAULT_DATA_ROOT
    return (f"sudo semanage fcontext -a -e {like} {new} && sudo restorecon -R {new}",)
