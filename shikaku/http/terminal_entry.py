"""The forms for one person (HS-201, 202, 203, 205): what each asks, which line it makes, what its check repeats."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chukan.kernel.principal import Principal
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.domain.items import ITEMS, TOP
from shikaku.domain.line import TorokuLine, Value
from shikaku.http.terminal_forms import Section, Spec, all_specs
from shikaku.http.terminal_layout import (
    FUGO,
    KOJIN_BANGO,
    KOSHIN_KUBUN,
    KOSHINGO,
    NUMBER_FIELDS,
    Options,
    amend_sections,
    label_of,
    loss_sections,
    register_sections,
)
from shikaku.http.terminal_lines import Reading, is_henko, item_of, line_of, read_items, typed_form
from shikaku.http.terminal_page import KOKI_KOIKI, SEIKATSU_HOGO
from shikaku.http.terminal_show import newest_period, value_text
from shikaku.queries.kanyusha import KanyushaDetail
from shikaku.queries.versions import Version

NOT_SHOWN: Final = "入力済み（表示しません）"
CLEARED: Final = "（この項目を消す）"
_TOP_FIELDS: Final = (FUGO, KOSHIN_KUBUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One kind of form: its screen, its 処理種別, its words."""

    kind: str
    screen_id: str
    shori_shubetsu_code: str
    submit_label: str
    stop_label: str
    done_title: str
    danger: bool = False
    lead: str = ""

    @property
    def is_new(self) -> bool:
        """Tell whether it registers somebody rather than changes somebody held."""
        return self.shori_shubetsu_code == "01"

    @property
    def is_amendment(self) -> bool:
        return self.shori_shubetsu_code == "03"

    @property
    def number_field(self) -> str:
        """Return the field of the 個人番号 a line of this kind may carry."""
        return KOJIN_BANGO if self.is_new else KOSHINGO


TOROKU: Final = Entry(
    kind="toroku",
    screen_id="HS-201",
    shori_shubetsu_code="01",
    submit_label="加入者を登録する",
    stop_label="登録をやめる",
    done_title="加入者を登録しました。",
)
SHUSEI: Final = Entry(
    kind="shusei",
    screen_id="HS-202",
    shori_shubetsu_code="03",
    submit_label="資格を修正する",
    stop_label="修正をやめる",
    done_title="資格を修正しました。",
)
SOSHITSU: Final = Entry(
    kind="soshitsu",
    screen_id="HS-203",
    shori_shubetsu_code="04",
    submit_label="資格喪失を登録する",
    stop_label="登録をやめる",
    done_title="資格喪失を登録しました。",
)
TORIKESHI: Final = Entry(
    kind="torikeshi",
    screen_id="HS-205",
    shori_shubetsu_code="05",
    submit_label="登録を取り消す",
    stop_label="取消しをやめる",
    done_title="登録を取り消しました。",
    danger=True,
    lead="誤って登録した資格を取り消します。登録したことと取り消したことは、どちらも履歴に残ります。"
    "資格がなくなった人は、取り消さずに資格喪失を登録してください。",
)


@dataclass(slots=True)
class Target:
    """Whom a form is about: the member and the period, None for a new one."""

    detail: KanyushaDetail | None = None
    version: Version | None = None

    @property
    def held(self) -> dict[str, Value]:
        """Return the present single-valued items by field name."""
        if self.version is None:
            return {}
        values: dict[str, Value] = {}
        for group in ("kihon", "seigyo", "shikaku"):
            for key, value in (self.version.joho.get(group) or {}).items():
                if value is not None and (group, key) in ITEMS:
                    values[f"{group}.{key}"] = value
        return values

    @property
    def tsuban(self) -> int | None:
        return None if self.version is None else self.version.shikaku_tsuban


def target_of(detail: KanyushaDetail, tsuban: int | None) -> Target | None:
    """Return the member with the period named, else the latest, else the standing; None when there is no such."""
    if tsuban is not None:
        found = next((v for v in detail.periods if v.shikaku_tsuban == tsuban and not v.withdrawn), None)
        return None if found is None else Target(detail, found)
    newest = newest_period(detail.periods)
    # A 加入予定者 or 世帯員 whose periods are all 取消 is amended like one who never had any.
    shown = detail.newest if newest is None or newest.withdrawn else newest
    return None if shown.withdrawn else Target(detail, shown)


def sections_of(
    entry: Entry, *, by: Principal, options: Options, target: Target, held_bango: bool
) -> tuple[Section, ...]:
    """Return the sections of a form for this insurer and this clerk."""
    hogo = by.hokensha_shubetsu == SEIKATSU_HOGO
    can_bango = by.can_kojin_bango(JIMU)
    if entry is TOROKU:
        koki = by.hokensha_shubetsu == KOKI_KOIKI
        return register_sections(options, seikatsu_hogo=hogo, koki=koki, can_bango=can_bango, held_bango=held_bango)
    if entry is SHUSEI:
        has_bango = target.detail is not None and target.detail.has_kojin_bango
        can_bango = can_bango and has_bango
        return amend_sections(options, seikatsu_hogo=hogo, can_bango=can_bango, held_bango=held_bango)
    if entry is SOSHITSU:
        return loss_sections(options, seikatsu_hogo=hogo)
    return ()


