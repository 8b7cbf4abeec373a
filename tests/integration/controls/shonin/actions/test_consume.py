import threading
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connections

from chukan.controls.shonin.actions.apply import withdraw
from chukan.controls.shonin.actions.consume import complete, consume
from chukan.controls.shonin.domain import Refusal, State, bound_of
from chukan.controls.shonin.queries import get_irai
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from tests.support.shonin import ASK, FUGO, a_baitai, agree, agreer, ask, asker, confirmed, kikin, saihakko
from tests.support.staff import an_operator, web_role
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
Payload = dict[str, str | int]


@own_transaction
def extract(*, by: Principal, shonin_id: UUID, payload: Payload, now: datetime) -> None:
    """Do what an act does: use the permission up in its own transaction, in no zone."""
    consume(by=by, shonin_id=shonin_id, kind="fugo_saihakko", payload=payload, now=now)


@own_transaction
def finish(*, by: Principal, shonin_id: UUID, now: datetime) -> None:
    """Close a permission as a task does."""
    complete(by=by, shonin_id=shonin_id, now=now)


def outcome(by: Principal, shonin_id: UUID, *, payload: Payload | None = None, now: datetime | None = None) -> str:
    try:
        extract(by=by, shonin_id=shonin_id, payload=payload or saihakko(), now=now or clock.now())
    except NotPermitted as error:
        return error.code
    return "ok"


@pytest.fixture
def by(world: World) -> Principal:
    return asker()


@pytest.fixture
def others(world: World) -> list[Principal]:
    return [agreer("K0002"), agreer("K0003")]


@pytest.fixture
def asked(by: Principal, others: list[Principal]) -> UUID:
    a_baitai(by, others[0])
    a_baitai(by, others[0], "USB-002")
    return ask(by, "fugo_saihakko", saihakko())


@pytest.fixture
def permitted(asked: UUID, others: list[Principal]) -> UUID:
    for other in others:
        agree(other, asked, ninzu=12408)
    return asked


class TestConsume:
    @pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07")
    def test_a_permission_is_used_once(self, by: Principal, permitted: UUID) -> None:
        assert outcome(by, permitted) == "ok"
        assert get_irai(by=by, shonin_id=permitted, now=clock.now()).state is State.JIKKO_CHU
        assert outcome(by, permitted) == Refusal.SHIYO_ZUMI

    @pytest.mark.kj("KJ-DUAL-06")
    @pytest.mark.parametrize("approvals", [0, 1])
    def test_without_enough_approvals_there_is_none(
        self, by: Principal, others: list[Principal], asked: UUID, approvals: int
    ) -> None:
        for other in others[:approvals]:
            agree(other, asked, ninzu=12408)
        assert outcome(by, asked) == Refusal.NASHI
        assert outcome(by, uuid4()) == Refusal.NASHI

    @pytest.mark.kj("KJ-DUAL-07")
    def test_it_ends_by_the_clock_and_by_being_taken_back(self, by: Principal, permitted: UUID) -> None:
        assert outcome(by, permitted, now=clock.now() + timedelta(days=3, seconds=1)) == Refusal.KIGEN
        withdraw(by=by, shonin_id=permitted, now=clock.now())
        assert outcome(by, permitted) == Refusal.NASHI

    @pytest.mark.kj("KJ-DUAL-06")
    @pytest.mark.parametrize(
        "change,code",
        [
            ({"kensu": 12409}, Refusal.NAIYO),
            ({"list_id": "0193a1b2-0000-7000-8000-000000000002"}, Refusal.NAIYO),
            ({"baitai_id": "USB-002"}, Refusal.NAIYO),
            ({"baitai_id": "USB-999"}, Refusal.BAITAI),
        ],
    )
    def test_it_is_for_what_was_approved_and_a_registered_medium(
        self, by: Principal, permitted: UUID, change: Payload, code: Refusal
    ) -> None:
        assert outcome(by, permitted, payload={**saihakko(), **change}) == code
        assert outcome(by, permitted) == "ok"

    @pytest.mark.kj("KJ-DUAL-06")
    @pytest.mark.parametrize(
        "channel,terminal", [("server_api", "x"), ("system", "x"), ("command", "x"), ("operator", "")]
    )
    def test_it_is_used_from_a_terminal_alone(
        self, by: Principal, permitted: UUID, channel: str, terminal: str
    ) -> None:
        elsewhere = replace(by, channel=channel, terminal=terminal)  # type: ignore[arg-type]  # a parameter
        assert outcome(elsewhere, permitted) == Refusal.TANMATSU

    def test_it_is_the_applicants_while_that_person_has_the_right(
        self, by: Principal, others: list[Principal], permitted: UUID
    ) -> None:
        an_operator("K0008", kengen=ASK)
        assert outcome(kikin("K0008", ASK | FUGO), permitted) == Refusal.BETSUJIN
        assert outcome(replace(others[0], kengen=others[0].kengen | FUGO), permitted) == Refusal.BETSUJIN
        assert outcome(replace(by, kengen=ASK), permitted) == Refusal.KENGEN
        assert outcome(kikin("K0001", ASK | FUGO, soshiki="unyo_hoshu"), permitted) == Refusal.KENGEN

    @pytest.mark.kj("KJ-DUAL-07")
    def test_many_at_once_are_one(self, by: Principal, permitted: UUID) -> None:
        outcomes: list[str] = []
        start = threading.Barrier(4)

        def run() -> None:
            start.wait()
            try:
                outcomes.append(outcome(by, permitted))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["ok", *[Refusal.SHIYO_ZUMI.value] * 3]

    def test_what_the_act_undoes_is_not_used_up(self, by: Principal, permitted: UUID) -> None:
        @own_transaction
        def fail(*, by: Principal) -> None:
            consume(by=by, shonin_id=permitted, kind="fugo_saihakko", payload=saihakko(), now=clock.now())
            raise Conflict("dame", "だめでした。")

        with pytest.raises(Conflict):
            fail(by=by)
        assert outcome(by, permitted) == "ok"


