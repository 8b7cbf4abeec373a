"""「封筒」: AES-256-GCM over one row's items, bound to table, envelope, insurer, row and key.

Layout: 0x01 ‖ alg(1) ‖ key_id(4) ‖ nonce(12) ‖ ciphertext ‖ tag(16). Nonces are random; a data key may seal 2^30 times.
根拠: KJ-ENC-01, KJ-ENC-07.
"""

import os
import struct
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from chukan.kernel.crypto.data_key import AES_256_GCM, ALGORITHMS, FIELD, DataKey
from chukan.kernel.crypto.derive import pack
from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.crypto.keyring import Keyring

FORMAT: Final = 1
CONTEXT: Final = "chukan1"
_HEADER: Final = struct.Struct(">BBI")
NONCE_LENGTH: Final = 12
TAG_LENGTH: Final = 16
HEADER_LENGTH: Final = _HEADER.size
_CIPHERTEXT_AT: Final = HEADER_LENGTH + NONCE_LENGTH
OVERHEAD: Final = _CIPHERTEXT_AT + TAG_LENGTH
_ROW_ID_LENGTH: Final = (16).to_bytes(4, "big")
_BATCH: Final = 512

# Nonces fetched many at a time. `pop` is atomic between threads; a forked process must not use its parent's.
_nonces: Final[list[bytes]] = []
os.register_at_fork(after_in_child=_nonces.clear)


def _more_nonces() -> bytes:
    pool = os.urandom(_BATCH * NONCE_LENGTH)
    _nonces.extend(pool[at : at + NONCE_LENGTH] for at in range(NONCE_LENGTH, len(pool), NONCE_LENGTH))
    return pool[:NONCE_LENGTH]


def _aad_around_row_id(
    *, table: str, envelope: str, hokensha_code: str | None, key_id: int, alg: int
) -> tuple[bytes, bytes]:
    """Return the parts of the associated data before and after the 16 bytes of the row id."""
    before = pack(CONTEXT, table, envelope, hokensha_code or "") + _ROW_ID_LENGTH
    return before, pack(key_id.to_bytes(4, "big"), bytes([alg]))


class RowSealer:
    """Seals one envelope of many rows of one insurer."""

    __slots__ = ("_after", "_before", "_encrypt", "_header", "key_id")

    def __init__(self, key: DataKey, *, table: str, envelope: str) -> None:
        """Prepare all that is the same for every row; raises EnvelopeRefused when the key may not seal."""
        if not key.may_seal:
            raise EnvelopeRefused("state")
        if key.alg not in ALGORITHMS:
            raise EnvelopeRefused("algorithm")
        self.key_id = key.key_id
        self._encrypt = key.aead(envelope).encrypt
        self._header = _HEADER.pack(FORMAT, key.alg, key.key_id)
        self._before, self._after = _aad_around_row_id(
            table=table, envelope=envelope, hokensha_code=key.hokensha_code, key_id=key.key_id, alg=key.alg
        )

    def seal(self, row_id: UUID | bytes, plaintext: bytes) -> bytes:
        """Return the ciphertext that opens for this row only; the id may come as its 16 bytes."""
        try:
            nonce = _nonces.pop()
        except IndexError:
            nonce = _more_nonces()
        aad = self._before + (row_id if isinstance(row_id, bytes) else row_id.bytes) + self._after
        return self._header + nonce + self._encrypt(nonce, plaintext, aad)


def key_id_of(data: bytes) -> int:
    """Return the id of the key that sealed `data`; raises EnvelopeRefused when it is no envelope."""
    if len(data) < OVERHEAD:
        raise EnvelopeRefused("header")
    form, alg, key_id = _HEADER.unpack_from(data)
    if form != FORMAT:
        raise EnvelopeRefused("header")
    if alg not in ALGORITHMS:
        raise EnvelopeRefused("algorithm")
    return int(key_id)


def open_envelope(
    keyring: Keyring, *, table: str, envelope: str, hokensha_code: str | None, row_id: UUID, data: bytes
) -> bytes:
    """Return the plaintext of one row's envelope.

    The key is the one the header names, never another that happens to fit. Raises EnvelopeRefused when anything does
    not belong together, KeyUnavailable when the keystore is not there.
    """
    data = bytes(data)
    key_id = key_id_of(data)
    key = keyring.dek(key_id)
    if key.purpose != FIELD or data[1] != key.alg or key.alg != AES_256_GCM:
        raise EnvelopeRefused("algorithm")
    if key.hokensha_code != hokensha_code:
        raise EnvelopeRefused("owner")
    if not key.may_open:
        raise EnvelopeRefused("state")
    before, after = _aad_around_row_id(
        table=table, envelope=envelope, hokensha_code=hokensha_code, key_id=key_id, alg=key.alg
    )
    nonce, sealed = data[HEADER_LENGTH:_CIPHERTEXT_AT], data[_CIPHERTEXT_AT:]
    try:
        return key.aead(envelope).decrypt(nonce, sealed, before + row_id.bytes + after)
    except InvalidTag:
        raise EnvelopeRefused("tag") from None
