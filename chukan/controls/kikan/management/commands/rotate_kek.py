import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kikan.actions import rotate_kek
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`rotate_kek [--resume]` → {"version": 2, "moved": 40, "left": 0}."""

    help = "鍵暗号化鍵（KEK）を新しい版にし、すべての鍵を包み直す"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the one option."""
        parser.add_argument("--resume", action="store_true", help="新しい版を作らず、途中で止まった包み直しを続ける")

    def handle(self, *_args: object, resume: bool, **_options: object) -> None:
        """Rotate, wrap again and print what came of it."""
        by = Principal(channel="command", soshiki="command", actor_id="rotate_kek", actor_name="管理コマンド")
        try:
            done = rotate_kek(by=by, resume=resume, now=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        if done.left:
            message = "古い版の鍵が残っています。--resume を付けてもう一度実行してください。"
            raise CommandError(message)
        self.stdout.write(json.dumps({"version": done.version, "moved": done.moved, "left": done.left}))
