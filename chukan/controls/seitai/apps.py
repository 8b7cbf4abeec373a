"""Django app of 生体認証."""

from django.apps import AppConfig


class SeitaiConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.seitai"
    label = "seitai"
    verbose_name = "生体認証"
