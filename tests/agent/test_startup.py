"""What a start imports: asserted on modules, never on milliseconds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.agent.cli_runner import ROOT, hullcheck

THIRD_PARTY = {
    "rich",
    "docker",
    "psutil",
    "distro",
    "platformdirs",
    "pynvml",
    "requests",
    "urllib3",
}


def modules(*arguments):
    """The modules that are loaded when a command has run."""
    program = (
        "import sys, io, json\n"
        "from agent.__main__ import main\n"
        "out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "json.dump(sorted(sys.modules), out)\nout.flush()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "DOCKER_HOST": "unix:///nowhere"},
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("arguments", [("--version",), ("docker-cli-plugin-metadata",)])
def test_version_and_plugin_metadata_import_nothing(arguments):
    loaded = modules(*arguments)
    assert not loaded & {
        *THIRD_PARTY,
        "argparse",
        "subprocess",
        "dataclasses",
        "probes",
        "agent.cli",
    }


@pytest.mark.parametrize("arguments", [("--help",), ("doctor", "--help"), ("lint", "--help")])
def test_help_imports_no_third_party_module(arguments):
    assert not modules(*arguments) & THIRD_PARTY


def test_json_never_loads_rich_nor_docker():
    loaded = modules("doctor", "--format", "json")
    assert not loaded & {"rich", "docker", "requests", "distro", "pynvml"}


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_run_loads_nothing_that_it_can_do_without(form):
    loaded = modules("doctor", "--format", form)
    assert not loaded & {"dataclasses", "inspect", "tokenize", "difflib", "logging"}
    assert not loaded & {"tomllib", "tarfile", "gzip", "unittest", "asyncio", "concurrent.futures"}


def test_annotations_of_records_are_never_compiled():
    """What typing.NamedTuple does at each start, 150 times."""
    program = (
        "import typing\n"
        "def refuse(*_): raise AssertionError\n"
        "typing._make_nmtuple = refuse\n"
        "from probes import load_topics; load_topics()\n"
        "import agent.doctor, agent.report.json_report, agent.report.text\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_metadata_is_what_the_docker_cli_wants():
    result = hullcheck("docker-cli-plugin-metadata")
    told = json.loads(result.out)
    assert told["SchemaVersion"] == "0.1.0"
    assert told["Vendor"]


def test_version():
    from agent.version import __version__

    assert hullcheck("--version").out == f"hullcheck {__version__}\n"
