"""What オンライン資格確認等システム holds in the end: a naive partner that only stores what it gets, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chukan.kernel.principal import system_principal
from shikaku.actions.register_one import register_one
from shikaku.actions.send_to_onshi import send_to_onshi
from tests.builders.files import send_file
from tests.builders.lines import file_text, known, kojin_bango, line, message
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
RELAY = system_principal(actor_id="relay")


class Store:
    """Stores by (紐付番号, insurer); drops everything of a pair on `sakujo`."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], dict[str, Any]] = {}
        self.arrived: list[dict[str, Any]] = []

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        persons = [telegram["himozuke_bango"] for telegram in telegrams]
        assert len(set(persons)) == len(persons), "two telegrams of one person in one call"
        for raw in telegrams:
            telegram = json.loads(json.dumps(raw))
            self.arrived.append(telegram)
            pair = (telegram["himozuke_bango"], telegram["naiyo"]["hokensha_code"])
            if telegram["denbun_shubetsu"] == "sakujo":
                assert set(telegram["naiyo"]) == {"hokensha_code", "hihokensha_edaban"}
                self.held.pop(pair, None)
            else:
                self.held[pair] = telegram["naiyo"]
        return frozenset(str(telegram["soshin_bango"]) for telegram in telegrams)

    def kinds(self) -> list[tuple[str, int]]:
        return [(telegram["denbun_shubetsu"], telegram["jun"]) for telegram in self.arrived]

    def periods(self, hokensha: str = KENPO) -> list[tuple[int, str, str | None]]:
        return [
            (one["shikaku_tsuban"], one["shikaku"]["shikaku_shutoku_ymd"], one["shikaku"].get("shikaku_soshitsu_ymd"))
            for (_, code), naiyo in self.held.items()
            if code == hokensha
            for one in naiyo["kikan"]
        ]


def deliver(world: World, store: Store) -> None:
    later = NOW + timedelta(hours=1)
    with as_role(world, "relay"):
        while send_to_onshi(by=RELAY, gateway=store, now=lambda: later):
            pass


def register(*bodies: dict[str, Any], hokensha: str = KENPO) -> None:
    for count, body in enumerate(bodies):
        register_one(by=clerk(hokensha), line=line(body), now=NOW + timedelta(seconds=count))


class TestWhatIsHeldInTheEnd:
    @pytest.mark.kj("KJ-EXT-04")
    def test_a_life_in_one_insurer_arrives_in_order(self, world: World) -> None:
        store = Store()
        register(
            message(1),
            known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-06-01"}),
            message(1, shikaku={"shikaku_shutoku_ymd": "2026-08-01"}),
            known("03", edaban=1, kihon={"jusho": "見本県1", "jusho_henko_ymd": "2026-09-01"}),
        )
        deliver(world, store)

        assert store.kinds() == [("shikaku", n) for n in (1, 2, 3, 4)]
        assert store.periods() == [(1, "2026-04-01", "2026-06-01"), (2, "2026-08-01", None)]
        assert [naiyo["kihon"]["jusho"] for naiyo in store.held.values()] == ["見本県1"]

    def test_withdrawn_periods_go_and_the_last_one_deletes(self, world: World) -> None:
        store = Store()
        register(
            message(1),
            known("04", edaban=1, shikaku={"shikaku_soshitsu_ymd": "2026-06-01"}),
            message(1, shikaku={"shikaku_shutoku_ymd": "2026-08-01"}),
            known("05", edaban=1),
        )
        deliver(world, store)
        assert store.periods() == [(1, "2026-04-01", "2026-06-01")]

        register(known("05", edaban=1))
        deliver(world, store)
        assert store.kinds()[-1] == ("sakujo", 5)
        assert store.held == {}

    @pytest.mark.kj("KJ-SHI-05")
    def test_a_corrected_number_moves_the_person(self, world: World) -> None:
        store = Store()
        register(message(1))
        register(message(1, hokensha=OTHER_KENPO), hokensha=OTHER_KENPO)
        register(known("03", edaban=1, koshingo_kojin_bango=kojin_bango(2), kojin_bango_koshin_kubun="2"))
        deliver(world, store)

        before = store.arrived[0]["himozuke_bango"]
        pairs = sorted((person == before, code) for person, code in store.held)
        assert pairs == [(False, KENPO), (True, OTHER_KENPO)]
        assert [kind for kind, _ in store.kinds()].count("sakujo") == 1
        assert [one["jun"] for one in store.arrived if one["himozuke_bango"] == before] == [1, 2, 3]
        assert [one["jun"] for one in store.arrived if one["himozuke_bango"] != before] == [1]

    def test_a_changed_number_alone_owes_nothing(self, world: World) -> None:
        store = Store()
        register(message(1), known("03", edaban=1, koshingo_kojin_bango=kojin_bango(2), kojin_bango_koshin_kubun="1"))
        deliver(world, store)

        assert store.kinds() == [("shikaku", 1)]

    @pytest.mark.kj("KJ-EXT-18")
    def test_two_insurers_of_one_person_both_stand_and_share_one_order(self, world: World) -> None:
        store = Store()
        register(message(1))
        register(message(1, hokensha=OTHER_KENPO), hokensha=OTHER_KENPO)
        deliver(world, store)

        assert store.periods(KENPO) == store.periods(OTHER_KENPO) == [(1, "2026-04-01", None)]
        assert store.kinds() == [("shikaku", 1), ("shikaku", 2)]
        assert len({telegram["himozuke_bango"] for telegram in store.arrived}) == 1

    def test_a_file_and_single_lines_leave_the_same_behind(self, world: World) -> None:
        bodies = [
            message(1, korei=[{"kofu_ymd": "2026-04-04", "ichibu_futankin_wariai": "020"}]),
            message(2),
            known("04", edaban=2, shikaku={"shikaku_soshitsu_ymd": "2026-06-01"}),
            known("03", edaban=1, kihon={"jusho": "見本県1", "jusho_henko_ymd": "2026-09-01"}),
        ]
        held = []
        for way in ("lines", "file"):
            world.empty()
            store = Store()
            if way == "lines":
                register(*bodies)
            else:
                with as_role(world, "worker"):
                    assert [kubun for _, kubun, _ in send_file(file_text(bodies), by=clerk()).results] == ["1"] * 4
            deliver(world, store)
            held.append(sorted(store.held.values(), key=lambda naiyo: str(naiyo["hihokensha_edaban"])))

        assert held[0] == held[1]
        assert len(held[0]) == 2
