"""What is written by blocks of thousands says so to the database's own upkeep."""

from __future__ import annotations

import pytest
from django.apps import apps

from chukan.kernel.schema import COUNTED_AFTER
from tests.builders.catalogue import declared_kinds
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ROOMS = ("shikaku", "fugo", "pmh", "uketsuke")
# Tables of these rooms that never take thousands of rows in one transaction.
BY_THE_ROW = {
    "shikaku_bango_case",
    "shikaku_edaban_saiban",
    "shikaku_reindex_job",
    "shikaku_reseal_job",
    "shikaku_terminal_slip",
    "uketsuke_horyu",
    "uketsuke_uketsuke",
}


SEVERAL_BLOCKS = 2 * 8_000 * 6


def counted_late(world: World) -> set[str]:
    with world.admin() as admin:
        rows = admin.execute("SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL")
        settings = {name: dict(option.split("=") for option in options) for name, options in rows.fetchall()}
    return {
        name
        for name, setting in settings.items()
        if all(int(setting.get(key, "0")) >= SEVERAL_BLOCKS for key in COUNTED_AFTER)
    }


def test_no_statistics_are_taken_in_the_middle_of_a_first_block(world: World) -> None:
    kinds = declared_kinds()
    of_rooms = {model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models()}
    by_blocks = {name for name in of_rooms if kinds[name] in {"person", "insurer"}} - BY_THE_ROW

    assert counted_late(world) == by_blocks
    assert len(by_blocks) >= 12
