"""The hub and its stand-ins read the same contract and write it down apart: here both are laid side by side."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from chukan.kernel.http import jwk, signatures
from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.domain.items import FILE_HEADERS, GROUPS
from shikaku.formats.onshi_denbun_v1 import ONSHI_ITEMS, Kikan, build_denbun, build_sakujo, build_shikaku
from simulators import clock, wire
from simulators.client import (
    NonceMemory,
    PublicKeys,
    RequestSigner,
    SignatureRefusedError,
    SignedRequest,
    content_digest,
    generate_key,
    verify_request,
)
from simulators.client.keys import KeyKind, PrivateKey, public_jwk, public_key_of
from simulators.onshi.telegrams import read_telegram
from simulators.people.columns import COLUMNS, POINTERS

URL = "http://127.0.0.1:8101/shikaku-joho"
BODY = b'{"soshin_bango":"1"}'
SOSHIN = str(UUID(int=(0x019A << 112) | (7 << 76) | (0b10 << 62) | 5))


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())])
class TestSignatureOfTheHub:
    def signed(self, key: PrivateKey, *, now: datetime) -> SignedRequest:
        headers = signatures.sign(
            method="POST",
            url=URL,
            headers={"Content-Type": "application/json"},
            body=BODY,
            signer=signatures.SigningKey("http-1", key),
            now=now,
        )
        return SignedRequest("POST", URL, headers, BODY)

    def test_is_believed_by_a_partner(self, key: PrivateKey) -> None:
        keys = PublicKeys({"keys": [jwk.to_jwk(key.public_key(), "http-1")]})

        sender = verify_request(self.signed(key, now=clock.now()), keys=keys, nonces=NonceMemory())

        assert sender.keyid == "http-1"

    def test_is_refused_when_the_body_changes(self, key: PrivateKey) -> None:
        keys = PublicKeys({"keys": [jwk.to_jwk(key.public_key(), "http-1")]})
        altered = replace(self.signed(key, now=clock.now()), body=b"{}")

        with pytest.raises(SignatureRefusedError):
            verify_request(altered, keys=keys, nonces=NonceMemory())

    def test_keys_are_written_alike(self, key: PrivateKey) -> None:
        assert jwk.public_key(public_jwk(key.public_key(), kid="k")) == public_key_of(jwk.to_jwk(key.public_key(), "k"))


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_signature_of_a_partner_is_believed_by_the_hub(kind: KeyKind) -> None:
    key = generate_key(kid="k1", kind=kind)
    headers = RequestSigner(client_id="hokensha-1", key=key).headers_for(
        method="POST",
        url=URL,
        headers={"Content-Type": "application/json", "Idempotency-Key": "a1"},
        digest=content_digest(BODY),
    )
    request = signatures.SignedRequest("POST", URL, headers)

    claim = signatures.read_claim(request, now=datetime.now(tz=UTC))
    signatures.prove(request, claim, key.private.public_key())

    assert claim.keyid == "hokensha-1#k1"
    assert content_digest(BODY) == signatures.content_digest(BODY)


def test_columns_of_made_up_files_are_items_of_the_hub() -> None:
    for header, pointer in zip(COLUMNS, POINTERS, strict=True):
        group, key = FILE_HEADERS[header]
        prefix = "" if not group else f"{group}/0/" if GROUPS[group].repeated else f"{group}/"
        assert pointer == prefix + key


def test_items_of_a_telegram_are_those_the_partner_expects() -> None:
    assert {group: set(keys) for group, keys in ONSHI_ITEMS.items() if group != "iryoken"} == {
        group: set(keys) for group, keys in wire.GROUP_KEYS.items()
    }


@pytest.mark.parametrize("body", [f"{number:011d}" for number in (0, 1, 12345678901, 98320567321, 99999999999)])
def test_check_digits_agree(body: str) -> None:
    number = body + wire.kojin_bango_check_digit(body)

    assert is_valid_kojin_bango(number)
    assert wire.is_kojin_bango(number)


@pytest.mark.kj("KJ-EXT-01", "KJ-EXT-02")
def test_telegrams_of_the_hub_hold_nothing_a_partner_must_not_get() -> None:
    joho = {
        "kihon": {"shimei_kenmen": "見本　花子", "seinengappi": "1980-04-01", "shibo_flag": False},
        "seigyo": {"opt_out": False},
        "shikaku": {"hokensha_bango": "06132013", "shikaku_shutoku_ymd": "2026-04-01"},
        "sho": [{"sho_kubun": "01", "kofu_ymd": "2026-04-01"}],
        "korei": [],
        "gendogaku": [{"sho_kubun": "01", "kofu_ymd": "2026-08-01", "tekiyo_kubun": "A03"}],
        "tokutei_shippei": [],
        "system": {"record_shubetsu_code": "1"},
        "kojin_bango": "123456789018",
    }
    himozuke = "11111111-1111-4111-8111-111111111111"
    whole = build_shikaku(
        hokensha_code="06132013", hihokensha_edaban=1, newest=joho, kikan=[Kikan(1, 1, joho)], pmh_id=None
    )
    gone = build_sakujo(hokensha_code="06132013", hihokensha_edaban=1)

    first = read_telegram(
        build_denbun(soshin_bango=SOSHIN, denbun_shubetsu="shikaku", himozuke_bango=himozuke, jun=1, naiyo=whole)
    )
    last = read_telegram(
        build_denbun(soshin_bango=SOSHIN, denbun_shubetsu="sakujo", himozuke_bango=himozuke, jun=2, naiyo=gone)
    )

    assert first.findings == ()
    assert last.findings == ()
    assert "123456789018" not in first.naiyo
