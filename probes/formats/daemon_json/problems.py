"""What the judge of daemon.json reports, and what it may know about the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_PATH = "/etc/docker/daemon.json"


class Problem(NamedTuple):
    """One defect of a daemon.json.

    Attributes:
        code: a key of ``CODES``, which explains it.
        level: ``error``, ``warning`` or ``note``.
        message: one sentence: what is wrong and what follows from it.
        line, column: where, both from 1; columns count characters.
        end_column: first column behind it on the same line, None when it spans lines.
        key: dotted path of the key, e.g. ``log-opts.max-size``; None when there is none.
        refused_by_engine: the engine does not start with this file.
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


class HostFacts(NamedTuple):
    """What the caller knows about the host the file is for; None means not known.

    Attributes:
        file_exists: whether a path is there.
        user_exists, group_exists: whether ``/etc/passwd`` and ``/etc/group`` know a name or id.
        has_subordinate_ids: whether ``/etc/subuid`` and ``/etc/subgid`` have ranges for a user.
        flags: flags on dockerd's command line, long name to value as dockerd prints it, e.g.
            ``{"host": "[fd://]"}``.
        log_drivers, runtimes: names that ``GET /info`` lists.
        cgroup_v2: whether the host has cgroup version 2.
        rootless: whether the engine runs rootless.
    """

    file_exists: Callable[[str], bool] | None = None
    user_exists: Callable[[str], bool] | None = None
    group_exists: Callable[[str], bool] | None = None
    has_subordinate_ids: Callable[[str], bool] | None = None
    flags: Mapping[str, str] = {}
    log_drivers: frozenset[str] | None = None
    runtimes: frozenset[str] | None = None
    cgroup_v2: bool | None = None
    rootless: bool | None = None

    def lacks_file(self, path: str) -> bool:
        """Whether a path is known not to be there (no path has a NUL in it)."""
        return self.file_exists is not None and ("\0" in path or not self.file_exists(path))

    def has_file(self, path: str) -> bool:
        """Whether a path is known to be there."""
        return self.file_exists is not None and not self.lacks_file(path)


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
