"""/proc/PID/mountinfo, proc(5): the mount table, and which mount a path lies on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.host.questions import Mount

if TYPE_CHECKING:
    from collections.abc import Iterable

_OCTAL = re.compile(r"\\([0-7]{3})")

NETWORK_FILE_SYSTEMS = frozenset(
    "nfs nfs4 cifs smb3 smbfs ceph glusterfs lustre afs 9p fuse.sshfs fuse.glusterfs fuse.cephfs "
    "fuse.s3fs fuse.rclone beegfs gpfs ocfs2 gfs2 ncpfs davfs fuse.davfs".split()
)
"""File systems whose files live on another machine, by their name in the mount table."""


def _unescape(text: str) -> str:
    """Space, tab, newline and backslash are written as octal escapes, proc(5)."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text) if "\\" in text else text


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    r"""The mounts in their order; lines that are not of the format are passed over.

    >>> line = "36 35 98:0 /m\\040x /mnt rw,noatime master:1 - ext3 /dev/root rw\n"
    >>> (mount,) = parse_mountinfo(line)
    >>> mount.root, mount.target, mount.fstype, mount.options
    ('/m x', '/mnt', 'ext3', ('rw', 'noatime'))
    """
    mounts = []
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if not separator or len(left) < 6 or len(right) < 2:  # noqa: PLR2004 - proc(5) fields
            continue
        mounts.append(
            Mount(
                device=left[2],
                root=_unescape(left[3]),
                target=_unescape(left[4]),
                options=tuple(left[5].split(",")),
                fstype=right[0],
                source=_unescape(right[1]),
                super_options=tuple(right[2].split(",")) if len(right) > 2 else (),  # noqa: PLR2004
            )
        )
    return tuple(mounts)


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that an absolute path without symbolic links lies on; the last one on top wins."""
    best: Mount | None = None
    for mount in mounts:
        target = mount.target.rstrip("/")
        inside = path == mount.target or path.startswith(target + "/")
        if inside and (best is None or len(mount.target) >= len(best.target)):
            best = mount
    return best
