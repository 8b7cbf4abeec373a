"""The options by which commands are told of confirmed entrustments of PMH."""

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import CommandError

from chukan.controls.setsuzoku.domain import Itaku


def add_itaku(parser: ArgumentParser, *, required: bool = False) -> None:
    """Declare the options."""
    parser.add_argument("--itaku", default="", required=required, help="PMH: 委託を確認した事務区分（01,02,03）")
    parser.add_argument("--kakuninsha", default="", required=required, help="PMH: 委託を確認した人")
    parser.add_argument("--kakunin-ymd", type=date.fromisoformat, required=required, help="PMH: 確認年月日")
    parser.add_argument("--minaoshi-ymd", type=date.fromisoformat, required=required, help="PMH: 見直し年月日")


def read_itaku(options: dict[str, object]) -> tuple[Itaku, ...]:
    """Return what the options say, once for each 事務区分; nothing where none is named.

    Raises CommandError when the rest is missing.
    """
    kubun = dict.fromkeys(word for word in str(options["itaku"]).split(",") if word)
    if not kubun:
        return ()
    confirmed, review = options["kakunin_ymd"], options["minaoshi_ymd"]
    if not options["kakuninsha"] or not isinstance(confirmed, date) or not isinstance(review, date):
        raise CommandError("--itaku には --kakuninsha、--kakunin-ymd、--minaoshi-ymd も指定してください。")
    return tuple(Itaku(code, str(options["kakuninsha"]), confirmed, review) for code in kubun)
