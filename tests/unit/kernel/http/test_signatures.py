from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver

from chukan.kernel.http.signatures import (
    PrivateKey,
    PublicKey,
    SignatureRefused,
    SignedRequest,
    SigningKey,
    algorithm_of,
    content_digest,
    content_sha256,
    join_headers,
    nonce_bits,
    prove,
    read_claim,
    required_components,
    sign,
)

NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
URL = "https://chukan.example/api/v1/itaku/kanyusha"
BODY = b'{"shori_shubetsu_code":"01"}'
NONCE = "q83vEjRWeJq83vEjRWeJqw"
HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "k-1"}
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256 = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())


class Message:
    """What the library signs."""

    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers


def verify(request: SignedRequest, key: PublicKey, now: datetime = NOW) -> str:
    claim = read_claim(request, now=now)
    prove(request, claim, key)
    return claim.keyid


def signed(key: PrivateKey = ED25519, *, url: str = URL, method: str = "POST") -> SignedRequest:
    headers = sign(method=method, url=url, headers=HEADERS, body=BODY, signer=SigningKey("client-1#k1", key), now=NOW)
    return SignedRequest(method, url, headers)


def loosely_signed(
    *,
    components: tuple[str, ...] = ("@method", "@target-uri", "content-digest", "content-type", "idempotency-key"),
    created: datetime = NOW,
    expires: datetime | None = NOW + timedelta(seconds=60),
    nonce: str | None = NONCE,
    tag: str | None = "chukan-v1",
    label: str = "sig1",
    include_alg: bool = True,
    headers: dict[str, str] | None = None,
) -> SignedRequest:
    """Sign with the library alone, so that each rule of ours can be left out by itself."""
    fields = {**HEADERS, "Content-Digest": content_digest(BODY), **(headers or {})}
    message = Message("POST", URL, fields)
    HTTPMessageSigner(
        signature_algorithm=algorithm_of(ED25519),
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={"client-1": ED25519}),
    ).sign(
        message,
        key_id="client-1",
        created=created,
        expires=expires,
        nonce=nonce,
        tag=tag,
        label=label,
        include_alg=include_alg,
        covered_component_ids=components,
        use_existing_digest=True,
    )
    return SignedRequest("POST", URL, message.headers)


@pytest.mark.kj("KJ-AUTH-26")
class TestAccepts:
    @pytest.mark.parametrize("key", [ED25519, P256], ids=["ed25519", "p256"])
    def test_what_was_signed(self, key: PrivateKey) -> None:
        assert verify(signed(key), key.public_key()) == "client-1#k1"

    def test_any_label_and_no_alg(self) -> None:
        request = loosely_signed(label="anything-at-all", include_alg=False)

        assert verify(request, ED25519.public_key()) == "client-1"

    def test_further_covered_components(self) -> None:
        components = ("@method", "@target-uri", "content-digest", "content-type", "idempotency-key", "@authority")

        assert verify(loosely_signed(components=components), ED25519.public_key()) == "client-1"

    def test_another_signature_beside_ours(self) -> None:
        request = loosely_signed(label="ours")
        other = loosely_signed(label="theirs", tag="proxy")
        headers = {
            **request.headers,
            "Signature-Input": f"{request.headers['Signature-Input']}, {other.headers['Signature-Input']}",
            "Signature": f"{request.headers['Signature']}, {other.headers['Signature']}",
        }

        assert verify(replace(request, headers=headers), ED25519.public_key()) == "client-1"

    @pytest.mark.parametrize("seconds", [-30, 0, 30])
    def test_a_clock_thirty_seconds_off(self, seconds: int) -> None:
        request = loosely_signed()

        assert verify(request, ED25519.public_key(), NOW + timedelta(seconds=seconds)) == "client-1"

    def test_ecdsa_as_r_and_s(self) -> None:
        signature = signed(P256).headers["Signature"]

        assert len(signature.split(":")[1]) == 88  # 64 bytes in base64


