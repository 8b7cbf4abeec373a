"""Django app of approvals (承認, 二人作業)."""

from django.apps import AppConfig


class ShoninConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.shonin"
    label = "shonin"
    verbose_name = "承認"
