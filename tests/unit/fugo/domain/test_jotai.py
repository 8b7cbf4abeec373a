"""An insurer is told of nothing that was before it registered the member."""

from dataclasses import fields
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fugo.domain.jotai import Jotai, as_told
from fugo.domain.shutoku_state import ShutokuState

BEFORE, AT, AFTER = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3))


@pytest.mark.kj("KJ-ZONE-01", "KJ-MENU-08")
def test_times_before_the_own_registration_are_left_out() -> None:
    told = as_told(Jotai(UUID(int=1), 1, AT, ShutokuState.SETTEI, False, AFTER, BEFORE, BEFORE, AT, AFTER, None))

    stamps = [getattr(told, field.name) for field in fields(told) if field.name.startswith("fugo_")][1:]
    assert stamps == [AFTER, None, None, AT, AFTER, None]
    assert told.state is ShutokuState.SETTEI


@pytest.mark.kj("KJ-MENU-08")
def test_there_is_no_place_for_a_code() -> None:
    assert not [field.name for field in fields(Jotai) if "kikanbetsu" in field.name]
