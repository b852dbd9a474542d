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
import shlex
import textwrap
import time
from typing import TYPE_CHECKING

from agent.report import plan_text
from agent.report.escaping import visible
from agent.version import __version__
from fixes.model import (
    BY_HAND,
    CHANGES,
    DAEMON_JSON,
    JSON_REPAIR,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    UNKNOWN,
    Command,
    EmptyFile,
    EngineCall,
    SetSysctl,
)
from fixes.plan import NEEDS_CONSENT, unified_diff
from fixes.validation import CREATES_USERS
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
        return _PowerShell(plan, report).text()
    return _Shell(plan, report).text()


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


def _state(state: FileState | None) -> str:
    """What the script finds where a file is in this state; see its function ``state``."""
    if state is None:
        return "absent"
    return f"link to {state.link}" if state.link else hashlib.sha256(state.data).hexdigest()


def _copies(plan: Plan) -> list[tuple[PlannedFile, str]]:
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


class _Script:
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


def _titled(title: str) -> str:
    return f"# -- {title} {'-' * max(2, WIDTH - len(title) - 6)}"


def _diff(file: PlannedFile) -> list[str]:
    """The change as comments."""
    return [f"#{line}" for line in plan_text.diff(unified_diff(file), colour=False).splitlines()]


def _lines_of(data: bytes) -> list[str] | None:
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


def _encoded(data: bytes) -> list[str]:
    return textwrap.wrap(base64.b64encode(data).decode("ascii"), 76)


# -- sh ------------------------------------------------------------------------------------------

_SH_BEGIN = r"""
set -eu
umask 022
restart=no
case "${1-}" in
'') ;;
--restart) restart=yes ;;
*) echo "usage: sh $0 [--restart]" >&2; exit 2 ;;
esac

stop() {
    printf 'stopped: %s\n' "$1" >&2
    exit 1
}
"""

_SH_STATE = r"""
# What is at a path: the SHA-256 of a file, where a link leads, or nothing.
state() {
    if [ -L "$1" ]; then
        printf 'link to %s\n' "$(readlink "$1")"
    elif [ ! -e "$1" ]; then
        echo absent
    elif command -v sha256sum >/dev/null 2>&1; then
        sha256sum <"$1" | cut -c 1-64
    else
        shasum -a 256 <"$1" | cut -c 1-64
    fi
}

# check PATH BEFORE AFTER: whether it is still to be changed, in $todo.
check() {
    now=$(state "$1")
    todo=no
    if [ "$now" = "$3" ]; then
        printf '%s is as it should be already\n' "$1"
        return
    fi
    [ "$now" = "$2" ] ||
        stop "$1 is no longer what it was: nothing was changed; have hullcheck write a new script"
    [ -z "$(find "$1" -prune -type f -links +1 2>/dev/null)" ] ||
        stop "$1 has other names (hard links): use hullcheck fix --apply"
    folder=$(dirname "$1")
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    [ -w "$folder" ] || stop "$folder cannot be written to: only root may, or its file system is read-only"
    todo=yes
}
"""

_SH_CHANGE = r"""
quoted() { printf "'%s'" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"; }

# What takes it back, last change first.
backup=
new=
undo=
undo_by() {
    undo="    $1
$undo"
}
finish() {
    code=$?
    if [ -n "$new" ]; then rm -f "$new"; fi
    if [ -n "$undo" ]; then
        echo
        if [ "$code" -ne 0 ]; then echo 'It stopped half-way.'; fi
        echo 'This takes it back:'
        printf '%s' "$undo"
        if [ -n "$after_undo" ]; then printf '%s\n' "$after_undo"; fi
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
"""

