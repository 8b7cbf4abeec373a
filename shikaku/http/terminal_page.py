"""What the views of the terminal share: reading the request, the answer of a page, going on by 303, marks of states."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from chukan.controls.kengen.views.guard import principal_of
from chukan.controls.kikan import queries as kikan
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotFound
from chukan.kernel.http.pages import Context, show
from chukan.kernel.principal import Principal
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.domain.items import ITEMS
from shikaku.http.terminal_forms import Choice, FieldError
from shikaku.http.terminal_layout import Options
from shikaku.queries.terminal_slip import SlipAnswer, find_answer

SEIKATSU_HOGO: Final = "seikatsu_hogo"
KOKI_KOIKI: Final = "koki_koiki"
_MARK: Final = re.compile("[0-9]{1,9}|[0-9]{16}")  # a line; microseconds since 1970, until the year 2286
_MOST_PAGES: Final = 200


@dataclass(frozen=True, slots=True)
class Link:
    """A link or a button of a page."""

    name: str
    url: str
    css: str = ""
    id: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a definition list."""

    label: str
    value: object
    css: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a process: done, now, todo or stop."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One criterion in force, which a press takes away."""

    name: str
    text: str


def chain_of(request: HttpRequest) -> list[int]:
    """Return where the pages before this one and this one begin: lines or times.

    Twelve digits in a row are neither: the page leads on and back by what stands here. 根拠: KJ-UI-04.
    """
    parts = request.GET.get("ato", "").split(".")
    return [int(part) for part in parts if _MARK.fullmatch(part)][:_MOST_PAGES]


def actor(request: HttpRequest) -> Principal:
    """Return who acts, with today's rights."""
    return principal_of(request)


def can_update(by: Principal) -> bool:
    """Tell whether registration is among the person's rights."""
    return by.can(JIMU, "koshin")


def show_errors(
    request: HttpRequest, template: str, context: Context, errors: Sequence[FieldError], label: str
) -> HttpResponse:
    """Answer with the page again, its errors on top and at their fields; what was typed is kept."""
    return show(request, template, {**context, "errors": tuple(errors), "submit_label": label}, status=422)


def go_on(url: str) -> HttpResponse:
    """Send the browser on after a form, so that going back repeats nothing."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    response.headers["Cache-Control"] = "no-store"
    return response


def once(
    by: Principal,
    slip: UUID,
    kinds: Collection[str],
    work: Callable[[], HttpResponse],
    after: Callable[[SlipAnswer], HttpResponse],
) -> HttpResponse:
    """Answer with `work`, or, once the slip is spent, with what came of it; also when another press was quicker."""
    answer = find_answer(by=by, slip_id=slip, kinds=kinds, now=clock.now())
    if answer is not None:
        return after(answer)
    try:
        return work()
    except NotFound:  # spent meanwhile: neither what was typed nor what it was about is there any more
        answer = find_answer(by=by, slip_id=slip, kinds=kinds, now=clock.now())
        if answer is None:
            raise
        return after(answer)


def posted(request: HttpRequest) -> dict[str, str]:
    """Return the last value of each posted field, at a length no item exceeds."""
    return {name: cast("str", value)[:1000] for name, value in request.POST.items()}


def options_of(by: Principal) -> Options:
    """Return the choices of today for this insurer."""
    book = kikan.code_book(business_date_jst(clock.now()))
    tables: dict[str, tuple[Choice, ...]] = {
        name: tuple((entry.value, entry.label) for entry in entries) for name, entries in book.tables.items()
    }
    facts = kikan.hokensha_facts(by.hokensha_code or "")
    return Options(tables, tuple(sorted(facts.hokensha_bango)))


def item_text(group: str, key: str, value: object, options: Options) -> object:
    """Return how the value of an item is read: codes with their names, flags as words; dates and names as they are."""
    item = ITEMS[group, key]
    if value is None or value == "":
        return ""
    if item.kind == "flag":
        return "はい" if value else "いいえ"
    if item.kind == "code":
        name = dict(options.of(item.table)).get(str(value))
        return f"{value} {name}" if name else value
    return value


def steps(at: int, names: Sequence[str] = ("入力", "確認", "完了"), *, stop: bool = False) -> tuple[Step, ...]:
    """Return the steps with the one at `at` as the present one; past the end all are done."""
    now = "stop" if stop else "now"
    return tuple(
        Step(name, "done" if index < at else now if index == at else "todo") for index, name in enumerate(names)
    )
