"""What the judge of daemon.json may know about the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_PATH = "/etc/docker/daemon.json"


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
