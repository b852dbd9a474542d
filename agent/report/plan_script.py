"""A plan of fixes as a script to review and run: POSIX sh, or PowerShell 5.1 for Windows.

It does what ``hullcheck fix --apply`` does, as far as a script can: it looks first whether every
file is still the one that the plan was made for and changes nothing if one is not, replaces each
file in one step, keeps a copy of the old one, and prints what takes everything back. It does not
look again whether the fixes have mended what they were for.

A script is kept and passed on, so nothing secret may be in it. What it would have to hold is
refused before anything is changed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
import time
from typing import TYPE_CHECKING

from agent.report import plan_text
from agent.report.escaping import visible
from agent.version import __version__
from fixes.model import (
    BY_HAND,
    CHANGES,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    UNKNOWN,
    Command,
    EmptyFile,
    EngineCall,
    SetSysctl,
)
from fixes.plan import NEEDS_CONSENT, unified_diff
from probes.host.redaction import PLACEHOLDER, redact_bytes, redact_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.report.model import Report
    from fixes.machine import FileState
    from fixes.model import Change, Effect
    from fixes.plan import Plan, PlannedFile, PlannedFix

WIDTH = 96
"""Columns of a comment."""

DONE_BY_SCRIPT = frozenset({RELOAD_UNITS, RELOAD_ENGINE, *NEEDS_CONSENT})
"""Effects that are no person's to bring about."""


def render(plan: Plan, report: Report) -> str:
    """The script; ends with a newline. PowerShell for a Windows host, sh for all others."""
    if report.host.platform == "windows":
        from agent.report.plan_powershell import PowerShell

        return PowerShell(plan, report).text()
    from agent.report.plan_shell import Shell

    return Shell(plan, report).text()


# -- what both say -------------------------------------------------------------------------------


def holds_secrets(*states: FileState | None) -> bool:
    """Whether secrets are in one of these, or were: what was recorded has them blanked."""
    return any(
        redact_bytes(state.data) != state.data or PLACEHOLDER.encode() in state.data
        for state in states
        if state is not None
    )


def refusals(plan: Plan) -> dict[str, str]:
    """Path or command -> why it cannot stand in a script that is kept and passed on."""
    found = {}
    for file in plan.files:
        if holds_secrets(file.before, file.after):
            found[file.target] = f"{file.path} holds secrets, which must not stand in a script"
        elif not is_plain(file.target):
            found[file.target] = f"the name {file.path} cannot be written into a script"
    for _, change in plan.actions:
        words = " ".join(argv(change))
        if redact_text(words) != words:
            found[words] = (
                f"`{redact_text(words)}` holds a secret, which must not stand in a script"
            )
        elif not all(map(is_plain, argv(change))):
            found[words] = f"`{words}` cannot be written into a script"
    return found


def instead(plan: Plan, ids: Iterable[str], option: str) -> str:
    """What to do with fixes that cannot be written down, and with those that can: one sentence."""
    named = [fix for fix in _ids(plan) if fix in {*ids}]
    rest = [fix for fix in _ids(plan) if fix not in named]
    text = f"there: hullcheck fix {' '.join(named)} --apply"
    return text + (f"; for the others: hullcheck fix {' '.join(rest)} {option}" if rest else "")


def engine_unit(plan: Plan) -> str:
    """The systemd unit of the engine whose files are edited; a snap has one of its own."""
    snap = any(file.target.startswith("/var/snap/") for file in plan.files)
    return "snap.docker.dockerd.service" if snap else "docker.service"


def _ids(plan: Plan) -> list[str]:
    return [planned.fix.id for planned in plan.fixes if planned.outcome == CHANGES]


def is_plain(text: str) -> bool:
    """Whether it is text on one line: no bytes that are no UTF-8, nothing that commands."""
    return visible(text) == text


def argv(change: Change) -> tuple[str, ...]:
    """The words of the command line that does what an action does."""
    if isinstance(change, SetSysctl):
        return ("sysctl", "-w", f"{change.key}={change.value}")
    if isinstance(change, Command):
        return change.argv
    if isinstance(change, EngineCall):
        return change.command
    if isinstance(change, EmptyFile):
        return ("truncate", "-s", "0", "--", change.path)
    raise TypeError(f"{change} is the change of a file, no action")


def state_of(state: FileState | None) -> str:
    """What the script finds where a file is in this state; see its function ``state``."""
    if state is None:
        return "absent"
    return f"link to {state.link}" if state.link else hashlib.sha256(state.data).hexdigest()


