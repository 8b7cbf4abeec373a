"""KR-101 職員ID and KR-102 職員IDの登録・変更: 入力→確認→完了, for システム管理責任者 of the own organisation."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chukan.controls.kengen.actions import (
    StaffInput,
    change_staff,
    check_input,
    keep_staff_slip,
    read_staff_list,
    register_staff,
)
from chukan.controls.kengen.domain import STAFF_ADMIN, check_changeable
from chukan.controls.kengen.queries import (
    Rights,
    find_staff_answer,
    list_rights,
    no_staff_slip,
    open_staff_slip,
    possible_rights_of,
)
from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.kengen.views.staff_form import (
    Typed,
    check_rows,
    content_of,
    empty,
    error_list,
    read_typed,
    rights_table,
    to_input,
    typed_of,
    typed_on,
    without_numbers,
)
from chukan.controls.shokuin.domain import KUBUN, SYSTEM_KANRI
from chukan.controls.shokuin.queries import ShokuinRow, get_shokuin
from chukan.controls.shokuin.views.lock import confirm_again, use_step_up
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, DomainError, ErrorItem, NotAuthenticated, NotFound, RuleBroken
from chukan.kernel.http.pages import show
from chukan.kernel.http.problems import answer_error
from chukan.kernel.values.kojin_bango import without_kojin_bango

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
    after = without_kojin_bango(request.GET.get("after", ""))[:32]  # goes into a statement as it is
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
    return show(request, "controls/kengen/shokuin_list.html", context)


@screen("KR-102")
@require_GET
def shokuin_new(request: HttpRequest) -> HttpResponse:
    """Show the empty form."""
    return _form(request, empty(business_date_jst(clock.now())), row=None, errors=())


@screen("KR-102")
@require_POST
def shokuin_new_check(request: HttpRequest) -> HttpResponse:
    """Go on to what will be stored, or show the form with what must be mended."""
    return _keep(request, read_typed(request.POST), row=None)


@screen("KR-102")
@require_GET
def shokuin_change(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show the form of one member of staff."""
    row, rights = _held(request, row_id)
    return _form(request, typed_of(row, rights), row=row, errors=())


@screen("KR-102")
@require_POST
def shokuin_change_check(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Go on to what changes, or show the form with what must be mended."""
    row, _ = _held(request, row_id)
    return _keep(request, read_typed(request.POST, shokuin_id=row.shokuin_id), row=row)


@screen("KR-102")
@require_GET
def shokuin_mend(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Show the form as it was typed, when coming back from 確認."""
    typed, before = _open(request, slip)
    return _form(request, typed, row=before[0] if before else None, errors=())


@screen("KR-102")
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def shokuin_check(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Show everything that will be stored, or store it; once that is done, by whichever press, go on to 完了."""
    by = principal_of(request)
    if find_staff_answer(by=by, slip_id=slip, now=clock.now()) is not None:
        return _go_on("kengen:shokuin_done", slip)
    try:
        return _store(request, slip) if request.method == "POST" else _check(request, slip)
    except NotFound:  # spent meanwhile
        if find_staff_answer(by=by, slip_id=slip, now=clock.now()) is None:
            raise
        return _go_on("kengen:shokuin_done", slip)


@screen("KR-102")
@require_GET
def shokuin_done(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Show what came of a slip, with the password for the first sign-in, as often as asked until the slip's end."""
    answer = find_staff_answer(by=principal_of(request), slip_id=slip, now=clock.now())
    if answer is None:
        raise no_staff_slip()
    return show(request, "controls/kengen/shokuin_done.html", {"answer": answer, "steps": _steps(2)})


def _keep(request: HttpRequest, typed: Typed, *, row: ShokuinRow | None) -> HttpResponse:
    _, errors = _read(request, typed, row)
    if errors:
        return _form(request, typed, row=row, errors=errors)
    content = {"row": None if row is None else str(row.id), "typed": content_of(typed)}
    slip = keep_staff_slip(by=principal_of(request), content=content, now=clock.now())
    return _go_on("kengen:shokuin_check", slip)


def _read(
    request: HttpRequest, typed: Typed, row: ShokuinRow | None
) -> tuple[StaffInput | None, tuple[ErrorItem, ...]]:
    """Return what the action takes and every reason why it would refuse it now."""
    given, errors = to_input(typed)
    if given is not None:
        errors = check_input(by=principal_of(request), given=given, row=row, now=clock.now())
    return given, errors


def _open(request: HttpRequest, slip: UUID) -> tuple[Typed, tuple[ShokuinRow, Rights] | None]:
    content = open_staff_slip(by=principal_of(request), slip_id=slip, now=clock.now())
    before = None if content["row"] is None else _held(request, UUID(content["row"]))
    return typed_on(content["typed"]), before


def _store(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Register or change when the form can still be stored and the password is right; else say what must be mended."""
    by, now = principal_of(request), clock.now()
    typed, before = _open(request, slip)
    row = before[0] if before else None
    given, errors = _read(request, typed, row)
    if given is None or errors:
        return _form(request, typed, row=row, errors=errors)
    confirmed = HttpResponse()
    message = _confirm(request, confirmed)
    if message:
        return _check(request, slip, message=message)
    try:
        if row is None:
            register_staff(by=by, slip_id=slip, given=given, now=now)
        else:
            change_staff(by=by, slip_id=slip, row_id=row.id, given=given, first_password=typed.first_password, now=now)
        answer = _go_on("kengen:shokuin_done", slip)
    except (RuleBroken, Conflict) as error:
        answer = _form(request, typed, row=row, errors=_items(error))
    except DomainError as error:
        answer = answer_error(request, error)
    # Whatever the answer, the browser needs the session's new key: the password was accepted.
    answer.cookies = confirmed.cookies
    return answer


def _go_on(name: str, slip: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=[slip]), status=303, headers={"Cache-Control": "no-store"})


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
        "check_url": reverse("kengen:shokuin_new_check")
        if row is None
        else reverse("kengen:shokuin_change_check", args=[row.id]),
    }
    return show(request, "controls/kengen/shokuin_form.html", context, status=REFUSED if errors else 200)


def _check(request: HttpRequest, slip: UUID, *, message: str = "") -> HttpResponse:
    typed, before = _open(request, slip)
    given, errors = to_input(typed)
    if given is None:
        return _form(request, typed, row=before[0] if before else None, errors=errors)
    context = {
        "row": before[0] if before else None,
        "typed": typed,
        "rows": check_rows(given, before=before),
        "steps": _steps(1),
        "errors": error_list([ErrorItem("", "password", message)] if message else ()),
        "error": message,
        "submit_label": "職員IDを変更する" if before else "職員IDを登録する",
        "form_url": reverse("kengen:shokuin_mend", args=[slip]),
    }
    return show(request, "controls/kengen/shokuin_check.html", context, status=REFUSED if message else 200)
