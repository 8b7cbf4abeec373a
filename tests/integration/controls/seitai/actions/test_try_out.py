from __future__ import annotations

import pytest

from chukan.controls.seitai.actions import begin, finish
from chukan.controls.seitai.actions.try_out import use_for_nothing
from chukan.controls.seitai.domain import Refusal
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted
from tests.support.authenticator import registered
from tests.support.staff import an_operator, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestUseForNothing:
    def test_uses_a_confirmation_up_and_its_refusal_stays_in_the_log(self, world: World) -> None:
        an_operator("K0001")
        key, session, now = registered("K0001"), enter("K0001", hokensha="").session, clock.now()
        by = session.principal(terminal="T", request_id="r")
        asked = begin(by=by, session_id=session.session_id, purpose="tameshi", bound=b"x", now=now)
        answer = key.get(asked.options_json)
        ninsho_id = finish(by=by, challenge_id=asked.challenge_id, assertion_json=answer, now=now)

        use_for_nothing(by=by, ninsho_id=ninsho_id, bound=b"x", now=now)

        with pytest.raises(NotPermitted) as raised:
            use_for_nothing(by=by, ninsho_id=ninsho_id, bound=b"x", now=now)
        assert raised.value.code == Refusal.USED.value
        with world.admin() as admin:
            last = admin.execute("SELECT kind, result FROM sosa_log_event ORDER BY id DESC LIMIT 1").fetchone()
        assert last == ("seitai_refused", "refused")
