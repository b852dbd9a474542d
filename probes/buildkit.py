"""Builds: which builder is used, what limits its cache, and what foreign programs run with."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from probes import configuration, disk, engine, engine_host, storage
from probes.daemon_control import Control, advice
from probes.formats.sizes import GIB, human_size
from probes.formats.versions import major_minor
from probes.host.questions import Absent
from probes.model import (
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
from probes.thresholds import Threshold

if TYPE_CHECKING:
    from probes.host import Host

BUILDKIT_DEFAULT_SINCE = 23
"""Engine from which BuildKit is the default on Linux (moby 23.0 release notes, moby/moby#43992)."""

GC_DEFAULT_SINCE = (28, 2)
"""Engine from which the build cache is collected when daemon.json says nothing (moby/moby#49826;
``BuilderGCConfig.IsEnabled`` of v28.3.0). `docker buildx inspect default` of 20.10 and 26.1 shows
no GC policy, that of 28.5 shows four."""

OLD_BUILDER = 1706659200
"""31 January 2024: BuildKit 0.12.5 was released, which closed CVE-2024-23651, -23652, -23653 and
-23657. The image of a builder that was made before is older, whatever its tag says."""
OLD_BUILDER_DAY = "2024-01-31"

VOLUME_GIB = Threshold(
    "builder-volume-large", 20, "GiB", "Docker Desktop's own limit of the build cache is 20 GB"
)
ORPHAN_GIB = Threshold("builder-volume-orphaned", 1, "GiB", "less is not worth looking at")

KEEP_PERCENT = 10
"""Of the file system; what DefaultGCPolicy reserves (moby builder/builder-next/worker/gc.go)."""

BINFMT = "/proc/sys/fs/binfmt_misc"

_VOLUME = re.compile(r"buildx_buildkit_(.+?)_state")
_MACHINES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
}
"""uname(2) machine to the architecture names of images (GOARCH); others are the same word."""

_EMULATORS = {
    "amd64": "qemu-x86_64",
    "arm64": "qemu-aarch64",
    "386": "qemu-i386",
    "arm": "qemu-arm",
    "ppc64le": "qemu-ppc64le",
    "s390x": "qemu-s390x",
    "riscv64": "qemu-riscv64",
    "mips64le": "qemu-mips64el",
    "loong64": "qemu-loongarch64",
}
"""Architecture to the name of its entry in binfmt_misc (tonistiigi/binfmt, qemu-user)."""
_RUNS_TOO = {"amd64": {"386"}, "arm64": {"arm"}}
"""What a CPU mostly runs by itself beside its own."""

TOPIC = Topic["BuildKit"]("buildkit", "Builds", engine=(engine_host.CONTAINERS, disk.USAGE_PATH))


class Node(NamedTuple):
    """One node of a builder."""

    name: str
    endpoint: str
    context_exists: bool | None
    """Whether the docker context that the endpoint names exists; None where it is an address."""
    architectures: tuple[str, ...]
    """Those that were set by hand (``--platform``)."""
    limits_cache: bool
    """Whether its buildkitd.toml names a limit of the cache, or turns collecting off or on."""


class Builder(NamedTuple):
    """A builder of docker buildx, as its file in ~/.docker/buildx/instances describes it."""

    name: str
    path: str
    driver: str
    nodes: tuple[Node, ...]


class CacheVolume(NamedTuple):
    """The volume in which a builder container keeps its cache."""

    name: str
    node: str
    size: int
    used: bool
    """Whether a container has it."""


class BuilderContainer(NamedTuple):
    """The container of a builder."""

    name: str
    image: str
    created: float


class Handler(NamedTuple):
    """An entry of binfmt_misc that runs foreign programs through an emulator."""

    name: str
    enabled: bool
    interpreter: str
    flags: str


