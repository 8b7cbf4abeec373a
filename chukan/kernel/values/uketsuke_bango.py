"""「受付番号」: the day in Japan and ten random characters, so that it tells nothing and cannot be guessed."""

import re
from datetime import datetime
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RANDOM_LENGTH: Final = 10
_JST: Final = ZoneInfo("Asia/Tokyo")
_SHAPE: Final = re.compile("[0-9]{8}-[0-9A-Z]{10}")


def new(now: datetime, rng: Random) -> str:
    """Return a new number for `now`; outside tests `rng` is a `secrets.SystemRandom`."""
    tail = "".join(rng.choices(ALPHABET, k=RANDOM_LENGTH))
    return f"{now.astimezone(_JST):%Y%m%d}-{tail}"


def is_valid(text: str) -> bool:
    """Tell whether `text` has the shape of a 「受付番号」."""
    return _SHAPE.fullmatch(text) is not None
