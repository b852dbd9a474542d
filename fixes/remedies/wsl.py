"""WSL: the limits of its VM, its network and disks in .wslconfig; a distribution's wsl.conf."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixes.model import (
    WSL_CONF,
    WSL_SHUTDOWN,
    WSL_TERMINATE,
    WSLCONFIG,
    EditFile,
    Effect,
    Family,
    Parameter,
    by_hand,
    nothing,
    propose,
)
from probes import desktop_host, engine, vm_share
from probes.desktop_host import WINDOWS, WSL1, WSL2, WSL_CONF_PATH, OtherPlatform
from probes.formats.sizes import GIB, MIB, human_size
from probes.formats.wsl_config import (
    WslConfig,
    format_memory,
    parse_memory,
)
from probes.formats.wsl_keys import (
    KEYS,
    WITHDRAWN,
    deciding,
    elsewhere,
    is_true,
    is_valid,
    meant,
    name_of,
    number,
    setting,
)
from probes.host.questions import Absent, Unreadable
from probes.host.redaction import PLACEHOLDER
from probes.model import Missing, known
from probes.wsl import (
    FIRST_WITH_EXPERIMENTS,
    FIRST_WITHOUT_SPARSE,
    MODE,
    RECLAIM,
    SMALLEST_MEMORY,
    SPARSE,
    WINDOWS_11_22H2,
    has_dockerd,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixes.model import Proposal, Request
    from probes.formats.wsl_config import Entry
    from probes.formats.wsl_keys import Key
    from probes.host import Host

FAMILY = Family()

FIRST_WITH_SYSTEMD = (0, 67, 6)

SMALLEST_SWAP = 64 * MIB
"""Less than this is a size whose unit was forgotten; 0 means no swap."""

_WHERE = "Windows, and WSL distributions"
_INSIDE = "WSL distributions"
_PROFILE = Parameter(
    "profile",
    "the folder of the Windows user who started WSL",
    "the folder that holds .wslconfig, as seen from here, e.g. /mnt/c/Users/ann",
)
_CHOSEN_SIZE = re.compile(r"[0-9]{1,6}([MGT]B?)?")
_DRVFS_OPTION = re.compile(
    r"metadata|(uid|gid)=\d+|(umask|fmask|dmask)=[0-7]+|case=(off|dir|force)"
)


# -- .wslconfig ----------------------------------------------------------------------------------


def _wslconfig(host: Host, request: Request) -> tuple[str, WslConfig]:
    path = desktop_host.wslconfig_path(host, request.given.get("profile", ""))
    return path, read(host, path, WSLCONFIG)


def _shutdown(host: Host) -> tuple[tuple[Effect, ...], str]:
    """What makes .wslconfig count, and the note on what that ends."""
    running = known(lambda: desktop_host.running_distributions(host))
    names = "" if isinstance(running, Missing) or not running else f" ({', '.join(running)})"
    note = (
        f"`wsl --shutdown`, in a Windows terminal, ends all that runs in every distribution{names}, "
        "Docker Desktop's containers too: start Docker Desktop again afterwards. Until then WSL "
        "goes on with what it had read."
    )
    return (Effect(WSL_SHUTDOWN, command="wsl --shutdown"),), note


def _edit_wslconfig(
    host: Host,
    path: str,
    settings: Mapping[tuple[str, str], str | None],
    reason: str,
    *,
    notes: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
) -> Proposal:
    effects, ends = _shutdown(host)
    return propose(
        reason,
        EditFile(path, WSLCONFIG, settings),
        effects=effects,
        notes=(*notes, ends),
        steps=steps,
    )


def _in_place(config: WslConfig, wanted: Mapping[str, str]) -> dict[tuple[str, str], str | None]:
    """``section.key`` -> value as an edit, with what would win over it or misleads taken out.

    That is the same key in a section where WSL ignores it, and the other spelling of a setting
    that WSL reads in two sections, of which the first line wins.
    """
    settings: dict[tuple[str, str], str | None] = {
        (section, key): value
        for name, value in wanted.items()
        for section, _, key in [name.partition(".")]
    }
    own = {name.lower() for name in wanted}
    last = {name.rpartition(".")[2] for name in own}
    others = {name_of(e): e for e in config.entries if name_of(e) not in own}
    for entry in others.values():
        if entry.key.lower() in last:
            settings[entry.section, entry.key] = None
    return settings


@FAMILY.fix(
    "wsl-memory",
    "Limit what WSL takes of this computer",
    applies=_WHERE,
    parameters=(
        Parameter("memory", "half of the computer's", "memory for WSL, e.g. 8GB"),
        Parameter("processors", "all but a quarter, two at most", "processors for WSL"),
        Parameter(
            "swap", "a quarter of WSL's memory", "size of the swap file, e.g. 2GB; 0 for none"
        ),
        _PROFILE,
    ),
)
def wsl_memory(host: Host, request: Request) -> Proposal:
    """Gives the virtual machine of WSL a share of the computer and leaves the rest to Windows.

    All WSL distributions and Docker Desktop share one virtual machine. What it has once taken for
    files it has read, it keeps; VmmemWSL in the task manager then grows up to the limit.

    ## What it changes
    `memory`, `processors` and `swap` in `[wsl2]` of .wslconfig, where they are not set, or where
    WSL cannot use what is set: `memory=8` means 8 bytes, `8 GB` and `8gb` mean nothing. A limit
    that leaves Windows enough stays as it is. The same keys in a section where WSL ignores them go.

    ## Where the values come from
    The computer's own memory and processors: on Windows directly, from inside WSL through
    PowerShell, as Linux sees only what the virtual machine was given. Half of the memory, with 4 GB
    left for Windows and 2 GB for WSL at least; all processors but a quarter, of which two at most
    are held back; swap of a quarter of WSL's memory, by WSL's own rule. `--set memory=8GB` and the
    like take precedence, in the spelling that WSL reads: whole numbers with MB or GB.

    ## What it costs
    Containers get less than the whole computer: a build that needs more than the limit swaps, and
    is killed when that is full too. It counts after `wsl --shutdown`, which ends all distributions
    and Docker Desktop's containers.

    ## How it is verified
    .wslconfig is read again as WSL reads it. After the shutdown `free -h` in a distribution shows
    the limit.

    ## How it is undone
    .wslconfig gets its former content back, or is removed where there was none; then
    `wsl --shutdown` again.
    """
    path, config = _wslconfig(host, request)
    given = request.given
    try:
        computer = desktop_host.hardware(host)
    except Unreadable as error:
        if "memory" not in given:
            raise Absent(
                f"this computer's memory cannot be told from here ({error.reason}): choose a limit "
                "with --set memory=8GB",
                look=error.look,
            ) from None
        computer = None
    total = None if computer is None else computer.memory
    if total is not None and "memory" not in given and vm_share.nominal(total) < 4 * GIB:
        return by_hand(
            f"this computer has {human_size(total)} of memory: WSL and Windows both need 2 GB",
            "choose a limit yourself: hullcheck fix wsl-memory --set memory=1GB",
        )
    wanted, words = _limits(config, given, total, None if computer is None else computer.cpus)
    if not wanted:
        limits = (setting(config, f"wsl2.{key}", WSLCONFIG) for key in _LIMITS)
        told = (f"{k}={v}" for k, v in zip(_LIMITS, limits, strict=True) if v is not None)
        return nothing(f"{path} already limits WSL: {', '.join(told)}")
    return _edit_wslconfig(host, path, _in_place(config, wanted), f"WSL gets {', '.join(words)}")


_LIMITS = ("memory", "processors", "swap")


def _limits(
    config: WslConfig, given: Mapping[str, str], total: int | None, cpus: int | None
) -> tuple[dict[str, str], list[str]]:
    """The settings that have to change, and what they come to in words."""
    wanted: dict[str, str] = {}
    words = []
    now = {key: setting(config, f"wsl2.{key}", WSLCONFIG) for key in _LIMITS}

    memory = parse_memory(now["memory"] or "0") or 0
    most = None if total is None else vm_share.most_memory(total)
    chosen = _chosen_size(given, "memory", SMALLEST_MEMORY, total)
    unfit = memory < SMALLEST_MEMORY or (most is not None and memory > most)
    if chosen is None and unfit and total is not None:
        chosen = vm_share.memory(total)
    if chosen is not None and chosen != memory:
        memory = chosen
        wanted["wsl2.memory"] = format_memory(memory)
        of = "" if total is None else f" of this computer's {human_size(vm_share.nominal(total))}"
        words.append(f"{human_size(memory)} of memory{of}")

    processors = number(now["processors"] or "") or 0
    count = _chosen_processors(given, cpus)
    if count is None and cpus is not None and not 1 <= processors <= cpus:
        count = vm_share.processors(cpus)
        if count == cpus and processors <= 0:
            count = None  # which is the default
    if count is not None and count != processors:
        wanted["wsl2.processors"] = str(count)
        words.append(f"{count} processors" + ("" if cpus is None else f" of {cpus}"))

    swap = None if now["swap"] is None else parse_memory(now["swap"])
    size = _chosen_size(given, "swap", 0, None)
    if size is None and memory and (swap is None or 0 < swap < SMALLEST_SWAP):
        size = vm_share.swap(memory)
    if size is not None and size != swap:
        wanted["wsl2.swap"] = format_memory(size)
        words.append(f"{human_size(size)} of swap" if size else "no swap")
    return wanted, words


def _chosen_size(given: Mapping[str, str], name: str, least: int, most: int | None) -> int | None:
    """The user's own size in bytes; None without one. Raises: ValueError."""
    text = given.get(name)
    if text is None:
        return None
    # WSL would also take signs, and numbers that wrap around.
    size = parse_memory(text) if _CHOSEN_SIZE.fullmatch(text) else None
    if size is None or 0 < size < SMALLEST_SWAP:
        raise ValueError(f"{name}: write a whole number with MB or GB, like 8GB, not {text}")
    if size < least:
        raise ValueError(f"{name}: {text} is less than the {human_size(least)} that WSL needs")
    if most is not None and size > most:
        raise ValueError(f"{name}: {text} is more than this computer's {human_size(most)}")
    return size


