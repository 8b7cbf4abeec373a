"""Who uses which 記号・番号・枝番 while a block runs, in the database and in the lines before this one."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.principal import Principal
from shikaku.actions.block_person import BlockPerson
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.domain.held import HeldPeriod, KigoUse
from shikaku.domain.joho import kigo_bango_key
from shikaku.domain.plan import Plan
from shikaku.domain.toroku import kigo_key_after
from shikaku.queries.held import KIGO_BANGO, load_kigo_users

Use = tuple[int, Any, date | None]


class BlockCards:
    """Answers the planner's question for `E213`; tokens are read once and kept true by `note`."""

    def __init__(self, *, by: Principal, zone: str, index: ZoneIndex) -> None:
        """Begin without any."""
        self._by, self._zone, self._index = by, zone, index
        self._uses: dict[int, list[Use]] = {}
        # What lines did to cards that nobody has asked about yet: uses that came, and those that went.
        self._unread: dict[int, list[Use]] = {}
        self._gone: set[tuple[int, int, date | None]] = set()
        self._token_of: dict[tuple[int, int | None], int] = {}

    def load(self, tokens: set[int | None], lines: Iterable[tuple[PreparedLine, BlockPerson | None]]) -> None:
        """Read the users of these cards, and of every card the lines may come to, at once."""
        tokens.update(self._wanted(line, person) for line, person in lines)
        self._read([token for token in tokens if token is not None])

    def is_used(self, token: int | None) -> bool:
        """Tell whether anybody has the card now."""
        if token is None:
            return False
        if token not in self._uses:  # an earlier line of the block changed what this one would come to
            self._read([token])
        return bool(self._uses[token])

    def users(self, prepared: PreparedLine, person: BlockPerson | None) -> list[KigoUse]:
        """Return the periods of other persons with the card this line comes to."""
        token = self._wanted(prepared, person)
        if token is None or not self.is_used(token):
            return []
        own = None if person is None else person.edaban
        return [
            KigoUse(hihokensha_edaban=edaban, valid_from=start, valid_to=end)
            for edaban, start, end in self._uses[token]
            if edaban != own
        ]

    def note(self, token: int | None, person: BlockPerson, plan: Plan) -> None:
        """Let later lines of the block see the card of the version just decided; called before it is applied."""
        version = plan.version
        assert version is not None  # noqa: S101  # asked by the caller
        former = _period(person, version.shikaku_tsuban)
        replaced = self._token_of.pop((person.edaban, version.shikaku_tsuban), None)
        if replaced is None and former is not None:
            key = kigo_bango_key(former.joho.get("shikaku", {}))
            replaced = None if key is None else self._index.token(KIGO_BANGO, key)
        if replaced is not None and former is not None:
            self._note_gone(replaced, person.edaban, former.valid_from)
        if token is not None and not version.withdrawn:
            self.note_new(token, (person.edaban, version.valid_from, version.valid_to), version.shikaku_tsuban)

    def note_new(self, token: int, use: Use, shikaku_tsuban: int | None) -> None:
        """Let later lines of the block see a card that came in the place of none."""
        self._token_of[(use[0], shikaku_tsuban)] = token
        known = self._uses if token in self._uses else self._unread
        known.setdefault(token, []).append(use)

    def _note_gone(self, token: int, edaban: int, valid_from: date | None) -> None:
        known = self._uses
        if token not in known:
            known = self._unread
            self._gone.add((token, edaban, valid_from))
        known[token] = [use for use in known.get(token, ()) if (use[0], use[1]) != (edaban, valid_from)]

    def _wanted(self, prepared: PreparedLine, person: BlockPerson | None) -> int | None:
        """Return the token whose other users the planner has to be told."""
        if prepared.t_kigo_bango is not None or person is None or prepared.line is None:
            return prepared.t_kigo_bango
        key = kigo_key_after(prepared.line, person.held)
        return None if key is None else self._index.token(KIGO_BANGO, key)

    def _read(self, tokens: Sequence[int]) -> None:
        found = load_kigo_users(by=self._by, zone=self._zone, index=self._index, tokens=tokens)
        for token in tokens:
            stored = [use for use in found.get(token, ()) if (token, use[0], use[1]) not in self._gone]
            self._uses[token] = stored + self._unread.pop(token, [])


def _period(person: BlockPerson, shikaku_tsuban: int | None) -> HeldPeriod | None:
    if person.held is None:
        return None
    return next((period for period in person.held.periods if period.shikaku_tsuban == shikaku_tsuban), None)
