import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import connection, connections

from chukan.controls.kengen.queries import list_rights
from chukan.controls.shokuin.queries import list_shokuin
from chukan.controls.shonin.actions.decide import reject
from chukan.controls.shonin.domain import Refusal, State, bound_of
from chukan.controls.shonin.queries import get_irai, list_baitai
from chukan.kernel import clock
from chukan.kernel.errors import NotFound, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from tests.support.principals import clerk
from tests.support.shonin import (
    ASK,
    Ninsho,
    a_baitai,
    agree,
    agreer,
    ask,
    asker,
    grant_by_approval,
    kikin,
    saihakko,
)
from tests.support.staff import an_operator
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
USB: dict[str, str | int] = {"baitai_id": "USB-001", "shurui": "usb"}
NINZU = 12408


@pytest.fixture
def by(world: World) -> Principal:
    return asker()


@pytest.fixture
def others(world: World) -> list[Principal]:
    return [agreer(f"K000{number}") for number in (2, 3, 4)]


@pytest.fixture
def re_issue(by: Principal, others: list[Principal]) -> UUID:
    """A 依頼 of class A."""
    a_baitai(by, others[0])
    return ask(by, "fugo_saihakko", saihakko())


def state_of(by: Principal, shonin_id: UUID) -> State:
    return get_irai(by=by, shonin_id=shonin_id, now=clock.now()).state


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(NotPermitted) as refused:
        act()
    return refused.value.code


def all_at_once(acts: list[Callable[[], object]]) -> list[str]:
    """Do all at the same moment, each on a connection of its own; return what came of them, sorted."""
    outcomes: list[str] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes.append(str(act()))
        except NotPermitted as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


class TestApprove:
    @pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07")
    def test_class_a_needs_two_other_persons(self, by: Principal, others: list[Principal], re_issue: UUID) -> None:
        assert agree(others[0], re_issue, ninzu=NINZU) is State.HITORIME
        assert refusal(lambda: agree(others[0], re_issue, ninzu=NINZU)) == Refusal.NIDO
        assert agree(others[1], re_issue, ninzu=NINZU) is State.SHONIN_ZUMI
        assert refusal(lambda: agree(others[2], re_issue, ninzu=NINZU)) == Refusal.STATE

    @pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-20")
    def test_nobody_agrees_to_the_own_wish(self, world: World) -> None:
        both = agreer("K0002")
        an_operator("K0005", kengen=ASK)
        shonin_id = ask(both, "joho_teikyo_server_kengen", {"shokuin_id": "K0005", "jimu": "fugo", "action": "shokai"})

        assert refusal(lambda: agree(both, shonin_id)) == Refusal.HONNIN
        assert (
            refusal(lambda: reject(by=both, shonin_id=shonin_id, comment="やめる", now=clock.now())) == Refusal.HONNIN
        )

    @pytest.mark.kj("KJ-AUTH-20")
    def test_nobody_agrees_to_a_right_of_the_own(self, by: Principal, others: list[Principal]) -> None:
        shonin_id = ask(by, "joho_teikyo_server_kengen", {"shokuin_id": "K0002", "jimu": "fugo", "action": "koshin"})

        assert refusal(lambda: agree(others[0], shonin_id)) == Refusal.TAISHO
        assert agree(others[1], shonin_id) is State.KANRYO

    def test_is_for_those_with_the_rights_of_the_kind(self, by: Principal, re_issue: UUID) -> None:
        an_operator("K0009", kengen=ASK)
        without_kanri = kikin("K0009", frozenset({("shonin", "shokai"), ("shonin", "koshin")}))
        assert refusal(lambda: agree(without_kanri, re_issue, ninzu=NINZU)) == Refusal.KENGEN

    def test_another_organisation_finds_nothing(self, by: Principal, re_issue: UUID) -> None:
        for stranger in (kikin("K0002", soshiki="unyo_hoshu"), clerk()):
            with pytest.raises(NotFound):
                agree(stranger, re_issue, ninzu=NINZU)

    @pytest.mark.parametrize("ninzu", [None, 12407])
    def test_class_a_types_the_number_of_people(
        self, by: Principal, others: list[Principal], re_issue: UUID, ninzu: int | None
    ) -> None:
        assert refusal(lambda: agree(others[0], re_issue, ninzu=ninzu)) == Refusal.NINZU
        assert state_of(by, re_issue) is State.IRAI

    @pytest.mark.kj("KJ-DUAL-07")
    def test_is_bound_to_this_very_payload(self, by: Principal, others: list[Principal], re_issue: UUID) -> None:
        ninsho = Ninsho()
        agree(others[0], re_issue, ninzu=NINZU, ninsho=ninsho)
        held = get_irai(by=by, shonin_id=re_issue, now=clock.now())
        ((actor, _, purpose, bound),) = ninsho.used
        assert (actor, purpose) == ("K0002", "shonin")
        assert bound == bound_of(shonin_id=re_issue.bytes, payload_hash=held.payload_hash)

    def test_without_a_confirmation_nothing_happens(self, by: Principal, others: list[Principal]) -> None:
        def refusing(**_asked: object) -> None:
            raise NotPermitted("seitai_mikakunin", "この操作には生体認証が要ります。")

        shonin_id = ask(by, "baitai", USB)
        assert refusal(lambda: agree(others[0], shonin_id, ninsho=refusing)) == "seitai_mikakunin"
        assert state_of(by, shonin_id) is State.IRAI
        assert list_baitai(by=by) == ()

    @pytest.mark.kj("KJ-DUAL-07")
    def test_what_has_expired_is_agreed_to_by_nobody(self, by: Principal, others: list[Principal]) -> None:
        shonin_id = ask(by, "baitai", USB)
        later = clock.now() + timedelta(days=3, seconds=1)
        assert refusal(lambda: agree(others[0], shonin_id, now=later)) == Refusal.KIGEN

    @pytest.mark.kj("KJ-DUAL-07")
    def test_two_at_once_for_one_place_are_one(self, by: Principal, others: list[Principal]) -> None:
        shonin_id = ask(by, "baitai", USB)

        outcomes = all_at_once([partial(agree, other, shonin_id) for other in others])

        assert outcomes == sorted([State.KANRYO.value, Refusal.STATE.value, Refusal.STATE.value])
        assert list_baitai(by=by) == (("USB-001", "usb"),)

    def test_two_at_once_of_class_a_are_the_first_and_the_second(
        self, by: Principal, others: list[Principal], re_issue: UUID
    ) -> None:
        outcomes = all_at_once([partial(agree, other, re_issue, ninzu=NINZU) for other in others])

        assert outcomes == sorted([State.HITORIME.value, State.SHONIN_ZUMI.value, Refusal.STATE.value])

    def test_the_second_does_not_read_what_the_first_wrote(
        self, by: Principal, others: list[Principal], re_issue: UUID
    ) -> None:
        agree(others[0], re_issue, ninzu=NINZU, comment="対象者を確かめた")

        def comments(reader: Principal) -> list[str | None]:
            return [one.comment for one in get_irai(by=reader, shonin_id=re_issue, now=clock.now()).handan]

        assert [comments(reader) for reader in (others[1], by, others[0])] == [[None], [None], ["対象者を確かめた"]]
        agree(others[1], re_issue, ninzu=NINZU)
        assert comments(others[1]) == ["対象者を確かめた", ""]


