"""One file for each municipality, so that no query can reach into another; users, sessions and 仮名 stand apart."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from simulators.shell.store import Database, Row
from simulators.yobosesshu.items import BEYOND, KIROKU, TAISHOSHA, USER, YOSHINHYO, columns

ZONE_SCHEMA = f"""
create table if not exists taishosha (
  seq integer primary key autoincrement, row_id text not null unique, {columns(TAISHOSHA)}, {columns(BEYOND)},
  kaisu integer not null default 0, after real not null default 0);
create unique index if not exists taishosha_gyomu on taishosha (jichitai_gyomu_id);
create unique index if not exists taishosha_bango on taishosha (yobosesshu_taishosha_bango);
create unique index if not exists taishosha_key on taishosha (pmh_key) where pmh_key is not null;
create unique index if not exists taishosha_kamei on taishosha (pmh_kamei_shikibetsushi)
  where pmh_kamei_shikibetsushi is not null;
create table if not exists sesshu (
  yobosesshu_kanri_id text primary key, taishosha_seq integer not null, yobosesshu_settei_id text not null,
  kumiawase_bango text, kyosei_shikko_ymd text, kansho_rule_id text, kansho_ymd text,
  sesshu_fuka_flag text not null default '0', unique (taishosha_seq, yobosesshu_settei_id)) without rowid;
create table if not exists yoshinhyo (
  seq integer primary key autoincrement, {columns(YOSHINHYO)}, unique (yobosesshu_kanri_id, komoku_id));
create table if not exists kiroku (seq integer primary key autoincrement, {columns(KIROKU)});
create table if not exists ayumi (
  seq integer primary key autoincrement, taishosha_seq integer not null, nichiji text not null, dan integer not null,
  naiyo text not null);
create table if not exists sosa_log (
  seq integer primary key autoincrement, nichiji text not null, kikan_user_id text not null, sosa text not null,
  yobosesshu_taishosha_bango text not null, kekka text not null);
