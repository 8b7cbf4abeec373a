"""A changed or corrected 個人番号 inside a block: which hash leads to whom, in the zone and across insurers.

根拠: KJ-SHI-05 and the published contract §3 (個人番号更新区分).
"""

from datetime import datetime
from typing import Final
from uuid import uuid4

from django.db import IntegrityError, connection

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import RowSealer, open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace
from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions.block_led import LedNumbers
from shikaku.actions.block_person import BlockPerson, known_person
from shikaku.domain.held import NO_KOSHINGO, KoshingoFacts
from shikaku.queries.held import load_held

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
UPDATE shikaku_kyu_kojin_bango SET resolves = false WHERE hokensha_code = %s AND bi_bango = %s AND resolves
"""
_SEALED: Final = """
SELECT ct_kojin_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s AND hihokensha_edaban = %s
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
    ) -> None:
        """Share the block's view of its persons."""
        self._by, self._zone, self._index, self._seal = by, zone, index, seal
        self._by_edaban, self._by_bango, self._led = by_edaban, by_bango, led

    def facts(self, number: str, person: BlockPerson | None) -> KoshingoFacts:
        """Return what is known of 更新後個人番号: its 紐付番号, who has it here, whether it is the present one."""
        bango = self._index.bango(number)
        if bango not in self._by_bango:
            held = load_held(by=self._by, zone=self._zone, edabans=(), bangos=(bango,))
            for found, other in held.by_bango.items():
                self._by_bango[found] = self._by_edaban.setdefault(other.edaban, known_person(other))
        self._led.look_up({bango: self._index.global_bango(number)})
        himozuke = self._led.himozuke_of(bango)
        holder = self._led.person_of(bango)
        return KoshingoFacts(
            himozuke_bango=None if himozuke is None else str(himozuke),
            edaban_here=None if holder is None else holder.edaban,
            is_current=person is not None and person.bango == bango,
        )

    def change(self, number: str, kubun: str, person: BlockPerson, at: datetime) -> None:
        """Put the new number in the old one's place. 1 変更: both lead to the person. 2 訂正: the old one no longer."""
        with connection.cursor() as cursor:
            resolves = kubun == NEW_NUMBER
            if person.bango is not None and person.ct_bango is not None:
                former = (uuid7(), self._zone, person.bango, person.edaban, person.ct_bango, kubun, at, resolves)
                cursor.execute(_KEEP_FORMER + _AS_IN_THIS_BLOCK, former)
            else:
                cursor.execute(_KEEP_FORMER + _AS_STORED, [uuid7(), kubun, at, resolves, self._zone, person.edaban])
                cursor.execute(_GIVE_UP, [self._zone, person.edaban])
        if kubun == NEW_NUMBER:
            self._link(number, person)
        else:
            self._correct(number, person)
        person.bango = self._index.bango(number)
        person.ct_bango = self._seal.seal(person.row_id, number.encode())
        self._by_bango[person.bango] = person

    def _link(self, number: str, person: BlockPerson) -> None:
        """Let the new number lead to the person everywhere; raises LostRace when it came to lead to another."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT shikaku_link_bango(%s, %s)", [self._index.global_bango(number), person.himozuke])
            if cursor.fetchone()[0] != person.himozuke:
                raise LostRace

    def _correct(self, number: str, person: BlockPerson) -> None:
        """Move the person to whom the right number belongs; the wrong one stops leading to this person.

        Where the right number is the person's own from before, the wrong one gets a 紐付番号 of its own: it was linked
        to this person by a mistaken 変更. Otherwise it stays with the 紐付番号 it had, and so do PMH-ID and 符号.
        """
        former_bango, former = person.bango, person.himozuke
        wrong = None if former_bango is None else self._plain(person)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT himozuke_bango FROM shikaku_resolve_himozuke(ARRAY[%s::bytea], ARRAY[%s::uuid])",
                [self._index.global_bango(number), uuid4()],
            )
            person.himozuke = cursor.fetchone()[0]
            try:
                cursor.execute(_MOVE, [person.himozuke, self._zone, person.edaban])
            except IntegrityError as error:
                raise LostRace from error  # somebody else became that person meanwhile
            if former_bango is None or wrong is None:
                return
            if person.himozuke == former:
                cursor.execute(
                    "SELECT shikaku_part_bango(%s, %s, %s)", [self._index.global_bango(wrong), former, uuid4()]
                )
            cursor.execute(_NO_LONGER, [self._zone, former_bango])
        self._by_bango.pop(former_bango, None)

    def _plain(self, person: BlockPerson) -> str:
        """Return the person's present number, for its hash alone."""
        sealed = person.ct_bango
        if sealed is None:
            with connection.cursor() as cursor:
                cursor.execute(_SEALED, [self._zone, person.edaban])
                sealed = bytes(cursor.fetchone()[0])
        plain = open_envelope(
            get_keyring(),
            table=KANYUSHA_TABLE,
            envelope=KOJIN_BANGO,
            hokensha_code=self._zone,
            row_id=person.row_id,
            data=sealed,
        )
        return plain.decode()
