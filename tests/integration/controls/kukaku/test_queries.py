import pytest

from chukan.controls.kukaku.queries import current_kukaku, declared_kinds, list_gaps, table_walls
from chukan.controls.shokuin.queries import list_shokuin
from tests.support.principals import clerk
from tests.support.world import World, manage

pytestmark = pytest.mark.django_db(transaction=True)


class TestWalls:
    @pytest.mark.kj("KJ-ZONE-05")
    def test_are_those_of_every_declared_kind(self, world: World) -> None:
        assert list_gaps() == ()
        assert manage("check_kukaku") == "区画の壁は宣言どおりです。\n"
        assert {"insurer", "person", "hub", "append_only", "reference"} == set(declared_kinds().values())

    def test_a_wall_that_is_taken_down_is_seen(self, world: World) -> None:
        with world.admin() as admin:
            admin.execute("ALTER TABLE shokuin_shokuin NO FORCE ROW LEVEL SECURITY")
        try:
            assert [gap.table for gap in list_gaps()] == ["shokuin_shokuin"]
            with pytest.raises(RuntimeError, match="shokuin_shokuin"):
                manage("check_kukaku")
        finally:
            with world.admin() as admin:
                admin.execute("ALTER TABLE shokuin_shokuin FORCE ROW LEVEL SECURITY")

    def test_tables_are_read_from_the_catalogue(self, world: World) -> None:
        held = table_walls()["shokuin_session"]
        assert (held.secured, held.forced) == (True, True)
        assert held.readers == {"chukan_web", "chukan_kanri"}


def test_no_zone_is_left_behind_after_a_query(world: World) -> None:
    list_shokuin(by=clerk())
    assert current_kukaku() is None
