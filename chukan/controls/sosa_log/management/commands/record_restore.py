"""After a restore: signs into the journal from where to where the operation log was put back."""

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chukan.controls.sosa_log.actions.record_restore import record_restore
from chukan.controls.sosa_log.actions.seal import LogDamaged
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.keys import sealing_keys
from chukan.kernel import clock
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import CHECKPOINT
from chukan.kernel.merkle_log import CheckpointRefused
from chukan.kernel.principal import system_principal
from chukan.kernel.roles import demand_role


class Command(BaseCommand):
    """`record_restore --who NAME` → {"before": 120, "after": 80}, or {} where nothing sealed was lost."""

    help = "控えから戻した操作ログが、どこからどこへ戻ったかを署名して残す"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--who", required=True, help="復元した人")

    def handle(self, *_args: object, **options: object) -> None:
        """Sign, keep, and print the sizes."""
        demand_role("sealer")
        journal, verifiers, now = CheckpointJournal.of_home(settings.CHUKAN_HOME), sealing_keys(), clock.now()
        try:
            done = record_restore(
                by=system_principal(actor_id="restore"),
                kept=journal.newest(verifiers),
                restores=[note for _, note in journal.restores()],
                verifiers=verifiers,
                signer=get_keyring().signing_key(CHECKPOINT),
                who=" ".join(str(options["who"]).split()) or "-",
                now=now,
            )
        except (LogDamaged, CheckpointRefused) as refusal:
            message = f"操作ログが、控えておいた封印と合いません（{refusal}）。"
            raise CommandError(message) from None
        if done is None:
            self.stdout.write(json.dumps({}))
            return
        restore, note = done
        journal.append([(restore.after.size, note, b"")], now=now)
        self.stdout.write(json.dumps({"before": restore.before.size, "after": restore.after.size}))
