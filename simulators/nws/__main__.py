"""Start the stand-in: `python -m simulators.nws --port 8104 --home DIR --partners FILE --key KEY --hub-url URL`."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from simulators import clock
from simulators.client import ClientKey, RequestSigner
from simulators.nws.faults import FaultPlan
from simulators.nws.fugo import CodeMaker
from simulators.nws.routes import DOORS, Nws
from simulators.nws.store import NwsStore
from simulators.nws.todoke import Deliverer
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.hidden import secret
from simulators.shell.hub_keys import HubKeys
from simulators.shell.partners import Partners
from simulators.shell.running import Worker, line, parser, serve
from simulators.shell.server import SimulatorServer


def _tsuban(path: Path) -> Iterator[str]:
    """The 処理通番 of a CSV with a header, one a line."""
    with path.open(encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            yield row["shori_tsuban"]


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = parser("nws", "情報提供ネットワークシステム（コアシステムとインターフェイスシステム）の模擬")
    options.add_argument("--hub-url", required=True, help="中間サーバーの URL")
    options.add_argument("--client-id", default="", help="接続ID（なければ符号を送らずにためておく）")
    options.add_argument("--kikan-code", default="chukan", help="中間サーバーの機関コード")
    options.add_argument("--senders", type=int, default=2, help="同時に送る数")
    options.add_argument("--fill", type=Path, help="符号を用意しておく処理通番のファイル（CSV、見出し shori_tsuban）")
    arguments = options.parse_args(argv)
    store = NwsStore(arguments.home / "nws.sqlite3")
    app = Nws(
        store=store,
        maker=CodeMaker(secret(arguments.home / "himitsu.key")),
        key=ClientKey.load(arguments.key),
        keys=HubKeys(arguments.hub_url),
        partners=Partners.load(arguments.partners),
        kikan_code=arguments.kikan_code,
        plan=PlanHolder(FaultPlan().changed_by(json.loads(arguments.faults))),
        dice=Dice(),
        public_url=arguments.public_url.rstrip("/"),
    )
    if arguments.fill:
        store.fill(kikan_code=app.kikan_code, tsuban=_tsuban(arguments.fill), at=clock.now().isoformat())
    workers = []
    if arguments.client_id:
        deliverer = Deliverer(
            store=store,
            hub=line(arguments.hub_url, name=arguments.client_id, key=arguments.key),
            signer=RequestSigner(client_id=arguments.client_id, key=app.key),
            hub_url=arguments.hub_url,
            kikan_code=arguments.kikan_code,
            maker=app.maker,
            plan=app.plan,
            dice=app.dice,
            senders=arguments.senders,
        )
        workers.append(Worker(deliverer.work))
    serve(SimulatorServer((arguments.host, arguments.port), app, DOORS), workers, host=arguments.host)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
