"""一括再発行 after 符号危殆化: how a 再発行対象者リスト goes, who does what to it, and whom it may name.

登録 → 承認待ち → 承認済 → 指示 → 転送 → 送信 → 受領 → 確認済, or 取消 as long as nothing was extracted. From 指示
to 受領 nobody moves a list: how far it is, its requests say. 根拠: KJ-FUGO-06, KJ-DUAL-02, KJ-DUAL-06, KJ-MENU-07.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from chukan.controls.kikan.domain import SHIHARAI_KIKIN
from chukan.kernel.errors import Conflict, ErrorItem, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import contains_kojin_bango
from fugo.domain.shutoku_state import ShutokuState

JIMU: Final = "fugo"
FILE: Final = "再発行対象者リスト"
KIND: Final = "fugo_saihakko"  # of the permission
REASON_MAX: Final = 280  # the 依頼 says the cause before it, the target after it, and has room for 400 in all
MOST_NAMED: Final = 3  # of the insurers of a list, in the sentence for those who agree
MOST_TSUBAN: Final = 10_000


class State(StrEnum):
    """Where a list stands; 転送, 送信 and 受領 are never stored, its requests make them."""

    TOROKU = "toroku"
    SHONIN_MACHI = "shonin_machi"
    SHONIN_ZUMI = "shonin_zumi"
    SHIJI = "shiji"
    TENSO = "tenso"
    SOSHIN = "soshin"
    JURYO = "juryo"
    KAKUNIN_ZUMI = "kakunin_zumi"
    TORIKESHI = "torikeshi"


STATE_NAMES: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.TOROKU: "登録",
        State.SHONIN_MACHI: "承認待ち",
        State.SHONIN_ZUMI: "承認済",
        State.SHIJI: "指示",
        State.TENSO: "転送",
        State.SOSHIN: "送信",
        State.JURYO: "受領",
        State.KAKUNIN_ZUMI: "確認済",
        State.TORIKESHI: "取消",
    }
)
MOVES: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.TOROKU: frozenset({State.SHONIN_MACHI, State.TORIKESHI}),
        State.SHONIN_MACHI: frozenset({State.SHONIN_ZUMI, State.TORIKESHI}),
        State.SHONIN_ZUMI: frozenset({State.SHIJI}),
        State.SHIJI: frozenset({State.TENSO}),
        State.TENSO: frozenset({State.SOSHIN}),
        State.SOSHIN: frozenset({State.JURYO}),
        State.JURYO: frozenset({State.KAKUNIN_ZUMI}),
        State.KAKUNIN_ZUMI: frozenset(),
        State.TORIKESHI: frozenset(),
    }
)
# Nobody has extracted anything before these.
EXTRACTED: Final = frozenset({State.SHIJI, State.TENSO, State.SOSHIN, State.JURYO, State.KAKUNIN_ZUMI})

GENIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kitaika": "符号が漏えいした",
        "kitaika_osore": "符号が漏えいしたおそれがある",
        "nws_irai": "情報提供ネットワークシステムの設置者から求められた",
    }
)
# What 資格履歴 may be copied for here; バックアップ, the other purpose there is, is no screen's. 根拠: KJ-DUAL-02.
MOKUTEKI: Final[Mapping[str, str]] = MappingProxyType({"saishutoku_taishosha": "符号危殆化に伴う再取得対象者の抽出"})
# Why a person of a list gets no request.
YOKYU_CHU, HIMOZUKE_NASHI = "yokyu_chu", "himozuke_nashi"
LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        YOKYU_CHU: "先の要求の回答を待っているため、要求しません。",
        HIMOZUKE_NASHI: "紐付く加入者がいないため、要求できません。",
    }
)


class Act(StrEnum):
    """What a person does to a list."""

    REGISTER = "register"  # KA-201
    APPLY = "apply"  # KA-202: asks two others
    EXECUTE = "execute"  # KA-202: uses the permission up
    WRITE = "write"  # the extract, to the medium
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


# The states in which an act is possible; REGISTER makes the list.
POSSIBLE: Final[Mapping[Act, frozenset[State]]] = MappingProxyType(
    {
        Act.REGISTER: frozenset(),
        Act.APPLY: frozenset({State.TOROKU, State.SHONIN_MACHI}),  # again when the first 依頼 came to nothing
        Act.EXECUTE: frozenset({State.SHONIN_MACHI}),
        Act.WRITE: EXTRACTED,
        Act.CONFIRM: frozenset({State.JURYO}),
        Act.WITHDRAW: frozenset({State.TOROKU, State.SHONIN_MACHI}),
    }
)


def may_handle(by: Principal) -> bool:
    """Tell whether a person handles lists at all: staff of 支払基金 with 機関別符号（更新）, at a terminal.

    Who approves is another's question (承認). 根拠: KJ-MENU-07, KJ-DUAL-06.
    """
    return by.channel == "operator" and by.soshiki == SHIHARAI_KIKIN and bool(by.terminal) and by.can(JIMU, "koshin")


def check_handler(by: Principal) -> None:
    """Raise NotPermitted for everybody who does not handle lists."""
    if not may_handle(by):
        raise NotPermitted(
            "saihakko_kengen_nashi", "再発行を扱えるのは、権限のある支払基金の職員が端末で操作するときだけです。"
        )


def can(act: Act, state: State) -> bool:
    """Tell whether a list in `state` allows the act."""
    return state in POSSIBLE[act]


def check_state(act: Act, state: State) -> None:
    """Raise Conflict when a list in this state does not allow the act."""
    if not can(act, state):
        message = f"このリストはいま「{STATE_NAMES[state]}」のため、この操作はできません。状態を確かめてください。"
        raise Conflict("saihakko_jotai", message)


def payload_of(*, list_id: UUID, kensu: int, baitai_id: str) -> dict[str, str | int]:
    """Return what is asked for and approved: this list, so many people, this medium."""
    return {"list_id": str(list_id), "kensu": kensu, "baitai_id": baitai_id}


@dataclass(frozen=True, slots=True)
class Target:
    """Whose codes are meant: all that is given must hold; what is empty does not narrow.

    `issued_from` and `issued_to` are days (JST) of 機関別符号設定日時, both included.
    """

    hokensha_code: tuple[str, ...] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    shori_tsuban: tuple[UUID, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing narrows: that would be everybody."""
        return not (self.hokensha_code or self.issued_from or self.issued_to or self.shori_tsuban)


