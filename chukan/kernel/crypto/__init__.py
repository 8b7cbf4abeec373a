"""Encryption at rest: keystore, data keys, envelopes, blind indexes. No key or plaintext ever reaches SQL or a log."""

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import RowSealer, open_envelope
from chukan.kernel.crypto.errors import EnvelopeRefused, KeyUnavailable
from chukan.kernel.crypto.file_kms import ensure_kek
from chukan.kernel.crypto.keyring import Keyring, get_keyring

__all__ = [
    "EnvelopeRefused",
    "KeyUnavailable",
    "Keyring",
    "RowSealer",
    "ZoneIndex",
    "ensure_kek",
    "get_keyring",
    "open_envelope",
]
