"""What happens at a form between two pages: the caret in a number, leaving, sending, and an answer that is none."""

from __future__ import annotations

import pytest
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOROKU = "/shikaku/toroku/"


class TestNumber:
    @pytest.fixture
    def window(self, clerk: Window) -> Window:
        """A form with a number typed in, the caret at its beginning."""
        clerk.go(TOROKU)
        clerk.page.focus("#f-kojin_bango")
        clerk.type("123456789012")
        clerk.press("Home")
        return clerk

    def number(self, window: Window) -> str:
        return window.page.input_value("#f-kojin_bango")

    def test_a_digit_in_the_middle_is_corrected_where_it_stands(self, window: Window) -> None:
        for _ in range(3):
            window.press("ArrowRight")
        window.press("Backspace")
        assert self.number(window) == "1245 6789 012"
        window.type("9")

        assert self.number(window) == "1294 5678 9012"

    def test_digits_across_a_gap_are_deleted_and_typed_anew_either_way(self, window: Window) -> None:
        for _ in range(3):
            window.press("ArrowRight")
        for _ in range(3):
            window.press("Delete")
        assert self.number(window) == "1237 8901 2"
        window.type("00")
        for _ in range(2):
            window.press("Backspace")
        window.type("456")

        assert self.number(window) == "1234 5678 9012"
