from __future__ import annotations

import argparse
import re
import shutil
import subprocess

import pytest

from agent import completion

CHECKS = ["clock-unsynchronised", "log-rotation-unbounded", "log-driver-unreadable"]
LISTS = {
    "checks": CHECKS,
    "named": [*CHECKS, "log-rotation"],
    "mended": ["log-rotation", "log-rotation-unbounded"],
    "settings": ["max-file=", "max-size=", "log-rotation.max-file=", "log-rotation.max-size="],
}


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
    fix = commands.add_parser("fix")
    fix.add_argument("id", nargs="*", metavar="FIX")
    fix.add_argument("--set", action="append", metavar="[FIX.]NAME=VALUE")
    fix.add_argument("--apply", action="store_true")
    commands.add_parser("undo").add_argument("transaction", nargs="?", metavar="TX")
    return top


CASES = [
    ("hullcheck ", {"doctor", "explain", "list", "bundle", "fix", "undo"}),
    ("hullcheck do", {"doctor"}),
    ("hullcheck doctor --fo", {"--format"}),
    ("hullcheck doctor --format ", {"text", "json"}),
    ("hullcheck doctor --format=j", {"json"}),
    ("hullcheck doctor --only cl", {"clock-unsynchronised"}),
    ("hullcheck doctor -v --only log-", {"log-rotation-unbounded", "log-driver-unreadable"}),
    ("hullcheck doctor --only log-rotation-unbounded,cl", {"clock-unsynchronised"}),
    ("hullcheck doctor --from rec", {"record.tar.gz"}),
    ("hullcheck explain clock-", {"clock-unsynchronised"}),
    ("hullcheck explain log-rot", {"log-rotation-unbounded", "log-rotation"}),
    ("hullcheck fix ", {"log-rotation", "log-rotation-unbounded"}),
    ("hullcheck fix --apply log-rotation,log-rotation-", {"log-rotation-unbounded"}),
    ("hullcheck fix --a", {"--apply"}),
    ("hullcheck fix log-rotation --set max-", {"max-file", "max-size"}),
    (
        "hullcheck fix log-rotation --set log-",
        {"log-rotation.max-file", "log-rotation.max-size"},
    ),
    ("hullcheck fix log-rotation --set=max-s", {"max-size"}),
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


TRANSACTIONS = {"20261124-101500-00aa", "20261125-015031-3f2a"}


def journal(folder):
    """The state folder of a journal, with one transaction that a kill has left half written."""
    for name in (*TRANSACTIONS, ".new-20261125-020000-0001"):
        (folder / "transactions" / name).mkdir(parents=True)
    return str(folder)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "record.tar.gz").write_text("")
    return tmp_path


def run(argv, folder, **more):
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        **more,
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
    file.write_text(completion.script(shell, parser(), LISTS))
    return str(file)


def bash(folder, line, **env):
    argv = [installed("bash"), "-c", BASH, "bash", write(folder, "bash"), line]
    # In a list after commas, bash must be given the whole word back.
    return {word.rpartition(",")[2] for word in run(argv, folder, **env).split()}


def fish(folder, line, **env):
    script = f"source {write(folder, 'fish')}; complete -C {line!r}"
    shown = run([installed("fish"), "-N", "-c", script], folder, **env)
    found = {row.split("\t")[0].rpartition(",")[2] for row in shown.splitlines()}
    return {re.sub(r"^--\w+=", "", word) for word in found}


def zsh(folder, line, **env):
    argv = [installed("zsh"), "-f", "-c", ZSH, "zsh", write(folder, "zsh"), line]
    shown = run(argv, folder, **env)
    # zsh was told to insert every match at once.
    typed, inserted = line.split()[-1], re.search(r"BUFFER<(.*)>", shown)[1]
    assert inserted.startswith(line[: line.rindex(" ") + 1])
    found = re.split(r"[ =,]+", inserted[line.rindex(" ") + 1 :].strip())
    return {word for word in found if word not in {"", typed, *re.split("[=,]", typed)}}


