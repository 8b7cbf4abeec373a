"""The numbers a member had, as times."""

from datetime import UTC, datetime
from uuid import UUID

from shikaku.domain.bango_span import BangoSpan, FormerBango, spans_of

FIRST, SECOND = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
MINE, OTHER = UUID(int=1), UUID(int=2)


def test_one_number_from_the_beginning_until_now() -> None:
    assert spans_of((), MINE) == (BangoSpan(None, None, MINE),)


def test_each_number_begins_where_the_one_before_ended() -> None:
    formers = (FormerBango(SECOND, OTHER), FormerBango(FIRST, MINE))

    assert spans_of(formers, MINE) == (
        BangoSpan(None, FIRST, MINE),
        BangoSpan(FIRST, SECOND, OTHER),
        BangoSpan(SECOND, None, MINE),
    )


def test_who_has_no_number_now_still_had_some() -> None:
    assert spans_of((FormerBango(FIRST, OTHER),), None) == (BangoSpan(None, FIRST, OTHER), BangoSpan(FIRST, None, None))
