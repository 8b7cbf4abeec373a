"""The line out, against a partner that listens on loopback."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from chukan.kernel.http.signatures import SignedRequest, SigningKey, content_sha256, prove, read_claim
from chukan.kernel.observability.masking import mask_event
from chukan.outside.client import (
    Answered,
    HostNotAllowed,
    OutcomeUnknown,
    PartnerClient,
    Refused,
    TimeLimits,
    origin_of,
)
from chukan.outside.onshi import OnshiClient

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
LIMITS = TimeLimits(connect=1, write=1, read=0.5, total=1)


@dataclass
class Partner:
    """What a partner saw, and how it answers."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"kekka": []}'
    location: str = ""
    wait: float = 0
    drip: float = 0
    seen: list[tuple[SignedRequest, bytes]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)


@pytest.fixture
def partner() -> Iterator[Partner]:
    made = Partner()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.connections.add(self.client_address)
            made.seen.append((SignedRequest(self.command, made.url + self.path, dict(self.headers.items())), body))
            time.sleep(made.wait)
            self.send_response(made.status)
            if made.location:
                self.send_header("Location", made.location)
            self.send_header("Content-Length", str(len(made.answer)))
            self.end_headers()
            for at in range(len(made.answer)):
                time.sleep(made.drip)
                self.wfile.write(made.answer[at : at + 1])

        def do_GET(self) -> None:
            self.do_POST()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def line(partner: Partner) -> Iterator[PartnerClient]:
    made = PartnerClient(
        partner.url, allowed=[partner.url], signer=SigningKey("hub-1", KEY), limits=LIMITS, connections=2
    )
    yield made
    made.close()


class TestCall:
    def test_it_is_signed_by_the_hubs_key_over_these_bytes(self, partner: Partner, line: PartnerClient) -> None:
        outcome = line.post_json("/shikaku-joho", {"jun": 1, "氏": "名"}, now=NOW, request_id="req-00001")

        request, body = partner.seen[0]
        claim = read_claim(request, now=NOW)
        prove(request, claim, KEY.public_key())
        assert claim.keyid == "hub-1"
        assert content_sha256(request.headers) == claim.sha256
        assert json.loads(body) == {"jun": 1, "氏": "名"}
        assert request.headers["X-Request-ID"] == "req-00001"
        assert outcome == Answered(200, b'{"kekka": []}')

    def test_a_question_is_signed_too(self, partner: Partner, line: PartnerClient) -> None:
        line.get("/jisseki-log?after=7", now=NOW)

        request, body = partner.seen[0]
        prove(request, read_claim(request, now=NOW), KEY.public_key())
        assert body == b""

    def test_connections_are_kept_open(self, partner: Partner, line: PartnerClient) -> None:
        for number in range(5):
            line.post_json("/a", {"n": number}, now=NOW)

        assert len(partner.connections) == 1


class TestEndings:
    @pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
    def test_refused(self, partner: Partner, line: PartnerClient, status: int) -> None:
        partner.status = status

        assert line.post_json("/a", {}, now=NOW) == Refused(status)

    def test_an_answer_that_comes_too_late_leaves_the_outcome_unknown(
        self, partner: Partner, line: PartnerClient
    ) -> None:
        partner.wait = 2

        with pytest.raises(OutcomeUnknown):
            line.post_json("/a", {}, now=NOW)

    def test_nobody_there_leaves_the_outcome_unknown(self) -> None:
        url = "http://127.0.0.1:9"
        line = PartnerClient(url, allowed=[url], signer=SigningKey("hub-1", KEY), limits=LIMITS, connections=1)

        with pytest.raises(OutcomeUnknown):
            line.post_json("/a", {}, now=NOW)

    def test_an_endless_answer_is_cut_off(self, partner: Partner, line: PartnerClient) -> None:
        partner.answer = b"x" * (9 * 1024 * 1024)

        with pytest.raises(OutcomeUnknown):
            line.post_json("/a", {}, now=NOW)


