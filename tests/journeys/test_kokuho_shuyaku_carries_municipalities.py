"""国保情報集約システム sends one file for the municipalities it carries; a line of any other is refused alone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from simulators.people import columns as c
from tests.journeys.onshi_store import held_by_onshi
from tests.journeys.sample import Sample, differences, made_sample
from tests.journeys.sent_file import SentFile
from tests.support.stack import Stack

CARRIED = ("00138057", "00138065")
FOREIGN = "00138073"


def merged(samples: list[Sample], folder: Path) -> Path:
    """One file with the lines of all in turn, as 国保情報集約システム gathers them."""
    target = folder / "shuyaku.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(c.COLUMNS)
        for rows in zip(*(sample.rows for sample in samples), strict=True):
            writer.writerows(rows)
    return target


@pytest.mark.kj("KJ-IN-02", "KJ-IN-03", "KJ-IN-08", "KJ-IN-23")
def test_lines_go_into_the_zone_of_each_municipality(stack: Stack, folder: Path) -> None:
    samples = []
    for number, code in enumerate((*CARRIED, FOREIGN)):
        stack.register_hokensha(code, bango=code[2:], shubetsu="shichoson_kokuho", meisho=f"見本市{number}")
        samples.append(
            made_sample(folder, hokensha=code, seed=20 + number, lines=60, shubetsu="shichoson_kokuho", errors=0.0)
        )
    system = stack.register_client("kokuho_shuyaku", *CARRIED)
    file = merged(samples, folder)

    sent = SentFile.send(system, Sample(file, file, ""), folder=folder)

    by_code: dict[str, list[dict[str, str]]] = {code: [] for code in (*CARRIED, FOREIGN)}
    for place, one in enumerate(sent.kekka):
        by_code[(*CARRIED, FOREIGN)[place % 3]].append(one)
    assert sent.state["sosu"] == len(sent.kekka) == 180
    for sample in samples[:2]:
        mine = by_code[sample.hokensha]
        answers = [{**answer, "行番号": one["行番号"]} for answer, one in zip(sample.answers, mine, strict=True)]
        assert differences(mine, answers) == []
        # 被保険者枝番 is counted in each municipality's own zone.
        edaban = list(dict.fromkeys(one["被保険者枝番"] for one in mine))
        assert edaban == [f"{number:010d}" for number in range(1, len(edaban) + 1)]
    for one in by_code[FOREIGN]:
        assert one["処理結果区分"] == "9"
        assert one["被保険者枝番"] == ""
        places = zip(one["処理結果明細コード"].split(), one["処理結果詳細コード"].split(), strict=True)
        assert ("E204", "hokensha_code") in places

    for code in CARRIED:
        stack.wait_for_deliveries(code)
        assert set(held_by_onshi(stack, code)) == {one["被保険者枝番"] for one in by_code[code]}
    assert held_by_onshi(stack, FOREIGN) == {}
    held = "SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s"
    assert stack.count(held, FOREIGN) == 0
    for code in CARRIED:
        assert stack.count(held, code) == len({one["被保険者枝番"] for one in by_code[code]})


@pytest.mark.kj("KJ-IN-03")
def test_municipality_has_no_machine_door_of_its_own(stack: Stack, folder: Path) -> None:
    stack.register_hokensha("00138081", bango="138081", shubetsu="shichoson_kokuho", meisho="見本町")
    jwks = folder / "own.jwks.json"
    jwks.write_text((stack.stage.demo / "onshi" / "jwks.json").read_text(encoding="utf-8"), encoding="utf-8")

    done = stack.run("register_client", "--kind", "hokensha", "--hokensha", "00138081", "--jwks", jwks)

    assert done.returncode != 0
    assert "市町村国民健康保険は国保情報集約システムを通してつなぎます。" in done.stderr
