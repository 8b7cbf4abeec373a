"""Facts of every insurer a sender may register for, and hashes made once per zone."""

from __future__ import annotations

import pytest

from chukan.kernel.crypto.data_key import BI_ZONE
from chukan.kernel.principal import Principal
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts
from tests.support.index_keys import rotated, whole_keys
from tests.support.members import TODAY, bango
from tests.support.principals import KENPO, OTHER_KENPO, SEIHO, SHICHOSON, clerk, shuyaku
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-IN-23")
def test_only_the_zones_a_sender_may_send_for_are_known() -> None:
    assert set(get_line_facts(by=clerk(), on=TODAY).hokensha) == {KENPO}
    assert set(get_line_facts(by=shuyaku(), on=TODAY).hokensha) == set(SHICHOSON)
    assert set(get_line_facts(by=shuyaku(carried=("99999999",)), on=TODAY).hokensha) == set()
    operator = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="K", actor_name="K")
    assert get_line_facts(by=operator, on=TODAY).hokensha == {}


def test_facts_name_kind_numbers_and_day() -> None:
    facts = get_line_facts(by=clerk(), on=TODAY)
    seiho = get_line_facts(by=clerk(SEIHO), on=TODAY).hokensha[SEIHO]

    assert facts.on == TODAY
    assert (facts.hokensha[KENPO].shubetsu, facts.hokensha[KENPO].hokensha_bango) == (
        "kenpo_kumiai",
        frozenset({KENPO}),
    )
    assert (seiho.hokensha_bango, seiho.kohi_futansha_bango) == (frozenset(), frozenset({SEIHO}))


@pytest.mark.kj("KJ-ENC-06")
def test_hashes_are_made_once_per_zone_and_differ_between_zones() -> None:
    indexes = ZoneIndexes()

    assert indexes(KENPO) is indexes(KENPO)
    assert indexes(KENPO).bango(bango(1)) == ZoneIndexes()(KENPO).bango(bango(1))
    assert indexes(KENPO).bango(bango(1)) != indexes(OTHER_KENPO).bango(bango(1))
    assert indexes(KENPO).global_bango(bango(1)) == indexes(OTHER_KENPO).global_bango(bango(1))


@pytest.mark.kj("KJ-ENC-07")
def test_a_zone_gets_new_hashes_when_a_key_was_replaced_and_at_every_call_while_there_are_two(world: World) -> None:
    indexes = ZoneIndexes()
    before = indexes(KENPO)
    with whole_keys(world):
        rotated(world, BI_ZONE)

        now = indexes(KENPO)

        assert now is not before
        assert now.is_current()
        assert indexes.kept(KENPO) is now
        assert indexes(KENPO) is not now  # one that remembers no twin of a former block
    assert indexes(KENPO) is indexes(KENPO)