_SH_FILES = r"""
# keep PATH NAME: copy what is there, under this name, into a folder that only this user may enter.
keep() {
    if [ -z "$backup" ]; then
        backup=$(mktemp -d "${TMPDIR:-/var/tmp}/hullcheck-XXXXXX")
        printf 'the old files are kept in %s\n' "$backup"
    fi
    if [ -e "$1" ] || [ -L "$1" ]; then
        cp -pP "$1" "$backup/$2"
        undo_by "cp -pP $(quoted "$backup/$2") $(quoted "$1")"
    else
        undo_by "rm -f $(quoted "$1")"
    fi
}

# own PATH OWNER: give away what root has made.
own() { if [ "$(id -u)" -eq 0 ]; then chown "$2" "$1"; fi; }

make_folder() {
    if [ -d "$1" ]; then return; fi
    make_folder "$(dirname "$1")" "$2"
    mkdir "$1"
    own "$1" "$2"
    undo_by "rmdir $(quoted "$1")"
}

# prepare PATH SHA256 MODE OWNER COMMAND...: write what the command gives beside the file, as $new.
# It has the owner and mode of the file, or these where there is none.
prepare() {
    file=$1 sum=$2 mode=$3 owner=$4
    shift 4
    make_folder "$(dirname "$file")" "$owner"
    new=$(mktemp "$(dirname "$file")/.hullcheck-XXXXXX")
    if [ -e "$file" ]; then
        cp -p "$file" "$new"
        "$@" >"$new"
    else
        "$@" >"$new"
        chmod "$mode" "$new"
        own "$new" "$owner"
    fi
    [ "$(state "$new")" = "$sum" ] ||
        stop "the new content of $file is not as hullcheck wrote it: has this script been edited?"
}

# place PATH NAME: keep the old file and put $new there in one step.
place() {
    keep "$1" "$2"
    mv -f "$new" "$1"
    new=
    printf 'wrote %s\n' "$1"
}
"""

_SH_REMOVE = r"""
# remove PATH NAME: keep what is there and take it away.
remove() {
    keep "$1" "$2"
    rm -f "$1"
    printf 'removed %s\n' "$1"
}
"""

_SH_VALIDATE = r"""
# validate PATH: ask dockerd, from 23.0 on, whether it would take $new.
validate() {
    case $(dockerd --help 2>/dev/null || :) in
    *--validate*) ;;
    *) return ;;
    esac
    said=$(dockerd --validate --config-file "$new" 2>&1) ||
        stop "dockerd --validate refuses the new $1: $said"
}
"""

_SH_SYSCTL = r"""
# set_kernel KEY VALUE: now; the files above do it at the next boot.
set_kernel() {
    now=$(sysctl -n "$1" | tr '\t' ' ')
    if [ "$now" = "$2" ]; then return; fi
    sysctl -w "$1=$2"
    undo_by "sysctl -w $(quoted "$1=$now")"
}
"""

_SH_USER = r"""
# The engine is a user's. Under sudo that user's systemd is asked, not root's, systemctl(1).
systemctl() {
    if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER-}" ]; then
        command systemctl --user --machine "$SUDO_USER@.host" "$@"
    else
        command systemctl --user "$@"
    fi
}
"""

_SH_RELOAD = r"""
# The engine reads its configuration again at SIGHUP; nothing stops.
reload_engine() {
    case $(systemctl show --property ActiveState --property CanReload "$engine" 2>/dev/null || :) in
    *ActiveState=active*CanReload=yes* | *CanReload=yes*ActiveState=active*)
        systemctl reload "$engine"
        return
        ;;
    esac
    pid=$(cat "$pid_file" 2>/dev/null || :)
    if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
        kill -HUP "$pid"
    else
        echo 'no engine was found that could be reloaded: it reads the file when it starts'
    fi
}
"""

_SH_RESTART_UNIT = r"""
# restart_unit UNIT...: the first, also where systemd has given up starting them.
restart_unit() {
    systemctl reset-failed "$@" 2>/dev/null || :
    systemctl restart "$1"
}
"""

_SH_RESTART_ENGINE = r"""
restart_engine() {
    if systemctl cat "$engine" >/dev/null 2>&1; then
        restart_unit "$engine" docker.socket
    elif command -v rc-service >/dev/null 2>&1; then
        rc-service docker restart
    elif command -v service >/dev/null 2>&1; then
        service docker restart
    else
        stop 'how the engine is restarted here is not known: everything else is done'
    fi
}
"""


