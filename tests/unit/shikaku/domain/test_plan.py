"""apply_plan: the next line of the block sees what the one before did."""

from datetime import date

from shikaku.domain.plan import apply_plan
from tests.unit.shikaku.lines import accepted, after, decide, known_line, member, new_line, shikaku, standing_line


def test_a_new_person() -> None:
    held = apply_plan(None, accepted(decide(new_line())), 42, "himozuke-7")
    assert (held.hihokensha_edaban, held.himozuke_bango, held.kanyusha_kubun) == (42, "himozuke-7", "01")
    assert (held.next_shikaku_tsuban, held.next_rireki_tsuban) == (2, 2)
    assert (held.fugo_requested, held.has_number, held.standing) == (True, True, None)
    (period,) = held.periods
    assert (period.shikaku_tsuban, period.rireki_tsuban, period.valid_from) == (1, 1, date(2026, 4, 1))
    assert held.newest is period.joho


def test_a_new_version_takes_the_place_of_the_old_one() -> None:
    held = after(member(), known_line("03", kihon={"setai_shikibetsu_bango": "1"}))
    (period,) = held.periods
    assert period.rireki_tsuban == 2
    assert held.newest["kihon"]["setai_shikibetsu_bango"] == "1"
    assert held.next_rireki_tsuban == 3
    assert held.next_shikaku_tsuban == 2


def test_no_version_no_change() -> None:
    held = member()
    assert after(held, known_line("03", kihon={"seibetsu1": "1"})) == held


def test_a_withdrawn_period_stays_in_the_list() -> None:
    held = after(member(), known_line("05"))
    (period,) = held.periods
    assert period.withdrawn
    assert held.latest_period() is None
    assert held.period(1) is None


def test_a_standing_and_periods_side_by_side() -> None:
    held = after(member(), known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), standing_line("03"))
    assert held.standing is not None
    assert held.standing.rireki_tsuban == 3
    assert [period.rireki_tsuban for period in held.periods] == [2]
    held = after(held, new_line(shikaku=shikaku(shikaku_shutoku_ymd="2026-11-01")))
    assert held.standing is None


def test_a_corrected_number_moves_the_person() -> None:
    line = known_line("03", koshingo_kojin_bango="983205673214", kojin_bango_koshin_kubun="2")
    plan = accepted(decide(line, member()))
    assert apply_plan(member(), plan, 1, "himozuke-9").himozuke_bango == "himozuke-9"


def test_nothing_personal_is_shown() -> None:
    held = member()
    assert "見本" not in repr(held)
    assert "見本" not in repr(held.periods)
