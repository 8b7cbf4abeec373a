"""The record items of 別添2 that a registration may carry: Japanese name, column name, kind, code table, 変更年月日.

This is the interface's item list: what is not in it is refused at every door. 根拠: KJ-IN-04.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "code", "date", "flag", "name", "text", "digits", "number", "hokensha_bango", "futansha", "jukyusha", "month"
]

NAME_LENGTH: Final = 200
ADDRESS_LENGTH: Final = 300
SYMBOL_LENGTH: Final = 20
CODE_LENGTH: Final = 20
IDENT_LENGTH: Final = 50
NUMBER_LIMIT: Final = 99_999_999


@dataclass(frozen=True, slots=True)
class Item:
    """One record item. `name` kinds are free text that must not hold a 個人番号; `text` are identifiers and symbols."""

    key: str
    ja: str
    kind: Kind
    table: str = ""
    length: int = 0
    henko: str = ""


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """One group of items; `repeated` groups hold any number of elements in a message and at most one in a file line."""

    key: str
    ja: str
    items: tuple[Item, ...]
    repeated: bool = False
    prefixed: bool = True

    def columns(self) -> frozenset[str]:
        """Return the column names of the group."""
        return frozenset(item.key for item in self.items)


def _code(key: str, ja: str, table: str = "", henko: str = "") -> Item:
    return Item(key, ja, "code", table or key, CODE_LENGTH, henko)


def _date(key: str, ja: str, henko: str = "") -> Item:
    return Item(key, ja, "date", henko=henko)


def _flag(key: str, ja: str) -> Item:
    return Item(key, ja, "flag")


def _name(key: str, ja: str, length: int = NAME_LENGTH, henko: str = "") -> Item:
    return Item(key, ja, "name", length=length, henko=henko)


def _text(key: str, ja: str, length: int = IDENT_LENGTH) -> Item:
    return Item(key, ja, "text", length=length)


_CARD: Final = (
    Item("hokensha_bango", "保険者番号", "hokensha_bango"),
    _text("hihokenshasho_kigo", "被保険者証記号", SYMBOL_LENGTH),
    _text("hihokenshasho_bango", "被保険者証番号", SYMBOL_LENGTH),
)
_EDABAN: Final = Item("edaban", "枝番", "digits", length=2)
_KOFU: Final = _date("kofu_ymd", "交付年月日")
_YUKO: Final = (_date("yuko_kaishi_ymd", "有効開始年月日"), _date("yuko_shuryo_ymd", "有効終了年月日"))
_WARIAI: Final = _code("ichibu_futankin_wariai", "一部負担金割合")
_KAISHU: Final = _date("kaishu_ymd", "回収年月日")
_KOHI: Final = (
    Item("kohi_futansha_bango", "公費負担者番号", "futansha"),
    Item("jukyusha_bango", "受給者番号", "jukyusha"),
)

SYSTEM: Final = ItemGroup(
    "system",
    "システム基本情報",
    (
        _text("record_shikibetsu_bango", "レコード識別番号"),
        _code("record_shubetsu_code", "レコード種別コード"),
        _code("access_group_code", "アクセスグループコード"),
    ),
    prefixed=False,
)
# Items of システム基本情報 and その他 that say whom and what the line is about; they are fields of the line itself.
TOP: Final[Mapping[str, str]] = {
    "shori_shubetsu_code": "処理種別コード",
    "hokensha_code": "保険者コード",
    "hihokensha_edaban": "被保険者枝番",
    "kojin_bango": "個人番号",
    "koshingo_kojin_bango": "更新後個人番号",
    "kojin_bango_koshin_kubun": "個人番号更新区分",
    "fugo_shutoku_yokyu_kubun": "符号取得要求区分",
    "shikaku_tsuban": "資格通番",
}
SEIGYO: Final = ItemGroup(
    "seigyo",
    "情報提供に関する制御情報",
    (
        _flag("opt_out", "オプトアウト"),
        _flag("jiko_joho_teikyo_fuka_flag", "自己情報提供不可フラグ"),
        _flag("tokutei_kenshin_doi_flag", "特定健診情報提供に係る本人同意フラグ"),
    ),
)
KIHON: Final = ItemGroup(
    "kihon",
    "加入者基本情報",
    (
        _name("shimei_kenmen", "氏名（券面記載）", henko="shimei_kenmen_henko_ymd"),
        _name("shimei_kenmen_kana", "氏名（券面記載）（カナ）", henko="shimei_kenmen_kana_henko_ymd"),
        _name("shimei_sonota", "氏名（その他）", henko="shimei_sonota_henko_ymd"),
        _name("shimei_sonota_kana", "氏名（その他）（カナ）", henko="shimei_sonota_kana_henko_ymd"),
        _code("seibetsu1", "性別1", "seibetsu", henko="seibetsu1_henko_ymd"),
        _code("seibetsu2", "性別2", "seibetsu", henko="seibetsu2_henko_ymd"),
        _date("seinengappi", "生年月日", henko="seinengappi_henko_ymd"),
        _name("jusho", "住所", ADDRESS_LENGTH, henko="jusho_henko_ymd"),
        Item("yubin_bango", "郵便番号", "digits", length=7, henko="yubin_bango_henko_ymd"),
        _code("shichoson_code", "市町村コード"),
        _flag("shibo_flag", "死亡フラグ"),
        _code("mibun", "身分", henko="mibun_henko_ymd"),
        _code("kanyusha_kubun_code", "加入者区分コード"),
        _text("setai_shikibetsu_bango", "世帯識別番号"),
        _date("shimei_kenmen_henko_ymd", "氏名（券面記載）変更年月日"),
        _date("shimei_kenmen_kana_henko_ymd", "氏名（券面記載）（カナ）変更年月日"),
        _date("shimei_sonota_henko_ymd", "氏名（その他）変更年月日"),
        _date("shimei_sonota_kana_henko_ymd", "氏名（その他）（カナ）変更年月日"),
        _date("seinengappi_henko_ymd", "生年月日変更年月日"),
        _date("seibetsu1_henko_ymd", "性別1変更年月日"),
        _date("seibetsu2_henko_ymd", "性別2変更年月日"),
        _date("jusho_henko_ymd", "住所変更年月日"),
        _date("yubin_bango_henko_ymd", "郵便番号変更年月日"),
        _date("mibun_henko_ymd", "身分変更年月日"),
    ),
    prefixed=False,
)
SHIKAKU: Final = ItemGroup(
    "shikaku",
    "加入者資格情報",
    (
        *_CARD,
        _EDABAN,
        _date("shikaku_shutoku_ymd", "資格取得年月日（保護開始日・保護再開日）"),
        _date("shikaku_soshitsu_ymd", "資格喪失年月日（保護停止日・保護廃止日）"),
        _code("honnin_kazoku_kubun", "本人・家族の別", henko="honnin_kazoku_henko_ymd"),
        _name("hihokensha_shimei", "被保険者氏名", henko="hihokensha_shimei_henko_ymd"),
        _date("honnin_kazoku_henko_ymd", "本人・家族の別変更年月日"),
        _date("hihokensha_shimei_henko_ymd", "被保険者氏名変更年月日"),
        _name("jichitai_fukushi_jimusho_mei", "自治体・福祉事務所名"),
        *_KOHI,
        _code("shikaku_soshitsu_jiyu", "資格喪失事由"),
    ),
    prefixed=False,
)
SHO: Final = ItemGroup(
    "sho",
    "被保険者証等情報",
    (_code("sho_kubun", "証区分"), *_CARD, _EDABAN, _KOFU, *_YUKO, _WARIAI, _KAISHU),
    repeated=True,
)
IRYOKEN: Final = ItemGroup(
    "iryoken",
    "医療券・調剤券情報",
    (
        _text("ken_shikibetsu_bango", "医療券・調剤券識別番号"),
        _code("ken_shubetsu", "医療券・調剤券別"),
        *_KOHI,
        _text("kofu_bango", "交付番号"),
        Item("shinryo_ym", "診療年月", "month"),
        _date("yuko_kaishi_ymd", "有効開始日"),
        _date("yuko_shuryo_ymd", "有効終了日"),
        _code("tandoku_heiyo_kubun", "単独・併用別"),
        _code("shitei_iryokikan_code", "指定医療機関コード"),
        _name("shitei_iryokikan_mei", "指定医療機関名"),
        _name("shitei_iryokikan_jusho", "指定医療機関住所", ADDRESS_LENGTH),
        _code("shohosen_iryokikan_code", "処方箋発行元医療機関コード"),
        _name("shohosen_iryokikan_mei", "処方箋発行元医療機関名"),
        _name("shobyomei1", "傷病名1"),
        _name("shobyomei2", "傷病名2"),
        _name("shobyomei3", "傷病名3"),
        _code("shinryo_kubun", "診療別"),
        Item("honnin_shiharai_gaku", "本人支払額（自己負担額）", "number"),
        _name("chiku_tantoin_mei", "地区担当員名"),
        _name("toriatsukai_tantosha_mei", "取扱担当者名"),
        _name("yakushoku_mei", "役職名"),
        _code("shakai_hoken_jokyo", "社会保険状況"),
        *_CARD,
        _text("hihokensha_edaban", "被保険者枝番"),
        _flag("kansenshoho37no2_gaito", "感染症の予防及び感染症の患者に対する医療に関する法律第37条の2の該当状況"),
        _flag("koki_korei_gaito", "後期高齢者医療の該当状況"),
        _flag("todofuken_gaito", "都道府県の該当状況"),
        _text("case_bango", "ケース番号"),
        _text("setaiin_bango", "世帯員番号"),
        _name("biko1", "備考1"),
        _name("biko2", "備考2"),
        _name("biko3", "備考3"),
    ),
    repeated=True,
)
KOREI: Final = ItemGroup("korei", "高齢受給者証情報", (_KOFU, *_YUKO, _WARIAI, _KAISHU), repeated=True)
GENDOGAKU: Final = ItemGroup(
    "gendogaku",
    "限度額適用認定証関連情報",
    (
        _code("sho_kubun", "証区分", "gendogaku_sho_kubun"),
        _KOFU,
        *_YUKO,
        _code("tekiyo_kubun", "適用区分"),
        _date("choki_nyuin_gaito_ymd", "長期入院該当年月日"),
        _KAISHU,
    ),
    repeated=True,
)
TOKUTEI_SHIPPEI: Final = ItemGroup(
    "tokutei_shippei",
    "特定疾病療養受療証情報",
    (
        _KOFU,
        *_YUKO,
        _code("nintei_shippei_kubun", "認定疾病区分"),
        Item("jiko_futan_gendogaku", "自己負担限度額", "number"),
        _KAISHU,
    ),
    repeated=True,
)

GROUPS: Final[Mapping[str, ItemGroup]] = {
    group.key: group for group in (SYSTEM, SEIGYO, KIHON, SHIKAKU, SHO, IRYOKEN, KOREI, GENDOGAKU, TOKUTEI_SHIPPEI)
}
# Groups a registration stores today; 医療券・調剤券情報 is known by name and refused (E209).
SINGLE_GROUPS: Final = ("kihon", "seigyo", "shikaku")
REPEATED_GROUPS: Final = ("sho", "korei", "gendogaku", "tokutei_shippei")
# An element is the one of its period with the same values here.
ELEMENT_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "sho": ("kofu_ymd", "sho_kubun"),
    "korei": ("kofu_ymd",),
    "gendogaku": ("kofu_ymd", "sho_kubun"),
    "tokutei_shippei": ("kofu_ymd", "nintei_shippei_kubun"),
}
# Which 変更年月日 goes with which item, by (group, key).
HENKO_YMD: Final[Mapping[tuple[str, str], str]] = {
    (group.key, item.key): item.henko for group in GROUPS.values() for item in group.items if item.henko
}


def _file_headers() -> dict[str, tuple[str, str]]:
    headers = {ja: ("", key) for key, ja in TOP.items()}
    for group in GROUPS.values():
        prefix = f"{group.ja}/" if group.prefixed else ""
        headers.update({f"{prefix}{item.ja}": (group.key, item.key) for item in group.items})
    return headers


# Header name of a file -> (group, key); the group of the line's own fields is "".
FILE_HEADERS: Final[Mapping[str, tuple[str, str]]] = _file_headers()
HEADER_OF: Final[Mapping[tuple[str, str], str]] = {place: header for header, place in FILE_HEADERS.items()}
NUMBER_HEADERS: Final = frozenset({TOP["kojin_bango"], TOP["koshingo_kojin_bango"]})
REQUIRED_HEADERS: Final = (TOP["shori_shubetsu_code"], TOP["hokensha_code"])
ITEMS: Final[Mapping[tuple[str, str], Item]] = {
    (group.key, item.key): item for group in GROUPS.values() for item in group.items
}
