"""Body bytes to typed values; one unknown key refuses the whole message."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Final, NoReturn, cast

from chukan.kernel.errors import ErrorItem, Invalid

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DIGITS: Final = re.compile(r"[0-9]{7}")


def _refuse_constant(_name: str) -> NoReturn:
    message = "not a JSON number"
    raise ValueError(message)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        message = "duplicate key"
        raise ValueError(message)
    return result


def json_object(body: bytes) -> dict[str, object]:
    """Return the JSON object of a body.

    Raises: Invalid for anything else, a repeated key, NaN, or text that is not UTF-8. The body is never quoted.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        message = "JSON として読み取れません。UTF-8 の JSON を1つ、キーを重ねずに送ってください。"
        raise Invalid("json_fusei", message) from None
    if not isinstance(value, dict):
        raise Invalid("json_fusei", "JSON のオブジェクト（{ } で囲んだ形）を送ってください。")
    return cast("dict[str, object]", value)


def refuse_unknown_keys(value: Mapping[str, object], allowed: Collection[str], *, at: str = "") -> None:
    """Raise Invalid `unknown_field` naming every key that is not allowed; `at` is the pointer of the object."""
    prefix = f"{at}/" if at else ""
    unknown = sorted(key for key in value if key not in allowed)
    if unknown:
        items = [
            ErrorItem(
                "unknown_field", f"{prefix}{_printable(key)}", "この項目名は使えません。項目名を確かめてください。"
            )
            for key in unknown
        ]
        raise Invalid(
            "unknown_field", "使えない項目名があります。何も登録していません。", pointer=items[0].pointer, errors=items
        )


def _printable(key: str) -> str:
    """Return a key as it may stand in an answer: shaped like one of our names, never a value in disguise."""
    if _NAME.fullmatch(key) and not _DIGITS.search(key):
        return key
    return "（表示できない項目名）"
