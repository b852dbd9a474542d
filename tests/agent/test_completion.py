from __future__ import annotations

import argparse
import re
import shutil
import subprocess

import pytest

from agent import completion

IDS = ["clock-unsynchronised", "log-rotation-unbounded", "log-driver-unreadable"]


def parser():
    top = argparse.ArgumentParser(prog="hullcheck")
    top.add_argument("-V", "--version", action="version", version="1")
    commands = top.add_subparsers(dest="command")
    doctor = commands.add_parser("doctor", help="look at this host; it's quick")
    doctor.add_argument("--format", choices=("text", "json"), help="the format: 100%% yours")
    doctor.add_argument("--only", action="append", metavar="ID,...", help="only these")
    doctor.add_argument("--from", dest="bundle", metavar="BUNDLE")
    doctor.add_argument("--timeout", metavar="S")
    doctor.add_argument("-v", "--verbose", action="store_true")
    doctor.add_argument("--secret", help=argparse.SUPPRESS)
    commands.add_parser("explain").add_argument("id", nargs="+", metavar="ID")
    commands.add_parser("list").add_argument("what", nargs="?", choices=("checks", "probes"))
    bundle = commands.add_parser("bundle", help="record")
    verbs = bundle.add_subparsers(dest="verb")
    verbs.add_parser("save").add_argument("-o", "--output", metavar="FILE.tar.gz")
    verbs.add_parser("show").add_argument("bundle", metavar="BUNDLE")
    return top


CASES = [
    ("hullcheck ", {"doctor", "explain", "list", "bundle"}),
    ("hullcheck do", {"doctor"}),
    ("hullcheck doctor --fo", {"--format"}),
    ("hullcheck doctor --format ", {"text", "json"}),
    ("hullcheck doctor --format=j", {"json"}),
    ("hullcheck doctor --only cl", {"clock-unsynchronised"}),
    ("hullcheck doctor -v --only log-", {"log-rotation-unbounded", "log-driver-unreadable"}),
    ("hullcheck doctor --only log-rotation-unbounded,cl", {"clock-unsynchronised"}),
    ("hullcheck doctor --from rec", {"record.tar.gz"}),
    ("hullcheck explain clock-", {"clock-unsynchronised"}),
    ("hullcheck list ", {"checks", "probes"}),
    ("hullcheck bundle ", {"save", "show"}),
    ("hullcheck bundle show rec", {"record.tar.gz"}),
    ("hullcheck bundle save --o", {"--output"}),
    ("hullcheck doctor --sec", set()),
]

BASH = r"""
source "$1"
line=$2
# Split as readline does, which breaks words at "=" too.
read -r -a COMP_WORDS <<<"${line//=/ = }"
case $line in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_hullcheck
printf '%s\n' "${COMPREPLY[@]}"
"""

ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'stty cols 400; PS1=; PS2=; autoload -Uz compinit; compinit -D; LISTMAX=999'
zpty -w shell "source $1"
zpty -w shell 'every() { _main_complete; compstate[insert]=all; }
zle -C every complete-word every; setopt no_beep'
zpty -w shell 'show() { zle every; print; print -r "BUFFER<$BUFFER>"; BUFFER=; }
zle -N show; bindkey "^T" show; print REA""DY'
zpty -r -m shell out '*READY*'
zpty -w -n shell "$2"$'\C-t'
zpty -r -m shell out '*BUFFER<*>*'
print -r -- "$out"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "record.tar.gz").write_text("")
    return tmp_path


def run(argv, folder):
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def installed(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    return shutil.which(shell)


def write(folder, shell):
    file = folder / "script"
    file.write_text(completion.script(shell, parser(), check_ids=IDS))
    return str(file)


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_bash_completes(folder, line, expected):
    script = write(folder, "bash")
    found = run([installed("bash"), "-c", BASH, "bash", script, line], folder).split()
    # In a list after commas, bash must be given the whole word back.
    assert {word.rpartition(",")[2] for word in found} == expected
    (folder / "script").unlink()


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_fish_completes(folder, line, expected):
    script = write(folder, "fish")
    shown = run([installed("fish"), "-N", "-c", f"source {script}; complete -C {line!r}"], folder)
    found = {row.split("\t")[0] for row in shown.splitlines()}
    assert {word.rpartition(",")[2].rpartition("=")[2] for word in found} == expected


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_zsh_completes(folder, line, expected):
    script = write(folder, "zsh")
    shown = run([installed("zsh"), "-f", "-c", ZSH, "zsh", script, line], folder)
    # zsh was told to insert every match at once.
    typed, inserted = line.split()[-1], re.search(r"BUFFER<(.*)>", shown)[1]
    assert inserted.startswith(line[: line.rindex(" ") + 1])
    found = re.split(r"[ =,]+", inserted[line.rindex(" ") + 1 :].strip())
    assert {word for word in found if word not in {"", typed, *re.split("[=,]", typed)}} == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_parses_the_script_of_the_real_program(shell, tmp_path):
    from agent import cli
    from agent.commands import COMMANDS

    known = [name for name in COMMANDS if name != "lint"]
    file = tmp_path / "script"
    file.write_text(completion.script(shell, cli.parser(known), check_ids=IDS))
    run([installed(shell), "-n", str(file)], tmp_path)


def test_powershell_completes(folder):
    script = write(folder, "powershell")
    for line, expected in CASES:
        if "=" in line or "rec" in line:
            continue  # PowerShell itself completes paths, and does not split at "="
        command = (
            f"Get-Content -Raw '{script}' | Invoke-Expression; "
            f"(TabExpansion2 -inputScript '{line}' -cursorColumn {len(line)})"
            ".CompletionMatches | ForEach-Object { $_.ListItemText }"
        )
        found = run([installed("pwsh"), "-NoProfile", "-Command", command], folder).split()
        assert set(found) == expected, line


def test_powershell_holds_every_command_and_balances():
    text = completion.script("powershell", parser(), check_ids=IDS)
    for word in ("'hullcheck bundle save'", "'hullcheck doctor --format' = 'text json'", "'@ids'"):
        assert word in text
    assert text.count("{") == text.count("}")
    assert text.count("'") % 2 == 0


def test_no_script_says_what_is_hidden_or_quotes_what_a_shell_would_run():
    for shell in completion.SHELLS:
        text = completion.script(shell, parser(), check_ids=IDS)
        assert "--secret" not in text
        assert "it's" not in text
        assert "@PROG@" not in text
        assert "100%%" not in text


def test_there_is_no_script_for_other_shells():
    with pytest.raises(KeyError):
        completion.script("tcsh", parser(), check_ids=IDS)
