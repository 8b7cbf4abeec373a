"""Residents who can be reached, their PMH仮名識別子, and their sessions. The PMHキー goes once it was handed on."""

import secrets
from pathlib import Path

from simulators.shell.running import epoch
from simulators.shell.store import Database, Row

SCHEMA = """
create table if not exists riyosha (
  serial_bango text primary key, shimei text not null, kamei_shikibetsushi text not null unique, pmh_key text,
  pmh_kamei_shikibetsushi text unique, jotai text not null default 'mishiyo', riyu text not null default '',
  kaisu integer not null default 0, after real not null default 0, toroku_nichiji text not null,
  renkei_nichiji text, seq integer not null) without rowid;
create table if not exists session (token text primary key, serial_bango text not null) without rowid;
"""
JOTAI = ("mishiyo", "machi", "zumi")


class PortalStore(Database):
    """The one file of this stand-in."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def add(self, *, serial_bango: str, shimei: str, kamei_shikibetsushi: str, pmh_key: str, at: str) -> None:
        """Keep a resident; a repeat changes nothing, and never brings an erased PMHキー back."""
        self.change(
            "insert or ignore into riyosha (serial_bango, shimei, kamei_shikibetsushi, pmh_key, toroku_nichiji, seq)"
            " values (?,?,?,?,?, (select count(*) from riyosha))",
            [serial_bango, shimei, kamei_shikibetsushi, pmh_key, at],
        )

    def begin(self, serial_bango: str) -> None:
        """Give the resident a PMH仮名識別子, once, to be handed on."""
        self.change(
            "update riyosha set pmh_kamei_shikibetsushi = ?, jotai = 'machi' where serial_bango = ?"
            " and jotai = 'mishiyo'",
            [f"PK{secrets.token_hex(16)}", serial_bango],
        )

    def due(self) -> Row | None:
        """A resident whose PMH仮名識別子 is to be handed on now."""
        return self.one("select * from riyosha where jotai = 'machi' and after <= ? order by after limit 1", [epoch()])

    def handed_on(self, serial_bango: str, *, at: str) -> None:
        """Note that the other side has it, and erase the PMHキー."""
        self.change(
            "update riyosha set jotai = 'zumi', pmh_key = null, riyu = '', renkei_nichiji = ? where serial_bango = ?",
            [at, serial_bango],
        )

    def not_yet(self, serial_bango: str, *, riyu: str, after: float) -> None:
        """Note why it could not be handed on, and when to try again."""
        self.change(
            "update riyosha set riyu = ?, after = ?, kaisu = kaisu + 1 where serial_bango = ?",
            [riyu, after, serial_bango],
        )

    def sign_in(self, serial_bango: str) -> str:
        """A new session of this card; '' when nobody has it."""
        if self.one("select 1 from riyosha where serial_bango = ?", [serial_bango]) is None:
            return ""
        token = secrets.token_urlsafe(24)
        self.change("insert into session values (?, ?)", [token, serial_bango])
        return token

    def of_session(self, token: str) -> Row | None:
        """Who is signed in."""
        return self.one(
            "select riyosha.* from session join riyosha using (serial_bango) where session.token = ?", [token]
        )

    def sign_out(self, token: str) -> None:
        """End a session."""
        self.change("delete from session where token = ?", [token])

    def all(self) -> list[Row]:
        """Every resident in order of arrival."""
        return self.rows("select * from riyosha order by seq")

    def state(self) -> dict[str, int]:
        """Counts, for tests and for the page; `key_nokori` must be 0."""
        found = {row["jotai"]: row["n"] for row in self.rows("select jotai, count(*) n from riyosha group by 1")}
        left = self.rows("select count(*) n from riyosha where jotai = 'zumi' and pmh_key is not null")
        return {name: int(found.get(name, 0)) for name in JOTAI} | {"key_nokori": int(left[0]["n"])}
