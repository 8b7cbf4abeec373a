"""What happens to people already held: moves, losses, returns, corrections, and lines that should not have come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from simulators.people import columns as c
from simulators.people import names
from simulators.people.names import HALF_WIDTH
from simulators.people.truth import OPEN_END, Held, Period, Row, Zone
from simulators.people.world import DAYS, World
from simulators.wire import CLEARED

DAY_PLACES = {day: place for place, day in enumerate(DAYS)}


def is_left(held: Held) -> bool:
    """Whether the latest period has ended."""
    return _closed(held) is not None


@dataclass(frozen=True)
class Event:
    """One kind of line. `make` gives the line, or None when this person is not one for it."""

    name: str
    make: Callable[["Life", Held], Row | None]
    weight: int = 1
    of_left: bool = False
    """For people whose latest period has ended."""
    last: bool = False
    """After it, no further line names the person."""


class Life:
    """Draws events for held persons; `today` is the day of the file."""

    def __init__(self, *, zone: Zone, world: World, dice: Random, hokensha_code: str) -> None:
        self.zone, self.world, self.dice, self.code = zone, world, dice, hokensha_code
        self.today = world.today
        self._spare = dice.randrange(10**9)

    def fresh_number(self) -> str:
        """A number nobody has."""
        self._spare += 1
        return self.world.spare_number(self._spare)

    def line(self, held: Held, shori: str) -> Row:
        """An empty line that names the person, by 被保険者枝番 where it is known and often else by 個人番号."""
        row = [""] * c.WIDTH
        row[c.SHORI], row[c.HOKENSHA] = shori, self.code
        if held.edaban and self.dice.random() < 0.7:
            row[c.HIHOKENSHA_EDABAN] = held.edaban
        else:
            row[c.KOJIN] = held.number
        return row

    def recent(self, days: int = 60) -> str:
        """A day not long ago."""
        return DAYS[self.today - self.dice.randrange(days)]

    def between(self, start: str, end: str) -> str:
        """A day after `start` and not after `end`."""
        low, high = DAY_PLACES[start] + 1, DAY_PLACES[end]
        return DAYS[self.dice.randint(low, max(low, high))]


def _latest(held: Held) -> Period | None:
    return held.period("")


def _open(held: Held) -> Period | None:
    period = _latest(held)
    return period if period is not None and period.end == OPEN_END else None


def _closed(held: Held) -> Period | None:
    period = _latest(held)
    return period if period is not None and period.end != OPEN_END else None


def _full(life: Life, held: Held, shori: str, start: str) -> Row:
    """A complete line with the person's present particulars and a new period."""
    row = [""] * c.WIDTH
    row[c.SHORI], row[c.HOKENSHA], row[c.KOJIN] = shori, life.code, held.number
    for place in (c.KUBUN, c.SHIMEI, c.KANA, c.SEIBETSU, c.UMARE, c.YUBIN, c.JUSHO, c.SETAI):
        row[place] = held.kihon.get(place, "")
    period = _latest(held)
    items = period.items if period else {place: held.row[place] for place in c.SHIKAKU_PLACES if held.row[place]}
    for place, value in items.items():
        if place not in {c.SOSHITSU, c.JIYU}:
            row[place] = value
    row[c.SHUTOKU] = start
    return row


def _moves(life: Life, held: Held) -> Row | None:
    if not _latest(held):
        return None
    row = life.line(held, "03")
    row[c.YUBIN], row[c.JUSHO] = life.world.address(life.dice.getrandbits(60))
    row[c.YUBIN_HENKO] = row[c.JUSHO_HENKO] = life.recent()
    return row


def _moves_without_day(life: Life, held: Held) -> Row | None:
    row = _moves(life, held) if held.kihon.get(c.JUSHO) else None
    if row:
        row[c.JUSHO_HENKO] = ""
    return row


def _takes_a_name(life: Life, held: Held) -> Row | None:
    if not _latest(held):
        return None
    start, end = life.dice.choice(names.HEADS), life.dice.choice(names.TAILS)
    given = held.kihon.get(c.SHIMEI, "").rpartition("　")[2]
    kana = held.kihon.get(c.KANA, "").replace(" ", "　").rpartition("　")[2]
    row = life.line(held, "03")
    row[c.SHIMEI], row[c.KANA] = f"{start.ji}{end.ji}　{given}", f"{start.kana}{end.kana}　{kana}"
    if life.dice.random() < 0.3:
        row[c.KANA] = row[c.KANA].translate(HALF_WIDTH)
    row[c.SHIMEI_HENKO] = row[c.KANA_HENKO] = life.recent()
    return row


