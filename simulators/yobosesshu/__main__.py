"""Start the stand-in: `python -m simulators.yobosesshu --port 8104 --home DIR --partners FILE --key KEY …`."""

import json
import sys
from collections.abc import Sequence

from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.running import Worker, line, parser, serve
from simulators.shell.server import SimulatorServer
from simulators.yobosesshu.renkei import Renkei
from simulators.yobosesshu.routes import DOORS
from simulators.yobosesshu.store import Zones
from simulators.yobosesshu.system import Yobosesshu


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = parser("yobosesshu", "予診情報・予防接種記録管理／請求支払システムの模擬")
    options.add_argument("--pmh-url", required=True, help="Public Medical Hub の URL")
    options.add_argument("--rireki-url", required=True, help="履歴照会回答システムの URL")
    options.add_argument("--jichitai", action="append", required=True, help="自治体コード:名前（繰り返す）")
    arguments = options.parse_args(argv)
    zones = Zones(arguments.home, dict(text.split(":", 1) for text in arguments.jichitai))
    pmh, rireki = (line(url, name="yobosesshu", key=arguments.key) for url in (arguments.pmh_url, arguments.rireki_url))
    app = Yobosesshu(
        zones=zones,
        partners=Partners.load(arguments.partners),
        plan=PlanHolder(Plan().changed_by(json.loads(arguments.faults))),
        dice=Dice(),
        public_url=arguments.public_url.rstrip("/"),
    )
    worker = Worker(Renkei(zones, pmh=pmh, rireki=rireki).work)
    serve(SimulatorServer((arguments.host, arguments.port), app, DOORS), [worker], host=arguments.host)
    zones.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
