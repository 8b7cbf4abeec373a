"""符号取得ステータス: 要求受付 → 転送 → 送信 → 符号受付 → 設定, step by step, no way back. 根拠: KJ-FUGO-04."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ShutokuState(StrEnum):
    """How far a request for a code has come; the value is what 符号取得ステータス holds."""

    YOKYU_UKETSUKE = "1"
    TENSO = "2"
    SOSHIN = "3"
    FUGO_UKETSUKE = "4"
    SETTEI = "5"


STATE_LABELS: Final[Mapping[ShutokuState, str]] = {
    ShutokuState.YOKYU_UKETSUKE: "要求受付",
    ShutokuState.TENSO: "転送",
    ShutokuState.SOSHIN: "送信",
    ShutokuState.FUGO_UKETSUKE: "符号受付",
    ShutokuState.SETTEI: "設定",
}
# The column that keeps when a request came into a state.
STAMPS: Final[Mapping[ShutokuState, str]] = {
    ShutokuState.YOKYU_UKETSUKE: "fugo_yokyu_uketsuke_nichiji",
    ShutokuState.TENSO: "fugo_tenso_nichiji",
    ShutokuState.SOSHIN: "fugo_soshin_nichiji",
    ShutokuState.FUGO_UKETSUKE: "fugo_uketsuke_nichiji",
    ShutokuState.SETTEI: "fugo_settei_nichiji",
}
_ORDER: Final = tuple(ShutokuState)
_FOLLOWS: Final[Mapping[ShutokuState | None, ShutokuState]] = dict(zip((None, *_ORDER), _ORDER, strict=False))


class IllegalTransition(ValueError):
    """A step back, a step left out, or the same step again."""


def check_step(present: ShutokuState | None, to: ShutokuState) -> None:
    """Let a request go from `present` (None: it does not exist yet) to `to`. Raises IllegalTransition."""
    if _FOLLOWS.get(present) is not to:
        message = f"{present or '-'} -> {to}"
        raise IllegalTransition(message)


def before(state: ShutokuState) -> ShutokuState | None:
    """Return the one state from which `state` is reached."""
    at = _ORDER.index(state)
    return _ORDER[at - 1] if at else None
