"""The pure planner with the least around it: what it plans is kept in lists, as versions with both their times.

Known time is the place of a line in its story. Who a number leads to is the shell's business (`block_numbers`), told
here as the reference tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.domain.check_line import HokenshaFacts, LineFacts, check_line
from shikaku.domain.held import Held, KigoUse, KoshingoFacts
from shikaku.domain.line import TorokuLine
from shikaku.domain.plan import Plan, Rejection, VersionWrite, apply_plan
from shikaku.domain.toroku import kigo_bango_key, kigo_key_after, plan_registration
from tests.builders.history_numbers import Numbers
from tests.builders.history_reference import Reference, Shown, shown
from tests.builders.history_stories import TODAY, ZONES, Story
from tests.builders.lines import line as line_of
from tests.unit.shikaku.lines import codes

Planner = Callable[..., Plan | Rejection]


class Disagreement(AssertionError):
    """The product and the reference do not say the same."""


@dataclass
class Kept:
    """One version: since when it is known, until when, and what it says."""

    since: int
    version: VersionWrite
    until: int | None = None


class Answer(NamedTuple):
    """What came of a line, as the reference tells it."""

    codes: frozenset[str]
    edaban: int | None = None
    tsuban: int | None = None


class Memory:
    """Several insurers' members as the planner leaves them."""

    def __init__(self, planner: Planner = plan_registration) -> None:
        """Begin with nobody."""
        self._planner = planner
        self.held: dict[str, dict[int, Held]] = {zone: {} for zone in ZONES}
        self.kept: dict[tuple[str, int], list[Kept]] = {}
        self._numbers = Numbers(ZONES)

    def send(self, zone: str, body: dict[str, Any], place: int) -> Answer:
        """Let the insurer of the zone send one line."""
        line = line_of(body)
        facts = LineFacts(TODAY, {zone: HokenshaFacts("kenpo_kumiai", frozenset({zone}))}, codes)
        by_edaban = self.held[zone].get(line.hihokensha_edaban or 0)
        by_number = self._of_number(zone, line)
        person = by_edaban if line.hihokensha_edaban is not None else by_number
        decided = self._planner(
            line=line,
            by_edaban=by_edaban,
            by_number=by_number,
            kigo_users=self._card_users(zone, line, person),
            koshingo=self._koshingo(zone, line, by_edaban or by_number),
            on=TODAY,
            checked=check_line(line, facts=facts),
        )
        if isinstance(decided, Rejection):
            return Answer(frozenset(code for code, _ in decided.violations))
        held = self._apply(zone, line, decided, by_number if line.shori_shubetsu_code == "01" else person, place)
        return Answer(frozenset(code for code, _ in decided.warnings), held.hihokensha_edaban, decided.shikaku_tsuban)

    def shown(self, zone: str, edaban: int, place: int) -> list[tuple[VersionWrite, Shown]]:
        """Return the versions known after a line of the story, as they are answered."""
        known = [
            kept.version
            for kept in self.kept[zone, edaban]
            if kept.since <= place and (kept.until is None or kept.until > place)
        ]
        return [
            (version, shown_of(version.shikaku_tsuban, version.joho))
            for version in sorted(known, key=lambda version: version.shikaku_tsuban or 0)
            if version.shikaku_tsuban is not None and not version.withdrawn
        ]

    # --- what stands around the planner --------------------------------------------------------------------------

    def _of_number(self, zone: str, line: TorokuLine) -> Held | None:
        if line.kojin_bango is None or not is_valid_kojin_bango(line.kojin_bango):
            return None
        edaban = self._led(zone, line.kojin_bango)
        return None if edaban is None else self.held[zone][edaban]

    def _led(self, zone: str, number: str) -> int | None:
        return self._numbers.led(zone, number)

    def _card_users(self, zone: str, line: TorokuLine, person: Held | None) -> list[KigoUse]:
        key = kigo_key_after(line, person)
        return [
            KigoUse(other.hihokensha_edaban, period.valid_from or date.max, period.valid_to)
            for other in self.held[zone].values()
            for period in other.periods
            if key is not None and not period.withdrawn and kigo_bango_key(period.joho["shikaku"]) == key
        ]

    def _koshingo(self, zone: str, line: TorokuLine, person: Held | None) -> KoshingoFacts:
        number = line.koshingo_kojin_bango
        if number is None:
            return KoshingoFacts()
        if person is None:
            return KoshingoFacts()
        holder = self._numbers.holders[zone, person.hihokensha_edaban]
        himozuke, here, parted = self._numbers.facts(holder, number)
        return KoshingoFacts(
            himozuke_bango=None if himozuke is None else str(himozuke),
            edaban_here=here,
            is_current=number == holder.number,
            keeps=bool(self._numbers.kept(holder)),
            parted=None if parted is None else str(parted),
        )

    def _apply(self, zone: str, line: TorokuLine, plan: Plan, person: Held | None, place: int) -> Held:
        edaban = len(self.held[zone]) + 1 if person is None else person.hihokensha_edaban
        if person is None:
            self._numbers.joins(zone, edaban, line.kojin_bango or "")
        holder = self._numbers.holders[zone, edaban]
        if plan.owes is not None:
            self._numbers.tells(holder)
        if plan.number_change is not None:
            self._numbers.renumber(holder, line.koshingo_kojin_bango or "", plan.number_change)
            if plan.owes is not None:
                self._numbers.tells(holder)
        if line.koshingo_kojin_bango is not None:
            self._numbers.settle(holder)
        himozuke = str(holder.himozuke)
        if plan.version is not None:
            self.keep(self.kept.setdefault((zone, edaban), []), plan.version, place)
        held = replace(apply_plan(person, plan, edaban, himozuke), himozuke_bango=himozuke)
        self.held[zone][edaban] = held
        return held

    def keep(self, kept: list[Kept], version: VersionWrite, place: int) -> None:
        """Append the version; the one it supersedes stays as what was known until now."""
        for former in kept:
            if former.version.rireki_tsuban == version.supersedes:
                former.until = place
        kept.append(Kept(place, version))


