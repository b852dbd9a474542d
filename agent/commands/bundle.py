"""hullcheck bundle: record a host, and look into a record."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from agent import cli, doctor, output, settings

if TYPE_CHECKING:
    import argparse

    from agent.report.model import Report
    from probes.host import Host


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck bundle``."""
    verbs = sub.add_subparsers(dest="verb", metavar="save|show", required=True)
    save = verbs.add_parser("save", help="record everything the doctor reads of this host")
    save.add_argument(
        "-o",
        "--output",
        metavar="FILE.tar.gz",
        help="default: hullcheck-HOSTNAME-DATE.tar.gz in this folder; - for stdout",
    )
    save.add_argument("--timeout", type=cli.seconds, metavar="S", help="seconds it may take (10)")
    show = verbs.add_parser("show", help="what a bundle holds, or one of its members")
    show.add_argument("bundle", metavar="BUNDLE", help="a bundle, packed or as a folder")
    show.add_argument("member", nargs="?", metavar="MEMBER", help="print this member")
    cli.add_output_arguments(show)


def run(arguments: argparse.Namespace) -> int:
    """Save or show."""
    return save(arguments) if arguments.verb == "save" else show(arguments)


def save(arguments: argparse.Namespace) -> int:
    """Run the doctor on this host and write down every answer it got, redacted."""
    from agent.hosts import open_host, patience

    host = open_host(None, patience(arguments.timeout))
    report = doctor.run(host, doctor.EVERYTHING, settings.Settings())
    day = time.strftime("%Y%m%d-%H%M%S", time.gmtime(report.started))
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in report.host.hostname or "host")
    write(host, report, arguments.output or f"hullcheck-{name}-{day}.tar.gz")
    return cli.INCOMPLETE if report.incomplete else cli.OK


def write(host: Host, report: Report, path: str) -> None:
    """Write down what a host was asked for a report. Raises UsageError."""
    from agent.version import __version__
    from probes.host import bundle

    members = bundle.contents(host, tool=__version__)
    data = bundle.pack(members, report.started)
    output.write(data, path, mode=0o600)
    if path != "-":
        from shlex import quote

        from agent.report.escaping import visible

        cli.say(
            f"{visible(path)}: {len(members)} members, {len(data)} bytes. Secrets were redacted; "
            f"look at what it holds before you share it: hullcheck bundle show "
            f"{visible(quote(path))}\n"
        )


def show(arguments: argparse.Namespace) -> int:
    """List what a bundle holds, or print one member."""
    from agent.report.escaping import visible
    from probes.host.bundle import Bundle

    bundle = Bundle(arguments.bundle)
    if arguments.member:
        if arguments.member not in bundle.members:
            from difflib import get_close_matches

            close = get_close_matches(arguments.member, list(bundle.members), n=1, cutoff=0.5)
            hint = f": did you mean {close[0]}?" if close else ""
            raise cli.UsageError(f"{arguments.bundle}: has no member {arguments.member}{hint}")
        data = bundle.members[arguments.member]
        if arguments.output in {None, "-"} and sys.stdout.isatty():
            text = data.decode("utf-8", "replace")
            output.write("".join(visible(line) + "\n" for line in text.splitlines()), None)
        else:
            output.write(data, arguments.output)
        return cli.OK
    if arguments.format == "json":
        from agent.report import json_report

        document = {
            "schema": "hullcheck.bundle-listing/1",
            "manifest": bundle.manifest,
            "members": [
                {"name": name, "bytes": len(data)} for name, data in sorted(bundle.members.items())
            ],
            "answers": [
                {"ask": entry["ask"], "failure": entry.get("failure")} for entry in bundle.answers
            ],
        }
        output.write(json_report.dump(document), arguments.output)
        return cli.OK
    output.write(_listing(bundle), arguments.output)
    return cli.OK


def _listing(bundle: object) -> str:
    from shlex import quote

    from agent.report.escaping import visible
    from probes.host.bundle import Bundle

    assert isinstance(bundle, Bundle)  # noqa: S101 - for the type checker
    manifest = bundle.manifest
    when = _moment(manifest.get("created"))
    told = manifest.get("system")
    system = told if isinstance(told, dict) else {}
    kernel = [system.get(key) for key in ("platform", "release", "machine")]
    lines = [
        f"{os.path.basename(bundle.path.rstrip('/'))}: {manifest['schema']}, recorded {when}",
        (
            f"host {system.get('hostname') or 'of unknown name'} "
            f"(id {manifest.get('host') or 'unknown'}), "
            f"{' '.join(str(word) for word in kernel if word) or 'of unknown kind'}"
        ),
        "",
    ]
    groups: dict[str, list[str]] = {}
    for entry in bundle.answers:
        kind, *rest = (str(part) for part in entry["ask"])
        text = " ".join(rest)
        if "failure" in entry:
            text += f"   [{entry['failure']}: {entry.get('reason', '')}]"
        groups.setdefault(kind, []).append(text)
    for kind, items in groups.items():
        lines.append(f"{kind} ({len(items)})")
        lines.extend(f"  {item}" for item in items)
    file = next((name for name in bundle.members if name.startswith("files/")), "answers.json")
    lines += ["", f"print one file: hullcheck bundle show {quote(bundle.path)} {quote(file)}"]
    return "".join(visible(line) + "\n" for line in lines)


def _moment(created: object) -> str:
    if isinstance(created, (int, float)):
        try:
            return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(created))
        except (ValueError, OverflowError, OSError):
            pass
    return "at an unknown time"
