#!/usr/bin/env python
"""Django entry point for management commands."""

import os
import sys

from django.core.management import execute_from_command_line

# The database role a command works as, where that is not 管理.
ROLES = {
    "decide_horyu": "web",
    "deliver_onshi": "relay",
    "end_toroku_file": "web",
    "migrate": "migrator",
    "prepare_toroku_file": "worker",
    "record_restore": "sealer",
    "reindex_rows": "worker",
    "relay_outbox": "relay",
    "replay_erasures": "worker",
    "reseal_rows": "worker",
    "resend_onshi": "worker",
    "seal_sosa_log": "sealer",
    "seed_demo_kengen": "web",
    "setup_database": "migrator",
}


def main() -> None:
    """Run one management command, as its own role unless the caller names another."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chukan.settings.base")
    os.environ.setdefault("CHUKAN_ROLE", ROLES.get("".join(sys.argv[1:2]), "kanri"))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
