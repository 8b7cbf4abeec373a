from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from chukan.controls.setsuzoku.actions.purge_expired import purge_expired
from chukan.kernel.principal import system_principal
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)


def put(world: World, expires: str) -> None:
    with world.admin() as admin:
        admin.execute(f"INSERT INTO setsuzoku_nonce VALUES ('c', gen_random_uuid()::text::bytea, {expires})")
        admin.execute(
            "INSERT INTO setsuzoku_idempotency (id, sender, client_id, path, key, fingerprint, status, content_type, "
            "ct_answer, answered_at, expires_at) VALUES (gen_random_uuid(), '06132013', 'c', '/', "
            f"gen_random_uuid()::text, '', 201, '', 'x', now(), {expires})"
        )


def test_what_has_expired_goes_whoever_sent_it_and_the_rest_stays(world: World) -> None:
    put(world, "now() - interval '1 second'")
    put(world, "now() + interval '1 hour'")

    with as_role(world, "worker"):
        gone = purge_expired(by=system_principal(actor_id="beat"), now=datetime.now(UTC))

    with world.admin() as admin:
        left = admin.execute(
            "SELECT (SELECT count(*) FROM setsuzoku_nonce), (SELECT count(*) FROM setsuzoku_idempotency)"
        ).fetchone()
    assert (gone, left) == (2, (1, 1))


def test_the_worker_cannot_remove_what_has_not_expired_nor_read_answers(world: World) -> None:
    put(world, "now() + interval '1 hour'")

    with as_role(world, "worker"):
        assert purge_expired(by=system_principal(actor_id="beat"), now=NOW + timedelta(days=999)) == 1  # the nonce
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("SELECT ct_answer FROM setsuzoku_idempotency")
