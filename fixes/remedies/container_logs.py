"""Logs of containers: limits for new ones, and options that their driver takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixes.model import Family, Parameter, by_hand, nothing, propose
from fixes.remedies import daemon_file
from fixes.remedies.recreation import commands, recreations
from probes import (
    configuration,
    container_logging,
    daemon_config,
    disk,
    engine,
    engine_host,
    storage,
)
from probes.engine_network import names_of
from probes.formats.daemon_json import keys, log_options
from probes.formats.networks import mapping
from probes.formats.sizes import GIB, human_size
from probes.host.redaction import PLACEHOLDER
from probes.model import Missing, have, known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixes.model import Proposal, Request
    from probes.container_logging import Logging
    from probes.host import Host

FAMILY = Family()

LIMITED = ("json-file", "local")
"""Drivers that keep files on this host and limit them by max-size and max-file."""

INSPECTED_AT_MOST = 300
"""Containers that are asked for their own log settings: 2 ms each. Those beyond count as old."""


# -- rotation ------------------------------------------------------------------------------------


@FAMILY.fix(
    "log-rotation",
    "Limit the logs of new containers",
    applies="Docker Engines on this host",
    parameters=(
        Parameter(
            "driver",
            "the one that is in use",
            "json-file, whose files other tools can read, or local, which is smaller and faster",
        ),
        Parameter(
            "max-size",
            "by the free space and the number of containers, 1m to 100m",
            "when a log file is closed and a new one begun, such as 50m",
        ),
        Parameter("max-file", "3", "how many files are kept for each container"),
    ),
)
def rotate(host: Host, request: Request) -> Proposal:
    """New containers get log files that are closed at a size and deleted by number.

    The driver json-file stays where it is in use, because tools that collect its files would find
    nothing with another one; `--set driver=local` chooses the driver that limits itself.

    ## What it changes
    `log-opts` in the daemon's configuration file: max-size and max-file; with another driver also
    log-driver, and options that this driver does not have go. What the owner has set stays.

    ## Where the values come from
    max-size: a tenth of the space that is free now, shared among the containers (10 at least) and
    their files, rounded down to a plain number between 1 and 100 MB. max-file: 3 is enough to look
    back past one rotation.

    ## What it costs
    Lines older than that are deleted: what collects the files has to keep up. The daemon must be
    restarted. Containers that exist keep their old setting until they are made anew; they are
    listed, each with its command.

    ## How it is verified
    The options are checked by the rules of the driver, the file by `hullcheck lint` and
    `dockerd --validate`; then log-rotation-unbounded is looked at again.

    ## How it is undone
    The file's bytes of before are put back; a restart makes them count.
    """
    storage.docker_engine(host)
    configuration.file_path(host)
    facts = container_logging.TOPIC.look(host)
    driver = str(configuration.setting(host, "log-driver").value)
    options = _texts(configuration.setting(host, "log-opts").value)
    chosen = request.given.get("driver", driver)
    asked = {k: v for k, v in request.given.items() if k in {"max-size", "max-file"}}
    if "driver" in request.given and chosen not in LIMITED:
        raise ValueError(f"driver: {chosen} is neither json-file nor local")
    if chosen == driver and not asked:
        if driver != "json-file":
            return nothing(f"the log driver {driver} does not write unlimited files")
        if options.get("max-size"):
            return nothing(f"logs of new containers rotate at {options['max-size']} already")
        outside = have(facts.logrotate, "")
        if outside:
            return nothing(
                f"{outside} rotates the logs from outside already",
                notes=(
                    f"To let the engine do it instead: --set max-size=10m, and remove {outside}.",
                ),
            )
    if chosen not in LIMITED:
        return by_hand(
            f"the log driver {driver} has no max-size; --set driver=json-file or driver=local "
            "changes over"
        )
    version = keys.engine_version(engine.version_here(host))
    values = {**container_logging.rotation(facts, asked.get("max-file", "")), **asked}
    foreign = [x for x in options if x not in log_options.options_of(chosen, version)]
    foreign = foreign if chosen != driver else []
    after = {k: v for k, v in {**options, **values}.items() if k not in foreign}
    for fault in log_options.faults(chosen, after, version):
        if fault.name in asked:
            raise ValueError(f"{fault.name}: {after.get(fault.name, '')} {fault.wrong}")
        return by_hand(
            f"the log option {fault.name} {fault.wrong}: that has to be mended first",
            "hullcheck fix log-options",
        )
    settings = _settings({**values, **dict.fromkeys(foreign)})
    names = ["log-opts"]
    if chosen != driver:
        settings[("log-driver",)] = chosen
        names.append("log-driver")
    why_not = daemon_file.obstacle(host, *names)
    if why_not:
        return by_hand(
            why_not,
            container_logging.set_options(facts, values),
            *([f"and --log-driver={chosen} there"] if chosen != driver else []),
            container_logging.restart(facts),
        )
    old, note = _unlimited(host)
    return propose(
        _reason(facts, chosen, after, by_space="max-size" in values and "max-size" not in asked),
        daemon_file.edit(host, settings),
        effects=recreations(old),
        notes=(
            *(
                f"log-opts {name} goes: the log driver {chosen} does not have it."
                for name in foreign
            ),
            *_driver_notes(driver, chosen),
            "Older lines are deleted when a log rotates: what collects the files has to keep up.",
            *note,
        ),
        steps=commands(old),
    )


def _texts(value: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON
    return {str(k): str(v) for k, v in mapping(value).items()}


def _settings(values: Mapping[str, str | None]) -> dict[tuple[str, ...], Any]:
    from probes.formats.json_edit import REMOVED

    return {("log-opts", k): REMOVED if v is None else v for k, v in values.items()}


def _reason(facts: Logging, driver: str, after: Mapping[str, str], *, by_space: bool) -> str:
    text = (
        f"new containers keep {after.get('max-file', '1')} log files of {after['max-size']} each "
        f"(driver {driver})"
    )
    if not by_space:
        return text
    number = have(facts.containers, 0)
    free = (
        f"the {human_size(facts.place.available)} that are free on {facts.place.mount}"
        if isinstance(facts.place, disk.Place)
        else f"{human_size(GIB)}, for the free space could not be read"
    )
    room = max(number, container_logging.CONTAINERS_AT_LEAST)
    return f"{text}, so that the logs of {room} containers take at most a tenth of {free}"


def _driver_notes(before: str, after: str) -> tuple[str, ...]:
    if before == after:
        return ()
    if after == "local":
        return (
            (
                "Tools that read */*-json.log below the data root (Promtail, Filebeat) find no new "
                "lines there with the driver local; docker logs works as before."
            ),
        )
    return (f"New containers log through {after} instead of {before}.",)


def _unlimited(host: Host) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The running containers whose logs nothing limits, to be made anew, and what to say of them."""
    rows = known(lambda: engine_host.containers(host))
    if isinstance(rows, Missing):
        return [], (f"Which containers keep their old log settings is not known: {rows.reason}.",)
    old = [row for n, row in enumerate(rows) if n >= INSPECTED_AT_MOST or _is_unlimited(host, row)]
    running = [row for row in old if row.get("State") in {"running", "paused", "restarting"}]
    if not old:
        return [], ()
    names = names_of((engine_host.name_of(row) for row in running), 8)
    stopped = len(old) - len(running)
    who = [names] if running else []
    who += [f"{stopped} that {'does' if stopped == 1 else 'do'} not run now"] if stopped else []
    keep = "keeps its unlimited log" if len(old) == 1 else "keep their unlimited logs"
    note = (
        "Log settings are fixed when a container is made, and a restart does not change them: "
        f"{' and '.join(who)} {keep} until made anew."
    )
    return running, (note,)


