"""A resident's way through the vaccination world, and everything that must not happen on it."""

import re

import pytest

from simulators.jumin.__main__ import main as play_story
from simulators.yobosesshu.kiroku import gtin_digit
from tests.unit.simulators.stand_ins import HINAGATA, SHIKEN, until
from tests.unit.simulators.vaccination_steps import OTHER, PERSON, STRANGER, at_portal, record, with_key, with_yoshinhyo
from tests.unit.simulators.vaccination_world import VaccinationWorld, answered, filled


@pytest.fixture
def world(vaccinations: VaccinationWorld) -> VaccinationWorld:
    return vaccinations


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

    def test_who_waits_is_not_said_to_stand_still(self, world: VaccinationWorld) -> None:
        world.hub.statuses += [503] * 50
        world.register(SHIKEN, PERSON)
        clerk = world.user(f"{SHIKEN}-K1")

        until(lambda: "答えを待っています。自動でやり直します。" in clerk.get(world.story_address(clerk)).text)

        page = clerk.get(world.story_address(clerk)).text
        assert "止まっています" not in page
        assert "kunren" not in page
        assert "（503）" not in page

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

    def test_a_municipality_that_registers_afterwards_gets_the_kamei_with_the_key(
        self, world: VaccinationWorld
    ) -> None:
        browser = at_portal(world)

        with_key(world, HINAGATA)

        until(lambda: world.yobo.state()["kamei"] == 2)
        kamei = {zone.people()[0]["pmh_kamei_shikibetsushi"] for zone in world.zones}
        assert len(kamei) == 1
        assert "架空県雛形市" in browser.get("/watashi").text

    def test_who_keeps_the_pmh_id_under_a_new_number_keeps_the_kamei(self, world: VaccinationWorld) -> None:
        at_portal(world)
        zone = world.zones.of(SHIKEN)
        assert zone is not None
        before = zone.people()[0]["pmh_kamei_shikibetsushi"]
        world.hub.issued[OTHER] = world.hub.issued[PERSON]

        world.register(SHIKEN, OTHER)

        until(lambda: world.yobo.state()["kamei"] == 1)
        assert (zone.people()[0]["kojin_bango"], zone.people()[0]["pmh_kamei_shikibetsushi"]) == (OTHER, before)

    def test_another_person_under_the_same_gyomu_id_gets_none(self, world: VaccinationWorld) -> None:
        at_portal(world)

        world.register(SHIKEN, OTHER)

        until(lambda: world.yobo.state()["pmh_key"] == 1 and OTHER in world.hub.issued)
        assert world.yobo.state()["kamei"] == 0

    def test_what_is_emptied_keeps_no_kamei(self, world: VaccinationWorld) -> None:
        at_portal(world)

        world.yobo.stranger.post("/_sim/reset")

        assert world.zones.kamei.rows("select * from kamei") == []

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
