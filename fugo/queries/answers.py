"""What is known of the requests that arriving codes are for. Codes come as their keyed hashes. 根拠: KJ-IN-13."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bytea_array, uuid_array
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from fugo.domain.shutoku_state import ShutokuState

_FIND: Final = """
SELECT place, status, himozuke_bango, is_saihakko, held, is_known, last_hakko_no, hokensha_code
FROM fugo_find_answers(%s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The request one arriving code names.

    `held`: the hash of the code it has; `is_known`: the code that came stands somewhere; `hokensha_code`: of all
    insurers the person is linked to.
    """

    state: ShutokuState
    himozuke_bango: UUID
    is_saihakko: bool
    held: bytes | None = field(repr=False)
    is_known: bool
    last_hakko_no: int
    hokensha_code: tuple[str, ...]


@reads
def find_asked_for(
    *, by: Principal, shori_tsuban: Sequence[UUID], hashes: Sequence[bytes], careful: bool
) -> dict[int, AskedFor]:
    """Return the request each code is for by its place in the sequence; those without one are left out.

    Not `careful`, nobody looks whether a code is known or a person has one: the database refuses to store it then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [uuid_array(shori_tsuban), bytea_array(hashes), careful])
        return {
            place - 1: AskedFor(
                ShutokuState(status), person, saihakko, None if held is None else bytes(held), known, last, tuple(codes)
            )
            for place, status, person, saihakko, held, known, last, codes in cursor.fetchall()
        }
