"""``hullcheck list``: checks, probes, thresholds, fixes and profiles, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.report.escaping import visible
from agent.report.layout import BOLD, DIM, cells, pad, paint, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCHEMA = "hullcheck.list/1"


def _checks() -> list[dict[str, Any]]:
    from agent.explain import entry
    from probes import load_checks

    return [entry(check) for check in load_checks().values()]


def _probes() -> list[dict[str, Any]]:
    from probes import load_topics

    return [
        {
            "id": topic.id,
            "title": topic.title,
            "checks": len(topic.checks),
            "engine": list(topic.engine),
        }
        for topic in load_topics()
    ]


def _thresholds() -> list[dict[str, Any]]:
    from probes import thresholds

    return [
        {"id": x.id, "default": x.default, "value": x.value, "unit": x.unit, "why": x.why}
        for x in thresholds.load().values()
    ]


def _fixes() -> list[dict[str, Any]]:
    from agent.explain_fix import entries as fixes
    from fixes import load_all

    return fixes(load_all())


def _nothing() -> list[dict[str, Any]]:
    return []


_KINDS: dict[str, tuple[Callable[[], list[dict[str, Any]]], tuple[str, ...]]] = {
    "checks": (_checks, ("id", "severity", "title")),
    "probes": (_probes, ("id", "checks", "title")),
    "thresholds": (_thresholds, ("id", "value", "unit", "why")),
    "fixes": (_fixes, ("id", "risk", "title")),
    "profiles": (_nothing, ("id", "title")),
}
"""Kind -> (how its entries are had, the columns of its table; the last one is wrapped)."""

KINDS = tuple(_KINDS)


def entries(what: str) -> list[dict[str, Any]]:
    """What there is of that kind. Raises KeyError for a kind that does not exist."""
    return _KINDS[what][0]()


def document(what: str) -> str:
    """The list as one JSON document."""
    from agent.report.json_report import dump

    return dump({"schema": SCHEMA, "kind": what, what: entries(what)})


def render(what: str, *, width: int, colour: bool) -> str:
    """The list as a table; ends with a newline."""
    found = entries(what)
    if not found:
        return f"There are no {what} yet.\n"
    if what == "thresholds":
        return _thresholds_text(found, width=width, colour=colour)
    names = _KINDS[what][1]
    rows = [[_cell(item[name]) for name in names] for item in found]
    if what == "fixes":
        rows = [
            [id_, risk + ", named" * item["on_request"], title]
            for item, (id_, risk, title) in zip(found, rows, strict=True)
        ]
    widths = [max(cells(row[i]) for row in [list(names), *rows]) for i in range(len(names) - 1)]
    lines = [paint(_row(names, widths)[0], BOLD, colour)]
    room = width - sum(widths) - 2 * len(widths)
    group = ""
    for item, row in zip(found, rows, strict=True):
        about = item.get("topic") or item.get("family") or ""
        if about != group:
            group = about
            lines += ["", paint(visible(group), BOLD, colour)]
        if room >= 20:  # noqa: PLR2004 - narrower, a column of text is a column of words
            first, *rest = wrap(row[-1], room) or [""]
            lines += _row([*row[:-1], first], widths)
            lines += [" " * (sum(widths) + 2 * len(widths)) + line for line in rest]
        else:
            lines += wrap("  ".join(row[:-1]), width)
            lines += ["    " + line for line in wrap(row[-1], width - 4)]
    if what == "fixes":
        lines += ["", *wrap("named: only planned when it is named, hullcheck fix ID", width)]
    last = "explain one: hullcheck explain ID" if what in {"checks", "fixes"} else ""
    count = f"{len(found)} {what}" if len(found) > 1 else f"1 {what.removesuffix('s')}"
    lines += ["", f"{count}{'   ' if last else ''}{paint(last, DIM, colour)}"]
    return "\n".join(lines) + "\n"


def _thresholds_text(found: Sequence[dict[str, Any]], *, width: int, colour: bool) -> str:
    """Each with its value, and below it why: a column beside would be one of single words."""
    lines = []
    widest = max(cells(item["id"]) for item in found)
    for item in found:
        value = f"{_cell(item['value'])} {visible(item['unit'])}"
        if item["value"] != item["default"]:
            value += f"   (hullcheck.toml; default {_cell(item['default'])})"
        lines.append(f"{paint(pad(visible(item['id']), widest), BOLD, colour)}  {value}")
        why = wrap(visible(item["why"]), min(width, 100) - 4)
        lines += ["    " + paint(line, DIM, colour) for line in why]
    hint = paint("set one: hullcheck.toml, [thresholds]", DIM, colour)
    lines += ["", f"{len(found)} thresholds   {hint}"]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:  # noqa: ANN401 - what an entry holds
    return visible(f"{value:g}" if isinstance(value, float) else str(value))


def _row(values: Sequence[str], widths: Sequence[int]) -> list[str]:
    padded = [pad(value, wide) for value, wide in zip(values, widths, strict=False)]
    return ["  ".join([*padded, values[-1]]).rstrip()]
