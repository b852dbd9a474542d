"""A plan of fixes for a person: what changes, what it means, and the command that applies it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.report.escaping import visible
from agent.report.layout import BOLD, CYAN, DIM, GREEN, RED, YELLOW, both_ends, hang, paint
from agent.report.page import Page
from agent.report.text import header
from fixes.model import (
    BY_HAND,
    CHANGES,
    NOTHING,
    RECREATE,
    RELOAD_ENGINE,
    RELOAD_UNITS,
    RESTART_ENGINE,
    RESTART_UNIT,
    UNKNOWN,
    Command,
    EmptyFile,
    EngineCall,
    SetSysctl,
)
from fixes.plan import NEEDS_CONSENT, unified_diff
from probes.formats.sizes import human_size
from probes.model import Missing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.mending import Planned
    from fixes.interruption import Interruption
    from fixes.model import Change, Effect
    from fixes.plan import Plan, PlannedFile, PlannedFix
    from fixes.transaction import Outcome

INDENT = 2
NAMES_SHOWN = 8
DIFF_LINES_SHOWN = 60
ACTIONS_SHOWN = 12

_RISKS = {"safe": GREEN, "interrupts": YELLOW, "destructive": RED, "advice": CYAN}


def render(planned: Planned, command: str, *, named: bool, width: int, colour: bool) -> str:
    """The plan; ends with a newline. ``command`` applies it; empty where that is being asked."""
    plan = planned.plan
    page = Page(width, colour=colour)
    header(page, planned.report)
    taken = [fix for fix in plan.fixes if fix.outcome == CHANGES]
    for number, fix in enumerate(taken, 1):
        page.gap()
        _fix(page, fix, number)
    for file in plan.files:
        page.gap()
        _file(page, file)
    _actions(page, plan)
    _consequences(page, plan)
    _left(page, [fix for fix in plan.fixes if fix.outcome in {BY_HAND, UNKNOWN}])
    _nothing(page, [fix for fix in plan.fixes if fix.outcome == NOTHING], named=named)
    _closing(page, planned, command)
    return "\n".join(page.lines) + "\n"


def _fix(page: Page, planned: PlannedFix, number: int) -> None:
    fix = planned.fix
    lead = f"{number}. "
    right = f"{fix.id}   {fix.risk}"
    lines = both_ends(visible(fix.title), right, page.width - len(lead), page.dim)
    lines[0] = lines[0].replace(visible(fix.title), page.paint(visible(fix.title), BOLD), 1)
    page.add(lead + lines[0], *(" " * len(lead) + line for line in lines[1:]))
    at = len(lead)
    page.paragraph(visible(planned.reason), at)
    mended = list(dict.fromkeys(finding.id for finding in planned.findings))
    if mended:
        page.labelled("mends", ", ".join(mended), at=at)
    for note in planned.proposal.notes:
        page.labelled("note", visible(note), at=at, style=YELLOW)
    for index, step in enumerate(planned.steps):
        page.step("" if index else "later", visible(step), at=at)
    for path, owner in planned.owners:
        page.labelled(
            "owner", visible(f"{path} is kept by {owner.name}: {owner.because}"), at=at, style=RED
        )


def _file(page: Page, file: PlannedFile) -> None:
    about = []
    if file.before is None and file.after is not None:
        about.append(f"new, mode {file.after.mode:04o}")
    if file.after is None:
        about.append("removed")
    if file.target != file.path:
        about.append(f"a link to {file.target}")
    about.append(", ".join(file.fixes))
    lines = both_ends(visible(file.path), visible("   ".join(about)), page.width, page.dim)
    lines[0] = lines[0].replace(visible(file.path), page.paint(visible(file.path), BOLD), 1)
    page.add(*lines)
    shown = unified_diff(file)[2:]
    if not shown and file.before is not None:
        shown = [" (what changes is a secret, and is not shown)"]
    page.add(*_coloured(shown[:DIFF_LINES_SHOWN], page.colour))
    if len(shown) > DIFF_LINES_SHOWN:
        page.add(f"  ... {len(shown) - DIFF_LINES_SHOWN:,} more lines: --format json has them all")


def _coloured(lines: Iterable[str], colour: bool) -> list[str]:  # noqa: FBT001 - private
    styles = {"+": GREEN, "-": RED, "@": DIM}
    return [
        paint("  " + _line(line), styles.get(line[:1], ""), colour and line[:1] in styles)
        for line in lines
    ]


def _line(text: str) -> str:
    """A line of a file: tabs stay, all else that commands a terminal is shown."""
    return "\t".join(visible(part) for part in text.split("\t"))


def diff(lines: Iterable[str], *, colour: bool) -> str:
    """Lines of unified diffs; ends with a newline."""
    return "\n".join(_coloured(lines, colour)) + "\n"


def _actions(page: Page, plan: Plan) -> None:
    if not plan.actions:
        return
    page.gap()
    page.add(page.paint("then", BOLD))
    for _, change in plan.actions[:ACTIONS_SHOWN]:
        text, about = action_words(change)
        lines = both_ends(visible(text), visible(about), page.width - INDENT, page.dim)
        page.add(*(" " * INDENT + line for line in lines))
    left = len(plan.actions) - ACTIONS_SHOWN
    if left > 0:
        page.add(f"{' ' * INDENT}and {left:,} more like these: --format json lists them")


def action_words(change: Change) -> tuple[str, str]:
    """An action as the command line that does the same, and what there is to say about it."""
    if isinstance(change, SetSysctl):
        return f"sysctl -w {change.key}={change.value}", f"was {change.before}"
    if isinstance(change, Command):
        return " ".join(change.argv), change.purpose
    if isinstance(change, EngineCall):
        return " ".join(change.command), _frees(change.frees)
    if isinstance(change, EmptyFile):
        return f"truncate -s 0 {change.path}", _frees(change.frees)
    return change.path, ""


def _frees(size: int | None) -> str:
    return "" if size is None else f"frees {human_size(size)}"


# -- what it means -------------------------------------------------------------------------------


def effect_words(effect: Effect) -> str:
    """What it takes, in a few words."""
    of = f" of {effect.subject}" if effect.subject else ""
    return {
        RELOAD_ENGINE: "the engine reads its configuration again (SIGHUP); nothing stops",
        RELOAD_UNITS: "systemd reads its units again; nothing stops",
        RESTART_ENGINE: "a restart of the engine",
        RESTART_UNIT: f"a restart{of}",
        RECREATE: f"recreating the container {effect.subject}",
        "new-login": f"a new login{of}",
        "reboot": "a reboot",
        "wsl-shutdown": "stopping WSL: all distributions and what runs in them",
        "wsl-terminate": f"stopping the distribution {effect.subject}",
        "start-desktop": "starting Docker Desktop",
    }[effect.kind]


def _consequences(page: Page, plan: Plan) -> None:
    if not plan.changes:
        return
    page.gap()
    effects = [effect for effect in plan.effects if effect.kind != RECREATE]
    words = [effect_words(e) + _by(e, plan) for e in effects]
    if not words:
        words = ["at once"]
    for index, text in enumerate(words):
        page.add(*_row(page, "" if index else "takes effect", visible(text)))
    if plan.interruption is not None:
        _interruption(page, plan.interruption)
    recreated = [effect.subject for effect in plan.effects if effect.kind == RECREATE]
    if recreated:
        page.add(*_row(page, "not yet for", visible(f"{_some(recreated)}: until recreated")))
    lost = plan.irreversible
    if not lost:
        page.add(*_row(page, "undo", "hullcheck undo brings back every byte, owner and mode"))
    else:
        what = f"{len(lost):,} of these steps cannot be undone" if len(lost) > 1 else lost[0]
        page.add(*_row(page, "no undo", visible(what if len(lost) > 1 else f"for `{what}`")))


def _by(effect: Effect, plan: Plan) -> str:
    if effect.kind == RESTART_ENGINE and not plan.restart.by_us:
        return f": {plan.restart.command} (--restart-with COMMAND does it)"
    if effect.kind in NEEDS_CONSENT:
        return " (--restart does it)"
    return f": {effect.command}" if effect.command else ""


def _row(page: Page, label: str, text: str) -> list[str]:
    lines = hang(label, text, page.width, 14)
    if label:
        lines[0] = page.paint(label, BOLD) + lines[0][len(label) :]
    return lines


def _interruption(page: Page, told: Interruption) -> None:
    for index, text in enumerate(interruption_words(told)):
        page.add(*_row(page, "" if index else "stops", visible(text)))


def interruption_words(told: Interruption) -> list[str]:
    """What a restart of the engine ends, a sentence each."""
    if isinstance(told.running, Missing):
        return [f"which containers stop could not be told: {told.running.reason}"]
    if not told.running:
        return ["no container: none is running"]
    containers = f"{told.running:,} running container{'s' if told.running > 1 else ''}"
    ends = "; ".join(told.sessions)
    if told.live_restore:
        return [f"none of {containers} (live-restore keeps them running)", ends]
    out = [f"{containers}, for about {told.seconds} s"]
    back = [item.name for item in told.stops if item.returns]
    if back:
        out.append(f"started again by the engine: {_some(back)}")
    down = [f"{i.name} ({i.because})" for i in told.stops if i.returns is False]
    if down:
        out.append(f"down until you start it again: {_some(down)}")
    unsure = [f"{i.name} ({i.because})" for i in told.stops if i.returns is None]
    if unsure:
        out.append(f"perhaps down: {_some(unsure)}")
    return [*out, ends]


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    left = len(names) - NAMES_SHOWN
    return f"{shown} and {left:,} more" if left > 0 else shown


# -- what is left --------------------------------------------------------------------------------


def _left(page: Page, fixes: list[PlannedFix]) -> None:
    if not fixes:
        return
    page.gap()
    page.add(page.paint("not done by this plan", BOLD))
    for planned in fixes:
        lines = both_ends(visible(planned.fix.title), planned.fix.id, page.width - INDENT, page.dim)
        page.add(*(" " * INDENT + line for line in lines))
        at = INDENT * 2
        word = "it could not be seen: " if planned.outcome == UNKNOWN else ""
        page.paragraph(visible(word + planned.reason), at)
        for path, owner in planned.owners:
            page.labelled(
                "owner",
                visible(f"{path} is kept by {owner.name}: {owner.because}"),
                at=at,
                style=YELLOW,
            )
            page.labelled("there", visible(owner.instead), at=at, style=GREEN)
        for note in planned.proposal.notes:
            page.labelled("note", visible(note), at=at, style=YELLOW)
        if planned.owners:
            _wanted(page, planned, at)
        for index, step in enumerate(planned.steps):
            page.step("" if index else "hand", visible(step), at=at)


def _wanted(page: Page, planned: PlannedFix, at: int) -> None:
    """The change itself, for whoever makes it at the owner's."""
    for change in planned.proposal.changes:
        for text in change_words(change):
            page.labelled("set", visible(text), at=at, style=GREEN)


