from datetime import date

import pytest

from chukan.controls.setsuzoku.queries import ItakuState, carried_by, find_client, has_itaku, list_itaku
from tests.support.machines import new_machine
from tests.support.pmh import a_pmh
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_client_is_known_on_its_days_only(world: World) -> None:
    client_id = new_machine(world, valid_from=date(2026, 4, 1), valid_to=date(2026, 5, 1)).client_id

    found = {day: find_client(client_id, on=day) is not None for day in (
        date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1),
    )}  # fmt: skip

    assert list(found.values()) == [False, True, True, False]


def test_a_key_that_has_ended_is_left_out(world: World) -> None:
    client_id = new_machine(world).client_id
    with world.admin() as admin:
        admin.execute("UPDATE setsuzoku_client_key SET valid_to = '2026-06-01'")

    before, after = find_client(client_id, on=date(2026, 5, 31)), find_client(client_id, on=date(2026, 6, 1))

    assert before is not None
    assert [key.kid for key in before.keys] == ["k1"]
    assert after is None


@pytest.mark.kj("KJ-IN-23")
def test_what_a_system_carries(world: World) -> None:
    carrying = new_machine(world, kind="kokuho_shuyaku", hokensha=("00138057",)).client_id
    own = new_machine(world).client_id

    assert carried_by(carrying) == {"00138057"}
    assert carried_by(own) == frozenset()
    found = find_client(carrying, on=date(2026, 6, 1))
    assert found is not None
    assert found.carried == {"00138057"}


def test_without_a_confirmation_nothing_is_entrusted(world: World) -> None:
    client_id = new_machine(world, kind="pmh", hokensha=()).client_id

    assert not has_itaku(client_id, "01", on=date(2026, 6, 1))


@pytest.mark.kj("KJ-PMH-08")
def test_entrustments_of_systems_in_use_come_the_one_to_be_looked_at_first(world: World) -> None:
    later = a_pmh(world, jimu=("01",), minaoshi=date(2027, 4, 1)).client_id
    first = a_pmh(world, jimu=("03",), minaoshi=date(2026, 12, 1)).client_id
    with world.admin() as admin:
        ended = a_pmh(world).client_id
        admin.execute("UPDATE setsuzoku_client SET valid_to = '2026-06-01' WHERE client_id = %s", [ended])

    assert list_itaku(on=date(2026, 6, 1)) == (
        ItakuState(first, "03", date(2026, 1, 1), date(2026, 12, 1)),
        ItakuState(later, "01", date(2026, 1, 1), date(2027, 4, 1)),
    )
