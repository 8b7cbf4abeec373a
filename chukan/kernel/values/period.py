"""Half-open period of days `[start, end)`; no end means it is still open."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` up to, not including, `end`. An empty period does not exist."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        """Refuse an empty or reversed period."""
        if self.end is not None and self.end <= self.start:
            message = "a period ends after it starts"
            raise ValueError(message)

    def contains(self, on: date) -> bool:
        """Tell whether `on` is one of the days."""
        return self.start <= on and (self.end is None or on < self.end)

    def overlaps(self, other: "Period") -> bool:
        """Tell whether at least one day belongs to both."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def touches(self, other: "Period") -> bool:
        """Tell whether one starts on the day the other ends."""
        return self.end == other.start or other.end == self.start

    def covers(self, other: "Period") -> bool:
        """Tell whether every day of `other` is also one of ours."""
        return self.start <= other.start and (self.end is None or (other.end is not None and other.end <= self.end))

    def intersection(self, other: "Period") -> "Period | None":
        """Return the days that belong to both."""
        if not self.overlaps(other):
            return None
        ends = [end for end in (self.end, other.end) if end is not None]
        return Period(max(self.start, other.start), min(ends) if ends else None)

    def ended_on(self, end: date) -> "Period":
        """Return the period with another end; raises ValueError when nothing would be left."""
        return Period(self.start, end)
