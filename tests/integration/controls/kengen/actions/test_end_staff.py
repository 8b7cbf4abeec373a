"""A member of staff who left is out at the next request, whatever the rank and the organisation."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from chukan.controls.kengen.actions import EndedStaff, end_staff_by_command
from chukan.controls.kengen.queries import Rights, list_rights
from chukan.controls.shokuin.queries import list_shokuin
from chukan.kernel import clock
from chukan.kernel.errors import NotFound, RuleBroken
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.shonin import kikin
from tests.support.staff import COMMAND, a_staff, an_operator, browser, enter, is_refused
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])


def ended(world: World, shokuin_id: str, *, soshiki: str = "hokensha", hokensha: str | None = KENPO) -> EndedStaff:
    with as_role(world, "kanri"):
        return end_staff_by_command(
            by=COMMAND, soshiki=soshiki, hokensha_code=hokensha, shokuin_id=shokuin_id, now=clock.now()
        )


class TestEndsAtOnce:
    @pytest.mark.kj("KJ-AUTH-08")
    def test_a_system_manager_of_an_insurer(self, world: World) -> None:
        a_staff("M0001", kengen=None)
        a_staff("M0001", kengen=None, hokensha=OTHER_KENPO)
        open_browser, other = browser("M0001"), browser("M0001", hokensha=OTHER_KENPO)
        assert open_browser.get("/kanri/shokuin/").status_code == 200

        assert ended(world, "Ｍ0001") == EndedStaff("M0001", clock.today_jst(), 1)

        assert open_browser.get("/kanri/shokuin/")["Location"].startswith("/login/")
        assert is_refused(shokuin_id="M0001")
        assert other.get("/kanri/shokuin/").status_code == 200

    @pytest.mark.kj("KJ-AUTH-08")
    def test_an_operator(self, world: World) -> None:
        an_operator("K0001", kengen=frozenset({("unyo", "shokai")}))
        open_browser = browser("K0001", hokensha="")
        assert open_browser.get("/unyo/").status_code == 200

        ended(world, "K0001", soshiki="shiharai_kikin", hokensha=None)

        assert open_browser.get("/unyo/")["Location"].startswith("/login/")
        assert is_refused(shokuin_id="K0001", hokensha="")
        (row,) = list_shokuin(by=kikin("K0009"))
        assert row.state_on(clock.today_jst()) == "無効"

    @pytest.mark.parametrize("days", [-30, 0, 30])
    def test_whenever_the_account_was_to_begin(self, world: World, days: int) -> None:
        start = clock.today_jst() + timedelta(days=days)
        a_staff("S0001", valid_from=start)

        ended(world, "S0001")

        (row,) = list_shokuin(by=clerk())
        assert (row.valid_from, row.valid_to) == (min(start, clock.today_jst()), clock.today_jst())
        assert row.state_on(clock.today_jst()) == "無効"
        assert is_refused(shokuin_id="S0001")

    def test_every_right_ends_too(self, world: World) -> None:
        a_staff("S0001", kojin_bango=frozenset({"shikaku"}))
        (row,) = list_shokuin(by=clerk())

        ended(world, "S0001")

        left = list_rights(by=clerk(), zone=KENPO, shokuin_pk=row.id, on=clock.today_jst())
        assert left == Rights(frozenset(), frozenset())

    def test_one_that_has_ended_keeps_its_day(self, world: World) -> None:
        a_staff("S0001")
        with world.admin() as admin:
            admin.execute("UPDATE shokuin_account SET valid_from = '2026-01-01', valid_to = '2026-02-01'")

        assert ended(world, "S0001") == EndedStaff("S0001", date(2026, 2, 1), 0)

    def test_and_the_insurer_gets_a_first_system_manager_again(self, world: World) -> None:
        a_staff("M0001", kengen=None)
        ended(world, "M0001")

        with as_role(world, "kanri"):
            a_staff("M0002", kengen=None)

        assert enter("M0002").key

    @pytest.mark.kj("KJ-LOG-01")
    def test_and_records_it_in_the_zone(self, world: World) -> None:
        a_staff("S0001")
        ended(world, "S0001")

        with world.admin() as admin:
            rows = admin.execute("SELECT kind, hokensha_code, body FROM sosa_log_event ORDER BY id").fetchall()
        assert rows[-1][:2] == ("staff_changed", KENPO)
        assert json.loads(bytes(rows[-1][2]))["detail"] == {
            "change": "ended",
            "shokuin_id": "S0001",
            "valid_to": clock.today_jst().isoformat(),
            "sessions": 0,
        }


class TestRefuses:
    def test_whom_there_is_not(self, world: World) -> None:
        a_staff("S0001")
        for given in (
            {"shokuin_id": "S0009"},
            {"shokuin_id": "S0001", "hokensha": OTHER_KENPO},
            {"shokuin_id": "S0001", "hokensha": "99999999"},
            {"shokuin_id": "S0001", "soshiki": "shiharai_kikin", "hokensha": None},
        ):
            with pytest.raises(NotFound):
                ended(world, **given)
        with pytest.raises(RuleBroken):
            ended(world, "S0001", soshiki="nai", hokensha=None)
        assert enter("S0001").key


class TestCommand:
    def test_it_prints_one_json_line(self, world: World) -> None:
        a_staff("S0001")
        enter("S0001")

        printed = manage("end_shokuin", "--hokensha", KENPO, "--id", "S0001")

        today = clock.today_jst().isoformat()
        assert json.loads(printed) == {"shokuin_id": "S0001", "valid_to": today, "sessions_ended": 1}

    def test_a_refusal_says_what_to_do(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="職員IDを確かめてください"):
            manage("end_shokuin", "--soshiki", "unyo_hoshu", "--id", "U0001")
