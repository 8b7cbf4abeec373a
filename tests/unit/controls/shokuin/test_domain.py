from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chukan.controls.shokuin.domain import (
    Decision,
    EndReason,
    StaffSession,
    Times,
    check_password,
    check_staff,
    check_validity,
    decide_session,
    is_valid_on,
    is_valid_shokuin_id,
    longest_valid_to,
    normal_id,
    staff_zone,
    zone_for,
)
from chukan.kernel.principal import Principal

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # 10:00 in Japan
TIMES = Times(
    idle_lock=timedelta(minutes=10),
    locked_logout=timedelta(minutes=60),
    session_max=timedelta(hours=12),
    password_max_age=timedelta(days=90),
    step_up_age=timedelta(minutes=5),
)
SESSION = StaffSession(
    session_id=UUID(int=1),
    account_id=UUID(int=2),
    shokuin_pk=UUID(int=3),
    zone="06132013",
    soshiki="hokensha",
    hokensha_code="06132013",
    hokensha_shubetsu="kenpo_kumiai",
    hokensha_meisho="見本健康保険組合",
    shokuin_id="S0001",
    shimei="見本花子",
    kubun="ippan",
    valid_from=date(2026, 4, 1),
    valid_to=date(2027, 4, 1),
    password_changed_at=NOW - timedelta(days=1),
    must_change=False,
    started_at=NOW - timedelta(hours=1),
    active_at=NOW,
    locked_at=None,
    ended_at=None,
    step_up_at=None,
    previous_login_at=None,
)


class TestDecideSession:
    def decide(self, **changed: object) -> Decision:
        return decide_session(replace(SESSION, **changed), times=TIMES, now=NOW)  # type: ignore[arg-type]  # spoiled on purpose

    @pytest.mark.parametrize(
        "idle,state",
        [
            (timedelta(0), "active"),
            (timedelta(minutes=9, seconds=59), "active"),
            (timedelta(minutes=10), "locked"),
            (timedelta(minutes=69), "locked"),
        ],
    )
    def test_locks_after_ten_minutes_without_activity(self, idle: timedelta, state: str) -> None:
        assert self.decide(active_at=NOW - idle, started_at=NOW - timedelta(hours=3)).state == state

    def test_ends_after_sixty_minutes_of_lock(self) -> None:
        ended = Decision("ended", EndReason.LOCKED_TOO_LONG)
        assert self.decide(locked_at=NOW - timedelta(minutes=60), active_at=NOW - timedelta(minutes=61)) == ended
        assert self.decide(active_at=NOW - timedelta(minutes=70), started_at=NOW - timedelta(hours=3)) == ended
        assert self.decide(locked_at=NOW - timedelta(minutes=59)).state == "locked"

    def test_ends_twelve_hours_after_sign_in_however_busy(self) -> None:
        assert self.decide(started_at=NOW - timedelta(hours=12)) == Decision("ended", EndReason.TOO_LONG)
        assert self.decide(started_at=NOW - timedelta(hours=11, minutes=59)).state == "active"

    @pytest.mark.kj("KJ-AUTH-08")
    def test_ends_on_the_day_the_account_does(self) -> None:
        assert self.decide(valid_to=date(2026, 11, 20)) == Decision("ended", EndReason.ACCOUNT_ENDED)
        assert self.decide(valid_to=date(2026, 11, 21)).state == "active"

    def test_stays_ended(self) -> None:
        assert self.decide(ended_at=NOW) == Decision("ended")


class TestPasswordAge:
    @pytest.mark.parametrize("age,due", [(timedelta(days=90), False), (timedelta(days=90, seconds=1), True)])
    def test_is_due_after_ninety_days(self, age: timedelta, due: bool) -> None:
        assert replace(SESSION, password_changed_at=NOW - age).is_password_due(times=TIMES, now=NOW) is due

    def test_is_due_at_the_first_sign_in(self) -> None:
        assert replace(SESSION, must_change=True).is_password_due(times=TIMES, now=NOW)


