"""Applies a plan: all of it, verified, or nothing.

lock -> compare with the plan -> ask the judges -> journal -> files, then actions -> what makes
them count -> look again -> commit. Whatever fails on the way takes back what was done, in reverse.
A process that is killed leaves a journal from which :func:`recover` does the same at the next
start: before all changes were made it takes them back, after that it goes on and verifies.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from fixes import health, machine, validation
from fixes.journal import (
    APPLIED,
    COMMITTED,
    EFFECTIVE,
    PREPARED,
    ROLLED_BACK,
    ROLLING_BACK,
    STUCK,
    Done,
    Entry,
    FileChange,
    Journal,
    Record,
    in_force,
    new_id,
)
from fixes.machine import Failed
from fixes.model import (
    CHANGES,
    DAEMON_JSON,
    JSON_REPAIR,
    RECREATE,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    UNIT,
    Change,
    Command,
    Effect,
    EmptyFile,
    EngineCall,
    SetSysctl,
)
from fixes.plan import NEEDS_CONSENT, Plan, changed_keys, effects_of_undoing, readable
from probes import configuration, daemon_control, engine
from probes.host.questions import Unreadable
from probes.model import CRASH, FAIL, PASS, UNKNOWN, Missing, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixes.health import Examination
    from probes.host import Host

SYSTEMCTL = "systemctl"

RELOAD_SECONDS = 5.0
"""Seconds in which a daemon has taken over its file after SIGHUP, which it acts on at leisure."""


class Refused(Failed):
    """A transaction that was not begun: nothing was changed."""


class NotPermitted(Refused):
    """It needs root."""


class Changed(Refused):
    """A file is not what it was: changed by somebody else. ``diff`` shows how."""

    def __init__(self, text: str, diff: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.diff = diff


class Outcome(NamedTuple):
    """What came of a transaction."""

    id: str
    state: str
    """committed, rolled-back or stuck."""
    reason: str
    """Why it was taken back; empty when it was not."""
    said: tuple[str, ...] = ()
    """What was done, a sentence each, in order."""
    pending: tuple[Effect, ...] = ()
    """What it still takes until all of it counts."""
    mended: tuple[str, ...] = ()
    """Ids of the findings that are gone."""
    remaining: tuple[str, ...] = ()
    """Findings it was to mend that stay until then."""
    by_hand: tuple[str, ...] = ()
    """For stuck: exactly what a person has to do."""
    undoes: str = ""
    """The transaction that it took back."""


class Context(NamedTuple):
    """What a transaction needs besides its plan."""

    journal: Journal
    open_host: Callable[[], Host]
    """Opens this machine for one look."""
    examine: Callable[[], Examination]
    """Runs the doctor anew."""
    restart: bool = False
    """Whether the user consented to what interrupts."""
    restart_with: tuple[str, ...] = ()
    """The user's own command that restarts the engine."""
    say: Callable[[str], None] = lambda _text: None
    """Tells a person what is being done."""
    version: str = ""
    """Of hullcheck, for the journal."""


# -- beginning -----------------------------------------------------------------------------------


