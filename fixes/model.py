"""The vocabulary of mending: Fix, Request, Proposal, Change, Effect.

A remedy is one function that looks at the Host and returns a :class:`Proposal`: which changes, in
which order, what makes them take effect, what the owner should know. It never writes, and it never
prints; :mod:`fixes.plan` makes one plan of all proposals and :mod:`fixes.transaction` applies it.

A remedy says :func:`propose`, :func:`nothing` (it is already so, or there is nothing to mend) or
:func:`by_hand` (hullcheck must not or cannot do it: the steps for a person). A fact that cannot be
read is left to raise :class:`~probes.host.Unreadable`: the plan then says what could not be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.host import Host
    from probes.model import Finding

SAFE, INTERRUPTS, DESTRUCTIVE, ADVICE = "safe", "interrupts", "destructive", "advice"
"""Risks, by the worst that a fix may do: it changes settings and can be undone; it also ends
something that runs (containers, sessions); it deletes what cannot be brought back; it only
explains what a person has to do."""

RISKS = (SAFE, INTERRUPTS, DESTRUCTIVE, ADVICE)

# -- changes -------------------------------------------------------------------------------------

DAEMON_JSON, JSON, JSON_REPAIR = "daemon.json", "json", "json-repair"
SYSCTL, UNIT, LIMITS, NAMES = "sysctl", "unit", "limits", "names"
WSLCONFIG, WSL_CONF, WHOLE = "wslconfig", "wsl.conf", "whole"
"""Formats of :class:`EditFile`; :mod:`fixes.editing` says what the settings of each look like."""


class EditFile(NamedTuple):
    """Some settings of one configuration file get new values; every other byte stays.

    A file that is not there is made, with its folder.
    """

    path: str
    """As its reader names it; symbolic links are followed when it is written."""
    format: str
    settings: Mapping[Any, Any]
    """Which keys get which values, in the terms of the format's editor."""
    header: str = ""
    """Words at the top of a file that is made new, where the format has comments."""
    mode: int = 0o644
    """Permissions of a file that is made new."""


class RemoveFile(NamedTuple):
    """A file or symbolic link goes away; its bytes are kept for undo."""

    path: str


class SetSysctl(NamedTuple):
    """A kernel setting gets a value now, sysctl(8): written below /proc/sys and read back."""

    key: str
    """With dots: ``net.ipv4.ip_forward``; a dot inside an interface's name as a slash, as
    sysctl.d(5) has it."""
    value: str
    before: str
    """What it was when the plan was made: what undo writes."""


class Command(NamedTuple):
    """A program is run, without a shell, as root where the plan needs root."""

    argv: tuple[str, ...]
    undo: tuple[str, ...] = ()
    """The command that takes it back; empty where nothing does."""
    purpose: str = ""
    """What it is for, in a few words."""


class EngineCall(NamedTuple):
    """Something of the engine's is removed through its API: a prune, or objects by their id."""

    action: str
    """A name of :data:`fixes.machine.ENGINE_ACTIONS`, e.g. ``remove-volume``."""
    subject: str
    """The id or name it is about; empty for a prune."""
    arguments: Mapping[str, Any]
    command: tuple[str, ...]
    """The docker command that does the same, for scripts and for people."""
    frees: int | None = None
    """Bytes this gives back, where the engine tells."""


class EmptyFile(NamedTuple):
    """A log file is cut to nothing while its writer keeps it open (it appends, so it goes on)."""

    path: str
    frees: int | None = None


Change: TypeAlias = "EditFile | RemoveFile | SetSysctl | Command | EngineCall | EmptyFile"
"""What a transaction can do. Each kind is applied, verified, undone and written as a script in one
place of its own."""

KINDS: dict[type[Any], str] = {
    EditFile: "edit",
    RemoveFile: "remove",
    SetSysctl: "sysctl",
    Command: "command",
    EngineCall: "engine",
    EmptyFile: "empty",
}
"""What each kind of change is called in JSON."""

# -- effects -------------------------------------------------------------------------------------

RELOAD_ENGINE, RESTART_ENGINE = "reload-engine", "restart-engine"
RELOAD_UNITS, RESTART_UNIT = "reload-units", "restart-unit"
RECREATE, NEW_LOGIN, REBOOT = "recreate-containers", "new-login", "reboot"
WSL_SHUTDOWN, WSL_TERMINATE, START_DESKTOP = "wsl-shutdown", "wsl-terminate", "start-desktop"


