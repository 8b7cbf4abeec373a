"""Django app of the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Register the outbox."""

    name = "chukan.kernel.outbox"
    label = "outbox"
    verbose_name = "送信待ち"
