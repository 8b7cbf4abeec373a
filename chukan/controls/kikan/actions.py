"""Registers organisations, loads reference data, rotates keys: all for the hub's own administration."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import structlog

from chukan.controls.kikan.domain import HokenshaFacts, check_hokensha
from chukan.controls.kikan.models import (
    CodeTable,
    CodeValue,
    Hokensha,
    HokenshaBango,
    Kano,
    KohiFutansha,
    ReferenceLoad,
)
from chukan.controls.kikan.queries import find_hokensha
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.crypto import get_keyring
from chukan.kernel.crypto.data_key import FIELD
from chukan.kernel.errors import Conflict, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.values.hokensha_bango import canonical_hokensha_bango

_LOG = structlog.get_logger()
DATA_FOLDER: Final = Path(__file__).resolve().parent / "data"
_FILES: Final = ("code_tables.csv", "code_values.csv", "kano.csv")


@own_transaction
def register_hokensha(
    *,
    by: Principal,
    hokensha_code: str,
    hokensha_shubetsu: str,
    hokensha_meisho: str,
    hokensha_bango: Sequence[str] = (),
    kohi_futansha_bango: Sequence[str] = (),
    now: datetime,
) -> HokenshaFacts:
    """Register one insurer with its numbers and make the keys of its zone; one operation-log event says so.

    Idempotent: the same facts again change nothing and say nothing. Raises RuleBroken with every reason, and Conflict
    when the code or a number is already registered differently.
    """
    errors = check_hokensha(
        hokensha_code=hokensha_code,
        hokensha_shubetsu=hokensha_shubetsu,
        hokensha_meisho=hokensha_meisho,
        hokensha_bango=hokensha_bango,
        kohi_futansha_bango=kohi_futansha_bango,
    )
    if errors:
        raise RuleBroken("hokensha_fusei", "保険者を登録できません。", errors=errors)
    wanted = HokenshaFacts(
        hokensha_code=hokensha_code,
        hokensha_meisho=hokensha_meisho,
        hokensha_shubetsu=hokensha_shubetsu,
        hokensha_bango=frozenset(canonical_hokensha_bango(bango) for bango in hokensha_bango),
        kohi_futansha_bango=frozenset(kohi_futansha_bango),
    )
    held = find_hokensha(hokensha_code)
    if held is not None and held != wanted:
        raise Conflict("hokensha_toroku_zumi", "この保険者コードは別の内容で登録されています。")
    if held is None:
        _refuse_taken_numbers(wanted)
        Hokensha.objects.create(
            hokensha_code=hokensha_code,
            hokensha_meisho=hokensha_meisho,
            hokensha_shubetsu=hokensha_shubetsu,
            registered_at=now,
        )
        HokenshaBango.objects.bulk_create(
            HokenshaBango(hokensha_id=hokensha_code, hokensha_bango=bango) for bango in sorted(wanted.hokensha_bango)
        )
        KohiFutansha.objects.bulk_create(
            KohiFutansha(hokensha_id=hokensha_code, kohi_futansha_bango=bango)
            for bango in sorted(wanted.kohi_futansha_bango)
        )
        record_sosa(
            by=by,
            kind=SosaKind.HOKENSHA_CHANGED,
            jimu="kanri",
            target_file="保険者",
            targets=(hokensha_code,),
            result="ok",
            detail={
                "hokensha_shubetsu": hokensha_shubetsu,
                "hokensha_bango": " ".join(sorted(wanted.hokensha_bango)),
                "kohi_futansha_bango": " ".join(sorted(wanted.kohi_futansha_bango)),
            },
            now=now,
        )
        _LOG.info("kikan.hokensha.registered", hokensha_code=hokensha_code, actor_id=by.actor_id)
    get_keyring().ensure_hokensha_keys(hokensha_code)
    return wanted


def _refuse_taken_numbers(wanted: HokenshaFacts) -> None:
    taken = (
        HokenshaBango.objects.filter(hokensha_bango__in=wanted.hokensha_bango).exists()
        or KohiFutansha.objects.filter(kohi_futansha_bango__in=wanted.kohi_futansha_bango).exists()
    )
    if taken:
        raise Conflict("bango_toroku_zumi", "この番号は別の保険者のものとして登録されています。")


@dataclass(frozen=True, slots=True)
class KekRotated:
    """The version that wraps now, how many data keys were brought under it, whether one is left under another."""

    version: int
    moved: int
    left: int


@outside_transaction
def rotate_kek(*, by: Principal, resume: bool, now: datetime) -> KekRotated:
    """Make a new KEK version and bring every data key under it, key by key; what is sealed under them stays as it is.

    Broken off, it is finished with `resume`, which makes no further version. Raises KeyUnavailable. 根拠: KJ-ENC-07.
    """
    keyring = get_keyring()
    version = resume_kek_version(by=by, now=now) if resume else start_kek_version(by=by, now=now)
    return KekRotated(version, keyring.rewrap_all(), keyring.count_under_other_version())


@own_transaction
def start_kek_version(*, by: Principal, now: datetime) -> int:
    """Make a new KEK version and log it before any key moves."""
    version = get_keyring().rotate_kek()
    _record_rotation(by, "kek", {"version": version}, now)
    return version


@own_transaction
def resume_kek_version(*, by: Principal, now: datetime) -> int:
    """Log that keys move under the version that stands: whoever made it may have died before it was on record."""
    version = get_keyring().kms.current_version()
    _record_rotation(by, "kek", {"version": version, "resumed": 1}, now)
    return version


@own_transaction
def rotate_dek(*, by: Principal, hokensha_code: str, now: datetime) -> int:
    """Make a new data key that seals this insurer's items from now on and return its number; the former only opens.

    Raises KeyUnavailable when the insurer has no key. 根拠: KJ-ENC-07.
    """
    key_id = get_keyring().rotate_dek(purpose=FIELD, hokensha_code=hokensha_code).key_id
    _record_rotation(by, hokensha_code, {"key_id": key_id}, now)
    return key_id


def _record_rotation(by: Principal, what: str, detail: dict[str, str | int], now: datetime) -> None:
    record_sosa(
        by=by,
        kind=SosaKind.KEY_ROTATED,
        jimu="kanri",
        target_file="暗号鍵",
        targets=(what,),
        result="ok",
        detail=detail,
        now=now,
    )


@own_transaction
def load_reference_data(*, by: Principal, now: datetime, folder: Path = DATA_FOLDER) -> bool:
    """Put the code tables and the matrix of the CSV files in place of what is held; tell whether anything changed.

    Idempotent: the same files again change nothing. A planned start date is moved by loading an edited file, not by
    code (KJ-IN-20). Files that `folder` lacks are taken from the product's own.
    """
    paths = [path if (path := folder / name).exists() else DATA_FOLDER / name for name in _FILES]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()
    newest = ReferenceLoad.objects.order_by("-id").first()
    if newest is not None and newest.digest == digest:
        return False
    tables, values, kano = paths
    CodeValue.objects.all().delete()
    CodeTable.objects.all().delete()
    Kano.objects.all().delete()
    CodeTable.objects.bulk_create(
        CodeTable(
            code_table=row["code_table"],
            label=row["label"],
            assumed=row["assumed"] == "1",
            source_id=row["source_id"],
        )
        for row in _rows(tables)
    )
    CodeValue.objects.bulk_create(
        CodeValue(
            table_id=row["code_table"],
            value=row["value"],
            label=row["label"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        for row in _rows(values)
    )
    Kano.objects.bulk_create(
        Kano(
            hokensha_shubetsu=row["hokensha_shubetsu"],
            jimu=row["jimu"],
            hoshiki=row["hoshiki"],
            allowed=row["allowed"] == "1",
            purpose=row["purpose"],
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
            planned=row["planned"] == "1",
            source_id=row["source_id"],
        )
        for row in _rows(kano)
    )
    ReferenceLoad.objects.create(loaded_at=now, digest=digest)
    _LOG.info("kikan.reference_data.loaded", actor_id=by.actor_id)
    return True


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, strict=True)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
