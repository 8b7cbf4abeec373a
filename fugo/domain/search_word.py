"""What an operator may look for a request by: its 処理通番, or the 受付番号 it came with."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final
from uuid import UUID

from chukan.kernel.values import uketsuke_bango as bango

# A block is reflected so soon after its file was taken in; requests made later are found by 処理通番 only.
REFLECTED_WITHIN: Final = timedelta(days=7)
_JST: Final = timezone(timedelta(hours=9))
_TSUBAN: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Span:
    """処理通番 between two instants: they rise with the time a request was made."""

    after: UUID
    until: UUID


def read_word(text: str) -> UUID | str | None:
    """Return the 処理通番 or the 受付番号 somebody typed, in whatever width; None when it is neither."""
    word = unicodedata.normalize("NFKC", text).strip()
    if _TSUBAN.fullmatch(word.lower()):
        return UUID(word.lower())
    return word.upper() if span_of(word.upper()) is not None else None


def span_of(uketsuke_bango: str) -> Span | None:
    """Return the span in which the requests of a 受付 were made; None when this is no 受付番号."""
    if not bango.is_valid(uketsuke_bango):
        return None
    try:
        start = datetime.combine(date.fromisoformat(uketsuke_bango[:8]), time(), _JST)
        return Span(_first_at(start), _first_at(start + REFLECTED_WITHIN))
    except (ValueError, OverflowError):
        return None


def _first_at(instant: datetime) -> UUID:
    milliseconds = int(instant.timestamp() * 1000)
    return UUID(int=milliseconds << 80)