class BuildKit(NamedTuple):
    """How images are built here."""

    version: str | Missing
    os_type: str | Missing
    buildkit_variable: tuple[str, str]
    """DOCKER_BUILDKIT and where it was read; empty where it is not set."""
    features: configuration.Setting | Missing
    builder: configuration.Setting | Missing
    """The ``builder`` object of daemon.json."""
    cache: disk.Kind | Missing
    place: disk.Place | Missing
    builders: tuple[Builder, ...] | Missing
    unreadable: tuple[str, ...]
    """Files of builders that are no JSON."""
    volumes: tuple[CacheVolume, ...] | Missing
    containers: tuple[BuilderContainer, ...] | Missing
    machine: str | Missing
    handlers: tuple[Handler, ...] | Missing
    local: bool | Missing
    site: Control


@TOPIC.probe
def look(host: Host) -> BuildKit:
    """Ask the engine, buildx's files and binfmt_misc; no buildx command is run."""
    told = known(lambda: engine.info(host))
    usage = known(lambda: engine.get(host, disk.USAGE_PATH))
    found = known(lambda: _builders(host))
    system = known(lambda: host.gauge("system"))
    return BuildKit(
        version=engine.look(host).version,
        os_type=told if isinstance(told, Missing) else str(told.get("OSType") or "linux"),
        buildkit_variable=_variable(host),
        features=known(lambda: configuration.setting(host, "features")),
        builder=known(lambda: configuration.setting(host, "builder")),
        cache=usage if isinstance(usage, Missing) else disk.parse_usage(usage).cache,
        place=known(lambda: _place(host)),
        builders=found if isinstance(found, Missing) else found[0],
        unreadable=() if isinstance(found, Missing) else found[1],
        volumes=usage if isinstance(usage, Missing) else _volumes(usage),
        containers=known(lambda: _containers(host)),
        machine=system
        if isinstance(system, Missing)
        else _MACHINES.get(str(system["machine"]), str(system["machine"])),
        handlers=known(lambda: _handlers(host)),
        local=known(lambda: engine_host.engine_host(host)),
        site=advice(host),
    )


def _variable(host: Host) -> tuple[str, str]:
    value = have(known(lambda: host.env("DOCKER_BUILDKIT")), None)
    if value is None:
        return "", ""
    path = "/etc/environment"
    text = have(known(lambda: host.read_text(path)), "")
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*(?:export\s+)?DOCKER_BUILDKIT=", line):
            return value, f"{path} line {number}"
    return value, "the environment"


def _place(host: Host) -> disk.Place:
    if storage.uses_containerd_store(host):
        return disk.place(host, *storage.containerd_root(host))
    return disk.place(host, *storage.data_root(host))


def _builders(host: Host) -> tuple[tuple[Builder, ...], tuple[str, ...]]:
    """The builders of this user, and the files that describe none.

    docker/buildx store/store.go: $BUILDX_CONFIG, else buildx in the CLI's folder; one JSON file
    for each builder in ``instances``.
    """
    base = host.env("BUILDX_CONFIG") or f"{engine.docker_config_dir(host)}/buildx"
    try:
        names = host.list(f"{base}/instances")
    except Absent:
        return (), ()
    found, broken = [], []
    for name in names:
        path = f"{base}/instances/{name}"
        if name.startswith(".") or host.stat(path).kind != "file":
            continue
        try:
            found.append(_builder(host, path, json.loads(host.read_text(path))))
        except (ValueError, TypeError, AttributeError):
            broken.append(path)
    return tuple(found), tuple(broken)


def _builder(host: Host, path: str, told: dict[str, Any]) -> Builder:
    nodes = []
    for node in told.get("Nodes") or []:
        endpoint = str(node.get("Endpoint") or "")
        named = bool(endpoint) and "://" not in endpoint and endpoint != "default"
        nodes.append(
            Node(
                name=str(node.get("Name") or ""),
                endpoint=endpoint,
                context_exists=_context_exists(host, endpoint) if named else None,
                architectures=tuple(
                    str(p.get("architecture"))
                    for p in node.get("Platforms") or []
                    if p.get("architecture")
                ),
                limits_cache=_limits_cache(node.get("Files") or {}),
            )
        )
    return Builder(str(told.get("Name") or ""), path, str(told.get("Driver") or ""), tuple(nodes))


