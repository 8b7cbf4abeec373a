"""A slip is opened by the same clerk, while it is young; its number apart from its content."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chukan.kernel.errors import NotFound
from shikaku.actions.register_slip import register_slip
from shikaku.actions.terminal_slip import KEPT, keep_slip
from shikaku.queries.terminal_slip import find_answer, open_slip, open_slip_bango
from tests.support.members import NOW, bango, join_line
from tests.support.principals import OTHER_KENPO, clerk

pytestmark = pytest.mark.django_db(transaction=True)


def test_content_and_number_are_opened_apart() -> None:
    slip = keep_slip(by=clerk(), kind="toroku", content={"a": "1"}, kojin_bango=bango(1), now=NOW)
    bare = keep_slip(by=clerk(), kind="toroku", content={"a": "2"}, now=NOW)

    assert open_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == {"a": "1"}
    assert open_slip_bango(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == bango(1)
    assert open_slip_bango(by=clerk(), slip_id=bare, kind="toroku", now=NOW) == ""
    assert open_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == {"a": "1"}, "opening does not take it"


@pytest.mark.kj("KJ-ZONE-01")
def test_nobody_else_and_nothing_old() -> None:
    slip = keep_slip(by=clerk(), kind="toroku", content={"a": "1"}, kojin_bango=bango(1), now=NOW)
    for given in (
        {"by": replace(clerk(), actor_id="another")},
        {"by": replace(clerk(OTHER_KENPO), actor_id=clerk().actor_id)},
        {"kind": "shusei"},
        {"now": NOW + KEPT},
    ):
        asked: dict[str, Any] = {
            "by": clerk(),
            "slip_id": slip,
            "kind": "toroku",
            "now": NOW + KEPT - timedelta(seconds=1),
            **given,
        }
        for look in (open_slip, open_slip_bango):
            with pytest.raises(NotFound) as gone:
                look(**asked)
            assert gone.value.code == "hikae_nashi"


@pytest.mark.kj("KJ-ZONE-01")
def test_nobody_else_sees_what_came_of_it() -> None:
    slip = keep_slip(by=clerk(), kind="toroku", content={"a": "1"}, now=NOW)
    own: dict[str, Any] = {"by": clerk(), "slip_id": slip, "kinds": ("toroku",), "now": NOW}
    assert find_answer(**own) is None, "nothing came of it yet"

    register_slip(by=clerk(), slip_id=slip, line=join_line(1), if_match=None, screen_id="HS-201", now=NOW)

    found = find_answer(**own)
    assert found is not None
    assert (found.kind, found.facts["edaban"]) == ("toroku", 1)
    for given in (
        {"by": replace(clerk(), actor_id="another")},
        {"by": replace(clerk(OTHER_KENPO), actor_id=clerk().actor_id)},
        {"kinds": ("shusei", "ikkatsu")},
        {"now": NOW + KEPT},
    ):
        assert find_answer(**{**own, **given}) is None
