"""A person as a 新規取得 line of one insurer."""

from dataclasses import dataclass
from datetime import date

from simulators.people import columns as c
from simulators.people.names import HALF_WIDTH, HEADS, LONG_NAME
from simulators.people.truth import Row
from simulators.people.world import DAYS, Person, World, day_number, mix
from simulators.wire import luhn_digit

KOKI = "koki_koiki"
SEIKATSU_HOGO = "seikatsu_hogo"
SEVENTY_YEARS = 25_568
OFFICES = range(101, 141)


@dataclass(frozen=True)
class Insurer:
    """The insurer a file is written for: 保険者コード, printed number and kind."""

    code: str
    bango: str
    shubetsu: str = "kenpo_kumiai"


class RowMaker:
    """Builds the line with which a person joins the insurer."""

    def __init__(self, *, world: World, insurer: Insurer, today: date, seed: int) -> None:
        self._world = world
        # Worlds of different seeds do not share cards: two files may be sent to one insurer.
        self._offices = tuple(f"{HEADS[(seed - 1) % len(HEADS)].ji}{number}" for number in OFFICES)
        self._shift = (seed - 1) % 10 * 1_000_000
        self.insurer = insurer
        self.today = day_number(today)
        august = date(today.year if today.month >= 8 else today.year - 1, 8, 1)
        self._renewed = august.strftime("%Y%m%d")
        self._renewed_until = f"{august.year + 1}0731"
        self._month = today.strftime("%Y%m01")

    def new(self, person: Person, *, joined: int | None = None) -> Row:
        """The 新規取得 line of a person, every item in order."""
        dice, insurer = person.dice, self.insurer
        start = DAYS[person.joined if joined is None else joined]
        name, kana = person.name, person.kana
        if dice % 2003 == 0:
            name, kana = LONG_NAME
        if dice >> 50 & 3 == 0:
            kana = kana.translate(HALF_WIDTH)
        row = [""] * c.WIDTH
        row[c.SHORI] = "01"
        row[c.HOKENSHA] = insurer.code
        row[c.KOJIN] = person.kojin_bango
        if dice & 31 == 0:
            row[c.FUGO] = "0"
        row[c.KUBUN] = "04" if insurer.shubetsu == SEIKATSU_HOGO else "01"
        row[c.SHIMEI] = name
        row[c.KANA] = kana
        if dice % 101 == 0:
            row[c.SONOTA] = f"通称　{person.given.ji}"
            row[c.SONOTA_KANA] = f"ツウショウ　{person.given.kana}"
        row[c.SEIBETSU] = "2" if person.woman else "1"
        row[c.UMARE] = DAYS[person.born]
        if dice % 17:
            row[c.YUBIN], row[c.JUSHO] = self._world.address(mix(person.household))
        row[c.SETAI] = f"S{person.household:09d}"
        if dice % 11 == 0:
            row[c.OPT_OUT] = row[c.FUKA] = "0"
            row[c.KENSHIN] = "1" if dice & 64 else "0"
        row[c.SHUTOKU] = start
        self._card(row, person)
        self._certificates(row, person, start)
        return row

    def _certificates(self, row: Row, person: Person, start: str) -> None:
        dice, insurer = person.dice, self.insurer
        if dice & 1:
            row[c.SHO : c.SHO + 3] = ["A1" if insurer.shubetsu == SEIKATSU_HOGO else "01", start, start]
        if insurer.shubetsu != KOKI and self.today - person.born >= SEVENTY_YEARS:
            share = "030" if dice % 7 == 0 else "020"
            row[c.KOREI : c.KOREI + 4] = [self._renewed, self._renewed, self._renewed_until, share]
        if dice % 53 == 0:
            band = f"A0{1 + dice % 5}"
            row[c.GENDOGAKU : c.GENDOGAKU + 5] = ["01", self._month, self._month, self._renewed_until, band]
        if dice % 331 == 0:
            row[c.SHIPPEI : c.SHIPPEI + 4] = [start, start, "1", "10000"]

    def _card(self, row: Row, person: Person) -> None:
        insurer = self.insurer
        if insurer.shubetsu == SEIKATSU_HOGO:
            row[c.FUTANSHA] = insurer.bango
            body = f"{(person.household * 5 + person.member) % 1_000_000:06d}"
            row[c.JUKYUSHA] = body + luhn_digit(body)
            return
        row[c.BANGO] = insurer.bango
        row[c.KAZOKU] = "1" if person.head is None else "2"
        if insurer.shubetsu == KOKI:
            body = f"{(person.household + self._shift) % 10_000_000:07d}"
            row[c.SHO_BANGO] = body + luhn_digit(body)
            return
        row[c.KIGO] = self._offices[person.household % len(OFFICES)]
        row[c.SHO_BANGO] = f"{person.household % 100_000_000:06d}"
        row[c.EDABAN] = f"0{person.member}"
        row[c.NUSHI] = (person.head or person).name
