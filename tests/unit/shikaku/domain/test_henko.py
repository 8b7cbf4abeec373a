"""変更: what differs, what must come with it, moved periods, and changed numbers."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from shikaku.domain.check_line import check_line
from shikaku.domain.held import KigoUse, KoshingoFacts
from tests.unit.shikaku.lines import (
    OTHER_NUMBER,
    accepted,
    after,
    decide,
    facts,
    joho_of,
    kihon,
    known_line,
    member,
    new_line,
    refused,
    shikaku,
    standing_line,
)

DATED = {
    "shimei_kenmen": ("見本　次郎", "shimei_kenmen_henko_ymd"),
    "shimei_kenmen_kana": ("ミホン　ジロウ", "shimei_kenmen_kana_henko_ymd"),
    "shimei_sonota": ("別名", "shimei_sonota_henko_ymd"),
    "shimei_sonota_kana": ("ベツメイ", "shimei_sonota_kana_henko_ymd"),
    "seibetsu1": ("2", "seibetsu1_henko_ymd"),
    "seibetsu2": ("2", "seibetsu2_henko_ymd"),
    "seinengappi": ("1980-04-02", "seinengappi_henko_ymd"),
    "jusho": ("見本市2", "jusho_henko_ymd"),
    "yubin_bango": ("1000002", "yubin_bango_henko_ymd"),
    "mibun": ("2", "mibun_henko_ymd"),
}
CHANGE = known_line("03", koshingo_kojin_bango=OTHER_NUMBER, kojin_bango_koshin_kubun="1")
TEISEI = dataclasses.replace(CHANGE, kojin_bango_koshin_kubun="2")


@pytest.mark.kj("KJ-SHI-06")
@pytest.mark.parametrize("key", DATED)
def test_a_changed_item_comes_with_its_day(key: str) -> None:
    value, henko = DATED[key]
    held = member(kihon=kihon(jusho="見本市1", yubin_bango="1000001", mibun="1"))
    assert refused(decide(known_line("03", kihon={key: value}), held)) == [f"E208@kihon/{henko}"]
    plan = accepted(decide(known_line("03", kihon={key: value, henko: "2026-11-01"}), held))
    assert plan.version is not None
    assert plan.version.joho["kihon"][key] == value
    assert plan.version.joho["kihon"][henko] == "2026-11-01"


@pytest.mark.kj("KJ-SHI-06")
@pytest.mark.parametrize(
    ("key", "value", "henko"),
    [
        ("honnin_kazoku_kubun", "2", "honnin_kazoku_henko_ymd"),
        ("hihokensha_shimei", "見本花子", "hihokensha_shimei_henko_ymd"),
    ],
)
def test_a_changed_item_of_the_period_comes_with_its_day(key: str, value: str, henko: str) -> None:
    assert refused(decide(known_line("03", shikaku={key: value}), member())) == [f"E208@shikaku/{henko}"]
    accepted(decide(known_line("03", shikaku={key: value, henko: "2026-11-01"}), member()))


@pytest.mark.parametrize("key", DATED)
def test_the_same_value_needs_no_day(key: str) -> None:
    held = member(kihon=kihon(**{key: DATED[key][0]}))
    plan = accepted(decide(known_line("03", kihon={key: DATED[key][0], "setai_shikibetsu_bango": "1"}), held))
    assert plan.warnings == ()


def test_clearing_is_a_change_with_a_day() -> None:
    held = member(kihon=kihon(jusho="見本市1"))
    assert refused(decide(known_line("03", kihon={"jusho": None}), held)) == ["E208@kihon/jusho_henko_ymd"]
    held = after(held, known_line("03", kihon={"jusho": None, "jusho_henko_ymd": "2026-11-01"}))
    assert "jusho" not in joho_of(held)["kihon"]


def test_a_day_that_could_not_be_read_is_said_once() -> None:
    line = known_line("03", kihon={"mibun": "2"}, unreadable=("kihon/mibun_henko_ymd",))
    assert refused(decide(line, member(), checked=check_line(line, facts=facts()))) == ["E207@kihon/mibun_henko_ymd"]


def test_absent_is_unchanged() -> None:
    held = member(kihon=kihon(jusho="見本市1"), seigyo={"opt_out": True}, system={"record_shubetsu_code": "1"})
    after_change = after(held, known_line("03", kihon={"setai_shikibetsu_bango": "1"}))
    joho = joho_of(after_change)
    assert joho["kihon"] == kihon(jusho="見本市1", setai_shikibetsu_bango="1")
    assert joho["seigyo"] == {"opt_out": True}
    assert joho["shikaku"] == shikaku()
    assert joho["system"] == {"record_shubetsu_code": "1"}


@pytest.mark.parametrize(
    "same",
    [
        {"kihon": {"shimei_kenmen": "見本　太郎"}},
        {"kihon": {"jusho": None}},
        {"shikaku": {"shikaku_shutoku_ymd": "2026-04-01", "shikaku_soshitsu_ymd": None}},
        {"korei": ({"kofu_ymd": "2026-04-01", "ichibu_futankin_wariai": "020"},)},
        {"korei": ({"kofu_ymd": "2026-04-01"},)},
        {"fugo_shutoku_yokyu_kubun": "1"},
        {"fugo_shutoku_yokyu_kubun": "0"},
    ],
)
def test_nothing_differs(same: dict[str, Any]) -> None:
    held = member(korei=({"kofu_ymd": "2026-04-01", "ichibu_futankin_wariai": "020"},))
    plan = accepted(decide(known_line("03", **same), held))
    assert [warning.code for warning in plan.warnings] == ["W102"]
    assert plan.version is None
    assert plan.owes is None
    assert plan.number_change is None
    assert (plan.shikaku_tsuban, plan.rireki_tsuban) == (1, 1)


def test_a_change_twice_is_nothing_the_second_time() -> None:
    line = known_line("03", kihon={"mibun": "2", "mibun_henko_ymd": "2026-11-01"})
    held = after(member(), line)
    assert accepted(decide(line, held)).version is None


def test_elements_are_added_or_laid_over_and_never_dropped() -> None:
    first = {"sho_kubun": "01", "kofu_ymd": "2026-04-01", "yuko_shuryo_ymd": "2027-03-31"}
    held = member(gendogaku=(first,))
    held = after(held, known_line("03", gendogaku=({"sho_kubun": "02", "kofu_ymd": "2026-04-01"},)))
    assert joho_of(held)["gendogaku"] == [first, {"sho_kubun": "02", "kofu_ymd": "2026-04-01"}]
    ended = {"sho_kubun": "01", "kofu_ymd": "2026-04-01", "kaishu_ymd": "2026-09-01"}
    held = after(held, known_line("03", gendogaku=(ended,)))
    assert joho_of(held)["gendogaku"][0] == {**first, "kaishu_ymd": "2026-09-01"}
    cleared = {"sho_kubun": "01", "kofu_ymd": "2026-04-01", "kaishu_ymd": None}
    held = after(held, known_line("03", gendogaku=(cleared,)))
    assert joho_of(held)["gendogaku"][0] == first


@pytest.mark.parametrize(
    ("shutoku", "soshitsu", "expected"),
    [
        ("2026-05-01", None, []),
        ("2026-02-01", None, ["E201@shikaku/shikaku_shutoku_ymd"]),
        ("2026-03-01", "2026-03-31", []),
        ("2026-11-21", None, ["E210@shikaku/shikaku_shutoku_ymd"]),
        ("2026-11-20", None, []),
        ("2026-05-01", "2026-05-01", ["E202@shikaku/shikaku_soshitsu_ymd"]),
    ],
)
def test_a_corrected_day_moves_the_period(shutoku: str, soshitsu: str | None, expected: list[str]) -> None:
    held = after(
        member(shikaku=shikaku(shikaku_shutoku_ymd="2026-01-01", shikaku_soshitsu_ymd="2026-03-01")),
        new_line(shori_shubetsu_code="02", shikaku=shikaku()),
    )
    line = known_line("03", shikaku={"shikaku_shutoku_ymd": shutoku, "shikaku_soshitsu_ymd": soshitsu})
    if expected:
        assert refused(decide(line, held)) == expected
    else:
        version = accepted(decide(line, held)).version
        assert version is not None
        assert version.valid_from == date.fromisoformat(shutoku)
        assert version.valid_to == (None if soshitsu is None else date.fromisoformat(soshitsu))


def test_taking_back_a_soshitsu_may_not_overlap_the_next_period() -> None:
    held = after(
        member(shikaku=shikaku(shikaku_shutoku_ymd="2026-01-01", shikaku_soshitsu_ymd="2026-03-01")),
        new_line(shori_shubetsu_code="02", shikaku=shikaku()),
    )
    line = known_line("03", shikaku_tsuban=1, shikaku={"shikaku_soshitsu_ymd": None})
    assert refused(decide(line, held)) == ["E201@shikaku/shikaku_soshitsu_ymd"]
    reopened = after(after(held, known_line("05")), line)
    period = reopened.period(1)
    assert period is not None
    assert period.valid_to is None


def test_a_period_that_already_began_in_the_future_is_not_blamed_again() -> None:
    held = member(shikaku=shikaku(shikaku_shutoku_ymd="2027-01-01"))
    accepted(decide(known_line("03", kihon={"setai_shikibetsu_bango": "1"}), held))


@pytest.mark.parametrize(
    "given", [{"hihokenshasho_bango": "124"}, {"edaban": "01"}, {"shikaku_shutoku_ymd": "2026-03-01"}]
)
def test_a_changed_card_or_day_meets_the_other_users(given: dict[str, Any]) -> None:
    users = (KigoUse(2, date(2026, 1, 1), None),)
    assert refused(decide(known_line("03", shikaku=given), member(), kigo_users=users)) == [
        "E213@shikaku/hihokenshasho_bango"
    ]


def test_what_does_not_touch_the_card_is_not_compared() -> None:
    users = (KigoUse(2, date(2026, 1, 1), None),)
    accepted(decide(known_line("03", kihon={"setai_shikibetsu_bango": "1"}), member(), kigo_users=users))


def test_a_day_that_does_not_exist_says_nothing_about_the_period() -> None:
    line = known_line("03", shikaku={"shikaku_soshitsu_ymd": "2026-13-01"})
    assert refused(decide(line, member(), checked=check_line(line, facts=facts()))) == [
        "E207@shikaku/shikaku_soshitsu_ymd"
    ]


@pytest.mark.kj("KJ-SHI-05")
def test_a_new_number_of_the_same_person() -> None:
    plan = accepted(decide(CHANGE, member()))
    assert plan.number_change == "1"
    assert plan.owes is None
    assert plan.version is not None
    assert plan.version.joho == member().newest
    assert OTHER_NUMBER not in str(plan.version.joho)
    assert OTHER_NUMBER not in repr(CHANGE)


def test_a_new_number_together_with_something_else_owes_a_telegram() -> None:
    line = dataclasses.replace(CHANGE, kihon={"setai_shikibetsu_bango": "1"})
    assert accepted(decide(line, member())).owes == "shikaku"


def test_a_wrong_number_put_right_owes_a_telegram() -> None:
    plan = accepted(decide(TEISEI, member(), koshingo=KoshingoFacts(himozuke_bango="somebody")))
    assert (plan.number_change, plan.owes) == ("2", "shikaku")
    standing = after(None, standing_line("02"))
    assert accepted(decide(TEISEI, standing)).owes is None


def test_the_number_one_already_has_is_no_change() -> None:
    plan = accepted(decide(CHANGE, member(), koshingo=KoshingoFacts("himozuke-1", 1, is_current=True)))
    assert [warning.code for warning in plan.warnings] == ["W102"]


@pytest.mark.kj("KJ-SHI-05")
@pytest.mark.parametrize(
    ("kubun", "koshingo", "refused_"),
    [
        ("1", KoshingoFacts("himozuke-2", None), True),
        ("1", KoshingoFacts("himozuke-2", 2), True),
        ("1", KoshingoFacts("himozuke-1", 1), False),
        ("1", KoshingoFacts(None, None), False),
        ("2", KoshingoFacts("himozuke-2", None), False),
        ("2", KoshingoFacts("himozuke-2", 2), True),
        # Who keeps a number from before remains that person: the right number may be nobody else's.
        ("2", KoshingoFacts("himozuke-2", None, keeps=True), True),
        ("2", KoshingoFacts("himozuke-1", None, keeps=True), False),
        ("2", KoshingoFacts(None, None, keeps=True), False),
        # The present number was parted from the person: 訂正 to it takes the person along, 変更 waits.
        ("2", KoshingoFacts("himozuke-2", 1, is_current=True), False),
        ("2", KoshingoFacts("himozuke-2", 1, is_current=True, keeps=True), True),
        ("1", KoshingoFacts("himozuke-2", 1, is_current=True, parted="himozuke-2"), True),
        ("1", KoshingoFacts(None, None, parted="himozuke-2"), True),
        ("2", KoshingoFacts(None, None, parted="himozuke-2"), False),
    ],
)
def test_a_number_of_another_person(kubun: str, koshingo: KoshingoFacts, refused_: bool) -> None:
    line = dataclasses.replace(CHANGE, kojin_bango_koshin_kubun=kubun)
    if refused_:
        assert refused(decide(line, member(), koshingo=koshingo)) == ["E214@koshingo_kojin_bango"]
    else:
        assert accepted(decide(line, member(), koshingo=koshingo)).number_change == kubun


def test_a_setaiin_can_be_given_a_number() -> None:
    held = after(None, standing_line("03", kojin_bango=None))
    assert not held.has_number
    assert after(held, CHANGE).has_number


def test_a_fugo_can_be_asked_for_later() -> None:
    held = member(fugo_shutoku_yokyu_kubun="0")
    plan = accepted(decide(known_line("03", fugo_shutoku_yokyu_kubun="1"), held))
    assert plan.fugo_requested
    assert plan.warnings == ()
    assert plan.version is not None
    assert plan.owes == "shikaku"


def test_a_standing_changes_without_a_telegram() -> None:
    held = after(None, standing_line("02"))
    line = known_line("03", kihon={"kanyusha_kubun_code": "03"}, fugo_shutoku_yokyu_kubun="1")
    plan = accepted(decide(line, held))
    assert (plan.owes, plan.shikaku_tsuban, plan.kanyusha_kubun, plan.fugo_requested) == (None, None, "03", False)
    assert plan.version is not None
    assert plan.version.supersedes == 1


def test_a_standing_has_no_items_of_a_period() -> None:
    held = after(None, standing_line("02"))
    line = known_line("03", shikaku={"edaban": "00"}, korei=({"kofu_ymd": "2026-04-01"},))
    assert refused(decide(line, held)) == ["E209@shikaku", "E209@korei"]
    assert refused(decide(known_line("03", shikaku_tsuban=1, kihon={"mibun": "1"}), held)) == ["E203@shikaku_tsuban"]


@pytest.mark.parametrize(("standing", "kubun"), [(True, "01"), (False, "02"), (False, "03")])
def test_henko_makes_nobody_a_member_or_ends_one(standing: bool, kubun: str) -> None:
    held = after(None, standing_line("02")) if standing else member()
    assert refused(decide(known_line("03", kihon={"kanyusha_kubun_code": kubun}), held)) == [
        "E209@kihon/kanyusha_kubun_code"
    ]


def test_an_old_period_of_a_setaiin_is_corrected_as_a_member() -> None:
    ended = known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-01"})
    held = after(member(), ended, standing_line("03"))
    plan = accepted(decide(known_line("03", shikaku={"shikaku_soshitsu_ymd": "2026-09-01"}), held))
    assert (plan.shikaku_tsuban, plan.owes, plan.kanyusha_kubun) == (1, "shikaku", "03")


def test_one_of_the_two_names_stays() -> None:
    both = {"shimei_kenmen": None, "shimei_kenmen_henko_ymd": "2026-11-01"}
    accepted(decide(known_line("03", kihon=both), member()))
    kana = {"shimei_kenmen_kana": None, "shimei_kenmen_kana_henko_ymd": "2026-11-01"}
    assert refused(decide(known_line("03", kihon={**both, **kana}), member())) == ["E208@kihon/shimei_kenmen"]
    held = member(kihon=kihon(shimei_kenmen=None))
    assert refused(decide(known_line("03", kihon=kana), held)) == ["E208@kihon/shimei_kenmen_kana"]


def test_birth_and_sex_are_corrected_by_henko_itself() -> None:
    line = known_line(
        "03", kojin_bango="123456789018", kihon={"seinengappi": "1980-04-02", "seinengappi_henko_ymd": "2026-11-01"}
    )
    accepted(decide(line, member()))
