"""The parts of the actions on a list join the action's transaction and stand alone nowhere."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from fugo.actions.saihakko_rows import hold_list, note_list
from fugo.models import SaihakkoList
from tests.support.fugo import kikin
from tests.support.members import LATER

pytestmark = pytest.mark.django_db(transaction=True)


@own_transaction
def hold_unknown(*, by: Principal) -> None:
    hold_list(by=by, list_id=uuid4())


def test_outside_a_transaction_they_refuse() -> None:
    with pytest.raises(TransactionMisuse):
        hold_list(by=kikin(), list_id=uuid4())
    with pytest.raises(TransactionMisuse):
        note_list(by=kikin(), kind=SosaKind.SAIHAKKO_TOROKU, row=SaihakkoList(), screen_id="", now=LATER)


def test_an_unknown_list_is_not_found() -> None:
    with pytest.raises(NotFound):
        hold_unknown(by=kikin())
