"""Collects the problems of one file: refusals in the engine's order, then the rest by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.json_document import Member
from probes.formats.problems import CodeInfo, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.formats.json_document import Document, Node

_LONGEST_SHOWN = 40


class Report:
    """The problems found so far in one document."""

    def __init__(self, document: Document, codes: Mapping[str, CodeInfo]) -> None:
        self.document = document
        self._codes = codes
        self._refused: list[Problem] = []
        self._let_through: list[Problem] = []

    def shown(self, node: Node) -> str:
        """The source of a value, shortened for a message."""
        start = self.document.text[node.start : min(node.end, node.start + 5 * _LONGEST_SHOWN)]
        source = " ".join(start.split())
        if len(source) <= _LONGEST_SHOWN and node.end - node.start <= len(start):
            return source
        return source[: _LONGEST_SHOWN - 3] + "..."

    def _problem(
        self,
        code: str,
        message: str,
        place: tuple[int, int],
        *,
        key: str | None,
        text: str | None,
        refused: bool,
        machine: bool,
        suggestion: str | None,
        known_in: str | None,
        level: str | None,
    ) -> Problem:
        start = self.document.position(place[0])
        end = self.document.position(max(place[0], place[1] - 1))
        return Problem(
            code,
            level or self._codes[code].level,
            message,
            start.line,
            start.column,
            end.column + 1 if end.line == start.line else None,
            key or None,
            refused_by_engine=refused,
            this_machine_only=machine,
            engine_text=text,
            suggestion=suggestion,
            known_in=known_in,
        )

    def refuse(
        self,
        code: str,
        message: str,
        at: Node | Member,
        *,
        text: str,
        key: str = "",
        machine: bool = False,
        suggestion: str | None = None,
        known_in: str | None = None,
    ) -> None:
        """Add a problem with which the engine does not start. ``at`` a member means its key."""
        self._refused.append(
            self._problem(
                code,
                message,
                _span(at),
                key=key,
                text=text,
                refused=True,
                machine=machine,
                suggestion=suggestion,
                known_in=known_in,
                level=None,
            )
        )

    def add(
        self,
        code: str,
        message: str,
        at: Node | Member,
        *,
        key: str = "",
        text: str | None = None,
        machine: bool = False,
        suggestion: str | None = None,
        known_in: str | None = None,
        level: str | None = None,
    ) -> None:
        """Add a problem that the engine's parser lets through."""
        self._let_through.append(
            self._problem(
                code,
                message,
                _span(at),
                key=key,
                text=text,
                refused=False,
                machine=machine,
                suggestion=suggestion,
                known_in=known_in,
                level=level,
            )
        )

    def problems(self) -> list[Problem]:
        """Refusals in the engine's order, then the rest by place."""
        rest = sorted(self._let_through, key=lambda item: (item.line, item.column))
        return self._refused + rest


def _span(at: Node | Member) -> tuple[int, int]:
    if isinstance(at, Member):
        return at.key_start, at.key_end
    return at.start, at.end