COMPLETE = {"bash": bash, "fish": fish, "zsh": zsh}


@pytest.mark.parametrize(("line", "expected"), CASES)
@pytest.mark.parametrize("shell", COMPLETE)
def test_the_shell_completes(shell, folder, line, expected):
    found = COMPLETE[shell](folder, line)
    assert {word.rstrip("=") for word in found} == expected


@pytest.mark.parametrize("shell", COMPLETE)
def test_transactions_are_those_of_the_journal(shell, folder):
    line = "hullcheck undo 2026112"
    state = journal(folder / "elsewhere")
    assert COMPLETE[shell](folder, line, HULLCHECK_STATE_DIR=state) == TRANSACTIONS
    assert COMPLETE[shell](folder, line, HULLCHECK_STATE_DIR="/nonexistent") == set()
    journal(folder / ".local" / "state" / "hullcheck")
    # Root's own journal is there, too, on a machine that has one.
    assert COMPLETE[shell](folder, line) >= TRANSACTIONS
    state = journal(folder / "state" / "hullcheck").rpartition("/")[0]
    (folder / ".local").rename(folder / "gone")
    assert COMPLETE[shell](folder, line, XDG_STATE_HOME=state) >= TRANSACTIONS


def test_bash_offers_nothing_for_the_value_of_a_parameter(folder):
    for typed in ("max-size=", "max-size=lo", "log-rotation.max-size="):
        assert bash(folder, f"hullcheck fix log-rotation --set {typed}") == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_parses_the_script_of_the_real_program(shell, tmp_path):
    from agent import cli
    from agent.commands import COMMANDS

    known = [name for name in COMMANDS if name != "lint"]
    file = tmp_path / "script"
    file.write_text(completion.script(shell, cli.parser(known), LISTS))
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
    text = completion.script("powershell", parser(), LISTS)
    for word in (
        "'hullcheck bundle save'",
        "'hullcheck doctor --format' = 'text json'",
        "'@mended'",
    ):
        assert word in text
    assert text.count("{") == text.count("}")
    assert text.count("'") % 2 == 0


def test_no_script_says_what_is_hidden_or_quotes_what_a_shell_would_run():
    for shell in completion.SHELLS:
        text = completion.script(shell, parser(), LISTS)
        assert "--secret" not in text
        assert "it's" not in text
        assert not re.search("@[A-Z]+@", text)
        assert "100%%" not in text


def test_there_is_no_script_for_other_shells():
    with pytest.raises(KeyError):
        completion.script("tcsh", parser(), LISTS)


def test_the_words_are_those_that_the_commands_take():
    from agent import mending
    from fixes import FIXES, load
    from probes import load_checks

    words = completion.words()
    assert set(words) == set(completion.LISTS)
    assert words["checks"] == list(load_checks())
    assert set(words["named"]) == {*load_checks(), *FIXES}
    for id_ in words["mended"]:
        assert mending.named([id_])
    for word in words["settings"]:
        fix = word.rpartition(".")[0]
        assert mending.parameters([f"{word}1"], (fix,) if fix else tuple(FIXES))
    offered = {word for word in words["settings"] if "." in word}
    assert offered == {f"{i}.{p.name}=" for i in FIXES for p in load(i).parameters}


def test_the_program_completes_what_it_can_mend_and_undo():
    from agent import cli

    of = {command.name: command for command in completion.commands(cli.parser(), ("hullcheck",))}
    options = {name: o.values for o in of["hullcheck fix"].options for name in o.names}
    assert of["hullcheck fix"].values == completion.MENDED
    assert options["--set"] == completion.SETTINGS
    assert options["--apply"] is None
    assert of["hullcheck explain"].values == completion.NAMED
    assert of["hullcheck undo"].values == of["hullcheck history"].values == completion.TRANSACTIONS
