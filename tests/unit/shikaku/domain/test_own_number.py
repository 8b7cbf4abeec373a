"""A 個人番号 written into an identifier."""

import pytest

from shikaku.domain.line import TorokuLine
from shikaku.domain.own_number import hides, number_candidates

NUMBER = "123456789018"


@pytest.mark.parametrize(
    "text", ["123456789018", "１２３４５６７８９０１８", "1234-5678-9018", "1234 5678 9018", "A123456789018"]
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert hides(text, NUMBER)
    line = TorokuLine(shori_shubetsu_code="03", hokensha_code="06132013", shikaku={"hihokenshasho_bango": text})
    assert ("shikaku/hihokenshasho_bango", NUMBER) in set(number_candidates(line))


@pytest.mark.parametrize("text", ["123456789012", "12345678901", "", "番号なし"])
def test_other_digits_are_left_alone(text: str) -> None:
    assert not hides(text, NUMBER)
    line = TorokuLine(shori_shubetsu_code="03", hokensha_code="06132013", sho=({"hihokenshasho_bango": text},))
    assert list(number_candidates(line)) == []