class Effect(NamedTuple):
    """What it takes until a change counts.

    The engine is reloaded and systemd's units are read again without asking; what interrupts
    (``restart-engine``, ``restart-unit``) needs ``--restart``; the others are left to the person.
    A daemon.json edit needs no effect here: the plan knows each key's reload class.
    """

    kind: str
    subject: str = ""
    """The unit, the WSL distribution, the user, the container."""
    command: str = ""
    """What a person types, where hullcheck does not do it."""


# -- proposals -----------------------------------------------------------------------------------

CHANGES, NOTHING, BY_HAND, UNKNOWN = "changes", "nothing", "by-hand", "unknown"
"""Outcomes of a proposal."""


class Proposal(NamedTuple):
    """What one fix would do on this host."""

    outcome: str
    reason: str = ""
    """One sentence: what is done and why with these values; or why nothing is."""
    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    """What the owner should know before saying yes, a sentence each."""
    steps: tuple[str, ...] = ()
    """What is left to a person: commands that can be pasted, or sentences."""


def propose(
    reason: str,
    *changes: Change,
    effects: tuple[Effect, ...] = (),
    notes: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
) -> Proposal:
    """These changes; ``reason`` says what they do and where the values come from."""
    if not changes:
        raise ValueError(f"a proposal without a change: {reason}")
    return Proposal(CHANGES, reason, changes, effects, notes, steps)


def nothing(reason: str, *, notes: tuple[str, ...] = ()) -> Proposal:
    """Nothing is to be done here, and why."""
    return Proposal(NOTHING, reason, notes=notes)


def by_hand(reason: str, *steps: str, notes: tuple[str, ...] = ()) -> Proposal:
    """A person has to do it: why hullcheck does not, and how."""
    return Proposal(BY_HAND, reason, notes=notes, steps=steps)


# -- fixes ---------------------------------------------------------------------------------------


class Parameter(NamedTuple):
    """A choice the user may make with ``--set NAME=VALUE``."""

    name: str
    default: str
    """The default in words: a value, or where it is computed from."""
    doc: str


class Request(NamedTuple):
    """What a remedy is asked for."""

    findings: tuple[Finding, ...] = ()
    """The findings of this host that the fix is to mend; empty when it was asked for by name and
    nothing was found wrong."""
    given: Mapping[str, str] = {}
    """The user's choices, by the names of the fix's parameters."""


class Fix(NamedTuple):
    """A remedy, with all that is said about it."""

    id: str
    title: str
    """What it does, in the imperative, in a few words."""
    risk: str
    mends: tuple[str, ...]
    """The ids of the checks whose findings it mends."""
    applies: str
    """To which hosts, in prose."""
    parameters: tuple[Parameter, ...]
    doc: str
    plan: Callable[[Host, Request], Proposal]
    on_request: bool = False
    """Whether it is only planned when it is named, never along with all others."""

    @property
    def explanation(self) -> str:
        """Markdown: an opening paragraph, then the sections of :data:`SECTIONS`."""
        from probes.model import dedent

        return dedent(self.doc)


SECTIONS = (
    "What it changes",
    "Where the values come from",
    "What it costs",
    "How it is verified",
    "How it is undone",
)
"""The headings that every fix's explanation has, after its first paragraph."""


class Family:
    """The fixes of one module, in the order in which they are listed."""

    def __init__(self) -> None:
        self.fixes: list[Fix] = []

    def fix(
        self,
        id: str,  # noqa: A002
        title: str,
        *,
        risk: str = SAFE,
        applies: str = "Linux hosts with a native engine",
        parameters: tuple[Parameter, ...] = (),
        on_request: bool = False,
    ) -> Callable[[Callable[[Host, Request], Proposal]], Callable[[Host, Request], Proposal]]:
        """Register a remedy; its docstring is its explanation, page and ``explain`` text.

        Which checks it mends stands in the table :data:`fixes.FIXES`.
        """
        from fixes import FIXES

        if risk not in RISKS:
            raise ValueError(f"{id}: no such risk: {risk}")

        def register(
            plan: Callable[[Host, Request], Proposal],
        ) -> Callable[[Host, Request], Proposal]:
            mends = FIXES[id].mends
            self.fixes.append(
                Fix(
                    id,
                    title,
                    risk,
                    mends,
                    applies,
                    parameters,
                    plan.__doc__ or "",
                    plan,
                    on_request,
                )
            )
            return plan

        return register