class TestValidity:
    @pytest.mark.kj("KJ-AUTH-07", "KJ-AUTH-08")
    @pytest.mark.parametrize(
        "on,valid",
        [
            (date(2026, 3, 31), False),
            (date(2026, 4, 1), True),
            (date(2027, 3, 31), True),
            (date(2027, 4, 1), False),
        ],
    )
    def test_covers_the_first_day_and_not_the_last(self, on: date, valid: bool) -> None:
        assert is_valid_on(date(2026, 4, 1), date(2027, 4, 1), on) is valid

    def test_never_lasts_longer_than_a_year(self) -> None:
        on = date(2026, 11, 20)
        assert longest_valid_to(date(2028, 2, 29)) == date(2029, 3, 1)
        assert check_validity(valid_from=on, valid_to=date(2027, 11, 20), on=on) is None
        assert "1年以内" in str(check_validity(valid_from=on, valid_to=date(2027, 11, 21), on=on))
        assert "後の日付" in str(check_validity(valid_from=on, valid_to=on, on=on))
        assert check_validity(valid_from=on, valid_to=on, on=on, is_held=True) is None
        assert "後の日付" in str(check_validity(valid_from=on, valid_to=date(2026, 11, 19), on=on, is_held=True))

    def test_counts_the_year_of_a_future_start_from_there(self) -> None:
        found = check_validity(valid_from=date(2027, 4, 1), valid_to=date(2028, 4, 1), on=date(2026, 11, 20))
        assert found is None


class TestCheckPassword:
    @pytest.mark.parametrize(
        "password", ["mihon-no-aikotoba-2026", "test-password-1234", "ひるやすみに 麦茶を のんだよ"]
    )
    def test_takes_long_ones_without_a_composition_rule(self, password: str) -> None:
        assert check_password(password, personal=("S0001", "06132013", "見本花子")) == ()

    @pytest.mark.parametrize(
        "password",
        [
            "",
            "short-but-good",
            "x" * 129,
            "aaaaaaaaaaaaaaaaaa",
            "123456789012345678",
            "passwordpassword12",
            "abcdefghijklmnopqr",
            "S0001S0001S0001S0001",
            "06132013-06132013-1",
            "kojinbangokojinbango",
        ],
    )
    def test_refuses_short_and_easily_guessed_ones_without_repeating_them(self, password: str) -> None:
        found = check_password(password, personal=("S0001", "06132013", "見本花子"))
        assert len(found) == 1
        assert not password or password not in found[0]


class TestStaffRecord:
    def test_names_every_reason(self) -> None:
        found = check_staff(
            shokuin_id="職員1",
            shimei="",
            valid_from=date(2026, 11, 20),
            valid_to=date(2026, 11, 20),
            held_period=None,
            on=date(2026, 11, 20),
        )
        assert [(item.code, item.pointer) for item in found] == [
            ("E207", "shokuin_id"),
            ("E208", "shimei"),
            ("E202", "valid_to"),
        ]

    def test_refuses_a_number_in_the_name_without_repeating_it(self) -> None:
        found = check_staff(
            shokuin_id="S0001",
            shimei="見本123456789018",
            valid_from=date(2026, 11, 20),
            valid_to=date(2027, 11, 20),
            held_period=None,
            on=date(2026, 11, 20),
        )
        assert [item.code for item in found] == ["E215"]
        assert "123456789018" not in found[0].message

    def test_leaves_a_held_period_alone(self) -> None:
        period = (date(2025, 4, 1), date(2026, 4, 1))
        found = check_staff(
            shokuin_id="S0001",
            shimei="見本花子",
            valid_from=period[0],
            valid_to=period[1],
            held_period=period,
            on=date(2026, 11, 20),
        )
        assert found == ()

    @pytest.mark.parametrize(
        "text,valid", [("S0001", True), ("a-b_9", True), ("", False), ("Ｓ１", False), ("a" * 33, False)]
    )
    def test_knows_the_shape_of_an_id(self, text: str, valid: bool) -> None:
        assert is_valid_shokuin_id(text) is valid

    def test_reads_full_width_ids(self) -> None:
        assert normal_id(" Ｓ０００１ ") == "S0001"


class TestZone:
    def test_is_the_insurer_or_the_operator(self) -> None:
        assert zone_for(soshiki="hokensha", hokensha_code="06132013") == "06132013"
        assert zone_for(soshiki="shiharai_kikin", hokensha_code=None) == "shiharai_kikin"
        by = Principal(channel="operator", soshiki="kokuho_chuokai", actor_id="C1", actor_name="試験次郎")
        assert staff_zone(by) == "kokuho_chuokai"

    @pytest.mark.parametrize("soshiki", ["hokensha", "system", "command", ""])
    def test_is_nothing_for_anybody_else(self, soshiki: str) -> None:
        with pytest.raises(ValueError, match=r"organisation|insurer"):
            zone_for(soshiki=soshiki, hokensha_code=None)


class TestPrincipal:
    def test_has_no_right_of_its_own(self) -> None:
        by = SESSION.principal(terminal="127.0.0.1", request_id="req")
        assert (by.channel, by.actor_id, by.hokensha_code) == ("terminal", "S0001", "06132013")
        assert by.kengen == frozenset()
        assert by.kojin_bango_jimu == frozenset()
