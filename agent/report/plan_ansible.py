"""A plan of fixes as an Ansible playbook that can be run again and again, on this host and others.

Only modules of ansible.builtin are used, and it can be run with ``--check --diff``. Where a format
allows it, single settings are set and all else in a file stays as each host has it; where it does
not, a whole file is written, and only over the one that the plan was made for.

The YAML is written here, every text in the quotes of JSON, which are YAML's too (YAML 1.2.2, 7.3.1).
What stems from a host is never a template to Ansible: it is tagged ``!unsafe`` where it could be
taken for one (Ansible documentation, Advanced playbook syntax).
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from agent.report.plan_script import argv, engine_unit, head, holds_secrets, instead, is_plain
from agent.report.yaml_text import Plain, emit, plain
from agent.version import __version__
from fixes.editing import edited
from fixes.model import (
    CHANGES,
    DAEMON_JSON,
    JSON,
    JSON_REPAIR,
    LIMITS,
    NAMES,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    SYSCTL,
    UNIT,
    Command,
    EditFile,
    EmptyFile,
    EngineCall,
    SetSysctl,
)
from fixes.ownership import OURS
from fixes.plan import readable
from fixes.validation import CREATES_USERS
from fixes.words import setting_words
from probes.host.redaction import PLACEHOLDER, redact_text
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fixes.model import Change, Effect
    from fixes.plan import Plan, PlannedFile

    Task = dict[str, Any]

RESTART = "hullcheck_restart | default(false) | bool"
DESTRUCTIVE = "hullcheck_allow_destructive | default(false) | bool"
"""What has to be said with -e before something restarts, or is deleted."""


def render(plan: Plan) -> str:
    """The playbook; ends with a newline."""
    lines = [f"# {line}".rstrip() for line in _introduction(plan)]
    playbook = _Playbook(plan)
    play: Task = {
        "name": "What hullcheck has planned",
        "hosts": "all",
        "become": True,
        "gather_facts": False,
        "tasks": playbook.tasks(),
    }
    handlers = playbook.handlers()
    if handlers:
        play["handlers"] = handlers
    return "\n".join([*lines, "---", *emit([play])]) + "\n"


def _introduction(plan: Plan) -> list[str]:
    lines = [f"Written by hullcheck {__version__}.", ""]
    if not plan.changes:
        return [*lines, "There is nothing to change.", *head(plan)]
    lines += [
        "Look at what it would do, then let it:",
        "  ansible-playbook -i INVENTORY FILE --check --diff",
        "  ansible-playbook -i INVENTORY FILE",
    ]
    if plan.interrupts:
        lines += ["It restarts something only with -e hullcheck_restart=true."]
    if any(isinstance(change, (EngineCall, EmptyFile)) for _, change in plan.actions):
        lines += ["It deletes something only with -e hullcheck_allow_destructive=true."]
    return lines + head(plan)


class _Playbook:
    """The tasks and handlers of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.taken = [planned for planned in plan.fixes if planned.outcome == CHANGES]
        paths = [file.path for file in plan.files]
        self.engine = engine_unit(plan)
        # A user's own engine and its units: the user's systemd is asked, and root has no part.
        self.user = any(
            "/.config/docker/" in path or "/.config/systemd/user/" in path for path in paths
        )

    def tasks(self) -> list[Task]:
        files = [_File(file, self._changes_of(file)) for file in self.plan.files]
        tasks = self._refusals(files)
        if any(file.is_merged and file.planned.format == DAEMON_JSON for file in files):
            tasks.append(_ASK_DOCKERD)
        for file in files:
            if not file.refused:
                notify = self._notified(file.planned.fixes, file.planned)
                tasks += [_with(task, notify) for task in file.tasks()]
        for fix, change in self.plan.actions:
            if not _secret_action(change):
                notify = self._notified((fix,))
                tasks += [_with(task, notify) for task in _action(change)]
        return tasks

    def _changes_of(self, file: PlannedFile) -> list[EditFile]:
        return [
            change
            for planned in self.taken
            for change in planned.proposal.changes
            if isinstance(change, EditFile) and change.path in {file.path, file.target}
        ]

    def _refusals(self, files: Iterable[_File]) -> list[Task]:
        """What ends the play before anything is changed."""
        reasons = [(file.refused, file.planned.fixes) for file in files if file.refused]
        reasons += [
            (f"`{redact_text(' '.join(argv(change)))}` holds a secret", (fix,))
            for fix, change in self.plan.actions
            if _secret_action(change)
        ]
        return [
            {
                "name": "Refuse what must not stand in a playbook",
                "ansible.builtin.fail": {
                    "msg": Plain(f"{reason}. Run {instead(self.plan, fixes, '--ansible')}")
                },
            }
            for reason, fixes in reasons
        ]

    def _notified(self, fixes: Iterable[str], file: PlannedFile | None = None) -> list[str]:
        """The handlers for what these fixes, or the engine's file, need to count."""
        wanted = {
            effect
            for planned in self.taken
            if planned.fix.id in fixes
            for effect in planned.proposal.effects
        }
        engine = file is not None and file.format in {DAEMON_JSON, JSON_REPAIR}
        return [
            name
            for effect in self.plan.effects
            if (name := _handler_name(effect))
            and (effect in wanted or (engine and effect.kind in {RELOAD_ENGINE, RESTART_ENGINE}))
        ]

    def handlers(self) -> list[Task]:
        """In the order in which they have to run, which is that in which Ansible runs them."""
        return [
            task
            for effect in self.plan.effects
            if (name := _handler_name(effect))
            for task in self._handler(effect, name)
        ]

    def _handler(self, effect: Effect, name: str) -> list[Task]:
        own: Task = {"become": False} if self.user else {}
        scope = {"scope": "user"} if self.user else {}
        systemctl = ["systemctl", *(["--user"] if self.user else [])]
        if effect.kind == RELOAD_UNITS:
            module = {"daemon_reload": True, **scope}
            return [{"name": Plain(name), "ansible.builtin.systemd_service": module, **own}]
        if effect.kind == RELOAD_ENGINE:
            # state: reloaded would start an engine that does not run.
            look = ("show", "--property", "ActiveState", "--property", "CanReload")
            return [
                {
                    "name": "See whether the engine runs",
                    "ansible.builtin.command": {"argv": [*systemctl, *look, self.engine]},
                    "register": "hullcheck_engine",
                    "changed_when": False,
                    "failed_when": False,
                    "check_mode": False,
                    "listen": name,
                    **own,
                },
                {
                    "name": "Have the engine read its configuration again",
                    "ansible.builtin.command": {"argv": [*systemctl, "reload", self.engine]},
                    "when": [
                        "'ActiveState=active' in hullcheck_engine.stdout | default('')",
                        "'CanReload=yes' in hullcheck_engine.stdout",
                    ],
                    "listen": name,
                    **own,
                },
            ]
        unit = effect.subject if effect.kind == RESTART_UNIT else self.engine
        by_hand = f"still needed: {' '.join(systemctl)} restart {unit}"
        return [
            {
                "name": Plain(f"Restart {unit}"),
                "ansible.builtin.systemd_service": {
                    "name": Plain(unit),
                    "state": "restarted",
                    **scope,
                },
                "when": RESTART,
                "listen": Plain(name),
                **own,
            },
            {
                "name": Plain(f"Say that {unit} is to be restarted"),
                "ansible.builtin.debug": {"msg": Plain(by_hand)},
                "when": f"not ({RESTART})",
                "listen": Plain(name),
            },
        ]


