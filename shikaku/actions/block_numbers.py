"""A changed or corrected 個人番号 inside a block: which hash leads to whom, in the zone and across insurers.

根拠: KJ-SHI-05 and the published contract §3 (個人番号更新区分), ADR 0018.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, connection

from chukan.kernel.binary_arrays import bytea_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import RowSealer, open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace
from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions.block_led import LedNumbers
from shikaku.actions.block_person import BlockPerson, known_person
from shikaku.actions.block_telegrams import OwedTelegrams
from shikaku.actions.himozuke_links import note_key, resolve_himozuke, standing
from shikaku.domain.held import NO_KOSHINGO, KoshingoFacts
from shikaku.queries.held import load_held
from shikaku.queries.led import find_himozuke

KANYUSHA_TABLE: Final = "shikaku_itaku_kukaku_kanyusha"
KOJIN_BANGO: Final = "kojin_bango"
NO_NUMBER_FACTS: Final = NO_KOSHINGO
NEW_NUMBER: Final = "1"

# The former number moves into its own row with its sealed value; it opens under the 委託区画 row it was sealed for.
# A number that already leads to the person from an earlier change has its row.
_KEEP_FORMER: Final = """
INSERT INTO shikaku_kyu_kojin_bango (id, hokensha_code, bi_bango, hihokensha_edaban, ct_kojin_bango,
                                     kojin_bango_koshin_kubun, kojin_bango_koshin_nichiji, resolves)