def apply(plan: Plan, before: Examination, context: Context) -> Outcome:
    """Apply a plan. The journal must be locked.

    Raises: Refused where nothing was begun, because nothing may or can be. An interrupt takes back
    what was done and goes on.
    """
    if plan.recorded:
        raise Refused("a recorded host can be looked at, not changed")
    _compare(plan)
    if plan.needs_root:
        raise NotPermitted("this needs root")
    for file in plan.files:
        reason = validation.refusal(before.host, file, plan.files)
        if reason:
            raise Refused(f"{reason}. Nothing was changed")
    number = new_id(time.time())
    effects, pending = bring_about(plan.effects, before.host, context)
    planned = [fix for fix in plan.fixes if fix.outcome == CHANGES]
    record = _record(
        number,
        fixes=tuple(fix.fix.id for fix in planned),
        summary="; ".join(fix.reason for fix in planned),
        files=tuple(
            FileChange(
                f.path,
                f.target,
                f.before,
                f.after,
                f".hullcheck-{number}-{n}",
                machine.missing_folders(f.target),
            )
            for n, f in enumerate(plan.files)
        ),
        actions=tuple(change for _, change in plan.actions),
        effects=effects,
        before=before,
        context=context,
        options={
            "promised": [health.key(f) for fix in planned for f in fix.findings],
            "recreate": [e.subject for e in pending if e.kind == RECREATE],
            "topics": sorted({f.topic for fix in planned for f in fix.findings}),
            "restarts": _restarts(effects),
            "waits": any(e.kind != RECREATE for e in pending),
            "steps": any(fix.proposal.steps for fix in planned),
            "pending": [effect._asdict() for effect in pending],
            "forward": [effect._asdict() for effect in plan.effects],
            "back": [effect._asdict() for effect in effects_of_undoing(plan, before.host)],
            "keys": [
                key
                for f in plan.files
                if f.format in {DAEMON_JSON, JSON_REPAIR}
                for key in changed_keys(f) or ()
            ],
            "units": [f.target for f in plan.files if f.format == UNIT],
            "running": _must_run(plan, before.host, effects),
        },
    )
    _compare(plan)  # the judges have taken their time
    context.journal.begin(record)
    return _carry_out(record, context)


def _compare(plan: Plan) -> None:
    """Raises: Changed where a file is not the one that the plan was made for."""
    for file in plan.files:
        if machine.file_state(file.target, follow=False) != file.before:
            raise Changed(
                f"{file.path} was changed since this plan was made: nothing was done. Make a new "
                "plan"
            )


def undo(entry: Entry, before: Examination, context: Context) -> Outcome:
    """Take a committed transaction back, as a transaction of its own. The journal must be locked.

    Raises: Changed with a three-way diff where somebody else has changed a file since; Refused.
    """
    files, entries = [], context.journal.entries()
    number = new_id(time.time())
    if not in_force(entry, entries):
        raise Refused(f"{entry.record.id} is {describe(entry, entries)}: there is nothing to undo")
    for n, change in enumerate(entry.record.files):
        now = machine.file_state(change.target, follow=False)
        if _same(now, change.before):
            continue
        if not _same(now, change.after):
            raise _changed_since(change, now, entry, entries)
        back = change.inverse(f".hullcheck-{number}-{n}")
        if back.after is not None:
            back = back._replace(folders=machine.missing_folders(back.target))
        files.append(back)
    actions = tuple(a for a in map(_inverse, reversed(entry.record.actions)) if a is not None)
    if not files and not actions:
        raise Refused(
            f"everything that {entry.record.id} changed is as it was before, or cannot be brought "
            "back: there is nothing to undo"
        )
    may = machine.is_root() or (not actions and all(machine.may_write(f.target) for f in files))
    if not may:
        raise NotPermitted("this needs root")
    # Containers made since then have the new settings, the others never had them.
    wanted = tuple(
        effect
        for effect in (Effect(**item) for item in entry.record.options["back"])
        if effect.kind != RECREATE
    )
    effects, pending = bring_about(wanted, before.host, context)
    pending = tuple(e for e in pending if files or e.kind not in NEEDS_CONSENT)
    record = _record(
        number,
        fixes=entry.record.fixes,
        summary=f"undo of {entry.record.id}: {entry.record.summary}",
        files=tuple(files),
        actions=actions,
        effects=effects,
        before=before,
        context=context,
        undoes=entry.record.id,
        options={
            **entry.record.options,
            "promised": [],
            "forward": entry.record.options["back"],
            "back": entry.record.options["forward"],
            "recreate": [],
            "restarts": _restarts(effects),
            "pending": [effect._asdict() for effect in pending],
            # What was found before the change may be found again.
            "tolerated": list(entry.record.findings),
            "running": _must_run(None, before.host, effects),
            "folders": [folder for f in entry.record.files for folder in f.folders],
        },
    )
    context.journal.begin(record)
    return _carry_out(record, context)