def copies(plan: Plan) -> list[tuple[PlannedFile, str]]:
    """The files, each with the name of its copy in the backup folder."""
    names = [re.split(r"[/\\]", file.target)[-1] for file in plan.files]
    return [
        (file, f"{n}-{name}")
        for n, (file, name) in enumerate(zip(plan.files, names, strict=True), 1)
    ]


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """A sentence in lines, without what could end a comment or command a terminal."""
    margin = " " * indent
    return textwrap.wrap(
        visible(text),
        WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def head(plan: Plan) -> list[str]:
    """What the plan does, means and leaves, in lines for the comment at the top."""
    lines: list[str] = []
    for planned in plan.fixes:
        if planned.outcome == CHANGES:
            lines += _about(planned)
    meaning = _meaning(plan)
    if meaning:
        lines += ["", "WHAT IT MEANS", *meaning]
    left = [
        line
        for planned in plan.fixes
        if planned.outcome in {BY_HAND, UNKNOWN}
        for line in _left(planned)
    ]
    steps = [
        f"  {visible(step)}"
        for planned in plan.fixes
        if planned.outcome == CHANGES
        for step in planned.steps
    ]
    persons = [line for effect in plan.effects for line in _persons(effect)]
    if left or steps or persons:
        lines += ["", "LEFT TO A PERSON", *persons, *steps, *left]
    return lines


def _about(planned: PlannedFix) -> list[str]:
    fix = planned.fix
    lines = ["", visible(f"{fix.id} ({fix.risk}): {fix.title}"), *_wrapped(planned.reason, 2)]
    mended = list(dict.fromkeys(finding.id for finding in planned.findings))
    if mended:
        lines += _wrapped(f"mends: {', '.join(mended)}", 2)
    for note in planned.proposal.notes:
        lines += _wrapped(f"note: {note}", 2)
    for path, owner in planned.owners:
        lines += _wrapped(f"{path} is kept by {owner.name}: {owner.because}", 2)
    return lines


def _meaning(plan: Plan) -> list[str]:
    lines = []
    for effect in plan.effects:
        if effect.kind in DONE_BY_SCRIPT:
            asked = " (only when it is asked for)" if effect.kind in NEEDS_CONSENT else ""
            lines += _wrapped(f"{plan_text.effect_words(effect)}{asked}", 2)
    if plan.interruption is not None:
        stops, *others = plan_text.interruption_words(plan.interruption)
        for words in (f"it stops: {stops}", *others):
            lines += _wrapped(words, 4)
    for what in plan.irreversible:
        lines += _wrapped(f"cannot be undone: {redact_text(what)}", 2)
    return lines


def _persons(effect: Effect) -> list[str]:
    """An effect that a person has to bring about."""
    if effect.kind in DONE_BY_SCRIPT:
        return []
    how = f": {effect.command}" if effect.command else ""
    return [f"  {visible(plan_text.effect_words(effect) + how)}"]


def _left(planned: PlannedFix) -> list[str]:
    lines = [visible(f"  {planned.fix.id}: {planned.fix.title}")]
    word = "it could not be seen: " if planned.outcome == UNKNOWN else ""
    lines += _wrapped(word + planned.reason, 4)
    for path, owner in planned.owners:
        lines += _wrapped(f"{path} is kept by {owner.name}: {owner.because}", 4)
        lines += _wrapped(owner.instead, 4)
    if planned.owners:
        for change in planned.proposal.changes:
            for words in plan_text.change_words(change):
                lines.append(visible(f"      set {redact_text(words)}"))
    lines += [f"      {visible(step)}" for step in planned.steps]
    return lines


class Script:
    """What the scripts of both languages have in common."""

    option = ""
    """The argument with which it restarts what has to be restarted."""
    run = ""
    """How it is run."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self.plan = plan
        self.report = report
        self.refused = refusals(plan)

    def introduction(self) -> list[str]:
        """The comment at the top, without its marks."""
        host = self.report.host
        system = " ".join(part for part in (host.os_name, host.os_version) if part)
        whose = host.hostname or "a host that does not tell its name"
        made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.report.started))
        lines = [
            visible(f"Written by hullcheck {__version__} on {made}"),
            visible(f"for the host {whose}{f' ({system})' if system else ''}."),
        ]
        if self.plan.changes:
            lines += ["", f"Read it, then run it there: {self.run}"]
            if self.plan.interrupts:
                lines += [f"It restarts something only with {self.option}."]
            lines += [
                "It changes nothing where a file is no longer the one that it was written for, and",
                "does nothing twice.",
            ]
        for reason in self.refused.values():
            lines += ["", *_wrapped(f"IT REFUSES TO RUN: {reason}.")]
        if self.refused:
            lines += _wrapped(f"Run {self.instead()}")
        return lines + head(self.plan)

    def instead(self) -> str:
        """What to run instead of a script that refuses: for its fixes, and for the others."""
        ids = [fix for file in self.plan.files if file.target in self.refused for fix in file.fixes]
        ids += [fix for fix, change in self.plan.actions if " ".join(argv(change)) in self.refused]
        return instead(self.plan, ids, "--script")

    def waiting(self) -> list[str]:
        """What a person has to do afterwards, a sentence each."""
        return [line.strip() for effect in self.plan.effects for line in _persons(effect)]

    def needs_name(self) -> bool:
        """Whether it deletes by names that may stand for something else on another host."""
        return bool(self.report.host.hostname) and any(
            isinstance(change, (EngineCall, EmptyFile)) for _, change in self.plan.actions
        )


def titled(title: str) -> str:
    """A comment that parts two sections of a script."""
    return f"# -- {title} {'-' * max(2, WIDTH - len(title) - 6)}"


def diff_lines(file: PlannedFile) -> list[str]:
    """The change as comments."""
    return [f"#{line}" for line in plan_text.diff(unified_diff(file), colour=False).splitlines()]


def lines_of(data: bytes) -> list[str] | None:
    """The content in lines, if it is such text that a script shows all of it; else None.

    It ends with a line feed, has no other line ends, and nothing in it is invisible.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text and not text.endswith("\n"):
        return None
    lines = text.split("\n")[:-1]
    return lines if all(is_plain(line.replace("\t", "")) for line in lines) else None


def encoded(data: bytes) -> list[str]:
    """Bytes as lines of base64."""
    return textwrap.wrap(base64.b64encode(data).decode("ascii"), 76)


def inspection(change: Change) -> tuple[str, ...]:
    """The docker command that tells whether an object to be removed is still there, or nothing."""
    if not isinstance(change, EngineCall):
        return ()
    kind = change.action.removeprefix("remove-")
    if not change.subject or kind not in change.command:
        return ()
    before = change.command[: change.command.index(kind)]
    return (*before, "inspect", "--type", kind, change.subject)


def comment_lines(lines: Iterable[str]) -> list[str]:
    """Lines as comments of a shell, and of PowerShell."""
    return [f"# {line}".rstrip() for line in lines]
