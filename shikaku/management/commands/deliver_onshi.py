"""The process that sends telegrams to オンライン資格確認等システム, in order per person, for ever."""

import signal
import threading
import time
from typing import Final

from django.core.management.base import BaseCommand

from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from chukan.kernel.roles import refuse_unsafe_role
from chukan.settings import limits
from shikaku.actions.record_overdue import record_overdue
from shikaku.actions.send_to_onshi import Delivered, send_to_onshi
from shikaku.gateways.onshi import SignedOnshiGateway

_IDLE: Final = 0.5
# A partner that does not answer is asked less and less often.
_SILENT_MAX: Final = 30.0
_LOOK_EVERY: Final = 60.0


class Pace:
    """How long to wait between two rounds: nothing while all goes well, ever longer while nothing gets through.

    Then one telegram asks for all: what was in a call that nobody answered goes alone from then on, and after a long
    silence nearly everything would.
    """

    def __init__(self) -> None:
        """Begin as with a partner that answers."""
        self._silent = _IDLE

    @property
    def limit(self) -> int:
        """How many new telegrams a call of the next round takes."""
        return limits.ONSHI_BATCH if self._silent == _IDLE else 1

    def after(self, done: Delivered | None) -> float:
        """Return the seconds to wait after a round (None: nothing was due).

        A line that loses some calls is no silent partner: what got through counts.
        """
        if done is None:
            return _IDLE
        if done.answered or done.received:
            self._silent = _IDLE
            return 0.0 if done.answered else _IDLE
        pause, self._silent = self._silent, min(self._silent * 2, _SILENT_MAX)
        return pause


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = "オンライン資格確認等システムへ電文を送り続ける"
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Send while something is due, else wait a moment; look every minute for what is overdue."""
        refuse_unsafe_role()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        by, gateway, pace = system_principal(actor_id="deliver_onshi"), SignedOnshiGateway(), Pace()
        look_at = time.monotonic()
        while not stop.is_set():
            if time.monotonic() >= look_at:
                record_overdue(by=by, now=clock.now())
                look_at = time.monotonic() + _LOOK_EVERY
            done = send_to_onshi(
                by=by, gateway=gateway, now=clock.now, limit=pace.limit, going=lambda: not stop.is_set()
            )
            stop.wait(pace.after(done))
