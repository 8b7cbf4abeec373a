"""Members across insurers, for 払出し of PMH-ID: whose a number is, and when somebody was last insured anywhere.

The numbers that are asked about are hashed, compared and forgotten. 根拠: KJ-PMH-01, KJ-IN-11.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bytea_array, uuid_array
from chukan.kernel.crypto.blind_index import GlobalIndex
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kojin_bango import is_valid_kojin_bango

_MEMBERS = "SELECT bi_global, himozuke_bango, pmh_id FROM shikaku_find_members(%s::bytea[])"
_PER_HOKENSHA = "SELECT himozuke_bango, hokensha_code, soshitsu_ymd FROM shikaku_soshitsu_per_hokensha(%s::uuid[], %s)"
_LAST = "SELECT himozuke_bango, soshitsu_ymd FROM shikaku_last_soshitsu(%s::uuid[], %s)"


@dataclass(frozen=True, slots=True)
class Member:
    """One person who is or was insured somewhere, and the PMH-ID that 資格履歴 holds."""

    himozuke_bango: UUID
    pmh_id: str | None


@reads
def find_members(*, by: Principal, kojin_bango: Collection[str]) -> dict[str, Member]:
    """Return whose these numbers are, former ones included, at whatever insurer; numbers of nobody are left out.

    加入予定者 and 世帯員, who have no period, are nobody here, and so is somebody whose periods are all 取消. Only for
    who works in no zone: the database refuses others.
    """
    index = GlobalIndex(get_keyring())
    hashed = {index.bango(one): one for one in set(kojin_bango) if is_valid_kojin_bango(one)}
    if not hashed:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [bytea_array(index.both(hashed))])
        return {
            hashed[index.present(bytes(found))]: Member(person, pmh_id) for found, person, pmh_id in cursor.fetchall()
        }


@reads
def find_last_soshitsu(*, by: Principal, himozuke_bango: Collection[UUID], hold: bool) -> dict[UUID, date | None]:
    """Return the last 資格喪失年月日 of each of these persons over all insurers, None while a period is open.

    Who holds no period is left out. With `hold` registrations of these persons wait for the end of the transaction.
    """
    if not himozuke_bango:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [uuid_array(himozuke_bango), hold])
        return dict(cursor.fetchall())


@reads
def find_soshitsu_per_hokensha(
    *, by: Principal, himozuke_bango: Collection[UUID], hold: bool
) -> dict[UUID, dict[str, date | None]]:
    """Return the last 資格喪失年月日 of each of these persons by 保険者コード, None while a period is open there.

    Who holds no period is left out. With `hold` registrations of these persons wait for the end of the transaction.
    """
    found: dict[UUID, dict[str, date | None]] = {}
    if not himozuke_bango:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_PER_HOKENSHA, [uuid_array(himozuke_bango), hold])
        for person, hokensha_code, soshitsu_ymd in cursor.fetchall():
            found.setdefault(person, {})[hokensha_code] = soshitsu_ymd
    return found
