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

_FIND: Final = (
    "SELECT place, status, himozuke_bango, is_saihakko, held, is_known, is_own, has_fugo FROM fugo_find_answers(%s, %s)"
)


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The request one arriving code names.

    `held`: the hash of the code it has; `is_known`: the code that came stands somewhere; `is_own`: under this very
    person; `has_fugo`: the person has one.
    """

    state: ShutokuState
    himozuke_bango: UUID
    is_saihakko: bool
    held: bytes | None = field(repr=False)
    is_known: bool
    is_own: bool
    has_fugo: bool


@reads
def find_asked_for(*, by: Principal, shori_tsuban: Sequence[UUID], hashes: Sequence[bytes]) -> dict[int, AskedFor]:
    """Return the request each code is for by its place in the sequence; those without one are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [uuid_array(shori_tsuban), bytea_array(hashes)])
        return {
            place - 1: AskedFor(
                ShutokuState(status), person, saihakko, None if held is None else bytes(held), known, own, has_fugo
            )
            for place, status, person, saihakko, held, known, own, has_fugo in cursor.fetchall()
        }
