"""An arriving code belongs to a request that was sent and has none yet, or it is dropped and counted.

根拠: KJ-IN-13, KJ-FUGO-01, KJ-RET-16. What the network is told has three words (`ok`, `jufuku`, `yokyu_nashi`); what
operators count is told apart further.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from chukan.kernel.values.kikanbetsu_fugo import KikanbetsuFugo
from fugo.domain.shutoku_state import ShutokuState

Code = Literal["ok", "jufuku", "yokyu_nashi"]


@dataclass(frozen=True, slots=True)
class Received:
    """One code as it arrived, for the request it names."""

    shori_tsuban: UUID
    fugo: KikanbetsuFugo


class Juryo(StrEnum):
    """What became of one arriving code."""

    STORED = "stored"
    SAME_AGAIN = "same_again"
    OTHER_CODE = "other_code"  # the request has another code: nothing overwrites it
    TAKEN = "taken"  # another person has this code
    FORMER_CODE = "former_code"  # the person has or had this very code: no new one was given out
    NOT_SENT = "not_sent"  # the request has not gone out, so this cannot be its answer
    NO_REQUEST = "no_request"


CODES: Final[Mapping[Juryo, Code]] = {
    Juryo.STORED: "ok",
    Juryo.SAME_AGAIN: "jufuku",
    Juryo.OTHER_CODE: "jufuku",
    Juryo.TAKEN: "jufuku",
    Juryo.FORMER_CODE: "jufuku",
    Juryo.NOT_SENT: "yokyu_nashi",
    Juryo.NO_REQUEST: "yokyu_nashi",
}
JURYO_LABELS: Final[Mapping[Juryo, str]] = {
    Juryo.STORED: "受け付けた",
    Juryo.SAME_AGAIN: "同じ符号をもう一度受けた",
    Juryo.OTHER_CODE: "受付済みの要求に別の符号が来た",
    Juryo.TAKEN: "別の人の符号が来た",
    Juryo.FORMER_CODE: "その人の前と同じ符号が来た",
    Juryo.NOT_SENT: "送信していない要求に符号が来た",
    Juryo.NO_REQUEST: "要求のない処理通番に符号が来た",
}
# What points to a fault on the other side and is worth an operator's look.
SUSPECT: Final = frozenset({Juryo.OTHER_CODE, Juryo.TAKEN, Juryo.FORMER_CODE, Juryo.NOT_SENT, Juryo.NO_REQUEST})
# What is kept of a request whose answer was the person's own former code: it is not asked again, a new code is still
# taken. 派生: whether the network gives out a new one is for people to find out, not for asking every three days.
FUGO_KAWARAZU: Final = "fugo_kawarazu"
FUGO_KAWARAZU_MESSAGE: Final = (
    "前と同じ符号が返ってきたため、新しい符号は設定していません。情報提供ネットワークシステムに確かめてください。"
)


def match_answer(state: ShutokuState | None, *, is_same: bool, is_own: bool, is_taken: bool) -> Juryo:
    """Return what becomes of a code for a request in `state` (None: there is none).

    `is_same`: the request has this very code; `is_own`: an earlier request of the person has it; `is_taken`: it cannot
    be this person's new one.
    """
    if state is None:
        return Juryo.NO_REQUEST
    if state in {ShutokuState.YOKYU_UKETSUKE, ShutokuState.TENSO}:
        return Juryo.NOT_SENT
    if state is not ShutokuState.SOSHIN:
        return Juryo.SAME_AGAIN if is_same else Juryo.OTHER_CODE
    if is_own:
        return Juryo.FORMER_CODE
    return Juryo.TAKEN if is_taken else Juryo.STORED


def is_settled(juryo: Juryo) -> bool:
    """Tell whether the network may call the code delivered: it is here, from now or from before."""
    return juryo in {Juryo.STORED, Juryo.SAME_AGAIN}
