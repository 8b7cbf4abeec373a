"""Asks the rules about one line without keeping anything: for the step before 「確認」 on screen."""

from datetime import datetime
from typing import NoReturn

from chukan.kernel.errors import ErrorItem
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from shikaku.actions.register_one import Registered, register_line
from shikaku.domain.line import TorokuLine


class _Undone(Exception):
    """Carries the outcome out of a transaction that is rolled back on purpose."""

    def __init__(self, registered: Registered) -> None:
        super().__init__()
        self.registered = registered


@outside_transaction
def check_one(*, by: Principal, line: TorokuLine, now: datetime) -> tuple[ErrorItem, ...]:
    """Return the warnings the line would be registered with. Raises RuleBroken with every violation.

    The line goes through the very rules and locks of a registration and is taken back: nothing of it is kept, no
    number is used up, no message is owed.
    """
    try:
        _register_and_undo(by=by, line=line, now=now)
    except _Undone as undone:
        return undone.registered.keikoku


@own_transaction
def _register_and_undo(*, by: Principal, line: TorokuLine, now: datetime) -> NoReturn:
    raise _Undone(register_line(by=by, line=line, now=now))
