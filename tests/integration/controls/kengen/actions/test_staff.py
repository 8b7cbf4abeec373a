import json
import threading
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from chukan.controls.kengen.actions import StaffInput, keep_staff_slip, read_staff_list
from chukan.controls.kengen.actions.staff import change_staff as change_on_slip
from chukan.controls.kengen.actions.staff import register_staff as register_on_slip
from chukan.controls.kengen.models import KengenFuyo, KojinBangoToriatsukai
from chukan.controls.kengen.queries import Rights, StaffAnswer, find_staff_answer, list_rights
from chukan.controls.shokuin.domain import longest_valid_to
from chukan.controls.shokuin.queries import ShokuinRow, list_shokuin
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotFound, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import PASSWORD, a_staff, an_operator, enter, is_refused
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)
ADMIN = frozenset({("kanri", "shokai"), ("kanri", "koshin")})
LOOK = frozenset({("shikaku", "shokai")})


def manager(hokensha: str = KENPO) -> Principal:
    """Return a システム管理責任者 of an insurer."""
    return clerk(hokensha, kengen=ADMIN, kojin_bango=False)


def given(
    shokuin_id: str = "S0100",
    *,
    kengen: frozenset[tuple[str, str]] = LOOK,
    kojin_bango: frozenset[str] = frozenset(),
    shimei: str = "試験太郎",
    valid_to: date | None = None,
) -> StaffInput:
    today = clock.today_jst()
    return StaffInput(shokuin_id, shimei, today, valid_to or longest_valid_to(today), kengen, kojin_bango)


def new_slip(by: Principal) -> UUID:
    """Keep a slip as 確認 does."""
    return keep_staff_slip(by=by, content={}, now=clock.now())


def register_staff(*, by: Principal, given: StaffInput, now: datetime) -> StaffAnswer:
    """Register by the first press of a new slip."""
    return register_on_slip(by=by, slip_id=new_slip(by), given=given, now=now)


def change_staff(*, by: Principal, row_id: UUID, given: StaffInput, first_password: bool, now: datetime) -> str | None:
    """Change by the first press of a new slip; return the password that came of it."""
    return change_on_slip(
        by=by, slip_id=new_slip(by), row_id=row_id, given=given, first_password=first_password, now=now
    ).password


def rights(row: ShokuinRow, *, on: date | None = None) -> Rights:
    return list_rights(by=manager(), zone=row.zone, shokuin_pk=row.id, on=on or clock.today_jst())


def the(shokuin_id: str, hokensha: str = KENPO) -> ShokuinRow:
    return next(row for row in list_shokuin(by=manager(hokensha)) if row.shokuin_id == shokuin_id)


class TestRegisterStaff:
    def test_makes_a_general_member_of_the_own_organisation(self, world: World) -> None:
        made = register_staff(by=manager(), given=given(kojin_bango=frozenset({"shikaku"})), now=clock.now())

        row = the("S0100")
        assert (row.id, row.kubun, row.hokensha_code, row.must_change) == (made.row_id, "ippan", KENPO, True)
        assert rights(row) == Rights(LOOK, frozenset({"shikaku"}))
        assert enter("S0100", password=made.password or "").session.must_change

    def test_is_written_down_without_the_password(self, world: World) -> None:
        made = register_staff(by=manager(), given=given(), now=clock.now())
        with world.admin() as admin:
            ((body,),) = admin.execute("SELECT body FROM sosa_log_event WHERE kind = 'staff_changed'").fetchall()
        detail = json.loads(bytes(body))["detail"]
        assert (detail["shokuin_id"], detail["kengen"], detail["kojin_bango"]) == ("S0100", "shikaku:shokai", "")
        assert (made.password or "-").encode() not in bytes(body)

    def test_is_for_system_managers_alone(self, world: World) -> None:
        with pytest.raises(NotPermitted):
            register_staff(by=clerk(), given=given(), now=clock.now())

    @pytest.mark.parametrize(
        "kengen,kojin_bango,code",
        [
            (ADMIN, frozenset(), "A-102"),
            (frozenset({("fugo", "shokai")}), frozenset(), "A-101"),
            (frozenset({("kanri", "shokai")}), frozenset({"shikaku"}), "A-103"),
        ],
    )
    def test_stores_nothing_of_a_refused_grant(
        self, world: World, kengen: frozenset[tuple[str, str]], kojin_bango: frozenset[str], code: str
    ) -> None:
        with pytest.raises(RuleBroken) as broken:
            register_staff(by=manager(), given=given(kengen=kengen, kojin_bango=kojin_bango), now=clock.now())
        assert [item.code for item in broken.value.errors] == [code]
        assert list_shokuin(by=manager()) == ()


