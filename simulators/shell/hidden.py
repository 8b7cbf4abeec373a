"""What a stand-in derives from a secret of its own, and shows in short."""

import hashlib
import os
import secrets
from pathlib import Path

LETTERS = bytes.maketrans(b"0123456789abcdef", b"ABCDEFGHJKLMNPQR")
SHOWN = 8


def secret(path: Path) -> bytes:
    """32 random bytes that stay the same, in a file only its owner can read; made when there are none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def letters(key: bytes, *parts: str) -> str:
    """32 letters (128 bits) derived from the parts under a key: no digit, so no 個人番号 can stand in it."""
    told = "\x1f".join(parts).encode()
    return hashlib.blake2b(told, digest_size=16, key=key).hexdigest().encode().translate(LETTERS).decode()


def fingerprint(key: bytes, value: str) -> str:
    """Eight letters by which people can tell whether two hidden values are the same."""
    return letters(key, "shimon", value)[:SHOWN]
