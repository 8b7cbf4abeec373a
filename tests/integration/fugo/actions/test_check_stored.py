"""A file may be sent only while it lies in the store as it was made."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotFound, NotPermitted
from chukan.kernel.storage import store
from fugo.actions.check_stored import check_stored
from tests.support.fugo import kikin, released
from tests.support.fugo_desk import waiting_file
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-FUGO-03")
def test_what_lies_there_as_it_was_made_may_go(world: World) -> None:
    file = waiting_file(world, 1)

    assert check_stored(by=kikin(), file_id=file.id).sha256 == store().sealed_sha256(file.object_key)


@pytest.mark.kj("KJ-FUGO-03")
def test_what_is_gone_may_not(world: World) -> None:
    file = waiting_file(world, 1)
    store().erase(file.object_key, rule="KJ-RET-17", now=clock.now())

    with pytest.raises(Conflict) as caught:
        check_stored(by=kikin(), file_id=file.id)
    assert caught.value.code == "yokyu_file_fuitchi"


def test_what_went_may_not(world: World) -> None:
    file = waiting_file(world, 1)
    released(world, file.id)

    with pytest.raises(Conflict) as caught:
        check_stored(by=kikin(), file_id=file.id)
    assert caught.value.code == "soshin_machi_denai"


@pytest.mark.kj("KJ-AUTH-06")
def test_without_the_right_or_the_file_there_is_nothing(world: World) -> None:
    file = waiting_file(world, 1)

    with pytest.raises(NotPermitted):
        check_stored(by=kikin(verbs=()), file_id=file.id)
    with pytest.raises(NotFound):
        check_stored(by=kikin(), file_id=uuid4())
