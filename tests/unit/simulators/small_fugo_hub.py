"""A hub small enough for a test that speaks the part of the contract about codes: one open request, one code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulators.client import ClientKey, RequestSigner, generate_key
from simulators.client.signing import digest_of_chunks
from tests.unit.simulators.small_hub import SmallHub

PATH = "/api/v1/nws/fugo"
BULK = f"{PATH}/ikkatsu"
MAX_BULK = 5000
FUGO = re.compile("[A-Z]{32}")


@dataclass(kw_only=True)
class SmallFugoHub(SmallHub):
    """Has asked for the codes of `open`."""

    open: set[str] = field(default_factory=set)
    partner: ClientKey = field(default_factory=lambda: generate_key(kid="nws-1"))
    codes: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    def put(
        self, url: str, file_id: str, pieces: list[bytes], *, digest: str = "", chunked: bool = False, length: int = 0
    ) -> int:
        """Send a 符号取得要求ファイル as a stream; the status. With a `length` that is too great it is cut."""
        target = f"{url}/fugo-yokyu/{file_id}"
        headers = {"Content-Type": "text/csv"}
        if not chunked:
            headers["Content-Length"] = str(length or sum(map(len, pieces)))
        signer = RequestSigner(client_id="chukan", key=self.key, keyid="hub-1")
        signed = signer.headers_for(
            method="PUT", url=target, headers=headers, digest=digest or digest_of_chunks(pieces)
        )
        return httpx.put(
            target, content=_cut_short(pieces) if length else iter(pieces), headers=signed, trust_env=False, timeout=60
        ).status_code

    def answer(self, path: str, message: Any) -> tuple[int, Any]:
        """What §7 says to a parsed message."""
        if self.statuses:
            return self.statuses.pop(0), {"code": "kunren"}
        items = message.get("items") if path == BULK else [message]
        if not isinstance(items, list) or len(items) > MAX_BULK:
            return 400, {"code": "items"}
        if not self.lenient and any(item.keys() != {"shori_tsuban", "kikanbetsu_fugo"} for item in items):
            return 400, {"code": "unknown_field"}
        said = [self.take(item["shori_tsuban"], item["kikanbetsu_fugo"]) for item in items]
        if path == PATH:
            return (409, {"code": "yokyu_nashi"}) if said == ["yokyu_nashi"] else (204, None)
        kekka = [{"shori_tsuban": item["shori_tsuban"], "code": code} for item, code in zip(items, said, strict=True)]
        return 200, self.spoil({"kekka": kekka})

    def take(self, shori_tsuban: str, fugo: str) -> str:
        """One code, as if sent alone."""
        assert FUGO.fullmatch(fugo)
        self.heard.append(shori_tsuban)
        if shori_tsuban not in self.open and not self.lenient:
            return "yokyu_nashi"
        if shori_tsuban in self.codes:
            return "jufuku"
        self.codes[shori_tsuban] = fugo
        return "ok"


def _cut_short(pieces: list[bytes]) -> Iterator[bytes]:
    yield from pieces
    raise httpx.WriteError("cut")
