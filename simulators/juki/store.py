"""What was asked for and handed on. No 個人番号 stays: a line is turned into its 取得番号 while it is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulators.shell.store import Database, Row

SCHEMA = """
create table if not exists file (
  file_id text primary key, digest text not null, kensu integer not null, nichiji text not null,
  saiuketsuke integer not null default 0) without rowid;
create table if not exists kari (
  uketsuke text not null, gyo integer not null, shori_tsuban text not null, shutoku_bango text, riyu text not null,
  primary key (uketsuke, gyo)) without rowid;
create table if not exists yokyu (
  seq integer primary key, shori_tsuban text not null unique, shutoku_bango text, riyu text not null,
  jotai text not null, file_id text not null, uketsuke_nichiji text not null, watashi_nichiji text,
  kaisu integer not null default 1, fuitchi integer not null default 0);
create index if not exists yokyu_machi on yokyu (seq) where jotai = 'machi';
create table if not exists tsuika (shirushi text primary key, basho integer not null) without rowid;
"""
JOTAI = ("machi", "sumi", "ushinatta", "nashi")
RIYU = ("kensa_suji", "jumin_nashi")
CHECKS = ("file_fuitchi", "tsuban_fuitchi", "file_fusei", "digest_fusei", "shomei_fusei")
Line = tuple[str, str | None, str]
"""処理通番, 取得番号 if somebody has the number, else why nobody has."""


class JukiStore(Database):
    """The one file of this stand-in."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)
        self.change("delete from kari")

    def stage(self, uketsuke: str, first: int, lines: Sequence[Line]) -> None:
        """Keep lines of a file that is still arriving."""
        with self.transaction() as db:
            db.executemany(
                "insert into kari values (?, ?, ?, ?, ?)",
                [(uketsuke, place, *line) for place, line in enumerate(lines, start=first)],
            )

    def unstage(self, uketsuke: str) -> None:
        """Forget what arrived of a file."""
        self.change("delete from kari where uketsuke = ?", [uketsuke])

    def digest_of(self, file_id: str) -> str:
        """The digest of a file that was taken, '' when none was."""
        row = self.one("select digest from file where file_id = ?", [file_id])
        return str(row["digest"]) if row else ""

    def accept(self, file_id: str, digest: str, *, uketsuke: str, at: str) -> str:
        """Take a file that arrived whole: '' or 'saiuketsuke' or 'file_fuitchi' by what is held under its name.

        A 処理通番 asked for again is handed on again; under it another person than before is counted and ignored.
        """
        with self.transaction() as db:
            known = db.execute("select digest from file where file_id = ?", [file_id]).fetchone()
            if known is None:
                before = db.execute("select coalesce(sum(fuitchi), 0) from yokyu").fetchone()[0]
                taken = db.execute(
                    "insert into yokyu (shori_tsuban, shutoku_bango, riyu, jotai, file_id, uketsuke_nichiji)"
                    " select shori_tsuban, shutoku_bango, riyu, iif(shutoku_bango is null, 'nashi', 'machi'), ?, ?"
                    " from kari where uketsuke = ? order by gyo"
                    " on conflict (shori_tsuban) do update set kaisu = kaisu + 1,"
                    "  fuitchi = fuitchi + (shutoku_bango is not null and shutoku_bango is not excluded.shutoku_bango),"
                    "  jotai = iif(shutoku_bango is null or shutoku_bango is excluded.shutoku_bango,"
                    "   excluded.jotai, jotai),"
                    "  riyu = iif(shutoku_bango is null, excluded.riyu, riyu),"
                    "  shutoku_bango = coalesce(shutoku_bango, excluded.shutoku_bango)",
                    [file_id, at, uketsuke],
                ).rowcount
                after = db.execute("select coalesce(sum(fuitchi), 0) from yokyu").fetchone()[0]
                db.execute("insert into file values (?, ?, ?, ?, 0)", [file_id, digest, taken, at])
                self._add(db, "tsuban_fuitchi", after - before)
            elif known[0] == digest:
                db.execute("update file set saiuketsuke = saiuketsuke + 1 where file_id = ?", [file_id])
            else:
                self._add(db, "file_fuitchi", 1)
            db.execute("delete from kari where uketsuke = ?", [uketsuke])
        return "" if known is None else "saiuketsuke" if known[0] == digest else "file_fuitchi"

    @staticmethod
    def _add(db: Any, name: str, number: int) -> None:  # noqa: ANN401  # the open connection
        if number:
            db.execute(
                "insert into kazu values (?, ?) on conflict (namae) do update set kazu = kazu + excluded.kazu",
                [name, number],
            )

    def due(self, *, limit: int) -> list[Row]:
        """Requests to hand on, oldest first."""
        return self.rows(
            "select seq, shori_tsuban, shutoku_bango from yokyu where jotai = 'machi' order by seq limit ?", [limit]
        )

    def settle(self, outcomes: Sequence[tuple[str, str, int]]) -> None:
        """Write (state, time, seq) of requests that were handed on or lost."""
        with self.transaction() as db:
            db.executemany("update yokyu set jotai = ?, watashi_nichiji = ? where seq = ?", outcomes)

    def add_person(self, mark: str, place: int) -> None:
        """Keep who was added."""
        self.change("insert into tsuika values (?, ?)", [mark, place])

    def added(self) -> list[tuple[str, int]]:
        """Everybody who was added."""
        return [(row["shirushi"], row["basho"]) for row in self.rows("select * from tsuika")]

    def of_tsuban(self, shori_tsuban: str) -> Row | None:
        """What is known of one 処理通番."""
        return self.one("select * from yokyu where shori_tsuban = ?", [shori_tsuban])

    def files(self, *, limit: int) -> list[Row]:
        """The newest files."""
        return self.rows("select * from file order by nichiji desc, file_id limit ?", [limit])

    def state(self) -> dict[str, Any]:
        """Counts of everything, for tests and for the page."""
        jotai = {row["jotai"]: row["n"] for row in self.rows("select jotai, count(*) n from yokyu group by 1")}
        riyu = {
            row["riyu"]: row["n"]
            for row in self.rows("select riyu, count(*) n from yokyu where jotai = 'nashi' group by 1")
        }
        file = self.rows("select count(*) n, coalesce(sum(saiuketsuke), 0) again from file")[0]
        return {
            "file": file["n"],
            "saiuketsuke": file["again"],
            "yokyu": sum(jotai.values()),
            **{name: jotai.get(name, 0) for name in JOTAI},
            **{name: riyu.get(name, 0) for name in RIYU},
            **self.counted(*CHECKS),
        }
