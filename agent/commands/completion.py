"""hullcheck completion: a completion script for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import cli, output

if TYPE_CHECKING:
    import argparse

SHELLS = ("bash", "zsh", "fish", "powershell")


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of ``hullcheck completion``."""
    sub.add_argument("shell", choices=SHELLS)


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from agent import completion

    text = completion.script(arguments.shell, cli.parser(), completion.words())
    output.write(text, None)
    return cli.OK
