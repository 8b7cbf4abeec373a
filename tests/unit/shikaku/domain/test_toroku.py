"""The decision table of plan_registration: 新規取得, 再加入, 喪失, 取消."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from shikaku.domain.check_line import check_line
from shikaku.domain.held import KigoUse
from shikaku.domain.toroku import kana_tokens, kigo_bango_key, kigo_key_after, plan_registration
from shikaku.domain.violations import Violation
from tests.unit.shikaku.lines import (
    ON,
    OTHER_NUMBER,
    SHUBETSU,
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

ENDED = known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-01", "shikaku_soshitsu_jiyu": "03"})
AGAIN = shikaku(shikaku_shutoku_ymd="2026-11-01")


@pytest.mark.parametrize("shubetsu", SHUBETSU)
def test_a_new_person_of_every_kind_of_insurer(shubetsu: str) -> None:
    line = new_line(shubetsu)
    plan = accepted(decide(line, None, checked=check_line(line, facts=facts(shubetsu))))
    assert plan.handled_as == "01"
    assert plan.new_kanyusha
    assert plan.warnings == ()
    assert plan.owes == "shikaku"
    assert plan.fugo_requested
    assert plan.has_number
    assert (plan.shikaku_tsuban, plan.rireki_tsuban) == (1, 1)
    version = plan.version
    assert version is not None
    assert (version.valid_from, version.valid_to, version.withdrawn) == (date(2026, 4, 1), None, False)
    assert version.supersedes is None
    assert version.joho["kihon"]["shimei_kenmen"] == "見本　太郎"
    assert "見本" not in repr(version)
    assert "見本" not in repr(plan)


def test_asked_not_to_request_a_fugo() -> None:
    assert not accepted(decide(new_line(fugo_shutoku_yokyu_kubun="0"))).fugo_requested
    assert accepted(decide(new_line(fugo_shutoku_yokyu_kubun="1"))).fugo_requested


def test_a_new_person_may_already_have_ended() -> None:
    plan = accepted(decide(new_line(shikaku=shikaku(shikaku_soshitsu_ymd="2026-06-01"))))
    assert plan.version is not None
    assert plan.version.valid_to == date(2026, 6, 1)


@pytest.mark.kj("KJ-SHI-02")
@pytest.mark.parametrize(("code", "warnings"), [("01", ["W101"]), ("02", [])])
def test_a_known_person_gets_a_new_period(code: str, warnings: list[str]) -> None:
    held = after(member(), ENDED)
    plan = accepted(decide(new_line(shori_shubetsu_code=code, shikaku=AGAIN), held))
    assert [warning.code for warning in plan.warnings] == warnings
    assert plan.handled_as == "02"
    assert not plan.new_kanyusha
    assert (plan.shikaku_tsuban, plan.rireki_tsuban) == (2, 3)
    assert plan.version is not None
    assert plan.version.supersedes is None


def test_the_person_carries_over_and_the_period_starts_empty() -> None:
    held = after(
        member(
            kihon=kihon(jusho="見本市1", mibun="1"),
            seigyo={"opt_out": True},
            korei=({"kofu_ymd": "2026-04-01"},),
            shikaku=shikaku(hihokensha_shimei="見本花子"),
        ),
        ENDED,
    )
    held = after(
        held, new_line(shori_shubetsu_code="02", kihon={**kihon(jusho="見本市2"), "mibun": None}, shikaku=AGAIN)
    )
    joho = joho_of(held, 2)
    assert joho["kihon"] == kihon(jusho="見本市2")
    assert joho["seigyo"] == {"opt_out": True}
    assert joho["shikaku"] == AGAIN
    assert joho["korei"] == []
    assert joho_of(held, 1)["kihon"]["jusho"] == "見本市1"


@pytest.mark.kj("KJ-SHI-03")
@pytest.mark.parametrize("code", ["02", "03", "04", "05"])
@pytest.mark.parametrize("by", ["hihokensha_edaban", "kojin_bango"])
def test_an_unknown_person_has_nothing_to_change(code: str, by: str) -> None:
    over: dict[str, Any] = {
        "hihokensha_edaban": None,
        "kojin_bango": None,
        by: 9 if by == "hihokensha_edaban" else OTHER_NUMBER,
    }
    line = (
        new_line(**{**over, "shori_shubetsu_code": code})
        if code == "02"
        else known_line(code, **over, kihon={"mibun": "1"})
    )
    assert refused(decide(line, None)) == [f"E203@{by}"]


@pytest.mark.kj("KJ-SHI-03")
def test_who_never_had_a_period_cannot_come_again() -> None:
    held = after(None, standing_line("02"))
    line = new_line(shori_shubetsu_code="02")
    assert refused(decide(line, held)) == ["E203@kojin_bango"]
    assert refused(decide(known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), held)) == [
        "E203@shikaku_tsuban"
    ]
    assert refused(decide(known_line("05"), held)) == ["E203@shikaku_tsuban"]


@pytest.mark.parametrize("code", ["03", "04", "05"])
def test_the_named_period_exists_and_is_not_withdrawn(code: str) -> None:
    held = after(member(), ENDED, new_line(shori_shubetsu_code="02", shikaku=AGAIN), known_line("05", shikaku_tsuban=1))
    given: dict[str, Any] = {"kihon": {"mibun": "1"}} if code == "03" else {}
    if code == "04":
        given = {"shikaku": {"shikaku_soshitsu_ymd": "2026-11-15"}}
    for tsuban in (1, 3):
        assert "E203@shikaku_tsuban" in refused(decide(known_line(code, shikaku_tsuban=tsuban, **given), held))


def test_left_out_means_the_latest_that_is_not_withdrawn() -> None:
    held = after(member(), ENDED, new_line(shori_shubetsu_code="02", shikaku=AGAIN))
    end = known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-11-15"})
    assert accepted(decide(end, held)).shikaku_tsuban == 2
    held = after(held, known_line("05"))
    assert accepted(decide(end, held)).shikaku_tsuban == 1


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        ("2026-04-01", None, True),
        ("2026-10-01", None, False),
        ("2026-09-30", None, True),
        ("2026-03-01", "2026-04-01", False),
        ("2026-03-01", "2026-04-02", True),
        ("2026-03-01", None, True),
        ("2026-05-01", "2026-06-01", True),
    ],
)
def test_periods_of_one_person_never_overlap(start: str, end: str | None, overlaps: bool) -> None:
    held = after(member(), ENDED)
    line = new_line(shori_shubetsu_code="02", shikaku=shikaku(shikaku_shutoku_ymd=start, shikaku_soshitsu_ymd=end))
    if overlaps:
        assert refused(decide(line, held)) == ["E201@shikaku/shikaku_shutoku_ymd"]
    else:
        accepted(decide(line, held))


def test_a_withdrawn_period_is_not_in_the_way() -> None:
    held = after(member(), known_line("05"))
    plan = accepted(decide(new_line(), held))
    assert plan.shikaku_tsuban == 2
    assert plan.handled_as == "02"
    assert plan.version is not None
    assert plan.version.supersedes is None


@pytest.mark.parametrize("end", ["2026-04-01", "2026-03-31"])
def test_an_empty_period_does_not_exist(end: str) -> None:
    assert refused(decide(new_line(shikaku=shikaku(shikaku_soshitsu_ymd=end)))) == ["E202@shikaku/shikaku_soshitsu_ymd"]
    ended = known_line("04", shikaku={"shikaku_soshitsu_ymd": end})
    assert refused(decide(ended, member())) == ["E202@shikaku/shikaku_soshitsu_ymd"]


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "refused_"),
    [
        (date(2026, 1, 1), date(2026, 4, 1), False),
        (date(2026, 1, 1), date(2026, 4, 2), True),
        (date(2026, 5, 1), None, True),
    ],
)
def test_one_card_belongs_to_one_person_at_a_time(valid_from: date, valid_to: date | None, refused_: bool) -> None:
    users = (KigoUse(2, valid_from, valid_to),)
    if refused_:
        assert refused(decide(new_line(), kigo_users=users)) == ["E213@shikaku/hihokenshasho_bango"]
    else:
        accepted(decide(new_line(), kigo_users=users))


def test_ones_own_card_is_no_conflict() -> None:
    held = after(member(), ENDED)
    users = (KigoUse(1, date(2026, 4, 1), None),)
    accepted(decide(new_line(shori_shubetsu_code="02", shikaku=AGAIN), held, kigo_users=users))


@pytest.mark.parametrize(
    ("over", "key"), [({"seinengappi": "1980-04-02"}, "seinengappi"), ({"seibetsu1": "2"}, "seibetsu1")]
)
@pytest.mark.parametrize("code", ["01", "02", "04", "05"])
def test_a_known_number_keeps_its_birth_and_sex(code: str, over: dict[str, str], key: str) -> None:
    held = after(member(), ENDED)
    if code in ("01", "02"):
        line = new_line(shori_shubetsu_code=code, kihon=kihon(**over), shikaku=AGAIN)
    else:
        line = known_line(code, kojin_bango="123456789018", kihon=over, shikaku={"shikaku_soshitsu_ymd": "2026-09-01"})
    assert refused(decide(line, held)) == [f"E212@kihon/{key}"]
    assert "E212" not in str(decide(dataclasses.replace(line, kihon=kihon() if code < "03" else {}), held))


def test_a_registration_withdrawn_as_a_mistake_says_nothing_of_who_comes_next() -> None:
    mistaken = member(kihon=kihon(seinengappi="1990-01-01", jusho="見本県誤り市"))
    withdrawn = after(mistaken, known_line("05"))
    right = new_line(kihon={key: value for key, value in kihon().items() if key != "jusho"}, shikaku=AGAIN)

    assert refused(decide(right, mistaken)) == ["E201@shikaku/shikaku_shutoku_ymd", "E212@kihon/seinengappi"]
    plan = accepted(decide(right, withdrawn))
    assert plan.version is not None
    assert plan.version.joho["kihon"] == right.kihon
    assert (plan.handled_as, plan.shikaku_tsuban) == ("02", 2)


def test_edaban_and_number_of_two_persons() -> None:
    one, two = member(), dataclasses.replace(member(), hihokensha_edaban=2)
    line = known_line("03", kojin_bango=OTHER_NUMBER, kihon={"setai_shikibetsu_bango": "1"})
    assert refused(plan_registration(line=line, by_edaban=one, by_number=two, on=ON)) == ["E211@kojin_bango"]
    assert refused(plan_registration(line=line, by_edaban=one, by_number=None, on=ON)) == ["E211@kojin_bango"]
    assert refused(plan_registration(line=line, by_edaban=None, by_number=two, on=ON)) == ["E203@hihokensha_edaban"]
    accepted(plan_registration(line=line, by_edaban=one, by_number=one, on=ON))


@pytest.mark.parametrize("code", ["02", "03", "04", "05"])
def test_a_number_that_cannot_be_read_names_nobody(code: str) -> None:
    line = known_line(code, hihokensha_edaban=None, kojin_bango="123456789017", kihon={"mibun": "1"})
    checked = [Violation("E206", "kojin_bango")]
    assert refused(plan_registration(line=line, by_edaban=None, by_number=None, on=ON, checked=checked)) == [
        "E206@kojin_bango"
    ]


@pytest.mark.kj("KJ-IN-08")
def test_a_line_for_another_zone_is_compared_with_nothing() -> None:
    line = new_line(hokensha_code="99999999", shikaku=shikaku(shikaku_soshitsu_ymd="2026-04-01"))
    checked = check_line(line, facts=facts())
    assert refused(decide(line, member(), checked=checked)) == ["E204@hokensha_code"]


def test_every_violation_of_line_and_state_is_listed_in_order() -> None:
    line = new_line(
        shori_shubetsu_code="02",
        kihon=kihon(seibetsu1="2", yubin_bango="1"),
        shikaku=shikaku(hokensha_bango="01130012"),
    )
    users = (KigoUse(2, date(2026, 5, 1), None),)
    found = refused(decide(line, member(), kigo_users=users, checked=check_line(line, facts=facts())))
    assert found == [
        "E201@shikaku/shikaku_shutoku_ymd",
        "E204@shikaku/hokensha_bango",
        "E207@kihon/yubin_bango",
        "E212@kihon/seibetsu1",
        "E213@shikaku/hihokenshasho_bango",
    ]


@pytest.mark.parametrize("kubun", ["02", "03"])
def test_a_standing_has_no_period_and_owes_nothing(kubun: str) -> None:
    plan = accepted(decide(standing_line(kubun, fugo_shutoku_yokyu_kubun="1")))
    assert plan.new_kanyusha
    assert plan.owes is None
    assert not plan.fugo_requested
    assert plan.shikaku_tsuban is None
    assert plan.version is not None
    assert (plan.version.shikaku_tsuban, plan.version.valid_from) == (None, None)


def test_a_setaiin_without_a_number_is_matched_with_nobody() -> None:
    plan = accepted(decide(standing_line("03", kojin_bango=None)))
    assert plan.new_kanyusha
    assert not plan.has_number


@pytest.mark.parametrize("kubun", ["02", "03"])
def test_a_standing_becomes_a_member_without_a_warning(kubun: str) -> None:
    held = after(None, standing_line(kubun))
    plan = accepted(decide(new_line(), held))
    assert plan.warnings == ()
    assert plan.handled_as == "01"
    assert not plan.new_kanyusha
    assert plan.shikaku_tsuban == 1
    assert plan.owes == "shikaku"
    assert plan.fugo_requested
    assert plan.version is not None
    assert plan.version.supersedes == 1
    held = after(held, new_line())
    assert held.standing is None
    assert held.kanyusha_kubun == "01"


def test_a_standing_sent_again_replaces_itself() -> None:
    held = after(None, standing_line("02"), standing_line("03"))
    assert held.standing is not None
    assert held.standing.rireki_tsuban == 2
    assert held.kanyusha_kubun == "03"
    assert held.periods == ()


def test_a_former_member_may_get_a_standing_a_present_one_not() -> None:
    assert refused(decide(standing_line("03"), member())) == ["E209@kihon/kanyusha_kubun_code"]
    held = after(member(), ENDED)
    plan = accepted(decide(standing_line("03"), held))
    assert [warning.code for warning in plan.warnings] == ["W101"]
    assert plan.owes is None
    held = after(held, standing_line("03"), new_line(shikaku=AGAIN))
    assert held.standing is None
    assert [period.shikaku_tsuban for period in held.periods] == [1, 2]


def test_soshitsu_sets_day_and_reason_and_nothing_else() -> None:
    held = member(kihon=kihon(jusho="見本市1"))
    line = known_line(
        "04",
        kihon={"jusho": "別の市"},
        shikaku={"shikaku_soshitsu_ymd": "2026-10-01", "shikaku_soshitsu_jiyu": "01", "hihokenshasho_bango": "9"},
    )
    plan = accepted(decide(line, held))
    assert plan.owes == "shikaku"
    assert plan.handled_as == "04"
    version = plan.version
    assert version is not None
    assert (version.valid_from, version.valid_to, version.supersedes) == (date(2026, 4, 1), date(2026, 10, 1), 1)
    expected = shikaku(shikaku_soshitsu_ymd="2026-10-01", shikaku_soshitsu_jiyu="01")
    assert version.joho["shikaku"] == expected
    assert version.joho["kihon"]["jusho"] == "見本市1"


def test_a_later_soshitsu_may_not_run_into_the_next_period() -> None:
    held = after(member(), ENDED, new_line(shori_shubetsu_code="02", shikaku=AGAIN))
    line = known_line("04", shikaku_tsuban=1, shikaku={"shikaku_soshitsu_ymd": "2026-11-02"})
    assert refused(decide(line, held)) == ["E201@shikaku/shikaku_soshitsu_ymd"]
    accepted(decide(known_line("04", shikaku_tsuban=1, shikaku={"shikaku_soshitsu_ymd": "2026-11-01"}), held))


def test_a_soshitsu_in_the_future_is_fine() -> None:
    accepted(decide(known_line("04", shikaku={"shikaku_soshitsu_ymd": "2027-04-01"}), member()))


def test_torikeshi_keeps_the_fact() -> None:
    held = member()
    plan = accepted(decide(known_line("05"), held))
    assert plan.owes == "sakujo"
    version = plan.version
    assert version is not None
    assert version.withdrawn
    assert version.supersedes == 1
    assert (version.valid_from, version.valid_to) == (date(2026, 4, 1), None)
    assert version.joho == held.newest


def test_torikeshi_of_one_of_two_leaves_a_state() -> None:
    held = after(member(), ENDED, new_line(shori_shubetsu_code="02", shikaku=AGAIN))
    plan = accepted(decide(known_line("05"), held))
    assert (plan.owes, plan.shikaku_tsuban) == ("shikaku", 2)
    held = after(held, known_line("05"))
    assert accepted(decide(known_line("05"), held)).owes == "sakujo"


@pytest.mark.kj("KJ-EXT-18")
def test_nothing_but_the_named_period_is_ever_touched() -> None:
    held = after(member(), ENDED, new_line(shori_shubetsu_code="02", shikaku=AGAIN))
    before = held.period(1)
    for line in (
        known_line("03", kihon={"setai_shikibetsu_bango": "1"}),
        known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-11-10"}),
        known_line("05"),
    ):
        assert after(held, line).period(1) == before
    # An open period in the way is pointed out, never closed.
    assert refused(decide(new_line(shori_shubetsu_code="02", shikaku=AGAIN), member())) == [
        "E201@shikaku/shikaku_shutoku_ymd"
    ]


def test_which_card_users_must_be_asked_for() -> None:
    held = after(member(), ENDED)
    key = kigo_bango_key(shikaku())
    assert kigo_key_after(new_line(), None) == key
    assert kigo_key_after(standing_line("02", shikaku=shikaku()), None) is None
    assert kigo_key_after(new_line("seikatsu_hogo"), None) is None
    assert kigo_key_after(known_line("05"), held) is None
    assert kigo_key_after(known_line("03", kihon={"mibun": "1"}), held) is None
    assert kigo_key_after(known_line("03", shikaku={"edaban": "01"}), held) == kigo_bango_key(shikaku(edaban="01"))
    assert kigo_key_after(known_line("03", shikaku={"edaban": "01"}), None) is None
    assert kigo_key_after(known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-02"}), held) == key
    assert kigo_key_after(known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-09-30"}), held) is None


@pytest.mark.parametrize(
    ("over", "same"),
    [
        ({"hihokenshasho_kigo": "ミホン"}, False),
        ({"hihokenshasho_bango": "１２３"}, True),
        ({"hihokenshasho_bango": "1 23"}, True),
        ({"edaban": "01"}, False),
        ({"edaban": None}, False),
        ({"hihokenshasho_kigo": None}, False),
    ],
)
def test_the_card_key_ignores_width_and_spaces(over: dict[str, Any], same: bool) -> None:
    assert (kigo_bango_key(shikaku(**over)) == kigo_bango_key(shikaku())) is same


def test_kokuho_numbers_have_one_card_key() -> None:
    six = shikaku("shichoson_kokuho")
    assert kigo_bango_key(six) == kigo_bango_key({**six, "hokensha_bango": "00138057"})
    assert kigo_bango_key({"hokensha_bango": 1, "hihokenshasho_bango": "1"}) is None


def test_kana_tokens() -> None:
    tokens = kana_tokens({"shimei_kenmen_kana": "ｻｲﾄｳﾀﾞ ｼﾞｮｳｼﾞ"})
    assert tokens == ("サイ", "サイトウ", "サイトウダジヨウジ")
    assert kana_tokens({"shimei_kenmen": "見本"}) is None
    assert kana_tokens({"shimei_kenmen_kana": "　"}) is None
