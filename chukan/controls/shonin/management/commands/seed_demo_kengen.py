import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand

from chukan.controls.kengen.queries import list_rights, principal_with_rights
from chukan.controls.seitai.actions import Options, begin, consume, finish
from chukan.controls.seitai.actions.enrol import (
    WitnessInput,
    begin_registration,
    end_authenticator,
    finish_registration,
)
from chukan.controls.seitai.queries import models
from chukan.controls.shokuin.actions.keep_session import end_session
from chukan.controls.shokuin.actions.sign_in import sign_in
from chukan.controls.shokuin.domain import EndReason, StaffSession
from chukan.controls.shokuin.queries import list_shokuin
from chukan.controls.shonin.actions.apply import apply
from chukan.controls.shonin.actions.decide import approve
from chukan.controls.shonin.domain import PURPOSE, ZONE, Kind, bound_of
from chukan.controls.shonin.queries import get_irai
from chukan.kernel import clock
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.principal import Principal

TAISHO: Final = "SK002"
SHINSEISHA: Final = "SK003"
SHONINSHA: Final = "SK004"
TACHIAI: Final = ("SK900", "SK901")
RIGHTS: Final = (("fugo", "shokai"), ("fugo", "koshin"))
RIYU: Final = "デモの準備: 機関別符号の担当者にするため"


@dataclass(frozen=True)
class Person:
    """One member of 支払基金's staff who has signed in."""

    session: StaffSession
    by: Principal


@dataclass(frozen=True)
class Ninshoki:
    """The stand-in of an authenticator, with a key that lives as long as this command."""

    key: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="chukan-ninshoki-")) / "key.pem")

    def answer(self, act: str, asked: Options) -> str:
        """Return what the authenticator answers."""
        command = [sys.executable, "-m", "simulators.ninshoki", act, "--key", str(self.key)]
        done = subprocess.run(  # noqa: S603  # our own module, no text from outside
            [*command, "--origin", settings.SEITAI_ORIGINS[0]],
            cwd=settings.BASE_DIR,
            input=asked.options_json,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def forget(self) -> None:
        """Remove the key: nobody can answer with it again."""
        self.key.unlink(missing_ok=True)
        self.key.parent.rmdir()


class Command(BaseCommand):
    """Idempotent. The way is the one of the screens: asked for, approved by another person with 生体認証, given."""

    help = "デモの職員 SK002 に情報提供サーバーの権限を、別の職員の依頼と承認で付ける（何度実行してもよい）"

    def handle(self, *_args: object, **_options: object) -> None:
        """Ask for what is missing and approve it."""
        if not models().any:
            self.stdout.write("認証器の機種を限っているため、権限は付けません。画面から依頼して承認してください。")
            return
        passwords = _passwords()
        try:
            shinseisha = _enter(SHINSEISHA, passwords)
        except NotAuthenticated:
            self.stdout.write(f"{SHINSEISHA} のパスワードは変わっているため、何もしません。画面から依頼してください。")
            return
        missing = [right for right in RIGHTS if right not in _held(shinseisha)]
        if missing:
            self._give(missing, shinseisha=shinseisha, passwords=passwords)
        _leave(shinseisha)
        self.stdout.write(f"{TAISHO} の権限の準備ができました。")

    def _give(self, missing: list[tuple[str, str]], *, shinseisha: Person, passwords: dict[str, str]) -> None:
        ninshoki, shoninsha = Ninshoki(), _enter(SHONINSHA, passwords)
        try:
            key_id = _enrol(shoninsha, ninshoki, passwords)
            for jimu, action in missing:
                _approve(shoninsha, ninshoki, _ask(shinseisha, jimu, action))
            # The real person registers the real authenticators.
            end_authenticator(by=shoninsha.by, authenticator_id=key_id, now=clock.now())
        finally:
            ninshoki.forget()
        _leave(shoninsha)


def _passwords() -> dict[str, str]:
    note = Path(settings.CHUKAN_HOME) / "demo" / "accounts.json"
    accounts = json.loads(note.read_text(encoding="utf-8"))["accounts"]
    return {row["id"]: row["password"] for row in accounts if row["soshiki_code"] == ZONE}


def _enter(shokuin_id: str, passwords: dict[str, str]) -> Person:
    terminal, request_id, now = "127.0.0.1", "seed_demo_kengen", clock.now()
    session = sign_in(
        hokensha_code="",
        shokuin_id=shokuin_id,
        password=passwords[shokuin_id],
        terminal=terminal,
        request_id=request_id,
        now=now,
    ).session
    bare = session.principal(terminal=terminal, request_id=request_id)
    return Person(session, principal_with_rights(bare=bare, staff=session, on=clock.today_jst()))


def _leave(person: Person) -> None:
    end_session(
        by=person.by,
        zone=person.session.zone,
        session_id=person.session.session_id,
        reason=EndReason.LOGOUT,
        now=clock.now(),
    )


def _held(person: Person) -> frozenset[tuple[str, str]]:
    row = next(row for row in list_shokuin(by=person.by) if row.shokuin_id == TAISHO)
    return list_rights(by=person.by, zone=row.zone, shokuin_pk=row.id, on=clock.today_jst()).kengen


def _enrol(person: Person, ninshoki: Ninshoki, passwords: dict[str, str]) -> UUID:
    witnesses = [WitnessInput(name, passwords[name]) for name in TACHIAI]
    asked = begin_registration(by=person.by, session=person.session, witnesses=witnesses, now=clock.now())
    return finish_registration(
        by=person.by,
        challenge_id=asked.challenge_id,
        registration_json=ninshoki.answer("create", asked),
        meisho="デモの準備用",
        now=clock.now(),
    )


def _ask(person: Person, jimu: str, action: str) -> UUID:
    now = clock.now()
    return apply(
        by=person.by,
        kind=Kind.JOHO_TEIKYO_SERVER_KENGEN,
        payload={"shokuin_id": TAISHO, "jimu": jimu, "action": action},
        reason=RIYU,
        expires=now + timedelta(days=1),
        now=now,
    )


def _approve(person: Person, ninshoki: Ninshoki, shonin_id: UUID) -> None:
    now = clock.now()
    row = get_irai(by=person.by, shonin_id=shonin_id, now=now)
    bound = bound_of(shonin_id=row.id.bytes, payload_hash=row.payload_hash)
    asked = begin(by=person.by, session_id=person.session.session_id, purpose=PURPOSE, bound=bound, now=now)
    ninsho_id = finish(
        by=person.by,
        challenge_id=asked.challenge_id,
        assertion_json=ninshoki.answer("get", asked),
        now=clock.now(),
    )
    approve(
        by=person.by,
        shonin_id=shonin_id,
        ninsho_id=ninsho_id,
        ninzu=None,
        comment=RIYU,
        use_ninsho=consume,
        now=clock.now(),
    )
