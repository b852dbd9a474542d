from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report.escaping import clipped, visible, without_surrogates

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web-1", "web-1"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x00\x07\x7f", r"\x00\x07\x7f"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("컨테이너 日志 Cafe\u0301 🐳", "컨테이너 日志 Cafe\u0301 🐳"),
        ("[bold red]markup[/]", "[bold red]markup[/]"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_escape(text, shown):
    assert visible(text) == shown


@given(ANY_TEXT)
def test_no_control_and_no_invisible_character_ever_comes_out(text):
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"}]
    assert not set(shown) & set(BIDI + "\u200b\u200c\u200d\u2060\ufeff")
    shown.encode("utf-8")


@given(ANY_TEXT)
def test_showing_twice_is_showing_once(text):
    assert visible(visible(text)) == visible(text)


@given(ANY_TEXT)
def test_text_without_surrogates_can_be_encoded(text):
    without_surrogates(text).encode("utf-8")


@given(st.text(), st.integers(min_value=4, max_value=100))
def test_a_clipped_text_is_short_and_says_how_long_it_was(text, limit):
    shown = clipped(text, limit)
    if len(text) <= limit:
        assert shown == text
    else:
        assert f"({len(text):,} characters)" in shown
        assert len(shown) <= limit + 40
