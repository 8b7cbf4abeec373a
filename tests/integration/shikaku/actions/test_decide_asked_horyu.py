"""A held file of 国保情報集約システム: decided by command for a 市町村国保 whose システム管理責任者 asked for it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from shikaku.actions.decide_asked_horyu import Asked, decide_asked_horyu
from shikaku.actions.process_toroku_file import process_toroku_file
from tests.builders.files import Sent, send_file
from tests.builders.lines import file_text, known, message
from tests.support.members import asked as asked_of
from tests.support.principals import KENPO, SHICHOSON, clerk, shuyaku
from tests.support.staff import a_staff
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
COMMAND = Principal(channel="command", soshiki="command", actor_id="decide_horyu", actor_name="管理コマンド")
DAY = {"shikaku_soshitsu_ymd": "2026-10-01"}
CITY = SHICHOSON[0]
MANAGER, OTHER = "K0001", "S0001"


@pytest.fixture
def sent(world: World) -> Sent:
    """A held file of losses of two of a city's twenty members, and the city's システム管理責任者."""
    bodies = [message(n, hokensha=CITY, bango=CITY[2:]) for n in range(1, 21)]
    losses = [known("04", hokensha=CITY, edaban=n, shikaku=DAY) for n in (1, 2)]
    with as_role(world, "kanri"):
        a_staff(MANAGER, hokensha=CITY, kengen=frozenset({("kanri", "koshin")}), shimei="見本市長")
        a_staff(OTHER, hokensha=CITY, kengen=frozenset({("kanri", "shokai")}))
    with as_role(world, "worker"):
        send_file(file_text(bodies), by=shuyaku(), now=clock.now())
        held = send_file(file_text(losses), by=shuyaku(), now=clock.now())
        assert held.status.jotai == "horyu"
    return held


def told(*arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command("decide_horyu", *arguments, stdout=out)
    return dict(json.loads(out.getvalue()))


def refused(bango: str, asked: Asked) -> str:
    with pytest.raises(DomainError) as error:
        decide_asked_horyu(by=COMMAND, uketsuke_bango=bango, asked=asked, now=clock.now())
    return error.value.code


class TestDecideAskedHoryu:
    def test_without_a_decision_it_tells_what_is_held(self, sent: Sent) -> None:
        assert told("--uketsuke-bango", sent.bango) == {
            "jotai": "horyu",
            "horyu": [
                {
                    "hokensha_code": CITY,
                    "yuko_kanyusha": 20,
                    "riyu": [{"komoku": "資格喪失", "kensu": 2, "bosu": 20}],
                    "kettei": None,
                }
            ],
        }

    @pytest.mark.kj("KJ-LOG-01")
    def test_released_it_is_registered_and_who_asked_is_on_record(self, world: World, sent: Sent) -> None:
        given = ("--uketsuke-bango", sent.bango, "--hokensha", CITY, "--shokuin", MANAGER, "--kettei", "kaijo")

        assert told(*given)["jotai"] == "shori"

        with as_role(world, "worker"):
            process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=clock.now)
        assert sent.status.jotai == "kanryo"
        assert asked_of(world, "SELECT decided_by, decided_by_name FROM uketsuke_horyu") == [(MANAGER, "見本市長")]
        ((code, actor, body),) = asked_of(
            world, "SELECT hokensha_code, actor_id, body FROM sosa_log_event WHERE kind = 'file_released'"
        )
        assert (code, actor) == (CITY, "decide_horyu")
        assert f'"decided_by":"{MANAGER}"' in bytes(body).decode()

    def test_withdrawn_it_is_refused(self, world: World, sent: Sent) -> None:
        given = ("--uketsuke-bango", sent.bango, "--hokensha", CITY, "--shokuin", MANAGER, "--kettei", "torisage")

        with pytest.raises(RuntimeError, match="CHUKAN_ROLE=web"):
            manage("decide_horyu", *given, role="kanri")
        assert json.loads(manage("decide_horyu", *given, role=""))["jotai"] == "kyohi"
        assert asked_of(world, f"SELECT file_key FROM uketsuke_uketsuke WHERE id = '{sent.row_id}'") == [("",)]

    @pytest.mark.kj("KJ-AUTH-13")
    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            (Asked(CITY, OTHER, "kaijo"), "kanrisha_nashi"),
            (Asked(CITY, "K9999", "kaijo"), "kanrisha_nashi"),
            (Asked(SHICHOSON[1], MANAGER, "kaijo"), "kanrisha_nashi"),
        ],
    )
    def test_nobody_else_can_ask(self, sent: Sent, asked: Asked, code: str) -> None:
        assert refused(sent.bango, asked) == code
        assert sent.status.jotai == "horyu"

    def test_an_insurer_it_is_not_held_for_decides_nothing(self, world: World, sent: Sent) -> None:
        with as_role(world, "kanri"):
            a_staff(MANAGER, hokensha=SHICHOSON[1], kengen=frozenset({("kanri", "koshin")}))

        assert refused(sent.bango, Asked(SHICHOSON[1], MANAGER, "torisage")) == "horyu_nashi"
        assert sent.status.jotai == "horyu"

    def test_whoever_has_a_terminal_decides_there(self, world: World) -> None:
        with as_role(world, "worker"):
            own = send_file(file_text([message(1)]), by=clerk(), now=clock.now())

        assert refused(own.bango, Asked(KENPO, MANAGER, "kaijo")) == "tanmatsu_de_kettei"

    @pytest.mark.parametrize("bango", ["20261120-ZZZZZZZZZZ", "x", "\x00"])
    def test_an_unknown_number_is_told_so(self, bango: str) -> None:
        assert refused(bango, Asked(CITY, MANAGER, "kaijo")) == "uketsuke_nashi"

    def test_the_command_says_what_is_missing(self, sent: Sent) -> None:
        with pytest.raises(CommandError, match="--shokuin"):
            told("--uketsuke-bango", sent.bango, "--kettei", "kaijo")
        with pytest.raises(CommandError, match="システム管理責任者"):
            told("--uketsuke-bango", sent.bango, "--hokensha", CITY, "--shokuin", OTHER, "--kettei", "kaijo")
