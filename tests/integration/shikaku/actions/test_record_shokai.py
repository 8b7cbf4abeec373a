"""What is shown, and the record that it was shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Invalid, NotFound
from shikaku.actions import record_shokai as record_shokai_module
from shikaku.actions.record_shokai import (
    record_file_shokai,
    record_kensaku,
    record_rireki_kensaku,
    record_rireki_shokai,
    record_shokai,
)
from shikaku.actions.register_one import register_one
from shikaku.queries.kanyusha import SearchCriteria
from shikaku.queries.rireki import FoundRireki
from tests.support.members import LATER, NOW, TODAY, asked, bango, joined, kinds_of, loss, row_id_of
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def last(world: World, columns: str) -> tuple[Any, ...]:
    return asked(world, f"SELECT {columns} FROM sosa_log_event ORDER BY id DESC LIMIT 1")[0]  # ours


def rireki_asked(*, hihokensha_edaban: int | None = None, kojin_bango: str | None = None) -> FoundRireki:
    return record_rireki_kensaku(
        by=clerk(), hihokensha_edaban=hihokensha_edaban, kojin_bango=kojin_bango, on=None, known_at=LATER, now=LATER
    )


@pytest.mark.kj("KJ-LOG-01")
class TestRecordShokai:
    def test_a_search_keeps_its_hits_and_which_criteria_but_no_value(self, world: World) -> None:
        joined(1)
        criteria = SearchCriteria(kana="ミホン", seinengappi=date(1980, 4, 1))

        page = record_kensaku(by=clerk(), criteria=criteria, after=0, on=TODAY, screen_id="HS-101", now=NOW)

        kind, targets, body = last(world, "kind, targets, body")
        assert (kind, targets) == ("kensaku", [str(page.items[0].row_id)])
        text = bytes(body).decode()
        assert '"joken":"kana,seinengappi"' in text
        assert "ミホン" not in text
        assert "1980" not in text

    def test_a_search_that_is_refused_is_no_search(self, world: World) -> None:
        with pytest.raises(Invalid):
            record_kensaku(by=clerk(), criteria=SearchCriteria(), after=0, on=TODAY, screen_id="HS-101", now=NOW)

        assert kinds_of(world) == []

    def test_a_member_seen_is_one_row_naming_the_person(self, world: World) -> None:
        joined(1)
        row_id = row_id_of(1)

        detail = record_shokai(by=clerk(), row_id=row_id, on=TODAY, screen_id="HS-102", now=NOW)

        assert kinds_of(world) == ["toroku", "bango_entry", "shokai"]
        assert last(world, "targets, screen_id") == ([str(detail.himozuke_bango), str(row_id)], "HS-102")

    def test_the_timeline_shows_what_was_recorded_until_then(self, world: World) -> None:
        joined(1)
        register_one(by=clerk(), line=loss(1), now=LATER)
        row_id = row_id_of(1)

        def shown(known_at: datetime) -> list[str]:
            _, lines = record_rireki_shokai(
                by=clerk(), row_id=row_id, on=TODAY, known_at=known_at, screen_id="HS-103", now=LATER
            )
            return [line.version.shori_shubetsu_code for line in lines]

        assert shown(LATER) == ["04", "01"]
        assert shown(NOW) == ["01"]
        assert kinds_of(world)[-2:] == ["rireki_shokai", "rireki_shokai"]

    @pytest.mark.parametrize(
        "asked_by,kind", [({"kojin_bango": bango(1)}, "bango_kensaku"), ({"hihokensha_edaban": 1}, "rireki_shokai")]
    )
    def test_a_person_asked_for_is_one_row_that_tells_how(
        self, world: World, asked_by: dict[str, Any], kind: str
    ) -> None:
        joined(1)

        found = rireki_asked(**asked_by)

        assert [version.shori_shubetsu_code for version in found.versions] == ["01"]
        assert last(world, "kind, targets, result") == (kind, [str(found.himozuke_bango)], "ok")

    def test_nobody_is_answered_about_without_a_record(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        joined(1)
        before = kinds_of(world)

        def full(**_: object) -> None:
            raise OSError

        monkeypatch.setattr(record_shokai_module, "record_sosa", full)
        with pytest.raises(OSError):  # noqa: PT011  # ours, a line above
            rireki_asked(hihokensha_edaban=1)
        with pytest.raises(NotFound):
            rireki_asked(hihokensha_edaban=2)
        assert kinds_of(world) == before

    def test_the_results_of_a_file_are_seen_or_taken_away(self, world: World) -> None:
        record_file_shokai(by=clerk(), uketsuke_bango="20261120-ABCDEFGHIJ", screen_id="HS-302", now=NOW)
        record_file_shokai(
            by=clerk(), uketsuke_bango="20261120-ABCDEFGHIJ", kind=SosaKind.DOWNLOAD, lines=1_234, now=NOW
        )

        assert kinds_of(world) == ["file_status", "download"]
        (body,) = last(world, "body")
        assert '"lines":1234' in bytes(body).decode()


@pytest.mark.kj("KJ-ZONE-01")
def test_another_insurers_member_is_not_there_and_nothing_was_shown(world: World) -> None:
    joined(1)
    row_id = row_id_of(1)

    for guessed in (row_id, uuid4()):
        with pytest.raises(NotFound) as gone:
            record_shokai(by=clerk(OTHER_KENPO), row_id=guessed, on=TODAY, screen_id="HS-102", now=NOW)
        assert gone.value.code == "kanyusha_nashi"

    assert kinds_of(world) == ["toroku", "bango_entry"]
