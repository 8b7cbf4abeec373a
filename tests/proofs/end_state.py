"""What must be so at the end: every line one result, nobody twice, every telegram once and in order, no upload."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.builders.files import objects
from tests.journeys.sample import HeldPerson, differences, held_after
from tests.proofs.crash_field import Field
from tests.proofs.crash_files import GIVEN_UP, LOST, UNREADABLE, SentFile, joined_sample
from tests.support.world import manage

_UKETSUKE = """
SELECT id::text, state, line_count, bookmark, ok_count + warned_count + refused_count, refused_count,
  file_erased_at IS NOT NULL, file_key, reason_code FROM uketsuke_uketsuke WHERE sender = %s AND digest = %s
"""
_MEISAI = """
SELECT meisai_no, line_number, shori_kekka_kubun, shori_kekka_meisai_code, shori_kekka_shosai_code,
  coalesce(lpad(hihokensha_edaban::text, 10, '0'), ''), coalesce(shikaku_tsuban::text, '')
FROM uketsuke_meisai WHERE uketsuke_id IN (SELECT id FROM uketsuke_uketsuke WHERE sender = %s AND digest = %s)
ORDER BY uketsuke_id, meisai_no
"""
_PERSONS = """
SELECT hihokensha_edaban, himozuke_bango::text, bi_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s ORDER BY hihokensha_edaban
"""
_DECISIONS = "SELECT decision FROM uketsuke_horyu WHERE uketsuke_id = %s"
# Whose turn came before a file of the same sender that came earlier, and was not held, had ended (ADR 0026).
_TOO_EARLY = """
SELECT u.sender, count(*) FROM uketsuke_uketsuke u
WHERE EXISTS (
  SELECT 1 FROM uketsuke_uketsuke e WHERE e.sender = u.sender AND e.accepted_at < u.accepted_at
    AND e.finished_at > u.started_at AND NOT EXISTS (SELECT 1 FROM uketsuke_horyu h WHERE h.uketsuke_id = e.id))
