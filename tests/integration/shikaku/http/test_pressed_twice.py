"""The last button of a form pressed again, or twice at once: registered once, every press shows the first result."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from shikaku.actions.register_slip import register_slip
from shikaku.actions.terminal_slip import keep_slip
from shikaku.http.terminal_page import once
from tests.integration.shikaku.http.test_terminal_views import (
    _values,
    clerk_window,
    member_url,
    new_form,
)
from tests.support.members import asked, bango, file_line, join_line, joined, row_id_of, sent
from tests.support.principals import clerk
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_SECONDS = 10


def _toroku(client: Client) -> str:
    return client.post("/shikaku/toroku/", new_form())["Location"]


def _shusei(client: Client) -> str:
    form = f"{member_url()}shusei/"
    held = _values(client.get(form).content.decode())
    return client.post(form, {**held, "kihon.jusho": "見本県新町2", "kihon.jusho_henko_ymd": "R8.4.1"})["Location"]


def _soshitsu(client: Client) -> str:
    form = f"{member_url()}soshitsu/"
    held = _values(client.get(form).content.decode())
    return client.post(form, {**held, "shikaku.shikaku_soshitsu_ymd": "R8.10.1"})["Location"]


def _torikeshi(client: Client) -> str:
    form = f"{member_url()}torikeshi/"
    return client.post(form, _values(client.get(form).content.decode()))["Location"]


def _ikkatsu(client: Client) -> str:
    chosen = client.post("/shikaku/ikkatsu-soshitsu/", {"row": [str(row_id_of(1))]})["Location"]
    return client.post(chosen, {"shikaku.shikaku_soshitsu_ymd": "R8.10.1"})["Location"]


FORMS = {"HS-201": _toroku, "HS-202": _shusei, "HS-203": _soshitsu, "HS-205": _torikeshi, "HS-204": _ikkatsu}


def count_of(world: World) -> int:
    return int(asked(world, "SELECT count(*) FROM uketsuke_uketsuke")[0][0])


@pytest.fixture
def client() -> Client:
    """A clerk's window; member 1 is registered."""
    joined(1)
    return clerk_window()


@pytest.mark.parametrize("screen", list(FORMS))
class TestAgain:
    def test_shows_the_first_result(self, world: World, client: Client, screen: str) -> None:
        check = FORMS[screen](client)
        before = count_of(world)

        first, again, back = client.post(check), client.post(check), client.get(check)

        assert first.status_code == again.status_code == back.status_code == 303
        assert first["Location"] == again["Location"] == back["Location"]
        assert count_of(world) == before + 1
        bangos = asked(world, "SELECT uketsuke_bango FROM uketsuke_uketsuke ORDER BY accepted_at DESC LIMIT 1")
        page = client.get(again["Location"])
        assert page.status_code == 200
        assert str(bangos[0][0]) in page.content.decode()

    @pytest.mark.kj("KJ-IN-21", "KJ-UI-04")
    def test_nothing_typed_is_kept_for_it(self, world: World, client: Client, screen: str) -> None:
        check = FORMS[screen](client)

        done = client.post(check)["Location"]

        slip = check.removesuffix("kakunin/").rstrip("/").rpartition("/")[2]
        kept = asked(
            world, "SELECT ct_content, ct_kojin_bango, ct_answer IS NULL FROM shikaku_terminal_slip WHERE id = %s", slip
        )
        assert kept == [(None, None, False)]
        assert bango(7) not in client.get(done).content.decode()

    def test_a_colleague_does_not_see_it(self, client: Client, screen: str) -> None:
        check = FORMS[screen](client)
        client.post(check)
        colleague = browser(a_staff("S0002", kojin_bango=frozenset({"shikaku"})))

        assert colleague.post(check).status_code == 404


@contextmanager
def held_until_both_wait(world: World) -> Iterator[None]:
    """Keep the 受付 locked until two presses wait: one for it, with its slip in hand, the other for the slip."""
    with world.admin() as blocker, blocker.transaction():
        blocker.execute("LOCK TABLE uketsuke_uketsuke IN SHARE MODE")
        yield
        deadline = time.monotonic() + WAIT_SECONDS
        while asked(world, "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") != [(2,)]:
            assert time.monotonic() < deadline, "the second press did not wait for the first"
            time.sleep(0.05)


def _pressed_at_once(world: World, client: Client, check: str) -> list[_MonkeyPatchedWSGIResponse]:
    answers: list[_MonkeyPatchedWSGIResponse] = []

    def press(window: Client) -> None:
        try:
            answers.append(window.post(check))
        finally:
            connection.close()

    windows = [client, Client()]
    windows[1].cookies = client.cookies
    presses = [threading.Thread(target=press, args=(window,)) for window in windows]
    with held_until_both_wait(world):
        for each in presses:
            each.start()
    for each in presses:
        each.join()
    return answers


class TestAtOnce:
    @pytest.mark.parametrize("screen", list(FORMS))
    def test_one_registers_and_the_other_shows_its_result(self, world: World, client: Client, screen: str) -> None:
        check = FORMS[screen](client)
        before = count_of(world)

        first, second = _pressed_at_once(world, client, check)

        assert first.status_code == second.status_code == 303
        assert first["Location"] == second["Location"]
        assert count_of(world) == before + 1

    def test_a_press_that_finds_everything_gone_shows_the_result_of_the_quicker_one(self) -> None:
        slip = keep_slip(by=clerk(), kind="toroku", content={}, now=clock.now())
        shown: list[str] = []

        def overtaken() -> HttpResponse:
            register_slip(
                by=clerk(), slip_id=slip, line=join_line(1), if_match=None, screen_id="HS-201", now=clock.now()
            )
            raise NotFound("shikaku_nashi", "")

        def after(answer: object) -> HttpResponse:
            shown.append(type(answer).__name__)
            return HttpResponse()

        once(clerk(), slip, ("toroku",), overtaken, after)

        assert shown == ["SlipAnswer"]

    def test_what_is_really_not_there_stays_not_there(self) -> None:
        def nowhere() -> HttpResponse:
            raise NotFound("shikaku_nashi", "")

        with pytest.raises(NotFound) as gone:
            once(clerk(), UUID(int=1), ("toroku",), nowhere, lambda _answer: HttpResponse())

        assert gone.value.code == "shikaku_nashi"


def test_a_mended_line_pressed_again_leads_to_the_status_of_its_file(world: World) -> None:
    with as_role(world, "worker"):
        file = sent(file_line(1, shutoku="20270401"), now=clock.now()).uketsuke_id
    client = clerk_window()
    form = f"/shikaku/toroku-files/{file}/error/1/"
    held = _values(client.get(form).content.decode())
    check = client.post(form, {**held, "shikaku.shikaku_shutoku_ymd": "R8.4.1"})["Location"]

    first, again = client.post(check), client.post(check)

    assert first.status_code == again.status_code == 303
    assert first["Location"] == again["Location"] == f"/shikaku/toroku-files/{file}/?naoshita=2"
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke WHERE single") == [(1,)]
