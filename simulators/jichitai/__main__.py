"""Register people of a member file as a municipality does.

`python -m simulators.jichitai --keys DIR --jichitai 990019 --pmh-url URL --yobosesshu-url URL kanyusha.csv`
"""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from simulators import clock
from simulators.client import ClientKey, HubAnswerError, HubClient, RequestSigner
from simulators.wire import is_kojin_bango, kojin_bango_check_digit, luhn_digit

PATIENCE = 60.0
AIDED = 3  # 医療費助成を受ける人数


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.jichitai", description="自治体システムの模擬")
    parser.add_argument("--keys", type=Path, required=True, help="jichitai-<コード>.json のある場所")
    parser.add_argument("--jichitai", action="append", required=True, help="自治体コード（繰り返す）")
    parser.add_argument("--n", type=int, default=8, help="自治体ごとの人数")
    parser.add_argument("--pmh-url", required=True)
    parser.add_argument("--yobosesshu-url", required=True)
    parser.add_argument("file", type=Path, help="加入者のファイル（simulators.people が作ったもの）")
    return parser


def taishosha(row: dict[str, str], number: int) -> dict[str, Any]:
    """A 対象者 of the vaccination system from a line of a member file."""
    return {
        "jichitai_gyomu_id": f"Y{number:06d}",
        "kojin_bango": row["個人番号"],
        "shimei": row["氏名（券面記載）"] or row["氏名（その他）"],
        "shimei_kana": row["氏名（券面記載）（カナ）"] or row["氏名（その他）（カナ）"] or "カナナシ",
        "jusho": row["住所"] or "架空県試験市",
        "seinengappi": date.fromisoformat(row["生年月日"]).isoformat(),
        "seibetsu": row["性別1"],
    }


def stranger(number: int) -> dict[str, Any]:
    """A resident whom no insurer has registered."""
    body = f"{99900000000 + number:011d}"
    return {
        "jichitai_gyomu_id": f"Y{number:06d}",
        "kojin_bango": body + kojin_bango_check_digit(body),
        "shimei": "未加入　見本",
        "shimei_kana": "ミカニュウ　ミホン",
        "jusho": "架空県試験市実在せず町99",
        "seinengappi": "1990-04-01",
        "seibetsu": "3",
    }


def josei(row: dict[str, str], number: int, *, today: date) -> dict[str, Any]:
    """A person with 医療費助成 from a line of a member file; the term is the fiscal year of `today`."""
    year = today.year if today.month > 3 else today.year - 1
    futansha, jukyusha = "8099001", f"{number:06d}"
    return {
        "jichitai_gyomu_id": f"J{number:06d}",
        "kojin_bango": row["個人番号"],
        "kohi_futansha_bango": futansha + luhn_digit(futansha),
        "jukyusha_bango": jukyusha + luhn_digit(jukyusha),
        "yuko_kaishi_ymd": f"{year}-04-01",
        "yuko_shuryo_ymd": f"{year + 1}-03-31",
    }


def _sent(line: HubClient, path: str, message: dict[str, Any]) -> None:
    """Send until it is taken or refused; the other side may still be starting."""
    end = clock.ticks() + PATIENCE
    while True:
        try:
            line.post_json(path, message)
            return
        except httpx.HTTPError:
            if clock.ticks() > end:
                raise
        except HubAnswerError as error:
            if error.status < httpx.codes.INTERNAL_SERVER_ERROR or clock.ticks() > end:
                raise
        clock.wait(0.3)


def people_of(file: Path) -> list[dict[str, str]]:
    """Everybody of a member file whose line is a new 加入者 with a right number, each once, in its order."""
    found: dict[str, dict[str, str]] = {}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            number = row["個人番号"]
            new = row["処理種別コード"] == "01" and row["加入者区分コード"] == "01"
            if new and is_kojin_bango(number) and len(row["生年月日"]) == 8:
                found.setdefault(number, row)
    return list(found.values())


def shared_out(people: Sequence[dict[str, str]], codes: Sequence[str], n: int) -> dict[str, list[dict[str, str]]]:
    """Each municipality's own people; the very first person has moved and is known to every municipality."""
    mover = people[:1]
    own = {code: people[place * n : (place + 1) * n] for place, code in enumerate(codes)}
    return {code: [*mover, *(one for one in mine if one not in mover)] for code, mine in own.items()}


def _register(arguments: argparse.Namespace, code: str, people: Sequence[dict[str, str]]) -> int:
    name = f"jichitai-{code}"
    signer = RequestSigner(client_id=name, key=ClientKey.load(arguments.keys / f"{name}.json"))
    today = clock.now().astimezone(clock.JST).date()
    items = [taishosha(row, place) for place, row in enumerate(people, start=1)]
    items.append(stranger(len(items) + 1))
    aided = [josei(row, place, today=today) for place, row in enumerate(people[:AIDED], start=1)]
    with HubClient(base_url=arguments.yobosesshu_url, signer=signer) as line:
        _sent(line, "/taishosha", {"jichitai_code": code, "renkei_file_mei": "taisho.csv", "items": items})
    with HubClient(base_url=arguments.pmh_url, signer=signer) as line:
        _sent(line, "/toroku", {"jichitai_code": code, "jimu_kubun": "01", "items": aided})
    return len(items) + len(aided)


def main(argv: Sequence[str] | None = None) -> int:
    """Register the people of every municipality named; one JSON line says how many."""
    arguments = _parser().parse_args(argv)
    shared = shared_out(people_of(arguments.file), arguments.jichitai, arguments.n)
    count = sum(_register(arguments, code, people) for code, people in shared.items())
    sys.stdout.write(json.dumps({"kensu": count}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
