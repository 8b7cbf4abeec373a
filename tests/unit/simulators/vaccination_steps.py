"""The steps of a resident's way through the vaccination world, for tests that begin in the middle of it."""

import httpx

from tests.unit.simulators.stand_ins import SHIKEN, bango, until
from tests.unit.simulators.vaccination_world import VaccinationWorld, answered, filled

PERSON, OTHER, STRANGER = bango(1), bango(2), bango(900)


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
