"""Rules of rights: which 事務 an organisation can give, and every screen with the right it demands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.controls.shokuin.domain import HOKENSHA, SYSTEM_KANRI
from chukan.kernel.errors import ErrorItem, NotPermitted
from chukan.kernel.principal import KengenAction, Principal

Right = tuple[str, str]

# 事務 of the rights -> its Japanese name. A right is one of these with 照会 or 更新.
JIMU: Final[Mapping[str, str]] = {
    "shikaku": "資格履歴管理",
    "joho_renkei": "情報連携",
    "honnin_kakunin": "本人確認",
    "fugo": "機関別符号",
    "kanri": "職員・操作履歴の管理",
    "unyo": "運用監視",
    "shonin": "依頼・承認",
}
# 事務 of 情報提供サーバーAP: 支払基金's staff are given them by an approved 依頼 alone (KJ-AUTH-06, KJ-AUTH-20).
JOHO_TEIKYO_SERVER: Final = ("fugo", "honnin_kakunin")
ACTIONS: Final[Mapping[str, str]] = {"shokai": "照会", "koshin": "更新"}
STAFF_ADMIN: Final[tuple[str, KengenAction]] = ("kanri", "koshin")

# The matrix rows (事務, 方式) of which one must be open to an insurer before the 事務 can be given to its staff.
KANO_OF_JIMU: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "shikaku": (("shikaku_toroku", "terminal"),),
    "joho_renkei": (("joho_shokai", "terminal"),),
    "honnin_kakunin": (
        ("kojin_bango_shutoku", "sokuji"),
        ("kojin_bango_shutoku", "ikkatsu"),
        ("kihon_4_joho_shutoku", "sokuji"),
        ("kihon_4_joho_shutoku", "ikkatsu"),
    ),
}
_INSURER_JIMU: Final = ("shikaku", "joho_renkei", "honnin_kakunin", "kanri")
# Operators never register for an insurer (KJ-IN-01); 国保中央会 works on 資格履歴 alone (KJ-MENU-05).
_OPERATOR_RIGHTS: Final[Mapping[str, frozenset[Right]]] = {
    SHIHARAI_KIKIN: frozenset(
        {
            ("shikaku", "shokai"),
            ("fugo", "shokai"),
            ("fugo", "koshin"),
            ("honnin_kakunin", "shokai"),
            ("honnin_kakunin", "koshin"),
            ("unyo", "shokai"),
            ("unyo", "koshin"),
            ("kanri", "shokai"),
            STAFF_ADMIN,
            ("shonin", "shokai"),
            ("shonin", "koshin"),
        }
    ),
    KOKUHO_CHUOKAI: frozenset({("shikaku", "shokai"), ("unyo", "shokai"), ("kanri", "shokai"), STAFF_ADMIN}),
    UNYO_HOSHU: frozenset({("unyo", "shokai"), ("unyo", "koshin"), ("kanri", "shokai"), STAFF_ADMIN}),
}
# 事務 whose staff of an insurer may be given the 個人番号取扱権限. Operators see no 個人番号 (KJ-MENU-09).
KOJIN_BANGO_JIMU: Final = ("shikaku", "honnin_kakunin")


def possible_rights(*, soshiki: str, open_jimu: frozenset[str]) -> frozenset[Right]:
    """Return every right that staff of an organisation can be given; `open_jimu` is what the matrix opens to it."""
    if soshiki != HOKENSHA:
        return _OPERATOR_RIGHTS.get(soshiki, frozenset())
    jimu = [name for name in _INSURER_JIMU if name not in KANO_OF_JIMU or name in open_jimu]
    return frozenset((name, action) for name in jimu for action in ACTIONS)


def possible_kojin_bango(*, soshiki: str, rights: Iterable[Right]) -> frozenset[str]:
    """Return the 事務 for which staff of an organisation can be given the 「個人番号取扱権限」."""
    if soshiki != HOKENSHA:
        return frozenset()
    return frozenset(jimu for jimu, _ in rights if jimu in KOJIN_BANGO_JIMU)


def by_approval(*, soshiki: str, rights: Iterable[Right]) -> frozenset[Right]:
    """Return those of the rights that an approved 依頼 alone gives: 情報提供サーバーAP's. 根拠: KJ-AUTH-20."""
    if soshiki != SHIHARAI_KIKIN:
        return frozenset()
    return frozenset(right for right in rights if right[0] in JOHO_TEIKYO_SERVER)


