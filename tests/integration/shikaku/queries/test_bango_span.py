"""Which members gave a wrong number up, when, and whom it leads to since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from chukan.kernel.principal import Principal, system_principal
from shikaku.actions.register_one import register_one
from shikaku.domain.bango_span import BangoSpan
from shikaku.queries.bango_span import find_bango_spans
from tests.support.fugo import WORKER
from tests.support.members import NOW, asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
ZONE = system_principal(actor_id="worker", hokensha_code=KENPO)
DAY = timedelta(days=1)


def renumber(serial: int, kubun: str, *, edaban: int = 1, days: int) -> None:
    line = known("03", edaban, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun)
    register_one(by=clerk(), line=line, now=NOW + days * DAY)


def led(world: World) -> dict[int, UUID]:
    """Return the persons by the order they came to be."""
    return dict(asked(world, "SELECT hihokensha_edaban, himozuke_bango FROM shikaku_itaku_kukaku_kanyusha ORDER BY 1"))


def test_nobody_is_told_of_who_had_one_number_only(world: World) -> None:
    joined(1)
    joined(2)
    renumber(3, "1", edaban=2, days=1)
    person = led(world)[2]

    found = find_bango_spans(by=ZONE, hihokensha_edaban=[1, 2], moved=())

    assert found == {2: (BangoSpan(None, NOW + DAY, person), BangoSpan(NOW + DAY, None, person))}
    assert find_bango_spans(by=ZONE, hihokensha_edaban=[], moved=()) == {}


@pytest.mark.kj("KJ-SHI-05")
def test_a_number_given_up_leads_elsewhere_the_others_to_the_person(world: World) -> None:
    joined(1)
    joined(9)
    renumber(2, "1", days=1)
    renumber(3, "2", days=2)
    person = led(world)[1]

    found = find_bango_spans(by=ZONE, hihokensha_edaban=[1, 2], moved=())

    changed, corrected = NOW + DAY, NOW + 2 * DAY
    (first, wrong, present) = found.pop(1)
    assert (first, present) == (BangoSpan(None, changed, person), BangoSpan(corrected, None, person))
    assert (wrong.began_at, wrong.ended_at) == (changed, corrected)
    assert wrong.leads_to not in (None, person)
    assert found == {}


def test_who_became_somebody_else_is_always_told_of(world: World) -> None:
    joined(1)
    assert find_bango_spans(by=ZONE, hihokensha_edaban=[1], moved=[1]) == {1: (BangoSpan(None, None, led(world)[1]),)}


def test_what_does_not_open_leads_to_nobody(world: World) -> None:
    joined(1)
    with world.admin() as admin:
        admin.execute(
            "UPDATE shikaku_itaku_kukaku_kanyusha SET ct_kojin_bango = set_byte(ct_kojin_bango, 20,"
            " get_byte(ct_kojin_bango, 20) # 1)"
        )

    assert find_bango_spans(by=ZONE, hihokensha_edaban=[1], moved=[1]) == {1: (BangoSpan(None, None, None),)}


def test_so_is_the_process_that_works_for_a_town_of_a_carrying_system() -> None:
    by = replace(ZONE, channel="shuyaku", hokensha_code=SHICHOSON[0])

    assert find_bango_spans(by=by, hihokensha_edaban=[1], moved=()) == {}


@pytest.mark.parametrize("by", [WORKER, clerk()])
def test_nobody_else_is_told(by: Principal) -> None:
    with pytest.raises(TypeError):
        find_bango_spans(by=by, hihokensha_edaban=[1], moved=())


def test_members_of_another_zone_are_not_told_of(world: World) -> None:
    joined(1, by=clerk(OTHER_KENPO))

    assert find_bango_spans(by=ZONE, hihokensha_edaban=[1], moved=()) == {}
