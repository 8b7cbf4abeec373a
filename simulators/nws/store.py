"""What was asked for, and what the hub said to each code; no code is kept."""

import json
import random
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from simulators import clock
from simulators.shell.blocks import blocks
from simulators.shell.running import epoch
from simulators.shell.store import Database, Row

SCHEMA = """
create table if not exists yokyu (
  seq integer primary key, shori_tsuban text not null unique, kikan_code text not null, shutoku_bango text not null,
  sedai integer not null, jotai text not null, todoke real not null, kaisu integer not null default 0,
  saido integer not null default 0, uketsuke_nichiji text not null, soshin_nichiji text, kekka text);
create index if not exists yokyu_machi on yokyu (kikan_code, todoke) where jotai = 'machi';
create index if not exists yokyu_hito on yokyu (kikan_code, shutoku_bango, sedai);
create table if not exists dekigoto (
  seq integer primary key autoincrement, nichiji text not null, shori_tsuban text not null, koto text not null,
  kekka text not null);
create index if not exists dekigoto_tsuban on dekigoto (shori_tsuban);
create table if not exists settei (namae text primary key, atai real not null) without rowid;
"""
JOTAI = ("machi", "sumi", "ushinatta")
KEKKA = ("ok", "jufuku", "yokyu_nashi")
CHECKS = ("katachi", "kotae_fuitchi", "yokei_uketsuke", "shiranai_uketsuke")
OTHERS = ("tsuban_fuitchi", "kotowarareta", "kyohi", "betsujin_uketsuke", "shiranai_kyohi", "tsushin", "ikkatsu")
HOUR = 3600.0
SHUFFLE_SECONDS = 0.5
"""Requests of one moment are answered in any order within so many seconds."""
BLOCK = 20_000
BLOCK_SECONDS = 0.01
MAX_HOURS = 24 * 365
CLOCK = ("okure_jikan", "haba_jikan", "susumi_jikan")


@dataclass(frozen=True)
class Outcome:
    """How sending one code went: the row, its new state, what the hub said if it did, when to send again."""

    seq: int
    jotai: str
    kekka: str | None = None
    todoke: float = 0.0


def filled_tsuban(seed: int, number: int) -> str:
    """The 処理通番 (UUIDv7) of the n-th made-up request of a seed; a measurement makes the same ones in the hub."""
    return str(UUID(int=(0x0190 << 112) | (seed << 80) | (7 << 76) | (0b10 << 62) | number))


