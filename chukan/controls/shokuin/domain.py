"""Rules about staff accounts: when they are valid, which passwords pass, when a session locks and ends."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from chukan.controls.kikan.domain import OPERATORS, UNYO_HOSHU
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import ErrorItem
from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import contains_kojin_bango

JIMU: Final = "kanri"  # 職員・操作履歴の管理
FILE: Final = "shokuin"
HOKENSHA: Final = "hokensha"
IPPAN: Final = "ippan"
SYSTEM_KANRI: Final = "system_kanri"
KUBUN: Final = {IPPAN: "一般", SYSTEM_KANRI: "システム管理責任者"}

# Staff whose sign-in needs 生体認証 beside ID and password. 根拠: KJ-AUTH-04.
SEITAI_SOSHIKI: Final = frozenset({UNYO_HOSHU})
HALF_MAX: Final = timedelta(minutes=10)  # the password alone opens nothing, and not for long

PASSWORD_MIN: Final = 15
PASSWORD_MAX: Final = 128
FORMER_PASSWORDS: Final = 24
# What must be left once everything easily guessed is taken away.
_PASSWORD_REST: Final = 5
_RUN: Final = 4  # this many neighbours of a row of signs count as a sequence
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORDS: Final = (
    "password",
    "passw0rd",
    "passphrase",
    "pass",
    "login",
    "admin",
    "welcome",
    "secret",
    "chukan",
    "server",
    "hokensha",
    "hoken",
    "shikaku",
    "kanyusha",
    "kojinbango",
    "kojin",
    "bango",
    "mynumber",
    "kenpo",
    "kokuho",
    "shokuin",
    "shiharai",
    "kikin",
    "パスワード",
    "個人番号",
    "保険者",
)

LOGIN_REFUSED_MESSAGE: Final = (
    "保険者コード、職員IDまたはパスワードが正しくありません。"
    "入力した内容を確かめてください。続けて5回誤ると15分間ログインできません。"
)
SHOKUIN_ID_TAKEN: Final = "この職員IDは使われています。別の職員IDを入力してください。"
PASSWORD_REFUSED_MESSAGE: Final = "パスワードが正しくありません。もう一度入力してください。"  # noqa: S105  # a sentence, not a secret

_SHOKUIN_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class EndReason(StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    REPLACED = "replaced"
    TOO_LONG = "too_long"
    LOCKED_TOO_LONG = "locked_too_long"
    ACCOUNT_ENDED = "account_ended"
    TOO_MANY_TRIES = "too_many_tries"


@dataclass(frozen=True, slots=True)
class Times:
    """The session times of the assessment, passed in so that tests can say them."""

    idle_lock: timedelta
    locked_logout: timedelta
    session_max: timedelta
    password_max_age: timedelta
    step_up_age: timedelta


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One signed-in member of staff as the session table, the account and the staff record say together."""

    session_id: UUID
    account_id: UUID
    shokuin_pk: UUID
    zone: str
    soshiki: str
    hokensha_code: str | None
    hokensha_shubetsu: str | None
    hokensha_meisho: str | None
    shokuin_id: str
    shimei: str
    kubun: str
    valid_from: date
    valid_to: date
    password_changed_at: datetime
    must_change: bool
    started_at: datetime
    active_at: datetime
    locked_at: datetime | None
    ended_at: datetime | None
    step_up_at: datetime | None
    previous_login_at: datetime | None
    seitai_at: datetime | None = None

    @property
    def is_half(self) -> bool:
        """Tell whether only the password has been given where 生体認証 is needed too. 根拠: KJ-AUTH-04."""
        return self.soshiki in SEITAI_SOSHIKI and self.seitai_at is None

    def principal(self, *, terminal: str, request_id: str) -> Principal:
        """Return the person without any right: enough to sign out, to lock, to change the own password."""
        return Principal(
            channel="terminal" if self.soshiki == HOKENSHA else "operator",
            soshiki=self.soshiki,
            hokensha_code=self.hokensha_code,
            hokensha_shubetsu=self.hokensha_shubetsu,
            actor_id=self.shokuin_id,
            actor_name=self.shimei,
            terminal=terminal,
            request_id=request_id,
            session_id=self.session_id,
        )

    def is_password_due(self, *, times: Times, now: datetime) -> bool:
        """Tell whether only the change screen may be used. 根拠: KJ-AUTH-10."""
        return self.must_change or now - self.password_changed_at > times.password_max_age


@dataclass(frozen=True, slots=True)
class Decision:
    """What a session is at this moment."""

    state: Literal["active", "half", "locked", "ended"]
    reason: EndReason | None = None


def decide_session(held: StaffSession, *, times: Times, now: datetime) -> Decision:
    """Decide whether a session works, is locked, or has ended; the server's clock alone counts. 根拠: KJ-AUTH-08."""
    if held.ended_at is not None:
        return Decision("ended")
    if not is_valid_on(held.valid_from, held.valid_to, business_date_jst(now)):
        return Decision("ended", EndReason.ACCOUNT_ENDED)
    if now - held.started_at >= times.session_max:
        return Decision("ended", EndReason.TOO_LONG)
    if held.is_half:
        is_over = now - held.started_at >= HALF_MAX
        return Decision("ended", EndReason.TOO_LONG) if is_over else Decision("half")
    locked_since = held.locked_at
    if locked_since is None and now - held.active_at >= times.idle_lock:
        locked_since = held.active_at + times.idle_lock
    if locked_since is None:
        return Decision("active")
    if now - locked_since >= times.locked_logout:
        return Decision("ended", EndReason.LOCKED_TOO_LONG)
    return Decision("locked")


