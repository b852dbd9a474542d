"""Completion scripts for bash, zsh, fish and PowerShell, made from the parser itself.

Each script holds tables (which options a command has, which values an option takes) and one small
walk over the words typed so far; a tab never starts Python. docs/decisions/0003-completion.md.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FILES, TRANSACTIONS, FREE = "files", "transactions", "free"
"""Values that are found when they are asked for, or are anything."""

CHECKS, NAMED, MENDED, SETTINGS = "checks", "named", "mended", "settings"
"""Values out of long lists, which a script holds once: check ids; ids of checks and fixes; of fixes
and of checks that have one; names of fixes' parameters. A comma may stand between several ids."""

LISTS = (CHECKS, NAMED, MENDED, SETTINGS)

_METAVARS = {
    "ID,...": CHECKS,
    "ID": NAMED,
    "FIX": MENDED,
    "[FIX.]NAME=VALUE": SETTINGS,
    "TX": TRANSACTIONS,
}
"""What an argument takes, by how its help calls it."""

_FILE_WORDS = re.compile(r"FILE|DIR|BUNDLE|FOLDER|PATH")


class Option(NamedTuple):
    """An option of one command."""

    names: tuple[str, ...]
    help: str
    values: str | tuple[str, ...] | None
    """Words, or the name of one of the kinds above; None for one that takes no value."""


class Command(NamedTuple):
    """A command, ``("hullcheck", "bundle", "save")``, with what may follow it."""

    path: tuple[str, ...]
    options: tuple[Option, ...]
    commands: tuple[tuple[str, str], ...]
    """Name and help of each command below it."""
    values: str | tuple[str, ...]
    """What its positional arguments are."""

    @property
    def name(self) -> str:
        """The path as one text."""
        return " ".join(self.path)


def script(shell: str, parser: argparse.ArgumentParser, lists: Mapping[str, Sequence[str]]) -> str:
    """The completion script of that shell; ``lists`` are the words of each of :data:`LISTS`.

    Raises KeyError for a shell that has none.
    """
    make = _SHELLS[shell]
    return make(list(commands(parser, (parser.prog,))), lists)


def words() -> dict[str, list[str]]:
    """The words of each of :data:`LISTS`."""
    from fixes import FIXES, by_check, load_all
    from probes import load_checks

    checks = list(load_checks())
    parameters = [(fix.id, item.name) for fix in load_all() for item in fix.parameters]
    return {
        CHECKS: checks,
        NAMED: [*checks, *FIXES],
        MENDED: [*FIXES, *by_check()],
        SETTINGS: [
            *dict.fromkeys(f"{name}=" for _, name in parameters),
            *(f"{fix}.{name}=" for fix, name in parameters),
        ],
    }


def commands(parser: argparse.ArgumentParser, path: tuple[str, ...]) -> Iterable[Command]:
    """The command that a parser is, and all below it."""
    options: list[Option] = []
    below: list[tuple[str, str]] = []
    parsers: dict[str, argparse.ArgumentParser] = {}
    values: str | tuple[str, ...] = FREE
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if action.help == argparse.SUPPRESS:
            continue
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            parsers = dict(action.choices)
            helps = {a.dest: a.help or "" for a in action._choices_actions}  # noqa: SLF001
            below = [(name, helps.get(name, "")) for name in parsers]
        elif action.option_strings:
            takes = None if action.nargs == 0 else _values(action)
            help_ = _plain(action.help or "")
            options.append(Option(tuple(action.option_strings), help_, takes))
        elif values == FREE:
            values = _values(action)
    yield Command(path, tuple(options), tuple(below), values)
    for name, sub in parsers.items():
        yield from commands(sub, (*path, name))


def _values(action: argparse.Action) -> str | tuple[str, ...]:
    if action.choices is not None:
        return tuple(str(choice) for choice in action.choices)
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if metavar in _METAVARS:
        return _METAVARS[metavar]
    return FILES if _FILE_WORDS.search(metavar) else FREE


def _plain(text: str) -> str:
    """Help on one line, without what a shell would read as its own."""
    return re.sub(r"[`'\"\\$\s]+", " ", text.replace("%%", "%")).strip()


def _quoted(text: str) -> str:
    """For bash, zsh and fish: help has no quotes left, and words are our own."""
    return f"'{text}'"