def _context_exists(host: Host, name: str) -> bool | None:
    where = known(lambda: engine.context_endpoint(host, name))
    if not isinstance(where, Missing):
        return True
    return False if "does not exist" in where.reason else None


def _limits_cache(files: dict[str, Any]) -> bool:
    """Whether buildkitd.toml, kept in base64 beside the builder, says how the cache is collected."""
    try:
        text = base64.b64decode(str(files.get("buildkitd.toml") or "")).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return False
    keys = r"gc|gckeepstorage|gcpolicy|reservedSpace|maxUsedSpace|minFreeSpace|keepBytes"
    return bool(re.search(rf"(?im)^\s*\[*[\w.]*\b(?:{keys})\b", text))


def _volumes(answer: Any) -> tuple[CacheVolume, ...] | Missing:  # noqa: ANN401 - any JSON
    rows = disk.volume_rows(answer)
    if rows is None:
        return Missing("this engine does not tell the sizes of its volumes")
    found = []
    for row in rows:
        match = _VOLUME.fullmatch(str(row.get("Name")))
        usage = row.get("UsageData")
        if match and isinstance(usage, dict):
            size, links = usage.get("Size"), usage.get("RefCount")
            found.append(
                CacheVolume(
                    match[0],
                    match[1],
                    size if isinstance(size, int) and size > 0 else 0,
                    links != 0,
                )
            )
    return tuple(found)


def _containers(host: Host) -> tuple[BuilderContainer, ...]:
    return tuple(
        BuilderContainer(
            engine_host.name_of(row), str(row.get("Image") or ""), float(row.get("Created") or 0)
        )
        for row in engine_host.containers(host)
        if engine_host.name_of(row).startswith("buildx_buildkit_")
    )


def _handlers(host: Host) -> tuple[Handler, ...]:
    try:
        names = host.list(BINFMT)
    except Absent:
        names = ()
    if "register" not in names:
        # The kernel may have handlers all the same: the folder is how they are seen.
        raise Absent("binfmt_misc is not mounted: emulators cannot be seen", look="ls " + BINFMT)
    found = []
    for name in names:
        if name.startswith("qemu-"):
            lines = host.read_text(f"{BINFMT}/{name}").splitlines()
            pairs = dict(line.partition(" ")[::2] for line in lines)
            found.append(
                Handler(
                    name,
                    "enabled" in lines,
                    pairs.get("interpreter", ""),
                    pairs.get("flags:", "").strip(),
                )
            )
    return tuple(found)


# -- checks --------------------------------------------------------------------------------------


def _release(facts: BuildKit) -> tuple[int, int]:
    return major_minor(need(facts.version))


