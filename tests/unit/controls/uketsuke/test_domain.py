"""The states of one 受付."""

from chukan.controls.uketsuke.domain import FINAL, MOVES, RIYU, RIYU_SHORT, STATE_NAMES, can_move

LEGAL = {
    ("uketsuke", "kensa"),
    ("uketsuke", "kyohi"),
    ("kensa", "shori"),
    ("kensa", "kyohi"),
    ("kensa", "horyu"),
    ("horyu", "shori"),
    ("horyu", "kyohi"),
    ("shori", "kanryo"),
    ("shori", "kyohi"),
}


def test_the_moves_are_these_and_no_others() -> None:
    states = ["uketsuke", "kensa", "shori", "kanryo", "horyu", "kyohi"]
    assert set(MOVES) == set(STATE_NAMES) == set(states)
    assert {(a, b) for a in states for b in states if can_move(a, b)} == LEGAL


def test_ended_means_no_way_on() -> None:
    assert {state for state, moves in MOVES.items() if not moves} == FINAL


def test_reasons() -> None:
    assert (
        set(RIYU)
        == set(RIYU_SHORT)
        == {
            "midashi_fumei",
            "midashi_jufuku",
            "moji_code_fumei",
            "gzip_fusei",
            "okisugi",
            "fukugen",
            "uchikiri",
            "torisage",
        }
    )
