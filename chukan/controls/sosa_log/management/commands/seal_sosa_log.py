"""The sealer process: every second it seals what became final and keeps the checkpoint outside the database."""

import signal
import threading
from argparse import ArgumentParser

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chukan.controls.sosa_log.actions.seal import AnotherSealer, LogDamaged, load_tree, seal_next
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.keys import sealing_keys
from chukan.controls.sosa_log.queries import rounds_after
from chukan.controls.sosa_log.restoration import FIRST
from chukan.controls.sosa_log.verification import KEY_NAME
from chukan.kernel import clock
from chukan.kernel.crash_points import crash_point
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import CHECKPOINT
from chukan.kernel.merkle_log import CheckpointRefused, CompactRange, NoteVerifier
from chukan.kernel.principal import system_principal
from chukan.kernel.roles import refuse_unsafe_role

log = structlog.get_logger()


class Command(BaseCommand):
    """Runs until it is told to stop; `--once` seals what is there and ends."""

    help = "操作ログを封印し続ける"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="いまある分だけ封印して終わる")
        parser.add_argument("--interval", type=float, default=1.0, help="封印の間隔（秒）")

    def handle(self, *_args: object, **options: object) -> None:
        """Seal, keep, wait."""
        refuse_unsafe_role()
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: stopped.set())
        sealer = Sealer(CheckpointJournal.of_home(settings.CHUKAN_HOME))
        try:
            while not stopped.is_set():
                sealer.run_once()
                if options["once"]:
                    return
                stopped.wait(float(str(options["interval"])))
        except LogDamaged as damaged:
            log.critical("sosa_log.seal.refused", reason=str(damaged).replace(" ", "_"))
            raise CommandError("操作ログが封印と合いません。verify_sosa_log で確かめてください。") from None


class Sealer:
    """Keeps the tree between rounds; looks again when somebody else has sealed."""

    def __init__(self, journal: CheckpointJournal) -> None:
        """Remember where checkpoints are kept."""
        self.by = system_principal(actor_id="sealer")
        self.journal = journal
        self.tree: CompactRange | None = None
        self.branch = FIRST

    def run_once(self) -> int:
        """Seal everything that is final now; return how many events were sealed."""
        try:
            tree = self._loaded()
            first = tree.size
            signer = get_keyring().signing_key(CHECKPOINT)
            while (
                sealed := seal_next(by=self.by, tree=tree, branch=self.branch, signer=signer, now=clock.now())
            ) is not None:
                tree, note, leaves = sealed
                crash_point("seal.committed")
                self.tree = tree
                self.journal.append([(tree.size, note, leaves)], now=clock.now())
                crash_point("seal.kept")
        except AnotherSealer:
            self.tree = None
            return 0
        return tree.size - first

    def _loaded(self) -> CompactRange:
        if self.tree is None:
            # In this order: another sealer may be at work, and it writes the journal after the table.
            verifiers = sealing_keys()
            try:
                kept = self.journal.newest(verifiers)
            except CheckpointRefused:
                raise LogDamaged("the newest checkpoint of the journal cannot be trusted") from None
            tree, self.branch = load_tree(by=self.by, verifiers=verifiers, kept=kept)
            key = get_keyring().signing_key(CHECKPOINT)
            self.journal.write_key(NoteVerifier(KEY_NAME, key.public_key).vkey())
            self.journal.append(list(rounds_after(kept.size if kept else 0)), now=clock.now())
            self.tree = tree
        return self.tree
