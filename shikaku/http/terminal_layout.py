"""Which items stand where on the forms for one person: labels, widths, hints. The items are those of 別添2."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from shikaku.domain.items import GROUPS, ITEMS, REPEATED_GROUPS, Item
from shikaku.http.terminal_forms import Choice, Kind, Section, Spec

DATE_HINT: Final = "R8.4.1 / 20260401"
FLAGS: Final[tuple[Choice, ...]] = (("", "—"), ("1", "はい"), ("0", "いいえ"))
FUGO_CHOICES: Final[tuple[Choice, ...]] = (("1", "1 取得を求める"), ("0", "0 求めない"))
KOSHIN_CHOICES: Final[tuple[Choice, ...]] = (
    ("1", "1 変更（新しい番号になった）"),
    ("2", "2 訂正（登録した番号が誤り）"),
)

KOJIN_BANGO: Final = "kojin_bango"
KOJIN_BANGO_AGAIN: Final = "kojin_bango_again"
KOSHINGO: Final = "koshingo_kojin_bango"
KOSHINGO_AGAIN: Final = "koshingo_kojin_bango_again"
KOSHIN_KUBUN: Final = "kojin_bango_koshin_kubun"
FUGO: Final = "fugo_shutoku_yokyu_kubun"
NUMBER_FIELDS: Final = (KOJIN_BANGO, KOJIN_BANGO_AGAIN, KOSHINGO, KOSHINGO_AGAIN)

_KINDS: Final[Mapping[str, Kind]] = {"date": "date", "flag": "select", "number": "number"}
_MONO: Final = frozenset({"digits", "number", "hokensha_bango", "futansha", "jukyusha"})
_LENGTHS: Final[Mapping[str, int]] = {"hokensha_bango": 8, "futansha": 8, "jukyusha": 7, "number": 8}
_SHORT: Final[Mapping[tuple[str, str], str]] = {
    ("shikaku", "hihokenshasho_kigo"): "記号",
    ("shikaku", "hihokenshasho_bango"): "番号",
    ("shikaku", "shikaku_shutoku_ymd"): "資格取得年月日",
    ("shikaku", "shikaku_soshitsu_ymd"): "資格喪失年月日",
    ("kihon", "shimei_kenmen"): "氏名（券面記載）",
    ("kihon", "shimei_kenmen_kana"): "氏名（カナ）",
    ("kihon", "seibetsu1"): "性別",
    ("kihon", "kanyusha_kubun_code"): "加入者区分",
}
_HOGO: Final[Mapping[tuple[str, str], str]] = {
    ("shikaku", "shikaku_shutoku_ymd"): "保護開始・再開年月日",
    ("shikaku", "shikaku_soshitsu_ymd"): "保護停止・廃止年月日",
}
_WIDTHS: Final[Mapping[tuple[str, str], int]] = {
    ("kihon", "jusho"): 9,
    ("kihon", "shimei_kenmen"): 6,
    ("kihon", "shimei_kenmen_kana"): 6,
    ("kihon", "shimei_sonota"): 3,
    ("kihon", "seibetsu1"): 4,
    ("kihon", "yubin_bango"): 3,
    ("shikaku", "edaban"): 2,
    ("shikaku", "hihokenshasho_kigo"): 2,
    ("shikaku", "hihokenshasho_bango"): 2,
    ("shikaku", "hokensha_bango"): 3,
}
_HINTS: Final[Mapping[tuple[str, str], str]] = {
    ("kihon", "shimei_kenmen_kana"): "全角・半角どちらでも",
    ("kihon", "yubin_bango"): "7桁",
    ("shikaku", "edaban"): "2桁",
}
_RADIO: Final = frozenset({("kihon", "seibetsu1")})
_RADIO_LIMIT: Final = 3
_WIDE: Final = 6
_HENKO_WIDTH: Final = 3


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of the day: code tables by name, and the insurer's own 保険者番号."""

    tables: Mapping[str, tuple[Choice, ...]]
    hokensha_bango: tuple[str, ...]

    def of(self, table: str) -> tuple[Choice, ...]:
        """Return the choices of a table, none where it has no rows (then any code is typed)."""
        return self.tables.get(table, ())


