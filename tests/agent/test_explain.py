from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
from rich.cells import cell_len

from agent import docs_pages, explain, explain_fix, listing
from fixes import FIXES, load, load_all
from fixes.model import SECTIONS as FIX_SECTIONS
from probes import load_checks
from probes.model import SECTIONS, Check

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


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("what", listing.KINDS)
def test_lists_hold_the_same_as_text_and_json(what, width):
    value = json.loads(listing.document(what))
    assert value["schema"] == "hullcheck.list/1"
    assert value["kind"] == what
    text = listing.render(what, width=width, colour=False)
    for entry in value[what]:
        assert re.search(rf"^{re.escape(entry['id'])}( |$)", text, re.MULTILINE)
    assert SGR.sub("", listing.render(what, width=width, colour=True)) == text
    lines = text.splitlines()
    assert all(cell_len(x) <= width or width == 40 or len(x.split()) == 1 for x in lines)


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("id_", FIXES)
def test_every_fix_can_be_explained(id_, width):
    fix = load(id_)
    plain = explain_fix.explain(fix, width=width, colour=False)
    for section in FIX_SECTIONS:
        assert f"\n{section}\n" in plain
        assert f"\n## {section}\n\n" in explain_fix.page(fix)
    for line in plain.splitlines():
        assert cell_len(line) <= width or " " not in line.strip() or "`" in line or "  " in line


def test_a_fix_is_well_described():
    checks = load_checks()
    assert not set(FIXES) & set(checks)
    for fix in load_all():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fix.id)
        assert len(fix.id) <= 30
        assert set(fix.mends) <= set(checks), fix.id
        assert fix.title[0].isupper()
        assert not fix.title.endswith(".")
        headings = re.findall(r"^## (.*)$", fix.explanation, re.MULTILINE)
        assert headings[: len(FIX_SECTIONS)] == list(FIX_SECTIONS), fix.id
        assert all(item.doc and item.default for item in fix.parameters)


def test_the_table_of_fixes_is_what_the_modules_hold():
    for module in {entry.module for entry in FIXES.values()}:
        held = [fix.id for fix in import_module(f"fixes.remedies.{module}").FAMILY.fixes]
        assert sorted(held) == sorted(i for i, e in FIXES.items() if e.module == module)


def test_a_check_names_the_fix_that_mends_it():
    check = load_checks()["log-rotation-unbounded"]
    assert "mended by   hullcheck fix log-rotation" in explain.explain(
        check, width=80, colour=False
    )
    assert "(../fixes/log-rotation.md)" in explain.page(check)


def test_the_list_of_checks_is_complete():
    assert [x["id"] for x in listing.entries("checks")] == list(load_checks())
