"""The HTTP door: signed calls of the hub, a page for people, and a JSON door for tests."""

from simulators.onshi.answers import Onshi
from simulators.onshi.routes import OPEN_ROUTES, SIGNED_ROUTES
from simulators.shell.server import Doors, SimulatorServer


class OnshiServer(SimulatorServer[Onshi]):
    """Listens as オンライン資格確認等システム."""

    def __init__(self, address: tuple[str, int], app: Onshi) -> None:
        super().__init__(address, app, Doors(name="onshi", signed=SIGNED_ROUTES, free=OPEN_ROUTES))