def _record(
    number: str,
    *,
    fixes: tuple[str, ...],
    summary: str,
    files: tuple[FileChange, ...],
    actions: tuple[Change, ...],
    effects: tuple[Done, ...],
    before: Examination,
    context: Context,
    options: dict[str, Any],
    undoes: str = "",
) -> Record:
    from probes.host.redaction import redact_text

    answered = health.answers(before.host)
    return Record(
        id=number,
        started=round(time.time(), 3),
        who=machine.who(),
        version=context.version,
        fixes=fixes,
        summary=redact_text(summary),
        files=files,
        actions=actions,
        effects=effects,
        findings=tuple(health.failing(before.findings)),
        undoes=undoes,
        options={**options, "answered": answered},
    )


def _restarts(effects: tuple[Done, ...]) -> bool:
    return any(effect.kind == RESTART_ENGINE for effect in effects)


def _must_run(plan: Plan | None, host: Host, effects: tuple[Done, ...]) -> list[list[str | bool]]:
    """Which of the containers that run now must run afterwards: id, name, whether the same."""
    running = health.running(host)
    if not _restarts(effects):
        return [[item.id, item.name, True] for item in running]
    from fixes.interruption import interruption

    told = plan.interruption if plan and plan.interruption else interruption(host)
    if told.live_restore:
        return [[item.id, item.name, True] for item in running]
    returning = {item.name for item in told.stops if item.returns}
    return [[item.id, item.name, False] for item in running if item.name in returning]


def _inverse(change: Change) -> Change | None:
    """The change that takes one back; None where nothing does."""
    if isinstance(change, SetSysctl):
        return change._replace(value=change.before, before=change.value)
    if isinstance(change, Command) and change.undo:
        return change._replace(argv=change.undo, undo=change.argv)
    return None


def can_be_undone(record: Record) -> bool:
    """Whether there is anything in it that can be brought back."""
    return bool(record.files) or any(_inverse(action) is not None for action in record.actions)


def bring_about(
    effects: tuple[Effect, ...], host: Host, context: Context
) -> tuple[tuple[Done, ...], tuple[Effect, ...]]:
    """Which effects the transaction brings about, and which are left to a person.

    What interrupts needs consent, and a service manager that we know, or the user's own command.
    """
    control = known(lambda: daemon_control.control(host))
    unknown = isinstance(control, Missing)
    told = daemon_control.UNKNOWN if isinstance(control, Missing) else control
    done: list[Done] = []
    left: list[Effect] = []
    for effect in effects:
        argv: tuple[str, ...] | None = None
        if effect.kind == RELOAD_UNITS:
            argv = (*_systemctl(told), "daemon-reload")
        elif effect.kind == RELOAD_ENGINE and not unknown:
            argv = told.reload_argv
        elif effect.kind == RESTART_UNIT and context.restart:
            argv = (*_systemctl(told), "restart", effect.subject)
        elif effect.kind == RESTART_ENGINE and context.restart:
            argv = context.restart_with or told.restart_argv or None
        if argv is None:
            command = effect.command
            if effect.kind == RESTART_ENGINE:
                command = " ".join(context.restart_with) or told.restart
            elif effect.kind == RESTART_UNIT:
                command = f"sudo systemctl restart {effect.subject}"
            left.append(effect._replace(command=command))
        else:
            done.append(Done(effect.kind, argv, effect.subject))
    return tuple(done), tuple(left)


def _systemctl(control: daemon_control.Control) -> tuple[str, ...]:
    return (SYSTEMCTL, "--user") if "--user" in control.restart_argv else (SYSTEMCTL,)


# -- carrying out --------------------------------------------------------------------------------


def _carry_out(record: Record, context: Context) -> Outcome:
    """From the journal's entry to the end, whichever it is."""
    said: list[str] = []
    try:
        _change(record, context, said)
        context.journal.add(record.id, APPLIED)
        return _conclude(record, context, said)
    except Failed as error:
        return _roll_back(record, context, str(error), said)
    except BaseException:
        # What is committed is done, whatever comes between that and telling so.
        if _state(record, context) != COMMITTED:
            _roll_back(record, context, "it was interrupted", said)
        raise


def _state(record: Record, context: Context) -> str:
    try:
        return context.journal.entry(record.id).state
    except (Failed, KeyError):
        return PREPARED


