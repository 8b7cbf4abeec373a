"""A list is registered with its reason, counted and not extracted, waits for others, and its result is confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from chukan.controls.shonin.actions.apply import apply_in_act
from chukan.controls.shonin.domain import hash_payload
from chukan.kernel.errors import Conflict, NotFound, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from fugo.actions.register_saihakko import ask_saihakko, confirm_saihakko, register_saihakko, withdraw_saihakko
from fugo.domain.saihakko import KIND, Target, payload_of
from tests.support.fugo import kikin
from tests.support.members import LATER, NOW, asked, joined, kinds_of
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.saihakko import ALL, BAITAI, REASON, a_list, asked_for, coded, linked, permitted, row_of, staff
from tests.support.staff import web_role
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BY = kikin()


def count(world: World, target: Target, now: Any = LATER) -> int:
    return int(row_of(world, a_list(world, BY, target, now=now))["taisho_count"])


@pytest.mark.kj("KJ-FUGO-06", "KJ-LOG-02")
def test_a_list_keeps_its_reason_and_counts_without_extracting(world: World) -> None:
    coded(world, 1, 2)
    joined(3)
    linked(world)  # 3 has asked and has no code yet

    list_id = a_list(world, BY)

    row = row_of(world, list_id)
    assert (row["state"], row["reason_code"], row["reason_text"]) == ("toroku", "kitaika", REASON)
    assert (row["taisho_count"], row["of_hokensha"], row["created_by"]) == (2, [KENPO], "SK001")
    assert asked(world, "SELECT count(*) FROM fugo_saihakko_taisho") == [(0,)]
    assert asked(world, "SELECT count(*) FROM fugo_shutoku_yokyu WHERE fugo_saihakko_flag") == [(0,)]
    assert kinds_of(world)[-1] == "saihakko_toroku"
    targets = asked(world, "SELECT targets, actor_id FROM sosa_log_event ORDER BY id DESC LIMIT 1")
    assert targets == [([str(list_id)], "SK001")]


@pytest.mark.kj("KJ-FUGO-06")
def test_whom_a_list_means(world: World) -> None:
    coded(world, 1, 2)
    coded(world, 3, by=clerk(OTHER_KENPO), now=NOW + timedelta(hours=20))  # 2026-11-21 08:00 in Tokyo
    joined(1, by=clerk(OTHER_KENPO))
    linked(world)
    tsuban = [
        UUID(str(row[0]))
        for row in asked(world, "SELECT shori_tsuban FROM fugo_kikanbetsu_fugo ORDER BY fugo_settei_nichiji, 1")
    ]

    assert count(world, Target(hokensha_code=(KENPO,))) == 2
    assert count(world, Target(hokensha_code=(OTHER_KENPO,))) == 2
    assert count(world, Target(hokensha_code=(KENPO, OTHER_KENPO))) == 3
    assert count(world, Target(issued_to=date(2026, 11, 20))) == 2
    assert count(world, Target(issued_from=date(2026, 11, 21))) == 1
    assert count(world, Target(issued_from=date(2026, 11, 20), issued_to=date(2026, 11, 21))) == 3
    assert count(world, Target(shori_tsuban=(tsuban[0], tsuban[2], uuid4()))) == 2
    both = Target(hokensha_code=(OTHER_KENPO,), issued_from=date(2026, 11, 21), shori_tsuban=tuple(tsuban))
    assert count(world, both) == 1


def test_who_came_after_the_list_is_not_meant(world: World) -> None:
    coded(world, 1)
    list_id = a_list(world, BY)
    coded(world, 2, now=LATER + timedelta(hours=1))
    joined(2, by=clerk(OTHER_KENPO), now=LATER + timedelta(hours=2))
    linked(world, now=LATER + timedelta(hours=2))

    with world.admin() as admin:
        assert admin.execute("SELECT fugo_saihakko_count(%s)", [list_id]).fetchall() == [(1,)]


def test_nobody_meant_and_nothing_given_are_told(world: World) -> None:
    for target, code in ((Target(hokensha_code=(KENPO,)), "saihakko_nashi"), (Target(), "saihakko_fusei")):
        with as_role(world, "web"), pytest.raises(RuleBroken) as broken:
            register_saihakko(by=BY, genin="kitaika", reason=REASON, target=target, now=LATER)
        assert broken.value.code == code
    assert asked(world, "SELECT count(*) FROM fugo_saihakko_list") == [(0,)]


@pytest.mark.kj("KJ-MENU-07")
@pytest.mark.parametrize(
    "by",
    [
        replace(BY, soshiki="kokuho_chuokai"),
        replace(BY, soshiki="unyo_hoshu"),
        kikin(verbs=()),
        clerk(),
        replace(BY, terminal=""),
        replace(BY, channel="command"),
    ],
)
def test_nobody_else_registers_takes_back_or_confirms(world: World, by: Principal) -> None:
    coded(world, 1)
    list_id = a_list(world, BY)

    with as_role(world, "web"):
        with pytest.raises(NotPermitted):
            register_saihakko(by=by, genin="kitaika", reason=REASON, target=ALL, now=LATER)
        with pytest.raises(NotPermitted):
            withdraw_saihakko(by=by, list_id=list_id, now=LATER)
        with pytest.raises(NotPermitted):
            confirm_saihakko(by=by, list_id=list_id, now=LATER)
        with pytest.raises(NotPermitted):
            ask_saihakko(by=by, list_id=list_id, baitai_id="USB-001", ask_permission=apply_in_act, now=LATER)
    assert row_of(world, list_id)["state"] == "toroku"


@pytest.mark.kj("KJ-DUAL-06")
def test_those_who_agree_read_whom_a_list_means(world: World) -> None:
    people = staff(world)
    coded(world, 1)
    target = Target(hokensha_code=(KENPO,), issued_from=date(2026, 11, 1), issued_to=date(2026, 11, 20))
    asked_for(world, people[0], a_list(world, people[0], target))

    told = f"（対象: 保険者 {KENPO}、符号の設定日 2026年11月1日から2026年11月20日まで）"
    ((riyu,),) = asked(world, "SELECT riyu FROM shonin_irai WHERE kind = 'fugo_saihakko'")
    assert riyu.endswith(told)


@pytest.mark.kj("KJ-DUAL-06")
def test_nothing_is_asked_for_that_no_list_waits_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = staff(world)
    coded(world, 1)
    list_id = a_list(world, people[0])
    monkeypatch.setattr("fugo.actions.register_saihakko.note_list", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        asked_for(world, people[0], list_id)

    assert row_of(world, list_id)["state"] == "toroku"
    assert asked(world, "SELECT count(*) FROM shonin_irai WHERE kind = 'fugo_saihakko'") == [(0,)]


@pytest.mark.kj("KJ-LOG-02")
def test_a_list_is_taken_back_as_long_as_nothing_was_extracted(world: World) -> None:
    people = staff(world)
    coded(world, 1)
    list_id = a_list(world, people[0])
    asked_for(world, people[0], list_id)

    with as_role(world, "web"):
        withdraw_saihakko(by=people[0], list_id=list_id, now=LATER)

    assert row_of(world, list_id)["state"] == "torikeshi"
    assert kinds_of(world)[-2:] == ["saihakko_irai", "saihakko_torikeshi"]
    with as_role(world, "web"):
        with pytest.raises(Conflict):
            withdraw_saihakko(by=people[0], list_id=list_id, now=LATER)
        with pytest.raises(Conflict):
            ask_saihakko(by=people[0], list_id=list_id, baitai_id="USB-001", ask_permission=apply_in_act, now=LATER)
        with pytest.raises(NotFound):
            withdraw_saihakko(by=people[0], list_id=uuid4(), now=LATER)


@pytest.mark.kj("KJ-FUGO-06")
def test_a_list_without_a_result_is_not_confirmed(world: World) -> None:
    coded(world, 1)
    list_id = a_list(world, BY)

    with as_role(world, "web"), pytest.raises(Conflict):
        confirm_saihakko(by=BY, list_id=list_id, now=LATER)


STEPS = {
    "skip": "UPDATE fugo_saihakko_list SET state = 'shiji', shonin_id = gen_random_uuid(), executed_at = now(),"
    " executed_by = 'x'",
    "target": "UPDATE fugo_saihakko_list SET of_hokensha = '{}'",
    "reason": "UPDATE fugo_saihakko_list SET reason_text = 'x'",
    "period": "UPDATE fugo_saihakko_list SET issued_from = now()",
    "tsuban": "UPDATE fugo_saihakko_list SET of_shori_tsuban = ARRAY[gen_random_uuid()]",
    "who": "UPDATE fugo_saihakko_list SET created_by = 'x'",
    "when": "UPDATE fugo_saihakko_list SET created_at = now()",
}


@pytest.mark.kj("KJ-FUGO-06", "KJ-DUAL-07")
@pytest.mark.parametrize("step", STEPS)
def test_the_database_lets_no_list_skip_or_change(world: World, step: str) -> None:
    coded(world, 1)
    a_list(world, BY)
    with world.admin() as admin:
        admin.autocommit = False
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="fugo_saihakko_list: UPDATE"):
            admin.execute(STEPS[step])
        admin.rollback()
        # Without the trigger each of them would go through: it is the trigger that refuses.
        admin.execute("ALTER TABLE fugo_saihakko_list DISABLE TRIGGER list_step_by_step")
        assert admin.execute(STEPS[step]).rowcount == 1
        admin.rollback()


@pytest.mark.kj("KJ-DUAL-06")
def test_the_database_knows_no_extracted_list_without_a_permission(world: World) -> None:
    coded(world, 1)
    a_list(world, BY)
    with world.admin() as admin:
        admin.execute("UPDATE fugo_saihakko_list SET state = 'shonin_machi'")
        with pytest.raises(psycopg.errors.CheckViolation):
            admin.execute("UPDATE fugo_saihakko_list SET state = 'shonin_zumi'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="INSERT"):
            admin.execute(
                "INSERT INTO fugo_saihakko_list SELECT (jsonb_populate_record(s, jsonb_build_object("
                "'id', gen_random_uuid()))).* FROM fugo_saihakko_list s"
            )


TRUE = {
    "shonin_id": "%(mine)s",
    "executed_at": "%(at)s",
    "executed_by": "'K0001'",
    "medium_id": "'USB-001'",
    "taisho_count": "1",
}
FORGED = [
    ("shonin_id", "gen_random_uuid()"),
    ("shonin_id", "%(others)s"),  # the permission of another list
    ("executed_at", "%(at)s + interval '1 second'"),
    ("executed_by", "'K0002'"),
    ("medium_id", "'USB-002'"),
    ("taisho_count", "2"),
]


def executed_by_hand(web: psycopg.Connection, given: dict[str, Any], lie: dict[str, str]) -> int:
    said = ", ".join(f"{column} = {value}" for column, value in (TRUE | lie).items())
    statement = f"UPDATE fugo_saihakko_list SET state = 'shonin_zumi', {said} WHERE id = %(list)s"
    return web.execute(statement.encode(), given).rowcount


def used_by_hand(web: psycopg.Connection, list_id: UUID, shonin_id: UUID) -> None:
    bound = hash_payload(kind=KIND, payload=payload_of(list_id=list_id, kensu=1, baitai_id=BAITAI))
    given = [shonin_id, "shiharai_kikin", "K0001", KIND, bound, BAITAI, LATER]
    assert web.execute("SELECT shonin_consume(%s, %s, %s, %s, %s, %s, %s)", given).fetchone() == ("ok",)


@pytest.mark.kj("KJ-FUGO-06", "KJ-DUAL-06", "KJ-DUAL-07")
def test_the_database_extracts_by_an_executed_permission_alone(world: World) -> None:
    people = staff(world)
    coded(world, 1)
    list_id, other = a_list(world, people[0]), a_list(world, people[0])
    mine, others = permitted(world, people, list_id), permitted(world, people, other)
    given = {"list": list_id, "at": LATER, "mine": mine, "others": others}

    with as_role(world, "web"), web_role(world) as web:
        with pytest.raises(psycopg.errors.CheckViolation, match="no permission was executed"), web.transaction():
            executed_by_hand(web, given, {})
        used_by_hand(web, other, others)
        used_by_hand(web, list_id, mine)
        for column, value in FORGED:
            with pytest.raises(psycopg.errors.CheckViolation, match="no permission was executed"), web.transaction():
                executed_by_hand(web, given, {column: value})
        assert executed_by_hand(web, given, {}) == 1


@pytest.mark.kj("KJ-DUAL-07")
def test_what_the_others_read_is_what_they_signed(world: World) -> None:
    people = staff(world)
    coded(world, 1)
    list_id = a_list(world, people[0])
    mine = permitted(world, people, list_id)
    with world.admin() as admin:  # asked for by hand: they were shown fewer people
        admin.execute("UPDATE shonin_irai SET payload = payload || '{\"kensu\": 0}' WHERE id = %s", [mine])

    with as_role(world, "web"), web_role(world) as web:
        used_by_hand(web, list_id, mine)
        with pytest.raises(psycopg.errors.CheckViolation, match="no permission was executed"):
            executed_by_hand(web, {"list": list_id, "at": LATER, "mine": mine}, {})
