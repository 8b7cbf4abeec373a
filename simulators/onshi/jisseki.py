"""Made-up lines of the 「資格確認実績ログ」 for the 生活保護 persons that are held."""

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from simulators.onshi.store import Store
from simulators.wire import luhn_digit

JST = timezone(timedelta(hours=9))


def make_jisseki(store: Store, *, count: int, seed: int, now: datetime) -> list[dict[str, Any]]:
    """`count` checks at made-up 医療機関 of the held persons who have a 公費負担者番号."""
    dice = random.Random(seed)
    covers = [
        (period["shikaku"]["kohi_futansha_bango"], period["shikaku"]["jukyusha_bango"])
        for person in store.persons(after="", limit=5000)
        for held in person["hokensha"]
        for period in (held["naiyo"] or {"kikan": []})["kikan"]
        if period["shikaku"].get("kohi_futansha_bango") and period["shikaku"].get("jukyusha_bango")
    ]
    if not covers:
        return []
    items = []
    for _ in range(count):
        futansha, jukyusha = dice.choice(covers)
        moment = (now - timedelta(minutes=dice.randrange(60 * 24 * 30))).astimezone(JST)
        body = f"13{dice.choice('134')}{dice.randrange(10**6):06d}"
        items.append(
            {
                "kohi_futansha_bango": futansha,
                "jukyusha_bango": jukyusha,
                "iryokikan_code": body + luhn_digit(body),
                "shitei_ymd": moment.date().isoformat(),
                "kakunin_hoho": dice.choice(("1", "2")),
                "shori_nichiji": moment.replace(microsecond=0).isoformat(),
                "hogo_itaku_umu": dice.random() < 0.1,
            }
        )
    return items
