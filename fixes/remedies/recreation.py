"""How a container is made anew here, for settings that are fixed when it is made.

A restart does not change its log options, limits or networks. Who made it knows how it was made:
Compose and swarm say so in its labels (docker/compose pkg/api/labels.go, moby
daemon/cluster/executor/container), everything else is left to the person's own ``docker run``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fixes.model import RECREATE, Effect
from probes.engine_host import name_of
from probes.formats.networks import mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
FOLDER = "com.docker.compose.project.working_dir"
FILES = "com.docker.compose.project.config_files"
SWARM_SERVICE = "com.docker.swarm.service.name"

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
"""Names of containers, projects and services: what could be an option of a command is none."""


def recreations(rows: Iterable[dict[str, Any]]) -> tuple[Effect, ...]:
    """Each of these containers, rows of GET /containers/json, with the command that remakes it."""
    return tuple(Effect(RECREATE, name_of(row), commands([row])[0]) for row in rows)


def commands(rows: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """What a person types to make containers anew; those of one project by one command.

    >>> labels = {PROJECT: "web", FOLDER: "/srv/web", FILES: "/srv/web/compose.yaml"}
    >>> commands([{"Labels": {**labels, SERVICE: "app"}}, {"Labels": {**labels, SERVICE: "db"}}])
    ('cd /srv/web && docker compose -p web -f /srv/web/compose.yaml up -d --force-recreate app db',)
    >>> commands([{"Names": ["/db"]}])
    ('docker rm -f db   # then its docker run command again; its volumes stay',)
    """
    found: dict[str, list[str]] = {}
    for row in rows:
        labels = mapping(row.get("Labels"))
        swarm, service = _named(labels.get(SWARM_SERVICE)), _named(labels.get(SERVICE))
        project = compose(labels)
        if swarm:
            found[f"docker service update --force {swarm}"] = []
        elif project and service:
            services = found.setdefault(f"{project} up -d --force-recreate", [])
            services += [] if service in services else [service]
        else:
            name = _named(name_of(row)) or "NAME"
            again = "then its docker run command again; its volumes stay"
            found[f"docker rm -f {name}   # {again}"] = []
    return tuple(" ".join([text, *services]) for text, services in found.items())


def compose(labels: Any) -> str:  # noqa: ANN401 - any JSON
    """The ``docker compose`` that a project is managed with, as its labels tell; empty for none.

    The folder is gone into because Compose reads ``.env`` there.
    """
    import shlex

    labels = mapping(labels)
    project = _named(labels.get(PROJECT))
    if not project:
        return ""
    folder = str(labels.get(FOLDER) or "")
    # Several files are separated by commas; what is no path ("-" for standard input) is left out.
    files = [x for x in str(labels.get(FILES) or "").split(",") if x.startswith("/")]
    words = ["docker", "compose", "-p", project, *(w for x in files for w in ("-f", x))]
    text = " ".join(shlex.quote(word) for word in words)
    return f"cd {shlex.quote(folder)} && {text}" if folder.startswith("/") else text


def _named(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = str(value or "")
    return text if NAME.fullmatch(text) else ""