@TOPIC.check(
    "buildkit-disabled",
    WARNING,
    "Builds use the deprecated builder",
    references=(
        "https://docs.docker.com/engine/deprecated/",
        "https://docs.docker.com/build/buildkit/",
        "https://github.com/moby/moby/pull/43992",
    ),
    applies="engines from 23.0 on, on Linux",
)
def buildkit_disabled(facts: BuildKit) -> Verdict:
    """BuildKit is turned off on an engine whose default it is.

    ## What it reads
    DOCKER_BUILDKIT of this session and /etc/environment; the feature `buildkit` in daemon.json;
    the engine's version.

    ## Why it matters
    The old builder is deprecated and will be removed. It knows no `RUN --mount`, no secrets, no
    here-documents, sends the whole context each time, builds stages that nobody needs, and builds
    for one platform only. Mostly the variable was set years ago to get around a bug of that time.

    ## How to mend it
    Remove the variable from where it is set, or the feature from daemon.json.

    ## What could go wrong
    A Dockerfile that leans on the old builder's behaviour (network between steps, intermediate
    images to debug) has to be adapted: build once before you make it the default.

    ## Why this severity
    A warning: it works for now, and stops with an upgrade.
    """
    if have(facts.os_type, "linux") != "linux":
        return skip("BuildKit is the default on Linux only")
    release = _release(facts)
    if release[0] < BUILDKIT_DEFAULT_SINCE:
        return skip(f"BuildKit is not the default of engine {facts.version} yet")
    value, source = facts.buildkit_variable
    if value in {"0", "f", "F", "false", "FALSE", "False"}:
        return fail(
            f"DOCKER_BUILDKIT={value} ({source}) makes every build use the deprecated builder.",
            Evidence(source, "DOCKER_BUILDKIT", value, "not set"),
            mend=(
                f"Remove DOCKER_BUILDKIT from {source}"
                if source.startswith("/")
                else "unset DOCKER_BUILDKIT   # and remove it from where it is set:",
                "grep -s DOCKER_BUILDKIT ~/.profile ~/.bashrc ~/.zshrc /etc/profile.d/*",
            ),
        )
    features = facts.features
    if (
        isinstance(features, configuration.Setting)
        and isinstance(features.value, dict)
        and features.value.get("buildkit") is False
    ):
        return fail(
            f"{features.where} turns BuildKit off: builds use the deprecated builder.",
            Evidence(features.where, "features.buildkit", "false", "not set"),
            mend=(
                f'Remove "buildkit": false from features in {facts.site.config_file}',
                f"{facts.site.restart}   # stops containers unless live-restore is on",
            ),
        )
    return ok(
        "nothing turns BuildKit off",
        Evidence("the environment", "DOCKER_BUILDKIT", value or "not set"),
    )


def keep_storage(facts: BuildKit) -> str:
    """A limit for the cache: a tenth of the file system, as the engine's own default, 5 GB or more."""
    place = facts.place
    total = place.total if isinstance(place, disk.Place) else 200 * GIB
    return f"{max(round(total * KEEP_PERCENT / 100 / GIB), 5)}GB"


@TOPIC.check(
    "build-cache-gc-off",
    WARNING,
    "Nothing limits the build cache",
    references=(
        "https://docs.docker.com/build/cache/garbage-collection/",
        "https://github.com/moby/moby/issues/49826",
        "https://github.com/moby/buildkit/issues/3665",
    ),
    applies="Docker Engines on this host that build images",
)
def build_cache_gc_off(facts: BuildKit) -> Verdict:
    """The engine does not collect its build cache.

    ## What it reads
    `builder.gc` in the daemon's configuration, the engine's version, and the size of the build
    cache (GET /system/df).

    ## Why it matters
    BuildKit keeps each step of each build until somebody removes it. Engines from 28.2 on limit
    that by themselves; the ones before only if `builder.gc.enabled` is set, which hardly anybody
    knows. Build machines fill their disk that way.

    ## How to mend it
    `"builder": {"gc": {"enabled": true, "defaultKeepStorage": "20GB"}}` in daemon.json and a
    restart. The size that is suggested is a tenth of the file system, what the engine takes itself
    when no size is set, and 5 GB at least.

    ## What could go wrong
    Builds that find their cache collected take longer once. The restart stops containers unless
    live-restore is on.

    ## Why this severity
    A warning where it was turned off, or where the cache is used; engines that do not build hear
    nothing.
    """
    builder, release = need(facts.builder), _release(facts)
    gc = lower_keys(lower_keys(builder.value).get("gc"))
    enabled = gc.get("enabled")
    source = builder.where or "default"
    default = release >= GC_DEFAULT_SINCE
    seen = Evidence(
        source,
        "builder.gc.enabled",
        "not set" if enabled is None else str(enabled).lower(),
        "true" if not default else "true, or not set",
    )
    if enabled is True or (enabled is None and default):
        return ok("the engine collects its build cache", seen)
    cache = facts.cache
    size = cache.size if isinstance(cache, disk.Kind) else 0
    if enabled is None and isinstance(cache, disk.Kind) and not cache.number:
        return skip("this engine has no build cache: nothing is built here")
    if enabled is None and isinstance(cache, Missing):
        need(cache)
    keep = keep_storage(facts)
    why = (
        f"{source} turns it off"
        if enabled is False
        else f"engine {facts.version} does so only when it is told to"
    )
    return fail(
        f"The engine never removes old build cache ({why}); it holds {human_size(size)} now.",
        seen,
        mend=(
            (
                f'Put "builder": {{"gc": {{"enabled": true, "defaultKeepStorage": "{keep}"}}}} into '
                f"{facts.site.config_file}"
            ),
            f"{facts.site.restart}   # stops containers unless live-restore is on",
            "docker builder prune --filter until=168h   # what was not used for a week, now",
        ),
    )


