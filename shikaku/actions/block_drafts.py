"""The drafts a block took: persons whose rows were worked out before, until a later line of the block meets them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bytea_array, integer_array, uuid_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace
from shikaku.actions.block_person import BlockPerson
from shikaku.actions.block_telegrams import OwedTelegrams
from shikaku.actions.draft import Draft
from shikaku.actions.draft_rows import FirstTelegrams, kanyusha_row, microseconds, version_row
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.actions.write_block import BlockRows
from shikaku.queries.led import find_himozuke, find_seconds

OWED = "shikaku"


class Drafted(NamedTuple):
    """One draft that was taken, with its line."""

    prepared: PreparedLine
    draft: Draft


class BlockDrafts:
    """Persons taken as drafted, by 被保険者枝番, and the way to them by the zone's hash of their number."""

    def __init__(self, *, by: Principal, zone: str, now: datetime) -> None:
        """Begin with none."""
        self._by, self._zone, self._now = by, zone, now
        self._drafted: dict[int, Drafted] = {}
        self._edaban_of: dict[bytes, int] = {}
        self._taken: list[PreparedLine] = []

    def give_up(self, drafted: Sequence[PreparedLine], absent: set[UUID], index: ZoneIndex) -> list[PreparedLine]:
        """Give up the drafts of persons whom other lines of the block name by another number; return their lines.

        All drafts are asked about, but only where there are such persons (`absent`), which is seldom.
        """
        if not absent:
            return []
        hashes = {line.draft.bi_global for line in drafted if line.draft is not None}
        led = find_himozuke(by=self._by, index=index, hashes=hashes)
        named = [line for line in drafted if line.draft is not None and led.get(line.draft.bi_global) in absent]
        for line in named:
            line.give_up_draft()
        return named

    def give_up_taken(self, absent: set[UUID], index: ZoneIndex) -> None:
        """Give up drafts taken for these persons under another number; raises LostRace, so that they are planned."""
        if self.give_up(self._taken, absent, index):
            raise LostRace

    def take(self, prepared: PreparedLine, draft: Draft, edaban: int) -> None:
        """Let the draft stand under this 被保険者枝番."""
        assert prepared.bango is not None  # noqa: S101  # a draft is of a number
        self._drafted[edaban] = Drafted(prepared, draft)
        self._taken.append(prepared)
        self._edaban_of[prepared.bango] = edaban

    def edaban_of(self, bango: bytes | None) -> int | None:
        """Return the 被保険者枝番 of the drafted person with this number."""
        return None if bango is None else self._edaban_of.get(bango)

    def pop(self, edaban: int | None) -> Drafted | None:
        """Give up the draft of a person whom another line has to do with."""
        if edaban not in self._drafted:
            return None
        drafted = self._drafted.pop(edaban)
        assert drafted.prepared.bango is not None  # noqa: S101  # as above
        del self._edaban_of[drafted.prepared.bango]
        return drafted

    def add_rows(self, rows: BlockRows, telegrams: OwedTelegrams, *, planned: Collection[BlockPerson]) -> None:
        """Give the numbers their 紐付番号 and add all rows; `planned` are the other persons the block writes.

        Raises LostRace when a number leads to a person whom the zone has under another one: that draft is given up, and
        the block begun anew plans its line.

        *Locks:* the numbers across insurers, ordered by their hashes, after those of planned persons: two insurers
        that bring the same new numbers at once can meet in a deadlock, which the database undoes and the caller
        tries again.

        Where nobody had the number, its 紐付番号 is the proposed one and the person's first telegram is the first;
        the other telegrams join those whose order is drawn.
        """
        if not self._drafted:
            return
        known = self._known()
        if known:
            self._refuse_second(known, planned)
        at = microseconds(self._now)
        first = FirstTelegrams(self._zone, OWED, at)
        for edaban, (_, draft) in self._drafted.items():
            elsewhere = known.get(draft.bi_global) if known else None
            himozuke = draft.himozuke if elsewhere is None else elsewhere.bytes
            rows.drafted_kanyusha.append(kanyusha_row(edaban, himozuke, at, draft.kanyusha))
            rows.drafted_versions.append(version_row(edaban, himozuke, at, draft.version))
            if not draft.owes:
                continue
            if elsewhere is None:
                rows.drafted_soshin.append(first.row(draft.soshin_bango, edaban, himozuke))
            else:
                person = BlockPerson(UUID(bytes=draft.row_id), edaban, elsewhere, None, self._now)
                telegrams.owe(person, elsewhere, OWED, self._now)

    def _refuse_second(self, known: dict[bytes, UUID], planned: Collection[BlockPerson]) -> None:
        """Give up the drafts of persons who would get a second 被保険者枝番."""
        seconds = find_seconds(
            by=self._by, zone=self._zone, fresh=known.values(), others=(person.himozuke for person in planned)
        )
        wrong = [prepared for prepared, draft in self._drafted.values() if known.get(draft.bi_global) in seconds]
        for prepared in wrong:
            prepared.give_up_draft()
        if wrong:
            raise LostRace

    def _known(self) -> dict[bytes, UUID]:
        """Return the 紐付番号 of the numbers that somebody had before, and keep the proposed ones of all others."""
        drafts = [drafted.draft for drafted in self._drafted.values()]
        proposed = uuid_array(draft.himozuke for draft in drafts)
        owed = integer_array([int(draft.owes) for draft in drafts])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bi_global, himozuke_bango FROM shikaku_take_himozuke(%s::bytea[], %s::uuid[], %s::integer[])",
                [bytea_array(draft.bi_global for draft in drafts), proposed, owed],
            )
            return {bytes(bango): himozuke for bango, himozuke in cursor.fetchall()}