GROUP BY 1
"""
_KEPT = "SELECT count(*) FROM uketsuke_uketsuke WHERE file_key <> '' OR refused_until IS NOT NULL"
_LOGGED = "SELECT count(*) FROM sosa_log_event WHERE kind = %s"
_UNSEALED = (
    "SELECT count(*) FROM sosa_log_event e WHERE NOT EXISTS (SELECT 1 FROM sosa_log_leaf l WHERE l.event_id = e.id)"
)
_COLUMNS = (
    "受付明細番号",
    "行番号",
    "処理結果区分",
    "処理結果明細コード",
    "処理結果詳細コード",
    "被保険者枝番",
    "資格通番",
)


def faults(field: Field) -> list[str]:
    """Return everything that is not as it must be after `field`, each in one line; nothing personal."""
    with field.world.admin() as admin:
        found = [fault for file in field.files for fault in _of_file(admin, file)]
        for zone in dict.fromkeys(file.zone for file in field.files):
            found += _of_zone(admin, field, zone)
        found += [f"{zone}: {count} files began too early" for zone, count in admin.execute(_TOO_EARLY)]
        found += _of_queues(admin)
        found += _of_log(admin, field)
    found += [f"upload left: {Path(path).name}" for path in objects(field.world.home)]
    found += _of_stand_in(field.onshi)
    return found + _of_lives(field)


def _of_lives(field: Field) -> list[str]:
    failed, field.failures = field.failures, []
    return [f"{job}: a life failed and nothing was killed under it" for job in failed]


def left_behind(field: Field) -> list[str]:
    """Return what is still kept of refused lines when their days are over."""
    with field.world.admin() as admin:
        found = [f"refused lines: {_one(admin, _KEPT)} files keep theirs"] if _one(admin, _KEPT) else []
        if lines := _one(admin, "SELECT count(*) FROM uketsuke_teiseimachi"):
            found.append(f"refused lines: {lines} left")
        due = _one(admin, "SELECT count(*) FROM uketsuke_uketsuke WHERE refused_count > 0")
        if (told := _one(admin, _LOGGED, "file_expired")) != due:
            found.append(f"log: {told} file_expired for {due}")
        if unsealed := _one(admin, _UNSEALED):
            found.append(f"log: {unsealed} events are not sealed")
    return found + _of_lives(field)


def _of_file(admin: psycopg.Connection, file: SentFile) -> Iterator[str]:
    rows = admin.execute(_UKETSUKE, [file.zone, file.digest]).fetchall()
    if len(rows) != 1:
        yield f"{file.zone}: {len(rows)} 受付 for one file"
        return
    uketsuke_id, state, lines, bookmark, counted, refused, erased, file_key, reason = rows[0]
    if not erased:
        yield f"{file.zone}: the upload is not noted as erased"
    if bool(file_key) != bool(refused):
        yield f"{file.zone}: the key of the upload is {'kept' if file_key else 'gone'} with {refused} refused lines"
    decided = [row[0] for row in admin.execute(_DECISIONS, [uketsuke_id]).fetchall()]
    if decided != [file.decision] * bool(file.decision):
        yield f"{file.zone}: held and decided {decided}, and was to be {file.decision or 'registered without a word'}"
    kekka = _kekka(admin, file)
    if file.reason:
        if (state, reason, bookmark, len(kekka)) != ("kyohi", file.reason, 0, 0):
            yield f"{file.zone}: {state} {reason} at line {bookmark}, and was to be refused as {file.reason}"
        return
    answers = file.sample.answers
    if state != "kanryo" or not lines == bookmark == counted == len(answers):
        yield f"{file.zone}: {state}, line {bookmark} of {lines}, {counted} counted"
    if [one["受付明細番号"] for one in kekka] != [str(number) for number in range(1, len(answers) + 1)]:
        yield f"{file.zone}: {len(kekka)} results for {len(answers)} lines"
        return
    for told in differences(kekka, answers):
        yield f"{file.zone}: line {told.split(' ', 1)[0]} has another result"


def _kekka(admin: psycopg.Connection, file: SentFile) -> list[dict[str, str]]:
    rows = admin.execute(_MEISAI, [file.zone, file.digest]).fetchall()
    return [dict(zip(_COLUMNS, map(str, row), strict=True)) for row in rows]


def _of_zone(admin: psycopg.Connection, field: Field, zone: str) -> Iterator[str]:
    """Compare what a zone holds with all lines of its registered files, one after the other."""
    files = [file for file in field.files if file.zone == zone and not file.reason]
    if not files:
        if persons := admin.execute(_PERSONS, [zone]).fetchall():
            yield f"{zone}: {len(persons)} persons of files that were refused"
        return
    whole = joined_sample(field.folder, f"whole_{zone}", [file.sample for file in files])
    kekka = [result for file in files for result in _kekka(admin, file)]
    if len(kekka) != len(whole.answers):
        return  # told with the file
    due = held_after(whole, kekka)
    persons = admin.execute(_PERSONS, [zone]).fetchall()
    if [row[0] for row in persons] != list(range(1, len(due) + 1)):
        yield f"{zone}: 枝番 with gaps: {len(persons)} persons, the last is {persons[-1][0] if persons else 0}"
    if len({row[1] for row in persons}) != len(persons) or max(_times(row[2] for row in persons), default=1) > 1:
        yield f"{zone}: a person twice"
    yield from _of_telegrams(admin, field.onshi, zone, due)


def _times(values: Iterator[bytes | None]) -> list[int]:
    return list(Counter(bytes(value) for value in values if value is not None).values())


def _of_telegrams(admin: psycopg.Connection, onshi: Path, zone: str, due: dict[str, HeldPerson]) -> Iterator[str]:
    owed = Counter({int(edaban): person.telegrams for edaban, person in due.items() if person.telegrams})
    query = "SELECT hihokensha_edaban, count(*) FROM shikaku_onshi_soshin WHERE hokensha_code = %s GROUP BY 1"
    if dict(admin.execute(query, [zone]).fetchall()) != owed:
        yield f"{zone}: other telegrams are owed than the lines say"
    if _asked(onshi, "select hihokensha_edaban, count(*) from denbun where hokensha_code = ? group by 1", zone) != {
        f"{edaban:010d}": count for edaban, count in owed.items()
    }:
        yield f"{zone}: other telegrams arrived than are owed"
    held = _asked(
        onshi,
        "select hihokensha_edaban, naiyo from genzai"
        " where hokensha_code = ? and shurui = 'shikaku' and naiyo is not null",
        zone,
    )
    if {edaban: _periods(naiyo) for edaban, naiyo in held.items()} != {
        edaban: person.periods for edaban, person in due.items() if person.periods
    }:
        yield f"{zone}: the partner holds other periods than the lines say"


def _periods(naiyo: str) -> dict[str, tuple[str, str]]:
    return {
        str(kikan["shikaku_tsuban"]): (
            kikan["shikaku"]["shikaku_shutoku_ymd"],
            kikan["shikaku"].get("shikaku_soshitsu_ymd") or "",
        )
        for kikan in json.loads(naiyo)["kikan"]
    }


def _asked(onshi: Path, query: str, *values: str) -> dict[str, Any]:
    if not onshi.exists():
        return {}
    with closing(sqlite3.connect(onshi)) as store:
        return dict(store.execute(query, values).fetchall())


def _of_stand_in(onshi: Path) -> Iterator[str]:
    wrong = _asked(onshi, "select 'junjo_ihan', sum(junjo_ihan) from hito union select 'tobi', sum(tobi) from hito")
    wrong |= _asked(onshi, "select namae, kazu from kazu where namae <> 'saisoshin'")
    wrong |= _asked(onshi, "select shurui, count(*) from hakken group by 1")
    yield from (f"partner: {count} {name}" for name, count in wrong.items() if count)


def _of_queues(admin: psycopg.Connection) -> Iterator[str]:
    for what, query in {
        "telegrams": "SELECT count(*) FROM shikaku_onshi_soshin WHERE sent_at IS NULL",
        "処理結果": "SELECT count(*) FROM shikaku_onshi_soshin WHERE shori_kekka_kubun = ''",
        "doorbells": "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL",
    }.items():
        if count := _one(admin, query):
            yield f"stuck: {count} {what}"


def _of_log(admin: psycopg.Connection, field: Field) -> Iterator[str]:
    reasons = Counter(file.reason for file in field.files)
    decisions = Counter(file.decision for file in field.files)
    for kind, due in {
        "file_accepted": len(field.files),
        "file_finished": reasons[""],
        "file_refused": reasons[UNREADABLE] + reasons[GIVEN_UP] + reasons[LOST],
        "file_held": decisions["kaijo"] + decisions["torisage"],
        "file_released": decisions["kaijo"],
        "file_withdrawn": decisions["torisage"],
    }.items():
        if (count := _one(admin, _LOGGED, kind)) != due:
            yield f"log: {count} {kind} for {due}"
    if unsealed := _one(admin, _UNSEALED):
        yield f"log: {unsealed} events are not sealed"
    try:
        manage("verify_sosa_log")
    except RuntimeError:
        yield "log: not whole"


def _one(admin: psycopg.Connection, query: str, *values: object) -> int:
    row = admin.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(row[0])
