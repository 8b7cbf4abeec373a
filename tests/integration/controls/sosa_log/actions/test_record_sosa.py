import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from chukan.controls.sosa_log.actions import record_sosa, record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
# KJ-LOG-07: 処理年月日・時刻, 操作者, 所属, 端末, 事務, 対象ファイル, 操作種別, 対象キー, 結果
DEMANDED = {"at", "actor_id", "soshiki", "terminal", "jimu", "target_file", "kind", "targets", "result"}


def record(**more: object) -> int:
    given: dict[str, object] = {
        "by": clerk(), "kind": SosaKind.SHOKAI, "jimu": "shikaku", "target_file": "shikaku", "result": "ok", "now": NOW,
        **more,
    }  # fmt: skip
    return record_sosa_alone(**given)  # type: ignore[arg-type]


def rows(world: World, columns: str) -> list[tuple[object, ...]]:
    with world.admin() as admin:
        return admin.execute(f"SELECT {columns} FROM sosa_log_event ORDER BY id").fetchall()


class TestItems:
    @pytest.mark.kj("KJ-LOG-07")
    def test_every_demanded_item_is_not_null(self, world: World) -> None:
        with world.admin() as admin:
            found = admin.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_name = 'sosa_log_event' AND is_nullable = 'NO'"
            ).fetchall()

        assert {row[0] for row in found} >= DEMANDED

    @pytest.mark.kj("KJ-LOG-07")
    def test_the_sealed_body_says_what_the_columns_say(self, world: World) -> None:
        record(targets=["t-1"], detail={"code": "E201", "count": 3}, screen_id="HS-102")

        body = json.loads(rows(world, "body")[0][0])  # type: ignore[arg-type]
        assert body == {
            "v": 1, "stream": "sosa", "at": "2026-11-21T03:00:00.000000+00:00", "hokensha_code": KENPO,
            "channel": "terminal", "soshiki": "hokensha", "actor_id": f"clerk-{KENPO}", "actor_name": "見本花子",
            "terminal": "T-0001", "jimu": "shikaku", "target_file": "shikaku", "kind": "shokai", "targets": ["t-1"],
            "result": "ok", "screen_id": "HS-102", "request_id": "req-test", "detail": {"code": "E201", "count": 3},
        }  # fmt: skip

    @pytest.mark.kj("KJ-LOG-08")
    def test_what_touches_the_number_has_kinds_of_its_own(self, world: World) -> None:
        for kind in (SosaKind.SHOKAI, SosaKind.BANGO_REVEAL, SosaKind.KENSAKU, SosaKind.BANGO_KENSAKU):
            record(kind=kind)

        assert [row[0] for row in rows(world, "kind")] == ["shokai", "bango_reveal", "kensaku", "bango_kensaku"]

    @pytest.mark.kj("KJ-LOG-09")
    @pytest.mark.parametrize("text", ["123456789018", "１２３４５６７８９０１８", "x 123456789018 y"])
    def test_a_number_is_not_written_down(self, world: World, text: str) -> None:
        record(detail={"note": text}, targets=[text])

        with world.admin() as admin:
            dump = admin.execute("SELECT convert_from(body, 'UTF8'), e::text FROM sosa_log_event e").fetchone()
        assert "123456789018" not in str(dump)
        assert text not in str(dump)

    def test_two_equal_events_have_different_salts(self, world: World) -> None:
        record()
        record()

        salts = rows(world, "salt")
        assert salts[0] != salts[1]


class TestTransaction:
    def test_no_operation_without_its_record(self, world: World) -> None:
        @own_transaction
        def work(*, by: Principal) -> None:
            record_sosa(by=by, kind=SosaKind.TOROKU, jimu="shikaku", target_file="shikaku", result="ok", now=NOW)
            raise RuntimeError

        with pytest.raises(RuntimeError):
            work(by=clerk())
        assert rows(world, "id") == []

    def test_outside_a_transaction_it_refuses(self) -> None:
        with pytest.raises(TransactionMisuse):
            record_sosa(by=clerk(), kind=SosaKind.TOROKU, jimu="shikaku", target_file="shikaku", result="ok", now=NOW)

    def test_events_of_no_zone_can_be_written_by_all_who_write(self, world: World) -> None:
        for role in ("web", "worker", "kanri"):
            with as_role(world, role):
                record(by=system_principal(actor_id=role))

        assert rows(world, "actor_id, hokensha_code") == [("web", None), ("worker", None), ("kanri", None)]

    def test_a_carrying_systems_event_belongs_to_the_insurer_it_names(self, world: World) -> None:
        record(by=replace(clerk(), channel="shuyaku", hokensha_code=None), zone=KENPO)

        assert rows(world, "hokensha_code") == [(KENPO,)]


CHANGES = (
    "UPDATE sosa_log_event SET result = 'x'",
    "DELETE FROM sosa_log_event",
    "TRUNCATE sosa_log_event",
    "ALTER TABLE sosa_log_event DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "UPDATE sosa_log_leaf SET idx = 1",
    "DELETE FROM sosa_log_leaf",
    "UPDATE sosa_log_checkpoint SET note = ''",
    "DELETE FROM sosa_log_checkpoint",
)


def _goes_through(statement: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return False
    return True


@pytest.mark.kj("KJ-LOG-10")
class TestAppendOnly:
    @pytest.mark.parametrize("role", ["web", "worker", "kanri", "sealer", "operator"])
    def test_no_app_role_can_change_it(self, world: World, role: str) -> None:
        record()

        with as_role(world, role):
            passed = [statement for statement in CHANGES if _goes_through(statement)]
        assert passed == []
        assert len(rows(world, "id")) == 1

    @pytest.mark.parametrize("statement", ["UPDATE sosa_log_event SET result = 'x'", "DELETE FROM sosa_log_event"])
    def test_not_even_its_owner_changes_it_by_mistake(self, world: World, statement: str) -> None:
        record()

        with world.admin() as admin, pytest.raises(Exception, match="append-only"):
            admin.execute(statement)

    @pytest.mark.parametrize("zone", [None, OTHER_KENPO])
    def test_an_event_of_another_zone_cannot_be_put_in(self, world: World, zone: str | None) -> None:
        @own_transaction
        def put(*, by: Principal) -> None:
            foreign = replace(by, hokensha_code=KENPO)
            record_sosa(by=foreign, kind=SosaKind.TOROKU, jimu="shikaku", target_file="shikaku", result="ok", now=NOW)

        with pytest.raises(DatabaseError):
            put(by=replace(clerk(), hokensha_code=zone))
        assert rows(world, "id") == []
