"""Request files as operators see them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chukan.kernel.errors import NotFound
from fugo.domain.yokyu_file import SOSHIN_CHU, SOSHIN_MACHI
from fugo.queries.desk_files import FilesOfState, count_files, get_desk_file, list_files, list_unfinished
from tests.support.fugo import kikin, released
from tests.support.fugo_desk import waiting_file
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
BY = kikin()


def test_files_are_counted_and_listed_by_state(world: World) -> None:
    first = waiting_file(world, 1, 2)
    second = waiting_file(world, 3)
    released(world, first.id)

    assert count_files(by=BY) == {SOSHIN_MACHI: FilesOfState(1, 1), SOSHIN_CHU: FilesOfState(1, 2)}
    assert [row.id for row in list_unfinished(by=BY, states=(SOSHIN_MACHI,), most=9)] == [second.id]
    assert [row.id for row in list_files(by=BY, most=9)] == [second.id, first.id]
    assert [row.id for row in list_files(by=BY, before=second.id, most=9)] == [first.id]
    assert [row.id for row in list_files(by=BY, released=True, most=9)] == [first.id]


def test_one_file_is_found_or_not(world: World) -> None:
    file = waiting_file(world, 1)

    found = get_desk_file(by=BY, file_id=file.id)

    assert (found.sha256, found.kensu, found.sent_by, found.ninsho_id) == (file.sha256, 1, "", None)
    with pytest.raises(NotFound):
        get_desk_file(by=BY, file_id=uuid4())
