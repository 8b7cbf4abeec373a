"""Everything about a line that can be told without looking at what is held: `E204`–`E210` and `E215`.

根拠: KJ-IN-04, KJ-IN-06, KJ-IN-07, KJ-IN-08, KJ-IN-19, KJ-SHI-01, KJ-SHI-07, KJ-SHI-08.
"""

from collections.abc import Mapping
from typing import Final

from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.domain.check_values import CHECKS, NUMBER_LENGTH, CodeBook, HokenshaFacts, LineFacts, Values
from shikaku.domain.items import REPEATED_GROUPS
from shikaku.domain.line import Group, TorokuLine
from shikaku.domain.violations import Violation
from shikaku.domain.ymd import day_of

__all__ = ["CodeBook", "HokenshaFacts", "LineFacts", "check_line"]

SHINKI, SAIKANYU, HENKO, SOSHITSU, TORIKESHI = "01", "02", "03", "04", "05"
SHORI_SHUBETSU: Final = frozenset({SHINKI, SAIKANYU, HENKO, SOSHITSU, TORIKESHI})
KANYUSHA, YOTEISHA, SETAIIN, HIHOGOSHA = "01", "02", "03", "04"
STANDING_ONLY: Final = frozenset({YOTEISHA, SETAIIN})
_KOSHIN_KUBUN: Final = frozenset({"1", "2"})
_FUGO_KUBUN: Final = frozenset({"0", "1"})

SEIKATSU_HOGO: Final = "seikatsu_hogo"
KOKI_KOIKI: Final = "koki_koiki"
KUBUN_POINTER: Final = "kihon/kanyusha_kubun_code"

_REQUIRED_KIHON: Final = ("seinengappi", "seibetsu1")
_REQUIRED_KANYUSHA: Final = (
    "hokensha_bango",
    "hihokenshasho_bango",
    "edaban",
    "shikaku_shutoku_ymd",
    "honnin_kazoku_kubun",
)
_REQUIRED_KOKI: Final = tuple(key for key in _REQUIRED_KANYUSHA if key != "edaban")
_REQUIRED_HIHOGOSHA: Final = ("kohi_futansha_bango", "jukyusha_bango", "shikaku_shutoku_ymd")
_NOT_FOR_SEIKATSU_HOGO: Final = ("hokensha_bango", "hihokenshasho_kigo", "hihokenshasho_bango")
_ONLY_SEIKATSU_HOGO: Final = ("jichitai_fukushi_jimusho_mei", "kohi_futansha_bango", "jukyusha_bango")
_GROUP_PREFIXES: Final = (("system", ""), ("kihon", "kihon/"), ("seigyo", "seigyo/"), ("shikaku", "shikaku/"))


def check_line(line: TorokuLine, *, facts: LineFacts) -> list[Violation]:
    """Return every violation that needs no held state, in the order of the items; none = an empty list."""
    found: list[Violation] = [Violation("E207", pointer) for pointer in line.unreadable]
    insurer = facts.hokensha.get(line.hokensha_code)
    shubetsu = "" if insurer is None else insurer.shubetsu
    _check_top(line, insurer, found)
    values = Values(facts, insurer, line.kojin_bango, line.koshingo_kojin_bango)
    _check_groups(line, values, found)
    code = line.shori_shubetsu_code
    if code in (SHINKI, SAIKANYU):
        _check_new_period(line, shubetsu, facts, found)
    elif code in SHORI_SHUBETSU:
        _check_known_person(line, shubetsu, found)
    if shubetsu:
        _check_seido(line, shubetsu, found)
    return found


def _check_top(line: TorokuLine, insurer: HokenshaFacts | None, found: list[Violation]) -> None:
    """System items: 契機, 保険者コード, the numbers, and the two 区分."""
    code = line.shori_shubetsu_code
    if code not in SHORI_SHUBETSU:
        _missing_or(line, "shori_shubetsu_code", code, "E205", found)
    if insurer is None:
        if line.hokensha_code and not _is_digits(line.hokensha_code, 8):
            found.append(Violation("E207", "hokensha_code"))
        _missing_or(line, "hokensha_code", line.hokensha_code, "E204", found)
    if line.kojin_bango is not None and not is_valid_kojin_bango(line.kojin_bango):
        found.append(Violation(_number_code(line.kojin_bango), "kojin_bango"))
    if line.koshingo_kojin_bango is not None and not is_valid_kojin_bango(line.koshingo_kojin_bango):
        found.append(Violation(_number_code(line.koshingo_kojin_bango), "koshingo_kojin_bango"))
    kubun = line.kojin_bango_koshin_kubun
    if kubun is not None and kubun not in _KOSHIN_KUBUN:
        found.append(Violation("E205" if kubun else "E207", "kojin_bango_koshin_kubun"))
    fugo = line.fugo_shutoku_yokyu_kubun
    if fugo is not None and fugo not in _FUGO_KUBUN:
        found.append(Violation("E205" if fugo else "E207", "fugo_shutoku_yokyu_kubun"))
    if line.iryoken_given:
        found.append(Violation("E209", "iryoken"))
    _check_number_change(line, found)


