"""A code is stored for a request that waits for it, and for no other."""

import pytest

from fugo.domain.answer_matching import CODES, JURYO_LABELS, SUSPECT, Juryo, is_settled, match_answer
from fugo.domain.shutoku_state import ShutokuState


@pytest.mark.parametrize(
    ("state", "is_same", "is_own", "is_taken", "juryo"),
    [
        (None, False, False, False, Juryo.NO_REQUEST),
        (None, False, False, True, Juryo.NO_REQUEST),
        ("1", False, False, False, Juryo.NOT_SENT),
        ("2", False, False, False, Juryo.NOT_SENT),
        ("2", False, False, True, Juryo.NOT_SENT),
        ("2", False, True, True, Juryo.NOT_SENT),
        ("3", False, False, False, Juryo.STORED),
        ("3", False, False, True, Juryo.TAKEN),
        ("3", False, True, True, Juryo.FORMER_CODE),
        ("4", True, True, True, Juryo.SAME_AGAIN),
        ("4", False, False, False, Juryo.OTHER_CODE),
        ("4", False, False, True, Juryo.OTHER_CODE),
        ("5", True, True, True, Juryo.SAME_AGAIN),
        ("5", False, True, True, Juryo.OTHER_CODE),
        ("5", False, False, False, Juryo.OTHER_CODE),
    ],
)
def test_what_becomes_of_a_code(
    state: str | None, *, is_same: bool, is_own: bool, is_taken: bool, juryo: Juryo
) -> None:
    known = None if state is None else ShutokuState(state)

    assert match_answer(known, is_same=is_same, is_own=is_own, is_taken=is_taken) is juryo


def test_only_what_is_stored_is_ok_and_every_outcome_has_its_words() -> None:
    assert set(CODES) == set(JURYO_LABELS) == set(Juryo)
    assert [juryo for juryo, code in CODES.items() if code == "ok"] == [Juryo.STORED]
    assert [juryo for juryo in Juryo if is_settled(juryo)] == [Juryo.STORED, Juryo.SAME_AGAIN]
    assert {juryo for juryo in Juryo if is_settled(juryo)}.isdisjoint(SUSPECT)
