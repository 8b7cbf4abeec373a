"""One person by screen or by message: one 明細, atomic, by the same rules as a file. 根拠: KJ-IN-01, KJ-IN-08."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import accept_single, note_single_warned
from chukan.kernel import clock
from chukan.kernel.errors import ErrorItem, RuleBroken
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.block_zone import LineOutcome
from shikaku.actions.keep_bango_cases import open_bango_case, settle_bango_cases
from shikaku.actions.prepare_lines import GivenLine, prepare_lines
from shikaku.actions.register_itaku_kukaku import register_itaku_kukaku
from shikaku.actions.write_block import write_results
from shikaku.domain.error_items import error_items
from shikaku.domain.line import TorokuLine
from shikaku.events import TorokuBlockReflected
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts

_KIND: Final = {
    "01": SosaKind.TOROKU,
    "02": SosaKind.TOROKU,
    "03": SosaKind.HENKO,
    "04": SosaKind.SOSHITSU,
    "05": SosaKind.TORIKESHI,
}


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to one accepted line."""

    uketsuke_bango: str
    uketsuke_meisai_bango: str
    hihokensha_edaban: int
    shikaku_tsuban: int | None
    rireki_tsuban: int | None
    shori_kekka_kubun: str
    keikoku: tuple[ErrorItem, ...]
    shori_shubetsu_code: str


@own_transaction
def register_one(
    *,
    by: Principal,
    line: TorokuLine,
    if_match: int | None = None,
    screen_id: str | None = None,
    now: datetime,
) -> Registered:
    """Register one line in a transaction of its own; as `register_line`."""
    return register_line(by=by, line=line, if_match=if_match, screen_id=screen_id, now=now)


@joins_transaction
def register_line(
    *,
    by: Principal,
    line: TorokuLine,
    if_match: int | None = None,
    screen_id: str | None = None,
    now: datetime,
) -> Registered:
    """Register one line and return its answer; everything it stands for is committed together.

    Raises RuleBroken with every violation; Conflict `kyogo` when `if_match` is not the present 履歴通番. Nothing is
    written then; an `E214` opens its case afterwards. *Locks:* as `register_itaku_kukaku`.
    """
    indexes = ZoneIndexes()
    facts = get_line_facts(by=by, on=clock.business_date_jst(now))
    one = GivenLine(meisai_no=1, line_number=1, raw=b"", line=line)
    prepared = prepare_lines([one], facts=facts, index_of=indexes)
    accepted = accept_single(by=by, now=now)
    prepared[0].if_match = if_match
    result = register_itaku_kukaku(by=by, lines=prepared, uketsuke_id=accepted.uketsuke_id, index_of=indexes, now=now)
    outcome = result.outcomes[0]
    if outcome.kubun == "9" or outcome.edaban is None:
        raise RuleBroken(
            "kisoku_ihan",
            f"登録していません。直すところが{len(outcome.violations)}件あります。各項目の説明を見て直してください。",
            errors=error_items(outcome.violations),
            after_undo=_case_of(by, line, outcome, now),
        )
    settle_bango_cases(
        by=by,
        lines=prepared,
        outcomes={1: outcome},
        uketsuke_bango=accepted.uketsuke_bango,
        channel=by.channel,
        now=now,
    )
    if outcome.kubun == "2":
        note_single_warned(by=by, uketsuke_id=accepted.uketsuke_id)
    _write_result(by, accepted.uketsuke_id, outcome)
    record_sosa(
        by=by,
        kind=_KIND[outcome.handled_as],
        jimu=JIMU,
        target_file=FILE,
        targets=tuple(str(target) for target in result.targets),
        result="ok",
        detail={"uketsuke_bango": accepted.uketsuke_bango, "shori_shubetsu_code": outcome.handled_as},
        screen_id=screen_id,
        zone=line.hokensha_code,
        now=now,
    )
    if line.enters_bango:
        record_sosa(
            by=by,
            kind=SosaKind.BANGO_ENTRY,
            jimu=JIMU,
            target_file=FILE,
            targets=tuple(str(target) for target in result.targets),
            result="ok",
            detail={"uketsuke_bango": accepted.uketsuke_bango},
            screen_id=screen_id,
            zone=line.hokensha_code,
            now=now,
        )
    publish(
        TorokuBlockReflected(
            occurred_at=now,
            key=str(accepted.uketsuke_id),
            uketsuke_id=accepted.uketsuke_id,
            sender=by.sender or "",
            hokensha_code=line.hokensha_code,
            first_meisai_no=1,
            last_meisai_no=1,
        )
    )
    return Registered(
        uketsuke_bango=accepted.uketsuke_bango,
        uketsuke_meisai_bango="0000001",
        hihokensha_edaban=outcome.edaban,
        shikaku_tsuban=outcome.shikaku_tsuban,
        rireki_tsuban=outcome.rireki_tsuban,
        shori_kekka_kubun=outcome.kubun,
        keikoku=error_items(outcome.violations),
        shori_shubetsu_code=outcome.handled_as,
    )


def _case_of(by: Principal, line: TorokuLine, outcome: LineOutcome, now: datetime) -> Callable[[], None] | None:
    """Return what opens the case of an `E214`; the refusal undoes the transaction it was found in."""
    if outcome.clash is None:
        return None
    return partial(open_bango_case, by=by, zone=line.hokensha_code, clash=outcome.clash, now=now)


def _write_result(by: Principal, uketsuke_id: object, outcome: LineOutcome) -> None:
    codes = " ".join(violation.code for violation in outcome.violations)
    pointers = " ".join(violation.pointer for violation in outcome.violations)
    row = (
        uketsuke_id, 1, by.sender, 1, outcome.kubun, codes, pointers, outcome.edaban, outcome.shikaku_tsuban,
    )  # fmt: skip  # the order of write_block's columns
    write_results(by=by, meisai=[row], refused=[])