def _chosen_processors(given: Mapping[str, str], cpus: int | None) -> int | None:
    text = given.get("processors")
    if text is None:
        return None
    count = int(text) if text.isascii() and text.isdigit() else 0
    if count < 1 or (cpus is not None and count > cpus):
        most = "" if cpus is None else f" up to the {cpus} of this computer"
        raise ValueError(f"processors: write a number from 1{most}, not {text}")
    return count


@FAMILY.fix(
    "wsl-memory-reclaim",
    "Let WSL give memory back to Windows",
    applies=_WHERE,
    parameters=(
        Parameter("mode", "dropCache", "dropCache, gradual or disabled"),
        _PROFILE,
    ),
)
def wsl_memory_reclaim(host: Host, request: Request) -> Proposal:
    """Has WSL return the memory of its file cache to Windows when it is idle.

    ## What it changes
    `autoMemoryReclaim` in `[experimental]` of .wslconfig; the same key in `[wsl2]`, where WSL
    ignores it, goes.

    ## Where the values come from
    `dropCache` empties the cache when the processors have been idle for some minutes, and is the
    default of current versions. `gradual` gives it back bit by bit; with it a dockerd of a
    distribution of its own, under systemd, has been seen not to start: "Devices cgroup isn't
    mounted" (microsoft/WSL#10497). So `gradual` stays where it is set and no such dockerd is here,
    and is not set where one is.

    ## What it costs
    Files that were cached are read from the disk again after an idle time. It counts after
    `wsl --shutdown`, which ends all distributions and Docker Desktop's containers.

    ## How it is verified
    .wslconfig is read again as WSL reads it.

    ## How it is undone
    .wslconfig gets its former content back; then `wsl --shutdown` again.
    """
    path, config = _wslconfig(host, request)
    given = request.given.get("mode")
    modes = {mode.lower(): mode for mode in ("dropCache", "gradual", "disabled")}
    if given is not None and given.lower() not in modes:
        raise ValueError(f"mode: {given} is none of dropCache, gradual and disabled")
    if old := _older_than(host, FIRST_WITH_EXPERIMENTS, "autoMemoryReclaim"):
        return old
    now = (setting(config, RECLAIM, WSLCONFIG) or "").lower()
    wanted = given.lower() if given else now if now in {"gradual", "dropcache"} else "dropcache"
    if wanted == "gradual" and _has_dockerd(host):
        if given:
            return by_hand(
                f"{_GRADUAL_STOPS}: choose dropCache",
                "hullcheck fix wsl-memory-reclaim --set mode=dropCache",
            )
        wanted = "dropcache"
    if now == wanted:
        return nothing(f"{path} already sets autoMemoryReclaim={modes[wanted]}")
    notes: tuple[str, ...] = ()
    if wanted == "gradual":
        notes = (
            (
                "In a distribution with systemd and a dockerd of its own the daemon may not start "
                "any more (microsoft/WSL#10497)."
            ),
        )
    why = {
        "dropcache": "drops its file cache when it is idle, and Windows gets the memory back",
        "gradual": "gives memory that it only caches files in back to Windows bit by bit",
        "disabled": "keeps the memory that it has taken",
    }[wanted]
    settings = _in_place(config, {RECLAIM: modes[wanted]})
    return _edit_wslconfig(host, path, settings, f"WSL {why}", notes=notes)


