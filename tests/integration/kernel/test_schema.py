"""What is written by blocks of thousands says so to the database's own upkeep."""

from __future__ import annotations

import pytest
from django.apps import apps

from chukan.kernel.schema import COUNTED_AFTER, COUNTED_FROM
from tests.builders.catalogue import declared_kinds
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ROOMS = ("shikaku", "fugo", "pmh", "uketsuke")
# Tables of persons and insurers that never take thousands of rows in one transaction.
BY_THE_ROW = {
    "shikaku_bango_case",
    "shikaku_edaban_saiban",
    "shikaku_reindex_job",
    "shikaku_reseal_job",
    "shikaku_terminal_slip",
    "uketsuke_teiseimachi",
    "uketsuke_uketsuke",
}


def counted_late(world: World) -> set[str]:
    wanted = {f"{name}={COUNTED_FROM}" for name in COUNTED_AFTER}
    with world.admin() as admin:
        rows = admin.execute("SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL")
        return {name for name, options in rows.fetchall() if wanted <= set(options)}


def test_no_statistics_are_taken_in_the_middle_of_a_first_block(world: World) -> None:
    kinds = declared_kinds()
    of_rooms = {model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models()}
    by_blocks = {name for name in of_rooms if kinds[name] in {"person", "insurer"}} - BY_THE_ROW

    assert counted_late(world) == by_blocks
    assert len(by_blocks) >= 12


def test_a_few_rows_beside_an_unfinished_block_count_as_the_whole_table(world: World) -> None:
    """Why: what is under way counts as nothing, and its pages are there."""
    with world.admin() as block, world.admin() as upkeep:
        for statement in ("CREATE TABLE block_under_way (i uuid)", "INSERT INTO block_under_way SELECT uuidv7()"):
            block.execute(statement)
        try:
            with block.transaction():
                block.execute("INSERT INTO block_under_way SELECT uuidv7() FROM generate_series(1, 20000)")
                upkeep.execute("ANALYZE block_under_way")
            seen = upkeep.execute("SELECT reltuples, relpages > 50 FROM pg_class WHERE relname = 'block_under_way'")
            assert seen.fetchall() == [(1, True)]
        finally:
            block.execute("DROP TABLE block_under_way")