MUTATIONS: dict[str, Callable[[SignedRequest], SignedRequest]] = {
    "method": lambda r: replace(r, method="PUT"),
    "host": lambda r: replace(r, url=r.url.replace("chukan.example", "other.example")),
    "scheme": lambda r: replace(r, url=r.url.replace("https", "http")),
    "path": lambda r: replace(r, url=f"{r.url}x"),
    "query": lambda r: replace(r, url=f"{r.url}?on=2026-01-01"),
    "content-type": lambda r: replace(r, headers={**r.headers, "Content-Type": "text/plain"}),
    "idempotency-key": lambda r: replace(r, headers={**r.headers, "Idempotency-Key": "k-2"}),
    "idempotency-key removed": lambda r: replace(
        r, headers={k: v for k, v in r.headers.items() if k != "Idempotency-Key"}
    ),
    "content-digest": lambda r: replace(r, headers={**r.headers, "Content-Digest": content_digest(b"{}")}),
    "content-digest removed": lambda r: replace(
        r, headers={k: v for k, v in r.headers.items() if k != "Content-Digest"}
    ),
    "signature removed": lambda r: replace(r, headers={k: v for k, v in r.headers.items() if k != "Signature"}),
    "signature-input removed": lambda r: replace(
        r, headers={k: v for k, v in r.headers.items() if k != "Signature-Input"}
    ),
    "signature of zeros": lambda r: replace(r, headers={**r.headers, "Signature": "chukan=:" + "A" * 86 + "==:"}),
    "label moved": lambda r: replace(
        r, headers={**r.headers, "Signature": r.headers["Signature"].replace("chukan=", "other=")}
    ),
    "keyid": lambda r: _swap_input(r, "client-1#k1", "client-2#k1"),
    "created": lambda r: _swap_input(r, str(int(NOW.timestamp())), str(int(NOW.timestamp()) + 1)),
    "tag": lambda r: _swap_input(r, "chukan-v1", "chukan-v2"),
    "alg": lambda r: _swap_input(r, 'alg="ed25519"', 'alg="ecdsa-p256-sha256"'),
    "alg removed": lambda r: _swap_input(r, ';alg="ed25519"', ""),
    "component dropped": lambda r: _swap_input(r, ' "content-type"', ""),
    "components swapped": lambda r: _swap_input(r, '"@method" "@target-uri"', '"@target-uri" "@method"'),
    "not readable": lambda r: replace(r, headers={**r.headers, "Signature-Input": "((("}),
    "not ascii": lambda r: replace(r, headers={**r.headers, "Signature-Input": "署名"}),
}


def _swap_input(request: SignedRequest, old: str, new: str) -> SignedRequest:
    value = request.headers["Signature-Input"]
    assert old in value
    return replace(request, headers={**request.headers, "Signature-Input": value.replace(old, new)})


