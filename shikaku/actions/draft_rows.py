"""Rows of a new person as binary COPY writes them, in the order of write_block's columns.

The long part is packed when the person is drafted; the block puts 被保険者枝番, 紐付番号 and time before it.
"""

from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Final

from shikaku.actions.copy_rows import BIGINT, FALSE, INTEGER, LENGTH, NULL, TRUE, UUID_BYTES, text
from shikaku.domain.plan import VersionWrite

# 被保険者枝番, 紐付番号, time, behind the number of columns.
_START: Final = Struct("!hiqi16siq").pack
_KANYUSHA_COLUMNS: Final = 15
_VERSION_COLUMNS: Final = 16
_SOSHIN_COLUMNS: Final = 9
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.date().toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)

Tokens = tuple[int | None, int | None, int | None, int | None]


def microseconds(at: datetime) -> int:
    """Return a time as the database counts it."""
    return (at - _EPOCH) // _MICROSECOND


def kanyusha_rest(
    *,
    row_id: bytes,
    zone: str,
    bi_bango: bytes,
    ct_kojin_bango: bytes,
    kanyusha_kubun_code: str,
    fugo: bool,
    tokens: Tokens,
    last_shikaku_tsuban: int,
    last_rireki_tsuban: int,
) -> bytes:
    """Return a new person's row from `id` on."""
    kana2, kana4, full, birth = tokens
    return b"".join(
        (
            UUID_BYTES(16, row_id),
            text(zone),
            LENGTH(len(bi_bango)),
            bi_bango,
            LENGTH(len(ct_kojin_bango)),
            ct_kojin_bango,
            text(kanyusha_kubun_code),
            text("1" if fugo else "0"),
            NULL if kana2 is None else BIGINT(8, kana2),
            NULL if kana4 is None else BIGINT(8, kana4),
            NULL if full is None else BIGINT(8, full),
            NULL if birth is None else BIGINT(8, birth),
            INTEGER(4, last_shikaku_tsuban),
            INTEGER(4, last_rireki_tsuban),
        )
    )


def version_rest(
    *,
    row_id: bytes,
    zone: str,
    version: VersionWrite,
    shubetsu: str,
    token: int | None,
    uketsuke: bytes,
    meisai_no: int,
    ct_joho: bytes,
) -> bytes:
    """Return a version that stands, from `id` on; ids as their 16 bytes."""
    tsuban = version.shikaku_tsuban
    return b"".join(
        (
            UUID_BYTES(16, row_id),
            text(zone),
            INTEGER(4, version.rireki_tsuban),
            NULL if tsuban is None else INTEGER(4, tsuban),
            _day(version.valid_from),
            _day(version.valid_to),
            NULL,
            text(shubetsu),
            TRUE if version.withdrawn else FALSE,
            NULL if token is None else BIGINT(8, token),
            UUID_BYTES(16, uketsuke),
            INTEGER(4, meisai_no),
            LENGTH(len(ct_joho)),
            ct_joho,
        )
    )


def kanyusha_row(edaban: int, himozuke: bytes, at: int, rest: bytes) -> bytes:
    """Return the person's row whole; `at` in the database's microseconds."""
    return _START(_KANYUSHA_COLUMNS, 8, edaban, 16, himozuke, 8, at) + rest


def version_row(edaban: int, himozuke: bytes, at: int, rest: bytes) -> bytes:
    """Return the version whole, as `kanyusha_row`."""
    return _START(_VERSION_COLUMNS, 8, edaban, 16, himozuke, 8, at) + rest


class FirstTelegrams:
    """Rows of the first telegrams of new persons, owed and due at one time."""

    def __init__(self, zone: str, kind: str, at: int) -> None:
        """Prepare what is the same for all."""
        code, kind_text = zone.encode(), kind.encode()
        self._pack = Struct(f"!hi16si{len(code)}siqi16siqi{len(kind_text)}s").pack
        self._code, self._kind = code, kind_text
        self._times = BIGINT(8, at) * 3

    def row(self, soshin_bango: bytes, edaban: int, himozuke: bytes) -> bytes:
        """Return one row; the telegram is the first of its person."""
        code, kind = self._code, self._kind
        return (
            self._pack(
                _SOSHIN_COLUMNS, 16, soshin_bango, len(code), code, 8, edaban, 16, himozuke, 8, 1, len(kind), kind
            )
            + self._times
        )


def _day(day: date | None) -> bytes:
    return NULL if day is None else INTEGER(4, day.toordinal() - _EPOCH_DAY)
