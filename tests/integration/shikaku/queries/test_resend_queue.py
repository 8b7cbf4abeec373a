"""再送待ち as operators and the command see it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import TransactionMisuse
from shikaku.actions.register_one import register_one
from shikaku.queries.resend_queue import RefusedTelegram, count_resend_queue, list_resend_queue
from tests.support.members import LATER, asked, joined, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
OPERATOR = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="K0001", actor_name="試験次郎")


@pytest.fixture
def refused(world: World) -> list[RefusedTelegram]:
    """Three refused telegrams, of which a newer one followed the first."""
    joined(1)
    joined(2)
    joined(3, by=clerk(OTHER_KENPO))
    with world.admin() as admin:
        admin.execute("UPDATE shikaku_onshi_soshin SET shori_kekka_kubun = '9', answered_at = %s", [LATER])
    register_one(by=clerk(), line=loss(1), now=LATER)
    rows = asked(
        world,
        "SELECT soshin_bango, hokensha_code, answered_at FROM shikaku_onshi_soshin"
        " WHERE hihokensha_edaban = 2 OR hokensha_code = %s ORDER BY hokensha_code",
        OTHER_KENPO,
    )
    return [RefusedTelegram(*row) for row in rows]


@pytest.mark.kj("KJ-EXT-04")
class TestQueue:
    def test_refused_and_nothing_newer(self, refused: list[RefusedTelegram]) -> None:
        assert list(list_resend_queue(by=OPERATOR)) == refused
        assert count_resend_queue(by=OPERATOR) == {KENPO: 1, OTHER_KENPO: 1}

    def test_narrowed_by_insurer_or_number(self, refused: list[RefusedTelegram]) -> None:
        mine, theirs = refused

        assert list_resend_queue(by=OPERATOR, hokensha_code=KENPO) == (mine,)
        assert list_resend_queue(by=OPERATOR, soshin_bango=theirs.soshin_bango) == (theirs,)
        assert list_resend_queue(by=OPERATOR, soshin_bango=uuid4()) == ()
        assert count_resend_queue(by=OPERATOR, hokensha_codes=frozenset({KENPO})) == {KENPO: 1}
        assert count_resend_queue(by=OPERATOR, hokensha_codes=frozenset()) == {}

    def test_a_telegram_of_another_kind_does_not_stand_for_it(
        self, world: World, refused: list[RefusedTelegram]
    ) -> None:
        with world.admin() as admin:
            admin.execute(
                "UPDATE shikaku_onshi_soshin SET kind = 'pmh_id', hokensha_code = NULL, hihokensha_edaban = NULL"
                " WHERE jun = 2"
            )

        assert count_resend_queue(by=OPERATOR) == {KENPO: 2, OTHER_KENPO: 1}


def test_an_insurers_clerk_may_not_ask() -> None:
    with pytest.raises(TransactionMisuse):
        list_resend_queue(by=clerk())
    with pytest.raises(TransactionMisuse):
        count_resend_queue(by=clerk())