class _Shell(_Script):
    """The script for Linux and macOS; dash, bash, BusyBox and zsh run it."""

    option = "--restart"

    def __init__(self, plan: Plan, report: Report) -> None:
        super().__init__(plan, report)
        user = bool(report.engine.rootless)
        self.user = user
        self.systemctl = "systemctl --user" if user else "systemctl"
        self.unit = engine_unit(plan)
        self.pid_file = f"{'${XDG_RUNTIME_DIR-}' if user else '/run'}/docker.pid"
        acts = any(not isinstance(change, (EngineCall, Command)) for _, change in plan.actions) or (
            not user and any(effect.kind in DONE_BY_SCRIPT for effect in plan.effects)
        )
        self.as_root = acts and report.host.platform != "macos"
        who = "as root" if self.as_root or plan.needs_root else "as the user whose files these are"
        self.run = f"sh FILE{' [--restart]' if plan.interrupts else ''}, {who}"

    def text(self) -> str:
        plan = self.plan
        lines = ["#!/bin/sh", *_sh_comment(self.introduction())]
        if not plan.changes:
            lines += ["", "echo 'there is nothing to change here'", "exit 0"]
            return "\n".join(lines) + "\n"
        lines += [self._functions(), *self._checks()]
        for number, (file, copy) in enumerate(_copies(plan), 1):
            lines += self._file(number, file, copy)
        lines += [*self._actions(), *self._effects()]
        return "\n".join(lines) + "\n"

    def _functions(self) -> str:
        plan = self.plan
        kinds = {effect.kind for effect in plan.effects}
        formats = {file.format for file in plan.files if file.after is not None}
        parts = [_SH_BEGIN]
        if plan.files:
            parts.append(_SH_STATE)
        parts.append(f"\nafter_undo={shlex.quote(self._after_undo())}\n{_SH_CHANGE.lstrip()}")
        if plan.files:
            parts.append(_SH_FILES)
        if any(file.after is None for file in plan.files):
            parts.append(_SH_REMOVE)
        if formats & {DAEMON_JSON, JSON_REPAIR}:
            parts.append(_SH_VALIDATE)
        if any(isinstance(change, SetSysctl) for _, change in plan.actions):
            parts.append(_SH_SYSCTL)
        if self.user and not kinds.isdisjoint(DONE_BY_SCRIPT):
            parts.append(_SH_USER)
        if not kinds.isdisjoint({RELOAD_ENGINE, RESTART_ENGINE}):
            parts.append(f"\nengine={self.unit}\n")
        if RELOAD_ENGINE in kinds:
            parts += [f'pid_file="{self.pid_file}"\n', _SH_RELOAD]
        if not kinds.isdisjoint(NEEDS_CONSENT):
            parts.append(_SH_RESTART_UNIT)
        if RESTART_ENGINE in kinds:
            parts.append(_SH_RESTART_ENGINE)
        return "".join(parts).rstrip("\n")

    def _after_undo(self) -> str:
        """What makes the undoing count, in lines."""
        lines = []
        for effect in self.plan.effects:
            if effect.kind == RELOAD_UNITS:
                lines.append(f"    {self.systemctl} daemon-reload")
            elif effect.kind == RELOAD_ENGINE:
                lines.append(f"    {self.systemctl} reload {self.unit}")
            elif effect.kind in NEEDS_CONSENT:
                unit = effect.subject if effect.kind == RESTART_UNIT else self.unit
                lines.append(f"    {self.systemctl} restart {shlex.quote(unit)}   # interrupts")
        return "\n".join(lines)

    def _checks(self) -> list[str]:
        """What is looked at before anything is changed."""
        plan = self.plan
        lines = ["", _titled("first look, and change nothing")]
        if self.refused:
            reasons = "; ".join(self.refused.values())
            lines += [f"stop {shlex.quote(visible(f'{reasons}. Run {self.instead()}'))}"]
        if self.needs_name():
            name = shlex.quote(str(self.report.host.hostname))
            lines += [f'[ "$(uname -n)" = {name} ] || stop "this was written for "{name}']
        if self.as_root:
            lines += ['[ "$(id -u)" -eq 0 ] || stop "this needs root"']
        if any(isinstance(change, EngineCall) for _, change in plan.actions):
            lines += ['docker version >/dev/null || stop "the engine does not answer"']
        for number, file in enumerate(plan.files, 1):
            if file.target in self.refused:
                continue
            path = shlex.quote(file.target)
            if file.path != file.target and file.before is not None:
                link = shlex.quote(file.path)
                lines += [f'[ {link} -ef {path} ] || stop {link}" no longer leads to "{path}']
            lines += [
                f"check {path} \\",
                f"    {shlex.quote(_state(file.before))} \\",
                f"    {shlex.quote(_state(file.after))}",
                f"todo_{number}=$todo",
            ]
        return lines

    def _file(self, number: int, file: PlannedFile, copy: str) -> list[str]:
        lines = ["", _titled(visible(file.path)), f"# {', '.join(file.fixes)}", *_diff(file)]
        if file.target in self.refused:
            return [*lines, f"# Not in this script: {visible(self.refused[file.target])}."]
        path, name = shlex.quote(file.target), shlex.quote(copy)
        lines += [f'if [ "$todo_{number}" = yes ]; then']
        if file.after is None:
            return [*lines, f"    remove {path} {name}", "fi"]
        data = file.after.data
        content = _lines_of(data)
        command = "cat"
        if content is None:
            content, command = _encoded(data), "base64 -d"
            lines[-1:-1] = ["# Its bytes in base64: as text they would not come through unharmed."]
        end = _delimiter(content)
        lines += [
            f"    prepare {path} \\",
            f"        {_state(file.after)} \\",
            f"        {file.after.mode:04o} {file.after.uid}:{file.after.gid} {command} <<'{end}'",
            *content,
            end,
        ]
        if file.format in {DAEMON_JSON, JSON_REPAIR}:
            if CREATES_USERS.encode() in data:
                lines += [f"    # dockerd --validate would make the users of {CREATES_USERS}."]
            else:
                lines += [f"    validate {path}"]
        return [*lines, f"    place {path} {name}", "fi"]

    def _actions(self) -> list[str]:
        lines = ["", _titled("then")] if self.plan.actions else []
        for fix, change in self.plan.actions:
            about = plan_text.action_words(change)[1]
            lines += _sh_comment([f"{fix}: {visible(about)}" if about else fix])
            words = " ".join(argv(change))
            if words in self.refused:
                lines += [f"# Not in this script: {visible(self.refused[words])}."]
            else:
                lines += self._action(change)
        return lines

    def _action(self, change: Change) -> list[str]:
        line = shlex.join(argv(change))
        if isinstance(change, SetSysctl):
            value = " ".join(change.value.split())
            return [f"set_kernel {shlex.join((change.key, value))}"]
        if isinstance(change, Command):
            undone = [f"undo_by {shlex.quote(shlex.join(change.undo))}"] if change.undo else []
            return [line, *undone]
        if isinstance(change, EmptyFile):
            path = shlex.quote(change.path)
            return [f"if [ -f {path} ] && [ ! -L {path} ]; then {line}; fi"]
        look = _inspection(change)
        if not look:
            return [line]
        return [f"if {shlex.join(look)} >/dev/null 2>&1; then", f"    {line}", "fi"]

    def _effects(self) -> list[str]:
        lines = ["", _titled("make it count")] if self.plan.effects else []
        restarts: list[str] = []
        by_hand: list[str] = []
        for effect in self.plan.effects:
            if effect.kind not in DONE_BY_SCRIPT:
                continue
            if effect.kind == RELOAD_UNITS:
                lines += ["systemctl daemon-reload"]
            elif effect.kind == RELOAD_ENGINE:
                lines += ["reload_engine"]
            else:
                whole = effect.kind == RESTART_ENGINE
                unit = shlex.quote(self.unit if whole else effect.subject)
                restarts.append("restart_engine" if whole else f"restart_unit {unit}")
                by_hand.append(f"{self.systemctl} restart {unit}")
        if restarts:
            words = shlex.quote(" && ".join(by_hand))
            lines += [
                'if [ "$restart" = yes ]; then',
                *(f"    {command}" for command in restarts),
                "else",
                f"    printf 'still needed: sh %s --restart, or: %s\\n' \"$0\" {words}",
                "fi",
            ]
        for text in self.waiting():
            lines += [f"printf 'still needed: %s\\n' {shlex.quote(text)}"]
        return lines