def _nothing_changes(life: Life, held: Held) -> Row | None:
    if not _latest(held) or not held.kihon.get(c.JUSHO):
        return None
    row = life.line(held, "03")
    row[c.JUSHO], row[c.YUBIN] = held.kihon[c.JUSHO], held.kihon[c.YUBIN]
    return row


def _says_nothing(life: Life, held: Held) -> Row | None:
    return life.line(held, "03") if _latest(held) else None


def _drops_other_name(life: Life, held: Held) -> Row | None:
    if not _latest(held) or not held.kihon.get(c.SONOTA):
        return None
    row = life.line(held, "03")
    row[c.SONOTA] = row[c.SONOTA_KANA] = CLEARED
    row[c.SONOTA_HENKO] = row[c.SONOTA_KANA_HENKO] = life.recent()
    return row


def _birth_corrected(life: Life, held: Held) -> Row | None:
    born = held.kihon.get(c.UMARE)
    period = _latest(held)
    if not period or not born or DAYS[DAY_PLACES[born] + 9] > held.periods[0].start:
        return None
    row = life.line(held, "03")
    row[c.UMARE] = DAYS[DAY_PLACES[born] + life.dice.randint(1, 9)]
    row[c.UMARE_HENKO] = life.recent()
    return row


def _start_corrected(life: Life, held: Held) -> Row | None:
    period = _open(held)
    if not period or len(held.periods) > 1 or DAY_PLACES[period.start] > life.today - 40:
        return None
    row = life.line(held, "03")
    row[c.TSUBAN] = str(period.tsuban) if life.dice.random() < 0.5 else ""
    row[c.SHUTOKU] = DAYS[DAY_PLACES[period.start] + life.dice.randint(1, 30)]
    return row


def _leaves(life: Life, held: Held) -> Row | None:
    period = _open(held)
    if not period or DAY_PLACES[period.start] > life.today - 2:
        return None
    row = life.line(held, "04")
    low = DAYS[max(DAY_PLACES[period.start], life.today - 400)]
    row[c.SOSHITSU] = life.between(low, DAYS[life.today])
    row[c.JIYU] = life.dice.choice(("03", "03", "03", "99", ""))
    return row


def _leaves_in_future(life: Life, held: Held) -> Row | None:
    row = _leaves(life, held)
    if row:
        row[c.SOSHITSU] = DAYS[life.today + life.dice.randint(1, 40)]
    return row


def _dies(life: Life, held: Held) -> Row | None:
    row = _leaves(life, held)
    if row:
        row[c.JIYU] = "01"
    return row


def _leaves_without_day(life: Life, held: Held) -> Row | None:
    row = _leaves(life, held)
    if row:
        row[c.SOSHITSU] = ""
    return row


def _leaves_before_joining(life: Life, held: Held) -> Row | None:
    row, period = _leaves(life, held), _open(held)
    if row and period:
        row[c.SOSHITSU] = DAYS[DAY_PLACES[period.start] - life.dice.randrange(200)]
    return row


def _loss_withdrawn(life: Life, held: Held) -> Row | None:
    if not _closed(held):
        return None
    row = life.line(held, "03")
    row[c.SOSHITSU] = CLEARED
    if held.periods[-1].items.get(c.JIYU):
        row[c.JIYU] = CLEARED
    return row


def _after_loss(life: Life, held: Held) -> str:
    period = _closed(held)
    if not period or DAY_PLACES[period.end] > life.today - 1:
        return ""
    return life.between(DAYS[DAY_PLACES[period.end] - 1], DAYS[life.today])


def _returns(life: Life, held: Held) -> Row | None:
    start = _after_loss(life, held)
    return _full(life, held, "02", start) if start else None


def _returns_as_new(life: Life, held: Held) -> Row | None:
    start = _after_loss(life, held)
    return _full(life, held, "01", start) if start else None


def _returns_while_member(life: Life, held: Held) -> Row | None:
    period = _open(held)
    if not period or DAY_PLACES[period.start] > life.today - 2:
        return None
    return _full(life, held, "02", life.between(period.start, DAYS[life.today]))


def _sent_twice(life: Life, held: Held) -> Row | None:
    del life
    return list(held.row) if held.periods and held.row[c.SHUTOKU] and not held.edaban else None


def _birth_differs(life: Life, held: Held) -> Row | None:
    row = _returns(life, held) or _returns_while_member(life, held)
    if row:
        row[c.UMARE] = DAYS[DAY_PLACES[row[c.UMARE]] - 31]
    return row


