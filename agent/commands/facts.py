"""hullcheck facts: what was seen of a host, without a judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent import cli, doctor, output
from agent.report import json_report
from probes import PROBES
from probes.model import Missing, known

if TYPE_CHECKING:
    import argparse

SCHEMA = "hullcheck.facts/1"


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck facts``."""
    sub.add_argument(
        "--topic", action="append", choices=list(PROBES), metavar="TOPIC", help="only this topic"
    )
    cli.add_host_arguments(sub)
    cli.add_output_arguments(sub, ("json",))


def run(arguments: argparse.Namespace) -> int:
    """One JSON document: the facts of every topic, by topic."""
    from agent.hosts import open_host, patience
    from agent.version import __version__
    from probes import engine

    host = open_host(arguments.bundle, patience(arguments.timeout))
    topics = arguments.topic or list(PROBES)
    facts, late = doctor.look(host, topics)
    document = {
        "schema": SCHEMA,
        "tool": {"name": "hullcheck", "version": __version__},
        "engine": to_json(known(lambda: engine.look(host))),
        "facts": {topic: to_json(facts[topic]) for topic in topics if topic in facts},
        "incomplete": late,
    }
    output.write(json_report.dump(document), arguments.output)
    return cli.INCOMPLETE if late else cli.OK


def to_json(value: Any) -> Any:  # noqa: ANN401 - any facts
    """Facts as JSON; a missing one says so and why, in the place of its value."""
    if isinstance(value, Missing):
        return {"missing": value.kind, "reason": value.reason}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: to_json(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [to_json(item) for item in items]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value
