import pytest

from chukan.kernel.values.kigo_bango import kigo_bango_edaban_match_key, kigo_bango_match_key


class TestKigoBangoMatchKey:
    @pytest.mark.parametrize(
        "one, other",
        [
            ("ａｂ１２", "AB12"),
            ("AB 12", "AB12"),
            ("AB　12", "AB12"),
            ("12−34", "12-34"),
            ("12ー34", "12-34"),
            ("12－34", "12-34"),
            ("ｱ･1", "ア・1"),
            ("ア•1", "ア・1"),
            ("㈱1", "(株)1"),
        ],
    )
    def test_folds_what_people_write_differently(self, one: str, other: str) -> None:
        assert kigo_bango_match_key(one) == kigo_bango_match_key(other)

    @pytest.mark.parametrize("one, other", [("12", "012"), ("1-2", "12"), ("ア1", "イ1"), ("1-2", "1・2")])
    def test_keeps_apart_what_differs(self, one: str, other: str) -> None:
        assert kigo_bango_match_key(one) != kigo_bango_match_key(other)


class TestKigoBangoEdabanMatchKey:
    def test_parts_do_not_run_into_each_other(self) -> None:
        keys = {
            kigo_bango_edaban_match_key("12", "3", "00"),
            kigo_bango_edaban_match_key("1", "23", "00"),
            kigo_bango_edaban_match_key(None, "123", "00"),
            kigo_bango_edaban_match_key("12", "3", None),
            kigo_bango_edaban_match_key("12", "3", "01"),
        }

        assert len(keys) == 5

    def test_missing_kigo_is_the_empty_one(self) -> None:
        assert kigo_bango_edaban_match_key(None, "1", "00") == kigo_bango_edaban_match_key("", "1", "00")
