r"""WSL's own configuration files: .wslconfig of the Windows user, wsl.conf of this distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import desktop_host
from probes.desktop_host import (
    WINDOWS,
    WSL1,
    WSL2,
    WSL_CONF_PATH,
    OtherPlatform,
)
from probes.formats.wsl_codes import DOCS, WSL_CONF_CODES, WSLCONFIG_CODES
from probes.formats.wsl_judge import WslFacts, judge_wsl_conf, judge_wslconfig
from probes.host.questions import Garbled, Unreadable
from probes.judged_file import Judged, JudgedKind
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
    missing,
    need,
    ok,
    skip,
    unknown,
)
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.host import Host

TOPIC = Topic["WslConfigFiles"]("wsl-config", "WSL's configuration files")

WRONG_NAMES = frozenset(
    {
        ".wslconfig.txt",
        "wslconfig.txt",
        "wslconfig",
        "_wslconfig",
        ".wslconfig.ini",
        ".wslconfig.conf",
        ".wslconf",
        ".wsl.config",
        ".wsl.conf",
        "wsl.config",
        "wsl.conf",
    }
)
"""What .wslconfig is called by mistake, in lower case. Editors of Windows add .txt, and its file
manager hides that; the last one belongs into a distribution, as /etc/wsl.conf."""

CLOCKS_APART = 60.0
"""Seconds by which the clock of WSL's machine may be behind that of Windows, which dates the file."""

_VM = frozenset({"vmmem", "vmmemwsl"})
"""What Windows calls the process of WSL's machine: before and since Windows 11."""

POLICIES = r"HKLM\SOFTWARE\Policies\WSL"
"""microsoft/WSL src/windows/inc/wslpolicies.h."""

_UNDER_POLICY = (b"kernel", b"distro", b"nested", b"firewall", b"networking", b"experimental")
"""Parts of the names of settings whose effect a policy may change."""

_WHERE = "Windows with WSL, and WSL distributions"
_INSIDE = "WSL distributions"


class WslConfigFiles(NamedTuple):
    """The two files as WSL reads them, and what is around them."""

    wslconfig: Judged
    wsl_conf: Judged
    misnamed: tuple[str, ...] | Missing
    """Files beside a .wslconfig that is not there, by names that it is mistaken for."""
    edited: float | Missing
    """When .wslconfig was last written, seconds since the epoch."""
    started: float | Missing
    """When WSL's machine started, which is when it read .wslconfig; 0 where it does not run."""


@TOPIC.probe
def look(host: Host) -> WslConfigFiles:
    """Read both files and judge them for the versions and the computer that they are for."""
    try:
        where = desktop_host.require_wsl(host)
    except Unreadable as error:
        no = missing(error)
        return WslConfigFiles(Judged(no, no), Judged(no, no), no, no, no)
    path = known(lambda: desktop_host.wslconfig_path(host))
    wslconfig = _judged_wslconfig(host, path)
    is_absent = isinstance(wslconfig.problems, Missing) and wslconfig.problems.kind == "absent"
    edited: float | Missing
    misnamed: tuple[str, ...] | Missing
    if isinstance(path, Missing):
        edited = misnamed = path
    else:
        edited = known(lambda: host.stat(path).mtime)
        misnamed = known(lambda: _misnamed(host)) if is_absent else ()
    return WslConfigFiles(
        wslconfig=wslconfig,
        wsl_conf=_judged_wsl_conf(host, where),
        misnamed=misnamed,
        edited=edited,
        started=known(lambda: _started(host, where)),
    )


def _judged_wslconfig(host: Host, path: str | Missing) -> Judged:
    if isinstance(path, Missing):
        return Judged(path, path)
    data = known(lambda: host.read_bytes(path))
    if isinstance(data, Missing):
        return Judged(path, data)
    return Judged(path, judge_wslconfig(data, wsl_facts(host, data), path=path))


def _judged_wsl_conf(host: Host, where: str) -> Judged:
    if where == WINDOWS:
        elsewhere = missing(OtherPlatform("wsl.conf lies inside each distribution"))
        return Judged(elsewhere, elsewhere)
    data = known(lambda: host.read_bytes(WSL_CONF_PATH))
    if isinstance(data, Missing):
        return Judged(WSL_CONF_PATH, data)
    facts = WslFacts() if where == WSL1 else _versions(host)
    return Judged(WSL_CONF_PATH, judge_wsl_conf(data, facts, path=WSL_CONF_PATH))


