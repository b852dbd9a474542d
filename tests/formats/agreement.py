"""Our judge's answer in the form of the real one, with this machine's users and files."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from probes.formats.daemon_json import HostFacts, judge
from tests.formats import real_judge
from tests.formats.real_judge import RELEASES, normal

DATA = Path(__file__).parents[1] / "data"
CORPUS = DATA / "daemon-json"
ADVERSARIAL = DATA / "daemon-json-adversarial.tsv"


class Recorded(NamedTuple):
    """A file with what the real judges of both releases said: exit code and text."""

    name: str
    data: bytes
    answers: dict[str, tuple[int, str]]


def recorded_corpus() -> list[Recorded]:
    """The real files of `CORPUS` with the verdicts in its index."""
    with (CORPUS / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Recorded(
            row["file"],
            (CORPUS / row["file"]).read_bytes(),
            {
                release: (int(row[f"validate{release}_rc"]), normal(row[f"error{release}"]))
                for release in RELEASES
            },
        )
        for row in rows
    ]


def recorded_adversarial() -> list[Recorded]:
    """The hand-made cases with the verdicts recorded by `record`."""
    with ADVERSARIAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Recorded(
            row["data"],
            json.loads(row["data"]).encode("latin-1"),
            {
                release: (
                    int(row[f"code{release}"] or 0),
                    json.loads(row[f"text{release}"] or '""'),
                )
                for release in RELEASES
            },
        )
        for row in rows
    ]


def record(table: Path) -> None:
    """Ask the real judges for every case of a table, and write their answers into it."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    files = [json.loads(row["data"]).encode("latin-1") for row in rows]
    for release in RELEASES:
        with tempfile.TemporaryDirectory(prefix="hullcheck-") as directory:
            answers = real_judge.ask(release, files, Path(directory))
        for row, (code, text) in zip(rows, answers, strict=True):
            row[f"code{release}"] = str(code)
            row[f"text{release}"] = json.dumps(text)
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def corpus_files() -> list[bytes]:
    """The real files, in the order of their names."""
    return [path.read_bytes() for path in sorted(CORPUS.glob("*.json"))]


def user_exists(name: str) -> bool:
    """Whether /etc/passwd has the user or the number."""
    pwd = pytest.importorskip("pwd")
    try:
        if name.lstrip("-").isdigit():
            pwd.getpwuid(int(name))
        else:
            pwd.getpwnam(name)
    except (KeyError, OverflowError):
        return False
    return True


def group_exists(name: str) -> bool:
    """Whether /etc/group has the group or the number."""
    grp = pytest.importorskip("grp")
    try:
        if name.lstrip("-").isdigit():
            grp.getgrgid(int(name))
        else:
            grp.getgrnam(name)
    except (KeyError, OverflowError):
        return False
    return True


def has_subordinate_ids(name: str) -> bool:
    """Whether /etc/subuid has a range for the user."""
    pwd = pytest.importorskip("pwd")
    try:
        user = pwd.getpwuid(int(name)).pw_name if name.isdigit() else name
        lines = Path("/etc/subuid").read_text(encoding="utf-8").splitlines()
    except (KeyError, OverflowError, OSError):
        return False
    return any(line.startswith(f"{user}:") for line in lines)


def this_host() -> HostFacts:
    """The facts of the machine that the tests run on."""
    return HostFacts(
        file_exists=os.path.exists,
        user_exists=user_exists,
        group_exists=group_exists,
        has_subordinate_ids=has_subordinate_ids,
        cgroup_v2=Path("/sys/fs/cgroup/cgroup.controllers").exists(),
    )


def our_answer(data: bytes, release: str, host: HostFacts | None = None) -> tuple[int, str]:
    """Exit code and text, as `real_judge.ask` has them."""
    problems = judge(data, engine=RELEASES[release], host=host or this_host(), path="F")
    refused = [problem for problem in problems if problem.refused_by_engine]
    if not refused:
        return 0, "configuration OK"
    return 1, normal(refused[0].engine_text or "")
