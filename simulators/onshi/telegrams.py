"""Reading of 「電文」: the five keys are demanded, and whatever a telegram should not hold is noted."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulators.wire import GROUP_KEYS, REPEATED_GROUPS, is_kojin_bango

KEYS = frozenset({"soshin_bango", "denbun_shubetsu", "himozuke_bango", "jun", "naiyo"})
SHIKAKU_KEYS = frozenset({"hokensha_code", "hihokensha_edaban", "seigyo", "kihon", "kikan", "pmh_id"})
KIKAN_KEYS = frozenset({"shikaku_tsuban", "rireki_tsuban", "shikaku", "iryoken", *REPEATED_GROUPS})
SAKUJO_KEYS = frozenset({"hokensha_code", "hihokensha_edaban"})
PMH_KEYS = frozenset({"pmh_id"})
FORBIDDEN_KEYS = frozenset(
    {"kojin_bango", "koshingo_kojin_bango", "kojin_bango_koshin_kubun", "kojin_bango_koshin_nichiji"}
)
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TWELVE_DIGITS = re.compile(r"(?<![0-9０-９])[0-9０-９]{12}(?![0-9０-９])")
ASCII_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


class TelegramRefused(Exception):
    """The telegram cannot be read; nothing of it is kept."""


@dataclass(frozen=True)
class Finding:
    """Something a telegram should not hold: `shurui` is kojin_bango, kinshi_komoku or katachi."""

    shurui: str
    basho: str


@dataclass(frozen=True)
class Telegram:
    """One telegram as received; `group` is shikaku for both shikaku and sakujo, which replace each other."""

    soshin_bango: str
    denbun_shubetsu: str
    himozuke_bango: str
    jun: int
    naiyo: str
    digest: str
    hokensha_code: str
    hihokensha_edaban: str
    pmh_id: str
    findings: tuple[Finding, ...]

    @property
    def group(self) -> str:
        return "pmh_id" if self.denbun_shubetsu == "pmh_id" else "shikaku"


def canonical(value: object) -> str:
    """One text for one value: keys sorted, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_telegram(value: object) -> Telegram:
    """The telegram a parsed JSON object is.

    Raises: TelegramRefused when one of the five keys is missing, of another type, or accompanied by a sixth.
    """
    if not isinstance(value, Mapping) or value.keys() != KEYS:
        raise TelegramRefused("電文の項目は soshin_bango・denbun_shubetsu・himozuke_bango・jun・naiyo の五つです")
    soshin, shubetsu, himozuke, jun, naiyo = (
        value[key] for key in ("soshin_bango", "denbun_shubetsu", "himozuke_bango", "jun", "naiyo")
    )
    if not (isinstance(soshin, str) and soshin and isinstance(himozuke, str) and himozuke):
        raise TelegramRefused("送信番号と紐付番号は文字です")
    if shubetsu not in {"shikaku", "sakujo", "pmh_id"}:
        raise TelegramRefused("電文種別が違います")
    if not isinstance(jun, int) or isinstance(jun, bool) or jun < 1:
        raise TelegramRefused("jun は1以上の整数です")
    if not isinstance(naiyo, Mapping):
        raise TelegramRefused("naiyo は項目の組です")
    text = canonical(naiyo)
    return Telegram(
        soshin_bango=soshin,
        denbun_shubetsu=shubetsu,
        himozuke_bango=himozuke,
        jun=jun,
        naiyo=text,
        digest=hashlib.sha256(f"{shubetsu}\n{himozuke}\n{jun}\n{text}".encode()).hexdigest(),
        hokensha_code=str(naiyo.get("hokensha_code", "")),
        hihokensha_edaban=str(naiyo.get("hihokensha_edaban", "")),
        pmh_id=str(naiyo.get("pmh_id") or ""),
        findings=tuple(_findings(soshin, himozuke, shubetsu, naiyo, text)),
    )


def holds_kojin_bango(text: str) -> bool:
    """Whether twelve digits that pass the check digit stand anywhere in a text."""
    return any(is_kojin_bango(run.translate(ASCII_DIGITS)) for run in TWELVE_DIGITS.findall(text))


def _findings(soshin: str, himozuke: str, shubetsu: str, naiyo: Mapping[str, Any], text: str) -> Iterator[Finding]:
    if not UUID7.fullmatch(soshin):
        yield Finding("katachi", "soshin_bango")
    if not UUID4.fullmatch(himozuke):
        yield Finding("katachi", "himozuke_bango")
    if holds_kojin_bango(text):
        yield Finding("kojin_bango", "naiyo")
    for key in FORBIDDEN_KEYS:
        if f'"{key}":' in text:
            yield Finding("kinshi_komoku", key)
    expected = {"shikaku": SHIKAKU_KEYS, "sakujo": SAKUJO_KEYS, "pmh_id": PMH_KEYS}[shubetsu]
    if naiyo.keys() != expected:
        yield Finding("katachi", "naiyo")
    elif shubetsu == "shikaku":
        yield from _shape_of_shikaku(naiyo)


def _shape_of_shikaku(naiyo: Mapping[str, Any]) -> Iterator[Finding]:
    for group in ("kihon", "seigyo"):
        if not _fits(naiyo[group], group):
            yield Finding("katachi", group)
    kikan = naiyo["kikan"]
    if not isinstance(kikan, list) or not kikan:
        yield Finding("katachi", "kikan")
        return
    for period in kikan:
        if not isinstance(period, Mapping) or period.keys() != KIKAN_KEYS or not _fits(period["shikaku"], "shikaku"):
            yield Finding("katachi", "kikan")
            return
        for group in REPEATED_GROUPS:
            if not isinstance(period[group], list) or not all(_fits(item, group) for item in period[group]):
                yield Finding("katachi", group)


def _fits(value: object, group: str) -> bool:
    return isinstance(value, Mapping) and value.keys() <= GROUP_KEYS[group]