def reason_for_others(*, genin: str, reason: str, target: Target) -> str:
    """Return what those who are to agree read: the cause, the reason and whom the list means."""
    return f"{GENIN.get(genin, '')}。{reason}（対象: {'、'.join(_words_of(target))}）"


def _words_of(target: Target) -> Iterator[str]:
    codes = target.hokensha_code
    if codes:
        more = f"ほか{len(codes) - MOST_NAMED:,}" if len(codes) > MOST_NAMED else ""
        yield f"保険者 {'・'.join(codes[:MOST_NAMED])}{more}"
    if target.issued_from or target.issued_to:
        begins, ends = _day(target.issued_from, "から"), _day(target.issued_to, "まで")
        yield f"符号の設定日 {begins}{ends}"
    if target.shori_tsuban:
        yield f"処理通番 {len(target.shori_tsuban):,}件"


def _day(on: date | None, word: str) -> str:
    return "" if on is None else f"{on.year}年{on.month}月{on.day}日{word}"


def check_list(
    *, genin: str, reason: str, target: Target, known_hokensha: frozenset[str], on: date
) -> tuple[ErrorItem, ...]:
    """Collect every reason why a list cannot be registered; `on` is today (JST)."""
    errors = []
    if genin not in GENIN:
        errors.append(ErrorItem("E208", "genin", "原因を選んでください。"))
    if not reason.strip():
        errors.append(ErrorItem("E208", "reason", "理由を入力してください。承認する人が判断に使います。"))
    elif len(reason) > REASON_MAX:
        errors.append(ErrorItem("E207", "reason", f"理由は{REASON_MAX}文字以内で入力してください。"))
    elif contains_kojin_bango(reason):
        message = "理由に個人番号と同じ形の数字があります。個人番号は書かないでください。"
        errors.append(ErrorItem("E215", "reason", message))
    return (*errors, *_target_errors(target, known_hokensha, on))


