"""Django app of 資格履歴."""

from importlib import import_module

from django.apps import AppConfig


class ShikakuConfig(AppConfig):
    """Register the app."""

    name = "shikaku"
    verbose_name = "資格履歴"

    def ready(self) -> None:
        """Teach the driver packed arrays before the first connection, which keeps what the driver knows then."""
        import_module("chukan.kernel.binary_arrays")
