"""電文 to オンライン資格確認等システム, version 1: built from one fixed list of items, never from a model or a row.

What is not in `ONSHI_ITEMS` does not leave, whatever else a version comes to hold. 個人番号 has no item here.
根拠: KJ-EXT-01, KJ-EXT-02.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from chukan.kernel.values.edaban import format_edaban
from shikaku.domain.periods import with_open_end

DenbunShubetsu = Literal["shikaku", "pmh_id", "sakujo"]

ONSHI_ITEMS: Final[Mapping[str, tuple[str, ...]]] = {
    "seigyo": ("opt_out", "jiko_joho_teikyo_fuka_flag", "tokutei_kenshin_doi_flag"),
    "kihon": (
        "shimei_kenmen",
        "shimei_kenmen_kana",
        "shimei_sonota",
        "shimei_sonota_kana",
        "seibetsu1",
        "seibetsu2",
        "seinengappi",
        "jusho",
        "yubin_bango",
        "shichoson_code",
        "shibo_flag",
        "mibun",
        "kanyusha_kubun_code",
        "setai_shikibetsu_bango",
        "shimei_kenmen_henko_ymd",
        "shimei_kenmen_kana_henko_ymd",
        "shimei_sonota_henko_ymd",
        "shimei_sonota_kana_henko_ymd",
        "seinengappi_henko_ymd",
        "seibetsu1_henko_ymd",
        "seibetsu2_henko_ymd",
        "jusho_henko_ymd",
        "yubin_bango_henko_ymd",
        "mibun_henko_ymd",
    ),
    "shikaku": (
        "hokensha_bango",
        "hihokenshasho_kigo",
        "hihokenshasho_bango",
        "edaban",
        "shikaku_shutoku_ymd",
        "shikaku_soshitsu_ymd",
        "honnin_kazoku_kubun",
        "hihokensha_shimei",
        "honnin_kazoku_henko_ymd",
        "hihokensha_shimei_henko_ymd",
        "jichitai_fukushi_jimusho_mei",
        "kohi_futansha_bango",
        "jukyusha_bango",
        "shikaku_soshitsu_jiyu",
    ),
    "sho": (
        "sho_kubun",
        "hokensha_bango",
        "hihokenshasho_kigo",
        "hihokenshasho_bango",
        "edaban",
        "kofu_ymd",
        "yuko_kaishi_ymd",
        "yuko_shuryo_ymd",
        "ichibu_futankin_wariai",
        "kaishu_ymd",
    ),
    "iryoken": (
        "ken_shikibetsu_bango",
        "ken_shubetsu",
        "kohi_futansha_bango",
        "jukyusha_bango",
        "kofu_bango",
        "shinryo_ym",
        "yuko_kaishi_ymd",
        "yuko_shuryo_ymd",
        "tandoku_heiyo_kubun",
        "shitei_iryokikan_code",
        "shitei_iryokikan_mei",
        "shitei_iryokikan_jusho",
        "shohosen_iryokikan_code",
        "shohosen_iryokikan_mei",
        "shobyomei1",
        "shobyomei2",
        "shobyomei3",
        "shinryo_kubun",
        "honnin_shiharai_gaku",
        "chiku_tantoin_mei",
        "toriatsukai_tantosha_mei",
        "yakushoku_mei",
        "shakai_hoken_jokyo",
        "hokensha_bango",
        "hihokenshasho_kigo",
        "hihokenshasho_bango",
        "hihokensha_edaban",
        "kansenshoho37no2_gaito",
        "koki_korei_gaito",
        "todofuken_gaito",
        "case_bango",
        "setaiin_bango",
        "biko1",
        "biko2",
        "biko3",
    ),
    "korei": ("kofu_ymd", "yuko_kaishi_ymd", "yuko_shuryo_ymd", "ichibu_futankin_wariai", "kaishu_ymd"),
    "gendogaku": (
        "sho_kubun",
        "kofu_ymd",
        "yuko_kaishi_ymd",
        "yuko_shuryo_ymd",
        "tekiyo_kubun",
        "choki_nyuin_gaito_ymd",
        "kaishu_ymd",
    ),
    "tokutei_shippei": (
        "kofu_ymd",
        "yuko_kaishi_ymd",
        "yuko_shuryo_ymd",
        "nintei_shippei_kubun",
        "jiko_futan_gendogaku",
        "kaishu_ymd",
    ),
}
_LISTS: Final = ("sho", "iryoken", "korei", "gendogaku", "tokutei_shippei")


class Kikan(NamedTuple):
    """One period that is not 取消, as of the line that owed the telegram."""

    shikaku_tsuban: int
    rireki_tsuban: int
    joho: Mapping[str, Any]


def build_shikaku(
    *,
    hokensha_code: str,
    hihokensha_edaban: int,
    newest: Mapping[str, Any],
    kikan: Sequence[Kikan],
    pmh_id: str | None,
) -> dict[str, Any]:
    """Return `naiyo` of a `shikaku`: the whole state of one person in one insurer.

    `newest` is the 情報 of the newest version (for 制御情報 and 加入者基本情報); periods come in 資格通番 order. Items
    that are not held are left out; the groups always stand.
    """
    return {
        "hokensha_code": hokensha_code,
        "hihokensha_edaban": format_edaban(hihokensha_edaban),
        "seigyo": _allowed("seigyo", newest.get("seigyo")),
        "kihon": _allowed("kihon", newest.get("kihon")),
        "kikan": [_kikan(period) for period in sorted(kikan, key=_tsuban)],
        "pmh_id": pmh_id,
    }


def build_sakujo(*, hokensha_code: str, hihokensha_edaban: int) -> dict[str, Any]:
    """Return `naiyo` of a `sakujo`: this insurer holds no period of the person any more."""
    return {"hokensha_code": hokensha_code, "hihokensha_edaban": format_edaban(hihokensha_edaban)}


def build_pmh_id(*, pmh_id: str) -> dict[str, Any]:
    """Return `naiyo` of a `pmh_id`: exactly the one key."""
    return {"pmh_id": pmh_id}


def build_denbun(
    *,
    soshin_bango: str,
    denbun_shubetsu: DenbunShubetsu,
    himozuke_bango: str,
    jun: int,
    naiyo: Mapping[str, Any],
) -> dict[str, Any]:
    """Return one telegram: its 送信番号, kind, person, place in the person's order, and contents."""
    return {
        "soshin_bango": soshin_bango,
        "denbun_shubetsu": denbun_shubetsu,
        "himozuke_bango": himozuke_bango,
        "jun": jun,
        "naiyo": dict(naiyo),
    }


def _tsuban(period: Kikan) -> int:
    return period.shikaku_tsuban


def _kikan(period: Kikan) -> dict[str, Any]:
    built: dict[str, Any] = {
        "shikaku_tsuban": period.shikaku_tsuban,
        "rireki_tsuban": period.rireki_tsuban,
        "shikaku": with_open_end(_allowed("shikaku", period.joho.get("shikaku"))),
    }
    for group in _LISTS:
        built[group] = [_allowed(group, element) for element in period.joho.get(group) or ()]
    return built


def _allowed(group: str, held: Mapping[str, Any] | None) -> dict[str, Any]:
    if not held:
        return {}
    return {key: held[key] for key in ONSHI_ITEMS[group] if key in held}
