import pytest

from chukan.kernel.turns import Turns


class TestTurns:
    def test_each_has_its_turn_and_the_round_fails_with_the_first_error(self) -> None:
        turns, done = Turns("kernel.turn.failed"), list[int]()

        def act(number: int) -> int:
            if number in {2, 3}:
                raise ValueError(number)
            done.append(number)
            return number

        assert [turns.take(number, lambda number=number: act(number)) for number in (1, 2, 3, 4)] == [1, None, None, 4]  # type: ignore[misc]  # bound at once
        assert done == [1, 4]
        with pytest.raises(ValueError, match="2"):
            turns.end()

    def test_a_round_without_an_error_ends(self) -> None:
        turns = Turns("kernel.turn.failed")

        assert turns.take("one", lambda: "said") == "said"
        turns.end()