def label_of(group: str, key: str, *, seikatsu_hogo: bool = False) -> str:
    """Return what an item is called on the terminal."""
    if seikatsu_hogo and (group, key) in _HOGO:
        return _HOGO[group, key]
    return _SHORT.get((group, key)) or ITEMS[group, key].ja


def _spec(
    group: str,
    item: Item,
    options: Options,
    *,
    index: int | None = None,
    required: bool = False,
    clearable: bool = False,
    seikatsu_hogo: bool = False,
) -> Spec:
    place = (group, item.key)
    name = f"{group}.{item.key}" if index is None else f"{group}.{index}.{item.key}"
    kind: Kind = _KINDS.get(item.kind, "text")
    choices: tuple[Choice, ...] = ()
    if item.kind == "flag":
        choices = FLAGS
    elif item.kind == "code":
        choices = tuple((value, f"{value} {text}") for value, text in options.of(item.table))
    elif item.kind == "hokensha_bango" and options.hokensha_bango:
        choices = tuple((value, value) for value in options.hokensha_bango)
    if choices and item.kind != "flag":
        kind = "radio" if place in _RADIO and len(choices) <= _RADIO_LIMIT else "select"
    hint = _HINTS.get(place, "") or (DATE_HINT if item.kind == "date" and index is None else "")
    return Spec(
        name=name,
        label=label_of(group, item.key, seikatsu_hogo=seikatsu_hogo),
        kind=kind,
        width=_WIDTHS.get(place, 3),
        required=required,
        hint=hint,
        options=choices,
        maxlength=item.length or _LENGTHS.get(item.kind),
        mono=item.kind in _MONO,
        clearable=clearable,
    )


def _specs(
    group: str, keys: Iterable[str], options: Options, *, required: frozenset[str] = frozenset(), hogo: bool = False
) -> tuple[Spec, ...]:
    return tuple(_spec(group, ITEMS[group, key], options, required=key in required, seikatsu_hogo=hogo) for key in keys)


_BASIC: Final = (
    "kanyusha_kubun_code",
    "seinengappi",
    "seibetsu1",
    "shimei_kenmen",
    "shimei_kenmen_kana",
    "yubin_bango",
    "jusho",
)
_BASIC_REQUIRED: Final = frozenset({"kanyusha_kubun_code", "seinengappi", "seibetsu1"})
_CARD: Final = (
    "hokensha_bango",
    "hihokenshasho_kigo",
    "hihokenshasho_bango",
    "edaban",
    "shikaku_shutoku_ymd",
    "honnin_kazoku_kubun",
    "hihokensha_shimei",
    "shikaku_soshitsu_ymd",
    "shikaku_soshitsu_jiyu",
)
_CARD_REQUIRED: Final = frozenset(
    {"hokensha_bango", "hihokenshasho_bango", "edaban", "shikaku_shutoku_ymd", "honnin_kazoku_kubun"}
)
_CARD_HOGO: Final = (
    "kohi_futansha_bango",
    "jukyusha_bango",
    "shikaku_shutoku_ymd",
    "shikaku_soshitsu_ymd",
    "shikaku_soshitsu_jiyu",
    "jichitai_fukushi_jimusho_mei",
    "honnin_kazoku_kubun",
)
_CARD_HOGO_REQUIRED: Final = frozenset({"kohi_futansha_bango", "jukyusha_bango", "shikaku_shutoku_ymd"})
_OTHER_KIHON: Final = (
    "shimei_sonota",
    "shimei_sonota_kana",
    "seibetsu2",
    "shichoson_code",
    "mibun",
    "setai_shikibetsu_bango",
    "shibo_flag",
)
_SEIGYO: Final = ("opt_out", "jiko_joho_teikyo_fuka_flag", "tokutei_kenshin_doi_flag")


_HELD: Final = "入力済みです（表示しません）。入力し直すときだけ、2回入力してください。"


