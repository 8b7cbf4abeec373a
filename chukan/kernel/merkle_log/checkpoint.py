"""Checkpoints: how many leaves a log had and what root they gave, as a signed note (C2SP tlog-checkpoint)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chukan.kernel.merkle_log.tree import HASH_LENGTH

_ED25519: Final = b"\x01"
_KEY_ID_LENGTH: Final = 4
_SIGNATURE: Final = re.compile("— ([^ +\n]+) ([A-Za-z0-9+/=]+)")
_NAME: Final = re.compile(r"[^\s+]+")
_SIZE: Final = re.compile("0|[1-9][0-9]{0,18}")
_FEWEST_LINES: Final = 3


class CheckpointRefused(Exception):
    """A note is not a checkpoint, or no key we trust has signed it."""


class Signer(Protocol):
    """Whatever signs with an Ed25519 key."""

    @property
    def public_key(self) -> Ed25519PublicKey: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one log: its name, number of leaves and root; `extra` lines mean what the log says they mean."""

    origin: str
    size: int
    root: bytes
    extra: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extra))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the checkpoint of a signed text; raises CheckpointRefused."""
        lines = text.removesuffix("\n").split("\n")
        if not text.endswith("\n") or len(lines) < _FEWEST_LINES or not all(lines):
            raise CheckpointRefused("not a checkpoint")
        origin, size, root = lines[:_FEWEST_LINES]
        raw = _raw(root)
        if _SIZE.fullmatch(size) is None or raw is None or len(raw) != HASH_LENGTH:
            raise CheckpointRefused("not a checkpoint")
        return cls(origin, int(size), raw, tuple(lines[_FEWEST_LINES:]))


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A key whose signatures count, under the name it signs with."""

    name: str
    public_key: Ed25519PublicKey

    def __post_init__(self) -> None:
        """Refuse a name that could not stand in a note."""
        if _NAME.fullmatch(self.name) is None:
            message = "a name has neither spaces nor plus signs"
            raise ValueError(message)

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that stand before a signature of this key."""
        raw = self.public_key.public_bytes_raw()
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + raw).digest()[:_KEY_ID_LENGTH]

    def vkey(self) -> str:
        """Return the key as one line of text, as other verifiers read it."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public_key.public_bytes_raw())}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Return the key of such a line; raises ValueError."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _raw(encoded)
        if raw is None or raw[:1] != _ED25519 or len(raw) != 1 + HASH_LENGTH:
            message = "not a verifier key"
            raise ValueError(message)
        verifier = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        if verifier.key_id.hex() != key_id:
            message = "not a verifier key"
            raise ValueError(message)
        return verifier


def sign_checkpoint(checkpoint: Checkpoint, *, name: str, signer: Signer) -> str:
    """Return the signed note of a checkpoint. Never sign two of the same size with different roots."""
    text = checkpoint.text()
    if Checkpoint.parse(text) != checkpoint:
        message = "a checkpoint has no empty lines and no line breaks in its lines"
        raise ValueError(message)
    key_id = NoteVerifier(name, signer.public_key).key_id
    return f"{text}\n— {name} {_base64(key_id + signer.sign(text.encode()))}\n"


def open_checkpoint(note: str, verifiers: Sequence[NoteVerifier]) -> Checkpoint:
    """Return the checkpoint of a note that one of `verifiers` has signed.

    Raises CheckpointRefused when none has, or when a signature in the name of one of them is wrong; signatures of
    keys we do not know are passed over.
    """
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise CheckpointRefused("not a signed note")
    text += "\n"
    good = 0
    for line in signatures.removesuffix("\n").split("\n"):
        match = _SIGNATURE.fullmatch(line)
        raw = _raw(match.group(2)) if match else None
        if match is None or raw is None:
            raise CheckpointRefused("not a signed note")
        for verifier in verifiers:
            if verifier.name == match.group(1) and verifier.key_id == raw[:_KEY_ID_LENGTH]:
                try:
                    verifier.public_key.verify(raw[_KEY_ID_LENGTH:], text.encode())
                except InvalidSignature:
                    raise CheckpointRefused("the signature is wrong") from None
                good += 1
    if not good:
        raise CheckpointRefused("nobody we know has signed")
    return Checkpoint.parse(text)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
