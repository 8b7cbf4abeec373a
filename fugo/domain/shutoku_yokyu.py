"""What the registration of a member means for the person's code, and when a request is asked again.

A person has one code across all insurers: only who has none and has not asked yet is asked for. 根拠: KJ-FUGO-01,
KJ-FUGO-02, KJ-FUGO-05.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fugo.domain.shutoku_state import ShutokuState

# The purpose in the matrix of 事務 × 保険者種別 of those whose members' codes serve 自己情報表示 alone (KJ-NWS-27).
JIKO_JOHO: Final = "jiko_joho"


class Yoto(StrEnum):
    """What a code may be used for."""

    JOHO_RENKEI = "1"
    JIKO_JOHO_HYOJI = "2"


class Decision(StrEnum):
    """What a registration leads to."""

    REQUEST = "request"  # a request is made, and the 被保険者枝番 is linked to the person
    LINK = "link"  # the person has a code or asked for one: the 被保険者枝番 is linked, nothing goes out
    NOTHING = "nothing"  # the insurer asks for none, or the link stands


@dataclass(frozen=True, slots=True)
class Person:
    """What 機関別符号 knows of a person."""

    linked: bool  # this very 被保険者枝番
    has_fugo: bool
    has_open_request: bool


def decide_request(*, asked: bool, person: Person) -> Decision:
    """Return what to do about a registered 被保険者枝番; `asked`: 符号取得要求区分 says so.

    A repeated notice changes nothing, whatever happened to the person meanwhile.
    """
    if not asked:
        return Decision.NOTHING
    if not person.has_fugo and not person.has_open_request:
        return Decision.REQUEST
    return Decision.NOTHING if person.linked else Decision.LINK


def decide_reissue(person: Person) -> bool:
    """Tell whether a person of a 再発行対象者リスト gets a new request: who asks already waits for that answer."""
    return person.has_fugo and not person.has_open_request


def yoto_of(purposes: frozenset[str]) -> Yoto:
    """Return what a code is for, from the purposes the matrix gives the insurers the person is linked to.

    One insurer of another kind is enough for 情報連携.
    """
    return Yoto.JIKO_JOHO_HYOJI if purposes <= {JIKO_JOHO} else Yoto.JOHO_RENKEI


def is_unanswered(
    state: ShutokuState, *, last_sent_at: datetime | None, is_waiting_to_go: bool, now: datetime, patience: timedelta
) -> bool:
    """Tell whether a request is to be asked again, under its own 処理通番: sent, and no code came for so long.

    The state stays 送信: asking again is no step. One that waits in a file for the operator is not put into another.
    """
    if state is not ShutokuState.SOSHIN or last_sent_at is None or is_waiting_to_go:
        return False
    return now - last_sent_at >= patience
