from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from chukan.controls.kengen.domain import BY_ID, BY_URL_NAME, SCREENS, Screen
from chukan.controls.kengen.queries import possible_rights_of
from chukan.kernel import clock
from tests.support.principals import KENPO
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import HOKENSHA, World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
OPEN_TO_ALL = {"shokuin:login"}
# Pages on the way in look at the method before they look at who has given a password.
HALF_WAY = {"seitai:login", "seitai:login_kakunin", "seitai:login_toroku", "seitai:login_toroku_kanryo"}
VALUES = {"uuid": UUID(int=7), "int": 1, "str": "x", "path": "x", "slug": "x"}


def routes() -> Iterator[tuple[str, URLPattern, str]]:
    """Every route of the site: its full name, the pattern, an address that matches it."""

    def walk(
        patterns: list[URLPattern | URLResolver], names: str, prefix: str
    ) -> Iterator[tuple[str, URLPattern, str]]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                inner = f"{names}{pattern.namespace}:" if pattern.namespace else names
                yield from walk(pattern.url_patterns, inner, route)
            else:
                yield f"{names}{pattern.name}", pattern, route

    for name, pattern, route in walk(get_resolver().url_patterns, "", ""):
        address = route
        for converter, value in VALUES.items():
            for parameter in pattern.pattern.converters:
                address = address.replace(f"<{converter}:{parameter}>", str(value))
        yield name, pattern, "/" + address


def screen_of(name: str, pattern: URLPattern) -> Screen | None:
    named = getattr(pattern.callback, "screen_id", None)
    return BY_ID[named] if named else BY_URL_NAME.get(name)


PAGES = [
    (name, pattern, address)
    for name, pattern, address in routes()
    if not address.startswith(("/api/", "/health/", "/.well-known/"))
]
API = [address for _, _, address in routes() if address.startswith("/api/")]


class TestEveryRoute:
    @pytest.mark.kj("KJ-AUTH-03")
    def test_is_closed_before_sign_in(self, world: World) -> None:
        client, wrong = Client(), []
        for name, _, address in PAGES:
            for method in ("get", "post", "put", "patch", "delete"):
                answer = getattr(client, method)(address)
                kept_out = answer.status_code == 302 and answer["Location"].startswith("/login/")
                kept_out |= answer.status_code == 405 and name in HALF_WAY
                if not kept_out and name not in OPEN_TO_ALL:
                    wrong.append((method, address, answer.status_code))
        wrong += [
            (method, address, "api")
            for address in API
            for method in ("get", "post")
            if getattr(client, method)(address).status_code not in {401, 405}
        ]
        assert wrong == []
        assert len(PAGES) > 15

    def test_is_a_screen_or_says_who_may_open_it(self) -> None:
        undeclared = [
            name
            for name, pattern, _ in PAGES
            if screen_of(name, pattern) is None and getattr(pattern.callback, "chukan_access", None) is None
        ]
        assert undeclared == []

    def test_of_the_menu_has_an_address(self) -> None:
        assert [screen.id for screen in SCREENS if screen.menu_group is not None and not _address(screen)] == []

    @pytest.mark.kj("KJ-MENU-02")
    @pytest.mark.parametrize(
        "rights",
        [
            frozenset({("shikaku", "shokai")}),
            frozenset({("shikaku", "koshin")}),
            frozenset({("kanri", "shokai")}),
            frozenset({("kanri", "koshin"), ("kanri", "shokai")}),
            frozenset({("joho_renkei", "shokai")}),
        ],
        ids=["shikaku_shokai", "shikaku_koshin", "kanri_shokai", "kanri_koshin", "joho_renkei"],
    )
    def test_outside_the_own_rights_is_refused(self, world: World, rights: frozenset[tuple[str, str]]) -> None:
        a_staff(kengen=rights, kojin_bango=frozenset({"shikaku"} & {jimu for jimu, _ in rights}))
        client, wrong = browser(), []
        for name, pattern, address in PAGES:
            screen = screen_of(name, pattern)
            if screen is None:
                continue
            mine = "hokensha" in screen.soshiki and (screen.jimu is None or (screen.jimu, screen.action) in rights)
            for method in ("get", "post"):
                status = getattr(client, method)(address).status_code
                if (status == 403) == mine:
                    wrong.append((method, address, status))
        assert wrong == []

    @pytest.mark.kj("KJ-MENU-02", "KJ-MENU-05")
    @pytest.mark.parametrize("soshiki", ["shiharai_kikin", "kokuho_chuokai", "unyo_hoshu"])
    def test_of_an_insurer_is_refused_to_every_operator(self, world: World, soshiki: str) -> None:
        an_operator("K0001", soshiki)
        client, wrong = browser("K0001", hokensha=""), []
        opened = set()
        for name, pattern, address in PAGES:
            screen = screen_of(name, pattern)
            if screen is None:
                continue
            for method in ("get", "post"):
                status = getattr(client, method)(address).status_code
                if soshiki not in screen.soshiki and status != 403:
                    wrong.append((method, address, status))
                if status == 200:
                    opened.add(screen)
        assert wrong == []
        if soshiki == "kokuho_chuokai":
            assert {screen.file for screen in opened} <= {"shikaku"}

    @pytest.mark.kj("KJ-MENU-04")
    @pytest.mark.parametrize("code,shubetsu", [(row[0], row[2]) for row in HOKENSHA])
    def test_is_open_to_the_types_that_have_a_terminal(self, world: World, code: str, shubetsu: str) -> None:
        everything = possible_rights_of(soshiki="hokensha", hokensha_shubetsu=shubetsu, on=clock.today_jst())
        a_staff(hokensha=code, kengen=everything)
        client = browser(hokensha=code)

        answer = client.get("/kanri/shokuin/")

        if shubetsu == "shichoson_kokuho":
            assert answer.status_code == 403
            assert "市町村国民健康保険は「統合専用端末の利用」をこの方法では行えません" in answer.content.decode()
            assert ("shikaku", "shokai") not in everything
        else:
            assert answer.status_code == 200


