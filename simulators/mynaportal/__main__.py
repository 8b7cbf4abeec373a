"""Start the stand-in: `python -m simulators.mynaportal --port 8103 --home DIR --partners FILE --key KEY …`."""

import json
import sys
from collections.abc import Sequence

from simulators.mynaportal.routes import DOORS, Portal
from simulators.mynaportal.store import PortalStore
from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.running import Worker, line, parser, serve
from simulators.shell.server import SimulatorServer


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = parser("mynaportal", "マイナポータルの模擬（予防接種に要るところだけ）")
    options.add_argument("--yobosesshu-url", required=True, help="予診情報・予防接種記録管理／請求支払システムの URL")
    arguments = options.parse_args(argv)
    store = PortalStore(arguments.home / "mynaportal.sqlite3")
    app = Portal(
        store=store,
        partners=Partners.load(arguments.partners),
        vaccination=line(arguments.yobosesshu_url, name="mynaportal", key=arguments.key),
        plan=PlanHolder(Plan().changed_by(json.loads(arguments.faults))),
        dice=Dice(),
        public_url=arguments.public_url.rstrip("/"),
    )
    serve(SimulatorServer((arguments.host, arguments.port), app, DOORS), [Worker(app.work)], host=arguments.host)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
