"""A refused request is counted with its code, and with nothing that was asked."""

from __future__ import annotations

import pytest

from pmh.actions.record_refused_irai import record_refused_irai
from tests.support.members import NOW, asked
from tests.support.pmh import a_pmh, pmh_principal
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-MENU-09")
def test_it_is_one_row_without_counts(world: World) -> None:
    by = pmh_principal(a_pmh(world))

    record_refused_irai(by=by, jimu_kubun="", hoho="ikken", code="jimu_kubun_fusei", now=NOW)

    rows = asked(world, "SELECT answered_at, client_id, jimu_kubun, hoho, result_code, issued_count FROM pmh_irai")
    assert rows == [(NOW, by.actor_id, "", "ikken", "jimu_kubun_fusei", 0)]
