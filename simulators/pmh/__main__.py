"""Start the stand-in: `python -m simulators.pmh --port 8102 --home DIR --partners FILE --key KEY --hub-url URL`."""

import json
import sys
from collections.abc import Sequence

from simulators.pmh.asking import Asker
from simulators.pmh.faults import FaultPlan
from simulators.pmh.routes import DOORS, Pmh
from simulators.pmh.store import PmhStore
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.running import Worker, line, parser, serve
from simulators.shell.server import SimulatorServer


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = parser("pmh", "Public Medical Hub の模擬")
    options.add_argument("--hub-url", required=True, help="中間サーバーの URL")
    options.add_argument("--client-id", default="", help="接続ID（なければ依頼を送らずにためておく）")
    arguments = options.parse_args(argv)
    store = PmhStore(arguments.home / "pmh.sqlite3")
    app = Pmh(
        store=store,
        partners=Partners.load(arguments.partners),
        plan=PlanHolder(FaultPlan().changed_by(json.loads(arguments.faults))),
        dice=Dice(),
        public_url=arguments.public_url.rstrip("/"),
    )
    workers = []
    if arguments.client_id:
        hub = line(arguments.hub_url, name=arguments.client_id, key=arguments.key)
        asker = Asker(store=store, hub=hub, hub_url=arguments.hub_url, plan=app.plan, dice=app.dice)
        workers.append(Worker(asker.work))
    serve(SimulatorServer((arguments.host, arguments.port), app, DOORS), workers, host=arguments.host)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