_GRADUAL_STOPS = (
    "with autoMemoryReclaim=gradual this distribution's own dockerd may not start under systemd "
    "(microsoft/WSL#10497)"
)


def _has_dockerd(host: Host) -> bool:
    """Whether this is a distribution with systemd and a dockerd of its own."""
    return (
        desktop_host.platform(host) == WSL2
        and engine.is_there(host, "/run/systemd/system")
        and has_dockerd(host)
    )


def _older_than(host: Host, least: tuple[int, ...], what: str) -> Proposal | None:
    """The way out where WSL is known to be too old for a setting."""
    versions = known(lambda: desktop_host.wsl_versions(host))
    if isinstance(versions, Missing) or versions.wsl >= least:
        return None
    now = _dotted(versions.wsl) or "that came with Windows"
    return by_hand(f"WSL {now} does not know {what}, {_dotted(least)} and later do", "wsl --update")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@FAMILY.fix(
    "wsl-sparse-vhd",
    "Let new WSL disks shrink by themselves",
    applies=f"{_WHERE}, with WSL 2.0.0 to 2.5.5",
    parameters=(_PROFILE,),
)
def wsl_sparse_vhd(host: Host, request: Request) -> Proposal:
    """Has WSL make the virtual disks of new distributions sparse, so that freed space comes back.

    ## What it changes
    `sparseVhd=true` in `[experimental]` of .wslconfig; the same key in `[wsl2]`, where WSL ignores
    it, goes. Disks that exist stay as they are: `wsl --manage NAME --set-sparse true` changes one.

    ## Where the values come from
    The version of WSL. Before 2.0.0 there is no such setting; since 2.5.6 WSL ignores it "due to
    potential data corruption", and so the disk is compacted by hand instead. What `--allow-unsafe`
    overrides is that warning: hullcheck does not.

    ## What it costs
    WSL's makers switched sparse disks off because file systems on them had been damaged. On a
    version that still makes them, keep a backup (`wsl --export NAME FILE`) of what you cannot lose.

    ## How it is verified
    .wslconfig is read again as WSL reads it.

    ## How it is undone
    .wslconfig gets its former content back. `wsl --manage NAME --set-sparse false` for a disk that
    was made meanwhile.
    """
    path, config = _wslconfig(host, request)
    versions = desktop_host.wsl_versions(host)
    if old := _older_than(host, FIRST_WITH_EXPERIMENTS, "sparseVhd"):
        return old
    if versions.wsl >= FIRST_WITHOUT_SPARSE:
        return by_hand(
            f"WSL {_dotted(versions.wsl)} ignores sparseVhd, as sparse disks may be damaged: compact "
            "the disk instead",
            "in each distribution: sudo fstrim -av",
            "quit Docker Desktop, then: wsl --shutdown",
            (
                "as administrator in PowerShell, with Hyper-V's module: "
                "Optimize-VHD -Path FILE.vhdx -Mode Full"
            ),
            "or in diskpart: select vdisk file=FILE.vhdx, attach vdisk readonly, compact vdisk, "
            "detach vdisk",
        )
    if is_true(setting(config, SPARSE, WSLCONFIG)):
        return nothing(f"{path} already sets sparseVhd=true")
    return _edit_wslconfig(
        host,
        path,
        _in_place(config, {SPARSE: "true"}),
        f"WSL {_dotted(versions.wsl)} makes the disks of new distributions sparse",
        notes=(
            (
                "File systems on sparse disks have been damaged, and WSL 2.5.6 and later make none "
                "any more: keep a backup."
            ),
            "Only disks that are made from now on are sparse.",
        ),
        steps=(
            "for a disk that exists, after wsl --shutdown: wsl --manage NAME --set-sparse true",
        ),
    )