def _handler_name(effect: Effect) -> str:
    """By which name a handler is notified; empty for what is a person's to do."""
    return {
        RELOAD_UNITS: "reload the units",
        RELOAD_ENGINE: "reload the engine",
        RESTART_UNIT: f"restart {effect.subject}",
        RESTART_ENGINE: "restart the engine",
    }.get(effect.kind, "")


def _with(task: Task, notify: Sequence[str]) -> Task:
    """The task, with what it notifies where it can change something."""
    passive = "register" in task or "ansible.builtin.assert" in task
    if not notify or passive or task.get("changed_when") is False:
        return task
    return {**task, "notify": [Plain(name) for name in notify]}


def _secret_action(change: Change) -> bool:
    words = " ".join(argv(change))
    return redact_text(words) != words or not is_plain(words)


# -- files ---------------------------------------------------------------------------------------

_ASK_DOCKERD: Task = {
    "name": "Ask dockerd whether it can validate its configuration (from 23.0 on)",
    "ansible.builtin.command": {"argv": ["dockerd", "--help"]},
    "register": "hullcheck_dockerd",
    "changed_when": False,
    "failed_when": False,
    "check_mode": False,
}

_VALIDATE = (
    "{{ 'dockerd --validate --config-file %s' "
    "if '--validate' in (hullcheck_dockerd.stdout | default('')) "
    f"and '{CREATES_USERS}' not in hullcheck_after else omit }}}}"
)
"""With userns-remap, dockerd --validate would make users (see :mod:`fixes.validation`)."""

