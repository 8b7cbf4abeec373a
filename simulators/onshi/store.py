"""Everything received, in one SQLite file (WAL): it survives a kill, and a repeat changes nothing."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulators.onshi import kumi
from simulators.onshi.telegrams import Telegram
from simulators.shell.store import Database, add_counts

SCHEMA = """
create table if not exists denbun (
  seq integer primary key autoincrement, soshin_bango text not null unique, denbun_shubetsu text not null,
  himozuke_bango text not null, jun integer not null, hokensha_code text not null, hihokensha_edaban text not null,
  naiyo text not null, digest text not null, uketsuke_nichiji text not null, atsukai text not null,
  kekka_kubun text, kekka_meisai_code text, kekka_jotai text not null, kekka_kaisu integer not null default 0,
  kekka_after real not null default 0, kekka_nichiji text);
create index if not exists denbun_himozuke on denbun (himozuke_bango, seq);
create index if not exists denbun_machi on denbun (kekka_after) where kekka_jotai = 'machi';
create table if not exists hito (
  himozuke_bango text primary key, saigo_jun integer not null, kensu integer not null,
  junjo_ihan integer not null, tobi integer not null) without rowid;
create table if not exists genzai (
  himozuke_bango text not null, hokensha_code text not null, shurui text not null, jun integer not null,
  soshin_bango text not null, hihokensha_edaban text not null, naiyo text,
  primary key (himozuke_bango, hokensha_code, shurui)) without rowid;
create table if not exists hakken (
  seq integer primary key autoincrement, soshin_bango text not null, shurui text not null, basho text not null);
