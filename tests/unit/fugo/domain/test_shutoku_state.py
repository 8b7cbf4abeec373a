"""The states of a request never skip and never go back."""

from itertools import product

import pytest

from fugo.domain.shutoku_state import STAMPS, STATE_LABELS, IllegalTransition, ShutokuState, before, check_step

LEGAL = {(None, "1"), ("1", "2"), ("2", "3"), ("3", "4"), ("4", "5")}


@pytest.mark.parametrize(("present", "to"), [*product([None, *ShutokuState], ShutokuState)])
def test_only_the_next_step_is_legal(present: ShutokuState | None, to: ShutokuState) -> None:
    if (present, to) in LEGAL:
        check_step(present, to)
        assert before(to) is present
    else:
        with pytest.raises(IllegalTransition):
            check_step(present, to)


def test_every_state_has_a_name_and_a_stamp_of_its_own() -> None:
    assert set(STATE_LABELS) == set(STAMPS) == set(ShutokuState)
    assert len(set(STAMPS.values())) == len(ShutokuState)
