"""Random stories of several insurers' members, thrown with seeded dice: every 契機, retroactive, out of order, spoiled.

A story is made line by line beside the reference, so that most lines are about somebody who is there; the reference's
answer stands with each line.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from tests.builders.history_reference import Person, Reference, Told, latest
from tests.builders.lines import NOT_YET, known, kojin_bango, message
from tests.support.principals import KENPO, KYOKAI, OTHER_KENPO

ZONES = (KENPO, OTHER_KENPO, KYOKAI)
TODAY = date(2026, 11, 20)
FIRST_DAY = date(2020, 1, 1)
STEPS = 50
_PEOPLE = 6
_SPARE = range(11, 17)
_MONTHS = 60
_NOWHERE = 90

Body = dict[str, Any]


class Line(NamedTuple):
    """One line of a story: which insurer sends it, what it says, what was done to spoil it, what must come of it.

    `about` are the 枝番 and 資格通番 a 変更, 喪失 or 取消 comes to, None where there is nothing it can be about.
    """

    zone: str
    body: Body
    spoiled: str
    about: tuple[int, int | None] | None
    told: Told


class Story(NamedTuple):
    """The lines in the order they are sent, and the reference after all of them."""

    lines: list[Line]
    reference: Reference


def story(dice: random.Random, *, steps: int = STEPS, today: date = TODAY) -> Story:
    """Throw one story. An insurer sends a few lines before it is another's turn, as with files."""
    reference = Reference(ZONES, today=today)
    lines: list[Line] = []
    zone = dice.choice(ZONES)
    for _ in range(steps):
        if dice.random() < 0.15:
            zone = dice.choice(ZONES)
        body, spoiled = _Throw(dice, reference, zone).line()
        about = target(reference, zone, body)
        lines.append(Line(zone, body, spoiled, about, reference.tell(zone, body)))
    return Story(lines, reference)


