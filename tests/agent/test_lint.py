"""hullcheck lint, as a user runs it."""

from __future__ import annotations

import json

import pytest

from agent import lint
from tests.agent.cli_runner import hullcheck


def run(path, *more, **kwargs):
    return hullcheck("lint", "--engine", "28.5.2", *more, str(path), **kwargs)


def document(path, *more, **kwargs):
    result = run(path, "--format", "json", *more, **kwargs)
    return result.code, json.loads(result.out)


@pytest.fixture
def file(tmp_path):
    def write(data, name="daemon.json"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def test_a_good_file(file):
    result = run(file('{"log-driver": "local"}'))
    assert result.code == 0
    assert "no problem found" in result.out


def test_a_refused_file(file):
    path = file('{\n  "log-drivr": "local"\n}')
    code, told = document(path)
    assert code == 1
    assert told["schema"] == "hullcheck.lint/1"
    (found,) = told["findings"]
    assert (found["id"], found["line"], found["column"]) == ("daemon-json-unknown-key", 2, 3)
    assert found["refused_by_engine"] is True
    assert found["suggestion"] == "log-driver"
    assert run(path, "--fail-on", "never").code == 1


def test_what_the_engine_lets_through(file):
    path = file('{"host": ["tcp://127.0.0.1:2375"]}')
    code, told = document(path)
    assert (code, told["findings"][0]["refused_by_engine"]) == (0, False)
    assert told["findings"][0]["suggestion"] == "hosts"
    assert run(path, "--fail-on", "warning").code == 1


def test_text_is_what_an_editor_jumps_to(file):
    path = file('{\n  "log-drivr": "local"\n}')
    first = run(path).out.splitlines()[0]
    assert first == f"{path}:2:3: error [daemon-json-unknown-key]"


@pytest.mark.parametrize("what", ["directory", "loop", "huge"])
def test_what_is_no_file_is_a_finding(tmp_path, what):
    path = tmp_path / "daemon.json"
    if what == "directory":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    else:
        with path.open("wb") as file:
            file.truncate(50 << 20)
    code, told = document(path)
    assert code == 1
    assert [(f["id"], f["line"], f["column"]) for f in told["findings"]] == [
        ("daemon-json-unreadable", 1, 1)
    ]


def test_a_missing_file_is_wrong_usage_and_the_others_are_judged(file, tmp_path):
    good = file("{}")
    result = hullcheck("lint", str(tmp_path / "none.json"), str(good))
    assert result.code == 2
    assert "none.json: cannot be read: No such file" in result.err
    assert "1 file judged" in result.out


def test_standard_input():
    result = hullcheck("lint", "--kind", "daemon.json", "--engine", "new", "-", stdin=b"{}")
    assert result.code == 2
    result = hullcheck("lint", "--kind", "wslconf", "-", stdin=b"[boot]\n;\nsystemd=true\n")
    assert result.code == 1
    assert "standard input:2:1: error [wsl-conf-invalid-line]" in result.out
    result = hullcheck("lint", "--kind", "daemon.json", "--engine", "28", "-", stdin=b"{,}")
    assert result.code == 1
    assert "standard input:1:2" in result.out


def test_secrets_do_not_reach_the_output(file):
    path = file('{"log-driver": "splunk", "log-opts": {"splunk-tokn": "hunter2", "x": 1}}')
    for form in ("text", "json"):
        result = run(path, "--format", form)
        assert "hunter2" not in result.out + result.err
    path = file('{"registry-mirrors": ["https://user:hunter2@mirror"]}')
    result = run(path)
    assert result.code == 1
    assert "hunter2" not in result.out


def test_hostile_keys_are_shown_escaped(file):
    path = file(b'{"\\u001b[2Jevil": 1, "\xe2\x80\xaeevil": 2}')
    for form in ("text", "json"):
        out = run(path, "--format", form).out
        assert "\x1b" not in out
        assert chr(0x202E) not in out


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("daemon.json", "", "daemon.json"),
        ("daemon.json.bak", "", "daemon.json"),
        ("dockerd.json", "", "daemon.json"),
        ("x.json", '{"log-driver": "local"}', "daemon.json"),
        ("x.conf", '{"registry-mirrors": []', "daemon.json"),
        (".wslconfig", "", ".wslconfig"),
        ("wslconfig", "x", ".wslconfig"),
        ("dot_wslconfig", "", ".wslconfig"),
        ("001.wslconfig", "", ".wslconfig"),
        (".wslconfig.txt", "", ".wslconfig"),
        (".wslconfig.bak~", "", ".wslconfig"),
        ("wslconfig.py", "x", None),
        ("wslconfig.md", "# .wslconfig", None),
        ("wsl.conf", "", "wsl.conf"),
        ("001.wsl.conf", "", "wsl.conf"),
        ("wsl.conf.example", "", "wsl.conf"),
        ("etc-wsl", "[boot]\nsystemd=true\n", "wsl.conf"),
        ("dotfile", "# x\r\n[wsl2]\r\nmemory=8GB\r\n", ".wslconfig"),
        ("x.ini", "[boot]\nquiet=true\n", None),
        ("smb.conf", "[network]\nname=x\n", None),
        ("package.json", '{"labels": []}', None),
        ("x.txt", "hello", None),
        ("settings-store.json", '{"MemoryMiB": 4096}', "settings-store.json"),
        ("docker-settings.json", '{"memoryMiB": 4096, "cpus": 4}', "settings.json"),
        ("settings.json", '{"memoryMiB": 4096}', "settings.json"),
        ("settings.json", '{"editor.fontSize": 12, "workbench.colorTheme": "x"}', None),
        ("admin-settings.json", "{}", "admin-settings.json"),
        ("a.json", '{"configurationFileVersion": 2}', "admin-settings.json"),
        ("a.json", '{"WslEngineEnabled": true}', "settings-store.json"),
        ("a.json", '{"debug": true, "experimental": true}', "daemon.json"),
    ],
)
def test_kind(name, data, kind):
    assert lint.kind_of(name, data.encode()) == kind


