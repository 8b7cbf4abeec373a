"""The door of Public Medical Hub, literally as the contract has it; and that nobody else comes through it."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.kernel import clock
from pmh.domain.pmh_id import is_pmh_id
from tests.support.machines import Machine, new_machine
from tests.support.members import asked, bango, joined
from tests.support.pmh import a_pmh
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db(transaction=True)

ONE = "/api/v1/pmh/pmh-id"
MANY = "/api/v1/pmh/pmh-id/ikkatsu"
PERSONAL = ("shimei", "shimei_kenmen", "jusho", "seinengappi", "seibetsu1", "himozuke_bango", "pmh_id", "hokensha_code")


@pytest.fixture
def pmh(world: World) -> Machine:
    return a_pmh(world)


def register(*serials: int, by: Any = None) -> None:
    for serial in serials:
        joined(serial, by=by or clerk(), now=clock.now())


def body(answer: HttpResponse) -> dict[str, Any]:
    return dict(json.loads(answer.content))


def irai(world: World) -> list[tuple[Any, ...]]:
    return asked(world, "SELECT jimu_kubun, hoho, result_code FROM pmh_irai ORDER BY answered_at")


class TestOne:
    @pytest.mark.kj("KJ-EXT-06", "KJ-EXT-07", "KJ-PMH-07")
    @pytest.mark.parametrize("jimu", ["01", "02", "03"])
    def test_exactly_two_keys_come_back(self, pmh: Machine, jimu: str) -> None:
        register(1)

        answer = pmh.post(ONE, {"jimu_kubun": jimu, "kojin_bango": bango(1)})

        assert answer.status_code == 200
        assert set(body(answer)) == {"kojin_bango", "pmh_id"}
        assert body(answer)["kojin_bango"] == bango(1)
        assert is_pmh_id(body(answer)["pmh_id"])
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.kj("KJ-PMH-02")
    def test_the_same_again_gives_the_same_bytes(self, pmh: Machine) -> None:
        register(1)
        first = pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": bango(1)})
        again = pmh.post(ONE, {"jimu_kubun": "03", "kojin_bango": bango(1)}, key="ignored")

        assert again.content == first.content
        assert "Idempotency-Replayed" not in again.headers

    @pytest.mark.kj("KJ-PMH-01", "KJ-PMH-09", "KJ-IN-11")
    def test_an_unknown_number_is_404_without_the_number_and_one_row_of_the_log(
        self, world: World, pmh: Machine
    ) -> None:
        answer = pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": bango(9)})

        assert answer.status_code == 404
        assert body(answer)["code"] == "kanyusha_nashi"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert bango(9).encode() not in answer.content
        assert asked(world, "SELECT count(*) FROM pmh_hakko_rireki") == [(0,)]
        log = asked(world, "SELECT kind, result, targets FROM sosa_log_event WHERE channel = 'pmh'")
        assert log == [("pmh_id_haraidashi", "not_found", [])]
        assert irai(world) == [("01", "ikken", "ok")]

    def test_a_wrong_check_digit_is_nobodys_number(self, pmh: Machine) -> None:
        wrong = bango(1)[:-1] + str((int(bango(1)[-1]) + 1) % 10)

        assert pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": wrong}).status_code == 404

    @pytest.mark.kj("KJ-IN-10")
    @pytest.mark.parametrize("key", PERSONAL)
    def test_any_further_key_is_refused_and_nothing_is_issued(self, world: World, pmh: Machine, key: str) -> None:
        register(1)

        answer = pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": bango(1), key: "見本　花子"})

        assert answer.status_code == 400
        assert body(answer)["code"] == "unknown_field"
        assert [item["pointer"] for item in body(answer)["errors"]] == [f"/{key}"]
        assert "見本" not in answer.content.decode()
        assert asked(world, "SELECT count(*) FROM pmh_hakko_rireki") == [(0,)]
        assert irai(world) == [("", "ikken", "unknown_field")]

    @pytest.mark.kj("KJ-PMH-07")
    @pytest.mark.parametrize("jimu", ["00", "04", "", None, 1, ["01"]])
    def test_another_jimu_is_refused(self, pmh: Machine, jimu: object) -> None:
        register(1)
        answer = pmh.post(ONE, {"jimu_kubun": jimu, "kojin_bango": bango(1)})

        assert (answer.status_code, body(answer)["code"]) == (400, "jimu_kubun_fusei")

    @pytest.mark.kj("KJ-IN-10")
    @pytest.mark.parametrize("value", [None, 1, "", "見本花子", "12345678901", [], {}, "１" * 12])
    def test_what_is_no_number_is_refused_and_not_given_back(self, pmh: Machine, value: object) -> None:
        answer = pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": value})

        assert (answer.status_code, body(answer)["code"]) == (400, "kojin_bango_fusei")
        assert "見本" not in answer.content.decode()

    @pytest.mark.kj("KJ-PMH-08")
    def test_a_jimu_without_confirmed_entrustment_is_403_and_on_record(self, world: World) -> None:
        register(1)
        pmh = a_pmh(world, jimu=("01",))
        overdue = a_pmh(world, jimu=("02",), minaoshi=date(2026, 2, 1))

        for caller, jimu in ((pmh, "02"), (overdue, "02"), (overdue, "01")):
            answer = caller.post(ONE, {"jimu_kubun": jimu, "kojin_bango": bango(1)})
            assert (answer.status_code, body(answer)["code"]) == (403, "itaku_kakunin_nashi")
        assert pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": bango(1)}).status_code == 200
        assert [row[2] for row in irai(world)] == ["itaku_kakunin_nashi"] * 3 + ["ok"]
        log = asked(world, "SELECT result FROM sosa_log_event WHERE channel = 'pmh' ORDER BY id")
        assert [row[0] for row in log] == ["refused"] * 3 + ["ok"]


class TestMany:
    @pytest.mark.kj("KJ-EXT-06", "KJ-EXT-07", "KJ-PMH-01")
    def test_they_come_back_in_their_order_with_two_keys_always(self, world: World, pmh: Machine) -> None:
        register(1, 2)
        register(3, by=clerk(OTHER_KENPO))
        numbers = [bango(serial) for serial in (3, 9, 1, 2, 1, 8)]

        answer = pmh.post(MANY, {"jimu_kubun": "02", "kojin_bango": numbers})

        assert answer.status_code == 200
        assert set(body(answer)) == {"kekka"}
        kekka = body(answer)["kekka"]
        assert [one["kojin_bango"] for one in kekka] == numbers
        assert all(set(one) == {"kojin_bango", "pmh_id"} for one in kekka)
        assert [one["pmh_id"] is None for one in kekka] == [False, True, False, False, False, True]
        assert kekka[2] == kekka[4]
        alone = pmh.post(ONE, {"jimu_kubun": "01", "kojin_bango": bango(2)})
        assert body(alone) == kekka[3]
        assert irai(world) == [("02", "ikkatsu", "ok"), ("01", "ikken", "ok")]

    def test_a_thousand_is_the_most(self, pmh: Machine) -> None:
        register(1)
        numbers = [bango(1)] * 1000

        good = pmh.post(MANY, {"jimu_kubun": "01", "kojin_bango": numbers})
        over = pmh.post(MANY, {"jimu_kubun": "01", "kojin_bango": [*numbers, bango(1)]})

        assert (good.status_code, len(body(good)["kekka"])) == (200, 1000)
        assert len({one["pmh_id"] for one in body(good)["kekka"]}) == 1
        assert (over.status_code, body(over)["code"]) == (400, "kensu_okisugi")

    def test_nobody_asked_for_is_an_empty_answer(self, pmh: Machine) -> None:
        assert body(pmh.post(MANY, {"jimu_kubun": "01", "kojin_bango": []})) == {"kekka": []}

    @pytest.mark.kj("KJ-IN-10")
    def test_one_place_that_is_no_number_refuses_all_of_it_and_is_named(self, world: World, pmh: Machine) -> None:
        register(1)

        answer = pmh.post(MANY, {"jimu_kubun": "01", "kojin_bango": [bango(1), "見本　花子"]})

        assert answer.status_code == 400
        assert [item["pointer"] for item in body(answer)["errors"]] == ["/kojin_bango/1"]
        assert asked(world, "SELECT count(*) FROM pmh_hakko_rireki") == [(0,)]


class TestNobodyElse:
    @pytest.mark.kj("KJ-IN-09", "KJ-EXT-08", "KJ-EXT-09", "KJ-AUTH-26")
    @pytest.mark.parametrize("path", [ONE, MANY])
    @pytest.mark.parametrize("kind", ["hokensha", "kokuho_shuyaku", "onshi", "nws"])
    def test_another_kind_of_system_is_refused(self, world: World, kind: str, path: str) -> None:
        register(1)
        codes = {"hokensha": ("06132013",), "kokuho_shuyaku": ("00138057",)}
        caller = new_machine(world, kind=kind, hokensha=codes.get(kind, ()))
        numbers: object = bango(1) if path == ONE else [bango(1)]

        answer = caller.post(path, {"jimu_kubun": "01", "kojin_bango": numbers})

        assert (answer.status_code, body(answer)["code"]) == (403, "setsuzoku_taishogai")
        assert asked(world, "SELECT count(*) FROM pmh_hakko_rireki") == [(0,)]
        assert irai(world) == []

    @pytest.mark.kj("KJ-EXT-08")
    def test_nobody_known_and_nothing_signed_is_refused(self, world: World, pmh: Machine) -> None:
        register(1)
        value = {"jimu_kubun": "01", "kojin_bango": bango(1)}
        stranger = Machine("pmh-000000000000", pmh.keys)
        unsigned = Client().post(ONE, value, content_type="application/json")

        assert stranger.post(ONE, value).status_code == 401
        assert unsigned.status_code == 401
        assert irai(world) == []

    @pytest.mark.kj("KJ-IN-09", "KJ-ZONE-15", "KJ-MENU-05")
    def test_no_human_role_comes_in(self, world: World) -> None:
        register(1)
        with as_role(world, "kanri"):
            staff = a_staff(
                "S0001",
                hokensha="06132013",
                kengen=frozenset({(jimu, verb) for jimu in ("shikaku", "kanri") for verb in ("shokai", "koshin")}),
                kojin_bango=frozenset({"shikaku"}),
            )
        people = [browser(staff)]
        for number, soshiki in enumerate((SHIHARAI_KIKIN, KOKUHO_CHUOKAI, UNYO_HOSHU)):
            people.append(browser(an_operator(f"K000{number}", soshiki=soshiki), hokensha=""))
        for person in people:
            for path in (ONE, MANY):
                answer = person.post(
                    path, {"jimu_kubun": "01", "kojin_bango": bango(1)}, content_type="application/json"
                )
                assert answer.status_code in (401, 403)
        assert asked(world, "SELECT count(*) FROM pmh_hakko_rireki") == [(0,)]

    @pytest.mark.kj("KJ-ZONE-15", "KJ-AUTH-26")
    @pytest.mark.parametrize(
        "path", ["/api/v1/itaku/kanyusha", "/api/v1/shikaku/rireki/kensaku", "/api/v1/onshi/shori-kekka"]
    )
    def test_pmh_itself_has_no_other_door(self, pmh: Machine, path: str) -> None:
        answer = pmh.post(path, {"kojin_bango": bango(1)}, key="k")

        assert (answer.status_code, body(answer)["code"]) == (403, "setsuzoku_taishogai")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_there_is_one_way_to_call_it(self, pmh: Machine, method: str) -> None:
        answer = pmh.send(method, ONE, b"", pmh.headers(method, ONE, b""))

        assert answer.status_code == 405
