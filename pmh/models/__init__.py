"""Tables of PMH-ID. None of them has a column for the 個人番号. 根拠: KJ-PMH-04, KJ-IN-11."""

from pmh.models.hakko_rireki import HakkoRireki
from pmh.models.irai import Irai

__all__ = ["HakkoRireki", "Irai"]
