import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chukan.controls.shokuin.queries import list_shokuin
from chukan.kernel import clock
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import PASSWORD, a_staff, browser, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
ADMIN = frozenset({("kanri", "shokai"), ("kanri", "koshin")})
NEW = {
    "shokuin_id": "S0100",
    "shimei": "試験太郎",
    "valid_from": "",
    "valid_to": "",
    "kengen": ["shikaku:shokai", "shikaku:koshin"],
    "kojin_bango": ["shikaku"],
}


@pytest.fixture
def client(world: World) -> Client:
    a_staff("M0001", kengen=ADMIN, shimei="見本花子")
    return browser("M0001")


def new_staff(**changed: object) -> dict[str, object]:
    today = clock.today_jst()
    dates = {"valid_from": today.strftime("%Y%m%d"), "valid_to": today.replace(year=today.year + 1, day=1).isoformat()}
    return {**NEW, **dates, **changed}


def row_of(shokuin_id: str, hokensha: str = KENPO) -> str:
    return next(str(row.id) for row in list_shokuin(by=clerk(hokensha)) if row.shokuin_id == shokuin_id)


class TestList:
    def test_shows_the_own_organisation(self, client: Client) -> None:
        a_staff("S0001", shimei="試験次郎")
        a_staff("S0002", hokensha=OTHER_KENPO, shimei="別組三郎")

        text = client.get("/kanri/shokuin/").content.decode()

        assert "試験次郎" in text
        assert "システム管理責任者" in text
        assert "別組三郎" not in text
        assert text.count("/henko/") == 1

    def test_offers_no_change_without_the_right(self, world: World) -> None:
        a_staff("S0001", kengen=frozenset({("kanri", "shokai")}))
        a_staff("S0002")
        text = browser("S0001").get("/kanri/shokuin/").content.decode()
        assert "/henko/" not in text
        assert "職員を登録する" not in text

    def test_marks_what_nobody_has_used_for_ninety_days(self, world: World, client: Client) -> None:
        a_staff("S0001")
        with world.admin() as admin:
            admin.execute(
                "UPDATE shokuin_shokuin SET registered_at = now() - interval '91 days' WHERE shokuin_id = 'S0001'"
            )
        assert client.get("/kanri/shokuin/").content.decode().count("90日以上未使用") == 1

    @pytest.mark.kj("KJ-UI-04")
    def test_a_number_in_the_address_reaches_neither_the_page_nor_a_statement(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/kanri/shokuin/?after=123456789018")
        assert page.status_code == 200
        assert "123456789018" not in page.content.decode()
        assert not any("123456789018" in one["sql"] for one in asked.captured_queries)

    def test_goes_on_after_fifty(self, client: Client) -> None:
        for number in range(51):
            a_staff(f"S{number:04d}")
        first = client.get("/kanri/shokuin/")
        assert "/kanri/shokuin/?after=S0048" in first.content.decode()
        second = client.get("/kanri/shokuin/?after=S0048").content.decode()
        assert "S0049" in second
        assert "S0048</td>" not in second
        assert "この先に職員はいません" in client.get("/kanri/shokuin/?after=Z").content.decode()


def checked(client: Client, url: str = "/kanri/shokuin/toroku/", **changed: object) -> str:
    """Fill the form in and return the address of 確認."""
    answer = client.post(f"{url}kakunin/", new_staff(**changed))
    assert answer.status_code == 303
    return answer["Location"]


def stored(client: Client, check: str) -> str:
    """Confirm by password and return the address of 完了."""
    answer = client.post(check, {"password": PASSWORD})
    assert answer.status_code == 303
    return answer["Location"]


def shown_password(client: Client, done: str) -> str | None:
    found = re.search(r'id="first-password">([^<]+)<', client.get(done).content.decode())
    return found and found[1]


class TestRegister:
    def test_goes_from_input_over_check_to_done(self, client: Client) -> None:
        assert client.get("/kanri/shokuin/toroku/").status_code == 200
        check = checked(client)
        text = client.get(check).content.decode()
        assert "資格履歴管理（照会）、資格履歴管理（更新）" in text
        assert list_shokuin(by=clerk(KENPO), after="M0001") == ()

        done = stored(client, check)

        password = shown_password(client, done)
        assert password is not None
        signed_in = browser("S0100", password=password)
        assert signed_in.get("/kanri/shokuin/")["Location"] == "/password/"
        again = client.post("/kanri/shokuin/toroku/kakunin/", new_staff())
        assert again.status_code == 422
        assert "この職員IDは使われています" in again.content.decode()

    def test_back_to_input_keeps_what_was_typed(self, client: Client) -> None:
        check = checked(client, shimei="戻り太郎")
        back = re.search(r'href="([^"]+)">入力に戻る', client.get(check).content.decode())
        assert back is not None
        text = client.get(back[1]).content.decode()
        assert 'value="戻り太郎"' in text
        assert 'value="shikaku:koshin" checked' in text

    @pytest.mark.kj("KJ-IN-19", "KJ-UI-04")
    @pytest.mark.parametrize("name", ["shokuin_id", "shimei", "valid_from", "valid_to"])
    def test_a_number_typed_by_mistake_is_refused_and_not_given_back(self, client: Client, name: str) -> None:
        answer = client.post("/kanri/shokuin/toroku/kakunin/", new_staff(**{name: "123456789018"}))
        assert answer.status_code == 422
        assert "123456789018" not in answer.content.decode()

    @pytest.mark.parametrize(
        "changed,fields",
        [
            ({"shokuin_id": "職員"}, ["f-shokuin_id"]),
            ({"shokuin_id": "M0001"}, ["f-shokuin_id"]),
            ({"shimei": ""}, ["f-shimei"]),
            ({"valid_from": "あした", "valid_to": ""}, ["f-valid_from", "f-valid_to"]),
            ({"shokuin_id": "職員", "shimei": "", "valid_to": "x"}, ["f-shokuin_id", "f-shimei", "f-valid_to"]),
            ({"valid_to": "R30.4.1"}, ["f-valid_to"]),
            ({"kengen": ["fugo:koshin"], "kojin_bango": []}, ["f-kengen"]),
            ({"kengen": ["kanri:koshin"], "kojin_bango": []}, ["f-kengen"]),
            ({"kengen": ["kanri:shokai"]}, ["f-kojin_bango"]),
        ],
    )
    def test_names_what_to_mend_in_the_summary_and_stores_nothing(
        self, client: Client, changed: dict[str, object], fields: list[str]
    ) -> None:
        answer = client.post("/kanri/shokuin/toroku/kakunin/", new_staff(**changed))
        assert answer.status_code == 422
        assert [error["field"] for error in answer.context["errors"]] == fields
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO))] == ["M0001"]

    def test_an_id_taken_meanwhile_is_said_at_the_last_press(self, client: Client) -> None:
        check = checked(client)
        a_staff("S0100")

        answer = client.post(check, {"password": PASSWORD})

        assert answer.status_code == 422
        assert [error["field"] for error in answer.context["errors"]] == ["f-shokuin_id"]
        assert 'value="試験太郎"' in answer.content.decode()

    def test_offers_no_right_that_cannot_be_given(self, client: Client) -> None:
        text = client.get("/kanri/shokuin/toroku/").content.decode()
        offered = set(re.findall(r'name="(?:kengen|kojin_bango)" value="([^"]+)"', text))
        assert offered == {
            "shikaku:shokai",
            "shikaku:koshin",
            "joho_renkei:shokai",
            "joho_renkei:koshin",
            "honnin_kakunin:shokai",
            "honnin_kakunin:koshin",
            "kanri:shokai",
            "shikaku",
            "honnin_kakunin",
        }