def _sex_differs(life: Life, held: Held) -> Row | None:
    row = _returns_as_new(life, held) or _returns(life, held)
    if row:
        row[c.SEIBETSU] = "1" if row[c.SEIBETSU] == "2" else "2"
    return row


def _given_new_number(life: Life, held: Held) -> Row | None:
    if not _latest(held) or not held.number:
        return None
    row = life.line(held, "03")
    row[c.KOSHINGO], row[c.KOSHIN_KUBUN] = life.fresh_number(), "1"
    return row


def _number_corrected(life: Life, held: Held) -> Row | None:
    row = _given_new_number(life, held)
    if row:
        row[c.KOSHIN_KUBUN] = "2"
    return row


def _number_of_another(life: Life, held: Held) -> Row | None:
    row = _given_new_number(life, held)
    others = [number for number, other in islice(life.zone.by_number.items(), 50) if other is not held]
    if not row or not others:
        return None
    row[c.KOSHINGO] = life.dice.choice(others)
    return row


def _withdrawn(life: Life, held: Held) -> Row | None:
    if len(held.periods) != 1 or held.periods[0].withdrawn:
        return None
    row = life.line(held, "05")
    row[c.TSUBAN] = "1" if life.dice.random() < 0.7 else ""
    return row


def _unknown_period(life: Life, held: Held) -> Row | None:
    if not _latest(held):
        return None
    row = life.line(held, life.dice.choice(("04", "05")))
    row[c.TSUBAN] = str(len(held.periods) + 5)
    if row[c.SHORI] == "04":
        row[c.SOSHITSU] = life.recent()
    return row


def _unknown_person(life: Life, held: Held) -> Row | None:
    row = _moves(life, held) if life.dice.random() < 0.5 else _leaves(life, held)
    if row:
        row[c.HIHOKENSHA_EDABAN], row[c.KOJIN] = "", life.fresh_number()
    return row


def _unknown_returns(life: Life, held: Held) -> Row | None:
    row = _returns(life, held) or _returns_while_member(life, held)
    if row:
        row[c.KOJIN] = life.fresh_number()
        if row[c.SHO_BANGO]:
            row[c.SHO_BANGO] = f"R{life.dice.randrange(10**7):07d}"
    return row


def _two_persons(life: Life, held: Held) -> Row | None:
    others = [other for other in islice(life.zone.by_edaban.values(), 50) if other is not held and _latest(other)]
    row = _moves(life, held)
    if not row or not others or not held.number:
        return None
    row[c.KOJIN], row[c.HIHOKENSHA_EDABAN] = held.number, life.dice.choice(others).edaban
    return row


ORDINARY: Sequence[Event] = (
    Event("転居", _moves, 30),
    Event("氏名変更", _takes_a_name, 8),
    Event("喪失", _leaves, 25),
    Event("将来の喪失", _leaves_in_future, 2),
    Event("死亡による喪失", _dies, 5),
    Event("再加入", _returns, 12, of_left=True),
    Event("再加入を新規取得で", _returns_as_new, 8, of_left=True),
    Event("変更なしの変更", _nothing_changes, 5),
    Event("氏名（その他）の消去", _drops_other_name, 40),
    Event("生年月日の訂正", _birth_corrected, 2),
    Event("取得日の訂正", _start_corrected, 2),
    Event("喪失の取りやめ", _loss_withdrawn, 3, of_left=True),
    Event("個人番号の変更", _given_new_number, 1),
    Event("個人番号の訂正", _number_corrected, 1),
    Event("取消", _withdrawn, 1, last=True),
)
REFUSED: Sequence[Event] = (
    Event("同じ行の重複", _sent_twice, 10),
    Event("加入中の再加入", _returns_while_member, 5),
    Event("転居の変更年月日なし", _moves_without_day, 6),
    Event("変更する項目なし", _says_nothing, 1),
    Event("喪失日なし", _leaves_without_day, 2),
    Event("喪失日が取得日以前", _leaves_before_joining, 4),
    Event("生年月日の不一致", _birth_differs, 3),
    Event("性別の不一致", _sex_differs, 2, of_left=True),
    Event("更新後個人番号が別人", _number_of_another, 2),
    Event("資格通番なし", _unknown_period, 3),
    Event("加入していない人", _unknown_person, 8),
    Event("加入していない人の再加入", _unknown_returns, 2),
    Event("枝番と個人番号が別人", _two_persons, 3),
)
SAYS_E208 = {"喪失日なし": ("E208", c.POINTERS[c.SOSHITSU]), "変更する項目なし": ("E208", "*")}
"""What is wrong with these lines in itself, whatever is held."""
