"""Rules of 承認: what may be asked for, by whom, who else has to agree, and how a permission ends.

States: 依頼中 → (1人目承認 →) 承認済 → 実行中 → 完了, or 差戻し, 取下げ, 期限切れ. What was asked for never changes: an
edit is a new 依頼, and no approval outlives it. 根拠: KJ-DUAL-06, KJ-DUAL-07, KJ-AUTH-20.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import orjson

from chukan.controls.kengen.domain import ACTIONS, JIMU, JOHO_TEIKYO_SERVER, STAFF_ADMIN, Right
from chukan.controls.kikan.domain import SHIHARAI_KIKIN
from chukan.kernel.errors import ErrorItem, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import contains_kojin_bango

Payload = Mapping[str, str | int]

ZONE: Final = SHIHARAI_KIKIN  # 派生: only 支払基金 has acts that need a permission so far
SHONIN_JIMU: Final = "shonin"
FILE: Final = "shonin"
PURPOSE: Final = "shonin"  # of the 生体認証 of an approval
MAY_APPLY: Final[Right] = ("shonin", "shokai")
MAY_APPROVE: Final[Right] = ("shonin", "koshin")
LONGEST: Final = timedelta(days=14)  # of a 依頼 until it expires; ours
RIYU_MAX: Final = 400
BAITAI_SHURUI: Final[Mapping[str, str]] = {"hdd": "外付けHDD", "usb": "USBメモリ（パスワード認証付き）", "dvd": "DVD"}

_BAITAI_ID: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,19}")
_SHOKUIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Kind(StrEnum):
    """What can be asked for."""

    FUGO_SAIHAKKO = "fugo_saihakko"
    JOHO_TEIKYO_SERVER_KENGEN = "joho_teikyo_server_kengen"
    BAITAI = "baitai"


class State(StrEnum):
    """Where a 依頼 stands; 期限切れ is never stored, the clock makes it."""

    IRAI = "irai"
    HITORIME = "hitorime"
    SHONIN_ZUMI = "shonin_zumi"
    JIKKO_CHU = "jikko_chu"
    KANRYO = "kanryo"
    SASHIMODOSHI = "sashimodoshi"
    TORISAGE = "torisage"
    KIGENGIRE = "kigengire"


class Act(StrEnum):
    """What a person does with a 依頼."""

    APPROVE = "shonin"
    REJECT = "sashimodoshi"
    WITHDRAW = "torisage"
    CONSUME = "shiyo"
    COMPLETE = "kanryo"


STATE_NAMES: Final[Mapping[State, str]] = {
    State.IRAI: "依頼中",
    State.HITORIME: "1人目承認",
    State.SHONIN_ZUMI: "承認済",
    State.JIKKO_CHU: "実行中",
    State.KANRYO: "完了",
    State.SASHIMODOSHI: "差戻し",
    State.TORISAGE: "取下げ",
    State.KIGENGIRE: "期限切れ",
}
WAITING: Final = frozenset({State.IRAI, State.HITORIME})
# Up to here the clock can end it.
OPEN: Final = WAITING | {State.SHONIN_ZUMI}
# From here on everybody may read what the approvers wrote.
DECIDED: Final = frozenset({State.SHONIN_ZUMI, State.JIKKO_CHU, State.KANRYO, State.SASHIMODOSHI})

# State and act → the states it can lead to. Which of two, the number of approvals says (`state_after`).
LEADS_TO: Final[Mapping[tuple[State, Act], tuple[State, ...]]] = {
    (State.IRAI, Act.APPROVE): (State.HITORIME, State.SHONIN_ZUMI),
    (State.IRAI, Act.REJECT): (State.SASHIMODOSHI,),
    (State.IRAI, Act.WITHDRAW): (State.TORISAGE,),
    (State.HITORIME, Act.APPROVE): (State.SHONIN_ZUMI,),
    (State.HITORIME, Act.REJECT): (State.SASHIMODOSHI,),
    (State.HITORIME, Act.WITHDRAW): (State.TORISAGE,),
    (State.SHONIN_ZUMI, Act.WITHDRAW): (State.TORISAGE,),
    (State.SHONIN_ZUMI, Act.CONSUME): (State.JIKKO_CHU,),
    (State.JIKKO_CHU, Act.COMPLETE): (State.KANRYO,),
}
MOVES: Final[Mapping[State, frozenset[State]]] = {
    state: frozenset(to for (held, _), targets in LEADS_TO.items() if held is state for to in targets)
    | (frozenset({State.KIGENGIRE}) if state in OPEN else frozenset())
    for state in State
}


@dataclass(frozen=True, slots=True)
class KindRule:
    """One kind: its class, who asks, who agrees, what it says, and what of it people are shown.

    `fields` are the keys of the payload with their labels, all of them demanded. `mae` and `ato` are what is so before
    and after. `ninzu` is the key that holds how many people are touched; a class A approver types it again.
    `is_done_at_once`: the last approval does it, in one transaction.
    """

    label: str
    kyu: str
    apply_rights: frozenset[Right]
    approve_rights: frozenset[Right]
    fields: Mapping[str, str]
    mae: str
    ato: str
    ninzu: str | None
    is_done_at_once: bool

    @property
    def hitsuyo_ninzu(self) -> int:
        """Return how many persons have to agree: two for class A, one for class B."""
        return 2 if self.kyu == "A" else 1


KINDS: Final[Mapping[str, KindRule]] = {
    Kind.FUGO_SAIHAKKO: KindRule(
        label="機関別符号の一括再発行と対象者の抽出",
        kyu="A",
        apply_rights=frozenset({MAY_APPLY, ("fugo", "koshin")}),
        approve_rights=frozenset({MAY_APPROVE, STAFF_ADMIN}),  # システム管理者の事前許可 (KJ-DUAL-06)
        fields={"list_id": "対象者リスト", "kensu": "対象者数", "baitai_id": "書き出す媒体の媒体ID"},
        mae="対象者はいまの機関別符号を使っています。",
        ato="対象者を媒体へ書き出し、全員の機関別符号を新しいものに置き換えます。元には戻せません。",
        ninzu="kensu",
        is_done_at_once=False,
    ),
    Kind.JOHO_TEIKYO_SERVER_KENGEN: KindRule(
        label="情報提供サーバーの権限の付与",
        kyu="B",
        apply_rights=frozenset({MAY_APPLY}),  # オペレーション管理者 (KJ-AUTH-20)
        approve_rights=frozenset({MAY_APPROVE}),  # オペレーション管理責任者
        fields={"shokuin_id": "付与する職員ID", "jimu": "事務", "action": "更新要・照会のみの別"},
        mae="この権限はありません。",
        ato="承認するとすぐに、この権限だけが付きます。職員IDの無効日まで使えます。",
        ninzu=None,
        is_done_at_once=True,
    ),
    Kind.BAITAI: KindRule(
        label="書き出しに使う媒体の登録",
        kyu="B",
        apply_rights=frozenset({MAY_APPLY, ("fugo", "koshin")}),
        approve_rights=frozenset({MAY_APPROVE, STAFF_ADMIN}),
        fields={"baitai_id": "媒体ID", "shurui": "媒体の種類"},
        mae="この媒体へは書き出せません。",
        ato="承認するとすぐに、抽出の書き出し先に選べます。",
        ninzu=None,
        is_done_at_once=True,
    ),
}


def hash_payload(*, kind: str, payload: Payload) -> bytes:
    """Return what identifies a 依頼: SHA-256 of its canonical JSON (RFC 8785: ASCII keys sorted, integers only)."""
    return hashlib.sha256(orjson.dumps({"kind": kind, "payload": dict(payload)}, option=orjson.OPT_SORT_KEYS)).digest()


def bound_of(*, shonin_id: bytes, payload_hash: bytes) -> bytes:
    """Return what the 生体認証 of an approval is bound to: this 依頼 and exactly this payload."""
    return shonin_id + payload_hash


def state_on(state: State, *, expires_at: datetime, now: datetime) -> State:
    """Return the state at a moment: what is still open at its end has expired. 根拠: KJ-DUAL-07."""
    return State.KIGENGIRE if state in OPEN and now >= expires_at else state


def state_after(state: State, act: Act, *, approvals: int, hitsuyo_ninzu: int) -> State | None:
    """Return where an act leads, or None when the state does not allow it; `approvals` counts this one too."""
    possible = LEADS_TO.get((state, act))
    if possible is None:
        return None
    if act is Act.APPROVE:
        return State.SHONIN_ZUMI if approvals >= hitsuyo_ninzu else State.HITORIME
    return possible[0]


def may_apply(by: Principal, rule: KindRule) -> bool:
    """Tell whether a person may ask for a kind. 根拠: KJ-AUTH-06, KJ-AUTH-20."""
    return by.soshiki == ZONE and rule.apply_rights <= by.kengen


def may_approve(by: Principal, rule: KindRule) -> bool:
    """Tell whether a person has the rights to agree to a kind; being somebody else is asked apart."""
    return by.soshiki == ZONE and rule.approve_rights <= by.kengen


class Refusal(StrEnum):
    """Why somebody may not decide about a 依頼, or an act may not use a permission."""

    KENGEN = "shonin_kengen_nashi"
    HONNIN = "shonin_honnin"
    NIDO = "shonin_nido"
    TAISHO = "shonin_taisho"
    STATE = "shonin_jotai"
    KIGEN = "shonin_kigengire"
    NASHI = "shonin_nashi"
    SHIYO_ZUMI = "shonin_shiyozumi"
    NAIYO = "shonin_naiyo_fuitchi"
    BETSUJIN = "shonin_betsujin"
    TANMATSU = "shonin_tanmatsu"
    BAITAI = "shonin_baitai_mitoroku"
    NINZU = "shonin_ninzu_fuitchi"


MESSAGES: Final[Mapping[Refusal, str]] = {
    Refusal.KENGEN: "この種類の依頼を扱う権限がありません。必要なときは、システム管理責任者に依頼してください。",
    Refusal.HONNIN: "自分の依頼は、自分では承認も差戻しもできません。ほかの責任者に依頼してください。",
    Refusal.NIDO: "あなたはこの依頼をすでに判断しています。2人目は別の責任者が判断します。",
    Refusal.TAISHO: "自分に付く権限は、自分では承認できません。ほかの責任者に依頼してください。",
    Refusal.STATE: "この依頼は、すでに先へ進んでいます。一覧でいまの状態を確かめてください。",
    Refusal.KIGEN: "この依頼は期限を過ぎました。必要なら、もう一度依頼してください。",
    Refusal.NASHI: "この操作の承認がありません。依頼して、承認を受けてから実行してください。",
    Refusal.SHIYO_ZUMI: "この承認はすでに使われています。承認は1回だけ使えます。もう一度依頼してください。",
    Refusal.NAIYO: "承認された内容と、実行しようとした内容が違います。承認された内容のまま実行してください。",
    Refusal.BETSUJIN: "この承認は別の職員の依頼に対するものです。依頼した職員が実行してください。",
    Refusal.TANMATSU: "抽出は端末からだけ実行できます。登録された端末で操作してください。",
    Refusal.BAITAI: "この媒体IDは登録されていません。媒体の登録を依頼し、承認を受けてから実行してください。",
    Refusal.NINZU: "入力した対象者数が、依頼の対象者数と違います。依頼の内容を確かめて、入力し直してください。",
}


def refused(refusal: Refusal) -> NotPermitted:
    """Return the error of a refusal, with its own words."""
    return NotPermitted(refusal.value, MESSAGES[refusal])


def check_decide(
    *,
    by: Principal,
    rule: KindRule,
    shinseisha: str,
    taisho: str | None,
    decided_by: frozenset[str],
    state: State,
) -> Refusal | None:
    """Return why a person may not approve or reject a 依頼, or None.

    `shinseisha` is the applicant's 職員ID, `taisho` that of the person who would gain a right, `decided_by` those who
    have decided. 根拠: KJ-DUAL-07, KJ-AUTH-20.
    """
    checks = (
        (not may_approve(by, rule), Refusal.KENGEN),
        (by.actor_id == shinseisha, Refusal.HONNIN),
        (by.actor_id == taisho, Refusal.TAISHO),
        (state is State.KIGENGIRE, Refusal.KIGEN),
        (by.actor_id in decided_by, Refusal.NIDO),
        (state not in WAITING, Refusal.STATE),
    )
    return next((refusal for wrong, refusal in checks if wrong), None)


def check_irai(*, kind: str, payload: Payload, riyu: str, expires_at: datetime, now: datetime) -> tuple[ErrorItem, ...]:
    """Collect why something cannot be asked for: items that are missing or wrong, no reason, no end."""
    errors = [*_payload_errors(kind, payload)]
    if not riyu.strip():
        errors.append(ErrorItem("E208", "riyu", "理由を入力してください。承認する人が判断に使います。"))
    elif len(riyu) > RIYU_MAX:
        errors.append(ErrorItem("E207", "riyu", f"理由は{RIYU_MAX}文字以内で入力してください。"))
    elif contains_kojin_bango(riyu):
        message = "理由に個人番号と同じ形の数字があります。個人番号は書かないでください。"
        errors.append(ErrorItem("E215", "riyu", message))
    if not now < expires_at <= now + LONGEST:
        message = f"期限は、いまより後で{LONGEST.days}日以内の日時を入力してください。"
        errors.append(ErrorItem("E202", "expires_at", message))
    return tuple(errors)


def _payload_errors(kind: str, payload: Payload) -> tuple[ErrorItem, ...]:
    rule = KINDS[kind]
    if set(payload) != set(rule.fields):
        return (ErrorItem("E208", "kind", "依頼の項目が足りないか、余分な項目があります。"),)
    number = "個人番号と同じ形の数字があります。個人番号でない値を入力してください。"
    # The key of a list is ours and random: its digits may happen to pass the check.
    typed = {key: str(value) for key, value in payload.items() if key != "list_id" or not _UUID.fullmatch(str(value))}
    errors = [ErrorItem("E215", key, number) for key, text in typed.items() if contains_kojin_bango(text)]
    wrong = {item.pointer for item in errors}
    for key, value in payload.items():
        message = None if key in wrong else _value_error(key, value)
        if message is not None:
            errors.append(ErrorItem("E207", key, message))
    return tuple(errors)


def _value_error(key: str, value: str | int) -> str | None:
    text = value if isinstance(value, str) else ""
    match key:
        case "kensu":
            fits, message = type(value) is int and value > 0, "対象者数は1以上の数で入力してください。"
        case "list_id":
            fits, message = _UUID.fullmatch(text) is not None, "対象者リストを一覧から選んでください。"
        case "baitai_id":
            fits = _BAITAI_ID.fullmatch(text) is not None
            message = "媒体IDは半角の英大文字、数字、ハイフンで3文字以上20文字以内で入力してください。"
        case "shurui":
            fits, message = text in BAITAI_SHURUI, "媒体の種類を選んでください。"
        case "shokuin_id":
            fits = _SHOKUIN_ID.fullmatch(text) is not None
            message = "職員IDは半角の英数字、ハイフン、下線で32文字以内で入力してください。"
        case "jimu":
            fits, message = text in JOHO_TEIKYO_SERVER, "事務を選んでください。"
        case "action":
            fits, message = text in ACTIONS, "更新要か照会のみかを選んでください。"
        case _:
            fits, message = False, "知らない項目です。"
    return None if fits else message


def shown(kind: str, payload: Payload) -> tuple[tuple[str, str], ...]:
    """Return what a 依頼 says, as label and text in the order of its kind."""
    return tuple((label, _text(key, payload[key])) for key, label in KINDS[kind].fields.items())


def summary(kind: str, payload: Payload) -> str:
    """Return what a 依頼 says in one line of a list: the values that people tell apart, without any label."""
    return "・".join(_text(key, payload[key]) for key in KINDS[kind].fields if key != "list_id")


def _text(key: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"{value:,}人"
    words = {"jimu": JIMU, "action": {"koshin": "更新要", "shokai": "照会のみ"}, "shurui": BAITAI_SHURUI}
    return words.get(key, {}).get(value, value)


def ninzu_of(kind: str, payload: Payload) -> int | None:
    """Return how many people a 依頼 touches, None when that is not what it is about."""
    key = KINDS[kind].ninzu
    return None if key is None else int(payload[key])
