import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from chukan.kernel.values import uuid7 as module
from chukan.kernel.values.uuid7 import uuid7


def _make(_: int) -> list[str]:
    return [str(uuid7()) for _ in range(200)]


class TestUuid7:
    def test_is_version_seven_of_now(self) -> None:
        before = time.time_ns() // 1_000_000
        made = uuid7()
        after = time.time_ns() // 1_000_000

        assert made.version == 7
        assert made.variant == RFC_4122
        assert before <= made.int >> 80 <= after + 1

    def test_rises_within_one_process(self) -> None:
        made = [uuid7() for _ in range(20_000)]

        assert made == sorted(made)
        assert len(set(made)) == len(made)

    def test_goes_on_rising_when_one_millisecond_is_used_up_or_the_clock_goes_back(self) -> None:
        later = (time.time_ns() // 1_000_000) + 3_600_000
        module._source.last_ms, module._source.last_random = later, (1 << 74) - 1
        try:
            made = [uuid7() for _ in range(5)]
        finally:
            module._source.forget()

        assert made == sorted(made)
        assert {one.int >> 80 for one in made} == {later + 1}
        assert uuid7().int >> 80 < later

    def test_threads_never_share_one(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = [one for batch in pool.map(_make, range(40)) for one in batch]

        assert len(set(made)) == len(made) == 8000

    def test_forked_processes_never_share_one(self) -> None:
        uuid7()
        with multiprocessing.get_context("fork").Pool(4) as pool:
            made = [UUID(one) for batch in pool.map(_make, range(8), chunksize=1) for one in batch]

        assert len(set(made)) == len(made)
        # A child that kept its parent's state would count on from the same place.
        assert len({one.int & ((1 << 62) - 1) for one in made}) == len(made)
