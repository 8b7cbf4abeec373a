"""The line itself."""

import dataclasses

import pytest

from tests.unit.shikaku.lines import NUMBER, new_line


def test_a_line_shows_nothing_personal() -> None:
    line = new_line(koshingo_kojin_bango="983205673214")
    for personal in (NUMBER, "983205673214", "見本", "1980"):
        assert personal not in repr(line)


def test_a_line_is_not_changed_on_its_way() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        new_line().kojin_bango = None  # type: ignore[misc]