"""
USER_SCHEMA = f"""
create table if not exists user (jichitai_code text not null, {columns(USER)}, unique (kikan_user_id));
create table if not exists session (token text primary key, kikan_user_id text not null) without rowid;
"""
KAMEI_SCHEMA = """
create table if not exists kamei (pmh_key text primary key, pmh_kamei_shikibetsushi text not null unique) without rowid;
"""
MACHI, IRAI, ZUMI, NASHI, KYOHI = "machi", "irai", "zumi", "nashi", "kyohi"
REGISTERED = (
    *("kojin_bango", "shimei_kana", "shimei", "jusho", "seinengappi", "seibetsu", "hogosha_shimei"),
    *("renkei_file_mei", "sonota_kanri_bango", "sesshu_taishosha_kubun", "genmen_kubun"),
)


class Zone(Database):
    """The part of one municipality."""

    def __init__(self, path: Path, code: str, name: str) -> None:
        super().__init__(path, ZONE_SCHEMA)
        self.code, self.name = code, name

    def register(self, item: Mapping[str, Any], *, settei: Sequence[Mapping[str, Any]], at: str) -> None:
        """Keep one 対象者; a known 自治体業務ID is changed, a changed number is numbered anew."""
        gyomu = item["jichitai_gyomu_id"]
        with self.transaction() as db:
            found = db.execute("select seq, kojin_bango from taishosha where jichitai_gyomu_id = ?", [gyomu]).fetchone()
            values = {name: item.get(name) for name in REGISTERED} | {"renkei_nichiji": at}
            if found is None:
                values |= {
                    "jichitai_gyomu_id": gyomu,
                    "jichitai_code": self.code,
                    "row_id": secrets.token_urlsafe(12),
                    "pmh_renkei_key": f"RK{secrets.token_hex(8)}",
                    "yobosesshu_taishosha_bango": self._new_bango(db),
                    "renkei_shori_status": MACHI,
                    "renkei_error_naiyo": "",
                    "henko_kubun": "1",
                    "recovery_flag": "0",
                    "fukaiji_flag": "0",
                    "etsuran_teishi_flag": "0",
                }
                names = ", ".join(values)
                marks = ", ".join("?" * len(values))
                db.execute(f"insert into taishosha ({names}) values ({marks})", list(values.values()))  # noqa: S608
            else:
                values |= {"henko_kubun": "2"}
                if found[1] != item["kojin_bango"]:
                    values |= {"pmh_key": None, "pmh_kamei_shikibetsushi": None, "id5": None}
                    values |= {"renkei_shori_status": MACHI, "renkei_error_naiyo": ""}
                    db.execute("update taishosha set after = 0, kaisu = 0 where seq = ?", [found[0]])
                self._set(db, found[0], values)
            seq = db.execute("select seq from taishosha where jichitai_gyomu_id = ?", [gyomu]).fetchone()[0]
            for one in settei:
                db.execute(
                    "insert or ignore into sesshu (yobosesshu_kanri_id, taishosha_seq, yobosesshu_settei_id,"
                    " kumiawase_bango, kansho_rule_id, kansho_ymd) values (?,?,?,?,?,?)",
                    [f"YK{secrets.token_hex(8)}", seq, one["yobosesshu_settei_id"], "1", "R1", at[:10]],
                )
            self._note(db, seq, 1, "登録した" if found is None else "登録の内容を変えた", at)

    def _new_bango(self, db: Any) -> str:  # noqa: ANN401  # the writing connection
        while True:
            bango = f"{secrets.randbelow(10**10):010d}"
            if not db.execute("select 1 from taishosha where yobosesshu_taishosha_bango = ?", [bango]).fetchone():
                return bango

    def _set(self, db: Any, seq: int, values: Mapping[str, object]) -> None:  # noqa: ANN401  # see above
        names = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"update taishosha set {names} where seq = ?", [*values.values(), seq])  # noqa: S608  # our columns

    def _note(self, db: Any, seq: int, dan: int, naiyo: str, at: str) -> None:  # noqa: ANN401  # see above
        db.execute("insert into ayumi (taishosha_seq, nichiji, dan, naiyo) values (?,?,?,?)", [seq, at, dan, naiyo])

    def change_person(
        self, seq: int, values: Mapping[str, object], *, dan: int = 0, naiyo: str = "", at: str = ""
    ) -> None:
        """Change items of one person and note what happened in the story (once, if it is said again)."""
        with self.transaction() as db:
            self._set(db, seq, values)
            last = db.execute(
                "select naiyo from ayumi where taishosha_seq = ? and dan = ? order by seq desc limit 1", [seq, dan]
            ).fetchone()
            if naiyo and (last is None or last[0] != naiyo):
                self._note(db, seq, dan, naiyo, at)

    def set_kamei(self, row: Row, kamei: str, *, at: str) -> None:
        """Give a person the PMH仮名識別子, once."""
        if row["pmh_kamei_shikibetsushi"] is None:
            values = {"pmh_kamei_shikibetsushi": kamei}
            self.change_person(row["seq"], values, dan=3, naiyo="PMH仮名識別子が届いた", at=at)

    def person(self, row_id: str) -> Row | None:
        """One person by the random id of the row."""
        return self.one("select * from taishosha where row_id = ?", [row_id])

    def by(self, column: str, value: str) -> Row | None:
        """One person by PMHキー or PMH仮名識別子."""
        return self.one(f"select * from taishosha where {column} = ?", [value])  # noqa: S608  # two words of our own

    def people(self) -> list[Row]:
        """Everybody in order of registration."""
        return self.rows("select * from taishosha order by seq")

    def waiting(self, status: str, *, now: float, limit: int = 1000) -> list[Row]:
        """Those of a 連携処理ステータス that are due."""
        return self.rows(
            "select * from taishosha where renkei_shori_status = ? and after <= ? order by after, seq limit ?",
            [status, now, limit],
        )

    def sesshu_of(self, seq: int) -> list[Row]:
        """The vaccinations of a person."""
        return self.rows("select * from sesshu where taishosha_seq = ? order by yobosesshu_settei_id", [seq])

    def answers(self, kanri_id: str) -> list[Row]:
        """The 予診票 of one vaccination."""
        return self.rows("select * from yoshinhyo where yobosesshu_kanri_id = ? order by komoku_id", [kanri_id])

    def answer(self, sesshu: Row, given: Mapping[str, str], *, fuka: bool, at: str) -> None:
        """Keep a whole 予診票, replacing an earlier one."""
        flag = "1" if fuka else "0"
        with self.transaction() as db:
            kanri = sesshu["yobosesshu_kanri_id"]
            db.execute("update sesshu set sesshu_fuka_flag = ? where yobosesshu_kanri_id = ?", [flag, kanri])
            for komoku, naiyo in given.items():
                values = {
                    "komoku_id": komoku,
                    "kanri_id": f"{kanri}-{komoku}",
                    "koshin_nichiji": at,
                    "kaito_id": f"KT{secrets.token_hex(6)}",
                    "kaito_naiyo": naiyo,
                    "kaito_shori_status": "zumi",
                    "kaito_nichiji": at,
                    "sesshu_fuka_flag": flag,
                    **{
                        name: sesshu[name]
                        for name in (
                            *("yobosesshu_settei_id", "yobosesshu_kanri_id", "kumiawase_bango"),
                            *("kyosei_shikko_ymd", "kansho_rule_id", "kansho_ymd"),
                        )
                    },
                }
                names, marks = ", ".join(values), ", ".join("?" * len(values))
                sql = f"insert or replace into yoshinhyo ({names}) values ({marks})"  # noqa: S608  # our columns
                db.execute(sql, list(values.values()))
            self._note(db, sesshu["taishosha_seq"], 4, "予診票が届いた", at)

    def records(self, kanri_id: str) -> list[Row]:
        """The newest 接種記録 of one vaccination."""
        return self.rows("select * from kiroku where yobosesshu_kanri_id = ? and saishin_flag = '1'", [kanri_id])

    def record(self, seq: int, values: Mapping[str, str], *, at: str) -> None:
        """Keep a 接種記録."""
        kept = {
            **values,
            "yobosesshu_kiroku_id": f"KR{secrets.token_hex(8)}",
            "koshin_nichiji": at,
            "saishin_flag": "1",
            "sakujo_flag": "0",
        }
        with self.transaction() as db:
            names, marks = ", ".join(kept), ", ".join("?" * len(kept))
            db.execute(f"insert into kiroku ({names}) values ({marks})", list(kept.values()))  # noqa: S608
            db.execute("update taishosha set after = 0, kaisu = 0 where seq = ?", [seq])
            self._note(db, seq, 5, f"{values['ishi_mei']}が接種を記録した", at)

    def without_id5(self, *, now: float) -> list[Row]:
        """Persons who were vaccinated and have no ID5 yet."""
        return self.rows(
            "select distinct taishosha.* from taishosha join sesshu on sesshu.taishosha_seq = taishosha.seq"
            " join kiroku using (yobosesshu_kanri_id)"
            " where id5 is null and pmh_key is not null and after <= ? order by after limit 20",
            [now],
        )

    def ayumi(self, seq: int) -> list[Row]:
        """What happened to a person, in order."""
        return self.rows("select * from ayumi where taishosha_seq = ? order by seq", [seq])

    def log(self, *, user: str, sosa: str, bango: str, kekka: str, at: str) -> None:
        """Keep who did what with whom; never a 個人番号."""
        self.change(
            "insert into sosa_log (nichiji, kikan_user_id, sosa, yobosesshu_taishosha_bango, kekka) values (?,?,?,?,?)",
            [at, user, sosa, bango, kekka],
        )

    def logged(self, *, limit: int) -> list[Row]:
        """The newest of the operation log."""
        return self.rows("select * from sosa_log order by seq desc limit ?", [limit])

    def state(self) -> dict[str, int]:
        """Counts of this municipality."""
        found = self.rows(
            "select count(*) taishosha, coalesce(sum(pmh_key is not null), 0) pmh_key,"
            " coalesce(sum(pmh_kamei_shikibetsushi is not null), 0) kamei, coalesce(sum(id5 is not null), 0) id5"
            " from taishosha"
        )[0]
        answered = self.rows("select count(distinct yobosesshu_kanri_id) n from yoshinhyo")[0]["n"]
        recorded = self.rows("select count(*) n from kiroku")[0]["n"]
        return {name: int(value) for name, value in {**found, "yoshinhyo": answered, "kiroku": recorded}.items()}


class Zones:
    """All municipalities of this system, by 自治体コード."""

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._zones = {code: Zone(folder / f"{code}.sqlite3", code, name) for code, name in sorted(names.items())}
        self.users = Users(folder / "user.sqlite3")
        self.kamei = Kamei(folder / "kamei.sqlite3")
        for code, name in names.items():
            self.users.seed(code, name)

    def __iter__(self) -> Iterator[Zone]:
        return iter(self._zones.values())

    def of(self, code: str) -> Zone | None:
        """The part of a municipality, or None."""
        return self._zones.get(code)

    def close(self) -> None:
        """Finish; the files stay."""
        for zone in self:
            zone.close()
        self.users.close()
        self.kamei.close()

    def empty(self) -> None:
        """Forget everything the municipalities have; the users stay."""
        for zone in self:
            zone.empty()
        self.kamei.empty()


class Kamei(Database):
    """Which PMH仮名識別子 came for a PMHキー: マイナポータル tells it once and erases the key, a row may come later."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, KAMEI_SCHEMA)

    def keep(self, pmh_key: str, kamei: str) -> bool:
        """Keep what came; False when another one came before."""
        self.change("insert or ignore into kamei values (?, ?)", [pmh_key, kamei])
        return self.of(pmh_key) == kamei

    def of(self, pmh_key: str) -> str | None:
        """What came for this PMHキー, or None."""
        row = self.one("select pmh_kamei_shikibetsushi from kamei where pmh_key = ?", [pmh_key])
        return str(row["pmh_kamei_shikibetsushi"]) if row else None