def change_words(change: Any) -> list[str]:  # noqa: ANN401 - one of the kinds of Change
    """The settings of an edit, one a line; a command as it is."""
    settings = getattr(change, "settings", None)
    if settings is None:
        return [action_words(change)[0]]
    from fixes.words import setting_words

    return [f"{change.path}: {text}" for text in setting_words(change)]


def _nothing(page: Page, fixes: list[PlannedFix], *, named: bool) -> None:
    if not fixes or not named:
        return
    page.gap()
    page.add(page.paint("nothing to do", BOLD))
    for planned in fixes:
        page.add(*hang(f"  {planned.fix.id}  ", visible(planned.reason), page.width, 22))


def _closing(page: Page, planned: Planned, command: str) -> None:
    plan = planned.plan
    page.gap()
    if plan.recorded and plan.changes:
        page.paragraph("This is the plan for a recorded host: it is applied there.", 0)
    elif plan.changes and command:
        page.add(f"{page.paint('apply', BOLD)}   {page.paint(visible(command), BOLD)}")
    elif plan.needs_root and not plan.changes and command:
        page.paragraph("This user may not see what is to be changed. Root may:", 0)
        page.add(page.paint(visible(command.replace(" --apply", "")), BOLD))
    elif not plan.changes:
        page.paragraph("There is nothing for hullcheck to change here.", 0)
    for line in planned.report.incomplete:
        page.labelled("incomplete:", visible(line), at=0)


