"""Lines, messages and files of made-up people; every value is distinct, so that it can be looked for."""

from __future__ import annotations

from typing import Any

from shikaku.domain.items import HEADER_OF
from shikaku.domain.line import TorokuLine
from tests.support.principals import KENPO

NOT_YET = "2999-04-01"  # later than any day the tests run on: as 資格取得年月日 it is refused (E210)
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def kojin_bango(n: int) -> str:
    """Return the n-th made-up 個人番号, with its check digit."""
    stem = f"{80_000_000_000 + n * 7_919:011d}"
    rest = sum(int(digit) * weight for digit, weight in zip(stem, _WEIGHTS, strict=True)) % 11
    return f"{stem}{0 if rest <= 1 else 11 - rest}"


def message(n: int = 1, *, hokensha: str = KENPO, bango: str | None = None, **over: Any) -> dict[str, Any]:
    """Return the JSON of a 新規取得 of the n-th person; groups in `over` are merged, other keys replaced."""
    body: dict[str, Any] = {
        "shori_shubetsu_code": "01",
        "hokensha_code": hokensha,
        "kojin_bango": kojin_bango(n),
        "kihon": {
            "shimei_kenmen": f"見本　花{n}",
            "shimei_kenmen_kana": "ミホン　ハナ",
            "seibetsu1": "2",
            "seinengappi": f"19{60 + n % 40:02d}-0{1 + n % 9}-1{n % 9}",
            "kanyusha_kubun_code": "01",
        },
        "shikaku": {
            "hokensha_bango": bango or hokensha,
            "hihokenshasho_kigo": f"記{n}",
            "hihokenshasho_bango": f"{70_000 + n}",
            "edaban": "00",
            "shikaku_shutoku_ymd": "2026-04-01",
            "honnin_kazoku_kubun": "1",
        },
    }
    for key, value in over.items():
        merged = isinstance(value, dict) and isinstance(body.get(key), dict)
        body[key] = {**body[key], **value} if merged else value
    return {key: value for key, value in body.items() if value is not None}


def known(code: str, *, hokensha: str = KENPO, edaban: int | None = None, **over: Any) -> dict[str, Any]:
    """Return the JSON of a 変更, 喪失 or 取消."""
    body: dict[str, Any] = {"shori_shubetsu_code": code, "hokensha_code": hokensha, **over}
    if edaban is not None:
        body["hihokensha_edaban"] = f"{edaban:010d}"
    return body


def line(body: dict[str, Any]) -> TorokuLine:
    """Return the line that a JSON body is read as."""
    fields = dict(body)
    if "hihokensha_edaban" in fields:
        fields["hihokensha_edaban"] = int(fields["hihokensha_edaban"])
    return TorokuLine(**fields)


def file_text(bodies: list[dict[str, Any]], *, newline: str = "\r\n") -> str:
    """Return the registration file that says the same as the bodies, one line each; days without dashes."""
    rows = [_flat(body) for body in bodies]
    headers = sorted({header for row in rows for header in row}, key=list(HEADER_OF.values()).index)
    texts = [",".join(headers), *[",".join(row.get(header, "") for header in headers) for row in rows]]
    return newline.join(texts) + newline


def _flat(body: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in body.items():
        if isinstance(value, dict):
            found |= {HEADER_OF[key, item]: _cell(item, text) for item, text in value.items()}
        elif isinstance(value, list):
            found |= {HEADER_OF[key, item]: _cell(item, text) for item, text in value[0].items()}
        else:
            found[HEADER_OF["", key]] = str(value)
    return found


def _cell(item: str, value: object) -> str:
    if value is None:
        return "[消去]"
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value).replace("-", "") if item.endswith("ymd") or item == "seinengappi" else str(value)
