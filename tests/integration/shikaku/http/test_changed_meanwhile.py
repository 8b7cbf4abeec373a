"""A member changed while a form was open: told by whom and when; no press takes back what nobody meant to change."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.templatetags.hyoji import nichiji
from shikaku.actions.register_one import register_one
from shikaku.queries.kanyusha import get_kanyusha
from tests.integration.shikaku.http.test_terminal_views import _values, clerk_window, member_url
from tests.support.members import LATER, asked, bango, joined, known, row_id_of
from tests.support.principals import clerk
from tests.support.world import World

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-IN-21")]

OLD, THEIRS, MINE = "見本県旧町1", "見本県新町2", "見本県別町3"
TOLD = "この加入者は R08.11.21 12:00 に見本次郎が変更しました。"
DAY = {"kihon.jusho_henko_ymd": "R8.4.1"}
NAME = {"kihon.shimei_kenmen": "見本　改太", "kihon.shimei_kenmen_henko_ymd": "R8.4.1"}


@pytest.fixture
def client() -> Client:
    """A clerk's window; member 1 lives in 旧町."""
    joined(1, jusho=OLD)
    return clerk_window()


def colleague_moves() -> None:
    """A colleague registers 新町."""
    by = replace(clerk(), actor_id="S0002", actor_name="見本次郎")
    line = known("03", 1, kihon={"jusho": THEIRS, "jusho_henko_ymd": "2026-10-01"})
    register_one(by=by, line=line, now=LATER)


def opened(client: Client, kind: str = "shusei") -> dict[str, str]:
    return _values(client.get(f"{member_url()}{kind}/").content.decode())


def kihon() -> dict[str, object]:
    now = clock.now()
    detail = get_kanyusha(by=clerk(), row_id=row_id_of(1), on=business_date_jst(now), known_at=now)
    return {key: detail.newest.joho["kihon"].get(key) for key in ("jusho", "shimei_kenmen")}


def page_after(client: Client, answer: _MonkeyPatchedWSGIResponse) -> tuple[str, str]:
    """Return the address and the page a press led to, which says that something is to be done."""
    assert answer.status_code == 303
    page = client.get(answer["Location"])
    assert page.status_code == 422
    assert "kyogo" not in page.content.decode()
    return answer["Location"], page.content.decode()


class TestAmendment:
    def test_what_was_not_touched_follows_the_colleague(self, client: Client) -> None:
        typed = {**opened(client), **NAME}
        colleague_moves()

        form, page = page_after(client, client.post(f"{member_url()}shusei/", typed))

        assert TOLD in page
        assert f'href="{member_url()}"' in page
        assert _values(page)["kihon.jusho"] == THEIRS
        assert _values(page)["kihon.shimei_kenmen"] == "見本　改太"
        assert kihon() == {"jusho": THEIRS, "shimei_kenmen": "見本　太郎"}
        client.post(client.post(form, _values(page))["Location"])
        assert kihon() == {"jusho": THEIRS, "shimei_kenmen": "見本　改太"}

    def test_what_both_changed_stays_as_typed_beside_the_newest(self, client: Client) -> None:
        typed = {**opened(client), "kihon.jusho": MINE, **DAY}
        colleague_moves()

        form, page = page_after(client, client.post(f"{member_url()}shusei/", typed))

        assert _values(page)["kihon.jusho"] == MINE
        assert THEIRS in page
        assert 'href="#f-kihon-jusho"' in page
        client.post(client.post(form, _values(page))["Location"])
        assert kihon()["jusho"] == MINE

    def test_a_change_while_the_check_page_was_open_is_told_by_opening_and_by_pressing(self, client: Client) -> None:
        typed = {**opened(client), "kihon.jusho": MINE, **DAY}
        check = client.post(f"{member_url()}shusei/", typed)["Location"]
        colleague_moves()

        for answer in (client.get(check), client.post(check)):
            form, page = page_after(client, answer)
            assert TOLD in page
            assert _values(page)["kihon.jusho"] == MINE
        assert kihon()["jusho"] == THEIRS
        client.post(client.post(form, _values(page))["Location"])
        assert kihon()["jusho"] == MINE

    def test_on_the_way_back_it_is_told_too(self, client: Client) -> None:
        typed = {**opened(client), **NAME}
        check = client.post(f"{member_url()}shusei/", typed)["Location"]
        back = _values(client.get(check.replace("kakunin/", "")).content.decode())
        colleague_moves()

        _, page = page_after(client, client.post(check.replace("kakunin/", ""), back))

        assert TOLD in page
        assert _values(page)["kihon.jusho"] == THEIRS

    def test_a_change_of_today_is_told_by_its_hour(self, client: Client) -> None:
        typed = opened(client)
        by, now = replace(clerk(), actor_name="見本次郎"), clock.now()
        register_one(
            by=by,
            line=known("03", 1, kihon={"shimei_kenmen": "見本　改太", "shimei_kenmen_henko_ymd": "2026-10-01"}),
            now=now,
        )

        _, page = page_after(client, client.post(f"{member_url()}shusei/", {**typed, "kihon.jusho": MINE, **DAY}))

        assert f"この加入者は {nichiji(now)[-5:]} に見本次郎が変更しました。" in page

    def test_a_number_typed_is_kept_meanwhile(self, client: Client) -> None:
        number = {"koshingo_kojin_bango": bango(8), "koshingo_kojin_bango_again": bango(8)}
        typed = {**opened(client), **number, "kojin_bango_koshin_kubun": "2"}
        colleague_moves()

        form, page = page_after(client, client.post(f"{member_url()}shusei/", typed))

        assert "入力済みです（表示しません）" in page
        assert bango(8) not in page
        assert client.post(form, _values(page)).status_code == 303

    def test_a_form_that_does_not_say_what_it_showed_changes_nothing(self, client: Client, world: World) -> None:
        typed = {**opened(client), "kihon.jusho": MINE, **DAY}
        del typed["seen"]

        page_after(client, client.post(f"{member_url()}shusei/", typed))

        assert asked(world, "SELECT count(*) FROM shikaku_rireki") == [(1,)]


@pytest.mark.parametrize("kind", ["soshitsu", "torikeshi"])
def test_an_end_and_a_withdrawal_are_told_of_it_too(client: Client, kind: str) -> None:
    typed = {**opened(client, kind), "shikaku.shikaku_soshitsu_ymd": "R8.10.1"}
    colleague_moves()

    form, page = page_after(client, client.post(f"{member_url()}{kind}/", typed))

    assert TOLD in page
    assert kind == "torikeshi" or 'value="R8.10.1"' in page
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    assert client.post(form, {**typed, "seen": seen.group(1)}).status_code == 303
