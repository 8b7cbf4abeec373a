"""Django app of rights."""

from django.apps import AppConfig


class KengenConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.kengen"
    label = "kengen"
    verbose_name = "権限"