_READ = (
    "{{ ((hullcheck_old.content | default('') | b64decode | regex_replace('^\\ufeff', '') | trim)"
    " or '{}') | from_json | default({}, true) }}"
)
"""The JSON that is there; no file, an empty one and null are an empty object, as to Go."""


_DIFFERS = "hullcheck_after | to_json(sort_keys=True) != hullcheck_before | to_json(sort_keys=True)"
"""As texts: true and 1 are equal to Jinja."""


class _Line(NamedTuple):
    """One lineinfile: of the lines that match, the last one becomes this line."""

    about: str
    """The setting, in words."""
    regexp: str
    line: str | None
    """None: all that match go."""
    after: str = ""
    """A pattern of the line that it comes below, where none matches; else it goes to the end."""


class _File:
    """One file of the plan, and how a playbook changes it."""

    def __init__(self, planned: PlannedFile, changes: Sequence[EditFile]) -> None:
        self.planned = planned
        self._changes = changes
        self._merge = _merge(planned, changes)
        self._lines = None if self._merge else _as_lines(planned, changes)
        self.refused = self._refusal()
        """Why it cannot stand in a playbook; empty where it can."""

    @property
    def is_merged(self) -> bool:
        """Whether single keys of a JSON file are set."""
        return self._merge is not None

    def _refusal(self) -> str:
        file = self.planned
        if not file.path.startswith("/"):
            return f"{file.path} is a file of Windows, for which ansible.builtin has no modules"
        if not is_plain(file.path):
            return f"the name {file.path} cannot be written into a playbook"
        if self._merge or self._lines:
            words = "\n".join(word for change in self._changes for word in setting_words(change))
            secret = redact_text(words) != words or PLACEHOLDER in words
        else:
            secret = holds_secrets(file.before, file.after)
        if secret:
            return f"{file.path} gets, or holds, a secret, which must not stand in a playbook"
        if not self._merge and file.after is not None and not _is_text(file.after.data):
            return f"{file.path} is no text in UTF-8"
        return ""

    def tasks(self) -> list[Task]:
        if self._merge is not None:
            tasks = self._merged(*self._merge)
        elif self._lines:
            tasks = self._edited(self._lines)
        else:
            tasks = self._replaced()
        if holds_secrets(self.planned.before):
            # The file is read and written by these tasks, and -v and --diff would show it.
            return [{**task, "no_log": True} for task in tasks]
        return tasks

    def _folder(self) -> list[Task]:
        """The folder of a file that is made new. In check mode it is not there afterwards."""
        file = self.planned
        if file.before is not None:
            return []
        folder = posixpath.dirname(file.path)
        module: Task = {"path": Plain(folder), "state": "directory", **self._owner()}
        return [
            {
                "name": Plain(f"Have the folder {folder}"),
                "ansible.builtin.file": module,
                "register": "hullcheck_folder",
            }
        ]

    def _owner(self) -> Task:
        """Whose a new file is, where it is not root's; one that is there keeps its owner."""
        after = self.planned.after
        if self.planned.before is not None or after is None or not after.uid:
            return {}
        return {"owner": str(after.uid), "group": str(after.gid)}

    def _when_folder(self) -> list[str]:
        missing = "not (ansible_check_mode and hullcheck_folder is changed)"
        return [missing] if self.planned.before is None else []

    def _mode(self) -> str:
        return f"{self.planned.after.mode:04o}" if self.planned.after else ""

    def _merged(self, gone: Sequence[tuple[str, ...]], settings: Task) -> list[Task]:
        file = self.planned
        path = Plain(file.path)
        kept = "hullcheck_before"
        steps: Task = {}
        for number, pointer in enumerate(gone):
            rest = _without(kept, f"hullcheck_gone[{number}]", len(pointer))
            kept = f"hullcheck_kept_{number}"
            steps[kept] = f"{{{{ {rest} }}}}"
        copy: Task = {
            "dest": path,
            "content": "{{ hullcheck_after | to_nice_json(indent=2, sort_keys=False) }}\n",
            "follow": True,
            "mode": f"{{{{ hullcheck_stat.stat.mode | default('{self._mode()}') }}}}",
            **self._owner(),
        }
        if file.format == DAEMON_JSON:
            copy["validate"] = _VALIDATE
        words = "; ".join(word for change in self._changes for word in setting_words(change))
        return [
            *self._folder(),
            _look(path),
            {
                "name": Plain(f"Read {file.path}"),
                "ansible.builtin.slurp": {"src": path},
                "register": "hullcheck_old",
                "when": "hullcheck_stat.stat.exists",
            },
            {
                "name": Plain(f"Set in {file.path}: {words}"),
                "ansible.builtin.copy": copy,
                "vars": {
                    "hullcheck_gone": [[Plain(key) for key in pointer] for pointer in gone],
                    "hullcheck_settings": plain(settings),
                    "hullcheck_before": _READ,
                    **steps,
                    "hullcheck_after": (
                        f"{{{{ {kept} | combine(hullcheck_settings, recursive=True) }}}}"
                    ),
                },
                "when": [_DIFFERS, *self._when_folder()],
            },
        ]

    def _edited(self, lines: Sequence[_Line]) -> list[Task]:
        file = self.planned
        tasks = self._folder()
        if file.before is None:
            tasks.append(self._whole(force=False))
        for line in lines:
            module: Task = {"path": Plain(file.path), "regexp": Plain(line.regexp)}
            if line.line is None:
                module["state"] = "absent"
            else:
                module |= {"line": Plain(line.line), "create": True}
                if line.after:
                    module["insertafter"] = Plain(line.after)
            task: Task = {
                "name": Plain(f"Set in {file.path}: {line.about}"),
                "ansible.builtin.lineinfile": module,
            }
            if self._when_folder():
                task["when"] = self._when_folder()
            tasks.append(task)
        return tasks

    def _whole(self, *, force: bool) -> Task:
        """The task that writes the file whole; without force, only where there is none."""
        file = self.planned
        after = file.after
        copy: Task = {
            "dest": Plain(file.path),
            "content": Plain("" if after is None else after.data.decode()),
            "follow": True,
            "force": force,
            **self._owner(),
        }
        if file.before is None:
            copy["mode"] = self._mode()
        task: Task = {"name": Plain(f"Write {file.path}"), "ansible.builtin.copy": copy}
        if self._when_folder():
            task["when"] = self._when_folder()
        return task

    def _replaced(self) -> list[Task]:
        """Write or remove the whole file, if it is the one that the plan was made for."""
        file = self.planned
        path = Plain(file.path)
        link = file.before.link if file.before is not None else ""
        states = (file.before, file.after)
        known = [link or _sha256(state.data) for state in states if state is not None]
        fact = "lnk_target" if link else "checksum"
        that = f"hullcheck_stat.stat.{fact} | default('') in hullcheck_known"
        if None in states:
            that = f"not hullcheck_stat.stat.exists or {that}"
        tasks = [
            _look(path, follow=not link),
            {
                "name": Plain(f"See that {file.path} is what the plan was made for"),
                "ansible.builtin.assert": {
                    "that": [that],
                    "fail_msg": Plain(f"{file.path} is another file here: it is left as it is"),
                    "quiet": True,
                },
                "vars": {"hullcheck_known": [Plain(item) for item in known]},
            },
        ]
        if file.after is None:
            module = {"path": path, "state": "absent"}
            return [*tasks, {"name": Plain(f"Remove {file.path}"), "ansible.builtin.file": module}]
        return [*tasks, *self._folder(), self._whole(force=True)]


