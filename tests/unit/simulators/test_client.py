"""The client signs what the verifier believes, and nothing else."""

import hashlib
import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from simulators import clock
from simulators.client import (
    ClientKey,
    HubAnswerError,
    HubClient,
    NonceMemory,
    PublicKeys,
    RequestSigner,
    SignatureRefusedError,
    SignedRequest,
    content_digest,
    generate_key,
    verify_request,
)
from simulators.client.__main__ import main
from simulators.client.http import MultipartFile
from simulators.client.keys import KeyKind

URL = "http://localhost:8000/api/v1/itaku/kanyusha"
BODY = b'{"hokensha_code":"06132013"}'


def signed(key: ClientKey, *, body: bytes = BODY, method: str = "POST", url: str = URL) -> SignedRequest:
    signer = RequestSigner(client_id="hokensha-1", key=key)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a1"}
    return SignedRequest(
        method, url, signer.headers_for(method=method, url=url, headers=headers, digest=content_digest(body)), body
    )


def keys_of(key: ClientKey) -> PublicKeys:
    return PublicKeys({"keys": [key.public_jwk()]})


def test_a_body_read_in_pieces_leaves_only_its_digest_to_the_reader() -> None:
    key = generate_key(kid="k1")
    keys = keys_of(key)
    streamed = replace(signed(key), body=None)

    assert verify_request(streamed, keys=keys, nonces=NonceMemory()).keyid == "hokensha-1#k1"
    with pytest.raises(SignatureRefusedError):
        verify_request(replace(streamed, url=f"{URL}2"), keys=keys, nonces=NonceMemory())
    with pytest.raises(SignatureRefusedError, match="Content-Digest"):
        verify_request(replace(signed(key), body=b"another"), keys=keys, nonces=NonceMemory())


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
class TestSigning:
    def test_is_believed(self, kind: KeyKind) -> None:
        key = generate_key(kid="k1", kind=kind)

        sender = verify_request(signed(key), keys=keys_of(key), nonces=NonceMemory())

        assert sender.keyid == "hokensha-1#k1"

    def test_covers_what_the_contract_names(self, kind: KeyKind) -> None:
        key = generate_key(kid="k1", kind=kind)

        head = signed(key).headers["Signature-Input"]

        assert '("@method" "@target-uri" "content-digest" "content-type" "idempotency-key")' in head
        for parameter in ("created=", "expires=", "nonce=", 'keyid="hokensha-1#k1"', 'tag="chukan-v1"'):
            assert parameter in head

    def test_refuses_another_body(self, kind: KeyKind) -> None:
        key = generate_key(kid="k1", kind=kind)

        with pytest.raises(SignatureRefusedError, match="Content-Digest"):
            verify_request(replace(signed(key), body=b"{}"), keys=keys_of(key), nonces=NonceMemory())

    def test_refuses_a_digest_exchanged_with_the_body(self, kind: KeyKind) -> None:
        key = generate_key(kid="k1", kind=kind)
        request = signed(key)
        forged = replace(request, body=b"{}", headers={**request.headers, "Content-Digest": content_digest(b"{}")})

        with pytest.raises(SignatureRefusedError):
            verify_request(forged, keys=keys_of(key), nonces=NonceMemory())

    @pytest.mark.parametrize(
        "change",
        [{"url": URL + "?a=1"}, {"url": "http://localhost:9000/api/v1/itaku/kanyusha"}, {"method": "PUT"}],
    )
    def test_refuses_another_target(self, kind: KeyKind, change: dict[str, str]) -> None:
        key = generate_key(kid="k1", kind=kind)

        with pytest.raises(SignatureRefusedError):
            verify_request(
                SignedRequest(change.get("method", "POST"), change.get("url", URL), signed(key).headers, BODY),
                keys=keys_of(key),
                nonces=NonceMemory(),
            )

    def test_refuses_another_idempotency_key(self, kind: KeyKind) -> None:
        key = generate_key(kid="k1", kind=kind)
        request = signed(key)

        with pytest.raises(SignatureRefusedError):
            verify_request(
                replace(request, headers={**request.headers, "Idempotency-Key": "b2"}),
                keys=keys_of(key),
                nonces=NonceMemory(),
            )

    def test_refuses_a_replay(self, kind: KeyKind) -> None:
        key, nonces = generate_key(kid="k1", kind=kind), NonceMemory()
        request = signed(key)
        verify_request(request, keys=keys_of(key), nonces=nonces)

        with pytest.raises(SignatureRefusedError, match="nonce"):
            verify_request(request, keys=keys_of(key), nonces=nonces)

    @pytest.mark.parametrize("offset", [timedelta(seconds=-31), timedelta(seconds=31)])
    def test_refuses_a_stale_or_early_one(self, kind: KeyKind, offset: timedelta) -> None:
        key = generate_key(kid="k1", kind=kind)

        with pytest.raises(SignatureRefusedError, match="created"):
            verify_request(signed(key), keys=keys_of(key), nonces=NonceMemory(), now=clock.now() + offset)

    def test_refuses_a_stranger(self, kind: KeyKind) -> None:
        key, other = generate_key(kid="k1", kind=kind), generate_key(kid="k1", kind=kind)

        with pytest.raises(SignatureRefusedError):
            verify_request(signed(key), keys=keys_of(other), nonces=NonceMemory())


