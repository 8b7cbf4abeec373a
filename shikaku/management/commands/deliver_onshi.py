"""The process that sends telegrams to オンライン資格確認等システム, in order per person, for ever."""

import signal
import threading

from django.core.management.base import BaseCommand

from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from chukan.kernel.roles import refuse_unsafe_role
from shikaku.actions.send_to_onshi import send_to_onshi
from shikaku.gateways.onshi import SignedOnshiGateway


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
        while not stop.is_set():
            if send_to_onshi(by=by, gateway=gateway, now=clock.now()) is None:
                stop.wait(0.5)
