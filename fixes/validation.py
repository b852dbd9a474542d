"""The real judges, asked before a file is put in place: our model of the engine, then dockerd.

``dockerd --validate`` is a parser and lets through what a start then refuses (unknown log drivers
and options, a storage driver that does not exist), so our own judge is asked first. Neither
replaces the other.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from fixes import machine
from fixes.model import DAEMON_JSON, JSON_REPAIR, UNIT
from probes import configuration
from probes.formats.daemon_json import judge
from probes.host.questions import Unreadable
from probes.model import have, known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixes.journal import FileChange
    from fixes.plan import PlannedFile
    from probes.host import Host

VALIDATE_SINCE = (23, 0)
"""dockerd --validate exists from here on (moby cmd/dockerd/daemon.go)."""

CREATES_USERS = "userns-remap"
"""With this key or flag, --validate makes the user dockremap and its subordinate ids: it is left
out of the copy that is shown to it (moby daemon/daemon_unix.go, parseRemappedRoot)."""

SECONDS = 20.0

NOT_RUN = (126, 127)
"""env(1): the program could not be run, or is not there."""


def refusal(host: Host, file: PlannedFile, files: tuple[PlannedFile, ...]) -> str:
    """Why the file must not be put in place; empty where nothing speaks against it.

    ``files`` are all of the plan: a unit that is changed along with it starts the daemon with
    other flags.
    """
    if file.format not in {DAEMON_JSON, JSON_REPAIR} or file.after is None:
        return ""
    planned = _planned_command(files)
    return _refused_by_our_judge(host, file, file.after.data, planned) or _refused_by_dockerd(
        host, file.after.data, planned
    )


def _planned_command(files: tuple[PlannedFile, ...]) -> tuple[str, ...]:
    """The daemon's command line by a unit file of the plan; empty where none sets it."""
    from probes.formats.systemd_show import effective, parse_unit_file

    for file in files:
        if file.format == UNIT and file.after is not None:
            text = file.after.data.decode("utf-8", "replace")
            for directive in effective(parse_unit_file(text, file.path), "ExecStart"):
                words = tuple(configuration.unit_words(directive.value))
                if words and words[0].rpartition("/")[2].startswith("dockerd"):
                    return words
    return ()


def _refused_by_our_judge(
    host: Host, file: PlannedFile, data: bytes, planned: tuple[str, ...]
) -> str:
    from probes.daemon_config import host_facts, printed_flags

    version = configuration.engine_version(host)
    facts = host_facts(host)
    if planned:
        facts = facts._replace(flags=printed_flags(planned))
    for problem in judge(data, engine=version, host=facts, path=file.path):
        if problem.level == "error":
            return (
                f"with this change {file.path} would still not be accepted: line {problem.line}: "
                f"{problem.message} See hullcheck lint {file.path}"
            )
    return ""


def _refused_by_dockerd(host: Host, data: bytes, planned: tuple[str, ...]) -> str:
    """What ``dockerd --validate`` says, on a copy that is safe to show it."""
    from probes.formats.daemon_json.keys import engine_version

    if engine_version(configuration.engine_version(host))[:2] < VALIDATE_SINCE:
        return ""
    program, flags = _command(host)
    if planned:
        flags = tuple(_without(planned[1:], {"config-file", CREATES_USERS}))
    # It looks for docker-proxy where the daemon would: on the daemon's own PATH.
    path = have(known(lambda: configuration.daemon_environment(host)), {}).get("PATH")
    around = ("env", f"PATH={path}") if path else ()
    with machine.private_copy(_harmless(data)) as copy:
        try:
            ran = machine.run(
                (*around, program, *flags, "--config-file", copy, "--validate"), SECONDS
            )
        except machine.NoProgram:
            return ""  # no dockerd on this machine's PATH: our own judge has spoken
        if ran.code in {0, *NOT_RUN}:
            return ""
        lines = [line for line in (ran.err + ran.out).splitlines() if line.strip()]
        said = (lines or [f"it exited with {ran.code}"])[-1].replace(copy, "the new file")
    return f"dockerd --validate refuses the new file: {said}"


def _harmless(data: bytes) -> bytes:
    from probes.formats.json_edit import REMOVED, edit_json

    return edit_json(data, {(CREATES_USERS,): REMOVED})


def _command(host: Host) -> tuple[str, tuple[str, ...]]:
    """The dockerd that the next start will use, and its real flags.

    The program of the running process is asked, not PATH: several may be installed. Without one
    the unit's command counts.
    """
    argv: tuple[str, ...] = ()
    program = "dockerd"
    try:
        daemon = configuration.dockerd(host)
        argv = daemon.argv
        program = have(known(lambda: host.readlink(f"/proc/{daemon.pid}/exe")), program)
    except Unreadable:
        with contextlib.suppress(Unreadable):
            argv = configuration.unit_command(host)
            program = argv[0]
    if program.endswith(" (deleted)"):  # the engine was upgraded under the running daemon
        program = program.removesuffix(" (deleted)")
    return program, tuple(_without(argv[1:], {"config-file", CREATES_USERS}))


def _without(words: Sequence[str], flags: set[str]) -> list[str]:
    """A command line without some flags and without variables that only systemd can fill in."""
    kept = []
    skip_next = False
    for word in words:
        if skip_next:
            skip_next = False
            continue
        name, equals, _ = word.lstrip("-").partition("=")
        if word.startswith("--") and name in flags:
            skip_next = not equals
        elif not word.startswith("$"):
            kept.append(word)
    return kept


def complaint_about_unit(change: FileChange) -> str:
    """What ``systemd-analyze verify`` says of a drop-in that has been written; empty if nothing.

    Only lines that name the file count: a unit may have warnings of its own.
    """
    folder, _, _ = change.target.rpartition("/")
    unit = folder.rpartition("/")[2].removesuffix(".d")
    if not folder.endswith(".d") or not unit or change.after is None:
        return ""
    try:
        ran = machine.run(("systemd-analyze", "verify", "--", unit), SECONDS)
    except machine.NoProgram:
        return ""  # no systemd-analyze here: systemd itself is asked by daemon-reload
    for line in (ran.err + ran.out).splitlines():
        if change.target in line:
            return f"systemd-analyze verify: {line.strip()}"
    return ""
