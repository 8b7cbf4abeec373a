from datetime import date

import pytest

from chukan.controls.shokuin.queries import find_system_kanri, get_shokuin, list_shokuin
from chukan.kernel.errors import NotFound
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import a_staff, an_operator, enter, web_role
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestWalls:
    """The tables of staff as the web role sees them."""

    def test_show_nothing_without_a_zone_and_one_zone_within_it(self, world: World) -> None:
        a_staff()
        a_staff("S0002", hokensha="06139992")
        an_operator()
        enter()
        seen = {}
        for zone in ("", "06132013", "06139992", "shiharai_kikin"):
            with web_role(world) as web:
                web.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [zone])
                seen[zone] = [
                    web.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
                    for table in ("shokuin_shokuin", "shokuin_account", "shokuin_session", "kengen_fuyo")
                ]
        assert seen == {
            "": [0, 0, 0, 0],
            "06132013": [1, 1, 1, 2],
            "06139992": [1, 1, 0, 2],
            "shiharai_kikin": [1, 1, 0, 7],  # those of 情報提供サーバー come by approval alone
        }

    def test_refuse_a_row_of_another_zone(self, world: World) -> None:
        a_staff()
        with web_role(world) as web:
            web.execute("SELECT set_config('chukan.hokensha_code', '06132013', true)")
            row = (
                "INSERT INTO shokuin_shokuin (id, zone, soshiki, hokensha_code, shokuin_id, shimei, kubun, "
                "registered_at, registered_by) VALUES (gen_random_uuid(), '06139992', 'hokensha', '06139992', 'S9', "
                "'x', 'ippan', now(), 'x')"
            )
            with pytest.raises(Exception, match="row-level security"):
                web.execute(row)

    def test_hold_a_zone_together(self, world: World) -> None:
        a_staff()
        with world.admin() as admin, pytest.raises(Exception, match=r"same_zone|zone_of_soshiki"):
            admin.execute("UPDATE shokuin_shokuin SET zone = '06139992', hokensha_code = '06139992'")


class TestListShokuin:
    def test_gives_the_own_organisation_alone_a_page_at_a_time(self, world: World) -> None:
        for number in (3, 1, 2):
            a_staff(f"S000{number}")
        a_staff("S0009", hokensha=OTHER_KENPO)

        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO), limit=2)] == ["S0001", "S0002"]
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO), after="S0002", limit=2)] == ["S0003"]

    def test_does_not_tell_another_organisation_from_nothing(self, world: World) -> None:
        a_staff("S0009", hokensha=OTHER_KENPO)
        (theirs,) = list_shokuin(by=clerk(OTHER_KENPO))

        with pytest.raises(NotFound):
            get_shokuin(by=clerk(KENPO), row_id=theirs.id)
        assert get_shokuin(by=clerk(OTHER_KENPO), row_id=theirs.id) == theirs


class TestFindSystemKanri:
    def test_only_whoever_may_keep_staff_of_that_insurer_on_that_day(self, world: World) -> None:
        first, end = date(2026, 4, 1), date(2027, 4, 1)
        manages = frozenset({("kanri", "koshin")})
        a_staff("K0001", kengen=manages, shimei="見本三千代", valid_from=first, valid_to=end)
        a_staff("S0001", valid_from=first, valid_to=end)

        def found(zone: str, shokuin_id: str, on: date) -> str | None:
            return find_system_kanri(by=clerk(zone), zone=zone, shokuin_id=shokuin_id, on=on)

        assert found(KENPO, "K0001", first) == "見本三千代"
        assert found(KENPO, "K0001", end) is None
        assert found(KENPO, "S0001", first) is None
        assert found(OTHER_KENPO, "K0001", first) is None