@pytest.mark.kj("KJ-EXT-14")
class TestAllowList:
    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com",
            "https://169.254.169.254",
            "http://127.0.0.1:9999",
            "https://partner.example.evil.example",
            "https://partner.example@evil.example",
            "https://partner.example:8443",
            "ftp://partner.example",
            "partner.example",
            "",
        ],
    )
    def test_any_other_host_is_refused_before_anything_is_sent(self, url: str) -> None:
        with pytest.raises(HostNotAllowed):
            PartnerClient(
                url,
                allowed=["https://partner.example", ""],
                signer=SigningKey("hub-1", KEY),
                limits=LIMITS,
                connections=1,
            )

    @pytest.mark.kj("KJ-ENC-08")
    def test_a_partner_elsewhere_is_called_over_tls_only(self) -> None:
        url = "http://partner.example"

        with pytest.raises(HostNotAllowed):
            PartnerClient(url, allowed=[url], signer=SigningKey("hub-1", KEY), limits=LIMITS, connections=1)

    @pytest.mark.parametrize("path", [".evil.example/a", "@evil.example/a", ":1/a"])
    def test_a_path_cannot_lead_to_another_host(self, line: PartnerClient, path: str) -> None:
        with pytest.raises((HostNotAllowed, ValueError)):
            line.post_json(path, {}, now=NOW)

    def test_redirects_are_not_followed(self, partner: Partner, line: PartnerClient) -> None:
        partner.status, partner.location = 307, f"{partner.url}/elsewhere"

        assert line.post_json("/a", {}, now=NOW) == Refused(307)
        assert len(partner.seen) == 1

    def test_proxies_of_the_environment_are_ignored(self, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        line = PartnerClient(
            partner.url, allowed=[partner.url], signer=SigningKey("hub-1", KEY), limits=LIMITS, connections=1
        )

        assert line.post_json("/a", {}, now=NOW) == Answered(200, b'{"kekka": []}')

    def test_origins(self) -> None:
        assert origin_of("https://a.example/x?y") == origin_of("https://a.example:443") == "https://a.example:443"

    def test_an_answer_that_drips_is_given_up(self, partner: Partner, line: PartnerClient) -> None:
        partner.drip = 0.2

        with pytest.raises(OutcomeUnknown, match="slow"):
            line.post_json("/a", {}, now=NOW)


class TestOnshi:
    def test_one_telegram(self, partner: Partner, line: PartnerClient) -> None:
        assert OnshiClient(line).post_shikaku_joho({"soshin_bango": "a"}, now=NOW)
        partner.status = 409
        assert not OnshiClient(line).post_shikaku_joho({"soshin_bango": "a"}, now=NOW)

    def test_many_telegrams(self, partner: Partner, line: PartnerClient) -> None:
        partner.answer = b'{"kekka": [{"soshin_bango": "a", "code": "ok"}, {"soshin_bango": "b", "code": "x"}, 7]}'

        codes = OnshiClient(line).post_ikkatsu([{"soshin_bango": "a"}, {"soshin_bango": "b"}], now=NOW)

        assert codes == {"a": "ok", "b": "x"}
        assert json.loads(partner.seen[0][1]) == {"items": [{"soshin_bango": "a"}, {"soshin_bango": "b"}]}

    def test_refused_as_a_whole(self, partner: Partner, line: PartnerClient) -> None:
        partner.status = 400

        assert OnshiClient(line).post_ikkatsu([{"soshin_bango": "a"}], now=NOW) is None

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_a_partner_that_serves_nobody_has_refused_no_telegram(
        self, partner: Partner, line: PartnerClient, status: int
    ) -> None:
        partner.status = status

        with pytest.raises(OutcomeUnknown, match="away") as unknown:
            OnshiClient(line).post_shikaku_joho({"soshin_bango": "a"}, now=NOW)
        assert mask_event(None, "", {"event": "a.b", "reason": unknown.value.reason})["reason"] == "partner_away"
        with pytest.raises(OutcomeUnknown, match="away"):
            OnshiClient(line).post_ikkatsu([{"soshin_bango": "a"}], now=NOW)

    @pytest.mark.parametrize("answer", [b"", b"x", b"[]", b'{"kekka": 1}'])
    def test_an_answer_that_says_nothing_leaves_the_outcome_unknown(
        self, partner: Partner, line: PartnerClient, answer: bytes
    ) -> None:
        partner.answer = answer

        with pytest.raises(OutcomeUnknown):
            OnshiClient(line).post_ikkatsu([{"soshin_bango": "a"}], now=NOW)
