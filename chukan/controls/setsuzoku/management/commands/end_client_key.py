"""Ends one key of a connecting system from the command line and prints one JSON line."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.setsuzoku.actions.end_client import end_client_key
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`end_client_key --client-id … --kid k1` → {"client_id": …, "kid": …, "valid_to": …, "keys_left": 1}."""

    help = "接続システムの鍵を1つ終了する。その鍵の署名には、次の要求から応じない"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--client-id", required=True, help="接続システムID")
        parser.add_argument("--kid", required=True, help="鍵ID（登録した JWK の kid）")

    def handle(self, *_args: object, **options: object) -> None:
        """End and print since when, and how many keys are left."""
        by = Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド")
        client_id, kid = str(options["client_id"]), str(options["kid"])
        try:
            valid_to, left = end_client_key(by=by, client_id=client_id, kid=kid, now=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        ended = {"client_id": client_id, "kid": kid, "valid_to": valid_to.isoformat(), "keys_left": left}
        self.stdout.write(json.dumps(ended))
