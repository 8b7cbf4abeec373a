"""KR-101 職員ID and KR-102 職員IDの登録・変更: 入力→確認→完了, for システム管理責任者 of the own organisation."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chukan.controls.kengen.actions import StaffInput, change_staff, check_input, read_staff_list, register_staff
from chukan.controls.kengen.domain import STAFF_ADMIN, check_changeable
from chukan.controls.kengen.queries import Rights, list_rights, possible_rights_of
from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.kengen.views.staff_form import (
    Typed,
    check_rows,
    empty,
    error_list,
    hidden_fields,
    read_typed,
    rights_table,
    to_input,
    typed_of,
    without_numbers,
)
from chukan.controls.shokuin.domain import KUBUN, SYSTEM_KANRI
from chukan.controls.shokuin.queries import ShokuinRow, get_shokuin
from chukan.controls.shokuin.views.lock import confirm_again, use_step_up
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, DomainError, ErrorItem, NotAuthenticated, RuleBroken
from chukan.kernel.http.problems import answer_error

PAGE_SIZE: Final = 50
REFUSED: Final = 422
STEPS: Final = ("入力", "確認", "完了")
_PASSWORD_MISSING: Final = "あなたのパスワードを入力してください。"  # noqa: S105  # a message
_CONFIRMED_TOO_LATE: Final = "パスワードの確認が期限を過ぎました。もう一度入力してください。"


def _steps(at: int) -> list[dict[str, str]]:
    states = ["done"] * at + ["now"] + ["wait"] * (len(STEPS) - at - 1)
    return [{"name": name, "state": state} for name, state in zip(STEPS, states, strict=True)]


@screen("KR-101")
@require_GET
def shokuin_list(request: HttpRequest) -> HttpResponse:
    """Show the staff of the own organisation, 50 a page, in the order of 職員ID."""
    by, now = principal_of(request), clock.now()
    after = request.GET.get("after", "")[:32]
    found = read_staff_list(by=by, after=after, limit=PAGE_SIZE + 1, now=now)
    shown, on = found[:PAGE_SIZE], business_date_jst(now)
    more = len(found) > PAGE_SIZE
    may_change = by.can(*STAFF_ADMIN)
    rows = [
        {
            "row": row,
            "kubun": KUBUN[row.kubun],
            "state": row.state_on(on),
            "unused": row.is_unused(now),
            "changeable": may_change and row.kubun != SYSTEM_KANRI and row.shokuin_id != by.actor_id,
        }
        for row in shown
    ]
    context = {
        "rows": rows,
        "may_change": may_change,
        "page": {
            "previous_url": reverse("kengen:shokuin_list") if after else None,
            "next_url": f"{reverse('kengen:shokuin_list')}?after={shown[-1].shokuin_id}" if more else None,
        },
    }
    return render(request, "controls/kengen/shokuin_list.html", context)


@screen("KR-102")
@require_http_methods(["GET", "POST"])
def shokuin_new(request: HttpRequest) -> HttpResponse:
    """Show the form: empty, or as it was typed when coming back from 確認."""
    typed = read_typed(request.POST) if request.method == "POST" else empty(business_date_jst(clock.now()))
    return _form(request, typed, row=None, errors=())


@screen("KR-102")
@require_POST
def shokuin_new_check(request: HttpRequest) -> HttpResponse:
    """Show everything that will be stored, or the form with what must be mended."""
    return _check(request, read_typed(request.POST), before=None)


@screen("KR-102")
@sensitive_post_parameters("password")
@require_POST
def shokuin_new_done(request: HttpRequest) -> HttpResponse:
    """Register once the person is confirmed by password, and show the password for the first sign-in once."""
    typed = read_typed(request.POST)

    def register(given: StaffInput) -> HttpResponse:
        registered = register_staff(by=principal_of(request), given=given, now=clock.now())
        return _done(request, given.shokuin_id, given.shimei, registered.password, new=True)

    return _confirmed(request, typed, before=None, work=register)


@screen("KR-102")
@require_http_methods(["GET", "POST"])
def shokuin_change(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show the form of one member of staff."""
    row, rights = _held(request, row_id)
    typed = read_typed(request.POST, shokuin_id=row.shokuin_id) if request.method == "POST" else typed_of(row, rights)
    return _form(request, typed, row=row, errors=())


