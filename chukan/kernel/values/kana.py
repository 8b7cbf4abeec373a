"""Match keys of names in kana. Keys only find candidates: what was received is stored and shown as it came."""

import re
import unicodedata
from typing import Final, NamedTuple

_SPACE: Final = "　"
_HALF_KANA: Final = "｡｢｣､･ｦｧｨｩｪｫｬｭｮｯｰｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"
_FULL_KANA: Final = (
    "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセ"
    "ソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
)
# Marks that stand beside their kana become the combining ones, which NFC then joins with it.
_VOICED: Final = {"ﾞ": "\u3099", "゛": "\u3099", "ﾟ": "\u309a", "゜": "\u309a"}
_DASHES: Final = "-‐‑‒–—―⁃−－ｰ─━﹘﹣ー〜～~"
_SMALL: Final = "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
_LARGE: Final = "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロ"
_OLD: Final = {"ヲ": "オ", "ヰ": "イ", "ヱ": "エ"}
_SPACES: Final = re.compile(f"{_SPACE}+")
# What most names are made of: such a text is its own first key, which a property test holds against the long way.
_PLAIN: Final = re.compile(f"[ァ-ヺー]+(?:{_SPACE}[ァ-ヺー]+)*")
_MARK_AFTER_SPACE: Final = re.compile(f"{_SPACE}+(?=[\u3099\u309a])")


def _half_to_full() -> dict[int, str]:
    table = {ord(half): full for half, full in zip(_HALF_KANA, _FULL_KANA, strict=True)}
    table.update({ord(mark): joined for mark, joined in _VOICED.items()})
    return table


def _strict_table() -> dict[int, str]:
    table = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
    table.update({code: chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)})
    table.update(_half_to_full())
    table.update(dict.fromkeys(map(ord, _DASHES), "ー"))
    table.update(dict.fromkeys((0x09, 0x20, 0xA0, 0x2002, 0x2003, 0x2009, 0x200B, 0x202F), _SPACE))
    return table


_HALF_TO_FULL: Final = _half_to_full()
_STRICT: Final = _strict_table()
_LOOSE: Final = {ord(small): large for small, large in zip(_SMALL, _LARGE, strict=True)} | {
    ord(old): new for old, new in _OLD.items()
}


class KanaName(NamedTuple):
    """Loose keys of 氏 and 名; 名 is empty when nothing separates them."""

    family: str
    given: str

    @property
    def whole(self) -> str:
        """Return 氏＋名 without the space, so that a missing space does not matter."""
        return self.family + self.given


def strict_kana_key(text: str) -> str:
    """Return the first match key: full width, katakana, upper case, joined 濁点, one kind of dash, single spaces."""
    if _PLAIN.fullmatch(text):
        return text
    wide = text.upper().translate(_STRICT)
    # A half-width mark may have been cut off from its kana by a space.
    joined = unicodedata.normalize("NFC", _MARK_AFTER_SPACE.sub("", wide))
    return _SPACES.sub(_SPACE, joined).strip(_SPACE)


def loose_kana_key(text: str) -> str:
    """Return the second, looser match key: also small kana as large, ヲ as オ, ヰ as イ, ヱ as エ."""
    return strict_kana_key(text).translate(_LOOSE)


def split_kana(text: str) -> KanaName:
    """Return the loose keys of 氏 and 名, split at the first space; further spaces inside 名 are dropped."""
    family, _, given = loose_kana_key(text).partition(_SPACE)
    return KanaName(family, given.replace(_SPACE, ""))


def display_kana(text: str) -> str:
    """Return `text` with half-width kana shown in full width; everything else stays as received."""
    if not any("\uff61" <= char <= "\uff9f" for char in text):
        return text
    pieces: list[str] = []
    for char in text:
        wide = _HALF_TO_FULL.get(ord(char), char) if "\uff61" <= char <= "\uff9f" else char
        if wide in {"\u3099", "\u309a"} and pieces:
            composed = unicodedata.normalize("NFC", pieces[-1] + wide)
            if len(composed) == 1:
                pieces[-1] = composed
                continue
            wide = "゛" if wide == "\u3099" else "゜"
        elif wide in {"\u3099", "\u309a"}:
            wide = "゛" if wide == "\u3099" else "゜"
        pieces.append(wide)
    return "".join(pieces)
