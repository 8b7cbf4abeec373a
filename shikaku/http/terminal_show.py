"""How members, periods and versions read on a page. Takes what queries return, gives what templates print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from chukan.kernel.templatetags.hyoji import hizuke, kana, nichiji
from chukan.kernel.values.edaban import format_edaban
from shikaku.domain.items import GROUPS, ITEMS, REPEATED_GROUPS
from shikaku.http.terminal_layout import Options, label_of
from shikaku.http.terminal_page import Fact, item_text
from shikaku.queries.kanyusha import (
    JOTAI_NAMES,
    NASHI,
    SOSHITSU,
    TORIKESHI,
    YOTEI,
    YUKO,
    KanyushaDetail,
    KanyushaItem,
    SoshinStatus,
)
from shikaku.queries.versions import Version

Joho = Mapping[str, Any]

_KINDS: Final = {YUKO: "ok", YOTEI: "wait", SOSHITSU: "off", TORIKESHI: "error", NASHI: "off"}
_STANDING: Final = {"02": ("wait", "加入予定者"), "03": ("off", "世帯員")}
SHORI_NAMES: Final = {"01": "新規取得", "02": "再加入", "03": "変更", "04": "喪失", "05": "取消"}
ROUTES: Final = {
    "terminal": "画面",
    "server_api": "サーバー間連携",
    "shuyaku": "国保情報集約システム",
    "command": "コマンド",
    "teisei": "ほかの保険者の訂正",
}
_KEKKA: Final = {"1": "正常", "2": "正常（警告あり）", "9": "異常"}
_DENBUN: Final = {"shikaku": "資格情報", "sakujo": "削除", "pmh_id": "PMH-ID"}
NO_NAME: Final = "（氏名の登録なし）"


def state_mark(jotai: str, kanyusha_kubun_code: str) -> tuple[str, str]:
    """Return the mark of a member: kind and word."""
    if jotai == NASHI and kanyusha_kubun_code in _STANDING:
        return _STANDING[kanyusha_kubun_code]
    return _KINDS[jotai], JOTAI_NAMES[jotai]


def name_of(kihon: Mapping[str, Any]) -> str:
    """Return the name as a page shows it: as on the card, else its kana, else the other name."""
    shown = kihon.get("shimei_kenmen") or kihon.get("shimei_sonota")
    if shown:
        return str(shown)
    reading = kihon.get("shimei_kenmen_kana") or kihon.get("shimei_sonota_kana")
    return kana(reading) if reading else NO_NAME


def kigo_bango_edaban(shikaku: Mapping[str, Any]) -> str:
    """Return 記号・番号・枝番, or the two numbers of 生活保護, as one line."""
    if shikaku.get("kohi_futansha_bango"):
        return f"{shikaku['kohi_futansha_bango']}・{shikaku.get('jukyusha_bango') or ''}"
    parts = (shikaku.get("hihokenshasho_kigo"), shikaku.get("hihokenshasho_bango"), shikaku.get("edaban"))
    return "・".join(str(part) for part in parts if part)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of the list of members."""

    row_id: str
    url: str
    kigo: str | None
    bango: str | None
    edaban: str | None
    name: str
    kana: str | None
    seinengappi: str | None
    seibetsu: str
    has_number: bool
    shutoku: date | None
    soshitsu: date | None
    state_kind: str
    state_text: str


