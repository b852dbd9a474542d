"""One plan of several fixes: what each file becomes, what runs, what stops, who has to act.

Made before anything is changed, shown to the owner, and applied as it was shown: the transaction
refuses when a file is no longer the one that the plan was made for.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from fixes import machine, model
from fixes.editing import Unedited, edited
from fixes.model import (
    BY_HAND,
    CHANGES,
    DAEMON_JSON,
    DESTRUCTIVE,
    JSON_REPAIR,
    NOTHING,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    UNKNOWN,
    Change,
    Command,
    EditFile,
    Effect,
    EmptyFile,
    EngineCall,
    Proposal,
    RemoveFile,
)
from fixes.ownership import Owner, owner_of
from probes.host.questions import Unreadable
from probes.model import Missing, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fixes.interruption import Interruption
    from fixes.machine import FileState
    from fixes.model import Fix, Request
    from probes.host import Host
    from probes.model import Finding

EFFECT_ORDER = (
    RELOAD_UNITS,
    RELOAD_ENGINE,
    RESTART_UNIT,
    RESTART_ENGINE,
    model.RECREATE,
    model.NEW_LOGIN,
    model.WSL_TERMINATE,
    model.WSL_SHUTDOWN,
    model.START_DESKTOP,
    model.REBOOT,
)
"""In which order changes are made to count: what is read again before what restarts with it."""

NEEDS_CONSENT = frozenset({RESTART_UNIT, RESTART_ENGINE})
"""Effects that interrupt something: only with --restart."""

KEPT_WHEN_REMOVED = frozenset({"debug", "labels", "live-restore", "runtimes", "registry-mirrors"})
"""Keys whose removal a reload does not notice: the daemon keeps their last value until it restarts
(moby docker-v29.7.2 daemon/reload.go: each is only looked at when it is set)."""


class Consents(NamedTuple):
    """What the user has said yes to, beyond the plan itself."""

    destructive: frozenset[str] = frozenset()
    """With --allow-destructive: the fixes that were named, which may delete things."""
    take_over: bool = False
    """--override-owner: files that another tool keeps may be edited."""
    named: frozenset[str] = frozenset()
    """The fixes that were named: some are only done on request."""


class PlannedFix(NamedTuple):
    """One fix of the plan, and what came of it."""

    fix: Fix
    outcome: str
    """changes, nothing, by-hand or unknown."""
    reason: str
    findings: tuple[Finding, ...]
    proposal: Proposal
    steps: tuple[str, ...] = ()
    """What is left to a person."""
    owners: tuple[tuple[str, Owner], ...] = ()
    """Files of it that somebody else keeps: path and owner."""


class PlannedFile(NamedTuple):
    """One file of the plan."""

    path: str
    target: str
    format: str
    before: FileState | None
    after: FileState | None
    fixes: tuple[str, ...]
    """The ids of the fixes that change it."""

    def texts(self) -> tuple[str, str]:
        """Before and after as text fit for a diff: secrets are blanked in both."""
        from probes.host.redaction import redact_bytes

        return tuple(  # type: ignore[return-value]
            "" if state is None else readable(redact_bytes(state.data))
            for state in (self.before, self.after)
        )


class Restart(NamedTuple):
    """How the engine is restarted here."""

    command: str = ""
    """What a person types, or a sentence."""
    by_us: bool = True
    """Whether hullcheck can do it with --restart: a service manager that it knows runs the engine."""


class Plan(NamedTuple):
    """Everything that would be done, and what it means."""

    fixes: tuple[PlannedFix, ...]
    files: tuple[PlannedFile, ...] = ()
    actions: tuple[tuple[str, Change], ...] = ()
    """What is no file, in order: the id of the fix and the change."""
    effects: tuple[Effect, ...] = ()
    interruption: Interruption | None = None
    """What a restart of the engine ends; None where none is needed."""
    needs_root: bool = False
    restart: Restart = Restart()
    """How the engine is restarted on this host."""
    recorded: bool = False
    """Made for a recorded host: it can be shown and written as a script, not applied."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.files or self.actions or self.effects)

    @property
    def interrupts(self) -> bool:
        """Whether something of it needs --restart."""
        return any(effect.kind in NEEDS_CONSENT for effect in self.effects)

    @property
    def irreversible(self) -> tuple[str, ...]:
        """What undo cannot bring back, a clause each."""
        found = []
        for _, change in self.actions:
            if isinstance(change, Command) and not change.undo and not _leaves_nothing(change):
                found.append(" ".join(change.argv))
            elif isinstance(change, EngineCall):
                found.append(" ".join(change.command))
            elif isinstance(change, EmptyFile):
                found.append(f"the lines in {change.path}")
        return tuple(found)


