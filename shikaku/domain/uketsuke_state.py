"""The states of one 受付 and the moves between them; `docs/states.md` is drawn from this table."""

from collections.abc import Mapping
from typing import Final, Literal

Jotai = Literal["uketsuke", "kensa", "shori", "kanryo", "horyu", "kyohi"]

UKETSUKE: Final = "uketsuke"
KENSA: Final = "kensa"
SHORI: Final = "shori"
KANRYO: Final = "kanryo"
HORYU: Final = "horyu"
KYOHI: Final = "kyohi"

# `horyu` is reached by the hold on unusual files.
MOVES: Final[Mapping[str, frozenset[str]]] = {
    UKETSUKE: frozenset({KENSA}),
    KENSA: frozenset({SHORI, KYOHI, HORYU}),
    HORYU: frozenset({SHORI, KYOHI}),
    SHORI: frozenset({KANRYO}),
    KANRYO: frozenset(),
    KYOHI: frozenset(),
}
ENDED: Final = frozenset({KANRYO, KYOHI})
# In these the same file may not be sent again without saying that it is a resending.
HOLDS_DIGEST: Final = frozenset(MOVES) - {KYOHI}
LABELS: Final[Mapping[str, str]] = {
    UKETSUKE: "受付",
    KENSA: "検査",
    SHORI: "処理中",
    KANRYO: "完了",
    HORYU: "保留",
    KYOHI: "拒否",
}

# Why a 受付 was refused or withdrawn: `riyu.code` -> `riyu.message`.
RIYU: Final[Mapping[str, str]] = {
    "midashi_fumei": (
        "見出しに決められていない項目があるか、処理種別コード・保険者コードがありません。見出しを直して送ってください。"
    ),
    "midashi_jufuku": "見出しに同じ項目が2つ以上あります。1つにして送ってください。",
    "moji_code_fumei": "見出しを読み取れません。文字コードをUTF-8かShift_JISにして送ってください。",
    "gzip_fusei": "圧縮を解けません。ファイルを圧縮し直して送ってください。",
    "okisugi": "ファイルが大きすぎます。分けて送ってください。",
    "torisage": "保険者が取り下げました。",
}


def can_move(present: str, following: str) -> bool:
    """Tell whether a 受付 may go from one state to the other."""
    return following in MOVES[present]


def kekka_kubun(codes: tuple[str, ...]) -> str:
    """Return 処理結果区分 of a line with these codes: 1 正常, 2 正常（警告あり）, 9 異常."""
    if not codes:
        return "1"
    return "9" if any(code[0] == "E" for code in codes) else "2"