class TestGrantKengen:
    @pytest.mark.kj("KJ-AUTH-20", "KJ-AUTH-06")
    @pytest.mark.parametrize("action", ["shokai", "koshin"])
    def test_gives_exactly_the_mode_that_was_asked_for(
        self, world: World, by: Principal, others: list[Principal], action: str
    ) -> None:
        an_operator("K0007", kengen=frozenset({("unyo", "shokai")}))

        grant_by_approval("K0007", "fugo", action, by=by, agreed_by=others[0])

        today = clock.today_jst()
        row = next(one for one in list_shokuin(by=by) if one.shokuin_id == "K0007")
        rights = list_rights(by=by, zone=row.zone, shokuin_pk=row.id, on=today)
        assert rights.kengen == {("unyo", "shokai"), ("fugo", action)}
        assert list_rights(by=by, zone=row.zone, shokuin_pk=row.id, on=row.valid_to).kengen == frozenset()
        with world.admin() as admin:
            held = admin.execute("SELECT granted_by, approved_by FROM kengen_fuyo WHERE jimu = 'fugo'").fetchall()
        assert held == [("K0001", "K0002")]


class TestReject:
    def test_sends_it_back_with_the_reason(self, by: Principal, others: list[Principal], re_issue: UUID) -> None:
        agree(others[0], re_issue, ninzu=NINZU)

        reject(by=others[1], shonin_id=re_issue, comment="件数が違う", now=clock.now())

        row = get_irai(by=by, shonin_id=re_issue, now=clock.now())
        assert row.state is State.SASHIMODOSHI
        assert [(one.shokuin_id, one.is_approval, one.comment) for one in row.handan] == [
            ("K0002", True, ""),
            ("K0003", False, "件数が違う"),
        ]
        assert refusal(lambda: agree(others[2], re_issue, ninzu=NINZU)) == Refusal.STATE

    @pytest.mark.parametrize("comment", ["  ", "あ" * 401, "123456789018の人"])
    def test_demands_a_reason_without_a_number(
        self, by: Principal, others: list[Principal], re_issue: UUID, comment: str
    ) -> None:
        with pytest.raises(RuleBroken):
            reject(by=others[0], shonin_id=re_issue, comment=comment, now=clock.now())
        assert state_of(by, re_issue) is State.IRAI


def test_the_tests_work_as_the_web_role(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("chukan_web",)