def lower_keys(value: object) -> dict[str, Any]:
    """An object with its keys in lower case: Go reads the names in ``builder`` in any case."""
    return {str(k).lower(): v for k, v in value.items()} if isinstance(value, dict) else {}


def _containers_of(builders: tuple[Builder, ...]) -> dict[str, Builder]:
    """Node name -> builder, of builders that run in a container."""
    return {
        node.name: builder
        for builder in builders
        if builder.driver == "docker-container"
        for node in builder.nodes
    }


@TOPIC.check(
    "builder-volume-large",
    NOTE,
    "A builder's own cache is large",
    references=(
        "https://docs.docker.com/build/cache/garbage-collection/",
        "https://docs.docker.com/build/builders/drivers/docker-container/",
    ),
    applies="engines with builders of the docker-container driver",
)
def builder_volume_large(facts: BuildKit) -> Verdict | list[Verdict]:
    """A builder container keeps a large cache in a volume of its own.

    ## What it reads
    GET /system/df: the volumes named buildx_buildkit_*_state; the builders in ~/.docker/buildx, and
    whether their buildkitd.toml limits the cache.

    ## Why it matters
    A builder made with `docker buildx create` has its own cache, outside the engine's: `docker
    builder prune` and `builder.gc` in daemon.json do not touch it. BuildKit's own limit is a share
    of the disk, whatever else lies on it.

    ## How to mend it
    `docker buildx prune --builder NAME`. For good: a `buildkitd.toml` with a limit, given to
    `docker buildx create --buildkitd-config`.

    ## What could go wrong
    The next builds have to do again what was in there. The limit needs a new builder: its cache is
    lost with the old one.

    ## Why this severity
    A note: it is only space. disk-space-low says when it is short.
    """
    volumes = need(facts.volumes)
    place = facts.place
    share = place.total * disk.WORTH_PERCENT.value / 100 if isinstance(place, disk.Place) else 0
    line = max(VOLUME_GIB.value * GIB, share)
    if not volumes:
        return skip("no builder keeps a volume here")
    owners = _containers_of(have(facts.builders, ()))
    verdicts = []
    for volume in volumes:
        seen = Evidence(
            disk.USAGE, volume.name, human_size(volume.size), f"up to {human_size(line)}"
        )
        if volume.size < line or not volume.used:
            verdicts.append(
                ok(f"{volume.name} holds {human_size(volume.size)}", seen, subject=volume.name)
            )
            continue
        owner = owners.get(volume.node)
        name = owner.name if owner else "NAME"
        limited = owner is not None and any(node.limits_cache for node in owner.nodes)
        verdicts.append(
            fail(
                f"The builder {owner.name if owner else volume.node} keeps "
                f"{human_size(volume.size)} of cache in its own volume"
                + (
                    ", within the limits of its own configuration."
                    if limited
                    else ", which the engine's limits do not reach."
                ),
                seen,
                subject=volume.name,
                mend=(
                    *([] if owner else ["docker buildx ls   # which builder it is"]),
                    (
                        f"docker buildx prune --builder {name} --filter until=168h   # what was not "
                        "used for a week; those builds take longer once"
                    ),
                    (
                        f"printf '[worker.oci]\\n  gckeepstorage = \"{keep_storage(facts)}\"\\n' > "
                        "buildkitd.toml   # for a new builder: docker buildx create "
                        "--buildkitd-config buildkitd.toml"
                    ),
                ),
            )
        )
    return verdicts


