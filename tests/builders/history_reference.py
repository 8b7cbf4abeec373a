"""資格履歴 told the naive way, from the contract alone: what was accepted is kept and replayed for every question.

Lines are the JSON bodies of the contract. Nothing here knows the planner: no rule is imported, no state is kept but the
accepted lines and who each 個人番号 leads to (`history_numbers`). Where the contract is silent, `派生` says which
reading is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from tests.builders.history_numbers import Holder, Numbers

NEW, AGAIN, CHANGE, END, WITHDRAW = "01", "02", "03", "04", "05"
KINDS = frozenset({NEW, AGAIN, CHANGE, END, WITHDRAW})
STANDING = frozenset({"02", "03"})
REQUIRED = {
    "kihon": ("seinengappi", "seibetsu1"),
    "shikaku": ("hokensha_bango", "hihokenshasho_bango", "edaban", "shikaku_shutoku_ymd", "honnin_kazoku_kubun"),
}
CARD = ("hokensha_bango", "hihokenshasho_kigo", "hihokenshasho_bango", "edaban")
SEX = frozenset({"1", "2", "3"})
_DIGITS = 12

Body = Mapping[str, Any]


class Told(NamedTuple):
    """What must come of a line: its codes, and whom and which period an accepted one names."""

    codes: frozenset[str]
    edaban: int | None = None
    tsuban: int | None = None

    @property
    def accepted(self) -> bool:
        return not any(code.startswith("E") for code in self.codes)


@dataclass
class Period:
    """One period (or the standing of somebody without one) as the accepted lines leave it."""

    kihon: dict[str, Any]
    seigyo: dict[str, Any]
    shikaku: dict[str, Any]
    korei: list[dict[str, Any]]
    withdrawn: bool = False

    @property
    def start(self) -> date:
        return date.fromisoformat(self.shikaku["shikaku_shutoku_ymd"])

    @property
    def end(self) -> date | None:
        end = self.shikaku.get("shikaku_soshitsu_ymd")
        return None if end is None else date.fromisoformat(end)

    def has(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def meets(self, start: date, end: date | None) -> bool:
        """Tell whether both share a day."""
        return not self.withdrawn and start < (self.end or date.max) and self.start < (end or date.max)


class Event(NamedTuple):
    """One accepted line that changed something: its place in the story, the period it is about, what it said."""

    place: int
    tsuban: int | None
    body: Body


State = dict[int | None, Period]
Shown = tuple[int, dict[str, Any], dict[str, Any], dict[str, Any], list[dict[str, Any]]]


@dataclass
class Person:
    """One person of one insurer: the accepted lines in the order they came, and the numbers."""

    holder: Holder
    events: list[Event] = field(default_factory=list)

    @property
    def edaban(self) -> int:
        return self.holder.edaban

    @property
    def himozuke(self) -> int:
        return self.holder.himozuke

    def state(self, until: int | None = None) -> State:
        """Replay what was accepted up to a place in the story (all of it without one)."""
        state: State = {}
        for event in self.events:
            if until is None or event.place <= until:
                replay(state, event)
        return state

    def shown(self, until: int, on: date | None) -> list[Shown]:
        """Return what an as-of question is answered: the periods valid on a day as known then; all without a day."""
        return shown(self.state(until), on)

    def days(self) -> list[date]:
        """Return every first and last day a period ever had, and the day before each: nothing changes on others."""
        edges = {date(1900, 1, 1), date(2100, 1, 1)}
        for at in range(len(self.events)):
            for tsuban, period in self.state(self.events[at].place).items():
                if tsuban is not None:
                    edges |= {period.start} | ({period.end} if period.end else set())
        return sorted(edges | {date.fromordinal(edge.toordinal() - 1) for edge in edges})


def shown(state: State, on: date | None) -> list[Shown]:
    """Return the periods of a state that are valid on a day, never a 取消."""
    return [
        (tsuban, period.kihon, period.seigyo, period.shikaku, period.korei)
        for tsuban, period in sorted((t, p) for t, p in state.items() if t is not None)
        if not period.withdrawn and (on is None or period.has(on))
    ]


def replay(state: State, event: Event) -> None:
    """Let one accepted line do to the state what the contract says."""
    body, tsuban = event.body, event.tsuban
    kind = body["shori_shubetsu_code"]
    if kind in (NEW, AGAIN):
        # 派生: who joins again keeps the items of the person that the line leaves out; those of a period start empty.
        before = vouching(state)
        state[tsuban] = Period(
            kihon=_laid(before.kihon if before else {}, body.get("kihon")),
            seigyo=_laid(before.seigyo if before else {}, body.get("seigyo")),
            shikaku=_laid({}, body.get("shikaku")),
            korei=_added([], body.get("korei")),
        )
        if tsuban is not None:
            state.pop(None, None)
        return
    period = replace(state[tsuban])
    if kind == WITHDRAW:
        period.withdrawn = True
    elif kind == END:
        given = body["shikaku"]
        taken = {key: given[key] for key in ("shikaku_soshitsu_ymd", "shikaku_soshitsu_jiyu") if key in given}
        period.shikaku = _laid(period.shikaku, taken)
    else:
        period.kihon = _laid(period.kihon, body.get("kihon"))
        period.seigyo = _laid(period.seigyo, body.get("seigyo"))
        period.shikaku = _laid(period.shikaku, body.get("shikaku"))
        period.korei = _added(period.korei, body.get("korei"))
    state[tsuban] = period


def speaking(state: State) -> Period | None:
    """Return the period that says who the person is. 派生: of those not 取消 the latest, not the last one written."""
    order = sorted(state, key=lambda tsuban: (not state[tsuban].withdrawn, tsuban or 0))
    return state[order[-1]] if order else None


def vouching(state: State) -> Period | None:
    """Return it unless it is 取消 itself. 派生: what was registered by mistake says nothing of whoever comes next."""
    period = speaking(state)
    return None if period is None or period.withdrawn else period


def latest(state: State) -> int | None:
    """Return the 資格通番 a line means that names none: the highest that is not 取消."""
    return max((tsuban for tsuban, period in state.items() if tsuban and not period.withdrawn), default=None)


def _laid(held: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Absent key = unchanged, None = cleared."""
    laid = {**held, **(given or {})}
    return {key: value for key, value in laid.items() if value is not None}


