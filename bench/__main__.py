"""`make bench`: S1–S4 beside their limits and peers in one run; the result is kept in bench/results/."""

import argparse
import os
import sys

from bench.choices import measure_choices
from bench.ground import open_ground
from bench.measure import Size, measure_all
from bench.report import save, surroundings, table
from bench.shares import measure_shares

SIZES = {
    "small": Size(lines=20_000, repeats=3),
    "medium": Size(lines=200_000, repeats=5),
    "full": Size(lines=1_000_000, repeats=5),
}


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="速さと記憶量を、上限と相手に並べて測る")
    parser.add_argument("--size", choices=SIZES, default=os.environ.get("BENCH_SIZE", "full"), help="行数と回数")
    parser.add_argument("--lines", type=int, help="行数（大きさの指定より優先）")
    parser.add_argument("--repeats", type=int, help="回数（大きさの指定より優先）")
    parser.add_argument("--seed", type=int, default=1, help="見本の人々を決める数")
    parser.add_argument(
        "--choices", action="store_true", help="S1–S4 の代わりに、重なりの禁止と検索の照合値の形を比べる"
    )
    parser.add_argument("--shares", action="store_true", help="S1–S4 の代わりに、登録の時間がどこへ行くかを測る")
    parser.add_argument("--without-s3", action="store_true", help="空の保険者への登録を測らない")
    parser.add_argument("--keep-nothing", action="store_true", help="結果を残さない")
    arguments = parser.parse_args()
    chosen = SIZES[arguments.size]
    size = Size(
        arguments.lines or chosen.lines,
        arguments.repeats or chosen.repeats,
        arguments.seed,
        initial=not arguments.without_s3,
    )
    with open_ground() as ground:
        data = surroundings(ground) | {"lines": size.lines, "repeats": size.repeats, "seed": size.seed}
        if arguments.choices:
            data["choices"], text = measure_choices(ground, size, _say)
        elif arguments.shares:
            data["shares"], text = measure_shares(ground, size, _say)
        else:
            figures = measure_all(ground, size, _say)
            data["figures"] = {figure.key: figure.as_data() for figure in figures}
            text = table(figures)
    sys.stdout.write(f"\n{text}\n")
    if not arguments.keep_nothing:
        kept = save("choices" if arguments.choices else "shares" if arguments.shares else "", data)
        sys.stdout.write(f"結果: bench/results/{kept.name}\n")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
