"""Django app of staff accounts."""

from django.apps import AppConfig


class ShokuinConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.shokuin"
    label = "shokuin"
    verbose_name = "職員"
