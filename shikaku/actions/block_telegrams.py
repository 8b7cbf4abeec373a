"""The telegrams one block owes: whom they are about, and their order per person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import integer_array, uuid_array
from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions.block_person import BlockPerson


@dataclass(slots=True)
class _Telegram:
    person: BlockPerson
    himozuke: UUID
    kind: str
    as_of: datetime


class OwedTelegrams:
    """Collects what オンライン資格確認 is owed; the order per person is drawn once, at the end of the block."""

    def __init__(self, zone: str, owed_at: datetime) -> None:
        """Begin with none."""
        self._zone, self._owed_at = zone, owed_at
        self._telegrams: list[_Telegram] = []

    def owe(self, person: BlockPerson, himozuke: UUID, kind: str, as_of: datetime) -> None:
        """Add one telegram about the person as of a time."""
        self._telegrams.append(_Telegram(person, himozuke, kind, as_of))

    def is_about(self, himozuke: UUID) -> bool:
        """Tell whether オンライン資格確認 will be told of the person by this block."""
        return any(telegram.himozuke == himozuke for telegram in self._telegrams)

    def resolve(self, proposed: dict[int, UUID]) -> None:
        """Put the person's 紐付番号 in the place of the one proposed for a new 被保険者枝番."""
        for telegram in self._telegrams:
            if telegram.himozuke == proposed.get(telegram.person.edaban):
                telegram.himozuke = telegram.person.himozuke

    def rows(self) -> list[tuple[object, ...]]:
        """Return the rows in the order of write_block's columns. *Locks:* the persons across insurers."""
        if not self._telegrams:
            return []
        wanted: dict[UUID, int] = {}
        for telegram in self._telegrams:
            wanted[telegram.himozuke] = wanted.get(telegram.himozuke, 0) + 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT himozuke_bango, last_jun FROM shikaku_next_jun(%s::uuid[], %s::integer[])",
                [uuid_array(wanted), integer_array(wanted.values())],
            )
            last: dict[UUID, int] = dict(cursor.fetchall())
        following = {himozuke: last[himozuke] - count for himozuke, count in wanted.items()}
        rows: list[tuple[object, ...]] = []
        for telegram in self._telegrams:
            himozuke = telegram.himozuke
            following[himozuke] += 1
            rows.append((
                uuid7(), self._zone, telegram.person.edaban, himozuke, following[himozuke], telegram.kind,
                telegram.as_of, self._owed_at, self._owed_at,
            ))  # fmt: skip  # the order of write_block's columns
        return rows