class TestComplete:
    def test_closes_what_is_being_done_and_nothing_else(self, by: Principal, permitted: UUID) -> None:
        with pytest.raises(Conflict):
            finish(by=by, shonin_id=permitted, now=clock.now())
        extract(by=by, shonin_id=permitted, payload=saihakko(), now=clock.now())
        finish(by=by, shonin_id=permitted, now=clock.now())
        assert get_irai(by=by, shonin_id=permitted, now=clock.now()).state is State.KANRYO


FORGED = (
    "UPDATE shonin_irai SET state = 'shonin_zumi' WHERE id = '{irai}'",
    "UPDATE shonin_irai SET state = 'hitorime' WHERE id = '{irai}'",
    "UPDATE shonin_irai SET state = 'jikko_chu' WHERE id = '{irai}'",
    "UPDATE shonin_irai SET used_at = now() WHERE id = '{irai}'",
    "UPDATE shonin_irai SET payload = '{{}}' WHERE id = '{irai}'",
    "UPDATE shonin_irai SET hitsuyo_ninzu = 1 WHERE id = '{irai}'",
    "UPDATE shonin_irai SET expires_at = expires_at + interval '1 day' WHERE id = '{irai}'",
    "DELETE FROM shonin_irai WHERE id = '{irai}'",
    # The applicant as the approver; as somebody else's wish; for another payload; twice; not as one of ours.
    "{approve} i.shinseisha_id, i.shinseisha_id, i.payload_hash, 'shonin', '', '{ninsho}', now() {of}",
    "{approve} s.id, i.shinseisha_id, i.payload_hash, 'shonin', '', '{ninsho}', now() {of}",
    "{approve} i.shinseisha_id, s.id, sha256('x'), 'shonin', '', '{ninsho}', now() {of}",
    "{approve} i.shinseisha_id, s.id, i.payload_hash, 'shonin', '', NULL, now() {of}",
    "{approve} i.shinseisha_id, s.id, i.payload_hash, 'shonin', '', '{ninsho}', now() + interval '9 days' {of}",
    "INSERT INTO shonin_irai (id, zone, kind, payload, payload_hash, riyu, hitsuyo_ninzu, shinseisha_id, state, {rest}",
    # A confirmation that nobody gave, verified and used up from the beginning.
    "INSERT INTO seitai_challenge {copy}",
)
# Fewer approvals than the kind demands, from the beginning.
_REST = (
    "created_at, expires_at, used_by) SELECT gen_random_uuid(), zone, kind, payload, payload_hash, riyu, 1,"
    " shinseisha_id, 'irai', created_at, expires_at, '' FROM shonin_irai WHERE kind = 'fugo_saihakko'"
)
_COPY = (
    "SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'challenge', sha256('x')))).*"
    " FROM seitai_challenge c WHERE c.id = '{ninsho}'"
)
_APPROVE = (
    "INSERT INTO shonin_shonin (id, zone, irai_id, shinseisha_id, shoninsha_id, payload_hash, handan, comment,"
    " ninsho_id, at) SELECT gen_random_uuid(), i.zone, i.id,"
)
_OF = "FROM shonin_irai i, shokuin_shokuin s WHERE i.id = '{irai}' AND s.shokuin_id = 'K0002'"


def approval(irai: UUID, ninsho_id: UUID) -> str:
    """Return the statement that writes the approval of K0002."""
    return f"{_APPROVE} i.shinseisha_id, s.id, i.payload_hash, 'shonin', '', '{ninsho_id}', now() {_OF}".format(
        irai=irai
    )


_USE = (
    "SELECT seitai_consume(c.id, 'shiharai_kikin', %s, 'shonin', %s, now(), now() - interval '5 minutes', c.session_id)"
    " FROM seitai_challenge c WHERE c.id = %s"
)