@screen("KR-102")
@require_POST
def shokuin_change_check(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show what changes, before and after."""
    row, rights = _held(request, row_id)
    return _check(request, read_typed(request.POST, shokuin_id=row.shokuin_id), before=(row, rights))


@screen("KR-102")
@sensitive_post_parameters("password")
@require_POST
def shokuin_change_done(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Change once the person is confirmed by password, and show a new first password once when one was asked for."""
    row, rights = _held(request, row_id)
    typed = read_typed(request.POST, shokuin_id=row.shokuin_id)

    def change(given: StaffInput) -> HttpResponse:
        password = change_staff(
            by=principal_of(request),
            row_id=row.id,
            given=given,
            first_password=typed.first_password,
            now=clock.now(),
        )
        return _done(request, given.shokuin_id, given.shimei, password, new=False)

    return _confirmed(request, typed, before=(row, rights), work=change)


def _confirmed(
    request: HttpRequest,
    typed: Typed,
    *,
    before: tuple[ShokuinRow, Rights] | None,
    work: Callable[[StaffInput], HttpResponse],
) -> HttpResponse:
    """Answer with `work` when the form can be stored and its password is right; else with what must be mended."""
    row = before[0] if before else None
    given, errors = to_input(typed)
    if given is not None:
        errors = check_input(by=principal_of(request), given=given, row=row, now=clock.now())
    if given is None or errors:
        return _form(request, typed, row=row, errors=errors)
    confirmed = HttpResponse()
    message = _confirm(request, confirmed)
    if message:
        return _check(request, typed, before=before, message=message)
    try:
        answer = work(given)
    except (RuleBroken, Conflict) as error:
        answer = _form(request, typed, row=row, errors=_items(error))
    except DomainError as error:
        answer = answer_error(request, error)
    # Whatever the answer, the browser needs the session's new key: the password was accepted.
    answer.cookies = confirmed.cookies
    return answer


def _confirm(request: HttpRequest, confirmed: HttpResponse) -> str:
    """Confirm the person by the password of the form, for this one act; return why not, '' when it is right."""
    password = request.POST.get("password", "")[:200]
    if not password:
        return _PASSWORD_MISSING
    try:
        confirm_again(request, confirmed, password=password)
    except NotAuthenticated as error:
        return error.message
    return "" if use_step_up(request) else _CONFIRMED_TOO_LATE


def _held(request: HttpRequest, row_id: UUID) -> tuple[ShokuinRow, Rights]:
    by = principal_of(request)
    row = get_shokuin(by=by, row_id=row_id)
    check_changeable(by, shokuin_id=row.shokuin_id, kubun=row.kubun)
    rights = list_rights(
        by=by, zone=row.zone, shokuin_pk=row.id, on=max(row.valid_from, business_date_jst(clock.now()))
    )
    return row, rights


def _items(error: RuleBroken | Conflict) -> Sequence[ErrorItem]:
    return error.errors or (ErrorItem(error.code, error.pointer or "shokuin_id", error.message),)


def _urls(row: ShokuinRow | None) -> dict[str, str]:
    if row is None:
        return {
            "form_url": reverse("kengen:shokuin_new"),
            "check_url": reverse("kengen:shokuin_new_check"),
            "done_url": reverse("kengen:shokuin_new_done"),
        }
    return {
        "form_url": reverse("kengen:shokuin_change", args=[row.id]),
        "check_url": reverse("kengen:shokuin_change_check", args=[row.id]),
        "done_url": reverse("kengen:shokuin_change_done", args=[row.id]),
    }


def _form(request: HttpRequest, typed: Typed, *, row: ShokuinRow | None, errors: Sequence[ErrorItem]) -> HttpResponse:
    by = principal_of(request)
    possible = possible_rights_of(
        soshiki=by.soshiki, hokensha_shubetsu=by.hokensha_shubetsu, on=business_date_jst(clock.now())
    )
    context = {
        "typed": without_numbers(typed),
        "row": row,
        "table": rights_table(soshiki=by.soshiki, possible=possible, typed=typed),
        "errors": error_list(errors),
        "error_of": {item.pointer: item.message for item in errors},
        "submit_label": "確認へ進む",
        "steps": _steps(0),
        **_urls(row),
    }
    return render(request, "controls/kengen/shokuin_form.html", context, status=REFUSED if errors else 200)


def _check(
    request: HttpRequest, typed: Typed, *, before: tuple[ShokuinRow, Rights] | None, message: str = ""
) -> HttpResponse:
    row = before[0] if before else None
    given, errors = to_input(typed)
    if given is None:
        return _form(request, typed, row=row, errors=errors)
    wrong = check_input(by=principal_of(request), given=given, row=row, now=clock.now())
    if wrong:
        return _form(request, typed, row=row, errors=wrong)
    context = {
        "row": row,
        "typed": typed,
        "rows": check_rows(given, before=before),
        "hidden": hidden_fields(typed),
        "steps": _steps(1),
        "errors": error_list([ErrorItem("", "password", message)] if message else ()),
        "error": message,
        "submit_label": "職員IDを登録する" if row is None else "職員IDを変更する",
        **_urls(row),
    }
    return render(request, "controls/kengen/shokuin_check.html", context, status=REFUSED if message else 200)


def _done(request: HttpRequest, shokuin_id: str, shimei: str, password: str | None, *, new: bool) -> HttpResponse:
    context = {
        "shokuin_id": shokuin_id,
        "shimei": shimei,
        "password": password,
        "new": new,
        "steps": _steps(2),
    }
    return render(request, "controls/kengen/shokuin_done.html", context)
