"""A number that changes more than once, in one file and over several: every former number still leads to the person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chukan.controls.uketsuke.actions import Upload
from chukan.controls.uketsuke.queries import list_meisai
from chukan.kernel.storage import store
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.process_toroku_file import process_toroku_file
from tests.support.principals import KENPO, clerk

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HEADER = (
    "処理種別コード,保険者コード,個人番号,更新後個人番号,個人番号更新区分,氏名（券面記載）,性別1,生年月日,加入者区分コード,"
    "保険者番号,被保険者証番号,枝番,資格取得年月日（保護開始日・保護再開日）,本人・家族の別"
)
FIRST, SECOND, THIRD = "123456789018", "234567890121", "345678901234"


def joins(number: str, card: int = 1) -> str:
    return f"01,{KENPO},{number},,,見本　太郎,1,19800401,01,{KENPO},{card},00,20260401,1"


def changes(former: str, number: str, kubun: str = "1") -> str:
    return f"03,{KENPO},{former},{number},{kubun},,,,,,,,,"


def asks_for(number: str) -> str:
    """A 変更 that changes nothing: `W102` when the number leads to the person."""
    return f"03,{KENPO},{number},,,,1,,,,,,,"


def results(*lines: str) -> list[str]:
    with store().create("toroku") as writer:
        writer.write("\r\n".join([HEADER, *lines, ""]).encode())
        stored = writer.close()
    upload = Upload(stored.key, stored.size, bytes.fromhex(stored.sha256), "members.csv")
    accepted = accept_toroku_file(by=clerk(), upload=upload, saisoshin=True, now=NOW)
    process_toroku_file(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=lambda: NOW)
    found = list_meisai(by=clerk(), row_id=accepted.uketsuke_id, notable_only=False)
    return [" ".join(item.codes) for item in found]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_worker")
@pytest.mark.kj("KJ-SHI-05")
class TestNumberChanges:
    def test_both_former_numbers_of_a_new_person_resolve_afterwards(self) -> None:
        assert results(joins(FIRST), changes(FIRST, SECOND), changes(SECOND, THIRD)) == ["", "", ""]

        assert results(asks_for(FIRST), asks_for(SECOND), asks_for(THIRD)) == ["W102", "W102", "W102"]

    def test_two_changes_of_a_known_person_in_one_file(self) -> None:
        results(joins(FIRST))

        assert results(changes(FIRST, SECOND), changes(SECOND, THIRD)) == ["", ""]

        assert results(asks_for(FIRST), asks_for(SECOND), asks_for(THIRD)) == ["W102", "W102", "W102"]

    def test_a_number_that_comes_back_and_goes_again(self) -> None:
        results(joins(FIRST))

        assert results(changes(FIRST, SECOND), changes(SECOND, FIRST)) == ["", ""]
        assert results(changes(FIRST, THIRD)) == [""]

        assert results(asks_for(FIRST), asks_for(SECOND), asks_for(THIRD)) == ["W102", "W102", "W102"]

    def test_a_corrected_number_no_longer_resolves(self) -> None:
        assert results(joins(FIRST), changes(FIRST, SECOND, "2")) == ["", ""]

        assert results(asks_for(FIRST), asks_for(SECOND)) == ["E203", "W102"]

    @pytest.mark.parametrize("files", [1, 3])
    def test_a_number_that_was_told_of_is_given_to_nobody_by_a_change(self, files: int) -> None:
        lines = [joins(FIRST), changes(FIRST, SECOND, "2"), changes(SECOND, FIRST)]

        found = results(*lines) if files == 1 else [code for line in lines for code in results(line)]

        assert found == ["", "", "E214"]

    def test_its_owner_may_join_further_down(self) -> None:
        results(joins(FIRST))

        assert results(changes(FIRST, SECOND, "2"), joins(FIRST, card=2)) == ["", ""]

        assert results(asks_for(FIRST), asks_for(SECOND)) == ["W102", "W102"]

    def test_its_owner_may_get_it_further_down(self) -> None:
        results(joins(FIRST), joins(THIRD, card=2))

        assert results(changes(FIRST, SECOND, "2"), changes(THIRD, FIRST, "2")) == ["", ""]

        assert results(asks_for(FIRST), asks_for(SECOND), asks_for(THIRD)) == ["W102", "W102", "E203"]
