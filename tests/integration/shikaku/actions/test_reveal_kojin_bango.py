"""Log first, then the number: no right, no reason or no log means no number."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.errors import Invalid, NotFound, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from shikaku.actions.register_one import register_one
from shikaku.actions.reveal_kojin_bango import Revealed, reveal_kojin_bango
from tests.support.members import LATER, NOW, asked, bango, join_line, joined, kinds_of, known, loss, row_id_of
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = {"kihon": {"shibo_flag": True}}


def reveal(row_id: UUID, *, by: Principal | None = None, riyu: str = "honnin_moshide", note: str = "") -> Revealed:
    return reveal_kojin_bango(by=by or clerk(), row_id=row_id, riyu=riyu, note=note, screen_id="HS-102", now=NOW)


@pytest.fixture(params=["alive", "dead"])
def row_id(request: pytest.FixtureRequest) -> UUID:
    """One member; the dead are guarded as the living are."""
    joined(1)
    if request.param == "dead":
        register_one(by=clerk(), line=known("03", 1, **DEAD), now=LATER)
        register_one(by=clerk(), line=loss(1), now=LATER)
    return row_id_of(1)


@pytest.mark.kj("KJ-DEAD-01")
class TestReveal:
    @pytest.mark.kj("KJ-LOG-08", "KJ-UI-04")
    def test_the_intent_and_the_showing_are_kinds_of_their_own(self, world: World, row_id: UUID) -> None:
        revealed = reveal(row_id)

        assert revealed.kojin_bango.reveal() == bango(1)
        assert bango(1) not in repr(revealed)
        rows = asked(world, "SELECT id, kind, targets FROM sosa_log_event ORDER BY id DESC LIMIT 2")
        assert [row[1] for row in rows] == ["bango_reveal", "bango_reveal_intent"]
        assert rows[1][0] == revealed.kiroku_bango
        assert all(str(row_id) in row[2] for row in rows)

    @pytest.mark.kj("KJ-AUTH-14")
    @pytest.mark.parametrize("jimu", [frozenset(), frozenset({"fugo", "kanri"})])
    def test_without_the_right_for_this_jimu_nothing_is_opened(
        self, world: World, row_id: UUID, jimu: frozenset[str]
    ) -> None:
        before = kinds_of(world)

        with pytest.raises(NotPermitted) as refused:
            reveal(row_id, by=replace(clerk(), kojin_bango_jimu=jimu))

        assert refused.value.code == "kojin_bango_kengen_nashi"
        assert kinds_of(world) == before

    @pytest.mark.parametrize("riyu,note", [("", ""), ("nazo", "長い理由の説明"), ("sonota", "  理由 "), ("sonota", "")])
    def test_without_a_reason_nothing_is_opened(self, world: World, row_id: UUID, riyu: str, note: str) -> None:
        before = kinds_of(world)

        with pytest.raises(Invalid) as refused:
            reveal(row_id, riyu=riyu, note=note)

        assert refused.value.code == "riyu_nashi"
        assert kinds_of(world) == before

    @pytest.mark.kj("KJ-ZONE-01")
    def test_another_insurers_clerk_leaves_the_try_and_sees_no_number(self, world: World, row_id: UUID) -> None:
        for guessed in (row_id, uuid4()):
            with pytest.raises(NotFound) as gone:
                reveal(guessed, by=clerk(OTHER_KENPO))
            assert gone.value.code == "kojin_bango_nashi"

        assert kinds_of(world)[-2:] == ["bango_reveal_intent", "bango_reveal_intent"]

    @pytest.mark.kj("KJ-LOG-08")
    def test_the_intent_stands_even_when_the_number_cannot_be_opened(self, world: World, row_id: UUID) -> None:
        with world.admin() as admin:
            admin.execute(
                "UPDATE shikaku_itaku_kukaku_kanyusha SET ct_kojin_bango ="
                " set_byte(ct_kojin_bango, length(ct_kojin_bango) - 1,"
                " get_byte(ct_kojin_bango, length(ct_kojin_bango) - 1) # 1)"
            )

        with pytest.raises(EnvelopeRefused):
            reveal(row_id)

        assert kinds_of(world)[-1] == "bango_reveal_intent"

    @pytest.mark.kj("KJ-ENC-01")
    def test_the_number_stands_nowhere_in_the_clear(self, world: World, row_id: UUID) -> None:
        reveal(row_id)

        held = asked(world, "SELECT ct_kojin_bango, bi_bango FROM shikaku_itaku_kukaku_kanyusha")
        held += asked(world, "SELECT ct_joho FROM shikaku_rireki") + asked(world, "SELECT body FROM sosa_log_event")
        assert not [row for row in held for value in row if bango(1).encode() in bytes(value)]


def test_a_member_without_a_number_has_none_to_show() -> None:
    register_one(
        by=clerk(), line=replace(join_line(1, kanyusha_kubun_code="03"), kojin_bango=None, shikaku={}), now=NOW
    )

    with pytest.raises(NotFound):
        reveal(row_id_of(1))


def test_a_number_written_as_the_reason_is_not_kept(world: World) -> None:
    joined(1)

    reveal(row_id_of(1), riyu="sonota", note=f"番号 {bango(1)} の確認")

    assert not [row for row in asked(world, "SELECT body FROM sosa_log_event") if bango(1).encode() in bytes(row[0])]


def test_the_intent_cannot_be_undone_by_a_caller_that_fails() -> None:
    @own_transaction
    def caller(*, by: Principal) -> None:
        reveal(uuid4(), by=by)

    with pytest.raises(TransactionMisuse):
        caller(by=clerk())
