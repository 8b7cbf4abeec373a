"""Rotates the KEK: a new version, every data key under it, then the old versions are of no more use."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.kernel.crypto import KeyUnavailable, get_keyring


class Command(BaseCommand):
    """Safe to break off: `--resume` finishes without making yet another version."""

    help = "鍵暗号化鍵（KEK）を新しい版にし、すべての鍵を包み直す"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the one option."""
        parser.add_argument("--resume", action="store_true", help="新しい版を作らず、途中で止まった包み直しを続ける")

    def handle(self, *_args: object, resume: bool, **_options: object) -> None:
        """Rotate and rewrap."""
        keyring = get_keyring()
        try:
            version = keyring.kms.current_version() if resume else keyring.rotate_kek()
            moved = keyring.rewrap_all()
        except KeyUnavailable as error:
            raise CommandError(error.message) from error
        if keyring.count_under_other_version():
            message = "古い版の鍵が残っています。--resume を付けてもう一度実行してください。"
            raise CommandError(message)
        self.stdout.write(f"第{version}版: {moved}件の鍵を包み直しました。古い版の鍵は0件です。")