def _all_names(command: Command) -> list[str]:
    return [name for option in command.options for name in option.names]


def _cases(found: Sequence[Command], say: Callable[[str | tuple[str, ...]], str]) -> list[str]:
    """Bash and zsh alike: ``case "$path $prev"`` arms, for options that take a value."""
    lines = []
    for command in found:
        for option in command.options:
            if option.values is not None:
                patterns = "|".join(_quoted(f"{command.name} {name}") for name in option.names)
                lines.append(f"    {patterns}) {say(option.values)}; return ;;")
    return lines


def _walk(found: Sequence[Command]) -> str:
    """The patterns of all commands below the first, for a ``case`` that walks the words."""
    return "|".join(_quoted(command.name) for command in found[1:])


# -- bash ------------------------------------------------------------------------------------------

_BASH = """\
# bash completion for hullcheck; works with bash 3.2 and later.
# Load it:  source <(hullcheck completion bash)
# or keep it:  hullcheck completion bash > ~/.local/share/bash-completion/completions/hullcheck

@LISTS@

_hullcheck_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_hullcheck_list() {
  local before=
  case "$cur" in *,*) before="${cur%,*}," ;; esac
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "${cur##*,}"))
}

_hullcheck_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}

# A name is completed up to its "=", and the value follows without a space.
_hullcheck_settings() {
  compopt -o nospace 2>/dev/null
  _hullcheck_words "$_hullcheck_settings"
}

_hullcheck_transactions() {
  local folder path found=
  local -a folders
  folders=("${@STATE@}")
  if [ -z "${@STATE@}" ]; then
    folders=(@ROOT@ "${XDG_STATE_HOME:-$HOME/.local/state}/@PROG@"
      "$HOME/Library/Application Support/@PROG@")
  fi
  for folder in "${folders[@]}"; do
    for path in "$folder"/transactions/[0-9]*; do
      [ -d "$path" ] && found="$found ${path##*/}"
    done
  done
  _hullcheck_words "$found"
}

_hullcheck() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path='@PROG@' word i
  local valued=
  COMPREPLY=()
  if [ "$cur" = '=' ]; then
    cur= valued=yes
  elif [ "$prev" = '=' ]; then
    prev="${COMP_WORDS[COMP_CWORD-2]}" valued=yes
  fi
  # What follows the "=" of NAME=VALUE is anybody's guess.
  case "$valued$prev" in yes[!-]*) return ;; esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    case "$path $word" in
    @WALK@) path="$path $word" ;;
    esac
  done
  case "$path $prev" in
@CASES@
  esac
  case "$path" in
@COMMANDS@
  esac
}

complete -F _hullcheck @PROG@
"""


def _bash(found: Sequence[Command], lists: Mapping[str, Sequence[str]]) -> str:
    def say(values: str | tuple[str, ...]) -> str:
        if isinstance(values, tuple):
            return f"_hullcheck_words {_quoted(' '.join(values))}"
        if values in {CHECKS, NAMED, MENDED}:
            return f'_hullcheck_list "$_hullcheck_{values}"'
        return ":" if values == FREE else f"_hullcheck_{values}"

    arms = []
    for command in found:
        names = " ".join(_all_names(command))
        below = " ".join(name for name, _ in command.commands)
        plain = f"_hullcheck_words {_quoted(below)}" if below else say(command.values)
        arms.append(
            f"  {_quoted(command.name)})\n"
            f'    case "$cur" in -*) _hullcheck_words {_quoted(names)} ;; *) {plain} ;; esac ;;'
        )
    held = [f"_hullcheck_{name}={_quoted(' '.join(lists[name]))}" for name in LISTS]
    return _filled(_BASH, found, held, _cases(found, say), arms)


def _filled(
    template: str,
    found: Sequence[Command],
    lists: Sequence[str],
    cases: Sequence[str],
    arms: Sequence[str],
) -> str:
    from fixes.journal import ROOT_STATE, STATE_VARIABLE

    values = {
        "@PROG@": found[0].name,
        "@STATE@": STATE_VARIABLE,
        "@ROOT@": ROOT_STATE,
        "@LISTS@": "\n".join(lists),
        "@WALK@": _walk(found),
        "@CASES@": "\n".join(cases),
        "@COMMANDS@": "\n".join(arms),
    }
    return re.sub(r"@[A-Z]+@", lambda match: values[match[0]], template)


