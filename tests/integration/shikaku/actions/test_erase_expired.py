"""What was kept for a while goes when its time is over, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from chukan.controls.uketsuke.queries import list_meisai
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal, system_principal
from chukan.settings import limits
from shikaku.actions.erase_expired import (
    discard_refused,
    erase_closed_cases,
    erase_expired_refused_lines,
    erase_expired_slips,
)
from shikaku.actions.terminal_slip import keep_slip
from shikaku.queries.kekka import teisei_csv
from shikaku.queries.terminal_slip import open_slip
from tests.support.members import NOW, asked, file_line, kinds_of, sent
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, shuyaku
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = system_principal(actor_id="beat")
WEEK = timedelta(days=7)


def file_keys() -> list[Path]:
    return [path for path in (settings.CHUKAN_HOME / "keys" / "files").rglob("*") if path.is_file()]


@pytest.mark.kj("KJ-IN-21")
class TestRefusedLines:
    def test_go_with_their_key_after_seven_days_and_not_before(self, world: World) -> None:
        with as_role(world, "worker"):
            accepted = sent(file_line(1, shutoku="20270401"), file_line(2))
            keys = set(file_keys())

            assert erase_expired_refused_lines(by=BEAT, now=NOW + WEEK) == 0
            assert set(file_keys()) == keys
            assert erase_expired_refused_lines(by=BEAT, now=NOW + WEEK + timedelta(seconds=1)) == 1
            assert erase_expired_refused_lines(by=BEAT, now=NOW + WEEK + timedelta(seconds=1)) == 0

        assert len(set(file_keys())) == len(keys) - 1
        assert asked(world, "SELECT count(*) FROM uketsuke_teiseimachi") == [(0,)]
        assert kinds_of(world)[-1] == "file_expired"
        assert "file_discarded" not in kinds_of(world)
        assert len(list_meisai(by=clerk(), row_id=accepted.uketsuke_id)) == 1, "the result itself stays"

    def test_of_one_that_fails_do_not_keep_those_of_the_others(self, world: World) -> None:
        with as_role(world, "worker"):
            first, second = (sent(file_line(serial, shutoku="20270401")).uketsuke_id for serial in (1, 2))
            with world.admin() as admin:
                admin.execute("UPDATE uketsuke_uketsuke SET file_key = 'no such name' WHERE id = %s", [first])
                admin.execute("UPDATE uketsuke_uketsuke SET refused_until = refused_until - interval '1 s'"
                              " WHERE id = %s", [first])  # fmt: skip

            assert erase_expired_refused_lines(by=BEAT, now=NOW + WEEK + timedelta(seconds=1)) == 1

        assert asked(world, "SELECT file_key FROM uketsuke_uketsuke WHERE id = %s", second) == [("",)]

    def test_thrown_away_by_a_clerk_cannot_be_had_again(self, world: World) -> None:
        with as_role(world, "worker"):
            accepted = sent(file_line(1, shutoku="20270401"))

        discard_refused(by=clerk(), row_id=accepted.uketsuke_id, screen_id="HS-107", now=NOW)

        with pytest.raises(NotFound):
            teisei_csv(by=clerk(), row_id=accepted.uketsuke_id, with_numbers=True, now=NOW)
        with pytest.raises(NotFound):
            discard_refused(by=clerk(), row_id=accepted.uketsuke_id, screen_id="HS-107", now=NOW)
        assert kinds_of(world).count("file_discarded") == 1
        assert "file_expired" not in kinds_of(world)

    @pytest.mark.kj("KJ-LOG-01")
    @pytest.mark.parametrize(
        ("sender", "zone", "recorded_zone"),
        [(clerk(), KENPO, KENPO), (shuyaku(), SHICHOSON[0], None)],
        ids=["insurer", "carrying_system"],
    )
    def test_their_time_is_over_by_nobodys_hand(
        self, world: World, sender: Principal, zone: str, recorded_zone: str | None
    ) -> None:
        with as_role(world, "worker"):
            accepted = sent(file_line(1, shutoku="20270401", zone=zone), by=sender)
            erase_expired_refused_lines(by=BEAT, now=NOW + WEEK + timedelta(seconds=1))

        rows = asked(
            world,
            "SELECT channel, soshiki, actor_id, screen_id, targets, hokensha_code FROM sosa_log_event"
            " WHERE kind = 'file_expired'",
        )
        assert rows == [("system", "system", "beat", "", [str(accepted.uketsuke_id)], recorded_zone)]

    @pytest.mark.kj("KJ-ZONE-01")
    def test_of_another_insurer_cannot_be_thrown_away(self, world: World) -> None:
        with as_role(world, "worker"):
            accepted = sent(file_line(1, shutoku="20270401"))

        with pytest.raises(NotFound):
            discard_refused(by=clerk(OTHER_KENPO), row_id=accepted.uketsuke_id, screen_id="HS-107", now=NOW)

        assert asked(world, "SELECT count(*) FROM uketsuke_teiseimachi") == [(1,)]


def test_slips_of_every_zone_go_after_a_day(world: World) -> None:
    day = timedelta(days=1)
    keep_slip(by=clerk(), kind="toroku", content={"a": "1"}, now=NOW)
    keep_slip(by=clerk(OTHER_KENPO), kind="toroku", content={"a": "2"}, now=NOW)
    young = keep_slip(by=clerk(), kind="toroku", content={"a": "3"}, now=NOW + day)

    with as_role(world, "worker"):
        erase_expired_slips(by=BEAT, now=NOW + day + timedelta(seconds=1))

    assert asked(world, "SELECT id FROM shikaku_terminal_slip") == [(young,)]
    assert open_slip(by=clerk(), slip_id=young, kind="toroku", now=NOW + day) == {"a": "3"}


class TestClosedCases:
    def test_go_a_year_after_they_were_closed_and_open_ones_stay(self, world: World) -> None:
        with world.admin() as admin:
            for edaban, closed in ((1, NOW), (2, NOW + timedelta(days=1)), (3, None)):
                admin.execute(
                    "INSERT INTO shikaku_bango_case VALUES (gen_random_uuid(), %s, %s, gen_random_uuid(), 'file', '',"
                    " 1, %s, %s, 1, %s, '')",
                    [KENPO, edaban, NOW, NOW, closed],
                )

        with as_role(world, "worker"):
            erase_closed_cases(by=BEAT, now=NOW + limits.BANGO_CASE_KEPT)
            assert asked(world, "SELECT count(*) FROM shikaku_bango_case") == [(3,)]
            erase_closed_cases(by=BEAT, now=NOW + limits.BANGO_CASE_KEPT + timedelta(seconds=1))

        assert asked(world, "SELECT hihokensha_edaban FROM shikaku_bango_case ORDER BY 1") == [(2,), (3,)]
