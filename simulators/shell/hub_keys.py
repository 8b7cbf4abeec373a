"""The hub's published keys, and who signed a call by them."""

from http import HTTPStatus
from threading import Lock

import httpx

from simulators import clock
from simulators.client import NonceMemory, PublicKeys, SignatureRefusedError, SignedRequest, verify_request
from simulators.shell.answers import Answer, problem


class HubKeys:
    """The hub's published keys, fetched when needed and again when an unknown key is named."""

    def __init__(self, hub_url: str) -> None:
        self._url = hub_url.rstrip("/") + "/.well-known/jwks.json"
        self._keys: PublicKeys | None = None
        self._next_fetch = 0.0
        self._lock = Lock()

    def current(self, *, naming: str) -> PublicKeys | None:
        """The keys, or None while the hub cannot be reached."""
        keys = self._keys
        if keys is not None and keys.find(naming) is not None:
            return keys
        with self._lock:
            if clock.ticks() >= self._next_fetch:
                self._next_fetch = clock.ticks() + 1.0
                self._fetch()
            return self._keys

    def _fetch(self) -> None:
        try:
            response = httpx.get(self._url, timeout=5.0, trust_env=False, follow_redirects=False)
            response.raise_for_status()
            self._keys = PublicKeys(response.json())
        except (httpx.HTTPError, ValueError, KeyError):
            return


def signer_of(request: SignedRequest, *, keys: HubKeys, nonces: NonceMemory) -> str | Answer:
    """The keyid of the hub that signed this call, or the refusal."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    known = keys.current(naming=headers.get("signature-input", "").partition('keyid="')[2].partition('"')[0])
    if known is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "kagi_machi", "中間サーバーの公開鍵をまだ取得できません")
    try:
        return verify_request(request, keys=known, nonces=nonces).keyid
    except SignatureRefusedError as error:
        return problem(HTTPStatus.UNAUTHORIZED, "shomei_fusei", f"署名を確かめられません: {error}")
