"""払出しの依頼: what Public Medical Hub may ask with: one of three 事務 and 個人番号, nothing else about a person.

根拠: KJ-IN-10, KJ-PMH-07.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from chukan.kernel.errors import ErrorItem, Invalid
from chukan.kernel.values.kojin_bango import LENGTH

IKKEN: Final = "ikken"
IKKATSU: Final = "ikkatsu"
IKKATSU_MAX: Final = 1000
ANSWERED: Final = "ok"  # the code of a request that was answered, whatever with
HOHO_LABELS: Final[Mapping[str, str]] = {IKKEN: "1人", IKKATSU: "一括"}
# Why a request was refused, and what an operator does about it.
REFUSED_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "itaku_kakunin_nashi": (
        "この事務の委託の確認がないか、見直し年月日を過ぎています。",
        "公費実施機関等からの委託を確かめ、接続システムに登録してください。",
    ),
    "unknown_field": (
        "個人番号と事務区分のほかの項目が入っていました。",
        "PMHの運用者に、余分な項目を送らないよう伝えてください。",
    ),
    "kojin_bango_fusei": (
        "個人番号が数字12桁でないものがありました。",
        "PMHの運用者に、元の番号を確かめてもらってください。",
    ),
    "jimu_kubun_fusei": (
        "事務区分が 01・02・03 のどれでもありません。",
        "PMHの運用者に、事務区分を確かめてもらってください。",
    ),
    "kensu_okisugi": (f"一度に{IKKATSU_MAX:,}件を超えていました。", "PMHの運用者に、分けて送ってもらってください。"),
    "json_fusei": ("本文を JSON として読み取れませんでした。", "PMHの運用者に、送信の処理を確かめてもらってください。"),
    "media_type_fusei": ("Content-Type が違いました。", "PMHの運用者に、送信の処理を確かめてもらってください。"),
    "method_fusei": ("POST 以外で呼ばれました。", "PMHの運用者に、送信の処理を確かめてもらってください。"),
    "ninsho": ("署名と本文が合いませんでした。", "続くときは、PMHの運用者と鍵・経路を確かめてください。"),
    "kozatsu": (
        "ほかの処理と重なり、答えられませんでした。",
        "PMHが送り直します。続くときは保守担当に連絡してください。",
    ),
    "naibu": (
        "こちらの異常で答えられませんでした。",
        "保守担当に調べてもらってください。PMHが送り直すと同じ答えになります。",
    ),
}
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
