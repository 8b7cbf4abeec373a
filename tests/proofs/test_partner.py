"""F-partner: whatever the partner does to the line, each telegram takes effect once, in order per person."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.onshi_store import assert_in_order_and_clean, held_by_onshi, telegrams_by_edaban
from tests.journeys.sample import HeldPerson, held_after, made_sample
from tests.journeys.sent_file import SentFile
from tests.plugins_figures import Proof
from tests.proofs.partner_line import Line, alarms
from tests.support.stack import Stack, running_stack

MANY, FEW = "06140024", "06138887"
# Rates per call or telegram: what the line does, and what happens to 処理結果.
LINE = {
    "drop": 0.1,
    "error_5xx": 0.1,
    "delay": 0.1,
    "drop_after": 0.1,
    "half_close": 0.1,
    "late_answer": 0.05,
    "item_error": 0.05,
}
RESULTS = {
    "result_9": 0.03,
    "result_2": 0.03,
    "duplicate_answer": 0.1,
    "conflicting_answer": 0.05,
    "result_late": 0.2,
}
_OUT_OF_ORDER = """
SELECT count(*) FROM shikaku_onshi_soshin a JOIN shikaku_onshi_soshin b USING (himozuke_bango)
WHERE a.jun < b.jun AND a.answered_at > b.answered_at AND a.hokensha_code = %s
"""


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    """A running product whose telegrams nobody sends until a test does."""
    with running_stack(without=frozenset({"deliver_onshi"})) as stack:
        yield Line(stack)


def sent_file(
    stack: Stack, folder: Path, *, hokensha: str, seed: int, lines: int, seconds: float
) -> dict[str, HeldPerson]:
    """Register an insurer and a file of its members; return by 被保険者枝番 what must be held and was owed."""
    stack.register_hokensha(hokensha, bango=hokensha, shubetsu="kenpo_kumiai", meisho="障害訓練健康保険組合")
    system = stack.register_client("hokensha", hokensha)
    sample = made_sample(folder, hokensha=hokensha, seed=seed, lines=lines, history=0.4)
    sent = SentFile.send(system, sample, folder=folder, seconds=seconds)
    return held_after(sample, sent.kekka)


@pytest.mark.slow
def test_each_effect_once_and_in_order_through_faults_and_an_outage(line: Line, proof: Proof, tmp_path: Path) -> None:
    stack, full = line.stack, proof.size == "full"
    line.reset()
    # Answers come later than the sender waits: its own limit in full, a shorter one where a minute has to do.
    line.break_with(**LINE, **RESULTS, seed=proof.seed, delay_ms=50, result_late_ms=5_000,
                    late_answer_ms=35_000 if full else 1_200)  # fmt: skip
    due = sent_file(
        stack, tmp_path, hokensha=MANY, seed=proof.seed, lines=proof.at(ci=800, full=115_000),
        seconds=proof.at(ci=180, full=3_600),
    )  # fmt: skip
    telegrams, outage = line.waiting(), proof.at(ci=4, full=600)
    assert telegrams >= proof.at(ci=700, full=100_000)

    # So many calls that each kind of fault strikes often: a hundred telegrams in one leave enough of them.
    how = {"seconds": 30, "batch": 100, "overdue": 300} if full else {"seconds": 1, "batch": 10, "overdue": 4}
    often = proof.at(ci=1, full=20)
    with line.senders(tmp_path, **how) as log:
        patience = proof.at(ci=240, full=7_200)
        stack.wait_until(
            f"a third is received, and each fault has struck {often} times",
            lambda: line.waiting() < telegrams * 2 / 3 and rarest(line.struck()) >= often,
            seconds=patience,
        )
        asked = away(line, outage) / outage
        left, mended = line.left(), time.monotonic()
        line.mend()
        assert line.faults_on() == {}
        stack.wait_until("everything is received and answered", line.is_drained, seconds=patience)
        drained, rest = round(time.monotonic() - mended, 1), line.left()

    struck, wrong, ages = line.struck(), line.wrongs(MANY), alarms(log)
    swapped = stack.count(_OUT_OF_ORDER, MANY)
    in_time = drained <= patience and rest == (0, 0) < left
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(struck.items()))
    for measure, value, unit, aim, reached, note in (
        ("telegrams", telegrams, "", "100,000 in full", telegrams >= proof.at(ci=700, full=100_000), ""),
        ("faults", struck.total(), "", f"every kind, {often} times at least", rarest(struck) >= often, told),
        ("effects lost, doubled, changed or out of order", wrong.total(), "", "0", not wrong, ""),
        ("処理結果 that overtook an earlier one of the person", swapped, "", "> 0", swapped > 0, ""),
        (
            "from the end of all faults to the last 処理結果",
            drained,
            "s",
            f"≤ {patience}, 0 left",
            in_time,
            f"{left[0]:,} telegrams and {left[1]:,} 処理結果 were left, then {rest[0]} and {rest[1]}",
        ),
        ("calls of two senders to a partner that answers 503", round(asked, 2), "/s", "≤ 10", asked <= 10, ""),
        ("alarms of age by the senders", len(ages), "", "> 0", bool(ages), ""),
    ):
        proof.keep("F-partner", measure, value, unit=unit, aim=aim, reached=reached, note=note)

    assert wrong == {}
    owed = {edaban: person.telegrams for edaban, person in due.items() if person.telegrams}
    assert telegrams_by_edaban(stack, MANY) == owed
    assert set(held_by_onshi(stack, MANY)) == {edaban for edaban, person in due.items() if person.periods}
    assert_in_order_and_clean(stack)
    # A proof of what never happened would be none.
    assert rarest(struck) >= often, struck
    assert in_time, (drained, left, rest)
    assert line.state()["saisoshin"] > 0
    assert swapped > 0
    assert 0 < asked <= 10
    assert min(ages, default=0) >= how["overdue"]


def rarest(struck: Counter[str]) -> int:
    """Return how often the fault struck that struck least."""
    return min(struck[kind] for kind in (*LINE, *RESULTS))


def away(line: Line, seconds: float) -> int:
    """Let the partner answer 503 for so long, then hang up for as long; return how often it was asked to answer 503."""
    before = line.struck()["error_5xx"]
    line.break_with(error_5xx=1.0)
    time.sleep(seconds)
    asked = line.struck()["error_5xx"] - before
    line.break_with(drop=1.0)
    time.sleep(seconds)
    return asked


@pytest.mark.slow
def test_mutant_a_hub_that_takes_the_last_result_for_the_first_is_seen(
    line: Line, proof: Proof, tmp_path: Path
) -> None:
    line.reset()
    with line.stack.admin() as admin:
        row = admin.execute("SELECT pg_get_functiondef('shikaku_record_onshi_kekka'::regproc)").fetchone()
        assert row is not None
        sound = str(row[0])
        assert "held.shori_kekka_kubun = ''" in sound
        admin.execute(sound.replace("held.shori_kekka_kubun = ''", "true").encode())
    try:
        line.break_with(conflicting_answer=0.5, seed=proof.seed)
        sent_file(line.stack, tmp_path, hokensha=FEW, seed=proof.seed + 1, lines=60, seconds=180)
        with line.senders(tmp_path, seconds=1, batch=50, overdue=60, count=1):
            line.stack.wait_until("all is answered", line.is_drained, seconds=180)
    finally:
        with line.stack.admin() as admin:
            admin.execute(sound.encode())

    assert set(line.wrongs(FEW)) == {"another result"}
