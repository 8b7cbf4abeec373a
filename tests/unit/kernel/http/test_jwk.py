import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from chukan.kernel.http.jwk import JwkRefused, public_key, read_jwks, to_jwk

ED = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
P256 = ec.derive_private_key(7, ec.SECP256R1()).public_key()


@pytest.mark.parametrize("key", [ED, P256])
def test_round_trip(key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> None:
    assert to_jwk(public_key(to_jwk(key, "k1")), "k1") == to_jwk(key, "k1")


def test_a_set_and_a_single_key_are_read() -> None:
    jwk = to_jwk(ED, "k1")

    assert read_jwks({"keys": [jwk]}) == read_jwks(jwk) == (("k1", jwk),)


def test_unknown_members_are_dropped() -> None:
    assert "x-note" not in read_jwks({**to_jwk(ED, "k1"), "x-note": "…"})[0][1]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": []},
        {"keys": "x"},
        {"keys": [1]},
        [],
        "x",
        {**to_jwk(ED, "k1"), "d": "AAAA"},
        {**to_jwk(ED, "k1"), "kid": ""},
        {**to_jwk(ED, "k1"), "kid": "鍵"},
        {**to_jwk(ED, "k1"), "use": "enc"},
        {**to_jwk(ED, "k1"), "x": "AAAA"},
        {**to_jwk(ED, "k1"), "x": 5},
        {**to_jwk(ED, "k1"), "x": "@@@@"},
        {**to_jwk(P256, "k1"), "y": to_jwk(P256, "k1")["x"]},
        {**to_jwk(P256, "k1"), "crv": "P-384"},
        {"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"},
        {"keys": [to_jwk(ED, "k1"), to_jwk(P256, "k1")]},
    ],
)
def test_a_set_that_cannot_be_used_is_refused(document: object) -> None:
    with pytest.raises(JwkRefused):
        read_jwks(document)
