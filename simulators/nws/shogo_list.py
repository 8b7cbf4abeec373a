"""照会許可用照合リスト: who may ask whom for what in which 事務手続. The entries are made up but for the 項番."""

from collections.abc import Mapping, Sequence

VERSION = "2026-04-01"
SHOKAISHA: Mapping[str, Sequence[str]] = {
    "kyokai_kenpo": ("2", "5", "6"),
    "kenpo_kumiai": ("3",),
    "shigaku": ("33", "34"),
    "kokkyo": ("39",),
    "kokuho_kumiai": ("42", "43"),
    "chikyo": ("58",),
    "koki_koiki": ("80", "81"),
}
"""The 項番 of 別表第二 by which each kind of insurer asks (001 Ⅰ-6②; 6 and 34 are assumed). 121 is open to nobody."""
TEIKYOSHA: Mapping[str, str] = {
    "shichoson": "TM00000000000002",
    "nihon_nenkin_kiko": "TM00000000000010",
    "kenpo_kumiai": "TM00000000000020",
}
"""Who provides which 特定個人情報; made-up codes."""


def shogo_list() -> dict[str, object]:
    """The list as `GET /shogo-list` answers it."""
    items = [
        {
            "komoku_bango": komoku,
            "shokaisha": shokaisha,
            "teikyosha": teikyosha,
            "jimu_tetsuzuki_code": f"JT{int(komoku):03d}{number:011d}",
            "tokutei_kojin_joho_code": code,
        }
        for shokaisha, koban in SHOKAISHA.items()
        for komoku in koban
        for number, (teikyosha, code) in enumerate(TEIKYOSHA.items(), start=1)
    ]
    return {"version": VERSION, "items": items}
