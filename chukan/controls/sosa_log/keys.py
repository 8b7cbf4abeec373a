"""The public keys that count for seals of the operation log."""

from chukan.controls.sosa_log.verification import KEY_NAME
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import CHECKPOINT
from chukan.kernel.http.jwk import public_key
from chukan.kernel.merkle_log import NoteVerifier


def sealing_keys() -> list[NoteVerifier]:
    """Return the public halves of all keys that seal or have sealed, newest first."""
    jwks = get_keyring().public_jwks(CHECKPOINT)
    return [NoteVerifier(KEY_NAME, public_key(jwk)) for jwk in jwks]  # type: ignore[arg-type]  # checkpoints: Ed25519
