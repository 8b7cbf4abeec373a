"""The relay process: wakes on NOTIFY and polls every second anyway."""

import signal
import threading
from collections.abc import Mapping

import structlog
from celery import current_app
from django.core.management.base import BaseCommand
from django.db import connection
from kombu.exceptions import OperationalError

from chukan.kernel import clock
from chukan.kernel.outbox.publish import CHANNEL
from chukan.kernel.outbox.relay import deliver_due
from chukan.kernel.principal import system_principal
from chukan.kernel.roles import refuse_unsafe_role

log = structlog.get_logger()


def send_task(task: str, payload: Mapping[str, str | int]) -> None:
    """Ring Celery's doorbell; a broker that is away is an OSError like any other line that is down."""
    try:
        current_app.send_task(task, kwargs=dict(payload), retry=False)
    except OperationalError as error:
        raise OSError from error


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = "送信待ちの事実を受け手へ渡し続ける"
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Deliver, then sleep until something new is published."""
        refuse_unsafe_role()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        by = system_principal(actor_id="relay")
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        while not stop.is_set():
            while not stop.is_set() and deliver_due(by=by, send=send_task, now=clock.now()):
                pass
            list(connection.connection.notifies(timeout=1.0, stop_after=1))
