"""The daemon's configuration file itself: broken JSON, keys the engine refuses, flags that clash.

Also what other remedies ask before they set a key in it: :func:`obstacle`, :func:`edit`,
:func:`unset`.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from fixes.model import (
    DAEMON_JSON,
    JSON_REPAIR,
    RELOAD_UNITS,
    RESTART_ENGINE,
    UNIT,
    EditFile,
    Effect,
    Family,
    by_hand,
    nothing,
    propose,
)
from probes import configuration, daemon_config, engine, systemd_unit
from probes.formats.daemon_json import judge, keys
from probes.formats.json_document import decode
from probes.host.redaction import PLACEHOLDER
from probes.model import Missing, have, known
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fixes.model import Change, Proposal, Request
    from probes.formats.daemon_json import Problem
    from probes.formats.json_document import Document, Node
    from probes.formats.systemd_show import Directive
    from probes.host import Host

FAMILY = Family()

Pointer = tuple[str, ...]

NAMED = 12
"""Repairs, images and the like that are listed one by one."""


# -- for every remedy that sets a key of daemon.json ---------------------------------------------


def edit(host: Host, settings: Mapping[Pointer, Any]) -> EditFile:
    """These keys of the file that this host's daemon reads get these values.

    Raises: Unreadable; inapplicable where the daemon is elsewhere or reads no such file.
    """
    return EditFile(configuration.file_path(host), DAEMON_JSON, settings)


def obstacle(host: Host, *names: str) -> str:
    """Why these top-level keys cannot be set in the daemon's file; empty where they can.

    Raises: Unreadable; inapplicable where the daemon is elsewhere or reads no such file, Garbled
    where the file is not JSON.
    """
    path = configuration.file_path(host)
    document = configuration.document(host)
    if document and document.root and document.root.kind not in {"object", "null"}:
        return f"{path} holds no object in braces"
    told = [keys.BY_NAME[name] for name in names]
    text = configuration.engine_version(host)
    if not text and any(key.since or key.removed for key in told):
        text = engine.version_here(host)  # raises: which keys it has is not known
    version = keys.engine_version(text)
    for key in told:
        if not key.exists_in(version):
            return f"{key.name} exists in engines {key.known_in}, and this one is {text}"
    given = configuration.flag_settings(daemon_config.command_line(host))
    for name in names:
        if name in given:
            return (
                f"{given[name][1]} is on dockerd's command line{_unit_clause(host, name)}, and "
                f"with {name} in {path} as well the engine does not start"
            )
    return ""


def _unit_clause(host: Host, name: str) -> str:
    place = have(known(lambda: configuration.unit_places(host)), {}).get(name)
    return f" ({place.path} line {place.line})" if place else ""


def unset(host: Host, settings: Mapping[Pointer, Any]) -> dict[Pointer, Any]:
    """Those of the settings that the file does not have already.

    Raises: Unreadable; Garbled where the file is not JSON.
    """
    document = configuration.document(host)
    root = document.root if document else None
    return {pointer: value for pointer, value in settings.items() if _at(root, pointer) != value}


def _at(node: Node | None, pointer: Pointer) -> Any:  # noqa: ANN401 - any JSON
    """The value that counts at a pointer; REMOVED where there is none."""
    from probes.formats.daemon_json.settings import last_members, plain
    from probes.formats.json_edit import REMOVED

    for key in pointer:
        member = last_members(node.value).get(key) if node and node.kind == "object" else None
        if member is None:
            return REMOVED
        node = member.value
    return REMOVED if node is None else plain(node)


def _places(document: Document) -> dict[tuple[int, int], Pointer]:
    """Line and column of each key and value outside of lists -> its pointer."""
    found: dict[tuple[int, int], Pointer] = {}
    waiting: list[tuple[Pointer, Node | None]] = [((), document.root)]
    while waiting:
        pointer, node = waiting.pop()
        if node is None or node.kind != "object":
            continue
        for member in node.value:
            inner = (*pointer, member.key)
            found[document.position(member.key_start)] = inner
            found[document.position(member.value.start)] = inner
            waiting.append((inner, member.value))
    return found


class _File(NamedTuple):
    """The daemon's file, read and judged."""

    path: str
    data: bytes
    """Redacted: good to look at, never to write."""
    document: Document
    version: str
    problems: tuple[Problem, ...]
    """Those that the remedy is about."""
    places: dict[tuple[int, int], Pointer]

    def pointer(self, problem: Problem) -> Pointer | None:
        """Which key a problem is about; None within a list."""
        return self.places.get((problem.line, problem.column))

    def at(self, pointer: Pointer) -> Any:  # noqa: ANN401 - any JSON
        return _at(self.document.root, pointer)

    def place(self, problem: Problem) -> str:
        return f"{problem.key or 'a value'} (line {problem.line})"


