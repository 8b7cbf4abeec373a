from datetime import UTC, datetime
from random import Random
from secrets import SystemRandom

import pytest

from chukan.kernel.values import uketsuke_bango


class TestNew:
    def test_carries_the_day_in_japan(self) -> None:
        before_midnight_utc = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)

        assert uketsuke_bango.new(before_midnight_utc, Random(1)).startswith("20260401-")

    def test_has_the_published_shape_and_does_not_repeat(self) -> None:
        numbers = {uketsuke_bango.new(datetime(2026, 4, 1, tzinfo=UTC), SystemRandom()) for _ in range(1000)}

        assert len(numbers) == 1000
        assert all(uketsuke_bango.is_valid(number) for number in numbers)


class TestIsValid:
    @pytest.mark.parametrize(
        "text", ["", "20260401-ABCDEFGHI", "20260401-abcdefghij", "２0260401-ABCDEFGHIJ", "20260401-ABCDEFGHIJ\n"]
    )
    def test_rejects_other_shapes(self, text: str) -> None:
        assert not uketsuke_bango.is_valid(text)
