import re

import jaconv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.values.kana import display_kana, loose_kana_key, split_kana, strict_kana_key

KATAKANA = "".join(chr(code) for code in range(0x30A1, 0x30F4)) + "ー"
HALF_KANA = "".join(chr(code) for code in range(0xFF66, 0xFF9E))
# ヺ and ヷ exist, the library does not know them.
HALF_KANA_OF_THE_LIBRARY = HALF_KANA.replace("ｦ", "").replace("ﾜ", "")


class TestStrictKanaKey:
    @pytest.mark.parametrize(
        "received, key",
        [
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ"),
            ("やまだ　たろう", "ヤマダ　タロウ"),
            ("ヤマタ゛  タロウ", "ヤマダ　タロウ"),
            ("ヤマタ\u3099 タロウ", "ヤマダ　タロウ"),
            (" ヤマダ\t タロウ　", "ヤマダ　タロウ"),
            ("ﾊﾟｸ", "パク"),
            ("オ-タ", "オータ"),
            ("オ−タ", "オータ"),
            ("オ―タ", "オータ"),
            ("オ─タ", "オータ"),
            ("ｵｰﾀ", "オータ"),
            ("オ－タ", "オータ"),
            ("john smith", "ＪＯＨＮ　ＳＭＩＴＨ"),
            ("Ｊohn", "ＪＯＨＮ"),
            ("ｼﾞｮﾝ･ｽﾐｽ", "ジョン・スミス"),
            ("", ""),
        ],
    )
    def test_folds_width_script_marks_dashes_and_spaces(self, received: str, key: str) -> None:
        assert strict_kana_key(received) == key

    @pytest.mark.parametrize("kana", ["ヵ", "ヶ", "ヮ", "ヰ", "ヱ", "ヲ", "ャ"])
    def test_keeps_small_and_old_kana(self, kana: str) -> None:
        assert strict_kana_key(kana) == kana

    @given(st.text(HALF_KANA_OF_THE_LIBRARY + "ﾞﾟ", max_size=12))
    def test_widens_like_the_library(self, text: str) -> None:
        # Marks that belong to no kana stay beside it and mean nothing.
        key = re.sub("[\u3099\u309a]", "", strict_kana_key(text))

        assert key == re.sub("[ﾞﾟ゛゜]", "", jaconv.h2z(text))

    @given(st.text(KATAKANA, max_size=12))
    def test_hiragana_and_katakana_are_one(self, text: str) -> None:
        assert strict_kana_key(jaconv.kata2hira(text)) == strict_kana_key(text)

    @given(st.text(max_size=12))
    def test_is_a_fixed_point(self, text: str) -> None:
        assert strict_kana_key(strict_kana_key(text)) == strict_kana_key(text)

    @given(st.text(st.sampled_from("アァイガパヴヷヺー　ヰヲッャ"), min_size=1, max_size=20))
    def test_the_short_way_for_plain_names_comes_to_the_same_as_the_long_one(self, text: str) -> None:
        longer = strict_kana_key(f" {text}")  # the space in front closes the short way

        assert strict_kana_key(text) == longer


class TestLooseKanaKey:
    @pytest.mark.parametrize(
        "received, key",
        [
            ("キャサリン", "キヤサリン"),
            ("イッペイ", "イツペイ"),
            ("ﾊｯﾄﾘ", "ハツトリ"),
            ("マチヵネ", "マチカネ"),
            ("ヤヶ", "ヤケ"),
            ("クヮ", "クワ"),
            ("ヰノウエ ヱミ", "イノウエ　エミ"),
            ("ヲノ", "オノ"),
            ("ゐのうえ", "イノウエ"),
            ("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ"),
            ("ㇰㇻ", "クラ"),
        ],
    )
    def test_makes_small_kana_large_and_old_kana_new(self, received: str, key: str) -> None:
        assert loose_kana_key(received) == key

    @given(st.text(KATAKANA + HALF_KANA + " 　", max_size=12))
    def test_people_who_are_one_strictly_are_one_loosely(self, text: str) -> None:
        assert loose_kana_key(strict_kana_key(text)) == loose_kana_key(text)


class TestSplitKana:
    @pytest.mark.parametrize(
        "received, family, given",
        [
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ", "タロウ"),
            ("ヤマダ　　タロウ", "ヤマダ", "タロウ"),
            ("ヤマダタロウ", "ヤマダタロウ", ""),
            ("スミス ジョン ポール", "スミス", "ジヨンポール"),
            ("", "", ""),
        ],
    )
    def test_splits_at_the_first_space(self, received: str, family: str, given: str) -> None:
        assert split_kana(received) == (family, given)

    def test_whole_name_does_not_depend_on_the_space(self) -> None:
        assert split_kana("ヤマダ タロウ").whole == split_kana("ヤマダタロウ").whole


class TestDisplayKana:
    @pytest.mark.parametrize(
        "received, shown",
        [
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ タロウ"),
            ("ﾊﾟﾌﾞﾛ･ﾋﾟｶｿ", "パブロ・ピカソ"),
            ("ﾞｱ", "゛ア"),
            ("ｱﾞ", "ア゛"),
            ("ｱﾟ", "ア゜"),
            ("山田 太郎 ABC", "山田 太郎 ABC"),
            ("神\ufa19ﾔ", "神\ufa19ヤ"),
        ],
    )
    def test_widens_half_kana_and_nothing_else(self, received: str, shown: str) -> None:
        assert display_kana(received) == shown