class TestChange:
    def test_shows_before_and_after_and_takes_effect(self, client: Client) -> None:
        a_staff("S0001", shimei="試験次郎")
        url = f"/kanri/shokuin/{row_of('S0001')}/henko/"
        assert 'value="試験次郎"' in client.get(url).content.decode()

        check = checked(client, url, shokuin_id="EVIL", shimei="試験三郎", kengen=["shikaku:shokai"])
        text = client.get(check).content.decode()
        assert "試験次郎" in text
        assert "試験三郎" in text
        done = stored(client, check)

        assert "職員IDを変更しました" in client.get(done).content.decode()
        (row,) = [row for row in list_shokuin(by=clerk(KENPO)) if row.shokuin_id == "S0001"]
        assert row.shimei == "試験三郎"
        assert enter("S0001").key

    def test_of_oneself_of_the_same_rank_and_of_others_is_out_of_reach(self, client: Client) -> None:
        a_staff("M0002", kengen=ADMIN)
        a_staff("S0002", hokensha=OTHER_KENPO)
        for row, status in ((row_of("M0001"), 403), (row_of("M0002"), 403), (row_of("S0002", OTHER_KENPO), 404)):
            typed = new_staff(first_password="1")
            answers = [
                client.get(f"/kanri/shokuin/{row}/henko/"),
                client.post(f"/kanri/shokuin/{row}/henko/kakunin/", typed),
            ]
            assert [answer.status_code for answer in answers] == [status, status]
        unknown = client.get("/kanri/shokuin/00000000-0000-4000-8000-000000000000/henko/")
        theirs = client.get(f"/kanri/shokuin/{row_of('S0002', OTHER_KENPO)}/henko/")
        assert unknown.status_code == theirs.status_code == 404

    def test_gives_a_first_password_when_asked(self, client: Client) -> None:
        a_staff("S0001")
        url = f"/kanri/shokuin/{row_of('S0001')}/henko/"
        assert shown_password(client, stored(client, checked(client, url))) is None
        password = shown_password(client, stored(client, checked(client, url, first_password="1")))
        assert password is not None
        assert enter("S0001", password=password).session.must_change


