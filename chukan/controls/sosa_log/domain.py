"""What one operation-log event says, as plain values and canonical bytes, and how events are looked for.

No 個人番号 and no 機関別符号 ever.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, Literal, Self

import orjson

from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import contains_kojin_bango

STREAM: Final = "sosa"
SALT_BYTES: Final = 16
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HIDDEN: Final = "（番号のため記録しません）"

Result = Literal["ok", "refused", "not_found", "error"]
RESULTS: Final[Mapping[str, str]] = {
    "ok": "成功",
    "refused": "拒否",
    "not_found": "該当なし",
    "error": "異常",
}


class SosaKind(StrEnum):
    """操作種別. What touches a 個人番号 has kinds of its own. 根拠: KJ-LOG-08."""

    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    LOGOUT = "logout"
    LOCK = "lock"
    UNLOCK = "unlock"
    STEP_UP = "step_up"
    LOGIN_PASSWORD = "login_password"  # noqa: S105  # a kind of operation
    SEITAI_BEGUN = "seitai_begun"
    SEITAI_VERIFIED = "seitai_verified"
    SEITAI_USED = "seitai_used"
    SEITAI_REFUSED = "seitai_refused"
    SEITAI_REGISTERED = "seitai_registered"
    SEITAI_ENDED = "seitai_ended"
    SEITAI_ERASED = "seitai_erased"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a kind of operation
    TOROKU = "toroku"
    HENKO = "henko"
    SOSHITSU = "soshitsu"
    TORIKESHI = "torikeshi"
    FILE_ACCEPTED = "file_accepted"
    FILE_BLOCK = "file_block"
    FILE_FINISHED = "file_finished"
    FILE_REFUSED = "file_refused"
    FILE_HELD = "file_held"
    FILE_RELEASED = "file_released"
    FILE_WITHDRAWN = "file_withdrawn"
    FILE_DISCARDED = "file_discarded"
    FILE_EXPIRED = "file_expired"
    FILE_ERASED_AGAIN = "file_erased_again"
    FILE_STATUS = "file_status"
    KENSAKU = "kensaku"
    SHOKAI = "shokai"
    RIREKI_SHOKAI = "rireki_shokai"
    BANGO_KENSAKU = "bango_kensaku"
    BANGO_REVEAL_INTENT = "bango_reveal_intent"
    BANGO_REVEAL = "bango_reveal"
    BANGO_ENTRY = "bango_entry"
    DOWNLOAD = "download"
    BANGO_DOWNLOAD = "bango_download"
    STAFF_CHANGED = "staff_changed"
    STAFF_LIST = "staff_list"
    HOKENSHA_CHANGED = "hokensha_changed"
    CLIENT_CHANGED = "client_changed"
    SHORI_KEKKA = "shori_kekka"
    PMH_ID_HARAIDASHI = "pmh_id_haraidashi"
    HAKKO_ERASED = "hakko_erased"
    ONSHI_RESENT = "onshi_resent"
    ONSHI_RETRIED = "onshi_retried"
    BANGO_CASE_CLOSED = "bango_case_closed"
    SAIHAKKO_TOROKU = "saihakko_toroku"
    SAIHAKKO_IRAI = "saihakko_irai"
    SAIHAKKO_TORIKESHI = "saihakko_torikeshi"
    SAIHAKKO_JIKKO = "saihakko_jikko"
    SAIHAKKO_SHIJI = "saihakko_shiji"
    SAIHAKKO_KAKIDASHI = "saihakko_kakidashi"
    SAIHAKKO_KAKUNIN = "saihakko_kakunin"
    SAIHAKKO_SHOKAI = "saihakko_shokai"
    FUGO_ERASED = "fugo_erased"
    FUGO_TORINAOSHI = "fugo_torinaoshi"
    KEY_ROTATED = "key_rotated"
    KEY_RESEALED = "key_resealed"
    KEY_REINDEXED = "key_reindexed"
    FUGO_YOKYU_TENSO = "fugo_yokyu_tenso"
    FUGO_YOKYU_SOSHIN_SOSA = "fugo_yokyu_soshin_sosa"
    FUGO_YOKYU_SOSHIN = "fugo_yokyu_soshin"
    FUGO_YOKYU_HAIKI = "fugo_yokyu_haiki"
    FUGO_KAKUNO = "fugo_kakuno"
    FUGO_JOTAI = "fugo_jotai"
    FUGO_SHOKAI = "fugo_shokai"
    MONITOR = "monitor"
    LOG_SEARCH = "log_search"
    LOG_EXPORT = "log_export"
    SHONIN_IRAI = "shonin_irai"
    SHONIN = "shonin"
    SHONIN_SASHIMODOSHI = "shonin_sashimodoshi"
    SHONIN_TORISAGE = "shonin_torisage"
    SHONIN_SHIYO = "shonin_shiyo"
    SHONIN_KANRYO = "shonin_kanryo"
    SHONIN_LIST = "shonin_list"
    REPLAYED = "replayed"
    REFUSED = "refused"


KIND_LABELS: Final[Mapping[str, str]] = {
    "login": "ログイン",
    "login_refused": "ログインの拒否",
    "logout": "ログアウト",
    "lock": "ロック",
    "unlock": "ロックの解除",
    "step_up": "再認証",
    "login_password": "ログイン（パスワードの確認まで）",
    "seitai_begun": "生体認証の開始",
    "seitai_verified": "生体認証",
    "seitai_used": "生体認証の使用",
    "seitai_refused": "生体認証の拒否",
    "seitai_registered": "認証器の登録",
    "seitai_ended": "認証器の登録の終了",
    "seitai_erased": "生体認証の消去",
    "password_changed": "パスワードの変更",
    "toroku": "登録",
    "henko": "変更",
    "soshitsu": "喪失の登録",
    "torikeshi": "取消し",
    "file_accepted": "ファイルの受付",
    "file_block": "ファイルの処理",
    "file_finished": "ファイルの終了",
    "file_refused": "ファイルの拒否",
    "file_held": "ファイルの保留",
    "file_released": "保留したファイルの登録の続行",
    "file_withdrawn": "保留したファイルの取下げ",
    "file_discarded": "訂正待ちの破棄",
    "file_expired": "訂正待ちの期限による消去",
    "file_erased_again": "復旧後の消去のやり直し",
    "file_status": "ファイルの状況の確認",
    "kensaku": "検索",
    "shokai": "詳細の表示",
    "rireki_shokai": "履歴の表示",
    "bango_kensaku": "個人番号による検索",
    "bango_reveal_intent": "個人番号の表示の申出",
    "bango_reveal": "個人番号の表示",
    "bango_entry": "個人番号の登録・更新",
    "download": "出力",
    "bango_download": "個人番号を含む出力",
    "staff_changed": "職員の登録・変更",
    "staff_list": "職員の一覧",
    "hokensha_changed": "保険者の登録",
    "client_changed": "接続システムの登録・変更",
    "shori_kekka": "処理結果の受信",
    "pmh_id_haraidashi": "PMH-IDの払出し",
    "hakko_erased": "PMH-ID発行履歴の消去",
    "onshi_resent": "オン資への電文の再送",
    "onshi_retried": "オン資への電文の再試行",
    "bango_case_closed": "個人番号の重なりの終了",
    "saihakko_toroku": "再発行対象者リストの登録",
    "saihakko_irai": "一括再発行の依頼",
    "saihakko_torikeshi": "再発行対象者リストの取消し",
    "saihakko_jikko": "一括再発行の実行",
    "saihakko_shiji": "一括再発行の取得指示",
    "saihakko_kakidashi": "再取得対象者の書き出し",
    "saihakko_kakunin": "一括再発行の結果確認",
    "saihakko_shokai": "再発行対象者リストの表示",
    "fugo_erased": "機関別符号の消去",
    "fugo_torinaoshi": "別の人の番号で取得した機関別符号の取り直し",
    "key_rotated": "鍵の更新",
    "key_resealed": "新しい鍵での封のし直し",
    "key_reindexed": "新しい鍵での索引値の作り直し",
    "fugo_yokyu_tenso": "符号取得要求ファイルの転送",
    "fugo_yokyu_soshin_sosa": "符号取得要求ファイルの送信操作",
    "fugo_yokyu_soshin": "符号取得要求ファイルの送信",
    "fugo_yokyu_haiki": "符号取得要求ファイルの廃棄",
    "fugo_kakuno": "機関別符号の格納",
    "fugo_jotai": "符号取得状況の確認",
    "fugo_shokai": "符号取得の画面の表示",
    "monitor": "運用状況の確認",
    "log_search": "操作記録の検索",
    "log_export": "操作記録の出力",
    "shonin_irai": "承認の依頼",
    "shonin": "承認",
    "shonin_sashimodoshi": "依頼の差戻し",
    "shonin_torisage": "依頼の取下げ",
    "shonin_shiyo": "承認の使用",
    "shonin_kanryo": "承認された操作の完了",
    "shonin_list": "依頼の確認",
    "replayed": "同じ要求への再回答",
    "refused": "操作の拒否",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sosa:
    """One event: the items of KJ-LOG-07, none of them missing."""

    at: datetime
    hokensha_code: str | None
    channel: str
    soshiki: str
    actor_id: str
    actor_name: str
    terminal: str
    jimu: str
    target_file: str
    kind: str
    targets: tuple[str, ...]
    result: str
    screen_id: str
    request_id: str
    detail: Mapping[str, str | int]

    def body(self) -> bytes:
        """Return the canonical bytes (RFC 8785) that are sealed.

        Keys are ASCII and numbers are integers, so sorted keys are all that orjson lacks of the canonical form; a
        property test holds it against a library for that form, which takes much longer.
        """
        return orjson.dumps(
            {
                "v": 1,
                "stream": STREAM,
                "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                "hokensha_code": self.hokensha_code,
                "channel": self.channel,
                "soshiki": self.soshiki,
                "actor_id": self.actor_id,
                "actor_name": self.actor_name,
                "terminal": self.terminal,
                "jimu": self.jimu,
                "target_file": self.target_file,
                "kind": self.kind,
                "targets": list(self.targets),
                "result": self.result,
                "screen_id": self.screen_id,
                "request_id": self.request_id,
                "detail": dict(self.detail),
            },
            option=orjson.OPT_SORT_KEYS,
        )


def _safe(value: str | int) -> str | int:
    """Return the value, or a fixed word where it holds a 個人番号. 根拠: KJ-LOG-09."""
    if isinstance(value, str) and holds_number(value):
        return HIDDEN
    return value


def holds_number(text: str) -> bool:
    """Tell whether a text holds a 個人番号; a 紐付番号 is a key of ours, whatever digits it has."""
    return _UUID.fullmatch(text) is None and contains_kojin_bango(text)


def make_sosa(
    *,
    by: Principal,
    kind: SosaKind,
    jimu: str,
    target_file: str,
    targets: Sequence[str],
    result: Result,
    detail: Mapping[str, str | int] | None,
    screen_id: str | None,
    zone: str | None,
    now: datetime,
) -> Sosa:
    """Build the event of what `by` did; the zone is the insurer whose log it belongs to, none for operators."""
    return Sosa(
        at=now,
        hokensha_code=zone or by.hokensha_code,
        channel=by.channel,
        soshiki=by.soshiki or by.channel,
        actor_id=by.actor_id,
        actor_name=by.actor_name,
        terminal=by.terminal or by.channel,
        jimu=jimu,
        target_file=target_file,
        kind=kind.value,
        targets=tuple(HIDDEN if holds_number(target) else target for target in targets),
        result=result,
        screen_id=screen_id or "",
        request_id=by.request_id,
        detail={key: _safe(value) for key, value in (detail or {}).items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What events are looked for; what is empty does not narrow. 根拠: KJ-LOG-13."""

    actor_id: str = ""
    day_from: date | None = None
    day_to: date | None = None
    kind: str = ""
    result: str = ""
    target: str = ""
    terminal: str = ""
    hokensha_code: str = ""

    def of_zone(self, hokensha_code: str) -> Self:
        """Return the same filter inside one zone, whatever was asked for."""
        return replace(self, hokensha_code=hokensha_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One event as a list shows it; never the sealed body."""

    id: int
    at: datetime
    hokensha_code: str | None
    soshiki: str
    actor_id: str
    actor_name: str
    terminal: str
    jimu: str
    target_file: str
    kind: str
    targets: tuple[str, ...]
    result: str
    screen_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some events, newest first, and whether there are more on either side."""

    rows: tuple[LogRow, ...]
    has_newer: bool
    has_older: bool


# A cell that a spreadsheet would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(text: str) -> str:
    """Return the text as a cell of a CSV for people: it is never taken for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def short_target(target: str) -> str:
    """Return a 紐付番号 as people may see it in a list: its beginning tells two apart, and is no key to anything."""
    return f"{target[:8]}…" if len(target) > 12 else target  # noqa: PLR2004  # shorter ones are no 紐付番号
