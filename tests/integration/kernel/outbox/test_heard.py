"""A listener that confirms: its fact stays until it is done, however old, and is found when the ring is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chukan.kernel.outbox.heard import confirm_heard, confirming, list_unheard
from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.outbox.purge import purge_delivered
from chukan.kernel.principal import system_principal
from tests.support.members import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BY = system_principal(actor_id="test")
CONFIRMS, SILENT = "fugo.tasks.request_of_block", "shikaku.tasks.process_toroku_file"


def a_fact(task: str, *, delivered: bool = True) -> int:
    row = OutboxMessage.objects.create(
        topic="t",
        key="k",
        payload={"a": 1},
        task=task,
        created_at=NOW,
        available_at=NOW,
        delivered_at=NOW if delivered else None,
    )
    return int(row.pk)


def test_what_is_not_confirmed_stays_and_is_found() -> None:
    assert CONFIRMS in confirming()
    kept, dropped = a_fact(CONFIRMS), a_fact(SILENT)
    a_fact(CONFIRMS, delivered=False)

    assert purge_delivered(by=BY, before=NOW + timedelta(days=9)) == 1

    assert not OutboxMessage.objects.filter(id=dropped).exists()
    later = NOW + timedelta(minutes=5)
    (found,) = list_unheard(by=BY, task=CONFIRMS, before=later, most=9)
    assert (found.event_id, found.payload) == (kept, {"a": 1})
    assert list_unheard(by=BY, task=CONFIRMS, before=NOW, most=9) == ()
    confirm_heard(by=BY, event_id=kept)
    confirm_heard(by=BY, event_id=kept)
    assert list_unheard(by=BY, task=CONFIRMS, before=later, most=9) == ()
