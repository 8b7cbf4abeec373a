"""取り直し: whether a code was asked for by the number of somebody else and goes for it. ADR 0027, ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID


class Carried(NamedTuple):
    """A time in which the member had one number, and whom it leads to; None: the beginning, now, nobody."""

    began_at: datetime | None
    ended_at: datetime | None
    leads_to: UUID | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was asked by way of one member.

    `tenso_at`: when its first file stood; None before. `last_sent_at`: None while its file is still to be sent.
    """

    shori_tsuban: UUID
    himozuke_bango: UUID
    hihokensha_edaban: int
    made_at: datetime
    was_in_file: bool
    tenso_at: datetime | None
    last_sent_at: datetime | None


def is_of_another(asked: Asked, number: Carried, *, lag: timedelta) -> bool:
    """Tell whether a number may have gone into the request's file although it is somebody else's.

    In doubt it did: who is asked for once more gets the same code, and a code of somebody else does harm. `lag`: how
    much earlier than its file stands a number may have been read, and how much later than its stamp a 訂正 is seen.
    """
    if number.leads_to in (None, asked.himozuke_bango) or not asked.was_in_file:
        return False
    if number.ended_at is not None:
        if asked.made_at >= number.ended_at:
            return False
        if asked.tenso_at is not None and asked.tenso_at > number.ended_at + lag:
            return False
    return number.began_at is None or asked.last_sent_at is None or asked.last_sent_at >= number.began_at
