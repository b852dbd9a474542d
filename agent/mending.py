"""From what the doctor found to a plan of fixes, and back to the doctor: what fix and undo share."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from agent import doctor
from agent.version import __version__
from fixes import FIXES, load
from fixes.health import Examination
from fixes.model import Request
from fixes.plan import Consents, Plan, make
from probes.model import FAIL
from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.report.model import Report
    from agent.settings import Settings
    from fixes.journal import Journal
    from fixes.transaction import Context, Outcome
    from probes.host import Host

APPLIED, ROLLED_BACK, STUCK, PENDING = 0, 4, 5, 6
"""Exit codes of what changes the machine, docs/exit-codes.md."""


class Wish(NamedTuple):
    """What the user asks of ``hullcheck fix``."""

    fixes: tuple[str, ...] = ()
    """Named fixes; empty for all that mend something here."""
    given: dict[str, dict[str, str]] = {}  # noqa: RUF012 - a named tuple's default, never changed
    """Fix -> its parameters from --set."""
    allow_destructive: bool = False
    override_owner: bool = False


class Planned(NamedTuple):
    """A plan, with the run of the doctor that it was made from."""

    plan: Plan
    report: Report
    before: Examination
    examine: Callable[[], Examination]
    """The same run again."""


def named(names: list[str]) -> tuple[str, ...]:
    """The fixes that are meant by ids of fixes and of checks. Raises UsageError."""
    from agent.cli import UsageError
    from fixes import by_check
    from probes import load_checks

    found: dict[str, None] = {}
    for name in (word.strip() for item in names for word in item.split(",")):
        if name in FIXES:
            found[name] = None
        elif name in by_check():
            found.update(dict.fromkeys(by_check()[name]))
        elif name in load_checks():
            raise UsageError(
                f"{name}: nothing mends this by itself; how to mend it by hand: "
                f"hullcheck explain {name}"
            )
        else:
            from agent.explain import nearest

            close = nearest(name, [*FIXES, *by_check()])
            hint = f": did you mean {' or '.join(close)}?" if close else ""
            raise UsageError(f"{name}: no such fix or check{hint} (hullcheck list fixes)")
    return tuple(id_ for id_ in FIXES if id_ in found)


def parameters(items: list[str], fixes: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What ``--set NAME=VALUE`` or ``--set FIX.NAME=VALUE`` means. Raises UsageError."""
    from agent.cli import UsageError

    given: dict[str, dict[str, str]] = {}
    for item in items:
        name, equals, value = item.partition("=")
        of, dot, parameter = name.rpartition(".")
        if not equals:
            raise UsageError(f"--set {item}: write NAME=VALUE")
        if not fixes:
            raise UsageError("--set needs the fix by its name: hullcheck fix FIX --set NAME=VALUE")
        taking = [
            id_
            for id_ in ((of,) if dot else fixes)
            if id_ in fixes and any(p.name == parameter for p in load(id_).parameters)
        ]
        if not taking:
            known = [f"{id_}.{p.name}" for id_ in fixes for p in load(id_).parameters]
            which = f": there is {', '.join(known)}" if known else ": these fixes have none"
            raise UsageError(f"--set {name}: no such parameter{which}")
        for id_ in taking:
            given.setdefault(id_, {})[parameter] = value
    return given


def plan(open_host: Callable[[], Host], settings: Settings, wish: Wish) -> Planned:
    """Run the doctor and plan the fixes that are wished for. Raises UsageError."""
    from agent.cli import UsageError

    # What was named may be a choice that the doctor only judges when asked.
    selection = doctor.EVERYTHING if wish.fixes else doctor.Selection()

    def look() -> tuple[Host, Report]:
        host = open_host()
        return host, doctor.run(host, selection, settings)

    def examine() -> Examination:
        host, report = look()
        return Examination(host, report.findings)

    host, report = look()
    wanted = []
    for id_ in wish.fixes or FIXES:
        findings = tuple(f for f in report.findings if f.outcome == FAIL and id_ in f.fixes)
        if findings or wish.fixes:
            fix = load(id_)
            wanted.append((fix, Request(findings, wish.given.get(id_, {}))))
    consents = Consents(
        destructive=frozenset(wish.fixes if wish.allow_destructive else ()),
        take_over=wish.override_owner,
        named=frozenset(wish.fixes),
    )
    try:
        made = make(host, wanted, consents)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return Planned(made, report, Examination(host, report.findings), examine)