def _change(record: Record, context: Context, said: list[str]) -> None:
    journal = context.journal
    for n, file in enumerate(record.files):
        journal.add(record.id, "file", n=n)
        for folder in file.folders:
            machine.make_folder(folder)
        machine.put_file(file.target, file.after, aside=file.aside)
        verb = "removed" if file.after is None else "wrote" if file.before else "made"
        _tell(context, said, f"{verb} {file.path}")
        if file.target in record.options.get("units", ()):
            complaint = validation.complaint_about_unit(file)
            if complaint:
                raise Failed(complaint)
    for n, action in enumerate(record.actions):
        journal.add(record.id, "action", n=n)
        _tell(context, said, _act(action, context))
        journal.add(record.id, "acted", n=n)


def _act(action: Change, context: Context) -> str:
    """Carry one action out; what was done, as a clause. Raises: Failed."""
    if isinstance(action, SetSysctl):
        machine.set_sysctl(action.key, action.value)
        return f"set {action.key} to {action.value}"
    if isinstance(action, EmptyFile):
        machine.empty_file(action.path)
        return f"emptied {action.path}"
    if isinstance(action, EngineCall):
        endpoint = engine.target(context.open_host()).endpoint
        machine.call_engine(endpoint, action.action, action.subject, action.arguments)
        return " ".join(action.command)
    if isinstance(action, Command):
        _run(action.argv)
        return f"ran {' '.join(action.argv)}"
    raise TypeError(f"{action} is the change of a file, no action")


def _run(argv: tuple[str, ...]) -> None:
    ran = machine.run(argv)
    if ran.code != 0:
        lines = [line.strip() for line in (ran.err or ran.out).splitlines() if line.strip()]
        said = f": {lines[-1]}" if lines else ""
        raise Failed(f"`{' '.join(argv)}` exited with {ran.code}{said}")


def _conclude(record: Record, context: Context, said: list[str]) -> Outcome:
    """Make the changes count, look again, and commit. Raises: Failed."""
    journal = context.journal
    entry = journal.entry(record.id)
    for n, effect in enumerate(record.effects):
        if entry.has("in-effect", n):
            continue
        journal.add(record.id, "effect", n=n)
        _bring(effect, context, said)
        journal.add(record.id, "in-effect", n=n)
    journal.add(record.id, EFFECTIVE)
    remaining = _verify(record, context)
    for folder in reversed(record.options.get("folders", ())):
        machine.remove_folder(folder)
    journal.add(record.id, COMMITTED, findings=remaining.findings)
    pending = tuple(Effect(**effect) for effect in record.options.get("pending", ()))
    return Outcome(
        record.id,
        COMMITTED,
        "",
        tuple(said),
        pending=pending,
        mended=tuple(remaining.mended),
        remaining=tuple(remaining.still),
        undoes=record.undoes,
    )


def _bring(effect: Done, context: Context, said: list[str]) -> None:
    """Reload or restart, and wait until it is done. Raises: Failed."""
    if effect.kind == RELOAD_ENGINE:
        if effect.argv:
            _run(effect.argv)
        else:
            try:
                machine.hang_up(engine.daemon(context.open_host()).pid)
            except Unreadable as error:
                raise Failed(f"the engine cannot be told to reload: {error.reason}") from None
        time.sleep(health.STEP)
        _tell(context, said, "had the engine read its configuration again")
        return
    if effect.kind in {RESTART_ENGINE, RESTART_UNIT}:
        context.say(f"restarting: {' '.join(effect.argv)}")
        _forget_failures(effect)
    try:
        _run(effect.argv)
    except Failed as error:
        words = _last_words(effect)
        raise Failed(
            f"`{' '.join(effect.argv)}` failed: {words}" if words else str(error)
        ) from None
    if effect.kind == RESTART_ENGINE:
        reason = health.await_engine(context.open_host)
        if reason:
            raise Failed(reason)
    _tell(context, said, f"ran {' '.join(effect.argv)}")


_LAST_WORDS = re.compile(
    r"failed to start daemon|unable to configure|specified both as a flag|level=fatal|: refused",
    re.IGNORECASE,
)
"""How dockerd says why it does not start (moby cmd/dockerd, daemon.go)."""


