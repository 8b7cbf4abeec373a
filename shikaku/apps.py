"""Django app of 資格履歴."""

from django.apps import AppConfig


class ShikakuConfig(AppConfig):
    """Register the app."""

    name = "shikaku"
    verbose_name = "資格履歴"
