"""States of a 受付 and the moves between them; reasons of a refusal. 根拠: published contract §4."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

UKETSUKE, KENSA, SHORI, KANRYO, HORYU, KYOHI = "uketsuke", "kensa", "shori", "kanryo", "horyu", "kyohi"

MOVES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        UKETSUKE: frozenset({KENSA, KYOHI}),
        KENSA: frozenset({SHORI, KYOHI, HORYU}),
        SHORI: frozenset({KANRYO, KYOHI}),  # 拒否 in mid-file: only where its file is gone after a restore
        HORYU: frozenset({SHORI, KYOHI}),
        KANRYO: frozenset(),
        KYOHI: frozenset(),
    }
)
FINAL: Final = frozenset({KANRYO, KYOHI})
RUNNING: Final = frozenset({UKETSUKE, KENSA, SHORI})
STALLED_AFTER: Final = timedelta(seconds=60)  # without a move

STATE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        UKETSUKE: "受付済み",
        KENSA: "検査中",
        SHORI: "登録中",
        KANRYO: "完了",
        HORYU: "保留",
        KYOHI: "受け付けられません",
    }
)

# What an insurer decides about a held file: to go on with it, or to take it back (the reason code of 拒否, too).
KAIJO, TORISAGE = "kaijo", "torisage"

TOO_LARGE, GIVEN_UP = "okisugi", "uchikiri"
RIYU: Final[Mapping[str, str]] = MappingProxyType(
    {
        "midashi_fumei": "見出し行に様式にない項目があるか、処理種別コード・保険者コードの列がありません。"
        "CSVの様式に合わせて見出しを直し、もう一度送ってください。",
        "midashi_jufuku": "見出し行に同じ項目が2回あります。どちらかの列を消して、もう一度送ってください。",
        "moji_code_fumei": "文字コードを読み取れません。"
        "UTF-8 か Shift_JIS（CP932）で保存して、もう一度送ってください。",
        "gzip_fusei": "gzip の圧縮を展開できません。圧縮し直すか、CSVのまま送ってください。",
        TOO_LARGE: "展開後の大きさが2GiBを超えているか、9,999,999件より多くの行があります。"
        "ファイルを分けて送ってください。",
        "fukugen": "障害からの復旧で、このファイルを最後まで登録できなくなりました。"
        "同じファイルをもう一度送ってください。登録済みの行は、もう一度送っても二重には登録されません。",
        GIVEN_UP: "障害のため、このファイルの登録を途中で打ち切りました。"
        "同じファイルをもう一度送ると、続きから登録します。登録済みの行は二重には登録されません。",
        "torisage": "保険者が取り下げました。",
    }
)

# The same in a word, for a list of files.
RIYU_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "midashi_fumei": "見出しが様式と違う",
        "midashi_jufuku": "見出しが重なる",
        "moji_code_fumei": "文字コード不明",
        "gzip_fusei": "圧縮の異常",
        TOO_LARGE: "大きすぎる",
        "fukugen": "復旧のため送り直し",
        GIVEN_UP: "打切り",
        "torisage": "取下げ",
    }
)


def can_move(state: str, to: str) -> bool:
    """Tell whether a 受付 may go from one state to another."""
    return to in MOVES[state]
