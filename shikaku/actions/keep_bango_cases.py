"""Opens, renews and closes the cases of 個人番号の重なり. Nothing of a case goes back to the insurer.

根拠: KJ-SHI-05.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final
from uuid import UUID, uuid4

from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import enter_zone, joins_transaction, own_transaction
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.actions.block_zone import LineOutcome
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.domain.bango_case import CASE_ID_SHOWN, PARTED, TEISEI, UNYO, BangoClash, NumberLine, plan_cases
from shikaku.domain.check_line import HENKO
from shikaku.domain.riyu import checked_riyu
from shikaku.models import BangoCase

CASE: Final = "bango_case"

_OPEN: Final = """
INSERT INTO shikaku_bango_case AS c (id, hokensha_code, hihokensha_edaban, other_himozuke_bango, channel,
  uketsuke_bango, meisai_no, first_seen_at, last_seen_at, seen_count, closed_reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, '')
ON CONFLICT (hokensha_code, hihokensha_edaban, other_himozuke_bango) WHERE closed_at IS NULL DO UPDATE SET
  channel = CASE c.channel WHEN 'teisei' THEN c.channel ELSE excluded.channel END,
  uketsuke_bango = excluded.uketsuke_bango, meisai_no = excluded.meisai_no,
  last_seen_at = excluded.last_seen_at, seen_count = c.seen_count + 1
"""


@joins_transaction
def settle_bango_cases(
    *,
    by: Principal,
    lines: Iterable[PreparedLine],
    outcomes: Mapping[int, LineOutcome],
    uketsuke_bango: str,
    channel: str,
    now: datetime,
) -> None:
    """Take into the cases what became of the lines of one 受付; only those with 更新後個人番号 matter.

    `channel` is how the 受付 came in: the process that works a file off came another way. *Locks:* the cases, after the
    persons the lines were about.
    """
    changes = plan_cases(_number_lines(lines, outcomes))
    for zone, persons in groupby(sorted(changes.closing), key=itemgetter(0)):
        enter_zone(zone, by.sender or "")
        mine = BangoCase.objects.filter(hokensha_code=zone, hihokensha_edaban__in=[edaban for _, edaban in persons])
        # What another insurer's line of this very 受付 opened is not settled by it.
        mine = mine.exclude(channel=PARTED, first_seen_at__gte=now)
        mine.filter(closed_at__isnull=True).update(closed_at=now, closed_reason=TEISEI)
    for line in changes.opening:
        assert line.clash is not None  # noqa: S101  # planned so
        enter_zone(line.hokensha_code, by.sender or "")
        _open(line.hokensha_code, line.clash, (channel, uketsuke_bango, line.meisai_no), now)


def _number_lines(lines: Iterable[PreparedLine], outcomes: Mapping[int, LineOutcome]) -> Iterator[NumberLine]:
    """Yield what became of the lines with a new number; of the others the outcome alone is looked at."""
    for line in lines:
        outcome = outcomes[line.meisai_no]
        if outcome.clash is None and outcome.handled_as != HENKO:
            continue
        said = line.line
        if said is not None and said.koshingo_kojin_bango is not None:
            yield NumberLine(said.hokensha_code, line.meisai_no, outcome.edaban, outcome.clash)


@own_transaction
def open_bango_case(*, by: Principal, zone: str, clash: BangoClash, now: datetime) -> None:
    """Open or renew the case of a registration of one person, which leaves no 受付 when it is refused."""
    _open(zone, clash, (by.channel, "", None), now)


@own_transaction
def close_bango_case(*, by: Principal, zone: str, case_id: str, riyu: str, now: datetime) -> UUID:
    """Close an open case for a reason that stands in the operation log of the operators, not of the insurer.

    `case_id` is its id, or the first eight digits operators see; the whole one is returned. Raises NotFound when that
    insurer has no such open case, Invalid for a reason that says nothing, is too long or holds a 個人番号.
    """
    text = checked_riyu(riyu)
    mine = BangoCase.objects.filter(hokensha_code=zone, closed_at__isnull=True)
    found = list(mine.filter(id__startswith=case_id).values_list("id", flat=True)[:2])
    if (
        len(case_id) < CASE_ID_SHOWN
        or len(found) != 1
        or not mine.filter(id=found[0]).update(closed_at=now, closed_reason=UNYO)
    ):
        raise NotFound(
            "bango_case_nashi",
            "この案件は、この保険者の開いている案件にありません。「運用状況」（OP-001）の一覧を確かめてください。",
        )
    record_sosa(
        by=by,
        kind=SosaKind.BANGO_CASE_CLOSED,
        jimu=JIMU,
        target_file=CASE,
        targets=(str(found[0]),),
        result="ok",
        detail={"riyu": text},
        now=now,
    )
    return found[0]


def _open(zone: str, clash: BangoClash, where: tuple[str, str, int | None], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN,
            [uuid4(), zone, clash.hihokensha_edaban, clash.other_himozuke_bango, *where, now, now],
        )