def _look(path: Plain, *, follow: bool = True) -> Task:
    return {
        "name": Plain(f"Look at {path}"),
        "ansible.builtin.stat": {
            "path": path,
            "follow": follow,
            "checksum_algorithm": "sha256",
        },
        "register": "hullcheck_stat",
    }


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# -- files: keys of JSON -------------------------------------------------------------------------


def _merge(
    file: PlannedFile, changes: Sequence[EditFile]
) -> tuple[list[tuple[str, ...]], Task] | None:
    """Which keys go and which are set, as nested objects; None where that gives another file."""
    from probes.formats.json_edit import REMOVED

    if (
        file.after is None
        or not changes
        or any(change.format not in {DAEMON_JSON, JSON} for change in changes)
    ):
        return None
    wanted: dict[tuple[str, ...], Any] = {}
    for change in changes:
        for pointer, value in change.settings.items():
            inside = [other for other in wanted if other[: len(pointer)] == pointer]
            for other in inside:
                del wanted[other]
            wanted[tuple(pointer)] = value
    # An object takes the place of the one that is there: it is no more keys for it.
    gone = [p for p, value in wanted.items() if value is REMOVED or isinstance(value, dict)]
    settings: Task = {}
    for pointer in sorted(wanted, key=len):
        if wanted[pointer] is not REMOVED:
            inner = settings
            for key in pointer[:-1]:
                inner = inner.setdefault(key, {})
            value = wanted[pointer]
            inner[pointer[-1]] = dict(value) if isinstance(value, dict) else value
    before, after = (
        {} if state is None else _loaded(state.data) for state in (file.before, file.after)
    )
    if not isinstance(before, dict):
        return None
    for pointer in gone:
        _remove(before, pointer)
    _combine(before, settings)
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    return (gone, settings) if same else None


