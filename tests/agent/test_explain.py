from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
from rich.cells import cell_len

from agent import docs_pages, explain, explain_fix
from fixes import FIXES, load
from fixes.model import SECTIONS as FIX_SECTIONS
from fixes.model import Fix, Parameter, nothing
from probes import load_checks
from probes.model import SECTIONS, Check
from tests.agent.cli_runner import hullcheck
from tests.agent.test_startup import modules
from tests.records import replace

SGR = re.compile(r"\x1b\[[0-9;]*m")
CHECK = Check(
    id="some-defect",
    topic="logging",
    severity="warning",
    title="Something is off",
    doc=(
        "A first paragraph with `some code` and a [link](https://example.org/x), long enough to "
        "be wrapped at eighty columns.\n\n"
        "## What it reads\nOne thing.\n- an item that goes on\n  in its second line\n- **two**\n\n"
        "```\nsome   code\n# no heading\n```\n## Why it matters\nBecause."
    ),
    references=("man:docker(1)", "https://example.org/docs"),
    applies="every host",
    tags=("hardening",),
    judge=lambda facts: [],
)


def test_an_explanation_reads_well_without_colour():
    assert explain.explain(CHECK, width=80, colour=False) == (
        "Something is off" + " " * 53 + "some-defect\n"
        "severity    warning\n"
        "topic       logging\n"
        "applies to  every host\n"
        "tags        hardening\n"
        "\n"
        "A first paragraph with `some code` and a link (https://example.org/x), long\n"
        "enough to be wrapped at eighty columns.\n"
        "\n"
        "What it reads\n"
        "\n"
        "One thing.\n"
        "\n"
        "- an item that goes on in its second line\n"
        "- **two**\n"
        "\n"
        "some   code\n"
        "# no heading\n"
        "\n"
        "Why it matters\n"
        "\n"
        "Because.\n"
        "\n"
        "References\n"
        "  man:docker(1)\n"
        "  https://example.org/docs\n"
    ).replace("**two**", "two")


def test_a_page_is_markdown_with_blank_lines_around_headings():
    page = explain.page(CHECK)
    assert page.startswith("# Something is off\n\n`some-defect` · Severity: warning")
    assert "## What it reads\n\nOne thing." in page
    assert "# no heading\n```" in page
    assert page.endswith("- man:docker(1)\n- <https://example.org/docs>\n")


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("check", load_checks().values(), ids=lambda check: check.id)
def test_every_check_can_be_explained(check, width):
    plain = explain.explain(check, width=width, colour=False)
    # Colour takes the place of `backquotes` and may do no more than that.
    coloured = SGR.sub("", explain.explain(check, width=width, colour=True))
    assert coloured.replace("`", "") == plain.replace("`", "")
    for section in SECTIONS:
        assert f"\n{section}\n" in plain
        assert f"\n## {section}\n\n" in explain.page(check)
    for line in plain.splitlines():
        assert cell_len(line) <= width or " " not in line.strip() or "`" in line or "  " in line


def test_a_mistyped_id_finds_its_neighbours():
    ids = list(load_checks())
    assert explain.nearest("clock-unsynchronized", ids)[0] == "clock-unsynchronised"
    assert "clock-unsynchronised" in explain.nearest("clock-", ids)
    assert explain.nearest("", ids) == []
    assert explain.nearest("zzzzzzzzzzzz", ids) == []


def test_explanations_as_json():
    value = json.loads(explain.document([CHECK]))
    assert value["schema"] == "hullcheck.explain/1"
    assert value["checks"][0]["id"] == "some-defect"
    assert value["checks"][0]["explanation"] == CHECK.explanation


def test_the_pages_in_docs_are_what_the_checks_say():
    folder = Path(__file__).parent.parent.parent / "docs"
    assert docs_pages.stale(folder) == [], "run `make docs`"


def test_pages_are_written_refreshed_and_removed(tmp_path, capsys):
    folder = tmp_path / "docs"
    assert docs_pages.main([str(folder)]) == 0
    assert docs_pages.main(["--check", str(folder)]) == 0
    page = folder / "checks" / "clock-unsynchronised.md"
    page.write_text("edited by hand")
    (folder / "fixes" / "gone.md").write_text("a fix that is no more")
    assert docs_pages.main(["--check", str(folder)]) == 1
    assert "gone.md: stale: run `make docs`" in capsys.readouterr().err
    assert docs_pages.write(folder) == ["checks/clock-unsynchronised.md", "fixes/gone.md"]
    assert docs_pages.stale(folder) == []
    assert docs_pages.main([]) == 2


FIX = Fix(
    id="log-rotation",
    title="Limit the logs",
    risk="safe",
    mends=("log-rotation-unbounded", "container-log-large"),
    applies="every host",
    parameters=(
        Parameter("max-size", "by the space that is free", "the size of a file, such as 50m."),
    ),
    doc=(
        "It limits logs.\n\n    ## What it changes\n    `log-opts`.\n\n    ## Where the values "
        "come from\n    The free space.\n"
    ),
    plan=lambda host, request: nothing("it is a test's"),
    on_request=True,
)


def test_a_fix_is_explained_with_its_choices_and_its_commands():
    assert explain_fix.explain(FIX, width=80, colour=False) == (
        "Limit the logs" + " " * 54 + "log-rotation\n"
        "risk        safe: it changes settings, and can be undone\n"
        "applies to  every host\n"
        "mends       log-rotation-unbounded, container-log-large\n"
        "planned     only when it is named\n"
        "\n"
        "It limits logs.\n"
        "\n"
        "What it changes\n"
        "\n"
        "`log-opts`.\n"
        "\n"
        "Where the values come from\n"
        "\n"
        "The free space.\n"
        "\n"
        "What you may choose\n"
        "\n"
        "- `--set max-size=VALUE`: the size of a file, such as 50m. Default: by the space\n"
        "  that is free.\n"
        "\n"
        "How to run it\n"
        "\n"
        "hullcheck fix log-rotation           # the plan\n"
        "hullcheck fix log-rotation --apply   # carries it out\n"
    )


