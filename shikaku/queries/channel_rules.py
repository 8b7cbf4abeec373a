"""By which way an insurer type may register: dated data decides. 根拠: KJ-IN-02, KJ-IN-03, KJ-IN-20."""

from datetime import datetime
from typing import Final

from chukan.controls.kikan.queries import check_kano
from chukan.kernel import clock
from chukan.kernel.principal import Principal

_JIMU: Final = "shikaku_toroku"
_HOSHIKI: Final = {"terminal": "terminal", "server_api": "server_api", "shuyaku": "shuyaku"}
_SHUYAKU_SHUBETSU: Final = "shichoson_kokuho"


def check_channel(*, by: Principal, now: datetime) -> None:
    """Raise NotPermitted when this insurer type may not register by this way, or not yet."""
    shubetsu = _SHUYAKU_SHUBETSU if by.channel == "shuyaku" else by.hokensha_shubetsu or ""
    check_kano(shubetsu, _JIMU, _HOSHIKI.get(by.channel, by.channel), clock.business_date_jst(now))
