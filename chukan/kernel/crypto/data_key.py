"""A data key in memory: hands out derived keys, shows nothing, is never serialised."""

from enum import StrEnum
from typing import Final, NoReturn

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chukan.kernel.crypto.derive import derive_key

# The algorithms a reader accepts, by their number in the header.
AES_256_GCM: Final = 1
ALGORITHMS: Final = frozenset({AES_256_GCM})

FIELD: Final = "field"
TOKEN: Final = "token"  # noqa: S105 -- the name of a purpose
BI_ZONE: Final = "bi_zone"
BI_GLOBAL: Final = "bi_global"
BI_FUGO: Final = "bi_fugo"
IDEMPOTENCY: Final = "idempotency"
AUDIT_SALT: Final = "audit_salt"

# Keys of hashes that are looked up: two of them may be looked for while one is replaced. That of 機関別符号 stays:
# a code would have to be opened to be hashed again, and nobody opens one (ADR 0020).
INDEX_PURPOSES: Final = (BI_ZONE, BI_GLOBAL, TOKEN)
# Keys made for every insurer, and keys of the hub itself.
HOKENSHA_PURPOSES: Final = (FIELD, TOKEN, BI_ZONE)
HUB_PURPOSES: Final = (FIELD, TOKEN, BI_GLOBAL, BI_FUGO, IDEMPOTENCY, AUDIT_SALT)


class KeyState(StrEnum):
    """What a key may still do."""

    PRE = "pre"
    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt_only"
    DESTROYED = "destroyed"


_MAY_OPEN: Final = frozenset({KeyState.ACTIVE, KeyState.DECRYPT_ONLY})


class DataKey:
    """One DEK: its row's facts in the open, its 32 bytes reachable through derived keys only."""

    __slots__ = ("__aeads", "__secret", "alg", "hokensha_code", "key_id", "purpose", "state")

    def __init__(
        self, *, key_id: int, purpose: str, hokensha_code: str | None, alg: int, state: KeyState, secret: bytes
    ) -> None:
        """Keep the key."""
        self.key_id = key_id
        self.purpose = purpose
        self.hokensha_code = hokensha_code
        self.alg = alg
        self.state = state
        self.__secret = secret
        self.__aeads: dict[str, AESGCM] = {}

    @property
    def may_seal(self) -> bool:
        """Tell whether new ciphertexts may be made."""
        return self.state is KeyState.ACTIVE

    @property
    def may_open(self) -> bool:
        """Tell whether ciphertexts may be opened."""
        return self.state in _MAY_OPEN

    def aead(self, envelope: str) -> AESGCM:
        """Return the cipher of one envelope; made once, because its key schedule costs more than a row."""
        cipher = self.__aeads.get(envelope)
        if cipher is None:
            cipher = self.__aeads[envelope] = AESGCM(derive_key(self.__secret, "chukan1", self.purpose, envelope))
        return cipher

    def secret(self) -> bytes:
        """Return the derived secret for keyed hashes of this key's purpose."""
        return derive_key(self.__secret, "chukan1", "secret", self.purpose)

    def __repr__(self) -> str:
        return f"DataKey({self.key_id}, {self.purpose!r}, ****)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a key is never serialised"
        raise TypeError(message)
