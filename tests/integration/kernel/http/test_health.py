import pytest
from django.test import Client

from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_all_is_well_and_nothing_more_is_said(world: World, path: str) -> None:
    answer = Client().get(path)

    assert (answer.status_code, answer.content) == (200, b'{"status": "ok"}')


def test_without_the_keystore_it_is_not_ready_but_alive(world: World) -> None:
    kek = world.home / "keys" / "kek.json"
    away = kek.rename(kek.with_suffix(".away"))
    try:
        ready, live = Client().get("/health/ready"), Client().get("/health/live")
    finally:
        away.rename(kek)

    assert (ready.status_code, ready.content) == (503, b'{"status": "unavailable"}')
    assert live.status_code == 200


def test_only_reading(world: World) -> None:
    assert Client().post("/health/ready").status_code == 405
