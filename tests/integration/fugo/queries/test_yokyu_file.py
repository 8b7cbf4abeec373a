"""What waits and which files wait, in the words of the database and of the plain rules alike."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chukan.kernel.errors import NotFound
from chukan.settings import limits
from fugo.domain.shutoku_state import ShutokuState
from fugo.domain.shutoku_yokyu import is_unanswered
from fugo.queries.yokyu_file import (
    Due,
    count_due,
    get_yokyu_file,
    list_named_objects,
    list_part,
    list_to_build,
    list_to_discard,
    list_to_erase,
    list_to_send,
    list_zones,
)
from tests.support.fugo import WORKER, Line, delivered, released, requests_made, transferred
from tests.support.members import NOW, asked, joined
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, undone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
FIRST = UUID(int=0)


def due(kind: str, *, days: int = 0, most: int = 10) -> Due:
    return count_due(by=WORKER, kind=kind, sent_before=NOW + timedelta(days=days), most=most)


def test_a_file_from_waiting_to_its_end(world: World) -> None:
    joined(1)
    joined(2, by=clerk(OTHER_KENPO))
    requests_made()
    assert due("shinki").kensu == 2
    assert due("shinki", most=1).kensu == 1
    assert due("saihakko") == due("saiyokyu") == Due(0, None)

    (file,) = transferred()
    assert due("shinki") == Due(0, None)
    assert list_zones(by=WORKER, file_id=file.id) == (KENPO, OTHER_KENPO)
    parts = list_part(by=WORKER, file_id=file.id, hokensha_code=KENPO, after=FIRST, most=9)
    assert [part.hihokensha_edaban for part in parts] == [1]
    assert list_part(by=WORKER, file_id=file.id, hokensha_code=KENPO, after=parts[0].shori_tsuban, most=9) == ()
    assert get_yokyu_file(by=WORKER, file_id=file.id).state == "soshin_machi"
    assert list_to_build(by=WORKER, now=NOW) == list_to_send(by=WORKER, now=NOW) == list_to_erase(by=WORKER) == ()
    assert [one.id for one in list_to_discard(by=WORKER, before=NOW + timedelta(seconds=1))] == [file.id]
    assert list_named_objects(by=WORKER, keys=[file.object_key, "x"]) == {file.object_key}

    released(world, file.id)
    assert [one.id for one in list_to_send(by=WORKER, now=NOW)] == [file.id]
    delivered(Line())
    assert list_to_send(by=WORKER, now=NOW) == ()
    assert list_to_discard(by=WORKER, before=NOW + timedelta(days=9)) == ()
    assert list_named_objects(by=WORKER, keys=[file.object_key]) == frozenset()


def test_an_unknown_file_is_not_found() -> None:
    with pytest.raises(NotFound):
        get_yokyu_file(by=WORKER, file_id=uuid4())


@pytest.mark.parametrize("later", [timedelta(0), limits.FUGO_PATIENCE - timedelta(seconds=1), limits.FUGO_PATIENCE])
def test_who_is_unanswered_is_the_plain_rules_word(world: World, later: timedelta) -> None:
    joined(1)
    requests_made()
    (file,) = transferred()
    released(world, file.id)
    delivered(Line())
    ((status, last_sent_at),) = asked(world, "SELECT fugo_shutoku_status, last_sent_at FROM fugo_shutoku_yokyu")

    found = count_due(by=WORKER, kind="saiyokyu", sent_before=NOW + later - limits.FUGO_PATIENCE, most=9)

    assert bool(found.kensu) == is_unanswered(
        ShutokuState(status),
        last_sent_at=last_sent_at,
        is_waiting_to_go=False,
        now=NOW + later,
        patience=limits.FUGO_PATIENCE,
    )


# Very many of one kind wait: as after the extraction of a 再発行, or of members without a number.
_MANY = """
INSERT INTO fugo_shutoku_yokyu (shori_tsuban, himozuke_bango, fugo_shutoku_status, fugo_status_koshin_nichiji,
  fugo_yokyu_uketsuke_nichiji, fugo_saihakko_flag, hokensha_code, hihokensha_edaban, uketsuke_bango,
  uketsuke_meisai_bango, asked_count, shori_kekka_shosai_code, shori_kekka_message)
SELECT gen_random_uuid(), gen_random_uuid(), '1', now(), now() - n * interval '1 second', %s, '06132013', n, '', '', 0,
  %s, '' FROM generate_series(1, %s) AS n
"""
_READ = """
SELECT (pg_stat_get_xact_tuples_fetched('fugo_shutoku_yokyu'::regclass)
  + pg_stat_get_xact_tuples_returned('fugo_shutoku_yokyu'::regclass)
  + (SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid)) FROM pg_index i
     WHERE i.indrelid = 'fugo_shutoku_yokyu'::regclass))::bigint
"""
_ASKED = {
    "due shinki": "SELECT kensu FROM fugo_due('shinki', now(), 5)",
    "due saihakko": "SELECT kensu FROM fugo_due('saihakko', now(), 5)",
    "claim shinki": "SELECT fugo_claim(gen_random_uuid(), 'shinki', now(), 5)",
    "left out": "SELECT left_out FROM fugo_desk_counts(now(), 5)",
    "list left out": "SELECT count(*) FROM fugo_desk_requests('left_out', gen_random_uuid(), '', gen_random_uuid(),"
    " gen_random_uuid(), now(), 5)",
}


@pytest.mark.parametrize(
    ("flag", "reason", "question", "found"),
    [
        (True, "", "due shinki", 0),
        (True, "", "claim shinki", 0),
        (False, "", "due saihakko", 0),
        (False, "bango_nashi", "due shinki", 0),
        (False, "", "left out", 0),
        (True, "", "list left out", 0),
        (False, "", "due shinki", 5),
        (False, "bango_nashi", "left out", 5),
    ],
)
def test_what_waits_is_found_without_walking_what_waits_for_something_else(
    world: World, flag: bool, reason: str, question: str, found: int
) -> None:
    with undone(world) as admin:
        admin.execute(_MANY, [flag, reason, 3_000])
        admin.execute("ANALYZE fugo_shutoku_yokyu")
        before = admin.execute(_READ).fetchone()
        assert admin.execute(_ASKED[question].encode()).fetchone() == (found,)
        after = admin.execute(_READ).fetchone()

    assert before is not None
    assert after is not None
    assert after[0] - before[0] < 100


def test_the_oldest_that_waits_is_the_oldest_of_both_kinds(world: World) -> None:
    with undone(world) as admin:
        for flag, count in ((False, 3), (True, 7)):
            admin.execute(_MANY, [flag, "", count])
        found = admin.execute("SELECT file_machi, now() - oldest FROM fugo_desk_counts(now(), 8)").fetchone()

    assert found == (8, timedelta(seconds=7))
