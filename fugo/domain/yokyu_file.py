"""States of a 符号取得要求ファイル: nothing leaves 送信待ち without an operator's act. 根拠: KJ-FUGO-03."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from chukan.controls.kikan.domain import SHIHARAI_KIKIN
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal

TSUKURI, SOSHIN_MACHI, SOSHIN_CHU, SOSHIN_ZUMI, HAIKI = "tsukuri", "soshin_machi", "soshin_chu", "soshin_zumi", "haiki"
SHINKI, SAIHAKKO, SAIYOKYU = "shinki", "saihakko", "saiyokyu"
KINDS: Final = (SHINKI, SAIHAKKO, SAIYOKYU)

MOVES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        TSUKURI: frozenset({SOSHIN_MACHI, HAIKI}),
        SOSHIN_MACHI: frozenset({SOSHIN_CHU, HAIKI}),
        SOSHIN_CHU: frozenset({SOSHIN_ZUMI, HAIKI}),
        SOSHIN_ZUMI: frozenset(),
        HAIKI: frozenset(),
    }
)
STATE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        TSUKURI: "作成中",
        SOSHIN_MACHI: "送信待ち",
        SOSHIN_CHU: "送信中",
        SOSHIN_ZUMI: "送信済",
        HAIKI: "廃棄",
    }
)
KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType({SHINKI: "新規", SAIHAKKO: "再発行", SAIYOKYU: "再要求"})

# Why a request was left out of a file, and what is kept of it; it waits until its member is registered anew.
BANGO_NASHI, BANGO_YOMEZU = "bango_nashi", "bango_yomezu"
HIMOZUKE_CHIGAI, BANGO_CHIGAI = "himozuke_chigai", "bango_chigai"
LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        BANGO_NASHI: "個人番号が登録されていないため、要求できません。",
        BANGO_YOMEZU: "保管中の個人番号を読み取れないため、要求できません。",
        HIMOZUKE_CHIGAI: "別の人の加入者になったため、要求できません。",
        BANGO_CHIGAI: "登録中の個人番号が別の人のものである疑いがあるため、要求できません。",
    }
)


def makes_file(*, kensu: int, oldest: datetime | None, full: int, interval: timedelta, now: datetime) -> bool:
    """Tell whether waiting requests make a file: there are enough of them, or one has waited long enough."""
    if not kensu or oldest is None:
        return False
    return kensu >= full or now - oldest >= interval


def may_send(by: Principal) -> bool:
    """Tell whether this is an operator of 支払基金 with the right to send. 根拠: KJ-FUGO-03."""
    return by.channel == "operator" and by.soshiki == SHIHARAI_KIKIN and by.can("fugo", "koshin")


def sending_refused() -> NotPermitted:
    """Return what anybody else is told."""
    return NotPermitted("soshin_kengen_nashi", "要求ファイルを送信できるのは、権限のある支払基金の職員だけです。")


def bound_of(file_id: bytes, sha256: str) -> bytes:
    """Return what an operator's verification is bound to: this very file as it lies there, sealed."""
    return file_id + bytes.fromhex(sha256)