def context(
    journal: Journal,
    open_host: Callable[[], Host],
    examine: Callable[[], Examination],
    *,
    restart: bool,
    restart_with: str | None,
) -> Context:
    """What a transaction needs of us. Raises UsageError."""
    from agent.cli import UsageError, say
    from agent.report.escaping import visible
    from fixes.transaction import Context

    words: tuple[str, ...] = ()
    if restart_with:
        import shlex

        try:
            words = tuple(shlex.split(restart_with))
        except ValueError as error:
            raise UsageError(f"--restart-with {restart_with}: {error}") from None
    return Context(
        journal,
        open_host,
        examine,
        restart=restart or bool(words),
        restart_with=words,
        say=(lambda text: say(f"  {visible(text)}\n")) if shows_progress() else _quiet,
        version=__version__,
    )


def shows_progress() -> bool:
    """Whether somebody watches on a terminal."""
    return sys.stderr.isatty()


def _quiet(text: str) -> None:
    del text


def recover(open_host: Callable[[], Host], settings: Settings) -> bool:
    """Finish or take back what a killed hullcheck has left, and say so.

    Whether the machine is at rest now: not while another hullcheck is changing it, or where this
    user may not put it right. Never raises for what the host does.
    """
    from agent.cli import say
    from agent.report.escaping import visible
    from fixes import transaction
    from fixes.journal import Journal
    from fixes.machine import Failed

    journal = Journal()
    try:
        if not journal.exists():
            return True
        with journal.locked():
            journal.clean()
            for entry in journal.unfinished():
                say(f"hullcheck: {entry.record.id} was cut short; putting that right:\n")

                def examine() -> Examination:
                    host = open_host()
                    report = doctor.run(host, doctor.EVERYTHING, settings)
                    return Examination(host, report.findings)

                made = context(journal, open_host, examine, restart=True, restart_with=None)
                told(transaction.recover(entry, made))
    except Failed as error:
        say(f"hullcheck: {visible(str(error))}\n")
        return False
    return True


def told(outcome: Outcome) -> None:
    """Say how an outcome that nobody asked for ended."""
    from agent.cli import say
    from agent.report.escaping import visible

    words = {
        "committed": "it is applied and verified",
        "rolled-back": f"everything is as it was before ({outcome.reason})",
        "stuck": f"it could not be put right ({outcome.reason}): hullcheck history {outcome.id}",
    }[outcome.state]
    say(f"hullcheck: {visible(outcome.id)}: {visible(words)}\n")


def applying(command: str, *, root: bool) -> str:
    """The command line that applies, as it can be pasted.

    With sudo the program is named by its path: root's PATH may not have it.
    """
    if not root:
        return f"hullcheck {command}"
    import shlex

    program = shlex.quote(sys.argv[0]) if os.path.isabs(sys.argv[0]) else "hullcheck"
    if program.endswith("__main__.py"):
        program = f"{shlex.quote(sys.executable)} -m hullcheck"
    return f"sudo {program} {command}"


def confirmed(question: str) -> bool:
    """Ask once on the terminal. Raises UsageError where there is nobody to ask."""
    from agent.cli import UsageError, say

    if not sys.stdin or not sys.stdin.isatty():
        raise UsageError("nobody can be asked here: --yes says yes")
    say(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


@contextmanager
def stoppable() -> Iterator[None]:
    """A polite kill and a closed terminal end a transaction like Ctrl-C: it is taken back."""
    import signal

    def stop(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - signal's signature
        raise KeyboardInterrupt

    kept = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            kept[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
