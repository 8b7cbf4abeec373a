"""The result of each line of a file as a binary COPY row, in the order of write_block's columns."""

from struct import Struct
from typing import Final
from uuid import UUID

from shikaku.actions import copy_rows
from shikaku.actions.block_zone import LineOutcome

_COLUMNS: Final = 9
_START: Final = Struct("!hi16sii").pack


class ResultRows:
    """Packs the results of one 受付."""

    def __init__(self, *, uketsuke_id: UUID, sender: str) -> None:
        """Prepare what is the same for all."""
        raw = sender.encode()
        self._uketsuke, self._sender = uketsuke_id.bytes, copy_rows.text(sender)
        # What most lines come to: 正常, nothing to say, somebody's period.
        self._plain = Struct(f"!hi16siii{len(raw)}siii1siiiqii").pack
        self._raw, self._length = raw, len(raw)

    def row(self, meisai_no: int, line_number: int, outcome: LineOutcome) -> bytes:
        """Return the row of one line; the violations of a line stand together, by spaces."""
        edaban, tsuban, violations = outcome.edaban, outcome.shikaku_tsuban, outcome.violations
        if not violations and edaban is not None and tsuban is not None:
            return self._plain(
                _COLUMNS, 16, self._uketsuke, 4, meisai_no, self._length, self._raw, 4, line_number,
                1, outcome.kubun.encode(), 0, 0, 8, edaban, 4, tsuban,
            )  # fmt: skip  # lengths and values in turn
        return b"".join(
            (
                _START(_COLUMNS, 16, self._uketsuke, 4, meisai_no),
                self._sender,
                copy_rows.INTEGER(4, line_number),
                copy_rows.text(outcome.kubun),
                copy_rows.text(" ".join(violation.code for violation in violations)),
                copy_rows.text(" ".join(violation.pointer for violation in violations)),
                copy_rows.NULL if edaban is None else copy_rows.BIGINT(8, edaban),
                copy_rows.NULL if tsuban is None else copy_rows.INTEGER(4, tsuban),
            )
        )
