import csv
import io
from datetime import UTC, datetime

import pytest

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.actions.search_log import export_log, search_log
from chukan.controls.sosa_log.domain import LogFilter, SosaKind
from chukan.kernel.errors import RuleBroken
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-LOG-13")]
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
SHOKAI = LogFilter(kind="shokai")


def write(hokensha: str = KENPO, count: int = 1) -> None:
    for _ in range(count):
        record_sosa_alone(
            by=clerk(hokensha), kind=SosaKind.SHOKAI, jimu="shikaku", target_file="shikaku", result="ok", now=NOW
        )


def recorded(world: World) -> list[tuple[str, str]]:
    with world.admin() as admin:
        return admin.execute(
            "SELECT kind, convert_from(body, 'UTF8')::json -> 'detail' ->> 'count' FROM sosa_log_event "
            "WHERE kind LIKE 'log_%' ORDER BY id"
        ).fetchall()


def test_a_search_says_what_it_found_and_leaves_its_own_trace(world: World) -> None:
    write(count=3)

    page = search_log(by=clerk(), given=SHOKAI, limit=2, screen_id="KR-201", now=NOW)

    assert (len(page.rows), page.has_newer, page.has_older) == (2, False, True)
    assert recorded(world) == [("log_search", "2")]


def test_an_output_holds_every_match_of_the_own_zone(world: World) -> None:
    write(count=3)
    write(OTHER_KENPO)

    rows = list(
        csv.reader(io.StringIO(export_log(by=clerk(), given=SHOKAI, screen_id="KR-201", now=NOW).decode("utf-8-sig")))
    )

    assert len(rows) == 4
    assert {row[2] for row in rows[1:]} == {KENPO}
    assert rows[1][1] == "2026-11-21T12:00:00+09:00"
    assert recorded(world) == [("log_export", "3")]


def test_too_many_are_not_put_out_and_not_recorded(world: World) -> None:
    write(count=3)

    with pytest.raises(RuleBroken) as refused:
        export_log(by=clerk(), given=SHOKAI, screen_id="KR-201", now=NOW, most=2)

    assert refused.value.code == "kensu_kata"
    assert recorded(world) == []
