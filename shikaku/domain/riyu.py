"""A reason that somebody types and the operation log keeps."""

from typing import Final

from chukan.kernel.errors import Invalid
from chukan.kernel.values.kojin_bango import contains_kojin_bango

RIYU_MAX: Final = 200


def checked_riyu(typed: str) -> str:
    """Return the reason without its outer blanks. Raises Invalid for an empty or long one and for a 個人番号 in it."""
    text = typed.strip()
    if not text or len(text) > RIYU_MAX:
        raise Invalid("riyu_nashi", f"理由がないか、長すぎます。{RIYU_MAX}字までで入れてください。", pointer="riyu")
    if contains_kojin_bango(text):
        raise Invalid(
            "riyu_bango", "理由に個人番号と思われる12桁の数字があります。数字を除いてください。", pointer="riyu"
        )
    return text
