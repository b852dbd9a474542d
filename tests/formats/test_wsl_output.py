"""wsl.exe and netsh, in every language that there is an output of."""

import csv
import re
from pathlib import Path

import pytest

from probes.formats.text_encoding import decode
from probes.formats.wsl_output import (
    codes,
    is_list,
    parse_list,
    parse_port_ranges,
    parse_status,
    parse_version,
)

DATA = Path(__file__).parents[1] / "data" / "wsl-output"
ROWS = list(
    csv.DictReader((DATA / "index.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t")
)


def text_of(row):
    return decode((DATA / row["file"]).read_bytes())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_every_output_in_every_language(row):
    text, answer = text_of(row), dict(re.findall(r"(\w+)=([\w.-]+)", row["answer"]))
    told, status = parse_version(text), parse_status(text)
    if "version" in row["command"]:
        assert told is not None
        assert told.wsl == answer.get("wsl", "2.2.4.0")
        assert told.windows.startswith("10.0.")
        if "kernel" in answer:
            assert (told.kernel, told.windows) == (answer["kernel"], answer["windows"])
    else:
        assert told is None
    if "status" in row["command"]:
        assert status is not None
        assert (status.default, status.version) == (answer["default"], 2)
    else:
        assert status is None
    assert is_list(text) == ("-v" in row["command"].split())


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("002.txt", [("Ubuntu-18.04", 1, True), ("docker-desktop", 2, False),
                     ("docker-desktop-data", 2, False)]),
        ("010.txt", [("Ubuntu", 2, True), ("Legacy", 1, False), ("docker-desktop", 2, False),
                     ("docker-desktop-data", 2, False)]),
        ("011.txt", [("Ubuntu-18.04", 2, True), ("docker-desktop", 2, False),
                     ("docker-desktop-data", 2, False), ("kali-linux", 2, False)]),
        ("017.txt", [("Ubuntu", 1, True)]),
        ("008.txt", []),
    ],
)  # fmt: skip
def test_lists(file, expected):
    rows = parse_list((DATA / file).read_text())
    assert [(row.name, row.version, row.default) for row in rows] == expected
    assert {row.state for row in rows} <= {"Running", "Stopped"}


def test_what_looks_like_it_and_is_not():
    for text in ("", "Docker version 28.1.1, build 4eba377", "Version: 2", "a: b\nc: d\n",
                 "Server Version: 28.1.1\n Kernel Version: 6.6.87.2-microsoft-standard-WSL2\n"):  # fmt: skip
        assert parse_version(text) is None
        assert parse_list(text) == ()
    assert parse_status("Name: Ubuntu\nState: Running\n") is None


def test_reserved_ports_in_any_language():
    german = (
        "\nProtokoll tcp-Portausschlussbereiche\n\nStartport    Endport\n----------    --------\n"
    )
    text = (
        german
        + "        80          80\n      5357        5357     *\n     50000       50059\n\n* -"
    )
    assert parse_port_ranges(text) == ((80, 80), (5357, 5357), (50000, 50059))
    assert parse_port_ranges("70000 70001\n9 5\n") == ()


def test_codes_of_errors():
    text = "WslRegisterDistribution failed with error: 0x80370102\nFehlercode: Wsl/Service/E_FAIL"
    assert codes(text) == ("0x80370102", "Wsl/Service/E_FAIL")
