"""Made-up people are the same every time, valid where they should be, and wrong only where the truth says so."""

import csv
import hashlib
import re
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.jp import in_

from simulators.people import columns as c
from simulators.people import names
from simulators.people.__main__ import main
from simulators.people.generate import Generator, Line, Order
from simulators.people.rows import Insurer
from simulators.people.truth import Row, Zone
from simulators.people.world import MEMBERS, SPARE, World
from simulators.wire import is_kojin_bango, luhn_digit

INSURER = ["--hokensha", "06132013", "--bango", "06132013", "--date", "2026-11-20"]
TODAY = date(2026, 11, 20)
KNOWN_DIGEST = "be86ec1a8264f64dc540834b9d70333cb5bb6438f78a7e436166e06104242aaf"


def make(folder: Path, name: str, *more: str) -> tuple[bytes, list[dict[str, str]]]:
    out, truth = folder / f"{name}.csv", folder / f"{name}.seikai.csv"
    assert main([*INSURER, "--out", str(out), "--truth", str(truth), *more]) == 0
    with truth.open(encoding="utf-8", newline="") as file:
        return out.read_bytes(), list(csv.DictReader(file))


def rows_of(data: bytes, encoding: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(data.decode(encoding, "replace").splitlines(keepends=True)))


def good_lines(n: int) -> list[Line]:
    order = Order(n=n, seed=5, insurer=Insurer("06132013", "06132013"), today=TODAY)
    return list(Generator(order).lines())


class TestNumbers:
    @given(st.integers(min_value=0, max_value=10**11 - 1))
    def test_check_digit_is_that_of_the_ordinance(self, body: int) -> None:
        number = World.kojin_bango_of(body)

        assert in_.is_valid(number)
        assert is_kojin_bango(number)

    @given(st.from_regex(r"[0-9]{12}", fullmatch=True))
    def test_validity_is_that_of_the_library(self, text: str) -> None:
        assert is_kojin_bango(text) == in_.is_valid(text)

    @pytest.mark.parametrize("text", ["１２３４５６７８９０１８", "12345678901", "1234-5678-9018", ""])
    def test_only_twelve_ascii_digits_can_be_one(self, text: str) -> None:
        assert not is_kojin_bango(text)

    @given(st.from_regex(r"[0-9]{6,9}", fullmatch=True))
    def test_luhn_is_that_of_the_library(self, body: str) -> None:
        assert luhn.is_valid(body + luhn_digit(body))

    def test_nobody_shares_a_number(self) -> None:
        numbers = [line.row[c.KOJIN] for line in good_lines(20_000)]

        assert len(set(numbers)) == len(numbers)


