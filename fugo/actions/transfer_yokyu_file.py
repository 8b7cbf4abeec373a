"""符号取得要求ファイル: waiting requests become a file that lies sealed until an operator sends it.

The 個人番号 are read zone by zone and go straight into the sealed object, some thousand at a time; nothing holds the
file whole and nothing else holds a number. 根拠: KJ-FUGO-02, KJ-FUGO-08, KJ-RET-17.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.crash_points import crash_point
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.storage import StoredFile, Writer, store
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.turns import Turns
from chukan.kernel.values.uuid7 import uuid7
from chukan.settings import limits
from fugo.domain.yokyu_file import (
    BANGO_CHIGAI,
    BANGO_NASHI,
    BANGO_YOMEZU,
    HAIKI,
    HIMOZUKE_CHIGAI,
    KINDS,
    LEFT_OUT,
    SAIYOKYU,
    SOSHIN_MACHI,
    TSUKURI,
    makes_file,
)
from fugo.formats.yokyu_file_v1 import HEADER, lines_of
from fugo.models import YokyuFile
from fugo.queries.yokyu_file import Part, count_due, list_part, list_to_build, list_zones
from shikaku.public import find_kojin_bango

log = structlog.get_logger()

JIMU: Final = "fugo"
FILE: Final = "機関別符号ファイル"
OBJECT_KIND: Final = "fugo_yokyu"
RULE: Final = "KJ-RET-17"
FAILED: Final = "fugo.yokyu_file.failed"  # what the log says of a file whose turn ended in an error
_FIRST: Final = UUID(int=0)
_MOST_FILES: Final = 50  # of one round; more wait for the next
_CLAIM: Final = "SELECT fugo_claim(%s, %s, %s, %s)"
_LEAVE_OUT: Final = "SELECT fugo_leave_out(%s, %s::uuid[], %s, %s)"
_TENSO: Final = "SELECT fugo_mark_tenso(%s, %s)"
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Sizes:
    """When waiting requests make a file, and how many go into one."""

    full: int = limits.FUGO_FILE_FULL
    interval: timedelta = limits.FUGO_FILE_INTERVAL
    most: int = limits.FUGO_FILE_MAX
    block: int = limits.FUGO_FILE_BLOCK
    patience: timedelta = limits.FUGO_PATIENCE


@dataclass(frozen=True, slots=True)
class Building:
    """One file in the hands of this process until its lease ends."""

    file_id: UUID
    attempt: int


class LeaseLost(Exception):
    """Somebody else builds this file by now; what was built here is thrown away."""


@outside_transaction
def transfer_yokyu_files(*, by: Principal, now: Now, sizes: Sizes = Sizes()) -> int:
    """Make files of the requests that wait, new ones, 再発行 and those asked again; return how many stand now.

    Also takes up files whose builder died. *Idempotent:* a file stands once; nobody waits in two. A file that cannot be
    built keeps no other from standing, and a kind no other kind; the error is raised at the end.
    """
    stand, turns = 0, Turns(FAILED)
    for left in list_to_build(by=by, now=now()):
        again = turns.take(left.id, partial(take_up, by=by, file_id=left.id, now=now()))
        if again is not None:
            stand += turns.take(left.id, partial(build_yokyu_file, by=by, building=again, now=now, sizes=sizes)) or 0
    for kind in KINDS:
        for _ in range(_MOST_FILES):
            begun = turns.take(kind, partial(begin_yokyu_file, by=by, kind=kind, sizes=sizes, now=now()))
            if begun is None:
                break
            stands = turns.take(begun.file_id, partial(build_yokyu_file, by=by, building=begun, now=now, sizes=sizes))
            if stands is None:  # what failed once would take the next ones along
                break
            stand += stands
    turns.end()
    return stand


@own_transaction
def begin_yokyu_file(*, by: Principal, kind: str, sizes: Sizes, now: datetime) -> Building | None:
    """Take waiting requests of a kind into a new file, the oldest first; None while there are not enough.

    *Locks:* the requests; those another process takes just now are left to it.
    """
    sent_before = now - sizes.patience
    due = count_due(by=by, kind=kind, sent_before=sent_before, most=sizes.full)
    # What is asked again waits from the end of the patience on.
    since = due.oldest + sizes.patience if due.oldest is not None and kind == SAIYOKYU else due.oldest
    if not makes_file(kensu=due.kensu, oldest=since, full=sizes.full, interval=sizes.interval, now=now):
        return None
    file_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [file_id, kind, sent_before, sizes.most])
        claimed = int(cursor.fetchone()[0])
    if not claimed:
        return None
    YokyuFile(
        id=file_id,
        kind=kind,
        state=TSUKURI,
        kensu=claimed,
        created_at=now,
        attempts=1,
        lease_until=now + limits.FUGO_FILE_LEASE,
    ).save(force_insert=True)
    return Building(file_id, 1)


@own_transaction
def take_up(*, by: Principal, file_id: UUID, now: datetime) -> Building | None:
    """Take a file whose builder died; None when somebody else was faster."""
    row = YokyuFile.objects.select_for_update(skip_locked=True).filter(id=file_id, state=TSUKURI).first()
    if row is None or (row.lease_until is not None and row.lease_until > now):
        return None
    row.attempts += 1
    row.lease_until = now + limits.FUGO_FILE_LEASE
    row.save(update_fields=["attempts", "lease_until"])
    return Building(file_id, row.attempts)


@outside_transaction
def build_yokyu_file(*, by: Principal, building: Building, now: Now, sizes: Sizes) -> bool:
    """Write the file into the object store and let it wait for the operator; False when nothing was left to ask.

    A process that dies leaves an object without a name, which is erased, and a file that is built again.
    """
    files = store()
    with files.create(OBJECT_KIND) as writer:
        writer.write(HEADER)
        kensu = _write_zones(by, building.file_id, writer, sizes)
        stored = writer.close()
    crash_point("yokyu_file.stored")
    try:
        stands = finish_yokyu_file(
            by=by,
            building=building,
            stored=stored,
            sealed_sha256=files.sealed_sha256(stored.key),
            kensu=kensu,
            now=now(),
        )
    except LeaseLost:
        stands = False
    if not stands:
        files.erase(stored.key, rule=RULE, now=now())
    return stands


def _write_zones(by: Principal, file_id: UUID, writer: Writer, sizes: Sizes) -> int:
    written = 0
    for hokensha_code in list_zones(by=by, file_id=file_id):
        zone = system_principal(actor_id=by.actor_id, hokensha_code=hokensha_code)
        after = _FIRST
        while part := list_part(by=by, file_id=file_id, hokensha_code=hokensha_code, after=after, most=sizes.block):
            after = part[-1].shori_tsuban
            written += _write_part(by, zone, file_id, part, writer)
            crash_point("yokyu_file.part")
    return written


def _write_part(by: Principal, zone: Principal, file_id: UUID, part: Sequence[Part], writer: Writer) -> int:
    held = find_kojin_bango(by=zone, hihokensha_edaban=[one.hihokensha_edaban for one in part])
    asked, left = [], dict[str, list[UUID]]()
    for one in part:
        found = held.get(one.hihokensha_edaban)
        if found is None:
            left.setdefault(BANGO_NASHI, []).append(one.shori_tsuban)
        elif found.himozuke_bango != one.himozuke_bango:
            # A code must never come to somebody else than was asked for.
            left.setdefault(HIMOZUKE_CHIGAI, []).append(one.shori_tsuban)
        elif found.kojin_bango is None:
            left.setdefault(BANGO_YOMEZU, []).append(one.shori_tsuban)
        elif found.leads_elsewhere:  # nobody knows yet whose it is; it would bring somebody else's code
            left.setdefault(BANGO_CHIGAI, []).append(one.shori_tsuban)
        else:
            asked.append((one.shori_tsuban, found.kojin_bango))
    writer.write(lines_of(asked))
    for code, tsuban in left.items():
        leave_out(by=by, file_id=file_id, shori_tsuban=tsuban, code=code)
        log.warning("fugo.yokyu_file.left_out", object_id=str(file_id), reason=code, count=len(tsuban))
    return len(asked)


@own_transaction
def leave_out(*, by: Principal, file_id: UUID, shori_tsuban: Sequence[UUID], code: str) -> None:  # zone of none
    """Take requests out of a file and say why; they wait until their member is registered anew."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE_OUT, [file_id, list(shori_tsuban), code, LEFT_OUT[code]])


@own_transaction
def finish_yokyu_file(
    *, by: Principal, building: Building, stored: StoredFile, sealed_sha256: str, kensu: int, now: datetime
) -> bool:
    """Let the file wait for the operator and its requests be 転送; an empty one is thrown away (False).

    Raises LeaseLost when somebody else took the file up meanwhile.
    """
    mine = YokyuFile.objects.filter(id=building.file_id, state=TSUKURI, attempts=building.attempt)
    if not kensu:
        if not mine.update(state=HAIKI, kensu=0, lease_until=None):
            raise LeaseLost
        return False
    waiting = mine.update(
        state=SOSHIN_MACHI, kensu=kensu, object_key=stored.key, sha256=sealed_sha256, attempts=0, lease_until=None
    )
    if not waiting:
        raise LeaseLost
    with connection.cursor() as cursor:
        cursor.execute(_TENSO, [building.file_id, now])
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_YOKYU_TENSO,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(building.file_id),),
        result="ok",
        detail={"kensu": kensu},
        now=now,
    )
    return True