def first_values(entry: Entry, target: Target, options: Options, specs: Sequence[Spec]) -> dict[str, str]:
    """Return what stands in the fields of a fresh form."""
    if entry is TOROKU:
        values = {"kihon.kanyusha_kubun_code": "01", FUGO: "1"}
        if len(options.hokensha_bango) == 1:
            values["shikaku.hokensha_bango"] = options.hokensha_bango[0]
        return values
    if entry is not SHUSEI:
        return {}
    held = target.held
    values = {}
    for spec in specs:
        item = item_of(spec.name)
        if item is not None and spec.name in held and not is_henko(spec.name):
            values[spec.name] = typed_form(item, held[spec.name])
    return values


@dataclass(frozen=True, slots=True)
class Typed:
    """What a clerk typed: the fields but the 個人番号, which goes apart, and the items to clear."""

    values: Mapping[str, str]
    cleared: frozenset[str] = frozenset()
    bango: str = field(default="", repr=False)


def typed_of(data: Mapping[str, str], cleared: Sequence[str], specs: Sequence[Spec], bango: str) -> Typed:
    """Return what was posted, the number in its own place."""
    values = {spec.name: data.get(spec.name, "").strip() for spec in specs if spec.name not in NUMBER_FIELDS}
    clearable = {spec.name for spec in specs if spec.clearable}
    return Typed(values, frozenset(cleared) & clearable, bango)


def read_form(
    entry: Entry, typed: Typed, *, by: Principal, target: Target, specs: Sequence[Spec]
) -> tuple[TorokuLine, Reading]:
    """Return the line a form makes and how its fields were read."""
    held = target.held if entry is SHUSEI else None
    reading = read_items(specs, typed.values, held=held, cleared=typed.cleared)
    line = line_of(
        reading,
        shori_shubetsu_code=entry.shori_shubetsu_code,
        hokensha_code=by.hokensha_code or "",
        hihokensha_edaban=None if target.detail is None else target.detail.hihokensha_edaban,
        shikaku_tsuban=target.tsuban,
        top={name: typed.values[name] for name in _TOP_FIELDS if typed.values.get(name)},
        kojin_bango=typed.bango if entry is TOROKU else "",
        koshingo_kojin_bango=typed.bango if entry is SHUSEI else "",
    )
    return line, reading


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One item of the check page."""

    label: str
    before: object
    after: object
    url: str


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """The items of one section of the check page."""

    title: str
    lines: tuple[CheckLine, ...]


def check_groups(
    entry: Entry, typed: Typed, *, target: Target, sections: Sequence[Section], options: Options, edit_url: str
) -> tuple[CheckGroup, ...]:
    """Return what the check page repeats: everything given, and for 「修正」 only what changes, before and after."""
    held = target.held if entry is SHUSEI else None
    reading = read_items(all_specs(sections), typed.values, held=held, cleared=typed.cleared)
    groups = []
    for section in sections:
        lines = [
            line
            for spec in section.specs
            if (
                line := _check_line(
                    spec, typed, reading, target, options=options, edit_url=edit_url, hogo=_is_hogo(sections)
                )
            )
        ]
        if lines:
            groups.append(CheckGroup(section.title, tuple(lines)))
    return tuple(groups)


def _is_hogo(sections: Sequence[Section]) -> bool:
    return any(spec.name == "shikaku.jukyusha_bango" for spec in all_specs(sections))


def _check_line(
    spec: Spec, typed: Typed, reading: Reading, target: Target, *, options: Options, edit_url: str, hogo: bool
) -> CheckLine | None:
    url = f"{edit_url}#{spec.id}"
    if spec.name in (KOJIN_BANGO, KOSHINGO):
        return CheckLine(spec.label, "—", NOT_SHOWN, url) if typed.bango else None
    item = item_of(spec.name)
    if item is None:
        value = typed.values.get(spec.name, "")
        text = dict(spec.options).get(value, value)
        return CheckLine(spec.label, "—", text, url) if value and spec.name in TOP else None
    group, _, key = spec.name.rpartition(".")
    given: Mapping[str, Any] = reading.groups.get(group, {})
    if key not in given:
        return None
    short_group = group.split(".", maxsplit=1)[0]
    after = CLEARED if given[key] is None else value_text(short_group, key, given[key], options)
    before = value_text(short_group, key, target.held.get(spec.name), options)
    label = spec.label if "変更年月日" in spec.label else label_of(short_group, key, seikatsu_hogo=hogo)
    return CheckLine(label, before, after, url)


ENTRIES: Final[Mapping[str, Entry]] = {entry.kind: entry for entry in (TOROKU, SHUSEI, SOSHITSU, TORIKESHI)}
Handler = Callable[..., Any]