# -- zsh -------------------------------------------------------------------------------------------

_ZSH = """\
#compdef @PROG@
# zsh completion for hullcheck.
# Load it:  source <(hullcheck completion zsh)     (after compinit)
# or keep it as _hullcheck in a folder of $fpath.

@LISTS@

_hullcheck_transactions() {
  local -a folders
  folders=("${@STATE@}")
  if [[ -z "${@STATE@}" ]]; then
    folders=(@ROOT@ "${XDG_STATE_HOME:-$HOME/.local/state}/@PROG@"
      "$HOME/Library/Application Support/@PROG@")
  fi
  compadd -- ${^folders}/transactions/[0-9]*(N/:t)
}

_hullcheck() {
  local path_='@PROG@' prev word i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word="${words[i]}"
    case "$path_ $word" in
    @WALK@) path_="$path_ $word" ;;
    esac
  done
  prev="${words[CURRENT-1]}"
  if [[ "${words[CURRENT]}" == --*=* ]]; then
    prev="${words[CURRENT]%%=*}"
    compset -P '*='
  fi
  case "$path_ $prev" in
@CASES@
  esac
  case "$path_" in
@COMMANDS@
  esac
}

if [ "${funcstack[1]}" = "_hullcheck" ]; then
  _hullcheck "$@"
else
  compdef _hullcheck @PROG@
fi
"""


def _zsh(found: Sequence[Command], lists: Mapping[str, Sequence[str]]) -> str:
    def say(values: str | tuple[str, ...]) -> str:
        if isinstance(values, tuple):
            return f"compadd -- {' '.join(map(_quoted, values))}"
        if values in LISTS:
            return f"compset -P '*,'; compadd -S '' -- $_hullcheck_{values}"
        return {FILES: "_files", TRANSACTIONS: "_hullcheck_transactions"}.get(
            values, "_message 'a value'"
        )

    def described(pairs: Iterable[tuple[str, str]]) -> str:
        return " ".join(_quoted(f"{name}:{_plain(text).replace(':', ';')}") for name, text in pairs)

    arms = []
    for command in found:
        options = described((name, o.help) for o in command.options for name in o.names)
        below = described(command.commands)
        plain = f"found=({below}); _describe command found" if below else say(command.values)
        arms.append(
            f"  {_quoted(command.name)})\n"
            f'    if [[ "${{words[CURRENT]}}" == -* ]]; then\n'
            f"      found=({options}); _describe option found\n"
            f"    else\n      {plain}\n    fi ;;"
        )
    held = [f"_hullcheck_{name}=({' '.join(map(_quoted, lists[name]))})" for name in LISTS]
    return _filled(_ZSH, found, held, _cases(found, say), arms)


# -- fish ------------------------------------------------------------------------------------------

_FISH = """\
# fish completion for hullcheck.
# Keep it:  hullcheck completion fish > ~/.config/fish/completions/hullcheck.fish

@LISTS@

function __hullcheck_at
    set -l path @PROG@
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case @WALK@
                set path "$path $word"
        end
    end
    test "$path" = "$argv"
end

function __hullcheck_list
    set -l before (string match -r '^.*,' -- (commandline -ct))
    for id in $argv
        echo "$before$id"
    end
end

function __hullcheck_transactions
    set -l folders $@STATE@
    if test -z "$@STATE@"
        set -l state $XDG_STATE_HOME ~/.local/state
        set folders @ROOT@ $state[1]/@PROG@ ~/'Library/Application Support/@PROG@'
    end
    for path in $folders/transactions/*/
        string replace -r '.*/([0-9][^/]*)/$' '$1' -- $path
    end
end

complete -c @PROG@ -f
@COMMANDS@
"""