def _loaded(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What Ansible's from_json makes of the file, or None for what it cannot read."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        return (json.loads(text) if text.strip() else {}) or {}
    except ValueError:
        return None


def _remove(tree: Task, pointer: tuple[str, ...]) -> None:
    inner: Any = tree
    for key in pointer[:-1]:
        inner = inner.get(key)
        if not isinstance(inner, dict):
            return
    inner.pop(pointer[-1], None)


def _combine(tree: Task, more: Task) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _combine(tree[key], value)
        else:
            tree[key] = value


def _without(name: str, pointer: str, length: int, depth: int = 0) -> str:
    """A Jinja expression: the object of that name without what the pointer leads to."""
    key = f"{pointer}[{depth}]"
    if depth == length - 1:
        return f"({name} | dict2items | rejectattr('key', 'equalto', {key}) | items2dict)"
    inner = f"{name}[{key}]"
    rest = _without(inner, pointer, length, depth + 1)
    return (
        f"(({name} | combine({{{key}: {rest}}})) "
        f"if {name}[{key}] | default('') is mapping else {name})"
    )


# -- files: lines --------------------------------------------------------------------------------


def _as_lines(file: PlannedFile, changes: Sequence[EditFile]) -> list[_Line]:
    """The lines that are set, as lineinfile sets them; empty where that gives another file.

    Of the files with sections only our own are edited like that: lineinfile knows no sections.
    """
    after = file.after
    if after is None or not _is_text(after.data):
        return []
    own = OURS in posixpath.basename(file.path)
    lines: list[_Line] = []
    for change in changes:
        if change.format not in {SYSCTL, LIMITS, NAMES} and not (own and change.format == UNIT):
            return []
        for key, value in change.settings.items():
            lines += _lines_for(change.format, key, value, readable(after.data).splitlines())
    text = readable(after.data if file.before is None else file.before.data)
    for line in lines:
        text = _lineinfile(text, line)
    same = text.removesuffix("\n") == readable(after.data).removesuffix("\n")
    return lines if same and _replayed(file, changes) else []


def _replayed(file: PlannedFile, changes: Sequence[EditFile]) -> bool:
    """Whether these changes are all that the plan does to the file."""
    data = None if file.before is None else file.before.data
    for change in changes:
        data = edited(data, change)
    return file.after is not None and data == file.after.data


def _lines_for(
    format: str,  # noqa: A002 - as the editors have it
    key: Any,  # noqa: ANN401 - as the editors have it
    value: Any,  # noqa: ANN401
    after: Sequence[str],
) -> Iterator[_Line]:
    """What sets one setting: the line that the file will have for it, found by its pattern."""
    below = ""
    if format == SYSCTL:
        from probes.formats.sysctl_files import normal_key

        path = normal_key(key)
        dotted = path.translate(str.maketrans("./", "/."))
        regexp = rf"^[ \t]*-?[ \t]*(?:{re.escape(dotted)}|{re.escape(path)})[ \t]*="
        about = f"{key}={value}" if value is not None else f"no {key}"
    elif format == LIMITS:
        domain, kind, item = map(re.escape, key)
        regexp = rf"^[ \t]*{domain}[ \t]+(?i:{kind})[ \t]+(?i:{item})[ \t]"
        about = " ".join((*key, value)) if value is not None else f"no {' '.join(key)}"
    elif format == NAMES:
        name = "[-_]".join(map(re.escape, re.split("[-_]", key)))
        regexp = rf"^[ \t]*{name}[ \t]*$"
        about = str(key) if value else f"no {key}"
        value = value or None
    else:
        section, name = key
        if value is not None and len(value) != 1:
            return  # a list that is reset and filled anew has several lines
        header = rf"^\[{re.escape(section)}\][ \t]*$"
        regexp = rf"^{re.escape(name)}[ \t]*="
        about = f"[{section}] {name}={value[0]}" if value else f"no [{section}] {name}"
        if value is not None:
            yield _Line(f"[{section}]", header, f"[{section}]")
            below = header
    line = next((text for text in reversed(after) if re.search(regexp, text)), None)
    yield _Line(about, regexp, line if value is not None else None, below)


def _lineinfile(text: str, line: _Line) -> str:
    """What ansible.builtin.lineinfile makes of a file (its ``present`` and ``absent``)."""
    lines = text.splitlines(keepends=True)
    found = [n for n, old in enumerate(lines) if re.search(line.regexp, old)]
    if line.line is None:
        return "".join(old for n, old in enumerate(lines) if n not in found)
    new = line.line + "\n"
    same = [n for n, old in enumerate(lines) if old.rstrip("\r\n") == line.line]
    below = [n for n, old in enumerate(lines) if line.after and re.search(line.after, old)]
    if found or same:
        lines[(found or same)[-1]] = new
    elif below:
        lines.insert(below[-1] + 1, new)
    else:
        if lines and not lines[-1].endswith("\n"):
            lines.append("\n")
        lines.append(new)
    return "".join(lines)


# -- actions -------------------------------------------------------------------------------------


def _action(change: Change) -> list[Task]:
    if isinstance(change, SetSysctl):
        return _set_kernel(change)
    if isinstance(change, Command):
        return _command(change)
    if isinstance(change, EmptyFile):
        return _emptied(change)
    return _removed(change)


def _set_kernel(change: SetSysctl) -> list[Task]:
    key, value = change.key, " ".join(change.value.split())
    return [
        {
            "name": Plain(f"Look at {key}"),
            "ansible.builtin.command": {"argv": ["sysctl", "-n", Plain(key)]},
            "register": "hullcheck_now",
            "changed_when": False,
            "failed_when": False,
            "check_mode": False,
        },
        {
            "name": Plain(f"Set {key}={value} now"),
            "ansible.builtin.command": {"argv": ["sysctl", "-w", Plain(f"{key}={value}")]},
            "vars": {"hullcheck_value": Plain(value)},
            "when": "(hullcheck_now.stdout | default('')).split() != hullcheck_value.split()",
        },
    ]


def _command(change: Command) -> list[Task]:
    """A command as the module that does the same once only, where there is one."""
    words = change.argv
    name = Plain(" ".join(words))
    if words[:2] == ("usermod", "-aG") or (words[0] == "addgroup" and len(words) == 3):  # noqa: PLR2004
        group, user = words[2:] if words[0] == "usermod" else (words[2], words[1])
        return _in_group(name, group, user)
    if words[0] == "systemctl":
        task = _systemctl(words)
        if task:
            return [{"name": name, **task}]
    if words[0] == "chmod" and words[1].isdigit():
        modules: list[Task] = [
            {"path": Plain(path), "mode": words[1].zfill(4)} for path in words[2:]
        ]
        return [{"name": name, "ansible.builtin.file": module} for module in modules]
    if words[:2] == ("chown", "-h"):
        owner, _, group = words[2].partition(":")
        about: Task = {"owner": owner, "group": group, "follow": False}
        modules = [{"path": Plain(path), **about} for path in words[3:]]
        return [{"name": name, "ansible.builtin.file": module} for module in modules]
    module: Task = {"argv": [Plain(word) for word in words]}
    if words[0] == "modprobe" and len(words) == 2:  # noqa: PLR2004 - the program and its module
        module["creates"] = Plain(f"/sys/module/{words[1].replace('-', '_')}")
    return [{"name": name, "ansible.builtin.command": module}]


def _in_group(name: Plain, group: str, user: str) -> list[Task]:
    """Only where there is such a user: the module would make one."""
    found = "hullcheck_user.ansible_facts.getent_passwd[hullcheck_name]"
    return [
        {
            "name": Plain(f"Look for the user {user}"),
            "ansible.builtin.getent": {
                "database": "passwd",
                "key": Plain(user),
                "fail_key": False,
            },
            "register": "hullcheck_user",
        },
        {
            "name": name,
            "ansible.builtin.user": {
                "name": Plain(user),
                "groups": [Plain(group)],
                "append": True,
            },
            "vars": {"hullcheck_name": Plain(user)},
            "when": f"({found} | default([], true)) | length > 0",
        },
    ]


def _systemctl(words: Sequence[str]) -> Task:
    """A systemctl command as a task, without its name; empty for one that has no module."""
    user = "--user" in words
    verb, *units = [word for word in words[1:] if not word.startswith("-")]
    own: Task = {"become": False} if user else {}
    scope: Task = {"scope": "user"} if user else {}
    modules: dict[str, Task] = {
        "daemon-reload": {"daemon_reload": True},
        "enable": {"enabled": True},
        "disable": {"enabled": False},
        "start": {"state": "started"},
        "stop": {"state": "stopped"},
    }
    wanted = modules.get(verb)
    if verb == "reset-failed":
        module: Task = {"argv": [Plain(word) for word in words]}
        return {"ansible.builtin.command": module, "changed_when": False, **own}
    options = [word for word in words[1:] if word.startswith("-") and word != "--user"]
    if wanted is None or options or len(units) != (verb != "daemon-reload"):
        return {}
    named: Task = {"name": Plain(units[0])} if units else {}
    return {"ansible.builtin.systemd_service": {**named, **wanted, **scope}, **own}


def _removed(change: Any) -> list[Task]:  # noqa: ANN401 - what is left of the kinds of Change
    """Something of the engine's goes; what is in use, the engine itself refuses to remove."""
    name = Plain(f"DELETES: {' '.join(change.command)}")
    task: Task = {"argv": [Plain(word) for word in change.command]}
    kind = change.action.removeprefix("remove-")
    if not change.subject:
        said = "hullcheck_pruned.stdout | default('')"
        return [
            {
                "name": name,
                "ansible.builtin.command": task,
                "register": "hullcheck_pruned",
                "changed_when": f"{said} is not search('Total.*:\\s*0B')",
                "when": DESTRUCTIVE,
            }
        ]
    look = ["docker", "inspect", "--type", kind, Plain(change.subject)]
    return [
        {
            "name": Plain(f"Look for the {kind} {change.subject}"),
            "ansible.builtin.command": {"argv": look},
            "register": "hullcheck_object",
            "changed_when": False,
            "failed_when": False,
            "check_mode": False,
        },
        {
            "name": name,
            "ansible.builtin.command": task,
            "when": [DESTRUCTIVE, "hullcheck_object.rc == 0"],
        },
    ]


def _emptied(change: EmptyFile) -> list[Task]:
    path = Plain(change.path)
    return [
        _look(path, follow=False),
        {
            "name": Plain(f"DELETES the lines in {change.path}"),
            "ansible.builtin.command": {"argv": ["truncate", "-s", "0", "--", path]},
            "when": [
                DESTRUCTIVE,
                "hullcheck_stat.stat.isreg | default(false)",
                "hullcheck_stat.stat.size | default(0) > 0",
            ],
        },
    ]


# -- YAML ----------------------------------------------------------------------------------------
