from datetime import date

import pytest

from chukan.controls.sosa_log.forms import NAMES, read_form

NUMBER = "123456789018"


@pytest.mark.kj("KJ-UI-04", "KJ-LOG-09")
@pytest.mark.parametrize("name", NAMES)
def test_a_number_in_any_field_is_neither_looked_for_nor_given_back(name: str) -> None:
    form = read_form({"actor_id": "S0001", name: NUMBER}, on=date(2026, 11, 20))

    assert NUMBER not in str(form.typed)
    assert NUMBER not in str(form.given)
    assert NUMBER not in str(form.fields(NAMES))


def test_what_was_typed_and_cannot_be_read_is_kept_for_mending() -> None:
    form = read_form({"day_from": "あした"}, on=date(2026, 11, 20))

    assert form.typed["day_from"] == "あした"
    assert [error.code for error in form.errors] == ["E207"]