class TestChangeStaff:
    def test_ends_what_is_no_longer_wanted_and_keeps_its_history(self, world: World) -> None:
        register_staff(by=manager(), given=given(kojin_bango=frozenset({"shikaku"})), now=clock.now())
        row = the("S0100")

        change_staff(
            by=manager(),
            row_id=row.id,
            given=given(kengen=frozenset({("shikaku", "koshin")})),
            first_password=False,
            now=clock.now(),
        )

        assert rights(row) == Rights(frozenset({("shikaku", "koshin")}), frozenset())
        with world.admin() as admin:
            held = admin.execute(
                "SELECT action, ended_at IS NULL, ended_by FROM kengen_fuyo ORDER BY granted_at"
            ).fetchall()
            marks = admin.execute("SELECT ended_at IS NULL FROM kengen_kojin_bango_toriatsukai").fetchall()
        assert held == [("shokai", False, f"clerk-{KENPO}"), ("koshin", True, None)]
        assert marks == [(False,)]

    def test_rights_end_with_the_validity(self, world: World) -> None:
        register_staff(by=manager(), given=given(), now=clock.now())
        row, today = the("S0100"), clock.today_jst()

        change_staff(
            by=manager(),
            row_id=row.id,
            given=given(valid_to=today + timedelta(days=7)),
            first_password=False,
            now=clock.now(),
        )

        assert rights(row, on=today + timedelta(days=6)).kengen == LOOK
        assert rights(row, on=today + timedelta(days=7)).kengen == frozenset()

    def test_stops_one_on_the_day_it_began_with_every_right(self, world: World) -> None:
        now, numbers = clock.now(), frozenset({"shikaku"})
        password = register_staff(by=manager(), given=given(kojin_bango=numbers), now=now).password or ""
        row, today = the("S0100"), clock.today_jst()

        ended = given(valid_to=today, kojin_bango=numbers)
        change_staff(by=manager(), row_id=row.id, given=ended, first_password=False, now=now)

        assert (the("S0100").valid_from, the("S0100").valid_to) == (today, today)
        assert rights(row) == Rights(frozenset(), frozenset())
        assert is_refused(shokuin_id="S0100", password=password)
        with pytest.raises(RuleBroken):
            change_staff(
                by=manager(),
                row_id=row.id,
                given=given(valid_to=today - timedelta(days=1)),
                first_password=False,
                now=now,
            )

    def test_gives_a_new_first_password_that_ends_the_old(self, world: World) -> None:
        first = register_staff(by=manager(), given=given(), now=clock.now()).password or ""
        opened = enter("S0100", password=first)

        second = change_staff(by=manager(), row_id=the("S0100").id, given=given(), first_password=True, now=clock.now())

        assert second is not None
        assert is_refused(shokuin_id="S0100", password=first)
        assert enter("S0100", password=second).session.session_id != opened.session.session_id

    def test_leaves_other_organisations_and_the_same_rank_alone(self, world: World) -> None:
        a_staff("M0001", kengen=None)
        a_staff("M0002", kengen=ADMIN)
        a_staff("S0001", hokensha=OTHER_KENPO)
        with pytest.raises(NotPermitted):
            change_staff(
                by=manager(), row_id=the("M0002").id, given=given("M0002"), first_password=True, now=clock.now()
            )
        with pytest.raises(NotFound):
            change_staff(
                by=manager(),
                row_id=the("S0001", OTHER_KENPO).id,
                given=given("S0001"),
                first_password=True,
                now=clock.now(),
            )
        assert enter("M0002").key


class TestPressedTwice:
    def test_a_registration_answers_as_at_first(self, world: World) -> None:
        slip = new_slip(manager())

        first = register_on_slip(by=manager(), slip_id=slip, given=given(), now=clock.now())
        again = register_on_slip(by=manager(), slip_id=slip, given=given("S0101"), now=clock.now())

        assert again == first == find_staff_answer(by=manager(), slip_id=slip, now=clock.now())
        assert [row.shokuin_id for row in list_shokuin(by=manager())] == ["S0100"]
        assert enter("S0100", password=first.password or "").session.must_change

    def test_the_password_that_was_noted_stays_the_one(self, world: World) -> None:
        register_staff(by=manager(), given=given(), now=clock.now())
        slip, row = new_slip(manager()), the("S0100")

        def press() -> StaffAnswer:
            return change_on_slip(
                by=manager(), slip_id=slip, row_id=row.id, given=given(), first_password=True, now=clock.now()
            )

        first = press()
        assert press() == first
        assert enter("S0100", password=first.password or "").session.must_change
        with world.admin() as admin:
            kept = admin.execute("SELECT cardinality(former_passwords) FROM shokuin_account").fetchall()
        assert kept == [(1,)]

    def test_two_presses_at_once_register_one_and_tell_the_same(self, world: World) -> None:
        slip, answers, together = new_slip(manager()), [], threading.Barrier(2)

        def press() -> None:
            together.wait()
            answers.append(register_on_slip(by=manager(), slip_id=slip, given=given(), now=clock.now()))
            connection.close()

        presses = [threading.Thread(target=press) for _ in range(2)]
        for one in presses:
            one.start()
        for one in presses:
            one.join()

        assert len(answers) == 2
        assert answers[0] == answers[1]

    def test_a_refused_press_leaves_the_slip_as_it_was(self, world: World) -> None:
        slip = new_slip(manager())
        with pytest.raises(RuleBroken):
            register_on_slip(by=manager(), slip_id=slip, given=given(kengen=ADMIN), now=clock.now())

        assert register_on_slip(by=manager(), slip_id=slip, given=given(), now=clock.now()).shokuin_id == "S0100"