@TOPIC.check(
    "builder-volume-orphaned",
    NOTE,
    "A removed builder left its cache",
    references=("https://docs.docker.com/reference/cli/docker/buildx/rm/",),
    applies="engines with volumes of builders",
)
def builder_volume_orphaned(facts: BuildKit) -> Verdict | list[Verdict]:
    """The cache volume of a builder has neither a container nor a builder any more.

    ## What it reads
    GET /system/df: volumes named buildx_buildkit_*_state without a container; the builders in this
    user's ~/.docker/buildx.

    ## Why it matters
    When a builder's container is removed by hand (`docker rm`, `docker system prune`), or with
    `docker buildx rm --keep-state`, the volume stays. It has a name, so no prune takes it by itself.

    ## How to mend it
    `docker volume rm` of that volume.

    ## What could go wrong
    It is cache only, nothing is lost but time. Builders of other users are not seen: if one of them
    still has it, the next build there starts with an empty cache.

    ## Why this severity
    A note: it only takes space.
    """
    volumes, builders = need(facts.volumes), need(facts.builders)
    names = {node.name for builder in builders for node in builder.nodes}
    orphans = [
        v
        for v in volumes
        if not v.used and v.node not in names and v.size >= ORPHAN_GIB.value * GIB
    ]
    if not orphans:
        return ok("no cache of a removed builder is left")
    return [
        fail(
            f"The volume {volume.name} holds {human_size(volume.size)} of build cache and belongs "
            "to no builder of yours and no container.",
            Evidence(disk.USAGE, volume.name, f"{human_size(volume.size)}, no container"),
            subject=volume.name,
            mend=(f"docker volume rm {volume.name}   # cache only; deletes it for good",),
        )
        for volume in orphans
    ]


@TOPIC.check(
    "builder-endpoint-gone",
    WARNING,
    "A builder points at a context that does not exist",
    references=("https://docs.docker.com/reference/cli/docker/buildx/ls/",),
    applies="users with builders",
)
def builder_endpoint_gone(facts: BuildKit) -> Verdict | list[Verdict]:
    """A builder of docker buildx cannot work: its docker context is gone, or its file is broken.

    ## What it reads
    The builders in ~/.docker/buildx/instances (or $BUILDX_CONFIG) and the contexts in
    ~/.docker/contexts. That a builder is not running means nothing: it starts when it is used.

    ## Why it matters
    `docker buildx ls` shows an error, and every build with that builder fails. Mostly the context
    went with Docker Desktop or another engine that was removed.

    ## How to mend it
    Remove the builder, or make the context again.

    ## What could go wrong
    Removing a builder deletes its cache, which is out of reach anyway.

    ## Why this severity
    A warning: builds with it fail.
    """
    builders = need(facts.builders)
    verdicts = []
    for builder in builders:
        lost = [node.endpoint for node in builder.nodes if node.context_exists is False]
        if lost:
            verdicts.append(
                fail(
                    f"The builder {builder.name} builds on the docker context {lost[0]}, which does "
                    "not exist: every build with it fails.",
                    Evidence(builder.path, "Nodes Endpoint", lost[0], "an existing context"),
                    subject=builder.name,
                    mend=(
                        f"docker buildx rm --force {builder.name}",
                        (
                            f"or make the context again: docker context create {lost[0]} "
                            "--docker host=..."
                        ),
                    ),
                )
            )
    verdicts.extend(
        fail(
            f"{path} describes no builder: docker buildx fails on it.",
            Evidence(path, "", "is no JSON object"),
            subject=path,
            mend=(f"mv {path} {path}.broken",),
        )
        for path in facts.unreadable
    )
    return verdicts or ok(f"{len(builders)} builders point at existing contexts")


