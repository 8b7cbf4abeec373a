"""Match keys of 被保険者証 記号・番号・枝番. What was received is stored, shown and sent as it came."""

import unicodedata
from typing import Final

_DASHES: Final = "-‐‑‒–—―⁃−ー─━﹘﹣"
_MIDDLE_DOTS: Final = "・·•‧∙⋅⸱"
_SPACES: Final = (
    "\t \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u3000"
)
_FOLD: Final = (
    {ord(char): "-" for char in _DASHES}
    | {ord(char): "・" for char in _MIDDLE_DOTS}
    | {ord(char): None for char in _SPACES}
)
_SEPARATOR: Final = "\x1f"


def kigo_bango_match_key(text: str) -> str:
    """Return one part's match key: compatibility forms folded, no spaces, one dash, one middle dot, upper case."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return unicodedata.normalize("NFKC", text).translate(_FOLD).upper()


def kigo_bango_edaban_match_key(kigo: str | None, bango: str, edaban: str | None) -> str:
    """Return the match key of the three together; a missing 記号 or 枝番 is its own value, not a wildcard."""
    return _SEPARATOR.join((kigo_bango_match_key(kigo or ""), kigo_bango_match_key(bango), edaban or ""))
