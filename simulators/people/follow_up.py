"""A later file about the persons of an earlier one: what the hub holds is replayed from that file and its truth."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulators.people import columns as c
from simulators.people.generate import Line, Order
from simulators.people.life import ORDINARY, REFUSED, SAYS_E208, Event, Life, is_left
from simulators.people.truth import Held, Row, Zone, kubun_of
from simulators.people.world import World

TRIES = 30
LINE_COLUMN, KUBUN_COLUMN, EDABAN_COLUMN = "行番号", "処理結果区分", "被保険者枝番"


@dataclass(frozen=True)
class FollowUp:
    """The earlier file, its truth, and the hub's result file if there is one."""

    file: Path
    truth: Path
    kekka: Path | None = None


def _rows(path: Path, encoding: str) -> Iterator[tuple[int, Row]]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(file)
        if tuple(next(reader)) != c.COLUMNS:
            raise ValueError("前のファイルの見出しがこのプログラムのものではありません")
        yield from enumerate(reader, start=2)


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.readline()
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return "cp932"
    return "utf-8-sig"


def _accepted(path: Path) -> set[int]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {int(row[LINE_COLUMN]) for row in csv.DictReader(file) if row[KUBUN_COLUMN] != "9"}


def _edaban(path: Path | None) -> dict[int, str]:
    if path is None:
        return {}
    with io.TextIOWrapper(path.open("rb"), encoding="utf-8-sig", newline="") as file:
        return {int(row[LINE_COLUMN]): row[EDABAN_COLUMN] for row in csv.DictReader(file) if row[EDABAN_COLUMN]}


def _first_numbers(rows: Iterable[Row]) -> dict[str, str]:
    """For every number a person was given later, the one they came with: they are followed as a whole or not at all."""
    first: dict[str, str] = {}
    for row in rows:
        if row[c.KOJIN] and row[c.KOSHINGO]:
            first[row[c.KOSHINGO]] = first.get(row[c.KOJIN], row[c.KOJIN])
    return first


def _zone(follow_up: FollowUp, *, wanted: int, dice: Random) -> tuple[Zone, list[Held]]:
    """What the hub holds of a sample of the persons."""
    encoding, accepted, edaban = _encoding_of(follow_up.file), _accepted(follow_up.truth), _edaban(follow_up.kekka)
    first = _first_numbers(row for line, row in _rows(follow_up.file, encoding) if line in accepted)
    numbers = [
        row[c.KOJIN]
        for line, row in _rows(follow_up.file, encoding)
        if line in accepted and row[c.SHORI] == "01" and row[c.KUBUN] != "02"
    ]
    persons = list(dict.fromkeys(first.get(number, number) for number in numbers))
    chosen = set(dice.sample(persons, min(wanted, len(persons))))
    zone = Zone()
    zone.world.update(number for number in numbers if first.get(number, number) not in chosen)
    for line, row in _rows(follow_up.file, encoding):
        named = zone.by_number.get(row[c.KOJIN]) if line in accepted else None
        number = first.get(row[c.KOJIN], row[c.KOJIN])
        if line not in accepted or (named is None and number not in chosen):
            continue
        zone.apply(row)
        held = zone.by_number.get(row[c.KOJIN]) or named
        if held is not None and line in edaban:
            held.edaban = edaban[line]
            zone.by_edaban[held.edaban] = held
    held_once = {id(held): held for held in zone.by_number.values() if held.period("")}
    return zone, list(held_once.values())


def follow_up_lines(order: Order, follow_up: FollowUp) -> Iterator[Line]:
    """At most `n` lines about the persons of the earlier file, at most a few of each."""
    dice = Random(f"follow-up:{order.seed}:{order.insurer.code}:{order.today}")
    world = World(seed=order.seed, today=order.today, rare=order.encoding != "cp932")
    zone, people = _zone(follow_up, wanted=max(50, order.n), dice=dice)
    life = Life(zone=zone, world=world, dice=dice, hokensha_code=order.insurer.code)
    left = [held for held in people if is_left(held)]
    for _ in range(order.n):
        events = REFUSED if dice.random() < order.errors else ORDINARY
        line = _one(events, life=life, people=people, left=left)
        if line is not None:
            yield line


def _one(events: Sequence[Event], *, life: Life, people: list[Held], left: list[Held]) -> Line | None:
    zone, dice = life.zone, life.dice
    weights = [event.weight for event in events]
    for _ in range(TRIES if people else 0):
        event = dice.choices(events, weights)[0]
        if event.of_left and not left:
            continue
        place = dice.randrange(len(people))
        held = dice.choice(left) if event.of_left else people[place]
        row = event.make(life, held)
        if row is None:
            continue
        own = SAYS_E208.get(event.name)
        codes = [own] if own else zone.judge(row)
        line = Line(row, kubun_of(codes), codes, event.name)
        if line.kubun != "9":
            zone.apply(row)
            if is_left(held):
                left.append(held)
            if event.last:
                people[place] = people[-1]
                people.pop()
        return line
    return None
