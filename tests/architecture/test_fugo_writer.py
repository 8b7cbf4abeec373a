"""A 機関別符号 is written in one place, which one door calls; whatever opens or hashes a code is known by name."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, product_files, source

WRITER, DOOR = "fugo/actions/record_fugo.py", "fugo/http/nws_inbound_views.py"
WRITES = re.compile(r"fugo_store\(|INTO fugo_kikanbetsu_fugo|KikanbetsuFugo\.objects|UPDATE fugo_kikanbetsu_fugo")
CALLS = re.compile(r"\brecord_fugo\(")
REVEALS = re.compile(r"fugo\.reveal\(\)|fugo_index\(")


def places(pattern: re.Pattern[str]) -> set[str]:
    return {path.as_posix() for path in product_files() if pattern.search(source(path))}


@pytest.mark.kj("KJ-IN-12", "KJ-FUGO-09")
def test_one_place_writes_a_code_and_one_door_calls_it() -> None:
    assert places(WRITES) == {WRITER}
    assert places(CALLS) == {WRITER, DOOR}


@pytest.mark.kj("KJ-FUGO-07", "KJ-DUAL-03")
def test_only_the_writer_has_a_code_in_plain() -> None:
    assert places(REVEALS) - {"chukan/kernel/crypto/blind_index.py"} == {WRITER}


@pytest.mark.kj("KJ-FUGO-07", "KJ-DUAL-03")
def test_no_function_of_the_database_gives_a_sealed_code_out() -> None:
    sql = "".join(path.read_text("utf-8") for path in sorted(Path(ROOT, "fugo", "migrations").rglob("*.sql")))
    returned = re.findall(r"RETURNS TABLE \(([^)]*)\)", sql)

    assert len(returned) > 3
    assert [columns for columns in returned if "ct_" in columns or "kikanbetsu" in columns] == []


def test_example_writers_are_found() -> None:
    assert WRITES.search("INSERT INTO fugo_kikanbetsu_fugo VALUES (1)")
    assert WRITES.search("SELECT fugo_store(%s)")
    assert REVEALS.search("one.fugo.reveal()")
