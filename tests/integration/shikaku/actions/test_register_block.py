"""A block is registered once, and everything it stands for moves with its しおり."""

from __future__ import annotations

from uuid import UUID

import pytest

from chukan.controls.uketsuke.actions import Job, begin_shori, claim_uketsuke
from chukan.controls.uketsuke.queries import get_uketsuke_by_id, list_meisai
from chukan.kernel.storage import store
from shikaku.actions.prepare_lines import GivenLine, PreparedLine, prepare_lines
from shikaku.actions.register_block import register_block
from shikaku.domain.line import TorokuLine
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts
from tests.support.members import NOW, asked, file_line, join_line, taken
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
WRONG = {"shikaku_shutoku_ymd": "2027-04-01"}


@pytest.fixture
def job() -> Job:
    """A file of three lines, taken up."""
    accepted = taken(file_line(1), file_line(2), file_line(3))
    claimed = claim_uketsuke(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=NOW)
    assert claimed is not None
    begin_shori(by=clerk(), uketsuke_id=accepted.uketsuke_id, header={}, encoding="utf-8", line_count=3, now=NOW)
    return claimed


def register(job: Job, *lines: TorokuLine, first: int = 1) -> None:
    given = [GivenLine(number, number + 1, b"raw", line) for number, line in enumerate(lines, start=first)]
    prepared: list[PreparedLine] = prepare_lines(
        given, facts=get_line_facts(by=clerk(), on=NOW.date()), index_of=ZoneIndexes()
    )
    seal = store().line_sealer(job.file_key)
    register_block(by=clerk(), job=job, lines=prepared, index_of=ZoneIndexes(), seal_line=seal, now=NOW)


def counts(row_id: UUID) -> tuple[int, int, int, int]:
    status = get_uketsuke_by_id(by=clerk(), row_id=row_id, now=NOW)
    return status.shori_zumi, status.seijo, status.keikoku, status.ijo


def test_results_counts_and_log_are_one(world: World, job: Job) -> None:
    register(job, join_line(1), join_line(2, **WRONG))

    assert counts(job.uketsuke_id) == (2, 1, 0, 1)
    results = list_meisai(by=clerk(), row_id=job.uketsuke_id, notable_only=False)
    assert [(item.meisai_no, item.line_number, item.codes) for item in results] == [(1, 2, ()), (2, 3, ("E210",))]
    assert asked(world, "SELECT meisai_no FROM uketsuke_teiseimachi") == [(2,)]
    assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'file_block'") == [(1,)]


def test_a_block_that_was_committed_is_skipped(world: World, job: Job) -> None:
    register(job, join_line(1), join_line(2))
    register(job, join_line(1), join_line(2))

    assert counts(job.uketsuke_id) == (2, 2, 0, 0)
    assert asked(world, "SELECT count(*) FROM shikaku_rireki") == [(2,)]
    assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'file_block'") == [(1,)]


def test_a_block_cut_elsewhere_goes_on_after_the_shiori(job: Job) -> None:
    register(job, join_line(1), join_line(2))
    register(job, join_line(2), join_line(3), first=2)

    assert counts(job.uketsuke_id) == (3, 3, 0, 0)


def test_a_block_out_of_order_changes_nothing(world: World, job: Job) -> None:
    with pytest.raises(RuntimeError):
        register(job, join_line(3), first=3)

    assert counts(job.uketsuke_id) == (0, 0, 0, 0)
    assert asked(world, "SELECT count(*) FROM shikaku_rireki") == [(0,)]
    assert asked(world, "SELECT count(*) FROM uketsuke_meisai") == [(0,)]
