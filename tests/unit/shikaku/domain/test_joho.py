"""The items of a version."""

from typing import Any

import pytest

from shikaku.domain.joho import changed_joho, ended_joho, new_joho
from shikaku.domain.violations import Violation
from tests.unit.shikaku.lines import kihon, known_line, new_line, shikaku


def _given(group: str, element: dict[str, Any]) -> dict[str, Any]:
    return {group: (element,)}


def test_a_first_version_holds_what_was_given_and_nothing_empty() -> None:
    line = new_line(
        kihon={**kihon(), "jusho": None},
        seigyo={"opt_out": False},
        system={"record_shikibetsu_bango": "R1"},
        korei=({"kofu_ymd": "2026-08-01", "kaishu_ymd": None},),
    )
    assert new_joho(line, newest=None) == {
        "kihon": kihon(),
        "seigyo": {"opt_out": False},
        "shikaku": shikaku(),
        "sho": [],
        "korei": [{"kofu_ymd": "2026-08-01"}],
        "gendogaku": [],
        "tokutei_shippei": [],
        "system": {"record_shikibetsu_bango": "R1"},
    }


def test_two_elements_of_one_key_in_one_message_are_one() -> None:
    line = new_line(korei=({"kofu_ymd": "2026-08-01"}, {"kofu_ymd": "2026-08-01", "ichibu_futankin_wariai": "020"}))
    assert new_joho(line, newest=None)["korei"] == [{"kofu_ymd": "2026-08-01", "ichibu_futankin_wariai": "020"}]


@pytest.mark.parametrize(
    ("group", "first", "second", "count"),
    [
        ("sho", {"kofu_ymd": "2026-04-01", "sho_kubun": "01"}, {"kofu_ymd": "2026-04-01", "sho_kubun": "02"}, 2),
        ("sho", {"kofu_ymd": "2026-04-01", "sho_kubun": "01"}, {"kofu_ymd": "2026-04-01", "sho_kubun": "01"}, 1),
        ("korei", {"kofu_ymd": "2026-04-01"}, {"kofu_ymd": "2026-05-01"}, 2),
        ("tokutei_shippei", {"kofu_ymd": "2026-04-01", "nintei_shippei_kubun": "1"}, {"kofu_ymd": "2026-04-01"}, 2),
        ("tokutei_shippei", {"nintei_shippei_kubun": "1"}, {"nintei_shippei_kubun": "1"}, 1),
        ("gendogaku", {"sho_kubun": "01", "tekiyo_kubun": "A01"}, {"sho_kubun": "01", "tekiyo_kubun": "A02"}, 1),
    ],
)  # fmt: skip
def test_what_makes_an_element_the_same(group: str, first: dict[str, Any], second: dict[str, Any], count: int) -> None:
    base = new_joho(new_line(**_given(group, first)), newest=None)
    after, differs = changed_joho(known_line("03", **_given(group, second)), base, [])
    assert len(after[group]) == count
    assert differs == (count == 2 or first != second)


def test_what_is_held_is_never_changed_in_place() -> None:
    base = new_joho(new_line(korei=({"kofu_ymd": "2026-08-01"},)), newest=None)
    kept = {
        key: (dict(value) if isinstance(value, dict) else [dict(element) for element in value])
        for key, value in base.items()
    }
    found: list[Violation] = []
    changed_joho(
        known_line("03", kihon={"mibun": "1"}, korei=({"kofu_ymd": "2026-08-01", "kaishu_ymd": "2026-09-01"},)),
        base,
        found,
    )
    ended_joho(known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), base)
    assert base == kept
    assert found == [Violation("E208", "kihon/mibun_henko_ymd")]


def test_soshitsu_keeps_the_reason_it_is_not_told_of() -> None:
    base = new_joho(new_line(shikaku=shikaku(shikaku_soshitsu_jiyu="99")), newest=None)
    ended = ended_joho(known_line("04", shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}), base)
    assert ended["shikaku"]["shikaku_soshitsu_jiyu"] == "99"
