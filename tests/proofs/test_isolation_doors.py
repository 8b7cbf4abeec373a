"""F-isolation, at the doors: every wall of every route, taken down by itself, is seen by the matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings

from chukan.controls.setsuzoku.actions import admit_request as admitting
from chukan.controls.setsuzoku.domain import ClientFacts
from chukan.controls.setsuzoku.queries import find_client
from chukan.controls.shokuin.domain import Decision
from chukan.controls.shokuin.queries import find_session
from chukan.controls.shokuin.views import middleware
from tests.builders.door_walls import WALLS, Around, Wall, taken_down
from tests.builders.doors import Door, Reviewed, read_reviewed
from tests.builders.knockers import FULL, NUMBERS, WHOLE, Caller, bad_system, clerk_caller, those_kept_out
from tests.builders.knocking import Asking, Knocked, hold, knock
from tests.builders.routes import Route, routes
from tests.builders.stage import Stage, set_up
from tests.plugins_figures import Proof
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])

NAME = "F-isolation"
PERSON = "shikaku/kanyusha/<uuid:row_id>/"
# What decides about a session, and about a system and its key by the day.
OF_SESSIONS = ("not_yet", "expired", "stopped", "too_long", "locked_too_long", "locked", "idle")
OF_SYSTEMS = (
    "signed_not_yet",
    "signed_expired",
    "signed_stopped",
    "signed_key_not_yet",
    "signed_key_expired",
    "signed_key_stopped",
)


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    with world.admin() as admin:
        yield set_up(world, admin)


@dataclass(frozen=True)
class Watch:
    """Those who knock, and what they hold the answers against."""

    stage: Stage
    reviewed: Reviewed
    callers: list[Caller]
    around: Around

    def standing(self, route: Route) -> list[Wall]:
        """Return the walls of a route."""
        door = self.reviewed.routes[route.pattern]
        return [wall for wall in WALLS if wall.stands(door)]

    def shows(self, wall: Wall, route: Route) -> list[str]:
        """Return the first that the matrix says of a wall that is down."""
        door = self.reviewed.routes[route.pattern]
        with taken_down(wall, route, door, self.around):
            for caller in self.callers:
                if wall.keeps_out(caller, door):
                    found = self._hold(caller, route, door, wall.methods or tuple(door.methods))
                    if found:
                        return found
        return []

    def _hold(self, caller: Caller, route: Route, door: Door, methods: Iterable[str]) -> list[str]:
        result = Knocked()
        for method in methods:
            hold(result, self.reviewed, Asking(self.stage, caller, route, door), method, everything=False)
            # A door that only falls apart has shown nothing.
            if opened := [fault for fault in result.faults if ": 500, " not in fault]:
                return opened
        return []


def watch(stage: Stage) -> Watch:
    with as_role(stage.world, "kanri"):
        staff_id = a_staff("W0001", kengen=FULL)
    key = browser(staff_id).cookies[settings.SESSION_COOKIE_NAME].value
    staff = find_session(key=key)
    assert staff is not None
    return Watch(stage, read_reviewed(), list(those_kept_out(stage)), Around(staff, stage.theirs))


def always_active(*_args: Any, **_given: Any) -> Decision:
    return Decision("active")


def on_any_day(client_id: str, *, on: date) -> ClientFacts | None:
    days = (on, on - timedelta(days=10), on + timedelta(days=10))
    return next(filter(None, (find_client(client_id, on=day) for day in days)), None)


class TestDoors:
    @pytest.mark.kj("KJ-AUTH-03", "KJ-AUTH-13", "KJ-AUTH-14", "KJ-MENU-02", "KJ-ZONE-01", "KJ-ZONE-05")
    def test_each_wall_of_each_route_taken_down_turns_it_red(self, stage: Stage, proof: Proof) -> None:
        seen_by, all_routes = watch(stage), list(routes())
        mutants = [(wall, route) for route in all_routes for wall in seen_by.standing(route)]
        alive = [(wall.name, route.pattern) for wall, route in mutants if not seen_by.shows(wall, route)]

        asked, missed = Counter(wall.name for wall, _ in mutants), Counter(name for name, _ in alive)
        for name, count in asked.items():
            proof.keep(
                NAME,
                f"doors that turn the matrix red without this one wall: {name}",
                f"{count - missed[name]}/{count}",
                unit="mutants",
                aim="N/N",
                reached=not missed[name],
            )
        assert alive == []
        assert {route.pattern for _, route in mutants} == {route.pattern for route in all_routes}
        assert set(asked) == {wall.name for wall in WALLS}
        assert knock(stage, seen_by.reviewed, all_routes, seen_by.callers[1:2], everything=False).faults == []

    @pytest.mark.kj("KJ-AUTH-02", "KJ-AUTH-07", "KJ-AUTH-08", "KJ-AUTH-26")
    def test_each_state_let_through_turns_it_red(
        self, stage: Stage, proof: Proof, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reviewed = read_reviewed()
        page = [route for route in routes() if route.pattern == PERSON]
        door = [route for route in routes() if route.pattern == "api/v1/uketsuke/<str:uketsuke_bango>"]
        whole = [clerk_caller(stage, WHOLE, FULL, numbers=NUMBERS, state=state) for state in OF_SESSIONS]
        asking = [(caller, page) for caller in whole]
        asking += [(bad_system(stage, "hokensha", state), door) for state in OF_SYSTEMS]

        def red() -> list[str]:
            return [who.state for who, where in asking if knock(stage, reviewed, where, [who]).faults]

        assert red() == []
        with monkeypatch.context() as patch:
            patch.setattr(middleware, "decide_session", always_active)
            patch.setattr(admitting, "find_client", on_any_day)
            seen = red()
        assert red() == []
        proof.keep(
            NAME,
            "states of accounts, sessions, systems and keys let through in turn that turn the matrix red",
            f"{len(seen)}/{len(asking)}",
            unit="mutants",
            aim="N/N",
            reached=len(seen) == len(asking),
        )
        assert seen == [*OF_SESSIONS, *OF_SYSTEMS]
