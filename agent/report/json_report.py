"""A report for programs: one JSON document, ``hullcheck.report/1``.

Its schema is ``agent/schemas/report-1.json``. Shapes only grow within a schema number.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from agent.report.escaping import without_surrogates
from agent.version import __version__
from probes.model import CRASH, PASS, SKIP, UNKNOWN, WAIVED

if TYPE_CHECKING:
    from agent.report.model import Report
    from probes.model import Evidence, Finding

SCHEMA = "hullcheck.report/1"


def document(report: Report, *, timings: bool = False) -> dict[str, Any]:
    """The report as a tree of plain values; what the host does not tell is None."""
    host, engine = report.host, report.engine
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": {"name": "hullcheck", "version": __version__},
        "host": {
            "id": host.id,
            "hostname": host.hostname,
            "platform": host.platform,
            "os": {"name": host.os_name, "version": host.os_version, "kernel": host.kernel},
            "arch": host.arch,
            "cpus": host.cpus,
            "memory_bytes": host.memory_bytes,
        },
        "engine": {
            "provider": engine.provider,
            "flavour": engine.flavour,
            "backend": engine.backend,
            "reachable": engine.reachable,
            "version": engine.version,
            "api_version": engine.api_version,
            "storage_driver": engine.storage_driver,
            "rootless": engine.rootless,
            "context": engine.context,
            "endpoint": engine.endpoint,
        },
        "started": moment(report.started),
        "duration_ms": report.duration_ms,
        "findings": [finding_document(finding) for finding in report.findings],
        "summary": {
            PASS: report.number(PASS),
            "fail": report.failures(),
            SKIP: report.number(SKIP),
            UNKNOWN: report.number(UNKNOWN),
            CRASH: report.number(CRASH),
            WAIVED: report.number(WAIVED),
        },
        "incomplete": list(report.incomplete),
    }
    if timings:
        out["timings"] = [
            {
                "topic": timing.topic,
                "look_ms": round(timing.look_ms, 3),
                "judge_ms": round(timing.judge_ms, 3),
            }
            for timing in report.timings
        ]
    return out


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding; ``lint`` gives the same."""
    return {
        "id": finding.id,
        "topic": finding.topic,
        "title": finding.title,
        "outcome": finding.outcome,
        "severity": finding.severity,
        "subject": finding.subject,
        "summary": finding.summary,
        "reason": finding.reason,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "mend": list(finding.mend),
        "fixes": list(finding.fixes),
        "references": list(finding.references),
        "look": finding.look,
        "line": finding.line,
        "column": finding.column,
    }


def _evidence(evidence: Evidence) -> dict[str, str]:
    out = {"source": evidence.source, "locator": evidence.locator, "value": evidence.value}
    if evidence.wanted:
        out["wanted"] = evidence.wanted
    return out


def moment(seconds: float) -> str | None:
    """Seconds since the epoch as RFC 3339 in UTC; None for what no calendar holds."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return None


def dump(document: dict[str, Any]) -> str:
    """A document as every command prints it: ASCII alone, a newline at its end.

    A line for each member, and in a list of objects for each object: grep and diff work on it, and
    the C encoder does it all (with ``indent`` the json module falls back to Python, 8 ms a report).
    Whatever a host puts into it, no control character and no half of a surrogate pair comes out.
    """
    try:
        text = _lines(document)
    except ValueError:  # a NaN
        text = _lines(_clean(document))
    if "\\ud" in text:
        # Surrogates: a pair is a character beyond U+FFFF, a half is a byte that was not UTF-8.
        text = _lines(_clean(document))
    return text.replace("\x7f", r"\u007f")


def _lines(document: dict[str, Any]) -> str:
    def encode(value: Any) -> str:  # noqa: ANN401 - any JSON
        return json.dumps(value, ensure_ascii=True, allow_nan=False)

    members = []
    for key, value in document.items():
        if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
            items = ",\n".join(f"    {encode(k)}: {encode(item)}" for k, item in value.items())
            members.append(f"  {encode(key)}: {{\n{items}\n  }}")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            items = ",\n".join(f"    {encode(item)}" for item in value)
            members.append(f"  {encode(key)}: [\n{items}\n  ]")
        else:
            members.append(f"  {encode(key)}: {encode(value)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _clean(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict):
        return {without_surrogates(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - NaN
        return None
    return value


def render(report: Report, *, timings: bool = False) -> str:
    """The report as one JSON document that ends with a newline."""
    return dump(document(report, timings=timings))
