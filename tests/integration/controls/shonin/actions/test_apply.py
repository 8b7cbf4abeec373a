import json
from datetime import timedelta
from uuid import uuid4

import pytest

from chukan.controls.shonin.actions.apply import apply, withdraw
from chukan.controls.shonin.domain import State
from chukan.controls.shonin.queries import get_irai
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotFound, NotPermitted, RuleBroken
from tests.support.shonin import AGREE, ASK, FUGO, REASON, a_baitai, agree, agreer, ask, asker, kikin, saihakko
from tests.support.staff import an_operator
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
USB: dict[str, str | int] = {"baitai_id": "USB-001", "shurui": "usb"}


class TestApply:
    def test_keeps_what_is_asked_and_writes_it_down(self, world: World) -> None:
        by = asker()

        shonin_id = ask(by, "baitai", USB)

        row = get_irai(by=by, shonin_id=shonin_id, now=clock.now())
        assert (row.state, row.payload, row.riyu, row.shinseisha_id) == (State.IRAI, USB, REASON, "K0001")
        with world.admin() as admin:
            ((body,),) = admin.execute("SELECT body FROM sosa_log_event WHERE kind = 'shonin_irai'").fetchall()
        written = json.loads(bytes(body))
        assert written["targets"] == [str(shonin_id)]
        assert written["detail"]["payload_hash"] == row.payload_hash.hex()

    @pytest.mark.kj("KJ-AUTH-20", "KJ-AUTH-06")
    @pytest.mark.parametrize(
        "kengen,soshiki",
        [(AGREE - ASK | FUGO, "shiharai_kikin"), (ASK, "shiharai_kikin"), (ASK | FUGO, "unyo_hoshu")],
    )
    def test_is_for_those_with_the_rights_of_the_kind(
        self, world: World, kengen: frozenset[tuple[str, str]], soshiki: str
    ) -> None:
        an_operator("K0001", kengen=ASK)
        with pytest.raises(NotPermitted):
            ask(kikin("K0001", kengen, soshiki=soshiki), "baitai", USB)

    def test_an_unknown_kind_is_refused(self, world: World) -> None:
        with pytest.raises(NotPermitted):
            ask(asker(), "zenken_chushutsu", {})

    def test_stores_nothing_of_what_is_wrong(self, world: World) -> None:
        by, now = asker(), clock.now()
        with pytest.raises(RuleBroken) as broken:
            apply(by=by, kind="baitai", payload=USB | {"shurui": "fd"}, reason="", expires=now, now=now)
        assert {item.pointer for item in broken.value.errors} == {"shurui", "riyu", "expires_at"}
        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM shonin_irai").fetchone() == (0,)

    @pytest.mark.kj("KJ-DUAL-06")
    def test_an_extraction_names_a_registered_medium(self, world: World) -> None:
        by, other = asker(), agreer("K0002")
        with pytest.raises(RuleBroken) as broken:
            ask(by, "fugo_saihakko", saihakko())
        assert [item.code for item in broken.value.errors] == ["shonin_baitai_mitoroku"]

        a_baitai(by, other)

        shonin_id = ask(by, "fugo_saihakko", saihakko())
        assert get_irai(by=by, shonin_id=shonin_id, now=clock.now()).state is State.IRAI

    def test_a_medium_is_registered_once(self, world: World) -> None:
        by, other = asker(), agreer("K0002")
        first, second = ask(by, "baitai", USB), ask(by, "baitai", USB)
        agree(other, first)
        with pytest.raises(RuleBroken):
            ask(by, "baitai", USB)
        with pytest.raises(Conflict):
            agree(other, second)
        assert get_irai(by=by, shonin_id=second, now=clock.now()).state is State.IRAI

    @pytest.mark.kj("KJ-AUTH-06")
    def test_a_right_is_asked_for_own_staff_alone(self, world: World) -> None:
        by = asker()
        an_operator("U0001", soshiki="unyo_hoshu")
        with pytest.raises(RuleBroken) as broken:
            ask(by, "joho_teikyo_server_kengen", {"shokuin_id": "U0001", "jimu": "fugo", "action": "shokai"})
        assert [item.code for item in broken.value.errors] == ["shokuin_nashi"]


class TestWithdraw:
    @pytest.mark.parametrize("approved", [False, True])
    def test_takes_it_back_until_it_is_used(self, world: World, approved: bool) -> None:
        by, others = asker(), [agreer("K0002"), agreer("K0003")]
        a_baitai(by, others[0])
        shonin_id = ask(by, "fugo_saihakko", saihakko())
        for other in others if approved else []:
            agree(other, shonin_id, ninzu=12408)

        withdraw(by=by, shonin_id=shonin_id, now=clock.now())

        assert get_irai(by=by, shonin_id=shonin_id, now=clock.now()).state is State.TORISAGE
        with pytest.raises(NotPermitted):
            agree(others[0], shonin_id, ninzu=12408)
        with pytest.raises(Conflict):
            withdraw(by=by, shonin_id=shonin_id, now=clock.now())

    def test_is_for_the_applicant_alone(self, world: World) -> None:
        by, other = asker(), agreer("K0002")
        shonin_id = ask(by, "baitai", USB)
        for shown in (shonin_id, uuid4()):
            with pytest.raises(NotFound) as refused:
                withdraw(by=other, shonin_id=shown, now=clock.now())
            assert refused.value.code == "irai_nashi"

    def test_what_has_expired_is_left_as_it_is(self, world: World) -> None:
        by = asker()
        shonin_id = ask(by, "baitai", USB)
        later = clock.now() + timedelta(days=4)
        with pytest.raises(Conflict):
            withdraw(by=by, shonin_id=shonin_id, now=later)
        assert get_irai(by=by, shonin_id=shonin_id, now=later).state is State.KIGENGIRE
