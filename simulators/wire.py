"""The record items of registration as they stand on the wire: Japanese file headers and romaji JSON keys."""

from collections.abc import Mapping

KIHON: Mapping[str, str] = {
    "氏名（券面記載）": "shimei_kenmen",
    "氏名（券面記載）（カナ）": "shimei_kenmen_kana",
    "氏名（その他）": "shimei_sonota",
    "氏名（その他）（カナ）": "shimei_sonota_kana",
    "性別1": "seibetsu1",
    "性別2": "seibetsu2",
    "生年月日": "seinengappi",
    "住所": "jusho",
    "郵便番号": "yubin_bango",
    "市町村コード": "shichoson_code",
    "死亡フラグ": "shibo_flag",
    "身分": "mibun",
    "加入者区分コード": "kanyusha_kubun_code",
    "世帯識別番号": "setai_shikibetsu_bango",
    "氏名（券面記載）変更年月日": "shimei_kenmen_henko_ymd",
    "氏名（券面記載）（カナ）変更年月日": "shimei_kenmen_kana_henko_ymd",
    "氏名（その他）変更年月日": "shimei_sonota_henko_ymd",
    "氏名（その他）（カナ）変更年月日": "shimei_sonota_kana_henko_ymd",
    "生年月日変更年月日": "seinengappi_henko_ymd",
    "性別1変更年月日": "seibetsu1_henko_ymd",
    "性別2変更年月日": "seibetsu2_henko_ymd",
    "住所変更年月日": "jusho_henko_ymd",
    "郵便番号変更年月日": "yubin_bango_henko_ymd",
    "身分変更年月日": "mibun_henko_ymd",
}
SEIGYO: Mapping[str, str] = {
    "オプトアウト": "opt_out",
    "自己情報提供不可フラグ": "jiko_joho_teikyo_fuka_flag",
    "特定健診情報提供に係る本人同意フラグ": "tokutei_kenshin_doi_flag",
}
SHIKAKU: Mapping[str, str] = {
    "保険者番号": "hokensha_bango",
    "被保険者証記号": "hihokenshasho_kigo",
    "被保険者証番号": "hihokenshasho_bango",
    "枝番": "edaban",
    "資格取得年月日（保護開始日・保護再開日）": "shikaku_shutoku_ymd",
    "資格喪失年月日（保護停止日・保護廃止日）": "shikaku_soshitsu_ymd",
    "本人・家族の別": "honnin_kazoku_kubun",
    "被保険者氏名": "hihokensha_shimei",
    "本人・家族の別変更年月日": "honnin_kazoku_henko_ymd",
    "被保険者氏名変更年月日": "hihokensha_shimei_henko_ymd",
    "自治体・福祉事務所名": "jichitai_fukushi_jimusho_mei",
    "公費負担者番号": "kohi_futansha_bango",
    "受給者番号": "jukyusha_bango",
    "資格喪失事由": "shikaku_soshitsu_jiyu",
}
SHO: Mapping[str, str] = {
    "証区分": "sho_kubun",
    "保険者番号": "hokensha_bango",
    "被保険者証記号": "hihokenshasho_kigo",
    "被保険者証番号": "hihokenshasho_bango",
    "枝番": "edaban",
    "交付年月日": "kofu_ymd",
    "有効開始年月日": "yuko_kaishi_ymd",
    "有効終了年月日": "yuko_shuryo_ymd",
    "一部負担金割合": "ichibu_futankin_wariai",
    "回収年月日": "kaishu_ymd",
}
KOREI: Mapping[str, str] = {
    "交付年月日": "kofu_ymd",
    "有効開始年月日": "yuko_kaishi_ymd",
    "有効終了年月日": "yuko_shuryo_ymd",
    "一部負担金割合": "ichibu_futankin_wariai",
    "回収年月日": "kaishu_ymd",
}
GENDOGAKU: Mapping[str, str] = {
    "証区分": "sho_kubun",
    "交付年月日": "kofu_ymd",
    "有効開始年月日": "yuko_kaishi_ymd",
    "有効終了年月日": "yuko_shuryo_ymd",
    "適用区分": "tekiyo_kubun",
    "長期入院該当年月日": "choki_nyuin_gaito_ymd",
    "回収年月日": "kaishu_ymd",
}
TOKUTEI_SHIPPEI: Mapping[str, str] = {
    "交付年月日": "kofu_ymd",
    "有効開始年月日": "yuko_kaishi_ymd",
    "有効終了年月日": "yuko_shuryo_ymd",
    "認定疾病区分": "nintei_shippei_kubun",
    "自己負担限度額": "jiko_futan_gendogaku",
    "回収年月日": "kaishu_ymd",
}
GROUPS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "kihon": ("加入者基本情報", KIHON),
    "seigyo": ("情報提供に関する制御情報", SEIGYO),
    "shikaku": ("加入者資格情報", SHIKAKU),
    "sho": ("被保険者証等情報", SHO),
    "korei": ("高齢受給者証情報", KOREI),
    "gendogaku": ("限度額適用認定証関連情報", GENDOGAKU),
    "tokutei_shippei": ("特定疾病療養受療証情報", TOKUTEI_SHIPPEI),
}
GROUP_KEYS: Mapping[str, frozenset[str]] = {key: frozenset(items.values()) for key, (_, items) in GROUPS.items()}
GROUPS_JA: Mapping[str, str] = {key: name for key, (name, _) in GROUPS.items()}
ITEMS_JA: Mapping[str, Mapping[str, str]] = {
    key: {romaji: ja for ja, romaji in items.items()} for key, (_, items) in GROUPS.items()
}
REPEATED_GROUPS = ("sho", "korei", "gendogaku", "tokutei_shippei")

CLEARED = "[消去]"
"""The cell that clears an item in a 変更 line."""

WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def kojin_bango_check_digit(body: str) -> str:
    """The twelfth digit of a 個人番号 whose first eleven are given (平成26年総務省令85号 第5条)."""
    rest = sum(weight * (ord(digit) - 48) for weight, digit in zip(WEIGHTS, body, strict=True)) % 11
    return "0" if rest <= 1 else str(11 - rest)


def is_kojin_bango(text: str) -> bool:
    """Whether twelve ASCII digits pass the check digit."""
    return len(text) == 12 and text.isascii() and text.isdecimal() and kojin_bango_check_digit(text[:11]) == text[11]


def luhn_digit(body: str) -> str:
    """The check digit of 保険者番号, 公費負担者番号 and 受給者番号 (weights 2, 1 from the right)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        product = int(digit) * (2 - place % 2)
        total += product - 9 if product > 9 else product
    return str(-total % 10)
