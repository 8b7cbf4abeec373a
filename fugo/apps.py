"""Django app of 機関別符号."""

from django.apps import AppConfig


class FugoConfig(AppConfig):
    """Register the app under its short name."""

    name = "fugo"
    verbose_name = "機関別符号"
