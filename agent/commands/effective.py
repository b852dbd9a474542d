"""hullcheck effective: every setting of the engine, and where it comes from."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from agent import cli, output
from probes import configuration, engine
from probes.formats.daemon_json import keys as daemon_keys
from probes.host import Unreadable
from probes.model import have, known

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from probes.configuration import Configuration, Setting, UnitPlace

SCHEMA = "hullcheck.effective/1"


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck effective``."""
    sub.add_argument("key", nargs="*", metavar="KEY", help="only these keys of daemon.json")
    sub.add_argument("-a", "--all", action="store_true", help="settings at their default as well")
    cli.add_host_arguments(sub)
    cli.add_output_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Print the settings; 3 when the daemon's configuration cannot be seen from here."""
    from agent.hosts import open_host, patience

    for key in arguments.key:
        if key not in daemon_keys.BY_NAME:
            from difflib import get_close_matches

            close = get_close_matches(key, list(daemon_keys.BY_NAME), n=1)
            hint = f": did you mean {close[0]}?" if close else ""
            raise cli.UsageError(f"{key}: no such setting of the engine{hint}")
    host = open_host(arguments.bundle, patience(arguments.timeout))
    try:
        found = configuration.look(host)
    except Unreadable as error:
        from agent.report.escaping import visible

        look = f". Look by hand: {error.look}" if error.look else ""
        cli.say(
            f"hullcheck: the engine's settings cannot be told: {visible(error.reason + look)}\n"
        )
        if arguments.format == "json":
            from agent.report import json_report

            told = document(None, [], "", {}, incomplete=[error.reason])
            output.write(json_report.dump(told), arguments.output)
        return cli.INCOMPLETE
    places = configuration.unit_places(host)
    owner = have(known(lambda: engine.target(host).endpoint.url), "")
    settings = [
        item
        for item in found.settings
        if (
            item.key in arguments.key
            if arguments.key
            else arguments.all or item.source != "default"
        )
    ]
    if arguments.format == "json":
        every = [i for i in found.settings if not arguments.key or i.key in arguments.key]
        from agent.report import json_report

        text = json_report.dump(document(found, every, owner, places))
    else:
        colour = output.wants_colour(arguments.color, sys.stdout, arguments.output)
        text = render(found, settings, owner, places, width=output.width(), colour=colour)
    output.write(text, arguments.output)
    return cli.OK


def document(
    found: Configuration | None,
    settings: list[Setting],
    endpoint: str,
    places: Mapping[str, UnitPlace],
    *,
    incomplete: list[str] | None = None,
) -> dict[str, Any]:
    """The settings as ``hullcheck.effective/1``; without any, why they cannot be told."""
    from agent.version import __version__

    newer = found.file_newer if found else None
    return {
        "schema": SCHEMA,
        "tool": {"name": "hullcheck", "version": __version__},
        "engine": {
            "version": (found.version or None) if found else None,
            "endpoint": endpoint or None,
        },
        "file": found
        and {
            "path": found.file,
            "exists": found.file_exists,
            "changed_since_start": newer if isinstance(newer, bool) else None,
        },
        "settings": [
            {
                "key": item.key,
                "value": item.value,
                "source": _source(item, places),
                "where": _where(item, places) or None,
                "line": item.line,
                "column": item.column,
                "state": item.state,
                "running": item.running,
                "change": configuration.CHANGES[item.reload],
                "reload_class": item.reload,
                "doc": daemon_keys.BY_NAME[item.key].doc,
            }
            for item in settings
        ],
        "incomplete": incomplete or [],
    }


def render(
    found: Configuration,
    settings: list[Setting],
    endpoint: str,
    places: Mapping[str, UnitPlace],
    *,
    width: int,
    colour: bool,
) -> str:
    """The settings as a table a person reads."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from agent.report.escaping import visible

    console = Console(
        file=StringIO(), width=width, force_terminal=colour, no_color=not colour, highlight=False
    )
    state = "" if found.file_exists else " (there is none)"
    if found.file_newer is True:
        state = " (changed after the daemon started)"
    console.print(
        Text(f"engine {found.version or 'of unknown version'} at {visible(endpoint)}"),
        soft_wrap=True,
    )
    console.print(Text(f"its configuration file: {visible(found.file)}{state}\n"), soft_wrap=True)
    if settings:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("setting", "value", "comes from", "state", "a change needs"):
            # A name is copied: it stays in one piece where there is room for anything beside it.
            whole = name == "setting" and width >= 72  # noqa: PLR2004 - twice the longest name
            table.add_column(name, overflow="fold", no_wrap=whole)
        for item in settings:
            value = item.value if isinstance(item.value, str) else json.dumps(item.value)
            style = "yellow" if item.state == configuration.PENDING else ""
            table.add_row(
                Text(item.key, style="bold" if item.source != "default" else ""),
                Text(visible(value)),
                Text(visible(_origin(item, places))),
                Text(_state(item), style=style),
                Text(configuration.CHANGES[item.reload]),
            )
        console.print(table)
    else:
        console.print(Text("Nothing is set: every setting is at its default."))
    rest = len(found.settings) - len(settings)
    if rest:
        console.print(Text(f"\n{rest} more are at their default: hullcheck effective --all"))
    file = console.file
    assert isinstance(file, StringIO)  # noqa: S101 - for the type checker
    return "".join(line.rstrip() + "\n" for line in file.getvalue().splitlines())


def _place(item: Setting, places: Mapping[str, UnitPlace]) -> UnitPlace | None:
    if item.source == "flag":
        return places.get(item.key)
    return places.get(item.where) if item.source == "environment" else None


def _source(item: Setting, places: Mapping[str, UnitPlace]) -> str:
    place = _place(item, places)
    return place.kind if place else item.source


def _where(item: Setting, places: Mapping[str, UnitPlace]) -> str:
    place = _place(item, places)
    return f"{place.path} line {place.line}: {item.where}" if place else item.where


def _origin(item: Setting, places: Mapping[str, UnitPlace]) -> str:
    """Where a setting comes from; the file's name stands above the table already."""
    if item.source == "file":
        return f"file, line {item.line}"
    place = _place(item, places)
    if place:
        name = place.path.rpartition("/")[2]
        return f"{place.kind} {name}, line {place.line}"
    return item.where or item.source


def _state(item: Setting) -> str:
    if item.state == configuration.PENDING:
        running = item.running if isinstance(item.running, str) else json.dumps(item.running)
        return f"pending (running: {running})"
    return item.state
