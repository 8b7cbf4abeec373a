"""HS-304 shows a refused line to whoever may mend it, and a 個人番号 to nobody, whichever column it stands in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chukan.kernel import clock
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.terminal_slip import keep_slip
from tests.support.members import HEADER, asked, bango, file_line, upload
from tests.support.principals import clerk
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
BANGO = frozenset({"shikaku"})


def address_of(world: World, line: str, header: str = HEADER) -> str:
    """Return the address of the only, refused line of a file."""
    now = clock.now()
    accepted = accept_toroku_file(by=clerk(), upload=upload(f"{header}\r\n{line}\r\n"), saisoshin=False, now=now)
    with as_role(world, "worker"):
        process_toroku_file(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=lambda: now)
    assert asked(world, "SELECT shori_kekka_kubun FROM uketsuke_meisai") == [("9",)]
    return f"/shikaku/toroku-files/{accepted.uketsuke_id}/error/1/"


def page_of(world: World, line: str, *, kojin_bango: frozenset[str], header: str = HEADER) -> str:
    """Return the page of the only, refused line of a file."""
    address = address_of(world, line, header)
    page = browser(a_staff(kojin_bango=kojin_bango)).get(address)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.kj("KJ-UI-04", "KJ-AUTH-14")
@pytest.mark.parametrize("kojin_bango", [frozenset(), BANGO])
class TestNoNumber:
    def test_in_an_address(self, world: World, kojin_bango: frozenset[str]) -> None:
        line = f"{file_line(1)},見本市見本町１　{bango(2)}"
        page = page_of(world, line, kojin_bango=kojin_bango, header=f"{HEADER},住所")

        assert bango(1) not in page
        assert bango(2) not in page
        assert "E215" in page
        assert "ミホン" in page

    def test_in_columns_that_are_shifted(self, world: World, kojin_bango: frozenset[str]) -> None:
        cells = file_line(1).split(",")
        for at in range(len(cells)):
            shifted = [*cells[:2], *cells[3:]]
            shifted.insert(at, cells[2])
            if at != 2:
                page = page_of(world, ",".join(shifted), kojin_bango=kojin_bango)
                assert bango(1) not in page
                world.empty()


@pytest.mark.kj("KJ-UI-04")
@pytest.mark.parametrize("code", ["01", "03", "", bango(3)])
def test_a_number_typed_as_shikaku_tsuban_is_not_given_back(world: World, code: str) -> None:
    address = address_of(world, file_line(1, shutoku="20270401"))
    client = browser(a_staff(kojin_bango=BANGO))

    page = client.post(address, {"shori_shubetsu_code": code, "shikaku_tsuban": bango(2), "kihon.seibetsu1": "x"})

    assert page.status_code == 422
    assert bango(2) not in page.content.decode()


@pytest.mark.kj("KJ-ZONE-05")
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_a_colleague_mended_is_nobody_elses(world: World, method: str) -> None:
    address = address_of(world, f"{file_line(1)},見本市見本町１　{bango(2)}", f"{HEADER},住所")
    nothing = {"row": "", "meisai": 1, "values": {}, "cleared": [], "typed": [False, False]}
    colleague = replace(clerk(), actor_id="S0002")
    slip = keep_slip(by=colleague, kind="file_fix", content=nothing, kojin_bango=bango(9), now=clock.now())
    client = browser(a_staff(kojin_bango=BANGO))

    assert getattr(client, method)(f"{address}{slip}/").status_code == 404
    assert client.post(address).status_code == 422
