"""The product's own sender of telegrams as a process, with time limits of its own.

`python -m tests.proofs.partner_sender --seconds 1 --batch 50 --overdue 5`, with the environment of the role `relay`.
"""

from __future__ import annotations

import argparse
from datetime import timedelta

import django


def main() -> None:
    """Send until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True, help="time limit of one call")
    parser.add_argument("--batch", type=int, required=True, help="telegrams of one call")
    parser.add_argument("--overdue", type=float, required=True, help="seconds after which a telegram is alarmed")
    given = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from chukan.outside import onshi
    from chukan.outside.client import TimeLimits
    from chukan.settings import limits
    from shikaku.management.commands import deliver_onshi

    wait = TimeLimits(connect=3, write=10, read=given.seconds, total=given.seconds * 1.5)
    # These are constants of the product, which nothing of the product may change.
    setattr(onshi, "LIMITS", wait)  # noqa: B010
    setattr(limits, "ONSHI_OVERDUE", timedelta(seconds=given.overdue))  # noqa: B010
    setattr(deliver_onshi, "_LOOK_EVERY", given.overdue / 2)  # noqa: B010
    setattr(limits, "ONSHI_BATCH", given.batch)  # noqa: B010
    call_command("deliver_onshi")


if __name__ == "__main__":
    main()
