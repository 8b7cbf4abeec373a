"""変更: what a line that changes something held does. 根拠: KJ-SHI-05, KJ-SHI-06."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from shikaku.domain.check_line import HENKO, HIHOGOSHA, KANYUSHA, KUBUN_POINTER, STANDING_ONLY
from shikaku.domain.held import Held, HeldPeriod, KigoUse, KoshingoFacts
from shikaku.domain.items import REPEATED_GROUPS
from shikaku.domain.joho import changed_joho, kigo_bango_key
from shikaku.domain.line import TorokuLine
from shikaku.domain.periods import (
    SHUTOKU,
    SOSHITSU,
    Days,
    check_kigo_users,
    check_not_empty,
    check_overlap,
    days_of,
)
from shikaku.domain.plan import Plan, VersionWrite
from shikaku.domain.violations import Violation, has_error

W102: Final = Violation("W102", "-")
_MEMBERS: Final = frozenset({KANYUSHA, HIHOGOSHA})


@dataclass(frozen=True, slots=True)
class Around:
    """What a change is compared with besides its own person."""

    kigo_users: Sequence[KigoUse]
    koshingo: KoshingoFacts
    on: date


def plan_change(
    line: TorokuLine, held: Held, target: HeldPeriod, around: Around, found: list[Violation]
) -> Plan | None:
    """Return a new version of the named period, `W102` when nothing differs, None with the reasons added to `found`."""
    joho, differs = changed_joho(line, target.joho, found)
    start, end = target.valid_from, target.valid_to
    if target.shikaku_tsuban is None:
        _refuse_period_items(line, found)
    else:
        days = days_of(line, joho["shikaku"])
        if days is not None:
            renumbered = kigo_bango_key(joho["shikaku"]) != kigo_bango_key(target.joho["shikaku"])
            _check_period(days, held, target, around, found, renumbered=renumbered)
            start, end = days
    kubun = _kubun_after(line, held, target, found)
    _require_name(line, joho, found)
    number_change = _number_change(line, held, around.koshingo, found)
    if has_error(found):
        return None
    asks_fugo = line.fugo_shutoku_yokyu_kubun == "1" and not held.fugo_requested and target.shikaku_tsuban is not None
    if not differs and number_change is None and not asks_fugo:
        return _unchanged(held, target)
    telegram = target.shikaku_tsuban is not None and (differs or asks_fugo or number_change == "2")
    return Plan(
        handled_as=HENKO,
        warnings=(),
        new_kanyusha=False,
        kanyusha_kubun=kubun,
        version=VersionWrite(
            target.shikaku_tsuban, held.next_rireki_tsuban, target.rireki_tsuban, start, end, False, joho
        ),
        number_change=number_change,
        owes="shikaku" if telegram else None,
        fugo_requested=held.fugo_requested or asks_fugo,
        has_number=held.has_number or number_change is not None,
        shikaku_tsuban=target.shikaku_tsuban,
        rireki_tsuban=held.next_rireki_tsuban,
    )


def _unchanged(held: Held, target: HeldPeriod) -> Plan:
    return Plan(
        handled_as=HENKO,
        warnings=(W102,),
        new_kanyusha=False,
        kanyusha_kubun=held.kanyusha_kubun,
        version=None,
        number_change=None,
        owes=None,
        fugo_requested=held.fugo_requested,
        has_number=held.has_number,
        shikaku_tsuban=target.shikaku_tsuban,
        rireki_tsuban=target.rireki_tsuban,
    )


def _check_period(
    days: Days, held: Held, target: HeldPeriod, around: Around, found: list[Violation], *, renumbered: bool
) -> None:
    """A corrected 取得日 or 喪失日 moves the period, a corrected card moves its numbers: both are compared again."""
    start_moved = days[0] != target.valid_from
    moved = start_moved or days[1] != target.valid_to
    if not moved and not renumbered:
        return
    if start_moved and days[0] > around.on:
        found.append(Violation("E210", SHUTOKU))
    if not check_not_empty(days, found):
        return
    if moved:
        check_overlap(days, held, target.shikaku_tsuban, SHUTOKU if start_moved else SOSHITSU, found)
    check_kigo_users(days, held, around.kigo_users, found)


def _refuse_period_items(line: TorokuLine, found: list[Violation]) -> None:
    """Who has no period has nothing that belongs to one."""
    if any(value is not None for value in line.shikaku.values()):
        found.append(Violation("E209", "shikaku"))
    found.extend(Violation("E209", group) for group in REPEATED_GROUPS if getattr(line, group))


def _kubun_after(line: TorokuLine, held: Held, target: HeldPeriod, found: list[Violation]) -> str:
    """加入者区分 changes between 予定者 and 世帯員 only; a member is made by 新規取得 and ended by 喪失."""
    kubun = line.kihon.get("kanyusha_kubun_code")
    if not isinstance(kubun, str):
        return held.kanyusha_kubun
    allowed = STANDING_ONLY if target.shikaku_tsuban is None else _MEMBERS
    if kubun not in allowed and kubun in STANDING_ONLY | _MEMBERS:
        found.append(Violation("E209", KUBUN_POINTER))
    return held.kanyusha_kubun if held.standing is not None and target.shikaku_tsuban is not None else kubun


def _require_name(line: TorokuLine, joho: Mapping[str, Any], found: list[Violation]) -> None:
    """氏名（券面記載） or its カナ stays: one of the two may be cleared, not both."""
    if "shimei_kenmen" in line.kihon or "shimei_kenmen_kana" in line.kihon:
        kihon = joho.get("kihon") or {}
        if "shimei_kenmen" not in kihon and "shimei_kenmen_kana" not in kihon:
            cleared = "shimei_kenmen" if "shimei_kenmen" in line.kihon else "shimei_kenmen_kana"
            found.append(Violation("E208", f"kihon/{cleared}"))


def _number_change(
    line: TorokuLine, held: Held, koshingo: KoshingoFacts, found: list[Violation]
) -> Literal["1", "2"] | None:
    """Return 変更 or 訂正 of the number; `E214` when the new number is another person's.

    変更 keeps the 紐付番号, so the new number may have no other one, nor may the number it takes the place of. 訂正
    moves the person to the 紐付番号 of the right number, unless this insurer already has that person under another
    被保険者枝番. Who keeps a number from before remains that person: the right number then leads there, too, and may
    have no other 紐付番号. A number the person has already is said again, but where another insurer's 訂正 parted it
    from the person: 訂正 then takes the person along (ADR 0018).
    """
    kubun = line.kojin_bango_koshin_kubun
    if line.koshingo_kojin_bango is None or kubun not in ("1", "2"):
        return None
    elsewhere = koshingo.himozuke_bango is not None and koshingo.himozuke_bango != held.himozuke_bango
    if koshingo.is_current and not elsewhere:
        return None
    taken_here = koshingo.edaban_here is not None and koshingo.edaban_here != held.hihokensha_edaban
    mixed = (elsewhere or koshingo.parted is not None) if kubun == "1" else (elsewhere and koshingo.keeps)
    if taken_here or mixed:
        found.append(Violation("E214", "koshingo_kojin_bango"))
    return "1" if kubun == "1" else "2"
