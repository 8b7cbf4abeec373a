"""電文 to オン資: the fixed list and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shikaku.domain.items import GROUPS
from shikaku.formats.onshi_denbun_v1 import (
    ONSHI_ITEMS,
    Kikan,
    build_denbun,
    build_pmh_id,
    build_sakujo,
    build_shikaku,
)
from tests.unit.shikaku.golden import golden_json
from tests.unit.shikaku.lines import NUMBER, OTHER_NUMBER

SINGLE = ("seigyo", "kihon", "shikaku")
LISTS = ("sho", "iryoken", "korei", "gendogaku", "tokutei_shippei")


def full_joho() -> dict[str, Any]:
    """Return a version in which every item of every group is held."""
    joho: dict[str, Any] = {group: {key: f"{group}.{key}" for key in ONSHI_ITEMS[group]} for group in SINGLE}
    joho |= {group: [{key: f"{group}.{key}" for key in ONSHI_ITEMS[group]}] for group in LISTS}
    return joho


def built(joho: dict[str, Any]) -> dict[str, Any]:
    return build_shikaku(
        hokensha_code="06132013",
        hihokensha_edaban=12,
        newest=joho,
        kikan=[Kikan(2, 5, joho), Kikan(1, 3, joho)],
        pmh_id=None,
    )


def spoiled(joho: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Return the version with foreign keys in every place there is."""
    spoilt = {**joho, **extra, "system": dict(extra)}
    for group in SINGLE:
        spoilt[group] = {**joho[group], **extra}
    for group in LISTS:
        spoilt[group] = [{**element, **extra} for element in joho[group]]
    return spoilt


@pytest.mark.kj("KJ-EXT-02")
def test_snapshot_of_the_whole_telegram() -> None:
    telegram = build_denbun(
        soshin_bango="01900000-0000-7000-8000-000000000001",
        denbun_shubetsu="shikaku",
        himozuke_bango="00000000-0000-4000-8000-000000000001",
        jun=17,
        naiyo=built(full_joho()),
    )
    assert telegram == golden_json("onshi_denbun_v1/shikaku.json")


@pytest.mark.kj("KJ-EXT-02")
def test_an_open_end_is_null() -> None:
    joho = full_joho()
    del joho["shikaku"]["shikaku_soshitsu_ymd"]

    assert all(one["shikaku"]["shikaku_soshitsu_ymd"] is None for one in built(joho)["kikan"])


@pytest.mark.kj("KJ-EXT-02")
def test_the_list_is_the_record_and_grows_only_by_hand() -> None:
    assert set(ONSHI_ITEMS) == {*SINGLE, *LISTS}
    assert {group: len(keys) for group, keys in ONSHI_ITEMS.items()} == {
        "seigyo": 3,
        "kihon": 24,
        "shikaku": 14,
        "sho": 10,
        "iryoken": 35,
        "korei": 5,
        "gendogaku": 7,
        "tokutei_shippei": 6,
    }
    for group, keys in ONSHI_ITEMS.items():
        assert keys == tuple(item.key for item in GROUPS[group].items)


@pytest.mark.kj("KJ-EXT-01", "KJ-EXT-02")
@given(st.dictionaries(st.text(min_size=1), st.one_of(st.text(), st.integers(), st.booleans()), min_size=1))
def test_what_is_not_in_the_list_does_not_leave(extra: dict[str, Any]) -> None:
    foreign = {f"new_{key}": value for key, value in extra.items()}
    assert built(spoiled(full_joho(), foreign)) == built(full_joho())


@pytest.mark.kj("KJ-EXT-01")
def test_no_number_leaves_wherever_it_may_have_come_to_stand() -> None:
    numbers = {
        "kojin_bango": NUMBER,
        "koshingo_kojin_bango": OTHER_NUMBER,
        "kojin_bango_koshin_kubun": "1",
        "kojin_bango_koshin_nichiji": "2026-11-20T00:00:00+09:00",
        "uketsuke_bango": "20261120-0123456789",
        "fugo_himozuke_jotai": "1",
    }
    telegram = json.dumps(built(spoiled(full_joho(), numbers)))
    for key, value in numbers.items():
        assert f'"{key}"' not in telegram
        if len(value) > 1:
            assert value not in telegram


@pytest.mark.kj("KJ-EXT-01")
def test_no_item_of_the_list_is_a_number() -> None:
    assert not any("kojin_bango" in key for keys in ONSHI_ITEMS.values() for key in keys)


def test_what_is_not_held_is_left_out_and_the_shape_stands() -> None:
    assert build_shikaku(
        hokensha_code="06132013", hihokensha_edaban=1, newest={}, kikan=[Kikan(1, 1, {})], pmh_id="P"
    ) == {
        "hokensha_code": "06132013",
        "hihokensha_edaban": "0000000001",
        "seigyo": {},
        "kihon": {},
        "kikan": [
            {
                "shikaku_tsuban": 1,
                "rireki_tsuban": 1,
                "shikaku": {},
                "sho": [],
                "iryoken": [],
                "korei": [],
                "gendogaku": [],
                "tokutei_shippei": [],
            }
        ],
        "pmh_id": "P",
    }


def test_the_same_state_gives_the_same_bytes() -> None:
    assert json.dumps(built(full_joho())) == json.dumps(built(dict(reversed(full_joho().items()))))


def test_periods_come_in_their_order() -> None:
    assert [period["shikaku_tsuban"] for period in built(full_joho())["kikan"]] == [1, 2]


def test_sakujo_and_pmh_id_are_exactly_these() -> None:
    assert build_sakujo(hokensha_code="06132013", hihokensha_edaban=1) == {
        "hokensha_code": "06132013",
        "hihokensha_edaban": "0000000001",
    }
    assert build_pmh_id(pmh_id="P") == {"pmh_id": "P"}
