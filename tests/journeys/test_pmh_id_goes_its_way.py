"""Public Medical Hub asks for municipalities' residents; every PMH-ID is one, is kept, and reaches オンライン資格確認.

What goes wrong on the way (answers lost, asked twice, refused, late) changes no ID and repeats no effect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from simulators.clock import JST
from simulators.hokensha.kizon_system import KizonSystem
from simulators.jichitai.__main__ import josei, stranger
from tests.journeys.onshi_store import assert_in_order_and_clean, held_by_onshi, numbers_in, texts_of
from tests.journeys.vaccination import AT_THE_HUB, HINAGATA, SHIKEN, Member, VaccinationWorld
from tests.support.stack import Stack

PMH_ID = re.compile(r"[A-Z]{23}")


def himozuke_of(stack: Stack, members: Sequence[Member]) -> list[str]:
    """The 紐付番号 of these members, as オンライン資格確認 knows them."""
    held = held_by_onshi(stack, members[0].hokensha)
    return [str(held[member.edaban]["himozuke_bango"]) for member in members]


def assert_each_effect_once(world: VaccinationWorld, members: Sequence[Member], ids: Sequence[str]) -> None:
    """One row of 発行履歴, one telegram and one PMH-ID for each person; nothing of the hub's answers was wrong."""
    himozuke = himozuke_of(world.stack, members)
    world.wait_for_pmh_ids(*himozuke)
    assert len(set(ids)) == len(members)
    for one, pmh_id in zip(himozuke, ids, strict=True):
        assert PMH_ID.fullmatch(pmh_id)
        told = [naiyo for kind, naiyo in world.telegrams(one) if kind == "pmh_id"]
        assert told == [{"pmh_id": pmh_id}]
        issued = "SELECT count(*) FROM pmh_hakko_rireki WHERE himozuke_bango = %s AND pmh_id = %s"
        assert world.stack.count(issued, one, pmh_id) == 1
    assert world.stack.count(
        "SELECT count(*) FROM pmh_hakko_rireki WHERE himozuke_bango = ANY(%s::uuid[])", himozuke
    ) == len(members)
    state = world.ask("pmh")
    assert {name: state[name] for name in AT_THE_HUB} == dict.fromkeys(AT_THE_HUB, 0)
    assert_in_order_and_clean(world.stack)


def asked_since(world: VaccinationWorld, seq: int, jimu: str) -> list[tuple[str, int, int | None]]:
    """How, for how many and with what answer Public Medical Hub has asked the hub since then."""
    items = world.ask("pmh", "/_sim/irai")["items"]
    return [
        (one["hoho"], one["kensu"], one["status"]) for one in items if one["seq"] > seq and one["jimu_kubun"] == jimu
    ]


@pytest.mark.kj("KJ-EXT-05", "KJ-EXT-06", "KJ-EXT-07", "KJ-PMH-01", "KJ-PMH-02")
def test_ids_are_asked_for_in_bulk_and_one_by_one_and_reach_onshi(
    world: VaccinationWorld, members: list[Member], stack: Stack
) -> None:
    mine, someone = members[:10], stranger(501)
    before = max((one["seq"] for one in world.ask("pmh", "/_sim/irai")["items"]), default=0)
    gyomu = [f"A{place}" for place in range(len(mine))]
    items = [{"jichitai_gyomu_id": one, "kojin_bango": member.number} for one, member in zip(gyomu, mine, strict=True)]
    unknown = {"jichitai_gyomu_id": "A-nashi", "kojin_bango": someone["kojin_bango"]}
    known = stack.count("SELECT count(*) FROM pmh_hakko_rireki")

    world.register_at_pmh(SHIKEN, "01", [*items, unknown])
    kept = world.kept_at_pmh(SHIKEN, "01", *gyomu, "A-nashi")
    world.register_at_pmh(HINAGATA, "03", [{"jichitai_gyomu_id": "A-mover", "kojin_bango": mine[0].number}])
    moved = world.kept_at_pmh(HINAGATA, "03", "A-mover")["A-mover"]
    world.register_at_pmh(HINAGATA, "03", [{"jichitai_gyomu_id": "A-hitori", "kojin_bango": someone["kojin_bango"]}])
    alone = world.kept_at_pmh(HINAGATA, "03", "A-hitori")["A-hitori"]

    assert asked_since(world, before, "01") == [("ikkatsu", 11, 200)]
    assert asked_since(world, before, "03") == [("ikken", 1, 404), ("ikken", 1, 200)]
    ids = [str(kept[one]["pmh_id"]) for one in gyomu]
    assert [kept[one]["kojin_bango"] for one in gyomu] == [member.number for member in mine]
    assert_each_effect_once(world, mine, ids)
    assert moved["pmh_id"] == ids[0]
    for nobody in (kept["A-nashi"], alone):
        assert (nobody["jotai"], nobody["riyu"], nobody["pmh_id"]) == ("nashi", "kanyusha_nashi", None)
    assert stack.count("SELECT count(*) FROM pmh_hakko_rireki") == known + len(mine)


