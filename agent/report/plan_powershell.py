"""A plan of fixes as a script for PowerShell 5.1 and later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.report import plan_text
from agent.report.escaping import visible
from agent.report.plan_script import (
    Script,
    argv,
    comment_lines,
    copies,
    diff_lines,
    encoded,
    inspection,
    lines_of,
    state_of,
    titled,
)
from fixes.model import (
    RELOAD_ENGINE,
    RESTART_ENGINE,
    RESTART_UNIT,
    Command,
    EmptyFile,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.report.model import Report
    from fixes.plan import Plan, PlannedFile


_PS_BEGIN = r"""
param([switch] $Restart)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$script:Backup = $null
$script:Undo = @()
"""

_PS_FILES = r"""
# What is at a path: the SHA-256 of a file, or nothing.
function Get-State([string] $Path) {
    if (-not (Test-Path -LiteralPath $Path)) { return 'absent' }
    return (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash.ToLowerInvariant()
}

# Whether the file is still to be changed; ends the script where it is another one.
function Test-Todo([string] $Path, [string] $Before, [string] $After) {
    $now = Get-State $Path
    if ($now -eq $After) {
        Write-Host "$Path is as it should be already"
        return $false
    }
    if ($now -ne $Before) {
        throw "$Path is no longer what it was: nothing was changed; have hullcheck write a new script"
    }
    return $true
}

function ConvertTo-Literal([string] $Text) { return "'" + $Text.Replace("'", "''") + "'" }

# Copy what is there, under this name, into a folder of its own.
function Save-Old([string] $Path, [string] $Name) {
    if ($null -eq $script:Backup) {
        $folder = Join-Path ([IO.Path]::GetTempPath()) ('hullcheck-' + [Guid]::NewGuid().ToString('N'))
        $script:Backup = (New-Item -ItemType Directory -Path $folder).FullName
        Write-Host "the old files are kept in $script:Backup"
    }
    if (Test-Path -LiteralPath $Path) {
        $copy = Join-Path $script:Backup $Name
        Copy-Item -LiteralPath $Path -Destination $copy
        $line = 'Copy-Item -Force -LiteralPath ' + (ConvertTo-Literal $copy) + ' -Destination ' + (ConvertTo-Literal $Path)
    } else {
        $line = 'Remove-Item -LiteralPath ' + (ConvertTo-Literal $Path)
    }
    $script:Undo = @($line) + $script:Undo
}

# The bytes of a text in UTF-8, each line with this line end.
function ConvertTo-Bytes([string] $Text, [string] $LineEnd) {
    $lines = $Text.Replace("`r`n", "`n")
    return , [Text.Encoding]::UTF8.GetBytes($lines.Replace("`n", $LineEnd))
}

# Write the bytes beside the file, and put them in its place in one step.
function Set-Bytes([string] $Path, [string] $Name, [byte[]] $Bytes, [string] $After) {
    $folder = Split-Path -Parent $Path
    if (-not (Test-Path -LiteralPath $folder)) { $null = New-Item -ItemType Directory -Path $folder }
    $new = Join-Path $folder ('.hullcheck-' + [Guid]::NewGuid().ToString('N'))
    try {
        [IO.File]::WriteAllBytes($new, $Bytes)
        if ((Get-State $new) -ne $After) {
            throw "the new content of $Path is not as hullcheck wrote it: has this script been edited?"
        }
        Save-Old $Path $Name
        if (Test-Path -LiteralPath $Path) {
            # It keeps the owner and the permissions of the file that it replaces.
            [IO.File]::Replace($new, $Path, [NullString]::Value)
        } else {
            [IO.File]::Move($new, $Path)
        }
    } finally {
        if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new }
    }
    Write-Host "wrote $Path"
}
"""

_PS_REMOVE = r"""
function Remove-Old([string] $Path, [string] $Name) {
    Save-Old $Path $Name
    Remove-Item -LiteralPath $Path
    Write-Host "removed $Path"
}
"""

_PS_COMMAND = r"""
# Run a program; ends the script where it fails.
function Invoke-Program([string] $Program, [string[]] $Words) {
    & $Program @Words
    if ($LASTEXITCODE -ne 0) { throw "$Program $Words exited with $LASTEXITCODE" }
}

