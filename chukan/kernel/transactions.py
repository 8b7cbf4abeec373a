"""Who opens a transaction, and in whose zone: the only module that says `atomic`.

Every action wears exactly one of `own_transaction`, `joins_transaction`, `outside_transaction`; every query that
reads tables wears `reads` or `reads_as_operator`. The first statement of a transaction tells the database the zone
of the actor (`by`), so that row-level security lets through this insurer's rows and no other's. 根拠: KJ-ZONE-05.
"""

from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from django.db import OperationalError, connections, transaction

from chukan.kernel.crash_points import crash_point, crash_points_of
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Iterator

P = ParamSpec("P")
R = TypeVar("R")

OPERATOR_ALIAS = "operator"
_SET_ZONE = "SELECT set_config('chukan.hokensha_code', %s, true), set_config('chukan.sender', %s, true)"


class TransactionMisuse(RuntimeError):
    """An action was called inside a transaction it must own, or outside one it must join."""


class LostRace(OperationalError):
    """Somebody else was first between a look and a write: undo this transaction and do it again."""


def in_transaction(using: str = "default") -> bool:
    """Tell whether a transaction of ours is open; the block a test case opens around itself does not count."""
    blocks = connections[using].atomic_blocks
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def _zone_of(kwargs: dict[str, object]) -> tuple[str, str]:
    by = kwargs.get("by")
    if not isinstance(by, Principal):
        message = "the keyword `by` must be a Principal"
        raise TypeError(message)
    zone = kwargs.get("zone") or by.hokensha_code or ""
    return str(zone), by.sender or ""


def enter_zone(hokensha_code: str, sender: str, *, using: str = "default") -> None:
    """Tell the open transaction whose rows it may see; '' means nobody's."""
    if not connections[using].in_atomic_block:
        message = "a zone is set inside a transaction only"
        raise TransactionMisuse(message)
    with connections[using].cursor() as cursor:
        cursor.execute(_SET_ZONE, [hokensha_code, sender])


@contextmanager
def _open_transaction(kwargs: dict[str, object], using: str, *, durable: bool) -> "Iterator[None]":
    with transaction.atomic(using=using, durable=durable):
        zone, sender = _zone_of(kwargs)
        enter_zone(zone, sender, using=using)
        yield


def own_transaction(func: Callable[P, R]) -> Callable[P, R]:
    """Run the action in a transaction of its own; it raises inside another one.

    A refusal undoes it; what the refusal says has to stay is done then, by an action that owns its transaction too.
    """
    committing, committed = crash_points_of(func)

    @wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            message = f"{func.__qualname__} owns its transaction and was called inside another"
            raise TransactionMisuse(message)
        try:
            with _open_transaction(kwargs, "default", durable=True):
                result = func(*args, **kwargs)
                crash_point(committing)
        except DomainError as refusal:
            after_undo, refusal.after_undo = refusal.after_undo, None
            if after_undo is not None:
                after_undo()
            raise
        crash_point(committed)
        return result

    wrapper.transaction_kind = "own"  # type: ignore[attr-defined]  # read by the architecture test
    return wrapper


@contextmanager
def savepoint() -> "Iterator[None]":
    """Run a part of an action so that its failure alone is undone."""
    with transaction.atomic():
        yield


def joins_transaction(func: Callable[P, R]) -> Callable[P, R]:
    """Run the action in the caller's transaction; it raises where there is none."""

    @wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if not in_transaction():
            message = f"{func.__qualname__} joins a transaction and was called outside one"
            raise TransactionMisuse(message)
        return func(*args, **kwargs)

    wrapper.transaction_kind = "joins"  # type: ignore[attr-defined]  # read by the architecture test
    return wrapper


def outside_transaction(func: Callable[P, R]) -> Callable[P, R]:
    """Run the action outside any transaction, because it talks to the world; it raises inside one."""

    @wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            message = f"{func.__qualname__} works outside transactions and was called inside one"
            raise TransactionMisuse(message)
        return func(*args, **kwargs)

    wrapper.transaction_kind = "outside"  # type: ignore[attr-defined]  # read by the architecture test
    return wrapper


def reads(func: Callable[P, R]) -> Callable[P, R]:
    """Run the query in the open transaction, or in a short one of its own with the zone of `by`."""

    @wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            return func(*args, **kwargs)
        with _open_transaction(kwargs, "default", durable=False):
            return func(*args, **kwargs)

    wrapper.transaction_kind = "reads"  # type: ignore[attr-defined]  # read by the architecture test
    return wrapper


def reads_as_operator(func: Callable[P, R]) -> Callable[P, R]:
    """Run the query as the database role of the operators' console: counts and states, no personal column."""

    @wraps(func)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        by = cast("Principal | None", kwargs.get("by"))
        if by is None or by.channel not in {"operator", "system", "command"}:
            message = f"{func.__qualname__} is for operators"
            raise TransactionMisuse(message)
        with transaction.atomic(using=OPERATOR_ALIAS):
            return func(*args, **kwargs)

    wrapper.transaction_kind = "reads_as_operator"  # type: ignore[attr-defined]  # read by the architecture test
    return wrapper
