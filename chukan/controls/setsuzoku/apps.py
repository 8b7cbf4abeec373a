"""Django app of connecting systems."""

from django.apps import AppConfig


class SetsuzokuConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.setsuzoku"
    label = "setsuzoku"
    verbose_name = "接続システム"
