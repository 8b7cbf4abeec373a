"""Start the stand-in: `python -m simulators.onshi --port 8101 --home DIR --hub-url http://localhost:8000`."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from types import FrameType

import httpx

from simulators.client import ClientKey, HubClient, NonceMemory, RequestSigner, generate_key
from simulators.client.keys import write_jwks
from simulators.onshi.answers import Onshi
from simulators.onshi.faults import Dice, FaultPlan
from simulators.onshi.hub import AnswerSender, HubKeys, PlanHolder
from simulators.onshi.renkei import Renkei
from simulators.onshi.server import OnshiServer
from simulators.onshi.store import Store
from simulators.shell.partners import Partners
from simulators.shell.running import Worker

TIMEOUT = httpx.Timeout(10.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.onshi", description="オンライン資格確認等システムの模擬"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 なら空いている番号")
    parser.add_argument("--home", type=Path, required=True, help="受け取ったものと鍵を置く場所")
    parser.add_argument("--hub-url", required=True, help="中間サーバーの URL")
    parser.add_argument("--public-url", default="", help="中間サーバーが呼ぶときの URL（省略時は Host から）")
    parser.add_argument("--key", type=Path, help="処理結果を送るための秘密鍵（省略時は HOME/key.json、なければ作る）")
    parser.add_argument("--client-id", default="", help="接続ID（なければ処理結果を送らずにためておく）")
    parser.add_argument("--no-verify", action="store_true", help="中間サーバーの署名を確かめない（単体の試験用）")
    parser.add_argument("--partners", type=Path, help="中間サーバーのほかに接続を許すシステムの一覧（JSON）")
    parser.add_argument("--mynaportal-url", default="", help="マイナポータルの URL（なければPMH-IDを渡さない）")
    parser.add_argument("--pmh-url", default="", help="PMH の URL（なければ医療助成の期限を照会しない）")
    parser.add_argument("--faults", default="{}", help="始めから起こす障害（JSON）")
    return parser


def _key(arguments: argparse.Namespace) -> ClientKey:
    path: Path = arguments.key or arguments.home / "key.json"
    if not path.exists():
        key = generate_key(kid="onshi-1")
        key.save(path)
        write_jwks(path.with_name("jwks.json"), [key])
    return ClientKey.load(path)


def _renkei(arguments: argparse.Namespace, key: ClientKey, store: Store) -> Renkei:
    signer = RequestSigner(client_id="onshi", key=key)
    portal, pmh = (
        HubClient(base_url=url, signer=signer, timeout=TIMEOUT) if url else None
        for url in (arguments.mynaportal_url, arguments.pmh_url)
    )
    return Renkei(arguments.home / "renkei.sqlite3", store=store, portal=portal, pmh=pmh)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; one JSON line on stdout says where."""
    arguments = _parser().parse_args(argv)
    arguments.home.mkdir(parents=True, exist_ok=True)
    key = _key(arguments)
    store = Store(arguments.home / "onshi.sqlite3")
    holder, dice = PlanHolder(FaultPlan().changed_by(json.loads(arguments.faults))), Dice()
    app = Onshi(
        store=store,
        keys=None if arguments.no_verify else HubKeys(arguments.hub_url),
        nonces=NonceMemory(),
        plan=holder,
        dice=dice,
        public_url=arguments.public_url.rstrip("/"),
    )
    if arguments.partners:
        app.partners = Partners.load(arguments.partners)
        app.renkei = _renkei(arguments, key, store)
    linker = Worker(app.renkei.work) if app.renkei else None
    server = OnshiServer((arguments.host, arguments.port), app)
    sender = None
    if arguments.client_id:
        signer = RequestSigner(client_id=arguments.client_id, key=key)
        client = HubClient(base_url=arguments.hub_url, signer=signer, timeout=TIMEOUT)
        sender = AnswerSender(store=store, client=client, plan=holder, dice=dice)
        sender.start()
    if linker:
        linker.start()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    url = f"http://{arguments.host}:{server.server_port}"
    sys.stdout.write(json.dumps({"url": url, "sends_results": sender is not None}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.2)
    if sender:
        sender.stop()
    if linker:
        linker.stop()
    server.server_close()
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
