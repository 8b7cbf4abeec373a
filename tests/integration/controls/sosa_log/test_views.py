import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
OWN, ALL = "/kanri/sosa-rireki/", "/unyo/sosa-kiroku/"
TARGET = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
KANRI = frozenset({("kanri", "shokai")})


def write(hokensha: str = KENPO, **more: object) -> int:
    given: dict[str, object] = {
        "by": clerk(hokensha), "kind": SosaKind.SHOKAI, "jimu": "shikaku", "target_file": "shikaku", "result": "ok",
        "screen_id": "HS-102", "now": clock.now(), **more,
    }  # fmt: skip
    return record_sosa_alone(**given)  # type: ignore[arg-type]


@pytest.fixture
def manager(world: World) -> Client:
    """The システム管理責任者 of one insurer, signed in."""
    with as_role(world, "kanri"):
        a_staff(kengen=KANRI)
    return browser()


@pytest.fixture
def operator(world: World) -> Client:
    with as_role(world, "kanri"):
        an_operator(kengen=KANRI)
    return browser("K0001", hokensha="")


def lines(response: "_MonkeyPatchedWSGIResponse") -> list[str]:
    """Return the kinds of the rows the page shows."""
    return [line["kind"] for line in response.context["lines"]]


def kinds(world: World) -> list[str]:
    with world.admin() as admin:
        return [row[0] for row in admin.execute("SELECT kind FROM sosa_log_event ORDER BY id")]


class TestOwnLog:
    @pytest.mark.kj("KJ-LOG-16")
    def test_shows_the_own_organisation_and_nobody_elses(self, manager: Client) -> None:
        write(targets=[TARGET])
        write(OTHER_KENPO, kind=SosaKind.SOSHITSU)

        response = manager.post(OWN, {"kind": "shokai"})
        every = manager.post(OWN, {"day_from": "2026-01-01", "hokensha_code": OTHER_KENPO})

        assert response.status_code == 200
        assert lines(response) == ["詳細の表示"]
        assert "喪失の登録" not in lines(every)
        assert lines(every)

    def test_erasure_by_time_is_told_from_throwing_away(self, manager: Client) -> None:
        write(kind=SosaKind.FILE_DISCARDED)
        write(kind=SosaKind.FILE_EXPIRED, by=system_principal(actor_id="beat", hokensha_code=KENPO))

        assert lines(manager.post(OWN, {"kind": "file_expired"})) == ["訂正待ちの期限による消去"]
        assert lines(manager.post(OWN, {"kind": "file_discarded"})) == ["訂正待ちの破棄"]

    def test_opens_with_the_events_of_today(self, manager: Client) -> None:
        write(now=datetime(2026, 1, 5, tzinfo=UTC), kind=SosaKind.TOROKU)
        write()

        assert "登録" not in lines(manager.get(OWN))
        assert "詳細の表示" in lines(manager.get(OWN))

    @pytest.mark.kj("KJ-LOG-13")
    @pytest.mark.parametrize(
        "condition, found",
        [
            ({"actor_id": "clerk-06132013", "day_from": "2026-01-01"}, 3),
            ({"day_from": "R8.1.5", "day_to": "令和8年1月5日"}, 1),
            ({"day_from": "2026-01-06", "day_to": "2026-01-06"}, 1),
            ({"kind": "toroku", "day_from": "2026-01-01"}, 1),
            ({"result": "refused"}, 1),
            ({"target": TARGET}, 2),
            ({"target": TARGET, "result": "refused"}, 0),
            ({"actor_id": "somebody"}, 0),
        ],
    )
    def test_each_condition_narrows(self, manager: Client, condition: dict[str, str], found: int) -> None:
        write(now=datetime(2026, 1, 5, 14, 59, tzinfo=UTC), kind=SosaKind.TOROKU, targets=[TARGET])
        write(now=datetime(2026, 1, 5, 15, 0, tzinfo=UTC), targets=["x", TARGET])  # the 6th in Japan
        write(result="refused")

        assert len(lines(manager.post(OWN, condition))) == found

    def test_pages_by_fifty_both_ways(self, manager: Client) -> None:
        for number in range(120):
            write(targets=[f"n-{number}"])
        condition = {"kind": "shokai", "day_from": "2026-01-01"}

        first = manager.post(OWN, condition)
        second = manager.post(OWN, {**condition, "before": first.context["older_than"]})
        third = manager.post(OWN, {**condition, "before": second.context["older_than"]})
        back = manager.post(OWN, {**condition, "after": third.context["newer_than"]})

        assert [len(lines(page)) for page in (first, second, third, back)] == [50, 50, 20, 50]
        assert first.context["newer_than"] is None
        assert third.context["older_than"] is None
        assert [line["row"].id for line in back.context["lines"]] == [
            line["row"].id for line in second.context["lines"]
        ]

    @pytest.mark.kj("KJ-LOG-09")
    def test_a_target_key_is_shown_by_its_beginning_only(self, manager: Client) -> None:
        write(targets=[TARGET])

        page = manager.post(OWN, {"kind": "shokai", "day_from": "2026-01-01"}).content.decode()

        assert "3f2504e0…" in page
        assert TARGET not in page

    def test_a_date_that_cannot_be_read_is_said_at_its_field(self, manager: Client) -> None:
        response = manager.post(OWN, {"day_from": "きのう"})

        assert response.status_code == 422
        assert "期間（はじめ）を読み取れません。" in response.content.decode()
        assert manager.post(OWN, {"day_from": "2026-01-02", "day_to": "2026-01-01"}).status_code == 422

    def test_every_search_is_an_event_itself(self, manager: Client, world: World) -> None:
        manager.post(OWN, {"kind": "toroku"})

        assert kinds(world)[-1] == "log_search"

    @pytest.mark.kj("KJ-LOG-13")
    def test_the_output_is_an_event_itself_and_holds_what_was_found(self, manager: Client, world: World) -> None:
        write(targets=[TARGET], by=clerk())
        write(kind=SosaKind.TOROKU)

        response = manager.post(f"{OWN}csv/", {"kind": "shokai", "day_from": "2026-01-01"})

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert [row[9] for row in rows] == ["操作種別", "詳細の表示"]
        assert kinds(world)[-1] == "log_export"

    def test_a_cell_is_never_a_formula(self, manager: Client) -> None:
        write(kind=SosaKind.SHOKAI, jimu="=1+1")

        content = manager.post(f"{OWN}csv/", {"kind": "shokai", "day_from": "2026-01-01"}).content.decode()

        assert '"\'=1+1"' in content

    def test_without_the_right_it_is_refused(self, world: World) -> None:
        with as_role(world, "kanri"):
            a_staff()  # 資格履歴 only

        assert browser().get(OWN).status_code == 403
        assert Client().get(OWN).status_code == 302
        assert browser().get(ALL).status_code == 403