def _bango_section(*, can_bango: bool, held_bango: bool) -> Section:
    hint = "12桁の数字。届出書を見て2回入力してください。入力した番号は、欄を離れると伏せて表示します。"
    if held_bango:
        hint = f"個人番号は{_HELD}"
    if not can_bango:
        return Section(
            "個人番号",
            (Spec(name=FUGO, label="機関別符号の取得", kind="select", width=3, options=FUGO_CHOICES),),
            hint="あなたには個人番号取扱権限がありません。個人番号の要らない世帯員だけを登録できます。",
        )
    required = not held_bango
    return Section(
        "個人番号",
        (
            Spec(name=KOJIN_BANGO, label="個人番号", kind="bango", required=required, maxlength=14),
            Spec(name=KOJIN_BANGO_AGAIN, label="個人番号（もう一度）", kind="bango", required=required, maxlength=14),
            Spec(name=FUGO, label="機関別符号の取得", kind="select", width=3, options=FUGO_CHOICES),
        ),
        hint=hint,
    )


def _repeated_sections(options: Options, hint: str) -> tuple[Section, ...]:
    return tuple(
        Section(
            GROUPS[group].ja,
            tuple(_spec(group, item, options, index=0) for item in GROUPS[group].items),
            folded=True,
            hint=hint,
        )
        for group in REPEATED_GROUPS
    )


def register_sections(
    options: Options, *, seikatsu_hogo: bool, koki: bool = False, can_bango: bool, held_bango: bool = False
) -> tuple[Section, ...]:
    """Return the form 加入者の登録 (HS-201), required items first, the rest folded away."""
    required = _CARD_REQUIRED - {"edaban"} if koki else _CARD_REQUIRED
    if seikatsu_hogo:
        shikaku = _specs("shikaku", _CARD_HOGO, options, required=_CARD_HOGO_REQUIRED, hogo=True)
    else:
        shikaku = _specs("shikaku", _CARD, options, required=required)
    return (
        _bango_section(can_bango=can_bango, held_bango=held_bango),
        Section(
            "加入者",
            _specs("kihon", _BASIC, options, required=_BASIC_REQUIRED),
            hint="氏名とカナは、どちらか一方を必ず入力してください。",
        ),
        Section("保護の内容" if seikatsu_hogo else "資格", shikaku),
        Section(
            "そのほかの項目",
            _specs("kihon", _OTHER_KIHON, options) + _specs("seigyo", _SEIGYO, options),
            folded=True,
        ),
        *_repeated_sections(options, "証などがあるときだけ入力してください。"),
    )


def amend_sections(
    options: Options, *, seikatsu_hogo: bool, can_bango: bool, held_bango: bool = False
) -> tuple[Section, ...]:
    """Return the form 資格の修正 (HS-202): every item with its 変更年月日 beside it, each with 「この項目を消す」."""
    kihon: list[Spec] = []
    for key in ("kanyusha_kubun_code", *(k for k in _BASIC[1:]), *_OTHER_KIHON):
        kihon.extend(_with_henko("kihon", key, options, seikatsu_hogo=seikatsu_hogo))
    shikaku: list[Spec] = []
    for key in _CARD_HOGO if seikatsu_hogo else _CARD:
        shikaku.extend(_with_henko("shikaku", key, options, seikatsu_hogo=seikatsu_hogo))
    seigyo = tuple(_spec("seigyo", ITEMS["seigyo", key], options, clearable=True) for key in _SEIGYO)
    sections = [
        Section("資格", tuple(shikaku), hint="変えるところだけを直してください。変えた項目だけを送ります。"),
        Section("加入者", tuple(kihon), hint="変更年月日のある項目を変えるときは、その日付も入力してください。"),
        Section("情報提供に関する制御情報", seigyo, folded=True),
        *_repeated_sections(
            options,
            "同じ交付年月日と区分の証があれば置き換え、なければ加えます。終わらせるときは回収年月日を入れます。",
        ),
    ]
    if can_bango:
        sections.append(
            Section(
                "個人番号の変更・訂正",
                (
                    Spec(name=KOSHIN_KUBUN, label="個人番号更新区分", kind="select", width=4, options=KOSHIN_CHOICES),
                    Spec(name=KOSHINGO, label="更新後の個人番号", kind="bango", width=4, maxlength=14),
                    Spec(
                        name=KOSHINGO_AGAIN, label="更新後の個人番号（もう一度）", kind="bango", width=4, maxlength=14
                    ),
                ),
                folded=not held_bango,
                hint=f"更新後の個人番号は{_HELD}" if held_bango else "",
            )
        )
    sections.append(
        Section(
            "機関別符号",
            (Spec(name=FUGO, label="機関別符号の取得", kind="select", width=3, options=FUGO_CHOICES[:1]),),
            folded=True,
            hint="登録のときに求めなかった機関別符号を、あとから求めるときに選びます。",
        )
    )
    return tuple(sections)


