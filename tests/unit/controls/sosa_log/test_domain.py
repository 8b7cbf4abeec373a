import json
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from chukan.controls.sosa_log.domain import (
    HIDDEN,
    KIND_LABELS,
    RESULTS,
    LogFilter,
    Sosa,
    SosaKind,
    csv_cell,
    holds_number,
    make_sosa,
    short_target,
)
from chukan.kernel.principal import Principal, system_principal
from tests.support.principals import clerk

NOW = datetime(2026, 11, 21, 3, 0, 0, 123, tzinfo=UTC)


def made(by: Principal | None = None, **more: object) -> Sosa:
    items: dict[str, object] = {
        "by": by or clerk(), "kind": SosaKind.TOROKU, "jimu": "shikaku", "target_file": "shikaku", "targets": (),
        "result": "ok", "detail": None, "screen_id": None, "zone": None, "now": NOW, **more,
    }  # fmt: skip
    return make_sosa(**items)  # type: ignore[arg-type]


# Everything that is escaped, and what lies beyond the basic plane.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\0\x1f\x7f\b\t\n\f\r"\\/\u2028𠮷'))
COUNTS = st.integers(-(2**53) + 1, 2**53 - 1)
KEYS = st.text(st.characters(codec="ascii"))


@given(TEXTS, st.lists(TEXTS), st.dictionaries(KEYS, TEXTS | COUNTS))
def test_the_body_is_canonical(text: str, targets: list[str], detail: dict[str, str | int]) -> None:
    sosa = made(targets=targets, detail=detail, screen_id=text)

    assert sosa.body() == rfc8785.dumps(json.loads(sosa.body()))
    assert json.loads(sosa.body())["screen_id"] == text
    assert json.loads(sosa.body())["detail"] == sosa.detail


def test_the_time_is_that_of_the_whole_world() -> None:
    assert json.loads(made().body())["at"] == "2026-11-21T03:00:00.000123+00:00"


@pytest.mark.kj("KJ-LOG-07")
def test_no_demanded_item_is_empty_even_for_the_hubs_own_processes() -> None:
    sosa = made(system_principal(actor_id="relay"))

    assert all([sosa.soshiki, sosa.actor_id, sosa.terminal, sosa.jimu, sosa.target_file, sosa.kind, sosa.result])


def test_the_zone_named_wins_over_the_actors() -> None:
    assert made(zone="06139992").hokensha_code == "06139992"
    assert made().hokensha_code == "06132013"
    assert made(system_principal(actor_id="relay")).hokensha_code is None


@pytest.mark.kj("KJ-LOG-09")
@pytest.mark.parametrize("text", ["123456789018", "123456789018様", "１２３４５６７８９０１８"])
def test_numbers_are_left_out(text: str) -> None:
    sosa = made(targets=[text, "x"], detail={"note": text})

    assert sosa.targets == (HIDDEN, "x")
    assert sosa.detail == {"note": HIDDEN}


def test_a_himozuke_bango_stays_whatever_its_digits() -> None:
    assert not holds_number("00000000-0000-4000-8000-123456789018")


@pytest.mark.kj("KJ-LOG-08")
def test_every_kind_and_result_has_a_japanese_name() -> None:
    assert set(KIND_LABELS) == {kind.value for kind in SosaKind}
    assert len(set(KIND_LABELS.values())) == len(KIND_LABELS)
    assert set(RESULTS) == {"ok", "refused", "not_found", "error"}


def test_a_filter_of_one_zone_ignores_the_zone_asked_for() -> None:
    assert LogFilter(hokensha_code="06139992", kind="login").of_zone("06132013") == LogFilter(
        hokensha_code="06132013", kind="login"
    )


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_cells_that_look_like_formulas_are_defused(text: str) -> None:
    assert csv_cell(text) == f"'{text}"
    assert csv_cell(f"x{text}") == f"x{text}"


def test_a_long_target_is_shortened() -> None:
    assert short_target("3f2504e0-4f89-41d3-9a0c-0305e82c3301") == "3f2504e0…"
    assert short_target("S0001") == "S0001"
