"""Makes the keystore and the hub's own keys; never a second keystore for keys that exist already."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chukan.kernel.crypto import KeyUnavailable, ensure_kek, get_keyring
from chukan.kernel.crypto.models import CryptoKey


class Command(BaseCommand):
    """Idempotent."""

    help = "鍵置き場（CHUKAN_HOME/keys）とシステム共通の鍵を作る（何度実行してもよい）"

    def handle(self, *_args: object, **_options: object) -> None:
        """Create what is missing."""
        home = Path(settings.CHUKAN_HOME)
        try:
            wrapped_keys_exist = CryptoKey.objects.exists()
        except DatabaseError as error:
            message = "データベースの準備ができていません。先に migrate を実行してください。"
            raise CommandError(message) from error
        if wrapped_keys_exist and not (home / "keys" / "kek.json").exists():
            message = (
                "データベースに鍵がありますが、それを開く keys/kek.json がありません。"
                "新しく作ると保存済みのデータは二度と読めないため、控えから戻してください。"
            )
            raise CommandError(message)
        ensure_kek(home)
        try:
            get_keyring().ensure_hub_keys()
        except KeyUnavailable as error:
            raise CommandError(error.message) from error
        self.stdout.write("鍵の準備ができました。")
