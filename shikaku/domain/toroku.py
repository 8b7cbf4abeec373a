"""What one line does to one insurer's zone: `plan_registration` decides, `apply_plan` lets the next line see it.

The same function serves screen, REST and file. No plan ever touches another period than the one it names, and none is
closed by itself. 根拠: KJ-SHI-01, KJ-SHI-02, KJ-SHI-03, KJ-SHI-07, KJ-EXT-18.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal

from shikaku.domain.check_line import (
    HENKO,
    KUBUN_POINTER,
    SAIKANYU,
    SHINKI,
    SHORI_SHUBETSU,
    SOSHITSU,
    STANDING_ONLY,
    TORIKESHI,
)
from shikaku.domain.held import NO_KOSHINGO, Held, HeldPeriod, Joho, KigoUse, KoshingoFacts
from shikaku.domain.henko import Around, plan_change
from shikaku.domain.joho import KanaTokens, ended_joho, kana_tokens, kigo_bango_key, new_joho
from shikaku.domain.line import TorokuLine
from shikaku.domain.periods import (
    SHUTOKU,
    check_kigo_users,
    check_not_empty,
    check_overlap,
    days_of,
    reaches_beyond,
)
from shikaku.domain.periods import (
    SOSHITSU as SOSHITSU_YMD,
)
from shikaku.domain.plan import Plan, Rejection, VersionWrite, apply_plan
from shikaku.domain.violations import Violation, has_error, order_results
from shikaku.domain.ymd import day_of

__all__ = [
    "NO_KOSHINGO",
    "Held",
    "HeldPeriod",
    "Joho",
    "KanaTokens",
    "KigoUse",
    "KoshingoFacts",
    "Plan",
    "Rejection",
    "VersionWrite",
    "apply_plan",
    "kana_tokens",
    "kigo_bango_key",
    "kigo_key_after",
    "plan_registration",
]

W101: Final = Violation("W101", "-")
_CARD_OR_DAYS: Final = frozenset(
    {
        "hokensha_bango",
        "hihokenshasho_kigo",
        "hihokenshasho_bango",
        "edaban",
        "shikaku_shutoku_ymd",
        "shikaku_soshitsu_ymd",
    }
)


def plan_registration(
    *,
    line: TorokuLine,
    by_edaban: Held | None,
    by_number: Held | None,
    kigo_users: Sequence[KigoUse] = (),
    koshingo: KoshingoFacts = NO_KOSHINGO,
    on: date,
    checked: Sequence[Violation] = (),
) -> Plan | Rejection:
    """Decide what the line does to the person found by its 被保険者枝番 and by its 個人番号.

    `checked` are the findings of `check_line`; a rejection lists them together with those of the held state. A line
    of an unknown 契機, or of a zone that is not the sender's, is not compared with anything held.
    """
    found = list(checked)
    code = line.shori_shubetsu_code
    if code not in SHORI_SHUBETSU or any(violation.pointer == "hokensha_code" for violation in checked):
        return Rejection(order_results(found))
    held = _person(line, by_edaban, by_number, found)
    plan: Plan | None = None
    if held is not None and code != HENKO and by_number is not None:
        _check_same_birth_and_sex(line, held, found)
    if code in (SHINKI, SAIKANYU):
        if code == SHINKI or held is not None:
            plan = _plan_new(line, held, kigo_users, on, found)
    elif held is not None:
        target = _target(line, held)
        if target is None:
            found.append(Violation("E203", "shikaku_tsuban"))
        elif code == HENKO:
            plan = plan_change(line, held, target, Around(kigo_users, koshingo, on), found)
        elif code == SOSHITSU:
            plan = _plan_end(line, held, target, kigo_users, found)
        else:
            plan = _plan_withdrawal(held, target)
    if plan is None or has_error(found):
        return Rejection(order_results(found))
    return plan


def kigo_key_after(line: TorokuLine, held: Held | None) -> str | None:
    """Return the key of 保険者番号・記号・番号・枝番 whose other users `plan_registration` has to be told, or None.

    None: the line cannot make this card meet another person's (no card, 取消, a 変更 of something else, a 喪失 that
    does not lengthen the period).
    """
    code = line.shori_shubetsu_code
    if code in (SHINKI, SAIKANYU):
        return None if line.kihon.get("kanyusha_kubun_code") in STANDING_ONLY else kigo_bango_key(line.shikaku)
    if held is None or code not in (HENKO, SOSHITSU):
        return None
    target = _target(line, held)
    if target is None or target.shikaku_tsuban is None or _CARD_OR_DAYS.isdisjoint(line.shikaku):
        return None
    if code == HENKO:
        return kigo_bango_key({**(target.joho.get("shikaku") or {}), **line.shikaku})
    end = day_of(line.shikaku.get("shikaku_soshitsu_ymd"))
    if target.valid_to is None or end is None or end <= target.valid_to:
        return None
    return kigo_bango_key(target.joho.get("shikaku") or {})


def _person(line: TorokuLine, by_edaban: Held | None, by_number: Held | None, found: list[Violation]) -> Held | None:
    """Return the person the line is about; a person is recognised by 被保険者枝番 or 個人番号 only."""
    if line.shori_shubetsu_code == SHINKI:
        return by_number
    refused = {where for code, where in found if code in ("E206", "E207")}
    number_given = line.kojin_bango is not None and "kojin_bango" not in refused
    if line.hihokensha_edaban is None:
        if by_number is None and number_given and "hihokensha_edaban" not in refused:
            found.append(Violation("E203", "kojin_bango"))
        held, pointer = by_number, "kojin_bango"
    elif by_edaban is None:
        found.append(Violation("E203", "hihokensha_edaban"))
        return None
    elif number_given and (by_number is None or by_number.hihokensha_edaban != by_edaban.hihokensha_edaban):
        found.append(Violation("E211", "kojin_bango"))
        return None
    else:
        held, pointer = by_edaban, "hihokensha_edaban"
    if held is not None and line.shori_shubetsu_code == SAIKANYU and not held.periods:
        found.append(Violation("E203", pointer))
    return held


def _check_same_birth_and_sex(line: TorokuLine, held: Held, found: list[Violation]) -> None:
    """A number that is known here belongs to one birth date and one 性別1; they are corrected by 変更 first."""
    known = held.vouched.get("kihon") or {}
    for key in ("seinengappi", "seibetsu1"):
        given = line.kihon.get(key)
        if given is not None and key in known and given != known[key]:
            pointer = f"kihon/{key}"
            if not any(violation.pointer == pointer for violation in found):
                found.append(Violation("E212", pointer))


def _target(line: TorokuLine, held: Held) -> HeldPeriod | None:
    """Return what a 変更, 喪失 or 取消 is about: the period named, else the latest, else the standing (変更 only).

    The latest is the one with the highest 資格通番 that is not 取消.
    """
    if line.shikaku_tsuban is not None:
        return held.period(line.shikaku_tsuban)
    latest = held.latest_period()
    return held.standing if latest is None and line.shori_shubetsu_code == HENKO else latest


def _plan_new(
    line: TorokuLine, held: Held | None, kigo_users: Sequence[KigoUse], on: date, found: list[Violation]
) -> Plan | None:
    """新規取得 and 再加入: a new period, or a standing for 加入予定者 and 世帯員. 根拠: KJ-SHI-01, KJ-SHI-02."""
    code = line.shori_shubetsu_code
    kubun = line.kihon.get("kanyusha_kubun_code")
    standing = kubun in STANDING_ONLY
    days = None if standing else days_of(line, line.shikaku)
    if standing:
        if held is not None and any(reaches_beyond(period, on) for period in held.periods):
            found.append(Violation("E209", KUBUN_POINTER))
    elif days is not None and check_not_empty(days, found):
        check_overlap(days, held, None, SHUTOKU, found)
        check_kigo_users(days, held, kigo_users, found)
    if has_error(found) or not isinstance(kubun, str):
        return None
    known = held is not None and bool(held.periods)
    first, after = (None, None) if days is None else days
    version = VersionWrite(
        shikaku_tsuban=None if standing else 1 if held is None else held.next_shikaku_tsuban,
        rireki_tsuban=1 if held is None else held.next_rireki_tsuban,
        supersedes=None if held is None or held.standing is None else held.standing.rireki_tsuban,
        valid_from=first,
        valid_to=after,
        withdrawn=False,
        joho=new_joho(line, newest=None if held is None else held.vouched),
    )
    asked = not standing and line.fugo_shutoku_yokyu_kubun != "0"
    return Plan(
        handled_as=SAIKANYU if known else code,
        warnings=(W101,) if known and code == SHINKI else (),
        new_kanyusha=held is None,
        kanyusha_kubun=kubun,
        version=version,
        number_change=None,
        owes=None if standing else "shikaku",
        fugo_requested=asked or (held is not None and held.fugo_requested),
        has_number=line.kojin_bango is not None or (held is not None and held.has_number),
        shikaku_tsuban=version.shikaku_tsuban,
        rireki_tsuban=version.rireki_tsuban,
    )


def _plan_end(
    line: TorokuLine, held: Held, target: HeldPeriod, kigo_users: Sequence[KigoUse], found: list[Violation]
) -> Plan | None:
    """喪失: the named period ends on the given day; a later day than before is compared like a moved period."""
    joho = ended_joho(line, target.joho)
    days = days_of(line, joho["shikaku"])
    if days is not None and check_not_empty(days, found) and target.valid_to is not None:
        check_overlap(days, held, target.shikaku_tsuban, SOSHITSU_YMD, found)
        check_kigo_users(days, held, kigo_users, found)
    if days is None or has_error(found):
        return None
    return _rewritten(SOSHITSU, held, target, days, joho, owes="shikaku")


def _plan_withdrawal(held: Held, target: HeldPeriod) -> Plan:
    """取消: a version that says so; that the period was once recorded stays in the history."""
    left = any(not period.withdrawn and period.shikaku_tsuban != target.shikaku_tsuban for period in held.periods)
    days = (target.valid_from, target.valid_to)
    return _rewritten(TORIKESHI, held, target, days, dict(target.joho), owes="shikaku" if left else "sakujo")


def _rewritten(
    code: str,
    held: Held,
    target: HeldPeriod,
    days: tuple[date | None, date | None],
    joho: dict[str, Any],
    *,
    owes: Literal["shikaku", "sakujo"],
) -> Plan:
    return Plan(
        handled_as=code,
        warnings=(),
        new_kanyusha=False,
        kanyusha_kubun=held.kanyusha_kubun,
        version=VersionWrite(
            shikaku_tsuban=target.shikaku_tsuban,
            rireki_tsuban=held.next_rireki_tsuban,
            supersedes=target.rireki_tsuban,
            valid_from=days[0],
            valid_to=days[1],
            withdrawn=code == TORIKESHI,
            joho=joho,
        ),
        number_change=None,
        owes=owes,
        fugo_requested=held.fugo_requested,
        has_number=held.has_number,
        shikaku_tsuban=target.shikaku_tsuban,
        rireki_tsuban=held.next_rireki_tsuban,
    )