# Whether a program succeeds. What it says on stderr would end the script under 'Stop'.
function Test-Program([string] $Program, [string[]] $Words) {
    $ErrorActionPreference = 'Continue'
    & $Program @Words > $null 2> $null
    return ($LASTEXITCODE -eq 0)
}
"""

_PS_RESTART = r"""
function Restart-Engine {
    if (Get-Service -Name docker -ErrorAction SilentlyContinue) {
        Restart-Service -Name docker -Force
    } else {
        Write-Host 'still needed: a restart of Docker Desktop'
    }
}
"""

_ASCII = re.compile(r"[^\x20-\x7e]+")


class PowerShell(Script):
    """The script for Windows PowerShell 5.1 and PowerShell 7.

    It is ASCII throughout: 5.1 reads a script without a byte order mark in the code page of the
    system (about_Character_Encoding), in which other characters would become others.
    """

    option = "-Restart"

    def __init__(self, plan: Plan, report: Report) -> None:
        super().__init__(plan, report)
        option = " [-Restart]" if plan.interrupts else ""
        self.run = f"powershell -ExecutionPolicy Bypass -File FILE{option}"

    def text(self) -> str:
        """The whole script; ends with a newline."""
        plan = self.plan
        lines = [*_ps_comment(self.introduction())]
        if not plan.changes:
            lines += ["", "Write-Host 'there is nothing to change here'", "exit 0"]
            return "\n".join(lines) + "\n"
        lines += [self._functions(), *self._checks()]
        lines += ["", "try {"]
        for number, (file, copy) in enumerate(copies(plan), 1):
            lines += self._file(number, file, copy)
        lines += [*self._actions(), *self._effects()]
        lines += [
            "} finally {",
            "    if ($script:Undo) {",
            "        Write-Host ''",
            "        Write-Host 'This takes it back:'",
            '        foreach ($line in $script:Undo) { Write-Host "    $line" }',
            "    }",
            "}",
        ]
        return "\n".join(lines) + "\n"

    def _functions(self) -> str:
        plan = self.plan
        parts = ["", "#Requires -Version 5.1", _PS_BEGIN.strip("\n")]
        if plan.files:
            parts.append(_PS_FILES.rstrip("\n"))
        if any(file.after is None for file in plan.files):
            parts.append(_PS_REMOVE.rstrip("\n"))
        if plan.actions or any(effect.kind == RESTART_UNIT for effect in plan.effects):
            parts.append(_PS_COMMAND.rstrip("\n"))
        if any(effect.kind in {RELOAD_ENGINE, RESTART_ENGINE} for effect in plan.effects):
            parts.append(_PS_RESTART.rstrip("\n"))
        return "\n".join(parts)

    def _checks(self) -> list[str]:
        lines = ["", titled("first look, and change nothing")]
        if self.refused:
            reasons = "; ".join(self.refused.values())
            lines += [f"throw {_ps(visible(f'{reasons}. Run {self.instead()}'))}"]
        if self.needs_name():
            name = _ps(str(self.report.host.hostname))
            other = f"throw ('this was written for ' + {name})"
            lines += [f"if ([Net.Dns]::GetHostName() -ne {name}) {{ {other} }}"]
        for number, file in enumerate(self.plan.files, 1):
            if file.target not in self.refused:
                states = f"{_ps(state_of(file.before))} {_ps(state_of(file.after))}"
                lines += [f"$todo{number} = Test-Todo {_ps(file.target)} {states}"]
        return lines

    def _file(self, number: int, file: PlannedFile, copy: str) -> list[str]:
        lines = ["", *_ps_lines([titled(visible(file.path))]), f"# {', '.join(file.fixes)}"]
        lines += _ps_lines(diff_lines(file))
        if file.target in self.refused:
            return [*lines, *_ps_comment([f"Not in this script: {self.refused[file.target]}."])]
        path, name = _ps(file.target), _ps(copy)
        lines += [f"if ($todo{number}) {{"]
        if file.after is None:
            return [*lines, f"    Remove-Old {path} {name}", "}"]
        data = file.after.data
        end = "\r\n" if b"\r\n" in data else "\n"
        content = lines_of(data.replace(b"\r\n", b"\n"))
        plain = (
            content is not None and "\n".join([*content, ""]).replace("\n", end).encode() == data
        )
        if content is None or not plain or not _fits_here_string(content):
            lines += [
                "    # As text it would not come through unharmed.",
                "    $bytes = [Convert]::FromBase64String('"
                + "' +\n        '".join(encoded(data))
                + "')",
            ]
        else:
            spelled = '"`r`n"' if end == "\r\n" else '"`n"'
            lines += ["    $text = @'", *content, "", "'@"]
            lines += [f"    $bytes = ConvertTo-Bytes $text {spelled}"]
        return [*lines, f"    Set-Bytes {path} {name} $bytes {_ps(state_of(file.after))}", "}"]

    def _actions(self) -> list[str]:
        lines = ["", titled("then")] if self.plan.actions else []
        for fix, change in self.plan.actions:
            about = plan_text.action_words(change)[1]
            lines += _ps_comment([f"{fix}: {visible(about)}" if about else fix])
            words = " ".join(argv(change))
            if words in self.refused:
                lines += _ps_comment([f"Not in this script: {self.refused[words]}."])
                continue
            if isinstance(change, EmptyFile):
                path = _ps(change.path)
                lines += [
                    f"if (Test-Path -LiteralPath {path}) {{ Clear-Content -LiteralPath {path} }}"
                ]
                continue
            if look := inspection(change):
                call = f"{{ {_ps_call(argv(change))} }}"
                lines += [f"if ({_ps_call(look, 'Test-Program')}) {call}"]
                continue
            lines += [_ps_call(argv(change))]
            if isinstance(change, Command) and change.undo:
                undo = "& " + " ".join(map(_ps, change.undo))
                lines += [f"$script:Undo = @({_ps(undo)}) + $script:Undo"]
        return lines

    def _effects(self) -> list[str]:
        lines = ["", titled("make it count")] if self.plan.effects else []
        interrupting = []
        for effect in self.plan.effects:
            # No daemon on Windows reads its file again without a restart.
            if effect.kind in {RELOAD_ENGINE, RESTART_ENGINE}:
                interrupting.append("Restart-Engine")
            elif effect.kind == RESTART_UNIT:
                interrupting.append(f"Restart-Service -Name {_ps(effect.subject)} -Force")
        if interrupting:
            lines += ["if ($Restart) {", *(f"    {c}" for c in dict.fromkeys(interrupting))]
            lines += [
                "} else {",
                "    Write-Host 'still needed: a restart (-Restart does it)'",
                "}",
            ]
        return lines + [f"Write-Host {_ps(f'still needed: {text}')}" for text in self.waiting()]


def _ps(text: str) -> str:
    """Text as a PowerShell expression in ASCII; single quotes keep everything as it is.

    >>> _ps("it's"), _ps("J\u00fcrgen")
    ("'it''s'", "('J' + [char]0xFC + 'rgen')")
    """
    parts = []
    at = 0
    for found in _ASCII.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        units = found[0].encode("utf-16-be", "surrogatepass")
        codes = [units[n] << 8 | units[n + 1] for n in range(0, len(units), 2)]
        parts.append(" + ".join(f"[char]0x{code:X}" for code in codes))
    if not parts:
        return _ps_quoted(text)
    parts.append(text[at:])
    # Every other one is plain text; the first is always one, so that + joins texts.
    spelled = [
        part if n % 2 else _ps_quoted(part) for n, part in enumerate(parts) if n == 0 or part
    ]
    return f"({' + '.join(spelled)})"


def _ps_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _ps_call(argv: tuple[str, ...], function: str = "Invoke-Program") -> str:
    program, *rest = map(_ps, argv)
    return f"{function} {program} @({', '.join(rest)})"


def _ps_lines(lines: Iterable[str]) -> list[str]:
    """Lines of comments in ASCII."""
    return [line.encode("ascii", "backslashreplace").decode("ascii") for line in lines]


def _ps_comment(lines: Iterable[str]) -> list[str]:
    return _ps_lines(comment_lines(visible(line) for line in lines))


def _fits_here_string(lines: Iterable[str]) -> bool:
    """Whether a single-quoted here-string can hold it: ASCII, and no line that would end it."""
    return all(line.isascii() and not line.lstrip().startswith("'@") for line in lines)
