"""Space of the engine's: what is removed here is gone, and nothing that was not listed is removed.

The engine is never told to force: what has come into use since the plan was made, it refuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixes.judged import fact
from fixes.model import (
    DESTRUCTIVE,
    EmptyFile,
    EngineCall,
    Family,
    Parameter,
    Proposal,
    Request,
    by_hand,
    nothing,
    propose,
)
from probes import container_logging, disk, engine, engine_network, network, storage
from probes.engine_host import name_of
from probes.formats.sizes import GIB, human_size, parse_size
from probes.formats.timestamps import parse_stamp
from probes.host.questions import Garbled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probes.host import Host

FAMILY = Family()

DAY = 86400

LISTED = 20
"""Objects that are named in the notes; the changes name all of them."""

_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""Volumes (moby daemon/names): none begins with a dash, which a command would take for an option."""
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@\[\]-]*")
"""References to images (distribution/reference)."""

DAYS = Parameter(
    "older-than", f"{disk.UNUSED_DAYS}", "Days; what was made since then stays. 0 for everything."
)

GONE = "What is removed cannot be brought back by undo."


def _days(request: Request) -> int:
    """The age from which on things go, in days. Raises: ValueError for what is none."""
    text = request.given.get("older-than", DAYS.default).removesuffix("d")
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII):
        raise ValueError(f"older-than must be a whole number of days, not {text!r}")
    return int(text)


def _usage(host: Host, kind: tuple[str, ...]) -> list[dict[str, Any]]:
    """The items of one kind of GET /system/df.

    Raises: Unreadable; NotHere for podman, whose objects follow rules of their own.
    """
    engine_network.made_by_docker(host)
    rows = disk.rows(engine.get(host, disk.USAGE_PATH), kind)
    if rows is None:
        raise Garbled("this engine does not tell it (GET /system/df)", look="docker system df -v")
    return rows


def _older(host: Host, rows: Iterable[dict[str, Any]], days: int) -> list[dict[str, Any]]:
    """Those that were made more than so many days ago, as far as the engine tells."""
    before = host.now() - days * DAY
    return [row for row in rows if 0 < disk.number(row.get("Created")) <= before]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _count(found: Sequence[Any], noun: str) -> str:
    return f"{len(found)} {noun}" + ("" if len(found) == 1 else "s")


def _sized(name: str, size: int) -> str:
    return f"{name} ({human_size(size)})"


# -- builds and images ----------------------------------------------------------------------------


@FAMILY.fix(
    "build-cache",
    "Remove build cache that was not used lately",
    risk=DESTRUCTIVE,
    applies="Docker Engines with BuildKit, also remote ones",
    parameters=(
        Parameter(
            "older-than", f"{disk.UNUSED_DAYS}", "Days; what was used since then stays. 0 for all."
        ),
    ),
)
def build_cache(host: Host, request: Request) -> Proposal:
    """Prunes the records of the build cache that no build has used for a week.

    ## What it changes
    The engine's build cache, by one prune with an age. Records in use, and those that an image
    shares, stay.

    ## Where the values come from
    GET /system/df tells the records and when each was used last.

    ## What it costs
    Builds that need the records do their steps again, downloads included.

    ## How it is verified
    The engine answers how much it gave back; build-cache-large is asked again.

    ## How it is undone
    It cannot be. The cache fills again with the next builds.
    """
    days = _days(request)
    engine_network.made_by_docker(host)
    answer = engine.get(host, disk.USAGE_PATH)
    kind = fact(disk.parse_usage(answer).cache)
    rows = disk.rows(answer, disk.CACHE)
    if rows:
        before = host.now() - days * DAY
        old = [r for r in rows if disk.is_idle(r) and (_used(r) or before) <= before]
        size = sum(disk.number(r.get("Size")) for r in old)
        if not old and kind.reclaimable:
            return by_hand(
                f"All of the build cache that is not in use was used in the last {days} days.",
                "hullcheck fix build-cache --allow-destructive --set older-than=1",
                "for good: hullcheck fix builder-gc, which limits it",
            )
    else:
        size = kind.reclaimable
    if not size:
        return nothing("No build cache is to be had back.")
    until = f"{days * 24}h"
    return propose(
        f"Removes build cache that was not used for {days} days: at most {human_size(size)}.",
        EngineCall(
            "prune-build-cache",
            "",
            {"filters": {"until": until}},
            ("docker", "builder", "prune", "--force", "--filter", f"until={until}"),
            size,
        ),
        notes=(f"Builds that need it take longer once. {GONE}",),
    )