def _leaves_nothing(change: Command) -> bool:
    """Whether a command changes nothing that would have to be brought back."""
    return change.argv[0] == "systemctl" and bool(
        {"daemon-reload", "reset-failed"} & set(change.argv)
    )


def _needs_root(change: Change) -> bool:
    """Whether only root can carry an action out; the engine's API has an answer of its own."""
    if isinstance(change, Command):
        if "--user" in change.argv:
            return False
        return change.argv[0] != "chmod" or not machine.owns(change.argv[-1])
    return not isinstance(change, EngineCall)


def readable(data: bytes) -> str:
    """A configuration file's bytes as text, by its byte order mark."""
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(codec, "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def is_live(host: Host) -> bool:
    """Whether the host is this machine and not a record of one."""
    from probes.host.live import LiveSource

    return isinstance(host.source, LiveSource)


def make(
    host: Host,
    wanted: Iterable[tuple[Fix, Request]],
    consents: Consents | None = None,
) -> Plan:
    """The plan of these fixes for this host. Reads, and changes nothing.

    A fix is taken whole or not at all: where one of its files cannot be edited, belongs to
    somebody else or cannot be read, the fix is left to a person, and the others go on.
    """
    draft = _Draft(host, consents or Consents())
    for fix, request in wanted:
        draft.take(fix, request)
    return draft.plan()


class _Draft:
    """A plan in the making."""

    def __init__(self, host: Host, consents: Consents) -> None:
        self._host = host
        self._consents = consents
        self._live = is_live(host)
        self._denied = False
        """Whether something could not be seen that root would see."""
        self._fixes: list[PlannedFix] = []
        self._files: dict[str, PlannedFile] = {}
        self._actions: list[tuple[str, Change]] = []
        self._effects: list[Effect] = []

    def take(self, fix: Fix, request: Request) -> None:
        """Ask the fix, and fit what it proposes into the plan."""
        try:
            proposal = fix.plan(self._host, request)
        except Unreadable as error:
            if error.kind == "inapplicable":
                self._add(fix, request, Proposal(NOTHING, error.reason))
            else:
                self._unseen(fix, request, error.reason, error.kind == "denied", error.look)
            return
        if proposal.outcome != CHANGES:
            self._add(fix, request, proposal, steps=proposal.steps)
            return
        if fix.on_request and fix.id not in self._consents.named:
            self._add(
                fix,
                request,
                proposal._replace(outcome=BY_HAND),
                steps=(f"hullcheck fix {fix.id}",),
            )
            return
        if fix.risk == DESTRUCTIVE and fix.id not in self._consents.destructive:
            self._add(
                fix,
                request,
                proposal._replace(outcome=BY_HAND),
                steps=(f"hullcheck fix {fix.id} --allow-destructive",),
            )
            return
        files = dict(self._files)
        try:
            owners = self._edit(fix, proposal, files)
        except (machine.Denied, Unreadable) as error:
            denied = isinstance(error, machine.Denied) or error.kind == "denied"
            self._unseen(fix, request, str(error), denied)
            return
        except (Unedited, machine.Failed) as error:
            self._add(fix, request, proposal._replace(outcome=BY_HAND, reason=str(error)))
            return
        if owners and not self._consents.take_over:
            self._add(fix, request, proposal._replace(outcome=BY_HAND), owners=tuple(owners))
            return
        actions = [
            (fix.id, change)
            for change in proposal.changes
            if not isinstance(change, (EditFile, RemoveFile))
        ]
        if files == self._files and not actions and not proposal.effects:
            self._add(fix, request, proposal._replace(outcome=NOTHING))
            return
        self._files = files
        self._actions += [item for item in actions if item[1] not in self._changes()]
        self._effects += proposal.effects
        self._add(fix, request, proposal, steps=proposal.steps, owners=tuple(owners))

    def _unseen(
        self,
        fix: Fix,
        request: Request,
        reason: str,
        denied: bool,  # noqa: FBT001 - private
        look: str = "",
    ) -> None:
        self._denied |= denied
        steps = (look,) if look else ()
        self._add(fix, request, Proposal(UNKNOWN, reason), steps=steps)

    def _changes(self) -> list[Change]:
        return [change for _, change in self._actions]

    def _add(
        self,
        fix: Fix,
        request: Request,
        proposal: Proposal,
        *,
        steps: tuple[str, ...] = (),
        owners: tuple[tuple[str, Owner], ...] = (),
    ) -> None:
        self._fixes.append(
            PlannedFix(
                fix,
                proposal.outcome,
                proposal.reason,
                request.findings,
                proposal,
                steps,
                owners,
            )
        )

    def _edit(
        self, fix: Fix, proposal: Proposal, files: dict[str, PlannedFile]
    ) -> list[tuple[str, Owner]]:
        """Carry the fix's edits out on ``files``, on top of those of the fixes before it."""
        owners = []
        for change in proposal.changes:
            if not isinstance(change, (EditFile, RemoveFile)):
                continue
            target = self._target(change.path)
            planned = files.get(target)
            if planned is None:
                follow = isinstance(change, EditFile)
                target = target if follow else change.path
                before = self._state(change.path, target, follow=follow)
                planned = PlannedFile(change.path, target, "", before, before, ())
                owner = owner_of(self._host, change.path)
                if owner is not None:
                    owners.append((change.path, owner))
            after = self._after(change, planned.after)
            if after != planned.after:
                files[target] = planned._replace(
                    after=after,
                    format=getattr(change, "format", planned.format),
                    fixes=(*planned.fixes, fix.id),
                )
        return owners

    def _after(self, change: EditFile | RemoveFile, state: FileState | None) -> FileState | None:
        if isinstance(change, RemoveFile):
            return None
        data = edited(None if state is None else state.data, change)
        if state is not None:
            return state._replace(data=data)
        owner = machine.new_owner(change.path) if self._live else (0, 0)
        return machine.FileState(data, change.mode, *owner)

    def _target(self, path: str) -> str:
        if self._live:
            return machine.target_of(path)
        target = known(lambda: self._host.realpath(path))
        return path if isinstance(target, Missing) else target

    def _state(self, path: str, target: str, *, follow: bool) -> FileState | None:
        """The file's own bytes on this machine; what was recorded of it elsewhere."""
        if self._live:
            return machine.file_state(target, follow=follow)
        try:
            data = self._host.read_bytes(path)
        except Unreadable as error:
            if error.kind == "absent":
                return None
            raise
        told = known(lambda: self._host.stat(path))
        if isinstance(told, Missing):
            return machine.FileState(data, 0o644, 0, 0)
        return machine.FileState(data, told.mode, told.uid, told.gid)

    # -- what it means --------------------------------------------------------------------------

    def plan(self) -> Plan:
        """The finished plan."""
        from fixes.interruption import interruption

        files = tuple(f for f in self._files.values() if f.before != f.after)
        effects = _ordered(self._host, self._effects, files)
        restarts = any(effect.kind == RESTART_ENGINE for effect in effects)
        return Plan(
            fixes=tuple(self._fixes),
            files=files,
            actions=tuple(self._actions),
            effects=effects,
            interruption=interruption(self._host, files) if restarts else None,
            needs_root=self._needs_root(files, effects),
            restart=self._restart(),
            recorded=not self._live,
        )

    def _needs_root(self, files: tuple[PlannedFile, ...], effects: tuple[Effect, ...]) -> bool:
        if not self._live or machine.is_root():
            return False
        if self._denied:
            return True
        system = any(_needs_root(change) for _, change in self._actions)
        acts = (
            any(
                effect.kind in {RELOAD_UNITS, RELOAD_ENGINE, RESTART_UNIT, RESTART_ENGINE}
                for effect in effects
            )
            and not self._is_users_engine()
        )
        return system or acts or not all(machine.may_write(file.path) for file in files)

    def _restart(self) -> Restart:
        from probes import daemon_control

        told = known(lambda: daemon_control.control(self._host))
        if isinstance(told, Missing):
            return Restart(daemon_control.UNKNOWN.restart, by_us=False)
        return Restart(told.restart, by_us=bool(told.restart_argv))

    def _is_users_engine(self) -> bool:
        from probes import daemon_control

        told = known(lambda: daemon_control.control(self._host))
        return not isinstance(told, Missing) and "--user" in told.restart


def _ordered(
    host: Host, asked: Iterable[Effect], files: tuple[PlannedFile, ...]
) -> tuple[Effect, ...]:
    """All effects, each once, in the order in which they are brought about."""
    found = list(dict.fromkeys([*asked, *_engine_effects(host, files)]))
    kinds = {effect.kind for effect in found}
    if RESTART_ENGINE in kinds and not enables_live_restore(files):
        # A daemon that starts anew has read everything.
        found = [effect for effect in found if effect.kind != RELOAD_ENGINE]
    return tuple(sorted(found, key=lambda effect: EFFECT_ORDER.index(effect.kind)))


def effects_of_undoing(plan: Plan, host: Host) -> tuple[Effect, ...]:
    """What it takes until the undoing of a plan counts.

    Not always the same as for the plan: a key that a reload takes in may need a restart to go.
    """
    engine = {RELOAD_ENGINE, RESTART_ENGINE}
    asked = [effect for effect in plan.effects if effect.kind not in engine]
    # A restart that no file of the engine's asks for was asked for by a fix, and holds both ways.
    forward = {effect.kind for effect in _engine_effects(host, plan.files)}
    asked += [e for e in plan.effects if e.kind in engine and e.kind not in forward]
    back = tuple(file._replace(before=file.after, after=file.before) for file in plan.files)
    return _ordered(host, asked, back)


def _engine_effects(host: Host, files: tuple[PlannedFile, ...]) -> list[Effect]:
    for file in files:
        if file.format in {DAEMON_JSON, JSON_REPAIR}:
            kind = _kind_for(host, file)
            both = kind == RESTART_ENGINE and enables_live_restore(files)
            return [Effect(k) for k in ((RELOAD_ENGINE, kind) if both else (kind,))]
    return []


def _kind_for(host: Host, file: PlannedFile) -> str:
    """Whether the daemon takes the change by a reload, by the table of its keys."""
    from probes import configuration
    from probes.formats.daemon_json.keys import BY_NAME

    if isinstance(known(lambda: configuration.dockerd(host)), Missing):
        return RESTART_ENGINE  # it does not run: what is meant is a start
    keys = changed_keys(file)
    if keys is None:
        return RESTART_ENGINE
    after = _top_level(file.after) or {}
    for key in keys:
        told = BY_NAME.get(key)
        if told is None and key not in after:
            continue  # the daemon never knew it
        if told is None or told.reload != "H":
            return RESTART_ENGINE
        if key not in after and key in KEPT_WHEN_REMOVED:
            return RESTART_ENGINE
    return RELOAD_ENGINE


def _top_level(state: FileState | None) -> Mapping[str, Any] | None:
    """The members of a daemon.json; None where it cannot be read as one."""
    from probes.formats.json_document import JsonDocumentError, decode

    if state is None:
        return {}
    try:
        document = decode(state.data)
    except JsonDocumentError:
        return None
    root = document.root
    if root is None or root.kind != "object":
        return {}
    found: dict[str, Any] = {}
    for member in root.value:
        # proxies holds keys of its own, which the table has by their own names; all of them need
        # a restart like the object does.
        found[member.key] = document.source(member.value)
    return found


def changed_keys(file: PlannedFile) -> tuple[str, ...] | None:
    """The members of a daemon.json that become others; None where either side is not readable."""
    before, after = _top_level(file.before), _top_level(file.after)
    if before is None or after is None:
        return None
    return tuple(key for key in {**before, **after} if before.get(key) != after.get(key))


def enables_live_restore(files: tuple[PlannedFile, ...]) -> bool:
    """Whether the plan switches live-restore on.

    A reload before the restart then keeps the containers running through it.
    """
    for file in files:
        if file.format == DAEMON_JSON:
            before, after = _top_level(file.before) or {}, _top_level(file.after) or {}
            if after.get("live-restore") == "true" != before.get("live-restore"):
                return True
    return False


def unified_diff(file: PlannedFile, context: int = 3) -> list[str]:
    """The lines of the change as diff -u has them, without line ends and without secrets."""
    from difflib import unified_diff as difference

    before, after = file.texts()
    name = posixpath.normpath(file.path)
    lines = [
        line.rstrip("\r\n")
        for line in difference(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            name if file.before is not None else "/dev/null",
            name if file.after is not None else "/dev/null",
            n=context,
        )
    ]
    if file.before is not None and file.before.link:
        lines.append(f"-symbolic link to {file.before.link}")
    return lines
