"""A reason says something, not too much, and no number."""

from __future__ import annotations

import pytest

from chukan.kernel.errors import Invalid
from shikaku.domain.riyu import RIYU_MAX, checked_riyu
from tests.support.members import bango


def test_outer_blanks_are_no_reason() -> None:
    assert checked_riyu(" 書類を確かめた。\n") == "書類を確かめた。"
    assert checked_riyu("あ" * RIYU_MAX) == "あ" * RIYU_MAX


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "riyu_nashi"),
        ("　 ", "riyu_nashi"),
        ("あ" * (RIYU_MAX + 1), "riyu_nashi"),
        (f"番号{bango(1)}", "riyu_bango"),
    ],
)
def test_nothing_too_much_and_a_number_are_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_riyu(typed)

    assert refused.value.code == code
