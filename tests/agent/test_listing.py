from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from rich.cells import cell_len

from agent import listing
from agent.commands.listing import KINDS
from fixes import FIXES, load
from probes import load_checks

SGR = re.compile(r"\x1b\[[0-9;]*m")


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


def test_the_command_knows_every_list():
    assert listing.KINDS == KINDS


def test_the_list_of_checks_is_complete():
    assert [x["id"] for x in listing.entries("checks")] == list(load_checks())


def test_the_list_of_fixes_is_complete():
    found = listing.entries("fixes")
    assert sorted(x["id"] for x in found) == sorted(FIXES)
    for entry in found:
        fix = load(entry["id"])
        assert entry == {
            "id": fix.id,
            "family": FIXES[fix.id].module.replace("_", "-"),
            "risk": fix.risk,
            "title": fix.title,
            "mends": list(fix.mends),
            "applies": fix.applies,
            "on_request": fix.on_request,
            "parameters": [
                {"name": x.name, "default": x.default, "doc": x.doc} for x in fix.parameters
            ],
        }


def test_fixes_stand_together_with_their_kind():
    families = [x["family"] for x in listing.entries("fixes")]
    changes = sum(a != b for a, b in pairwise(families))
    assert changes == len(set(families)) - 1
    text = listing.render("fixes", width=80, colour=False)
    for family in set(families):
        assert len(re.findall(rf"\n\n{family}\n", text)) == 1


def test_what_is_only_done_when_named_says_so():
    text = listing.render("fixes", width=80, colour=False)
    marked = re.findall(r"^([a-z0-9-]+) +[a-z]+, named  ", text, re.MULTILINE)
    assert sorted(marked) == sorted(id_ for id_ in FIXES if load(id_).on_request)
    assert "named: only planned when it is named" in text
    assert text.endswith(f"\n{len(FIXES)} fixes   explain one: hullcheck explain ID\n")
