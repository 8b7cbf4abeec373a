"""Municipalities are apart, the record items of document 004 are whole, and everything is kept."""

from pathlib import Path

import pytest

from simulators.yobosesshu import items
from simulators.yobosesshu.store import Zones
from tests.unit.simulators.small_pmh_hub import SmallPmhHub
from tests.unit.simulators.stand_ins import HINAGATA, SHIKEN
from tests.unit.simulators.vaccination_steps import PERSON, record, with_key, with_yoshinhyo
from tests.unit.simulators.vaccination_world import VaccinationWorld, filled, vaccination_world


@pytest.fixture
def world(vaccinations: VaccinationWorld) -> VaccinationWorld:
    return vaccinations


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
    def test_everything_is_kept_over_a_restart(self, tmp_path: Path, pmh_hub: SmallPmhHub) -> None:
        with vaccination_world(tmp_path, pmh_hub) as first:
            with_yoshinhyo(first)
            before = first.yobo.state()["jichitai"]

        with vaccination_world(tmp_path, pmh_hub) as again:
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