class TestSearchOfOperators:
    @pytest.mark.kj("KJ-LOG-13")
    def test_shows_every_zone_and_can_be_narrowed(self, operator: Client) -> None:
        write()
        write(OTHER_KENPO)

        every = operator.post(ALL, {"kind": "shokai", "day_from": "2026-01-01"})
        one = operator.post(ALL, {"kind": "shokai", "hokensha_code": OTHER_KENPO})

        assert [line["row"].hokensha_code for line in every.context["lines"]] == [OTHER_KENPO, KENPO]
        assert [line["row"].hokensha_code for line in one.context["lines"]] == [OTHER_KENPO]

    def test_erasure_by_time_has_its_own_words(self, operator: Client) -> None:
        write(kind=SosaKind.FILE_EXPIRED, by=system_principal(actor_id="beat", hokensha_code=KENPO))

        assert lines(operator.post(ALL, {"kind": "file_expired"})) == ["訂正待ちの期限による消去"]

    def test_by_terminal(self, operator: Client) -> None:
        write()

        assert len(lines(operator.post(ALL, {"terminal": "T-0001"}))) == 1
        assert len(lines(operator.post(ALL, {"terminal": "T-0002"}))) == 0

    def test_output(self, operator: Client, world: World) -> None:
        write()

        assert operator.post(f"{ALL}csv/", {"kind": "shokai", "day_from": "2026-01-01"}).status_code == 200
        assert kinds(world)[-1] == "log_export"

    def test_the_operators_role_cannot_read_a_sealed_body(self, world: World) -> None:
        with as_role(world, "operator"):
            from django.db import connection
            from django.db.utils import ProgrammingError

            for column in ("body", "salt"):
                with pytest.raises(ProgrammingError), connection.cursor() as cursor:
                    cursor.execute(f"SELECT {column} FROM sosa_log_event")

    def test_an_insurers_manager_is_refused(self, manager: Client, world: World) -> None:
        assert manager.get(ALL).status_code == 403
        assert kinds(world)[-1] == "refused"


def test_what_is_searched_for_is_in_the_record(manager: Client, world: World) -> None:
    manager.post(OWN, {"actor_id": "S0009", "target": TARGET})
    with world.admin() as admin:
        row = admin.execute("SELECT body, targets FROM sosa_log_event ORDER BY id DESC LIMIT 1").fetchone()

    assert row is not None
    assert json.loads(row[0])["detail"]["actor_id"] == "S0009"
    assert row[1] == [TARGET]


@pytest.mark.kj("KJ-LOG-09")
@pytest.mark.parametrize("name", ["target", "actor_id"])
def test_a_number_typed_by_mistake_is_refused_and_goes_nowhere(manager: Client, world: World, name: str) -> None:
    response = manager.post(OWN, {name: "123456789018"})

    assert response.status_code == 422
    assert "123456789018" not in response.content.decode()
    with world.admin() as admin:
        assert "123456789018" not in str(admin.execute("SELECT e::text FROM sosa_log_event e").fetchall())