def _sh_comment(lines: Iterable[str]) -> list[str]:
    return [f"# {line}".rstrip() for line in lines]


def _delimiter(lines: Iterable[str]) -> str:
    """A word to end a here-document with that stands nowhere in it."""
    text = "\n".join(lines)
    word, number = "END_OF_FILE", 1
    while word in text:
        number += 1
        word = f"END_OF_FILE_{number}"
    return word


def _inspection(change: Change) -> tuple[str, ...]:
    """The docker command that tells whether an object to be removed is still there, or nothing."""
    if not isinstance(change, EngineCall):
        return ()
    kind = change.action.removeprefix("remove-")
    if not change.subject or kind not in change.command:
        return ()
    before = change.command[: change.command.index(kind)]
    return (*before, "inspect", "--type", kind, change.subject)


# -- PowerShell ----------------------------------------------------------------------------------

_PS_BEGIN = r"""
param([switch] $Restart)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$script:Backup = $null
$script:Undo = @()
"""

_PS_FILES = r"""
# What is at a path: the SHA-256 of a file, or nothing.
function Get-State([string] $Path) {
    if (-not (Test-Path -LiteralPath $Path)) { return 'absent' }
    return (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash.ToLowerInvariant()
}

# Whether the file is still to be changed; ends the script where it is another one.
function Test-Todo([string] $Path, [string] $Before, [string] $After) {
    $now = Get-State $Path
    if ($now -eq $After) {
        Write-Host "$Path is as it should be already"
        return $false
    }
    if ($now -ne $Before) {
        throw "$Path is no longer what it was: nothing was changed; have hullcheck write a new script"
    }
    return $true
}

function ConvertTo-Literal([string] $Text) { return "'" + $Text.Replace("'", "''") + "'" }

# Copy what is there, under this name, into a folder of its own.
function Save-Old([string] $Path, [string] $Name) {
    if ($null -eq $script:Backup) {
        $folder = Join-Path ([IO.Path]::GetTempPath()) ('hullcheck-' + [Guid]::NewGuid().ToString('N'))
        $script:Backup = (New-Item -ItemType Directory -Path $folder).FullName
        Write-Host "the old files are kept in $script:Backup"
    }
    if (Test-Path -LiteralPath $Path) {
        $copy = Join-Path $script:Backup $Name
        Copy-Item -LiteralPath $Path -Destination $copy
        $line = 'Copy-Item -Force -LiteralPath ' + (ConvertTo-Literal $copy) + ' -Destination ' + (ConvertTo-Literal $Path)
    } else {
        $line = 'Remove-Item -LiteralPath ' + (ConvertTo-Literal $Path)
    }
    $script:Undo = @($line) + $script:Undo
}

# The bytes of a text in UTF-8, each line with this line end.
function ConvertTo-Bytes([string] $Text, [string] $LineEnd) {
    $lines = $Text.Replace("`r`n", "`n")
    return , [Text.Encoding]::UTF8.GetBytes($lines.Replace("`n", $LineEnd))
}

# Write the bytes beside the file, and put them in its place in one step.
function Set-Bytes([string] $Path, [string] $Name, [byte[]] $Bytes, [string] $After) {
    $folder = Split-Path -Parent $Path
    if (-not (Test-Path -LiteralPath $folder)) { $null = New-Item -ItemType Directory -Path $folder }
    $new = Join-Path $folder ('.hullcheck-' + [Guid]::NewGuid().ToString('N'))
    try {
        [IO.File]::WriteAllBytes($new, $Bytes)
        if ((Get-State $new) -ne $After) {
            throw "the new content of $Path is not as hullcheck wrote it: has this script been edited?"
        }
        Save-Old $Path $Name
        if (Test-Path -LiteralPath $Path) {
            # It keeps the owner and the permissions of the file that it replaces.
            [IO.File]::Replace($new, $Path, [NullString]::Value)
        } else {
            [IO.File]::Move($new, $Path)
        }
    } finally {
        if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new }
    }
    Write-Host "wrote $Path"
}
"""

