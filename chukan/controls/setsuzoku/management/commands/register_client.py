"""Registers a connecting system from the command line and prints one JSON line."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.setsuzoku.actions.register_client import register_client
from chukan.controls.setsuzoku.domain import KINDS
from chukan.controls.setsuzoku.management.itaku import add_itaku, read_itaku
from chukan.controls.setsuzoku.management.jwks import add_jwks, read_days, read_jwks_file
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.http.jwk import JwkRefused
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`register_client --kind hokensha --hokensha 06132013 --jwks keys.json` → {"client_id": …}."""

    help = "接続システムを登録する"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--kind", required=True, choices=KINDS)
        parser.add_argument("--hokensha", action="append", default=[], help="保険者コード（国保情報集約は繰り返す）")
        add_jwks(parser)
        add_itaku(parser)

    def handle(self, *_args: object, **options: object) -> None:
        """Register and print the client_id."""
        jwks = read_jwks_file(options)
        codes = options["hokensha"]
        valid_from, valid_to = read_days(options)
        try:
            client_id = register_client(
                by=Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド"),
                kind=str(options["kind"]),
                hokensha_codes=tuple(dict.fromkeys(codes)) if isinstance(codes, list) else (),
                jwks=jwks,
                itaku=read_itaku(options),
                valid_from=valid_from,
                valid_to=valid_to,
                now=clock.now(),
            )
        except JwkRefused as error:
            raise CommandError(str(error)) from None
        except DomainError as error:
            raise CommandError(" ".join(item.message for item in error.errors) or error.message) from None
        self.stdout.write(json.dumps({"client_id": client_id}))
