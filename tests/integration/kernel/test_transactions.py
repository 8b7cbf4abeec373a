"""What has to stay of a refusal is done once, after the transaction that found it is undone."""

from __future__ import annotations

import pytest

from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import in_transaction, joins_transaction, own_transaction

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = system_principal(actor_id="tests")


@joins_transaction
def refuse(*, by: Principal, error: Conflict) -> None:
    raise error


@own_transaction
def work(*, by: Principal, error: Conflict) -> None:
    refuse(by=by, error=error)


def test_it_is_done_outside_and_once_however_often_the_error_is_raised() -> None:
    seen: list[bool] = []
    error = Conflict("taken", "既にあります。", after_undo=lambda: seen.append(in_transaction()))

    for _ in range(2):
        with pytest.raises(Conflict):
            work(by=SYSTEM, error=error)

    assert seen == [False]


def test_a_refusal_that_leaves_nothing_is_raised_as_it_is() -> None:
    error = Conflict("taken", "既にあります。")

    with pytest.raises(Conflict) as raised:
        work(by=SYSTEM, error=error)

    assert raised.value is error
