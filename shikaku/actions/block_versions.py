"""The versions one block writes: sealed, in order, superseded in place when a later line of the block replaces one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions.block_person import BlockPerson

# Where these stand in a row.
_HIMOZUKE: Final = 1
_TOROKU_NICHIJI: Final = 2
_SUPERSEDED_AT: Final = 9


class BlockVersions:
    """Rows of 資格履歴 to be, and the ones in the database that they take the place of."""

    def __init__(self, zone: str, uketsuke_id: UUID, seal: RowSealer) -> None:
        """Begin with none."""
        self._zone, self._uketsuke_id, self._seal = zone, uketsuke_id, seal
        self._rows: list[list[object]] = []
        self._row_of: dict[UUID, list[object]] = {}
        self.superseded: list[tuple[UUID, datetime]] = []

    def add(self, person: BlockPerson, at: datetime, values: Sequence[object], joho: Mapping[str, Any]) -> None:
        """Append a version of the person.

        `values`: 履歴通番, 資格通番, both days, 処理種別, whether 取消, the token of the card, the line's number.
        """
        rireki_tsuban, tsuban, valid_from, valid_to, shubetsu, withdrawn, token, meisai_no = values
        row_id = uuid7()
        sealed = self._seal.seal(row_id, orjson.dumps(joho))
        row = [
            person.edaban, person, at, row_id, self._zone, rireki_tsuban, tsuban, valid_from, valid_to, None, shubetsu,
            withdrawn, token, self._uketsuke_id, meisai_no, sealed,
        ]  # fmt: skip  # the order of write_block's columns
        person.version_ids[tsuban if isinstance(tsuban, int) else None] = row_id
        self._rows.append(row)
        self._row_of[row_id] = row

    def supersede(self, version_id: UUID, at: datetime) -> None:
        """Let a version stand only until `at`, whether it is in the database or of this block."""
        row = self._row_of.get(version_id)
        if row is None:
            self.superseded.append((version_id, at))
        else:
            row[_SUPERSEDED_AT] = at

    def is_written_at(self, version_id: UUID, at: datetime) -> bool:
        """Tell whether this block wrote the version at that time."""
        row = self._row_of.get(version_id)
        return row is not None and row[_TOROKU_NICHIJI] == at

    def settle(self, person: BlockPerson) -> None:
        """Fix the 紐付番号 of what was written so far for the person, before the person moves to another one."""
        for row in self._rows:
            if row[_HIMOZUKE] is person:
                row[_HIMOZUKE] = person.himozuke

    def rows(self) -> list[tuple[object, ...]]:
        """Return the rows, each with the 紐付番号 its person has by now unless it was settled."""
        for row in self._rows:
            owner = row[_HIMOZUKE]
            row[_HIMOZUKE] = owner.himozuke if isinstance(owner, BlockPerson) else owner
        return [tuple(row) for row in self._rows]
