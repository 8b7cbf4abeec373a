"""Of a 個人番号 typed on several pages the last one counts, or none until it is typed anew; never one before it."""

from __future__ import annotations

import pytest

from shikaku.http.terminal_bango import ANEW, HeldBango, TypedBango, held_on, read_bango, with_numbers
from shikaku.http.terminal_forms import FieldError

FIELD, SECOND = "kojin_bango", "kojin_bango_again"
OLD, NEW, WRONG = "200000000018", "200000000026", "200000000027"
HELD = HeldBango(OLD)


class TestReadBango:
    def test_what_is_held_counts_when_nothing_is_typed(self) -> None:
        assert read_bango({FIELD: " ", SECOND: ""}, FIELD, HELD) == TypedBango(OLD, HELD)

    def test_what_is_typed_counts_before_what_is_held(self) -> None:
        typed = read_bango({FIELD: "2000 0000 0026", SECOND: NEW}, FIELD, HELD)

        assert typed == TypedBango(NEW, HeldBango(NEW))

    @pytest.mark.parametrize(("first", "second"), [(NEW, ""), ("", NEW), (NEW, OLD), (OLD, "")])
    def test_one_not_typed_twice_alike_is_an_error_and_takes_the_place_of_the_one_held(
        self, first: str, second: str
    ) -> None:
        typed = read_bango({FIELD: first, SECOND: second}, FIELD, HELD)

        assert typed.held == HeldBango(anew=True)
        assert [error.name for error in typed.errors] == [SECOND]

    def test_one_with_a_wrong_digit_is_for_the_rules_and_not_held(self) -> None:
        assert read_bango({FIELD: WRONG, SECOND: WRONG}, FIELD, HELD) == TypedBango(WRONG, HeldBango(anew=True))

    def test_until_it_is_typed_anew_nothing_counts(self) -> None:
        waiting = HeldBango(anew=True)

        nothing, typed = read_bango({}, FIELD, waiting), read_bango({FIELD: NEW, SECOND: NEW}, FIELD, waiting)

        assert (nothing.bango, nothing.held, [error.name for error in nothing.errors]) == ("", waiting, [FIELD])
        assert typed == TypedBango(NEW, HeldBango(NEW))

    def test_no_message_and_no_repr_has_the_number(self) -> None:
        typed = read_bango({FIELD: NEW, SECOND: OLD}, FIELD, HELD)

        assert NEW not in repr(typed)
        assert OLD not in repr(HELD)


def test_a_slip_says_which_number_it_holds_and_which_has_to_be_typed_anew() -> None:
    assert held_on({ANEW: [FIELD]}, FIELD, "") == HeldBango(anew=True)
    assert held_on({}, FIELD, OLD) == HELD


def test_what_is_wrong_with_the_typing_of_a_number_is_said_instead_of_what_the_rules_find() -> None:
    number = read_bango({}, FIELD, HeldBango(anew=True))
    missing, other = FieldError(FIELD, "個人番号がありません。", "E208"), FieldError("", "ほか")

    assert with_numbers([missing, other], number) == [other, *number.errors]
