"""Rules about organisations: which 保険者種別 may do which 事務 by which 方式 and when, and which codes a day knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from chukan.kernel.errors import ErrorItem
from chukan.kernel.values.hokensha_bango import is_valid_hokensha_bango, is_valid_hokensha_code
from chukan.kernel.values.kohi import is_valid_kohi_futansha_bango

SEIKATSU_HOGO: Final = "seikatsu_hogo"
SHICHOSON_KOKUHO: Final = "shichoson_kokuho"
KOHI_JISSHI: Final = "kohi_jisshi"

HOKENSHA_SHUBETSU: Final[Mapping[str, str]] = {
    "kyokai_kenpo": "協会けんぽ",
    "kenpo_kumiai": "健康保険組合",
    "kokuho_kumiai": "国民健康保険組合",
    SHICHOSON_KOKUHO: "市町村国民健康保険",
    "koki_koiki": "後期高齢者医療広域連合",
    "kokkyo": "国家公務員共済組合",
    "chikyo": "地方公務員等共済組合",
    "shigaku": "日本私立学校振興・共済事業団",
    SEIKATSU_HOGO: "生活保護実施機関",
}
# 公費実施機関等 are known through PMH only: they have a row in the matrix and no zone.
ALL_SHUBETSU: Final[Mapping[str, str]] = {**HOKENSHA_SHUBETSU, KOHI_JISSHI: "公費実施機関等"}

SHIHARAI_KIKIN: Final = "shiharai_kikin"
KOKUHO_CHUOKAI: Final = "kokuho_chuokai"
UNYO_HOSHU: Final = "unyo_hoshu"
OPERATORS: Final[Mapping[str, str]] = {
    SHIHARAI_KIKIN: "社会保険診療報酬支払基金",
    KOKUHO_CHUOKAI: "国民健康保険中央会",
    UNYO_HOSHU: "運用保守事業者",
}

# 事務 of the matrix -> its Japanese name, for pages and messages.
JIMU: Final[Mapping[str, str]] = {
    "terminal_riyo": "統合専用端末の利用",
    "shikaku_toroku": "資格履歴の登録",
    "shikaku_itaku": "資格履歴管理の受託",
    "onshi_teikyo": "オンライン資格確認等システムへの資格提供",
    "himozuke_joho": "マイナポータルへの紐付け情報",
    "fugo_shutoku": "機関別符号の取得",
    "fugo_saihakko": "機関別符号の一括再発行",
    "fukuhon_kukaku": "副本区画の保有",
    "joho_shokai": "情報照会",
    "joho_teikyo": "情報提供",
    "kiroku_sansho": "情報提供等記録の参照",
    "kojin_bango_shutoku": "個人番号の取得",
    "kihon_4_joho_shutoku": "基本4情報の取得",
    "honnin_kekka_sansho": "本人確認結果の参照",
    "honnin_kakunin_yokyu": "既存システムからの本人確認要求",
    "jisseki_log": "実績ログの取得",
    "pmh_id_irai": "PMH-IDの払い出し依頼",
    "pmh_id_fuyo": "PMH-IDの付与",
}

KanoOutcome = Literal["kano", "jimu_taishogai", "riyo_kaishi_mae"]


@dataclass(frozen=True, slots=True)
class KanoRow:
    """One row of the matrix: allowed or not, for what purpose, from and until when, planned or settled."""

    hokensha_shubetsu: str
    jimu: str
    hoshiki: str
    allowed: bool
    purpose: str
    valid_from: date | None
    valid_to: date | None
    planned: bool


def decide_kano(rows: Sequence[KanoRow], *, on: date) -> tuple[KanoOutcome, KanoRow | None]:
    """Decide whether a 「事務」 is open on a day, given the rows of one 保険者種別 × 事務 × 方式.

    No row, or a row that says no, or a period that has ended is `jimu_taishogai`; a period that has yet to begin is
    `riyo_kaishi_mae`. 根拠: KJ-MENU-04, KJ-IN-20.
    """
    allowed = [row for row in rows if row.allowed and (row.valid_to is None or on < row.valid_to)]
    if not allowed:
        return "jimu_taishogai", None
    for row in allowed:
        if row.valid_from is not None and row.valid_from <= on:
            return "kano", row
    return "riyo_kaishi_mae", min(allowed, key=lambda row: row.valid_from or date.max)


@dataclass(frozen=True, slots=True)
class HokenshaFacts:
    """What other rooms need to know about one insurer, as plain values."""

    hokensha_code: str
    hokensha_meisho: str
    hokensha_shubetsu: str
    hokensha_bango: frozenset[str]
    kohi_futansha_bango: frozenset[str]


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One value of a code table with its period, half-open."""

    value: str
    label: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CodeBook:
    """All code tables; called with (table, value, day) it answers yes, no, or None where the table has no rows."""

    tables: Mapping[str, tuple[CodeEntry, ...]]
    assumed: frozenset[str] = frozenset()
    _by_value: dict[tuple[str, str], list[CodeEntry]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for table, entries in self.tables.items():
            for entry in entries:
                self._by_value.setdefault((table, entry.value), []).append(entry)

    def __call__(self, table: str, value: str, on: date) -> bool | None:
        if not self.tables.get(table):
            return None
        return self._find(table, value, on) is not None

    def label(self, table: str, value: str, on: date) -> str | None:
        """Return the Japanese label of a code value on a day, or None when the day does not know it."""
        entry = self._find(table, value, on)
        return None if entry is None else entry.label

    def choices(self, table: str, on: date) -> tuple[tuple[str, str], ...]:
        """Return (value, label) of every code of the table that is valid on the day, in the order of the values."""
        entries = (entry for entry in self.tables.get(table, ()) if _covers(entry, on))
        return tuple((entry.value, entry.label) for entry in sorted(entries, key=lambda entry: entry.value))

    def _find(self, table: str, value: str, on: date) -> CodeEntry | None:
        return next((entry for entry in self._by_value.get((table, value), ()) if _covers(entry, on)), None)


def _covers(entry: CodeEntry, on: date) -> bool:
    return entry.valid_from <= on and (entry.valid_to is None or on < entry.valid_to)


def check_hokensha(
    *,
    hokensha_code: str,
    hokensha_shubetsu: str,
    hokensha_meisho: str,
    hokensha_bango: Sequence[str],
    kohi_futansha_bango: Sequence[str],
) -> tuple[ErrorItem, ...]:
    """Collect every reason why an organisation cannot be registered; the given numbers are not repeated in it."""
    errors: list[ErrorItem] = []
    if not is_valid_hokensha_code(hokensha_code):
        errors.append(ErrorItem("E207", "hokensha_code", "保険者コードは数字8桁で指定してください。"))
    if hokensha_shubetsu not in HOKENSHA_SHUBETSU:
        names = "、".join(HOKENSHA_SHUBETSU)
        errors.append(ErrorItem("E205", "hokensha_shubetsu", f"保険者種別は {names} のどれかで指定してください。"))
    if not hokensha_meisho.strip():
        errors.append(ErrorItem("E208", "hokensha_meisho", "名称を指定してください。"))
    if hokensha_shubetsu == SEIKATSU_HOGO:
        if hokensha_bango:
            errors.append(ErrorItem("E209", "hokensha_bango", "生活保護では保険者番号を指定できません。"))
        if not kohi_futansha_bango:
            errors.append(ErrorItem("E208", "kohi_futansha_bango", "生活保護では公費負担者番号を指定してください。"))
    else:
        if kohi_futansha_bango:
            errors.append(ErrorItem("E209", "kohi_futansha_bango", "公費負担者番号は生活保護だけが指定できます。"))
        if not hokensha_bango:
            errors.append(ErrorItem("E208", "hokensha_bango", "保険者番号を指定してください。"))
    if not all(is_valid_hokensha_bango(bango) for bango in hokensha_bango):
        errors.append(
            ErrorItem("E206", "hokensha_bango", "保険者番号の並びが正しくありません。番号を確かめてください。")
        )
    if not all(is_valid_kohi_futansha_bango(bango) for bango in kohi_futansha_bango):
        message = "公費負担者番号の並びが正しくありません。番号を確かめてください。"
        errors.append(ErrorItem("E206", "kohi_futansha_bango", message))
    return tuple(errors)
