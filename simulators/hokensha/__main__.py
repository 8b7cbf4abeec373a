"""Command line of an insurer's stand-in.

`python -m simulators.hokensha --base-url URL --client-id ID --key key.json kanyusha.csv`
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from simulators.client import ClientKey, HubAnswerError, HubClient, RequestSigner
from simulators.hokensha.kizon_system import FileEndedBadly, KizonSystem, read_message

COMMANDS = ("okuru", "toroku", "jotai", "kekka", "kensaku")
HELP = """
  kanyusha.csv                 ファイルを送り、終わるまで待ち、処理結果を受け取る（okuru kanyusha.csv と同じ）
  toroku  JSON または @file    一人を登録する
  jotai   受付番号             ファイルの状態を見る
  kekka   受付番号             処理結果を受け取る
  kensaku JSON または @file    資格履歴を見る（例 {"hihokensha_edaban": "0000000001"}）
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.hokensha",
        description="保険者の既存システムの模擬",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base-url", required=True, help="中間サーバーの URL")
    parser.add_argument("--client-id", required=True, help="接続ID")
    parser.add_argument("--key", type=Path, required=True, help="秘密鍵")
    parser.add_argument("--kekka", type=Path, help="処理結果を書くファイル（省略時は <ファイル>.kekka.csv）")
    parser.add_argument("--saisoshin", action="store_true", help="同じファイルを送り直す")
    parser.add_argument("--timeout", type=float, default=3600.0, help="待つ秒数")
    parser.add_argument("--idempotency-key", help="toroku の Idempotency-Key")
    parser.add_argument("what", nargs="+", help="すること（下を参照）")
    return parser


def _say(value: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _send(system: KizonSystem, arguments: argparse.Namespace, path: Path) -> None:
    bango = system.send_file(path, saisoshin=arguments.saisoshin)
    _say({"uketsuke_bango": bango})
    state = system.wait(bango, seconds=arguments.timeout)
    target: Path = arguments.kekka or path.with_name(f"{path.stem}.kekka.csv")
    system.fetch_results(bango, target)
    _say({**state, "kekka": str(target)})


def _run(system: KizonSystem, arguments: argparse.Namespace) -> None:
    command, *rest = arguments.what if arguments.what[0] in COMMANDS else ("okuru", *arguments.what)
    if len(rest) != 1:
        raise ValueError(f"{command} には1つだけ指定してください")
    subject = rest[0]
    if command == "okuru":
        _send(system, arguments, Path(subject))
    elif command == "toroku":
        _say(system.register(read_message(subject), idempotency_key=arguments.idempotency_key))
    elif command == "jotai":
        _say(system.state(subject))
    elif command == "kekka":
        target: Path = arguments.kekka or Path(f"{subject}.kekka.csv")
        system.fetch_results(subject, target)
        _say({"kekka": str(target)})
    else:
        _say(system.history(read_message(subject)))


def main(argv: Sequence[str] | None = None) -> int:
    """Do one thing; 0 when the hub did what was asked."""
    arguments = _parser().parse_args(argv)
    try:
        signer = RequestSigner(client_id=arguments.client_id, key=ClientKey.load(arguments.key))
        with HubClient(base_url=arguments.base_url, signer=signer) as client:
            _run(KizonSystem(client), arguments)
    except HubAnswerError as error:
        _say({"status": error.status, **error.problem})
        return 1
    except httpx.HTTPError as error:
        sys.stderr.write(f"中間サーバーにつながりません: {arguments.base_url}（{type(error).__name__}）\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"ファイルを扱えません: {error.filename}（{error.strerror}）\n")
        return 1
    except (FileEndedBadly, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