def check_grant(
    *,
    soshiki: str,
    kubun: str,
    possible: frozenset[Right],
    held: frozenset[Right],
    wanted: frozenset[Right],
    kojin_bango: frozenset[str],
) -> tuple[ErrorItem, ...]:
    """Collect why these rights cannot be given to one member of staff.

    The keeping of staff belongs to システム管理責任者 alone; the 個人番号取扱権限 needs a right in its 事務 and is
    never implied by one; what needs an approval can be kept or ended here, not given. `held` is what that person has.
    根拠: KJ-AUTH-13, KJ-AUTH-14, KJ-AUTH-20.
    """
    errors = []
    if not by_approval(soshiki=soshiki, rights=wanted) <= held:
        message = "情報提供サーバーの権限は、依頼と承認でだけ付与できます。選択を外し、権限の付与を依頼してください。"
        errors.append(ErrorItem("A-104", "kengen", message))
    if not wanted <= possible:
        message = "この組織の職員には付与できない権限があります。表にある権限から選んでください。"
        errors.append(ErrorItem("A-101", "kengen", message))
    if STAFF_ADMIN in wanted and kubun != SYSTEM_KANRI:
        message = "職員の管理（更新）はシステム管理責任者だけの権限です。選択を外してください。"
        errors.append(ErrorItem("A-102", "kengen", message))
    allowed = possible_kojin_bango(soshiki=soshiki, rights=wanted & possible)
    if not kojin_bango <= allowed:
        message = "個人番号取扱権限は、同じ事務の権限を持つ職員だけに付与できます。事務の権限も選んでください。"
        errors.append(ErrorItem("A-103", "kojin_bango", message))
    return tuple(errors)


