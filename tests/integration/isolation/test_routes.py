"""Every route asked for another insurer's row: the answer is the one for a row that never was."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.builders.lines import kojin_bango
from tests.builders.routes import NOBODY, Route, routes, seen, values_of, values_of_nobody
from tests.builders.two_insurers import Insurer, seed_two
from tests.support.staff import PASSWORD, an_operator, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)

# Open to everybody, or answering anybody without showing anything: interfaces §1 and the pages of signing in.
OPEN = ("login/", "logout/", "lock/", "unlock/", "session/", "password/", "health/", ".well-known/")
# Pages of operators' staff: no insurer gets as far as to whose row it is.
OPERATORS = ("seitai/", "unyo/")


def page_routes() -> list[Route]:
    return [route for route in routes() if route.kinds and not route.pattern.startswith("api/")]


@pytest.fixture
def two(world: World) -> tuple[Insurer, Insurer]:
    return seed_two(world)


class TestAnotherInsurersRow:
    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_on_every_page_it_is_as_if_it_never_was(self, two: tuple[Insurer, Insurer]) -> None:
        theirs, mine = two
        wrong, asked = [], 0
        for route in page_routes():
            for method in ("get", "post"):
                real = seen(ask(mine.browser, method, route.path(values_of(route, theirs))))
                none = seen(ask(mine.browser, method, route.path(values_of_nobody())))
                asked += 1
                shown = [kojin_bango(1000), kojin_bango(1050), "花1000", "花1001", "記1000"]
                gone = {404, 405} if method == "get" else {404, 405, 422, 303}  # what is asked is looked at first
                if route.pattern.startswith(OPERATORS):
                    gone = {403}
                if real != none or real[0] not in gone or any(text in real[1] for text in shown):
                    wrong.append((method, route.pattern, real[0], none[0]))
        print(f"pages × verbs asked for another insurer's row: {asked}")
        assert wrong == []
        assert asked >= 50

    def test_the_owner_opens_them(self, two: tuple[Insurer, Insurer]) -> None:
        theirs, _ = two
        opened = {
            route.pattern
            for route in page_routes()
            if ask(theirs.browser, "get", route.path(values_of(route, theirs))).status_code == 200
        }
        assert {
            "shikaku/kanyusha/<uuid:row_id>/",
            "shikaku/kanyusha/<uuid:row_id>/rireki/",
            "shikaku/kanyusha/<uuid:row_id>/shusei/",
            "shikaku/kanyusha/<uuid:row_id>/soshitsu/",
            "shikaku/kanyusha/<uuid:row_id>/torikeshi/",
            "shikaku/toroku-files/<uuid:row_id>/",
            "shikaku/toroku-files/<uuid:row_id>/kekka/",
            "shikaku/toroku-files/<uuid:row_id>/error/<int:meisai_no>/",
            "shikaku/toroku/<uuid:slip>/",
        } <= opened

    @pytest.mark.kj("KJ-ZONE-01")
    def test_a_full_request_for_another_insurers_number_finds_nobody(self, two: tuple[Insurer, Insurer]) -> None:
        theirs, mine = two
        asked = {"riyu": "shinsei_kakunin", "password": PASSWORD}
        paths = (f"/shikaku/kanyusha/{row_id}/kojin-bango/" for row_id in (theirs.row_id, NOBODY))
        real, none = (mine.browser.post(path, asked) for path in paths)
        own = mine.browser.post(f"/shikaku/kanyusha/{mine.row_id}/kojin-bango/", asked)

        assert real.status_code == 404
        assert seen(real) == seen(none)
        assert own.status_code == 200
        assert kojin_bango(2050)[:4] in own.content.decode()

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-06")
    def test_over_rest_it_is_as_if_it_never_was(self, two: tuple[Insurer, Insurer]) -> None:
        theirs, mine = two
        for tail in ("", "/kekka"):
            real = mine.machine.get(f"/api/v1/uketsuke/{theirs.file.bango}{tail}")
            none = mine.machine.get(f"/api/v1/uketsuke/20261120-ZZZZZZZZZZ{tail}")
            assert real.status_code == 404
            assert seen(real) == seen(none)
        questions = ({"kojin_bango": kojin_bango(1001)}, {"kojin_bango": kojin_bango(77)})
        known_to_them, known_to_nobody = (mine.machine.post("/api/v1/shikaku/rireki/kensaku", q) for q in questions)
        assert known_to_them.status_code == 404
        assert seen(known_to_them) == seen(known_to_nobody)
        assert theirs.machine.post("/api/v1/shikaku/rireki/kensaku", questions[0]).status_code == 200

    def test_lists_show_nothing_of_the_other(self, two: tuple[Insurer, Insurer]) -> None:
        theirs, mine = two
        for path in ("/home/", "/shikaku/toroku-files/", "/shikaku/kensaku/", "/kanri/shokuin/", "/kanri/sosa-rireki/"):
            own, other = ask(mine.browser, "get", path), ask(theirs.browser, "get", path)
            assert own.status_code == other.status_code == 200, path
            for text in (theirs.file.bango, theirs.code, "S1000", str(theirs.row_id)):
                assert text not in own.content.decode(), (path, text)


class TestNobody:
    @pytest.mark.kj("KJ-ZONE-05")
    def test_without_signing_in_every_route_asks_who_you_are(self, two: tuple[Insurer, Insurer]) -> None:
        theirs, _ = two
        wrong, asked = [], 0
        for route in routes():
            if route.pattern.startswith(OPEN):
                continue
            for method in ("get", "post", "put", "patch", "delete"):
                answer = ask(Client(), method, route.path(values_of(route, theirs)))
                asked += 1
                api = route.pattern.startswith("api/")
                fine = answer.status_code == 401 if api else str(answer.get("Location", "")).startswith("/login/")
                if not fine:
                    wrong.append((method, route.pattern, answer.status_code))
        print(f"routes × verbs asked by nobody: {asked}")
        assert wrong == []
        assert asked >= 200


class TestOperator:
    @pytest.mark.kj("KJ-IN-01", "KJ-IN-05")
    @pytest.mark.parametrize("soshiki", ["shiharai_kikin", "kokuho_chuokai", "unyo_hoshu"])
    def test_no_operator_has_a_door_to_a_member(self, world: World, two: tuple[Insurer, Insurer], soshiki: str) -> None:
        theirs, _ = two
        with as_role(world, "kanri"):
            staff = an_operator("K0001", soshiki)
        client = browser(staff, hokensha="")
        wrong, asked = [], 0
        for route in routes():
            if not route.pattern.startswith(("shikaku/", "home/", "api/v1/")):
                continue
            for method in ("get", "post", "put", "patch", "delete"):
                answer = ask(client, method, route.path(values_of(route, theirs)))
                asked += 1
                refused = {401} if route.pattern.startswith("api/") else {403}
                if answer.status_code not in refused:
                    wrong.append((method, route.pattern, answer.status_code))
        print(f"{soshiki}: routes × verbs refused: {asked}")
        assert wrong == []
        assert asked >= 150


def ask(client: Client, method: str, path: str) -> HttpResponse:
    answer: HttpResponse = getattr(client, method)(path)
    return answer