create table if not exists jisseki (seq integer primary key autoincrement, naiyo text not null);
"""
OK = "ok"
CHANGED = "naiyo_fuitchi"


class Store(Database):
    """What arrived and what became of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA + kumi.SCHEMA)

    def receive(
        self, telegrams: Sequence[Telegram], *, at: str, answer_after: float, late: Mapping[str, float] | None = None
    ) -> list[str]:
        """A code for each telegram, in order; all that are `ok` are kept before this returns.

        Results are due after `answer_after`; `late` has another moment for some 送信番号.
        """
        with self.transaction() as db:
            known = _by_key(
                db, "select soshin_bango, digest from denbun where soshin_bango", [t.soshin_bango for t in telegrams]
            )
            persons = _by_key(
                db,
                "select himozuke_bango, saigo_jun, kensu, junjo_ihan, tobi from hito where himozuke_bango",
                [t.himozuke_bango for t in telegrams],
            )
            codes, repeats, changed, fresh = [], 0, 0, []
            for telegram in telegrams:
                seen = known.get(telegram.soshin_bango)
                if seen is None:
                    known[telegram.soshin_bango] = (telegram.soshin_bango, telegram.digest)
                    fresh.append(telegram)
                elif seen[1] == telegram.digest:
                    repeats += 1
                else:
                    changed += 1
                    codes.append(CHANGED)
                    continue
                codes.append(OK)
            self._keep(db, fresh, persons, at=at, answer_after=answer_after, late=late or {})
            add_counts(db, saisoshin=repeats, naiyo_fuitchi=changed)
        return codes

    def _keep(
        self,
        db: sqlite3.Connection,
        fresh: Sequence[Telegram],
        persons: dict[str, tuple[Any, ...]],
        *,
        at: str,
        answer_after: float,
        late: Mapping[str, float],
    ) -> None:
        held = {
            (row[0], row[1], row[2]): row[3]
            for row in db.execute(
                "select himozuke_bango, hokensha_code, shurui, jun from genzai"
                " where himozuke_bango in (select value from json_each(?))",
                [json.dumps([t.himozuke_bango for t in fresh])],
            )
        }
        rows, states = [], []
        for telegram in fresh:
            _, last, count, breaches, gaps = persons.get(telegram.himozuke_bango, (None, 0, 0, 0, 0))
            breaches += telegram.jun <= last
            gaps += telegram.jun > last + 1
            persons[telegram.himozuke_bango] = (
                telegram.himozuke_bango,
                max(last, telegram.jun),
                count + 1,
                breaches,
                gaps,
            )
            key = (telegram.himozuke_bango, telegram.hokensha_code, telegram.group)
            newer = telegram.jun > held.get(key, 0)
            if newer:
                held[key] = telegram.jun
                naiyo = None if telegram.denbun_shubetsu == "sakujo" else telegram.naiyo
                states.append((*key, telegram.jun, telegram.soshin_bango, telegram.hihokensha_edaban, naiyo))
            rows.append(
                (
                    telegram.soshin_bango,
                    telegram.denbun_shubetsu,
                    telegram.himozuke_bango,
                    telegram.jun,
                    telegram.hokensha_code,
                    telegram.hihokensha_edaban,
                    telegram.naiyo,
                    telegram.digest,
                    at,
                    "hanei" if newer else "furui",
                    late.get(telegram.soshin_bango, answer_after),
                )
            )
        db.executemany(
            "insert into denbun (soshin_bango, denbun_shubetsu, himozuke_bango, jun, hokensha_code, hihokensha_edaban,"
            " naiyo, digest, uketsuke_nichiji, atsukai, kekka_jotai, kekka_after)"
            " values (?,?,?,?,?,?,?,?,?,?,'machi',?)",
            rows,
        )
        db.executemany("insert or replace into genzai values (?,?,?,?,?,?,?)", states)
        db.executemany(
            "insert or replace into hito values (?,?,?,?,?)",
            [persons[key] for key in {telegram.himozuke_bango for telegram in fresh}],
        )
        db.executemany(
            "insert into hakken (soshin_bango, shurui, basho) values (?,?,?)",
            [
                *((t.soshin_bango, finding.shurui, finding.basho) for t in fresh for finding in t.findings),
                *kumi.note_pairs(db, fresh),
            ],
        )

    def owed_answers(self, *, now: float, limit: int) -> list[dict[str, Any]]:
        """Telegrams whose 「処理結果電文」 is due, oldest first."""
        with self.reading() as db:
            rows = db.execute(
                "select soshin_bango, kekka_kubun, kekka_meisai_code, kekka_kaisu from denbun"
                " where kekka_jotai = 'machi' and kekka_after <= ? order by kekka_after, seq limit ?",
                [now, limit],
            )
            return [dict(row) for row in rows]

    def settle_answers(self, results: Sequence[tuple[str, str | None, str, float, str | None, str]]) -> None:
        """Write how sending went: (区分, 明細コード, 状態, next try, time, 送信番号) each."""
        with self.transaction() as db:
            db.executemany(
                "update denbun set kekka_kubun = ?, kekka_meisai_code = ?, kekka_jotai = ?, kekka_after = ?,"
                " kekka_nichiji = ?, kekka_kaisu = kekka_kaisu + 1 where soshin_bango = ?",
                results,
            )

    def state(self) -> dict[str, Any]:
        """Counts of everything, for tests and for the page."""
        with self.reading() as db:
            shubetsu = _pairs(db, "select denbun_shubetsu, count(*) from denbun group by 1")
            kekka = _pairs(db, "select kekka_jotai, count(*) from denbun group by 1")
            kubun = _pairs(db, "select kekka_kubun, count(*) from denbun where kekka_jotai = 'sumi' group by 1")
            hakken = _pairs(db, "select shurui, count(*) from hakken group by 1")
            kazu = _pairs(db, "select namae, kazu from kazu")
            return {
                "denbun": sum(shubetsu.values()),
                "shubetsu": {name: shubetsu.get(name, 0) for name in ("shikaku", "sakujo", "pmh_id")},
                "hito": _one(db, "select count(*) from hito"),
                "genzai": _one(db, "select count(*) from genzai where shurui = 'shikaku' and naiyo is not null"),
                "furui": _one(db, "select count(*) from denbun where atsukai = 'furui'"),
                "junjo_ihan": _one(db, "select coalesce(sum(junjo_ihan), 0) from hito"),
                "tobi": _one(db, "select coalesce(sum(tobi), 0) from hito"),
                "kojin_bango": hakken.get("kojin_bango", 0),
                "kinshi_komoku": hakken.get("kinshi_komoku", 0),
                "katachi": hakken.get("katachi", 0),
                **{name: hakken.get(name, 0) for name in (kumi.TWICE, kumi.CHANGED, kumi.SHARED, kumi.OTHER)},
                "saisoshin": kazu.get("saisoshin", 0),
                "naiyo_fuitchi": kazu.get("naiyo_fuitchi", 0),
                "shomei_fusei": kazu.get("shomei_fusei", 0),
                "denbun_fusei": kazu.get("denbun_fusei", 0),
                "onaji_hito": kazu.get("onaji_hito", 0),
                "kekka": {name: kekka.get(name, 0) for name in ("machi", "sumi", "kyohi")},
                "kekka_kubun": {name: kubun.get(name, 0) for name in ("1", "2", "9")},
            }

    def telegrams(self, *, after: int, limit: int, newest_first: bool = False) -> list[dict[str, Any]]:
        """Telegrams in order of arrival, after a cursor."""
        order = "desc" if newest_first else "asc"
        with self.reading() as db:
            sql = f"select * from denbun where seq > ? order by seq {order} limit ?"  # noqa: S608  # two fixed words
            return [_telegram_row(row) for row in db.execute(sql, [after, limit])]

    def findings(self, *, limit: int) -> list[dict[str, Any]]:
        """The newest of what should not have come."""
        with self.reading() as db:
            return [dict(row) for row in db.execute("select * from hakken order by seq desc limit ?", [limit])]

    def persons(self, *, after: str, limit: int, hokensha_code: str = "") -> list[dict[str, Any]]:
        """Held persons by 紐付番号, each with what every insurer's latest telegram says."""
        with self.reading() as db:
            rows = db.execute(
                "select hito.*, genzai.hokensha_code, genzai.jun, genzai.hihokensha_edaban, genzai.naiyo"
                " from (select * from hito where himozuke_bango > ? order by himozuke_bango limit ?) hito"
                " left join genzai on genzai.himozuke_bango = hito.himozuke_bango and genzai.shurui = 'shikaku'"
                "  and (? = '' or genzai.hokensha_code = ?) order by 1",
                [after, limit, hokensha_code, hokensha_code],
            )
            found: dict[str, dict[str, Any]] = {}
            for row in rows:
                keys = ("himozuke_bango", "saigo_jun", "kensu", "junjo_ihan", "tobi")
                person = found.setdefault(row["himozuke_bango"], {key: row[key] for key in keys} | {"hokensha": []})
                if row["hokensha_code"] is not None:
                    naiyo = json.loads(row["naiyo"]) if row["naiyo"] else None
                    person["hokensha"].append(
                        {
                            "hokensha_code": row["hokensha_code"],
                            "hihokensha_edaban": row["hihokensha_edaban"],
                            "jun": row["jun"],
                            "naiyo": naiyo,
                        }
                    )
            return list(found.values())

    def person(self, himozuke_bango: str) -> dict[str, Any] | None:
        """One person with every telegram in order of arrival, or None."""
        with self.reading() as db:
            hito = db.execute("select * from hito where himozuke_bango = ?", [himozuke_bango]).fetchone()
            if hito is None:
                return None
            denbun = db.execute("select * from denbun where himozuke_bango = ? order by seq", [himozuke_bango])
            genzai = db.execute("select * from genzai where himozuke_bango = ?", [himozuke_bango])
            return dict(hito) | {
                "denbun": [_telegram_row(row) for row in denbun],
                "genzai": [dict(row) | {"naiyo": json.loads(row["naiyo"] or "null")} for row in genzai],
            }

    def shogo(self, hokensha_code: str) -> dict[str, Any]:
        """Number of persons held of an insurer, and one digest over them.

        Digest: SHA-256 over `紐付番号 SHA-256(naiyo)` lines in order of 紐付番号, naiyo as canonical JSON.
        """
        digest, kensu = hashlib.sha256(), 0
        with self.reading() as db:
            rows = db.execute(
                "select himozuke_bango, naiyo from genzai"
                " where hokensha_code = ? and shurui = 'shikaku' and naiyo is not null order by himozuke_bango",
                [hokensha_code],
            )
            for himozuke, naiyo in rows:
                kensu += 1
                digest.update(f"{himozuke} {hashlib.sha256(naiyo.encode()).hexdigest()}\n".encode())
        return {"kensu": kensu, "digest": digest.hexdigest()}

    def add_jisseki(self, items: Sequence[dict[str, Any]]) -> None:
        """Keep lines of the 「資格確認実績ログ」."""
        with self.transaction() as db:
            db.executemany("insert into jisseki (naiyo) values (?)", [(json.dumps(item),) for item in items])

    def jisseki(self, *, after: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Lines of the log after a cursor, and the next cursor."""
        with self.reading() as db:
            rows = db.execute("select seq, naiyo from jisseki where seq > ? order by seq limit ?", [after, limit])
            found = rows.fetchall()
        return [json.loads(row["naiyo"]) for row in found], found[-1]["seq"] if found else after


def _by_key(db: sqlite3.Connection, select: str, keys: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    sql = f"{select} in (select value from json_each(?))"  # noqa: S608  # both texts are ours
    return {row[0]: row for row in db.execute(sql, [json.dumps(keys)])}


def _one(db: sqlite3.Connection, sql: str) -> int:
    return int(db.execute(sql).fetchone()[0])


def _pairs(db: sqlite3.Connection, sql: str) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in db.execute(sql)}


def _telegram_row(row: sqlite3.Row) -> dict[str, Any]:
    return dict(row) | {"naiyo": json.loads(row["naiyo"])}
