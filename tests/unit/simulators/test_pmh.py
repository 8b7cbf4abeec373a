"""The stand-in of Public Medical Hub asks until it is answered, keeps what came, and holds municipalities apart."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.client import HubClient, RequestSigner
from simulators.pmh.asking import Asker
from simulators.pmh.faults import FaultPlan
from simulators.pmh.routes import DOORS, Pmh
from simulators.pmh.store import PmhStore
from simulators.shell.faults import Dice, PlanHolder
from tests.unit.simulators.small_hub import running_hub
from tests.unit.simulators.small_pmh_hub import PATH, SmallPmhHub
from tests.unit.simulators.stand_ins import HINAGATA, SHIKEN, Keyring, Running, bango, keyring, running, until

KNOWN = [bango(number) for number in range(1, 21)]
UNKNOWN = bango(900)


@dataclass
class World:
    """The stand-in between a small hub and its municipalities."""

    pmh: Running
    hub: SmallPmhHub
    ring: Keyring
    store: PmhStore

    def register(self, code: str, numbers: list[str], *, jimu: str = "02", first: int = 1, **more: str) -> int:
        items = [
            {"jichitai_gyomu_id": f"A{first + place:04d}", "kojin_bango": number, **more}
            for place, number in enumerate(numbers)
        ]
        message = {"jichitai_code": code, "jimu_kubun": jimu, "items": items}
        return self.ring.line(f"jichitai-{code}", self.pmh.url).send_json("/toroku", message).status_code

    def kekka(self, code: str, *, jimu: str = "02") -> list[dict[str, Any]]:
        message = {"jichitai_code": code, "jimu_kubun": jimu}
        items: list[dict[str, Any]] = (
            self.ring.line(f"jichitai-{code}", self.pmh.url).post_json("/kekka", message).json()["items"]
        )
        return items

    def settled(self) -> dict[str, Any]:
        until(lambda: self.pmh.state()["machi"] == 0)
        return self.pmh.state()


def world_at(folder: Path, hub: SmallPmhHub, ring: Keyring, **faults: float) -> Iterator[World]:
    store = PmhStore(folder / "pmh.sqlite3")
    app = Pmh(store=store, partners=ring.partners(), plan=PlanHolder(FaultPlan().changed_by(faults)), dice=Dice())
    line = HubClient(base_url=hub.url, signer=RequestSigner(client_id="pmh", key=hub.partner))
    asker = Asker(store=store, hub=line, hub_url=hub.url, plan=app.plan, dice=app.dice)
    with running(app, DOORS, asker.work) as pmh:
        yield World(pmh, hub, ring, store)
    line.close()
    store.close()


@pytest.fixture
def hub() -> Iterator[SmallPmhHub]:
    with running_hub(SmallPmhHub(persons=set(KNOWN))) as small:
        yield small


@pytest.fixture
def world(tmp_path: Path, hub: SmallPmhHub) -> Iterator[World]:
    yield from world_at(tmp_path, hub, keyring())


class TestAsking:
    def test_one_person_is_asked_for_alone_and_many_in_bulk(self, world: World) -> None:
        assert world.register(SHIKEN, KNOWN[:1]) == 202
        world.settled()
        world.pmh.break_with(irai_off=True)
        world.register(SHIKEN, KNOWN[1:5], first=2)
        world.pmh.break_with(irai_off=False)
        world.settled()

        assert world.hub.calls == [
            (PATH, {"jimu_kubun": "02", "kojin_bango": KNOWN[0]}),
            (f"{PATH}/ikkatsu", {"jimu_kubun": "02", "kojin_bango": KNOWN[1:5]}),
        ]
        assert [row["pmh_id"] for row in world.kekka(SHIKEN)] == [world.hub.issued[number] for number in KNOWN[:5]]

    @pytest.mark.parametrize("alone", [True, False])
    def test_an_unknown_person_has_no_pmh_id_and_may_be_asked_for_again(self, world: World, alone: bool) -> None:
        world.pmh.break_with(ikkatsu_off=alone, irai_off=True)
        world.register(SHIKEN, [UNKNOWN, *KNOWN[:2]])
        world.pmh.break_with(irai_off=False)
        assert (world.settled()["nashi"], world.settled()["sumi"]) == (1, 2)
        assert world.kekka(SHIKEN)[0]["riyu"] == "kanyusha_nashi"

        world.hub.persons.add(UNKNOWN)
        message = {"jichitai_code": SHIKEN, "jimu_kubun": "02"}
        world.ring.line("jichitai-990019", world.pmh.url).post_json("/sai-irai", message)

        until(lambda: world.pmh.state()["sumi"] == 3)

    def test_it_asks_again_until_it_is_answered(self, world: World) -> None:
        world.hub.statuses += [503, 429]

        world.register(SHIKEN, KNOWN[:1])

        assert world.settled()["sumi"] == 1
        assert [row["status"] for row in world.store.requests(limit=9)] == [200, 429, 503]

    def test_a_refusal_is_kept_with_its_reason(self, world: World) -> None:
        world.hub.itaku.discard("02")

        world.register(SHIKEN, KNOWN[:3])

        assert world.settled()["kyohi"] == 3
        assert "委託の確認が中間サーバーに登録されていない" in world.pmh.stranger.get(f"/jichitai?code={SHIKEN}").text

    def test_a_lost_answer_is_asked_for_again_and_gives_the_same(self, world: World) -> None:
        world.pmh.break_with(answer_lost=1.0)
        world.register(SHIKEN, KNOWN[:2])
        until(lambda: world.pmh.state()["futo"].get("answer_lost"))
        first = dict(world.hub.issued)

        world.pmh.break_with(answer_lost=0.0)
        world.settled()

        assert [row["pmh_id"] for row in world.kekka(SHIKEN)] == [first[number] for number in KNOWN[:2]]

    def test_no_number_is_kept_about_a_request(self, world: World) -> None:
        world.register(SHIKEN, KNOWN)
        world.settled()

        assert all(number not in json.dumps(world.store.requests(limit=99)) for number in KNOWN)


class TestChecksOfTheHub:
    def test_an_ordinary_hub_passes_them_all(self, world: World) -> None:
        world.pmh.break_with(ask_twice=1.0, extra_key=1.0, unsigned=1.0)
        world.register(SHIKEN, KNOWN)
        world.register(HINAGATA, KNOWN[:5])

        state = world.settled()

        names = ("bango_fuitchi", "katachi", "kotae_fuitchi", "id_kawatta", "id_ni_bango")
        assert {name: state[name] for name in (*names, "yokei_uketsuke")} == dict.fromkeys(
            (*names, "yokei_uketsuke"), 0
        )
        assert state["kotowarareta"] >= 2

    @pytest.mark.parametrize(
        "name,spoil",
        [
            ("katachi", lambda answer: {**answer, "shimei": "見本"}),
            ("bango_fuitchi", lambda answer: {**answer, "kojin_bango": KNOWN[9]}),
            ("katachi", lambda answer: {"kojin_bango": answer["kojin_bango"]}),
            ("id_ni_bango", lambda answer: {**answer, "pmh_id": f"X{answer['kojin_bango']}"}),
            ("katachi", lambda _answer: []),
        ],
    )
    def test_a_wrong_answer_is_counted(self, world: World, name: str, spoil: Any) -> None:
        world.hub.spoil = spoil

        world.register(SHIKEN, KNOWN[:1])

        until(lambda: world.pmh.state()[name] == 1)
        assert "要確認" in world.pmh.stranger.get("/").text

    def test_another_order_is_a_wrong_number(self, world: World) -> None:
        world.hub.spoil = lambda answer: {"kekka": answer["kekka"][::-1]}

        world.register(SHIKEN, KNOWN[:2])

        until(lambda: world.pmh.state()["bango_fuitchi"] == 1)
        assert world.pmh.state()["sumi"] == 0

    def test_one_pmh_id_for_two_numbers_is_told_and_no_fault_as_one_may_have_replaced_the_other(
        self, world: World
    ) -> None:
        world.hub.issued = {KNOWN[0]: "SAME", KNOWN[1]: "SAME"}

        world.register(SHIKEN, KNOWN[:1])
        world.settled()
        world.register(HINAGATA, KNOWN[1:2])
        world.settled()

        assert world.pmh.state()["id_kyoyu"] == 1
        page = world.pmh.stranger.get("/").text
        assert "<dt>違う番号に同じPMH-ID（個人番号の変更なら正しい）</dt><dd>1件</dd>" in page
        assert "要確認" not in page

    def test_another_pmh_id_for_the_same_person_is_counted(self, world: World) -> None:
        world.register(SHIKEN, KNOWN[:1])
        world.settled()
        world.hub.issued.clear()

        world.register(HINAGATA, KNOWN[:1])
        world.settled()

        assert world.pmh.state()["id_kawatta"] == 1

    def test_a_hub_that_takes_a_name_is_found_out(self, world: World) -> None:
        world.hub.lenient = True
        world.pmh.break_with(extra_key=1.0)

        world.register(SHIKEN, KNOWN[:1])

        until(lambda: world.pmh.state()["yokei_uketsuke"] == 1)


class TestMunicipalities:
    def test_each_reads_its_own_only(self, world: World) -> None:
        world.register(SHIKEN, KNOWN[:2])
        world.register(HINAGATA, KNOWN[1:3])
        world.settled()

        assert [row["kojin_bango"] for row in world.kekka(HINAGATA)] == KNOWN[1:3]
        for path in ("/kekka", "/sai-irai"):
            other = world.ring.line("jichitai-990027", world.pmh.url).send_json(
                path, {"jichitai_code": SHIKEN, "jimu_kubun": "02"}
            )
            assert (other.status_code, other.json()["code"]) == (404, "jichitai_nashi")

    def test_a_foreign_municipality_looks_like_none(self, world: World) -> None:
        line = world.ring.line("jichitai-990027", world.pmh.url)

        answers = [
            line.send_json("/kekka", {"jichitai_code": code, "jimu_kubun": "02"}).json() for code in (SHIKEN, "000000")
        ]

        assert answers[0] == answers[1]

    def test_a_jimu_that_is_not_its_own_is_refused(self, world: World) -> None:
        assert world.register(HINAGATA, KNOWN[:1], jimu="03") == 403

        assert world.pmh.state()["taisho"] == 0

    def test_nobody_unsigned_unknown_or_of_another_kind_registers(self, world: World) -> None:
        message = {
            "jichitai_code": SHIKEN,
            "jimu_kubun": "02",
            "items": [{"jichitai_gyomu_id": "1", "kojin_bango": KNOWN[0]}],
        }
        world.ring.add("yoso", "jichitai", SHIKEN, jimu=("02",))

        assert world.pmh.stranger.post("/toroku", json=message).status_code == 401
        assert world.ring.line("yoso", world.pmh.url).send_json("/toroku", message).status_code == 401
        assert world.ring.line("onshi", world.pmh.url).send_json("/toroku", message).status_code == 403
        assert world.pmh.state()["taisho"] == 0

    def test_a_wrong_item_is_refused_without_its_number(self, world: World) -> None:
        line = world.ring.line("jichitai-990019", world.pmh.url)
        wrong = KNOWN[0][:-1] + str((int(KNOWN[0][-1]) + 1) % 10)

        answer = line.send_json(
            "/toroku",
            {"jichitai_code": SHIKEN, "jimu_kubun": "02", "items": [{"jichitai_gyomu_id": "1", "kojin_bango": wrong}]},
        )

        assert answer.status_code == 422
        assert "items/0/kojin_bango の検査数字" in answer.json()["detail"]
        assert wrong not in answer.text

    def test_a_changed_number_is_asked_for_anew(self, world: World) -> None:
        world.register(SHIKEN, KNOWN[:1])
        world.settled()

        world.register(SHIKEN, KNOWN[1:2])
        world.settled()

        assert [row["pmh_id"] for row in world.kekka(SHIKEN)] == [world.hub.issued[KNOWN[1]]]

    def test_a_changed_number_waits_for_nothing_that_was_about_the_old_one(self, world: World) -> None:
        world.hub.statuses += [503] * 50
        world.register(SHIKEN, KNOWN[:1])
        until(lambda: (world.store.kept(jichitai_code=SHIKEN)[0]["kaisu"]) >= 3)
        world.pmh.break_with(irai_off=True)

        world.register(SHIKEN, KNOWN[1:2])

        row = world.store.kept(jichitai_code=SHIKEN)[0]
        assert (row["riyu"], row["kaisu"], row["after"]) == ("", 0, 0)


class TestJoseiKigen:
    def test_onshi_is_told_the_term_and_nothing_of_the_number(self, world: World) -> None:
        world.register(
            SHIKEN,
            KNOWN[:1],
            jimu="01",
            kohi_futansha_bango="80990011",
            jukyusha_bango="0000018",
            yuko_kaishi_ymd="2026-04-01",
            yuko_shuryo_ymd="2027-03-31",
        )
        world.settled()
        line = world.ring.line("onshi", world.pmh.url)

        answer = line.post_json("/josei-kigen", {"pmh_id": world.hub.issued[KNOWN[0]]})

        assert answer.json()["items"] == [
            {
                "jichitai_code": SHIKEN,
                "kohi_futansha_bango": "80990011",
                "jukyusha_bango": "0000018",
                "yuko_kaishi_ymd": "2026-04-01",
                "yuko_shuryo_ymd": "2027-03-31",
            }
        ]
        assert world.pmh.state()["toi"] == 1
        assert line.post_json("/josei-kigen", {"pmh_id": "nai"}).json() == {"items": []}

    def test_a_municipality_may_not_ask(self, world: World) -> None:
        answer = world.ring.line("jichitai-990019", world.pmh.url).send_json("/josei-kigen", {"pmh_id": "x"})

        assert answer.status_code == 403


class TestLife:
    def test_everything_is_kept_over_a_restart(self, tmp_path: Path, hub: SmallPmhHub) -> None:
        ring = keyring()
        for first in world_at(tmp_path, hub, ring):
            first.register(SHIKEN, KNOWN[:2])
            first.settled()
            first.pmh.break_with(irai_off=True)
            first.register(HINAGATA, KNOWN[2:3])

        for again in world_at(tmp_path, hub, ring):
            assert again.settled()["sumi"] == 3
            assert len(again.kekka(SHIKEN)) == 2

    @pytest.mark.parametrize("fault,kept", [("drop", 0), ("error_5xx", 0), ("drop_after", 1)])
    def test_its_own_door_breaks_when_told(self, world: World, fault: str, kept: int) -> None:
        world.pmh.break_with(**{fault: 1.0, "irai_off": True})
        with contextlib.suppress(httpx.TransportError):
            world.register(SHIKEN, KNOWN[:1])

        assert world.pmh.state()["taisho"] == kept
        world.pmh.break_with(**{fault: 0.0})
        assert world.register(SHIKEN, KNOWN[:1]) == 202
        assert world.pmh.state()["taisho"] == 1


class TestPages:
    def test_never_show_a_whole_number_and_load_nothing_from_elsewhere(self, world: World) -> None:
        world.register(SHIKEN, [*KNOWN[:3], UNKNOWN])
        world.settled()

        texts = [world.pmh.stranger.get(path) for path in ("/", f"/jichitai?code={SHIKEN}")]

        assert all(number not in page.text for page in texts for number in [*KNOWN, UNKNOWN])
        assert f"********{KNOWN[0][-4:]}" in texts[1].text
        assert all("<script" not in page.text and "http://" not in page.text for page in texts)
        assert all("default-src 'none'" in page.headers["content-security-policy"] for page in texts)

    def test_the_form_registers_one_and_says_what_is_wrong(self, world: World) -> None:
        form = {"jichitai_code": SHIKEN, "jimu_kubun": "01", "jichitai_gyomu_id": "Z1", "kojin_bango": KNOWN[3]}

        assert world.pmh.stranger.post("/toroku-form", data=form).status_code == 303
        refused = world.pmh.stranger.post("/toroku-form", data={**form, "yuko_kaishi_ymd": "2026-13-01"})

        assert refused.status_code == 422
        assert "yuko_kaishi_ymd は YYYY-MM-DD" in refused.text
        assert world.settled()["sumi"] == 1

    def test_a_form_of_another_site_is_refused(self, world: World) -> None:
        answer = world.pmh.stranger.post("/shokika", headers={"Origin": "http://elsewhere.test"})

        assert answer.status_code == 403
