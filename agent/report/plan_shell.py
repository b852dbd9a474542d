"""A plan of fixes as a POSIX shell script: dash, bash, busybox."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from agent.report import plan_text
from agent.report.escaping import visible
from agent.report.plan_script import (
    DONE_BY_SCRIPT,
    Script,
    argv,
    comment_lines,
    copies,
    diff_lines,
    encoded,
    engine_unit,
    inspection,
    lines_of,
    state_of,
    titled,
)
from fixes.model import (
    DAEMON_JSON,
    JSON_REPAIR,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    Command,
    EmptyFile,
    EngineCall,
    SetSysctl,
)
from fixes.plan import NEEDS_CONSENT
from fixes.validation import CREATES_USERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.report.model import Report
    from fixes.model import Change
    from fixes.plan import Plan, PlannedFile


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


class Shell(Script):
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
        """The whole script; ends with a newline."""
        plan = self.plan
        lines = ["#!/bin/sh", *comment_lines(self.introduction())]
        if not plan.changes:
            lines += ["", "echo 'there is nothing to change here'", "exit 0"]
            return "\n".join(lines) + "\n"
        lines += [self._functions(), *self._checks()]
        for number, (file, copy) in enumerate(copies(plan), 1):
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
        lines = ["", titled("first look, and change nothing")]
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
                f"    {shlex.quote(state_of(file.before))} \\",
                f"    {shlex.quote(state_of(file.after))}",
                f"todo_{number}=$todo",
            ]
        return lines

    def _file(self, number: int, file: PlannedFile, copy: str) -> list[str]:
        lines = ["", titled(visible(file.path)), f"# {', '.join(file.fixes)}", *diff_lines(file)]
        if file.target in self.refused:
            return [*lines, f"# Not in this script: {visible(self.refused[file.target])}."]
        path, name = shlex.quote(file.target), shlex.quote(copy)
        lines += [f'if [ "$todo_{number}" = yes ]; then']
        if file.after is None:
            return [*lines, f"    remove {path} {name}", "fi"]
        data = file.after.data
        content = lines_of(data)
        command = "cat"
        if content is None:
            content, command = encoded(data), "base64 -d"
            lines[-1:-1] = ["# Its bytes in base64: as text they would not come through unharmed."]
        end = _delimiter(content)
        lines += [
            f"    prepare {path} \\",
            f"        {state_of(file.after)} \\",
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
        lines = ["", titled("then")] if self.plan.actions else []
        for fix, change in self.plan.actions:
            about = plan_text.action_words(change)[1]
            lines += comment_lines([f"{fix}: {visible(about)}" if about else fix])
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
        look = inspection(change)
        if not look:
            return [line]
        return [f"if {shlex.join(look)} >/dev/null 2>&1; then", f"    {line}", "fi"]

    def _effects(self) -> list[str]:
        lines = ["", titled("make it count")] if self.plan.effects else []
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


def _delimiter(lines: Iterable[str]) -> str:
    """A word to end a here-document with that stands nowhere in it."""
    text = "\n".join(lines)
    word, number = "END_OF_FILE", 1
    while word in text:
        number += 1
        word = f"END_OF_FILE_{number}"
    return word
