"""An insurer's own system registers its members: one signed file, ten thousand lines, all the way to オン資."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.journeys.onshi_store import (
    assert_in_order_and_clean,
    held_by_onshi,
    numbers_in,
    telegrams_by_edaban,
    texts_of,
)
from tests.journeys.sample import Sample, differences, held_after
from tests.journeys.sent_file import SentFile
from tests.support.stack import Stack

SAMPLE_OF_PERSONS = 60
_UNSEALED = (
    "SELECT count(*) FROM sosa_log_event e WHERE NOT EXISTS (SELECT 1 FROM sosa_log_leaf l WHERE l.event_id = e.id)"
)


@pytest.mark.kj("KJ-IN-21")
def test_every_line_has_one_result_and_it_is_the_right_one(sent_by_rest: SentFile, sample: Sample) -> None:
    kekka, answers = sent_by_rest.kekka, sample.answers
    assert differences(kekka, answers) == []
    assert [int(one["受付明細番号"]) for one in kekka] == list(range(1, len(answers) + 1))
    assert {one["受付番号"] for one in kekka} == {sent_by_rest.uketsuke_bango}

    state = sent_by_rest.state
    counts = {kubun: sum(one["処理結果区分"] == kubun for one in answers) for kubun in "129"}
    assert counts["9"] > 0 < counts["2"]
    assert state["jotai"] == "kanryo"
    assert state["sosu"] == state["shori_zumi"] == len(answers)
    assert (state["seijo"], state["keikoku"], state["ijo"]) == (counts["1"], counts["2"], counts["9"])
    assert state["kaishi_nichiji"] <= state["shuryo_nichiji"]
    assert state["riyu"] is None
    assert set(sent_by_rest.states) <= {"uketsuke", "kensa", "shori", "kanryo"}


@pytest.mark.kj("KJ-SHI-01", "KJ-SHI-02", "KJ-ZONE-07")
def test_hihokensha_edaban_is_given_once_per_person_in_file_order(sent_by_rest: SentFile, sample: Sample) -> None:
    given = [one["被保険者枝番"] for one in sent_by_rest.kekka if one["処理結果区分"] != "9"]
    persons = list(dict.fromkeys(given))
    assert persons == [f"{number:010d}" for number in range(1, len(persons) + 1)]
    assert not any(one["資格通番"] for one in sent_by_rest.kekka if one["処理結果区分"] == "9")


@pytest.mark.kj("KJ-EXT-01", "KJ-EXT-02", "KJ-SHI-04")
def test_onshi_holds_exactly_the_accepted_persons_in_order(
    stack: Stack, sent_by_rest: SentFile, sample: Sample
) -> None:
    due = held_after(sample, sent_by_rest.kekka)
    held = held_by_onshi(stack, sample.hokensha)
    assert {edaban for edaban, person in due.items() if person.periods} == set(held)
    for edaban, person in held.items():
        arrived = {
            str(kikan["shikaku_tsuban"]): (
                kikan["shikaku"]["shikaku_shutoku_ymd"],
                kikan["shikaku"].get("shikaku_soshitsu_ymd") or "",
            )
            for kikan in person["kikan"]
        }
        assert arrived == due[edaban].periods, edaban
    owed = {edaban: person.telegrams for edaban, person in due.items() if person.telegrams}
    assert telegrams_by_edaban(stack, sample.hokensha) == owed
    assert_in_order_and_clean(stack)


@pytest.mark.kj("KJ-SHI-09")
def test_onshi_holds_what_the_insurer_reads_back(stack: Stack, sent_by_rest: SentFile, sample: Sample) -> None:
    held = held_by_onshi(stack, sample.hokensha)
    due = held_after(sample, sent_by_rest.kekka)
    changed = [edaban for edaban, person in due.items() if person.telegrams > 1]
    dice = random.Random(20261120)
    chosen = dice.sample(sorted(held), min(SAMPLE_OF_PERSONS // 2, len(held)))
    chosen += dice.sample(changed, min(SAMPLE_OF_PERSONS // 2, len(changed)))
    for edaban in chosen:
        items = sent_by_rest.system.history({"hihokensha_edaban": edaban})["items"]
        person = held.get(edaban)
        assert [item["shikaku_tsuban"] for item in items] == [
            kikan["shikaku_tsuban"] for kikan in (person["kikan"] if person else [])
        ]
        assert "kojin_bango" not in str(items)
        for item, kikan in zip(items, person["kikan"] if person else [], strict=True):
            for group in ("shikaku", "sho", "korei", "gendogaku", "tokutei_shippei", "rireki_tsuban"):
                assert item[group] == kikan[group], (edaban, group)
        if person:
            newest = max(items, key=lambda item: item["rireki_tsuban"])
            assert (newest["kihon"], newest["seigyo"]) == (person["kihon"], person["seigyo"])


@pytest.mark.kj("KJ-EXT-01", "KJ-LOG-09", "KJ-IN-21")
def test_no_kojin_bango_is_left_outside_its_envelope(
    stack: Stack, sent_by_rest: SentFile, sample: Sample, folder: Path
) -> None:
    numbers = sample.kojin_bango
    assert len(numbers) > len(sent_by_rest.kekka) // 2

    assert numbers_in(texts_of(stack)) & numbers == set()
    logs = "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in (stack.home / "log").glob("*.log"))
    assert numbers_in(logs) & numbers == set()
    journal = [path.read_text(encoding="utf-8") for path in (stack.home / "journal").rglob("*.jsonl")]
    assert numbers_in("\n".join(journal)) & numbers == set()
    messages = "\n".join(",".join(one.values()) for one in sent_by_rest.kekka)
    assert numbers_in(messages) & numbers == set()

    query = "SELECT file_key FROM uketsuke_uketsuke WHERE uketsuke_bango = %s"
    with stack.admin() as admin:
        row = admin.execute(query, [sent_by_rest.uketsuke_bango]).fetchone()
    assert row is not None
    assert row[0]  # the key stays while refused lines wait to be mended; the upload itself is gone
    assert list((stack.home / "objects").rglob(f"{row[0]}*")) == []


@pytest.mark.kj("KJ-EXT-04")
def test_shori_kekka_of_every_telegram_comes_back(stack: Stack, sent_by_rest: SentFile, sample: Sample) -> None:
    unanswered = "SELECT count(*) FROM shikaku_onshi_soshin WHERE hokensha_code = %s AND shori_kekka_kubun = ''"
    stack.wait_until("処理結果 come back", lambda: stack.count(unanswered, sample.hokensha) == 0, seconds=600)
    refused = "SELECT count(*) FROM shikaku_onshi_soshin WHERE hokensha_code = %s AND shori_kekka_kubun <> '1'"
    assert stack.count(refused, sample.hokensha) == 0


@pytest.mark.kj("KJ-LOG-01", "KJ-LOG-10")
def test_operation_log_is_sealed_and_whole(stack: Stack, sent_by_rest: SentFile) -> None:
    last = stack.count("SELECT max(id) FROM sosa_log_event")
    stack.wait_until("the log is sealed", lambda: stack.count(f"{_UNSEALED} AND e.id <= %s", last) == 0, seconds=60)

    report = stack.command("verify_sosa_log")

    assert report["ok"] is True
    assert report["findings"] == []
    assert report["checkpoints"] > 0
    of_this_file = "SELECT count(*) FROM sosa_log_event WHERE kind = %s AND %s = ANY (targets)"
    for kind in ("file_accepted", "file_finished"):
        assert stack.count(of_this_file, kind, sent_by_rest.uketsuke_bango) == 1, kind
