"""Search and detail of members inside one insurer's zone. 根拠: KJ-ZONE-01, KJ-ZONE-06."""

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from chukan.controls.kikan import queries as kikan
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Invalid, NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kana import KanaName, split_kana
from chukan.settings import limits
from shikaku.domain.held import speaking_version
from shikaku.domain.joho import kigo_bango_key
from shikaku.models import ItakuKukakuKanyusha, OnshiSoshin, ShikakuRireki
from shikaku.queries.held import KIGO_BANGO
from shikaku.queries.versions import Version, covers, list_known_versions

_CHUNK: Final = 200
_SCAN_MAX: Final = 20_000
_KANA_MIN, _KANA_LONG = 2, 4
YUKO, YOTEI, SOSHITSU, TORIKESHI, NASHI = "yuko", "yotei", "soshitsu", "torikeshi", "nashi"
JOTAI_NAMES: Final = {
    YUKO: "有効",
    YOTEI: "これから有効",
    SOSHITSU: "喪失",
    TORIKESHI: "取消",
    NASHI: "資格なし",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCriteria:
    """What a clerk looks for. Kana is a prefix, everything else must be equal."""

    kana: str = ""
    kigo: str = ""
    bango: str = ""
    edaban: str = ""
    seinengappi: date | None = None
    jotai: str = ""


@dataclass(frozen=True, slots=True)
class KanyushaItem:
    """One line of a list of members."""

    row_id: UUID
    hihokensha_edaban: int
    kanyusha_kubun_code: str
    has_kojin_bango: bool
    jotai: str
    kihon: dict[str, Any]
    shikaku: dict[str, Any]
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits in 被保険者枝番 order. `count` is exact unless `capped`: then there may be more than that."""

    items: tuple[KanyushaItem, ...]
    next_after: int | None
    count: int
    capped: bool


@dataclass(frozen=True, slots=True)
class SoshinStatus:
    """The newest telegram about a person: owed, received, processed."""

    kind: str
    owed_at: datetime
    sent_at: datetime | None
    attempts: int
    shori_kekka_kubun: str
    shori_kekka_meisai_code: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class KanyushaDetail:
    """One member as known at an instant: the standing, the periods, and what became of the telegrams."""

    row_id: UUID
    hihokensha_edaban: int
    himozuke_bango: UUID
    kanyusha_kubun_code: str
    has_kojin_bango: bool
    fugo_shutoku_yokyu_kubun: str
    jotai: str
    newest: Version
    periods: tuple[Version, ...]
    soshin: SoshinStatus | None
    bango_note: str = field(default="")


def jotai_of(versions: tuple[Version, ...], on: date) -> str:
    """Return the state a list shows for a person with these versions on a day."""
    live = [version for version in versions if version.shikaku_tsuban is not None and not version.withdrawn]
    if any(covers(version, on) for version in live):
        return YUKO
    if any(version.valid_from is not None and version.valid_from > on for version in live):
        return YOTEI
    if live:
        return SOSHITSU
    return TORIKESHI if any(version.withdrawn for version in versions) else NASHI


@reads
def search_kanyusha(
    *,
    by: Principal,
    criteria: SearchCriteria,
    after: int = 0,
    limit: int = limits.PAGE_SIZE,
    on: date,
    known_at: datetime,
) -> SearchPage:
    """Return one page of members that meet the criteria; only keyed tokens are compared in the database.

    Raises Invalid `joken_nashi` without a criterion, `kana_mijikai` for fewer than two kana.
    """
    index = ZoneIndex(get_keyring(), by.hokensha_code or "")
    scan = _Scan(by, criteria, _candidates(by, criteria, index), on, known_at)
    hits: list[KanyushaItem] = []
    found = 0
    for item in scan.hits():
        found += 1
        if item.hihokensha_edaban > after and len(hits) <= limit:
            hits.append(item)
        if found > limits.SEARCH_CAP:
            break
    more = len(hits) > limit
    page = tuple(hits[:limit])
    return SearchPage(
        items=page,
        next_after=page[-1].hihokensha_edaban if more else None,
        count=min(found, limits.SEARCH_CAP),
        capped=found > limits.SEARCH_CAP or scan.cut,
    )


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Rows whose tokens fit, in order; `whole`: those among them whose whole name is what was typed."""

    rows: QuerySet[ItakuKukakuKanyusha]
    whole: QuerySet[ItakuKukakuKanyusha] | None = None
    key: KanaName | None = None


def _candidates(by: Principal, criteria: SearchCriteria, index: ZoneIndex) -> _Candidates:
    rows = ItakuKukakuKanyusha.objects.filter(hokensha_code=by.hokensha_code)
    key, kana = None, Q()
    narrowed = False
    if criteria.kana.strip():
        key = split_kana(criteria.kana)
        kana = _by_kana(key, index)
        narrowed = True
    if criteria.bango:
        tokens = _kigo_tokens(by, criteria, index)
        edabans = ShikakuRireki.objects.filter(
            hokensha_code=by.hokensha_code,
            t_kigo_bango__in=index.both_tokens(tokens),
            superseded_at__isnull=True,
            withdrawn=False,
        ).values("hihokensha_edaban")
        rows = rows.filter(hihokensha_edaban__in=edabans)
        narrowed = True
    if criteria.seinengappi is not None:
        token = index.token("seinengappi", criteria.seinengappi.isoformat())
        rows = rows.filter(**_equal_to("t_seinengappi", index.both_tokens((token,))))
        narrowed = True
    if not narrowed:
        raise Invalid("joken_nashi", "氏名（カナ）、番号、生年月日のどれかを入力してください。", pointer="kana")
    rows = rows.order_by("hihokensha_edaban")
    whole = None
    if key is not None:
        token = index.token("kana_full", key.whole)
        whole = rows.filter(**_equal_to("t_kana_full", index.both_tokens((token,))))
    return _Candidates(rows.filter(kana), whole, key)


def _equal_to(column: str, values: Collection[object]) -> dict[str, object]:
    """Return the condition that a column has the one value, or one of two while the key of its hashes is replaced."""
    if len(values) == 1:
        return dict.fromkeys((column,), *values)
    return {f"{column}__in": list(values)}


def _by_kana(key: KanaName, index: ZoneIndex) -> Q:
    """Narrow to names that may begin so; a space between 氏 and 名 may be missing here or there."""
    whole = key.whole
    if len(whole) < _KANA_MIN:
        raise Invalid("kana_mijikai", "氏名（カナ）は2文字以上を入力してください。", pointer="kana")
    # A held 氏 is as long as what was typed or longer, or it ends earlier and 名 follows.
    ended = [key.family] if key.given else [whole[:length] for length in range(1, min(len(whole), _KANA_LONG))]
    tokens = [index.token("kana4", family[:_KANA_LONG]) for family in ended]
    if len(whole) >= _KANA_LONG:
        return Q(t_kana4__in=index.both_tokens([*tokens, index.token("kana4", whole[:_KANA_LONG])]))
    two = index.token("kana2", whole[:_KANA_MIN])
    return Q(**_equal_to("t_kana2", index.both_tokens((two,)))) | Q(t_kana4__in=index.both_tokens(tokens))


def _kigo_tokens(by: Principal, criteria: SearchCriteria, index: ZoneIndex) -> list[int]:
    numbers = kikan.hokensha_facts(by.hokensha_code or "").hokensha_bango
    branches: list[str | None] = [criteria.edaban] if criteria.edaban else [None, *(f"{n:02d}" for n in range(100))]
    tokens = []
    for number in numbers:
        for branch in branches:
            shikaku = {
                "hokensha_bango": number,
                "hihokenshasho_kigo": criteria.kigo or None,
                "hihokenshasho_bango": criteria.bango,
                "edaban": branch,
            }
            key = kigo_bango_key(shikaku)
            if key is not None:
                tokens.append(index.token(KIGO_BANGO, key))
    return tokens


@dataclass(slots=True)
class _Scan:
    """One search: candidates of the tokens, opened a chunk at a time, compared again in plain."""

    by: Principal
    criteria: SearchCriteria
    candidates: _Candidates
    on: date
    known_at: datetime
    cut: bool = False

    def hits(self) -> Iterator[KanyushaItem]:
        """Yield the hits in order. After the most that one search may open only whole names go on, and `cut` says so.

        So a common 氏 with a 名 never hides the person of exactly that name.
        """
        after = yield from self._matching(self.candidates.rows, 0, _SCAN_MAX)
        if after is None:
            return
        self.cut = True
        if self.candidates.whole is not None:
            yield from self._matching(self.candidates.whole, after, limits.SEARCH_CAP)

    def _matching(
        self, rows: QuerySet[ItakuKukakuKanyusha], after: int, most: int
    ) -> Generator[KanyushaItem, None, int | None]:
        """Yield the hits among at most so many rows; return where it stopped, None at the end of all."""
        zone = self.by.hokensha_code or ""
        scanned = 0
        while scanned < most:
            chunk = list(rows.filter(hihokensha_edaban__gt=after)[:_CHUNK])
            if not chunk:
                return None
            scanned += len(chunk)
            edabans = [row.hihokensha_edaban for row in chunk]
            opened: dict[int, list[Version]] = {}
            for version in list_known_versions(by=self.by, zone=zone, edabans=edabans, known_at=self.known_at):
                opened.setdefault(version.hihokensha_edaban, []).append(version)
            for row in chunk:
                item = _item(row, tuple(opened.get(row.hihokensha_edaban, ())), self.on)
                if (
                    item is not None
                    and _begins_with(item, self.candidates.key)
                    and self.criteria.jotai in {"", item.jotai}
                ):
                    yield item
            if len(chunk) < _CHUNK:
                return None
            after = edabans[-1]
        return after


def _begins_with(item: KanyushaItem, key: KanaName | None) -> bool:
    if key is None:
        return True
    name = split_kana(str(item.kihon.get("shimei_kenmen_kana") or ""))
    if key.given and name.given:
        return name.family == key.family and name.given.startswith(key.given)
    return name.whole.startswith(key.whole)


def _item(row: ItakuKukakuKanyusha, versions: tuple[Version, ...], on: date) -> KanyushaItem | None:
    if not versions:
        return None
    newest = speaking_version(versions) or versions[-1]
    shown = latest_period(versions) or newest
    return KanyushaItem(
        row_id=row.id,
        hihokensha_edaban=row.hihokensha_edaban,
        kanyusha_kubun_code=row.kanyusha_kubun_code,
        has_kojin_bango=row.bi_bango is not None,
        jotai=jotai_of(versions, on),
        kihon=newest.joho.get("kihon", {}),
        shikaku=shown.joho.get("shikaku", {}),
        valid_from=shown.valid_from,
        valid_to=shown.valid_to,
    )


def latest_period(versions: tuple[Version, ...]) -> Version | None:
    """Return the present version of the latest period that is not withdrawn."""
    live = [version for version in versions if version.shikaku_tsuban is not None and not version.withdrawn]
    return max(live, key=lambda version: version.shikaku_tsuban or 0, default=None)


def kanyusha_nashi() -> NotFound:
    """Return the one answer for a person who is not there or not this insurer's."""
    return NotFound("kanyusha_nashi", "この加入者は登録されていません。番号を確かめてください。")


@reads
def get_kanyusha(*, by: Principal, row_id: UUID, on: date, known_at: datetime) -> KanyushaDetail:
    """Return one member of the caller's zone as known at an instant. Raises NotFound. *Never* opens the number."""
    row = ItakuKukakuKanyusha.objects.filter(hokensha_code=by.hokensha_code, id=row_id).first()
    if row is None:
        raise kanyusha_nashi()
    versions = list_known_versions(by=by, zone=row.hokensha_code, edabans=[row.hihokensha_edaban], known_at=known_at)
    if not versions:
        raise kanyusha_nashi()
    return KanyushaDetail(
        row_id=row.id,
        hihokensha_edaban=row.hihokensha_edaban,
        himozuke_bango=row.himozuke_bango,
        kanyusha_kubun_code=row.kanyusha_kubun_code,
        has_kojin_bango=row.bi_bango is not None,
        fugo_shutoku_yokyu_kubun=row.fugo_shutoku_yokyu_kubun,
        jotai=jotai_of(versions, on),
        newest=speaking_version(versions) or versions[-1],
        periods=tuple(version for version in versions if version.shikaku_tsuban is not None),
        soshin=_soshin(row),
    )


def _soshin(row: ItakuKukakuKanyusha) -> SoshinStatus | None:
    newest = (
        # `jun` counts per 紐付番号: what was owed under the one a 訂正 left is not compared with it.
        OnshiSoshin.objects.filter(
            hokensha_code=row.hokensha_code,
            hihokensha_edaban=row.hihokensha_edaban,
            himozuke_bango=row.himozuke_bango,
        )
        .order_by("-jun")
        .first()
    )
    if newest is None:
        return None
    return SoshinStatus(
        kind=newest.kind,
        owed_at=newest.owed_at,
        sent_at=newest.sent_at,
        attempts=newest.attempts,
        shori_kekka_kubun=newest.shori_kekka_kubun,
        shori_kekka_meisai_code=newest.shori_kekka_meisai_code,
        answered_at=newest.answered_at,
    )


@reads
def list_edaban(*, by: Principal, row_ids: Sequence[UUID]) -> tuple[int, ...]:
    """Return the 被保険者枝番 of these members of the caller's zone, in order; others are not there."""
    rows = ItakuKukakuKanyusha.objects.filter(hokensha_code=by.hokensha_code, id__in=row_ids)
    return tuple(rows.order_by("hihokensha_edaban").values_list("hihokensha_edaban", flat=True))
