"""符号取得要求ファイル: CSV `shori_tsuban,kojin_bango`, a line per person, in the published contract's order (§8)."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from chukan.kernel.values.kojin_bango import KojinBango

HEADER: Final = b"shori_tsuban,kojin_bango\n"


def lines_of(requests: Iterable[tuple[UUID, KojinBango]]) -> bytes:
    """Return the lines of some requests; only into the sealed file, never anywhere else."""
    return "".join([f"{tsuban},{bango.reveal()}\n" for tsuban, bango in requests]).encode("ascii")
