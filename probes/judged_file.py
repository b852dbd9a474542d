"""A configuration file that a judge reads: one check for each kind of problem the judge knows.

``doctor`` reports the problems of the files that it finds on the host, ``lint`` those of the files
that it is given; both say the same, because both come through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from probes.model import SECTIONS, Check, Evidence, Missing, Topic, Verdict, fail, ok, skip
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.formats.problems import CodeInfo, Problem
    from probes.model import Verdicts

F = TypeVar("F")


class Judged(NamedTuple):
    """One file with what its judge says of it."""

    path: str | Missing
    """As this host opens it; Missing where it is not known which file is meant."""
    problems: tuple[Problem, ...] | Missing
    """Missing, of kind ``absent``, where there is no such file."""


def of_problem(
    problem: Problem, path: str, codes: Mapping[str, CodeInfo], *, reader: str = "dockerd"
) -> Verdict:
    """A problem of a judge as a verdict about the file; ``reader`` is who says ``engine_text``."""
    place = f"line {problem.line}, column {problem.column}"
    mend = []
    if problem.suggestion:
        mend.append(f"{path}, {place}: write {problem.suggestion}")
    if problem.known_in:
        mend.append(f"known in: {problem.known_in}")
    code = codes.get(problem.code)  # none for a file that could not be read at all
    if code and not mend:
        mend.append(code.mend.replace("`", ""))
    evidence = [Evidence(path, place, problem.key or "", problem.suggestion or "")]
    if problem.engine_text:
        evidence.append(Evidence(reader, "says", problem.engine_text))
    return fail(
        problem.message,
        *evidence,
        subject=path,
        mend=tuple(mend),
        severity=problem.level,
        line=problem.line,
        column=problem.column,
    )


def explanation_of(info: CodeInfo, file: str) -> str:
    """The sections of a code's page, in the order of every other check; ``file`` is its name."""
    parts = (info.reads, info.why, info.mend, info.risk, info.severity_reason)
    sections = "\n\n".join(
        f"## {title}\n{text}" for title, text in zip(SECTIONS, parts, strict=True)
    )
    title = info.title if info.title[:2].isupper() else info.title[0].lower() + info.title[1:]
    return f"{file}: {title.rstrip('.')}.\n\n{sections}"


class JudgedKind(Generic[F]):
    """A kind of file: its judge's table of codes, and where a topic's facts hold its files.

    ``files`` gives the files of a topic's facts; a check that finds none of them there is skipped.
    """

    def __init__(
        self,
        file: str,
        codes: Mapping[str, CodeInfo],
        files: Callable[[F], tuple[Judged, ...]],
        *,
        applies: str,
        unreadable: str,
        reader: str = "dockerd",
    ) -> None:
        self.file, self.codes, self.files = file, codes, files
        self.applies, self.unreadable, self.reader = applies, unreadable, reader

    def add_to(self, topic: Topic[F]) -> None:
        """Register one check for every code."""
        for code, info in self.codes.items():
            topic.add(
                Check(
                    id=code,
                    topic=topic.id,
                    severity=info.level,
                    title=info.title,
                    doc=explanation_of(info, self.file),
                    references=info.references,
                    applies=self.applies,
                    tags=("lint",),
                    judge=self._judge_of(code),
                )
            )

    def verdict(self, problem: Problem, path: str) -> Verdict:
        """A problem of this kind's judge as a verdict about the file."""
        return of_problem(problem, path, self.codes, reader=self.reader)

    def _judge_of(self, code: str) -> Callable[[F], Verdicts]:
        def check(facts: F) -> Verdicts:
            found = [verdict for file in self.files(facts) for verdict in self._of_file(code, file)]
            return found or skip(f"this host has no {self.file}")

        return check

    def _of_file(self, code: str, file: Judged) -> list[Verdict]:
        if isinstance(file.path, Missing):
            # Once unknown, by the check that names the file: not once for every code.
            return [skip(file.path.reason)]
        if isinstance(file.problems, Missing):
            if file.problems.kind == "absent":
                return [skip(f"there is no {file.path}: every setting is at its default")]
            return [skip(f"the file could not be read: see {self.unreadable}")]
        found = [self.verdict(p, file.path) for p in file.problems if p.code == code]
        return found or [
            ok(f"{file.path} is free of it", Evidence(file.path, "", "read and judged"))
        ]