def wsl_facts(host: Host, data: bytes) -> WslFacts:
    """What this host tells of the computer that a .wslconfig with these bytes is for.

    Nothing where there is no WSL. The hardware is asked for only where the file limits it: from
    inside WSL that takes half a second of PowerShell.
    """
    facts = _versions(host)
    if isinstance(known(lambda: desktop_host.require_wsl(host)), Missing):
        return facts
    lower = data.lower().replace(b"\0", b"")
    if b"memory" in lower or b"processors" in lower or b"%" in lower:
        hardware = known(lambda: desktop_host.hardware(host))
        if not isinstance(hardware, Missing):
            facts = facts._replace(memory=hardware.memory, cpus=hardware.cpus)
    if any(word in lower for word in _UNDER_POLICY):
        facts = facts._replace(policies=have(absent_as(lambda: _policies(host), {}), None))
    if b"swap" in lower:
        free = known(lambda: host.statvfs(desktop_host.windows_profile(host)).available)
        facts = facts._replace(free_disk=have(free, None))
    return facts._replace(path_exists=lambda path: _exists(host, path))


def _policies(host: Host) -> dict[str, int]:
    values = desktop_host.registry(host, POLICIES).values
    return {name: value for name, value in values.items() if isinstance(value, int)}


def _versions(host: Host) -> WslFacts:
    versions = known(lambda: desktop_host.wsl_versions(host))
    if isinstance(versions, Missing):
        return WslFacts()
    return WslFacts(wsl=versions.wsl, windows=versions.windows or None)


def _exists(host: Host, path: str) -> bool | None:
    """Whether a path on a drive of Windows exists, where its drive can be seen from here."""

    def is_there(path: str) -> bool:
        return host.exists(desktop_host.as_read_here(host, path))

    if path[1:3] != ":\\" or known(lambda: is_there(path[:3])) is not True:
        return None
    return have(known(lambda: is_there(path)), None)


def _misnamed(host: Host) -> tuple[str, ...]:
    folder = desktop_host.windows_profile(host)
    return tuple(name for name in host.list(folder) if name.lower() in WRONG_NAMES)


def _started(host: Host, where: str) -> float:
    if where == WSL1:
        raise OtherPlatform("WSL 1 has no virtual machine, and does not read .wslconfig")
    if where == WSL2:
        words = host.read_text("/proc/uptime").split()
        try:
            return host.now() - float(words[0])
        except (ValueError, IndexError):
            raise Garbled("/proc/uptime holds no number", look="cat /proc/uptime") from None
    machines = [p.started for p in host.processes() if p.name.lower() in _VM]
    return max(machines, default=0.0)


# -- one check for every code of the judges ------------------------------------------------------


def _wslconfigs(files: WslConfigFiles) -> tuple[Judged, ...]:
    return (files.wslconfig,)


def _wsl_confs(files: WslConfigFiles) -> tuple[Judged, ...]:
    return (files.wsl_conf,)


WSLCONFIG_KIND = JudgedKind(
    ".wslconfig",
    WSLCONFIG_CODES,
    _wslconfigs,
    applies=_WHERE,
    unreadable="wslconfig-unreadable",
    reader="WSL",
)
WSLCONFIG_KIND.add_to(TOPIC)

WSL_CONF_KIND = JudgedKind(
    "wsl.conf",
    WSL_CONF_CODES,
    _wsl_confs,
    applies=_INSIDE,
    unreadable="wsl-conf-unreadable",
    reader="WSL",
)
WSL_CONF_KIND.add_to(TOPIC)


# -- the files as a whole ------------------------------------------------------------------------


@TOPIC.check(
    "wslconfig-unreadable",
    ERROR,
    "WSL cannot read .wslconfig",
    references=("microsoft/WSL src/windows/common/WslCoreConfig.cpp (ParseConfigFile)", DOCS),
    applies=_WHERE,
)
def wslconfig_unreadable(files: WslConfigFiles) -> Verdict:
    r"""Where .wslconfig should be there is a folder, or something that is no small text.

    ## What it reads
    `.wslconfig` in the folder of the Windows user who starts WSL, on Windows directly and from
    inside WSL through the drive that is mounted there: what it is and whether it can be read.

    ## Why it matters
    WSL prints "Failed to open config file" when it starts and uses its defaults: half of the
    computer's memory, all its processors.

    ## How to mend it
    Look at it with `dir /a %UserProfile%\.wslconfig` and put a small text file in its place, or
    remove it for the defaults.

    ## What could go wrong
    Nothing while WSL runs: it reads the file when its machine starts.

    ## Why this severity
    An error: no setting is in force. Where it cannot be told which user's folder is meant, or this
    user may not read the file, the answer is unknown.
    """
    return _unreadable(files.wslconfig)


