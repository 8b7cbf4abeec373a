"""The truth of every line: what the contract says must become of it, worked out apart from the hub.

Only what depends on what is held is decided here; what is wrong with a line in itself is known by who spoiled it.
A pointer of `*` means that the contract leaves the 詳細コード open.
"""

from collections.abc import Mapping, Sequence

from simulators.people import columns as c
from simulators.wire import CLEARED

OPEN_END = "99999999"
Row = list[str]
Code = tuple[str, str]
KigoKey = tuple[str, str, str, str]
KIHON_PLACES = (*range(c.KUBUN, c.BANGO), *range(c.OPT_OUT, c.WIDTH))


class Period:
    """One 資格 period: half-open, days as text, the open end as a day after all others."""

    __slots__ = ("_items", "_row", "end", "start", "tsuban", "withdrawn")

    def __init__(self, tsuban: int, row: Row) -> None:
        self.tsuban = tsuban
        self.start = row[c.SHUTOKU]
        self.end = row[c.SOSHITSU] or OPEN_END
        self.withdrawn = False
        self._row = row
        self._items: dict[int, str] | None = None

    @property
    def items(self) -> dict[int, str]:
        """What is held of 加入者資格情報; most periods are never asked."""
        if self._items is None:
            self._items = _items(self._row)
        return self._items

    @property
    def key(self) -> KigoKey:
        if self._items is None:
            return _key(self._row)
        return _key(self._items)


class Held:
    """One person as this insurer's zone must hold them. `row` is the line with which they came."""

    __slots__ = ("_kihon", "edaban", "number", "periods", "row")

    def __init__(self, row: Row) -> None:
        self.number = row[c.KOJIN]
        self.row = row
        self.edaban = ""
        self.periods: list[Period] = []
        self._kihon: dict[int, str] | None = None

    @property
    def kihon(self) -> dict[int, str]:
        """What is held of the person besides 加入者資格情報; most persons are never asked."""
        if self._kihon is None:
            self._kihon = _kihon(self.row)
        return self._kihon

    def period(self, tsuban: str) -> Period | None:
        """The named period, or the latest when none is named; None when there is none or it is 取消."""
        if not tsuban:
            found = max((p for p in self.periods if not p.withdrawn), key=lambda p: p.tsuban, default=None)
        else:
            found = next((p for p in self.periods if p.tsuban == int(tsuban)), None)
        return None if found is None or found.withdrawn else found


