"""Django app of zones."""

from django.apps import AppConfig


class KukakuConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.kukaku"
    label = "kukaku"
    verbose_name = "区画"