def _last_words(effect: Done) -> str:
    """What a unit that did not start has said last, from the journal; empty where it is silent."""
    if effect.argv[0] != SYSTEMCTL or effect.kind not in {RESTART_ENGINE, RESTART_UNIT}:
        return ""
    unit = effect.subject or "docker"
    scope = ("--user",) if "--user" in effect.argv else ()
    try:
        ran = machine.run(
            ("journalctl", *scope, "-u", unit, "-n", "60", "-o", "cat", "--no-pager"), 10.0
        )
    except Failed:
        return ""
    lines = [line.strip() for line in ran.out.splitlines() if _LAST_WORDS.search(line)]
    return lines[-1] if lines else ""


def _forget_failures(effect: Done) -> None:
    """Let systemd start a unit that it has given up on: three starts in a minute are its limit."""
    if effect.argv[0] != SYSTEMCTL or "restart" not in effect.argv:
        return
    engines = ("docker.service", "docker.socket")
    units = (effect.subject,) if effect.kind == RESTART_UNIT else engines
    at = effect.argv.index("restart")
    # A unit that has not failed, or is not there, is no reason to stop: restart will tell.
    machine.run((*effect.argv[:at], "reset-failed", *units))


def _tell(context: Context, said: list[str], text: str) -> None:
    said.append(text)
    context.say(text)


# -- looking again -------------------------------------------------------------------------------


class Verified(NamedTuple):
    """What looking again has shown."""

    mended: list[str]
    """Ids of promised findings whose checks were seen to pass."""
    still: list[str]
    """Promised findings that stay until the rest is done, in words."""
    findings: list[dict[str, Any]]
    """All that fail now, for the journal."""


def _verify(record: Record, context: Context) -> Verified:
    """Look again at all that was promised. Raises: Failed where it is not so, or it is worse.

    Looked at with the same probes as before: the bytes on disk, the values of the kernel, the
    engine's own word, the containers, the findings.
    """
    for file in record.files:
        if not _same(machine.file_state(file.target, follow=False), file.after):
            raise Failed(f"{file.path} does not hold what was written to it")
    for action in record.actions:
        if isinstance(action, SetSysctl):
            now = machine.read_sysctl(action.key)
            if now != " ".join(action.value.split()):
                raise Failed(f"{action.key} is {now} again: something sets it back")
    options = record.options
    if options.get("answered") and not options.get("restarts"):
        reason = "" if health.answers(context.open_host()) else "the engine stopped answering"
        if reason:
            raise Failed(reason)
    wanted = [health.Running(str(i), str(n), bool(s)) for i, n, s in options.get("running", ())]
    gone = health.await_containers(context.open_host, wanted)
    if gone:
        raise Failed(f"containers that ran before do not run any more: {', '.join(gone)}")
    look = context.examine()
    before = [*record.findings, *options.get("tolerated", ())]
    new = health.worse(before, look.findings, options.get("topics", ()))
    if new:
        raise Failed(f"it is worse than before: {'; '.join(new[:3])}")
    _verify_engine(record, context)
    promised = {tuple(item) for item in options.get("promised", ())}
    open_ = [f for f in look.findings if f.outcome == FAIL and tuple(health.key(f)) in promised]
    ids = {item[0] for item in promised}
    unseen = [f for f in look.findings if f.outcome in {UNKNOWN, CRASH} and f.id in ids]
    still = [f"{f.id}: {f.summary}" for f in open_]
    still += [f"{f.id}: it could not be looked at again: {f.summary}" for f in unseen]
    # Containers that are to be recreated keep their findings until they are.
    broken = [f"{f.id}: {f.summary}" for f in open_ if not (f.subject and options.get("recreate"))]
    if broken and not (options.get("waits") or options.get("steps")):
        raise Failed(f"what it was to mend is still there: {'; '.join(broken[:3])}")
    # What waits for a restart is not mended yet, whatever the file says; and only what was seen to
    # pass is.
    passed = {f.id for f in look.findings if f.outcome == PASS}
    done = set() if options.get("waits") else ids & passed
    mended = sorted(done - {f.id for f in (*open_, *unseen)})
    return Verified(mended, still, health.failing(look.findings))


