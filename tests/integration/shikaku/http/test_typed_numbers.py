"""A 個人番号 typed on a form: the one typed last counts, whatever was wrong beside it, and nobody types it anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from shikaku.queries.rireki import find_row_id
from tests.integration.shikaku.http.test_terminal_views import _values, clerk_window, member_url, new_form
from tests.support.members import asked, bango, file_line, joined, sent
from tests.support.principals import clerk
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-UI-04")]

HELD = "入力済みです（表示しません）"
NOT_SHOWN = "入力済み（表示しません）"
OF_THE_LINE = "行の番号を使います（表示しません）"
WRONG = {"shikaku.edaban": "1"}
NO_NUMBER = {"kojin_bango": "", "kojin_bango_again": ""}
_ACTION = re.compile(r'action="([^"]+)" novalidate id="entry"')
_INVALID = re.compile(r'id="(f-[^"]+)"[^>]* aria-invalid="true"')


def twice(serial: int, field: str = "kojin_bango") -> dict[str, str]:
    return {field: bango(serial), f"{field}_again": bango(serial)}


def action_of(page: _MonkeyPatchedWSGIResponse) -> str:
    """Return where the form of a page goes."""
    found = _ACTION.search(page.content.decode())
    assert found is not None
    return found.group(1)


def refused(client: Client, address: str, typed: dict[str, str]) -> _MonkeyPatchedWSGIResponse:
    """Post a form that is not right; whatever was typed, the page gives no number back."""
    answer = client.post(address, typed)
    assert answer.status_code == 422
    assert not any(bango(serial) in answer.content.decode() for serial in range(1, 10))
    return answer


def checked(client: Client, address: str, typed: dict[str, str]) -> str:
    answer = client.post(address, typed)
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"]


def is_known(serial: int) -> bool:
    try:
        find_row_id(by=clerk(), kojin_bango=bango(serial))
    except NotFound:
        return False
    return True


class TestNewMember:
    def test_a_first_error_beside_it_keeps_it(self) -> None:
        client = clerk_window()
        page = refused(client, "/shikaku/toroku/", new_form(**WRONG))

        assert HELD in page.content.decode()
        client.post(checked(client, action_of(page), new_form(**NO_NUMBER)))

        assert is_known(7)

    def test_after_a_second_error_the_number_typed_last_counts(self) -> None:
        client = clerk_window()
        page = refused(client, "/shikaku/toroku/", new_form(**WRONG))
        page = refused(client, action_of(page), new_form(**WRONG, **twice(8)))
        page = refused(client, action_of(page), new_form(**WRONG, **NO_NUMBER))

        client.post(checked(client, action_of(page), new_form(**NO_NUMBER)))

        assert is_known(8)
        assert not is_known(7)

    def test_on_the_way_back_an_error_does_not_bring_the_old_one_again(self) -> None:
        client = clerk_window()
        check = checked(client, "/shikaku/toroku/", new_form())
        back = client.get(check.replace("kakunin/", ""))
        page = refused(client, action_of(back), new_form(**WRONG, **twice(8)))

        assert HELD in page.content.decode()
        client.post(checked(client, action_of(page), new_form(**NO_NUMBER)))

        assert is_known(8)
        assert not is_known(7)

    @pytest.mark.parametrize(
        ("first", "again"), [(bango(8), bango(9)), (bango(8), ""), ("", bango(9)), (bango(8)[:-1], bango(8)[:-1])]
    )
    def test_one_that_was_not_typed_twice_alike_leaves_none_to_go_on_with(
        self, world: World, first: str, again: str
    ) -> None:
        client = clerk_window()
        edit = checked(client, "/shikaku/toroku/", new_form()).replace("kakunin/", "")
        page = refused(client, edit, new_form(kojin_bango=first, kojin_bango_again=again))

        assert HELD not in page.content.decode()
        page = refused(client, action_of(page), new_form(**NO_NUMBER))
        page = refused(client, action_of(page), new_form(**NO_NUMBER))
        assert asked(world, "SELECT 1 FROM shikaku_itaku_kukaku_kanyusha") == []
        client.post(checked(client, action_of(page), new_form(**twice(8))))

        assert is_known(8)
        assert not is_known(7)

    def test_the_page_opened_anew_says_what_was_wrong(self) -> None:
        client = clerk_window()
        page = refused(client, "/shikaku/toroku/", new_form(**WRONG))

        again = client.get(action_of(page))

        assert again.status_code == 422
        assert _INVALID.findall(again.content.decode()) == _INVALID.findall(page.content.decode())


class TestAmendment:
    def test_the_new_number_typed_last_counts(self) -> None:
        joined(1)
        client, form = clerk_window(), f"{member_url()}shusei/"
        typed = {**_values(client.get(form).content.decode()), "kojin_bango_koshin_kubun": "2"}
        field = "koshingo_kojin_bango"
        page = refused(client, form, {**typed, **WRONG, **twice(7, field)})
        assert HELD in page.content.decode()
        page = refused(client, action_of(page), {**typed, **WRONG, **twice(8, field)})

        check = checked(client, action_of(page), typed)
        assert NOT_SHOWN in client.get(check).content.decode()
        client.post(check)

        assert is_known(8)
        assert not is_known(7)


class TestRefusedLine:
    @pytest.fixture
    def form(self, world: World) -> str:
        """The form of a refused line with the number of member 1, the first of two: 取得 in 2027."""
        with as_role(world, "worker"):
            file = sent(*(file_line(n, shutoku="20270401") for n in (1, 2)), now=clock.now()).uketsuke_id
        return f"/shikaku/toroku-files/{file}/error/1/"

    def mended(self, client: Client, form: str, **over: str) -> dict[str, str]:
        held = _values(client.get(form).content.decode())
        return {**held, "shikaku.shikaku_shutoku_ymd": "R8.4.1", **NO_NUMBER, **over}

    def test_the_number_of_the_line_counts_when_none_was_typed_and_the_check_page_says_so(self, form: str) -> None:
        client = clerk_window()
        check = checked(client, form, self.mended(client, form))

        page = client.get(check).content.decode()
        client.post(check)

        assert OF_THE_LINE in page
        assert NOT_SHOWN not in page
        assert is_known(1)

    def test_a_number_typed_stays_on_the_way_back(self, form: str) -> None:
        client = clerk_window()
        typed = self.mended(client, form)
        check = checked(client, form, {**typed, **twice(8)})
        page = client.get(check).content.decode()
        assert NOT_SHOWN in page
        assert OF_THE_LINE not in page
        link = re.search(r'href="([^"#]+)#f-kojin_bango"', page)
        assert link is not None
        back = client.get(link.group(1))

        assert HELD in back.content.decode()
        assert _INVALID.findall(back.content.decode()) == []
        again = checked(client, action_of(back), typed)
        assert NOT_SHOWN in client.get(again).content.decode()
        client.post(again)

        assert is_known(8)
        assert not is_known(1)

    def test_an_error_beside_it_keeps_it_and_the_one_typed_last_counts(self, form: str) -> None:
        client = clerk_window()
        wrong = self.mended(client, form, **WRONG)
        page = refused(client, form, {**wrong, **twice(7)})
        assert HELD in page.content.decode()
        page = refused(client, action_of(page), {**wrong, **twice(8)})
        page = refused(client, action_of(page), wrong)

        client.post(checked(client, action_of(page), self.mended(client, form)))

        assert [serial for serial in (1, 7, 8) if is_known(serial)] == [8]

    def test_one_that_was_not_typed_twice_alike_does_not_leave_the_number_of_the_line(self, form: str) -> None:
        client = clerk_window()
        typed = self.mended(client, form)
        page = refused(client, form, {**typed, "kojin_bango": bango(8), "kojin_bango_again": bango(9)})

        assert OF_THE_LINE not in page.content.decode()
        page = refused(client, action_of(page), typed)
        client.post(checked(client, action_of(page), {**typed, **twice(8)}))

        assert is_known(8)
        assert not is_known(1)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_what_was_typed_for_another_line_is_not_there(self, form: str, method: str) -> None:
        client = clerk_window()
        check = checked(client, form, {**self.mended(client, form), **twice(8)})
        back = client.get(check).content.decode().partition(f'href="{form}')[2].partition("#")[0].partition('"')[0]

        assert client.get(f"{form}{back}").status_code == 200
        assert getattr(client, method)(f"{form}{back}".replace("/1/", "/2/")).status_code == 404

    def test_a_refusal_at_the_last_press_keeps_it(self, form: str) -> None:
        client = clerk_window()
        typed = self.mended(client, form)
        check = checked(client, form, {**typed, **twice(8)})
        joined(8)
        page = refused(client, check, {})

        assert HELD in page.content.decode()
        client.post(checked(client, action_of(page), {**typed, **twice(9)}))

        assert is_known(9)
        assert not is_known(1)
