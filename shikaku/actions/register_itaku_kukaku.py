"""One block of lines: 委託区画, 資格履歴, telegrams and results change together or not at all.

The pure planner decides line by line; this module locks, feeds it, and gathers what it decided into bulk writes.
Screen, message and file all come through here. 根拠: KJ-IN-05, KJ-SHI-01, KJ-SHI-04.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import enter_zone, joins_transaction
from shikaku.actions.block_rehash import hash_again
from shikaku.actions.block_zone import LineOutcome, ZoneBlock
from shikaku.actions.himozuke_links import lock_across
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.actions.write_block import write_block
from shikaku.domain.violations import Violation, order_results


@dataclass(frozen=True, slots=True)
class BlockResult:
    """What one block came to: one outcome per line in input order, and the persons it planned (not the drafted)."""

    outcomes: tuple[LineOutcome, ...]
    targets: tuple[UUID, ...]


@joins_transaction
def register_itaku_kukaku(
    *,
    by: Principal,
    lines: Sequence[PreparedLine],
    uketsuke_id: UUID,
    index_of: Callable[[str], ZoneIndex],
    now: datetime,
) -> BlockResult:
    """Register the lines in order and return one outcome per line.

    Lines of one insurer are handled together in its zone; a line of a zone the sender may not send for is refused by
    its own violation (E204) and enters none. *Locks:* numbering row, persons by 被保険者枝番, persons across insurers.
    *Idempotent:* no; the caller's bookmark or 受付 makes it so.
    """
    outcomes: dict[int, LineOutcome] = {}
    targets: list[UUID] = []
    for zone, mine in _by_zone(by, lines):
        enter_zone(zone, by.sender or "")
        index = index_of(zone)
        lock_across(index)
        hash_again(mine, index)
        block = ZoneBlock(by=by, zone=zone, uketsuke_id=uketsuke_id, index=index, now=now)
        block.load(mine)
        for line in mine:
            outcomes[line.meisai_no] = block.register(line)
        rows = block.finish()
        write_block(by=by, rows=rows)
        targets += block.targets()
    for line in lines:
        if line.meisai_no not in outcomes:
            outcomes[line.meisai_no] = refused(line, line.violations)
    return BlockResult(tuple(outcomes[line.meisai_no] for line in lines), tuple(targets))


def _by_zone(by: Principal, lines: Sequence[PreparedLine]) -> list[tuple[str, list[PreparedLine]]]:
    found: dict[str, list[PreparedLine]] = {}
    for line in lines:
        found.setdefault(line.zone, []).append(line)
    return sorted((zone, mine) for zone, mine in found.items() if zone in by.sendable)


def refused(line: PreparedLine, violations: Sequence[Violation]) -> LineOutcome:
    """Return the outcome 異常 of one line with every violation in the published order."""
    return LineOutcome(
        meisai_no=line.meisai_no,
        kubun="9",
        violations=tuple(order_results(violations)),
        edaban=None,
        shikaku_tsuban=None,
    )
