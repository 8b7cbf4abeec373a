"""The truth of the made-up people and the rules of the hub were written apart: they must say the same of every line."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from shikaku.domain.check_line import HokenshaFacts, LineFacts, check_line
from shikaku.domain.line import TorokuLine
from shikaku.domain.toroku import (
    Held,
    KigoUse,
    KoshingoFacts,
    Plan,
    apply_plan,
    kigo_bango_key,
    kigo_key_after,
    plan_registration,
)
from shikaku.domain.violations import Violation
from shikaku.formats.toroku_file_v1 import open_toroku_file
from simulators.people.__main__ import main as make_people

TODAY = date(2026, 11, 20)
CODE = "06132013"
VALUES = {
    "seibetsu": {"1", "2", "3"},
    "kanyusha_kubun_code": {"01", "02", "03", "04"},
    "honnin_kazoku_kubun": {"1", "2"},
    "sho_kubun": {"01", "02", "03", "04", "05", "06", "07", "A1"},
    "shikaku_soshitsu_jiyu": {"01", "02", "03", "99"},
    "ichibu_futankin_wariai": {"010", "020", "030"},
    "gendogaku_sho_kubun": {"01", "02", "03"},
    "tekiyo_kubun": {f"A0{number}" for number in range(1, 7)} | {f"B0{number}" for number in range(1, 10)} | {"B10"},
    "nintei_shippei_kubun": {"1", "2", "3"},
}


def code_book(table: str, value: str, on: date, /) -> bool | None:
    return value in VALUES[table] if table in VALUES else None


class HubInMemory:
    """One insurer's zone by the hub's own rules, without a database."""

    def __init__(self, facts: HokenshaFacts) -> None:
        self.facts = LineFacts(on=TODAY, hokensha={CODE: facts}, codes=code_book)
        self.held: dict[int, Held] = {}
        self.edaban: dict[str, int] = {}
        self.himozuke: dict[str, str] = {}
        self.kigo: dict[str, set[int]] = defaultdict(set)

    def register(self, line: TorokuLine) -> tuple[str, list[Violation], int | None]:
        by_edaban = self.held.get(line.hihokensha_edaban or 0)
        by_number = self.held.get(self.edaban.get(line.kojin_bango or "", 0))
        plan = plan_registration(
            line=line,
            by_edaban=by_edaban,
            by_number=by_number,
            kigo_users=self._users(kigo_key_after(line, by_number or by_edaban)),
            koshingo=self._koshingo(line, by_edaban or by_number),
            on=TODAY,
            checked=check_line(line, facts=self.facts),
        )
        if not isinstance(plan, Plan):
            return "9", list(plan.violations), None
        held = None if plan.new_kanyusha else by_edaban or by_number
        edaban = len(self.held) + 1 if held is None else held.hihokensha_edaban
        himozuke = f"person-{edaban}" if held is None else held.himozuke_bango
        self.held[edaban] = after = apply_plan(held, plan, edaban, himozuke)
        self._index(line, plan, after)
        return "2" if plan.warnings else "1", list(plan.warnings), edaban

    def _index(self, line: TorokuLine, plan: Plan, after: Held) -> None:
        edaban = after.hihokensha_edaban
        if plan.new_kanyusha and line.kojin_bango:
            self.edaban[line.kojin_bango] = edaban
            self.himozuke[line.kojin_bango] = after.himozuke_bango
        if plan.number_change and line.koshingo_kojin_bango:
            if plan.number_change == "2":
                for number in [number for number, owner in self.edaban.items() if owner == edaban]:
                    del self.edaban[number]
            self.edaban[line.koshingo_kojin_bango] = edaban
            self.himozuke[line.koshingo_kojin_bango] = after.himozuke_bango
        for period in after.periods:
            key = kigo_bango_key(period.joho.get("shikaku") or {})
            if key:
                self.kigo[key].add(edaban)

    def _users(self, key: str | None) -> list[KigoUse]:
        return [
            KigoUse(edaban, period.valid_from, period.valid_to)
            for edaban in self.kigo.get(key or "", ())
            for period in self.held[edaban].periods
            if not period.withdrawn
            and period.valid_from is not None
            and kigo_bango_key(period.joho.get("shikaku") or {}) == key
        ]

    def _koshingo(self, line: TorokuLine, held: Held | None) -> KoshingoFacts:
        number = line.koshingo_kojin_bango
        if number is None:
            return KoshingoFacts()
        return KoshingoFacts(self.himozuke.get(number), self.edaban.get(number))


def compare(hub: HubInMemory, *, file: Path, truth: Path) -> tuple[list[str], dict[int, int]]:
    """Where the two differ, and the 被保険者枝番 of the accepted lines."""
    differences: list[str] = []
    given: dict[int, int] = {}
    with file.open("rb") as stream, truth.open(encoding="utf-8", newline="") as answers:
        for found, row in zip(open_toroku_file(stream).lines(), csv.DictReader(answers), strict=True):
            assert found.gyo_bango == int(row["行番号"])
            if found.line is None:
                kubun, violations = "9", list(found.violations)
            else:
                kubun, violations, edaban = hub.register(found.line)
                if edaban is not None:
                    given[found.gyo_bango] = edaban
            expected = list(zip(row["処理結果明細コード"].split(), row["処理結果詳細コード"].split(), strict=True))
            same_codes = [v.code for v in violations] == [code for code, _ in expected]
            pointers = {(v.code, v.pointer) for v in violations}
            if kubun != row["処理結果区分"] or not same_codes:
                differences.append(
                    f"{row['行番号']} {row['内容']}: {row['処理結果区分']} {expected} / {kubun} {violations}"
                )
            elif any(pointer != "*" and (code, pointer) not in pointers for code, pointer in expected):
                differences.append(f"{row['行番号']} {row['内容']}: {expected} / {violations}")
    return differences, given


def facts_of(shubetsu: str) -> HokenshaFacts:
    if shubetsu == "seikatsu_hogo":
        return HokenshaFacts(shubetsu, kohi_futansha_bango=frozenset({CODE}))
    return HokenshaFacts(shubetsu, hokensha_bango=frozenset({CODE}))


@pytest.mark.parametrize("shubetsu", ["kenpo_kumiai", "koki_koiki", "seikatsu_hogo"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_every_line_of_a_file_and_of_the_next(tmp_path: Path, shubetsu: str, encoding: str) -> None:
    first, later = tmp_path / "first.csv", tmp_path / "later.csv"
    truth, later_truth, kekka = tmp_path / "truth.csv", tmp_path / "later_truth.csv", tmp_path / "kekka.csv"
    common = ["--seed", "7", "--hokensha", CODE, "--bango", CODE, "--shubetsu", shubetsu, "--encoding", encoding]
    common += ["--date", "2026-11-20"]
    make_people(
        [
            *("--n", "3000", "--out", str(first), "--truth", str(truth), "--errors", "0.2", "--history", "0.2"),
            *common,
        ]
    )
    hub = HubInMemory(facts_of(shubetsu))

    differences, given = compare(hub, file=first, truth=truth)

    assert differences == []
    rows = [f"{line},{edaban:010d}" for line, edaban in given.items()]
    kekka.write_text("\n".join(["行番号,被保険者枝番", *rows]), encoding="utf-8-sig")
    make_people(
        [
            *("--n", "1500", "--out", str(later), "--truth", str(later_truth), "--errors", "0.3", *common),
            *("--follow-up", str(first), "--follow-up-truth", str(truth), "--kekka", str(kekka)),
        ]
    )
    assert compare(hub, file=later, truth=later_truth)[0] == []