def _verify_engine(record: Record, context: Context) -> None:
    """That the engine has what its file says, where it tells. Raises: Failed."""
    keys = set(record.options.get("keys", ()))
    if not keys or record.options.get("pending"):
        return
    ends = time.monotonic() + RELOAD_SECONDS
    while True:
        told = known(lambda: configuration.look(context.open_host()))
        if isinstance(told, Missing):
            return  # its files are not to be seen from here; what it answers was looked at before
        waiting = [
            s.key for s in told.settings if s.key in keys and s.state == configuration.PENDING
        ]
        if not waiting:
            return
        if time.monotonic() >= ends:
            raise Failed(f"the engine does not have what its file says: {', '.join(waiting)}")
        time.sleep(health.STEP)


# -- going back ----------------------------------------------------------------------------------


def _roll_back(record: Record, context: Context, reason: str, said: list[str]) -> Outcome:
    """Take back what was done; never raises for what the machine does."""
    with machine.uninterrupted():
        problems: list[str] = []
        context.say(f"taking it back: {reason}")
        try:
            context.journal.add(record.id, ROLLING_BACK, reason=reason)
        except Failed as error:
            problems.append(str(error))
        try:
            entry = context.journal.entry(record.id)
        except (Failed, KeyError) as error:
            # The journal cannot be read any more: what was done is known from this process only.
            problems.append(str(error))
            entry = Entry(record, ())
        _take_back(entry, context, said, problems)
        state = STUCK if problems else ROLLED_BACK
        try:
            context.journal.add(record.id, state, reason=reason, problems=problems)
        except Failed as error:
            problems.append(str(error))
        by_hand = (*problems, *_by_hand(record, context)) if problems else ()
        return Outcome(record.id, state, reason, tuple(said), by_hand=by_hand)


def _take_back(entry: Entry, context: Context, said: list[str], problems: list[str]) -> None:
    record = entry.record
    for n in reversed(range(len(record.actions))):
        if not entry.has("action", n):
            continue
        back = _inverse(record.actions[n])
        # A command that was begun and not finished may have done a part: it is taken back too,
        # and may find nothing to take back.
        if back is None:
            continue
        try:
            said.append(f"to take it back: {_act(back, context)}")
        except Failed as error:
            if entry.has("acted", n):
                problems.append(str(error))
            else:
                said.append(f"it may not have been done, and could not be taken back: {error}")
    for n in reversed(range(len(record.files))):
        _restore(record.files[n], said, problems, begun=entry.has("file", n) or not entry.events)
    begun = [e for n, e in enumerate(record.effects) if entry.has("effect", n)]
    for effect in begun:
        try:
            _bring(effect, context, said)
        except Failed as error:
            # An engine that did not run before is not expected to run with what was there before.
            if record.options.get("answered") or effect.kind != RESTART_ENGINE:
                problems.append(str(error))


def _restore(file: FileChange, said: list[str], problems: list[str], *, begun: bool) -> None:
    """Bring one file back; one that was not begun is somebody else's if it is not as it was."""
    folder = file.target.rpartition("/")[0] or "/"
    machine.remove_aside(folder, file.aside)
    try:
        now = machine.file_state(file.target, follow=False)
        if _same(now, file.before):
            pass
        elif _same(now, file.after) or _is_half_written(now, file):
            if file.before is not None:
                for missing in machine.missing_folders(file.target):
                    machine.make_folder(missing)
            machine.put_file(file.target, file.before, aside=file.aside)
            said.append(f"{file.path} is what it was before")
        elif begun:
            problems.append(
                f"{file.path} was changed by somebody else in the meantime: it is left as it is"
            )
    except Failed as error:
        problems.append(str(error))
    for made in reversed(file.folders):
        machine.remove_folder(made)


def _same(one: machine.FileState | None, other: machine.FileState | None) -> bool:
    """Whether two states hold the same bytes, or the same link, or nothing."""
    if one is None or other is None:
        return one is other
    return one.data == other.data and one.link == other.link


