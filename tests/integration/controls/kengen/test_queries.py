from datetime import date, timedelta

import pytest

from chukan.controls.kengen.domain import BY_ID, SCREENS
from chukan.controls.kengen.queries import (
    can_open,
    check_screen,
    menu_for,
    possible_rights_of,
    principal_with_rights,
    screens_of,
)
from chukan.controls.kikan.domain import HOKENSHA_SHUBETSU
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from tests.support.principals import clerk
from tests.support.staff import a_staff, an_operator, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 20)


def operator(soshiki: str, *rights: tuple[str, str]) -> Principal:
    """Return a member of an operator's staff."""
    return Principal(
        channel="operator", soshiki=soshiki, actor_id="K0001", actor_name="試験次郎", kengen=frozenset(rights)
    )


class TestPrincipalWithRights:
    @pytest.mark.kj("KJ-AUTH-13", "KJ-AUTH-14")
    def test_carries_exactly_what_was_given(self, world: World) -> None:
        a_staff(
            kengen=frozenset({("shikaku", "shokai"), ("honnin_kakunin", "shokai")}), kojin_bango=frozenset({"shikaku"})
        )
        staff = enter().session
        bare = staff.principal(terminal="127.0.0.1", request_id="req")

        by = principal_with_rights(bare=bare, staff=staff, on=clock.today_jst())

        assert by.can("shikaku", "shokai")
        assert not by.can("shikaku", "koshin")
        assert by.can_kojin_bango("shikaku")
        assert not by.can_kojin_bango("honnin_kakunin")

    @pytest.mark.kj("KJ-AUTH-14")
    def test_has_no_number_from_all_rights(self, world: World) -> None:
        a_staff("M0001", kengen=None)
        an_operator()
        for opened in (enter("M0001"), enter("K0001", hokensha="")):
            bare = opened.session.principal(terminal="127.0.0.1", request_id="req")
            by = principal_with_rights(bare=bare, staff=opened.session, on=clock.today_jst())
            assert by.kengen
            assert by.kojin_bango_jimu == frozenset()

    def test_loses_rights_on_their_last_day(self, world: World) -> None:
        one_day = timedelta(days=1)
        first, last = clock.today_jst() - 30 * one_day, clock.today_jst() + 30 * one_day
        a_staff(valid_from=first, valid_to=last)
        staff = enter().session
        bare = staff.principal(terminal="127.0.0.1", request_id="req")
        held = {
            day: bool(principal_with_rights(bare=bare, staff=staff, on=day).kengen)
            for day in (first - one_day, first, last - one_day, last)
        }
        assert list(held.values()) == [False, True, True, False]


class TestCheckScreen:
    @pytest.mark.kj("KJ-IN-20")
    @pytest.mark.parametrize(
        "on,code", [(date(2018, 4, 30), "riyo_kaishi_mae"), (date(2018, 5, 1), None), (date(2026, 11, 20), None)]
    )
    def test_opens_on_the_start_day_of_the_type(self, world: World, on: date, code: str | None) -> None:
        by = clerk("31130016", shubetsu="kokkyo")
        if code is None:
            check_screen(by, BY_ID["HS-201"], on=on)
            return
        with pytest.raises(NotPermitted) as refused:
            check_screen(by, BY_ID["HS-201"], on=on)
        assert refused.value.code == code

    def test_says_the_right_before_the_type(self, world: World) -> None:
        by = clerk("00138057", shubetsu="shichoson_kokuho", kengen=frozenset())
        with pytest.raises(NotPermitted) as refused:
            check_screen(by, BY_ID["HS-101"], on=ON)
        assert refused.value.code == "kengen_nashi"

    @pytest.mark.kj("KJ-IN-03", "KJ-MENU-04")
    @pytest.mark.parametrize("shubetsu", HOKENSHA_SHUBETSU)
    def test_keeps_the_type_without_a_terminal_out_of_every_screen(self, world: World, shubetsu: str) -> None:
        rights = frozenset((jimu, action) for jimu in ("shikaku", "kanri") for action in ("shokai", "koshin"))
        by = clerk(shubetsu=shubetsu, kengen=rights)
        opened = screens_of(by, on=ON)
        expected = () if shubetsu == "shichoson_kokuho" else tuple(s for s in SCREENS if "hokensha" in s.soshiki)
        assert opened == expected


class TestMenuFor:
    @pytest.mark.kj("KJ-MENU-01")
    @pytest.mark.parametrize("jimu", ["shikaku", "kanri", "joho_renkei", "fugo", "unyo"])
    @pytest.mark.parametrize("action", ["shokai", "koshin"])
    def test_is_the_screens_of_the_right_and_the_start_page(self, world: World, jimu: str, action: str) -> None:
        shown = {
            screen for group in menu_for(clerk(kengen=frozenset({(jimu, action)})), on=ON).values() for screen in group
        }
        assert shown == {
            screen
            for screen in SCREENS
            if screen.menu_group is not None
            and "hokensha" in screen.soshiki
            and (screen.jimu is None or (screen.jimu, screen.action) == (jimu, action))
        }

    @pytest.mark.kj("KJ-MENU-05")
    def test_of_kokuho_chuokai_holds_shikaku_alone(self, world: World) -> None:
        rights = possible_rights_of(soshiki="kokuho_chuokai", hokensha_shubetsu=None, on=ON)
        opened = screens_of(operator("kokuho_chuokai", *rights), on=ON)
        assert {screen.id for screen in opened} == {"OP-001", "OP-101", "OP-201"}
        assert {screen.file for screen in opened} == {"shikaku"}

    def test_gives_the_operation_log_of_all_to_shiharai_kikin_alone(self, world: World) -> None:
        rights = (("kanri", "shokai"), ("unyo", "shokai"))
        seen = {
            soshiki: can_open(operator(soshiki, *rights), BY_ID["LG-101"], on=ON)
            for soshiki in ("shiharai_kikin", "kokuho_chuokai", "unyo_hoshu")
        }
        assert seen == {"shiharai_kikin": True, "kokuho_chuokai": False, "unyo_hoshu": False}

    def test_is_empty_without_rights(self, world: World) -> None:
        assert menu_for(clerk(kengen=frozenset()), on=ON) == {}


class TestPossibleRightsOf:
    @pytest.mark.parametrize(
        "shubetsu,jimu",
        [
            ("kenpo_kumiai", {"shikaku", "joho_renkei", "honnin_kakunin", "kanri"}),
            ("seikatsu_hogo", {"shikaku", "honnin_kakunin", "kanri"}),
            ("shichoson_kokuho", {"kanri"}),
        ],
    )
    def test_follows_the_matrix(self, world: World, shubetsu: str, jimu: set[str]) -> None:
        found = possible_rights_of(soshiki="hokensha", hokensha_shubetsu=shubetsu, on=ON)
        assert {name for name, _ in found} == jimu

    def test_can_be_given_before_the_start(self, world: World) -> None:
        found = possible_rights_of(soshiki="hokensha", hokensha_shubetsu="kokkyo", on=date(2018, 4, 30))
        assert ("shikaku", "koshin") in found
