"""オンライン資格確認等システム that does not know a 送信番号 again: every repeat takes effect once more."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

from simulators.onshi import __main__ as onshi
from simulators.onshi import store


def main() -> int:
    """Serve as the stand-in does, without its memory of what it has taken."""
    look_up = store._by_key

    def forgets(db: sqlite3.Connection, select: str, keys: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        return {} if "from denbun" in select else look_up(db, select, keys)

    setattr(store, "_by_key", forgets)  # noqa: B010  # broken on purpose
    setattr(store, "SCHEMA", store.SCHEMA.replace("soshin_bango text not null unique", "soshin_bango text not null"))  # noqa: B010
    return onshi.main()


if __name__ == "__main__":
    sys.exit(main())
