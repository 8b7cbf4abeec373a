"""What the published contract says of the registration doors, word by word."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse

from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.http import server_api_views
from tests.builders.lines import NOT_YET, file_text, known, kojin_bango, message
from tests.support.machines import Machine, new_machine
from tests.support.principals import OTHER_KENPO, SHICHOSON, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
REGISTER, RECEIVE, ASK = "/api/v1/itaku/kanyusha", "/api/v1/uketsuke", "/api/v1/shikaku/rireki/kensaku"
KEKKA_HEADER = (
    "受付番号,受付明細番号,行番号,処理結果区分,処理結果明細コード,処理結果詳細コード,メッセージ,被保険者枝番,資格通番"
)


@pytest.fixture
def machine(world: World) -> Machine:
    return new_machine(world)


def register(machine: Machine, body: dict[str, Any], key: str, **headers: str) -> HttpResponse:
    raw = json.dumps(body).encode()
    given = {"Content-Type": "application/json", "Idempotency-Key": key, **headers}
    return machine.send("POST", REGISTER, raw, machine.headers("POST", REGISTER, raw, given=given))


def send_file(machine: Machine, content: bytes, key: str, **fields: str) -> HttpResponse:
    edge = "edge-of-parts"
    parts = b"".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {"shubetsu": "kanyusha", **fields}.items()
    )
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
    )
    raw = parts + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    given = {"Content-Type": f"multipart/form-data; boundary={edge}", "Idempotency-Key": key}
    return machine.send("POST", RECEIVE, raw, machine.headers("POST", RECEIVE, raw, given=given))


def body_of(response: HttpResponse) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(response.content)
    return value


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """Return the body of an error after holding its shape against RFC 9457 and the contract."""
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    assert response["Cache-Control"] == "no-store"
    value = body_of(response)
    assert {"type", "title", "status", "detail", "code"} <= set(value)
    assert (value["status"], value["code"]) == (status, code)
    for item in value.get("errors", []):
        assert set(item) == {"pointer", "code", "message"}
    return value


def codes(value: dict[str, Any]) -> list[str]:
    return [item["code"] for item in value["errors"]]


def work_off(world: World, bango: str, by: Principal) -> None:
    with world.admin() as admin:
        row = admin.execute("SELECT id FROM uketsuke_uketsuke WHERE uketsuke_bango = %s", [bango]).fetchone()
    assert row is not None
    with as_role(world, "worker"):
        process_toroku_file(by=by, uketsuke_id=row[0], now=clock.now)


def count(world: World, table: str) -> int:
    with world.admin() as admin:
        row = admin.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


class TestRegister:
    @pytest.mark.kj("KJ-SHI-01", "KJ-IN-06")
    def test_the_answer_has_these_keys_and_no_others(self, machine: Machine) -> None:
        answer = register(machine, message(1), "a")

        assert answer.status_code == 201
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Request-ID"]
        value = body_of(answer)
        bango = value.pop("uketsuke_bango")
        assert len(bango) == 19
        assert value == {
            "uketsuke_meisai_bango": "0000001",
            "hihokensha_edaban": "0000000001",
            "shikaku_tsuban": 1,
            "rireki_tsuban": 1,
            "shori_kekka_kubun": "1",
            "keikoku": [],
        }

    def test_03_04_05_answer_200_and_the_same_body(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        changed = register(
            machine, known("03", edaban=1, kihon={"jusho": "見本県1", "jusho_henko_ymd": "2026-05-01"}), "b"
        )
        ended = register(machine, known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), "c")
        withdrawn = register(machine, known("05", edaban=1), "d")

        for answer in (changed, ended, withdrawn):
            assert answer.status_code == 200, answer.content
            assert set(body_of(answer)) == {
                "uketsuke_bango", "uketsuke_meisai_bango", "hihokensha_edaban", "shikaku_tsuban", "rireki_tsuban",
                "shori_kekka_kubun", "keikoku",
            }  # fmt: skip
        assert [body_of(answer)["rireki_tsuban"] for answer in (changed, ended, withdrawn)] == [2, 3, 4]

    @pytest.mark.kj("KJ-SHI-02")
    def test_01_of_somebody_who_left_is_a_return_with_a_warning(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        register(machine, known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-08-01"}), "b")
        back = register(machine, message(1, shikaku={"shikaku_shutoku_ymd": "2026-10-01"}), "c")

        assert back.status_code == 201
        value = body_of(back)
        assert (value["hihokensha_edaban"], value["shikaku_tsuban"]) == ("0000000001", 2)
        assert value["shori_kekka_kubun"] == "2"
        assert [(item["code"], set(item)) for item in value["keikoku"]] == [("W101", {"code", "pointer", "message"})]

    @pytest.mark.kj("KJ-SHI-01")
    def test_a_sent_edaban_with_01_is_refused(self, machine: Machine) -> None:
        refused = problem(register(machine, message(1, hihokensha_edaban="0000000009"), "a"), 422, "kisoku_ihan")

        assert codes(refused) == ["E209"]

    @pytest.mark.kj("KJ-IN-08")
    def test_every_violation_is_listed_in_order_and_nothing_is_kept(self, world: World, machine: Machine) -> None:
        wrong = message(
            1,
            hokensha=OTHER_KENPO,
            kojin_bango="123456789012",
            kihon={"seibetsu1": "8", "jusho": "電話なし 123456789018"},
            shikaku={"shikaku_shutoku_ymd": NOT_YET, "shikaku_soshitsu_ymd": "2026-12-01"},
        )
        refused = problem(register(machine, wrong, "a"), 422, "kisoku_ihan")

        found = codes(refused)
        assert found == sorted(found)
        assert {"E204", "E205", "E206", "E210", "E215"} <= set(found)
        assert "123456789012" not in json.dumps(refused)
        assert "123456789018" not in json.dumps(refused)
        for table in ("uketsuke_uketsuke", "shikaku_rireki", "shikaku_itaku_kukaku_kanyusha", "shikaku_onshi_soshin"):
            assert count(world, table) == 0

    @pytest.mark.kj("KJ-IN-04")
    @pytest.mark.parametrize(
        "where", [{"namae": "x"}, {"kihon": {"namae": "x"}}, {"shikaku": {"namae": "x"}}, {"sho": [{"namae": "x"}]}]
    )
    def test_an_unknown_key_refuses_the_whole_message(
        self, world: World, machine: Machine, where: dict[str, Any]
    ) -> None:
        refused = problem(register(machine, message(1, **where), "a"), 400, "unknown_field")

        assert "namae" in json.dumps(refused)
        assert count(world, "shikaku_itaku_kukaku_kanyusha") == 0

    @pytest.mark.parametrize("body", [{}, {"kihon": {"seibetsu1": 1}}, {"shori_shubetsu_code": None}])
    def test_what_is_always_required_is_told_with_everything_else(self, machine: Machine, body: dict[str, Any]) -> None:
        refused = problem(register(machine, body, "a"), 422, "kisoku_ihan")

        found = {(item["code"], item["pointer"]) for item in refused["errors"]}
        assert {("E208", "/shori_shubetsu_code"), ("E208", "/hokensha_code")} <= found
        assert ("E207", "/kihon/seibetsu1") in found or not body.get("kihon")

    def test_no_key_is_400_and_kept_nowhere(self, world: World, machine: Machine) -> None:
        problem(machine.post(REGISTER, message(1)), 400, "idempotency_key_nashi")
        assert count(world, "setsuzoku_idempotency") == 0

    def test_the_same_key_gives_the_first_answer_byte_for_byte(self, world: World, machine: Machine) -> None:
        first, again = (register(machine, message(1), "a") for _ in range(2))

        assert again.content == first.content
        assert again.status_code == first.status_code
        assert again["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first
        assert count(world, "shikaku_rireki") == 1

    def test_a_refusal_is_kept_too(self, machine: Machine) -> None:
        first, again = (register(machine, message(1, kojin_bango="1"), "a") for _ in range(2))

        assert first.status_code == again.status_code == 422
        assert again.content == first.content
        assert again["Idempotency-Replayed"] == "true"

    def test_the_same_key_with_something_else_is_422(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        problem(register(machine, message(2), "a"), 422, "idempotency_mismatch")

    def test_a_version_that_is_no_more_is_409(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        change = known("03", edaban=1, kihon={"jusho": "見本県1", "jusho_henko_ymd": "2026-05-01"})
        later = known("03", edaban=1, kihon={"jusho": "見本県2", "jusho_henko_ymd": "2026-06-01"})

        assert register(machine, change, "b", **{"If-Match": '"1"'}).status_code == 200
        problem(register(machine, later, "c", **{"If-Match": '"1"'}), 409, "kyogo")
        assert register(machine, later, "d", **{"If-Match": '"2"'}).status_code == 200

    @pytest.mark.parametrize("version", ['"' + "9" * 5000 + '"', "1", '""1""', '"1', '"１"', 'W/"1"', "*"])
    def test_a_version_that_is_none_is_400(self, machine: Machine, version: str) -> None:
        register(machine, message(1), "a")
        change = known("03", edaban=1, kihon={"jusho": "見本県1", "jusho_henko_ymd": "2026-05-01"})

        problem(register(machine, change, "b", **{"If-Match": version}), 400, "if_match_fusei")

    def test_the_first_answer_is_given_again_whatever_version_the_repeat_names(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        change = known("03", edaban=1, kihon={"jusho": "見本県1", "jusho_henko_ymd": "2026-05-01"})
        first = register(machine, change, "b", **{"If-Match": '"7"'})
        again = register(machine, change, "b")

        assert (first.status_code, again.status_code) == (409, 409)
        assert again.content == first.content

    def test_a_version_of_a_person_without_a_period_that_is_no_more_is_409(self, machine: Machine) -> None:
        yotei = message(1, kihon={"kanyusha_kubun_code": "02"}, shikaku=None)
        register(machine, {key: value for key, value in yotei.items() if key != "shikaku"}, "a")
        changes = [
            known("03", edaban=1, kihon={"jusho": f"見本県{n}", "jusho_henko_ymd": f"2026-0{n}-01"}) for n in (5, 6)
        ]

        assert register(machine, changes[0], "b", **{"If-Match": '"1"'}).status_code == 200
        problem(register(machine, changes[1], "c", **{"If-Match": '"1"'}), 409, "kyogo")
        assert register(machine, changes[1], "d", **{"If-Match": '"2"'}).status_code == 200

    def test_an_open_end_is_null(self, machine: Machine) -> None:
        register(machine, message(1), "a")

        (item,) = body_of(machine.post(ASK, {"hihokensha_edaban": "0000000001"}))["items"]
        assert item["shikaku"]["shikaku_soshitsu_ymd"] is None

    def test_a_person_without_a_period_has_no_tsuban(self, machine: Machine) -> None:
        yotei = message(1, kihon={"kanyusha_kubun_code": "02"}, shikaku=None)
        answer = register(machine, {key: value for key, value in yotei.items() if key != "shikaku"}, "a")

        assert answer.status_code == 201, answer.content
        assert body_of(answer)["shikaku_tsuban"] is None
        asked = machine.post(ASK, {"hihokensha_edaban": "0000000001"})
        assert (asked.status_code, body_of(asked)["items"]) == (200, [])

    @pytest.mark.kj("KJ-IN-03")
    def test_no_system_of_a_town_is_registered_at_all(self, world: World) -> None:
        with pytest.raises(RuleBroken) as refused:
            new_machine(world, hokensha=(SHICHOSON[0],))
        assert "国保情報集約" in str(refused.value.errors) + refused.value.message

    @pytest.mark.kj("KJ-IN-03", "KJ-IN-23", "KJ-IN-08")
    def test_the_carrying_system_registers_for_the_towns_it_carries_only(self, world: World) -> None:
        carrier = new_machine(world, kind="kokuho_shuyaku", hokensha=SHICHOSON)
        town = message(1, hokensha=SHICHOSON[0], bango="138057")

        assert register(carrier, town, "a").status_code == 201
        foreign = problem(register(carrier, message(2), "b"), 422, "kisoku_ihan")
        assert "E204" in codes(foreign)
        assert carrier.post(ASK, {"hihokensha_edaban": "0000000001"}).status_code == 403


class TestAsk:
    @pytest.mark.kj("KJ-IN-02")
    def test_who_may_not_use_this_way_is_told_so_before_the_question_is_read(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def closed(**_: object) -> None:
            raise NotPermitted("jimu_taishogai", "この方法では行えません。")

        monkeypatch.setattr(server_api_views, "check_channel", closed)
        problem(machine.post(ASK, {}), 403, "jimu_taishogai")

    @pytest.mark.kj("KJ-SHI-09", "KJ-ZONE-06")
    def test_an_item_has_these_keys_and_never_the_number(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        answer = machine.post(ASK, {"kojin_bango": kojin_bango(1)})

        assert answer.status_code == 200
        value = body_of(answer)
        assert set(value) == {"items", "known_at", "saishu_juryo_nichiji"}
        assert value["known_at"].endswith("+09:00")
        assert set(value["items"][0]) == {
            "hokensha_code", "hihokensha_edaban", "shikaku_tsuban", "rireki_tsuban", "shori_shubetsu_code",
            "toroku_nichiji", "kihon", "seigyo", "shikaku", "sho", "korei", "gendogaku", "tokutei_shippei",
        }  # fmt: skip
        for group in ("sho", "korei", "gendogaku", "tokutei_shippei"):
            assert value["items"][0][group] == []
        assert value["items"][0]["seigyo"] == {}
        assert kojin_bango(1).encode() not in answer.content

    @pytest.mark.parametrize(
        ("question", "status", "code"),
        [
            ({}, 400, "kensaku_key"),
            ({"hihokensha_edaban": "0000000001", "kojin_bango": kojin_bango(1)}, 400, "kensaku_key"),
            ({"hihokensha_edaban": "0000000001", "known_at": "2099-01-01T00:00:00+09:00"}, 400, "known_at_mirai"),
            ({"hihokensha_edaban": "0000000001", "namae": "x"}, 400, "unknown_field"),
            ({"hihokensha_edaban": "0000000001", "\ud800": "x"}, 400, "unknown_field"),
            ({"hihokensha_edaban": "0000000001", "known_at": "0001-01-01T00:00:00+09:00"}, 400, "known_at_fusei"),
            ({"hihokensha_edaban": "0000000001", "known_at": "9999-12-31T23:59:59-09:00"}, 400, "known_at_fusei"),
            ({"kojin_bango": "\ud800\0"}, 404, "kanyusha_nashi"),
            ({"hihokensha_edaban": "0000000000"}, 400, "hihokensha_edaban_fusei"),
            ({"hihokensha_edaban": 1}, 400, "hihokensha_edaban_fusei"),
            ({"kojin_bango": int(kojin_bango(1))}, 400, "kojin_bango_fusei"),
            ({"kojin_bango": [kojin_bango(1)]}, 400, "kojin_bango_fusei"),
            ({"hihokensha_edaban": "0000000001", "on": "20260401"}, 400, "on_fusei"),
            ({"hihokensha_edaban": "0000000001", "on": "2026-W14-3"}, 400, "on_fusei"),
            ({"hihokensha_edaban": "0000000001", "on": "2026-02-30"}, 400, "on_fusei"),
            ({"hihokensha_edaban": "0000000001", "on": 20260401}, 400, "on_fusei"),
            ({"hihokensha_edaban": "0000000002"}, 404, "kanyusha_nashi"),
            ({"kojin_bango": kojin_bango(9)}, 404, "kanyusha_nashi"),
            ({"kojin_bango": "123456789012"}, 404, "kanyusha_nashi"),
        ],
    )
    def test_a_wrong_question(self, machine: Machine, question: dict[str, Any], status: int, code: str) -> None:
        register(machine, message(1), "a")
        problem(machine.post(ASK, question), status, code)

    @pytest.mark.kj("KJ-LOG-08")
    @pytest.mark.parametrize(
        "question,status,recorded",
        [
            ({"kojin_bango": kojin_bango(77)}, 404, ("bango_kensaku", "not_found")),
            ({"kojin_bango": "123"}, 404, ("bango_kensaku", "not_found")),
            ({"kojin_bango": kojin_bango(77), "on": "x"}, 400, ("bango_kensaku", "refused")),
            ({"kojin_bango": kojin_bango(77), "hihokensha_edaban": "1"}, 400, ("bango_kensaku", "refused")),
            ({"hihokensha_edaban": "0000000077"}, 404, ("rireki_shokai", "not_found")),
        ],
    )
    def test_a_question_by_number_is_on_record_as_one_whoever_is_found(
        self, world: World, machine: Machine, question: dict[str, Any], status: int, recorded: tuple[str, str]
    ) -> None:
        assert machine.post(ASK, question).status_code == status

        with world.admin() as admin:
            rows = admin.execute("SELECT kind, result, body FROM sosa_log_event ORDER BY id").fetchall()
        assert rows[-1][:2] == recorded
        assert kojin_bango(77).encode() not in bytes(rows[-1][2])

    def test_an_instant_of_any_year_is_told_nine_hours_ahead(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        for known_at, told in (
            ("0001-01-01T00:00:00+00:00", "0001-01-01T09"),
            ("1950-07-01T00:00:00Z", "1950-07-01T09"),
        ):
            answer = machine.post(ASK, {"hihokensha_edaban": "0000000001", "known_at": known_at})

            assert (answer.status_code, body_of(answer)["items"]) == (200, [])
            assert body_of(answer)["known_at"] == f"{told}:00:00.000000+09:00"

    @pytest.mark.kj("KJ-SHI-09")
    def test_a_day_outside_is_an_empty_list_and_the_day_of_loss_is_outside(self, machine: Machine) -> None:
        register(machine, message(1), "a")
        register(machine, known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), "b")
        found = {
            day: len(body_of(machine.post(ASK, {"hihokensha_edaban": "0000000001", "on": day}))["items"])
            for day in ("2026-03-31", "2026-04-01", "2026-09-30", "2026-10-01")
        }
        assert found == {"2026-03-31": 0, "2026-04-01": 1, "2026-09-30": 1, "2026-10-01": 0}


class TestReceive:
    @pytest.mark.kj("KJ-IN-21")
    def test_a_receipt_whose_commit_nobody_heard_of_keeps_its_file(
        self, world: World, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = server_api_views.UketsukeView.answer_once

        def answer_once(view: server_api_views.UketsukeView, **asked: Any) -> HttpResponse:
            real(view, **asked)
            raise OperationalError

        monkeypatch.setattr(server_api_views.UketsukeView, "answer_once", answer_once)
        assert send_file(machine, file_text([message(1)]).encode(), "a").status_code == 500

        monkeypatch.undo()
        again = send_file(machine, file_text([message(1)]).encode(), "a")
        assert (again.status_code, again["Idempotency-Replayed"]) == (202, "true")
        bango = body_of(again)["uketsuke_bango"]
        work_off(world, bango, clerk())
        assert body_of(machine.get(f"{RECEIVE}/{bango}"))["seijo"] == 1

    @pytest.mark.kj("KJ-IN-21")
    def test_from_receipt_to_the_results(self, world: World, machine: Machine) -> None:
        late = message(2, shikaku={"shikaku_shutoku_ymd": NOT_YET})
        text = file_text([message(1), late, message(1, shikaku={"shikaku_shutoku_ymd": "2026-05-01"})])
        answer = send_file(machine, gzip.compress(text.encode()), "a")
        assert answer.status_code == 202, answer.content
        bango = body_of(answer)["uketsuke_bango"]
        assert body_of(answer) == {"uketsuke_bango": bango, "jotai": "uketsuke"}
        problem(machine.get(f"{RECEIVE}/{bango}/kekka"), 409, "shorichu")
        assert body_of(machine.get(f"{RECEIVE}/{bango}"))["jotai"] == "uketsuke"

        work_off(world, bango, clerk())

        status = body_of(machine.get(f"{RECEIVE}/{bango}"))
        assert set(status) == {
            "jotai", "sosu", "shori_zumi", "seijo", "keikoku", "ijo", "kaishi_nichiji", "shuryo_nichiji",
            "yosoku_shuryo_nichiji", "riyu", "teitai_nichiji",
        }  # fmt: skip
        assert [status[key] for key in ("jotai", "sosu", "shori_zumi", "seijo", "keikoku", "ijo")] == [
            "kanryo", 3, 3, 1, 0, 2,
        ]  # fmt: skip
        kekka = machine.get(f"{RECEIVE}/{bango}/kekka")
        assert kekka["Content-Type"] == "text/csv; charset=utf-8"
        raw = b"".join(kekka)
        assert raw.startswith("\ufeff".encode())
        rows = raw.decode("utf-8-sig").split("\r\n")
        assert rows[0] == KEKKA_HEADER
        assert rows[1] == f"{bango},0000001,2,1,,,,0000000001,1"
        assert rows[2].startswith(f"{bango},0000002,3,9,E210,shikaku/shikaku_shutoku_ymd,")
        assert rows[3].startswith(f"{bango},0000003,4,9,E201,")
        assert rows[4:] == [""]

    def test_the_same_file_twice_is_409_with_the_earlier_number(self, machine: Machine) -> None:
        text = file_text([message(1)]).encode()
        first = body_of(send_file(machine, text, "a"))["uketsuke_bango"]

        refused = problem(send_file(machine, gzip.compress(text), "b"), 409, "jufuku_file")
        assert first in json.dumps(refused)

    @pytest.mark.kj("KJ-IN-06")
    def test_sent_again_on_purpose_first_results_stand(self, world: World, machine: Machine) -> None:
        text = file_text([message(1), message(2, shikaku={"shikaku_shutoku_ymd": NOT_YET})]).encode()
        work_off(world, body_of(send_file(machine, text, "a"))["uketsuke_bango"], clerk())
        again = send_file(machine, text, "b", saisoshin="true")
        assert again.status_code == 202, again.content
        bango = body_of(again)["uketsuke_bango"]
        work_off(world, bango, clerk())

        raw = b"".join(machine.get(f"{RECEIVE}/{bango}/kekka"))
        rows = raw.decode("utf-8-sig").split("\r\n")
        assert rows[1].startswith(f"{bango},0000001,2,2,W103,-,")
        assert rows[1].endswith(",0000000001,1")
        assert rows[2].startswith(f"{bango},0000002,3,9,E210,")
        assert count(world, "shikaku_rireki") == 1

    def test_after_kyohi_the_header_alone(self, world: World, machine: Machine) -> None:
        bango = body_of(send_file(machine, "知らない見出し\r\n1\r\n".encode(), "a"))["uketsuke_bango"]
        work_off(world, bango, clerk())

        status = body_of(machine.get(f"{RECEIVE}/{bango}"))
        assert (status["jotai"], status["riyu"]["code"]) == ("kyohi", "midashi_fumei")
        raw = b"".join(machine.get(f"{RECEIVE}/{bango}/kekka"))
        assert raw.decode("utf-8-sig") == f"{KEKKA_HEADER}\r\n"

    def test_a_header_alone_is_kanryo_with_nothing(self, world: World, machine: Machine) -> None:
        head = file_text([message(1)]).split("\r\n", maxsplit=1)[0]
        bango = body_of(send_file(machine, f"{head}\r\n".encode(), "a"))["uketsuke_bango"]
        work_off(world, bango, clerk())

        status = body_of(machine.get(f"{RECEIVE}/{bango}"))
        assert (status["jotai"], status["sosu"]) == ("kanryo", 0)

    def test_broken_gzip_is_kyohi(self, machine: Machine) -> None:
        whole = gzip.compress(file_text([message(1)]).encode())
        bango = body_of(send_file(machine, whole[:-20], "a"))["uketsuke_bango"]

        assert body_of(machine.get(f"{RECEIVE}/{bango}"))["riyu"]["code"] == "gzip_fusei"

    @pytest.mark.parametrize("bango", ["x", "%00", "20261120-ZZZZZZZZZZ%0A", "20261120-ZZZZZZZZZZ"])
    def test_what_is_no_number_and_what_is_not_there_look_the_same(self, machine: Machine, bango: str) -> None:
        for path in (f"{RECEIVE}/{bango}", f"{RECEIVE}/{bango}/kekka"):
            problem(machine.get(path), 404, "uketsuke_nashi")

    @pytest.mark.parametrize("name", ["123456789018", "namae"])
    def test_an_unknown_field_is_named_only_when_it_is_a_name(self, machine: Machine, name: str) -> None:
        refused = problem(send_file(machine, b"x", "a", **{name: "x"}), 400, "unknown_field")

        assert (name in json.dumps(refused)) == (name == "namae")


class TestResultOfOnshi:
    @pytest.mark.kj("KJ-EXT-03", "KJ-EXT-04")
    def test_known_same_other_unknown(self, world: World, machine: Machine) -> None:
        register(machine, message(1), "a")
        with world.admin() as admin:
            row = admin.execute("SELECT soshin_bango::text FROM shikaku_onshi_soshin").fetchone()
        assert row is not None
        onshi = new_machine(world, kind="onshi", hokensha=())
        told = {"soshin_bango": row[0], "shori_kekka_kubun": "9", "shori_kekka_meisai_code": "E01"}
        path = "/api/v1/onshi/shori-kekka"

        assert [onshi.post(path, told).status_code for _ in range(2)] == [204, 204]
        problem(onshi.post(path, told | {"shori_kekka_kubun": "1"}), 409, "kekka_soi")
        unknown = told | {"soshin_bango": "0193d3f0-0000-7000-8000-000000000001"}
        problem(onshi.post(path, unknown), 409, "soshin_bango_fumei")
        problem(onshi.post(path, told | {"kojin_bango": "1"}), 400, "unknown_field")
        problem(onshi.post(path, told | {"\ud800": "1"}), 400, "unknown_field")
        wrong: list[object] = [[], {}, None, 1]
        for kubun in wrong:
            problem(onshi.post(path, told | {"shori_kekka_kubun": kubun}), 400, "kubun_fusei")
        for code in (1, "E" * 41, "誤り", "E\n"):
            problem(onshi.post(path, told | {"shori_kekka_meisai_code": code}), 400, "meisai_code_fusei")
        with world.admin() as admin:
            assert admin.execute("SELECT shori_kekka_kubun FROM shikaku_onshi_soshin").fetchall() == [("9",)]

    @pytest.mark.kj("KJ-EXT-03", "KJ-IN-19")
    @pytest.mark.parametrize("code", ["123456789018", "E01-123456789018", "1234-5678-9018", "１２３４５６７８９０１８"])
    def test_a_number_in_its_code_is_refused_and_kept_nowhere(self, world: World, machine: Machine, code: str) -> None:
        register(machine, message(1), "a")
        with world.admin() as admin:
            row = admin.execute("SELECT soshin_bango::text FROM shikaku_onshi_soshin").fetchone()
        assert row is not None
        onshi = new_machine(world, kind="onshi", hokensha=())
        told = {"soshin_bango": row[0], "shori_kekka_kubun": "9", "shori_kekka_meisai_code": code}

        refused = problem(onshi.post("/api/v1/onshi/shori-kekka", told), 400, "meisai_code_bango")

        assert code not in json.dumps(refused, ensure_ascii=False)
        with world.admin() as admin:
            kept = admin.execute("SELECT shori_kekka_kubun, shori_kekka_meisai_code FROM shikaku_onshi_soshin")
            assert kept.fetchall() == [("", "")]

    @pytest.mark.kj("KJ-EXT-03")
    def test_it_may_call_nothing_else(self, world: World) -> None:
        onshi = new_machine(world, kind="onshi", hokensha=())
        for path in (REGISTER, ASK, RECEIVE):
            assert onshi.post(path, {}, key="a").status_code == 403
        for path in (f"{RECEIVE}/20261120-ZZZZZZZZZZ", f"{RECEIVE}/20261120-ZZZZZZZZZZ/kekka"):
            assert onshi.get(path).status_code == 403

    def test_an_insurer_may_not_call_it(self, machine: Machine) -> None:
        told = {"soshin_bango": "x", "shori_kekka_kubun": "1"}
        assert machine.post("/api/v1/onshi/shori-kekka", told).status_code == 403


class TestSizes:
    def test_a_message_over_1_mib_is_413(self, machine: Machine) -> None:
        problem(register(machine, message(1, kihon={"jusho": "あ" * 400_000}), "a"), 413, "okisugi")
