"""What オンライン資格確認等システム holds after a journey, read from the stand-in's own store."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

from tests.support.stack import Stack

_DIGITS = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")


def texts_of(stack: Stack) -> str:
    """Return everything the stand-in has ever kept, as one text."""
    with closing(sqlite3.connect(stack.onshi_store)) as store:
        return "\n".join(store.iterdump())


def numbers_in(text: str) -> set[str]:
    """Return every run of twelve digits."""
    return set(_DIGITS.findall(text))


def held_by_onshi(stack: Stack, hokensha: str) -> dict[str, dict[str, Any]]:
    """Return the latest content of everybody held for an insurer, by 被保険者枝番; each once."""
    with closing(sqlite3.connect(stack.onshi_store)) as store:
        rows = store.execute(
            "select hihokensha_edaban, himozuke_bango, naiyo from genzai"
            " where hokensha_code = ? and shurui = 'shikaku' and naiyo is not null",
            [hokensha],
        ).fetchall()
    held = {edaban: {"himozuke_bango": himozuke, **json.loads(naiyo)} for edaban, himozuke, naiyo in rows}
    assert len(held) == len(rows)
    assert len({person["himozuke_bango"] for person in held.values()}) == len(rows)
    return held


def telegrams_by_edaban(stack: Stack, hokensha: str) -> Counter[str]:
    """Return how many telegrams came for each 被保険者枝番 of an insurer."""
    with closing(sqlite3.connect(stack.onshi_store)) as store:
        rows = store.execute(
            "select hihokensha_edaban, count(*) from denbun where hokensha_code = ? group by 1", [hokensha]
        ).fetchall()
    return Counter(dict(rows))


def assert_in_order_and_clean(stack: Stack) -> None:
    """Everything arrived in order and complete per person, properly signed and shaped, without a 個人番号."""
    state = stack.ask_onshi("/_sim/state")
    wrong = ("junjo_ihan", "tobi", "furui", "kojin_bango", "kinshi_komoku", "katachi")
    pairs = ("id_nido", "id_kawatta", "id_kyoyu", "id_chigai")
    refused = ("naiyo_fuitchi", "shomei_fusei", "denbun_fusei", "onaji_hito")
    assert {name: state[name] for name in (*wrong, *pairs, *refused)} == dict.fromkeys((*wrong, *pairs, *refused), 0)
