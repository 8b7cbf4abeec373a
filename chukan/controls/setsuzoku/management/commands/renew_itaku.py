"""Renews the confirmed entrustments of a connecting system of PMH and prints one JSON line."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.setsuzoku.actions.renew_itaku import renew_itaku
from chukan.controls.setsuzoku.management.itaku import add_itaku, read_itaku
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`renew_itaku --client-id … --itaku 01,02 --kakuninsha … --kakunin-ymd … --minaoshi-ymd …` → {"renewed": 2}."""

    help = "PMHの接続システムの委託の確認を、新しい確認に改める（接続システムIDと鍵は変わらない）"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--client-id", required=True, help="接続システムID（OP-302 にあるとおり）")
        add_itaku(parser, required=True)

    def handle(self, *_args: object, **options: object) -> None:
        """Renew and print how many."""
        itaku = read_itaku(options)
        by = Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド")
        try:
            renew_itaku(by=by, client_id=str(options["client_id"]), itaku=itaku, now=clock.now())
        except DomainError as error:
            raise CommandError(" ".join(item.message for item in error.errors) or error.message) from None
        self.stdout.write(json.dumps({"renewed": len(itaku)}))
