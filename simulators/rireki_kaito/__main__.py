"""Start the stand-in: `python -m simulators.rireki_kaito --port 8105 --home DIR --partners FILE --key KEY …`."""

import json
import sys
from collections.abc import Sequence

from simulators.rireki_kaito.routes import DOORS, Rireki, RirekiStore
from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.running import line, parser, serve
from simulators.shell.server import SimulatorServer


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    options = parser("rireki_kaito", "履歴照会回答システムの模擬")
    options.add_argument("--onshi-url", required=True, help="オンライン資格確認等システムの URL")
    arguments = options.parse_args(argv)
    store = RirekiStore(arguments.home / "rireki_kaito.sqlite3")
    app = Rireki(
        store=store,
        partners=Partners.load(arguments.partners),
        onshi=line(arguments.onshi_url, name="rireki_kaito", key=arguments.key),
        plan=PlanHolder(Plan().changed_by(json.loads(arguments.faults))),
        dice=Dice(),
        public_url=arguments.public_url.rstrip("/"),
    )
    serve(SimulatorServer((arguments.host, arguments.port), app, DOORS), [], host=arguments.host)
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
