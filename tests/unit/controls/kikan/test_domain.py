import csv
from datetime import date
from pathlib import Path

import pytest

from chukan.controls.kikan.domain import (
    ALL_SHUBETSU,
    HOKENSHA_SHUBETSU,
    JIMU,
    CodeBook,
    CodeEntry,
    KanoRow,
    check_hokensha,
    decide_kano,
)

DATA = Path(__file__).resolve().parents[4] / "chukan/controls/kikan/data"


def a_row(*, allowed: bool = True, start: date | None = date(2017, 7, 18), end: date | None = None) -> KanoRow:
    return KanoRow("kenpo_kumiai", "joho_shokai", "terminal", allowed, "", start, end, planned=False)


class TestDecideKano:
    @pytest.mark.parametrize(
        "on,outcome",
        [(date(2017, 7, 17), "riyo_kaishi_mae"), (date(2017, 7, 18), "kano"), (date(2026, 11, 20), "kano")],
    )
    def test_opens_on_the_start_day(self, on: date, outcome: str) -> None:
        assert decide_kano([a_row()], on=on)[0] == outcome

    @pytest.mark.parametrize("on,outcome", [(date(2026, 3, 31), "kano"), (date(2026, 4, 1), "jimu_taishogai")])
    def test_closes_on_the_end_day(self, on: date, outcome: str) -> None:
        assert decide_kano([a_row(end=date(2026, 4, 1))], on=on)[0] == outcome

    def test_is_out_of_scope_without_a_row_and_with_a_no(self) -> None:
        assert decide_kano([], on=date(2026, 4, 1)) == ("jimu_taishogai", None)
        assert decide_kano([a_row(allowed=False, start=None)], on=date(2026, 4, 1)) == ("jimu_taishogai", None)

    def test_names_the_next_start_between_two_periods(self) -> None:
        later = a_row(start=date(2027, 4, 1))
        outcome, row = decide_kano([a_row(end=date(2026, 4, 1)), later], on=date(2026, 5, 1))
        assert (outcome, row) == ("riyo_kaishi_mae", later)


class TestCodeBook:
    book = CodeBook(
        {
            "tekiyo_kubun": (
                CodeEntry("B04", "一般", date(1900, 1, 1), date(2022, 10, 1)),
                CodeEntry("B09", "一般Ⅱ", date(2022, 10, 1), None),
            ),
            "mibun": (),
        }
    )

    @pytest.mark.parametrize(
        "value,on,known",
        [
            ("B04", date(2022, 9, 30), True),
            ("B04", date(2022, 10, 1), False),
            ("B09", date(2022, 9, 30), False),
            ("B09", date(2022, 10, 1), True),
            ("Z99", date(2022, 10, 1), False),
        ],
    )
    def test_knows_values_of_the_day(self, value: str, on: date, known: bool) -> None:
        assert self.book("tekiyo_kubun", value, on) is known

    @pytest.mark.parametrize("table", ["mibun", "shiranai_hyo"])
    def test_says_nothing_of_a_table_without_rows(self, table: str) -> None:
        assert self.book(table, "1", date(2026, 4, 1)) is None

    def test_gives_labels_and_choices_of_the_day(self) -> None:
        assert self.book.label("tekiyo_kubun", "B09", date(2026, 4, 1)) == "一般Ⅱ"
        assert self.book.label("tekiyo_kubun", "B04", date(2026, 4, 1)) is None
        assert self.book.choices("tekiyo_kubun", date(2022, 9, 30)) == (("B04", "一般"),)


class TestCheckHokensha:
    def check(self, **changed: object) -> list[tuple[str, str]]:
        given = {
            "hokensha_code": "06132013",
            "hokensha_shubetsu": "kenpo_kumiai",
            "hokensha_meisho": "見本健康保険組合",
            "hokensha_bango": ["06132013"],
            "kohi_futansha_bango": [],
            **changed,
        }
        return [(item.code, item.pointer) for item in check_hokensha(**given)]  # type: ignore[arg-type]  # spoiled on purpose

    def test_takes_a_right_one(self) -> None:
        assert self.check() == []
        assert self.check(hokensha_bango=["138057"], hokensha_shubetsu="shichoson_kokuho") == []
        assert self.check(hokensha_shubetsu="seikatsu_hogo", hokensha_bango=[], kohi_futansha_bango=["12130019"]) == []

    @pytest.mark.parametrize(
        "changed,errors",
        [
            ({"hokensha_code": "0613201"}, [("E207", "hokensha_code")]),
            ({"hokensha_code": "０６１３２０１３"}, [("E207", "hokensha_code")]),
            ({"hokensha_shubetsu": "kenpo"}, [("E205", "hokensha_shubetsu")]),
            ({"hokensha_meisho": " "}, [("E208", "hokensha_meisho")]),
            ({"hokensha_bango": []}, [("E208", "hokensha_bango")]),
            ({"hokensha_bango": ["06132014"]}, [("E206", "hokensha_bango")]),
            ({"kohi_futansha_bango": ["12130019"]}, [("E209", "kohi_futansha_bango")]),
            (
                {"hokensha_shubetsu": "seikatsu_hogo"},
                [("E209", "hokensha_bango"), ("E208", "kohi_futansha_bango")],
            ),
            (
                {"hokensha_shubetsu": "seikatsu_hogo", "hokensha_bango": [], "kohi_futansha_bango": ["12130018"]},
                [("E206", "kohi_futansha_bango")],
            ),
        ],
    )
    def test_names_every_reason(self, changed: dict[str, object], errors: list[tuple[str, str]]) -> None:
        assert self.check(**changed) == errors


class TestData:
    """The files that the product ships."""

    @staticmethod
    def rows(name: str) -> list[dict[str, str]]:
        with (DATA / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream, strict=True))

    def test_says_yes_or_no_for_every_type_and_way(self) -> None:
        rows = self.rows("kano.csv")
        ways = {(row["jimu"], row["hoshiki"]) for row in rows}
        assert {jimu for jimu, _ in ways} == set(JIMU)
        assert {(row["hokensha_shubetsu"], row["jimu"], row["hoshiki"]) for row in rows} == {
            (shubetsu, *way) for shubetsu in ALL_SHUBETSU for way in ways
        }
        assert len(HOKENSHA_SHUBETSU) == 9

    def test_gives_every_yes_a_start_and_every_row_a_source(self) -> None:
        for row in self.rows("kano.csv"):
            assert row["source_id"]
            assert (row["allowed"] == "1") == bool(row["valid_from"])

    def test_names_a_table_for_every_code(self) -> None:
        tables = {row["code_table"] for row in self.rows("code_tables.csv")}
        values = self.rows("code_values.csv")
        assert {row["code_table"] for row in values} <= tables
        assert {"mibun", "shichoson_code", "access_group_code"} <= tables - {row["code_table"] for row in values}
