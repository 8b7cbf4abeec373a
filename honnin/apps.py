"""Django app of 本人確認."""

from django.apps import AppConfig


class HonninConfig(AppConfig):
    """Register the app under its short name."""

    name = "honnin"
    verbose_name = "本人確認"
