"""Which lines get a draft, and that nothing in it can be read."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from shikaku.actions.draft import Draft, Drafter
from shikaku.actions.prepare_lines import GivenLine, PreparedLine, prepare_lines
from shikaku.domain.line import TorokuLine
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts
from tests.support.members import NOW, bango, join_line, known, loss
from tests.support.principals import KENPO, clerk

pytestmark = pytest.mark.django_db(transaction=True)


def prepared(*lines: TorokuLine) -> list[PreparedLine]:
    indexes = ZoneIndexes()
    drafter = Drafter(zone=KENPO, uketsuke_id=UUID(int=1), index=indexes(KENPO))
    return prepare_lines(
        [GivenLine(number, number + 1, b"raw", line) for number, line in enumerate(lines, start=1)],
        facts=get_line_facts(by=clerk(), on=NOW.date()),
        index_of=indexes,
        drafter_of={KENPO: drafter}.__getitem__,
    )


def draft_of(line: TorokuLine) -> Draft | None:
    return prepared(line)[0].draft


class TestDraft:
    def test_a_new_member_gets_one(self) -> None:
        draft = draft_of(join_line(1))

        assert draft is not None
        assert (draft.zone, draft.shikaku_tsuban, draft.rireki_tsuban, draft.owes) == (KENPO, 1, 1, True)
        assert str(draft.valid_from) == "2026-04-01"

    @pytest.mark.parametrize(
        "line",
        [
            loss(1),
            known("03", 1, kihon={"jusho": "見本"}),
            known("05", 1),
            replace(join_line(1), shori_shubetsu_code="02"),
            replace(join_line(1), kojin_bango=bango(1)[:-1] + str((int(bango(1)[-1]) + 1) % 10)),
            join_line(1, shikaku_shutoku_ymd="2027-04-01"),
            join_line(1, shikaku_soshitsu_ymd="2026-04-01"),
            join_line(1, seibetsu1=None),
        ],
        ids=["soshitsu", "henko", "torikeshi", "sai kanyu", "check digit", "future", "empty period", "required item"],
    )
    def test_a_line_about_somebody_known_or_with_a_fault_gets_none(self, line: TorokuLine) -> None:
        assert draft_of(line) is None

    @pytest.mark.kj("KJ-ENC-06", "KJ-ENC-10")
    def test_holds_nothing_that_can_be_read(self) -> None:
        draft = draft_of(join_line(1, jusho="見本県見本市1-1"))

        assert draft is not None
        for text in (bango(1), "見本", "ミホン", "1980-04-01"):
            assert text.encode() not in draft.kanyusha + draft.version + draft.ct_bango + draft.bi_global

    def test_ids_and_himozuke_bango_are_never_the_same(self) -> None:
        drafts = [line.draft for line in prepared(*(join_line(serial) for serial in range(1, 700)))]

        assert len({draft.row_id for draft in drafts if draft}) == 699
        assert len({draft.himozuke for draft in drafts if draft}) == 699