def _is_half_written(now: machine.FileState | None, file: FileChange) -> bool:
    """Whether this is what kills have left of a file that is written through.

    Writing it, and taking that back, may each have been cut off: every byte is then that of the
    old text or of the new one, a line feed that filled it up, or a zero where space was made.
    """
    if now is None or file.after is None or file.before is None:
        return False
    if not machine.writes_through(file.target):
        return False
    shorter, longer = sorted((file.before.data, file.after.data), key=len)
    if not len(shorter) <= len(now.data) <= len(longer):
        return False
    return all(
        byte == longer[n] or byte in (b"\n\0" if n >= len(shorter) else shorter[n : n + 1])
        for n, byte in enumerate(now.data)
    )


def _by_hand(record: Record, context: Context) -> list[str]:
    """What a person does when hullcheck cannot take something back."""
    steps = []
    for n, file in enumerate(record.files):
        kept = f"{context.journal.place(record.id)}/before-{n}"
        if file.before is None:
            steps.append(f"rm -- {file.path}")
        elif not file.before.link:
            steps.append(f"cp -- {kept} {file.path}")
    steps += [" ".join(_inverse_command(a)) for a in record.actions if _inverse_command(a)]
    steps += [" ".join(effect.argv) for effect in record.effects if effect.argv]
    return steps


def _inverse_command(change: Change) -> tuple[str, ...]:
    if isinstance(change, SetSysctl):
        return ("sysctl", "-w", f"{change.key}={change.before}")
    return change.undo if isinstance(change, Command) else ()


# -- recovery ------------------------------------------------------------------------------------


def recover(entry: Entry, context: Context) -> Outcome:
    """Finish what a kill has cut short, or take it back. The journal must be locked."""
    said: list[str] = []
    record = entry.record
    if entry.state in {APPLIED, EFFECTIVE}:
        try:
            return _conclude(record, context, said)
        except Failed as error:
            return _roll_back(record, context, str(error), said)
    reason = "hullcheck was killed before it had finished"
    return _roll_back(record, context, reason, said)


# -- telling -------------------------------------------------------------------------------------


def describe(entry: Entry, entries: list[Entry]) -> str:
    """The state of a transaction in a few words."""
    if entry.state == COMMITTED:
        for other in reversed(entries):
            if other.record.undoes == entry.record.id and in_force(other, entries):
                return f"undone by {other.record.id}"
        return "in force"
    return {
        PREPARED: "cut short",
        APPLIED: "cut short",
        EFFECTIVE: "cut short",
        ROLLING_BACK: "cut short",
        ROLLED_BACK: "taken back",
        STUCK: "half done",
    }[entry.state]


def _changed_since(
    change: FileChange, now: machine.FileState | None, entry: Entry, entries: list[Entry]
) -> Changed:
    later = [
        other.record.id
        for other in entries
        if other.record.id > entry.record.id
        and in_force(other, entries)
        and any(file.target == change.target for file in other.record.files)
    ]
    if later:
        return Changed(
            f"{change.path} was changed again by {later[-1]}: undo that first "
            f"(hullcheck undo {later[-1]})",
            three_way(change, now),
        )
    return Changed(
        f"{change.path} was changed by somebody else since {entry.record.id}: it is left as it "
        "is. Below, what undo would take back and what has been changed since; take over by hand "
        "what you want",
        three_way(change, now),
    )


def three_way(change: FileChange, now: machine.FileState | None) -> tuple[str, ...]:
    """Two diffs from what hullcheck wrote: to what undo would bring back, to what is there now."""
    from difflib import unified_diff

    from probes.host.redaction import redact_bytes

    def lines(state: machine.FileState | None) -> list[str]:
        return [] if state is None else readable(redact_bytes(state.data)).splitlines()

    ours = lines(change.after)
    name = change.path
    return (
        *unified_diff(
            ours, lines(change.before), f"{name} (hullcheck)", f"{name} (before)", lineterm=""
        ),
        *unified_diff(ours, lines(now), f"{name} (hullcheck)", f"{name} (now)", lineterm=""),
    )