def list_row(item: KanyushaItem, url: str, options: Options) -> ListRow:
    """Return one hit as its line of the list."""
    kind, text = state_mark(item.jotai, item.kanyusha_kubun_code)
    shikaku = item.shikaku
    sexes = dict(options.of(ITEMS["kihon", "seibetsu1"].table))
    sex = str(item.kihon.get("seibetsu1") or "")
    return ListRow(
        row_id=str(item.row_id),
        url=url,
        kigo=shikaku.get("hihokenshasho_kigo"),
        bango=shikaku.get("hihokenshasho_bango") or shikaku.get("jukyusha_bango"),
        edaban=shikaku.get("edaban"),
        name=name_of(item.kihon),
        kana=item.kihon.get("shimei_kenmen_kana"),
        seinengappi=item.kihon.get("seinengappi"),
        seibetsu=sexes.get(sex, sex),
        has_number=item.has_kojin_bango,
        shutoku=item.valid_from,
        soshitsu=item.valid_to,
        state_kind=kind,
        state_text=text,
    )


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period in the table of the detail page."""

    tsuban: int | None
    state_kind: str
    state_text: str
    start: date | None
    end: date | None
    kigo_bango: str
    honnin_kazoku: object
    recorded_at: datetime
    shori: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    """A repeated group of items as a table."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """One member on the detail page and on top of the forms."""

    url: str
    name: str
    kana: str | None
    seinengappi: str | None
    edaban_text: str
    has_number: bool
    can_reveal: bool
    state_kind: str
    state_text: str
    facts: tuple[Fact, ...] = ()
    period_text: str = ""
    period_facts: tuple[Fact, ...] = ()
    version_count: int = 0
    periods: tuple[PeriodRow, ...] = ()
    groups: tuple[GroupTable, ...] = field(default=())
    no_period_text: str = ""
    target_text: str = ""


def period_state(version: Version, on: date) -> tuple[str, str]:
    """Return the mark of one period on a day."""
    if version.withdrawn:
        return _KINDS[TORIKESHI], JOTAI_NAMES[TORIKESHI]
    if version.valid_from is not None and version.valid_from > on:
        return _KINDS[YOTEI], JOTAI_NAMES[YOTEI]
    if version.valid_to is not None and version.valid_to <= on:
        return _KINDS[SOSHITSU], JOTAI_NAMES[SOSHITSU]
    return _KINDS[YUKO], JOTAI_NAMES[YUKO]


def newest_period(periods: Iterable[Version]) -> Version | None:
    """Return the latest period that is not withdrawn, else the latest of all."""
    ordered = sorted(periods, key=lambda version: (not version.withdrawn, version.shikaku_tsuban or 0))
    return ordered[-1] if ordered else None


def person_view(detail: KanyushaDetail, *, url: str, can_reveal: bool, options: Options, on: date) -> PersonView:
    """Return one member as the detail page shows it."""
    kihon = detail.newest.joho.get("kihon", {})
    hogo = bool(detail.newest.joho.get("shikaku", {}).get("kohi_futansha_bango"))
    kind, text = state_mark(detail.jotai, detail.kanyusha_kubun_code)
    shown = newest_period(detail.periods)
    joho: Joho = {} if shown is None else shown.joho
    basic = ("kanyusha_kubun_code", "seinengappi", "seibetsu1", "yubin_bango", "jusho")
    rest = [key for key in kihon if key not in {*basic, "shimei_kenmen", "shimei_kenmen_kana"}]
    facts = [Fact("被保険者枝番", format_edaban(detail.hihokensha_edaban), "mono")]
    facts += facts_of("kihon", (*basic, *rest), kihon, options, skip_empty_after=len(basic))
    facts += facts_of("seigyo", detail.newest.joho.get("seigyo", {}), detail.newest.joho.get("seigyo", {}), options)
    facts.append(Fact("機関別符号の取得", "求める" if detail.fugo_shutoku_yokyu_kubun == "1" else "求めない"))
    return PersonView(
        url=url,
        name=name_of(kihon),
        kana=kihon.get("shimei_kenmen_kana"),
        seinengappi=kihon.get("seinengappi"),
        edaban_text=format_edaban(detail.hihokensha_edaban),
        has_number=detail.has_kojin_bango,
        can_reveal=can_reveal and detail.has_kojin_bango,
        state_kind=kind,
        state_text=text,
        facts=tuple(facts),
        period_text="" if shown is None else f"資格通番 {shown.shikaku_tsuban}",
        period_facts=(*_period_facts(joho, options, hogo=hogo), Fact("オン資への送信", soshin_text(detail.soshin))),
        periods=tuple(
            _period_row(version, options, on)
            for version in sorted(detail.periods, key=lambda v: v.shikaku_tsuban or 0, reverse=True)
        ),
        groups=repeated_tables(joho, options),
        no_period_text="加入予定者・世帯員には資格の期間がありません。" if not detail.periods else "",
    )


def _period_facts(joho: Joho, options: Options, *, hogo: bool) -> list[Fact]:
    shikaku = joho.get("shikaku", {})
    facts = [
        Fact("記号・番号・枝番" if not hogo else "公費負担者・受給者番号", kigo_bango_edaban(shikaku) or "—", "mono")
    ]
    for key in ("hokensha_bango", "shikaku_shutoku_ymd", "shikaku_soshitsu_ymd"):
        if key in shikaku or key.endswith("_ymd"):
            facts += facts_of("shikaku", (key,), shikaku, options, hogo=hogo)
    shown = {
        "hokensha_bango",
        "shikaku_shutoku_ymd",
        "shikaku_soshitsu_ymd",
        "hihokenshasho_kigo",
        "hihokenshasho_bango",
        "edaban",
        "kohi_futansha_bango",
        "jukyusha_bango",
    }
    return facts + facts_of("shikaku", [key for key in shikaku if key not in shown], shikaku, options, hogo=hogo)


def facts_of(
    group: str,
    keys: Iterable[str],
    values: Mapping[str, Any],
    options: Options,
    *,
    hogo: bool = False,
    skip_empty_after: int = 99,
) -> list[Fact]:
    facts = []
    for index, key in enumerate(keys):
        if index >= skip_empty_after and values.get(key) is None:
            continue
        text = value_text(group, key, values.get(key), options)
        css = "name" if ITEMS[group, key].kind == "name" else ""
        facts.append(Fact(label_of(group, key, seikatsu_hogo=hogo), text, css))
    return facts


def value_text(group: str, key: str, value: object, options: Options) -> object:
    """Return the value of an item for reading, with a dash for none."""
    item = ITEMS[group, key]
    if value is None or value == "":
        return "—"
    if item.kind == "date":
        return hizuke(value)
    if key.endswith("_kana") or key == "shimei_kenmen_kana":
        return kana(value)
    if key == "yubin_bango":
        return f"{str(value)[:3]}-{str(value)[3:]}"
    if item.kind == "number" and isinstance(value, int):
        return f"{value:,}"
    return item_text(group, key, value, options)


def _period_row(version: Version, options: Options, on: date) -> PeriodRow:
    kind, text = period_state(version, on)
    shikaku = version.joho.get("shikaku", {})
    return PeriodRow(
        tsuban=version.shikaku_tsuban,
        state_kind=kind,
        state_text=text,
        start=version.valid_from,
        end=version.valid_to,
        kigo_bango=kigo_bango_edaban(shikaku),
        honnin_kazoku=value_text("shikaku", "honnin_kazoku_kubun", shikaku.get("honnin_kazoku_kubun"), options),
        recorded_at=version.toroku_nichiji,
        shori=SHORI_NAMES.get(version.shori_shubetsu_code, version.shori_shubetsu_code),
    )


def repeated_tables(joho: Joho, options: Options) -> tuple[GroupTable, ...]:
    """Return the groups of 証 that hold anything, as tables of the columns in use."""
    tables = []
    for group in REPEATED_GROUPS:
        elements = joho.get(group) or ()
        items = [item for item in GROUPS[group].items if any(element.get(item.key) for element in elements)]
        if not items:
            continue
        rows = tuple(
            tuple(value_text(group, item.key, element.get(item.key), options) for item in items) for element in elements
        )
        tables.append(GroupTable(GROUPS[group].ja, tuple(item.ja for item in items), rows))
    return tuple(tables)


def soshin_text(soshin: SoshinStatus | None) -> str:
    """Return what became of the newest telegram about this member."""
    if soshin is None:
        return "送るものはありません"
    name = _DENBUN.get(soshin.kind, soshin.kind)
    if soshin.sent_at is None:
        again = f"（{soshin.attempts}回試行）" if soshin.attempts else ""
        return f"{name} 送信待ち{again}"
    if soshin.answered_at is None:
        return f"{name} 受領済み（{nichiji(soshin.sent_at)}）・処理結果待ち"
    kekka = _KEKKA.get(soshin.shori_kekka_kubun, soshin.shori_kekka_kubun)
    code = f" {soshin.shori_kekka_meisai_code}" if soshin.shori_kekka_meisai_code else ""
    return f"{name} 受領済み（{nichiji(soshin.sent_at)}）・処理結果 {kekka}{code}"
