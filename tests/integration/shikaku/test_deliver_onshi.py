"""The pace of the process that sends telegrams."""

from __future__ import annotations

from chukan.settings import limits
from shikaku.actions.send_to_onshi import Delivered
from shikaku.management.commands.deliver_onshi import Pace


class TestPace:
    def test_goes_on_at_once_while_all_is_answered(self) -> None:
        assert Pace().after(Delivered(received=0, answered=True)) == 0

    def test_looks_again_soon_when_nothing_was_due(self) -> None:
        assert Pace().after(None) == 0.5

    def test_asks_a_silent_partner_less_and_less_often(self) -> None:
        pace, silence = Pace(), Delivered(received=0, answered=False)

        assert [pace.after(silence) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
        assert pace.after(None) == 0.5
        assert pace.after(silence) == 30
        assert pace.after(Delivered(received=1, answered=True)) == 0
        assert pace.after(silence) == 0.5

    def test_one_telegram_asks_for_all_while_nobody_answers(self) -> None:
        pace, silence = Pace(), Delivered(received=0, answered=False)

        assert pace.limit == limits.ONSHI_BATCH
        pace.after(silence)
        assert pace.limit == 1
        pace.after(None)
        assert pace.limit == 1
        pace.after(Delivered(received=1, answered=True))
        assert pace.limit == limits.ONSHI_BATCH

    def test_a_line_that_loses_some_calls_is_no_silent_partner(self) -> None:
        pace = Pace()

        assert [pace.after(Delivered(received=3, answered=False)) for _ in range(9)] == [0.5] * 9
