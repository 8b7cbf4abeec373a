"""Rules of 生体認証: what an authenticator has to say to be believed, and the words of every refusal.

生体認証 is a WebAuthn assertion with user verification (docs/adr/0014). No biometric data is held anywhere.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from chukan.controls.kikan.domain import SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.controls.shokuin.domain import SYSTEM_KANRI
from chukan.kernel.errors import ErrorItem, NotPermitted
from chukan.kernel.values.kojin_bango import contains_kojin_bango

JIMU: Final = "kanri"
FILE: Final = "shokuin"
NONCE_BYTES: Final = 32
CHALLENGE_AGE: Final = timedelta(minutes=5)  # from its making to the answer, and again from the answer to the act
MAX_AUTHENTICATORS: Final = 2  # one to use, one in reserve, both personal
MEISHO_MAX: Final = 40
ANY_MODEL: Final = "*"
# Purposes of this room; every other room names its own.
LOGIN: Final = "login"
TOROKU: Final = "toroku"
TAMESHI: Final = "tameshi"


class Refusal(StrEnum):
    """Why a confirmation, or a registration, is refused."""

    NOT_ENROLLED = "seitai_mitoroku"
    NO_UV = "seitai_uv_nashi"
    WRONG_ORIGIN = "seitai_origin_fuitchi"
    WRONG_RP = "seitai_rp_fuitchi"
    WRONG_CHALLENGE = "seitai_challenge_fuitchi"
    REUSED = "seitai_saishiyo"
    EXPIRED = "seitai_kigengire"
    OTHER_PERSON = "seitai_betsujin"
    UNKNOWN_KEY = "seitai_kagi_fumei"
    UNKNOWN_MODEL = "seitai_kishu_fuka"
    BACKUP = "seitai_fukusei_kano"
    COUNTER_BACK = "seitai_kaisu_modori"
    BAD_SIGNATURE = "seitai_shomei_fusei"
    UNREADABLE = "seitai_yomenai"
    ALREADY_REGISTERED = "seitai_torokuzumi"
    TOO_MANY = "seitai_jogen"
    # Of the act that wants to use a confirmation up.
    NOT_VERIFIED = "seitai_mikakunin"
    USED = "seitai_shiyozumi"
    TOO_OLD = "seitai_jikangire"
    OTHER_SESSION = "seitai_session_betsu"
    OTHER_ACT = "seitai_betsu_no_sosa"


_AGAIN: Final = "もう一度、この画面のボタンから生体認証をやり直してください。"
MESSAGES: Final = {
    Refusal.NOT_ENROLLED: (
        "あなたの認証器が登録されていません。システム管理責任者2人の立会いで認証器を登録してから操作してください。"
    ),
    Refusal.NO_UV: ("認証器が本人の確認（指紋や顔など）をしていません。触れるだけの認証器は使えません。" + _AGAIN),
    Refusal.WRONG_ORIGIN: (
        "この画面とは別の接続先で行われた認証です。アドレス欄が正しい接続先か確かめ、正しい画面からやり直してください。"
    ),
    Refusal.WRONG_RP: (
        "別のシステムに対して行われた認証です。このシステムに登録した認証器で、正しい画面からやり直してください。"
    ),
    Refusal.WRONG_CHALLENGE: "この操作に対する認証ではありません。" + _AGAIN,
    Refusal.REUSED: "この認証は一度使われています。同じ認証は二度使えません。" + _AGAIN,
    Refusal.EXPIRED: "認証を始めてから5分を過ぎました。" + _AGAIN,
    Refusal.OTHER_PERSON: (
        "この認証器は、ログインしている職員のものではありません。あなた自身の認証器を使ってください。"
    ),
    Refusal.UNKNOWN_KEY: (
        "この認証器は登録されていないか、登録が終わっています。登録してある認証器でやり直してください。"
    ),
    Refusal.UNKNOWN_MODEL: (
        "この機種の認証器は使えません。使える機種の一覧にある認証器を、システム管理責任者から受け取ってください。"
    ),
    Refusal.BACKUP: (
        "鍵をほかの機器へ写せる認証器（同期するパスキー）は使えません。鍵が機器の外へ出ない認証器を使ってください。"
    ),
    Refusal.COUNTER_BACK: (
        "認証器の使用回数が前回より進んでいません。認証器が複製されたおそれがあります。"
        "この認証器を使わず、システム管理責任者に連絡してください。"
    ),
    Refusal.BAD_SIGNATURE: "認証器の署名が、登録してある鍵と合いません。登録してある認証器でやり直してください。",
    Refusal.UNREADABLE: "認証器の応答を読み取れません。" + _AGAIN,
    Refusal.ALREADY_REGISTERED: "この認証器は登録されています。別の認証器を使ってください。",
    Refusal.TOO_MANY: "登録できる認証器は1人に2つまでです。使わない認証器の登録を終えてから登録してください。",
    Refusal.NOT_VERIFIED: "この操作には生体認証が要ります。" + _AGAIN,
    Refusal.USED: "この生体認証は、別の操作に使われています。生体認証は操作ごとに要ります。" + _AGAIN,
    Refusal.TOO_OLD: "生体認証から5分を過ぎました。" + _AGAIN,
    Refusal.OTHER_SESSION: "ほかの職員か、ほかのログインで行われた生体認証です。あなた自身の生体認証が要ります。",
    Refusal.OTHER_ACT: "別の操作か、別の内容に対する生体認証です。内容を確かめ、この操作の生体認証をしてください。",
}


def refused(refusal: Refusal) -> NotPermitted:
    """Return the error of a refusal, with its own words."""
    return NotPermitted(refusal.value, MESSAGES[refusal])


def is_refusal(error: NotPermitted) -> bool:
    """Tell whether an error is a refusal of 生体認証: IP-001 is shown again with its words."""
    return error.code in MESSAGES


@dataclass(frozen=True, slots=True)
class Place:
    """Where a confirmation has to be made: the RP ID and the addresses of the pages."""

    rp_id: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Models:
    """The authenticators that may be registered: AAGUIDs (lower case, with hyphens), or any."""

    aaguids: frozenset[str]

    @property
    def any(self) -> bool:
        """Tell whether every model may be registered (demo and training)."""
        return ANY_MODEL in self.aaguids

    def allows(self, aaguid: str, *, is_attested: bool) -> bool:
        """Tell whether a model may be registered; one that only says so itself is not on the list."""
        return self.any or (is_attested and aaguid.lower() in self.aaguids)


@dataclass(frozen=True, slots=True)
class Said:
    """What an authenticator and the browser said, before the signature is looked at."""

    is_kind_right: bool  # the kind of ceremony: creating or confirming
    challenge: bytes
    origin: str
    rp_id_hash: bytes
    is_user_verified: bool
    is_backup_eligible: bool
    sign_count: int


def make_challenge(*, bound: bytes, nonce: bytes) -> bytes:
    """Return the 32 bytes an authenticator signs: SHA-256 of what the act is bound to and of 32 random bytes."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 32 bytes")
    return hashlib.sha256(bound + nonce).digest()


