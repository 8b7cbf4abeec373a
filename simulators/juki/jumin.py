"""Who lives in the made-up country: the people of simulators.people, and whoever was added by hand."""

from datetime import date

from simulators.juki.store import JukiStore
from simulators.people.world import MEMBERS, World
from simulators.shell.hidden import letters
from simulators.wire import is_kojin_bango, luhn_digit

ADDED = 9 * 10**9
"""Places from here on belong to people who were added."""
BODIES = 10**10
STEP = 6_180_339_887
HOUSEHOLDS = 2_000_000


class Jumin:
    """Turns a 個人番号 into a 住民票コード, and that into the 取得番号 by which コアシステム knows a person.

    Neither a 個人番号 nor a 住民票コード is kept; who was added is kept under a fingerprint of the number.
    """

    def __init__(self, *, store: JukiStore, seed: int, secret: bytes, households: int = HOUSEHOLDS) -> None:
        self._store, self._secret, self.households = store, secret, households
        # Numbers do not depend on the day: it only makes people young or old.
        self._world = World(seed=seed, today=date(2026, 11, 20))
        self._added = dict(store.added())

    def shutoku_bango(self, kojin_bango: str) -> str | None:
        """The 取得番号 of the person with this valid number; None when nobody has it."""
        place = self._place(kojin_bango)
        return None if place is None else letters(self._secret, "shutoku", self._juminhyo_code(place))

    def add(self, kojin_bango: str, *, kyu_kojin_bango: str = "") -> bool:
        """Let somebody live here, or give the person with the old number a new one; False when that cannot be.

        Both numbers then lead to the same person.
        """
        if not is_kojin_bango(kojin_bango) or self._place(kojin_bango) is not None:
            return False
        place = ADDED + len(self._added) if not kyu_kojin_bango else self._place_of_valid(kyu_kojin_bango)
        if place is None:
            return False
        mark = self._mark(kojin_bango)
        self._store.add_person(mark, place)
        self._added[mark] = place
        return True

    def forget_added(self) -> None:
        """Only the people of simulators.people live here again."""
        self._added.clear()

    @property
    def added(self) -> int:
        """How many numbers were added."""
        return len(self._added)

    def _place_of_valid(self, kojin_bango: str) -> int | None:
        return self._place(kojin_bango) if is_kojin_bango(kojin_bango) else None

    def _place(self, kojin_bango: str) -> int | None:
        place = self._world.place_of(kojin_bango)
        household, member = divmod(place, MEMBERS)
        if household < self.households and member < self._world.size_of(household):
            return place
        return self._added.get(self._mark(kojin_bango)) if self._added else None

    def _mark(self, kojin_bango: str) -> str:
        return letters(self._secret, "bango", kojin_bango)

    @staticmethod
    def _juminhyo_code(place: int) -> str:
        body = f"{place * STEP % BODIES:010d}"
        return body + luhn_digit(body)  # the last digit by a rule of our own: nobody reads it
