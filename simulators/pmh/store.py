"""What municipalities registered and what the hub answered, kept apart by municipality and 事務区分."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.shell.store import Database, Row

SCHEMA = """
create table if not exists taisho (
  seq integer primary key autoincrement, jichitai_code text not null, jimu_kubun text not null,
  jichitai_gyomu_id text not null, kojin_bango text not null, pmh_id text,
  jotai text not null default 'machi', riyu text not null default '', kaisu integer not null default 0,
  after real not null default 0, toroku_nichiji text not null, kaito_nichiji text,
  kohi_futansha_bango text, jukyusha_bango text, yuko_kaishi_ymd text, yuko_shuryo_ymd text,
  unique (jichitai_code, jimu_kubun, jichitai_gyomu_id));
create index if not exists taisho_machi on taisho (jimu_kubun, after) where jotai = 'machi';
create index if not exists taisho_pmh_id on taisho (pmh_id) where pmh_id is not null;
create index if not exists taisho_bango on taisho (kojin_bango);
create table if not exists irai (
  seq integer primary key autoincrement, nichiji text not null, jimu_kubun text not null, hoho text not null,
  kensu integer not null, status integer, kekka text not null);
create table if not exists toi (seq integer primary key autoincrement, nichiji text not null, kensu integer not null);
"""
JOTAI = ("machi", "sumi", "nashi", "kyohi")
CHECKS = ("bango_fuitchi", "katachi", "kotae_fuitchi", "id_kawatta", "id_ni_bango", "yokei_uketsuke")
NOTED = ("id_kyoyu", "kotowarareta")
JOSEI = ("kohi_futansha_bango", "jukyusha_bango", "yuko_kaishi_ymd", "yuko_shuryo_ymd")


@dataclass(frozen=True)
class Outcome:
    """How asking for one person went: the row, its new state, the PMH-ID if one came, when to try again."""

    seq: int
    jotai: str
    pmh_id: str | None = None
    riyu: str = ""
    after: float = 0.0


class PmhStore(Database):
    """The one file of this stand-in."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def register(self, *, jichitai_code: str, jimu_kubun: str, items: Sequence[Mapping[str, Any]], at: str) -> None:
        """Keep persons of one municipality; known ones keep what they have unless their number changed."""
        with self.transaction() as db:
            db.executemany(
                "insert into taisho (jichitai_code, jimu_kubun, jichitai_gyomu_id, kojin_bango, toroku_nichiji,"
                " kohi_futansha_bango, jukyusha_bango, yuko_kaishi_ymd, yuko_shuryo_ymd) values (?,?,?,?,?,?,?,?,?)"
                " on conflict (jichitai_code, jimu_kubun, jichitai_gyomu_id) do update set"
                "  kohi_futansha_bango = excluded.kohi_futansha_bango, jukyusha_bango = excluded.jukyusha_bango,"
                "  yuko_kaishi_ymd = excluded.yuko_kaishi_ymd, yuko_shuryo_ymd = excluded.yuko_shuryo_ymd,"
                "  pmh_id = case when kojin_bango = excluded.kojin_bango then pmh_id end,"
                "  jotai = case when kojin_bango = excluded.kojin_bango then jotai else 'machi' end,"
                "  riyu = case when kojin_bango = excluded.kojin_bango then riyu else '' end,"
                "  kaisu = case when kojin_bango = excluded.kojin_bango then kaisu else 0 end,"
                "  after = case when kojin_bango = excluded.kojin_bango then after else 0 end,"
                "  kojin_bango = excluded.kojin_bango",
                [
                    [
                        *(jichitai_code, jimu_kubun, item["jichitai_gyomu_id"], item["kojin_bango"], at),
                        *(item.get(name) for name in JOSEI),
                    ]
                    for item in items
                ],
            )

    def due(self, *, now: float, limit: int) -> list[Row]:
        """Persons of one 事務区分 to ask for now, oldest first."""
        first = self.one(
            "select jimu_kubun from taisho where jotai = 'machi' and after <= ? order by after, seq limit 1", [now]
        )
        if first is None:
            return []
        return self.rows(
            "select seq, jimu_kubun, kojin_bango, kaisu from taisho"
            " where jotai = 'machi' and jimu_kubun = ? and after <= ? order by after, seq limit ?",
            [first["jimu_kubun"], now, limit],
        )

    def settle(self, outcomes: Sequence[Outcome], *, at: str) -> None:
        """Write how asking went; a PMH-ID that contradicts what is held is counted."""
        with self.transaction() as db:
            for outcome in outcomes:
                db.execute(
                    "update taisho set jotai = ?, pmh_id = coalesce(?, pmh_id), riyu = ?, after = ?, kaisu = kaisu + 1,"
                    " kaito_nichiji = ? where seq = ?",
                    [
                        outcome.jotai,
                        outcome.pmh_id,
                        outcome.riyu,
                        outcome.after,
                        at if outcome.jotai != "machi" else None,
                        outcome.seq,
                    ],
                )

    def contradictions(self, answers: Mapping[str, str]) -> dict[str, int]:
        """How many of these (個人番号 → PMH-ID) contradict each other or what is held.

        `id_kyoyu`, one PMH-ID for two numbers, is right where the one number replaced the other: PMH cannot tell.
        """
        numbers, ids = json.dumps(list(answers)), json.dumps(list(answers.values()))
        held = self.rows(
            "select kojin_bango, pmh_id from taisho where pmh_id is not null and"
            " (kojin_bango in (select value from json_each(?)) or pmh_id in (select value from json_each(?)))",
            [numbers, ids],
        )
        owner = {row["pmh_id"]: row["kojin_bango"] for row in held}
        shared = Counter(answers.values())
        return {
            "id_kawatta": sum(answers.get(row["kojin_bango"], row["pmh_id"]) != row["pmh_id"] for row in held),
            "id_kyoyu": sum(
                shared[pmh_id] > 1 or owner.get(pmh_id, number) != number for number, pmh_id in answers.items()
            ),
            "id_ni_bango": sum(number in pmh_id for number, pmh_id in answers.items()),
        }

    def note_request(self, *, at: str, jimu_kubun: str, hoho: str, kensu: int, status: int | None, kekka: str) -> None:
        """Keep that the hub was asked; never a number."""
        self.change(
            "insert into irai (nichiji, jimu_kubun, hoho, kensu, status, kekka) values (?,?,?,?,?,?)",
            [at, jimu_kubun, hoho, kensu, status, kekka],
        )

    def ask_again(self, *, jichitai_code: str, jimu_kubun: str) -> int:
        """Put those without a PMH-ID back among the waiting ones; how many."""
        return self.change(
            "update taisho set jotai = 'machi', after = 0, kaisu = 0, riyu = ''"
            " where jichitai_code = ? and jimu_kubun = ? and jotai in ('nashi', 'kyohi')",
            [jichitai_code, jimu_kubun],
        )

    def kept(self, *, jichitai_code: str, jimu_kubun: str = "") -> list[Row]:
        """Everybody of one municipality, in order of registration."""
        return self.rows(
            "select * from taisho where jichitai_code = ? and ? in ('', jimu_kubun) order by seq",
            [jichitai_code, jimu_kubun],
        )

    def josei(self, pmh_id: str) -> list[Row]:
        """The medical aid of one person: 医療費公費 of every municipality that holds this PMH-ID."""
        return self.rows(
            "select jichitai_code, kohi_futansha_bango, jukyusha_bango, yuko_kaishi_ymd, yuko_shuryo_ymd from taisho"
            " where pmh_id = ? and jimu_kubun = '01' and yuko_kaishi_ymd is not null order by seq",
            [pmh_id],
        )

    def state(self) -> dict[str, Any]:
        """Counts of everything, for tests and for the page."""
        rows = self.rows("select jichitai_code, jimu_kubun, jotai, count(*) n from taisho group by 1, 2, 3")
        jotai = Counter[str]()
        for row in rows:
            jotai[row["jotai"]] += row["n"]
        asked = self.rows("select count(*) n, coalesce(sum(hoho = 'ikkatsu'), 0) ikkatsu from irai")[0]
        toi = self.rows("select count(*) n from toi")[0]["n"]
        return {
            "taisho": sum(jotai.values()),
            **{name: jotai[name] for name in JOTAI},
            "irai": asked["n"],
            "ikkatsu": asked["ikkatsu"],
            "toi": toi,
            **self.counted(*CHECKS, *NOTED),
        }

    def by_jichitai(self) -> list[Row]:
        """Counts per municipality and 事務区分."""
        return self.rows(
            "select jichitai_code, jimu_kubun, count(*) n, sum(jotai = 'sumi') sumi, sum(jotai = 'machi') machi,"
            " sum(jotai = 'nashi') nashi, sum(jotai = 'kyohi') kyohi from taisho group by 1, 2 order by 1, 2"
        )

    def requests(self, *, limit: int) -> list[Row]:
        """The newest requests to the hub."""
        return self.rows("select * from irai order by seq desc limit ?", [limit])
