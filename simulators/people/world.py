"""The made-up world: household h, member k is the same person in every file with the same seed."""

from dataclasses import dataclass
from datetime import date, timedelta

from simulators.people import names
from simulators.people.names import Word
from simulators.wire import WEIGHTS

MEMBERS = 5
"""Numbers are kept free for so many members of every household."""
SPARE = 4 * 10**10
"""Numbers from here on belong to nobody of the world: unknown persons and new numbers."""
MASK = (1 << 64) - 1
FIRST_DAY = date(1900, 1, 1)
DAYS = tuple((FIRST_DAY + timedelta(days=n)).strftime("%Y%m%d") for n in range(60_000))
WEIGHT_TABLE = tuple(tuple(weight * digit for digit in range(10)) for weight in WEIGHTS)
STEP = 61_803_398_873
BODIES = 10**11
STEP_BACK = pow(STEP, -1, BODIES)


def mix(number: int) -> int:
    """64 well-stirred bits of a number, the same on every machine."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def day_number(day: date) -> int:
    """The place of a day in DAYS."""
    return (day - FIRST_DAY).days


@dataclass(slots=True)
class Person:
    """One made-up person. `head` is the 被保険者 of the household; the days are places in DAYS."""

    household: int
    member: int
    kojin_bango: str
    surname: Word
    given: Word
    woman: bool
    born: int
    joined: int
    head: "Person | None"
    dice: int

    @property
    def name(self) -> str:
        return f"{self.surname.ji}　{self.given.ji}"

    @property
    def kana(self) -> str:
        return f"{self.surname.kana}　{self.given.kana}"


class World:
    """People by seed. `old` makes households of 後期高齢者; `rare` allows characters beyond cp932."""

    def __init__(self, *, seed: int, today: date, old: bool = False, rare: bool = True) -> None:
        self._salt = mix(seed) & ~0xFFFFFFFF
        self._offset = mix(seed ^ 0x5EED) % BODIES
        self.today = day_number(today)
        self._old = old
        self._tails = names.TAILS * 12 + names.VARIANT_TAILS * 2
        if rare:
            self._tails += names.RARE_TAILS
        self._april_years = tuple(day_number(date(year, 4, 1)) for year in range(today.year - 25, today.year))

    def kojin_bango(self, place: int) -> str:
        """The made-up, valid 個人番号 of a place; places differ, numbers differ."""
        return self.kojin_bango_of((place * STEP + self._offset) % BODIES)

    @staticmethod
    def kojin_bango_of(body_number: int) -> str:
        """Eleven digits with their check digit."""
        body = f"{body_number:011d}"
        total = 0
        for table, digit in zip(WEIGHT_TABLE, body, strict=True):
            total += table[ord(digit) - 48]
        rest = total % 11
        return body + ("0" if rest <= 1 else chr(59 - rest))

    def place_of(self, kojin_bango: str) -> int:
        """The place whose number this is, whoever or nobody stands there; the number must pass its check digit."""
        return (int(kojin_bango[:11]) - self._offset) * STEP_BACK % BODIES

    def spare_number(self, place: int) -> str:
        """A valid 個人番号 that no person of the world has."""
        return self.kojin_bango(SPARE + place)

    def size_of(self, household: int) -> int:
        """How many members a household has."""
        share = mix(self._salt + household) & 0xFF
        if self._old:
            return 1
        return 1 if share < 96 else 2 if share < 160 else 3 if share < 205 else 4 if share < 245 else 5

    def household(self, number: int) -> list[Person]:
        """The members of one household, 被保険者 first."""
        bits = mix(self._salt + number)
        size = self.size_of(number)
        surname = self._surname(bits >> 8)
        head = self._head(number, surname)
        return [head, *(self._relative(number, member, head) for member in range(1, size))]

    def _surname(self, bits: int) -> Word:
        start = names.HEADS[bits % len(names.HEADS)]
        end = self._tails[(bits >> 12) % len(self._tails)]
        return Word(start.ji + end.ji, start.kana + end.kana)

    def _head(self, household: int, surname: Word) -> Person:
        dice = mix(self._salt + (1 << 60) + household * MEMBERS)
        age = (75 * 366 + dice % (25 * 365)) if self._old else (19 * 365 + dice % (54 * 365))
        born = self.today - age
        woman = bool(dice & (1 << 40))
        tenure = (dice >> 20) % 7000
        if self._old:
            joined = born + 27_393 if born + 27_393 < self.today else self.today - 1
        elif dice & (1 << 41):
            joined = self._april_years[tenure % len(self._april_years)]
        else:
            joined = self.today - 30 - tenure
        joined = max(joined, born + 18 * 365)
        return Person(
            household,
            0,
            self.kojin_bango(household * MEMBERS),
            surname,
            self._given(dice >> 42, woman=woman),
            woman,
            born,
            min(joined, self.today - 1),
            None,
            dice,
        )

    def _relative(self, household: int, member: int, head: Person) -> Person:
        dice = mix(self._salt + (1 << 60) + household * MEMBERS + member)
        if member == 1 and dice & 7:
            woman, born = not head.woman, head.born + dice % 3600 - 1800
        else:
            woman = bool(dice & (1 << 40))
            born = head.born + 20 * 365 + dice % (20 * 365)
        born = max(min(born, self.today - 2), day_number(date(1952, 1, 1)))
        return Person(
            household,
            member,
            self.kojin_bango(household * MEMBERS + member),
            head.surname,
            self._given(dice >> 42, woman=woman),
            woman,
            born,
            max(born, head.joined),
            head,
            dice,
        )

    @staticmethod
    def _given(bits: int, *, woman: bool) -> Word:
        pool = names.WOMEN if woman else names.MEN
        return pool[bits % len(pool)]

    @staticmethod
    def address(bits: int) -> tuple[str, str]:
        """A 郵便番号 and an address that no place in Japan has."""
        prefecture = names.PREFECTURES[bits % 6]
        city = names.CITIES[(bits >> 4) % 9]
        town = names.TOWNS[(bits >> 8) % 9]
        house = names.HOUSES[(bits >> 12) % 9]
        room = f"　{house}{100 + (bits >> 16) % 899}号" if house else ""
        block, lot = 1 + (bits >> 26) % 9, 1 + (bits >> 30) % 99
        return f"000{(bits >> 36) % 10000:04d}", f"{prefecture}{city}{town}{block}丁目{lot}番{room}"
