"""Command line of the client: make a key, call the hub once.

`python -m simulators.client keygen --out key.json --jwks jwks.json --kid k1`
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.client.http import HubClient
from simulators.client.keys import ClientKey, generate_key, write_jwks
from simulators.client.signing import RequestSigner


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.client", description="中間サーバー接続用クライアント")
    commands = parser.add_subparsers(dest="command", required=True)
    keygen = commands.add_parser("keygen", help="鍵を作る（秘密鍵 --out、公開鍵一覧 --jwks）")
    keygen.add_argument("--out", type=Path, required=True)
    keygen.add_argument("--jwks", type=Path, required=True)
    keygen.add_argument("--kid", default="k1")
    keygen.add_argument("--alg", choices=("ed25519", "p256"), default="ed25519")
    call = commands.add_parser("call", help="署名して1回呼び、応答を表示する")
    call.add_argument("--base-url", required=True)
    call.add_argument("--key", type=Path, required=True)
    call.add_argument("--client-id", required=True)
    call.add_argument("--idempotency-key")
    call.add_argument("method")
    call.add_argument("path")
    call.add_argument("json", nargs="?", help="送る JSON（省略時は本文なし、- は標準入力）")
    return parser


def _keygen(arguments: argparse.Namespace) -> int:
    key = generate_key(kid=arguments.kid, kind=arguments.alg)
    try:
        key.save(arguments.out)
    except FileExistsError:
        sys.stderr.write(f"{arguments.out} は既にあります。上書きしません。別の名前を指定してください。\n")
        return 1
    write_jwks(arguments.jwks, [key])
    sys.stdout.write(json.dumps({"kid": key.kid, "key": str(arguments.out), "jwks": str(arguments.jwks)}) + "\n")
    return 0


def _call(arguments: argparse.Namespace) -> int:
    signer = RequestSigner(client_id=arguments.client_id, key=ClientKey.load(arguments.key))
    text = sys.stdin.read() if arguments.json == "-" else arguments.json
    headers = {"Content-Type": "application/json"} if text else {}
    if arguments.idempotency_key:
        headers["Idempotency-Key"] = arguments.idempotency_key
    with HubClient(base_url=arguments.base_url, signer=signer) as client:
        response = client.request(arguments.method.upper(), arguments.path, body=(text or "").encode(), headers=headers)
    sys.stdout.write(f"{response.status_code}\n{response.text}\n")
    return 0 if response.is_success else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked."""
    arguments = _parser().parse_args(argv)
    return _keygen(arguments) if arguments.command == "keygen" else _call(arguments)


if __name__ == "__main__":
    sys.exit(main())
