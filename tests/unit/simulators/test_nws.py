"""情報提供ネットワークシステム makes codes that lead nowhere, brings them until it is answered, and errs when told."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from simulators.client import generate_key
from simulators.nws.fugo import CodeMaker
from simulators.nws.store import NwsStore, filled_tsuban
from simulators.shell.hidden import secret
from tests.unit.simulators.fugo_world import FugoWorld, fugo_world, inhabitants, tsuban
from tests.unit.simulators.small_fugo_hub import BULK, PATH, SmallFugoHub
from tests.unit.simulators.stand_ins import until

PEOPLE = inhabitants(60)
KOBAN = {str(number) for number in (2, 3, 5, 6, 33, 34, 39, 42, 43, 58, 80, 81)}
LINES = [(tsuban(place), number) for place, number in enumerate(PEOPLE)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FugoWorld]:
    with fugo_world(tmp_path) as made:
        yield made


class TestCodes:
    def test_have_nothing_in_common_between_institutions_or_issues(self) -> None:
        maker = CodeMaker(b"a" * 32)

        codes = {
            maker.fugo(kikan_code=kikan, shutoku_bango=person, sedai=issue)
            for kikan in ("chukan", "shichoson")
            for person in ("P1", "P2")
            for issue in (1, 2)
        }

        assert len(codes) == 8
        assert all(code.isalpha() and len(code) == 32 for code in codes)

    def test_are_the_same_again_under_one_secret_only(self) -> None:
        first, again, other = (
            CodeMaker(key * 32).fugo(kikan_code="chukan", shutoku_bango="P1", sedai=1) for key in (b"a", b"a", b"b")
        )

        assert first == again != other

    def test_the_secret_stays_and_is_its_owners_alone(self, tmp_path: Path) -> None:
        first = secret(tmp_path / "s")

        assert secret(tmp_path / "s") == first
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600

    def test_a_new_request_for_a_known_person_is_a_new_issue(self, world: FugoWorld) -> None:
        world.ask((tsuban(1), PEOPLE[0]))
        world.settled()
        world.ask((tsuban(2), PEOPLE[0]), file_id="f2")

        assert world.settled()["saihakko"] == 1

        assert world.of_tsuban(tsuban(2))["sedai"] == 2
        assert world.hub.codes[tsuban(1)] != world.hub.codes[tsuban(2)]
        assert world.of_tsuban(tsuban(1))["hito"] == world.of_tsuban(tsuban(2))["hito"]

    def test_the_same_request_again_is_the_same_code(self, world: FugoWorld) -> None:
        world.ask((tsuban(1), PEOPLE[0]))
        world.settled()
        first = world.hub.codes.pop(tsuban(1))

        world.ask((tsuban(1), PEOPLE[0]), file_id="f2")
        until(lambda: tsuban(1) in world.hub.codes)

        assert world.hub.codes[tsuban(1)] == first
        assert world.of_tsuban(tsuban(1))["saido"] == 1

    def test_none_is_kept_in_plain(self, world: FugoWorld, tmp_path: Path) -> None:
        world.ask(*LINES)
        world.settled()

        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())

        assert tsuban(1).encode() in kept
        assert all(code.encode() not in kept for code in world.hub.codes.values())


class TestDelivery:
    def test_many_come_at_once_in_another_order_than_asked(self, world: FugoWorld) -> None:
        world.ask_at_once(*LINES)
        state = world.settled()

        assert [path for path, _ in world.hub.calls] == [BULK]
        assert sorted(world.hub.heard) == sorted(name for name, _ in LINES) != world.hub.heard
        assert (state["ok"], state["sumi"], state["ikkatsu"]) == (len(LINES), len(LINES), 1)

    def test_one_by_one_when_told(self, world: FugoWorld) -> None:
        world.nws.break_with(ikkatsu_off=True, nido_okuru=1.0)

        world.ask(*LINES[:3])
        world.settled()

        assert [path for path, _ in world.hub.calls] == [PATH] * 6
        assert len(world.hub.codes) == 3

    def test_what_the_hub_said_is_kept_for_each(self, world: FugoWorld) -> None:
        world.nws.break_with(okurazu=True)
        world.ask(*LINES[:3])
        until(lambda: len(world.nws_store.due(kikan_code="chukan", limit=9)) == 3)
        world.hub.open -= {tsuban(0)}
        world.hub.codes[tsuban(1)] = "X"
        world.nws.break_with(okurazu=False)

        state = world.settled()

        assert [world.of_tsuban(tsuban(place))["kekka"] for place in range(3)] == ["yokyu_nashi", "jufuku", "ok"]
        assert (state["ok"], state["jufuku"], state["yokyu_nashi"]) == (1, 1, 1)

    @pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
    def test_is_tried_again_until_answered(self, world: FugoWorld, status: int) -> None:
        world.hub.statuses = [status, status]

        world.ask_at_once(*LINES[:5])

        state = world.settled()
        assert state["ok"] == 5
        assert world.of_tsuban(tsuban(0))["kaisu"] >= 2
        assert state["kyohi" if status in {400, 403} else "tsushin"] == 2

    def test_a_hub_that_was_away_gets_them_all(self, tmp_path: Path) -> None:
        with fugo_world(tmp_path) as first:
            first.nws.break_with(okurazu=True)
            first.ask(*LINES)
            until(lambda: first.nws.state()["machi"] == len(LINES))

        with fugo_world(tmp_path, hub=SmallFugoHub(open=first.hub.open)) as again:
            assert again.settled()["ok"] == len(LINES)
            assert set(again.hub.codes) == first.hub.open

    @pytest.mark.parametrize(
        "name,spoil",
        [
            ("katachi", lambda _answer: []),
            ("katachi", lambda answer: {"kekka": answer["kekka"][1:]}),
            ("katachi", lambda answer: {"kekka": [one | {"code": "yes"} for one in answer["kekka"]]}),
            ("katachi", lambda answer: {"kekka": [one | {"kikanbetsu_fugo": "A"} for one in answer["kekka"]]}),
            ("kotae_fuitchi", lambda answer: {"kekka": answer["kekka"][::-1]}),
        ],
    )
    def test_a_wrong_answer_is_counted_and_not_believed(self, world: FugoWorld, name: str, spoil: Any) -> None:
        world.hub.spoil = spoil

        world.ask_at_once(*LINES[:5])
        until(lambda: world.nws.state()[name] >= 1)
        assert world.nws.state()["ok"] == 0
        assert "要確認" in world.nws.stranger.get("/").text

        world.hub.spoil = lambda answer: answer
        assert world.settled()["jufuku"] == 5


class TestClock:
    def test_days_of_delay_pass_when_the_clock_is_moved(self, world: FugoWorld) -> None:
        assert world.nws.stranger.post("/_sim/tokei", json={"okure_jikan": 72, "haba_jikan": 24}).status_code == 200
        world.ask(*LINES[:20])
        until(lambda: world.nws.state()["machi"] == 20)

        world.nws.stranger.post("/_sim/tokei", json={"susumeru_jikan": 71})
        assert world.nws_store.due(kikan_code="chukan", limit=100) == []
        assert world.nws.stranger.post("/tokei", data={"susumeru_jikan": "25"}).status_code == 303

        assert world.settled()["ok"] == 20
        assert world.nws.state()["susumi_jikan"] == 96

    @pytest.mark.parametrize("value", [{"okure_jikan": -1}, {"susumi_jikan": 1}, {"yoso": 1}, {"susumeru_jikan": 9e9}])
    def test_nothing_else_is_a_setting_and_the_clock_never_goes_back(self, world: FugoWorld, value: object) -> None:
        assert world.nws.stranger.post("/_sim/tokei", json=value).status_code == 400

        assert world.nws.stranger.get("/_sim/tokei").json() == dict.fromkeys(
            ("okure_jikan", "haba_jikan", "susumi_jikan"), 0.0
        )


class TestFaults:
    def test_a_lost_code_comes_when_asked_again(self, world: FugoWorld) -> None:
        world.nws.break_with(ushinau=1.0)
        world.ask(*LINES[:3])
        until(lambda: world.nws.state()["ushinatta"] == 3)
        assert world.hub.heard == []

        world.nws.break_with(ushinau=0.0)
        world.ask(*LINES[:3], file_id="f2")

        assert world.settled()["ok"] == 3

    def test_double_codes_are_answered_as_such(self, world: FugoWorld) -> None:
        world.nws.break_with(nido_okuru=1.0)

        world.ask(*LINES[:4])
        world.settled()

        assert sorted(world.hub.heard) == sorted([name for name, _ in LINES[:4]] * 2)
        assert [event["kekka"] for event in world.of_tsuban(tsuban(1))["dekigoto"]] == ["jufuku"]

    def test_somebody_elses_code_comes_first_and_the_right_one_after(self, world: FugoWorld) -> None:
        world.nws.break_with(betsujin=1.0)
        world.ask(*LINES[:4])
        until(lambda: len(world.hub.heard) >= 4)
        wrong = dict(world.hub.codes)
        world.hub.codes.clear()

        state = world.settled()

        assert set(world.hub.codes) == set(wrong)
        assert all(world.hub.codes[name] != code for name, code in wrong.items())
        assert (state["betsujin_uketsuke"], state["ok"]) == (4, 4)

    def test_a_code_nobody_asked_for_must_be_refused(self, world: FugoWorld) -> None:
        world.nws.break_with(shiranai_tsuban=1.0)

        world.ask(*LINES[:4])

        state = world.settled()
        assert (state["shiranai_kyohi"], state["shiranai_uketsuke"], state["ok"]) == (4, 0, 4)

    def test_refused_is_what_has_an_item_too_many_or_no_signature(self, world: FugoWorld) -> None:
        world.ask_at_once(*LINES[:4], yokei_komoku=1.0, shomei_nashi=1.0)

        state = world.settled()
        assert (state["kotowarareta"], state["yokei_uketsuke"], state["ok"]) == (2, 0, 4)
        assert sorted(world.hub.refused) == [400, 401]

    def test_a_hub_that_takes_anything_is_found_out(self, world: FugoWorld) -> None:
        world.hub.lenient = True

        world.ask_at_once(*LINES[:2], yokei_komoku=1.0, shiranai_tsuban=1.0)

        state = world.settled()
        assert (state["yokei_uketsuke"], state["shiranai_uketsuke"]) == (1, 2)

    @pytest.mark.parametrize("fault,answers", [("kotae_ushinau", "jufuku"), ("tochu_setsudan", "ok")])
    def test_a_call_that_went_wrong_is_made_again(self, world: FugoWorld, fault: str, answers: str) -> None:
        world.ask_at_once(*LINES[:3], **{fault: 1.0})
        until(lambda: world.nws.state()["futo"].get(fault))

        world.nws.break_with(**{fault: 0.0})

        assert world.settled()[answers] == 3
        assert all(world.hub.cut)
        assert bool(world.hub.cut) == (fault == "tochu_setsudan")

    def test_late_codes_come_after_the_others(self, world: FugoWorld) -> None:
        world.nws.break_with(okurasu=0.5, okurasu_ms=600, seed=3)

        world.ask(*LINES)
        state = world.settled()

        late = {event["shori_tsuban"] for event in world.nws_store.events(limit=999)}
        assert 0 < len(late) < len(LINES)
        assert state["ok"] == len(LINES)
        assert world.hub.heard[-1] in late


class TestDoors:
    def test_only_juki_asks_for_codes_and_only_the_hub_for_the_list(self, world: FugoWorld) -> None:
        message = {"kikan_code": "chukan", "items": [{"shori_tsuban": tsuban(1), "shutoku_bango": "A"}]}
        stray = SmallFugoHub(key=generate_key(kid="hub-1")).line(world.nws.url)

        assert world.nws.stranger.post("/shutoku-yokyu", json=message).status_code == 401
        assert world.ring.line("yoso", world.nws.url).send_json("/shutoku-yokyu", message).status_code == 403
        assert world.hub.line(world.nws.url).send_json("/shutoku-yokyu", message).status_code == 401
        assert world.nws.stranger.get("/shogo-list").status_code == 401
        assert stray.request("GET", "/shogo-list").status_code == 401
        assert world.ring.line("juki", world.nws.url).request("GET", "/shogo-list").status_code == 401
        assert world.nws.state()["yokyu"] == 0

    @pytest.mark.parametrize(
        "items",
        [None, [{"shori_tsuban": "a"}], [{"shori_tsuban": "a", "shutoku_bango": "b", "kojin_bango": "1"}], ["a"]],
    )
    def test_juki_sends_these_two_keys_and_nothing_else(self, world: FugoWorld, items: object) -> None:
        told = {"kikan_code": "chukan", "items": items}

        assert world.ring.line("juki", world.nws.url).send_json("/shutoku-yokyu", told).status_code == 422

    def test_the_list_names_its_version_and_five_keys_each(self, world: FugoWorld) -> None:
        told = world.hub.line(world.nws.url).get("/shogo-list").json()

        keys = {"komoku_bango", "shokaisha", "teikyosha", "jimu_tetsuzuki_code", "tokutei_kojin_joho_code"}
        assert set(told) == {"version", "items"}
        assert all(item.keys() == keys for item in told["items"])
        assert {item["komoku_bango"] for item in told["items"]} == KOBAN
        rows = [tuple(item.values()) for item in told["items"]]
        assert len(rows) == len(set(rows))

    def test_the_public_key_is_open_to_all_and_half_a_key(self, world: FugoWorld) -> None:
        told = world.nws.stranger.get("/.well-known/jwks.json").json()

        assert told == {"keys": [world.hub.partner.public_jwk()]}
        assert "d" not in told["keys"][0]

    @pytest.mark.parametrize("fault", ["drop", "error_5xx"])
    def test_a_broken_door_loses_nothing(self, world: FugoWorld, fault: str) -> None:
        world.nws.break_with(**{fault: 1.0})
        world.ask(*LINES[:3])
        until(lambda: world.nws.state()["futo"].get(fault))

        world.nws.break_with(**{fault: 0.0})

        assert world.settled()["ok"] == 3


class TestFill:
    def test_makes_requests_the_measurement_can_make_in_the_hub_too(self, world: FugoWorld) -> None:
        names = [filled_tsuban(7, number) for number in range(7_000)]
        world.hub.open = set(names)

        assert world.nws.stranger.post("/_sim/fill", json={"kensu": 7_000, "seed": 7}).json() == {"kensu": 7_000}

        state = world.settled()
        assert (state["ok"], set(world.hub.codes)) == (7_000, set(names))
        assert len(set(world.hub.codes.values())) == 7_000
        assert all(len(message.get("items", [1])) <= 5_000 for _, message in world.hub.calls)
        assert UUID(names[-1]).version == 7

    def test_the_next_code_is_found_by_index(self, tmp_path: Path) -> None:
        store = NwsStore(tmp_path / "nws.sqlite3")
        with sqlite3.connect(tmp_path / "nws.sqlite3") as connection:
            plan = connection.execute(
                "explain query plan select seq from yokyu where jotai = 'machi' and kikan_code = 'a' and todoke <= 1"
                " order by todoke limit 5"
            ).fetchall()
        store.close()

        assert "yokyu_machi" in plan[0][3]
        assert len(plan) == 1


class TestPages:
    def test_show_what_happened_and_no_code(self, world: FugoWorld) -> None:
        world.nws.break_with(nido_okuru=1.0)
        world.ask(*LINES[:3])
        world.settled()

        texts = [
            world.nws.stranger.get("/"),
            *(world.nws.stranger.post("/tsuban", data={"shori_tsuban": name}) for name in (tsuban(1), tsuban(99))),
        ]

        assert "模擬システム（本物ではありません）" in texts[0].text
        assert "二度目を送った" in texts[1].text
        assert world.of_tsuban(tsuban(1))["fugo"] in texts[1].text
        assert "届いていません" in texts[2].text
        told = json.dumps([world.of_tsuban(tsuban(1)), world.nws.state()])
        hidden = [*PEOPLE[:3], *world.hub.codes.values()]
        assert all(value not in text for text in [*(page.text for page in texts), told] for value in hidden)
        assert all("<script" not in page.text and "http://" not in page.text for page in texts)

    def test_the_form_of_another_site_is_refused(self, world: FugoWorld) -> None:
        assert world.nws.stranger.post("/tokei", headers={"Origin": "http://elsewhere.test"}).status_code == 403
