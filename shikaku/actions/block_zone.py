"""The lines of one block that belong to one insurer, from lock to rows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from chukan.kernel import clock
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions.block_cards import BlockCards
from shikaku.actions.block_drafts import BlockDrafts
from shikaku.actions.block_himozuke import NewHimozuke
from shikaku.actions.block_led import LedNumbers
from shikaku.actions.block_numbering import Numbering
from shikaku.actions.block_numbers import KANYUSHA_TABLE, KOJIN_BANGO, NO_NUMBER_FACTS, NumberChanges
from shikaku.actions.block_person import BlockPerson, known_person, propose_himozuke, search_tokens
from shikaku.actions.block_telegrams import OwedTelegrams
from shikaku.actions.block_versions import BlockVersions
from shikaku.actions.draft import Draft
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.actions.write_block import BlockRows
from shikaku.domain.bango_case import CLASH, BangoClash
from shikaku.domain.check_line import SAIKANYU, SHINKI
from shikaku.domain.held import KoshingoFacts
from shikaku.domain.joho import kigo_bango_key
from shikaku.domain.line import TorokuLine
from shikaku.domain.own_number import number_candidates
from shikaku.domain.plan import Plan, Rejection, apply_plan
from shikaku.domain.toroku import plan_registration
from shikaku.domain.violations import Violation, order_results
from shikaku.queries.held import JOHO, KIGO_BANGO, RIREKI_TABLE, load_held

WRONG_NUMBER: Final = "2"
_TICK = timedelta(microseconds=1)


class LineOutcome(NamedTuple):
    """What became of one line. `kubun`: 1 正常, 2 正常（警告あり）, 9 異常."""

    meisai_no: int
    kubun: str
    violations: tuple[Violation, ...]
    edaban: int | None
    shikaku_tsuban: int | None
    rireki_tsuban: int | None = None
    handled_as: str = ""
    clash: BangoClash | None = None


class ZoneBlock:
    """Collects the effects of a block in one zone; `finish` turns them into rows."""

    def __init__(self, *, by: Principal, zone: str, uketsuke_id: UUID, index: ZoneIndex, now: datetime) -> None:
        """Begin an empty block."""
        keyring = get_keyring()
        dek = keyring.active_dek(purpose="field", hokensha_code=zone)
        self._by, self._zone, self._uketsuke_id, self._index, self._now = by, zone, uketsuke_id, index, now
        self._on = clock.business_date_jst(now)
        self._seal_joho = RowSealer(dek, table=RIREKI_TABLE, envelope=JOHO)
        self._seal_bango = RowSealer(dek, table=KANYUSHA_TABLE, envelope=KOJIN_BANGO)
        self._by_edaban: dict[int, BlockPerson] = {}
        self._by_bango: dict[bytes, BlockPerson] = {}
        self._cards = BlockCards(by=by, zone=zone, index=index)
        self._numbering = Numbering(zone)
        self._versions = BlockVersions(zone, uketsuke_id, self._seal_joho)
        self._telegrams = OwedTelegrams(zone, now)
        self._led = LedNumbers(by, zone, index, by_edaban=self._by_edaban, by_bango=self._by_bango)
        self._himozuke = NewHimozuke(by=by, zone=zone, index=index)
        self._drafts = BlockDrafts(by=by, zone=zone, now=now)
        self._numbers = NumberChanges(
            by=by,
            zone=zone,
            index=index,
            seal=self._seal_bango,
            by_edaban=self._by_edaban,
            by_bango=self._by_bango,
            led=self._led,
            telegrams=self._telegrams,
        )
        self._proposals: Iterator[UUID] = iter(())
        self._touched: dict[int, BlockPerson] = {}

    def load(self, lines: Sequence[PreparedLine]) -> None:
        """Lock the numbering row when somebody or a card may be new, then the persons named; read them once."""
        drafted = [line for line in lines if line.draft is not None]
        others = [line for line in lines if line.draft is None]
        said = [line.line for line in others if line.line is not None]
        maybe_new = len(drafted) + sum(line.shori_shubetsu_code == SHINKI for line in said)
        # Cards are compared (`E213`) under the same lock, and so are numbers with two hashes (ADR 0020).
        if maybe_new or any(line.shikaku for line in said) or self._index.is_split:
            self._numbering.lock()
            self._proposals = propose_himozuke(maybe_new)
        edabans = {line.hihokensha_edaban for line in said if line.hihokensha_edaban}
        bangos = {line.bango for line in lines if line.bango is not None}
        held = load_held(by=self._by, zone=self._zone, index=self._index, edabans=edabans, bangos=bangos)
        self._by_edaban.update({edaban: known_person(person) for edaban, person in held.by_edaban.items()})
        self._by_bango.update({bango: self._by_edaban[person.edaban] for bango, person in held.by_bango.items()})
        self._cards.load({line.t_kigo_bango for line in drafted}, ())
        self._ask([*others, *(line for line in drafted if line.draft and not self._nobody_has(line, line.draft))])
        self._ask(self._drafts.give_up(drafted, self._led.absent(), self._index))
        self._cards.load(set(), ((line, self._person_of(line)) for line in lines if line.draft is None))

    def _ask(self, lines: Sequence[PreparedLine]) -> None:
        """Ask whom the numbers nobody here has lead to; a draft that holds does without, until its rows are made."""
        unknown = [line for line in lines if self._led.is_unknown(line.bango)]
        self._led.look_up({line.bango: line.global_bango(self._index) for line in unknown if line.bango is not None})

    def register(self, prepared: PreparedLine) -> LineOutcome:
        """Decide one line and take its effects in; the next line sees them."""
        if prepared.draft is not None and self._nobody_has(prepared, prepared.draft):
            return self._take(prepared, prepared.draft)
        line = prepared.line
        if line is None:
            return self._refused(prepared, ())
        if prepared.draft is not None:  # an earlier line of the block took its card
            self._ask([prepared])
            self._drafts.give_up_taken(self._led.absent_of(prepared.bango), self._index)
        self._plan_draft(line.hihokensha_edaban)
        self._plan_draft(self._drafts.edaban_of(prepared.bango))
        by_edaban = self._by_edaban_of(line)
        by_number = self._led.person_of(prepared.bango)
        person = by_edaban or by_number
        _refuse_stale(prepared, person)
        koshingo = NO_NUMBER_FACTS
        if line.koshingo_kojin_bango is not None:
            if person is not None and person.is_new:
                self._settle(person)  # whether the numbers are one person's is asked of settled 紐付番号 alone
            self._plan_draft(self._drafts.edaban_of(self._index.bango(line.koshingo_kojin_bango)))
            koshingo = self._numbers.facts(line.koshingo_kojin_bango, line.kojin_bango_koshin_kubun, person)
            led_to = self._led.absent_of(self._index.bango(line.koshingo_kojin_bango))
            self._drafts.give_up_taken(led_to, self._index)  # a draft before may be that very person
        decided = plan_registration(
            line=line,
            by_edaban=by_edaban.held if by_edaban else None,
            by_number=by_number.held if by_number else None,
            kigo_users=self._cards.users(prepared, person),
            koshingo=koshingo,
            on=self._on,
            checked=[*prepared.violations, *self._hidden_numbers(prepared, person)],
        )
        if isinstance(decided, Rejection):
            clash = None if koshingo is NO_NUMBER_FACTS else self._clash(decided, koshingo, person)
            return self._refused(prepared, decided.violations, clash)
        return self._apply(prepared, decided, person)

    def targets(self) -> tuple[UUID, ...]:
        """Return the 紐付番号 of the persons the block changed."""
        return tuple(person.himozuke for person in self._touched.values())

    def _hidden_numbers(self, prepared: PreparedLine, person: BlockPerson | None) -> list[Violation]:
        """Return `E215` where the person's own number stands in an identifier of a line that came without it."""
        line = prepared.line
        if line is None or person is None or person.bango is None or line.kojin_bango is not None:
            return []
        own = person.bango
        return [
            Violation("E215", pointer)
            for pointer, number in number_candidates(line)
            if self._index.bango(number) == own
        ]

    # --- one line -------------------------------------------------------------------------------------------------

    def _refused(
        self, prepared: PreparedLine, found: Sequence[Violation], clash: BangoClash | None = None
    ) -> LineOutcome:
        violations = order_results([*prepared.violations, *found])
        return LineOutcome(prepared.meisai_no, "9", violations, None, None, clash=clash)

    def _clash(self, decided: Rejection, koshingo: KoshingoFacts, person: BlockPerson | None) -> BangoClash | None:
        """Return the two persons of an `E214`."""
        if person is None or not any(violation.code == CLASH for violation in decided.violations):
            return None
        if other := koshingo.parted or koshingo.himozuke_bango:
            return BangoClash(person.edaban, UUID(other))
        holder = self._by_edaban[koshingo.edaban_here or 0]
        self._settle(holder)  # new in this very block: its 紐付番号 is only proposed so far
        return BangoClash(person.edaban, holder.himozuke)

    def _nobody_has(self, prepared: PreparedLine, draft: Draft) -> bool:
        """Tell whether the draft holds: nobody here has the number or the card, and its seals are today's."""
        return (
            self._led.person_of(prepared.bango) is None
            and self._drafts.edaban_of(prepared.bango) is None
            and draft.key_id == self._seal_joho.key_id
            and not self._cards.is_used(prepared.t_kigo_bango)
        )

    def _take(self, prepared: PreparedLine, draft: Draft) -> LineOutcome:
        edaban = self._numbering.next()
        self._drafts.take(prepared, draft, edaban)
        if prepared.t_kigo_bango is not None:
            use = (edaban, draft.valid_from, draft.valid_to)
            self._cards.note_new(prepared.t_kigo_bango, use, draft.shikaku_tsuban)
        return LineOutcome(
            prepared.meisai_no, "1", (), edaban, draft.shikaku_tsuban, draft.rireki_tsuban, draft.handled_as
        )

    def _plan_draft(self, edaban: int | None) -> None:
        """Make a drafted person one like any other, because another line of the block has to do with them."""
        drafted = self._drafts.pop(edaban)
        if drafted is None or edaban is None:
            return
        prepared, draft = drafted
        line, bango = prepared.line, prepared.bango
        assert line is not None and bango is not None  # noqa: PT018, S101  # as it was when it was drafted
        plan = plan_registration(line=line, by_edaban=None, by_number=None, on=self._on)
        assert isinstance(plan, Plan)  # noqa: S101  # as above
        person = BlockPerson(
            row_id=UUID(bytes=draft.row_id),
            edaban=edaban,
            himozuke=UUID(bytes=draft.himozuke),
            bango=bango,
            last_at=self._now,
            ct_bango=draft.ct_bango,
            is_new=True,
        )
        self._by_edaban[edaban] = self._by_bango[bango] = person
        self._himozuke.note(edaban, bi_global=draft.bi_global, prepared=prepared)
        self._write_version(prepared, plan, person, self._now, prepared.t_kigo_bango)
        person.held = apply_plan(None, plan, edaban=edaban, himozuke=str(person.himozuke))
        if plan.owes is not None:
            self._telegrams.owe(person, person.himozuke, plan.owes, self._now)
        self._touched[edaban] = person

    def _apply(self, prepared: PreparedLine, plan: Plan, person: BlockPerson | None) -> LineOutcome:
        line = prepared.line
        assert line is not None  # noqa: S101  # `register` refused it otherwise
        if person is None:
            person = self._new_person(prepared)
        warnings = order_results([*prepared.violations, *plan.warnings])
        outcome = LineOutcome(
            meisai_no=prepared.meisai_no,
            kubun="2" if warnings else "1",
            violations=warnings,
            edaban=person.edaban,
            shikaku_tsuban=plan.shikaku_tsuban,
            rireki_tsuban=plan.rireki_tsuban,
            handled_as=plan.handled_as,
        )
        at = max(self._now, person.last_at + _TICK)
        former_himozuke = person.himozuke
        moves = plan.number_change == WRONG_NUMBER
        if plan.number_change is not None and line.koshingo_kojin_bango is not None:
            if moves:
                self._settle(person)
                former_himozuke = person.himozuke
            self._numbers.change(line.koshingo_kojin_bango, plan.number_change, person, at)
            self._led.move(person)
        if plan.version is not None:
            self._append_version(prepared, plan, person, at)
        person.held = apply_plan(person.held, plan, edaban=person.edaban, himozuke=str(person.himozuke))
        if moves:
            self._move_history(person, prepared, at)
            if plan.owes is not None and person.himozuke != former_himozuke:
                self._telegrams.owe(person, former_himozuke, "sakujo", at)
        if plan.owes is not None:
            self._telegrams.owe(person, person.himozuke, plan.owes, at)
        if plan.version is not None or plan.number_change is not None or person.is_new:
            person.last_at = at
            self._touched[person.edaban] = person
        return outcome

    def _new_person(self, prepared: PreparedLine) -> BlockPerson:
        row_id = uuid7()
        person = BlockPerson(
            row_id=row_id,
            edaban=self._numbering.next(),
            himozuke=next(self._proposals),
            bango=prepared.bango,
            last_at=self._now - _TICK,
            is_new=True,
        )
        line, bi_global = prepared.line, None
        if line is not None and line.kojin_bango is not None and prepared.bango is not None:
            person.ct_bango = self._seal_bango.seal(row_id, line.kojin_bango.encode())
            bi_global = self._index.global_bango(line.kojin_bango)
            self._by_bango[prepared.bango] = person
            self._led.join(person, prepared.bango)
        self._himozuke.note(person.edaban, bi_global=bi_global, prepared=prepared)
        self._by_edaban[person.edaban] = person
        return person

    def _append_version(self, prepared: PreparedLine, plan: Plan, person: BlockPerson, at: datetime) -> None:
        version = plan.version
        assert version is not None  # noqa: S101  # asked by the caller
        tsuban = version.shikaku_tsuban
        if version.supersedes is not None:
            standing = None  # a first period takes the place of the standing
            self._versions.supersede(person.version_ids.pop(tsuban if tsuban in person.version_ids else standing), at)
        token = None if tsuban is None else self._version_token(prepared, plan)
        self._write_version(prepared, plan, person, at, token)
        self._cards.note(token, person, plan)

    def _write_version(
        self, prepared: PreparedLine, plan: Plan, person: BlockPerson, at: datetime, token: int | None
    ) -> None:
        version = plan.version
        assert version is not None  # noqa: S101  # asked by the caller
        values: list[object] = [
            version.rireki_tsuban, version.shikaku_tsuban, version.valid_from, version.valid_to, plan.handled_as,
            version.withdrawn, token, prepared.meisai_no,
        ]  # fmt: skip  # as `BlockVersions.add` takes them
        self._versions.add(person, at, values, version.joho)

    def _version_token(self, prepared: PreparedLine, plan: Plan) -> int | None:
        """Return the token of the version's card; a new period has the card of its line, worked out before."""
        assert plan.version is not None  # noqa: S101  # asked by the caller
        if plan.handled_as in (SHINKI, SAIKANYU):
            return prepared.t_kigo_bango
        key = kigo_bango_key(plan.version.joho.get("shikaku", {}))
        return None if key is None else self._index.token(KIGO_BANGO, key)

    # --- facts for the planner ------------------------------------------------------------------------------------

    def _by_edaban_of(self, line: TorokuLine) -> BlockPerson | None:
        """Return the person a line names by 被保険者枝番; a 新規取得 names nobody by it (`E209`)."""
        return None if line.shori_shubetsu_code == SHINKI else self._by_edaban.get(line.hihokensha_edaban or 0)

    def _person_of(self, prepared: PreparedLine) -> BlockPerson | None:
        line = prepared.line
        by_edaban = None if line is None else self._by_edaban_of(line)
        return by_edaban or self._led.person_of(prepared.bango)

    def _settle(self, person: BlockPerson) -> None:
        """Fix the 紐付番号 of what this block wrote so far, before the person moves to another one."""
        if self._himozuke.is_open(person):
            self._resolve([person])
        self._versions.settle(person)

    def _move_history(self, person: BlockPerson, prepared: PreparedLine, at: datetime) -> None:
        """Write every present version again under the right 紐付番号; the former ones stay as what was known."""
        held = person.held
        assert held is not None  # noqa: S101  # just planned
        following = held.next_rireki_tsuban
        periods = []
        for period in held.periods:
            version_id = person.version_ids.get(period.shikaku_tsuban)
            if version_id is None or period.withdrawn or self._versions.is_written_at(version_id, at):
                periods.append(period)
                continue
            self._versions.supersede(version_id, at)
            key = kigo_bango_key(period.joho.get("shikaku", {}))
            token = None if key is None else self._index.token(KIGO_BANGO, key)
            values: list[object] = [
                following, period.shikaku_tsuban, period.valid_from, period.valid_to, "03", False, token,
                prepared.meisai_no,
            ]  # fmt: skip  # as `BlockVersions.add` takes them
            self._versions.add(person, at, values, period.joho)
            periods.append(replace(period, rireki_tsuban=following))
            following += 1
        person.held = replace(held, periods=tuple(periods), next_rireki_tsuban=following)

    # --- rows -----------------------------------------------------------------------------------------------------

    def finish(self) -> BlockRows:
        """Give new persons their 紐付番号 and telegrams their order, and return all rows of the zone."""
        touched = self._touched.values()
        self._resolve([person for person in touched if self._himozuke.is_open(person)])
        self._numbering.save()
        rows = BlockRows(superseded=self._versions.superseded)
        self._drafts.add_rows(rows, self._telegrams, planned=self._touched.values())
        rows.soshin = self._telegrams.rows()
        for person in touched:
            (rows.new_kanyusha if person.is_new else rows.changed_kanyusha).append(self._kanyusha_row(person))
        rows.versions = self._versions.rows()
        return rows

    def _resolve(self, fresh: Sequence[BlockPerson]) -> None:
        self._telegrams.resolve(self._himozuke.resolve(fresh, touched=self._touched.values()))

    def _kanyusha_row(self, person: BlockPerson) -> tuple[object, ...]:
        held = person.held
        assert held is not None  # noqa: S101  # a touched person has been planned
        return (
            person.edaban, person.himozuke, person.last_at, person.row_id, self._zone, person.bango, person.ct_bango,
            held.kanyusha_kubun, "1" if held.fugo_requested else "0",
            *search_tokens(self._index, held.newest.get("kihon", {})),
            held.next_shikaku_tsuban - 1, held.next_rireki_tsuban - 1,
        )  # fmt: skip  # the order of write_block's columns


def _refuse_stale(prepared: PreparedLine, person: BlockPerson | None) -> None:
    """Raise Conflict `kyogo` when the sender saw another version of the period than the one just locked."""
    line = prepared.line
    if prepared.if_match is None or line is None or person is None or person.held is None:
        return
    tsuban = line.shikaku_tsuban
    held = person.held
    present = (held.latest_period() or held.standing) if tsuban is None else held.period(tsuban)
    if present is not None and present.rireki_tsuban != prepared.if_match:
        raise Conflict(
            "kyogo", "この加入者は別の操作で変更されました。最新の内容を表示して、もう一度入力してください。"
        )
