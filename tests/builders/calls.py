"""Calls of the machine routes, as they go over the line to the web process at a port."""

from __future__ import annotations

import json

from tests.support.wire import Wire

REGISTER, RECEIVE, ASK = "/api/v1/itaku/kanyusha", "/api/v1/uketsuke", "/api/v1/shikaku/rireki/kensaku"
RESULT = "/api/v1/onshi/shori-kekka"
EDGE = "edge-of-parts"


def origin_of(port: int) -> str:
    """Return the address of the web process."""
    return f"http://127.0.0.1:{port}"


def wire(method: str, target: str, port: int, *, body: bytes = b"", **fields: str) -> Wire:
    """Return a call with its fields; an underscore in a name is a dash."""
    told = {"Host": f"127.0.0.1:{port}", **{name.replace("_", "-"): value for name, value in fields.items()}}
    return Wire(method, target, tuple(told.items())).carrying(body)


def told_json(target: str, port: int, value: object, **fields: str) -> Wire:
    """Return a call that sends a JSON value."""
    body = json.dumps(value).encode()
    return wire("POST", target, port, body=body, Content_Type="application/json", **fields)


def told_file(port: int, content: bytes, key: str) -> Wire:
    """Return the call that sends a file."""
    body = (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="shubetsu"\r\n\r\nkanyusha\r\n--{EDGE}\r\n'
        'Content-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
    ).encode()
    body += content + f"\r\n--{EDGE}--\r\n".encode()
    return wire(
        "POST", RECEIVE, port, body=body, Content_Type=f"multipart/form-data; boundary={EDGE}", Idempotency_Key=key
    )
