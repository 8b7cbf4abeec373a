"""Ends a connecting system from the command line and prints one JSON line."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.setsuzoku.actions.end_client import end_client
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`end_client --client-id hokensha-0123456789ab` → {"client_id": …, "valid_to": …}."""

    help = "接続システムを終了する。次の要求から応じない"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--client-id", required=True, help="接続システムID")

    def handle(self, *_args: object, **options: object) -> None:
        """End and print since when."""
        by = Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド")
        client_id = str(options["client_id"])
        try:
            valid_to = end_client(by=by, client_id=client_id, now=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"client_id": client_id, "valid_to": valid_to.isoformat()}))
