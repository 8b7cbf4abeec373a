"""払出しの依頼: what Public Medical Hub may ask with: one of three 事務 and 個人番号, nothing else about a person.

根拠: KJ-IN-10, KJ-PMH-07.
"""

from collections.abc import Sequence
from typing import Final

from chukan.kernel.errors import ErrorItem, Invalid
from chukan.kernel.values.kojin_bango import LENGTH

IKKEN: Final = "ikken"
IKKATSU: Final = "ikkatsu"
IKKATSU_MAX: Final = 1000
_JIMU: Final = frozenset({"01", "02", "03"})


def check_jimu_kubun(value: object) -> str:
    """Return the 事務区分; raises Invalid `jimu_kubun_fusei` for anything but 医療費公費, 予防接種, 母子保健."""
    if isinstance(value, str) and value in _JIMU:
        return value
    raise Invalid(
        "jimu_kubun_fusei",
        "事務区分は 01（医療費公費）、02（予防接種）、03（母子保健）のどれかにしてください。",
        pointer="jimu_kubun",
    )


def check_ikken(value: object) -> str:
    """Return the number of a request for one person; raises Invalid `kojin_bango_fusei` when it has not its form.

    The form alone is a matter of the request: a number with a wrong check digit is nobody's.
    """
    if _has_form(value):
        return str(value)
    raise _wrong_form([ErrorItem("kojin_bango_fusei", "kojin_bango", _FORM)])


def check_ikkatsu(value: object) -> tuple[str, ...]:
    """Return the numbers of a request for many, in order, repeats included.

    Raises Invalid: `kojin_bango_fusei` names every place without the form of a number, `kensu_okisugi` for too many.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Invalid("kojin_bango_fusei", "個人番号は文字列の配列で指定してください。", pointer="kojin_bango")
    if len(value) > IKKATSU_MAX:
        message = f"一度に依頼できるのは{IKKATSU_MAX:,}件までです。分けて送ってください。"
        raise Invalid("kensu_okisugi", message, pointer="kojin_bango")
    wrong = [
        ErrorItem("kojin_bango_fusei", f"kojin_bango/{place}", _FORM)
        for place, one in enumerate(value)
        if not _has_form(one)
    ]
    if wrong:
        raise _wrong_form(wrong)
    return tuple(value)


_FORM: Final = f"個人番号は半角の数字{LENGTH}桁の文字列で指定してください。ほかの項目は入れないでください。"


def _has_form(value: object) -> bool:
    return isinstance(value, str) and len(value) == LENGTH and value.isascii() and value.isdigit()


def _wrong_form(items: Sequence[ErrorItem]) -> Invalid:
    return Invalid("kojin_bango_fusei", _FORM, pointer=items[0].pointer, errors=items)
