from datetime import UTC, datetime

import pytest

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import LogFilter, SosaKind
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.management.commands.seal_sosa_log import Sealer
from chukan.controls.sosa_log.queries import (
    find_events,
    find_own_events,
    iterate_entries,
    iterate_leaves,
    newest_checkpoint,
    notes_after,
    oldest_unsealed,
    unlinked_events,
)
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
OPERATOR = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="K0001", actor_name="試験次郎")


def write(hokensha: str | None, count: int = 1) -> None:
    by = system_principal(actor_id="beat") if hokensha is None else clerk(hokensha)
    for number in range(count):
        record_sosa_alone(
            by=by, kind=SosaKind.SHOKAI, jimu="shikaku", target_file="shikaku", result="ok", targets=[f"t-{number}"],
            now=NOW,
        )  # fmt: skip


def seal(world: World) -> None:
    for path in (world.home / "journal" / "checkpoints").glob("*.jsonl"):
        path.unlink()
    with as_role(world, "sealer"):
        Sealer(CheckpointJournal(world.home / "journal" / "checkpoints")).run_once()


@pytest.mark.kj("KJ-LOG-16")
class TestWhoSeesWhat:
    def test_an_insurer_sees_its_own_even_when_it_asks_for_anothers(self, world: World) -> None:
        write(KENPO)
        write(OTHER_KENPO)
        write(None)

        page = find_own_events(by=clerk(KENPO), given=LogFilter(hokensha_code=OTHER_KENPO), limit=50)

        assert [row.hokensha_code for row in page.rows] == [KENPO]

    def test_the_database_itself_shows_nothing_else(self, world: World) -> None:
        write(KENPO)
        write(OTHER_KENPO)
        write(None)

        @own_transaction
        def every(*, by: Principal) -> list[str | None]:
            from chukan.controls.sosa_log.models import SosaLogEvent

            return list(SosaLogEvent.objects.values_list("hokensha_code", flat=True))

        assert every(by=clerk(KENPO)) == [KENPO]
        assert every(by=clerk(OTHER_KENPO)) == [OTHER_KENPO]
        assert every(by=system_principal(actor_id="x")) == []

    def test_operators_see_all(self, world: World) -> None:
        write(KENPO)
        write(None)

        page = find_events(by=OPERATOR, given=LogFilter(), limit=50)

        assert {row.hokensha_code for row in page.rows} == {KENPO, None}

    def test_nobody_else_may_ask_as_an_operator(self, world: World) -> None:
        with pytest.raises(TransactionMisuse):
            find_events(by=clerk(), given=LogFilter(), limit=50)


class TestSealing:
    def test_since_when_the_oldest_unsealed_event_waits_whoever_asks(self, world: World) -> None:
        with world.watched():
            assert oldest_unsealed(by=clerk()) is None
            write(KENPO, 2)
            assert oldest_unsealed(by=clerk(OTHER_KENPO)) == NOW
            seal(world)
            assert oldest_unsealed(by=clerk()) is None

            write(KENPO, 3)

            assert oldest_unsealed(by=clerk()) == oldest_unsealed(by=clerk(OTHER_KENPO)) == NOW
            assert oldest_unsealed(by=OPERATOR) == NOW

    def test_entries_leaves_and_notes_agree(self, world: World) -> None:
        write(KENPO, 3)
        seal(world)

        with as_role(world, "kanri"):
            entries, notes, unlinked = list(iterate_entries()), notes_after(0), unlinked_events()
            newest, none = newest_checkpoint(), notes_after(3)
        with as_role(world, "sealer"):
            leaves = leaves_of(by=system_principal(actor_id="sealer"))

        assert [(entry.idx, entry.stored_leaf) for entry in entries] == leaves
        assert [entry.columns["targets"] for entry in entries if entry.columns] == [["t-0"], ["t-1"], ["t-2"]]
        assert [size for size, _ in notes] == [3]
        assert newest is not None
        assert newest.size == 3
        assert (list(none), list(unlinked)) == ([], [])


@own_transaction
def leaves_of(*, by: Principal) -> list[tuple[int, bytes]]:
    """The leaves in order."""
    return list(iterate_leaves())
