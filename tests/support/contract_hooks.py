"""What Schemathesis is told of this product, in its own process: how requests are signed, and who is registered here.

Most of what it makes up is led to persons, 受付 and telegrams that are there: else it would see nothing but refusals.
The tally of what was asked and answered is left in the file that `CONTRACT_WORLD` names, as counts alone.
"""

from __future__ import annotations

import atexit
import json
import os
import zlib
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import schemathesis

from simulators.client import RequestSigner
from simulators.client.keys import ClientKey
from simulators.client.signing import content_digest
from tests.builders.lines import known, kojin_bango, message

TOLD: dict[str, Any] = json.loads(Path(os.environ["CONTRACT_WORLD"]).read_text(encoding="utf-8"))
SIGNERS = {
    kind: RequestSigner(client_id=client["client_id"], key=ClientKey.load(Path(client["key"])))
    for kind, client in TOLD["clients"].items()
}
TALLY: Counter[str] = Counter()
COVERED = ("content-type", "idempotency-key")
PERSONS, KEPT = TOLD["persons"], TOLD["kept"]


class Signing:
    """Signs what is sent, as it is sent, by the system that may send it: the last word before the line."""

    def __call__(self, request: Any) -> Any:
        address = urlsplit(str(request.url))
        body = request.body or b""
        told = {name.lower(): _text(value) for name, value in request.headers.items()}
        kind = next((kind for kind in ("onshi", "pmh", "nws") if f"/{kind}/" in address.path), "hokensha")
        signed = SIGNERS[kind].headers_for(
            method=str(request.method),
            url=f"{address.scheme}://{address.netloc}{request.path_url}",
            headers={name: told[name] for name in COVERED if can_be_signed(told.get(name, ""))},
            digest=content_digest(body.encode() if isinstance(body, str) else body),
        )
        for name in ("Content-Digest", "Signature-Input", "Signature"):
            request.headers[name] = signed[name]
        return request


def can_be_signed(value: str) -> bool:
    """Tell whether a field can stand in a signature; with any other the hub refuses the request."""
    return bool(value.strip()) and value.isascii() and value.isprintable()


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


schemathesis.auth.set_from_requests(Signing())  # type: ignore[attr-defined]  # put on the function at run time


def _die(value: object) -> int:
    """Return a number of what was made up: the same every time, as Hypothesis asks."""
    return zlib.crc32(repr(value).encode("utf-8", "surrogatepass"))


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    die = _die(path_parameters)
    if path_parameters and "uketsuke_bango" in path_parameters and die % 2:
        return {**path_parameters, "uketsuke_bango": TOLD["uketsuke"][die % len(TOLD["uketsuke"])]}
    return path_parameters


def _register(body: dict[str, Any], die: int) -> dict[str, Any]:
    if die % 2:
        return message(100 + die % 1000)
    code = ("03", "04", "03", "05")[die // 2 % 4]
    if code == "03":
        moved = {"jusho": f"見本県{die}", "jusho_henko_ymd": "2026-05-01"}
        return known(code, edaban=PERSONS + 1 + die % KEPT, kihon=moved)
    told = known(code, edaban=1 + die % PERSONS)
    return told if die % 8 else {**body, **told}


def _ask(body: dict[str, Any], die: int) -> dict[str, Any]:
    when: dict[str, Any] = {key: body[key] for key in ("on", "known_at") if key in body}
    person = 1 + die % PERSONS
    return {**when, "kojin_bango": kojin_bango(person)} if die % 3 else {**when, "hihokensha_edaban": f"{person:010d}"}


def _tell(body: dict[str, Any], die: int) -> dict[str, Any]:
    return {**body, "soshin_bango": TOLD["soshin"][die % len(TOLD["soshin"])]}


def _issue(body: dict[str, Any], die: int) -> dict[str, Any]:
    return {**body, "jimu_kubun": "01", "kojin_bango": kojin_bango(PERSONS + 1 + die % KEPT)}


def _issue_many(body: dict[str, Any], die: int) -> dict[str, Any]:
    return {**body, "jimu_kubun": "02", "kojin_bango": [kojin_bango(1 + (die + n) % 1000) for n in range(3)]}


def _bring(body: dict[str, Any], die: int) -> dict[str, Any]:
    """Bring a code that is asked for: the same one each time, so that a repeat is one."""
    at = die % len(TOLD["fugo"])
    return {**body, "shori_tsuban": TOLD["fugo"][at], "kikanbetsu_fugo": f"F-{at}"}


def _bring_many(body: dict[str, Any], die: int) -> dict[str, Any]:
    return {**body, "items": [_bring({}, die + n) for n in range(1 + die % 3)]}


def _send(body: dict[str, Any], _die: int) -> dict[str, Any]:
    return {**body, "shubetsu": "kanyusha"}


LED = {
    "/api/v1/itaku/kanyusha": _register,
    "/api/v1/shikaku/rireki/kensaku": _ask,
    "/api/v1/onshi/shori-kekka": _tell,
    "/api/v1/uketsuke": _send,
    "/api/v1/nws/fugo": _bring,
    "/api/v1/nws/fugo/ikkatsu": _bring_many,
    "/api/v1/pmh/pmh-id": _issue,
    "/api/v1/pmh/pmh-id/ikkatsu": _issue_many,
}


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    die = _die(body)
    lead = LED.get(context.operation.path)
    if lead is None or not isinstance(body, dict) or die % 4 == 0:
        return body
    return lead(body, die // 4)


@schemathesis.hook
def map_headers(context: Any, headers: Any) -> Any:
    """Give most calls a key of their own and no version: what does not fit is refused before anything else is seen."""
    die = _die(headers)
    if isinstance(headers, dict) and "Idempotency-Key" in headers and die % 4:
        kept = {name: value for name, value in headers.items() if name != "If-Match" or die % 16 == 1}
        return {**kept, "Idempotency-Key": f"{die:x}"}
    return headers


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    TALLY[f"{case.operation.label} {response.status_code}"] += 1


@atexit.register
def _leave() -> None:
    Path(TOLD["tally"]).write_text(json.dumps(TALLY), encoding="utf-8")
