import re

import pytest
from django.conf import settings
from django.test import Client

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

    def test_goes_on_after_fifty(self, client: Client) -> None:
        for number in range(51):
            a_staff(f"S{number:04d}")
        first = client.get("/kanri/shokuin/")
        assert "/kanri/shokuin/?after=S0048" in first.content.decode()
        second = client.get("/kanri/shokuin/?after=S0048").content.decode()
        assert "S0049" in second
        assert "S0048</td>" not in second
        assert "この先に職員はいません" in client.get("/kanri/shokuin/?after=Z").content.decode()


class TestRegister:
    def test_goes_from_input_over_check_to_done(self, client: Client) -> None:
        assert client.get("/kanri/shokuin/toroku/").status_code == 200
        check = client.post("/kanri/shokuin/toroku/kakunin/", new_staff())
        text = check.content.decode()
        assert check.status_code == 200
        assert "資格履歴管理（照会）、資格履歴管理（更新）" in text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text)
        assert list_shokuin(by=clerk(KENPO), after="M0001") == ()

        form: dict[str, list[str]] = {}
        for name, value in hidden:
            form.setdefault(name, []).append(value)
        done = client.post("/kanri/shokuin/toroku/kanryo/", {**form, "password": PASSWORD}).content.decode()

        password = re.search(r'id="first-password">([^<]+)<', done)
        assert password is not None
        signed_in = browser("S0100", password=password[1])
        assert signed_in.get("/kanri/shokuin/")["Location"] == "/password/"
        again = client.post("/kanri/shokuin/toroku/kanryo/", {**form, "password": PASSWORD})
        assert again.status_code == 422
        assert "この職員IDは使われています" in again.content.decode()

    def test_back_to_input_keeps_what_was_typed(self, client: Client) -> None:
        text = client.post("/kanri/shokuin/toroku/", new_staff(shimei="戻り太郎")).content.decode()
        assert 'value="戻り太郎"' in text
        assert 'value="shikaku:koshin" checked' in text

    @pytest.mark.kj("KJ-IN-19", "KJ-UI-04")
    @pytest.mark.parametrize("name", ["shokuin_id", "shimei", "valid_from", "valid_to"])
    def test_a_number_typed_by_mistake_is_refused_and_not_given_back(self, client: Client, name: str) -> None:
        for step in ("kakunin", "kanryo"):
            answer = client.post(f"/kanri/shokuin/toroku/{step}/", new_staff(**{name: "123456789018"}))
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
        for step in ("kakunin", "kanryo"):
            answer = client.post(f"/kanri/shokuin/toroku/{step}/", new_staff(**changed))
            assert answer.status_code == 422
            assert [error["field"] for error in answer.context["errors"]] == fields
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO))] == ["M0001"]

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

        check = client.post(f"{url}kakunin/", new_staff(shimei="試験三郎", kengen=["shikaku:shokai"]))
        text = check.content.decode()
        assert "試験次郎" in text
        assert "試験三郎" in text
        typed = new_staff(shokuin_id="EVIL", shimei="試験三郎", kengen=["shikaku:shokai"], password=PASSWORD)
        done = client.post(f"{url}kanryo/", typed)

        assert "職員IDを変更しました" in done.content.decode()
        (row,) = [row for row in list_shokuin(by=clerk(KENPO)) if row.shokuin_id == "S0001"]
        assert row.shimei == "試験三郎"
        assert enter("S0001").key

    def test_of_oneself_of_the_same_rank_and_of_others_is_out_of_reach(self, client: Client) -> None:
        a_staff("M0002", kengen=ADMIN)
        a_staff("S0002", hokensha=OTHER_KENPO)
        for row, status in ((row_of("M0001"), 403), (row_of("M0002"), 403), (row_of("S0002", OTHER_KENPO), 404)):
            for step in ("", "kakunin/", "kanryo/"):
                answer = client.post(f"/kanri/shokuin/{row}/henko/{step}", new_staff(first_password="1"))
                assert answer.status_code == status
        unknown = client.get("/kanri/shokuin/00000000-0000-4000-8000-000000000000/henko/")
        theirs = client.get(f"/kanri/shokuin/{row_of('S0002', OTHER_KENPO)}/henko/")
        assert unknown.status_code == theirs.status_code == 404

    def test_gives_a_first_password_when_asked(self, client: Client) -> None:
        a_staff("S0001")
        url = f"/kanri/shokuin/{row_of('S0001')}/henko/kanryo/"
        assert "first-password" not in client.post(url, new_staff(password=PASSWORD)).content.decode()
        done = client.post(url, new_staff(first_password="1", password=PASSWORD)).content.decode()
        password = re.search(r'id="first-password">([^<]+)<', done)
        assert password is not None
        assert enter("S0001", password=password[1]).session.must_change