class Zone:
    """What one insurer's zone holds after the lines so far."""

    def __init__(self) -> None:
        self.by_number: dict[str, Held] = {}
        self.by_edaban: dict[str, Held] = {}
        self.world: set[str] = set()
        """Numbers with a 紐付番号 that are not among `by_number` (members of other insurers)."""
        self._users: dict[KigoKey, list[Held]] = {}

    def judge(self, row: Row) -> list[Code]:
        """The codes that what is held gives the line, ascending; a refused line is warned of nothing.

        派生: 「W101」 says that the line was handled as 02, which a refused line was not.
        """
        codes = self._judge(row)
        return [found for found in codes if found[0].startswith("E")] or codes

    def _judge(self, row: Row) -> list[Code]:
        shori = row[c.SHORI]
        if shori in {"01", "02"}:
            return sorted(self._judge_new(row))
        held = self._named(row)
        if held is None:
            return [("E203", "*")]
        codes = self._other_person(row)
        period = held.period(row[c.TSUBAN])
        if period is None:
            return sorted([*codes, ("E203", "*")])
        if shori == "05":
            return codes
        if shori == "04":
            return sorted([*codes, *self._judge_dates(held, period, period.start, row[c.SOSHITSU])])
        return sorted([*codes, *self._judge_change(held, period, row)])

    def _named(self, row: Row) -> Held | None:
        by_edaban = self.by_edaban.get(row[c.HIHOKENSHA_EDABAN])
        return by_edaban or self.by_number.get(row[c.KOJIN])

    def _other_person(self, row: Row) -> list[Code]:
        one, other = self.by_edaban.get(row[c.HIHOKENSHA_EDABAN]), self.by_number.get(row[c.KOJIN])
        return [("E211", "*")] if one is not None and other is not None and one is not other else []

    def _judge_new(self, row: Row) -> list[Code]:
        held = self.by_number.get(row[c.KOJIN]) if row[c.KOJIN] else None
        codes: list[Code] = []
        if held is not None:
            codes += [
                ("E212", c.POINTERS[place]) for place in (c.UMARE, c.SEIBETSU) if row[place] != held.kihon.get(place)
            ]
            codes += self._other_person(row)
        if row[c.KUBUN] in {"02", "03"}:
            return codes
        had_period = held is not None and bool(held.periods)
        if row[c.SHORI] == "02" and not had_period:
            codes.append(("E203", "*"))
        if row[c.SHORI] == "01" and had_period:
            codes.append(("W101", "*"))
        return codes + self._judge_period(held, None, row[c.SHUTOKU], row[c.SOSHITSU] or OPEN_END, _key(row))

    def _judge_period(self, held: Held | None, own: Period | None, start: str, end: str, key: KigoKey) -> list[Code]:
        if end <= start:
            return [("E202", "*")]
        codes: list[Code] = []
        for period in held.periods if held else ():
            if period is not own and not period.withdrawn and start < period.end and period.start < end:
                codes.append(("E201", "*"))
                break
        for user in self._users.get(key, ()) if key[2] else ():
            if user is not held and any(
                p.key == key and not p.withdrawn and start < p.end and p.start < end for p in user.periods
            ):
                codes.append(("E213", "*"))
                break
        return codes

    def _judge_dates(self, held: Held, period: Period, start: str, end: str) -> list[Code]:
        return self._judge_period(held, period, start, end or OPEN_END, period.key)

    def _judge_change(self, held: Held, period: Period, row: Row) -> list[Code]:
        codes: list[Code] = []
        differs = False
        for place, cell in enumerate(row):
            if not cell or place < c.KUBUN:
                continue
            value = "" if cell == CLEARED else cell
            present = (period.items if place in c.SHIKAKU_PLACES else held.kihon).get(place, "")
            if place == c.SOSHITSU and period.end != OPEN_END:
                present = period.end
            if value == present:
                continue
            differs = True
            henko = c.HENKO_OF.get(place)
            if henko is not None and not row[henko]:
                codes.append(("E208", c.POINTERS[henko]))
        start = row[c.SHUTOKU] or period.start
        end = OPEN_END if row[c.SOSHITSU] == CLEARED else row[c.SOSHITSU] or period.end
        changed = period.items | {place: row[place] for place in c.SHIKAKU_PLACES if row[place]}
        codes += self._judge_period(held, period, start, end, _key(changed))
        new_number = row[c.KOSHINGO]
        if new_number:
            differs = True
            other = self.by_number.get(new_number)
            if row[c.KOSHIN_KUBUN] == "1" and (new_number in self.world or (other is not None and other is not held)):
                codes.append(("E214", "*"))
        if not differs and not codes:
            codes.append(("W102", "*"))
        return codes

    def apply(self, row: Row) -> None:
        """Take over a line that is accepted."""
        shori = row[c.SHORI]
        if shori in {"01", "02"}:
            self._apply_new(row)
            return
        held = self._named(row)
        period = held.period(row[c.TSUBAN]) if held else None
        if held is None or period is None:
            raise ValueError("an accepted line names a person and a period")
        if shori == "05":
            period.withdrawn = True
            return
        if row[c.SOSHITSU]:
            period.end = OPEN_END if row[c.SOSHITSU] == CLEARED else row[c.SOSHITSU]
        if shori == "04":
            period.items.update(_items(row))
            return
        period.start = row[c.SHUTOKU] or period.start
        for place, cell in enumerate(row):
            if cell and place >= c.KUBUN:
                store = period.items if place in c.SHIKAKU_PLACES else held.kihon
                store[place] = "" if cell == CLEARED else cell
        self._users.setdefault(period.key, [])
        if held not in self._users[period.key]:
            self._users[period.key].append(held)
        if row[c.KOSHINGO]:
            if row[c.KOSHIN_KUBUN] == "2":
                self.by_number.pop(held.number, None)
            held.number = row[c.KOSHINGO]
            self.by_number[held.number] = held

    def _apply_new(self, row: Row) -> None:
        held = self.by_number.get(row[c.KOJIN]) if row[c.KOJIN] else None
        if held is None:
            held = Held(row)
            if row[c.KOJIN]:
                self.by_number[row[c.KOJIN]] = held
        else:
            held.kihon.update(_kihon(row))
        if row[c.KUBUN] in {"02", "03"}:
            return
        period = Period(len(held.periods) + 1, row)
        held.periods.append(period)
        if period.key[2]:
            self._users.setdefault(period.key, []).append(held)

    def forget(self, held: Held) -> None:
        """Let go of a person no later line will name."""
        self.by_number.pop(held.number, None)
        for period in held.periods:
            self._users.pop(period.key, None)


def _kihon(row: Row) -> dict[int, str]:
    return {place: row[place] for place in KIHON_PLACES if row[place]}


def _key(items: Mapping[int, str] | Row) -> KigoKey:
    if isinstance(items, list):
        return (items[c.BANGO], items[c.KIGO], items[c.SHO_BANGO], items[c.EDABAN])
    return (items.get(c.BANGO, ""), items.get(c.KIGO, ""), items.get(c.SHO_BANGO, ""), items.get(c.EDABAN, ""))


def _items(row: Row) -> dict[int, str]:
    return {place: row[place] for place in c.SHIKAKU_PLACES if row[place]}


def kubun_of(codes: Sequence[Code]) -> str:
    """処理結果区分 of a line with these codes."""
    if any(code.startswith("E") for code, _ in codes):
        return "9"
    return "2" if codes else "1"
