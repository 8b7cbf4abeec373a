"""What can be worked out of a line before any row is locked: its violations, hashes and tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.actions.draft import Draft, Drafter
from shikaku.domain.check_line import LineFacts, check_line
from shikaku.domain.line import TorokuLine
from shikaku.domain.toroku import kigo_key_after
from shikaku.domain.violations import Violation
from shikaku.queries.held import KIGO_BANGO


@dataclass(slots=True)
class PreparedLine:
    """One line of a block: where it stood, what it says, what is already known to be wrong with it.

    A drafted line that comes from another process is read again from its record when somebody asks what it says.
    """

    meisai_no: int
    line_number: int
    raw: bytes = field(repr=False)
    said: TorokuLine | None
    violations: list[Violation] = field(default_factory=list)
    bango: bytes | None = None
    t_kigo_bango: int | None = None
    draft: Draft | None = None
    keys: tuple[int, ...] = ()  # of its hashes and tokens
    if_match: int | None = None
    reread: Callable[[bytes], TorokuLine | None] | None = None

    @property
    def line(self) -> TorokuLine | None:
        """Return what the line says; None when it could not be read."""
        if self.said is None and self.draft is not None and self.reread is not None:
            self.said = self.reread(self.raw)
        return self.said

    @property
    def zone(self) -> str:
        """Return the 保険者コード the line names, '' for none."""
        if self.draft is not None:
            return self.draft.zone
        return "" if self.said is None else self.said.hokensha_code

    @property
    def enters_bango(self) -> bool:
        """Tell whether the line gives a 個人番号 to be kept."""
        return self.draft is not None or (self.said is not None and self.said.enters_bango)

    def global_bango(self, index: ZoneIndex) -> bytes:
        """Return the hash across insurers of the number of a line that has one."""
        if self.draft is not None:
            return self.draft.bi_global
        assert self.line is not None and self.line.kojin_bango is not None  # noqa: PT018, S101  # it has a hash
        return index.global_bango(self.line.kojin_bango)

    def give_up_draft(self) -> None:
        """Let the line be planned like any other: its draft took the person for somebody nobody here has."""
        self.said, self.draft = self.line, None

    def packed(self) -> tuple[object, ...]:
        """Return the line for another process of ours; `unpacked` there makes it again."""
        said = self.said if self.draft is None else None
        return (
            self.meisai_no, self.line_number, self.raw, said, self.violations, self.bango, self.t_kigo_bango,
            self.draft, self.keys,
        )  # fmt: skip  # the order of the fields

    @classmethod
    def unpacked(cls, packed: tuple[Any, ...], reread: Callable[[bytes], TorokuLine | None]) -> Self:
        """Return the line as it was before `packed`."""
        line = cls(*packed)
        line.reread = reread
        return line


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One line as a door hands it over: its number in the 受付, its place in the file, and its parse."""

    meisai_no: int
    line_number: int
    raw: bytes = field(repr=False)
    line: TorokuLine | None
    violations: Sequence[Violation] = ()


def prepare_lines(
    given: Sequence[GivenLine],
    *,
    facts: LineFacts,
    index_of: Callable[[str], ZoneIndex],
    drafter_of: Callable[[str], Drafter] | None = None,
) -> list[PreparedLine]:
    """Check each line by itself and compute its keyed hashes; no database, no clock.

    `facts` names the zones the sender may write for; a line of another zone gets no hash. With `drafter_of`, lines
    that find nothing wrong get the draft of a new person, unless a key of their hashes is being replaced.
    """
    prepared = []
    for item in given:
        result = PreparedLine(item.meisai_no, item.line_number, item.raw, item.line, list(item.violations))
        line = item.line
        if line is not None:
            result.violations += check_line(line, facts=facts)
            if line.hokensha_code in facts.hokensha:
                index = index_of(line.hokensha_code)
                hash_line(result, line, index)
                if drafter_of is not None and not result.violations and not index.is_split:
                    result.draft = drafter_of(line.hokensha_code).draft(
                        line,
                        meisai_no=item.meisai_no,
                        bango=result.bango,
                        t_kigo_bango=result.t_kigo_bango,
                        on=facts.on,
                    )
        prepared.append(result)
    return prepared


def hash_line(result: PreparedLine, line: TorokuLine, index: ZoneIndex) -> None:
    """Give a line the hash of its number and the token of its card."""
    result.keys = index.keys
    if line.kojin_bango is not None and is_valid_kojin_bango(line.kojin_bango):
        result.bango = index.bango(line.kojin_bango)
    key = kigo_key_after(line, None)
    if key is not None:
        result.t_kigo_bango = index.token(KIGO_BANGO, key)
