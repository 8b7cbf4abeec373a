"""The auditor's tool: proves an export of the operation log with checkpoints kept elsewhere and the public key alone.

No database, no settings, no keystore. `python -m chukan verify-log`; exit codes as of `verify_sosa_log`.
根拠: KJ-LOG-10.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from chukan.controls.sosa_log.export import Unreadable, read_checkpoints, read_key, verify_export
from chukan.controls.sosa_log.restoration import Restore
from chukan.controls.sosa_log.verification import OF_NOTES, Finding, FindingKind, Kept, Report
from chukan.kernel.clock import JST

WHOLE, TAMPERED, CANNOT = 0, 1, 2
WORDS: Final[Mapping[FindingKind, str]] = {
    "edited": "行の内容が、その行の封印と合いません",
    "deleted": "行が消されています",
    "inserted": "封印していない行があります",
    "moved": "行の順序が、書かれた順と違います",
    "replaced": "この位置で封印した行ではありません（後の封印も作り直されています）",
    "leaf_missing": "行とその封印が消されています",
    "column_changed": "検索に使う項目が、封印した内容と違います",
    "truncated": "ここから後ろの行がありません",
    "root_differs": "この範囲のどこかの行が、封印した行と違います",
    "checkpoint_refused": "封印の署名を確かめられません",
    "two_roots": "同じ件数に異なる2つの封印があります",
    "restore_refused": "復元の記録が、控えておいた封印と合いません",
    "restore_missing": "復元の後の封印がありますが、その復元の記録がありません",
}


def main(arguments: Sequence[str]) -> int:
    """Verify, tell the auditor in Japanese (or a program in JSON), return the exit code."""
    parser = ArgumentParser(prog="chukan verify-log", description="書き出した操作ログが封印のとおりかを確かめる")
    parser.add_argument("--log", type=Path, required=True, help="export_sosa_log の出力フォルダ")
    parser.add_argument(
        "--checkpoints", type=Path, action="append", required=True,
        help="別に保管していた封印（フォルダ、.jsonl、または署名付きの記録1件）。何度でも指定できる",
    )  # fmt: skip
    parser.add_argument("--key", type=Path, required=True, help="封印の公開鍵（別の経路で受け取った sosa.vkey）")
    parser.add_argument("--json", action="store_true", help="結果をJSONで出す")
    given = parser.parse_args(arguments)
    try:
        kept = _kept(given.checkpoints)
        report = verify_export(given.log, kept, read_key(given.key))
    except Unreadable as file:
        sys.stderr.write(f"{file} を読めません。操作ログについては何も言えません。\n")
        return CANNOT
    sys.stdout.write(f"{report.as_json() if given.json else told(report)}\n")
    return WHOLE if report.first_bad is None else TAMPERED


def _kept(paths: Sequence[Path]) -> list[Kept]:
    kept = [one for path in paths for one in read_checkpoints(path)]
    if not kept:
        raise Unreadable("、".join(path.name for path in paths))
    return kept


def told(report: Report) -> str:
    """Return the outcome for the auditor."""
    counts = f"確かめた行: {report.size:,}件　使った封印: {report.checkpoints:,}件"
    checked = "\n".join([counts, *map(_restored, report.restores)])
    first = report.first_bad
    if first is None:
        return f"操作ログは封印のとおりです。\n{checked}\n根: {report.root}"
    others = len(report.findings) - 1
    if first.kind in OF_NOTES:
        doubt = f"{WORDS[first.kind]}（{first.index:,}件の封印）"
        return f"行は封印のとおりですが、封印に不審な点があります。\n{checked}\n内容: {doubt}。"
    lines = [
        "操作ログが封印と合いません。",
        checked,
        f"最初の不正な行: {_place(first)}",
        f"内容: {WORDS[first.kind]}。",
        f"これより前の{first.index:,}件は封印のとおりです。",
    ]
    return "\n".join([*lines, f"ほかの所見: {others:,}件（--json で出せます）"] if others else lines)


def _restored(restore: Restore) -> str:
    at = f"{restore.at.astimezone(JST):%Y-%m-%d %H:%M:%S}"
    sizes = f"封印 {restore.before.size:,}件から {restore.after.size:,}件へ戻されています"
    return f"復元: {at}（日本時間）に{sizes}（{restore.who}）。その間に封印した行は失われています。"


def _place(finding: Finding) -> str:
    number = "" if finding.event_id is None else f"（操作ログ番号 {finding.event_id}）"
    until = "" if finding.until is None else f"から {finding.until + 1:,}件目まで"
    return f"先頭から {finding.index + 1:,}件目{until}{number}"
