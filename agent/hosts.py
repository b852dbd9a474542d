"""Which host a command looks at: this one, or one out of a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.host import Host

if TYPE_CHECKING:
    from probes.host.host import Source


def patience(given: float | None) -> float:
    """Seconds a run may take: --timeout, else hullcheck.toml, else the default."""
    from agent import doctor, settings

    return given or settings.load(".").timeout or doctor.DEADLINE


def open_host(bundle: str | None, seconds: float) -> Host:
    """The host behind ``--from``, or this machine. Raises BundleError."""
    source: Source
    if bundle is not None:
        from probes.host.bundle import Bundle, RecordedSource

        source = RecordedSource(Bundle(bundle))
    else:
        from probes.host.live import LiveSource

        source = LiveSource()
    return Host(source, seconds=seconds)
