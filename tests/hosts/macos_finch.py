"""macOS 14 with Finch, whose VM speaks the Docker API through finch-daemon only where that is on."""

from __future__ import annotations

from tests.hosts.desktop_machine import HOME, Mac

FAILS: dict[str, str] = {}


def machine() -> Mac:
    mac = Mac("14")
    mac.program("finch", "/usr/local/bin/finch", "finch version v1.10.1")
    mac.files[f"{HOME}/.finch/finch.yaml"] = (
        b"cpus: 6\nmemory: 8GiB\nsnapshotters:\n    - overlayfs\nvmType: vz\nrosetta: true\n"
    )
    mac.files["/Applications/Finch/lima/data/finch/lima.yaml"] = (
        b"vmType: vz\nmountType: virtiofs\n"
    )
    mac.process(
        2900, "limactl", "/Applications/Finch/lima/bin/limactl", "hostagent", "finch", uid=501
    )
    return mac
