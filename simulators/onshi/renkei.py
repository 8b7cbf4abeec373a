"""What オンライン資格確認 does with a PMH-ID: hands it to マイナポータル, tells 被保険者番号, asks for 医療助成の期限.

None of it passes through the hub.
"""

import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.onshi.store import Store
from simulators.shell.running import backoff, epoch, problem_code
from simulators.shell.store import Database, Row

SCHEMA = """
create table if not exists renkei (
  himozuke_bango text primary key, pmh_id text not null unique, serial_bango text not null unique,
  kamei_shikibetsushi text not null unique, jotai text not null default 'machi', riyu text not null default '',
  kaisu integer not null default 0, after real not null default 0, nichiji text) without rowid;
create table if not exists ichi (seq integer not null);
"""
BATCH = 1000


class Renkei(Database):
    """Persons with a PMH-ID, and whether マイナポータル knows them; `portal` and `pmh` are lines, if there are any."""

    def __init__(
        self, path: Path, *, store: Store, portal: HubClient | None = None, pmh: HubClient | None = None
    ) -> None:
        super().__init__(path, SCHEMA)
        self._store, self._portal, self._pmh = store, portal, pmh

    def work(self) -> bool:
        """Take up new PMH-IDs and hand one over; whether there was anything to do."""
        taken = self._take_up()
        return self._hand_over() or taken

    def _take_up(self) -> bool:
        place = self.one("select max(seq) seq from ichi")
        after = int(place["seq"] or 0) if place else 0
        telegrams = self._store.telegrams(after=after, limit=BATCH)
        if not telegrams:
            return False
        with self.transaction() as db:
            db.executemany(
                "insert or ignore into renkei (himozuke_bango, pmh_id, serial_bango, kamei_shikibetsushi)"
                " values (?,?,?,?)",
                [
                    (
                        row["himozuke_bango"],
                        row["naiyo"]["pmh_id"],
                        f"SN{secrets.token_hex(8).upper()}",
                        f"KS{secrets.token_hex(12)}",
                    )
                    for row in telegrams
                    if row["denbun_shubetsu"] == "pmh_id" and row["naiyo"].get("pmh_id")
                ],
            )
            db.execute("insert into ichi (seq) values (?)", [telegrams[-1]["seq"]])
            db.execute("delete from ichi where seq < ?", [telegrams[-1]["seq"]])
        return True

    def _hand_over(self) -> bool:
        row = self.one("select * from renkei where jotai = 'machi' and after <= ? order by after limit 1", [epoch()])
        if row is None or self._portal is None:
            return False
        message = {
            "serial_bango": row["serial_bango"],
            "kamei_shikibetsushi": row["kamei_shikibetsushi"],
            "pmh_key": row["pmh_id"],
            "shimei": self._shimei(row["himozuke_bango"]),
        }
        try:
            answer = self._portal.send_json("/renkei", message)
            done, reason = answer.is_success, problem_code(answer) or str(answer.status_code)
        except httpx.HTTPError:
            done, reason = False, "tsushin"
        self.change(
            "update renkei set jotai = ?, riyu = ?, kaisu = kaisu + 1, after = ?, nichiji = ? where himozuke_bango = ?",
            [
                "sumi" if done else "machi",
                "" if done else reason,
                0 if done else backoff(row["kaisu"]),
                clock.now().isoformat(),
                row["himozuke_bango"],
            ],
        )
        return True

    def _shimei(self, himozuke_bango: str) -> str:
        person = self._store.person(himozuke_bango) or {"genzai": []}
        names = [held["naiyo"]["kihon"].get("shimei_kenmen") for held in person["genzai"] if _is_shikaku(held)]
        return next((name for name in names if name), "（氏名なし）")

    def of(self, himozuke_bango: str) -> Row | None:
        """What is kept of one person, or None."""
        return self.one("select * from renkei where himozuke_bango = ?", [himozuke_bango])

    def with_pmh_id(self, pmh_id: str) -> Row | None:
        """What is kept of the person with this PMH-ID, or None."""
        return self.one("select * from renkei where pmh_id = ?", [pmh_id])

    def hihokensha_bango(self, pmh_id: str) -> list[dict[str, Any]] | None:
        """Every 被保険者番号 the person with this PMH-ID has had, oldest first; None when nobody has it."""
        row = self.with_pmh_id(pmh_id)
        person = self._store.person(row["himozuke_bango"]) if row else None
        if person is None:
            return None
        names = ("hokensha_bango", "hihokenshasho_kigo", "hihokenshasho_bango", "edaban", "shikaku_shutoku_ymd")
        periods = [
            {name: kikan["shikaku"].get(name) for name in names}
            for held in person["genzai"]
            if _is_shikaku(held)
            for kikan in held["naiyo"]["kikan"]
        ]
        return sorted(periods, key=lambda period: str(period["shikaku_shutoku_ymd"]))

    def ask_josei(self, himozuke_bango: str) -> tuple[str, list[dict[str, Any]]]:
        """Why there is no answer ('' when there is one), and 医療助成の有効期限 as PMH tells it."""
        row = self.of(himozuke_bango)
        if row is None:
            return "この人のPMH-IDは、まだ届いていません。払い出しを待ってください。", []
        if self._pmh is None:
            return "PMH への接続が設定されていません。--pmh-url を指定して起動してください。", []
        try:
            answer = self._pmh.send_json("/josei-kigen", {"pmh_id": row["pmh_id"]})
        except httpx.HTTPError:
            return "PMH につながりません。少し待って、もう一度照会してください。", []
        if answer.status_code != HTTPStatus.OK:
            return (
                f"PMH が断りました（{answer.status_code} {problem_code(answer)}）。接続の登録を確かめてください。",
                [],
            )
        return "", list(answer.json()["items"])


def _is_shikaku(held: dict[str, Any]) -> bool:
    return held["shurui"] == "shikaku" and held["naiyo"] is not None