class TestPeople:
    def test_same_seed_same_bytes(self, tmp_path: Path) -> None:
        first = make(tmp_path, "a", "--n", "2000", "--seed", "3")
        again = make(tmp_path, "b", "--n", "2000", "--seed", "3")
        other = make(tmp_path, "c", "--n", "2000", "--seed", "4")

        assert first == again
        assert first[0] != other[0]

    def test_bytes_stay_what_they_were(self, tmp_path: Path) -> None:
        """Truth files kept elsewhere stay valid only while the generator does not change by accident."""
        data, _ = make(tmp_path, "a", "--n", "300", "--seed", "1")

        assert hashlib.sha256(data).hexdigest() == KNOWN_DIGEST

    def test_a_clean_file_is_different_people_and_nothing_else(self, tmp_path: Path) -> None:
        data, truth = make(tmp_path, "a", "--n", "3000", "--errors", "0")

        rows = rows_of(data)
        assert {row["処理結果区分"] for row in truth} == {"1"}
        assert {row["処理種別コード"] for row in rows} == {"01"}
        assert len({row["個人番号"] for row in rows}) == 3000
        assert not any(row["個人番号更新区分"] for row in rows)

    def test_families_share_card_and_address(self) -> None:
        families: dict[str, list[Row]] = {}
        for line in good_lines(3000):
            families.setdefault(line.row[c.SETAI], []).append(line.row)

        assert max(len(family) for family in families.values()) >= 4
        for family in families.values():
            assert len({row[c.SHO_BANGO] for row in family}) == 1
            assert [row[c.KAZOKU] for row in family] == ["1", *["2"] * (len(family) - 1)]
            assert [row[c.EDABAN] for row in family] == [f"0{place}" for place in range(len(family))]
            assert all(row[c.SHUTOKU] >= max(row[c.UMARE], family[0][c.SHUTOKU]) for row in family)

    @pytest.mark.parametrize("shubetsu", ["kenpo_kumiai", "koki_koiki"])
    def test_worlds_of_two_seeds_share_neither_numbers_nor_cards(self, shubetsu: str) -> None:
        def of(seed: int, *places: int) -> set[tuple[str, ...]]:
            order = Order(n=2000, seed=seed, insurer=Insurer("06132013", "06132013", shubetsu), today=TODAY)
            return {tuple(line.row[place] for place in places) for line in Generator(order).lines()}

        assert not of(1, c.KOJIN) & of(7, c.KOJIN)
        assert not of(1, c.KIGO, c.SHO_BANGO) & of(7, c.KIGO, c.SHO_BANGO)

    def test_names_and_places_are_plainly_made_up(self) -> None:
        heads = tuple(word.ji for word in names.HEADS)
        for line in good_lines(3000):
            assert line.row[c.SHIMEI].startswith(heads)
            assert line.row[c.JUSHO].startswith(names.PREFECTURES) or not line.row[c.JUSHO]
            assert line.row[c.YUBIN].startswith("000") or not line.row[c.YUBIN]

    def test_kana_is_varied_enough_to_search(self) -> None:
        kana = [line.row[c.KANA] for line in good_lines(5000)]

        assert len({text[:2] for text in kana}) > 80
        assert len({text.replace(" ", "　").split("　")[0] for text in kana}) > 1000
        assert any(re.match("[ｦ-ﾟ]", text) for text in kana)
        assert max(len(text) for text in kana) > 40

    def test_rare_characters_come_in_utf8_and_never_in_cp932(self, tmp_path: Path) -> None:
        utf8, _ = make(tmp_path, "a", "--n", "5000", "--errors", "0")
        cp932, _ = make(tmp_path, "b", "--n", "5000", "--errors", "0", "--encoding", "cp932")

        text, narrow = utf8.decode("utf-8"), cp932.decode("cp932")
        for char in ("𠮷", "\U000e0100", "髙", "﨑", "\ufa19"):
            assert char in text
        assert "𠮷" not in narrow
        assert "髙" in narrow

    def test_a_byte_order_mark_comes_once(self, tmp_path: Path) -> None:
        data, _ = make(tmp_path, "a", "--n", "9000", "--encoding", "utf-8-sig")

        assert data.startswith(b"\xef\xbb\xbf")
        assert data.count(b"\xef\xbb\xbf") == 1

    def test_the_same_household_is_the_same_people_at_another_insurer(self, tmp_path: Path) -> None:
        here, _ = make(tmp_path, "a", "--n", "500", "--errors", "0")
        out = tmp_path / "b.csv"
        main(
            [
                *("--hokensha", "06139992", "--bango", "06139992", "--n", "100", "--errors", "0", "--out", str(out)),
                *("--date", "2026-11-20", "--first-household", "50", "--joined", "2026-10-01"),
            ]
        )

        there = rows_of(out.read_bytes())
        born = {row["個人番号"]: row["生年月日"] for row in rows_of(here)}
        moved = [row for row in there if row["個人番号"] in born]
        assert len(moved) == 100
        assert all(born[row["個人番号"]] == row["生年月日"] for row in moved)
        assert {row["資格取得年月日（保護開始日・保護再開日）"] for row in there} == {"20261001"}


class TestTruth:
    def test_errors_come_in_every_kind_at_about_the_rate_asked_for(self, tmp_path: Path) -> None:
        _, truth = make(tmp_path, "a", "--n", "30000", "--errors", "0.05", "--history", "0.2")

        codes = Counter(code for row in truth for code in row["処理結果明細コード"].split())
        refused = sum(row["処理結果区分"] == "9" for row in truth)
        assert 0.045 < refused / len(truth) < 0.055
        wanted = {f"E{number}" for number in (*range(201, 211), 212, 213, 214, 215)} | {"W101", "W102"}
        assert wanted <= set(codes)

    def test_codes_and_places_go_in_pairs_ascending(self, tmp_path: Path) -> None:
        _, truth = make(tmp_path, "a", "--n", "10000", "--errors", "0.3")

        for row in truth:
            codes, places = row["処理結果明細コード"].split(), row["処理結果詳細コード"].split()
            assert len(codes) == len(places)
            assert codes == sorted(codes)
            assert row["処理結果区分"] == ("9" if any(x[0] == "E" for x in codes) else "2" if codes else "1")

    def test_lines_are_counted_as_csv_records(self, tmp_path: Path) -> None:
        data, truth = make(tmp_path, "a", "--n", "5000", "--errors", "0.5")

        records = list(csv.reader(data.decode("utf-8", "replace").splitlines(keepends=True)))
        assert len(records) == 5001
        assert [int(row["行番号"]) for row in truth] == list(range(2, 5002))
        assert any("\n" in "".join(record) for record in records)

    def test_a_second_line_of_the_same_person_overlaps(self) -> None:
        zone, row = Zone(), good_lines(1)[0].row
        assert zone.judge(row) == []
        zone.apply(row)

        assert zone.judge(list(row)) == [("E201", "*")]

    def test_a_return_as_new_is_warned_of(self) -> None:
        zone, row = Zone(), good_lines(1)[0].row
        zone.apply([*row[: c.SOSHITSU], "20260301", *row[c.SOSHITSU + 1 :]])
        back = [*row[: c.SHUTOKU], "20260401", *row[c.SHUTOKU + 1 :]]

        assert zone.judge(back) == [("W101", "*")]

    def test_a_card_of_another_counts_only_on_shared_days(self) -> None:
        first, second = (line.row for line in good_lines(2))
        zone = Zone()
        zone.apply([*first[: c.SOSHITSU], "20260301", *first[c.SOSHITSU + 1 :]])
        card = [*second[: c.BANGO], *first[c.BANGO : c.FUTANSHA], *second[c.FUTANSHA :]]

        card[c.SHUTOKU] = "20260228"
        assert zone.judge(card) == [("E213", "*")]
        card[c.SHUTOKU] = "20260301"
        assert zone.judge(card) == []


