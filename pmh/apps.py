"""Django app of PMH-ID."""

from django.apps import AppConfig


class PmhConfig(AppConfig):
    """Register the app under its short name."""

    name = "pmh"
    verbose_name = "PMH-ID"
