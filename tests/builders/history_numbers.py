"""Who each 個人番号 leads to, told the naive way: what insurers say of the numbers of their own persons.

派生, ADR 0018: a 訂正 takes a number from a person who keeps another one; with it goes what became the person's by way
of it. Whom it leaves behind at another insurer stays there, and waits for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

LETS_BOTH = "1"


@dataclass
class Holder:
    """One person of one insurer: the present number, those from before, and the person across insurers."""

    zone: str
    edaban: int
    number: str
    himozuke: int
    formers: list[str] = field(default_factory=list)


class Numbers:
    """The numbers of several insurers' persons, inside each insurer and across all of them."""

    def __init__(self, zones: Iterable[str]) -> None:
        """Begin with nobody."""
        self.here: dict[str, dict[str, int]] = {zone: {} for zone in zones}
        self.himozuke: dict[str, int] = {}
        self.holders: dict[tuple[str, int], Holder] = {}
        self._over: dict[str, str] = {}
        self._told: set[int] = set()
        self._waiting: set[tuple[str, int, int]] = set()
        self._last = 0

    def joins(self, zone: str, edaban: int, number: str) -> Holder:
        """Let a new person come with a number."""
        himozuke = self.himozuke.setdefault(number, self._fresh())
        holder = self.holders[zone, edaban] = Holder(zone, edaban, number, himozuke)
        self.here[zone][number] = edaban
        return holder

    def tells(self, holder: Holder) -> None:
        """Note that a telegram names the person as somebody across insurers."""
        self._told.add(holder.himozuke)

    def led(self, zone: str, number: str) -> int | None:
        """Return the 被保険者枝番 a number leads to: as this insurer has it, else the person whose it is anywhere.

        派生: what an insurer itself said of a number stands for its own zone, whatever another corrected since.
        """
        here = self.here[zone].get(number)
        return self._at(zone, self.himozuke.get(number)) if here is None else here

    def is_said_again(self, holder: Holder, number: str) -> bool:
        """Tell whether the person has the number already, and is whom it leads to."""
        return number == holder.number and self.himozuke[number] == holder.himozuke

    def is_anothers(self, holder: Holder, number: str, kubun: str) -> bool:
        """Tell whether the person cannot get the number."""
        himozuke, here, parted = self.facts(holder, number)
        elsewhere = himozuke is not None and himozuke != holder.himozuke
        if here not in (None, holder.edaban):
            return True
        if kubun == LETS_BOTH:
            return elsewhere or parted is not None
        return elsewhere and bool(self.kept(holder))

    def facts(self, holder: Holder, number: str) -> tuple[int | None, int | None, int | None]:
        """Return whose the number is (None: nobody's), who has it at this insurer, and who got the present one."""
        whose, here, present = self.himozuke.get(number), self.led(holder.zone, number), self.himozuke[holder.number]
        parted = None if present == holder.himozuke else present
        if whose is None or whose == holder.himozuke:
            return whose, here, parted
        mixed = self._at(holder.zone, whose)
        free = number != holder.number and self._is_free(holder, whose)
        return None if free else whose, here if mixed is None else mixed, parted

    def renumber(self, holder: Holder, number: str, kubun: str) -> None:
        """Let the person have the number."""
        wrong, mine = holder.number, holder.himozuke
        if number == wrong:
            holder.himozuke = self.himozuke[number]
            return
        if kubun == LETS_BOTH:
            self._link(holder, number, wrong)
            if wrong not in holder.formers:
                holder.formers.append(wrong)
        else:
            kept = self.kept(holder)
            if kept:
                self._link(holder, number, kept[0])
            holder.himozuke = self.himozuke.setdefault(number, self._fresh())
            del self.here[holder.zone][wrong]
            holder.formers = [former for former in holder.formers if former != wrong]
            if holder.himozuke == mine == self.himozuke[wrong]:
                self._part(holder, wrong, {*kept, number})
        self.here[holder.zone][number] = holder.edaban
        holder.number = number

    def settle(self, holder: Holder) -> None:
        """End what waits for this person: an accepted line said a number."""
        self._waiting = {one for one in self._waiting if one[:2] != (holder.zone, holder.edaban)}

    def _fresh(self) -> int:
        self._last += 1
        return self._last

    def _at(self, zone: str, himozuke: int | None) -> int | None:
        same = (one.edaban for one in self.holders.values() if one.zone == zone and one.himozuke == himozuke)
        return next(same, None)

    def kept(self, holder: Holder) -> list[str]:
        """Return the person's numbers from before that lead to the person still."""
        formers = [former for former in holder.formers if former != holder.number]
        return [former for former in formers if self.himozuke[former] == holder.himozuke]

    def _is_free(self, holder: Holder, himozuke: int) -> bool:
        """A 訂正 made it for a number alone: nobody came, nobody was told of it, nobody else waits for it."""
        waits = any(one[2] == himozuke and one[:2] != (holder.zone, holder.edaban) for one in self._waiting)
        return not waits and himozuke not in self._told | {one.himozuke for one in self.holders.values()}

    def _link(self, holder: Holder, number: str, over: str) -> None:
        if self.himozuke.get(number) != holder.himozuke:
            self.himozuke[number] = holder.himozuke
            self._over[number] = over

    def _part(self, holder: Holder, wrong: str, kept: set[str]) -> None:
        mine, fresh = holder.himozuke, self._fresh()
        gone = [wrong]
        for number in gone:
            self.himozuke[number] = fresh
            gone += [
                other
                for other, over in self._over.items()
                if over == number and self.himozuke[other] == mine and other not in kept
            ]
        for number in kept:
            if self.himozuke.get(self._over.get(number, "")) == fresh:
                del self._over[number]
        self._waiting |= {
            (one.zone, one.edaban, fresh)
            for one in self.holders.values()
            if one.himozuke == mine and one.zone != holder.zone and self.here[one.zone].get(wrong) == one.edaban
        }
