"""What pages of several apps are made of: an answer no cache keeps, things to do, figures, the chart of a day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

Context = Mapping[str, object]
_CHART_HEIGHT: Final = 52
_CHART_FLOOR: Final = 56


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that waits for a person, as a sentence with its link; without one where nobody can go on from here."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a dashboard."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart."""

    hour: int
    count: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The hours of a day as bars, and what they come to in words."""

    bars: tuple[Bar, ...]
    text: str


def show(request: HttpRequest, template: str, context: Context, *, status: int = 200) -> HttpResponse:
    """Answer with a page that no cache keeps. 根拠: KJ-UI-08."""
    response = render(request, template, dict(context), status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def chart_of(counts: Sequence[int], told: Callable[[int, int], str]) -> Chart | None:
    """Return the chart of counts by hour, None when all are 0; `told` says the busiest hour and its count in words."""
    top = max(counts)
    if not top:
        return None
    heights = [round(count * _CHART_HEIGHT / top, 2) for count in counts]
    bars = tuple(
        Bar(hour, count, hour * 10 + 1, round(_CHART_FLOOR - height, 2), height)
        for hour, (count, height) in enumerate(zip(counts, heights, strict=True))
    )
    return Chart(bars, told(counts.index(top), top))
