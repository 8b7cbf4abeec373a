"""Changes the own password."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password as matches_hash
from django.contrib.auth.hashers import make_password

from chukan.controls.shokuin.actions.keep_session import confirm_password
from chukan.controls.shokuin.domain import FILE, FORMER_PASSWORDS, JIMU, StaffSession, check_password
from chukan.controls.shokuin.models import Account
from chukan.controls.shokuin.queries import password_hashes
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import ErrorItem, NotAuthenticated, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction


@outside_transaction
def change_own_password(
    *, by: Principal, session: StaffSession, current: str, new: str, repeated: str, now: datetime
) -> None:
    """Give the person signed in a new password. Raises RuleBroken with every reason; nothing is echoed."""
    errors: list[ErrorItem] = []
    personal = (session.shokuin_id, session.hokensha_code or "", *session.shimei.split())
    errors += [ErrorItem("E207", "new", message) for message in check_password(new, personal=personal)]
    if new != repeated:
        message = "新しいパスワードと確認用の入力が違います。同じものを入力してください。"
        errors.append(ErrorItem("E207", "repeated", message))
    try:
        confirm_password(by=by, session=session, password=current, now=now)
    except NotAuthenticated as error:
        errors.insert(0, ErrorItem(error.code, "current", error.message))
    else:
        former = password_hashes(by=by, zone=session.zone, account_id=session.account_id)
        if not errors and any(matches_hash(new, used) for used in former):
            message = "以前に使ったパスワードです。別のパスワードを入力してください。"
            errors.append(ErrorItem("E207", "new", message))
    if errors:
        raise RuleBroken("password_fusei", "パスワードを変更していません。", errors=errors)
    _store_password(by=by, zone=session.zone, account_id=session.account_id, password_hash=make_password(new), now=now)


@own_transaction
def _store_password(*, by: Principal, zone: str, account_id: UUID, password_hash: str, now: datetime) -> None:
    account = Account.objects.select_for_update().get(id=account_id)
    account.former_passwords = [account.password, *account.former_passwords][:FORMER_PASSWORDS]
    account.password = password_hash
    account.password_changed_at = now
    account.must_change = False
    account.save(update_fields=["former_passwords", "password", "password_changed_at", "must_change"])
    record_sosa(
        by=by, kind=SosaKind.PASSWORD_CHANGED, jimu=JIMU, target_file=FILE, result="ok", screen_id="AU-003", now=now
    )
