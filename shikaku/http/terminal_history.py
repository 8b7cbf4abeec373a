"""How the versions of a member read on the timeline: what each was, what it changed, by whom, by which way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shikaku.domain.items import GROUPS, REPEATED_GROUPS, SINGLE_GROUPS
from shikaku.http.terminal_layout import Options, label_of
from shikaku.http.terminal_page import Fact
from shikaku.http.terminal_show import ROUTES, SHORI_NAMES, facts_of, repeated_tables, value_text
from shikaku.queries.rireki import RirekiLine

Joho = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One item before and after."""

    label: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class FactGroup:
    """A group of items as a definition list."""

    name: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version on the timeline."""

    tsuban: int | None
    rail: str
    shori: str
    state_kind: str
    state_text: str
    start: date | None
    end: date | None
    recorded_at: datetime
    superseded_at: datetime | None
    who: str
    route: str
    changes: tuple[Change, ...]
    groups: tuple[FactGroup, ...]


def version_views(lines: Iterable[RirekiLine], options: Options) -> tuple[VersionView, ...]:
    """Return the versions with what each changed of the one before it in its period."""
    ordered = list(lines)
    views = []
    for index, line in enumerate(ordered):
        version = line.version
        before = next(
            (o.version for o in ordered[index + 1 :] if o.version.shikaku_tsuban == version.shikaku_tsuban), None
        )
        rail, kind, text = "now", "ok", "いまの内容"
        if version.withdrawn:
            rail, kind, text = "withdrawn", "error", "取消済み"
        elif version.superseded_at is not None:
            rail, kind, text = "past", "off", "置き換え済み"
        route = ROUTES.get(line.channel, line.channel)
        views.append(
            VersionView(
                tsuban=version.shikaku_tsuban,
                rail=rail,
                shori=SHORI_NAMES.get(version.shori_shubetsu_code, version.shori_shubetsu_code),
                state_kind=kind,
                state_text=text,
                start=version.valid_from,
                end=version.valid_to,
                recorded_at=version.toroku_nichiji,
                superseded_at=version.superseded_at,
                who=line.accepted_by_name,
                route=f"{route}（受付番号 {line.uketsuke_bango}）" if line.uketsuke_bango else route,
                changes=() if before is None else changes_between(before.joho, version.joho, options),
                groups=_fact_groups(version.joho, options),
            )
        )
    return tuple(views)


def changes_between(before: Joho, after: Joho, options: Options) -> tuple[Change, ...]:
    """Return the single-valued items that differ, and how many 証 there are where those differ."""
    changes = []
    for group in SINGLE_GROUPS:
        old, new = before.get(group) or {}, after.get(group) or {}
        for item in GROUPS[group].items:
            if old.get(item.key) != new.get(item.key):
                label = label_of(group, item.key)
                one = value_text(group, item.key, old.get(item.key), options)
                two = value_text(group, item.key, new.get(item.key), options)
                changes.append(Change(label, one, two))
    for group in REPEATED_GROUPS:
        old_rows, new_rows = before.get(group) or (), after.get(group) or ()
        if old_rows != new_rows:
            changes.append(Change(GROUPS[group].ja, f"{len(old_rows)}件", f"{len(new_rows)}件"))
    return tuple(changes)


def _fact_groups(joho: Joho, options: Options) -> tuple[FactGroup, ...]:
    groups = []
    for group in SINGLE_GROUPS:
        values = {key: value for key, value in (joho.get(group) or {}).items() if value is not None}
        if values:
            groups.append(FactGroup(GROUPS[group].ja, tuple(facts_of(group, values, values, options))))
    for table in repeated_tables(joho, options):
        facts = tuple(
            Fact(f"{head}（{index}件目）" if len(table.rows) > 1 else head, cell)
            for index, row in enumerate(table.rows, 1)
            for head, cell in zip(table.heads, row, strict=True)
        )
        groups.append(FactGroup(table.name, facts))
    return tuple(groups)
