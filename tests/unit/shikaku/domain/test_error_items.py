"""Violations as errors that people read."""

from shikaku.domain.error_items import error_items
from shikaku.domain.violations import Violation


def test_each_violation_keeps_its_place_and_gets_a_sentence() -> None:
    items = error_items([Violation("E202", "shikaku/shikaku_soshitsu_ymd"), Violation("W101", "-")])

    assert [(item.code, item.pointer) for item in items] == [("E202", "shikaku/shikaku_soshitsu_ymd"), ("W101", "-")]
    assert all(item.message.endswith("。") for item in items)
