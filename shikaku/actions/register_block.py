"""One block of a file: lines, results, counts, telegrams, log and しおり are one transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import Job, Progress, lock_bookmark, record_progress
from chukan.controls.uketsuke.queries import earlier_results
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.block_zone import LineOutcome
from shikaku.actions.keep_bango_cases import settle_bango_cases
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.actions.register_itaku_kukaku import register_itaku_kukaku
from shikaku.actions.result_rows import ResultRows
from shikaku.actions.write_block import write_file_results
from shikaku.domain.violations import Violation
from shikaku.events import TorokuBlockReflected

FIRST_RESULT_AGAIN = "W103"


@own_transaction
def register_block(
    *,
    by: Principal,
    job: Job,
    lines: Sequence[PreparedLine],
    index_of: Callable[[str], ZoneIndex],
    seal_line: Callable[[UUID, int, bytes], bytes],
    now: datetime,
) -> None:
    """Register the lines that are not done yet and move the しおり past them.

    *Idempotent:* a block that was committed is skipped by its しおり. *Locks:* 受付, then as `register_itaku_kukaku`.
    """
    done = lock_bookmark(by=by, uketsuke_id=job.uketsuke_id, attempt=job.attempt)
    waiting = [line for line in lines if line.meisai_no > done]
    if not waiting:
        return
    first, last = waiting[0].meisai_no, waiting[-1].meisai_no
    again = {}
    if job.repeats:
        again = earlier_results(by=by, uketsuke_ids=job.repeats, first=first, last=last)
    outcomes = {
        number: LineOutcome(
            meisai_no=number,
            kubun="2",
            violations=(Violation(FIRST_RESULT_AGAIN, "-"),),
            edaban=earlier.hihokensha_edaban,
            shikaku_tsuban=earlier.shikaku_tsuban,
        )
        for number, earlier in again.items()
    }
    fresh = [line for line in waiting if line.meisai_no not in outcomes]
    registered = register_itaku_kukaku(by=by, lines=fresh, uketsuke_id=job.uketsuke_id, index_of=index_of, now=now)
    outcomes.update({outcome.meisai_no: outcome for outcome in registered.outcomes})
    settle_bango_cases(
        by=by, lines=fresh, outcomes=outcomes, uketsuke_bango=job.uketsuke_bango, channel=job.channel, now=now
    )
    _write_results(by, job, waiting, outcomes, seal_line)
    counts = Counter(outcome.kubun for outcome in outcomes.values())
    progress = Progress(first, last, ok=counts["1"], warned=counts["2"], refused=counts["9"])
    record_progress(by=by, uketsuke_id=job.uketsuke_id, progress=progress, now=now)
    record_sosa(
        by=by,
        kind=SosaKind.FILE_BLOCK,
        jimu=JIMU,
        target_file=FILE,
        targets=(job.uketsuke_bango,),
        result="ok",
        detail={
            "first": first,
            "last": last,
            "ok": progress.ok,
            "warned": progress.warned,
            "refused": progress.refused,
        },
        now=now,
    )
    entered = sum(1 for line in fresh if line.enters_bango and outcomes[line.meisai_no].kubun != "9")
    if entered:
        record_sosa(
            by=by,
            kind=SosaKind.BANGO_ENTRY,
            jimu=JIMU,
            target_file=FILE,
            targets=(job.uketsuke_bango,),
            result="ok",
            detail={"first": first, "last": last, "count": entered},
            now=now,
        )
    publish(
        TorokuBlockReflected(
            occurred_at=now,
            key=str(job.uketsuke_id),
            uketsuke_id=job.uketsuke_id,
            sender=by.sender or "",
            hokensha_code=by.hokensha_code or "",
            first_meisai_no=first,
            last_meisai_no=last,
        )
    )


def _write_results(
    by: Principal,
    job: Job,
    lines: Sequence[PreparedLine],
    outcomes: dict[int, LineOutcome],
    seal_line: Callable[[UUID, int, bytes], bytes],
) -> None:
    packed = ResultRows(uketsuke_id=job.uketsuke_id, sender=by.sender or "")
    meisai: list[bytes] = []
    refused: list[tuple[object, ...]] = []
    for line in lines:
        outcome = outcomes[line.meisai_no]
        meisai.append(packed.row(line.meisai_no, line.line_number, outcome))
        if outcome.kubun == "9":
            sealed = seal_line(job.uketsuke_id, line.meisai_no, line.raw)
            refused.append((job.uketsuke_id, line.meisai_no, by.sender, sealed))
    write_file_results(by=by, meisai=meisai, refused=refused)
