"""The extract says which members are meant, and has no place for a number or a code."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from fugo.formats.saihakko_extract_v1 import COLUMNS, write_extract


@dataclass
class Person:
    hokensha_code: str
    hihokensha_edaban: int | None
    shori_tsuban: UUID | None
    reason: str


@pytest.mark.kj("KJ-MENU-09", "KJ-DUAL-06", "KJ-FUGO-08")
def test_the_file_has_these_columns_and_no_others() -> None:
    blocks = [
        [Person("06132013", 1, UUID(int=7), "")],
        [Person("01130012", 2, None, "先の要求"), Person("", None, None, "")],
    ]

    assert COLUMNS == ("保険者コード", "被保険者枝番", "処理通番", "要求しない理由")
    assert list(write_extract(blocks)) == [
        "\ufeff保険者コード,被保険者枝番,処理通番,要求しない理由\r\n".encode(),
        b"06132013,1,00000000-0000-0000-0000-000000000007,\r\n",
        "01130012,2,,先の要求\r\n,,,\r\n".encode(),
    ]


def test_an_empty_extract_has_its_header() -> None:
    assert b"".join(write_extract([])).decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"