def _added(held: list[dict[str, Any]], given: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Each element is added or takes the place of the one with the same 交付年月日; none is removed."""
    elements = [dict(element) for element in held]
    for element in given or ():
        same = [at for at, there in enumerate(elements) if there["kofu_ymd"] == element["kofu_ymd"]]
        if same:
            elements[same[0]] = dict(element)
        else:
            elements.append(dict(element))
    return elements


def is_number(text: str) -> bool:
    """Tell whether twelve digits pass the check digit of 個人番号."""
    if len(text) != _DIGITS or not text.isdecimal():
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(text[:-1], weights, strict=True)) % 11
    return int(text[-1]) == (0 if rest <= 1 else 11 - rest)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _days_said(shikaku: Mapping[str, Any]) -> tuple[date, date | None] | None:
    """Return 取得日 and 喪失日, None when one of them is no day."""
    start, end = _day(shikaku.get("shikaku_shutoku_ymd")), shikaku.get("shikaku_soshitsu_ymd")
    if start is None or (end is not None and _day(end) is None):
        return None
    return start, _day(end)


class Reference:
    """Several insurers' histories, and who each number leads to inside each and across all of them."""

    def __init__(self, zones: Iterable[str], *, today: date) -> None:
        """Begin with nobody."""
        self.today = today
        self.persons: dict[str, dict[int, Person]] = {zone: {} for zone in zones}
        self.numbers = Numbers(self.persons)
        self._place = -1

    def tell(self, zone: str, body: Body) -> Told:
        """Say what must come of the next line, sent by the insurer of the zone, and keep it if accepted."""
        self._place += 1
        found = _Findings(zone, self.today)
        found.look_at_line(body)
        kind = body["shori_shubetsu_code"]
        if kind not in KINDS or body["hokensha_code"] != zone:
            return Told(frozenset(found.codes))
        person = self._person(zone, body, found)
        if kind in (NEW, AGAIN):
            return self._joins(zone, body, person, found)
        if person is None:
            return Told(frozenset(found.codes))
        state = person.state()
        tsuban = body.get("shikaku_tsuban") or latest(state)
        if tsuban is None and kind == CHANGE and None in state:
            return self._changes(zone, body, person, None, found)
        if tsuban not in state or tsuban is None or state[tsuban].withdrawn:
            found.codes.add("E203")
            return Told(frozenset(found.codes))
        if kind == CHANGE:
            return self._changes(zone, body, person, tsuban, found)
        if kind == END:
            end = _day(body.get("shikaku", {}).get("shikaku_soshitsu_ymd"))
            if end is not None:
                self._days(zone, person, tsuban, (state[tsuban].start, end), state[tsuban].shikaku, found)
        return self._kept(body, person, tsuban, found)

    # --- who -----------------------------------------------------------------------------------------------------

    def _person(self, zone: str, body: Body, found: _Findings) -> Person | None:
        """Find the person by 被保険者枝番 or 個人番号, and by nothing else."""
        kind, number, edaban = body["shori_shubetsu_code"], body.get("kojin_bango"), body.get("hihokensha_edaban")
        readable = number is not None and is_number(number)
        by_number = self.led(zone, number or "") if readable else None
        if kind == NEW:
            return None if by_number is None else self._same_birth(body, self.persons[zone][by_number], found)
        if edaban is None:
            if readable and by_number is None:
                found.codes.add("E203")
            person = None if by_number is None else self.persons[zone][by_number]
        elif int(edaban) not in self.persons[zone]:
            found.codes.add("E203")
            return None
        elif readable and by_number != int(edaban):
            found.codes.add("E211")
            return None
        else:
            person = self.persons[zone][int(edaban)]
        if person is None:
            return None
        # 派生: a period that was 取消 later was once there, so the person may come again.
        if kind == AGAIN and not any(person.state()):
            found.codes.add("E203")
        return self._same_birth(body, person, found) if readable else person

    def led(self, zone: str, number: str) -> int | None:
        """Return the 被保険者枝番 a number leads to."""
        return self.numbers.led(zone, number)

    def _same_birth(self, body: Body, person: Person, found: _Findings) -> Person:
        held = vouching(person.state())
        given = body.get("kihon", {})
        if body["shori_shubetsu_code"] != CHANGE and held is not None:
            for key in ("seinengappi", "seibetsu1"):
                value = given.get(key)
                readable = _day(value) is not None if key == "seinengappi" else value in SEX
                if readable and key in held.kihon and held.kihon[key] != value:
                    found.codes.add("E212")
        return person

    # --- what ----------------------------------------------------------------------------------------------------

    def _joins(self, zone: str, body: Body, person: Person | None, found: _Findings) -> Told:
        if body["shori_shubetsu_code"] == AGAIN and person is None:
            return Told(frozenset(found.codes))
        state = {} if person is None else person.state()
        standing = body["kihon"].get("kanyusha_kubun_code") in STANDING
        if standing:
            # 派生: nobody becomes 加入予定者 or 世帯員 while a period runs.
            if any(t and not p.withdrawn and (p.end is None or p.end > self.today) for t, p in state.items()):
                found.codes.add("E209")
        else:
            given = body.get("shikaku", {})
            days = _days_said(given)
            if days is not None:
                self._days(zone, person, None, days, given, found)
        if found.refused:
            return Told(frozenset(found.codes))
        was_here = any(state)
        if person is None:
            person = self._new_person(zone, body["kojin_bango"])
        elif was_here and body["shori_shubetsu_code"] == NEW:
            found.codes.add("W101")
        return self._kept(body, person, None if standing else max((t or 0 for t in state), default=0) + 1, found)

    def _new_person(self, zone: str, number: str) -> Person:
        edaban = len(self.persons[zone]) + 1
        person = self.persons[zone][edaban] = Person(self.numbers.joins(zone, edaban, number))
        return person

    def _changes(self, zone: str, body: Body, person: Person, tsuban: int | None, found: _Findings) -> Told:
        before = person.state()
        held = before[tsuban]
        after = dict(before)
        replay(after, Event(self._place, tsuban, body))
        kihon = body.get("kihon", {})
        if "jusho" in kihon and kihon["jusho"] != held.kihon.get("jusho") and kihon.get("jusho_henko_ymd") is None:
            found.codes.add("E208")
        if tsuban is None:
            # 派生: to clear an item of a period nobody has asks for nothing.
            if any(value is not None for value in body.get("shikaku", {}).values()) or body.get("korei"):
                found.codes.add("E209")
        else:
            self._moves(zone, person, tsuban, before, after[tsuban], found)
        renumbered = self._is_renumbered(body, person, found)
        if not found.refused and after == before and not renumbered:
            if "koshingo_kojin_bango" in body:
                self.numbers.settle(person.holder)
            return Told(frozenset({*found.codes, "W102"}), edaban=person.edaban, tsuban=tsuban)
        told = self._kept(body, person, tsuban, found)
        if told.accepted and renumbered:
            self.numbers.renumber(person.holder, body["koshingo_kojin_bango"], body["kojin_bango_koshin_kubun"])
            self._tells(person, tsuban)
        if told.accepted and "koshingo_kojin_bango" in body:
            self.numbers.settle(person.holder)
        return told

    def _moves(self, zone: str, person: Person, tsuban: int, before: State, after: Period, found: _Findings) -> None:
        """A corrected day or card is held against everything again."""
        days, held = _days_said(after.shikaku), before[tsuban]
        if days is None:
            return
        if days[0] != held.start and days[0] > self.today:
            found.codes.add("E210")
        card = [after.shikaku.get(key) for key in CARD] != [held.shikaku.get(key) for key in CARD]
        if card or days != (held.start, held.end):
            self._days(zone, person, tsuban, days, after.shikaku, found)

    def _days(
        self,
        zone: str,
        person: Person | None,
        tsuban: int | None,
        days: tuple[date, date | None],
        shikaku: Mapping[str, Any],
        found: _Findings,
    ) -> None:
        """A period is not empty, overlaps no other of the person, and shares its card with nobody else."""
        start, end = days
        if end is not None and end <= start:
            found.codes.add("E202")
            return
        if person is not None and any(
            period.meets(start, end) for number, period in person.state().items() if number and number != tsuban
        ):
            found.codes.add("E201")
        card = [shikaku.get(key) for key in CARD]
        for other in self.persons[zone].values():
            if other is person:
                continue
            for number, period in other.state().items():
                if number and [period.shikaku.get(key) for key in CARD] == card and period.meets(start, end):
                    found.codes.add("E213")

    # --- numbers -------------------------------------------------------------------------------------------------

    def _is_renumbered(self, body: Body, person: Person, found: _Findings) -> bool:
        number, kubun = body.get("koshingo_kojin_bango"), body.get("kojin_bango_koshin_kubun", "")
        if number is None or not is_number(number) or self.numbers.is_said_again(person.holder, number):
            return False
        if self.numbers.is_anothers(person.holder, number, kubun):
            found.codes.add("E214")
        return True

    def _tells(self, person: Person, tsuban: int | None) -> None:
        """Who has a period is told of to オンライン資格確認."""
        if tsuban is not None:
            self.numbers.tells(person.holder)

    def _kept(self, body: Body, person: Person, tsuban: int | None, found: _Findings) -> Told:
        if found.refused:
            return Told(frozenset(found.codes))
        person.events.append(Event(self._place, tsuban, body))
        self._tells(person, tsuban)
        return Told(frozenset(found.codes), edaban=person.edaban, tsuban=tsuban)


class _Findings:
    """The codes found for one line, and what can be told from the line alone."""

    def __init__(self, zone: str, today: date) -> None:
        self.zone, self.today = zone, today
        self.codes: set[str] = set()

    @property
    def refused(self) -> bool:
        return any(code.startswith("E") for code in self.codes)

    def look_at_line(self, body: Body) -> None:
        """Find what needs nothing held. Only what the stories can say is looked at."""
        kind, kihon, shikaku = body["shori_shubetsu_code"], body.get("kihon", {}), body.get("shikaku", {})
        if kind not in KINDS:
            self.codes.add("E205")
        if body["hokensha_code"] != self.zone or shikaku.get("hokensha_bango", self.zone) != self.zone:
            self.codes.add("E204")
        for number in (body.get("kojin_bango"), body.get("koshingo_kojin_bango")):
            if number is not None and not is_number(number):
                self.codes.add("E206" if len(number) == _DIGITS else "E207")
        days = [kihon.get("seinengappi"), shikaku.get("shikaku_shutoku_ymd"), shikaku.get("shikaku_soshitsu_ymd")]
        if any(day is not None and _day(day) is None for day in days):
            self.codes.add("E207")
        if kihon.get("seibetsu1", "1") not in SEX:
            self.codes.add("E205")
        address = kihon.get("jusho") or ""
        if any(is_number(address[at : at + _DIGITS]) for at in range(len(address))):
            self.codes.add("E215")
        if kind in (NEW, AGAIN):
            self._look_at_join(body)
        elif kind in KINDS:
            self._look_at_known(body)

    def _look_at_join(self, body: Body) -> None:
        kihon, shikaku = body.get("kihon", {}), body.get("shikaku", {})
        standing = kihon.get("kanyusha_kubun_code") in STANDING
        if body["shori_shubetsu_code"] == NEW and "hihokensha_edaban" in body:
            self.codes.add("E209")
        if body.get("kojin_bango") is None or any(kihon.get(key) is None for key in REQUIRED["kihon"]):
            self.codes.add("E208")
        if standing:
            if shikaku:
                self.codes.add("E209")
            return
        if any(shikaku.get(key) is None for key in REQUIRED["shikaku"]):
            self.codes.add("E208")
        start = _day(shikaku.get("shikaku_shutoku_ymd"))
        if start is not None and start > self.today:
            self.codes.add("E210")

    def _look_at_known(self, body: Body) -> None:
        kind = body["shori_shubetsu_code"]
        if "hihokensha_edaban" not in body and body.get("kojin_bango") is None:
            self.codes.add("E208")
        if kind == END and body.get("shikaku", {}).get("shikaku_soshitsu_ymd") is None:
            self.codes.add("E208")
        said = {"kihon", "seigyo", "shikaku", "korei", "koshingo_kojin_bango", "kojin_bango_koshin_kubun"}
        if kind == CHANGE and not any(body.get(key) for key in said):
            self.codes.add("E208")
        if kind != CHANGE and "koshingo_kojin_bango" in body:
            self.codes.add("E209")
