"""A resident's way through the vaccination world, and everything that must not happen on it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from simulators.jumin.__main__ import main as play_story
from simulators.yobosesshu import items
from simulators.yobosesshu.kiroku import gtin_digit
from simulators.yobosesshu.store import Zones
from tests.unit.simulators.small_hub import running_hub
from tests.unit.simulators.small_pmh_hub import SmallPmhHub
from tests.unit.simulators.stand_ins import HINAGATA, SHIKEN, bango, until
from tests.unit.simulators.vaccination_world import VaccinationWorld, answered, filled, vaccination_world

PERSON, OTHER, STRANGER = bango(1), bango(2), bango(900)


@pytest.fixture
def hub() -> Iterator[SmallPmhHub]:
    with running_hub(SmallPmhHub(persons={PERSON, OTHER})) as small:
        yield small


@pytest.fixture
def world(tmp_path: Path, hub: SmallPmhHub) -> Iterator[VaccinationWorld]:
    with vaccination_world(tmp_path, hub) as everybody:
        yield everybody


def with_key(world: VaccinationWorld, code: str = SHIKEN, number: str = PERSON) -> None:
    before = world.yobo.state()["pmh_key"]
    assert world.register(code, number).status_code == 202
    until(lambda: world.yobo.state()["pmh_key"] == before + 1)


def at_portal(world: VaccinationWorld) -> httpx.Client:
    with_key(world)
    world.tell_onshi(PERSON)
    browser = world.card()
    assert browser.post("/kaishi").status_code == 303
    until(lambda: world.yobo.state()["kamei"] == 1)
    until(lambda: world.portal.state()["zumi"] == 1)
    return browser


def with_yoshinhyo(world: VaccinationWorld, **changes: str) -> None:
    browser = at_portal(world)
    sent = browser.post("/kaito", data=answered(browser.get("/watashi").text) | changes)
    assert sent.status_code == 303, sent.text


def record(world: VaccinationWorld, **changes: str) -> httpx.Response:
    clinic = world.user(f"{SHIKEN}-I1")
    page = clinic.get(world.story_address(clinic)).text
    return clinic.post("/kiroku", data={**filled(page, "/kiroku"), **changes})


class TestTheWholeWay:
    def test_from_registration_to_id5(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)

        assert record(world).status_code == 303

        until(lambda: world.yobo.state()["id5"] == 1)
        clerk = world.user(f"{SHIKEN}-K1")
        page = clerk.get(world.story_address(clerk)).text
        assert page.count('<strong class="yoi">済み</strong>') == 6
        zone = world.zones.of(SHIKEN)
        assert zone is not None
        person = zone.people()[0]
        assert person["pmh_key"] == world.hub.issued[PERSON]
        assert [row["dan"] for row in zone.ayumi(person["seq"])] == [1, 2, 2, 3, 4, 5, 6]

    def test_it_is_played_through_by_the_pages(self, world: VaccinationWorld) -> None:
        with_key(world)
        with_key(world, HINAGATA)
        world.tell_onshi(PERSON)
        urls = ["--mynaportal-url", world.portal.url, "--yobosesshu-url", world.yobo.url]

        assert play_story([*urls, "--jichitai", SHIKEN]) == 0

        until(lambda: world.yobo.state()["id5"] == 1)
        here, there = ({"kiroku": 1, "yoshinhyo": 1, "kamei": 1}, {"kiroku": 0, "yoshinhyo": 0, "kamei": 1})
        by_code = world.yobo.state()["jichitai"]
        assert here.items() <= by_code[SHIKEN].items()
        assert there.items() <= by_code[HINAGATA].items()

    def test_id5_is_the_same_for_the_same_person(self, world: VaccinationWorld) -> None:
        with_key(world)
        with_key(world, HINAGATA)
        world.tell_onshi(PERSON)
        until(lambda: len(world.portal.stranger.get("/_sim/riyosha").json()["items"]) == 1)
        line = world.ring.line("yobosesshu", world.rireki.url)

        first, second = (line.post_json("/id5", {"pmh_key": world.hub.issued[PERSON]}).json() for _ in range(2))

        assert first == second
        assert re.fullmatch(r"[0-9a-f]{64}", first["id5"])

    def test_the_resident_sees_the_record_and_no_key(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        record(world)

        page = world.card().get("/watashi").text

        assert "MH001" in page
        assert world.hub.issued[PERSON] not in page
        assert PERSON not in page

    def test_moments_and_codes_are_shown_as_people_read_them(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        record(world)

        clerk = world.user(f"{SHIKEN}-K1")
        page = clerk.get(world.story_address(clerk)).text

        assert "+00:00" not in page
        for shown in ("2　女", "1　同意した", "1　左上腕", "0　非該当"):
            assert f"<td>{shown}</td>" in page, shown

    def test_onshi_finds_a_person_by_pmh_id_too(self, world: VaccinationWorld) -> None:
        with_key(world)
        himozuke = world.tell_onshi(PERSON)
        until(lambda: len(world.portal.stranger.get("/_sim/riyosha").json()["items"]) == 1)

        for asked in (himozuke, world.hub.issued[PERSON]):
            page = world.onshi.stranger.post("/hito", data={"himozuke_bango": asked}).text
            assert f"紐付番号 <code>{himozuke}</code>" in page
            assert filled(page, "/josei") == {"himozuke_bango": himozuke}

    def test_onshi_asks_pmh_for_the_term_past_the_hub(self, world: VaccinationWorld) -> None:
        item = {"jichitai_gyomu_id": "J1", "kojin_bango": PERSON, "yuko_kaishi_ymd": "2026-04-01"}
        item |= {"yuko_shuryo_ymd": "2027-03-31", "kohi_futansha_bango": "80990011", "jukyusha_bango": "0000018"}
        line = world.ring.line("jichitai-990019", world.pmh.url)
        line.post_json("/toroku", {"jichitai_code": SHIKEN, "jimu_kubun": "01", "items": [item]})
        until(lambda: world.pmh.state()["sumi"] == 1)
        himozuke = world.tell_onshi(PERSON)
        until(lambda: len(world.portal.stranger.get("/_sim/riyosha").json()["items"]) == 1)
        asked = len(world.hub.calls)

        page = world.onshi.stranger.post("/josei", data={"himozuke_bango": himozuke}).text

        assert "2026-04-01～2027-03-31" in page
        assert len(world.hub.calls) == asked


class TestPmhKey:
    def test_an_unknown_person_stops_with_the_reason_and_goes_on_when_asked_again(
        self, world: VaccinationWorld
    ) -> None:
        world.register(SHIKEN, STRANGER)
        clerk = world.user(f"{SHIKEN}-K1")
        until(lambda: "加入者がいません" in clerk.get(world.story_address(clerk)).text)
        page = clerk.get(world.story_address(clerk)).text
        assert "止まっています" in page

        world.hub.persons.add(STRANGER)
        assert clerk.post("/sai-irai", data=filled(page, "/sai-irai")).status_code == 303

        until(lambda: world.yobo.state()["pmh_key"] == 1)

    @pytest.mark.parametrize("fault", ["drop", "error_5xx", "drop_after", "half_close"])
    def test_it_comes_through_faults_of_pmh(self, world: VaccinationWorld, fault: str) -> None:
        world.pmh.break_with(**{fault: 0.5}, seed=2)

        world.register(SHIKEN, PERSON)

        until(lambda: world.yobo.state()["pmh_key"] == 1, seconds=60)
        assert world.pmh.state()["taisho"] == 1

    def test_the_same_key_serves_both_municipalities(self, world: VaccinationWorld) -> None:
        with_key(world, SHIKEN)
        with_key(world, HINAGATA)

        keys = {zone.people()[0]["pmh_key"] for zone in world.zones}
        assert keys == {world.hub.issued[PERSON]}

    def test_a_person_registered_twice_is_said_to_be(self, world: VaccinationWorld) -> None:
        with_key(world)

        world.register(SHIKEN, PERSON, gyomu="A0002")

        zone = world.zones.of(SHIKEN)
        assert zone is not None
        until(lambda: "二度登録" in (zone.people()[1]["renkei_error_naiyo"] or ""))


class TestPortal:
    def test_the_key_is_gone_once_the_kamei_was_handed_on(self, world: VaccinationWorld) -> None:
        at_portal(world)

        resident = world.portal.stranger.get("/_sim/riyosha").json()["items"][0]
        assert resident["pmh_key"] is None
        assert world.portal.state()["key_nokori"] == 0
        zone = world.zones.of(SHIKEN)
        assert zone is not None
        assert zone.people()[0]["pmh_kamei_shikibetsushi"] == resident["pmh_kamei_shikibetsushi"]

    def test_it_waits_until_the_municipality_has_registered(self, world: VaccinationWorld) -> None:
        world.hub.id_of(PERSON)
        world.tell_onshi(PERSON)
        browser = world.card()
        browser.post("/kaishi")
        until(lambda: "まだあなたを対象者として登録していません" in browser.get("/watashi").text)

        with_key(world)

        until(lambda: world.portal.state()["zumi"] == 1, seconds=15)

    def test_another_kamei_for_the_same_person_is_refused(self, world: VaccinationWorld) -> None:
        at_portal(world)
        line = world.ring.line("mynaportal", world.yobo.url)

        answer = line.send_json(
            "/kamei-shikibetsushi", {"pmh_key": world.hub.issued[PERSON], "pmh_kamei_shikibetsushi": "PKother"}
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "kamei_fuitchi")

    @pytest.mark.parametrize(
        "changes,text",
        [
            ({"k-K01": ""}, "今日の体温は何度ですか（例 36.5）」に答えていません"),
            ({"k-K01": "３６度"}, "半角の数字"),
            ({"k-K02": "たぶん"}, "「はい」か「いいえ」"),
            ({"k-K99": "はい"}, "項目がそろっていません"),
        ],
    )
    def test_a_wrong_answer_is_refused_with_its_place(
        self, world: VaccinationWorld, changes: dict[str, str], text: str
    ) -> None:
        browser = at_portal(world)

        sent = browser.post("/kaito", data=answered(browser.get("/watashi").text) | changes)

        assert sent.status_code == 422
        assert text in sent.text
        assert world.yobo.state()["yoshinhyo"] == 0

    def test_nobody_answers_for_somebody_else(self, world: VaccinationWorld) -> None:
        browser = at_portal(world)
        form = answered(browser.get("/watashi").text)
        with_key(world, HINAGATA, OTHER)
        zone = world.zones.of(HINAGATA)
        assert zone is not None
        theirs = zone.sesshu_of(zone.people()[0]["seq"])[0]["yobosesshu_kanri_id"]

        for code in (SHIKEN, HINAGATA):
            sent = browser.post("/kaito", data={**form, "jichitai_code": code, "yobosesshu_kanri_id": theirs})
            assert sent.status_code == 422
        assert world.yobo.state()["yoshinhyo"] == 0

    def test_without_a_card_nothing_is_shown(self, world: VaccinationWorld) -> None:
        at_portal(world)

        refused = world.portal.stranger.get("/watashi")
        assert refused.status_code == 403
        assert '<a href="/">戻る</a>' in refused.text  # to the cards, not to the same refusal again
        assert world.portal.stranger.post("/kaishi").status_code == 403


class TestRecord:
    def test_without_yoshinhyo_there_is_no_record(self, world: VaccinationWorld) -> None:
        with_key(world)

        refused = record(world)

        assert refused.status_code == 422
        assert "予診票がまだ届いていません" in refused.text
        assert world.yobo.state()["kiroku"] == 0

    @pytest.mark.parametrize(
        "answers,text",
        [({"k-K01": "37.5"}, "37.5度以上"), ({"k-K05": "いいえ"}, "本人が接種を希望していません")],
    )
    def test_fever_or_an_unwilling_resident_forbids_it(
        self, world: VaccinationWorld, answers: dict[str, str], text: str
    ) -> None:
        with_yoshinhyo(world, **answers)

        refused = record(world)

        assert refused.status_code == 422
        assert text in refused.text

    def test_wrong_entries_are_refused_each_with_its_reason(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        wrong = [
            ({"sesshu_doi_flag": "0"}, "同意のない接種"),
            ({"gtin_code": "14987000000010"}, "GTINコード"),
            ({"sesshu_ryo": "0,5"}, "接種量"),
            ({"sesshu_ymd": "2999-01-01"}, "今日より後"),
            ({"sesshu_ymd": "1980-01-01"}, "生年月日より前"),
            ({"sesshu_ymd": "2026-02-30"}, "実在する日"),
            ({"vaccine_yuko_kigen": "2000-01-01"}, "ワクチン有効期限"),
            ({"ishi_mei": ""}, "「医師名」が空"),
            ({"sesshu_bui": "9"}, "接種部位"),
        ]

        for changes, text in wrong:
            refused = record(world, **changes)
            assert refused.status_code == 422, changes
            assert text in refused.text, changes

        assert world.yobo.state()["kiroku"] == 0

    def test_a_second_record_is_refused(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        clinic = world.user(f"{SHIKEN}-I1")
        form = filled(clinic.get(world.story_address(clinic)).text, "/kiroku")
        assert clinic.post("/kiroku", data=form).status_code == 303

        again = clinic.post("/kiroku", data=form)

        assert again.status_code == 422
        assert "もう記録されています" in again.text
        assert world.yobo.state()["kiroku"] == 1

    def test_only_a_medical_institution_records(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        clerk, clinic = world.user(f"{SHIKEN}-K1"), world.user(f"{SHIKEN}-I1")
        form = filled(clinic.get(world.story_address(clinic)).text, "/kiroku")

        assert clerk.post("/kiroku", data=form).status_code == 403
        assert clinic.post("/toroku-form", data={}).status_code == 403
        assert world.yobo.state()["kiroku"] == 0

    def test_example_gtin(self) -> None:
        assert gtin_digit("0950600013435") == "2"


class TestSeparation:
    def test_a_user_of_another_municipality_finds_nobody(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        ours = world.user(f"{SHIKEN}-K1")
        address = world.story_address(ours)
        theirs, clinic = world.user(f"{HINAGATA}-K1"), world.user(f"{HINAGATA}-I1")

        assert theirs.get("/hitobito").text.count("/hito?id=") == 0
        assert theirs.get(address).status_code == 404
        assert theirs.get(address).text == theirs.get("/hito?id=nai").text
        own = world.user(f"{SHIKEN}-I1")
        form = filled(own.get(address).text, "/kiroku")
        assert clinic.post("/kiroku", data=form).status_code == 404
        assert world.yobo.state()["kiroku"] == 0

    def test_each_municipality_is_a_file_of_its_own(self, world: VaccinationWorld, tmp_path: Path) -> None:
        with_key(world, SHIKEN)

        counts = world.yobo.state()["jichitai"]

        assert (counts[SHIKEN]["taishosha"], counts[HINAGATA]["taishosha"]) == (1, 0)
        other = b"".join(path.read_bytes() for path in (tmp_path / "yobo").glob(f"{HINAGATA}.sqlite3*"))
        assert PERSON.encode() not in other
        assert world.hub.issued[PERSON].encode() not in other

    def test_a_municipality_registers_and_reads_at_its_own_only(self, world: VaccinationWorld) -> None:
        line = world.ring.line("jichitai-990027", world.yobo.url)
        message = {"jichitai_code": SHIKEN, "renkei_file_mei": "a.csv", "items": []}
        full = {**message, "items": [{"jichitai_gyomu_id": "1"}]}

        assert line.send_json("/taishosha/shokai", {"jichitai_code": SHIKEN}).status_code == 404
        assert line.send_json("/taishosha", full).status_code == 422
        assert world.yobo.stranger.post("/taishosha", json=message).status_code == 401
        assert (
            world.ring.line("mynaportal", world.yobo.url)
            .send_json("/taishosha/shokai", {"jichitai_code": SHIKEN})
            .status_code
            == 403
        )

    def test_a_good_registration_for_another_municipality_is_refused(self, world: VaccinationWorld) -> None:
        world.ring.keys[f"jichitai-{SHIKEN}"], ours = (
            world.ring.keys[f"jichitai-{HINAGATA}"],
            world.ring.keys[f"jichitai-{SHIKEN}"],
        )
        try:
            assert world.register(SHIKEN, PERSON).status_code == 401
        finally:
            world.ring.keys[f"jichitai-{SHIKEN}"] = ours
        assert world.yobo.state()["taishosha"] == 0

    def test_the_number_is_shown_to_who_may_see_it_alone(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        pages = {}
        for suffix in ("K1", "S1", "I1"):
            browser = world.user(f"{SHIKEN}-{suffix}")
            pages[suffix] = browser.get(world.story_address(browser)).text

        assert {suffix: PERSON in text for suffix, text in pages.items()} == {"K1": True, "S1": False, "I1": False}
        assert world.hub.issued[PERSON] not in pages["I1"]

    def test_a_deleted_user_is_signed_out(self, world: VaccinationWorld) -> None:
        clerk = world.user(f"{SHIKEN}-K1")
        world.zones.users.change("update user set user_sakujo_flag = '1' where kikan_user_id = ?", [f"{SHIKEN}-K1"])

        assert clerk.get("/hitobito").status_code == 403
        again = world.yobo.stranger.post("/login", data={"kikan_user_id": f"{SHIKEN}-K1"})
        assert again.status_code == 404

    def test_what_users_do_is_logged_without_a_number(self, world: VaccinationWorld) -> None:
        with_key(world)
        clerk = world.user(f"{SHIKEN}-K1")
        clerk.get(world.story_address(clerk))
        clerk.get("/hito?id=nai")

        zone = world.zones.of(SHIKEN)
        assert zone is not None
        logged = zone.logged(limit=9)
        assert [(row["sosa"], row["kekka"]) for row in logged] == [("閲覧", "対象者なし"), ("閲覧", "正常")]
        assert PERSON not in str(logged)


class TestItems:
    def test_every_number_of_the_document_has_its_columns(self) -> None:
        groups = (items.TAISHOSHA, items.USER, items.YOSHINHYO, items.KIROKU)

        assert sorted({item.bango for group in groups for item in group}) == list(range(1, 61))
        assert all(len({item.column for item in group}) == len(group) for group in groups)

    def test_all_of_them_stand_on_the_page_of_one_person(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        record(world)
        clerk = world.user(f"{SHIKEN}-K1")

        page = clerk.get(world.story_address(clerk)).text

        shown = (*items.TAISHOSHA, *items.YOSHINHYO, *items.KIROKU)
        assert [item for item in shown if f"{item.bango}　{item.ja}</th>" not in page] == []

    def test_a_wrong_registration_is_refused_without_its_number(self, world: VaccinationWorld) -> None:
        wrong = PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10)

        answer = world.register(SHIKEN, wrong)

        assert answer.status_code == 422
        assert "items/0/kojin_bango の検査数字" in answer.json()["detail"]
        assert wrong not in answer.text
        assert "seinengappi は" in world.register(SHIKEN, PERSON, seinengappi="1990-02-30").json()["detail"]


class TestLife:
    def test_everything_is_kept_over_a_restart(self, tmp_path: Path, hub: SmallPmhHub) -> None:
        with vaccination_world(tmp_path, hub) as first:
            with_yoshinhyo(first)
            before = first.yobo.state()["jichitai"]

        with vaccination_world(tmp_path, hub) as again:
            assert again.yobo.state()["jichitai"] == before
            assert again.portal.state()["zumi"] == 1
            assert again.pmh.state()["sumi"] == 1

    def test_users_are_seeded_once(self, tmp_path: Path) -> None:
        for _ in range(2):
            zones = Zones(tmp_path, {SHIKEN: "架空県試験市"})
            users = zones.users.all()
            zones.close()

        assert len(users) == 3

    def test_pages_load_nothing_from_elsewhere(self, world: VaccinationWorld) -> None:
        with_yoshinhyo(world)
        clerk, card = world.user(f"{SHIKEN}-K1"), world.card()
        seen = [
            world.yobo.stranger.get("/"),
            clerk.get("/hitobito"),
            clerk.get(world.story_address(clerk)),
            world.portal.stranger.get("/"),
            card.get("/watashi"),
            world.rireki.stranger.get("/"),
        ]

        assert [page.status_code for page in seen] == [200] * 6
        assert all("default-src 'none'" in page.headers["content-security-policy"] for page in seen)
        assert all(word not in page.text for page in seen for word in ("<script", "http://", "style=", "onclick"))

    @pytest.mark.parametrize("name", ["portal", "yobo", "rireki"])
    def test_faults_are_switched_on_their_own_pages(self, world: VaccinationWorld, name: str) -> None:
        stand_in = getattr(world, name)

        assert stand_in.stranger.post("/futo", data={"drop": "0.5", "seed": "3"}).status_code == 303
        assert "障害を起こしています" in stand_in.stranger.get("/").text
        assert stand_in.stranger.post("/futo/teishi").status_code == 303
        assert stand_in.stranger.get("/_sim/faults").json()["drop"] == 0
