"""Tables of 資格履歴."""

from shikaku.models.bango_case import BangoCase
from shikaku.models.itaku_kukaku import EdabanSaiban, ItakuKukakuKanyusha, KyuKojinBango
from shikaku.models.onshi_soshin import OnshiSoshin
from shikaku.models.person import Himozuke, KojinBangoSakuin
from shikaku.models.reindex_job import ReindexJob
from shikaku.models.reseal_job import ResealJob
from shikaku.models.shikaku_rireki import ShikakuRireki
from shikaku.models.terminal_slip import TerminalSlip

__all__ = [
    "BangoCase",
    "EdabanSaiban",
    "Himozuke",
    "ItakuKukakuKanyusha",
    "KojinBangoSakuin",
    "KyuKojinBango",
    "OnshiSoshin",
    "ReindexJob",
    "ResealJob",
    "ShikakuRireki",
    "TerminalSlip",
]
