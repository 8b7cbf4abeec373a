"""Django app of 受付."""

from django.apps import AppConfig


class UketsukeConfig(AppConfig):
    """Register 受付."""

    name = "chukan.controls.uketsuke"
    label = "uketsuke"
    verbose_name = "受付"