@pytest.mark.kj("KJ-AUTH-26")
class TestRefuses:
    @pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
    def test_a_changed_request(self, mutation: Callable[[SignedRequest], SignedRequest]) -> None:
        changed = mutation(signed())

        with pytest.raises(SignatureRefused):
            verify(changed, ED25519.public_key())

    def test_every_single_changed_letter_of_the_signed_fields(self) -> None:
        request = signed()
        for name in ("Signature-Input", "Signature", "Content-Digest", "Content-Type", "Idempotency-Key"):
            value = request.headers[name]
            for at, letter in enumerate(value):
                other = "B" if letter != "B" else "C"
                changed = replace(request, headers={**request.headers, name: value[:at] + other + value[at + 1 :]})
                with pytest.raises(SignatureRefused):
                    _refuse_or_rename(changed, request)

    def test_another_key(self) -> None:
        with pytest.raises(SignatureRefused):
            verify(signed(), ed25519.Ed25519PrivateKey.generate().public_key())

    def test_a_key_of_another_kind(self) -> None:
        with pytest.raises(SignatureRefused):
            verify(signed(), P256.public_key())

    @pytest.mark.parametrize("missing", ["@method", "@target-uri", "content-digest", "content-type", "idempotency-key"])
    def test_a_signature_that_does_not_cover(self, missing: str) -> None:
        every = ("@method", "@target-uri", "content-digest", "content-type", "idempotency-key")
        request = loosely_signed(components=tuple(name for name in every if name != missing))

        with pytest.raises(SignatureRefused):
            verify(request, ED25519.public_key())

    def test_a_staff_header_that_is_not_covered(self) -> None:
        request = loosely_signed(headers={"Chukan-Sosasha": "S0001"})

        with pytest.raises(SignatureRefused):
            verify(request, ED25519.public_key())

    def test_a_digest_covered_by_one_member_only(self) -> None:
        every = ("@method", "@target-uri", '"content-digest";key="sha-256"', "content-type", "idempotency-key")

        with pytest.raises(SignatureRefused):
            verify(loosely_signed(components=every), ED25519.public_key())

    @pytest.mark.parametrize("seconds", [-31, 31])
    def test_a_signature_that_is_not_of_now(self, seconds: int) -> None:
        with pytest.raises(SignatureRefused):
            verify(loosely_signed(), ED25519.public_key(), NOW + timedelta(seconds=seconds))

    @pytest.mark.parametrize("lifetime", [0, -1, 301, 86400])
    def test_a_lifetime_that_is_none_or_too_long(self, lifetime: int) -> None:
        request = loosely_signed(expires=NOW + timedelta(seconds=lifetime))

        with pytest.raises(SignatureRefused):
            verify(request, ED25519.public_key())

    def test_a_signature_without_expires(self) -> None:
        with pytest.raises(SignatureRefused):
            verify(loosely_signed(expires=None), ED25519.public_key())

    def test_an_expired_signature_within_the_clock_skew(self) -> None:
        request = loosely_signed(expires=NOW + timedelta(seconds=5))

        with pytest.raises(SignatureRefused):
            verify(request, ED25519.public_key(), NOW + timedelta(seconds=6))

    @pytest.mark.parametrize("nonce", [None, "", "short", "1" * 38, "a1" * 15, "x" * 257])
    def test_a_nonce_that_can_be_guessed_or_is_too_long(self, nonce: str | None) -> None:
        with pytest.raises(SignatureRefused):
            verify(loosely_signed(nonce=nonce), ED25519.public_key())

    @pytest.mark.parametrize("tag", [None, "other"])
    def test_another_tag(self, tag: str | None) -> None:
        with pytest.raises(SignatureRefused):
            verify(loosely_signed(tag=tag), ED25519.public_key())

    def test_two_signatures_with_our_tag(self) -> None:
        request, other = loosely_signed(label="a"), loosely_signed(label="b")
        headers = {
            **request.headers,
            "Signature-Input": f"{request.headers['Signature-Input']}, {other.headers['Signature-Input']}",
            "Signature": f"{request.headers['Signature']}, {other.headers['Signature']}",
        }

        with pytest.raises(SignatureRefused):
            verify(replace(request, headers=headers), ED25519.public_key())


def _refuse_or_rename(changed: SignedRequest, request: SignedRequest) -> None:
    """A changed label or the unused bits of base64 change nothing that is signed: those pass, and mean the same."""
    assert verify(changed, ED25519.public_key()) != ""
    same = read_claim(changed, now=NOW) == read_claim(request, now=NOW)
    if same and changed.headers["Signature"] != request.headers["Signature"]:
        raise SignatureRefused("same bytes, written otherwise")
    if same and changed.headers["Signature-Input"] != request.headers["Signature-Input"]:
        raise SignatureRefused("label alone")


class TestParts:
    def test_nonce_bits_by_alphabet(self) -> None:
        assert nonce_bits("1" * 39) >= 128
        assert nonce_bits("a" * 32) == 128
        assert nonce_bits("123e4567-e89b-42d3-a456-426614174000") == 128
        assert nonce_bits(NONCE) == 132

    def test_digest_needs_sha256(self) -> None:
        with pytest.raises(SignatureRefused):
            content_sha256({"content-digest": "sha-512=:" + "A" * 86 + "==:"})

    @pytest.mark.parametrize("value", ["sha-256=:AAAA:", "sha-256=1", "sha-256=:A:, sha-256=:B:", "###"])
    def test_digest_that_cannot_be_one(self, value: str) -> None:
        with pytest.raises(SignatureRefused):
            content_sha256({"Content-Digest": value})

    def test_required_components_follow_the_headers(self) -> None:
        assert required_components({}) == ("@method", "@target-uri", "content-digest")
        assert required_components({"CONTENT-TYPE": "a"})[-1] == "content-type"
        assert required_components({"Content-Type": ""}) == ("@method", "@target-uri", "content-digest")

    def test_lines_of_one_field_are_joined(self) -> None:
        assert join_headers([("A", "1"), ("a", "2")]) == {"a": "1, 2"}