class Users(Database):
    """Users of municipalities and of the medical institutions that vaccinate for them, and their sessions."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, USER_SCHEMA)

    def seed(self, code: str, name: str) -> None:
        """The three made-up users of a municipality."""
        made = (
            ("K1", f"{name}　番号取扱者", "jichitai", "1"),
            ("S1", f"{name}　一般職員", "jichitai", "0"),
            ("I1", f"{name}医院　受付", "iryokikan", "0"),
        )
        with self.transaction() as db:
            db.executemany(
                "insert or ignore into user values (?,?,?,?,?,?,?,?,?)",
                [
                    (
                        code,
                        code,
                        f"{code}-{suffix}",
                        f"{suffix.lower()}@{code}.example",
                        shimei,
                        kubun,
                        kubun,
                        flag,
                        "0",
                    )
                    for suffix, shimei, kubun, flag in made
                ],
            )

    def all(self) -> list[Row]:
        """Everybody who may sign in."""
        return self.rows("select * from user where user_sakujo_flag = '0' order by jichitai_code, kikan_user_id")

    def sign_in(self, user_id: str) -> str:
        """A new session; '' for an unknown or deleted user."""
        known = "select 1 from user where kikan_user_id = ? and user_sakujo_flag = '0'"
        if self.one(known, [user_id]) is None:
            return ""
        token = secrets.token_urlsafe(24)
        self.change("insert into session values (?, ?)", [token, user_id])
        return token

    def of_session(self, token: str) -> Row | None:
        """Who is signed in; nobody once the user is deleted."""
        return self.one(
            "select user.* from session join user using (kikan_user_id) where token = ? and user_sakujo_flag = '0'",
            [token],
        )

    def sign_out(self, token: str) -> None:
        """End a session."""
        self.change("delete from session where token = ?", [token])
