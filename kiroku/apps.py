"""Django app of 情報提供等記録."""

from django.apps import AppConfig


class KirokuConfig(AppConfig):
    """Register the app under its short name."""

    name = "kiroku"
    verbose_name = "情報提供等記録"
