"""The states of one 受付."""

import pytest

from shikaku.domain.uketsuke_state import ENDED, HOLDS_DIGEST, LABELS, MOVES, RIYU, can_move, kekka_kubun

LEGAL = {
    ("uketsuke", "kensa"),
    ("kensa", "shori"),
    ("kensa", "kyohi"),
    ("kensa", "horyu"),
    ("horyu", "shori"),
    ("horyu", "kyohi"),
    ("shori", "kanryo"),
}


def test_the_moves_are_these_and_no_others() -> None:
    states = ["uketsuke", "kensa", "shori", "kanryo", "horyu", "kyohi"]
    assert set(MOVES) == set(LABELS) == set(states)
    assert {(a, b) for a in states for b in states if can_move(a, b)} == LEGAL


def test_ended_means_no_way_on() -> None:
    assert {state for state, moves in MOVES.items() if not moves} == ENDED
    assert "kyohi" not in HOLDS_DIGEST


def test_reasons() -> None:
    assert set(RIYU) == {"midashi_fumei", "midashi_jufuku", "moji_code_fumei", "gzip_fusei", "okisugi", "torisage"}


@pytest.mark.parametrize(
    ("codes", "kubun"),
    [((), "1"), (("W101",), "2"), (("E201",), "9"), (("E201", "W101"), "9"), (("W102", "W103"), "2")],
)
def test_kekka_kubun(codes: tuple[str, ...], kubun: str) -> None:
    assert kekka_kubun(codes) == kubun