@FAMILY.fix(
    "wsl-networking",
    "Let WSL use the names, proxies and VPN of Windows",
    applies=f"{_WHERE}, on Windows 11 22H2 or later",
    parameters=(
        Parameter("mode", "what is set, else nat", "networking mode: nat or mirrored"),
        _PROFILE,
    ),
)
def wsl_networking(host: Host, request: Request) -> Proposal:
    """Has WSL look names up through Windows and take over its proxy; chooses the networking mode.

    Behind a VPN, names that only Windows can look up are otherwise unknown in containers.

    ## What it changes
    `dnsTunneling=true` and `autoProxy=true` in `[wsl2]` of .wslconfig, and `networkingMode` where
    `--set mode=` asks for another one. The same keys in `[experimental]`, their former place, go:
    of both lines WSL takes the first.

    ## Where the values come from
    The versions of WSL (2.0.0 and later) and Windows (11 22H2, build 22621, and later); older ones
    ignore these settings. The mode stays as it is unless asked for: NAT is what Docker is tested
    with, and containers' published ports have been unreachable in mirrored mode with some versions
    (microsoft/WSL#10494). Mirrored mode is for IPv6, multicast and reaching WSL from the local
    network.

    ## What it costs
    In mirrored mode published ports may be reached from the networks that Windows is in, as far as
    the Hyper-V firewall lets them. It counts after `wsl --shutdown`, which ends all distributions
    and Docker Desktop's containers.

    ## How it is verified
    .wslconfig is read again as WSL reads it. After the shutdown `wslinfo --networking-mode` in a
    distribution tells the mode in use.

    ## How it is undone
    .wslconfig gets its former content back; then `wsl --shutdown` again.
    """
    path, config = _wslconfig(host, request)
    mode = request.given.get("mode")
    if mode is not None and mode not in {"nat", "mirrored"}:
        raise ValueError(f"mode: {mode} is neither nat nor mirrored")
    now = (setting(config, MODE, WSLCONFIG) or "nat").lower()
    wanted: dict[str, str] = {} if mode in {None, now} else {MODE: str(mode)}
    if (mode or now) not in {"nat", "mirrored", "consomme", "virtioproxy"}:
        return nothing(f"{path} sets networkingMode={now}, which has no DNS tunneling")
    if wanted.get(MODE) != "nat":
        if old := _older_than(host, FIRST_WITH_EXPERIMENTS, "DNS tunneling"):
            return old
        versions = desktop_host.wsl_versions(host)
        if not versions.windows:
            raise Absent("which Windows this is cannot be told from here", look="cmd.exe /c ver")
        if versions.windows < WINDOWS_11_22H2:
            return by_hand(
                f"Windows build {versions.windows[2]} has neither mirrored networking nor DNS "
                "tunneling: they need Windows 11 22H2, build 22621",
                "with a VPN: name its DNS servers in /etc/resolv.conf, and set "
                "generateResolvConf=false in [network] of /etc/wsl.conf",
            )
        for name in ("wsl2.dnsTunneling", "wsl2.autoProxy"):
            if not is_true(setting(config, name, WSLCONFIG)):
                wanted[name] = "true"
    if not wanted:
        return nothing(f"{path} already has networkingMode={now}, dnsTunneling and autoProxy")
    notes: tuple[str, ...] = ()
    if wanted.get(MODE) == "mirrored":
        notes = (
            (
                "Published ports may be reached from the networks that Windows is in, as far as "
                "the Hyper-V firewall lets them."
            ),
            (
                "If published ports of containers cannot be reached any more "
                "(microsoft/WSL#10494): hullcheck fix wsl-networking --set mode=nat"
            ),
        )
    told = ", ".join(f"{name.partition('.')[2]}={value}" for name, value in wanted.items())
    return _edit_wslconfig(
        host,
        path,
        _in_place(config, wanted),
        f"WSL's network in mode {mode or now}: {told}",
        notes=notes,
    )