def shown_of(tsuban: int | None, joho: Any) -> Shown:
    """Return one version as the reference shows a period."""
    groups = [dict(joho.get(group) or {}) for group in ("kihon", "seigyo", "shikaku")]
    return tsuban or 0, groups[0], groups[1], groups[2], [dict(element) for element in joho.get("korei") or ()]


def covers(version: VersionWrite, on: date | None) -> bool:
    """Tell whether the version's own days, half-open, have the day."""
    first, after = version.valid_from, version.valid_to
    return on is None or (first is not None and first <= on and (after is None or on < after))


def play(story: Story, memory: Memory) -> int:
    """Send the story through the planner and compare every answer, then every (valid, known) pair; return how many.

    Raises Disagreement.
    """
    for place, line in enumerate(story.lines):
        answer = memory.send(line.zone, line.body, place)
        told = Answer(line.told.codes, line.told.edaban, line.told.tsuban)
        if answer != told:
            raise Disagreement(place, line.spoiled, line.body["shori_shubetsu_code"], answer, told)
    return compare(story.reference, memory, len(story.lines))


def compare(reference: Reference, memory: Memory, places: int) -> int:
    """Compare what both show of every person on every day as known after every line."""
    pairs = 0
    for zone, persons in reference.persons.items():
        if set(persons) != set(memory.held[zone]):
            raise Disagreement(zone, "persons")
        for edaban, person in persons.items():
            days: Sequence[date | None] = [None, *person.days()]
            state = person.state(-1)
            starts = {event.place for event in person.events}
            for place in range(-1, places):
                if place in starts:
                    state = person.state(place)
                versions = memory.shown(zone, edaban, place)
                for on in days:
                    pairs += 1
                    answered = [period for version, period in versions if covers(version, on)]
                    if answered != shown(state, on):
                        raise Disagreement(zone, edaban, place, on)
    return pairs
