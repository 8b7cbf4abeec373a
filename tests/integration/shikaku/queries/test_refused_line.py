"""One refused line, opened for mending."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from shikaku.queries.refused_line import RefusedLine, list_mendable, open_refused_line
from tests.support.members import NOW, bango, file_line, sent
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
WEEK = timedelta(days=7)


class TestRefusedLine:
    @pytest.fixture(autouse=True)
    def file(self, as_worker: None) -> None:
        """Line 2 is wrong, line 3 cannot be read."""
        self.row_id = sent(file_line(1), file_line(2, shutoku="20270401"), f'01,{KENPO},"x').uketsuke_id

    def opened(self, meisai_no: int, *, by: Principal | None = None, late: bool = False) -> RefusedLine:
        return open_refused_line(
            by=by or clerk(), row_id=self.row_id, meisai_no=meisai_no, now=NOW + WEEK if late else NOW
        )

    def test_says_what_it_said_and_why_it_was_refused(self) -> None:
        refused = self.opened(2)

        assert refused.result.codes == ("E210",)
        assert refused.line is not None
        assert (refused.line.kojin_bango, refused.line.shikaku["shikaku_shutoku_ymd"]) == (bango(2), "2027-04-01")
        assert bango(2) not in repr(refused)

    def test_which_lines_wait(self) -> None:
        assert list_mendable(by=clerk(), row_id=self.row_id, numbers=[1, 2, 3, 4]) == {2, 3}
        assert list_mendable(by=clerk(), row_id=self.row_id, numbers=[]) == frozenset()
        assert list_mendable(by=clerk(OTHER_KENPO), row_id=self.row_id, numbers=[2]) == frozenset()

    @pytest.mark.kj("KJ-ZONE-01")
    def test_accepted_foreign_unknown_and_old_ones_are_not_there(self) -> None:
        for number, by, late in ((1, None, False), (4, None, False), (2, clerk(OTHER_KENPO), False), (2, None, True)):
            with pytest.raises(NotFound) as gone:
                self.opened(number, by=by, late=late)
            assert gone.value.code == "teiseimachi_nashi"