def hash_bound(bound: bytes) -> bytes:
    """Return what is held of the thing an act is bound to."""
    return hashlib.sha256(bound).digest()


def check_open(*, answered_at: datetime | None, expires_at: datetime, now: datetime) -> Refusal | None:
    """Return why a challenge can no longer be answered, or None: it is answered once, within five minutes."""
    if answered_at is not None:
        return Refusal.REUSED
    return Refusal.EXPIRED if now >= expires_at else None


def check_said(said: Said, *, place: Place, challenge: bytes, held_count: int | None) -> Refusal | None:
    """Return the first reason not to believe what was said, or None; the signature is checked after this.

    `held_count` is the count of the last use, None at a registration. 根拠: KJ-AUTH-04, KJ-AUTH-05.
    """
    checks = (
        (not said.is_kind_right or said.challenge != challenge, Refusal.WRONG_CHALLENGE),
        (said.origin not in place.origins, Refusal.WRONG_ORIGIN),
        (said.rp_id_hash != hashlib.sha256(place.rp_id.encode()).digest(), Refusal.WRONG_RP),
        (not said.is_user_verified, Refusal.NO_UV),
        (said.is_backup_eligible, Refusal.BACKUP),
        (held_count is not None and not is_count_ahead(said.sign_count, held_count), Refusal.COUNTER_BACK),
    )
    return next((refusal for wrong, refusal in checks if wrong), None)


def is_count_ahead(count: int, held: int) -> bool:
    """Tell whether a count of uses is one that may follow; an authenticator without a counter always says 0."""
    return count > held or count == held == 0


def free_slot(taken: Collection[int]) -> int | None:
    """Return the place of a person's next authenticator, or None when both are taken."""
    return next((slot for slot in range(1, MAX_AUTHENTICATORS + 1) if slot not in taken), None)


def check_meisho(meisho: str) -> ErrorItem | None:
    """Return why an authenticator cannot be named so, or None."""
    if not meisho.strip():
        return ErrorItem("E208", "meisho", "認証器の呼び名を入力してください。機器に貼った番号などです。")
    if len(meisho) > MEISHO_MAX:
        return ErrorItem("E207", "meisho", f"認証器の呼び名は{MEISHO_MAX}文字以内で入力してください。")
    if contains_kojin_bango(meisho):
        message = "認証器の呼び名に個人番号と同じ形の数字があります。個人番号でない呼び名を入力してください。"
        return ErrorItem("E215", "meisho", message)
    return None


@dataclass(frozen=True, slots=True)
class Witness:
    """One system administrator who is present at a registration and has given the own password."""

    account_id: UUID
    zone: str
    shokuin_id: str
    kubun: str
    is_valid: bool

    @property
    def name(self) -> str:
        """Return the name kept with the authenticator: organisation and 職員ID."""
        return f"{self.zone}/{self.shokuin_id}"


def witness_zones(zone: str) -> frozenset[str]:
    """Return the organisations whose administrators may witness a registration in a zone: the own one.

    派生: 運用保守事業者 works for 支払基金 and nobody of it can sign in before a first authenticator is registered, so
    that administrators of 支払基金 may witness there.
    """
    return frozenset({zone, SHIHARAI_KIKIN} if zone == UNYO_HOSHU else {zone})


def check_witness(witness: Witness, *, person: UUID, zone: str) -> str | None:
    """Return why this administrator cannot witness the registration of a person's authenticator, or None."""
    if witness.account_id == person:
        return "登録する本人は立会いできません。本人でないシステム管理責任者が入力してください。"
    if witness.zone not in witness_zones(zone) or witness.kubun != SYSTEM_KANRI or not witness.is_valid:
        return "この職員は立会いできません。登録する職員の組織のシステム管理責任者が入力してください。"
    return None