def _missing_or(line: TorokuLine, pointer: str, text: str, code: str, found: list[Violation]) -> None:
    """Add `code`, or `E208` when nothing was given; nothing more for an item that could not be read at all."""
    if pointer not in line.unreadable:
        found.append(Violation(code if text else "E208", pointer))


def _check_number_change(line: TorokuLine, found: list[Violation]) -> None:
    """更新後個人番号 and its 区分 come together and with 変更 only."""
    number = line.koshingo_kojin_bango is not None or "koshingo_kojin_bango" in line.unreadable
    kubun = line.kojin_bango_koshin_kubun is not None or "kojin_bango_koshin_kubun" in line.unreadable
    if not number and not kubun:
        return
    if line.shori_shubetsu_code != HENKO and line.shori_shubetsu_code in SHORI_SHUBETSU:
        if number:
            found.append(Violation("E209", "koshingo_kojin_bango"))
        if kubun:
            found.append(Violation("E209", "kojin_bango_koshin_kubun"))
    elif not kubun:
        found.append(Violation("E208", "kojin_bango_koshin_kubun"))
    elif not number:
        found.append(Violation("E208", "koshingo_kojin_bango"))


def _check_groups(line: TorokuLine, values: Values, found: list[Violation]) -> None:
    """Every given value against its kind and its code table."""
    for group, prefix in _GROUP_PREFIXES:
        given: Group = getattr(line, group)
        if given:
            _check_items(group, given, prefix, values, found)
    for group in REPEATED_GROUPS:
        elements: tuple[Group, ...] = getattr(line, group)
        for index, element in enumerate(elements):
            prefix = f"{group}/{index}/"
            _check_items(group, element, prefix, values, found)
            if not any(value is not None for value in element.values()) and not _unreadable_under(line, prefix):
                found.append(Violation("E208", f"{prefix}kofu_ymd"))


def _check_items(group: str, given: Group, prefix: str, values: Values, found: list[Violation]) -> None:
    checks = CHECKS[group]
    for key, value in given.items():
        if value is None:
            continue
        codes = checks[key](value, values)
        if codes:
            found.extend(Violation(code, prefix + key) for code in codes)


def _unreadable_under(line: TorokuLine, prefix: str) -> bool:
    return any(pointer.startswith(prefix) for pointer in line.unreadable)


def _require(line: TorokuLine, group: str, keys: tuple[str, ...], found: list[Violation]) -> None:
    given: Mapping[str, object] = getattr(line, group)
    for key in keys:
        if given.get(key) is None:
            pointer = f"{group}/{key}"
            if pointer not in line.unreadable:
                found.append(Violation("E208", pointer))


def _check_new_period(line: TorokuLine, shubetsu: str, facts: LineFacts, found: list[Violation]) -> None:
    """新規取得 and 再加入: what is required, what is not allowed, and the day it starts."""
    kihon = line.kihon
    kubun = kihon.get("kanyusha_kubun_code")
    if line.shori_shubetsu_code == SHINKI and (
        line.hihokensha_edaban is not None or "hihokensha_edaban" in line.unreadable
    ):
        found.append(Violation("E209", "hihokensha_edaban"))
    if line.shikaku_tsuban is not None or "shikaku_tsuban" in line.unreadable:
        found.append(Violation("E209", "shikaku_tsuban"))
    if kubun is None:
        _require(line, "kihon", ("kanyusha_kubun_code",), found)
    if line.kojin_bango is None and "kojin_bango" not in line.unreadable:
        if kubun != SETAIIN:
            found.append(Violation("E208", "kojin_bango"))
        elif line.shori_shubetsu_code == SAIKANYU and line.hihokensha_edaban is None:
            found.append(Violation("E208", "hihokensha_edaban"))
    _require(line, "kihon", _REQUIRED_KIHON, found)
    if (
        kihon.get("shimei_kenmen") is None
        and kihon.get("shimei_kenmen_kana") is None
        and "kihon/shimei_kenmen_kana" not in line.unreadable
    ):
        _require(line, "kihon", ("shimei_kenmen",), found)
    if kubun in STANDING_ONLY:
        _refuse_period_groups(line, found)
    elif _kubun_fits(kubun, shubetsu):
        _require(line, "shikaku", _required_shikaku(kubun, shubetsu), found)
        start = day_of(line.shikaku.get("shikaku_shutoku_ymd"))
        if start is not None and start > facts.on and kubun in (KANYUSHA, HIHOGOSHA):
            found.append(Violation("E210", "shikaku/shikaku_shutoku_ymd"))