@TOPIC.check(
    "wsl-conf-unreadable",
    ERROR,
    "WSL cannot read /etc/wsl.conf",
    references=("microsoft/WSL src/linux/init/WslDistributionConfig.cpp", DOCS),
    applies=_INSIDE,
)
def wsl_conf_unreadable(files: WslConfigFiles) -> Verdict:
    """Where /etc/wsl.conf should be there is a folder, or something that is no small text.

    ## What it reads
    `/etc/wsl.conf` of this distribution: what it is and whether it can be read.

    ## Why it matters
    The distribution starts with WSL's defaults: without systemd, for example, so that its own
    engine does not start as a service.

    ## How to mend it
    Look at it with `ls -la /etc/wsl.conf` and put a small text file in its place, or remove it for
    the defaults.

    ## What could go wrong
    Nothing while the distribution runs: WSL reads the file when it starts it.

    ## Why this severity
    An error: no setting is in force. A file that this user may not read gives unknown.
    """
    return _unreadable(files.wsl_conf)


def _unreadable(file: Judged) -> Verdict:
    path, problems = need(file.path), file.problems
    if not isinstance(problems, Missing):
        return ok(f"{path} can be read", Evidence(path, "", "a regular file"))
    if problems.kind == "absent":
        return skip(f"there is no {path}, and none is needed")
    if problems.kind != "garbled":
        return unknown(problems.reason, look=problems.look)
    return fail(
        f"{problems.reason}: every setting is at its default.",
        Evidence(path, "", problems.reason, "a small text file"),
        subject=path,
        mend=(f"put a text file in the place of {path}, or remove it for the defaults",),
        line=1,
        column=1,
    )


@TOPIC.check(
    "wslconfig-wrong-name",
    WARNING,
    ".wslconfig has a name that WSL does not look for",
    references=(DOCS + "#wslconfig",),
    applies=_WHERE,
)
def wslconfig_wrong_name(files: WslConfigFiles) -> Verdict:
    r"""There is no .wslconfig, and beside its place a file whose name is mistaken for it.

    ## What it reads
    The names in the folder of the Windows user who starts WSL, where there is no `.wslconfig`:
    `.wslconfig.txt`, which editors make of it and the file manager shows as `.wslconfig`,
    `wslconfig`, `_wslconfig`, `wsl.config`, `wsl.conf` and their like.

    ## Why it matters
    WSL looks for `.wslconfig` only. Whoever wrote the file believes in limits that do not exist.

    ## How to mend it
    Rename it: `ren %UserProfile%\.wslconfig.txt .wslconfig`, then `wsl --shutdown`. What is meant
    for one distribution (`[boot]`, `[automount]`) belongs into its `/etc/wsl.conf`.

    ## What could go wrong
    All its settings take effect at once, after `wsl --shutdown`, which ends all distributions and
    Docker Desktop's containers: read it before.

    ## Why this severity
    A warning: WSL runs, with its defaults.
    """
    path = need(files.wslconfig.path)
    misnamed = need(files.misnamed)
    if not misnamed:
        return ok(f"no file is mistaken for {path}", Evidence(path, "", "by its own name, or none"))
    folder = path[: -len(".wslconfig")]
    found = folder + misnamed[0]
    return fail(
        f"WSL does not read {found}: it looks for .wslconfig, which is not there.",
        Evidence(folder, "names", ", ".join(misnamed), ".wslconfig"),
        subject=found,
        mend=(f"rename {found} to .wslconfig", "wsl --shutdown"),
    )


@TOPIC.check(
    "wslconfig-not-in-effect",
    NOTE,
    ".wslconfig was changed after WSL started",
    references=(DOCS + "#the-8-second-rule-for-configuration-changes",),
    applies=_WHERE,
)
def wslconfig_not_in_effect(files: WslConfigFiles) -> Verdict:
    """WSL reads .wslconfig when its machine starts, and the file is newer than that.

    ## What it reads
    The file's time of change against the start of WSL's machine: inside WSL by /proc/uptime, on
    Windows by the start of the process vmmemWSL.

    ## Why it matters
    What was changed is not in force. While Docker Desktop runs, WSL's machine never stops by
    itself, and so the change never comes into force.

    ## How to mend it
    `wsl --shutdown`, then start Docker Desktop again.

    ## What could go wrong
    `wsl --shutdown` ends all that runs in every distribution, and the containers of Docker Desktop.

    ## Why this severity
    A note: only a comment may have been changed, and whoever changed it may mean to wait.
    """
    path = need(files.wslconfig.path)
    if isinstance(files.edited, Missing) and files.edited.kind == "absent":
        return skip(f"there is no {path}: every setting is at its default")
    edited, started = need(files.edited), need(files.started)
    if not started:
        return ok(
            "WSL does not run: it will read the file when it starts",
            Evidence(path, "", "no VM runs"),
        )
    minutes = (edited - started) / 60
    if edited <= started + CLOCKS_APART:
        return ok(f"WSL has read {path} as it is", Evidence(path, "changed", "before WSL's start"))
    return fail(
        f"{path} was changed {minutes:.0f} minutes after WSL had started: what was changed is not "
        "in force.",
        Evidence(path, "changed", f"{minutes:.0f} minutes after WSL's start", "before it"),
        subject=path,
        mend=("wsl --shutdown", "start Docker Desktop again, where it ran"),
    )