def _judged(host: Host, codes: Iterable[str]) -> _File | Proposal:
    """The file with its problems of these codes, or why there is nothing to do.

    Raises: Unreadable; Garbled where the file is not JSON, and where no version is known to judge
    it for.
    """
    path = configuration.file_path(host)
    document = configuration.document(host)
    if document is None:
        return nothing(f"there is no {path}: every setting is at its default or a flag")
    version = engine.version_here(host)
    config = daemon_config.TOPIC.look(host)
    problems = have(config.problems, ())
    wanted = tuple(p for p in problems if p.code in set(codes))
    return _File(path, host.read_bytes(path), document, version, wanted, _places(document))


def _moves_data(pointer: Pointer) -> bool:
    """Whether another value leaves behind what the engine has stored: never done unasked."""
    if pointer == ("features", "containerd-snapshotter"):
        return True
    key = keys.BY_NAME.get(pointer[0]) if len(pointer) == 1 else None
    return key is not None and key.reload == "R+data"


def _is_readable(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a value is there as it is in the file: no secret was taken out of it."""
    return PLACEHOLDER not in json.dumps(value)


# -- broken JSON ---------------------------------------------------------------------------------


@FAMILY.fix("daemon-json-repair", "Repair the JSON of daemon.json", on_request=True)
def repair(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """A daemon.json with comments, trailing commas and their like becomes the JSON it was meant to be.

    Only what has one meaning is repaired. A file that was cut short, or has the two halves of a
    merge in it, is left to a person, and so is one in another encoding than UTF-8 or UTF-16.

    ## What it changes
    The daemon's configuration file: comments go, commas before a closing bracket go, commas that
    lack between members on lines of their own are added, single and curly quotes become straight
    ones. Keys, values, order and indentation stay.

    ## Where the values come from
    The file itself; no value is changed.

    ## What it costs
    Comments are lost, for JSON has none. The daemon takes nothing from a broken file, so all that
    stands in it takes effect at the next start, also what was written months ago.

    ## How it is verified
    The result is decoded as the engine's own decoder does it, and the whole is judged as
    `hullcheck lint` does: where the engine would still refuse it, nothing is written.

    ## How it is undone
    The file's bytes of before are put back.
    """
    from probes.formats.json_edit import repair_json

    path = configuration.file_path(host)
    config = daemon_config.TOPIC.look(host)
    if config.present is False:
        return nothing(f"there is no {path}, and none is needed")
    data = host.read_bytes(path)
    broken = [p for p in have(config.problems, ()) if p.code in _broken_codes()]
    if not broken:
        return nothing(f"{path} is valid JSON already")
    (problem,) = broken
    at = f"{path} line {problem.line}, column {problem.column}: {problem.message}"
    if problem.code == "daemon-json-encoding":
        return by_hand(
            "which encoding the file was saved in is for a person to tell",
            at,
            f"sudo cp {path} {path}.before && sudo sh -c 'iconv -f latin1 -t utf-8 {path}.before > "
            f"{path}'   # or another encoding than latin1",
            f"hullcheck lint {path}",
        )
    try:
        done = repair_json(data)
    except ValueError:
        return by_hand(
            "what was meant here cannot be told with certainty", at, f"hullcheck lint {path}"
        )
    if not done.changes:
        return by_hand("this engine reads JSON in an older way", at, f"hullcheck lint {path}")
    # Places within a line may be others in the file itself: secrets are taken out of what is read.
    lines = [f"line {change.line}: {change.what}" for change in done.changes]
    left = [
        p
        for p in judge(
            done.data,
            engine=config.version,
            host=daemon_config.host_facts(host),
            path=path,
        )
        if p.level == "error"
    ]
    if left:
        return by_hand(
            "the engine would refuse the file even as valid JSON, and no such file is written",
            *(f"repair {path} {line}" for line in lines[:NAMED]),
            *(f"mend what is left: {p.message}" for p in left[:NAMED]),
            f"hullcheck lint {path}",
        )
    return propose(
        f"{len(lines)} {'places' if len(lines) > 1 else 'place'} of {path} become JSON; keys and "
        "values stay as they are",
        EditFile(path, JSON_REPAIR, {}),
        notes=(
            *lines[:NAMED],
            *((f"and {len(lines) - NAMED} more",) if len(lines) > NAMED else ()),
            "At its next start the daemon takes the whole file, also what was never read so far.",
            *(
                f"{'.'.join(pointer)} is in it: where it is not what the engine has now, images, "
                "containers and volumes of now are out of sight after the restart."
                for pointer in dict.fromkeys(_places(decode(done.data)).values())
                if _moves_data(pointer)
            ),
        ),
    )


def _broken_codes() -> tuple[str, ...]:
    from fixes import FIXES

    return FIXES["daemon-json-repair"].mends


# -- keys ----------------------------------------------------------------------------------------

_SUCCESSORS = {
    "oom-score-adjust": "OOMScoreAdjust= of docker.service does that now, and it comes with -500",
    "api-cors-header": "a reverse proxy can add such headers",
    "disable-legacy-registry": "such registries are not spoken to any more",
    "cluster-store": "it belonged to the classic Swarm",
    "cluster-store-opts": "it belonged to the classic Swarm",
    "cluster-advertise": "it belonged to the classic Swarm",
}
"""What does a removed key's work (docker/cli docs/deprecated.md)."""


@FAMILY.fix("daemon-json-keys", "Take keys out of daemon.json that the engine does not know")
def correct_keys(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Keys that this engine refuses or ignores leave daemon.json, or go where they have an effect.

    A key with the name of a flag (`registry-mirror`) is spelt as the key that was meant, one in the
    wrong place (`max-size` outside of log-opts) moves there. A misspelt key is not guessed at.
    `graph` never becomes data-root by itself: that setting decides where all data is.

    ## What it changes
    The named keys of the daemon's configuration file. The values of keys that move stay.

    ## Where the values come from
    Which keys this engine's version knows, and where, is in hullcheck's table of keys, read from
    the engine's source of every release. A key only moves where the file is then accepted with it.

    ## What it costs
    A key that was ignored takes effect for the first time when it is spelt right. A key that the
    engine refused had no effect before, and has none after it is gone.

    ## How it is verified
    The new file is judged as `hullcheck lint` does, and by `dockerd --validate` with the real
    flags.

    ## How it is undone
    The file's bytes of before are put back.
    """
    from fixes import FIXES

    file = _judged(host, FIXES["daemon-json-keys"].mends)
    if not isinstance(file, _File):
        return file
    if not file.problems:
        return nothing(f"engine {file.version} knows every key of {file.path}")
    settings: dict[Pointer, Any] = {}
    said, left = [], []
    refused = False
    for problem in file.problems:
        change = _key_change(host, file, problem)
        if not change or _meet(settings, change):
            left.append(f"{file.path} line {problem.line}: {_left_of(problem)}")
            refused |= problem.refused_by_engine
        else:
            settings.update(change)
            said.append(_said_of(file, problem, change))
    if not settings or refused:
        then = f"then: hullcheck fix daemon-json-keys   # does the rest, {len(said)} keys"
        return by_hand(
            "what was meant by these keys is not guessed"
            + (", and the engine refuses the file as long as they are in it" if refused else ""),
            *left,
            *([then] if said else []),
        )
    gone = [".".join(pointer) for pointer in settings if file.at(pointer) is not _removed()]
    return propose(
        f"engine {file.version} refuses or ignores {', '.join(gone)} as they stand in {file.path}",
        edit(host, _without_empty(file, settings)),
        notes=tuple(said),
        steps=tuple(left),
    )


def _removed() -> Any:  # noqa: ANN401 - stands for a value
    from probes.formats.json_edit import REMOVED

    return REMOVED


def _key_change(host: Host, file: _File, problem: Problem) -> dict[Pointer, Any]:
    """What becomes of a key: it goes, or moves; empty where a person has to decide."""
    pointer, hint = file.pointer(problem), problem.suggestion
    if pointer is None:
        return {}
    gone = {pointer: _removed()}
    if hint is None:
        # Under proxies something was meant to be a proxy, whatever it is called.
        misspelt = problem.code == "daemon-json-unknown-key" and pointer[0] == "proxies"
        return {} if misspelt else gone
    target = tuple(hint.split(".", 1))
    if pointer[0] == "proxies" and hint in keys.BY_NAME and keys.BY_NAME[hint].parent:
        target = ("proxies", hint)
    if _moves_data(target):
        return {}
    sure = len(target) > 1 or _letters(pointer[-1]) == _letters(hint)
    if problem.code == "daemon-json-unknown-key" and not sure:
        return {}
    if file.at(target) is not _removed():
        # What counts stands in the right place already.
        return {} if problem.refused_by_engine else gone
    value = file.at(pointer)
    if not _is_readable(value):
        return {}
    for candidate in (value, [value]):
        change = {**gone, target: candidate}
        if _accepted(host, file, change):
            return change
    return {}


def _letters(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _accepted(host: Host, file: _File, change: dict[Pointer, Any]) -> bool:
    """Whether the file has no defect with the change that it has not without."""
    from probes.formats.json_edit import edit_json

    facts = daemon_config.host_facts(host)
    found = []
    try:
        after = edit_json(file.data, _without_empty(file, change))
    except ValueError:
        return False
    for data in (file.data, after):
        problems = judge(data, engine=file.version, host=facts, path=file.path)
        found.append({(p.code, p.key) for p in problems})
    return found[1] <= found[0]


def _meet(settings: Iterable[Pointer], change: Iterable[Pointer]) -> bool:
    """Whether two changes are about the same key, or one about what holds the other."""
    return any(one[: len(two)] == two[: len(one)] for one in settings for two in change)


def _without_empty(file: _File, settings: dict[Pointer, Any]) -> dict[Pointer, Any]:
    """The changes, with an object that is no key taken out whole where nothing stays in it."""
    removed = [p for p, value in settings.items() if value is _removed()]
    version = keys.engine_version(file.version)
    found = dict(settings)
    for parent in {pointer[0] for pointer in removed if len(pointer) > 1}:
        inside = [pointer for pointer in removed if pointer[0] == parent]
        known_key = parent == "proxies" or parent in keys.BY_NAME or keys.is_flat(parent, version)
        if not known_key and {p[1] for p in inside} == set(file.at((parent,))):
            found = {p: value for p, value in found.items() if p not in inside}
            found[(parent,)] = _removed()
    return found


def _said_of(file: _File, problem: Problem, change: dict[Pointer, Any]) -> str:
    target = next((p for p, value in change.items() if value is not _removed()), None)
    if target:
        return (
            f"{file.place(problem)} becomes {'.'.join(target)} and takes effect for the first time."
        )
    successor = _SUCCESSORS.get(problem.key or "", "")
    return f"{file.place(problem)} goes: {problem.message}" + (
        f" {successor[0].upper()}{successor[1:]}." if successor else ""
    )


def _left_of(problem: Problem) -> str:
    if problem.suggestion and _moves_data(tuple(problem.suggestion.split(".", 1))):
        return (
            f"{problem.message} {problem.suggestion} decides where or how all data is kept: where "
            "the value is not the one of now, the engine starts without its images, containers and "
            "volumes, and hullcheck never sets it."
        )
    if problem.suggestion:
        return f"{problem.message} If {problem.suggestion} was meant, write that, else take it out."
    return problem.message


# -- types ---------------------------------------------------------------------------------------


@FAMILY.fix("daemon-json-types", "Write values of daemon.json in the type that the engine wants")
def correct_types(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """The same value in its right type: `"true"` becomes true, 3 in log-opts becomes `"3"`.

    Done where it is plain which value was meant: truth values and whole numbers in quotes, numbers
    and truth values where a text belongs, one text where a list of texts belongs.

    ## What it changes
    These values in the daemon's configuration file.

    ## Where the values come from
    The file's own values, and the type of each key in the engine's source.

    ## What it costs
    Nothing is lost. The file is accepted and takes effect at the next start, whole.

    ## How it is verified
    The new file is judged as `hullcheck lint` does, and by `dockerd --validate` with the real
    flags.

    ## How it is undone
    The file's bytes of before are put back.
    """
    from fixes import FIXES

    file = _judged(host, FIXES["daemon-json-types"].mends)
    if not isinstance(file, _File):
        return file
    if not file.problems:
        return nothing(f"every value of {file.path} has the type that its key wants")
    settings: dict[Pointer, Any] = {}
    left = []
    for problem in file.problems:
        pointer = file.pointer(problem)
        hint = problem.suggestion or PLACEHOLDER
        if pointer is None or PLACEHOLDER in hint or _moves_data(pointer):
            left.append(f"{file.path} line {problem.line}: {problem.message}")
        else:
            settings[pointer] = json.loads(hint)
    if left:
        then = f"then: hullcheck fix daemon-json-types   # does the rest, {len(settings)} values"
        return by_hand(
            "what was meant by these values cannot be told, and the engine refuses the file as "
            "long as they are in it",
            *left,
            *([then] if settings else []),
        )
    return propose(
        f"the engine converts nothing and refuses {file.path} because of "
        f"{', '.join(file.place(p) for p in file.problems)}",
        edit(host, settings),
        notes=("The daemon takes the whole file at its next start, not these values alone.",),
    )


# -- the same key in the file and on the command line --------------------------------------------


@FAMILY.fix("daemon-json-flags", "Set each of the daemon's settings in one place only")
def settle_flags(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """A setting that is both in daemon.json and on dockerd's command line is left in one of them.

    Where both say the same, the key leaves the file. hosts that say more than the unit's `-H` stay
    in the file, and the unit starts dockerd without `-H`. Any other difference is for a person.

    ## What it changes
    The key in daemon.json; or for hosts the start command: in a drop-in of the daemon's unit, or in
    the administrator's own file where that is what sets it. The local socket in hosts becomes
    `fd://` where docker.socket listens on it, so that systemd goes on holding it.

    ## Where the values come from
    The running dockerd's command line, or the one its unit will start; the unit's own command, with
    nothing but `-H` and its address taken out.

    ## What it costs
    Without `fd://` among its hosts the daemon makes its sockets itself, and docker.socket no longer
    starts it when a client calls. Addresses in hosts take effect for the first time: a `tcp://`
    address without TLS is root on this host for everybody who reaches it.

    ## How it is verified
    The command without `-H` is read back and must differ in nothing else; then the file and the
    flags are judged together as `hullcheck lint` does.

    ## How it is undone
    The files' bytes of before are put back, a drop-in that was made is removed, and the units are
    read again.
    """
    from fixes import FIXES

    file = _judged(host, FIXES["daemon-json-flags"].mends)
    if not isinstance(file, _File):
        return file
    if not file.problems:
        return nothing(f"no setting of {file.path} is on dockerd's command line as well")
    given = configuration.flag_settings(daemon_config.command_line(host))
    settings: dict[Pointer, Any] = {}
    changes: list[Change] = []
    notes, left = [], []
    for problem in file.problems:
        pointer = file.pointer(problem)
        value, written = given.get(problem.key or "", (None, "the command line"))
        if pointer is None or len(pointer) > 1:
            left.append(f"{file.path} line {problem.line}: {problem.message}")
        elif _says_the_same(host, pointer[0], file.at(pointer), value):
            settings[pointer] = _removed()
            notes.append(f"{file.place(problem)} goes: {written} says the same.")
        elif pointer == ("hosts",) and not isinstance(drop_in := _hosts_drop_in(host), str):
            changes.append(drop_in)
            hosts = _with_socket_unit(host, file.at(pointer), value)
            if hosts != file.at(pointer):
                settings[pointer] = hosts
            notes += _notes_on_hosts(host, file, hosts)
        else:
            where = _unit_clause(host, pointer[0])
            left.append(
                f"{pointer[0]}: {written}{where} says {json.dumps(value)}, {file.path} line "
                f"{problem.line} says {json.dumps(file.at(pointer))}: keep one of them"
                + (f" ({drop_in})" if pointer == ("hosts",) else "")
            )
    if left:
        return by_hand(
            "which of the two counts is for a person to say, and the engine does not start with "
            "both",
            *left,
        )
    return propose(
        f"the engine does not start while {', '.join(file.place(p) for p in file.problems)} is on "
        "its command line as well",
        *([edit(host, settings)] if settings else []),
        *changes,
        effects=(Effect(RELOAD_UNITS), Effect(RESTART_ENGINE)) if changes else (),
        notes=tuple(notes),
    )


def _says_the_same(host: Host, name: str, in_file: Any, flag: Any) -> bool:  # noqa: ANN401 - any JSON
    if not _is_readable([in_file, flag]):
        return False
    if name == "hosts" and isinstance(in_file, list) and isinstance(flag, list):
        served = {address for host_ in flag for address in _served(host, str(host_))}
        return {_spelt(str(host_)) for host_ in in_file} <= served
    return bool(in_file == flag)


def _served(host: Host, address: str) -> set[str]:
    """Where a daemon with this -H can be reached: fd:// is what docker.socket listens on."""
    if address != "fd://":
        return {_spelt(address)}
    units = systemd_unit.TOPIC.look(host)
    told = have(units.directives, {}).get("docker.socket", ())
    listening = [d.value.replace("%t", "/run") for d in told if d.key == "ListenStream" and d.value]
    return {"fd://", *(_spelt(f"unix://{path}") for path in listening if path.startswith("/"))}


def _with_socket_unit(host: Host, hosts: Any, flag: Any) -> Any:  # noqa: ANN401 - any JSON
    """The hosts of the file, with fd:// for the socket that docker.socket listens on.

    A daemon that makes that socket itself takes it from under docker.socket: when it stops, the
    socket's file is gone, and systemd believes that it still listens.
    """
    if not _is_readable([hosts, flag]) or not isinstance(hosts, list) or "fd://" not in flag:
        return hosts
    served = _served(host, "fd://")
    return list(dict.fromkeys("fd://" if _spelt(str(h)) in served else h for h in hosts))


def _spelt(address: str) -> str:
    """An address in one spelling: /var/run is /run, and a bare unix:// is the default socket."""
    address = address.strip()
    if address in {"", "unix://"}:
        address = f"unix://{engine.DEFAULT_SOCKET}"
    return address.replace("unix:///var/run/", "unix:///run/")


_HOST_FLAG = re.compile(r"""\s(?:-H(?:=|\s+)?|--host(?:=|\s+))(?:"[^"]*"|'[^']*'|\S+)""")
"""-H and its address, as pflag takes them, in a unit's command line."""


def _hosts_drop_in(host: Host) -> EditFile | str:
    """The unit's own command without -H, or why it cannot be written."""
    from fixes.remedies.engine_unit import HEADER, own_file

    units = systemd_unit.TOPIC.look(host)
    path = known(lambda: own_file(host, units.unit))
    if isinstance(path, Missing):
        return path.reason
    line = _start_line(have(units.directives, {}).get(units.unit, ()))
    if line is None:
        return f"{units.unit} has no single start command"
    command = _HOST_FLAG.sub("", line.value)
    if PLACEHOLDER in command or not _differ_in_hosts_only(line.value, command):
        return f"{line.path} line {line.line} has no -H that could be taken out"
    folder = posixpath.dirname(posixpath.dirname(path))
    owners = line.path.startswith(f"{folder}/")
    # A drop-in adds to the list of commands, so an empty line has to clear it first.
    drop_in = not owners or posixpath.dirname(line.path).endswith(".d")
    return EditFile(
        line.path if owners else path,
        UNIT,
        {("Service", "ExecStart"): ("", command) if drop_in else (command,)},
        header=HEADER.format(unit=units.unit),
    )


def _start_line(directives: Iterable[Directive]) -> Directive | None:
    from probes.formats.systemd_show import effective

    found = effective(list(directives), "ExecStart")
    return found[0] if len(found) == 1 else None


def _differ_in_hosts_only(before: str, after: str) -> bool:
    import shlex

    try:
        flags = [configuration.flag_settings(tuple(shlex.split(x))) for x in (before, after)]
    except ValueError:
        return False
    return flags[0].pop("hosts", None) is not None and flags[0] == flags[1]


def _notes_on_hosts(host: Host, file: _File, hosts: Any) -> list[str]:  # noqa: ANN401 - any JSON
    listed = [str(x) for x in hosts or []]
    notes = [f"The daemon then listens on {', '.join(listed)}, as {file.path} says."]
    if "fd://" not in listed:
        notes.append(
            "docker.socket no longer starts the daemon when a client calls: the daemon has to be "
            "enabled itself (systemctl enable docker.service)."
        )
    if not any(_spelt(x).startswith(("unix://", "fd://")) for x in listed):
        notes.append(
            f"No local socket is among them: docker on this host no longer reaches the engine at "
            f"{engine.DEFAULT_SOCKET}."
        )
    open_ = [
        p.message
        for p in have(daemon_config.TOPIC.look(host).problems, ())
        if p.code == "daemon-json-tcp-without-tls"
    ]
    return [*notes, *open_]