class TestFollowUp:
    @pytest.mark.parametrize("with_results", [False, True])
    def test_is_about_the_people_of_the_earlier_file(self, tmp_path: Path, with_results: bool) -> None:
        earlier, truth = make(tmp_path, "a", "--n", "2000", "--seed", "9")
        accepted = [row["行番号"] for row in truth if row["処理結果区分"] != "9"]
        results = tmp_path / "kekka.csv"
        lines = [f"{line},{place:010d}" for place, line in enumerate(accepted, start=1)]
        results.write_text("\n".join(["行番号,被保険者枝番", *lines]), "utf-8-sig")
        more = ["--kekka", str(results)] if with_results else []

        data, later = make(
            tmp_path,
            "b",
            *("--n", "500", "--seed", "9", "--errors", "0.1", "--follow-up", str(tmp_path / "a.csv")),
            *("--follow-up-truth", str(tmp_path / "a.seikai.csv"), *more),
        )

        known = {row["個人番号"] for row in rows_of(earlier)}
        fine = [row for row, answer in zip(rows_of(data), later, strict=True) if answer["処理結果区分"] == "1"]
        assert {row["処理種別コード"] for row in fine} >= {"02", "03", "04", "05"}
        by_number = [row for row in fine if row["個人番号"]]
        assert sum(row["個人番号"] in known for row in by_number) > 0.9 * len(by_number)
        assert any(row["被保険者枝番"] for row in fine) == with_results
        if with_results:
            assert any("E211" in row["処理結果明細コード"] for row in later)

    @pytest.mark.parametrize("seed", ["1", "2", "3"])
    def test_who_was_given_another_number_is_followed_as_one(self, tmp_path: Path, seed: str) -> None:
        """A person who came back under the later number, too, among the few of two files who are followed."""
        made = ["--seed", seed, "--errors", "0"]
        first, _ = make(tmp_path, "a", "--n", "600", *made)
        asked = ["--follow-up", str(tmp_path / "a.csv"), "--follow-up-truth", str(tmp_path / "a.seikai.csv")]
        second, _ = make(tmp_path, "b", "--n", "3000", *made, *asked)
        head, *lines = [*first.splitlines(), *second.splitlines()[1:]]
        (tmp_path / "both.csv").write_bytes(b"\r\n".join([head, *lines, b""]))
        answers = [f"{line},1" for line in range(2, len(lines) + 2)]
        (tmp_path / "both.seikai.csv").write_text("\n".join(["行番号,処理結果区分", *answers]), "utf-8")
        asked = ["--follow-up", str(tmp_path / "both.csv"), "--follow-up-truth", str(tmp_path / "both.seikai.csv")]

        _, later = make(tmp_path, "c", "--n", "60", *made, *asked)

        assert len(later) > 40


@given(seed=st.integers(0, 99), household=st.integers(0, 10**9))
def test_a_number_leads_back_to_its_person(seed: int, household: int) -> None:
    world = World(seed=seed, today=TODAY)
    members = world.household(household)

    assert [world.place_of(person.kojin_bango) for person in members] == [
        household * MEMBERS + member for member in range(world.size_of(household))
    ]
    assert world.place_of(world.spare_number(household)) == SPARE + household


def test_is_quick(tmp_path: Path) -> None:
    """A million lines in a minute is 17,000 a second; a busy machine is allowed a third of that."""
    start = time.process_time()
    make(tmp_path, "a", "--n", "20000", "--errors", "0.03")

    assert 20_000 / (time.process_time() - start) > 5_500