def is_valid_on(valid_from: date, valid_to: date, on: date) -> bool:
    """Tell whether a half-open period of validity covers a day. 根拠: KJ-AUTH-07, KJ-AUTH-08."""
    return valid_from <= on < valid_to


def longest_valid_to(start: date) -> date:
    """Return the last possible 「無効日」 of an account confirmed on a day: one year later."""
    try:
        return start.replace(year=start.year + 1)
    except ValueError:  # 29 February
        return date(start.year + 1, 3, 1)


def check_validity(*, valid_from: date, valid_to: date, on: date, is_held: bool = False) -> str | None:
    """Return why a period of validity cannot be given, or None. No account lives without an end.

    One that is held already may end on the day it begins: it was a mistake, or has to be stopped at once.
    """
    if is_held and valid_to < valid_from:
        return "無効日は有効開始日か、それより後の日付を入力してください。"
    if not is_held and valid_to <= valid_from:
        return "無効日は有効開始日より後の日付を入力してください。"
    if valid_to > longest_valid_to(max(valid_from, on)):
        return "無効日は1年以内の日付を入力してください。"
    return None


def check_staff(
    *, shokuin_id: str, shimei: str, valid_from: date, valid_to: date, held_period: tuple[date, date] | None, on: date
) -> tuple[ErrorItem, ...]:
    """Collect why a staff record cannot be kept; a period that stays as it is held is not asked about again."""
    errors = list(check_names(shokuin_id=shokuin_id, shimei=shimei))
    if (valid_from, valid_to) != held_period:
        wrong = check_validity(valid_from=valid_from, valid_to=valid_to, on=on, is_held=held_period is not None)
        if wrong:
            errors.append(ErrorItem("E202", "valid_to", wrong))
    return tuple(errors)


def check_names(*, shokuin_id: str, shimei: str) -> tuple[ErrorItem, ...]:
    """Collect why a 職員ID or a name cannot be kept."""
    errors = []
    if not is_valid_shokuin_id(shokuin_id):
        message = "職員IDは半角の英数字、ハイフン、下線で32文字以内で入力してください。"
        errors.append(ErrorItem("E207", "shokuin_id", message))
    elif contains_kojin_bango(shokuin_id):
        message = "職員IDに個人番号と同じ形の数字があります。個人番号でない職員IDを入力してください。"
        errors.append(ErrorItem("E215", "shokuin_id", message))
    if not shimei.strip():
        errors.append(ErrorItem("E208", "shimei", "氏名を入力してください。"))
    elif contains_kojin_bango(shimei):
        errors.append(
            ErrorItem("E215", "shimei", "氏名に個人番号と同じ形の数字があります。氏名だけを入力してください。")
        )
    return tuple(errors)


def normal_id(text: str) -> str:
    """Return an ID as typed, with full-width signs made half-width and spaces around it gone."""
    return unicodedata.normalize("NFKC", text).strip()


def is_valid_shokuin_id(text: str) -> bool:
    """Tell whether a 「職員ID」 has 1 to 32 ASCII letters, digits, hyphens or underscores."""
    return _SHOKUIN_ID.fullmatch(text) is not None


def zone_for(*, soshiki: str, hokensha_code: str | None) -> str:
    """Return the zone that staff records stand in: the insurer's code, or the name of the operator."""
    if soshiki == HOKENSHA:
        if hokensha_code is None:
            raise ValueError("an insurer's staff has a 保険者コード")
        return hokensha_code
    if soshiki not in OPERATORS:
        raise ValueError("unknown organisation")
    return soshiki


def staff_zone(by: Principal) -> str:
    """Return the zone of the staff records that a principal may see: those of the own organisation."""
    return zone_for(soshiki=by.soshiki, hokensha_code=by.hokensha_code)


def check_password(password: str, *, personal: tuple[str, ...]) -> tuple[str, ...]:
    """Collect why a password cannot be taken; it is never repeated in the answer. 根拠: KJ-AUTH-12.

    Long and hard to guess is all that is asked: no composition rule. `personal` are words of the account itself
    (職員ID, 氏名, 保険者コード).
    """
    if len(password) < PASSWORD_MIN:
        return (f"パスワードは{PASSWORD_MIN}文字以上で入力してください。",)
    if len(password) > PASSWORD_MAX:
        return (f"パスワードは{PASSWORD_MAX}文字以内で入力してください。",)
    if len(_without_guessable(password, personal)) < _PASSWORD_REST:
        return ("推測されやすいパスワードです。職員ID、よくある言葉、並びの文字を除いた文字を増やしてください。",)
    return ()


def _without_guessable(password: str, personal: tuple[str, ...]) -> str:
    text = unicodedata.normalize("NFKC", password).casefold()
    words = {unicodedata.normalize("NFKC", word).casefold() for word in (*_WORDS, *personal)}
    for word in sorted((word for word in words if len(word) > 2), key=len, reverse=True):  # noqa: PLR2004  # shorter words are in everything
        text = text.replace(word, "")
    text = re.sub(r"(.)\1{2,}", "", text)
    for row in _ROWS:
        for line in (row, row[::-1]):
            for start in range(len(line) - _RUN + 1):
                text = text.replace(line[start : start + _RUN], "")
    return text
