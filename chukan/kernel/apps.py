"""Django app of the kernel: management commands only, no tables of its own."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Register the kernel's management commands."""

    name = "chukan.kernel"
    label = "kernel"
    verbose_name = "共通核"