def test_every_finding_has_a_page(file):
    _, told = document(file('{"a": 1, "host": [], "debug": "x", "debug": true}'))
    for found in told["findings"]:
        assert hullcheck("explain", found["id"]).code == 0


# -- WSL's files -------------------------------------------------------------------------------------


def test_wslconfig_in_text_and_json(file):
    path = file("[wsl2]\r\nmemory=8 GB\r\n", ".wslconfig")
    result = hullcheck("lint", str(path))
    assert result.code == 0
    assert result.out.splitlines()[0] == f"{path}:2:8: warning [wslconfig-value-misspelt]"
    assert "any Windows and WSL" in " ".join(result.out.split())
    assert "engine" not in result.out
    assert hullcheck("lint", "--fail-on", "warning", str(path)).code == 1
    code, told = document(path)
    assert code == 0
    (found,) = told["findings"]
    assert (found["line"], found["column"], found["end_column"]) == (2, 8, 12)
    assert (found["key"], found["suggestion"]) == ("wsl2.memory", "8GB")
    assert told["files"][0]["kind"] == ".wslconfig"


def test_several_kinds_at_once_are_each_judged_for_their_own(file):
    paths = [
        str(file("{}")),
        str(file("[wsl2]\nnetworkingMode=mirrored\nmemory=32GB\nprocessors=16\n", ".wslconfig")),
        str(file("[boot]\nsystemd=true\n", "wsl.conf")),
    ]
    given = ["--engine", "28.5.2", "--windows", "10", "--wsl", "2.6.1", "--memory", "16GB",
             "--cpus", "8", "--format", "json"]  # fmt: skip
    told = json.loads(hullcheck("lint", *given, *paths).out)
    assert [f["judged_for"] for f in told["files"]] == [
        "engine 28.5.2 (as asked)",
        "Windows build 19045, WSL 2.6.1, 16 GiB of memory, 8 processors",
        "Windows build 19045, WSL 2.6.1, 16 GiB of memory, 8 processors",
    ]
    assert [(f["id"], f["line"], f["this_machine_only"]) for f in told["findings"]] == [
        ("wslconfig-ignored-here", 2, False),
        ("wslconfig-larger-than-host", 3, True),
        ("wslconfig-larger-than-host", 4, True),
    ]
    # Of no computer in particular nothing is said that depends on one.
    assert json.loads(hullcheck("lint", "--format", "json", *paths).out)["findings"] == []


def test_wsl_refuses_what_stops_it(file):
    path = file("[wsl2]\nkernel=C:\\temp\\bzImage\n", ".wslconfig")
    result = hullcheck("lint", "--fail-on", "never", str(path))
    assert result.code == 1
    assert "refused  by WSL" in result.out
    assert "1 refused" in result.out


