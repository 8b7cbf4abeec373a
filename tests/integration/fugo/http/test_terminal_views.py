"""HS-501: an insurer's staff sees the own members' progress, page by page, and never a code or another's member."""

from __future__ import annotations

import pytest

from chukan.controls.kengen.domain import BY_ID
from chukan.kernel import clock
from tests.support.fugo import all_sent, brought, code_of, requests_made, tsuban_of
from tests.support.fugo_desk import desk
from tests.support.members import asked, bango, joined
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
JOTAI = "/fugo/jotai/"


def linked(world: World, *serials: int, zone: str = KENPO) -> None:
    for serial in serials:
        joined(serial, by=clerk(zone), now=clock.now())
    with as_role(world, "worker"):
        requests_made()


@pytest.fixture
def staff(world: World) -> str:
    with as_role(world, "kanri"):
        return a_staff("S0001")


@pytest.mark.kj("KJ-MENU-08", "KJ-FUGO-07", "KJ-DUAL-03")
def test_own_members_are_shown_with_their_stamps_and_no_code(world: World, staff: str) -> None:
    linked(world, 1, 2)
    linked(world, 3, zone=OTHER_KENPO)
    with as_role(world, "worker"):
        all_sent(world, now=clock.now())
    brought(world, (tsuban_of(world, 1), code_of(1)), now=clock.now())

    answer = browser(staff).get(JOTAI)

    text = answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    shown = {
        row.edaban: (row.state_text, [stamp is not None for stamp in row.stamps]) for row in answer.context["rows"]
    }
    assert shown == {
        "0000000001": ("設定", [True] * 5),
        "0000000002": ("送信", [True, True, True, False, False]),
    }
    persons = [row[0] for row in asked(world, "SELECT himozuke_bango::text FROM fugo_shutoku_yokyu")]
    tsuban = [row[0] for row in asked(world, "SELECT shori_tsuban::text FROM fugo_shutoku_yokyu")]
    for hidden in (code_of(1), bango(1), *persons, *tsuban):
        assert hidden not in text


def test_empty_it_says_so(world: World, staff: str) -> None:
    assert "符号を取得する加入者は0件です。" in browser(staff).get(JOTAI).content.decode()


def test_it_goes_on_where_the_page_ends(world: World, staff: str) -> None:
    linked(world, *range(1, 53))
    client = browser(staff)

    first = client.get(JOTAI)
    second = client.get(first.context["next_url"])

    rows = [row.edaban for answer in (first, second) for row in answer.context["rows"]]
    assert sorted(rows) == [f"{edaban:010d}" for edaban in range(1, 53)]
    assert len(first.context["rows"]) == 50
    assert (second.context["next_url"], second.context["first_url"]) == ("", JOTAI)
    assert len(client.get(f"{JOTAI}?ato=x").context["rows"]) == 50


@pytest.mark.kj("KJ-LOG-01")
def test_that_it_was_looked_at_is_on_record(world: World, staff: str) -> None:
    browser(staff).get(JOTAI)

    assert asked(world, "SELECT actor_id, hokensha_code, screen_id FROM sosa_log_event WHERE kind = 'fugo_jotai'") == [
        ("S0001", KENPO, "HS-501")
    ]


@pytest.mark.kj("KJ-MENU-08", "KJ-MENU-01")
def test_it_stands_in_the_menu_of_those_who_may_and_nobody_else_comes_in(world: World, staff: str) -> None:
    assert f'href="{JOTAI}"' in browser(staff).get("/home/").content.decode()
    with as_role(world, "kanri"):
        other = a_staff("S0002", kengen=frozenset({("kanri", "shokai")}))
    assert browser(other).get(JOTAI).status_code == 403
    assert desk().get(JOTAI).status_code == 403


@pytest.mark.kj("KJ-MENU-04", "KJ-IN-20")
def test_before_the_system_asks_for_codes_there_is_no_screen() -> None:
    assert BY_ID["HS-501"].kano == (("fugo_shutoku", "jido"),)
