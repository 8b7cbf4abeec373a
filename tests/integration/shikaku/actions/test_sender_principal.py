"""The hub's own process works in exactly one sender's zone."""

from __future__ import annotations

import pytest

from chukan.kernel.principal import system_principal
from shikaku.actions.sender_principal import sender_principal
from tests.support.principals import KENPO


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_worker")
class TestSenderPrincipal:
    def test_of_an_insurer_has_its_zone_and_kind(self) -> None:
        by = sender_principal(by=system_principal(actor_id="worker"), sender=KENPO, hokensha_code=KENPO)

        assert (by.channel, by.hokensha_code, by.hokensha_shubetsu, by.sender) == (
            "system",
            KENPO,
            "kenpo_kumiai",
            KENPO,
        )
        assert by.carried == frozenset()

    def test_of_a_carrier_has_no_zone_of_its_own(self) -> None:
        by = sender_principal(by=system_principal(actor_id="worker"), sender="client-unknown", hokensha_code="")

        assert (by.channel, by.hokensha_code, by.sender) == ("shuyaku", None, "client-unknown")
        assert by.sendable == frozenset()
