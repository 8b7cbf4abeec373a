"""What can be worked out of a line before any row is locked: its violations, hashes and tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.domain.check_line import LineFacts, check_line
from shikaku.domain.line import TorokuLine
from shikaku.domain.toroku import kigo_key_after
from shikaku.domain.violations import Violation
from shikaku.queries.held import KIGO_BANGO


@dataclass(slots=True)
class PreparedLine:
    """One line of a block: where it stood, what it says, what is already known to be wrong with it."""

    meisai_no: int
    line_number: int
    raw: bytes
    line: TorokuLine | None
    violations: list[Violation] = field(default_factory=list)
    bango: bytes | None = None
    t_kigo_bango: int | None = None
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One line as a door hands it over: its number in the 受付, its place in the file, and its parse."""

    meisai_no: int
    line_number: int
    raw: bytes
    line: TorokuLine | None
    violations: Sequence[Violation] = ()


def prepare_lines(
    given: Sequence[GivenLine],
    *,
    facts: LineFacts,
    index_of: Callable[[str], ZoneIndex],
) -> list[PreparedLine]:
    """Check each line by itself and compute its keyed hashes; no database, no clock.

    `facts` names the zones the sender may write for; a line of another zone gets no hash.
    """
    prepared = []
    for item in given:
        result = PreparedLine(item.meisai_no, item.line_number, item.raw, item.line, list(item.violations))
        line = item.line
        if line is not None:
            result.violations += check_line(line, facts=facts)
            if line.hokensha_code in facts.hokensha:
                _hash(result, line, index_of(line.hokensha_code))
        prepared.append(result)
    return prepared


def _hash(result: PreparedLine, line: TorokuLine, index: ZoneIndex) -> None:
    if line.kojin_bango is not None and is_valid_kojin_bango(line.kojin_bango):
        result.bango = index.bango(line.kojin_bango)
    key = kigo_key_after(line, None)
    if key is not None:
        result.t_kigo_bango = index.token(KIGO_BANGO, key)