def _target_errors(target: Target, known_hokensha: frozenset[str], on: date) -> list[ErrorItem]:
    errors = []
    if target.is_empty:
        message = "保険者、符号の設定日、処理通番のどれかで対象者を絞ってください。"
        errors.append(ErrorItem("E208", "target", message))
    if not set(target.hokensha_code) <= known_hokensha:
        message = "登録のない保険者コードがあります。8桁の保険者コードを確かめてください。"
        errors.append(ErrorItem("E204", "hokensha_code", message))
    if target.issued_from and target.issued_to and target.issued_from > target.issued_to:
        message = "設定日の終わりが始まりより前です。入力し直してください。"
        errors.append(ErrorItem("E202", "issued_to", message))
    if target.issued_from and target.issued_from > on:
        message = "設定日の始まりが今日より後です。入力し直してください。"
        errors.append(ErrorItem("E202", "issued_from", message))
    if len(target.shori_tsuban) > MOST_TSUBAN:
        message = f"処理通番は{MOST_TSUBAN:,}件以内で入力してください。多いときは、リストを分けてください。"
        errors.append(ErrorItem("E207", "shori_tsuban", message))
    return errors


@dataclass(frozen=True, slots=True)
class Progress:
    """The requests of a list by state, apart those that cannot be asked or got no new code, and persons without one."""

    by_state: Mapping[ShutokuState, int]
    unaskable: int = 0
    unchanged: int = 0  # the person's own former code came
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """Return how many have their new code."""
        return self.by_state.get(ShutokuState.SETTEI, 0)

    @property
    def waiting(self) -> int:
        """Return how many a new code is still to come for."""
        return sum(self.by_state.values()) - self.settled

    @property
    def requested(self) -> int:
        """Return how many requests there are."""
        return sum(self.by_state.values()) + self.unaskable + self.unchanged


# The least that every request of a list has reached → what the list is.
_STAGES: Final[Mapping[ShutokuState, State]] = MappingProxyType(
    {
        ShutokuState.YOKYU_UKETSUKE: State.SHIJI,
        ShutokuState.TENSO: State.TENSO,
        ShutokuState.SOSHIN: State.SOSHIN,
        ShutokuState.FUGO_UKETSUKE: State.SOSHIN,
        ShutokuState.SETTEI: State.JURYO,
    }
)


def stage_of(stored: State, progress: Progress) -> State:
    """Return where a list stands: as stored, and after 指示 as its slowest request.

    Who cannot be asked (no number any more) or got the former code again holds nobody up: the request stays, is made
    when the member is registered anew, and takes a new code whenever it comes.
    """
    if stored is not State.SHIJI:
        return stored
    reached = [state for state, count in progress.by_state.items() if count]
    return _STAGES[min(reached)] if reached else State.JURYO


@dataclass(frozen=True, slots=True)
class Written:
    """What stands about the extract: when it was executed by whom onto what, until when, and whether it was taken."""

    baitai_id: str
    executed_by: str
    write_until: datetime
    written_at: datetime | None


class Refusal(StrEnum):
    """Why an extract is not written."""

    BETSUJIN = "kakidashi_betsujin"
    BAITAI = "kakidashi_baitai"
    SHIYO_ZUMI = "kakidashi_zumi"
    KIGEN = "kakidashi_kigen"


REFUSALS: Final[Mapping[Refusal, str]] = MappingProxyType(
    {
        Refusal.BETSUJIN: "この抽出は、承認を使った職員だけが書き出せます。",
        Refusal.BAITAI: "承認された媒体ではありません。承認された媒体IDの媒体を使ってください。",
        Refusal.SHIYO_ZUMI: "この抽出はすでに書き出しました。書き出せるのは1回だけです。",
        Refusal.KIGEN: "承認の期限を過ぎたため、書き出せません。再発行はこのまま進みます。",
    }
)


def check_write(written: Written, *, by: Principal, baitai_id: str, has_baitai: bool, now: datetime) -> Refusal | None:
    """Return why the extract of an executed list may not go to a medium, or None; `has_baitai`: it is still registered.

    根拠: KJ-DUAL-06, KJ-DUAL-07.
    """
    checks = (
        (by.actor_id != written.executed_by, Refusal.BETSUJIN),
        (baitai_id != written.baitai_id or not has_baitai, Refusal.BAITAI),
        (written.written_at is not None, Refusal.SHIYO_ZUMI),
        (now >= written.write_until, Refusal.KIGEN),
    )
    return next((refusal for wrong, refusal in checks if wrong), None)
