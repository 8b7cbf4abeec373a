"""The pair of 紐付番号 and PMH-ID as it was told: once, for ever, for one person, and named in what follows."""

import json
import sqlite3
from collections.abc import Iterator, Sequence

from simulators.onshi.telegrams import Telegram

SCHEMA = """
create table if not exists kumi (
  himozuke_bango text primary key, pmh_id text not null, jun integer not null, soshin_bango text not null)
  without rowid;
create index if not exists kumi_pmh_id on kumi (pmh_id);
"""
TWICE, CHANGED, SHARED, OTHER = "id_nido", "id_kawatta", "id_kyoyu", "id_chigai"
ASKED_FOR_ANEW = "9"  # 処理結果区分: what was answered so is rightly told again


def note_pairs(db: sqlite3.Connection, telegrams: Sequence[Telegram]) -> Iterator[tuple[str, str, str]]:
    """Keep the pairs of new telegrams; (送信番号, 種類, 場所) of each that contradicts what was told before.

    The first pair of a person stands. `jun` of the pair says which 資格 telegrams come after it.
    """
    found = db.execute(
        "select himozuke_bango, pmh_id, jun, soshin_bango from kumi"
        " where himozuke_bango in (select value from json_each(?))",
        [json.dumps([telegram.himozuke_bango for telegram in telegrams])],
    )
    held: dict[str, tuple[str, int, str]] = {row[0]: (row[1], row[2], row[3]) for row in found}
    for telegram in telegrams:
        pmh_id, jun, told_by = held.get(telegram.himozuke_bango, ("", 0, ""))
        if telegram.denbun_shubetsu == "shikaku":
            if pmh_id and telegram.jun > jun and telegram.pmh_id != pmh_id:
                yield telegram.soshin_bango, OTHER, "pmh_id"
        elif telegram.denbun_shubetsu == "pmh_id" and telegram.pmh_id:
            if pmh_id and telegram.pmh_id != pmh_id:
                yield telegram.soshin_bango, CHANGED, "pmh_id"
            elif pmh_id and not _was_refused(db, told_by):
                yield telegram.soshin_bango, TWICE, "pmh_id"
            if _has_another(db, telegram):
                yield telegram.soshin_bango, SHARED, "pmh_id"
            kept = (pmh_id or telegram.pmh_id, jun or telegram.jun, telegram.soshin_bango)
            held[telegram.himozuke_bango] = kept
            db.execute("insert or replace into kumi values (?,?,?,?)", [telegram.himozuke_bango, *kept])


def _was_refused(db: sqlite3.Connection, soshin_bango: str) -> bool:
    answered = db.execute("select kekka_kubun from denbun where soshin_bango = ?", [soshin_bango]).fetchone()
    return answered is not None and answered[0] == ASKED_FOR_ANEW


def _has_another(db: sqlite3.Connection, telegram: Telegram) -> bool:
    others = "select 1 from kumi where pmh_id = ? and himozuke_bango <> ?"
    return db.execute(others, [telegram.pmh_id, telegram.himozuke_bango]).fetchone() is not None
