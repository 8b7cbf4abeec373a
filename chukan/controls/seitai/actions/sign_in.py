"""Completes the sign-in of an organisation whose staff need 生体認証 beside ID and password."""

import secrets
from datetime import datetime
from uuid import UUID

from chukan.controls.seitai.actions.confirm import consume
from chukan.controls.seitai.domain import LOGIN
from chukan.controls.shokuin.actions.keep_session import admit_session
from chukan.controls.shokuin.domain import StaffSession
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def complete_sign_in(*, by: Principal, zone: str, session: StaffSession, ninsho_id: UUID, now: datetime) -> str:
    """Open the session that the password alone did not open; return its new key. 根拠: KJ-AUTH-04.

    Uses the confirmation up. Raises NotPermitted with the words of its cause.
    """
    consume(by=by, ninsho_id=ninsho_id, purpose=LOGIN, bound=session.session_id.bytes, now=now)
    key = secrets.token_urlsafe(32)
    admit_session(by=by, session_id=session.session_id, key=key, now=now)
    return key
