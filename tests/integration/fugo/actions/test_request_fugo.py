"""A registered person is asked for once, whoever insures and however often it is said; a known one is only linked."""

from __future__ import annotations

import threading
from csv import DictReader
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection, connections, transaction

from chukan.controls import kikan
from chukan.kernel import clock
from chukan.kernel.outbox.heard import list_unheard
from chukan.kernel.principal import Principal, system_principal
from chukan.settings import limits
from fugo import tasks
from fugo.actions import request_fugo as action
from fugo.actions.request_fugo import Outcome, request_fugo
from fugo.queries.persons import find_persons
from shikaku.actions.register_one import register_one
from tests.support.fugo import HEARS, WORKER, requests_made
from tests.support.members import NOW, asked, file_line, join_line, joined, known, loss, sent
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, shuyaku
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
NOBODY = "kenpo_kumiai"


def requests(world: World) -> list[tuple[Any, ...]]:
    return asked(
        world,
        "SELECT hokensha_code, hihokensha_edaban, fugo_shutoku_status, uketsuke_meisai_bango FROM fugo_shutoku_yokyu"
        " ORDER BY hokensha_code, hihokensha_edaban",
    )


def links(world: World) -> list[tuple[Any, ...]]:
    return asked(world, "SELECT hokensha_code, hihokensha_edaban FROM fugo_edaban_himozuke ORDER BY 1, 2")


def zone(code: str = KENPO, shubetsu: str = NOBODY) -> Principal:
    return system_principal(actor_id="worker", hokensha_code=code, hokensha_shubetsu=shubetsu)


def last_block(world: World) -> UUID:
    found = asked(world, "SELECT payload->>'uketsuke_id' FROM outbox_message ORDER BY id DESC LIMIT 1")
    return UUID(found[0][0])


@pytest.mark.kj("KJ-FUGO-02")
def test_a_registration_that_asks_makes_a_request_by_itself(world: World) -> None:
    joined(1)

    assert requests_made() == 1

    assert requests(world) == [(KENPO, 1, "1", "0000001")]
    assert links(world) == [(KENPO, 1)]
    stamps = asked(
        world,
        "SELECT count(*) FROM fugo_shutoku_yokyu WHERE fugo_status_koshin_nichiji = fugo_yokyu_uketsuke_nichiji"
        " AND fugo_tenso_nichiji IS NULL AND uketsuke_bango <> ''",
    )
    assert stamps == [(1,)]


@pytest.mark.kj("KJ-FUGO-02")
def test_a_registration_that_does_not_ask_makes_none(world: World) -> None:
    line = join_line(1)
    register_one(by=clerk(), line=type(line)(**{**_fields(line), "fugo_shutoku_yokyu_kubun": "0"}), now=NOW)

    requests_made()

    assert requests(world) == []
    assert links(world) == []


def _fields(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in line.__dataclass_fields__}


@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-05")
def test_a_second_insurer_is_linked_and_asks_for_nothing(world: World) -> None:
    joined(1)
    requests_made()
    joined(1, by=clerk(OTHER_KENPO))

    requests_made()

    assert requests(world) == [(KENPO, 1, "1", "0000001")]
    assert links(world) == [(KENPO, 1), (OTHER_KENPO, 1)]
    assert asked(world, "SELECT count(DISTINCT himozuke_bango) FROM fugo_edaban_himozuke") == [(1,)]


@pytest.mark.kj("KJ-FUGO-05")
def test_said_again_it_changes_nothing(world: World) -> None:
    joined(1)
    block = last_block(world)
    first = request_fugo(by=zone(), uketsuke_id=block, first_meisai_no=1, last_meisai_no=1, now=NOW)
    held = asked(world, "SELECT * FROM fugo_shutoku_yokyu"), asked(world, "SELECT * FROM fugo_edaban_himozuke")

    again = request_fugo(by=zone(), uketsuke_id=block, first_meisai_no=1, last_meisai_no=1, now=NOW)

    assert (first, again) == (Outcome(1, 1), Outcome(0, 0))
    assert held == (
        asked(world, "SELECT * FROM fugo_shutoku_yokyu"),
        asked(world, "SELECT * FROM fugo_edaban_himozuke"),
    )


def test_a_file_is_asked_for_in_one_block_and_its_refused_lines_are_not(world: World) -> None:
    sent(*(file_line(serial) for serial in range(1, 8)), file_line(8, shutoku="20270401"))

    requests_made()

    assert [row[1] for row in requests(world)] == list(range(1, 8))
    assert [row[3] for row in requests(world)] == [f"{number:07d}" for number in range(1, 8)]


def test_somebody_whose_periods_are_all_withdrawn_is_not_asked_for(world: World) -> None:
    joined(1)
    register_one(by=clerk(), line=known("05", 1), now=NOW)

    requests_made()

    assert requests(world) == []