def used_up(web: psycopg.Connection, ninsho_id: UUID, *, of: UUID, by: str = "K0002") -> None:
    """Use a confirmation of a 依頼 up, as the act would."""
    row = get_irai(by=kikin(by), shonin_id=of, now=clock.now())
    bound = sha256(bound_of(shonin_id=of.bytes, payload_hash=row.payload_hash)).digest()
    assert web.execute(_USE, [by, bound, ninsho_id]).fetchone() == ("ok",)


class TestTheDatabaseItself:
    @pytest.mark.kj("KJ-DUAL-07")
    @pytest.mark.parametrize("statement", FORGED)
    def test_takes_no_forged_permission(self, world: World, asked: UUID, statement: str) -> None:
        ninsho_id = confirmed(kikin("K0002"), asked, now=clock.now())
        parts = {
            "approve": _APPROVE,
            "of": _OF.format(irai=asked),
            "rest": _REST,
            "copy": _COPY.format(ninsho=ninsho_id),
        }
        sql = statement.format(irai=asked, ninsho=ninsho_id, **parts)
        with web_role(world) as web:
            web.execute("SELECT set_config('chukan.hokensha_code', 'shiharai_kikin', true)")
            used_up(web, ninsho_id, of=asked)
            with pytest.raises(psycopg.Error) as refused:
                web.execute(sql)
        assert isinstance(refused.value, psycopg.errors.InsufficientPrivilege | psycopg.errors.IntegrityError)

    def test_a_true_approval_by_hand_would_pass(self, world: World, asked: UUID) -> None:
        ninsho_id = confirmed(kikin("K0002"), asked, now=clock.now())
        with web_role(world) as web:
            web.execute("SELECT set_config('chukan.hokensha_code', 'shiharai_kikin', true)")
            used_up(web, ninsho_id, of=asked)
            assert web.execute(approval(asked, ninsho_id)).rowcount == 1
            assert web.execute(f"UPDATE shonin_irai SET state = 'hitorime' WHERE id = '{asked}'").rowcount == 1
            with pytest.raises(psycopg.errors.CheckViolation):
                web.execute(f"UPDATE shonin_irai SET state = 'shonin_zumi' WHERE id = '{asked}'")

    @pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-05")
    @pytest.mark.parametrize("lie", ["none", "not used up", "of another", "of somebody else"])
    def test_takes_no_approval_without_the_approvers_confirmation_of_it(
        self, world: World, by: Principal, asked: UUID, lie: str
    ) -> None:
        twin = ask(by, "fugo_saihakko", saihakko("USB-002"))
        giver = "K0003" if lie == "of somebody else" else "K0002"
        of = twin if lie == "of another" else asked
        ninsho_id = uuid4() if lie == "none" else confirmed(kikin(giver), of, now=clock.now())
        with web_role(world) as web:
            web.execute("SELECT set_config('chukan.hokensha_code', 'shiharai_kikin', true)")
            if lie not in {"none", "not used up"}:
                used_up(web, ninsho_id, of=of, by=giver)
            with pytest.raises(psycopg.errors.IntegrityError):
                web.execute(approval(asked, ninsho_id))

    def test_nobody_sees_another_zones(self, world: World, asked: UUID) -> None:
        for zone in ("", "unyo_hoshu", "06132013"):
            with web_role(world) as web:
                web.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [zone])
                for table in ("shonin_irai", "shonin_shonin", "shonin_baitai"):
                    assert web.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)

    @pytest.mark.kj("KJ-AUTH-06", "KJ-AUTH-20")
    @pytest.mark.parametrize(
        "row,passes",
        [
            (("shiharai_kikin", "fugo", "K0001", None), False),
            (("shiharai_kikin", "fugo", "K0001", "K0001"), False),
            (("shiharai_kikin", "honnin_kakunin", "K0001", None), False),
            (("shiharai_kikin", "fugo", "K0001", "K0002"), True),
            (("unyo_hoshu", "fugo", "U0001", "K0002"), False),
            (("unyo_hoshu", "unyo", "U0001", None), True),
        ],
    )
    def test_gives_no_right_of_the_server_without_two_persons(
        self, world: World, asked: UUID, row: tuple[str, str, str, str | None], passes: bool
    ) -> None:
        zone, jimu, giver, agreed = row
        an_operator("U0001", soshiki="unyo_hoshu", kengen=frozenset({("kanri", "shokai")}))
        staff = "K0001" if zone == "shiharai_kikin" else "U0001"
        with web_role(world) as web:
            web.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [zone])
            statement = (
                "INSERT INTO kengen_fuyo (id, zone, shokuin_id, jimu, action, valid_from, valid_to, granted_at,"
                " granted_by, approved_by) SELECT gen_random_uuid(), zone, id, %s, 'koshin', '2026-01-01',"
                " '2027-01-01', now(), %s, %s FROM shokuin_shokuin WHERE shokuin_id = %s"
            )
            if passes:
                assert web.execute(statement, [jimu, giver, agreed, staff]).rowcount == 1
            else:
                with pytest.raises(psycopg.errors.CheckViolation):
                    web.execute(statement, [jimu, giver, agreed, staff])