def _refuse_period_groups(line: TorokuLine, found: list[Violation]) -> None:
    """加入予定者 and 世帯員 have no period, so nothing that belongs to one."""
    if any(value is not None for value in line.shikaku.values()) or _unreadable_under(line, "shikaku/"):
        found.append(Violation("E209", "shikaku"))
    found.extend(
        Violation("E209", group)
        for group in REPEATED_GROUPS
        if getattr(line, group) or _unreadable_under(line, f"{group}/")
    )


def _required_shikaku(kubun: object, shubetsu: str) -> tuple[str, ...]:
    if kubun == HIHOGOSHA:
        return _REQUIRED_HIHOGOSHA
    if kubun == KANYUSHA:
        return _REQUIRED_KOKI if shubetsu == KOKI_KOIKI else _REQUIRED_KANYUSHA
    return ()


def _kubun_fits(kubun: object, shubetsu: str) -> bool:
    """被保護者 belong to 生活保護 and 加入者 to everyone else; 予定者 and 世帯員 may be anywhere."""
    if not shubetsu or kubun not in (KANYUSHA, HIHOGOSHA):
        return True
    return (kubun == HIHOGOSHA) == (shubetsu == SEIKATSU_HOGO)


def _check_known_person(line: TorokuLine, shubetsu: str, found: list[Violation]) -> None:
    """変更, 喪失 and 取消 name their person; 変更 says what, 喪失 says when."""
    if (
        line.hihokensha_edaban is None
        and line.kojin_bango is None
        and "hihokensha_edaban" not in line.unreadable
        and "kojin_bango" not in line.unreadable
    ):
        found.append(Violation("E208", "hihokensha_edaban"))
    if line.shori_shubetsu_code == SOSHITSU:
        _require(line, "shikaku", ("shikaku_soshitsu_ymd",), found)
    elif line.shori_shubetsu_code == HENKO:
        if not _asks_for_something(line):
            found.append(Violation("E208", "-"))
        kubun = HIHOGOSHA if shubetsu == SEIKATSU_HOGO else KANYUSHA
        _refuse_clearing(line, "kihon", ("kanyusha_kubun_code", *_REQUIRED_KIHON), found)
        _refuse_clearing(line, "shikaku", _required_shikaku(kubun, shubetsu), found)


def _refuse_clearing(line: TorokuLine, group: str, keys: tuple[str, ...], found: list[Violation]) -> None:
    """What 新規取得 requires may be changed but not cleared."""
    given: Group = getattr(line, group)
    if None in given.values():
        found.extend(Violation("E208", f"{group}/{key}") for key in keys if key in given and given[key] is None)


def _asks_for_something(line: TorokuLine) -> bool:
    return bool(
        line.kihon
        or line.shikaku
        or line.seigyo
        or line.sho
        or line.korei
        or line.gendogaku
        or line.tokutei_shippei
        or line.system
        or line.koshingo_kojin_bango is not None
        or line.kojin_bango_koshin_kubun is not None
        or line.fugo_shutoku_yokyu_kubun is not None
        or line.iryoken_given
        or line.unreadable
    )


def _check_seido(line: TorokuLine, shubetsu: str, found: list[Violation]) -> None:
    """Items that another 制度 has: the 公費 pair is 生活保護's, 保険者番号・記号・番号 are everyone else's."""
    if not _kubun_fits(line.kihon.get("kanyusha_kubun_code"), shubetsu):
        found.append(Violation("E209", KUBUN_POINTER))
    shikaku = line.shikaku
    if not shikaku or Violation("E209", "shikaku") in found:
        return
    keys = _NOT_FOR_SEIKATSU_HOGO if shubetsu == SEIKATSU_HOGO else _ONLY_SEIKATSU_HOGO
    found.extend(Violation("E209", f"shikaku/{key}") for key in keys if shikaku.get(key) is not None)


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _number_code(text: str) -> str:
    return "E206" if _is_digits(text, NUMBER_LENGTH) else "E207"