@FAMILY.fix(
    "wslconfig-cleanup",
    "Mend the lines of .wslconfig that WSL ignores",
    applies=_WHERE,
    parameters=(_PROFILE,),
)
def wslconfig_cleanup(host: Host, request: Request) -> Proposal:
    """Makes count what is in .wslconfig and WSL does not take, where its meaning is certain.

    ## What it changes
    - A setting in a section where WSL does not look for it moves to the right one; where that has
      it already, the line that is ignored goes.
    - A size or truth value that WSL cannot read is written as it does: `8 GB`, `8gb` and `8GiB`
      become `8GB`, `0.5GB` becomes `512MB`, `yes` becomes `true`. `memory=8` means 8 bytes to WSL
      and becomes `8GB`.
    - Settings that WSL does not know any more (`pageReporting`) go.

    Everything else stays as it is and is reported: names that WSL may know in a newer version,
    settings of wsl.conf, values of more than one possible meaning, lines that are no settings.

    ## Where the values come from
    The lines themselves, and the table of settings in WSL's own source.

    ## What it costs
    What was ignored counts now: read the plan. It counts after `wsl --shutdown`, which ends all
    distributions and Docker Desktop's containers.

    ## How it is verified
    .wslconfig is read again as WSL reads it: every setting of the plan counts with its value.

    ## How it is undone
    .wslconfig gets its former content back.
    """
    path, config = _wslconfig(host, request)
    cleanup = _Cleanup(host, config)
    if cleanup.edits:
        return _edit_wslconfig(
            host,
            path,
            dict(cleanup.edits.values()),
            "; ".join(cleanup.done),
            notes=tuple(f"Left alone: {told}." for told in cleanup.left),
        )
    if cleanup.left:
        return by_hand(
            f"{path} has lines that WSL ignores, whose meaning is not certain", *cleanup.left
        )
    return nothing(f"WSL takes every line of {path}")


