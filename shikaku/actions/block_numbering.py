"""被保険者枝番 of one insurer, without gaps: the row is locked while a block may need a new one. 根拠: KJ-SHI-01."""

from django.db import connection


class Numbering:
    """The last number given; `lock` before `next`, `save` once at the end."""

    def __init__(self, zone: str) -> None:
        """Begin without a lock."""
        self._zone = zone
        self._first: int | None = None
        self._last = 0

    def lock(self) -> None:
        """Lock the insurer's row; it is made when the insurer has nobody yet."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO shikaku_edaban_saiban (hokensha_code, last) VALUES (%s, 0) ON CONFLICT DO NOTHING",
                [self._zone],
            )
            cursor.execute(
                "SELECT last FROM shikaku_edaban_saiban WHERE hokensha_code = %s FOR NO KEY UPDATE", [self._zone]
            )
            self._first = self._last = cursor.fetchone()[0]

    def next(self) -> int:
        """Return the next number."""
        assert self._first is not None  # noqa: S101  # a new person comes by 01, which locked the row
        self._last += 1
        return self._last

    def save(self) -> None:
        """Write the last number down if there were new ones."""
        if self._first is None or self._last == self._first:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE shikaku_edaban_saiban SET last = %s WHERE hokensha_code = %s", [self._last, self._zone]
            )