@pytest.mark.kj("KJ-AUTH-14")
class TestConfirmedByPassword:
    @pytest.mark.parametrize("password", ["", "chigau-aikotoba-2026"])
    def test_nobody_is_registered_without_the_password_and_nothing_typed_is_lost(
        self, client: Client, password: str
    ) -> None:
        check = checked(client)

        answer = client.post(check, {"password": password})

        assert answer.status_code == 422
        assert [error["field"] for error in answer.context["errors"]] == ["f-password"]
        text = answer.content.decode()
        assert "試験太郎" in text
        assert "chigau" not in text
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO))] == ["M0001"]
        assert shown_password(client, stored(client, check)) is not None

    def test_nothing_is_changed_without_the_password(self, client: Client) -> None:
        a_staff("S0001", shimei="試験次郎")
        check = checked(client, f"/kanri/shokuin/{row_of('S0001')}/henko/", shimei="試験三郎", first_password="1")

        answer = client.post(check, {"password": "chigau-aikotoba-2026"})

        assert answer.status_code == 422
        assert [error["field"] for error in answer.context["errors"]] == ["f-password"]
        assert "仮のパスワード" in answer.content.decode()
        assert enter("S0001").key
        assert {row.shimei for row in list_shokuin(by=clerk(KENPO))} == {"見本花子", "試験次郎"}

    def test_a_confirmation_opens_one_change(self, world: World, client: Client) -> None:
        a_staff("S0001")
        url = f"/kanri/shokuin/{row_of('S0001')}/henko/"
        former = client.cookies[settings.SESSION_COOKIE_NAME].value

        stored(client, checked(client, url))

        assert client.cookies[settings.SESSION_COOKIE_NAME].value != former
        assert client.post(checked(client, url)).status_code == 422
        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM shokuin_session WHERE step_up_at IS NOT NULL").fetchone() == (0,)
            assert admin.execute("SELECT count(*) FROM sosa_log_event WHERE kind = 'step_up'").fetchone() == (1,)

    def test_wrong_passwords_are_counted_as_at_sign_in(self, client: Client) -> None:
        check = checked(client)
        for _ in range(6):
            client.post(check, {"password": "chigau-aikotoba-2026"})

        answer = client.post(check, {"password": PASSWORD})

        assert answer["Location"].startswith("/login/")
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO))] == ["M0001"]

    def test_what_cannot_be_stored_is_said_before_the_password_is_asked_for(self, world: World, client: Client) -> None:
        check = checked(client)
        a_staff("S0100")

        client.post(check, {"password": PASSWORD})

        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM sosa_log_event WHERE kind = 'step_up'").fetchone() == (0,)


class TestPressedAgain:
    def test_the_first_password_is_shown_again_and_stays_the_one(self, client: Client) -> None:
        check = checked(client)
        done = stored(client, check)
        first = shown_password(client, done)

        for answer in (client.post(check, {"password": PASSWORD}), client.post(check), client.get(check)):
            assert (answer.status_code, answer["Location"]) == (303, done)

        assert shown_password(client, done) == first
        assert enter("S0100", password=first or "").session.must_change
        assert (first or "-") not in done

    def test_no_second_password_is_made_for_a_change(self, client: Client) -> None:
        a_staff("S0001")
        check = checked(client, f"/kanri/shokuin/{row_of('S0001')}/henko/", first_password="1")
        first = shown_password(client, stored(client, check))

        assert shown_password(client, stored(client, check)) == first

        assert enter("S0001", password=first or "").session.must_change

    def test_nobody_else_sees_it(self, client: Client) -> None:
        a_staff("M0002", kengen=ADMIN)
        check = checked(client)
        done = stored(client, check)

        other = browser("M0002")

        assert [other.get(url).status_code for url in (check, done)] == [404, 404]
        assert other.post(check, {"password": PASSWORD}).status_code == 404

    def test_it_is_gone_after_its_time(self, world: World, client: Client) -> None:
        check = checked(client)
        done = stored(client, check)
        with world.admin() as admin:
            admin.execute("UPDATE kengen_staff_slip SET expires_at = now()")

        answer = client.get(done)

        assert answer.status_code == 404
        assert "職員の一覧で確かめてください" in answer.content.decode()
        assert client.post(check, {"password": PASSWORD}).status_code == 404

    def test_no_cache_keeps_it(self, client: Client) -> None:
        check = checked(client)
        assert client.get(check)["Cache-Control"] == "no-store"
        assert client.get(stored(client, check))["Cache-Control"] == "no-store"