class _Cleanup:
    """What is to be edited in a .wslconfig, and what is left to its owner."""

    def __init__(self, host: Host, config: WslConfig) -> None:
        self._host = host
        self._config = config
        self.edits: dict[str, tuple[tuple[str, str], str | None]] = {}
        """``section.key`` in lower case -> the edit."""
        self.done: list[str] = []
        self.left = [f"line {p.line} is no setting: {p.what}" for p in config.problems]
        for entry in config.entries:
            key = KEYS[WSLCONFIG].get(name_of(entry))
            if PLACEHOLDER in entry.value:
                continue  # not what stands in the file
            if key is None:
                self._misplaced(entry)
            else:
                self._known(entry, key)

    def _edit(self, section: str, key: str, value: str | None, done: str) -> None:
        self.edits[f"{section}.{key}".lower()] = ((section, key), value)
        self.done.append(done)

    def _misplaced(self, entry: Entry) -> None:
        name, where = name_of(entry), f"line {entry.line}"
        if name in WITHDRAWN:
            self._edit(entry.section, entry.key, None, f"{where}: {entry.key} is unknown by now")
            return
        key = elsewhere(name, WSLCONFIG)
        if key is None:
            other = KEYS[WSL_CONF].get(name) or elsewhere(name, WSL_CONF)
            why = "belongs to /etc/wsl.conf of a distribution" if other else "is unknown to WSL"
            self.left.append(f"{where}: {_called(entry)} {why}")
            return
        target = key.names[0]
        value = meant(key, entry.value) or entry.value
        section, _, known_as = target.partition(".")
        if deciding(self._config, key) is not None or target.lower() in self.edits:
            self._edit(
                entry.section, entry.key, None, f"{where}: {known_as} stands in [{section}] already"
            )
        elif not is_valid(key, value):
            self.left.append(f"{where}: {_called(entry)} is in the wrong section, with a value that "
                             f"WSL cannot read: {entry.value}")  # fmt: skip
        elif risk := self._risk(target, value):
            self.left.append(f"{where}: {_called(entry)} is in the wrong section; {risk}")
        else:
            self._edit(entry.section, entry.key, None, f"{where}: {known_as} moves to [{section}]")
            self.edits[target.lower()] = ((section, known_as), value)

    def _risk(self, name: str, value: str) -> str:
        """Why a setting that does not count yet must not be made to."""
        if name == SPARSE and is_true(value):
            return "sparse disks may be damaged"
        if name == RECLAIM and value.lower() == "gradual" and _has_dockerd(self._host):
            return _GRADUAL_STOPS
        return ""

    def _known(self, entry: Entry, key: Key) -> None:
        where = f"line {entry.line}"
        first = deciding(self._config, key)
        if first is not None and first.line != entry.line:
            if name_of(first) == name_of(entry):
                self.left.append(f"{where} repeats {_called(entry)}: WSL takes line {first.line}")
            else:
                self._edit(
                    entry.section, entry.key, None, f"{where}: WSL takes line {first.line} instead"
                )
            return
        value = meant(key, entry.value)
        repeated = any(not e.counts and name_of(e) == name_of(entry) for e in self._config.entries)
        if value is not None and not repeated:
            self._edit(
                entry.section, entry.key, value, f"{where}: {entry.key}={entry.value} means {value}"
            )
        elif value is not None or not is_valid(key, entry.value):
            self.left.append(f"{where}: WSL cannot use {entry.value} for {_called(entry)}")


