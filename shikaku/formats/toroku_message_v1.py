"""登録電文, version 1: the JSON object of one 明細.

One key that is not in the item list refuses the whole message. 根拠: KJ-IN-04, KJ-IN-06.
"""

from collections.abc import Mapping
from typing import Any, Final

from chukan.kernel.errors import ErrorItem, Invalid
from chukan.kernel.values.edaban import is_valid_edaban
from chukan.kernel.values.kojin_bango import contains_kojin_bango
from shikaku.domain.items import GROUPS, REPEATED_GROUPS, SYSTEM, TOP
from shikaku.domain.line import TorokuLine
from shikaku.domain.plain_text import is_printable
from shikaku.domain.shikaku_tsuban import is_shikaku_tsuban

# More than anybody has; a message is not a file.
ELEMENTS_LIMIT: Final = 100
_SHOWN_KEY: Final = 64
_REQUIRED: Final = ("shori_shubetsu_code", "hokensha_code")
_TEXTS: Final = ("kojin_bango", "koshingo_kojin_bango", "kojin_bango_koshin_kubun", "fugo_shutoku_yokyu_kubun")
_GROUP_KEYS: Final[Mapping[str, frozenset[str]]] = {key: group.columns() for key, group in GROUPS.items()}
_TOP_KEYS: Final = frozenset({*TOP, *SYSTEM.columns(), *GROUPS} - {SYSTEM.key})
_LISTS: Final = (*REPEATED_GROUPS, "iryoken")


def read_message(body: object) -> TorokuLine:
    """Return the line of a parsed JSON body; wrong types become `E207` and missing items `E208` when it is checked.

    Raises Invalid: `json_fusei` (no object), `unknown_field` (naming the key).
    """
    if not isinstance(body, Mapping):
        raise Invalid("json_fusei", "本文がJSONのオブジェクトではありません。項目名と値の組で送ってください。")
    _refuse_unknown_keys(body)
    unreadable: list[str] = []
    texts = {key: _text(body, key, unreadable) for key in (*_REQUIRED, *_TEXTS)}
    elements = {group: _elements(body.get(group), group, unreadable) for group in _LISTS}
    return TorokuLine(
        shori_shubetsu_code=texts["shori_shubetsu_code"] or "",
        hokensha_code=texts["hokensha_code"] or "",
        hihokensha_edaban=_edaban(body.get("hihokensha_edaban"), unreadable),
        kojin_bango=texts["kojin_bango"],
        koshingo_kojin_bango=texts["koshingo_kojin_bango"],
        kojin_bango_koshin_kubun=texts["kojin_bango_koshin_kubun"],
        fugo_shutoku_yokyu_kubun=texts["fugo_shutoku_yokyu_kubun"],
        shikaku_tsuban=_tsuban(body.get("shikaku_tsuban"), unreadable),
        system=_values({key: body[key] for key in sorted(SYSTEM.columns()) if key in body}, "", unreadable),
        kihon=_group(body.get("kihon"), "kihon", unreadable),
        seigyo=_group(body.get("seigyo"), "seigyo", unreadable),
        shikaku=_group(body.get("shikaku"), "shikaku", unreadable),
        sho=elements["sho"],
        korei=elements["korei"],
        gendogaku=elements["gendogaku"],
        tokutei_shippei=elements["tokutei_shippei"],
        iryoken_given=bool(elements["iryoken"]),
        unreadable=tuple(unreadable),
    )


def _refuse_unknown_keys(body: Mapping[str, Any]) -> None:
    _refuse_beyond(body, _TOP_KEYS, "")
    for group in GROUPS:
        given = body.get(group)
        if isinstance(given, Mapping):
            _refuse_beyond(given, _GROUP_KEYS[group], f"{group}/")
        elif isinstance(given, list):
            for index, element in enumerate(given):
                if isinstance(element, Mapping):
                    _refuse_beyond(element, _GROUP_KEYS[group], f"{group}/{index}/")


def _refuse_beyond(given: Mapping[str, Any], known: frozenset[str], prefix: str) -> None:
    for key in given:
        if key not in known:
            pointer = f"{prefix}{_shown(key)}"
            text = f"項目 {pointer} はこの電文にない項目です。項目名を確かめるか、項目を除いて送ってください。"
            raise Invalid("unknown_field", text, pointer=pointer, errors=(ErrorItem("unknown_field", pointer, text),))


def _shown(key: str) -> str:
    """Return the key as it may be named: short, printable, and never with a number in it."""
    shown = key[:_SHOWN_KEY]
    return shown if shown and is_printable(shown) and not contains_kojin_bango(key) else "****"


def _text(body: Mapping[str, Any], key: str, unreadable: list[str]) -> str | None:
    value = body.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value:
        return value
    unreadable.append(key)
    return None


def _edaban(value: object, unreadable: list[str]) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and is_valid_edaban(value):
        return int(value)
    unreadable.append("hihokensha_edaban")
    return None


def _tsuban(value: object, unreadable: list[str]) -> int | None:
    if value is None:
        return None
    if type(value) is int and is_shikaku_tsuban(value):
        return value
    unreadable.append("shikaku_tsuban")
    return None


def _group(value: object, group: str, unreadable: list[str]) -> dict[str, Any]:
    if value is None or value == []:
        return {}
    if isinstance(value, Mapping):
        return _values(value, f"{group}/", unreadable)
    unreadable.append(group)
    return {}


def _elements(value: object, group: str, unreadable: list[str]) -> tuple[dict[str, Any], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > ELEMENTS_LIMIT:
        unreadable.append(group)
        return ()
    elements = []
    for index, element in enumerate(value):
        if isinstance(element, Mapping):
            elements.append(_values(element, f"{group}/{index}/", unreadable))
        else:
            unreadable.append(f"{group}/{index}")
    return tuple(elements)


def _values(given: Mapping[str, Any], prefix: str, unreadable: list[str]) -> dict[str, Any]:
    """Return the plain values; lists, objects and fractions are in no item."""
    plain = {}
    for key, value in given.items():
        if value is None or isinstance(value, str | bool | int):
            plain[key] = value
        else:
            unreadable.append(prefix + key)
    return plain
