"""Which numbers a member carried, when, and whom each leads to now; the numbers themselves stay behind. ADR 0027."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class FormerBango(NamedTuple):
    """A number a member had until a 変更 or 訂正, and whom it leads to; None: nobody, or it cannot be read."""

    ended_at: datetime
    leads_to: UUID | None


class BangoSpan(NamedTuple):
    """A time in which a member had one number: from `began_at` (None: the beginning) to `ended_at` (None: now)."""

    began_at: datetime | None
    ended_at: datetime | None
    leads_to: UUID | None


def spans_of(formers: Sequence[FormerBango], present: UUID | None) -> tuple[BangoSpan, ...]:
    """Return the numbers of a member in their order; `present` is whom the number leads to that the member has now."""
    spans, began = [], None
    for former in sorted(formers, key=lambda one: one.ended_at):
        spans.append(BangoSpan(began, former.ended_at, former.leads_to))
        began = former.ended_at
    return (*spans, BangoSpan(began, None, present))
