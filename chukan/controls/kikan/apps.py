"""Django app of organisations and reference data."""

from django.apps import AppConfig


class KikanConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.kikan"
    label = "kikan"
    verbose_name = "機関"