def _with_henko(group: str, key: str, options: Options, *, seikatsu_hogo: bool) -> tuple[Spec, ...]:
    item = ITEMS[group, key]
    spec = _spec(group, item, options, clearable=key not in _NEVER_EMPTY, seikatsu_hogo=seikatsu_hogo)
    if not item.henko:
        return (spec,)
    if spec.width >= _WIDE:
        spec = replace(spec, width=12 - _HENKO_WIDTH)
    label = f"{spec.label}の変更年月日"
    return (spec, Spec(name=f"{group}.{item.henko}", label=label, kind="date", width=_HENKO_WIDTH, hint=DATE_HINT))


_TOP_MEND: Final = (
    Spec(
        name="shori_shubetsu_code",
        label="処理種別コード",
        kind="select",
        width=3,
        required=True,
        options=(
            ("01", "01 新規取得"),
            ("02", "02 再加入"),
            ("03", "03 変更"),
            ("04", "04 喪失"),
            ("05", "05 取消"),
        ),
    ),
    Spec(name="hihokensha_edaban", label="被保険者枝番", width=3, mono=True, maxlength=10, hint="10桁"),
    Spec(name="shikaku_tsuban", label="資格通番", kind="number", width=2, maxlength=8),
    Spec(name=FUGO, label="機関別符号の取得", kind="select", width=3, options=FUGO_CHOICES),
)


# Where the number of a line comes from when its fields stay empty: from nowhere, from the line itself, from the clerk.
Origin = Literal["", "line", "typed"]
OF_THE_LINE: Final = "行の番号を使います（表示しません）"
_ORIGINS: Final[Mapping[Origin, str]] = {
    "": "12桁の数字。要るときは2回入力してください。",
    "line": f"{OF_THE_LINE}。入力し直すときだけ入力してください。",
    "typed": _HELD,
}


def mend_sections(
    options: Options, *, can_bango: bool, kojin_bango: Origin, koshingo: Origin, clearable: bool
) -> tuple[Section, ...]:
    """Return the form エラー行の修正 (HS-304): every item a line may carry; what the line left out is folded away."""
    sections = [Section("この行", _TOP_MEND)]
    if can_bango:
        own, new = _ORIGINS[kojin_bango], _ORIGINS[koshingo]
        sections.append(
            Section(
                "個人番号",
                (
                    Spec(name=KOJIN_BANGO, label="個人番号", kind="bango", maxlength=14, hint=own),
                    Spec(name=KOJIN_BANGO_AGAIN, label="個人番号（もう一度）", kind="bango", maxlength=14),
                    Spec(name=KOSHINGO, label="更新後の個人番号", kind="bango", maxlength=14, hint=new),
                    Spec(name=KOSHINGO_AGAIN, label="更新後の個人番号（もう一度）", kind="bango", maxlength=14),
                    Spec(name=KOSHIN_KUBUN, label="個人番号更新区分", kind="select", width=4, options=KOSHIN_CHOICES),
                ),
            )
        )
    for group in ("kihon", "shikaku", "seigyo"):
        specs = tuple(_spec(group, item, options, clearable=clearable) for item in GROUPS[group].items)
        sections.append(Section(GROUPS[group].ja, specs, folded=True))
    return (*sections, *_repeated_sections(options, ""))


# What a registration demands can be changed, never emptied.
_NEVER_EMPTY: Final = _BASIC_REQUIRED | _CARD_REQUIRED | _CARD_HOGO_REQUIRED


def loss_sections(options: Options, *, seikatsu_hogo: bool) -> tuple[Section, ...]:
    """Return the form 資格喪失の登録 (HS-203, HS-204)."""
    date = _spec(
        "shikaku", ITEMS["shikaku", "shikaku_soshitsu_ymd"], options, required=True, seikatsu_hogo=seikatsu_hogo
    )
    cause = _spec("shikaku", ITEMS["shikaku", "shikaku_soshitsu_jiyu"], options)
    hint = "資格喪失年月日は、資格がなくなった最初の日です（退職日の翌日など）。先の日付も登録できます。"
    return (Section("資格喪失", (date, cause), hint=hint),)
