"""What operators see of files: all of a day, what stands still since whenever, and whose files those are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.controls.uketsuke.models import Uketsuke
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from shikaku.queries.jokyo import Charge, count_day, list_files, list_stalled
from tests.support.members import asked
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.staff import an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
MIDNIGHT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=12)
OPERATOR = Principal(channel="operator", soshiki=UNYO_HOSHU, actor_id="U1", actor_name="試験")


def a_file(
    world: World,
    at: datetime,
    *,
    sender: str = KENPO,
    zone: str | None = KENPO,
    state: str = "kanryo",
    moved_at: datetime | None = None,
    lines: int = 10,
    refused: int = 1,
) -> str:
    """Put a file into the table as its sender left it."""
    row = Uketsuke(
        id=uuid4(),
        uketsuke_bango=f"20261120-{uuid4().hex[:10].upper()}",
        sender=sender,
        hokensha_code=zone,
        shubetsu="kanyusha",
        state=state,
        channel="server_api",
        accepted_by="x",
        accepted_by_name="x",
        line_count=lines,
        bookmark=lines,
        ok_count=lines - refused,
        refused_count=refused,
        accepted_at=at,
        moved_at=moved_at or at,
    )
    with world.admin() as admin:
        names = [field.column for field in Uketsuke._meta.concrete_fields]
        values = [getattr(row, field.attname) for field in Uketsuke._meta.concrete_fields]
        values[names.index("header")] = "{}"
        marks = ", ".join(["%s"] * len(names))
        admin.execute(f"INSERT INTO uketsuke_uketsuke ({', '.join(names)}) VALUES ({marks})", values)
    return row.uketsuke_bango


class TestFigures:
    def test_all_files_of_the_day_count(self, world: World) -> None:
        for number in range(120):
            a_file(world, MIDNIGHT + timedelta(minutes=5 * number))
        a_file(world, MIDNIGHT - timedelta(seconds=1))
        a_file(world, NOW, state="shori", refused=0)

        day = count_day(by=OPERATOR, since=MIDNIGHT, charge=Charge())

        assert (day.files, day.running, day.done, day.refused) == (121, 1, 120 * 9 + 10, 120)
        assert day.by_hour == (*[120] * 10, 0, 0, 10, *[0] * 11)

    def test_what_stands_still_since_days_is_told(self, world: World) -> None:
        stuck = a_file(world, MIDNIGHT - timedelta(days=3), state="shori")
        a_file(world, MIDNIGHT, state="horyu")
        a_file(world, MIDNIGHT, state="kanryo")
        a_file(world, NOW, state="kensa", moved_at=NOW - timedelta(seconds=60))
        later = a_file(world, NOW, state="kensa", moved_at=NOW - timedelta(seconds=61))

        found = list_stalled(by=OPERATOR, charge=Charge(), limit=10, now=NOW)

        assert [one.uketsuke_bango for one in found] == [stuck, later]

    def test_whose_files(self, world: World) -> None:
        mine, other = a_file(world, NOW), a_file(world, NOW, sender=OTHER_KENPO, zone=OTHER_KENPO)
        carried = a_file(world, NOW, sender="shuyaku-1", zone=None)

        def seen(charge: Charge) -> set[str]:
            return {one.uketsuke_bango for one in list_files(by=OPERATOR, since=MIDNIGHT, charge=charge, limit=9)}

        assert seen(Charge()) == {mine, other, carried}
        assert seen(Charge(frozenset({KENPO}), shuyaku=False)) == {mine}
        assert seen(Charge(frozenset({KENPO}), shuyaku=True)) == {mine, carried}


class TestPages:
    @pytest.mark.kj("KJ-MENU-06")
    @pytest.mark.parametrize(("soshiki", "sees"), [(SHIHARAI_KIKIN, False), (KOKUHO_CHUOKAI, True), (UNYO_HOSHU, True)])
    def test_files_of_the_carrying_system_are_for_who_is_charged_with_towns(
        self, world: World, soshiki: str, *, sees: bool
    ) -> None:
        now = clock.now()
        bango = a_file(world, now - timedelta(hours=30), sender="shuyaku-1", zone=None, state="shori")
        client = browser(an_operator(soshiki=soshiki), hokensha="")

        for address in ("/unyo/", "/unyo/shori/"):
            page = client.get(address)
            assert page.status_code == 200
            assert (bango in page.content.decode()) is sees

    @pytest.mark.kj("KJ-LOG-01")
    def test_every_page_an_operator_opens_is_on_record_and_no_poll(self, world: World) -> None:
        client = browser(an_operator(), hokensha="")
        for address in ("/unyo/", "/unyo/shori/", "/unyo/haishin/"):
            assert client.get(address).status_code == 200
        client.get("/unyo/", headers={"HX-Request": "true"})

        rows = asked(world, "SELECT screen_id, actor_id FROM sosa_log_event WHERE kind = 'monitor' ORDER BY id")
        assert [row[0] for row in rows] == ["OP-001", "OP-101", "OP-201"]
