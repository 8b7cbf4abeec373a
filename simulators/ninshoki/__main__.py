"""Answers one WebAuthn question with a key in a file: what a browser and an authenticator do together.

`python -m simulators.ninshoki create --key key.pem --origin http://localhost:8000 < options.json`, then `get`. Nobody
is asked for a finger: it says that its owner was verified because the training plays that owner.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_USER_PRESENT, _USER_VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40
_NO_MODEL = bytes(16)


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _new_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
    return key


def _held_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("this file holds no key of this authenticator")
    return key


def _name(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the name of a key: always the same, so that the file holds the key alone."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).digest()


def _client_data(kind: str, options: Mapping[str, Any], origin: str) -> bytes:
    return json.dumps(
        {"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": False}
    ).encode()


def _authenticator_data(rp_id: str, flags: int) -> bytes:
    count = time.time_ns() // 1_000_000 % 2**32  # goes forward by itself
    return (
        hashlib.sha256(rp_id.encode()).digest()
        + bytes([_USER_PRESENT | _USER_VERIFIED | flags])
        + count.to_bytes(4, "big")
    )


def _signed(key: ec.EllipticCurvePrivateKey, data: bytes, client: bytes) -> bytes:
    return key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))


def create(options: Mapping[str, Any], *, key: ec.EllipticCurvePrivateKey, origin: str) -> dict[str, Any]:
    """Return the answer to `navigator.credentials.create`, attested by the key itself."""
    numbers = key.public_key().public_numbers()
    cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
    client, name = _client_data("webauthn.create", options, origin), _name(key)
    data = _authenticator_data(options["rp"]["id"], _HAS_KEY)
    data += _NO_MODEL + len(name).to_bytes(2, "big") + name + cose
    attestation = {"fmt": "packed", "attStmt": {"alg": -7, "sig": _signed(key, data, client)}, "authData": data}
    response = {
        "clientDataJSON": _text(client),
        "attestationObject": _text(cbor2.dumps(attestation)),
        "transports": ["internal"],
    }
    return {"id": _text(name), "rawId": _text(name), "type": "public-key", "response": response}


def get(options: Mapping[str, Any], *, key: ec.EllipticCurvePrivateKey, origin: str) -> dict[str, Any]:
    """Return the answer to `navigator.credentials.get`. Raises ValueError when another key is asked for."""
    name = _name(key)
    asked = [urlsafe_b64decode(one["id"] + "=" * (-len(one["id"]) % 4)) for one in options.get("allowCredentials", ())]
    if asked and name not in asked:
        raise ValueError("another authenticator is asked for")
    client = _client_data("webauthn.get", options, origin)
    data = _authenticator_data(options["rpId"], 0)
    response = {
        "clientDataJSON": _text(client),
        "authenticatorData": _text(data),
        "signature": _text(_signed(key, data, client)),
    }
    return {"id": _text(name), "rawId": _text(name), "type": "public-key", "response": response}


def main(argv: Sequence[str] | None = None) -> int:
    """Read the question on standard input, write the answer as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m simulators.ninshoki", description="模擬の認証器（研修用）")
    parser.add_argument("act", choices=("create", "get"))
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--origin", required=True)
    arguments = parser.parse_args(argv)
    options = json.load(sys.stdin)
    if arguments.act == "create":
        answer = create(options, key=_new_key(arguments.key), origin=arguments.origin)
    else:
        answer = get(options, key=_held_key(arguments.key), origin=arguments.origin)
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
