"""Free text: what is a character, and where a 個人番号 hides."""

import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chukan.kernel.values.kojin_bango import contains_kojin_bango
from shikaku.domain.plain_text import _DIGITLIKE, _MAYBE_NUMBER, findings_of_name, is_printable

NUMBER = "123456789018"
FULL_WIDTH = NUMBER.translate({ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"})


def test_the_table_of_digitlike_characters_is_complete() -> None:
    digitlike = re.compile(f"[{_DIGITLIKE}]")
    for code in range(sys.maxunicode + 1):
        folded = unicodedata.normalize("NFKC", chr(code))
        runs = re.findall("[0-9]+", folded)
        assert (digitlike.match(chr(code)) is not None) == bool(runs), hex(code)
        assert all(len(run) <= 2 for run in runs), hex(code)


def test_what_cannot_be_seen_is_what_unicode_says() -> None:
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert not is_printable(f"a{chr(code)}"), hex(code)
        elif category not in ("Cn", "Zs"):
            assert is_printable(f"a{chr(code)}"), hex(code)


@pytest.mark.parametrize(
    "hidden", [NUMBER, FULL_WIDTH, f"a{NUMBER}b", f"9{NUMBER}", "1234 5678 9018", "1234-5678-9018", "⑫③④⑤⑥⑦⑧⑨⓪①⑧"]
)
def test_a_hidden_number_is_found(hidden: str) -> None:
    assert findings_of_name(f"見本{hidden}", 100) == ("E215",)


@pytest.mark.parametrize(
    "harmless", ["123456789017", "1丁目2番3号405", "090-1234-5678", "12345678901", "12 34 56 78 90 18"]
)
def test_other_digits_are_fine(harmless: str) -> None:
    assert findings_of_name(harmless, 100) == ()


_PIECES = st.one_of(
    st.text(alphabet="0123456789０１２①②⑫⑳½ -－ー　あ髙", max_size=30),
    st.builds(lambda before, after: before + NUMBER + after, st.text(max_size=3), st.text(max_size=3)),
)


@given(_PIECES)
@example("1234－5678－9018")
@example("⑫34⑤⑥78⑨018")
def test_the_quick_look_never_misses(text: str) -> None:
    if contains_kojin_bango(text):
        assert _MAYBE_NUMBER.search(text)


@given(st.text(max_size=40))
def test_findings_agree_with_the_long_way(text: str) -> None:
    form = is_printable(text) and len(text) <= 20
    expected = (() if form else ("E207",)) + (("E215",) if contains_kojin_bango(text) else ())
    assert findings_of_name(text, 20) == expected
