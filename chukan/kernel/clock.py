"""The only reader of the system clock."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def business_date_jst(instant: datetime) -> date:
    """Return the calendar day in Japan on which `instant` falls."""
    return instant.astimezone(JST).date()


def midnight_jst(instant: datetime) -> datetime:
    """Return when the calendar day in Japan on which `instant` falls began."""
    return datetime.combine(business_date_jst(instant), time(), JST)


def today_jst() -> date:
    """Return today's calendar day in Japan."""
    return business_date_jst(now())
