"""Holds a 登録ファイル that would end or empty far more than an insurer's usual, before its first line is registered.

根拠: the published contract §4.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import HoryuFound, Job, Shape, hold_uketsuke
from chukan.controls.uketsuke.queries import count_open_lines, find_released
from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import enter_zone, outside_transaction, own_transaction
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.domain.horyu import Tally, members_needed, reasons_to_hold
from shikaku.queries.horyu import count_valid_members

_LOSS_NAME: Final = "資格喪失"


@outside_transaction
def find_horyu(
    *,
    by: Principal,
    job: Job,
    line_count: int,
    tallies: Mapping[str, Tally],
    stay: Callable[[], None],
    now: datetime,
) -> tuple[HoryuFound, ...]:
    """Return for which insurers the file is to be held and why; nothing when it goes on.

    Members are counted only where the file takes something away, and only as far as the answer needs. `stay` is called
    between the counts, which may take long. Never held are files made on the screen of members who were ticked by name,
    and the same file once more where the insurer let it through before; of a file that was applied in part, no more
    counts than what is left of its `line_count` lines.
    """
    if job.chosen:
        return ()
    rule = {"percent": settings.HORYU_PERCENT, "least": settings.HORYU_LEAST}
    suspect = {zone: tally for zone, tally in tallies.items() if members_needed(tally, **rule)}
    if suspect and job.repeats:
        open_lines = count_open_lines(by=by, uketsuke_ids=job.repeats, line_count=line_count)
        suspect = {zone: tally.at_most(open_lines) for zone, tally in suspect.items()}
    released = find_released(by=by, uketsuke_id=job.uketsuke_id) if suspect else frozenset()
    found = []
    for zone in sorted(suspect.keys() - released):
        tally = suspect[zone]
        valid = _valid_members(by, zone, members_needed(tally, **rule), stay, now)
        reasons = reasons_to_hold(tally, valid=valid, **rule)
        if reasons:
            told = tuple((reason.item, reason.count, reason.of) for reason in reasons)
            found.append(HoryuFound(zone, valid, tally.joining, rule["percent"], told))
    return tuple(found)


def _valid_members(by: Principal, zone: str, needed: int, stay: Callable[[], None], now: datetime) -> int:
    """Return how many members are valid today, or some number that is enough to know that nothing is held."""
    counted, after = 0, 0
    while counted < needed:
        limit = min(needed - counted, limits.HORYU_COUNTED)
        part = count_valid_members(by=by, zone=zone, after=after, on=business_date_jst(now), limit=limit)
        counted += part.count
        if part.last is None:
            break
        after = part.last
        stay()
    return counted


@own_transaction
def hold_file(*, by: Principal, job: Job, shape: Shape, found: Sequence[HoryuFound], now: datetime) -> None:
    """Hold the 受付 and write down, in the log of each insurer concerned, what would have been taken away.

    Raises LeaseLost when another worker has the 受付.
    """
    hold_uketsuke(by=by, uketsuke_id=job.uketsuke_id, shape=shape, found=found, attempt=job.attempt, now=now)
    for one in found:
        enter_zone(one.hokensha_code, by.sender or "")
        record_sosa(
            by=by,
            kind=SosaKind.FILE_HELD,
            jimu=JIMU,
            target_file=FILE,
            targets=(job.uketsuke_bango,),
            result="ok",
            detail={
                "valid": one.valid_count,
                "percent": one.limit_percent,
                **{item or _LOSS_NAME: lines for item, lines, _ in one.reasons},
            },
            zone=one.hokensha_code,
            now=now,
        )
    enter_zone(by.hokensha_code or "", by.sender or "")
