from __future__ import annotations

import pytest

from chukan.controls.seitai.actions import begin, finish
from chukan.controls.seitai.actions.sign_in import complete_sign_in
from chukan.controls.seitai.domain import LOGIN
from chukan.controls.shokuin.queries import find_session
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted
from tests.support.authenticator import registered
from tests.support.staff import an_operator, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestCompleteSignIn:
    @pytest.mark.kj("KJ-AUTH-04")
    def test_makes_half_a_session_whole_by_a_confirmation_of_this_sign_in_only(self, world: World) -> None:
        an_operator("U0001", "unyo_hoshu")
        key, session, now = registered("U0001", zone="unyo_hoshu"), enter("U0001", hokensha="").session, clock.now()
        by = session.principal(terminal="T", request_id="r")
        assert session.is_half

        def confirmed(purpose: str, bound: bytes) -> dict[str, object]:
            asked = begin(by=by, session_id=session.session_id, purpose=purpose, bound=bound, now=now)
            answer = key.get(asked.options_json, count=None)
            number = finish(by=by, challenge_id=asked.challenge_id, assertion_json=answer, now=now)
            return {"ninsho_id": number}

        for purpose, bound in (("tameshi", session.session_id.bytes), (LOGIN, b"another session")):
            given = confirmed(purpose, bound)
            with pytest.raises(NotPermitted):
                complete_sign_in(by=by, zone=session.zone, session=session, now=now, **given)  # type: ignore[arg-type]  # a number
        given = confirmed(LOGIN, session.session_id.bytes)
        new_key = complete_sign_in(by=by, zone=session.zone, session=session, now=now, **given)  # type: ignore[arg-type]  # a number

        whole = find_session(key=new_key)
        assert whole is not None
        assert not whole.is_half
