"""Rows of a new person as binary COPY writes them, in the order of write_block's columns.

The long part is packed when the person is drafted; the block puts 被保険者枝番, 紐付番号 and time before it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Final

from shikaku.domain.plan import VersionWrite

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_TRUE, _FALSE = b"\0\0\0\x01\x01", b"\0\0\0\x01\0"
_LENGTH: Final = Struct("!i").pack
_INTEGER: Final = Struct("!ii").pack
_BIGINT: Final = Struct("!iq").pack
_UUID: Final = Struct("!i16s").pack
# 被保険者枝番, 紐付番号, time, behind the number of columns.
_START: Final = Struct("!hiqi16siq").pack
_KANYUSHA_COLUMNS: Final = 15
_VERSION_COLUMNS: Final = 16
_SOSHIN_COLUMNS: Final = 9
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.date().toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)

Tokens = tuple[int | None, int | None, int | None, int | None]


def binary_copy(rows: Sequence[bytes]) -> bytes:
    """Return what goes through `COPY … FROM STDIN (FORMAT binary)` for these rows."""
    return b"".join((_SIGNATURE, *rows, _TRAILER))


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
            _UUID(16, row_id),
            _text(zone),
            _LENGTH(len(bi_bango)),
            bi_bango,
            _LENGTH(len(ct_kojin_bango)),
            ct_kojin_bango,
            _text(kanyusha_kubun_code),
            _text("1" if fugo else "0"),
            _NULL if kana2 is None else _BIGINT(8, kana2),
            _NULL if kana4 is None else _BIGINT(8, kana4),
            _NULL if full is None else _BIGINT(8, full),
            _NULL if birth is None else _BIGINT(8, birth),
            _INTEGER(4, last_shikaku_tsuban),
            _INTEGER(4, last_rireki_tsuban),
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
            _UUID(16, row_id),
            _text(zone),
            _INTEGER(4, version.rireki_tsuban),
            _NULL if tsuban is None else _INTEGER(4, tsuban),
            _day(version.valid_from),
            _day(version.valid_to),
            _NULL,
            _text(shubetsu),
            _TRUE if version.withdrawn else _FALSE,
            _NULL if token is None else _BIGINT(8, token),
            _UUID(16, uketsuke),
            _INTEGER(4, meisai_no),
            _LENGTH(len(ct_joho)),
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
        self._times = _BIGINT(8, at) * 3

    def row(self, soshin_bango: bytes, edaban: int, himozuke: bytes) -> bytes:
        """Return one row; the telegram is the first of its person."""
        code, kind = self._code, self._kind
        return (
            self._pack(
                _SOSHIN_COLUMNS, 16, soshin_bango, len(code), code, 8, edaban, 16, himozuke, 8, 1, len(kind), kind
            )
            + self._times
        )


def _text(value: str) -> bytes:
    raw = value.encode()
    return _LENGTH(len(raw)) + raw


def _day(day: date | None) -> bytes:
    return _NULL if day is None else _INTEGER(4, day.toordinal() - _EPOCH_DAY)
