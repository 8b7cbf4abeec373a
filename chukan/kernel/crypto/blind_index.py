"""Blind indexes: keyed hashes for equality search on what is sealed. 根拠: KJ-ENC-06.

There are few enough 個人番号 to try them all, so an index without a key would be the number itself. Two indexes with
two keys: inside one insurer, and across insurers for 突合. While a key is replaced a text has two hashes: one that is
written, and a twin that is asked for, too (ADR 0020).
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final, Generic, TypeVar

from chukan.kernel.crypto.data_key import BI_FUGO, BI_GLOBAL, BI_ZONE, TOKEN, DataKey
from chukan.kernel.crypto.derive import HmacSha256, derive_key
from chukan.kernel.crypto.keyring import Keyring

ZONE_LENGTH: Final = 16
_KOJIN_BANGO: Final = "kojin_bango"
_KIKANBETSU_FUGO: Final = "kikanbetsu_fugo"
_COMMON_MAX: Final = 50_000

H = TypeVar("H", bytes, int)


class Twins(Generic[H]):
    """What the other key makes of every text that was hashed, so that both are asked for and either is known again."""

    __slots__ = ("_other", "_present_of", "_twin_of")

    def __init__(self, other: Callable[[str, str], H]) -> None:
        """Begin with none; `other` hashes (kind, text) with the other key."""
        self._other: Callable[[str, str], H] = other
        self._twin_of: dict[H, H] = {}
        self._present_of: dict[H, H] = {}

    def note(self, present: H, kind: str, text: str) -> None:
        """Note the twin of a hash that was just made."""
        twin = self._other(kind, text)
        self._twin_of[present], self._present_of[twin] = twin, present

    def both(self, hashes: Iterable[H]) -> list[H]:
        """Return these hashes and their twins."""
        given = list(hashes)
        return given + [self._twin_of[one] for one in given if one in self._twin_of]

    def twin(self, present: H) -> H:
        """Return what the other key makes of the same text."""
        return self._twin_of[present]

    def present(self, stored: H) -> H:
        """Return the hash that is written now for the one that was found."""
        return self._present_of.get(stored, stored)


class GlobalIndex:
    """The blind index of numbers across insurers."""

    __slots__ = ("_keys", "_mac", "twins")

    def __init__(self, keyring: Keyring) -> None:
        """Fetch its keys."""
        self._keys = keyring.index_keys(BI_GLOBAL)
        self._mac = _number_mac(self._keys.active)
        self.twins: Twins[bytes] | None = None  # without a second key
        if self._keys.other is not None:
            self.twins = _number_twins(self._keys.other, None)

    def bango(self, number: str) -> bytes:
        """Return the 32-byte index of a number across insurers."""
        hashed = self._mac.digest(number.encode())
        if self.twins is not None:
            self.twins.note(hashed, BI_GLOBAL, number)
        return hashed

    def both(self, hashes: Collection[bytes]) -> Collection[bytes]:
        """Return under which hashes numbers may be found."""
        return hashes if self.twins is None else self.twins.both(hashes)

    def present(self, stored: bytes) -> bytes:
        """Return what `bango` makes of the number a row was found by."""
        return stored if self.twins is None else self.twins.present(stored)

    @property
    def key_id(self) -> int:
        """Return the key that makes hashes now."""
        return self._keys.active.key_id

    @property
    def ids(self) -> tuple[int, int]:
        """Return what tells hashes of this index from those under other keys."""
        return self._keys.ids


class ZoneIndex:
    """The blind indexes of one insurer."""

    __slots__ = (
        "_bango", "_common", "_global", "_keyring", "_keys", "_number_twins", "_token_keys", "_token_twins", "_tokens",
        "_zone", "_zone_keys",
    )  # fmt: skip

    def __init__(self, keyring: Keyring, hokensha_code: str) -> None:
        """Fetch this insurer's keys; the key across insurers only when it is first used."""
        self._keyring, self._zone = keyring, hokensha_code
        self._zone_keys = keyring.index_keys(BI_ZONE, hokensha_code)
        self._token_keys = keyring.index_keys(TOKEN, hokensha_code)
        self._bango = _number_mac(self._zone_keys.active)
        self._number_twins: Twins[bytes] | None = None
        if self._zone_keys.other is not None:
            self._number_twins = _number_twins(self._zone_keys.other, ZONE_LENGTH)
        self._tokens = _Tokens(self._token_keys.active)
        self._token_twins: Twins[int] | None = None
        if self._token_keys.other is not None:
            self._token_twins = Twins(_Tokens(self._token_keys.other).token)
        self._common: dict[tuple[str, str], int] = {}
        self._global: GlobalIndex | None = None
        self._keys: tuple[int, ...] = ()

    def bango(self, number: str) -> bytes:
        """Return the 16-byte index of a number inside this insurer."""
        hashed = self._bango.digest(number.encode())[:ZONE_LENGTH]
        if self._number_twins is not None:
            self._number_twins.note(hashed, BI_ZONE, number)
        return hashed

    def global_bango(self, number: str) -> bytes:
        """Return the 32-byte index of a number across insurers; the same from every insurer's instance."""
        return self.across.bango(number)

    @property
    def across(self) -> GlobalIndex:
        """Return the index across insurers; once fetched, a thread that uses it never asks the database."""
        if self._global is None:
            self._global = GlobalIndex(self._keyring)
        return self._global

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
        hashed = self._tokens.token(kind, text)
        if self._token_twins is not None:
            self._token_twins.note(hashed, kind, text)
        return hashed

    # --- while a key is replaced; otherwise what is given comes back -----------------------------------------------

    @property
    def keys(self) -> tuple[int, ...]:
        """Return what tells hashes of this index from those under other keys."""
        if not self._keys:
            self._keys = (*self._zone_keys.ids, *self._token_keys.ids, *self.across.ids)
        return self._keys

    @property
    def is_split(self) -> bool:
        """Tell whether some text may have two hashes."""
        twins = (self._number_twins, self._token_twins, self.across.twins)
        return any(one is not None for one in twins)

    def is_current(self) -> bool:
        """Tell whether these are the keys to be used now."""
        return self.keys == (
            *self._keyring.index_keys(BI_ZONE, self._zone).ids,
            *self._keyring.index_keys(TOKEN, self._zone).ids,
            *self._keyring.index_keys(BI_GLOBAL).ids,
        )

    def both_bango(self, hashes: Collection[bytes]) -> Collection[bytes]:
        """Return under which hashes numbers may be found inside this insurer."""
        return hashes if self._number_twins is None else self._number_twins.both(hashes)

    def present_bango(self, stored: bytes) -> bytes:
        """Return what `bango` makes of the number a row was found by."""
        return stored if self._number_twins is None else self._number_twins.present(stored)

    def both_tokens(self, tokens: Collection[int]) -> Collection[int]:
        """Return under which tokens texts may be found."""
        return tokens if self._token_twins is None else self._token_twins.both(tokens)

    def present_token(self, stored: int) -> int:
        """Return what `token` makes of the text a row was found by."""
        return stored if self._token_twins is None else self._token_twins.present(stored)


class _Tokens:
    """The tokens of one key."""

    __slots__ = ("_macs", "_secret")

    def __init__(self, key: DataKey) -> None:
        self._secret = key.secret()
        self._macs: dict[str, HmacSha256] = {}

    def token(self, kind: str, text: str) -> int:
        mac = self._macs.get(kind)
        if mac is None:
            mac = self._macs[kind] = HmacSha256(derive_key(self._secret, "chukan1", TOKEN, kind))
        return int.from_bytes(mac.digest(text.encode())[:8], "big", signed=True)


def _number_mac(key: DataKey) -> HmacSha256:
    return HmacSha256(derive_key(key.secret(), "chukan1", key.purpose, _KOJIN_BANGO))


def _number_twins(key: DataKey, length: int | None) -> Twins[bytes]:
    mac = _number_mac(key)
    return Twins(lambda _kind, number: mac.digest(number.encode())[:length])


def fugo_index(keyring: Keyring) -> HmacSha256:
    """Return the keyed hash of 機関別符号; it has nothing in common with that of a number, not even the key."""
    return HmacSha256(derive_key(keyring.secret(BI_FUGO), "chukan1", BI_FUGO, _KIKANBETSU_FUGO))
