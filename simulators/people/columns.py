"""The columns of the files this generator writes, in order, and the place of each in a row."""

from typing import Final

COLUMNS: Final = (
    "処理種別コード",
    "保険者コード",
    "被保険者枝番",
    "個人番号",
    "更新後個人番号",
    "個人番号更新区分",
    "符号取得要求区分",
    "資格通番",
    "加入者区分コード",
    "氏名（券面記載）",
    "氏名（券面記載）（カナ）",
    "氏名（その他）",
    "氏名（その他）（カナ）",
    "性別1",
    "生年月日",
    "郵便番号",
    "住所",
    "世帯識別番号",
    "死亡フラグ",
    "氏名（券面記載）変更年月日",
    "氏名（券面記載）（カナ）変更年月日",
    "氏名（その他）変更年月日",
    "氏名（その他）（カナ）変更年月日",
    "生年月日変更年月日",
    "郵便番号変更年月日",
    "住所変更年月日",
    "保険者番号",
    "被保険者証記号",
    "被保険者証番号",
    "枝番",
    "公費負担者番号",
    "受給者番号",
    "資格取得年月日（保護開始日・保護再開日）",
    "資格喪失年月日（保護停止日・保護廃止日）",
    "資格喪失事由",
    "本人・家族の別",
    "被保険者氏名",
    "情報提供に関する制御情報/オプトアウト",
    "情報提供に関する制御情報/自己情報提供不可フラグ",
    "情報提供に関する制御情報/特定健診情報提供に係る本人同意フラグ",
    "被保険者証等情報/証区分",
    "被保険者証等情報/交付年月日",
    "被保険者証等情報/有効開始年月日",
    "被保険者証等情報/有効終了年月日",
    "高齢受給者証情報/交付年月日",
    "高齢受給者証情報/有効開始年月日",
    "高齢受給者証情報/有効終了年月日",
    "高齢受給者証情報/一部負担金割合",
    "限度額適用認定証関連情報/証区分",
    "限度額適用認定証関連情報/交付年月日",
    "限度額適用認定証関連情報/有効開始年月日",
    "限度額適用認定証関連情報/有効終了年月日",
    "限度額適用認定証関連情報/適用区分",
    "特定疾病療養受療証情報/交付年月日",
    "特定疾病療養受療証情報/有効開始年月日",
    "特定疾病療養受療証情報/認定疾病区分",
    "特定疾病療養受療証情報/自己負担限度額",
)
POINTERS: Final = (
    "shori_shubetsu_code",
    "hokensha_code",
    "hihokensha_edaban",
    "kojin_bango",
    "koshingo_kojin_bango",
    "kojin_bango_koshin_kubun",
    "fugo_shutoku_yokyu_kubun",
    "shikaku_tsuban",
    "kihon/kanyusha_kubun_code",
    "kihon/shimei_kenmen",
    "kihon/shimei_kenmen_kana",
    "kihon/shimei_sonota",
    "kihon/shimei_sonota_kana",
    "kihon/seibetsu1",
    "kihon/seinengappi",
    "kihon/yubin_bango",
    "kihon/jusho",
    "kihon/setai_shikibetsu_bango",
    "kihon/shibo_flag",
    "kihon/shimei_kenmen_henko_ymd",
    "kihon/shimei_kenmen_kana_henko_ymd",
    "kihon/shimei_sonota_henko_ymd",
    "kihon/shimei_sonota_kana_henko_ymd",
    "kihon/seinengappi_henko_ymd",
    "kihon/yubin_bango_henko_ymd",
    "kihon/jusho_henko_ymd",
    "shikaku/hokensha_bango",
    "shikaku/hihokenshasho_kigo",
    "shikaku/hihokenshasho_bango",
    "shikaku/edaban",
    "shikaku/kohi_futansha_bango",
    "shikaku/jukyusha_bango",
    "shikaku/shikaku_shutoku_ymd",
    "shikaku/shikaku_soshitsu_ymd",
    "shikaku/shikaku_soshitsu_jiyu",
    "shikaku/honnin_kazoku_kubun",
    "shikaku/hihokensha_shimei",
    "seigyo/opt_out",
    "seigyo/jiko_joho_teikyo_fuka_flag",
    "seigyo/tokutei_kenshin_doi_flag",
    "sho/0/sho_kubun",
    "sho/0/kofu_ymd",
    "sho/0/yuko_kaishi_ymd",
    "sho/0/yuko_shuryo_ymd",
    "korei/0/kofu_ymd",
    "korei/0/yuko_kaishi_ymd",
    "korei/0/yuko_shuryo_ymd",
    "korei/0/ichibu_futankin_wariai",
    "gendogaku/0/sho_kubun",
    "gendogaku/0/kofu_ymd",
    "gendogaku/0/yuko_kaishi_ymd",
    "gendogaku/0/yuko_shuryo_ymd",
    "gendogaku/0/tekiyo_kubun",
    "tokutei_shippei/0/kofu_ymd",
    "tokutei_shippei/0/yuko_kaishi_ymd",
    "tokutei_shippei/0/nintei_shippei_kubun",
    "tokutei_shippei/0/jiko_futan_gendogaku",
)
_PLACE: Final = {pointer: place for place, pointer in enumerate(POINTERS)}

