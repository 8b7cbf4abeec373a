"""The stand-in keeps what it is sent, once and in order, answers it, and breaks only when told to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from simulators.client import HubClient, generate_key
from simulators.onshi.store import Store
from simulators.onshi.telegrams import holds_kojin_bango, read_telegram
from tests.unit.simulators.conftest import RunningOnshi, SmallOnshiHub

PERSON = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
PAIRS = ("id_nido", "id_kawatta", "id_kyoyu", "id_chigai")
PERIOD = {
    "shikaku_tsuban": 1,
    "rireki_tsuban": 1,
    "shikaku": {"hokensha_bango": "06132013", "shikaku_shutoku_ymd": "2026-04-01"},
    "sho": [],
    "iryoken": [],
    "korei": [],
    "gendogaku": [],
    "tokutei_shippei": [],
}
NAIYO: dict[str, Any] = {
    "hokensha_code": "06132013",
    "hihokensha_edaban": "0000000001",
    "seigyo": {},
    "kihon": {"shimei_kenmen": "見本 花子"},
    "kikan": [PERIOD],
    "pmh_id": None,
}


def uuid7(number: int) -> str:
    return str(UUID(int=(0x019A << 112) | (7 << 76) | (0b10 << 62) | number))


def telegram(number: int, *, jun: int = 1, person: str = PERSON, **changes: object) -> dict[str, Any]:
    return {
        "soshin_bango": uuid7(number),
        "denbun_shubetsu": "shikaku",
        "himozuke_bango": person,
        "jun": jun,
        "naiyo": NAIYO,
        **changes,
    }


def sakujo(number: int, *, jun: int) -> dict[str, Any]:
    naiyo = {"hokensha_code": "06132013", "hihokensha_edaban": "0000000001"}
    return telegram(number, jun=jun, denbun_shubetsu="sakujo", naiyo=naiyo)


def pair(number: int, pmh_id: str = "X1", *, jun: int = 1, person: str = PERSON) -> dict[str, Any]:
    return telegram(number, jun=jun, person=person, denbun_shubetsu="pmh_id", naiyo={"pmh_id": pmh_id})


def send(onshi: RunningOnshi, value: dict[str, Any]) -> int:
    return onshi.line.send_json("/shikaku-joho", value).status_code


def until(condition: Callable[[], bool], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class TestReceiving:
    def test_a_telegram_is_kept_and_held(self, onshi: RunningOnshi) -> None:
        assert send(onshi, telegram(1)) == 204

        person = onshi.stranger.post("/_sim/person", json={"himozuke_bango": PERSON}).json()
        assert [row["jun"] for row in person["denbun"]] == [1]
        assert person["genzai"][0]["naiyo"] == NAIYO
        state = onshi.state()
        assert (state["denbun"], state["hito"], state["genzai"]) == (1, 1, 1)

    def test_the_same_telegram_again_changes_nothing(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1))

        assert send(onshi, telegram(1)) == 204

        state = onshi.state()
        assert (state["denbun"], state["saisoshin"], state["junjo_ihan"]) == (1, 1, 0)

    def test_other_contents_under_the_same_number_are_refused(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1))

        assert send(onshi, telegram(1, naiyo={**NAIYO, "kihon": {}})) == 409

        assert onshi.state()["naiyo_fuitchi"] == 1

    def test_an_older_one_is_dropped_and_the_breach_of_order_shown(self, onshi: RunningOnshi) -> None:
        send(onshi, sakujo(2, jun=2))

        assert send(onshi, telegram(1, jun=1)) == 204

        state = onshi.state()
        assert (state["furui"], state["junjo_ihan"], state["tobi"], state["genzai"]) == (1, 1, 1, 0)

    def test_kinds_and_insurers_do_not_replace_each_other(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(2, jun=2))
        send(onshi, telegram(3, jun=3, denbun_shubetsu="pmh_id", naiyo={"pmh_id": "X1"}))

        send(onshi, telegram(1, jun=1, naiyo={**NAIYO, "hokensha_code": "06139992"}))

        assert onshi.state()["furui"] == 0
        assert onshi.state()["genzai"] == 2

    def test_a_pair_told_once_and_named_in_what_follows_is_right(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1, jun=1))
        send(onshi, pair(2, jun=2))
        send(onshi, telegram(3, jun=3, naiyo={**NAIYO, "pmh_id": "X1"}))
        send(onshi, sakujo(4, jun=4))
        send(onshi, pair(5, "Y1", jun=1, person=OTHER))

        assert {name: onshi.state()[name] for name in PAIRS} == dict.fromkeys(PAIRS, 0)
        assert "要確認" not in onshi.stranger.get("/").text

    @pytest.mark.parametrize(
        "name,later",
        [
            ("id_nido", lambda: pair(9, jun=2)),
            ("id_kawatta", lambda: pair(9, "X2", jun=2)),
            ("id_kyoyu", lambda: pair(9, jun=1, person=OTHER)),
            ("id_chigai", lambda: telegram(9, jun=2)),
            ("id_chigai", lambda: telegram(9, jun=2, naiyo={**NAIYO, "pmh_id": "X2"})),
        ],
    )
    def test_what_contradicts_the_pair_is_found(
        self, onshi: RunningOnshi, name: str, later: Callable[[], dict[str, Any]]
    ) -> None:
        send(onshi, pair(1, jun=1))

        assert send(onshi, later()) == 204

        assert {key: onshi.state()[key] for key in PAIRS} == {**dict.fromkeys(PAIRS, 0), name: 1}
        assert "要確認" in onshi.stranger.get("/").text

    def test_a_pair_told_again_after_it_was_refused_is_right(self, onshi: RunningOnshi) -> None:
        onshi.break_with(result_9=1.0)
        send(onshi, pair(1, jun=1))
        until(lambda: onshi.state()["kekka_kubun"]["9"] == 1)
        onshi.break_with(result_9=0.0)

        send(onshi, pair(2, jun=2))
        assert onshi.state()["id_nido"] == 0

        send(onshi, pair(3, jun=3))
        assert onshi.state()["id_nido"] == 1

    def test_two_persons_of_one_message_with_one_pmh_id_are_found(self, onshi: RunningOnshi) -> None:
        onshi.line.post_json("/shikaku-joho/ikkatsu", {"items": [pair(1), pair(2, person=OTHER)]})

        assert onshi.state()["id_kyoyu"] == 1

    def test_many_at_once_answer_in_order(self, onshi: RunningOnshi) -> None:
        items = [telegram(number, person=str(uuid4())) for number in range(1, 1001)]

        answer = onshi.line.send_json("/shikaku-joho/ikkatsu", {"items": items}).json()

        assert answer["kekka"] == [{"soshin_bango": item["soshin_bango"], "code": "ok"} for item in items]
        assert onshi.state()["hito"] == 1000

    def test_two_of_one_person_or_a_broken_one_do_not_hold_the_others_back(self, onshi: RunningOnshi) -> None:
        items = [telegram(1), telegram(2, jun=2), {"soshin_bango": uuid7(3)}, telegram(4, person=str(uuid4()))]

        answer = onshi.line.send_json("/shikaku-joho/ikkatsu", {"items": items}).json()

        assert [item["code"] for item in answer["kekka"]] == ["ok", "onaji_hito", "denbun_fusei", "ok"]
        assert onshi.state()["denbun"] == 2

    def test_a_thousand_and_one_are_refused(self, onshi: RunningOnshi) -> None:
        items = [telegram(number, person=str(uuid4())) for number in range(1001)]

        assert onshi.line.send_json("/shikaku-joho/ikkatsu", {"items": items}).status_code == 400

        assert onshi.state()["denbun"] == 0

    @pytest.mark.parametrize("change", [{"jun": 0}, {"jun": "1"}, {"denbun_shubetsu": "x"}, {"naiyo": []}, {"a": 1}])
    def test_an_unreadable_telegram_is_refused(self, onshi: RunningOnshi, change: dict[str, Any]) -> None:
        assert send(onshi, {**telegram(1), **change}) == 400

        assert onshi.state()["denbun"] == 0
        assert onshi.state()["denbun_fusei"] == 1


class TestSignature:
    def test_a_stranger_is_refused(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        hub.key = generate_key(kid="hub-1")
        onshi.app.keys.current(naming="hub-1")  # type: ignore[union-attr]  # the fixture always has keys
        bare = onshi.stranger.post("/shikaku-joho", json=telegram(1))

        assert bare.status_code == 401
        assert onshi.state()["shomei_fusei"] == 1
        assert onshi.state()["denbun"] == 0

    def test_another_key_under_the_same_name_is_refused(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        send(onshi, telegram(1))
        hub.key = generate_key(kid="hub-1")

        with hub.line(onshi.url) as forger:
            assert forger.send_json("/shikaku-joho", telegram(2, jun=2)).status_code == 401

    def test_a_new_key_of_the_hub_is_fetched(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        send(onshi, telegram(1))
        hub.key = generate_key(kid="hub-2")
        onshi.app.keys._next_fetch = 0.0  # type: ignore[union-attr]  # instead of waiting a second

        from simulators.client import RequestSigner

        line = HubClient(base_url=onshi.url, signer=RequestSigner(client_id="chukan", key=hub.key))
        with line:
            assert line.send_json("/shikaku-joho", telegram(2, jun=2)).status_code == 204


class TestFindings:
    def test_a_kojin_bango_anywhere_is_counted(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1, naiyo={**NAIYO, "kihon": {"jusho": "架空県１２３４５６７８９０１８番地"}}))

        assert onshi.state()["kojin_bango"] == 1
        assert "個人番号とみられる12桁" in onshi.stranger.get("/").text

    def test_an_ordinary_telegram_has_none(self) -> None:
        assert read_telegram(telegram(1)).findings == ()

    @pytest.mark.parametrize(
        "text,held",
        [("123456789018", True), ("123456789012", False), ("a123456789018b", True), ("1123456789018", False)],
    )
    def test_twelve_digits_count_when_the_check_digit_holds(self, text: str, held: bool) -> None:
        assert holds_kojin_bango(text) is held

    def test_a_forbidden_key_and_a_strange_shape_are_found(self) -> None:
        found = read_telegram(telegram(1, naiyo={**NAIYO, "kojin_bango": None})).findings

        assert {finding.shurui for finding in found} == {"kinshi_komoku", "katachi"}


class TestResults:
    def test_a_result_follows_each_telegram(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        send(onshi, telegram(1))

        until(lambda: len(hub.results) == 1)
        assert hub.results[0] == {
            "soshin_bango": uuid7(1),
            "shori_kekka_kubun": "1",
            "shori_kekka_meisai_code": None,
        }
        until(lambda: onshi.state()["kekka"]["sumi"] == 1)

    def test_it_is_sent_again_until_the_hub_takes_it(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        hub.statuses += [503, 429]

        send(onshi, telegram(1))

        until(lambda: len(hub.results) == 1)

    def test_a_refused_result_is_not_repeated(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        hub.statuses += [409]

        send(onshi, telegram(1))

        until(lambda: onshi.state()["kekka"]["kyohi"] == 1)
        assert hub.results == []

    def test_nines_come_at_the_rate_asked_for(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        onshi.break_with(result_9=1.0)

        send(onshi, telegram(1))

        until(lambda: len(hub.results) == 1)
        assert hub.results[0]["shori_kekka_kubun"] == "9"
        assert hub.results[0]["shori_kekka_meisai_code"]

    def test_duplicate_and_conflicting_answers(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        onshi.break_with(duplicate_answer=1.0, conflicting_answer=1.0)

        send(onshi, telegram(1))

        until(lambda: len(hub.results) == 3)
        assert [result["shori_kekka_kubun"] for result in hub.results] == ["1", "1", "9"]

    def test_some_results_come_late_and_out_of_order(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        onshi.break_with(result_late=1.0, result_late_ms=600)
        send(onshi, telegram(1))
        onshi.break_with(result_late=0.0)
        send(onshi, telegram(2, jun=2))

        until(lambda: len(hub.results) == 2)
        assert [result["soshin_bango"] for result in hub.results] == [uuid7(2), uuid7(1)]

    def test_results_wait_while_switched_off(self, onshi: RunningOnshi, hub: SmallOnshiHub) -> None:
        onshi.break_with(result_off=True)
        send(onshi, telegram(1))
        time.sleep(0.2)
        assert hub.results == []

        onshi.break_with(result_off=False)

        until(lambda: len(hub.results) == 1)


class TestFaults:
    @pytest.mark.parametrize("fault,kept", [("drop", 0), ("drop_after", 1), ("half_close", 1)])
    def test_the_line_breaks_before_or_after_keeping(self, onshi: RunningOnshi, fault: str, kept: int) -> None:
        onshi.break_with(**{fault: 1.0})

        with pytest.raises(httpx.TransportError):
            onshi.line.send_json("/shikaku-joho/ikkatsu", {"items": [telegram(1)]})

        assert onshi.state()["denbun"] == kept
        assert onshi.state()["futo"] == {fault: 1}
        onshi.break_with(**{fault: 0.0})
        assert send(onshi, telegram(1)) == 204
        assert onshi.state()["denbun"] == 1

    def test_an_error_keeps_nothing(self, onshi: RunningOnshi) -> None:
        onshi.break_with(error_5xx=1.0)

        assert send(onshi, telegram(1)) == 503

        assert onshi.state()["denbun"] == 0

    def test_a_late_answer_was_kept_in_time(self, onshi: RunningOnshi) -> None:
        onshi.break_with(late_answer=1.0, late_answer_ms=4000)

        with pytest.raises(httpx.ReadTimeout):
            send(onshi, telegram(1))

        assert onshi.state()["denbun"] == 1

    def test_single_items_of_many_are_refused(self, onshi: RunningOnshi) -> None:
        onshi.break_with(item_error=0.5, seed=3)
        items = [telegram(number, person=str(UUID(int=(4 << 76) | (2 << 62) | number))) for number in range(100)]

        codes = [
            item["code"] for item in onshi.line.send_json("/shikaku-joho/ikkatsu", {"items": items}).json()["kekka"]
        ]

        assert 25 < codes.count("ok") < 75
        assert onshi.state()["denbun"] == codes.count("ok")
        onshi.stranger.post("/_sim/reset", json={})
        onshi.break_with(item_error=0.5, seed=3)
        again = onshi.line.send_json("/shikaku-joho/ikkatsu", {"items": items}).json()["kekka"]
        assert [item["code"] for item in again] == codes

    @pytest.mark.parametrize("body", [{"drop": 2}, {"drop": "1"}, {"nai": 1}, {"result_off": 1}, {"seed": True}, []])
    def test_a_mistaken_plan_is_refused(self, onshi: RunningOnshi, body: object) -> None:
        assert onshi.stranger.post("/_sim/faults", json=body).status_code == 400


class TestPage:
    def test_shows_what_arrived_and_loads_nothing_from_elsewhere(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1))

        page = onshi.stranger.get("/")

        assert PERSON in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert "http://" not in page.text
        assert "https://" not in page.text

    def test_shows_one_person(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1))

        page = onshi.stranger.post("/hito", data={"himozuke_bango": PERSON})

        assert "順番どおり、飛びなし" in page.text
        assert "見本 花子" in page.text

    def test_escapes_what_it_shows(self, onshi: RunningOnshi) -> None:
        page = onshi.stranger.post("/hito", data={"himozuke_bango": "<b>x</b>"})

        assert "<b>x</b>" not in page.text

    def test_sets_faults(self, onshi: RunningOnshi) -> None:
        answer = onshi.stranger.post("/futo", data={"drop": "0.25", "seed": "7", "result_off": "1"})

        assert answer.status_code == 303
        plan = onshi.stranger.get("/_sim/faults").json()
        assert (plan["drop"], plan["seed"], plan["result_off"], plan["delay"]) == (0.25, 7, True, 0.0)

    def test_shows_which_faults_are_on_and_how_often_they_struck(self, onshi: RunningOnshi) -> None:
        assert "障害は起こしていません" in onshi.stranger.get("/").text
        onshi.break_with(error_5xx=1.0, result_off=True)
        send(onshi, telegram(1))

        page = onshi.stranger.get("/").text

        assert "障害を起こしています" in page
        assert "<td>受け取らずに503を返す（要求ごと）</td><td>1</td><td>1件</td>" in page
        assert "<td>処理結果を送らない</td><td>すべて</td><td>0件</td>" in page
        assert "<td>受け取らずに切断する（要求ごと）</td>" not in page

    def test_shows_long_waits_as_its_own_form_reads_them(self, onshi: RunningOnshi) -> None:
        onshi.break_with(result_delay_ms=3_600_000)

        page = onshi.stranger.get("/").text

        assert 'name="result_delay_ms" value="3600000"' in page
        assert "3,600,000ミリ秒" in page

    def test_stops_all_faults_and_keeps_what_came(self, onshi: RunningOnshi) -> None:
        send(onshi, telegram(1))
        onshi.break_with(error_5xx=1.0)
        send(onshi, telegram(2, jun=2))

        assert onshi.stranger.post("/futo/teishi").status_code == 303

        page = onshi.stranger.get("/").text
        assert "障害は止まっています" in page
        assert "<td>受け取らずに503を返す（要求ごと）</td><td>なし</td><td>1件</td>" in page
        assert send(onshi, telegram(2, jun=2)) == 204
        assert onshi.state()["denbun"] == 2

    def test_a_form_of_another_site_is_refused(self, onshi: RunningOnshi) -> None:
        answer = onshi.stranger.post("/shokika", data={"a": "1"}, headers={"Origin": "http://elsewhere.test"})

        assert answer.status_code == 403

    def test_its_own_forms_are_accepted_as_a_browser_sends_them(self, onshi: RunningOnshi) -> None:
        """A page that hides its own origin (no-referrer) would make the browser send `Origin: null`."""
        page = onshi.stranger.get("/")
        sent = onshi.stranger.post("/shokika", headers={"Origin": onshi.url, "Sec-Fetch-Site": "same-origin"})

        assert page.headers["referrer-policy"] == "same-origin"
        assert sent.status_code == 303


class TestLookups:
    def test_telegrams_and_persons_page_through(self, onshi: RunningOnshi) -> None:
        people = sorted(str(uuid4()) for _ in range(5))
        for number, person in enumerate(people, start=1):
            send(onshi, telegram(number, person=person))

        first = onshi.stranger.get("/_sim/telegrams", params={"limit": 3}).json()
        rest = onshi.stranger.get("/_sim/telegrams", params={"after": first["next"]}).json()
        persons = onshi.stranger.get("/_sim/persons", params={"after": people[1]}).json()

        assert [row["himozuke_bango"] for row in first["items"] + rest["items"]] == people
        assert [row["himozuke_bango"] for row in persons["items"]] == people[2:]
        assert persons["items"][0]["hokensha"][0]["naiyo"] == NAIYO

    def test_shogo_changes_with_what_is_held(self, onshi: RunningOnshi) -> None:
        before = onshi.line.get("/shogo?hokensha_code=06132013").json()
        send(onshi, telegram(1))

        held = onshi.line.get("/shogo?hokensha_code=06132013").json()
        send(onshi, sakujo(2, jun=2))

        assert (before["kensu"], held["kensu"]) == (0, 1)
        assert onshi.line.get("/shogo?hokensha_code=06132013").json() == before

    def test_jisseki_log_has_a_cursor(self, onshi: RunningOnshi) -> None:
        shikaku = {"kohi_futansha_bango": "12130010", "jukyusha_bango": "0000018"}
        send(onshi, telegram(1, naiyo={**NAIYO, "kikan": [{**PERIOD, "shikaku": shikaku}]}))
        onshi.stranger.post("/_sim/jisseki", json={"kensu": 3})

        log = onshi.line.get("/jisseki-log?after=").json()

        assert len(log["items"]) == 3
        assert log["items"][0].keys() == {
            "kohi_futansha_bango",
            "jukyusha_bango",
            "iryokikan_code",
            "shitei_ymd",
            "kakunin_hoho",
            "shori_nichiji",
            "hogo_itaku_umu",
        }
        assert onshi.line.get(f"/jisseki-log?after={log['next']}").json() == {"items": [], "next": None}


def test_what_was_received_survives_a_kill(tmp_path: Path, hub: SmallOnshiHub) -> None:
    command = [sys.executable, "-m", "simulators.onshi", "--port", "0", "--home", str(tmp_path), "--hub-url", hub.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with hub.line(url) as line:
            assert line.send_json("/shikaku-joho", telegram(1)).status_code == 204
        os.kill(process.pid, signal.SIGKILL)

    store = Store(tmp_path / "onshi.sqlite3")
    assert store.state()["denbun"] == 1
    assert store.owed_answers(now=1e12, limit=10)[0]["soshin_bango"] == uuid7(1)
    store.close()


def test_takes_two_thousand_a_second(tmp_path: Path) -> None:
    """The die is cast generously: a busy machine must not fail it, a quadratic mistake must."""
    store = Store(tmp_path / "onshi.sqlite3")
    batches = [
        [json.dumps(telegram(batch * 1000 + number, person=str(uuid4()))) for number in range(1000)]
        for batch in range(4)
    ]

    start = time.monotonic()
    for batch in batches:
        store.receive([read_telegram(json.loads(item)) for item in batch], at="2026-11-20T00:00:00Z", answer_after=0)
    seconds = time.monotonic() - start

    assert store.state()["denbun"] == 4000
    assert 4000 / seconds > 1000
    store.close()
