"""Django app of the operation log."""

from django.apps import AppConfig


class SosaLogConfig(AppConfig):
    """Register the app under its short name."""

    name = "chukan.controls.sosa_log"
    label = "sosa_log"
    verbose_name = "操作ログ"
