import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.jp import in_

from chukan.kernel.values.kojin_bango import (
    MASK,
    KojinBango,
    contains_kojin_bango,
    is_valid_kojin_bango,
    without_kojin_bango,
)

PUBLISHED = ["123456789018", "983205673214", "621498320257"]

bodies = st.text("0123456789", min_size=11, max_size=11)


def _complete(body: str) -> str:
    return body + in_.calc_check_digit(body)


class TestIsValidKojinBango:
    @pytest.mark.parametrize("number", PUBLISHED)
    def test_accepts_published_numbers(self, number: str) -> None:
        assert is_valid_kojin_bango(number)

    @given(st.text("0123456789", min_size=12, max_size=12))
    def test_agrees_with_the_library_on_any_twelve_digits(self, text: str) -> None:
        assert is_valid_kojin_bango(text) is in_.is_valid(text)

    @given(bodies)
    def test_accepts_every_body_with_its_check_digit(self, body: str) -> None:
        assert is_valid_kojin_bango(_complete(body))

    @pytest.mark.kj("KJ-IN-19")
    @given(body=bodies, at=st.integers(0, 11), shift=st.integers(1, 9))
    def test_rejects_one_changed_digit_unless_the_check_digit_cannot_tell(self, body: str, at: int, shift: int) -> None:
        number = _complete(body)
        changed = number[:at] + str((int(number[at]) + shift) % 10) + number[at + 1 :]

        accepted = is_valid_kojin_bango(changed)

        # Remainders 0 and 1 share the check digit 0: the only slips the rule itself cannot see.
        assert accepted is (changed[-1] == in_.calc_check_digit(changed[:-1]))
        if accepted:
            assert changed[-1] == number[-1] == "0"

    @pytest.mark.kj("KJ-IN-19")
    @pytest.mark.parametrize("at", range(12))
    @pytest.mark.parametrize("number", PUBLISHED)
    def test_rejects_published_numbers_with_any_one_digit_changed(self, number: str, at: int) -> None:
        changed = [number[:at] + digit + number[at + 1 :] for digit in "0123456789" if digit != number[at]]

        assert not any(is_valid_kojin_bango(text) for text in changed)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "12345678901",
            "1234567890188",
            "1234 5678 9018",
            "1234-5678-9018",
            " 123456789018",
            "123456789018\n",
            "１２３４５６７８９０１８",
            "12345678901８",
            "١٢٣٤٥٦٧٨٩٠١٨",
            "12345678901²",
            "+23456789018",
            "12345678901x",
        ],
    )
    def test_rejects_everything_but_twelve_ascii_digits(self, text: str) -> None:
        assert not is_valid_kojin_bango(text)

    @given(st.text(max_size=20))
    def test_never_raises(self, text: str) -> None:
        assert is_valid_kojin_bango(text) in {True, False}


class TestContainsKojinBango:
    @pytest.mark.kj("KJ-IN-19")
    @pytest.mark.parametrize(
        "text",
        [
            "123456789018",
            "備考 123456789018 です",
            "東京都１２３４５６７８９０１８番地",
            "99123456789018",
            "1234567890189",
            "1234-5678-9018",
            "番号1234 5678 9018",
            "１２３４－５６７８－９０１８",
            "①②③④⑤⑥⑦⑧⑨0①⑧",
        ],
    )
    def test_finds_a_number_in_free_text(self, text: str) -> None:
        assert contains_kojin_bango(text)

    @pytest.mark.parametrize(
        "text",
        ["", "東京都千代田区1-2-3", "123456789019", "12345678901", "123456789 018", "03-1234-5678", "1234-5678-9019"],
    )
    def test_leaves_other_text_alone(self, text: str) -> None:
        assert not contains_kojin_bango(text)

    @given(prefix=st.text("あ亜A ", max_size=5), body=bodies, suffix=st.text("あ亜A ", max_size=5))
    def test_finds_it_wherever_it_stands(self, prefix: str, body: str, suffix: str) -> None:
        assert contains_kojin_bango(prefix + _complete(body) + suffix)


class TestKojinBango:
    @pytest.mark.kj("KJ-LOG-09")
    def test_shows_the_mask_wherever_it_is_printed(self) -> None:
        number = KojinBango.parse("123456789018")

        shown = [repr(number), str(number), f"{number}", f"{number!r:>20}".strip(), f"{number:>30}", "%s" % number]  # noqa: UP031 -- this way too

        assert shown == [MASK] * 6
        assert "123456789018" not in repr([number])

    def test_reveals_the_digits_only_when_asked(self) -> None:
        assert KojinBango.parse("123456789018").reveal() == "123456789018"

    @pytest.mark.kj("KJ-ENC-10")
    @pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
    def test_cannot_be_serialised(self, leave: object) -> None:
        assert callable(leave)
        with pytest.raises(TypeError) as caught:
            leave(KojinBango.parse("123456789018"))

        assert "123456789018" not in str(caught.value)

    def test_hands_out_no_state(self) -> None:
        with pytest.raises(TypeError):
            KojinBango.parse("123456789018").__getstate__()

    def test_gives_no_hash(self) -> None:
        with pytest.raises(TypeError):
            hash(KojinBango.parse("123456789018"))

    def test_equals_the_same_number_and_no_text(self) -> None:
        assert KojinBango.parse("123456789018") == KojinBango.parse("123456789018")
        assert KojinBango.parse("123456789018") != KojinBango.parse("983205673214")
        assert KojinBango.parse("123456789018") != "123456789018"

    def test_has_no_dictionary_to_look_into(self) -> None:
        assert not hasattr(KojinBango.parse("123456789018"), "__dict__")

    def test_refuses_without_repeating_the_text(self) -> None:
        with pytest.raises(ValueError, match="個人番号") as caught:
            KojinBango.parse("123456789019")

        assert "123456789019" not in str(caught.value)
        assert "123456789019" not in repr(caught.value.args)


@pytest.mark.parametrize("text", ["", "見本　太郎", "123456789012"])
def test_what_holds_no_number_is_given_back(text: str) -> None:
    assert without_kojin_bango(text) == text


def test_what_holds_a_number_is_not_given_back() -> None:
    assert without_kojin_bango("番号は 1234-5678-9018 です") == ""
