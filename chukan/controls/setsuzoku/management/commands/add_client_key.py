"""Adds keys to a connecting system from the command line and prints one JSON line."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.setsuzoku.actions.add_client_key import add_client_key
from chukan.controls.setsuzoku.management.jwks import add_jwks, read_days, read_jwks_file
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.http.jwk import JwkRefused
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`add_client_key --client-id … --jwks keys.json` → {"client_id": …, "kid": ["k2"]}."""

    help = "接続システムに鍵を加える。前の鍵は、終了するまで使える"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--client-id", required=True, help="接続システムID")
        add_jwks(parser)

    def handle(self, *_args: object, **options: object) -> None:
        """Add and print what the keys are called."""
        by = Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド")
        jwks, client_id = read_jwks_file(options), str(options["client_id"])
        valid_from, valid_to = read_days(options)
        try:
            kid = add_client_key(
                by=by, client_id=client_id, jwks=jwks, valid_from=valid_from, valid_to=valid_to, now=clock.now()
            )
        except JwkRefused as error:
            raise CommandError(str(error)) from None
        except DomainError as error:
            raise CommandError(" ".join(item.message for item in error.errors) or error.message) from None
        self.stdout.write(json.dumps({"client_id": client_id, "kid": kid}))
