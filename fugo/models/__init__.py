"""Tables of 機関別符号. None of them has a column for the 個人番号. 根拠: KJ-FUGO-08, docs/adr/0004."""

from fugo.models.edaban_himozuke import EdabanHimozuke
from fugo.models.juryo_kazu import JuryoKazu
from fugo.models.kikanbetsu_fugo import KikanbetsuFugo
from fugo.models.saihakko import SaihakkoList, SaihakkoTaisho
from fugo.models.shutoku_yokyu import ShutokuYokyu
from fugo.models.yokyu_file import YokyuFile

__all__ = [
    "EdabanHimozuke",
    "JuryoKazu",
    "KikanbetsuFugo",
    "SaihakkoList",
    "SaihakkoTaisho",
    "ShutokuYokyu",
    "YokyuFile",
]