def test_a_loss_alone_asks_for_nobody_again(world: World) -> None:
    joined(1)
    requests_made()
    register_one(by=clerk(), line=loss(1), now=NOW)
    requests_made()

    assert len(requests(world)) == 1


@pytest.mark.kj("KJ-FUGO-02")
def test_the_lines_of_a_carrying_system_go_to_their_own_zones(world: World) -> None:
    by = shuyaku()
    lines = [file_line(1, zone=SHICHOSON[0]), file_line(2, zone=SHICHOSON[1]), file_line(3, zone=SHICHOSON[0])]
    lines = [
        line.replace(f",{code},100,", f",{bango_of},100,")
        for line, (code, bango_of) in zip(
            lines, [(SHICHOSON[0], "138057"), (SHICHOSON[1], "138065"), (SHICHOSON[0], "138057")], strict=True
        )
    ]
    accepted = sent(*lines, by=by)

    for code in SHICHOSON:
        request_fugo(
            by=Principal(channel="shuyaku", soshiki="system", actor_id=by.actor_id, actor_name="w",
                         hokensha_code=code, hokensha_shubetsu="shichoson_kokuho"),
            uketsuke_id=accepted.uketsuke_id, first_meisai_no=1, last_meisai_no=3, now=NOW,
        )  # fmt: skip

    assert [row[:2] for row in requests(world)] == [(SHICHOSON[0], 1), (SHICHOSON[0], 2), (SHICHOSON[1], 1)]
    assert links(world) == [(SHICHOSON[0], 1), (SHICHOSON[0], 2), (SHICHOSON[1], 1)]


