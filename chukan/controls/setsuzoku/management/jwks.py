"""The options by which commands are given public keys and their days."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from django.core.management.base import CommandError

from chukan.kernel import clock


def add_jwks(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--jwks", required=True, help="公開鍵（JWK Set）のファイル")
    parser.add_argument("--valid-from", type=date.fromisoformat, help="使い始める日（省略すると今日）")
    parser.add_argument("--valid-to", type=date.fromisoformat, help="使えなくなる日（省略すると定めない）")


def read_jwks_file(options: dict[str, object]) -> object:
    """Return what the file says. Raises CommandError when it is no JSON."""
    try:
        return json.loads(Path(str(options["jwks"])).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CommandError("--jwks のファイルを JSON として読み取れません。") from None


def read_days(options: dict[str, object]) -> tuple[date, date | None]:
    """Return from when and until when the keys are to be used."""
    valid_from, valid_to = options["valid_from"], options["valid_to"]
    return (
        valid_from if isinstance(valid_from, date) else clock.today_jst(),
        valid_to if isinstance(valid_to, date) else None,
    )
