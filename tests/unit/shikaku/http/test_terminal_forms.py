"""Fields of the forms: order of errors, folded sections, choices."""

from __future__ import annotations

from shikaku.http.terminal_forms import FieldError, Section, Spec, bind, in_field_order

NAME = Spec(name="kihon.shimei_kenmen", label="氏名")
SEX = Spec(name="kihon.seibetsu1", label="性別", kind="select", options=(("1", "1 男"), ("2", "2 女")))


def test_errors_stand_in_the_order_of_the_fields_and_those_of_the_page_last() -> None:
    errors = [FieldError("", "c"), FieldError("kihon.seibetsu1", "b"), FieldError("kihon.shimei_kenmen", "a")]

    assert [error.message for error in in_field_order(errors, [NAME, SEX])] == ["a", "b", "c"]


def test_a_folded_section_opens_for_a_value_or_an_error() -> None:
    folded = Section("そのほか", (NAME,), folded=True)

    assert bind([folded], {})[0].folded
    assert not bind([folded], {"kihon.shimei_kenmen": "x"})[0].folded
    assert not bind([folded], {}, [FieldError("kihon.shimei_kenmen", "x")])[0].folded


def test_a_wrong_field_does_not_give_a_number_back() -> None:
    day = Spec(name="on", label="この日に有効", kind="date")
    typed = {"on": "123456789018", "kihon.shimei_kenmen": "見本"}
    errors = [FieldError("on", "x"), FieldError("kihon.shimei_kenmen", "x")]

    fields = bind([Section("", (day, NAME))], typed, errors)[0].fields

    assert [field.value for field in fields] == ["", "見本"]
    assert bind([Section("", (day,))], typed)[0].fields[0].value == "123456789018"


def test_a_list_begins_with_no_choice() -> None:
    field = bind([Section("", (SEX,))], {})[0].fields[0]

    assert list(field.choices) == [("", "", True), ("1", "1 男", False), ("2", "2 女", False)]


def test_a_field_says_its_error_with_the_code() -> None:
    error = FieldError("kihon.seibetsu1", "性別を選んでください。", "E208")

    field = bind([Section("", (SEX,))], {}, [error])[0].fields[0]

    assert field.error == "性別を選んでください。（E208）"
    assert field.described_by == "f-kihon-seibetsu1-error"
