"""Write a registration file of made-up people.

`python -m simulators.people --n 10000 --seed 1 --hokensha 06132013 --bango 06132013 --out a.csv --truth a_truth.csv`
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from simulators import clock
from simulators.people.follow_up import FollowUp, follow_up_lines
from simulators.people.generate import Generator, Order, write_file
from simulators.people.rows import Insurer

DEFAULT_ERRORS = 0.03
DEFAULT_HISTORY = 0.06


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.people", description="架空の加入者の登録ファイルと正解を作る"
    )
    parser.add_argument("--n", type=int, required=True, help="明細の数")
    parser.add_argument("--seed", type=int, default=1, help="同じ値なら同じ人々、同じファイル")
    parser.add_argument("--hokensha", required=True, help="保険者コード")
    parser.add_argument("--bango", required=True, help="保険者番号（生活保護では公費負担者番号）")
    parser.add_argument("--shubetsu", default="kenpo_kumiai", help="保険者種別")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--truth", type=Path, help="正解を書くファイル")
    parser.add_argument("--encoding", choices=("utf-8", "utf-8-sig", "cp932"), default="utf-8")
    parser.add_argument("--errors", type=float, default=DEFAULT_ERRORS, help="退けられるべき明細の割合")
    parser.add_argument("--history", type=float, help="同じファイルの人の変更・喪失・再加入などの割合")
    parser.add_argument("--date", type=date.fromisoformat, help="ファイルの日（省略時は今日）")
    parser.add_argument("--first-household", type=int, default=0, help="始まりの世帯（同じ世帯は同じ人々）")
    parser.add_argument("--joined", type=date.fromisoformat, help="全員の取得日（他の保険者から移った人々など）")
    parser.add_argument("--follow-up", type=Path, help="前のファイル。その人々の変更・喪失・再加入などを作る")
    parser.add_argument("--follow-up-truth", type=Path, help="前のファイルの正解")
    parser.add_argument("--kekka", type=Path, help="前のファイルの処理結果（あれば被保険者枝番で人を示す）")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file asked for; one JSON line says how long it took."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    started = clock.ticks()
    history = arguments.history
    order = Order(
        n=arguments.n,
        seed=arguments.seed,
        insurer=Insurer(arguments.hokensha, arguments.bango, arguments.shubetsu),
        today=arguments.date or clock.now().astimezone(clock.JST).date(),
        errors=arguments.errors,
        history=(DEFAULT_HISTORY if arguments.errors else 0.0) if history is None else history,
        first_household=arguments.first_household,
        encoding=arguments.encoding,
        joined=arguments.joined,
    )
    if arguments.follow_up is None:
        lines = Generator(order).lines()
    elif arguments.follow_up_truth is None:
        parser.error("--follow-up には --follow-up-truth も要ります")
    else:
        lines = follow_up_lines(
            order, FollowUp(file=arguments.follow_up, truth=arguments.follow_up_truth, kekka=arguments.kekka)
        )
    count = write_file(lines, out=arguments.out, truth=arguments.truth, encoding=arguments.encoding)
    seconds = round(clock.ticks() - started, 2)
    sys.stdout.write(json.dumps({"out": str(arguments.out), "lines": count, "seconds": seconds}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
