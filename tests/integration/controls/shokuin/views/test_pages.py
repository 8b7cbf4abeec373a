import json

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.staff import PASSWORD, a_staff, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "betsu-no-aikotoba-2026"
STAFF_PAGE = "/kanri/shokuin/"
ADMIN = frozenset({("kanri", "shokai"), ("kanri", "koshin")})


def back_in_time(world: World, column: str, interval: str, *, table: str = "shokuin_session") -> None:
    with world.admin() as admin:
        admin.execute(f"UPDATE {table} SET {column} = now() - interval '{interval}'")


@pytest.fixture
def signed_in(world: World) -> Client:
    a_staff(kengen=ADMIN)
    return browser()


class TestLogin:
    def test_leads_to_where_the_person_wanted_to_go(self, world: World) -> None:
        a_staff(kengen=ADMIN)
        client = Client()
        asked = client.get(STAFF_PAGE)
        assert asked.status_code == 302
        assert asked["Location"] == f"/login/?next={STAFF_PAGE}"

        entered = client.post(
            asked["Location"],
            {"hokensha_code": "06132013", "shokuin_id": "S0001", "password": PASSWORD, "next": STAFF_PAGE},
        )

        assert entered.status_code == 302
        assert entered["Location"] == STAFF_PAGE
        cookie = client.cookies["chukan"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert not cookie["max-age"]
        assert client.get(STAFF_PAGE).status_code == 200

    @pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1"])
    def test_leads_nowhere_else(self, world: World, wanted: str) -> None:
        a_staff(kengen=ADMIN)
        entered = Client().post(
            "/login/", {"hokensha_code": "06132013", "shokuin_id": "S0001", "password": PASSWORD, "next": wanted}
        )
        assert entered["Location"] == "/"

    def test_shows_one_message_and_never_the_password(self, world: World) -> None:
        a_staff()
        pages = [
            Client().post("/login/", {"hokensha_code": "06132013", "shokuin_id": who, "password": "chigau-aikotoba-99"})
            for who in ("S0001", "nobody")
        ]
        assert [page.status_code for page in pages] == [422, 422]
        texts = [page.content.decode() for page in pages]
        assert all("保険者コード、職員IDまたはパスワードが正しくありません。" in text for text in texts)
        assert all("chigau-aikotoba-99" not in text for text in texts)

    @pytest.mark.kj("KJ-UI-04")
    @pytest.mark.parametrize("name", ["hokensha_code", "shokuin_id"])
    def test_a_number_typed_by_mistake_is_not_given_back(self, world: World, name: str) -> None:
        typed = {"hokensha_code": "06132013", "shokuin_id": "S0001", "password": "x", name: "123456789018"}
        page = Client().post("/login/", typed)
        assert page.status_code == 422
        assert "123456789018" not in page.content.decode()

    def test_a_number_in_the_address_is_not_carried_along(self, world: World) -> None:
        asked = Client().get("/shikaku/kensaku/123456789018/")
        assert "123456789018" not in asked.get("Location", "") + asked.content.decode()
        page = Client().get("/login/?next=/shikaku/123456789018/")
        assert "123456789018" not in page.content.decode()

    def test_is_not_kept_by_the_browser(self, world: World) -> None:
        assert "no-store" in Client().get("/login/")["Cache-Control"]

    @pytest.mark.kj("KJ-AUTH-02")
    def test_a_second_browser_ends_the_first(self, world: World) -> None:
        a_staff(kengen=ADMIN)
        first, second = browser(), browser()
        assert second.get(STAFF_PAGE).status_code == 200
        assert first.get(STAFF_PAGE).status_code == 302

    def test_logout_ends_the_session_on_the_server(self, signed_in: Client) -> None:
        key = signed_in.cookies["chukan"].value
        signed_in.post("/logout/")
        again = Client()
        again.cookies["chukan"] = key
        assert again.get(STAFF_PAGE).status_code == 302

    def test_secure_cookies_behind_tls(self, world: World, settings: Settings) -> None:
        settings.SESSION_COOKIE_SECURE = True
        a_staff(kengen=ADMIN)
        assert browser().cookies["chukan"]["secure"]


class TestSessionTimes:
    def test_locks_after_ten_minutes_and_unlocks_in_place(self, world: World, signed_in: Client) -> None:
        back_in_time(world, "active_at", "10 minutes")

        locked = signed_in.get(STAFF_PAGE)
        assert locked.status_code == 423
        assert "ロックを解除する" in locked.content.decode()
        assert "見本花子" in locked.content.decode()
        assert signed_in.post("/unlock/", {"password": "chigau-aikotoba-99"}).status_code == 422
        back = signed_in.post("/unlock/", {"password": PASSWORD, "next": STAFF_PAGE})
        assert (back.status_code, back["Location"]) == (302, STAFF_PAGE)
        assert signed_in.get(STAFF_PAGE).status_code == 200

    @pytest.mark.kj("KJ-UI-04")
    def test_a_locked_page_does_not_give_a_number_in_its_address_back(self, signed_in: Client) -> None:
        signed_in.post("/lock/")
        for address in (f"{STAFF_PAGE}?after=123456789018", "/unyo/fugo/jokyo/uketsuke/123456789018/"):
            locked = signed_in.get(address)
            assert locked.status_code == 423
            assert "123456789018" not in locked.content.decode()

    def test_scripts_are_told_by_status(self, world: World, signed_in: Client) -> None:
        as_script = {"Accept": "application/json"}
        assert signed_in.post("/lock/", headers=as_script).status_code == 204
        assert signed_in.post("/session/keepalive/", headers=as_script).status_code == 423
        refused = signed_in.post("/unlock/", {"password": "chigau-aikotoba-99"}, headers=as_script)
        assert refused.status_code == 422
        assert "パスワードが正しくありません" in json.loads(refused.content)["detail"]
        assert signed_in.post("/unlock/", {"password": PASSWORD}, headers=as_script).status_code == 204
        assert signed_in.post("/session/keepalive/", headers=as_script).status_code == 204
        assert Client().get(STAFF_PAGE, headers={"HX-Request": "true"}).status_code == 401

    @pytest.mark.parametrize(
        "column,interval",
        [("started_at", "12 hours"), ("locked_at", "60 minutes"), ("active_at", "71 minutes")],
    )
    def test_ends_by_the_servers_clock(self, world: World, signed_in: Client, column: str, interval: str) -> None:
        back_in_time(world, column, interval)
        assert signed_in.get(STAFF_PAGE).status_code == 302
        with world.admin() as admin:
            ended = admin.execute("SELECT count(*) FROM shokuin_session WHERE ended_at IS NOT NULL").fetchone()
        assert ended == (1,)

    def test_polling_is_not_activity(self, world: World, signed_in: Client) -> None:
        back_in_time(world, "active_at", "9 minutes")
        assert signed_in.get(STAFF_PAGE, headers={"X-Chukan-Poll": "1"}).status_code == 200
        back_in_time(world, "active_at", "9 minutes")
        with world.admin() as admin:
            before = admin.execute("SELECT active_at FROM shokuin_session").fetchone()
            signed_in.get(STAFF_PAGE, headers={"X-Chukan-Poll": "1"})
            polled = admin.execute("SELECT active_at FROM shokuin_session").fetchone()
            signed_in.get(STAFF_PAGE)
            used = admin.execute("SELECT active_at FROM shokuin_session").fetchone()
        assert before == polled
        assert used is not None
        assert polled is not None
        assert used[0] > polled[0]

    @pytest.mark.kj("KJ-AUTH-08")
    def test_ends_with_the_account_within_one_request(self, world: World, signed_in: Client) -> None:
        assert signed_in.get(STAFF_PAGE).status_code == 200
        with world.admin() as admin:
            admin.execute("UPDATE shokuin_account SET valid_from = '2026-01-01', valid_to = '2026-01-02'")
        assert signed_in.get(STAFF_PAGE).status_code == 302


class TestPassword:
    def test_an_old_one_opens_the_change_screen_alone(self, world: World, signed_in: Client) -> None:
        back_in_time(world, "password_changed_at", "91 days", table="shokuin_account")
        for url in (STAFF_PAGE, "/"):
            kept_out = signed_in.get(url)
            assert (kept_out.status_code, kept_out["Location"]) == (302, "/password/")
        assert signed_in.get("/password/").status_code == 200

        done = signed_in.post("/password/", {"current": PASSWORD, "new": NEW, "repeated": NEW})

        assert done["Location"] == "/password/kanryo/"
        assert signed_in.get(STAFF_PAGE).status_code == 200

    def test_sends_nothing_typed_back(self, signed_in: Client) -> None:
        page = signed_in.post("/password/", {"current": "chigau-aikotoba-99", "new": "mijikai", "repeated": "chigau"})
        text = page.content.decode()
        assert page.status_code == 422
        assert text.count('aria-invalid="true"') == 3
        assert not any(typed in text for typed in ("chigau-aikotoba-99", "mijikai"))


class TestConfirm:
    def test_gives_the_session_a_new_key(self, world: World, signed_in: Client) -> None:
        before = signed_in.cookies["chukan"].value
        assert signed_in.post("/session/confirm/", {"password": "chigau-aikotoba-99"}).status_code == 422
        assert signed_in.post("/session/confirm/", {"password": PASSWORD}).status_code == 204
        assert signed_in.cookies["chukan"].value != before
        assert signed_in.get(STAFF_PAGE).status_code == 200