class _Throw:
    """One throw of the dice about one insurer's members."""

    def __init__(self, dice: random.Random, reference: Reference, zone: str) -> None:
        self._dice, self._reference, self._zone = dice, reference, zone
        self._here = list(reference.persons[zone].values())

    def line(self) -> tuple[Body, str]:
        """Return a line, one in eight of them spoiled."""
        makers: list[tuple[Callable[[], Body], int]] = [(self._join, 30), (self._standing, 3)]
        if self._here:
            makers += [(self._address, 12), (self._days, 14), (self._card, 5), (self._korei, 5)]
            makers += [(self._end, 14), (self._withdraw, 9), (self._renumber, 9)]
        (maker,) = self._dice.choices([maker for maker, _ in makers], [weight for _, weight in makers])
        body = maker()
        if self._dice.random() < 0.125:
            return self._spoil(body)
        return body, ""

    # --- what people send ----------------------------------------------------------------------------------------

    def _day(self) -> str:
        """A first of a month: days meet, touch and overlap often."""
        month = self._dice.randrange(_MONTHS)
        return date(FIRST_DAY.year + month // 12, 1 + month % 12, 1).isoformat()

    def _after(self, start: str) -> str | None:
        """A day after another; now and then none, or none after it (E202)."""
        if self._dice.random() < 0.4:
            return None
        days = self._dice.choice([-31, 0, 1, 28, 60, 90, 200, 400])
        return (date.fromisoformat(start) + timedelta(days=days)).isoformat()

    def _join(self) -> Body:
        """Somebody new, somebody who comes back, somebody of another insurer; sometimes with another's card."""
        if self._here and self._dice.random() < 0.35:
            return self._return()
        shikaku = self._from(self._day())
        n = self._dice.choice([*range(1, _PEOPLE + 1), *_SPARE])
        body = self._message(n, shikaku)
        if self._dice.random() < 0.08:
            body["kihon"]["seinengappi"] = "1950-01-01"  # not what is held, where somebody is (E212)
        if self._dice.random() < 0.3:
            body["kihon"]["jusho"] = self._address_text()
        if self._dice.random() < 0.2:
            body["seigyo"] = {"opt_out": self._dice.random() < 0.5}
        return body

    def _from(self, start: str) -> dict[str, Any]:
        end = self._after(start)
        return {"shikaku_shutoku_ymd": start, **({} if end is None else {"shikaku_soshitsu_ymd": end})}

    def _return(self) -> Body:
        """再加入, or 新規取得 for somebody who was here; one in four begins the very day a period of theirs ended."""
        person = self._dice.choice(self._here)
        ends = [period.end.isoformat() for tsuban, period in person.state().items() if tsuban and period.end]
        start = self._dice.choice(ends) if ends and self._dice.random() < 0.25 else self._day()
        body = self._message(_owner(person), self._from(start))
        body["kojin_bango"] = self._a_number_of(person)
        if self._dice.random() < 0.75:
            body["shori_shubetsu_code"] = "02"
            if self._dice.random() < 0.5:
                body["hihokensha_edaban"] = f"{self._edaban(person):010d}"
        return body

    def _message(self, n: int, shikaku: Body) -> Body:
        card = n if self._dice.random() < 0.85 else self._dice.randint(1, _PEOPLE)
        with_card = {"hihokenshasho_kigo": "記", "hihokenshasho_bango": f"{70_000 + card}", **shikaku}
        return message(n, hokensha=self._zone, shikaku=with_card)

    def _standing(self) -> Body:
        """加入予定者: known here, without a period."""
        n = self._dice.choice([*range(1, _PEOPLE + 1), *_SPARE])
        body = message(n, hokensha=self._zone, kihon={"kanyusha_kubun_code": "02"})
        del body["shikaku"]
        return body

    def _about(self, code: str, **over: Any) -> Body:
        """A line about somebody here, named by 枝番, by 個人番号 or by both, and a period named or the latest."""
        with_period = [person for person in self._here if latest(person.state())]
        person = self._dice.choice(with_period if with_period and self._dice.random() < 0.9 else self._here)
        body = known(code, hokensha=self._zone, **over)
        way = self._dice.random()
        if way < 0.75:
            body["hihokensha_edaban"] = f"{self._edaban(person):010d}"
        if way >= 0.65:
            body["kojin_bango"] = self._a_number_of(person)
        state = person.state()
        present = [tsuban for tsuban, period in state.items() if tsuban and not period.withdrawn]
        chance = self._dice.random()
        if present and chance < 0.55:
            body["shikaku_tsuban"] = self._dice.choice(present)
        elif chance < 0.6:
            body["shikaku_tsuban"] = self._dice.randint(1, 1 + max(tsuban or 0 for tsuban in state))  # E203 maybe
        return body

    def _edaban(self, person: Person) -> int:
        """The 枝番 of the person, now and then another's or nobody's."""
        chance = self._dice.random()
        if chance < 0.04:
            return self._dice.choice(self._here).edaban
        return person.edaban + _NOWHERE if chance < 0.07 else person.edaban

    def _a_number_of(self, person: Person) -> str:
        """A number that leads to the person, present or former; now and then any number."""
        if self._dice.random() < 0.05:
            return kojin_bango(self._dice.choice([*range(1, _PEOPLE + 1), *_SPARE]))
        known = {*self._reference.numbers.here[self._zone], *self._reference.numbers.himozuke}
        return self._dice.choice(sorted(n for n in known if self._reference.led(self._zone, n) == person.edaban))

    def _address_text(self) -> str:
        return f"見本県見本市{self._dice.randint(1, 3)}番"

    def _address(self) -> Body:
        kihon: Body = {"jusho": self._address_text(), "jusho_henko_ymd": self._day()}
        chance = self._dice.random()
        if chance < 0.1:
            del kihon["jusho_henko_ymd"]  # E208 where the address really differs
        elif chance < 0.2:
            kihon["jusho"] = None
        return self._about("03", kihon=kihon)

    def _days(self) -> Body:
        """A corrected 取得日, 喪失日 or both; None opens a period again."""
        start = self._day()
        shikaku: Body = {}
        which = self._dice.random()
        if which < 0.7:
            shikaku["shikaku_shutoku_ymd"] = start
        if which > 0.4:
            shikaku["shikaku_soshitsu_ymd"] = self._after(start)
        return self._about("03", shikaku=shikaku)

    def _card(self) -> Body:
        return self._about("03", shikaku={"hihokenshasho_bango": f"{70_000 + self._dice.randint(1, _PEOPLE)}"})

    def _korei(self) -> Body:
        element = {"kofu_ymd": self._dice.choice(["2021-08-01", "2022-08-01"])}
        element["ichibu_futankin_wariai"] = self._dice.choice(["020", "030"])
        return self._about("03", korei=[element])

    def _end(self) -> Body:
        shikaku = {"shikaku_soshitsu_ymd": self._day()}
        if self._dice.random() < 0.3:
            shikaku["shikaku_soshitsu_jiyu"] = "01"
        return self._about("04", shikaku=shikaku)

    def _withdraw(self) -> Body:
        return self._about("05")

    def _renumber(self) -> Body:
        """A changed or corrected 個人番号: to a spare one, another person's, or one from before."""
        number = kojin_bango(self._dice.choice([*_SPARE, *_SPARE, *range(1, _PEOPLE + 1)]))
        kubun = self._dice.choice("12")
        return self._about("03", koshingo_kojin_bango=number, kojin_bango_koshin_kubun=kubun)

    # --- what goes wrong on the way ------------------------------------------------------------------------------

    def _spoil(self, body: Body) -> tuple[Body, str]:
        """Spoil the line in one way that fits it, and say which."""
        code, shikaku = body["shori_shubetsu_code"], body.get("shikaku")
        ways = ["zone", "kind"]
        if "kojin_bango" in body:
            ways += ["digit", "short"]
        if code in ("01", "02"):
            ways += ["sex", "birth", "no_birth", "hidden"]
        if code == "01":
            ways += ["edaban"]
        if shikaku and code in ("01", "02"):
            ways += ["future", "no_day", "bango"]
        if code == "03":
            ways += ["nothing", "nobody"]
        if code == "04":
            ways += ["no_end", "with_number", "no_day_of_end"]
        way = self._dice.choice(ways)
        getattr(self, f"_spoil_{way}")(body)
        return body, way

    def _spoil_zone(self, body: Body) -> None:
        other = self._dice.choice([zone for zone in ZONES if zone != self._zone])
        body["hokensha_code"] = other

    def _spoil_kind(self, body: Body) -> None:
        body["shori_shubetsu_code"] = "06"

    def _spoil_digit(self, body: Body) -> None:
        number = body["kojin_bango"]
        body["kojin_bango"] = number[:-1] + str((int(number[-1]) + 1) % 10)

    def _spoil_short(self, body: Body) -> None:
        body["kojin_bango"] = body["kojin_bango"][:-1]

    def _spoil_sex(self, body: Body) -> None:
        body["kihon"]["seibetsu1"] = "9"

    def _spoil_birth(self, body: Body) -> None:
        body["kihon"]["seinengappi"] = "1980-02-30"

    def _spoil_no_birth(self, body: Body) -> None:
        del body["kihon"]["seinengappi"]

    def _spoil_hidden(self, body: Body) -> None:
        body["kihon"]["jusho"] = f"見本県{kojin_bango(5)}番地"

    def _spoil_edaban(self, body: Body) -> None:
        body["hihokensha_edaban"] = f"{1:010d}"

    def _spoil_future(self, body: Body) -> None:
        body["shikaku"]["shikaku_shutoku_ymd"] = NOT_YET
        body["shikaku"].pop("shikaku_soshitsu_ymd", None)

    def _spoil_no_day(self, body: Body) -> None:
        body["shikaku"]["shikaku_shutoku_ymd"] = "2021-02-30"

    def _spoil_bango(self, body: Body) -> None:
        body["shikaku"]["hokensha_bango"] = next(zone for zone in ZONES if zone != self._zone)

    def _spoil_nothing(self, body: Body) -> None:
        for key in ("kihon", "shikaku", "korei", "koshingo_kojin_bango", "kojin_bango_koshin_kubun"):
            body.pop(key, None)

    def _spoil_nobody(self, body: Body) -> None:
        for key in ("hihokensha_edaban", "kojin_bango"):
            body.pop(key, None)

    def _spoil_no_end(self, body: Body) -> None:
        body["shikaku"] = {"shikaku_soshitsu_jiyu": "01"}

    def _spoil_with_number(self, body: Body) -> None:
        body["koshingo_kojin_bango"] = kojin_bango(11)
        body["kojin_bango_koshin_kubun"] = "1"

    def _spoil_no_day_of_end(self, body: Body) -> None:
        body["shikaku"]["shikaku_soshitsu_ymd"] = "2021-02-30"


def _owner(person: Person) -> int:
    """The number of the message whose items the person was registered with."""
    first: str = person.events[0].body["kojin_bango"]
    pool: list[int] = [*range(1, _PEOPLE + 1), *_SPARE]
    return pool[[kojin_bango(n) for n in pool].index(first)]


def target(reference: Reference, zone: str, body: Body) -> tuple[int, int | None] | None:
    """Return the 枝番 and 資格通番 a 変更, 喪失 or 取消 is about, None where there is nothing it can be about."""
    edaban = body.get("hihokensha_edaban")
    by_number = reference.led(zone, body.get("kojin_bango") or "")
    found = by_number if edaban is None else int(edaban)
    if found not in reference.persons[zone] or (edaban and "kojin_bango" in body and by_number != found):
        return None
    state = reference.persons[zone][found].state()
    tsuban = body.get("shikaku_tsuban") or latest(state)
    if tsuban is None:
        return (found, None) if None in state else None
    return (found, tsuban) if tsuban in state and not state[tsuban].withdrawn else None