def _called(entry: Entry) -> str:
    return f"[{entry.section}] {entry.key}" if entry.section else entry.key


# -- wsl.conf ------------------------------------------------------------------------------------


def _inside(host: Host, fix: str) -> Proposal | None:
    """The way out on Windows, from where a distribution's files are not edited."""
    if desktop_host.require_wsl(host) != WINDOWS:
        return None
    return by_hand(
        f"{WSL_CONF_PATH} lies inside each distribution: run the fix in the one that you mean",
        "wsl -d NAME",
        f"sudo hullcheck fix {fix} --apply",
    )


def _edit_wsl_conf(
    host: Host, settings: Mapping[tuple[str, str], str | None], reason: str, *notes: str
) -> Proposal:
    name = known(lambda: desktop_host.distribution(host))
    if isinstance(name, Missing):
        effect = Effect(WSL_SHUTDOWN, command="wsl --shutdown")
    else:
        effect = Effect(WSL_TERMINATE, name, f"wsl --terminate {name}")
    ends = (
        f"`{effect.command}`, in a Windows terminal, ends all that runs in this distribution, this "
        "shell and the containers of a dockerd of its own too."
    )
    return propose(
        reason,
        EditFile(WSL_CONF_PATH, WSL_CONF, settings),
        effects=(effect,),
        notes=(*notes, ends),
    )


