"""hullcheck triage, as a maintainer runs it: real outputs, whole bug reports, hostile and bad input."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import jsonschema
import pytest

from agent import schemas, triage
from agent.report import triage_json, triage_markdown, triage_text
from tests.agent.cli_runner import hullcheck

DATA = Path(__file__).parents[1] / "data"
PASTED = DATA / "pasted"
NONE = {"unknown", "linuxkit-vm", "lima-vm", "orbstack-vm", ""}
"""What the index says where an answer cannot be told, or in words that a report does not have."""


def read(path):
    return triage.triage(path.read_bytes())


def fails(found):
    return {f.id for f in found.report.findings if f.outcome == "fail"}


def rows(folder):
    text = (folder / "index.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


@pytest.mark.parametrize("row", rows(DATA / "docker-info/desktop"), ids=lambda row: row["file"])
def test_whose_engine_it_is_and_where(row):
    found = read(DATA / "docker-info/desktop" / row["file"])
    engine = found.report.engine
    told = (engine.provider, found.report.host.platform, engine.backend)
    wanted = (row["provider"], row["host_os"], row["backend"])
    assert told == tuple(None if word in NONE else word for word in wanted)
    assert found.report.incomplete == ()


ALL = [
    path
    for folder in ("docker-info/desktop", "docker-info/linux", "wsl-output", "wslconfig", "wslconf",
                   "docker-settings", "admin-settings", "daemon-json")
    for path in sorted((DATA / folder).rglob("*"))
    if path.is_file() and path.suffix not in {".tsv", ".md", ".py"}
]  # fmt: skip


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_real_text_is_read_without_a_crash(path):
    try:
        found = read(path)
    except triage.NothingRecognisedError:
        assert "daemon-json" in str(path.parent)  # files of other programs, and empty ones
        return
    assert found.report.incomplete == ()
    assert [f for f in found.report.findings if f.outcome == "crash"] == []
    assert triage_text.render(found, width=80, colour=False, verbose=False)
    assert triage_markdown.render(found)
    document = triage_json.document(found)
    validator = jsonschema.Draft202012Validator(schemas.load("report-1"))
    assert list(validator.iter_errors(json.loads(triage_json.render(found)))) == []
    assert document["pieces"]


KINDS = {
    ("wsl --list --verbose", 7, 9),
    (".wslconfig", 14, 16),
    ("wsl --version", 20, 26),
    ("docker info", 30, 50),
    ("messages", 54, 54),
}
FOUND = {
    "wsl-outdated",
    "wsl-distribution-version-1",
    "wslconfig-wrong-section",
    "wslconfig-size-too-small",
    "desktop-log-port-reserved",
}


@pytest.fixture
def report():
    return (PASTED / "windows-report.md").read_bytes()


def pieces(found):
    return {(piece.kind, piece.first, piece.last) for piece in found.pieces}


def _numbered(data):
    lines = data.decode().splitlines()
    return "\n".join(f"{n:6}\t{line}" for n, line in enumerate(lines, 1)).encode()


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: data,
        lambda data: data.decode().encode("utf-16-le"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: re.sub(rb"(?m)^", b"> ", data),
        _numbered,
        lambda data: _numbered(re.sub(rb"(?m)^", b"> ", data)),
        lambda data: re.sub(rb"(Server|WSL|memory)", b"\x1b[1;31m\\1\x1b[0m", data),
    ],
    ids=["as it is", "utf-16", "utf-16 with mark", "crlf", "mark", "quoted", "numbered",
         "numbered quotation", "coloured"],
)  # fmt: skip
def test_a_whole_report_however_it_was_pasted(report, changed):
    found = triage.triage(changed(report))
    assert pieces(found) == KINDS
    assert fails(found) == FOUND
    engine, host = found.report.engine, found.report.host
    assert (engine.provider, engine.backend, host.platform) == ("docker-desktop", "wsl2", "windows")


@pytest.mark.parametrize(
    ("name", "where", "kinds", "expected"),
    [
        ("linux-report.md", (None, "linux"),
         ["docker version", "daemon.json", "/etc/os-release", "uname -a", "messages"],
         {"daemon-json-syntax", "log-start-limit", "client-no-daemon"}),
        ("mac-report.md", ("docker-desktop", "macos"),
         ["sw_vers", "docker context ls", "settings-store.json", "messages"],
         {"desktop-hypervisor-removed", "desktop-file-sharing-slow"}),
        ("windows-down.md", (None, "windows"), ["wsl --status", "wsl --list --verbose", "messages"],
         {"engine-not-running", "desktop-log-virtualization-off"}),
        ("wsl2-report.md", ("docker-engine", "wsl2"), ["docker info", "wsl.conf", ".wslconfig"],
         {"data-root-no-d-type", "wslconfig-value-misspelt", "wslconfig-invalid-value",
          "wsl-conf-invalid-value"}),
        ("version-json.md", ("colima", "macos"), ["docker version"], set()),
    ],
)  # fmt: skip
def test_whole_reports(name, where, kinds, expected):
    found = read(PASTED / name)
    assert [piece.kind for piece in found.pieces] == kinds
    assert (found.report.engine.provider, found.report.host.platform) == where
    assert fails(found) == expected
    if name == "mac-report.md":
        assert (found.report.host.os_name, found.report.host.os_version) == ("macOS", "14.5")
    # What nobody looked at is not known to be absent.
    assert "no container engine" not in triage_text.render(
        found, width=80, colour=False, verbose=False
    )


def test_latin_1():
    text = "Prüfung: größer\nClient:\n Context: default\nServer:\n Server Version: 28.1.1\n"
    found = triage.triage(text.encode("latin-1"))
    assert [piece.kind for piece in found.pieces] == ["docker info"]


def test_secrets_and_markup_of_a_stranger_go_nowhere(report):
    found = triage.triage(report)
    shown = [
        triage_text.render(found, width=80, colour=False, verbose=False),
        triage_markdown.render(found),
        triage_json.render(found),
    ]
    assert not any("s3cret" in text for text in shown)
    hostile = (
        b"docker: Error response from daemon: Ports are not available: exposing port TCP "
        b"0.0.0.0:80 <img src=x> @everyone [x](http://evil) `a` \x1b[2J forbidden by its access "
        b"permissions\n"
    )
    text = triage_markdown.render(triage.triage(hostile))
    outside = re.sub(r"(`+)(?:(?!\1).)*?\1", "", text)
    assert "<img" not in outside
    assert "@everyone" not in outside
    assert "](http://evil" not in outside
    assert "\x1b" not in text


@pytest.mark.parametrize("data", [b"", b"\n\n", b"hello", b"\x00\x01\x02" * 500, b"{}" * 9])
def test_nothing_recognised(data, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(data)
    result = hullcheck("triage", str(path))
    assert result.code == 2
    assert "nothing was recognised" in result.err
    assert "docker info" in result.err
    assert result.out == ""


def test_a_file_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        result = hullcheck("triage", str(path))
        assert (result.code, result.out) == (2, "")
        assert str(path) in result.err


def test_a_huge_text_is_cut_and_says_so(report):
    found = triage.triage(report + b'level=error msg="something"\n' * 400_000)
    assert found.is_cut
    assert fails(found) >= FOUND
    assert "only the beginning" in triage_text.render(found, width=80, colour=False, verbose=False)


@pytest.mark.parametrize(
    "sign",
    [
        "(",
        "{",
        "{\n",
        "[wsl2]\n",
        "a:",
        "> ",
        "```\n",
        "&#",
        "\\",
        "-",
        "\t",
        "NAME ",
        "Server: ",
        "ID=\n",
    ],
)
def test_no_text_takes_long(sign):
    # What it finds is not the point: it ends. A pattern that backtracks would not.
    try:
        triage.triage((sign * 100_000).encode())
    except triage.NothingRecognisedError:
        return


def test_exit_codes_and_formats(tmp_path, report):
    path = tmp_path / "report.md"
    path.write_bytes(report)
    assert hullcheck("triage", str(path)).code == 1
    assert hullcheck("triage", str(path), "--fail-on", "never").code == 0
    told = json.loads(hullcheck("triage", str(path), "--format", "json").out)
    assert told["engine"]["provider"] == "docker-desktop"
    assert {piece["kind"] for piece in told["pieces"]} == {kind for kind, _, _ in KINDS}
    assert hullcheck("triage", str(path), "--format", "markdown").out.startswith("**docker-desktop")


def test_what_is_needed_is_not_what_is_there(report):
    found = triage.triage(report)
    commands = [item.command for item in found.needed]
    assert "docker info" not in commands
    assert r"type %USERPROFILE%\.wslconfig" not in commands
    assert "docker version" in commands
    assert commands[-1] == triage.ON_THE_HOST
    linux = triage.triage((DATA / "docker-info/linux/fedora35-20.10.txt").read_bytes())
    assert "cat /etc/docker/daemon.json" in [item.command for item in linux.needed]
    assert not any("wsl" in item.command for item in linux.needed)


def test_a_message_that_a_failed_check_explains_becomes_its_evidence():
    text = (
        b"docker: 'compose' is not a docker command.\n"
        b'error getting credentials - err: exec: "docker-credential-desktop.exe": executable file '
        b"not found in $PATH, out: ``\n"
    )
    assert fails(triage.triage(text)) == {"client-credential-helper-missing"}


def test_a_sentence_about_docker_is_no_output():
    text = b"I use docker info and wsl --version every day.\nServer: none of your business\n"
    with pytest.raises(triage.NothingRecognisedError):
        triage.triage(text)


def test_the_workflow_of_the_page_lets_a_stranger_nowhere():
    page = (Path(__file__).parents[2] / "docs/triage.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert re.search(r"(?m)^permissions: \{\}$", text)
    assert re.findall(r"(?m)^ +(\w+): write$", text) == ["issues"]
    # What a stranger wrote becomes a file, never a part of a shell's text.
    assert set(re.findall(r"\$\{\{ (\S+) \}\}", text)) == {
        "github.token", "github.repository", "github.event.issue.number",
    }  # fmt: skip
    assert "${{" not in text.split("steps:")[1]