_PS_REMOVE = r"""
function Remove-Old([string] $Path, [string] $Name) {
    Save-Old $Path $Name
    Remove-Item -LiteralPath $Path
    Write-Host "removed $Path"
}
"""

_PS_COMMAND = r"""
# Run a program; ends the script where it fails.
function Invoke-Program([string] $Program, [string[]] $Words) {
    & $Program @Words
    if ($LASTEXITCODE -ne 0) { throw "$Program $Words exited with $LASTEXITCODE" }
}

# Whether a program succeeds. What it says on stderr would end the script under 'Stop'.
function Test-Program([string] $Program, [string[]] $Words) {
    $ErrorActionPreference = 'Continue'
    & $Program @Words > $null 2> $null
    return ($LASTEXITCODE -eq 0)
}
"""

_PS_RESTART = r"""
function Restart-Engine {
    if (Get-Service -Name docker -ErrorAction SilentlyContinue) {
        Restart-Service -Name docker -Force
    } else {
        Write-Host 'still needed: a restart of Docker Desktop'
    }
}
"""

_ASCII = re.compile(r"[^\x20-\x7e]+")


class _PowerShell(_Script):
    """The script for Windows PowerShell 5.1 and PowerShell 7.

    It is ASCII throughout: 5.1 reads a script without a byte order mark in the code page of the
    system (about_Character_Encoding), in which other characters would become others.
    """

    option = "-Restart"

    def __init__(self, plan: Plan, report: Report) -> None:
        super().__init__(plan, report)
        option = " [-Restart]" if plan.interrupts else ""
        self.run = f"powershell -ExecutionPolicy Bypass -File FILE{option}"

    def text(self) -> str:
        plan = self.plan
        lines = [*_ps_comment(self.introduction())]
        if not plan.changes:
            lines += ["", "Write-Host 'there is nothing to change here'", "exit 0"]
            return "\n".join(lines) + "\n"
        lines += [self._functions(), *self._checks()]
        lines += ["", "try {"]
        for number, (file, copy) in enumerate(_copies(plan), 1):
            lines += self._file(number, file, copy)
        lines += [*self._actions(), *self._effects()]
        lines += [
            "} finally {",
            "    if ($script:Undo) {",
            "        Write-Host ''",
            "        Write-Host 'This takes it back:'",
            '        foreach ($line in $script:Undo) { Write-Host "    $line" }',
            "    }",
            "}",
        ]
        return "\n".join(lines) + "\n"

    def _functions(self) -> str:
        plan = self.plan
        parts = ["", "#Requires -Version 5.1", _PS_BEGIN.strip("\n")]
        if plan.files:
            parts.append(_PS_FILES.rstrip("\n"))
        if any(file.after is None for file in plan.files):
            parts.append(_PS_REMOVE.rstrip("\n"))
        if plan.actions or any(effect.kind == RESTART_UNIT for effect in plan.effects):
            parts.append(_PS_COMMAND.rstrip("\n"))
        if any(effect.kind in {RELOAD_ENGINE, RESTART_ENGINE} for effect in plan.effects):
            parts.append(_PS_RESTART.rstrip("\n"))
        return "\n".join(parts)

    def _checks(self) -> list[str]:
        lines = ["", _titled("first look, and change nothing")]
        if self.refused:
            reasons = "; ".join(self.refused.values())
            lines += [f"throw {_ps(visible(f'{reasons}. Run {self.instead()}'))}"]
        if self.needs_name():
            name = _ps(str(self.report.host.hostname))
            other = f"throw ('this was written for ' + {name})"
            lines += [f"if ([Net.Dns]::GetHostName() -ne {name}) {{ {other} }}"]
        for number, file in enumerate(self.plan.files, 1):
            if file.target not in self.refused:
                states = f"{_ps(_state(file.before))} {_ps(_state(file.after))}"
                lines += [f"$todo{number} = Test-Todo {_ps(file.target)} {states}"]
        return lines

    def _file(self, number: int, file: PlannedFile, copy: str) -> list[str]:
        lines = ["", *_ps_lines([_titled(visible(file.path))]), f"# {', '.join(file.fixes)}"]
        lines += _ps_lines(_diff(file))
        if file.target in self.refused:
            return [*lines, *_ps_comment([f"Not in this script: {self.refused[file.target]}."])]
        path, name = _ps(file.target), _ps(copy)
        lines += [f"if ($todo{number}) {{"]
        if file.after is None:
            return [*lines, f"    Remove-Old {path} {name}", "}"]
        data = file.after.data
        end = "\r\n" if b"\r\n" in data else "\n"
        content = _lines_of(data.replace(b"\r\n", b"\n"))
        plain = (
            content is not None and "\n".join([*content, ""]).replace("\n", end).encode() == data
        )
        if content is None or not plain or not _fits_here_string(content):
            lines += [
                "    # As text it would not come through unharmed.",
                "    $bytes = [Convert]::FromBase64String('"
                + "' +\n        '".join(_encoded(data))
                + "')",
            ]
        else:
            spelled = '"`r`n"' if end == "\r\n" else '"`n"'
            lines += ["    $text = @'", *content, "", "'@"]
            lines += [f"    $bytes = ConvertTo-Bytes $text {spelled}"]
        return [*lines, f"    Set-Bytes {path} {name} $bytes {_ps(_state(file.after))}", "}"]

    def _actions(self) -> list[str]:
        lines = ["", _titled("then")] if self.plan.actions else []
        for fix, change in self.plan.actions:
            about = plan_text.action_words(change)[1]
            lines += _ps_comment([f"{fix}: {visible(about)}" if about else fix])
            words = " ".join(argv(change))
            if words in self.refused:
                lines += _ps_comment([f"Not in this script: {self.refused[words]}."])
                continue
            if isinstance(change, EmptyFile):
                path = _ps(change.path)
                lines += [
                    f"if (Test-Path -LiteralPath {path}) {{ Clear-Content -LiteralPath {path} }}"
                ]
                continue
            if look := _inspection(change):
                call = f"{{ {_ps_call(argv(change))} }}"
                lines += [f"if ({_ps_call(look, 'Test-Program')}) {call}"]
                continue
            lines += [_ps_call(argv(change))]
            if isinstance(change, Command) and change.undo:
                undo = "& " + " ".join(map(_ps, change.undo))
                lines += [f"$script:Undo = @({_ps(undo)}) + $script:Undo"]
        return lines

    def _effects(self) -> list[str]:
        lines = ["", _titled("make it count")] if self.plan.effects else []
        interrupting = []
        for effect in self.plan.effects:
            # No daemon on Windows reads its file again without a restart.
            if effect.kind in {RELOAD_ENGINE, RESTART_ENGINE}:
                interrupting.append("Restart-Engine")
            elif effect.kind == RESTART_UNIT:
                interrupting.append(f"Restart-Service -Name {_ps(effect.subject)} -Force")
        if interrupting:
            lines += ["if ($Restart) {", *(f"    {c}" for c in dict.fromkeys(interrupting))]
            lines += [
                "} else {",
                "    Write-Host 'still needed: a restart (-Restart does it)'",
                "}",
            ]
        return lines + [f"Write-Host {_ps(f'still needed: {text}')}" for text in self.waiting()]