def test_refuses_a_request_without_signature() -> None:
    key = generate_key(kid="k1")
    bare = SignedRequest("POST", URL, {"Content-Digest": content_digest(BODY)}, BODY)

    with pytest.raises(SignatureRefusedError):
        verify_request(bare, keys=keys_of(key), nonces=NonceMemory())


@pytest.mark.parametrize("alg", ["ed25519", "p256"])
def test_keygen_writes_a_key_that_only_its_owner_reads(tmp_path: Path, alg: KeyKind) -> None:
    out, jwks = tmp_path / "key.json", tmp_path / "jwks.json"

    assert main(["keygen", "--out", str(out), "--jwks", str(jwks), "--kid", "k9", "--alg", alg]) == 0

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    published = json.loads(jwks.read_text())
    assert published["keys"][0]["kid"] == "k9"
    assert "d" not in published["keys"][0]
    key = ClientKey.load(out)
    assert verify_request(signed(key), keys=PublicKeys(published), nonces=NonceMemory()).keyid.endswith("#k9")


def test_keygen_never_replaces_a_key(tmp_path: Path) -> None:
    arguments = ["keygen", "--out", str(tmp_path / "key.json"), "--jwks", str(tmp_path / "jwks.json")]
    main(arguments)
    before = (tmp_path / "key.json").read_bytes()

    assert main(arguments) == 1

    assert (tmp_path / "key.json").read_bytes() == before


class TestHubClient:
    def test_streams_a_large_file_with_its_digest(self, tmp_path: Path) -> None:
        path = tmp_path / "加入者.csv"
        path.write_bytes(b"0123456789abcdef" * 65536 * 2)
        key, nonces, bodies = generate_key(kid="k1"), NonceMemory(), []

        def hub(request: httpx.Request) -> httpx.Response:
            body = request.read()
            bodies.append(body)
            verify_request(
                SignedRequest(request.method, str(request.url), dict(request.headers), body),
                keys=keys_of(key),
                nonces=nonces,
            )
            assert int(request.headers["content-length"]) == len(body)
            return httpx.Response(202, json={"uketsuke_bango": "20261120-ABCDEFGHJK", "jotai": "uketsuke"})

        signer = RequestSigner(client_id="hokensha-1", key=key)
        with HubClient(base_url="http://hub.test", signer=signer, transport=httpx.MockTransport(hub)) as client:
            answer = client.upload(path, saisoshin=True)

        assert answer["jotai"] == "uketsuke"
        assert path.read_bytes() in bodies[0]
        assert b'name="shubetsu"\r\n\r\nkanyusha\r\n' in bodies[0]
        assert b'name="saisoshin"\r\n\r\ntrue\r\n' in bodies[0]

    def test_raises_the_problem_of_the_hub(self) -> None:
        def hub(request: httpx.Request) -> httpx.Response:
            del request
            return httpx.Response(422, json={"code": "ihan", "title": "登録できません", "errors": []})

        signer = RequestSigner(client_id="hokensha-1", key=generate_key(kid="k1"))
        with (
            HubClient(base_url="http://hub.test", signer=signer, transport=httpx.MockTransport(hub)) as client,
            pytest.raises(HubAnswerError) as raised,
        ):
            client.post_json("/api/v1/itaku/kanyusha", {})

        assert raised.value.status == 422
        assert raised.value.problem["code"] == "ihan"

    def test_a_multipart_body_reads_the_same_each_time(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"a,b\r\n1,2\r\n")

        body = MultipartFile(path=path, fields={"shubetsu": "kanyusha"}, content_type="text/csv")

        assert hashlib.sha256(b"".join(body)).digest() == hashlib.sha256(b"".join(body)).digest()
        assert len(b"".join(body)) == len(body)
