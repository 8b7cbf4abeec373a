#!/usr/bin/env python
"""Django entry point for management commands."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command; as the 管理 role unless the caller names another."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chukan.settings.base")
    os.environ.setdefault("CHUKAN_ROLE", "kanri")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
