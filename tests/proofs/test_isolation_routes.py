"""F-isolation, at the doors: every route by method by caller by state by whose row it is, as reviewed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

import chukan.urls
from chukan.controls.shokuin.views.request import access
from tests.builders.doors import METHODS, read_reviewed
from tests.builders.knockers import everybody, nobody
from tests.builders.knocking import knock
from tests.builders.routes import routes
from tests.builders.stage import Stage, set_up
from tests.plugins_figures import Proof
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])

NAME = "F-isolation"


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    with world.admin() as admin:
        yield set_up(world, admin)


class TestRoutes:
    @pytest.mark.kj("KJ-AUTH-03", "KJ-AUTH-08", "KJ-AUTH-10", "KJ-AUTH-13", "KJ-AUTH-14", "KJ-MENU-02", "KJ-ZONE-01")
    def test_every_door_answers_as_reviewed(self, stage: Stage, proof: Proof) -> None:
        reviewed, all_routes, everything = read_reviewed(), list(routes()), proof.size == "full"
        who = everybody(stage, everything=everything)
        found = knock(stage, reviewed, all_routes, who, everything=everything)
        for measure, asked, wrong in (
            ("route × method × role × tenancy × account state as reviewed", found.cells, found.wrong),
            ("another's row and no row: answers the same byte for byte", found.compared, found.telling),
            ("answers without a row of another or a 個人番号", found.cells, found.shown),
        ):
            proof.keep(NAME, measure, f"{asked - len(wrong)}/{asked}", unit="route cells", aim="N/N", reached=not wrong)

        assert found.faults == []
        assert found.cells >= 8_000

    def test_the_tables_speak_of_every_route_and_of_no_other(self) -> None:
        reviewed = read_reviewed()
        assert set(reviewed.routes) == {route.pattern for route in routes()}
        assert all(row["why"] for row in reviewed.states.values())

    def test_a_route_nobody_reviewed_turns_it_red(self, stage: Stage) -> None:
        @access("everybody")
        def stray(_request: HttpRequest) -> HttpResponse:
            return HttpResponse("")

        urls = ModuleType("tests.stray_urls")
        vars(urls).update(vars(chukan.urls) | {"urlpatterns": [*chukan.urls.urlpatterns, path("nukemichi/", stray)]})
        sys.modules[urls.__name__] = urls
        try:
            with override_settings(ROOT_URLCONF=urls.__name__):
                added = [route for route in routes() if route.pattern == "nukemichi/"]
                found = knock(stage, read_reviewed(), added, [nobody(stage)])
                assert set(read_reviewed().routes) != {route.pattern for route in routes()}
        finally:
            del sys.modules[urls.__name__]
        assert len(added) == 1
        assert len(found.wrong) == len(METHODS)