def _fish(found: Sequence[Command], lists: Mapping[str, Sequence[str]]) -> str:
    def say(values: str | tuple[str, ...]) -> str:
        if isinstance(values, tuple):
            return f"-a {_quoted(' '.join(values))}"
        if values in LISTS:
            return f"-a '(__hullcheck_list $__hullcheck_{values})'"
        return {FILES: "-F", TRANSACTIONS: "-a '(__hullcheck_transactions)'"}.get(values, "")

    def require(values: str | tuple[str, ...]) -> str:
        # -x: a value and nothing else; -r: a value, and paths are offered.
        return "-r -F" if values == FILES else f"-x {say(values)}".rstrip()

    lines = []
    for command in found:
        start = f"complete -c {found[0].name} -n '__hullcheck_at {command.name}'"
        lines += [
            f"{start} -a {name} -d {_quoted(_plain(text))}" for name, text in command.commands
        ]
        if not command.commands and command.values != FREE:
            lines.append(f"{start} {say(command.values)}")
        for option in command.options:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                for name in option.names
            )
            values = "" if option.values is None else f" {require(option.values)}"
            lines.append(f"{start} {names}{values} -d {_quoted(option.help)}")
    held = [f"set -g __hullcheck_{name} {' '.join(lists[name])}" for name in LISTS]
    text = _filled(_FISH, found, held, (), lines)
    # fish separates the patterns of a case by spaces.
    return text.replace(_walk(found), _walk(found).replace("'|'", "' '"))


# -- PowerShell ------------------------------------------------------------------------------------

_POWERSHELL = """\
# PowerShell completion for hullcheck.
# Load it from $PROFILE:  hullcheck completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName '@PROG@' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $lists = @{
@LISTS@
    }
    $commands = @{
@COMMANDS@
    }
    $values = @{
@CASES@
    }
    $words = @($commandAst.CommandElements | Where-Object {
        $_.Extent.EndOffset -lt $cursorPosition -or $wordToComplete -eq ''
    } | ForEach-Object { $_.Extent.Text })
    $path = '@PROG@'
    $previous = ''
    for ($i = 1; $i -lt $words.Count; $i++) {
        $previous = $words[$i]
        if ($commands.ContainsKey("$path $previous")) { $path = "$path $previous" }
    }
    $before = ''
    if ($values.ContainsKey("$path $previous")) {
        $found = $values["$path $previous"]
    } elseif ($wordToComplete.StartsWith('-')) {
        $found = $commands[$path][0]
    } else {
        $found = $commands[$path][1]
    }
    if ($found -eq '@files') { return }
    if ($found -eq '@transactions') {
        $folders = @($env:@STATE@)
        if (-not $env:@STATE@) {
            $folders = @("$env:LOCALAPPDATA/@PROG@", '@ROOT@', "$HOME/.local/state/@PROG@",
                "$HOME/Library/Application Support/@PROG@")
        }
        $found = @($folders | ForEach-Object {
            Get-ChildItem -Directory -Name -ErrorAction SilentlyContinue "$_/transactions"
        })
    } elseif ("$found".StartsWith('@')) {
        $found = $lists["$found".Substring(1)]
        $comma = $wordToComplete.LastIndexOf(',')
        if ($comma -ge 0) { $before = $wordToComplete.Substring(0, $comma + 1) }
    } else {
        $found = @($found -split ' ')
    }
    $found | Where-Object { $_ -and "$before$_".StartsWith($wordToComplete) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new("$before$_", $_, 'ParameterValue', $_)
    }
}
"""


def _powershell(found: Sequence[Command], lists: Mapping[str, Sequence[str]]) -> str:
    def say(values: str | tuple[str, ...]) -> str:
        if isinstance(values, tuple):
            return _quoted(" ".join(values))
        return "''" if values == FREE else f"'@{values}'"

    cases = [
        f"        {_quoted(f'{command.name} {name}')} = {say(option.values)}"
        for command in found
        for option in command.options
        if option.values is not None
        for name in option.names
    ]
    arms = []
    for command in found:
        below = _quoted(" ".join(name for name, _ in command.commands))
        plain = below if command.commands else say(command.values)
        options = _quoted(" ".join(_all_names(command)))
        arms.append(f"        {_quoted(command.name)} = @({options}, {plain})")
    held = [
        f"        {_quoted(name)} = @({_quoted(' '.join(lists[name]))} -split ' ')"
        for name in LISTS
    ]
    return _filled(_POWERSHELL, found, held, cases, arms)


_SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish, "powershell": _powershell}
SHELLS = tuple(_SHELLS)
"""The shells that have a script."""
