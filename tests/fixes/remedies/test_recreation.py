from __future__ import annotations

from typing import Any

import pytest

from fixes.model import RECREATE
from fixes.remedies.recreation import (
    FILES,
    FOLDER,
    PROJECT,
    SERVICE,
    commands,
    compose,
    recreations,
)

AGAIN = "# then its docker run command again; its volumes stay"


def row(name: str, **labels: Any) -> dict[str, Any]:
    return {"Id": "0" * 64, "Names": [f"/{name}"], "State": "running", "Labels": labels}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({PROJECT: "web", SERVICE: "app", FOLDER: "/srv/web", FILES: "/srv/web/a.yml,/srv/web/b.yml"},
         "cd /srv/web && docker compose -p web -f /srv/web/a.yml -f /srv/web/b.yml"),
        ({PROJECT: "web", SERVICE: "app", FOLDER: "/my srv", FILES: "/my srv/compose.yaml"},
         "cd '/my srv' && docker compose -p web -f '/my srv/compose.yaml'"),
        # Standard input, a folder of another machine, labels of Compose 1.
        ({PROJECT: "web", SERVICE: "app", FOLDER: "C:\\web", FILES: "-"}, "docker compose -p web"),
        ({PROJECT: "web", SERVICE: "app"}, "docker compose -p web"),
        ({}, ""),
        (None, ""),
        # What could be an option or a second command is no name.
        ({PROJECT: "--help", SERVICE: "app"}, ""),
        ({PROJECT: "a;reboot", SERVICE: "app"}, ""),
        ({PROJECT: ["web"], SERVICE: "app"}, ""),
    ],
)  # fmt: skip
def test_the_compose_of_a_project(labels: Any, expected: str) -> None:
    assert compose(labels) == expected


def test_containers_of_one_project_are_made_anew_at_once() -> None:
    rows = [
        row("web-app-1", **{PROJECT: "web", SERVICE: "app"}),
        row("web-app-2", **{PROJECT: "web", SERVICE: "app"}),
        row("db"),
        row("web-cache-1", **{PROJECT: "web", SERVICE: "cache"}),
    ]
    up = "docker compose -p web up -d --force-recreate"
    assert commands(rows) == (f"{up} app cache", f"docker rm -f db   {AGAIN}")
    assert [effect.command for effect in recreations(rows)] == [
        f"{up} app",
        f"{up} app",
        f"docker rm -f db   {AGAIN}",
        f"{up} cache",
    ]


def test_names_that_are_none() -> None:
    hostile = row("$(reboot)", **{PROJECT: "web", SERVICE: "-v"})
    assert commands([hostile]) == (f"docker rm -f NAME   {AGAIN}",)
    assert [tuple(x) for x in recreations([{"Id": "abcdef0123456789"}])] == [
        (RECREATE, "abcdef012345", f"docker rm -f abcdef012345   {AGAIN}")
    ]
