"""Django app of the kernel: management commands and the look before a start, no tables of its own."""

from django.apps import AppConfig
from django.core.checks import register


class KernelConfig(AppConfig):
    """Register the kernel's management commands and checks."""

    name = "chukan.kernel"
    label = "kernel"
    verbose_name = "共通核"

    def ready(self) -> None:
        """Stop the process before it serves anything; many commands, and the web, run no checks by themselves."""
        # It looks at the keyring, whose tables are there only when all apps are loaded.
        from chukan.kernel.checks import BOOT, check_production, refuse_unfit_start
        from chukan.kernel.memory import keep_memory_private

        keep_memory_private()
        register(check_production, BOOT)
        refuse_unfit_start()
