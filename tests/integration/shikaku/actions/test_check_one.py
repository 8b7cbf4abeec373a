"""Asking the rules keeps nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chukan.kernel.errors import RuleBroken
from shikaku.actions.check_one import check_one
from tests.support.members import NOW, asked, join_line, joined
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
TOUCHED = (
    "shikaku_itaku_kukaku_kanyusha", "shikaku_rireki", "shikaku_onshi_soshin", "shikaku_himozuke",
    "shikaku_kojin_bango_sakuin", "uketsuke_uketsuke", "uketsuke_meisai", "sosa_log_event", "outbox_message",
)  # fmt: skip


def counts(world: World) -> list[int]:
    return [asked(world, f"SELECT count(*) FROM {table}")[0][0] for table in TOUCHED]  # named above


class TestCheckOne:
    def test_a_good_line_has_no_warning_and_leaves_nothing(self, world: World) -> None:
        assert check_one(by=clerk(), line=join_line(1), now=NOW) == ()

        assert counts(world) == [0] * len(TOUCHED)

    def test_no_number_is_used_up(self) -> None:
        check_one(by=clerk(), line=join_line(1), now=NOW)

        assert joined(2).hihokensha_edaban == 1

    def test_warnings_are_those_of_the_registration(self) -> None:
        joined(1, shikaku_soshitsu_ymd="2026-06-01")
        again = join_line(1, shikaku_shutoku_ymd="2026-08-01")

        warned = check_one(by=clerk(), line=again, now=NOW)

        assert [item.code for item in warned] == ["W101"]
        assert warned == joined(1, shikaku_shutoku_ymd="2026-08-01").keikoku

    def test_every_violation_is_told_at_once(self, world: World) -> None:
        spoiled = replace(join_line(1, shikaku_shutoku_ymd="2027-04-01"), kojin_bango="123456789012")

        with pytest.raises(RuleBroken) as refused:
            check_one(by=clerk(), line=spoiled, now=NOW)

        assert [error.code for error in refused.value.errors] == ["E206", "E210"]
        assert counts(world) == [0] * len(TOUCHED)