def test_the_page_of_a_fix_links_to_what_it_mends():
    assert explain_fix.page(FIX) == (
        "# Limit the logs\n\n"
        "`log-rotation` · Risk: safe: it changes settings, and can be undone · Applies to: every "
        "host\n\n"
        "Mends: [`log-rotation-unbounded`](../checks/log-rotation-unbounded.md), "
        "[`container-log-large`](../checks/container-log-large.md)\n\n"
        "It is only planned when it is named.\n\n"
        "It limits logs.\n\n"
        "## What it changes\n\n`log-opts`.\n\n"
        "## Where the values come from\n\nThe free space.\n\n"
        "## What you may choose\n\n"
        "- `--set max-size=VALUE`: the size of a file, such as 50m. Default: by the space that is "
        "free.\n\n"
        "## How to run it\n\n"
        "```sh\n"
        "hullcheck fix log-rotation           # the plan\n"
        "hullcheck fix log-rotation --apply   # carries it out\n"
        "```\n"
    )


@pytest.mark.parametrize(
    ("risk", "commands"),
    [
        ("interrupts", ["", " --apply"]),
        ("destructive", [" --allow-destructive", " --allow-destructive --apply"]),
        ("advice", [""]),
    ],
)
def test_the_commands_of_a_fix_carry_what_it_needs(risk, commands):
    text = explain_fix.explain(replace(FIX, risk=risk), width=80, colour=False)
    lines = re.findall(r"^hullcheck fix log-rotation(.*?) *#", text, re.MULTILINE)
    assert lines == commands


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("id_", FIXES)
def test_every_fix_can_be_explained(id_, width):
    fix = load(id_)
    plain = explain_fix.explain(fix, width=width, colour=False)
    coloured = SGR.sub("", explain_fix.explain(fix, width=width, colour=True))
    assert coloured.replace("`", "") == plain.replace("`", "")
    for section in FIX_SECTIONS:
        assert f"\n{section}\n" in plain
        assert f"\n## {section}\n\n" in explain_fix.page(fix)
    for line in plain.splitlines():
        assert cell_len(line) <= width or " " not in line.strip() or "`" in line or "  " in line


def test_no_id_is_both_a_check_and_a_fix():
    assert set(FIXES) & set(load_checks()) == set()


@pytest.mark.parametrize("id_", FIXES)
def test_a_fix_is_well_described(id_):
    fix = load(id_)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_)
    assert len(id_) <= 30
    assert set(fix.mends) <= set(load_checks())
    # In the imperative: none of the forms that say what is done, or what something is.
    assert re.fullmatch(r"[A-Z][a-z]+(?<!s)(?<!ing) .*[^.]", fix.title)
    assert fix.applies
    # Every section is there once, in order, and says something.
    opening, *rest = re.split(r"^## (.*)\n", fix.explanation, flags=re.MULTILINE)
    assert rest[::2] == list(FIX_SECTIONS)
    assert all(text.strip() for text in (opening, *rest[1::2]))
    for item in fix.parameters:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", item.name)
        assert item.doc
        assert item.default


@pytest.mark.parametrize("module", sorted({entry.module for entry in FIXES.values()}))
def test_the_table_of_fixes_is_what_the_module_holds(module):
    held = [fix.id for fix in import_module(f"fixes.remedies.{module}").FAMILY.fixes]
    assert sorted(held) == sorted(id_ for id_, entry in FIXES.items() if entry.module == module)


def test_a_check_names_the_fix_that_mends_it():
    check = load_checks()["log-rotation-unbounded"]
    plain = explain.explain(check, width=80, colour=False)
    assert "\nmended by   hullcheck fix log-rotation\n" in plain
    assert "[`hullcheck fix log-rotation`](../fixes/log-rotation.md)" in explain.page(check)
    other = load_checks()["engine-below-minimum"]
    assert "mended by" not in explain.explain(other, width=80, colour=False)
    assert "Mended by" not in explain.page(other)
    value = json.loads(explain.document([check, other], [FIX]))
    assert [x["fixes"] for x in value["checks"]] == [["log-rotation"], []]
    (fix,) = value["fixes"]
    assert fix["parameters"] == [FIX.parameters[0]._asdict()]
    assert (fix["mends"], fix["on_request"]) == (list(FIX.mends), True)
    assert fix["explanation"] == FIX.explanation


def test_checks_and_fixes_are_explained_in_the_order_that_was_asked_for():
    done = hullcheck("explain", "log-rotation", "engine-slow", "icc")
    assert (done.code, done.err) == (0, "")
    heads = re.findall(r"^[A-Z].* {2}(log-rotation|engine-slow|icc)$", done.out, re.MULTILINE)
    assert heads == ["log-rotation", "engine-slow", "icc"]
    told = json.loads(hullcheck("explain", "icc", "engine-slow", "--format", "json").out)
    assert [x["id"] for x in told["fixes"]] == ["icc"]
    assert [x["id"] for x in told["checks"]] == ["engine-slow"]
    missed = hullcheck("explain", "log-rotatoin")
    assert missed.code == 2
    assert "log-rotatoin: no such check or fix: did you mean log-rotation" in missed.err


def test_a_check_is_explained_without_loading_a_fix():
    loaded = modules("explain", "log-rotation-unbounded")
    assert "agent.explain" in loaded
    assert not {name for name in loaded if name.startswith("fixes.remedies.")}
