"""hullcheck bundle: record a host, and look into a record."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from agent import cli, doctor, output, settings

if TYPE_CHECKING:
    import argparse


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
    save.add_argument("--timeout", type=float, metavar="S", help="seconds it may take (10)")
    show = verbs.add_parser("show", help="what a bundle holds, or one of its members")
    show.add_argument("bundle", metavar="BUNDLE", help="a bundle, packed or as a folder")
    show.add_argument("member", nargs="?", metavar="MEMBER", help="print this member")
    cli.add_output_arguments(show)


def run(arguments: argparse.Namespace) -> int:
    """Save or show."""
    return save(arguments) if arguments.verb == "save" else show(arguments)


def save(arguments: argparse.Namespace) -> int:
    """Run the doctor on this host and write down every answer it got, redacted."""
    from agent.hosts import open_host
    from agent.version import __version__
    from probes.host import bundle

    host = open_host(None, arguments.timeout or doctor.DEADLINE)
    report = doctor.run(host, doctor.EVERYTHING, settings.Settings())
    members = bundle.contents(host, tool=__version__)
    data = bundle.pack(members, report.started)
    day = time.strftime("%Y%m%d-%H%M%S", time.gmtime(report.started))
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in report.host.hostname or "host")
    path = arguments.output or f"hullcheck-{name}-{day}.tar.gz"
    output.write(data, path, mode=0o600)
    if path != "-":
        sys.stderr.write(
            f"{path}: {len(members)} members, {len(data)} bytes. Secrets were redacted; look at "
            f"what it holds before you share it: hullcheck bundle show {path}\n"
        )
    return cli.INCOMPLETE if report.incomplete else cli.OK


def show(arguments: argparse.Namespace) -> int:
    """List what a bundle holds, or print one member."""
    from agent.report.escaping import visible
    from probes.host.bundle import Bundle

    bundle = Bundle(arguments.bundle)
    if arguments.member:
        if arguments.member not in bundle.members:
            raise cli.UsageError(f"{arguments.bundle}: has no member {arguments.member!r}")
        data = bundle.members[arguments.member]
        if sys.stdout.isatty() and not arguments.output:
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
    from agent.report.escaping import visible
    from probes.host.bundle import Bundle

    assert isinstance(bundle, Bundle)  # noqa: S101 - for the type checker
    manifest = bundle.manifest
    created = manifest.get("created")
    when = (
        time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(created))
        if isinstance(created, (int, float))
        else "at an unknown time"
    )
    system = manifest.get("system") or {}
    lines = [
        f"{os.path.basename(bundle.path)}: {manifest['schema']}, recorded {when}",
        (
            f"host {system.get('hostname')} ({manifest.get('host')}), {system.get('platform')} "
            f"{system.get('release')} {system.get('machine')}"
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
    lines += ["", f"print one file: hullcheck bundle show {bundle.path} files/etc/os-release"]
    return "".join(visible(line) + "\n" for line in lines)