# -- afterwards ----------------------------------------------------------------------------------


def applied(outcome: Outcome, *, width: int, colour: bool, told: bool = False) -> str:
    """What came of a transaction; ends with a newline.

    ``told``: what was done has been shown while it was.
    """
    page = Page(width, colour=colour)
    if told:
        outcome = outcome._replace(said=())
    if outcome.state == "committed":
        _committed(page, outcome)
    else:
        _taken_back(page, outcome)
    return "\n".join(page.lines) + "\n"


def _committed(page: Page, outcome: Outcome) -> None:
    effects = [e for e in outcome.pending if e.kind != RECREATE]
    word = "WRITTEN" if effects else "UNDONE" if outcome.undoes else "APPLIED"
    what = f"{outcome.undoes} by {outcome.id}" if outcome.undoes else outcome.id
    page.add(f"{page.paint(word, f'{BOLD};{GREEN}')}  {what}   verified by looking again")
    for text in outcome.said:
        page.paragraph(visible(text), INDENT)
    if outcome.mended:
        page.add(*_row(page, "mended", ", ".join(outcome.mended)))
    for effect in effects:
        how = f": {effect.command}" if effect.command else ""
        page.add(*_row(page, "still needs", visible(effect_words(effect) + how)))
    recreated = [e.subject for e in outcome.pending if e.kind == RECREATE]
    if recreated:
        page.add(*_row(page, "not yet for", visible(f"{_some(recreated)}: until recreated")))
    for text in outcome.remaining:
        page.add(*_row(page, "stays", visible(text)))
    page.add(*_row(page, "undo", f"hullcheck undo {outcome.id}"))


def _taken_back(page: Page, outcome: Outcome) -> None:
    stuck = outcome.state == "stuck"
    word = "HALF DONE" if stuck else "TAKEN BACK"
    page.add(f"{page.paint(word, f'{BOLD};{RED}')}  {outcome.id}")
    page.paragraph(visible(outcome.reason), INDENT)
    for text in outcome.said:
        page.paragraph(visible(text), INDENT)
    if stuck:
        page.gap()
        page.paragraph("It could not all be taken back. By hand:", 0)
        page.add(*(" " * INDENT + visible(text) for text in outcome.by_hand))
    else:
        page.paragraph("Everything is as it was before.", INDENT)