@pytest.mark.kj("KJ-FUGO-01")
def test_two_insurers_at_once_make_one_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked and found nobody; the second one waits for the first and its own request falls away."""
    joined(1)
    first = last_block(world)
    joined(1, by=clerk(OTHER_KENPO))
    second = last_block(world)
    barrier = threading.Barrier(2, timeout=20)
    looked = find_persons

    def both_looked(**given: Any) -> Any:
        found = looked(**given)
        barrier.wait()
        return found

    monkeypatch.setattr(action, "find_persons", both_looked)
    outcomes: list[Outcome] = []

    def run(code: str, block: UUID) -> None:
        try:
            outcomes.append(
                request_fugo(by=zone(code), uketsuke_id=block, first_meisai_no=1, last_meisai_no=1, now=NOW)
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=args) for args in ((KENPO, first), (OTHER_KENPO, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(outcome.requested for outcome in outcomes) == [0, 1]
    assert len(requests(world)) == 1
    assert links(world) == [(KENPO, 1), (OTHER_KENPO, 1)]


@pytest.mark.kj("KJ-FUGO-01")
def test_the_database_refuses_a_second_open_request(world: World) -> None:
    joined(1)
    requests_made()
    with world.admin() as admin, pytest.raises(psycopg.errors.UniqueViolation):
        admin.execute(
            "INSERT INTO fugo_shutoku_yokyu SELECT (r).* FROM (SELECT jsonb_populate_record(y, jsonb_build_object("
            "'shori_tsuban', uuidv7())) AS r FROM fugo_shutoku_yokyu y) AS copied"
        )


BEGINS = [
    ("kyokai_kenpo", date(2017, 5, 8)),
    ("kenpo_kumiai", date(2017, 5, 8)),
    ("kokuho_kumiai", date(2017, 5, 8)),
    ("koki_koiki", date(2017, 5, 8)),
    ("kokkyo", date(2018, 5, 1)),
    ("chikyo", date(2018, 5, 1)),
    ("shigaku", date(2018, 5, 1)),
    ("shichoson_kokuho", date(2020, 10, 1)),
    ("seikatsu_hogo", date(2023, 10, 1)),
]


def morning(day: date) -> datetime:
    """Return the first moment of a day in Japan."""
    return datetime.combine(day, time(), ZoneInfo("Asia/Tokyo"))


@pytest.mark.kj("KJ-IN-20")
@pytest.mark.parametrize(("shubetsu", "first"), BEGINS)
def test_before_the_first_day_of_the_seido_nobody_is_asked_for(world: World, shubetsu: str, first: date) -> None:
    joined(1)
    block = last_block(world)

    made = [
        request_fugo(by=zone(KENPO, shubetsu), uketsuke_id=block, first_meisai_no=1, last_meisai_no=1, now=now)
        for now in (morning(first) - timedelta(microseconds=1), morning(first))
    ]

    assert made == [Outcome(0, 0), Outcome(1, 1)]


def test_every_seido_that_asks_for_codes_has_its_first_day_here() -> None:
    with (Path(kikan.__file__).parent / "data" / "kano.csv").open(encoding="utf-8") as lines:
        asking = {
            (row["hokensha_shubetsu"], date.fromisoformat(row["valid_from"]))
            for row in DictReader(lines)
            if row["jimu"] == "fugo_shutoku" and row["allowed"] == "1"
        }

    assert asking == set(BEGINS)


@pytest.mark.kj("KJ-IN-20", "KJ-FUGO-02")
@pytest.mark.parametrize(
    ("day", "made"),
    [
        (date(2017, 5, 7), []),
        (date(2017, 5, 8), [(KENPO, 1, "1", "0000001"), (KENPO, 3, "1", "0000001")]),
        (date(2017, 5, 14), [(KENPO, 1, "1", "0000001"), (KENPO, 3, "1", "0000001")]),
        (date(2017, 5, 15), []),  # looked for often enough
    ],
)
def test_who_was_registered_early_is_asked_for_when_the_seido_begins(
    world: World, monkeypatch: pytest.MonkeyPatch, day: date, made: list[Any]
) -> None:
    joined(1)
    line = join_line(2)
    register_one(by=clerk(), line=type(line)(**{**_fields(line), "fugo_shutoku_yokyu_kubun": "0"}), now=NOW)
    joined(3)
    joined(4)
    register_one(by=clerk(), line=known("05", 4), now=NOW)
    monkeypatch.setattr(limits, "FUGO_FILE_BLOCK", 1)
    monkeypatch.setattr(clock, "now", lambda: morning(day))

    tasks.request_of_early_members()
    tasks.request_of_early_members()

    assert requests(world) == made
    assert links(world) == [row[:2] for row in made]


def test_a_ring_that_was_lost_is_made_up_for(world: World) -> None:
    joined(1)
    with world.admin() as admin:
        admin.execute("UPDATE outbox_message SET delivered_at = now() - interval '1 hour'")

    tasks.request_of_unheard_blocks()

    assert len(requests(world)) == 1
    assert asked(world, "SELECT count(*) FROM outbox_message") == [(0,)]


def test_a_ring_that_fails_keeps_no_other_from_being_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    joined(1)
    joined(2)
    with world.admin() as admin:
        admin.execute("UPDATE outbox_message SET delivered_at = now() - interval '1 hour'")
    first, _ = list_unheard(by=WORKER, task=HEARS, before=clock.now(), most=9)
    made = request_fugo

    def failing(**given: Any) -> Any:
        if str(given["uketsuke_id"]) == first.payload["uketsuke_id"]:
            raise ZeroDivisionError
        return made(**given)

    monkeypatch.setattr(tasks, "request_fugo", failing)
    with pytest.raises(ZeroDivisionError):
        tasks.request_of_unheard_blocks()

    assert [row[:2] for row in links(world)] == [(KENPO, 2)]
    left = list_unheard(by=WORKER, task=HEARS, before=clock.now(), most=9)
    assert [one.event_id for one in left] == [first.event_id]


@pytest.mark.parametrize(
    "call",
    [
        "fugo_known(%(persons)s::uuid[])",
        "fugo_link(%(persons)s::uuid[], %(edabans)s::bigint[], true)",
        "fugo_request(%(fresh)s::uuid[], %(persons)s::uuid[], %(edabans)s::bigint[], %(meisai)s::text[], 'u', now())",
    ],
)
def test_what_a_person_has_is_found_without_a_walk_through_what_others_have(world: World, call: str) -> None:
    """Before anything is known of the tables, too, as right after the first large file."""
    others, block = 10_000, 600
    with world.admin() as admin:
        admin.execute(
            "INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status,"
            " fugo_status_koshin_nichiji, fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, hokensha_code,"
            " hihokensha_edaban, uketsuke_bango, uketsuke_meisai_bango, asked_count, shori_kekka_shosai_code,"
            " shori_kekka_message) SELECT uuidv7(), uuidv4(), '1', now(), now(), false, %s, n, 'u', '', 0, '', ''"
            " FROM generate_series(1, %s) AS n",
            [KENPO, others],
        )
        admin.execute(
            "INSERT INTO fugo_kikanbetsu_fugo (id, himozuke_bango, ct_kikanbetsu_fugo, bi_kikanbetsu_fugo,"
            " shori_tsuban, hakko_no, yoto, fugo_saihakko_flag, fugo_uketsuke_nichiji, fugo_settei_nichiji)"
            " SELECT uuidv7(), uuidv4(), '', n::text::bytea, uuidv4(), 1, '2', false, now(), now()"
            " FROM generate_series(1, %s) AS n",
            [others],
        )
    given: dict[str, Any] = {
        "persons": [uuid4() for _ in range(block)],
        "fresh": [uuid4() for _ in range(block)],
        "edabans": list(range(block)),
        "meisai": [""] * block,
    }

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [KENPO])
        cursor.execute(f"SELECT FROM {call}", given)
        cursor.execute(
            "SELECT sum(seq_tup_read + idx_tup_fetch)::bigint FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('fugo_shutoku_yokyu', 'fugo_kikanbetsu_fugo')"
        )
        (walked,) = cursor.fetchone()

    assert walked < block