class NwsStore(Database):
    """The one file of this stand-in."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def clock(self) -> dict[str, float]:
        """Hours: how late codes come, by how much more at most, and how far the clock was moved on."""
        found = {row["namae"]: row["atai"] for row in self.rows("select * from settei")}
        return {name: found.get(name, 0.0) for name in CLOCK}

    def set_clock(self, values: Mapping[str, float]) -> None:
        """Change the named hours; ValueError when one is unknown or out of range. The clock never goes back."""
        wanted = dict(values)
        moved = wanted.pop("susumeru_jikan", 0.0)
        wanted["susumi_jikan"] = self.clock()["susumi_jikan"] + moved
        for name, value in (*wanted.items(), ("susumeru_jikan", moved)):
            if name not in {*CLOCK, "susumeru_jikan"} or "susumi_jikan" in values:
                raise ValueError(f"知らない項目です: {name}")
            if not 0 <= value <= MAX_HOURS:
                raise ValueError(f"時間は0から{MAX_HOURS}までです: {name}")
        with self.transaction() as db:
            db.executemany("insert or replace into settei values (?, ?)", list(wanted.items()))

    def now(self) -> float:
        """The present moment of this world, as seconds."""
        return epoch() + self.clock()["susumi_jikan"] * HOUR

    def accept(self, *, kikan_code: str, items: Sequence[tuple[str, str]], at: str) -> int:
        """Keep requests (処理通番, 取得番号) of one institution; how many were new.

        A new 処理通番 for a known person is the next issue. A known 処理通番 is answered again; for another person
        than before it is counted and ignored.
        """
        hours = self.clock()
        first = self.now() + hours["okure_jikan"] * HOUR
        spread = hours["haba_jikan"] * HOUR + SHUFFLE_SECONDS
        again = other = 0
        with self.transaction() as db:
            held = self._held(db, [name for name, _ in items])
            new: dict[str, str] = {}
            for name, person in items:
                known = held.get(name) or ((kikan_code, new[name]) if name in new else None)
                if known is None:
                    new[name] = person
                elif known != (kikan_code, person):
                    other += 1
                else:
                    again += 1
                    db.execute(
                        "update yokyu set saido = saido + 1, todoke = iif(jotai = 'machi', todoke, ?), jotai = 'machi'"
                        " where shori_tsuban = ?",
                        [first + random.random() * spread, name],
                    )
            db.executemany(
                "insert into yokyu (shori_tsuban, kikan_code, shutoku_bango, sedai, jotai, todoke, uketsuke_nichiji)"
                " select ?1, ?2, ?3, coalesce(max(sedai), 0) + 1, 'machi', ?4, ?5"
                " from yokyu where kikan_code = ?2 and shutoku_bango = ?3",
                [(name, kikan_code, person, first + random.random() * spread, at) for name, person in new.items()],
            )
        self.count(saiuketsuke=again, tsuban_fuitchi=other)
        return len(new)

    @staticmethod
    def _held(db: sqlite3.Connection, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        found = db.execute(
            "select shori_tsuban, kikan_code, shutoku_bango from yokyu"
            " where shori_tsuban in (select value from json_each(?))",
            [json.dumps(names)],
        )
        return {name: (kikan_code, person) for name, kikan_code, person in found}

    def fill(self, *, kikan_code: str, tsuban: Iterable[str], at: str) -> int:
        """Requests of made-up persons, one per 処理通番, ready to be answered at once; how many.

        The order is shuffled within blocks, so that what is sent together lies together on disk.
        """
        kensu, long_ago = 0, self.now() - HOUR
        for place, block in enumerate(blocks(tsuban, BLOCK)):
            due = long_ago + place * BLOCK_SECONDS
            rows = [(name, kikan_code, f"fill:{name}", due + random.random() * BLOCK_SECONDS, at) for name in block]
            with self.transaction() as db:
                kensu += db.executemany(
                    "insert or ignore into yokyu (shori_tsuban, kikan_code, shutoku_bango, sedai, jotai, todoke,"
                    " uketsuke_nichiji) values (?, ?, ?, 1, 'machi', ?, ?)",
                    rows,
                ).rowcount
        return kensu

    def due(self, *, kikan_code: str, limit: int) -> list[Row]:
        """Codes to send now, in the order in which they are due."""
        return self.rows(
            "select seq, shori_tsuban, kikan_code, shutoku_bango, sedai, kaisu from yokyu"
            " where jotai = 'machi' and kikan_code = ? and todoke <= ? order by todoke limit ?",
            [kikan_code, self.now(), limit],
        )

    def settle(self, outcomes: Iterable[Outcome], *, events: Sequence[tuple[str, str, str]]) -> None:
        """Write how sending went; events are (処理通番, what, what the hub said)."""
        at = clock.now().isoformat()
        with self.transaction() as db:
            db.executemany(
                "update yokyu set jotai = ?, kekka = coalesce(?, kekka), todoke = ?, kaisu = kaisu + 1,"
                " soshin_nichiji = iif(? is null, soshin_nichiji, ?) where seq = ?",
                [
                    (outcome.jotai, outcome.kekka, outcome.todoke, outcome.kekka, at, outcome.seq)
                    for outcome in outcomes
                ],
            )
            db.executemany(
                "insert into dekigoto (nichiji, shori_tsuban, koto, kekka) values (?, ?, ?, ?)",
                [(at, *event) for event in events],
            )

    def of_tsuban(self, shori_tsuban: str) -> Row | None:
        """What is known of one 処理通番."""
        return self.one("select * from yokyu where shori_tsuban = ?", [shori_tsuban])

    def events(self, *, limit: int, shori_tsuban: str = "") -> list[Row]:
        """The newest things that were out of the ordinary."""
        return self.rows(
            "select * from dekigoto where ? in ('', shori_tsuban) order by seq desc limit ?", [shori_tsuban, limit]
        )

    def state(self) -> dict[str, Any]:
        """Counts of everything, for tests and for the page."""
        rows = self.rows("select jotai, kekka, sedai > 1 sai, count(*) n from yokyu group by 1, 2, 3")
        return {
            "yokyu": sum(row["n"] for row in rows),
            "saihakko": sum(row["n"] for row in rows if row["sai"]),
            **{name: sum(row["n"] for row in rows if row["jotai"] == name) for name in JOTAI},
            **{name: sum(row["n"] for row in rows if row["kekka"] == name) for name in KEKKA},
            **self.counted("saiuketsuke", *OTHERS, *CHECKS),
        }
