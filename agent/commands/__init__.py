"""One command a file: ``add_arguments(parser)`` and ``run(arguments) -> exit code``."""

from __future__ import annotations

COMMANDS = {
    "doctor": ("agent.commands.doctor", "look at this host and say what is wrong"),
    "facts": ("agent.commands.facts", "what was seen, without a judgement (JSON)"),
    "effective": ("agent.commands.effective", "the engine's settings, and where each comes from"),
    "explain": (
        "agent.commands.explain",
        "all about a check or a fix: why it matters, what it does",
    ),
    "list": ("agent.commands.listing", "list checks, probes, thresholds, fixes or profiles"),
    "fix": ("agent.commands.fix", "plan the fixes; with --apply, carry them out and verify"),
    "undo": ("agent.commands.undo", "take back what a fix has changed"),
    "history": ("agent.commands.history", "what was changed here, and whether it still counts"),
    "lint": ("agent.commands.lint", "judge configuration files alone"),
    "triage": ("agent.commands.triage", "read a pasted bug report: what it tells, what to ask"),
    "bundle": ("agent.commands.bundle", "record this host, or look into a record"),
    "completion": ("agent.commands.completion", "print a completion script for your shell"),
}
"""Name -> (module, imported when the command is chosen; one line of help)."""
