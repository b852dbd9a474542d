"""What the judge of a configuration file reports: one Problem for a defect, one CodeInfo for a kind."""

from __future__ import annotations

from probes.record import NamedTuple


class Problem(NamedTuple):
    """One defect of a configuration file.

    Attributes:
        code: a key of the table of CodeInfo that explains it.
        level: ``error``, ``warning`` or ``note``.
        message: one sentence: what is wrong and what follows from it.
        line, column: where, both from 1; columns count characters.
        end_column: first column behind it on the same line, None when it spans lines.
        key: dotted path of the key, e.g. ``log-opts.max-size``; None when there is none.
        refused_by_engine: the program that reads it (dockerd) does not start with this file.
        this_machine_only: it depends on files or users of the host, not on the text.
        engine_text: what dockerd prints, None when it prints nothing or we do not know it.
        suggestion: the nearest valid key, or the corrected value as JSON.
        known_in: the releases that know the key, e.g. ``28.2 and later``.
    """

    code: str
    level: str
    message: str
    line: int
    column: int
    end_column: int | None = None
    key: str | None = None
    refused_by_engine: bool = False
    this_machine_only: bool = False
    engine_text: str | None = None
    suggestion: str | None = None
    known_in: str | None = None


class CodeInfo(NamedTuple):
    """The page of one problem code.

    Attributes:
        title: the defect in a few words.
        level: the level it is reported with unless a message says otherwise.
        reads, why, mend, risk: what is read; why it matters; how to mend it by hand; what could
            go wrong while mending.
        severity_reason: why the level is what it is.
        references: URLs or source places.
    """

    title: str
    level: str
    reads: str
    why: str
    mend: str
    risk: str
    severity_reason: str
    references: tuple[str, ...]