def check_changeable(by: Principal, *, shokuin_id: str, kubun: str) -> None:
    """Raise NotPermitted when the actor may not change a person: oneself, or one of the same rank."""
    if shokuin_id == by.actor_id or kubun == SYSTEM_KANRI:
        raise NotPermitted(
            "dokaku",
            "自分とほかのシステム管理責任者の職員IDは、この画面では変更できません。支払基金に依頼してください。",
        )


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its 画面ID and name, the right it demands, for whom it is, and where it stands in the menu.

    `jimu` None: any right at all opens it (the start page). `kano`: rows of the matrix that must be open to the
    insurer today, besides the use of the terminal itself. `file` is the 特定個人情報ファイル or record it shows.
    """

    id: str
    name: str
    url_name: str
    jimu: str | None
    action: KengenAction
    soshiki: frozenset[str]
    file: str
    menu_group: str | None = None
    kano: tuple[tuple[str, str], ...] = ()


_INSURER: Final = frozenset({HOKENSHA})
_ALL_OPERATORS: Final = frozenset({SHIHARAI_KIKIN, KOKUHO_CHUOKAI, UNYO_HOSHU})
# 情報提供サーバー and 承認 are worked by 支払基金 alone (KJ-AUTH-06).
_KIKIN: Final = frozenset({SHIHARAI_KIKIN})
# 国保中央会 works on 資格履歴 alone (KJ-MENU-05).
_PMH_OPERATORS: Final = frozenset({SHIHARAI_KIKIN, UNYO_HOSHU})
# Whose acts (情報提供サーバー) or whose sign-in need 生体認証 (KJ-AUTH-04, KJ-AUTH-05).
_SEITAI: Final = frozenset({SHIHARAI_KIKIN, UNYO_HOSHU})
_REGISTER: Final = (("shikaku_toroku", "terminal"),)


def _shikaku(screen_id: str, name: str, url: str, action: KengenAction, group: str | None = None) -> Screen:
    return Screen(screen_id, name, f"shikaku:{url}", "shikaku", action, _INSURER, "shikaku", group, _REGISTER)


def _fugo(screen_id: str, name: str, url: str, action: KengenAction = "shokai", group: str | None = None) -> Screen:
    return Screen(screen_id, name, f"fugo:{url}", "fugo", action, _KIKIN, "fugo", group)


_SHIKAKU_GROUP: Final = "資格情報"
_KANRI_GROUP: Final = "管理"
_WATCH_GROUP: Final = "監視"
_RENKEI_GROUP: Final = "情報連携"
_RECORD_GROUP: Final = "承認・記録"
_SETTINGS_GROUP: Final = "利用者・設定"

SCREENS: Final[tuple[Screen, ...]] = (
    Screen("HM-001", "ホーム", "shikaku:home", None, "shokai", _INSURER, "shikaku", ""),
    _shikaku("HS-101", "加入者検索", "kanyusha_list", "shokai", _SHIKAKU_GROUP),
    _shikaku("HS-102", "加入者の詳細", "kanyusha_detail", "shokai"),
    _shikaku("HS-103", "資格の履歴", "rireki", "shokai"),
    _shikaku("HS-201", "加入者の登録", "toroku", "koshin", _SHIKAKU_GROUP),
    _shikaku("HS-202", "資格の修正", "shusei", "koshin"),
    _shikaku("HS-203", "資格喪失の登録", "soshitsu", "koshin"),
    _shikaku("HS-204", "選択した人の一括喪失", "ikkatsu_soshitsu", "koshin"),
    _shikaku("HS-205", "登録の取消し", "torikeshi", "koshin"),
    _shikaku("HS-206", "完了", "kanryo", "koshin"),
    _shikaku("HS-301", "ファイルの送信", "file_send", "koshin", _SHIKAKU_GROUP),
    _shikaku("HS-302", "ファイル登録の状況", "file_status", "shokai"),
    _shikaku("HS-303", "登録の履歴", "file_list", "shokai", _SHIKAKU_GROUP),
    _shikaku("HS-304", "エラー行の修正", "file_fix", "koshin"),
    # The decision is the システム管理責任者's alone (published contract §4), who may have no other right here.
    Screen("HS-305", "保留の確認", "shikaku:horyu", *STAFF_ADMIN, _INSURER, "shikaku", None, _REGISTER),
    Screen(
        "HS-501",
        "符号の取得状況",
        "fugo:jotai",
        "shikaku",
        "shokai",
        _INSURER,
        "fugo",
        _SHIKAKU_GROUP,
        (("fugo_shutoku", "jido"),),
    ),
    Screen("KR-101", "職員ID", "kengen:shokuin_list", "kanri", "shokai", _INSURER, "shokuin", _KANRI_GROUP),
    Screen("KR-102", "職員IDの登録・変更", "kengen:shokuin_new", "kanri", "koshin", _INSURER, "shokuin"),
    Screen("KR-201", "操作履歴", "sosa_log:own", "kanri", "shokai", _INSURER, "sosa_log", _KANRI_GROUP),
    Screen("OP-001", "運用状況", "unyo:jokyo", "unyo", "shokai", _ALL_OPERATORS, "shikaku", ""),
    Screen("OP-101", "処理の実行状況", "unyo:shori", "unyo", "shokai", _ALL_OPERATORS, "shikaku", _WATCH_GROUP),
    Screen("OP-201", "オン資 配信", "unyo:haishin", "unyo", "shokai", _ALL_OPERATORS, "shikaku", _WATCH_GROUP),
    Screen("OP-301", "PMH-ID 払出し", "pmh:haraidashi", "unyo", "shokai", _PMH_OPERATORS, "pmh", _WATCH_GROUP),
    Screen("OP-302", "払出しの例外", "pmh:reigai", "unyo", "shokai", _PMH_OPERATORS, "pmh", _WATCH_GROUP),
    _fugo("KA-101", "符号取得の実行", "jikko", group=_RENKEI_GROUP),
    _fugo("KA-102", "符号取得の状況", "jokyo", group=_RENKEI_GROUP),
    Screen("KA-201", "再発行リスト", "saihakko:list", "fugo", "koshin", _KIKIN, "fugo", _RENKEI_GROUP),
    Screen("KA-202", "再発行の依頼", "saihakko:irai", "fugo", "koshin", _KIKIN, "fugo"),
    _fugo("IP-101", "情報提供サーバーへ送信", "soshin", "koshin", _RENKEI_GROUP),
    _fugo("IP-102", "情報提供サーバーからの受信", "jushin", group=_RENKEI_GROUP),
    _fugo("IP-103", "送受信の記録", "kiroku", group=_RENKEI_GROUP),
    Screen("AP-101", "承認待ち", "shonin:machi", "shonin", "shokai", _KIKIN, "shonin", _RECORD_GROUP),
    Screen("AP-102", "承認の確認", "shonin:kakunin", "shonin", "koshin", _KIKIN, "shonin"),
    Screen("AP-103", "自分の依頼", "shonin:irai", "shonin", "shokai", _KIKIN, "shonin", _RECORD_GROUP),
    Screen(
        "LG-101",
        "操作記録の検索",
        "sosa_log:search",
        "kanri",
        "shokai",
        _KIKIN,
        "sosa_log",
        _RECORD_GROUP,
    ),
    Screen("US-301", "生体認証の認証器", "seitai:ninshoki", None, "shokai", _SEITAI, "shokuin", _SETTINGS_GROUP),
)
BY_ID: Final[Mapping[str, Screen]] = {screen.id: screen for screen in SCREENS}
BY_URL_NAME: Final[Mapping[str, Screen]] = {screen.url_name: screen for screen in SCREENS}

NOT_PERMITTED_MESSAGE: Final = (
    "この操作の権限がありません。必要なときは、自組織のシステム管理責任者に依頼してください。"
)


def has_right(principal: Principal, screen: Screen) -> bool:
    """Tell whether a principal is of the screen's organisations and holds its right. 根拠: KJ-MENU-01, KJ-AUTH-13."""
    if principal.soshiki not in screen.soshiki:
        return False
    if screen.jimu is None:
        return bool(principal.kengen)
    return principal.can(screen.jimu, screen.action)
