"""The eight steps of 一括再発行 one after the other, and that no code changes in any other way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from fugo.actions.register_saihakko import confirm_saihakko
from fugo.domain.saihakko import State, stage_of
from fugo.queries import desk
from fugo.queries.saihakko import count_progress, get_saihakko
from tests.support.fugo import Line, brought, code_of, delivered, released, transferred
from tests.support.members import LATER, asked, joined, kinds_of
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.saihakko import (
    a_list,
    agreed,
    answered,
    asked_for,
    coded,
    executed,
    extracted,
    linked,
    open_requests,
    row_of,
    staff,
)
from tests.support.world import World, as_role

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "operator"]),
    pytest.mark.usefixtures("as_worker"),
]


LINKS = "SELECT hokensha_code, hihokensha_edaban, himozuke_bango FROM fugo_edaban_himozuke ORDER BY 1, 2"
ISSUES = "SELECT himozuke_bango, bi_kikanbetsu_fugo FROM fugo_kikanbetsu_fugo WHERE superseded_at IS {} ORDER BY 1"
LOGGED = [
    "saihakko_toroku",
    "shonin_irai",
    "saihakko_irai",
    "shonin",
    "shonin",
    "shonin_shiyo",
    "saihakko_jikko",
    "shonin_kanryo",
    "saihakko_shiji",
    "fugo_yokyu_tenso",
    "fugo_yokyu_soshin_sosa",
    "fugo_yokyu_soshin",
    "fugo_kakuno",
    "fugo_kakuno",
    "saihakko_kakunin",
]
People = tuple[Principal, Principal, Principal]


def stage(world: World, by: Principal, list_id: UUID) -> State:
    with as_role(world, "web"):
        facts = get_saihakko(by=by, list_id=list_id)
        return stage_of(facts.state, count_progress(by=by, list_id=list_id))


def confirm(world: World, by: Principal, list_id: UUID) -> None:
    with as_role(world, "web"):
        confirm_saihakko(by=by, list_id=list_id, now=LATER)


def instructed(world: World, people: People) -> UUID:
    """Go from the list to the instruction and look at each step."""
    list_id = a_list(world, people[0])  # 2-1, and the two others
    assert stage(world, people[0], list_id) is State.TOROKU
    shonin_id = asked_for(world, people[0], list_id)
    assert stage(world, people[0], list_id) is State.SHONIN_MACHI
    kensu = row_of(world, list_id)["taisho_count"]
    with as_role(world, "web"):
        agreed(people[1], shonin_id, ninzu=kensu, now=LATER)
        agreed(people[2], shonin_id, ninzu=kensu, now=LATER)
    executed(world, people[0], list_id)
    assert stage(world, people[0], list_id) is State.SHONIN_ZUMI
    extracted(block=2)  # 2-2, 2-3
    assert stage(world, people[0], list_id) is State.SHIJI
    return list_id


@pytest.mark.kj("KJ-FUGO-06", "KJ-FUGO-01", "KJ-LOG-02", "KJ-MENU-07")
def test_the_eight_steps(world: World) -> None:
    people = staff(world)
    coded(world, 1, 2, 3)
    joined(1, by=clerk(OTHER_KENPO))
    linked(world)
    links, codes, logged = asked(world, LINKS), asked(world, ISSUES.format("NULL")), len(kinds_of(world))

    list_id = instructed(world, people)
    line, file = Line(), transferred(now=LATER)[-1]  # 2-4: nothing leaves
    assert (file.kind, file.state, file.kensu) == ("saihakko", "soshin_machi", 3)
    assert stage(world, people[0], list_id) is State.TENSO
    assert delivered(line, now=LATER) == 0
    with pytest.raises(Conflict):
        confirm(world, people[0], list_id)
    released(world, file.id, now=LATER)  # 2-5, 2-6
    delivered(line, now=LATER)
    assert stage(world, people[0], list_id) is State.SOSHIN
    assert len(line.lines()) == 3
    # 2-7: the codes of before stay live until theirs has come
    first = UUID(str(open_requests(world)[0][0]))
    assert brought(world, (first, code_of(1, issue=2)), now=LATER) == ["stored"]
    assert stage(world, people[0], list_id) is State.SOSHIN
    assert len(asked(world, ISSUES.format("NULL"))) == 3
    with pytest.raises(Conflict):
        confirm(world, people[0], list_id)
    assert answered(world, issue=2, now=LATER) == 2
    assert stage(world, people[0], list_id) is State.JURYO
    confirm(world, people[0], list_id)  # 2-8
    assert stage(world, people[0], list_id) is State.KAKUNIN_ZUMI
    assert row_of(world, list_id)["confirmed_by"] == "K0001"

    assert asked(world, ISSUES.format("NOT NULL")) == codes  # kept, superseded
    assert not set(asked(world, ISSUES.format("NULL"))) & set(codes)
    assert asked(
        world,
        "SELECT hakko_no, fugo_saihakko_flag, superseded_at IS NULL, count(*) FROM fugo_kikanbetsu_fugo"
        " GROUP BY 1, 2, 3 ORDER BY 1",
    ) == [(1, False, False, 3), (2, True, True, 3)]
    assert asked(world, LINKS) == links
    kinds = [kind for kind in kinds_of(world)[logged:] if kind.startswith(("saihakko", "fugo", "shonin"))]
    assert kinds == LOGGED


@pytest.mark.kj("KJ-FUGO-06", "KJ-FUGO-07")
def test_who_got_the_former_code_again_is_told_apart_and_asked_no_more(world: World) -> None:
    people = staff(world)
    coded(world, 1, 2, 3)
    list_id = instructed(world, people)
    released(world, transferred(now=LATER)[-1].id, now=LATER)
    delivered(Line(), now=LATER)
    former = {
        tsuban: code_of(UUID(str(first)).int % 10**10)
        for tsuban, first in asked(
            world,
            "SELECT y.shori_tsuban, i.shori_tsuban FROM fugo_shutoku_yokyu y"
            " JOIN fugo_kikanbetsu_fugo i USING (himozuke_bango) WHERE y.fugo_saihakko_flag",
        )
    }
    (one, _), (two, _), (three, _) = open_requests(world)
    got = brought(
        world, (one, code_of(1, issue=2)), (two, former[two]), (three, former[one]), (three, former[three]), now=LATER
    )
    assert got == ["stored", "former_code", "taken", "former_code"]

    with as_role(world, "web"):
        progress = count_progress(by=people[0], list_id=list_id)
        assert (progress.settled, progress.waiting, progress.unaskable, progress.unchanged) == (1, 0, 0, 2)
        confirm_saihakko(by=people[0], list_id=list_id, now=LATER)
    late = LATER + timedelta(days=9)
    assert [file.kind for file in transferred(now=late)].count("saiyokyu") == 0
    by = replace(people[0], channel="operator")
    counts = desk.count_requests(by=by, sent_before=late)
    assert (counts.kaito_machi, counts.overdue, desk.list_overdue(by=by, sent_before=late, most=9)) == (0, 0, ())

    assert brought(world, (two, code_of(2, issue=2)), now=late) == ["stored"]
    with as_role(world, "web"):
        progress = count_progress(by=people[0], list_id=list_id)
        assert (progress.settled, progress.unchanged) == (2, 1)


def test_who_cannot_be_asked_holds_nobody_up_and_is_asked_when_registered_anew(world: World) -> None:
    people = staff(world)
    coded(world, 1, 2)
    list_id = instructed(world, people)
    with world.admin() as admin:  # the number of 2 was given back
        admin.execute("UPDATE shikaku_itaku_kukaku_kanyusha SET ct_kojin_bango = NULL WHERE hihokensha_edaban = 2")
    file = transferred(now=LATER)[-1]
    released(world, file.id, now=LATER)
    delivered(Line(), now=LATER)
    assert answered(world, issue=2, now=LATER) == 1

    with as_role(world, "web"):
        progress = count_progress(by=people[0], list_id=list_id)
        assert (progress.settled, progress.waiting, progress.unaskable) == (1, 0, 1)
        confirm_saihakko(by=people[0], list_id=list_id, now=LATER)

    joined(2, by=clerk(OTHER_KENPO), now=LATER)
    linked(world, now=LATER)
    assert asked(
        world, "SELECT hokensha_code, fugo_saihakko_flag FROM fugo_shutoku_yokyu WHERE fugo_uketsuke_nichiji IS NULL"
    ) == [(OTHER_KENPO, True)]


CHANGES = {
    "code": "UPDATE fugo_kikanbetsu_fugo SET ct_kikanbetsu_fugo = '\\x00'",
    "index": "UPDATE fugo_kikanbetsu_fugo SET bi_kikanbetsu_fugo = '\\x00'",
    "person": "UPDATE fugo_kikanbetsu_fugo SET himozuke_bango = gen_random_uuid()",
    "request": "UPDATE fugo_kikanbetsu_fugo SET shori_tsuban = gen_random_uuid()",
    "number": "UPDATE fugo_kikanbetsu_fugo SET hakko_no = 9",
    "flag": "UPDATE fugo_kikanbetsu_fugo SET fugo_saihakko_flag = true",
    "time": "UPDATE fugo_kikanbetsu_fugo SET fugo_settei_nichiji = now()",
    "narrower": "UPDATE fugo_kikanbetsu_fugo SET yoto = '2'",
}


@pytest.mark.kj("KJ-RET-16")
@pytest.mark.parametrize("change", CHANGES)
def test_a_code_is_changed_by_nobody(world: World, change: str) -> None:
    coded(world, 1)
    with world.admin() as admin:
        admin.autocommit = False
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="fugo_kikanbetsu_fugo: UPDATE refused"):
            admin.execute(CHANGES[change])
        admin.rollback()
        # Without the trigger each of them would go through: it is the trigger that refuses.
        admin.execute("ALTER TABLE fugo_kikanbetsu_fugo DISABLE TRIGGER issue_is_final")
        assert admin.execute(CHANGES[change]).rowcount == 1
        admin.rollback()


@pytest.mark.kj("KJ-RET-16", "KJ-FUGO-01")
def test_a_superseded_code_does_not_come_back_and_no_second_one_stands_beside(world: World) -> None:
    coded(world, 1)
    second = (
        "INSERT INTO fugo_kikanbetsu_fugo SELECT gen_random_uuid(), himozuke_bango, '\\x01', '\\x01', %s, 2, yoto,"
        " true, now(), now(), NULL FROM fugo_kikanbetsu_fugo"
    )
    with world.admin() as admin:
        with pytest.raises(psycopg.errors.UniqueViolation, match="fugo_fugo_one_live"):
            admin.execute(second, [uuid4()])
        admin.execute("UPDATE fugo_kikanbetsu_fugo SET superseded_at = now()")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("UPDATE fugo_kikanbetsu_fugo SET superseded_at = NULL")


@pytest.mark.kj("KJ-RET-16")
@pytest.mark.parametrize("role", ["web", "worker", "relay", "sealer", "kanri", "operator"])
def test_no_login_role_reaches_a_code(world: World, role: str) -> None:
    coded(world, 1)
    with world.admin() as admin:
        admin.autocommit = False
        admin.execute(f"SET LOCAL ROLE chukan_{role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("UPDATE fugo_kikanbetsu_fugo SET superseded_at = now()")
        admin.rollback()
