"""Blind indexes: keyed hashes for equality search on what is sealed. 根拠: KJ-ENC-06.

There are few enough 個人番号 to try them all, so an index without a key would be the number itself. Two indexes with
two keys: inside one insurer, and across insurers for 突合.
"""

from typing import Final

from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE, TOKEN
from chukan.kernel.crypto.derive import HmacSha256, derive_key
from chukan.kernel.crypto.keyring import Keyring

ZONE_LENGTH: Final = 16
_KOJIN_BANGO: Final = "kojin_bango"
_KIKANBETSU_FUGO: Final = "kikanbetsu_fugo"
_COMMON_MAX: Final = 50_000


class ZoneIndex:
    """The blind indexes of one insurer."""

    __slots__ = ("_bango", "_common", "_global", "_keyring", "_token_secret", "_tokens")

    def __init__(self, keyring: Keyring, hokensha_code: str) -> None:
        """Fetch this insurer's keys; the key across insurers only when it is first used."""
        self._keyring = keyring
        self._bango = HmacSha256(derive_key(keyring.secret(BI_ZONE, hokensha_code), "chukan1", BI_ZONE, _KOJIN_BANGO))
        self._token_secret = keyring.secret(TOKEN, hokensha_code)
        self._tokens: dict[str, HmacSha256] = {}
        self._common: dict[tuple[str, str], int] = {}
        self._global: HmacSha256 | None = None

    def bango(self, number: str) -> bytes:
        """Return the 16-byte index of a number inside this insurer."""
        return self._bango.digest(number.encode())[:ZONE_LENGTH]

    def global_bango(self, number: str) -> bytes:
        """Return the 32-byte index of a number across insurers; the same from every insurer's instance."""
        if self._global is None:
            self._global = global_index(self._keyring)
        return self._global.digest(number.encode())

    def fetch_global(self) -> None:
        """Fetch the key across insurers now, so that a thread that uses it never asks the database."""
        if self._global is None:
            self._global = global_index(self._keyring)

    def common_token(self, kind: str, text: str) -> int:
        """Return `token` of a text that many persons share (a birth date, the start of a name); kept in memory."""
        known = self._common.get((kind, text))
        if known is None:
            if len(self._common) >= _COMMON_MAX:
                self._common.clear()
            known = self._common[kind, text] = self.token(kind, text)
        return known

    def token(self, kind: str, text: str) -> int:
        """Return the signed 64-bit search token of a match key; kinds do not meet."""
        mac = self._tokens.get(kind)
        if mac is None:
            mac = self._tokens[kind] = HmacSha256(derive_key(self._token_secret, "chukan1", TOKEN, kind))
        return int.from_bytes(mac.digest(text.encode())[:8], "big", signed=True)


def global_index(keyring: Keyring) -> HmacSha256:
    """Return the keyed hash of numbers across insurers."""
    return HmacSha256(derive_key(keyring.secret(BI_GLOBAL), "chukan1", BI_GLOBAL, _KOJIN_BANGO))


def fugo_index(keyring: Keyring) -> HmacSha256:
    """Return the keyed hash of 機関別符号; it has nothing in common with that of a number."""
    return HmacSha256(derive_key(keyring.secret(BI_GLOBAL), "chukan1", BI_GLOBAL, _KIKANBETSU_FUGO))