"""
_AS_STORED: Final = """
SELECT %s, hokensha_code, bi_bango, hihokensha_edaban, ct_kojin_bango, %s, %s, %s
FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s AND hihokensha_edaban = %s AND bi_bango IS NOT NULL
ON CONFLICT DO NOTHING
"""
# A number given earlier in this very block is not in the table yet.
_AS_IN_THIS_BLOCK: Final = "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"

# Another line of the block may come with the number, which is unique in the zone: it is free before the block's rows
# are written at its end.
_GIVE_UP: Final = """
UPDATE shikaku_itaku_kukaku_kanyusha SET bi_bango = NULL WHERE hokensha_code = %s AND hihokensha_edaban = %s
"""
# Nor may the 紐付番号 the person leaves be held back from a later line of the block with its number.
_MOVE: Final = """
UPDATE shikaku_itaku_kukaku_kanyusha SET himozuke_bango = %s WHERE hokensha_code = %s AND hihokensha_edaban = %s
"""
_NO_LONGER: Final = """
UPDATE shikaku_kyu_kojin_bango SET resolves = false
WHERE hokensha_code = %s AND bi_bango = ANY (%s::bytea[]) AND resolves
"""
_SEALED: Final = """
SELECT ct_kojin_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s AND hihokensha_edaban = %s
"""
_SEALED_FORMER: Final = """
SELECT ct_kojin_bango FROM shikaku_kyu_kojin_bango
WHERE hokensha_code = %s AND hihokensha_edaban = %s AND bi_bango <> ALL (%s::bytea[]) AND resolves
ORDER BY kojin_bango_koshin_nichiji
"""


class NumberChanges:
    """Looks numbers up and moves them for the persons of one block in one zone."""

    def __init__(
        self,
        *,
        by: Principal,
        zone: str,
        index: ZoneIndex,
        seal: RowSealer,
        by_edaban: dict[int, BlockPerson],
        by_bango: dict[bytes, BlockPerson],
        led: LedNumbers,
        telegrams: OwedTelegrams,
    ) -> None:
        """Share the block's view of its persons and of what it owes."""
        self._by, self._zone, self._index, self._seal = by, zone, index, seal
        self._by_edaban, self._by_bango, self._led, self._telegrams = by_edaban, by_bango, led, telegrams

    def facts(self, number: str, kubun: str | None, person: BlockPerson | None) -> KoshingoFacts:
        """Return what is known of 更新後個人番号 here and across insurers, and of the numbers the person has."""
        bango = self._index.bango(number)
        if bango not in self._by_bango:
            held = load_held(by=self._by, zone=self._zone, index=self._index, edabans=(), bangos=(bango,))
            for found, other in held.by_bango.items():
                self._by_bango[found] = self._by_edaban.setdefault(other.edaban, known_person(other))
        self._led.look_up({bango: self._index.global_bango(number)})
        himozuke = self._led.himozuke_of(bango)
        holder = self._led.person_of(bango)
        if person is None or himozuke is None or himozuke == person.himozuke:
            elsewhere = himozuke
        else:
            mixed = self._led.person_at(himozuke)
            holder = holder if mixed is None else mixed
            is_free = person.bango != bango and self._is_free(himozuke, person)
            elsewhere = None if is_free else himozuke
        parted = None if person is None or kubun != NEW_NUMBER else self._parted(person)
        return KoshingoFacts(
            himozuke_bango=None if elsewhere is None else str(elsewhere),
            edaban_here=None if holder is None else holder.edaban,
            is_current=person is not None and person.bango == bango,
            keeps=person is not None and kubun != NEW_NUMBER and bool(self._kept(person)),
            parted=None if parted is None else str(parted),
        )

    def _is_free(self, himozuke: UUID, person: BlockPerson) -> bool:
        """Tell whether a 紐付番号 is nobody's: a 訂正 made it for a number, and nobody came with that number.

        Nor was anybody told of it, which of earlier lines of this block nothing but the block knows.
        """
        if self._telegrams.is_about(himozuke):
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT shikaku_is_free(%s, %s, %s)", [himozuke, self._zone, person.edaban])
            return bool(cursor.fetchone()[0])

    def _parted(self, person: BlockPerson) -> UUID | None:
        """Return the 紐付番号 the present number leads to when it is not the person's."""
        if person.bango is None:
            return None
        present = self._index.global_bango(self._plain(person))
        himozuke = find_himozuke(by=self._by, index=self._index, hashes=[present]).get(present)
        return None if himozuke == person.himozuke else himozuke

    def _kept(self, person: BlockPerson) -> list[bytes]:
        """Return the person's numbers from before that lead to the person still, the earliest first."""
        if person.bango is None:
            return []
        hashes = self._formers(person, self._both(person, person.bango))
        led = find_himozuke(by=self._by, index=self._index, hashes=hashes)
        return [one for one in hashes if led.get(one) == person.himozuke]

    def _both(self, person: BlockPerson, bango: bytes) -> Collection[bytes]:
        """Return under which hashes the person's present number may stand in this zone."""
        if not self._index.is_split:
            return (bango,)
        return self._index.both_bango((self._index.bango(self._plain(person)),))

    def _formers(self, person: BlockPerson, present: Collection[bytes]) -> list[bytes]:
        """Return the hashes across insurers of the numbers from before that this insurer lets lead to the person."""
        with connection.cursor() as cursor:
            cursor.execute(_SEALED_FORMER, [self._zone, person.edaban, bytea_array(present)])
            sealed = [bytes(row[0]) for row in cursor.fetchall()]
        return [self._index.global_bango(self._open(person, one)) for one in sealed]

    def change(self, number: str, kubun: str, person: BlockPerson, at: datetime) -> None:
        """Put the new number in the old one's place. 1 変更: both lead to the person. 2 訂正: the old one no longer.

        訂正 to the present number takes the person to where that number leads; nothing else changes.
        """
        if person.bango == self._index.bango(number):
            self._move(self._resolved(number), person)
            return
        former = person.bango
        wide = None if former is None else self._index.global_bango(self._plain(person))
        kept = [] if kubun == NEW_NUMBER else self._kept(person)
        with connection.cursor() as cursor:
            resolves = kubun == NEW_NUMBER
            if person.bango is not None and person.ct_bango is not None:
                row = (uuid7(), self._zone, person.bango, person.edaban, person.ct_bango, kubun, at, resolves)
                cursor.execute(_KEEP_FORMER + _AS_IN_THIS_BLOCK, row)
            else:
                cursor.execute(_KEEP_FORMER + _AS_STORED, [uuid7(), kubun, at, resolves, self._zone, person.edaban])
                cursor.execute(_GIVE_UP, [self._zone, person.edaban])
        if kubun == NEW_NUMBER:
            self._link(number, wide, person)
        else:
            self._correct(number, wide, kept, person, at)
            if former is not None:
                self._by_bango.pop(former, None)
        person.bango = self._index.bango(number)
        person.ct_bango = self._seal.seal(person.row_id, number.encode())
        self._by_bango[person.bango] = person

    def _link(self, number: str, over: bytes | None, person: BlockPerson) -> None:
        """Let the number lead to the person everywhere by way of one that does.

        Raises LostRace when it came to lead to another, or that one does no more. *Locks:* both numbers.
        """
        hashes = [self._index.global_bango(number), *(() if over is None else (over,))]
        hashed, *way = standing(self._index, hashes)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT shikaku_link_bango(%s, %s, %s, %s, %s)",
                [hashed, way[0] if way else None, person.himozuke, self._zone, person.edaban],
            )
            if cursor.fetchone()[0] != person.himozuke:
                raise LostRace
        note_key(self._index, hashes)

    def _correct(
        self, number: str, wrong: bytes | None, kept: Sequence[bytes], person: BlockPerson, at: datetime
    ) -> None:
        """Let the right number lead to the person, and the wrong one no longer.

        A person who keeps a number from before stays that person: the wrong number was linked by a mistaken 変更 and
        gets a 紐付番号 of its own. Otherwise the person moves to whom the right number belongs; the wrong one stays
        with the 紐付番号 it had, and so do PMH-ID and 符号. *Locks:* the numbers; raises LostRace.
        """
        former_bango, former = person.bango, person.himozuke
        both = () if former_bango is None else self._both(person, former_bango)
        if kept:
            self._link(number, kept[0], person)
        else:
            self._move(self._resolved(number), person)
        if former_bango is None or wrong is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_NO_LONGER, [self._zone, bytea_array(both)])
        if person.himozuke == former:
            self._part(wrong, [*kept, self._index.global_bango(number)], person, at)

    def _resolved(self, number: str) -> UUID:
        """Return the 紐付番号 of the right number, a new one when it has none. *Locks:* the number."""
        (found,) = resolve_himozuke(self._index, {self._index.global_bango(number): uuid4()}).values()
        return found

    def _move(self, himozuke: UUID, person: BlockPerson) -> None:
        person.himozuke = himozuke
        with connection.cursor() as cursor:
            try:
                cursor.execute(_MOVE, [himozuke, self._zone, person.edaban])
            except IntegrityError as error:
                raise LostRace from error  # somebody else became that person meanwhile

    def _part(self, wrong: bytes, kept: Sequence[bytes], person: BlockPerson, at: datetime) -> None:
        """Give the wrong number a 紐付番号 of its own, and open a case for whoever came by it at another insurer.

        Nothing tells who those are: they stay, and PMH is told no PMH-ID for the number, until people have looked.
        """
        number, fresh = self._plain(person), uuid4()
        gone, *stay = standing(self._index, [wrong, *kept])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT hokensha_code FROM shikaku_part_bango(%s, %s, %s, %s, %s)",
                [gone, person.himozuke, fresh, stay, self._zone],
            )
            zones = [row[0] for row in cursor.fetchall()]
            if zones:
                hashes = [(zone, one) for zone in zones for one in _hashes_at(zone, number)]
                cursor.execute(
                    "SELECT shikaku_open_parted(%s, %s, %s, %s, %s)",
                    [person.himozuke, fresh, [zone for zone, _ in hashes], [one for _, one in hashes], at],
                )

    def _plain(self, person: BlockPerson) -> str:
        """Return the person's present number, for its hashes alone."""
        sealed = person.ct_bango
        if sealed is None:
            with connection.cursor() as cursor:
                cursor.execute(_SEALED, [self._zone, person.edaban])
                sealed = bytes(cursor.fetchone()[0])
        return self._open(person, sealed)

    def _open(self, person: BlockPerson, sealed: bytes) -> str:
        plain = open_envelope(
            get_keyring(),
            table=KANYUSHA_TABLE,
            envelope=KOJIN_BANGO,
            hokensha_code=self._zone,
            row_id=person.row_id,
            data=sealed,
        )
        return plain.decode()


def _hashes_at(zone: str, number: str) -> Collection[bytes]:
    """Return under which hashes the number may stand at another insurer."""
    index = ZoneIndex(get_keyring(), zone)
    return index.both_bango((index.bango(number),))