def _address(screen: Screen) -> str:
    try:
        return reverse(screen.url_name)
    except Exception:  # noqa: BLE001  # a missing route is what the test looks for
        return ""


class TestRefusal:
    def test_is_a_full_page_and_one_event(self, world: World) -> None:
        a_staff(kengen=frozenset({("shikaku", "shokai")}))
        client = browser()

        answer = client.get("/kanri/shokuin/")

        assert answer.status_code == 403
        assert "この操作の権限がありません" in answer.content.decode()
        with world.admin() as admin:
            events = admin.execute(
                "SELECT actor_id, screen_id, jimu, result, hokensha_code FROM sosa_log_event WHERE kind = 'refused'"
            ).fetchall()
        assert events == [("S0001", "KR-101", "kanri", "refused", KENPO)]

    def test_by_an_action_is_one_event_too(self, world: World) -> None:
        a_staff(kengen=frozenset({("kanri", "shokai"), ("kanri", "koshin")}))
        client = browser()
        with world.admin() as admin:
            row = admin.execute("SELECT id FROM shokuin_shokuin").fetchone()
        assert row is not None

        answer = client.get(f"/kanri/shokuin/{row[0]}/henko/")

        assert answer.status_code == 403
        with world.admin() as admin:
            assert admin.execute("SELECT screen_id FROM sosa_log_event WHERE kind = 'refused'").fetchall() == [
                ("KR-102",)
            ]

    def test_takes_effect_at_the_next_request_after_a_right_ends(self, world: World) -> None:
        a_staff(kengen=frozenset({("kanri", "shokai")}))
        client = browser()
        assert client.get("/kanri/shokuin/").status_code == 200
        with world.admin() as admin:
            admin.execute("UPDATE kengen_fuyo SET ended_at = now()")
        assert client.get("/kanri/shokuin/").status_code == 403


def menu_of(context: Any) -> set[str]:  # Django has two shapes of it
    return {item[0] for _, items in context["menu"] for item in items}


class TestMenu:
    @pytest.mark.kj("KJ-MENU-01", "KJ-AUTH-13")
    @pytest.mark.parametrize(
        "rights,ids",
        [
            ({("kanri", "shokai")}, {"HM-001", "KR-101", "KR-201"}),
            (
                {("kanri", "shokai"), ("shikaku", "shokai")},
                {"HM-001", "HS-101", "HS-303", "HS-501", "KR-101", "KR-201"},
            ),
            (
                {("kanri", "shokai"), ("shikaku", "koshin")},
                {"HM-001", "HS-201", "HS-301", "KR-101", "KR-201"},
            ),
        ],
    )
    def test_shows_what_the_rights_open_and_nothing_else(
        self, world: World, rights: set[tuple[str, str]], ids: set[str]
    ) -> None:
        a_staff(kengen=frozenset(rights))
        answer = browser().get("/kanri/shokuin/")

        assert menu_of(answer.context) == {screen_id for screen_id in ids if _address(BY_ID[screen_id])}
        text = answer.content.decode()
        hidden = {screen.id for screen in SCREENS if screen.menu_group is not None} - ids
        assert not any(f"<span>{screen_id}</span>" in text for screen_id in hidden)

    def test_start_leads_to_its_first_screen(self, world: World) -> None:
        a_staff(kengen=frozenset({("kanri", "shokai")}))
        first = browser().get("/")
        assert first.status_code == 302
        assert first["Location"] == (_address(BY_ID["HM-001"]) or "/kanri/shokuin/")

    def test_start_refuses_a_person_without_rights(self, world: World) -> None:
        a_staff(kengen=frozenset())
        answer = browser().get("/")
        assert answer.status_code == 403
        assert "使える画面がありません" in answer.content.decode()

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "head"])
    def test_start_is_only_looked_at(self, world: World, method: str) -> None:
        client = browser(a_staff())
        answer = getattr(client, method)("/")
        assert (answer.status_code, answer["Allow"]) == (405, "GET")


@pytest.mark.kj("KJ-LOG-18", "KJ-ZONE-06")
def test_asking_for_what_is_not_there_is_on_record(world: World) -> None:
    client = browser(a_staff())
    address = "/shikaku/kanyusha/00000000-0000-4000-8000-000000000007/"

    assert client.get(address).status_code == 404

    with world.admin() as admin:
        statement = "SELECT result, screen_id, actor_id, convert_from(body, 'UTF8') FROM sosa_log_event"
        rows = admin.execute(f"{statement} WHERE result = 'not_found'").fetchall()
    assert [row[:3] for row in rows] == [("not_found", "HS-102", "S0001")]
    assert "kanyusha_nashi" in rows[0][3]
    assert "000000000007" not in rows[0][3]
