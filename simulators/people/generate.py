"""A registration file of made-up people, line by line, with the truth beside it."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from simulators.people import columns as c
from simulators.people.life import ORDINARY, REFUSED, SAYS_E208, Event, Life, is_left
from simulators.people.mistakes import UNDECODABLE, MistakeMaker
from simulators.people.rows import KOKI, SEIKATSU_HOGO, Insurer, RowMaker
from simulators.people.truth import Code, Held, Row, Zone, kubun_of
from simulators.people.world import Person, World
from simulators.wire import luhn_digit

POOL = 4000
"""So many persons are kept in mind for later lines of the same file."""
CHUNK = 4000
TRUTH_HEADER = ("行番号", "処理結果区分", "処理結果明細コード", "処理結果詳細コード", "内容")
NO_CHARACTER = b"\x81\xff"
"""Two bytes that are nothing in UTF-8 and nothing in CP932."""
TRIES = 12


@dataclass(frozen=True)
class Order:
    """What file is wanted: `errors` is the share of refused lines, `history` of lines about persons already in it."""

    n: int
    seed: int
    insurer: Insurer
    today: date
    errors: float = 0.0
    history: float = 0.0
    first_household: int = 0
    encoding: str = "utf-8"
    joined: date | None = None


@dataclass(slots=True)
class Line:
    """One line with its truth."""

    row: Row
    kubun: str = "1"
    codes: Sequence[Code] = ()
    what: str = ""


class Generator:
    """Writes the lines of one file."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._dice = Random(f"people:{order.seed}:{order.insurer.code}:{order.first_household}")
        old = order.insurer.shubetsu == KOKI
        self._world = World(seed=order.seed, today=order.today, old=old, rare=order.encoding != "cp932")
        self._rows = RowMaker(world=self._world, insurer=order.insurer, today=order.today, seed=order.seed)
        self._zone = Zone()
        self._life = Life(zone=self._zone, world=self._world, dice=self._dice, hokensha_code=order.insurer.code)
        self._pool: list[Held] = []
        self._left: deque[Held] = deque(maxlen=POOL // 8)
        self._mistakes = MistakeMaker(order.insurer.shubetsu)
        self._people = self._all_people()

    def _all_people(self) -> Iterator[Person]:
        household = self._order.first_household
        while True:
            yield from self._world.household(household)
            household += 1

    def lines(self) -> Iterator[Line]:
        """Exactly `n` lines."""
        order, dice = self._order, self._dice
        joined = None if order.joined is None else (order.joined - order.today).days + self._world.today
        if not order.errors and not order.history:
            for _, person in zip(range(order.n), self._people, strict=False):
                yield Line(self._rows.new(person, joined=joined))
            return
        for _ in range(order.n):
            draw = dice.random()
            if draw < order.errors:
                yield self._wrong_line()
            elif draw < order.errors + order.history:
                yield self._later_line(ORDINARY) or self._new_line(joined)
            else:
                yield self._new_line(joined)

    def _new_line(self, joined: int | None) -> Line:
        row = self._rows.new(next(self._people), joined=joined)
        if self._dice.random() < 0.004:
            return self._planned_line(row)
        return self._judged(row, "")

    def _planned_line(self, row: Row) -> Line:
        """A 加入予定者: no period yet, nothing of 加入者資格情報."""
        row[c.KUBUN] = "02"
        for place in (*c.SHIKAKU_PLACES, *range(c.SHO, c.WIDTH)):
            row[place] = ""
        return self._judged(row, "加入予定者")

    def _wrong_line(self) -> Line:
        if self._dice.random() < 0.35:
            line = self._later_line(REFUSED)
            if line is not None:
                return line
        if self._order.insurer.shubetsu != SEIKATSU_HOGO and self._dice.random() < 0.06 and self._pool:
            return self._card_of_another()
        row = self._rows.new(next(self._people))
        what, codes = self._mistakes.spoil(row, self._dice)
        return Line(row, kubun_of(codes), codes, what)

    def _card_of_another(self) -> Line:
        row = self._rows.new(next(self._people))
        other = self._dice.choice(self._pool)
        period = other.period("")
        if period is None:
            return self._judged(row, "")
        for place in (c.KIGO, c.SHO_BANGO, c.EDABAN):
            row[place] = period.items.get(place, "")
        row[c.SHUTOKU] = period.start
        if row[c.SHO]:
            row[c.SHO + 1] = row[c.SHO + 2] = period.start
        return self._judged(row, "記号・番号・枝番が別人のもの")

    def _later_line(self, events: Sequence[Event]) -> Line | None:
        weights = [event.weight for event in events]
        for _ in range(TRIES if self._pool else 0):
            event = self._dice.choices(events, weights)[0]
            if event.of_left and not self._left:
                continue
            place = self._dice.randrange(len(self._pool))
            held = self._dice.choice(self._left) if event.of_left else self._pool[place]
            if not held.periods:
                return self._joins_at_last(held)
            row = event.make(self._life, held)
            if row is None:
                continue
            line = self._judged(row, event.name)
            if line.kubun != "9" and is_left(held) and held not in self._left:
                self._left.append(held)
            if event.last:
                self._pool[place] = self._pool[-1]
                self._pool.pop()
            return line
        return None

    def _joins_at_last(self, held: Held) -> Line:
        """A 加入予定者 becomes a member: the first period, no warning."""
        row = [""] * c.WIDTH
        insurer = self._order.insurer
        row[c.SHORI], row[c.HOKENSHA], row[c.KOJIN], row[c.KUBUN] = "01", insurer.code, held.number, "01"
        for place in (c.SHIMEI, c.KANA, c.SEIBETSU, c.UMARE):
            row[place] = held.kihon.get(place, "")
        if insurer.shubetsu == SEIKATSU_HOGO:
            body = f"{900_000 + self._dice.randrange(100_000)}"
            row[c.KUBUN], row[c.FUTANSHA], row[c.JUKYUSHA] = "04", insurer.bango, body + luhn_digit(body)
        else:
            row[c.BANGO], row[c.KAZOKU] = insurer.bango, "1"
            row[c.SHO_BANGO] = f"Y{self._dice.randrange(10**8):08d}"
            row[c.EDABAN] = "" if insurer.shubetsu == KOKI else "00"
        row[c.SHUTOKU] = self._life.recent(20)
        return self._judged(row, "加入予定者の加入")

    def _judged(self, row: Row, what: str) -> Line:
        own = SAYS_E208.get(what)
        codes = [own] if own else self._zone.judge(row)
        line = Line(row, kubun_of(codes), codes, what)
        if line.kubun != "9":
            before = len(self._zone.by_number)
            self._zone.apply(row)
            if len(self._zone.by_number) > before and row[c.SHORI] == "01":
                self._remember(self._zone.by_number[row[c.KOJIN]])
        return line

    def _remember(self, held: Held) -> None:
        if len(self._pool) < POOL:
            self._pool.append(held)
            return
        place = self._dice.randrange(POOL)
        forgotten = self._pool[place]
        if not is_left(forgotten):
            self._zone.forget(forgotten)
        self._pool[place] = held


def write_file(lines: Iterable[Line], *, out: Path, truth: Path | None, encoding: str) -> int:
    """Write the file and its truth; the number of lines. Nothing is held but one chunk."""
    with_bom = encoding == "utf-8-sig"
    encoding = "utf-8" if with_bom else encoding
    bad_byte = UNDECODABLE.encode(encoding)
    count = 0
    with out.open("wb") as file, (truth or Path("/dev/null")).open("w", encoding="utf-8", newline="") as answers:
        file.write(codecs.BOM_UTF8 if with_bom else b"")
        judged = csv.writer(answers, lineterminator="\r\n")
        judged.writerow(TRUTH_HEADER)
        chunk: list[Row] = [list(c.COLUMNS)]
        for line in lines:
            count += 1
            chunk.append(line.row)
            codes = line.codes
            judged.writerow(
                (
                    count + 1,
                    line.kubun,
                    " ".join([code for code, _ in codes]),
                    " ".join([pointer for _, pointer in codes]),
                    line.what,
                )
            )
            if len(chunk) >= CHUNK:
                file.write(_encoded(chunk, encoding, bad_byte))
                chunk.clear()
        file.write(_encoded(chunk, encoding, bad_byte))
    return count


def _encoded(rows: Sequence[Row], encoding: str, bad_byte: bytes) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding).replace(bad_byte, NO_CHARACTER)
