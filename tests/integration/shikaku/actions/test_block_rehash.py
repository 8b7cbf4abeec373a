"""Lines that were read before a key was replaced are registered under the keys of now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from shikaku.actions.block_rehash import hash_again
from shikaku.actions.prepare_lines import PreparedLine
from tests.integration.shikaku.actions.test_block_drafts import in_one, prepared
from tests.support.index_keys import KINDS, ended, rotated, started, under_former_keys, walked, whole_keys
from tests.support.members import LATER, asked, bango, join_line, joined
from tests.support.principals import KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def whole(world: World) -> Iterator[None]:
    with whole_keys(world):
        yield


def read_ahead(*serials: int) -> list[PreparedLine]:
    lines = prepared(clerk(), [join_line(serial) for serial in serials], drafted=True)
    assert all(line.draft is not None for line in lines)
    return lines


class TestHashAgain:
    def test_under_the_same_keys_nothing_is_done(self) -> None:
        lines = read_ahead(1)
        before = (lines[0].bango, lines[0].t_kigo_bango, lines[0].draft)

        hash_again(lines, ZoneIndex(get_keyring(), KENPO))

        assert (lines[0].bango, lines[0].t_kigo_bango, lines[0].draft) == before

    @pytest.mark.kj("KJ-ENC-07")
    @pytest.mark.parametrize("kind", KINDS)
    def test_under_other_keys_it_is_hashed_again_and_the_draft_given_up(self, world: World, kind: str) -> None:
        lines = read_ahead(1)
        rotated(world, kind)
        index = ZoneIndex(get_keyring(), KENPO)

        hash_again(lines, index)

        assert (lines[0].bango, lines[0].keys, lines[0].draft) == (index.bango(bango(1)), index.keys, None)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_line_read_before_finds_who_came_meanwhile(self, world: World, kind: str) -> None:
        lines = read_ahead(1, 2)
        rotated(world, kind)
        joined(1, now=LATER)

        outcomes = in_one(by=clerk(), lines=lines, now=LATER)

        assert [one.kubun == "1" for one in outcomes] == [False, True]
        assert asked(world, "SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha") == [(2,)]
        assert asked(world, "SELECT count(*) FROM shikaku_himozuke") == [(2,)]

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_line_read_before_the_end_is_written_under_the_one_key_there_is(self, world: World, kind: str) -> None:
        started(world, kind)
        lines = prepared(clerk(), [join_line(1)], drafted=True)
        assert lines[0].draft is None  # no drafts while there are two keys
        rotated(world, kind)
        walked(world, kind)
        ended(world, kind)

        in_one(by=clerk(), lines=lines, now=LATER)

        assert under_former_keys(world) == {}
