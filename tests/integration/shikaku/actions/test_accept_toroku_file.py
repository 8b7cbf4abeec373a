"""Receipt of a file: number, log and event together; the same file once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chukan.controls.uketsuke.queries import get_uketsuke
from chukan.kernel.errors import Conflict
from shikaku.actions.accept_toroku_file import accept_toroku_file
from tests.support.members import NOW, asked, file_line, kinds_of, taken, upload
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestAcceptTorokuFile:
    def test_a_file_gets_a_number_one_log_row_and_one_event(self, world: World) -> None:
        accepted = taken(file_line(1))

        assert get_uketsuke(by=clerk(), uketsuke_bango=accepted.uketsuke_bango, now=NOW).jotai == "uketsuke"
        assert asked(world, "SELECT kind, targets FROM sosa_log_event") == [
            ("file_accepted", [accepted.uketsuke_bango])
        ]
        assert asked(world, "SELECT topic FROM outbox_message") == [("shikaku.toroku_file.accepted.v1",)]

    def test_the_same_file_names_the_earlier_number_and_leaves_nothing(self, world: World) -> None:
        first = taken(file_line(1))

        with pytest.raises(Conflict) as refused:
            taken(file_line(1))

        assert refused.value.code == "jufuku_file"
        assert refused.value.members == {"uketsuke_bango": first.uketsuke_bango}
        assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke") == [(1,)]
        assert kinds_of(world) == ["file_accepted"]

    def test_the_same_file_marked_as_a_resending_gets_a_number_of_its_own(self) -> None:
        assert taken(file_line(1)).uketsuke_bango != taken(file_line(1), saisoshin=True).uketsuke_bango

    def test_the_same_bytes_of_another_insurer_are_another_file(self) -> None:
        taken(file_line(1))

        assert taken(file_line(1), by=clerk(OTHER_KENPO)).uketsuke_bango

    def test_what_the_door_could_not_read_is_refused_at_once_and_nobody_is_rung(self, world: World) -> None:
        spoiled = replace(upload("x"), refused="gzip_fusei")

        accepted = accept_toroku_file(by=clerk(), upload=spoiled, now=NOW)

        status = get_uketsuke(by=clerk(), uketsuke_bango=accepted.uketsuke_bango, now=NOW)
        assert status.jotai == "kyohi"
        assert status.riyu is not None
        assert status.riyu["code"] == "gzip_fusei"
        assert asked(world, "SELECT count(*) FROM outbox_message") == [(0,)]
