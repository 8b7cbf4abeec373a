"""One 明細 of a registration, as every door hands it to the rules: screen, REST and file look the same from here on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

# Canonical values: text, dates as ISO text (2026-04-01), flags as bool, amounts as int. None = clear the item.
Value: TypeAlias = str | bool | int | None
Group: TypeAlias = Mapping[str, Value]
Element: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class TorokuLine:
    """What one line says. A key that is absent was not given; a key whose value is None asks to clear the item.

    `unreadable` names the items (pointers) that were given in a form their door could not turn into a value; they
    are absent from the groups and become `E207`. An empty 処理種別コード or 保険者コード was not given.
    """

    shori_shubetsu_code: str
    hokensha_code: str
    hihokensha_edaban: int | None = None
    kojin_bango: str | None = field(default=None, repr=False)
    koshingo_kojin_bango: str | None = field(default=None, repr=False)
    kojin_bango_koshin_kubun: str | None = None
    fugo_shutoku_yokyu_kubun: str | None = None
    shikaku_tsuban: int | None = None
    system: Group = field(default_factory=dict, repr=False)
    kihon: Group = field(default_factory=dict, repr=False)
    seigyo: Group = field(default_factory=dict, repr=False)
    shikaku: Group = field(default_factory=dict, repr=False)
    sho: tuple[Element, ...] = field(default=(), repr=False)
    korei: tuple[Element, ...] = field(default=(), repr=False)
    gendogaku: tuple[Element, ...] = field(default=(), repr=False)
    tokutei_shippei: tuple[Element, ...] = field(default=(), repr=False)
    iryoken_given: bool = False
    unreadable: tuple[str, ...] = ()

    @property
    def enters_bango(self) -> bool:
        """Tell whether the line gives a 個人番号 to be kept, not only one to find somebody by."""
        return self.koshingo_kojin_bango is not None or (
            self.kojin_bango is not None and self.shori_shubetsu_code in {"01", "02"}
        )
