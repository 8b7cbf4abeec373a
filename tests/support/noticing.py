"""Processes that notice keys sooner or later than the product's 15 seconds, and wait as long for each other."""

from __future__ import annotations

import os
from datetime import timedelta

NOTICING = "NOTICING_SECONDS"


def notice_keys_in_time() -> None:
    """Notice keys within the seconds the environment says; without a word of it, as the product does."""
    said = os.environ.get(NOTICING, "")
    if not said:
        return
    from chukan.kernel.crypto import keyring
    from shikaku.actions import walk_persons

    seconds = float(said)
    setattr(keyring, "ACTIVE_SECONDS", seconds)  # noqa: B010  # final in the product
    setattr(walk_persons, "_NOTICED", timedelta(seconds=seconds + 1))  # noqa: B010  # final in the product