class TestReadStaffList:
    def test_is_written_down(self, world: World) -> None:
        a_staff()
        assert [row.shokuin_id for row in read_staff_list(by=manager(), after="", limit=50, now=clock.now())] == [
            "S0001"
        ]
        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM sosa_log_event WHERE kind = 'staff_list'").fetchone() == (1,)


class TestCommand:
    def test_prints_one_json_line_and_gives_all_but_the_number(self, world: World) -> None:
        printed = manage(
            "register_shokuin", "--hokensha", KENPO, "--id", "S0001", "--shimei", "見本花子", "--password-stdin",
            "--kengen", "all", stdin=PASSWORD + "\n",
        )  # fmt: skip

        assert printed == '{"shokuin_id": "S0001"}\n'
        row = the("S0001")
        assert (row.kubun, row.must_change) == ("system_kanri", False)
        assert rights(row).kengen == {
            (jimu, action)
            for jimu in ("shikaku", "joho_renkei", "honnin_kakunin", "kanri")
            for action in ("shokai", "koshin")
        }
        assert rights(row).kojin_bango == frozenset()

    def test_gives_single_rights_and_the_number_when_told(self, world: World) -> None:
        manage(
            "register_shokuin", "--hokensha", KENPO, "--id", "S0002", "--shimei", "見本次郎", "--password-stdin",
            "--kengen", "shikaku:shokai,shikaku:koshin", "--kojin-bango", "shikaku", stdin=PASSWORD,
        )  # fmt: skip
        row = the("S0002")
        assert row.kubun == "ippan"
        assert rights(row) == Rights(frozenset({("shikaku", "shokai"), ("shikaku", "koshin")}), frozenset({"shikaku"}))

    def test_makes_operators(self, world: World) -> None:
        printed = manage(
            "register_shokuin", "--soshiki", "shiharai_kikin", "--id", "K0001", "--shimei", "試験花子",
            "--password-stdin", "--kengen", "all", stdin=PASSWORD,
        )  # fmt: skip
        assert printed == '{"shokuin_id": "K0001"}\n'
        with world.admin() as admin:
            assert admin.execute("SELECT zone, hokensha_code FROM shokuin_shokuin").fetchall() == [
                ("shiharai_kikin", None)
            ]

    def test_gives_all_to_the_first_system_manager_only(self, world: World) -> None:
        with as_role(world, "kanri"):
            a_staff("M0001", kengen=None)
            with pytest.raises(Conflict):
                a_staff("M0002", kengen=None)
            a_staff("M0001", hokensha=OTHER_KENPO, kengen=None)
            an_operator("K0001")

    def test_says_what_is_wrong_in_one_line(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="この保険者は登録されていません"):
            manage(
                "register_shokuin", "--hokensha", "99999999", "--id", "S1", "--shimei", "x", "--password-stdin",
                stdin=PASSWORD,
            )  # fmt: skip
        with pytest.raises(RuntimeError, match="15文字以上") as short:
            manage(
                "register_shokuin", "--hokensha", KENPO, "--id", "S1", "--shimei", "x", "--password-stdin",
                stdin="mijikai-desu",
            )  # fmt: skip
        assert "mijikai-desu" not in str(short.value)


class TestTables:
    def test_rights_cannot_be_rewritten_by_the_web(self, world: World) -> None:
        a_staff(kojin_bango=frozenset({"shikaku"}))
        for table, model in (("kengen_fuyo", KengenFuyo), ("kengen_kojin_bango_toriatsukai", KojinBangoToriatsukai)):
            with pytest.raises(Exception, match="permission denied"):
                model.objects.update(jimu="kanri")
            with pytest.raises(Exception, match="permission denied"):
                model.objects.all().delete()
            with world.admin() as admin:
                assert admin.execute(f"SELECT DISTINCT jimu FROM {table}").fetchall() == [("shikaku",)]
