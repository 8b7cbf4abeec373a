"""Finds a 個人番号 written into an identifier: twelve digits may stand there, the person's own number may not.

What leaves to オンライン資格確認 is built from these items, so the number must not hide
in one. The violation is `E215`.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from chukan.kernel.values.kojin_bango import LENGTH, is_valid_kojin_bango
from shikaku.domain.line import TorokuLine, Value

_SEPARATORS: Final = str.maketrans("", "", " -‐‑‒–—―−ー─━・･.,/_")
_SINGLE: Final = ("system", "kihon", "seigyo", "shikaku")
_REPEATED: Final = ("sho", "korei", "gendogaku", "tokutei_shippei")


def folded(text: str) -> str:
    """Return the text with full-width digits as ASCII and without what people put between groups of digits."""
    return unicodedata.normalize("NFKC", text).translate(_SEPARATORS)


def hides(text: str, number: str) -> bool:
    """Tell whether the number stands in the text, however it is spaced or however wide its digits are."""
    return len(text) >= LENGTH and number in folded(text)


def number_candidates(line: TorokuLine) -> Iterator[tuple[str, str]]:
    """Yield (pointer, twelve digits) for every stretch of the line's texts that could be a 個人番号."""
    for group in _SINGLE:
        values: Mapping[str, Value] = getattr(line, group)
        prefix = "" if group == "system" else f"{group}/"
        yield from _candidates(values, prefix)
    for group in _REPEATED:
        for at, element in enumerate(getattr(line, group)):
            yield from _candidates(element, f"{group}/{at}/")


def _candidates(values: Mapping[str, Value], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if type(value) is not str or len(value) < LENGTH:
            continue
        text = folded(value)
        for at in range(len(text) - LENGTH + 1):
            if is_valid_kojin_bango(text[at : at + LENGTH]):
                yield f"{prefix}{key}", text[at : at + LENGTH]