@pytest.mark.kj("KJ-AUTH-14")
class TestConfirmedByPassword:
    @pytest.mark.parametrize("password", ["", "chigau-aikotoba-2026"])
    def test_nobody_is_registered_without_the_password_and_nothing_typed_is_lost(
        self, world: World, client: Client, password: str
    ) -> None:
        answer = client.post("/kanri/shokuin/toroku/kanryo/", new_staff(password=password))

        assert answer.status_code == 422
        assert [error["field"] for error in answer.context["errors"]] == ["f-password"]
        text = answer.content.decode()
        assert 'name="shimei" value="試験太郎"' in text
        assert 'name="kojin_bango" value="shikaku"' in text
        assert "chigau" not in text
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO))] == ["M0001"]

    def test_nothing_is_changed_without_the_password(self, client: Client) -> None:
        a_staff("S0001", shimei="試験次郎")
        typed = new_staff(shimei="試験三郎", first_password="1", password="chigau-aikotoba-2026")

        answer = client.post(f"/kanri/shokuin/{row_of('S0001')}/henko/kanryo/", typed)

        assert answer.status_code == 422
        assert [error["field"] for error in answer.context["errors"]] == ["f-password"]
        assert 'name="first_password" value="1"' in answer.content.decode()
        assert enter("S0001").key
        assert {row.shimei for row in list_shokuin(by=clerk(KENPO))} == {"見本花子", "試験次郎"}

    def test_a_confirmation_opens_one_change(self, world: World, client: Client) -> None:
        a_staff("S0001")
        url = f"/kanri/shokuin/{row_of('S0001')}/henko/kanryo/"
        former = client.cookies[settings.SESSION_COOKIE_NAME].value

        assert client.post(url, new_staff(password=PASSWORD)).status_code == 200

        assert client.cookies[settings.SESSION_COOKIE_NAME].value != former
        assert client.post(url, new_staff()).status_code == 422
        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM shokuin_session WHERE step_up_at IS NOT NULL").fetchone() == (0,)
            assert admin.execute("SELECT count(*) FROM sosa_log_event WHERE kind = 'step_up'").fetchone() == (1,)

    def test_wrong_passwords_are_counted_as_at_sign_in(self, client: Client) -> None:
        for _ in range(6):
            client.post("/kanri/shokuin/toroku/kanryo/", new_staff(password="chigau-aikotoba-2026"))

        answer = client.post("/kanri/shokuin/toroku/kanryo/", new_staff(password=PASSWORD))

        assert answer["Location"].startswith("/login/")
        assert [row.shokuin_id for row in list_shokuin(by=clerk(KENPO))] == ["M0001"]

    def test_what_cannot_be_stored_is_said_before_the_password_is_asked_for(self, world: World, client: Client) -> None:
        answer = client.post("/kanri/shokuin/toroku/kanryo/", new_staff(shokuin_id="M0001", password=PASSWORD))

        assert [error["field"] for error in answer.context["errors"]] == ["f-shokuin_id"]
        with world.admin() as admin:
            assert admin.execute("SELECT count(*) FROM sosa_log_event WHERE kind = 'step_up'").fetchone() == (0,)
