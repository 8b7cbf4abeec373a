"""Start the stand-in: `python -m simulators.juki --port 8103 --home DIR --key KEY --hub-url URL --nws-url URL`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.juki.faults import FaultPlan
from simulators.juki.jumin import HOUSEHOLDS, Jumin
from simulators.juki.routes import Juki
from simulators.juki.server import JukiServer
from simulators.juki.store import JukiStore
from simulators.juki.watashi import Forwarder
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.hidden import secret
from simulators.shell.hub_keys import HubKeys
from simulators.shell.running import Worker, line, serve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.juki", description="住民基本台帳ネットワークシステムの模擬"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 なら空いている番号")
    parser.add_argument("--home", type=Path, required=True, help="受け取ったものを置く場所")
    parser.add_argument("--hub-url", required=True, help="中間サーバーの URL（公開鍵を取得する）")
    parser.add_argument("--public-url", default="", help="中間サーバーが呼ぶときの URL（省略時は Host から）")
    parser.add_argument("--nws-url", default="", help="コアシステムの URL（なければ要求を渡さずにためておく）")
    parser.add_argument("--key", type=Path, help="コアシステムへ渡すときの秘密鍵（--nws-url と一緒に指定する）")
    parser.add_argument("--client-id", default="juki", help="コアシステムでの接続ID")
    parser.add_argument("--kikan-code", default="chukan", help="要求する機関のコード")
    parser.add_argument("--seed", type=int, default=1, help="simulators.people と同じ値なら同じ人々が住む")
    parser.add_argument("--households", type=int, default=HOUSEHOLDS, help="住む世帯の数")
    parser.add_argument("--jumin", type=Path, help="ほかに住む人の個人番号のファイル（1行に一つ）")
    parser.add_argument("--faults", default="{}", help="始めから起こす障害（JSON）")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.nws_url and arguments.key is None:
        parser.error("--nws-url には --key も要ります")
    store = JukiStore(arguments.home / "juki.sqlite3")
    hidden = secret(arguments.home / "himitsu.key")
    app = Juki(
        store=store,
        jumin=Jumin(store=store, seed=arguments.seed, secret=hidden, households=arguments.households),
        keys=HubKeys(arguments.hub_url),
        secret=hidden,
        plan=PlanHolder(FaultPlan().changed_by(json.loads(arguments.faults))),
        dice=Dice(),
        public_url=arguments.public_url.rstrip("/"),
    )
    if arguments.jumin:
        with arguments.jumin.open(encoding="ascii") as numbers:
            for number in numbers:
                app.jumin.add(number.strip())
    workers = []
    if arguments.nws_url:
        core = line(arguments.nws_url, name=arguments.client_id, key=arguments.key)
        forwarder = Forwarder(store=store, core=core, kikan_code=arguments.kikan_code, plan=app.plan, dice=app.dice)
        workers.append(Worker(forwarder.work))
    serve(JukiServer((arguments.host, arguments.port), app), workers, host=arguments.host)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