def _is_unlimited(host: Host, row: dict[str, Any]) -> bool:
    """Whether nothing limits a container's log; also where that is not known."""
    identity = str(row.get("Id") or "")
    told = known(lambda: engine.get(host, f"/containers/{identity}/json"))
    config = mapping(mapping(mapping(told).get("HostConfig")).get("LogConfig"))
    if config.get("Type", "json-file") != "json-file":
        return False
    return not mapping(config.get("Config")).get("max-size")


# -- wrong options -------------------------------------------------------------------------------


@FAMILY.fix(
    "log-options",
    "Correct log options that the driver refuses",
    applies="Docker Engines on this host",
)
def correct_options(host: Host, request: Request) -> Proposal:  # noqa: ARG001 - one signature
    """Log options that keep the engine or new containers from starting are corrected.

    Done where it is certain what was meant: `10 megs` is `10m`, `yes` is `true`, `max_size` is
    max-size, an option of another driver has no place here. What could have been meant in several
    ways is left to a person, with the rule of the driver.

    ## What it changes
    The named options below `log-opts` of the daemon's configuration file.

    ## Where the values come from
    The owner's own values, by the rules of the log driver in this engine's version. A compression
    that lacks limits gets those that log-rotation would set.

    ## What it costs
    Nothing is lost: with the wrong options no new container starts, or the engine itself does not.
    Containers that exist keep what they were made with.

    ## How it is verified
    Every option is checked again by the rules of the driver, and the file by `hullcheck lint` and
    `dockerd --validate`.

    ## How it is undone
    The file's bytes of before are put back.
    """
    from probes.formats.daemon_json import effective_keys

    storage.docker_engine(host)
    path = configuration.file_path(host)
    document = configuration.document(host)
    text = engine.version_here(host)
    version = keys.engine_version(text)
    facts = container_logging.TOPIC.look(host)
    given = configuration.flag_settings(daemon_config.command_line(host))
    in_file = effective_keys(document, text) if document else {}
    told = {key: found.value for key, found in in_file.items()}
    told |= {key: value for key, (value, _) in given.items()}
    driver, flag = str(told.get("log-driver") or "json-file"), "log-opts" in given
    options = {k: v for k, v in mapping(told.get("log-opts")).items() if isinstance(v, str)}
    faults = log_options.faults(driver, options, version)
    if not faults:
        return nothing(f"the log options suit the driver {driver} already")
    change: dict[str, str | None] = {}
    left, notes = [], []
    for fault in faults:
        right = _right(facts, driver, fault, options, version)
        if right:
            change.update(right)
            notes += _said(fault, options, right)
        else:
            left.append(f"log-opts {fault.name} {fault.wrong}")
    if left or flag:
        where = "on dockerd's command line (systemctl cat docker)" if flag else f"in {path}"
        return by_hand(
            "these options are on dockerd's command line, which is left to its owner"
            if flag
            else "what was meant by these options cannot be told with certainty",
            *left,
            *(f"{where}: {note}" for note in notes),
            container_logging.restart(facts),
        )
    return propose(
        f"the log driver {driver} refuses {', '.join(f'{f.name} ({f.wrong})' for f in faults)}",
        daemon_file.edit(host, _settings(change)),
        notes=tuple(notes),
    )


