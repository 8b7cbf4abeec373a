"""The items of one version: built from a line, merged onto what is held, compared, and the keys made from them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from chukan.kernel.values.kana import split_kana
from chukan.kernel.values.kigo_bango import kigo_bango_match_key
from shikaku.domain.held import Joho
from shikaku.domain.items import ELEMENT_KEYS, HENKO_YMD, REPEATED_GROUPS
from shikaku.domain.line import Group, TorokuLine
from shikaku.domain.violations import Violation

_SEPARATOR: Final = "\x1f"
_EMPTY: Final[Mapping[str, Any]] = {}
_BANGO_LENGTH: Final = 8
_PERSON_GROUPS: Final = ("kihon", "seigyo")
_GROUPS_OF_03: Final = ("system", "kihon", "seigyo", "shikaku")
_CHANGE_DATES: Final[Mapping[str, Mapping[str, str]]] = {
    group: {key: henko for (owner, key), henko in HENKO_YMD.items() if owner == group} for group in ("kihon", "shikaku")
}


class KanaTokens(NamedTuple):
    """Texts to make search tokens of: the first two and four characters of 氏, and the whole 氏＋名."""

    two: str
    four: str
    full: str


def new_joho(line: TorokuLine, *, newest: Joho | None) -> dict[str, Any]:
    """Return the items of a new period: the person's groups start from `newest`, those of the period start empty."""
    joho: dict[str, Any] = {}
    for group in _PERSON_GROUPS:
        given: Group = getattr(line, group)
        held: Mapping[str, Any] = _EMPTY if newest is None else newest.get(group) or _EMPTY
        joho[group] = _merged(held, given)
    joho["shikaku"] = _merged(_EMPTY, line.shikaku)
    for group in REPEATED_GROUPS:
        elements = getattr(line, group)
        joho[group] = _merged_elements(group, (), elements) if elements else []
    if line.system:
        joho["system"] = _merged(_EMPTY, line.system)
    return joho


def changed_joho(line: TorokuLine, base: Joho, found: list[Violation]) -> tuple[dict[str, Any], bool]:
    """Return the items after a 変更 and whether anything differs; a changed item without its 変更年月日 is `E208`.

    根拠: KJ-SHI-06. Absent keys keep what is held, None clears.
    """
    joho = dict(base)
    differs = False
    for group in _GROUPS_OF_03:
        given: Group = getattr(line, group)
        if not given:
            continue
        held: Mapping[str, Any] = base.get(group) or _EMPTY
        changed = [key for key, value in given.items() if held.get(key) != value]
        if changed:
            differs = True
            joho[group] = _merged(held, given)
            _require_change_dates(line, group, changed, found)
    for group in REPEATED_GROUPS:
        elements = getattr(line, group)
        if elements:
            before = base.get(group) or []
            after = _merged_elements(group, before, elements)
            if after != list(before):
                differs = True
                joho[group] = after
    return joho, differs


def ended_joho(line: TorokuLine, base: Joho) -> dict[str, Any]:
    """Return the items after a 喪失: its day and, when given, its 事由; nothing else of the line is taken."""
    taken = {key: line.shikaku[key] for key in ("shikaku_soshitsu_ymd", "shikaku_soshitsu_jiyu") if key in line.shikaku}
    joho = dict(base)
    joho["shikaku"] = _merged(base.get("shikaku") or _EMPTY, taken)
    return joho


def _require_change_dates(line: TorokuLine, group: str, changed: Sequence[str], found: list[Violation]) -> None:
    dates = _CHANGE_DATES.get(group)
    if dates is None:
        return
    given: Group = getattr(line, group)
    for key in changed:
        henko = dates.get(key)
        if henko is not None and given.get(henko) is None:
            pointer = f"{group}/{henko}"
            if pointer not in line.unreadable:
                found.append(Violation("E208", pointer))


def _merged(held: Mapping[str, Any], given: Group) -> dict[str, Any]:
    if not held and None not in given.values():
        return dict(given)
    merged = dict(held)
    for key, value in given.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _merged_elements(group: str, held: Sequence[Mapping[str, Any]], given: Sequence[Group]) -> list[dict[str, Any]]:
    """Add each element or lay it over the one with the same key; none is removed by being left out."""
    keys = ELEMENT_KEYS[group]
    merged = [dict(element) for element in held]
    for element in given:
        for at, present in enumerate(merged):
            if all(present.get(key) == element.get(key) for key in keys):
                merged[at] = _merged(present, element)
                break
        else:
            merged.append(_merged(_EMPTY, element))
    return merged


def kigo_bango_key(shikaku: Mapping[str, Any]) -> str | None:
    """Return the match key of 保険者番号・記号・番号・枝番, or None when there is no 番号 (生活保護)."""
    bango = shikaku.get("hihokenshasho_bango")
    hokensha_bango = shikaku.get("hokensha_bango")
    if not isinstance(bango, str) or not isinstance(hokensha_bango, str):
        return None
    kigo = shikaku.get("hihokenshasho_kigo")
    edaban = shikaku.get("edaban")
    return _SEPARATOR.join(
        (
            hokensha_bango.zfill(_BANGO_LENGTH),
            kigo_bango_match_key(kigo) if isinstance(kigo, str) else "",
            kigo_bango_match_key(bango),
            edaban if isinstance(edaban, str) else "",
        )
    )


def kana_tokens(kihon: Mapping[str, Any]) -> KanaTokens | None:
    """Return the texts of the search tokens of 氏名（券面記載）（カナ）, or None when there is none."""
    kana = kihon.get("shimei_kenmen_kana")
    if not isinstance(kana, str):
        return None
    name = split_kana(kana)
    if not name.family:
        return None
    return KanaTokens(name.family[:2], name.family[:4], name.whole)
