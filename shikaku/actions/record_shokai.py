"""Looking at members: what is shown and the record that it was shown are one transaction."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.queries.kanyusha import KanyushaDetail, SearchCriteria, SearchPage, get_kanyusha, search_kanyusha
from shikaku.queries.rireki import FoundRireki, RirekiLine, find_rireki, list_rireki

UNYO: Final = "unyo"


@own_transaction
def record_kensaku(
    *, by: Principal, criteria: SearchCriteria, after: int, on: date, screen_id: str, now: datetime
) -> SearchPage:
    """Return one page of a search; the 「操作ログ」 keeps which criteria were used, never their values.

    Raises Invalid as `search_kanyusha`. 根拠: KJ-LOG-01, KJ-LOG-07.
    """
    page = search_kanyusha(by=by, criteria=criteria, after=after, on=on, known_at=now)
    used = [name for name in ("kana", "kigo", "bango", "edaban", "seinengappi", "jotai") if getattr(criteria, name)]
    record_sosa(
        by=by,
        kind=SosaKind.KENSAKU,
        jimu=JIMU,
        target_file=FILE,
        targets=tuple(str(item.row_id) for item in page.items),
        result="ok",
        detail={"joken": ",".join(used), "kensu": page.count},
        screen_id=screen_id,
        now=now,
    )
    return page


@own_transaction
def record_shokai(*, by: Principal, row_id: UUID, on: date, screen_id: str, now: datetime) -> KanyushaDetail:
    """Return one member of the caller's zone, on record as seen. Raises NotFound. 根拠: KJ-LOG-01."""
    detail = get_kanyusha(by=by, row_id=row_id, on=on, known_at=now)
    record_sosa(
        by=by,
        kind=SosaKind.SHOKAI,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(detail.himozuke_bango), str(row_id)),
        result="ok",
        screen_id=screen_id,
        now=now,
    )
    return detail


@own_transaction
def record_rireki_shokai(
    *, by: Principal, row_id: UUID, on: date, known_at: datetime, screen_id: str, now: datetime
) -> tuple[KanyushaDetail, tuple[RirekiLine, ...]]:
    """Return one member and every version recorded until `known_at`, on record as seen. Raises NotFound."""
    detail = get_kanyusha(by=by, row_id=row_id, on=on, known_at=now)
    lines = list_rireki(by=by, row_id=row_id, known_at=known_at)
    record_sosa(
        by=by,
        kind=SosaKind.RIREKI_SHOKAI,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(detail.himozuke_bango), str(row_id)),
        result="ok",
        screen_id=screen_id,
        now=now,
    )
    return detail, lines


@own_transaction
def record_rireki_kensaku(
    *,
    by: Principal,
    hihokensha_edaban: int | None,
    kojin_bango: str | None,
    on: date | None,
    known_at: datetime,
    now: datetime,
) -> FoundRireki:
    """Return the periods of one person of the caller's own zone, on record as asked for by an existing system.

    Raises NotFound. 根拠: KJ-SHI-09, KJ-LOG-01.
    """
    found = find_rireki(by=by, hihokensha_edaban=hihokensha_edaban, kojin_bango=kojin_bango, on=on, known_at=known_at)
    record_sosa(
        by=by,
        kind=SosaKind.RIREKI_SHOKAI if kojin_bango is None else SosaKind.BANGO_KENSAKU,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(found.himozuke_bango),),
        result="ok",
        now=now,
    )
    return found


@own_transaction
def record_file_shokai(
    *,
    by: Principal,
    uketsuke_bango: str,
    screen_id: str | None = None,
    kind: SosaKind = SosaKind.FILE_STATUS,
    lines: int | None = None,
    now: datetime,
) -> None:
    """Put on record that the results of a 受付 are shown or handed over. 根拠: KJ-LOG-01, KJ-LOG-07."""
    record_sosa(
        by=by,
        kind=kind,
        jimu=JIMU,
        target_file=FILE,
        targets=(uketsuke_bango,),
        result="ok",
        detail=None if lines is None else {"lines": lines},
        screen_id=screen_id,
        now=now,
    )


@own_transaction
def record_jokyo(*, by: Principal, screen_id: str, now: datetime) -> None:
    """Put on record that an operator opened a page of counts and states. 根拠: KJ-LOG-01."""
    record_sosa(by=by, kind=SosaKind.MONITOR, jimu=UNYO, target_file=FILE, result="ok", screen_id=screen_id, now=now)
