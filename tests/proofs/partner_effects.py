"""The one check of the proofs about オンライン資格確認: what the hub owed took effect once, whole and in order."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

# What the stand-in counts and what must never be.
_NEVER = ("naiyo_fuitchi", "onaji_hito", "shomei_fusei", "denbun_fusei")

_OWED = """
SELECT soshin_bango::text, sent_at IS NOT NULL, shori_kekka_kubun, shori_kekka_meisai_code
FROM shikaku_onshi_soshin WHERE hokensha_code = %s
"""


def wrongs(admin: psycopg.Connection, store: Path, hokensha: str, *, results: bool) -> Counter[str]:
    """Return how often each thing is wrong with an insurer's telegrams; empty when all is well.

    `results`: every 処理結果 must have come back as it was first given.
    """
    owed = {row[0]: row[1:] for row in admin.execute(_OWED, [hokensha])}
    with closing(sqlite3.connect(store)) as held:
        held.row_factory = sqlite3.Row
        taken = held.execute("select * from denbun where hokensha_code = ? order by seq", [hokensha]).fetchall()
        counts = dict(held.execute("select namae, kazu from kazu").fetchall())
        findings = held.execute("select count(*) from hakken").fetchone()[0]
    effects = Counter(str(row["soshin_bango"]) for row in taken)
    found = Counter(
        {
            "owed nothing": int(not owed),
            "lost": len(owed.keys() - effects.keys()),
            "strange": len(effects.keys() - owed.keys()),
            "doubled": sum(effects.values()) - len(effects),
            "out of order": _out_of_order(taken),
            "waiting": sum(not row[0] for row in owed.values()),
            "found inside": findings,
        }
    )
    found += Counter({name: counts.get(name, 0) for name in _NEVER})
    if results:
        found += _wrong_results(owed, taken)
    return +found


def _out_of_order(taken: list[sqlite3.Row]) -> int:
    """Count the persons whose telegrams did not arrive in the order 1, 2, 3."""
    arrived: dict[str, list[int]] = defaultdict(list)
    for row in taken:
        arrived[row["himozuke_bango"]].append(row["jun"])
    return sum(numbers != list(range(1, len(numbers) + 1)) for numbers in arrived.values())


def _wrong_results(owed: dict[str, tuple[Any, ...]], taken: list[sqlite3.Row]) -> Counter[str]:
    found = Counter[str]()
    for row in taken:
        _, kubun, code = owed.get(row["soshin_bango"], (True, "", ""))
        found["result refused"] += row["kekka_jotai"] == "kyohi"
        found["result on its way"] += row["kekka_jotai"] == "machi"
        if row["kekka_jotai"] == "sumi":
            found["another result"] += (kubun, code) != (row["kekka_kubun"], row["kekka_meisai_code"] or "")
    return +found
