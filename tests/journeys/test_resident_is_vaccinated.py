"""One resident from 対象者登録 to ID5, known to two municipalities that do not see each other."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.journeys.clerk import Clerk
from tests.journeys.onshi_store import held_by_onshi
from tests.journeys.vaccination import (
    HINAGATA,
    SHIKEN,
    YOSHINHYO,
    Member,
    VaccinationWorld,
    form_with,
    forms_to,
    story_addresses,
)

LOT = "TABI077"
ID5 = re.compile(r"ID5 [0-9a-f]{64}")


@dataclass(frozen=True)
class Vaccinated:
    """A resident of two municipalities, vaccinated in the first, and a neighbour there."""

    resident: Member
    neighbour: Member
    pmh_id: str


def shown_to(text: str, *secrets: str) -> set[str]:
    """Which of these words stand in a page."""
    return set(secrets) & set(text.split())


def story_of(user: Clerk, member: Member) -> str:
    """The address of this person's page, as this user's list has it."""
    found = [
        link
        for link in story_addresses(user.open("/hitobito"))
        if f"{member.shimei} さんの流れ" in user.open(link).text
    ]
    assert len(found) == 1
    return found[0]


def answer_yoshinhyo(world: VaccinationWorld, at_portal: Clerk) -> str:
    """The resident begins to use the service and answers for the first municipality; the 予防接種管理ID."""
    at_portal.submit(at_portal.open("/watashi").form("/kaishi"), {})
    page = world.when(at_portal, "/watashi", lambda one: forms_to(one, "/kaito"))
    forms = forms_to(page, "/kaito")
    assert {form.fields["jichitai_code"] for form in forms} == {SHIKEN, HINAGATA}
    first = next(form for form in forms if form.fields["jichitai_code"] == SHIKEN)
    at_portal.submit(first, YOSHINHYO)
    assert "回答済みです" in at_portal.open("/watashi").text
    return first.fields["yobosesshu_kanri_id"]


@pytest.fixture(scope="module")
def vaccinated(world: VaccinationWorld, members: list[Member]) -> Vaccinated:
    """The whole way: both municipalities register, the resident answers, the clinic records."""
    resident, neighbour = members[30:32]
    world.register_taishosha(SHIKEN, resident, "F0")
    world.register_taishosha(SHIKEN, neighbour, "F1")
    world.register_taishosha(HINAGATA, resident, "F2")
    pmh_id = str(world.taishosha(SHIKEN, "F0")["pmh_key"])
    assert world.taishosha(HINAGATA, "F2")["pmh_key"] == pmh_id
    assert world.taishosha(SHIKEN, "F1")["pmh_key"] != pmh_id
    with world.card(pmh_id) as at_portal:
        kanri = answer_yoshinhyo(world, at_portal)
        with world.user(f"{SHIKEN}-I1") as clinic:
            page = clinic.open(story_of(clinic, resident))
            assert shown_to(page.text, resident.number, pmh_id) == set()
            assert LOT in clinic.submit(form_with(page, "/kiroku", kanri=kanri), {"lot_bango": LOT}).text
        page = at_portal.open("/watashi")
        assert LOT in page.text
        assert shown_to(page.text, resident.number, pmh_id) == set()
    return Vaccinated(resident, neighbour, pmh_id)


@pytest.mark.kj("KJ-PMH-01", "KJ-PMH-02")
def test_the_story_is_on_one_page_from_registration_to_id5(world: VaccinationWorld, vaccinated: Vaccinated) -> None:
    resident, pmh_id = vaccinated.resident, vaccinated.pmh_id
    with world.user(f"{SHIKEN}-K1") as clerk:
        own = story_of(clerk, resident)
        page = world.when(clerk, own, lambda one: ID5.search(one.text))
    steps = ("対象者の登録", "PMHキーの採番", "PMH仮名識別子の格納", "予診票の入力", "接種の記録", "ID5の取得")
    places = [page.text.index(step) for step in steps]
    assert places == sorted(places)
    assert all(text.count("済み") for text in page.text[places[0] :].split("→ このシステム")[1:7])
    assert "いまここ" not in page.text
    assert shown_to(page.text, resident.number, pmh_id) == {resident.number, pmh_id}
    assert world.ask("mynaportal")["key_nokori"] == 0


@pytest.mark.kj("KJ-EXT-05")
def test_onshi_was_told_the_pair_and_holds_no_number(world: VaccinationWorld, vaccinated: Vaccinated) -> None:
    held = held_by_onshi(world.stack, vaccinated.resident.hokensha)[vaccinated.resident.edaban]

    told = world.telegrams(str(held["himozuke_bango"]))

    assert [naiyo for kind, naiyo in told if kind == "pmh_id"] == [{"pmh_id": vaccinated.pmh_id}]


def test_the_other_municipality_sees_its_own_part_only(world: VaccinationWorld, vaccinated: Vaccinated) -> None:
    with world.user(f"{SHIKEN}-K1") as here, world.user(f"{HINAGATA}-K1") as there:
        own, foreign = story_of(here, vaccinated.resident), story_of(there, vaccinated.resident)
        page = there.open(foreign)
        assert LOT not in page.text
        assert not ID5.search(page.text)
        assert vaccinated.neighbour.shimei not in there.open("/hitobito").text
        for user, address in ((there, own), (here, foreign)):
            refused = user.try_open(address)
            assert refused.status == 404
            assert vaccinated.resident.shimei not in refused.text


def test_only_who_may_sees_the_number(world: VaccinationWorld, vaccinated: Vaccinated) -> None:
    number, pmh_id = vaccinated.resident.number, vaccinated.pmh_id
    seen = {}
    for user_id in ("K1", "S1", "I1"):
        with world.user(f"{SHIKEN}-{user_id}") as user:
            seen[user_id] = shown_to(user.open(story_of(user, vaccinated.resident)).text, number, pmh_id)
    assert seen == {"K1": {number, pmh_id}, "S1": {pmh_id}, "I1": set()}