@TOPIC.check(
    "builder-outdated",
    WARNING,
    "A builder runs a BuildKit with known holes",
    references=(
        "https://github.com/moby/buildkit/security/advisories/GHSA-4v98-7qmw-rqr8",
        "https://github.com/moby/buildkit/releases/tag/v0.12.5",
    ),
    applies="engines with builders of the docker-container driver",
)
def builder_outdated(facts: BuildKit) -> Verdict | list[Verdict]:
    """A builder container was made before BuildKit's holes of January 2024 were closed.

    ## What it reads
    GET /containers/json: containers named buildx_buildkit_*, and when they were made.

    ## Why it matters
    A builder keeps the BuildKit it was made with, for years: no package update touches it, and the
    tag buildx-stable-1 is only looked up once. Before 0.12.5 a malicious Dockerfile or base image
    could read and delete files of the machine it is built on (CVE-2024-23651, -23652, -23653).

    ## How to mend it
    Remove the builder and make it again; the new one gets the current image.

    ## What could go wrong
    Its cache is lost, unless `docker buildx rm --keep-state` is used and it gets the same name. Note
    its options before (`docker buildx inspect NAME`).

    ## Why this severity
    A warning: it needs a malicious build, and whoever builds what others write has them.
    """
    containers = need(facts.containers)
    if not containers:
        return skip("no builder runs in a container here")
    owners = _containers_of(have(facts.builders, ()))
    verdicts = []
    for item in containers:
        old = 0 < item.created < OLD_BUILDER
        day = _day(item.created)
        seen = Evidence(
            f"engine GET {engine_host.CONTAINERS}",
            f"{item.name} Created",
            day,
            f"after {OLD_BUILDER_DAY}, when BuildKit 0.12.5 came out",
        )
        if not old:
            verdicts.append(ok(f"{item.name} was made on {day}", seen, subject=item.name))
            continue
        owner = owners.get(item.name.removeprefix("buildx_buildkit_"))
        name = owner.name if owner else "NAME"
        verdicts.append(
            fail(
                f"The builder container {item.name} ({item.image}) was made on {day}: its BuildKit "
                "is older than 0.12.5 and lets a malicious build reach the host's files.",
                seen,
                subject=item.name,
                mend=(
                    f"docker buildx inspect {name}   # note its options",
                    (
                        f"docker buildx rm {name} && docker buildx create --name {name} ...   # its "
                        "cache is lost"
                    ),
                ),
            )
        )
    return verdicts


def _day(seconds: float) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")


@TOPIC.check(
    "emulator-not-fixed",
    NOTE,
    "Foreign images cannot find their emulator",
    references=(
        "https://docs.docker.com/build/building/multi-platform/",
        "https://docs.kernel.org/admin-guide/binfmt-misc.html",
    ),
    applies="Docker Engines on this host with QEMU in binfmt_misc",
)
def emulator_not_fixed(facts: BuildKit) -> Verdict:
    """QEMU runs programs of other CPUs on this host, but not inside containers.

    ## What it reads
    The qemu-* entries of /proc/sys/fs/binfmt_misc and their flags. Without such entries nobody asked
    for foreign images, and the check is skipped.

    ## Why it matters
    Without the flag F the kernel looks for the emulator when a program starts, inside the container,
    where it is not: images of other CPUs fail with "exec format error" or "no such file or
    directory". With F the kernel opens it once, when it is registered.

    ## How to mend it
    `docker run --privileged --rm tonistiigi/binfmt --install all`, or the package qemu-user-static
    of the distribution, which registers with F.

    ## What could go wrong
    The entries of the container are gone after a boot; those of the package stay. Emulated builds
    are 5 to 20 times slower.

    ## Why this severity
    A note: only images of other CPUs are concerned.
    """
    if not need(facts.local):
        return skip("the engine is not on this host")
    told = facts.handlers
    if isinstance(told, Missing) and told.kind == "absent" and not _foreign(facts):
        return skip("images of other CPUs are not wanted here: binfmt_misc is not even mounted")
    handlers = [h for h in need(told) if h.enabled]
    if not handlers:
        return skip("no emulator is registered: images of other CPUs are not wanted here")
    loose = [h for h in handlers if "F" not in h.flags]
    names = ", ".join(h.name for h in loose)
    if not loose:
        return ok(
            f"{len(handlers)} emulators work inside containers",
            Evidence(f"{BINFMT}/{handlers[0].name}", "flags", handlers[0].flags, "with F"),
        )
    return fail(
        f"The emulators {names} are registered without the flag F: inside containers, images of "
        "those CPUs fail with exec format error.",
        *(Evidence(f"{BINFMT}/{h.name}", "flags", h.flags or "none", "with F") for h in loose[:5]),
        mend=(
            (
                "docker run --privileged --rm tonistiigi/binfmt --install all   # runs with all rights; "
                "lasts until the next boot"
            ),
            (
                "or for good: sudo apt-get install qemu-user-static (Debian, Ubuntu), "
                "sudo dnf install qemu-user-static (Fedora)"
            ),
        ),
    )


