"""Django app of the keys."""

from django.apps import AppConfig


class CryptoConfig(AppConfig):
    """Register the key table and its commands."""

    name = "chukan.kernel.crypto"
    label = "crypto"
    verbose_name = "暗号鍵"
