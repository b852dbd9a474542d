"""How much of a computer the one VM gets that runs its containers: WSL's, or Docker Desktop's."""

from __future__ import annotations

from probes.formats.sizes import GIB
from probes.record import NamedTuple

HOST_KEEPS = 4 * GIB
"""What Windows and macOS keep at least: the smallest memory that Windows 11 is sold with
(Microsoft's system requirements)."""

SMALLEST_VM = 2 * GIB
"""The least that a VM for containers is given: below it the engine and one build do not fit."""


def memory(total: int) -> int:
    """Bytes for the VM, in whole GiB, by the computer's memory.

    Half, which is also WSL's and Docker Desktop's own default; less where the host would keep less
    than HOST_KEEPS; never less than SMALLEST_VM.

    >>> [memory(n * GIB) // GIB for n in (4, 6, 8, 16, 64)]
    [2, 2, 4, 8, 32]
    """
    total = nominal(total)
    return max(min(total // 2 // GIB * GIB, total - HOST_KEEPS), SMALLEST_VM)


def most_memory(total: int) -> int:
    """Bytes that the VM may have at most so that the host keeps HOST_KEEPS, or half where it is small.

    >>> [most_memory(n * GIB) // GIB for n in (4, 8, 16)]
    [2, 4, 12]
    """
    total = nominal(total)
    return total - min(HOST_KEEPS, total // 2)


def nominal(total: int) -> int:
    """The memory as it was sold, in whole GiB: a part of it is the firmware's and the graphics'.

    >>> nominal(16_890_728_448) // GIB
    16
    """
    return (total + GIB // 2) // GIB * GIB


def processors(cpus: int) -> int:
    """Processors for the VM: one in four is left to the host, two at most.

    So a build on all of the VM's does not stop the host's own windows.

    >>> [processors(n) for n in (2, 4, 8, 16)]
    [2, 3, 6, 14]
    """
    return cpus - min(2, cpus // 4)


def swap(vm_memory: int) -> int:
    """Bytes of swap for a VM with that memory: a quarter of it, rounded up to whole GiB.

    WSL's own rule (microsoft/WSL src/windows/common/WslCoreConfig.cpp ``Initialize``).

    >>> swap(8 * GIB) // GIB, swap(2 * GIB) // GIB
    (2, 1)
    """
    return -(-vm_memory // 4 // GIB) * GIB


SMALLEST_SET = GIB
"""Below this nobody limits the VM on purpose: the engine alone needs half of it."""


class Need(NamedTuple):
    """What some software needs of the VM that it runs in, by its own makers' word."""

    name: str
    memory: int
    """Bytes."""
    source: str


KUBERNETES = Need(
    "Kubernetes",
    2 * GIB,
    "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/",
)

_IMAGES = (
    (
        "mssql/server",
        Need(
            "SQL Server",
            2 * GIB,
            "https://learn.microsoft.com/en-us/sql/linux/sql-server-linux-setup",
        ),
    ),
    (
        "elasticsearch/elasticsearch",
        Need(
            "Elasticsearch",
            4 * GIB,
            "https://www.elastic.co/docs/deploy-manage/deploy/self-managed/"
            "install-elasticsearch-docker-basic",
        ),
    ),
    (
        "gitlab/gitlab-",
        Need("GitLab", 4 * GIB, "https://docs.gitlab.com/install/requirements/"),
    ),
)
"""Part of an image's name -> what it needs; Elastic's page speaks of Docker Desktop's VM itself."""


def need_of(image: str) -> Need | None:
    """What an image needs of its VM; None for one that is not known to need much.

    >>> need_of("mcr.microsoft.com/mssql/server:2022-latest").name
    'SQL Server'
    """
    name = image.partition("@")[0].lower()
    return next((need for part, need in _IMAGES if part in name), None)


def needs() -> tuple[Need, ...]:
    """All that is known to need much."""
    return (KUBERNETES, *(need for _, need in _IMAGES))