@pytest.mark.parametrize(
    "given",
    [
        ["--windows", "9"],
        ["--windows", "10.0"],
        ["--wsl", "two"],
        ["--memory", "8"],
        ["--memory", "much"],
        ["--cpus", "0"],
        ["--kind", "compose.yml"],
    ],
)
def test_wrong_usage(file, given):
    result = hullcheck("lint", *given, str(file("", ".wslconfig")))
    assert result.code == 2
    assert given[1] in result.err


@pytest.mark.parametrize(
    ("given", "finds"),
    [
        (["--windows", "11"], False),
        (["--windows", "22000"], True),
        (["--windows", "10.0.19045.5000"], True),
        (["--wsl", "inbox"], True),
        (["--wsl", "v2.6.1.0"], False),
    ],
)
def test_versions_are_read(file, given, finds):
    path = file("[wsl2]\nnetworkingMode=mirrored\n", ".wslconfig")
    told = json.loads(hullcheck("lint", *given, "--format", "json", str(path)).out)
    assert bool(told["findings"]) is finds


@pytest.mark.parametrize(
    ("name", "data", "codes"),
    [
        (".wslconfig", b"", []),
        (".wslconfig", "[wsl2]\r\nswap=0\r\n".encode("utf-16"), []),
        (".wslconfig", "[wsl2]\nswap=0\n".encode("utf-16-le"), ["wslconfig-encoding"]),
        (".wslconfig", bytes(range(256)) * 64, ["wslconfig-encoding"]),
        (".wslconfig", "# Größe\n[wsl2]\nswap=0".encode("latin-1"), []),
        (".wslconfig", b"[wsl2", ["wslconfig-invalid-line"]),
        ("wsl.conf", "[boot]\nsystemd=true\n".encode("utf-16"), ["wsl-conf-encoding"]),
        ("wsl.conf", b"\xef\xbb\xbf[boot]\n", ["wsl-conf-byte-order-mark"]),
        ("wsl.conf", b"[boot]\r\nsystemd=true\r\n", []),
    ],
)
def test_bad_bytes_are_one_clear_problem_or_none(file, name, data, codes):
    _, told = document(file(data, name))
    assert [found["id"] for found in told["findings"]] == codes


@pytest.mark.parametrize(("name", "code"), [(".wslconfig", "wslconfig"), ("wsl.conf", "wsl-conf")])
def test_a_huge_file_or_a_folder_is_one_problem(tmp_path, name, code):
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(100 << 20)
    result, told = document(path)
    assert result == 1
    assert [found["id"] for found in told["findings"]] == [f"{code}-unreadable"]
    path.unlink()
    path.mkdir()
    result, told = document(path)
    assert [found["id"] for found in told["findings"]] == [f"{code}-unreadable"]
    assert told["findings"][0]["refused_by_engine"] is False


def test_hostile_lines_are_shown_escaped(file):
    path = file("[wsl2]\nmemory=\x1b[31m8\u202eGB\n\x1b]0;x=1\nfoo\u202e=1\n", ".wslconfig")
    for form in ("text", "json"):
        out = run(path, "--format", form).out
        assert "wslconfig-invalid-value" in out
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_all_real_files_at_once():
    from pathlib import Path

    data = Path(__file__).parents[1] / "data"
    paths = sorted(map(str, [*data.glob("wslconfig/[0-9]*"), *data.glob("wslconf/[0-9]*")]))
    told = json.loads(hullcheck("lint", "--format", "json", *paths).out)
    assert told["summary"] == {"files": 84, "refused": 0, "error": 0, "warning": 12, "note": 6}
    for found in {f["id"]: f for f in told["findings"]}.values():
        assert hullcheck("explain", found["id"]).code == 0


def test_desktop_settings_are_judged_for_the_computer_that_is_named(file):
    path = file('{"MemoryMiB": 65536, "Cpus": 32}', "settings-store.json")
    code, told = document(path, "--memory", "16GB", "--cpus", "8")
    found = [(f["id"], f["line"], f["column"], f["suggestion"]) for f in told["findings"]]
    assert found == [
        ("desktop-settings-unfit-resources", 1, 15, "8192"),
        ("desktop-settings-unfit-resources", 1, 30, "8"),
    ]
    assert (code, told["files"][0]["kind"]) == (0, "settings-store.json")