@FAMILY.fix("wsl-systemd", "Start systemd in this WSL distribution", applies=_INSIDE)
def wsl_systemd(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Has WSL start this distribution with systemd, so that its own dockerd runs as a service.

    ## What it changes
    `systemd=true` in `[boot]` of /etc/wsl.conf.

    ## Where the values come from
    WSL 0.67.6 and later start /sbin/init when it is asked for; here it must be systemd's.

    ## What it costs
    The distribution starts some seconds later, and its services start with it. A dockerd that
    `[boot] command` or a shell's profile starts is then one too many. It counts after
    `wsl --terminate NAME`, which ends all that runs in this distribution.

    ## How it is verified
    /etc/wsl.conf is read again as WSL reads it; afterwards `systemctl is-system-running` answers.

    ## How it is undone
    /etc/wsl.conf gets its former content back, or is removed where there was none; then
    `wsl --terminate NAME` again.
    """
    if elsewhere_ := _inside(host, "wsl-systemd"):
        return elsewhere_
    if desktop_host.platform(host) == WSL1:
        raise OtherPlatform("WSL 1 cannot run systemd: wsl --set-version NAME 2")
    config = read(host, WSL_CONF_PATH, WSL_CONF)
    if is_true(setting(config, "boot.systemd", WSL_CONF)):
        runs = engine.is_there(host, "/run/systemd/system")
        return nothing(
            f"{WSL_CONF_PATH} already sets systemd=true"
            + ("" if runs else "; it counts from the distribution's next start")
        )
    if old := _older_than(host, FIRST_WITH_SYSTEMD, "systemd"):
        return old
    try:
        init = host.realpath("/sbin/init")
    except Absent:
        init = ""
    if not init.endswith("/systemd"):
        return by_hand(
            "/sbin/init of this distribution is not systemd's",
            "install it first (Debian, Ubuntu: sudo apt install systemd-sysv)",
        )
    notes: tuple[str, ...] = ()
    if "docker" in (setting(config, "boot.command", WSL_CONF) or ""):
        notes = ("[boot] command starts docker too: take it out, or two daemons fight.",)
    return _edit_wsl_conf(
        host,
        {("boot", "systemd"): "true"},
        "WSL starts this distribution with systemd",
        *notes,
    )


@FAMILY.fix(
    "wsl-automount",
    "Mount Windows drives with Linux permissions",
    applies=_INSIDE,
    parameters=(
        Parameter(
            "options",
            "what is set, and metadata",
            "mount options for Windows drives, e.g. metadata,umask=022,fmask=011",
        ),
    ),
)
def wsl_automount(host: Host, request: Request) -> Proposal:
    """Has WSL mount the drives of Windows, and keep Linux owners and modes of files on them.

    Without `metadata`, chmod and chown on /mnt/c do nothing, and containers that bind-mount a
    folder of it see every file as 0777 and of one owner.

    ## What it changes
    `enabled=true` in `[automount]` of /etc/wsl.conf where it is false, and `options`, to which
    `metadata` is added.

    ## Where the values come from
    The options that are set now; `--set options=` replaces them. They must be options of DrvFs:
    metadata, uid, gid, umask, fmask, dmask, case.

    ## What it costs
    Owner and mode are kept in an extended attribute of each file, which Windows does not look at.
    Files on Windows drives stay slow, and changes to them are not notified: work in the
    distribution's own file system where you can. It counts after `wsl --terminate NAME`, which ends
    all that runs in this distribution.

    ## How it is verified
    /etc/wsl.conf is read again as WSL reads it; afterwards `findmnt /mnt/c` shows metadata.

    ## How it is undone
    /etc/wsl.conf gets its former content back, or is removed where there was none; then
    `wsl --terminate NAME` again. Modes that were set meanwhile stay in the files' attributes,
    unused.
    """
    if elsewhere_ := _inside(host, "wsl-automount"):
        return elsewhere_
    config = read(host, WSL_CONF_PATH, WSL_CONF)
    now = setting(config, "automount.options", WSL_CONF) or ""
    given = request.given.get("options")
    if given is None:
        words = [word for word in now.split(",") if word]
        options = now if "metadata" in words else ",".join(["metadata", *words])
    else:
        options = given
        bad = [word for word in given.split(",") if not _DRVFS_OPTION.fullmatch(word)]
        if bad:
            raise ValueError(f"options: {bad[0]!r} is no option of a Windows drive")
    settings: dict[tuple[str, str], str | None] = {}
    if (setting(config, "automount.enabled", WSL_CONF) or "true").lower() in {"false", "0"}:
        settings["automount", "enabled"] = "true"
    if options != now:
        settings["automount", "options"] = options
    if not settings:
        return nothing(f"{WSL_CONF_PATH} already mounts the Windows drives with {now}")
    return _edit_wsl_conf(host, settings, f"WSL mounts the drives of Windows with {options}")