def _ps(text: str) -> str:
    """Text as a PowerShell expression in ASCII; single quotes keep everything as it is.

    >>> _ps("it's"), _ps("J\u00fcrgen")
    ("'it''s'", "('J' + [char]0xFC + 'rgen')")
    """
    parts = []
    at = 0
    for found in _ASCII.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        units = found[0].encode("utf-16-be", "surrogatepass")
        codes = [units[n] << 8 | units[n + 1] for n in range(0, len(units), 2)]
        parts.append(" + ".join(f"[char]0x{code:X}" for code in codes))
    if not parts:
        return _ps_quoted(text)
    parts.append(text[at:])
    # Every other one is plain text; the first is always one, so that + joins texts.
    spelled = [
        part if n % 2 else _ps_quoted(part) for n, part in enumerate(parts) if n == 0 or part
    ]
    return f"({' + '.join(spelled)})"


def _ps_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _ps_call(argv: tuple[str, ...], function: str = "Invoke-Program") -> str:
    program, *rest = map(_ps, argv)
    return f"{function} {program} @({', '.join(rest)})"


def _ps_lines(lines: Iterable[str]) -> list[str]:
    """Lines of comments in ASCII."""
    return [line.encode("ascii", "backslashreplace").decode("ascii") for line in lines]


def _ps_comment(lines: Iterable[str]) -> list[str]:
    return _ps_lines(_sh_comment(visible(line) for line in lines))


def _fits_here_string(lines: Iterable[str]) -> bool:
    """Whether a single-quoted here-string can hold it: ASCII, and no line that would end it."""
    return all(line.isascii() and not line.lstrip().startswith("'@") for line in lines)
