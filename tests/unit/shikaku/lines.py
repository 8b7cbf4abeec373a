"""Lines, insurers and held persons for the tests of the rules. Every number is made up."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shikaku.domain.check_values import HokenshaFacts, LineFacts
from shikaku.domain.held import Held
from shikaku.domain.line import TorokuLine
from shikaku.domain.toroku import Plan, Rejection, apply_plan, plan_registration
from shikaku.domain.violations import Violation

ON = date(2026, 11, 20)
NUMBER = "123456789018"
OTHER_NUMBER = "983205673214"
THIRD_NUMBER = "621498320257"

KENPO = "06132013"
BANGO = {
    "kyokai_kenpo": "01130012",
    "kenpo_kumiai": "06132013",
    "kokuho_kumiai": "133017",
    "shichoson_kokuho": "138057",
    "koki_koiki": "39123450",
    "kokkyo": "31130016",
    "chikyo": "32130015",
    "shigaku": "34130013",
    "seikatsu_hogo": "",
}
SHUBETSU = tuple(BANGO)
FUTANSHA = "12131017"
JUKYUSHA = "1234566"
HOKENSHA_CODE = {shubetsu: f"{index:02d}132013" for index, shubetsu in enumerate(SHUBETSU, start=1)} | {
    "kenpo_kumiai": KENPO
}

_CODES = {
    "seibetsu": {"1", "2", "3"},
    "honnin_kazoku_kubun": {"1", "2"},
    "shikaku_soshitsu_jiyu": {"01", "02", "03", "99"},
    "sho_kubun": {"01", "02", "A1"},
    "gendogaku_sho_kubun": {"01", "02", "03"},
    "tekiyo_kubun": {"A01", "A02", "B09"},
    "nintei_shippei_kubun": {"1", "2", "3"},
    "ichibu_futankin_wariai": {"010", "020", "030"},
    "kanyusha_kubun_code": {"01", "02", "03", "04"},
}
_STARTS = {("tekiyo_kubun", "B09"): date(2022, 10, 1)}


def codes(table: str, value: str, on: date) -> bool | None:
    """Answer like the code tables: None for a table without rows."""
    if table not in _CODES:
        return None
    return value in _CODES[table] and _STARTS.get((table, value), date.min) <= on


def facts(shubetsu: str = "kenpo_kumiai", on: date = ON) -> LineFacts:
    """Return the facts of one insurer of that kind."""
    hogo = shubetsu == "seikatsu_hogo"
    insurer = HokenshaFacts(
        shubetsu,
        frozenset() if hogo else frozenset({BANGO[shubetsu]}),
        frozenset({FUTANSHA}) if hogo else frozenset(),
    )
    return LineFacts(on, {HOKENSHA_CODE[shubetsu]: insurer}, codes)


def kihon(**over: Any) -> dict[str, Any]:
    """Return the person's items; None in `over` leaves one out."""
    items = {
        "shimei_kenmen": "見本　太郎",
        "shimei_kenmen_kana": "ミホン　タロウ",
        "seibetsu1": "1",
        "seinengappi": "1980-04-01",
        "kanyusha_kubun_code": "01",
    }
    return {key: value for key, value in {**items, **over}.items() if value is not None}


def shikaku(shubetsu: str = "kenpo_kumiai", **over: Any) -> dict[str, Any]:
    """Return the items of a period as that kind of insurer sends them; None in `over` leaves one out."""
    items: dict[str, Any] = {"shikaku_shutoku_ymd": "2026-04-01"}
    if shubetsu == "seikatsu_hogo":
        items |= {"kohi_futansha_bango": FUTANSHA, "jukyusha_bango": JUKYUSHA}
    else:
        items |= {
            "hokensha_bango": BANGO[shubetsu],
            "hihokenshasho_kigo": "見本",
            "hihokenshasho_bango": "123",
            "honnin_kazoku_kubun": "1",
        }
        if shubetsu != "koki_koiki":
            items["edaban"] = "00"
    return {key: value for key, value in {**items, **over}.items() if value is not None}


def new_line(shubetsu: str = "kenpo_kumiai", **over: Any) -> TorokuLine:
    """Return an acceptable 新規取得 of that kind of insurer; top-level fields and whole groups may be replaced."""
    kubun = "04" if shubetsu == "seikatsu_hogo" else "01"
    fields: dict[str, Any] = {
        "shori_shubetsu_code": "01",
        "hokensha_code": HOKENSHA_CODE[shubetsu],
        "kojin_bango": NUMBER,
        "kihon": kihon(kanyusha_kubun_code=kubun),
        "shikaku": shikaku(shubetsu),
    }
    return TorokuLine(**{**fields, **over})


def standing_line(kubun: str, **over: Any) -> TorokuLine:
    """Return a 新規取得 of a 加入予定者 (02) or 世帯員 (03)."""
    return new_line(**{"kihon": kihon(kanyusha_kubun_code=kubun), "shikaku": {}, **over})


def known_line(code: str, **over: Any) -> TorokuLine:
    """Return a 変更, 喪失 or 取消 of the person with 被保険者枝番 1."""
    fields: dict[str, Any] = {"shori_shubetsu_code": code, "hokensha_code": KENPO, "hihokensha_edaban": 1}
    return TorokuLine(**{**fields, **over})


def accepted(outcome: Plan | Rejection) -> Plan:
    """Return the plan, or fail with what was wrong."""
    assert isinstance(outcome, Plan), outcome
    return outcome


def refused(outcome: Plan | Rejection) -> list[str]:
    """Return `code@pointer` of every violation, or fail."""
    assert isinstance(outcome, Rejection), outcome
    return written(outcome.violations)


def written(violations: Any) -> list[str]:
    """Return `code@pointer` of each."""
    return [f"{code}@{pointer}" for code, pointer in violations]


def decide(line: TorokuLine, held: Held | None = None, **around: Any) -> Plan | Rejection:
    """Plan a line about one held person, found by whatever the line names."""
    given: dict[str, Any] = {
        "by_edaban": held if line.hihokensha_edaban is not None else None,
        "by_number": held if line.kojin_bango is not None else None,
        "on": ON,
    }
    return plan_registration(line=line, **{**given, **around})


def after(held: Held | None, *lines: TorokuLine, **around: Any) -> Held:
    """Return the person after these lines, each of which must be accepted."""
    for line in lines:
        held = apply_plan(held, accepted(decide(line, held, **around)), 1, "himozuke-1")
    assert held is not None
    return held


def member(**over: Any) -> Held:
    """Return a member with one open period from 2026-04-01."""
    return after(None, new_line(**over))


def joho_of(held: Held, shikaku_tsuban: int | None = 1) -> Mapping[str, Any]:
    """Return the items of one period, or of the standing."""
    if shikaku_tsuban is None:
        assert held.standing is not None
        return held.standing.joho
    return next(period.joho for period in held.periods if period.shikaku_tsuban == shikaku_tsuban)


def violation(text: str) -> Violation:
    """Return the violation written as `code@pointer`."""
    code, pointer = text.split("@")
    return Violation(code, pointer)
