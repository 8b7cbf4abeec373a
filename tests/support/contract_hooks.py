"""What Schemathesis is told of this product, in its own process: how requests are signed, and who is registered here.

Most of what it makes up is led to persons, 受付 and telegrams that are there: else it would see nothing but refusals.
The tally of what was asked and answered is left in the file that `CONTRACT_WORLD` names, as counts alone.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import schemathesis
from requests.structures import CaseInsensitiveDict
from schemathesis.generation.meta import CoveragePhaseData

from chukan.kernel.values.kojin_bango import contains_kojin_bango
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
VERSION = re.compile(r'"[0-9]{1,18}"')
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
    if not _is_past(when.get("known_at")):
        del when["known_at"]
    person = 1 + die % PERSONS
    return {**when, "kojin_bango": kojin_bango(person)} if die % 3 else {**when, "hihokensha_edaban": f"{person:010d}"}


def _tell(body: dict[str, Any], die: int) -> dict[str, Any]:
    kept = {key: value for key, value in body.items() if not contains_kojin_bango(str(value))}
    return {**kept, "soshin_bango": TOLD["soshin"][die % len(TOLD["soshin"])]}


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


LED = {
    "/api/v1/itaku/kanyusha": _register,
    "/api/v1/shikaku/rireki/kensaku": _ask,
    "/api/v1/onshi/shori-kekka": _tell,
    "/api/v1/nws/fugo": _bring,
    "/api/v1/nws/fugo/ikkatsu": _bring_many,
    "/api/v1/pmh/pmh-id": _issue,
    "/api/v1/pmh/pmh-id/ikkatsu": _issue_many,
}


def _led_path(path_parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    die = _die(dict(path_parameters))
    if "uketsuke_bango" in path_parameters and die % 2:
        return {**path_parameters, "uketsuke_bango": TOLD["uketsuke"][die % len(TOLD["uketsuke"])]}
    return path_parameters


def _led_body(path: str, body: Any) -> Any:
    die = _die(body)
    lead = LED.get(path)
    if lead is None or not isinstance(body, dict) or (die % 4 == 0 and not _goes_wrong(body)):
        return body
    return lead(body, die // 4)


def _goes_wrong(body: Mapping[str, Any]) -> bool:
    """Tell whether the hub refuses it for what no shape can say: a 個人番号 as a code, a time that is still to come."""
    items = body.get("items") or [body]
    codes = ("kikanbetsu_fugo", "shori_kekka_meisai_code")
    numbers = any(contains_kojin_bango(str(one.get(code) or "")) for one in items for code in codes)
    return numbers or not _is_past(body.get("known_at"))


def _is_past(known_at: object) -> bool:
    """Tell whether an instant is none, or surely past and in every calendar, whatever its zone."""
    return known_at is None or "1900" <= str(known_at)[:4] < "2026"


def _led_headers(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give most calls a key of their own and no version: what does not fit is refused before anything else is seen."""
    die = _die(dict(headers))
    if "Idempotency-Key" in headers and die % 4:
        kept = {name: value for name, value in headers.items() if name.lower() != "if-match" or die % 16 == 1}
        return _as_promised({**kept, "Idempotency-Key": f"{die:x}"})
    return _as_promised(headers)


def _as_promised(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out an If-Match that is none of ours: Schemathesis makes up what HTTP allows."""
    return {name: value for name, value in headers.items() if name.lower() != "if-match" or VERSION.fullmatch(value)}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Lead what is as the contract says; what was made wrong on purpose goes as it is, and has to be refused."""
    del kwargs
    components = case.meta.components if case.meta is not None and case.meta.generation.mode.is_negative else {}
    wrong = {place.value for place, part in components.items() if part.mode.is_negative}
    if case.path_parameters and "path" not in wrong:
        case.path_parameters = _led_path(case.path_parameters)
    if "header" in wrong and not isinstance(case.meta.phase.data, CoveragePhaseData):
        # 署名 is in fields of its own, whatever `Authorization` says: that it is missing is nothing wrong by itself.
        case.headers.setdefault("Authorization", "Signature")
    if case.headers and "header" not in wrong:
        case.headers = CaseInsensitiveDict(_led_headers(case.headers))
    if "body" in wrong and case.media_type == "multipart/form-data" and isinstance(case.body, dict):
        # An empty list leaves no part in a form: what is wrong with the body would not be sent.
        case.body = {name: "x" if value == [] else value for name, value in case.body.items()}
    # What is set counts as made anew and is judged again, which nothing can do with the bytes of a file.
    if "body" not in wrong and (led := _led_body(context.operation.path, case.body)) is not case.body:
        case.body = led


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    TALLY[f"{case.operation.label} {response.status_code}"] += 1


@atexit.register
def _leave() -> None:
    Path(TOLD["tally"]).write_text(json.dumps(TALLY), encoding="utf-8")