def _used(record: dict[str, Any]) -> float:
    """When a record was used last, seconds since the epoch; 0 where it is not told."""
    text = record.get("LastUsedAt") or record.get("CreatedAt")
    return (parse_stamp(text) or 0.0) if isinstance(text, str) else 0.0


@FAMILY.fix(
    "dangling-images",
    "Remove images without a name",
    risk=DESTRUCTIVE,
    applies="every Docker Engine, also remote ones",
)
def images_dangling(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - it has no choices
    """Removes each image that has neither a tag nor a container.

    ## What it changes
    The images listed, one by one, and their layers as far as no other image has them.

    ## Where the values come from
    GET /system/df: images without a tag that no container uses, and the size of what each shares
    with no other image. What they share among each other comes back as well.

    ## What it costs
    An image that was meant to be kept is gone: give it a tag before (docker tag ID NAME).

    ## How it is verified
    The engine answers for each; images-dangling is asked again.

    ## How it is undone
    It cannot be: build or pull the image again.
    """
    rows = [r for r in _usage(host, disk.IMAGES) if disk.is_unused(r) and not disk.tags(r)]
    calls = [
        _remove("image", str(row.get("Id")), disk.own_size(row))
        for row in rows
        if _ID.fullmatch(str(row.get("Id")))
    ]
    if not calls:
        return nothing("No image is without a tag and a container.")
    return propose(
        f"Removes {_count(calls, 'image')} without a tag and a container: {_images_size(rows)}.",
        *calls,
        notes=(GONE,),
    )


@FAMILY.fix(
    "unused-images",
    "Remove images that no container uses",
    risk=DESTRUCTIVE,
    applies="every Docker Engine, also remote ones",
    parameters=(DAYS,),
)
def images_unused(host: Host, request: Request) -> Proposal:
    """Removes each name of an image that no container, running or stopped, is made of.

    ## What it changes
    The images listed, name by name; with its last name an image goes, and its layers as far as no
    other image has them. Images without a tag are left to dangling-images.

    ## Where the values come from
    GET /system/df tells how many containers each image has and when it was made: a week ago or
    more. That is when it was built, not when it was pulled.

    ## What it costs
    They have to be pulled or built again. An image that exists nowhere else cannot be: docker save
    it before.

    ## How it is verified
    The engine answers for each; images-unused is asked again.

    ## How it is undone
    It cannot be: build or pull the image again.
    """
    days = _days(request)
    unused = [r for r in _usage(host, disk.IMAGES) if disk.is_unused(r) and disk.tags(r)]
    rows = _older(host, unused, days)
    calls = [call for row in rows for call in _names_of(row)]
    if not calls:
        return _too_young("unused-images", "tagged image without a container", len(unused), days)
    names = [_sized(", ".join(disk.tags(row)), disk.own_size(row)) for row in rows]
    return propose(
        f"Removes {_count(rows, 'image')} that no container uses: {_images_size(rows)}.",
        *calls,
        notes=(
            (
                f"They are: {_listed(names)}. What exists in no registry cannot be had again: docker "
                "save it first."
            ),
            f"Images for services of a swarm, and bases of builds, may have no container. {GONE}",
        ),
    )


def _names_of(image: dict[str, Any]) -> list[EngineCall]:
    """A call for each name of an image: by its id one with several names is not removed."""
    names = [tag for tag in disk.tags(image) if _TAG.fullmatch(tag)]
    if len(names) < len(disk.tags(image)):
        return []
    sizes = [0] * (len(names) - 1) + [disk.own_size(image)]
    return [_remove("image", name, size) for name, size in zip(names, sizes, strict=True)]


def _images_size(rows: Sequence[dict[str, Any]]) -> str:
    """What comes back: at least what no other image has, at most all of it."""
    least = sum(disk.own_size(row) for row in rows)
    most = sum(disk.number(row.get("Size")) for row in rows)
    if least >= most:
        return f"at most {human_size(most)}"
    return (
        f"{human_size(least)} that no other image has, and at most {human_size(most)} with layers "
        "that they share"
    )


# -- containers, volumes, networks ----------------------------------------------------------------


@FAMILY.fix(
    "stopped-containers",
    "Remove containers that do not run",
    risk=DESTRUCTIVE,
    applies="every Docker Engine, also remote ones",
    parameters=(DAYS,),
)
def containers_stopped(host: Host, request: Request) -> Proposal:
    """Removes each container that exited, or never started, and was made a week ago or more.

    ## What it changes
    The containers listed: what was written inside them, and their logs. Their volumes stay.

    ## Where the values come from
    GET /system/df tells their states, when they were made and what was written inside.

    ## What it costs
    One that is started by hand now and then is gone as well. Anonymous volumes that only it named
    are left behind.

    ## How it is verified
    The engine answers for each, and refuses one that has been started; containers-stopped is asked
    again.

    ## How it is undone
    It cannot be: make the container anew. What was written inside is lost.
    """
    days = _days(request)
    # The removal of a dead one failed: it would fail again.
    stopped = [
        row
        for row in _usage(host, disk.CONTAINERS)
        if row.get("State") in disk.STOPPED and row.get("State") != "dead"
    ]
    rows = [r for r in _older(host, stopped, days) if _ID.fullmatch(str(r.get("Id")))]
    if not rows:
        return _too_young("stopped-containers", "container that does not run", len(stopped), days)
    sizes = [disk.number(row.get("SizeRw")) for row in rows]
    names = [_sized(name_of(row), size) for row, size in zip(rows, sizes, strict=True)]
    projects = [name_of(row) for row in rows if _in_project(row)]
    return propose(
        f"Removes {_count(rows, 'stopped container')}: at most {human_size(sum(sizes))}, and "
        "their logs.",
        *(_remove("container", str(r["Id"]), size) for r, size in zip(rows, sizes, strict=True)),
        notes=(
            (
                f"They are: {_listed(names)}. What was written inside them, and their logs, are lost. "
                f"{GONE}"
            ),
            *(
                (
                    (
                        f"Of a compose project: {_listed(projects)}. docker compose up makes them anew, "
                        "docker compose start does not find them."
                    ),
                )
                if projects
                else ()
            ),
        ),
    )


def _in_project(row: dict[str, Any]) -> bool:
    labels = row.get("Labels")
    return isinstance(labels, dict) and "com.docker.compose.project" in labels


@FAMILY.fix(
    "unused-volumes",
    "Remove volumes that no container uses",
    risk=DESTRUCTIVE,
    applies="every Docker Engine, also remote ones",
    parameters=(
        Parameter(
            "named", "false", "true takes volumes with a name too: somebody wanted their data."
        ),
    ),
)
def volumes_unused(host: Host, request: Request) -> Proposal:
    """Removes each anonymous volume that no container, running or stopped, names.

    ## What it changes
    The volumes listed, with all that is in them. Named volumes only with --set named=true, and
    volumes of other drivers than local never: they may lie on another machine.

    ## Where the values come from
    GET /system/df tells how many containers name each volume, and its size.

    ## What it costs
    A volume can hold the only copy of a database whose container was made anew. Look into it
    before: docker run --rm -v NAME:/v alpine ls -la /v.

    ## How it is verified
    The engine answers for each, and refuses one that a container names by then; volumes-orphaned is
    asked again.

    ## How it is undone
    It cannot be: the data is gone.
    """
    told = request.given.get("named", "false")
    if told not in {"true", "false"}:
        raise ValueError(f"named must be true or false, not {told!r}")
    rows: list[dict[str, Any]] = []
    left: list[str] = []
    for row in _usage(host, disk.VOLUMES):
        name = str(row.get("Name"))
        if disk.volume_use(row)[1] != 0:
            continue
        if told == "false" and not disk.is_anonymous(name, row.get("Labels")):
            continue
        if row.get("Driver") == "local" and _NAME.fullmatch(name):
            rows.append(row)
        else:
            left.append(name)
    others = (f"Left alone, of a driver other than local: {_listed(left)}.",) if left else ()
    if not rows:
        kind = "" if told == "true" else "anonymous "
        return nothing(f"No {kind}volume is without a container.", notes=others)
    sizes = [disk.volume_use(row)[0] for row in rows]
    names = [_sized(str(row["Name"]), size) for row, size in zip(rows, sizes, strict=True)]
    return propose(
        f"Removes {_count(rows, 'volume')} that no container names: at most {human_size(sum(sizes))}.",
        *(_remove("volume", str(r["Name"]), size) for r, size in zip(rows, sizes, strict=True)),
        notes=(
            (
                f"Their data is gone for good: {', '.join(names)}. {GONE} To look into one: docker run "
                "--rm -v NAME:/v alpine ls -la /v."
            ),
            *others,
        ),
    )


@FAMILY.fix(
    "idle-networks",
    "Remove networks that no container names",
    risk=DESTRUCTIVE,
    applies="every Docker Engine, also remote ones",
)
def networks_unused(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - it has no choices
    """Removes each bridge network that no container, running or stopped, belongs to.

    ## What it changes
    The networks listed, with their bridges and firewall rules. Their subnets are free again.

    ## Where the values come from
    GET /networks and GET /containers/json, as unused-networks counts them. The engine's own
    networks and swarm's are never among them.

    ## What it costs
    A compose file that calls such a network external does not start until it is made again.

    ## How it is verified
    The engine answers for each, and refuses one that is in use by then; unused-networks is asked
    again.

    ## How it is undone
    It cannot be by hullcheck: docker network create makes it anew, with its options.
    """
    found = [
        item
        for item in network.unused_of(
            engine_network.networks(host), engine_network.containers(host)
        )
        if _ID.fullmatch(item.id)
    ]
    if not found:
        return nothing("Every network that somebody made belongs to a container.")
    names = [
        f"{item.name} ({', '.join(item.subnets)})" if item.subnets else item.name for item in found
    ]
    return propose(
        f"Removes {_count(found, 'network')} that no container belongs to.",
        *(_remove("network", item.id, None) for item in found),
        notes=(f"They are: {_listed(names)}. {GONE}",),
    )


def _remove(kind: str, subject: str, size: int | None) -> EngineCall:
    """The call that removes one object, without force; ``kind`` is docker's word for it."""
    return EngineCall(f"remove-{kind}", subject, {}, ("docker", kind, "rm", subject), size)


def _too_young(fix: str, what: str, number: int, days: int) -> Proposal:
    if not number:
        return nothing(f"There is no {what}.")
    return nothing(
        f"None of {number} was made more than {days} days ago (hullcheck fix {fix} --set "
        "older-than=DAYS takes younger ones)."
    )


# -- logs -----------------------------------------------------------------------------------------


@FAMILY.fix(
    "container-log",
    "Empty large logs of containers",
    risk=DESTRUCTIVE,
    applies="Docker Engines on this host with the log driver json-file",
    parameters=(
        Parameter(
            "larger-than",
            "1g, or the threshold container-log-large",
            "Size from which a log is emptied: 100m, 2g.",
        ),
    ),
)
def container_log(host: Host, request: Request) -> Proposal:
    """Cuts large json-file logs to nothing while their containers run on.

    ## What it changes
    The log files listed, below the engine's data root. Files that the engine has rotated away
    (-json.log.1) are the engine's to remove and stay, as do logs of the driver local.

    ## Where the values come from
    The sizes of the files: 1 GiB and more, as container-log-large has it.

    ## What it costs
    The lines are lost: copy a log first that is needed. docker logs shows the new lines. As the
    engine goes on counting from the old size (moby daemon/logger/loggerutils/logfile.go), docker
    logs with --follow or --tail may show nothing until the container is restarted or its log
    rotated.

    ## How it is verified
    The file is empty afterwards; container-log-large is asked again.

    ## How it is undone
    It cannot be. What keeps logs from growing again: hullcheck fix log-rotation, and containers made
    anew.
    """
    storage.docker_engine(host)
    least = int(container_logging.LARGE_GIB.value * GIB)
    if "larger-than" in request.given:
        size = parse_size(request.given["larger-than"])
        if size is None:
            raise ValueError(
                f"larger-than must be a size such as 100m, not {request.given['larger-than']!r}"
            )
        least = size
    files, complete = container_logging.log_files(host)
    root = f"{storage.data_root(host)[0]}/containers/"
    large = [
        file
        for file in files
        if file.size >= max(least, 1)
        and _is_log(file.path, root)
        and host.lstat(file.path).kind == "file"
    ]
    if not large:
        return nothing(
            f"None of {len(files)} logs holds {human_size(least)} or more."
            + ("" if complete else " Not all were looked at.")
        )
    total = sum(file.size for file in large)
    names = [_sized(file.container, file.size) for file in large]
    return propose(
        f"Empties {_count(large, 'log')}: {human_size(total)}.",
        *(EmptyFile(file.path, file.size) for file in large),
        notes=(
            f"The lines so far are lost: {_listed(names)}. Copy a log first that is needed. {GONE}",
            (
                "docker logs shows the new lines; with --follow or --tail it may show nothing until the "
                "container is restarted. Other programs that follow the file may have to be, too."
            ),
        ),
        steps=(
            (
                "hullcheck fix log-rotation   # and make the containers anew, so that it does not grow "
                "again"
            ),
        ),
    )


def _is_log(path: str, root: str) -> bool:
    """Whether a path is the log of a container below the engine's data root."""
    folder, _, name = path.removeprefix(root).partition("/")
    return path.startswith(root) and bool(_ID.fullmatch(folder)) and name == f"{folder}-json.log"
