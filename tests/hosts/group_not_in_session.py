"""Ubuntu 24.04, the user was just added to the group docker and has not logged in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hosts import ubuntu_2404

if TYPE_CHECKING:
    from tests.hosts.machine import Machine

FAILS = {"docker-group-not-in-session": "error", "log-rotation-unbounded": "warning"}
DENIED = True


def machine() -> Machine:
    machine = ubuntu_2404.machine()
    machine.user("ann", groups=("adm", "sudo"), granted=("adm", "sudo", "docker"))
    machine.files["/etc/group"] = b"root:x:0:\nsudo:x:27:ann\ndocker:x:999:ann\n"
    machine.deny_docker_files()
    machine.run_answers("dmesg", code=1,
                        err="dmesg: read kernel buffer failed: Operation not permitted\n")  # fmt: skip
    machine.unreadable |= {"/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/etc/ufw/after.rules"}
    return machine