SHORI: Final = _PLACE["shori_shubetsu_code"]
HOKENSHA: Final = _PLACE["hokensha_code"]
HIHOKENSHA_EDABAN: Final = _PLACE["hihokensha_edaban"]
KOJIN: Final = _PLACE["kojin_bango"]
KOSHINGO: Final = _PLACE["koshingo_kojin_bango"]
KOSHIN_KUBUN: Final = _PLACE["kojin_bango_koshin_kubun"]
FUGO: Final = _PLACE["fugo_shutoku_yokyu_kubun"]
TSUBAN: Final = _PLACE["shikaku_tsuban"]
KUBUN: Final = _PLACE["kihon/kanyusha_kubun_code"]
SHIMEI: Final = _PLACE["kihon/shimei_kenmen"]
KANA: Final = _PLACE["kihon/shimei_kenmen_kana"]
SONOTA: Final = _PLACE["kihon/shimei_sonota"]
SONOTA_KANA: Final = _PLACE["kihon/shimei_sonota_kana"]
SEIBETSU: Final = _PLACE["kihon/seibetsu1"]
UMARE: Final = _PLACE["kihon/seinengappi"]
YUBIN: Final = _PLACE["kihon/yubin_bango"]
JUSHO: Final = _PLACE["kihon/jusho"]
SETAI: Final = _PLACE["kihon/setai_shikibetsu_bango"]
SHIBO: Final = _PLACE["kihon/shibo_flag"]
SHIMEI_HENKO: Final = _PLACE["kihon/shimei_kenmen_henko_ymd"]
KANA_HENKO: Final = _PLACE["kihon/shimei_kenmen_kana_henko_ymd"]
SONOTA_HENKO: Final = _PLACE["kihon/shimei_sonota_henko_ymd"]
SONOTA_KANA_HENKO: Final = _PLACE["kihon/shimei_sonota_kana_henko_ymd"]
UMARE_HENKO: Final = _PLACE["kihon/seinengappi_henko_ymd"]
YUBIN_HENKO: Final = _PLACE["kihon/yubin_bango_henko_ymd"]
JUSHO_HENKO: Final = _PLACE["kihon/jusho_henko_ymd"]
BANGO: Final = _PLACE["shikaku/hokensha_bango"]
KIGO: Final = _PLACE["shikaku/hihokenshasho_kigo"]
SHO_BANGO: Final = _PLACE["shikaku/hihokenshasho_bango"]
EDABAN: Final = _PLACE["shikaku/edaban"]
FUTANSHA: Final = _PLACE["shikaku/kohi_futansha_bango"]
JUKYUSHA: Final = _PLACE["shikaku/jukyusha_bango"]
SHUTOKU: Final = _PLACE["shikaku/shikaku_shutoku_ymd"]
SOSHITSU: Final = _PLACE["shikaku/shikaku_soshitsu_ymd"]
JIYU: Final = _PLACE["shikaku/shikaku_soshitsu_jiyu"]
KAZOKU: Final = _PLACE["shikaku/honnin_kazoku_kubun"]
NUSHI: Final = _PLACE["shikaku/hihokensha_shimei"]
OPT_OUT: Final = _PLACE["seigyo/opt_out"]
FUKA: Final = _PLACE["seigyo/jiko_joho_teikyo_fuka_flag"]
KENSHIN: Final = _PLACE["seigyo/tokutei_kenshin_doi_flag"]
SHO: Final = _PLACE["sho/0/sho_kubun"]
KOREI: Final = _PLACE["korei/0/kofu_ymd"]
GENDOGAKU: Final = _PLACE["gendogaku/0/sho_kubun"]
SHIPPEI: Final = _PLACE["tokutei_shippei/0/kofu_ymd"]

HENKO_OF: Final = {
    SHIMEI: SHIMEI_HENKO,
    KANA: KANA_HENKO,
    SONOTA: SONOTA_HENKO,
    SONOTA_KANA: SONOTA_KANA_HENKO,
    UMARE: UMARE_HENKO,
    YUBIN: YUBIN_HENKO,
    JUSHO: JUSHO_HENKO,
}
"""Which 変更年月日 an item needs when its value really changes (as far as this generator changes it)."""
SHIKAKU_PLACES: Final = range(BANGO, OPT_OUT)
"""The columns of 加入者資格情報."""
WIDTH: Final = len(COLUMNS)
