"""The process that sends telegrams to オンライン資格確認等システム, in order per person, for ever."""

import signal
import threading
from typing import Final

from django.core.management.base import BaseCommand

from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from chukan.kernel.roles import refuse_unsafe_role
from shikaku.actions.send_to_onshi import send_to_onshi
from shikaku.gateways.onshi import SignedOnshiGateway

_IDLE: Final = 0.5
# A partner that does not answer is asked less and less often; otherwise every telegram would be tried and go alone.
_SILENT_MAX: Final = 30.0


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = "オンライン資格確認等システムへ電文を送り続ける"
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Send while something is due, else wait a moment."""
        refuse_unsafe_role()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        by, gateway = system_principal(actor_id="deliver_onshi"), SignedOnshiGateway()
        pause = _IDLE
        while not stop.is_set():
            done = send_to_onshi(by=by, gateway=gateway, now=clock.now)
            if done is None:
                stop.wait(_IDLE)
            elif not done.answered:
                stop.wait(pause)
                pause = min(pause * 2, _SILENT_MAX)
            else:
                pause = _IDLE
