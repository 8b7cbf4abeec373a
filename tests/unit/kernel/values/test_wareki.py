from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.values.wareki import UnreadableDate, parse_ymd, show_long, show_short, show_wareki


class TestParseYmd:
    @pytest.mark.parametrize(
        "text",
        [
            "R8.4.1",
            "r8.4.1",
            "R08.04.01",
            "R8/4/1",
            "R8-4-1",
            "R080401",
            "5080401",
            "令和8年4月1日",
            "令和８年４月１日",
            "令和8.4.1",
            "㋿8年4月1日",
            "Ｒ８．４．１",
            " R 8.4.1 ",
            "2026-04-01",
            "2026-4-1",
            "2026/4/1",
            "2026.4.1",
            "２０２６／４／１",
            "2026年4月1日",
            "20260401",
            "２０２６０４０１",
        ],
    )
    def test_reads_every_form_of_one_day(self, text: str) -> None:
        assert parse_ymd(text) == date(2026, 4, 1)

    @pytest.mark.parametrize("era", ["R", "r", "令和", "5"])
    def test_reads_six_digits_with_the_chosen_era(self, era: str) -> None:
        assert parse_ymd("080401", era=era) == date(2026, 4, 1)
        assert parse_ymd("０８０４０１", era=era) == date(2026, 4, 1)

    @pytest.mark.parametrize("era", [None, "", "X"])
    def test_does_not_guess_the_era_of_six_digits(self, era: str | None) -> None:
        with pytest.raises(UnreadableDate):
            parse_ymd("080401", era=era)

    @pytest.mark.parametrize(
        "text, day",
        [
            ("H10.4.1", date(1998, 4, 1)),
            ("昭和55年4月1日", date(1980, 4, 1)),
            ("令和元年5月1日", date(2019, 5, 1)),
            ("R元.5.1", date(2019, 5, 1)),
            ("平成元年1月8日", date(1989, 1, 8)),
            ("S64.1.7", date(1989, 1, 7)),
            ("H31.4.30", date(2019, 4, 30)),
            ("T15.12.24", date(1926, 12, 24)),
            ("S1.12.25", date(1926, 12, 25)),
            ("M45.7.29", date(1912, 7, 29)),
            ("T1.7.30", date(1912, 7, 30)),
            ("S31.2.29", date(1956, 2, 29)),
        ],
    )
    def test_knows_the_eras(self, text: str, day: date) -> None:
        assert parse_ymd(text) == day

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "R",
            "R8",
            "R8.4",
            "R8.13.1",
            "R8.2.29",
            "R0.4.1",
            "S64.1.8",
            "H31.5.1",
            "令和元年4月30日",
            "20260230",
            "2026-4",
            "26/4/1",
            "X8.4.1",
            "6080401",
            "2026041",
            "令和八年四月一日",
            "00000000",
        ],
    )
    def test_refuses_what_is_not_a_day_without_repeating_it(self, text: str) -> None:
        with pytest.raises(UnreadableDate) as caught:
            parse_ymd(text)

        assert str(caught.value) == "not a date"
        assert caught.value.__cause__ is None


class TestShow:
    def test_shows_wareki_first(self) -> None:
        assert show_long(date(2026, 4, 1)) == "令和8年4月1日（2026-04-01）"
        assert show_short(date(2026, 4, 1)) == "R08.04.01"

    def test_first_year_is_gannen(self) -> None:
        assert show_long(date(2019, 5, 1)) == "令和元年5月1日（2019-05-01）"
        assert show_short(date(2019, 5, 1)) == "R01.05.01"

    def test_changes_era_on_its_day(self) -> None:
        assert show_wareki(date(1989, 1, 7)) == "昭和64年1月7日"
        assert show_wareki(date(1989, 1, 8)) == "平成元年1月8日"

    def test_shows_days_before_meiji_in_seireki(self) -> None:
        assert show_long(date(1850, 4, 1)) == "1850年4月1日（1850-04-01）"
        assert show_short(date(1850, 4, 1)) == "1850.04.01"

    @given(st.dates(date(1868, 1, 23), date(2099, 12, 31)))
    def test_reads_what_it_shows(self, day: date) -> None:
        assert parse_ymd(show_wareki(day)) == day
        assert parse_ymd(day.isoformat()) == day
        if day.year < 2100:
            assert parse_ymd(show_short(day)) == day