@pytest.mark.kj("KJ-PMH-05", "KJ-EXT-02")
def test_the_next_shikaku_telegram_carries_the_id(world: VaccinationWorld, members: list[Member], stack: Stack) -> None:
    numbered, other = members[10:12]
    himozuke, himozuke_of_other = himozuke_of(stack, [numbered, other])
    assert [naiyo.get("pmh_id") for _, naiyo in world.telegrams(himozuke)] == [None]
    world.register_at_pmh(SHIKEN, "02", [{"jichitai_gyomu_id": "B0", "kojin_bango": numbered.number}])
    pmh_id = world.kept_at_pmh(SHIKEN, "02", "B0")["B0"]["pmh_id"]
    world.wait_for_pmh_ids(himozuke)
    insurer: KizonSystem = stack.register_client("hokensha", numbered.hokensha)

    for member in (numbered, other):
        insurer.register(
            {
                "shori_shubetsu_code": "03",
                "hokensha_code": member.hokensha,
                "hihokensha_edaban": member.edaban,
                "kihon": {"jusho": "架空県試験市転居先1", "jusho_henko_ymd": "2026-11-01"},
            }
        )
    stack.wait_for_deliveries(numbered.hokensha)

    told = world.telegrams(himozuke)
    assert [kind for kind, _ in told] == ["shikaku", "pmh_id", "shikaku"]
    assert told[-1][1]["pmh_id"] == pmh_id
    assert told[-1][1]["kihon"]["jusho"] == "架空県試験市転居先1"
    assert [naiyo.get("pmh_id") for _, naiyo in world.telegrams(himozuke_of_other)] == [None, None]


@pytest.mark.kj("KJ-EXT-01")
def test_no_number_stays_of_what_was_asked(world: VaccinationWorld, members: list[Member], stack: Stack) -> None:
    asked = [*(member.number for member in members[12:16]), stranger(502)["kojin_bango"]]
    items = [{"jichitai_gyomu_id": f"C{place}", "kojin_bango": number} for place, number in enumerate(asked)]
    world.register_at_pmh(HINAGATA, "02", items)
    kept = world.kept_at_pmh(HINAGATA, "02", *(item["jichitai_gyomu_id"] for item in items))
    ids = {str(item["pmh_id"]) for item in kept.values() if item["pmh_id"]}
    world.wait_for_pmh_ids(*himozuke_of(stack, members[12:16]))

    logs = "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in (stack.home / "log").glob("*.log"))
    journal = "\n".join(path.read_text(encoding="utf-8") for path in (stack.home / "journal").rglob("*.jsonl"))
    assert len(ids) == 4
    for text in (texts_of(stack), logs, journal):
        assert numbers_in(text) & set(asked) == set()
    assert all(one not in logs for one in ids)


@pytest.mark.kj("KJ-IN-10", "KJ-EXT-08", "KJ-PMH-02", "KJ-PMH-06")
def test_faults_on_every_line_change_no_id_and_repeat_no_effect(
    world: VaccinationWorld, members: list[Member], stack: Stack
) -> None:
    mine = members[16:24]
    gyomu = [f"D{place}" for place in range(len(mine))]
    items = [{"jichitai_gyomu_id": one, "kojin_bango": member.number} for one, member in zip(gyomu, mine, strict=True)]
    door = {
        "drop": 0.2,
        "error_5xx": 0.2,
        "drop_after": 0.2,
        "half_close": 0.2,
        "delay": 0.3,
        "delay_ms": 50,
        "seed": 5,
    }
    asking = {"answer_lost": 0.3, "ask_twice": 0.5, "extra_key": 0.4, "unsigned": 0.4, "ikkatsu_off": True}
    struck_before = world.ask("pmh")["futo"]

    with ExitStack() as broken:
        broken.enter_context(world.broken("pmh", **door, **asking))
        broken.enter_context(world.broken("onshi", **door))
        broken.enter_context(world.broken("mynaportal", **door))
        for turn in range(2):
            world.register_at_pmh(SHIKEN, "03", items)
            kept = world.kept_at_pmh(SHIKEN, "03", *gyomu)
            assert {one["jotai"] for one in kept.values()} == {"sumi"}, turn
        struck = world.ask("pmh")["futo"]
        ids = [str(kept[one]["pmh_id"]) for one in gyomu]
        world.wait_for_pmh_ids(*himozuke_of(stack, mine))

    assert all(
        struck[fault] > struck_before.get(fault, 0) for fault in ("answer_lost", "ask_twice", "extra_key", "unsigned")
    )
    # Asked for by another municipality, in bulk, without faults: the same IDs.
    world.register_at_pmh(HINAGATA, "01", items)
    again = world.kept_at_pmh(HINAGATA, "01", *gyomu)
    assert [again[one]["pmh_id"] for one in gyomu] == ids
    assert_each_effect_once(world, mine, ids)


@pytest.mark.kj("KJ-EXT-09")
def test_onshi_asks_pmh_for_the_term_of_medical_aid_past_the_hub(
    world: VaccinationWorld, members: list[Member], stack: Stack
) -> None:
    aided, other = members[28:30]
    today = datetime.now(UTC).astimezone(JST).date()
    aid = {**josei(aided.row, 7, today=today), "jichitai_gyomu_id": "E0"}
    world.register_at_pmh(SHIKEN, "01", [aid])
    world.register_at_pmh(SHIKEN, "02", [{"jichitai_gyomu_id": "E1", "kojin_bango": other.number}])
    world.kept_at_pmh(SHIKEN, "01", "E0")
    world.kept_at_pmh(SHIKEN, "02", "E1")
    of_aided, of_other = himozuke_of(stack, [aided, other])
    world.wait_for_pmh_ids(of_aided, of_other)
    traces = "SELECT (SELECT count(*) FROM sosa_log_event) + (SELECT count(*) FROM pmh_irai)"
    seen, questions = stack.count(traces), world.ask("pmh")["toi"]

    pages = {one: world.josei_page(one) for one in (of_aided, of_other)}

    period = f"{aid['yuko_kaishi_ymd']}～{aid['yuko_shuryo_ymd']}"
    assert f"{SHIKEN} {aid['kohi_futansha_bango']} {aid['jukyusha_bango']} {period}" in pages[of_aided].text
    assert period not in pages[of_other].text
    assert world.ask("pmh")["toi"] == questions + 2
    assert stack.count(traces) == seen