def _right(
    facts: Logging,
    driver: str,
    fault: log_options.OptionFault,
    options: dict[str, str],
    version: tuple[int, ...],
) -> dict[str, str | None]:
    """What was certainly meant: options with their values, None to take one out; empty if unsure."""
    for right in _candidates(facts, driver, fault, options, version):
        after = {k: v for k, v in {**options, **right}.items() if v is not None}
        wrong = {f.name for f in log_options.faults(driver, after, version)}
        if not wrong & {fault.name, *right} and PLACEHOLDER not in "".join(
            map(str, right.values())
        ):
            return {k: v for k, v in right.items() if v is None or options.get(k) != v}
    return {}


def _candidates(
    facts: Logging,
    driver: str,
    fault: log_options.OptionFault,
    options: dict[str, str],
    version: tuple[int, ...],
) -> Iterator[dict[str, str | None]]:
    name, value = fault.name, options.get(fault.name)
    if value is None:
        return
    if name not in log_options.options_of(driver, version):
        near = fault.suggestion
        renamed = any(
            o.driver == driver and o.name == name and o.removed for o in log_options.OPTIONS
        )
        if near and (renamed or name.lower().replace("_", "-") == near):
            yield {name: None, near: value}
        if not near and log_options.drivers_with(name, version):
            yield {name: None}
        return
    limits = container_logging.rotation(facts) if name == "compress" else {}
    for spelt in _spellings(value):
        yield {name: spelt}
        yield {name: spelt, **{k: v for k, v in limits.items() if k not in options}}
    if name == "max-file":
        yield {"compress": "false"}  # one file is never closed, so there is nothing to compress


_WORDS = {
    **dict.fromkeys(("yes", "y", "on", "enabled"), "true"),
    **dict.fromkeys(("no", "n", "off", "disabled"), "false"),
    **dict.fromkeys(("nonblocking", "non_blocking", "non blocking"), "non-blocking"),
}
_SIZE = re.compile(r"(\d+) ?(k|m|g)(?:ilo|ega|iga|eg|ig)?(?:i?b|bytes?)?s?", re.IGNORECASE)
"""A size in words, without a fraction: 10 megs, 5 megabytes, 1 gig."""


def _spellings(value: str) -> Iterator[str]:
    """The same value in the ways in which a driver may take it.

    >>> list(_spellings(" 10 Megs "))
    ['10 Megs', '10 megs', '10m']
    >>> list(_spellings("Yes"))[-1]
    'true'
    """
    bare = value.strip().strip("\"'").strip()
    yield bare
    yield bare.lower()
    if bare.lower() in _WORDS:
        yield _WORDS[bare.lower()]
    size = _SIZE.fullmatch(bare)
    if size:
        yield f"{size[1]}{size[2].lower()}"


def _said(
    fault: log_options.OptionFault, options: dict[str, str], right: dict[str, str | None]
) -> list[str]:
    found = []
    for name, value in right.items():
        if value is None:
            found.append(f"log-opts {name} goes: it {fault.wrong.partition(';')[0]}.")
        elif name in options:
            found.append(f'log-opts {name}: "{options[name]}" becomes "{value}".')
        else:
            found.append(f'log-opts {name} is set to "{value}".')
    return found