@TOPIC.check(
    "builder-platform-without-emulator",
    WARNING,
    "A builder is meant for a CPU that nothing emulates",
    references=("https://docs.docker.com/build/building/multi-platform/",),
    applies="users with builders for several platforms on an engine of this host",
)
def builder_platform_without_emulator(facts: BuildKit) -> Verdict | list[Verdict]:
    """A builder on this host was made for another CPU, and no emulator for it is registered.

    ## What it reads
    The platforms that were set by hand in ~/.docker/buildx/instances, of builders on this host; the
    CPU; the qemu-* entries of /proc/sys/fs/binfmt_misc.

    ## Why it matters
    The builder accepts the platform, and each `RUN` in it fails with "exec format error". A reboot
    does it, when the emulators were registered by a container: they do not last.

    ## How to mend it
    Register the emulators again, for good with the distribution's package.

    ## What could go wrong
    Emulated builds are 5 to 20 times slower; a builder with a native node of that CPU is better.

    ## Why this severity
    A warning: those builds fail.
    """
    if not need(facts.local):
        return skip("the engine is not on this host")
    need(facts.builders)
    foreign = _foreign(facts)
    if not foreign:
        return skip("no builder on this host is set up for another CPU")
    registered = {h.name for h in need(facts.handlers) if h.enabled}
    verdicts = []
    for builder, architectures in foreign:
        lost = sorted(a for a in architectures if _EMULATORS.get(a, a) not in registered)
        if lost:
            verdicts.append(
                fail(
                    f"The builder {builder.name} is set up for {', '.join(lost)}, but this "
                    f"{facts.machine} host has no emulator registered for it: RUN fails with exec "
                    "format error.",
                    Evidence(builder.path, "Platforms", ", ".join(lost)),
                    Evidence(
                        BINFMT,
                        "qemu-*",
                        ", ".join(sorted(registered)) or "none",
                        ", ".join(_EMULATORS.get(a, a) for a in lost),
                    ),
                    subject=builder.name,
                    mend=(
                        (
                            "docker run --privileged --rm tonistiigi/binfmt --install "
                            f"{','.join(lost)}   # runs with all rights; lasts until the next boot"
                        ),
                        (
                            "or for good: sudo apt-get install qemu-user-static (Debian, Ubuntu), "
                            "sudo dnf install qemu-user-static (Fedora)"
                        ),
                    ),
                )
            )
    return verdicts or ok("every platform of the builders has its emulator")


def _foreign(facts: BuildKit) -> list[tuple[Builder, set[str]]]:
    """Builders all of whose nodes are here, with the other CPUs that they were made for."""
    own = have(facts.machine, "")
    found = []
    for builder in have(facts.builders, ()):
        here = [n for n in builder.nodes if n.endpoint == "default" or "unix://" in n.endpoint]
        # A node elsewhere may be native for the platform: then nothing has to be emulated here.
        if builder.driver != "docker-container" or len(here) != len(builder.nodes):
            continue
        foreign = {a for n in here for a in n.architectures} - {own, *_RUNS_TOO.get(own, ())}
        if foreign & set(_EMULATORS):
            found.append((builder, foreign & set(_EMULATORS)))
    return found
